/* network.c - connections of processes, from the first packet to the last; see network.h.
 *
 * What a host's kernel answers for a process: accept or refuse a connection, reset one whose
 * process is gone. A frozen process is accepted for and received for; it reads at the thaw. What it
 * has not read stays in the buffers. */
#include "sim/resource/network.h"
#include "sim/actor/dispatch.h"
#include "sim/kernel/bits.h"
#include "sim/resource/transport.h"

/* Of a side's data: what is in use most stands in front. */
#define FETCHED_DATA_BYTES 128
#define TCP_WMEM_MAX       (4u << 20)
#define TCP_RMEM_DEFAULT   (128u << 10)

static Nic *network_nic(Network *network, uint32_t host)
{
    if (network->nics->len <= host) {
        g_ptr_array_set_size(network->nics, (gint)host + 1);
    }
    if (g_ptr_array_index(network->nics, host) == NULL) {
        g_ptr_array_index(network->nics, host) =
            nic_new(network, network->sim, host, transport_on_event);
    }
    return g_ptr_array_index(network->nics, host);
}

static Link *network_link(Network *network, uint32_t from_host, uint32_t to_host)
{
    Nic *from = network_nic(network, from_host);
    return link_between(network->sim, &network->profile, from, network_nic(network, to_host));
}

/* Also called where a handler may have settled it already. */
void network_settle(Network *network, Connection *connection)
{
    if (connection->in_use && connection->under_way == 0 &&
        connection->side[0].state == SIDE_GONE && connection->side[1].state == SIDE_GONE) {
        connection_give(&network->slab, connection);
    }
}

/* The side is the actor's own; an id of the other side is taken for it. */
static uint32_t side_index(const Connection *connection, const Actor *self, ConnectionId id)
{
    uint32_t side = id & 1;
    if (connection->side[side].actor != self) {
        side = 1 - side;
    }
    SIM_ASSERT(self->sim, connection->side[side].actor == self);
    return side;
}

static Side *side_find(const Network *network, const Actor *self, ConnectionId id)
{
    Connection *connection = connection_find(&network->slab, id);
    return connection == NULL ? NULL : &connection->side[side_index(connection, self, id)];
}

static void send_control(Network *network, Connection *connection, uint32_t side, uint16_t kind)
{
    transport_send(
        network, connection, side, kind, GUINT_TO_POINTER(connection_id(connection, 1 - side)));
}

static void side_leave(Network *network, Connection *connection, uint32_t side)
{
    connection_unlink(&network->slab, connection, side);
    connection->side[side].state = SIDE_GONE;
}

/* The end of the connection is known to this side's host: the process is told. */
static void side_end(Network *network, Connection *connection, uint32_t side)
{
    Side *self = &connection->side[side];
    if (self->state != SIDE_OPEN && self->state != SIDE_CONNECTING) {
        return;
    }
    self->state = SIDE_ENDED;
    transport_forget(network, connection, side);
    actor_deliver(
        self->actor, ACTOR_EVENT_DISCONNECTED, GUINT_TO_POINTER(connection_id(connection, side)));
}

static void on_connect(Network *network, Connection *connection)
{
    Side *acceptor = &connection->side[1];
    if (connection->side[0].state != SIDE_CONNECTING) {
        acceptor->state = SIDE_GONE; /* the opener has left meanwhile */
        return;
    }
    if (acceptor->actor->life == ACTOR_DEAD) {
        acceptor->state = SIDE_GONE;
        send_control(network, connection, 1, WIRE_RESET);
        return;
    }
    acceptor->state = SIDE_OPEN;
    connection_link(&network->slab, connection, 1);
    send_control(network, connection, 1, WIRE_ACCEPT);
    actor_deliver(
        acceptor->actor, ACTOR_EVENT_CONNECTED, GUINT_TO_POINTER(connection_id(connection, 1)));
}

static void on_accept(Network *network, Connection *connection)
{
    Side *opener = &connection->side[0];
    if (opener->state != SIDE_CONNECTING) {
        send_control(network, connection, 0, WIRE_RESET);
        return;
    }
    opener->state = SIDE_OPEN;
    actor_deliver(
        opener->actor, ACTOR_EVENT_CONNECTED, GUINT_TO_POINTER(connection_id(connection, 0)));
}

/* The process at this side has so many bytes less to read: there is room for what the other side
 * has to send. */
static void bytes_are_read(Network *network, Connection *connection, uint32_t side, uint32_t bytes)
{
    Side *from = &connection->side[1 - side];
    from->unread_bytes -= bytes;
    if (from->waits && from->unread_bytes <= from->buffer_bytes) {
        from->waits = false;
        send_control(network, connection, side, WIRE_ROOM);
    }
}

/* A message that was kept while its process stood still. */
static void network_mail_read(Network *network, const Message *message)
{
    const ConnectionId id = message->connection;
    bytes_are_read(network, connection_find(&network->slab, id), id & 1, message->wire_bytes);
}

static void on_room(Connection *connection, uint32_t side)
{
    Side *self = &connection->side[side];
    if (self->state == SIDE_OPEN) {
        actor_deliver(
            self->actor, ACTOR_EVENT_WRITABLE, GUINT_TO_POINTER(connection_id(connection, side)));
    }
}

static void on_mail(Network *network, Connection *connection, uint32_t side, Message *message)
{
    Side *self = &connection->side[side];
    if (self->state == SIDE_OPEN) {
        const uint32_t read = self->actor->keeps ? 0 : message->wire_bytes;
        actor_deliver(self->actor, ACTOR_EVENT_MAIL, message);
        bytes_are_read(network, connection, side, read); /* unless it is left in the socket */
        return;
    }
    if (self->died) {
        actor_drop(network->sim, ACTOR_EVENT_MAIL, message);
    } else {
        message_free(network->sim, message);
    }
    if (connection->side[1 - side].state == SIDE_OPEN) {
        send_control(network, connection, side, WIRE_RESET);
    }
}

void network_on_parcel(
    Network *network, Connection *connection, uint32_t side, uint16_t kind, void *data)
{
    if (wire_is_mail(kind)) {
        on_mail(network, connection, side, data);
    } else if (kind == WIRE_CONNECT) {
        on_connect(network, connection);
    } else if (kind == WIRE_ACCEPT) {
        on_accept(network, connection);
    } else if (kind == WIRE_ROOM) {
        on_room(connection, side);
    } else {
        side_end(network, connection, side);
    }
    network_settle(network, connection);
}

void network_on_timeout(Network *network, Connection *connection, uint32_t side)
{
    side_end(network, connection, side);
    network_settle(network, connection);
}

static void network_disconnect_seen(Network *network, ConnectionId id)
{
    Connection *connection = connection_find(&network->slab, id);
    if (connection == NULL || connection->side[id & 1].state != SIDE_ENDED) {
        return; /* it was killed or closed the connection while it was told */
    }
    side_leave(network, connection, id & 1);
    network_settle(network, connection);
}

/* Whatever waited for the thaw of its process is still for somebody. */
static bool network_is_known(const Network *network, ConnectionId id)
{
    const Connection *connection = connection_find(&network->slab, id);
    return connection != NULL && (connection->side[id & 1].state == SIDE_OPEN ||
                                  connection->side[id & 1].state == SIDE_ENDED);
}

static void network_free(Network *network)
{
    for (guint i = 0; i < network->nics->len; i++) {
        nic_free(g_ptr_array_index(network->nics, i));
    }
    g_ptr_array_free(network->nics, TRUE);
    connection_slab_clear(&network->slab);
    g_free(network);
}

static const SimNetworkCalls network_calls = {
    .process_died = network_process_died,
    .disconnect_seen = network_disconnect_seen,
    .is_known = network_is_known,
    .mail_read = network_mail_read,
    .free = network_free,
};

Network *network_new(Sim *sim, const NetworkProfile *profile)
{
    Network *network = g_new0(Network, 1);
    network->sim = sim;
    network->profile = *profile;
    network->nics = g_ptr_array_new();
    connection_slab_init(&network->slab);
    sim->network = network;
    sim->network_calls = &network_calls;
    return network;
}

ConnectionId network_connect(Actor *self, Actor *to)
{
    Network *network = self->sim->network;
    Connection *connection = connection_take(&network->slab);
    SIM_ASSERT(self->sim, self->life != ACTOR_DEAD);
    if (connection == NULL) {
        return 0;
    }
    Side *opener = &connection->side[0];
    Side *acceptor = &connection->side[1];
    opener->actor = self;
    opener->state = SIDE_CONNECTING;
    opener->link = network_link(network, self->host, to->host);
    acceptor->actor = to;
    acceptor->link = network_link(network, to->host, self->host);
    connection_link(&network->slab, connection, 0);
    send_control(network, connection, 0, WIRE_CONNECT);
    return connection_id(connection, 0);
}

void network_send(Actor *self, ConnectionId id, Message *message)
{
    Network *network = self->sim->network;
    Connection *connection = connection_find(&network->slab, id);
    if (connection == NULL) {
        message_free(self->sim, message);
        return;
    }
    const uint32_t side = side_index(connection, self, id);
    const uint8_t state = connection->side[side].state;
    SIM_ASSERT(self->sim, state != SIDE_CONNECTING && state != SIDE_ABSENT);
    if (state != SIDE_OPEN) {
        message_free(self->sim, message);
        return;
    }
    Side *from = &connection->side[side];
    SIM_ASSERT(self->sim, message->wire_bytes <= UINT32_MAX - from->unread_bytes);
    from->unread_bytes += message->wire_bytes;
    message->connection = connection_id(connection, 1 - side);
    transport_send(network, connection, side, (uint16_t)(WIRE_MAIL + message->type), message);
}

/* Linux takes twice what is asked of it and, where nothing is, what tcp_wmem and tcp_rmem say: a
 * sender's buffer grows up to its maximum, that of a receiver who does not read does not grow. */
static uint32_t buffer_bytes(int32_t option, uint32_t by_default)
{
    return option < 0 ? by_default : 2 * (uint32_t)option;
}

void network_set_send_buffer(Actor *self, ConnectionId id, int32_t option)
{
    Side *side = side_find(self->sim->network, self, id);
    if (side != NULL) {
        side->buffer_bytes += buffer_bytes(option, TCP_WMEM_MAX);
    }
}

void network_set_receive_buffer(Actor *self, ConnectionId id, int32_t option)
{
    Connection *connection = connection_find(&self->sim->network->slab, id);
    if (connection != NULL) {
        connection->side[1 - side_index(connection, self, id)].buffer_bytes +=
            buffer_bytes(option, TCP_RMEM_DEFAULT);
    }
}

bool network_has_taken_all(Actor *self, ConnectionId id)
{
    Side *side = side_find(self->sim->network, self, id);
    if (side == NULL || side->buffer_bytes == 0 || side->unread_bytes <= side->buffer_bytes) {
        return true;
    }
    side->waits = true;
    return false;
}

void network_leave_unread(Actor *self, ConnectionId id, uint32_t bytes)
{
    Connection *connection = connection_find(&self->sim->network->slab, id);
    if (connection != NULL) {
        connection->side[1 - side_index(connection, self, id)].unread_bytes += bytes;
    }
}

void network_read(Actor *self, ConnectionId id, uint32_t bytes)
{
    Network *network = self->sim->network;
    Connection *connection = connection_find(&network->slab, id);
    if (connection != NULL && connection->side[id & 1].state == SIDE_OPEN) {
        bytes_are_read(network, connection, side_index(connection, self, id), bytes);
    }
}

void network_close(Actor *self, ConnectionId id)
{
    Network *network = self->sim->network;
    Connection *connection = connection_find(&network->slab, id);
    if (connection == NULL) {
        return;
    }
    const uint32_t side = side_index(connection, self, id);
    const uint8_t state = connection->side[side].state;
    if (state == SIDE_GONE || state == SIDE_ABSENT) {
        return;
    }
    side_leave(network, connection, side);
    if (state == SIDE_OPEN) {
        send_control(network, connection, side, WIRE_CLOSE);
    } else {
        transport_forget(network, connection, side);
    }
    network_settle(network, connection);
}

static void side_die(Network *network, Connection *connection, uint32_t side, bool told)
{
    const uint8_t state = connection->side[side].state;
    connection->side[side].died = true;
    side_leave(network, connection, side);
    transport_forget(network, connection, side);
    if (told && state == SIDE_OPEN && connection->side[1 - side].state != SIDE_GONE) {
        send_control(network, connection, side, WIRE_RESET);
    }
    network_settle(network, connection);
}

void network_process_died(Network *network, Actor *actor, bool peers_are_told)
{
    while (actor->connections != 0) {
        const ConnectionId id = actor->connections;
        side_die(network, connection_find(&network->slab, id), id & 1, peers_are_told);
    }
}

bool network_is_open(const Network *network, ConnectionId id)
{
    const Connection *connection = connection_find(&network->slab, id);
    return connection != NULL && connection->side[id & 1].state == SIDE_OPEN;
}

Actor *network_peer(const Network *network, ConnectionId id, const Actor *self)
{
    const Connection *connection = connection_find(&network->slab, id);
    return connection == NULL ? NULL : connection->side[1 - side_index(connection, self, id)].actor;
}

void network_set_data(Actor *self, ConnectionId id, void *data)
{
    Side *side = side_find(self->sim->network, self, id);
    if (side != NULL) {
        side->data = data;
    }
}

void *network_data(const Actor *self, ConnectionId id)
{
    const Side *side = side_find(self->sim->network, self, id);
    return side == NULL ? NULL : side->data;
}

bool network_open_data(const Actor *self, ConnectionId id, void **ret_data)
{
    const Connection *connection = connection_find(&self->sim->network->slab, id);
    if (connection == NULL || connection->side[id & 1].state != SIDE_OPEN) {
        return false;
    }
    *ret_data = connection->side[side_index(connection, self, id)].data;
    return true;
}

static void fetch_lines(const void *from, size_t bytes)
{
    for (size_t at = 0; at < bytes; at += 64) {
        BITS_PREFETCH((const char *)from + at);
    }
}

void network_fetch(const Network *network, ConnectionId id)
{
    const uint32_t slot = id >> 1 & (CONNECTION_SLOTS_MAX - 1);
    if (slot < network->slab.count) {
        fetch_lines(connection_at(&network->slab, slot), offsetof(Connection, waiting));
    }
}

void network_fetch_way(const Network *network, ConnectionId id)
{
    const Connection *connection = connection_find(&network->slab, id);
    if (connection != NULL) {
        BITS_PREFETCH(connection->side[0].link);
        BITS_PREFETCH(connection->side[1].link);
        fetch_lines(connection->side[1 - (id & 1)].data, FETCHED_DATA_BYTES);
    }
}

void network_fetch_receiver(const Network *network, ConnectionId id)
{
    const Connection *connection = connection_find(&network->slab, id);
    if (connection != NULL && connection->side[id & 1].data != NULL) {
        BITS_PREFETCH(connection->side[1 - (id & 1)].link);
        fetch_lines(connection->side[id & 1].data, FETCHED_DATA_BYTES);
    }
}

void network_set_fault(Network *network, uint32_t from_host, uint32_t to_host, LinkFault fault)
{
    link_set_fault(network_link(network, from_host, to_host), fault);
}

void network_clear_fault(Network *network, uint32_t from_host, uint32_t to_host)
{
    link_set_fault(network_link(network, from_host, to_host), (LinkFault){0});
}

/* What its kernel still had to send goes with it: of connections that were closed already, too,
 * which no process knows any more. */
static void forget_all_of(Network *network, const Nic *nic)
{
    for (uint32_t slot = 0; slot < network->slab.count; slot++) {
        Connection *connection = connection_at(&network->slab, slot);
        for (uint32_t side = 0; side < 2 && connection->in_use; side++) {
            if (connection->side[side].link->from == nic) {
                connection->side[side].died = true;
                transport_forget(network, connection, side);
                network_settle(network, connection);
            }
        }
    }
}

void network_set_power(Network *network, uint32_t host, bool has_power)
{
    Nic *nic = network_nic(network, host);
    nic->powerless = !has_power;
    if (!has_power) {
        forget_all_of(network, nic);
    }
}

int64_t network_sent_bytes(const Network *network, uint32_t host)
{
    const Nic *nic = host < network->nics->len ? g_ptr_array_index(network->nics, host) : NULL;
    return nic == NULL ? 0 : nic->sent_bytes;
}

int64_t network_received_bytes(const Network *network, uint32_t host)
{
    const Nic *nic = host < network->nics->len ? g_ptr_array_index(network->nics, host) : NULL;
    return nic == NULL ? 0 : nic->received_bytes;
}

uint32_t network_connections(const Network *network)
{
    return network->slab.in_use;
}

uint32_t network_connection_slots(const Network *network)
{
    return network->slab.count;
}

uint64_t network_retransmissions(const Network *network)
{
    return network->retransmissions;
}
