/* task_assignor.h - which instance of a Streams application runs which task, and which of its
 * threads.
 *
 * A task is one partition of a sub-topology. Stateful tasks are spread in turn over the instances
 * and evened out by tasks a thread. Where the intended instance lacks the state and another has
 * more of it, the other runs the task meanwhile, and the intended one warms up (at most
 * max.warmup.replicas at a time); a probing rebalance looks again later. Stateless tasks go to the
 * instance with the fewest active tasks a thread. Threads keep the stateful tasks that they had.
 *
 * Mirrors: HighAvailabilityTaskAssignor, TaskMovement, DefaultStandbyTaskAssignor and
 * StreamsPartitionAssignor.assignTasksToThreads (KIP-441), clients.md 7.1. Left out: racks, tags,
 * and that a thread keeps its tasks in the order of their lags (here of their ids). */
#ifndef KAFKASIM_MODELS_STREAMS_TASK_ASSIGNOR_H
#define KAFKASIM_MODELS_STREAMS_TASK_ASSIGNOR_H
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define STREAMS_LAG_RUNNING (-2) /* it runs the task now (Task.LATEST_OFFSET) */
#define STREAMS_NO_CLIENT   (-1)

typedef enum StreamsRole { STREAMS_NOT_HERE, STREAMS_ACTIVE, STREAMS_STANDBY } StreamsRole;

/* One instance, a process. */
typedef struct StreamsClient {
    int32_t threads;
    const int64_t *lag; /* for each task: records of its changelogs not yet here; all of them where
                         * nothing is here */
    uint8_t *role;      /* for each task a StreamsRole: the answer; warm-ups are standbys */
    int32_t active_count;
    int32_t assigned_count;
} StreamsClient;

/* Tasks are numbered in the order of their ids: by sub-topology, then by partition. */
typedef struct StreamsTasks {
    int32_t count;
    const bool *stateful;
    int64_t acceptable_recovery_lag;
    int32_t max_warmup_replicas;
    int32_t num_standby_replicas;
} StreamsTasks;

/* Fills in role and the counts of all clients, which stand in the order of their process ids.
 * True when a probing rebalance shall follow. */
bool streams_assign_tasks(const StreamsTasks *tasks, StreamsClient *clients, int32_t client_count);

/* Spreads `given` (ascending task numbers) over the threads of one client; a thread's load counts
 * what it got in earlier calls and is brought up to date. `previous[t]` is the thread that had task
 * t before, or -1; it is heeded when `keep`. `ret_thread` takes a thread for each of `given`. */
void streams_assign_threads(const GArray *given,
                            bool keep,
                            const int32_t *previous,
                            int32_t *load,
                            int32_t thread_count,
                            int32_t *ret_thread);

#endif
