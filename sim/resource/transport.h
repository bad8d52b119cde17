/* transport.h - how parcels travel on a connection: in order, and again when lost. The network's
 * own.
 *
 *     flying --arrives--> delivered
 *        \--lost, cut, no power--> waiting --RTO--> flying again, all that waited behind it too
 *
 * After a loss the direction is blocked: what still flies and what is handed over since wait in
 * order behind the lost parcel. RTO: 200 ms (1 s while connecting), doubling up to 120 s. */
#ifndef KAFKASIM_SIM_RESOURCE_TRANSPORT_H
#define KAFKASIM_SIM_RESOURCE_TRANSPORT_H
#include "sim/resource/connection.h"

/* Kinds of kernel events of a NIC. Mail adds its message type, so that the run's fingerprint
 * sees what arrived. Data: the receiver's ConnectionId (the message holds it), except for
 * retransmissions, which are the sender's. */
enum {
    WIRE_CONNECT = 1, /* SYN */
    WIRE_ACCEPT,      /* SYN, ACK */
    WIRE_CLOSE,       /* FIN */
    WIRE_RESET,       /* RST: never sent again */
    WIRE_RETRANSMIT,
    WIRE_ROOM, /* ACK: what was sent is in the buffers */
    WIRE_MAIL = 16,
};

struct Network {
    Sim *sim;
    NetworkProfile profile;
    GPtrArray *nics; /* Nic*, owned, by host index; NULL where none was needed */
    ConnectionSlab slab;
    uint64_t retransmissions;
};

static inline bool wire_is_mail(uint16_t kind)
{
    return kind >= WIRE_MAIL;
}

/* Sends a parcel from this side, or lines it up while the direction is blocked. */
void transport_send(
    Network *network, Connection *connection, uint32_t side, uint16_t kind, void *data);
/* The handler of every NIC. */
void transport_on_event(Kernel *kernel, void *nic, SimTime now, KernelEvent event);
/* Frees what waits on this side and forgets its retransmission. */
void transport_forget(Network *network, Connection *connection, uint32_t side);

/* From network.c: a parcel is in, `side` is the receiver's. */
void network_on_parcel(
    Network *network, Connection *connection, uint32_t side, uint16_t kind, void *data);
/* From network.c: this side's sender has given up. */
void network_on_timeout(Network *network, Connection *connection, uint32_t side);
/* From network.c: gives the slot back if nobody needs it any more. */
void network_settle(Network *network, Connection *connection);

#endif
