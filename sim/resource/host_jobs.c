/* host_jobs.c - see host_jobs.h. */
#include "sim/resource/host_jobs.h"
#include <string.h>

#define JOBS_START 8

void jobs_clear(Jobs *jobs)
{
    g_free(jobs->items);
    *jobs = (Jobs){0};
}

static bool job_is_before(const Job *one, const Job *other)
{
    return one->finish != other->finish ? one->finish < other->finish
                                        : one->sequence < other->sequence;
}

/* Makes room for one more behind the last. */
static void jobs_reserve(Jobs *jobs)
{
    if (jobs->head + jobs->count < jobs->capacity) {
        return;
    }
    if (jobs->head > 0 && jobs->head >= jobs->count) {
        memmove(jobs->items, jobs->items + jobs->head, jobs->count * sizeof(Job));
        jobs->head = 0;
        return;
    }
    jobs->capacity = jobs->capacity == 0 ? JOBS_START : jobs->capacity * 2;
    jobs->items = g_renew(Job, jobs->items, jobs->capacity);
}

void jobs_push(Jobs *jobs, const Job *job)
{
    jobs_reserve(jobs);
    uint32_t place = jobs->count;
    jobs->count++;
    if (place == 0) { /* most hosts are idle most of the time */
        jobs->items[0] = *job;
        return;
    }
    while (place > 0) {
        const uint32_t parent = (place - 1) / 2;
        if (!job_is_before(job, &jobs->items[parent])) {
            break;
        }
        jobs->items[place] = jobs->items[parent];
        place = parent;
    }
    jobs->items[place] = *job;
}

static uint32_t earlier_child(const Jobs *jobs, uint32_t place)
{
    const uint32_t left = 2 * place + 1;
    const uint32_t right = left + 1;
    return right < jobs->count && job_is_before(&jobs->items[right], &jobs->items[left]) ? right
                                                                                         : left;
}

Job jobs_pop(Jobs *jobs)
{
    const Job first = jobs->items[0];
    jobs->count--;
    if (jobs->count == 0) {
        return first;
    }
    const Job last = jobs->items[jobs->count];
    uint32_t place = 0;
    while (2 * place + 1 < jobs->count) {
        const uint32_t child = earlier_child(jobs, place);
        if (!job_is_before(&jobs->items[child], &last)) {
            break;
        }
        jobs->items[place] = jobs->items[child];
        place = child;
    }
    jobs->items[place] = last;
    return first;
}

void jobs_append(Jobs *jobs, const Job *job)
{
    jobs_reserve(jobs);
    jobs->items[jobs->head + jobs->count] = *job;
    jobs->count++;
}

Job jobs_shift(Jobs *jobs)
{
    const Job job = jobs->items[jobs->head];
    jobs->count--;
    jobs->head = jobs->count == 0 ? 0 : jobs->head + 1;
    return job;
}

/* Few jobs stand at a time: insertion keeps them in order of arrival. */
static void insert_by_sequence(Jobs *jobs, const Job *job)
{
    jobs_append(jobs, job);
    Job *items = jobs->items + jobs->head;
    uint32_t place = jobs->count - 1;
    while (place > 0 && items[place - 1].sequence > job->sequence) {
        items[place] = items[place - 1];
        place--;
    }
    items[place] = *job;
}

void jobs_take(Jobs *jobs, const Actor *actor, bool is_heap, Jobs *ret_taken)
{
    const uint32_t count = jobs->count;
    if (count == 0) {
        jobs->head = 0;
        return; /* there may be no array yet */
    }
    Job *items = jobs->items + jobs->head;
    jobs->head = 0;
    jobs->count = 0;
    for (uint32_t i = 0; i < count; i++) {
        const Job job = items[i]; /* what is kept lands at or before its old place */
        if (job.actor == actor) {
            insert_by_sequence(ret_taken, &job);
        } else if (is_heap) {
            jobs_push(jobs, &job);
        } else {
            jobs_append(jobs, &job);
        }
    }
}
