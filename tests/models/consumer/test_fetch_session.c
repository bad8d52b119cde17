/* test_fetch_session.c - a fetch session lives in a broker's process: a client that comes to the
 * next process with an old one is told so, and names everything again. */
#include "tests/models/support/whole_cluster.h"
#include "tests/run_suite.h"

static void add_reader(ClusterSpec *spec)
{
    GroupSpec *group = group_spec_new("readers");
    const int32_t topic = 0;
    g_array_append_val(group->topics, topic);
    ck_assert(kafka_config_set(group->config, "auto.offset.reset", "earliest"));
    ck_assert(kafka_config_set(group->config, "metadata.max.age.ms", "5000"));
    g_ptr_array_add(group->members, member_spec_new("reader", group));
    g_ptr_array_add(spec->groups, group);
}

/* Without KIP-320 no leader epoch tells the two processes apart: the reader's position is the same
 * as before, so that an incremental fetch would not name the partition. Found by random clusters.
 */
START_TEST(a_reader_goes_on_where_its_leader_was_restarted)
{
    ClusterSpec *spec = whole_spec(2, 1, (uint64_t)_i + 1, SIM_SEC(90));
    spec->era.on[ERA_KIP_320] = false;
    ck_assert(kafka_config_set(spec->config, "offsets.topic.num.partitions", "1"));
    ck_assert(kafka_config_set(spec->config, "offsets.topic.replication.factor", "2"));
    (void)whole_topic(spec, "orders", 2, 1);
    (void)whole_load(spec, 20, "all", SIM_SEC(60));
    add_reader(spec);
    whole_fault(spec, FAULT_STOP, SIM_SEC(20), TARGET_BROKER, _i % 2);
    whole_fault(spec, FAULT_START, SIM_SEC(25), TARGET_BROKER, _i % 2);
    WholeCluster test = whole_run(spec);
    for (int p = 0; p < 2; p++) {
        ck_assert_int_gt(test.report->partitions[p].log_end_offset, 550);
        ck_assert_int_eq(test.report->groups[0].partitions[p].committed,
                         test.report->partitions[p].log_end_offset);
    }
    whole_end(&test);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fetch sessions");
    TCase *tests = tcase_create("fetch sessions");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, a_reader_goes_on_where_its_leader_was_restarted, 0, 4);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
