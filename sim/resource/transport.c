/* transport.c - flights, losses, retransmissions; see transport.h. */
#include "sim/resource/transport.h"

#define RTO_NS                  SIM_MS(200)  /* Linux TCP_RTO_MIN */
#define RTO_CONNECTING_NS       SIM_SEC(1)   /* TCP_TIMEOUT_INIT */
#define RTO_MAX_NS              SIM_SEC(120) /* TCP_RTO_MAX */
#define TIMEOUTS_MAX            16           /* tcp_retries2 = 15 and the first transmission */
#define TIMEOUTS_CONNECTING_MAX 7            /* tcp_syn_retries = 6 */

/* Tags of a NIC's events. */
enum {
    FLIGHT_IS_LOST = 1, /* found out at the sender: loss, or cut already */
    FLIGHT_IS_IN = 2,   /* past the link; waited for the receiver's NIC */
};

static uint32_t parcel_bytes(uint16_t kind, const void *data)
{
    return wire_is_mail(kind) ? ((const Message *)data)->wire_bytes : 0;
}

static void parcel_discard(Network *network, Connection *connection, uint16_t kind, void *data)
{
    if (wire_is_mail(kind)) {
        message_free(network->sim, data);
    } else if (kind == WIRE_CONNECT) {
        connection->side[1].state = SIDE_GONE; /* it never heard of the connection */
    }
}

static void
fly(Network *network, Connection *connection, Side *from, uint16_t kind, void *data, bool lost)
{
    Kernel *kernel = network->sim->kernel;
    Link *link = from->link;
    const SimTime arrival =
        link_send(link, &network->profile, kernel_now(kernel), parcel_bytes(kind, data));
    from->last_arrival = MAX(arrival, from->last_arrival);
    connection->under_way++;
    (void)kernel_schedule(
        kernel, from->last_arrival, link->to->target, kind, lost ? FLIGHT_IS_LOST : 0, data);
}

void transport_send(
    Network *network, Connection *connection, uint32_t side, uint16_t kind, void *data)
{
    Side *from = &connection->side[side];
    if (from->blocked && kind != WIRE_RESET) {
        parcel_append(network->sim->pool, &connection->waiting[side].behind, kind, data);
        connection->under_way++;
        return;
    }
    const bool lost = link_drops(from->link);
    fly(network, connection, from, kind, data, lost);
}

static SimDuration retransmission_timeout(const Side *from)
{
    const SimDuration first = from->state == SIDE_CONNECTING ? RTO_CONNECTING_NS : RTO_NS;
    return from->retries >= 10 ? RTO_MAX_NS : MIN(first << from->retries, RTO_MAX_NS);
}

/* Not before all that flies has come down, so that it lines up behind what is lost. */
static void retransmit_later(Network *network, Connection *connection, uint32_t side)
{
    Kernel *kernel = network->sim->kernel;
    Side *from = &connection->side[side];
    const SimTime at = time_after(kernel_now(kernel), retransmission_timeout(from));
    connection->under_way++;
    connection->waiting[side].retransmission =
        kernel_schedule(kernel,
                        MAX(at, from->last_arrival),
                        from->link->from->target,
                        WIRE_RETRANSMIT,
                        0,
                        GUINT_TO_POINTER(connection_id(connection, side)));
}

static void
parcel_lost(Network *network, Connection *connection, uint32_t side, uint16_t kind, void *data)
{
    Side *from = &connection->side[side];
    const bool is_void = kind == WIRE_CONNECT && from->state != SIDE_CONNECTING;
    if (kind == WIRE_RESET || from->died || is_void) {
        from->torn = from->torn || kind != WIRE_RESET;
        parcel_discard(network, connection, kind, data);
        return;
    }
    parcel_append(network->sim->pool, &connection->waiting[side].lost, kind, data);
    connection->under_way++;
    if (!from->blocked) {
        from->blocked = true;
        from->retries = 0;
        retransmit_later(network, connection, side);
    }
}

static void fly_again(Network *network, Connection *connection, Side *from, ParcelList *list)
{
    Parcel parcel;
    while (parcel_take(network->sim->pool, list, &parcel)) {
        connection->under_way--;
        fly(network, connection, from, parcel.kind, parcel.data, false);
    }
}

static void on_retransmit(Network *network, Connection *connection, uint32_t side)
{
    Side *from = &connection->side[side];
    const uint8_t timeouts_max =
        from->state == SIDE_CONNECTING ? TIMEOUTS_CONNECTING_MAX : TIMEOUTS_MAX;
    connection->waiting[side].retransmission = 0;
    connection->under_way--;
    network->retransmissions++;
    if (!link_is_broken(from->link) && !link_drops(from->link)) {
        from->blocked = false;
        fly_again(network, connection, from, &connection->waiting[side].lost);
        fly_again(network, connection, from, &connection->waiting[side].behind);
        return;
    }
    from->retries++;
    if (from->retries < timeouts_max) {
        retransmit_later(network, connection, side);
        return;
    }
    transport_forget(network, connection, side);
    network_on_timeout(network, connection, side);
}

static void forget_list(Network *network, Connection *connection, ParcelList *list)
{
    Parcel parcel;
    while (parcel_take(network->sim->pool, list, &parcel)) {
        connection->under_way--;
        parcel_discard(network, connection, parcel.kind, parcel.data);
    }
}

void transport_forget(Network *network, Connection *connection, uint32_t side)
{
    Side *from = &connection->side[side];
    SideParcels *waiting = &connection->waiting[side];
    if (waiting->retransmission != 0) {
        (void)kernel_cancel(network->sim->kernel, waiting->retransmission);
        waiting->retransmission = 0;
        connection->under_way--;
    }
    from->torn = from->torn || from->blocked;
    from->blocked = false;
    forget_list(network, connection, &waiting->lost);
    forget_list(network, connection, &waiting->behind);
}

/* True when the parcel has to wait until earlier ones have come in. */
static bool
wait_for_nic(Network *network, Nic *nic, const Link *link, SimTime now, KernelEvent event)
{
    const SimTime in =
        link_receive(link, &network->profile, now, parcel_bytes(event.kind, event.data));
    if (in == now && nic->in_pending == 0) {
        return false;
    }
    nic->in_pending++;
    (void)kernel_schedule(
        network->sim->kernel, in, nic->target, event.kind, FLIGHT_IS_IN, event.data);
    return true;
}

static void on_flight(Network *network, Nic *nic, SimTime now, KernelEvent event)
{
    const ConnectionId id = wire_is_mail(event.kind) ? ((const Message *)event.data)->connection
                                                     : GPOINTER_TO_UINT(event.data);
    Connection *connection = connection_find(&network->slab, id);
    const uint32_t to = id & 1;
    Side *from = &connection->side[1 - to];
    if ((event.tag & FLIGHT_IS_IN) != 0) {
        nic->in_pending--;
    } else if (event.tag == FLIGHT_IS_LOST || link_is_broken(from->link) || from->blocked) {
        connection->under_way--;
        parcel_lost(network, connection, 1 - to, event.kind, event.data);
        network_settle(network, connection);
        return;
    } else if (wait_for_nic(network, nic, from->link, now, event)) {
        return;
    }
    connection->under_way--;
    if (from->torn && event.kind != WIRE_RESET) {
        parcel_discard(network, connection, event.kind, event.data);
        network_settle(network, connection);
        return;
    }
    if (!link_is_loopback(from->link)) {
        nic->received_bytes += parcel_bytes(event.kind, event.data);
    }
    network_on_parcel(network, connection, to, event.kind, event.data);
}

/* Of so many connections hardly one is in the processor's caches when a message comes in: those of
 * the next messages are fetched ahead of their use, and then what they name. */
#define CONNECTIONS_FAR 4096u
#define CONNECTED_AHEAD 5u
#define RECEIVER_AHEAD  2u

static void fetch_ahead(const Network *network, const Kernel *kernel)
{
    KernelEvent event;
    for (uint32_t ahead = 1; ahead <= CONNECTED_AHEAD; ahead++) {
        if (!kernel_soon_event(kernel, ahead, &event)) {
            return;
        }
        if (kernel_target_handler(kernel, event.target) == transport_on_event &&
            wire_is_mail(event.kind)) {
            const ConnectionId id = ((const Message *)event.data)->connection;
            (ahead <= RECEIVER_AHEAD ? network_fetch_receiver : network_fetch)(network, id);
        }
    }
}

void transport_on_event(Kernel *kernel, void *nic, SimTime now, KernelEvent event)
{
    Network *network = ((Nic *)nic)->network;
    if (network->slab.in_use > CONNECTIONS_FAR) {
        fetch_ahead(network, kernel);
    }
    if (event.kind != WIRE_RETRANSMIT) {
        on_flight(network, nic, now, event);
        return;
    }
    const ConnectionId id = GPOINTER_TO_UINT(event.data);
    on_retransmit(network, connection_find(&network->slab, id), id & 1);
}
