/* replica_invariants.c - what replicas hold and show, against what is committed.
 *
 * Each replica's log is compared with the committed log from where it was last found to agree, so
 * that every batch is looked at once per replica, whatever happens. */
#include "models/invariants/invariants_state.h"

#define OFFSET         G_GINT64_FORMAT
#define REMEMBERED_MIN 256u /* committed batches of a partition */

static PartitionProof *proof_of(Invariants *self, const ReplicaView *view)
{
    PartitionProof *proof = invariants_partition(self, view->partition);
    if (view->leads) { /* a follower does not know how many replicas there are */
        proof->min_isr = MIN(proof->min_isr, view->min_isr);
    }
    return proof;
}

/* What was given up is not told from what was written again once batches are merged, but by its
 * epoch: then a new leader is taken at its word where that is the same. */
static bool is_blurred(const ReplicaProof *replica, const ReplicaView *view)
{
    return replica->stale_until > 0 && record_log_fine_offset(view->log) > replica->verified;
}

/* How far the replica's log agrees, up to `to`. What the leader has deleted from its start is
 * nobody's business: a follower that was away keeps what it has there, be it wrong, until it hears
 * of the leader's log start (LeaderEpochFileCache answers with the first epoch that it still has).
 */
static int64_t verify(Invariants *self, PartitionProof *proof, const ReplicaView *view, int64_t to)
{
    ReplicaProof *replica = invariants_replica(proof, view->broker);
    int64_t wanted = MIN(to, proof->committed.end_offset);
    if (is_blurred(replica, view)) {
        return replica->verified;
    }
    if (replica->verified < wanted) {
        invariants_compare(proof, replica, view->log, replica->verified, wanted);
    }
    int64_t start =
        replica->verified < wanted ? invariants_leader_start_offset(self, view->partition) : 0;
    if (replica->verified < start) {
        invariants_compare(proof, replica, view->log, start, wanted);
    }
    if (replica->verified >= replica->lost_until) {
        replica->lost_until = 0;
    }
    if (replica->verified >= replica->stale_until) {
        replica->stale_until = 0;
    }
    return replica->verified;
}

static int64_t log_end_of(Invariants *self, int32_t partition, int32_t id)
{
    ReplicaView view;
    const Broker *broker = invariants_find_broker(self, id);
    return broker != NULL && broker_replica(broker, invariants_present(self, partition), &view)
               ? view.log->log_end_offset
               : INT64_MAX;
}

/* The committed log goes on from what the new leader has. */
static void
give_up_from(Invariants *self, PartitionProof *proof, const ReplicaView *view, int64_t offset)
{
    self->lost += MAX(0, proof->committed.end_offset - offset);
    invariants_excuse(self, proof);
    if (self->cuts_by_high_watermark) { /* others keep what was there */
        proof->suspect = true;
        proof->suspect_of = LOSS_HISTORY;
        proof->suspect_broker = -1;
    }
    committed_log_truncate(&proof->committed, offset);
    invariants_on_given_up(proof, offset);
    if (proof->has_transactions) {
        invariants_on_state_given_up(self, view->partition, offset);
    }
    invariants_share_assumption(proof, view->broker);
    for (int32_t i = 0; i < proof->replica_count; i++) {
        ReplicaProof *replica = &proof->replicas[i];
        replica->verified = MIN(replica->verified, offset);
        replica->lost_until = MIN(replica->lost_until, offset);
        replica->stale_until = log_end_of(self, view->partition, replica->broker);
    }
}

void invariants_suspect(Invariants *self, PartitionProof *proof, LossReason of, int32_t broker)
{
    proof->suspect = true;
    proof->suspect_of = of;
    proof->suspect_broker = broker;
    proof->suspect_since = sim_now(self->context.sim);
    invariants_excuse(self, proof);
}

static void count_leader_change(Invariants *self, PartitionProof *proof, const ReplicaView *view)
{
    proof->leader_changes += view->leader_epoch > MAX(0, proof->led_epoch) ? 1 : 0;
    if (!proof->suspect && proof->leader_changes >= self->suspect_after) {
        invariants_suspect(self, proof, LOSS_HISTORY, -1);
    }
}

static void extend(Invariants *self, PartitionProof *proof, const ReplicaView *view)
{
    int64_t from = proof->committed.end_offset;
    committed_log_extend(&proof->committed, view->log, view->high_watermark);
    invariants_on_committed(self, proof, view, from, view->high_watermark);
}

static void check_single_leader(Invariants *self, PartitionProof *proof, const ReplicaView *view)
{
    int slot = view->leader_epoch % EPOCHS_KEPT;
    if (proof->leaders[slot].epoch == view->leader_epoch &&
        proof->leaders[slot].leader != view->broker) {
        invariants_violated(self,
                            "single leader per epoch",
                            view->partition,
                            "broker %d and broker %d lead in epoch %d",
                            proof->leaders[slot].leader,
                            view->broker,
                            view->leader_epoch);
    }
    if (proof->leaders[slot].epoch <= view->leader_epoch) {
        proof->leaders[slot].epoch = view->leader_epoch;
        proof->leaders[slot].leader = view->broker;
    }
}

static void check_completeness(Invariants *self, PartitionProof *proof, const ReplicaView *view)
{
    int64_t end = proof->committed.end_offset;
    int64_t agrees = verify(self, proof, view, end);
    ReplicaProof *replica = invariants_replica(proof, view->broker);
    if (is_blurred(replica, view) && view->log->log_end_offset >= end) {
        agrees = committed_log_compare_epochs(
            &proof->committed, view->log, agrees, end, proof->cleaned_to);
        replica->verified = agrees;
        replica->stale_until = 0;
        proof->is_blurred = true;
    }
    if (agrees >= end) {
        return;
    }
    if (invariants_may_lose(self, proof, view->broker)) {
        invariants_note_loss(
            self, proof, view->partition, view->broker, view->leader_epoch, agrees);
    } else {
        invariants_violated(self,
                            "leader completeness",
                            view->partition,
                            "broker %d leads in epoch %d without the committed records %" OFFSET
                            "..%" OFFSET ", its log ends at %" OFFSET,
                            view->broker,
                            view->leader_epoch,
                            agrees,
                            end - 1,
                            view->log->log_end_offset);
    }
    give_up_from(self, proof, view, agrees);
    invariants_replica(proof, view->broker)->stale_until = 0;
}

static bool has_zookeeper(const Invariants *self)
{
    return self->context.era != NULL && !self->context.era->on[ERA_KRAFT];
}

static uint32_t incarnation_of(Invariants *self, int32_t broker)
{
    Broker *found = invariants_find_broker(self, broker);
    return found != NULL ? broker_actor(found)->incarnation : 0;
}

/* A new ZooKeeper-era controller takes a leader that was away meanwhile for one that never was:
 * it goes on in its epoch, with what its disk has kept (KafkaController.initializeControllerContext
 * reads who is there now). */
static bool is_new_life(Invariants *self, const PartitionProof *proof, const ReplicaView *view)
{
    return has_zookeeper(self) && view->leader_epoch == proof->led_epoch &&
           proof->led_incarnation != incarnation_of(self, view->broker);
}

/* A replica of a topic that is deleted: this broker has not heard of it. */
static bool is_former(const Invariants *self, const ReplicaView *view)
{
    return view->topic_id != invariants_present(self, view->partition).topic_id;
}

static void on_leads(void *owner, const ReplicaView *view)
{
    Invariants *self = owner;
    if (is_former(self, view)) {
        return;
    }
    if (view->leader_epoch == 0 && invariants_known_partition(self, view->partition) == NULL) {
        return; /* a new partition: nothing is committed */
    }
    PartitionProof *proof = proof_of(self, view);
    check_single_leader(self, proof, view);
    if (is_new_life(self, proof, view)) {
        proof->exposed = 0;
        if (view->log->log_end_offset < proof->committed.end_offset ||
            invariants_is_outrun(self, view)) {
            const ReplicaProof *replica = invariants_replica(proof, view->broker);
            const bool lost = replica->lost_until > 0;
            /* two logs of one epoch: nobody will notice */
            invariants_suspect(self, proof, lost ? replica->lost_how : LOSS_OTHER, view->broker);
        }
    }
    proof->led_incarnation = incarnation_of(self, view->broker);
    if (view->leader_epoch < proof->led_epoch) {
        return; /* late: a newer leader leads already, and is the one that must be complete */
    }
    count_leader_change(self, proof, view);
    check_completeness(self, proof, view);
    proof->led_epoch = view->leader_epoch;
    /* What it committed alone while an unclean election was under way counts now. */
    extend(self, proof, view);
}

/* A leader of an epoch before an unclean election goes on until it hears of it: what it commits
 * alone was given up already. */
static bool is_deposed(const PartitionProof *proof, const ReplicaView *view)
{
    return proof->unclean_epoch > view->leader_epoch ||
           (proof->excused && view->leader_epoch < proof->led_epoch);
}

/* A reassignment is done with it, and it may hear of it before the leader does. */
static bool was_taken_away(const Invariants *self, int32_t partition, int32_t broker)
{
    const MetadataLog *log = self->context.metadata;
    const PartitionRegistration *newest =
        metadata_partition(log, partition, metadata_end_offset(log));
    return newest == NULL || !replica_list_has(&newest->replicas, broker);
}

static void
check_member(Invariants *self, PartitionProof *proof, const ReplicaView *view, int32_t id)
{
    ReplicaView member = {.leader_epoch = -1};
    const Broker *broker = invariants_find_broker(self, id);
    const TopicIdPartition present = invariants_present(self, view->partition);
    int64_t end =
        broker != NULL && broker_replica(broker, present, &member) ? member.log->log_end_offset : 0;
    if (end < view->high_watermark && self->cuts_by_high_watermark &&
        (member.leader_epoch > view->leader_epoch || invariants_replica(proof, id)->has_cut)) {
        /* KIP-101, its first scenario: it heard of the next epoch, or is another process, and cut
         * by its own high watermark what the leader still counts it to have. (Case 1276 of seed 1.)
         */
        invariants_suspect(self, proof, LOSS_CUT, id);
        return;
    }
    if (end < view->high_watermark && invariants_replica(proof, id)->lost_until == 0 &&
        !was_taken_away(self, view->partition, id)) {
        invariants_violated(self,
                            "commitment",
                            view->partition,
                            "leader %d exposes records up to %" OFFSET
                            ", but the log of broker %d in its ISR ends at %" OFFSET,
                            view->broker,
                            view->high_watermark,
                            id,
                            end);
    }
}

static void check_commitment(Invariants *self, PartitionProof *proof, const ReplicaView *view)
{
    bool strict = self->context.era == NULL || self->context.era->on[ERA_KAFKA_15583];
    if (strict && view->isr->count < view->min_isr) {
        invariants_violated(self,
                            "commitment",
                            view->partition,
                            "leader %d commits with %d in sync, min.insync.replicas is %d",
                            view->broker,
                            view->isr->count,
                            view->min_isr);
    }
    for (int32_t i = 0; i < view->isr->count; i++) {
        if (view->isr->ids[i] != view->broker) {
            check_member(self, proof, view, view->isr->ids[i]);
        }
    }
}

static void check_monotonic(Invariants *self, PartitionProof *proof, const ReplicaView *view)
{
    bool same = proof->exposed_epoch == view->leader_epoch;
    if ((same && view->high_watermark < proof->exposed) ||
        view->high_watermark > view->log->log_end_offset) {
        invariants_violated(self,
                            "monotonic high watermark",
                            view->partition,
                            "leader %d shows %" OFFSET " after %" OFFSET
                            " in epoch %d, its log ends at %" OFFSET,
                            view->broker,
                            view->high_watermark,
                            same ? proof->exposed : -1,
                            view->leader_epoch,
                            view->log->log_end_offset);
    }
    if (view->leader_epoch >= proof->exposed_epoch) {
        proof->exposed_epoch = view->leader_epoch;
        proof->exposed = view->high_watermark;
    }
}

static void check_matching(Invariants *self, PartitionProof *proof, const ReplicaView *view)
{
    int64_t to = MIN(view->high_watermark, proof->committed.end_offset);
    int64_t agrees = verify(self, proof, view, to);
    if (agrees < to && !invariants_may_lose(self, proof, view->broker) &&
        invariants_replica(proof, view->broker)->stale_until == 0) {
        invariants_violated(self,
                            "log matching",
                            view->partition,
                            "broker %d differs at offset %" OFFSET
                            " from what was committed there, its high watermark is %" OFFSET,
                            view->broker,
                            agrees,
                            view->high_watermark);
    }
}

/* What every replica that was ever seen is known to hold need not be remembered. */
static void make_room(PartitionProof *proof)
{
    if (proof->committed.count < REMEMBERED_MIN ||
        proof->committed.count < proof->committed.capacity) {
        return;
    }
    int64_t needed = proof->committed.end_offset;
    for (int32_t i = 0; i < proof->replica_count; i++) {
        needed = MIN(needed, proof->replicas[i].verified);
    }
    committed_log_forget(&proof->committed, needed);
}

static void on_high_watermark(void *owner, const ReplicaView *view)
{
    Invariants *self = owner;
    if (is_former(self, view)) {
        return;
    }
    PartitionProof *proof = proof_of(self, view);
    if (view->leads && is_deposed(proof, view)) {
        if (proof->has_transactions) {
            invariants_on_state_of_deposed(self, view);
        }
        return;
    }
    if (view->leads && (view->leader_epoch > proof->led_epoch || is_new_life(self, proof, view))) {
        on_leads(self, view); /* it commits in the very moment in which it begins to lead */
    }
    check_matching(self, proof, view);
    if (!view->leads) {
        return;
    }
    check_monotonic(self, proof, view);
    check_commitment(self, proof, view);
    if (view->high_watermark > proof->committed.end_offset) {
        make_room(proof);
        extend(self, proof, view);
        invariants_replica(proof, view->broker)->verified =
            proof->committed.end_offset; /* its own */
    }
}

static void on_truncated(void *owner, const ReplicaView *view)
{
    Invariants *self = owner;
    PartitionProof *proof = invariants_known_partition(self, view->partition);
    if (proof == NULL || is_former(self, view)) {
        return;
    }
    ReplicaProof *replica = invariants_replica(proof, view->broker);
    int64_t end = view->log->log_end_offset;
    if (end < proof->committed.end_offset && self->cuts_by_high_watermark && !proof->suspect) {
        invariants_suspect(self, proof, LOSS_CUT, view->broker);
    }
    if (end < replica->verified && replica->verified > replica->assumed_until &&
        !invariants_may_lose(self, proof, view->broker) &&
        !invariants_is_gone_at_leader(self, proof, view, end, replica->verified)) {
        invariants_violated(self,
                            "truncation",
                            view->partition,
                            "broker %d cuts its log at %" OFFSET
                            ", below what is committed there up to %" OFFSET,
                            view->broker,
                            end,
                            replica->verified);
    }
    replica->has_cut = true;
    replica->verified = MIN(replica->verified, end);
    replica->stale_until = end > replica->verified ? replica->stale_until : 0;
}

static void on_acked(void *owner, const ReplicaView *view, int64_t required)
{
    Invariants *self = owner;
    if (is_former(self, view)) {
        return;
    }
    const PartitionProof *proof = proof_of(self, view);
    if (required > proof->committed.end_offset && !is_deposed(proof, view)) {
        invariants_violated(self,
                            "acknowledgement",
                            view->partition,
                            "broker %d acknowledges records up to %" OFFSET
                            ", committed are those up to %" OFFSET,
                            view->broker,
                            required,
                            proof->committed.end_offset);
    }
}

/* Offsets below `end` may be empty from now on, here and wherever this log is copied to. */
static void on_cleaned(void *owner, const ReplicaView *view, int64_t end)
{
    Invariants *self = owner;
    if (!is_former(self, view)) {
        PartitionProof *proof = invariants_partition(self, view->partition);
        proof->cleaned_to = MAX(proof->cleaned_to, end);
    }
}

static bool is_stale(const PartitionProof *proof, int32_t broker)
{
    for (int32_t i = 0; i < proof->replica_count; i++) {
        if (proof->replicas[i].broker == broker) {
            return proof->replicas[i].stale_until > 0;
        }
    }
    return proof->excused;
}

static void on_read(void *owner, const ReplicaView *view, const RecordBatch *batches, int32_t count)
{
    Invariants *self = owner;
    if (is_former(self, view)) {
        return;
    }
    const PartitionProof *proof = proof_of(self, view);
    if (proof->suspect || is_deposed(proof, view) || is_stale(proof, view->broker)) {
        return;
    }
    for (int32_t i = 0; i < count; i++) {
        if (!committed_log_agrees(&proof->committed, &batches[i], proof->cleaned_to)) {
            invariants_violated(self,
                                "consistent reads",
                                view->partition,
                                "broker %d hands out offset %" OFFSET
                                " of epoch %d, which is not what is committed (up to %" OFFSET ")",
                                view->broker,
                                batches[i].base_offset,
                                batches[i].leader_epoch,
                                proof->committed.end_offset);
            return;
        }
    }
}

void invariants_watch_replicas(Invariants *self)
{
    self->watch = (ReplicaWatch){
        .owner = self,
        .on_metadata = invariants_on_metadata,
        .on_leads = on_leads,
        .on_high_watermark = on_high_watermark,
        .on_truncated = on_truncated,
        .on_cleaned = on_cleaned,
        .on_acked = on_acked,
        .on_read = on_read,
    };
}
