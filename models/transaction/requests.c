/* requests.c - what producers and partition leaders ask the coordinator.
 *
 * Mirrors: TransactionCoordinator.handleInitProducerId, .handleAddPartitionsToTransaction,
 * .handleVerifyPartitionsInTransaction, .handleEndTransaction. */
#include "models/transaction/coordinator_internal.h"

static void *response_of(TransactionCoordinator *self, const RequestHeader *request, size_t bytes)
{
    return message_new(
        self->host.actor->sim, bytes, (uint16_t)(request->base.type | KAFKA_RESPONSE));
}

static ResponseHeader *
partitions_answer(TransactionCoordinator *self, RequestHeader *header, KafkaError error)
{
    const AddPartitionsToTxnRequest *request = (const AddPartitionsToTxnRequest *)header;
    AddPartitionsToTxnResponse *response = response_of(
        self, header, KAFKA_MESSAGE_BYTES(AddPartitionsToTxnResponse, results, request->count));
    response->token = request->token;
    response->count = request->count;
    for (int32_t i = 0; i < request->count; i++) {
        response->results[i] = (TxnPartitionResult){request->partitions[i], error};
    }
    return &response->header;
}

void txn_answer(TransactionCoordinator *self, RequestHeader *request, KafkaError error)
{
    ResponseHeader *answer;
    switch (request->base.type) {
    case KAFKA_INIT_PRODUCER_ID: {
        InitProducerIdResponse *response =
            response_of(self, request, sizeof(InitProducerIdResponse));
        response->error = error;
        response->producer_id = NO_PRODUCER_ID;
        answer = &response->header;
        break;
    }
    case KAFKA_ADD_PARTITIONS_TO_TXN:
        answer = partitions_answer(self, request, error);
        break;
    case KAFKA_ADD_OFFSETS_TO_TXN: {
        AddOffsetsToTxnResponse *response =
            response_of(self, request, sizeof(AddOffsetsToTxnResponse));
        response->error = error;
        answer = &response->header;
        break;
    }
    default: {
        EndTxnResponse *response = response_of(self, request, sizeof(EndTxnResponse));
        response->error = error;
        response->producer_id = NO_PRODUCER_ID;
        answer = &response->header;
        break;
    }
    }
    self->host.respond(self->host.owner, request, answer);
}

/* The coordinator of this id, ready to answer? */
static KafkaError check_shard(const TransactionCoordinator *self,
                              const char *transactional_id,
                              int32_t *ret_partition)
{
    *ret_partition = transaction_coordinator_partition_for(self, transactional_id);
    const TxnShard *shard = *ret_partition < 0 ? NULL : txn_shard_of(self, *ret_partition);
    if (shard == NULL) {
        return KAFKA_NOT_COORDINATOR;
    }
    return shard->loading ? KAFKA_COORDINATOR_LOAD_IN_PROGRESS : KAFKA_NONE;
}

static KafkaError find_entry(const TransactionCoordinator *self,
                             const char *transactional_id,
                             int64_t producer_id,
                             TxnEntry **ret_entry)
{
    int32_t partition;
    KafkaError error = check_shard(self, transactional_id, &partition);
    if (error != KAFKA_NONE) {
        return error;
    }
    *ret_entry = txn_entry_find(self, transactional_id);
    bool known = *ret_entry != NULL && (*ret_entry)->exists &&
                 (*ret_entry)->metadata.now.producer_id == producer_id;
    return known ? KAFKA_NONE : KAFKA_INVALID_PRODUCER_ID_MAPPING;
}

/* ---- InitProducerId */

static bool is_right_producer(const TransactionMetadata *metadata,
                              const InitProducerIdRequest *request)
{
    return !request->continues || metadata->now.producer_epoch < 0 ||
           request->producer_id == metadata->now.producer_id ||
           (request->producer_id == metadata->now.previous_producer_id &&
            request->producer_epoch >= TXN_EPOCH_MAX - 1);
}

/* A new epoch, or a new producer id once the epochs are used up. */
static void
give_epoch(TransactionCoordinator *self, TxnEntry *entry, InitProducerIdRequest *request)
{
    TransactionMetadata *metadata = &entry->metadata;
    SimTime now = actor_now(self->host.actor);
    TxnAppend *append = txn_append_new(self, entry, TXN_APPEND_INIT, &request->header);
    KafkaError error = KAFKA_NONE;
    if (transaction_metadata_is_epoch_exhausted(metadata) &&
        (!request->continues || request->producer_epoch == metadata->now.producer_epoch)) {
        transaction_metadata_prepare_rotation(metadata,
                                              self->host.new_producer_id(self->host.owner),
                                              request->transaction_timeout_ns,
                                              request->continues,
                                              now,
                                              &append->to);
    } else {
        error = transaction_metadata_prepare_increment_epoch(metadata,
                                                             request->transaction_timeout_ns,
                                                             request->continues,
                                                             request->producer_epoch,
                                                             now,
                                                             &append->to);
    }
    if (error == KAFKA_NONE) {
        txn_append_send(self, append);
    } else {
        txn_append_cancel(self, append);
        txn_answer(self, &request->header, error);
    }
}

/* The transaction of a producer before is aborted first; the client asks again meanwhile. */
static void fence(TransactionCoordinator *self, TxnEntry *entry, InitProducerIdRequest *request)
{
    int64_t producer_id = entry->metadata.now.producer_id;
    int16_t epoch = transaction_metadata_prepare_fence(&entry->metadata);
    KafkaError error = txn_end(
        self, entry, producer_id, epoch, false, false, self->options.is_v2, &request->header);
    if (error != KAFKA_NONE) {
        txn_answer(self, &request->header, error);
    }
}

static KafkaError
check_init(TransactionCoordinator *self, const InitProducerIdRequest *request, TxnEntry **ret_entry)
{
    int32_t partition;
    if (request->transaction_timeout_ns > self->options.timeout_max_ns) {
        return KAFKA_INVALID_TRANSACTION_TIMEOUT;
    }
    KafkaError error = check_shard(self, request->transactional_id, &partition);
    if (error != KAFKA_NONE) {
        return error;
    }
    TxnEntry *entry = txn_entry_get(self, request->transactional_id, partition);
    if (!entry->exists) {
        /* A Connect source's offset does not expire with its transactional id: in Kafka it stands
         * in offset.storage.topic. */
        const int64_t source_offset = entry->metadata.now.source_offset;
        entry->exists = true;
        transaction_metadata_init(&entry->metadata,
                                  self->host.new_producer_id(self->host.owner),
                                  request->transaction_timeout_ns,
                                  actor_now(self->host.actor));
        entry->metadata.now.source_offset = source_offset;
    }
    *ret_entry = entry;
    if (entry->metadata.pending != TXN_NO_STATE) {
        return KAFKA_CONCURRENT_TRANSACTIONS;
    }
    return is_right_producer(&entry->metadata, request) ? KAFKA_NONE : KAFKA_PRODUCER_FENCED;
}

static void handle_init(TransactionCoordinator *self, InitProducerIdRequest *request)
{
    TxnEntry *entry = NULL;
    KafkaError error = check_init(self, request, &entry);
    if (error != KAFKA_NONE) {
        txn_answer(self, &request->header, error);
        return;
    }
    switch ((int)entry->metadata.now.state) {
    case TXN_PREPARE_COMMIT:
    case TXN_PREPARE_ABORT:
        txn_answer(self, &request->header, KAFKA_CONCURRENT_TRANSACTIONS);
        break;
    case TXN_ONGOING:
        fence(self, entry, request);
        break;
    default:
        give_epoch(self, entry, request);
        break;
    }
}

/* ---- partitions */

static KafkaError check_producer(const TxnEntry *entry, int16_t producer_epoch)
{
    const TxnTransit *now = &entry->metadata.now;
    if (now->producer_epoch != producer_epoch) {
        return KAFKA_PRODUCER_FENCED;
    }
    return now->state == TXN_PREPARE_COMMIT || now->state == TXN_PREPARE_ABORT
               ? KAFKA_CONCURRENT_TRANSACTIONS
               : KAFKA_NONE;
}

static bool has_all(const TxnEntry *entry, const int32_t *partitions, int32_t count)
{
    int32_t found = 0;
    while (found < count &&
           txn_partitions_has(&entry->metadata.now.partitions, partitions[found])) {
        found++;
    }
    return found == count;
}

static void add_partitions(TransactionCoordinator *self,
                           TxnEntry *entry,
                           int16_t producer_epoch,
                           const int32_t *partitions,
                           int32_t count,
                           RequestHeader *request)
{
    KafkaError error = check_producer(entry, producer_epoch);
    if (error == KAFKA_NONE && entry->metadata.pending != TXN_NO_STATE) {
        error = KAFKA_CONCURRENT_TRANSACTIONS;
    }
    bool is_known = entry->metadata.now.state == TXN_ONGOING && has_all(entry, partitions, count);
    if (error != KAFKA_NONE || is_known) {
        txn_answer(self, request, error);
        return;
    }
    TxnAppend *append = txn_append_new(self, entry, TXN_APPEND_ADD, request);
    transaction_metadata_prepare_add(
        &entry->metadata, partitions, count, actor_now(self->host.actor), &append->to);
    txn_append_send(self, append);
}

/* Only looks: the final word is the log's, when the batch is appended. */
static void
verify(TransactionCoordinator *self, const TxnEntry *entry, AddPartitionsToTxnRequest *request)
{
    KafkaError error = check_producer(entry, request->producer_epoch);
    AddPartitionsToTxnResponse *response =
        (AddPartitionsToTxnResponse *)partitions_answer(self, &request->header, error);
    for (int32_t i = 0; i < response->count && error == KAFKA_NONE; i++) {
        bool has = txn_partitions_has(&entry->metadata.now.partitions, request->partitions[i]);
        response->results[i].error = has ? KAFKA_NONE : KAFKA_TRANSACTION_ABORTABLE;
    }
    self->host.respond(self->host.owner, &request->header, &response->header);
}

static void handle_add_partitions(TransactionCoordinator *self, AddPartitionsToTxnRequest *request)
{
    TxnEntry *entry = NULL;
    KafkaError error = find_entry(self, request->transactional_id, request->producer_id, &entry);
    if (error != KAFKA_NONE) {
        txn_answer(self, &request->header, error);
    } else if (request->verify_only) {
        verify(self, entry, request);
    } else {
        add_partitions(self,
                       entry,
                       request->producer_epoch,
                       request->partitions,
                       request->count,
                       &request->header);
    }
}

static void handle_add_offsets(TransactionCoordinator *self, AddOffsetsToTxnRequest *request)
{
    TxnEntry *entry = NULL;
    KafkaError error = find_entry(self, request->transactional_id, request->producer_id, &entry);
    int32_t partition = self->host.group_partition(self->host.owner, request->group_id);
    if (error == KAFKA_NONE && partition < 0) {
        error = KAFKA_COORDINATOR_NOT_AVAILABLE;
    }
    if (error != KAFKA_NONE) {
        txn_answer(self, &request->header, error);
        return;
    }
    add_partitions(self, entry, request->producer_epoch, &partition, 1, &request->header);
}

static void handle_end(TransactionCoordinator *self, EndTxnRequest *request)
{
    TxnEntry *entry = NULL;
    int32_t partition;
    KafkaError error = check_shard(self, request->transactional_id, &partition);
    if (error == KAFKA_NONE) {
        entry = txn_entry_find(self, request->transactional_id);
        error = entry != NULL && entry->exists ? KAFKA_NONE : KAFKA_INVALID_PRODUCER_ID_MAPPING;
    }
    if (error == KAFKA_NONE) {
        error = txn_end(self,
                        entry,
                        request->producer_id,
                        request->producer_epoch,
                        request->committed,
                        true,
                        request->bumps_epoch,
                        &request->header);
        if (error == KAFKA_NONE) {
            return;
        }
    }
    txn_answer(self, &request->header, error);
}

void transaction_coordinator_handle(TransactionCoordinator *self, RequestHeader *request)
{
    switch (request->base.type) {
    case KAFKA_INIT_PRODUCER_ID:
        handle_init(self, (InitProducerIdRequest *)request);
        break;
    case KAFKA_ADD_PARTITIONS_TO_TXN:
        handle_add_partitions(self, (AddPartitionsToTxnRequest *)request);
        break;
    case KAFKA_ADD_OFFSETS_TO_TXN:
        handle_add_offsets(self, (AddOffsetsToTxnRequest *)request);
        break;
    case KAFKA_END_TXN:
        handle_end(self, (EndTxnRequest *)request);
        break;
    default:
        SIM_BUG(self->host.actor->sim, "no request of transactions");
    }
}
