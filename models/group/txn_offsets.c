/* txn_offsets.c - offsets that a transaction commits together with its records.
 *
 *     commit --validated, appended--> written --committed--> pending --COMMIT marker--> the group's
 *                                                                    --ABORT marker--> forgotten
 *
 * A group fences its former members here as with any commit (generation or member epoch, KIP-447);
 * the log fences former producers. They do not wait for the linger of other writes. While one is
 * pending OffsetFetch has no stable answer (requireStable, asked by who reads committed).
 * Mirrors: GroupCoordinatorService.commitTransactionalOffsets, OffsetMetadataManager
 * (pendingTransactionalOffsets, replayEndTransactionMarker). */
#include "models/group/coordinator_internal.h"
#include <string.h>

typedef struct PendingOffsets {
    const char *group_id; /* borrowed from the clients' spec */
    int32_t partition;    /* of __consumer_offsets */
    int64_t producer_id;
    GArray *offsets; /* of OffsetEntry */
} PendingOffsets;

typedef struct TxnWrite {
    uint64_t token;
    int32_t partition;
    TxnOffsetCommitRequest *request;
} TxnWrite;

static void free_pending(gpointer data)
{
    PendingOffsets *self = data;
    g_array_free(self->offsets, TRUE);
    g_free(self);
}

void txn_offsets_init(GroupCoordinator *self)
{
    self->txn_pending = g_ptr_array_new_with_free_func(free_pending);
    self->txn_writes = g_ptr_array_new();
}

static void forget_writes(GroupCoordinator *self)
{
    for (guint i = 0; i < self->txn_writes->len; i++) {
        TxnWrite *write = self->txn_writes->pdata[i];
        message_free(self->host.actor->sim, &write->request->header.base);
        g_free(write);
    }
    g_ptr_array_set_size(self->txn_writes, 0);
}

void txn_offsets_reset(GroupCoordinator *self)
{
    forget_writes(self);
    g_ptr_array_set_size(self->txn_pending, 0);
}

void txn_offsets_free(GroupCoordinator *self)
{
    forget_writes(self);
    g_ptr_array_free(self->txn_pending, TRUE);
    g_ptr_array_free(self->txn_writes, TRUE);
}

void txn_offsets_fail(GroupCoordinator *self, TxnOffsetCommitRequest *request, KafkaError error)
{
    TxnOffsetCommitResponse *response =
        group_coordinator_response(self, &request->header, sizeof(TxnOffsetCommitResponse));
    response->error =
        error == KAFKA_NONE && request->refused > 0 ? KAFKA_UNKNOWN_TOPIC_OR_PARTITION : error;
    group_coordinator_respond(self, &request->header, response);
}

/* KafkaApis.handleTxnOffsetCommitRequest, before anybody asks whether there is a transaction. */
bool txn_offsets_refuse_unknown(GroupCoordinator *self, TxnOffsetCommitRequest *request)
{
    const int32_t asked = request->count;
    request->count = offsets_refuse_unknown(self, request->offsets, asked);
    request->refused = asked - request->count;
    if (request->refused == 0 || request->count > 0) {
        return true;
    }
    txn_offsets_fail(self, request, KAFKA_NONE);
    return false;
}

/* Key and value of each offset, as an ordinary commit's. */
static int32_t bytes_of(const TxnOffsetCommitRequest *request)
{
    return request->count * (int32_t)(60 + strlen(request->group_id));
}

void txn_offsets_commit(GroupCoordinator *self, TxnOffsetCommitRequest *request, uint32_t guard)
{
    KafkaError error;
    CoordinatorShard *shard = group_coordinator_shard(self, request->group_id, &error);
    if (error == KAFKA_NONE) {
        error = offsets_validate_txn(self, shard, request);
    }
    if (error != KAFKA_NONE) {
        txn_offsets_fail(self, request, error);
        return;
    }
    for (int32_t i = 0; i < request->count; i++) {
        request->offsets[i].commit_time = actor_now(self->host.actor);
    }
    uint32_t payload = coordinator_records_begin(self->records);
    (void)coordinator_records_add_offsets(
        self->records, payload, request->group_id, request->offsets, request->count);
    TxnWrite *write = g_new0(TxnWrite, 1);
    write->token = ++self->last_token;
    write->partition = group_coordinator_partition_for(self, request->group_id);
    write->request = request;
    g_ptr_array_add(self->txn_writes, write);
    const RecordBatch batch = {
        .partition = write->partition,
        .count = 1,
        .producer_id = request->producer_id,
        .producer_epoch = request->producer_epoch,
        .base_sequence = -1,
        .transactional = true,
        .payload = payload,
    };
    self->host.append_transactional(
        self->host.owner, &batch, bytes_of(request), guard, write->token);
}

static void add_pending(GroupCoordinator *self,
                        int32_t partition,
                        int64_t producer_id,
                        const char *group_id,
                        const OffsetEntry *offsets,
                        int32_t count)
{
    PendingOffsets *pending = g_new0(PendingOffsets, 1);
    pending->group_id = group_id;
    pending->partition = partition;
    pending->producer_id = producer_id;
    pending->offsets = g_array_new(FALSE, FALSE, sizeof(OffsetEntry));
    g_array_append_vals(pending->offsets, offsets, (guint)count);
    g_ptr_array_add(self->txn_pending, pending);
}

static TxnWrite *take_write(GroupCoordinator *self, uint64_t token)
{
    for (guint i = 0; i < self->txn_writes->len; i++) {
        TxnWrite *write = self->txn_writes->pdata[i];
        if (write->token == token) {
            return g_ptr_array_remove_index(self->txn_writes, i);
        }
    }
    return NULL;
}

bool txn_offsets_on_append(GroupCoordinator *self, uint64_t token, KafkaError error)
{
    TxnWrite *write = take_write(self, token);
    if (write == NULL) {
        return false;
    }
    TxnOffsetCommitRequest *request = write->request;
    if (error == KAFKA_NONE || error == KAFKA_REQUEST_TIMED_OUT) {
        add_pending(self,
                    write->partition,
                    request->producer_id,
                    request->group_id,
                    request->offsets,
                    request->count);
    }
    g_free(write);
    txn_offsets_fail(self, request, shard_error_for_client(error));
    return true;
}

void txn_offsets_on_marker(GroupCoordinator *self,
                           int32_t partition,
                           int64_t producer_id,
                           bool committed)
{
    guint i = 0;
    while (i < self->txn_pending->len) {
        const PendingOffsets *pending = self->txn_pending->pdata[i];
        if (pending->partition != partition || pending->producer_id != producer_id) {
            i++;
            continue;
        }
        ClassicGroup *group = group_coordinator_group(self, pending->group_id);
        if (committed && group != NULL) {
            offsets_apply(group,
                          (const OffsetEntry *)(const void *)pending->offsets->data,
                          (int32_t)pending->offsets->len);
        }
        g_ptr_array_remove_index(self->txn_pending, i);
    }
}

void txn_offsets_load(GroupCoordinator *self, const RecordBatch *batch)
{
    if (batch->control) {
        txn_offsets_on_marker(self, batch->partition, batch->producer_id, !batch->aborts);
        return;
    }
    const CoordinatorRecord *record = coordinator_records_first(self->records, batch->payload);
    for (; record != NULL; record = record->next) {
        add_pending(self,
                    batch->partition,
                    batch->producer_id,
                    record->group_id,
                    record->offsets,
                    record->offset_count);
    }
}

void txn_offsets_resign(GroupCoordinator *self, int32_t partition)
{
    for (guint i = self->txn_pending->len; i > 0; i--) {
        if (((PendingOffsets *)self->txn_pending->pdata[i - 1])->partition == partition) {
            g_ptr_array_remove_index(self->txn_pending, i - 1);
        }
    }
}

bool txn_offsets_is_pending(const GroupCoordinator *self, const char *group_id, int32_t partition)
{
    for (guint i = 0; i < self->txn_pending->len; i++) {
        const PendingOffsets *pending = self->txn_pending->pdata[i];
        for (guint k = 0; k < pending->offsets->len && g_str_equal(pending->group_id, group_id);
             k++) {
            if (g_array_index(pending->offsets, OffsetEntry, k).partition == partition) {
                return true;
            }
        }
    }
    return false;
}
