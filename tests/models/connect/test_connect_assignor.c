/* test_connect_assignor.c - KIP-415 told rebalance by rebalance: who runs what after each. Numbers
 * are tasks; a connector is c0, c1 .. */
#include "models/connect/connect_assignor.h"
#include "tests/run_suite.h"
#include <check.h>
#include <string.h>

#define WORKERS 4

typedef struct Story {
    ConnectAssignor *assignor;
    ConnectWorker workers[WORKERS]; /* A, B, C, D */
    bool there[WORKERS];
    int32_t configured[CONNECT_KINDS];
    int32_t generation;
    SimTime now;
    SimDuration delay;
} Story;

static const char *const NAMES[WORKERS] = {"A", "B", "C", "D"};

static Story begin(SimDuration max_delay, int32_t connectors, int32_t tasks)
{
    Story story = {.assignor = connect_assignor_new(max_delay),
                   .configured = {connectors, tasks},
                   .generation = -1};
    for (int w = 0; w < WORKERS; w++) {
        connect_worker_init(&story.workers[w], NAMES[w]);
    }
    return story;
}

static void end(Story *story)
{
    for (int w = 0; w < WORKERS; w++) {
        connect_worker_clear(&story->workers[w]);
    }
    connect_assignor_free(story->assignor);
}

static void forget(Story *story, int w)
{
    connect_worker_clear(&story->workers[w]);
    connect_worker_init(&story->workers[w], NAMES[w]);
    story->there[w] = false;
}

/* One rebalance of those named, such as "AB"; who is away has stopped everything. */
static void rebalance(Story *story, const char *members)
{
    ConnectWorker present[WORKERS];
    int32_t count = 0;
    for (int w = 0; w < WORKERS; w++) {
        story->there[w] = strchr(members, NAMES[w][0]) != NULL;
        if (!story->there[w]) {
            forget(story, w);
            continue;
        }
        for (int k = 0; k < CONNECT_KINDS; k++) {
            g_array_set_size(story->workers[w].start[k], 0);
            g_array_set_size(story->workers[w].stop[k], 0);
        }
        present[count++] = story->workers[w];
    }
    story->delay = connect_assignor_assign(story->assignor,
                                           story->now,
                                           story->configured,
                                           present,
                                           count,
                                           story->generation,
                                           story->generation + 1);
    story->generation++;
}

static char *told(const Story *story)
{
    GString *text = g_string_new(NULL);
    for (int w = 0; w < WORKERS; w++) {
        const ConnectWorker *worker = &story->workers[w];
        if (!story->there[w]) {
            continue;
        }
        g_string_append_printf(text, "%s%s:", text->len > 0 ? "; " : "", worker->id);
        for (guint i = 0; i < worker->runs[CONNECT_CONNECTOR]->len; i++) {
            g_string_append_printf(
                text, " c%d", g_array_index(worker->runs[CONNECT_CONNECTOR], int32_t, i));
        }
        for (guint i = 0; i < worker->runs[CONNECT_TASK]->len; i++) {
            g_string_append_printf(
                text, " %d", g_array_index(worker->runs[CONNECT_TASK], int32_t, i));
        }
    }
    return g_string_free(text, FALSE);
}

static void expect(Story *story, const char *members, const char *then, SimDuration delay)
{
    rebalance(story, members);
    g_autofree char *got = told(story);
    ck_assert_str_eq(got, then);
    ck_assert_int_eq(story->delay, delay);
}

START_TEST(new_units_go_in_turn_to_the_least_loaded)
{
    Story story = begin(SIM_SEC(300), 1, 5);
    expect(&story, "AB", "A: c0 0 2 4; B: 1 3", 0);
    story.configured[CONNECT_TASK] = 8;
    expect(&story, "AB", "A: c0 0 2 4 7; B: 1 3 5 6", 0);
    end(&story);
}
END_TEST

START_TEST(a_new_worker_gets_its_share_in_two_rebalances)
{
    Story story = begin(SIM_SEC(300), 0, 6);
    expect(&story, "AB", "A: 0 2 4; B: 1 3 5", 0);
    expect(&story, "ABC", "A: 2 4; B: 3 5; C:", 0);
    expect(&story, "ABC", "A: 2 4; B: 3 5; C: 0 1", 0);
    end(&story);
}
END_TEST

START_TEST(what_a_missing_worker_ran_waits_for_the_whole_delay)
{
    Story story = begin(SIM_SEC(300), 1, 6);
    expect(&story, "ABC", "A: c0 0 3; B: 1 4; C: 2 5", 0);
    expect(&story, "AB", "A: c0 0 3; B: 1 4", SIM_SEC(300));
    story.now = SIM_SEC(100); /* another rebalance keeps the deadline */
    expect(&story, "AB", "A: c0 0 3; B: 1 4", SIM_SEC(200));
    story.now = SIM_SEC(300);
    expect(&story, "AB", "A: c0 0 3 2; B: 1 4 5", 0);
    end(&story);
}
END_TEST

START_TEST(a_worker_that_is_back_in_time_gets_at_the_deadline_what_it_had)
{
    Story story = begin(SIM_SEC(300), 0, 6);
    expect(&story, "ABC", "A: 0 3; B: 1 4; C: 2 5", 0);
    expect(&story, "AB", "A: 0 3; B: 1 4", SIM_SEC(300));
    story.now = SIM_SEC(10);
    expect(&story, "ABC", "A: 0 3; B: 1 4; C:", SIM_SEC(290));
    story.now = SIM_SEC(300);
    expect(&story, "ABC", "A: 0 3; B: 1 4; C: 2 5", 0);
    end(&story);
}
END_TEST

START_TEST(without_a_delay_lost_units_move_at_once)
{
    Story story = begin(0, 0, 6);
    expect(&story, "ABC", "A: 0 3; B: 1 4; C: 2 5", 0);
    expect(&story, "AB", "A: 0 3 2; B: 1 4 5", 0);
    end(&story);
}
END_TEST

START_TEST(an_assignment_that_did_not_arrive_is_given_again)
{
    Story story = begin(SIM_SEC(300), 0, 4);
    expect(&story, "AB", "A: 0 2; B: 1 3", 0);
    forget(&story, 1); /* it never got the answer, but is still a member */
    expect(&story, "AB", "A: 0 2; B: 1 3", 0);
    end(&story);
}
END_TEST

START_TEST(a_second_revoking_round_in_a_row_backs_off)
{
    Story story = begin(SIM_SEC(300), 0, 8);
    expect(&story, "A", "A: 0 1 2 3 4 5 6 7", 0);
    expect(&story, "AB", "A: 4 5 6 7; B:", 0);
    /* C joins in the follow-up: what is free goes to B and C, A has still too much */
    expect(&story, "ABC", "A: 4 5 6 7; B: 0 2; C: 1 3", SIM_MS(40));
    story.now = SIM_MS(40);
    expect(&story, "ABC", "A: 5 6 7; B: 0 2; C: 1 3", 0);
    expect(&story, "ABC", "A: 5 6 7; B: 0 2 4; C: 1 3", 0);
    end(&story);
}
END_TEST

START_TEST(deleted_units_stop_everywhere)
{
    Story story = begin(SIM_SEC(300), 0, 4);
    expect(&story, "AB", "A: 0 2; B: 1 3", 0);
    story.configured[CONNECT_TASK] = 2;
    expect(&story, "AB", "A: 0; B: 1", 0);
    end(&story);
}
END_TEST

/* A leader that dies takes its memory along: the next one treats lost units as new. */
START_TEST(a_new_leader_knows_nothing_of_lost_units)
{
    Story story = begin(SIM_SEC(300), 0, 6);
    expect(&story, "ABC", "A: 0 3; B: 1 4; C: 2 5", 0);
    connect_assignor_free(story.assignor);
    story.assignor = connect_assignor_new(SIM_SEC(300));
    expect(&story, "BC", "B: 1 4 0; C: 2 5 3", 0);
    end(&story);
}
END_TEST

START_TEST(eagerly_connectors_and_then_tasks_go_round_the_workers_by_id)
{
    const int32_t configured[] = {2, 5};
    ConnectWorker workers[3];
    connect_worker_init(&workers[0], "w2");
    connect_worker_init(&workers[1], "w3");
    connect_worker_init(&workers[2], "w1");
    connect_assign_eagerly(configured, workers, 3);
    /* w1: connector 0, tasks 1 and 4; w2: connector 1, task 2; w3: tasks 0 and 3 */
    const int32_t tasks[3][2] = {{2, -1}, {0, 3}, {1, 4}};
    const guint connectors[] = {1, 0, 1};
    for (int w = 0; w < 3; w++) {
        ck_assert_uint_eq(workers[w].start[CONNECT_CONNECTOR]->len, connectors[w]);
        ck_assert_int_eq(g_array_index(workers[w].start[CONNECT_TASK], int32_t, 0), tasks[w][0]);
        ck_assert_uint_eq(workers[w].start[CONNECT_TASK]->len, tasks[w][1] < 0 ? 1 : 2);
        if (tasks[w][1] >= 0) {
            ck_assert_int_eq(g_array_index(workers[w].start[CONNECT_TASK], int32_t, 1),
                             tasks[w][1]);
        }
        connect_worker_clear(&workers[w]);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *made = suite_create("Connect's assignor");
    TCase *stories = tcase_create("KIP-415");
    tcase_add_test(stories, new_units_go_in_turn_to_the_least_loaded);
    tcase_add_test(stories, a_new_worker_gets_its_share_in_two_rebalances);
    tcase_add_test(stories, what_a_missing_worker_ran_waits_for_the_whole_delay);
    tcase_add_test(stories, a_worker_that_is_back_in_time_gets_at_the_deadline_what_it_had);
    tcase_add_test(stories, without_a_delay_lost_units_move_at_once);
    tcase_add_test(stories, an_assignment_that_did_not_arrive_is_given_again);
    tcase_add_test(stories, a_second_revoking_round_in_a_row_backs_off);
    tcase_add_test(stories, deleted_units_stop_everywhere);
    tcase_add_test(stories, a_new_leader_knows_nothing_of_lost_units);
    tcase_add_test(stories, eagerly_connectors_and_then_tasks_go_round_the_workers_by_id);
    suite_add_tcase(made, stories);
    return made;
}

int main(void)
{
    return run_suite(suite());
}
