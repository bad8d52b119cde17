/* connection_state.h - one node as a client sees it: its connection, back-off and time-outs.
 *
 *     disconnected --connecting--> connecting --checking--> checking --ready--> ready
 *     any --disconnected--> disconnected
 *
 * Mirrors: ClusterConnectionStates.NodeConnectionState (M9). */
#ifndef KAFKASIM_MODELS_CLIENT_CONNECTION_STATE_H
#define KAFKASIM_MODELS_CLIENT_CONNECTION_STATE_H
#include "models/client/in_flight.h"
#include "models/protocol/backoff.h"
#include "sim/actor/actor.h"

typedef enum ConnectionPhase {
    CONNECTION_DISCONNECTED,
    CONNECTION_CONNECTING,
    CONNECTION_CHECKING, /* ApiVersions is asked */
    CONNECTION_READY,
} ConnectionPhase;

typedef struct ConnectionState {
    int32_t node;
    Actor *peer;
    ConnectionPhase phase;
    ConnectionId connection; /* 0 when disconnected */
    bool is_sending;         /* the socket has not taken all of the last request yet */
    bool attempted;          /* ever since the process started */
    SimTime last_attempt;    /* of connecting, or the last disconnect */
    uint32_t failed_attempts;
    uint32_t failed_connects;
    SimDuration reconnect_backoff_ns;
    SimDuration setup_timeout_ns;
    SimTime throttled_until;
    InFlight in_flight;
    Timer timer; /* connecting: set-up time-out; else: the earliest request time-out */
} ConnectionState;

/* What all connections of a client share. */
typedef struct ConnectionPolicy {
    Backoff reconnect;
    Backoff setup;
    Stream jitter;
} ConnectionPolicy;

/* A process starts: nothing is known of the node. Its timers are void already. */
void connection_state_reset(ConnectionState *self);
bool connection_state_can_connect(const ConnectionState *self, SimTime now);
void connection_state_connecting(ConnectionState *self, ConnectionPolicy *policy, SimTime now);
void connection_state_checking(ConnectionState *self, ConnectionPolicy *policy);
void connection_state_ready(ConnectionState *self, ConnectionPolicy *policy);
void connection_state_disconnected(ConnectionState *self, ConnectionPolicy *policy, SimTime now);

#endif
