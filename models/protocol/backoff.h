/* backoff.h - waits that grow, with a random part: between retries, reconnects, set-up time-outs.
 *
 *     wait(attempts) = min(maximum, U(0.8, 1.2) x initial x multiplier^min(attempts, cap))
 *
 * in whole milliseconds, where the cap is the power that reaches the maximum. With a maximum not
 * above the initial wait it is that maximum, without a random part.
 * Mirrors: org.apache.kafka.common.utils.ExponentialBackoff (jitter 0.2), doubles and all: a cap of
 * 5000 reached by powers of 3 from 100 comes out as 4999. */
#ifndef KAFKASIM_MODELS_PROTOCOL_BACKOFF_H
#define KAFKASIM_MODELS_PROTOCOL_BACKOFF_H
#include "sim/chance/stream.h"
#include "sim/kernel/kernel.h"

typedef struct Backoff {
    SimDuration initial_ns;
    SimDuration maximum_ns;
    int32_t multiplier; /* 0 counts as 2 */
} Backoff;

/* Without the random part. */
SimDuration backoff_wait(const Backoff *backoff, uint32_t attempts);
SimDuration backoff_draw(const Backoff *backoff, uint32_t attempts, Stream *stream);

#endif
