/* disk.h - one disk: sequential write-back, fsync and reads in one FIFO queue.
 *
 * A write goes to the page cache first (page_cache.h) and is charged to the disk when it is
 * flushed; fsync waits for the queue and takes its own drawn time; reads that miss the cache
 * queue as well. Completion comes as the actor's on_done(kind, data).
 *
 * Leaves out: more than one request in service (an SSD's parallelism is in the rates), the
 * disk's own volatile cache (what it has written is durable). */
#ifndef KAFKASIM_SIM_RESOURCE_DISK_H
#define KAFKASIM_SIM_RESOURCE_DISK_H
#include "sim/actor/actor.h"
#include "sim/chance/distribution.h"

typedef struct Disk Disk;
typedef enum DiskRequestType { DISK_WRITE, DISK_READ, DISK_FSYNC } DiskRequestType;
/* Called when a request of no process (write-back) is finished. Not called after a power cut. */
typedef void (*DiskWatcher)(void *watcher, uint64_t argument, int64_t bytes);

typedef struct DiskProfile {
    int64_t write_bytes_per_sec; /* > 0 */
    int64_t read_bytes_per_sec;  /* > 0 */
    Distribution fsync;          /* ns */
    Distribution seek;           /* ns, before each read that is not in the cache */
    int64_t capacity_bytes;      /* 0 = unlimited; for its users to compare, not enforced here */
} DiskProfile;

Disk *disk_new(Sim *sim, const char *name, const DiskProfile *profile);
void disk_free(Disk *disk);
/* Each queues behind what is under way and ends in self's on_done(kind, data). */
void disk_write(Actor *self, Disk *disk, int64_t bytes, uint16_t kind, void *data);
void disk_read(Actor *self, Disk *disk, int64_t bytes, uint16_t kind, void *data);
/* The same for the host's own kernel, which is no process. `finished` may be NULL. */
void disk_submit(Disk *disk,
                 DiskRequestType type,
                 int64_t bytes,
                 DiskWatcher finished,
                 void *watcher,
                 uint64_t argument);
void disk_fsync(Actor *self, Disk *disk, uint16_t kind, void *data);
/* Slow disk: times stretched by this factor (1000000 = as the profile says). */
void disk_set_slowness(Disk *disk, uint32_t factor_ppm);
/* Power cut: whatever is queued is gone, nobody is told. */
void disk_power_cut(Disk *disk);
int64_t disk_capacity_bytes(const Disk *disk);
int64_t disk_read_bytes(const Disk *disk);
int64_t disk_written_bytes(const Disk *disk);
uint32_t disk_queue_length(const Disk *disk);
SimDuration disk_busy_ns(const Disk *disk);

#endif
