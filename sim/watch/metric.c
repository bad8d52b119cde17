/* metric.c - the area under a step function, in whole numbers. */
#include "sim/watch/metric.h"

__extension__ typedef __int128 Wide;

void time_weighted_init(TimeWeighted *self, SimTime now, int64_t value)
{
    *self = (TimeWeighted){.value = value, .maximum = value, .since = now, .started = now};
}

void time_weighted_set(TimeWeighted *self, SimTime now, int64_t value)
{
    self->area += (Wide)self->value * (Wide)(now - self->since);
    self->since = now;
    self->value = value;
    self->maximum = value > self->maximum ? value : self->maximum;
}

void time_weighted_add(TimeWeighted *self, SimTime now, int64_t change)
{
    time_weighted_set(self, now, self->value + change);
}

/* Before any time has passed, the value itself. */
double time_weighted_mean(const TimeWeighted *self, SimTime now)
{
    if (now <= self->started) {
        return (double)self->value;
    }
    const Wide area = self->area + (Wide)self->value * (Wide)(now - self->since);
    return (double)area / (double)(now - self->started);
}
