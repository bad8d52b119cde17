/* raft_channel.h - a voter's way to the other voters: one request in flight to each.
 *
 * A request that fails (refused, reset) makes its node back off
 * (controller.quorum.retry.backoff.ms); one that gets no answer is forgotten after
 * controller.quorum.request.timeout.ms. Whoever changes its state forgets all requests; late
 * answers are not expected and dropped.
 *
 * The network below has its own view: a connection on which nothing was answered for the request
 * time-out, or that could not be made in socket.connection.setup.timeout.ms (10 s), is closed.
 *
 * Mirrors: RequestManager, KafkaNetworkChannel, NetworkClient's reconnect back-off (50 ms doubling
 * to 500 ms, without its jitter). */
#ifndef KAFKASIM_MODELS_RAFT_RAFT_CHANNEL_H
#define KAFKASIM_MODELS_RAFT_RAFT_CHANNEL_H
#include "models/raft/quorum_state.h"
#include "sim/resource/network.h"

typedef enum PeerState { PEER_READY, PEER_AWAITING, PEER_BACKING_OFF } PeerState;

typedef struct RaftPeer {
    int32_t id;
    Actor *actor;
    ConnectionId connection; /* 0 none */
    bool connected;
    SimTime connecting_since;
    SimTime unanswered_since; /* the network's view, whatever is still expected; -1 nothing */
    RequestHeader *pending;   /* waits for the connection */
    PeerState state;
    uint32_t correlation_id;
    SimTime sent_at;
    SimTime failed_at;
    SimTime connect_at; /* not before; NetworkClient */
    SimDuration connect_backoff;
} RaftPeer;

typedef struct RaftChannel {
    Actor *actor;
    SimDuration retry_backoff_ns;
    SimDuration request_timeout_ns;
    int32_t count;
    RaftPeer peers[QUORUM_VOTERS_MAX];
} RaftChannel;

void raft_channel_add(RaftChannel *self, int32_t id, Actor *actor);
RaftPeer *raft_channel_peer(RaftChannel *self, int32_t id); /* NULL */
/* Process gone: connections are closed by the host. */
void raft_channel_reset(RaftChannel *self);
/* Every node is ready again, whatever was asked of it. */
void raft_channel_forget(RaftChannel *self);
bool raft_channel_is_ready(RaftChannel *self, RaftPeer *peer);
bool raft_channel_is_backing_off(const RaftChannel *self, const RaftPeer *peer);
bool raft_channel_has_timed_out(const RaftChannel *self, const RaftPeer *peer);
bool raft_channel_any_in_flight(RaftChannel *self);
/* When this peer's state changes by itself. */
SimTime raft_channel_next(const RaftChannel *self, const RaftPeer *peer);
/* Takes the request; the peer must be ready. */
void raft_channel_send(RaftChannel *self, RaftPeer *peer, RequestHeader *request);
/* The peer whose answer this is, ready again; NULL when nobody waits for it. */
RaftPeer *
raft_channel_accept(RaftChannel *self, ConnectionId connection, const ResponseHeader *response);
bool raft_channel_on_connected(RaftChannel *self, ConnectionId connection);
bool raft_channel_on_disconnected(RaftChannel *self, ConnectionId connection);

#endif
