/* cluster.h - a whole simulated world: assembled from a spec, run, read.
 *
 * The only part that knows every actor. The runner calls new, run, report, free; it reads results
 * through ClusterReport, EventLog and Series and never reaches into an actor. */
#ifndef KAFKASIM_MODELS_WORLD_CLUSTER_H
#define KAFKASIM_MODELS_WORLD_CLUSTER_H
#include "models/ledger/ledger.h"
#include "models/ledger/ledger_losses.h"
#include "models/spec/spec.h"
#include "sim/watch/check.h"
#include "sim/watch/event_log.h"
#include "sim/watch/histogram.h"
#include "sim/watch/series.h"

typedef struct Cluster Cluster;

/* The spec is borrowed and must outlive the cluster. */
Cluster *cluster_new(const ClusterSpec *spec);
void cluster_free(Cluster *self);
/* What a failed assertion prints besides its own: the scenario and the command that repeats it. */
void cluster_on_bug(Cluster *self, const char *scenario_and_replay_command);
/* Runs to `until` (at most spec->duration). May be called again to go on: progress displays and
 * interrupts are the caller's business between calls. */
KernelStop cluster_run(Cluster *self, SimTime until);
/* The same, and at most `events` of them: KERNEL_STOPPED then. */
KernelStop cluster_step(Cluster *self, SimTime until, uint64_t events);
/* Who is at work when this instant does not end (sim/actor/standstill.h). The caller frees it. */
char *cluster_standstill(Cluster *self);
SimTime cluster_now(const Cluster *self);
uint64_t cluster_events_fired(const Cluster *self);
uint64_t cluster_fingerprint(const Cluster *self);
KernelRefusal cluster_refusal(const Cluster *self);
const EventLog *cluster_event_log(const Cluster *self);
const Series *cluster_series(const Cluster *self);
const Checks *cluster_checks(const Cluster *self); /* broken invariants */
/* Committed records that are gone for a documented reason; ret_excused: whether there was one. */
int64_t cluster_committed_lost(const Cluster *self, bool *ret_excused);

/* The fate of records, summed over a producer (all instances) or everything. */
typedef struct Fates {
    int64_t offered;       /* handed to send() */
    int64_t acked;         /* success reported */
    int64_t failed;        /* an error reported */
    int64_t unknown;       /* no answer yet when the run ended */
    int64_t lost;          /* acked, but not in the log at the end */
    int64_t duplicated;    /* extra copies in the log */
    int64_t reordered;     /* stand behind a record of their partition that was sent later */
    int64_t failed_in_log; /* failed or unknown, but in the log */
    /* Those of acked and lost that went out with acks=0: success is reported, and means nothing. */
    int64_t sent_acks_0;
    int64_t lost_acks_0;
} Fates;

/* Why records of acks=0 are gone: nobody told their producer. */
typedef struct UnheardLosses {
    int64_t unreceived; /* no broker has handled them */
    int64_t refused;    /* by who was no leader, or by the log's rules */
    int64_t cut;        /* gone with what a log lost after it had them */
} UnheardLosses;

typedef struct ProducerReport {
    const char *name;
    const char *topic;
    const char *more_topics; /* of a worker that writes to several: ", totals"; or NULL */
    int32_t instances;
    Fates fates;
    UnheardLosses unheard; /* of fates.lost; 0 but with acks=0 */
    int64_t acked_bytes;
    int64_t batches;                 /* sent for the first time */
    int64_t requests;                /* produce requests sent */
    int64_t retries;                 /* batches sent again */
    const struct ErrorCount *errors; /* why batches were refused (models/ledger/ledger.h) */
    int32_t error_count;
    const Histogram *latency; /* ns from send() to its answer, records acked after warm-up */
    int64_t measured_acked;   /* records acked after warm-up */
    int64_t measured_bytes;   /* of values only, as kafka-producer-perf-test counts: mean size */
    SimTime measured_from;    /* max(warm-up, its first start); the end of the run: none */
    SimTime measured_to;
    SimDuration longest_gap; /* longest wait without an ack, after warm-up, over its partitions */
    SentTotals sent;         /* after warm-up */
    SenderSample metrics;    /* what its own metrics look back on at the end */
    ThrottleTotals throttle; /* after warm-up */
} ProducerReport;

typedef struct PartitionReport {
    const char *topic;
    int32_t partition;
    bool internal;
    bool was_created; /* it is there, or was when its topic was deleted; else no more is said */
    int32_t leader;   /* -1 none */
    int32_t leader_epoch;
    int32_t partition_epoch;
    const int32_t *replicas;
    int32_t replica_count;
    const int32_t *isr;
    int32_t isr_count;
    const int32_t *adding; /* of a reassignment under way; a count of 0: none */
    int32_t adding_count;
    const int32_t *removing;
    int32_t removing_count;
    int64_t log_start_offset;
    int64_t high_watermark;
    int64_t log_end_offset;
    /* In-sync replicas that hold other batches than the leader below its high watermark. */
    int32_t diverged;
    SimDuration offline; /* time without a leader */
    /* Producer's view, after warm-up: longest time between two acks, and when it began. */
    SimDuration longest_ack_gap;
    SimTime longest_ack_gap_from;
} PartitionReport;

typedef struct GroupPartitionReport {
    const char *topic;
    int32_t partition;
    int64_t committed;      /* -1 none */
    int64_t log_end_offset; /* the high watermark; -1: no leader tells */
    const char *member;     /* "billing-0-<uuid-like>", or NULL when nobody owns it */
    const char *client_id;
    const char *host;
    int64_t log_start_offset; /* what lies below it is deleted, whether it was read or not */
} GroupPartitionReport;

typedef struct GroupReport {
    const char *name;
    const char *state; /* "Stable", "Empty" ... */
    int32_t generation;
    int32_t members;
    int64_t rebalances;
    int64_t consumed;            /* records handed to the application */
    int64_t sources;             /* records of which it was handed what a worker made of them; */
    int64_t sources_again;       /* more of the same */
    int64_t consumed_twice;      /* handed out again */
    int64_t skipped;             /* passed over or deleted without being handed out */
    const char *reset;           /* (share.)auto.offset.reset, or NULL */
    int64_t once, twice;         /* different records handed out: once, more than once */
    int64_t never_processed;     /* committed, but their member died before it came to them */
    int64_t out_of_order;        /* handed out after later ones of their partition */
    int64_t given_up;            /* after retries */
    int64_t dead_lettered;       /* the same, and sent to a dead-letter topic */
    int64_t measured_consumed;   /* after warm-up */
    ThrottleTotals throttle;     /* after warm-up */
    const Histogram *end_to_end; /* ns from send() to poll() */
    const GroupPartitionReport *partitions;
    int32_t partition_count;
    const struct ShareCounts *share;     /* models/group/share/share_partition.h; NULL: no such */
    const struct StreamsCounts *streams; /* models/streams/streams_app.h; NULL: no such thing */
} GroupReport;

#define LEADERS_TOPIC_DELETED "topic deleted"    /* why there is no leader any more */
#define LEADERS_FROZEN        "leader is frozen" /* leader -1: its process is only stopped */
/* One row of leaders.csv: a partition's leader or ISR as the controller sees it changed. */
typedef struct LeaderChange {
    SimTime at;
    const char *topic;
    int32_t partition;
    int32_t leader;
    int32_t leader_epoch;
    const char *isr; /* "1,2,3" */
    const char *why; /* "created", "fenced 1", "alter partition", ... */
    bool elected;    /* another leader than the controller had before, dead or not */
} LeaderChange;

/* One row of assignments.csv: a member's state changed. */
typedef struct AssignmentChange {
    SimTime at;
    const char *group;
    const char *member; /* client.id */
    /* "joining", "consuming" ("running": a Connect worker), "idle" (in the group, without a
     * partition), "rebalancing", "restoring" (Kafka Streams: a store is not there yet), "retrying"
     * (its application tries again what it cannot process), "left", "stopped" (closed or without
     * poll(), but it has not left), "dead", "frozen" */
    const char *state;
    int32_t generation;
    const char *partitions; /* "orders-0 orders-1", "" */
    /* Of Kafka Streams "ACTIVE: 0:[0,1]; STANDBY: 1:[3]", of Connect "TASKS: search search-0"; ""
     */
    const char *tasks;
} AssignmentChange;

/* Who was the active controller from then on; -1: nobody that lives. */
typedef struct ControllerChange {
    SimTime at;
    int32_t controller;
    int32_t epoch;
} ControllerChange;

/* One broker's part of a rolling restart: from its signal until the next one's turn may come. */
typedef struct RestartWindow {
    SimTime from;
    SimTime to; /* -1: the run ended before */
    int32_t broker;
    const FaultSpec *fault;
    SimTime waits_since;   /* it was signalled, or started again */
    const char *waits_for; /* NULL, or what has not come when the run ends */
} RestartWindow;

/* Whom a fault hit that names its target by a role: the leader of a partition, the active
 * controller. */
typedef struct FaultHit {
    const FaultSpec *fault;
    int32_t node;       /* of that broker or controller; -1: nobody had the role */
    const char *nobody; /* then why: "orders-0 has no leader that serves"; else NULL */
} FaultHit;

typedef struct ClusterReport {
    Fates total;
    const ProducerReport *producers; /* one an entry of spec->producers */
    int32_t producer_count;
    const GroupReport *groups;
    int32_t group_count;
    const PartitionReport *partitions; /* topics in spec order, then internal ones */
    int32_t partition_count;
    const LeaderChange *leader_changes;
    int32_t leader_change_count;
    const AssignmentChange *assignment_changes;
    int32_t assignment_change_count;
    const ControllerChange *controller_changes;
    int32_t controller_change_count;
    const RestartWindow *restarts;
    int32_t restart_count;
    const FaultHit *hits;
    int32_t hit_count;
    /* Their records add up to total.lost; those of committed records that nobody was told of, while
     * invariants are watched, are among them. */
    const LossNote *losses;
    int32_t loss_count;
    GPtrArray *not_simulated; /* of char*: what was asked for and is not simulated, in words */
    int32_t elections;        /* leader changes after creation */
    int32_t isr_shrinks;
    int32_t isr_expands;
} ClusterReport;

/* Built on the first call after a run; owned by the cluster, valid until it runs on or is freed. */
const ClusterReport *cluster_report(Cluster *self);

#endif
