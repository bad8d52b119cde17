/* test_plot.c - results directories become pictures, whatever they hold. */
#include "plots/plot.h"
#include "tests/plots/support/drawn.h"
#include "tests/run_suite.h"

#include <stdlib.h>
#include <unistd.h>

START_TEST(a_run_becomes_script_tables_and_two_pictures)
{
    char *dir = scratch_copy("crash");
    GError *error = NULL;

    assert_draws(plot_overview(dir, NULL, &error), error);
    assert_picture(dir, "plots/overview.png", "\x89PNG");
    assert_picture(dir, "plots/overview.svg", "<?xml");
    ck_assert(scratch_has(dir, "plots/overview-leaders.tsv"));
    assert_no_leftovers(dir);
    scratch_free(dir);
}
END_TEST

START_TEST(the_title_is_the_finding)
{
    char *dir = scratch_copy("crash");
    GError *error = NULL;
    char *script;

    scratch_edit(dir, "faults.csv", "member billing-1 crashes", "m1 dies");
    assert_draws(plot_overview(dir, &scripts_only, &error), error);
    script = scratch_read(dir, "plots/overview.gp");
    ck_assert_ptr_nonnull(strstr(script,
                                 "'broker 2 crashes, m1 dies: 0 of 351,158 "
                                 "acknowledged records lost, longest wait without any ack 2.1 s'"));
    ck_assert_ptr_nonnull(strstr(script, "seed 42 · simulated time · 2 of 2 goals met'"));
    g_free(script);
    scratch_free(dir);
}
END_TEST

START_TEST(a_long_title_takes_two_lines)
{
    char *dir = scratch_copy("crash");
    GError *error = NULL;
    char *script;

    scratch_edit(dir, "faults.csv", "broker 2 crashes", "brokers 2 and 3 lose power");
    assert_draws(plot_overview(dir, &scripts_only, &error), error);
    script = scratch_read(dir, "plots/overview.gp");
    ck_assert_ptr_nonnull(
        strstr(script, "'brokers 2 and 3 lose power, member billing-1 crashes:'"));
    ck_assert_ptr_nonnull(strstr(script, "lost, longest wait without any ack 2.1 s'"));
    g_free(script);
    scratch_free(dir);
}
END_TEST

START_TEST(the_end_of_a_fault_is_not_a_second_one_in_the_title)
{
    char *dir = scratch_copy("crash");
    GError *error = NULL;
    char *script;

    scratch_write(dir,
                  "faults.csv",
                  "from_ms,to_ms,label\n10000.000,18000.000,broker 2 crashes\n"
                  "18000.000,18000.000,broker 2 starts\n");
    assert_draws(plot_overview(dir, &scripts_only, &error), error);
    script = scratch_read(dir, "plots/overview.gp");
    ck_assert_ptr_nonnull(strstr(script, "'broker 2 crashes: 0 of 351,158 "));
    g_free(script);
    scratch_free(dir);
}
END_TEST

START_TEST(ends_of_faults_without_room_are_counted)
{
    char *dir = scratch_copy("crash");
    GString *faults = g_string_new("from_ms,to_ms,label\n");
    GError *error = NULL;
    char *script;

    for (int i = 0; i < 14; i++) {
        g_string_append_printf(faults,
                               "%d.000,11000.000,member-%d %s\n",
                               i < 7 ? 10000 : 11000,
                               i % 7,
                               i < 7 ? "crashes" : "starts");
    }
    scratch_write(dir, "faults.csv", faults->str);
    assert_draws(plot_overview(dir, &scripts_only, &error), error);
    script = scratch_read(dir, "plots/overview.gp");
    ck_assert_ptr_nonnull(strstr(script, "'7 more events are in faults.csv.'"));
    g_free(script);
    g_string_append(faults, "11500.000,11500.000,an eighth that is news\n");
    scratch_write(dir, "faults.csv", faults->str);
    assert_draws(plot_overview(dir, &scripts_only, &error), error);
    script = scratch_read(dir, "plots/overview.gp");
    ck_assert_ptr_nonnull(strstr(script, "'8 more events are in faults.csv.'"));
    g_free(script);
    g_string_free(faults, TRUE);
    scratch_free(dir);
}
END_TEST

/* Workers of a Connect cluster are a group that reads nothing. */
START_TEST(a_group_that_reads_nothing_has_no_curve_beside_one_that_does)
{
    char *dir = scratch_copy("crash");
    GString *metrics = g_string_new("time_ms,metric,where,value\n");
    GError *error = NULL;
    char *script;
    for (int i = 0; i <= 300; i++) {
        for (int g = 0; g < 3; g++) {
            const char *name = g == 0 ? "workers" : g == 1 ? "sink" : "idle but behind";
            g_string_append_printf(metrics,
                                   "%d.000,kafkasim.group.consumed.records,group=%s,%d\n"
                                   "%d.000,kafkasim.group.lag,group=%s,%d\n",
                                   i * 100,
                                   name,
                                   g == 1 ? i : 0,
                                   i * 100,
                                   name,
                                   g == 2 ? i : 0);
        }
    }
    scratch_write(dir, "metrics.csv", metrics->str);
    assert_draws(plot_overview(dir, &scripts_only, &error), error);
    script = scratch_read(dir, "plots/overview.gp");
    ck_assert_ptr_null(strstr(script, "'workers'"));
    ck_assert_ptr_nonnull(strstr(script, "'sink'"));
    ck_assert_ptr_nonnull(strstr(script, "'idle but behind'"));
    ck_assert_ptr_nonnull(strstr(script, "Consumer lag, from the position read"));
    g_free(script);
    g_string_free(metrics, TRUE);
    scratch_free(dir);
}
END_TEST

/* A backlog sent at once: the axis is cut above the usual rate, and the peak is written. */
START_TEST(a_tower_of_throughput_is_cut_and_named)
{
    char *dir = scratch_copy("crash");
    GString *metrics = g_string_new("time_ms,metric,where,value\n");
    GError *error = NULL;
    char *script;
    int sent = 0;

    for (int i = 0; i <= 300; i++) {
        sent += i > 100 && i < 150 ? 0 : i == 150 ? 2500 : 50;
        g_string_append_printf(
            metrics, "%d.000,kafkasim.producer.acked.records,producer=p,%d\n", i * 100, sent);
    }
    scratch_write(dir, "metrics.csv", metrics->str);
    assert_draws(plot_overview(dir, NULL, &error), error);
    script = scratch_read(dir, "plots/overview.gp");
    ck_assert_ptr_nonnull(strstr(script, "'▲ 25,000' at 15.05/t"));
    ck_assert_ptr_nonnull(strstr(script, "set yrange [0:1500]"));
    g_free(script);
    g_string_free(metrics, TRUE);
    scratch_free(dir);
}
END_TEST

START_TEST(a_lost_record_reaches_the_title)
{
    char *dir = scratch_copy("crash");
    GError *error = NULL;
    char *script;

    scratch_edit(dir, "summary.json", "\"lost\": 0", "\"lost\": 1234");
    scratch_edit(dir, "summary.json", "\"complete\": true", "\"complete\": false");
    assert_draws(plot_overview(dir, &scripts_only, &error), error);
    script = scratch_read(dir, "plots/overview.gp");
    ck_assert_ptr_nonnull(strstr(script, "1,234 of 351,158 acknowledged records lost"));
    ck_assert_ptr_nonnull(strstr(script, "(interrupted) broker 2 crashes"));
    g_free(script);
    scratch_free(dir);
}
END_TEST

START_TEST(hostile_names_run_nothing)
{
    char *dir = scratch_copy("hostile");
    char *plots = scratch_path(dir, "plots");
    GError *error = NULL;
    char *script;
    char *before = g_get_current_dir();

    assert_draws(plot_overview(dir, NULL, &error), error);
    script = scratch_read(dir, "plots/overview.gp");
    assert_quoted(script);
    ck_assert_ptr_nonnull(strstr(script, "touch INJECTED")); /* the name is there, as text */
    ck_assert(!scratch_has(plots, "INJECTED"));
    ck_assert(!scratch_has(dir, "INJECTED"));
    ck_assert(!scratch_has(before, "INJECTED"));
    g_free(before);
    g_free(script);
    g_free(plots);
    scratch_free(dir);
}
END_TEST

/* A name is text in the SVG: no element may come from it. */
static void no_stranger(GMarkupParseContext *context,
                        const char *element,
                        const char **names,
                        const char **values,
                        gpointer user,
                        GError **error)
{
    (void)context, (void)names, (void)values, (void)user, (void)error;
    ck_assert_str_ne(element, "script");
    ck_assert_str_ne(element, "b");
}

START_TEST(hostile_names_add_no_markup)
{
    static const GMarkupParser parser = {.start_element = no_stranger};
    GMarkupParseContext *context = g_markup_parse_context_new(&parser, 0, NULL, NULL);
    char *dir = scratch_copy("hostile");
    GError *error = NULL;
    char *svg;

    assert_draws(plot_overview(dir, NULL, &error), error);
    svg = scratch_read(dir, "plots/overview.svg");
    ck_assert_ptr_null(strstr(svg, ":Bold")); /* not a family: browsers would fall back to serif */
    ck_assert(g_markup_parse_context_parse(context, svg, (gssize)strlen(svg), &error));
    ck_assert(g_markup_parse_context_end_parse(context, &error));
    g_markup_parse_context_free(context);
    g_free(svg);
    scratch_free(dir);
}
END_TEST

START_TEST(the_script_runs_alone_in_its_folder)
{
    char *dir = scratch_copy("crash");
    char *plots = scratch_path(dir, "plots");
    char *argv[] = {g_strdup("gnuplot"), g_strdup("overview.gp"), NULL};
    GError *error = NULL;
    char *words = NULL;
    int status;

    assert_draws(plot_overview(dir, &scripts_only, &error), error);
    ck_assert(!scratch_has(plots, "overview.png"));
    ck_assert(g_spawn_sync(
        plots, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, &words, &status, NULL));
    ck_assert_msg(status == 0 && *words == '\0', "gnuplot said: %s", words);
    ck_assert(scratch_has(plots, "overview.png"));
    ck_assert(scratch_has(plots, "overview.svg"));
    g_free(argv[0]);
    g_free(argv[1]);
    g_free(words);
    g_free(plots);
    scratch_free(dir);
}
END_TEST

START_TEST(only_panels_with_data_are_drawn)
{
    char *dir = scratch_copy("crash");
    GError *error = NULL;
    char *script;

    assert_draws(plot_overview(dir, &scripts_only, &error), error);
    script = scratch_read(dir, "plots/overview.gp");
    ck_assert_uint_eq(count_of(script, "# ---- panel "), 8);
    g_free(script);
    scratch_write(dir, "metrics.csv", "time_ms,metric,where,value\n");
    scratch_write(dir, "faults.csv", "from_ms,to_ms,label\n");
    assert_draws(plot_overview(dir, NULL, &error), error);
    script = scratch_read(dir, "plots/overview.gp");
    ck_assert_uint_eq(count_of(script, "# ---- panel "), 3);       /* billing-1 starts again */
    ck_assert(!scratch_has(dir, "plots/overview-throughput.tsv")); /* the older one is gone */
    ck_assert(scratch_has(dir, "plots/overview-members.tsv"));
    g_free(script);
    scratch_free(dir);
}
END_TEST

/* Older results have no controllers.csv; a controller that never changes is no picture. */
START_TEST(the_active_controller_has_a_panel_when_it_changes)
{
    char *dir = scratch_copy("crash");
    GError *error = NULL;
    char *script;
    char *table;

    scratch_write(dir, "controllers.csv", "time_ms,controller,epoch\n0.000,101,1\n");
    assert_draws(plot_overview(dir, &scripts_only, &error), error);
    script = scratch_read(dir, "plots/overview.gp");
    ck_assert_ptr_null(strstr(script, "Active controller"));
    g_free(script);
    scratch_write(dir,
                  "controllers.csv",
                  "time_ms,controller,epoch\n0.000,101,1\n9000.000,-1,1\n11000.000,103,2\n");
    assert_draws(plot_overview(dir, &scripts_only, &error), error);
    script = scratch_read(dir, "plots/overview.gp");
    ck_assert_ptr_nonnull(strstr(script, "Active controller"));
    ck_assert_ptr_nonnull(strstr(script, "title 'controller 103'"));
    table = scratch_read(dir, "plots/overview-controllers.tsv");
    ck_assert_ptr_nonnull(strstr(table, "9\t11\t0\t-1\t"));
    g_free(script);
    g_free(table);
    scratch_free(dir);
}
END_TEST

/* The sampled option counts, not what the scenario declares; 0 (topics differ) is not drawn. */
START_TEST(the_line_of_min_insync_replicas_follows_changes)
{
    char *dir = scratch_copy("crash");
    GError *error = NULL;
    char *metrics = scratch_read(dir, "metrics.csv");
    char *more = g_strconcat(metrics,
                             "0.000,kafkasim.min.insync.replicas,,2\n"
                             "10000.000,kafkasim.min.insync.replicas,,1\n"
                             "20000.000,kafkasim.min.insync.replicas,,0\n",
                             NULL);
    char *table;

    scratch_write(dir, "metrics.csv", more);
    assert_draws(plot_overview(dir, &scripts_only, &error), error);
    table = scratch_read(dir, "plots/overview-isr.tsv");
    ck_assert_ptr_nonnull(strstr(table, "# min.insync.replicas"));
    ck_assert_ptr_nonnull(strstr(table, "0\t2\n10\t2\n10\t1\n"));
    ck_assert_ptr_null(strstr(strstr(table, "# min.insync.replicas"), "\t0\n"));
    g_free(table);
    g_free(metrics);
    g_free(more);
    scratch_free(dir);
}
END_TEST

START_TEST(panels_fill_the_canvas_without_overlap)
{
    char *dir = scratch_copy("crash");
    GError *error = NULL;
    char *script;
    int bottom = 0;
    guint panels = 0;

    assert_draws(plot_overview(dir, &scripts_only, &error), error);
    script = scratch_read(dir, "plots/overview.gp");
    for (char *at = strstr(script, "set tmargin at screen 1-"); at != NULL;
         at = strstr(at + 1, "set tmargin at screen 1-")) {
        const int top = atoi(at + strlen("set tmargin at screen 1-"));
        ck_assert_int_gt(top, bottom);
        bottom = atoi(strstr(at, "set bmargin at screen 1-") + strlen("set bmargin at screen 1-"));
        ck_assert_int_gt(bottom, top);
        panels++;
    }
    ck_assert_uint_eq(panels, 8);
    ck_assert_int_ge(atoi(strstr(script, "height = ") + strlen("height = ")), bottom + 60);
    g_free(script);
    scratch_free(dir);
}
END_TEST

START_TEST(a_run_without_anything_to_draw_says_so)
{
    char *dir = scratch_copy("crash");
    GError *error = NULL;

    scratch_write(dir, "metrics.csv", "time_ms,metric,where,value\n");
    scratch_write(dir, "faults.csv", "from_ms,to_ms,label\n");
    scratch_write(dir, "leaders.csv", "time_ms,topic,partition,leader,leader_epoch,isr,why\n");
    scratch_write(dir, "assignments.csv", "time_ms,group,member,state,generation,partitions\n");
    assert_error(plot_overview(dir, NULL, &error), &error, PLOT_ERROR_DATA, "nothing");
    scratch_free(dir);
}
END_TEST

START_TEST(a_missing_scenario_json_only_shortens_the_subtitle)
{
    char *dir = scratch_copy("crash");
    char *path = scratch_path(dir, "scenario.json");
    GError *error = NULL;
    char *script;

    g_remove(path);
    assert_draws(plot_overview(dir, &scripts_only, &error), error);
    script = scratch_read(dir, "plots/overview.gp");
    ck_assert_ptr_nonnull(strstr(script, "'crash-leader · seed 42 · simulated time"));
    ck_assert_ptr_null(strstr(script, "min.insync.replicas"));
    g_free(script);
    g_free(path);
    scratch_free(dir);
}
END_TEST

START_TEST(the_same_results_give_the_same_script_and_tables)
{
    static const char *const files[] = {
        "plots/overview.gp", "plots/overview-throughput.tsv", "plots/overview-members.tsv"};
    char *first = scratch_copy("crash");
    char *second = scratch_copy("crash");
    GError *error = NULL;

    assert_draws(plot_overview(first, &scripts_only, &error), error);
    assert_draws(plot_overview(second, &scripts_only, &error), error);
    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        char *left = scratch_read(first, files[i]);
        char *right = scratch_read(second, files[i]);
        ck_assert_str_eq(left, right);
        g_free(left);
        g_free(right);
    }
    scratch_free(first);
    scratch_free(second);
}
END_TEST

START_TEST(partitions_in_a_box_are_short_and_complete)
{
    char *dir = scratch_copy("crash");
    GError *error = NULL;
    char *table;

    scratch_write(dir,
                  "assignments.csv",
                  "time_ms,group,member,state,generation,partitions\n"
                  "0.000,g,a,consuming,1,t-0 t-1 t-2 t-3 t-7 t-9 t-10\n"
                  "0.000,g,b,consuming,1,t-4 t-5 t-6 a-b-0 a-b-1\n"
                  "0.000,g,c,idle,1,\n"
                  "0.000,g,d,meditating,1,odd\n"
                  "9000.000,g,d,consuming,1,odd\n");
    assert_draws(plot_overview(dir, NULL, &error), error);
    table = scratch_read(dir, "plots/overview-members.tsv");
    ck_assert_ptr_nonnull(strstr(table, "0\t30\t0\tconsuming\tt 0–3 7 9 10\n"));
    ck_assert_ptr_nonnull(strstr(table, "0\t30\t1\tconsuming\tt 4–6, a-b 0 1\n"));
    ck_assert_ptr_nonnull(strstr(table, "0\t30\t2\tidle\tidle\n"));
    ck_assert_ptr_nonnull(strstr(table, "0\t9\t3\tother\t"));
    g_free(table);
    scratch_free(dir);
}
END_TEST

/* Many rows: the twelve partitions that changed most, and the figure says so. */
START_TEST(more_than_twelve_partitions_show_those_that_changed_most)
{
    char *dir = scratch_copy("crash");
    GString *leaders = g_string_new("time_ms,topic,partition,leader,leader_epoch,isr,why\n");
    GError *error = NULL;
    char *script;

    for (int i = 0; i < 40; i++) {
        g_string_append_printf(leaders, "0.000,orders,%d,1,0,1 2 3,created\n", i);
    }
    for (int i = 28; i < 40; i++) {
        g_string_append_printf(leaders, "10000.000,orders,%d,-1,1,2,fenced\n", i);
    }
    g_string_append(leaders, "0.000,__consumer_offsets,0,3,0,1 2 3,created\n");
    scratch_write(dir, "leaders.csv", leaders->str);
    assert_draws(plot_overview(dir, &scripts_only, &error), error);
    script = scratch_read(dir, "plots/overview.gp");
    ck_assert_ptr_nonnull(strstr(script, "(12 of 40: those that changed most often)"));
    ck_assert_ptr_nonnull(strstr(script, "'orders-28' 0, 'orders-29' 1,"));
    ck_assert_ptr_null(strstr(script, "'orders-27'"));
    ck_assert_ptr_null(strstr(script, "consumer_offsets"));
    g_string_free(leaders, TRUE);
    g_free(script);
    scratch_free(dir);
}
END_TEST

static TCase *overview_case(void)
{
    TCase *tcase = tcase_create("overview");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, a_run_becomes_script_tables_and_two_pictures);
    tcase_add_test(tcase, the_title_is_the_finding);
    tcase_add_test(tcase, a_long_title_takes_two_lines);
    tcase_add_test(tcase, the_end_of_a_fault_is_not_a_second_one_in_the_title);
    tcase_add_test(tcase, ends_of_faults_without_room_are_counted);
    tcase_add_test(tcase, a_group_that_reads_nothing_has_no_curve_beside_one_that_does);
    tcase_add_test(tcase, a_tower_of_throughput_is_cut_and_named);
    tcase_add_test(tcase, a_lost_record_reaches_the_title);
    tcase_add_test(tcase, hostile_names_run_nothing);
    tcase_add_test(tcase, hostile_names_add_no_markup);
    tcase_add_test(tcase, the_script_runs_alone_in_its_folder);
    tcase_add_test(tcase, only_panels_with_data_are_drawn);
    tcase_add_test(tcase, the_active_controller_has_a_panel_when_it_changes);
    tcase_add_test(tcase, the_line_of_min_insync_replicas_follows_changes);
    tcase_add_test(tcase, panels_fill_the_canvas_without_overlap);
    tcase_add_test(tcase, a_run_without_anything_to_draw_says_so);
    tcase_add_test(tcase, a_missing_scenario_json_only_shortens_the_subtitle);
    tcase_add_test(tcase, the_same_results_give_the_same_script_and_tables);
    tcase_add_test(tcase, partitions_in_a_box_are_short_and_complete);
    tcase_add_test(tcase, more_than_twelve_partitions_show_those_that_changed_most);
    return tcase;
}

int main(void)
{
    Suite *suite = suite_create("plots");
    suite_add_tcase(suite, overview_case());
    return run_suite(suite);
}
