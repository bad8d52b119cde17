/* json_trail.h - the way a scan came, so that it can say what is wrong where it got lost.
 *
 * Most mistakes in JSON are a quote, a bracket or a comma that is missing, and are noticed behind
 * the place where it should be: the message says what stands there instead of what JSON wants, the
 * hint where what is not closed was opened. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_READER_TEXT_JSON_TRAIL_H
#define KAFKASIM_SCENARIOS_RUNNER_READER_TEXT_JSON_TRAIL_H
#include "scenarios/runner/reader/text/json_scan.h"

typedef struct JsonBracket {
    size_t from;   /* its offset */
    size_t indent; /* of the line it stands in */
} JsonBracket;

typedef struct JsonTrail {
    const char *text;
    size_t length;
    JsonBracket open[JSON_DEPTH_MAX];
    unsigned depth;
    size_t line;        /* where the line begins */
    size_t indent;      /* from there to its first token */
    size_t string_from; /* the last string, with its quotes */
    size_t string_end;
    bool askew; /* a bracket was closed by one that is indented as if it closed another */
    size_t askew_from;
    size_t askew_end;
} JsonTrail;

/* Spaces from `from` to `to` were passed. */
void json_trail_space(JsonTrail *trail, size_t from, size_t to);
void json_trail_open(JsonTrail *trail, size_t at);
void json_trail_close(JsonTrail *trail, size_t at);

/* "expected a value, found "all"". Caller frees, as of the hints, which may be NULL. */
char *json_trail_message(const JsonTrail *trail, size_t at, const char *expected);
char *json_trail_hint_for_value(const JsonTrail *trail, size_t at);
char *json_trail_hint_for_key(const JsonTrail *trail, size_t at);
char *json_trail_hint_for_colon(const JsonTrail *trail, size_t at);
/* Between two values of an object or list. */
char *json_trail_hint_for_comma(const JsonTrail *trail, size_t at);
/* Behind the value that the text is. */
char *json_trail_hint_for_end(const JsonTrail *trail, size_t at);
/* Within a string that began at `from`. */
char *json_trail_hint_for_quote(const JsonTrail *trail, size_t from);

#endif
