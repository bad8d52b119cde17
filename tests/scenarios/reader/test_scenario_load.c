/* test_scenario_load.c - "load" and "outstanding" of a producer, as the models get them. */
#include "scenarios/runner/reader/scenario.h"
#include "tests/run_suite.h"
#include <check.h>
#include <string.h>

static Scenario *read_it(const char *path, char **set)
{
    Problems *problems = problems_new();
    const ScenarioOverrides overrides = {.set = set};
    Scenario *scenario = scenario_read_file(path, set != NULL ? &overrides : NULL, problems);
    problems_free(problems);
    return scenario;
}

static const ProducerSpec *producer_of(const Scenario *scenario, guint index)
{
    return scenario->spec->producers->pdata[index];
}

static const LoadStep *step_of(const ProducerSpec *producer, guint index)
{
    return &g_array_index(producer->load.steps, LoadStep, index);
}

START_TEST(every_load_arrives_as_it_was_written)
{
    Scenario *scenario = read_it("tests/scenarios/good/loads.json", NULL);
    ck_assert_ptr_nonnull(scenario);
    const ProducerSpec *bursts = producer_of(scenario, 0);
    ck_assert_uint_eq(bursts->load.steps->len, 2);
    ck_assert_int_eq(step_of(bursts, 0)->duration, SIM_SEC(1));
    ck_assert_int_eq(step_of(bursts, 1)->factor, 0);
    const ProducerSpec *chance = producer_of(scenario, 1);
    ck_assert(chance->load.is_random);
    ck_assert_int_eq(step_of(chance, 1)->factor, 10 * LOAD_FACTOR_ONE);
    ck_assert_int_eq(step_of(chance, 1)->duration, SIM_MS(200));
    const ProducerSpec *day = producer_of(scenario, 2);
    ck_assert_double_eq_tol(load_shape_mean(&day->load, SIM_SEC(24)), 3.7 / 4, 1e-6);
    const ProducerSpec *grows = producer_of(scenario, 3);
    ck_assert(!grows->load.repeats);
    ck_assert_double_eq_tol(load_shape_mean(&grows->load, SIM_SEC(15)), 10.5, 1e-6);
    ck_assert_int_eq(producer_of(scenario, 4)->arrival, ARRIVAL_CLOSED);
    ck_assert_int_eq(producer_of(scenario, 4)->outstanding, 1);
    scenario_free(scenario);
}
END_TEST

START_TEST(a_trace_is_read_from_the_file_beside_the_scenario)
{
    Scenario *scenario = read_it("tests/scenarios/traces/replay.json", NULL);
    ck_assert_ptr_nonnull(scenario);
    const GArray *records = producer_of(scenario, 0)->trace.records;
    ck_assert_uint_eq(records->len, 6);
    const TraceRecord *first = &g_array_index(records, TraceRecord, 0);
    ck_assert_str_eq(first->key, "user-1");
    ck_assert_int_eq(first->value_bytes, 100);
    const TraceRecord *second = &g_array_index(records, TraceRecord, 1);
    ck_assert_int_eq(second->at, 10500000);
    ck_assert_ptr_null(second->key);
    scenario_free(scenario);
}
END_TEST

START_TEST(another_trace_than_the_noted_one_is_refused)
{
    char wrong[] = "/producers/0/trace.hash=\"0123456789abcdef\"";
    Scenario *scenario = read_it("tests/scenarios/traces/replay.json", NULL);
    g_autoptr(GString) effective = g_string_new(NULL);
    scenario_write(scenario, effective);
    const char *noted = strstr(effective->str, "\"trace.hash\": \"");
    ck_assert_ptr_nonnull(noted);
    g_autofree char *hash = g_strndup(noted + strlen("\"trace.hash\": \""), 16);
    scenario_free(scenario);
    g_autofree char *same = g_strdup_printf("/producers/0/trace.hash=\"%s\"", hash);
    char *good[] = {same, NULL};
    scenario = read_it("tests/scenarios/traces/replay.json", good);
    ck_assert_ptr_nonnull(scenario);
    scenario_free(scenario);
    char *bad[] = {wrong, NULL};
    ck_assert_ptr_null(read_it("tests/scenarios/traces/replay.json", bad));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scenario load");
    TCase *tests = tcase_create("loads");
    tcase_add_test(tests, every_load_arrives_as_it_was_written);
    tcase_add_test(tests, a_trace_is_read_from_the_file_beside_the_scenario);
    tcase_add_test(tests, another_trace_than_the_noted_one_is_refused);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
