/* test_compression.c - what a codec costs, and whom: 20 MB of records in 20 s, one partition, every
 * process on a host of its own. CPU is compared with that of a run without a codec, whose requests
 * are the same ones. */
#include "models/world/cluster_state.h"
#include "tests/models/support/whole_cluster.h"
#include "tests/run_suite.h"

#define PLAIN INT64_C(20000000) /* bytes of values */

typedef struct Costs {
    SimDuration producer;
    SimDuration broker;
    SimDuration consumer;
    int64_t in_log; /* bytes */
    int64_t consumed;
} Costs;

static SimDuration busy(const Cluster *cluster, const Actor *actor)
{
    return host_busy_ns(host_at(cluster->sim, actor->host));
}

static Costs run_group(GroupKind kind, const char *producers, const char *topics, double ratio)
{
    ClusterSpec *spec = whole_spec(1, 1, 1, SIM_SEC(24));
    spec->profile.cpu_cools = 0; /* a step costs the same however long ago it ran */
    TopicSpec *topic = whole_topic(spec, "orders", 1, 1);
    ProducerSpec *load = whole_load(spec, 1000, "all", SIM_SEC(20));
    load->value_bytes = distribution_constant(1000);
    load->compression_ratio = ratio;
    ck_assert(kafka_config_set(load->config, "compression.type", producers));
    ck_assert(kafka_config_set(load->config, "batch.size", "100000"));
    if (topics != NULL) {
        ck_assert(kafka_config_set(topic->config, "compression.type", topics));
    }
    GroupSpec *group = group_spec_new("billing");
    const int32_t first = 0;
    g_array_append_val(group->topics, first);
    group->kind = kind;
    if (kind != GROUP_SHARES) {
        ck_assert(kafka_config_set(group->config, "auto.offset.reset", "earliest"));
    }
    ck_assert(kafka_config_set(spec->config, "offsets.topic.replication.factor", "1"));
    ck_assert(
        kafka_config_set(spec->config, "share.coordinator.state.topic.replication.factor", "1"));
    g_ptr_array_add(group->members, member_spec_new("billing-1", group));
    g_ptr_array_add(spec->groups, group);
    WholeCluster test = whole_run(spec);
    const Cluster *cluster = test.cluster;
    Broker *broker = cluster->brokers->pdata[0];
    Producer *producer = ((ProducerProcess *)cluster->producers->pdata[0])->producer;
    Consumer *consumer = g_array_index(cluster->consumers, ConsumerProcess, 0).consumer;
    const Costs costs = {
        .producer = busy(cluster, producer_actor(producer)),
        .broker = busy(cluster, broker_actor(broker)),
        .consumer = busy(cluster, consumer_actor(consumer)),
        .in_log = page_cache_cached_bytes(
            host_page_cache(host_at(cluster->sim, broker_actor(broker)->host))),
        .consumed = test.report->groups[0].consumed,
    };
    ck_assert_int_ge(costs.consumed, kind == GROUP_SHARES ? 10000 : 19000); /* from the latest */
    whole_end(&test);
    return costs;
}

static Costs run(const char *producers, const char *topics, double ratio)
{
    return run_group(GROUP_SUBSCRIBES, producers, topics, ratio);
}

/* Within 4 %: records have headers too, and batches keep their ratio in parts of 256. */
static void is_about(SimDuration cost, int64_t bytes, int64_t bytes_per_sec)
{
    const SimDuration expected = bytes * SIM_SEC(1) / bytes_per_sec;
    ck_assert_int_ge(cost, expected - expected / 25);
    ck_assert_int_le(cost, expected + expected / 25);
}

START_TEST(each_side_pays_for_the_codec_by_its_speed)
{
    static const struct {
        const char *codec;
        int64_t compress, decompress, left;
    } codecs[] = {{"gzip", 95000000, 400000000, 72},
                  {"snappy", 446000000, 1344000000, 109},
                  {"lz4", 594000000, 2428000000, 141},
                  {"zstd", 409000000, 844000000, 57}};
    const Costs none = run("none", NULL, 0);
    for (size_t i = 0; i < sizeof codecs / sizeof codecs[0]; i++) {
        const Costs costs = run(codecs[i].codec, NULL, 0);
        ck_assert_int_eq(costs.consumed, none.consumed);
        is_about(costs.producer - none.producer, PLAIN, codecs[i].compress);
        is_about(costs.consumer - none.consumer, PLAIN, codecs[i].decompress);
        /* the broker decompresses to check, and copies less */
        const int64_t saved = PLAIN * (256 - codecs[i].left) / 256;
        is_about(costs.broker - none.broker + saved * SIM_SEC(1) / INT64_C(2000000000),
                 PLAIN,
                 codecs[i].decompress);
        ck_assert_int_le(costs.in_log, none.in_log * (codecs[i].left + 6) / 256);
    }
}
END_TEST

START_TEST(members_of_a_share_group_decompress_too)
{
    const Costs none = run_group(GROUP_SHARES, "none", NULL, 0);
    const Costs gzip = run_group(GROUP_SHARES, "gzip", NULL, 0);
    ck_assert_int_eq(gzip.consumed, none.consumed);
    is_about(gzip.consumer - none.consumer, PLAIN * gzip.consumed / 20000, 400000000);
}
END_TEST

START_TEST(a_topic_with_another_codec_costs_its_broker)
{
    const Costs kept = run("lz4", "producer", 0);
    const Costs same = run("lz4", "lz4", 0);
    const Costs other = run("lz4", "gzip", 0);
    ck_assert_int_eq(same.broker, kept.broker);
    is_about(other.broker - kept.broker, PLAIN, 95000000);
    ck_assert_int_eq(other.producer, kept.producer);
    ck_assert_int_lt(other.in_log, kept.in_log * 6 / 10);
    ck_assert_int_eq(other.consumed, kept.consumed);
}
END_TEST

START_TEST(an_uncompressed_topic_spares_its_consumers)
{
    const Costs none = run("none", NULL, 0);
    const Costs plain = run("zstd", "uncompressed", 0);
    ck_assert_int_eq(plain.consumer, none.consumer);
    ck_assert_int_ge(plain.in_log, none.in_log * 98 / 100);
    ck_assert_int_le(plain.in_log, none.in_log * 102 / 100);
}
END_TEST

START_TEST(the_scenario_says_how_small_records_become)
{
    const Costs none = run("none", NULL, 0);
    const Costs half = run("lz4", NULL, 0.5);
    const Costs tenth = run("lz4", NULL, 0.1);
    ck_assert_int_le(half.in_log, none.in_log * 53 / 100);
    ck_assert_int_ge(half.in_log, none.in_log * 48 / 100);
    ck_assert_int_le(tenth.in_log, none.in_log * 13 / 100);
    is_about(tenth.producer - none.producer, PLAIN, 594000000); /* by plain bytes */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("compression");
    TCase *tests = tcase_create("compression");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, each_side_pays_for_the_codec_by_its_speed);
    tcase_add_test(tests, members_of_a_share_group_decompress_too);
    tcase_add_test(tests, a_topic_with_another_codec_costs_its_broker);
    tcase_add_test(tests, an_uncompressed_topic_spares_its_consumers);
    tcase_add_test(tests, the_scenario_says_how_small_records_become);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
