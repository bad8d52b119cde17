/* connection.h - the two sides of a TCP connection, and the slab they live in. The network's own.
 *
 *     opener:    connecting --accepted--> open --end seen--> ended --told--> gone
 *     acceptor:  absent --asked--> open                 closed or died: --> gone
 *
 * A slot is used again when both sides are gone and nothing of it is under way. Ids carry a
 * generation of 10 bits, and free slots are used oldest first, so that a stale id is recognised. */
#ifndef KAFKASIM_SIM_RESOURCE_CONNECTION_H
#define KAFKASIM_SIM_RESOURCE_CONNECTION_H
#include "sim/resource/link.h"

typedef enum SideState {
    SIDE_ABSENT,     /* the acceptor has not heard of it */
    SIDE_CONNECTING, /* the opener waits for the answer */
    SIDE_OPEN,
    SIDE_ENDED, /* its end is seen; on_disconnected is under way */
    SIDE_GONE,
} SideState;

/* What waits for retransmission: a message, or a part of the connection's own talk. */
typedef struct Parcel {
    struct Parcel *next;
    uint16_t kind;
    void *data;
} Parcel;

typedef struct ParcelList {
    Parcel *first;
    Parcel *last;
} ParcelList;

typedef struct Side {
    Actor *actor;
    void *data;
    Link *link;            /* from here to the other side */
    SimTime last_arrival;  /* of what was sent from here: nothing may arrive before it */
    uint32_t unread_bytes; /* sent from here, not read by the process there */
    uint32_t buffer_bytes; /* of both ends' kernels, for what is unread; 0: no limit */
    ConnectionId next;     /* in the list of its process */
    ConnectionId previous;
    uint8_t state; /* SideState */
    uint8_t retries;
    bool blocked; /* waits for a retransmission to get through */
    bool torn;    /* what was lost will never be sent again: nothing after it can be read */
    bool died;    /* its process did */
    bool waits;   /* to hear that all it has sent is in the buffers */
} Side;

/* What waits of a side that is blocked. */
typedef struct SideParcels {
    EventHandle retransmission;
    ParcelList lost;   /* sent, not arrived; in order */
    ParcelList behind; /* handed over since the loss; follows `lost` */
} SideParcels;

/* What a message touches stands in front, in two lines of a processor's cache. */
typedef struct Connection {
    uint32_t slot;
    uint32_t under_way; /* parcels on the wire or waiting, and pending retransmissions */
    uint32_t next_free;
    uint16_t generation; /* 1..1023 */
    bool in_use;
    Side side[2]; /* 0 opened it */
    SideParcels waiting[2];
} Connection;

typedef struct ConnectionSlab {
    GPtrArray *chunks; /* Connection[CONNECTION_CHUNK] each: addresses stay, on cache lines */
    uint32_t count;
    uint32_t in_use;
    uint32_t free_first; /* slot + 1; 0 none */
    uint32_t free_last;
} ConnectionSlab;

#define CONNECTION_CHUNK     256u
#define CONNECTION_SLOTS_MAX (1u << 21)

void connection_slab_init(ConnectionSlab *slab);
void connection_slab_clear(ConnectionSlab *slab);
/* NULL when all slots are in use. Both sides zeroed. */
Connection *connection_take(ConnectionSlab *slab);
void connection_give(ConnectionSlab *slab, Connection *connection);

static inline ConnectionId connection_id(const Connection *connection, uint32_t side)
{
    return (uint32_t)connection->generation << 22 | connection->slot << 1 | side;
}

static inline Connection *connection_at(const ConnectionSlab *slab, uint32_t slot)
{
    Connection *chunk = g_ptr_array_index(slab->chunks, slot / CONNECTION_CHUNK);
    return &chunk[slot % CONNECTION_CHUNK];
}

/* NULL when the id is 0 or stale. */
static inline Connection *connection_find(const ConnectionSlab *slab, ConnectionId id)
{
    const uint32_t slot = id >> 1 & (CONNECTION_SLOTS_MAX - 1);
    if (slot >= slab->count) {
        return NULL;
    }
    Connection *connection = connection_at(slab, slot);
    return connection->in_use && connection->generation == id >> 22 ? connection : NULL;
}

void parcel_append(Pool *pool, ParcelList *list, uint16_t kind, void *data);
/* Takes the first off the list; false when it is empty. `next` of the copy means nothing. */
bool parcel_take(Pool *pool, ParcelList *list, Parcel *ret_parcel);

/* The list of a process's connections; newest first. */
void connection_link(ConnectionSlab *slab, Connection *connection, uint32_t side);
void connection_unlink(ConnectionSlab *slab, Connection *connection, uint32_t side);

#endif
