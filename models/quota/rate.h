/* rate.h - how much a second, over a sliding window of samples.
 *
 *     |sample|sample| ... |sample now|       rate = sum of all / window
 *     |<---------- window ---------->|
 *
 * A sample takes what comes within one window length of its first value; samples + 1 are kept, one
 * that has seen nothing for samples x window length is emptied. The window reaches back to the
 * start of the oldest sample, but counts at least samples - 1 whole lengths (SimpleRate: at least
 * one). Mirrors: SampledStat, WindowedSum, Rate, SimpleRate, Sensor, QuotaUtils (server.md 3.3).
 * Times are ms, as Kafka's clock. */
#ifndef KAFKASIM_MODELS_QUOTA_RATE_H
#define KAFKASIM_MODELS_QUOTA_RATE_H
#include <stdbool.h>
#include <stdint.h>

typedef struct RateSample {
    int64_t start_ms;
    int64_t last_event_ms;
    double value;
} RateSample;

typedef struct Rate {
    int32_t samples; /* quota.window.num */
    int64_t window_ms;
    bool simple; /* SimpleRate */
    int32_t current;
    int32_t count; /* of `kept` in use */
    RateSample *kept;
} Rate;

void rate_init(Rate *self, int32_t samples, int64_t window_ms, bool simple);
void rate_clear(Rate *self);
void rate_record(Rate *self, double value, int64_t now_ms);
/* Reading empties samples that are too old. */
double rate_measure(Rate *self, int64_t now_ms);
int64_t rate_window_ms(Rate *self, int64_t now_ms);

/* How long to wait until the rate is down to `bound` if nothing more comes: 0 when it is not above.
 */
int64_t rate_throttle_ms(Rate *self, double bound, int64_t now_ms);
/* The same, but never longer than `maximum_ms`. */
int64_t rate_throttle_ms_bounded(Rate *self, double bound, int64_t maximum_ms, int64_t now_ms);
/* Half a millisecond is rounded up, as Math.round does. */
int64_t quota_round_ms(double ms);

#endif
