/* test_plot_shown.c - what is shown apart, what is marked, where a row ends. */
#include "plots/plot.h"
#include "tests/plots/support/drawn.h"
#include "tests/run_suite.h"

#include <stdlib.h>

/* The fixture's one producer twice more; there is no group. */
START_TEST(a_few_producers_without_groups_are_shown_apart)
{
    char *dir = scratch_copy("crash");
    char *metrics = scratch_read(dir, "metrics.csv");
    char **lines = g_strsplit(metrics, "\n", -1);
    GString *more = g_string_new("time_ms,metric,where,value\n");
    char *script;

    for (guint i = 1; lines[i] != NULL; i++) {
        char **parts = g_strsplit(lines[i], "producer=checkout", 2);
        if (parts[0] != NULL && parts[1] != NULL) {
            g_string_append_printf(more, "%sproducer=one%s\n", parts[0], parts[1]);
            g_string_append_printf(more, "%sproducer=two%s\n", parts[0], parts[1]);
        }
        g_strfreev(parts);
    }
    scratch_write(dir, "metrics.csv", more->str);
    script = drawn(dir, "plots/overview.gp");
    ck_assert_ptr_nonnull(strstr(script, "Throughput, acknowledged to each producer ("));
    ck_assert_ptr_null(strstr(script, "acks=0: sent"));
    ck_assert_ptr_nonnull(strstr(script, ", p99 of each producer"));
    ck_assert_ptr_nonnull(strstr(script, "title 'one'"));
    ck_assert_ptr_nonnull(strstr(script, "title 'two'"));
    ck_assert_ptr_null(strstr(script, "title 'acknowledged'"));
    free(script);
    scratch_edit(dir, "summary.json", "\"lost\": 0", "\"sent_acks_0\": 9, \"lost\": 0");
    expect_drawn(dir, "plots/overview.gp", "acknowledged to each producer (with acks=0: sent) (");
    g_string_free(more, TRUE);
    g_strfreev(lines);
    free(metrics);
    scratch_free(dir);
}
END_TEST

/* Group g0 consumes most and lags least. */
START_TEST(panels_show_the_same_of_many_groups)
{
    char *dir = scratch_copy("crash");
    GString *metrics = g_string_new("time_ms,metric,where,value\n");
    char *text;

    for (int i = 0; i <= 300; i++) {
        for (int g = 0; g < 9; g++) {
            g_string_append_printf(metrics,
                                   "%d.000,kafkasim.group.consumed.records,group=g%d,%d\n"
                                   "%d.000,kafkasim.group.lag,group=g%d,%d\n",
                                   i * 100,
                                   g,
                                   i * (90 - g),
                                   i * 100,
                                   g,
                                   i * (g + 1));
        }
    }
    scratch_write(dir, "metrics.csv", metrics->str);
    text = drawn(dir, "plots/overview.gp");
    ck_assert_ptr_nonnull(strstr(text, "Throughput, 7 of 9 groups"));
    ck_assert_ptr_nonnull(strstr(text, "from the position read, 7 of 9 groups"));
    ck_assert_uint_eq(count_of(text, "title 'g8'"), 2);
    ck_assert_uint_eq(count_of(text, "title 'g2'"), 2);
    ck_assert_ptr_null(strstr(text, "title 'g1'"));
    free(text);
    g_string_free(metrics, TRUE);
    scratch_free(dir);
}
END_TEST

/* Of a partition whose leader is dead nobody reports that it is under-replicated. */
/* A published bug is a goal that latency is high. */
START_TEST(the_line_of_a_goal_has_its_sign)
{
    char *dir = scratch_copy("crash");
    char *summary = scratch_read(dir, "summary.json");
    char **parts = g_strsplit(summary, "\"op\": \"max\"", 2);
    char *changed = g_strjoinv("\"op\": \"min\"", parts);

    expect_drawn(dir, "plots/overview.gp", "goal p99 ≤ 200 ms");
    scratch_write(dir, "summary.json", changed);
    expect_drawn(dir, "plots/overview.gp", "goal p99 ≥ 200 ms");
    g_free(changed);
    g_strfreev(parts);
    g_free(summary);
    scratch_free(dir);
}
END_TEST

START_TEST(who_counts_short_partitions_is_told)
{
    char *dir = scratch_copy("crash");

    expect_drawn(dir, "plots/overview.gp", "'Under-replicated, as living leaders report");
    scratch_free(dir);
}
END_TEST

static char *in_terminal(const char *dir)
{
    GString *out = g_string_new(NULL);

    ck_assert(plot_terminal(dir, 80, 40, out, NULL));
    return g_string_free(out, FALSE);
}

START_TEST(losses_are_marked_in_the_terminal)
{
    char *dir = scratch_copy("crash");
    char *text;

    scratch_edit(dir,
                 "summary.json",
                 "\"complete\": true",
                 "\"complete\": true, \"losses\": [{\"time_ms\": 20000.0, \"from\": 500, "
                 "\"to\": 1999, \"reason\": \"unclean election\"}]");
    text = in_terminal(dir);
    ck_assert_ptr_nonnull(strstr(text, "✖ 1,500 committed records lost"));
    g_free(text);
    scratch_free(dir);
}
END_TEST

/* What is deleted has no leader to be without; created again it has one again. */
START_TEST(a_deleted_partition_ends)
{
    char *dir = scratch_copy("crash");
    char *text;

    scratch_write(dir,
                  "leaders.csv",
                  "time_ms,topic,partition,leader,leader_epoch,isr,why\n"
                  "0.000,orders,0,1,0,1 3,created\n"
                  "10000.000,orders,0,-1,0,,topic deleted\n"
                  "20000.000,orders,0,1,0,1 3,created\n");
    text = drawn(dir, "plots/overview-leaders.tsv");
    ck_assert_ptr_nonnull(strstr(text, "\n0\t10\t"));
    ck_assert_ptr_nonnull(strstr(text, "\n20\t30\t"));
    ck_assert_ptr_null(strstr(text, "\n10\t"));
    g_free(text);
    text = in_terminal(dir);
    ck_assert_ptr_nonnull(strstr(text, "1111111   "));
    ck_assert_ptr_null(strstr(text, "× = none"));
    ck_assert_ptr_null(strstr(text, "1×"));
    g_free(text);
    scratch_free(dir);
}
END_TEST

#define MEMBERS "time_ms,group,member,state,generation,partitions,tasks\n"

/* A cooperative member reads on, an eager one has given up everything. */
START_TEST(who_reads_on_in_a_rebalance_is_drawn_so)
{
    char *dir = scratch_copy("crash");
    char *text;

    scratch_write(dir,
                  "assignments.csv",
                  MEMBERS "0.000,eager,e,consuming,1,orders-0,\n"
                          "0.000,cooperative,k,consuming,1,orders-0 orders-1,\n"
                          "10000.000,eager,e,rebalancing,1,,\n"
                          "10000.000,cooperative,k,rebalancing,1,orders-0 orders-1,\n");
    text = drawn(dir, "plots/overview-members.tsv");
    ck_assert_ptr_nonnull(strstr(text, "\n10\t30\t0\trebalancing\t \n"));
    ck_assert_ptr_nonnull(strstr(text, "\n10\t30\t1\trebalancing, goes on\t0 1\n"));
    g_free(text);
    expect_drawn(dir,
                 "plots/overview.gp",
                 "border linecolor rgb amber linewidth 3 title "
                 "'rebalancing, goes on'");
    text = in_terminal(dir);
    ck_assert_ptr_nonnull(strstr(text, "━┅"));
    ck_assert_ptr_nonnull(strstr(text, "━r"));
    g_free(text);
    scratch_free(dir);
}
END_TEST

/* "0" says little where the members read several topics; of Connect's tasks there are too many. */
START_TEST(what_a_member_has_is_told_of_which_topic)
{
    char *dir = scratch_copy("crash");
    char *text;

    scratch_write(dir,
                  "assignments.csv",
                  MEMBERS "0.000,a,a-0,consuming,1,orders-0 orders-1,\n"
                          "0.000,b,b-0,consuming,1,payments-0,\n"
                          "29000.000,b,b-0,consuming,1,payments-1,\n"
                          "0.000,c,c-0,running,1,,TASKS: search search-0 search-1\n"
                          "4000.000,c,c-0,dead,1,,\n"
                          "5000.000,c,c-0,running,2,,TASKS: search-0 search-1\n");
    text = drawn(dir, "plots/overview-members.tsv");
    ck_assert_ptr_nonnull(strstr(text, "consuming\torders 0 1\n"));
    ck_assert_ptr_nonnull(strstr(text, "consuming\tpayments 0\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n29\t30\t1\tconsuming\t1\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n0\t4\t2\trunning tasks\t3 tasks\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n5\t30\t2\trunning tasks\tsearch-0, search-1\n"));
    g_free(text);
    scratch_free(dir);
}
END_TEST

START_TEST(a_frozen_leader_is_not_drawn_as_dead)
{
    char *dir = scratch_copy("crash");
    char *text;

    scratch_write(dir,
                  "leaders.csv",
                  "time_ms,topic,partition,leader,leader_epoch,isr,why\n"
                  "0.000,orders,0,1,0,1 3,created\n"
                  "10000.000,orders,0,-1,0,1 3,leader is frozen\n"
                  "20000.000,orders,0,3,1,3,fenced 1\n");
    expect_drawn(dir, "plots/overview-leaders.tsv", "\n10\t20\t0\t-2\t");
    text = drawn(dir, "plots/overview.gp");
    ck_assert_ptr_nonnull(strstr(text, "title 'frozen'"));
    ck_assert_ptr_null(strstr(text, "none that lives"));
    g_free(text);
    text = in_terminal(dir);
    ck_assert_ptr_nonnull(strstr(text, "leaders: number = broker, ≈ = frozen\n"));
    ck_assert_ptr_nonnull(strstr(text, "1≈≈≈"));
    g_free(text);
    scratch_free(dir);
}
END_TEST

/* Each of two producers sends one record: no line can show that. */
START_TEST(a_producer_that_sends_once_has_a_latency)
{
    char *dir = scratch_copy("crash");

    scratch_write(dir,
                  "metrics.csv",
                  "time_ms,metric,where,value\n"
                  "0.000,kafkasim.producer.acked.records,producer=a,0\n"
                  "0.000,kafkasim.producer.acked.records,producer=b,0\n"
                  "0.000,kafkasim.producer.latency.p99,producer=a,0\n"
                  "0.000,kafkasim.producer.latency.p99,producer=b,0\n"
                  "9000.000,kafkasim.producer.acked.records,producer=a,1\n"
                  "9000.000,kafkasim.producer.acked.records,producer=b,0\n"
                  "9000.000,kafkasim.producer.latency.p99,producer=a,5000\n"
                  "9000.000,kafkasim.producer.latency.p99,producer=b,0\n");
    expect_drawn(dir, "plots/overview-latency.tsv", "# : time s, value\n9\t5\n");
    expect_drawn(
        dir, "plots/overview.gp", "with points pointtype 7 pointsize 0.9 linecolor rgb blue");
    scratch_free(dir);
}
END_TEST

/* A line breaks between its parts: "goals met" stays with its numbers. */
START_TEST(the_head_of_the_terminal_breaks_between_its_parts)
{
    char *dir = scratch_copy("crash");
    char *text = in_terminal(dir);

    ck_assert(g_str_has_prefix(
        text,
        "broker 2 crashes, member billing-1 crashes:\n"
        "0 of 351,158 acknowledged records lost, longest wait without any ack 2.1 s\n"
        "crash-leader · 3 brokers · orders: 6 partitions × 3 · acks=all · "
        "seed 42\nsimulated time · 2 of 2 goals met\n\n"));
    ck_assert_ptr_nonnull(strstr(text, "12.8k records/s ┤"));
    ck_assert_ptr_nonnull(strstr(text, "185 ms, log ┤"));
    ck_assert_ptr_nonnull(strstr(text, "acknowledged │"));
    g_free(text);
    scratch_free(dir);
}
END_TEST

/* Its dotted line has a gap where "Throughput (records/s)" stands, and none where it ends before.
 */
START_TEST(no_line_of_a_fault_runs_through_a_caption)
{
    char *dir = scratch_copy("crash");
    char *script;

    scratch_write(dir,
                  "faults.csv",
                  "from_ms,to_ms,label\n"
                  "1000.000,1000.000,broker 1 crashes\n"
                  "29000.000,29000.000,broker 2 crashes\n");
    script = drawn(dir, "plots/overview.gp");
    ck_assert_uint_eq(count_of(script, "nohead from 29/t, screen"), 1);
    ck_assert_uint_gt(count_of(script, "nohead from 1/t, screen"), 3);
    g_free(script);
    scratch_free(dir);
}
END_TEST

/* Records in a run of 30 s: steady ones acknowledged, and one reader that comes twice. */
static char *with_towers(void)
{
    char *dir = scratch_copy("crash");
    GString *metrics = g_string_new("time_ms,metric,where,value\n");

    for (int i = 0; i <= 300; i++) {
        const int read = i < 150 ? 0 : i < 250 ? 9000 : 15000;
        g_string_append_printf(metrics,
                               "%d.000,kafkasim.producer.acked.records,producer=p,%d\n"
                               "%d.000,kafkasim.group.consumed.records,group=g,%d\n",
                               i * 100,
                               50 * i,
                               i * 100,
                               read);
    }
    scratch_write(dir, "metrics.csv", metrics->str);
    g_string_free(metrics, TRUE);
    return dir;
}

/* It is zero else, so that nothing of its own says where to cut. */
START_TEST(a_tower_does_not_flatten_the_other_curves)
{
    char *dir = with_towers();

    expect_drawn(dir, "plots/overview.gp", "set yrange [0:600]");
    scratch_free(dir);
}
END_TEST

/* Beside its own line, not behind the next one. */
START_TEST(the_number_of_a_peak_names_its_curve)
{
    char *dir = with_towers();

    expect_drawn(dir, "plots/overview.gp", "'▲ consumed 90,000' at 15.05/t");
    scratch_free(dir);
}
END_TEST

START_TEST(the_canvas_is_wider_for_long_names)
{
    char *dir = scratch_copy("crash");

    expect_drawn(dir, "plots/overview.gp", "width = 1280\n");
    scratch_write(dir,
                  "assignments.csv",
                  MEMBERS "0.000,g,consumer-by_duration-PT5S.m1,consuming,1,orders-0,\n");
    expect_drawn(dir, "plots/overview.gp", "set ytics nomirror ('consumer-by_duration-PT5S.m1' 0)");
    expect_drawn(dir, "plots/overview.gp", "width = 1343\n");
    expect_drawn(dir, "plots/overview.gp", "set rmargin at screen 1143./width");
    scratch_free(dir);
}
END_TEST

START_TEST(the_axis_of_the_terminal_ends_where_the_run_does)
{
    char *dir = scratch_copy("crash");
    char *text = in_terminal(dir);

    ck_assert(g_str_has_suffix(text, "  25      30\n"));
    g_free(text);
    scratch_free(dir);
}
END_TEST

/* The curve is of a few records at a time; the summary's number is of all. */
START_TEST(percentiles_say_of_which_records_they_are)
{
    char *dir = scratch_copy("crash");

    expect_drawn(dir, "plots/overview.gp", "'Produce latency in each 250 ms, after the warm-up");
    scratch_edit(dir, "summary.json", "\"p50\": ", "\"p50\": 5849.0, \"was\": ");
    expect_drawn(dir, "plots/overview.gp", "title 'p50, run 5.8 s'");
    scratch_free(dir);
}
END_TEST

static TCase *shown_case(void)
{
    TCase *tcase = tcase_create("shown");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, a_few_producers_without_groups_are_shown_apart);
    tcase_add_test(tcase, panels_show_the_same_of_many_groups);
    tcase_add_test(tcase, who_counts_short_partitions_is_told);
    tcase_add_test(tcase, losses_are_marked_in_the_terminal);
    tcase_add_test(tcase, a_deleted_partition_ends);
    tcase_add_test(tcase, who_reads_on_in_a_rebalance_is_drawn_so);
    tcase_add_test(tcase, what_a_member_has_is_told_of_which_topic);
    tcase_add_test(tcase, a_frozen_leader_is_not_drawn_as_dead);
    tcase_add_test(tcase, a_producer_that_sends_once_has_a_latency);
    tcase_add_test(tcase, the_head_of_the_terminal_breaks_between_its_parts);
    tcase_add_test(tcase, no_line_of_a_fault_runs_through_a_caption);
    tcase_add_test(tcase, a_tower_does_not_flatten_the_other_curves);
    tcase_add_test(tcase, the_number_of_a_peak_names_its_curve);
    tcase_add_test(tcase, the_canvas_is_wider_for_long_names);
    tcase_add_test(tcase, the_axis_of_the_terminal_ends_where_the_run_does);
    tcase_add_test(tcase, the_line_of_a_goal_has_its_sign);
    tcase_add_test(tcase, percentiles_say_of_which_records_they_are);
    return tcase;
}

int main(void)
{
    Suite *suite = suite_create("plot shown");
    suite_add_tcase(suite, shown_case());
    return run_suite(suite);
}
