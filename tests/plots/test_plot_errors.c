/* test_plot_errors.c - broken directories and a missing gnuplot end in errors that say what is
 * wrong, never in a crash, and nothing outside the directory is touched. */
#include "tests/plots/support/drawn.h"
#include "tests/run_suite.h"

#include <stdlib.h>
#include <unistd.h>

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
    suite_add_tcase(suite, errors_case());
    return run_suite(suite);
}
