/* test_faults.c - whole clusters in trouble: starts, stops and restarts at bad moments. */
#include "tests/models/support/whole_cluster.h"
#include "tests/run_suite.h"

/* Three brokers, one topic of three partitions on all of them (leaders 1 2 3), min ISR 2. */
static ClusterSpec *three_brokers(uint64_t seed, SimTime duration)
{
    ClusterSpec *spec = whole_spec(3, 1, seed, duration);
    whole_assign_in_turn(whole_topic(spec, "orders", 3, 3), 3, 3);
    whole_load(spec, 300, "all", duration - SIM_SEC(10));
    return spec;
}

START_TEST(a_process_back_within_its_session_leads_nothing_until_it_is_fenced)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i, SIM_SEC(40));
    whole_fault(spec, FAULT_CRASH, SIM_SEC(5), TARGET_BROKER, 0);
    whole_fault(spec, FAULT_START, SIM_SEC(6), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    const ClusterReport *report = test.report;
    SimTime fenced = whole_when(&test, 0, "controller-101", "fence", "broker 1");
    SimTime registered = whole_when(&test, 0, "controller-101", "registered", "broker 1");
    fenced = fenced < 0 ? registered : fenced; /* it asked just before the controller looked */
    ck_assert_int_ge(fenced, SIM_MS(11990));
    ck_assert_int_eq(whole_when(&test, 0, "broker-1", "leads", ""), -1);
    ck_assert_int_ge(report->partitions[0].longest_ack_gap, fenced - SIM_MS(5200));
    ck_assert_int_ge(report->partitions[0].offline, fenced - SIM_MS(5000));
    /* It asks again after 100 ms, 200 ms, 400 ms ...: at most as long as it has asked so far. */
    ck_assert_int_gt(registered, 0);
    ck_assert_int_le(registered - fenced, fenced - SIM_SEC(6));
    ck_assert_int_eq(report->partitions[0].isr_count, 3);
    whole_end(&test);
}
END_TEST

START_TEST(a_cluster_whose_brokers_all_died_gets_every_isr_back)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i, SIM_SEC(60));
    for (int32_t b = 0; b < 3; b++) {
        whole_fault(spec, FAULT_CRASH, SIM_MS(5000 + 10 * b), TARGET_BROKER, b);
    }
    for (int32_t b = 0; b < 3; b++) {
        whole_fault(spec, FAULT_START, SIM_MS(17000 + 10 * b), TARGET_BROKER, b);
    }
    WholeCluster test = whole_run(spec);
    const ClusterReport *report = test.report;
    for (int p = 0; p < 3; p++) {
        ck_assert_int_eq(report->partitions[p].isr_count, 3);
        ck_assert_int_eq(report->partitions[p].high_watermark,
                         report->partitions[p].log_end_offset);
    }
    ck_assert_int_eq(report->total.acked, report->total.offered);
    whole_end(&test);
}
END_TEST

START_TEST(a_broker_can_be_stopped_at_any_moment_of_its_start)
{
    ClusterSpec *spec = three_brokers(1, SIM_SEC(60));
    SimTime stop = SIM_SEC(20) + (_i < 30 ? SIM_MS(150) * _i : SIM_MS(2380 + 4 * _i)) + 1;
    whole_fault(spec, FAULT_CRASH, SIM_SEC(5), TARGET_BROKER, 0);
    whole_fault(spec, FAULT_START, SIM_SEC(20), TARGET_BROKER, 0);
    whole_fault(spec, FAULT_STOP, stop, TARGET_BROKER, 0);
    whole_fault(spec, FAULT_START, SIM_SEC(30), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    const ClusterReport *report = test.report;
    SimTime gone = whole_when(&test, stop, "broker-1", "exit", "");
    ck_assert_int_ge(gone, stop);
    ck_assert_int_le(gone, stop + SIM_SEC(3));
    for (int p = 0; p < 3; p++) {
        ck_assert_int_eq(report->partitions[p].isr_count, 3);
    }
    ck_assert_int_eq(report->total.acked, report->total.offered);
    whole_end(&test);
}
END_TEST

/* Its heartbeat may be due before or after the signal: neither may swallow the other. */
START_TEST(a_frozen_broker_hears_sigterm_when_it_thaws)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i, SIM_SEC(30));
    whole_fault(spec, FAULT_PAUSE, SIM_SEC(5), TARGET_BROKER, 0);
    whole_fault(spec, FAULT_STOP, SIM_SEC(6), TARGET_BROKER, 0);
    whole_fault(spec, FAULT_RESUME, SIM_SEC(8), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    SimTime asked = whole_when(&test, 0, "broker-1", "broker state", "RUNNING -> PENDING");
    ck_assert_int_eq(asked, SIM_SEC(8));
    ck_assert_int_gt(whole_when(&test, 0, "broker-1", "exit", ""), asked);
    whole_end(&test);
}
END_TEST

START_TEST(without_a_controller_a_start_is_given_up_after_a_minute)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i, SIM_SEC(90));
    whole_fault(spec, FAULT_CRASH, SIM_SEC(5), TARGET_ACTIVE_CONTROLLER, 0);
    whole_fault(spec, FAULT_CRASH, SIM_SEC(6), TARGET_BROKER, 2);
    whole_fault(spec, FAULT_START, SIM_SEC(10), TARGET_BROKER, 2);
    WholeCluster test = whole_run(spec);
    SimTime up = whole_when(&test, 0, "broker-3", "broker state", "NOT_RUNNING -> STARTING");
    ck_assert_int_gt(up, 0);
    SimTime given_up =
        whole_when(&test, up, "broker-3", "broker state", "STARTING -> SHUTTING_DOWN");
    ck_assert_int_eq(given_up, up + SIM_SEC(60));
    ck_assert_int_lt(whole_when(&test, 0, "broker-3", "exit", ""), given_up + SIM_SEC(2));
    whole_end(&test);
}
END_TEST

START_TEST(without_a_controller_a_stop_takes_five_minutes)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i, SIM_SEC(320));
    whole_fault(spec, FAULT_CRASH, SIM_SEC(5), TARGET_ACTIVE_CONTROLLER, 0);
    whole_fault(spec, FAULT_STOP, SIM_SEC(10), TARGET_BROKER, 1);
    WholeCluster test = whole_run(spec);
    SimTime asked = whole_when(&test, 0, "broker-2", "broker state", "RUNNING -> PENDING");
    SimTime forced = whole_when(&test, asked, "broker-2", "shutdown forced", "");
    ck_assert_int_eq(forced, asked + SIM_SEC(300));
    ck_assert_int_lt(whole_when(&test, 0, "broker-2", "exit", ""), forced + SIM_SEC(2));
    whole_end(&test);
}
END_TEST

/* The controller has the last host; broker 1 has the first. */
START_TEST(isolating_the_controller_cuts_the_controllers_host)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i, SIM_SEC(40));
    whole_fault(spec, FAULT_ISOLATE, SIM_SEC(5), TARGET_ACTIVE_CONTROLLER, 0);
    for (int32_t b = 0; b < 2; b++) {
        HostSpec *host = host_spec_new(b == 0 ? "first" : "second", spec);
        g_ptr_array_add(spec->hosts, host);
    }
    ((BrokerSpec *)spec->brokers->pdata[0])->host = 0;
    ((ControllerSpec *)spec->controllers->pdata[0])->host = 1;
    WholeCluster test = whole_run(spec);
    const ClusterReport *report = test.report;
    for (int p = 0; p < 3; p++) {
        ck_assert_int_lt(report->partitions[p].longest_ack_gap, SIM_SEC(1));
    }
    /* Nobody heard from any broker: all are fenced, and nobody can be told. */
    ck_assert_int_gt(whole_when(&test, 0, "controller-101", "fence", "broker 2"), SIM_SEC(12));
    whole_end(&test);
}
END_TEST

START_TEST(a_topic_whose_brokers_never_started_is_refused)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i, SIM_SEC(30));
    for (int32_t b = 0; b < 3; b++) {
        ((BrokerSpec *)spec->brokers->pdata[b])->started = false;
        whole_fault(spec, FAULT_START, SIM_SEC(2 + b), TARGET_BROKER, b);
    }
    WholeCluster test = whole_run(spec);
    const ClusterReport *report = test.report;
    bool said = false;
    for (guint i = 0; i < report->not_simulated->len; i++) {
        said = said || strstr(report->not_simulated->pdata[i], "INVALID_REPLICA_ASSIGNMENT");
    }
    ck_assert(said);
    ck_assert_int_eq(report->total.acked, 0);
    whole_end(&test);
}
END_TEST

static int32_t in_sync_at_the_end(const WholeCluster *test, int32_t partition)
{
    return test->report->partitions[partition].isr_count;
}

START_TEST(a_start_after_a_power_cut_turns_the_host_on)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i, SIM_SEC(40));
    whole_fault(spec, FAULT_POWER_CUT, SIM_SEC(5), TARGET_BROKER, 0);
    whole_fault(spec, FAULT_POWER_CUT, SIM_SEC(5), TARGET_CONTROLLER, 0);
    whole_fault(spec, FAULT_START, SIM_SEC(15), TARGET_CONTROLLER, 0);
    whole_fault(spec, FAULT_START, SIM_SEC(15), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    ck_assert_int_ge(whole_when(&test, SIM_SEC(15), "broker-1", "broker state", "-> RUNNING"), 0);
    ck_assert_int_ge(whole_when(&test, SIM_SEC(15), "controller-101", "registered", "broker 1"), 0);
    ck_assert_int_eq(in_sync_at_the_end(&test, 0), 3);
    ck_assert_int_eq(test.report->total.lost, 0);
    whole_end(&test);
}
END_TEST

START_TEST(of_two_brokers_on_a_host_that_lost_its_power_only_the_started_one_comes_back)
{
    ClusterSpec *spec = three_brokers(1, SIM_SEC(40));
    g_ptr_array_add(spec->hosts, host_spec_new("shared", spec));
    ((BrokerSpec *)spec->brokers->pdata[0])->host = 0;
    ((BrokerSpec *)spec->brokers->pdata[1])->host = 0;
    whole_fault(spec, FAULT_POWER_CUT, SIM_SEC(5), TARGET_HOST, 0);
    whole_fault(spec, FAULT_START, SIM_SEC(15), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    ck_assert_int_ge(whole_when(&test, SIM_SEC(15), "broker-1", "broker state", "-> RUNNING"), 0);
    ck_assert_int_eq(whole_when(&test, SIM_SEC(15), "broker-2", "broker state", ""), -1);
    ck_assert_int_eq(in_sync_at_the_end(&test, 0), 2);
    whole_end(&test);
}
END_TEST

/* A crash that ends while the power is away: nobody came to turn it on. */
START_TEST(the_restart_after_a_crash_gives_no_power)
{
    ClusterSpec *spec = three_brokers(1, SIM_SEC(40));
    FaultSpec *crash = whole_fault(spec, FAULT_CRASH, SIM_SEC(5), TARGET_BROKER, 0);
    whole_fault(spec, FAULT_POWER_CUT, SIM_SEC(8), TARGET_BROKER, 0);
    whole_fault(spec, FAULT_START, SIM_SEC(15), TARGET_BROKER, 0)->undoes = crash;
    WholeCluster test = whole_run(spec);
    ck_assert_int_eq(whole_when(&test, SIM_SEC(8), "broker-1", "broker state", ""), -1);
    ck_assert_int_eq(in_sync_at_the_end(&test, 0), 2);
    whole_end(&test);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("faults");
    TCase *tcase = tcase_create("three brokers in trouble");
    tcase_set_timeout(tcase, 240);
    tcase_add_loop_test(
        tcase, a_process_back_within_its_session_leads_nothing_until_it_is_fenced, 0, 10);
    tcase_add_loop_test(tcase, a_cluster_whose_brokers_all_died_gets_every_isr_back, 0, 10);
    tcase_add_loop_test(tcase, a_broker_can_be_stopped_at_any_moment_of_its_start, 0, 50);
    tcase_add_loop_test(tcase, a_frozen_broker_hears_sigterm_when_it_thaws, 0, 10);
    tcase_add_loop_test(tcase, without_a_controller_a_start_is_given_up_after_a_minute, 0, 2);
    tcase_add_test(tcase, without_a_controller_a_stop_takes_five_minutes);
    tcase_add_loop_test(tcase, isolating_the_controller_cuts_the_controllers_host, 0, 3);
    tcase_add_test(tcase, a_topic_whose_brokers_never_started_is_refused);
    tcase_add_loop_test(tcase, a_start_after_a_power_cut_turns_the_host_on, 0, 5);
    tcase_add_test(tcase,
                   of_two_brokers_on_a_host_that_lost_its_power_only_the_started_one_comes_back);
    tcase_add_test(tcase, the_restart_after_a_crash_gives_no_power);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
