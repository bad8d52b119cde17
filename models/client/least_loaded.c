/* least_loaded.c - the node to ask for metadata: NetworkClient.leastLoadedNode (M2). */
#include "models/client/network_client_internal.h"

/* The best of each kind that leastLoadedNode has met on its way. */
typedef struct LeastLoaded {
    const ConnectionState *ready;
    const ConnectionState *connecting;
    const ConnectionState *can_connect;
} LeastLoaded;

static SimTime attempt_time(const ConnectionState *state)
{
    return state->attempted ? state->last_attempt : -1;
}

/* True when the scan may stop: an idle ready connection. */
static bool weigh(const NetworkClient *self, LeastLoaded *best, const ConnectionState *state)
{
    if (network_client_state_can_send(self, state)) {
        if (best->ready == NULL || state->in_flight.count < best->ready->in_flight.count) {
            best->ready = state;
        }
        return state->in_flight.count == 0;
    }
    if (state->phase == CONNECTION_CONNECTING || state->phase == CONNECTION_CHECKING) {
        best->connecting = state;
    } else if (connection_state_can_connect(state, actor_now(self->actor)) &&
               (best->can_connect == NULL ||
                attempt_time(best->can_connect) > attempt_time(state))) {
        best->can_connect = state;
    }
    return false;
}

int32_t network_client_least_loaded(NetworkClient *self)
{
    guint count = self->nodes->len;
    LeastLoaded best = {NULL, NULL, NULL};
    guint start = count == 0 ? 0 : (guint)stream_below(&self->scan, count);
    for (guint i = 0; i < count; i++) {
        int32_t node = g_array_index(self->nodes, int32_t, (start + i) % count);
        if (weigh(self, &best, network_client_state(self, node))) {
            return node;
        }
    }
    /* An established connection first; else wait for one that is being established (M2). */
    const ConnectionState *chosen = best.ready != NULL        ? best.ready
                                    : best.connecting != NULL ? best.connecting
                                                              : best.can_connect;
    return chosen == NULL ? NO_NODE : chosen->node;
}
