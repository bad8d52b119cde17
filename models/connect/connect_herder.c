/* connect_herder.c - see connect_herder.h.
 *
 * In requests a unit is one number: connector c is -1 - c, task t (counted over all connectors in
 * the order of their names) is t. An assignment is the delay in ms, how many units to stop, these,
 * then the units to start. */
#include "models/connect/connect_herder.h"
#include "models/connect/connect_assignor.h"
#include "models/consumer/program.h"
#include <string.h>

struct ConnectHerder {
    const GroupSpec *spec;
    ConnectTasks tasks;
    Consumer *member;
    ConnectAssignor *assignor; /* of use while it leads */
    GArray *runs;              /* int32_t: units */
    GArray *stopping;          /* int32_t: tasks that it waits for */
    SimTime stop_deadline;
    struct {
        bool is_there; /* an assignment that is taken when they have ended */
        bool revoked;
        GArray *start; /* int32_t: units */
        SimDuration delay;
        int32_t generation;
    } given;
    int32_t completed_generation;
};

static int32_t unit_at(const GArray *units, guint i)
{
    return g_array_index(units, int32_t, i);
}

static void begin(ConnectHerder *self)
{
    self->assignor = connect_assignor_new(self->spec->scheduled_rebalance_max_delay);
    self->completed_generation = -1;
}

ConnectHerder *connect_herder_new(const GroupSpec *spec, const ConnectTasks *tasks)
{
    ConnectHerder *self = g_new0(ConnectHerder, 1);
    self->spec = spec;
    self->tasks = *tasks;
    self->runs = g_array_new(FALSE, FALSE, sizeof(int32_t));
    self->stopping = g_array_new(FALSE, FALSE, sizeof(int32_t));
    self->given.start = g_array_new(FALSE, FALSE, sizeof(int32_t));
    begin(self);
    return self;
}

void connect_herder_free(ConnectHerder *self)
{
    connect_assignor_free(self->assignor);
    g_array_free(self->runs, TRUE);
    g_array_free(self->stopping, TRUE);
    g_array_free(self->given.start, TRUE);
    g_free(self);
}

void connect_herder_set_member(ConnectHerder *self, Consumer *member)
{
    self->member = member;
}

/* ---- units */

/* The connector of a task, and the task's number in it. */
static const ConnectorSpec *connector_of(const ConnectHerder *self, int32_t unit, int32_t *ret_task)
{
    int32_t first = 0;
    for (guint c = 0; c < self->spec->connectors->len; c++) {
        const ConnectorSpec *connector = self->spec->connectors->pdata[c];
        if (unit < first + connector->tasks) {
            *ret_task = unit - first;
            return connector;
        }
        first += connector->tasks;
    }
    SIM_BUG(consumer_actor(self->member)->sim, "a task of no connector");
}

static void count_units(const ConnectHerder *self, int32_t *ret_configured)
{
    ret_configured[CONNECT_CONNECTOR] = (int32_t)self->spec->connectors->len;
    ret_configured[CONNECT_TASK] = 0;
    for (guint c = 0; c < self->spec->connectors->len; c++) {
        const ConnectorSpec *connector = self->spec->connectors->pdata[c];
        ret_configured[CONNECT_TASK] += connector->tasks;
    }
}

static void add_name(const ConnectHerder *self, GString *text, int32_t unit)
{
    if (text->len > 0) {
        g_string_append_c(text, ' ');
    }
    if (unit < 0) {
        const ConnectorSpec *connector = self->spec->connectors->pdata[-1 - unit];
        g_string_append(text, connector->name);
        return;
    }
    int32_t task = 0;
    const ConnectorSpec *connector = connector_of(self, unit, &task);
    g_string_append_printf(text, "%s-%d", connector->name, task);
}

/* ---- what it runs */

static void start_unit(ConnectHerder *self, int32_t unit)
{
    g_array_append_val(self->runs, unit);
    if (unit >= 0) {
        int32_t task = 0;
        const ConnectorSpec *connector = connector_of(self, unit, &task);
        self->tasks.start(self->tasks.owner, connector, task);
    }
}

static void stop_unit(ConnectHerder *self, int32_t unit)
{
    for (guint i = 0; i < self->runs->len; i++) {
        if (unit_at(self->runs, i) == unit) {
            g_array_remove_index(self->runs, i);
            break;
        }
    }
    if (unit >= 0) {
        int32_t task = 0;
        const ConnectorSpec *connector = connector_of(self, unit, &task);
        self->tasks.stop(self->tasks.owner, connector, task);
        g_array_append_val(self->stopping, unit);
    }
}

static void stop_all(ConnectHerder *self)
{
    while (self->runs->len > 0) {
        stop_unit(self, unit_at(self->runs, self->runs->len - 1));
    }
}

/* ---- tasks take time to stop */

static bool have_ended(ConnectHerder *self)
{
    for (guint i = self->stopping->len; i-- > 0;) {
        int32_t task = 0;
        const ConnectorSpec *connector = connector_of(self, unit_at(self->stopping, i), &task);
        if (self->tasks.has_ended(self->tasks.owner, connector, task)) {
            g_array_remove_index(self->stopping, i);
        }
    }
    return self->stopping->len == 0;
}

/* False: its thread waits for them, see run(). */
static bool await_stop(ConnectHerder *self)
{
    if (have_ended(self)) {
        return true;
    }
    const SimTime now = actor_now(consumer_actor(self->member));
    self->stop_deadline = now + self->spec->task_shutdown_timeout;
    consumer_begin_work(self->member);
    consumer_wait(self->member);
    consumer_wake_at(self->member, self->stop_deadline);
    return false;
}

static void cancel_tasks(ConnectHerder *self)
{
    for (guint i = 0; i < self->stopping->len; i++) {
        int32_t task = 0;
        const ConnectorSpec *connector = connector_of(self, unit_at(self->stopping, i), &task);
        actor_log(consumer_actor(self->member),
                  "graceful stop failed",
                  "task %s-%d",
                  connector->name,
                  task);
        self->tasks.cancel(self->tasks.owner, connector, task);
    }
    g_array_set_size(self->stopping, 0);
}

char *connect_herder_text(const ConnectHerder *self)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < self->runs->len; i++) {
        add_name(self, text, unit_at(self->runs, i));
    }
    if (text->len > 0) {
        g_string_prepend(text, "TASKS: ");
    }
    return g_string_free(text, FALSE);
}

static void log_assignment(ConnectHerder *self, int32_t generation, SimDuration delay)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < self->runs->len; i++) {
        add_name(self, text, unit_at(self->runs, i));
    }
    if (delay > 0) {
        g_string_append_printf(text, "; all join again in %d ms", (int)(delay / SIM_MS(1)));
    }
    actor_log(consumer_actor(self->member), "assigned", "generation %d: %s", generation, text->str);
}

/* onAssigned, startWork: what was given up leads to another rebalance at once. */
static void take_given(ConnectHerder *self)
{
    self->given.is_there = false;
    for (guint i = 0; i < self->given.start->len; i++) {
        start_unit(self, unit_at(self->given.start, i));
    }
    const SimDuration delay = self->given.delay;
    self->completed_generation = self->given.generation;
    log_assignment(self, self->given.generation, delay);
    const SimTime now = actor_now(consumer_actor(self->member));
    const SimTime again = self->given.revoked ? now : delay > 0 ? now + delay : SIM_TIME_MAX;
    consumer_rejoin_at(
        self->member, again, self->given.revoked ? "units were revoked" : "scheduled rebalance");
}

/* onRevoked, and what comes when that is through. */
static void take(void *owner, const SyncGroupResponse *response, int32_t generation)
{
    ConnectHerder *self = owner;
    if (response->count < 2) {
        return;
    }
    const int32_t *items = response->partitions;
    const int32_t stops = items[1];
    for (int32_t i = 0; i < stops; i++) {
        g_autoptr(GString) name = g_string_new(NULL);
        add_name(self, name, items[2 + i]);
        actor_log(consumer_actor(self->member), "revoked", "%s", name->str);
        stop_unit(self, items[2 + i]);
    }
    self->given.is_there = true;
    self->given.revoked = stops > 0;
    self->given.delay = SIM_MS(items[0]);
    self->given.generation = generation;
    g_array_set_size(self->given.start, 0);
    g_array_append_vals(self->given.start, &items[2 + stops], (guint)(response->count - 2 - stops));
    if (await_stop(self)) {
        take_given(self);
    }
}

/* onJoinPrepare, eager. */
static bool give_all_up(void *owner)
{
    ConnectHerder *self = owner;
    if (self->runs->len == 0) {
        return true;
    }
    g_autoptr(GString) names = g_string_new(NULL);
    for (guint i = 0; i < self->runs->len; i++) {
        add_name(self, names, unit_at(self->runs, i));
    }
    actor_log(consumer_actor(self->member), "revoked", "%s", names->str);
    stop_all(self);
    return await_stop(self);
}

static const GArray *metadata(void *owner)
{
    return ((ConnectHerder *)owner)->runs;
}

/* ---- the leader */

static void read_workers(const JoinGroupResponse *response, ConnectWorker *workers)
{
    const int32_t *items = join_group_response_items((JoinGroupResponse *)(guintptr)response);
    for (int32_t m = 0; m < response->member_count; m++) {
        const JoinGroupMember *member = &response->members[m];
        connect_worker_init(&workers[m], member->member_id);
        for (int32_t i = 0; i < member->owned_count; i++) {
            const int32_t unit = items[member->first_item + member->topic_count + i];
            const int32_t number = unit < 0 ? -1 - unit : unit;
            g_array_append_val(workers[m].runs[unit < 0 ? CONNECT_CONNECTOR : CONNECT_TASK],
                               number);
        }
    }
}

static void add_units(GArray *items, GArray *const *units)
{
    for (guint i = 0; i < units[CONNECT_CONNECTOR]->len; i++) {
        const int32_t unit = -1 - unit_at(units[CONNECT_CONNECTOR], i);
        g_array_append_val(items, unit);
    }
    g_array_append_vals(items, units[CONNECT_TASK]->data, units[CONNECT_TASK]->len);
}

static SyncGroupRequest *write_assignments(const ConnectHerder *self,
                                           const ConnectWorker *workers,
                                           int32_t count,
                                           SimDuration delay)
{
    g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(int32_t));
    g_autoptr(GArray) assignments = g_array_new(FALSE, FALSE, sizeof(SyncAssignment));
    for (int32_t w = 0; w < count; w++) {
        SyncAssignment entry = {.first_item = (int32_t)items->len};
        const int32_t head[] = {
            (int32_t)(delay / SIM_MS(1)),
            (int32_t)(workers[w].stop[CONNECT_CONNECTOR]->len + workers[w].stop[CONNECT_TASK]->len),
        };
        g_array_append_vals(items, head, G_N_ELEMENTS(head));
        add_units(items, workers[w].stop);
        add_units(items, workers[w].start);
        g_strlcpy(entry.member_id, workers[w].id, sizeof entry.member_id);
        entry.count = (int32_t)items->len - entry.first_item;
        g_array_append_val(assignments, entry);
    }
    return sync_group_request_of(consumer_actor(self->member)->sim, assignments, items);
}

static SyncGroupRequest *assign(void *owner, const JoinGroupResponse *response)
{
    ConnectHerder *self = owner;
    const int32_t count = response->member_count;
    g_autofree ConnectWorker *workers = g_new0(ConnectWorker, (gsize)count);
    int32_t configured[CONNECT_KINDS];
    read_workers(response, workers);
    count_units(self, configured);
    SimDuration delay = 0;
    if (self->spec->is_eager_connect) {
        connect_assign_eagerly(configured, workers, count);
    } else {
        delay = connect_assignor_assign(self->assignor,
                                        actor_now(consumer_actor(self->member)),
                                        configured,
                                        workers,
                                        count,
                                        self->completed_generation,
                                        response->generation_id);
    }
    SyncGroupRequest *request = write_assignments(self, workers, count, delay);
    for (int32_t w = 0; w < count; w++) {
        connect_worker_clear(&workers[w]);
    }
    return request;
}

/* ---- its thread */

/* WorkerTask.awaitStop: over when all have ended, or their time is. */
static bool run(void *owner)
{
    ConnectHerder *self = owner;
    if (!have_ended(self)) {
        if (actor_now(consumer_actor(self->member)) < self->stop_deadline) {
            return false;
        }
        cancel_tasks(self);
    }
    consumer_end_work(self->member);
    if (self->given.is_there) {
        take_given(self);
        consumer_note_state(self->member, "consuming");
    }
    return true;
}

void connect_herder_look(ConnectHerder *self)
{
    if (self->stopping->len > 0 && have_ended(self)) {
        consumer_wake(self->member);
    }
}

/* Herder.halt: first the tasks, then the membership. */
static bool may_close(void *owner)
{
    ConnectHerder *self = owner;
    stop_all(self);
    return await_stop(self);
}

/* A membership of its own, without partitions. */
static void before_poll(void *owner)
{
    (void)owner;
}

static void hand(void *owner, const RecordBatch *batch, int64_t first, int64_t last)
{
    const ConnectHerder *self = owner;
    (void)batch;
    (void)first;
    (void)last;
    SIM_BUG(consumer_actor(self->member)->sim, "records for a Connect worker");
}

static bool polled(void *owner, int32_t records)
{
    (void)owner;
    (void)records;
    return false;
}

static SimTime next_action(void *owner)
{
    (void)owner;
    return SIM_TIME_MAX;
}

const ConsumerProgram connect_herder_program = {
    .before_poll = before_poll,
    .hand = hand,
    .polled = polled,
    .run = run,
    .on_timer = run,
    .may_close = may_close,
    .next_action = next_action,
};

/* It has left; or its process has ended, and with that what still runs. */
static void end(void *owner, bool crashed)
{
    ConnectHerder *self = owner;
    (void)crashed;
    g_array_set_size(self->runs, 0);
    g_array_set_size(self->stopping, 0);
    self->given.is_there = false;
    if (consumer_actor(self->member)->life == ACTOR_DEAD) {
        self->tasks.kill_all(self->tasks.owner);
    }
    connect_assignor_free(self->assignor);
    begin(self);
}

const MemberWork connect_herder_work = {
    .protocol = "sessioned",
    .metadata = metadata,
    .assign = assign,
    .take = take,
    .end = end,
};

const MemberWork connect_eager_work = {
    .protocol = "default", /* as Kafka calls it */
    .metadata = metadata,
    .prepare = give_all_up,
    .assign = assign,
    .take = take,
    .end = end,
};
