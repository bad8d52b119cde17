/* network_client.h - a client's connections to brokers.
 *
 * Mirrors: NetworkClient, InFlightRequests, ClusterConnectionStates (clients.md M2, M9, R1, R7).
 * A node is a broker id, or COORDINATOR_NODE(id) for a consumer's separate connection. Per node:
 *
 *     disconnected --connect--> connecting --open--> checking (ApiVersions) --> ready
 *     any --reset, refused, set-up time-out, request time-out, close--> disconnected (back-off)
 *
 * Embedded in a client actor, which forwards on_mail, on_connected, on_disconnected and on_timer
 * events of this kind to it. A socket holds one request at a time: no other is sent before its
 * buffers have taken all of it (KafkaChannel). A node whose answer named a throttle time is not
 * ready until that is over (KIP-219). Leaves out: DNS, TLS. */
#ifndef KAFKASIM_MODELS_CLIENT_NETWORK_CLIENT_H
#define KAFKASIM_MODELS_CLIENT_NETWORK_CLIENT_H
#include "models/protocol/message.h"
#include "sim/resource/network.h"

/* Where brokers live: broker id -> process. Shared by all clients, owned by the world. */
typedef struct AddressBook {
    int32_t count;
    const int32_t *ids; /* ascending */
    Actor *const *actors;
} AddressBook;

/* A connection of its own to the same broker: a consumer's for its coordinator, and those to
 * bootstrap.servers, of which only addresses are known until the first metadata answer (M1). */
#define COORDINATOR_NODE(broker) (INT32_MAX - (broker))
#define BOOTSTRAP_NODE(broker)   (INT32_MIN + (broker))
#define NO_NODE                  (-1)

typedef struct NetworkClient NetworkClient;

typedef struct NetworkClientOptions {
    const AddressBook *brokers;
    const char *client_id;
    int32_t max_in_flight; /* per connection */
    SimDuration reconnect_backoff_ns;
    SimDuration reconnect_backoff_ns_max;
    SimDuration connection_setup_timeout_ns;
    SimDuration connection_setup_timeout_ns_max;
    SimDuration request_timeout_ns;
    int32_t send_buffer_bytes; /* send.buffer.bytes; 0: without a limit */
    uint16_t timer_kind;       /* kind of this client's timers in the actor */
} NetworkClientOptions;

typedef struct NetworkClientEvents {
    /* An answer, or NULL: the connection broke or the request timed out before one came (the
     * request counts as NETWORK_EXCEPTION). `context` as given at send. The response is freed
     * by the network client after the call. */
    void (*on_response)(
        void *owner, int32_t node, uint16_t api, void *context, ResponseHeader *response);
    /* A node became ready, or lost its connection: its other requests fail right after. */
    void (*on_ready)(void *owner, int32_t node);
    void (*on_disconnected)(void *owner, int32_t node);
} NetworkClientEvents;

NetworkClient *network_client_new(Actor *actor,
                                  const NetworkClientOptions *options,
                                  const NetworkClientEvents *events,
                                  void *owner);
void network_client_free(NetworkClient *self);
/* The process died or starts: forget every connection without telling anybody. */
void network_client_reset(NetworkClient *self);

/* Ready now? If not, and if back-off allows, starts to connect. */
bool network_client_ready(NetworkClient *self, int32_t node);
/* Ready, the last request sent and fewer than max_in_flight unanswered? Never starts anything. */
bool network_client_can_send(const NetworkClient *self, int32_t node);
/* reconnect.backoff.ms */
SimDuration network_client_reconnect_backoff(const NetworkClient *self);
/* Still backing off after a failure, or throttled: when it may be tried again, else now. */
SimTime network_client_next_attempt(const NetworkClient *self, int32_t node);
/* No connection, and none is being opened (connectionFailed). */
bool network_client_is_disconnected(const NetworkClient *self, int32_t node);
/* Requires can_send. Takes the request; sets correlation id. `expect_response` false for acks=0
 * produce: on_response comes when the socket has taken its bytes, mostly at once, with NULL
 * response replaced by NETWORK_CLIENT_SENT. Request time-out counts from now (timeout_ns 0 = the
 * default).
 */
void network_client_send(NetworkClient *self,
                         int32_t node,
                         RequestHeader *request,
                         void *context,
                         bool expect_response,
                         SimDuration timeout_ns);
#define NETWORK_CLIENT_SENT ((ResponseHeader *)-1)
int32_t network_client_in_flight(const NetworkClient *self, int32_t node);
bool network_client_has_in_flight(const NetworkClient *self); /* to any */
/* LeastLoadedNode (M2): the node to send metadata to, or NO_NODE; may be one that must connect
 * first. Looks at the nodes of the last metadata answer, at first at the bootstrap nodes. */
int32_t network_client_least_loaded(NetworkClient *self);
/* The brokers of a metadata answer. */
void network_client_set_nodes(NetworkClient *self, const int32_t *brokers, int32_t count);
/* Was it among them? */
bool network_client_knows(const NetworkClient *self, int32_t node);
/* Forgets them and goes back to bootstrap.servers (metadata.recovery.strategy=rebootstrap). */
void network_client_rebootstrap(NetworkClient *self);
/* Is a connection to one of those nodes being opened; is one of them ready? */
bool network_client_is_any_connecting(const NetworkClient *self);
bool network_client_is_any_ready(const NetworkClient *self);
/* While on_response tells of a NULL response: was it the request's time-out (REQUEST_TIMED_OUT)
 * that closed the connection? Else it broke (NETWORK_EXCEPTION). */
bool network_client_timed_out(const NetworkClient *self);
void network_client_close(NetworkClient *self, int32_t node);
void network_client_close_all(NetworkClient *self);

/* The actor forwards its events here; true when they were this client's. */
bool network_client_on_mail(NetworkClient *self, ConnectionId connection, Message *message);
bool network_client_on_connected(NetworkClient *self, ConnectionId connection);
bool network_client_on_disconnected(NetworkClient *self, ConnectionId connection);
bool network_client_on_writable(NetworkClient *self, ConnectionId connection);
bool network_client_on_timer(NetworkClient *self, Timer *timer);

#endif
