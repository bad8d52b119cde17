/* Client-side assignors that look at racks (KIP-881). Broker i stands in rack a, b or c; six
 * partitions of one replica each lie on brokers 1 2 3 1 2 3. */
#include "models/broker/broker_state.h"
#include "models/world/cluster_state.h"
#include "tests/models/support/group_run.h"
#include "tests/run_suite.h"

static const char *const racks[] = {"a", "b", "c"};

static void set_rack(MemberSpec *member, const char *rack)
{
    ck_assert(kafka_config_set(member->config, "client.rack", rack));
}

static GroupRun story(const char *assignor, const int32_t *homes)
{
    GroupRun run = run_new(1, SIM_SEC(60), 6, 10, SIM_SEC(8), SIM_SEC(20));
    TopicSpec *topic = run.spec->topics->pdata[0];
    for (int32_t p = 0; p < 6; p++) {
        whole_assign(topic, 1, &homes[p]);
    }
    for (int i = 0; i < 3; i++) {
        BrokerSpec *broker = run.spec->brokers->pdata[i];
        g_free(broker->rack);
        broker->rack = g_strdup(racks[i]);
    }
    g_autofree char *name = g_strdup_printf("org.apache.kafka.clients.consumer.%s", assignor);
    run_config(&run, "partition.assignment.strategy", name);
    return run;
}

static const int32_t in_turn[] = {1, 2, 3, 1, 2, 3};

/* What this member was given last. */
static void assert_owns(const GroupRun *run, const char *member, const char *partitions)
{
    uint32_t last = 0;
    uint32_t id = 0;
    while ((id = whole_next(&run->whole, id, 0, member, "assigned", "")) != 0) {
        last = id;
    }
    ck_assert_uint_ne(last, 0);
    LoggedEvent event;
    ck_assert(event_log_get(cluster_event_log(run->whole.cluster), last, &event));
    ck_assert_msg(g_str_has_suffix(event.detail, partitions), "%s: %s", member, event.detail);
}

START_TEST(range_and_the_sticky_assignors_give_members_what_lies_in_their_rack)
{
    static const char *const assignors[] = {
        "RangeAssignor", "StickyAssignor", "CooperativeStickyAssignor"};
    GroupRun run = story(assignors[_i], in_turn);
    set_rack(run_member(&run, "x", 0), "c");
    set_rack(run_member(&run, "y", 0), "a");
    set_rack(run_member(&run, "z", 0), "b");
    run_go(&run);
    assert_owns(&run, "x", ": orders-2 orders-5");
    assert_owns(&run, "y", ": orders-0 orders-3");
    assert_owns(&run, "z", ": orders-1 orders-4");
    run_end(&run);
}
END_TEST

START_TEST(round_robin_looks_at_no_racks)
{
    GroupRun run = story("RoundRobinAssignor", in_turn);
    set_rack(run_member(&run, "x", 0), "c");
    set_rack(run_member(&run, "y", 0), "a");
    set_rack(run_member(&run, "z", 0), "b");
    run_go(&run);
    assert_owns(&run, "x", ": orders-0 orders-3");
    assert_owns(&run, "y", ": orders-1 orders-4");
    assert_owns(&run, "z", ": orders-2 orders-5");
    run_end(&run);
}
END_TEST

START_TEST(without_client_rack_range_goes_by_names)
{
    GroupRun run = story("RangeAssignor", in_turn);
    run_members(&run, "m", 3);
    run_go(&run);
    assert_owns(&run, "m1", ": orders-0 orders-1");
    assert_owns(&run, "m3", ": orders-4 orders-5");
    run_end(&run);
}
END_TEST

/* Broker 3 dies and is fenced: its replicas stand in no rack any more. A leader that names a rack
 * itself sees that with its next metadata, another one does not look. */
static SimTime assigned_anew_at(const char *rack)
{
    GroupRun run = story("RangeAssignor", in_turn);
    run_config(&run, "metadata.max.age.ms", "5000");
    set_rack(run_member(&run, "x", 0), rack);
    (void)whole_fault(run.spec, FAULT_CRASH, SIM_SEC(25), TARGET_BROKER, 2);
    run_go(&run);
    const SimTime at = whole_when(&run.whole, SIM_SEC(25), "x", "join", "metadata has changed");
    run_end(&run);
    return at;
}

START_TEST(a_leader_with_a_rack_assigns_anew_when_racks_change)
{
    ck_assert_int_ge(assigned_anew_at("a"), SIM_SEC(33));
    ck_assert_int_eq(assigned_anew_at(""), -1);
}
END_TEST

/* Partition 0 moves from broker 1 to broker 2. The coordinator's log of it. */
static int epochs_after_move(const char *second_rack)
{
    GroupRun run = story("RangeAssignor", in_turn);
    BrokerSpec *second = run.spec->brokers->pdata[1];
    g_free(second->rack);
    second->rack = g_strdup(second_rack);
    run_config(&run, "group.protocol", "consumer");
    (void)run_member(&run, "x", 0);
    FaultSpec *fault = whole_fault(run.spec, FAULT_REASSIGN, SIM_SEC(25), TARGET_NONE, 0);
    const MoveSpec move = {.topic = 0, .partition = 0, .replicas = {.count = 1, .ids = {2}}};
    fault->moves = g_array_new(FALSE, FALSE, sizeof(MoveSpec));
    g_array_append_val(fault->moves, move);
    run_go(&run);
    const int32_t epoch = run_report(&run)->generation;
    run_end(&run);
    return epoch;
}

/* KIP-848: with the next heartbeat the group's epoch is another one, though nobody gets anything
 * else. While it moves the partition has replicas in both racks. */
START_TEST(a_move_to_another_rack_raises_the_epoch_of_a_group_of_the_new_protocol)
{
    const int quiet = epochs_after_move("a");
    ck_assert_int_ge(quiet, 1);
    ck_assert_int_gt(epochs_after_move("b"), quiet);
}
END_TEST

/* Its coordinator hashes a topic again when the topic has changed, not for another one. */
START_TEST(the_racks_of_a_topic_are_looked_at_when_it_has_changed)
{
    GroupRun run = story("RangeAssignor", in_turn);
    run_config(&run, "group.protocol", "consumer");
    (void)run_member(&run, "x", 0);
    TopicSpec *other = whole_topic(run.spec, "other", 1, 1);
    other->created_later = true;
    FaultSpec *creation =
        whole_fault(run.spec, FAULT_CREATE_TOPIC, SIM_SEC(35), TARGET_NONE, SPEC_NONE);
    creation->topic = 1;
    creation->number = 1;
    creation->replication_factor = 1;
    run_go(&run);
    const MetadataLog *metadata = run.whole.cluster->metadata;
    const TopicInfo *changed_last = metadata_find_topic(metadata, "other");
    int coordinators = 0;
    for (guint i = 0; i < run.whole.cluster->brokers->len; i++) {
        const Broker *broker = run.whole.cluster->brokers->pdata[i];
        if (broker->topic_hashes->len > 0) {
            const TopicHash *hash = &g_array_index(broker->topic_hashes, TopicHash, 0);
            ck_assert_int_gt(hash->as_of, metadata_topic(metadata, 0)->changed);
            ck_assert_int_le(hash->as_of, changed_last->changed);
            ck_assert_uint_ne(hash->racks, 0);
            coordinators++;
        }
    }
    ck_assert_int_eq(coordinators, 1);
    run_end(&run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rack-aware assignment");
    TCase *tests = tcase_create("assignors");
    tcase_add_loop_test(
        tests, range_and_the_sticky_assignors_give_members_what_lies_in_their_rack, 0, 3);
    tcase_add_test(tests, round_robin_looks_at_no_racks);
    tcase_add_test(tests, without_client_rack_range_goes_by_names);
    tcase_add_test(tests, a_leader_with_a_rack_assigns_anew_when_racks_change);
    tcase_add_test(tests, a_move_to_another_rack_raises_the_epoch_of_a_group_of_the_new_protocol);
    tcase_add_test(tests, the_racks_of_a_topic_are_looked_at_when_it_has_changed);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
