/* server.c - tokens wait in a ring, first come first served.
 *
 * The queue is bounded in tokens that wait, not counting those in service: Kafka's
 * queued.max.requests is such a bound (RequestChannel). */
#include "sim/resource/server.h"
#include <string.h>

#define RING_START 16

void server_init(Server *server, uint32_t servers, uint32_t queue_max)
{
    *server = (Server){.servers = servers, .queue_max = queue_max};
    time_weighted_init(&server->queue_length, 0, 0);
    time_weighted_init(&server->busy_servers, 0, 0);
}

void server_clear(Server *server)
{
    g_free(server->ring);
    g_free(server->entered);
    *server = (Server){.servers = server->servers};
}

void server_reset(Server *server, SimTime now)
{
    server->head = 0;
    server->length = 0;
    server->busy = 0;
    time_weighted_set(&server->queue_length, now, 0);
    time_weighted_set(&server->busy_servers, now, 0);
}

/* Both halves of a ring that was full are laid out from 0 on. */
static void server_grow(Server *server)
{
    const uint32_t capacity = server->capacity == 0 ? RING_START : server->capacity * 2;
    void **ring = g_new(void *, capacity);
    SimTime *entered = g_new(SimTime, capacity);
    for (uint32_t i = 0; i < server->length; i++) {
        const uint32_t from = (server->head + i) & (server->capacity - 1);
        ring[i] = server->ring[from];
        entered[i] = server->entered[from];
    }
    g_free(server->ring);
    g_free(server->entered);
    server->ring = ring;
    server->entered = entered;
    server->capacity = capacity;
    server->head = 0;
}

static void server_queue(Server *server, SimTime now, void *token)
{
    if (server->length == server->capacity) {
        server_grow(server);
    }
    const uint32_t tail = (server->head + server->length) & (server->capacity - 1);
    server->ring[tail] = token;
    server->entered[tail] = now;
    server->length++;
    time_weighted_add(&server->queue_length, now, 1);
}

ServerOutcome server_enter(Server *server, SimTime now, void *token)
{
    if (server->busy < server->servers) {
        server->busy++;
        server->started++;
        time_weighted_add(&server->busy_servers, now, 1);
        return SERVER_STARTED;
    }
    if (server->queue_max != 0 && server->length >= server->queue_max) {
        return SERVER_FULL;
    }
    server_queue(server, now, token);
    return SERVER_QUEUED;
}

void *server_leave(Server *server, SimTime now)
{
    if (server->length == 0) {
        server->busy--;
        time_weighted_add(&server->busy_servers, now, -1);
        return NULL;
    }
    void *token = server->ring[server->head];
    server->waited_ns += now - server->entered[server->head];
    server->head = (server->head + 1) & (server->capacity - 1);
    server->length--;
    server->started++;
    time_weighted_add(&server->queue_length, now, -1);
    return token;
}
