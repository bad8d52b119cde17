/* test_zookeeper_reassignment.c - KafkaController.onPartitionReassignment: what is written, and
 * when it is begun again. */
#include "tests/models/support/whole_cluster.h"
#include "tests/run_suite.h"

/* Brokers 1 to 4, of which 1 is the controller; orders-0 on 2 and 3 goes to `wish` at 20 s. */
static ClusterSpec *moving(uint64_t seed, SimTime duration, const ReplicaList *wish)
{
    static const int32_t from[] = {2, 3};
    ClusterSpec *spec = whole_spec(4, 1, seed, duration);
    spec->era.on[ERA_KRAFT] = false;
    whole_assign(whole_topic(spec, "orders", 1, 2), 2, from);
    whole_load(spec, 50, "all", duration - SIM_SEC(10));
    FaultSpec *move = whole_fault(spec, FAULT_REASSIGN, SIM_SEC(20), TARGET_NONE, SPEC_NONE);
    const MoveSpec one = {.topic = 0, .partition = 0, .replicas = *wish};
    move->topic = 0;
    move->moves = g_array_new(FALSE, FALSE, sizeof(MoveSpec));
    g_array_append_val(move->moves, one);
    return spec;
}

/* A1: one for the new replicas. B3: one for the leader that is there already; B4: one for each
 * replica that leaves the ISR. */
START_TEST(each_step_of_a_reassignment_is_a_leader_epoch)
{
    const ReplicaList wish = {.count = 2, .ids = {2, 4}};
    WholeCluster test = whole_run(moving((uint64_t)_i + 1, SIM_SEC(50), &wish));
    const PartitionReport *end = &test.report->partitions[0];
    SimTime asked = whole_when(
        &test, SIM_SEC(20), "controller-1", "reassignment", "replicas [2,4,3], adding [4]");
    SimTime grown = whole_when(&test, asked, "controller-1", "isr", "orders-0: [2,3,4]");
    SimTime done =
        whole_when(&test, grown, "controller-1", "reassignment complete", "replicas [2,4]");
    ck_assert_int_gt(asked, SIM_SEC(20));
    ck_assert_int_gt(grown, asked);
    ck_assert_int_ge(done, grown);
    ck_assert_int_eq(end->leader, 2);
    ck_assert_int_eq(end->leader_epoch, 3);
    ck_assert_int_eq(end->isr_count, 2);
    ck_assert_int_eq(test.report->total.acked, test.report->total.offered);
    whole_end(&test);
}
END_TEST

/* Its leader is none of the targets: the first of them leads, then the old two leave. */
START_TEST(a_leader_among_the_targets_is_elected_before_the_others_leave)
{
    const ReplicaList wish = {.count = 2, .ids = {4, 1}};
    WholeCluster test = whole_run(moving((uint64_t)_i + 1, SIM_SEC(50), &wish));
    const PartitionReport *end = &test.report->partitions[0];
    ck_assert_int_gt(whole_when(&test, SIM_SEC(20), "controller-1", "leader", "orders-0: 2 -> 4"),
                     0);
    ck_assert_int_eq(end->leader, 4);
    ck_assert_int_eq(end->leader_epoch, 4);
    ck_assert_int_eq(end->isr_count, 2);
    ck_assert_int_eq(test.report->total.acked, test.report->total.offered);
    whole_end(&test);
}
END_TEST

/* onBrokerStartup, onControllerFailover: maybeResumeReassignments. The new replica is away, and the
 * controller changes; each of the two begins it again, in another leader epoch. */
START_TEST(a_reassignment_goes_on_when_its_new_replica_is_back)
{
    const ReplicaList wish = {.count = 2, .ids = {2, 4}};
    ClusterSpec *spec = moving((uint64_t)_i + 1, SIM_SEC(120), &wish);
    whole_fault(spec, FAULT_CRASH, SIM_MS(19900), TARGET_BROKER, 3);
    whole_fault(spec, FAULT_CRASH, SIM_SEC(45), TARGET_BROKER, 0);
    whole_fault(spec, FAULT_START, SIM_SEC(80), TARGET_BROKER, 3);
    WholeCluster test = whole_run(spec);
    SimTime active = whole_when(&test, SIM_SEC(45), "controller-", "active", "epoch 2");
    SimTime resumed = whole_when(&test, active, "controller-", "isr", "reassignment resumed");
    SimTime back = whole_when(&test, SIM_SEC(80), "controller-", "broker startup", "broker 4");
    SimTime again = whole_when(&test, back, "controller-", "isr", "reassignment resumed");
    SimTime done = whole_when(&test, back, "controller-", "reassignment complete", "[2,4]");
    ck_assert_int_ge(resumed, active);
    ck_assert_int_lt(resumed, active + SIM_SEC(1));
    ck_assert_int_ge(again, back);
    ck_assert_int_gt(done, again);
    ck_assert_int_eq(test.report->partitions[0].isr_count, 2);
    ck_assert_int_eq(test.report->partitions[0].leader_epoch, 5);
    whole_end(&test);
}
END_TEST

/* onReplicasBecomeOffline: its deletion waits for the reassignment of orders-0, and until then
 * neither is a leader elected for orders-1 nor does anybody leave its ISR. */
START_TEST(a_topic_that_is_queued_for_deletion_is_left_as_it_is)
{
    static const int32_t on_3[] = {3, 1};
    static const int32_t on_2[] = {2, 3};
    ClusterSpec *spec = whole_spec(3, 1, (uint64_t)_i + 1, SIM_SEC(50));
    spec->era.on[ERA_KRAFT] = false;
    TopicSpec *topic = whole_topic(spec, "orders", 2, 2);
    whole_assign(topic, 2, on_3);
    whole_assign(topic, 2, on_2);
    whole_fault(spec, FAULT_CRASH, SIM_SEC(9), TARGET_BROKER, 1);
    FaultSpec *move = whole_fault(spec, FAULT_REASSIGN, SIM_SEC(13), TARGET_NONE, SPEC_NONE);
    const MoveSpec wish = {.topic = 0, .partition = 0, .replicas = {.count = 2, .ids = {2, 3}}};
    move->topic = 0;
    move->moves = g_array_new(FALSE, FALSE, sizeof(MoveSpec));
    g_array_append_val(move->moves, wish);
    whole_fault(spec, FAULT_DELETE_TOPIC, SIM_SEC(16), TARGET_NONE, SPEC_NONE)->topic = 0;
    WholeCluster test = whole_run(spec);
    const PartitionReport *end = &test.report->partitions[1];
    ck_assert(whole_said(&test, "topic deletion halted", "topic reassignment in progress"));
    ck_assert(whole_said(&test, "broker failure", "broker 2 has left ZooKeeper"));
    ck_assert_int_eq(end->leader, 2);
    ck_assert_int_eq(end->leader_epoch, 0);
    ck_assert_int_eq(end->isr_count, 2);
    whole_end(&test);
}
END_TEST

/* Of 2 and 3 only 3 comes back in time; 4 and 5, to which orders-0 is to go, cannot both get in
 * sync: 5 sleeps. Then the way back is taken. */
static ClusterSpec *taken_back(uint64_t seed, bool has_original)
{
    const ReplicaList wish = {.count = 2, .ids = {4, 5}};
    ClusterSpec *spec = moving(seed, SIM_SEC(140), &wish);
    g_ptr_array_add(spec->brokers, broker_spec_new(5, SPEC_NONE, spec));
    whole_fault(spec, FAULT_PAUSE, SIM_SEC(19), TARGET_BROKER, 4);
    whole_fault(spec, FAULT_CRASH, SIM_SEC(30), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_CRASH, SIM_SEC(30), TARGET_BROKER, 2);
    whole_fault(spec, FAULT_START, has_original ? SIM_SEC(60) : SIM_SEC(100), TARGET_BROKER, 2);
    FaultSpec *cancel = whole_fault(spec, FAULT_REASSIGN, SIM_SEC(80), TARGET_NONE, SPEC_NONE);
    const MoveSpec back = {.topic = 0, .partition = 0};
    cancel->topic = 0;
    cancel->moves = g_array_new(FALSE, FALSE, sizeof(MoveSpec));
    g_array_append_val(cancel->moves, back);
    return spec;
}

/* moveReassignedPartitionLeaderIfRequired: what has no leader any more, because it is taken away,
 * gets one of the originals. */
START_TEST(a_cancelled_reassignment_elects_an_original_that_is_in_sync)
{
    WholeCluster test = whole_run(taken_back((uint64_t)_i + 1, true));
    const PartitionReport *end = &test.report->partitions[0];
    SimTime asked =
        whole_when(&test, SIM_SEC(80), "controller-1", "reassignment cancelled", "replicas [2,3]");
    SimTime led = whole_when(&test, SIM_SEC(80), "controller-1", "leader", "orders-0: 4 -> 3");
    ck_assert_int_gt(asked, SIM_SEC(80));
    ck_assert_int_ge(led, asked);
    ck_assert_int_lt(led, asked + SIM_SEC(1));
    ck_assert_int_eq(end->leader, 3);
    ck_assert_int_eq(end->isr_count, 1);
    ck_assert_int_eq(test.report->total.lost, 0);
    whole_end(&test);
}
END_TEST

/* updateCurrentReassignment stops and deletes whoever is not needed, be it the last one in sync:
 * it stays in the ISR, of whose members nobody is a replica. */
START_TEST(a_cancelled_reassignment_without_an_original_in_sync_loses_what_was_written)
{
    WholeCluster test = whole_run(taken_back((uint64_t)_i + 1, false));
    const PartitionReport *end = &test.report->partitions[0];
    ck_assert(whole_said(&test, "admin", "reassign orders-0 to what it was: NONE"));
    ck_assert_int_gt(whole_when(&test, SIM_SEC(80), "controller-1", "leader", "orders-0: 4 -> -1"),
                     SIM_SEC(80));
    ck_assert_int_gt(whole_when(&test, SIM_SEC(80), "broker-4", "stops", "orders-0"), SIM_SEC(80));
    ck_assert_int_eq(end->leader, -1);
    ck_assert_int_eq(end->replica_count, 2);
    ck_assert_int_eq(end->isr_count, 1);
    ck_assert_int_eq(end->isr[0], 4);
    ck_assert_int_gt(test.report->total.lost, 0);
    ck_assert_int_eq(test.report->losses[0].reason, LOSS_CANCELLED);
    ck_assert_int_eq(test.report->losses[0].broker, 4);
    whole_end(&test);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reassignments with ZooKeeper");
    TCase *tests = tcase_create("reassignments");
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, each_step_of_a_reassignment_is_a_leader_epoch, 0, 3);
    tcase_add_loop_test(tests, a_leader_among_the_targets_is_elected_before_the_others_leave, 0, 3);
    tcase_add_loop_test(tests, a_reassignment_goes_on_when_its_new_replica_is_back, 0, 3);
    tcase_add_loop_test(tests, a_topic_that_is_queued_for_deletion_is_left_as_it_is, 0, 2);
    tcase_add_loop_test(tests, a_cancelled_reassignment_elects_an_original_that_is_in_sync, 0, 2);
    tcase_add_loop_test(
        tests, a_cancelled_reassignment_without_an_original_in_sync_loses_what_was_written, 0, 2);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
