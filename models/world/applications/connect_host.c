/* connect_host.c - the tasks of Connect workers. In Kafka they are threads of their worker, here
 * processes of their own (a client each), which live, freeze and die with it.
 *
 * A process is the task of the worker that started it last, until another one starts it: only that
 * worker can stop it or take it along when it dies, and the process stands still while that worker
 * is frozen. Orders come from within the worker's events and are carried out when these are over.
 *
 * When the group gives a frozen worker's task to another one, Kafka has the task twice: a new one,
 * and one that goes on for a moment when its worker wakes up. Left out: that moment. The frozen
 * process ends when the new one starts. */
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
    Actor *actor;
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

static Actor *task_process(Cluster *self, const ConnectorSpec *connector, int32_t task)
{
    if (connector->group != SPEC_NONE) {
        return consumer_actor(cluster_member(self, connector->group, task)->consumer);
    }
    for (guint i = 0; i < self->producers->len; i++) {
        const ProducerProcess *process = self->producers->pdata[i];
        if (process->spec == connector->producer && process->instance == task) {
            return producer_actor(process->producer);
        }
    }
    SIM_BUG(self->sim, "a task without a process");
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
        .actor = task_process(self->cluster, connector, task),
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
    const ConnectHost *self = owner;
    Actor *actor = task_process(self->cluster, connector, task);
    return actor->life == ACTOR_DEAD || !g_ptr_array_find(self->tasks, actor, NULL);
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
    ConnectHost *before = host_of(self, wanted->actor);
    if (before != wanted->host) {
        if (before != NULL) {
            g_ptr_array_remove(before->tasks, wanted->actor);
            connect_herder_forget(before->herder, wanted->connector, wanted->task);
        }
        g_ptr_array_add(wanted->host->tasks, wanted->actor);
        if (wanted->actor->life == ACTOR_FROZEN) {
            actor_log(
                &self->actor, "task replaced", "%s: its worker is frozen", wanted->actor->name);
            actor_kill(wanted->actor);
        }
        faults_end_pauses(self, wanted->actor);
    }
    faults_start_process(self, wanted->actor);
    connect_task_started(self, wanted->actor);
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
    if (host_of(self, wanted->actor) != wanted->host) {
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
