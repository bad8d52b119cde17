/* controller_channels.c - see the header. */
#include "models/zookeeper/controller_channels.h"
#include "sim/resource/network.h"

/* RequestSendThread.backoff */
#define RETRY_BACKOFF SIM_MS(100)

typedef struct StopOrder {
    StopReplicaPartition partition;
    int64_t after;
} StopOrder;

typedef struct BrokerChannel {
    int32_t broker;
    bool alive;
    ConnectionId connection; /* 0 none */
    bool connected;
    bool in_flight;
    bool name_all;  /* is due to be asked of its replicas */
    bool asked;     /* the request under way asks */
    int64_t sent;   /* offset of the request under way */
    int64_t has;    /* taken by the broker */
    GArray *stops;  /* StopOrder */
    guint stopping; /* so many of them are under way, as the request */
    Timer retry;
} BrokerChannel;

struct ControllerChannels {
    ControllerChannelsContext context;
    BrokerChannel *channels;
    int64_t end_offset;
};

ControllerChannels *controller_channels_new(const ControllerChannelsContext *context)
{
    ControllerChannels *self = g_new0(ControllerChannels, 1);
    self->context = *context;
    self->channels = g_new0(BrokerChannel, (gsize)MAX(1, context->count));
    for (int32_t i = 0; i < context->count; i++) {
        self->channels[i].broker = context->brokers[i];
        self->channels[i].stops = g_array_new(FALSE, FALSE, sizeof(StopOrder));
        timer_init(&self->channels[i].retry, context->timer_kind, &self->channels[i]);
    }
    return self;
}

void controller_channels_free(ControllerChannels *self)
{
    if (self == NULL) {
        return;
    }
    for (int32_t i = 0; i < self->context.count; i++) {
        g_array_free(self->channels[i].stops, TRUE);
    }
    g_free(self->channels);
    g_free(self);
}

static void drop(ControllerChannels *self, BrokerChannel *channel, bool close)
{
    if (close && channel->connection != 0) {
        network_close(self->context.actor, channel->connection);
    }
    if (close) {
        actor_disarm(self->context.actor, &channel->retry);
    }
    channel->connection = 0;
    channel->connected = false;
    channel->in_flight = false;
    channel->stopping = 0;
    channel->name_all = channel->name_all || channel->asked;
    channel->asked = false;
}

void controller_channels_reset(ControllerChannels *self, bool close)
{
    for (int32_t i = 0; i < self->context.count; i++) {
        drop(self, &self->channels[i], close);
        self->channels[i].alive = false;
        self->channels[i].has = 0;
        g_array_set_size(self->channels[i].stops, 0);
    }
}

/* How many of the first may be sent now. */
static guint due_stops(const BrokerChannel *channel)
{
    guint due = 0;
    while (due < channel->stops->len &&
           g_array_index(channel->stops, StopOrder, due).after <= channel->has) {
        due++;
    }
    return due;
}

static RequestHeader *build_stop(const ControllerChannels *self, BrokerChannel *channel)
{
    const ControllerChannelsContext *context = &self->context;
    channel->stopping = due_stops(channel);
    StopReplicaRequest *request =
        context->build_stop(context->owner, channel->broker, (int32_t)channel->stopping);
    for (guint i = 0; i < channel->stopping; i++) {
        request->partitions[i] = g_array_index(channel->stops, StopOrder, i).partition;
    }
    return &request->header;
}

static RequestHeader *build_push(const ControllerChannels *self, BrokerChannel *channel)
{
    const ControllerChannelsContext *context = &self->context;
    UpdateMetadataRequest *request =
        context->build(context->owner, channel->broker, &channel->sent);
    if (channel->stops->len > 0) {
        channel->sent = g_array_index(channel->stops, StopOrder, 0).after;
        request->end_offset = channel->sent;
    }
    request->names_all = channel->name_all;
    channel->asked = channel->name_all;
    channel->name_all = false;
    return &request->header;
}

static void send(ControllerChannels *self, BrokerChannel *channel)
{
    const ControllerChannelsContext *context = &self->context;
    if (!channel->alive || channel->in_flight || timer_is_armed(&channel->retry) ||
        (channel->has >= self->end_offset && !channel->name_all && channel->stops->len == 0)) {
        return;
    }
    if (channel->connection == 0) {
        Actor *broker = context->find_broker(context->find_owner, channel->broker);
        channel->connection = network_connect(context->actor, broker);
    }
    if (!channel->connected) {
        return;
    }
    RequestHeader *request =
        due_stops(channel) > 0 ? build_stop(self, channel) : build_push(self, channel);
    request->client_id = context->actor->name;
    channel->in_flight = true;
    network_send(context->actor, channel->connection, &request->base);
}

static BrokerChannel *channel_to(const ControllerChannels *self, int32_t broker)
{
    for (int32_t i = 0; i < self->context.count; i++) {
        if (self->channels[i].broker == broker) {
            return &self->channels[i];
        }
    }
    return NULL;
}

void controller_channels_set(ControllerChannels *self, int32_t broker, bool alive)
{
    BrokerChannel *channel = channel_to(self, broker);
    if (channel != NULL && channel->alive != alive) {
        drop(self, channel, true);
        channel->alive = alive;
        channel->has = 0;
        g_array_set_size(channel->stops, 0);
        channel->name_all = true;
    }
}

void controller_channels_name_all(ControllerChannels *self, int32_t broker)
{
    BrokerChannel *channel = channel_to(self, broker);
    if (channel != NULL) {
        channel->name_all = true;
    }
}

void controller_channels_stop(
    ControllerChannels *self, int32_t broker, int32_t partition, bool deletes, int64_t after)
{
    BrokerChannel *channel = channel_to(self, broker);
    if (channel != NULL && channel->alive) {
        const StopOrder order = {
            .partition = {.partition = partition, .deletes = deletes},
            .after = after,
        };
        g_array_append_val(channel->stops, order);
    }
}

void controller_channels_push(ControllerChannels *self, int64_t end_offset)
{
    self->end_offset = end_offset;
    for (int32_t i = 0; i < self->context.count; i++) {
        send(self, &self->channels[i]);
    }
}

static BrokerChannel *channel_of(ControllerChannels *self, ConnectionId connection)
{
    for (int32_t i = 0; i < self->context.count; i++) {
        if (self->channels[i].connection == connection) {
            return &self->channels[i];
        }
    }
    return NULL;
}

bool controller_channels_on_connected(ControllerChannels *self, ConnectionId connection)
{
    BrokerChannel *channel = channel_of(self, connection);
    if (channel == NULL) {
        return false;
    }
    channel->connected = true;
    send(self, channel);
    return true;
}

bool controller_channels_on_disconnected(ControllerChannels *self, ConnectionId connection)
{
    BrokerChannel *channel = channel_of(self, connection);
    if (channel == NULL) {
        return false;
    }
    drop(self, channel, false);
    if (channel->alive) {
        actor_arm_constant(self->context.actor, &channel->retry, RETRY_BACKOFF);
    }
    return true;
}

bool controller_channels_on_timer(ControllerChannels *self, Timer *timer)
{
    for (int32_t i = 0; i < self->context.count; i++) {
        if (timer == &self->channels[i].retry) {
            send(self, &self->channels[i]);
            return true;
        }
    }
    return false;
}

/* What was refused is not asked again. */
static KafkaError
on_stopped(ControllerChannels *self, BrokerChannel *channel, const StopReplicaResponse *response)
{
    g_array_remove_range(channel->stops, 0, channel->stopping);
    channel->stopping = 0;
    if (response->error == KAFKA_NONE) {
        self->context.stopped(self->context.owner, channel->broker, response);
    }
    send(self, channel);
    return response->error;
}

static KafkaError
on_taken(ControllerChannels *self, BrokerChannel *channel, const UpdateMetadataResponse *response)
{
    if (response->error != KAFKA_NONE) {
        channel->name_all = channel->asked;
        return response->error;
    }
    channel->has = MAX(channel->has, channel->sent);
    channel->asked = false;
    if (response->offline_count > 0) {
        self->context.offline(self->context.owner, channel->broker, response);
    }
    send(self, channel);
    return KAFKA_NONE;
}

bool controller_channels_on_response(ControllerChannels *self,
                                     ConnectionId connection,
                                     const ResponseHeader *response,
                                     bool *ret_refused)
{
    BrokerChannel *channel = channel_of(self, connection);
    *ret_refused = false;
    if (channel == NULL || !channel->in_flight) {
        return channel != NULL;
    }
    channel->in_flight = false;
    KafkaError error = channel->stopping > 0
                           ? on_stopped(self, channel, (const StopReplicaResponse *)response)
                           : on_taken(self, channel, (const UpdateMetadataResponse *)response);
    *ret_refused = error == KAFKA_STALE_CONTROLLER_EPOCH;
    return true;
}
