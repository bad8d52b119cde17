/* connect_herder.h - a worker of a Connect cluster, beside the consumer that is its membership.
 *
 * The workers are a group (JoinGroup, SyncGroup, Heartbeat as for consumers) in which connectors
 * and tasks are shared out instead of partitions. The leader runs the ConnectAssignor; each worker
 * starts and stops the tasks that it is told to, goes on running the others through every
 * rebalance, joins again when it had to give something up, and when the delay that the leader named
 * is over. A task is a client of its own: a member of the connector's consumer group (sink) or an
 * instance of its producer (source).
 *
 * Stopping takes time: a task commits and closes its client. The worker's thread waits for it, up
 * to task.shutdown.graceful.timeout.ms; until then it does not join, start anything or leave (its
 * heartbeats go on). A task that has not ended by then is cancelled: a source's producer is closed
 * at once, with what is not acknowledged; a sink goes on with its close() as an orphan, and ends
 * with its worker's process at the latest. All that are stopped together have the same time.
 *
 * Under the protocol "default" (connect.protocol=eager) a worker stops all it runs before each
 * rebalance, and starts what it is given after it, be it the same; nothing waits for a worker that
 * may come back. A worker supports its own connect.protocol and those before it (eager, compatible,
 * sessioned), and the group uses the best that all do: the last eager worker that leaves makes the
 * others cooperative with the next rebalance, a first one that joins makes them eager.
 *
 * A worker that has no coordinator, and finds none within heartbeat.interval.ms, stops all it runs
 * and joins again with nothing: others may have its tasks by then.
 *
 * Mirrors: DistributedHerder, WorkerCoordinator, WorkerGroupMember, ConnectProtocolCompatibility
 * (KIP-415), clients.md 7.2; Worker (stopAndAwaitTasks, awaitStopTask). Left out: the config and
 * status topics and their time, tasks that fail, the REST calls ("compatible" and "sessioned"
 * differ in what these are signed with, not in what workers do), the time that starting takes the
 * worker. When a group becomes eager nobody is told to stop what moves: it runs twice until its
 * worker ends (sinks, which have one process, where they were given to). A task's client has a host
 * of its own. */
#ifndef KAFKASIM_MODELS_CONNECT_CONNECT_HERDER_H
#define KAFKASIM_MODELS_CONNECT_CONNECT_HERDER_H
#include "models/consumer/consumer.h"

/* What runs the tasks. */
typedef struct ConnectTasks {
    void *owner;
    void (*start)(void *owner, const ConnectorSpec *connector, int32_t task);
    void (*stop)(void *owner, const ConnectorSpec *connector, int32_t task);
    bool (*has_ended)(void *owner, const ConnectorSpec *connector, int32_t task);
    void (*cancel)(void *owner, const ConnectorSpec *connector, int32_t task); /* it has not */
    void (*kill_all)(
        void *owner); /* the worker's process has ended: with all that it had started */
} ConnectTasks;

typedef struct ConnectHerder ConnectHerder;
ConnectHerder *connect_herder_new(const GroupSpec *spec, int32_t member, const ConnectTasks *tasks);
void connect_herder_free(ConnectHerder *self);
/* What its membership calls, with the herder as owner. */
const MemberWork *connect_herder_work(const ConnectHerder *self);
extern const ConsumerProgram connect_herder_program;
/* Another worker has taken over the process of its task: it runs it no more. */
void connect_herder_forget(ConnectHerder *self, const ConnectorSpec *connector, int32_t task);
/* A process has ended: the worker looks whether it was waiting for that. */
void connect_herder_look(ConnectHerder *self);
/* What it runs: "TASKS: search search-0 search-3" (the connector, two of its tasks); "" nothing.
 * The caller frees it. */
char *connect_herder_text(const ConnectHerder *self);
void connect_herder_set_member(ConnectHerder *self, Consumer *member);

#endif
