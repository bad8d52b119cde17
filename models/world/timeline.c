/* timeline.c - what the scenario makes happen, at its time.
 *
 * A fault is logged first: everything it brings about has it as its cause. Processes are killed
 * (kill -9), stopped (SIGTERM), frozen (SIGSTOP); hosts lose power; links are cut, slow or lossy;
 * groups grow and shrink; rates change. */
#include "models/world/cluster_state.h"
#include "sim/resource/host.h"

static ConsumerProcess *member_at(Cluster *self, int32_t group, int32_t member)
{
    for (guint i = 0; i < self->consumers->len; i++) {
        ConsumerProcess *process = &g_array_index(self->consumers, ConsumerProcess, i);
        if (process->group == group && process->member == member) {
            return process;
        }
    }
    return NULL;
}

typedef void (*ProcessAction)(Cluster *self, Actor *actor);

static void crash_now(Cluster *self, Actor *actor)
{
    (void)self;
    actor_kill(actor);
}

static void begin_exit(Cluster *self, Actor *actor)
{
    if (!actor_freeze(actor)) {
        actor_kill(actor); /* frozen or dead already */
        return;
    }
    DyingProcess *dying = g_new0(DyingProcess, 1);
    dying->actor = actor;
    timer_init(&dying->timer, WORLD_TIMER_EXIT, dying);
    g_ptr_array_add(self->dying, dying);
    actor_arm(&self->actor,
              &dying->timer,
              distribution_draw(&self->spec->profile.process_exit, &self->exits));
}

static void freeze_process(Cluster *self, Actor *actor)
{
    (void)self;
    actor_freeze(actor);
}

static void thaw_process(Cluster *self, Actor *actor)
{
    (void)self;
    actor_thaw(actor);
}

/* A process that is still on its way out is gone first. */
static void start_process(Cluster *self, Actor *actor)
{
    for (guint i = self->dying->len; i-- > 0;) {
        DyingProcess *dying = self->dying->pdata[i];
        if (dying->actor == actor) {
            actor_disarm(&self->actor, &dying->timer);
            timeline_on_exit(self, dying);
        }
    }
    if (!actor_start(actor) && actor->life != ACTOR_DEAD) {
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
            actor_start(actor);
        }
    }
}

/* Calls act for every process that the fault names. */
static void each_process(Cluster *self, const FaultSpec *fault, ProcessAction act)
{
    switch (fault->target) {
    case TARGET_BROKER:
        act(self, broker_actor(cluster_broker_at(self, fault->index)));
        break;
    case TARGET_LEADER: {
        const TopicInfo *topic = metadata_topic(self->metadata, fault->topic);
        Broker *leader = history_living_leader(self, topic->first_partition + fault->partition);
        if (leader != NULL) {
            act(self, broker_actor(leader));
        }
        break;
    }
    case TARGET_CONTROLLER:
    case TARGET_ACTIVE_CONTROLLER: {
        Controller *named = cluster_named_controller(self, fault);
        if (named != NULL) {
            act(self, controller_actor(named));
        }
        break;
    }
    case TARGET_PRODUCER:
        for (guint i = 0; i < self->producers->len; i++) {
            ProducerProcess *process = &g_array_index(self->producers, ProducerProcess, i);
            if (process->spec == fault->index) {
                act(self, producer_actor(process->producer));
            }
        }
        break;
    case TARGET_MEMBER:
        act(self, consumer_actor(member_at(self, fault->index, fault->member)->consumer));
        break;
    case TARGET_GROUP:
        for (guint i = 0; i < self->consumers->len; i++) {
            ConsumerProcess *process = &g_array_index(self->consumers, ConsumerProcess, i);
            if (process->group == fault->index) {
                act(self, consumer_actor(process->consumer));
            }
        }
        break;
    case TARGET_HOST:
    case TARGET_RACK:
    case TARGET_NONE:
        break;
    }
}

/* kill -9 stops a process at once, but its sockets close only when the operating system has freed
 * its memory: until then peers see a silent process, then a reset. */
static void crash(Cluster *self, const FaultSpec *fault)
{
    bool server = fault->target == TARGET_BROKER || fault->target == TARGET_LEADER ||
                  fault->target == TARGET_CONTROLLER || fault->target == TARGET_ACTIVE_CONTROLLER;
    each_process(self, fault, server ? begin_exit : crash_now);
}

void timeline_on_exit(Cluster *self, DyingProcess *dying)
{
    actor_kill(dying->actor);
    (void)g_ptr_array_remove_fast(self->dying, dying);
    history_look(self);
}

/* SIGTERM: each kind of process has its own way to end. */
static void stop(Cluster *self, const FaultSpec *fault)
{
    if (fault->target == TARGET_BROKER) {
        broker_stop(cluster_broker_at(self, fault->index));
    } else if (fault->target == TARGET_MEMBER) {
        consumer_close(member_at(self, fault->index, fault->member)->consumer);
    } else if (fault->target == TARGET_PRODUCER) {
        for (guint i = 0; i < self->producers->len; i++) {
            ProducerProcess *process = &g_array_index(self->producers, ProducerProcess, i);
            if (process->spec == fault->index) {
                producer_close(process->producer);
            }
        }
    } else if (fault->target == TARGET_LEADER) {
        const TopicInfo *topic = metadata_topic(self->metadata, fault->topic);
        Broker *leader = history_living_leader(self, topic->first_partition + fault->partition);
        if (leader != NULL) {
            broker_stop(leader);
        }
    } else {
        each_process(self, fault, crash_now); /* a controller's process just ends */
    }
}

static bool is_in(const Cluster *self, const FaultSpec *fault, guint spec_host)
{
    const HostSpec *host = self->spec->hosts->pdata[spec_host];
    return fault->target == TARGET_RACK ? g_strcmp0(host->rack, fault->rack) == 0
                                        : (gint)spec_host == fault->index;
}

static void each_host(Cluster *self, const FaultSpec *fault, void (*act)(Sim *sim, uint32_t host))
{
    if (fault->target == TARGET_BROKER) {
        act(self->sim, broker_actor(cluster_broker_at(self, fault->index))->host);
        return;
    }
    for (guint i = 0; i < self->spec->hosts->len; i++) {
        if (is_in(self, fault, i)) {
            act(self->sim, self->hosts[i]);
        }
    }
    if (fault->target != TARGET_RACK) {
        return;
    }
    for (guint i = 0; i < self->brokers->len; i++) {
        const BrokerSpec *spec = self->spec->brokers->pdata[i];
        if (spec->host < 0 && g_strcmp0(spec->rack, fault->rack) == 0) {
            act(self->sim, broker_actor(self->brokers->pdata[i])->host);
        }
    }
}

static void start_member(ConsumerProcess *process)
{
    actor_start(consumer_actor(process->consumer));
}

/* The next member that is not running joins. */
static void join_one(Cluster *self, int32_t group)
{
    for (guint i = 0; i < self->consumers->len; i++) {
        ConsumerProcess *process = &g_array_index(self->consumers, ConsumerProcess, i);
        if (process->group == group && consumer_actor(process->consumer)->life == ACTOR_DEAD) {
            start_member(process);
            return;
        }
    }
}

static void scale(Cluster *self, const FaultSpec *fault)
{
    int64_t running = 0;
    for (guint i = 0; i < self->consumers->len; i++) {
        ConsumerProcess *process = &g_array_index(self->consumers, ConsumerProcess, i);
        if (process->group != fault->index) {
            continue;
        }
        bool alive = consumer_actor(process->consumer)->life == ACTOR_ALIVE;
        if (alive && running >= fault->number) {
            consumer_close(process->consumer); /* the last ones go */
        } else if (alive) {
            running++;
        }
    }
    for (; running < fault->number; running++) {
        join_one(self, fault->index);
    }
}

static void join(Cluster *self, const FaultSpec *fault)
{
    if (fault->target == TARGET_MEMBER) {
        start_member(member_at(self, fault->index, fault->member));
    } else {
        join_one(self, fault->index);
    }
}

static void leave(Cluster *self, const FaultSpec *fault)
{
    if (fault->target == TARGET_MEMBER) {
        consumer_close(member_at(self, fault->index, fault->member)->consumer);
        return;
    }
    for (guint i = self->consumers->len; i-- > 0;) {
        ConsumerProcess *process = &g_array_index(self->consumers, ConsumerProcess, i);
        if (process->group == fault->index &&
            consumer_actor(process->consumer)->life == ACTOR_ALIVE) {
            consumer_close(process->consumer);
            return;
        }
    }
}

static void set_rate(Cluster *self, const FaultSpec *fault)
{
    const ProducerSpec *spec = self->spec->producers->pdata[fault->index];
    int64_t rate = fault->ends ? spec->rate_milli : fault->number;
    for (guint i = 0; i < self->producers->len; i++) {
        ProducerProcess *process = &g_array_index(self->producers, ProducerProcess, i);
        if (process->spec == fault->index) {
            producer_set_rate(process->producer, rate / spec->count);
        }
    }
}

/* A host that gets its power back does not start its processes. */
static void start(Cluster *self, const FaultSpec *fault)
{
    if (fault->target == TARGET_HOST || fault->target == TARGET_RACK) {
        each_host(self, fault, host_restore);
    }
    each_process(self, fault, start_process);
}

static void apply(Cluster *self, const FaultSpec *fault)
{
    switch (fault->verb) {
    case FAULT_CRASH:
        crash(self, fault);
        break;
    case FAULT_STOP:
        stop(self, fault);
        break;
    case FAULT_START:
        start(self, fault);
        break;
    case FAULT_PAUSE:
        each_process(self, fault, fault->ends ? thaw_process : freeze_process);
        break;
    case FAULT_RESUME:
        each_process(self, fault, thaw_process);
        break;
    case FAULT_POWER_CUT:
        self->power_was_cut = true;
        each_host(self, fault, fault->ends ? host_restore : host_fail);
        break;
    case FAULT_PARTITION:
        faults_cut_apart(self, fault);
        break;
    case FAULT_ISOLATE:
    case FAULT_SLOW_NETWORK:
    case FAULT_DROP:
        faults_change_links(self, fault);
        break;
    case FAULT_SLOW_DISK:
    case FAULT_SLOW_HOST:
        faults_slow_down(self, fault);
        break;
    case FAULT_SCALE:
        scale(self, fault);
        break;
    case FAULT_JOIN:
        join(self, fault);
        break;
    case FAULT_LEAVE:
        leave(self, fault);
        break;
    case FAULT_RATE:
        set_rate(self, fault);
        break;
    case FAULT_CLOCK_SKEW:
    case FAULT_REASSIGN:
    case FAULT_ELECT_PREFERRED:
    case FAULT_SET_CONFIG:
    case FAULT_CREATE_TOPIC:
    case FAULT_DELETE_TOPIC:
    case FAULT_ADD_PARTITIONS:
    case FAULT_NOTE:
    case FAULT_VERB_COUNT:
        break; /* said in the results: not simulated */
    }
}

static char *describe(const Cluster *self, const FaultSpec *fault)
{
    const ClusterSpec *spec = self->spec;
    switch (fault->target) {
    case TARGET_BROKER:
        return g_strdup_printf("broker %d", broker_id(cluster_broker_at(self, fault->index)));
    case TARGET_CONTROLLER:
        return g_strdup_printf("controller %d",
                               ((ControllerSpec *)spec->controllers->pdata[fault->index])->id);
    case TARGET_ACTIVE_CONTROLLER:
        return g_strdup("the active controller");
    case TARGET_LEADER: {
        char name[256];
        const TopicInfo *topic = metadata_topic(self->metadata, fault->topic);
        metadata_partition_name(
            self->metadata, topic->first_partition + fault->partition, name, sizeof(name));
        return g_strdup_printf("the leader of %s", name);
    }
    case TARGET_HOST:
        return g_strdup_printf("host %s", ((HostSpec *)spec->hosts->pdata[fault->index])->name);
    case TARGET_RACK:
        return g_strdup_printf("rack %s", fault->rack);
    case TARGET_PRODUCER:
        return g_strdup_printf("producer %s",
                               ((ProducerSpec *)spec->producers->pdata[fault->index])->name);
    case TARGET_GROUP:
        return g_strdup_printf("group %s", ((GroupSpec *)spec->groups->pdata[fault->index])->name);
    case TARGET_MEMBER: {
        const GroupSpec *group = spec->groups->pdata[fault->index];
        return g_strdup_printf("member %s",
                               ((MemberSpec *)group->members->pdata[fault->member])->name);
    }
    case TARGET_NONE:
        break;
    }
    return g_strdup("the network");
}

static void fire(Cluster *self, const FaultSpec *fault)
{
    g_autofree char *target = describe(self, fault);
    actor_log(&self->actor,
              fault_verb_name(fault->verb),
              "%s%s%s%s",
              target,
              fault->ends ? " ends" : "",
              fault->text != NULL ? ": " : "",
              fault->text != NULL ? fault->text : "");
    apply(self, fault);
}

static void arm_next(Cluster *self)
{
    if (self->next_fault < self->spec->faults->len) {
        const FaultSpec *fault = self->spec->faults->pdata[self->next_fault];
        actor_arm_at(&self->actor, &self->fault_timer, fault->at);
    }
}

void timeline_start(Cluster *self)
{
    arm_next(self);
}

void timeline_on_timer(Cluster *self)
{
    Kernel *kernel = self->sim->kernel;
    SimTime now = sim_now(self->sim);
    while (self->next_fault < self->spec->faults->len) {
        const FaultSpec *fault = self->spec->faults->pdata[self->next_fault];
        if (fault->at > now) {
            break;
        }
        kernel_set_cause(kernel, 0); /* what the scenario does has no cause but itself */
        fire(self, fault);
        self->next_fault++;
    }
    history_look(self);
    arm_next(self);
}
