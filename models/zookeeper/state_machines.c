/* state_machines.c - partitions and replicas change their states: what is written to ZooKeeper.
 *
 *   a partition: New, Offline (nobody leads it, or who does is gone) --election--> Online
 *   a replica: Online --its broker is gone, or stops--> Offline: out of the ISR, unless it is the
 *   last there; what it led nobody leads
 *
 * Of a topic that is queued for deletion nothing is changed. Each change is a leader epoch.
 *
 * Mirrors: ZkPartitionStateMachine, ZkReplicaStateMachine, Election. */
#include "models/zookeeper/zookeeper_state.h"

static Control *control_of(const ZooKeeperEra *self)
{
    return self->controller->control;
}

bool zookeeper_is_queued_for_deletion(const ZooKeeperEra *self, int32_t partition)
{
    const TopicInfo *topic = metadata_topic_of(self->context->metadata, partition);
    return zookeeper_find_deletion(self->context->zookeeper, topic->index) != NULL;
}

/* A cancelled reassignment may leave a name in the ISR that is no replica's. */
static bool has_replica(const ZooKeeperEra *self, int32_t broker, int32_t partition)
{
    return replica_list_has(&controller_partition(self->controller, partition)->replicas, broker);
}

int32_t zookeeper_next_member(const ZooKeeperEra *self, int32_t broker, int32_t from)
{
    const PartitionIndex *index = control_of(self)->index;
    int32_t partition = partition_index_next(index, broker, PARTITIONS_IN_ISR, from);
    while (partition >= 0 && (zookeeper_is_queued_for_deletion(self, partition) ||
                              !has_replica(self, broker, partition))) {
        partition = partition_index_next(index, broker, PARTITIONS_IN_ISR, partition + 1);
    }
    return partition;
}

static int32_t next_leaderless(const ZooKeeperEra *self, int32_t from)
{
    const PartitionIndex *index = control_of(self)->index;
    int32_t partition = partition_index_next_leaderless(index, from);
    while (partition >= 0 && zookeeper_is_queued_for_deletion(self, partition)) {
        partition = partition_index_next_leaderless(index, partition + 1);
    }
    return partition;
}

/* ---- partitions */

/* Members whose brokers live and are not about to stop, and whose log directories are online. */
static void keep_acceptable(PartitionChange *change)
{
    const ReplicaList isr = change->target_isr;
    for (int32_t i = 0; i < isr.count; i++) {
        if (!change->is_acceptable_leader(change->user, isr.ids[i])) {
            replica_list_remove(&change->target_isr, isr.ids[i]);
        }
    }
}

/* The leader as it is can lead no more: leaderForOffline, leaderForControlledShutdown. When nobody
 * else can, nothing is written. */
bool zookeeper_elect(ZooKeeperEra *self, int32_t partition, bool unclean, const char *why)
{
    LeaderAcceptor acceptor = control_acceptor(control_of(self), partition);
    acceptor.added = -1;
    PartitionChange change = control_begin_change(control_of(self), partition, &acceptor);
    change.election = unclean ? change.election : ELECTION_ONLINE;
    keep_acceptable(&change);
    PartitionChangeRecord record;
    if (!partition_change_record(&change, &record) || !record.has_leader ||
        record.leader == NO_LEADER) {
        return false;
    }
    return control_apply(control_of(self), partition, &change, why);
}

static bool is_new(const PartitionRegistration *now)
{
    return now->isr.count == 0;
}

/* initializeLeaderAndIsrForPartitions: made when none of its replicas lived. */
static void start_new(ZooKeeperEra *self, int32_t partition, const char *why)
{
    PartitionRegistration next;
    const PartitionRegistration *now = controller_partition(self->controller, partition);
    if (control_start_partition(control_of(self), &now->replicas, &next)) {
        next.leader_epoch = now->leader_epoch + 1; /* brokers have heard of the one before */
        next.partition_epoch = now->partition_epoch + 1;
        control_append_partition(control_of(self), partition, &next, NULL, why);
    }
}

void zookeeper_trigger_online(ZooKeeperEra *self, const char *why)
{
    for (int32_t p = next_leaderless(self, 0); p >= 0; p = next_leaderless(self, p + 1)) {
        if (is_new(controller_partition(self->controller, p))) {
            start_new(self, p, why);
        } else {
            (void)zookeeper_elect(self, p, true, why);
        }
    }
}

/* ---- what that costs: the states of all are read, those that change are written */

static bool is_there(const ZooKeeperEra *self, const GArray *nodes, int32_t broker)
{
    for (guint i = 0; nodes != NULL && i < nodes->len; i++) {
        if (g_array_index(nodes, ZooKeeperNode, i).broker == broker) {
            return true;
        }
    }
    return nodes == NULL && control_is_active(control_of(self), broker);
}

static bool can_get_leader(const ZooKeeperEra *self, const GArray *nodes, int32_t partition)
{
    const TopicInfo *topic = metadata_topic_of(self->context->metadata, partition);
    const PartitionRegistration *now = controller_partition(self->controller, partition);
    bool any =
        is_new(now) || control_topic_settings(control_of(self), topic->index)->unclean_election;
    const ReplicaList *from = any ? &now->replicas : &now->isr;
    for (int32_t i = 0; i < from->count; i++) {
        if (is_there(self, nodes, from->ids[i])) {
            return true;
        }
    }
    return false;
}

SimDuration zookeeper_online_cost(const ZooKeeperEra *self, const GArray *nodes)
{
    const HardwareProfile *profile = self->context->profile;
    SimDuration cost = 0;
    for (int32_t p = next_leaderless(self, 0); p >= 0; p = next_leaderless(self, p + 1)) {
        cost += profile->zookeeper_read;
        cost += can_get_leader(self, nodes, p) ? profile->zookeeper_write : 0;
    }
    return cost;
}

/* ---- replicas */

void zookeeper_begin_epoch(PartitionRegistration *next)
{
    next->leader_epoch++;
    next->partition_epoch++;
}

/* doRemoveReplicasFromIsr. */
void zookeeper_leave_isr(PartitionRegistration *next, int32_t broker)
{
    if (!replica_list_has(&next->isr, broker)) {
        return;
    }
    if (next->leader == broker) {
        next->leader = NO_LEADER;
    }
    if (next->isr.count > 1) {
        replica_list_remove(&next->isr, broker);
    }
    zookeeper_begin_epoch(next);
}

void zookeeper_stop_replica(ZooKeeperEra *self, int32_t broker, int32_t partition, bool deletes)
{
    controller_channels_stop(
        self->channels, broker, partition, deletes, controller_end_offset(self->controller));
}

void zookeeper_take_replica_offline(ZooKeeperEra *self,
                                    int32_t partition,
                                    int32_t broker,
                                    const char *why)
{
    PartitionRegistration next = *controller_partition(self->controller, partition);
    zookeeper_leave_isr(&next, broker);
    control_append_partition(control_of(self), partition, &next, NULL, why);
}
