/* partition_change.c - see the header. The order of the steps is that of
 * PartitionChangeBuilder.build: finish a reassignment, eligible leader replicas, election, leader
 * epoch, ELR, ISR, last known leader, assignment, recovery state. */
#include "models/controller/partition_change.h"
#include "models/controller/java_order.h"
#include <string.h>

/* A change being built: targets move as steps are done. */
typedef struct Builder {
    const PartitionChange *change;
    const PartitionRegistration *now;
    ReplicaList isr;
    ReplicaList replicas;
    ReplicaList removing;
    ReplicaList adding;
    ReplicaList elr;
    ReplicaList last_known_elr;
    PartitionChangeRecord *record;
} Builder;

typedef struct Choice {
    int32_t leader;
    bool unclean;
} Choice;

static ReplicaList only(int32_t id)
{
    ReplicaList list = {0};
    list.count = 1;
    list.ids[0] = id;
    return list;
}

static bool has_all(const ReplicaList *list, const ReplicaList *wanted)
{
    for (int32_t i = 0; i < wanted->count; i++) {
        if (!replica_list_has(list, wanted->ids[i])) {
            return false;
        }
    }
    return true;
}

static ReplicaList without(const ReplicaList *list, const ReplicaList *gone)
{
    ReplicaList kept = {0};
    for (int32_t i = 0; i < list->count; i++) {
        if (!replica_list_has(gone, list->ids[i])) {
            kept.ids[kept.count++] = list->ids[i];
        }
    }
    return kept;
}

/* All that is to stay is in sync: adding and removing are done. */
static void complete_reassignment(Builder *self)
{
    if ((self->removing.count == 0 && self->adding.count == 0) ||
        self->change->keeps_reassignment) {
        return;
    }
    ReplicaList isr = without(&self->isr, &self->removing);
    ReplicaList replicas = without(&self->replicas, &self->removing);
    bool emptied = self->removing.count > 0 && (isr.count == 0 || replicas.count == 0);
    if (emptied || !has_all(&isr, &replicas)) {
        return;
    }
    self->isr = isr;
    self->replicas = replicas;
    self->removing.count = 0;
    self->adding.count = 0;
}

/* (old ELR + old ISR) - target ISR - unclean shutdowns, while the ISR is below min ISR; in the
 * order of a Java set. */
static void populate_elr(Builder *self)
{
    const PartitionChange *change = self->change;
    if (!change->elr_enabled) {
        return;
    }
    if (self->isr.count >= change->min_isr) {
        self->elr.count = 0;
        self->last_known_elr.count = 0;
        return;
    }
    JavaOrderSet candidates = java_order_set_of(&self->now->elr);
    java_order_set_add_all(&candidates, &self->now->isr);
    ReplicaList outside = without(&candidates.ids, &self->isr);
    self->elr = without(&outside, &change->unclean_shutdown_replicas);
    java_order_set_add_all(&candidates, &self->last_known_elr);
    outside = without(&candidates.ids, &self->isr);
    self->last_known_elr = without(&outside, &self->elr);
}

/* ---- election */

static bool is_acceptable(const Builder *self, int32_t broker)
{
    return self->change->is_acceptable_leader(self->change->user, broker);
}

/* In the target ISR, or in the target ELR once the ISR is empty. */
static bool is_valid(const Builder *self, int32_t broker)
{
    const ReplicaList *from = self->isr.count > 0 ? &self->isr : &self->elr;
    return replica_list_has(from, broker) && is_acceptable(self, broker);
}

static int32_t first_replica(const Builder *self, bool (*test)(const Builder *, int32_t))
{
    for (int32_t i = 0; i < self->replicas.count; i++) {
        if (test(self, self->replicas.ids[i])) {
            return self->replicas.ids[i];
        }
    }
    return NO_LEADER;
}

/* Nobody is left in ISR and ELR, and it is known who led last: balanced recovery. */
static bool may_elect_last_known(const Builder *self)
{
    return self->change->elr_enabled && !self->change->without_last_known_leader &&
           self->isr.count == 0 && self->elr.count == 0 && self->now->last_known_elr.count == 1 &&
           is_acceptable(self, self->now->last_known_elr.ids[0]);
}

static Choice elect(const Builder *self)
{
    Election election = self->change->election;
    if (election == ELECTION_PREFERRED && is_valid(self, self->replicas.ids[0])) {
        return (Choice){self->replicas.ids[0], false};
    }
    if (is_valid(self, self->now->leader)) {
        return (Choice){self->now->leader, false};
    }
    int32_t any = first_replica(self, is_valid);
    if (any != NO_LEADER) {
        return (Choice){any, false};
    }
    if (may_elect_last_known(self)) {
        return (Choice){self->now->last_known_elr.ids[0], true};
    }
    if (election == ELECTION_UNCLEAN) {
        any = first_replica(self, is_acceptable);
        return (Choice){any, any != NO_LEADER};
    }
    return (Choice){NO_LEADER, false};
}

static void set_leader(Builder *self, int32_t leader)
{
    self->record->has_leader = true;
    self->record->leader = leader;
}

static void set_recovery(Builder *self, LeaderRecoveryState recovery)
{
    self->record->has_recovery = true;
    self->record->recovery = recovery;
}

static void try_election(Builder *self)
{
    Choice choice = elect(self);
    if (choice.leader == self->now->leader) {
        return;
    }
    if (replica_list_has(&self->elr, choice.leader)) {
        self->isr = only(choice.leader);
        replica_list_remove(&self->elr, choice.leader);
    }
    set_leader(self, choice.leader);
    if (choice.unclean) {
        self->record->has_isr = true;
        self->record->isr = only(choice.leader);
        if (self->now->recovery != LEADER_RECOVERING &&
            self->change->metadata_version >= METADATA_VERSION_3_2_IV0) {
            set_recovery(self, LEADER_RECOVERING);
        }
    }
}

/* ---- fields of the record */

static void set_elr(Builder *self)
{
    const PartitionChange *change = self->change;
    PartitionChangeRecord *record = self->record;
    if (record->has_isr || !change->elr_enabled) { /* unclean, or no ELR */
        self->elr.count = 0;
        self->last_known_elr.count = 0;
    }
    if (!replica_list_equal(&self->elr, &self->now->elr)) {
        record->has_elr = true;
        record->elr = self->elr;
    }
    if (change->without_last_known_leader &&
        !replica_list_equal(&self->last_known_elr, &self->now->last_known_elr)) {
        record->has_last_known_elr = true;
        record->last_known_elr = self->last_known_elr;
    }
}

static void set_isr(Builder *self)
{
    PartitionChangeRecord *record = self->record;
    bool may_be_set = self->isr.count > 0 || self->change->elr_enabled;
    if (!record->has_isr && may_be_set && !replica_list_equal(&self->isr, &self->now->isr)) {
        record->has_isr = true;
        record->isr = self->isr;
    }
}

/* Before 3.6 a shrink needed a new leader epoch (KAFKA-15021); with ZooKeeper the controller's. */
static void bump_leader_epoch_for_shrink(Builder *self)
{
    PartitionChangeRecord *record = self->record;
    const PartitionChange *change = self->change;
    bool bumps =
        change->bumps_epoch_for_shrink || change->metadata_version < METADATA_VERSION_3_6_IV0;
    if (bumps && !record->has_leader && record->has_isr &&
        !has_all(&record->isr, &self->now->isr)) {
        set_leader(self, self->now->leader);
    }
}

static void set_last_known_leader(Builder *self)
{
    const PartitionRegistration *now = self->now;
    PartitionChangeRecord *record = self->record;
    if (self->change->without_last_known_leader || !self->change->elr_enabled) {
        return;
    }
    int32_t leader = record->has_leader ? record->leader : now->leader;
    bool known = now->last_known_elr.count == 1 && now->last_known_elr.ids[0] == now->leader;
    if (record->has_isr && record->isr.count == 0 && !known) {
        record->has_last_known_elr = true;
        record->last_known_elr = only(now->leader);
    } else if (leader != NO_LEADER && now->last_known_elr.count > 0) {
        record->has_last_known_elr = true;
        record->last_known_elr.count = 0;
    }
}

static void set_directories(Builder *self)
{
    const PartitionChange *change = self->change;
    PartitionChangeRecord *record = self->record;
    if (change->directories == NULL || change->metadata_version < METADATA_VERSION_3_7_IV2) {
        return;
    }
    record->directory_count = self->replicas.count;
    for (int32_t i = 0; i < self->replicas.count; i++) {
        record->directories[i] = change->default_directory;
        for (int32_t k = 0; k < self->now->replicas.count; k++) {
            if (self->now->replicas.ids[k] == self->replicas.ids[i]) {
                record->directories[i] = change->directories[k];
            }
        }
    }
    record->has_directories = record->directory_count != self->now->replicas.count ||
                              memcmp(record->directories,
                                     change->directories,
                                     sizeof(int32_t) * (size_t)record->directory_count) != 0;
}

static void set_assignment(Builder *self)
{
    PartitionChangeRecord *record = self->record;
    if (self->replicas.count > 0) {
        set_directories(self);
        record->has_replicas = !replica_list_equal(&self->replicas, &self->now->replicas);
        record->replicas = self->replicas;
    }
    record->has_removing = !replica_list_equal(&self->removing, &self->now->removing);
    record->removing = self->removing;
    record->has_adding = !replica_list_equal(&self->adding, &self->now->adding);
    record->adding = self->adding;
}

static int record_version(int metadata_version)
{
    if (metadata_version >= METADATA_VERSION_4_0_IV1) {
        return 2;
    }
    return metadata_version >= METADATA_VERSION_3_7_IV2 ? 1 : 0;
}

PartitionChange partition_change_of(const PartitionRegistration *now)
{
    return (PartitionChange){
        .now = now,
        .target_isr = now->isr,
        .target_replicas = now->replicas,
        .target_removing = now->removing,
        .target_adding = now->adding,
        .target_recovery = now->recovery,
        .election = ELECTION_ONLINE,
        .metadata_version = METADATA_VERSION_4_1_IV1,
    };
}

bool partition_change_record(const PartitionChange *change, PartitionChangeRecord *ret_record)
{
    const PartitionRegistration *now = change->now;
    Builder self = {
        .change = change,
        .now = now,
        .isr = change->target_isr,
        .replicas = change->target_replicas,
        .removing = change->target_removing,
        .adding = change->target_adding,
        .elr = now->elr,
        .last_known_elr = now->last_known_elr,
        .record = ret_record,
    };
    memset(ret_record, 0, sizeof(*ret_record));
    complete_reassignment(&self);
    populate_elr(&self);
    try_election(&self);
    if (!ret_record->has_leader && !has_all(&self.replicas, &now->replicas)) {
        set_leader(&self, now->leader); /* a replica leaves: a new leader epoch */
    }
    set_elr(&self);
    set_isr(&self);
    bump_leader_epoch_for_shrink(&self);
    set_last_known_leader(&self);
    set_assignment(&self);
    if (change->target_recovery != now->recovery) {
        set_recovery(&self, change->target_recovery);
    }
    ret_record->version = record_version(change->metadata_version);
    return ret_record->has_isr || ret_record->has_leader || ret_record->has_replicas ||
           ret_record->has_removing || ret_record->has_adding || ret_record->has_recovery ||
           ret_record->has_elr || ret_record->has_last_known_elr || ret_record->has_directories;
}
