/* server.h - c servers and one FIFO queue, bounded or not: handler threads, network threads.
 *
 * Embedded in its owner, who gives tokens in and gets them out: server_enter hands a token to a
 * free server at once (returns SERVER_STARTED), queues it (SERVER_QUEUED) or refuses it
 * (SERVER_FULL); server_leave frees a server and returns the next token to start, or NULL.
 * What service takes is the owner's matter (host_run, disk, purgatory): so threads hold while
 * the work they wait for goes on elsewhere. Keeps time-weighted means for Little's law. */
#ifndef KAFKASIM_SIM_RESOURCE_SERVER_H
#define KAFKASIM_SIM_RESOURCE_SERVER_H
#include "sim/actor/actor.h"
#include "sim/watch/metric.h"

typedef enum ServerOutcome { SERVER_STARTED, SERVER_QUEUED, SERVER_FULL } ServerOutcome;

typedef struct Server {
    uint32_t servers;
    uint32_t busy;
    uint32_t queue_max; /* 0 = unbounded */
    uint32_t length;
    uint64_t started;
    SimDuration waited_ns; /* sum over started tokens */
    TimeWeighted busy_servers;
    TimeWeighted queue_length;
    void **ring;      /* FIFO of waiting tokens, grows by doubling */
    SimTime *entered; /* when each came */
    uint32_t capacity;
    uint32_t head;
} Server;

void server_init(Server *server, uint32_t servers, uint32_t queue_max);
void server_clear(Server *server);
/* Drops what waits (a process died). */
void server_reset(Server *server, SimTime now);
ServerOutcome server_enter(Server *server, SimTime now, void *token);
void *server_leave(Server *server, SimTime now);

#endif
