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
        accumulator->partitions[i].is_pending_add = false;
    }
}

void transactions_forget_adds(TransactionManager *self)
{
    Accumulator *accumulator = accumulator_of(self);
    for (int32_t i = 0; i < accumulator->count; i++) {
        accumulator->partitions[i].is_pending_add = false;
    }
}

void transactions_retry(TransactionManager *self)
{
    self->retry_backoff_ns[self->in_flight_kind] = self->producer->retry_backoff_ns;
}

void transactions_request(TransactionManager *self,
                          TransactionRequest kind,
                          int32_t node,
                          RequestHeader *request)
{
    self->in_flight = true;
    self->in_flight_kind = kind;
    self->slept_for = TRANSACTION_REQUEST_NONE;
    self->connect_at = 0; /* a retry need not wait for that */
    network_client_send(self->producer->client, node, request, NULL, true, 0);
}

static void *request_of(TransactionManager *self, size_t bytes, uint16_t type)
{
    return message_new(self->producer->actor.sim, bytes, type);
}

/* ---- what is due */

static void find_coordinator(TransactionManager *self, TransactionRequest kind, int32_t node)
{
    FindCoordinatorRequest *request =
        request_of(self, sizeof(FindCoordinatorRequest), KAFKA_FIND_COORDINATOR);
    request->is_transaction = kind == TRANSACTION_REQUEST_FIND;
    request->group_id = request->is_transaction ? self->transactional_id : self->offsets.group_id;
    transactions_request(self, kind, node, &request->header);
}

static void init_producer_id(TransactionManager *self)
{
    InitProducerIdRequest *request =
        request_of(self, sizeof(InitProducerIdRequest), KAFKA_INIT_PRODUCER_ID);
    request->transactional_id = self->transactional_id;
    request->transaction_timeout_ns = self->timeout_ns;
    request->continues = self->bump_required;
    request->producer_id = self->producer->idempotence.producer_id;
    request->producer_epoch = self->producer->idempotence.producer_epoch;
    transactions_request(self, TRANSACTION_REQUEST_INIT, self->coordinator, &request->header);
}

/* Partitions with data that are not in the transaction yet, or of whose request nobody knows
 * whether the coordinator has seen it; v2: they count as added. */
static int32_t new_partitions(TransactionManager *self, int32_t *into)
{
    Accumulator *accumulator = accumulator_of(self);
    int32_t count = 0;
    for (int32_t i = 0; i < accumulator->count; i++) {
        ProducerPartition *partition = &accumulator->partitions[i];
        const bool is_wanted = partition->queue.count > 0 || partition->is_pending_add;
        if (!is_wanted || partition->in_transaction) {
            continue;
        }
        if (into != NULL) {
            into[count] = partition->index;
            partition->is_pending_add = true;
        }
        partition->in_transaction = self->is_v2;
        count++;
    }
    return count;
}

static void add_partitions(TransactionManager *self, int32_t count)
{
    AddPartitionsToTxnRequest *request =
        request_of(self,
                   KAFKA_MESSAGE_BYTES(AddPartitionsToTxnRequest, partitions, count),
                   KAFKA_ADD_PARTITIONS_TO_TXN);
    request->transactional_id = self->transactional_id;
    request->producer_id = self->producer->idempotence.producer_id;
    request->producer_epoch = self->producer->idempotence.producer_epoch;
    request->count = new_partitions(self, request->partitions);
    transactions_request(self, TRANSACTION_REQUEST_ADD, self->coordinator, &request->header);
}

static void end_txn(TransactionManager *self)
{
    EndTxnRequest *request = request_of(self, sizeof(EndTxnRequest), KAFKA_END_TXN);
    request->transactional_id = self->transactional_id;
    request->producer_id = self->producer->idempotence.producer_id;
    request->producer_epoch = self->producer->idempotence.producer_epoch;
    request->committed = self->state == TRANSACTIONS_COMMITTING;
    request->bumps_epoch = self->is_v2;
    request->source_offset = self->source_offset;
    transactions_request(self, TRANSACTION_REQUEST_END, self->coordinator, &request->header);
}

static bool wants_partitions(TransactionManager *self, int32_t *ret_count)
{
    const bool can_send = transaction_manager_can_send(self);
    *ret_count = can_send ? new_partitions(self, NULL) : 0;
    if (self->is_v2 && can_send && accumulator_of(self)->appended > self->appended_before) {
        self->is_started = true; /* by send(), be it sent or not */
    }
    return !self->is_v2 && *ret_count > 0;
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
static TransactionRequest next_request(TransactionManager *self, int32_t *ret_partitions)
{
    const bool adds = wants_partitions(self, ret_partitions);
    if (self->in_flight || self->state == TRANSACTIONS_FATAL_ERROR) {
        return TRANSACTION_REQUEST_NONE;
    }
    if (self->state == TRANSACTIONS_INITIALIZING) {
        return TRANSACTION_REQUEST_INIT;
    }
    if (adds) {
        return TRANSACTION_REQUEST_ADD;
    }
    if (self->has_offsets) { /* also those whose call has timed out */
        return self->is_v2 || self->offsets_added ? TRANSACTION_REQUEST_OFFSETS
                                                  : TRANSACTION_REQUEST_ADD_OFFSETS;
    }
    return wants_end(self) ? TRANSACTION_REQUEST_END : TRANSACTION_REQUEST_NONE;
}

static void send_request(TransactionManager *self, TransactionRequest kind, int32_t partitions)
{
    switch (kind) {
    case TRANSACTION_REQUEST_FIND:
    case TRANSACTION_REQUEST_FIND_GROUP:
        find_coordinator(self, kind, self->lookup_node);
        self->lookup_node = NO_NODE;
        break;
    case TRANSACTION_REQUEST_INIT:
        init_producer_id(self);
        break;
    case TRANSACTION_REQUEST_ADD:
        add_partitions(self, partitions);
        break;
    case TRANSACTION_REQUEST_ADD_OFFSETS:
        transactions_add_offsets(self);
        break;
    case TRANSACTION_REQUEST_OFFSETS:
        transactions_commit_offsets(self);
        break;
    case TRANSACTION_REQUEST_END:
        end_txn(self);
        break;
    case TRANSACTION_REQUEST_NONE:
    case TRANSACTION_REQUEST_KINDS:
        break;
    }
}

/* ---- where to, and not too soon */

static void sleep_for(TransactionManager *self, SimDuration duration_ns)
{
    self->asleep_until = actor_now(&self->producer->actor) + duration_ns;
}

/* Time.sleep() before a request that is tried again, when its node is ready. */
static bool has_slept(TransactionManager *self, TransactionRequest kind)
{
    if (self->retry_backoff_ns[kind] == 0 || self->slept_for == kind) {
        return true;
    }
    self->slept_for = kind;
    sleep_for(self, self->retry_backoff_ns[kind]);
    return false;
}

/* awaitNodeReady: its connection, when it is there, is an event of its own. */
static bool await_ready(TransactionManager *self, int32_t node, bool *ret_failed)
{
    NetworkClient *client = self->producer->client;
    if (network_client_ready(client, node)) {
        return true;
    }
    *ret_failed = network_client_is_disconnected(client, node);
    self->connect_at = actor_now(&self->producer->actor) + self->producer->retry_backoff_ns;
    return false;
}

/* FindCoordinator may go to any node; to one that cannot be reached, or none, after a while. */
static bool find_by(TransactionManager *self, TransactionRequest kind)
{
    bool failed = false;
    if (self->lookup_node == NO_NODE) {
        self->lookup_node = network_client_least_loaded(self->producer->client);
    }
    if (self->lookup_node == NO_NODE || !await_ready(self, self->lookup_node, &failed)) {
        if (self->lookup_node == NO_NODE || failed) {
            self->retry_backoff_ns[kind] = self->producer->retry_backoff_ns;
            self->lookup_node = NO_NODE;
            sleep_for(self, self->producer->retry_backoff_ns);
        }
        return false;
    }
    if (!has_slept(self, kind)) {
        return false;
    }
    send_request(self, kind, 0);
    return true;
}

/* maybeFindCoordinatorAndRetry: what waited for a look-up is tried again, and so it sleeps before
 * it goes; every initTransactions() takes retry.backoff.ms at least. */
static bool
send_to(TransactionManager *self, int32_t *coordinator, TransactionRequest kind, int32_t partitions)
{
    bool failed = false;
    if (*coordinator != NO_NODE && await_ready(self, *coordinator, &failed)) {
        if (!has_slept(self, kind)) {
            return false;
        }
        send_request(self, kind, partitions);
        return true;
    }
    if (*coordinator != NO_NODE && !failed) {
        return false;
    }
    *coordinator = NO_NODE;
    self->retry_backoff_ns[kind] = self->producer->retry_backoff_ns;
    return find_by(self,
                   kind == TRANSACTION_REQUEST_OFFSETS ? TRANSACTION_REQUEST_FIND_GROUP
                                                       : TRANSACTION_REQUEST_FIND);
}

bool transactions_send(TransactionManager *self)
{
    int32_t partitions = 0;
    const TransactionRequest next = next_request(self, &partitions);
    const bool is_asleep = actor_now(&self->producer->actor) < self->asleep_until;
    int32_t *coordinator =
        next == TRANSACTION_REQUEST_OFFSETS ? &self->group_coordinator : &self->coordinator;
    const bool sent = next != TRANSACTION_REQUEST_NONE && !is_asleep &&
                      send_to(self, coordinator, next, partitions);
    self->holds_sender = self->in_flight || next != TRANSACTION_REQUEST_NONE;
    return sent;
}

/* ---- answers */

bool transactions_on_common_error(TransactionManager *self, KafkaError error)
{
    switch ((int)error) {
    case KAFKA_NOT_COORDINATOR:
    case KAFKA_COORDINATOR_NOT_AVAILABLE:
        self->coordinator = NO_NODE;
        transactions_retry(self);
        return true;
    case KAFKA_COORDINATOR_LOAD_IN_PROGRESS:
    case KAFKA_CONCURRENT_TRANSACTIONS:
    case KAFKA_UNKNOWN_TOPIC_OR_PARTITION:
        transactions_retry(self);
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

static void on_coordinator(TransactionManager *self,
                           TransactionRequest kind,
                           const FindCoordinatorResponse *response)
{
    if (response->error != KAFKA_NONE) {
        transactions_retry(self);
    } else if (kind == TRANSACTION_REQUEST_FIND_GROUP) {
        self->group_coordinator = response->broker;
    } else {
        self->coordinator = response->broker;
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
        source_task_begin_at(self->producer, response->source_offset);
        transactions_ready(self);
    } else if (!transactions_on_common_error(self, response->error)) {
        transactions_fail(self, response->error, true);
    }
}

static bool is_fatal_of_add(KafkaError error)
{
    return error == KAFKA_PRODUCER_FENCED || error == KAFKA_INVALID_TXN_STATE ||
           error == KAFKA_INVALID_PRODUCER_ID_MAPPING;
}

/* An error that nobody foresaw leaves all partitions out, and the application may abort. */
static void on_added(TransactionManager *self, const AddPartitionsToTxnResponse *response)
{
    Accumulator *accumulator = accumulator_of(self);
    for (int32_t i = 0; i < response->count; i++) {
        const TxnPartitionResult *result = &response->results[i];
        if (result->error == KAFKA_CONCURRENT_TRANSACTIONS && !self->is_started) {
            self->retry_backoff_ns[TRANSACTION_REQUEST_ADD] =
                MIN(ADD_PARTITIONS_BACKOFF, self->producer->retry_backoff_ns);
            return;
        }
        if (result->error != KAFKA_NONE) {
            if (!transactions_on_common_error(self, result->error)) {
                transactions_fail(self, result->error, is_fatal_of_add(result->error));
            }
            return;
        }
    }
    for (int32_t i = 0; i < response->count; i++) {
        const int32_t index = response->results[i].partition;
        ProducerPartition *partition = accumulator_find(accumulator, index);
        SIM_ASSERT(self->producer->actor.sim, partition != NULL);
        partition->in_transaction = true;
        partition->is_pending_add = false;
        self->is_started = true;
    }
}

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

static void on_disconnected(TransactionManager *self, TransactionRequest kind)
{
    if (kind == TRANSACTION_REQUEST_OFFSETS) {
        self->group_coordinator = NO_NODE;
    } else if (kind != TRANSACTION_REQUEST_FIND && kind != TRANSACTION_REQUEST_FIND_GROUP) {
        self->coordinator = NO_NODE;
    }
    transactions_retry(self);
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
    const TransactionRequest kind = self->in_flight_kind;
    self->in_flight = false;
    self->retry_backoff_ns[kind] = 0;
    if (response == NULL) {
        on_disconnected(self, kind);
        return true;
    }
    switch (api) {
    case KAFKA_FIND_COORDINATOR:
        on_coordinator(self, kind, (const FindCoordinatorResponse *)response);
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
