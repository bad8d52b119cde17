/* test_timestamps.c - message.timestamp.type and what brokers with wrong clocks make of it
 * (KIP-32, KIP-937). One broker, one partition, 100 records a second unless a test says more. */
#include "models/log/log_validator.h"
#include "models/log/record_log.h"
#include "tests/models/support/whole_cluster.h"
#include "tests/run_suite.h"

#define HOUR SIM_SEC(3600)

/* ---- the rule */

static KafkaError judge(SimTime first, SimTime last, SimTime clock)
{
    LogOptions options = log_options_default;
    options.timestamp_before_max_ns = SIM_SEC(10);
    options.timestamp_after_max_ns = SIM_SEC(5);
    RecordBatch batch = {.count = 3, .first_created = first, .last_created = last};
    return log_validator_timestamps(&options, &batch, clock);
}

START_TEST(one_record_out_of_range_refuses_the_batch)
{
    const SimTime now = SIM_SEC(100);
    ck_assert_int_eq(judge(SIM_SEC(90), SIM_SEC(105), now), KAFKA_NONE);
    ck_assert_int_eq(judge(SIM_SEC(90) - 1, SIM_SEC(100), now), KAFKA_INVALID_TIMESTAMP);
    ck_assert_int_eq(judge(SIM_SEC(100), SIM_SEC(105) + 1, now), KAFKA_INVALID_TIMESTAMP);
    ck_assert_int_eq(judge(SIM_SEC(0), SIM_SEC(200), now), KAFKA_INVALID_TIMESTAMP);
}
END_TEST

START_TEST(log_append_time_takes_any_timestamp_and_writes_its_own)
{
    LogOptions options = log_options_default;
    options.timestamp_before_max_ns = 0;
    options.timestamp_after_max_ns = 0;
    options.log_append_time = true;
    RecordBatch batch = {.count = 9, .first_created = SIM_SEC(1), .last_created = SIM_SEC(90)};
    ck_assert_int_eq(log_validator_timestamps(&options, &batch, SIM_SEC(50)), KAFKA_NONE);
    for (int64_t i = 0; i < batch.count; i++) {
        ck_assert_int_eq(record_batch_created_at(&batch, i), SIM_SEC(50));
    }
}
END_TEST

/* The first record whose timestamp is not before it, not merely its batch. */
START_TEST(a_timestamp_finds_the_record_in_its_batch)
{
    RecordLog log;
    record_log_init(&log);
    for (int i = 0; i < 3; i++) {
        RecordBatch batch = {.count = 11,
                             .bytes = 1100,
                             .producer_id = NO_PRODUCER_ID,
                             .first_created = SIM_SEC(100 * i),
                             .last_created = SIM_SEC(100 * i + 50)};
        record_log_append_as_leader(&log, &batch, 0);
    }
    ck_assert_int_eq(record_log_offset_for_time(&log, 0), 0);
    ck_assert_int_eq(record_log_offset_for_time(&log, SIM_SEC(100)), 11);
    ck_assert_int_eq(record_log_offset_for_time(&log, SIM_SEC(120)), 15);
    ck_assert_int_eq(record_log_offset_for_time(&log, SIM_SEC(120) + 1), 16);
    ck_assert_int_eq(record_log_offset_for_time(&log, SIM_SEC(151)), 22);
    ck_assert_int_eq(record_log_offset_for_time(&log, SIM_SEC(251)), -1);
    record_log_clear(&log);
}
END_TEST

/* ---- clusters */

static ClusterSpec *spec_of(const char *type, SimTime duration)
{
    ClusterSpec *spec = whole_spec(1, 1, 1, duration);
    TopicSpec *topic = whole_topic(spec, "orders", 1, 1);
    if (type != NULL) {
        ck_assert(kafka_config_set(topic->config, "message.timestamp.type", type));
    }
    (void)whole_load(spec, 100, "all", SIM_SEC(20));
    return spec;
}

static void
wrong_clock(ClusterSpec *spec, TargetKind whose, SimDuration ahead, SimTime from, SimTime until)
{
    FaultSpec *fault = whole_fault(spec, FAULT_CLOCK_SKEW, from, whose, 0);
    fault->delay = ahead;
    whole_heal(spec, fault, until);
}

/* message.timestamp.after.max.ms is an hour; the error is not retriable. */
START_TEST(a_broker_two_hours_behind_refuses_what_comes_from_its_future)
{
    ClusterSpec *spec = spec_of(NULL, SIM_SEC(30));
    wrong_clock(spec, TARGET_BROKER, -2 * HOUR, SIM_SEC(5), SIM_SEC(15));
    WholeCluster test = whole_run(spec);
    ck_assert_int_ge(test.report->total.failed, 980);
    ck_assert_int_le(test.report->total.failed, 1010);
    ck_assert_int_eq(test.report->total.acked + test.report->total.failed, 2000);
    ck_assert_int_ge(whole_when(&test, 0, "load", "batch failed", "INVALID_TIMESTAMP"), SIM_SEC(5));
    whole_end(&test);
}
END_TEST

START_TEST(a_producer_two_hours_ahead_is_refused)
{
    ClusterSpec *spec = spec_of("CreateTime", SIM_SEC(30));
    wrong_clock(spec, TARGET_PRODUCER, 2 * HOUR, SIM_SEC(5), SIM_SEC(15));
    WholeCluster test = whole_run(spec);
    ck_assert_int_ge(test.report->total.failed, 980);
    ck_assert_int_le(test.report->total.failed, 1010);
    whole_end(&test);
}
END_TEST

/* Who is late is taken, whatever log.message.timestamp.before.max.ms says of old records: nothing,
 * by default. */
START_TEST(wrong_clocks_that_are_taken)
{
    const char *type = _i == 2 ? "LogAppendTime" : "CreateTime";
    ClusterSpec *spec = spec_of(type, SIM_SEC(30));
    if (_i == 0) {
        wrong_clock(spec, TARGET_PRODUCER, -48 * HOUR, SIM_SEC(5), SIM_SEC(15));
    } else {
        const SimDuration ahead = _i == 1 ? HOUR / 2 : 2 * HOUR;
        wrong_clock(spec, TARGET_PRODUCER, ahead, SIM_SEC(5), SIM_SEC(15));
    }
    WholeCluster test = whole_run(spec);
    ck_assert_int_eq(test.report->total.acked, 2000);
    whole_end(&test);
}
END_TEST

START_TEST(the_broker_wide_option_holds_where_the_topic_names_none)
{
    ClusterSpec *spec = spec_of(_i == 0 ? NULL : "CreateTime", SIM_SEC(30));
    ck_assert(kafka_config_set(spec->config, "log.message.timestamp.type", "LogAppendTime"));
    wrong_clock(spec, TARGET_PRODUCER, 2 * HOUR, SIM_SEC(5), SIM_SEC(15));
    WholeCluster test = whole_run(spec);
    ck_assert_int_eq(test.report->total.failed > 0, _i == 1);
    whole_end(&test);
}
END_TEST

START_TEST(before_max_refuses_the_records_of_a_clock_that_is_behind)
{
    ClusterSpec *spec = spec_of(NULL, SIM_SEC(30));
    TopicSpec *topic = spec->topics->pdata[0];
    ck_assert(kafka_config_set(topic->config, "message.timestamp.before.max.ms", "60000"));
    wrong_clock(spec, TARGET_PRODUCER, -HOUR, SIM_SEC(5), SIM_SEC(15));
    WholeCluster test = whole_run(spec);
    ck_assert_int_ge(test.report->total.failed, 980);
    whole_end(&test);
}
END_TEST

/* A producer whose clock is two days behind, retention one day: with its own times the records are
 * deleted as soon as their segment is closed, with the broker's they stay. */
START_TEST(retention_goes_by_the_timestamps_of_the_log)
{
    ClusterSpec *spec = spec_of(_i == 0 ? "CreateTime" : "LogAppendTime", SIM_SEC(60));
    TopicSpec *topic = spec->topics->pdata[0];
    ck_assert(kafka_config_set(topic->config, "retention.ms", "86400000"));
    ck_assert(kafka_config_set(topic->config, "segment.bytes", "1048576"));
    ck_assert(kafka_config_set(spec->config, "log.retention.check.interval.ms", "5000"));
    ((ProducerSpec *)spec->producers->pdata[0])->rate_milli = 1000 * 1000;
    wrong_clock(spec, TARGET_PRODUCER, -48 * HOUR, SIM_MS(1), SIM_SEC(59));
    WholeCluster test = whole_run(spec);
    const PartitionReport *partition = &test.report->partitions[0];
    ck_assert_int_eq(partition->log_end_offset, 20000);
    ck_assert_int_eq(partition->log_start_offset > 0, _i == 0);
    whole_end(&test);
}
END_TEST

/* What a coordinator writes bears its own clock's time, which its own log does not find wrong. */
START_TEST(a_coordinator_two_hours_behind_goes_on_writing)
{
    ClusterSpec *spec = spec_of("LogAppendTime", SIM_SEC(60));
    GroupSpec *group = group_spec_new("readers");
    const int32_t topic = 0;
    g_array_append_val(group->topics, topic);
    g_ptr_array_add(group->members, member_spec_new("readers-1", group));
    ck_assert(kafka_config_set(spec->config, "offsets.topic.replication.factor", "1"));
    g_ptr_array_add(spec->groups, group);
    wrong_clock(spec, TARGET_BROKER, -2 * HOUR, SIM_MS(1), SIM_SEC(59));
    WholeCluster test = whole_run(spec);
    const GroupReport *readers = &test.report->groups[0];
    ck_assert_str_eq(readers->state, "Stable");
    ck_assert_int_eq(readers->partitions[0].committed, 2000);
    ck_assert(!whole_said(&test, "assignment not stored", "INVALID_TIMESTAMP"));
    whole_end(&test);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("timestamps");
    TCase *tests = tcase_create("timestamps");
    tcase_add_test(tests, one_record_out_of_range_refuses_the_batch);
    tcase_add_test(tests, log_append_time_takes_any_timestamp_and_writes_its_own);
    tcase_add_test(tests, a_timestamp_finds_the_record_in_its_batch);
    tcase_add_test(tests, a_broker_two_hours_behind_refuses_what_comes_from_its_future);
    tcase_add_test(tests, a_producer_two_hours_ahead_is_refused);
    tcase_add_loop_test(tests, wrong_clocks_that_are_taken, 0, 3);
    tcase_add_loop_test(tests, the_broker_wide_option_holds_where_the_topic_names_none, 0, 2);
    tcase_add_test(tests, before_max_refuses_the_records_of_a_clock_that_is_behind);
    tcase_add_loop_test(tests, retention_goes_by_the_timestamps_of_the_log, 0, 2);
    tcase_add_test(tests, a_coordinator_two_hours_behind_goes_on_writing);
    tcase_set_timeout(tests, 120);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
