/* network_client.c - see network_client.h.
 *
 * Kafka's client polls a selector; here every event is handled when it comes, in the order of
 * NetworkClient.poll: answers, disconnects, new connections, time-outs. */
#include "models/client/network_client_internal.h"

static int32_t book_index(const AddressBook *book, int32_t broker)
{
    int32_t low = 0;
    int32_t high = book->count;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (book->ids[middle] < broker) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < book->count && book->ids[low] == broker ? low : -1;
}

static int32_t node_of(int32_t class, int32_t broker)
{
    if (class == CLASS_COORDINATOR) {
        return COORDINATOR_NODE(broker);
    }
    return class == CLASS_BOOTSTRAP ? BOOTSTRAP_NODE(broker) : broker;
}

ConnectionState *network_client_state(const NetworkClient *self, int32_t node)
{
    int32_t class = CLASS_BROKER;
    int32_t broker = node;
    if (node < 0) {
        class = CLASS_BOOTSTRAP;
        broker = node - BOOTSTRAP_NODE(0);
    } else if (node > INT32_MAX / 2) {
        class = CLASS_COORDINATOR;
        broker = INT32_MAX - node;
    }
    int32_t index = book_index(self->options.brokers, broker);
    return index < 0 ? NULL : &self->states[class * self->options.brokers->count + index];
}

NetworkClient *network_client_new(Actor *actor,
                                  const NetworkClientOptions *options,
                                  const NetworkClientEvents *events,
                                  void *owner)
{
    NetworkClient *self = g_new0(NetworkClient, 1);
    self->actor = actor;
    self->options = *options;
    self->events = *events;
    self->owner = owner;
    self->policy.reconnect =
        (Backoff){options->reconnect_backoff_ns, options->reconnect_backoff_ns_max, 2};
    self->policy.setup = (Backoff){
        options->connection_setup_timeout_ns, options->connection_setup_timeout_ns_max, 2};
    actor_stream(actor, "connection jitter", &self->policy.jitter);
    actor_stream(actor, "least loaded node", &self->scan);
    int32_t count = options->brokers->count;
    self->states = g_new0(ConnectionState, (size_t)count * CLASS_COUNT);
    for (int32_t i = 0; i < count * CLASS_COUNT; i++) {
        ConnectionState *state = &self->states[i];
        state->node = node_of(i / count, options->brokers->ids[i % count]);
        state->peer = options->brokers->actors[i % count];
        timer_init(&state->timer, options->timer_kind, state);
    }
    self->nodes = g_array_new(FALSE, FALSE, sizeof(int32_t));
    network_client_rebootstrap(self);
    return self;
}

void network_client_free(NetworkClient *self)
{
    if (self == NULL) {
        return;
    }
    for (int32_t i = 0; i < self->options.brokers->count * CLASS_COUNT; i++) {
        in_flight_clear(&self->states[i].in_flight);
    }
    g_free(self->states);
    g_array_free(self->nodes, TRUE);
    g_free(self);
}

void network_client_reset(NetworkClient *self)
{
    for (int32_t i = 0; i < self->options.brokers->count * CLASS_COUNT; i++) {
        connection_state_reset(&self->states[i]);
    }
    network_client_rebootstrap(self);
}

void network_client_rebootstrap(NetworkClient *self)
{
    g_array_set_size(self->nodes, 0);
    for (int32_t i = 0; i < self->options.brokers->count; i++) {
        int32_t node = BOOTSTRAP_NODE(self->options.brokers->ids[i]);
        g_array_append_val(self->nodes, node);
    }
}

bool network_client_knows(const NetworkClient *self, int32_t node)
{
    for (guint i = 0; i < self->nodes->len; i++) {
        if (g_array_index(self->nodes, int32_t, i) == node) {
            return true;
        }
    }
    return false;
}

void network_client_set_nodes(NetworkClient *self, const int32_t *brokers, int32_t count)
{
    g_array_set_size(self->nodes, 0);
    for (int32_t i = 0; i < count; i++) {
        if (network_client_state(self, brokers[i]) != NULL) {
            g_array_append_val(self->nodes, brokers[i]);
        }
    }
}

/* ---- time-outs: one timer a connection */

static void arm_request_timeout(NetworkClient *self, ConnectionState *state)
{
    SimTime earliest = in_flight_earliest_deadline(&state->in_flight);
    if (earliest == SIM_TIME_MAX) {
        actor_disarm(self->actor, &state->timer);
        return;
    }
    /* Requests come and go; a timer that fires early looks again, instead of being moved for
     * each of them. */
    if (!timer_is_armed(&state->timer) || state->timer.deadline > earliest) {
        actor_arm_at(self->actor, &state->timer, earliest);
    }
}

static void begin_connect(NetworkClient *self, ConnectionState *state)
{
    connection_state_connecting(state, &self->policy, actor_now(self->actor));
    state->connection = network_connect(self->actor, state->peer);
    network_set_data(self->actor, state->connection, state);
    actor_arm(self->actor, &state->timer, state->setup_timeout_ns);
}

static void
fail_request(NetworkClient *self, const ConnectionState *state, const InFlightRequest *request)
{
    if (request->api != KAFKA_API_VERSIONS) {
        self->events.on_response(self->owner, state->node, request->api, request->context, NULL);
    }
}

/* The client's own metadata request fails first, as in cancelInFlightRequests. */
static void fail_metadata_requests(NetworkClient *self, ConnectionState *state)
{
    for (int32_t left = state->in_flight.count; left > 0; left--) {
        InFlightRequest request = in_flight_pop(&state->in_flight);
        if (request.api == KAFKA_METADATA) {
            fail_request(self, state, &request);
        } else {
            in_flight_push(&state->in_flight, &request);
        }
    }
}

/* The connection is gone. The owner hears of the node before its requests fail: a disconnect that
 * finds no update due asks for one at once, and only one that finds it due counts as a failed
 * attempt (NetworkClient.poll: handleDisconnections, then completeResponses). */
static void lose_connection(NetworkClient *self, ConnectionState *state, bool timed_out)
{
    actor_disarm(self->actor, &state->timer);
    connection_state_disconnected(state, &self->policy, actor_now(self->actor));
    self->timed_out = timed_out;
    fail_metadata_requests(self, state);
    self->events.on_disconnected(self->owner, state->node);
    while (state->in_flight.count > 0) {
        InFlightRequest request = in_flight_pop(&state->in_flight);
        fail_request(self, state, &request);
    }
    self->timed_out = false;
}

static void close_own_side(NetworkClient *self, ConnectionState *state)
{
    network_set_data(self->actor, state->connection, NULL);
    network_close(self->actor, state->connection);
}

/* ---- asking */

bool network_client_state_can_send(const NetworkClient *self, const ConnectionState *state)
{
    return state->phase == CONNECTION_READY && state->throttled_until <= actor_now(self->actor) &&
           !state->is_sending && state->in_flight.count < self->options.max_in_flight;
}

bool network_client_can_send(const NetworkClient *self, int32_t node)
{
    const ConnectionState *state = network_client_state(self, node);
    return state != NULL && network_client_state_can_send(self, state);
}

bool network_client_ready(NetworkClient *self, int32_t node)
{
    ConnectionState *state = network_client_state(self, node);
    if (state == NULL) {
        return false;
    }
    if (connection_state_can_connect(state, actor_now(self->actor))) {
        begin_connect(self, state);
    }
    return network_client_state_can_send(self, state);
}

bool network_client_is_disconnected(const NetworkClient *self, int32_t node)
{
    const ConnectionState *state = network_client_state(self, node);
    return state == NULL || state->phase == CONNECTION_DISCONNECTED;
}

SimDuration network_client_reconnect_backoff(const NetworkClient *self)
{
    return self->options.reconnect_backoff_ns;
}

SimTime network_client_next_attempt(const NetworkClient *self, int32_t node)
{
    const ConnectionState *state = network_client_state(self, node);
    SimTime now = actor_now(self->actor);
    SimTime next = now;
    if (state != NULL && state->phase == CONNECTION_READY) {
        next = state->throttled_until;
    } else if (state != NULL && state->phase == CONNECTION_DISCONNECTED && state->attempted) {
        next = state->last_attempt + state->reconnect_backoff_ns;
    }
    return next > now ? next : now;
}

int32_t network_client_in_flight(const NetworkClient *self, int32_t node)
{
    const ConnectionState *state = network_client_state(self, node);
    return state == NULL ? 0 : state->in_flight.count;
}

bool network_client_has_in_flight(const NetworkClient *self)
{
    for (int32_t i = 0; i < self->options.brokers->count * CLASS_COUNT; i++) {
        if (self->states[i].in_flight.count > 0) {
            return true;
        }
    }
    return false;
}

bool network_client_timed_out(const NetworkClient *self)
{
    return self->timed_out;
}

static bool is_any_in(const NetworkClient *self, ConnectionPhase phase)
{
    for (guint i = 0; i < self->nodes->len; i++) {
        const ConnectionState *state =
            network_client_state(self, g_array_index(self->nodes, int32_t, i));
        if (state->phase == phase) {
            return true;
        }
    }
    return false;
}

bool network_client_is_any_connecting(const NetworkClient *self)
{
    return is_any_in(self, CONNECTION_CONNECTING);
}

bool network_client_is_any_ready(const NetworkClient *self)
{
    return is_any_in(self, CONNECTION_READY);
}

/* ---- sending */

static void transmit(NetworkClient *self, ConnectionState *state, RequestHeader *request)
{
    request->correlation_id = self->correlation_id++;
    request->client_id = self->options.client_id;
    if (request->base.wire_bytes == 0) {
        kafka_message_set_wire_bytes(&request->base);
    }
    network_send(self->actor, state->connection, &request->base);
    state->is_sending = !network_has_taken_all(self->actor, state->connection);
}

static void expect(NetworkClient *self,
                   ConnectionState *state,
                   const RequestHeader *request,
                   void *context,
                   bool expect_response,
                   SimDuration timeout_ns)
{
    SimDuration timeout = timeout_ns > 0 ? timeout_ns : self->options.request_timeout_ns;
    SimTime now = actor_now(self->actor);
    InFlightRequest waiting = {
        .context = context,
        .deadline = timeout > SIM_TIME_MAX - now ? SIM_TIME_MAX : now + timeout,
        .correlation_id = self->correlation_id,
        .api = request->base.type,
        .is_unanswered = !expect_response,
    };
    in_flight_push(&state->in_flight, &waiting);
    arm_request_timeout(self, state);
}

/* handleCompletedSends */
static void complete_send(NetworkClient *self, ConnectionState *state)
{
    state->is_sending = false;
    if (state->in_flight.count > 0 && in_flight_last(&state->in_flight)->is_unanswered) {
        const InFlightRequest sent = in_flight_pop_last(&state->in_flight);
        arm_request_timeout(self, state);
        self->events.on_response(
            self->owner, state->node, sent.api, sent.context, NETWORK_CLIENT_SENT);
    }
}

void network_client_send(NetworkClient *self,
                         int32_t node,
                         RequestHeader *request,
                         void *context,
                         bool expect_response,
                         SimDuration timeout_ns)
{
    ConnectionState *state = network_client_state(self, node);
    SIM_ASSERT(self->actor->sim, state != NULL && network_client_state_can_send(self, state));
    const uint16_t api = request->base.type;
    if (expect_response) {
        expect(self, state, request, context, true, timeout_ns);
    }
    transmit(self, state, request);
    if (!expect_response && state->is_sending) {
        expect(self, state, request, context, false, timeout_ns);
    } else if (!expect_response) {
        self->events.on_response(self->owner, node, api, context, NETWORK_CLIENT_SENT);
    }
}

void network_client_close(NetworkClient *self, int32_t node)
{
    ConnectionState *state = network_client_state(self, node);
    if (state == NULL || state->phase == CONNECTION_DISCONNECTED) {
        return;
    }
    close_own_side(self, state);
    lose_connection(self, state, false);
}

void network_client_close_all(NetworkClient *self)
{
    for (int32_t i = 0; i < self->options.brokers->count * CLASS_COUNT; i++) {
        network_client_close(self, self->states[i].node);
    }
}

/* ---- events of the actor */

static ConnectionState *own_connection(const NetworkClient *self, ConnectionId connection)
{
    ConnectionState *state = network_data(self->actor, connection);
    return state != NULL && state->connection == connection ? state : NULL;
}

static void throttle(NetworkClient *self, ConnectionState *state, const ResponseHeader *response)
{
    SimTime until = actor_now(self->actor) + response->throttle_ns;
    if (response->throttle_ns > 0 && until > state->throttled_until) {
        state->throttled_until = until;
    }
}

bool network_client_on_mail(NetworkClient *self, ConnectionId connection, Message *message)
{
    if ((message->type & KAFKA_RESPONSE) == 0) {
        return false;
    }
    ConnectionState *state = own_connection(self, connection);
    if (state == NULL) {
        return false;
    }
    ResponseHeader *response = (ResponseHeader *)message;
    SIM_ASSERT(self->actor->sim, state->in_flight.count > 0);
    InFlightRequest request = in_flight_pop(&state->in_flight);
    SIM_ASSERT(self->actor->sim, request.correlation_id == response->correlation_id);
    throttle(self, state, response);
    if (state->in_flight.count == 0) {
        actor_disarm(self->actor, &state->timer);
    }
    if (request.api == KAFKA_API_VERSIONS) {
        connection_state_ready(state, &self->policy);
        self->events.on_ready(self->owner, state->node);
    } else {
        self->events.on_response(self->owner, state->node, request.api, request.context, response);
    }
    message_free(self->actor->sim, message);
    return true;
}

bool network_client_on_connected(NetworkClient *self, ConnectionId connection)
{
    ConnectionState *state = own_connection(self, connection);
    if (state == NULL) {
        return false;
    }
    actor_disarm(self->actor, &state->timer);
    connection_state_checking(state, &self->policy);
    if (self->options.send_buffer_bytes != 0) {
        network_set_send_buffer(self->actor, connection, self->options.send_buffer_bytes);
    }
    ApiVersionsRequest *request =
        message_new(self->actor->sim, sizeof(ApiVersionsRequest), KAFKA_API_VERSIONS);
    expect(self, state, &request->header, NULL, true, 0);
    transmit(self, state, &request->header);
    return true;
}

bool network_client_on_disconnected(NetworkClient *self, ConnectionId connection)
{
    ConnectionState *state = own_connection(self, connection);
    if (state == NULL) {
        return false;
    }
    lose_connection(self, state, false);
    return true;
}

bool network_client_on_writable(NetworkClient *self, ConnectionId connection)
{
    ConnectionState *state = own_connection(self, connection);
    if (state == NULL) {
        return false;
    }
    complete_send(self, state);
    return true;
}

bool network_client_on_timer(NetworkClient *self, Timer *timer)
{
    if (timer->kind != self->options.timer_kind) {
        return false;
    }
    ConnectionState *state = timer->owner;
    bool expired = state->phase == CONNECTION_CONNECTING ||
                   in_flight_earliest_deadline(&state->in_flight) <= actor_now(self->actor);
    if (expired) {
        close_own_side(self, state);
        lose_connection(self, state, true);
    } else {
        arm_request_timeout(self, state);
    }
    return true;
}
