/* quote.h - words of others, made safe to show and to compare.
 *
 * A scenario comes from anybody: its strings may hold control codes, broken UTF-8 or characters
 * that turn a line round. What is shown of them goes through here. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_READER_TEXT_QUOTE_H
#define KAFKASIM_SCENARIOS_RUNNER_READER_TEXT_QUOTE_H
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* Appends up to `characters_max` characters of the text (then an ellipsis), with every control,
 * bidirectional or broken character as "?". Tabs become one space. */
void quote_plain(GString *out, const char *text, size_t bytes, size_t characters_max);
/* The same between double quotes, with '"' and '\' escaped. */
void quote_string(GString *out, const char *text);
/* Appends "/" and the token, escaped as JSON pointers want it (~ and /). */
void quote_pointer_token(GString *out, const char *token);

/* Of the first `count` words that next() gives, the one most like `word`, or NULL when none is
 * near: at most a third of it mistyped, '_' and '-' taken for '.', case not minded. */
typedef const char *(*QuoteWord)(const void *user, size_t index);
const char *quote_nearest(const char *word, QuoteWord next, const void *user, size_t count);
/* How far two words are apart in that measure; SIZE_MAX when further than `limit`. */
size_t quote_distance(const char *a, const char *b, size_t limit);

#endif
