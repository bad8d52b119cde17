/* metadata_commit.c - how records become committed and reach the brokers.
 *
 * Records linger, are flushed, and are then committed (one voter). Brokers fetch as observers:
 * a fetch is answered when there are new records or a new high watermark (KIP-1166), else it
 * parks up to its maximal wait. A no-op record goes out when nothing else did for
 * metadata.max.idle.interval.ms. Mirrors: BatchAccumulator, KafkaRaftClient, LeaderState. */
#include "models/controller/controller_state.h"

int64_t controller_end_offset(const Controller *self)
{
    return metadata_end_offset(self->context.metadata);
}

void controller_records_appended(Controller *self)
{
    if (!timer_is_armed(&self->linger) && self->actor.life == ACTOR_ALIVE) {
        actor_arm_constant(&self->actor, &self->linger, self->linger_ns);
    }
}

static void flush(Controller *self)
{
    self->flushing = true;
    self->flushing_end = controller_end_offset(self);
    Host *host = host_at(self->context.sim, self->actor.host);
    disk_fsync(&self->actor, host_disk(host), CONTROLLER_DONE_FLUSH, NULL);
}

void controller_on_linger(Controller *self)
{
    if (!self->flushing && self->flushing_end < controller_end_offset(self)) {
        flush(self);
    }
}

static void answer_fetch(Controller *self, const ParkedFetch *fetch)
{
    Sim *sim = self->context.sim;
    MetadataFetchResponse *response =
        message_new(sim, sizeof(MetadataFetchResponse), KAFKA_METADATA_FETCH | KAFKA_RESPONSE);
    int64_t records = self->flushing_end - fetch->request->fetch_offset;
    response->end_offset = self->flushing_end;
    response->high_watermark = self->high_watermark;
    response->header.correlation_id = fetch->request->header.correlation_id;
    response->header.base.wire_bytes = (uint32_t)(60 + 90 * MAX(0, records));
    network_send(&self->actor, fetch->connection, &response->header.base);
    message_free(sim, &fetch->request->header.base);
}

static bool has_news(const Controller *self, const MetadataFetchRequest *request)
{
    return request->fetch_offset < self->high_watermark ||
           request->high_watermark < self->high_watermark;
}

/* Answers the parked fetches that have news or whose wait is over; arms for the next. */
static void complete_fetches(Controller *self)
{
    SimTime now = actor_now(&self->actor);
    SimTime next = SIM_TIME_MAX;
    guint kept = 0;
    for (guint i = 0; i < self->parked->len; i++) {
        ParkedFetch fetch = g_array_index(self->parked, ParkedFetch, i);
        if (has_news(self, fetch.request) || fetch.deadline <= now) {
            answer_fetch(self, &fetch);
        } else {
            next = MIN(next, fetch.deadline);
            g_array_index(self->parked, ParkedFetch, kept++) = fetch;
        }
    }
    g_array_set_size(self->parked, kept);
    if (kept > 0) {
        actor_arm_at(&self->actor, &self->fetch_expiry, next);
    } else {
        actor_disarm(&self->actor, &self->fetch_expiry);
    }
}

static void send_committed_responses(Controller *self)
{
    guint sent = 0;
    while (sent < self->deferred->len) {
        DeferredResponse *deferred = &g_array_index(self->deferred, DeferredResponse, sent);
        if (deferred->offset > self->high_watermark) {
            break;
        }
        network_send(&self->actor, deferred->connection, &deferred->response->base);
        sent++;
    }
    g_array_remove_range(self->deferred, 0, sent);
}

void controller_on_flushed(Controller *self)
{
    self->flushing = false;
    self->high_watermark = self->flushing_end;
    actor_arm_constant(&self->actor, &self->idle, self->idle_interval_ns);
    send_committed_responses(self);
    complete_fetches(self);
    if (!timer_is_armed(&self->linger) && self->flushing_end < controller_end_offset(self)) {
        flush(self); /* their linger ended while the disk was busy */
    }
}

void controller_on_idle(Controller *self)
{
    metadata_append_no_op(self->context.metadata);
    controller_records_appended(self);
}

void controller_respond_when_committed(Controller *self,
                                       ConnectionId connection,
                                       ResponseHeader *response)
{
    kafka_message_set_wire_bytes(&response->base);
    const DeferredResponse deferred = {controller_end_offset(self), connection, response};
    if (deferred.offset <= self->high_watermark) {
        network_send(&self->actor, connection, &response->base);
    } else {
        g_array_append_val(self->deferred, deferred);
    }
}

void controller_on_metadata_fetch(Controller *self,
                                  ConnectionId connection,
                                  MetadataFetchRequest *request)
{
    const ParkedFetch fetch = {connection, request, actor_now(&self->actor) + request->max_wait_ns};
    if (has_news(self, request)) {
        answer_fetch(self, &fetch);
        return;
    }
    g_array_append_val(self->parked, fetch);
    if (!timer_is_armed(&self->fetch_expiry) || self->fetch_expiry.deadline > fetch.deadline) {
        actor_arm_at(&self->actor, &self->fetch_expiry, fetch.deadline);
    }
}

void controller_on_fetch_expiry(Controller *self)
{
    complete_fetches(self);
}

void controller_drop_connection(Controller *self, ConnectionId connection)
{
    guint kept = 0;
    for (guint i = 0; i < self->parked->len; i++) {
        ParkedFetch fetch = g_array_index(self->parked, ParkedFetch, i);
        if (fetch.connection == connection) {
            message_free(self->context.sim, &fetch.request->header.base);
        } else {
            g_array_index(self->parked, ParkedFetch, kept++) = fetch;
        }
    }
    g_array_set_size(self->parked, kept);
}
