/* fake_host.h - a group coordinator whose broker is a fake: the log commits after 2 ms unless told
 * otherwise, and answers are written down as lines of text. */
#ifndef KAFKASIM_TESTS_MODELS_GROUP_FAKE_HOST_H
#define KAFKASIM_TESTS_MODELS_GROUP_FAKE_HOST_H
#include "models/group/coordinator.h"
#include "models/group/share/simple_assignor.h"
#include <check.h>
#include <glib.h>
#include <stdarg.h>
#include <string.h>

#define OFFSETS_PARTITIONS 50
#define FIRST_OFFSETS      100   /* partition index of __consumer_offsets-0 */
#define GROUP              "abc" /* on partition 4 */
#define COMMIT_NS          SIM_MS(2)

typedef struct Pending {
    Timer timer;
    uint64_t token;
    uint32_t payload;
    bool used;
} Pending;

typedef struct Fake {
    Actor actor;
    Sim *sim;
    GroupCoordinator *coordinator;
    CoordinatorRecords *records;
    GString *lines;    /* every answer */
    GArray *log;       /* of RecordBatch: what was committed */
    KafkaError refuse; /* of the next appends; NONE commits them */
    bool silent;       /* appends are never answered */
    Pending appends[64];
    int32_t append_count;
    char last_id[MEMBER_ID_BYTES];
    int32_t last_generation;
    int32_t partitions; /* of every topic */
    int32_t topics;     /* t0, t1, ...: so many there are */
    int64_t newest;     /* metadata offset at which the last of them was created */
    int32_t bytes_max;  /* of a batch */
} Fake;

__attribute__((unused)) static const char *const RANGE[] = {"range", NULL};
__attribute__((unused)) static const char *const RANGE_AND_ROUNDROBIN[] = {
    "roundrobin", "range", NULL};

static inline void fake_on_start(Actor *actor)
{
    (void)actor;
}

static inline void fake_on_timer(Actor *actor, Timer *timer)
{
    Fake *self = (Fake *)actor;
    if (timer->kind == 1) {
        ck_assert(group_coordinator_on_timer(self->coordinator, timer));
        return;
    }
    Pending *pending = timer->owner;
    if (self->refuse == KAFKA_NONE) {
        const RecordBatch batch = {.partition = FIRST_OFFSETS + 4, .payload = pending->payload};
        g_array_append_val(self->log, batch);
    }
    group_coordinator_on_append(self->coordinator, pending->token, self->refuse);
}

static const ActorClass fake_class = {
    .name = "fake broker", .on_start = fake_on_start, .on_timer = fake_on_timer};

static inline void
fake_append(void *owner, int32_t partition, int32_t bytes, uint32_t payload, uint64_t token)
{
    Fake *self = owner;
    ck_assert_int_eq(partition, FIRST_OFFSETS + 4);
    ck_assert_int_gt(bytes, 0);
    if (self->silent) {
        return;
    }
    Pending *pending = &self->appends[self->append_count++ % 64];
    pending->token = token;
    pending->payload = payload;
    timer_init(&pending->timer, 2, pending);
    actor_arm(&self->actor, &pending->timer, COMMIT_NS);
}

static inline int32_t fake_append_bytes_max(void *owner, int32_t partition)
{
    (void)partition;
    return ((const Fake *)owner)->bytes_max;
}

static inline void print_join(Fake *self, JoinGroupResponse *response)
{
    g_strlcpy(self->last_id, response->member_id, sizeof self->last_id);
    self->last_generation = response->generation_id;
    g_string_append_printf(self->lines, "join %s", kafka_error_name(response->error));
    if (response->error == KAFKA_NONE) {
        g_string_append_printf(self->lines,
                               " generation %d %s %s members %d",
                               response->generation_id,
                               response->protocol,
                               strcmp(response->leader, response->member_id) == 0 ? "leader"
                                                                                  : "follower",
                               response->member_count);
    }
}

static inline void print_sync(Fake *self, const SyncGroupResponse *response)
{
    g_string_append_printf(self->lines, "sync %s", kafka_error_name(response->error));
    for (int32_t i = 0; i < response->count; i++) {
        g_string_append_printf(self->lines, " %d", response->partitions[i]);
    }
}

static inline void print_modern(Fake *self, const ConsumerGroupHeartbeatResponse *response)
{
    g_string_append_printf(self->lines, "%s", kafka_error_name(response->error));
    if (response->error == KAFKA_NONE) {
        g_string_append_printf(self->lines, " epoch %d", response->member_epoch);
    }
    for (int32_t i = 0; i < response->assigned_count; i++) {
        g_string_append_printf(self->lines, "%s%d", i == 0 ? ": " : " ", response->partitions[i]);
    }
    if (response->assigned_count == 0) {
        g_string_append(self->lines, ": nothing");
    }
}

static inline void print_offsets(Fake *self, const OffsetFetchResponse *response)
{
    g_string_append_printf(self->lines, "offsets %s", kafka_error_name(response->error));
    for (int32_t i = 0; i < response->count; i++) {
        g_string_append_printf(self->lines,
                               " %d:%ld",
                               response->offsets[i].partition,
                               (long)response->offsets[i].offset);
    }
}

/* "time client answer" */
static inline void fake_respond(void *owner, RequestHeader *request, ResponseHeader *response)
{
    Fake *self = owner;
    g_string_append_printf(
        self->lines, "%ld %s ", (long)(sim_now(self->sim) / SIM_MS(1)), request->client_id);
    switch (response->base.type & ~KAFKA_RESPONSE) {
    case KAFKA_JOIN_GROUP:
        print_join(self, (JoinGroupResponse *)response);
        break;
    case KAFKA_SYNC_GROUP:
        print_sync(self, (SyncGroupResponse *)response);
        break;
    case KAFKA_CONSUMER_GROUP_HEARTBEAT:
    case KAFKA_SHARE_GROUP_HEARTBEAT:
        print_modern(self, (ConsumerGroupHeartbeatResponse *)response);
        break;
    case KAFKA_OFFSET_FETCH:
        print_offsets(self, (OffsetFetchResponse *)response);
        break;
    default:
        g_string_append_printf(self->lines,
                               "%s %s",
                               kafka_api_name(response->base.type),
                               kafka_error_name(((HeartbeatResponse *)response)->error));
        break;
    }
    g_string_append_c(self->lines, '\n');
    ck_assert_uint_eq(response->correlation_id, request->correlation_id);
    message_free(self->sim, &request->base);
    message_free(self->sim, &response->base);
}

static inline int32_t fake_offsets_partition(void *owner, int32_t i)
{
    (void)owner;
    return FIRST_OFFSETS + i;
}

static inline int32_t fake_offsets_count(void *owner)
{
    (void)owner;
    return OFFSETS_PARTITIONS;
}

#define TOPICS_MAX 4

/* Topic t has partitions 10 t .. 10 t + fake->partitions - 1. */
static inline AssignorTopic fake_topic(void *owner, int32_t topic)
{
    static const char *const names[TOPICS_MAX] = {"t0", "t1", "t2", "t3"};
    const Fake *self = owner;
    return (AssignorTopic){.name = names[topic],
                           .first_partition = 10 * topic,
                           .partitions = topic < self->topics ? self->partitions : 0};
}

static inline int32_t fake_topic_count(void *owner)
{
    (void)owner;
    return TOPICS_MAX;
}

static inline int64_t fake_newest_topic(void *owner)
{
    return ((const Fake *)owner)->newest;
}

/* Another offset whenever topics or their number of partitions are others. */
static inline int64_t fake_metadata_offset(void *owner)
{
    const Fake *self = owner;
    return self->newest + 1 + 10 * self->topics + self->partitions;
}

__attribute__((unused)) static const char *const SERVER_RANGE[] = {"range", NULL};
__attribute__((unused)) static const char *const SERVER_NONE[] = {NULL};

static inline Fake *fake_new(void)
{
    Fake *self = g_new0(Fake, 1);
    self->sim = sim_new(7, NULL);
    self->partitions = 4;
    self->topics = 2;
    self->bytes_max = INT32_MAX;
    actor_init(&self->actor, &fake_class, self->sim, "broker-1", 0);
    ck_assert(actor_start(&self->actor));
    self->lines = g_string_new("");
    self->log = g_array_new(FALSE, FALSE, sizeof(RecordBatch));
    self->records = coordinator_records_new();
    const CoordinatorHost host = {
        .owner = self,
        .actor = &self->actor,
        .append = fake_append,
        .append_bytes_max = fake_append_bytes_max,
        .respond = fake_respond,
        .offsets_partition = fake_offsets_partition,
        .offsets_partition_count = fake_offsets_count,
        .topic = fake_topic,
        .metadata_offset = fake_metadata_offset,
        .topic_count = fake_topic_count,
        .newest_topic = fake_newest_topic,
    };
    const CoordinatorOptions options = {
        .initial_rebalance_delay_ns = SIM_SEC(3),
        .session_timeout_ns_min = SIM_SEC(6),
        .session_timeout_ns_max = SIM_SEC(1800),
        .group_max_size = INT32_MAX,
        .append_linger_ns = SIM_MS(5),
        .offset_commit_timeout_ns = SIM_SEC(5),
        .consumer = {.session_timeout_ns = SIM_SEC(45),
                     .heartbeat_interval_ns = SIM_SEC(5),
                     .max_size = 3,
                     .regex_refresh_interval_ns = SIM_SEC(600),
                     .may_upgrade = true,
                     .may_downgrade = true,
                     .assignors = SERVER_RANGE},
        .share_initialize_ns = SIM_MS(9),
        .share = {.session_timeout_ns = SIM_SEC(45),
                  .heartbeat_interval_ns = SIM_SEC(5),
                  .max_size = 3,
                  .assignors = SERVER_NONE,
                  .assignor = &simple_assignor},
        .timer_kind = 1,
    };
    self->coordinator = group_coordinator_new(&host, &options, self->records);
    group_coordinator_on_elected(self->coordinator, FIRST_OFFSETS + 4);
    group_coordinator_on_loaded(self->coordinator, FIRST_OFFSETS + 4);
    return self;
}

static inline void fake_free(Fake *self)
{
    group_coordinator_free(self->coordinator);
    coordinator_records_free(self->records);
    g_array_free(self->log, TRUE);
    g_string_free(self->lines, TRUE);
    sim_free(self->sim);
    actor_clear(&self->actor);
    g_free(self);
}

static inline void run_to(Fake *self, SimTime at)
{
    kernel_run(self->sim->kernel, at);
}

static inline gint compare_lines(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Answers of one instant go out in Java's order of random ids: a test looks at them sorted. */
static inline char *sorted_lines(const char *text)
{
    char **lines = g_strsplit(text, "\n", -1);
    GPtrArray *order = g_ptr_array_new();
    for (char **line = lines; *line != NULL; line++) {
        g_ptr_array_add(order, *line);
    }
    g_ptr_array_sort(order, compare_lines);
    g_ptr_array_add(order, NULL);
    char *sorted = g_strjoinv("\n", (char **)order->pdata);
    g_ptr_array_free(order, TRUE);
    g_strfreev(lines);
    return sorted;
}

/* What was answered since the last look. */
static inline void expect(Fake *self, const char *lines)
{
    char *got = sorted_lines(self->lines->str);
    char *wanted = sorted_lines(lines);
    ck_assert_str_eq(got, wanted);
    g_free(wanted);
    g_free(got);
    g_string_truncate(self->lines, 0);
}

static inline void *new_request(Fake *self, size_t bytes, uint16_t type, const char *client)
{
    RequestHeader *request = message_new(self->sim, bytes, type);
    request->client_id = client;
    request->correlation_id = 77;
    return request;
}

static inline void join_as(Fake *self,
                           const char *client,
                           const char *id,
                           const char *instance,
                           const char *const *protocols,
                           int32_t topic)
{
    JoinGroupRequest *request = new_request(
        self, KAFKA_MESSAGE_BYTES(JoinGroupRequest, items, 1), KAFKA_JOIN_GROUP, client);
    request->group_id = GROUP;
    g_strlcpy(request->member_id, id, sizeof request->member_id);
    request->group_instance_id = instance;
    request->session_timeout_ns = SIM_SEC(45);
    request->rebalance_timeout_ns = SIM_SEC(300);
    request->protocols = protocols;
    request->topic_count = 1;
    request->items[0] = topic;
    group_coordinator_handle(self->coordinator, &request->header);
}

static inline void join(Fake *self, const char *client, const char *id)
{
    join_as(self, client, id, NULL, RANGE, 0);
}

/* The first two requests of a dynamic member; its id is written to `id`. */
static inline void join_new(Fake *self, const char *client, char id[MEMBER_ID_BYTES])
{
    join(self, client, "");
    g_strlcpy(id, self->last_id, MEMBER_ID_BYTES);
    ck_assert(g_str_has_suffix(self->lines->str, "join MEMBER_ID_REQUIRED\n"));
    g_string_truncate(self->lines, 0);
    join(self, client, id);
}

/* A leader's sync gives member i the partition i. */
static inline void
sync_leader(Fake *self, const char *client, int32_t generation, const char *const *ids)
{
    int32_t count = 0;
    while (ids[count] != NULL) {
        count++;
    }
    SyncGroupRequest *request = sync_group_request_new(self->sim, count, count);
    request->header.client_id = client;
    request->header.correlation_id = 77;
    request->group_id = GROUP;
    request->generation_id = generation;
    g_strlcpy(request->member_id, ids[0], sizeof request->member_id);
    for (int32_t i = 0; i < count; i++) {
        g_strlcpy(request->assignments[i].member_id, ids[i], MEMBER_ID_BYTES);
        request->assignments[i].first_item = i;
        request->assignments[i].count = 1;
        sync_group_request_items(request)[i] = i;
    }
    group_coordinator_handle(self->coordinator, &request->header);
}

static inline void sync_follower(Fake *self, const char *client, int32_t generation, const char *id)
{
    SyncGroupRequest *request = sync_group_request_new(self->sim, 0, 0);
    request->header.client_id = client;
    request->header.correlation_id = 77;
    request->group_id = GROUP;
    request->generation_id = generation;
    g_strlcpy(request->member_id, id, sizeof request->member_id);
    group_coordinator_handle(self->coordinator, &request->header);
}

static inline void heartbeat(Fake *self, const char *client, int32_t generation, const char *id)
{
    HeartbeatRequest *request =
        new_request(self, sizeof(HeartbeatRequest), KAFKA_HEARTBEAT, client);
    request->group_id = GROUP;
    request->generation_id = generation;
    g_strlcpy(request->member_id, id, sizeof request->member_id);
    group_coordinator_handle(self->coordinator, &request->header);
}

static inline void leave(Fake *self, const char *client, const char *id)
{
    LeaveGroupRequest *request =
        new_request(self, sizeof(LeaveGroupRequest), KAFKA_LEAVE_GROUP, client);
    request->group_id = GROUP;
    g_strlcpy(request->member_id, id, sizeof request->member_id);
    group_coordinator_handle(self->coordinator, &request->header);
}

static inline void
commit(Fake *self, const char *client, int32_t generation, const char *id, int64_t offset)
{
    OffsetCommitRequest *request = new_request(
        self, KAFKA_MESSAGE_BYTES(OffsetCommitRequest, offsets, 1), KAFKA_OFFSET_COMMIT, client);
    request->group_id = GROUP;
    request->generation_id = generation;
    g_strlcpy(request->member_id, id, sizeof request->member_id);
    request->count = 1;
    request->offsets[0] = (OffsetEntry){.partition = 3, .offset = offset, .leader_epoch = 0};
    group_coordinator_handle(self->coordinator, &request->header);
}

static inline void fetch_offset(Fake *self)
{
    OffsetFetchRequest *request = new_request(
        self, KAFKA_MESSAGE_BYTES(OffsetFetchRequest, partitions, 1), KAFKA_OFFSET_FETCH, "any");
    request->group_id = GROUP;
    request->count = 1;
    request->partitions[0] = 3;
    group_coordinator_handle(self->coordinator, &request->header);
}

/* Two members, Stable, generation 1; it is 4 s. */
typedef struct Pair {
    char a[MEMBER_ID_BYTES];
    char b[MEMBER_ID_BYTES];
} Pair;

static inline Pair stable_pair(Fake *self)
{
    Pair pair;
    join_new(self, "A", pair.a);
    join_new(self, "B", pair.b);
    run_to(self, SIM_SEC(3));
    run_to(self, SIM_SEC(6));
    ck_assert_int_eq(self->last_generation, 1);
    g_string_truncate(self->lines, 0);
    const char *const ids[] = {pair.a, pair.b, NULL};
    sync_follower(self, "B", 1, pair.b);
    sync_leader(self, "A", 1, ids);
    run_to(self, SIM_SEC(7));
    expect(self, "6007 A sync NONE 0\n6007 B sync NONE 1\n");
    return pair;
}

static inline void let_commit(Fake *self)
{
    run_to(self, sim_now(self->sim) + SIM_MS(100));
}

/* Another broker takes the partition over and reads its log. */
static inline void move_coordinator(Fake *self)
{
    group_coordinator_on_resigned(self->coordinator, FIRST_OFFSETS + 4);
    group_coordinator_on_elected(self->coordinator, FIRST_OFFSETS + 4);
    for (guint i = 0; i < self->log->len; i++) {
        group_coordinator_on_load(self->coordinator, &g_array_index(self->log, RecordBatch, i));
    }
    group_coordinator_on_loaded(self->coordinator, FIRST_OFFSETS + 4);
}

#endif
