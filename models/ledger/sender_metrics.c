/* sender_metrics.c - see the header. */
#include "models/ledger/sender_metrics.h"
#include <glib.h>

void sender_metrics_init(SenderMetrics *self, int32_t samples, int64_t window_ms)
{
    sender_metrics_clear(self);
    *self = (SenderMetrics){.samples = samples, .window_ms = window_ms};
}

void sender_metrics_clear(SenderMetrics *self)
{
    g_free(self->kept);
    self->kept = NULL;
}

static SenderSample *begin(SenderMetrics *self, int32_t place, int64_t now_ms)
{
    self->current = place;
    self->count = MAX(self->count, place + 1);
    self->kept[place] = (SenderSample){.start_ms = now_ms};
    return &self->kept[place];
}

static SenderSample *sample_of(SenderMetrics *self, int64_t now_ms)
{
    if (self->kept == NULL) {
        self->kept = g_new0(SenderSample, (gsize)self->samples + 1);
        return begin(self, 0, now_ms);
    }
    SenderSample *sample = &self->kept[self->current];
    return now_ms - sample->start_ms >= self->window_ms
               ? begin(self, (self->current + 1) % (self->samples + 1), now_ms)
               : sample;
}

void sender_metrics_batch(SenderMetrics *self, int64_t bytes, int64_t queued_ms, int64_t now_ms)
{
    SenderSample *sample = sample_of(self, now_ms);
    sample->last_event_ms = now_ms;
    sample->batches++;
    sample->bytes += bytes;
    sample->queued_ms += queued_ms;
    sample->queued_max_ms = MAX(sample->queued_max_ms, queued_ms);
}

void sender_metrics_request(SenderMetrics *self, int64_t records, int64_t now_ms)
{
    SenderSample *sample = sample_of(self, now_ms);
    sample->last_event_ms = now_ms;
    sample->requests++;
    sample->records += records;
}

SenderSample sender_metrics_measure(const SenderMetrics *self, int64_t now_ms)
{
    SenderSample sum = {0};
    for (int32_t i = 0; i < self->count; i++) {
        const SenderSample *sample = &self->kept[i];
        if ((now_ms - sample->last_event_ms) / self->samples >= self->window_ms) {
            continue;
        }
        sum.requests += sample->requests;
        sum.batches += sample->batches;
        sum.records += sample->records;
        sum.bytes += sample->bytes;
        sum.queued_ms += sample->queued_ms;
        sum.queued_max_ms = MAX(sum.queued_max_ms, sample->queued_max_ms);
    }
    return sum;
}
