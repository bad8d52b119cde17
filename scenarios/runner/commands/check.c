/* check.c - kafkasim check: every error at once; --plan: what would run. */
#include "scenarios/runner/commands/commands.h"
#include "scenarios/runner/plan/check_plan.h"
#include "scenarios/runner/text.h"

/* With --json the findings are the document. */
static ExitStatus check_as_json(const Options *options)
{
    g_autoptr(GPtrArray) set = g_ptr_array_new();
    for (guint i = 0; i < options->set->len; i++) {
        g_ptr_array_add(set, options->set->pdata[i]);
    }
    g_ptr_array_add(set, NULL);
    ScenarioOverrides overrides = {
        .set = (char **)set->pdata, .seed = options->seed, .until = options->until};
    Problems *problems = problems_new();
    Scenario *scenario = command_read(options, options->operands->pdata[0], &overrides, problems);
    g_autoptr(GString) out = g_string_new(NULL);
    problems_print_json(problems, out);
    ExitStatus printed = command_print(out->str);
    problems_free(problems);
    if (scenario == NULL) {
        return EXIT_STATUS_USAGE;
    }
    scenario_free(scenario);
    return printed;
}

static void append_counts(const Scenario *scenario, const char *path, GString *out)
{
    const ClusterSpec *spec = scenario->spec;
    const struct {
        guint count;
        const char *one;
        const char *many;
    } COUNTS[] = {
        {spec->brokers->len, "broker", "brokers"},
        {spec->topics->len, "topic", "topics"},
        {spec->producers->len, "producer", "producers"},
        {spec->groups->len, "group", "groups"},
        {scenario->goals->len, "goal", "goals"},
    };
    g_string_append_printf(out, "%s: no errors: ", path);
    for (size_t i = 0; i < G_N_ELEMENTS(COUNTS); i++) {
        text_counted(out, COUNTS[i].count, COUNTS[i].one, COUNTS[i].many);
        g_string_append(out, ", ");
    }
    g_string_append_printf(out, "scenario %s\n", scenario->hash);
}

ExitStatus command_check(Options *options)
{
    if (options->json && !options->plan) {
        return check_as_json(options);
    }
    Scenario *scenario = command_load(options, options->operands->pdata[0]);
    if (scenario == NULL) {
        return EXIT_STATUS_USAGE;
    }
    g_autoptr(GString) out = g_string_new(NULL);
    if (options->plan && options->json) {
        check_plan_json(scenario, out);
    } else if (!options->quiet) {
        append_counts(scenario, options->operands->pdata[0], out);
        if (options->plan) {
            check_plan_text(scenario, out);
        }
    }
    scenario_free(scenario);
    return command_print(out->str);
}
