/* test_log_manager.c - what becomes of a broker's logs beside being written and read: retention
 * (server.md 4.2), flushes and power cuts (4.4), reads from the disk, directories (2.9). */
#include "models/storage/log_manager.h"
#include "sim/resource/host.h"
#include <check.h>
#include <stdlib.h>

enum { TIMER_STORAGE = 1, DONE_STORAGE = 1, DONE_OTHER };

static Sim *sim;
static Actor actor;
static HardwareProfile profile;
static MetadataLog *metadata;
static KafkaConfig *config;
static KafkaConfig *topic_config;
static LogManager *logs;
static int64_t committed; /* high watermark of every replica */
static int forgotten, moved, halted, failed_dirs;
static int closed;
static int64_t dropped_to;

static int64_t high_watermark(void *owner, const void *replica)
{
    (void)owner;
    (void)replica;
    return committed;
}

static void before_forgetting(void *owner, void *replica, int64_t new_start)
{
    (void)owner;
    (void)replica;
    (void)new_start;
    forgotten++;
}

static void log_start_moved(void *owner, void *replica)
{
    (void)owner;
    (void)replica;
    moved++;
}

static void dir_failed(void *owner, int32_t dir)
{
    (void)owner;
    failed_dirs += dir;
}

static void halt(void *owner, const char *why)
{
    (void)owner;
    (void)why;
    halted++;
}

static bool key_model(void *owner, int32_t topic, KeyModel *ret_keys)
{
    (void)owner;
    (void)topic;
    *ret_keys = (KeyModel){KEYS_IN_TURN, 300, 0, 1};
    return true;
}

static int64_t drop_superseded(void *owner, void *replica, int64_t end)
{
    (void)owner;
    (void)replica;
    dropped_to = end;
    return 0;
}

static void on_start(Actor *self)
{
    (void)self;
}

static void on_kill(Actor *self)
{
    (void)self;
    log_manager_reset(logs);
}

static void on_timer(Actor *self, Timer *timer)
{
    (void)self;
    ck_assert_int_eq(timer->kind, TIMER_STORAGE);
    log_manager_run(timer->owner);
}

static void on_done(Actor *self, uint16_t kind, void *data)
{
    (void)self;
    if (kind == DONE_STORAGE) {
        log_manager_run(data);
    }
}

static const ActorClass class = {
    .name = "broker",
    .on_start = on_start,
    .on_kill = on_kill,
    .on_timer = on_timer,
    .on_done = on_done,
};

static void setup(void)
{
    sim = sim_new(1, NULL);
    hardware_profile_init(&profile);
    const HostProfile host = {
        .name = "host",
        .rack = "",
        .cores = 8,
        .disk = {.write_bytes_per_sec = profile.disk_write,
                 .read_bytes_per_sec = profile.disk_read,
                 .fsync = distribution_constant(SIM_MS(1)),
                 .seek = distribution_constant(0)},
        .page_cache_bytes = INT64_C(1) << 30,
    };
    uint32_t index = host_new(sim, &host);
    actor_init(&actor, &class, sim, "broker-1", index);
    config = kafka_config_new(KAFKA_SCOPES_NODE, NULL);
    topic_config = kafka_config_new(1u << KAFKA_SCOPE_TOPIC, NULL);
    metadata = metadata_log_new();
    committed = INT64_MAX;
    forgotten = moved = halted = failed_dirs = closed = 0;
}

/* Once the options are set. */
static void start(void)
{
    metadata_add_topic(metadata, "orders", 8, false, topic_config);
    const LogManagerHost host = {
        .actor = &actor,
        .config = config,
        .profile = &profile,
        .metadata = metadata,
        .timer_kind = TIMER_STORAGE,
        .done_kind = DONE_STORAGE,
        .high_watermark = high_watermark,
        .before_forgetting = before_forgetting,
        .log_start_moved = log_start_moved,
        .dir_failed = dir_failed,
        .halt = halt,
        .key_model = key_model,
        .drop_superseded = drop_superseded,
    };
    logs = log_manager_new(&host);
    actor_start(&actor);
    log_manager_start(logs);
}

static void teardown(void)
{
    log_manager_free(logs);
    sim_free(sim);
    metadata_log_free(metadata);
    kafka_config_free(config);
    kafka_config_free(topic_config);
    logs = NULL;
}

typedef struct Replica {
    RecordLog log;
    StoredLog *stored;
} Replica;

static void replica_init(Replica *self, int32_t partition)
{
    record_log_init(&self->log);
    self->stored = log_manager_add(logs, &self->log, partition, self);
}

/* One batch, created now. */
static void append(Replica *self, int32_t bytes)
{
    RecordBatch batch = {.bytes = bytes,
                         .count = 1,
                         .producer_id = NO_PRODUCER_ID,
                         .first_created = sim_now(sim),
                         .last_created = sim_now(sim)};
    record_log_append_as_leader(&self->log, &batch, 0);
    log_manager_appended(self->stored, bytes);
}

static void run_until(SimTime until)
{
    (void)kernel_run(sim->kernel, until);
}

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
    ck_assert_int_eq(log_manager_unflushed_bytes(logs), 100000);
    ck_assert_int_eq(log_manager_lose_power(logs), 0); /* the fsync took the whole file */
    record_log_clear(&replica.log);
}
END_TEST

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
    ck_assert_int_eq(log_manager_recovery_time(logs), SIM_MS(500));
    log_manager_recovered(logs);
    ck_assert_int_eq(log_manager_recovery_time(logs), 0);
    append(&replica, 100000); /* the whole segment it is in is read again */
    ck_assert_int_eq(log_manager_recovery_time(logs), SIM_MS(510));
    record_log_clear(&replica.log);
}
END_TEST

static void on_closed(void *data)
{
    (void)data;
    closed++;
}

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
    ck_assert_int_eq(log_manager_unflushed_bytes(logs), 0);
    ck_assert_int_eq(log_manager_lose_power(logs), 0);
    for (int i = 0; i < 3; i++) {
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
    tcase_add_test(tcase,
                   a_process_that_dies_loses_nothing_and_a_power_cut_what_is_younger_than_30_s);
    tcase_add_test(tcase, partitions_lose_ends_of_their_own);
    tcase_add_test(tcase, a_rolled_segment_is_flushed_and_its_recovery_point_moves);
    tcase_add_test(tcase, recovery_reads_every_segment_from_the_recovery_point_on);
    tcase_add_test(tcase, a_clean_shutdown_flushes_every_log_first);
    tcase_add_test(tcase, flush_ms_flushes_when_the_scheduler_looks);
    tcase_add_test(tcase, a_truncated_log_writes_its_new_end_again);
    tcase_add_test(tcase, reads_near_the_end_come_from_memory_and_old_ones_from_the_disk);
    tcase_add_test(tcase, writers_wait_when_a_fifth_of_the_memory_is_dirty);
    tcase_add_test(tcase, a_long_log_keeps_its_last_batches_only);
    tcase_add_test(tcase, new_logs_go_to_the_directory_with_the_fewest);
    tcase_add_test(tcase, a_directory_that_fails_takes_its_logs_and_the_first_one_the_process);
    tcase_add_test(tcase,
                   a_full_disk_is_an_error_at_the_next_append_and_then_the_directory_is_offline);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
