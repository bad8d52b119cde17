/* test_commit_async.c - commitAsync() of both protocols: when it is sent, and what close() waits
 * for. */
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

static FakeCluster *new_async_cluster(const char *protocol)
{
    FakeCluster *self = new_cluster(1);
    ck_assert(kafka_config_set(self->spec->config, "group.protocol", protocol));
    ck_assert(kafka_config_set(self->spec->config, "enable.auto.commit", "false"));
    self->spec->application.commit = COMMIT_ASYNC;
    return self;
}

/* The callback of a commitAsync() is called before close() returns: the leave is on its way, and
 * the commit's answer is waited for, also by who does not leave (classic, static). */
START_TEST(close_waits_for_a_commit_async_in_flight)
{
    static const char *const protocols[] = {"consumer", "classic"};
    FakeCluster *self = new_async_cluster(protocols[_i]);
    Consumer *member = start_static(self, "c");
    fake_run(self, SIM_SEC(6));
    g_string_truncate(self->lines, 0);
    self->traced = FAKE_TRACE_BEATS | TRACE(KAFKA_OFFSET_COMMIT);
    fake_produce(self, 0, 3);
    fake_run(self, SIM_MS(6001)); /* commitAsync() is called */
    consumer_close(member);
    fake_run(self, SIM_MS(6004));
    ck_assert_int_eq(consumer_actor(member)->life, ACTOR_ALIVE); /* the commit lingers until 6007 */
    fake_run(self, SIM_SEC(7));
    ck_assert_int_eq(consumer_actor(member)->life, ACTOR_DEAD);
    ck_assert_ptr_nonnull(strstr(self->lines->str, "c commits 0@3\n"));
    fake_free(self);
}
END_TEST

/* It is kept until the coordinator is known, and sent then; nobody repeats one that was refused. */
START_TEST(a_commit_async_without_a_coordinator_is_sent_when_it_is_found)
{
    static const char *const protocols[] = {"consumer", "classic"};
    FakeCluster *self = new_async_cluster(protocols[_i]);
    (void)fake_start(self, "c");
    fake_run(self, SIM_SEC(6));
    g_string_truncate(self->lines, 0);
    self->traced = TRACE(KAFKA_OFFSET_COMMIT);
    self->commit_error = KAFKA_NOT_COORDINATOR; /* once; the answer comes at 6003 */
    fake_produce(self, 0, 3);
    fake_run(self, SIM_MS(6003));
    fake_produce(self, 0, 2);
    fake_run(self, SIM_MS(6900));
    ck_assert_ptr_nonnull(strstr(self->lines->str, "c commits 0@3\n"));
    ck_assert_ptr_nonnull(strstr(self->lines->str, "c commits 0@5\n"));
    fake_free(self);
}
END_TEST

/* close() with such a commit first looks for the coordinator. (In the old threading poll() hands
 * nothing out while it looks for it.) */
START_TEST(close_sends_a_commit_async_that_waits_for_the_coordinator)
{
    FakeCluster *self = new_async_cluster("consumer");
    Consumer *member = fake_start(self, "c");
    fake_run(self, SIM_SEC(6));
    g_string_truncate(self->lines, 0);
    self->traced = TRACE(KAFKA_OFFSET_COMMIT);
    self->commit_error = KAFKA_NOT_COORDINATOR;
    fake_produce(self, 0, 3);
    fake_run(self, SIM_MS(6003));
    fake_produce(self, 0, 2);
    fake_run(self, SIM_MS(6004));
    consumer_close(member);
    fake_run(self, SIM_SEC(7));
    ck_assert_int_eq(consumer_actor(member)->life, ACTOR_DEAD);
    ck_assert_ptr_nonnull(strstr(self->lines->str, "c commits 0@5\n"));
    fake_free(self);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("commitAsync");
    TCase *tcase = tcase_create("both protocols");
    suite_add_tcase(suite, tcase);
    tcase_add_loop_test(tcase, close_waits_for_a_commit_async_in_flight, 0, 2);
    tcase_add_loop_test(tcase, a_commit_async_without_a_coordinator_is_sent_when_it_is_found, 0, 2);
    tcase_add_test(tcase, close_sends_a_commit_async_that_waits_for_the_coordinator);
    return run_suite(suite);
}
