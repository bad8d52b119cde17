/* paired.c - scenarios beside each other, seed by seed. */
#include "scenarios/runner/sweep/paired.h"
#include "scenarios/runner/json_writer.h"
#include "scenarios/runner/results/result_dir.h"
#include "scenarios/runner/results/results.h"
#include "scenarios/runner/sweep/tables.h"
#include "scenarios/runner/text.h"
#include "scenarios/runner/version.h"
#include <math.h>
#include <string.h>

#define COLUMN_WIDTH 14

static Interval paired(const SweepResults *base,
                       const SweepResults *other,
                       size_t measure,
                       double (*combine)(double base, double other))
{
    size_t seeds = base->plan->seeds->len;
    g_autofree double *left = sweep_results_cell(base, 0, measure);
    g_autofree double *right = sweep_results_cell(other, 0, measure);
    for (size_t i = 0; i < seeds; i++) {
        left[i] = combine(left[i], right[i]);
    }
    return interval_of(left, seeds);
}

static double difference(double base, double other)
{
    return other - base;
}

static double ratio(double base, double other)
{
    return base > 0 ? other / base : (double)NAN;
}

Interval paired_difference(const SweepResults *base, const SweepResults *other, size_t measure)
{
    return paired(base, other, measure, difference);
}

Interval paired_ratio(const SweepResults *base, const SweepResults *other, size_t measure)
{
    return paired(base, other, measure, ratio);
}

static const SweepMeasure *measure_at(const SweepResults *results, size_t index)
{
    return results->plan->measures->pdata[index];
}

static Interval own(const SweepResults *results, size_t measure)
{
    g_autofree double *values = sweep_results_cell(results, 0, measure);
    return interval_of(values, results->plan->seeds->len);
}

static char letter_of(guint side)
{
    return (char)('A' + (char)side);
}

/* "  produce.rate (records/s)" */
static void append_name(const SweepMeasure *column, GString *out)
{
    const char *unit = text_unit_name(column->what.unit);
    g_string_append_printf(out, "  %s", column->name);
    if (unit[0] != '\0') {
        g_string_append_printf(out, " (%s)", unit);
    }
}

static int name_width(const SweepResults *base)
{
    gsize width = strlen("  measure");
    for (size_t i = 0; i < base->plan->measures->len; i++) {
        g_autoptr(GString) name = g_string_new(NULL);
        append_name(measure_at(base, i), name);
        width = MAX(width, name->len);
    }
    return (int)width + 2;
}

static void append_heading(const GPtrArray *sides, GString *out)
{
    const SweepResults *base = sides->pdata[0];
    for (guint i = 0; i < sides->len; i++) {
        const SweepResults *side = sides->pdata[i];
        g_string_append_printf(out, "%c  ", letter_of(i));
        text_visible(out, side->plan->base->spec->name);
        g_string_append(out, " (");
        text_visible(out, side->plan->path);
        g_string_append(out, ")\n");
    }
    g_string_append_printf(out,
                           "%u seeds, the same for each; differences are seed by seed, with "
                           "their 95 %% interval\n\n",
                           base->plan->seeds->len);
    gsize start = out->len;
    g_string_append(out, "  measure");
    text_pad(out, start, name_width(base));
    for (guint i = 0; i < sides->len; i++) {
        start = out->len;
        g_string_append_c(out, letter_of(i));
        text_pad(out, start, COLUMN_WIDTH);
    }
    for (guint i = 1; i < sides->len; i++) {
        start = out->len;
        g_string_append_printf(out, "%c - A", letter_of(i));
        text_pad(out, start, i + 1 < sides->len ? 2 * COLUMN_WIDTH : 0);
    }
    g_string_append_c(out, '\n');
}

static void append_difference(const Interval *interval, GString *out)
{
    interval_number(out, interval->mean);
    if (interval->n > 1) {
        g_string_append(out, " [");
        interval_number(out, interval->low95);
        g_string_append(out, ", ");
        interval_number(out, interval->high95);
        g_string_append(out, "]");
    }
}

static bool is_known(const GPtrArray *sides, size_t measure)
{
    for (guint i = 0; i < sides->len; i++) {
        if (own(sides->pdata[i], measure).n > 0) {
            return true;
        }
    }
    return false;
}

static void append_measure(const GPtrArray *sides, size_t measure, GString *out)
{
    gsize start = out->len;
    append_name(measure_at(sides->pdata[0], measure), out);
    text_pad(out, start, name_width(sides->pdata[0]));
    for (guint i = 0; i < sides->len; i++) {
        start = out->len;
        interval_number(out, own(sides->pdata[i], measure).mean);
        text_pad(out, start, COLUMN_WIDTH);
    }
    for (guint i = 1; i < sides->len; i++) {
        Interval interval = paired_difference(sides->pdata[0], sides->pdata[i], measure);
        start = out->len;
        append_difference(&interval, out);
        text_pad(out, start, i + 1 < sides->len ? 2 * COLUMN_WIDTH : 0);
    }
    g_string_append_c(out, '\n');
}

static bool shows_nothing(const Interval *interval)
{
    return interval->n < 2 || (interval->low95 <= 0 && interval->high95 >= 0);
}

static bool is_the_same(const Interval *change)
{
    return !(change->mean < 0) && !(change->mean > 0) && !(change->n > 1 && change->deviation > 0);
}

/* "1.07 ± 0.13 times A's"; where A has zeros "12 ± 3 ms less than A's". */
static void
append_change(const Interval *change, const Interval *times, const char *unit, GString *out)
{
    if (times->n == change->n) {
        interval_text(out, times);
        g_string_append(out, " times A's");
        return;
    }
    Interval size = *change;
    size.mean = fabs(change->mean);
    size.high95 = size.mean + (change->high95 - change->mean);
    interval_text(out, &size);
    g_string_append_printf(out,
                           "%s%s %s than A's",
                           unit[0] != '\0' ? " " : "",
                           unit,
                           change->mean < 0 ? "less" : "more");
}

/* "B's produce.latency.p99 is 1.07 ± 0.13 times A's." */
static void append_sentence(const GPtrArray *sides, guint side, size_t measure, GString *out)
{
    const SweepMeasure *column = measure_at(sides->pdata[0], measure);
    Interval change = paired_difference(sides->pdata[0], sides->pdata[side], measure);
    Interval times = paired_ratio(sides->pdata[0], sides->pdata[side], measure);
    if (change.n == 0) {
        g_string_append_printf(out, "%s was not measured in both.\n", column->name);
        return;
    }
    g_string_append_printf(out, "%c's %s is ", letter_of(side), column->name);
    if (is_the_same(&change)) {
        g_string_append(out, "the same as A's with every seed.\n");
        return;
    }
    append_change(&change, &times, text_unit_name(column->what.unit), out);
    if (shows_nothing(&change)) {
        g_string_append_printf(
            out, ": no difference that %zu seed%s", change.n, change.n == 1 ? " shows" : "s show");
    }
    g_string_append(out, ".\n");
}

/* How much of the greater one the difference is: 0 the same, 1 where the other has none. 0 also
 * where the seeds do not agree that there is one. */
static double share_of_difference(const GPtrArray *sides, guint side, size_t measure)
{
    Interval change = paired_difference(sides->pdata[0], sides->pdata[side], measure);
    const double base = own(sides->pdata[0], measure).mean;
    const double other = own(sides->pdata[side], measure).mean;
    const double greater = fmax(fabs(base), fabs(other));
    if (change.n == 0 || is_the_same(&change) || (change.n > 1 && shows_nothing(&change)) ||
        !(greater > 0)) {
        return 0;
    }
    return fmin(fabs(change.mean) / greater, 1);
}

/* "(A 3.41 ms, B 41.9 ms)" */
static void append_both(const GPtrArray *sides, guint side, size_t measure, GString *out)
{
    const char *unit = text_unit_name(measure_at(sides->pdata[0], measure)->what.unit);
    const guint pair[] = {0, side};
    for (size_t i = 0; i < G_N_ELEMENTS(pair); i++) {
        g_string_append_printf(out, i == 0 ? " (%c " : ", %c ", letter_of(pair[i]));
        interval_number(out, own(sides->pdata[pair[i]], measure).mean);
        g_string_append_printf(out, unit[0] != '\0' ? " %s" : "%s", unit);
    }
    g_string_append_c(out, ')');
}

/* Seeds that both sides ran to their end: an interruption leaves some out. */
static guint finished_pairs(const GPtrArray *sides, guint side)
{
    const SweepResults *base = sides->pdata[0], *other = sides->pdata[side];
    guint count = 0;
    for (guint i = 0; i < base->plan->seeds->len; i++) {
        count += base->rows[i].complete && other->rows[i].complete;
    }
    return count;
}

/* "What differs most is produce.latency.p99: B's is 12.3 ± 0.4 times A's (A 3.41 ms, B 41.9 ms)."
 */
static void append_verdict(const GPtrArray *sides, guint side, GString *out)
{
    const SweepResults *base = sides->pdata[0];
    double most = 0;
    size_t found = 0;
    for (size_t i = 0; i < base->plan->measures->len; i++) {
        const double share = share_of_difference(sides, side, i);
        found = share > most ? i : found;
        most = fmax(most, share);
    }
    const guint pairs = finished_pairs(sides, side);
    if (pairs < base->plan->seeds->len) {
        g_string_append_printf(out,
                               "A and %c have run %u of %u seeds to their end.%s",
                               letter_of(side),
                               pairs,
                               base->plan->seeds->len,
                               pairs == 0 ? "\n" : " ");
    }
    if (pairs == 0) {
        return;
    }
    if (!(most > 0)) {
        g_string_append_printf(out,
                               "Between A and %c nothing differs that %u seed%s.\n",
                               letter_of(side),
                               pairs,
                               pairs == 1 ? " shows" : "s show");
        return;
    }
    Interval change = paired_difference(base, sides->pdata[side], found);
    Interval times = paired_ratio(base, sides->pdata[side], found);
    const SweepMeasure *column = measure_at(base, found);
    g_string_append_printf(out, "What differs most is %s: %c's is ", column->name, letter_of(side));
    append_change(&change, &times, text_unit_name(column->what.unit), out);
    append_both(sides, side, found, out);
    g_string_append(out, ".\n");
}

static size_t find_measure(const SweepResults *base, const char *metric)
{
    for (size_t i = 0; i < base->plan->measures->len; i++) {
        if (strcmp(measure_at(base, i)->name, metric) == 0) {
            return i;
        }
    }
    return base->plan->measures->len;
}

void paired_text(const GPtrArray *sides, const char *metric, bool only_sentence, GString *out)
{
    const SweepResults *base = sides->pdata[0];
    if (!only_sentence) {
        append_heading(sides, out);
    }
    for (size_t i = 0; !only_sentence && i < base->plan->measures->len; i++) {
        if (is_known(sides, i)) {
            append_measure(sides, i, out);
        }
    }
    g_string_append(out, only_sentence ? "" : "\n");
    const size_t measure = metric != NULL ? find_measure(base, metric) : 0;
    for (guint side = 1; side < sides->len; side++) {
        if (metric == NULL) {
            append_verdict(sides, side, out);
        } else if (measure < base->plan->measures->len) {
            append_sentence(sides, side, measure, out);
        }
    }
}

static void write_interval(JsonWriter *json, const char *key, const Interval *interval)
{
    json_begin_object(json, key);
    json_integer(json, "n", (int64_t)interval->n);
    json_double(json, "mean", interval->mean);
    json_double(json, "low95", interval->low95);
    json_double(json, "high95", interval->high95);
    json_double(json, "median", interval->median);
    json_end_object(json);
}

static void write_measure(JsonWriter *json, const GPtrArray *sides, size_t measure)
{
    const SweepMeasure *column = measure_at(sides->pdata[0], measure);
    json_begin_object(json, NULL);
    json_string(json, "name", column->name);
    json_string(json, "unit", text_unit_name(column->what.unit));
    json_begin_array(json, "sides");
    for (guint i = 0; i < sides->len; i++) {
        Interval interval = own(sides->pdata[i], measure);
        write_interval(json, NULL, &interval);
    }
    json_end_array(json);
    json_begin_array(json, "differences");
    for (guint i = 1; i < sides->len; i++) {
        Interval interval = paired_difference(sides->pdata[0], sides->pdata[i], measure);
        write_interval(json, NULL, &interval);
    }
    json_end_array(json);
    json_end_object(json);
}

void paired_json(const GPtrArray *sides, GString *out)
{
    const SweepResults *base = sides->pdata[0];
    JsonWriter json;
    json_writer_init(&json, out);
    json_begin_object(&json, NULL);
    json_integer(&json, "format", RESULTS_FORMAT);
    json_string(&json, "kafkasim", version_number());
    json_begin_array(&json, "scenarios");
    for (guint i = 0; i < sides->len; i++) {
        const SweepResults *side = sides->pdata[i];
        json_string(&json, NULL, side->plan->base->spec->name);
    }
    json_end_array(&json);
    json_begin_array(&json, "measures");
    for (size_t i = 0; i < base->plan->measures->len; i++) {
        write_measure(&json, sides, i);
    }
    json_end_array(&json);
    json_end_object(&json);
}

bool paired_write(const GPtrArray *sides, const char *path, GError **error)
{
    ResultDir *dir = result_dir_begin(path, error);
    if (dir == NULL) {
        return false;
    }
    for (guint i = 0; i < sides->len; i++) {
        g_autofree char *name = g_strdup_printf("runs-%c.csv", letter_of(i));
        g_autoptr(GString) bytes = g_string_new(NULL);
        sweep_runs_csv(sides->pdata[i], bytes);
        result_dir_append(dir, name, bytes);
    }
    g_autoptr(GString) json = g_string_new(NULL);
    paired_json(sides, json);
    result_dir_append(dir, "compare.json", json);
    return result_dir_commit(dir, error);
}
