/* test_administration.c - what an administrator does on the timeline, seen from outside: topics
 * that come, grow and go, replicas that move, options that change, brokers that go for good. */
#include "scenarios/runner/results/results.h"
#include "tests/run_suite.h"
#include "tests/scenarios/runner/story.h"

#define THREE                                                                                      \
    "'cluster': {'brokers': 3, 'config': {'offsets.topic.num.partitions': 1, "                     \
    "'auto.create.topics.enable': false}}"
#define ORDERS                                                                                     \
    "'topics': [{'name': 'orders', 'assignment': [[1, 2], [2, 3]], "                               \
    "'config': {'min.insync.replicas': 1}}]"
#define LOAD                                                                                       \
    "'producers': [{'name': 'load', 'topic': 'orders', 'rate': '100/s', 'partition': 'cycle', "    \
    "'stop': '40s'}]"

START_TEST(a_producer_waits_for_a_topic_that_comes_later)
{
    Story story = story_run(
        "'duration': '30s', " THREE ", 'topics': [{'name': 'other'}], "
        "'producers': [{'name': 'load', 'topic': 'audits', 'rate': '10/s', 'stop': '20s'}], "
        "'timeline': [{'at': '10s', 'do': 'create.topic', 'topic': 'audits', 'partitions': 2, "
        "'replication.factor': 2, 'config': {'min.insync.replicas': 2}}]",
        1);
    const ProducerReport *load = &cluster_report(story.cluster)->producers[0];
    ck_assert_int_eq(load->fates.acked, load->fates.offered);
    ck_assert_int_ge(load->fates.acked, 190); /* those of the first 10 s had waited in send() */
    ck_assert_int_ge(load->longest_gap, SIM_SEC(10));
    ck_assert_int_eq(story_topic(&story, "audits")->partition_count, 2);
    ck_assert_int_eq(story_topic(&story, "audits")->min_insync_replicas, 2);
    story_end(&story);
}
END_TEST

START_TEST(added_partitions_are_written_to_and_read_after_the_next_refresh)
{
    Story story = story_run(
        "'duration': '40s', " THREE ", 'topics': [{'name': 'orders', 'partitions': 1}], "
        "'producers': [{'name': 'load', 'topic': 'orders', 'rate': '100/s', 'partition': 'cycle', "
        "'stop': '30s', 'config': {'metadata.max.age.ms': 2000}}], "
        "'groups': [{'name': 'g', 'topics': ['orders'], "
        "'config': {'metadata.max.age.ms': 2000, 'auto.offset.reset': 'earliest'}}], "
        "'timeline': [{'at': '10s', 'do': 'add.partitions', 'topic': 'orders', 'partitions': 3}]",
        1);
    const ClusterReport *report = cluster_report(story.cluster);
    int64_t first = story_report(&story, "orders", 0)->log_end_offset, sum = 0;
    for (int32_t p = 0; p < 3; p++) {
        int64_t end = story_report(&story, "orders", p)->log_end_offset;
        ck_assert_int_gt(end, 500);
        sum += end;
    }
    ck_assert_int_ge(first, 1000); /* it was the only one for 10 s */
    ck_assert_int_eq(sum, report->total.acked);
    ck_assert_int_eq(report->groups[0].consumed, report->total.acked);
    story_end(&story);
}
END_TEST

START_TEST(a_deleted_topic_is_gone_and_may_come_again)
{
    Story story = story_read(
        "'duration': '40s', " THREE ", " ORDERS ", 'producers': [{'name': 'load', 'topic': "
        "'orders', 'rate': '100/s', 'stop': '8s'}], 'timeline': ["
        "{'at': '10s', 'do': 'delete.topic', 'topic': 'orders'},"
        "{'at': '20s', 'do': 'create.topic', 'topic': 'orders', 'assignment': [[3, 1]]}]",
        1);
    story_go(&story, SIM_SEC(15));
    ck_assert_ptr_null(story_topic(&story, "orders"));
    ck_assert_int_gt(story_when(&story, "broker-1", "stops", "orders-0: the topic is deleted", 0),
                     0);
    ck_assert_int_gt(story_when(&story, "broker-3", "stops", "orders-1: the topic is deleted", 0),
                     0);
    story_go(&story, SIM_SEC(40));
    ck_assert_int_eq(story_topic(&story, "orders")->partition_count, 1);
    story_expect_ids(&story_partition(&story, "orders", 0)->replicas, "3,1");
    ck_assert_int_eq(story_report(&story, "orders", 0)->log_end_offset, 0);
    story_expect_sound(&story);
    story_end(&story);
}
END_TEST

START_TEST(a_reassignment_adds_before_it_removes)
{
    Story story = story_read("'duration': '40s', " THREE ", " ORDERS ", " LOAD
                             ", 'timeline': [{'at': '10s', 'do': 'reassign', 'topic': 'orders', "
                             "'partition': 0, 'replicas': [3, 2]}]",
                             1);
    story_go(&story, SIM_MS(10050));
    const PartitionRegistration *moving = story_partition(&story, "orders", 0);
    story_expect_ids(&moving->replicas, "3,2,1");
    story_expect_ids(&moving->adding, "3");
    story_expect_ids(&moving->removing, "1");
    ck_assert_int_eq(moving->leader, 1);
    story_go(&story, SIM_SEC(40));
    const PartitionRegistration *moved = story_partition(&story, "orders", 0);
    story_expect_ids(&moved->replicas, "3,2");
    ck_assert_int_eq(moved->isr.count, 2);
    ck_assert_int_eq(moved->adding.count + moved->removing.count, 0);
    ck_assert_int_ne(moved->leader, 1);
    ck_assert_int_gt(story_when(&story, "broker-1", "stops", "orders-0: the replica was moved", 0),
                     0);
    ck_assert_int_eq(cluster_report(story.cluster)->total.lost, 0);
    story_end(&story);
}
END_TEST

/* Broker 3 is down, so that it cannot catch up before the plan is taken back. */
START_TEST(a_reassignment_that_is_cancelled_leaves_what_was)
{
    Story story = story_run(
        "'duration': '40s', 'cluster': {'brokers': [{'id': 1}, {'id': 2}, {'id': 3}]}, " ORDERS
        ", " LOAD ", 'timeline': [{'at': '5s', 'do': 'crash', 'broker': 3},"
        "{'at': '20s', 'do': 'reassign', 'plan': {'version': 1, 'partitions': "
        "[{'topic': 'orders', 'partition': 0, 'replicas': [3, 2]}]}},"
        "{'at': '25s', 'do': 'reassign', 'topic': 'orders', 'cancel': true}]",
        1);
    ck_assert_int_gt(story_when(&story, "world", "admin", "reassign orders-0 to 3,2: NONE", 0), 0);
    const PartitionRegistration *now = story_partition(&story, "orders", 0);
    story_expect_ids(&now->replicas, "2,1"); /* PartitionReassignmentRevert keeps the new order */
    ck_assert_int_eq(now->adding.count + now->removing.count, 0);
    story_end(&story);
}
END_TEST

#define FIVE_SECONDS_LATER                                                                         \
    "'duration': '40s', " THREE ", " ORDERS ", 'producers': [{'name': 'load', 'topic': "           \
    "'orders', 'rate': '100/s', 'partition': 0, 'stop': '30s', 'config': {"                        \
    "'delivery.timeout.ms': 4000, 'request.timeout.ms': 2000, 'linger.ms': 0}}], 'timeline': ["    \
    "{'at': '5s', 'do': 'crash', 'broker': 2}"

START_TEST(a_larger_min_isr_stops_who_writes_to_fewer)
{
    Story before = story_run(FIVE_SECONDS_LATER "]", 1);
    Story after = story_run(FIVE_SECONDS_LATER ", {'at': '20s', 'do': 'set.config', 'topic': "
                                               "'orders', 'config': {'min.insync.replicas': 2}}]",
                            1);
    int64_t failed = cluster_report(before.cluster)->total.failed;
    ck_assert_int_ge(cluster_report(after.cluster)->total.failed, failed + 900);
    ck_assert_int_eq(story_topic(&after, "orders")->min_insync_replicas, 2);
    story_end(&before);
    story_end(&after);
}
END_TEST

/* Partition.effectiveMinIsr came with KAFKA-15583; before it nothing was ever accepted. */
START_TEST(a_min_isr_above_the_replicas_means_all_of_them)
{
    for (int old = 0; old < 2; old++) {
        g_autofree char *text = g_strdup_printf(
            "'duration': '60s', 'cluster': {'brokers': 2, 'era': {'KAFKA-15583': %s}}, 'topics': "
            "[{'name': 'orders', 'assignment': [[1, 2]], 'config': {'min.insync.replicas': 99}}], "
            "'producers': [{'name': 'load', 'topic': 'orders', 'rate': '10/s', 'stop': '10s', "
            "'config': {'acks': 'all', 'delivery.timeout.ms': 20000, 'request.timeout.ms': 5000}}]",
            old == 1 ? "false" : "true");
        Story story = story_run(text, 1);
        const Fates *total = &cluster_report(story.cluster)->total;
        ck_assert_int_eq(total->acked, old == 1 ? 0 : 100);
        ck_assert_int_eq(total->failed, old == 1 ? 100 : 0);
        story_end(&story);
    }
}
END_TEST

START_TEST(elections_are_asked_for_as_the_tool_does)
{
    Story story = story_run(
        "'duration': '60s', 'cluster': {'brokers': 3, 'config': {'auto.leader.rebalance.enable': "
        "false}}, " ORDERS ", " LOAD
        ", 'timeline': [{'at': '5s', 'do': 'stop', 'broker': 1, 'restart.after': '10s'},"
        "{'at': '45s', 'do': 'elect', 'topic': 'orders', 'partition': 1},"
        "{'at': '46s', 'do': 'elect.preferred'}]",
        1);
    ck_assert_int_gt(
        story_when(
            &story, "world", "admin", "preferred election of orders-1: ELECTION_NOT_NEEDED", 0),
        0);
    ck_assert_int_eq(story_partition(&story, "orders", 0)->leader, 1);
    story_end(&story);
}
END_TEST

START_TEST(a_broker_comes_for_the_first_time_and_goes_for_good)
{
    Story story = story_read("'duration': '60s', 'cluster': {'brokers': [{'id': 1}, {'id': 2}, "
                             "{'id': 3}, {'id': 4, 'started': false}]}, " ORDERS ", " LOAD
                             ", 'timeline': [{'at': '10s', 'do': 'start', 'broker': 4},"
                             "{'at': '30s', 'do': 'remove.broker', 'broker': 4}]",
                             1);
    story_go(&story, SIM_SEC(5));
    ck_assert_int_eq(story.view->broker_count, 3);
    story_go(&story, SIM_SEC(25));
    ck_assert_int_eq(story.view->broker_count, 4);
    ck_assert_str_eq(story.view->brokers[3].state, "unfenced");
    story_go(&story, SIM_SEC(60));
    ck_assert_int_eq(story.view->broker_count, 3);
    ck_assert_int_ge(story_when(&story, "world", "admin", "unregister broker 4: NONE", 0),
                     story_when(&story, "broker-4", "exit", "", 0));
    story_end(&story);
}
END_TEST

START_TEST(a_request_waits_for_a_controller)
{
    Story story = story_run(
        "'duration': '40s', " THREE ", " ORDERS ", " LOAD
        ", 'timeline': [{'at': '10s', 'do': 'crash', 'controller': 'active', 'restart.after': "
        "'8s'}, {'at': '12s', 'do': 'create.topic', 'topic': 'late'}]",
        1);
    ck_assert_int_ge(story_when(&story, "world", "admin", "create.topic late: NONE", 0),
                     SIM_SEC(18));
    ck_assert_ptr_nonnull(story_topic(&story, "late"));
    story_end(&story);
}
END_TEST

static SimTime story_when_any(const Story *story, const char *what, const char *detail)
{
    const EventLog *log = cluster_event_log(story->cluster);
    for (uint32_t id = 1; id <= event_log_count(log); id++) {
        LoggedEvent event;
        if (event_log_get(log, id, &event) && strcmp(event.what, what) == 0 &&
            g_str_has_prefix(event.detail, detail)) {
            return event.time;
        }
    }
    return -1;
}

/* 40 MB of one partition go from broker 1 to broker 3; when are they there? */
static SimTime moved(const char *era, const char *throttle, SimTime *ret_taken_away)
{
    g_autofree char *text = g_strdup_printf(
        "'duration': '150s', 'cluster': {'brokers': 3%s}, 'topics': [{'name': 'orders', "
        "'assignment': [[1, 2]]}], 'producers': [{'name': 'load', 'topic': 'orders', 'rate': "
        "'1000/s', 'record': {'size': '1kB'}, 'stop': '40s'}], 'timeline': [{'at': '50s', 'do': "
        "'reassign', 'topic': 'orders', 'partition': 0, 'replicas': [2, 3]%s}]",
        era,
        throttle);
    Story story = story_run(text, 1);
    SimTime done = story_when_any(&story, "reassignment complete", "orders-0");
    *ret_taken_away = story_when(&story, "world", "admin", "set.config of orders: NONE", 1);
    if (throttle[0] != '\0') {
        ck_assert_int_ge(story_when(&story, "world", "admin", "set.config of broker 3: NONE", 0),
                         SIM_SEC(50));
    } else {
        ck_assert_int_eq(story_when(&story, "world", "admin", "set.config", 0), -1);
    }
    ck_assert_int_eq(story_partition(&story, "orders", 0)->isr.count, 2);
    story_end(&story);
    return done;
}

START_TEST(a_throttled_reassignment_takes_its_time_and_verify_takes_the_throttle_away)
{
    const char *era = _i == 0 ? "" : ", 'era': {'metadata': 'zookeeper'}";
    SimTime taken_away;
    SimTime fast = moved(era, "", &taken_away);
    ck_assert_int_le(fast, SIM_SEC(55));
    SimTime slow = moved(era, ", 'throttle': '1MB/s'", &taken_away);
    ck_assert_int_ge(slow, SIM_SEC(75)); /* an empty window of 10 s lets 10 MB pass */
    ck_assert_int_le(slow, SIM_SEC(95));
    ck_assert_int_ge(taken_away, slow);
    ck_assert_int_le(taken_away, slow + SIM_MS(1200));
}
END_TEST

/* Broker 3 is dead: what it shall copy it never has. */
START_TEST(what_is_still_being_reassigned_is_said)
{
    Story story = story_run(
        "'duration': '30s', 'cluster': {'brokers': 3}, 'topics': [{'name': 'orders', "
        "'assignment': [[1, 2], [2, 1]]}], 'timeline': [{'at': '5s', 'do': 'crash', 'broker': 3}, "
        "{'at': '6s', 'do': 'reassign', 'topic': 'orders', 'partition': 1, 'replicas': [2, 3]}]",
        1);
    const ClusterReport *report = cluster_report(story.cluster);
    ck_assert_int_eq(report->partitions[0].adding_count, 0);
    ck_assert_int_eq(report->partitions[1].adding_count, 1);
    ck_assert_int_eq(report->partitions[1].adding[0], 3);
    const Run run = {.report = report};
    g_autoptr(GString) out = g_string_new(NULL);
    results_moving_text(&run, out);
    ck_assert_str_eq(out->str,
                     "\nStill being reassigned: orders-1 (adds 3, not in sync; removes 1)\n");
    story_end(&story);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("administration");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, a_producer_waits_for_a_topic_that_comes_later);
    tcase_add_test(tests, added_partitions_are_written_to_and_read_after_the_next_refresh);
    tcase_add_test(tests, a_deleted_topic_is_gone_and_may_come_again);
    tcase_add_test(tests, a_reassignment_adds_before_it_removes);
    tcase_add_loop_test(
        tests, a_throttled_reassignment_takes_its_time_and_verify_takes_the_throttle_away, 0, 2);
    tcase_add_test(tests, a_reassignment_that_is_cancelled_leaves_what_was);
    tcase_add_test(tests, a_larger_min_isr_stops_who_writes_to_fewer);
    tcase_add_test(tests, a_min_isr_above_the_replicas_means_all_of_them);
    tcase_add_test(tests, elections_are_asked_for_as_the_tool_does);
    tcase_add_test(tests, a_broker_comes_for_the_first_time_and_goes_for_good);
    tcase_add_test(tests, a_request_waits_for_a_controller);
    tcase_add_test(tests, what_is_still_being_reassigned_is_said);
    return run_suite(suite);
}
