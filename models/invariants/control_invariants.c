/* control_invariants.c - what the committed metadata say of partitions and brokers.
 *
 * Each record is looked at once, when the first broker applies it: by then it is committed for
 * good, whichever controller wrote it. */
#include "models/invariants/invariants_state.h"

static int32_t *memberships(Invariants *self, int32_t broker)
{
    guint place = (guint)(invariants_broker_place(self, broker) + 1); /* 0: unknown ones */
    if (place >= self->isr_memberships->len) {
        g_array_set_size(self->isr_memberships, place + 1);
    }
    return &g_array_index(self->isr_memberships, int32_t, place);
}

/* With ELR off the last member stays listed while nobody leads. */
static bool is_kept_last(const PartitionRegistration *registration)
{
    return registration->leader == NO_LEADER && registration->isr.count == 1;
}

static void count_members(Invariants *self, const PartitionRegistration *registration, int32_t by)
{
    if (registration == NULL || is_kept_last(registration)) {
        return;
    }
    for (int32_t i = 0; i < registration->isr.count; i++) {
        *memberships(self, registration->isr.ids[i]) += by;
    }
}

static void check_epochs(Invariants *self,
                         int32_t partition,
                         const PartitionRegistration *old,
                         const PartitionRegistration *now)
{
    bool kraft = self->context.era == NULL || self->context.era->on[ERA_KRAFT];
    bool grows = kraft ? now->partition_epoch == old->partition_epoch + 1
                       : now->partition_epoch > old->partition_epoch;
    bool led = now->leader == old->leader ? now->leader_epoch >= old->leader_epoch
                                          : now->leader_epoch > old->leader_epoch;
    if (!grows || !led) {
        invariants_violated(self,
                            "monotonic epochs",
                            partition,
                            "partition epoch %d to %d, leader %d of epoch %d to %d of epoch %d",
                            old->partition_epoch,
                            now->partition_epoch,
                            old->leader,
                            old->leader_epoch,
                            now->leader,
                            now->leader_epoch);
    }
}

static bool is_within(const ReplicaList *part, const ReplicaList *whole)
{
    for (int32_t i = 0; i < part->count; i++) {
        if (!replica_list_has(whole, part->ids[i])) {
            return false;
        }
    }
    return true;
}

static bool are_apart(const ReplicaList *a, const ReplicaList *b)
{
    for (int32_t i = 0; i < a->count; i++) {
        if (replica_list_has(b, a->ids[i])) {
            return false;
        }
    }
    return true;
}

/* A ZooKeeper-era controller that takes back a reassignment deletes replicas that are not needed
 * any more, and leaves the last of the ISR there (KafkaController.updateCurrentReassignment). */
static bool is_deleted_last(const Invariants *self, const PartitionRegistration *now)
{
    const Era *era = self->context.era;
    return era != NULL && !era->on[ERA_KRAFT] && is_kept_last(now) &&
           !is_within(&now->isr, &now->replicas);
}

static void note_deleted(Invariants *self, int32_t partition, const PartitionRegistration *now)
{
    PartitionProof *proof = invariants_partition(self, partition);
    ReplicaProof *replica = invariants_replica(proof, now->isr.ids[0]);
    if (!proof->suspect) {
        invariants_suspect(self, proof, LOSS_CANCELLED, now->isr.ids[0]);
    }
    replica->verified = 0;
    replica->lost_until = proof->committed.end_offset;
    replica->lost_how = LOSS_CANCELLED;
    replica->lost_at = sim_now(self->context.sim);
}

/* The ELR may name a replica that a reassignment took away: so does Kafka 4.1.0; it is not asked
 * for a leader, those are looked for among the replicas. */
static void check_lists(Invariants *self, int32_t partition, const PartitionRegistration *now)
{
    bool leads = now->leader == NO_LEADER || replica_list_has(&now->isr, now->leader);
    if (leads && is_within(&now->isr, &now->replicas) && are_apart(&now->isr, &now->elr)) {
        return;
    }
    if (is_deleted_last(self, now)) {
        note_deleted(self, partition, now);
        return;
    }
    char replicas[128];
    char isr[128];
    char elr[128];
    invariants_violated(self,
                        "leader in isr",
                        partition,
                        "leader %d, replicas [%s], ISR [%s], ELR [%s]",
                        now->leader,
                        replica_list_text(&now->replicas, ',', replicas, sizeof(replicas)),
                        replica_list_text(&now->isr, ',', isr, sizeof(isr)),
                        replica_list_text(&now->elr, ',', elr, sizeof(elr)));
}

static void check_elected(Invariants *self,
                          int32_t partition,
                          int64_t offset,
                          const PartitionRegistration *old,
                          const PartitionRegistration *now)
{
    const BrokerRegistration *leader =
        metadata_broker(self->context.metadata, now->leader, offset + 1);
    /* A late heartbeat may unfence a broker that is shutting down; then it is better than none. */
    bool leaves = leader != NULL && leader->in_controlled_shutdown && old->leader != NO_LEADER;
    if (leader == NULL || leader->fenced || leaves) {
        invariants_violated(self,
                            "leader in isr",
                            partition,
                            "broker %d is elected in epoch %d while %s",
                            now->leader,
                            now->leader_epoch,
                            leader == NULL   ? "unregistered"
                            : leader->fenced ? "fenced"
                                             : "in controlled shutdown");
    }
}

/* The controller bounds it by the replicas of the topic's first partition
 * (ReplicationControlManager.getTopicEffectiveMinIsr). */
static int32_t min_isr_of(const Invariants *self, int32_t partition, int32_t replicas)
{
    const MetadataLog *log = self->context.metadata;
    const PartitionProof *proof = invariants_known_partition(self, partition);
    const TopicInfo *topic = metadata_topic_of(log, partition);
    int64_t end = metadata_end_offset(log);
    const PartitionRegistration *first = metadata_partition(log, topic->first_partition, end);
    const KafkaConfig *config = metadata_topic_config(log, topic->index, end);
    int32_t bound = first != NULL ? MIN(first->replicas.count, replicas) : replicas;
    if (config != NULL && kafka_config_is_set(config, "min.insync.replicas")) {
        int64_t now = kafka_config_integer(config, "min.insync.replicas");
        bound = (int32_t)MIN(bound, now); /* brokers may not have heard of it */
    }
    return proof != NULL && proof->min_isr < REPLICAS_MAX ? MIN(proof->min_isr, bound) : 1;
}

/* It registered anew with this change: its cache may be gone. Its record stands behind those of
 * its partitions; its epoch is where that batch began. */
static bool came_back(const Invariants *self, int32_t partition, int32_t broker, int64_t offset)
{
    const MetadataLog *log = self->context.metadata;
    for (int64_t at = offset + 1; at < metadata_end_offset(log); at++) {
        const MetadataRecord *record = metadata_record(log, at);
        if (record->kind == METADATA_REGISTER_BROKER && record->subject == broker) {
            int64_t epoch = metadata_broker(log, broker, at + 1)->epoch;
            return epoch > self->changed_at[partition] && epoch <= offset;
        }
    }
    return metadata_broker(log, broker, offset + 1) == NULL;
}

/* min.insync.replicas was altered: that takes back every ELR, be the ISR empty or not. */
static bool follows_options(const MetadataLog *log, int64_t offset)
{
    int64_t at = offset - 1;
    while (at >= metadata_start_offset(log) &&
           metadata_record(log, at)->kind == METADATA_PARTITION) {
        at--;
    }
    MetadataRecordKind kind =
        at >= metadata_start_offset(log) ? metadata_record(log, at)->kind : METADATA_NO_OP;
    return kind == METADATA_TOPIC_CONFIG || kind == METADATA_BROKER_CONFIG;
}

static bool is_eligible(const PartitionRegistration *registration, int32_t broker)
{
    return replica_list_has(&registration->isr, broker) ||
           replica_list_has(&registration->elr, broker);
}

static void check_eligible(Invariants *self,
                           int32_t partition,
                           int64_t offset,
                           const PartitionRegistration *old,
                           const PartitionRegistration *now)
{
    int32_t min = min_isr_of(self, partition, now->replicas.count);
    bool asked = self->context.elr && !self->one_loss_is_enough &&
                 now->recovery == LEADER_RECOVERED && old->recovery == LEADER_RECOVERED &&
                 replica_list_equal(&old->replicas, &now->replicas);
    if (!asked || old->isr.count + old->elr.count < min || now->isr.count + now->elr.count >= min ||
        follows_options(self->context.metadata, offset)) {
        return;
    }
    for (int32_t i = 0; i < old->replicas.count; i++) {
        int32_t id = old->replicas.ids[i];
        if (is_eligible(old, id) && !is_eligible(now, id) &&
            !came_back(self, partition, id, offset)) {
            invariants_violated(self,
                                "isr and elr",
                                partition,
                                "broker %d goes, %d are left of min.insync.replicas %d",
                                id,
                                now->isr.count + now->elr.count,
                                min);
        }
    }
}

/* It was the leader when the ISR became empty: what it has lost since, its own disk lost. */
static bool is_last_known(const PartitionRegistration *old, int32_t leader)
{
    return old->isr.count == 0 && old->last_known_elr.count == 1 &&
           old->last_known_elr.ids[0] == leader;
}

static void note_unclean(Invariants *self,
                         int32_t partition,
                         const PartitionRegistration *old,
                         const PartitionRegistration *now)
{
    if (now->recovery == LEADER_RECOVERING && now->leader_epoch != old->leader_epoch) {
        PartitionProof *proof = invariants_partition(self, partition);
        if (is_last_known(old, now->leader)) {
            proof->last_known_epoch = now->leader_epoch;
        } else {
            proof->unclean_epoch = now->leader_epoch;
        }
        invariants_excuse(self, proof);
    }
}

static void check_partition(Invariants *self, const MetadataRecord *record)
{
    int32_t partition = record->subject;
    const MetadataLog *log = self->context.metadata;
    const PartitionRegistration *now = metadata_partition(log, partition, record->offset + 1);
    const PartitionRegistration *old = metadata_partition(log, partition, record->offset);
    if (now == NULL) {
        return;
    }
    check_lists(self, partition, now);
    count_members(self, old, -1);
    count_members(self, now, 1);
    if (old == NULL) {
        invariants_begin_anew(self, (TopicIdPartition){record->offset, partition});
    } else {
        check_epochs(self, partition, old, now);
        check_eligible(self, partition, record->offset, old, now);
        note_unclean(self, partition, old, now);
        if (now->leader != old->leader && now->leader != NO_LEADER) {
            check_elected(self, partition, record->offset, old, now);
        }
    }
    self->changed_at[partition] = record->offset;
}

/* Its partitions are gone: nobody is in their ISRs any more. */
static void on_topic_removed(Invariants *self, const MetadataRecord *record)
{
    const TopicInfo *topic = metadata_topic(self->context.metadata, record->subject);
    for (int32_t i = 0; i < topic->partitions; i++) {
        int32_t partition = topic->first_partition + i;
        count_members(
            self, metadata_partition(self->context.metadata, partition, record->offset), -1);
        invariants_begin_anew(self, (TopicIdPartition){NO_TOPIC_ID, partition});
    }
}

/* Before KRaft nothing is changed of a topic that is queued for deletion, whoever dies; before
 * KIP-497 leaders write the ISR without asking who is alive. */
static void check_fenced(Invariants *self, int64_t offset)
{
    const Era *era = self->context.era;
    bool asked = era == NULL || era->on[ERA_KRAFT];
    for (guint i = 0; i < self->touched_brokers->len && asked; i++) {
        int32_t id = g_array_index(self->touched_brokers, int32_t, i);
        const BrokerRegistration *broker = metadata_broker(self->context.metadata, id, offset);
        if (broker != NULL && broker->fenced && *memberships(self, id) > 0) {
            checks_violated(self->context.checks,
                            "no fenced broker in an isr",
                            "broker %d is fenced and in the ISR of %d partitions",
                            id,
                            *memberships(self, id));
        }
    }
    g_array_set_size(self->touched_brokers, 0);
}

void invariants_on_metadata(void *owner, int64_t offset)
{
    Invariants *self = owner;
    for (int64_t at = self->metadata_checked; at < offset; at++) {
        const MetadataRecord *record = metadata_record(self->context.metadata, at);
        if (record->kind == METADATA_PARTITION) {
            check_partition(self, record);
        } else if (record->kind == METADATA_REMOVE_TOPIC) {
            on_topic_removed(self, record);
        } else if (record->kind == METADATA_REGISTER_BROKER ||
                   record->kind == METADATA_BROKER_CHANGE) {
            g_array_append_val(self->touched_brokers, record->subject);
        }
    }
    if (self->touched_brokers->len > 0) {
        check_fenced(self, offset);
    }
    self->metadata_checked = MAX(self->metadata_checked, offset);
}
