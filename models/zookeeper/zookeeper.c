/* zookeeper.c - see the header. */
#include "models/zookeeper/zookeeper.h"
#include "sim/resource/network.h"
#include <string.h>

/* ZooKeeper's tickTime of Kafka's own zookeeper.properties and of most clusters */
#define TICK SIM_SEC(2)

enum { ZOOKEEPER_TIMER_TICK = 1, ZOOKEEPER_TIMER_ANSWER };

typedef struct ClientSession {
    uint64_t id; /* 0 none */
    SimTime last_heard;
    ConnectionId connection;
    uint32_t missed; /* watches that fired while it had none, by ZooKeeperOp */
} ClientSession;

/* An operation under way: done and answered at `due`. */
typedef struct Operation {
    SimTime due;
    ConnectionId connection;
    ZooKeeperRequest *request;
} Operation;

struct ZooKeeper {
    Actor actor;
    const HardwareProfile *profile;
    SimDuration session_timeout_ns;
    int32_t count;
    const int32_t *brokers;
    ClientSession *sessions; /* one a broker */
    ClientSession *orphans;  /* of its process before that, until they expire */
    uint64_t *closed;        /* the last session that its client ended, one a broker */
    uint64_t *node_owners;   /* of /brokers/ids/N: a session, 0 none */
    int32_t controller;      /* index, -1 none */
    uint64_t controller_session;
    int32_t controller_epoch;
    bool *dir_events;   /* /log_dir_event_notification: of these brokers */
    GArray *deletions;  /* TopicDeletion */
    GArray *operations; /* Operation, by due time */
    Timer tick;
    Timer answer;
};

static int32_t index_of(const ZooKeeper *self, int32_t broker)
{
    for (int32_t i = 0; i < self->count; i++) {
        if (self->brokers[i] == broker) {
            return i;
        }
    }
    return -1;
}

static ZooKeeperResponse *new_message(ZooKeeper *self, ZooKeeperOp op, uint16_t type)
{
    bool lists = op == ZOOKEEPER_CHILDREN || op == ZOOKEEPER_TAKE_DIRS;
    ZooKeeperResponse *response =
        message_new(self->actor.sim,
                    KAFKA_MESSAGE_BYTES(ZooKeeperResponse, nodes, lists ? self->count : 0),
                    type | KAFKA_RESPONSE);
    response->op = op;
    response->controller = self->controller >= 0 ? self->brokers[self->controller] : -1;
    response->controller_epoch = self->controller_epoch;
    return response;
}

static void tell(ZooKeeper *self, int32_t index, ZooKeeperOp op)
{
    ClientSession *session = &self->sessions[index];
    if (session->id == 0) {
        return;
    }
    if (session->connection == 0) {
        session->missed |= 1u << op;
        return;
    }
    ZooKeeperResponse *event = new_message(self, op, KAFKA_ZOOKEEPER_WATCH);
    event->session = session->id;
    kafka_message_set_wire_bytes(&event->header.base);
    network_send(&self->actor, session->connection, &event->header.base);
}

static void tell_all(ZooKeeper *self, ZooKeeperOp op)
{
    for (int32_t i = 0; i < self->count; i++) {
        tell(self, i, op);
    }
}

static void tell_controller(ZooKeeper *self, ZooKeeperOp op)
{
    if (self->controller >= 0) {
        tell(self, self->controller, op);
    }
}

/* Its ephemeral nodes go with it. */
static void expire(ZooKeeper *self, int32_t index, ClientSession *session)
{
    uint64_t id = session->id;
    actor_log(&self->actor,
              "session",
              "of broker %d %s",
              self->brokers[index],
              id == self->closed[index] ? "closed" : "expired");
    *session = (ClientSession){0};
    if (self->controller == index && self->controller_session == id) {
        self->controller = -1;
        tell_all(self, ZOOKEEPER_CONTROLLER);
    }
    if (self->node_owners[index] == id) {
        self->node_owners[index] = 0;
        tell_controller(self, ZOOKEEPER_BROKER_IDS);
    }
}

static void on_tick(ZooKeeper *self)
{
    SimTime now = actor_now(&self->actor);
    for (int32_t i = 0; i < self->count; i++) {
        ClientSession *both[] = {&self->sessions[i], &self->orphans[i]};
        for (size_t k = 0; k < G_N_ELEMENTS(both); k++) {
            if (both[k]->id != 0 && both[k]->last_heard + self->session_timeout_ns <= now) {
                expire(self, i, both[k]);
            }
        }
    }
    actor_arm_constant(&self->actor, &self->tick, TICK);
}

/* A process that starts again opens a session beside that of the dead one, which still has the
 * nodes. Of several dead ones the one with the nodes counts. */
static ClientSession *open_session(ZooKeeper *self, int32_t index, uint64_t id)
{
    ClientSession *session = &self->sessions[index];
    if (session->id != id) {
        uint64_t orphan = self->orphans[index].id;
        if (session->id != 0 && (orphan == 0 || self->node_owners[index] != orphan)) {
            self->orphans[index] = *session;
            self->orphans[index].connection = 0;
        }
        *session = (ClientSession){.id = id};
    }
    return session;
}

static void do_register(ZooKeeper *self, int32_t index, ZooKeeperResponse *response)
{
    ClientSession *session = &self->sessions[index];
    uint64_t owner = self->node_owners[index];
    response->node_exists = owner != 0 && owner != session->id;
    if (!response->node_exists && owner == 0) {
        self->node_owners[index] = session->id;
        tell_controller(self, ZOOKEEPER_BROKER_IDS);
    }
}

static void do_elect(ZooKeeper *self, int32_t index)
{
    if (self->controller < 0) {
        self->controller = index;
        self->controller_session = self->sessions[index].id;
        self->controller_epoch++;
        memset(self->dir_events, 0, sizeof(bool) * (size_t)self->count); /* it asks all anyway */
        tell_all(self, ZOOKEEPER_CONTROLLER);
    }
}

static void list_children(const ZooKeeper *self, ZooKeeperResponse *response)
{
    for (int32_t i = 0; i < self->count; i++) {
        if (self->node_owners[i] != 0) {
            response->nodes[response->count++] =
                (ZooKeeperNode){self->brokers[i], self->node_owners[i]};
        }
    }
}

/* The controller's: it reads which brokers were noted, and deletes the notes. */
static void take_dir_events(ZooKeeper *self, ZooKeeperResponse *response)
{
    for (int32_t i = 0; i < self->count; i++) {
        if (self->dir_events[i]) {
            self->dir_events[i] = false;
            response->nodes[response->count++] = (ZooKeeperNode){.broker = self->brokers[i]};
        }
    }
}

static void note_dir_event(ZooKeeper *self, int32_t index)
{
    self->dir_events[index] = true;
    tell_controller(self, ZOOKEEPER_DIR_EVENTS);
}

static void answer_operation(ZooKeeper *self, int32_t index, bool open, ZooKeeperResponse *response)
{
    if (open && response->op == ZOOKEEPER_REGISTER) {
        do_register(self, index, response);
    } else if (!response->session_expired && response->op == ZOOKEEPER_CHILDREN) {
        list_children(self, response);
    } else if (!response->session_expired && response->op == ZOOKEEPER_NOTIFY_ISR) {
        tell_controller(self, ZOOKEEPER_ISR_CHANGES);
    } else if (!response->session_expired && response->op == ZOOKEEPER_NOTIFY_DIR) {
        note_dir_event(self, index);
    } else if (open && response->op == ZOOKEEPER_TAKE_DIRS && index == self->controller) {
        take_dir_events(self, response);
    }
}

static void perform(ZooKeeper *self, const Operation *operation)
{
    const ZooKeeperRequest *request = operation->request;
    int32_t index = index_of(self, request->broker);
    ClientSession *session = &self->sessions[index];
    if (request->op == ZOOKEEPER_CLOSE && session->id != 0 && session->id == request->session) {
        self->closed[index] = session->id;
        expire(self, index, session);
    }
    bool expired = session->id != request->session && request->session != self->closed[index];
    bool open = session->id != 0 && session->id == request->session; /* else it makes no node */
    if (open && request->op == ZOOKEEPER_ELECT) {
        do_elect(self, index);
    }
    ZooKeeperResponse *response = new_message(self, request->op, KAFKA_ZOOKEEPER);
    response->header.correlation_id = request->header.correlation_id;
    response->session = request->session;
    response->session_expired = expired;
    answer_operation(self, index, open, response);
    kafka_message_set_wire_bytes(&response->header.base);
    network_send(&self->actor, operation->connection, &response->header.base);
}

static void arm_next(ZooKeeper *self)
{
    if (self->operations->len > 0) {
        actor_arm_at(
            &self->actor, &self->answer, g_array_index(self->operations, Operation, 0).due);
    }
}

static void on_due(ZooKeeper *self)
{
    Operation operation = g_array_index(self->operations, Operation, 0);
    g_array_remove_index(self->operations, 0);
    perform(self, &operation);
    message_free(self->actor.sim, &operation.request->header.base);
    arm_next(self);
}

static bool writes(ZooKeeperOp op)
{
    return op == ZOOKEEPER_REGISTER || op == ZOOKEEPER_ELECT || op == ZOOKEEPER_NOTIFY_ISR ||
           op == ZOOKEEPER_NOTIFY_DIR;
}

/* A client that connects anew begins with ELECT or REGISTER; what comes late on its old connection
 * does not take it back. It hears of what it has missed (setWatches). */
static void attach(ZooKeeper *self, int32_t index, ConnectionId connection, ZooKeeperOp op)
{
    ClientSession *session = &self->sessions[index];
    if (session->connection == 0 || op == ZOOKEEPER_ELECT || op == ZOOKEEPER_REGISTER) {
        session->connection = connection;
    }
    uint32_t missed = session->missed;
    session->missed = 0;
    for (int at = ZOOKEEPER_CONTROLLER; missed != 0 && at <= ZOOKEEPER_DIR_EVENTS; at++) {
        if ((missed >> at & 1) != 0) {
            tell(self, index, (ZooKeeperOp)at);
        }
    }
}

/* A session that has expired stays so: its client hears of it, and opens another. */
static void on_mail(Actor *actor, ConnectionId connection, Message *message)
{
    ZooKeeper *self = (ZooKeeper *)actor;
    ZooKeeperRequest *request = (ZooKeeperRequest *)message;
    int32_t index = index_of(self, request->broker);
    SimTime now = actor_now(actor);
    if (request->op == ZOOKEEPER_REGISTER) {
        (void)open_session(self, index, request->session);
    }
    ClientSession *session = &self->sessions[index];
    if (session->id == request->session) {
        session->last_heard = now;
        attach(self, index, connection, request->op);
    }
    const HardwareProfile *profile = self->profile;
    Operation operation = {.connection = connection, .request = request};
    const bool is_paid = request->op == ZOOKEEPER_PING || request->op == ZOOKEEPER_WRITE;
    operation.due = now + (is_paid               ? 0
                           : writes(request->op) ? profile->zookeeper_write
                                                 : profile->zookeeper_read);
    guint at = self->operations->len;
    while (at > 0 && g_array_index(self->operations, Operation, at - 1).due > operation.due) {
        at--;
    }
    g_array_insert_val(self->operations, at, operation);
    arm_next(self);
}

static void on_timer(Actor *actor, Timer *timer)
{
    ZooKeeper *self = (ZooKeeper *)actor;
    if (timer->kind == ZOOKEEPER_TIMER_TICK) {
        on_tick(self);
    } else {
        on_due(self);
    }
}

static void on_start(Actor *actor)
{
    actor_arm_constant(actor, &((ZooKeeper *)actor)->tick, TICK);
}

static void drop_operations(ZooKeeper *self)
{
    for (guint i = 0; i < self->operations->len; i++) {
        message_free(self->actor.sim,
                     &g_array_index(self->operations, Operation, i).request->header.base);
    }
    g_array_set_size(self->operations, 0);
}

static void on_kill(Actor *actor)
{
    drop_operations((ZooKeeper *)actor);
}

static void on_connected(Actor *actor, ConnectionId connection)
{
    (void)actor;
    (void)connection;
}

/* A session outlives its connection. */
static void on_disconnected(Actor *actor, ConnectionId connection)
{
    ZooKeeper *self = (ZooKeeper *)actor;
    for (int32_t i = 0; i < self->count; i++) {
        if (self->sessions[i].connection == connection) {
            self->sessions[i].connection = 0;
        }
    }
}

static const ActorClass zookeeper_class = {
    .name = "zookeeper",
    .on_start = on_start,
    .on_kill = on_kill,
    .on_mail = on_mail,
    .on_timer = on_timer,
    .on_connected = on_connected,
    .on_disconnected = on_disconnected,
};

static void clear_deletion(void *data)
{
    g_array_free(((TopicDeletion *)data)->replicas, TRUE);
}

ZooKeeper *zookeeper_new(Sim *sim,
                         const HardwareProfile *profile,
                         uint32_t host,
                         SimDuration session_timeout_ns,
                         int32_t count,
                         const int32_t *brokers)
{
    ZooKeeper *self = g_new0(ZooKeeper, 1);
    self->profile = profile;
    self->session_timeout_ns = session_timeout_ns;
    self->count = count;
    self->brokers = brokers;
    self->controller = -1;
    self->sessions = g_new0(ClientSession, (gsize)MAX(1, count));
    self->orphans = g_new0(ClientSession, (gsize)MAX(1, count));
    self->closed = g_new0(uint64_t, (gsize)MAX(1, count));
    self->node_owners = g_new0(uint64_t, (gsize)MAX(1, count));
    self->dir_events = g_new0(bool, (gsize)MAX(1, count));
    self->deletions = g_array_new(FALSE, FALSE, sizeof(TopicDeletion));
    g_array_set_clear_func(self->deletions, clear_deletion);
    self->operations = g_array_new(FALSE, FALSE, sizeof(Operation));
    timer_init(&self->tick, ZOOKEEPER_TIMER_TICK, NULL);
    timer_init(&self->answer, ZOOKEEPER_TIMER_ANSWER, NULL);
    actor_init(&self->actor, &zookeeper_class, sim, "zookeeper", host);
    return self;
}

void zookeeper_free(ZooKeeper *self)
{
    if (self == NULL) {
        return;
    }
    drop_operations(self);
    g_array_free(self->operations, TRUE);
    g_array_free(self->deletions, TRUE);
    g_free(self->sessions);
    g_free(self->orphans);
    g_free(self->closed);
    g_free(self->node_owners);
    g_free(self->dir_events);
    actor_clear(&self->actor);
    g_free(self);
}

Actor *zookeeper_actor(ZooKeeper *self)
{
    return &self->actor;
}

void zookeeper_bootstrap(ZooKeeper *self, int32_t broker, uint64_t session, bool controller)
{
    int32_t index = index_of(self, broker);
    self->sessions[index] = (ClientSession){.id = session};
    self->node_owners[index] = session;
    if (controller) {
        self->controller = index;
        self->controller_session = session;
        self->controller_epoch = 1;
    }
}

bool zookeeper_is_controller(const ZooKeeper *self, int32_t broker, uint64_t session)
{
    return self->controller >= 0 && self->brokers[self->controller] == broker &&
           self->controller_session == session;
}

GArray *zookeeper_deletions(ZooKeeper *self)
{
    return self->deletions;
}

const TopicDeletion *zookeeper_find_deletion(const ZooKeeper *self, int32_t topic)
{
    for (guint i = 0; i < self->deletions->len; i++) {
        const TopicDeletion *deletion = &g_array_index(self->deletions, TopicDeletion, i);
        if (deletion->topic == topic) {
            return deletion;
        }
    }
    return NULL;
}
