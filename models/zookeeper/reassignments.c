/* reassignments.c - partitions move before KRaft.
 *
 *   asked for --the assignment is written (U), all targets in sync?--> no: new replicas are started
 *   (A) --the last target joins the ISR--> one of the targets leads, the others leave the ISR, and
 *   are deleted (B)
 *
 * A is a leader epoch; B is one for the leader, and one for each replica that leaves. The steps
 * that one event takes are one record here. What is under way is begun again by another controller,
 * and when a broker of its targets comes back.
 *
 * Who takes it back gets it, be none of the original replicas in sync: the others are deleted all
 * the same, and of the last one in sync nothing is left but its name in the ISR, which nobody can
 * be elected from.
 *
 * Mirrors: KafkaController.onPartitionReassignment, .updateCurrentReassignment,
 * .moveReassignedPartitionLeaderIfRequired, .maybeResumeReassignments; ReplicaAssignment. */
#include "models/zookeeper/zookeeper_state.h"

static Control *control_of(const ZooKeeperEra *self)
{
    return self->controller->control;
}

static ReplicaList without(const ReplicaList *list, const ReplicaList *gone)
{
    ReplicaList kept = {0};
    for (int32_t i = 0; i < list->count; i++) {
        if (!replica_list_has(gone, list->ids[i])) {
            replica_list_add(&kept, list->ids[i]);
        }
    }
    return kept;
}

static ReplicaList originals(const PartitionRegistration *now)
{
    return without(&now->replicas, &now->adding);
}

static ReplicaList targets(const PartitionRegistration *now)
{
    return without(&now->replicas, &now->removing);
}

/* ReplicaAssignment.reassignTo; what a reassignment before this one adds, and this does not, is
 * stopped. */
static void update_assignment(PartitionRegistration *next, const ReplicaList *target)
{
    const ReplicaList before = next->replicas;
    const ReplicaList origin = originals(next);
    next->replicas = *target;
    for (int32_t i = 0; i < origin.count; i++) {
        replica_list_add(&next->replicas, origin.ids[i]);
    }
    next->adding = without(&next->replicas, &origin);
    next->removing = without(&next->replicas, target);
    const ReplicaList unneeded = without(&before, &next->replicas);
    for (int32_t i = 0; i < unneeded.count; i++) {
        zookeeper_leave_isr(next, unneeded.ids[i]);
    }
}

/* isReassignmentComplete */
static bool is_complete(const PartitionRegistration *now)
{
    const ReplicaList wanted = targets(now);
    return !partition_is_reassigning(now) || without(&wanted, &now->isr).count == 0;
}

static bool is_online(const ZooKeeperEra *self, int32_t broker, int32_t partition)
{
    return broker != NO_LEADER && control_is_active(control_of(self), broker) &&
           !partition_index_has(control_of(self)->index, broker, PARTITIONS_OFFLINE, partition);
}

/* moveReassignedPartitionLeaderIfRequired: be it only that it hears of it. */
static void move_leader(const ZooKeeperEra *self, int32_t partition, PartitionRegistration *next)
{
    const ReplicaList wanted = targets(next);
    if (replica_list_has(&wanted, next->leader) && is_online(self, next->leader, partition)) {
        zookeeper_begin_epoch(next);
        return;
    }
    for (int32_t i = 0; i < wanted.count; i++) {
        if (replica_list_has(&next->isr, wanted.ids[i]) &&
            is_online(self, wanted.ids[i], partition)) {
            next->leader = wanted.ids[i];
            zookeeper_begin_epoch(next);
            return;
        }
    }
}

static void complete(const ZooKeeperEra *self, int32_t partition, PartitionRegistration *next)
{
    move_leader(self, partition, next);
    for (int32_t i = 0; i < next->removing.count; i++) {
        zookeeper_leave_isr(next, next->removing.ids[i]);
    }
    next->replicas = targets(next);
    next->adding.count = 0;
    next->removing.count = 0;
}

static void
on_reassignment(ZooKeeperEra *self, int32_t partition, PartitionRegistration *next, const char *why)
{
    const PartitionRegistration *now = controller_partition(self->controller, partition);
    if (is_complete(next)) {
        complete(self, partition, next);
    } else {
        zookeeper_begin_epoch(next);
    }
    const PartitionChangeRecord change = {
        .has_replicas = !replica_list_equal(&next->replicas, &now->replicas),
        .has_adding = !replica_list_equal(&next->adding, &now->adding),
        .has_removing = !replica_list_equal(&next->removing, &now->removing),
    };
    next->partition_epoch = MAX(next->partition_epoch, now->partition_epoch + 1);
    self->busy_until =
        MAX(self->busy_until, actor_now(&self->controller->actor)) +
        self->context->profile->zookeeper_write * (next->partition_epoch - now->partition_epoch);
    const ReplicaList gone = without(&now->replicas, &next->replicas);
    const bool ends = !partition_is_reassigning(next);
    control_append_partition(control_of(self), partition, next, &change, why);
    for (int32_t i = 0; i < gone.count; i++) {
        zookeeper_stop_replica(self, gone.ids[i], partition, true);
    }
    if (ends) {
        topic_deletion_allow(self, NULL);
    }
}

/* To the replicas `target`; an empty list takes back what is under way. */
KafkaError zookeeper_reassign(ZooKeeperEra *self, int32_t partition, const ReplicaList *target)
{
    const PartitionRegistration *now = controller_partition(self->controller, partition);
    if (now == NULL) {
        return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    }
    const bool cancels = target->count == 0;
    const ReplicaList origin = originals(now);
    if (cancels && !partition_is_reassigning(now)) {
        return KAFKA_NO_REASSIGNMENT_IN_PROGRESS;
    }
    const ReplicaList *wanted = cancels ? &origin : target;
    KafkaError error = control_check_assignment(control_of(self), wanted);
    if (error == KAFKA_NONE) {
        PartitionRegistration next = *now;
        update_assignment(&next, wanted);
        on_reassignment(
            self, partition, &next, cancels ? "reassignment cancelled" : "reassignment");
    }
    return error;
}

/* Its ISR has changed. */
void zookeeper_check_reassignment(ZooKeeperEra *self, int32_t partition)
{
    const PartitionRegistration *now = controller_partition(self->controller, partition);
    if (now != NULL && partition_is_reassigning(now) && is_complete(now)) {
        PartitionRegistration next = *now;
        on_reassignment(self, partition, &next, "reassignment");
    }
}

void zookeeper_check_reassignments(ZooKeeperEra *self)
{
    for (int32_t p = 0; p < metadata_partition_count(self->context->metadata); p++) {
        zookeeper_check_reassignment(self, p);
    }
}

static bool has_any(const ReplicaList *list, const GArray *brokers)
{
    for (guint i = 0; i < brokers->len; i++) {
        if (replica_list_has(list, g_array_index(brokers, int32_t, i))) {
            return true;
        }
    }
    return false;
}

void zookeeper_resume_reassignments(ZooKeeperEra *self, const GArray *brokers)
{
    for (int32_t p = 0; p < metadata_partition_count(self->context->metadata); p++) {
        const PartitionRegistration *now = controller_partition(self->controller, p);
        const ReplicaList wanted =
            now != NULL && partition_is_reassigning(now) ? targets(now) : (ReplicaList){0};
        if (wanted.count > 0 && (brokers == NULL || has_any(&wanted, brokers))) {
            PartitionRegistration next = *now;
            on_reassignment(self, p, &next, "reassignment resumed");
        }
    }
}
