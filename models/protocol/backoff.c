/* backoff.c - see backoff.h. */
#include "models/protocol/backoff.h"

#define JITTER_LOWEST_PPM 800000
#define JITTER_WIDTH_PPM  400000

SimDuration backoff_draw(const Backoff *backoff, uint32_t attempts, Stream *stream)
{
    if (backoff->maximum_ns <= backoff->initial_ns) {
        return backoff->maximum_ns;
    }
    SimDuration term = backoff->initial_ns;
    for (uint32_t i = 0; i < attempts && term < backoff->maximum_ns; i++) {
        term = term > backoff->maximum_ns / 2 ? backoff->maximum_ns : term * 2;
    }
    int64_t ppm = JITTER_LOWEST_PPM + (int64_t)stream_below(stream, JITTER_WIDTH_PPM);
    /* Divided first: a maximum near the end of time must not overflow. */
    SimDuration wait = term / 1000000 * ppm + term % 1000000 * ppm / 1000000;
    return wait < backoff->maximum_ns ? wait : backoff->maximum_ns;
}
