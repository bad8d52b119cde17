/* host.h - a machine: cores that its processes share, one disk, a rack, power.
 *
 * Other programs may use the cores too (host_others.h): a thread of ours that wakes up first waits
 * its turn, and again after each slice that it has run. A process of one thread
 * (ActorClass.is_one_thread) waits before it handles an event, others before each piece of work,
 * which is another thread's.
 *
 * Work is CPU time in ns at speed 1. Discipline PS (processor sharing: n jobs on c cores each run
 * at min(1, c/n), as an operating system's scheduler does in the mean) or FCFS (c servers, one
 * queue). speed_ppm scales the whole host (a slow host: 500000 = half speed). */
#ifndef KAFKASIM_SIM_RESOURCE_HOST_H
#define KAFKASIM_SIM_RESOURCE_HOST_H
#include "sim/actor/actor.h"
#include "sim/resource/disk.h"
#include "sim/resource/host_others.h"
#include "sim/resource/page_cache.h"

typedef struct Host Host;
typedef enum HostDiscipline { HOST_PROCESSOR_SHARING, HOST_FIRST_COME } HostDiscipline;

typedef struct HostProfile {
    const char *name; /* copied */
    const char *rack; /* copied; "" = none */
    uint32_t cores;   /* >= 1 */
    HostDiscipline discipline;
    DiskProfile disk;
    int64_t page_cache_bytes; /* 0 = as much as is asked for */
    OtherProgramsProfile others;
} HostProfile;

/* Appends to sim->hosts (freed by sim_free) and returns the host's index. */
uint32_t host_new(Sim *sim, const HostProfile *profile);
Host *host_at(const Sim *sim, uint32_t index);
const char *host_name(const Host *host);
const char *host_rack(const Host *host);
Disk *host_disk(Host *host);
PageCache *host_page_cache(Host *host);

/* Runs `work` >= 0 ns of CPU for the actor on its own host; afterwards the actor's
 * on_done(kind, data). Work of a process that dies is abandoned; that of a frozen one stands. */
void host_run(Actor *self, SimDuration work, uint16_t kind, void *data);
/* The same by a thread that has just done something else: it has its core still. */
void host_go_on(Actor *self, SimDuration work, uint16_t kind, void *data);
/* How many jobs are on the host's cores and in their queue now. */
uint32_t host_running(const Host *host);
/* CPU ns consumed so far. */
SimDuration host_busy_ns(const Host *host);
/* 1000000 = as the profile says, 0 = stands still. */
void host_set_speed(Sim *sim, uint32_t index, uint32_t speed_ppm);

/* Power cut: every process on it dies, no peer is told, and what the disk had not flushed is
 * gone (page_cache_durable_bytes says what is left of each file). host_restore gives power back;
 * processes stay dead. */
void host_fail(Sim *sim, uint32_t index);
void host_restore(Sim *sim, uint32_t index);
bool host_has_power(const Host *host);

#endif
