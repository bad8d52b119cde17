/* replication_control.c - elections and ISR changes (server.md 1.4-1.6).
 *
 * Mirrors: ReplicationControlManager.generateLeaderAndIsrUpdates, .alterPartition, .electLeader,
 * .maybeBalancePartitionLeaders, .maybeElectUncleanLeaders; LeaderAcceptor. */
#include "models/controller/control_state.h"

/* ReplicationControlManager.MAX_ELECTIONS_PER_IMBALANCE */
#define ELECTIONS_MAX 1000

/* ---- who may lead */

/* Before KRaft a leader that shuts down leads on until somebody else can. */
static int32_t staying_leader(const Control *self, int32_t partition)
{
    const PartitionRegistration *now = control_partition(self, partition);
    const BrokerRegistration *leader =
        now != NULL && !control_has_era(self, ERA_KRAFT) ? control_broker(self, now->leader) : NULL;
    return leader != NULL && !leader->fenced ? leader->id : -1;
}

LeaderAcceptor control_acceptor(const Control *self, int32_t partition)
{
    return (LeaderAcceptor){self, partition, -1, staying_leader(self, partition), -1};
}

/* Active, not on its way out, and its log directory online. */
static bool is_acceptable(void *user, int32_t broker)
{
    const LeaderAcceptor *acceptor = user;
    const Control *self = acceptor->control;
    if (broker == acceptor->removed || broker == acceptor->unclean ||
        control_broker(self, broker) == NULL) {
        return false;
    }
    return (broker == acceptor->added || control_is_active(self, broker)) &&
           !partition_index_has(self->index, broker, PARTITIONS_OFFLINE, acceptor->partition);
}

PartitionChange control_begin_change(Control *self, int32_t partition, LeaderAcceptor *acceptor)
{
    const TopicInfo *topic = metadata_topic_of(self->context.metadata, partition);
    PartitionChange change = partition_change_of(control_partition(self, partition));
    if (control_topic_settings(self, topic->index)->unclean_election) {
        change.election = ELECTION_UNCLEAN;
    }
    change.keeps_reassignment = !control_has_era(self, ERA_KRAFT);
    change.elr_enabled = control_has_era(self, ERA_KIP_966);
    change.min_isr = control_min_isr(self, partition);
    change.is_acceptable_leader = is_acceptable;
    change.user = acceptor;
    return change;
}

bool control_apply(Control *self, int32_t partition, const PartitionChange *change, const char *why)
{
    PartitionChangeRecord record;
    if (!partition_change_record(change, &record)) {
        return false;
    }
    PartitionRegistration next = partition_change_merge(change->now, &record);
    control_append_partition(self, partition, &next, &record, why);
    return true;
}

/* ---- a broker goes or comes */

static void leave(Control *self, LeaderAcceptor *acceptor, const char *why)
{
    PartitionChange change = control_begin_change(self, acceptor->partition, acceptor);
    change.bumps_epoch_for_shrink = !control_has_era(self, ERA_KRAFT); /* doRemoveReplicasFromIsr */
    if (acceptor->unclean >= 0) {
        replica_list_remove(&change.target_isr, acceptor->unclean);
        replica_list_add(&change.unclean_shutdown_replicas, acceptor->unclean);
    } else {
        replica_list_remove(&change.target_isr, acceptor->removed);
    }
    control_apply(self, acceptor->partition, &change, why);
}

void control_leave_partition(Control *self, int32_t partition, int32_t broker, const char *why)
{
    if (control_partition(self, partition) != NULL) {
        LeaderAcceptor acceptor = control_acceptor(self, partition);
        acceptor.removed = broker;
        leave(self, &acceptor, why);
    }
}

void control_leave_partitions(
    Control *self, int32_t broker, PartitionMembership membership, bool unclean, const char *why)
{
    int32_t partition = partition_index_next(self->index, broker, membership, 0);
    while (partition >= 0) {
        LeaderAcceptor acceptor = control_acceptor(self, partition);
        acceptor.removed = unclean ? -1 : broker;
        acceptor.unclean = unclean ? broker : -1;
        leave(self, &acceptor, why);
        partition = partition_index_next(self->index, broker, membership, partition + 1);
    }
}

/* Where nobody may lead, nothing can change: most partitions, while brokers are yet to return. */
static bool may_anybody_lead(LeaderAcceptor *acceptor)
{
    const PartitionRegistration *now = control_partition(acceptor->control, acceptor->partition);
    for (int32_t i = 0; i < now->replicas.count; i++) {
        if (is_acceptable(acceptor, now->replicas.ids[i])) {
            return true;
        }
    }
    return false;
}

void control_elect_leaderless(Control *self, int32_t broker, const char *why)
{
    int32_t partition = partition_index_next_leaderless(self->index, 0);
    while (partition >= 0) {
        LeaderAcceptor acceptor = control_acceptor(self, partition);
        acceptor.added = broker;
        if (may_anybody_lead(&acceptor)) {
            const PartitionChange change = control_begin_change(self, partition, &acceptor);
            control_apply(self, partition, &change, why);
        }
        partition = partition_index_next_leaderless(self->index, partition + 1);
    }
}

/* ---- AlterPartition, in Kafka's order (server.md 1.5) */

static bool is_eligible(const Control *self, const IsrMember *member)
{
    const BrokerRegistration *broker = control_broker(self, member->broker);
    bool checked = control_has_era(self, ERA_KIP_903) && member->broker_epoch != -1;
    return control_is_active(self, member->broker) &&
           (!checked || member->broker_epoch == broker->epoch);
}

/* Members of the assignment, once each, the leader among them. */
static bool is_valid_isr(const PartitionRegistration *now, const AlterPartitionEntry *entry)
{
    ReplicaList isr = {0};
    for (int32_t i = 0; i < entry->isr_count; i++) {
        replica_list_add(&isr, entry->isr[i].broker);
        if (!replica_list_has(&now->replicas, entry->isr[i].broker)) {
            return false;
        }
    }
    return isr.count == entry->isr_count && replica_list_has(&isr, now->leader);
}

static KafkaError
check_isr(const Control *self, const PartitionRegistration *now, const AlterPartitionEntry *entry)
{
    bool steps_back = entry->recovering && now->recovery == LEADER_RECOVERED;
    if (!is_valid_isr(now, entry) || (entry->recovering && entry->isr_count > 1) || steps_back) {
        return KAFKA_INVALID_REQUEST;
    }
    for (int32_t i = 0; i < entry->isr_count; i++) {
        if (!is_eligible(self, &entry->isr[i])) {
            return KAFKA_INELIGIBLE_REPLICA;
        }
    }
    return KAFKA_NONE;
}

static KafkaError validate(const Control *self, int32_t broker, const AlterPartitionEntry *entry)
{
    const PartitionRegistration *now = control_partition(self, entry->partition);
    if (now == NULL) {
        return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    }
    if (entry->leader_epoch > now->leader_epoch || entry->partition_epoch > now->partition_epoch) {
        return KAFKA_NOT_CONTROLLER; /* this controller knows less than the leader */
    }
    if (entry->leader_epoch < now->leader_epoch) {
        return KAFKA_FENCED_LEADER_EPOCH;
    }
    if (broker != now->leader) {
        return KAFKA_INVALID_REQUEST;
    }
    if (entry->partition_epoch < now->partition_epoch) {
        return KAFKA_INVALID_UPDATE_VERSION;
    }
    return check_isr(self, now, entry);
}

static void answer_with_state(const Control *self, AlterPartitionEntry *entry)
{
    const PartitionRegistration *now = control_partition(self, entry->partition);
    entry->leader = now->leader;
    entry->leader_epoch = now->leader_epoch;
    entry->partition_epoch = now->partition_epoch;
    entry->recovering = now->recovery == LEADER_RECOVERING;
    entry->isr_count = now->isr.count;
    for (int32_t i = 0; i < now->isr.count; i++) {
        entry->isr[i] = (IsrMember){now->isr.ids[i], -1};
    }
}

void control_alter_partition(Control *self, int32_t broker, AlterPartitionEntry *entry)
{
    entry->error = validate(self, broker, entry);
    if (entry->error != KAFKA_NONE) {
        return;
    }
    LeaderAcceptor acceptor = control_acceptor(self, entry->partition);
    PartitionChange change = control_begin_change(self, entry->partition, &acceptor);
    change.target_isr.count = 0;
    for (int32_t i = 0; i < entry->isr_count; i++) {
        replica_list_add(&change.target_isr, entry->isr[i].broker);
    }
    change.target_recovery = entry->recovering ? LEADER_RECOVERING : LEADER_RECOVERED;
    g_autofree char *why = g_strdup_printf("alter partition by %d", broker);
    int32_t leader_epoch = change.now->leader_epoch;
    control_apply(self, entry->partition, &change, why);
    const PartitionRegistration *now = control_partition(self, entry->partition);
    if (now->leader_epoch != leader_epoch && now->leader != broker) {
        entry->error = KAFKA_NEW_LEADER_ELECTED; /* it finished a reassignment, and lost */
        return;
    }
    answer_with_state(self, entry);
}

/* ---- elections that are asked for, or due */

static bool has_preferred_leader(const PartitionRegistration *partition)
{
    return partition->leader == partition->replicas.ids[0];
}

KafkaError control_elect_leader(Control *self, int32_t partition, Election election)
{
    const PartitionRegistration *now = control_partition(self, partition);
    bool preferred = election == ELECTION_PREFERRED;
    if (now == NULL) {
        return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    }
    if (preferred ? has_preferred_leader(now) : now->leader != NO_LEADER) {
        return KAFKA_ELECTION_NOT_NEEDED;
    }
    LeaderAcceptor acceptor = control_acceptor(self, partition);
    PartitionChange change = control_begin_change(self, partition, &acceptor);
    change.election = election;
    if (!control_apply(self, partition, &change, preferred ? "preferred leader" : "unclean")) {
        return preferred ? KAFKA_PREFERRED_LEADER_NOT_AVAILABLE
                         : KAFKA_ELIGIBLE_LEADERS_NOT_AVAILABLE;
    }
    return KAFKA_NONE;
}

bool control_balance_leaders(Control *self)
{
    int32_t moved = 0;
    int32_t partition = partition_index_next_imbalanced(self->index, 0);
    while (partition >= 0 && moved < ELECTIONS_MAX) {
        LeaderAcceptor acceptor = control_acceptor(self, partition);
        PartitionChange change = control_begin_change(self, partition, &acceptor);
        change.election = ELECTION_PREFERRED;
        moved += control_apply(self, partition, &change, "preferred leader") ? 1 : 0;
        partition = partition_index_next_imbalanced(self->index, partition + 1);
    }
    return moved >= ELECTIONS_MAX;
}

bool control_elect_unclean(Control *self)
{
    int32_t elected = 0;
    int32_t partition = partition_index_next_leaderless(self->index, 0);
    while (partition >= 0 && elected < ELECTIONS_MAX) {
        int32_t topic = metadata_topic_of(self->context.metadata, partition)->index;
        if (control_topic_settings(self, topic)->unclean_election) {
            KafkaError error = control_elect_leader(self, partition, ELECTION_UNCLEAN);
            elected += error == KAFKA_NONE ? 1 : 0;
        }
        partition = partition_index_next_leaderless(self->index, partition + 1);
    }
    return elected >= ELECTIONS_MAX;
}

/* ---- reassignment (server.md 1.8) */

/* Registered brokers, at least one; that none is twice is seen by the caller of ReplicaList. */
KafkaError control_check_assignment(const Control *self, const ReplicaList *replicas)
{
    for (int32_t i = 0; i < replicas->count; i++) {
        if (control_broker(self, replicas->ids[i]) == NULL) {
            return KAFKA_INVALID_REPLICA_ASSIGNMENT;
        }
        for (int32_t k = 0; k < i; k++) {
            if (replicas->ids[k] == replicas->ids[i]) {
                return KAFKA_INVALID_REPLICA_ASSIGNMENT;
            }
        }
    }
    return replicas->count > 0 ? KAFKA_NONE : KAFKA_INVALID_REPLICA_ASSIGNMENT;
}

static KafkaError cancel(Control *self, int32_t partition, PartitionChange *change)
{
    if (!partition_is_reassigning(change->now)) {
        return KAFKA_NO_REASSIGNMENT_IN_PROGRESS;
    }
    bool unclean = partition_change_revert(change);
    if (unclean && change->election != ELECTION_UNCLEAN) {
        return KAFKA_INVALID_REPLICA_ASSIGNMENT;
    }
    control_apply(self, partition, change, "reassignment cancelled");
    return KAFKA_NONE;
}

KafkaError control_reassign(Control *self, int32_t partition, const ReplicaList *target)
{
    if (control_partition(self, partition) == NULL) {
        return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    }
    LeaderAcceptor acceptor = control_acceptor(self, partition);
    PartitionChange change = control_begin_change(self, partition, &acceptor);
    if (target == NULL) {
        return cancel(self, partition, &change);
    }
    KafkaError error = control_check_assignment(self, target);
    if (error == KAFKA_NONE) {
        change.election = ELECTION_ONLINE;
        partition_change_reassign(&change, target);
        control_apply(self, partition, &change, "reassignment");
    }
    return error;
}
