/* test_zookeeper_admin.c - what administrators ask before KRaft: topics that go when their last
 * replica has gone, unclean elections as soon as they are allowed, replicas on living brokers only.
 */
#include "tests/models/support/whole_cluster.h"
#include "tests/run_suite.h"

/* Brokers 1.., of which 1 is the controller; "orders" on the first three; "orders" is topic 0. */
static ClusterSpec *brokers(int32_t count, uint64_t seed, SimTime duration)
{
    ClusterSpec *spec = whole_spec(count, 1, seed, duration);
    spec->era.on[ERA_KRAFT] = false;
    const int32_t ids[] = {1, 2, 3};
    whole_assign(whole_topic(spec, "orders", 1, 3), 3, ids);
    (void)whole_load(spec, 50, "1", duration - SIM_SEC(20));
    return spec;
}

/* A second topic, topic 1, which nobody writes to. */
static TopicSpec *payments(ClusterSpec *spec, int32_t partitions)
{
    return whole_topic(spec, "payments", partitions, 3);
}

static FaultSpec *asks(ClusterSpec *spec, FaultVerb verb, SimTime at, int32_t topic)
{
    FaultSpec *fault = whole_fault(spec, verb, at, TARGET_NONE, SPEC_NONE);
    fault->topic = topic;
    return fault;
}

static void moves(ClusterSpec *spec, SimTime at, int32_t a, int32_t b, int32_t c)
{
    FaultSpec *move = asks(spec, FAULT_REASSIGN, at, 0);
    const MoveSpec wish = {.topic = 0, .partition = 0, .replicas = {.count = 3, .ids = {a, b, c}}};
    move->moves = g_array_new(FALSE, FALSE, sizeof(MoveSpec));
    g_array_append_val(move->moves, wish);
}

static FaultSpec *creates(ClusterSpec *spec, SimTime at, int32_t partitions)
{
    FaultSpec *created = asks(spec, FAULT_CREATE_TOPIC, at, 1);
    created->number = partitions;
    created->replication_factor = 3;
    return created;
}

static void crash(ClusterSpec *spec, SimTime at, int32_t broker)
{
    whole_fault(spec, FAULT_CRASH, at, TARGET_BROKER, broker - 1);
}

static void start(ClusterSpec *spec, SimTime at, int32_t broker)
{
    whole_fault(spec, FAULT_START, at, TARGET_BROKER, broker - 1);
}

/* ---- unclean elections */

/* Broker 3 is out of sync, 1 and 2 are dead; then losses are allowed. */
static SimTime elected_after(bool by_default, uint64_t seed)
{
    ClusterSpec *spec = brokers(4, seed, SIM_SEC(160));
    crash(spec, SIM_SEC(10), 3);
    crash(spec, SIM_SEC(40), 2);
    crash(spec, SIM_SEC(70), 1);
    start(spec, SIM_SEC(100), 3);
    FaultSpec *allowed = asks(spec, FAULT_SET_CONFIG, SIM_SEC(120), by_default ? SPEC_NONE : 0);
    unsigned scope = 1u << (by_default ? KAFKA_SCOPE_BROKER : KAFKA_SCOPE_TOPIC);
    allowed->config = kafka_config_new(scope, NULL);
    ck_assert(kafka_config_set(allowed->config, "unclean.leader.election.enable", "true"));
    WholeCluster test = whole_run(spec);
    ck_assert_int_lt(whole_when(&test, SIM_SEC(75), "controller-", "leader", "-> 3"), SIM_SEC(121));
    SimTime elected = whole_when(&test, SIM_SEC(75), "controller-", "leader", "orders-0: -1 -> 3");
    ck_assert_int_eq(test.report->partitions[0].leader, 3);
    whole_end(&test);
    return elected - SIM_SEC(120);
}

START_TEST(an_unclean_election_takes_place_when_it_is_allowed)
{
    for (int by_default = 0; by_default < 2; by_default++) {
        SimTime after = elected_after(by_default == 1, (uint64_t)_i + 1);
        ck_assert_int_gt(after, 0);
        ck_assert_int_lt(after, SIM_MS(500));
    }
}
END_TEST

/* ---- deletion */

/* Clients cannot see it any more, but while a replica is down it is there and cannot be made anew.
 */
START_TEST(a_topic_is_deleted_when_its_last_replica_is_back)
{
    ClusterSpec *spec = brokers(3, (uint64_t)_i + 1, SIM_SEC(120));
    (void)payments(spec, 2);
    crash(spec, SIM_SEC(10), 2);
    asks(spec, FAULT_DELETE_TOPIC, SIM_SEC(40), 1);
    creates(spec, SIM_SEC(45), 2);
    asks(spec, FAULT_DELETE_TOPIC, SIM_SEC(50), 1);
    start(spec, SIM_SEC(60), 2);
    creates(spec, SIM_SEC(90), 2);
    WholeCluster test = whole_run(spec);
    ck_assert_int_ge(
        whole_when(&test, SIM_SEC(40), "controller-1", "topic deletion halted", "offline replicas"),
        SIM_SEC(40));
    ck_assert(whole_said(&test, "admin", "create.topic payments: TOPIC_ALREADY_EXISTS"));
    ck_assert(whole_said(&test, "admin", "delete.topic payments: UNKNOWN_TOPIC_OR_PARTITION"));
    SimTime back = whole_when(&test, SIM_SEC(60), "controller-2", "registered", "in ZooKeeper");
    SimTime gone =
        whole_when(&test, SIM_SEC(40), "controller-1", "topic deletion completed", "payments");
    ck_assert_int_gt(back, SIM_SEC(60));
    ck_assert_int_ge(gone, back);
    ck_assert_int_lt(gone, back + SIM_SEC(2));
    ck_assert_int_gt(whole_when(&test, gone, "", "admin", "create.topic payments: NONE"), 0);
    whole_end(&test);
}
END_TEST

/* All are there: a few round trips. */
START_TEST(a_topic_whose_replicas_live_is_deleted_at_once)
{
    ClusterSpec *spec = brokers(3, 2, SIM_SEC(60));
    (void)payments(spec, 2);
    asks(spec, FAULT_DELETE_TOPIC, SIM_SEC(20), 1);
    WholeCluster test = whole_run(spec);
    SimTime gone =
        whole_when(&test, SIM_SEC(20), "controller-1", "topic deletion completed", "payments");
    ck_assert_int_gt(gone, SIM_SEC(20));
    ck_assert_int_lt(gone, SIM_SEC(20) + SIM_MS(100));
    ck_assert(!whole_said(&test, "topic deletion halted", ""));
    whole_end(&test);
}
END_TEST

/* Replica 4 is far behind: until it has caught up the topic serves as before. */
START_TEST(a_topic_that_moves_is_deleted_when_it_has_moved)
{
    ClusterSpec *spec = brokers(4, 3, SIM_SEC(100));
    whole_fault(spec, FAULT_PAUSE, SIM_SEC(19), TARGET_BROKER, 3);
    moves(spec, SIM_SEC(20), 1, 2, 4);
    asks(spec, FAULT_DELETE_TOPIC, SIM_SEC(25), 0);
    asks(spec, FAULT_ADD_PARTITIONS, SIM_SEC(26), 0)->number = 2;
    whole_fault(spec, FAULT_RESUME, SIM_SEC(30), TARGET_BROKER, 3);
    WholeCluster test = whole_run(spec);
    SimTime moved = whole_when(&test, SIM_SEC(20), "controller-1", "reassignment complete", "");
    SimTime gone =
        whole_when(&test, SIM_SEC(20), "controller-1", "topic deletion completed", "orders");
    ck_assert(whole_said(&test, "topic deletion halted", "topic reassignment in progress"));
    ck_assert(whole_said(&test, "admin", "add.partitions orders: INVALID_TOPIC_EXCEPTION"));
    ck_assert_int_gt(moved, SIM_SEC(30));
    ck_assert_int_ge(gone, moved);
    ck_assert_int_lt(gone, moved + SIM_MS(200));
    whole_end(&test);
}
END_TEST

/* The mark is ZooKeeper's, not the controller's. */
START_TEST(the_next_controller_goes_on_deleting)
{
    ClusterSpec *spec = brokers(3, (uint64_t)_i + 1, SIM_SEC(140));
    (void)payments(spec, 2);
    crash(spec, SIM_SEC(10), 2);
    asks(spec, FAULT_DELETE_TOPIC, SIM_SEC(40), 1);
    crash(spec, SIM_SEC(45), 1);
    start(spec, SIM_SEC(80), 2);
    start(spec, SIM_SEC(100), 1);
    WholeCluster test = whole_run(spec);
    SimTime back = whole_when(&test, SIM_SEC(100), "controller-1", "registered", "in ZooKeeper");
    SimTime gone =
        whole_when(&test, SIM_SEC(40), "controller-3", "topic deletion completed", "payments");
    ck_assert_int_gt(back, SIM_SEC(100));
    ck_assert_int_ge(gone, back);
    whole_end(&test);
}
END_TEST

/* ---- what is refused */

START_TEST(replicas_go_to_living_brokers_only)
{
    ClusterSpec *spec = brokers(4, 4, SIM_SEC(100));
    crash(spec, SIM_SEC(10), 4);
    moves(spec, SIM_SEC(40), 1, 2, 4);
    start(spec, SIM_SEC(50), 4);
    moves(spec, SIM_SEC(70), 1, 2, 4);
    WholeCluster test = whole_run(spec);
    ck_assert(whole_said(&test, "admin", "reassign orders-0 to 1,2,4: INVALID_REPLICA_ASSIGNMENT"));
    ck_assert_int_gt(whole_when(&test, SIM_SEC(70), "", "admin", "1,2,4: NONE"), 0);
    whole_end(&test);
}
END_TEST

START_TEST(brokers_that_are_down_do_not_count)
{
    ClusterSpec *spec = brokers(3, 5, SIM_SEC(100));
    TopicSpec *later = payments(spec, 2);
    later->created_later = true;
    crash(spec, SIM_SEC(10), 3);
    creates(spec, SIM_SEC(40), 2);
    start(spec, SIM_SEC(50), 3);
    creates(spec, SIM_SEC(70), 2);
    WholeCluster test = whole_run(spec);
    SimTime refused =
        whole_when(&test, 0, "", "admin", "create.topic payments: INVALID_REPLICATION_FACTOR");
    ck_assert_int_ge(refused, SIM_SEC(40));
    ck_assert_int_lt(refused, SIM_SEC(41));
    ck_assert_int_gt(whole_when(&test, SIM_SEC(70), "", "admin", "payments: NONE"), 0);
    whole_end(&test);
}
END_TEST

/* By hand nobody looks whether they live: the partition begins when its first replica is there. */
START_TEST(a_partition_on_dead_brokers_begins_when_one_is_back)
{
    ClusterSpec *spec = brokers(3, 7, SIM_SEC(100));
    TopicSpec *later = topic_spec_new("payments", 1, 2);
    later->created_later = true;
    g_ptr_array_add(spec->topics, later);
    crash(spec, SIM_SEC(10), 2);
    crash(spec, SIM_SEC(11), 3);
    FaultSpec *created = creates(spec, SIM_SEC(45), 1);
    const int32_t ids[] = {2, 3};
    created->assignment = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    g_ptr_array_add(created->assignment, g_array_new(FALSE, FALSE, sizeof(int32_t)));
    g_array_append_vals(created->assignment->pdata[0], ids, 2);
    start(spec, SIM_SEC(60), 3);
    WholeCluster test = whole_run(spec);
    ck_assert(whole_said(&test, "admin", "create.topic payments: NONE"));
    SimTime led = whole_when(&test, SIM_SEC(45), "controller-1", "leader", "payments-0: -1 -> 3");
    ck_assert_int_gt(led, SIM_SEC(60));
    ck_assert_int_lt(led, SIM_SEC(70));
    ck_assert_int_eq(test.report->partitions[1].isr_count, 1);
    whole_end(&test);
}
END_TEST

START_TEST(brokers_are_not_unregistered)
{
    ClusterSpec *spec = brokers(3, 6, SIM_SEC(50));
    whole_fault(spec, FAULT_UNREGISTER, SIM_SEC(20), TARGET_BROKER, 1);
    WholeCluster test = whole_run(spec);
    ck_assert(whole_said(&test, "admin", "unregister broker 2: UNSUPPORTED_VERSION"));
    ck_assert_int_eq(test.report->partitions[0].isr_count, 3);
    whole_end(&test);
}
END_TEST

/* Each partition's state is written before anybody is answered. */
START_TEST(a_topic_of_many_partitions_takes_as_many_writes)
{
    SimTime created[2];
    const int32_t counts[2] = {1, 1000};
    SimDuration write = 0;
    for (int i = 0; i < 2; i++) {
        ClusterSpec *spec = brokers(3, 1, SIM_SEC(60));
        payments(spec, 1000)->partitions = 0;
        (void)creates(spec, SIM_SEC(20), counts[i]);
        write = spec->profile.zookeeper_write;
        WholeCluster test = whole_run(spec);
        created[i] =
            whole_when(&test, SIM_SEC(20), "world", "admin", "create.topic payments: NONE");
        ck_assert_int_ge(created[i], SIM_SEC(20) + 4 * write);
        whole_end(&test);
    }
    ck_assert_int_ge(created[1] - created[0], 999 * write);
    ck_assert_int_le(created[1] - created[0], 1050 * write);
}
END_TEST

/* A partition costs the same, be it of a new topic or added to one. */
START_TEST(added_partitions_take_as_many_writes)
{
    SimTime added[2];
    SimDuration write = 0;
    for (int i = 0; i < 2; i++) {
        ClusterSpec *spec = brokers(3, 1, SIM_SEC(60));
        ((TopicSpec *)spec->topics->pdata[0])->partitions_max = 502;
        asks(spec, FAULT_ADD_PARTITIONS, SIM_SEC(20), 0)->number = i == 0 ? 2 : 502;
        write = spec->profile.zookeeper_write;
        WholeCluster test = whole_run(spec);
        added[i] = whole_when(&test, SIM_SEC(20), "world", "admin", "add.partitions orders: NONE");
        ck_assert_int_ge(added[i], SIM_SEC(20) + 2 * write);
        whole_end(&test);
    }
    ck_assert_int_ge(added[1] - added[0], 500 * write);
    ck_assert_int_le(added[1] - added[0], 525 * write);
}
END_TEST

/* It is an option of KRaft's. */
START_TEST(heartbeats_of_another_era_change_nothing)
{
    uint64_t fingerprints[2];
    static const char *const intervals[] = {"2000", "300"};
    for (int i = 0; i < 2; i++) {
        ClusterSpec *spec = brokers(3, 1, SIM_SEC(60));
        ck_assert(kafka_config_set(spec->config, "broker.heartbeat.interval.ms", intervals[i]));
        whole_fault(spec, FAULT_STOP, SIM_SEC(20), TARGET_BROKER, 1);
        start(spec, SIM_SEC(25), 2);
        WholeCluster test = whole_run(spec);
        fingerprints[i] = cluster_fingerprint(test.cluster);
        whole_end(&test);
    }
    ck_assert(fingerprints[0] == fingerprints[1]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("administration with ZooKeeper");
    TCase *tests = tcase_create("admin");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, a_topic_of_many_partitions_takes_as_many_writes);
    tcase_add_test(tests, added_partitions_take_as_many_writes);
    tcase_add_test(tests, heartbeats_of_another_era_change_nothing);
    tcase_add_loop_test(tests, an_unclean_election_takes_place_when_it_is_allowed, 0, 2);
    tcase_add_loop_test(tests, a_topic_is_deleted_when_its_last_replica_is_back, 0, 4);
    tcase_add_test(tests, a_topic_whose_replicas_live_is_deleted_at_once);
    tcase_add_test(tests, a_topic_that_moves_is_deleted_when_it_has_moved);
    tcase_add_loop_test(tests, the_next_controller_goes_on_deleting, 0, 4);
    tcase_add_test(tests, replicas_go_to_living_brokers_only);
    tcase_add_test(tests, brokers_that_are_down_do_not_count);
    tcase_add_test(tests, a_partition_on_dead_brokers_begins_when_one_is_back);
    tcase_add_test(tests, brokers_are_not_unregistered);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
