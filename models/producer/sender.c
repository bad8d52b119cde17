/* sender.c - what the producer's I/O thread does: requests out, answers in, retries, expiry.
 *
 * When it does so: sender_loop.c.
 * Mirrors: Sender.sendProducerData, handleProduceResponse, completeBatch (A8, R1..R9). */
#include "models/producer/producer_internal.h"
#include "models/producer/transactions/transaction_manager.h"

/* A back-off drawn anew between the look and the drain may find nothing to send. */
#define LOOK_AGAIN_NS SIM_MS(1)

/* What a request in flight refers to. */
typedef struct ProduceContext {
    int32_t count;
    ProducerBatch *batches[];
} ProduceContext;

static size_t context_bytes(int32_t count)
{
    return offsetof(ProduceContext, batches) + sizeof(ProducerBatch *) * (size_t)count;
}

static const char *partition_name(const Producer *self, int32_t partition, char *text, size_t bytes)
{
    return metadata_partition_name(self->context.topics, partition, text, bytes);
}

/* ---- the end of a batch */

static void recycle_if_free(Producer *self, ProducerBatch *batch)
{
    if (batch->done && !batch->in_request) {
        accumulator_recycle(&self->accumulator, batch);
    }
}

static void finish(Producer *self, ProducerBatch *batch)
{
    ProducerPartition *partition = accumulator_partition(&self->accumulator, batch);
    batch_list_remove(&partition->flight, batch);
    batch->done = true;
    accumulator_release(&self->accumulator, batch);
}

/* The application's callbacks run. */
static void tell_application(Producer *self, const ProducerBatch *batch)
{
    workload_on_completed(&self->workload, batch->wire.count, actor_now(&self->actor));
}

static void trace_answer(Producer *self, ProducerPartition *partition, const ProducerBatch *batch)
{
    char name[160];
    (void)actor_log(&self->actor,
                    "batch acked",
                    "%s %d records sent %" G_GINT64_FORMAT " .. %" G_GINT64_FORMAT " ns",
                    partition_name(self, partition->index, name, sizeof(name)),
                    batch->wire.count,
                    batch->wire.first_created,
                    batch->wire.last_created);
}

static void complete(Producer *self, ProducerPartition *partition, ProducerBatch *batch)
{
    idempotence_completed(partition, batch);
    if (!batch->done) {
        ledger_batch_acked(self->context.ledger, batch->wire.ledger, actor_now(&self->actor));
        if (self->context.trace_batches) {
            trace_answer(self, partition, batch);
        }
        finish(self, batch);
        tell_application(self, batch);
    }
}

/* The ledger hears of a batch when it is drained first, or when it ends unsent. */
static void enter_in_ledger(Producer *self, ProducerBatch *batch)
{
    if (batch->wire.ledger != 0) {
        return;
    }
    Ledger *ledger = self->context.ledger;
    batch->wire.ledger =
        ledger_add_batch(ledger, self->context.spec_index, self->actor.id, &batch->wire);
    if (batch->origins != NULL) {
        ledger_set_origins(ledger, batch->wire.ledger, batch->origins);
    }
    if (batch->created != NULL) {
        ledger_set_created(ledger, batch->wire.ledger, batch->created);
    }
    for (guint i = 0; batch->records != NULL && i < batch->records->len; i++) {
        int64_t number = g_array_index(batch->records, int64_t, i);
        const char *label = workload_label(&self->workload, number);
        if (label != NULL) {
            ledger_set_label(ledger, batch->wire.ledger, (int32_t)i, label);
        }
    }
}

static void
end_failed(Producer *self, ProducerPartition *partition, ProducerBatch *batch, KafkaError error)
{
    partition->given_up_with = error;
    self->worker.given_up++;
    enter_in_ledger(self, batch);
    ledger_batch_failed(self->context.ledger, batch->wire.ledger, error, actor_now(&self->actor));
    finish(self, batch);
    tell_application(self, batch);
}

static void fail(Producer *self,
                 ProducerPartition *partition,
                 ProducerBatch *batch,
                 KafkaError error,
                 bool adjust_sequences)
{
    if (batch->done) {
        return;
    }
    idempotence_failed(&self->idempotence, partition, batch, error, adjust_sequences);
    if (self->transactions != NULL) {
        transaction_manager_on_batch_failed(self->transactions, error);
    }
    end_failed(self, partition, batch, error);
}

/* ProducerBatch.abort: the transaction manager need not be told, it knows why. */
static void give_up(Producer *self, ProducerBatch *batch, KafkaError error)
{
    ProducerPartition *partition = accumulator_partition(&self->accumulator, batch);
    if (!batch->done) {
        idempotence_failed(&self->idempotence, partition, batch, error, false);
        end_failed(self, partition, batch, error);
    }
    recycle_if_free(self, batch);
}

static void abort_queue(Producer *self, ProducerPartition *partition, bool all, KafkaError error)
{
    ProducerBatch *next;
    for (ProducerBatch *batch = partition->queue.first; batch != NULL; batch = next) {
        next = batch->next[BATCH_QUEUE];
        if (all || !batch->has_sequence) {
            accumulator_dequeue(&self->accumulator, partition, batch);
            give_up(self, batch, error);
        }
    }
}

/* Mirrors: RecordAccumulator.abortUndrainedBatches. */
void sender_abort_undrained(Producer *self, KafkaError error)
{
    for (int32_t i = 0; i < self->accumulator.count; i++) {
        abort_queue(self, &self->accumulator.partitions[i], false, error);
    }
}

/* Mirrors: Sender.maybeAbortBatches, RecordAccumulator.abortBatches. */
void sender_abort_all(Producer *self, KafkaError error)
{
    if (self->accumulator.incomplete == 0) {
        return;
    }
    (void)actor_log(&self->actor,
                    "batches aborted",
                    "%" G_GINT64_FORMAT " batches: %s",
                    self->accumulator.incomplete,
                    kafka_error_name(error));
    for (int32_t i = 0; i < self->accumulator.count; i++) {
        ProducerPartition *partition = &self->accumulator.partitions[i];
        abort_queue(self, partition, true, error);
        while (partition->flight.first != NULL) {
            give_up(self, partition->flight.first, error);
        }
    }
}

static void expire(Producer *self, ProducerBatch *batch)
{
    ProducerPartition *partition = accumulator_partition(&self->accumulator, batch);
    char name[160];
    (void)actor_log(&self->actor,
                    "batch expired",
                    "%s %d records after delivery.timeout.ms",
                    partition_name(self, partition->index, name, sizeof(name)),
                    batch->wire.count);
    fail(self, partition, batch, KAFKA_REQUEST_TIMED_OUT, false);
    if (self->is_idempotent && batch->attempts > 0) {
        idempotence_mark_unresolved(&self->idempotence, partition, batch);
    }
    recycle_if_free(self, batch);
}

void sender_expire_batches(Producer *self)
{
    SimTime now = actor_now(&self->actor);
    if (now < self->accumulator.next_expiry) {
        return;
    }
    g_ptr_array_set_size(self->expired, 0);
    self->accumulator.next_expiry = SIM_TIME_MAX;
    accumulator_take_expired(&self->accumulator, now, self->expired);
    accumulator_take_expired_in_flight(&self->accumulator, now, self->expired);
    for (guint i = 0; i < self->expired->len; i++) {
        expire(self, self->expired->pdata[i]);
    }
}

/* ---- answers */

static bool can_retry(Producer *self,
                      ProducerPartition *partition,
                      const ProducerBatch *batch,
                      KafkaError error)
{
    return !accumulator_has_expired(&self->accumulator, batch, actor_now(&self->actor)) &&
           batch->attempts < self->retries && !batch->done &&
           idempotence_can_retry(&self->idempotence, partition, batch, error);
}

static void log_error(Producer *self,
                      const char *what,
                      const ProducerPartition *partition,
                      const ProducerBatch *batch,
                      KafkaError error)
{
    char name[160];
    (void)actor_log(&self->actor,
                    what,
                    "%s %d records: %s",
                    partition_name(self, partition->index, name, sizeof(name)),
                    batch->wire.count,
                    kafka_error_name(error));
}

static void
retry(Producer *self, ProducerPartition *partition, ProducerBatch *batch, KafkaError error)
{
    if (batch->attempts == 0 || self->context.trace_batches) {
        log_error(self, "batch retry", partition, batch, error);
    }
    if (error != KAFKA_NETWORK_EXCEPTION) {
        sender_takes_path(self, PRODUCER_PATH_REFUSED);
    }
    ledger_batch_retried(self->context.ledger, batch->wire.ledger);
    batch_list_remove(&partition->flight, batch);
    accumulator_reenqueue(&self->accumulator, batch, actor_now(&self->actor));
}

/* Its parts are not tried yet, and of batch.size: one no larger than that is its own only part, and
 * comes again at once, until it is delivery.timeout.ms old (KAFKA-8350, mended after 4.1). */
static void split(Producer *self, ProducerPartition *partition, ProducerBatch *batch)
{
    log_error(self, "batch split", partition, batch, KAFKA_MESSAGE_TOO_LARGE);
    ledger_batch_refused(self->context.ledger, self->context.spec_index, KAFKA_MESSAGE_TOO_LARGE);
    const int32_t parts = accumulator_split(&self->accumulator, batch);
    batch_list_remove(&partition->sequence, batch);
    if (parts > 1) {
        ledger_batch_split(self->context.ledger, batch->wire.ledger);
    }
    finish(self, batch);
}

static void handle_error(Producer *self,
                         ProducerPartition *partition,
                         ProducerBatch *batch,
                         const ProducePartitionResponse *answer)
{
    KafkaError error = answer->error;
    ledger_batch_refused(self->context.ledger, self->context.spec_index, error);
    if (can_retry(self, partition, batch, error)) {
        retry(self, partition, batch, error);
    } else if (!batch->done) {
        log_error(self, "batch failed", partition, batch, error);
        fail(self, partition, batch, error, batch->attempts < self->retries);
    }
    if (!kafka_error_is_invalid_metadata(error)) {
        return;
    }
    bool names_leader = error == KAFKA_NOT_LEADER_OR_FOLLOWER || error == KAFKA_FENCED_LEADER_EPOCH;
    if (names_leader && answer->current_leader != NO_LEADER) {
        /* KIP-951, M7 */
        self->leaders_changed |= client_metadata_set_leader(
            self->metadata, partition->index, answer->current_leader, answer->current_leader_epoch);
    }
    client_metadata_request_update(self->metadata);
}

static void
complete_batch(Producer *self, ProducerBatch *batch, const ProducePartitionResponse *answer)
{
    ProducerPartition *partition = accumulator_partition(&self->accumulator, batch);
    batch->in_request = false;
    if (answer->error == KAFKA_MESSAGE_TOO_LARGE && batch->wire.count > 1 && !batch->done) {
        split(self, partition, batch);
    } else if (answer->error != KAFKA_NONE) {
        handle_error(self, partition, batch, answer);
    } else {
        partition->acked_end = MAX(partition->acked_end, answer->base_offset + batch->wire.count);
        complete(self, partition, batch);
    }
    if (self->one_in_flight) {
        partition->muted = false;
    }
    recycle_if_free(self, batch);
}

static const ProducePartitionResponse *
find_answer(const ProduceResponse *response, int32_t partition, int32_t probably_at)
{
    for (int32_t i = 0; i < response->count; i++) {
        int32_t at = (probably_at + i) % response->count;
        if (response->partitions[at].partition == partition) {
            return &response->partitions[at];
        }
    }
    return NULL;
}

static void handle_produce(Producer *self, ProduceContext *context, const ResponseHeader *response)
{
    bool lost = response == NULL;
    bool sent_only = response == NETWORK_CLIENT_SENT; /* acks=0: sent is acknowledged */
    KafkaError error = !lost                                    ? KAFKA_NONE
                       : network_client_timed_out(self->client) ? KAFKA_REQUEST_TIMED_OUT
                                                                : KAFKA_NETWORK_EXCEPTION;
    for (int32_t i = 0; i < context->count; i++) {
        ProducerBatch *batch = context->batches[i];
        ProducePartitionResponse common = {.error = error, .current_leader = NO_LEADER};
        const ProducePartitionResponse *answer = &common;
        if (!lost && !sent_only) {
            answer = find_answer((const ProduceResponse *)response, batch->wire.partition, i);
            SIM_ASSERT(self->actor.sim, answer != NULL);
        }
        complete_batch(self, batch, answer);
    }
    pool_give(self->actor.sim->pool, context, context_bytes(context->count));
    if (self->leaders_changed) {
        accumulator_refresh_leaders(&self->accumulator, self->metadata);
        self->leaders_changed = false;
    }
}

static void count_throttle(const Producer *self, const ResponseHeader *response)
{
    if (response != NULL && response != NETWORK_CLIENT_SENT) {
        ledger_producer_throttled(self->context.ledger,
                                  self->context.spec_index,
                                  response->throttle_ns,
                                  actor_now(&self->actor));
    }
}

void sender_on_response(
    void *owner, int32_t node, uint16_t api, void *context, ResponseHeader *response)
{
    (void)node;
    Producer *self = owner;
    if (response != NETWORK_CLIENT_SENT) {
        sender_owe(self, SENDER_READS);
    }
    switch (api) {
    case KAFKA_PRODUCE:
        count_throttle(self, response);
        handle_produce(self, context, response);
        break;
    case KAFKA_METADATA:
        client_metadata_on_response(self->metadata, (MetadataResponse *)response);
        break;
    default:
        if (self->transactions != NULL) {
            (void)transaction_manager_on_response(self->transactions, api, response);
            break;
        }
        producer_id_on_response(self, (const InitProducerIdResponse *)response);
        break;
    }
}

/* ---- requests */

/* The application's thread compresses while it appends; the work is counted when a batch leaves. */
static void compress(Producer *self, const RecordBatch *batch)
{
    if (batch->codec != CODEC_NONE && self->context.profile != NULL) {
        self->owed_cpu += profile_compress_ns(
            self->context.profile, batch->codec, record_batch_plain_bytes(batch));
    }
}

/* As its host's clock has it; the ledger keeps the true times. */
static RecordBatch stamped(const Producer *self, ProducerBatch *batch)
{
    RecordBatch wire = batch->wire;
    if (batch->attempts == 0) {
        batch->clock_skew = self->clock_skew_ns;
    }
    record_batch_shift_times(&wire, batch->clock_skew);
    wire.topic_id = client_metadata_topic_id(self->metadata, wire.partition);
    return wire;
}

static void send_batches(Producer *self, int32_t node)
{
    const SimTime now = actor_now(&self->actor);
    const SenderClock *clock = &self->accumulator.options.clock;
    int32_t count = (int32_t)self->drained->len;
    ProduceRequest *request = message_new(
        self->actor.sim, KAFKA_MESSAGE_BYTES(ProduceRequest, batches, count), KAFKA_PRODUCE);
    ProduceContext *context = pool_take(self->actor.sim->pool, context_bytes(count));
    request->acks = self->acks;
    request->timeout_ns = self->request_timeout_ns;
    request->batch_count = count;
    if (self->transactions != NULL) {
        request->transactional_id = self->transactions->transactional_id;
        request->adds_partitions = self->transactions->is_v2;
    }
    context->count = count;
    int64_t records = 0;
    for (int32_t i = 0; i < count; i++) {
        ProducerBatch *batch = self->drained->pdata[i];
        enter_in_ledger(self, batch);
        batch->in_request = true;
        ledger_batch_sent(self->context.ledger,
                          self->context.spec_index,
                          &batch->wire,
                          now - batch->opened_at,
                          sender_clock_ms(clock, now) - sender_clock_ms(clock, batch->opened_at),
                          now);
        records += batch->wire.count;
        if (self->one_in_flight) {
            accumulator_partition(&self->accumulator, batch)->muted = true;
        }
        context->batches[i] = batch;
        request->batches[i] = stamped(self, batch);
        compress(self, &batch->wire);
    }
    ledger_request_sent(self->context.ledger, self->context.spec_index, records, now);
    sender_owe(self, SENDER_BUILDS);
    network_client_send(
        self->client, node, &request->header, context, self->acks != 0, self->request_timeout_ns);
}

/* A node with sendable data: true when a request went out. */
static bool serve_node(Producer *self, int32_t node, bool metadata_first)
{
    SimTime now = actor_now(&self->actor);
    bool ready = network_client_ready(self->client, node) && !metadata_first;
    accumulator_update_node_latency(&self->accumulator, node, now, ready);
    if (!ready) {
        SimTime next = network_client_next_attempt(self->client, node);
        if (next > now) {
            sender_look_again_at(self, next);
        }
        return false;
    }
    g_ptr_array_set_size(self->drained, 0);
    accumulator_drain(&self->accumulator, node, now, self->drained);
    if (self->drained->len == 0) {
        sender_look_again_at(self, now + LOOK_AGAIN_NS);
        return false;
    }
    send_batches(self, node);
    return true;
}

static bool can_send_to_any(const Producer *self)
{
    for (guint i = 0; i < self->check.nodes->len; i++) {
        if (network_client_can_send(self->client, g_array_index(self->check.nodes, int32_t, i))) {
            return true;
        }
    }
    return false;
}

bool sender_send_data(Producer *self)
{
    sender_looks(self);
    if (self->check.unknown_leader) {
        client_metadata_request_update(self->metadata);
    }
    bool metadata_first =
        self->check.nodes->len > 0 && client_metadata_is_update_due(self->metadata);
    if (can_send_to_any(self) && sender_wakes_up(self)) {
        return false;
    }
    bool sent = false;
    for (guint i = 0; i < self->check.nodes->len; i++) {
        int32_t node = g_array_index(self->check.nodes, int32_t, i);
        sent = serve_node(self, node, metadata_first) || sent;
    }
    sender_expire_batches(self);
    return sent;
}
