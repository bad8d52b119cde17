/* units.h - amounts as people write them in a scenario: a number and a unit, without a space.
 *
 *   durations   "5ms" "1.5s" "300us" "90ns" "2m" "1h" "7d"            -> ns
 *   sizes       "400B" "4kB" "64KiB" "1.5GiB"                          -> bytes
 *   bandwidths  "200MB/s" "1GiB/s" "10Gbit/s" "64kbit/s"               -> bytes per second
 *   rates       "20000/s" "0.5/s" "90/m" "12/h"                        -> per 1000 seconds
 *
 * kB, MB ... are powers of 1000, KiB, MiB ... of 1024. Values are exact: up to 9 decimals are
 * taken as a fraction of integers, never through a double; what is left below the base unit is
 * refused rather than rounded away. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_READER_TEXT_UNITS_H
#define KAFKASIM_SCENARIOS_RUNNER_READER_TEXT_UNITS_H
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum UnitKind { UNIT_DURATION, UNIT_BYTES, UNIT_BANDWIDTH, UNIT_RATE } UnitKind;

/* False with `*ret_why` set to a constant sentence: "the unit is missing", ... */
bool units_parse(UnitKind kind, const char *text, int64_t *ret_value, const char **ret_why);
/* "a duration such as \"5ms\"" */
const char *units_expected(UnitKind kind);
/* What was probably meant: "1kB" (1000 bytes) or "1KiB" (1024) for "1KB", "5ms" for "5 ms"; NULL
 * when nobody can tell. Caller frees. */
char *units_hint(UnitKind kind, const char *text);
/* To who wrote a number without its unit: the units that are mostly meant. Caller frees. */
char *units_missing_hint(UnitKind kind, const char *number);
/* "1..5" for "1-5", "1:5", "1...5" or "5..1"; NULL for what is no range, or one already. Caller
 * frees. */
char *units_range_meant(const char *text);
/* The units of a kind, for patterns and hints: "ns|us|ms|s|m|h|d". */
void units_list(UnitKind kind, GString *out);
/* A value written so that units_parse gives it back: the largest unit that needs no decimals. */
void units_format(UnitKind kind, int64_t value, GString *out);

#endif
