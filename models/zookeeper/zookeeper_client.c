/* zookeeper_client.c - a broker's session with ZooKeeper, its registration, the mail of both.
 *
 * The session lives as long as the broker's process: a process that starts again opens another. */
#include "models/zookeeper/zookeeper_state.h"

static Controller *owner(const ZooKeeperEra *self)
{
    return self->controller;
}

bool zookeeper_is_running(const ZooKeeperEra *self)
{
    return self->process->life == ACTOR_ALIVE && self->process->incarnation == self->incarnation;
}

static bool can_decide(const void *mode)
{
    const ZooKeeperEra *self = mode;
    return owner(self)->active && zookeeper_is_running(self) &&
           zookeeper_is_controller(self->context->zookeeper, owner(self)->id, self->session);
}

/* ---- operations on ZooKeeper */

static void flush_unsent(ZooKeeperEra *self)
{
    Actor *actor = &owner(self)->actor;
    if (self->connection == 0) {
        self->connection = network_connect(actor, zookeeper_actor(self->context->zookeeper));
    }
    for (guint i = 0; i < self->unsent->len && self->connected; i++) {
        network_send(actor, self->connection, self->unsent->pdata[i]);
    }
    if (self->connected) {
        g_ptr_array_set_size(self->unsent, 0);
    }
}

static void drop_unsent(ZooKeeperEra *self)
{
    for (guint i = 0; i < self->unsent->len; i++) {
        message_free(owner(self)->context.sim, self->unsent->pdata[i]);
    }
    g_ptr_array_set_size(self->unsent, 0);
}

void zookeeper_operate(ZooKeeperEra *self, ZooKeeperOp op, int32_t broker)
{
    Sim *sim = owner(self)->context.sim;
    ZooKeeperRequest *request = message_new(sim, sizeof(ZooKeeperRequest), KAFKA_ZOOKEEPER);
    request->op = op;
    request->broker = broker;
    request->session = self->session;
    request->header.correlation_id = op == ZOOKEEPER_WRITE ? ++self->last_write : 0;
    request->header.client_id = owner(self)->actor.name;
    kafka_message_set_wire_bytes(&request->header.base);
    g_ptr_array_add(self->unsent, request);
    flush_unsent(self);
}

static uint64_t session_of(int32_t broker, uint32_t count)
{
    return ((uint64_t)(uint32_t)broker << 32) | count;
}

static void new_session(ZooKeeperEra *self)
{
    self->session = session_of(owner(self)->id, ++self->sessions);
    self->registered = false;
}

/* ---- registration: heartbeats of the own broker say when it is ready */

/* A process that was killed while it held the office has lost it; ZooKeeper will find out. */
static void forget_office(ZooKeeperEra *self)
{
    self->elected = false;
    owner(self)->active = false;
    actor_disarm(&owner(self)->actor, &self->work);
    actor_disarm(&owner(self)->actor, &self->balance);
    zookeeper_drop_events(self, false);
    controller_channels_reset(self->channels, true);
}

/* Its socket died with it, and what it had not sent. */
static void forget_connection(ZooKeeperEra *self)
{
    drop_unsent(self);
    if (self->connection != 0) {
        network_close(&owner(self)->actor, self->connection);
        self->connection = 0;
        self->connected = false;
    }
}

static void begin_process(ZooKeeperEra *self)
{
    if (self->incarnation == self->process->incarnation) {
        return;
    }
    self->incarnation = self->process->incarnation;
    forget_office(self);
    forget_connection(self);
    new_session(self);
    zookeeper_begin_notes(self);
    if (self->ready != NULL) {
        message_free(owner(self)->context.sim, &self->ready->base);
        self->ready = NULL;
    }
}

static void answer_registration(ZooKeeperEra *self, const RequestHeader *request)
{
    Controller *controller = owner(self);
    const BrokerRegistration *known = control_broker(controller->control, controller->id);
    BrokerRegistrationResponse *response = message_new(controller->context.sim,
                                                       sizeof(BrokerRegistrationResponse),
                                                       KAFKA_BROKER_REGISTRATION | KAFKA_RESPONSE);
    response->header.correlation_id = request->correlation_id;
    response->broker_epoch = known != NULL ? known->epoch : -1; /* the controller's push says it */
    kafka_message_set_wire_bytes(&response->header.base);
    network_send(&controller->actor, request->connection, &response->header.base);
}

static void on_own_heartbeat(ZooKeeperEra *self, RequestHeader *request)
{
    const BrokerHeartbeatRequest *heartbeat = (const BrokerHeartbeatRequest *)request;
    zookeeper_note_dirs(self, heartbeat);
    if (heartbeat->want_fence || self->registered) {
        zookeeper_answer_heartbeat(self, request, KAFKA_NONE, !self->registered, false);
        return;
    }
    if (self->ready != NULL) {
        message_free(owner(self)->context.sim, &self->ready->base);
    }
    self->ready = request;
    zookeeper_operate(self, ZOOKEEPER_REGISTER, owner(self)->id);
}

static void
ask_controller(ZooKeeperEra *self, ZooKeeperEventKind kind, int32_t broker, RequestHeader *request)
{
    if (kind == ZOOKEEPER_LOCAL_ALTER || can_decide(self)) {
        zookeeper_enqueue(self, kind, broker, request);
    } else {
        controller_refuse(owner(self), request);
        message_free(owner(self)->context.sim, &request->base);
    }
}

static bool on_request(void *mode, ConnectionId connection, RequestHeader *request)
{
    ZooKeeperEra *self = mode;
    Sim *sim = owner(self)->context.sim;
    if (request->base.type == KAFKA_BROKER_REGISTRATION) {
        begin_process(self);
        answer_registration(self, request);
        message_free(sim, &request->base);
    } else if (!zookeeper_is_running(self)) {
        /* Its process is gone: the peer's connection goes too. A frozen one just does not answer.
         */
        message_free(sim, &request->base);
        if (self->process->life != ACTOR_FROZEN) {
            network_close(&owner(self)->actor, connection);
        }
    } else if (request->base.type == KAFKA_BROKER_HEARTBEAT) {
        const BrokerHeartbeatRequest *heartbeat = (const BrokerHeartbeatRequest *)request;
        if (heartbeat->want_shut_down) {
            ask_controller(self, ZOOKEEPER_SHUTDOWN, heartbeat->broker, request);
        } else {
            on_own_heartbeat(self, request);
        }
    } else if (request->base.type == KAFKA_ALTER_PARTITION) {
        bool rpc = self->context->era->on[ERA_KIP_497];
        int32_t broker = ((const AlterPartitionRequest *)request)->broker;
        ask_controller(self, rpc ? ZOOKEEPER_ALTER : ZOOKEEPER_LOCAL_ALTER, broker, request);
    } else {
        return false;
    }
    return true;
}

/* ---- what ZooKeeper says */

static void on_registered(ZooKeeperEra *self, const ZooKeeperResponse *response)
{
    self->registered = !response->node_exists;
    if (self->ready != NULL) {
        KafkaError error = response->node_exists ? KAFKA_DUPLICATE_BROKER_REGISTRATION : KAFKA_NONE;
        zookeeper_answer_heartbeat(self, self->ready, error, false, false);
        self->ready = NULL;
    }
    if (self->registered) {
        actor_log(&owner(self)->actor, "registered", "broker %d in ZooKeeper", owner(self)->id);
        zookeeper_operate(self, ZOOKEEPER_ELECT, owner(self)->id);
    }
}

static void on_controller_node(ZooKeeperEra *self, const ZooKeeperResponse *response)
{
    bool own = zookeeper_is_controller(self->context->zookeeper, owner(self)->id, self->session);
    if (own) {
        zookeeper_elected(self, response->controller_epoch);
        return;
    }
    zookeeper_resign(self);
    if (response->controller < 0 && self->registered) {
        zookeeper_operate(self, ZOOKEEPER_ELECT, owner(self)->id);
    }
}

/* A new session, the old one's nodes are gone: registers and stands again. What is still said to
 * the old one, of pings above all, is nobody's any more. */
static void on_session_expired(ZooKeeperEra *self)
{
    zookeeper_resign(self);
    new_session(self);
    zookeeper_operate(self, ZOOKEEPER_REGISTER, owner(self)->id);
}

static void on_zookeeper(ZooKeeperEra *self, const ZooKeeperResponse *response)
{
    if (response->session != self->session) {
        return;
    }
    if (response->session_expired) {
        if (response->op == ZOOKEEPER_PING) {
            on_session_expired(self);
        }
        return;
    }
    switch (response->op) {
    case ZOOKEEPER_REGISTER:
        on_registered(self, response);
        break;
    case ZOOKEEPER_ELECT:
    case ZOOKEEPER_CONTROLLER:
        on_controller_node(self, response);
        break;
    case ZOOKEEPER_CHILDREN:
        zookeeper_on_children(self, response);
        break;
    case ZOOKEEPER_BROKER_IDS:
        zookeeper_operate(self, ZOOKEEPER_CHILDREN, owner(self)->id);
        break;
    case ZOOKEEPER_ISR_CHANGES:
        if (owner(self)->active) {
            zookeeper_enqueue(self, ZOOKEEPER_ISR_REFRESH, -1, NULL);
        }
        break;
    case ZOOKEEPER_DIR_EVENTS:
    case ZOOKEEPER_TAKE_DIRS:
        zookeeper_on_dir_events(self, response);
        break;
    case ZOOKEEPER_WRITE:
        zookeeper_on_written(self, response);
        break;
    case ZOOKEEPER_PING:
    case ZOOKEEPER_CLOSE:
    case ZOOKEEPER_NOTIFY_ISR:
    case ZOOKEEPER_NOTIFY_DIR:
        break;
    }
}

static void on_response(void *mode, ConnectionId connection, ResponseHeader *response)
{
    ZooKeeperEra *self = mode;
    bool refused = false;
    if (!zookeeper_is_running(self)) {
        /* nobody is there to read it */
    } else if (connection == self->connection) {
        self->heard_at = actor_now(&owner(self)->actor);
        on_zookeeper(self, (const ZooKeeperResponse *)response);
    } else {
        (void)controller_channels_on_response(self->channels, connection, response, &refused);
    }
    message_free(owner(self)->context.sim, &response->base);
    if (refused) {
        zookeeper_resign(self);
    }
}

/* KafkaController.shutdown, then KafkaZkClient.close: its nodes go at once. */
void zookeeper_era_close(Controller *controller)
{
    ZooKeeperEra *self = controller->mode;
    if (!zookeeper_is_running(self)) {
        return;
    }
    zookeeper_resign(self);
    self->registered = false; /* it says no more, and does not stand */
    zookeeper_operate(self, ZOOKEEPER_CLOSE, controller->id);
}

/* ---- the actor's calls */

/* What a watch said while there was no connection is read anew. */
static void look_again(ZooKeeperEra *self)
{
    if (!zookeeper_is_running(self) || !self->registered) {
        return;
    }
    zookeeper_operate(self, ZOOKEEPER_ELECT, owner(self)->id);
    if (self->elected) {
        zookeeper_operate(self, ZOOKEEPER_CHILDREN, owner(self)->id);
    }
    zookeeper_write_again(self);
}

static void on_connected(void *mode, ConnectionId connection)
{
    ZooKeeperEra *self = mode;
    if (connection == self->connection) {
        self->connected = true;
        flush_unsent(self);
        look_again(self);
    } else {
        (void)controller_channels_on_connected(self->channels, connection);
    }
}

static void on_disconnected(void *mode, ConnectionId connection)
{
    ZooKeeperEra *self = mode;
    if (connection == self->connection) {
        self->connection = 0;
        self->connected = false;
    } else {
        (void)controller_channels_on_disconnected(self->channels, connection);
    }
}

/* ClientCnxn: nothing was read for two thirds of the session time-out. */
static void reconnect_if_silent(ZooKeeperEra *self)
{
    Actor *actor = &owner(self)->actor;
    if (self->connection != 0 && self->heard_at + 2 * self->ping_ns < actor_now(actor)) {
        network_close(actor, self->connection);
        self->connection = 0;
        self->connected = false;
        self->heard_at = actor_now(actor);
    }
}

static void on_timer(void *mode, Timer *timer)
{
    ZooKeeperEra *self = mode;
    if (timer == &self->ping) {
        actor_arm_constant(&owner(self)->actor, &self->ping, self->ping_ns);
        if (zookeeper_is_running(self) && self->registered) {
            reconnect_if_silent(self);
            zookeeper_operate(self, ZOOKEEPER_PING, owner(self)->id);
            zookeeper_write_again(self);
        }
    } else if (!zookeeper_is_running(self)) {
        if (self->process->life == ACTOR_FROZEN) {
            actor_arm(&owner(self)->actor, timer, SIM_MS(100)); /* it goes on at the thaw */
        }
    } else if (timer == &self->isr_check) {
        zookeeper_on_isr_check(self);
    } else {
        (void)zookeeper_on_office_timer(self, timer);
    }
}

/* A cluster that is up: the brokers that run have their sessions, the first leads. */
static void start(void *mode)
{
    ZooKeeperEra *self = mode;
    Controller *controller = owner(self);
    self->process = self->context->find_broker(self->context->owner, controller->id);
    const BrokerRegistration *known = control_broker(controller->control, controller->id);
    bool standing = self->sessions == 0 && known != NULL && !known->fenced;
    self->incarnation = (uint16_t)(self->process->incarnation + (standing ? 1 : 0));
    actor_arm_constant(&controller->actor, &self->ping, self->ping_ns);
    if (!standing) {
        self->incarnation--; /* the process that will start is another */
        return;
    }
    bool first = self->context->first_leader == controller->id;
    new_session(self);
    self->registered = true;
    zookeeper_bootstrap(self->context->zookeeper, controller->id, self->session, first);
    if (!first) {
        return;
    }
    self->elected = true;
    self->epoch = 1;
    controller->active = true;
    control_activate(controller->control, actor_now(&controller->actor));
    control_assume_caught_up(controller->control);
    for (int32_t i = 0; i < self->context->voter_count; i++) {
        int32_t broker = self->context->voters[i];
        if (control_is_active(controller->control, broker)) {
            self->nodes[i] = session_of(broker, 1);
            controller_channels_set(self->channels, broker, true);
        }
    }
    if (controller->balance_enabled) {
        actor_arm(&controller->actor, &self->balance, controller->balance_interval_ns);
    }
}

static void drop_all(ZooKeeperEra *self)
{
    Sim *sim = owner(self)->context.sim;
    zookeeper_drop_events(self, false);
    drop_unsent(self);
    if (self->ready != NULL) {
        message_free(sim, &self->ready->base);
        self->ready = NULL;
    }
}

static void kill_mode(void *mode)
{
    ZooKeeperEra *self = mode;
    drop_all(self);
    controller_channels_reset(self->channels, false);
    self->connection = 0;
    self->connected = false;
    self->registered = false;
    self->elected = false;
}

static void decided(void *mode)
{
    zookeeper_push(mode);
}

static void *make(Controller *controller)
{
    ZooKeeperEra *self = g_new0(ZooKeeperEra, 1);
    ControllerContext *context = &controller->context;
    const ControllerChannelsContext channels = {
        .actor = &controller->actor,
        .timer_kind = CONTROLLER_TIMER_MODE,
        .count = context->voter_count,
        .brokers = context->voters,
        .find_broker = context->find_broker,
        .find_owner = context->owner,
        .build = zookeeper_build_push,
        .offline = zookeeper_on_offline,
        .build_stop = zookeeper_build_stop,
        .stopped = topic_deletion_on_stopped,
        .owner = self,
    };
    self->controller = controller;
    self->context = context;
    self->unsent = g_ptr_array_new();
    self->events = g_array_new(FALSE, FALSE, sizeof(ZooKeeperEvent));
    self->nodes = g_new0(uint64_t, (gsize)MAX(1, context->voter_count));
    self->channels = controller_channels_new(&channels);
    self->ping_ns = kafka_config_ms(context->config, "zookeeper.session.timeout.ms") / 3;
    timer_init(&self->ping, CONTROLLER_TIMER_MODE, NULL);
    timer_init(&self->work, CONTROLLER_TIMER_MODE, NULL);
    timer_init(&self->balance, CONTROLLER_TIMER_MODE, NULL);
    timer_init(&self->isr_check, CONTROLLER_TIMER_MODE, NULL);
    return self;
}

static void free_mode(void *mode)
{
    ZooKeeperEra *self = mode;
    drop_all(self);
    g_ptr_array_free(self->unsent, TRUE);
    g_array_free(self->events, TRUE);
    g_free(self->nodes);
    controller_channels_free(self->channels);
    g_free(self);
}

const ControllerMode zookeeper_era = {
    .make = make,
    .free = free_mode,
    .start = start,
    .kill = kill_mode,
    .on_request = on_request,
    .on_response = on_response,
    .on_connected = on_connected,
    .on_disconnected = on_disconnected,
    .on_timer = on_timer,
    .can_decide = can_decide,
    .decided = decided,
    .admin = zookeeper_admin,
    .on_admin = zookeeper_on_admin,
};
