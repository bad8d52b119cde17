/* test_share_compacted.c - share groups on a compacted topic: offsets without a record are nobody's
 * to process (ShareInFlightBatch.addGap, SharePartition.maybeArchiveStaleBatches). */
#include "models/group/share/share_partition.h"
#include "tests/models/support/group_run.h"
#include "tests/run_suite.h"

/* 500 records/s of 50 keys until 40 s, cleaned as soon as they may be. */
static GroupRun run_with(uint64_t seed)
{
    GroupRun run = run_new(seed, SIM_SEC(150), 1, 500, 0, SIM_SEC(40));
    KafkaConfig *topic = ((TopicSpec *)run.spec->topics->pdata[0])->config;
    ck_assert(kafka_config_set(topic, "cleanup.policy", "compact"));
    ck_assert(kafka_config_set(topic, "segment.ms", "1000"));
    ck_assert(kafka_config_set(topic, "min.cleanable.dirty.ratio", "0.01"));
    ck_assert(kafka_config_set(run.spec->config, "log.cleaner.backoff.ms", "1000"));
    ck_assert(kafka_config_set(run.spec->config, "share.auto.offset.reset", "earliest"));
    ProducerSpec *load = run.spec->producers->pdata[0];
    load->keys = KEY_UNIFORM;
    load->key_count = 50;
    load->key_bytes = 8;
    run.group->kind = GROUP_SHARES;
    return run;
}

static void expect_end_reached(const GroupRun *run)
{
    const GroupReport *group = run_report(run);
    ck_assert(whole_said(&run->whole, "cleaned", "orders-0"));
    ck_assert_int_eq(group->partitions[0].committed, group->partitions[0].log_end_offset);
}

/* As many records as an ordinary group that comes at the same time. */
START_TEST(a_late_group_reads_what_the_log_cleaner_left)
{
    GroupRun run = run_with((uint64_t)_i);
    (void)run_member(&run, "s1", SIM_SEC(60));
    GroupSpec *plain = group_spec_new("plain");
    const int32_t topic = 0;
    g_array_append_val(plain->topics, topic);
    ck_assert(kafka_config_set(plain->config, "auto.offset.reset", "earliest"));
    MemberSpec *member = member_spec_new("p1", plain);
    member->start = SIM_SEC(60);
    g_ptr_array_add(plain->members, member);
    g_ptr_array_add(run.spec->groups, plain);
    run_go(&run);
    expect_end_reached(&run);
    ck_assert_int_ge(run.whole.report->groups[1].consumed, 50);
    ck_assert_int_lt(run.whole.report->groups[1].consumed, 2000);
    ck_assert_int_eq(run_report(&run)->consumed, run.whole.report->groups[1].consumed);
    run_end(&run);
}
END_TEST

/* What it holds is cleaned before its locks time out; the other one goes on, and it, when it thaws,
 * finds nothing of it: each record that is processed was in the log. */
START_TEST(records_held_by_a_frozen_member_are_cleaned)
{
    GroupRun run = run_with((uint64_t)_i);
    run_members(&run, "s", 2);
    run.group->process_record = distribution_constant(SIM_MS(2));
    run_fault(&run, FAULT_PAUSE, TARGET_MEMBER, 0, SIM_SEC(15));
    run_fault(&run, FAULT_RESUME, TARGET_MEMBER, 0, SIM_SEC(70));
    run_go(&run);
    expect_end_reached(&run);
    const ShareCounts *counts = run_report(&run)->share;
    ck_assert_int_gt(counts->timed_out, 0);
    ck_assert_int_le(counts->timed_out, 2000 + 500); /* group.share.partition.max.record.locks */
    ck_assert_int_le(run_report(&run)->consumed, 20000);
    ck_assert_int_le(run_report(&run)->consumed_twice, 500);
    run_end(&run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("share groups of compacted topics");
    TCase *tests = tcase_create("gaps");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, a_late_group_reads_what_the_log_cleaner_left, 1, 4);
    tcase_add_loop_test(tests, records_held_by_a_frozen_member_are_cleaned, 1, 4);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
