/* group.protocol=consumer from the client's side: what its heartbeats say and when, what it commits
 * before it gives up partitions, how it is fenced and how it leaves. */
#include "tests/models/consumer/fake_cluster.h"
#include "tests/run_suite.h"

#define TRACE(api) (UINT32_C(1) << (api))

static FakeCluster *new_cluster(int32_t partitions)
{
    FakeCluster *self = fake_new(partitions);
    ck_assert(kafka_config_set(self->spec->config, "group.protocol", "consumer"));
    self->traced = FAKE_TRACE_BEATS | TRACE(KAFKA_OFFSET_COMMIT) | TRACE(KAFKA_OFFSET_FETCH);
    return self;
}

/* A member with group.instance.id = its name. */
static Consumer *start_static(FakeCluster *self, const char *name)
{
    ck_assert(kafka_config_set(self->spec->config, "group.instance.id", name));
    return fake_start(self, name);
}

static int32_t owned(const Consumer *member)
{
    const int32_t *partitions = NULL;
    return consumer_owned(member, &partitions);
}

START_TEST(a_lone_member_reads_at_once_and_says_only_what_changed)
{
    FakeCluster *self = new_cluster(2);
    Consumer *member = fake_start(self, "c");
    fake_run(self, SIM_SEC(11));
    fake_expect(self,
                "11 c beats 0 in full, owns nothing\n"
                "19 c beats 1, owns 0 1\n"
                "19 c OffsetFetch\n"
                "5019 c beats 1\n"
                "5019 c commits 0@0 1@0\n"
                "10019 c beats 1\n"
                "10019 c commits 0@0 1@0\n");
    ck_assert_int_eq(owned(member), 2);
    ck_assert_int_eq(consumer_generation(member), 1);
    fake_free(self);
}
END_TEST

START_TEST(what_is_revoked_is_committed_first_and_the_rest_is_read_on)
{
    FakeCluster *self = new_cluster(2);
    Consumer *a = fake_start(self, "a");
    fake_run(self, SIM_SEC(1));
    Consumer *b = fake_start(self, "b");
    fake_produce(self, 1, 7);
    fake_run(self, SIM_SEC(2));
    g_string_truncate(self->lines, 0);
    ck_assert_int_eq(owned(a), 2);
    fake_run(self, SIM_SEC(7));
    fake_expect(self,
                "5019 a beats 1\n"
                "5025 a commits 0@0 1@7\n"
                "5031 a commits 0@0 1@7\n"
                "5039 a beats 1, owns 0\n"
                "6011 b beats 2\n"
                "6019 b beats 2, owns 1\n"
                "6019 b OffsetFetch\n");
    ck_assert_int_eq(owned(a), 1);
    ck_assert_int_eq(owned(b), 1);
    ck_assert_int_eq(consumer_position(b, 1), 7);
    fake_free(self);
}
END_TEST

START_TEST(a_busy_application_delays_the_acknowledgement_but_not_the_heartbeats)
{
    FakeCluster *self = new_cluster(2);
    self->spec->process_record = distribution_constant(SIM_SEC(20));
    Consumer *a = fake_start(self, "a");
    fake_run(self, SIM_SEC(1));
    Consumer *b = fake_start(self, "b");
    fake_run(self, SIM_SEC(2));
    fake_produce(self, 0, 1); /* a works on it until 22 s */
    g_string_truncate(self->lines, 0);
    fake_run(self, SIM_SEC(21));
    ck_assert_int_eq(owned(a), 2);
    ck_assert_int_eq(owned(b), 0);
    ck_assert_ptr_nonnull(strstr(self->lines->str, "a beats 1\n"));
    g_string_truncate(self->lines, 0);
    fake_run(self, SIM_SEC(27));
    fake_expect(self,
                "21011 b beats 2\n"
                "22002 a commits 0@1 1@0\n"
                "22010 a beats 1, owns 0\n"
                "26011 b beats 2\n"
                "26019 b beats 2, owns 1\n"
                "26019 b OffsetFetch\n");
    ck_assert_int_eq(owned(b), 1);
    fake_free(self);
}
END_TEST

START_TEST(without_auto_commit_and_callbacks_a_busy_member_gives_partitions_up_at_once)
{
    FakeCluster *self = new_cluster(2);
    ck_assert(kafka_config_set(self->spec->config, "enable.auto.commit", "false"));
    self->spec->process_record = distribution_constant(SIM_SEC(20));
    Consumer *a = fake_start(self, "a");
    fake_run(self, SIM_SEC(1));
    Consumer *b = fake_start(self, "b");
    fake_run(self, SIM_SEC(2));
    fake_produce(self, 1, 1); /* a works on it until 22 s, and b reads it too */
    g_string_truncate(self->lines, 0);
    fake_run(self, SIM_SEC(7));
    fake_expect(self,
                "5019 a beats 1\n"
                "5027 a beats 1, owns 0\n"
                "6011 b beats 2\n"
                "6019 b beats 2, owns 1\n"
                "6019 b OffsetFetch\n");
    ck_assert_int_eq(owned(a), 1);
    ck_assert_int_eq(owned(b), 1);
    fake_free(self);
}
END_TEST

START_TEST(a_member_that_was_removed_loses_all_and_joins_with_the_same_id)
{
    FakeCluster *self = new_cluster(2);
    Consumer *member = fake_start(self, "c");
    fake_run(self, SIM_SEC(1));
    char id[MEMBER_ID_BYTES];
    g_strlcpy(id, consumer_member_id(member), sizeof id);
    ck_assert(actor_freeze(consumer_actor(member)));
    fake_run(self, SIM_SEC(60)); /* the session ends */
    ck_assert(actor_thaw(consumer_actor(member)));
    g_string_truncate(self->lines, 0);
    fake_run(self, SIM_SEC(61));
    fake_expect(self,
                "60001 c beats 1\n"
                "60001 c commits 0@0 1@0\n"
                "60003 c beats 0 in full, owns nothing\n"
                "60011 c beats 3, owns 0 1\n"
                "60011 c OffsetFetch\n");
    ck_assert_str_eq(consumer_member_id(member), id);
    ck_assert_int_eq(owned(member), 2);
    fake_free(self);
}
END_TEST

START_TEST(no_poll_for_too_long_leaves_at_once_and_the_next_poll_joins)
{
    FakeCluster *self = new_cluster(2);
    ck_assert(kafka_config_set(self->spec->config, "max.poll.interval.ms", "8000"));
    self->spec->process_record = distribution_constant(SIM_SEC(10));
    Consumer *member = fake_start(self, "c");
    fake_run(self, SIM_SEC(1));
    fake_produce(self, 0, 1);
    fake_run(self, SIM_SEC(8));
    g_string_truncate(self->lines, 0);
    fake_run(self, SIM_SEC(10));
    ck_assert_int_eq(owned(member), 0);
    fake_expect(self, "9002 c beats -1\n");
    fake_run(self, SIM_SEC(12));
    fake_expect(self,
                "11002 c beats 0 in full, owns nothing\n"
                "11010 c beats 3, owns 0 1\n"
                "11010 c OffsetFetch\n");
    ck_assert_int_eq(owned(member), 2);
    fake_free(self);
}
END_TEST

START_TEST(a_static_member_closes_for_a_while_a_dynamic_one_for_good)
{
    for (int is_static = 0; is_static < 2; is_static++) {
        FakeCluster *self = new_cluster(2);
        Consumer *member = is_static ? start_static(self, "c") : fake_start(self, "c");
        fake_run(self, SIM_SEC(1));
        fake_produce(self, 0, 3);
        fake_run(self, SIM_SEC(2));
        g_string_truncate(self->lines, 0);
        consumer_close(member);
        fake_run(self, SIM_SEC(3));
        fake_expect(self,
                    is_static ? "2001 c commits 0@3 1@0\n2009 c beats -2\n"
                              : "2001 c commits 0@3 1@0\n2009 c beats -1\n");
        ck_assert_int_eq(consumer_actor(member)->life, ACTOR_DEAD);
        fake_free(self);
    }
}
END_TEST

/* commitAsyncExceptionForError: it is not retriable. The next one comes in its time. */
START_TEST(an_auto_commit_with_an_older_epoch_is_not_repeated)
{
    FakeCluster *self = new_cluster(1);
    Consumer *member = fake_start(self, "c");
    fake_run(self, SIM_SEC(1));
    fake_produce(self, 0, 4);
    fake_run(self, SIM_SEC(2));
    self->commit_error = KAFKA_STALE_MEMBER_EPOCH;
    g_string_truncate(self->lines, 0);
    self->traced = TRACE(KAFKA_OFFSET_COMMIT);
    fake_run(self, SIM_SEC(9));
    fake_expect(self, "5019 c commits 0@4\n");
    ck_assert_int_eq(owned(member), 1);
    fake_free(self);
}
END_TEST

/* CommitFailedException: the application calls commitSync() after its next poll(). */
START_TEST(a_commit_sync_with_an_older_epoch_fails)
{
    FakeCluster *self = new_cluster(1);
    ck_assert(kafka_config_set(self->spec->config, "enable.auto.commit", "false"));
    self->spec->application.commit = COMMIT_SYNC;
    (void)fake_start(self, "c");
    fake_run(self, SIM_SEC(1));
    self->commit_error = KAFKA_STALE_MEMBER_EPOCH;
    g_string_truncate(self->lines, 0);
    self->traced = TRACE(KAFKA_OFFSET_COMMIT);
    fake_produce(self, 0, 4);
    fake_run(self, SIM_MS(1500));
    ck_assert_str_eq(self->lines->str, "1002 c commits 0@4\n");
    fake_free(self);
}
END_TEST

/* The epoch has changed with the assignment: it is repeated until nothing is lost, later and
 * later. */
START_TEST(what_is_revoked_is_committed_again_with_the_newer_epoch)
{
    FakeCluster *self = new_cluster(2);
    (void)fake_start(self, "a");
    fake_run(self, SIM_SEC(1));
    (void)fake_start(self, "b");
    fake_produce(self, 1, 7);
    fake_run(self, SIM_SEC(5));
    g_string_truncate(self->lines, 0);
    self->traced = TRACE(KAFKA_OFFSET_COMMIT);
    fake_run(self, SIM_MS(5026)); /* the auto commit of the interval is there */
    self->commit_error = KAFKA_STALE_MEMBER_EPOCH;
    fake_run(self, SIM_MS(5050));
    self->commit_error = KAFKA_STALE_MEMBER_EPOCH;
    fake_run(self, SIM_SEC(6));
    fake_expect(self,
                "5025 a commits 0@0 1@7\n"
                "5031 a commits 0@0 1@7\n"
                "5113 a commits 0@0 1@7\n"
                "5329 a commits 0@0 1@7\n");
    fake_free(self);
}
END_TEST

START_TEST(a_second_process_with_the_same_instance_id_fails)
{
    FakeCluster *self = new_cluster(1);
    Consumer *first = start_static(self, "a");
    fake_run(self, SIM_SEC(1));
    Consumer *second = fake_start(self, "a"); /* the same instance id */
    fake_run(self, SIM_SEC(2));               /* UNRELEASED_INSTANCE_ID is not retried */
    ck_assert_int_eq(owned(first), 1);
    ck_assert_int_eq(consumer_actor(second)->life, ACTOR_DEAD);
    fake_free(self);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("membership, consumer protocol");
    TCase *tcase = tcase_create("KIP-848");
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, a_lone_member_reads_at_once_and_says_only_what_changed);
    tcase_add_test(tcase, what_is_revoked_is_committed_first_and_the_rest_is_read_on);
    tcase_add_test(tcase, a_busy_application_delays_the_acknowledgement_but_not_the_heartbeats);
    tcase_add_test(tcase,
                   without_auto_commit_and_callbacks_a_busy_member_gives_partitions_up_at_once);
    tcase_add_test(tcase, a_member_that_was_removed_loses_all_and_joins_with_the_same_id);
    tcase_add_test(tcase, no_poll_for_too_long_leaves_at_once_and_the_next_poll_joins);
    tcase_add_test(tcase, a_static_member_closes_for_a_while_a_dynamic_one_for_good);
    tcase_add_test(tcase, an_auto_commit_with_an_older_epoch_is_not_repeated);
    tcase_add_test(tcase, a_commit_sync_with_an_older_epoch_fails);
    tcase_add_test(tcase, what_is_revoked_is_committed_again_with_the_newer_epoch);
    tcase_add_test(tcase, a_second_process_with_the_same_instance_id_fails);
    return run_suite(suite);
}
