/* transaction_host.c - what the broker is to its transaction coordinator; see TransactionHost. */
#include "models/broker/transactions/broker_transactions.h"
#include "models/transaction/txn_records.h"
#include <string.h>

#define STATE_TOPIC "__transaction_state"
/* request.timeout.ms of the broker's own appends */
#define APPEND_TIMEOUT SIM_SEC(30)

static const TopicInfo *state_topic(const Broker *self)
{
    return metadata_find_topic(self->context.metadata, STATE_TOPIC);
}

static int32_t state_count(void *owner)
{
    const TopicInfo *topic = state_topic(owner);
    return topic != NULL ? topic->partitions : 0;
}

static int32_t state_partition(void *owner, int32_t i)
{
    return state_topic(owner)->first_partition + i;
}

static int32_t leader_epoch(void *owner, int32_t partition)
{
    return broker_partition(owner, partition)->leader_epoch;
}

static int32_t leader_of(void *owner, int32_t partition)
{
    const Broker *self = owner;
    const PartitionRegistration *known =
        metadata_partition(self->context.metadata, partition, self->applied_offset);
    return known == NULL ? TXN_NO_PARTITION : known->leader;
}

static int32_t group_partition(void *owner, const char *group_id)
{
    return group_coordinator_partition_for(((Broker *)owner)->coordinator, group_id);
}

static int64_t new_producer_id(void *owner)
{
    return (*((Broker *)owner)->context.producer_ids)++;
}

static void respond(void *owner, RequestHeader *request, ResponseHeader *response)
{
    Broker *self = owner;
    if (request->connection != 0) {
        broker_respond(self, request, response);
        return;
    }
    AddPartitionsToTxnResponse *answer = (AddPartitionsToTxnResponse *)response;
    verification_on_answer(
        self->transactions, answer->token, answer->results, answer->count, KAFKA_NONE);
    message_free(self->context.sim, &request->base);
    message_free(self->context.sim, &response->base);
}

bool broker_transactions_append(
    Broker *self, Partition *partition, RecordBatch *batch, uint64_t token, SimDuration timeout_ns)
{
    int64_t base_offset = -1;
    log_dirs_stamp(self, batch);
    KafkaError error = partition == NULL
                           ? KAFKA_NOT_LEADER_OR_FOLLOWER
                           : replica_manager_append_as(
                                 partition, batch, APPEND_COORDINATOR, NO_GUARD, -1, &base_offset);
    if (error != KAFKA_NONE) {
        broker_transactions_on_append(self, token, error);
        return false;
    }
    struct DelayedProduce *operation = purgatory_add_append(self, token, timeout_ns);
    purgatory_wait(operation, partition, base_offset + 1, 0);
    purgatory_on_high_watermark(partition);
    purgatory_start(operation);
    return true;
}

static bool
append_state(void *owner, int32_t index, int32_t bytes, uint32_t payload, uint64_t token)
{
    Broker *self = owner;
    RecordBatch batch = record_batch_of_coordinator(index, bytes, payload, actor_now(&self->actor));
    return broker_transactions_append(self,
                                      broker_partition(self, index),
                                      &batch,
                                      token | TRANSACTION_STATE_TOKEN,
                                      APPEND_TIMEOUT);
}

static void write_markers(void *owner, int32_t broker, WriteTxnMarkersRequest *request)
{
    Broker *self = owner;
    if (broker == self->id) {
        write_markers_handle(self->transactions, request, true);
    } else {
        peers_write_markers(self->transactions, broker, request);
    }
}

void broker_transactions_init(Broker *self)
{
    if (self->context.txn_records == NULL) {
        return;
    }
    const KafkaConfig *config = self->context.config;
    BrokerTransactions *transactions = g_new0(BrokerTransactions, 1);
    transactions->broker = self;
    transactions->peers = g_ptr_array_new();
    transactions->waiting = g_ptr_array_new();
    transactions->writes = g_ptr_array_new();
    transactions->host = (TransactionHost){
        .owner = self,
        .actor = &self->actor,
        .append = append_state,
        .respond = respond,
        .state_partition = state_partition,
        .state_partition_count = state_count,
        .leader_epoch = leader_epoch,
        .leader_of = leader_of,
        .group_partition = group_partition,
        .new_producer_id = new_producer_id,
        .write_markers = write_markers,
    };
    const TransactionOptions options = {
        .timeout_max_ns = kafka_config_ms(config, "transaction.max.timeout.ms"),
        .id_expiration_ns = kafka_config_ms(config, "transactional.id.expiration.ms"),
        .expiry_interval_ns =
            kafka_config_ms(config, "transaction.remove.expired.transaction.cleanup.interval.ms"),
        .abort_interval_ns =
            kafka_config_ms(config, "transaction.abort.timed.out.transaction.cleanup.interval.ms"),
        .is_v2 = partition_host_has(&self->partition_host, ERA_KIP_890),
        .timer_kind = BROKER_TIMER_TRANSACTION,
    };
    transactions->coordinator =
        transaction_coordinator_new(&transactions->host, &options, self->context.txn_records);
    self->transactions = transactions;
}

void broker_transactions_reset(Broker *self)
{
    if (self->transactions != NULL) {
        verification_reset(self->transactions);
        write_markers_reset(self->transactions);
        peers_reset(self->transactions);
        transaction_coordinator_reset(self->transactions->coordinator);
    }
}

void broker_transactions_free(Broker *self)
{
    if (self->transactions != NULL) {
        broker_transactions_reset(self);
        transaction_coordinator_free(self->transactions->coordinator);
        g_ptr_array_free(self->transactions->peers, TRUE);
        g_ptr_array_free(self->transactions->waiting, TRUE);
        g_ptr_array_free(self->transactions->writes, TRUE);
        g_free(self->transactions);
    }
}

void broker_transactions_on_append(Broker *self, uint64_t token, KafkaError error)
{
    if ((token & TRANSACTION_STATE_TOKEN) != 0) {
        transaction_coordinator_on_append(
            self->transactions->coordinator, token & ~TRANSACTION_STATE_TOKEN, error);
    } else {
        write_markers_on_append(self->transactions, token & ~TRANSACTION_MARKER_TOKEN, error);
    }
}

static bool takes(const RequestHeader *request)
{
    switch (request->base.type) {
    case KAFKA_INIT_PRODUCER_ID:
        return ((const InitProducerIdRequest *)request)->transactional_id != NULL;
    case KAFKA_ADD_PARTITIONS_TO_TXN:
    case KAFKA_ADD_OFFSETS_TO_TXN:
    case KAFKA_END_TXN:
    case KAFKA_WRITE_TXN_MARKERS:
    case KAFKA_TXN_OFFSET_COMMIT:
        return true;
    default:
        return false;
    }
}

bool broker_transactions_handle(Broker *self, RequestHeader *request)
{
    if (self->transactions == NULL || !takes(request)) {
        return false;
    }
    if (request->base.type == KAFKA_WRITE_TXN_MARKERS) {
        write_markers_handle(self->transactions, (WriteTxnMarkersRequest *)request, false);
    } else if (request->base.type == KAFKA_TXN_OFFSET_COMMIT) {
        broker_transactions_commit_offsets(self, (TxnOffsetCommitRequest *)request);
    } else {
        transaction_coordinator_handle(self->transactions->coordinator, request);
    }
    return true;
}

int32_t broker_transactions_partition_for(const Broker *self, const char *transactional_id)
{
    return self->transactions == NULL ? -1
                                      : transaction_coordinator_partition_for(
                                            self->transactions->coordinator, transactional_id);
}

/* ---- its partitions of __transaction_state */

bool broker_transactions_owns(const Broker *self, int32_t partition)
{
    const TopicInfo *topic = self->transactions != NULL ? state_topic(self) : NULL;
    return topic != NULL && partition >= topic->first_partition &&
           partition < topic->first_partition + topic->partitions;
}

void broker_transactions_load(Broker *self, const Partition *partition)
{
    TransactionCoordinator *coordinator = self->transactions->coordinator;
    transaction_coordinator_on_elected(coordinator, partition->index);
    for (int32_t i = 0; i < partition->log.count; i++) {
        transaction_coordinator_on_load(coordinator, record_log_at(&partition->log, i));
    }
    transaction_coordinator_on_loaded(coordinator, partition->index);
}

void broker_transactions_resigned(Broker *self, int32_t partition)
{
    transaction_coordinator_on_resigned(self->transactions->coordinator, partition);
}

bool broker_transactions_on_timer(Broker *self, Timer *timer)
{
    switch (timer->kind) {
    case BROKER_TIMER_TRANSACTION:
        transaction_coordinator_on_timer(self->transactions->coordinator, timer);
        return true;
    case BROKER_TIMER_PEER:
        peers_on_timer(timer->owner);
        return true;
    case BROKER_TIMER_VERIFICATION:
        verification_on_timer(timer->owner);
        return true;
    default:
        return false;
    }
}
