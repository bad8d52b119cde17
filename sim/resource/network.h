/* network.h - hosts joined by links; processes joined by connections (TCP).
 *
 * A message leaves through its host's NIC (bandwidth, FIFO), takes the link's latency and enters
 * through the receiver's NIC. Each connection is FIFO, as TCP is: a message never overtakes an
 * earlier one of the same connection and direction. Loss is never visible as loss, only as the
 * delay of the retransmission (200 ms, doubling up to 120 s: Linux TCP_RTO_MIN and _MAX).
 *
 * A connection ends when either side closes it, when a process dies (its host's kernel sends a
 * reset, the peer sees it one latency later), or never, when a host loses power or a link is cut:
 * then the peer must time out. Connecting to a dead process on a living host is refused after a
 * round trip. While a link is cut packets wait for retransmission and arrive after the heal.
 *
 * Two processes on one host use the loopback: no NIC, loopback latency.
 *
 * Each side has its own ConnectionId: the two differ in the lowest bit, so that an id says whose
 * view is meant. Calls that take `self` accept either. A sender gives up after 16 time-outs (924 s,
 * Linux tcp_retries2) or 7 while connecting (127 s, tcp_syn_retries): on_disconnected.
 *
 * What a process has sent and the other has not read yet lies in the buffers of both kernels or on
 * the way between them. A process that asks whether all it has sent is in there hears when it is
 * (on_writable, one latency after the other side has read enough); one that does not ask sends on.
 *
 * Leaves out: packets (a message is one burst, and read as a whole when its last byte is in), slow
 * start and congestion windows, fast retransmission (each loss costs an RTO), and that a process
 * which dies takes with it what its kernel had not taken of its last message.
 * Mirrors: Linux tcp_ipv4.c and tcp_timer.c as seen by Kafka's Selector. */
#ifndef KAFKASIM_SIM_RESOURCE_NETWORK_H
#define KAFKASIM_SIM_RESOURCE_NETWORK_H
#include "sim/actor/actor.h"
#include "sim/chance/distribution.h"

typedef struct Network Network;

typedef struct NetworkProfile {
    Distribution latency;            /* ns, one way, between hosts */
    Distribution loopback_latency;   /* ns, one way, on one host */
    SimDuration cross_rack_extra;    /* ns, one way, added between racks */
    int64_t bandwidth_bytes_per_sec; /* of each NIC and direction; 0 = unlimited */
} NetworkProfile;

/* Becomes sim->network and is freed by sim_free. The profile is copied. */
Network *network_new(Sim *sim, const NetworkProfile *profile);

/* Opens a connection from `self` to process `to`. The outcome arrives as on_connected (both
 * sides; the opener after one round trip) or on_disconnected (refused); with a dead host or a
 * cut link nothing arrives, and the opener's own time-out decides. */
ConnectionId network_connect(Actor *self, Actor *to); /* 0: 2^21 connections exist already */
/* Sends on an open connection; takes ownership. On a dead connection the message is freed; on one
 * that is not yet connected it is a bug. */
void network_send(Actor *self, ConnectionId connection, Message *message);
/* SO_SNDBUF of this side and SO_RCVBUF for what comes in, -1 what the system has; once each. What
 * is sent to a side and not read yet has room in both; none of them set: in memory without end. */
void network_set_send_buffer(Actor *self, ConnectionId id, int32_t option);
void network_set_receive_buffer(Actor *self, ConnectionId id, int32_t option);
/* Is all that was sent in the buffers, or further? If not, on_writable will tell. */
bool network_has_taken_all(Actor *self, ConnectionId id);
/* So much of a message that has come in is left in the buffer; it is read later. */
void network_leave_unread(Actor *self, ConnectionId id, uint32_t bytes);
void network_read(Actor *self, ConnectionId id, uint32_t bytes);
/* Closes in an orderly way: what was sent is still delivered, then the peer's on_disconnected. */
void network_close(Actor *self, ConnectionId connection);
/* As this side sees it: connected, and nothing of an end seen yet. */
bool network_is_open(const Network *network, ConnectionId connection);
/* The other side's actor. */
Actor *network_peer(const Network *network, ConnectionId connection, const Actor *self);
/* One pointer a side, for the model's own per-connection state; NULL at first. */
void network_set_data(Actor *self, ConnectionId connection, void *data);
void *network_data(const Actor *self, ConnectionId connection);
/* Both in one look: false when the connection is not open on this side. */
bool network_open_data(const Actor *self, ConnectionId connection, void **ret_data);
/* What will soon be sent on is fetched ahead of its use: first the connection, and some events
 * later what that names, the way there and back and the other side's data. */
void network_fetch(const Network *network, ConnectionId connection);
void network_fetch_way(const Network *network, ConnectionId connection);
/* Likewise for a message on its way to this side of a connection. */
void network_fetch_receiver(const Network *network, ConnectionId connection);

/* Faults on the path from host a to host b (one direction; call twice for both). */
typedef struct LinkFault {
    bool cut;
    SimDuration extra_latency;       /* ns added to each message */
    uint32_t loss_ppm;               /* chance that one transmission is lost */
    int64_t bandwidth_bytes_per_sec; /* 0 = the profile's */
} LinkFault;
void network_set_fault(Network *network, uint32_t from_host, uint32_t to_host, LinkFault fault);
void network_clear_fault(Network *network, uint32_t from_host, uint32_t to_host);

/* Called by actor_kill / host_fail. */
void network_process_died(Network *network, Actor *actor, bool peers_are_told);
/* Called by host_fail / host_restore: a host without power answers nobody. */
void network_set_power(Network *network, uint32_t host, bool has_power);

/* Bytes that host's NIC has sent and received so far. */
int64_t network_sent_bytes(const Network *network, uint32_t host);
int64_t network_received_bytes(const Network *network, uint32_t host);
/* Connections that are not yet forgotten by both sides; how many slots memory is held for. */
uint32_t network_connections(const Network *network);
uint32_t network_connection_slots(const Network *network);
/* Time-outs that led to a retransmission, over all connections. */
uint64_t network_retransmissions(const Network *network);

#endif
