/* controller_channel.c - see the header. */
#include "models/broker/broker_state.h"

/* NodeToControllerRequestThread.doWork: no controller is known, look again after this. */
#define NO_CONTROLLER_BACKOFF SIM_MS(100)

void controller_channel_init(ControllerChannel *self,
                             Broker *broker,
                             uint16_t timer_kind,
                             ChannelBuild build,
                             ChannelTarget target,
                             SimDuration backoff_ns,
                             SimDuration timeout_ns)
{
    *self = (ControllerChannel){
        .broker = broker,
        .build = build,
        .target = target,
        .backoff_ns = backoff_ns,
        .timeout_ns = timeout_ns,
    };
    timer_init(&self->timer, timer_kind, self);
}

void controller_channel_reset(ControllerChannel *self)
{
    self->connection = 0;
    self->connected = false;
    self->wanted = false;
    self->in_flight = false;
}

static void send_now(ControllerChannel *self)
{
    Actor *actor = &self->broker->actor;
    RequestHeader *request = self->build(self->broker);
    self->wanted = false;
    if (request == NULL) {
        return;
    }
    request->correlation_id = ++self->correlation_id;
    request->client_id = actor->name;
    kafka_message_set_wire_bytes(&request->base);
    self->in_flight = true;
    actor_arm_constant(actor, &self->timer, self->timeout_ns);
    network_send(actor, self->connection, &request->base);
}

void controller_channel_send(ControllerChannel *self)
{
    self->wanted = true;
    if (self->in_flight) {
        return;
    }
    if (self->connected) {
        send_now(self);
    } else if (self->connection == 0 && !timer_is_armed(&self->timer)) {
        Actor *actor = &self->broker->actor;
        Actor *target = self->target(self->broker);
        if (target == NULL) {
            actor_arm_constant(actor, &self->timer, MAX(NO_CONTROLLER_BACKOFF, self->backoff_ns));
            if (self->lost != NULL) {
                self->lost(self->broker);
            }
            return;
        }
        self->connection = network_connect(actor, target);
        actor_arm_constant(actor, &self->timer, self->timeout_ns);
    }
}

bool controller_channel_on_connected(ControllerChannel *self, ConnectionId connection)
{
    if (connection != self->connection) {
        return false;
    }
    self->connected = true;
    actor_disarm(&self->broker->actor, &self->timer);
    if (self->wanted) {
        send_now(self);
    }
    return true;
}

/* What was in flight is to be said again, after the back-off. */
static void lose_connection(ControllerChannel *self)
{
    self->wanted = self->wanted || self->in_flight;
    self->connection = 0;
    self->connected = false;
    self->in_flight = false;
    actor_arm_constant(&self->broker->actor, &self->timer, self->backoff_ns);
    if (self->lost != NULL) {
        self->lost(self->broker);
    }
}

bool controller_channel_on_disconnected(ControllerChannel *self, ConnectionId connection)
{
    if (connection != self->connection) {
        return false;
    }
    lose_connection(self);
    return true;
}

static bool is_refusal(const ResponseHeader *response)
{
    switch (response->base.type & ~KAFKA_RESPONSE) {
    case KAFKA_BROKER_REGISTRATION:
        return ((const BrokerRegistrationResponse *)response)->error == KAFKA_NOT_CONTROLLER;
    case KAFKA_BROKER_HEARTBEAT:
        return ((const BrokerHeartbeatResponse *)response)->error == KAFKA_NOT_CONTROLLER;
    case KAFKA_ALTER_PARTITION:
        return ((const AlterPartitionResponse *)response)->error == KAFKA_NOT_CONTROLLER;
    default:
        return false;
    }
}

bool controller_channel_accepts(ControllerChannel *self,
                                ConnectionId connection,
                                const ResponseHeader *response)
{
    if (connection != self->connection || !self->in_flight ||
        response->correlation_id != self->correlation_id) {
        return false;
    }
    self->in_flight = false;
    actor_disarm(&self->broker->actor, &self->timer);
    if (is_refusal(response)) {
        controller_channel_refused(self);
        return false;
    }
    return true;
}

void controller_channel_let_go(ControllerChannel *self)
{
    network_close(&self->broker->actor, self->connection);
    self->connection = 0;
    self->connected = false;
}

void controller_channel_end(ControllerChannel *self)
{
    if (self->connection != 0) {
        controller_channel_let_go(self);
    }
    self->wanted = false;
    self->in_flight = false;
    actor_disarm(&self->broker->actor, &self->timer);
}

void controller_channel_refused(ControllerChannel *self)
{
    network_close(&self->broker->actor, self->connection);
    self->wanted = true;
    lose_connection(self);
}

void controller_channel_on_timer(ControllerChannel *self)
{
    if (self->connection != 0) {
        network_close(&self->broker->actor, self->connection);
        lose_connection(self);
    } else if (self->wanted) {
        controller_channel_send(self);
    }
}
