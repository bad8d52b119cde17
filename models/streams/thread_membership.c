/* thread_membership.c - a stream thread as a member of its group: what it says of itself when it
 * joins, what the leader decides, what each is told.
 *
 * A subscription says: process id, partitions owned, and of each task how far its store is. An
 * assignment: the partitions of the active tasks, and behind them (-1) when to join again, the
 * active tasks, the standbys.
 *
 * Mirrors: StreamsPartitionAssignor, SubscriptionInfo, AssignmentInfo,
 * TaskManager.getTaskOffsetSums, InternalTopicManager.makeReady. */
#include "models/streams/partition_assignor.h"
#include "models/streams/stream_thread_state.h"
#include <string.h>

#define USER_DATA       (-1)
#define LOW_BITS        31
#define TASK_OFFSET_LOW INT64_C(2) /* so that STREAMS_LAG_RUNNING is not below 0 */
#define LONGEST_PROBING                                                                            \
    (SIM_SEC(1) * G_MAXINT32) /* an assignment says when in two words: 68 years */

/* Instead of it, AssignorError.INCOMPLETE_SOURCE_TOPIC_METADATA. */
typedef enum JoinAgain { AGAIN_NEVER, AGAIN_NOW, AGAIN_TO_PROBE, SOURCE_MISSING } JoinAgain;

/* ---- what a member says */

static void add_offset(GArray *into, int32_t task, int64_t offset)
{
    const int64_t value = offset + TASK_OFFSET_LOW;
    const int32_t numbers[] = {
        task,
        (int32_t)(value >> LOW_BITS),
        (int32_t)(value & ((INT64_C(1) << LOW_BITS) - 1)),
    };
    g_array_append_vals(into, numbers, G_N_ELEMENTS(numbers));
}

/* The first thread of a process speaks for the stores on its disk that no thread has open. */
static void add_offsets(const StreamThread *self, GArray *into)
{
    for (int32_t t = 0; t < topology_task_count(self->app->topology); t++) {
        const TaskStore *store = stream_thread_store(self, t);
        const bool speaks =
            store->thread == self->member || (store->thread < 0 && self->member == self->process);
        if (!self->app->topology->stateful[t] || !speaks) {
            continue;
        }
        if (self->tasks[t].state == TASK_RUNNING) {
            add_offset(into, t, STREAMS_LAG_RUNNING);
        } else if (store->position >= 0) {
            add_offset(into, t, store->position);
        }
    }
}

static const GArray *metadata(void *owner)
{
    StreamThread *self = owner;
    const int32_t *owned;
    const int32_t count = consumer_owned(self->consumer, &owned);
    g_array_set_size(self->subscription, 0);
    g_array_append_val(self->subscription, self->process_id);
    g_array_append_val(self->subscription, count);
    g_array_append_vals(self->subscription, owned, (guint)count);
    add_offsets(self, self->subscription);
    return self->subscription;
}

static void read_member(StreamsMember *member, const JoinGroupMember *entry, const int32_t *items)
{
    const int32_t *at = &items[entry->first_item + entry->topic_count];
    const int32_t *end = at + entry->owned_count;
    streams_member_init(member, entry->member_id, *at++);
    const int32_t owned = *at++;
    g_array_append_vals(member->owned, at, (guint)owned);
    for (at += owned; at + 2 < end; at += 3) {
        const TaskOffset offset = {
            .task = at[0],
            .offset = ((int64_t)at[1] << LOW_BITS | at[2]) - TASK_OFFSET_LOW,
        };
        g_array_append_val(member->offsets, offset);
    }
}

/* ---- the leader */

/* Asks for those that are missing; false while there are any. */
static bool make_topics_ready(const StreamThread *self)
{
    const StreamsAdmin *admin = &self->app->admin;
    const GArray *topics = self->app->group->streams->internal_topics;
    bool ready = true;
    for (guint i = 0; i < topics->len; i++) {
        const int32_t topic = g_array_index(topics, int32_t, i);
        if (!admin->topic_exists(admin->owner, topic)) {
            admin->create_topic(admin->owner, topic);
            ready = false;
        }
    }
    return ready;
}

/* A topic that a sub-topology reads and none of them writes. */
static bool lacks_source(const StreamThread *self)
{
    const StreamsAdmin *admin = &self->app->admin;
    const StreamsSpec *spec = self->app->group->streams;
    for (guint i = 0; i < self->app->group->topics->len; i++) {
        const int32_t topic = g_array_index(self->app->group->topics, int32_t, i);
        bool is_internal = false;
        for (guint k = 0; k < spec->internal_topics->len; k++) {
            is_internal |= g_array_index(spec->internal_topics, int32_t, k) == topic;
        }
        if (!is_internal && !admin->topic_exists(admin->owner, topic)) {
            return true;
        }
    }
    return false;
}

/* errorAssignment(): to each member, instead of tasks. */
static SyncGroupRequest *write_error(const StreamThread *self, const JoinGroupResponse *response)
{
    static const int32_t error[] = {USER_DATA, SOURCE_MISSING, 0, 0, 0, 0};
    g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(int32_t));
    g_autoptr(GArray) assignments = g_array_new(FALSE, FALSE, sizeof(SyncAssignment));
    for (int32_t m = 0; m < response->member_count; m++) {
        SyncAssignment entry = {
            .first_item = (int32_t)items->len,
            .count = G_N_ELEMENTS(error),
        };
        g_strlcpy(entry.member_id, response->members[m].member_id, sizeof entry.member_id);
        g_array_append_vals(items, error, G_N_ELEMENTS(error));
        g_array_append_val(assignments, entry);
    }
    return sync_group_request_of(stream_thread_actor(self)->sim, assignments, items);
}

static bool read_ends(const StreamThread *self, int64_t *ret_ends)
{
    const StreamsAdmin *admin = &self->app->admin;
    for (int32_t t = 0; t < topology_task_count(self->app->topology); t++) {
        const int32_t changelog = topology_task(self->app->topology, t)->changelog;
        ret_ends[t] = changelog < 0 ? 0 : admin->end_offset(admin->owner, changelog, false);
        if (ret_ends[t] < 0) {
            return false;
        }
    }
    return true;
}

static void add_tasks(GArray *items, const GArray *tasks)
{
    const int32_t count = (int32_t)tasks->len;
    g_array_append_val(items, count);
    g_array_append_vals(items, tasks->data, tasks->len);
}

static gint by_partition(gconstpointer a, gconstpointer b)
{
    return *(const int32_t *)a - *(const int32_t *)b;
}

static void write_member(const StreamThread *self, const StreamsMember *member, GArray *items)
{
    const Topology *topology = self->app->topology;
    g_autoptr(GArray) partitions = g_array_new(FALSE, FALSE, sizeof(int32_t));
    for (guint i = 0; i < member->active->len; i++) {
        const TopologyTask *task =
            topology_task(topology, g_array_index(member->active, int32_t, i));
        for (int32_t s = task->first_source; s < task->first_source + task->source_count; s++) {
            g_array_append_val(partitions, topology_source(topology, s)->partition);
        }
    }
    g_array_sort(partitions, by_partition);
    g_array_append_vals(items, partitions->data, partitions->len);
    const SimTime now = stream_thread_now(self);
    const SimTime deadline = now + MIN(self->app->probing_interval_ns, LONGEST_PROBING - now);
    const int32_t head[] = {
        USER_DATA,
        member->joins_again ? AGAIN_NOW
        : member->probes    ? AGAIN_TO_PROBE
                            : AGAIN_NEVER,
        (int32_t)(deadline / SIM_SEC(1)),
        (int32_t)(deadline % SIM_SEC(1)),
    };
    g_array_append_vals(items, head, G_N_ELEMENTS(head));
    add_tasks(items, member->active);
    add_tasks(items, member->standby);
}

static SyncGroupRequest *
write_assignments(const StreamThread *self, const StreamsMember *members, int32_t count)
{
    g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(int32_t));
    g_autoptr(GArray) assignments = g_array_new(FALSE, FALSE, sizeof(SyncAssignment));
    for (int32_t m = 0; m < count; m++) {
        SyncAssignment entry = {.first_item = (int32_t)items->len};
        g_strlcpy(entry.member_id, members[m].member_id, sizeof entry.member_id);
        write_member(self, &members[m], items);
        entry.count = (int32_t)items->len - entry.first_item;
        g_array_append_val(assignments, entry);
    }
    return sync_group_request_of(stream_thread_actor(self)->sim, assignments, items);
}

static int32_t leader_of(const JoinGroupResponse *response)
{
    for (int32_t m = 0; m < response->member_count; m++) {
        if (strcmp(response->members[m].member_id, response->leader) == 0) {
            return m;
        }
    }
    return 0;
}

static void count_probing(StreamThread *self, const StreamsMember *members, int32_t count)
{
    for (int32_t m = 0; m < count; m++) {
        self->app->counts.probings += members[m].probes;
    }
}

static SyncGroupRequest *assign(void *owner, const JoinGroupResponse *response)
{
    StreamThread *self = owner;
    const int32_t tasks = topology_task_count(self->app->topology);
    const int32_t count = response->member_count;
    g_autofree int64_t *ends = g_new0(int64_t, (gsize)MAX(1, tasks));
    if (lacks_source(self)) {
        return write_error(self, response);
    }
    if (!make_topics_ready(self) || !read_ends(self, ends)) {
        return NULL;
    }
    g_autofree StreamsMember *members = g_new0(StreamsMember, (gsize)count);
    const int32_t *items = join_group_response_items((JoinGroupResponse *)(guintptr)response);
    for (int32_t m = 0; m < count; m++) {
        read_member(&members[m], &response->members[m], items);
    }
    streams_partition_assign(
        self->app->topology, self->app->options, ends, members, count, leader_of(response));
    count_probing(self, members, count);
    SyncGroupRequest *request = write_assignments(self, members, count);
    for (int32_t m = 0; m < count; m++) {
        streams_member_clear(&members[m]);
    }
    return request;
}

/* ---- what a member is told */

static const int32_t *read_tasks(GArray *into, const int32_t *at)
{
    const int32_t count = *at++;
    g_array_set_size(into, 0);
    g_array_append_vals(into, at, (guint)count);
    return at + count;
}

static void read_assignment(StreamThread *self, const SyncGroupResponse *response)
{
    NewAssignment *fresh = &self->fresh;
    const int32_t *at = response->partitions;
    const int32_t *end = at + response->count;
    while (at < end && *at != USER_DATA) {
        at++;
    }
    g_array_set_size(fresh->active, 0);
    g_array_set_size(fresh->standby, 0);
    fresh->again = SIM_TIME_MAX;
    fresh->lacks_source = at < end && at[1] == SOURCE_MISSING;
    if (at == end) {
        return; /* the leader did not know this member */
    }
    if (at[1] == AGAIN_NOW) {
        fresh->again = stream_thread_now(self);
        fresh->reason = "tasks change hands";
    } else if (at[1] == AGAIN_TO_PROBE) {
        fresh->again = SIM_SEC((int64_t)at[2]) + at[3];
        fresh->reason = "scheduled probing rebalance";
    }
    (void)read_tasks(fresh->standby, read_tasks(fresh->active, &at[4]));
}

static void take(void *owner, const SyncGroupResponse *response, int32_t generation)
{
    StreamThread *self = owner;
    read_assignment(self, response);
    self->fresh.is_there = true;
    self->fresh.was_committed = false;
    self->generation = generation; /* what is given up is committed in it */
    g_strlcpy(self->member_id, consumer_member_id(self->consumer), sizeof self->member_id);
    consumer_begin_work(self->consumer);
    self->stage = THREAD_NEXT;
    (void)stream_thread_program.run(self);
}

static void start(void *owner)
{
    StreamThread *self = owner;
    self->app->failed[self->process] = false;
    self->given_up = 0;
    self->awaits_producer = false;
    self->polls_first = false;
    state_updater_start(self->updater);
}

static void end(void *owner, bool crashed)
{
    StreamThread *self = owner;
    if (crashed) {
        thread_records_interrupt(self);
    }
    thread_tasks_close_all(self, !crashed);
    state_updater_kill(self->updater);
    self->fresh.is_there = false;
    self->tried_to_close = false;
    self->stage = THREAD_IDLE;
    self->committed_at = stream_thread_now(self);
}

static const char *const protocols[] = {"stream", NULL};
const MemberWork stream_thread_work = {
    .protocols = protocols,
    .keeps_partitions = true,
    .stays = true,
    .metadata = metadata,
    .assign = assign,
    .take = take,
    .start = start,
    .end = end,
};
