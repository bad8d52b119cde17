/* partition_change.c - see the header. Mirrors: PartitionChangeBuilder.build.
 *
 * Leaves out for now: reassignment (adding, removing), directories. */
#include "models/controller/partition_change.h"

typedef struct Choice {
    int32_t leader;
    bool unclean;
} Choice;

static bool is_acceptable(const PartitionChange *change, int32_t broker)
{
    return change->is_acceptable_leader(change->user, broker);
}

/* In the target ISR, or in the target ELR once the ISR is empty. */
static bool is_valid(const PartitionChange *change, const ReplicaList *elr, int32_t broker)
{
    const ReplicaList *from = change->target_isr.count > 0 ? &change->target_isr : elr;
    return broker != NO_LEADER && replica_list_has(from, broker) && is_acceptable(change, broker);
}

static int32_t first_valid(const PartitionChange *change, const ReplicaList *elr)
{
    const ReplicaList *replicas = &change->now->replicas;
    for (int32_t i = 0; i < replicas->count; i++) {
        if (is_valid(change, elr, replicas->ids[i])) {
            return replicas->ids[i];
        }
    }
    return NO_LEADER;
}

static int32_t first_acceptable(const PartitionChange *change)
{
    const ReplicaList *replicas = &change->now->replicas;
    for (int32_t i = 0; i < replicas->count; i++) {
        if (is_acceptable(change, replicas->ids[i])) {
            return replicas->ids[i];
        }
    }
    return NO_LEADER;
}

static Choice elect(const PartitionChange *change, const ReplicaList *elr)
{
    const PartitionRegistration *now = change->now;
    if (change->election == ELECTION_PREFERRED && is_valid(change, elr, now->replicas.ids[0])) {
        return (Choice){now->replicas.ids[0], false};
    }
    if (is_valid(change, elr, now->leader)) {
        return (Choice){now->leader, false};
    }
    int32_t any = first_valid(change, elr);
    if (any != NO_LEADER) {
        return (Choice){any, false};
    }
    bool last_known = change->elr_enabled && change->target_isr.count == 0 && elr->count == 0 &&
                      now->last_known_elr.count == 1 &&
                      is_acceptable(change, now->last_known_elr.ids[0]);
    if (last_known) {
        return (Choice){now->last_known_elr.ids[0], true};
    }
    if (change->election == ELECTION_UNCLEAN) {
        any = first_acceptable(change);
        return (Choice){any, any != NO_LEADER};
    }
    return (Choice){NO_LEADER, false};
}

/* (old ELR + old ISR) - target ISR - unclean shutdowns, while the ISR is below min ISR. */
static ReplicaList target_elr(const PartitionChange *change)
{
    ReplicaList elr = {0};
    if (!change->elr_enabled || change->target_isr.count >= change->min_isr) {
        return elr;
    }
    const ReplicaList *sources[] = {&change->now->elr, &change->now->isr};
    for (int s = 0; s < 2; s++) {
        for (int32_t i = 0; i < sources[s]->count; i++) {
            int32_t id = sources[s]->ids[i];
            if (!replica_list_has(&change->target_isr, id) &&
                !replica_list_has(&change->unclean_shutdown_replicas, id)) {
                replica_list_add(&elr, id);
            }
        }
    }
    return elr;
}

static void set_single(ReplicaList *list, int32_t id)
{
    list->count = 0;
    replica_list_add(list, id);
}

static void apply_election(const PartitionChange *change,
                           Choice choice,
                           ReplicaList *isr,
                           ReplicaList *elr,
                           PartitionRegistration *next)
{
    if (choice.leader == change->now->leader) {
        return;
    }
    next->leader = choice.leader;
    next->leader_epoch++;
    if (choice.unclean) {
        set_single(isr, choice.leader);
        elr->count = 0;
        next->recovery = LEADER_RECOVERING;
    } else if (choice.leader != NO_LEADER && isr->count == 0) {
        set_single(isr, choice.leader); /* a clean leader from the ELR */
        replica_list_remove(elr, choice.leader);
    }
}

static void update_last_known(const PartitionChange *change, PartitionRegistration *next)
{
    if (!change->elr_enabled) {
        return;
    }
    if (next->leader != NO_LEADER) {
        next->last_known_elr.count = 0;
    } else if (next->isr.count == 0 && change->now->leader != NO_LEADER) {
        set_single(&next->last_known_elr, change->now->leader);
    }
}

bool partition_change_build(const PartitionChange *change, PartitionRegistration *ret_next)
{
    const PartitionRegistration *now = change->now;
    PartitionRegistration next = *now;
    ReplicaList isr = change->target_isr;
    ReplicaList elr = target_elr(change);
    apply_election(change, elect(change, &elr), &isr, &elr, &next);
    if (isr.count > 0 || change->elr_enabled) {
        next.isr = isr; /* without ELR the last member stays listed */
    }
    next.elr = elr;
    update_last_known(change, &next);
    if (change->set_recovered && next.leader == now->leader) {
        next.recovery = LEADER_RECOVERED;
    }
    bool changed = next.leader_epoch != now->leader_epoch ||
                   !replica_list_equal(&next.isr, &now->isr) ||
                   !replica_list_equal(&next.elr, &now->elr) ||
                   !replica_list_equal(&next.last_known_elr, &now->last_known_elr) ||
                   next.recovery != now->recovery;
    if (changed) {
        next.partition_epoch++;
    }
    *ret_next = next;
    return changed;
}
