/* loss_invariants.c - what may be lost, what a disk has lost, and what is left at the end.
 *
 * Documented losses (see "may lose" in invariants.h) are counted; any other one is a violation. */
#include "models/invariants/invariants_state.h"

#define OFFSET G_GINT64_FORMAT

static bool has_lost(const PartitionProof *proof, int32_t broker)
{
    for (int32_t i = 0; i < proof->replica_count; i++) {
        if (proof->replicas[i].broker == broker) {
            return proof->replicas[i].lost_until > 0;
        }
    }
    return false;
}

static int32_t losses(const PartitionProof *proof)
{
    int32_t count = 0;
    for (int32_t i = 0; i < proof->replica_count; i++) {
        count += proof->replicas[i].lost_until > 0 ? 1 : 0;
    }
    return count;
}

/* "May lose" of the header. */
bool invariants_may_lose(const Invariants *self, const PartitionProof *proof, int32_t broker)
{
    return proof->suspect || proof->unclean_epoch > proof->led_epoch ||
           (proof->last_known_epoch > proof->led_epoch && has_lost(proof, broker)) ||
           (self->one_loss_is_enough && losses(proof) > 0);
}

static const ReplicaProof *find_loser(const PartitionProof *proof, int32_t leader)
{
    const ReplicaProof *any = NULL;
    for (int32_t i = 0; i < proof->replica_count; i++) {
        const ReplicaProof *replica = &proof->replicas[i];
        if (replica->lost_until > 0 && replica->broker == leader) {
            return replica;
        }
        any = replica->lost_until > 0 ? replica : any;
    }
    return any;
}

/* The nearest thing that explains it: what this leader's own disk lost, how it came to lead, what a
 * fix that is off would have prevented, what another's disk lost, from whom it copied. */
static void explain(const PartitionProof *proof, LossNote *note)
{
    const ReplicaProof *loser = find_loser(proof, note->leader);
    bool own = loser != NULL && loser->broker == note->leader;
    note->last_known = proof->last_known_epoch > proof->led_epoch;
    if (proof->unclean_epoch > proof->led_epoch && !own) {
        note->reason = LOSS_UNCLEAN_ELECTION;
    } else if (proof->suspect && !own) {
        note->reason = proof->suspect_of;
        note->broker = proof->suspect_broker;
        note->since = proof->suspect_since;
    } else if (loser != NULL) {
        note->reason = loser->lost_how;
        note->broker = loser->broker;
        note->since = loser->lost_at;
    }
}

void invariants_note_loss(Invariants *self,
                          const PartitionProof *proof,
                          int32_t partition,
                          int32_t leader,
                          int32_t leader_epoch,
                          int64_t from)
{
    LossNote note = {
        .at = sim_now(self->context.sim),
        .until = sim_now(self->context.sim),
        .partition = partition,
        .committed = true,
        .leader = leader,
        .leader_epoch = leader_epoch,
        .from = from,
        .to = proof->committed.end_offset,
        .broker = -1,
        .cause = kernel_cause(self->context.sim->kernel),
    };
    explain(proof, &note);
    g_array_append_val(self->losses, note);
}

const LossNote *invariants_losses(const Invariants *self, int32_t *ret_count)
{
    *ret_count = (int32_t)self->losses->len;
    return (const LossNote *)(const void *)self->losses->data;
}

/* What is committed, or what the best log of all holds: what was lost counts up to there. */
static int64_t longest_log(const Invariants *self, int32_t partition)
{
    const PartitionProof *proof = invariants_known_partition(self, partition);
    const TopicIdPartition present = invariants_present(self, partition);
    int64_t longest = proof != NULL ? proof->committed.end_offset : 0;
    for (guint i = 0; i < self->context.brokers->len; i++) {
        const RecordLog *log = broker_log(self->context.brokers->pdata[i], present);
        longest = log != NULL ? MAX(longest, log->log_end_offset) : longest;
    }
    return longest;
}

void invariants_disk_lost(Invariants *self, const Broker *broker, LossReason how)
{
    for (int32_t p = 0; p < self->partition_count; p++) {
        ReplicaView view;
        if (!broker_replica(broker, invariants_present(self, p), &view)) {
            continue;
        }
        int64_t longest = longest_log(self, p);
        if (longest == 0) {
            continue; /* nothing was written */
        }
        ReplicaProof *replica = invariants_replica(invariants_partition(self, p), view.broker);
        if (view.log->log_end_offset < longest) {
            /* A second time that cost it nothing more explains nothing. */
            if (replica->lost_until == 0 || view.log->log_end_offset < replica->verified) {
                replica->lost_how = how;
                replica->lost_at = sim_now(self->context.sim);
            }
            replica->lost_until = longest;
        }
        replica->verified = MIN(replica->verified, view.log->log_end_offset);
    }
}

static int32_t leader_of(const Invariants *self, int32_t partition)
{
    const MetadataLog *log = self->context.metadata;
    const PartitionRegistration *newest =
        metadata_partition(log, partition, metadata_end_offset(log));
    return newest != NULL ? newest->leader : NO_LEADER;
}

/* Does who is to lead by the metadata do so? */
static bool is_led(const Invariants *self, int32_t partition, int32_t leader)
{
    for (guint i = 0; i < self->context.brokers->len; i++) {
        const Broker *broker = self->context.brokers->pdata[i];
        if (broker_id(broker) == leader) {
            return broker_leads(broker, invariants_present(self, partition));
        }
    }
    return false;
}

void invariants_finish(Invariants *self, int32_t partition, const RecordLog *final)
{
    PartitionProof *proof = invariants_known_partition(self, partition);
    if (proof == NULL || final == NULL) {
        return;
    }
    int64_t end = proof->committed.end_offset;
    int64_t agrees = committed_log_compare(&proof->committed, final, 0, end, proof->cleaned_to);
    int32_t leader = leader_of(self, partition);
    bool led = is_led(self, partition, leader);
    if (agrees < end && (invariants_may_lose(self, proof, leader) ||
                         (!led && losses(proof) >= MAX(1, proof->min_isr)))) {
        self->lost += end - agrees;
        invariants_note_loss(self, proof, partition, -1, -1, agrees);
        invariants_excuse(self, proof);
    } else if (agrees < end) {
        invariants_violated(self,
                            "committed records survive",
                            partition,
                            "%" OFFSET "..%" OFFSET " are gone at the end",
                            agrees,
                            end - 1);
    }
}
