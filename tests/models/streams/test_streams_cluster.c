/* test_streams_cluster.c - Kafka Streams in whole clusters: who runs which task, how long a store
 * is restored, what comes out twice. */
#include "models/streams/streams_app.h"
#include "models/world/cluster_view.h"
#include "tests/models/streams/streams_story.h"
#include "tests/run_suite.h"

enum { APP, AUDIT };
#define ORDERS 24000 /* 400/s for 60 s */

/* Every acknowledged order came out, so many of them more than once. */
static void expect_out(const StreamsStory *story, int64_t least_twice, int64_t most_twice)
{
    const GroupReport *audit = &story->whole.report->groups[AUDIT];
    ck_assert_int_eq(story->whole.report->producers[0].fates.acked, ORDERS);
    ck_assert_int_eq(audit->sources, ORDERS);
    ck_assert_int_ge(audit->sources_again, least_twice);
    ck_assert_int_le(audit->sources_again, most_twice);
}

static const StreamsCounts *counts_of(const StreamsStory *story)
{
    return story->whole.report->groups[APP].streams;
}

static SimTime
when(const StreamsStory *story, SimTime from, const char *actor, const char *what, const char *text)
{
    return whole_when(&story->whole, from, actor, what, text);
}

/* The detail of the first such event from `from` on; "" none. */
static const char *
detail(const StreamsStory *story, SimTime from, const char *actor, const char *what)
{
    static char text[256];
    LoggedEvent event;
    const uint32_t id = whole_next(&story->whole, 0, from, actor, what, "");
    text[0] = '\0';
    if (id > 0 && event_log_get(cluster_event_log(story->whole.cluster), id, &event)) {
        g_strlcpy(text, event.detail, sizeof text);
    }
    return text;
}

START_TEST(each_order_comes_out_once_when_nothing_fails)
{
    StreamsStory story = story_new((uint64_t)_i, SIM_SEC(90));
    story_instances(&story, 2, 0);
    story_run(&story);
    ck_assert_int_lt(when(&story, 0, "world", "admin", "create.topic app-counts-changelog: NONE"),
                     when(&story, 0, "A", "assigned", "generation 1: "));
    expect_out(&story, 0, 0);
    ck_assert_int_eq(counts_of(&story)->tasks_moved, 0);
    ck_assert_int_eq(counts_of(&story)->restored_records, 0);
    story_end(&story);
}
END_TEST

START_TEST(the_tasks_are_shared_out_evenly_over_instances_and_threads)
{
    StreamsStory story = story_new((uint64_t)_i, SIM_SEC(90));
    story_streams_config(&story, "num.stream.threads", "2");
    story_instances(&story, 2, 0);
    story_run(&story);
    static const char *const threads[] = {"A", "A.2", "B", "B.2"};
    for (size_t t = 0; t < G_N_ELEMENTS(threads); t++) {
        const GroupPartitionReport *rows = story.whole.report->groups[APP].partitions;
        int owned = 0;
        for (int32_t p = 0; p < story.whole.report->groups[APP].partition_count; p++) {
            owned += g_strcmp0(rows[p].client_id, threads[t]) == 0;
        }
        ck_assert_int_eq(owned, 2); /* 8 tasks, 4 threads */
    }
    GroupStateView *view = group_state_view_new(story.whole.cluster, APP);
    for (guint m = 0; m < view->members->len; m++) {
        const char *tasks = g_array_index(view->members, GroupMemberView, m).tasks;
        ck_assert_msg(g_regex_match_simple("^ACTIVE: 0:\\[[0-3]\\], 1:\\[[0-3]\\]$", tasks, 0, 0),
                      "%s",
                      tasks);
    }
    group_state_view_free(view);
    expect_out(&story, 0, 0);
    story_end(&story);
}
END_TEST

/* Two of four tasks go to A, whose disk holds nothing of them. 16,000 orders by then, some
 * 4,000 a task, 100 us to put one into the store. */
START_TEST(a_killed_instances_stores_are_restored_from_their_changelogs)
{
    StreamsStory story = story_new((uint64_t)_i, SIM_SEC(120));
    story_instances(&story, 2, 0);
    story_fault(&story, FAULT_CRASH, 1, SIM_SEC(40));
    story_run(&story);
    const SimTime assigned = when(&story, SIM_SEC(40), "A", "assigned", "1_0 1_1 1_2 1_3");
    ck_assert_int_gt(assigned, SIM_SEC(47)); /* session.timeout.ms after its last heartbeat */
    ck_assert_int_lt(assigned, SIM_SEC(54));
    const StreamsCounts *counts = counts_of(&story);
    ck_assert_int_eq(counts->tasks_moved, 4);
    ck_assert_int_eq(counts->promoted, 0);
    ck_assert_int_gt(counts->restored_records, 7000);
    ck_assert_int_lt(counts->restored_records, 9000);
    ck_assert_int_ge(counts->restore_max, counts->restored_records * SIM_US(100));
    ck_assert_int_lt(counts->restore_max, counts->restored_records * SIM_US(100) + SIM_MS(100));
    const SimTime last = whole_last(&story.whole, assigned, "A", "running", "");
    ck_assert_int_eq(last - assigned, counts->restore_max);
    /* What B had sent out and not committed: up to a second of its two tasks of each kind. */
    expect_out(&story, 1, 500);
    story_end(&story);
}
END_TEST

START_TEST(a_standby_runs_at_once)
{
    StreamsStory story = story_new((uint64_t)_i, SIM_SEC(120));
    story_streams_config(&story, "num.standby.replicas", "1");
    story_instances(&story, 2, 0);
    story_fault(&story, FAULT_CRASH, 1, SIM_MS(40500));
    story_run(&story);
    const StreamsCounts *counts = counts_of(&story);
    ck_assert_int_eq(counts->tasks_moved, 4);
    ck_assert_int_eq(counts->promoted, 2); /* the stateless ones have nothing to take over */
    ck_assert_int_lt(counts->restored_records, 10);
    ck_assert_int_lt(counts->restore_max, SIM_MS(50));
    expect_out(&story, 1, 500);
    story_end(&story);
}
END_TEST

START_TEST(exactly_once_nothing_comes_out_twice)
{
    StreamsStory story = story_new((uint64_t)_i, SIM_SEC(120));
    story_streams_config(&story, "processing.guarantee", "exactly_once_v2");
    story_streams_config(&story, "commit.interval.ms", "100");
    story_instances(&story, 2, 0);
    story_fault(&story, FAULT_CRASH, 1, SIM_SEC(40));
    story_fault(&story, FAULT_START, 1, SIM_SEC(70));
    story_run(&story);
    expect_out(&story, 0, 0);
    ck_assert_int_gt(counts_of(&story)->commits, 500);
    story_end(&story);
}
END_TEST

/* While the coordinator is asked about a request's other partitions their last one gets its leader
 * here; it is refused (NOT_LEADER_OR_FOLLOWER), not appended unverified. */
START_TEST(partitions_that_are_being_created_join_a_transaction)
{
    StreamsStory story = story_new((uint64_t)_i, SIM_SEC(12));
    story_streams_config(&story, "processing.guarantee", "exactly_once_v2");
    story_streams_config(&story, "commit.interval.ms", "100");
    story_streams_config(&story, "replication.factor", "1");
    story.partitions = 1200;
    story.shop->rate_milli = 1000000;
    story_instances(&story, 1, 0);
    story_run(&story);
    ck_assert_int_eq(when(&story, 0, "", "batch failed", "INVALID_TXN_STATE"), -1);
    story_end(&story);
}
END_TEST

/* Frozen for longer than its session and transaction.timeout.ms: its tasks are another's by then,
 * and its transaction is aborted. */
START_TEST(an_instance_that_comes_back_too_late_is_fenced)
{
    StreamsStory story = story_new((uint64_t)_i, SIM_SEC(120));
    story_streams_config(&story, "processing.guarantee", "exactly_once_v2");
    story_streams_config(&story, "commit.interval.ms", "100");
    story_instances(&story, 2, 0);
    FaultSpec *freeze = story_fault(&story, FAULT_PAUSE, 1, SIM_SEC(40));
    FaultSpec *resume = story_fault(&story, FAULT_RESUME, 1, SIM_SEC(75));
    resume->undoes = freeze;
    story_run(&story);
    /* Told by the coordinator, or by a partition that its producer writes to. */
    ck_assert_int_gt(when(&story, SIM_SEC(75), "B", "task migrated", ""), 0);
    ck_assert_int_gt(when(&story, SIM_SEC(75), "B", "revoked", "orders-"), 0);
    ck_assert_int_gt(when(&story, SIM_SEC(75), "B", "assigned", "1_"), 0);
    expect_out(&story, 0, 0);
    story_end(&story);
}
END_TEST

/* Somebody else takes the id of B's producer. The thread hears of it when it sends its next record,
 * not at its next commit; it gives its tasks up and comes back as a new member with a new producer,
 * which fences that somebody (TaskMigratedException). */
START_TEST(a_thread_whose_producer_is_fenced_joins_the_group_again)
{
    StreamsStory story = story_new((uint64_t)_i, SIM_SEC(120));
    story_streams_config(&story, "processing.guarantee", "exactly_once_v2");
    story_streams_config(&story, "commit.interval.ms", "10000");
    story_instances(&story, 2, 0);
    whole_topic(story.spec, "elsewhere", 1, 3);
    ProducerSpec *thief = producer_spec_new("thief", (int32_t)story.spec->topics->len - 1);
    thief->rate_milli = 1000;
    thief->start = SIM_SEC(33);
    ck_assert(kafka_config_set(thief->config, "transactional.id", "B-producer"));
    g_ptr_array_add(story.spec->producers, thief);
    story_run(&story);
    const SimTime failed =
        when(&story, SIM_SEC(33), "B-producer", "batch failed", "INVALID_PRODUCER_EPOCH");
    const SimTime migrated = when(&story, SIM_SEC(33), "B", "task migrated", "PRODUCER_");
    ck_assert_int_gt(failed, 0);
    ck_assert_int_ge(migrated, failed);
    ck_assert_int_le(migrated, failed + SIM_MS(20));
    ck_assert_int_gt(when(&story, migrated, "B", "join", "unsubscribed"), 0);
    ck_assert_int_gt(when(&story, migrated, "B", "assigned", "_"), 0);
    ck_assert_int_eq(when(&story, failed, "B", "given up", ""), -1);
    ck_assert_int_gt(when(&story, migrated, "thief", "transaction fatal", "PRODUCER_FENCED"), 0);
    ck_assert_int_eq(counts_of(&story)->migrated, 1);
    expect_out(&story, 0, 0);
    story_end(&story);
}
END_TEST

/* All stateful tasks stay with A, who has their stores, while B builds two of them up; the probing
 * rebalance a minute later moves those. No order waits for a store. */
START_TEST(a_new_instance_warms_up_before_it_takes_over)
{
    StreamsStory story = story_new((uint64_t)_i, SIM_SEC(150));
    story_streams_config(&story, "probing.rebalance.interval.ms", "60000");
    story_streams_config(&story, "acceptable.recovery.lag", "100");
    story_instances(&story, 1, 1);
    story_fault(&story, FAULT_JOIN, 1, SIM_SEC(40));
    story_run(&story);
    const SimTime warms = when(&story, SIM_SEC(40), "B", "assigned", "; standby 1_");
    ck_assert_int_gt(warms, 0);
    const SimTime moves = when(&story, warms, "A", "revoked", "app-by-user-repartition");
    ck_assert_int_ge(moves, warms + SIM_SEC(60));
    ck_assert_int_lt(moves, warms + SIM_SEC(64)); /* B hears of it by its next heartbeat */
    const StreamsCounts *counts = counts_of(&story);
    ck_assert_int_eq(counts->promoted, 2);
    ck_assert_int_ge(counts->probings, 1);
    ck_assert_int_lt(counts->restore_max, SIM_MS(50));
    expect_out(&story, 0, 0);
    story_end(&story);
}
END_TEST

START_TEST(tasks_that_move_under_exactly_once_are_committed_first)
{
    StreamsStory story = story_new((uint64_t)_i, SIM_SEC(120));
    story_streams_config(&story, "processing.guarantee", "exactly_once_v2");
    story_streams_config(&story, "acceptable.recovery.lag", "1000000");
    story_instances(&story, 1, 2);
    story_fault(&story, FAULT_JOIN, 1, SIM_SEC(30));
    story_fault(&story, FAULT_JOIN, 2, SIM_SEC(45));
    story_run(&story);
    ck_assert_int_gt(counts_of(&story)->tasks_moved, 3);
    ck_assert_int_eq(counts_of(&story)->aborts, 0);
    expect_out(&story, 0, 0);
    story_end(&story);
}
END_TEST

START_TEST(without_a_warm_up_the_new_instance_would_restore)
{
    StreamsStory story = story_new((uint64_t)_i, SIM_SEC(120));
    story_streams_config(&story, "acceptable.recovery.lag", "1000000"); /* anyone will do */
    story_instances(&story, 1, 1);
    story_fault(&story, FAULT_JOIN, 1, SIM_SEC(40));
    story_run(&story);
    const StreamsCounts *counts = counts_of(&story);
    ck_assert_int_eq(counts->promoted, 0);
    ck_assert_int_eq(counts->probings, 0);
    ck_assert_int_gt(counts->restored_records, 5000);
    ck_assert_int_gt(counts->restore_max, SIM_MS(500));
    expect_out(&story, 0, 0);
    story_end(&story);
}
END_TEST

/* close() commits, writes the checkpoints and does not leave the group; what has come meanwhile is
 * all that the next process has to restore. */
START_TEST(a_stopped_instance_commits_and_keeps_its_stores)
{
    StreamsStory story = story_new((uint64_t)_i, SIM_SEC(120));
    story_instances(&story, 1, 0);
    story_fault(&story, FAULT_STOP, 0, SIM_SEC(40));
    story_fault(&story, FAULT_START, 0, SIM_SEC(42));
    story_run(&story);
    ck_assert_int_gt(when(&story, SIM_SEC(42), "A", "running", "1_0: 0 records"), 0);
    ck_assert_int_eq(counts_of(&story)->restored_records, 0);
    expect_out(&story, 0, 0);
    story_end(&story);
}
END_TEST

START_TEST(a_crash_under_exactly_once_empties_the_store)
{
    StreamsStory story = story_new((uint64_t)_i, SIM_SEC(120));
    story_streams_config(&story, "processing.guarantee", "exactly_once_v2");
    story_instances(&story, 1, 0);
    story_fault(&story, FAULT_CRASH, 0, SIM_SEC(40));
    story_fault(&story, FAULT_START, 0, SIM_SEC(42));
    story_run(&story);
    const char *restoring = detail(&story, SIM_SEC(42), "A", "restoring");
    ck_assert_msg(strstr(restoring, "from 0") != NULL, "%s", restoring);
    expect_out(&story, 0, 0);
    story_end(&story);
}
END_TEST

/* The leader finds out when it fetches metadata anew, as the consumer's errors make it do. The
 * others come to the rebalance when they have given up committing what they read of the topic. */
START_TEST(a_deleted_source_topic_ends_every_instance)
{
    StreamsStory story = story_new((uint64_t)_i, SIM_SEC(90));
    story_group_config(story.app, "default.api.timeout.ms", "5000");
    story_streams_config(&story, "num.stream.threads", "2");
    story_instances(&story, 2, 0);
    FaultSpec *deletion =
        whole_fault(story.spec, FAULT_DELETE_TOPIC, SIM_SEC(30), TARGET_NONE, SPEC_NONE);
    deletion->topic = STORY_ORDERS;
    story_run(&story);
    static const char *const threads[] = {"A", "A.2", "B", "B.2"};
    int32_t told = 0; /* the others ended because a thread of their instance did */
    for (size_t t = 0; t < G_N_ELEMENTS(threads); t++) {
        const SimTime failed = when(&story, 0, threads[t], "failed", "");
        ck_assert_int_gt(failed, SIM_SEC(30));
        ck_assert_int_lt(failed, SIM_SEC(50));
        ck_assert_int_ge(when(&story, failed, threads[t], "stopped", "app"), failed);
        told += when(&story, 0, threads[t], "failed", "MissingSourceTopicException") > 0;
    }
    ck_assert_int_ge(told, 2);
    ck_assert_int_eq(counts_of(&story)->shut_down, 2);
    /* They do not say that they leave. */
    ck_assert_int_eq(story.whole.report->groups[APP].members, 0);
    ck_assert_str_eq(story.whole.report->groups[APP].state, "Empty");
    story_end(&story);
}
END_TEST

/* totals takes nothing while one of its three replicas is gone. */
static StreamsStory story_of_refused_writes(uint64_t seed, const char *guarantee)
{
    StreamsStory story = story_new(seed, SIM_SEC(150));
    TopicSpec *totals = story.spec->topics->pdata[STORY_TOTALS];
    ck_assert(kafka_config_set(totals->config, "min.insync.replicas", "3"));
    story_streams_config(&story, "processing.guarantee", guarantee);
    KafkaConfig *producer = story.app->streams->producer;
    ck_assert(kafka_config_set(producer, "delivery.timeout.ms", "3000"));
    ck_assert(kafka_config_set(producer, "request.timeout.ms", "2000"));
    story_instances(&story, 2, 0);
    FaultSpec *crash = whole_fault(story.spec, FAULT_CRASH, SIM_SEC(30), TARGET_BROKER, 2);
    whole_fault(story.spec, FAULT_START, SIM_SEC(50), TARGET_BROKER, 2);
    ck_assert_ptr_nonnull(crash);
    return story;
}

START_TEST(a_task_whose_records_cannot_be_written_begins_again_at_what_is_committed)
{
    StreamsStory story = story_of_refused_writes((uint64_t)_i, "at_least_once");
    story_run(&story);
    const SimTime corrupted = when(&story, 0, "A", "task corrupted", "REQUEST_TIMED_OUT");
    ck_assert_int_gt(corrupted, SIM_SEC(30));
    ck_assert_int_lt(corrupted, SIM_SEC(60));
    ck_assert_int_gt(counts_of(&story)->revived, 0);
    ck_assert_int_eq(counts_of(&story)->shut_down, 0);
    expect_out(&story, 1, ORDERS);
    story_end(&story);
}
END_TEST

/* RecordTooLargeException cannot be retried: the default handler says FAIL. */
START_TEST(a_record_that_is_too_large_ends_the_instance_with_all_its_threads)
{
    StreamsStory story = story_new((uint64_t)_i, SIM_SEC(60));
    TopicSpec *totals = story.spec->topics->pdata[STORY_TOTALS];
    ck_assert(kafka_config_set(totals->config, "max.message.bytes", "100"));
    ck_assert(kafka_config_set(story.app->streams->producer, "batch.size", "1"));
    story_streams_config(&story, "num.stream.threads", "2");
    story_instances(&story, 1, 0);
    story_run(&story);
    ck_assert_int_gt(MAX(when(&story, 0, "A", "failed", "MESSAGE_TOO_LARGE"),
                         when(&story, 0, "A.2", "failed", "MESSAGE_TOO_LARGE")),
                     0);
    ck_assert_int_gt(when(&story, 0, "A", "stopped", "app"), 0);
    ck_assert_int_gt(when(&story, 0, "A.2", "stopped", "app"), 0);
    ck_assert_int_eq(counts_of(&story)->shut_down, 1);
    story_end(&story);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("streams cluster");
    TCase *tests = tcase_create("instances");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, each_order_comes_out_once_when_nothing_fails, 0, 2);
    tcase_add_loop_test(tests, the_tasks_are_shared_out_evenly_over_instances_and_threads, 0, 2);
    /* With seed 1 it dies right after it has committed. */
    tcase_add_loop_test(tests, a_killed_instances_stores_are_restored_from_their_changelogs, 2, 4);
    tcase_add_loop_test(tests, a_standby_runs_at_once, 0, 2);
    tcase_add_loop_test(tests, exactly_once_nothing_comes_out_twice, 0, 2);
    tcase_add_loop_test(tests, partitions_that_are_being_created_join_a_transaction, 1, 3);
    tcase_add_loop_test(tests, an_instance_that_comes_back_too_late_is_fenced, 0, 2);
    tcase_add_loop_test(tests, a_thread_whose_producer_is_fenced_joins_the_group_again, 0, 2);
    tcase_add_loop_test(tests, a_new_instance_warms_up_before_it_takes_over, 0, 2);
    tcase_add_loop_test(tests, tasks_that_move_under_exactly_once_are_committed_first, 0, 2);
    tcase_add_loop_test(tests, without_a_warm_up_the_new_instance_would_restore, 0, 2);
    tcase_add_loop_test(tests, a_stopped_instance_commits_and_keeps_its_stores, 0, 2);
    tcase_add_loop_test(tests, a_crash_under_exactly_once_empties_the_store, 0, 2);
    tcase_add_loop_test(tests, a_deleted_source_topic_ends_every_instance, 1, 3);
    tcase_add_loop_test(
        tests, a_task_whose_records_cannot_be_written_begins_again_at_what_is_committed, 1, 3);
    tcase_add_test(tests, a_record_that_is_too_large_ends_the_instance_with_all_its_threads);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
