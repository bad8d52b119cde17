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

/* Several share a broker; the first six rows were of one. */
START_TEST(still_leaders_show_each_broker)
{
    char *dir = scratch_copy("crash");
    GString *leaders = g_string_new("time_ms,topic,partition,leader,leader_epoch,isr,why\n");
    char *script;

    for (int i = 0; i < 12; i++) {
        g_string_append_printf(leaders, "0.000,orders,%d,%d,0,1,created\n", i, i < 8 ? 1 : i);
    }
    scratch_write(dir, "leaders.csv", leaders->str);
    script = drawn(dir, "plots/overview.gp");
    ck_assert_ptr_nonnull(strstr(script, "'orders-0' 0, 'orders-1' 1, 'orders-8' 2, 'orders-9' 3"));
    ck_assert_ptr_nonnull(strstr(script, "title 'broker 11'"));
    g_free(script);
    g_string_free(leaders, TRUE);
    scratch_free(dir);
}
END_TEST

/* In the order of the scenario, and what they have in few letters where there is little room. */
START_TEST(rows_of_members_are_in_order_and_none_is_empty)
{
    char *dir = scratch_copy("crash");
    char *text;

    scratch_edit(dir,
                 "scenario.json",
                 "\"version\": 1",
                 "\"version\": 1, \"groups\": [{\"members\": [{\"name\": \"x\"}, "
                 "{\"name\": \"a\"}]}]");
    scratch_write(dir,
                  "assignments.csv",
                  MEMBERS "0.000,g,a,consuming,1,orders-0 orders-2 orders-4 orders-6,\n"
                          "0.000,h,other,idle,1,,\n"
                          "1000.000,g,a,consuming,1,orders-0,\n"
                          "2000.000,g,x,consuming,1,orders-1,\n");
    text = drawn(dir, "plots/overview-members.tsv");
    ck_assert_ptr_nonnull(strstr(text, "\n0\t1\t1\tconsuming\t×4\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n2\t30\t0\tconsuming\t1\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n0\t30\t2\tidle\tidle\n"));
    g_free(text);
    expect_drawn(dir, "plots/overview.gp", "'Members: ×2 are two partitions or tasks.'");
    scratch_free(dir);
}
END_TEST

/* One reader comes twice, at 15 and at 25 s. */
START_TEST(each_peak_above_the_axis_is_marked)
{
    char *dir = scratch_copy("crash");
    GString *metrics = g_string_new("time_ms,metric,where,value\n");

    for (int i = 0; i <= 300; i++) {
        g_string_append_printf(metrics,
                               "%d.000,kafkasim.producer.acked.records,producer=p,%d\n"
                               "%d.000,kafkasim.group.consumed.records,group=g,%d\n",
                               i * 100,
                               50 * i,
                               i * 100,
                               i < 150   ? 0
                               : i < 250 ? 9000
                                         : 15000);
    }
    scratch_write(dir, "metrics.csv", metrics->str);
    expect_drawn(dir,
                 "plots/overview-throughput.tsv",
                 "# above the axis: time s, value\n14.95\t576\n24.95\t576\n\n");
    expect_drawn(
        dir, "plots/overview.gp", "'Throughput, consumed as poll() returns it (records/s)'");
    g_string_free(metrics, TRUE);
    scratch_free(dir);
}
END_TEST

START_TEST(the_lag_of_a_share_group_is_from_its_start_offset)
{
    char *dir = scratch_copy("crash");

    expect_drawn(dir, "plots/overview.gp", "'Consumer lag, from the position read (");
    scratch_edit(dir,
                 "summary.json",
                 "\"state\": \"Stable\"",
                 "\"state\": \"Stable\", \"share\": {\"acquired\": 1}");
    expect_drawn(dir, "plots/overview.gp", "'Consumer lag, from the start offset (");
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
    tcase_add_test(tcase, still_leaders_show_each_broker);
    tcase_add_test(tcase, rows_of_members_are_in_order_and_none_is_empty);
    tcase_add_test(tcase, each_peak_above_the_axis_is_marked);
    tcase_add_test(tcase, the_lag_of_a_share_group_is_from_its_start_offset);
    return tcase;
}

int main(void)
{
    Suite *suite = suite_create("plot words");
    suite_add_tcase(suite, words_case());
    return run_suite(suite);
}
