/* test_plot_words.c - title and subtitle hide nothing that the summary knows. */
#include "plots/plot.h"
#include "tests/plots/support/drawn.h"
#include "tests/run_suite.h"

START_TEST(skipped_records_reach_the_title)
{
    char *dir = scratch_copy("crash");

    scratch_edit(
        dir, "summary.json", "\"state\": \"Stable\"", "\"state\": \"Stable\", \"skipped\": 1323");
    expect_drawn(dir, "plots/overview.gp", "acknowledged records lost, 1,323 skipped by billing,");
    scratch_edit(dir,
                 "summary.json",
                 "\"groups\": [",
                 "\"groups\": [{\"name\": \"audit\", \"skipped\": 2, \"given_up\": 3, "
                 "\"dead_lettered\": 1}, ");
    expect_drawn(
        dir, "plots/overview.gp", "lost, 1,325 skipped by 2 groups, 3 given up after retries,' at");
    expect_drawn(dir, "plots/overview.gp", "'1 sent to a dead-letter topic, longest wait");
    scratch_free(dir);
}
END_TEST

START_TEST(a_record_that_cannot_be_processed_is_the_cause)
{
    char *dir = scratch_copy("crash");

    scratch_edit(dir,
                 "scenario.json",
                 "\"version\": 1",
                 "\"version\": 1, \"groups\": [{\"process\": {\"poison\": {\"offset\": 9}}}]");
    expect_drawn(dir, "plots/overview.gp", "billing-1 crashes, a record that cannot be processed");
    scratch_write(dir, "faults.csv", "from_ms,to_ms,label\n");
    expect_drawn(dir, "plots/overview.gp", "'A record that cannot be processed:' at screen");
    scratch_free(dir);
}
END_TEST

/* The scenario tells of the start. */
START_TEST(partitions_and_topics_that_are_added_are_told)
{
    char *dir = scratch_copy("crash");

    expect_drawn(dir, "plots/overview.gp", "· orders: 6 partitions × 3 ·");
    scratch_edit(dir, "scenario.json", "\"partitions\": 6", "\"partitions\": 1");
    scratch_edit(dir,
                 "scenario.json",
                 "\"version\": 1",
                 "\"version\": 1, \"timeline\": ["
                 "{\"do\": \"create.topic\", \"topic\": \"orders\"},"
                 "{\"do\": \"create.topic\", \"topic\": \"refused\"},"
                 "{\"do\": \"create.topic\", \"topic\": \"payments\"}]");
    scratch_edit(dir,
                 "summary.json",
                 "\"partitions\": []",
                 "\"partitions\": [{\"topic\": \"orders\"}, {\"topic\": \"orders\"}, "
                 "{\"topic\": \"payments\"}]");
    expect_drawn(dir, "plots/overview.gp", "· orders: 1, at last 2 partitions × 3 and 1 created ·");
    scratch_free(dir);
}
END_TEST

#define MEMBERS "time_ms,group,member,state,generation,partitions,tasks\n"

/* Nobody says when they start: their own start time does, or restart.after. */
START_TEST(members_that_come_and_go_by_themselves_have_a_mark)
{
    char *dir = scratch_copy("crash");
    char *text;

    scratch_write(dir,
                  "faults.csv",
                  "from_ms,to_ms,label\n8000.000,8000.000,m2 closes\n"
                  "12000.000,12000.000,B starts\n");
    scratch_write(dir,
                  "assignments.csv",
                  MEMBERS "0.000,g,m1,consuming,1,orders-0,\n"
                          "100.000,g,m2,consuming,1,orders-1,\n"
                          "5000.000,g,m3,joining,-1,,\n"
                          "5200.000,g,m4,joining,-1,,\n"
                          "8005.000,g,m2,stopped,-1,,\n"
                          "11000.000,g,m2,joining,-1,,\n"
                          "12000.000,g,B-StreamThread-1,joining,-1,,\n"
                          "15000.000,g,m1,retrying,1,orders-0,\n"
                          "20000.000,g,m1,left,-1,,\n");
    text = drawn(dir, "plots/overview-faults.tsv");
    ck_assert_ptr_nonnull(strstr(text, "\tm3, m4 start\t"));
    ck_assert_ptr_nonnull(strstr(text, "\tm2 starts again\t"));
    ck_assert_ptr_nonnull(strstr(text, "\tm1 leaves: it retries for too long\t"));
    ck_assert_uint_eq(count_of(text, "start"), 3);
    ck_assert_uint_eq(count_of(text, "leave"), 1);
    g_free(text);
    expect_drawn(dir, "plots/overview-members.tsv", "\n15\t20\t0\tretrying a record\t0\n");
    scratch_free(dir);
}
END_TEST

/* They come and go with each rebalance of the workers. */
START_TEST(tasks_of_connect_have_no_marks)
{
    char *dir = scratch_copy("crash");

    scratch_write(dir, "faults.csv", "from_ms,to_ms,label\n");
    scratch_edit(dir,
                 "scenario.json",
                 "\"version\": 1",
                 "\"version\": 1, \"connect\": [{\"connectors\": [{\"group\": \"sink\"}]}]");
    scratch_write(dir, "assignments.csv", MEMBERS "5000.000,sink,search-0,joining,-1,,\n");
    g_free(drawn(dir, "plots/overview.gp"));
    ck_assert(!scratch_has(dir, "plots/overview-faults.tsv"));
    scratch_free(dir);
}
END_TEST

static TCase *words_case(void)
{
    TCase *tcase = tcase_create("words");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, skipped_records_reach_the_title);
    tcase_add_test(tcase, a_record_that_cannot_be_processed_is_the_cause);
    tcase_add_test(tcase, partitions_and_topics_that_are_added_are_told);
    tcase_add_test(tcase, members_that_come_and_go_by_themselves_have_a_mark);
    tcase_add_test(tcase, tasks_of_connect_have_no_marks);
    return tcase;
}

int main(void)
{
    Suite *suite = suite_create("plot words");
    suite_add_tcase(suite, words_case());
    return run_suite(suite);
}
