/* storage.c - what stands between an append and the disk.
 *
 * An append goes to the page cache and is done. Dirty pages are written back every 5 s (Linux'
 * dirty_writeback_centisecs); when they exceed a fifth of the page cache (dirty_ratio) appends
 * wait until the disk has caught up. Leaves out for now: flush.messages, reads from the disk. */
#include "models/broker/broker_state.h"

#define WRITEBACK_INTERVAL SIM_SEC(5)

bool storage_can_append(const Broker *self)
{
    return self->dirty_bytes + self->writing_bytes < self->dirty_bytes_max;
}

static void write_back(Broker *self)
{
    self->writing_bytes = self->dirty_bytes;
    self->dirty_bytes = 0;
    Host *host = host_at(self->context.sim, self->actor.host);
    disk_write(&self->actor, host_disk(host), self->writing_bytes, BROKER_DONE_WRITEBACK, NULL);
}

void storage_appended(Broker *self, int64_t bytes)
{
    self->dirty_bytes += bytes;
    if (self->writing_bytes > 0) {
        return;
    }
    if (!storage_can_append(self)) {
        actor_disarm(&self->actor, &self->writeback);
        write_back(self);
    } else if (!timer_is_armed(&self->writeback)) {
        actor_arm_constant(&self->actor, &self->writeback, WRITEBACK_INTERVAL);
    }
}

void storage_on_writeback_timer(Broker *self)
{
    if (self->writing_bytes == 0 && self->dirty_bytes > 0) {
        write_back(self);
    }
}

void storage_on_written(Broker *self)
{
    self->writing_bytes = 0;
    while (storage_can_append(self) && !g_queue_is_empty(&self->blocked_appends)) {
        request_path_resume_append(self, g_queue_pop_head(&self->blocked_appends));
    }
    if (self->writing_bytes > 0 || self->dirty_bytes == 0) {
        return;
    }
    if (!storage_can_append(self)) {
        write_back(self); /* handlers wait for it */
    } else {
        actor_arm_constant(&self->actor, &self->writeback, WRITEBACK_INTERVAL);
    }
}
