/* samples.c - see samples.h. */
#include "plots/results/samples.h"

#include <math.h>

Samples *samples_new(void)
{
    Samples *self = g_new0(Samples, 1);
    self->points = g_array_new(FALSE, FALSE, sizeof(SamplePoint));
    self->stride = 1;
    self->open = 1;
    return self;
}

void samples_free(Samples *self)
{
    g_array_unref(self->points);
    g_free(self);
}

/* fmin and fmax let a number win over NAN. */
static void join(SamplePoint *into, const SamplePoint *later)
{
    into->time_ms = later->time_ms;
    into->last = isnan(later->last) ? into->last : later->last;
    into->least = fmin(into->least, later->least);
    into->greatest = fmax(into->greatest, later->greatest);
}

static void halve(Samples *self)
{
    const guint pairs = self->points->len / 2;

    for (guint i = 0; i < pairs; i++) {
        SamplePoint point = g_array_index(self->points, SamplePoint, 2 * i);
        join(&point, &g_array_index(self->points, SamplePoint, 2 * i + 1));
        g_array_index(self->points, SamplePoint, i) = point;
    }
    g_array_set_size(self->points, pairs);
    self->stride *= 2;
    self->open = self->stride;
}

void samples_add(Samples *self, double time_ms, double value)
{
    const SamplePoint point = {time_ms, value, value, value};

    if (self->points->len > 0 && self->open < self->stride) {
        join(&g_array_index(self->points, SamplePoint, self->points->len - 1), &point);
        self->open++;
        return;
    }
    if (self->points->len == SAMPLES_LIMIT) {
        halve(self);
    }
    g_array_append_val(self->points, point);
    self->open = 1;
}

guint samples_length(const Samples *self)
{
    return self->points->len;
}

const SamplePoint *samples_at(const Samples *self, guint index)
{
    return &g_array_index(self->points, SamplePoint, index);
}
