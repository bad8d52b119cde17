/* network_client_internal.h - what the files of the network client share. */
#ifndef KAFKASIM_MODELS_CLIENT_NETWORK_CLIENT_INTERNAL_H
#define KAFKASIM_MODELS_CLIENT_NETWORK_CLIENT_INTERNAL_H
#include "models/client/connection_state.h"
#include "models/client/network_client.h"

enum { CLASS_BROKER, CLASS_COORDINATOR, CLASS_BOOTSTRAP, CLASS_COUNT };

struct NetworkClient {
    Actor *actor;
    NetworkClientOptions options;
    NetworkClientEvents events;
    void *owner;
    ConnectionPolicy policy;
    Stream scan;             /* where leastLoadedNode begins */
    ConnectionState *states; /* [class][index in the address book] */
    GArray *nodes;           /* of int32_t: the cluster's nodes as metadata names them */
    uint32_t correlation_id;
    bool timed_out;
};

/* NULL when the address book has no such broker. */
ConnectionState *network_client_state(const NetworkClient *self, int32_t node);
bool network_client_state_can_send(const NetworkClient *self, const ConnectionState *state);

#endif
