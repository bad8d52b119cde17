/* partition_merge.c - a change record into the registration; what a reassignment wants.
 * Mirrors: PartitionRegistration.merge, PartitionReassignmentReplicas,
 * PartitionReassignmentRevert. */
#include "models/controller/partition_change.h"

PartitionRegistration partition_change_merge(const PartitionRegistration *now,
                                             const PartitionChangeRecord *record)
{
    PartitionRegistration next = *now;
    next.isr = record->has_isr ? record->isr : now->isr;
    next.replicas = record->has_replicas ? record->replicas : now->replicas;
    next.removing = record->has_removing ? record->removing : now->removing;
    next.adding = record->has_adding ? record->adding : now->adding;
    next.elr = record->has_elr ? record->elr : now->elr;
    next.last_known_elr = record->has_last_known_elr ? record->last_known_elr : now->last_known_elr;
    next.recovery = record->has_recovery ? record->recovery : now->recovery;
    if (record->has_leader) {
        next.leader = record->leader;
        next.leader_epoch++;
    }
    next.partition_epoch++;
    return next;
}

bool partition_change_build(const PartitionChange *change, PartitionRegistration *ret_next)
{
    PartitionChangeRecord record;
    bool changed = partition_change_record(change, &record);
    *ret_next = changed ? partition_change_merge(change->now, &record) : *change->now;
    return changed;
}

bool partition_is_reassigning(const PartitionRegistration *partition)
{
    return partition->removing.count > 0 || partition->adding.count > 0;
}

/* a - b, ascending ids. */
static ReplicaList difference(const ReplicaList *a, const ReplicaList *b)
{
    ReplicaList result = {0};
    for (int32_t i = 0; i < a->count; i++) {
        if (replica_list_has(b, a->ids[i])) {
            continue;
        }
        int32_t at = result.count++;
        while (at > 0 && result.ids[at - 1] > a->ids[i]) {
            result.ids[at] = result.ids[at - 1];
            at--;
        }
        result.ids[at] = a->ids[i];
    }
    return result;
}

void partition_change_reassign(PartitionChange *change, const ReplicaList *target)
{
    const ReplicaList *current = &change->now->replicas;
    ReplicaList removing = difference(current, target);
    ReplicaList adding = difference(target, current);
    change->target_replicas = *target;
    for (int32_t i = 0; i < removing.count; i++) {
        replica_list_add(&change->target_replicas, removing.ids[i]);
    }
    if (removing.count > 0) { /* an empty list leaves what is wanted now, as Kafka does */
        change->target_removing = removing;
    }
    if (adding.count > 0) {
        change->target_adding = adding;
    }
}

bool partition_change_revert(PartitionChange *change)
{
    const PartitionRegistration *now = change->now;
    for (int32_t i = 0; i < now->adding.count; i++) {
        replica_list_remove(&change->target_replicas, now->adding.ids[i]);
        replica_list_remove(&change->target_isr, now->adding.ids[i]);
    }
    change->target_removing.count = 0;
    change->target_adding.count = 0;
    bool unclean = change->target_isr.count == 0;
    if (unclean && change->target_replicas.count > 0) {
        replica_list_add(&change->target_isr, change->target_replicas.ids[0]);
    }
    return unclean;
}
