/* transaction_coordinator.c - life, log and requests; see the header. EndTxn is in end_txn.c,
 * markers in marker_channel.c. */
#include "models/group/assignors/java_hash.h"
#include "models/transaction/coordinator_internal.h"
#include <string.h>

TransactionCoordinator *transaction_coordinator_new(const TransactionHost *host,
                                                    const TransactionOptions *options,
                                                    TxnRecords *records)
{
    TransactionCoordinator *self = g_new0(TransactionCoordinator, 1);
    self->host = *host;
    self->options = *options;
    self->records = records;
    self->entries = g_ptr_array_new();
    self->by_id = g_hash_table_new(g_str_hash, g_str_equal);
    self->shards = g_array_new(FALSE, FALSE, sizeof(TxnShard));
    self->appends = g_ptr_array_new();
    self->spare = g_ptr_array_new();
    timer_init(&self->abort_scan, options->timer_kind, self);
    timer_init(&self->expiry_scan, options->timer_kind, self);
    timer_init(&self->marker_retry, options->timer_kind, self);
    return self;
}

static void free_appends(GPtrArray *appends)
{
    for (guint i = 0; i < appends->len; i++) {
        TxnAppend *append = appends->pdata[i];
        txn_transit_clear(&append->to);
        g_free(append);
    }
    g_ptr_array_set_size(appends, 0);
}

static void free_entries(TransactionCoordinator *self)
{
    for (guint i = 0; i < self->entries->len; i++) {
        TxnEntry *entry = self->entries->pdata[i];
        txn_transit_clear(&entry->metadata.now);
        txn_transit_clear(&entry->completes_to);
        txn_partitions_clear(&entry->markers);
        txn_partitions_clear(&entry->unsent);
        g_free(entry);
    }
    g_ptr_array_set_size(self->entries, 0);
    g_hash_table_remove_all(self->by_id);
}

void transaction_coordinator_free(TransactionCoordinator *self)
{
    free_appends(self->appends);
    free_appends(self->spare);
    free_entries(self);
    g_ptr_array_free(self->appends, TRUE);
    g_ptr_array_free(self->spare, TRUE);
    g_ptr_array_free(self->entries, TRUE);
    g_hash_table_destroy(self->by_id);
    g_array_free(self->shards, TRUE);
    g_free(self);
}

void transaction_coordinator_reset(TransactionCoordinator *self)
{
    Sim *sim = self->host.actor->sim;
    for (guint i = 0; i < self->appends->len; i++) {
        TxnAppend *append = self->appends->pdata[i];
        if (append->request != NULL) {
            message_free(sim, &append->request->base);
        }
    }
    free_appends(self->appends);
    free_entries(self);
    g_array_set_size(self->shards, 0);
    self->started_at = actor_now(self->host.actor);
}

int32_t transaction_coordinator_partition_for(const TransactionCoordinator *self,
                                              const char *transactional_id)
{
    int32_t count = self->host.state_partition_count(self->host.owner);
    return count == 0 ? -1
                      : self->host.state_partition(self->host.owner,
                                                   java_hash_partition(transactional_id, count));
}

/* ---- entries and shards */

TxnEntry *txn_entry_find(const TransactionCoordinator *self, const char *transactional_id)
{
    return g_hash_table_lookup(self->by_id, transactional_id);
}

TxnEntry *
txn_entry_get(TransactionCoordinator *self, const char *transactional_id, int32_t partition)
{
    TxnEntry *entry = txn_entry_find(self, transactional_id);
    if (entry == NULL) {
        entry = g_new0(TxnEntry, 1);
        entry->transactional_id = transactional_id;
        entry->partition = partition;
        entry->metadata.pending = TXN_NO_STATE;
        g_ptr_array_add(self->entries, entry);
        entry->number = self->entries->len;
        g_hash_table_insert(self->by_id, (gpointer)(uintptr_t)transactional_id, entry);
    }
    return entry;
}

const TxnShard *txn_shard_of(const TransactionCoordinator *self, int32_t partition)
{
    for (guint i = 0; i < self->shards->len; i++) {
        const TxnShard *shard = &g_array_index(self->shards, TxnShard, i);
        if (shard->partition == partition) {
            return shard;
        }
    }
    return NULL;
}

static void drop_shard(TransactionCoordinator *self, int32_t partition)
{
    for (guint i = 0; i < self->shards->len; i++) {
        if (g_array_index(self->shards, TxnShard, i).partition == partition) {
            g_array_remove_index(self->shards, i);
            break;
        }
    }
    for (guint i = 0; i < self->entries->len; i++) {
        TxnEntry *entry = self->entries->pdata[i];
        if (entry->partition == partition) {
            entry->exists = false;
            entry->sends_markers = false;
            entry->metadata.pending = TXN_NO_STATE;
            entry->metadata.has_failed_epoch_fence = false;
        }
    }
}

void transaction_coordinator_on_elected(TransactionCoordinator *self, int32_t partition)
{
    drop_shard(self, partition);
    const TxnShard shard = {
        .partition = partition,
        .coordinator_epoch = self->host.leader_epoch(self->host.owner, partition),
        .loading = true,
    };
    g_array_append_val(self->shards, shard);
}

void transaction_coordinator_on_load(TransactionCoordinator *self, const RecordBatch *batch)
{
    const char *transactional_id;
    const TxnTransit *record = txn_records_find(self->records, batch->payload, &transactional_id);
    if (record != NULL) {
        TxnEntry *entry = txn_entry_get(self, transactional_id, batch->partition);
        entry->exists = record->state != TXN_DEAD;
        transaction_metadata_complete(&entry->metadata, record);
    }
}

void transaction_coordinator_on_loaded(TransactionCoordinator *self, int32_t partition)
{
    for (guint i = 0; i < self->shards->len; i++) {
        TxnShard *shard = &g_array_index(self->shards, TxnShard, i);
        shard->loading = shard->loading && shard->partition != partition;
    }
    int32_t epoch = txn_shard_of(self, partition)->coordinator_epoch;
    for (guint i = 0; i < self->entries->len; i++) {
        TxnEntry *entry = self->entries->pdata[i];
        TransactionState state = entry->metadata.now.state;
        if (entry->partition != partition || !entry->exists) {
            continue;
        }
        if (state == TXN_PREPARE_COMMIT || state == TXN_PREPARE_ABORT) {
            (void)actor_log(self->host.actor,
                            "transaction loaded",
                            "%s: %s, %d partitions want their markers",
                            entry->transactional_id,
                            transaction_state_name(state),
                            entry->metadata.now.partitions.count);
            markers_begin(self, entry, epoch);
        } else if (state == TXN_ONGOING) {
            txn_watch_time_outs(self);
        } else {
            txn_watch_expiry(self, entry->metadata.now.updated_at);
        }
    }
}

void transaction_coordinator_on_resigned(TransactionCoordinator *self, int32_t partition)
{
    drop_shard(self, partition);
}

/* ---- steps */

TxnAppend *txn_append_new(TransactionCoordinator *self,
                          TxnEntry *entry,
                          TxnAppendKind kind,
                          RequestHeader *request)
{
    TxnAppend *append = self->spare->len > 0
                            ? g_ptr_array_remove_index_fast(self->spare, self->spare->len - 1)
                            : g_new0(TxnAppend, 1);
    append->kind = kind;
    append->entry = entry;
    append->request = request;
    append->is_epoch_fence = false;
    append->token = ++self->last_token;
    append->coordinator_epoch = txn_shard_of(self, entry->partition)->coordinator_epoch;
    return append;
}

void txn_append_cancel(TransactionCoordinator *self, TxnAppend *append)
{
    g_ptr_array_add(self->spare, append);
}

void txn_append_send(TransactionCoordinator *self, TxnAppend *append)
{
    TxnEntry *entry = append->entry;
    uint32_t payload = txn_records_add(self->records, entry->transactional_id, &append->to);
    g_ptr_array_add(self->appends, append);
    if (!self->host.append(self->host.owner,
                           entry->partition,
                           txn_record_bytes(entry->transactional_id, &append->to),
                           payload,
                           append->token)) {
        txn_records_take_back(self->records, payload);
    }
}

static TxnAppend *take_append(TransactionCoordinator *self, uint64_t token)
{
    for (guint i = 0; i < self->appends->len; i++) {
        TxnAppend *append = self->appends->pdata[i];
        if (append->token == token) {
            return g_ptr_array_remove_index(self->appends, i);
        }
    }
    return NULL;
}

/* Mirrors: TransactionStateManager.appendTransactionToLog's callback. */
static KafkaError error_for_client(KafkaError error)
{
    switch ((int)error) {
    case KAFKA_UNKNOWN_TOPIC_OR_PARTITION:
    case KAFKA_NOT_ENOUGH_REPLICAS:
    case KAFKA_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case KAFKA_REQUEST_TIMED_OUT:
        return KAFKA_COORDINATOR_NOT_AVAILABLE;
    case KAFKA_NOT_LEADER_OR_FOLLOWER:
    case KAFKA_KAFKA_STORAGE_ERROR:
        return KAFKA_NOT_COORDINATOR;
    case KAFKA_MESSAGE_TOO_LARGE:
    case KAFKA_RECORD_LIST_TOO_LARGE:
        return KAFKA_UNKNOWN_SERVER_ERROR;
    default:
        return error;
    }
}

static bool is_still_coordinator(const TransactionCoordinator *self, const TxnAppend *append)
{
    const TxnShard *shard = txn_shard_of(self, append->entry->partition);
    return shard != NULL && shard->coordinator_epoch == append->coordinator_epoch &&
           append->entry->exists;
}

static void answer_init(TransactionCoordinator *self, TxnAppend *append, KafkaError error)
{
    InitProducerIdResponse *response = message_new(self->host.actor->sim,
                                                   sizeof(InitProducerIdResponse),
                                                   KAFKA_INIT_PRODUCER_ID | KAFKA_RESPONSE);
    response->error = error;
    response->producer_id = append->to.producer_id;
    response->producer_epoch = append->to.producer_epoch;
    response->source_offset = append->to.source_offset;
    self->host.respond(self->host.owner, append->request, &response->header);
}

static void on_step(TransactionCoordinator *self, TxnAppend *append, KafkaError error)
{
    switch (append->kind) {
    case TXN_APPEND_INIT:
        if (error == KAFKA_NONE) {
            txn_watch_expiry(self, append->to.updated_at);
        }
        answer_init(self, append, error);
        break;
    case TXN_APPEND_ADD:
        if (error == KAFKA_NONE) {
            txn_watch_time_outs(self);
        }
        txn_answer(self, append->request, error);
        break;
    case TXN_APPEND_END:
        txn_ended(self, append, error);
        break;
    case TXN_APPEND_COMPLETE:
        if (error != KAFKA_NONE) {
            markers_on_complete_failed(self, append->entry, error);
        } else {
            txn_watch_expiry(self, append->to.updated_at);
        }
        break;
    case TXN_APPEND_EXPIRE:
        append->entry->exists = append->entry->exists && error != KAFKA_NONE;
        break;
    }
}

void transaction_coordinator_on_append(TransactionCoordinator *self,
                                       uint64_t token,
                                       KafkaError error)
{
    TxnAppend *append = take_append(self, token);
    if (append == NULL) {
        return; /* of a process that has died */
    }
    error = error_for_client(error);
    if (!is_still_coordinator(self, append)) {
        error = KAFKA_NOT_COORDINATOR;
    } else if (error == KAFKA_NONE) {
        transaction_metadata_complete(&append->entry->metadata, &append->to);
    } else if (append->kind != TXN_APPEND_COMPLETE) {
        append->entry->metadata.pending = TXN_NO_STATE;
        append->entry->metadata.has_failed_epoch_fence |= append->is_epoch_fence;
    }
    on_step(self, append, error);
    g_ptr_array_add(self->spare, append);
}

void transaction_coordinator_on_timer(TransactionCoordinator *self, Timer *timer)
{
    if (timer == &self->abort_scan) {
        txn_abort_timed_out(self);
        return;
    }
    if (timer == &self->expiry_scan) {
        txn_remove_expired(self);
        return;
    }
    for (guint i = 0; i < self->entries->len; i++) {
        TxnEntry *entry = self->entries->pdata[i];
        if (entry->sends_markers) {
            markers_send(self, entry);
        }
    }
}

static void fill_view(const TxnEntry *entry, TransactionView *ret_view)
{
    const TxnTransit *now = &entry->metadata.now;
    *ret_view = (TransactionView){
        .transactional_id = entry->transactional_id,
        .state = transaction_state_name(now->state),
        .producer_id = now->producer_id,
        .producer_epoch = now->producer_epoch,
        .timeout_ns = now->timeout_ns,
        .started_at = now->started_at,
        .partitions = &now->partitions,
    };
}

static bool is_served(const TransactionCoordinator *self, const TxnEntry *entry)
{
    const TxnShard *shard = txn_shard_of(self, entry->partition);
    return entry->exists && shard != NULL && !shard->loading;
}

bool transaction_coordinator_next(const TransactionCoordinator *self,
                                  guint *i,
                                  TransactionView *ret_view)
{
    while (*i < self->entries->len) {
        const TxnEntry *entry = self->entries->pdata[(*i)++];
        if (is_served(self, entry)) {
            fill_view(entry, ret_view);
            return true;
        }
    }
    return false;
}
