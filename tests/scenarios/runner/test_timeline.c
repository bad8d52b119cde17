/* test_timeline.c - faults that overlap, faults by chance, restarts one after the other. */
#include "tests/run_suite.h"
#include "tests/scenarios/runner/story.h"

#define THREE                                                                                      \
    "'cluster': {'brokers': 3, 'controllers': 3, 'config': {'offsets.topic.num.partitions': 1}}, " \
    "'topics': [{'name': 'orders', 'assignment': [[1, 2, 3], [2, 3, 1], [3, 1, 2]], "              \
    "'config': {'min.insync.replicas': 2}}], 'producers': [{'name': 'load', 'topic': 'orders', "   \
    "'rate': '100/s', 'partition': 'cycle', 'stop': '60s', 'config': {'acks': 'all'}}]"

/* Broker 1 is cut off from 10 s to 40 s, by two faults. */
START_TEST(a_link_is_cut_until_the_last_of_its_cuts_ends)
{
    Story story = story_run("'duration': '80s', " THREE ", 'timeline': ["
                            "{'at': '10s', 'do': 'isolate', 'broker': 1, 'for': '15s'},"
                            "{'at': '20s', 'do': 'isolate', 'broker': 1, 'for': '20s'},"
                            "{'at': '21s', 'do': 'slow.network', 'delay': '1ms', 'for': '2s'},"
                            "{'at': '22s', 'do': 'partition', 'between': [[1], [2]], 'for': '3s'}]",
                            1);
    ck_assert_int_ge(story_when(&story, "controller-101", "unfence", "broker 1", 0), SIM_SEC(40));
    ck_assert_int_eq(story_partition(&story, "orders", 0)->isr.count, 3);
    ck_assert_int_eq(cluster_report(story.cluster)->total.lost, 0);
    story_end(&story);
}
END_TEST

#define TWO_PAUSES                                                                                 \
    "'duration': '80s', " THREE ", 'timeline': ["                                                  \
    "{'at': '10s', 'do': 'pause', 'broker': 1, 'for': '20s'},"                                     \
    "{'at': '12s', 'do': 'pause', 'broker': 1, 'for': '2s'}"

START_TEST(a_process_is_frozen_until_the_last_of_its_pauses_ends)
{
    Story longer = story_run(TWO_PAUSES "]", 1);
    Story shorter = story_run(TWO_PAUSES ", {'at': '15s', 'do': 'resume', 'broker': 1}]", 1);
    ck_assert_int_ge(story_when(&longer, "controller-101", "unfence", "broker 1", 0), SIM_SEC(30));
    ck_assert_int_eq(story_when(&shorter, "controller-101", "fence", "broker 1", 0), -1);
    story_end(&longer);
    story_end(&shorter);
}
END_TEST

START_TEST(who_was_the_active_controller_when_it_crashed_is_who_starts_again)
{
    Story story =
        story_read("'duration': '60s', " THREE ", 'timeline': [{'at': '10s', 'do': 'crash', "
                   "'controller': 'active', 'restart.after': '15s'}]",
                   1);
    story_go(&story, SIM_SEC(24));
    int32_t second = story.view->leader;
    ck_assert_int_ne(second, 101);
    story_go(&story, SIM_SEC(60));
    ck_assert_int_eq(story.view->leader, second);
    ck_assert_int_eq(story.view->member_count, 6);
    for (int32_t i = 0; i < 3; i++) { /* 101 fetches again */
        ck_assert_int_gt(story.view->members[i].last_fetch, SIM_SEC(55));
    }
    story_end(&story);
}
END_TEST

/* With what else ran on its host: broker 1, a member, a producer; not the member whose time is to
 * come. In ZooKeeper mode the active controller is a part of broker 1. */
START_TEST(what_ran_beside_the_active_controller_starts_after_its_power_cut)
{
    static const char *const eras[] = {
        "'controllers': [{'id': 101, 'host': 'a'}]",
        "'era': {'metadata': 'zookeeper'}",
    };
    g_autofree char *body = g_strdup_printf(
        "'duration': '60s', 'cluster': {'brokers': [{'id': 1, 'host': 'a'}], 'hosts': [{'name': "
        "'a'}], %s}, 'topics': [{'name': 'orders'}], 'producers': [{'name': 'load', 'topic': "
        "'orders', 'rate': '10/s', 'host': 'a'}], 'groups': [{'name': 'g', 'topics': ['orders'], "
        "'members': [{'name': 'early', 'host': 'a'}, {'name': 'late', 'host': 'a', 'start': "
        "'30s'}]}], 'timeline': [{'at': '10s', 'do': 'power.cut', 'controller': 'active', "
        "'restart.after': '5s'}]",
        eras[_i]);
    Story story = story_run(body, 1);
    static const char *const there[] = {"broker-1", "load", "early"};
    for (size_t i = 0; i < G_N_ELEMENTS(there); i++) {
        ck_assert_int_eq(story_when(&story, there[i], "process start", "incarnation 2", 0),
                         SIM_SEC(15));
    }
    if (_i == 0) {
        ck_assert_int_eq(story_when(&story, "controller-101", "process start", "incarnation 2", 0),
                         SIM_SEC(15));
    }
    ck_assert_int_eq(story_when(&story, "late", "process start", "incarnation 1", 0), SIM_SEC(30));
    ck_assert_int_eq(story_when(&story, "world", "start not needed", "", 0), -1);
    story_end(&story);
}
END_TEST

/* Another one is active when the power is back. */
START_TEST(who_was_the_active_controller_when_it_lost_power_is_who_starts_again)
{
    Story story = story_run("'duration': '60s', " THREE ", 'timeline': [{'at': '10s', 'do': "
                            "'power.cut', 'controller': 'active', 'restart.after': '15s'}]",
                            1);
    ck_assert_int_eq(story_when(&story, "controller-101", "process start", "incarnation 2", 0),
                     SIM_SEC(25));
    for (int32_t i = 0; i < 3; i++) { /* 101 fetches again */
        ck_assert_int_gt(story.view->members[i].last_fetch, SIM_SEC(55));
    }
    story_end(&story);
}
END_TEST

#define ONE_HOUR                                                                                   \
    "'duration': '90s', 'cluster': {'brokers': 1, 'config': {'offsets.topic.num.partitions': 1, "  \
    "'log.retention.check.interval.ms': 5000}}, 'topics': [{'name': 'orders', 'config': {"         \
    "'retention.ms': 3600000}}], 'producers': [{'name': 'load', 'topic': 'orders', 'rate': "       \
    "'100/s', 'stop': '30s'}], 'timeline': ["

START_TEST(a_clock_that_is_ahead_deletes_too_early)
{
    Story right = story_run(ONE_HOUR "]", 1);
    Story wrong = story_run(ONE_HOUR "{'at': '40s', 'do': 'clock.skew', 'broker': 1, 'by': '2h', "
                                     "'for': '20s'}]",
                            1);
    Story slow = story_run(ONE_HOUR "{'at': '40s', 'do': 'clock.skew', 'broker': 1, 'by': '2h', "
                                    "'behind': true}]",
                           1);
    ck_assert_int_eq(story_report(&right, "orders", 0)->log_start_offset, 0);
    ck_assert_int_eq(story_report(&slow, "orders", 0)->log_start_offset, 0);
    ck_assert_int_ge(story_report(&wrong, "orders", 0)->log_start_offset, 3000);
    story_end(&right);
    story_end(&wrong);
    story_end(&slow);
}
END_TEST

/* Who is down, from one event to the next. */
START_TEST(a_rolling_restart_takes_one_broker_at_a_time_and_waits_for_the_isr)
{
    Story story = story_run("'duration': '120s', " THREE
                            ", 'timeline': [{'at': '10s', 'do': 'rolling.restart', "
                            "'order': [3, 1, 2], 'restart.after': '2s', 'pace': '1s'}]",
                            (uint64_t)_i);
    static const int order[] = {3, 1, 2};
    SimTime before = SIM_SEC(10);
    for (int i = 0; i < 3; i++) {
        g_autofree char *stop = g_strdup_printf("broker %d gets SIGTERM", order[i]);
        g_autofree char *back = g_strdup_printf("broker %d is back", order[i]);
        SimTime stopped = story_when(&story, "world", "roll", stop, 0);
        SimTime returned = story_when(&story, "world", "roll", back, 0);
        ck_assert_int_ge(stopped, before);
        ck_assert_int_ge(returned, stopped + SIM_SEC(2));
        before = returned + SIM_SEC(1);
        const ClusterReport *report = cluster_report(story.cluster);
        for (int32_t c = 0; c < report->leader_change_count; c++) { /* nobody lacked two */
            ck_assert_uint_ge(strlen(report->leader_changes[c].isr), strlen("1,2"));
        }
    }
    ck_assert_int_ge(story_when(&story, "world", "roll", "the rolling restart is over", 0), 0);
    ck_assert_int_eq(cluster_report(story.cluster)->total.lost, 0);
    for (int32_t p = 0; p < 3; p++) {
        ck_assert_int_eq(story_partition(&story, "orders", p)->isr.count, 3);
    }
    story_end(&story);
}
END_TEST

#define JBOD                                                                                       \
    "'cluster': {'brokers': [{'id': 1, 'host': 'a', 'log.dirs': 2}, {'id': 2, 'host': 'b'}, "      \
    "{'id': 3, "                                                                                   \
    "'host': 'c'}], 'hosts': [{'name': 'a', 'rack': 'r1'}, {'name': 'b', 'rack': 'r2'}, {'name': " \
    "'c', 'rack': 'r2'}], 'controllers': [{'id': 101}]}, 'topics': [{'name': 'orders', "           \
    "'partitions': 3, 'replication.factor': 2}], 'producers': [{'name': 'load', 'topic': "         \
    "'orders', 'rate': '50/s', 'stop': '250s', 'config': {'acks': 'all'}}]"

/* Broker 3 is dead for good: orders stays under-replicated, and the gate shut. */
START_TEST(a_gate_that_stays_shut_is_told_with_its_reason)
{
    Story story = story_run("'duration': '120s', " THREE
                            ", 'timeline': [{'at': '5s', 'do': 'crash', 'broker': 3}, {'at': "
                            "'20s', 'do': 'rolling.restart', 'order': [1, 2]}]",
                            1);
    SimTime told = story_when(
        &story, "world", "roll", "broker 1 holds the rolling restart up: gate in.sync: ", 0);
    ck_assert_int_ge(told, SIM_SEC(50));
    ck_assert_int_le(told, SIM_SEC(60));
    const ClusterReport *report = cluster_report(story.cluster);
    ck_assert_int_eq(report->restart_count, 1);
    ck_assert_int_eq(report->restarts[0].broker, 1);
    ck_assert_int_le(report->restarts[0].waits_since, SIM_SEC(30));
    ck_assert_ptr_nonnull(strstr(report->restarts[0].waits_for, "is under-replicated"));
    story_end(&story);
}
END_TEST

/* Somebody else starts broker 1 as soon as its process has ended: the rolling restart starts
 * nothing, and goes on. */
START_TEST(a_rolling_restart_goes_on_where_somebody_else_starts_its_broker)
{
    g_autofree char *body =
        g_strdup_printf("'duration': '90s', " THREE
                        ", 'timeline': [{'at': '10s', 'do': 'rolling.restart', 'how': '%s', "
                        "'restart.after': '2s'}, {'at': '10.001s', 'do': 'start', 'broker': 1}]",
                        _i == 0 ? "stop" : "crash");
    Story story = story_run(body, 1);
    const SimTime again = story_when(&story, "broker-1", "process start", "incarnation 2", 0);
    ck_assert_int_gt(again, SIM_SEC(10));
    ck_assert_int_lt(again, SIM_SEC(14));
    const SimTime needless = story_when(&story, "world", "start not needed", "broker-1", 0);
    ck_assert_int_ge(needless, again + SIM_SEC(2));
    ck_assert_int_le(needless, again + SIM_MS(2500));
    ck_assert_int_ge(story_when(&story, "world", "roll", "the rolling restart is over", 0), 0);
    const ClusterReport *report = cluster_report(story.cluster);
    ck_assert_int_eq(report->restart_count, 3);
    for (int32_t i = 0; i < 3; i++) {
        ck_assert_int_gt(report->restarts[i].to, report->restarts[i].from);
        ck_assert_ptr_null(report->restarts[i].waits_for);
    }
    story_end(&story);
}
END_TEST

/* A process that was killed lives on for some milliseconds, until its sockets close. */
START_TEST(a_rolling_restart_knows_a_frozen_process_and_one_that_dies)
{
    static const char body[] = "'duration': '60s', " THREE
                               ", 'timeline': [{'at': '10s', 'do': 'crash', 'broker': 1}, {'at': "
                               "'10s', 'do': 'rolling.restart', 'order': [1]}, {'at': '20s', "
                               "'do': 'pause', 'broker': 1, 'for': '35s'}]";
    static const char frozen[] = "broker 1 holds the rolling restart up: its process is frozen";
    Story story = story_run(body, 1);
    ck_assert_int_eq(story_when(&story, "world", "roll", "broker 1 gets no ", 0), SIM_SEC(10));
    ck_assert_int_gt(story_when(&story, "world", "roll", frozen, 0), SIM_SEC(40));
    story_end(&story);
}
END_TEST

START_TEST(a_rolling_restart_stops_nobody_who_is_down_and_starts_him)
{
    g_autofree char *body =
        g_strdup_printf("'duration': '60s', " THREE
                        ", 'timeline': [{'at': '5s', 'do': 'crash', 'broker': 1}, {'at': '20s', "
                        "'do': 'rolling.restart', 'order': [1, 2], 'how': '%s'}]",
                        _i == 0 ? "stop" : "crash");
    Story story = story_run(body, 1);
    g_autofree char *down = g_strdup_printf("broker 1 gets no %s: its process does not run",
                                            _i == 0 ? "SIGTERM" : "kill -9");
    ck_assert_int_eq(story_when(&story, "world", "roll", down, 0), SIM_SEC(20));
    ck_assert_int_gt(story_when(&story, "world", "roll", "broker 1 is back", 0), SIM_SEC(20));
    ck_assert_int_gt(story_when(&story, "world", "roll", "broker 2 gets ", 0), SIM_SEC(20));
    ck_assert_int_eq(story_when(&story, "world", "roll", "broker 2 gets no", 0), -1);
    story_end(&story);
}
END_TEST

START_TEST(every_process_of_a_rack_starts_once)
{
    Story story = story_run("'duration': '60s', " JBOD ", 'timeline': [{'at': '10s', 'do': "
                            "'crash', 'rack': 'r2', 'restart.after': '10s'}]",
                            1);
    ck_assert_int_eq(story_when(&story, "world", "start not needed", "", 0), -1);
    ck_assert_int_ge(story_when(&story, "broker-2", "process start", "", 1), SIM_SEC(20));
    ck_assert_int_ge(story_when(&story, "broker-3", "process start", "", 1), SIM_SEC(20));
    story_end(&story);
}
END_TEST

/* --- chance --- */

#define CHANCE(kinds, more)                                                                        \
    "'duration': '600s', " THREE ", 'random.faults': {'kinds': [" kinds                            \
    "], 'every': {'exponential': {'mean': '5s'}}, 'for': {'uniform': {'from': '1s', 'to': '9s'}}," \
    " 'from': '20s', 'until': '500s'" more "}"
#define ALL                                                                                        \
    "'crash', 'stop', 'pause', 'power.cut', 'isolate', 'partition', 'slow.network', 'drop', "      \
    "'slow.disk', 'slow.host'"

static GPtrArray *drawn(const Story *story)
{
    GPtrArray *found = g_ptr_array_new();
    const GPtrArray *faults = story->scenario->spec->faults;
    for (guint i = 0; i < faults->len; i++) {
        FaultSpec *fault = faults->pdata[i];
        if (fault->random && fault->undoes == NULL) {
            g_ptr_array_add(found, fault);
        }
    }
    return found;
}

static bool are_equal(const GPtrArray *a, const GPtrArray *b)
{
    bool equal = a->len == b->len;
    for (guint i = 0; equal && i < a->len; i++) {
        const FaultSpec *x = a->pdata[i], *y = b->pdata[i];
        equal = x->at == y->at && x->until == y->until && x->verb == y->verb &&
                x->target == y->target && x->index == y->index;
    }
    return equal;
}

START_TEST(one_seed_draws_the_same_faults_another_seed_others)
{
    Story a = story_read(CHANCE(ALL, ""), 1), again = story_read(CHANCE(ALL, ""), 1);
    Story b = story_read(CHANCE(ALL, ""), 2);
    g_autoptr(GPtrArray) first = drawn(&a);
    g_autoptr(GPtrArray) second = drawn(&again);
    g_autoptr(GPtrArray) other = drawn(&b);
    ck_assert_uint_gt(first->len, 20);
    ck_assert(are_equal(first, second));
    ck_assert(!are_equal(first, other));
    story_end(&a);
    story_end(&again);
    story_end(&b);
}
END_TEST

START_TEST(never_more_at_once_than_allowed_and_all_end_in_time)
{
    Story story = story_read(CHANCE(ALL, ", 'max.at.once': 2, 'among': 'all'"), (uint64_t)_i);
    g_autoptr(GPtrArray) faults = drawn(&story);
    bool two = false;
    for (guint i = 0; i < faults->len; i++) {
        const FaultSpec *fault = faults->pdata[i];
        int at_once = 1;
        ck_assert_int_ge(fault->at, SIM_SEC(20));
        ck_assert_int_le(fault->until, SIM_SEC(500));
        for (guint k = 0; k < i; k++) {
            const FaultSpec *earlier = faults->pdata[k];
            at_once += earlier->until > fault->at;
            bool same = earlier->target == fault->target && earlier->index == fault->index;
            ck_assert(fault->target == TARGET_NONE || !same || earlier->until <= fault->at);
        }
        ck_assert_int_le(at_once, 2);
        two = two || at_once == 2;
        ck_assert(fault->verb != FAULT_PARTITION ||
                  (fault->left->len > 0 && fault->right->len > 0 &&
                   fault->left->len + fault->right->len == 3));
    }
    ck_assert(two);
    story_end(&story);
}
END_TEST

START_TEST(nothing_acknowledged_is_lost_by_one_fault_at_a_time)
{
    Story story = story_read(
        "'duration': '300s', " THREE ", 'random.faults': {'kinds': ['crash', 'stop', 'pause', "
        "'isolate', 'partition', 'drop', 'slow.disk'], 'every': '12s', 'for': {'uniform': {'from': "
        "'1s', 'to': '15s'}}, 'from': '10s', 'until': '200s', 'among': 'all'}",
        (uint64_t)_i);
    story_go(&story, SIM_SEC(300));
    const ClusterReport *report = cluster_report(story.cluster);
    ck_assert_int_eq(report->total.lost, 0);
    story_expect_sound(&story);
    for (int32_t p = 0; p < 3; p++) { /* and all is well again in the end */
        ck_assert_int_eq(story_partition(&story, "orders", p)->isr.count, 3);
    }
    story_end(&story);
}
END_TEST

/* Its only directory is full: it halts, and nothing but a start brings it back. */
START_TEST(who_halts_for_a_full_disk_by_chance_is_started_again)
{
    Story story =
        story_read("'duration': '300s', " THREE ", 'random.faults': {'kinds': ['disk.full'], "
                   "'every': '15s', 'for': '4s', 'from': '10s', 'until': '200s'}",
                   (uint64_t)_i);
    story_go(&story, SIM_SEC(300));
    ck_assert_int_eq(cluster_report(story.cluster)->total.lost, 0);
    story_expect_sound(&story);
    for (int32_t p = 0; p < 3; p++) {
        ck_assert_int_eq(story_partition(&story, "orders", p)->isr.count, 3);
    }
    story_end(&story);
}
END_TEST

START_TEST(disks_clocks_and_administrators_come_by_chance_too)
{
    static const FaultVerb verbs[] = {FAULT_DISK_FULL,
                                      FAULT_FAIL_DISK,
                                      FAULT_CLOCK_SKEW,
                                      FAULT_ROLLING_RESTART,
                                      FAULT_REASSIGN,
                                      FAULT_ELECT_PREFERRED};
    Story story = story_read(
        "'duration': '300s', " JBOD ", 'random.faults': {'kinds': ['disk.full', 'fail.disk', "
        "'clock.skew', 'rolling.restart', 'reassign', 'elect.preferred'], 'every': '5s', 'for': "
        "'4s', 'from': '20s', 'until': '200s'}",
        (uint64_t)_i);
    const GPtrArray *faults = story.scenario->spec->faults;
    for (size_t v = 0; v < G_N_ELEMENTS(verbs); v++) {
        int found = 0;
        for (guint i = 0; i < faults->len; i++) {
            const FaultSpec *fault = faults->pdata[i];
            found += fault->verb == verbs[v] && fault->undoes == NULL ? 1 : 0;
            ck_assert(fault->verb != FAULT_REASSIGN || fault->moves->len == 1);
        }
        ck_assert_int_gt(found, 0);
    }
    story_go(&story, SIM_SEC(300));
    story_expect_sound(&story);
    story_end(&story);
}
END_TEST

START_TEST(whole_racks_come_by_chance_too)
{
    Story story =
        story_read("'duration': '60s', " JBOD ", 'random.faults': {'kinds': ['power.cut', "
                   "'slow.disk'], 'every': '5s', 'for': '4s', 'among': 'racks'}",
                   1);
    const GPtrArray *faults = story.scenario->spec->faults;
    for (guint i = 0; i < faults->len; i++) {
        const FaultSpec *fault = faults->pdata[i];
        ck_assert_int_ne(fault->verb, FAULT_SLOW_DISK); /* a rack has none */
        ck_assert(fault->undoes != NULL || fault->target == TARGET_RACK);
    }
    ck_assert_uint_gt(faults->len, 3);
    scenario_free(story.scenario);
}
END_TEST

/* Broker 1 hears the controller and is not heard: its session ends while it lives. */
START_TEST(a_cut_may_run_between_brokers_and_controllers)
{
    Story story = story_run("'duration': '80s', " THREE ", 'timeline': [{'at': '20s', 'do': "
                            "'partition', 'between': [[1], [101, 102, 103]], 'one.way': true, "
                            "'for': '30s'}]",
                            1);
    const SimTime fenced = story_when(&story, "controller-101", "fence", "broker 1", 0);
    ck_assert_int_gt(fenced, SIM_SEC(27));
    ck_assert_int_lt(fenced, SIM_SEC(31));
    ck_assert_int_ge(story_when(&story, "controller-101", "unfence", "broker 1", 0), SIM_SEC(50));
    ck_assert_int_eq(cluster_report(story.cluster)->total.lost, 0);
    story_end(&story);
}
END_TEST

START_TEST(every_era_switch_can_be_switched_off)
{
    for (int i = 0; i < ERA_SWITCH_COUNT; i++) {
        g_autofree char *body =
            g_strdup_printf("'cluster': {'era': {'%s': false%s}}, 'topics': [{'name': 't'}]",
                            era_switch_name((EraSwitch)i),
                            i == ERA_KIP_497 ? ", 'KRaft': false" : "");
        Story story = story_read(body, 1);
        ck_assert(!story.scenario->spec->era.on[i]);
        scenario_free(story.scenario);
    }
    Story old = story_read("'cluster': {'era': {'metadata': 'zookeeper'}}, 'topics': [{'name': "
                           "'t'}]",
                           1);
    ck_assert(!old.scenario->spec->era.on[ERA_KRAFT]);
    scenario_free(old.scenario);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("timeline");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 120);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, a_link_is_cut_until_the_last_of_its_cuts_ends);
    tcase_add_test(tests, a_process_is_frozen_until_the_last_of_its_pauses_ends);
    tcase_add_test(tests, who_was_the_active_controller_when_it_crashed_is_who_starts_again);
    tcase_add_test(tests, who_was_the_active_controller_when_it_lost_power_is_who_starts_again);
    tcase_add_loop_test(
        tests, what_ran_beside_the_active_controller_starts_after_its_power_cut, 0, 2);
    tcase_add_test(tests, a_clock_that_is_ahead_deletes_too_early);
    tcase_add_test(tests, a_gate_that_stays_shut_is_told_with_its_reason);
    tcase_add_loop_test(
        tests, a_rolling_restart_goes_on_where_somebody_else_starts_its_broker, 0, 2);
    tcase_add_test(tests, a_rolling_restart_knows_a_frozen_process_and_one_that_dies);
    tcase_add_loop_test(tests, a_rolling_restart_stops_nobody_who_is_down_and_starts_him, 0, 2);
    tcase_add_test(tests, every_process_of_a_rack_starts_once);
    tcase_add_loop_test(
        tests, a_rolling_restart_takes_one_broker_at_a_time_and_waits_for_the_isr, 1, 4);
    tcase_add_test(tests, one_seed_draws_the_same_faults_another_seed_others);
    tcase_add_loop_test(tests, never_more_at_once_than_allowed_and_all_end_in_time, 1, 20);
    tcase_add_loop_test(tests, nothing_acknowledged_is_lost_by_one_fault_at_a_time, 1, 21);
    tcase_add_loop_test(tests, who_halts_for_a_full_disk_by_chance_is_started_again, 1, 4);
    tcase_add_loop_test(tests, disks_clocks_and_administrators_come_by_chance_too, 1, 4);
    tcase_add_test(tests, whole_racks_come_by_chance_too);
    tcase_add_test(tests, a_cut_may_run_between_brokers_and_controllers);
    tcase_add_test(tests, every_era_switch_can_be_switched_off);
    return run_suite(suite);
}
