/* host_jobs.h - jobs in the order in which they end: a binary heap. The host's own.
 *
 * All jobs on the cores advance at the same speed, so the order of their ends never changes when
 * the speed does: a job keeps the attained service V at which it will be finished, and only V
 * moves. Equal ends leave in the order of arrival. */
#ifndef KAFKASIM_SIM_RESOURCE_HOST_JOBS_H
#define KAFKASIM_SIM_RESOURCE_HOST_JOBS_H
#include "sim/actor/actor.h"

/* CPU time in units of 2^-40 ns: shares of a core add up exactly, in integers. */
__extension__ typedef __int128 Service;
#define SERVICE_BITS 40
#define SERVICE_NS   ((int64_t)1 << SERVICE_BITS)

typedef struct Job {
    Service finish; /* the host's V at its end; while it waits or stands: what is left to do */
    uint64_t sequence;
    Actor *actor;
    void *data;
    SimDuration work; /* of one that waits its turn until the time `finish`; else -1 */
    SimDuration rest; /* after this slice */
    uint16_t kind;
} Job;

/* A heap by (finish, sequence), or with jobs_append / jobs_shift a queue. */
typedef struct Jobs {
    Job *items;
    uint32_t head; /* of a queue */
    uint32_t count;
    uint32_t capacity;
} Jobs;

void jobs_clear(Jobs *jobs);
void jobs_push(Jobs *jobs, const Job *job);
Job jobs_pop(Jobs *jobs);
void jobs_append(Jobs *jobs, const Job *job);
Job jobs_shift(Jobs *jobs);
/* Moves the jobs of one actor out, to `ret_taken` in their order of arrival; a heap stays one,
 * a queue keeps its order. */
void jobs_take(Jobs *jobs, const Actor *actor, bool is_heap, Jobs *ret_taken);

#endif
