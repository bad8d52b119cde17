/* thread_tasks.c - the tasks of a stream thread: opened, restored, recycled, closed.
 *
 * Mirrors: TaskManager.handleAssignment, .handleCloseAndRecycle,
 * .handleRestoredTasksFromStateUpdater, StreamTask, StandbyTask. Under exactly_once_v2 an active
 * task deletes its checkpoint, and a store without one is emptied before it is restored. */
#include "models/streams/stream_thread_state.h"
#include <string.h>

void thread_tasks_init(StreamThread *self)
{
    const gsize tasks = (gsize)MAX(1, topology_task_count(self->app->topology));
    const gsize sources = MAX(1, self->app->topology->sources->len);
    self->tasks = g_new0(ThreadTask, tasks);
    self->sources = g_new0(SourceQueue, sources);
    for (guint s = 0; s < self->app->topology->sources->len; s++) {
        self->sources[s].ranges = g_array_new(FALSE, FALSE, sizeof(QueuedRange));
        self->sources[s].processed = -1;
    }
    self->active = g_array_new(FALSE, FALSE, sizeof(int32_t));
    self->standby = g_array_new(FALSE, FALSE, sizeof(int32_t));
    self->fresh.active = g_array_new(FALSE, FALSE, sizeof(int32_t));
    self->fresh.standby = g_array_new(FALSE, FALSE, sizeof(int32_t));
}

void thread_tasks_clear(StreamThread *self)
{
    for (guint s = 0; s < self->app->topology->sources->len; s++) {
        g_array_free(self->sources[s].ranges, TRUE);
    }
    g_array_free(self->active, TRUE);
    g_array_free(self->standby, TRUE);
    g_array_free(self->fresh.active, TRUE);
    g_array_free(self->fresh.standby, TRUE);
    g_free(self->tasks);
    g_free(self->sources);
}

static int32_t task_at(const GArray *tasks, guint i)
{
    return g_array_index(tasks, int32_t, i);
}

static bool is_among(const GArray *tasks, int32_t task)
{
    for (guint i = 0; i < tasks->len; i++) {
        if (task_at(tasks, i) == task) {
            return true;
        }
    }
    return false;
}

static bool is_stateful(const StreamThread *self, int32_t task)
{
    return self->app->topology->stateful[task];
}

static bool is_exactly_once(const StreamThread *self)
{
    return self->app->group->streams->exactly_once;
}

bool thread_tasks_is_dirty(const StreamThread *self, int32_t task)
{
    const TopologyTask *of = topology_task(self->app->topology, task);
    for (int32_t s = of->first_source; s < of->first_source + of->source_count; s++) {
        if (self->sources[s].processed >= 0) {
            return true;
        }
    }
    return false;
}

bool thread_tasks_would_lose_work(const StreamThread *self)
{
    for (guint i = 0; i < self->active->len; i++) {
        const int32_t task = task_at(self->active, i);
        if (!is_among(self->fresh.active, task) && thread_tasks_is_dirty(self, task)) {
            return true;
        }
    }
    return false;
}

/* ---- closed */

static void drop_sources(StreamThread *self, int32_t task)
{
    const TopologyTask *of = topology_task(self->app->topology, task);
    for (int32_t s = of->first_source; s < of->first_source + of->source_count; s++) {
        thread_records_drop(self, s);
    }
}

static void close_task(StreamThread *self, int32_t task, bool in_order)
{
    TaskStore *store = stream_thread_store(self, task);
    const bool clean = in_order && !thread_tasks_is_dirty(self, task);
    drop_sources(self, task);
    state_updater_remove(self->updater, task);
    if (is_stateful(self, task) && store->thread == self->member) {
        task_store_close(store, clean);
    }
    self->tasks[task].state = TASK_CLOSED;
}

void thread_tasks_close_all(StreamThread *self, bool in_order)
{
    for (guint i = 0; i < self->active->len; i++) {
        close_task(self, task_at(self->active, i), in_order);
    }
    for (guint i = 0; i < self->standby->len; i++) {
        close_task(self, task_at(self->standby, i), in_order);
    }
    g_array_set_size(self->active, 0);
    g_array_set_size(self->standby, 0);
    self->is_restoring = false;
}

static void close_what_goes(StreamThread *self)
{
    for (guint i = 0; i < self->active->len; i++) {
        const int32_t task = task_at(self->active, i);
        if (is_among(self->fresh.standby, task)) {
            drop_sources(self, task);
        } else if (!is_among(self->fresh.active, task)) {
            close_task(self, task, true);
        }
    }
    for (guint i = 0; i < self->standby->len; i++) {
        const int32_t task = task_at(self->standby, i);
        if (!is_among(self->fresh.active, task) && !is_among(self->fresh.standby, task)) {
            close_task(self, task, true);
        }
    }
}

/* ---- opened */

static void pause_sources(StreamThread *self, int32_t task, bool paused)
{
    const TopologyTask *of = topology_task(self->app->topology, task);
    for (int32_t s = of->first_source; s < of->first_source + of->source_count; s++) {
        consumer_pause(self->consumer, topology_source(self->app->topology, s)->partition, paused);
    }
}

static void begin_to_restore(StreamThread *self, int32_t task)
{
    TaskStore *store = stream_thread_store(self, task);
    store->thread = self->member;
    if (is_exactly_once(self)) {
        store->checkpoint = STREAMS_NOTHING;
    }
    pause_sources(self, task, true);
    self->tasks[task] = (ThreadTask){
        .state = TASK_RESTORING,
        .restore_from = MAX(store->position, 0),
        .restore_to = -1,
        .since = stream_thread_now(self),
    };
}

static void open_active(StreamThread *self, int32_t task)
{
    const TaskState state = self->tasks[task].state;
    if (state == TASK_RUNNING || state == TASK_RESTORING) {
        return;
    }
    streams_app_moved(self->app, self->process, task, state == TASK_STANDBY);
    if (is_stateful(self, task)) {
        begin_to_restore(self, task);
    } else {
        self->tasks[task].state = TASK_RUNNING;
    }
}

static void open_standby(StreamThread *self, int32_t task)
{
    if (self->tasks[task].state != TASK_STANDBY) {
        self->tasks[task].state = TASK_STANDBY;
        stream_thread_store(self, task)->thread = self->member;
        state_updater_follow(self->updater, task);
    }
}

static void replace(GArray *tasks, const GArray *by)
{
    g_array_set_size(tasks, 0);
    g_array_append_vals(tasks, by->data, by->len);
}

static void take_partitions(StreamThread *self)
{
    g_autoptr(GArray) partitions = g_array_new(FALSE, FALSE, sizeof(int32_t));
    for (guint i = 0; i < self->active->len; i++) {
        const TopologyTask *of = topology_task(self->app->topology, task_at(self->active, i));
        for (int32_t s = of->first_source; s < of->first_source + of->source_count; s++) {
            g_array_append_val(partitions, topology_source(self->app->topology, s)->partition);
        }
    }
    consumer_take_partitions(
        self->consumer, (const int32_t *)(const void *)partitions->data, (int32_t)partitions->len);
}

static void
add_names(const StreamThread *self, GString *text, const char *what, const GArray *tasks)
{
    char name[32];
    for (guint i = 0; i < tasks->len; i++) {
        topology_task_name(self->app->topology, task_at(tasks, i), name, sizeof name);
        g_string_append_printf(text, "%s%s", i == 0 ? what : " ", name);
    }
}

static void log_assignment(const StreamThread *self)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_printf(text, "generation %d:", self->generation);
    add_names(self, text, " ", self->active);
    add_names(self, text, "; standby ", self->standby);
    actor_log(stream_thread_actor(self), "assigned", "%s", text->str);
}

void thread_tasks_take(StreamThread *self)
{
    self->fresh.is_there = false;
    if (self->fresh.lacks_source) {
        thread_tasks_close_all(self, true);
        take_partitions(self);
        thread_failures_end_instance(self,
                                     "MissingSourceTopicException: a source topic is missing");
        return;
    }
    close_what_goes(self);
    replace(self->active, self->fresh.active);
    replace(self->standby, self->fresh.standby);
    self->is_restoring = false; /* the new assignment is told of first */
    take_partitions(self);
    log_assignment(self);
    for (guint i = 0; i < self->active->len; i++) {
        open_active(self, task_at(self->active, i));
    }
    for (guint i = 0; i < self->standby->len; i++) {
        open_standby(self, task_at(self->standby, i));
    }
    consumer_rejoin_at(self->consumer, self->fresh.again, self->fresh.reason);
    thread_tasks_look(self);
}

/* ---- restored */

static void log_task(const StreamThread *self, int32_t task, const char *what)
{
    const ThreadTask *entry = &self->tasks[task];
    const TopologyTask *of = topology_task(self->app->topology, task);
    const int64_t position = MAX(stream_thread_store(self, task)->position, entry->restore_from);
    const SimDuration time = stream_thread_now(self) - entry->since;
    char name[32];
    char changelog[160];
    topology_task_name(self->app->topology, task, name, sizeof name);
    metadata_partition_name(
        self->app->topology->topics, of->changelog, changelog, sizeof changelog);
    if (strcmp(what, "restoring") == 0) {
        actor_log(stream_thread_actor(self),
                  what,
                  "%s: %s from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
                  name,
                  changelog,
                  entry->restore_from,
                  entry->restore_to);
    } else {
        actor_log(stream_thread_actor(self),
                  what,
                  "%s: %" G_GINT64_FORMAT " records restored in %d ms",
                  name,
                  position - entry->restore_from,
                  (int)(time / SIM_MS(1)));
    }
}

static void begin_to_run(StreamThread *self, int32_t task)
{
    ThreadTask *entry = &self->tasks[task];
    TaskStore *store = stream_thread_store(self, task);
    state_updater_remove(self->updater, task);
    store->position = MAX(store->position, entry->restore_to);
    entry->state = TASK_RUNNING;
    pause_sources(self, task, false);
    streams_app_restored(self->app,
                         MAX(0, store->position - entry->restore_from),
                         stream_thread_now(self) - entry->since);
    log_task(self, task, "running");
    if (!is_exactly_once(self)) {
        store->checkpoint = store->position;
    }
}

static void look_at(StreamThread *self, int32_t task)
{
    ThreadTask *entry = &self->tasks[task];
    if (entry->restore_to < 0) {
        const StreamsAdmin *admin = &self->app->admin;
        const int32_t changelog = topology_task(self->app->topology, task)->changelog;
        entry->restore_to = admin->end_offset(admin->owner, changelog, is_exactly_once(self));
        if (entry->restore_to < 0) {
            return;
        }
        if (entry->restore_from < entry->restore_to) {
            log_task(self, task, "restoring");
            state_updater_restore(self->updater, task, entry->restore_to);
        }
    }
    if (entry->restore_from >= entry->restore_to ||
        state_updater_is_restored(self->updater, task)) {
        begin_to_run(self, task);
    }
}

static void note_restoring(StreamThread *self, bool restores)
{
    if (restores != self->is_restoring) {
        self->is_restoring = restores;
        consumer_note_state(self->consumer, restores ? "restoring" : "consuming");
    }
}

void thread_tasks_look(StreamThread *self)
{
    bool restores = false;
    for (guint i = 0; i < self->active->len; i++) {
        const int32_t task = task_at(self->active, i);
        if (self->tasks[task].state == TASK_RESTORING) {
            look_at(self, task);
        }
        restores = restores || self->tasks[task].state == TASK_RESTORING;
    }
    note_restoring(self, restores);
}

bool thread_tasks_wait_for_ends(const StreamThread *self)
{
    for (guint i = 0; i < self->active->len; i++) {
        const ThreadTask *task = &self->tasks[task_at(self->active, i)];
        if (task->state == TASK_RESTORING && task->restore_to < 0) {
            return true;
        }
    }
    return false;
}

void thread_tasks_revive_one(StreamThread *self, int32_t task)
{
    const TopologyTask *of = topology_task(self->app->topology, task);
    TaskStore *store = stream_thread_store(self, task);
    drop_sources(self, task);
    for (int32_t s = of->first_source; s < of->first_source + of->source_count; s++) {
        consumer_rewind(self->consumer, topology_source(self->app->topology, s)->partition);
    }
    if (is_stateful(self, task)) {
        state_updater_remove(self->updater, task);
        store->position = is_exactly_once(self) ? STREAMS_NOTHING : store->checkpoint;
        begin_to_restore(self, task);
    }
}

void thread_tasks_revive(StreamThread *self)
{
    for (guint i = 0; i < self->active->len; i++) {
        thread_tasks_revive_one(self, task_at(self->active, i));
    }
    thread_tasks_look(self);
}
