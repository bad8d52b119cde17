/* verification.c - a transactional produce request, or offsets of one, wait until the coordinator
 * knows that the partitions belong to the open transaction; then they are appended (KIP-890).
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
    ProduceRequest *request;         /* or */
    TxnOffsetCommitRequest *offsets; /* of one batch, in `offsets_partition` */
    int32_t offsets_partition;
    BatchVerification *batches;
    uint64_t token;
    SimTime asks_until;
    Timer retry;
} VerifiedProduce;

static bool needs_coordinator(const Broker *self, const ProduceRequest *request)
{
    return self->producer_options.verification || request->adds_partitions;
}

static BatchVerification start(Broker *self,
                               Partition *partition,
                               int64_t producer_id,
                               int16_t producer_epoch,
                               int32_t base_sequence,
                               bool adds)
{
    BatchVerification started = {NO_GUARD, KAFKA_NONE};
    started.guard = producer_state_start_verification(&partition->log.producers,
                                                      producer_id,
                                                      base_sequence,
                                                      producer_epoch,
                                                      adds,
                                                      actor_now(&self->actor),
                                                      &started.error);
    return started;
}

typedef struct Verdict {
    int32_t needed, refused;
} Verdict;

/* Begins the verification of each batch that needs it; how many do, or are refused before. What
 * this broker does not lead now is refused, also if it leads it when the coordinator has answered
 * for the others: it would be appended unverified (maybeStartTransactionVerificationForPartition).
 */
static Verdict take_guards(Broker *self, const ProduceRequest *request, BatchVerification *batches)
{
    Verdict verdict = {0, 0};
    for (int32_t i = 0; i < request->batch_count; i++) {
        const RecordBatch *batch = &request->batches[i];
        Partition *partition = broker_partition(self, batch->partition);
        batches[i] = (BatchVerification){NO_GUARD, KAFKA_NONE};
        if (!batch->transactional) {
            continue;
        }
        if (!partition_is_of(partition, batch->topic_id) || partition->role != PARTITION_LEADER) {
            batches[i].error =
                produce_absent_error(self, (TopicIdPartition){batch->topic_id, batch->partition});
            continue;
        }
        batches[i] = start(self,
                           partition,
                           batch->producer_id,
                           batch->producer_epoch,
                           batch->base_sequence,
                           request->adds_partitions);
        verdict.needed += batches[i].guard != NO_GUARD;
        verdict.refused += batches[i].error != KAFKA_NONE;
    }
    return verdict;
}

static AddPartitionsToTxnRequest *build_for_offsets(const VerifiedProduce *wait)
{
    const TxnOffsetCommitRequest *offsets = wait->offsets;
    AddPartitionsToTxnRequest *request =
        message_new(wait->owner->broker->context.sim,
                    KAFKA_MESSAGE_BYTES(AddPartitionsToTxnRequest, partitions, 1),
                    KAFKA_ADD_PARTITIONS_TO_TXN);
    request->transactional_id = offsets->transactional_id;
    request->producer_id = offsets->producer_id;
    request->producer_epoch = offsets->producer_epoch;
    request->verify_only = !offsets->bumps_epoch;
    request->token = wait->token;
    request->count = 1;
    request->partitions[0] = wait->offsets_partition;
    return request;
}

static AddPartitionsToTxnRequest *build(const VerifiedProduce *wait)
{
    if (wait->offsets != NULL) {
        return build_for_offsets(wait);
    }
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
    const char *transactional_id =
        wait->offsets != NULL ? wait->offsets->transactional_id : wait->request->transactional_id;
    int32_t partition = transaction_coordinator_partition_for(self->coordinator, transactional_id);
    int32_t leader = partition < 0 ? NO_LEADER : self->host.leader_of(self->host.owner, partition);
    if (leader < 0) {
        verification_on_answer(self, wait->token, NULL, 0, KAFKA_COORDINATOR_NOT_AVAILABLE);
    } else if (leader == broker->id) {
        transaction_coordinator_handle(self->coordinator, &build(wait)->header);
    } else {
        peers_add_partitions(self, leader, build(wait));
    }
}

static VerifiedProduce *wait_new(Broker *self, BatchVerification *batches)
{
    VerifiedProduce *wait = g_new0(VerifiedProduce, 1);
    wait->owner = self->transactions;
    wait->batches = batches;
    wait->token = ++self->transactions->last_token;
    wait->asks_until = actor_now(&self->actor) + RETRY_FOR;
    timer_init(&wait->retry, BROKER_TIMER_VERIFICATION, wait);
    g_ptr_array_add(self->transactions->waiting, wait);
    return wait;
}

static void
commit_verified(Broker *self, TxnOffsetCommitRequest *request, const BatchVerification *verified)
{
    if (verified->error != KAFKA_NONE) {
        txn_offsets_fail(self->coordinator, request, verified->error);
    } else {
        txn_offsets_commit(self->coordinator, request, verified->guard);
    }
}

bool broker_transactions_verifies(Broker *self, ProduceRequest *request)
{
    if (self->transactions == NULL || request->transactional_id == NULL ||
        request->batch_count == 0 || !needs_coordinator(self, request)) {
        return false;
    }
    BatchVerification *batches = g_new0(BatchVerification, (gsize)request->batch_count);
    const Verdict verdict = take_guards(self, request, batches);
    if (verdict.needed == 0) {
        if (verdict.refused > 0) { /* a fenced producer's: the coordinator need not be asked */
            produce_verified(self, request, batches);
        }
        g_free(batches);
        return verdict.refused > 0;
    }
    VerifiedProduce *wait = wait_new(self, batches);
    wait->request = request;
    ask(wait);
    return true;
}

void broker_transactions_commit_offsets(Broker *self, TxnOffsetCommitRequest *request)
{
    if (!txn_offsets_refuse_unknown(self->coordinator, request)) {
        return;
    }
    int32_t index = group_coordinator_partition_for(self->coordinator, request->group_id);
    Partition *partition = index < 0 ? NULL : broker_partition(self, index);
    if (partition == NULL || partition->role != PARTITION_LEADER) {
        txn_offsets_fail(self->coordinator, request, KAFKA_NOT_COORDINATOR);
        return;
    }
    BatchVerification started = {NO_GUARD, KAFKA_NONE};
    if (self->producer_options.verification || request->bumps_epoch) {
        started = start(self,
                        partition,
                        request->producer_id,
                        request->producer_epoch,
                        NO_SEQUENCE,
                        request->bumps_epoch);
    }
    if (started.guard == NO_GUARD) {
        commit_verified(self, request, &started);
        return;
    }
    VerifiedProduce *wait = wait_new(self, g_memdup2(&started, sizeof(started)));
    wait->offsets = request;
    wait->offsets_partition = index;
    ask(wait);
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
    bool adds = wait->offsets != NULL ? wait->offsets->bumps_epoch : wait->request->adds_partitions;
    bool is_concurrent = count > 0 && results[0].error == KAFKA_CONCURRENT_TRANSACTIONS;
    if (is_concurrent && adds && actor_now(actor) + RETRY_BACKOFF <= wait->asks_until) {
        actor_arm_constant(actor, &wait->retry, RETRY_BACKOFF);
        return;
    }
    if (wait->offsets != NULL) {
        KafkaError error = count > 0 ? results[0].error : error_of_all;
        wait->batches[0].error = error_for_client(error, adds);
        commit_verified(self->broker, wait->offsets, &wait->batches[0]);
        free_wait(wait);
        return;
    }
    ProduceRequest *request = wait->request;
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
        RequestHeader *request =
            wait->offsets != NULL ? &wait->offsets->header : &wait->request->header;
        message_free(self->broker->context.sim, &request->base);
        free_wait(wait);
    }
}
