/* The disk, and the page cache in front of it. The disk writes 100 MB/s, reads 200 MB/s after a
 * seek of 100 us, and flushes in 2 ms. */
#include "tests/sim/probe.h"

#define MB INT64_C(1000000)

static Sim *sim;
static GString *story;
static Probe broker;
static Disk *disk;
static PageCache *cache;

static void setup(void)
{
    sim = sim_new(5, NULL);
    story = g_string_new("");
    const uint32_t host = plain_host(sim, "machine", "", 1, HOST_PROCESSOR_SHARING);
    probe_init(&broker, sim, "broker", host, story);
    actor_start(&broker.actor);
    g_string_truncate(story, 0);
    disk = host_disk(host_at(sim, host));
    cache = host_page_cache(host_at(sim, host));
}

static void teardown(void)
{
    sim_free(sim);
    g_string_free(story, TRUE);
}

START_TEST(requests_are_served_in_order_at_the_disks_rates)
{
    disk_write(&broker.actor, disk, MB, 1, NULL);
    disk_read(&broker.actor, disk, MB, 2, NULL);
    disk_fsync(&broker.actor, disk, 3, NULL);
    ck_assert_uint_eq(disk_queue_length(disk), 3);
    run_to(sim, SIM_SEC(1));
    story_is(story, "10000us broker done 1\n15100us broker done 2\n17100us broker done 3\n");
    ck_assert_int_eq(disk_written_bytes(disk), MB);
    ck_assert_int_eq(disk_read_bytes(disk), MB);
    ck_assert_int_eq(disk_busy_ns(disk), SIM_US(17100));
}
END_TEST

START_TEST(a_slow_disk_stretches_what_it_has_not_begun)
{
    disk_write(&broker.actor, disk, MB, 1, NULL);
    disk_set_slowness(disk, 3000000);
    disk_fsync(&broker.actor, disk, 2, NULL);
    run_to(sim, SIM_SEC(1));
    story_is(story, "10000us broker done 1\n16000us broker done 2\n");
}
END_TEST

START_TEST(the_disk_works_on_for_a_dead_process_but_tells_nobody)
{
    disk_write(&broker.actor, disk, MB, 1, NULL);
    actor_kill(&broker.actor);
    actor_start(&broker.actor);
    g_string_truncate(story, 0);
    run_to(sim, SIM_SEC(1));
    story_is(story, "");
    ck_assert_int_eq(disk_written_bytes(disk), MB);
    ck_assert_uint_eq(sim->dropped_events, 1);
}
END_TEST

START_TEST(a_frozen_process_hears_of_its_disk_at_the_thaw)
{
    disk_write(&broker.actor, disk, MB, 1, NULL);
    actor_freeze(&broker.actor);
    run_to(sim, SIM_SEC(1));
    actor_thaw(&broker.actor);
    run_to(sim, SIM_SEC(2));
    story_is(story, "1000000us broker done 1\n");
}
END_TEST

START_TEST(dirty_bytes_are_written_back_when_they_are_30_s_old)
{
    const FileId file = page_cache_create(cache);
    page_cache_append(cache, file, 10 * MB);
    run_to(sim, SIM_SEC(12));
    page_cache_append(cache, file, MB); /* the same file: written with the rest */
    run_to(sim, SIM_SEC(29));
    ck_assert_int_eq(page_cache_dirty_bytes(cache), 11 * MB);
    ck_assert_int_eq(page_cache_durable_bytes(cache, file), 0);
    run_to(sim, SIM_SEC(30) + SIM_MS(50)); /* half way */
    ck_assert_int_eq(page_cache_durable_bytes(cache, file), INT64_C(4) << 20);
    run_to(sim, SIM_SEC(31));
    ck_assert_int_eq(page_cache_durable_bytes(cache, file), 11 * MB);
    ck_assert_int_eq(disk_written_bytes(disk), 11 * MB);
    ck_assert_uint_eq(kernel_pending(sim->kernel), 1); /* the tick that finds nothing, then none */
    (void)kernel_run(sim->kernel, SIM_SEC(100));
    ck_assert_uint_eq(kernel_pending(sim->kernel), 0);
}
END_TEST

START_TEST(what_is_appended_during_a_write_back_stays_young)
{
    const FileId file = page_cache_create(cache);
    page_cache_append(cache, file, 10 * MB);
    run_to(sim, SIM_SEC(30) + SIM_MS(50));
    page_cache_append(cache, file, MB);
    run_to(sim, SIM_SEC(59));
    ck_assert_int_eq(page_cache_dirty_bytes(cache), MB);
    run_to(sim, SIM_SEC(70));
    ck_assert_int_eq(page_cache_dirty_bytes(cache), 0);
}
END_TEST

START_TEST(a_power_cut_loses_the_dirty_end_of_each_file)
{
    const FileId clean = page_cache_create(cache);
    const FileId mixed = page_cache_create(cache);
    page_cache_append(cache, clean, MB);
    page_cache_append(cache, mixed, 2 * MB);
    run_to(sim, SIM_SEC(40));
    page_cache_append(cache, mixed, 3 * MB);
    host_fail(sim, 0);
    ck_assert_int_eq(page_cache_length(cache, clean), MB);
    ck_assert_int_eq(page_cache_length(cache, mixed), 2 * MB);
    ck_assert_int_eq(page_cache_cached_bytes(cache), 0);
    ck_assert_int_eq(page_cache_dirty_bytes(cache), 0);
    run_to(sim, SIM_SEC(100));
    ck_assert_int_eq(disk_written_bytes(disk), 3 * MB);
}
END_TEST

START_TEST(a_power_cut_in_the_middle_of_a_write_back_keeps_whole_pieces)
{
    const FileId file = page_cache_create(cache);
    page_cache_append(cache, file, 10 * MB);
    run_to(sim, SIM_SEC(30) + SIM_MS(50));
    host_fail(sim, 0);
    ck_assert_int_eq(page_cache_length(cache, file), INT64_C(4) << 20);
    host_restore(sim, 0);
    page_cache_append(cache, file, MB);
    run_to(sim, SIM_SEC(100));
    ck_assert_int_eq(page_cache_durable_bytes(cache, file), (INT64_C(4) << 20) + MB);
}
END_TEST

START_TEST(a_process_death_loses_nothing)
{
    const FileId file = page_cache_create(cache);
    page_cache_append(cache, file, MB);
    actor_kill(&broker.actor);
    ck_assert_int_eq(page_cache_length(cache, file), MB);
    run_to(sim, SIM_SEC(40));
    ck_assert_int_eq(page_cache_durable_bytes(cache, file), MB);
}
END_TEST

START_TEST(fsync_makes_durable_what_was_appended_before_it)
{
    const FileId file = page_cache_create(cache);
    page_cache_append(cache, file, MB);
    page_cache_fsync(&broker.actor, cache, file, 1, NULL);
    page_cache_append(cache, file, 5);
    run_to(sim, SIM_MS(11));
    ck_assert_int_eq(page_cache_durable_bytes(cache, file), MB);
    story_is(story, "");
    run_to(sim, SIM_MS(12));
    story_is(story, "12000us broker done 1\n");
    host_fail(sim, 0);
    ck_assert_int_eq(page_cache_length(cache, file), MB);
}
END_TEST

/* The write under way holds the old bytes; those appended in their place are not durable by it. */
START_TEST(a_truncation_during_a_write_does_not_vouch_for_new_bytes)
{
    const FileId file = page_cache_create(cache);
    page_cache_append(cache, file, MB);
    page_cache_fsync(&broker.actor, cache, file, 1, NULL);
    run_to(sim, SIM_MS(5));
    page_cache_truncate(cache, file, MB / 2);
    page_cache_append(cache, file, MB);
    run_to(sim, SIM_MS(20));
    ck_assert_int_eq(page_cache_durable_bytes(cache, file), 0);
    run_to(sim, SIM_SEC(60));
    ck_assert_int_eq(page_cache_durable_bytes(cache, file), MB + MB / 2);
}
END_TEST

/* A second cache with 20 MB: 10 files of 4 MB each do not fit. */
START_TEST(readers_at_the_tail_hit_and_old_reads_miss_once)
{
    const int64_t chunk = PAGE_CACHE_CHUNK_BYTES;
    PageCache *small = page_cache_new(sim, disk, 20 * chunk);
    const FileId file = page_cache_create(small);
    for (int i = 0; i < 400; i++) {
        page_cache_append(small, file, chunk / 10);
        run_to(sim, sim_now(sim) + SIM_MS(200));
    }
    run_to(sim, SIM_SEC(200));
    const int64_t length = page_cache_length(small, file);
    ck_assert_int_le(page_cache_cached_bytes(small), 20 * chunk);
    ck_assert_int_eq(page_cache_read(small, file, length - 15 * chunk, 15 * chunk), 0);
    ck_assert_int_eq(page_cache_read(small, file, chunk, 2 * chunk), 2 * chunk);
    ck_assert_int_eq(page_cache_read(small, file, chunk, 2 * chunk), 0);
    ck_assert_int_eq(page_cache_read(small, file, chunk + chunk / 2, 2 * chunk), chunk / 2);
    ck_assert_int_eq(page_cache_read(small, file, length, 100), 0); /* nothing there */
    ck_assert_uint_eq(page_cache_missed_bytes(small), (uint64_t)(2 * chunk + chunk / 2));
    page_cache_free(small);
}
END_TEST

START_TEST(a_reader_from_the_start_drives_out_what_nobody_reads)
{
    const int64_t chunk = PAGE_CACHE_CHUNK_BYTES;
    PageCache *small = page_cache_new(sim, disk, 20 * chunk);
    const FileId file = page_cache_create(small);
    page_cache_append(small, file, 100 * chunk);
    run_to(sim, SIM_SEC(60)); /* all clean */
    int64_t missed = 0;
    for (int i = 0; i < 90; i++) {
        missed += page_cache_read(small, file, i * chunk, chunk);
        ck_assert_int_eq(page_cache_read(small, file, 99 * chunk, chunk), i == 0 ? chunk : 0);
        ck_assert_int_le(page_cache_cached_bytes(small), 20 * chunk);
    }
    ck_assert_int_ge(missed, 70 * chunk);
    page_cache_free(small);
}
END_TEST

START_TEST(too_many_dirty_bytes_are_written_back_at_once)
{
    const int64_t chunk = PAGE_CACHE_CHUNK_BYTES;
    PageCache *small = page_cache_new(sim, disk, 20 * chunk);
    const FileId file = page_cache_create(small);
    page_cache_append(small, file, 2 * chunk);
    ck_assert_uint_eq(disk_queue_length(disk), 0);
    page_cache_append(small, file, 1); /* more than a tenth */
    ck_assert_uint_eq(disk_queue_length(disk), 1);
    run_to(sim, SIM_SEC(1));
    ck_assert_int_eq(page_cache_durable_bytes(small, file), 2 * chunk + 1);
    run_to(sim, SIM_SEC(10));
    page_cache_free(small);
}
END_TEST

START_TEST(forgotten_and_deleted_bytes_free_their_memory)
{
    const int64_t chunk = PAGE_CACHE_CHUNK_BYTES;
    const FileId file = page_cache_create(cache);
    page_cache_append(cache, file, 10 * chunk);
    page_cache_forget_before(cache, file, 4 * chunk); /* need not be written any more */
    ck_assert_int_eq(page_cache_cached_bytes(cache), 6 * chunk);
    ck_assert_int_eq(page_cache_dirty_bytes(cache), 6 * chunk);
    ck_assert_int_eq(page_cache_read(cache, file, 0, 5 * chunk), 0);
    page_cache_append(cache, file, chunk);
    page_cache_truncate(cache, file, 9 * chunk + 5);
    ck_assert_int_eq(page_cache_cached_bytes(cache), 5 * chunk + 5);
    run_to(sim, SIM_SEC(40));
    ck_assert_int_eq(disk_written_bytes(disk), 5 * chunk + 5);
    page_cache_delete(cache, file);
    ck_assert_int_eq(page_cache_cached_bytes(cache), 0);
    const FileId next = page_cache_create(cache);
    ck_assert_uint_eq(next, file);
    ck_assert_int_eq(page_cache_length(cache, next), 0);
}
END_TEST

/* Random appends, reads, truncations, deletions, fsyncs and power cuts: the sums stay right. */
START_TEST(the_books_of_the_page_cache_balance)
{
    Stream dice;
    FileId files[8];
    PageCache *small = page_cache_new(sim, disk, 8 * PAGE_CACHE_CHUNK_BYTES);
    stream_init(&dice, (uint64_t)_i, "dice");
    for (int i = 0; i < 8; i++) {
        files[i] = page_cache_create(small);
    }
    for (int i = 0; i < 5000; i++) {
        FileId *file = &files[stream_below(&dice, 8)];
        const int64_t length = page_cache_length(small, *file);
        const int64_t at = (int64_t)stream_below(&dice, (uint64_t)length + 1);
        switch (stream_below(&dice, 12)) {
        case 0:
            ck_assert_int_le(page_cache_read(small, *file, at, MB), MB);
            break;
        case 1:
            page_cache_forget_before(small, *file, at / 2);
            break;
        case 2:
            page_cache_fsync(&broker.actor, small, *file, 1, NULL);
            break;
        case 3:
            page_cache_delete(small, *file);
            *file = page_cache_create(small);
            break;
        case 4:
            if (stream_chance(&dice, 50000)) {
                disk_power_cut(disk);
                page_cache_power_cut(small);
            }
            break;
        default:
            page_cache_append(small, *file, (int64_t)stream_below(&dice, 300000));
            break;
        }
        run_to(sim, sim_now(sim) + (int64_t)stream_below(&dice, SIM_SEC(1)));
        ck_assert_int_le(page_cache_durable_bytes(small, *file), page_cache_length(small, *file));
        ck_assert_int_ge(page_cache_dirty_bytes(small), 0);
    }
    run_to(sim, sim_now(sim) + SIM_SEC(100));
    ck_assert_int_eq(page_cache_dirty_bytes(small), 0);
    ck_assert_int_le(page_cache_cached_bytes(small), 9 * PAGE_CACHE_CHUNK_BYTES);
    for (int i = 0; i < 8; i++) {
        page_cache_delete(small, files[i]);
    }
    ck_assert_int_eq(page_cache_cached_bytes(small), 0);
    page_cache_free(small);
}
END_TEST

static TCase *disk_case(void)
{
    TCase *tcase = tcase_create("disk");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, requests_are_served_in_order_at_the_disks_rates);
    tcase_add_test(tcase, a_slow_disk_stretches_what_it_has_not_begun);
    tcase_add_test(tcase, the_disk_works_on_for_a_dead_process_but_tells_nobody);
    tcase_add_test(tcase, a_frozen_process_hears_of_its_disk_at_the_thaw);
    return tcase;
}

static TCase *cache_case(void)
{
    TCase *tcase = tcase_create("page cache");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, dirty_bytes_are_written_back_when_they_are_30_s_old);
    tcase_add_test(tcase, what_is_appended_during_a_write_back_stays_young);
    tcase_add_test(tcase, a_power_cut_loses_the_dirty_end_of_each_file);
    tcase_add_test(tcase, a_power_cut_in_the_middle_of_a_write_back_keeps_whole_pieces);
    tcase_add_test(tcase, a_process_death_loses_nothing);
    tcase_add_test(tcase, fsync_makes_durable_what_was_appended_before_it);
    tcase_add_test(tcase, a_truncation_during_a_write_does_not_vouch_for_new_bytes);
    tcase_add_test(tcase, readers_at_the_tail_hit_and_old_reads_miss_once);
    tcase_add_test(tcase, a_reader_from_the_start_drives_out_what_nobody_reads);
    tcase_add_test(tcase, too_many_dirty_bytes_are_written_back_at_once);
    tcase_add_test(tcase, forgotten_and_deleted_bytes_free_their_memory);
    tcase_add_loop_test(tcase, the_books_of_the_page_cache_balance, 0, 10);
    return tcase;
}

int main(void)
{
    Suite *suite = suite_create("storage");
    suite_add_tcase(suite, disk_case());
    suite_add_tcase(suite, cache_case());
    return run_suite(suite);
}
