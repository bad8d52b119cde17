/* request_path.c - the stations of a request on its broker.
 *
 *   NIC -> [network thread reads] -> request queue -> [handler thread] -> log, purgatory ...
 *       -> [network thread writes] -> NIC
 *
 * A connection is muted from the moment its request is read until the answer is written: requests
 * of one connection are served strictly one by one (server.md 3.2), and what comes in meanwhile
 * stays in the socket's buffer. A full request queue holds the network thread. Mirrors:
 * SocketServer.Processor, RequestChannel, KafkaRequestHandler. */
#include "models/broker/broker_state.h"

BrokerConnection *request_path_connection(const Broker *self, ConnectionId connection)
{
    void *data = NULL;
    return network_open_data(&self->actor, connection, &data) ? data : NULL;
}

void request_path_accept(Broker *self, ConnectionId connection)
{
    if (!self->ready_to_unfence || lifecycle_is_closing(self)) {
        network_close(&self->actor, connection); /* its ports are not open yet, or no more */
        return;
    }
    BrokerConnection *fresh = pool_take(self->context.sim->pool, sizeof(BrokerConnection));
    fresh->id = connection;
    fresh->broker = self;
    timer_init(&fresh->unmute, BROKER_TIMER_UNMUTE, fresh);
    g_ptr_array_add(self->connections, fresh);
    network_set_data(&self->actor, connection, fresh);
    network_set_receive_buffer(&self->actor, connection, self->receive_buffer_bytes);
}

static void free_connection(Broker *self, BrokerConnection *connection)
{
    for (RequestHeader *request = connection->first; request != NULL;) {
        RequestHeader *next = request->next;
        message_free(self->context.sim, &request->base);
        request = next;
    }
    fetch_session_free(connection->session);
    actor_disarm(&self->actor, &connection->unmute);
    pool_give(self->context.sim->pool, connection, sizeof(*connection));
}

static void free_connections(Broker *self)
{
    for (guint i = 0; i < self->connections->len; i++) {
        free_connection(self, self->connections->pdata[i]);
    }
    g_ptr_array_set_size(self->connections, 0);
    self->closed_connections = 0;
}

/* Also of one that the client has closed; NULL when there is none. */
static BrokerConnection *find_connection(const Broker *self, ConnectionId id, guint *ret_index)
{
    for (guint i = 0; i < self->connections->len; i++) {
        BrokerConnection *candidate = self->connections->pdata[i];
        if (candidate->id == id) {
            *ret_index = i;
            return candidate;
        }
    }
    return NULL;
}

void request_path_drop(Broker *self, ConnectionId id)
{
    guint index = 0;
    BrokerConnection *connection = find_connection(self, id, &index);
    if (connection != NULL) {
        share_manager_on_disconnected(self->shares, id);
        self->closed_connections -= connection->is_closed ? 1 : 0;
        g_ptr_array_remove_index(self->connections, index);
        free_connection(self, connection);
    }
}

/* Its end is read behind all that came before it, when nothing of that has to be answered. */
void request_path_on_disconnected(Broker *self, ConnectionId id)
{
    guint index = 0;
    BrokerConnection *connection = find_connection(self, id, &index);
    if (connection == NULL || connection->first == NULL) {
        request_path_drop(self, id);
        return;
    }
    connection->is_closed = true;
    self->closed_connections++;
}

/* Records that are not in the page cache come from the disk while they are sent (sendfile): the
 * network thread waits for them. True when it does. */
static bool read_from_disk(Broker *self, RequestHeader *request)
{
    if (!request->handled || request->response->base.type != (KAFKA_FETCH | KAFKA_RESPONSE)) {
        return false;
    }
    FetchResponse *response = (FetchResponse *)request->response;
    int64_t bytes = response->disk_bytes;
    response->disk_bytes = 0;
    if (bytes > 0) {
        Disk *disk = host_disk(host_at(self->context.sim, self->actor.host));
        disk_read(&self->actor, disk, bytes, BROKER_DONE_DISK_READ, request);
    }
    return bytes > 0;
}

/* A step is dear when it has not run for a while. */
static SimDuration step_work(Broker *self, RequestStep step, SimDuration work)
{
    const SimTime now = actor_now(&self->actor);
    const SimDuration idle = now - self->step_began[step];
    self->step_began[step] = now;
    return profile_warm_ns(self->context.profile, work, idle);
}

/* By a thread that slept, or one that has just done with another request. */
static void start_network(Broker *self, RequestHeader *request, bool is_awake)
{
    if (read_from_disk(self, request)) {
        return;
    }
    if (request->is_unread) {
        request->is_unread = false;
        network_read(&self->actor, request->connection, request->base.wire_bytes);
    }
    const HardwareProfile *profile = self->context.profile;
    SimDuration work = profile->cpu_network_request;
    if (request->handled) {
        work = profile->cpu_network_response;
        if (request->response->base.type == (KAFKA_FETCH | KAFKA_RESPONSE)) {
            const FetchResponse *response = (const FetchResponse *)request->response;
            work += profile->cpu_fetch_partition * response->partition_count;
        }
    }
    work = step_work(self, request->handled ? STEP_WRITE : STEP_READ, work);
    (is_awake ? host_go_on : host_run)(&self->actor, work, BROKER_DONE_NETWORK, request);
}

void request_path_on_read(Broker *self, RequestHeader *request)
{
    start_network(self, request, false);
}

/* While its connection is muted or no network thread has time. */
static void leave_unread(Broker *self, RequestHeader *request)
{
    if (!request->handled && !request->is_unread) {
        request->is_unread = true;
        network_leave_unread(&self->actor, request->connection, request->base.wire_bytes);
    }
}

static void enter_network(Broker *self, RequestHeader *request)
{
    if (server_enter(&self->network_threads, actor_now(&self->actor), request) == SERVER_STARTED) {
        start_network(self, request, false);
    } else {
        leave_unread(self, request);
    }
}

static void leave_network(Broker *self)
{
    RequestHeader *next = server_leave(&self->network_threads, actor_now(&self->actor));
    if (next != NULL) {
        start_network(self, next, true);
    }
}

static void read_next(Broker *self, BrokerConnection *connection)
{
    RequestHeader *request = connection->first;
    if (connection->muted || request == NULL) {
        return;
    }
    connection->first = request->next;
    if (connection->first == NULL) {
        connection->last = NULL;
    }
    request->next = NULL;
    connection->muted = true;
    enter_network(self, request);
}

void request_path_receive(Broker *self, ConnectionId id, RequestHeader *request)
{
    BrokerConnection *connection = request_path_connection(self, id);
    if (connection == NULL) {
        message_free(self->context.sim, &request->base);
        return;
    }
    fetch_session_prefetch(connection->session);
    request->connection = id;
    request->received_at = actor_now(&self->actor);
    request->next = NULL;
    if (connection->last != NULL) {
        connection->last->next = request;
    } else {
        connection->first = request;
    }
    connection->last = request;
    if (connection->muted) {
        leave_unread(self, request);
    } else {
        read_next(self, connection);
    }
}

/* Of the code that runs for it. */
static SimDuration code_work(const Broker *self, const RequestHeader *request)
{
    const HardwareProfile *profile = self->context.profile;
    SimDuration work = profile->cpu_request;
    if (request->base.type == KAFKA_PRODUCE) {
        work += profile->cpu_produce_batch * ((const ProduceRequest *)request)->batch_count;
    }
    return work;
}

/* Of the bytes that it goes through. */
static SimDuration bytes_work(Broker *self, const RequestHeader *request)
{
    if (request->base.type != KAFKA_PRODUCE) {
        return 0;
    }
    const int64_t speed = self->context.profile->cpu_produce_bytes_per_sec;
    return (int64_t)request->base.wire_bytes * SIM_SEC(1) / speed +
           produce_compression_work(self, (const ProduceRequest *)request);
}

/* Of a handler that stands in page faults first: it takes its core, as other handlers theirs. */
static SimDuration index_work(const Broker *self, const RequestHeader *request)
{
    return request->base.type == KAFKA_PRODUCE
               ? storage_index_work(self, (const ProduceRequest *)request)
               : 0;
}

static void start_handler(Broker *self, RequestHeader *request, bool is_awake)
{
    const SimDuration work = step_work(self, STEP_HANDLE, code_work(self, request)) +
                             bytes_work(self, request) + index_work(self, request);
    (is_awake ? host_go_on : host_run)(&self->actor, work, BROKER_DONE_HANDLE, request);
}

/* True when the request got a handler or a place in the queue. */
static bool enter_handlers(Broker *self, RequestHeader *request)
{
    switch (server_enter(&self->handlers, actor_now(&self->actor), request)) {
    case SERVER_STARTED:
        start_handler(self, request, false);
        return true;
    case SERVER_QUEUED:
        return true;
    case SERVER_FULL:
        return false;
    }
    return false;
}

SimDuration request_path_thread_time(Broker *self, const RequestHeader *request)
{
    const HardwareProfile *profile = self->context.profile;
    return code_work(self, request) + bytes_work(self, request) + profile->cpu_network_request +
           profile->cpu_network_response;
}

/* The next request may be read, unless quotas hold the channel back. */
static void unmute(Broker *self, BrokerConnection *connection, SimTime throttled_until)
{
    if (throttled_until > actor_now(&self->actor)) {
        actor_arm_at(&self->actor, &connection->unmute, throttled_until);
    } else {
        connection->muted = false;
        read_next(self, connection);
    }
}

void request_path_on_unmute(BrokerConnection *connection)
{
    unmute(connection->broker, connection, 0);
}

/* Nobody takes an answer any more, and the first that is due ends it. */
static BrokerConnection *go_on_without_client(Broker *self, const RequestHeader *request)
{
    guint index = 0;
    BrokerConnection *connection =
        self->closed_connections > 0 ? find_connection(self, request->connection, &index) : NULL;
    if (connection != NULL && (request->response != NULL || connection->first == NULL)) {
        request_path_drop(self, request->connection);
        return NULL;
    }
    return connection;
}

static void written(Broker *self, RequestHeader *request)
{
    BrokerConnection *connection = request_path_connection(self, request->connection);
    ResponseHeader *response = request->response;
    if (response != NULL && connection != NULL) {
        network_send(&self->actor, request->connection, &response->base);
    } else if (response != NULL) {
        message_free(self->context.sim, &response->base);
    }
    if (connection == NULL) {
        connection = go_on_without_client(self, request);
    }
    SimTime throttled_until = request->throttled_until;
    message_free(self->context.sim, &request->base);
    if (connection != NULL) {
        unmute(self, connection, throttled_until);
    }
}

void request_path_on_network_done(Broker *self, RequestHeader *request)
{
    if (request->handled) {
        written(self, request);
        leave_network(self);
    } else if (enter_handlers(self, request)) {
        leave_network(self);
    } else {
        g_queue_push_tail(&self->blocked_reads, request); /* and its thread waits with it */
    }
}

static void leave_handlers(Broker *self)
{
    RequestHeader *next = server_leave(&self->handlers, actor_now(&self->actor));
    if (next != NULL) {
        start_handler(self, next, true);
    }
    RequestHeader *blocked = g_queue_peek_head(&self->blocked_reads);
    if (blocked != NULL && enter_handlers(self, blocked)) {
        (void)g_queue_pop_head(&self->blocked_reads);
        leave_network(self);
    }
}

void request_path_on_handle_done(Broker *self, RequestHeader *request)
{
    if (storage_blocks_handler(self, request)) {
        return;
    }
    broker_handle(self, request);
    leave_handlers(self);
}

void request_path_resume_append(Broker *self, RequestHeader *request)
{
    broker_handle(self, request);
    leave_handlers(self);
}

void broker_respond(Broker *self, RequestHeader *request, ResponseHeader *response)
{
    request->handled = true;
    request->response = response;
    SimDuration throttle_ns = quotas_charge(self, request);
    if (response == NULL) {
        written(self, request);
        return;
    }
    response->throttle_ns = MAX(response->throttle_ns, throttle_ns);
    response->correlation_id = request->correlation_id;
    if (!storage_waits_for_remote(self, request)) {
        request_path_send_answer(self, request);
    }
}

void request_path_send_answer(Broker *self, RequestHeader *request)
{
    kafka_message_set_wire_bytes(&request->response->base);
    enter_network(self, request);
}

void request_path_stop(Broker *self)
{
    for (guint i = 0; i < self->connections->len; i++) {
        const BrokerConnection *connection = self->connections->pdata[i];
        share_manager_on_disconnected(self->shares, connection->id);
        network_close(&self->actor, connection->id);
    }
    free_connections(self);
}

static void free_token(Broker *self, RequestHeader *request)
{
    if (request->handled && request->response != NULL) {
        message_free(self->context.sim, &request->response->base);
    }
    message_free(self->context.sim, &request->base);
}

void request_path_reset(Broker *self)
{
    RequestHeader *request;
    while ((request = g_queue_pop_head(&self->blocked_reads)) != NULL) {
        free_token(self, request);
    }
    while ((request = g_queue_pop_head(&self->blocked_appends)) != NULL) {
        free_token(self, request);
    }
    server_reset(&self->network_threads, actor_now(&self->actor));
    server_reset(&self->handlers, actor_now(&self->actor));
    free_connections(self);
}
