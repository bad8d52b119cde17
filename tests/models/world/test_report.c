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

int main(void)
{
    Suite *suite = suite_create("report");
    TCase *tests = tcase_create("report");
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, records_after_a_loss_are_not_the_lost_ones_again, 1, 3);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
