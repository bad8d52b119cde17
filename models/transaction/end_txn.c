/* end_txn.c - commit, abort, fence: from Ongoing to Prepare, an answer, then the markers.
 *
 * What a coordinator ends of itself (a time-out, a next initTransactions()) is fenced: of v1 in an
 * epoch that nobody has; of v2 in the one after the client's, as every end (KAFKA-19367).
 * Mirrors: TransactionCoordinator.endTransaction and endTransactionWithTV1 of 4.1. */
#include "models/transaction/coordinator_internal.h"

/* A v2 client that ended its transaction and did not hear of it asks again with the epoch before
 * the bump; or with the last epoch of a producer id that was given up. */
static bool is_retry_after_bump(const TransactionMetadata *metadata, int16_t producer_epoch)
{
    return metadata->pending != TXN_PREPARE_EPOCH_FENCE && metadata->now.is_v2 &&
           metadata->now.producer_epoch == producer_epoch + 1;
}

static bool is_retry_after_overflow(const TransactionMetadata *metadata,
                                    int64_t producer_id,
                                    int16_t producer_epoch)
{
    return metadata->pending != TXN_PREPARE_EPOCH_FENCE && metadata->now.is_v2 &&
           metadata->now.previous_producer_id == producer_id &&
           producer_epoch == TXN_EPOCH_MAX - 1 && metadata->now.producer_epoch == 0;
}

static bool is_valid_epoch(const TransactionMetadata *metadata,
                           int64_t producer_id,
                           int16_t producer_epoch,
                           bool is_from_client)
{
    int16_t present = metadata->now.producer_epoch;
    if (metadata->pending == TXN_PREPARE_EPOCH_FENCE || !metadata->now.is_v2) {
        return is_from_client ? producer_epoch == present : producer_epoch >= present;
    }
    switch ((int)metadata->now.state) {
    case TXN_PREPARE_COMMIT:
    case TXN_PREPARE_ABORT:
        return is_retry_after_bump(metadata, producer_epoch);
    case TXN_COMPLETE_COMMIT:
    case TXN_COMPLETE_ABORT:
        return is_retry_after_bump(metadata, producer_epoch) ||
               is_retry_after_overflow(metadata, producer_id, producer_epoch) ||
               producer_epoch == present;
    default:
        return producer_epoch == present;
    }
}

static void answer_end(TransactionCoordinator *self,
                       RequestHeader *request,
                       int64_t producer_id,
                       int16_t producer_epoch)
{
    EndTxnResponse *response =
        message_new(self->host.actor->sim, sizeof(EndTxnResponse), KAFKA_END_TXN | KAFKA_RESPONSE);
    response->producer_id = producer_id;
    response->producer_epoch = producer_epoch;
    self->host.respond(self->host.owner, request, &response->header);
}

/* Asked to end what is ended, or about to be. */
static KafkaError end_again(TransactionCoordinator *self,
                            const TxnEntry *entry,
                            int16_t producer_epoch,
                            bool commits,
                            RequestHeader *request)
{
    const TxnTransit *now = &entry->metadata.now;
    bool was_commit = now->state == TXN_PREPARE_COMMIT || now->state == TXN_COMPLETE_COMMIT;
    bool is_next = now->is_v2 && producer_epoch == now->producer_epoch;
    if (now->state == TXN_EMPTY || was_commit != commits || is_next) {
        return KAFKA_INVALID_TXN_STATE;
    }
    if (now->state == TXN_PREPARE_COMMIT || now->state == TXN_PREPARE_ABORT) {
        return KAFKA_CONCURRENT_TRANSACTIONS;
    }
    answer_end(self, request, now->producer_id, now->producer_epoch);
    return KAFKA_NONE;
}

static void prepare(TransactionCoordinator *self,
                    TxnEntry *entry,
                    int16_t producer_epoch,
                    bool commits,
                    bool is_v2,
                    TxnAppend *append)
{
    TransactionMetadata *metadata = &entry->metadata;
    int64_t next = NO_PRODUCER_ID;
    bool is_fence = metadata->pending == TXN_PREPARE_EPOCH_FENCE;
    if (is_v2 && !is_fence && transaction_metadata_is_epoch_exhausted(metadata)) {
        next = self->host.new_producer_id(self->host.owner);
    }
    if (is_fence && !commits && !is_v2) {
        append->is_epoch_fence = true;
        metadata->now.producer_epoch = producer_epoch;
        metadata->now.last_producer_epoch = -1;
    }
    transaction_metadata_prepare_end(
        metadata, commits, is_v2, next, actor_now(self->host.actor), &append->to);
}

/* v2: aborts a transaction in which the coordinator saw nothing: only the epoch goes up, so that
 * what is still under way will be refused. */
static bool can_abort_nothing(const TxnEntry *entry, bool commits, bool is_from_client, bool is_v2)
{
    const TxnTransit *now = &entry->metadata.now;
    bool idle = now->state == TXN_EMPTY || now->state == TXN_COMPLETE_COMMIT ||
                now->state == TXN_COMPLETE_ABORT;
    return is_v2 && is_from_client && !commits && idle;
}

KafkaError txn_end(TransactionCoordinator *self,
                   TxnEntry *entry,
                   int64_t producer_id,
                   int16_t producer_epoch,
                   bool commits,
                   bool is_from_client,
                   bool is_v2,
                   RequestHeader *request)
{
    TransactionMetadata *metadata = &entry->metadata;
    const bool is_busy =
        metadata->pending != TXN_NO_STATE && metadata->pending != TXN_PREPARE_EPOCH_FENCE;
    if (is_v2 && is_busy) {
        return KAFKA_CONCURRENT_TRANSACTIONS; /* whoever asks */
    }
    if (metadata->now.producer_id != producer_id &&
        !is_retry_after_overflow(metadata, producer_id, producer_epoch)) {
        return KAFKA_INVALID_PRODUCER_ID_MAPPING;
    }
    if (!is_valid_epoch(metadata, producer_id, producer_epoch, is_from_client)) {
        return KAFKA_PRODUCER_FENCED;
    }
    if (is_busy) {
        return KAFKA_CONCURRENT_TRANSACTIONS;
    }
    bool aborts_nothing = can_abort_nothing(entry, commits, is_from_client, is_v2) &&
                          producer_epoch == metadata->now.producer_epoch;
    if (metadata->now.state != TXN_ONGOING && !aborts_nothing) {
        return end_again(self, entry, producer_epoch, commits, request);
    }
    TxnAppend *append = txn_append_new(self, entry, TXN_APPEND_END, request);
    prepare(self, entry, producer_epoch, commits, is_v2, append);
    if (aborts_nothing) {
        append->to.started_at = append->to.updated_at;
    }
    if (commits) {
        append->to.source_offset = ((const EndTxnRequest *)request)->source_offset;
    }
    txn_append_send(self, append);
    return KAFKA_NONE;
}

void txn_ended(TransactionCoordinator *self, TxnAppend *append, KafkaError error)
{
    RequestHeader *request = append->request;
    TxnEntry *entry = append->entry;
    if (error != KAFKA_NONE) {
        if (request != NULL) {
            txn_answer(self, request, error);
        }
        return;
    }
    const TxnTransit *now = &entry->metadata.now;
    if (request != NULL && request->base.type == KAFKA_END_TXN) {
        bool overflows = now->next_producer_id != NO_PRODUCER_ID;
        answer_end(self,
                   request,
                   overflows ? now->next_producer_id : now->producer_id,
                   overflows ? 0 : now->producer_epoch);
    } else if (request != NULL) {
        txn_answer(self, request, KAFKA_CONCURRENT_TRANSACTIONS); /* an InitProducerId */
    }
    markers_begin(self, entry, append->coordinator_epoch);
}
