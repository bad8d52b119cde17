/* json_scan.h - one strict pass over the text before cJSON sees it, and where things stand in it.
 *
 * cJSON takes some broken input without a word and changes its meaning. Here refused: duplicate
 * keys, integers above 2^53, numbers like 01, 1. and +1, 1e999 and 1e-999, raw control characters
 * in strings (escaped ones too, but for \n and \t), bad UTF-8, \u0000 (it would cut the string off)
 * and lone surrogates, a byte order mark, nesting past a limit; and all that is no JSON (comments,
 * trailing commas, NaN, text after the end). Findings that leave the grammar readable do not stop
 * the scan. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_READER_TEXT_JSON_SCAN_H
#define KAFKASIM_SCENARIOS_RUNNER_READER_TEXT_JSON_SCAN_H
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define JSON_TEXT_BYTES_MAX 1048576u
#define JSON_DEPTH_MAX      24u
#define JSON_VALUES_MAX     100000u

typedef struct JsonFinding {
    size_t offset;       /* byte of the text */
    const char *pointer; /* of the value it is about */
    const char *message;
    const char *hint; /* or NULL */
} JsonFinding;
/* False: enough, stop here. */
typedef bool (*JsonReport)(void *user, const JsonFinding *finding);

/* True when nothing was found. */
bool json_scan(const char *text, size_t length, JsonReport report, void *user);

typedef struct JsonPlace {
    int line;     /* from 1 */
    int column;   /* in characters, from 1 */
    char *source; /* the line, cut to a window; caller frees */
    int source_column;
} JsonPlace;
JsonPlace json_place_of_offset(const char *text, size_t length, size_t offset);
/* Finds the value that a pointer names (or, with `key`, its key) in a text that json_scan found
 * good. When it is not there, its nearest ancestor that is. */
size_t json_offset_of(const char *text, size_t length, const char *pointer, bool key);

#endif
