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

void invariants_share_assumption(PartitionProof *proof, int32_t leader)
{
    const int64_t assumed = invariants_replica(proof, leader)->assumed_until;
    for (int32_t i = 0; i < proof->replica_count; i++) {
        ReplicaProof *replica = &proof->replicas[i];
        replica->assumed_until =
            replica->broker == leader ? 0 : MAX(replica->assumed_until, assumed);
    }
}
