/* transaction_requests.c - what the transaction manager asks the coordinator, one at a time.
 *
 * Mirrors: TransactionManager.TxnRequestHandler and its kinds, Sender.maybeSendAndPollTransactional
 * Request. */
#include "models/producer/transactions/transaction_internal.h"

/* The first AddPartitionsToTxn that meets the last transaction's end is tried again this soon. */
#define ADD_PARTITIONS_BACKOFF SIM_MS(20)

static Accumulator *accumulator_of(const TransactionManager *self)
{
    return &self->producer->accumulator;
}

void transactions_forget_partitions(TransactionManager *self)
{
    Accumulator *accumulator = accumulator_of(self);
    for (int32_t i = 0; i < accumulator->count; i++) {
        accumulator->partitions[i].in_transaction = false;
    }
    self->adds_partitions = false;
}

void transactions_retry_later(TransactionManager *self, SimDuration backoff_ns)
{
    self->retry_at = actor_now(&self->producer->actor) + backoff_ns;
}

void transactions_connect_later(TransactionManager *self)
{
    self->connect_at = actor_now(&self->producer->actor) + self->producer->retry_backoff_ns;
}

bool transactions_await_ready(TransactionManager *self, int32_t *coordinator)
{
    NetworkClient *client = self->producer->client;
    if (network_client_ready(client, *coordinator)) {
        return true;
    }
    if (network_client_next_attempt(client, *coordinator) > actor_now(&self->producer->actor)) {
        *coordinator = NO_NODE; /* it could not be reached */
        transactions_retry_later(self, self->producer->retry_backoff_ns);
    } else {
        transactions_connect_later(self);
    }
    return false;
}

void transactions_request(TransactionManager *self, int32_t node, RequestHeader *request)
{
    self->in_flight = true;
    self->connect_at = 0; /* a retry need not wait for that */
    network_client_send(self->producer->client, node, request, NULL, true, 0);
}

static void *request_of(TransactionManager *self, size_t bytes, uint16_t type)
{
    return message_new(self->producer->actor.sim, bytes, type);
}

/* ---- what is due */

static bool find_coordinator(TransactionManager *self)
{
    Producer *producer = self->producer;
    int32_t node = network_client_least_loaded(producer->client);
    if (node == NO_NODE || !network_client_ready(producer->client, node)) {
        transactions_connect_later(self);
        return false;
    }
    FindCoordinatorRequest *request =
        request_of(self, sizeof(FindCoordinatorRequest), KAFKA_FIND_COORDINATOR);
    request->group_id = self->transactional_id;
    request->is_transaction = true;
    transactions_request(self, node, &request->header);
    return true;
}

static bool init_producer_id(TransactionManager *self)
{
    InitProducerIdRequest *request =
        request_of(self, sizeof(InitProducerIdRequest), KAFKA_INIT_PRODUCER_ID);
    request->transactional_id = self->transactional_id;
    request->transaction_timeout_ns = self->timeout_ns;
    if (self->state == TRANSACTIONS_UNINITIALIZED) {
        transactions_move(self, TRANSACTIONS_INITIALIZING);
    }
    request->continues = self->bump_required;
    request->producer_id = self->producer->idempotence.producer_id;
    request->producer_epoch = self->producer->idempotence.producer_epoch;
    transactions_request(self, self->coordinator, &request->header);
    return true;
}

/* Partitions with data that are not in the transaction yet; v2: they count as added. */
static int32_t new_partitions(TransactionManager *self, int32_t *into)
{
    Accumulator *accumulator = accumulator_of(self);
    int32_t count = 0;
    for (int32_t i = 0; i < accumulator->count; i++) {
        ProducerPartition *partition = &accumulator->partitions[i];
        if (partition->queue.count == 0 || partition->in_transaction) {
            continue;
        }
        if (into != NULL) {
            into[count] = partition->index;
        }
        partition->in_transaction = self->is_v2;
        count++;
    }
    return count;
}

static bool add_partitions(TransactionManager *self, int32_t count)
{
    AddPartitionsToTxnRequest *request =
        request_of(self,
                   KAFKA_MESSAGE_BYTES(AddPartitionsToTxnRequest, partitions, count),
                   KAFKA_ADD_PARTITIONS_TO_TXN);
    request->transactional_id = self->transactional_id;
    request->producer_id = self->producer->idempotence.producer_id;
    request->producer_epoch = self->producer->idempotence.producer_epoch;
    request->count = new_partitions(self, request->partitions);
    transactions_request(self, self->coordinator, &request->header);
    return true;
}

static bool end_txn(TransactionManager *self)
{
    EndTxnRequest *request = request_of(self, sizeof(EndTxnRequest), KAFKA_END_TXN);
    request->transactional_id = self->transactional_id;
    request->producer_id = self->producer->idempotence.producer_id;
    request->producer_epoch = self->producer->idempotence.producer_epoch;
    request->committed = self->state == TRANSACTIONS_COMMITTING;
    request->bumps_epoch = self->is_v2;
    transactions_request(self, self->coordinator, &request->header);
    return true;
}

static bool wants_partitions(TransactionManager *self, int32_t *ret_count)
{
    *ret_count = transaction_manager_can_send(self) ? new_partitions(self, NULL) : 0;
    if (self->is_v2) {
        self->is_started = self->is_started || *ret_count > 0;
        return false;
    }
    return *ret_count > 0;
}

static bool wants_end(TransactionManager *self)
{
    bool completing =
        self->state == TRANSACTIONS_COMMITTING || self->state == TRANSACTIONS_ABORTING;
    if (!completing || accumulator_of(self)->incomplete > 0) {
        return false;
    }
    if (!self->is_started) {
        transactions_ended(self); /* the coordinator never heard of it */
        return false;
    }
    return true;
}

/* nextRequest(): EndTxn waits for the batches, all else goes before them. */
typedef enum NextRequest { NEXT_NOTHING, NEXT_INIT, NEXT_ADD, NEXT_OFFSETS, NEXT_END } NextRequest;

static NextRequest next_request(TransactionManager *self, int32_t *ret_partitions)
{
    const bool adds = wants_partitions(self, ret_partitions);
    if (self->in_flight || self->state == TRANSACTIONS_FATAL_ERROR) {
        return NEXT_NOTHING;
    }
    if (self->state == TRANSACTIONS_UNINITIALIZED || self->state == TRANSACTIONS_INITIALIZING) {
        return NEXT_INIT;
    }
    if (adds) {
        return NEXT_ADD;
    }
    if (self->has_offsets && self->state == TRANSACTIONS_IN_TRANSACTION) {
        return NEXT_OFFSETS;
    }
    const bool backs_off = actor_now(&self->producer->actor) < self->retry_at;
    return !backs_off && wants_end(self) ? NEXT_END : NEXT_NOTHING;
}

static bool send_next(TransactionManager *self, NextRequest next, int32_t partitions)
{
    if (actor_now(&self->producer->actor) < self->retry_at) {
        return false;
    }
    if (self->coordinator == NO_NODE) {
        return find_coordinator(self);
    }
    if (next == NEXT_OFFSETS) {
        return transactions_send_offsets(self);
    }
    if (!transactions_await_ready(self, &self->coordinator)) {
        return false;
    }
    return next == NEXT_INIT  ? init_producer_id(self)
           : next == NEXT_ADD ? add_partitions(self, partitions)
                              : end_txn(self);
}

bool transactions_send(TransactionManager *self)
{
    int32_t partitions = 0;
    const NextRequest next = next_request(self, &partitions);
    const bool sent = next != NEXT_NOTHING && send_next(self, next, partitions);
    self->holds_sender = self->in_flight || next != NEXT_NOTHING;
    return sent;
}

/* ---- answers */

bool transactions_on_common_error(TransactionManager *self, KafkaError error)
{
    SimDuration backoff = self->producer->retry_backoff_ns;
    switch ((int)error) {
    case KAFKA_NOT_COORDINATOR:
    case KAFKA_COORDINATOR_NOT_AVAILABLE:
        self->coordinator = NO_NODE;
        transactions_retry_later(self, backoff);
        return true;
    case KAFKA_COORDINATOR_LOAD_IN_PROGRESS:
    case KAFKA_CONCURRENT_TRANSACTIONS:
    case KAFKA_UNKNOWN_TOPIC_OR_PARTITION:
        transactions_retry_later(self, backoff);
        return true;
    case KAFKA_TRANSACTION_ABORTABLE:
        transactions_fail(self, error, false);
        return true;
    case KAFKA_INVALID_PRODUCER_EPOCH: /* of an old coordinator */
        transactions_fail(self, KAFKA_PRODUCER_FENCED, true);
        return true;
    default:
        return false;
    }
}

static void on_coordinator(TransactionManager *self, const FindCoordinatorResponse *response)
{
    if (self->has_offsets && self->coordinator != NO_NODE) {
        transactions_on_group_coordinator(self, response);
    } else if (response->error == KAFKA_NONE) {
        self->coordinator = response->broker;
    } else {
        transactions_retry_later(self, self->producer->retry_backoff_ns);
    }
}

static void on_init(TransactionManager *self, const InitProducerIdResponse *response)
{
    if (response->error == KAFKA_NONE) {
        idempotence_set_id(
            &self->producer->idempotence, response->producer_id, response->producer_epoch);
        (void)actor_log(&self->producer->actor,
                        "transactions initialized",
                        "%s: producer id %" G_GINT64_FORMAT " epoch %d",
                        self->transactional_id,
                        response->producer_id,
                        response->producer_epoch);
        transactions_ready(self);
    } else if (!transactions_on_common_error(self, response->error)) {
        transactions_fail(self, response->error, true);
    }
}

static void on_added(TransactionManager *self, const AddPartitionsToTxnResponse *response)
{
    Accumulator *accumulator = accumulator_of(self);
    for (int32_t i = 0; i < response->count; i++) {
        const TxnPartitionResult *result = &response->results[i];
        if (result->error == KAFKA_CONCURRENT_TRANSACTIONS && !self->is_started) {
            transactions_retry_later(self, ADD_PARTITIONS_BACKOFF);
            return;
        }
        if (result->error != KAFKA_NONE) {
            if (!transactions_on_common_error(self, result->error)) {
                transactions_fail(self, result->error, true);
            }
            return;
        }
        ProducerPartition *partition = accumulator_find(accumulator, result->partition);
        SIM_ASSERT(self->producer->actor.sim, partition != NULL);
        partition->in_transaction = true;
        self->is_started = true;
    }
}

/* A v2 producer whose id the coordinator has given up may abort and go on. */
static void on_ended(TransactionManager *self, const EndTxnResponse *response)
{
    if (response->error == KAFKA_NONE) {
        if (self->is_v2) {
            idempotence_set_id(
                &self->producer->idempotence, response->producer_id, response->producer_epoch);
        }
        transactions_ended(self);
    } else if (!transactions_on_common_error(self, response->error)) {
        transactions_fail(self, response->error, true);
    }
}

bool transaction_manager_on_response(TransactionManager *self,
                                     uint16_t api,
                                     const ResponseHeader *response)
{
    if (api != KAFKA_FIND_COORDINATOR && api != KAFKA_INIT_PRODUCER_ID &&
        api != KAFKA_ADD_PARTITIONS_TO_TXN && api != KAFKA_END_TXN &&
        api != KAFKA_ADD_OFFSETS_TO_TXN && api != KAFKA_TXN_OFFSET_COMMIT) {
        return false;
    }
    self->in_flight = false;
    if (response == NULL) {
        *(api == KAFKA_TXN_OFFSET_COMMIT ? &self->group_coordinator : &self->coordinator) = NO_NODE;
        transactions_retry_later(self, self->producer->retry_backoff_ns);
        return true;
    }
    switch (api) {
    case KAFKA_FIND_COORDINATOR:
        on_coordinator(self, (const FindCoordinatorResponse *)response);
        break;
    case KAFKA_INIT_PRODUCER_ID:
        on_init(self, (const InitProducerIdResponse *)response);
        break;
    case KAFKA_ADD_OFFSETS_TO_TXN:
        transactions_on_offsets_added(self, (const AddOffsetsToTxnResponse *)response);
        break;
    case KAFKA_TXN_OFFSET_COMMIT:
        transactions_on_offsets(self, (const TxnOffsetCommitResponse *)response);
        break;
    case KAFKA_ADD_PARTITIONS_TO_TXN:
        on_added(self, (const AddPartitionsToTxnResponse *)response);
        break;
    default:
        on_ended(self, (const EndTxnResponse *)response);
        break;
    }
    return true;
}
