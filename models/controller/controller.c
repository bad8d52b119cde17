/* controller.c - the controller's actor: its event queue, its timers, how a cluster starts.
 *
 * Mirrors: QuorumController.ControllerEvent, KafkaEventQueue. Requests wait for one thread; a
 * metadata fetch is raft's business and does not queue behind them. */
#include "models/controller/controller_state.h"
#include "models/controller/replica_placement.h"
#include <string.h>

static void start_event(Controller *self, RequestHeader *request)
{
    host_run(
        &self->actor, self->context.profile->cpu_controller_event, CONTROLLER_DONE_EVENT, request);
}

static void handle(Controller *self, RequestHeader *request)
{
    switch (request->base.type) {
    case KAFKA_BROKER_REGISTRATION:
        controller_on_registration(self, (BrokerRegistrationRequest *)request);
        break;
    case KAFKA_BROKER_HEARTBEAT:
        controller_on_heartbeat(self, (BrokerHeartbeatRequest *)request);
        break;
    case KAFKA_ALTER_PARTITION:
        controller_on_alter_partition(self, (AlterPartitionRequest *)request);
        break;
    default:
        SIM_BUG(self->context.sim, "a request that controllers do not know");
    }
    message_free(self->context.sim, &request->base);
}

static void on_mail(Actor *actor, ConnectionId connection, Message *message)
{
    Controller *self = (Controller *)actor;
    RequestHeader *request = (RequestHeader *)message;
    request->connection = connection;
    request->received_at = actor_now(actor);
    if (message->type == KAFKA_METADATA_FETCH) {
        controller_on_metadata_fetch(self, connection, (MetadataFetchRequest *)message);
    } else if (server_enter(&self->thread, actor_now(actor), request) == SERVER_STARTED) {
        start_event(self, request);
    }
}

static void on_done(Actor *actor, uint16_t kind, void *data)
{
    Controller *self = (Controller *)actor;
    if (kind == CONTROLLER_DONE_FLUSH) {
        controller_on_flushed(self);
        return;
    }
    handle(self, data);
    RequestHeader *next = server_leave(&self->thread, actor_now(actor));
    if (next != NULL) {
        start_event(self, next);
    }
}

static void on_timer(Actor *actor, Timer *timer)
{
    Controller *self = (Controller *)actor;
    switch (timer->kind) {
    case CONTROLLER_TIMER_STALE_CHECK:
        controller_on_stale_check(self);
        break;
    case CONTROLLER_TIMER_LINGER:
        controller_on_linger(self);
        break;
    case CONTROLLER_TIMER_IDLE:
        controller_on_idle(self);
        break;
    case CONTROLLER_TIMER_FETCH_EXPIRY:
        controller_on_fetch_expiry(self);
        break;
    case CONTROLLER_TIMER_BALANCE:
        controller_on_balance(self);
        break;
    default:
        SIM_BUG(actor->sim, "an unknown timer");
    }
}

static void on_disconnected(Actor *actor, ConnectionId connection)
{
    controller_drop_connection((Controller *)actor, connection);
}

static void on_connected(Actor *actor, ConnectionId connection)
{
    (void)actor;
    (void)connection;
}

static void drop_waiting(Controller *self)
{
    for (guint i = 0; i < self->deferred->len; i++) {
        message_free(self->context.sim,
                     &g_array_index(self->deferred, DeferredResponse, i).response->base);
    }
    for (guint i = 0; i < self->parked->len; i++) {
        message_free(self->context.sim,
                     &g_array_index(self->parked, ParkedFetch, i).request->header.base);
    }
    g_array_set_size(self->deferred, 0);
    g_array_set_size(self->parked, 0);
}

static void on_kill(Actor *actor)
{
    Controller *self = (Controller *)actor;
    drop_waiting(self);
    server_reset(&self->thread, actor_now(actor));
}

/* Becoming active: every registered broker counts as just heard (server.md 1.2). */
static void on_start(Actor *actor)
{
    Controller *self = (Controller *)actor;
    self->flushing = false;
    self->flushing_end = controller_end_offset(self);
    self->high_watermark = self->flushing_end;
    for (guint i = 0; i < self->sessions->len; i++) {
        g_array_index(self->sessions, BrokerSession, i).last_contact = actor_now(actor);
    }
    Stream phase;
    actor_stream(actor, "stale-check-phase", &phase);
    actor_arm(actor,
              &self->stale_check,
              stream_between(&phase, 0, MAX(1, self->session_timeout_ns / 8) - 1));
    actor_arm_constant(actor, &self->idle, self->idle_interval_ns);
    if (self->balance_enabled) {
        actor_arm_constant(actor, &self->balance, self->balance_interval_ns);
    }
}

static const ActorClass controller_class = {
    .name = "controller",
    .on_start = on_start,
    .on_kill = on_kill,
    .on_mail = on_mail,
    .on_timer = on_timer,
    .on_done = on_done,
    .on_connected = on_connected,
    .on_disconnected = on_disconnected,
};

static void init_timers(Controller *self)
{
    timer_init(&self->stale_check, CONTROLLER_TIMER_STALE_CHECK, NULL);
    timer_init(&self->linger, CONTROLLER_TIMER_LINGER, NULL);
    timer_init(&self->idle, CONTROLLER_TIMER_IDLE, NULL);
    timer_init(&self->fetch_expiry, CONTROLLER_TIMER_FETCH_EXPIRY, NULL);
    timer_init(&self->balance, CONTROLLER_TIMER_BALANCE, NULL);
}

Controller *controller_new(const ControllerContext *context, int32_t id, uint32_t host)
{
    Controller *self = g_new0(Controller, 1);
    const KafkaConfig *config = context->config;
    self->context = *context;
    self->id = id;
    self->sessions = g_array_new(FALSE, TRUE, sizeof(BrokerSession));
    self->deferred = g_array_new(FALSE, TRUE, sizeof(DeferredResponse));
    self->parked = g_array_new(FALSE, TRUE, sizeof(ParkedFetch));
    self->session_timeout_ns = kafka_config_ms(config, "broker.session.timeout.ms");
    self->linger_ns = kafka_config_ms(config, "controller.quorum.append.linger.ms");
    self->idle_interval_ns = kafka_config_ms(config, "metadata.max.idle.interval.ms");
    self->balance_enabled = kafka_config_boolean(config, "auto.leader.rebalance.enable");
    self->balance_interval_ns =
        SIM_SEC(kafka_config_integer(config, "leader.imbalance.check.interval.seconds"));
    self->elr_enabled = true;
    server_init(&self->thread, 1, 0);
    init_timers(self);
    g_autofree char *name = g_strdup_printf("controller-%d", id);
    actor_init(&self->actor, &controller_class, context->sim, name, host);
    actor_stream(&self->actor, "placement", &self->stream);
    return self;
}

void controller_free(Controller *self)
{
    if (self == NULL) {
        return;
    }
    drop_waiting(self);
    server_clear(&self->thread);
    g_array_free(self->sessions, TRUE);
    g_array_free(self->deferred, TRUE);
    g_array_free(self->parked, TRUE);
    actor_clear(&self->actor);
    g_free(self);
}

Actor *controller_actor(Controller *self)
{
    return &self->actor;
}

void controller_bootstrap_broker(Controller *self, int32_t broker, const char *rack, bool alive)
{
    const BrokerRegistration registration = {
        .id = broker,
        .rack = rack,
        .fenced = !alive,
        .incarnation_id = 1,
    };
    metadata_append_broker(self->context.metadata, &registration, true);
    controller_session(self, broker)->metadata_offset = controller_end_offset(self);
    self->high_watermark = controller_end_offset(self);
}

static ReplicaPlacer *make_placer(Controller *self)
{
    const int32_t *ids;
    int32_t count = metadata_broker_ids(self->context.metadata, &ids);
    g_autofree UsableBroker *usable = g_new0(UsableBroker, (gsize)MAX(1, count));
    for (int32_t i = 0; i < count; i++) {
        const BrokerRegistration *broker = controller_broker(self, ids[i]);
        usable[i] = (UsableBroker){ids[i], broker->rack, broker->fenced};
    }
    return replica_placer_new(usable, count, placement_draw_from_stream, &self->stream);
}

static void create_partition(Controller *self, int32_t partition, const ReplicaList *replicas)
{
    PartitionRegistration registration = {.replicas = *replicas, .leader = NO_LEADER};
    for (int32_t i = 0; i < replicas->count; i++) {
        if (controller_is_active(self, replicas->ids[i])) {
            replica_list_add(&registration.isr, replicas->ids[i]);
        }
    }
    if (registration.isr.count > 0) {
        registration.leader = registration.isr.ids[0];
    }
    controller_append_partition(self, partition, &registration, "created");
}

/* Mirrors: createTopic with a manual assignment, INVALID_REPLICA_ASSIGNMENT. */
static bool may_assign(const Controller *self, const GPtrArray *assignment)
{
    for (guint i = 0; i < assignment->len; i++) {
        const GArray *ids = assignment->pdata[i];
        bool active = false;
        for (guint r = 0; r < ids->len; r++) {
            active = active || controller_is_active(self, g_array_index(ids, int32_t, r));
        }
        if (!active) {
            return false;
        }
    }
    return true;
}

bool controller_bootstrap_topic(Controller *self,
                                int32_t topic,
                                int32_t partitions,
                                int32_t replication_factor,
                                const GPtrArray *assignment)
{
    const TopicInfo *info = metadata_topic(self->context.metadata, topic);
    ReplicaPlacer *placer = make_placer(self);
    bool placed = assignment == NULL || may_assign(self, assignment);
    for (int32_t i = 0; i < partitions && placed; i++) {
        ReplicaList replicas = {0};
        if (assignment != NULL) {
            const GArray *ids = assignment->pdata[i];
            for (guint r = 0; r < ids->len; r++) {
                replica_list_add(&replicas, g_array_index(ids, int32_t, r));
            }
        } else {
            placed = replica_placer_place(placer, replication_factor, &replicas);
        }
        if (placed) {
            create_partition(self, info->first_partition + i, &replicas);
        }
    }
    replica_placer_free(placer);
    actor_disarm(&self->actor, &self->linger);
    self->flushing_end = controller_end_offset(self);
    self->high_watermark = self->flushing_end;
    return placed;
}
