/* test_task_assignor.c - KIP-441 told assignment by assignment: per instance its active tasks, then
 * its standbys and warm-ups in brackets. */
#include "models/streams/task_assignor.h"
#include "tests/run_suite.h"
#include <check.h>

#define TASKS_MAX   12
#define CLIENTS_MAX 4
#define ALL         1000000 /* records of a changelog: the lag of one who has nothing */

typedef struct Story {
    StreamsTasks tasks;
    bool stateful[TASKS_MAX];
    int64_t lag[CLIENTS_MAX][TASKS_MAX];
    uint8_t role[CLIENTS_MAX][TASKS_MAX];
    StreamsClient clients[CLIENTS_MAX];
    int32_t client_count;
    bool probing;
} Story;

static void begin(Story *story, int32_t tasks, bool stateful, int32_t clients, int32_t threads)
{
    *story = (Story){.tasks = {tasks, story->stateful, 10000, 2, 0}, .client_count = clients};
    for (int32_t t = 0; t < TASKS_MAX; t++) {
        story->stateful[t] = stateful;
    }
    for (int32_t c = 0; c < CLIENTS_MAX; c++) {
        story->clients[c] = (StreamsClient){threads, story->lag[c], story->role[c], 0, 0};
        for (int32_t t = 0; t < TASKS_MAX; t++) {
            story->lag[c][t] = ALL;
        }
    }
}

static void expect(Story *story, const char *then, bool probing)
{
    story->probing = streams_assign_tasks(&story->tasks, story->clients, story->client_count);
    g_autoptr(GString) text = g_string_new(NULL);
    for (int32_t c = 0; c < story->client_count; c++) {
        g_string_append(text, c > 0 ? " |" : "");
        for (int32_t t = 0; t < story->tasks.count; t++) {
            if (story->role[c][t] != STREAMS_NOT_HERE) {
                const bool active = story->role[c][t] == STREAMS_ACTIVE;
                g_string_append_printf(text, active ? " %d" : " [%d]", t);
            }
        }
    }
    ck_assert_str_eq(text->str, then);
    ck_assert_int_eq(story->probing, probing);
}

/* Who runs a task now has all of its state; the rest of its lags stay as they are. */
static void goes_on(Story *story)
{
    for (int32_t c = 0; c < story->client_count; c++) {
        for (int32_t t = 0; t < story->tasks.count; t++) {
            if (story->role[c][t] == STREAMS_ACTIVE) {
                story->lag[c][t] = STREAMS_LAG_RUNNING;
            } else if (story->lag[c][t] == STREAMS_LAG_RUNNING) {
                story->lag[c][t] = 0;
            }
        }
    }
}

START_TEST(without_any_state_tasks_are_spread_in_turn)
{
    Story story;
    begin(&story, 6, true, 2, 1);
    expect(&story, " 0 2 4 | 1 3 5", false);
}
END_TEST

START_TEST(an_instance_with_more_threads_gets_more_tasks)
{
    Story story;
    begin(&story, 9, true, 2, 1);
    story.clients[1].threads = 2;
    expect(&story, " 4 6 8 | 0 1 2 3 5 7", false);
}
END_TEST

START_TEST(stateless_tasks_go_to_the_least_loaded_and_need_no_probing)
{
    Story story;
    begin(&story, 6, false, 3, 1);
    story.stateful[0] = true;
    expect(&story, " 0 3 | 1 4 | 2 5", false);
}
END_TEST

START_TEST(a_new_instance_warms_up_two_tasks_before_it_runs_any)
{
    Story story;
    begin(&story, 6, true, 1, 1);
    expect(&story, " 0 1 2 3 4 5", false);
    goes_on(&story);
    story.client_count = 2;
    expect(&story, " 0 1 2 3 4 5 | [1] [3]", true);
    story.lag[1][1] = story.lag[1][3] = 500; /* within acceptable.recovery.lag */
    expect(&story, " 0 2 4 5 | 1 3 [5]", true);
    goes_on(&story);
    story.lag[1][5] = 9999;
    expect(&story, " 0 2 4 | 1 3 5", false);
}
END_TEST

START_TEST(a_lag_above_the_acceptable_one_keeps_the_task_where_it_is)
{
    Story story;
    begin(&story, 2, true, 1, 1);
    expect(&story, " 0 1", false);
    goes_on(&story);
    story.client_count = 2;
    story.lag[1][1] = 10001;
    expect(&story, " 0 1 | [1]", true);
    story.lag[1][1] = 10000;
    expect(&story, " 0 | 1", false);
}
END_TEST

START_TEST(a_standby_takes_over_at_once_when_its_instance_dies)
{
    Story story;
    begin(&story, 4, true, 2, 1);
    story.tasks.num_standby_replicas = 1;
    expect(&story, " 0 [1] 2 [3] | [0] 1 [2] 3", false);
    goes_on(&story);
    for (int32_t t = 0; t < 4; t++) { /* the second one is gone, a fresh one is there */
        story.lag[0][t] = story.lag[0][t] == STREAMS_LAG_RUNNING ? STREAMS_LAG_RUNNING : 100;
    }
    story.lag[1][1] = story.lag[1][3] = ALL;
    expect(&story, " 0 1 2 3 | [0] [1] [2] [3]", true);
}
END_TEST

START_TEST(with_equal_lags_everywhere_nothing_waits_for_state)
{
    Story story;
    begin(&story, 4, true, 2, 1);
    for (int32_t t = 0; t < 4; t++) {
        story.lag[0][t] = story.lag[1][t] = 20000;
    }
    expect(&story, " 0 2 | 1 3", false);
}
END_TEST

START_TEST(every_task_is_active_exactly_once_whatever_the_lags)
{
    Story story;
    begin(&story, TASKS_MAX, true, 2 + _i % 3, 1 + _i % 2);
    uint32_t x = (uint32_t)_i * 2654435761u + 1;
    for (int32_t c = 0; c < CLIENTS_MAX; c++) {
        story.clients[c].threads = 1 + (int32_t)((x >> c) % 3);
        for (int32_t t = 0; t < TASKS_MAX; t++) {
            x = x * 1664525u + 1013904223u;
            story.lag[c][t] = (int64_t)((x >> 8) % 4) * 8000;
        }
    }
    story.tasks.num_standby_replicas = _i % 2;
    streams_assign_tasks(&story.tasks, story.clients, story.client_count);
    for (int32_t t = 0; t < TASKS_MAX; t++) {
        int32_t active = 0;
        for (int32_t c = 0; c < story.client_count; c++) {
            active += story.role[c][t] == STREAMS_ACTIVE;
        }
        ck_assert_int_eq(active, 1);
    }
}
END_TEST

START_TEST(threads_keep_their_tasks_and_stay_within_one_of_each_other)
{
    const int32_t previous[] = {1, 1, 1, 0, -1};
    const int32_t expected[] = {1, 1, 0, 0, 0};
    GArray *given = g_array_new(FALSE, FALSE, sizeof(int32_t));
    for (int32_t t = 0; t < 5; t++) {
        g_array_append_val(given, t);
    }
    int32_t load[2] = {0, 0};
    int32_t thread[5];
    streams_assign_threads(given, true, previous, load, 2, thread);
    for (int32_t t = 0; t < 5; t++) {
        ck_assert_msg(thread[t] == expected[t], "task %d on thread %d", t, thread[t]);
    }
    ck_assert_int_eq(load[0] + load[1], 5);
    g_array_free(given, TRUE);
}
END_TEST

static Suite *suite(void)
{
    Suite *made = suite_create("Streams' task assignor");
    TCase *stories = tcase_create("KIP-441");
    tcase_add_test(stories, without_any_state_tasks_are_spread_in_turn);
    tcase_add_test(stories, an_instance_with_more_threads_gets_more_tasks);
    tcase_add_test(stories, stateless_tasks_go_to_the_least_loaded_and_need_no_probing);
    tcase_add_test(stories, a_new_instance_warms_up_two_tasks_before_it_runs_any);
    tcase_add_test(stories, a_lag_above_the_acceptable_one_keeps_the_task_where_it_is);
    tcase_add_test(stories, a_standby_takes_over_at_once_when_its_instance_dies);
    tcase_add_test(stories, with_equal_lags_everywhere_nothing_waits_for_state);
    tcase_add_loop_test(stories, every_task_is_active_exactly_once_whatever_the_lags, 0, 200);
    tcase_add_test(stories, threads_keep_their_tasks_and_stay_within_one_of_each_other);
    suite_add_tcase(made, stories);
    return made;
}

int main(void)
{
    return run_suite(suite());
}
