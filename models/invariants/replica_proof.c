/* replica_proof.c - how much of a replica's log is known to agree with what is committed.
 *
 * What is committed is forgotten once every replica that was seen agrees with it. One that was dead
 * all the while is compared with what is left: that the rest agrees too is then only assumed, until
 * a later batch is found to be the same (the same batch in the same epoch has the same ones before
 * it). */
#include "models/invariants/invariants_state.h"

ReplicaProof *invariants_replica(PartitionProof *proof, int32_t broker)
{
    for (int32_t i = 0; i < proof->replica_count; i++) {
        if (proof->replicas[i].broker == broker) {
            return &proof->replicas[i];
        }
    }
    proof->replicas = g_renew(ReplicaProof, proof->replicas, (gsize)proof->replica_count + 1);
    proof->replicas[proof->replica_count] =
        (ReplicaProof){.broker = broker, .stale_until = proof->excused ? INT64_MAX : 0};
    return &proof->replicas[proof->replica_count++];
}

void invariants_compare(
    PartitionProof *proof, ReplicaProof *replica, const RecordLog *log, int64_t from, int64_t to)
{
    const int64_t forgotten = proof->committed.start_offset;
    replica->verified = committed_log_compare(&proof->committed, log, from, to, proof->cleaned_to);
    if (replica->verified > MAX(forgotten, record_log_fine_offset(log))) {
        replica->assumed_until = 0;
    } else if (MAX(from, log->log_start_offset) < forgotten) {
        replica->assumed_until = MIN(replica->verified, forgotten);
    }
}

bool invariants_is_cleaned_away(const PartitionProof *proof,
                                const RecordLog *log,
                                int64_t from,
                                int64_t to)
{
    return to <= proof->cleaned_to && committed_log_is_gap(log, from, to);
}

/* A copy that was made when all records of an epoch were cleaned away has never heard of it. Who
 * has that epoch is told where the one before ends (LeaderEpochFileCache.endOffsetFor) and cuts all
 * of it, committed as it is; its leader has nothing there either (ReplicaFetcherThread.truncate
 * warns, and goes on). */
bool invariants_is_gone_at_leader(Invariants *self,
                                  const PartitionProof *proof,
                                  const ReplicaView *follower,
                                  int64_t from,
                                  int64_t to)
{
    const int slot = MAX(0, follower->leader_epoch) % EPOCHS_KEPT;
    const Broker *leader = proof->leaders[slot].epoch == follower->leader_epoch
                               ? invariants_find_broker(self, proof->leaders[slot].leader)
                               : NULL;
    ReplicaView view;
    return leader != NULL &&
           broker_replica(leader, invariants_present(self, follower->partition), &view) &&
           invariants_is_cleaned_away(proof, view.log, from, to);
}

int64_t invariants_leader_start_offset(Invariants *self, int32_t partition)
{
    const MetadataLog *log = self->context.metadata;
    const PartitionRegistration *newest =
        metadata_partition(log, partition, metadata_end_offset(log));
    const Broker *leader = newest != NULL ? invariants_find_broker(self, newest->leader) : NULL;
    ReplicaView view;
    return leader != NULL && broker_replica(leader, invariants_present(self, partition), &view)
               ? view.log->log_start_offset
               : 0;
}

/* Nothing tells the two apart once the leader has written as much: a follower asks where its last
 * epoch ends (OffsetsForLeaderEpoch), or says which one it is (KIP-595). */
bool invariants_is_outrun(Invariants *self, const ReplicaView *leader)
{
    for (guint i = 0; i < self->context.brokers->len; i++) {
        const RecordLog *log = broker_log(self->context.brokers->pdata[i],
                                          invariants_present(self, leader->partition));
        if (log != NULL && log->log_end_offset > leader->log->log_end_offset &&
            leader_epochs_latest(&log->epochs) == leader->leader_epoch) {
            return true;
        }
    }
    return false;
}

void invariants_share_assumption(PartitionProof *proof, int32_t leader)
{
    const int64_t assumed = invariants_replica(proof, leader)->assumed_until;
    for (int32_t i = 0; i < proof->replica_count; i++) {
        ReplicaProof *replica = &proof->replicas[i];
        replica->assumed_until =
            replica->broker == leader ? 0 : MAX(replica->assumed_until, assumed);
    }
}
