/* backoff.h - waits that double, with a random part: between retries, reconnects, set-up time-outs.
 *
 *     wait(attempts) = min(maximum, U(0.8, 1.2) x min(maximum, initial x 2^attempts))
 *
 * With a maximum not above the initial wait it is that maximum, without a random part.
 * Mirrors: org.apache.kafka.common.utils.ExponentialBackoff (multiplier 2, jitter 0.2). */
#ifndef KAFKASIM_MODELS_PROTOCOL_BACKOFF_H
#define KAFKASIM_MODELS_PROTOCOL_BACKOFF_H
#include "sim/chance/stream.h"
#include "sim/kernel/kernel.h"

typedef struct Backoff {
    SimDuration initial_ns;
    SimDuration maximum_ns;
} Backoff;

SimDuration backoff_draw(const Backoff *backoff, uint32_t attempts, Stream *stream);

#endif
