/* test_zookeeper_stop_replica.c - StopReplica: who is told to fetch no more, or to delete what it
 * has; who does not hear of it; and what waits for the answers. */
#include "tests/models/support/whole_cluster.h"
#include "tests/run_suite.h"

/* Brokers 1.., of which 1 is the controller. */
static ClusterSpec *brokers(int32_t count, uint64_t seed, SimTime duration)
{
    ClusterSpec *spec = whole_spec(count, 1, seed, duration);
    spec->era.on[ERA_KRAFT] = false;
    return spec;
}

static void crash(ClusterSpec *spec, SimTime at, int32_t broker)
{
    whole_fault(spec, FAULT_CRASH, at, TARGET_BROKER, broker - 1);
}

static void start(ClusterSpec *spec, SimTime at, int32_t broker)
{
    whole_fault(spec, FAULT_START, at, TARGET_BROKER, broker - 1);
}

static void deletes(ClusterSpec *spec, SimTime at, int32_t topic)
{
    whole_fault(spec, FAULT_DELETE_TOPIC, at, TARGET_NONE, SPEC_NONE)->topic = topic;
}

/* ---- reassignments */

static void moves(ClusterSpec *spec, SimTime at, int32_t a, int32_t b)
{
    FaultSpec *move = whole_fault(spec, FAULT_REASSIGN, at, TARGET_NONE, SPEC_NONE);
    const MoveSpec wish = {.topic = 0, .partition = 0, .replicas = {.count = 2, .ids = {a, b}}};
    move->topic = 0;
    move->moves = g_array_new(FALSE, FALSE, sizeof(MoveSpec));
    g_array_append_val(move->moves, wish);
}

/* orders-0 on 2 and 3 goes to 2 and 4. */
static ClusterSpec *moving(uint64_t seed, SimTime duration)
{
    static const int32_t from[] = {2, 3};
    ClusterSpec *spec = brokers(4, seed, duration);
    whole_assign(whole_topic(spec, "orders", 1, 2), 2, from);
    whole_load(spec, 50, "all", duration - SIM_SEC(10));
    moves(spec, SIM_SEC(40), 2, 4);
    return spec;
}

START_TEST(a_replica_that_was_moved_away_is_deleted)
{
    WholeCluster test = whole_run(moving((uint64_t)_i + 1, SIM_SEC(60)));
    SimTime done =
        whole_when(&test, SIM_SEC(40), "controller-1", "reassignment complete", "orders-0");
    SimTime gone = whole_when(&test, SIM_SEC(40), "broker-3", "stops", "orders-0");
    ck_assert_int_gt(done, SIM_SEC(40));
    ck_assert_int_gt(gone, done);
    ck_assert_int_lt(gone, done + SIM_MS(50));
    whole_end(&test);
}
END_TEST

/* It is told once, and only who is there then: its log stays, and is of use when it is a replica
 * again. */
START_TEST(a_broker_that_was_away_keeps_what_was_moved_from_it)
{
    ClusterSpec *spec = moving((uint64_t)_i + 1, SIM_SEC(130));
    crash(spec, SIM_SEC(10), 3);
    start(spec, SIM_SEC(60), 3);
    moves(spec, SIM_SEC(90), 2, 3);
    WholeCluster test = whole_run(spec);
    const PartitionReport *end = &test.report->partitions[0];
    ck_assert_int_gt(
        whole_when(&test, SIM_SEC(40), "controller-1", "reassignment complete", "[2,4]"),
        SIM_SEC(40));
    SimTime back = whole_when(&test, SIM_SEC(60), "controller-1", "broker startup", "broker 3");
    SimTime follows = whole_when(&test, SIM_SEC(60), "broker-3", "follows", "orders-0");
    ck_assert_int_gt(back, SIM_SEC(60));
    ck_assert_int_gt(follows, SIM_SEC(90));
    ck_assert_int_eq(whole_when(&test, 0, "broker-3", "stops", ""), -1);
    ck_assert_int_gt(whole_when(&test, SIM_SEC(90), "broker-4", "stops", "orders-0"), follows);
    ck_assert_int_eq(end->replicas[1], 3);
    ck_assert_int_eq(end->isr_count, 2);
    ck_assert_int_eq(test.report->total.lost, 0);
    whole_end(&test);
}
END_TEST

/* ---- controlled shutdown */

/* Broker 3 follows many partitions: it fetches none of them any more while their ISRs are written
 * one after the other, and acks=all waits. */
START_TEST(who_stops_fetches_no_more_before_it_has_left_the_isrs)
{
    enum { MANY = 200 };
    static const int32_t ids[] = {1, 2, 3};
    ClusterSpec *spec = brokers(3, (uint64_t)_i + 1, SIM_SEC(40));
    whole_assign(whole_topic(spec, "orders", 1, 3), 3, ids);
    TopicSpec *others = whole_topic(spec, "others", MANY, 3);
    for (int p = 0; p < MANY; p++) {
        whole_assign(others, 3, ids);
    }
    whole_load(spec, 200, "all", SIM_SEC(30));
    whole_fault(spec, FAULT_STOP, SIM_SEC(20), TARGET_BROKER, 2);
    const SimDuration write = spec->profile.zookeeper_write;
    WholeCluster test = whole_run(spec);
    const PartitionReport *orders = &test.report->partitions[0];
    ck_assert_int_gt(orders->longest_ack_gap, MANY * write * 9 / 10);
    ck_assert_int_lt(orders->longest_ack_gap, (MANY + 20) * write);
    ck_assert_int_ge(orders->longest_ack_gap_from, SIM_SEC(20) - SIM_MS(20));
    ck_assert_int_lt(orders->longest_ack_gap_from, SIM_SEC(20) + SIM_MS(100));
    ck_assert_int_eq(test.report->total.acked, test.report->total.offered);
    whole_end(&test);
}
END_TEST

/* ---- deletion */

/* "others", topic 1, on the first three; nobody writes to it. */
static ClusterSpec *deleting(uint64_t seed, SimTime duration, int32_t partitions)
{
    static const int32_t ids[] = {1, 2, 3};
    ClusterSpec *spec = brokers(3, seed, duration);
    whole_assign(whole_topic(spec, "orders", 1, 3), 3, ids);
    TopicSpec *others = whole_topic(spec, "others", partitions, 3);
    for (int p = 0; p < partitions; p++) {
        whole_assign(others, 3, ids);
    }
    return spec;
}

static SimTime completed(const WholeCluster *test)
{
    return whole_when(test, 0, "controller-", "topic deletion completed", "others");
}

/* OfflineReplica comes before ReplicaDeletionStarted: each leaves each ISR. */
START_TEST(a_topic_is_deleted_after_all_its_isrs_are_written)
{
    enum { MANY = 100 };
    ClusterSpec *spec = deleting((uint64_t)_i + 1, SIM_SEC(40), MANY);
    const SimDuration write = spec->profile.zookeeper_write;
    deletes(spec, SIM_SEC(20), 1);
    WholeCluster test = whole_run(spec);
    SimTime stops = whole_when(&test, SIM_SEC(20), "broker-2", "stops", "others-0: the topic is");
    ck_assert_int_gt(stops, SIM_SEC(20) + MANY * 3 * write);
    ck_assert_int_gt(completed(&test), stops);
    ck_assert_int_lt(completed(&test), SIM_SEC(20) + (MANY * 3 + 20) * write);
    whole_end(&test);
}
END_TEST

/* Who lives deletes at once, though the topic is there until the last one has. */
START_TEST(one_that_is_away_holds_up_the_topic_and_no_other_replica)
{
    ClusterSpec *spec = deleting((uint64_t)_i + 1, SIM_SEC(100), 2);
    crash(spec, SIM_SEC(10), 2);
    deletes(spec, SIM_SEC(40), 1);
    start(spec, SIM_SEC(60), 2);
    WholeCluster test = whole_run(spec);
    SimTime here = whole_when(&test, SIM_SEC(40), "broker-3", "stops", "others-1");
    SimTime back = whole_when(&test, SIM_SEC(60), "controller-1", "broker startup", "broker 2");
    ck_assert_int_gt(here, SIM_SEC(40));
    ck_assert_int_lt(here, SIM_SEC(41));
    ck_assert_int_gt(back, SIM_SEC(60));
    ck_assert_int_gt(completed(&test), back);
    ck_assert_int_lt(completed(&test), back + SIM_SEC(1));
    whole_end(&test);
}
END_TEST

/* Broker 2 sleeps when it is told; its session ends; it wakes, the same process with another. */
START_TEST(who_has_not_answered_is_told_again_when_it_is_back)
{
    ClusterSpec *spec = deleting((uint64_t)_i + 1, SIM_SEC(100), 2);
    whole_fault(spec, FAULT_PAUSE, SIM_MS(39900), TARGET_BROKER, 1);
    deletes(spec, SIM_SEC(40), 1);
    whole_fault(spec, FAULT_RESUME, SIM_SEC(70), TARGET_BROKER, 1);
    WholeCluster test = whole_run(spec);
    SimTime failed = whole_when(
        &test, SIM_SEC(40), "controller-1", "topic deletion halted", "replica deletion failure");
    ck_assert_int_gt(failed, SIM_SEC(50));
    ck_assert_int_lt(failed, SIM_SEC(62));
    ck_assert_int_gt(completed(&test), SIM_SEC(70));
    ck_assert_int_lt(completed(&test), SIM_SEC(80));
    whole_end(&test);
}
END_TEST

/* fetchTopicDeletionsInProgress: the mark is there; who has deleted what, it does not know. */
START_TEST(the_next_controller_begins_again_when_one_that_was_away_is_back)
{
    ClusterSpec *spec = deleting((uint64_t)_i + 1, SIM_SEC(140), 2);
    crash(spec, SIM_SEC(10), 2);
    crash(spec, SIM_SEC(42), 1);
    deletes(spec, SIM_SEC(40), 1);
    start(spec, SIM_SEC(80), 2);
    start(spec, SIM_SEC(110), 1);
    WholeCluster test = whole_run(spec);
    SimTime active = whole_when(&test, SIM_SEC(41), "controller-3", "active", "");
    SimTime first = whole_when(&test, SIM_SEC(40), "broker-3", "stops", "others-0");
    SimTime third = whole_when(&test, SIM_SEC(110), "controller-3", "broker startup", "broker 1");
    ck_assert_int_gt(active, SIM_SEC(50));
    ck_assert_int_gt(first, SIM_SEC(40));
    ck_assert_int_lt(first, SIM_SEC(41));
    ck_assert_int_gt(third, SIM_SEC(110));
    ck_assert_int_gt(completed(&test), third);
    ck_assert_int_lt(completed(&test), third + SIM_SEC(1));
    whole_end(&test);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("StopReplica");
    TCase *tests = tcase_create("stop");
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, a_replica_that_was_moved_away_is_deleted, 0, 2);
    tcase_add_loop_test(tests, a_broker_that_was_away_keeps_what_was_moved_from_it, 0, 2);
    tcase_add_loop_test(tests, who_stops_fetches_no_more_before_it_has_left_the_isrs, 0, 2);
    tcase_add_loop_test(tests, a_topic_is_deleted_after_all_its_isrs_are_written, 0, 2);
    tcase_add_loop_test(tests, one_that_is_away_holds_up_the_topic_and_no_other_replica, 0, 2);
    tcase_add_loop_test(tests, who_has_not_answered_is_told_again_when_it_is_back, 0, 2);
    tcase_add_loop_test(
        tests, the_next_controller_begins_again_when_one_that_was_away_is_back, 0, 2);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
