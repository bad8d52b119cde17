/* connect_host.c - the tasks of Connect workers. In Kafka they are threads of their worker, here
 * processes of their own (a client each), which live, freeze and die with it.
 *
 * A process is the task of the worker that started it last, until another one starts it: only that
 * worker can stop it or take it along when it dies, and the process stands still while that worker
 * is frozen. Orders come from within the worker's events and are carried out when these are over.
 *
 * When the group gives another worker the task of one that it has lost (frozen, or cut off from the
 * coordinator), the task is there twice: a new one, and the old one, a zombie, that goes on until
 * its worker hears of it. A source's task then gets a process more, NAME.2. Left out: zombies of
 * sinks. A sink's task is one process, which ends, if it is frozen, when the new one starts, and
 * else is the new worker's from then on. */
#include "models/world/cluster_state.h"

/* Where a worker's tasks live. */
typedef struct ConnectHost {
    Cluster *cluster;
    Consumer *worker;
    ConnectHerder *herder; /* owned */
    GPtrArray *tasks;      /* Actor*: started by it last, dead or alive */
} ConnectHost;

typedef enum TaskOrderKind { TASK_START, TASK_STOP, TASK_CANCEL, TASK_KILL } TaskOrderKind;
typedef struct TaskOrder {
    TaskOrderKind kind;
    Actor *actor; /* NULL: to be found, or there is none */
    ConnectHost *host;
    const ConnectorSpec *connector; /* NULL: it dies with its worker */
    int32_t task;
} TaskOrder;

static void connect_host_free(void *data)
{
    ConnectHost *self = data;
    connect_herder_free(self->herder);
    g_ptr_array_free(self->tasks, TRUE);
    g_free(self);
}

void connect_init(Cluster *self)
{
    self->connect_hosts = g_ptr_array_new_with_free_func(connect_host_free);
    self->task_orders = g_array_new(FALSE, FALSE, sizeof(TaskOrder));
}

void connect_free(Cluster *self)
{
    g_ptr_array_unref(self->connect_hosts);
    g_array_unref(self->task_orders);
}

/* ---- what the worker orders */

static bool is_of_task(const ProducerProcess *process, const ConnectorSpec *connector, int32_t task)
{
    return process->spec == connector->producer && process->instance == task;
}

/* As which this worker has started the task last; NULL: never, or another one has it since. */
static Actor *own_process(const ConnectHost *self, const ConnectorSpec *connector, int32_t task)
{
    Cluster *cluster = self->cluster;
    if (connector->group != SPEC_NONE) {
        Actor *sink = consumer_actor(cluster_member(cluster, connector->group, task)->consumer);
        return g_ptr_array_find(self->tasks, sink, NULL) ? sink : NULL;
    }
    for (guint t = 0; t < self->tasks->len; t++) {
        const ProducerProcess *process = producers_find(cluster, self->tasks->pdata[t]);
        if (process != NULL && is_of_task(process, connector, task)) {
            return self->tasks->pdata[t];
        }
    }
    return NULL;
}

/* As which it can be started: a source's beside those that go on elsewhere. */
static Actor *process_to_start(ConnectHost *self, const ConnectorSpec *connector, int32_t task)
{
    Cluster *cluster = self->cluster;
    if (connector->group != SPEC_NONE) {
        return consumer_actor(cluster_member(cluster, connector->group, task)->consumer);
    }
    Actor *own = own_process(self, connector, task);
    for (guint i = 0; own == NULL && i < cluster->producers->len; i++) {
        const ProducerProcess *process = cluster->producers->pdata[i];
        Actor *actor = producer_actor(process->producer);
        own = is_of_task(process, connector, task) && actor->life == ACTOR_DEAD ? actor : NULL;
    }
    if (own == NULL) {
        const ProducerProcess *spare = producers_add_spare(cluster, connector->producer, task);
        own = producer_actor(spare->producer);
    }
    return own;
}

static void order(ConnectHost *self, const TaskOrder *wanted)
{
    g_array_append_vals(self->cluster->task_orders, wanted, 1);
    actor_arm(&self->cluster->actor, &self->cluster->task_timer, 0);
}

static void
order_of_task(ConnectHost *self, TaskOrderKind kind, const ConnectorSpec *connector, int32_t task)
{
    const TaskOrder wanted = {
        .kind = kind,
        .actor = kind == TASK_START ? NULL : own_process(self, connector, task),
        .host = self,
        .connector = connector,
        .task = task,
    };
    order(self, &wanted);
}

static void start_task(void *owner, const ConnectorSpec *connector, int32_t task)
{
    order_of_task(owner, TASK_START, connector, task);
}

static void stop_task(void *owner, const ConnectorSpec *connector, int32_t task)
{
    order_of_task(owner, TASK_STOP, connector, task);
}

/* A stop is carried out later in the same instant: until then the process runs. */
static bool has_task_ended(void *owner, const ConnectorSpec *connector, int32_t task)
{
    const Actor *actor = own_process(owner, connector, task);
    return actor == NULL || actor->life == ACTOR_DEAD;
}

static void cancel_task(void *owner, const ConnectorSpec *connector, int32_t task)
{
    order_of_task(owner, TASK_CANCEL, connector, task);
}

static void kill_tasks(void *owner)
{
    ConnectHost *self = owner;
    for (guint i = 0; i < self->tasks->len; i++) {
        const TaskOrder wanted = {TASK_KILL, self->tasks->pdata[i], self, NULL, 0};
        order(self, &wanted);
    }
}

Consumer *
connect_make_worker(Cluster *self, const ConsumerContext *context, const char *name, uint32_t host)
{
    ConnectHost *made = g_new0(ConnectHost, 1);
    const ConnectTasks tasks = {
        made, start_task, stop_task, has_task_ended, cancel_task, kill_tasks};
    made->cluster = self;
    made->herder = connect_herder_new(context->spec, context->member_index, &tasks);
    made->tasks = g_ptr_array_new();
    ConsumerContext own = *context;
    own.work = connect_herder_work(made->herder);
    own.program = &connect_herder_program;
    own.work_owner = made->herder;
    made->worker = consumer_new(&own, name, host);
    connect_herder_set_member(made->herder, made->worker);
    g_ptr_array_add(self->connect_hosts, made);
    return made->worker;
}

/* ---- whose a task is */

static ConnectHost *host_of(const Cluster *self, Actor *task)
{
    for (guint i = 0; i < self->connect_hosts->len; i++) {
        ConnectHost *host = self->connect_hosts->pdata[i];
        if (g_ptr_array_find(host->tasks, task, NULL)) {
            return host;
        }
    }
    return NULL;
}

void connect_add_tasks(const Cluster *self, GPtrArray *actors)
{
    for (guint i = 0; i < self->connect_hosts->len; i++) {
        const ConnectHost *host = self->connect_hosts->pdata[i];
        if (!g_ptr_array_find(actors, consumer_actor(host->worker), NULL)) {
            continue;
        }
        for (guint t = 0; t < host->tasks->len; t++) {
            if (!g_ptr_array_find(actors, host->tasks->pdata[t], NULL)) {
                g_ptr_array_add(actors, host->tasks->pdata[t]);
            }
        }
    }
}

void connect_task_started(const Cluster *self, Actor *actor)
{
    const ConnectHost *host = host_of(self, actor);
    if (host != NULL && consumer_actor(host->worker)->life == ACTOR_FROZEN) {
        actor_freeze(actor);
    }
}

/* ---- carried out */

static void start_process(Cluster *self, const TaskOrder *wanted)
{
    Actor *actor = process_to_start(wanted->host, wanted->connector, wanted->task);
    ConnectHost *before = host_of(self, actor);
    if (before != wanted->host) {
        if (before != NULL) {
            g_ptr_array_remove(before->tasks, actor);
            connect_herder_forget(before->herder, wanted->connector, wanted->task);
        }
        g_ptr_array_add(wanted->host->tasks, actor);
        if (actor->life == ACTOR_FROZEN) {
            actor_log(&self->actor, "task replaced", "%s: its worker is frozen", actor->name);
            actor_kill(actor);
        }
        faults_end_pauses(self, actor);
    }
    faults_start_process(self, actor);
    connect_task_started(self, actor);
}

/* Worker.awaitStopTask: a sink's thread is left to itself. */
static void cancel(Cluster *self, const Actor *task)
{
    const ProducerProcess *source = producers_find(self, task);
    if (source != NULL) {
        producer_cancel(source->producer);
    }
}

static void carry_out(Cluster *self, const TaskOrder *wanted)
{
    if (wanted->kind == TASK_START) {
        start_process(self, wanted);
        return;
    }
    if (wanted->actor == NULL || host_of(self, wanted->actor) != wanted->host) {
        return; /* it runs elsewhere by now */
    }
    faults_forget_start(self, wanted->actor);
    if (wanted->kind == TASK_STOP) {
        faults_stop_process(self, wanted->actor);
    } else if (wanted->kind == TASK_CANCEL) {
        cancel(self, wanted->actor);
    } else {
        actor_kill(wanted->actor);
    }
}

bool connect_has_workers(const Cluster *self)
{
    return self->connect_hosts->len > 0;
}

void connect_look(const Cluster *self)
{
    for (guint i = 0; i < self->connect_hosts->len; i++) {
        const ConnectHost *host = self->connect_hosts->pdata[i];
        if (consumer_actor(host->worker)->life == ACTOR_ALIVE) {
            connect_herder_look(host->herder);
        }
    }
}

void connect_carry_out(Cluster *self)
{
    for (guint i = 0; i < self->task_orders->len; i++) {
        const TaskOrder wanted = g_array_index(self->task_orders, TaskOrder, i);
        carry_out(self, &wanted);
    }
    g_array_set_size(self->task_orders, 0);
    history_look(self);
}
