/* state_updater.c - see state_updater.h. */
#include "models/streams/state_updater.h"
#include "models/consumer/program.h"

typedef struct UpdatedTask {
    int32_t task;
    bool follows;
    int64_t end;
} UpdatedTask;

struct StateUpdater {
    StreamsApp *app;
    int32_t process;
    Consumer *consumer;
    void (*notify)(void *owner);
    void *owner;
    GArray *tasks;  /* of UpdatedTask, in the order in which they came */
    int64_t handed; /* records in hand */
    Stream chance;
};

StateUpdater *
state_updater_new(StreamsApp *app, int32_t process, void (*notify)(void *owner), void *owner)
{
    StateUpdater *self = g_new0(StateUpdater, 1);
    self->app = app;
    self->process = process;
    self->notify = notify;
    self->owner = owner;
    self->tasks = g_array_new(FALSE, FALSE, sizeof(UpdatedTask));
    return self;
}

void state_updater_free(StateUpdater *self)
{
    consumer_free(self->consumer);
    g_array_free(self->tasks, TRUE);
    g_free(self);
}

void state_updater_set_consumer(StateUpdater *self, Consumer *consumer)
{
    self->consumer = consumer;
    actor_stream(consumer_actor(consumer), "restore", &self->chance);
}

Consumer *state_updater_consumer(StateUpdater *self)
{
    return self->consumer;
}

void state_updater_start(StateUpdater *self)
{
    (void)actor_start(consumer_actor(self->consumer));
}

void state_updater_kill(StateUpdater *self)
{
    g_array_set_size(self->tasks, 0);
    self->handed = 0;
    (void)actor_kill(consumer_actor(self->consumer));
}

/* ---- which tasks */

static UpdatedTask *task_at(const StateUpdater *self, guint i)
{
    return &g_array_index(self->tasks, UpdatedTask, i);
}

static UpdatedTask *find(const StateUpdater *self, int32_t task)
{
    for (guint i = 0; i < self->tasks->len; i++) {
        if (task_at(self, i)->task == task) {
            return task_at(self, i);
        }
    }
    return NULL;
}

static int32_t changelog_of(const StateUpdater *self, int32_t task)
{
    return topology_task(self->app->topology, task)->changelog;
}

/* Active tasks first. */
static void pause_standbys(StateUpdater *self)
{
    bool restores = false;
    for (guint i = 0; i < self->tasks->len; i++) {
        restores = restores || !task_at(self, i)->follows;
    }
    for (guint i = 0; i < self->tasks->len; i++) {
        const UpdatedTask *entry = task_at(self, i);
        consumer_pause(self->consumer, changelog_of(self, entry->task), restores && entry->follows);
    }
    consumer_wake(self->consumer);
}

static void add(StateUpdater *self, int32_t task, bool follows, int64_t end)
{
    UpdatedTask *known = find(self, task);
    if (known != NULL) {
        known->follows = follows;
        known->end = end;
    } else {
        const UpdatedTask fresh = {task, follows, end};
        g_array_append_val(self->tasks, fresh);
        const TaskStore *store = streams_app_store(self->app, self->process, task);
        consumer_add_partition(self->consumer, changelog_of(self, task), store->position);
    }
    pause_standbys(self);
}

void state_updater_restore(StateUpdater *self, int32_t task, int64_t end)
{
    add(self, task, false, end);
}

void state_updater_follow(StateUpdater *self, int32_t task)
{
    add(self, task, true, INT64_MAX);
}

void state_updater_remove(StateUpdater *self, int32_t task)
{
    for (guint i = 0; i < self->tasks->len; i++) {
        if (task_at(self, i)->task == task) {
            g_array_remove_index(self->tasks, i);
            consumer_remove_partition(self->consumer, changelog_of(self, task));
            pause_standbys(self);
            return;
        }
    }
}

bool state_updater_is_restored(const StateUpdater *self, int32_t task)
{
    const UpdatedTask *entry = find(self, task);
    const TaskStore *store = streams_app_store(self->app, self->process, task);
    return entry != NULL && store->position >= entry->end;
}

/* ---- its thread */

/* What was read is in the stores. */
static void apply(StateUpdater *self)
{
    bool restored = false;
    for (guint i = 0; i < self->tasks->len; i++) {
        const UpdatedTask *entry = task_at(self, i);
        TaskStore *store = streams_app_store(self->app, self->process, entry->task);
        const int64_t position = consumer_position(self->consumer, changelog_of(self, entry->task));
        const bool moved = position > store->position;
        store->position = MAX(store->position, position);
        if (entry->follows) {
            task_store_checkpoint(store);
        }
        restored = restored || (moved && store->position >= entry->end);
    }
    if (restored) {
        self->notify(self->owner);
    }
}

static void
hand(void *owner, int64_t topic_id, const RecordBatch *batch, int64_t first, int64_t last)
{
    StateUpdater *self = owner;
    (void)topic_id;
    (void)batch;
    self->handed += last - first + 1;
}

static bool polled(void *owner, int32_t records)
{
    StateUpdater *self = owner;
    if (records == 0) {
        apply(self);
        return false;
    }
    const SimDuration time = distribution_draw_sum(
        &self->app->group->streams->restore_record, &self->chance, (uint64_t)self->handed);
    self->handed = 0;
    if (time <= 0) {
        apply(self);
        return true;
    }
    consumer_begin_work(self->consumer);
    consumer_work_for(self->consumer, time);
    return false;
}

static bool run(void *owner)
{
    (void)owner;
    return false; /* only its time ends it */
}

static bool on_timer(void *owner)
{
    StateUpdater *self = owner;
    consumer_end_work(self->consumer);
    apply(self);
    return true;
}

static void before_poll(void *owner)
{
    (void)owner;
}

static SimTime next_action(void *owner)
{
    (void)owner;
    return SIM_TIME_MAX;
}

const ConsumerProgram state_updater_program = {
    .before_poll = before_poll,
    .hand = hand,
    .polled = polled,
    .run = run,
    .on_timer = on_timer,
    .next_action = next_action,
};
