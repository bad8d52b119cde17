/* text.h - numbers and names as text, the same bytes on every machine.
 *
 * Everything appends to a GString. Times are divided in integers; no locale, no floating point
 * (text_double excepted, for means and intervals of sweeps). Names come from scenario files that
 * anybody may have sent: each writer escapes for its own medium. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_TEXT_H
#define KAFKASIM_SCENARIOS_RUNNER_TEXT_H
#include "scenarios/runner/goal_metrics.h"
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* value / 10^decimals with that many decimals: (12345, 3) is "12.345". */
void text_fixed(GString *out, int64_t value, int decimals);
/* ns as ms with 3 decimals, cut off below a microsecond. */
void text_ms(GString *out, int64_t ns);
/* ns as s with 9 decimals. */
void text_seconds(GString *out, int64_t ns);
/* ns for people: "850 us", "96.3 ms", "9.142 s". */
void text_duration(GString *out, int64_t ns);
/* 1234567 as "1,234,567". */
void text_thousands(GString *out, int64_t value);
/* At most 10 significant digits, '.' as the point; "" for NaN and the infinities. */
void text_double(GString *out, double value);
/* "1 seed", "1,200 seeds". */
void text_counted(GString *out, int64_t count, const char *one, const char *many);
/* count * scale / divisor, rounded down, without overflow; 0 when divisor <= 0. */
int64_t text_ratio(int64_t count, int64_t scale, int64_t divisor);

/* A CSV field, quoted where RFC 4180 asks for it. */
void text_csv(GString *out, const char *field);
/* A JSON string with its quotes; bytes that are no UTF-8 become U+FFFD. */
void text_json(GString *out, const char *value);
/* For a terminal: control characters are shown as \xNN. */
void text_visible(GString *out, const char *value);
void text_partition(GString *out, const char *topic, int32_t partition); /* "orders-0", for one */
/* What a line of a story begins with: "      45.000 s  ". */
void text_moment(GString *out, int64_t ns);
/* Pads what was appended since `start` with spaces to `width` characters (UTF-8). */
void text_pad(GString *out, gsize start, int width);

/* A measured value in its unit, for people ("96.3 ms", "987.6/s") and for files (a bare number
 * in text_unit_name: durations in ms). */
void text_measure(GString *out, GoalUnit unit, int64_t value);
void text_measure_number(GString *out, GoalUnit unit, int64_t value);
/* The same number as a double, for statistics. */
double text_measure_double(GoalUnit unit, int64_t value);
const char *text_unit_name(GoalUnit unit); /* "ms", "records/s" ... */

/* For a shell: as it is when that is safe, else quoted; control characters as $'\x1b'. */
void text_shell_word(GString *out, const char *word);
/* A name as a file name: letters, digits, '.', '_' and '-' stay, never hidden, never empty. */
char *text_file_name(const char *name);

/* The nearest of the words by edit distance, when it is near enough to be meant; else NULL. */
const char *text_nearest(const char *word, const char *const *words, size_t count);
/* "; did you mean "topics"?", or nothing: what a complaint ends with. Caller frees. */
char *text_did_you_mean(const char *word, const char *const *words, size_t count);

#endif
