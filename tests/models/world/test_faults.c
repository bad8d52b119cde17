/* test_faults.c - whole clusters in trouble: starts, stops and restarts at bad moments. */
#include "models/world/cluster.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

typedef struct TestCluster {
    ClusterSpec *spec;
    Cluster *cluster;
} TestCluster;

/* Three brokers, one topic of three partitions on all of them (leaders 1 2 3), min ISR 2. */
static ClusterSpec *three_brokers(uint64_t seed, SimTime duration)
{
    static const int32_t assignment[3][3] = {{1, 2, 3}, {2, 3, 1}, {3, 1, 2}};
    ClusterSpec *spec = cluster_spec_new();
    g_free(spec->name);
    spec->name = g_strdup("test");
    spec->seed = seed;
    spec->duration = duration;
    g_ptr_array_add(spec->controllers, controller_spec_new(101, SPEC_NONE, spec));
    for (int32_t id = 1; id <= 3; id++) {
        g_ptr_array_add(spec->brokers, broker_spec_new(id, SPEC_NONE, spec));
    }
    TopicSpec *topic = topic_spec_new("orders", 3, 3);
    ck_assert(kafka_config_set(topic->config, "min.insync.replicas", "2"));
    topic->assignment = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    for (int p = 0; p < 3; p++) {
        GArray *replicas = g_array_new(FALSE, FALSE, sizeof(int32_t));
        g_array_append_vals(replicas, assignment[p], 3);
        g_ptr_array_add(topic->assignment, replicas);
    }
    g_ptr_array_add(spec->topics, topic);
    ProducerSpec *producer = producer_spec_new("load", 0);
    producer->rate_milli = 300 * 1000;
    producer->choice = PARTITION_CYCLE;
    producer->value_bytes = distribution_constant(192);
    producer->stop = duration - SIM_SEC(10);
    ck_assert(kafka_config_set(producer->config, "acks", "all"));
    g_ptr_array_add(spec->producers, producer);
    return spec;
}

static void
add_fault(ClusterSpec *spec, FaultVerb verb, SimTime at, TargetKind target, int32_t index)
{
    FaultSpec *fault = fault_spec_new(verb, at);
    fault->target = target;
    fault->index = index;
    g_ptr_array_add(spec->faults, fault);
}

static TestCluster run(ClusterSpec *spec)
{
    TestCluster test = {spec, cluster_new(spec)};
    KernelStop stop = cluster_run(test.cluster, spec->duration);
    ck_assert_msg(stop == KERNEL_UNTIL, "stopped with %d", (int)stop);
    (void)cluster_report(test.cluster);
    ck_assert_int_eq(checks_failures(cluster_checks(test.cluster)), 0);
    return test;
}

static void end(TestCluster *test)
{
    cluster_free(test->cluster);
    cluster_spec_free(test->spec);
}

/* When the first event of this kind was logged at or after `from`; -1 never. */
static SimTime
when(const TestCluster *test, SimTime from, const char *actor, const char *what, const char *detail)
{
    const EventLog *log = cluster_event_log(test->cluster);
    for (uint32_t id = 1; id <= event_log_count(log); id++) {
        LoggedEvent event;
        if (event_log_get(log, id, &event) && event.time >= from && strcmp(event.what, what) == 0 &&
            strcmp(event.actor, actor) == 0 && g_str_has_prefix(event.detail, detail)) {
            return event.time;
        }
    }
    return -1;
}

START_TEST(a_process_back_within_its_session_leads_nothing_until_it_is_fenced)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i, SIM_SEC(40));
    add_fault(spec, FAULT_CRASH, SIM_SEC(5), TARGET_BROKER, 0);
    add_fault(spec, FAULT_START, SIM_SEC(6), TARGET_BROKER, 0);
    TestCluster test = run(spec);
    const ClusterReport *report = cluster_report(test.cluster);
    SimTime fenced = when(&test, 0, "controller-101", "fence", "broker 1");
    SimTime registered = when(&test, 0, "controller-101", "registered", "broker 1");
    fenced = fenced < 0 ? registered : fenced; /* it asked just before the controller looked */
    ck_assert_int_ge(fenced, SIM_MS(11990));
    ck_assert_int_eq(when(&test, 0, "broker-1", "leads", ""), -1);
    ck_assert_int_ge(report->partitions[0].longest_ack_gap, fenced - SIM_MS(5200));
    ck_assert_int_ge(report->partitions[0].offline, fenced - SIM_MS(5000));
    /* It asks again after 100 ms, 200 ms, 400 ms ...: at most as long as it has asked so far. */
    ck_assert_int_gt(registered, 0);
    ck_assert_int_le(registered - fenced, fenced - SIM_SEC(6));
    ck_assert_int_eq(report->partitions[0].isr_count, 3);
    end(&test);
}
END_TEST

START_TEST(a_cluster_whose_brokers_all_died_gets_every_isr_back)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i, SIM_SEC(60));
    for (int32_t b = 0; b < 3; b++) {
        add_fault(spec, FAULT_CRASH, SIM_MS(5000 + 10 * b), TARGET_BROKER, b);
    }
    for (int32_t b = 0; b < 3; b++) {
        add_fault(spec, FAULT_START, SIM_MS(17000 + 10 * b), TARGET_BROKER, b);
    }
    TestCluster test = run(spec);
    const ClusterReport *report = cluster_report(test.cluster);
    for (int p = 0; p < 3; p++) {
        ck_assert_int_eq(report->partitions[p].isr_count, 3);
        ck_assert_int_eq(report->partitions[p].high_watermark,
                         report->partitions[p].log_end_offset);
    }
    ck_assert_int_eq(report->total.acked, report->total.offered);
    end(&test);
}
END_TEST

START_TEST(a_broker_can_be_stopped_at_any_moment_of_its_start)
{
    ClusterSpec *spec = three_brokers(1, SIM_SEC(60));
    SimTime stop = SIM_SEC(20) + (_i < 30 ? SIM_MS(150) * _i : SIM_MS(2380 + 4 * _i)) + 1;
    add_fault(spec, FAULT_CRASH, SIM_SEC(5), TARGET_BROKER, 0);
    add_fault(spec, FAULT_START, SIM_SEC(20), TARGET_BROKER, 0);
    add_fault(spec, FAULT_STOP, stop, TARGET_BROKER, 0);
    add_fault(spec, FAULT_START, SIM_SEC(30), TARGET_BROKER, 0);
    TestCluster test = run(spec);
    const ClusterReport *report = cluster_report(test.cluster);
    SimTime gone = when(&test, stop, "broker-1", "exit", "");
    ck_assert_int_ge(gone, stop);
    ck_assert_int_le(gone, stop + SIM_SEC(3));
    for (int p = 0; p < 3; p++) {
        ck_assert_int_eq(report->partitions[p].isr_count, 3);
    }
    ck_assert_int_eq(report->total.acked, report->total.offered);
    end(&test);
}
END_TEST

/* Its heartbeat may be due before or after the signal: neither may swallow the other. */
START_TEST(a_frozen_broker_hears_sigterm_when_it_thaws)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i, SIM_SEC(30));
    add_fault(spec, FAULT_PAUSE, SIM_SEC(5), TARGET_BROKER, 0);
    add_fault(spec, FAULT_STOP, SIM_SEC(6), TARGET_BROKER, 0);
    add_fault(spec, FAULT_RESUME, SIM_SEC(8), TARGET_BROKER, 0);
    TestCluster test = run(spec);
    SimTime asked = when(&test, 0, "broker-1", "broker state", "RUNNING -> PENDING");
    ck_assert_int_eq(asked, SIM_SEC(8));
    ck_assert_int_gt(when(&test, 0, "broker-1", "exit", ""), asked);
    end(&test);
}
END_TEST

START_TEST(without_a_controller_a_start_is_given_up_after_a_minute)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i, SIM_SEC(90));
    add_fault(spec, FAULT_CRASH, SIM_SEC(5), TARGET_ACTIVE_CONTROLLER, 0);
    add_fault(spec, FAULT_CRASH, SIM_SEC(6), TARGET_BROKER, 2);
    add_fault(spec, FAULT_START, SIM_SEC(10), TARGET_BROKER, 2);
    TestCluster test = run(spec);
    SimTime up = when(&test, 0, "broker-3", "broker state", "NOT_RUNNING -> STARTING");
    ck_assert_int_gt(up, 0);
    SimTime given_up = when(&test, up, "broker-3", "broker state", "STARTING -> SHUTTING_DOWN");
    ck_assert_int_eq(given_up, up + SIM_SEC(60));
    ck_assert_int_lt(when(&test, 0, "broker-3", "exit", ""), given_up + SIM_SEC(2));
    end(&test);
}
END_TEST

START_TEST(without_a_controller_a_stop_takes_five_minutes)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i, SIM_SEC(320));
    add_fault(spec, FAULT_CRASH, SIM_SEC(5), TARGET_ACTIVE_CONTROLLER, 0);
    add_fault(spec, FAULT_STOP, SIM_SEC(10), TARGET_BROKER, 1);
    TestCluster test = run(spec);
    SimTime asked = when(&test, 0, "broker-2", "broker state", "RUNNING -> PENDING");
    SimTime forced = when(&test, asked, "broker-2", "shutdown forced", "");
    ck_assert_int_eq(forced, asked + SIM_SEC(300));
    ck_assert_int_lt(when(&test, 0, "broker-2", "exit", ""), forced + SIM_SEC(2));
    end(&test);
}
END_TEST

/* The controller has the last host; broker 1 has the first. */
START_TEST(isolating_the_controller_cuts_the_controllers_host)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i, SIM_SEC(40));
    add_fault(spec, FAULT_ISOLATE, SIM_SEC(5), TARGET_ACTIVE_CONTROLLER, 0);
    for (int32_t b = 0; b < 2; b++) {
        HostSpec *host = host_spec_new(b == 0 ? "first" : "second", spec);
        g_ptr_array_add(spec->hosts, host);
    }
    ((BrokerSpec *)spec->brokers->pdata[0])->host = 0;
    ((ControllerSpec *)spec->controllers->pdata[0])->host = 1;
    TestCluster test = run(spec);
    const ClusterReport *report = cluster_report(test.cluster);
    for (int p = 0; p < 3; p++) {
        ck_assert_int_lt(report->partitions[p].longest_ack_gap, SIM_SEC(1));
    }
    /* Nobody heard from any broker: all are fenced, and nobody can be told. */
    ck_assert_int_gt(when(&test, 0, "controller-101", "fence", "broker 2"), SIM_SEC(12));
    end(&test);
}
END_TEST

START_TEST(a_topic_whose_brokers_never_started_is_refused)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i, SIM_SEC(30));
    for (int32_t b = 0; b < 3; b++) {
        ((BrokerSpec *)spec->brokers->pdata[b])->started = false;
        add_fault(spec, FAULT_START, SIM_SEC(2 + b), TARGET_BROKER, b);
    }
    TestCluster test = run(spec);
    const ClusterReport *report = cluster_report(test.cluster);
    bool said = false;
    for (guint i = 0; i < report->not_simulated->len; i++) {
        said = said || strstr(report->not_simulated->pdata[i], "INVALID_REPLICA_ASSIGNMENT");
    }
    ck_assert(said);
    ck_assert_int_eq(report->total.acked, 0);
    end(&test);
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
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
