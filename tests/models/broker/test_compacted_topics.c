/* test_compacted_topics.c - a compacted topic takes no record without a key
 * (LogValidator.validateKey), and is cleaned up to the last stable offset; who reads it slowly is
 * handed what is left. One broker, one partition, 100 records a second. And three brokers, one of
 * which knows of an epoch that nobody else does any more. */
#include "models/log/log_validator.h"
#include "tests/models/support/whole_cluster.h"
#include "tests/run_suite.h"

/* policy: NULL as its broker's. */
static ClusterSpec *spec_of(const char *policy, KeyKind keys)
{
    ClusterSpec *spec = whole_spec(1, 1, 1, SIM_SEC(30));
    TopicSpec *topic = whole_topic(spec, "orders", 1, 1);
    ck_assert(policy == NULL || kafka_config_set(topic->config, "cleanup.policy", policy));
    ProducerSpec *load = whole_load(spec, 100, "all", SIM_SEC(20));
    load->keys = keys;
    load->key_count = 10;
    load->key_bytes = keys == KEY_NONE ? 0 : 8;
    return spec;
}

START_TEST(a_record_without_a_key_is_refused_whatever_its_timestamp)
{
    LogOptions options = log_options_default;
    RecordBatch batch = {.count = 3, .keyless = true};
    ck_assert_int_eq(log_validator_validate(&options, &batch, 0), KAFKA_NONE);
    options.cleanup_compact = true;
    ck_assert_int_eq(log_validator_validate(&options, &batch, 0), KAFKA_INVALID_RECORD);
    options.log_append_time = true;
    ck_assert_int_eq(log_validator_validate(&options, &batch, 0), KAFKA_INVALID_RECORD);
    batch.keyless = false;
    ck_assert_int_eq(log_validator_validate(&options, &batch, 0), KAFKA_NONE);
}
END_TEST

static const char *const compacted[] = {"compact", "compact,delete"};

/* The error is not retriable: each batch is sent once. */
START_TEST(a_producer_without_keys_fails_on_a_compacted_topic)
{
    WholeCluster test = whole_run(spec_of(compacted[_i], KEY_NONE));
    ck_assert_int_eq(test.report->total.failed, 2000);
    ck_assert_int_eq(test.report->total.acked, 0);
    ck_assert_int_eq(test.report->partitions[0].log_end_offset, 0);
    ck_assert(whole_said(&test, "batch failed", "INVALID_RECORD"));
    whole_end(&test);
}
END_TEST

START_TEST(keys_make_it_good)
{
    WholeCluster test = whole_run(spec_of(compacted[_i], KEY_UNIFORM));
    ck_assert_int_eq(test.report->total.acked, 2000);
    whole_end(&test);
}
END_TEST

START_TEST(a_topic_that_becomes_compacted_refuses_from_then_on)
{
    ClusterSpec *spec = spec_of("delete", KEY_NONE);
    FaultSpec *fault = whole_fault(spec, FAULT_SET_CONFIG, SIM_SEC(10), TARGET_NONE, SPEC_NONE);
    fault->topic = 0;
    fault->config = kafka_config_new(1u << KAFKA_SCOPE_TOPIC, NULL);
    ck_assert(kafka_config_set(fault->config, "cleanup.policy", "compact"));
    WholeCluster test = whole_run(spec);
    ck_assert_int_ge(test.report->total.failed, 950);
    ck_assert_int_le(test.report->total.failed, 1001);
    ck_assert_int_eq(test.report->total.acked + test.report->total.failed, 2000);
    ck_assert_int_eq(test.report->total.lost, 0);
    whole_end(&test);
}
END_TEST

static GroupSpec *add_reader(ClusterSpec *spec, const char *name)
{
    GroupSpec *group = group_spec_new(name);
    int32_t orders = 0;
    g_array_append_val(group->topics, orders);
    g_ptr_array_add(group->members, member_spec_new(name, group));
    g_ptr_array_add(spec->groups, group);
    return group;
}

/* By its topic's option, in the middle of the run; or by its broker's, from the start. */
START_TEST(whatever_made_it_compacted_a_slow_reader_skips_nothing)
{
    ClusterSpec *spec = spec_of(_i == 0 ? "delete" : NULL, KEY_UNIFORM);
    KafkaConfig *topic = ((TopicSpec *)spec->topics->pdata[0])->config;
    ck_assert(kafka_config_set(topic, "segment.ms", "1000"));
    ck_assert(kafka_config_set(topic, "min.cleanable.dirty.ratio", "0.01"));
    ck_assert(kafka_config_set(spec->config, "offsets.topic.replication.factor", "1"));
    ck_assert(kafka_config_set(spec->config, "log.cleaner.backoff.ms", "1000"));
    if (_i == 0) {
        FaultSpec *fault = whole_fault(spec, FAULT_SET_CONFIG, SIM_SEC(5), TARGET_NONE, SPEC_NONE);
        fault->topic = 0;
        fault->config = kafka_config_new(1u << KAFKA_SCOPE_TOPIC, NULL);
        ck_assert(kafka_config_set(fault->config, "cleanup.policy", "compact,delete"));
    } else {
        ck_assert(kafka_config_set(spec->config, "log.cleanup.policy", "compact"));
    }
    GroupSpec *group = add_reader(spec, "slow");
    ck_assert(kafka_config_set(group->config, "auto.offset.reset", "earliest"));
    group->process_record = distribution_constant(SIM_MS(20));
    WholeCluster test = whole_run(spec);
    ck_assert(whole_said(&test, "cleaned", "orders-0"));
    ck_assert_int_lt(test.report->groups[0].consumed, 1500); /* of 2000: there were gaps */
    whole_end(&test);
}
END_TEST

/* Of each second transaction the outcome is ABORT, and each is longer than the cleaner waits. */
START_TEST(what_is_undecided_is_not_cleaned)
{
    ClusterSpec *spec = spec_of("compact", KEY_UNIFORM);
    spec->duration = SIM_SEC(120);
    static const char *const alone[] = {"offsets.topic.replication.factor",
                                        "transaction.state.log.replication.factor",
                                        "transaction.state.log.min.isr"};
    for (guint i = 0; i < G_N_ELEMENTS(alone); i++) {
        ck_assert(kafka_config_set(spec->config, alone[i], "1"));
    }
    KafkaConfig *topic = ((TopicSpec *)spec->topics->pdata[0])->config;
    ck_assert(kafka_config_set(topic, "segment.ms", "1000"));
    ck_assert(kafka_config_set(topic, "min.cleanable.dirty.ratio", "0.01"));
    ProducerSpec *load = spec->producers->pdata[0];
    load->stop = SIM_SEC(100);
    load->transaction_ns = SIM_SEC(20);
    load->transaction_abort_every = 2;
    ck_assert(kafka_config_set(load->config, "transactional.id", "tx"));
    GroupSpec *group = add_reader(spec, "rc");
    ck_assert(kafka_config_set(group->config, "isolation.level", "read_committed"));
    WholeCluster test = whole_run(spec);
    ck_assert(whole_said(&test, "cleaned", "orders-0"));
    ck_assert_int_gt(test.report->groups[0].consumed, 0);
    whole_end(&test);
}
END_TEST

/* In an event's text. */
static int64_t number_after(const WholeCluster *test, uint32_t id, const char *words)
{
    LoggedEvent event;
    ck_assert(id > 0 && event_log_get(cluster_event_log(test->cluster), id, &event));
    const char *at = strstr(event.detail, words);
    ck_assert_ptr_nonnull(at);
    return g_ascii_strtoll(at + strlen(words), NULL, 10);
}

/* Broker 2 leads alone with 3 in epoch 1, then 3 does in epoch 2. When 1 copies 3's log the cleaner
 * has taken all of epoch 1. Then 1 leads, and answers 2, whose last epoch is 1, with the end of
 * epoch 0: so 2 cuts where epoch 1 began. */
START_TEST(what_the_cleaner_took_of_its_leader_may_be_cut)
{
    ClusterSpec *spec = whole_spec(3, 1, 1 + (uint64_t)_i, SIM_SEC(70));
    ck_assert(kafka_config_set(spec->config, "log.cleaner.backoff.ms", "1000"));
    TopicSpec *topic = whole_topic(spec, "orders", 1, 3);
    whole_assign_in_turn(topic, 1, 3);
    static const char *const options[][2] = {{"cleanup.policy", "compact"},
                                             {"min.insync.replicas", "1"},
                                             {"segment.ms", "1000"},
                                             {"min.cleanable.dirty.ratio", "0.01"}};
    for (guint i = 0; i < G_N_ELEMENTS(options); i++) {
        ck_assert(kafka_config_set(topic->config, options[i][0], options[i][1]));
    }
    ProducerSpec *load = whole_load(spec, 200, "all", SIM_SEC(60));
    load->keys = KEY_UNIFORM;
    load->key_count = 50;
    load->key_bytes = 8;
    static const int64_t away[][2] = {{15, 27}, {24, 44}, {40, 55}};
    for (int32_t i = 0; i < 3; i++) {
        whole_fault(spec, FAULT_STOP, SIM_SEC(away[i][0]), TARGET_BROKER, i);
        whole_fault(spec, FAULT_START, SIM_SEC(away[i][1]), TARGET_BROKER, i);
    }
    WholeCluster test = whole_run(spec);
    const uint32_t leads = whole_next(&test, 0, SIM_SEC(15), "broker-2", "leads", "epoch 1 from");
    const uint32_t cut = whole_next(&test, 0, SIM_SEC(44), "broker-2", "truncate", "orders-0 to ");
    ck_assert_int_eq(number_after(&test, leads, "from offset "),
                     number_after(&test, cut, "orders-0 to "));
    ck_assert_int_eq(test.report->total.acked, 12000);
    ck_assert_int_eq(test.report->total.lost, 0);
    whole_end(&test);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("compacted topics");
    TCase *tests = tcase_create("compacted topics");
    tcase_add_test(tests, a_record_without_a_key_is_refused_whatever_its_timestamp);
    tcase_add_loop_test(tests, a_producer_without_keys_fails_on_a_compacted_topic, 0, 2);
    tcase_add_loop_test(tests, keys_make_it_good, 0, 2);
    tcase_add_test(tests, a_topic_that_becomes_compacted_refuses_from_then_on);
    tcase_add_loop_test(tests, whatever_made_it_compacted_a_slow_reader_skips_nothing, 0, 2);
    tcase_add_test(tests, what_is_undecided_is_not_cleaned);
    tcase_add_loop_test(tests, what_the_cleaner_took_of_its_leader_may_be_cut, 0, 3);
    tcase_set_timeout(tests, 120);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
