/* test_tiered_readers.c - who looks for a time, or shares a partition, finds what is in remote
 * storage only as well (ListOffsets, share groups). */
#include "tests/models/broker/small_cluster.h"
#include "tests/run_suite.h"

enum { RATE = 200, STOP = 61 };

/* 200 records a second of 1 kB from 1 s to 61 s; hardly more than the active segment stays local.
 */
static SmallCluster tiered(uint64_t seed, bool transactional)
{
    SmallCluster self = small_cluster(3, "2", "all");
    self.spec->seed = seed;
    self.spec->duration = SIM_SEC(120);
    small_tier(&self);
    self.producer->rate_milli = 1000 * (int64_t)RATE;
    self.producer->value_bytes = distribution_constant(1000);
    self.producer->stop = SIM_SEC(STOP);
    if (transactional) {
        small_set(self.producer->config, "transactional.id", "tx-1");
        small_set(self.producer->config, "linger.ms", "0"); /* what lingers an abort fails */
        self.producer->transaction_records = 10;
        self.producer->transaction_abort_every = 4;
    }
    return self;
}

static GroupSpec *reader(SmallCluster *self)
{
    GroupSpec *group = group_spec_new("late");
    int32_t topic = 0;
    g_array_append_val(group->topics, topic);
    MemberSpec *member = member_spec_new("late-1", group);
    member->start = SIM_SEC(80);
    g_ptr_array_add(group->members, member);
    g_ptr_array_add(self->spec->groups, group);
    return group;
}

/* It begins some 5 s after its start, at what is some 70 s old: 15 s, and 46 s of records follow.
 */
START_TEST(a_time_that_is_remote_only_is_found)
{
    SmallCluster self = tiered((uint64_t)_i, false);
    GroupSpec *group = reader(&self);
    small_set(group->config, "group.protocol", "consumer");
    small_set(group->config, "auto.offset.reset", "by_duration:PT70S");
    WholeCluster test = whole_run(self.spec);
    const int64_t consumed = test.report->groups[0].consumed;
    ck_assert_int_ge(consumed, (int64_t)RATE * (STOP - 16));
    ck_assert_int_le(consumed, (int64_t)RATE * (STOP - 9));
    whole_end(&test);
}
END_TEST

static int64_t shared(uint64_t seed, bool transactional, const char *isolation)
{
    SmallCluster self = tiered(seed, transactional);
    small_set(self.spec->config, "share.auto.offset.reset", "earliest");
    GroupSpec *group = reader(&self);
    group->kind = GROUP_SHARES;
    group->dynamic = kafka_config_new(1u << KAFKA_SCOPE_GROUP, NULL);
    small_set(group->dynamic, "share.isolation.level", isolation);
    WholeCluster test = whole_run(self.spec);
    ck_assert_int_eq(test.report->groups[0].consumed_twice, 0);
    const int64_t consumed = test.report->groups[0].consumed;
    whole_end(&test);
    return consumed;
}

START_TEST(a_share_group_gets_what_is_remote_only)
{
    ck_assert_int_eq(shared((uint64_t)_i, false, "read_uncommitted"), (int64_t)RATE * (STOP - 1));
}
END_TEST

START_TEST(a_share_group_that_reads_committed_gets_nothing_that_was_aborted)
{
    const int64_t sent = (int64_t)RATE * (STOP - 1);
    const int64_t all = shared((uint64_t)_i, true, "read_uncommitted");
    ck_assert_int_gt(all, sent - sent / 4 / 2);
    ck_assert_int_lt(all, sent); /* the last of each that is aborted is not sent */
    ck_assert_int_eq(shared((uint64_t)_i, true, "read_committed"), sent - sent / 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tiered readers");
    TCase *tcase = tcase_create("tiered readers");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, a_time_that_is_remote_only_is_found, 1, 3);
    tcase_add_loop_test(tcase, a_share_group_gets_what_is_remote_only, 1, 3);
    tcase_add_loop_test(
        tcase, a_share_group_that_reads_committed_gets_nothing_that_was_aborted, 1, 2);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
