/* stream_thread.c - the loop of a stream thread; see stream_thread.h. */
#include "models/streams/stream_thread_state.h"

static void wake(void *owner)
{
    StreamThread *self = owner;
    consumer_wake(self->consumer);
}

StreamThread *stream_thread_new(StreamsApp *app, int32_t member)
{
    StreamThread *self = g_new0(StreamThread, 1);
    const MemberSpec *spec = app->group->members->pdata[member];
    self->app = app;
    self->member = member;
    self->process = spec->process;
    self->updater = state_updater_new(app, self->process, wake, self);
    self->subscription = g_array_new(FALSE, FALSE, sizeof(int32_t));
    self->offsets = g_array_new(FALSE, FALSE, sizeof(OffsetEntry));
    thread_tasks_init(self);
    return self;
}

void stream_thread_free(StreamThread *self)
{
    state_updater_free(self->updater);
    thread_tasks_clear(self);
    g_array_free(self->subscription, TRUE);
    g_array_free(self->offsets, TRUE);
    g_free(self);
}

void stream_thread_set_consumers(StreamThread *self,
                                 Consumer *member,
                                 Consumer *restorer,
                                 int32_t process_id)
{
    self->consumer = member;
    self->process_id = process_id;
    actor_stream(consumer_actor(member), "processing", &self->chance);
    state_updater_set_consumer(self->updater, restorer);
}

StateUpdater *stream_thread_updater(StreamThread *self)
{
    return self->updater;
}

Consumer *stream_thread_restorer(StreamThread *self)
{
    return state_updater_consumer(self->updater);
}

typedef enum TaskRole { ROLE_ACTIVE, ROLE_RESTORING, ROLE_STANDBY } TaskRole;

static bool has_role(const StreamThread *self, int32_t task, TaskRole role)
{
    const bool restoring = self->tasks[task].state == TASK_RESTORING;
    return role == ROLE_STANDBY || restoring == (role == ROLE_RESTORING);
}

static void append_tasks(
    const StreamThread *self, const char *name, TaskRole role, const GArray *tasks, GString *text)
{
    int32_t last = -1;
    for (guint i = 0; i < tasks->len; i++) {
        const int32_t number = g_array_index(tasks, int32_t, i);
        const TopologyTask *task = topology_task(self->app->topology, number);
        if (!has_role(self, number, role)) {
            continue;
        }
        if (last < 0) {
            g_string_append_printf(text, "%s%s: ", text->len > 0 ? "; " : "", name);
        }
        if (task->subtopology == last) {
            g_string_append_printf(text, ",%d", task->partition);
        } else {
            const char *between = last < 0 ? "" : "], ";
            g_string_append_printf(text, "%s%d:[%d", between, task->subtopology, task->partition);
        }
        last = task->subtopology;
    }
    g_string_append(text, last >= 0 ? "]" : "");
}

char *stream_thread_tasks_text(const StreamThread *self)
{
    const bool warms_up = self->app->options.num_standby_replicas == 0;
    GString *text = g_string_new(NULL);
    append_tasks(self, "ACTIVE", ROLE_ACTIVE, self->active, text);
    append_tasks(self, "RESTORING", ROLE_RESTORING, self->active, text);
    append_tasks(self, warms_up ? "WARMUP" : "STANDBY", ROLE_STANDBY, self->standby, text);
    return g_string_free(text, FALSE);
}

/* ---- one step after the other, as long as nothing has to be waited for */

static void finish(StreamThread *self)
{
    self->stage = THREAD_IDLE;
    consumer_end_work(self->consumer);
}

static void work_on_record(StreamThread *self)
{
    const int32_t task = topology_source(self->app->topology, self->at)->task;
    const SubtopologySpec *sub = topology_of(self->app->topology, task);
    const SimDuration time = distribution_draw(&sub->process_record, &self->chance);
    if (time > 0) {
        self->stage = THREAD_WORKING;
        consumer_work_for(self->consumer, time);
    } else {
        thread_records_process(self);
    }
}

/* It polls at the latest when half of max.poll.interval.ms has gone. */
static bool is_time_to_poll(const StreamThread *self)
{
    const SimDuration since = stream_thread_now(self) - consumer_polled_at(self->consumer);
    return since > consumer_max_poll_interval(self->consumer) / 2;
}

static bool is_blocked(const StreamThread *self)
{
    const RecordSink *sink = consumer_sink(self->consumer);
    return sink != NULL && sink->is_blocked(sink->owner);
}

static void step(StreamThread *self)
{
    thread_failures_look(self);
    if (is_blocked(self)) {
        self->stage = THREAD_SENDING;
        return;
    }
    if (self->fresh.is_there) {
        if (thread_tasks_would_lose_work(self) && !self->fresh.was_committed) {
            thread_commit_begin(self);
        } else {
            thread_tasks_take(self);
            thread_migration_await_producer(self);
        }
        return;
    }
    const bool closes = consumer_is_closing(self->consumer);
    if (!closes && thread_migration_needs_producer(self)) {
        if (self->polls_first) {
            self->polls_first = false;
            finish(self);
        } else {
            thread_migration_initialize(self);
        }
        return;
    }
    const bool last = closes && thread_commit_is_needed(self) && !self->tried_to_close;
    if (last || thread_commit_is_due(self) || thread_failures_have_come(self) ||
        thread_migration_is_due(self)) {
        self->tried_to_close = last;
        thread_commit_begin(self);
    } else if (closes || is_time_to_poll(self) || !thread_records_choose(self)) {
        finish(self);
    } else {
        work_on_record(self);
    }
}

/* False: it still has to wait. */
static bool go_on(StreamThread *self)
{
    if (self->stage == THREAD_LOSING) {
        return thread_migration_go_on(self);
    }
    if (self->stage != THREAD_SENDING && self->stage != THREAD_INITIALIZING) {
        return thread_commit_go_on(self);
    }
    const bool is_over =
        self->stage == THREAD_SENDING ? !is_blocked(self) : thread_migration_is_initialized(self);
    self->stage = is_over ? THREAD_NEXT : self->stage;
    return is_over;
}

static bool run(void *owner)
{
    StreamThread *self = owner;
    while (self->stage != THREAD_IDLE) {
        if (self->stage == THREAD_WORKING) {
            return false;
        }
        if (self->stage == THREAD_NEXT) {
            step(self);
        } else if (!go_on(self)) {
            consumer_wait(self->consumer);
            return false;
        }
    }
    return true;
}

static bool begin(StreamThread *self)
{
    consumer_begin_work(self->consumer);
    self->stage = THREAD_NEXT;
    return run(self);
}

/* ---- what the consumer calls */

static void before_poll(void *owner)
{
    thread_failures_look(owner);
    thread_tasks_look(owner);
}

static void
hand(void *owner, int64_t topic_id, const RecordBatch *batch, int64_t first, int64_t last)
{
    thread_records_queue(owner, topic_id, batch, first, last);
}

static bool polled(void *owner, int32_t records)
{
    StreamThread *self = owner;
    if (records == 0 && !thread_commit_is_due(self) && !thread_records_wait(self) &&
        !thread_migration_needs_producer(self)) {
        return false;
    }
    return begin(self);
}

static bool on_timer(void *owner)
{
    StreamThread *self = owner;
    if (self->stage == THREAD_WORKING) {
        self->stage = THREAD_NEXT;
        thread_records_process(self);
    }
    return run(self);
}

/* What is processed is committed first, if it can be. */
static bool may_close(void *owner)
{
    StreamThread *self = owner;
    const bool needs = thread_commit_is_needed(self) && consumer_is_member(self->consumer);
    return !needs || self->tried_to_close || begin(self);
}

static void lost(void *owner)
{
    thread_migration_lost(owner);
}

static SimTime next_action(void *owner)
{
    StreamThread *self = owner;
    const SimTime commit = thread_commit_next(self);
    if (thread_tasks_wait_for_ends(self)) {
        return MIN(commit, stream_thread_now(self) + SIM_MS(100)); /* retry.backoff.ms */
    }
    return commit;
}

const ConsumerProgram stream_thread_program = {
    .before_poll = before_poll,
    .hand = hand,
    .polled = polled,
    .run = run,
    .on_timer = on_timer,
    .may_close = may_close,
    .lost = lost,
    .next_action = next_action,
};
