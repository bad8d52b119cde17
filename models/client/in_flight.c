/* in_flight.c - see in_flight.h. */
#include "models/client/in_flight.h"
#include <glib.h>

void in_flight_clear(InFlight *self)
{
    g_free(self->ring);
    *self = (InFlight){0};
}

static void grow(InFlight *self)
{
    int32_t capacity = self->capacity == 0 ? 8 : self->capacity * 2;
    InFlightRequest *ring = g_new0(InFlightRequest, (gsize)capacity);
    for (int32_t i = 0; i < self->count; i++) {
        ring[i] = self->ring[(self->head + i) % self->capacity];
    }
    g_free(self->ring);
    self->ring = ring;
    self->capacity = capacity;
    self->head = 0;
}

void in_flight_push(InFlight *self, const InFlightRequest *request)
{
    if (self->count == self->capacity) {
        grow(self);
    }
    self->ring[(self->head + self->count) % self->capacity] = *request;
    self->count++;
}

InFlightRequest in_flight_pop(InFlight *self)
{
    InFlightRequest oldest = self->ring[self->head];
    self->head = (self->head + 1) % self->capacity;
    self->count--;
    return oldest;
}

const InFlightRequest *in_flight_last(const InFlight *self)
{
    return &self->ring[(self->head + self->count - 1) % self->capacity];
}

InFlightRequest in_flight_pop_last(InFlight *self)
{
    InFlightRequest last = *in_flight_last(self);
    self->count--;
    return last;
}

SimTime in_flight_earliest_deadline(const InFlight *self)
{
    SimTime earliest = SIM_TIME_MAX;
    for (int32_t i = 0; i < self->count; i++) {
        SimTime deadline = self->ring[(self->head + i) % self->capacity].deadline;
        earliest = deadline < earliest ? deadline : earliest;
    }
    return earliest;
}
