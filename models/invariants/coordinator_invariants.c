/* coordinator_invariants.c - what coordinators committed to __consumer_offsets, record by record.
 *
 * Each record is looked at once, when it is committed: the coordinators themselves are not asked.
 * Told by it: how far a group has committed, which member of KIP-848 holds what under which epoch,
 * and that a group has ended, so that its generations begin anew.
 *
 * Left out: share groups; of those that assign() the order of their commits, which nobody keeps;
 * all that is asked here once an offsets partition has lost records. Mirrors nothing of Kafka: see
 * GroupCoordinatorRecordSerde for what it reads. */
#include "models/group/records.h"
#include "models/invariants/invariants_state.h"

#define OFFSET G_GINT64_FORMAT

/* A member of the new protocol, as its last record has it. */
typedef struct MemberProof {
    int32_t number; /* from 1 */
    int32_t epoch;
    PartitionSet *assigned;
    PartitionSet *pending; /* to be revoked */
} MemberProof;

/* How far a group has committed a partition. */
typedef struct CommitProof {
    int64_t committed;   /* -1: whatever comes is right */
    int64_t decided;     /* by the last member that will ask for it, -1 */
    int64_t sent;        /* by the last that asked, -1 */
    int64_t sent_before; /* or decided, or handed out before the last reset; it may yet arrive, and
                            what follows it is lower */
    int64_t late_until;  /* sent when a connection was given up for the last time, ... */
    uint32_t given_up;   /* ... of so many */
} CommitProof;

struct GroupRecordsProof {
    int32_t epoch;
    int32_t last_number;
    GHashTable *members; /* id -> MemberProof; look-up only */
    GArray *holders;     /* int32_t member number by partition, 0 nobody */
    GArray *committed;   /* CommitProof by partition */
    uint32_t given_up;   /* connections with commits on them */
};

/* Of a transaction whose marker is not committed yet. */
typedef struct PendingCommit {
    int32_t log; /* partition of __consumer_offsets */
    int64_t producer_id;
    int32_t group;
    int32_t partition;
    int64_t offset;
} PendingCommit;

static void free_member(gpointer data)
{
    MemberProof *member = data;
    partition_set_unref(member->assigned);
    partition_set_unref(member->pending);
    g_free(member);
}

static void free_proof(gpointer data)
{
    GroupRecordsProof *self = data;
    g_hash_table_destroy(self->members);
    g_array_free(self->holders, TRUE);
    g_array_free(self->committed, TRUE);
    g_free(self);
}

void invariants_make_coordinators(Invariants *self)
{
    self->group_indices = g_hash_table_new(g_str_hash, g_str_equal);
    self->group_records = g_ptr_array_new_with_free_func(free_proof);
    self->pending_commits = g_array_new(FALSE, FALSE, sizeof(PendingCommit));
    for (int32_t g = 0; g < self->context.groups; g++) {
        GroupRecordsProof *proof = g_new0(GroupRecordsProof, 1);
        proof->members = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_member);
        proof->holders = g_array_new(FALSE, TRUE, sizeof(int32_t));
        proof->committed = g_array_new(FALSE, FALSE, sizeof(CommitProof));
        g_ptr_array_add(self->group_records, proof);
        if (self->context.group_ids != NULL && self->context.group_ids[g] != NULL) {
            g_hash_table_insert(self->group_indices,
                                (gpointer)(guintptr)self->context.group_ids[g],
                                GINT_TO_POINTER(g + 1));
        }
    }
}

void invariants_free_coordinators(Invariants *self)
{
    g_hash_table_destroy(self->group_indices);
    g_ptr_array_free(self->group_records, TRUE);
    g_array_free(self->pending_commits, TRUE);
}

/* ---- offsets */

static CommitProof *committed_of(Invariants *self, int32_t group, int32_t partition)
{
    GArray *committed = ((GroupRecordsProof *)self->group_records->pdata[group])->committed;
    while (committed->len <= (guint)partition) {
        const CommitProof none = {-1, -1, -1, -1, -1, 0};
        g_array_append_val(committed, none);
    }
    return &g_array_index(committed, CommitProof, partition);
}

void invariants_may_go_back(Invariants *self, int32_t group, int32_t partition, int64_t held)
{
    CommitProof *proof = committed_of(self, group, partition);
    const int64_t asked = MAX(proof->sent, proof->decided);
    proof->committed = -1;
    proof->sent_before = MAX(proof->sent_before, MAX(asked, held));
}

/* What was sent up to there may arrive behind what was sent after it: a coordinator takes the
 * commits of a generation as they come, and they come in order on one connection only. A classic
 * consumer sends its next automatic commit without waiting for the answer to the last
 * (ConsumerCoordinator.autoCommitOffsetsAsync), and goes on on another connection when it gives up
 * that one. */
static int64_t late_until(const Invariants *self, int32_t group, CommitProof *proof)
{
    uint32_t given_up = ((GroupRecordsProof *)self->group_records->pdata[group])->given_up;
    if (proof->given_up != given_up) {
        proof->given_up = given_up;
        proof->late_until = proof->sent;
    }
    return proof->late_until;
}

void invariants_note_decided(Invariants *self, int32_t group, int32_t partition, int64_t offset)
{
    committed_of(self, group, partition)->decided = offset;
}

void invariants_note_sent(Invariants *self, int32_t group, int32_t partition, int64_t offset)
{
    CommitProof *proof = committed_of(self, group, partition);
    (void)late_until(self, group, proof);
    proof->sent = offset;
}

void invariants_on_commit_unanswered(Invariants *self, int32_t group)
{
    ((GroupRecordsProof *)self->group_records->pdata[group])->given_up++;
}

/* What was committed of records that are gone, or of a topic that is. */
void invariants_forget_commits(Invariants *self, int32_t partition)
{
    for (int32_t g = 0; g < self->context.groups; g++) {
        invariants_may_go_back(self, g, partition, -1);
    }
}

/* Do its members commit one after the other, to coordinators that remember? */
static bool is_ordered(const Invariants *self, int32_t group)
{
    return !self->coordinators_excused && !invariants_assigns(self, group);
}

static void on_offset(Invariants *self, int32_t group, int32_t partition, int64_t offset)
{
    CommitProof *commits = committed_of(self, group, partition);
    const PartitionProof *proof = invariants_known_partition(self, partition);
    bool is_certain = proof == NULL || !proof->suspect;
    bool goes_back = offset >= 0 && offset < commits->committed;
    if (goes_back && commits->committed <= commits->sent_before) {
        commits->sent_before = -1; /* what stood there was sent before the reset */
    } else if (goes_back && is_certain && is_ordered(self, group) &&
               offset > late_until(self, group, commits)) {
        invariants_violated(self,
                            "offsets never go back",
                            partition,
                            "group %s commits %" OFFSET " after %" OFFSET ", and nobody was reset",
                            invariants_group_name(self, group),
                            offset,
                            commits->committed);
    }
    commits->committed = offset;
    invariants_note_accepted(self, group, partition, offset);
}

static void on_offsets(Invariants *self,
                       int32_t group,
                       const CoordinatorRecord *record,
                       const RecordBatch *batch)
{
    for (int32_t i = 0; i < record->offset_count; i++) {
        const OffsetEntry *entry = &record->offsets[i];
        if (!batch->transactional) {
            on_offset(self, group, entry->partition, entry->offset);
            continue;
        }
        const PendingCommit pending = {
            batch->partition, batch->producer_id, group, entry->partition, entry->offset};
        g_array_append_val(self->pending_commits, pending);
    }
}

static void on_marker(Invariants *self, const RecordBatch *marker)
{
    guint kept = 0;
    for (guint i = 0; i < self->pending_commits->len; i++) {
        const PendingCommit pending = g_array_index(self->pending_commits, PendingCommit, i);
        if (pending.log != marker->partition || pending.producer_id != marker->producer_id) {
            g_array_index(self->pending_commits, PendingCommit, kept++) = pending;
        } else if (!marker->aborts) {
            on_offset(self, pending.group, pending.partition, pending.offset);
        }
    }
    g_array_set_size(self->pending_commits, kept);
}

/* ---- members of KIP-848 */

static void set_holder(GroupRecordsProof *proof, const PartitionSet *set, int32_t number)
{
    for (int32_t i = 0; i < set->count; i++) {
        if (proof->holders->len <= (guint)set->items[i]) {
            g_array_set_size(proof->holders, (guint)set->items[i] + 1);
        }
        g_array_index(proof->holders, int32_t, set->items[i]) = number;
    }
}

static void remove_member(GroupRecordsProof *proof, const char *id)
{
    const MemberProof *member = g_hash_table_lookup(proof->members, id);
    if (member != NULL) {
        set_holder(proof, member->assigned, 0);
        set_holder(proof, member->pending, 0);
        g_hash_table_remove(proof->members, id);
    }
}

static MemberProof *member_of(GroupRecordsProof *proof, const char *id)
{
    MemberProof *member = g_hash_table_lookup(proof->members, id);
    if (member == NULL) {
        member = g_new0(MemberProof, 1);
        member->number = ++proof->last_number;
        member->assigned = partition_set_empty();
        member->pending = partition_set_empty();
        g_hash_table_insert(proof->members, g_strdup(id), member);
    }
    return member;
}

static void
check_free(Invariants *self, int32_t group, const GroupRecordsProof *proof, const PartitionSet *set)
{
    for (int32_t i = 0; i < set->count; i++) {
        if ((guint)set->items[i] < proof->holders->len &&
            g_array_index(proof->holders, int32_t, set->items[i]) != 0) {
            invariants_violated(self,
                                "one owner",
                                set->items[i],
                                "group %s gives it to a member while another still holds it",
                                invariants_group_name(self, group));
        }
    }
}

static void check_epoch(Invariants *self,
                        int32_t group,
                        const GroupRecordsProof *proof,
                        const MemberProof *member,
                        const CurrentAssignment *now)
{
    if (now->epoch > proof->epoch || (now->epoch >= 0 && now->epoch < member->epoch) ||
        (now->epoch >= 0 && now->previous_epoch > now->epoch)) {
        checks_violated(self->context.checks,
                        "valid member epochs",
                        "group %s: a member goes from epoch %d to %d (previous %d), the group's is "
                        "%d",
                        invariants_group_name(self, group),
                        member->epoch,
                        now->epoch,
                        now->previous_epoch,
                        proof->epoch);
    }
}

static void on_current(Invariants *self, int32_t group, const ModernRecord *record)
{
    GroupRecordsProof *proof = self->group_records->pdata[group];
    if (record->is_tombstone) {
        remove_member(proof, record->member_id);
        return;
    }
    const CurrentAssignment *now = &record->current;
    MemberProof *member = member_of(proof, record->member_id);
    check_epoch(self, group, proof, member, now);
    set_holder(proof, member->assigned, 0);
    set_holder(proof, member->pending, 0);
    check_free(self, group, proof, now->assigned);
    check_free(self, group, proof, now->pending_revocation);
    set_holder(proof, now->assigned, member->number);
    set_holder(proof, now->pending_revocation, member->number);
    partition_set_assign(&member->assigned, now->assigned);
    partition_set_assign(&member->pending, now->pending_revocation);
    member->epoch = MAX(0, now->epoch); /* away: a static one */
}

static void on_group_ended(Invariants *self, int32_t group)
{
    GroupRecordsProof *proof = self->group_records->pdata[group];
    proof->epoch = 0;
    g_hash_table_remove_all(proof->members); /* each has a tombstone of its own in Kafka */
    g_array_set_size(proof->holders, 0);
    invariants_forget_generations(self, group);
}

static void on_modern(Invariants *self, int32_t group, const ModernRecord *record)
{
    GroupRecordsProof *proof = self->group_records->pdata[group];
    if (record->type != MODERN_GROUP_CONSUMER) {
        return;
    }
    if (record->kind == MODERN_RECORD_CURRENT_ASSIGNMENT) {
        on_current(self, group, record);
    } else if (record->kind == MODERN_RECORD_GROUP_EPOCH && record->is_tombstone) {
        on_group_ended(self, group);
    } else if (record->kind == MODERN_RECORD_GROUP_EPOCH ||
               record->kind == MODERN_RECORD_TARGET_EPOCH) {
        bool is_group = record->kind == MODERN_RECORD_GROUP_EPOCH;
        if (!record->is_tombstone &&
            (is_group ? record->epoch < proof->epoch : record->epoch > proof->epoch)) {
            checks_violated(self->context.checks,
                            "valid member epochs",
                            "group %s: %s epoch %d, the group's was %d",
                            invariants_group_name(self, group),
                            is_group ? "group" : "target",
                            record->epoch,
                            proof->epoch);
        }
        if (is_group && proof->epoch == 0) { /* it was a classic group, or is new */
            invariants_forget_generations(self, group);
        }
        proof->epoch = is_group ? record->epoch : proof->epoch;
    }
}

/* ---- all */

void invariants_on_coordinator_batch(Invariants *self, const RecordBatch *batch)
{
    if (self->context.records == NULL || batch->merged) {
        return;
    }
    if (batch->control) {
        on_marker(self, batch);
        return;
    }
    const CoordinatorRecord *record =
        batch->payload == 0 ? NULL
                            : coordinator_records_first(self->context.records, batch->payload);
    for (; record != NULL; record = record->next) {
        int32_t group =
            GPOINTER_TO_INT(g_hash_table_lookup(self->group_indices, record->group_id)) - 1;
        if (group < 0) {
            continue;
        }
        if (record->snapshot == NULL && record->modern == NULL && !record->is_tombstone) {
            on_offsets(self, group, record, batch);
        } else if (self->coordinators_excused) {
            continue;
        } else if (record->modern != NULL) {
            on_modern(self, group, record->modern);
        } else if (record->is_tombstone) {
            on_group_ended(self, group);
        }
    }
}
