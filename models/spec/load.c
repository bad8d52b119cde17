/* load.c - see load.h. */
#include "models/spec/load.h"

/* Of a line between two points. */
#define STAIRS 16

void load_shape_add(LoadShape *self, int64_t factor, SimDuration duration)
{
    if (self->steps == NULL) {
        self->steps = g_array_new(FALSE, FALSE, sizeof(LoadStep));
    }
    LoadStep step = {factor, duration > 0 ? duration : 1};
    g_array_append_val(self->steps, step);
}

/* Each stair has the height of its middle, so that the line's mean is kept. */
static void add_line(LoadShape *self, double from, double to, SimDuration gap)
{
    for (int32_t i = 0; i < STAIRS; i++) {
        double part = ((double)i + 0.5) / STAIRS;
        double factor = from + (to - from) * part;
        SimDuration begin = gap * i / STAIRS;
        load_shape_add(self,
                       (int64_t)(factor * (double)LOAD_FACTOR_ONE + 0.5),
                       gap * (i + 1) / STAIRS - begin);
    }
}

void load_shape_add_curve(LoadShape *self, const double *factors, int32_t count, SimDuration gap)
{
    for (int32_t i = 0; i < count; i++) {
        bool is_last = i + 1 == count;
        if (!is_last || self->repeats) {
            add_line(self, factors[i], factors[is_last ? 0 : i + 1], gap);
        } else {
            load_shape_add(self, (int64_t)(factors[i] * (double)LOAD_FACTOR_ONE + 0.5), 1);
        }
    }
}

void load_shape_clear(LoadShape *self)
{
    if (self->steps != NULL) {
        g_array_free(self->steps, TRUE);
        self->steps = NULL;
    }
}

int64_t load_shape_highest(const LoadShape *self)
{
    int64_t highest = self->steps == NULL ? LOAD_FACTOR_ONE : 0;
    for (guint i = 0; self->steps != NULL && i < self->steps->len; i++) {
        highest = MAX(highest, g_array_index(self->steps, LoadStep, i).factor);
    }
    return highest;
}

double load_shape_mean(const LoadShape *self, SimDuration span)
{
    if (self->steps == NULL || span <= 0) {
        return 1.0;
    }
    double whole = 0;
    double length = 0;
    SimDuration left = self->is_random ? SIM_TIME_MAX : span;
    LoadStep last = {LOAD_FACTOR_ONE, 1};
    for (guint i = 0; i < self->steps->len && left > 0; i++) {
        last = g_array_index(self->steps, LoadStep, i);
        SimDuration part = MIN(last.duration, left);
        whole += (double)last.factor * (double)part;
        length += (double)part;
        left -= part;
    }
    if (!self->repeats && left > 0) {
        whole += (double)last.factor * (double)left;
        length += (double)left;
    }
    return whole / length / (double)LOAD_FACTOR_ONE;
}

void load_trace_clear(LoadTrace *self)
{
    if (self->records == NULL) {
        return;
    }
    for (guint i = 0; i < self->records->len; i++) {
        g_free(g_array_index(self->records, TraceRecord, i).key);
    }
    g_array_free(self->records, TRUE);
    self->records = NULL;
}
