/* group_invariants.c - who owns what in a group, and what the group has been handed. */
#include "models/invariants/invariants_state.h"

#define OFFSET G_GINT64_FORMAT

/* A partition of a group: who has claimed it, and what stands in the offsets topic. */
typedef struct Place {
    int32_t generation; /* of the last claim, -1 */
    int32_t owner;
    int32_t sender; /* the member that asked last for a commit of it */
    uint32_t committed_losses;
    int64_t committed; /* what a coordinator accepted last, 0: nothing */
} Place;

/* How far a partition was handed out without a gap: to the group; where its members call assign()
 * each has a position of its own. */
typedef struct Handed {
    int64_t next;    /* -1: nothing yet, wherever the group begins is right */
    uint32_t losses; /* of the partition, when this was noted: a later one begins anew */
    int64_t decided; /* last, to be committed */
    uint32_t decided_losses;
    int64_t sent;         /* last */
    uint32_t sent_losses; /* of the history that it is a place in */
    int64_t skipping;     /* decided last of what was not handed out, 0: nothing */
    int64_t skipping_next;
} Handed;

/* What a member says of itself. */
typedef struct Claim {
    int32_t generation;
    int32_t life;         /* of the group, when it first said so */
    const char *instance; /* group.instance.id; NULL: dynamic */
    int32_t replaced_in;  /* another process joined as that instance: its first generation; -1 */
} Claim;

/* A group whose last member went is deleted: when one of the other protocol comes, when its offsets
 * expire. Who comes then founds another group of that name, and its generations begin anew: that is
 * another life. Whoever was frozen meanwhile goes on in its generation of the old life until its
 * coordinator tells it, and may meet the same number there.
 *
 * Who joins with the group.instance.id of a living member takes its place and its partitions in the
 * same generation (KIP-345). The other one reads on until a heartbeat or a commit is answered with
 * FENCED_INSTANCE_ID, and can be told of no generation that is younger than its successor. */
struct GroupProof {
    GArray *places;     /* Place by partition index */
    GPtrArray *readers; /* partition index -> Handed, look-up only: what it reads is a small part
                         * of all. With assign() by member index, else there is one */
    GArray *claims;     /* Claim by member index */
    int32_t life;
};

const char *invariants_group_name(const Invariants *self, int32_t group)
{
    const char *id = self->context.group_ids != NULL ? self->context.group_ids[group] : NULL;
    return id != NULL ? id : "(that keeps no offsets)";
}

static void free_reader(gpointer data)
{
    g_hash_table_destroy(data);
}

void invariants_make_groups(Invariants *self)
{
    self->groups = g_ptr_array_new();
    for (int32_t g = 0; g < self->context.groups; g++) {
        GroupProof *group = g_new0(GroupProof, 1);
        group->places = g_array_new(FALSE, FALSE, sizeof(Place));
        group->readers = g_ptr_array_new_with_free_func(free_reader);
        group->claims = g_array_new(FALSE, FALSE, sizeof(Claim));
        g_ptr_array_add(self->groups, group);
    }
}

void invariants_free_groups(Invariants *self)
{
    for (guint g = 0; g < self->groups->len; g++) {
        GroupProof *group = self->groups->pdata[g];
        g_array_free(group->places, TRUE);
        g_ptr_array_free(group->readers, TRUE);
        g_array_free(group->claims, TRUE);
        g_free(group);
    }
    g_ptr_array_free(self->groups, TRUE);
}

static Place *place_of(Invariants *self, int32_t group, int32_t partition)
{
    GArray *places = ((GroupProof *)self->groups->pdata[group])->places;
    while (places->len <= (guint)partition) {
        const Place none = {.generation = -1, .owner = -1};
        g_array_append_val(places, none);
    }
    return &g_array_index(places, Place, partition);
}

bool invariants_assigns(const Invariants *self, int32_t group)
{
    const bool *by_hand = self->context.assigned_by_hand;
    return by_hand != NULL && by_hand[group];
}

void invariants_forget_generations(Invariants *self, int32_t group)
{
    GroupProof *proof = self->groups->pdata[group];
    for (guint i = 0; i < proof->places->len; i++) {
        g_array_index(proof->places, Place, i).generation = -1;
    }
    proof->life++;
}

static Handed *handed_of(Invariants *self, GroupReader reader, int32_t partition)
{
    const int32_t place = invariants_assigns(self, reader.group) ? reader.member : 0;
    GPtrArray *readers = ((GroupProof *)self->groups->pdata[reader.group])->readers;
    while (readers->len <= (guint)place) {
        g_ptr_array_add(readers, g_hash_table_new_full(NULL, NULL, NULL, g_free));
    }
    Handed *handed = g_hash_table_lookup(readers->pdata[place], GINT_TO_POINTER(partition));
    if (handed == NULL) {
        handed = g_new0(Handed, 1);
        handed->next = -1;
        g_hash_table_insert(readers->pdata[place], GINT_TO_POINTER(partition), handed);
    }
    return handed;
}

static Claim *claim_of(GroupProof *group, int32_t member)
{
    while (group->claims->len <= (guint)member) {
        const Claim none = {.generation = -1, .life = 0, .replaced_in = -1};
        g_array_append_val(group->claims, none);
    }
    return &g_array_index(group->claims, Claim, member);
}

void invariants_on_instance(Invariants *self, int32_t group, int32_t member, const char *instance)
{
    claim_of(self->groups->pdata[group], member)->instance = instance;
}

static bool are_one_instance(const Claim *a, const Claim *b)
{
    return a->instance != NULL && g_strcmp0(a->instance, b->instance) == 0;
}

/* It has joined, and is its instance from now on. */
static void replace_others(const GroupProof *group, Claim *claim, int32_t generation)
{
    for (guint i = 0; i < group->claims->len; i++) {
        Claim *other = &g_array_index(group->claims, Claim, i);
        if (other != claim && are_one_instance(other, claim)) {
            other->replaced_in = generation;
        }
    }
    claim->replaced_in = -1;
}

/* Does the member know the group as it is now? */
static bool is_of_this_life(GroupProof *group, int32_t member, int32_t generation)
{
    Claim *claim = claim_of(group, member);
    if (claim->generation < 0 && generation >= 0 && claim->instance != NULL) {
        replace_others(group, claim, generation);
    }
    if (claim->generation != generation) {
        claim->generation = generation;
        claim->life = group->life;
    }
    return claim->life == group->life;
}

/* Of two that own one partition: is one the other's successor, which the other does not know? */
static bool is_replacement(GroupProof *group, int32_t before, int32_t after, int32_t generation)
{
    const Claim *old = claim_of(group, before);
    return are_one_instance(old, claim_of(group, after)) && old->replaced_in >= generation;
}

/* Who was put out and has given all up claims nothing. A generation whose assignment was never
 * stored is forgotten by the next coordinator (only SyncGroup writes the group), which then counts
 * to the same number. */
static void release(GroupProof *group, int32_t member)
{
    for (guint i = 0; i < group->places->len; i++) {
        Place *place = &g_array_index(group->places, Place, i);
        if (place->owner == member) {
            place->owner = -1;
            place->generation = -1;
        }
    }
}

void invariants_on_owned(Invariants *self,
                         int32_t group,
                         int32_t member,
                         int32_t generation,
                         const int32_t *partitions,
                         int32_t count)
{
    GroupProof *proof = self->groups->pdata[group];
    bool is_current = is_of_this_life(proof, member, generation);
    if (generation < 0 && count == 0) {
        release(proof, member);
    }
    bool asked = is_current && generation > 0;
    asked = asked && !self->coordinators_excused; /* else generations begin anew */
    for (int32_t i = 0; i < count && asked; i++) {
        Place *place = place_of(self, group, partitions[i]);
        const bool is_contested = place->generation == generation && place->owner != member;
        if (is_contested && is_replacement(proof, member, place->owner, generation)) {
            continue;
        }
        if (is_contested && !is_replacement(proof, place->owner, member, generation)) {
            invariants_violated(self,
                                "one owner",
                                partitions[i],
                                "members %d and %d of group %s own it in generation %d",
                                place->owner,
                                member,
                                invariants_group_name(self, group),
                                generation);
        }
        if (generation >= place->generation) {
            place->generation = generation;
            place->owner = member;
        }
    }
}

/* May there be nothing at all below `offset`, in whichever log it was read? */
static bool is_cleaned(const Invariants *self, int32_t partition, int64_t offset)
{
    const PartitionProof *proof = invariants_known_partition(self, partition);
    const int64_t cleaned_to = proof != NULL ? proof->cleaned_to : 0;
    bool is_gap = offset <= cleaned_to;
    for (guint i = 0; i < self->context.brokers->len && cleaned_to > 0 && !is_gap; i++) {
        const RecordLog *log =
            broker_log(self->context.brokers->pdata[i], invariants_present(self, partition));
        is_gap = log != NULL && offset <= committed_log_gaps_to(log, cleaned_to);
    }
    return is_gap;
}

/* Must all below `offset` have been handed out? What the log cleaner took cannot be; what is lost
 * with a log comes again in other places. */
static bool
is_asked_for(const Invariants *self, const Handed *handed, int32_t partition, int64_t offset)
{
    const PartitionProof *proof = invariants_known_partition(self, partition);
    return proof != NULL && !is_cleaned(self, partition, offset) && !proof->suspect &&
           handed->losses == proof->losses;
}

/* After a loss whatever is handed out first is right: the next one must follow it. */
static void note_losses(const Invariants *self, Handed *handed, int32_t partition)
{
    const PartitionProof *proof = invariants_known_partition(self, partition);
    if (proof != NULL && handed->losses != proof->losses) {
        handed->losses = proof->losses;
        handed->next = -1;
    }
}

static void
skipped(Invariants *self, int32_t group, int32_t partition, int64_t offset, int64_t next)
{
    invariants_violated(self,
                        "nothing skipped",
                        partition,
                        "group %s commits %" OFFSET ", it was handed records up to %" OFFSET,
                        invariants_group_name(self, group),
                        offset,
                        next);
}

/* Does the offsets topic tell what of its commits stood? */
static bool is_kept(const Invariants *self, int32_t group)
{
    const InvariantsContext *context = &self->context;
    return context->records != NULL && context->group_ids != NULL &&
           context->group_ids[group] != NULL;
}

/* A member that does not know yet that its group lost its memory, or went on without it, commits
 * where it stands: that is refused, and nothing is skipped by it. */
static void
judge_commit(Invariants *self, int32_t group, int32_t partition, int64_t offset, Handed *handed)
{
    const int64_t next = MAX(0, handed->next);
    const bool skips = offset > next && is_asked_for(self, handed, partition, offset);
    if (skips && is_kept(self, group)) {
        handed->skipping = offset;
        handed->skipping_next = next;
    } else if (skips) {
        skipped(self, group, partition, offset, next);
    } else if (offset == handed->skipping) {
        handed->skipping = 0; /* it has got there by now */
    }
}

/* Has it asked for it, or for what follows it, and skipped nothing by that? */
static bool may_have_sent(const Handed *handed, int64_t offset)
{
    return handed != NULL && handed->sent >= offset && handed->skipping != offset;
}

/* Whose commit was accepted? The offsets topic does not say. Of members that call assign() several
 * may have asked for one offset, and what one of them skipped may have been refused: nobody is
 * blamed while another can have sent it. */
static Handed *sender_of(Invariants *self, int32_t group, int32_t partition, int64_t offset)
{
    const GPtrArray *readers = ((GroupProof *)self->groups->pdata[group])->readers;
    const int32_t last = place_of(self, group, partition)->sender;
    Handed *sender = handed_of(self, (GroupReader){group, last}, partition);
    bool is_found = may_have_sent(sender, offset);
    for (guint i = 0; i < readers->len && !is_found; i++) {
        Handed *other = g_hash_table_lookup(readers->pdata[i], GINT_TO_POINTER(partition));
        is_found = may_have_sent(other, offset);
        if (is_found || (other != NULL && other->sent == offset)) {
            sender = other;
        }
    }
    return sender;
}

/* It stands in the offsets topic: the answer to its sender may be lost, but whoever asks next is
 * told of it. What was refused, or never arrived, is no place to begin at. */
void invariants_note_accepted(Invariants *self, int32_t group, int32_t partition, int64_t offset)
{
    Place *place = place_of(self, group, partition);
    Handed *sender = sender_of(self, group, partition, offset);
    if (offset > 0 && offset == sender->skipping) {
        skipped(self, group, partition, offset, sender->skipping_next);
        sender->skipping = 0;
    }
    place->committed = MAX(0, offset);
    place->committed_losses = offset == sender->sent ? sender->sent_losses : sender->losses;
}

int64_t invariants_old_place(Invariants *self, GroupReader reader, int32_t partition)
{
    const Place *place = place_of(self, reader.group, partition);
    const Handed *handed = handed_of(self, reader, partition);
    return place->committed_losses != handed->losses ? place->committed : -1;
}

/* What the group committed before a loss is a place in a history that is gone. Its epoch tells
 * whoever begins there (KIP-320), until the log begins there, too: then the end of any older epoch
 * is the start of the log (LeaderEpochFileCache.endOffsetFor), and the place is right. What was
 * written and deleted meanwhile was not skipped. */
static void begin_at_old_place(Invariants *self, GroupReader reader, int32_t partition)
{
    Handed *handed = handed_of(self, reader, partition);
    const int64_t place = invariants_old_place(self, reader, partition);
    if (handed->next >= 0 && place > handed->next &&
        place <= invariants_leader_start_offset(self, partition)) {
        handed->next = place;
    }
}

static void check_handed(Invariants *self,
                         GroupReader reader,
                         int32_t partition,
                         int64_t first,
                         int64_t last,
                         int32_t leader_epoch)
{
    Handed *handed = handed_of(self, reader, partition);
    if (self->context.read_committed != NULL && self->context.read_committed[reader.group]) {
        invariants_check_committed_read(self, reader.group, partition, first, last, leader_epoch);
    }
    if (first >= place_of(self, reader.group, partition)->committed) {
        begin_at_old_place(self, reader, partition);
    }
    if (handed->next >= 0 && first > handed->next && is_asked_for(self, handed, partition, first)) {
        invariants_violated(self,
                            "nothing skipped",
                            partition,
                            "group %s is handed %" OFFSET "..%" OFFSET " but never %" OFFSET
                            "..%" OFFSET,
                            invariants_group_name(self, reader.group),
                            first,
                            last,
                            handed->next,
                            first - 1);
    }
    note_losses(self, handed, partition);
}

void invariants_on_handed(Invariants *self,
                          GroupReader reader,
                          TopicIdPartition partition,
                          int64_t first,
                          int64_t last,
                          int32_t leader_epoch)
{
    Handed *handed = handed_of(self, reader, partition.index);
    if (partition.topic_id == invariants_present(self, partition.index).topic_id) {
        check_handed(self, reader, partition.index, first, last, leader_epoch);
    }
    handed->next = MAX(handed->next, last + 1);
}

void invariants_on_passed(
    Invariants *self, GroupReader reader, TopicIdPartition partition, int64_t first, int64_t last)
{
    Handed *handed = handed_of(self, reader, partition.index);
    const bool follows =
        handed->next >= first || (handed->next >= 0 && is_cleaned(self, partition.index, first));
    if (follows) {
        handed->next = MAX(handed->next, last + 1);
    }
}

/* What it committed is judged where it is committed, by what its sender was handed. */
void invariants_on_begin(Invariants *self, GroupReader reader, int32_t partition, int64_t offset)
{
    if (invariants_assigns(self, reader.group)) {
        Handed *handed = handed_of(self, reader, partition);
        note_losses(self, handed, partition);
        handed->next = offset;
    }
}

void invariants_on_reset(Invariants *self, GroupReader reader, int32_t partition, int64_t offset)
{
    Handed *handed = handed_of(self, reader, partition);
    invariants_may_go_back(self, reader.group, partition, handed->next);
    note_losses(self, handed, partition);
    handed->next = MAX(handed->next, offset);
}

void invariants_on_commit(Invariants *self, GroupReader reader, int32_t partition, int64_t offset)
{
    Handed *handed = handed_of(self, reader, partition);
    invariants_note_decided(self, reader.group, partition, offset);
    if (offset >= place_of(self, reader.group, partition)->committed) {
        begin_at_old_place(self, reader, partition);
    }
    judge_commit(self, reader.group, partition, offset, handed);
    handed->decided = offset;
    handed->decided_losses = handed->losses;
}

void invariants_on_commit_sent(Invariants *self,
                               GroupReader reader,
                               int32_t partition,
                               int64_t offset)
{
    Handed *handed = handed_of(self, reader, partition);
    invariants_note_sent(self, reader.group, partition, offset);
    place_of(self, reader.group, partition)->sender = reader.member;
    handed->sent = offset;
    handed->sent_losses = offset == handed->decided ? handed->decided_losses : handed->losses;
}
