/* The classic group protocol, row by row, through a coordinator whose broker is a fake: the log
 * commits after 2 ms unless told otherwise, and answers are written down as lines of text. */
#include "models/group/coordinator.h"
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
} Fake;

static const char *const RANGE[] = {"range", NULL};
static const char *const RANGE_AND_ROUNDROBIN[] = {"roundrobin", "range", NULL};

static void fake_on_start(Actor *actor)
{
    (void)actor;
}

static void fake_on_timer(Actor *actor, Timer *timer)
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

static void
fake_append(void *owner, int32_t partition, int32_t bytes, uint32_t payload, uint64_t token)
{
    Fake *self = owner;
    ck_assert_int_eq(partition, FIRST_OFFSETS + 4);
    ck_assert_int_gt(bytes, RECORD_BATCH_OVERHEAD_BYTES);
    if (self->silent) {
        return;
    }
    Pending *pending = &self->appends[self->append_count++ % 64];
    pending->token = token;
    pending->payload = payload;
    timer_init(&pending->timer, 2, pending);
    actor_arm(&self->actor, &pending->timer, COMMIT_NS);
}

static void print_join(Fake *self, JoinGroupResponse *response)
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

static void print_sync(Fake *self, const SyncGroupResponse *response)
{
    g_string_append_printf(self->lines, "sync %s", kafka_error_name(response->error));
    for (int32_t i = 0; i < response->count; i++) {
        g_string_append_printf(self->lines, " %d", response->partitions[i]);
    }
}

static void print_offsets(Fake *self, const OffsetFetchResponse *response)
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
static void fake_respond(void *owner, RequestHeader *request, ResponseHeader *response)
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

static int32_t fake_offsets_partition(void *owner, int32_t i)
{
    (void)owner;
    return FIRST_OFFSETS + i;
}

static int32_t fake_offsets_count(void *owner)
{
    (void)owner;
    return OFFSETS_PARTITIONS;
}

static Fake *fake_new(void)
{
    Fake *self = g_new0(Fake, 1);
    self->sim = sim_new(7, NULL);
    actor_init(&self->actor, &fake_class, self->sim, "broker-1", 0);
    ck_assert(actor_start(&self->actor));
    self->lines = g_string_new("");
    self->log = g_array_new(FALSE, FALSE, sizeof(RecordBatch));
    self->records = coordinator_records_new();
    const CoordinatorHost host = {
        .owner = self,
        .actor = &self->actor,
        .append = fake_append,
        .respond = fake_respond,
        .offsets_partition = fake_offsets_partition,
        .offsets_partition_count = fake_offsets_count,
    };
    const CoordinatorOptions options = {
        .initial_rebalance_delay_ns = SIM_SEC(3),
        .session_timeout_ns_min = SIM_SEC(6),
        .session_timeout_ns_max = SIM_SEC(1800),
        .append_linger_ns = SIM_MS(5),
        .offset_commit_timeout_ns = SIM_SEC(5),
        .timer_kind = 1,
    };
    self->coordinator = group_coordinator_new(&host, &options, self->records);
    group_coordinator_on_elected(self->coordinator, FIRST_OFFSETS + 4);
    group_coordinator_on_loaded(self->coordinator, FIRST_OFFSETS + 4);
    return self;
}

static void fake_free(Fake *self)
{
    group_coordinator_free(self->coordinator);
    coordinator_records_free(self->records);
    g_array_free(self->log, TRUE);
    g_string_free(self->lines, TRUE);
    sim_free(self->sim);
    actor_clear(&self->actor);
    g_free(self);
}

static void run_to(Fake *self, SimTime at)
{
    kernel_run(self->sim->kernel, at);
}

/* What was answered since the last look. */
static void expect(Fake *self, const char *lines)
{
    ck_assert_str_eq(self->lines->str, lines);
    g_string_truncate(self->lines, 0);
}

static void *new_request(Fake *self, size_t bytes, uint16_t type, const char *client)
{
    RequestHeader *request = message_new(self->sim, bytes, type);
    request->client_id = client;
    request->correlation_id = 77;
    return request;
}

static void join_as(Fake *self,
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

static void join(Fake *self, const char *client, const char *id)
{
    join_as(self, client, id, NULL, RANGE, 0);
}

/* The first two requests of a dynamic member; its id is written to `id`. */
static void join_new(Fake *self, const char *client, char id[MEMBER_ID_BYTES])
{
    join(self, client, "");
    g_strlcpy(id, self->last_id, MEMBER_ID_BYTES);
    ck_assert(g_str_has_suffix(self->lines->str, "join MEMBER_ID_REQUIRED\n"));
    g_string_truncate(self->lines, 0);
    join(self, client, id);
}

/* A leader's sync gives member i the partition i. */
static void sync_leader(Fake *self, const char *client, int32_t generation, const char *const *ids)
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

static void sync_follower(Fake *self, const char *client, int32_t generation, const char *id)
{
    SyncGroupRequest *request = sync_group_request_new(self->sim, 0, 0);
    request->header.client_id = client;
    request->header.correlation_id = 77;
    request->group_id = GROUP;
    request->generation_id = generation;
    g_strlcpy(request->member_id, id, sizeof request->member_id);
    group_coordinator_handle(self->coordinator, &request->header);
}

static void heartbeat(Fake *self, const char *client, int32_t generation, const char *id)
{
    HeartbeatRequest *request =
        new_request(self, sizeof(HeartbeatRequest), KAFKA_HEARTBEAT, client);
    request->group_id = GROUP;
    request->generation_id = generation;
    g_strlcpy(request->member_id, id, sizeof request->member_id);
    group_coordinator_handle(self->coordinator, &request->header);
}

static void leave(Fake *self, const char *client, const char *id)
{
    LeaveGroupRequest *request =
        new_request(self, sizeof(LeaveGroupRequest), KAFKA_LEAVE_GROUP, client);
    request->group_id = GROUP;
    g_strlcpy(request->member_id, id, sizeof request->member_id);
    group_coordinator_handle(self->coordinator, &request->header);
}

static void
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

static void fetch_offset(Fake *self)
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

static Pair stable_pair(Fake *self)
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

START_TEST(a_lone_member_waits_for_the_initial_delay)
{
    Fake *self = fake_new();
    char id[MEMBER_ID_BYTES];
    join_new(self, "A", id);
    ck_assert(g_str_has_prefix(id, "A-"));
    ck_assert_uint_eq(strlen(id), strlen("A-") + 36);
    run_to(self, SIM_SEC(10));
    expect(self, "3000 A join NONE generation 1 range leader members 1\n");
    fake_free(self);
}
END_TEST

START_TEST(who_joins_within_the_delay_makes_it_run_once_more)
{
    Fake *self = fake_new();
    char a[MEMBER_ID_BYTES];
    char b[MEMBER_ID_BYTES];
    char c[MEMBER_ID_BYTES];
    join_new(self, "A", a);
    run_to(self, SIM_MS(1000));
    join_new(self, "B", b);
    run_to(self, SIM_MS(2500));
    join_new(self, "C", c);
    run_to(self, SIM_SEC(10));
    expect(self,
           "6000 A join NONE generation 1 range leader members 3\n"
           "6000 B join NONE generation 1 range follower members 0\n"
           "6000 C join NONE generation 1 range follower members 0\n");
    fake_free(self);
}
END_TEST

START_TEST(syncs_are_answered_when_the_assignment_is_in_the_log)
{
    Fake *self = fake_new();
    char a[MEMBER_ID_BYTES];
    join_new(self, "A", a);
    run_to(self, SIM_SEC(4));
    g_string_truncate(self->lines, 0);
    const char *const ids[] = {a, NULL};
    sync_leader(self, "A", 1, ids);
    run_to(self, SIM_SEC(4) + SIM_MS(6));
    expect(self, ""); /* linger 5 ms + 2 ms */
    run_to(self, SIM_SEC(5));
    expect(self, "4007 A sync NONE 0\n");
    GroupView view;
    ck_assert(group_coordinator_view(self->coordinator, GROUP, &view));
    ck_assert_str_eq(view.state, "Stable");
    ck_assert_int_eq(view.rebalances, 1);
    ck_assert_str_eq(group_coordinator_owner(self->coordinator, GROUP, 0), a);
    fake_free(self);
}
END_TEST

START_TEST(a_new_member_is_told_to_others_by_their_heartbeat)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    char c[MEMBER_ID_BYTES];
    join_new(self, "C", c);
    heartbeat(self, "A", 1, pair.a);
    expect(self, "7000 A Heartbeat REBALANCE_IN_PROGRESS\n");
    join(self, "A", pair.a);
    run_to(self, SIM_SEC(9));
    expect(self, "");
    join(self, "B", pair.b);
    expect(self,
           "9000 A join NONE generation 2 range leader members 3\n"
           "9000 B join NONE generation 2 range follower members 0\n"
           "9000 C join NONE generation 2 range follower members 0\n");
    heartbeat(self, "A", 2, pair.a); /* CompletingRebalance answers NONE */
    expect(self, "9000 A Heartbeat NONE\n");
    heartbeat(self, "A", 1, pair.a);
    expect(self, "9000 A Heartbeat ILLEGAL_GENERATION\n");
    fake_free(self);
}
END_TEST

START_TEST(an_unused_member_id_holds_the_rebalance_until_its_session_ends)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    join(self, "C", "");
    char c[MEMBER_ID_BYTES];
    join_new(self, "D", c);
    join(self, "A", pair.a);
    join(self, "B", pair.b);
    g_string_truncate(self->lines, 0);
    run_to(self, SIM_SEC(51));
    expect(self, "");
    run_to(self, SIM_SEC(53)); /* 7 s + 45 s */
    ck_assert(g_str_has_prefix(self->lines->str, "52000 A join NONE generation 2 range leader"));
    fake_free(self);
}
END_TEST

START_TEST(a_follower_that_rejoins_unchanged_gets_the_present_generation)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    join(self, "B", pair.b);
    expect(self, "7000 B join NONE generation 1 range follower members 0\n");
    join(self, "A", pair.a); /* the leader always forces a rebalance */
    heartbeat(self, "B", 1, pair.b);
    expect(self, "7000 B Heartbeat REBALANCE_IN_PROGRESS\n");
    fake_free(self);
}
END_TEST

START_TEST(a_changed_subscription_forces_a_rebalance)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    join_as(self, "B", pair.b, NULL, RANGE, 1);
    heartbeat(self, "A", 1, pair.a);
    expect(self, "7000 A Heartbeat REBALANCE_IN_PROGRESS\n");
    fake_free(self);
}
END_TEST

START_TEST(when_the_leader_leaves_another_leads_the_next_generation)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    leave(self, "A", pair.a);
    expect(self, "7000 A LeaveGroup NONE\n");
    heartbeat(self, "B", 1, pair.b);
    expect(self, "7000 B Heartbeat REBALANCE_IN_PROGRESS\n");
    join(self, "B", pair.b);
    expect(self, "7000 B join NONE generation 2 range leader members 1\n");
    heartbeat(self, "A", 1, pair.a);
    expect(self, "7000 A Heartbeat UNKNOWN_MEMBER_ID\n");
    fake_free(self);
}
END_TEST

START_TEST(the_last_member_that_leaves_empties_the_group)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    leave(self, "A", pair.a);
    leave(self, "B", pair.b);
    GroupView view;
    ck_assert(group_coordinator_view(self->coordinator, GROUP, &view));
    ck_assert_str_eq(view.state, "Empty");
    ck_assert_int_eq(view.generation, 2);
    fake_free(self);
}
END_TEST

START_TEST(a_silent_member_expires_after_its_session)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    for (int s = 10; s <= 49; s += 3) {
        run_to(self, SIM_SEC(s));
        heartbeat(self, "A", 1, pair.a);
    }
    ck_assert_ptr_null(strstr(self->lines->str, "REBALANCE"));
    g_string_truncate(self->lines, 0);
    run_to(self, SIM_SEC(52)); /* B's last sign was its sync's answer at 6.007 s */
    heartbeat(self, "A", 1, pair.a);
    expect(self, "52000 A Heartbeat REBALANCE_IN_PROGRESS\n");
    join(self, "A", pair.a);
    expect(self, "52000 A join NONE generation 2 range leader members 1\n");
    fake_free(self);
}
END_TEST

START_TEST(a_member_that_heartbeats_but_never_rejoins_is_dropped_at_the_rebalance_timeout)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    join(self, "A", pair.a);
    for (int s = 10; s < 307; s += 3) {
        run_to(self, SIM_SEC(s));
        heartbeat(self, "B", 1, pair.b);
    }
    g_string_truncate(self->lines, 0);
    run_to(self, SIM_SEC(308));
    expect(self, "307000 A join NONE generation 2 range leader members 1\n");
    fake_free(self);
}
END_TEST

START_TEST(who_never_syncs_is_dropped_at_the_sync_timeout)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    join(self, "A", pair.a);
    join(self, "B", pair.b);
    const char *const ids[] = {pair.a, pair.b, NULL};
    sync_leader(self, "A", 2, ids);
    for (int s = 10; s < 307; s += 3) {
        run_to(self, SIM_SEC(s));
        heartbeat(self, "A", 2, pair.a);
        heartbeat(self, "B", 2, pair.b);
    }
    ck_assert_ptr_null(strstr(self->lines->str, "REBALANCE"));
    run_to(self, SIM_SEC(308));
    g_string_truncate(self->lines, 0);
    heartbeat(self, "B", 2, pair.b);
    heartbeat(self, "A", 2, pair.a);
    expect(self,
           "308000 B Heartbeat UNKNOWN_MEMBER_ID\n"
           "308000 A Heartbeat REBALANCE_IN_PROGRESS\n");
    fake_free(self);
}
END_TEST

START_TEST(a_join_in_completing_sends_the_parked_syncs_back)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    join(self, "A", pair.a);
    join(self, "B", pair.b);
    g_string_truncate(self->lines, 0);
    sync_follower(self, "B", 2, pair.b);
    char c[MEMBER_ID_BYTES];
    join(self, "C", "");
    g_strlcpy(c, self->last_id, sizeof c);
    g_string_truncate(self->lines, 0);
    join(self, "C", c);
    expect(self, "7000 B sync REBALANCE_IN_PROGRESS\n");
    sync_follower(self, "B", 2, pair.b);
    expect(self, "7000 B sync REBALANCE_IN_PROGRESS\n");
    fake_free(self);
}
END_TEST

START_TEST(an_assignment_that_cannot_be_stored_fails_the_syncs)
{
    Fake *self = fake_new();
    char a[MEMBER_ID_BYTES];
    join_new(self, "A", a);
    run_to(self, SIM_SEC(4));
    g_string_truncate(self->lines, 0);
    self->refuse = KAFKA_NOT_ENOUGH_REPLICAS;
    const char *const ids[] = {a, NULL};
    sync_leader(self, "A", 1, ids);
    run_to(self, SIM_SEC(5));
    expect(self, "4007 A sync COORDINATOR_NOT_AVAILABLE\n");
    heartbeat(self, "A", 1, a);
    expect(self, "5000 A Heartbeat REBALANCE_IN_PROGRESS\n");
    fake_free(self);
}
END_TEST

START_TEST(the_protocol_is_the_one_that_all_support)
{
    Fake *self = fake_new();
    join_as(self, "A", "", NULL, RANGE_AND_ROUNDROBIN, 0);
    char a[MEMBER_ID_BYTES];
    g_strlcpy(a, self->last_id, sizeof a);
    join_as(self, "A", a, NULL, RANGE_AND_ROUNDROBIN, 0);
    char b[MEMBER_ID_BYTES];
    join(self, "B", "");
    g_strlcpy(b, self->last_id, sizeof b);
    join(self, "B", b);
    g_string_truncate(self->lines, 0);
    run_to(self, SIM_SEC(7));
    expect(self,
           "6000 A join NONE generation 1 range leader members 2\n"
           "6000 B join NONE generation 1 range follower members 0\n");
    static const char *const other[] = {"mine", NULL};
    join_as(self, "C", "", NULL, other, 0);
    expect(self, "7000 C join INCONSISTENT_GROUP_PROTOCOL\n");
    fake_free(self);
}
END_TEST

START_TEST(a_commit_is_answered_and_seen_when_it_is_committed)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    fetch_offset(self);
    expect(self, "7000 any offsets NONE 3:-1\n");
    commit(self, "A", 1, pair.a, 42);
    run_to(self, SIM_SEC(7) + SIM_MS(6));
    fetch_offset(self);
    expect(self, "7006 any offsets NONE 3:-1\n");
    run_to(self, SIM_SEC(8));
    fetch_offset(self);
    expect(self, "7007 A OffsetCommit NONE\n8000 any offsets NONE 3:42\n");
    ck_assert_int_eq(group_coordinator_committed(self->coordinator, GROUP, 3), 42);
    commit(self, "A", 1, pair.a, 40); /* the last write wins */
    run_to(self, SIM_SEC(9));
    ck_assert_int_eq(group_coordinator_committed(self->coordinator, GROUP, 3), 40);
    fake_free(self);
}
END_TEST

START_TEST(commits_need_the_present_generation_and_are_refused_in_completing)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    commit(self, "A", 0, pair.a, 1);
    expect(self, "7000 A OffsetCommit ILLEGAL_GENERATION\n");
    commit(self, "A", 1, "somebody", 1);
    expect(self, "7000 A OffsetCommit UNKNOWN_MEMBER_ID\n");
    join(self, "A", pair.a);
    commit(self, "B", 1, pair.b, 5); /* PreparingRebalance accepts */
    run_to(self, SIM_SEC(8));
    expect(self, "7007 B OffsetCommit NONE\n");
    join(self, "B", pair.b);
    g_string_truncate(self->lines, 0);
    commit(self, "B", 2, pair.b, 6);
    expect(self, "8000 B OffsetCommit REBALANCE_IN_PROGRESS\n");
    fake_free(self);
}
END_TEST

START_TEST(commits_without_a_group_are_only_for_empty_ones)
{
    Fake *self = fake_new();
    commit(self, "tool", -1, "", 9);
    run_to(self, SIM_SEC(1));
    expect(self, "7 tool OffsetCommit NONE\n");
    fake_free(self);
    self = fake_new();
    (void)stable_pair(self);
    commit(self, "tool", -1, "", 9);
    expect(self, "7000 tool OffsetCommit UNKNOWN_MEMBER_ID\n");
    fake_free(self);
}
END_TEST

START_TEST(commits_that_meet_within_the_linger_share_one_batch)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    const int32_t before = self->append_count;
    commit(self, "A", 1, pair.a, 1);
    run_to(self, SIM_SEC(7) + SIM_MS(3));
    commit(self, "B", 1, pair.b, 2);
    run_to(self, SIM_SEC(8));
    expect(self, "7007 A OffsetCommit NONE\n7007 B OffsetCommit NONE\n");
    ck_assert_int_eq(self->append_count - before, 1);
    fake_free(self);
}
END_TEST

START_TEST(a_commit_that_is_not_replicated_times_out)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    self->silent = true;
    commit(self, "A", 1, pair.a, 1);
    run_to(self, SIM_SEC(20));
    expect(self, "12005 A OffsetCommit COORDINATOR_NOT_AVAILABLE\n");
    fake_free(self);
}
END_TEST

START_TEST(a_new_coordinator_goes_on_from_the_log)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    commit(self, "A", 1, pair.a, 42);
    run_to(self, SIM_SEC(8));
    g_string_truncate(self->lines, 0);
    join(self, "A", pair.a); /* parked */
    group_coordinator_on_resigned(self->coordinator, FIRST_OFFSETS + 4);
    expect(self, "8000 A join NOT_COORDINATOR\n");
    heartbeat(self, "A", 1, pair.a);
    expect(self, "8000 A Heartbeat NOT_COORDINATOR\n");
    group_coordinator_on_elected(self->coordinator, FIRST_OFFSETS + 4);
    heartbeat(self, "A", 1, pair.a);
    expect(self, "8000 A Heartbeat COORDINATOR_LOAD_IN_PROGRESS\n");
    for (guint i = 0; i < self->log->len; i++) {
        group_coordinator_on_load(self->coordinator, &g_array_index(self->log, RecordBatch, i));
    }
    group_coordinator_on_loaded(self->coordinator, FIRST_OFFSETS + 4);
    heartbeat(self, "A", 1, pair.a);
    sync_follower(self, "B", 1, pair.b);
    fetch_offset(self);
    expect(self,
           "8000 A Heartbeat NONE\n"
           "8000 B sync NONE 1\n"
           "8000 any offsets NONE 3:42\n");
    run_to(self, SIM_SEC(52)); /* sessions began anew at 8 s */
    heartbeat(self, "A", 1, pair.a);
    expect(self, "52000 A Heartbeat NONE\n");
    run_to(self, SIM_SEC(54));
    heartbeat(self, "A", 1, pair.a);
    expect(self, "54000 A Heartbeat REBALANCE_IN_PROGRESS\n");
    fake_free(self);
}
END_TEST

START_TEST(a_static_member_comes_back_without_a_rebalance)
{
    Fake *self = fake_new();
    join_as(self, "S", "", "s-1", RANGE, 0); /* no second request for static members */
    run_to(self, SIM_SEC(4));
    expect(self, "3000 S join NONE generation 1 range leader members 1\n");
    char old[MEMBER_ID_BYTES];
    g_strlcpy(old, self->last_id, sizeof old);
    const char *const ids[] = {old, NULL};
    sync_leader(self, "S", 1, ids);
    run_to(self, SIM_SEC(5));
    expect(self, "4007 S sync NONE 0\n");
    join_as(self, "S", "", "s-1", RANGE, 0); /* the process was restarted */
    run_to(self, SIM_SEC(6));
    expect(self, "5007 S join NONE generation 1 range leader members 1\n");
    ck_assert_str_ne(self->last_id, old);
    sync_follower(self, "S", 1, self->last_id);
    heartbeat(self, "S", 1, old);
    expect(self, "6000 S sync NONE 0\n6000 S Heartbeat UNKNOWN_MEMBER_ID\n");
    fake_free(self);
}
END_TEST

static TCase *join_case(void)
{
    TCase *tests = tcase_create("join");
    tcase_add_test(tests, a_lone_member_waits_for_the_initial_delay);
    tcase_add_test(tests, who_joins_within_the_delay_makes_it_run_once_more);
    tcase_add_test(tests, syncs_are_answered_when_the_assignment_is_in_the_log);
    tcase_add_test(tests, a_new_member_is_told_to_others_by_their_heartbeat);
    tcase_add_test(tests, an_unused_member_id_holds_the_rebalance_until_its_session_ends);
    tcase_add_test(tests, a_follower_that_rejoins_unchanged_gets_the_present_generation);
    tcase_add_test(tests, a_changed_subscription_forces_a_rebalance);
    tcase_add_test(tests, when_the_leader_leaves_another_leads_the_next_generation);
    tcase_add_test(tests, the_last_member_that_leaves_empties_the_group);
    tcase_add_test(tests, a_silent_member_expires_after_its_session);
    tcase_add_test(tests,
                   a_member_that_heartbeats_but_never_rejoins_is_dropped_at_the_rebalance_timeout);
    tcase_add_test(tests, who_never_syncs_is_dropped_at_the_sync_timeout);
    tcase_add_test(tests, a_join_in_completing_sends_the_parked_syncs_back);
    tcase_add_test(tests, an_assignment_that_cannot_be_stored_fails_the_syncs);
    tcase_add_test(tests, the_protocol_is_the_one_that_all_support);
    tcase_add_test(tests, a_static_member_comes_back_without_a_rebalance);
    return tests;
}

static TCase *offsets_case(void)
{
    TCase *tests = tcase_create("offsets");
    tcase_add_test(tests, a_commit_is_answered_and_seen_when_it_is_committed);
    tcase_add_test(tests, commits_need_the_present_generation_and_are_refused_in_completing);
    tcase_add_test(tests, commits_without_a_group_are_only_for_empty_ones);
    tcase_add_test(tests, commits_that_meet_within_the_linger_share_one_batch);
    tcase_add_test(tests, a_commit_that_is_not_replicated_times_out);
    tcase_add_test(tests, a_new_coordinator_goes_on_from_the_log);
    return tests;
}

int main(void)
{
    Suite *suite = suite_create("classic group");
    suite_add_tcase(suite, join_case());
    suite_add_tcase(suite, offsets_case());
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
