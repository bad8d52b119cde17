/* peers.c - see broker_transactions.h. A request that finds no connection opens one; when that
 * fails, breaks, or an answer takes longer than request.timeout.ms, all requests on it count as
 * lost, and whoever asked asks again. */
#include "models/broker/transactions/broker_transactions.h"
#include <string.h>

#define PEER_TIMEOUT SIM_SEC(30)

typedef struct PeerCall {
    uint32_t correlation_id;
    RequestHeader *request; /* waits for the connection; NULL once sent */
    uint64_t token;         /* of AddPartitionsToTxn; 0: markers */
    TxnMarkerRow *rows;
    int32_t count;
    SimTime deadline;
} PeerCall;

typedef struct Peer {
    BrokerTransactions *owner;
    int32_t broker;
    ConnectionId connection; /* 0 none */
    bool connected;
    uint32_t last_correlation_id;
    GPtrArray *calls; /* PeerCall*, oldest first */
    Timer timer;
} Peer;

static Peer *peer_of(BrokerTransactions *self, int32_t broker)
{
    for (guint i = 0; i < self->peers->len; i++) {
        Peer *peer = self->peers->pdata[i];
        if (peer->broker == broker) {
            return peer;
        }
    }
    Peer *peer = g_new0(Peer, 1);
    peer->owner = self;
    peer->broker = broker;
    peer->calls = g_ptr_array_new();
    timer_init(&peer->timer, BROKER_TIMER_PEER, peer);
    g_ptr_array_add(self->peers, peer);
    return peer;
}

static void free_call(BrokerTransactions *self, PeerCall *call)
{
    if (call->request != NULL) {
        message_free(self->broker->context.sim, &call->request->base);
    }
    g_free(call->rows);
    g_free(call);
}

static void send_now(Peer *peer, PeerCall *call)
{
    Actor *actor = &peer->owner->broker->actor;
    RequestHeader *request = call->request;
    call->request = NULL;
    request->correlation_id = call->correlation_id;
    request->client_id = actor->name;
    kafka_message_set_wire_bytes(&request->base);
    network_send(actor, peer->connection, &request->base);
}

static void watch(Peer *peer)
{
    Actor *actor = &peer->owner->broker->actor;
    if (peer->calls->len == 0) {
        actor_disarm(actor, &peer->timer);
    } else {
        actor_arm_at(actor, &peer->timer, ((PeerCall *)peer->calls->pdata[0])->deadline);
    }
}

static void lose_all(Peer *peer)
{
    BrokerTransactions *self = peer->owner;
    g_autoptr(GPtrArray) lost = peer->calls;
    peer->calls = g_ptr_array_new();
    peer->connection = 0;
    peer->connected = false;
    actor_disarm(&self->broker->actor, &peer->timer);
    for (guint i = 0; i < lost->len; i++) {
        PeerCall *call = lost->pdata[i];
        if (call->token != 0) {
            verification_on_answer(self, call->token, NULL, 0, KAFKA_NETWORK_EXCEPTION);
        } else {
            transaction_coordinator_on_markers(self->coordinator, call->rows, call->count);
        }
        free_call(self, call);
    }
}

static void
add_call(BrokerTransactions *self, int32_t broker, RequestHeader *request, PeerCall *call)
{
    Peer *peer = peer_of(self, broker);
    Actor *actor = &self->broker->actor;
    call->request = request;
    call->correlation_id = ++peer->last_correlation_id;
    call->deadline = actor_now(actor) + PEER_TIMEOUT;
    g_ptr_array_add(peer->calls, call);
    if (peer->connected) {
        send_now(peer, call);
    } else if (peer->connection == 0) {
        Actor *target = self->broker->context.find_peer(self->broker->context.owner, broker);
        peer->connection = target != NULL ? network_connect(actor, target) : 0;
    }
    watch(peer);
}

void peers_write_markers(BrokerTransactions *self, int32_t broker, WriteTxnMarkersRequest *request)
{
    PeerCall *call = g_new0(PeerCall, 1);
    call->count = request->count;
    call->rows = g_memdup2(request->rows, sizeof(TxnMarkerRow) * (gsize)request->count);
    for (int32_t i = 0; i < call->count; i++) {
        call->rows[i].error = KAFKA_NETWORK_EXCEPTION; /* should it be lost */
    }
    add_call(self, broker, &request->header, call);
}

void peers_add_partitions(BrokerTransactions *self,
                          int32_t broker,
                          AddPartitionsToTxnRequest *request)
{
    PeerCall *call = g_new0(PeerCall, 1);
    call->token = request->token;
    add_call(self, broker, &request->header, call);
}

/* ---- events */

static Peer *find_connection(const Broker *broker, ConnectionId connection)
{
    const BrokerTransactions *self = broker->transactions;
    for (guint i = 0; self != NULL && i < self->peers->len; i++) {
        Peer *peer = self->peers->pdata[i];
        if (peer->connection == connection) {
            return peer;
        }
    }
    return NULL;
}

bool broker_transactions_on_connected(Broker *self, ConnectionId connection)
{
    Peer *peer = find_connection(self, connection);
    if (peer != NULL) {
        peer->connected = true;
        for (guint i = 0; i < peer->calls->len; i++) {
            send_now(peer, peer->calls->pdata[i]);
        }
    }
    return peer != NULL;
}

bool broker_transactions_on_disconnected(Broker *self, ConnectionId connection)
{
    Peer *peer = find_connection(self, connection);
    if (peer != NULL) {
        lose_all(peer);
    }
    return peer != NULL;
}

static PeerCall *take_call(Peer *peer, uint32_t correlation_id)
{
    for (guint i = 0; i < peer->calls->len; i++) {
        PeerCall *call = peer->calls->pdata[i];
        if (call->correlation_id == correlation_id && call->request == NULL) {
            return g_ptr_array_remove_index(peer->calls, i);
        }
    }
    return NULL;
}

bool broker_transactions_on_response(Broker *self,
                                     ConnectionId connection,
                                     const ResponseHeader *response)
{
    Peer *peer = find_connection(self, connection);
    if (peer == NULL) {
        return false;
    }
    PeerCall *call = take_call(peer, response->correlation_id);
    watch(peer);
    if (call == NULL) {
        return true;
    }
    if (call->token != 0) {
        const AddPartitionsToTxnResponse *answer = (const AddPartitionsToTxnResponse *)response;
        verification_on_answer(
            peer->owner, call->token, answer->results, answer->count, KAFKA_NONE);
    } else {
        const WriteTxnMarkersResponse *answer = (const WriteTxnMarkersResponse *)response;
        transaction_coordinator_on_markers(peer->owner->coordinator, answer->rows, answer->count);
    }
    free_call(peer->owner, call);
    return true;
}

void peers_on_timer(void *owner)
{
    Peer *peer = owner;
    if (peer->connection != 0) {
        network_close(&peer->owner->broker->actor, peer->connection);
    }
    lose_all(peer);
}

void peers_reset(BrokerTransactions *self)
{
    for (guint i = 0; i < self->peers->len; i++) {
        Peer *peer = self->peers->pdata[i];
        for (guint k = 0; k < peer->calls->len; k++) {
            free_call(self, peer->calls->pdata[k]);
        }
        g_ptr_array_free(peer->calls, TRUE);
        g_free(peer);
    }
    g_ptr_array_set_size(self->peers, 0);
}
