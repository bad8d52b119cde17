/* connect_assignor.h - which worker of a Connect cluster runs which connectors and tasks.
 *
 * Workers keep what they run. What is new goes one by one to the least loaded. What a missing
 * worker ran is lost: nobody gets it before scheduled.rebalance.max.delay.ms is over, unless the
 * delay is 0; then it goes to the workers that were empty meanwhile, else to the least loaded. Who
 * runs more than its share gives the rest back in one rebalance, and another gets it in the next; a
 * second such round in a row waits 40 ms, the third 1.6 s, and so on up to the same delay.
 *
 * The leader's memory between two rebalances is the ConnectAssignor: it is lost with the leader.
 * Units are numbered from 0 in the order of their names.
 *
 * Mirrors: IncrementalCooperativeAssignor (KIP-415), clients.md 7.2. */
#ifndef KAFKASIM_MODELS_CONNECT_CONNECT_ASSIGNOR_H
#define KAFKASIM_MODELS_CONNECT_CONNECT_ASSIGNOR_H
#include "sim/kernel/kernel.h"
#include <glib.h>

typedef enum ConnectKind { CONNECT_CONNECTOR, CONNECT_TASK, CONNECT_KINDS } ConnectKind;

/* One member of the group. The caller fills `id` and `runs`; the rest is the answer. */
typedef struct ConnectWorker {
    const char *id;               /* member.id */
    GArray *runs[CONNECT_KINDS];  /* int32_t: what it ran before; afterwards without what is
                                   * revoked and with what is assigned */
    GArray *start[CONNECT_KINDS]; /* int32_t */
    GArray *stop[CONNECT_KINDS];
} ConnectWorker;
void connect_worker_init(ConnectWorker *worker, const char *id);
void connect_worker_clear(ConnectWorker *worker);

typedef struct ConnectAssignor ConnectAssignor;
ConnectAssignor *connect_assignor_new(SimDuration max_delay);
void connect_assignor_free(ConnectAssignor *self);

/* One rebalance at `now`. `configured[k]` units of kind k are to run. The generations are the
 * group's now and the last one that this leader saw completed (-1: none). Returns the delay after
 * which all workers shall join again; 0 = none. */
SimDuration connect_assignor_assign(ConnectAssignor *self,
                                    SimTime now,
                                    const int32_t *configured,
                                    ConnectWorker *workers,
                                    int32_t worker_count,
                                    int32_t completed_generation,
                                    int32_t generation);

/* connect.protocol=eager, before KIP-415: nobody runs anything any more, and connectors, then
 * tasks, go round the workers in the order of their ids. Fills `start`. */
void connect_assign_eagerly(const int32_t *configured,
                            ConnectWorker *workers,
                            int32_t worker_count);

#endif
