/* transaction_offsets.c - sendOffsetsToTransaction(): the offsets of what was consumed, committed
 * with what was produced.
 *
 *     v1: AddOffsetsToTxn -> FindCoordinator (group) -> TxnOffsetCommit
 *     v2:                    FindCoordinator (group) -> TxnOffsetCommit
 *
 * Mirrors: TransactionManager.AddOffsetsToTxnHandler, TxnOffsetCommitHandler. */
#include "models/producer/transactions/transaction_internal.h"

static void *request_of(TransactionManager *self, size_t bytes, uint16_t type)
{
    return message_new(self->producer->actor.sim, bytes, type);
}

void transactions_add_offsets(TransactionManager *self)
{
    AddOffsetsToTxnRequest *request =
        request_of(self, sizeof(AddOffsetsToTxnRequest), KAFKA_ADD_OFFSETS_TO_TXN);
    request->transactional_id = self->transactional_id;
    request->group_id = self->offsets.group_id;
    request->producer_id = self->producer->idempotence.producer_id;
    request->producer_epoch = self->producer->idempotence.producer_epoch;
    transactions_request(
        self, TRANSACTION_REQUEST_ADD_OFFSETS, self->coordinator, &request->header);
}

void transactions_commit_offsets(TransactionManager *self)
{
    const GArray *offsets = self->offsets.offsets;
    TxnOffsetCommitRequest *request =
        request_of(self,
                   KAFKA_MESSAGE_BYTES(TxnOffsetCommitRequest, offsets, offsets->len),
                   KAFKA_TXN_OFFSET_COMMIT);
    request->transactional_id = self->transactional_id;
    request->group_id = self->offsets.group_id;
    request->producer_id = self->producer->idempotence.producer_id;
    request->producer_epoch = self->producer->idempotence.producer_epoch;
    request->bumps_epoch = self->is_v2;
    request->generation_id = self->offsets.generation_id;
    request->group_instance_id = self->offsets.group_instance_id;
    g_strlcpy(request->member_id, self->offsets.member_id, sizeof request->member_id);
    request->count = (int32_t)offsets->len;
    for (guint i = 0; i < offsets->len; i++) {
        request->offsets[i] = g_array_index(offsets, OffsetEntry, i);
    }
    self->is_started = true;
    transactions_request(
        self, TRANSACTION_REQUEST_OFFSETS, self->group_coordinator, &request->header);
}

void transactions_on_offsets_added(TransactionManager *self,
                                   const AddOffsetsToTxnResponse *response)
{
    if (response->error == KAFKA_NONE) {
        self->offsets_added = true;
        self->is_started = true;
    } else if (!transactions_on_common_error(self, response->error)) {
        transactions_fail(self, response->error, true);
    }
}

/* A member that its group has left behind may not commit (KIP-447): abort, and poll again. */
void transactions_on_offsets(TransactionManager *self, const TxnOffsetCommitResponse *response)
{
    switch ((int)response->error) {
    case KAFKA_NONE:
        self->has_offsets = false;
        break;
    case KAFKA_NOT_COORDINATOR:
    case KAFKA_COORDINATOR_NOT_AVAILABLE:
    case KAFKA_REQUEST_TIMED_OUT:
        self->group_coordinator = NO_NODE;
        transactions_retry(self);
        break;
    case KAFKA_COORDINATOR_LOAD_IN_PROGRESS:
    case KAFKA_UNKNOWN_TOPIC_OR_PARTITION:
    case KAFKA_NOT_ENOUGH_REPLICAS:
    case KAFKA_CONCURRENT_TRANSACTIONS:
        transactions_retry(self);
        break;
    case KAFKA_UNKNOWN_MEMBER_ID:
    case KAFKA_ILLEGAL_GENERATION:
    case KAFKA_FENCED_INSTANCE_ID:
    case KAFKA_TRANSACTION_ABORTABLE:
        self->has_offsets = false;
        transactions_fail(self, response->error, false);
        break;
    case KAFKA_INVALID_PRODUCER_EPOCH:
        transactions_fail(self, KAFKA_PRODUCER_FENCED, true);
        break;
    default:
        transactions_fail(self, response->error, true);
        break;
    }
}
