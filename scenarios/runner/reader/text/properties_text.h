/* properties_text.h - the syntax of Java properties files (java.util.Properties.load).
 *
 * Comments (# and !), keys ended by '=', ':' or white space, backslash escapes, lines that go on
 * after a backslash. Read as UTF-8 (Java: ISO 8859-1 or UTF-8 by reader). */
#ifndef KAFKASIM_SCENARIOS_RUNNER_READER_TEXT_PROPERTIES_TEXT_H
#define KAFKASIM_SCENARIOS_RUNNER_READER_TEXT_PROPERTIES_TEXT_H
#include <stdbool.h>
#include <stddef.h>

/* Called for every entry in the file's order; `line` is where it begins. */
typedef void (*PropertyVisit)(void *user, const char *key, const char *value, int line);
/* The text must be UTF-8 without zero bytes. False with the line of a broken \u escape. */
bool properties_parse(const char *text, PropertyVisit visit, void *user, int *ret_bad_line);

#endif
