/* sweep.c - kafkasim sweep: every combination, every seed, and the fewest that is enough. */
#include "scenarios/runner/commands/commands.h"
#include "scenarios/runner/results/result_dir.h"
#include "scenarios/runner/sweep/seeds.h"
#include "scenarios/runner/sweep/tables.h"
#include "scenarios/runner/text.h"

static bool choose_seeds(const Options *options, SweepPlan *plan)
{
    if (options->seeds == NULL) {
        return true;
    }
    g_autofree char *problem = NULL;
    GArray *seeds = seeds_parse(options->seeds, &problem);
    if (seeds == NULL) {
        command_complain("%s", problem);
        return false;
    }
    sweep_plan_set_seeds(plan, seeds);
    return true;
}

static void complain_of_broken(const SweepResults *results, size_t broken, size_t first)
{
    const guint seeds = results->plan->seeds->len;
    command_complain("an invariant broke in %zu of %zu runs, first in run %zu: cell %zu, seed "
                     "%" G_GUINT64_FORMAT,
                     broken,
                     results->plan->runs,
                     first,
                     first / seeds,
                     g_array_index(results->plan->seeds, guint64, first % seeds));
}

static ExitStatus status_of(const SweepResults *results)
{
    bool missed = false;
    size_t broken = 0;
    size_t first = 0;
    for (size_t i = 0; i < results->plan->runs; i++) {
        if (results->rows[i].invariant_broken) {
            first = broken == 0 ? i : first;
            broken++;
        }
        missed = missed || !results->rows[i].complete;
    }
    if (broken > 0) {
        complain_of_broken(results, broken, first);
        return EXIT_STATUS_INVARIANT;
    }
    if (results->interrupted) {
        return EXIT_STATUS_INTERRUPTED;
    }
    if (missed) {
        command_complain("a run met a limit of the engine; its cell is incomplete");
        return EXIT_STATUS_USAGE;
    }
    bool answered = results->plan->base->goals->len == 0 || sweep_answer(results) != SWEEP_NO_CELL;
    return answered ? EXIT_STATUS_OK : EXIT_STATUS_GOALS;
}

static void append_title(const SweepPlan *plan, GString *out)
{
    text_visible(out, plan->base->spec->name);
    g_string_append(out, ": ");
    if (sweep_plan_axes(plan) == 0) {
        text_counted(out, plan->seeds->len, "seed", "seeds");
        g_string_append(
            out,
            " of the scenario as it stands: their mean ± half of its 95 % interval, "
            "and the least, the median and the most of the single runs; [from, to] where ± would "
            "reach below 0\n\n");
        return;
    }
    text_counted(out, (int64_t)plan->cells, "cell", "cells");
    g_string_append(out, " x ");
    text_counted(out, plan->seeds->len, "seed", "seeds");
    g_string_append(out,
                    " (the same in every cell); mean ± half of the 95 % interval, [from, to] "
                    "where that would reach below 0\n\n");
}

/* `path` is NULL when the results could not be written. */
static ExitStatus
print_results(const Options *options, const SweepResults *results, const char *path)
{
    g_autoptr(GString) out = g_string_new(NULL);
    if (options->json) {
        sweep_json(results, out);
        return command_print(out->str);
    }
    if (!options->quiet) {
        append_title(results->plan, out);
        sweep_cells_text(results, out);
        g_string_append_c(out, '\n');
    }
    sweep_sentence(results, out);
    if (!options->quiet && path != NULL) {
        g_autofree char *picture = g_build_filename(path, "plots", "sizing.png", NULL);
        g_string_append_printf(out, "\nresults: %s\n", path);
        if (g_file_test(picture, G_FILE_TEST_EXISTS)) {
            g_string_append_printf(out, "picture: %s\n", picture);
        }
    }
    return command_print(out->str);
}

static ExitStatus finish(const Options *options, const SweepResults *results, const char *path)
{
    g_autoptr(GError) error = NULL;
    if (results->problems != NULL) {
        g_printerr("%s", results->problems);
        command_complain("a value of the sweep makes the scenario invalid");
        return EXIT_STATUS_USAGE;
    }
    if (!sweep_write(results, path, &error)) {
        command_complain("%s", error->message);
        print_results(options, results, NULL); /* what the work has given is not lost */
        return EXIT_STATUS_OUTPUT;
    }
    ExitStatus status = status_of(results);
    ExitStatus drawn = EXIT_STATUS_OK;
    const bool varies =
        sweep_plan_axes(results->plan) > 0; /* else: only seeds, and no axis to draw */
    if (varies && !options->no_plots && !results->interrupted) {
        drawn = command_draw(PLOT_KIND_SIZING, path, false);
    }
    ExitStatus printed = print_results(options, results, path);
    if (status != EXIT_STATUS_OK) {
        return status;
    }
    return printed != EXIT_STATUS_OK ? printed : drawn;
}

static ExitStatus run_plan(const Options *options, const SweepPlan *plan)
{
    g_autofree char *path = command_result_path(options, plan->base->spec->name, "sweep");
    if (!command_may_write(options, path)) {
        return EXIT_STATUS_OUTPUT;
    }
    Progress progress;
    progress_init(&progress, options->quiet);
    SweepResults *results = sweep_execute(plan, options->jobs, &progress);
    ExitStatus status = finish(options, results, path);
    sweep_results_free(results);
    return status;
}

static ExitStatus sweep_loaded(const Options *options, const Scenario *scenario)
{
    const char *file = options->operands->pdata[0];
    if (scenario->sweep == NULL && options->seeds == NULL) {
        command_complain("%s has no \"sweep\", so there is nothing to vary; --seeds 1..10 tells "
                         "how far apart the seeds of the scenario as it stands lie",
                         file);
        return EXIT_STATUS_USAGE;
    }
    SweepPlan *plan = sweep_plan_new(scenario, file, options);
    if (plan == NULL) {
        command_complain("cannot read %s again (a sweep needs a file)", file);
        return EXIT_STATUS_USAGE;
    }
    ExitStatus status = choose_seeds(options, plan) ? run_plan(options, plan) : EXIT_STATUS_USAGE;
    sweep_plan_free(plan);
    return status;
}

ExitStatus command_sweep(Options *options)
{
    Scenario *scenario = command_load(options, options->operands->pdata[0]);
    if (scenario == NULL) {
        return EXIT_STATUS_USAGE;
    }
    ExitStatus status = sweep_loaded(options, scenario);
    scenario_free(scenario);
    return status;
}
