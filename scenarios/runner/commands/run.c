/* run.c - kafkasim run: simulate, write the results, draw, print the summary. */
#include "scenarios/runner/called.h"
#include "scenarios/runner/commands/commands.h"
#include "scenarios/runner/fidelity.h"
#include "scenarios/runner/interrupt.h"
#include "scenarios/runner/results/result_dir.h"
#include "scenarios/runner/results/results.h"
#include "scenarios/runner/text.h"
#include <string.h>

/* The one command that repeats this run. */
static char *replay_command(const Options *options, const Scenario *scenario)
{
    GString *out = g_string_new(options->program);
    g_string_append(out, " run ");
    text_shell_word(out, options->operands->pdata[0]);
    g_string_append_printf(out, " --seed %" G_GUINT64_FORMAT, (guint64)scenario->spec->seed);
    for (guint i = 0; i < options->set->len; i++) {
        g_string_append(out, " --set ");
        text_shell_word(out, options->set->pdata[i]);
    }
    if (options->until != NULL) {
        g_string_append(out, " --until ");
        text_shell_word(out, options->until);
    }
    g_string_append(out, options->no_invariants ? " --no-invariants" : "");
    if (options->fidelity != NULL) {
        g_string_append_printf(
            out, " --fidelity %s", scenario->spec->record_by_record ? "record" : "batch");
    }
    return g_string_free(out, FALSE);
}

static bool has_values_to_vary(const Scenario *scenario)
{
    return scenario->sweep != NULL && scenario->sweep->vary->len > 0;
}

static void append_next(const Options *options, const Run *run, const char *path, GString *out)
{
    g_autofree char *picture = g_build_filename(path, "plots", "overview.png", NULL);
    g_string_append_printf(out, "\nresults: %s\n", path);
    if (g_file_test(picture, G_FILE_TEST_EXISTS)) {
        g_string_append_printf(out, "picture: %s\n", picture);
    }
    const bool is_file = strcmp(options->operands->pdata[0], "-") != 0; /* a sweep reads it again */
    if (is_file && has_values_to_vary(run->scenario) && run->complete) {
        g_string_append_printf(out, "next: %s sweep ", options->program);
        text_shell_word(out, options->operands->pdata[0]);
    } else {
        g_string_append_printf(out, "next: %s plot --term ", options->program);
        text_shell_word(out, path);
    }
    g_string_append_c(out, '\n');
}

/* `path` is NULL when the results could not be written: an older result may stand there. */
static ExitStatus print_summary(const Options *options, const Run *run, const char *path)
{
    const SummaryStyle style = {
        .colour = options->colour, .verbose = options->verbose, .no_answers = options->no_answers};
    g_autoptr(GString) out = g_string_new(NULL);
    if (options->json) {
        results_summary_json(run, out);
    } else if (options->quiet) {
        results_goals_text(run, style, true, out);
    } else {
        const Called called = {options->program, options->operands->pdata[0]};
        g_autoptr(GString) summary = g_string_new(NULL);
        results_summary_text(run, style, summary);
        g_autofree char *text = called_text(&called, summary->str);
        g_string_append(out, text);
        if (path != NULL) {
            append_next(options, run, path, out);
        }
    }
    return command_print(out->str);
}

static void complain_about(const Options *options, const Run *run)
{
    if (!run->complete) {
        command_complain("the run is incomplete: %s; what there is was kept", run->why);
    }
    if (checks_failures(cluster_checks(run->cluster)) > 0) {
        g_autofree char *replay = replay_command(options, run->scenario);
        const CheckFailure *first = checks_failure(cluster_checks(run->cluster), 0);
        g_autoptr(GString) when = g_string_new(NULL);
        text_duration(when, first->time);
        command_complain("an invariant broke: %s at %s: %s; to repeat it: %s",
                         first->name,
                         when->str,
                         first->detail,
                         replay);
    }
}

/* The run's own verdict counts first, then what went wrong with files and pictures. */
static ExitStatus finish(const Options *options, const Run *run, const char *path)
{
    g_autoptr(GError) error = NULL;
    if (!results_write(run, path, &error)) {
        command_complain("%s", error->message);
        print_summary(options, run, NULL);
        return EXIT_STATUS_OUTPUT;
    }
    complain_about(options, run);
    ExitStatus status = run_status(run);
    ExitStatus drawn = EXIT_STATUS_OK;
    if (!options->no_plots && !interrupt_was_asked()) {
        drawn = command_draw(PLOT_KIND_OVERVIEW, path, false);
    }
    ExitStatus printed = print_summary(options, run, path);
    if (status != EXIT_STATUS_OK) {
        return status;
    }
    return printed != EXIT_STATUS_OK ? printed : drawn;
}

/* The same scenario and seed once more, record by record; what differs. */
static ExitStatus print_fidelity(const Scenario *scenario, const Run *batch, Progress *progress)
{
    g_autoptr(GString) out = g_string_new(NULL);
    scenario->spec->record_by_record = true;
    Run *exact = run_scenario(scenario, progress);
    if (exact->complete) {
        fidelity_text(batch, exact, out);
    } else {
        command_complain("the run record by record is incomplete: %s", exact->why);
    }
    run_free(exact);
    scenario->spec->record_by_record = false;
    return command_print(out->str);
}

static ExitStatus run_loaded(const Options *options, const Scenario *scenario, const char *path)
{
    g_autofree char *replay = replay_command(options, scenario);
    interrupt_set_replay(replay);
    interrupt_take_hangups();
    Progress progress;
    progress_init(&progress, options->quiet);
    Run *run = run_scenario(scenario, &progress);
    ExitStatus status = finish(options, run, path);
    if (g_strcmp0(options->fidelity, "both") == 0 && run->complete) {
        ExitStatus printed = print_fidelity(scenario, run, &progress);
        status = status == EXIT_STATUS_OK ? printed : status;
    }
    run_free(run);
    interrupt_set_replay(NULL);
    return status;
}

ExitStatus command_run(Options *options)
{
    static const char *const modes[] = {"batch", "record", "both", NULL};
    if (options->fidelity != NULL && !g_strv_contains(modes, options->fidelity)) {
        command_complain("--fidelity: expected batch, record or both, found \"%s\"",
                         options->fidelity);
        return EXIT_STATUS_USAGE;
    }
    Scenario *scenario = command_load(options, options->operands->pdata[0]);
    if (scenario == NULL) {
        return EXIT_STATUS_USAGE;
    }
    g_autofree char *seed = g_strdup_printf("%" G_GUINT64_FORMAT, (guint64)scenario->spec->seed);
    g_autofree char *path = command_result_path(options, scenario->spec->name, seed);
    ExitStatus status = EXIT_STATUS_OUTPUT;
    if (command_may_write(options, path)) {
        status = run_loaded(options, scenario, path);
    }
    scenario_free(scenario);
    return status;
}
