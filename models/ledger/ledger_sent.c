/* ledger_sent.c - what producers send: totals since warm-up and their own metrics. */
#include "models/ledger/ledger_state.h"

void ledger_set_metrics_window(Ledger *self, int32_t producer, int32_t samples, int64_t window_ms)
{
    sender_metrics_init(&self->producers[producer].metrics, samples, window_ms);
}

void ledger_batch_sent(Ledger *self,
                       int32_t producer,
                       const RecordBatch *batch,
                       SimDuration queued,
                       int64_t queued_ms,
                       SimTime now)
{
    SentTotals *sent = &self->producers[producer].sent;
    if (now >= self->warmup) {
        sent->batches++;
        sent->records += batch->count;
        sent->bytes += batch->bytes;
        sent->queued += queued;
        sent->queued_max = MAX(sent->queued_max, queued);
    }
    sender_metrics_batch(
        &self->producers[producer].metrics, batch->bytes, queued_ms, now / SIM_MS(1));
}

void ledger_producer_starts(Ledger *self, int32_t producer, SimTime now)
{
    self->producers[producer].started = MIN(self->producers[producer].started, now);
}

void ledger_request_sent(Ledger *self, int32_t producer, int64_t records, SimTime now)
{
    self->producers[producer].requests++;
    self->producers[producer].sent.requests += now >= self->warmup ? 1 : 0;
    sender_metrics_request(&self->producers[producer].metrics, records, now / SIM_MS(1));
}
