/* cluster.c - a world from a spec: made, run, read. See cluster.h. */
#include "models/world/cluster_state.h"
#include "sim/actor/standstill.h"

static void on_timer(Actor *actor, Timer *timer)
{
    Cluster *self = (Cluster *)actor;
    switch (timer->kind) {
    case WORLD_TIMER_FAULT:
        timeline_on_timer(self);
        break;
    case WORLD_TIMER_SAMPLE:
        sampler_sample(self);
        break;
    case WORLD_TIMER_LOOK:
        timeline_start_waiting(self);
        history_look(self);
        break;
    case WORLD_TIMER_ADMIN:
        admin_pursue(self);
        break;
    case WORLD_TIMER_ROLL:
        rolling_restart_on_timer(self, timer->owner);
        break;
    case WORLD_TIMER_EXIT:
        timeline_on_exit(self, timer->owner);
        break;
    case WORLD_TIMER_PRODUCER:
        actor_start(producer_actor(((ProducerProcess *)timer->owner)->producer));
        break;
    case WORLD_TIMER_CONSUMER:
        actor_start(consumer_actor(((ConsumerProcess *)timer->owner)->consumer));
        break;
    case WORLD_TIMER_CONNECT:
        connect_carry_out(self);
        streams_carry_out(self);
        break;
    case WORLD_TIMER_VERIFY:
        throttled_moves_verify(self, timer->owner);
        break;
    default:
        SIM_BUG(actor->sim, "an unknown timer");
    }
}

static void on_start(Actor *actor)
{
    (void)actor;
}

static void on_kill(Actor *actor)
{
    (void)actor;
}

static const ActorClass world_class = {
    .name = "world",
    .on_start = on_start,
    .on_kill = on_kill,
    .on_timer = on_timer,
};

static void start_processes(Cluster *self)
{
    actor_start(&self->actor);
    if (self->zookeeper != NULL) {
        actor_start(zookeeper_actor(self->zookeeper));
    }
    for (guint i = 0; i < self->controllers->len; i++) {
        actor_start(controller_actor(self->controllers->pdata[i]));
    }
    for (guint i = 0; i < self->brokers->len; i++) {
        const BrokerSpec *spec = self->spec->brokers->pdata[i];
        if (spec->started) {
            broker_set_bootstrapped(self->brokers->pdata[i], spec->fresh);
            actor_start(broker_actor(self->brokers->pdata[i]));
        }
    }
    for (guint i = 0; i < self->producers->len; i++) {
        ProducerProcess *process = self->producers->pdata[i];
        const ProducerSpec *spec = self->spec->producers->pdata[process->spec];
        timer_init(&process->start, WORLD_TIMER_PRODUCER, process);
        if (spec->worker == NULL && spec->start < SIM_TIME_MAX) {
            actor_arm_at(&self->actor, &process->start, spec->start);
        }
    }
    for (guint i = 0; i < self->consumers->len; i++) {
        ConsumerProcess *process = &g_array_index(self->consumers, ConsumerProcess, i);
        const GroupSpec *group = self->spec->groups->pdata[process->group];
        const MemberSpec *member = group->members->pdata[process->member];
        timer_init(&process->start, WORLD_TIMER_CONSUMER, process);
        if (member->start < SIM_TIME_MAX) {
            actor_arm_at(&self->actor, &process->start, member->start);
        }
    }
}

Cluster *cluster_new(const ClusterSpec *spec)
{
    Cluster *self = g_new0(Cluster, 1);
    self->spec = spec;
    self->sim = sim_new(spec->seed, NULL);
    event_log_free(self->sim->log); /* nothing is logged yet: the scenario says how much to keep */
    self->sim->log = event_log_new(self->sim->kernel, spec->events_max);
    self->strings = g_string_chunk_new(4096);
    self->committed_end = INT64_MAX;
    self->decisions = g_array_new(FALSE, FALSE, sizeof(Decision));
    self->leader_changes = g_array_new(FALSE, TRUE, sizeof(LeaderChange));
    self->controller_changes = g_array_new(FALSE, TRUE, sizeof(ControllerChange));
    self->throttled_moves = g_ptr_array_new_with_free_func(throttled_moves_free);
    self->restarts = g_array_new(FALSE, TRUE, sizeof(RestartWindow));
    self->hits = g_array_new(FALSE, TRUE, sizeof(FaultHit));
    self->stopping = g_array_new(FALSE, TRUE, sizeof(StoppingProcess));
    self->assignment_changes = g_array_new(FALSE, TRUE, sizeof(AssignmentChange));
    self->positions = g_array_new(FALSE, TRUE, sizeof(GroupPosition));
    self->not_simulated = g_ptr_array_new_with_free_func(g_free);
    self->checks = checks_new(self->sim->kernel, self->sim->log);
    self->series = series_new(spec->sample_interval);
    self->troubles = g_ptr_array_new_with_free_func(trouble_free);
    self->rolls = g_ptr_array_new_with_free_func(g_free);
    g_queue_init(&self->asked);
    self->dying = g_ptr_array_new_with_free_func(g_free);
    self->starting = g_ptr_array_new();
    self->probes = g_ptr_array_new_with_free_func(g_free);
    cluster_assemble(self);
    timer_init(&self->fault_timer, WORLD_TIMER_FAULT, NULL);
    timer_init(&self->sample_timer, WORLD_TIMER_SAMPLE, NULL);
    timer_init(&self->admin_timer, WORLD_TIMER_ADMIN, NULL);
    timer_init(&self->look_timer, WORLD_TIMER_LOOK, NULL);
    timer_init(&self->task_timer, WORLD_TIMER_CONNECT, NULL);
    const HostProfile observer = {.name = "observer", .rack = "", .cores = 1};
    actor_init(&self->actor, &world_class, self->sim, "world", host_new(self->sim, &observer));
    actor_stream(&self->actor, "process-exit", &self->exits);
    self->sim->on_death = timeline_on_death;
    self->sim->death_owner = self;
    start_processes(self);
    sampler_start(self);
    timeline_start(self);
    return self;
}

static void consumer_process_free(ConsumerProcess *process)
{
    consumer_free(process->consumer);
    g_free(process->sink);
}

static void free_book_and_connect(Cluster *self)
{
    g_ptr_array_free(self->throttled_moves, TRUE);
    g_free(self->book_ids);
    g_free(self->book_actors);
    g_free(self->book_brokers);
    g_free(self->read_committed);
    g_free(self->committers);
    g_free(self->assigned_by_hand);
    connect_free(self);
    g_ptr_array_unref(self->stream_threads);
    g_ptr_array_unref(self->streams_apps);
    g_array_unref(self->topics_to_create);
}

/* __share_group_state is created with as many replicas as this, or never. */
void cluster_make_share_states(Cluster *self)
{
    static const char option[] = "share.coordinator.state.topic.replication.factor";
    const int64_t wanted = kafka_config_integer(self->spec->config, option);
    const bool can_be = wanted <= (int64_t)self->spec->brokers->len;
    bool is_wanted = false;
    for (guint i = 0; i < self->spec->groups->len; i++) {
        is_wanted |= ((const GroupSpec *)self->spec->groups->pdata[i])->kind == GROUP_SHARES;
    }
    if (is_wanted && !can_be) {
        cluster_note(self,
                     "__share_group_state is not created: %d replicas on %u brokers, so no share "
                     "group can read",
                     (int)wanted,
                     self->spec->brokers->len);
    }
    self->share_states = share_state_store_new(can_be);
}

/* What all brokers of the cluster write to. */
static void free_stores(Cluster *self)
{
    coordinator_records_free(self->records);
    txn_records_free(self->txn_records);
    share_state_store_free(self->share_states);
    remote_storage_free(self->remote);
}

static void free_history(Cluster *self)
{
    g_array_free(self->decisions, TRUE);
    g_array_free(self->leader_changes, TRUE);
    g_array_free(self->controller_changes, TRUE);
    g_array_free(self->restarts, TRUE);
    g_array_free(self->hits, TRUE);
    g_array_free(self->assignment_changes, TRUE);
    g_free(self->histories);
}

void cluster_free(Cluster *self)
{
    if (self == NULL) {
        return;
    }
    report_free(self);
    for (guint i = 0; i < self->producers->len; i++) {
        producer_free(((ProducerProcess *)self->producers->pdata[i])->producer);
    }
    for (guint i = 0; i < self->consumers->len; i++) {
        consumer_process_free(&g_array_index(self->consumers, ConsumerProcess, i));
    }
    for (guint i = 0; i < self->brokers->len; i++) {
        broker_free(self->brokers->pdata[i]);
    }
    for (guint i = 0; i < self->controllers->len; i++) {
        controller_free(self->controllers->pdata[i]);
    }
    g_ptr_array_free(self->controllers, TRUE);
    zookeeper_free(self->zookeeper);
    raft_content_free(self->content);
    g_free(self->voter_ids);
    g_free(self->voters);
    actor_clear(&self->actor);
    invariants_free(self->invariants);
    checks_free(self->checks);
    series_free(self->series);
    sim_free(self->sim);
    ledger_free(self->ledger);
    free_stores(self);
    metadata_log_free(self->metadata);
    g_ptr_array_free(self->brokers, TRUE);
    g_ptr_array_free(self->producers, TRUE);
    g_array_free(self->consumers, TRUE);
    g_ptr_array_free(self->group_topics, TRUE);
    g_free(self->group_rows);
    g_free(self->groups_begun);
    g_ptr_array_free(self->probes, TRUE);
    g_ptr_array_free(self->troubles, TRUE);
    g_ptr_array_free(self->rolls, TRUE);
    g_queue_clear_full(&self->asked, admin_free);
    g_ptr_array_free(self->dying, TRUE);
    g_ptr_array_free(self->starting, TRUE);
    g_ptr_array_free(self->not_simulated, TRUE);
    g_ptr_array_free(self->client_users, TRUE);
    free_history(self);
    g_array_free(self->stopping, TRUE);
    g_array_free(self->positions, TRUE);
    g_string_chunk_free(self->strings);
    g_free(self->hosts);
    g_free(self->broker_lives);
    free_book_and_connect(self);
    kafka_config_free(self->transactions_config);
    housekeeping_end(self);
    g_free(self);
}

void cluster_on_bug(Cluster *self, const char *scenario_and_replay_command)
{
    sim_on_bug(self->sim, scenario_and_replay_command);
}

KernelStop cluster_run(Cluster *self, SimTime until)
{
    report_free(self);
    return kernel_run(self->sim->kernel, MIN(until, self->spec->duration));
}

KernelStop cluster_step(Cluster *self, SimTime until, uint64_t events)
{
    report_free(self);
    return kernel_step(self->sim->kernel, MIN(until, self->spec->duration), events);
}

char *cluster_standstill(Cluster *self)
{
    report_free(self);
    return standstill_words(self->sim);
}

SimTime cluster_now(const Cluster *self)
{
    return sim_now(self->sim);
}

uint64_t cluster_events_fired(const Cluster *self)
{
    return kernel_fired(self->sim->kernel);
}

uint64_t cluster_fingerprint(const Cluster *self)
{
    return kernel_fingerprint(self->sim->kernel);
}

KernelRefusal cluster_refusal(const Cluster *self)
{
    return kernel_refusal(self->sim->kernel);
}

const EventLog *cluster_event_log(const Cluster *self)
{
    return self->sim->log;
}

const Series *cluster_series(const Cluster *self)
{
    return self->series;
}

const Checks *cluster_checks(const Cluster *self)
{
    return self->checks;
}

Controller *cluster_controller(const Cluster *self, int32_t id)
{
    for (guint i = 0; i < self->controllers->len; i++) {
        if (controller_id(self->controllers->pdata[i]) == id) {
            return self->controllers->pdata[i];
        }
    }
    return NULL;
}

bool cluster_takes_push(void *owner, int32_t broker, uint64_t session)
{
    const Controller *controller = cluster_controller(owner, broker);
    return controller != NULL && zookeeper_era_takes(controller, session);
}

void cluster_close_session(void *owner, int32_t broker)
{
    Controller *controller = cluster_controller(owner, broker);
    if (controller != NULL) {
        zookeeper_era_close(controller);
    }
}
