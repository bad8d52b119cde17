/* test_control_cluster.c - the controller's tasks and an administrator's requests in whole
 * clusters: what is asked for comes about, whoever dies meanwhile, and nothing is lost by it. */
#include "tests/models/support/whole_cluster.h"
#include "tests/run_suite.h"

/* Brokers 1 to 4; orders-0 on 1, 2, 3; 100 records a second with acks=all. */
static ClusterSpec *four_brokers(uint64_t seed, int32_t controllers, SimTime duration)
{
    static const int32_t ids[] = {1, 2, 3};
    ClusterSpec *spec = whole_spec(4, controllers, seed, duration);
    whole_assign(whole_topic(spec, "orders", 1, 3), 3, ids);
    whole_load(spec, 100, "all", duration - SIM_SEC(10));
    return spec;
}

static FaultSpec *happens(ClusterSpec *spec, FaultVerb verb, SimTime at)
{
    return whole_fault(spec, verb, at, TARGET_NONE, SPEC_NONE);
}

static void moves(ClusterSpec *spec, SimTime at, int32_t count, const int32_t *ids)
{
    MoveSpec move = {.topic = 0, .partition = count > 0 ? 0 : SPEC_NONE};
    for (int32_t i = 0; i < count; i++) {
        replica_list_add(&move.replicas, ids[i]);
    }
    FaultSpec *fault = happens(spec, FAULT_REASSIGN, at);
    fault->moves = g_array_new(FALSE, FALSE, sizeof(MoveSpec));
    g_array_append_val(fault->moves, move);
}

/* When the partition's row with this reason came first at or after `from`; -1 never. */
static SimTime when(const WholeCluster *test, SimTime from, const char *topic, const char *why)
{
    for (int32_t i = 0; i < test->report->leader_change_count; i++) {
        const LeaderChange *row = &test->report->leader_changes[i];
        if (row->at >= from && strcmp(row->topic, topic) == 0 && strstr(row->why, why) != NULL) {
            return row->at;
        }
    }
    return -1;
}

START_TEST(a_moved_partition_is_led_by_its_new_replicas_and_nothing_is_lost)
{
    static const int32_t target[] = {4, 3};
    ClusterSpec *spec = four_brokers((uint64_t)_i, 1, SIM_SEC(40));
    moves(spec, SIM_SEC(5), 2, target);
    WholeCluster test = whole_run(spec);
    const PartitionReport *partition = &test.report->partitions[0];
    ck_assert_int_eq(partition->replica_count, 2);
    ck_assert_int_eq(partition->replicas[0], 4);
    ck_assert_int_eq(partition->isr_count, 2);
    ck_assert_int_eq(partition->leader, 4);
    ck_assert_int_eq(test.report->total.acked, test.report->total.offered);
    ck_assert_int_eq(test.report->total.lost, 0);
    whole_end(&test);
}
END_TEST

START_TEST(a_reassignment_survives_the_active_controller)
{
    static const int32_t target[] = {4, 2, 3};
    ClusterSpec *spec = four_brokers((uint64_t)_i, 3, SIM_SEC(60));
    whole_fault(spec, FAULT_CRASH, SIM_SEC(5), TARGET_ACTIVE_CONTROLLER, 0);
    moves(spec, SIM_MS(5001), 3, target);
    WholeCluster test = whole_run(spec);
    ck_assert(whole_said(&test, "active", "in epoch"));
    ck_assert(whole_said(&test, "admin", "NONE"));
    ck_assert_int_eq(test.report->partitions[0].leader, 4);
    ck_assert_int_eq(test.report->partitions[0].isr_count, 3);
    ck_assert_int_eq(test.report->total.lost, 0);
    whole_end(&test);
}
END_TEST

START_TEST(a_cancelled_move_to_a_dead_broker_leaves_the_replicas_in_a_new_order)
{
    static const int32_t target[] = {4, 2, 3};
    ClusterSpec *spec = four_brokers((uint64_t)_i, 1, SIM_SEC(60));
    whole_fault(spec, FAULT_CRASH, SIM_SEC(1), TARGET_BROKER, 3);
    moves(spec, SIM_SEC(15), 3, target);
    moves(spec, SIM_SEC(30), 0, NULL);
    WholeCluster test = whole_run(spec);
    ck_assert(whole_said(&test, "reassignment", "adding [4], removing [1]"));
    ck_assert_int_eq(test.report->partitions[0].replica_count, 3);
    ck_assert_int_eq(test.report->partitions[0].replicas[0], 2); /* [4,2,3,1] without 4 */
    ck_assert_int_eq(test.report->partitions[0].leader, 1);
    ck_assert_int_eq(test.report->partitions[0].isr_count, 3);
    whole_end(&test);
}
END_TEST

START_TEST(the_first_replica_leads_again_at_the_next_check)
{
    ClusterSpec *spec = four_brokers((uint64_t)_i, 1, SIM_SEC(90));
    ck_assert(kafka_config_set(spec->config, "leader.imbalance.check.interval.seconds", "60"));
    whole_fault(spec, FAULT_CRASH, SIM_SEC(5), TARGET_BROKER, 0);
    whole_fault(spec, FAULT_START, SIM_SEC(20), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    ck_assert_int_gt(when(&test, 0, "orders", "fenced 1"), SIM_SEC(11));
    ck_assert_int_eq(when(&test, 0, "orders", "preferred leader"), SIM_SEC(60));
    ck_assert_int_eq(test.report->partitions[0].leader, 1);
    whole_end(&test);
}
END_TEST

START_TEST(an_unclean_election_that_is_allowed_late_waits_for_its_timer)
{
    ClusterSpec *spec = four_brokers((uint64_t)_i, 1, SIM_SEC(150));
    spec->era.on[ERA_KIP_966] = false;
    ck_assert(kafka_config_set(spec->config, "unclean.leader.election.interval.ms", "100000"));
    for (int32_t b = 1; b < 3; b++) {
        whole_fault(spec, FAULT_CRASH, SIM_SEC(5), TARGET_BROKER, b);
        whole_fault(spec, FAULT_START, SIM_SEC(40), TARGET_BROKER, b);
    }
    whole_fault(spec, FAULT_CRASH, SIM_SEC(20), TARGET_BROKER, 0);
    FaultSpec *allowed = happens(spec, FAULT_SET_CONFIG, SIM_SEC(60));
    allowed->topic = 0;
    allowed->config = kafka_config_new(1u << KAFKA_SCOPE_TOPIC, NULL);
    ck_assert(kafka_config_set(allowed->config, "unclean.leader.election.enable", "true"));
    WholeCluster test = whole_run(spec);
    ck_assert_int_eq(when(&test, SIM_SEC(35), "orders", "unclean"), SIM_SEC(100));
    ck_assert_int_eq(test.report->partitions[0].leader, 2);
    whole_end(&test);
}
END_TEST

START_TEST(a_broker_that_was_never_there_registers_and_gets_replicas)
{
    ClusterSpec *spec = four_brokers((uint64_t)_i, 1, SIM_SEC(40));
    ((BrokerSpec *)spec->brokers->pdata[3])->started = false;
    whole_fault(spec, FAULT_START, SIM_SEC(5), TARGET_BROKER, 3);
    TopicSpec *later = topic_spec_new("payments", 2, 4);
    later->created_later = true;
    g_ptr_array_add(spec->topics, later);
    FaultSpec *created = happens(spec, FAULT_CREATE_TOPIC, SIM_SEC(20));
    created->topic = 1;
    created->number = 2;
    created->replication_factor = 4;
    WholeCluster test = whole_run(spec);
    ck_assert(whole_said(&test, "registered", "broker 4, for the first time"));
    ck_assert(whole_said(&test, "admin", "create.topic payments: NONE"));
    ck_assert_int_eq(test.report->partitions[1].isr_count, 4);
    whole_end(&test);
}
END_TEST

START_TEST(what_is_asked_without_a_controller_is_done_when_there_is_one)
{
    ClusterSpec *spec = four_brokers((uint64_t)_i, 1, SIM_SEC(60));
    whole_fault(spec, FAULT_CRASH, SIM_SEC(5), TARGET_CONTROLLER, 0);
    whole_fault(spec, FAULT_START, SIM_SEC(30), TARGET_CONTROLLER, 0);
    FaultSpec *altered = happens(spec, FAULT_SET_CONFIG, SIM_SEC(10));
    altered->topic = 0;
    altered->config = kafka_config_new(1u << KAFKA_SCOPE_TOPIC, NULL);
    ck_assert(kafka_config_set(altered->config, "min.insync.replicas", "3"));
    WholeCluster test = whole_run(spec);
    ck_assert(whole_said(&test, "admin", "set.config of orders: NONE"));
    ck_assert_int_eq(test.report->total.acked, test.report->total.offered);
    whole_end(&test);
}
END_TEST

START_TEST(an_unregistered_broker_may_come_back_as_a_new_one)
{
    ClusterSpec *spec = four_brokers((uint64_t)_i, 1, SIM_SEC(60));
    whole_fault(spec, FAULT_CRASH, SIM_SEC(5), TARGET_BROKER, 2);
    whole_fault(spec, FAULT_UNREGISTER, SIM_SEC(20), TARGET_BROKER, 2);
    whole_fault(spec, FAULT_START, SIM_SEC(30), TARGET_BROKER, 2);
    WholeCluster test = whole_run(spec);
    ck_assert(whole_said(&test, "unregister", "broker 3"));
    ck_assert(whole_said(&test, "registered", "broker 3, for the first time"));
    ck_assert_int_eq(test.report->partitions[0].isr_count, 3);
    whole_end(&test);
}
END_TEST

/* Each heartbeat waits for seconds in the queue, and comes too late to change anything: that it
 * came is enough. */
START_TEST(an_overloaded_controller_fences_nobody_who_reports)
{
    ClusterSpec *spec = four_brokers((uint64_t)_i, 1, SIM_SEC(60));
    spec->profile.cpu_controller_event = SIM_MS(1500);
    WholeCluster test = whole_run(spec);
    ck_assert(!whole_said(&test, "fence", "broker"));
    ck_assert_int_eq(test.report->partitions[0].isr_count, 3);
    whole_end(&test);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control in a cluster");
    TCase *tcase = tcase_create("administrators and timers");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(
        tcase, a_moved_partition_is_led_by_its_new_replicas_and_nothing_is_lost, 0, 10);
    tcase_add_loop_test(tcase, a_reassignment_survives_the_active_controller, 0, 10);
    tcase_add_loop_test(
        tcase, a_cancelled_move_to_a_dead_broker_leaves_the_replicas_in_a_new_order, 0, 3);
    tcase_add_loop_test(tcase, the_first_replica_leads_again_at_the_next_check, 0, 3);
    tcase_add_loop_test(tcase, an_unclean_election_that_is_allowed_late_waits_for_its_timer, 0, 3);
    tcase_add_loop_test(tcase, a_broker_that_was_never_there_registers_and_gets_replicas, 0, 3);
    tcase_add_loop_test(tcase, what_is_asked_without_a_controller_is_done_when_there_is_one, 0, 3);
    tcase_add_loop_test(tcase, an_unregistered_broker_may_come_back_as_a_new_one, 0, 3);
    tcase_add_loop_test(tcase, an_overloaded_controller_fences_nobody_who_reports, 0, 3);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
