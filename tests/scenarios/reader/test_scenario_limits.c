/* test_scenario_limits.c - no scenario exhausts the machine: long, wide and wrong ones are refused
 * in seconds, with a list of findings that can still be read. */
#include "scenarios/runner/reader/scenario.h"
#include "tests/run_suite.h"
#include <check.h>
#include <glib.h>
#include <string.h>

#define HEAD         "{\"version\":1,\"name\":\"x\",\"topics\":["
#define SECONDS_MAX  10 /* sanitizers and loaded machines included; a hang is minutes */
#define MESSAGES_MAX 200000

static void expect_refused_quickly(GString *text)
{
    gint64 start = g_get_monotonic_time();
    Problems *problems = problems_new();
    GString *found = g_string_new(NULL);
    Scenario *scenario = scenario_read_text("x.json", NULL, text->str, text->len, NULL, problems);
    problems_print(problems, PROBLEM_NOTE, false, found);
    gint64 seconds = (g_get_monotonic_time() - start) / G_USEC_PER_SEC;
    ck_assert_ptr_null(scenario);
    ck_assert_int_lt(seconds, SECONDS_MAX);
    ck_assert_uint_lt(found->len, MESSAGES_MAX);
    ck_assert_uint_le(problems_kept(problems), 200);
    problems_free(problems);
    g_string_free(found, TRUE);
    g_string_free(text, TRUE);
}

static void append_times(GString *text, const char *part, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        g_string_append(text, part);
    }
}

START_TEST(a_hundred_thousand_wrong_values)
{
    GString *text = g_string_new(HEAD "{\"name\":\"t\",\"assignment\":[");
    append_times(text, "\"x\",", 9000);
    g_string_append(text, "[1]]}],\"producers\":[");
    append_times(text, "1,", 80000);
    g_string_append(text, "1]}");
    expect_refused_quickly(text);
}
END_TEST

START_TEST(fifty_thousand_unknown_keys)
{
    GString *text = g_string_new(HEAD "{\"name\":\"t\",\"config\":{");
    for (int i = 0; i < 50000; i++) {
        g_string_append_printf(text, "\"some.option.%d\":1,", i);
    }
    g_string_append(text, "\"x\":1}}]}");
    expect_refused_quickly(text);
}
END_TEST

START_TEST(many_references_into_many_long_names)
{
    GString *text = g_string_new(HEAD);
    for (int i = 0; i < 1000; i++) {
        g_string_append_printf(
            text, "%s{\"name\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa%d\"}", i ? "," : "", i);
    }
    g_string_append(text, "],\"timeline\":[{\"at\":\"1s\",\"do\":\"elect.preferred\"}");
    append_times(text,
                 ",{\"at\":\"1s\",\"do\":\"delete.topic\","
                 "\"topic\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabbb\"}",
                 8000);
    g_string_append(text, "]}");
    expect_refused_quickly(text);
}
END_TEST

START_TEST(a_megabyte_of_broken_bytes)
{
    GString *text = g_string_new("\"");
    append_times(text, "\xff", 1000000);
    g_string_append_c(text, '"');
    expect_refused_quickly(text);
    text = g_string_new("[");
    append_times(text, "01,", 90000);
    g_string_append(text, "1]");
    expect_refused_quickly(text);
}
END_TEST

START_TEST(groups_that_would_fill_the_memory)
{
    GString *text = g_string_new(HEAD "{\"name\":\"t\"}],\"groups\":[");
    for (int i = 0; i < 1000; i++) {
        g_string_append_printf(
            text, "%s{\"name\":\"g%d\",\"topics\":[\"t\"],\"members\":1000}", i ? "," : "", i);
    }
    g_string_append(text, "]}");
    expect_refused_quickly(text);
}
END_TEST

START_TEST(a_timeline_that_scales_without_end)
{
    GString *text = g_string_new(HEAD "{\"name\":\"t\"}],\"groups\":[");
    for (int i = 0; i < 100; i++) {
        g_string_append_printf(text, "%s{\"name\":\"g%d\",\"topics\":[\"t\"]}", i ? "," : "", i);
    }
    g_string_append(text, "],\"timeline\":[{\"at\":\"1s\",\"do\":\"note\",\"say\":\"\"}");
    for (int i = 0; i < 100; i++) {
        g_string_append_printf(
            text, ",{\"at\":\"1s\",\"do\":\"scale\",\"group\":\"g%d\",\"members\":1000}", i);
    }
    g_string_append(text, "]}");
    expect_refused_quickly(text);
}
END_TEST

/* It is long and fine: it must be read, and its sweep of many values must not be tried one by
 * one for minutes. */
#define RANDOM(faults)                                                                             \
    "{\"version\":1,\"name\":\"x\",\"duration\":\"5000h\",\"topics\":[{\"name\":\"t\"}],"          \
    "\"random.faults\":" faults "}"

static char *findings_of(const char *text)
{
    Problems *problems = problems_new();
    scenario_free(scenario_read_text("x.json", NULL, text, strlen(text), NULL, problems));
    GString *found = g_string_new(NULL);
    problems_print(problems, PROBLEM_NOTE, false, found);
    problems_free(problems);
    return g_string_free(found, FALSE);
}

/* The limit of written events holds for drawn ones, and a draw that stops says so. */
START_TEST(more_random_faults_than_a_run_may_have)
{
    g_autofree char *many = findings_of(RANDOM("{\"kinds\":[\"crash\"],\"every\":\"1ms\","
                                               "\"max.at.once\":3,\"for\":\"1ms\"}"));
    g_autofree char *vain = findings_of(RANDOM("{\"kinds\":[\"crash\"],\"every\":\"2ms\","
                                               "\"for\":\"1000h\"}"));
    g_autofree char *few = findings_of(RANDOM("{\"kinds\":[\"crash\"],\"every\":\"1h\"}"));
    ck_assert_ptr_nonnull(strstr(many, "error: /random.faults/every: too many events in all"));
    ck_assert_ptr_nonnull(strstr(vain, "error: /random.faults/every: more than 5000000 draws"));
    ck_assert_str_eq(few, "");
}
END_TEST

/* Ten minutes at 100 ms are 6,000 samples; a longer run has as many, farther apart. */
START_TEST(a_series_has_a_bounded_number_of_samples)
{
    static const struct {
        const char *duration;
        int64_t interval;
    } runs[] = {{"60s", SIM_MS(100)},
                {"600s", SIM_MS(100)},
                {"660s", SIM_MS(200)},
                {"2h", SIM_SEC(2)},
                {"24h", SIM_SEC(15)},
                {"366d", SIM_SEC(7200)}};
    for (size_t i = 0; i < G_N_ELEMENTS(runs); i++) {
        g_autofree char *text = g_strdup_printf("{\"version\":1,\"name\":\"x\",\"duration\":\"%s\","
                                                "\"topics\":[{\"name\":\"t\"}]}",
                                                runs[i].duration);
        Problems *problems = problems_new();
        Scenario *scenario = scenario_read_text("x.json", NULL, text, strlen(text), NULL, problems);
        ck_assert_ptr_nonnull(scenario);
        ck_assert_int_eq(scenario->spec->sample_interval, runs[i].interval);
        GString *effective = g_string_new(NULL);
        scenario_write(scenario, effective);
        ck_assert_ptr_nonnull(strstr(effective->str, "\"interval\": "));
        g_string_free(effective, TRUE);
        problems_free(problems);
        scenario_free(scenario);
    }
}
END_TEST

START_TEST(a_long_good_scenario_is_read_quickly)
{
    GString *text = g_string_new(HEAD "{\"name\":\"t\",\"partitions\":3}],\"timeline\":[");
    for (int i = 0; i < 9999; i++) {
        g_string_append_printf(text,
                               "{\"at\":\"%dms\",\"do\":\"pause\",\"broker\":%d,\"for\":\"1ms\"},",
                               i,
                               i % 3 + 1);
    }
    g_string_append(text, "{\"at\":\"1s\",\"do\":\"note\",\"say\":\"\"}],\"sweep\":{\"vary\":{");
    g_string_append(text, "\"/topics/0/partitions\":[1");
    for (int i = 0; i < 9000; i++) {
        g_string_append_printf(text, ",%d", i + 2);
    }
    g_string_append(text, "]},\"seeds\":\"1..2\"}}");
    gint64 start = g_get_monotonic_time();
    Problems *problems = problems_new();
    Scenario *scenario = scenario_read_text("x.json", NULL, text->str, text->len, NULL, problems);
    ck_assert_ptr_nonnull(scenario);
    ck_assert_uint_eq(scenario->spec->faults->len, 2 * 9999 + 1);
    ck_assert_int_lt((g_get_monotonic_time() - start) / G_USEC_PER_SEC, SECONDS_MAX);
    scenario_free(scenario);
    problems_free(problems);
    g_string_free(text, TRUE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scenario_limits");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, a_hundred_thousand_wrong_values);
    tcase_add_test(tests, fifty_thousand_unknown_keys);
    tcase_add_test(tests, many_references_into_many_long_names);
    tcase_add_test(tests, a_megabyte_of_broken_bytes);
    tcase_add_test(tests, groups_that_would_fill_the_memory);
    tcase_add_test(tests, a_timeline_that_scales_without_end);
    tcase_add_test(tests, more_random_faults_than_a_run_may_have);
    tcase_add_test(tests, a_series_has_a_bounded_number_of_samples);
    tcase_add_test(tests, a_long_good_scenario_is_read_quickly);
    return run_suite(suite);
}
