/* seek.c - seek(), seekToBeginning(), seekToEnd(), offsetsForTimes() with a seek, pause(),
 * resume().
 *
 * The application calls them between two polls: what is asked while it processes waits until it is
 * done. A seek to an offset sets the position at once; the others ask the leader first. What was
 * fetched for the old position is dropped as poll() comes to it (F7); what was fetched of a paused
 * partition waits for resume(). A partition that comes back after a rebalance is not paused.
 *
 * Mirrors: ClassicKafkaConsumer.seek, pause; SubscriptionState.seekUnvalidated, requestOffsetReset.
 */
#include "models/consumer/consumer_state.h"

static void seek(Consumer *self, AssignedPartition *entry, const ConsumerRequest *request)
{
    char name[128];
    (void)consumer_partition_name(self, entry->partition, name, sizeof name);
    if (request->kind != CONSUMER_SEEK_OFFSET) {
        actor_log(&self->actor,
                  "seek",
                  "%s from %ld to %s",
                  name,
                  (long)entry->position,
                  request->kind == CONSUMER_SEEK_BEGINNING ? "its beginning"
                  : request->kind == CONSUMER_SEEK_END     ? "its end"
                                                           : "a time");
        entry->state = POSITION_RESETTING;
        entry->asked = false;
        entry->seeks = true;
        entry->reset_to = request->kind == CONSUMER_SEEK_BEGINNING ? LIST_OFFSETS_EARLIEST
                          : request->kind == CONSUMER_SEEK_END     ? LIST_OFFSETS_LATEST
                                                                   : request->value;
        return;
    }
    actor_log(&self->actor,
              "seek",
              "%s from %ld to %ld",
              name,
              (long)entry->position,
              (long)request->value);
    self->has_sought = true;
    entry->sought = true; /* what it jumps over is skipped once it is known to exist */
    CONSUMER_WATCH(self, on_reset, entry->partition, request->value);
    entry->state = POSITION_VALID;
    entry->asked = false;
    entry->position = request->value;
    entry->leader_epoch = -1;
    entry->valid_under = consumer_leader_epoch(self, entry->partition);
}

static void set_paused(Consumer *self, AssignedPartition *entry, bool paused)
{
    char name[128];
    if (entry->paused != paused) {
        entry->paused = paused;
        actor_log(&self->actor,
                  paused ? "paused" : "resumed",
                  "%s at %ld",
                  consumer_partition_name(self, entry->partition, name, sizeof name),
                  (long)entry->position);
    }
}

static void apply(Consumer *self, const ConsumerRequest *request)
{
    for (guint i = 0; i < self->assigned->len; i++) {
        AssignedPartition *entry = &g_array_index(self->assigned, AssignedPartition, i);
        const bool is_meant =
            metadata_topic_of(self->context.topics, entry->partition)->index == request->topic &&
            (request->partition < 0 || request->partition == entry->partition);
        if (is_meant && request->kind == CONSUMER_PAUSE) {
            set_paused(self, entry, true);
        } else if (is_meant && request->kind == CONSUMER_RESUME) {
            set_paused(self, entry, false);
        } else if (is_meant) {
            seek(self, entry, request);
        }
    }
}

void seek_apply(Consumer *self)
{
    for (guint i = 0; i < self->requests->len; i++) {
        const ConsumerRequest request = g_array_index(self->requests, ConsumerRequest, i);
        apply(self, &request);
    }
    g_array_set_size(self->requests, 0);
}

void consumer_request(Consumer *self, const ConsumerRequest *request)
{
    if (self->phase == CONSUMER_CLOSED || self->phase == CONSUMER_CLOSING) {
        return;
    }
    g_array_append_val(self->requests, *request);
    poll_wake(self);
}
