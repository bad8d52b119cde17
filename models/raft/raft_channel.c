/* raft_channel.c - see the header. */
#include "models/raft/raft_channel.h"

#define CONNECT_BACKOFF     SIM_MS(50)
#define CONNECT_BACKOFF_MAX SIM_MS(500)
#define CONNECT_TIMEOUT     SIM_SEC(10)

void raft_channel_add(RaftChannel *self, int32_t id, Actor *actor)
{
    self->peers[self->count++] = (RaftPeer){
        .id = id, .actor = actor, .unanswered_since = -1, .connect_backoff = CONNECT_BACKOFF};
}

RaftPeer *raft_channel_peer(RaftChannel *self, int32_t id)
{
    for (int32_t i = 0; i < self->count; i++) {
        if (self->peers[i].id == id) {
            return &self->peers[i];
        }
    }
    return NULL;
}

static void drop_pending(RaftChannel *self, RaftPeer *peer)
{
    if (peer->pending != NULL) {
        message_free(self->actor->sim, &peer->pending->base);
        peer->pending = NULL;
    }
}

void raft_channel_reset(RaftChannel *self)
{
    for (int32_t i = 0; i < self->count; i++) {
        RaftPeer *peer = &self->peers[i];
        drop_pending(self, peer);
        peer->connection = 0;
        peer->connected = false;
        peer->unanswered_since = -1;
        peer->state = PEER_READY;
        peer->connect_at = 0;
        peer->connect_backoff = CONNECT_BACKOFF;
    }
}

void raft_channel_forget(RaftChannel *self)
{
    for (int32_t i = 0; i < self->count; i++) {
        drop_pending(self, &self->peers[i]);
        self->peers[i].state = PEER_READY;
    }
}

bool raft_channel_has_timed_out(const RaftChannel *self, const RaftPeer *peer)
{
    return peer->state == PEER_AWAITING &&
           actor_now(self->actor) >= peer->sent_at + self->request_timeout_ns;
}

bool raft_channel_is_backing_off(const RaftChannel *self, const RaftPeer *peer)
{
    return peer->state == PEER_BACKING_OFF &&
           actor_now(self->actor) < peer->failed_at + self->retry_backoff_ns;
}

/* A connection that swallowed a request without an answer is not used again. */
static void close_connection(RaftChannel *self, RaftPeer *peer)
{
    if (peer->connection != 0) {
        network_close(self->actor, peer->connection);
        peer->connection = 0;
        peer->connected = false;
        peer->unanswered_since = -1;
    }
}

/* NetworkClient.handleTimedOutRequests, handleTimedOutConnections. */
static void close_if_stuck(RaftChannel *self, RaftPeer *peer)
{
    SimTime now = actor_now(self->actor);
    bool silent =
        peer->unanswered_since >= 0 && now >= peer->unanswered_since + self->request_timeout_ns;
    bool unmade = peer->connection != 0 && !peer->connected &&
                  now >= peer->connecting_since + CONNECT_TIMEOUT;
    if (silent || unmade) {
        close_connection(self, peer);
    }
}

static void send_on(RaftChannel *self, RaftPeer *peer, RequestHeader *request)
{
    if (peer->unanswered_since < 0) {
        peer->unanswered_since = actor_now(self->actor);
    }
    network_send(self->actor, peer->connection, &request->base);
}

bool raft_channel_is_ready(RaftChannel *self, RaftPeer *peer)
{
    if (raft_channel_has_timed_out(self, peer)) {
        drop_pending(self, peer);
        close_connection(self, peer);
        peer->state = PEER_READY;
    }
    if (peer->state == PEER_BACKING_OFF && !raft_channel_is_backing_off(self, peer)) {
        peer->state = PEER_READY;
    }
    return peer->state == PEER_READY;
}

bool raft_channel_any_in_flight(RaftChannel *self)
{
    bool any = false;
    for (int32_t i = 0; i < self->count; i++) {
        (void)raft_channel_is_ready(self, &self->peers[i]);
        any = any || self->peers[i].state == PEER_AWAITING;
    }
    return any;
}

SimTime raft_channel_next(const RaftChannel *self, const RaftPeer *peer)
{
    switch (peer->state) {
    case PEER_AWAITING:
        return peer->sent_at + self->request_timeout_ns;
    case PEER_BACKING_OFF:
        return peer->failed_at + self->retry_backoff_ns;
    case PEER_READY:
        break;
    }
    return QUORUM_NEVER;
}

static void fail(RaftChannel *self, RaftPeer *peer)
{
    drop_pending(self, peer);
    if (peer->state == PEER_AWAITING) {
        peer->state = PEER_BACKING_OFF;
        peer->failed_at = actor_now(self->actor);
    }
}

void raft_channel_send(RaftChannel *self, RaftPeer *peer, RequestHeader *request)
{
    Actor *actor = self->actor;
    request->correlation_id = ++peer->correlation_id;
    request->client_id = actor->name;
    kafka_message_set_wire_bytes(&request->base);
    peer->state = PEER_AWAITING;
    peer->sent_at = actor_now(actor);
    close_if_stuck(self, peer);
    if (peer->connected) {
        send_on(self, peer, request);
        return;
    }
    drop_pending(self, peer);
    peer->pending = request;
    if (peer->connection == 0 && peer->connect_at <= peer->sent_at) {
        peer->connection = network_connect(actor, peer->actor);
        peer->connecting_since = peer->sent_at;
    } else if (peer->connection == 0) {
        fail(self, peer);
    }
}

RaftPeer *
raft_channel_accept(RaftChannel *self, ConnectionId connection, const ResponseHeader *response)
{
    for (int32_t i = 0; i < self->count; i++) {
        RaftPeer *peer = &self->peers[i];
        if (peer->connection != connection) {
            continue;
        }
        bool latest = peer->correlation_id == response->correlation_id;
        peer->unanswered_since = latest ? -1 : actor_now(self->actor);
        if (latest && peer->state == PEER_AWAITING) {
            peer->state = PEER_READY;
            return peer;
        }
    }
    return NULL;
}

static RaftPeer *peer_of(RaftChannel *self, ConnectionId connection)
{
    for (int32_t i = 0; i < self->count; i++) {
        if (self->peers[i].connection == connection) {
            return &self->peers[i];
        }
    }
    return NULL;
}

bool raft_channel_on_connected(RaftChannel *self, ConnectionId connection)
{
    RaftPeer *peer = peer_of(self, connection);
    if (peer == NULL) {
        return false;
    }
    peer->connected = true;
    peer->connect_backoff = CONNECT_BACKOFF;
    if (peer->pending != NULL) {
        send_on(self, peer, peer->pending);
        peer->pending = NULL;
    }
    return true;
}

bool raft_channel_on_disconnected(RaftChannel *self, ConnectionId connection)
{
    RaftPeer *peer = peer_of(self, connection);
    if (peer == NULL) {
        return false;
    }
    if (!peer->connected) {
        peer->connect_at = actor_now(self->actor) + peer->connect_backoff;
        peer->connect_backoff = MIN(peer->connect_backoff * 2, CONNECT_BACKOFF_MAX);
    }
    peer->connection = 0;
    peer->connected = false;
    peer->unanswered_since = -1;
    fail(self, peer);
    return true;
}
