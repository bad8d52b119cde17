/* disk.h - one disk: sequential write-back, fsync and reads in one FIFO queue.
 *
 * A write goes to the page cache first (page_cache.h) and is charged to the disk when it is
 * flushed; fsync waits for the queue and takes its own drawn time; reads that miss the cache
 * queue as well. Completion comes as the actor's on_done(kind, data). */
#ifndef KAFKASIM_SIM_RESOURCE_DISK_H
#define KAFKASIM_SIM_RESOURCE_DISK_H
#include "sim/actor/actor.h"
#include "sim/chance/distribution.h"

typedef struct Disk Disk;

typedef struct DiskProfile {
    int64_t write_bytes_per_sec; /* > 0 */
    int64_t read_bytes_per_sec;  /* > 0 */
    Distribution fsync;          /* ns */
    Distribution seek;           /* ns, before each read that is not in the cache */
    int64_t capacity_bytes;      /* 0 = unlimited */
} DiskProfile;

Disk *disk_new(Sim *sim, const char *name, const DiskProfile *profile);
void disk_free(Disk *disk);
/* Each queues behind what is under way and ends in self's on_done(kind, data). */
void disk_write(Actor *self, Disk *disk, int64_t bytes, uint16_t kind, void *data);
void disk_read(Actor *self, Disk *disk, int64_t bytes, uint16_t kind, void *data);
void disk_fsync(Actor *self, Disk *disk, uint16_t kind, void *data);
/* Slow disk: times stretched by this factor (1000000 = as the profile says). */
void disk_set_slowness(Disk *disk, uint32_t factor_ppm);
int64_t disk_written_bytes(const Disk *disk);
uint32_t disk_queue_length(const Disk *disk);
SimDuration disk_busy_ns(const Disk *disk);

#endif
