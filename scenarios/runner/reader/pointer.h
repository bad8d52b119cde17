/* pointer.h - JSON pointers (RFC 6901) into a scenario: one step at a time, and why one leads
 * nowhere. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_READER_POINTER_H
#define KAFKASIM_SCENARIOS_RUNNER_READER_POINTER_H
#include <cJSON.h>

/* One token, unescaped; *pointer moves behind it. Caller frees. */
char *pointer_token(const char **pointer);
/* The member or element, or NULL. */
cJSON *pointer_step(cJSON *at, const char *token);
cJSON *pointer_element(const cJSON *list, const char *token);
/* Why the pointer cannot be followed, for a message; `ret_hint` is the nearest one that can be, as
 * "did you mean ...?", or NULL. Caller frees both. */
char *pointer_nowhere(cJSON *root, const char *pointer, char **ret_hint);
/* The pointer that was meant by "topics.0.partitions", "topics[0].partitions",
 * "topics/0/partitions" or, alone, by a key that stands somewhere ("acks"); NULL when nobody can
 * tell. Caller frees. */
char *pointer_from_words(cJSON *root, const char *words);
/* "/producers holds one element, /producers/0": which indices a list has. Caller frees. */
char *pointer_indices(const char *list_pointer, int count);

#endif
