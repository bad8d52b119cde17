/* test_what_happened.c - what a reader of WHAT HAPPENED is told, and the timelines behind it. */
#include "scenarios/runner/results/results.h"
#include "scenarios/runner/results/summary_parts.h"
#include "tests/run_suite.h"
#include "tests/scenarios/runner/story.h"

#define THREE                                                                                      \
    "'cluster': {'brokers': 3, 'controllers': 3, 'config': {'offsets.topic.num.partitions': 1}}, " \
    "'topics': [{'name': 'orders', 'assignment': [[1, 2, 3], [2, 3, 1], [3, 1, 2]], "              \
    "'config': {'min.insync.replicas': 2}}], 'producers': [{'name': 'load', 'topic': 'orders', "   \
    "'rate': '100/s', 'partition': 'cycle', 'stop': '60s', 'config': {'acks': 'all'}}]"

static Run run_of(const Story *story)
{
    return (Run){.scenario = story->scenario,
                 .cluster = story->cluster,
                 .report = cluster_report(story->cluster)};
}

static void expect_told(const Story *story, const char *line)
{
    const Run run = run_of(story);
    g_autoptr(GString) out = g_string_new(NULL);
    results_timeline_text(&run, true, out);
    ck_assert_msg(strstr(out->str, line) != NULL, "no \"%s\" in:\n%s", line, out->str);
}

static void expect_untold(const Story *story, const char *words)
{
    const Run run = run_of(story);
    g_autoptr(GString) out = g_string_new(NULL);
    results_timeline_text(&run, true, out);
    ck_assert_msg(strstr(out->str, words) == NULL, "\"%s\" in:\n%s", words, out->str);
}

static void
expect_row(const Story *story, void (*file)(const Run *run, GString *out), const char *row)
{
    const Run run = run_of(story);
    g_autoptr(GString) out = g_string_new(NULL);
    file(&run, out);
    ck_assert_msg(strstr(out->str, row) != NULL, "no \"%s\" in:\n%s", row, out->str);
}

static SimDuration longest_gap(const Story *story)
{
    return cluster_report(story->cluster)->producers[0].longest_gap;
}

#define ROLL(gate)                                                                                 \
    "'duration': '90s', " THREE ", 'timeline': [{'at': '10s', 'do': 'rolling.restart', "           \
    "'restart.after': '2s', 'pace': '0s', 'gate': '" gate "'}]"

START_TEST(each_broker_of_a_rolling_restart_has_its_window)
{
    Story story = story_run(ROLL("in.sync"), 1);
    const ClusterReport *report = cluster_report(story.cluster);
    ck_assert_int_eq(report->restart_count, 3);
    for (int32_t i = 0; i < 3; i++) {
        const RestartWindow *window = &report->restarts[i];
        ck_assert_int_eq(window->broker, i + 1);
        ck_assert_int_ge(window->from, i > 0 ? report->restarts[i - 1].to : SIM_SEC(10));
        ck_assert_int_ge(window->to - window->from, SIM_SEC(2));
    }
    expect_row(&story, results_faults_csv, "\n10000.000,");
    expect_row(&story, results_faults_csv, "broker 3 restarts");
    expect_told(&story, "broker 2 starts");
    expect_told(&story, "broker 2 is back, and every replica in sync");
    expect_told(&story, "the rolling restart is over");
    story_end(&story);
}
END_TEST

/* What the lesson says: who waits for processes only stops acks=all for good. */
START_TEST(a_rolling_restart_without_a_gate_stops_writing)
{
    Story waits = story_run(ROLL("in.sync"), 1);
    Story hastes = story_run(ROLL("none"), 1);
    ck_assert_int_lt(longest_gap(&waits), SIM_SEC(3));
    ck_assert_int_gt(longest_gap(&hastes), SIM_SEC(5));
    ck_assert_int_eq(cluster_report(hastes.cluster)->total.lost, 0);
    story_end(&waits);
    story_end(&hastes);
}
END_TEST

/* A start is not kept for later: the broker that dies at 20 s stays dead. */
START_TEST(a_process_that_runs_is_not_started)
{
    Story story = story_run("'duration': '40s', " THREE ", 'timeline': ["
                            "{'at': '10s', 'do': 'start', 'broker': 1},"
                            "{'at': '20s', 'do': 'crash', 'broker': 1}]",
                            1);
    expect_told(&story, "broker-1: its process runs already");
    ck_assert_int_lt(story_partition(&story, "orders", 0)->isr.count, 3);
    ck_assert_int_eq(story_when(&story, "controller-101", "unfence", "broker 1", 0), -1);
    story_end(&story);
}
END_TEST

START_TEST(a_start_waits_for_a_process_that_stops)
{
    Story story = story_run("'duration': '40s', " THREE ", 'timeline': ["
                            "{'at': '10s', 'do': 'stop', 'broker': 1},"
                            "{'at': '10.2s', 'do': 'start', 'broker': 1}]",
                            1);
    expect_told(&story, "broker-1: the old process has not ended");
    ck_assert_int_eq(story_partition(&story, "orders", 0)->isr.count, 3);
    story_end(&story);
}
END_TEST

START_TEST(the_end_of_a_reassignment_is_told)
{
    Story story = story_run(
        "'duration': '40s', 'cluster': {'brokers': 3}, 'topics': [{'name': 'orders', "
        "'assignment': [[1, 2]]}], 'timeline': [{'at': '10s', 'do': 'reassign', 'topic': "
        "'orders', 'partition': 0, 'replicas': [3, 2]}, {'at': '20s', 'do': 'elect.preferred'}]",
        1);
    expect_told(&story, "administrator: reassign orders-0 to 3,2: done");
    expect_told(&story, "reassignment complete: orders-0: replicas [3,2]");
    expect_told(&story, "administrator: preferred election of all: ELECTION_NOT_NEEDED");
    story_end(&story);
}
END_TEST

START_TEST(a_new_active_controller_is_told)
{
    Story story = story_run("'duration': '40s', " THREE ", 'timeline': [{'at': '10s', 'do': "
                            "'crash', 'controller': 'active', 'restart.after': '15s'}]",
                            1);
    const ClusterReport *report = cluster_report(story.cluster);
    ck_assert_int_eq(report->controller_change_count, 3);
    ck_assert_int_eq(report->controller_changes[0].controller, 101);
    ck_assert_int_eq(report->controller_changes[1].controller, -1);
    ck_assert_int_eq(report->controller_changes[1].at, SIM_SEC(10));
    int32_t next = report->controller_changes[2].controller;
    ck_assert_int_ne(next, 101);
    g_autofree char *row = g_strdup_printf(",%d,2\n", next);
    expect_row(&story, results_controllers_csv, row);
    g_autofree char *stands = g_strdup_printf("controller %d stands for election in epoch", next);
    expect_told(&story, "controller 101 (active) crashes\n");
    expect_told(&story, "controller 101 (was active) starts\n");
    g_autofree char *is = g_strdup_printf("controller %d is the active controller, in epoch", next);
    expect_told(&story, stands);
    expect_told(&story, is);
    story_end(&story);
}
END_TEST

/* Whoever leads when the pause ends, the broker that was stopped goes on. */
START_TEST(a_fault_by_role_names_whom_it_hit)
{
    Story story = story_run("'duration': '40s', " THREE ", 'timeline': [{'at': '10s', 'do': "
                            "'pause', 'leader': {'topic': 'orders', 'partition': 2}, "
                            "'for': '15s', 'say': 'It only stops.'}]",
                            1);
    expect_told(&story, "broker 3 (leads orders-2) pauses: It only stops.\n");
    expect_told(&story, "broker 3 (led orders-2) resumes\n");
    expect_row(&story, results_faults_csv, "broker 3 (led orders-2) resumes");
    expect_row(&story, results_events_jsonl, "\"broker 3 (led orders-2)\"");
    story_end(&story);
}
END_TEST

static void expect_no_row(const Story *story, void (*file)(const Run *, GString *), const char *row)
{
    const Run run = run_of(story);
    g_autoptr(GString) out = g_string_new(NULL);
    file(&run, out);
    ck_assert_msg(strstr(out->str, row) == NULL, "\"%s\" in:\n%s", row, out->str);
}

/* At 12 s nobody leads orders: broker 3 is down, and was its only replica. */
START_TEST(a_fault_of_a_role_that_nobody_has_is_told_as_hitting_nobody)
{
    Story story = story_run(
        "'duration': '40s', 'cluster': {'brokers': 3, 'controllers': 1}, 'topics': [{'name': "
        "'orders', 'assignment': [[3]]}], 'timeline': ["
        "{'at': '10s', 'do': 'crash', 'leader': {'topic': 'orders'}, 'restart.after': '5s'},"
        "{'at': '12s', 'do': 'crash', 'leader': {'topic': 'orders'}, 'restart.after': '1s', "
        "'say': 'Again?'},"
        "{'at': '20s', 'do': 'crash', 'controller': 'active', 'restart.after': '5s'},"
        "{'at': '22s', 'do': 'isolate', 'controller': 'active', 'for': '1s'},"
        "{'at': '24s', 'do': 'start', 'controller': 'active'}]",
        1);
    expect_told(&story,
                "12.000 s  crash hits nobody: orders-0 has no leader that serves: Again?\n");
    expect_told(&story, "22.000 s  isolate hits nobody: there is no active controller\n");
    expect_told(&story, "24.000 s  start hits nobody: there is no active controller\n");
    expect_untold(&story, "13.000 s");
    expect_untold(&story, "23.000 s");
    expect_told(&story, "15.000 s  broker 3 (led orders-0) starts\n");
    expect_told(&story, "25.000 s  controller 101 (was active) starts\n");
    expect_row(&story, results_faults_csv, "10000.000,15000.000,broker 3 (leads orders-0) crashes");
    static const char *const untrue[] = {"12000.000", "13000.000", "22000.000", "24000.000"};
    for (size_t i = 0; i < G_N_ELEMENTS(untrue); i++) {
        expect_no_row(&story, results_faults_csv, untrue[i]);
    }
    expect_row(&story, results_events_jsonl, "\"hits nobody: orders-0 has no leader that serves");
    story_end(&story);
}
END_TEST

/* The disk that did not fail is not replaced: what becomes active meanwhile keeps what it has. */
START_TEST(the_end_of_a_fault_that_hit_nobody_hits_nobody)
{
    Story story = story_run(
        "'duration': '60s', 'cluster': {'brokers': 1, 'controllers': 3}, 'topics': [{'name': "
        "'orders'}], 'timeline': ["
        "{'at': '10s', 'do': 'crash', 'controller': 'active'},"
        "{'at': '10.1s', 'do': 'fail.disk', 'controller': 'active', 'for': '10s'}]",
        1);
    expect_told(&story, "fail.disk hits nobody: there is no active controller\n");
    const ClusterReport *report = cluster_report(story.cluster);
    const int32_t last = report->controller_change_count - 1;
    ck_assert_int_gt(report->controller_changes[last].at, SIM_SEC(10));
    ck_assert_int_lt(report->controller_changes[last].at, SIM_SEC(20));
    ck_assert_int_ne(report->controller_changes[last].controller, -1);
    static const char *const controllers[] = {"controller-101", "controller-102", "controller-103"};
    for (size_t i = 0; i < G_N_ELEMENTS(controllers); i++) {
        ck_assert_int_eq(story_when(&story, controllers[i], "halt", "", 0), -1);
    }
    story_end(&story);
}
END_TEST

/* Retention takes all that the group has not read: with a member that comes back to nothing, or
 * with none. Kafka's tool still counts from what is committed: a share group's start offset is
 * written with the next acknowledgement. */
START_TEST(what_is_deleted_is_not_left_to_read)
{
    static const char *const groups[] = {
        "'members': 1, 'share': 'implicit', 'group.config': {'share.auto.offset.reset': "
        "'earliest'}}], 'timeline': [{'at': '20s', 'do': 'stall', 'group': 'g', 'for': '40s'}",
        "'members': [{'name': 'm'}], 'config': {'auto.offset.reset': "
        "'earliest'}}], 'timeline': [{'at': '20s', 'do': 'stop', 'member': 'm'}",
    };
    g_autofree char *body = g_strdup_printf(
        "'duration': '80s', 'cluster': {'brokers': 3, 'config': {'log.initial.task.delay.ms': "
        "1000, 'log.retention.check.interval.ms': 1000}}, 'topics': [{'name': 't', 'config': "
        "{'segment.bytes': 1048576, 'segment.ms': 1000, 'retention.ms': 5000}}], 'producers': "
        "[{'name': 'p', 'topic': 't', 'rate': '100/s', 'stop': '25s'}], 'groups': [{'name': 'g', "
        "'topics': ['t'], %s]",
        groups[_i]);
    Story story = story_run(body, 1);
    const GroupPartitionReport *partition = &cluster_report(story.cluster)->groups[0].partitions[0];
    ck_assert_int_eq(partition->log_start_offset, partition->log_end_offset);
    ck_assert_int_gt(partition->committed, 0);
    ck_assert_int_lt(partition->committed, partition->log_end_offset);
    ck_assert_int_gt(summary_lag(partition), 0);
    ck_assert_int_eq(summary_left_to_read(partition), 0);
    if (_i == 0) { /* counted from the start offset; of other groups from the position read */
        const Series *series = cluster_series(story.cluster);
        const int64_t column = series_find(series, "kafkasim.group.lag", "group=g");
        ck_assert_int_ge(column, 0);
        const uint32_t last = series_rows(series) - 1;
        ck_assert_int_eq(series_value(series, (uint32_t)column, last), 0);
    }
    story_end(&story);
}
END_TEST

START_TEST(a_frozen_leader_is_not_called_dead)
{
    Story story = story_run("'duration': '40s', " THREE ", 'timeline': [{'at': '10s', 'do': "
                            "'pause', 'broker': 3, 'for': '15s'}]",
                            1);
    expect_told(&story, "the leader of orders-2 is frozen\n");
    expect_untold(&story, "living leader");
    expect_row(&story, results_leaders_csv, "orders,2,-1,0,3 1 2,leader is frozen");
    story_end(&story);
}
END_TEST

START_TEST(reasons_are_said_without_internal_words)
{
    Story story = story_run("'duration': '40s', " THREE ", 'timeline': [{'at': '10s', 'do': "
                            "'crash', 'broker': 1, 'restart.after': '12s'}]",
                            1);
    expect_told(&story, "orders-0 without a living leader\n");
    expect_told(&story, " fences broker 1: session expired");
    expect_told(&story, "(broker 1 is fenced)");
    expect_told(&story, "(AlterPartition of leader ");
    story_end(&story);
}
END_TEST

static int64_t sampled_at(const Story *story, const char *metric, const char *where, SimTime at)
{
    const Series *series = cluster_series(story->cluster);
    int64_t column = series_find(series, metric, where);
    ck_assert_int_ge(column, 0);
    uint32_t row = 0;
    while (row + 1 < series_rows(series) && series_time(series, row) < at) {
        row++;
    }
    return series_value(series, (uint32_t)column, row);
}

static int64_t min_isr_at(const Story *story, SimTime at)
{
    return sampled_at(story, "kafkasim.min.insync.replicas", "", at);
}

/* Its leader stays, only its ISR changes, and nobody writes: the leader counts all the same. */
START_TEST(a_leader_counts_what_a_fenced_follower_leaves_under_replicated)
{
    static const char metric[] = "kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions";
    Story story = story_run("'duration': '40s', 'cluster': {'brokers': 2}, 'topics': [{'name': "
                            "'orders', 'assignment': [[1, 2], [1, 2]]}], 'timeline': [{'at': "
                            "'5s', 'do': 'crash', 'broker': 2, 'restart.after': '20s'}]",
                            1);
    ck_assert_int_eq(sampled_at(&story, metric, "broker=1", SIM_SEC(4)), 0);
    ck_assert_int_eq(sampled_at(&story, metric, "broker=1", SIM_SEC(10)), 0); /* not yet fenced */
    ck_assert_int_eq(sampled_at(&story, metric, "broker=1", SIM_SEC(20)), 2);
    ck_assert_int_eq(sampled_at(&story, metric, "broker=1", SIM_SEC(39)), 0);
    story_end(&story);
}
END_TEST

START_TEST(min_insync_replicas_is_sampled_as_administrators_change_it)
{
    Story story = story_run("'duration': '30s', " THREE ", 'timeline': [{'at': '10s', 'do': "
                            "'set.config', 'topic': 'orders', 'config': {'min.insync.replicas': "
                            "1}}, {'at': '20s', 'do': 'crash', 'broker': 1}]",
                            1);
    ck_assert_int_eq(min_isr_at(&story, SIM_SEC(1)), 2);
    ck_assert_int_eq(min_isr_at(&story, SIM_SEC(9)), 2);
    ck_assert_int_eq(min_isr_at(&story, SIM_SEC(11)), 1);
    ck_assert_int_eq(min_isr_at(&story, SIM_SEC(30)), 1);
    story_end(&story);
}
END_TEST

/* min.insync.replicas 2 and one replica left: the summary says what the producer was told. */
START_TEST(the_summary_names_what_brokers_refused)
{
    Story story = story_run("'duration': '60s', " THREE ", 'timeline': [{'at': '10s', 'do': "
                            "'stop', 'broker': 3}, {'at': '15s', 'do': 'stop', 'broker': 2}]",
                            1);
    const Run run = run_of(&story);
    g_autoptr(GString) out = g_string_new(NULL);
    results_producers_text(&run, out);
    ck_assert_msg(strstr(out->str, "batches that met an error: ") != NULL &&
                      strstr(out->str, "NOT_ENOUGH_REPLICAS") != NULL,
                  "%s",
                  out->str);
    story_end(&story);
}
END_TEST

#define GROUP(members, more)                                                                       \
    "'duration': '30s', " THREE ", 'groups': [{'name': 'billing', 'topics': ['orders'], "          \
    "'members': " members "}], 'timeline': [" more "]"

START_TEST(the_crash_of_a_member_is_one_line)
{
    Story story = story_run(GROUP("1",
                                  "{'at': '15s', 'do': 'crash', 'member': 'billing-0', "
                                  "'restart.after': '1s', 'say': 'kill -9'}"),
                            1);
    expect_told(&story, "15.000 s  billing-0 crashes");
    expect_told(&story, ": kill -9\n");
    expect_told(&story, "16.000 s  billing-0 starts\n");
    expect_untold(&story, "dead");
    expect_untold(&story, "16.000 s  billing-0 joining");
    story_end(&story);
}
END_TEST

START_TEST(many_members_who_do_the_same_at_once_make_one_line)
{
    Story few = story_run(GROUP("3", ""), 1);
    Story many = story_run(GROUP("12", ""), 1);
    expect_told(&few, "billing-2 joining");
    expect_told(&many, "billing: 12 members joining\n");
    expect_told(&many, "billing: 9 members idle (generation 1)\n");
    expect_untold(&many, "billing-2 joining");
    story_end(&few);
    story_end(&many);
}
END_TEST

/* The clients ask on, three times a second; events.jsonl has each answer. */
START_TEST(a_topic_that_is_refused_again_and_again_is_told_once)
{
    Story story = story_run("'duration': '30s', 'cluster': {'brokers': 3, 'config': "
                            "{'default.replication.factor': 5}}, 'topics': [{'name': 'orders', "
                            "'replication.factor': 3}], 'producers': [{'name': 'load', 'topic': "
                            "'orders', 'rate': '100/s'}], "
                            "'timeline': [{'at': '5s', 'do': 'delete.topic', 'topic': 'orders'}]",
                            1);
    const char *line = "administrator: auto-create orders: INVALID_REPLICATION_FACTOR";
    const Run run = run_of(&story);
    g_autoptr(GString) out = g_string_new(NULL);
    results_timeline_text(&run, true, out);
    const char *first = strstr(out->str, line);
    ck_assert_msg(first != NULL, "%s", out->str);
    ck_assert_msg(strstr(first + 1, line) == NULL, "%s", out->str);
    ck_assert_int_gt(story_when(&story, "world", "admin", "auto-create orders", 9), 0);
    story_end(&story);
}
END_TEST

/* Broker 2 died before anybody knew. */
START_TEST(the_election_of_a_dead_broker_is_told)
{
    Story story = story_run("'duration': '30s', " THREE
                            ", 'timeline': [{'at': '5s', 'do': 'crash', 'broker': 1}, "
                            "{'at': '8s', 'do': 'crash', 'broker': 2}]",
                            1);
    expect_told(&story, "who is elected to lead orders-0 is dead");
    expect_untold(&story, "elected to lead orders-1");
    story_end(&story);
}
END_TEST

/* The quorum knows its voters by their disks: with two of three new nobody can be elected. */
START_TEST(a_time_without_an_active_controller_is_told)
{
    Story story = story_run("'duration': '60s', " THREE ", 'timeline': ["
                            "{'at': '10s', 'do': 'crash', 'controller': 101},"
                            "{'at': '15s', 'do': 'start', 'controller': 101},"
                            "{'at': '20s', 'do': 'fail.disk', 'controller': 101, 'for': '2s'},"
                            "{'at': '25s', 'do': 'start', 'controller': 101},"
                            "{'at': '30s', 'do': 'fail.disk', 'controller': 101, 'for': '2s'},"
                            "{'at': '30s', 'do': 'fail.disk', 'controller': 102, 'for': '2s'},"
                            "{'at': '35s', 'do': 'start', 'controller': 101},"
                            "{'at': '35s', 'do': 'start', 'controller': 102}]",
                            1);
    expect_told(&story, "10.000 s  no controller is active for ");
    expect_told(&story, "25.000 s  controller 101 has no vote: its disk is new");
    expect_told(&story, "controller 101 has its vote again: its new disk holds what is committed");
    expect_told(&story, "35.000 s  controller 102 has no vote: its disk is new");
    expect_told(&story, "  no controller is active any more\n");
    story_end(&story);
}
END_TEST

#define PRODUCES(name, config)                                                                     \
    "{'name': '" name "', 'topic': 'orders', 'rate': '10/s', 'config': {" config "}"

#define OF_X  "'transactional.id': 'x'}, 'transaction': {'records': 5"
#define SMALL "'buffer.memory': 1000"

/* The one is fenced by the other with its transactional.id; the third's records fit into no batch,
 * which is told once. */
START_TEST(a_producer_that_cannot_go_on_is_told)
{
    Story story =
        story_run("'duration': '20s', 'cluster': {'brokers': 3}, 'topics': [{'name': 'orders'}], "
                  "'producers': [" PRODUCES("old", OF_X) "}, " PRODUCES(
                      "new", OF_X) ", 'start': '10s'}, " PRODUCES("small", SMALL) "}]",
                  1);
    expect_told(&story, "old ends by an error: x: PRODUCER_FENCED\n");
    expect_told(&story,
                "small: send() throws, a batch for the record is larger than buffer.memory");
    const Run run = run_of(&story);
    g_autoptr(GString) out = g_string_new(NULL);
    results_timeline_text(&run, true, out);
    ck_assert_msg(
        strstr(strstr(out->str, "send() throws") + 1, "send() throws") == NULL, "%s", out->str);
    story_end(&story);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("what happened");
    TCase *tests = tcase_create("stories");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, each_broker_of_a_rolling_restart_has_its_window);
    tcase_add_test(tests, a_rolling_restart_without_a_gate_stops_writing);
    tcase_add_test(tests, a_process_that_runs_is_not_started);
    tcase_add_test(tests, a_start_waits_for_a_process_that_stops);
    tcase_add_test(tests, the_end_of_a_reassignment_is_told);
    tcase_add_test(tests, a_new_active_controller_is_told);
    tcase_add_test(tests, a_time_without_an_active_controller_is_told);
    tcase_add_test(tests, min_insync_replicas_is_sampled_as_administrators_change_it);
    tcase_add_test(tests, the_summary_names_what_brokers_refused);
    tcase_add_test(tests, a_leader_counts_what_a_fenced_follower_leaves_under_replicated);
    tcase_add_test(tests, a_fault_by_role_names_whom_it_hit);
    tcase_add_test(tests, a_fault_of_a_role_that_nobody_has_is_told_as_hitting_nobody);
    tcase_add_test(tests, the_end_of_a_fault_that_hit_nobody_hits_nobody);
    tcase_add_loop_test(tests, what_is_deleted_is_not_left_to_read, 0, 2);
    tcase_add_test(tests, a_frozen_leader_is_not_called_dead);
    tcase_add_test(tests, reasons_are_said_without_internal_words);
    tcase_add_test(tests, the_crash_of_a_member_is_one_line);
    tcase_add_test(tests, many_members_who_do_the_same_at_once_make_one_line);
    tcase_add_test(tests, a_topic_that_is_refused_again_and_again_is_told_once);
    tcase_add_test(tests, the_election_of_a_dead_broker_is_told);
    tcase_add_test(tests, a_producer_that_cannot_go_on_is_told);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
