/* invariants_state.h - shared by the files of this folder only. */
#ifndef KAFKASIM_MODELS_INVARIANTS_INVARIANTS_STATE_H
#define KAFKASIM_MODELS_INVARIANTS_INVARIANTS_STATE_H
#include "models/invariants/committed_log.h"
#include "models/invariants/invariants.h"

/* How much of a replica's log is known to agree with what is committed. */
typedef struct ReplicaProof {
    int32_t broker;
    int64_t verified;      /* below it the log agrees */
    int64_t assumed_until; /* below it that is only assumed: what was committed there is forgotten,
                              and nothing that is remembered was found to agree since */
    int64_t lost_until;  /* its disk lost committed records; it has them back when verified reaches
                            this; 0 = it lost nothing */
    bool has_cut;        /* its log, at some time */
    LossReason lost_how; /* NEW_DISK, POWER_CUT */
    SimTime lost_at;
    int64_t stale_until; /* from `verified` to here it may have what was given up; 0 it has not */
} ReplicaProof;

enum { EPOCHS_KEPT = 8 };

/* transaction_invariants.c; made with the first batch of a transaction. */
typedef struct TransactionProof TransactionProof;

/* Made when its first record is committed or it changes leaders. */
typedef struct PartitionProof {
    CommittedLog committed;
    TransactionProof *transactions;
    ReplicaProof *replicas;
    int32_t replica_count;
    int32_t min_isr;          /* the smallest that was in force */
    int32_t led_epoch;        /* the newest epoch in which somebody began to lead */
    uint32_t led_incarnation; /* of that process */
    int32_t unclean_epoch;    /* the newest one that an unclean election began, -1 */
    int32_t last_known_epoch; /* that began with the last known leader, -1 */
    int32_t exposed_epoch;
    int64_t exposed; /* high watermark of the leader of that epoch */
    bool excused;    /* it once lost records for a documented reason */
    uint32_t losses; /* how often */
    int32_t leader_changes;
    bool is_blurred; /* a new leader was taken at its word */
    bool suspect;    /* with a fix off, what that fix is for has happened to it ... */
    LossReason suspect_of;
    int32_t suspect_broker;
    SimTime suspect_since;
    int64_t cleaned_to;    /* some log cleaner was there: batches below may be missing */
    bool internal;         /* what coordinators remember */
    bool has_offsets;      /* what group coordinators do */
    bool has_transactions; /* what transaction coordinators do */
    struct {
        int32_t epoch;
        int32_t leader;
    } leaders[EPOCHS_KEPT]; /* by epoch mod EPOCHS_KEPT */
} PartitionProof;

typedef struct TransactionOutcome {
    int64_t producer_id;
    int16_t producer_epoch; /* of the markers; with KIP-890 of this transaction only */
    bool aborted;
} TransactionOutcome;

typedef struct GroupProof GroupProof;
typedef struct GroupRecordsProof GroupRecordsProof;

struct Invariants {
    InvariantsContext context;
    ReplicaWatch watch;
    PartitionProof **partitions; /* by partition index */
    int64_t *changed_at;         /* metadata offset of each partition's last change, -1 */
    int64_t *topic_ids;          /* of the topic that has each partition's name by now */
    int32_t partition_count;
    int64_t metadata_checked; /* below it */
    GArray *isr_memberships;  /* int32_t by broker's place + 1: partitions whose ISR must do without
                                 it when  it is fenced */
    GArray *touched_brokers;  /* int32_t */
    GPtrArray *groups;        /* GroupProof* */
    GPtrArray *group_records; /* GroupRecordsProof* by group */
    GHashTable *group_indices;   /* id -> group + 1; look-up only */
    GArray *pending_commits;     /* of transactions: coordinator_invariants.c */
    GArray *outcomes;            /* of transactions: transaction_invariants.c */
    GArray *ends;                /* of transactions: transaction_ends.c */
    GHashTable *broker_places;   /* id -> place in context.brokers + 1; look-up only */
    bool cuts_by_high_watermark; /* KIP-101 is off, or what it falls back to is in use */
    int32_t suspect_after;       /* leader changes: 1 with a fix off, or many */
    bool one_loss_is_enough;     /* ELR off and the like */
    bool any_excused;
    bool coordinators_excused; /* their memory may have been lost with its log */
    bool any_end_lost;         /* __transaction_state lost records */
    int64_t lost;
    GArray *losses; /* LossNote */
};

/* Where the broker stands in context.brokers; -1: there is none. */
int32_t invariants_broker_place(Invariants *self, int32_t id);
Broker *invariants_find_broker(Invariants *self, int32_t id); /* NULL: there is none */
TopicIdPartition invariants_present(const Invariants *self, int32_t partition);
PartitionProof *invariants_partition(Invariants *self, int32_t partition);
PartitionProof *invariants_known_partition(const Invariants *self, int32_t partition);
/* It may have lost committed records for a documented reason. */
void invariants_excuse(Invariants *self, PartitionProof *proof);
/* From now on it is this topic's, NO_TOPIC_ID: nobody's. What a broker that has not heard of it
 * does with the former topic's is no matter. */
void invariants_begin_anew(Invariants *self, TopicIdPartition partition);
void invariants_violated(Invariants *self,
                         const char *name,
                         int32_t partition,
                         const char *format,
                         ...) __attribute__((format(printf, 4, 5)));

/* control_invariants.c */
void invariants_on_metadata(void *owner, int64_t offset);
/* loss_invariants.c: "may lose" of invariants.h. */
bool invariants_may_lose(const Invariants *self, const PartitionProof *proof, int32_t broker);
/* Records from `from` on are gone: `leader`, of that epoch, leads without them. */
void invariants_note_loss(Invariants *self,
                          const PartitionProof *proof,
                          int32_t partition,
                          int32_t leader,
                          int32_t leader_epoch,
                          int64_t from);
/* replica_proof.c */
ReplicaProof *invariants_replica(PartitionProof *proof, int32_t broker);
/* How far its log agrees from `from` to `to` is what is verified of it now. */
void invariants_compare(
    PartitionProof *proof, ReplicaProof *replica, const RecordLog *log, int64_t from, int64_t to);
/* Has a log cleaner left nothing from `from` to `to` in this log? */
bool invariants_is_cleaned_away(const PartitionProof *proof,
                                const RecordLog *log,
                                int64_t from,
                                int64_t to);
/* Has the log cleaner left the leader of this follower nothing from `from` to `to`? */
bool invariants_is_gone_at_leader(Invariants *self,
                                  const PartitionProof *proof,
                                  const ReplicaView *follower,
                                  int64_t from,
                                  int64_t to);
/* Where the log of the leader that the metadata name begins. */
int64_t invariants_leader_start_offset(Invariants *self, int32_t partition);
/* Does another replica hold more than this leader, all of it of its own epoch? */
bool invariants_is_outrun(Invariants *self, const ReplicaView *leader);
/* The committed log goes on from what this leader has: what was assumed of it is its own now, and
 * assumed of all others. */
void invariants_share_assumption(PartitionProof *proof, int32_t leader);
/* replica_invariants.c */
/* What a switched-off fix is for may have happened, or what ZooKeeper's era allows: from here on
 * nothing is certain. */
void invariants_suspect(Invariants *self, PartitionProof *proof, LossReason of, int32_t broker);
void invariants_watch_replicas(Invariants *self);
/* transaction_invariants.c: what a leader committed between two offsets. */
void invariants_on_committed(
    Invariants *self, PartitionProof *proof, const ReplicaView *view, int64_t from, int64_t to);
/* The committed log begins anew at `offset`. */
void invariants_on_given_up(PartitionProof *proof, int64_t offset);
void invariants_check_committed_read(Invariants *self,
                                     int32_t group,
                                     int32_t partition,
                                     int64_t first,
                                     int64_t last,
                                     int32_t leader_epoch);
void invariants_free_transactions(PartitionProof *proof);
/* transaction_ends.c */
void invariants_make_ends(Invariants *self);
void invariants_free_ends(Invariants *self);
/* A batch of __transaction_state is committed. */
void invariants_on_transaction_state(Invariants *self, int32_t partition, const RecordBatch *batch);
/* The committed log of that partition begins anew at `offset`. */
void invariants_on_state_given_up(Invariants *self, int32_t partition, int64_t offset);
/* Another leads by now: what this one goes on to commit of it was lost before it was there. */
void invariants_on_state_of_deposed(Invariants *self, const ReplicaView *view);
/* Its coordinator may have forgotten how this transaction ended. */
bool invariants_may_end_twice(const Invariants *self, int64_t producer_id, int16_t producer_epoch);
/* group_invariants.c */
const char *invariants_group_name(const Invariants *self, int32_t group);
void invariants_make_groups(Invariants *self);
void invariants_free_groups(Invariants *self);
/* Do its members call assign()? */
bool invariants_assigns(const Invariants *self, int32_t group);
/* Its generations, or epochs, begin anew. */
void invariants_forget_generations(Invariants *self, int32_t group);
/* `offset` stands in __consumer_offsets; -1: nothing any more. */
void invariants_note_accepted(Invariants *self, int32_t group, int32_t partition, int64_t offset);
/* What was accepted last, if it is a place in a history that is gone; else -1. */
int64_t invariants_old_place(Invariants *self, GroupReader reader, int32_t partition);
/* coordinator_invariants.c */
void invariants_make_coordinators(Invariants *self);
void invariants_free_coordinators(Invariants *self);
/* A batch of __consumer_offsets is committed. */
void invariants_on_coordinator_batch(Invariants *self, const RecordBatch *batch);
/* A member will ask for `offset` to be committed; it asks. */
void invariants_note_decided(Invariants *self, int32_t group, int32_t partition, int64_t offset);
void invariants_note_sent(Invariants *self, int32_t group, int32_t partition, int64_t offset);
/* The group's next commit may be lower, once its applications have committed what they were handed
 * before, up to `held` (-1: nothing); of a partition: every group's. */
void invariants_may_go_back(Invariants *self, int32_t group, int32_t partition, int64_t held);
void invariants_forget_commits(Invariants *self, int32_t partition);

#endif
