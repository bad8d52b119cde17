/* stream_thread_state.h - what the files of a stream thread share.
 *
 *     thread: idle --records, an assignment, a commit--> next --record--> working --> next --> idle
 *             next --commit--> flushing --> committing --> next     (at_least_once)
 *             next --commit--> ending --> next                      (exactly_once_v2)
 *             next --a first task--> initializing --> next
 *             next --the last send() has not returned--> sending --> next
 *             idle --partitions are lost--> losing --aborted, a new producer--> next
 *     task:   closed --> restoring --> running;  closed --> standby;  any --> closed
 */
#ifndef KAFKASIM_MODELS_STREAMS_STREAM_THREAD_STATE_H
#define KAFKASIM_MODELS_STREAMS_STREAM_THREAD_STATE_H
#include "models/consumer/program.h"
#include "models/streams/state_updater.h"
#include "models/streams/stream_thread.h"

typedef enum ThreadStage {
    THREAD_IDLE, /* in poll() */
    THREAD_NEXT,
    THREAD_WORKING,
    THREAD_SENDING, /* its producer has no memory, or no metadata */
    THREAD_FLUSHING,
    THREAD_COMMITTING,
    THREAD_ENDING,
    THREAD_LOSING,       /* its partitions: aborts first */
    THREAD_INITIALIZING, /* its producer */
} ThreadStage;

typedef enum TaskState { TASK_CLOSED, TASK_RESTORING, TASK_RUNNING, TASK_STANDBY } TaskState;

typedef struct ThreadTask {
    TaskState state;
    int64_t restore_from; /* in the changelog */
    int64_t restore_to;   /* -1: not known yet */
    SimTime since;
    int32_t turn;       /* its sources are looked at from here on */
    SimTime timeout_at; /* without progress until then: task.timeout.ms; 0 not counted */
} ThreadTask;

/* Records of one partition that wait; they were created evenly in the batch. */
typedef struct QueuedRange {
    int64_t topic_id;
    int64_t next;
    int64_t last;
    int64_t base_offset;
    uint32_t ledger;
    int32_t leader_epoch;  /* -1: of several */
    SimTime first_created; /* of `next` at first */
    SimTime last_created;
} QueuedRange;

typedef struct SourceQueue {
    GArray *ranges; /* of QueuedRange; from head on */
    guint head;
    int64_t waiting;   /* records */
    int64_t processed; /* next offset to commit, or -1: nothing since the last commit */
    bool paused;
} SourceQueue;

/* What the last SyncGroup said, until it is carried out. */
typedef struct NewAssignment {
    bool is_there;
    bool was_committed; /* what is taken away */
    GArray *active;     /* of int32_t */
    GArray *standby;
    bool lacks_source; /* nothing was assigned: a source topic is not there */
    SimTime again;     /* joins again; SIM_TIME_MAX */
    const char *reason;
} NewAssignment;

struct StreamThread {
    StreamsApp *app;
    int32_t member;
    int32_t process;
    int32_t process_id; /* by which the leader orders processes */
    Consumer *consumer;
    StateUpdater *updater;
    Stream chance; /* processing times */
    ThreadStage stage;
    ThreadTask *tasks;    /* by task */
    SourceQueue *sources; /* by source of the topology */
    GArray *active;       /* of int32_t: tasks, ascending */
    GArray *standby;
    guint turn; /* index in `active` of the task whose record is next */
    int32_t at; /* source whose first record is in work */
    NewAssignment fresh;
    GArray *subscription; /* of int32_t, scratch */
    GArray *offsets;      /* of OffsetEntry, of the commit under way */
    SimTime committed_at;
    bool awaits_producer;
    bool polls_first; /* before it tries again */
    SimTime initialize_until;
    bool tried_to_close; /* what came before close() was committed, or not */
    bool is_restoring;   /* and said so */
    int64_t given_up;    /* batches of its producer that it has seen to */
    int32_t uncommitted; /* sources with something processed since the last commit */
    int32_t generation;  /* of the last assignment: what it commits in */
    char member_id[MEMBER_ID_BYTES];
};

static inline Actor *stream_thread_actor(const StreamThread *self)
{
    return consumer_actor(self->consumer);
}
static inline SimTime stream_thread_now(const StreamThread *self)
{
    return actor_now(stream_thread_actor(self));
}
static inline TaskStore *stream_thread_store(const StreamThread *self, int32_t task)
{
    return streams_app_store(self->app, self->process, task);
}

/* thread_tasks.c */
void thread_tasks_init(StreamThread *self);
void thread_tasks_clear(StreamThread *self);
/* Carries out the new assignment. */
void thread_tasks_take(StreamThread *self);
/* Restored ones begin to run; ends that were not known are asked for. */
void thread_tasks_look(StreamThread *self);
bool thread_tasks_wait_for_ends(const StreamThread *self);
void thread_tasks_close_all(StreamThread *self, bool in_order);
/* Their uncommitted work is void: stores and positions go back. */
void thread_tasks_revive(StreamThread *self);
void thread_tasks_revive_one(StreamThread *self, int32_t task);
bool thread_tasks_is_dirty(const StreamThread *self, int32_t task);
bool thread_tasks_would_lose_work(const StreamThread *self);

/* thread_records.c: what waits, what is next, what comes of it. */
void thread_records_queue(
    StreamThread *self, int64_t topic_id, const RecordBatch *batch, int64_t first, int64_t last);
/* Takes the next record into work; false: nothing waits. */
bool thread_records_choose(StreamThread *self);
bool thread_records_wait(const StreamThread *self); /* does any? */
void thread_records_process(StreamThread *self);
void thread_records_drop(StreamThread *self, int32_t source);
/* The process ends: what it had in hand. */
void thread_records_interrupt(StreamThread *self);

/* thread_commit.c: begins a commit; goes on with it: false while it has to be waited for. */
bool thread_commit_is_needed(const StreamThread *self);
bool thread_commit_is_due(const StreamThread *self);
void thread_commit_begin(StreamThread *self);
bool thread_commit_go_on(StreamThread *self);
SimTime thread_commit_next(const StreamThread *self);

/* thread_migration.c: its tasks may be somebody else's. Does its producer know? */
bool thread_migration_is_due(const StreamThread *self);
/* TaskMigratedException? */
bool thread_migration_is_meant(KafkaError error);
void thread_migration_handle(StreamThread *self, KafkaError error);
void thread_migration_lost(StreamThread *self);
bool thread_migration_go_on(StreamThread *self);
/* Tasks were opened: initTransactions(), if need be. */
void thread_migration_await_producer(StreamThread *self);
bool thread_migration_needs_producer(const StreamThread *self);
void thread_migration_initialize(StreamThread *self);
bool thread_migration_is_initialized(StreamThread *self);

/* thread_failures.c: records that could not be written (checkForException); what ends an instance.
 */
bool thread_failures_have_come(const StreamThread *self);
/* After a flush. False: it ended the thread. */
bool thread_failures_handle(StreamThread *self);
void thread_failures_end_instance(StreamThread *self, const char *why);
/* TimeoutException: counted from the first on, until the task makes progress. */
void thread_failures_timed_out(StreamThread *self, int32_t task);
void thread_failures_revive(StreamThread *self, int32_t task, KafkaError error);
/* Another thread of the process did. */
void thread_failures_look(StreamThread *self);

#endif
