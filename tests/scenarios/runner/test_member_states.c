/* test_member_states.c - what assignments.csv and the story say of members in trouble. */
#include "scenarios/runner/results/results.h"
#include "tests/run_suite.h"
#include "tests/scenarios/runner/story.h"

#define SMALL                                                                                      \
    "'duration': '40s', 'cluster': {'brokers': 3, 'controllers': 1, "                              \
    "'config': {'offsets.topic.num.partitions': 1}}, "                                             \
    "'topics': [{'name': 'orders', 'partitions': 1, 'replication.factor': 1}], "                   \
    "'producers': [{'name': 'shop', 'topic': 'orders', 'rate': '50/s', 'start': '8s'}]"

#define POISON(retries)                                                                            \
    SMALL ", 'groups': [{'name': 'g', 'topics': ['orders'], 'members': [{'name': 'm'}], "          \
          "'process': {'poison': {'offset': 100, 'backoff': '1s', 'retries': " retries "}}, "      \
          "'config': {'max.poll.interval.ms': 10000, 'session.timeout.ms': 6000, "                 \
          "'auto.offset.reset': 'earliest'}}]"

static char *table_of(const Story *story, void (*file)(const Run *run, GString *out))
{
    const Run run = {.scenario = story->scenario,
                     .cluster = story->cluster,
                     .report = cluster_report(story->cluster)};
    GString *out = g_string_new(NULL);
    file(&run, out);
    return g_string_free(out, FALSE);
}

static int count_of(const char *text, const char *words)
{
    int count = 0;
    for (const char *at = strstr(text, words); at != NULL; at = strstr(at + 1, words)) {
        count++;
    }
    return count;
}

/* One row when it begins, however often it is tried. */
START_TEST(a_member_that_tries_a_record_again_says_so)
{
    Story story = story_run(POISON("4"), 1);
    g_autofree char *rows = table_of(&story, results_assignments_csv);
    ck_assert_int_eq(count_of(rows, ",g,m,retrying,1,orders-0,"), 1);
    ck_assert_int_eq(count_of(rows, ",g,m,consuming,1,orders-0,"), 2);
    ck_assert_ptr_null(strstr(rows, "left"));
    story_end(&story);
}
END_TEST

/* It has left, though its application goes on with the record, of which one try begins in the very
 * moment in which max.poll.interval.ms is over. */
START_TEST(who_left_while_it_retried_has_left)
{
    Story story = story_run(POISON("14"), 1);
    g_autofree char *rows = table_of(&story, results_assignments_csv);
    const char *left = strstr(rows, ",g,m,left,");
    ck_assert_int_eq(count_of(rows, ",g,m,retrying,1,orders-0,"), 1);
    ck_assert_ptr_nonnull(left);
    ck_assert_ptr_eq(strstr(left + 1, ",g,m,"), strstr(left, ",g,m,joining,"));
    story_end(&story);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("states of members");
    TCase *tests = tcase_create("members");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, a_member_that_tries_a_record_again_says_so);
    tcase_add_test(tests, who_left_while_it_retried_has_left);
    return run_suite(suite);
}
