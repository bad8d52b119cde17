/* connect_herder.c - see connect_herder.h; what a request holds is said in connect_leader.c. */
#include "models/connect/connect_herder_state.h"
#include "models/consumer/program.h"
#include <string.h>

static int32_t unit_at(const GArray *units, guint i)
{
    return g_array_index(units, int32_t, i);
}

static void begin(ConnectHerder *self)
{
    self->assignor = connect_assignor_new(self->spec->scheduled_rebalance_max_delay);
    self->completed_generation = -1;
    self->alone_at = SIM_TIME_MAX;
    self->is_eager = strcmp(self->protocols[0], CONNECT_PROTOCOL_V0) == 0;
}

static const char *const all_protocols[] = {"sessioned", "compatible", CONNECT_PROTOCOL_V0, NULL};

/* WorkerCoordinator.metadata: its own and those before. */
static const char *const *protocols_of(const GroupSpec *spec, int32_t member)
{
    const MemberSpec *worker = spec->members->pdata[member];
    const ConnectProtocol own = worker->connect_protocol != CONNECT_OF_CLUSTER
                                    ? worker->connect_protocol
                                    : spec->connect_protocol;
    return &all_protocols[CONNECT_SESSIONED - own];
}

ConnectHerder *connect_herder_new(const GroupSpec *spec, int32_t member, const ConnectTasks *tasks)
{
    ConnectHerder *self = g_new0(ConnectHerder, 1);
    self->spec = spec;
    self->protocols = protocols_of(spec, member);
    self->tasks = *tasks;
    self->runs = g_array_new(FALSE, FALSE, sizeof(int32_t));
    self->stopping = g_array_new(FALSE, FALSE, sizeof(int32_t));
    self->assignment = g_array_new(FALSE, FALSE, sizeof(int32_t));
    begin(self);
    return self;
}

void connect_herder_free(ConnectHerder *self)
{
    connect_assignor_free(self->assignor);
    g_array_free(self->runs, TRUE);
    g_array_free(self->stopping, TRUE);
    g_array_free(self->assignment, TRUE);
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

static bool has_unit(const GArray *units, int32_t unit)
{
    for (guint i = 0; i < units->len; i++) {
        if (unit_at(units, i) == unit) {
            return true;
        }
    }
    return false;
}

static void remove_unit(GArray *units, int32_t unit)
{
    for (guint i = 0; i < units->len; i++) {
        if (unit_at(units, i) == unit) {
            g_array_remove_index(units, i);
            return;
        }
    }
}

void connect_herder_forget(ConnectHerder *self, const ConnectorSpec *connector, int32_t task)
{
    int32_t unit = task;
    for (guint c = 0; self->spec->connectors->pdata[c] != connector; c++) {
        unit += ((const ConnectorSpec *)self->spec->connectors->pdata[c])->tasks;
    }
    remove_unit(self->runs, unit);
}

static void stop_unit(ConnectHerder *self, int32_t unit)
{
    remove_unit(self->runs, unit);
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
    if (self->is_eager && strcmp(self->protocols[0], CONNECT_PROTOCOL_V0) != 0) {
        g_string_append(text, "; an eager worker is in the group");
    }
    actor_log(consumer_actor(self->member), "assigned", "generation %d: %s", generation, text->str);
}

/* onAssigned, startWork: what was given up leads to another rebalance at once. */
static void take_given(ConnectHerder *self)
{
    self->given.is_there = false;
    for (guint i = 0; i < self->assignment->len; i++) {
        if (!has_unit(self->runs, unit_at(self->assignment, i))) {
            start_unit(self, unit_at(self->assignment, i));
        }
    }
    const SimDuration delay = self->given.delay;
    self->completed_generation = self->given.generation;
    log_assignment(self, self->given.generation, delay);
    const SimTime now = actor_now(consumer_actor(self->member));
    const SimTime again = self->given.revoked ? now : delay > 0 ? now + delay : SIM_TIME_MAX;
    consumer_rejoin_at(
        self->member, again, self->given.revoked ? "units were revoked" : "scheduled rebalance");
}

/* Cooperatively, an assignment says what changes. */
static void change_assignment(ConnectHerder *self, const int32_t *stop, int32_t stops)
{
    for (int32_t i = 0; i < stops; i++) {
        g_autoptr(GString) name = g_string_new(NULL);
        add_name(self, name, stop[i]);
        actor_log(consumer_actor(self->member), "revoked", "%s", name->str);
        remove_unit(self->assignment, stop[i]);
        stop_unit(self, stop[i]);
    }
}

/* In the first eager one after cooperative ones nobody has been told to stop. */
static void forget_what_moved(ConnectHerder *self)
{
    for (guint i = self->runs->len; i-- > 0;) {
        if (!has_unit(self->assignment, unit_at(self->runs, i))) {
            g_array_remove_index(self->runs, i);
        }
    }
}

/* onJoinComplete: onRevoked, and what comes when that is through. */
static void take(void *owner, const SyncGroupResponse *response, int32_t generation)
{
    ConnectHerder *self = owner;
    if (response->count < 2) {
        return;
    }
    const int32_t *items = response->partitions;
    const int32_t stops = items[1];
    self->is_eager = strcmp(response->protocol, CONNECT_PROTOCOL_V0) == 0;
    if (self->is_eager) {
        g_array_set_size(self->assignment, 0); /* this one says what there is */
    } else {
        change_assignment(self, &items[2], stops);
    }
    g_array_append_vals(self->assignment, &items[2 + stops], (guint)(response->count - 2 - stops));
    forget_what_moved(self);
    self->given.is_there = true;
    self->given.revoked = stops > 0;
    self->given.delay = SIM_MS(items[0]);
    self->given.generation = generation;
    if (await_stop(self)) {
        take_given(self);
    }
}

/* False: its thread waits for their end. */
static bool revoke_all(ConnectHerder *self, const char *why)
{
    if (self->runs->len == 0) {
        return true;
    }
    g_autoptr(GString) names = g_string_new(NULL);
    for (guint i = 0; i < self->runs->len; i++) {
        add_name(self, names, unit_at(self->runs, i));
    }
    actor_log(consumer_actor(self->member), "revoked", "%s%s", names->str, why);
    stop_all(self);
    return await_stop(self);
}

/* onJoinPrepare: by the protocol of the last rebalance. */
static bool prepare(void *owner)
{
    ConnectHerder *self = owner;
    return !self->is_eager || revoke_all(self, "");
}

static const GArray *metadata(void *owner)
{
    return ((ConnectHerder *)owner)->assignment;
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

/* WorkerCoordinator.poll: "to avoid running tasks while not being a member of the group". */
static void before_poll(void *owner)
{
    ConnectHerder *self = owner;
    const SimTime now = actor_now(consumer_actor(self->member));
    if (consumer_knows_coordinator(self->member)) {
        self->alone_at = SIM_TIME_MAX;
        return;
    }
    if (self->alone_at > now) {
        self->alone_at =
            MIN(self->alone_at, now + kafka_config_ms(self->spec->config, "heartbeat.interval.ms"));
        return;
    }
    self->alone_at = SIM_TIME_MAX;
    if (self->assignment->len > 0) {
        g_array_set_size(self->assignment, 0);
        consumer_rejoin_at(self->member, now, "its assignment was given up");
        (void)revoke_all(self, "; no coordinator was found");
    }
}

static void
hand(void *owner, int64_t topic_id, const RecordBatch *batch, int64_t first, int64_t last)
{
    const ConnectHerder *self = owner;
    (void)topic_id;
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
    const ConnectHerder *self = owner;
    return self->alone_at;
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
    g_array_set_size(self->assignment, 0);
    g_array_set_size(self->runs, 0);
    g_array_set_size(self->stopping, 0);
    self->given.is_there = false;
    if (consumer_actor(self->member)->life == ACTOR_DEAD) {
        self->tasks.kill_all(self->tasks.owner);
    }
    connect_assignor_free(self->assignor);
    begin(self);
}

#define WORK(supported)                                                                            \
    {                                                                                              \
        .protocols = (supported), .metadata = metadata, .prepare = prepare,                        \
        .assign = connect_leader_assign, .take = take, .end = end,                                 \
    }

const MemberWork *connect_herder_work(const ConnectHerder *self)
{
    static const MemberWork works[] = {
        WORK(all_protocols), WORK(&all_protocols[1]), WORK(&all_protocols[2])};
    return &works[self->protocols - all_protocols];
}
