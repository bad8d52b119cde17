/* write_markers.c - a leader appends markers (acks=all) and answers when all are replicated. */
#include "models/broker/transactions/broker_transactions.h"

#define APPEND_TIMEOUT SIM_SEC(30)

typedef struct MarkerWrite {
    uint64_t number;
    WriteTxnMarkersRequest *request;
    bool is_local;
    int32_t waiting;
} MarkerWrite;

static void finish(BrokerTransactions *self, MarkerWrite *write)
{
    Sim *sim = self->broker->context.sim;
    WriteTxnMarkersRequest *request = write->request;
    bool is_local = write->is_local;
    g_ptr_array_remove(self->writes, write);
    g_free(write);
    if (is_local) {
        transaction_coordinator_on_markers(self->coordinator, request->rows, request->count);
        message_free(sim, &request->header.base);
        return;
    }
    WriteTxnMarkersResponse *response =
        message_new(sim,
                    KAFKA_MESSAGE_BYTES(WriteTxnMarkersResponse, rows, request->count),
                    KAFKA_WRITE_TXN_MARKERS | KAFKA_RESPONSE);
    response->count = request->count;
    memcpy(response->rows, request->rows, sizeof(TxnMarkerRow) * (size_t)request->count);
    broker_respond(self->broker, &request->header, &response->header);
}

static void log_marker(BrokerTransactions *self, const TxnMarkerRow *row)
{
    char name[128];
    Broker *broker = self->broker;
    metadata_partition_name(broker->context.metadata, row->partition, name, sizeof(name));
    (void)actor_log(&broker->actor,
                    "transaction marker",
                    "%s: %s of producer id %" G_GINT64_FORMAT " epoch %d, coordinator epoch %d",
                    name,
                    row->committed ? "COMMIT" : "ABORT",
                    row->producer_id,
                    row->producer_epoch,
                    row->coordinator_epoch);
}

static void append(BrokerTransactions *self, const TxnMarkerRow *row, uint64_t token)
{
    Broker *broker = self->broker;
    SimTime now = actor_now(&broker->actor);
    RecordBatch batch = {
        .partition = row->partition,
        .producer_id = row->producer_id,
        .producer_epoch = row->producer_epoch,
        .coordinator_epoch = row->coordinator_epoch,
        .transactional = true,
        .control = true,
        .aborts = !row->committed,
        .count = 1,
        .bytes = TXN_MARKER_BYTES,
        .first_created = now,
        .last_created = now,
    };
    (void)broker_transactions_append(
        broker, broker_partition(broker, row->partition), &batch, token, APPEND_TIMEOUT);
}

void write_markers_handle(BrokerTransactions *self, WriteTxnMarkersRequest *request, bool is_local)
{
    MarkerWrite *write = g_new0(MarkerWrite, 1);
    write->number = ++self->last_token;
    write->request = request;
    write->is_local = is_local;
    write->waiting = request->count + 1;
    g_ptr_array_add(self->writes, write);
    uint64_t number = write->number;
    int32_t count = request->count;
    for (int32_t i = 0; i < count; i++) {
        append(self, &request->rows[i], TRANSACTION_MARKER_TOKEN | (number << 16) | (uint64_t)i);
    }
    if (--write->waiting == 0) {
        finish(self, write);
    }
}

void write_markers_on_append(BrokerTransactions *self, uint64_t token, KafkaError error)
{
    for (guint i = 0; i < self->writes->len; i++) {
        MarkerWrite *write = self->writes->pdata[i];
        if (write->number != token >> 16) {
            continue;
        }
        TxnMarkerRow *row = &write->request->rows[token & 0xffff];
        row->error = error;
        if (error == KAFKA_NONE) {
            txn_offsets_on_marker(
                self->broker->coordinator, row->partition, row->producer_id, row->committed);
        }
        if (error == KAFKA_NONE && self->broker->context.trace_batches) {
            log_marker(self, row);
        }
        if (--write->waiting == 0) {
            finish(self, write);
        }
        return;
    }
}

void write_markers_reset(BrokerTransactions *self)
{
    for (guint i = 0; i < self->writes->len; i++) {
        MarkerWrite *write = self->writes->pdata[i];
        message_free(self->broker->context.sim, &write->request->header.base);
        g_free(write);
    }
    g_ptr_array_set_size(self->writes, 0);
}
