/* test_tiered_lineage.c - remote segments of a leader whose end was given up: by an unclean
 * election, or by a power cut. Who leads now has another history, and may have another past
 * (KIP-405). */
#include "tests/models/broker/small_cluster.h"
#include "tests/run_suite.h"

/* Brokers 1 and 2 go on while 3 is cut off; then both die, 3 leads and writes other records at the
 * same offsets. Of all that is soon in remote storage only. */
static SmallCluster after_unclean_election(uint64_t seed)
{
    SmallCluster self = small_cluster(3, "1", "all");
    self.spec->seed = seed;
    self.spec->duration = SIM_SEC(200);
    small_tier(&self);
    small_set(self.topic->config, "unclean.leader.election.enable", "true");
    self.producer->rate_milli = INT64_C(200000);
    self.producer->value_bytes = distribution_constant(1000);
    self.producer->stop = SIM_SEC(150);
    small_cut(&self, SIM_SEC(20), SIM_SEC(70), 1, 3);
    small_cut(&self, SIM_SEC(20), SIM_SEC(70), 2, 3);
    small_fault(&self, FAULT_CRASH, SIM_SEC(68), 1);
    small_fault(&self, FAULT_CRASH, SIM_SEC(68), 2);
    small_fault(&self, FAULT_START, SIM_SEC(120), 1);
    small_fault(&self, FAULT_START, SIM_SEC(120), 2);
    return self;
}

static void reader(SmallCluster *self, SimTime start)
{
    GroupSpec *group = group_spec_new("readers");
    int32_t topic = 0;
    g_array_append_val(group->topics, topic);
    small_set(group->config, "auto.offset.reset", "earliest");
    MemberSpec *member = member_spec_new("readers-0", group);
    member->start = start;
    g_ptr_array_add(group->members, member);
    g_ptr_array_add(self->spec->groups, group);
}

/* All that is remote is of the leader's own history, in whatever moment the leader has looked. */
static void check_history(const SmallCluster *self, int broker)
{
    const RecordLog *local =
        broker_log(self->cluster->brokers->pdata[broker], cluster_present(self->cluster, 0));
    const RemoteLog *remote = remote_storage_find(self->cluster->remote, 0);
    ck_assert_int_le(remote->end_offset, cluster_last_stable_offset(self->cluster, 0));
    for (int64_t offset = local->log_start_offset; offset < remote->end_offset; offset += 100) {
        ck_assert_int_eq(leader_epochs_for_offset(&remote->epochs, offset),
                         leader_epochs_for_offset(&local->epochs, offset));
    }
}

START_TEST(what_an_unclean_leader_never_had_is_not_remote_any_more)
{
    SmallCluster self = after_unclean_election((uint64_t)_i);
    cluster_spec_sort_faults(self.spec);
    self.cluster = cluster_new(self.spec);
    ck_assert_int_eq(cluster_run(self.cluster, SIM_SEC(60)), KERNEL_UNTIL);
    const RemoteLog *remote = remote_storage_find(self.cluster->remote, 0);
    const int64_t before = remote->end_offset;
    for (SimTime now = SIM_SEC(90); now < SIM_SEC(150); now += SIM_SEC(1)) {
        ck_assert_int_eq(cluster_run(self.cluster, now), KERNEL_UNTIL);
        check_history(&self, 2);
        if (now == SIM_SEC(90)) {
            ck_assert_int_lt(remote->end_offset, before);
        }
    }
    ck_assert_int_gt(remote->end_offset, before);
    small_end(&self);
}
END_TEST

START_TEST(who_reads_the_new_history_gets_all_of_it)
{
    SmallCluster self = after_unclean_election((uint64_t)_i);
    reader(&self, SIM_SEC(90));
    WholeCluster test = whole_run(self.spec);
    const ClusterReport *report = test.report;
    ck_assert_int_ge(whole_when(&test, SIM_SEC(70), "broker-3", "segments deleted", "local"), 0);
    ck_assert_int_gt(report->total.lost, 0);
    ck_assert_int_eq(report->groups[0].consumed, report->partitions[0].log_end_offset);
    ck_assert_int_eq(report->groups[0].consumed_twice, 0);
    whole_end(&test);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tiered lineage");
    TCase *tcase = tcase_create("tiered lineage");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, what_an_unclean_leader_never_had_is_not_remote_any_more, 1, 3);
    tcase_add_loop_test(tcase, who_reads_the_new_history_gets_all_of_it, 1, 3);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
