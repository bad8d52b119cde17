/* test_plot.c - results directories become pictures, whatever they hold. */
#include "plots/plot.h"
#include "tests/plots/support/drawn.h"

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

    assert_draws(plot_overview(dir, &scripts_only, &error), error);
    script = scratch_read(dir, "plots/overview.gp");
    ck_assert_ptr_nonnull(strstr(script,
                                 "'broker 2 crashes, member billing-1 crashes: 0 of 351,158 "
                                 "acknowledged records lost, longest gap 2.1 s'"));
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
    ck_assert_ptr_nonnull(
        strstr(script, "'0 of 351,158 acknowledged records lost, longest gap 2.1 s'"));
    g_free(script);
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
    ck_assert_uint_eq(count_of(script, "# ---- panel "), 2);
    ck_assert(!scratch_has(dir, "plots/overview-throughput.tsv")); /* the older one is gone */
    ck_assert(scratch_has(dir, "plots/overview-members.tsv"));
    g_free(script);
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

START_TEST(a_missing_gnuplot_keeps_script_and_tables)
{
    const PlotOptions options = {.gnuplot = "/nonexistent/gnuplot"};
    char *dir = scratch_copy("crash");
    GError *error = NULL;

    assert_error(
        plot_overview(dir, &options, &error), &error, PLOT_ERROR_NO_GNUPLOT, "gnuplot not found");
    ck_assert(scratch_has(dir, "plots/overview.gp"));
    ck_assert(scratch_has(dir, "plots/overview-leaders.tsv"));
    ck_assert(!scratch_has(dir, "plots/overview.png"));
    assert_no_leftovers(dir);
    scratch_free(dir);
}
END_TEST

START_TEST(an_empty_path_finds_no_gnuplot)
{
    char *dir = scratch_copy("sweep");
    char *path = g_strdup(g_getenv("PATH"));
    GError *error = NULL;
    gboolean drawn;

    g_setenv("PATH", dir, TRUE);
    drawn = plot_sizing(dir, NULL, &error);
    g_setenv("PATH", path, TRUE);
    assert_error(drawn, &error, PLOT_ERROR_NO_GNUPLOT, "gnuplot not found");
    ck_assert(scratch_has(dir, "plots/sizing.gp"));
    g_free(path);
    scratch_free(dir);
}
END_TEST

START_TEST(a_gnuplot_that_fails_is_quoted)
{
    const PlotOptions options = {.gnuplot = "false"};
    char *dir = scratch_copy("crash");
    GError *error = NULL;

    assert_error(plot_overview(dir, &options, &error), &error, PLOT_ERROR_GNUPLOT, "code 1");
    ck_assert(scratch_has(dir, "plots/overview.gp"));
    scratch_free(dir);
}
END_TEST

START_TEST(each_missing_file_is_named)
{
    static const char *const files[] = {
        "summary.json", "metrics.csv", "leaders.csv", "assignments.csv", "faults.csv"};

    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        char *dir = scratch_copy("crash");
        char *path = scratch_path(dir, files[i]);
        GError *error = NULL;
        g_remove(path);
        assert_error(plot_overview(dir, NULL, &error), &error, PLOT_ERROR_READ, files[i]);
        ck_assert(!scratch_has(dir, "plots"));
        g_free(path);
        scratch_free(dir);
    }
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

START_TEST(broken_files_are_errors_with_a_place)
{
    static const struct {
        const char *file, *text, *words;
    } cases[] = {
        {"metrics.csv", "", "metrics.csv:1: error: the file is empty"},
        {"metrics.csv", "time_ms,metric,value\n", "metrics.csv:1: error: no column named where"},
        {"metrics.csv",
         "time_ms,metric,where,value\n1,2,3\n",
         "metrics.csv:2: error: expected 4 fields, found 3"},
        {"leaders.csv",
         "time_ms,topic,partition,leader\n0,\"a,0,1\n",
         "leaders.csv:2: error: a quoted field has no end"},
        {"leaders.csv",
         "time_ms,topic,partition,leader\n0,a\"b,0,1\n",
         "leaders.csv:2: error: expected a comma"},
        {"summary.json",
         "{\"format\": 1,\n \"x\": tru}",
         "summary.json:2: error: not JSON here, expected a value"},
        {"summary.json", "{\"format\": 2, \"simulated_ms\": 1}", "expected \"format\": 1"},
        {"summary.json", "{\"format\": 1, \"simulated_ms\": 0}", "nothing was simulated"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        char *dir = scratch_copy("crash");
        GError *error = NULL;
        scratch_write(dir, cases[i].file, cases[i].text);
        assert_error(plot_overview(dir, NULL, &error), &error, PLOT_ERROR_DATA, cases[i].words);
        scratch_free(dir);
    }
}
END_TEST

START_TEST(no_cut_of_a_file_crashes)
{
    static const char *const files[] = {"summary.json", "faults.csv", "assignments.csv"};

    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        char *dir = scratch_copy("hostile");
        char *whole = scratch_read(dir, files[i]);
        for (gsize length = strlen(whole); length > 0; length -= MIN(length, 7)) {
            GError *error = NULL;
            whole[length] = '\0';
            scratch_write(dir, files[i], whole);
            if (!plot_overview(dir, &scripts_only, &error)) {
                ck_assert_ptr_nonnull(error);
            }
            g_clear_error(&error);
        }
        g_free(whole);
        scratch_free(dir);
    }
}
END_TEST

START_TEST(links_are_not_followed)
{
    char *dir = scratch_copy("crash");
    char *outside = scratch_copy("crash");
    char *from = scratch_path(outside, "metrics.csv");
    char *to = scratch_path(dir, "metrics.csv");
    char *plots = scratch_path(dir, "plots");
    GError *error = NULL;

    ck_assert_int_eq(symlink(outside, plots), 0);
    assert_error(plot_overview(dir, NULL, &error), &error, PLOT_ERROR_WRITE, "plots");
    ck_assert(!scratch_has(outside, "overview.gp"));
    g_remove(plots);
    g_remove(to);
    ck_assert_int_eq(symlink(from, to), 0);
    assert_error(plot_overview(dir, NULL, &error), &error, PLOT_ERROR_READ, "metrics.csv");
    g_free(plots);
    g_free(from);
    g_free(to);
    scratch_free(outside);
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
    ck_assert_ptr_nonnull(strstr(script, "(the 12 of 40 that changed most)"));
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
    tcase_add_test(tcase, a_lost_record_reaches_the_title);
    tcase_add_test(tcase, hostile_names_run_nothing);
    tcase_add_test(tcase, hostile_names_add_no_markup);
    tcase_add_test(tcase, the_script_runs_alone_in_its_folder);
    tcase_add_test(tcase, only_panels_with_data_are_drawn);
    tcase_add_test(tcase, panels_fill_the_canvas_without_overlap);
    tcase_add_test(tcase, a_run_without_anything_to_draw_says_so);
    tcase_add_test(tcase, a_missing_scenario_json_only_shortens_the_subtitle);
    tcase_add_test(tcase, the_same_results_give_the_same_script_and_tables);
    tcase_add_test(tcase, more_than_twelve_partitions_show_those_that_changed_most);
    return tcase;
}

static TCase *errors_case(void)
{
    TCase *tcase = tcase_create("errors");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, a_missing_gnuplot_keeps_script_and_tables);
    tcase_add_test(tcase, an_empty_path_finds_no_gnuplot);
    tcase_add_test(tcase, a_gnuplot_that_fails_is_quoted);
    tcase_add_test(tcase, each_missing_file_is_named);
    tcase_add_test(tcase, broken_files_are_errors_with_a_place);
    tcase_add_test(tcase, no_cut_of_a_file_crashes);
    tcase_add_test(tcase, links_are_not_followed);
    return tcase;
}

int main(void)
{
    Suite *suite = suite_create("plots");
    SRunner *runner;
    int failed;

    suite_add_tcase(suite, overview_case());
    suite_add_tcase(suite, errors_case());
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
