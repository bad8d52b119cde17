/* streams_app.h - what the threads of a Streams application have in common: the topology, the state
 * directories of its processes, and what is counted for reports.
 *
 * A state directory outlives its process: a store that was closed in order has its checkpoint, one
 * whose process was killed what the last checkpoint said (at_least_once: one is written at a commit
 * when 10,000 changelog records have come since the last), and under exactly_once_v2 nothing, for
 * an active task has no checkpoint while it runs.
 *
 * Mirrors: StateDirectory, ProcessorStateManager, StateManagerUtil.checkpointNeeded. Left out:
 * state.cleanup.delay.ms, several stores of one task (their offsets count as one sum). */
#ifndef KAFKASIM_MODELS_STREAMS_STREAMS_APP_H
#define KAFKASIM_MODELS_STREAMS_STREAMS_APP_H
#include "models/streams/task_assignor.h"
#include "models/streams/topology.h"

/* AbstractTask.OFFSET_DELTA_THRESHOLD_FOR_CHECKPOINT */
#define STREAMS_CHECKPOINT_DELTA INT64_C(10000)
#define STREAMS_NOTHING          INT64_C(-1)

/* The store of one task in one process. Offsets of its changelog. */
typedef struct TaskStore {
    int64_t position;   /* what comes next; STREAMS_NOTHING */
    int64_t checkpoint; /* what a new process would find; STREAMS_NOTHING */
    int32_t thread;     /* member that has the task open, as active or standby; -1 none */
} TaskStore;

/* What an application asks of the world around it: Kafka's Admin client. */
typedef struct StreamsAdmin {
    void *owner;
    /* Of a changelog partition, of committed records only or of all; -1: nobody can say. */
    int64_t (*end_offset)(void *owner, int32_t partition, bool committed);
    bool (*topic_exists)(void *owner, int32_t topic);
    void (*create_topic)(void *owner, int32_t topic);
} StreamsAdmin;

/* Counted while it runs; nobody decides by it. */
typedef struct StreamsCounts {
    int64_t tasks_moved;  /* active tasks that came to another process than had them last */
    int64_t promoted;     /* of those, to where a warm-up or standby had their store */
    int64_t restorations; /* of active tasks that had anything to restore */
    int64_t restored_records;
    SimDuration restore_max; /* from the assignment to the first record processed */
    SimDuration restore_sum;
    int64_t probings; /* assignments that asked for a probing rebalance */
    int64_t commits;
    int64_t aborts;
    int64_t revived;   /* tasks whose records could not be written: back to what is committed */
    int64_t migrated;  /* threads that gave all tasks up and joined again: fenced, or put out */
    int64_t shut_down; /* instances that an error ended */
} StreamsCounts;

typedef struct StreamsApp {
    const GroupSpec *group;
    Topology *topology;
    StreamsAdmin admin;
    SimDuration commit_interval_ns;
    SimDuration probing_interval_ns;
    SimDuration task_timeout_ns;
    SimDuration max_block_ns; /* of its producers */
    StreamsTasks options;
    int64_t max_buffered;  /* records of a partition that wait to be processed */
    TaskStore *stores;     /* by process (its first member), then by task */
    int32_t *last_process; /* by task: which had it last as active; -1 */
    bool *failed;          /* by process (its first member): an error shuts it down */
    StreamsCounts counts;
} StreamsApp;

StreamsApp *
streams_app_new(const GroupSpec *group, const MetadataLog *topics, const StreamsAdmin *admin);
void streams_app_free(StreamsApp *self);
TaskStore *streams_app_store(const StreamsApp *self, int32_t process, int32_t task);
/* A process got a task as active; `had`: its store was kept up to date there. */
void streams_app_moved(StreamsApp *self, int32_t process, int32_t task, bool had);
/* It was restored, with so many records. */
void streams_app_restored(StreamsApp *self, int64_t records, SimDuration time);

/* A store is closed, in order or not. */
void task_store_close(TaskStore *self, bool in_order);
/* At a commit: is a checkpoint due? */
void task_store_checkpoint(TaskStore *self);

#endif
