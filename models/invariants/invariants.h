/* invariants.h - what must hold while a cluster runs, watched event by event.
 *
 * Names as in Vanlightly/kafka-tlaplus and Kafka's RaftEventSimulationTest. Each invariant has its
 * preconditions; where they do not hold, what is lost is counted (invariants_lost) and is no
 * violation: Kafka documents that loss.
 *
 *   invariant                     what must hold; [when it is not asked for]
 *   leader completeness           who begins to lead holds every committed batch
 *                                 [may lose, see below]
 *   log matching                  a replica holds, below its own high watermark, the committed
 *                                 batches: same offsets, epoch, content. Any two replicas so agree
 *                                 below both high watermarks [may lose]
 *   truncation                    a follower cuts off nothing that is committed [may lose; where
 *                                 the log cleaner has left its leader nothing]
 *   commitment                    what a leader exposes stands in the logs of its whole ISR, and
 *                                 the ISR has min.insync.replicas
 *                                 [a member's disk lost it; KAFKA-15583 off]
 *   acknowledgement               acks=all is answered with success for committed records only
 *   single leader per epoch       two brokers never lead a partition in one leader epoch
 *   monotonic high watermark      the high watermark of a leader never goes back within its epoch
 *                                 and never passes its log's end. (A new leader may start lower and
 *                                 shows nothing until it has caught up; a follower's goes back with
 *                                 a truncation, or to its checkpoint with a restart.)
 *   consistent reads              a consumer is handed committed batches only, always the same
 *   monotonic epochs              partition epochs grow by one a change, leader epochs never
 *                                 shrink, and grow when the leader changes
 *   leader in isr                 the leader is in the ISR; ISR and ELR are replicas, no broker is
 *                                 in both; who is elected is neither fenced nor shutting down
 *                                 [ZooKeeper: the last of an ISR was taken away by a cancelled
 *                                 reassignment]
 *   no fenced broker in an isr    once the metadata have settled [the last member with ELR off]
 *   isr and elr                   a change takes |ISR + ELR| below min ISR only for brokers that
 *                                 registered after an unclean stop [ELR off; unclean election;
 *                                 reassignment]
 *   read committed                a group that reads committed is handed no record of a transaction
 *                                 that is open or aborted [what was lost]
 *   atomic transactions           a transaction ends alike in all its partitions [KIP-890 off: its
 *                                 markers name no transaction; __transaction_state has lost a
 *                                 committed record of its end]
 *   one owner                     no partition has two owners in one generation of a group, and
 *                                 with KIP-848 none is given to a member while another holds it
 *                                 [an offsets partition lost records; a member that was away
 *                                 when its group ended and another began under that name; a
 *                                 static member that was replaced and has not heard of it]
 *   valid member epochs           KIP-848: no member is ahead of its group's epoch, nor goes back;
 *                                 nor does the group [the same]
 *   offsets never go back         what a group commits of a partition is never below what it
 *                                 committed before [reset, seek; the same; loss; commits that a
 *                                 member left on a connection that it gave up; assign()]
 *   nothing skipped               a group, with assign() each of its members, is handed every
 *                                 record between its first position and what it commits, and no
 *                                 other offset of its stands [reset; below what a log cleaner has
 *                                 cleaned, to the end of the segment where a copy merged it with
 *                                 what follows; loss; an offset committed before a loss, once all
 *                                 below it is deleted]
 *
 * "May lose": an unclean election since the last leader, of the last known leader (ISR and ELR are
 * empty: KIP-966) only what its own disk or its cache has lost; or, with ELR off, KIP-903 off or
 * ZooKeeper, a replica has lost committed records with its disk or its cache and has not got them
 * back; or a fix is off and what it is for has happened to this partition: KIP-101 a follower has
 * cut committed records, or what its old leader then exposes; KIP-279, KIP-320, or KAFKA-15583 with
 * ELR, its leader has changed; ZooKeeper, a leader came back in its epoch without what it had and a
 * follower may have kept, committed or not, or a cancelled reassignment deleted the last replica in
 * sync. With ELR on a power cut or a new disk alone excuses nothing: who had one is struck off ISR
 * and ELR when it registers. At the end of a run, where nobody leads, as many replicas as min ISR
 * may have lost what is committed. After a loss the new leader's log is what is committed, and all
 * is asked for again of each replica as soon as it has cut or verified its own.
 *
 * An observer: it decides nothing, draws nothing, schedules nothing. */
#ifndef KAFKASIM_MODELS_INVARIANTS_INVARIANTS_H
#define KAFKASIM_MODELS_INVARIANTS_INVARIANTS_H
#include "models/broker/broker.h"
#include "models/ledger/loss_note.h"
#include "models/protocol/era.h"
#include "models/transaction/txn_records.h"
#include "sim/watch/check.h"

typedef struct Invariants Invariants;

typedef struct InvariantsContext {
    Sim *sim;
    const MetadataLog *metadata;
    Checks *checks;
    const Era *era;
    bool elr;                 /* eligible leader replicas are kept */
    const GPtrArray *brokers; /* Broker*, borrowed; filled before the run */
    int32_t groups;
    const bool *read_committed;        /* by group; NULL: none */
    const char *const *group_ids;      /* by group: whose offsets are kept; NULL: no such group */
    const bool *assigned_by_hand;      /* by group: its members call assign(); NULL: none do */
    const CoordinatorRecords *records; /* what __consumer_offsets holds; NULL: it is not read */
    const TxnRecords *transactions;    /* what __transaction_state holds; NULL: it is not read */
} InvariantsContext;

/* A member; in a group that subscribes it reads for all of them. */
typedef struct GroupReader {
    int32_t group;
    int32_t member;
} GroupReader;

Invariants *invariants_new(const InvariantsContext *context);
void invariants_free(Invariants *self);
/* For BrokerContext.watch. */
const ReplicaWatch *invariants_replica_watch(const Invariants *self);

/* A broker's disk, or the cache above it, lost what was not flushed: after it happened. `how`:
 * LOSS_NEW_DISK or LOSS_POWER_CUT. */
void invariants_disk_lost(Invariants *self, const Broker *broker, LossReason how);
/* The run is over: every committed record must be in the log that counts. */
void invariants_finish(Invariants *self, int32_t partition, const RecordLog *final);
/* May any partition have lost committed records, by the rules above? */
bool invariants_any_excused(const Invariants *self);
/* Committed records that are gone, for documented reasons. */
int64_t invariants_lost(const Invariants *self);
/* Each time they were, in order. */
const LossNote *invariants_losses(const Invariants *self, int32_t *ret_count);

/* What groups do (group_invariants.c). `instance`: the member's group.instance.id, borrowed; NULL
 * none. */
void invariants_on_instance(Invariants *self, int32_t group, int32_t member, const char *instance);
void invariants_on_owned(Invariants *self,
                         int32_t group,
                         int32_t member,
                         int32_t generation,
                         const int32_t *partitions,
                         int32_t count);
/* Handed to an application: offsets first..last of a batch; leader_epoch -1: it stands in for
 * several. */
void invariants_on_handed(Invariants *self,
                          GroupReader reader,
                          TopicIdPartition partition,
                          int64_t first,
                          int64_t last,
                          int32_t leader_epoch);
/* Offsets without a record for this group: markers, aborted transactions. */
void invariants_on_passed(
    Invariants *self, GroupReader reader, TopicIdPartition partition, int64_t first, int64_t last);
/* It begins at what its group committed. */
void invariants_on_begin(Invariants *self, GroupReader reader, int32_t partition, int64_t offset);
/* auto.offset.reset, or a position that the log no longer has. */
void invariants_on_reset(Invariants *self, GroupReader reader, int32_t partition, int64_t offset);
/* A member will ask for `offset` to be committed; it asks. Between the two, and before it asks
 * again, its position may be reset: what it asks for stays the same. */
void invariants_on_commit(Invariants *self, GroupReader reader, int32_t partition, int64_t offset);
void invariants_on_commit_sent(Invariants *self,
                               GroupReader reader,
                               int32_t partition,
                               int64_t offset);
/* The connection ended before the answer to a commit came. */
void invariants_on_commit_unanswered(Invariants *self, int32_t group);

#endif
