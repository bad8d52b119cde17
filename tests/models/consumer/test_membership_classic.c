/* test_membership_classic.c - the classic membership of one or two consumers beside scripted
 * brokers and the real coordinator: why they join, what an error of a commit does to them, what
 * static members do otherwise. */
#include "models/consumer/consumer_state.h"
#include "tests/models/consumer/fake_cluster.h"
#include "tests/run_suite.h"

#define TRACE(api) (UINT32_C(1) << (api))

static void set(FakeCluster *self, const char *name, const char *value)
{
    ck_assert(kafka_config_set(self->spec->config, name, value));
}

static int32_t owned(const Consumer *member)
{
    const int32_t *partitions = NULL;
    return consumer_owned(member, &partitions);
}

/* One member, joined, with a record to commit; it is 4 s. */
static Consumer *joined(FakeCluster *self)
{
    set(self, "auto.commit.interval.ms", "1000");
    Consumer *member = fake_start(self, "c");
    fake_run(self, SIM_SEC(4));
    ck_assert_int_eq(owned(member), self->partitions);
    g_string_truncate(self->lines, 0);
    return member;
}

/* What the members gave as reason for their joins since `from`. */
static char *reasons(const FakeCluster *self, SimTime from)
{
    GString *text = g_string_new(NULL);
    const EventLog *log = self->sim->log;
    for (uint32_t id = 1; id <= event_log_count(log); id++) {
        LoggedEvent event;
        if (event_log_get(log, id, &event) && event.time >= from &&
            strcmp(event.what, "join") == 0) {
            g_string_append_printf(text, "%s %s\n", event.actor, event.detail);
        }
    }
    return g_string_free(text, FALSE);
}

START_TEST(each_join_says_why)
{
    FakeCluster *self = fake_new(2);
    (void)fake_start(self, "a");
    fake_run(self, SIM_SEC(4));
    (void)fake_start(self, "b");
    fake_run(self, SIM_SEC(12));
    g_autofree char *said = reasons(self, 0);
    ck_assert_str_eq(said,
                     "a g: first join\n"
                     "a g: need to re-join with the given member id\n"
                     "b g: first join\n"
                     "b g: need to re-join with the given member id\n"
                     "a g: group is already rebalancing\n");
    fake_free(self);
}
END_TEST

/* What the answer to a commit does: the member id, the generation, the partitions. */
static void after_commit_error(KafkaError error, bool keeps_id, bool loses, const char *reason)
{
    FakeCluster *self = fake_new(1);
    set(self, "session.timeout.ms", "6000"); /* the coordinator waits for the old id so long */
    Consumer *member = joined(self);
    char id[MEMBER_ID_BYTES];
    g_strlcpy(id, consumer_member_id(member), sizeof id);
    fake_produce(self, 0, 3);
    self->commit_error = error;
    fake_run(self, SIM_SEC(20));
    ck_assert_int_eq(owned(member), 1);
    ck_assert_int_eq(strcmp(id, consumer_member_id(member)) == 0, keeps_id);
    g_autofree char *said = reasons(self, SIM_SEC(4));
    ck_assert(g_str_has_prefix(said, reason));
    bool lost = false;
    for (uint32_t e = 1; e <= event_log_count(self->sim->log); e++) {
        LoggedEvent event;
        lost =
            lost || (event_log_get(self->sim->log, e, &event) &&
                     strcmp(event.what, "revoked") == 0 && g_str_has_prefix(event.detail, "lost"));
    }
    ck_assert_int_eq(lost, loses);
    fake_free(self);
}

START_TEST(a_commit_refused_in_a_rebalance_makes_it_join_with_what_it_has)
{
    after_commit_error(
        KAFKA_REBALANCE_IN_PROGRESS, true, false, "c g: commit during a rebalance\n");
}
END_TEST

START_TEST(a_commit_of_an_old_generation_loses_the_partitions_but_not_the_id)
{
    after_commit_error(KAFKA_ILLEGAL_GENERATION, true, true, "c g: ILLEGAL_GENERATION\n");
}
END_TEST

START_TEST(a_commit_of_an_unknown_member_loses_both)
{
    after_commit_error(KAFKA_UNKNOWN_MEMBER_ID, false, true, "c g: UNKNOWN_MEMBER_ID\n");
}
END_TEST

/* Heartbeats come every 3 s, commits every second. */
START_TEST(who_is_replaced_by_its_own_instance_id_learns_it_by_its_next_commit)
{
    FakeCluster *self = fake_new(1);
    set(self, "group.instance.id", "one");
    Consumer *first = joined(self);
    fake_produce(self, 0, 3);
    fake_run(self, SIM_MS(4500));
    Consumer *second = fake_start(self, "c2");
    fake_run(self, SIM_MS(5800));
    ck_assert_int_eq(consumer_actor(first)->life, ACTOR_DEAD);
    ck_assert_int_eq(owned(second), 1); /* at once: the group does not rebalance */
    ck_assert_int_eq(consumer_generation(second), 1);
    fake_free(self);
}
END_TEST

START_TEST(a_static_member_that_closes_does_not_leave)
{
    for (int is_static = 0; is_static < 2; is_static++) {
        FakeCluster *self = fake_new(1);
        if (is_static) {
            set(self, "group.instance.id", "one");
        }
        self->traced = TRACE(KAFKA_LEAVE_GROUP);
        Consumer *member = joined(self);
        consumer_close(member);
        fake_run(self, SIM_SEC(5));
        ck_assert_int_eq(self->lines->len > 0, !is_static);
        GroupView view;
        ck_assert(group_coordinator_view(self->coordinator, "g", &view));
        ck_assert_str_eq(view.state, is_static ? "Stable" : "Empty");
        fake_free(self);
    }
}
END_TEST

START_TEST(a_static_member_that_does_not_poll_stays_until_its_session_ends)
{
    FakeCluster *self = fake_new(1);
    set(self, "group.instance.id", "one");
    set(self, "max.poll.interval.ms", "20000");
    set(self, "session.timeout.ms", "10000");
    self->spec->process_poll = distribution_constant(SIM_SEC(60));
    self->traced = TRACE(KAFKA_LEAVE_GROUP);
    (void)joined(self);
    fake_produce(self, 0, 1);
    GroupView view;
    fake_run(self, SIM_SEC(30)); /* the last poll() was at 4 s: no heartbeat after 24 s */
    ck_assert_str_eq(self->lines->str, "");
    ck_assert(group_coordinator_view(self->coordinator, "g", &view));
    ck_assert_str_eq(view.state, "Stable");
    fake_run(self, SIM_SEC(35));
    ck_assert(group_coordinator_view(self->coordinator, "g", &view));
    ck_assert_str_eq(view.state, "Empty");
    fake_free(self);
}
END_TEST

/* A cooperative member works off a backlog, 20 records a poll, and commits each poll; at 5 s a
 * second one comes. How many of its commits fail in the client? The poll that sends JoinGroup hands
 * out records, and so does the next one, that sends SyncGroup. */
static int failed_commits(SimDuration process)
{
    FakeCluster *self = fake_new(2);
    set(self, "enable.auto.commit", "false");
    set(self, "max.poll.records", "20");
    set(self,
        "partition.assignment.strategy",
        "org.apache.kafka.clients.consumer.CooperativeStickyAssignor");
    self->spec->process_record = distribution_constant(process);
    self->spec->application.commit = COMMIT_SYNC;
    Consumer *first = fake_start(self, "a");
    fake_run(self, SIM_SEC(4));
    for (int i = 0; i < 100; i++) {
        fake_produce(self, 0, 100);
    }
    fake_run(self, SIM_SEC(5));
    (void)fake_start(self, "b");
    fake_run(self, SIM_MS(8500)); /* a's heartbeat was at 6 s */
    ck_assert_int_eq(consumer_generation(first), 2);
    int failed = 0;
    bool over = false; /* with the assignment; another rebalance follows */
    for (uint32_t e = 1; e <= event_log_count(self->sim->log) && !over; e++) {
        LoggedEvent event;
        if (event_log_get(self->sim->log, e, &event) && strcmp(event.actor, "a") == 0) {
            failed += strcmp(event.what, "commit failed") == 0 ? 1 : 0;
            over = g_str_has_prefix(event.detail, "generation 2: ");
        }
    }
    ck_assert(over);
    fake_free(self);
    return failed;
}

/* 200 ms a poll. The heartbeat thread polls the network too once the group is joined: it takes the
 * answer to SyncGroup, and the member is stable before it polls again. */
START_TEST(a_busy_member_is_stable_as_soon_as_its_heartbeat_thread_looks)
{
    ck_assert_int_eq(failed_commits(SIM_MS(10)), 1);
}
END_TEST

/* 60 ms a poll: the thread, which looks every 100 ms, has not seen the answer yet. */
START_TEST(a_commit_before_the_heartbeat_thread_looks_fails)
{
    ck_assert_int_eq(failed_commits(SIM_MS(3)), 2);
}
END_TEST

/* commitSync() throws, and the application goes on; a cooperative member keeps its position, so
 * that nothing comes again. What is committed stays behind until there is a next record. */
START_TEST(what_a_refused_commit_left_out_the_next_one_takes_along)
{
    FakeCluster *self = fake_new(1);
    set(self, "enable.auto.commit", "false");
    set(self,
        "partition.assignment.strategy",
        "org.apache.kafka.clients.consumer.CooperativeStickyAssignor");
    self->spec->application.commit = COMMIT_SYNC;
    (void)fake_start(self, "c");
    fake_run(self, SIM_SEC(4));
    self->traced = UINT32_C(1) << KAFKA_OFFSET_COMMIT % 32;
    g_string_truncate(self->lines, 0);
    fake_produce(self, 0, 3);
    self->commit_error = KAFKA_REBALANCE_IN_PROGRESS;
    fake_run(self, SIM_SEC(30));
    fake_expect(self, "4002 c commits 0@3\n");
    fake_produce(self, 0, 1);
    fake_run(self, SIM_SEC(31));
    fake_expect(self, "30002 c commits 0@4\n");
    fake_free(self);
}
END_TEST

/* ---- a worker's transactions (KIP-447) */

typedef struct FakeSink {
    int ended;
    SinkOffsets last;
} FakeSink;

static bool sink_is_ready(void *owner)
{
    return owner != NULL;
}

static void sink_nothing(void *owner)
{
    (void)owner;
}

static void sink_send(void *owner, int32_t number, const RecordOrigin *origin)
{
    (void)owner;
    (void)number;
    (void)origin;
}

static void sink_end(void *owner, const SinkOffsets *offsets)
{
    FakeSink *self = owner;
    self->ended++;
    self->last = *offsets;
}

static SinkOutcome sink_outcome(void *owner)
{
    (void)owner;
    return SINK_DONE;
}

/* The heartbeat thread hears in the middle of a poll() that the member is none any more, then loses
 * its coordinator, and that poll() still hands out a record. groupMetadata() says who it was when
 * it last joined (ConsumerCoordinator.onJoinComplete), which the coordinator refuses; from nobody
 * at all it would take offsets (ClassicGroup.validateOffsetCommit). */
START_TEST(a_worker_that_was_put_out_commits_under_the_name_it_had)
{
    FakeCluster *self = fake_new(1);
    FakeSink fake = {0};
    const RecordSink sink = {
        .owner = &fake,
        .is_transactional = true,
        .start = sink_nothing,
        .kill = sink_nothing,
        .close = sink_nothing,
        .is_ready = sink_is_ready,
        .send = sink_send,
        .end = sink_end,
        .outcome = sink_outcome,
    };
    set(self, "enable.auto.commit", "false");
    Consumer *member = fake_start(self, "c");
    consumer_set_sink(member, &sink);
    fake_run(self, SIM_SEC(4));
    char id[MEMBER_ID_BYTES];
    g_strlcpy(id, consumer_member_id(member), sizeof id);
    membership_reset_generation(member, true, "UNKNOWN_MEMBER_ID");
    membership_coordinator_unknown(member, false);
    member->options.poll_timeout_ns = 0; /* does not wait for the coordinator */
    fake_produce(self, 0, 1);
    fake_run(self, SIM_MS(4100));
    ck_assert_int_eq(fake.ended, 1);
    ck_assert_int_eq(fake.last.generation_id, 1);
    ck_assert_str_eq(fake.last.member_id, id);
    fake_free(self);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("membership, classic protocol");
    TCase *tests = tcase_create("classic");
    tcase_add_test(tests, each_join_says_why);
    tcase_add_test(tests, a_commit_refused_in_a_rebalance_makes_it_join_with_what_it_has);
    tcase_add_test(tests, a_commit_of_an_old_generation_loses_the_partitions_but_not_the_id);
    tcase_add_test(tests, a_commit_of_an_unknown_member_loses_both);
    tcase_add_test(tests, who_is_replaced_by_its_own_instance_id_learns_it_by_its_next_commit);
    tcase_add_test(tests, a_static_member_that_closes_does_not_leave);
    tcase_add_test(tests, a_static_member_that_does_not_poll_stays_until_its_session_ends);
    tcase_add_test(tests, a_busy_member_is_stable_as_soon_as_its_heartbeat_thread_looks);
    tcase_add_test(tests, a_commit_before_the_heartbeat_thread_looks_fails);
    tcase_add_test(tests, what_a_refused_commit_left_out_the_next_one_takes_along);
    tcase_add_test(tests, a_worker_that_was_put_out_commits_under_the_name_it_had);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
