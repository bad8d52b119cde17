/* test_group_cluster.c - consumer groups in whole clusters: who waits how long when a member joins,
 * leaves or dies, what is delivered twice, and a coordinator whose broker dies. The bounds follow
 * from timers (heartbeat 3 s, session, initial delay 3 s); the recordings of a real 4.1 cluster in
 * the comments lie within them. */
#include "tests/models/support/group_run.h"
#include "tests/run_suite.h"

/* Three brokers, one topic of twelve partitions, 120 records/s, one group. */
static GroupRun new_run(uint64_t seed)
{
    return run_new(seed, SIM_SEC(60), 12, 120, 0, SIM_SEC(50));
}

/* The last event of this kind, before `until`. */
static SimTime last(const GroupRun *run, const char *actor, const char *what, SimTime until)
{
    SimTime found = -1;
    SimTime at = run_when(run, actor, what, 0);
    while (at >= 0 && at < until) {
        found = at;
        at = run_when(run, actor, what, at + 1);
    }
    return found;
}

/* Everything that was produced was handed out, and each record once. */
static void expect_all_once(const GroupRun *run)
{
    const ClusterReport *all = run->whole.report;
    ck_assert_int_eq(all->total.acked, 6000);
    ck_assert_int_eq(run_report(run)->consumed, 6000);
    ck_assert_int_eq(run_report(run)->consumed_twice, 0);
}

static int32_t partitions_of(const GroupRun *run, const char *client)
{
    const GroupReport *group = run_report(run);
    int32_t count = 0;
    for (int32_t p = 0; p < group->partition_count; p++) {
        const char *owner = group->partitions[p].client_id;
        count += owner != NULL && strcmp(owner, client) == 0 ? 1 : 0;
    }
    return count;
}

static const char *const NAMES[] = {"m1", "m2", "m3", "m4"};

/* Recorded: alone 3.5 s with the start of a JVM, staggered 6.2 s and all at once. */
START_TEST(a_group_begins_one_or_two_initial_delays_after_its_first_member)
{
    GroupRun alone = new_run((uint64_t)_i);
    run_member(&alone, "m1", SIM_SEC(1));
    run_go(&alone);
    const SimTime assigned = run_when(&alone, "m1", "assigned", 0);
    ck_assert_int_ge(assigned, SIM_MS(4000));
    ck_assert_int_le(assigned, SIM_MS(4100));
    expect_all_once(&alone);
    run_end(&alone);

    GroupRun staggered = new_run((uint64_t)_i);
    run_member(&staggered, "m1", 0);
    run_member(&staggered, "m2", SIM_MS(1000));
    run_member(&staggered, "m3", SIM_MS(2500));
    run_go(&staggered);
    for (int m = 0; m < 3; m++) {
        const SimTime at = run_when(&staggered, NAMES[m], "assigned", 0);
        ck_assert_int_ge(at, SIM_MS(6000));
        ck_assert_int_le(at, SIM_MS(6100));
    }
    ck_assert_int_eq(run_report(&staggered)->generation, 1);
    expect_all_once(&staggered);
    run_end(&staggered);
}
END_TEST

/* Recorded: 1.9 s until the first revoke, then a pause of 50 to 150 ms (of them most is the two
 * cores' that all processes shared). Heartbeats are in phase since the last rebalance. */
START_TEST(a_joining_member_is_noticed_by_heartbeat_and_the_pause_is_short)
{
    GroupRun run = new_run((uint64_t)_i);
    run_members(&run, "m", 3);
    run_member(&run, "m4", SIM_SEC(20) + SIM_MS(317 * _i));
    run_go(&run);
    const SimTime start = SIM_SEC(20) + SIM_MS(317 * _i);
    for (int m = 0; m < 3; m++) {
        const SimTime revoked = run_when(&run, NAMES[m], "revoked", start);
        ck_assert_int_le(revoked, start + SIM_MS(3100));
        const SimTime assigned = run_when(&run, NAMES[m], "assigned", revoked);
        ck_assert_int_le(assigned - revoked, SIM_MS(150));
        ck_assert_int_ge(assigned - revoked, SIM_MS(5)); /* append.linger.ms */
    }
    ck_assert_int_eq(run_report(&run)->generation, 2);
    ck_assert_int_eq(run_report(&run)->members, 4);
    expect_all_once(&run);
    run_end(&run);
}
END_TEST

/* Recorded: the others revoke 1924 [1341..2064] ms after close(). */
START_TEST(a_closing_member_leaves_at_once_and_others_learn_by_heartbeat)
{
    GroupRun run = new_run((uint64_t)_i);
    run_members(&run, "m", 4);
    const SimTime close = SIM_SEC(30) + SIM_MS(411 * _i);
    run_fault(&run, FAULT_LEAVE, TARGET_MEMBER, 3, close);
    run_go(&run);
    ck_assert_int_le(run_when(&run, "m4", "left", close), close + SIM_MS(200));
    for (int m = 0; m < 3; m++) {
        const SimTime assigned = run_when(&run, NAMES[m], "assigned", close);
        ck_assert_int_gt(assigned, close);
        ck_assert_int_le(assigned, close + SIM_MS(3200));
    }
    ck_assert_int_eq(run_report(&run)->members, 3);
    expect_all_once(&run);
    run_end(&run);
}
END_TEST

/* Recorded with a session of 10 s: 10.6 s [10.4..12.3], 21 records [15..57] again at 120/s. */
START_TEST(a_killed_member_costs_its_session_and_the_records_since_its_last_commit)
{
    GroupRun run = new_run((uint64_t)_i);
    run_config(&run, "session.timeout.ms", "10000");
    run_members(&run, "m", 4);
    const SimTime kill = SIM_SEC(25) + SIM_MS(531 * _i);
    run_fault(&run, FAULT_CRASH, TARGET_MEMBER, 3, kill);
    run_go(&run);
    for (int m = 0; m < 3; m++) {
        const SimTime assigned = run_when(&run, NAMES[m], "assigned", kill);
        ck_assert_int_ge(assigned, kill + SIM_MS(7000)); /* 10 s from the last heartbeat */
        ck_assert_int_le(assigned, kill + SIM_MS(13300));
    }
    const GroupReport *group = run_report(&run);
    ck_assert_int_eq(group->consumed - group->consumed_twice, 6000);
    ck_assert_int_le(group->consumed_twice, 5 * 30 + 30); /* 5 s of its share */
    run_end(&run);
}
END_TEST

/* Recorded: the first offset after a restart is the committed one; none twice, none missing. */
START_TEST(a_restarted_group_goes_on_where_it_closed)
{
    GroupRun run = new_run((uint64_t)_i);
    run_members(&run, "m", 1);
    run_fault(&run, FAULT_LEAVE, TARGET_MEMBER, 0, SIM_SEC(20));
    run_fault(&run, FAULT_START, TARGET_MEMBER, 0, SIM_SEC(30));
    run_go(&run);
    ck_assert_int_gt(run_when(&run, "m1", "assigned", SIM_SEC(30)), SIM_SEC(33));
    expect_all_once(&run);
    run_end(&run);
}
END_TEST

/* The state of the group is the replay of its log: same generation, nobody rejoins. */
START_TEST(a_group_outlives_the_broker_that_coordinates_it)
{
    GroupRun run = new_run((uint64_t)_i);
    run_members(&run, "m", 3);
    for (int32_t b = 0; b < 3; b++) { /* whichever it is: one after the other */
        run_fault(&run, FAULT_CRASH, TARGET_BROKER, b, SIM_SEC(10 + 15 * b));
        run_fault(&run, FAULT_START, TARGET_BROKER, b, SIM_SEC(20 + 15 * b));
    }
    run.spec->duration = SIM_SEC(120);
    run_go(&run);
    const GroupReport *group = run_report(&run);
    ck_assert_str_eq(group->state, "Stable");
    ck_assert_int_eq(group->members, 3);
    ck_assert_int_eq(group->consumed - group->consumed_twice, 6000);
    for (int32_t p = 0; p < group->partition_count; p++) {
        ck_assert_int_eq(group->partitions[p].committed, group->partitions[p].log_end_offset);
    }
    run_end(&run);
}
END_TEST

START_TEST(a_consumer_that_takes_too_long_is_put_out_and_comes_back)
{
    GroupRun run = new_run((uint64_t)_i);
    run_config(&run, "max.poll.interval.ms", "6000");
    run.group->process_poll = distribution_constant(SIM_SEC(7));
    run_members(&run, "m", 1);
    run_go(&run);
    const SimTime left = run_when(&run, "m1", "left", 0);
    ck_assert_int_ge(left, SIM_SEC(9));
    ck_assert_int_gt(run_when(&run, "m1", "assigned", left), left);
    ck_assert_int_gt(run_report(&run)->consumed_twice, 0);
    ck_assert_int_lt(last(&run, "m1", "revoked", left), 0);
    run_end(&run);
}
END_TEST

/* Recorded: two rebalances, moved partitions pause 3067 ms [3050..3592], records twice 42 [6..331]
 * at 120/s, because a cooperative member goes on reading until the revoke and does not commit
 * then. Nobody else pauses. */
START_TEST(cooperative_members_keep_reading_and_moved_partitions_need_two_rebalances)
{
    GroupRun run = new_run((uint64_t)_i);
    ck_assert(kafka_config_set(run.group->config,
                               "partition.assignment.strategy",
                               "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"));
    run_members(&run, "m", 3);
    const SimTime start = SIM_SEC(20) + SIM_MS(317 * _i);
    run_member(&run, "m4", start);
    run_go(&run);
    for (int m = 0; m < 3; m++) {
        const SimTime revoked = run_when(&run, NAMES[m], "revoked", start); /* one of four */
        ck_assert_int_ge(revoked, start);
        ck_assert_int_le(revoked, start + SIM_MS(3200));
        ck_assert_int_eq(partitions_of(&run, NAMES[m]), 3);
    }
    const SimTime empty = run_when(&run, "m4", "assigned", start);
    const SimTime full = run_when(&run, "m4", "assigned", empty + 1);
    ck_assert_int_ge(full - empty, SIM_MS(2500)); /* its next heartbeat */
    ck_assert_int_le(full - empty, SIM_MS(3200));
    ck_assert_int_eq(partitions_of(&run, "m4"), 3);
    ck_assert_int_eq(run_report(&run)->generation, 3);
    const GroupReport *group = run_report(&run);
    ck_assert_int_eq(group->consumed - group->consumed_twice, 6000);
    ck_assert_int_le(group->consumed_twice, 30 * 4); /* three of twelve partitions, < 4 s */
    run_end(&run);
}
END_TEST

/* Recorded: within the session no rebalance. */
START_TEST(a_static_member_that_returns_in_time_disturbs_nobody)
{
    GroupRun run = new_run((uint64_t)_i);
    run_members(&run, "m", 3);
    for (guint m = 0; m < 3; m++) {
        MemberSpec *member = g_ptr_array_index(run.group->members, m);
        ck_assert(kafka_config_set(member->config, "group.instance.id", member->name));
    }
    run_fault(&run, FAULT_CRASH, TARGET_MEMBER, 1, SIM_SEC(20));
    run_fault(&run, FAULT_START, TARGET_MEMBER, 1, SIM_SEC(30));
    run_go(&run);
    ck_assert_int_eq(run_report(&run)->generation, 1);
    ck_assert_int_eq(run_when(&run, "m1", "revoked", 0), -1);
    ck_assert_int_eq(run_when(&run, "m3", "revoked", 0), -1);
    const SimTime again = run_when(&run, "m2", "assigned", SIM_SEC(20));
    ck_assert_int_gt(again, SIM_SEC(30));
    ck_assert_int_lt(again, SIM_MS(30500));
    ck_assert_int_eq(partitions_of(&run, "m2"), 4);
    const GroupReport *group = run_report(&run);
    ck_assert_int_eq(group->consumed - group->consumed_twice, 6000);
    run_end(&run);
}
END_TEST

START_TEST(before_kip_345_who_returns_is_somebody_new)
{
    GroupRun run = new_run((uint64_t)_i);
    run.spec->era.on[ERA_KIP_345] = false;
    run_members(&run, "m", 3);
    for (guint m = 0; m < 3; m++) {
        MemberSpec *member = g_ptr_array_index(run.group->members, m);
        ck_assert(kafka_config_set(member->config, "group.instance.id", member->name));
    }
    run_fault(&run, FAULT_CRASH, TARGET_MEMBER, 1, SIM_SEC(20));
    run_fault(&run, FAULT_START, TARGET_MEMBER, 1, SIM_SEC(30));
    run_go(&run);
    const SimTime revoked = run_when(&run, "m1", "revoked", SIM_SEC(20));
    ck_assert_int_gt(revoked, SIM_SEC(30)); /* told by the newcomer's join */
    /* Everybody waits for the old id, which never joins again, until its session ends at 63 s. */
    ck_assert_int_eq(run_when(&run, "m1", "assigned", revoked), -1);
    ck_assert_int_eq(run_report(&run)->generation, 1);
    run_end(&run);
}
END_TEST

START_TEST(before_kip_429_all_stop_for_one_rebalance)
{
    GroupRun run = new_run((uint64_t)_i);
    run.spec->era.on[ERA_KIP_429] = false;
    ck_assert(kafka_config_set(run.group->config,
                               "partition.assignment.strategy",
                               "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"));
    run_members(&run, "m", 3);
    run_member(&run, "m4", SIM_SEC(20));
    run_go(&run);
    ck_assert_int_eq(run_report(&run)->generation, 2);
    ck_assert_int_gt(run_when(&run, "m1", "revoked", SIM_SEC(20)), 0);
    for (int m = 0; m < 3; m++) { /* sticky all the same */
        ck_assert_int_eq(partitions_of(&run, NAMES[m]), 3);
    }
    ck_assert_int_eq(run_report(&run)->consumed_twice, 0);
    run_end(&run);
}
END_TEST

/* Random trouble for 60 s: members and brokers die, freeze and come back, one kind of trouble a
 * process. Then quiet. */
static void add_trouble(GroupRun *run, uint64_t seed)
{
    Stream chance;
    stream_init(&chance, seed, "test/trouble");
    for (int32_t i = 0; i < 7; i++) {
        const bool is_member = i < 4;
        const int32_t index = is_member ? i : i - 4;
        const TargetKind target = is_member ? TARGET_MEMBER : TARGET_BROKER;
        const bool kills = stream_chance(&chance, 500000);
        const SimTime from = stream_between(&chance, SIM_SEC(5), SIM_SEC(40));
        const SimTime to = from + stream_between(&chance, SIM_MS(10), SIM_SEC(20));
        run_fault(run, kills ? FAULT_CRASH : FAULT_PAUSE, target, index, from);
        run_fault(run, kills ? FAULT_START : FAULT_RESUME, target, index, to);
    }
}

static gint compare_faults(gconstpointer a, gconstpointer b)
{
    const FaultSpec *left = *(FaultSpec *const *)a;
    const FaultSpec *right = *(FaultSpec *const *)b;
    return (left->at > right->at) - (left->at < right->at);
}

/* Four members again, every partition owned and read to its end, nothing acknowledged missing. */
START_TEST(a_group_recovers_from_any_trouble)
{
    GroupRun run = new_run((uint64_t)_i);
    static const char *const assignors[] = {
        "RangeAssignor", "CooperativeStickyAssignor", "StickyAssignor", "RoundRobinAssignor"};
    char *assignor = g_strconcat("org.apache.kafka.clients.consumer.", assignors[_i % 4], NULL);
    ck_assert(kafka_config_set(run.group->config, "partition.assignment.strategy", assignor));
    g_free(assignor);
    run_config(&run, "session.timeout.ms", "10000");
    run_members(&run, "m", 4);
    add_trouble(&run, (uint64_t)_i);
    g_ptr_array_sort(run.spec->faults, compare_faults);
    run.spec->duration = SIM_SEC(180);
    run_go(&run);
    const GroupReport *group = run_report(&run);
    ck_assert_str_eq(group->state, "Stable");
    ck_assert_int_eq(group->members, 4);
    for (int32_t p = 0; p < group->partition_count; p++) {
        const GroupPartitionReport *part = &group->partitions[p];
        ck_assert_ptr_nonnull(part->member);
        ck_assert_msg(part->committed == part->log_end_offset,
                      "partition %d: %ld of %ld",
                      p,
                      (long)part->committed,
                      (long)part->log_end_offset);
    }
    const ClusterReport *all = run.whole.report;
    for (int32_t p = 0; p < all->partition_count; p++) {
        const PartitionReport *part = &all->partitions[p];
        ck_assert_msg(
            part->isr_count == part->replica_count, "%s-%d", part->topic, part->partition);
    }
    ck_assert_int_eq(all->total.lost, 0);
    ck_assert_int_ge(group->consumed - group->consumed_twice, all->total.acked);
    run_end(&run);
}
END_TEST

/* Recorded: fetch.min.bytes=1 p50 7.6 ms, of which linger.ms is 5; 10000: p50 279..302, p90
 * 483..503 ms, spread evenly over fetch.max.wait.ms, because 10,000 bytes never gather. The slowest
 * records are those for which followers write the checkpoint of a new leader epoch. */
START_TEST(fetch_min_bytes_trade_latency_for_requests)
{
    static const char *const min_bytes[2] = {"1", "10000"};
    static const int64_t low[2] = {SIM_MS(5), SIM_MS(220)};
    static const int64_t high[2] = {SIM_MS(8), SIM_MS(310)};
    for (int i = 0; i < 2; i++) {
        GroupRun run = new_run((uint64_t)_i);
        ProducerSpec *producer = g_ptr_array_index(run.spec->producers, 0);
        producer->rate_milli = 10 * 1000;
        producer->start = SIM_SEC(8);
        run.spec->profile.host_memory_fill = distribution_constant(0); /* of first index entries */
        ck_assert(kafka_config_set(run.group->config, "fetch.min.bytes", min_bytes[i]));
        run_members(&run, "m", 1);
        run_go(&run);
        const Histogram *latency = run_report(&run)->end_to_end;
        const int64_t p50 = histogram_quantile(latency, 500000);
        ck_assert_msg(p50 >= low[i] && p50 <= high[i], "p50 %ld us", (long)(p50 / SIM_US(1)));
        ck_assert_int_le(histogram_maximum(latency), SIM_MS(i == 0 ? 45 : 545));
        run_end(&run);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("group cluster");
    TCase *tests = tcase_create("twelve partitions");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(
        tests, a_group_begins_one_or_two_initial_delays_after_its_first_member, 0, 3);
    tcase_add_loop_test(
        tests, a_joining_member_is_noticed_by_heartbeat_and_the_pause_is_short, 0, 10);
    tcase_add_loop_test(
        tests, a_closing_member_leaves_at_once_and_others_learn_by_heartbeat, 0, 10);
    tcase_add_loop_test(
        tests, a_killed_member_costs_its_session_and_the_records_since_its_last_commit, 0, 10);
    tcase_add_loop_test(tests, a_restarted_group_goes_on_where_it_closed, 0, 3);
    tcase_add_loop_test(tests, a_group_outlives_the_broker_that_coordinates_it, 0, 5);
    tcase_add_loop_test(tests, a_consumer_that_takes_too_long_is_put_out_and_comes_back, 0, 2);
    tcase_add_loop_test(
        tests, cooperative_members_keep_reading_and_moved_partitions_need_two_rebalances, 0, 10);
    tcase_add_loop_test(tests, a_static_member_that_returns_in_time_disturbs_nobody, 0, 3);
    tcase_add_loop_test(tests, before_kip_345_who_returns_is_somebody_new, 0, 3);
    tcase_add_loop_test(tests, before_kip_429_all_stop_for_one_rebalance, 0, 3);
    tcase_add_loop_test(tests, a_group_recovers_from_any_trouble, 0, 30);
    tcase_add_loop_test(tests, fetch_min_bytes_trade_latency_for_requests, 0, 3);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
