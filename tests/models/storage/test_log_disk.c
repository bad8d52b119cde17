/* test_log_disk.c - a broker's logs and their disk: flushes and power cuts (server.md 4.4), reads
 * that miss the page cache, directories that fail (2.9). */
#include "tests/models/storage/log_manager_fixture.h"
#include "tests/run_suite.h"

/* ---- power */

START_TEST(a_process_that_dies_loses_nothing_and_a_power_cut_what_is_younger_than_30_s)
{
    start();
    Replica replica;
    replica_init(&replica, 0);
    for (int i = 0; i < 60; i++) {
        append(&replica, 1000);
        run_until(sim_now(sim) + SIM_SEC(1));
    }
    actor_kill(&actor);
    ck_assert_int_eq(replica.log.log_end_offset, 60);
    int64_t lost = log_manager_lose_power(logs);
    ck_assert_int_ge(lost, 20); /* what was dirty for 30 s, looked for every 5 s, is there */
    ck_assert_int_le(lost, 36);
    ck_assert_int_eq(replica.log.log_end_offset, 60 - lost);
    ck_assert_int_eq(replica.log.end_position, (60 - lost) * 1000);
    host_fail(sim, 0);
    ck_assert_int_eq(page_cache_length(host_page_cache(host_at(sim, 0)), replica.stored->file),
                     (60 - lost) * 1000);
    record_log_clear(&replica.log);
}
END_TEST

START_TEST(partitions_lose_ends_of_their_own)
{
    start();
    Replica replicas[3];
    for (int i = 0; i < 3; i++) {
        replica_init(&replicas[i], i);
    }
    for (int i = 0; i < 90; i++) {
        for (int k = 0; k < 3; k++) {
            if (i >= 7 * k) { /* they begin at different times */
                append(&replicas[k], 1000);
            }
        }
        run_until(sim_now(sim) + SIM_SEC(1));
    }
    ck_assert_int_gt(log_manager_lose_power(logs), 0);
    int64_t last[3];
    for (int k = 0; k < 3; k++) {
        last[k] = replicas[k].log.log_end_offset + 7 * k; /* second up to which it has all */
        record_log_clear(&replicas[k].log);
    }
    ck_assert(last[0] != last[1] || last[1] != last[2]);
}
END_TEST

START_TEST(a_rolled_segment_is_flushed_and_its_recovery_point_moves)
{
    kafka_config_set(topic_config, "segment.bytes", "1048576");
    start();
    Replica replica;
    replica_init(&replica, 0);
    for (int i = 0; i < 11; i++) {
        append(&replica, 100000); /* the eleventh is in the second segment */
    }
    ck_assert_int_eq(replica.log.recovery_point, 0);
    run_until(SIM_MS(100));
    ck_assert_int_eq(replica.log.recovery_point, 10);
    ck_assert_int_eq(log_manager_bytes_to_recover(logs), 100000);
    ck_assert_int_eq(log_manager_lose_power(logs), 0); /* the fsync took the whole file */
    record_log_clear(&replica.log);
}
END_TEST

static void on_closed(void *data)
{
    (void)data;
    closed++;
}

START_TEST(recovery_reads_every_segment_from_the_recovery_point_on)
{
    kafka_config_set(config, "num.recovery.threads.per.data.dir", "1");
    profile.disk_read = 10000000;
    start();
    Replica replica;
    replica_init(&replica, 0);
    for (int i = 0; i < 50; i++) {
        append(&replica, 100000);
    }
    profile.broker_recovery = SIM_MS(7);
    ck_assert_int_eq(log_manager_recovery_time(logs), SIM_MS(507));
    append(&replica, 100000);
    ck_assert_int_eq(log_manager_recovery_time(logs), SIM_MS(517));
    log_manager_close(logs, (StorageTask){on_closed, NULL});
    run_until(SIM_SEC(5));
    ck_assert_int_eq(replica.log.recovery_point, 51);
    ck_assert_int_eq(log_manager_recovery_time(logs), SIM_MS(517)); /* the active one, always */
    record_log_clear(&replica.log);
}
END_TEST

START_TEST(logs_are_recovered_by_the_threads_of_their_directory)
{
    kafka_config_set(config, "num.recovery.threads.per.data.dir", "2");
    profile.broker_recovery = SIM_MS(10);
    profile.disk_read = INT64_C(1) << 50;
    start();
    Replica replicas[6];
    for (int i = 0; i < 6; i++) {
        replica_init(&replicas[i], i);
    }
    ck_assert_int_eq(log_manager_recovery_time(logs), 0); /* empty ones cost nothing */
    for (int i = 0; i < 5; i++) {
        append(&replicas[i], 100);
    }
    ck_assert_int_eq(log_manager_recovery_time(logs), SIM_MS(30)); /* 2 + 2 + 1 */
    for (int i = 0; i < 6; i++) {
        record_log_clear(&replicas[i].log);
    }
}
END_TEST

START_TEST(a_clean_shutdown_flushes_every_log_first)
{
    start();
    Replica replicas[3];
    for (int i = 0; i < 3; i++) {
        replica_init(&replicas[i], i);
        append(&replicas[i], 1000000);
    }
    log_manager_close(logs, (StorageTask){on_closed, NULL});
    run_until(SIM_MS(1));
    ck_assert_int_eq(closed, 0);
    run_until(SIM_MS(20));
    ck_assert_int_eq(closed, 1);
    ck_assert_int_eq(log_manager_lose_power(logs), 0);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(replicas[i].log.recovery_point, replicas[i].log.log_end_offset);
        record_log_clear(&replicas[i].log);
    }
}
END_TEST

START_TEST(flush_ms_flushes_when_the_scheduler_looks)
{
    kafka_config_set(config, "log.flush.scheduler.interval.ms", "1000");
    kafka_config_set(config, "log.initial.task.delay.ms", "0");
    kafka_config_set(topic_config, "flush.ms", "2500");
    start();
    Replica replica;
    replica_init(&replica, 0);
    append(&replica, 1000);
    run_until(SIM_MS(2900));
    ck_assert_int_eq(replica.log.recovery_point, 0);
    run_until(SIM_MS(3100));
    ck_assert_int_eq(replica.log.recovery_point, 1);
    record_log_clear(&replica.log);
}
END_TEST

START_TEST(a_truncated_log_writes_its_new_end_again)
{
    start();
    Replica replica;
    replica_init(&replica, 0);
    for (int i = 0; i < 4; i++) {
        append(&replica, 1000);
    }
    run_until(SIM_SEC(60)); /* all on the disk */
    record_log_truncate(&replica.log, 2);
    append(&replica, 700); /* nobody said that it was truncated */
    ck_assert_int_eq(log_manager_lose_power(logs), 1);
    ck_assert_int_eq(replica.log.log_end_offset, 2);
    ck_assert_int_eq(log_manager_bytes(logs), 2000);
    record_log_clear(&replica.log);
}
END_TEST

/* ---- reads */

START_TEST(reads_near_the_end_come_from_memory_and_old_ones_from_the_disk)
{
    start();
    Replica replica;
    replica_init(&replica, 0);
    for (int i = 0; i < 3000; i++) { /* three times the page cache */
        append(&replica, 1 << 20);
        run_until(sim_now(sim) + SIM_MS(5));
    }
    run_until(sim_now(sim) + SIM_SEC(60));
    ck_assert_int_eq(log_manager_read(replica.stored, 2990, 10 << 20), 0);
    ck_assert_int_eq(log_manager_read(replica.stored, 10, 1 << 20), 1 << 20);
    ck_assert_int_eq(log_manager_read(replica.stored, 10, 1 << 20), 0); /* now it is cached */
    record_log_clear(&replica.log);
}
END_TEST

START_TEST(writers_wait_when_a_fifth_of_the_memory_is_dirty)
{
    start();
    Replica replica;
    replica_init(&replica, 0);
    int written = 0;
    while (!log_manager_is_throttled(logs)) {
        append(&replica, 1 << 20);
        written++;
    }
    ck_assert_int_eq(written, 1024 / 5 + 1);
    run_until(SIM_SEC(5));
    ck_assert(!log_manager_is_throttled(logs));
    record_log_clear(&replica.log);
}
END_TEST

/* ---- directories */

START_TEST(new_logs_go_to_the_directory_with_the_fewest)
{
    kafka_config_set(config, "log.dirs", "/a,/b,/c");
    start();
    ck_assert_int_eq(log_manager_dir_count(logs), 3);
    Replica replicas[7];
    for (int i = 0; i < 7; i++) {
        replica_init(&replicas[i], i);
        ck_assert_int_eq(replicas[i].stored->dir, i % 3);
    }
    for (int i = 0; i < 7; i++) {
        record_log_clear(&replicas[i].log);
    }
}
END_TEST

START_TEST(a_directory_that_fails_takes_its_logs_and_the_first_one_the_process)
{
    kafka_config_set(config, "log.dirs", "/a,/b");
    start();
    Replica replicas[4];
    for (int i = 0; i < 4; i++) {
        replica_init(&replicas[i], i);
    }
    log_manager_break_dir(logs, 1);
    for (int i = 0; i < 4; i++) {
        KafkaError error = log_manager_check(replicas[i].stored);
        ck_assert_int_eq(error, i % 2 == 1 ? KAFKA_KAFKA_STORAGE_ERROR : KAFKA_NONE);
    }
    ck_assert_int_eq(failed_dirs, 1);
    ck_assert_int_eq(halted, 0);
    log_manager_fail_dir(logs, 0);
    ck_assert_int_eq(halted, 1);
    log_manager_reset(logs); /* the next process: an I/O error passes, a dead disk does not */
    ck_assert(!log_manager_dir_is_offline(logs, 0));
    ck_assert(log_manager_dir_is_offline(logs, 1));
    log_manager_replace_dir(logs, 1);
    log_manager_reset(logs);
    ck_assert_int_eq(log_manager_check(replicas[1].stored), KAFKA_NONE);
    for (int i = 0; i < 4; i++) {
        record_log_clear(&replicas[i].log);
    }
}
END_TEST

START_TEST(a_full_disk_is_an_error_at_the_next_append_and_then_the_directory_is_offline)
{
    kafka_config_set(config, "log.dirs", "/a,/b");
    start();
    Replica replicas[2];
    for (int i = 0; i < 2; i++) {
        replica_init(&replicas[i], i);
    }
    log_manager_set_full(logs, 1, true);
    ck_assert_int_eq(failed_dirs, 0); /* nobody wrote yet */
    ck_assert_int_eq(log_manager_check(replicas[1].stored), KAFKA_KAFKA_STORAGE_ERROR);
    ck_assert_int_eq(failed_dirs, 1);
    log_manager_set_full(logs, 1, false);
    ck_assert_int_eq(log_manager_check(replicas[1].stored), KAFKA_KAFKA_STORAGE_ERROR);
    ck_assert_int_eq(log_manager_check(replicas[0].stored), KAFKA_NONE);
    for (int i = 0; i < 2; i++) {
        record_log_clear(&replicas[i].log);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log disk");
    TCase *tcase = tcase_create("log disk");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase,
                   a_process_that_dies_loses_nothing_and_a_power_cut_what_is_younger_than_30_s);
    tcase_add_test(tcase, partitions_lose_ends_of_their_own);
    tcase_add_test(tcase, a_rolled_segment_is_flushed_and_its_recovery_point_moves);
    tcase_add_test(tcase, recovery_reads_every_segment_from_the_recovery_point_on);
    tcase_add_test(tcase, logs_are_recovered_by_the_threads_of_their_directory);
    tcase_add_test(tcase, a_clean_shutdown_flushes_every_log_first);
    tcase_add_test(tcase, flush_ms_flushes_when_the_scheduler_looks);
    tcase_add_test(tcase, a_truncated_log_writes_its_new_end_again);
    tcase_add_test(tcase, reads_near_the_end_come_from_memory_and_old_ones_from_the_disk);
    tcase_add_test(tcase, writers_wait_when_a_fifth_of_the_memory_is_dirty);
    tcase_add_test(tcase, new_logs_go_to_the_directory_with_the_fewest);
    tcase_add_test(tcase, a_directory_that_fails_takes_its_logs_and_the_first_one_the_process);
    tcase_add_test(tcase,
                   a_full_disk_is_an_error_at_the_next_append_and_then_the_directory_is_offline);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
