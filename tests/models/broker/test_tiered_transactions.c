/* test_tiered_transactions.c - transactions whose records are in remote storage only: what
 * read_committed is given of them, and which of them may be there at all (server.md 4.5). */
#include "tests/models/broker/small_cluster.h"
#include "tests/run_suite.h"

enum { RECORDS = 10, ABORT_EVERY = 4, RATE = 200, STOP = 61 };

/* Three brokers, a topic of which hardly more than the active segment stays local; a transaction of
 * ten records each 50 ms for a minute, each fourth aborted. Read from the start when it is over. */
static SmallCluster tiered(uint64_t seed)
{
    SmallCluster self = small_cluster(3, "2", "all");
    self.spec->seed = seed;
    self.spec->duration = SIM_SEC(150);
    small_tier(&self);
    small_set(self.spec->config, "transaction.state.log.num.partitions", "3");
    self.producer->rate_milli = 1000 * (int64_t)RATE;
    self.producer->value_bytes = distribution_constant(1000);
    self.producer->stop = SIM_SEC(STOP);
    self.producer->transaction_records = RECORDS;
    self.producer->transaction_abort_every = ABORT_EVERY;
    small_set(self.producer->config, "transactional.id", "tx-1");
    small_set(
        self.producer->config, "linger.ms", "0"); /* what lingers is not sent before an abort */
    return self;
}

static void reader(SmallCluster *self, const char *name, const char *isolation, SimTime start)
{
    GroupSpec *group = group_spec_new(name);
    int32_t topic = 0;
    g_array_append_val(group->topics, topic);
    small_set(group->config, "isolation.level", isolation);
    small_set(group->config, "auto.offset.reset", "earliest");
    MemberSpec *member = member_spec_new(name, group);
    member->start = start;
    g_ptr_array_add(group->members, member);
    g_ptr_array_add(self->spec->groups, group);
}

static WholeCluster run(SmallCluster *self)
{
    WholeCluster test = whole_run(self->spec);
    ck_assert_int_ge(whole_when(&test, 0, "broker-1", "segments deleted", "local retention"), 0);
    ck_assert_int_eq(test.report->total.lost, 0);
    return test;
}

START_TEST(aborted_records_that_are_only_in_remote_storage_are_hidden_from_read_committed)
{
    SmallCluster self = tiered((uint64_t)_i);
    reader(&self, "rc", "read_committed", SIM_SEC(STOP + 20));
    reader(&self, "ru", "read_uncommitted", SIM_SEC(STOP + 20));
    WholeCluster test = run(&self);
    const GroupReport *groups = test.report->groups;
    const int64_t sent = (int64_t)RATE * (STOP - 1);
    ck_assert_int_eq(groups[0].consumed, sent - sent / ABORT_EVERY);
    ck_assert_int_eq(groups[1].consumed, test.report->total.acked);
    ck_assert_int_gt(groups[1].consumed, groups[0].consumed + sent / ABORT_EVERY / 2);
    ck_assert_int_eq(groups[0].consumed_twice + groups[1].consumed_twice, 0);
    whole_end(&test);
}
END_TEST

/* A transaction of eight seconds is longer than a segment; until its marker stands, the last stable
 * offset does. */
START_TEST(a_segment_with_an_open_transaction_is_not_copied)
{
    SmallCluster self = tiered((uint64_t)_i);
    self.producer->transaction_records = 0;
    self.producer->transaction_ns = SIM_SEC(8);
    self.producer->transaction_abort_every = 2;
    self.cluster = cluster_new(self.spec);
    bool held_back = false;
    for (SimTime now = SIM_SEC(2); now <= SIM_SEC(70); now += SIM_MS(250)) {
        ck_assert_int_eq(cluster_run(self.cluster, now), KERNEL_UNTIL);
        const RemoteLog *remote = remote_storage_find(self.cluster->remote, 0);
        const int64_t stable = cluster_last_stable_offset(self.cluster, 0);
        ck_assert(remote == NULL || remote->end_offset <= stable);
        const RecordLog *local =
            broker_log(self.cluster->brokers->pdata[0], cluster_present(self.cluster, 0));
        const LogSegment *active = log_segments_active(&local->segments);
        held_back = held_back || (remote != NULL && active->base_offset > stable);
    }
    ck_assert(held_back);
    ck_assert_int_gt(remote_storage_find(self.cluster->remote, 0)->end_offset, 0);
    small_end(&self);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tiered transactions");
    TCase *tcase = tcase_create("tiered transactions");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(
        tcase,
        aborted_records_that_are_only_in_remote_storage_are_hidden_from_read_committed,
        1,
        3);
    tcase_add_loop_test(tcase, a_segment_with_an_open_transaction_is_not_copied, 1, 3);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
