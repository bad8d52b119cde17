/* controller.c - the controller's actor: its event queue, its timers, how a cluster starts.
 *
 * Mirrors: QuorumController.ControllerEvent, KafkaEventQueue. Requests wait for one thread; what
 * belongs to the quorum is raft's business and does not queue behind them. */
#include "models/controller/controller_state.h"
#include <string.h>

/* How often a controller that is deposed unknowingly looks whether it still is. */
#define DEPOSED_CHECK SIM_MS(100)

static void start_event(Controller *self, RequestHeader *request, bool is_awake)
{
    (is_awake ? host_go_on : host_run)(
        &self->actor, self->context.profile->cpu_controller_event, CONTROLLER_DONE_EVENT, request);
}

static void decide(Controller *self, RequestHeader *request)
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
    case CONTROLLER_ADMIN_REQUEST:
        controller_on_admin(self, request);
        break;
    default:
        SIM_BUG(self->context.sim, "a request that controllers do not know");
    }
}

static void handle(Controller *self, RequestHeader *request)
{
    bool can = controller_can_decide(self);
    if (self->active && !can && self->raft != NULL) {
        g_ptr_array_add(self->kept, request);
        return;
    }
    if (can) {
        decide(self, request);
    } else {
        controller_refuse(self, request);
    }
    message_free(self->context.sim, &request->base);
    if (can && self->mode != NULL) {
        self->context.mode->decided(self->mode);
    }
}

void controller_enter(Controller *self, RequestHeader *request)
{
    if (server_enter(&self->thread, actor_now(&self->actor), request) == SERVER_STARTED) {
        start_event(self, request, false);
    }
}

/* What does not belong to the event queue. */
static bool take_request(Controller *self, ConnectionId connection, RequestHeader *request)
{
    if (self->raft == NULL) {
        return self->context.mode->on_request(self->mode, connection, request);
    }
    return raft_replica_on_request(self->raft, connection, request);
}

static void on_mail(Actor *actor, ConnectionId connection, Message *message)
{
    Controller *self = (Controller *)actor;
    if ((message->type & KAFKA_RESPONSE) != 0 && self->raft == NULL) {
        self->context.mode->on_response(self->mode, connection, (ResponseHeader *)message);
        return;
    }
    if ((message->type & KAFKA_RESPONSE) != 0) {
        raft_replica_on_response(self->raft, connection, (ResponseHeader *)message);
        return;
    }
    RequestHeader *request = (RequestHeader *)message;
    request->connection = connection;
    request->received_at = actor_now(actor);
    if (!take_request(self, connection, request)) {
        controller_on_contact(self, request);
        controller_enter(self, request);
    }
}

static void on_done(Actor *actor, uint16_t kind, void *data)
{
    Controller *self = (Controller *)actor;
    if (kind == CONTROLLER_DONE_RAFT) {
        raft_replica_on_written(self->raft);
        return;
    }
    if (kind == CONTROLLER_DONE_SNAPSHOT) {
        snapshot_generator_on_done(&self->snapshots);
        return;
    }
    handle(self, data);
    RequestHeader *next = server_leave(&self->thread, actor_now(actor));
    if (next != NULL) {
        start_event(self, next, true);
    }
}

static void end_process(Controller *self)
{
    if (self->context.on_exit != NULL) {
        self->context.on_exit(self->context.owner, self->id);
    }
    actor_kill(&self->actor);
}

static void on_timer(Actor *actor, Timer *timer)
{
    Controller *self = (Controller *)actor;
    if (timer->kind == CONTROLLER_TIMER_RAFT) {
        raft_replica_on_timer(self->raft, timer);
    } else if (timer->kind == CONTROLLER_TIMER_MODE) {
        self->context.mode->on_timer(self->mode, timer);
    } else if (timer->kind == CONTROLLER_TIMER_HALT) {
        end_process(self);
    } else if (timer->kind == CONTROLLER_TIMER_STOP) {
        raft_replica_stop(self->raft);
    } else if (!controller_can_decide(self)) {
        actor_arm(actor, timer, DEPOSED_CHECK);
    } else if (timer->kind == CONTROLLER_TIMER_STALE_CHECK) {
        controller_on_stale_check(self);
    } else if (timer->kind == CONTROLLER_TIMER_IDLE) {
        controller_on_idle(self);
    } else if (timer->kind == CONTROLLER_TIMER_BALANCE) {
        controller_on_balance(self);
    } else {
        controller_on_elect_unclean(self);
    }
}

static void on_connected(Actor *actor, ConnectionId connection)
{
    Controller *self = (Controller *)actor;
    if (self->raft == NULL) {
        self->context.mode->on_connected(self->mode, connection);
    } else {
        (void)raft_replica_on_connected(self->raft, connection);
    }
}

static void on_disconnected(Actor *actor, ConnectionId connection)
{
    Controller *self = (Controller *)actor;
    if (self->raft == NULL) {
        self->context.mode->on_disconnected(self->mode, connection);
    } else {
        (void)raft_replica_on_disconnected(self->raft, connection);
    }
}

static void drop_waiting(Controller *self)
{
    for (guint i = 0; i < self->deferred->len; i++) {
        message_free(self->context.sim,
                     &g_array_index(self->deferred, DeferredResponse, i).response->base);
    }
    for (guint i = 0; i < self->kept->len; i++) {
        message_free(self->context.sim, self->kept->pdata[i]);
    }
    g_array_set_size(self->deferred, 0);
    g_array_set_size(self->deferred_admin, 0);
    g_ptr_array_set_size(self->kept, 0);
}

static void on_kill(Actor *actor)
{
    Controller *self = (Controller *)actor;
    drop_waiting(self);
    if (self->raft == NULL) {
        self->context.mode->kill(self->mode);
    } else {
        raft_replica_kill(self->raft);
    }
    self->active = false;
    server_reset(&self->thread, actor_now(actor));
}

static void on_start(Actor *actor)
{
    Controller *self = (Controller *)actor;
    if (self->raft == NULL) {
        self->context.mode->start(self->mode);
    } else {
        snapshot_generator_start(&self->snapshots);
        raft_replica_start(self->raft);
        self->loaded_offset = MAX(0, raft_replica_high_watermark(self->raft));
        if (self->loaded_offset > 0) { /* there since before the run */
            self->snapshots.end_offset = self->loaded_offset;
        }
    }
}

static void on_stopped(void *owner)
{
    Controller *self = owner;
    actor_log(&self->actor, "exit", "the process ends");
    end_process(self);
}

/* Not at once: whoever met the error is in the middle of its work. */
static void on_fault(void *owner, const char *why)
{
    Controller *self = owner;
    actor_log(&self->actor, "halt", "%s", why);
    actor_arm(&self->actor, &self->halt, 0);
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

static Actor *find_voter(void *owner, int32_t id)
{
    Controller *self = owner;
    return self->context.find_voter(self->context.owner, id);
}

static void make_raft(Controller *self)
{
    ControllerContext *context = &self->context;
    if (context->content == NULL) {
        self->own_content = raft_content_new(context->metadata);
        context->content = self->own_content;
    }
    if (context->voter_count == 0) {
        context->voter_count = 1;
        context->voters = &self->id;
    }
    const RaftContext raft = {
        .actor = &self->actor,
        .content = context->content,
        .config = context->config,
        .profile = context->profile,
        .era = context->era,
        .id = self->id,
        .voter_count = context->voter_count,
        .voters = context->voters,
        .find_voter = find_voter,
        .timer_kind = CONTROLLER_TIMER_RAFT,
        .done_kind = CONTROLLER_DONE_RAFT,
        .on_leader = controller_on_leader,
        .on_resigned = controller_on_resigned,
        .on_committed = controller_on_committed,
        .on_truncate = controller_on_truncate,
        .on_stopped = on_stopped,
        .on_fault = on_fault,
        .owner = self,
    };
    self->raft = raft_replica_new(&raft);
    raft_replica_bootstrap(self->raft,
                           context->first_leader != 0 ? context->first_leader : self->id);
}

Controller *controller_new(const ControllerContext *context, int32_t id, uint32_t host)
{
    Controller *self = g_new0(Controller, 1);
    const KafkaConfig *config = context->config;
    self->context = *context;
    self->id = id;
    self->deferred = g_array_new(FALSE, TRUE, sizeof(DeferredResponse));
    self->deferred_admin = g_array_new(FALSE, TRUE, sizeof(DeferredAdmin));
    self->kept = g_ptr_array_new();
    self->session_timeout_ns = kafka_config_ms(config, "broker.session.timeout.ms");
    self->idle_interval_ns = kafka_config_ms(config, "metadata.max.idle.interval.ms");
    self->balance_enabled = kafka_config_boolean(config, "auto.leader.rebalance.enable");
    self->balance_interval_ns =
        SIM_SEC(kafka_config_integer(config, "leader.imbalance.check.interval.seconds"));
    self->elect_unclean_interval_ns =
        kafka_config_ms(config, "unclean.leader.election.interval.ms");
    self->heartbeat_interval_ns = kafka_config_ms(config, "broker.heartbeat.interval.ms");
    server_init(&self->thread, 1, 0);
    controller_admin_init(self);
    timer_init(&self->stale_check, CONTROLLER_TIMER_STALE_CHECK, NULL);
    timer_init(&self->idle, CONTROLLER_TIMER_IDLE, NULL);
    timer_init(&self->stop, CONTROLLER_TIMER_STOP, NULL);
    timer_init(&self->halt, CONTROLLER_TIMER_HALT, NULL);
    timer_init(&self->balance, CONTROLLER_TIMER_BALANCE, NULL);
    timer_init(&self->elect_unclean, CONTROLLER_TIMER_ELECT_UNCLEAN, NULL);
    g_autofree char *name = g_strdup_printf("controller-%d", id);
    actor_init(&self->actor, &controller_class, context->sim, name, host);
    actor_stream(&self->actor, "placement", &self->stream);
    snapshot_generator_init(&self->snapshots,
                            &self->actor,
                            CONTROLLER_DONE_SNAPSHOT,
                            context->metadata,
                            config,
                            context->profile->cpu_metadata_apply);
    self->control = controller_make_control(self);
    if (context->mode != NULL) {
        self->mode = context->mode->make(self);
    } else {
        make_raft(self);
    }
    return self;
}

void controller_free(Controller *self)
{
    if (self == NULL) {
        return;
    }
    drop_waiting(self);
    if (self->mode != NULL) {
        self->context.mode->free(self->mode);
    }
    raft_replica_free(self->raft);
    raft_content_free(self->own_content);
    server_clear(&self->thread);
    control_free(self->control);
    g_array_free(self->deferred, TRUE);
    g_array_free(self->deferred_admin, TRUE);
    g_ptr_array_free(self->kept, TRUE);
    actor_clear(&self->actor);
    g_free(self);
}

Actor *controller_actor(Controller *self)
{
    return &self->actor;
}

int32_t controller_id(const Controller *self)
{
    return self->id;
}

bool controller_is_leading(const Controller *self)
{
    return self->actor.life != ACTOR_DEAD && controller_can_decide(self);
}

int32_t controller_epoch(const Controller *self)
{
    return self->office_epoch;
}

void controller_changed_office(Controller *self)
{
    if (self->context.on_office != NULL) {
        self->context.on_office(self->context.owner);
    }
}

const RaftReplica *controller_raft(const Controller *self)
{
    return self->raft;
}

void controller_stop(Controller *self)
{
    if (self->actor.life != ACTOR_DEAD && self->raft != NULL) {
        actor_arm(&self->actor, &self->stop, 0); /* a frozen process gets its signal at SIGCONT */
    }
}

void controller_set_disk(Controller *self, RaftDisk disk)
{
    if (self->raft != NULL) {
        raft_replica_set_disk(self->raft, disk);
    }
}

void controller_replace_disk(Controller *self)
{
    if (self->raft != NULL) {
        raft_replica_replace_disk(self->raft);
    }
}
