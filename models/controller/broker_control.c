/* broker_control.c - what brokers ask of the active controller, and what it does by the clock.
 *
 * The decisions are Control's (cluster_control.c, replication_control.c); here they get their
 * requests, their times and their way back: an answer leaves when all that was decided is
 * committed. Periodic tasks run in the event queue's place, without its CPU time.
 * Mirrors: QuorumController's write events, PeriodicTaskControlManager, ControllerApis. */
#include "models/controller/controller_state.h"

/* PeriodicTask.DEFAULT_IMMEDIATE_PERIOD_NS: a task that left work undone is back so soon. */
#define IMMEDIATE_PERIOD SIM_MS(10)

static ResponseHeader *
new_response(const Controller *self, const RequestHeader *request, size_t bytes)
{
    uint16_t type = request->base.type | KAFKA_RESPONSE;
    ResponseHeader *response = message_new(self->context.sim, bytes, type);
    response->correlation_id = request->correlation_id;
    return response;
}

void controller_on_registration(Controller *self, BrokerRegistrationRequest *request)
{
    BrokerRegistrationResponse *response = (BrokerRegistrationResponse *)new_response(
        self, &request->header, sizeof(BrokerRegistrationResponse));
    const ControlRegistration registration = {
        .broker = request->broker,
        .incarnation_id = request->incarnation_id,
        .previous_broker_epoch = request->previous_broker_epoch,
        .rack = request->rack != NULL ? request->rack : "",
    };
    response->error = control_register_broker(
        self->control, &registration, actor_now(&self->actor), &response->broker_epoch);
    if (response->error == KAFKA_DUPLICATE_BROKER_REGISTRATION) {
        actor_log(&self->actor,
                  "registration refused",
                  "broker %d: DUPLICATE_BROKER_REGISTRATION, its old session lives",
                  request->broker);
    }
    controller_respond_when_committed(self, request->header.connection, &response->header);
}

/* The sender lives, however long its heartbeat waits in the queue (KAFKA-17713). */
void controller_on_contact(Controller *self, const RequestHeader *request)
{
    const BrokerHeartbeatRequest *heartbeat = (const BrokerHeartbeatRequest *)request;
    if (self->active && request->base.type == KAFKA_BROKER_HEARTBEAT) {
        control_on_contact(
            self->control, heartbeat->broker, heartbeat->broker_epoch, actor_now(&self->actor));
    }
}

/* B14: one that waited for half an interval changes nothing any more. */
static bool is_overdue(const Controller *self, const RequestHeader *request)
{
    return actor_now(&self->actor) - request->received_at > self->heartbeat_interval_ns / 2;
}

void controller_on_heartbeat(Controller *self, BrokerHeartbeatRequest *request)
{
    BrokerHeartbeatResponse *response = (BrokerHeartbeatResponse *)new_response(
        self, &request->header, sizeof(BrokerHeartbeatResponse));
    const ControlHeartbeat heartbeat = {
        .broker = request->broker,
        .broker_epoch = request->broker_epoch,
        .metadata_offset = request->metadata_offset - 1, /* of the last record, not behind it */
        .want_fence = request->want_fence,
        .want_shut_down = request->want_shut_down,
        .offline_count = request->offline_count,
        .offline_partitions = request->offline_partitions,
    };
    ControlHeartbeatReply reply = {0};
    if (is_overdue(self, &request->header)) {
        self->timed_out_heartbeats++;
        response->error = KAFKA_REQUEST_TIMED_OUT;
    } else {
        response->error = control_heartbeat(self->control, &heartbeat, &reply);
    }
    response->is_caught_up = reply.is_caught_up;
    response->is_fenced = reply.is_fenced;
    response->should_shut_down = reply.should_shut_down;
    controller_respond_when_committed(self, request->header.connection, &response->header);
}

void controller_on_alter_partition(Controller *self, AlterPartitionRequest *request)
{
    size_t bytes = KAFKA_MESSAGE_BYTES(AlterPartitionResponse, entries, request->count);
    AlterPartitionResponse *response =
        (AlterPartitionResponse *)new_response(self, &request->header, bytes);
    const BrokerRegistration *broker = control_broker(self->control, request->broker);
    response->count = request->count;
    if (broker == NULL || broker->epoch != request->broker_epoch) {
        response->error = KAFKA_STALE_BROKER_EPOCH;
    }
    for (int32_t i = 0; i < request->count; i++) {
        response->entries[i] = request->entries[i];
        if (response->error == KAFKA_NONE) {
            control_alter_partition(self->control, request->broker, &response->entries[i]);
        }
    }
    controller_respond_when_committed(self, request->header.connection, &response->header);
}

/* ---- by the clock */

static SimDuration stale_check_period(const Controller *self)
{
    return MAX(SIM_MS(1), self->session_timeout_ns / 8);
}

void controller_on_stale_check(Controller *self)
{
    bool again = control_fence_one_stale(self->control, actor_now(&self->actor));
    actor_arm(
        &self->actor, &self->stale_check, again ? IMMEDIATE_PERIOD : stale_check_period(self));
}

void controller_on_balance(Controller *self)
{
    bool again = control_balance_leaders(self->control);
    actor_arm(&self->actor, &self->balance, again ? IMMEDIATE_PERIOD : self->balance_interval_ns);
}

void controller_on_elect_unclean(Controller *self)
{
    bool again = control_elect_unclean(self->control);
    actor_arm(&self->actor,
              &self->elect_unclean,
              again ? IMMEDIATE_PERIOD : self->elect_unclean_interval_ns);
}

/* `standing`: the cluster was up before the run began, and its brokers have all that is there. */
void controller_begin_tasks(Controller *self, bool standing)
{
    Stream phase;
    control_activate(self->control, actor_now(&self->actor));
    if (standing) {
        control_assume_caught_up(self->control);
    }
    actor_stream(&self->actor, "stale-check-phase", &phase);
    actor_arm(
        &self->actor, &self->stale_check, stream_between(&phase, 0, stale_check_period(self) - 1));
    actor_arm(&self->actor, &self->elect_unclean, self->elect_unclean_interval_ns);
    if (self->balance_enabled) {
        actor_arm(&self->actor, &self->balance, self->balance_interval_ns);
    }
}

void controller_end_tasks(Controller *self)
{
    actor_disarm(&self->actor, &self->stale_check);
    actor_disarm(&self->actor, &self->balance);
    actor_disarm(&self->actor, &self->elect_unclean);
}
