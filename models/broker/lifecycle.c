/* lifecycle.c - a broker registers, keeps its session, and leaves (server.md 1.3).
 *
 *   not running --process up--> starting --registered, caught up--> recovery --logs recovered,
 *   unfenced--> running --SIGTERM--> pending controlled shutdown --granted--> shutting down
 *
 * A process start is work for the cores of its host (F5: "all of it is CPU"): beside others that
 * want them it takes longer. It is one thread's here; a JVM's compiler threads are left out.
 *
 * Mirrors: BrokerLifecycleManager; for the ZooKeeper era KafkaServer.controlledShutdown, with one
 * time-out for connecting and for the answer. A broker never fences itself. */
#include "models/broker/broker_state.h"
#include "models/broker/metadata/publication.h"

/* While it catches up a broker reports every 10 ms (BrokerLifecycleManager). */
#define CATCH_UP_INTERVAL SIM_MS(10)
#define SHUTDOWN_RETRY    SIM_MS(50)
/* BrokerServer.shutdown: lifecycleManager's shutdown future is waited for so long. */
#define SHUTDOWN_PATIENCE SIM_SEC(300)
/* Between two requests of which the first failed. */
#define CHANNEL_BACKOFF SIM_MS(100)

static const StateRule rules[] = {
    [BROKER_NOT_RUNNING] = {"NOT_RUNNING",
                            STATE_ALLOW(BROKER_STARTING) | STATE_ALLOW(BROKER_RUNNING) |
                                STATE_ALLOW(BROKER_SHUTTING_DOWN)},
    [BROKER_STARTING] = {"STARTING",
                         STATE_ALLOW(BROKER_RECOVERY) | STATE_ALLOW(BROKER_SHUTTING_DOWN)},
    [BROKER_RECOVERY] = {"RECOVERY",
                         STATE_ALLOW(BROKER_RUNNING) | STATE_ALLOW(BROKER_SHUTTING_DOWN)},
    [BROKER_RUNNING] = {"RUNNING",
                        STATE_ALLOW(BROKER_PENDING_CONTROLLED_SHUTDOWN) |
                            STATE_ALLOW(BROKER_SHUTTING_DOWN)},
    [BROKER_PENDING_CONTROLLED_SHUTDOWN] = {"PENDING_CONTROLLED_SHUTDOWN",
                                            STATE_ALLOW(BROKER_SHUTTING_DOWN)},
    [BROKER_SHUTTING_DOWN] = {"SHUTTING_DOWN", 0},
};

static RequestHeader *build_registration(Broker *self)
{
    BrokerRegistrationRequest *request = message_new(
        self->context.sim, sizeof(BrokerRegistrationRequest), KAFKA_BROKER_REGISTRATION);
    request->broker = self->id;
    request->incarnation_id = self->incarnation_id;
    request->previous_broker_epoch = log_manager_clean_shutdown_epoch(self->logs);
    request->rack = self->context.rack;
    return &request->header;
}

RequestHeader *lifecycle_build_request(Broker *self)
{
    if (!self->registered) {
        return build_registration(self);
    }
    BrokerHeartbeatRequest *request = message_new(
        self->context.sim,
        KAFKA_MESSAGE_BYTES(BrokerHeartbeatRequest, offline_partitions, self->offline->len),
        KAFKA_BROKER_HEARTBEAT);
    request->broker = self->id;
    request->broker_epoch = self->broker_epoch;
    request->metadata_offset = self->applied_offset;
    request->want_fence = !self->ready_to_unfence;
    log_dirs_report(self, request);
    request->want_shut_down = self->state.now == BROKER_PENDING_CONTROLLED_SHUTDOWN;
    return &request->header;
}

/* Drawn anew, so that clusters of one seed do not beat in step. */
static SimDuration first_heartbeat_delay(Broker *self)
{
    return stream_between(&self->stream, 0, self->heartbeat_interval_ns);
}

static void start_running(Broker *self)
{
    self->registered = true;
    self->caught_up = true;
    self->ready_to_unfence = true;
    self->broker_epoch = metadata_broker(self->context.metadata,
                                         self->id,
                                         metadata_end_offset(self->context.metadata))
                             ->epoch;
    state_move(&self->state, &self->actor, BROKER_RUNNING);
    metadata_cache_apply_at_once(self);
    actor_arm(&self->actor, &self->heartbeat, first_heartbeat_delay(self));
    metadata_cache_start(self);
    replica_manager_start(self);
    log_manager_start(self->logs);
}

/* A broker of the ZooKeeper era loads its logs, then registers. Later ones register first: the
 * logs are loaded for the first image of the metadata, while the registration is on its way or
 * refused, by the thread that does the rest of the start as well.
 * Mirrors: KafkaServer.startup, BrokerServer.startup, BrokerMetadataPublisher. */
static SimDuration recovery_time(const Broker *self, bool before_registration)
{
    return before_registration == broker_has_zookeeper(self) ? log_manager_recovery_time(self->logs)
                                                             : 0;
}

void lifecycle_start(Broker *self)
{
    state_init(&self->state, rules, "broker state", BROKER_NOT_RUNNING);
    self->incarnation_id++;
    self->registered = false;
    self->caught_up = false;
    self->ready_to_unfence = false;
    self->published = false;
    self->started = false;
    self->applied_offset = 0;
    self->committed_offset = 0;
    self->applying = false;
    publication_reset(self, self->bootstrapped && !self->fresh);
    log_dirs_start(self);
    self->heartbeat_channel.backoff_ns = CHANNEL_BACKOFF;
    self->heartbeat_channel.timeout_ns = self->session_timeout_ns / 2;
    if (self->bootstrapped) {
        self->bootstrapped = false;
        start_running(self);
    } else {
        host_run(&self->actor,
                 self->context.profile->broker_start + recovery_time(self, true),
                 BROKER_DONE_START,
                 NULL);
    }
}

static void close_rest(Broker *self)
{
    if (broker_has_zookeeper(self)) {
        self->context.close_session(self->context.owner, self->id);
    }
    actor_arm(&self->actor,
              &self->start,
              distribution_draw(&self->context.profile->broker_close, &self->stream));
}

/* All logs are on the disk: the clean-shutdown file is written. */
static void on_logs_closed(void *data)
{
    Broker *self = data;
    log_manager_write_clean_shutdown(self->logs, self->broker_epoch);
    close_rest(self);
}

bool lifecycle_is_closing(const Broker *self)
{
    return self->state.now == BROKER_SHUTTING_DOWN;
}

/* Nothing may be appended behind the clean-shutdown file: first requests and fetchers stop, then
 * logs are flushed. Mirrors: BrokerServer.shutdown, SocketServer.stopProcessingRequests,
 * ReplicaManager.shutdown. */
static void stop_serving(Broker *self)
{
    request_path_stop(self);
    for (guint i = 0; i < self->hosted->len; i++) {
        replica_fetcher_remove(self, self->hosted->pdata[i]);
    }
}

static void begin_shutdown(Broker *self)
{
    state_move(&self->state, &self->actor, BROKER_SHUTTING_DOWN);
    stop_serving(self);
    actor_disarm(&self->actor, &self->heartbeat);
    actor_disarm(&self->actor, &self->recovery);
    if (broker_has_zookeeper(self)) {
        controller_channel_end(&self->heartbeat_channel);
    }
    if (self->ready_to_unfence) {
        log_manager_close(self->logs, (StorageTask){on_logs_closed, self});
    } else {
        close_rest(self); /* the logs are as they were */
    }
}

static void leave(Broker *self)
{
    actor_log(&self->actor, "exit", "the process ends");
    if (self->context.on_exit != NULL) {
        self->context.on_exit(self->context.owner, self->id);
    }
    actor_kill(&self->actor);
}

void lifecycle_halt(Broker *self)
{
    leave(self);
}

static void begin_starting(Broker *self)
{
    state_move(&self->state, &self->actor, BROKER_STARTING);
    actor_arm(&self->actor, &self->start, self->registration_timeout_ns);
    const SimDuration recovery = recovery_time(self, false);
    self->loaded_at = actor_now(&self->actor) + recovery;
    host_go_on(
        &self->actor, recovery + self->context.profile->broker_ready, BROKER_DONE_START, NULL);
    metadata_cache_start(self);
    controller_channel_send(&self->heartbeat_channel);
}

/* The one timer of starts and stops: what it means depends on the state. */
void lifecycle_on_start_timer(Broker *self)
{
    switch ((BrokerLifecycle)self->state.now) {
    case BROKER_STARTING:
        actor_log(&self->actor, "registration given up", "no controller took it in time");
        begin_shutdown(self);
        break;
    case BROKER_PENDING_CONTROLLED_SHUTDOWN:
        actor_log(&self->actor, "shutdown forced", "no controller granted it in time");
        begin_shutdown(self);
        break;
    case BROKER_SHUTTING_DOWN:
        replica_manager_on_checkpoint(self); /* ReplicaManager.shutdown(checkpointHW = true) */
        leave(self);
        break;
    case BROKER_NOT_RUNNING:
    case BROKER_RECOVERY:
    case BROKER_RUNNING:
        break;
    }
}

void lifecycle_on_heartbeat_timer(Broker *self)
{
    controller_channel_send(&self->heartbeat_channel);
}

void lifecycle_on_registration(Broker *self, const BrokerRegistrationResponse *response)
{
    if (self->state.now != BROKER_STARTING) {
        return; /* SIGTERM came first; the timer is the stop's */
    }
    if (response->error != KAFKA_NONE) {
        /* Kafka 4.1.0 tries a refused registration again after 2000 ms, as recorded. */
        actor_arm(&self->actor, &self->heartbeat, self->heartbeat_interval_ns);
        return;
    }
    self->registered = true;
    self->broker_epoch = response->broker_epoch;
    actor_disarm(&self->actor, &self->start);
    controller_channel_send(&self->heartbeat_channel);
}

static void begin_recovery(Broker *self)
{
    state_move(&self->state, &self->actor, BROKER_RECOVERY);
    replica_manager_load_logs(self);
    log_manager_remove_clean_shutdown(self->logs);
    actor_arm_at(&self->actor, &self->recovery, MAX(self->loaded_at, actor_now(&self->actor)));
}

static void ask_to_be_unfenced(Broker *self)
{
    self->ready_to_unfence = true;
    actor_disarm(&self->actor, &self->heartbeat);
    controller_channel_send(&self->heartbeat_channel);
}

/* Followers fetch as soon as the logs are there. The rest of the process start, ports last, has
 * gone on beside the registration, and may take longer. */
void lifecycle_on_recovered(Broker *self)
{
    log_manager_start(self->logs);
    metadata_cache_publish(self);
    replica_manager_start(self);
    if (self->started) {
        ask_to_be_unfenced(self);
    }
}

/* Two pieces of the process start: until it registers, and until its ports are open. */
void lifecycle_on_start_done(Broker *self)
{
    if (self->state.now == BROKER_NOT_RUNNING) {
        begin_starting(self);
    } else if (self->state.now == BROKER_STARTING || self->state.now == BROKER_RECOVERY) {
        self->started = true;
        if (self->published) {
            ask_to_be_unfenced(self);
        }
    } /* else SIGTERM came first */
}

static SimDuration next_heartbeat(Broker *self)
{
    if (self->state.now == BROKER_STARTING) {
        return CATCH_UP_INTERVAL;
    }
    if (self->state.now == BROKER_PENDING_CONTROLLED_SHUTDOWN && !self->shutdown_retried) {
        self->shutdown_retried = true;
        return SHUTDOWN_RETRY;
    }
    return self->heartbeat_interval_ns;
}

/* The session of the process before lives on for a while, and has the node. Nobody waits for its
 * end; whoever looks after the process may start it again. Mirrors: KafkaZkClient.CheckedEphemeral,
 * KafkaServer.startup. */
static void on_node_exists(Broker *self)
{
    actor_log(&self->actor,
              "fatal",
              "error during startup: NodeExistsException, /brokers/ids/%d is another session's",
              self->id);
    begin_shutdown(self);
}

/* ---- ZooKeeper mode: the controller is asked so often, whoever that is each time */

static bool asks_to_stop(const Broker *self)
{
    return self->state.now == BROKER_PENDING_CONTROLLED_SHUTDOWN && broker_has_zookeeper(self);
}

static void stop_asking_when_in_vain(Broker *self)
{
    int64_t most = kafka_config_integer(self->context.config, "controlled.shutdown.max.retries");
    if (self->shutdown_attempts >= most) {
        actor_log(&self->actor,
                  "unclean shutdown",
                  "goes on without: all %d attempts failed",
                  self->shutdown_attempts);
        begin_shutdown(self);
    }
}

/* Nobody to ask, no connection, no answer, or NOT_CONTROLLER; the channel's back-off runs. */
void lifecycle_on_channel_lost(Broker *self)
{
    if (asks_to_stop(self)) {
        self->shutdown_attempts++;
        stop_asking_when_in_vain(self);
    }
}

static void on_shutdown_answer(Broker *self, const BrokerHeartbeatResponse *response)
{
    if (response->error == KAFKA_NONE && response->should_shut_down) {
        begin_shutdown(self);
        return;
    }
    controller_channel_let_go(&self->heartbeat_channel); /* it may be another one then */
    actor_arm(&self->actor, &self->heartbeat, self->heartbeat_channel.backoff_ns);
    self->shutdown_attempts++;
    stop_asking_when_in_vain(self);
}

/* The part of the process that kept the session is left for the controller. */
static void ask_to_stop(Broker *self)
{
    ControllerChannel *channel = &self->heartbeat_channel;
    const KafkaConfig *config = self->context.config;
    controller_channel_end(channel);
    channel->backoff_ns = kafka_config_ms(config, "controlled.shutdown.retry.backoff.ms");
    channel->timeout_ns = kafka_config_ms(config, "controller.socket.timeout.ms");
    self->shutdown_attempts = 0;
    stop_asking_when_in_vain(self);
    if (asks_to_stop(self)) {
        controller_channel_send(channel);
    }
}

void lifecycle_on_heartbeat(Broker *self, const BrokerHeartbeatResponse *response)
{
    if (response->error == KAFKA_DUPLICATE_BROKER_REGISTRATION) {
        on_node_exists(self);
        return;
    }
    if (asks_to_stop(self)) {
        on_shutdown_answer(self, response);
        return;
    }
    if (response->error != KAFKA_NONE) {
        actor_arm(&self->actor, &self->heartbeat, self->heartbeat_interval_ns);
        return;
    }
    log_dirs_on_reported(self);
    if (response->should_shut_down) {
        begin_shutdown(self);
        return;
    }
    if (self->state.now == BROKER_STARTING && response->is_caught_up) {
        self->caught_up = true;
        begin_recovery(self);
    } else if (self->state.now == BROKER_RECOVERY && self->ready_to_unfence &&
               !response->is_fenced) {
        state_move(&self->state, &self->actor, BROKER_RUNNING);
    }
    if (self->heartbeat_channel.wanted) {
        controller_channel_send(&self->heartbeat_channel); /* there was news meanwhile */
        return;
    }
    actor_arm(&self->actor, &self->heartbeat, next_heartbeat(self));
}

void lifecycle_on_stop(Broker *self)
{
    bool asks = kafka_config_boolean(self->context.config, "controlled.shutdown.enable");
    if (self->state.now == BROKER_RUNNING && asks) {
        state_move(&self->state, &self->actor, BROKER_PENDING_CONTROLLED_SHUTDOWN);
        self->shutdown_retried = false;
        actor_disarm(&self->actor, &self->heartbeat);
        if (broker_has_zookeeper(self)) {
            ask_to_stop(self);
            return;
        }
        actor_arm(&self->actor, &self->start, SHUTDOWN_PATIENCE);
        controller_channel_send(&self->heartbeat_channel);
    } else if (self->state.now != BROKER_PENDING_CONTROLLED_SHUTDOWN &&
               self->state.now != BROKER_SHUTTING_DOWN) {
        begin_shutdown(self); /* its leaders move when its session has ended */
    }
}
