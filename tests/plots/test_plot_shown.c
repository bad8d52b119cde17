/* test_plot_shown.c - what is shown apart, what is marked, where a row ends. */
#include "plots/plot.h"
#include "tests/plots/support/drawn.h"
#include "tests/run_suite.h"

#include <stdlib.h>

/* The script (or a table) of the folder's picture. The caller frees it. */
static char *drawn(const char *dir, const char *file)
{
    GError *error = NULL;

    assert_draws(plot_overview(dir, &scripts_only, &error), error);
    return scratch_read(dir, file);
}

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
    ck_assert_ptr_nonnull(strstr(script, "Throughput, acknowledged to each producer"));
    ck_assert_ptr_nonnull(strstr(script, "Produce latency p99 of each producer"));
    ck_assert_ptr_nonnull(strstr(script, "title 'one'"));
    ck_assert_ptr_nonnull(strstr(script, "title 'two'"));
    ck_assert_ptr_null(strstr(script, "title 'acknowledged'"));
    free(script);
    g_string_free(more, TRUE);
    g_strfreev(lines);
    free(metrics);
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
    ck_assert_ptr_null(
        strstr(strstr(text, "leaders:") + strlen("leaders: number = broker, █"), "█"));
    g_free(text);
    scratch_free(dir);
}
END_TEST

static TCase *shown_case(void)
{
    TCase *tcase = tcase_create("shown");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, a_few_producers_without_groups_are_shown_apart);
    tcase_add_test(tcase, losses_are_marked_in_the_terminal);
    tcase_add_test(tcase, a_deleted_partition_ends);
    return tcase;
}

int main(void)
{
    Suite *suite = suite_create("plot shown");
    suite_add_tcase(suite, shown_case());
    return run_suite(suite);
}
