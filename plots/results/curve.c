/* curve.c - see curve.h. */
#include "plots/results/curve.h"

#include <math.h>

#define RECORDS_PER_POINT 10.0
#define POINTS_AT_LEAST   60
#define USUAL_SHARE       0.95
#define ROOM_ABOVE        2.0

static Curve *curve_new(void)
{
    Curve *self = g_new0(Curve, 1);
    self->points = g_array_new(FALSE, FALSE, sizeof(CurvePoint));
    self->least = (double)NAN;
    self->greatest = (double)NAN;
    return self;
}

void curve_free(Curve *self)
{
    g_array_unref(self->points);
    g_free(self);
}

static void append(Curve *self, double time_ms, double value)
{
    const CurvePoint point = {time_ms, value};

    g_array_append_val(self->points, point);
    self->greatest = fmax(self->greatest, value);
    if (value > 0) {
        self->least = fmin(self->least, value);
    }
}

static guint rate_step(const Samples *counter)
{
    const guint last = samples_length(counter) - 1;
    const double total = samples_at(counter, last)->last - samples_at(counter, 0)->last;
    const double most = MAX(1, last / POINTS_AT_LEAST);
    const double wanted = ceil(RECORDS_PER_POINT * last / total);

    return wanted >= 1 ? (guint)fmin(wanted, most) : 1;
}

Curve *curve_rate(const Samples *counter)
{
    Curve *self = curve_new();
    guint step;

    if (samples_length(counter) < 2) {
        return self;
    }
    step = rate_step(counter);
    for (guint i = step; i < samples_length(counter); i += step) {
        const SamplePoint *before = samples_at(counter, i - step);
        const SamplePoint *now = samples_at(counter, i);
        const double span_ms = now->time_ms - before->time_ms;
        if (span_ms > 0) {
            append(self,
                   (now->time_ms + before->time_ms) / 2,
                   (now->last - before->last) * 1000.0 / span_ms);
        }
    }
    return self;
}

static gboolean is_gap(const GArray *points, guint index)
{
    return index >= points->len || isnan(g_array_index(points, CurvePoint, index).value);
}

/* A value with a gap, or the end, on both sides. */
static gboolean is_alone(const GArray *points, guint index)
{
    return !is_gap(points, index) && (index == 0 || is_gap(points, index - 1)) &&
           is_gap(points, index + 1);
}

static gboolean mostly_alone(const GArray *points)
{
    guint values = 0;
    guint alone = 0;

    for (guint i = 0; i < points->len; i++) {
        values += is_gap(points, i) ? 0 : 1;
        alone += is_alone(points, i) ? 1 : 0;
    }
    return 10 * alone > values;
}

Curve *curve_level(const Samples *gauge, CurvePick pick)
{
    Curve *self = curve_new();

    for (guint i = 0; i < samples_length(gauge); i++) {
        const SamplePoint *point = samples_at(gauge, i);
        append(self, point->time_ms, pick == CURVE_LEAST ? point->least : point->greatest);
    }
    self->sparse = mostly_alone(self->points);
    return self;
}

Curve *curve_alone(const Curve *self)
{
    Curve *alone = curve_new();

    for (guint i = 0; i < self->points->len; i++) {
        if (is_alone(self->points, i)) {
            const CurvePoint *point = &g_array_index(self->points, CurvePoint, i);
            append(alone, point->time_ms, point->value);
        }
    }
    return alone;
}

Curve *curve_staircase(const Samples *gauge, CurvePick pick)
{
    Curve *level = curve_level(gauge, pick);
    Curve *self = curve_new();

    for (guint i = 0; i < level->points->len; i++) {
        const CurvePoint *point = &g_array_index(level->points, CurvePoint, i);
        const double before = i > 0 ? point[-1].value : (double)NAN;
        const gboolean last = i + 1 == level->points->len;
        if (!last && (point->value == before || (isnan(point->value) && isnan(before)))) {
            continue;
        }
        if (!isnan(before)) {
            append(self, point->time_ms, before);
        }
        append(self, point->time_ms, point->value);
    }
    curve_free(level);
    return self;
}

static gint compare_values(gconstpointer left, gconstpointer right)
{
    const double a = *(const double *)left;
    const double b = *(const double *)right;
    return (a > b) - (a < b);
}

static double usual_of(const Curve *self)
{
    GArray *values = g_array_new(FALSE, FALSE, sizeof(double));
    double usual = 0;

    for (guint i = 0; i < self->points->len; i++) {
        const double value = g_array_index(self->points, CurvePoint, i).value;
        if (!isnan(value)) {
            g_array_append_val(values, value);
        }
    }
    g_array_sort(values, compare_values);
    if (values->len > 0) {
        usual = g_array_index(values, double, (guint)((values->len - 1) * USUAL_SHARE));
    }
    g_array_unref(values);
    return usual;
}

gboolean curve_is_towers(const Curve *self)
{
    return usual_of(self) <= 0;
}

double curve_ceiling(const Curve *self)
{
    const double usual = usual_of(self);

    return usual > 0 && self->greatest > CURVE_TOWER * usual ? ROOM_ABOVE * usual : self->greatest;
}
