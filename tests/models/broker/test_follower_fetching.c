/* test_follower_fetching.c - consumers read in their own rack (KIP-392). */
#include "tests/models/broker/small_cluster.h"
#include "tests/run_suite.h"

/* Broker i stands in rack i; the leader is broker 1, the consumer in rack "r3". */
static SmallCluster racks(uint64_t seed, const char *client_rack)
{
    static const char *const names[] = {"r1", "r2", "r3"};
    SmallCluster self = small_cluster(3, "2", "all");
    self.spec->seed = seed;
    self.spec->duration = SIM_SEC(40);
    self.producer->value_bytes = distribution_constant(10000);
    self.producer->stop = SIM_SEC(30);
    for (int i = 0; i < 3; i++) {
        BrokerSpec *broker = self.spec->brokers->pdata[i];
        g_free(broker->rack);
        broker->rack = g_strdup(names[i]);
    }
    small_set(self.spec->config,
              "replica.selector.class",
              "org.apache.kafka.common.replica.RackAwareReplicaSelector");
    GroupSpec *group = group_spec_new("readers");
    int32_t topic = 0;
    g_array_append_val(group->topics, topic);
    small_set(group->config, "auto.offset.reset", "earliest");
    small_set(group->config, "client.rack", client_rack);
    g_ptr_array_add(group->members, member_spec_new("reader", group));
    g_ptr_array_add(self.spec->groups, group);
    return self;
}

static int64_t sent_by(const SmallCluster *self, int32_t id)
{
    return broker_counters(cluster_broker(self->cluster, id))->bytes_out;
}

static void assert_all_consumed(SmallCluster *self)
{
    ck_assert_int_eq(cluster_report(self->cluster)->groups[0].consumed, small_fates(self).acked);
    ck_assert_int_eq(cluster_report(self->cluster)->groups[0].consumed_twice, 0);
    ck_assert_int_eq(checks_failures(cluster_checks(self->cluster)), 0);
}

/* All data are about 14.5 MB: two followers and a consumer take them. */
#define ALL_BYTES (INT64_C(1450) * 10000)

START_TEST(a_consumer_reads_from_the_follower_in_its_rack)
{
    SmallCluster self = racks((uint64_t)_i, "r3");
    small_run(&self);
    assert_all_consumed(&self);
    ck_assert_int_gt(sent_by(&self, 3), ALL_BYTES * 9 / 10);
    ck_assert_int_eq(sent_by(&self, 1), 0);
    small_end(&self);
}
END_TEST

START_TEST(a_consumer_in_a_rack_without_replicas_reads_from_the_leader)
{
    SmallCluster self = racks((uint64_t)_i, "r9");
    small_run(&self);
    assert_all_consumed(&self);
    ck_assert_int_gt(sent_by(&self, 1), ALL_BYTES * 9 / 10);
    ck_assert_int_eq(sent_by(&self, 3), 0);
    const BrokerCounters *leader = broker_counters(cluster_broker(self.cluster, 1));
    ck_assert_int_gt(leader->replication_bytes_out, ALL_BYTES * 19 / 10);
    small_end(&self);
}
END_TEST

START_TEST(without_kip_392_nobody_reads_from_followers)
{
    SmallCluster self = racks((uint64_t)_i, "r3");
    self.spec->era.on[ERA_KIP_392] = false;
    small_run(&self);
    assert_all_consumed(&self);
    ck_assert_int_eq(sent_by(&self, 3), 0);
    small_end(&self);
}
END_TEST

START_TEST(when_the_follower_dies_the_consumer_goes_back_to_the_leader)
{
    SmallCluster self = racks((uint64_t)_i, "r3");
    small_fault(&self, FAULT_CRASH, SIM_SEC(10), 3);
    small_run(&self);
    assert_all_consumed(&self);
    ck_assert_int_lt(sent_by(&self, 3), ALL_BYTES * 5 / 10);
    small_end(&self);
}
END_TEST

/* The leader names the returned follower before the client's metadata does. */
START_TEST(when_the_follower_comes_back_the_consumer_returns_to_it)
{
    SmallCluster self = racks((uint64_t)_i, "r3");
    small_fault(&self, FAULT_CRASH, SIM_SEC(8), 3);
    small_fault(&self, FAULT_START, SIM_SEC(14), 3);
    small_run(&self);
    assert_all_consumed(&self);
    const BrokerCounters *back = broker_counters(cluster_broker(self.cluster, 3));
    ck_assert_int_gt(back->bytes_out, ALL_BYTES * 3 / 10);
    ck_assert_int_lt(broker_counters(cluster_broker(self.cluster, 1))->requests[KAFKA_FETCH],
                     20000);
    small_end(&self);
}
END_TEST

static Suite *suite(void)
{
    Suite *made = suite_create("follower fetching");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 120);
    tcase_add_loop_test(all, a_consumer_reads_from_the_follower_in_its_rack, 1, 4);
    tcase_add_loop_test(all, a_consumer_in_a_rack_without_replicas_reads_from_the_leader, 1, 3);
    tcase_add_loop_test(all, without_kip_392_nobody_reads_from_followers, 1, 3);
    tcase_add_loop_test(all, when_the_follower_dies_the_consumer_goes_back_to_the_leader, 1, 4);
    tcase_add_loop_test(all, when_the_follower_comes_back_the_consumer_returns_to_it, 1, 4);
    suite_add_tcase(made, all);
    return made;
}

int main(void)
{
    return run_suite(suite());
}
