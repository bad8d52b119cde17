/* test_streams_waits.c - a stream thread that waits for brokers in the middle of its loop does not
 * poll: max.poll.interval.ms goes on, and so does task.timeout.ms. */
#include "models/streams/streams_app.h"
#include "tests/models/streams/streams_story.h"
#include "tests/run_suite.h"

enum { APP, AUDIT };

static const StreamsCounts *counts_of(const StreamsStory *story)
{
    return story->whole.report->groups[APP].streams;
}

/* The totals take nothing while one of their three replicas is gone, from 30 to 70 s: flush() waits
 * as long as delivery.timeout.ms. */
static StreamsStory story_of_a_long_flush(uint64_t seed, const char *max_poll_interval)
{
    StreamsStory story = story_new(seed, SIM_SEC(180));
    TopicSpec *totals = story.spec->topics->pdata[STORY_TOTALS];
    ck_assert(kafka_config_set(totals->config, "min.insync.replicas", "3"));
    story_group_config(story.app, "max.poll.interval.ms", max_poll_interval);
    story_instances(&story, 2, 0);
    whole_fault(story.spec, FAULT_CRASH, SIM_SEC(30), TARGET_BROKER, 2);
    whole_fault(story.spec, FAULT_START, SIM_SEC(70), TARGET_BROKER, 2);
    story_run(&story);
    return story;
}

START_TEST(a_thread_that_waits_too_long_for_its_flush_leaves_the_group)
{
    StreamsStory story = story_of_a_long_flush((uint64_t)_i, "15000");
    const SimTime left = whole_when(&story.whole, 0, "A", "left", "no poll for max.poll.interval");
    ck_assert_int_gt(left, SIM_SEC(45));
    ck_assert_int_lt(left, SIM_SEC(50));
    /* When flush() returns its commit fails: the tasks may be somebody else's. */
    const SimTime migrated = whole_when(&story.whole, left, "A", "task migrated", "");
    ck_assert_int_gt(migrated, SIM_SEC(70));
    ck_assert_int_gt(whole_when(&story.whole, migrated, "A", "assigned", ""), migrated);
    ck_assert_int_ge(counts_of(&story)->migrated, 1);
    ck_assert_int_eq(counts_of(&story)->shut_down, 0);
    ck_assert_int_eq(story.whole.report->groups[AUDIT].sources, 24000);
    ck_assert_int_gt(story.whole.report->groups[AUDIT].sources_again, 0);
    story_end(&story);
}
END_TEST

START_TEST(one_that_may_wait_longer_stays)
{
    StreamsStory story = story_of_a_long_flush((uint64_t)_i, "300000");
    ck_assert_int_eq(whole_when(&story.whole, 0, "A", "left", ""), -1);
    ck_assert_int_eq(counts_of(&story)->migrated, 0);
    ck_assert_int_eq(story.whole.report->groups[AUDIT].sources, 24000);
    ck_assert_int_eq(story.whole.report->groups[AUDIT].sources_again, 0);
    story_end(&story);
}
END_TEST

/* Nobody has a copy of the offsets' partition: from 40 s on no commit is answered. The load ends at
 * 60 s, and what the tasks did last stays to be committed. */
static StreamsStory story_without_commits(const char *task_timeout)
{
    StreamsStory story = story_new(0, SIM_SEC(150));
    ck_assert(kafka_config_set(story.spec->config, "offsets.topic.num.partitions", "1"));
    ck_assert(kafka_config_set(story.spec->config, "offsets.topic.replication.factor", "1"));
    story_group_config(story.app, "default.api.timeout.ms", "5000");
    story_streams_config(&story, "task.timeout.ms", task_timeout);
    story_instances(&story, 1, 0);
    whole_fault(story.spec, FAULT_CRASH, SIM_SEC(40), TARGET_BROKER, 2);
    return story;
}

START_TEST(a_task_without_progress_for_task_timeout_ms_ends_its_instance)
{
    StreamsStory story = story_without_commits("20000");
    story_run(&story);
    const SimTime timeout = whole_when(&story.whole, 0, "A", "commit timeout", "");
    const SimTime failed =
        whole_when(&story.whole, 0, "A", "failed", "did not make progress within");
    /* First flush() waits for other leaders of the totals: the broker's session, 9 s. */
    ck_assert_int_gt(timeout, SIM_SEC(49));
    ck_assert_int_lt(timeout, SIM_SEC(60));
    /* As long as records are processed that is progress, commit or not. */
    ck_assert_int_gt(failed, SIM_SEC(80));
    ck_assert_int_lt(failed, SIM_SEC(95));
    ck_assert_int_eq(counts_of(&story)->shut_down, 1);
    story_end(&story);
}
END_TEST

START_TEST(before_that_it_tries_again)
{
    StreamsStory story = story_without_commits("300000");
    whole_fault(story.spec, FAULT_START, SIM_SEC(100), TARGET_BROKER, 2);
    story_run(&story);
    ck_assert_int_gt(whole_when(&story.whole, 0, "A", "commit timeout", ""), 0);
    ck_assert_int_eq(counts_of(&story)->shut_down, 0);
    const GroupReport *app = &story.whole.report->groups[APP];
    for (int32_t p = 0; p < app->partition_count; p++) {
        ck_assert_int_eq(app->partitions[p].committed, app->partitions[p].log_end_offset);
    }
    story_end(&story);
}
END_TEST

/* buffer.memory is full within seconds; the next send() waits for max.block.ms. */
START_TEST(a_send_that_blocks_keeps_the_thread_from_polling)
{
    StreamsStory story = story_new((uint64_t)_i, SIM_SEC(150));
    TopicSpec *totals = story.spec->topics->pdata[STORY_TOTALS];
    ck_assert(kafka_config_set(totals->config, "min.insync.replicas", "3"));
    KafkaConfig *producer = story.app->streams->producer;
    ck_assert(kafka_config_set(producer, "buffer.memory", "65536"));
    ck_assert(kafka_config_set(producer, "batch.size", "4096"));
    ck_assert(kafka_config_set(producer, "max.block.ms", _i == 0 ? "60000" : "5000"));
    story_streams_config(&story, "commit.interval.ms", "30000");
    story_group_config(story.app, "max.poll.interval.ms", "15000");
    story_instances(&story, 1, 0);
    whole_fault(story.spec, FAULT_CRASH, SIM_SEC(32), TARGET_BROKER, 2);
    whole_fault(story.spec, FAULT_START, SIM_SEC(60), TARGET_BROKER, 2);
    story_run(&story);
    const SimTime left = whole_when(&story.whole, 0, "A", "left", "no poll for max.poll.interval");
    if (_i == 0) {
        ck_assert_int_gt(left, SIM_SEC(47));
        ck_assert_int_lt(left, SIM_SEC(60));
    } else { /* send() throws before, which sends the task back to what is committed */
        ck_assert_int_gt(whole_when(&story.whole, 0, "A", "task corrupted", "TIMED_OUT"),
                         SIM_SEC(36));
    }
    ck_assert_int_eq(counts_of(&story)->shut_down, 0);
    ck_assert_int_eq(story.whole.report->groups[AUDIT].sources, 24000);
    story_end(&story);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("streams waits");
    TCase *tests = tcase_create("waits");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, a_thread_that_waits_too_long_for_its_flush_leaves_the_group, 1, 3);
    tcase_add_loop_test(tests, one_that_may_wait_longer_stays, 1, 2);
    tcase_add_test(tests, a_task_without_progress_for_task_timeout_ms_ends_its_instance);
    tcase_add_test(tests, before_that_it_tries_again);
    tcase_add_loop_test(tests, a_send_that_blocks_keeps_the_thread_from_polling, 0, 2);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
