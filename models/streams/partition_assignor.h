/* partition_assignor.h - what the leader of a Streams group makes of its members' subscriptions.
 *
 * Members of one process are one client. What they say of their stores and the ends of the
 * changelogs give the lags by which task_assignor decides; each client's tasks go to its threads.
 * An active task that another member still owns is held back until that one has revoked it
 * (cooperative rebalancing, KIP-429): who was to get it joins again at once, and keeps a standby of
 * it meanwhile when it had one. While tasks wait for warm-ups, one thread of the leader's process
 * looks again after probing.rebalance.interval.ms.
 *
 * Mirrors: StreamsPartitionAssignor, ClientState.computeTaskLags. */
#ifndef KAFKASIM_MODELS_STREAMS_PARTITION_ASSIGNOR_H
#define KAFKASIM_MODELS_STREAMS_PARTITION_ASSIGNOR_H
#include "models/streams/task_assignor.h"
#include "models/streams/topology.h"

/* What a member's subscription says of a task: how far its store is. */
typedef struct TaskOffset {
    int32_t task;
    int64_t offset; /* in the changelog; STREAMS_LAG_RUNNING: it runs it */
} TaskOffset;

typedef struct StreamsMember {
    const char *member_id;
    int32_t process;
    GArray *owned;   /* of int32_t: partitions */
    GArray *offsets; /* of TaskOffset */
    /* The answer: */
    GArray *active;   /* of int32_t: tasks, ascending */
    GArray *standby;  /* warm-ups among them */
    bool joins_again; /* at once: it will get what another has to revoke first */
    bool probes;      /* after probing.rebalance.interval.ms */
} StreamsMember;

void streams_member_init(StreamsMember *self, const char *member_id, int32_t process);
void streams_member_clear(StreamsMember *self);

/* `end_offsets`: by task, of its changelog. `options`: count and stateful are filled in. */
void streams_partition_assign(const Topology *topology,
                              StreamsTasks options,
                              const int64_t *end_offsets,
                              StreamsMember *members,
                              int32_t member_count,
                              int32_t leader);

#endif
