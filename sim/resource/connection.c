/* connection.c - the slab of connections, parcels that wait, lists of a process; connection.h. */
#include "sim/resource/connection.h"
#include <string.h>

void connection_slab_init(ConnectionSlab *slab)
{
    *slab = (ConnectionSlab){.chunks = g_ptr_array_new_with_free_func(g_aligned_free)};
}

void connection_slab_clear(ConnectionSlab *slab)
{
    g_ptr_array_free(slab->chunks, TRUE);
}

static Connection *connection_fresh(ConnectionSlab *slab)
{
    if (slab->count == CONNECTION_SLOTS_MAX) {
        return NULL;
    }
    if (slab->count % CONNECTION_CHUNK == 0) {
        g_ptr_array_add(slab->chunks, g_aligned_alloc0(CONNECTION_CHUNK, sizeof(Connection), 64));
    }
    Connection *connection = connection_at(slab, slab->count);
    connection->slot = slab->count;
    slab->count++;
    return connection;
}

static Connection *connection_reuse(ConnectionSlab *slab)
{
    Connection *connection = connection_at(slab, slab->free_first - 1);
    slab->free_first = connection->next_free;
    if (slab->free_first == 0) {
        slab->free_last = 0;
    }
    return connection;
}

Connection *connection_take(ConnectionSlab *slab)
{
    Connection *connection =
        slab->free_first != 0 ? connection_reuse(slab) : connection_fresh(slab);
    if (connection != NULL) {
        const uint32_t slot = connection->slot;
        const uint16_t generation = (uint16_t)(connection->generation % 1023 + 1);
        memset(connection, 0, sizeof *connection);
        connection->slot = slot;
        connection->generation = generation;
        connection->in_use = true;
        slab->in_use++;
    }
    return connection;
}

void connection_give(ConnectionSlab *slab, Connection *connection)
{
    connection->in_use = false;
    connection->next_free = 0;
    if (slab->free_last == 0) {
        slab->free_first = connection->slot + 1;
    } else {
        connection_at(slab, slab->free_last - 1)->next_free = connection->slot + 1;
    }
    slab->free_last = connection->slot + 1;
    slab->in_use--;
}

void parcel_append(Pool *pool, ParcelList *list, uint16_t kind, void *data)
{
    Parcel *parcel = pool_take(pool, sizeof *parcel);
    parcel->kind = kind;
    parcel->data = data;
    if (list->last == NULL) {
        list->first = parcel;
    } else {
        list->last->next = parcel;
    }
    list->last = parcel;
}

bool parcel_take(Pool *pool, ParcelList *list, Parcel *ret_parcel)
{
    Parcel *parcel = list->first;
    if (parcel == NULL) {
        return false;
    }
    *ret_parcel = *parcel;
    list->first = parcel->next;
    if (list->first == NULL) {
        list->last = NULL;
    }
    pool_give(pool, parcel, sizeof *parcel);
    return true;
}

static Side *side_of(const ConnectionSlab *slab, ConnectionId id)
{
    return &connection_find(slab, id)->side[id & 1];
}

void connection_link(ConnectionSlab *slab, Connection *connection, uint32_t side)
{
    Side *self = &connection->side[side];
    const ConnectionId id = connection_id(connection, side);
    self->next = self->actor->connections;
    self->previous = 0;
    if (self->next != 0) {
        side_of(slab, self->next)->previous = id;
    }
    self->actor->connections = id;
}

void connection_unlink(ConnectionSlab *slab, Connection *connection, uint32_t side)
{
    Side *self = &connection->side[side];
    if (self->next != 0) {
        side_of(slab, self->next)->previous = self->previous;
    }
    if (self->previous != 0) {
        side_of(slab, self->previous)->next = self->next;
    } else {
        self->actor->connections = self->next;
    }
}
