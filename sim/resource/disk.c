/* disk.c - one server, one queue; see disk.h. */
#include "sim/resource/disk.h"
#include "sim/actor/dispatch.h"

/* Products of bytes, times and ppm. */
__extension__ typedef __int128 WideTime;

typedef struct DiskRequest {
    DiskRequestType type;
    uint16_t kind;
    uint16_t incarnation;
    int64_t bytes;
    Actor *actor; /* NULL: the host's own */
    void *data;   /* of the actor, or the watcher */
    DiskWatcher finished;
    uint64_t argument;
} DiskRequest;

struct Disk {
    Sim *sim;
    DiskProfile profile;
    uint32_t target;
    uint32_t slowness_ppm;
    DiskRequest *ring; /* the first is in service */
    uint32_t capacity; /* a power of two */
    uint32_t head;
    uint32_t length;
    EventHandle event;
    SimTime started;
    SimDuration busy_ns;
    int64_t written_bytes;
    int64_t read_bytes;
    Stream fsync;
    Stream seek;
};

#define RING_START 16

static DiskRequest *disk_head(Disk *disk)
{
    return &disk->ring[disk->head];
}

/* Bytes at a rate; a page more or less is rounding. No overflow: 128 bits. */
static SimDuration bytes_time(int64_t bytes, int64_t bytes_per_sec)
{
    const WideTime wide = (WideTime)bytes * SIM_SEC(1);
    return (SimDuration)MIN(wide / bytes_per_sec, (WideTime)(SIM_TIME_MAX / 4));
}

static SimDuration service_time(Disk *disk, const DiskRequest *request)
{
    switch (request->type) {
    case DISK_WRITE:
        return bytes_time(request->bytes, disk->profile.write_bytes_per_sec);
    case DISK_READ:
        return distribution_draw(&disk->profile.seek, &disk->seek) +
               bytes_time(request->bytes, disk->profile.read_bytes_per_sec);
    case DISK_FSYNC:
        break;
    }
    return distribution_draw(&disk->profile.fsync, &disk->fsync);
}

static void disk_serve(Disk *disk)
{
    Kernel *kernel = disk->sim->kernel;
    const SimTime now = kernel_now(kernel);
    const WideTime wide =
        (WideTime)service_time(disk, disk_head(disk)) * disk->slowness_ppm / 1000000;
    const SimDuration service = (SimDuration)MIN(wide, (WideTime)(SIM_TIME_MAX - now));
    disk->started = now;
    disk->event = kernel_schedule(
        kernel, now + service, disk->target, (uint16_t)disk_head(disk)->type, 0, NULL);
}

static void disk_finish(Disk *disk, const DiskRequest *request)
{
    if (request->type == DISK_WRITE) {
        disk->written_bytes += request->bytes;
    } else if (request->type == DISK_READ) {
        disk->read_bytes += request->bytes;
    }
    Actor *actor = request->actor;
    const uint16_t kind = (uint16_t)(ACTOR_EVENT_DONE_BASE + request->kind);
    if (actor == NULL && request->finished == NULL) {
        return; /* nobody waits */
    }
    if (actor == NULL) {
        request->finished(request->data, request->argument, request->bytes);
    } else if (actor->incarnation != request->incarnation || actor->life == ACTOR_DEAD) {
        actor_drop(disk->sim, kind, request->data);
    } else {
        actor_deliver(actor, kind, request->data);
    }
}

static void disk_on_event(Kernel *kernel, void *self, SimTime now, KernelEvent event)
{
    (void)event;
    (void)kernel;
    Disk *disk = self;
    const DiskRequest request = *disk_head(disk);
    disk->event = 0;
    disk->busy_ns += now - disk->started;
    disk->head = (disk->head + 1) & (disk->capacity - 1);
    disk->length--;
    if (disk->length > 0) {
        disk_serve(disk);
    }
    disk_finish(disk, &request);
}

Disk *disk_new(Sim *sim, const char *name, const DiskProfile *profile)
{
    Disk *disk = g_new0(Disk, 1);
    disk->sim = sim;
    disk->profile = *profile;
    disk->slowness_ppm = 1000000;
    disk->target = kernel_add_target(sim->kernel, disk_on_event, disk);
    char *fsync = g_strdup_printf("disk/%s/fsync", name);
    char *seek = g_strdup_printf("disk/%s/seek", name);
    stream_init(&disk->fsync, sim->seed, fsync);
    stream_init(&disk->seek, sim->seed, seek);
    g_free(fsync);
    g_free(seek);
    return disk;
}

void disk_free(Disk *disk)
{
    if (disk != NULL) {
        g_free(disk->ring);
        g_free(disk);
    }
}

static void disk_grow(Disk *disk)
{
    const uint32_t capacity = disk->capacity == 0 ? RING_START : disk->capacity * 2;
    DiskRequest *ring = g_new(DiskRequest, capacity);
    for (uint32_t i = 0; i < disk->length; i++) {
        ring[i] = disk->ring[(disk->head + i) & (disk->capacity - 1)];
    }
    g_free(disk->ring);
    disk->ring = ring;
    disk->capacity = capacity;
    disk->head = 0;
}

static void disk_queue(Disk *disk, const DiskRequest *request)
{
    SIM_ASSERT(disk->sim, request->bytes >= 0);
    if (disk->length == disk->capacity) {
        disk_grow(disk);
    }
    disk->ring[(disk->head + disk->length) & (disk->capacity - 1)] = *request;
    disk->length++;
    if (disk->length == 1) {
        disk_serve(disk);
    }
}

static void
disk_ask(Actor *self, Disk *disk, DiskRequestType type, int64_t bytes, uint16_t kind, void *data)
{
    const DiskRequest request = {.type = type,
                                 .kind = kind,
                                 .incarnation = self->incarnation,
                                 .bytes = bytes,
                                 .actor = self,
                                 .data = data};
    SIM_ASSERT(disk->sim, self->life != ACTOR_DEAD);
    disk_queue(disk, &request);
}

void disk_write(Actor *self, Disk *disk, int64_t bytes, uint16_t kind, void *data)
{
    disk_ask(self, disk, DISK_WRITE, bytes, kind, data);
}

void disk_read(Actor *self, Disk *disk, int64_t bytes, uint16_t kind, void *data)
{
    disk_ask(self, disk, DISK_READ, bytes, kind, data);
}

void disk_fsync(Actor *self, Disk *disk, uint16_t kind, void *data)
{
    disk_ask(self, disk, DISK_FSYNC, 0, kind, data);
}

void disk_submit(Disk *disk,
                 DiskRequestType type,
                 int64_t bytes,
                 DiskWatcher finished,
                 void *watcher,
                 uint64_t argument)
{
    const DiskRequest request = {
        .type = type, .bytes = bytes, .data = watcher, .finished = finished, .argument = argument};
    disk_queue(disk, &request);
}

void disk_power_cut(Disk *disk)
{
    if (disk->length > 0) {
        (void)kernel_cancel(disk->sim->kernel, disk->event);
        disk->event = 0;
        disk->busy_ns += kernel_now(disk->sim->kernel) - disk->started;
    }
    disk->length = 0;
    disk->head = 0;
}

void disk_set_slowness(Disk *disk, uint32_t factor_ppm)
{
    disk->slowness_ppm = factor_ppm;
}

int64_t disk_capacity_bytes(const Disk *disk)
{
    return disk->profile.capacity_bytes;
}

int64_t disk_written_bytes(const Disk *disk)
{
    return disk->written_bytes;
}

int64_t disk_read_bytes(const Disk *disk)
{
    return disk->read_bytes;
}

uint32_t disk_queue_length(const Disk *disk)
{
    return disk->length;
}

SimDuration disk_busy_ns(const Disk *disk)
{
    const SimDuration present =
        disk->length > 0 ? kernel_now(disk->sim->kernel) - disk->started : 0;
    return disk->busy_ns + present;
}
