/* test_plot_marks.c - names, numbers and colours in the overview do not mislead. */
#include "plots/figure/figure.h"
#include "plots/plot.h"
#include "tests/plots/support/drawn.h"
#include "tests/run_suite.h"

#include <stdlib.h>

static const char faults_near_each_other[] = "from_ms,to_ms,label\n"
                                             "10000.000,10000.000,broker 1 crashes\n"
                                             "11000.000,11000.000,broker 2 crashes\n"
                                             "12000.000,12000.000,broker 3 crashes\n";

START_TEST(no_dotted_line_runs_through_a_name)
{
    char *dir = scratch_copy("crash");
    char *script;

    scratch_write(dir, "faults.csv", faults_near_each_other);
    script = drawn(dir, "plots/overview.gp");
    ck_assert_ptr_nonnull(strstr(script, "arrow 1 nohead from 10/t, -0.5 to 10/t"));
    ck_assert_ptr_nonnull(strstr(script, "arrow 2 nohead from 11/t, 0.5 to 11/t"));
    ck_assert_ptr_nonnull(strstr(script, "arrow 3 nohead from 12/t, 1.5 to 12/t"));
    free(script);
    expect_drawn(dir, "plots/overview-faults.tsv", "12\t12\t2\t>\tbroker 3 crashes");
    scratch_free(dir);
}
END_TEST

/* Two pictures side by side: broker 3 is green in both, though one of them has no broker 2. */
START_TEST(a_broker_has_its_own_colour_whoever_else_leads)
{
    char *dir = scratch_copy("crash");
    char *script;

    scratch_write(dir,
                  "leaders.csv",
                  "time_ms,topic,partition,leader,leader_epoch,isr,why\n"
                  "0.000,orders,0,1,0,1 3,created\n"
                  "0.000,orders,1,3,0,3 1,created\n");
    script = drawn(dir, "plots/overview.gp");
    ck_assert_ptr_nonnull(strstr(script, "rgb '#009E73' title 'broker 3'"));
    ck_assert_ptr_nonnull(strstr(script, "rgb '#0072B2' title 'broker 1'"));
    free(script);
    scratch_free(dir);
}
END_TEST

/* Towers at 15 and 15.5 s of 30: the number stands right of both. */
START_TEST(the_number_of_a_peak_stands_clear_of_the_next_one)
{
    char *dir = scratch_copy("crash");
    GString *metrics = g_string_new("time_ms,metric,where,value\n");
    int sent = 0;

    for (int i = 0; i <= 300; i++) {
        sent += i > 100 && i < 150 ? 0 : i == 150 ? 2500 : i == 155 ? 2000 : 50;
        g_string_append_printf(
            metrics, "%d.000,kafkasim.producer.acked.records,producer=p,%d\n", i * 100, sent);
    }
    scratch_write(dir, "metrics.csv", metrics->str);
    expect_drawn(dir, "plots/overview.gp", "'▲ 25,000' at 15.55/t");
    g_string_free(metrics, TRUE);
    scratch_free(dir);
}
END_TEST

START_TEST(replicas_that_differ_reach_the_title)
{
    char *dir = scratch_copy("crash");

    scratch_edit(dir,
                 "summary.json",
                 "\"complete\": true",
                 "\"complete\": true, \"partitions\": [{\"replicas_diverged\": 1}]");
    expect_drawn(
        dir, "plots/overview.gp", "lost, 1 replica diverged, longest wait without any ack");
    scratch_free(dir);
}
END_TEST

START_TEST(a_title_takes_as_many_lines_as_it_needs)
{
    char *dir = scratch_copy("crash");
    char *script;

    scratch_edit(dir,
                 "summary.json",
                 "\"partitions\": []",
                 "\"partitions\": [{\"replicas_diverged\": 12345}]");
    scratch_edit(dir, "summary.json", "\"duplicated\": 0", "\"duplicated\": 123456");
    script = drawn(dir, "plots/overview.gp");
    ck_assert_ptr_nonnull(
        strstr(script, "'broker 2 crashes, member billing-1 crashes:' at screen"));
    ck_assert_ptr_nonnull(strstr(script,
                                 "'0 of 351,158 acknowledged records lost, 123,456 duplicated, "
                                 "12,345 replicas diverged,' at screen"));
    ck_assert_ptr_nonnull(strstr(script, "'longest wait without any ack 2.1 s' at screen"));
    g_free(script);
    scratch_free(dir);
}
END_TEST

START_TEST(a_short_beginning_has_no_line_of_its_own_where_the_rest_needs_the_room)
{
    char *dir = scratch_copy("crash");
    Figure *figure = figure_new("long", "A long title.");
    GError *error = NULL;
    char *script;

    figure->title = g_strdup("broker 1 crashes: one, two, three, four, five, six, seven, eight, "
                             "nine, ten, eleven, twelve, thirteen, fourteen, fifteen, sixteen, "
                             "seventeen, eighteen, nineteen, twenty, twenty-one, twenty-two, "
                             "twenty-three, twenty-four, twenty-five, twenty-six");
    figure->subtitle = g_strdup("seed 1");
    figure->axis_label = g_strdup("time");
    figure_add_panel(figure, "nothing", 100);
    assert_draws(figure_draw(figure, dir, &scripts_only, &error), error);
    script = scratch_read(dir, "plots/long.gp");
    ck_assert_ptr_nonnull(strstr(script,
                                 "'broker 1 crashes: one, two, three, four, five, six, seven, "
                                 "eight, nine, ten, eleven, twelve, thirteen,' at screen"));
    ck_assert_ptr_nonnull(
        strstr(script, "'twenty-three, twenty-four, twenty-five, twenty-six' at screen"));
    g_free(script);
    figure_free(figure);
    scratch_free(dir);
}
END_TEST

/* A wait before the fault is not of its doing: the moment tells. */
START_TEST(the_longest_wait_is_told_with_its_moment)
{
    char *dir = scratch_copy("crash");

    scratch_edit(
        dir,
        "summary.json",
        "\"partitions\": []",
        "\"partitions\": [{\"longest_ack_gap_ms\": 12.5, \"longest_ack_gap_from_ms\": 300.0},"
        "{\"longest_ack_gap_ms\": 2110.5, \"longest_ack_gap_from_ms\": 10001.5}]");
    expect_drawn(dir, "plots/overview.gp", "lost, longest wait without any ack 2.1 s (at 10 s)'");
    scratch_free(dir);
}
END_TEST

/* Two partitions in one moment are one mark; a red line runs down from its name. */
START_TEST(committed_records_that_are_lost_have_a_mark)
{
    char *dir = scratch_copy("crash");
    char *text;

    scratch_edit(dir,
                 "summary.json",
                 "\"complete\": true",
                 "\"complete\": true, \"losses\": ["
                 "{\"time_ms\": 20000.0, \"from\": 500, \"to\": 1999, "
                 "\"reason\": \"unclean election\"},"
                 "{\"time_ms\": 20400.0, \"from\": 7, \"to\": 7, "
                 "\"reason\": \"unclean election\"},"
                 "{\"time_ms\": 20450.0, \"from\": 7, \"to\": 90, \"records\": 12, "
                 "\"reason\": \"unclean election\"},"
                 "{\"time_ms\": 20460.0, \"until_ms\": 28600.0, \"records\": 4, \"acks\": 0, "
                 "\"reason\": \"no broker handled them\"},"
                 "{\"time_ms\": 20500.0, \"from\": 3, \"to\": 3, \"reason\": \"it's `x`\"}]");
    text = drawn(dir, "plots/overview-faults.tsv");
    ck_assert_ptr_nonnull(strstr(text, "\t✖ 1,501 committed records lost: unclean election\t"));
    ck_assert_ptr_nonnull(strstr(text, "\t✖ 1 committed record lost: it's `x`\t"));
    ck_assert_ptr_nonnull(strstr(text, "\t✖ 12 acknowledged records lost: unclean election\t"));
    ck_assert_ptr_nonnull(
        strstr(text, "\t✖ 4 records lost until 28.6 s: acks=0, no broker handled them\t"));
    free(text);
    text = drawn(dir, "plots/overview.gp");
    ck_assert_ptr_nonnull(strstr(text, "height back linewidth 1.8 linecolor rgb '#B00020'"));
    assert_quoted(text);
    free(text);
    scratch_free(dir);
}
END_TEST

START_TEST(truncated_logs_have_a_mark)
{
    static const char events[] =
        "{\"id\":1,\"cause\":0,\"t\":\"9.000000000\",\"actor\":\"broker-2\","
        "\"what\":\"process death\",\"detail\":\"crash\"}\n"
        "{\"id\":2,\"cause\":1,\"t\":\"20.000000000\",\"actor\":\"broker-2\",\"what\":\"truncate\","
        "\"detail\":\"orders-0 to 500: 1500 records go, the leader's epoch ends there\"}\n"
        "{\"id\":3,\"cause\":1,\"t\":\"25.000000000\",\"actor\":\"broker-2\",\"what\":\"truncate\","
        "\"detail\":\"orders-0 to 4: 1 record goes, its own high watermark\"}\n"
        "{\"id\":4,\"cause\":1,\"t\":\"25.100000000\",\"actor\":\"broker-3\",\"what\":\"truncate\","
        "\"detail\":\"orders-1 to 4: 2 records go, its own high watermark\"}\n"
        "{\"what\":\"truncate\", cut short\n";
    char *dir = scratch_copy("crash");
    char *text;

    scratch_write(dir, "events.jsonl", events);
    text = drawn(dir, "plots/overview-faults.tsv");
    ck_assert_ptr_nonnull(strstr(text, "\t✂ broker 2 truncates 1,500 records\t"));
    ck_assert_ptr_nonnull(strstr(text, "\t✂ 2 logs are truncated by 3 records\t"));
    ck_assert_uint_eq(count_of(text, "✂"), 2);
    free(text);
    scratch_free(dir);
}
END_TEST

/* Latencies of each sample up to 10 s, then one at 20 s. */
START_TEST(a_latency_that_stands_alone_is_drawn)
{
    char *dir = scratch_copy("crash");
    GString *metrics = g_string_new("time_ms,metric,where,value\n");

    for (int i = 0; i <= 300; i++) {
        g_string_append_printf(metrics,
                               "%d.000,kafkasim.producer.latency.p99,producer=p,%d\n",
                               i * 100,
                               i <= 100   ? 5000
                               : i == 200 ? 9000000
                                          : 0);
    }
    scratch_write(dir, "metrics.csv", metrics->str);
    expect_drawn(dir, "plots/overview.gp", "index 1 using ($1/t):($2/1) with points pointtype 5");
    expect_drawn(dir, "plots/overview-latency.tsv", "# : time s, value\n20\t9000\n\n");
    g_string_free(metrics, TRUE);
    scratch_free(dir);
}
END_TEST

/* Half of the words of a story stood for "and 7 more events" before. */
START_TEST(the_title_names_as_many_events_as_a_line_holds)
{
    char *dir = scratch_copy("crash");

    scratch_write(dir,
                  "faults.csv",
                  "from_ms,to_ms,label\n"
                  "1000.000,2000.000,broker 3 pauses\n"
                  "2000.000,2000.000,broker 3 resumes\n"
                  "3000.000,3000.000,broker 2 loses power\n"
                  "4000.000,5000.000,broker 3 pauses\n"
                  "6000.000,6000.000,broker 1 loses power\n"
                  "7000.000,7000.000,unclean election of orders-0\n"
                  "8000.000,8000.000,unclean election of orders-1\n"
                  "9000.000,9000.000,unclean election of orders-1\n");
    expect_drawn(dir,
                 "plots/overview.gp",
                 "'broker 3 pauses (2 times), broker 2 loses power, broker 1 loses "
                 "power and 3 more:'");
    scratch_free(dir);
}
END_TEST

START_TEST(faults_by_chance_say_so_once)
{
    char *dir = scratch_copy("crash");
    char *text;

    scratch_write(dir,
                  "faults.csv",
                  "from_ms,to_ms,label\n"
                  "3000.000,3000.000,broker 2 loses power\n"
                  "4000.000,5000.000,broker 3 pauses (by chance)\n");
    text = drawn(dir, "plots/overview.gp");
    ck_assert_ptr_nonnull(strstr(text, "'broker 2 loses power, broker 3 pauses:'"));
    ck_assert_uint_eq(count_of(text, "by chance"), 1);
    ck_assert_ptr_nonnull(strstr(text, "'* by chance, from the seed.'"));
    free(text);
    text = drawn(dir, "plots/overview-faults.tsv");
    ck_assert_ptr_nonnull(strstr(text, "\tbroker 2 loses power\t"));
    ck_assert_ptr_nonnull(strstr(text, "\tbroker 3 pauses *\t"));
    free(text);
    scratch_free(dir);
}
END_TEST

START_TEST(many_faults_by_chance_are_a_number)
{
    char *dir = scratch_copy("crash");
    char *text;

    scratch_write(dir,
                  "faults.csv",
                  "from_ms,to_ms,label\n"
                  "3000.000,4000.000,broker 2 crashes (by chance)\n"
                  "4000.000,4000.000,broker 2 starts (by chance)\n"
                  "5000.000,6000.000,broker 3 pauses (by chance)\n"
                  "7000.000,8000.000,broker 1 stops (by chance)\n"
                  "9000.000,9500.000,broker 3 pauses (by chance)\n");
    text = drawn(dir, "plots/overview.gp");
    ck_assert_ptr_nonnull(strstr(text, "'4 faults by chance: 0 of"));
    ck_assert_ptr_nonnull(strstr(text, "'All faults are by chance, from the seed.'"));
    free(text);
    expect_drawn(dir, "plots/overview-faults.tsv", "\tbroker 3 pauses\t");
    scratch_free(dir);
}
END_TEST

/* Four ends at 11 s would take the last rows. */
START_TEST(ends_of_faults_push_no_beginning_out)
{
    char *dir = scratch_copy("crash");
    char *text;

    scratch_write(dir,
                  "faults.csv",
                  "from_ms,to_ms,label\n"
                  "10000.000,11000.000,broker 1 crashes\n"
                  "10100.000,11000.000,broker 2 crashes\n"
                  "10200.000,11000.000,broker 3 crashes\n"
                  "10300.000,11000.000,broker 4 crashes\n"
                  "11000.000,11000.000,broker 1 starts\n"
                  "11000.000,11000.000,broker 2 starts\n"
                  "11000.000,11000.000,broker 3 starts\n"
                  "11000.000,11000.000,broker 4 starts\n"
                  "11100.000,11100.000,broker 5 stops\n");
    text = drawn(dir, "plots/overview-faults.tsv");
    ck_assert_ptr_nonnull(strstr(text, "\tbroker 5 stops\t"));
    ck_assert_ptr_nonnull(strstr(text, "\tbroker 1 starts\t"));
    free(text);
    scratch_free(dir);
}
END_TEST

/* Axes from 0 to 2 with a line along the bottom. */
START_TEST(a_group_that_never_lags_has_no_panel_of_zeros)
{
    char *dir = scratch_copy("crash");
    char *script;

    scratch_write(dir,
                  "metrics.csv",
                  "time_ms,metric,where,value\n"
                  "0.000,kafkasim.group.consumed.records,group=g,0\n"
                  "0.000,kafkasim.group.lag,group=g,0\n"
                  "9000.000,kafkasim.group.consumed.records,group=g,0\n"
                  "9000.000,kafkasim.group.lag,group=g,0\n");
    script = drawn(dir, "plots/overview.gp");
    ck_assert_ptr_null(strstr(script, "Consumer lag"));
    ck_assert_ptr_null(strstr(script, "Throughput"));
    free(script);
    scratch_free(dir);
}
END_TEST

START_TEST(leaders_that_never_changed_are_not_said_to_have)
{
    char *dir = scratch_copy("crash");
    GString *leaders = g_string_new("time_ms,topic,partition,leader,leader_epoch,isr,why\n");
    char *script;

    for (int i = 0; i < 12; i++) {
        g_string_append_printf(leaders, "0.000,orders,%d,1,0,1 2 3,created\n", i);
    }
    scratch_write(dir, "leaders.csv", leaders->str);
    script = drawn(dir, "plots/overview.gp");
    ck_assert_ptr_nonnull(strstr(script, "'Leader of each partition (6 of 12, none changed)'"));
    ck_assert_ptr_nonnull(strstr(script, "'orders-5' 5)"));
    free(script);
    g_string_free(leaders, TRUE);
    scratch_free(dir);
}
END_TEST

START_TEST(no_curve_of_records_is_dashed)
{
    char *dir = scratch_copy("crash");
    char *script = drawn(dir, "plots/overview.gp");

    ck_assert_ptr_nonnull(strstr(script, "with lines linewidth 3 linecolor rgb blue title 'ack"));
    ck_assert_ptr_nonnull(strstr(script, "linewidth 1.5 linecolor rgb orange title 'consumed'"));
    ck_assert_ptr_null(strstr(script, "dashtype 2"));
    free(script);
    scratch_free(dir);
}
END_TEST

/* The line of the loss begins below the name of the end before it. */
START_TEST(marks_stand_in_the_order_of_time)
{
    char *dir = scratch_copy("crash");
    char *text;

    scratch_write(dir,
                  "faults.csv",
                  "from_ms,to_ms,label\n"
                  "10000.000,10500.000,broker 1 loses power\n"
                  "10500.000,10500.000,broker 1 starts\n");
    scratch_edit(dir,
                 "summary.json",
                 "\"complete\": true",
                 "\"complete\": true, \"losses\": [{\"time_ms\": 12000.0, \"from\": 5, "
                 "\"to\": 9, \"reason\": \"power cut\"}]");
    text = drawn(dir, "plots/overview-faults.tsv");
    ck_assert_ptr_nonnull(strstr(text, "10\t10.5\t0\t>\tbroker 1 loses power\t"));
    ck_assert_ptr_nonnull(strstr(text, "10.5\t10.5\t1\t>\tbroker 1 starts\t"));
    ck_assert_ptr_nonnull(strstr(text, "12\t12\t2\t>\t✖ 5 committed records lost: power cut\t"));
    free(text);
    scratch_free(dir);
}
END_TEST

START_TEST(the_warm_up_is_said_where_latency_begins_late)
{
    char *dir = scratch_copy("crash");
    char *script = drawn(dir, "plots/overview.gp");

    ck_assert_ptr_nonnull(strstr(
        script, "'Produce latency in each 250 ms, after the warm-up of 2 s (ms, log axis)'"));
    free(script);
    scratch_edit(dir, "summary.json", "\"warmup_ms\": 2000", "\"warmup_ms\": 0.000");
    expect_drawn(dir, "plots/overview.gp", "'Produce latency in each 250 ms (ms, log axis)'");
    scratch_free(dir);
}
END_TEST

/* A whole decade for 6 to 9 ms left most of the panel empty. */
START_TEST(a_log_axis_ends_near_its_values)
{
    char *dir = scratch_copy("crash");

    scratch_write(dir,
                  "metrics.csv",
                  "time_ms,metric,where,value\n"
                  "0.000,kafkasim.producer.latency.p99,producer=p,6000\n"
                  "9000.000,kafkasim.producer.latency.p99,producer=p,9000\n");
    expect_drawn(
        dir, "plots/overview.gp", "set yrange [5:10]\nset ytics nomirror ('5' 5, '10' 10)");
    scratch_write(dir,
                  "metrics.csv",
                  "time_ms,metric,where,value\n"
                  "0.000,kafkasim.producer.latency.p99,producer=p,10100\n"
                  "9000.000,kafkasim.producer.latency.p99,producer=p,9000000\n");
    expect_drawn(dir,
                 "plots/overview.gp",
                 "set yrange [5:20000]\nset ytics nomirror ('10' 10, '100' 100, '1,000' 1000, "
                 "'10,000' 10000)\n");
    scratch_free(dir);
}
END_TEST

static TCase *marks_case(void)
{
    TCase *tcase = tcase_create("marks");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, no_dotted_line_runs_through_a_name);
    tcase_add_test(tcase, a_broker_has_its_own_colour_whoever_else_leads);
    tcase_add_test(tcase, the_number_of_a_peak_stands_clear_of_the_next_one);
    tcase_add_test(tcase, replicas_that_differ_reach_the_title);
    tcase_add_test(tcase, a_title_takes_as_many_lines_as_it_needs);
    tcase_add_test(tcase, a_short_beginning_has_no_line_of_its_own_where_the_rest_needs_the_room);
    tcase_add_test(tcase, the_longest_wait_is_told_with_its_moment);
    tcase_add_test(tcase, committed_records_that_are_lost_have_a_mark);
    tcase_add_test(tcase, truncated_logs_have_a_mark);
    tcase_add_test(tcase, a_latency_that_stands_alone_is_drawn);
    tcase_add_test(tcase, the_title_names_as_many_events_as_a_line_holds);
    tcase_add_test(tcase, faults_by_chance_say_so_once);
    tcase_add_test(tcase, many_faults_by_chance_are_a_number);
    tcase_add_test(tcase, ends_of_faults_push_no_beginning_out);
    tcase_add_test(tcase, marks_stand_in_the_order_of_time);
    tcase_add_test(tcase, a_group_that_never_lags_has_no_panel_of_zeros);
    tcase_add_test(tcase, leaders_that_never_changed_are_not_said_to_have);
    tcase_add_test(tcase, no_curve_of_records_is_dashed);
    tcase_add_test(tcase, a_log_axis_ends_near_its_values);
    tcase_add_test(tcase, the_warm_up_is_said_where_latency_begins_late);
    return tcase;
}

int main(void)
{
    Suite *suite = suite_create("plot marks");
    suite_add_tcase(suite, marks_case());
    return run_suite(suite);
}
