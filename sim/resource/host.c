/* host.c - cores shared by processes, and power; see host.h.
 *
 * Processor sharing in virtual time: V is the service that a job on a core has attained since
 * the start; with n jobs on c cores it grows at speed * min(1, c/n). First come first served: V
 * grows at `speed` and at most c jobs are on the cores. V is an integer of 2^-40 ns and its rate
 * one too, so that a run gives the same bits everywhere; with up to 10,000 jobs on a core the
 * rounded rate is off by less than 10^-8. An end is found at the first whole ns not before it.
 *
 * Leaves out: time slices among our own jobs, priorities, the cost of a context switch, caches,
 * hyper-threads. */
#include "sim/resource/host.h"
#include "sim/actor/dispatch.h"
#include "sim/resource/host_jobs.h"
#include "sim/resource/network.h"

#define FULL_SPEED  1000000u
#define NOT_WAITING (-1)

/* Its kernel events. */
enum { HOST_END, HOST_TURN };

/* What a job touches stands in front, in two lines of a processor's cache. */
struct Host {
    Sim *sim;
    SimTime event_at;
    Service service; /* V */
    int64_t rate;    /* of V, each ns */
    SimTime updated; /* when V and busy_ns were true */
    SimDuration busy_ns;
    EventHandle event; /* the next end */
    uint32_t cores;
    Jobs running; /* heap */
    uint64_t next_sequence;
    uint32_t speed_ppm;
    HostDiscipline discipline;
    Jobs queue; /* first come first served: no core is free */
    uint32_t target;
    bool has_power;
    bool in_event; /* the next end is sought when the handler is through */
    Jobs standing; /* of frozen processes */
    Jobs scratch;  /* of jobs that are moved */
    Jobs waiting;  /* heap: their turn comes at `finish`, a time; other programs run */
    OtherPrograms others;
    char *name;
    char *rack;
    uint32_t index;
    Disk *disk;
    PageCache *page_cache;
};

static uint32_t busy_cores(const Host *host)
{
    return MIN(host->running.count, host->cores);
}

/* Brings V up to now. */
static void host_advance(Host *host)
{
    const SimTime now = kernel_now(host->sim->kernel);
    const SimDuration passed = now - host->updated;
    if (passed > 0) {
        host->service += (Service)passed * host->rate;
        host->busy_ns += passed * busy_cores(host);
        host->updated = now;
    }
}

static int64_t host_rate(const Host *host)
{
    const bool shared = host->discipline == HOST_PROCESSOR_SHARING;
    if (host->speed_ppm == FULL_SPEED && (!shared || host->running.count <= host->cores)) {
        return SERVICE_NS;
    }
    const uint64_t sharers = shared ? MAX(host->running.count, host->cores) : host->cores;
    const Service whole = (Service)host->cores * host->speed_ppm * SERVICE_NS;
    const Service parts = (Service)sharers * FULL_SPEED;
    return (int64_t)((whole + parts - 1) / parts); /* up: an end on a whole ns is found there */
}

/* When the first job ends at the present rate; SIM_TIME_MAX: never. */
static SimTime first_end(const Host *host)
{
    if (host->running.count == 0 || host->rate == 0) {
        return SIM_TIME_MAX;
    }
    const Service left = host->running.items[0].finish - host->service;
    if (left <= 0) {
        return host->updated;
    }
    const Service wait = host->rate == SERVICE_NS ? (left + SERVICE_NS - 1) >> SERVICE_BITS
                                                  : (left + host->rate - 1) / host->rate;
    return wait > SIM_TIME_MAX - host->updated ? SIM_TIME_MAX : host->updated + (SimTime)wait;
}

/* After any change of the jobs on the cores, at a V that is true. */
static void host_settle(Host *host)
{
    if (host->in_event) {
        return;
    }
    host->rate = host_rate(host);
    const SimTime at = first_end(host);
    if (host->event != 0) {
        if (at == host->event_at) {
            return;
        }
        (void)kernel_cancel(host->sim->kernel, host->event);
        host->event = 0;
    }
    if (at != SIM_TIME_MAX) {
        host->event_at = at;
        host->event = kernel_schedule(host->sim->kernel, at, host->target, HOST_END, 0, host);
    }
}

/* A job with `finish` = what is left takes a core, or waits for one. */
static void host_admit(Host *host, Job job)
{
    if (host->discipline == HOST_FIRST_COME && host->running.count >= host->cores) {
        jobs_append(&host->queue, &job);
        return;
    }
    job.finish += host->service;
    jobs_push(&host->running, &job);
}

static void host_fill_cores(Host *host)
{
    while (host->queue.count > 0 && host->running.count < host->cores) {
        host_admit(host, jobs_shift(&host->queue));
    }
}

/* A job that waited for its turn, or did not. */
static void take_turn(Job *job)
{
    if (job->work != NOT_WAITING) {
        job->finish = (Service)job->work * SERVICE_NS;
        job->work = NOT_WAITING;
    }
}

/* Events of jobs that were withdrawn find nothing to do. */
static void take_turns(Host *host)
{
    const SimTime now = kernel_now(host->sim->kernel);
    host_advance(host);
    while (host->waiting.count > 0 && host->waiting.items[0].finish <= now) {
        Job job = jobs_pop(&host->waiting);
        take_turn(&job);
        host_admit(host, job);
    }
    host_settle(host);
}

/* A job's next slice: it waits for its turn, if anybody stands before it. */
static void host_queue_up(Host *host, Job job)
{
    const SimTime now = kernel_now(host->sim->kernel);
    const SimDuration wait = other_programs_wait(&host->others, now);
    const SimDuration piece = MIN(job.rest, host->others.slice);
    job.rest -= piece;
    if (wait == 0) {
        job.finish = (Service)piece * SERVICE_NS;
        host_admit(host, job);
        return;
    }
    job.work = piece;
    job.finish = now + wait;
    jobs_push(&host->waiting, &job);
    (void)kernel_schedule(host->sim->kernel, now + wait, host->target, HOST_TURN, 0, NULL);
}

static void host_on_event(Kernel *kernel, void *self, SimTime now, KernelEvent event)
{
    (void)now;
    (void)kernel;
    Host *host = self;
    if (event.kind == HOST_TURN) {
        take_turns(host);
        return;
    }
    host_advance(host);
    host->event = 0;
    SIM_ASSERT(host->sim, host->running.items[0].finish <= host->service);
    const Job job = jobs_pop(&host->running);
    host_fill_cores(host);
    if (job.rest > 0) {
        host_queue_up(host, job);
        host_settle(host);
        return;
    }
    host->in_event = true;
    actor_deliver(job.actor, (uint16_t)(ACTOR_EVENT_DONE_BASE + job.kind), job.data);
    host->in_event = false;
    host_settle(host);
}

/* ---- Other programs on the cores. */
static bool host_is_crowded(const Actor *actor)
{
    return host_at(actor->sim, actor->host)->others.slice > 0;
}

static SimDuration host_wake_delay(const Actor *actor)
{
    Host *host = host_at(actor->sim, actor->host);
    return other_programs_wait(&host->others, kernel_now(host->sim->kernel));
}

/* A turn before each slice, but for the first of a thread that is awake. */
static void host_begin_crowded(Host *host, Job job, SimDuration work, bool is_awake)
{
    job.rest = work;
    host_advance(host);
    if (is_awake) {
        const SimDuration piece = MIN(work, host->others.slice);
        job.rest -= piece;
        job.finish = (Service)piece * SERVICE_NS;
        host_admit(host, job);
    } else {
        host_queue_up(host, job);
    }
    host_settle(host);
}

static void host_begin(Actor *self, SimDuration work, uint16_t kind, void *data, bool is_awake)
{
    Host *host = host_at(self->sim, self->host);
    SIM_ASSERT(self->sim, work >= 0 && self->life != ACTOR_DEAD);
    const Job job = {
        .finish = (Service)work * SERVICE_NS,
        .sequence = host->next_sequence++,
        .actor = self,
        .data = data,
        .work = NOT_WAITING,
        .kind = kind,
    };
    if (self->life == ACTOR_FROZEN) {
        jobs_append(&host->standing, &job);
        return;
    }
    if (host->others.slice > 0) {
        host_begin_crowded(host, job, work, is_awake);
        return;
    }
    host_advance(host);
    host_admit(host, job);
    host_settle(host);
}

void host_run(Actor *self, SimDuration work, uint16_t kind, void *data)
{
    host_begin(self, work, kind, data, self->class->is_one_thread);
}

void host_go_on(Actor *self, SimDuration work, uint16_t kind, void *data)
{
    host_begin(self, work, kind, data, true);
}

/* Takes a process's jobs off the cores and out of the queue, to `scratch`. */
static void host_withdraw(Host *host, const Actor *actor)
{
    host->scratch.count = 0;
    jobs_take(&host->running, actor, true, &host->scratch);
    for (uint32_t i = 0; i < host->scratch.count; i++) {
        Job *job = &host->scratch.items[i];
        job->finish = MAX(job->finish - host->service, 0);
    }
    jobs_take(&host->queue, actor, false, &host->scratch);
    jobs_take(&host->waiting, actor, true, &host->scratch);
    for (uint32_t i = 0; i < host->scratch.count; i++) {
        take_turn(&host->scratch.items[i]);
    }
    host_fill_cores(host);
}

static void host_stop_jobs(Host *host, const Actor *actor)
{
    host_withdraw(host, actor);
    for (uint32_t i = 0; i < host->scratch.count; i++) {
        jobs_append(&host->standing, &host->scratch.items[i]);
    }
}

static void host_resume_jobs(Host *host, const Actor *actor)
{
    host->scratch.count = 0;
    jobs_take(&host->standing, actor, false, &host->scratch);
    for (uint32_t i = 0; i < host->scratch.count; i++) {
        host_admit(host, host->scratch.items[i]);
    }
}

static void host_drop_jobs(Host *host, const Actor *actor)
{
    host_withdraw(host, actor);
    host->scratch.count = 0;
    jobs_take(&host->standing, actor, false, &host->scratch);
}

static void host_on_life_change(Actor *actor, ActorLife from, ActorLife to)
{
    if (actor->host >= actor->sim->hosts->len || from == ACTOR_DEAD) {
        return;
    }
    Host *host = host_at(actor->sim, actor->host);
    host_advance(host);
    switch (to) {
    case ACTOR_FROZEN:
        host_stop_jobs(host, actor);
        break;
    case ACTOR_ALIVE:
        host_resume_jobs(host, actor);
        break;
    case ACTOR_DEAD:
        host_drop_jobs(host, actor);
        break;
    }
    host_settle(host);
}

static bool host_can_start(const Actor *actor)
{
    return actor->host >= actor->sim->hosts->len ||
           host_has_power(host_at(actor->sim, actor->host));
}

static const SimHostCalls host_calls = {
    .can_start = host_can_start,
    .life_changed = host_on_life_change,
    .is_crowded = host_is_crowded,
    .wake_delay = host_wake_delay,
};

static void host_free(gpointer data)
{
    Host *host = data;
    jobs_clear(&host->running);
    jobs_clear(&host->queue);
    jobs_clear(&host->standing);
    jobs_clear(&host->scratch);
    jobs_clear(&host->waiting);
    page_cache_free(host->page_cache);
    disk_free(host->disk);
    g_free(host->name);
    g_free(host->rack);
    g_aligned_free(host);
}

uint32_t host_new(Sim *sim, const HostProfile *profile)
{
    Host *host = g_aligned_alloc0(1, sizeof(Host), 64);
    SIM_ASSERT(sim, profile->cores >= 1);
    host->sim = sim;
    host->name = g_strdup(profile->name);
    host->rack = g_strdup(profile->rack);
    host->index = sim->hosts->len;
    host->cores = profile->cores;
    host->discipline = profile->discipline;
    host->speed_ppm = FULL_SPEED;
    host->rate = SERVICE_NS;
    host->has_power = true;
    host->updated = sim_now(sim);
    host->target = kernel_add_target(sim->kernel, host_on_event, host);
    other_programs_init(&host->others, &profile->others, profile->cores, sim->seed, profile->name);
    host->disk = disk_new(sim, profile->name, &profile->disk);
    host->page_cache = page_cache_new(sim, host->disk, profile->page_cache_bytes);
    sim->host_calls = &host_calls;
    g_ptr_array_set_free_func(sim->hosts, host_free);
    g_ptr_array_add(sim->hosts, host);
    return host->index;
}

Host *host_at(const Sim *sim, uint32_t index)
{
    SIM_ASSERT(sim, index < sim->hosts->len);
    return g_ptr_array_index(sim->hosts, index);
}

const char *host_name(const Host *host)
{
    return host->name;
}

const char *host_rack(const Host *host)
{
    return host->rack;
}

Disk *host_disk(Host *host)
{
    return host->disk;
}

PageCache *host_page_cache(Host *host)
{
    return host->page_cache;
}

uint32_t host_running(const Host *host)
{
    return host->running.count + host->queue.count;
}

SimDuration host_busy_ns(const Host *host)
{
    const SimDuration passed = kernel_now(host->sim->kernel) - host->updated;
    return host->busy_ns + passed * busy_cores(host);
}

void host_set_speed(Sim *sim, uint32_t index, uint32_t speed_ppm)
{
    Host *host = host_at(sim, index);
    host_advance(host);
    host->speed_ppm = speed_ppm;
    host_settle(host);
}

void host_fail(Sim *sim, uint32_t index)
{
    Host *host = host_at(sim, index);
    if (!host->has_power) {
        return;
    }
    host->has_power = false;
    if (sim->network != NULL) {
        network_set_power(sim->network, index, false);
    }
    disk_power_cut(host->disk);
    page_cache_power_cut(host->page_cache);
    for (guint i = 0; i < sim->actors->len; i++) {
        Actor *actor = g_ptr_array_index(sim->actors, i);
        if (actor != NULL && actor->host == index) {
            (void)actor_die(actor, false);
        }
    }
}

void host_restore(Sim *sim, uint32_t index)
{
    Host *host = host_at(sim, index);
    host->has_power = true;
    if (sim->network != NULL) {
        network_set_power(sim->network, index, true);
    }
}

bool host_has_power(const Host *host)
{
    return host->has_power;
}
