/* sender_metrics.h - the averages that a producer's own metrics show, over their sliding window.
 *
 *     |sample|sample|sample now|          average = all kept samples together
 *
 * A sample takes what comes within metrics.sample.window.ms of its first value;
 * metrics.num.samples + 1 are kept. One whose last value is num.samples x window old is left out,
 * one that only overlaps that stretch counts whole: at up to 1.5 times two windows after the start
 * the averages still hold what the first requests met.
 * The queue time is a difference of two clocks of whole ms.
 * Mirrors: SampledStat, Avg, Max, SenderMetricsRegistry, Sender.SenderMetrics. All instances of a
 * producer share one. */
#ifndef KAFKASIM_MODELS_LEDGER_SENDER_METRICS_H
#define KAFKASIM_MODELS_LEDGER_SENDER_METRICS_H
#include <stdint.h>

typedef struct SenderSample {
    int64_t start_ms;
    int64_t last_event_ms;
    int64_t requests, batches, records, bytes;
    int64_t queued_ms, queued_max_ms;
} SenderSample;

typedef struct SenderMetrics {
    int32_t samples;   /* metrics.num.samples */
    int64_t window_ms; /* metrics.sample.window.ms */
    int32_t current;
    int32_t count;      /* of `kept` in use */
    SenderSample *kept; /* NULL until the first value */
} SenderMetrics;

void sender_metrics_init(SenderMetrics *self, int32_t samples, int64_t window_ms);
void sender_metrics_clear(SenderMetrics *self);
void sender_metrics_batch(SenderMetrics *self, int64_t bytes, int64_t queued_ms, int64_t now_ms);
void sender_metrics_request(SenderMetrics *self, int64_t records, int64_t now_ms);
/* What stands in the window now, summed up; all 0: nothing, which Kafka shows as NaN. */
SenderSample sender_metrics_measure(const SenderMetrics *self, int64_t now_ms);

#endif
