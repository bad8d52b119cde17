/* metadata_commit.c - between the controller and its quorum: what is decided becomes committed.
 *
 *     standby --its raft leads, all before is committed--> active --its raft leads no more-->
 * standby
 *
 * The active controller decides, its records go into the log, answers wait until they are
 * committed. A no-op record goes out when nothing else did for metadata.max.idle.interval.ms. A
 * deposed controller that does not know it yet keeps what it is asked until it resigns: nothing
 * that it could decide would ever be committed. Mirrors: QuorumController (claim, renounce,
 * ControllerWriteEvent, QuorumMetaLogListener), ControllerPurgatory. */
#include "models/controller/controller_state.h"

int64_t controller_end_offset(const Controller *self)
{
    return metadata_end_offset(self->context.metadata);
}

/* ZooKeeper has what it was given. */
int64_t controller_high_watermark(const Controller *self)
{
    return self->raft != NULL ? raft_replica_high_watermark(self->raft) : INT64_MAX;
}

void controller_records_appended(Controller *self)
{
    if (self->raft != NULL) {
        raft_replica_records_appended(self->raft);
    }
}

bool controller_can_decide(const Controller *self)
{
    if (self->raft == NULL) {
        return self->context.mode->can_decide(self->mode);
    }
    return self->active && raft_replica_holds_pen(self->raft);
}

static void send_committed_responses(Controller *self, int64_t high_watermark)
{
    guint sent = 0;
    while (sent < self->deferred->len) {
        DeferredResponse *deferred = &g_array_index(self->deferred, DeferredResponse, sent);
        if (deferred->offset > high_watermark) {
            break;
        }
        network_send(&self->actor, deferred->connection, &deferred->response->base);
        sent++;
    }
    g_array_remove_range(self->deferred, 0, sent);
}

void controller_on_committed(void *owner, int64_t high_watermark)
{
    Controller *self = owner;
    if (self->context.on_committed != NULL) {
        self->context.on_committed(self->context.owner, high_watermark);
    }
    snapshot_generator_on_applied(&self->snapshots, self->loaded_offset, high_watermark);
    self->loaded_offset = MAX(self->loaded_offset, high_watermark);
    if (self->active) {
        actor_arm_constant(&self->actor, &self->idle, self->idle_interval_ns);
        send_committed_responses(self, high_watermark);
        controller_admin_committed(self, high_watermark);
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
    if (deferred.offset <= controller_high_watermark(self)) {
        network_send(&self->actor, connection, &response->base);
    } else {
        g_array_append_val(self->deferred, deferred);
    }
}

static ResponseHeader *not_controller(const Controller *self, const RequestHeader *request)
{
    Sim *sim = self->context.sim;
    uint16_t type = request->base.type | KAFKA_RESPONSE;
    if (request->base.type == KAFKA_BROKER_REGISTRATION) {
        BrokerRegistrationResponse *response = message_new(sim, sizeof(*response), type);
        response->error = KAFKA_NOT_CONTROLLER;
        return &response->header;
    }
    if (request->base.type == KAFKA_BROKER_HEARTBEAT) {
        BrokerHeartbeatResponse *response = message_new(sim, sizeof(*response), type);
        response->error = KAFKA_NOT_CONTROLLER;
        return &response->header;
    }
    AlterPartitionResponse *response = message_new(sim, sizeof(*response), type);
    response->error = KAFKA_NOT_CONTROLLER;
    return &response->header;
}

void controller_refuse(Controller *self, const RequestHeader *request)
{
    if (request->base.type == CONTROLLER_ADMIN_REQUEST) {
        controller_refuse_admin(self, request);
        return;
    }
    ResponseHeader *response = not_controller(self, request);
    response->correlation_id = request->correlation_id;
    kafka_message_set_wire_bytes(&response->base);
    network_send(&self->actor, request->connection, &response->base);
}

/* What was decided but not committed is answered as if it had not been asked. */
static void refuse_waiting(Controller *self)
{
    for (guint i = 0; i < self->deferred->len; i++) {
        const DeferredResponse *deferred = &g_array_index(self->deferred, DeferredResponse, i);
        RequestHeader request = {.connection = deferred->connection};
        request.base.type = (uint16_t)(deferred->response->base.type & ~KAFKA_RESPONSE);
        request.correlation_id = deferred->response->correlation_id;
        message_free(self->context.sim, &deferred->response->base);
        controller_refuse(self, &request);
    }
    g_array_set_size(self->deferred, 0);
    for (guint i = 0; i < self->kept->len; i++) {
        RequestHeader *request = self->kept->pdata[i];
        controller_refuse(self, request);
        message_free(self->context.sim, &request->base);
    }
    g_ptr_array_set_size(self->kept, 0);
    controller_refuse_waiting_admin(self);
}

void controller_on_resigned(void *owner)
{
    Controller *self = owner;
    if (self->active) {
        actor_log(&self->actor, "inactive", "renounces: it leads the quorum no more");
    }
    self->active = false;
    controller_changed_office(self);
    actor_disarm(&self->actor, &self->idle);
    controller_end_tasks(self);
    refuse_waiting(self);
}

/* A new leader's log lacks what the one before it wrote last. */
void controller_on_truncate(void *owner, int64_t offset)
{
    Controller *self = owner;
    int64_t count = 0;
    for (int64_t at = offset; at < controller_end_offset(self); at++) {
        count += metadata_record(self->context.metadata, at)->kind != METADATA_NO_OP ? 1 : 0;
    }
    if (count > 0) {
        actor_log(&self->actor,
                  "never committed",
                  count == 1 ? "%" G_GINT64_FORMAT " record that was never committed"
                             : "%" G_GINT64_FORMAT " records that were never committed",
                  count);
    }
    if (self->context.on_truncated != NULL) {
        self->context.on_truncated(self->context.owner, offset);
    }
}

/* Becoming active: the hot standby has all that is committed; what it knows of heartbeats it does
 * not have, so every registered broker counts as just heard (server.md 1.2). */
void controller_on_leader(void *owner, int32_t epoch)
{
    Controller *self = owner;
    Actor *actor = &self->actor;
    if (epoch > 1) {
        actor_log(actor, "active", "the active controller, in epoch %d", epoch);
    }
    self->active = true;
    self->office_epoch = epoch;
    controller_changed_office(self);
    controller_begin_tasks(self, epoch == 1);
    actor_arm_constant(actor, &self->idle, self->idle_interval_ns);
}
