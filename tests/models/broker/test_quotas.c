/* test_quotas.c - clients and replicas above their quotas: told at once, then held back. */
#include "models/quota/client_quota.h"
#include "models/quota/replication_quota.h"
#include "tests/models/broker/small_cluster.h"
#include "tests/run_suite.h"

static void limit_entity(
    SmallCluster *self, const char *user, const char *client, const char *name, const char *value)
{
    ClientQuotaSpec *quota = client_quota_spec_new(user, client);
    small_set(quota->config, name, value);
    g_ptr_array_add(self->spec->client_quotas, quota);
}

static void limit(SmallCluster *self, const char *client, const char *name, const char *value)
{
    limit_entity(self, NULL, client, name, value);
}

static GroupSpec *add_reader(SmallCluster *self, const char *name)
{
    small_set(self->spec->config, "offsets.topic.replication.factor", "1");
    GroupSpec *group = group_spec_new(name);
    int32_t topic = 0;
    g_array_append_val(group->topics, topic);
    small_set(group->config, "auto.offset.reset", "earliest");
    g_ptr_array_add(group->members, member_spec_new(name, group));
    g_ptr_array_add(self->spec->groups, group);
    return group;
}

/* As recorded of a real broker (P8): 400 records/s of 1,000 B against 200 kB/s, for 75 s. */
static SmallCluster recorded(uint64_t seed)
{
    SmallCluster self = small_cluster(1, "1", "1");
    self.spec->seed = seed;
    self.spec->duration = SIM_SEC(76);
    self.producer->rate_milli = 400 * 1000;
    self.producer->value_bytes = distribution_constant(1000);
    return self;
}

START_TEST(a_producer_above_its_quota_gets_it_and_the_credit_of_the_window)
{
    SmallCluster self = recorded((uint64_t)_i);
    limit(&self, "load", "producer_byte_rate", "200000");
    small_run(&self);
    /* Recorded: 203.8 and 204.1 records/s over the 75 s. */
    double rate = (double)small_fates(&self).acked / 75;
    ck_assert_msg(rate > 195 && rate < 215, "%.1f records/s", rate);
    small_end(&self);
}
END_TEST

START_TEST(a_producer_of_another_name_is_not_held_back)
{
    SmallCluster self = recorded((uint64_t)_i);
    limit(&self, "somebody", "producer_byte_rate", "200000");
    small_run(&self);
    ck_assert_int_gt(small_fates(&self).acked, 395 * 75);
    small_end(&self);
}
END_TEST

START_TEST(a_default_quota_holds_for_every_client)
{
    SmallCluster self = recorded((uint64_t)_i);
    small_set(self.spec->config, "producer_byte_rate", "200000");
    small_run(&self);
    ck_assert_int_lt(small_fates(&self).acked, 215 * 75);
    small_end(&self);
}
END_TEST

/* KIP-55's order, from the least specific limit to the most. */
START_TEST(the_most_specific_limit_counts)
{
    static const QuotaEntity order[] = {
        {NULL, QUOTA_DEFAULT},
        {NULL, "app"},
        {QUOTA_DEFAULT, NULL},
        {QUOTA_DEFAULT, QUOTA_DEFAULT},
        {QUOTA_DEFAULT, "app"},
        {"alice", NULL},
        {"alice", QUOTA_DEFAULT},
        {"alice", "app"},
    };
    ClientQuotas quotas;
    client_quotas_init(&quotas, 11, 1000);
    client_quotas_set_user(&quotas, "app", "alice");
    ck_assert(!quotas.any);
    for (int i = 0; i < 8; i++) {
        client_quotas_set(&quotas, order[i], QUOTA_PRODUCE, i + 1);
        ck_assert_double_eq(client_quotas_limit(&quotas, "app", QUOTA_PRODUCE), i + 1);
        ck_assert_double_le(client_quotas_limit(&quotas, "app", QUOTA_FETCH), 0);
    }
    ck_assert_double_eq(client_quotas_limit(&quotas, "other", QUOTA_PRODUCE), 4);
    client_quotas_set(&quotas, order[7], QUOTA_PRODUCE, QUOTA_NONE);
    ck_assert_double_eq(client_quotas_limit(&quotas, "app", QUOTA_PRODUCE), 7);
    client_quotas_clear(&quotas);
}
END_TEST

START_TEST(clients_of_a_user_share_the_users_limit_and_not_a_pairs)
{
    ClientQuotas quotas;
    client_quotas_init(&quotas, 11, 1000);
    client_quotas_set_user(&quotas, "a", "alice");
    client_quotas_set_user(&quotas, "b", "alice");
    client_quotas_set(&quotas, (QuotaEntity){"alice", NULL}, QUOTA_PRODUCE, 100000);
    client_quotas_set(&quotas, (QuotaEntity){"alice", QUOTA_DEFAULT}, QUOTA_FETCH, 100000);
    /* The text's example: 3 MB in an empty window are 20 s above 100 kB/s. */
    ck_assert_int_eq(client_quotas_record(&quotas, "a", QUOTA_PRODUCE, 1500000, 5), 5000);
    ck_assert_int_eq(client_quotas_record(&quotas, "b", QUOTA_PRODUCE, 1500000, 5), 20000);
    ck_assert_int_eq(client_quotas_record(&quotas, "a", QUOTA_FETCH, 1500000, 5), 5000);
    ck_assert_int_eq(client_quotas_record(&quotas, "b", QUOTA_FETCH, 1500000, 5), 5000);
    client_quotas_clear(&quotas);
}
END_TEST

START_TEST(a_user_limit_holds_for_his_clients_together)
{
    SmallCluster self = recorded((uint64_t)_i);
    self.producer->count = 2; /* 200 records/s each */
    self.producer->user = g_strdup("alice");
    limit_entity(&self, "alice", NULL, "producer_byte_rate", "200000");
    small_run(&self);
    double rate = (double)small_fates(&self).acked / 75;
    ck_assert_msg(rate > 190 && rate < 215, "%.1f records/s", rate);
    small_end(&self);
}
END_TEST

START_TEST(a_consumer_above_its_quota_gets_less_than_it_asks_for)
{
    SmallCluster self = recorded((uint64_t)_i);
    add_reader(&self, "reader");
    limit(&self, "reader", "consumer_byte_rate", "200000");
    small_run(&self);
    /* Recorded: 141 and 126 kB/s in the long run (of 200), 199 and more in the first 10 s. */
    double rate = (double)cluster_report(self.cluster)->groups[0].consumed / 75;
    ck_assert_msg(rate > 110 && rate < 205, "%.1f records/s", rate);
    small_end(&self);
}
END_TEST

/* A fetch of more than the window holds would be throttled, and so answered with nothing, for ever:
 * it is cut to what the window holds (KafkaApis.handleFetchRequest). */
START_TEST(a_fetch_is_cut_to_what_the_quota_window_holds)
{
    SmallCluster self = recorded((uint64_t)_i);
    GroupSpec *reader = add_reader(&self, "reader");
    ((MemberSpec *)reader->members->pdata[0])->start = SIM_SEC(30);
    limit(&self, "reader", "consumer_byte_rate", "20000");
    small_run(&self);
    int64_t consumed = cluster_report(self.cluster)->groups[0].consumed;
    /* 42 s at up to 20 records/s, and the window's credit of 200. */
    ck_assert_msg(consumed > 300 && consumed < 1100, "%ld records", (long)consumed);
    small_end(&self);
}
END_TEST

/* How many fetches a reader makes that comes late, when the brokers answer with no more bytes. */
static int64_t fetches_of_a_late_reader(uint64_t seed, const char *bytes)
{
    SmallCluster self = recorded(seed);
    GroupSpec *reader = add_reader(&self, "reader");
    ((MemberSpec *)reader->members->pdata[0])->start = SIM_SEC(30);
    small_set(self.spec->config, "fetch.max.bytes", bytes);
    small_run(&self);
    int64_t fetches = broker_counters(cluster_broker(self.cluster, 1))->requests[KAFKA_FETCH];
    small_end(&self);
    return fetches;
}

START_TEST(a_fetch_is_no_larger_than_the_broker_allows)
{
    int64_t many = fetches_of_a_late_reader((uint64_t)_i, "1024");
    int64_t few = fetches_of_a_late_reader((uint64_t)_i, "57671680");
    ck_assert_msg(many > few + 1000, "%ld and %ld fetches", (long)many, (long)few);
}
END_TEST

/* Partitions with data move to the end of the session. */
START_TEST(a_small_answer_begins_with_another_partition_each_time)
{
    SmallCluster self = recorded((uint64_t)_i);
    GroupSpec *reader = add_reader(&self, "reader");
    int32_t bills = 1;
    g_array_append_val(reader->topics, bills);
    whole_assign_in_turn(whole_topic(self.spec, "bills", 1, 1), 1, 1);
    ProducerSpec *load = whole_load(self.spec, 400, "1", SIM_TIME_MAX);
    load->topic = bills;
    ((MemberSpec *)reader->members->pdata[0])->start = SIM_SEC(30);
    limit(&self, "reader", "consumer_byte_rate", "20000");
    small_set(self.spec->config, "fetch.max.bytes", "1024");
    small_run(&self);
    const GroupReport *group = &cluster_report(self.cluster)->groups[0];
    for (int32_t p = 0; p < 2; p++) {
        ck_assert_int_gt(group->partitions[p].committed, 50);
    }
    small_end(&self);
}
END_TEST

START_TEST(thread_time_can_be_a_quota)
{
    SmallCluster self = recorded((uint64_t)_i);
    limit(&self, "load", "request_percentage", "0.5");
    small_run(&self);
    Fates fates = small_fates(&self);
    ck_assert_int_lt(fates.acked, fates.offered);
    small_end(&self);
}
END_TEST

/* ---- an administrator's mutations: 10 tokens in the bucket, one more each second */

static int32_t cluster_partition_count(const SmallCluster *self, const char *name)
{
    const TopicInfo *topic = metadata_find_topic(self->cluster->metadata, name);
    return metadata_topic_partitions(
        self->cluster->metadata, topic->index, metadata_end_offset(self->cluster->metadata));
}

static void add_topic(SmallCluster *self, const char *name, SimTime at)
{
    TopicSpec *topic = topic_spec_new(name, 15, 1);
    topic->created_later = true;
    topic->partitions_max = 15;
    g_ptr_array_add(self->spec->topics, topic);
    FaultSpec *create = fault_spec_new(FAULT_CREATE_TOPIC, at);
    create->topic = (int32_t)self->spec->topics->len - 1;
    create->number = 15;
    create->replication_factor = 1;
    g_ptr_array_add(self->spec->faults, create);
}

START_TEST(a_burst_of_new_partitions_empties_the_bucket_for_the_next)
{
    SmallCluster self = small_cluster(1, "1", "1");
    small_set(self.spec->config, "controller_mutation_rate", "1");
    small_set(self.spec->config, "controller.quota.window.num", "10");
    add_topic(&self, "first", SIM_SEC(5));  /* 15 of 10 tokens: carried out whole, 5 below */
    add_topic(&self, "second", SIM_SEC(7)); /* refused */
    add_topic(&self, "third", SIM_SEC(12)); /* 2 above again */
    small_run(&self);
    ck_assert_int_eq(cluster_partition_count(&self, "first"), 15);
    ck_assert_int_eq(cluster_partition_count(&self, "second"), 0);
    ck_assert_int_eq(cluster_partition_count(&self, "third"), 15);
    small_end(&self);
}
END_TEST

/* ---- replication throttle */

/* Partitions 10 to 13 are the topic's; 9 and 14 are others'. */
START_TEST(a_list_marks_what_it_names_of_its_topic_for_this_broker)
{
    static const struct {
        const char *list;
        const char *marked; /* 9 to 14 */
    } steps[] = {{"0:1,1:2,2:1,3:12", "-x-x--"},
                 {"3:1,4:1,-1:1", "----x-"},
                 {"*", "-xxxx-"},
                 {"1:1", "--x---"},
                 {"", "------"},
                 {"*", "-xxxx-"},
                 {NULL, "------"}};
    ReplicationQuota quota;
    replication_quota_init(&quota, 11, 1000);
    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
        char marked[7] = "------";
        replication_quota_mark_list(&quota, steps[i].list, 10, 4, 1);
        for (int32_t p = 9; p <= 14; p++) {
            marked[p - 9] = replication_quota_is_throttled(&quota, p) ? 'x' : '-';
        }
        ck_assert_str_eq(marked, steps[i].marked);
    }
    replication_quota_clear(&quota);
}
END_TEST

/* Broker 2 is away for 20 s; how long does it then take back into the ISR? */
static SimDuration time_to_catch_up(uint64_t seed, const char *rate)
{
    SmallCluster self = small_cluster(2, "1", "1");
    self.spec->seed = seed;
    self.spec->duration = SIM_SEC(120);
    self.producer->rate_milli = 400 * 1000;
    self.producer->value_bytes = distribution_constant(1000);
    self.producer->stop = SIM_SEC(25);
    if (rate != NULL) {
        small_set(self.topic->config, "follower.replication.throttled.replicas", "0:2");
        small_set(self.spec->config, "follower.replication.throttled.rate", rate);
    }
    small_fault(&self, FAULT_CRASH, SIM_SEC(5), 2);
    small_fault(&self, FAULT_START, SIM_SEC(20), 2);
    small_run(&self);
    LoggedEvent follows;
    LoggedEvent joins;
    ck_assert(small_find(&self, SIM_SEC(20), "broker-2", "follows", "", &follows));
    ck_assert(small_find(&self, SIM_SEC(20), "broker-1", "isr expand", "-> [1,2]", &joins));
    ck_assert_int_eq(small_log(&self, 2)->log_end_offset, small_log(&self, 1)->log_end_offset);
    SimDuration took = joins.time - follows.time;
    small_end(&self);
    return took;
}

START_TEST(a_throttled_follower_catches_up_at_its_rate)
{
    SimDuration freely = time_to_catch_up((uint64_t)_i, NULL);
    SimDuration throttled = time_to_catch_up((uint64_t)_i, "400000");
    ck_assert_int_lt(freely, SIM_SEC(2));
    /* About 20 s x 400 kB/s to copy at 400 kB/s; the first window is credit. */
    ck_assert_msg(
        throttled > SIM_SEC(8) && throttled < SIM_SEC(25), "%ld ms", (long)(throttled / SIM_MS(1)));
}
END_TEST

static Suite *suite(void)
{
    Suite *made = suite_create("quotas");
    TCase *clients = tcase_create("clients");
    tcase_set_timeout(clients, 120);
    tcase_add_loop_test(
        clients, a_producer_above_its_quota_gets_it_and_the_credit_of_the_window, 1, 4);
    tcase_add_loop_test(clients, a_producer_of_another_name_is_not_held_back, 1, 2);
    tcase_add_loop_test(clients, a_default_quota_holds_for_every_client, 1, 2);
    tcase_add_test(clients, the_most_specific_limit_counts);
    tcase_add_test(clients, clients_of_a_user_share_the_users_limit_and_not_a_pairs);
    tcase_add_loop_test(clients, a_user_limit_holds_for_his_clients_together, 1, 2);
    tcase_add_loop_test(clients, a_consumer_above_its_quota_gets_less_than_it_asks_for, 1, 4);
    tcase_add_loop_test(clients, a_fetch_is_cut_to_what_the_quota_window_holds, 1, 3);
    tcase_add_loop_test(clients, a_fetch_is_no_larger_than_the_broker_allows, 1, 2);
    tcase_add_loop_test(clients, a_small_answer_begins_with_another_partition_each_time, 1, 3);
    tcase_add_loop_test(clients, thread_time_can_be_a_quota, 1, 2);
    suite_add_tcase(made, clients);
    tcase_add_test(clients, a_burst_of_new_partitions_empties_the_bucket_for_the_next);
    TCase *replicas = tcase_create("replicas");
    tcase_set_timeout(replicas, 120);
    tcase_add_test(replicas, a_list_marks_what_it_names_of_its_topic_for_this_broker);
    tcase_add_loop_test(replicas, a_throttled_follower_catches_up_at_its_rate, 1, 4);
    suite_add_tcase(made, replicas);
    return made;
}

int main(void)
{
    return run_suite(suite());
}
