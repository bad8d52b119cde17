/* test_report.c - that what is told of a run at its end is what was. All of it was found by
 * scenarios that somebody wrote to find fault. */
#include "tests/models/support/group_run.h"
#include "tests/run_suite.h"

/* One broker, one partition on it, 200 records/s up to 40 s, and a group that reads them. */
static GroupRun one_broker(uint64_t seed)
{
    GroupRun run = {.spec = whole_spec(1, 1, seed, SIM_SEC(60)),
                    .group = group_spec_new("billing")};
    const int32_t topic = 0;
    (void)whole_topic(run.spec, "orders", 1, 1);
    (void)whole_load(run.spec, 200, "all", SIM_SEC(40));
    (void)kafka_config_set(run.spec->config, "offsets.topic.replication.factor", "1");
    (void)kafka_config_set(
        run.spec->config, "share.coordinator.state.topic.replication.factor", "1");
    g_array_append_val(run.group->topics, topic);
    run_config(&run, "auto.offset.reset", "earliest");
    g_ptr_array_add(run.spec->groups, run.group);
    (void)run_member(&run, "m", SIM_SEC(1));
    return run;
}

/* Its host loses power and with it the whole log; the producer goes on from offset 0. */
START_TEST(records_after_a_loss_are_not_the_lost_ones_again)
{
    GroupRun run = one_broker((uint64_t)_i);
    FaultSpec *cut = whole_fault(run.spec, FAULT_POWER_CUT, SIM_SEC(20), TARGET_BROKER, 0);
    whole_heal(run.spec, cut, SIM_SEC(21));
    whole_fault(run.spec, FAULT_START, SIM_SEC(21), TARGET_BROKER, 0);
    run_go(&run);
    const GroupReport *group = run_report(&run);
    const Fates *total = &run.whole.report->total;
    ck_assert_int_ge(total->lost, 3900);
    ck_assert_int_ge(group->once, total->acked - 50);
    ck_assert_int_eq(group->consumed, group->once + 2 * group->twice);
    ck_assert_int_le(group->twice, 50);
    ck_assert_int_eq(group->out_of_order, 0);
    run_end(&run);
}
END_TEST

/* Started by hand long before the time that the scenario gives, and once more after a crash. */
START_TEST(a_producer_is_measured_from_its_first_start_on)
{
    ClusterSpec *spec = whole_spec(1, 1, 1, SIM_SEC(60));
    (void)whole_topic(spec, "orders", 1, 1);
    whole_load(spec, 200, "all", SIM_TIME_MAX)->start = SIM_SEC(55);
    whole_fault(spec, FAULT_START, SIM_SEC(10), TARGET_PRODUCER, 0);
    whole_fault(spec, FAULT_CRASH, SIM_SEC(20), TARGET_PRODUCER, 0);
    whole_fault(spec, FAULT_START, SIM_SEC(25), TARGET_PRODUCER, 0);
    WholeCluster test = whole_run(spec);
    ck_assert_int_eq(test.report->producers[0].measured_from, SIM_SEC(10));
    ck_assert_int_eq(test.report->producers[0].measured_to, SIM_SEC(60));
    whole_end(&test);
}
END_TEST

START_TEST(a_producer_that_never_starts_is_not_measured)
{
    ClusterSpec *spec = whole_spec(1, 1, 1, SIM_SEC(60));
    (void)whole_topic(spec, "orders", 1, 1);
    whole_load(spec, 200, "all", SIM_SEC(30))->start = SIM_TIME_MAX;
    WholeCluster test = whole_run(spec);
    ck_assert_int_eq(test.report->producers[0].measured_from, SIM_SEC(60));
    ck_assert_int_eq(test.report->producers[0].measured_to, SIM_SEC(60));
    whole_end(&test);
}
END_TEST

/* Its start is the workers' affair. */
START_TEST(a_source_connector_is_measured_from_its_first_task_on)
{
    GroupRun run = run_new(1, SIM_SEC(60), 4, 100, 0, SIM_TIME_MAX);
    ((ProducerSpec *)run.spec->producers->pdata[0])->count = 2;
    run.group = connect_spec_new("connect");
    connect_spec_add(run.group, run.spec, "shop", SPEC_NONE, 0);
    (void)run_member(&run, "w", 0);
    g_ptr_array_add(run.spec->groups, run.group);
    run_go(&run);
    const ProducerReport *shop = &run.whole.report->producers[0];
    ck_assert_int_eq(shop->measured_from, run_when(&run, "load-0", "process start", 0));
    ck_assert_int_lt(shop->measured_from, SIM_SEC(10));
    ck_assert_int_eq(shop->measured_to, SIM_SEC(60));
    ck_assert_int_gt(shop->measured_acked, 5000);
    run_end(&run);
}
END_TEST

static const LeaderChange *last_row(const WholeCluster *test, const char *topic, int32_t partition)
{
    for (int32_t i = test->report->leader_change_count; i-- > 0;) {
        const LeaderChange *row = &test->report->leader_changes[i];
        if (strcmp(row->topic, topic) == 0 && row->partition == partition) {
            return row;
        }
    }
    return NULL;
}

START_TEST(the_timeline_of_a_deleted_topic_ends_with_it)
{
    ClusterSpec *spec = whole_spec(3, 1, 1, SIM_SEC(20));
    (void)whole_topic(spec, "orders", 2, 3);
    whole_fault(spec, FAULT_DELETE_TOPIC, SIM_SEC(10), TARGET_NONE, SPEC_NONE)->topic = 0;
    WholeCluster test = whole_run(spec);
    for (int32_t p = 0; p < 2; p++) {
        const LeaderChange *last = last_row(&test, "orders", p);
        ck_assert_int_ge(last->at, SIM_SEC(10));
        ck_assert_int_eq(last->leader, -1);
        ck_assert_str_eq(last->isr, "");
        ck_assert_str_eq(last->why, LEADERS_TOPIC_DELETED);
        ck_assert(test.report->partitions[p].was_created);
        ck_assert_int_eq(test.report->partitions[p].offline, 0);
    }
    whole_end(&test);
}
END_TEST

/* Declared for a creation that never came. */
START_TEST(partitions_that_never_were_are_known_as_such)
{
    ClusterSpec *spec = whole_spec(3, 1, 1, SIM_SEC(20));
    (void)whole_topic(spec, "orders", 1, 3);
    whole_topic(spec, "returns", 2, 3)->created_later = true;
    WholeCluster test = whole_run(spec);
    ck_assert(test.report->partitions[0].was_created);
    ck_assert(!test.report->partitions[1].was_created);
    ck_assert(!test.report->partitions[2].was_created);
    ck_assert_ptr_null(last_row(&test, "returns", 0));
    whole_end(&test);
}
END_TEST

/* Frozen at 20 s, taken for dead a session later; another reads its partition from then on. */
START_TEST(who_lost_a_partition_says_nothing_of_the_group_s_lag)
{
    static const char *const protocols[] = {"classic", "consumer"};
    GroupRun run = run_new(1, SIM_SEC(100), 4, 100, SIM_SEC(5), SIM_TIME_MAX);
    run_config(&run, "group.protocol", protocols[_i]);
    run_members(&run, "C", 2);
    run_fault(&run, FAULT_PAUSE, TARGET_MEMBER, 1, SIM_SEC(20));
    run_go(&run);
    const Series *series = cluster_series(run.whole.cluster);
    const int64_t lag = series_find(series, "kafkasim.group.lag", "group=billing");
    ck_assert_int_ge(lag, 0);
    int64_t largest = 0;
    for (uint32_t row = 0; row < series_rows(series); row++) {
        largest = MAX(largest, series_value(series, (uint32_t)lag, row));
    }
    ck_assert_int_ge(largest, 2000); /* 50 a second of its own meanwhile */
    ck_assert_int_le(series_value(series, (uint32_t)lag, series_rows(series) - 1), 20);
    run_end(&run);
}
END_TEST

/* Its only member hangs from 10 s on; at 20 s the topic goes with what it has not read. */
START_TEST(what_goes_with_a_topic_unread_is_skipped)
{
    GroupRun run = one_broker(1);
    run.group->kind = _i == 0 ? GROUP_SUBSCRIBES : GROUP_SHARES;
    ck_assert(kafka_config_set(run.spec->config, "share.auto.offset.reset", "earliest"));
    run_fault(&run, FAULT_STALL, TARGET_MEMBER, 0, SIM_SEC(10));
    ((FaultSpec *)run.spec->faults->pdata[0])->until = SIM_SEC(35);
    whole_fault(run.spec, FAULT_DELETE_TOPIC, SIM_SEC(20), TARGET_NONE, SPEC_NONE)->topic = 0;
    run_go(&run);
    const GroupReport *group = run_report(&run);
    ck_assert_int_ge(group->skipped, 1900);
    ck_assert_int_eq(group->consumed + group->skipped, run.whole.report->total.acked);
    run_end(&run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report");
    TCase *tests = tcase_create("report");
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, records_after_a_loss_are_not_the_lost_ones_again, 1, 3);
    tcase_add_test(tests, a_producer_is_measured_from_its_first_start_on);
    tcase_add_test(tests, a_producer_that_never_starts_is_not_measured);
    tcase_add_test(tests, a_source_connector_is_measured_from_its_first_task_on);
    tcase_add_test(tests, the_timeline_of_a_deleted_topic_ends_with_it);
    tcase_add_test(tests, partitions_that_never_were_are_known_as_such);
    tcase_add_loop_test(tests, what_goes_with_a_topic_unread_is_skipped, 0, 2);
    tcase_add_loop_test(tests, who_lost_a_partition_says_nothing_of_the_group_s_lag, 0, 2);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
