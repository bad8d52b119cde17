/* stream_thread.h - a thread of a Kafka Streams application, beside the consumer that it polls.
 *
 * The thread is a member of the application's group (classic protocol, cooperative, with Streams'
 * own assignor); its consumer reads the partitions of its active tasks, its producer writes what
 * they make, its state updater restores their stores.
 *
 *     poll --records--> process, a record of each task in turn --none left--> poll
 *     commit.interval.ms is over --> flush, commitSync        (at_least_once)
 *                                --> commit the transaction   (exactly_once_v2)
 *     an assignment takes tasks away --> commit, give them up, join again
 *     a task comes: no store --> runs;  a store --> restored from its changelog --> runs
 *
 * Within a task the record with the smallest timestamp of its partitions is next. Each record is
 * put into the store, which writes it to the changelog, and sent on: to a repartition topic by a
 * new key, to a sink with the same key. Internal topics are created by the group's leader, which
 * waits for them before it assigns.
 *
 * Mirrors: StreamThread, TaskManager, StreamTask, ActiveTaskCreator, StreamsProducer (KIP-447),
 * clients.md 7.1. Left out: max.task.idle.ms (a partition without records is not waited for), the
 * record cache (each update is written: statestore.cache.max.bytes=0), punctuators, DeleteRecords
 * on repartition topics, partitions added to sources, a thread that is replaced; the group
 * protocol of KIP-1071. The time of requests for ends of changelogs and for topics is not counted.
 * Errors: thread_failures.c. */
#ifndef KAFKASIM_MODELS_STREAMS_STREAM_THREAD_H
#define KAFKASIM_MODELS_STREAMS_STREAM_THREAD_H
#include "models/consumer/consumer.h"
#include "models/streams/streams_app.h"

typedef struct StreamThread StreamThread;

/* Member `member` of the application's group. */
StreamThread *stream_thread_new(StreamsApp *app, int32_t member);
void stream_thread_free(StreamThread *self);
extern const MemberWork stream_thread_work;
extern const ConsumerProgram stream_thread_program;
/* `restorer`: made for state_updater_program, its work_owner the thread's updater; it becomes the
 * thread's own. The process id is drawn by chance, as a UUID is. */
void stream_thread_set_consumers(StreamThread *self,
                                 Consumer *member,
                                 Consumer *restorer,
                                 int32_t process_id);
struct StateUpdater *stream_thread_updater(StreamThread *self);
Consumer *stream_thread_restorer(StreamThread *self);
/* As kafka-streams-groups.sh says it: "ACTIVE: 0:[0,1]; STANDBY: 1:[3]", and active ones whose
 * store is not there yet: RESTORING. A member cannot tell warm-ups from standbys; where no standbys
 * are configured they are WARMUP. Caller frees. */
char *stream_thread_tasks_text(const StreamThread *self);

#endif
