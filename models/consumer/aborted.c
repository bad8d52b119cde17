/* aborted.c - read_committed: what a fetch brought of aborted transactions is passed over (F9).
 *
 * The answer lists them by their first offset; each is in force from there to its marker. Of
 * batches that the broker has merged (they are long past) it knows itself which were aborted.
 * Mirrors: CompletedFetch.consumeAbortedTransactionsUpTo, .isBatchAborted, .containsAbortMarker. */
#include "models/consumer/consumer_state.h"

void fetch_buffer_skip_aborted(RecordBatch *batches,
                               int32_t count,
                               const AbortedTransaction *aborted,
                               int32_t aborted_count)
{
    g_autofree bool *over = g_new0(bool, (gsize)aborted_count + 1);
    for (int32_t i = 0; i < count; i++) {
        RecordBatch *batch = &batches[i];
        bool is_marker = batch->control;
        if (batch->merged && batch->aborts && !is_marker) {
            batch->control = true;
        }
        for (int32_t k = 0; k < aborted_count && batch->producer_id != NO_PRODUCER_ID; k++) {
            bool in_force = !over[k] && aborted[k].producer_id == batch->producer_id &&
                            aborted[k].first_offset <= record_batch_last_offset(batch);
            if (!in_force) {
                continue;
            }
            if (is_marker) {
                over[k] = over[k] || batch->aborts;
            } else if (batch->transactional) {
                batch->control = true;
            }
            break;
        }
    }
}
