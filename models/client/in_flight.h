/* in_flight.h - requests of one connection that are not yet answered, oldest first.
 *
 * A broker answers the requests of one connection in order, so this is a FIFO.
 * Mirrors: InFlightRequests. */
#ifndef KAFKASIM_MODELS_CLIENT_IN_FLIGHT_H
#define KAFKASIM_MODELS_CLIENT_IN_FLIGHT_H
#include "sim/kernel/kernel.h"

typedef struct InFlightRequest {
    void *context;
    SimTime deadline; /* request.timeout.ms after it was sent (R7) */
    uint32_t correlation_id;
    uint16_t api;
    bool is_unanswered; /* done when it is sent (acks=0) */
} InFlightRequest;

typedef struct InFlight {
    InFlightRequest *ring; /* grows by doubling */
    int32_t capacity;
    int32_t head;
    int32_t count;
} InFlight;

void in_flight_clear(InFlight *self);
void in_flight_push(InFlight *self, const InFlightRequest *request);
/* The oldest; requires count > 0. */
InFlightRequest in_flight_pop(InFlight *self);
/* The last one that was sent; requires count > 0. */
InFlightRequest in_flight_pop_last(InFlight *self);
const InFlightRequest *in_flight_last(const InFlight *self);
/* The earliest deadline of all, SIM_TIME_MAX when empty. */
SimTime in_flight_earliest_deadline(const InFlight *self);

#endif
