/* test_scenario_broken.c - every broken scenario is refused with exactly the expected words.
 *
 * tests/scenarios/broken/NN-name.json is read, and all findings are compared with NN-name.expected.
 * KAFKASIM_REWRITE=1 writes the expected files anew: read the difference before committing it. */
#include "scenarios/runner/reader/scenario.h"
#include "tests/run_suite.h"
#include <check.h>
#include <glib.h>
#include <string.h>

#define FOLDER "tests/scenarios/broken"

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static GPtrArray *list_scenarios(void)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    GDir *folder = g_dir_open(FOLDER, 0, NULL);
    ck_assert_ptr_nonnull(folder);
    for (const char *name = g_dir_read_name(folder); name != NULL; name = g_dir_read_name(folder)) {
        if (g_str_has_suffix(name, ".json")) {
            g_ptr_array_add(names, g_strndup(name, strlen(name) - strlen(".json")));
        }
    }
    g_dir_close(folder);
    g_ptr_array_sort(names, compare_names);
    return names;
}

/* False, with a word on it, when the findings are not as expected. */
static bool check_one(const char *name)
{
    char *path = g_strdup_printf(FOLDER "/%s.json", name);
    char *expected_path = g_strdup_printf(FOLDER "/%s.expected", name), *expected = NULL;
    Problems *problems = problems_new();
    Scenario *scenario = scenario_read_file(path, NULL, problems);
    GString *found = g_string_new(NULL);
    problems_print(problems, PROBLEM_NOTE, false, found);
    if (g_getenv("KAFKASIM_REWRITE") != NULL) {
        g_file_set_contents(expected_path, found->str, -1, NULL);
    }
    bool there = g_file_get_contents(expected_path, &expected, NULL, NULL);
    bool fine = scenario == NULL && there && strcmp(found->str, expected) == 0;
    if (!fine) {
        g_printerr("%s: %s, found:\n%s\n",
                   name,
                   scenario != NULL ? "it was accepted" : "not the expected words",
                   found->str);
    }
    scenario_free(scenario);
    problems_free(problems);
    g_string_free(found, TRUE);
    g_free(expected);
    g_free(expected_path);
    g_free(path);
    return fine;
}

START_TEST(every_broken_scenario_is_refused_with_the_expected_words)
{
    GPtrArray *names = list_scenarios();
    guint wrong = 0;
    for (guint i = 0; i < names->len; i++) {
        wrong += !check_one(g_ptr_array_index(names, i));
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_ge(names->len, 50);
    g_ptr_array_unref(names);
}
END_TEST

/* What a scenario says must not reach the terminal as control codes. */
START_TEST(no_message_carries_control_codes)
{
    GPtrArray *names = list_scenarios();
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        char *path = g_strdup_printf(FOLDER "/%s.json", name);
        Problems *problems = problems_new();
        scenario_free(scenario_read_file(path, NULL, problems));
        GString *found = g_string_new(NULL);
        problems_print(problems, PROBLEM_NOTE, false, found);
        for (const char *at = found->str; *at != '\0'; at++) {
            ck_assert_msg((unsigned char)*at >= 0x20 || *at == '\n', "%s: %d", path, *at);
        }
        ck_assert(g_utf8_validate(found->str, -1, NULL));
        g_string_free(found, TRUE);
        problems_free(problems);
        g_free(path);
    }
    g_ptr_array_unref(names);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scenario_broken");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, every_broken_scenario_is_refused_with_the_expected_words);
    tcase_add_test(tests, no_message_carries_control_codes);
    return run_suite(suite);
}
