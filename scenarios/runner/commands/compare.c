/* compare.c - kafkasim compare: the same seeds for each scenario, paired differences. */
#include "scenarios/runner/commands/commands.h"
#include "scenarios/runner/results/result_dir.h"
#include "scenarios/runner/sweep/paired.h"
#include "scenarios/runner/sweep/seeds.h"
#include "scenarios/runner/text.h"
#include <string.h>

typedef struct Side {
    Scenario *scenario;
    SweepPlan *plan;
    SweepResults *results;
} Side;

static void free_side(void *data)
{
    Side *side = data;
    sweep_results_free(side->results);
    sweep_plan_free(side->plan);
    if (side->scenario != NULL) {
        scenario_free(side->scenario);
    }
    g_free(side);
}

static GArray *copy_seeds(const GArray *seeds)
{
    GArray *copy = g_array_new(FALSE, FALSE, sizeof(guint64));
    g_array_append_vals(copy, seeds->data, seeds->len);
    return copy;
}

/* The first scenario names the measures for all. */
static Side *run_side(const Options *options,
                      const char *file,
                      const Scenario *first,
                      const GArray *seeds,
                      Progress *progress)
{
    Side *side = g_new0(Side, 1);
    side->scenario = command_load(options, file);
    if (side->scenario == NULL) {
        free_side(side);
        return NULL;
    }
    GPtrArray *measures =
        sweep_measures_compared(first != NULL ? first : side->scenario, options->measure);
    side->plan = sweep_plan_new_single(side->scenario, file, options, measures, copy_seeds(seeds));
    if (side->plan == NULL) {
        command_complain("cannot read %s again (a comparison needs files)", file);
        free_side(side);
        return NULL;
    }
    side->results = sweep_execute(side->plan, options->jobs, progress);
    return side;
}

static bool run_sides(const Options *options, const GArray *seeds, GPtrArray *sides)
{
    for (guint i = 0; i < options->operands->len; i++) {
        const Scenario *first = i > 0 ? ((const Side *)sides->pdata[0])->scenario : NULL;
        Progress progress;
        progress_init(&progress, options->quiet);
        Side *side = run_side(options, options->operands->pdata[i], first, seeds, &progress);
        if (side == NULL) {
            return false;
        }
        g_ptr_array_add(sides, side);
    }
    return true;
}

static bool write_sides(const Options *options, const GPtrArray *results)
{
    g_autoptr(GError) error = NULL;
    if (options->out == NULL || paired_write(results, options->out, &error)) {
        return true;
    }
    command_complain("%s", error->message);
    return false;
}

static ExitStatus status_of(const GPtrArray *results)
{
    ExitStatus status = EXIT_STATUS_OK;
    for (guint i = 0; i < results->len; i++) {
        const SweepResults *side = results->pdata[i];
        if (side->interrupted && status == EXIT_STATUS_OK) {
            status = EXIT_STATUS_INTERRUPTED;
        }
        for (size_t run = 0; run < side->plan->runs; run++) {
            status = side->rows[run].invariant_broken ? EXIT_STATUS_INVARIANT : status;
        }
    }
    return status;
}

static ExitStatus print_sides(const Options *options, const GPtrArray *sides)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GPtrArray) results = g_ptr_array_new();
    for (guint i = 0; i < sides->len; i++) {
        g_ptr_array_add(results, ((Side *)sides->pdata[i])->results);
    }
    if (options->json) {
        paired_json(results, out);
    } else {
        paired_text(results, options->measure, options->quiet, out);
    }
    bool written = write_sides(options, results);
    ExitStatus printed = command_print(out->str);
    ExitStatus status = status_of(results);
    if (status != EXIT_STATUS_OK) {
        return status;
    }
    return written ? printed : EXIT_STATUS_OUTPUT;
}

/* What else people mean by comparing: one file with two values, two results. */
static bool check_files(const Options *options)
{
    const GPtrArray *files = options->operands;
    g_autoptr(GString) file = g_string_new(NULL);
    text_shell_word(file, files->pdata[0]);
    if (files->len == 1 && !g_file_test(files->pdata[0], G_FILE_TEST_IS_DIR)) {
        command_complain("compare needs FILE FILE...; to compare values of a setting of one file: "
                         "%s sweep %s --set '/sweep/vary={\"/topics/0/partitions\":[6,12]}'",
                         options->program,
                         file->str);
        return false;
    }
    for (guint i = 0; i < files->len; i++) {
        if (g_file_test(files->pdata[i], G_FILE_TEST_IS_DIR)) {
            command_complain("compare runs scenarios with many seeds; it does not read results");
            break;
        }
    }
    return true;
}

ExitStatus command_compare(Options *options)
{
    if (!check_files(options)) {
        return EXIT_STATUS_USAGE;
    }
    g_autofree char *problem = NULL;
    if (options->measure != NULL && scenario_metric_find(options->measure) == NULL) {
        command_complain("--measure: \"%s\" is no metric; near ones: %s explain %s",
                         options->measure,
                         options->program,
                         options->measure);
        return EXIT_STATUS_USAGE;
    }
    g_autoptr(GArray) seeds =
        seeds_parse(options->seeds != NULL ? options->seeds : "1..10", &problem);
    if (seeds == NULL) {
        command_complain("%s", problem);
        return EXIT_STATUS_USAGE;
    }
    if (options->out != NULL && !command_may_write(options, options->out)) {
        return EXIT_STATUS_OUTPUT;
    }
    g_autoptr(GPtrArray) sides = g_ptr_array_new_with_free_func(free_side);
    return run_sides(options, seeds, sides) ? print_sides(options, sides) : EXIT_STATUS_USAGE;
}
