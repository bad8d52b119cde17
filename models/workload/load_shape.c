/* load_shape.c - see load_shape.h. */
#include "models/workload/load_shape.h"

void shaped_load_init(ShapedLoad *self, const LoadShape *shape, const Stream *chance)
{
    *self = (ShapedLoad){.shape = shape, .chance = *chance, .change_at = SIM_TIME_MAX};
}

static const LoadStep *step_of(const ShapedLoad *self)
{
    return &g_array_index(self->shape->steps, LoadStep, self->step);
}

static void begin(ShapedLoad *self, SimTime now)
{
    SimDuration lasts = step_of(self)->duration;
    if (self->shape->is_random) {
        lasts = draw_erlang(&self->chance, 1, (double)lasts);
        lasts = lasts > 0 ? lasts : 1;
    }
    bool is_last = self->step + 1 == self->shape->steps->len && !self->shape->repeats;
    self->change_at = is_last || lasts > SIM_TIME_MAX - now ? SIM_TIME_MAX : now + lasts;
}

void shaped_load_start(ShapedLoad *self, SimTime now)
{
    self->step = 0;
    self->change_at = SIM_TIME_MAX;
    if (self->shape->steps != NULL) {
        begin(self, now);
    }
}

void shaped_load_advance(ShapedLoad *self)
{
    guint count = self->shape->steps->len;
    if (self->shape->is_random && count > 1) {
        guint other = (guint)stream_below(&self->chance, count - 1);
        self->step = other < self->step ? other : other + 1;
    } else {
        self->step = self->step + 1 < count ? self->step + 1 : 0;
    }
    begin(self, self->change_at);
}

int64_t shaped_load_factor(const ShapedLoad *self)
{
    return self->shape->steps == NULL ? LOAD_FACTOR_ONE : step_of(self)->factor;
}
