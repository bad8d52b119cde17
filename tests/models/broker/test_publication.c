/* test_publication.c - how long new metadata take to be made true by a broker, and what comes
 * first: checkpoints of partitions newly led, code that a process runs for the first time. */
#include "tests/models/broker/small_cluster.h"
#include "tests/run_suite.h"

#define FSYNC SIM_MS(20)
#define FIRST SIM_MS(300)

/* Topic "orders" with so many partitions, led by broker 1, followed by broker 2. */
static WholeCluster run(FaultVerb verb, int32_t partitions, bool fresh)
{
    ClusterSpec *spec = whole_spec(2, 1, 1, SIM_SEC(30));
    TopicSpec *topic = whole_topic(spec, "orders", partitions, 2);
    const int32_t replicas[] = {1, 2};
    for (int32_t p = 0; p < partitions; p++) {
        whole_assign(topic, 2, replicas);
    }
    spec->profile.disk_fsync = distribution_constant(FSYNC);
    spec->profile.cpu_first_run = distribution_constant(FIRST);
    spec->profile.broker_publish = distribution_constant(SIM_MS(1));
    spec->profile.broker_publish_followers = distribution_constant(SIM_MS(1));
    for (guint b = 0; b < spec->brokers->len; b++) {
        ((BrokerSpec *)spec->brokers->pdata[b])->fresh = fresh;
    }
    whole_fault(spec, verb, SIM_SEC(5), TARGET_BROKER, 0);
    return whole_run(spec);
}

static SimTime leads(const WholeCluster *self, const char *partition)
{
    return whole_when(self, SIM_SEC(5), "broker-2", "leads", partition);
}

static SimTime elected(const WholeCluster *self)
{
    return whole_when(self, SIM_SEC(5), "controller-101", "leader", "1 -> 2");
}

START_TEST(each_partition_newly_led_waits_for_the_checkpoints_before_it)
{
    WholeCluster self = run(FAULT_CRASH, 3, false);
    SimTime first = leads(&self, "orders-0");
    ck_assert_int_gt(first, 0);
    ck_assert_int_eq(leads(&self, "orders-1") - first, 2 * FSYNC); /* the file, its directory */
    ck_assert_int_eq(leads(&self, "orders-2") - first, 4 * FSYNC);
    ck_assert_int_lt(first - elected(&self), FIRST);
    whole_end(&self);
}
END_TEST

/* broker.publish.followers counts from the end of the last sync: in Kafka's log "starts at leader
 * epoch" stands before the two syncs, "Added fetcher" behind both. */
START_TEST(it_follows_when_its_checkpoints_are_synced)
{
    ClusterSpec *spec = whole_spec(3, 1, 1, SIM_SEC(30));
    TopicSpec *topic = whole_topic(spec, "orders", 2, 3);
    whole_assign(topic, 3, (const int32_t[]){1, 2, 3});
    whole_assign(topic, 3, (const int32_t[]){1, 3, 2});
    spec->profile.disk_fsync = distribution_constant(FSYNC);
    spec->profile.broker_publish_followers = distribution_constant(SIM_MS(3));
    whole_fault(spec, FAULT_CRASH, SIM_SEC(5), TARGET_BROKER, 0);
    WholeCluster self = whole_run(spec);
    SimTime follows = whole_when(&self, SIM_SEC(5), "broker-2", "follows", "orders-1");
    ck_assert_int_eq(follows - leads(&self, "orders-0"), 2 * FSYNC + SIM_MS(3));
    whole_end(&self);
}
END_TEST

START_TEST(a_fresh_process_takes_over_later)
{
    WholeCluster self = run(FAULT_CRASH, 1, true);
    SimDuration fresh = leads(&self, "orders-0") - elected(&self);
    ck_assert_int_ge(fresh, FIRST);
    whole_end(&self);
}
END_TEST

static SimDuration gives_up(const WholeCluster *self, int broker, SimTime stop)
{
    char name[16];
    (void)snprintf(name, sizeof(name), "broker-%d", broker);
    SimTime asked = whole_when(self, stop, "controller-101", "controlled shutdown", "");
    SimTime gave_up = whole_when(self, stop, name, "follows", "orders-");
    ck_assert_int_gt(gave_up, asked);
    return gave_up - asked;
}

START_TEST(who_gives_partitions_up_for_the_first_time_does_so_late)
{
    WholeCluster self = run(FAULT_STOP, 1, false);
    ck_assert_int_ge(gives_up(&self, 1, SIM_SEC(5)), FIRST);
    ck_assert_int_lt(leads(&self, "orders-0"),
                     whole_when(&self, SIM_SEC(5), "broker-1", "follows", "orders-0"));
    whole_end(&self);
}
END_TEST

/* Broker 3 stops; broker 2 follows the new leader of what broker 3 led, then it stops, too. */
START_TEST(who_has_seen_a_leader_change_gives_partitions_up_soon)
{
    ClusterSpec *spec = whole_spec(3, 1, 1, SIM_SEC(30));
    TopicSpec *topic = whole_topic(spec, "orders", 2, 3);
    whole_assign(topic, 3, (const int32_t[]){3, 1, 2});
    whole_assign(topic, 3, (const int32_t[]){2, 1, 3});
    spec->profile.cpu_first_run = distribution_constant(FIRST);
    whole_fault(spec, FAULT_STOP, SIM_SEC(5), TARGET_BROKER, 2);
    whole_fault(spec, FAULT_STOP, SIM_SEC(15), TARGET_BROKER, 1);
    WholeCluster self = whole_run(spec);
    ck_assert_int_ge(gives_up(&self, 3, SIM_SEC(5)), FIRST);
    ck_assert_int_lt(gives_up(&self, 2, SIM_SEC(15)), FIRST);
    whole_end(&self);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("publication");
    TCase *tcase = tcase_create("publication");
    tcase_add_test(tcase, each_partition_newly_led_waits_for_the_checkpoints_before_it);
    tcase_add_test(tcase, it_follows_when_its_checkpoints_are_synced);
    tcase_add_test(tcase, a_fresh_process_takes_over_later);
    tcase_add_test(tcase, who_gives_partitions_up_for_the_first_time_does_so_late);
    tcase_add_test(tcase, who_has_seen_a_leader_change_gives_partitions_up_soon);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
