/* test_log_manager.c - what a broker's logs give up: retention (server.md 4.2), compaction (4.3),
 * the memory of long ones. */
#include "tests/models/storage/log_manager_fixture.h"
#include "tests/run_suite.h"

/* ---- retention */

START_TEST(retention_runs_after_30_s_and_then_every_300_s)
{
    kafka_config_set(topic_config, "retention.ms", "1000");
    start();
    Replica replica;
    replica_init(&replica, 0);
    append(&replica, 1000);
    run_until(SIM_SEC(30) - 1);
    ck_assert_int_eq(replica.log.log_start_offset, 0);
    run_until(SIM_SEC(30));
    ck_assert_int_eq(replica.log.log_start_offset, 1);
    ck_assert_int_eq(moved, 1);
    ck_assert_int_eq(forgotten, 1);
    append(&replica, 1000);
    run_until(SIM_SEC(330) - 1);
    ck_assert_int_eq(replica.log.log_start_offset, 1);
    run_until(SIM_SEC(330));
    ck_assert_int_eq(replica.log.log_start_offset, 2);
    record_log_clear(&replica.log);
}
END_TEST

START_TEST(files_go_a_minute_after_their_segments)
{
    kafka_config_set(topic_config, "retention.ms", "1000");
    start();
    Replica replica;
    replica_init(&replica, 0);
    append(&replica, 5000);
    run_until(SIM_SEC(31));
    ck_assert_int_eq(replica.log.bytes, 0);
    ck_assert_int_eq(log_manager_bytes(logs), 5000);
    run_until(SIM_SEC(90) - 1);
    ck_assert_int_eq(log_manager_bytes(logs), 5000);
    run_until(SIM_SEC(90));
    ck_assert_int_eq(log_manager_bytes(logs), 0);
    record_log_clear(&replica.log);
}
END_TEST

START_TEST(size_retention_deletes_whole_segments_per_replica)
{
    kafka_config_set(topic_config, "retention.bytes", "3000000");
    kafka_config_set(topic_config, "segment.bytes", "1048576");
    start();
    Replica replica;
    replica_init(&replica, 0);
    for (int i = 0; i < 50; i++) {
        append(&replica, 100000); /* ten a segment */
    }
    run_until(SIM_SEC(31));
    ck_assert_int_eq(replica.log.bytes, 3000000);
    ck_assert_int_eq(replica.log.log_start_offset, 20);
    record_log_clear(&replica.log);
}
END_TEST

START_TEST(a_brokers_defaults_hold_where_the_topic_says_nothing)
{
    kafka_config_set(config, "log.retention.minutes", "2");
    kafka_config_set(config, "log.retention.hours", "1");
    kafka_config_set(config, "log.segment.bytes", "2000000");
    kafka_config_set(topic_config, "segment.ms", "60000");
    start();
    Replica replica;
    replica_init(&replica, 0);
    ck_assert_int_eq(replica.log.options->retention_ns, SIM_SEC(120)); /* minutes beat hours */
    ck_assert_int_eq(replica.log.options->segment_bytes, 2000000);
    ck_assert_int_eq(replica.log.options->segment_ns, SIM_SEC(60));
    ck_assert_int_eq(replica.log.options->retention_bytes, -1);
    ck_assert(replica.log.options->cleanup_delete && !replica.log.options->cleanup_compact);
    record_log_clear(&replica.log);
}
END_TEST

START_TEST(idle_logs_have_no_files_and_no_events)
{
    start();
    Replica replica;
    replica_init(&replica, 0);
    uint64_t before = kernel_fired(sim->kernel);
    run_until(SIM_SEC(3600));
    ck_assert_uint_le(kernel_fired(sim->kernel) - before, 13); /* retention looks only */
    ck_assert_ptr_null(replica.log.segments.items);
    ck_assert_int_eq(replica.stored->file, 0);
    record_log_clear(&replica.log);
}
END_TEST

/* ---- the cleaner */

START_TEST(the_cleaner_wakes_after_15_s_and_takes_disk_and_cpu_time_for_what_it_reads)
{
    kafka_config_set(topic_config, "cleanup.policy", "compact");
    kafka_config_set(topic_config, "segment.bytes", "10485760");
    start();
    Replica replica;
    replica_init(&replica, 0);
    for (int i = 0; i < 55; i++) { /* five closed segments of 10 MiB, one record a batch */
        append(&replica, 1 << 20);
    }
    run_until(SIM_SEC(15));
    ck_assert_int_eq(replica.stored->cleaned_to, -1);
    /* 50 MiB for the keys and 50 MiB to copy, at 100 MB/s. */
    run_until(SIM_SEC(16));
    ck_assert_int_eq(replica.stored->cleaned_to, -1);
    run_until(SIM_MS(16100));
    ck_assert_int_eq(replica.stored->cleaned_to, 50);
    ck_assert_int_eq(replica.log.bytes, 55 << 20); /* each record had another key */
    ck_assert_int_eq(replica.log.log_start_offset, 0);
    record_log_clear(&replica.log);
}
END_TEST

START_TEST(a_compacted_log_is_cleaned_again_only_when_half_of_it_is_dirty)
{
    kafka_config_set(topic_config, "cleanup.policy", "compact");
    kafka_config_set(topic_config, "segment.bytes", "1048576");
    start();
    Replica replica;
    replica_init(&replica, 0);
    for (int i = 0; i < 1000; i++) {
        append(&replica, 10000);
    }
    run_until(SIM_SEC(20));
    int64_t first = replica.stored->cleaned_to;
    ck_assert_int_gt(first, 900);
    ck_assert_int_lt(replica.log.bytes, 3700000); /* the keys, and the active segment */
    for (int i = 0; i < 100; i++) {
        append(&replica, 10000);
    }
    run_until(SIM_SEC(60));
    ck_assert_int_eq(replica.stored->cleaned_to, first); /* a quarter is dirty */
    for (int i = 0; i < 400; i++) {
        append(&replica, 10000);
    }
    run_until(SIM_SEC(120));
    ck_assert_int_gt(replica.stored->cleaned_to, first + 200);
    record_log_clear(&replica.log);
}
END_TEST

START_TEST(logs_of_coordinators_are_cleaned_by_what_their_records_say)
{
    kafka_config_set(config, "offsets.topic.segment.bytes", "1000");
    metadata_add_topic(metadata, "__consumer_offsets", 1, true, NULL);
    start();
    Replica replica;
    replica_init(&replica, 0); /* partition 0 is the first topic's */
    ck_assert(replica.log.options->cleanup_compact && !replica.log.options->cleanup_delete);
    for (int i = 0; i < 25; i++) {
        append(&replica, 100);
    }
    run_until(SIM_SEC(16));
    ck_assert_int_eq(dropped_to, 20);
    record_log_clear(&replica.log);
}
END_TEST

/* ---- long runs */

START_TEST(a_long_log_keeps_its_last_batches_only)
{
    start();
    Replica replica;
    replica_init(&replica, 0);
    committed = 50000;
    for (int i = 0; i < 100000; i++) {
        append(&replica, 100);
    }
    ck_assert_int_eq(record_log_fine_offset(&replica.log), 50000); /* nothing above is merged */
    committed = INT64_MAX;
    int32_t most = 0;
    for (int i = 0; i < 400000; i++) {
        append(&replica, 100);
        most = MAX(most, replica.log.count);
    }
    ck_assert_int_lt(most, 51000);
    ck_assert_int_lt(replica.log.count, 5000);
    ck_assert_int_gt(replica.log.count, 2000);
    ck_assert_int_gt(forgotten, 2);
    ck_assert_int_eq(replica.log.bytes, 50000000);
    record_log_clear(&replica.log);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log manager");
    TCase *tcase = tcase_create("log manager");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, retention_runs_after_30_s_and_then_every_300_s);
    tcase_add_test(tcase, files_go_a_minute_after_their_segments);
    tcase_add_test(tcase, size_retention_deletes_whole_segments_per_replica);
    tcase_add_test(tcase, a_brokers_defaults_hold_where_the_topic_says_nothing);
    tcase_add_test(tcase, idle_logs_have_no_files_and_no_events);
    tcase_add_test(tcase,
                   the_cleaner_wakes_after_15_s_and_takes_disk_and_cpu_time_for_what_it_reads);
    tcase_add_test(tcase, a_compacted_log_is_cleaned_again_only_when_half_of_it_is_dirty);
    tcase_add_test(tcase, logs_of_coordinators_are_cleaned_by_what_their_records_say);
    tcase_add_test(tcase, a_long_log_keeps_its_last_batches_only);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
