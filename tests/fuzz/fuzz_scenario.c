/* fuzz_scenario.c - any bytes are a scenario or are refused: no crash, no hang, no leak, bounded
 * memory. What is accepted must be accepted again, unchanged, when it is written out; what is
 * refused must say so in clean UTF-8.
 *
 * The first line may be an override: "#POINTER=VALUE\n" goes to --set. */
#include "scenarios/runner/reader/scenario.h"
#include "scenarios/runner/reader/text/properties_text.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_messages(Problems *problems)
{
    GString *out = g_string_new(NULL);
    problems_print(problems, PROBLEM_NOTE, false, out);
    for (const char *at = out->str; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 && *at != '\n') {
            abort();
        }
    }
    if (!g_utf8_validate(out->str, (gssize)out->len, NULL)) {
        abort();
    }
    g_string_truncate(out, 0);
    problems_print_json(problems, out);
    g_string_free(out, TRUE);
}

static void check_round_trip(const Scenario *scenario)
{
    GString *once = g_string_new(NULL), *twice = g_string_new(NULL);
    scenario_write(scenario, once);
    Problems *problems = problems_new();
    Scenario *again = scenario_read_text("again", NULL, once->str, once->len, NULL, problems);
    if (again == NULL) {
        abort();
    }
    scenario_write(again, twice);
    if (strcmp(once->str, twice->str) != 0) {
        abort();
    }
    scenario_free(again);
    problems_free(problems);
    g_string_free(once, TRUE);
    g_string_free(twice, TRUE);
}

static void ignore_entry(void *user, const char *key, const char *value, int line)
{
    if (!g_utf8_validate(key, -1, NULL) || !g_utf8_validate(value, -1, NULL) || line < 1) {
        abort();
    }
    ++*(size_t *)user;
}

/* The same bytes as a properties file. */
static void check_properties(const char *data, size_t size)
{
    char *text = g_strndup(data, size);
    size_t entries = 0;
    int line = 0;
    if (g_utf8_validate(text, -1, NULL)) {
        properties_parse(text, ignore_entry, &entries, &line);
    }
    g_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_properties((const char *)data, size);
    const char *text = (const char *)data;
    char *set[] = {NULL, NULL};
    const char *end = size > 0 && *text == '#' ? memchr(text, '\n', size) : NULL;
    if (end != NULL) {
        set[0] = g_strndup(text + 1, (size_t)(end - text - 1));
        size -= (size_t)(end + 1 - text);
        text = end + 1;
    }
    const ScenarioOverrides overrides = {set, NULL, NULL};
    Problems *problems = problems_new();
    Scenario *scenario = scenario_read_text("fuzz", NULL, text, size, &overrides, problems);
    if ((scenario == NULL) != problems_has_errors(problems)) {
        abort();
    }
    check_messages(problems);
    if (scenario != NULL) {
        check_round_trip(scenario);
    }
    scenario_free(scenario);
    problems_free(problems);
    g_free(set[0]);
    return 0;
}
