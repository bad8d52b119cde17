/* process_faults.c - processes are killed (kill -9), stopped (SIGTERM), frozen (SIGSTOP), started;
 * hosts lose power. See timeline.c.
 *
 * Whom a fault hit is remembered until it ends: what "the active controller" or "the leader" was
 * when it crashed is what starts again. */
#include "models/world/cluster_state.h"
#include "sim/resource/host.h"

/* --- whom? --- */

/* The member, or a thread of the Streams instance whose first thread it is. */
static bool is_of_process(const Cluster *self, const ConsumerProcess *process, int32_t member)
{
    const GroupSpec *group = self->spec->groups->pdata[process->group];
    const MemberSpec *spec = group->members->pdata[process->member];
    return process->member == member || (group->streams != NULL && spec->process == member);
}

static void add_clients(Cluster *self, const FaultSpec *fault, GPtrArray *actors)
{
    for (guint i = 0; i < self->producers->len; i++) {
        ProducerProcess *process = self->producers->pdata[i];
        Actor *actor = producer_actor(process->producer);
        const bool is_there = !process->is_spare || actor->life != ACTOR_DEAD;
        if (fault->target == TARGET_PRODUCER && process->spec == fault->index && is_there) {
            g_ptr_array_add(actors, actor);
        }
    }
    for (guint i = 0; i < self->consumers->len; i++) {
        ConsumerProcess *process = &g_array_index(self->consumers, ConsumerProcess, i);
        bool group = fault->target == TARGET_GROUP && process->group == fault->index;
        bool member = fault->target == TARGET_MEMBER && process->group == fault->index &&
                      is_of_process(self, process, fault->member);
        if (group || member) {
            g_ptr_array_add(actors, consumer_actor(process->consumer));
        }
        bool freezes = fault->verb == FAULT_PAUSE || fault->verb == FAULT_RESUME;
        if ((group || member) && freezes && process->sink != NULL) {
            g_ptr_array_add(actors, producer_actor(process->sink->owner)); /* one process */
        }
        if ((group || member) && freezes && process->thread != NULL) {
            g_ptr_array_add(actors, consumer_actor(stream_thread_restorer(process->thread)));
        }
    }
}

static bool is_among(const GArray *hosts, uint32_t host)
{
    for (guint i = 0; i < hosts->len; i++) {
        if (g_array_index(hosts, uint32_t, i) == host) {
            return true;
        }
    }
    return false;
}

static void add_if_there(GPtrArray *actors, const GArray *hosts, Actor *actor)
{
    if (is_among(hosts, actor->host)) {
        g_ptr_array_add(actors, actor);
    }
}

/* `programs`: none of the actors that are a part of another's program, which starts them. */
static void add_all_of_hosts(Cluster *self, const GArray *hosts, bool programs, GPtrArray *actors)
{
    for (guint i = 0; i < self->controllers->len && !cluster_has_zookeeper(self); i++) {
        add_if_there(actors, hosts, controller_actor(self->controllers->pdata[i]));
    }
    for (guint i = 0; i < self->brokers->len; i++) {
        add_if_there(actors, hosts, broker_actor(self->brokers->pdata[i]));
    }
    for (guint i = 0; i < self->producers->len; i++) {
        ProducerProcess *process = self->producers->pdata[i];
        add_if_there(actors, hosts, producer_actor(process->producer));
    }
    for (guint i = 0; i < self->consumers->len; i++) {
        ConsumerProcess *process = &g_array_index(self->consumers, ConsumerProcess, i);
        add_if_there(actors, hosts, consumer_actor(process->consumer));
        if (process->thread != NULL && !programs) {
            add_if_there(actors, hosts, consumer_actor(stream_thread_restorer(process->thread)));
        }
    }
}

static Actor *server_named(Cluster *self, const FaultSpec *fault)
{
    if (fault->target == TARGET_BROKER) {
        return broker_actor(cluster_broker_at(self, fault->index));
    }
    if (fault->target == TARGET_LEADER) {
        const TopicInfo *topic = metadata_topic(self->metadata, fault->topic);
        Broker *leader = history_living_leader(self, topic->first_partition + fault->partition);
        return leader != NULL ? broker_actor(leader) : NULL;
    }
    if (fault->target == TARGET_CONTROLLER || fault->target == TARGET_ACTIVE_CONTROLLER) {
        Controller *named = cluster_named_controller(self, fault);
        if (named != NULL && cluster_has_zookeeper(self)) {
            return broker_actor(cluster_broker(self, controller_id(named)));
        }
        return named != NULL ? controller_actor(named) : NULL;
    }
    return NULL;
}

/* The active controller lost power: what has it again is what ran on its host. Who that was is
 * known only from the cut on, so all of them start with this one event. */
static bool starts_after_cut(const FaultSpec *fault)
{
    return fault->verb == FAULT_START && fault->target == TARGET_ACTIVE_CONTROLLER &&
           fault->undoes != NULL && fault->undoes->verb == FAULT_POWER_CUT;
}

static void add_those_after_cut(Cluster *self, const FaultSpec *fault, GPtrArray *actors)
{
    Controller *was_active = cluster_controller(self, trouble_hit_of(self, fault)->node);
    g_autoptr(GArray) hosts = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    g_array_append_val(hosts, controller_actor(was_active)->host);
    g_autoptr(GPtrArray) there = g_ptr_array_new();
    add_all_of_hosts(self, hosts, true, there);
    for (guint i = 0; i < there->len; i++) {
        const Actor *actor = there->pdata[i];
        if (actor->incarnation > 0) { /* else its time is still to come */
            g_ptr_array_add(actors, there->pdata[i]);
        }
    }
}

/* The processes that the fault names now; those that its beginning hit when it is an end. */
static GPtrArray *processes_of(Cluster *self, const FaultSpec *fault)
{
    GPtrArray *actors = g_ptr_array_new();
    const Trouble *trouble = fault->undoes != NULL ? trouble_of(self, fault->undoes) : NULL;
    bool whole = trouble != NULL && trouble->fault->target == fault->target;
    if (whole && trouble->actors != NULL) { /* of a rack's, each process has a start of its own */
        g_ptr_array_extend(actors, trouble->actors, NULL, NULL);
        return actors;
    }
    if (starts_after_cut(fault)) {
        add_those_after_cut(self, fault, actors);
        return actors;
    }
    Actor *server = server_named(self, fault);
    if (server != NULL) {
        g_ptr_array_add(actors, server);
    } else if (fault->target == TARGET_HOST || fault->target == TARGET_RACK) {
        g_autoptr(GArray) hosts = faults_hosts(self, fault);
        add_all_of_hosts(self, hosts, false, actors);
    } else {
        add_clients(self, fault, actors);
    }
    return actors;
}

GArray *faults_hosts(Cluster *self, const FaultSpec *fault)
{
    GArray *hosts = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    Actor *server = server_named(self, fault);
    if (server != NULL) {
        g_array_append_val(hosts, server->host);
    }
    if (fault->target == TARGET_PRODUCER) {
        g_autoptr(GPtrArray) clients = g_ptr_array_new();
        add_clients(self, fault, clients);
        for (guint i = 0; i < clients->len; i++) {
            const Actor *client = clients->pdata[i];
            g_array_append_val(hosts, client->host);
        }
    }
    for (guint i = 0; i < self->spec->hosts->len; i++) {
        const HostSpec *host = self->spec->hosts->pdata[i];
        bool rack = fault->target == TARGET_RACK && g_strcmp0(host->rack, fault->rack) == 0;
        if (rack || (fault->target == TARGET_HOST && (gint)i == fault->index)) {
            g_array_append_val(hosts, self->hosts[i]);
        }
    }
    for (guint i = 0; i < self->brokers->len && fault->target == TARGET_RACK; i++) {
        const BrokerSpec *spec = self->spec->brokers->pdata[i];
        uint32_t host = broker_actor(self->brokers->pdata[i])->host;
        if (spec->host < 0 && g_strcmp0(spec->rack, fault->rack) == 0) {
            g_array_append_val(hosts, host);
        }
    }
    return hosts;
}

/* --- what? --- */

static bool is_server(const Cluster *self, const Actor *actor)
{
    for (guint i = 0; i < self->brokers->len; i++) {
        if (broker_actor(self->brokers->pdata[i]) == actor) {
            return true;
        }
    }
    for (guint i = 0; i < self->controllers->len; i++) {
        if (controller_actor(self->controllers->pdata[i]) == actor) {
            return true;
        }
    }
    return false;
}

/* ZooKeeper mode: the controller's part of a broker's process, an actor of its own; or NULL. */
static Actor *controller_beside(Cluster *self, const Actor *broker)
{
    for (guint i = 0; i < self->brokers->len && cluster_has_zookeeper(self); i++) {
        if (broker_actor(self->brokers->pdata[i]) == broker) {
            return controller_actor(self->controllers->pdata[i]);
        }
    }
    return NULL;
}

/* With what is a part of its process: the sockets of both are closed. */
static void kill_whole(Cluster *self, Actor *actor)
{
    actor_kill(actor);
    if (controller_beside(self, actor) != NULL) {
        actor_kill(controller_beside(self, actor));
    }
}

static void freeze_whole(Cluster *self, Actor *actor)
{
    actor_freeze(actor);
    if (controller_beside(self, actor) != NULL) {
        actor_freeze(controller_beside(self, actor));
    }
}

static bool start_whole(Cluster *self, Actor *actor)
{
    if (controller_beside(self, actor) != NULL) {
        actor_start(controller_beside(self, actor));
        actor_thaw(controller_beside(self, actor));
    }
    return actor_start(actor);
}

void faults_on_broker_exit(void *owner, int32_t broker)
{
    Cluster *self = owner;
    Actor *controller = controller_beside(self, broker_actor(cluster_broker(self, broker)));
    if (controller != NULL) {
        actor_kill(controller);
    }
    history_on_broker_exit(self, broker);
}

/* kill -9 stops a process at once, but a server's sockets close only when the operating system has
 * freed its memory: until then peers see a silent process, then a reset. */
static void kill_process(Cluster *self, Actor *actor)
{
    if (!is_server(self, actor) || actor->life != ACTOR_ALIVE) {
        kill_whole(self, actor); /* a small client; or frozen or dead already */
        return;
    }
    freeze_whole(self, actor);
    DyingProcess *dying = g_new0(DyingProcess, 1);
    dying->actor = actor;
    timer_init(&dying->timer, WORLD_TIMER_EXIT, dying);
    g_ptr_array_add(self->dying, dying);
    actor_arm(&self->actor,
              &dying->timer,
              distribution_draw(&self->spec->profile.process_exit, &self->exits));
}

void timeline_on_exit(Cluster *self, DyingProcess *dying)
{
    kill_whole(self, dying->actor);
    (void)g_ptr_array_remove_fast(self->dying, dying);
    history_look(self);
}

void faults_kill_broker(Cluster *self, Broker *broker)
{
    kill_process(self, broker_actor(broker));
}

void faults_crash(Cluster *self, const FaultSpec *fault)
{
    GPtrArray *actors = processes_of(self, fault);
    for (guint i = 0; i < actors->len; i++) {
        kill_process(self, actors->pdata[i]);
    }
    trouble_begin(self, fault)->actors = actors;
}

/* SIGTERM: each kind of process has its own way to end. */
void faults_stop_process(Cluster *self, Actor *actor)
{
    const StoppingProcess stopping = {actor, actor->incarnation};
    g_array_append_val(self->stopping, stopping);
    for (guint i = 0; i < self->brokers->len; i++) {
        if (broker_actor(self->brokers->pdata[i]) == actor) {
            broker_stop(self->brokers->pdata[i]);
            return;
        }
    }
    const ProducerProcess *producer = producers_find(self, actor);
    if (producer != NULL) {
        producer_close(producer->producer);
        return;
    }
    for (guint i = 0; i < self->consumers->len; i++) {
        ConsumerProcess *process = &g_array_index(self->consumers, ConsumerProcess, i);
        if (consumer_actor(process->consumer) == actor) {
            consumer_close(process->consumer);
            return;
        }
    }
    for (guint i = 0; i < self->controllers->len; i++) {
        if (controller_actor(self->controllers->pdata[i]) == actor) {
            controller_stop(self->controllers->pdata[i]);
        }
    }
}

void faults_stop(Cluster *self, const FaultSpec *fault)
{
    GPtrArray *actors = processes_of(self, fault);
    for (guint i = 0; i < actors->len; i++) {
        faults_stop_process(self, actors->pdata[i]);
    }
    trouble_begin(self, fault)->actors = actors;
}

/* Does this life of the process end soon? */
static bool is_stopping(const Cluster *self, const Actor *actor)
{
    for (guint i = 0; i < self->stopping->len; i++) {
        const StoppingProcess *stopping = &g_array_index(self->stopping, StoppingProcess, i);
        if (stopping->actor == actor && stopping->incarnation == actor->incarnation) {
            return true;
        }
    }
    return false;
}

void faults_forget_start(Cluster *self, Actor *actor)
{
    (void)g_ptr_array_remove(self->starting, actor);
}

/* A process that is still on its way out is gone first; one that runs goes on. */
void faults_start_process(Cluster *self, Actor *actor)
{
    for (guint i = self->dying->len; i-- > 0;) {
        DyingProcess *dying = self->dying->pdata[i];
        if (dying->actor == actor) {
            actor_disarm(&self->actor, &dying->timer);
            timeline_on_exit(self, dying);
        }
    }
    faults_forget_start(self, actor);
    if (start_whole(self, actor) || actor->life == ACTOR_DEAD) {
        return;
    }
    if (!is_stopping(self, actor)) {
        actor_log(&self->actor, "start not needed", "%s: its process runs already", actor->name);
    } else {
        actor_log(&self->actor, "start waits", "%s: the old process has not ended", actor->name);
        g_ptr_array_add(self->starting, actor);
    }
}

void timeline_start_waiting(Cluster *self)
{
    for (guint i = self->starting->len; i-- > 0;) {
        Actor *actor = self->starting->pdata[i];
        if (actor->life == ACTOR_DEAD) {
            g_ptr_array_remove_index(self->starting, i);
            (void)start_whole(self, actor);
            connect_task_started(self, actor);
        }
    }
    connect_look(self);
}

void timeline_on_death(void *owner)
{
    Cluster *self = owner;
    if ((self->starting->len > 0 || connect_has_workers(self)) &&
        !timer_is_armed(&self->look_timer)) {
        actor_arm(&self->actor, &self->look_timer, 0);
    }
}

/* Whoever starts a process by hand turns its host on first; the others there stay down. The restart
 * that belongs to a fault waits for no power, and gives none. */
void faults_start(Cluster *self, const FaultSpec *fault)
{
    g_autoptr(GPtrArray) actors = processes_of(self, fault);
    for (guint i = 0; i < actors->len; i++) {
        Actor *actor = actors->pdata[i];
        if (fault->undoes == NULL && !host_has_power(host_at(self->sim, actor->host))) {
            host_restore(self->sim, actor->host);
        }
        faults_start_process(self, actor);
    }
    if (fault->undoes != NULL && fault->undoes->verb != FAULT_POWER_CUT) {
        trouble_end(self, fault);
    }
}

void faults_pause(Cluster *self, const FaultSpec *fault)
{
    GPtrArray *actors = processes_of(self, fault);
    connect_add_tasks(self, actors);
    for (guint i = 0; i < actors->len; i++) {
        freeze_whole(self, actors->pdata[i]);
    }
    trouble_begin(self, fault)->actors = actors;
}

/* Does another pause of this process go on? */
static bool is_paused(const Cluster *self, Actor *actor)
{
    for (guint i = 0; i < self->troubles->len; i++) {
        const Trouble *trouble = self->troubles->pdata[i];
        if (trouble->fault->verb == FAULT_PAUSE && g_ptr_array_find(trouble->actors, actor, NULL)) {
            return true;
        }
    }
    return false;
}

void faults_end_pauses(Cluster *self, Actor *actor)
{
    for (guint i = 0; i < self->troubles->len; i++) {
        Trouble *trouble = self->troubles->pdata[i];
        if (trouble->fault->verb == FAULT_PAUSE) {
            g_ptr_array_remove(trouble->actors, actor);
        }
    }
}

/* The end of one pause; or a SIGCONT of its own, which ends all. */
void faults_resume(Cluster *self, const FaultSpec *fault)
{
    g_autoptr(GPtrArray) actors = processes_of(self, fault);
    connect_add_tasks(self, actors);
    if (fault->undoes != NULL) {
        trouble_end(self, fault);
    }
    for (guint i = 0; i < actors->len; i++) {
        if (fault->undoes == NULL) {
            faults_end_pauses(self, actors->pdata[i]);
        }
        if (!is_paused(self, actors->pdata[i])) {
            actor_thaw(actors->pdata[i]);
            if (controller_beside(self, actors->pdata[i]) != NULL) {
                actor_thaw(controller_beside(self, actors->pdata[i]));
            }
        }
    }
}

/* --- power --- */

static void cut_power(Cluster *self, const GArray *hosts)
{
    for (guint i = 0; i < self->brokers->len; i++) {
        Broker *broker = self->brokers->pdata[i];
        if (is_among(hosts, broker_actor(broker)->host)) {
            broker_lose_power(broker);
            watching_disk_lost(self, broker, LOSS_POWER_CUT);
        }
    }
    for (guint i = 0; i < hosts->len; i++) {
        host_fail(self->sim, g_array_index(hosts, uint32_t, i));
    }
}

/* A host that gets its power back does not start its processes. */
void faults_power(Cluster *self, const FaultSpec *fault)
{
    const Trouble *trouble = fault->undoes != NULL ? trouble_of(self, fault->undoes) : NULL;
    GArray *hosts = trouble != NULL ? g_array_ref(trouble->hosts) : faults_hosts(self, fault);
    if (!fault->ends) {
        cut_power(self, hosts);
        trouble_begin(self, fault)->hosts = hosts;
        return;
    }
    trouble_end(self, fault);
    for (guint i = 0; i < hosts->len; i++) {
        host_restore(self->sim, g_array_index(hosts, uint32_t, i));
    }
    g_array_unref(hosts);
}
