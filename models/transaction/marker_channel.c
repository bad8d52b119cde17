/* marker_channel.c - markers to every partition of a transaction, until all are written.
 *
 * A request goes to each leader at once, with all partitions of the transaction that it leads; what
 * was refused or lost, and only that, is sent again after MARKER_RETRY, to whom the metadata name
 * then. A marker whose answer was lost stands in the log twice. A topic that was deleted wants
 * none. (Kafka's thread polls as often as its requests time out, and is woken by new metadata: the
 * pause is assumed). Mirrors: TransactionMarkerChannelManager,
 * TransactionMarkerRequestCompletionHandler. */
#include "models/transaction/coordinator_internal.h"

#define MARKER_RETRY SIM_MS(50)

static void retry_later(TransactionCoordinator *self)
{
    if (!timer_is_armed(&self->marker_retry)) {
        actor_arm_constant(self->host.actor, &self->marker_retry, MARKER_RETRY);
    }
}

static void complete(TransactionCoordinator *self, TxnEntry *entry)
{
    TxnAppend *append = txn_append_new(self, entry, TXN_APPEND_COMPLETE, NULL);
    append->coordinator_epoch = entry->markers_epoch;
    txn_transit_copy(&append->to, &entry->completes_to);
    entry->sends_markers = false;
    txn_append_send(self, append);
}

void markers_begin(TransactionCoordinator *self, TxnEntry *entry, int32_t coordinator_epoch)
{
    txn_partitions_copy(&entry->markers, &entry->metadata.now.partitions);
    txn_partitions_copy(&entry->unsent, &entry->markers);
    entry->markers_epoch = coordinator_epoch;
    transaction_metadata_prepare_complete(
        &entry->metadata, actor_now(self->host.actor), &entry->completes_to);
    entry->sends_markers = true;
    if (entry->markers.count == 0) {
        complete(self, entry);
    } else {
        markers_send(self, entry);
    }
}

static TxnMarkerRow row_of(const TxnEntry *entry, int32_t partition)
{
    return (TxnMarkerRow){
        .producer_id = entry->metadata.now.producer_id,
        .producer_epoch = entry->metadata.now.producer_epoch,
        .coordinator_epoch = entry->markers_epoch,
        .committed = entry->metadata.now.state == TXN_PREPARE_COMMIT,
        .partition = partition,
        .entry = entry->number,
    };
}

static void send_to(TransactionCoordinator *self,
                    TxnEntry *entry,
                    const int32_t *partitions,
                    int32_t count,
                    int32_t broker)
{
    WriteTxnMarkersRequest *request =
        message_new(self->host.actor->sim,
                    KAFKA_MESSAGE_BYTES(WriteTxnMarkersRequest, rows, count),
                    KAFKA_WRITE_TXN_MARKERS);
    for (int32_t i = 0; i < count; i++) {
        if (self->host.leader_of(self->host.owner, partitions[i]) == broker) {
            request->rows[request->count++] = row_of(entry, partitions[i]);
            txn_partitions_remove(&entry->unsent, partitions[i]);
        }
    }
    self->host.write_markers(self->host.owner, broker, request);
}

/* Has an earlier partition of the list this leader too? */
static bool is_served(const TransactionCoordinator *self, const int32_t *partitions, int32_t i)
{
    int32_t broker = self->host.leader_of(self->host.owner, partitions[i]);
    for (int32_t k = 0; k < i; k++) {
        if (self->host.leader_of(self->host.owner, partitions[k]) == broker) {
            return true;
        }
    }
    return false;
}

/* Its topic is deleted: there is nothing to end. */
static void skip(TransactionCoordinator *self, TxnEntry *entry, int32_t partition)
{
    txn_partitions_remove(&entry->unsent, partition);
    txn_partitions_remove(&entry->markers, partition);
    (void)actor_log(
        self->host.actor, "marker not needed", "%s: its topic is deleted", entry->transactional_id);
    if (entry->markers.count == 0) {
        complete(self, entry);
    }
}

void markers_send(TransactionCoordinator *self, TxnEntry *entry)
{
    if (entry->markers.count == 0) {
        complete(self, entry);
        return;
    }
    /* A leader that is this broker may answer before the call returns, and the set shrinks. */
    int32_t count = entry->unsent.count;
    g_autofree int32_t *partitions = g_memdup2(entry->unsent.items, sizeof(int32_t) * (gsize)count);
    for (int32_t i = 0; i < count; i++) {
        int32_t broker = self->host.leader_of(self->host.owner, partitions[i]);
        if (broker == NO_LEADER) {
            retry_later(self);
        } else if (broker == TXN_NO_PARTITION) {
            skip(self, entry, partitions[i]);
        } else if (!is_served(self, partitions, i)) {
            send_to(self, entry, partitions, count, broker);
        }
    }
}

static bool is_present(const TransactionCoordinator *self, const TxnMarkerRow *row)
{
    if (row->entry > self->entries->len) {
        return false;
    }
    const TxnEntry *entry = self->entries->pdata[row->entry - 1];
    return entry->exists && entry->sends_markers &&
           entry->markers_epoch == row->coordinator_epoch &&
           entry->metadata.now.producer_epoch == row->producer_epoch;
}

/* Mirrors: TransactionMarkerRequestCompletionHandler.onComplete. */
static void on_row(TransactionCoordinator *self, const TxnMarkerRow *row)
{
    if (!is_present(self, row)) {
        return;
    }
    TxnEntry *entry = self->entries->pdata[row->entry - 1];
    switch ((int)row->error) {
    case KAFKA_NONE:
        txn_partitions_remove(&entry->markers, row->partition);
        break;
    case KAFKA_INVALID_PRODUCER_EPOCH:
    case KAFKA_TRANSACTION_COORDINATOR_FENCED:
        entry->sends_markers = false; /* a newer coordinator or producer has taken over */
        (void)actor_log(self->host.actor,
                        "markers given up",
                        "%s: %s",
                        entry->transactional_id,
                        kafka_error_name(row->error));
        return;
    default:
        txn_partitions_add(&entry->unsent, row->partition);
        retry_later(self);
        return;
    }
    if (entry->markers.count == 0) {
        complete(self, entry);
    }
}

void transaction_coordinator_on_markers(TransactionCoordinator *self,
                                        const TxnMarkerRow *rows,
                                        int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        on_row(self, &rows[i]);
    }
}

/* The log did not take the last step: it is tried again for as long as this is the coordinator. */
void markers_on_complete_failed(TransactionCoordinator *self, TxnEntry *entry, KafkaError error)
{
    if (error == KAFKA_COORDINATOR_NOT_AVAILABLE && entry->exists) {
        entry->sends_markers = true;
        retry_later(self);
    }
}
