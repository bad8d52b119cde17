/* verification.c - a transactional produce request waits until its coordinator knows that the
 * partitions belong to the open transaction; then it is appended (KIP-890).
 *
 * Transactions v1: the producer has added them, the leader asks. v2: the leader adds them; while
 * the previous transaction is being completed it asks again for up to 100 ms.
 * Mirrors: ReplicaManager.handleProduceAppend, .maybeSendPartitionsToTransactionCoordinator,
 * AddPartitionsToTxnManager (one request a produce request here; there they are gathered). */
#include "models/broker/transactions/broker_transactions.h"

/* add.partitions.to.txn.retry.backoff.ms, ...max.ms */
#define RETRY_BACKOFF SIM_MS(20)
#define RETRY_FOR     SIM_MS(100)

typedef struct VerifiedProduce {
    BrokerTransactions *owner;
    ProduceRequest *request;
    BatchVerification *batches;
    uint64_t token;
    SimTime asks_until;
    Timer retry;
} VerifiedProduce;

static bool needs_coordinator(const Broker *self, const ProduceRequest *request)
{
    return self->producer_options.verification || request->adds_partitions;
}

/* Begins the verification of each batch that needs it; how many do. */
static int32_t take_guards(Broker *self, const ProduceRequest *request, BatchVerification *batches)
{
    int32_t needed = 0;
    for (int32_t i = 0; i < request->batch_count; i++) {
        const RecordBatch *batch = &request->batches[i];
        Partition *partition = broker_partition(self, batch->partition);
        batches[i] = (BatchVerification){NO_GUARD, KAFKA_NONE};
        if (partition == NULL || partition->role != PARTITION_LEADER || !batch->transactional) {
            continue;
        }
        batches[i].guard = producer_state_start_verification(&partition->log.producers,
                                                             batch->producer_id,
                                                             batch->base_sequence,
                                                             batch->producer_epoch,
                                                             request->adds_partitions,
                                                             actor_now(&self->actor),
                                                             &batches[i].error);
        needed += batches[i].guard != NO_GUARD;
    }
    return needed;
}

static AddPartitionsToTxnRequest *build(const VerifiedProduce *wait)
{
    const ProduceRequest *produce = wait->request;
    AddPartitionsToTxnRequest *request = message_new(
        wait->owner->broker->context.sim,
        KAFKA_MESSAGE_BYTES(AddPartitionsToTxnRequest, partitions, produce->batch_count),
        KAFKA_ADD_PARTITIONS_TO_TXN);
    request->transactional_id = produce->transactional_id;
    request->producer_id = produce->batches[0].producer_id;
    request->producer_epoch = produce->batches[0].producer_epoch;
    request->verify_only = !produce->adds_partitions;
    request->token = wait->token;
    for (int32_t i = 0; i < produce->batch_count; i++) {
        if (wait->batches[i].guard != NO_GUARD) {
            request->partitions[request->count++] = produce->batches[i].partition;
        }
    }
    return request;
}

static void ask(VerifiedProduce *wait)
{
    BrokerTransactions *self = wait->owner;
    Broker *broker = self->broker;
    int32_t partition =
        transaction_coordinator_partition_for(self->coordinator, wait->request->transactional_id);
    int32_t leader = partition < 0 ? NO_LEADER : self->host.leader_of(self->host.owner, partition);
    if (leader == NO_LEADER) {
        verification_on_answer(self, wait->token, NULL, 0, KAFKA_COORDINATOR_NOT_AVAILABLE);
    } else if (leader == broker->id) {
        transaction_coordinator_handle(self->coordinator, &build(wait)->header);
    } else {
        peers_add_partitions(self, leader, build(wait));
    }
}

bool broker_transactions_verifies(Broker *self, ProduceRequest *request)
{
    if (self->transactions == NULL || request->transactional_id == NULL ||
        request->batch_count == 0 || !needs_coordinator(self, request)) {
        return false;
    }
    BatchVerification *batches = g_new0(BatchVerification, (gsize)request->batch_count);
    if (take_guards(self, request, batches) == 0) {
        g_free(batches);
        return false;
    }
    VerifiedProduce *wait = g_new0(VerifiedProduce, 1);
    wait->owner = self->transactions;
    wait->request = request;
    wait->batches = batches;
    wait->token = ++self->transactions->last_token;
    wait->asks_until = actor_now(&self->actor) + RETRY_FOR;
    timer_init(&wait->retry, BROKER_TIMER_VERIFICATION, wait);
    g_ptr_array_add(self->transactions->waiting, wait);
    ask(wait);
    return true;
}

/* What a producer is told. */
static KafkaError error_for_client(KafkaError error, bool is_v2)
{
    switch ((int)error) {
    case KAFKA_PRODUCER_FENCED:
        return KAFKA_INVALID_PRODUCER_EPOCH;
    case KAFKA_CONCURRENT_TRANSACTIONS:
        return is_v2 ? error : KAFKA_NOT_ENOUGH_REPLICAS;
    case KAFKA_NETWORK_EXCEPTION:
    case KAFKA_COORDINATOR_LOAD_IN_PROGRESS:
    case KAFKA_COORDINATOR_NOT_AVAILABLE:
    case KAFKA_NOT_COORDINATOR:
        return KAFKA_NOT_ENOUGH_REPLICAS;
    default:
        return error;
    }
}

static void free_wait(VerifiedProduce *wait)
{
    g_ptr_array_remove(wait->owner->waiting, wait);
    g_free(wait->batches);
    g_free(wait);
}

static VerifiedProduce *find(const BrokerTransactions *self, uint64_t token)
{
    for (guint i = 0; i < self->waiting->len; i++) {
        VerifiedProduce *wait = self->waiting->pdata[i];
        if (wait->token == token) {
            return wait;
        }
    }
    return NULL;
}

static KafkaError result_for(const TxnPartitionResult *results, int32_t count, int32_t partition)
{
    for (int32_t i = 0; i < count; i++) {
        if (results[i].partition == partition) {
            return results[i].error;
        }
    }
    return KAFKA_NONE;
}

void verification_on_answer(BrokerTransactions *self,
                            uint64_t token,
                            const TxnPartitionResult *results,
                            int32_t count,
                            KafkaError error_of_all)
{
    VerifiedProduce *wait = find(self, token);
    if (wait == NULL) {
        return;
    }
    Actor *actor = &self->broker->actor;
    ProduceRequest *request = wait->request;
    bool is_concurrent = count > 0 && results[0].error == KAFKA_CONCURRENT_TRANSACTIONS;
    if (is_concurrent && request->adds_partitions &&
        actor_now(actor) + RETRY_BACKOFF <= wait->asks_until) {
        actor_arm_constant(actor, &wait->retry, RETRY_BACKOFF);
        return;
    }
    for (int32_t i = 0; i < request->batch_count; i++) {
        if (wait->batches[i].guard != NO_GUARD) {
            KafkaError error = error_of_all != KAFKA_NONE
                                   ? error_of_all
                                   : result_for(results, count, request->batches[i].partition);
            wait->batches[i].error = error_for_client(error, request->adds_partitions);
        }
    }
    produce_verified(self->broker, request, wait->batches);
    free_wait(wait);
}

void verification_on_timer(void *owner)
{
    ask(owner);
}

void verification_reset(BrokerTransactions *self)
{
    while (self->waiting->len > 0) {
        VerifiedProduce *wait = self->waiting->pdata[0];
        message_free(self->broker->context.sim, &wait->request->header.base);
        free_wait(wait);
    }
}
