/* partition_isr.c - the in-sync replicas, as their leader changes them (server.md 2.1, 2.5).
 *
 *     committed --follower caught up--> expanding --answer--> committed
 *     committed --follower lags-------> shrinking --answer--> committed
 *
 * Until the answer comes the larger of the old and the new ISR counts (maximal ISR): whatever the
 * controller decides, nothing is called committed that one of them may lack.
 * Mirrors: Partition.maybeExpandIsr, .maybeShrinkIsr, .submitAlterPartition,
 * .handleAlterPartitionError, .handleAlterPartitionUpdate; CommittedPartitionState,
 * PendingExpandIsr, PendingShrinkIsr. */
#include "models/replica/partition.h"

/* That more than there are replicas means all of them came with KAFKA-15583: nothing with acks=all
 * was accepted before. */
int32_t partition_effective_min_isr(const Partition *self)
{
    return partition_host_has(self->host, ERA_KAFKA_15583)
               ? MIN(self->min_isr, 1 + self->remote_count)
               : self->min_isr;
}

bool partition_is_under_min_isr(const Partition *self)
{
    return self->role == PARTITION_LEADER && self->isr.count < partition_effective_min_isr(self);
}

bool partition_in_maximal_isr(const Partition *self, int32_t broker)
{
    return replica_list_has(&self->isr, broker) ||
           (self->pending == ISR_EXPANDING && replica_list_has(&self->pending_isr, broker));
}

int32_t partition_maximal_isr_count(const Partition *self)
{
    return self->pending == ISR_EXPANDING ? self->pending_isr.count : self->isr.count;
}

bool partition_is_caught_up(const Partition *self, const RemoteReplica *remote, SimTime now)
{
    return replica_is_caught_up(remote, self->log.log_end_offset, now, self->host->replica_lag_ns);
}

/* What it fetched must be of the process that the metadata know (KIP-903). */
static bool is_epoch_eligible(const Partition *self, const RemoteReplica *remote, int64_t known)
{
    return !partition_host_has(self->host, ERA_KIP_903) ||
           remote->broker_epoch == REPLICA_ANY_EPOCH || remote->broker_epoch == known;
}

bool partition_is_isr_eligible(const Partition *self, const RemoteReplica *remote)
{
    const BrokerRegistration *known = self->host->find_broker(self->host->owner, remote->broker);
    return known != NULL && !known->fenced && !known->in_controlled_shutdown &&
           is_epoch_eligible(self, remote, known->epoch);
}

static int64_t epoch_to_send(const Partition *self, int32_t broker)
{
    if (!partition_host_has(self->host, ERA_KIP_903)) {
        return REPLICA_ANY_EPOCH;
    }
    if (broker == self->host->broker_id) {
        return self->host->broker_epoch(self->host->owner);
    }
    const RemoteReplica *remote = partition_remote(self, broker);
    bool known = remote != NULL && remote->broker_epoch != REPLICA_NO_BROKER_EPOCH;
    return known ? remote->broker_epoch : REPLICA_ANY_EPOCH;
}

/* Asks for pending_isr. A submission that metadata have overtaken still stands in the way until
 * its answer is there: then this one is not attempted. */
static void submit(Partition *self, PendingIsr pending)
{
    if (self->submission != NULL) {
        return; /* OPERATION_NOT_ATTEMPTED: stays committed */
    }
    self->pending = pending;
    AlterPartitionEntry *entry = g_new0(AlterPartitionEntry, 1);
    entry->partition = self->index;
    entry->leader = self->host->broker_id;
    entry->leader_epoch = self->leader_epoch;
    entry->partition_epoch = self->partition_epoch;
    entry->isr_count = self->pending_isr.count;
    for (int32_t i = 0; i < self->pending_isr.count; i++) {
        int32_t id = self->pending_isr.ids[i];
        entry->isr[i] = (IsrMember){id, epoch_to_send(self, id)};
    }
    self->submission = entry;
    self->submission_is_stale = false;
    self->host->submit(self->host->owner, self);
}

void partition_drop_submission(Partition *self)
{
    g_free(self->submission);
    self->submission = NULL;
    self->submission_is_stale = false;
}

void partition_maybe_expand_isr(Partition *self, const RemoteReplica *remote)
{
    if (self->pending != ISR_COMMITTED || replica_list_has(&self->isr, remote->broker) ||
        remote->log_end_offset < self->high_watermark ||
        remote->log_end_offset < self->leader_epoch_start_offset ||
        !partition_is_isr_eligible(self, remote)) {
        return;
    }
    self->pending_isr = self->isr;
    replica_list_add(&self->pending_isr, remote->broker);
    submit(self, ISR_EXPANDING);
}

void partition_maybe_shrink_isr(Partition *self, SimTime now)
{
    if (self->role != PARTITION_LEADER || self->pending != ISR_COMMITTED) {
        return;
    }
    ReplicaList kept = {0};
    for (int32_t i = 0; i < self->isr.count; i++) {
        int32_t id = self->isr.ids[i];
        const RemoteReplica *remote = partition_remote(self, id);
        if (id == self->host->broker_id ||
            (remote != NULL && partition_is_caught_up(self, remote, now))) {
            replica_list_add(&kept, id);
        }
    }
    if (kept.count < self->isr.count) {
        self->pending_isr = kept;
        submit(self, ISR_SHRINKING);
    }
}

static IsrAnswer commit(Partition *self, const AlterPartitionEntry *answer, SimTime now)
{
    if (answer->leader_epoch != self->leader_epoch ||
        answer->partition_epoch < self->partition_epoch) {
        return ISR_ANSWER_IGNORED;
    }
    self->isr.count = 0;
    for (int32_t i = 0; i < answer->isr_count; i++) {
        replica_list_add(&self->isr, answer->isr[i].broker);
    }
    self->partition_epoch = answer->partition_epoch;
    self->pending = ISR_COMMITTED;
    partition_advance_high_watermark(self, now);
    return ISR_ANSWER_COMMITTED;
}

static IsrAnswer refuse(Partition *self, KafkaError error, AlterPartitionEntry *sent)
{
    if (error == KAFKA_OPERATION_NOT_ATTEMPTED || error == KAFKA_INELIGIBLE_REPLICA) {
        self->pending = ISR_COMMITTED; /* the controller says for certain that it was not done */
        return ISR_ANSWER_REVERTED;
    }
    if (error == KAFKA_UNKNOWN_TOPIC_OR_PARTITION || error == KAFKA_UNKNOWN_TOPIC_ID ||
        error == KAFKA_FENCED_LEADER_EPOCH || error == KAFKA_INVALID_UPDATE_VERSION ||
        error == KAFKA_INVALID_REQUEST || error == KAFKA_NEW_LEADER_ELECTED) {
        return ISR_ANSWER_WAITS;
    }
    self->submission = g_memdup2(sent, sizeof(*sent));
    self->host->submit(self->host->owner, self);
    return ISR_ANSWER_RETRIED;
}

IsrAnswer partition_on_alter_answer(Partition *self, const AlterPartitionEntry *answer, SimTime now)
{
    g_autofree AlterPartitionEntry *sent = self->submission;
    bool stale = self->submission_is_stale || sent == NULL;
    self->submission = NULL;
    self->submission_is_stale = false;
    if (stale || self->pending == ISR_COMMITTED) {
        return ISR_ANSWER_IGNORED;
    }
    return answer->error == KAFKA_NONE ? commit(self, answer, now)
                                       : refuse(self, answer->error, sent);
}
