/* test_plot_sizing.c - sweeps become the sizing picture, runs become text for a terminal. */
#include "tests/plots/support/drawn.h"
#include "tests/run_suite.h"

#include <stdlib.h>

/* --- sizing --- */

START_TEST(a_sweep_becomes_a_picture_with_the_answer)
{
    char *dir = scratch_copy("sweep");
    GError *error = NULL;
    char *script;

    assert_draws(plot_sizing(dir, NULL, &error), error);
    assert_picture(dir, "plots/sizing.png", "\x89PNG");
    assert_picture(dir, "plots/sizing.svg", "<?xml");
    script = scratch_read(dir, "plots/sizing.gp");
    ck_assert_ptr_nonnull(
        strstr(script, "'orders: partitions = 12 is the fewest tested that meets every goal'"));
    ck_assert_ptr_nonnull(strstr(script, "set arrow 1 nohead from 12,"));
    ck_assert_ptr_nonnull(strstr(script, "set logscale x 2"));
    ck_assert_ptr_nonnull(strstr(script, "'goal ≥ 900 records/s'"));
    ck_assert_ptr_nonnull(strstr(script, "'goal ≤ 25 ms'"));
    g_free(script);
    scratch_free(dir);
}
END_TEST

START_TEST(a_sweep_without_an_answer_draws_no_answer)
{
    char *dir = scratch_copy("sweep");
    GError *error = NULL;
    char *script;

    scratch_edit(dir, "sweep.json", "\"answer_cell\": 6", "\"none\": 6");
    assert_draws(plot_sizing(dir, &scripts_only, &error), error);
    script = scratch_read(dir, "plots/sizing.gp");
    ck_assert_ptr_nonnull(
        strstr(script, "'orders: no tested value of partitions meets every goal'"));
    ck_assert_ptr_null(strstr(script, "\nset arrow 1"));
    g_free(script);
    scratch_free(dir);
}
END_TEST

START_TEST(a_measure_that_never_changes_is_a_note_and_no_panel)
{
    char *dir = scratch_copy("sweep");
    GString *cells = g_string_new("cell,/topics/0/partitions,measure,n,mean,low95,high95,median\n");
    GError *error = NULL;
    char *script;

    for (int i = 0; i < 3; i++) {
        g_string_append_printf(cells, "%d,%d,acked.records.lost,5,0,0,0,0\n", i, i + 1);
        g_string_append_printf(
            cells, "%d,%d,produce.gap.max,5,%d,9000,%d,9000\n", i, i + 1, 9000 + i, 15000 + i);
    }
    scratch_write(dir, "cells.csv", cells->str);
    assert_draws(plot_sizing(dir, NULL, &error), error);
    script = scratch_read(dir, "plots/sizing.gp");
    ck_assert_uint_eq(count_of(script, "# ---- panel "), 1);
    ck_assert_ptr_nonnull(strstr(script, "'The same in every cell: acked.records.lost = 0'"));
    g_free(script);
    g_string_free(cells, TRUE);
    scratch_free(dir);
}
END_TEST

/* 1.4 ± 1.7 of a lag: the band goes down to the axis, it does not vanish. */
START_TEST(a_band_below_a_log_axis_ends_at_it)
{
    char *dir = scratch_copy("sweep");
    GError *error = NULL;
    char *table;

    scratch_write(dir,
                  "cells.csv",
                  "cell,/topics/0/partitions,measure,n,mean,low95,high95,median\n"
                  "0,1,lag.max,5,50000,49000,51000,50000\n"
                  "1,2,lag.max,5,2.5,2.2,2.8,2.5\n"
                  "2,3,lag.max,5,1.4,-0.3,3.1,1.4\n");
    assert_draws(plot_sizing(dir, NULL, &error), error);
    table = scratch_read(dir, "plots/sizing-1.tsv");
    ck_assert_ptr_nonnull(strstr(table, "2\t2.5\t2.2\t2.8\t"));
    ck_assert_ptr_nonnull(strstr(table, "3\t1.4\t0.5\t3.1\t"));
    g_free(table);
    scratch_free(dir);
}
END_TEST

START_TEST(a_second_pointer_is_one_line_per_value)
{
    char *dir = scratch_copy("sweep-lines");
    GError *error = NULL;
    char *script;

    assert_draws(plot_sizing(dir, NULL, &error), error);
    script = scratch_read(dir, "plots/sizing.gp");
    ck_assert_uint_eq(count_of(script, "title 'acks="), 3);
    ck_assert_ptr_null(strstr(script, "set logscale x")); /* 3..24 is a factor of 8, not more */
    g_free(script);
    scratch_free(dir);
}
END_TEST

START_TEST(words_and_missing_numbers_on_the_axis_are_drawn_by_place)
{
    char *dir = scratch_copy("sweep");
    GError *error = NULL;
    char *script;

    scratch_write(dir,
                  "cells.csv",
                  "cell,/topics/0/partitions,measure,n,mean,low95,high95,median\n"
                  "0,one,consume.rate,1,100,,,100\n"
                  "1,\"t`touch INJECTED`'wo\",consume.rate,0,,,,\n"
                  "2,three,consume.rate,1,300,,,300\n");
    assert_draws(plot_sizing(dir, NULL, &error), error);
    script = scratch_read(dir, "plots/sizing.gp");
    assert_quoted(script);
    ck_assert_ptr_nonnull(strstr(script, "'one' 0, 't`touch INJECTE…' 1, 'three' 2)"));
    ck_assert(!scratch_has(dir, "plots/INJECTED"));
    g_free(script);
    scratch_free(dir);
}
END_TEST

START_TEST(broken_sweeps_are_errors)
{
    char *dir = scratch_copy("sweep");
    GError *error = NULL;

    scratch_write(
        dir, "cells.csv", "cell,/topics/0/partitions,measure,n,mean,low95,high95,median\n");
    assert_error(plot_sizing(dir, NULL, &error), &error, PLOT_ERROR_DATA, "cells.csv: no rows");
    scratch_write(dir, "cells.csv", "cell,measure,n,mean,low95,high95,median\n");
    assert_error(
        plot_sizing(dir, NULL, &error), &error, PLOT_ERROR_DATA, "no column named /topics");
    scratch_write(dir, "sweep.json", "{\"format\": 1, \"vary\": []}");
    assert_error(plot_sizing(dir, NULL, &error), &error, PLOT_ERROR_DATA, "at least one pointer");
    scratch_free(dir);
}
END_TEST

/* --- terminal --- */

START_TEST(the_terminal_picture_is_the_golden_one)
{
    GString *out = g_string_new(NULL);
    GError *error = NULL;
    char *golden = scratch_read(FIXTURES, "crash-80x40.txt");

    assert_draws(plot_terminal(FIXTURES "/crash", 80, 40, out, &error), error);
    ck_assert_str_eq(out->str, golden);
    g_free(golden);
    g_string_free(out, TRUE);
}
END_TEST

START_TEST(no_terminal_line_is_wider_than_asked)
{
    static const char *const runs[] = {FIXTURES "/crash", FIXTURES "/hostile"};

    for (guint run = 0; run < G_N_ELEMENTS(runs); run++) {
        for (int columns = 40; columns <= 160; columns += 7) {
            GString *out = g_string_new(NULL);
            GError *error = NULL;
            char **lines;
            assert_draws(plot_terminal(runs[run], columns, 30, out, &error), error);
            lines = g_strsplit(out->str, "\n", -1);
            for (char **line = lines; *line != NULL; line++) {
                ck_assert_msg(g_utf8_validate(*line, -1, NULL), "%s", *line);
                ck_assert_msg(g_utf8_strlen(*line, -1) <= columns, "%d: %s", columns, *line);
                ck_assert(strchr(*line, '\x1b') == NULL);
            }
            g_strfreev(lines);
            g_string_free(out, TRUE);
        }
    }
}
END_TEST

START_TEST(the_terminal_picture_needs_the_files_too)
{
    GString *out = g_string_new(NULL);
    GError *error = NULL;

    assert_error(plot_terminal(FIXTURES "/sweep", 80, 40, out, &error),
                 &error,
                 PLOT_ERROR_READ,
                 "summary.json");
    ck_assert_uint_eq(out->len, 0);
    g_string_free(out, TRUE);
}
END_TEST

static TCase *others_case(void)
{
    TCase *tcase = tcase_create("sizing and terminal");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, a_sweep_becomes_a_picture_with_the_answer);
    tcase_add_test(tcase, a_sweep_without_an_answer_draws_no_answer);
    tcase_add_test(tcase, a_measure_that_never_changes_is_a_note_and_no_panel);
    tcase_add_test(tcase, a_band_below_a_log_axis_ends_at_it);
    tcase_add_test(tcase, a_second_pointer_is_one_line_per_value);
    tcase_add_test(tcase, words_and_missing_numbers_on_the_axis_are_drawn_by_place);
    tcase_add_test(tcase, broken_sweeps_are_errors);
    tcase_add_test(tcase, the_terminal_picture_is_the_golden_one);
    tcase_add_test(tcase, no_terminal_line_is_wider_than_asked);
    tcase_add_test(tcase, the_terminal_picture_needs_the_files_too);
    return tcase;
}

int main(void)
{
    Suite *suite = suite_create("plots");
    suite_add_tcase(suite, others_case());
    return run_suite(suite);
}
