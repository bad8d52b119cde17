/* link.h - the way from one host to another: NICs, latency, faults. The network's own.
 *
 * A Nic sends at its bandwidth, first come first served. What comes in passes at the same
 * bandwidth, but at once when the NIC is idle: its bits were arriving while they were sent. So a
 * message costs one transmission time on a free path and two hosts that send to a third share its
 * NIC. A Link is one direction between two hosts, made when first used. */
#ifndef KAFKASIM_SIM_RESOURCE_LINK_H
#define KAFKASIM_SIM_RESOURCE_LINK_H
#include "sim/resource/network.h"

typedef struct Nic {
    Network *network;
    uint32_t host;
    uint32_t target; /* of the kernel */
    bool powerless;
    SimTime out_free;    /* when what is queued will have left */
    SimTime in_free;     /* and come in */
    uint32_t in_pending; /* messages that wait to come in */
    int64_t sent_bytes;
    int64_t received_bytes;
    GPtrArray *links; /* Link*, by the other host's index; NULL where none was needed */
} Nic;

/* All that a message touches on a link without fault or distance fits in a line of a processor's
 * cache. */
typedef struct Link {
    Nic *from;
    Nic *to;
    Stream latency;
    bool is_plain;           /* no fault, no distance */
    SimDuration distance_ns; /* between racks; fixed */
    LinkFault fault;
    SimTime free; /* of a link whose bandwidth a fault limits */
    Stream loss;
} Link;

/* Instants saturate at SIM_TIME_MAX; the kernel never gets there. */
static inline SimTime time_after(SimTime at, SimDuration delay)
{
    return delay > SIM_TIME_MAX - at ? SIM_TIME_MAX : at + delay;
}

/* How long `bytes` occupy a wire; 0 when it has no limit. Rounded up. */
static inline SimDuration transmission_ns(uint32_t bytes, int64_t bytes_per_sec)
{
    return bytes_per_sec == 0 || bytes == 0 ? 0
                                            : ((int64_t)bytes * SIM_SEC(1) - 1) / bytes_per_sec + 1;
}

static inline bool link_is_loopback(const Link *link)
{
    return link->from == link->to;
}

/* Nothing gets through now. */
static inline bool link_is_broken(const Link *link)
{
    return (!link->is_plain && link->fault.cut) || link->to->powerless;
}

Nic *nic_new(Network *network, Sim *sim, uint32_t host, KernelHandler handler);
void nic_free(Nic *nic);
/* The link between two NICs, made if need be. */
Link *link_between(Sim *sim, const NetworkProfile *profile, Nic *from, Nic *to);
/* Occupies the sending side with `bytes` and returns when the last of them reaches the other. */
SimTime link_send(Link *link, const NetworkProfile *profile, SimTime now, uint32_t bytes);
void link_set_fault(Link *link, LinkFault fault);
/* Whether this transmission is lost, cut or by chance. */
bool link_drops(Link *link);
/* Occupies the receiving side. Returns `now`, or when the message will be in. */
SimTime link_receive(const Link *link, const NetworkProfile *profile, SimTime now, uint32_t bytes);

#endif
