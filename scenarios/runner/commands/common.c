/* common.c - what the commands share: loading, printing, drawing; and the table of commands. */
#include "plots/plot.h"
#include "scenarios/runner/called.h"
#include "scenarios/runner/commands/commands.h"
#include "scenarios/runner/nearest_file.h"
#include "scenarios/runner/results/result_dir.h"
#include "scenarios/runner/text.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

ExitStatus command_print(const char *text)
{
    size_t length = strlen(text);
    if (fwrite(text, 1, length, stdout) == length && fflush(stdout) == 0) {
        return EXIT_STATUS_OK;
    }
    if (errno != EPIPE) { /* "| head" has seen enough */
        command_complain("cannot write to standard output: %s", g_strerror(errno));
    }
    return EXIT_STATUS_OUTPUT;
}

void command_complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_printerr("kafkasim: %s\n", text);
}

static char *tell_hint(const void *user, const char *hint)
{
    return called_text(user, hint);
}

/* A result keeps the scenario it is of, which can be run again. */
static char *hint_for_folder(const char *path)
{
    g_autofree char *scenario = g_build_filename(path, "scenario.json", NULL);
    if (!g_file_test(scenario, G_FILE_TEST_IS_REGULAR)) {
        return NULL;
    }
    GString *hint = g_string_new("the scenario that this is a result of: ");
    text_visible(hint, scenario);
    return g_string_free(hint, FALSE);
}

static void add_problem(Problems *problems, const char *path, const char *message, char *hint)
{
    g_autofree char *file = g_strdup(path);
    g_autofree char *text = g_strdup(message);
    const Problem problem = {.kind = PROBLEM_ERROR, .file = file, .message = text, .hint = hint};
    problems_add(problems, &problem);
}

Scenario *command_read(const Options *options,
                       const char *path,
                       const ScenarioOverrides *overrides,
                       Problems *problems)
{
    if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
        g_autofree char *hint = hint_for_folder(path);
        add_problem(problems, path, "this is a folder, and a scenario is a file", hint);
        return NULL;
    }
    if (strcmp(path, "-") != 0 && !g_file_test(path, G_FILE_TEST_EXISTS)) {
        g_autofree char *hint = nearest_file_hint(path, options->program);
        add_problem(problems, path, "there is no such file", hint);
        return NULL;
    }
    const Called called = {options->program, NULL};
    Scenario *scenario = scenario_read_file(path, overrides, problems);
    problems_retell(problems, tell_hint, &called);
    return scenario;
}

Scenario *command_load(const Options *options, const char *path)
{
    g_autoptr(GPtrArray) set = g_ptr_array_new();
    for (guint i = 0; i < options->set->len; i++) {
        g_ptr_array_add(set, options->set->pdata[i]);
    }
    if (options->no_invariants) {
        g_ptr_array_add(set, (void *)(uintptr_t)OPTIONS_NO_INVARIANTS);
    }
    if (g_strcmp0(options->fidelity, "record") == 0) {
        g_ptr_array_add(set, (void *)(uintptr_t)OPTIONS_RECORD_BY_RECORD);
    } else if (options->fidelity != NULL) {
        g_ptr_array_add(set, (void *)(uintptr_t)OPTIONS_BY_BATCH);
    }
    g_ptr_array_add(set, NULL);
    ScenarioOverrides overrides = {
        .set = (char **)set->pdata, .seed = options->seed, .until = options->until};
    Problems *problems = problems_new();
    Scenario *scenario = command_read(options, path, &overrides, problems);
    ProblemKind least = options->verbose ? PROBLEM_NOTE
                        : options->quiet ? PROBLEM_ERROR
                                         : PROBLEM_WARNING;
    bool colour = isatty(STDERR_FILENO) == 1 && options->colour;
    g_autoptr(GString) text = g_string_new(NULL);
    problems_print(problems, least, colour, text);
    fputs(text->str, stderr);
    problems_free(problems);
    return scenario;
}

char *command_result_path(const Options *options, const char *name, const char *suffix)
{
    if (options->out != NULL) {
        return g_strdup(options->out);
    }
    g_autofree char *plain = text_file_name(name);
    g_autofree char *full = g_strdup_printf("%s-%s", plain, suffix);
    return g_build_filename("kafkasim-out", full, NULL);
}

bool command_may_write(const Options *options, const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *parent = g_path_get_dirname(path);
    if (!result_dir_check(path, &error)) {
        command_complain("%s", error->message);
        return false;
    }
    if (options->out != NULL && !options->quiet && !g_file_test(parent, G_FILE_TEST_EXISTS)) {
        command_complain("there is no folder %s yet; it is made for the results", parent);
    }
    return true;
}

ExitStatus command_draw(PlotKind kind, const char *directory, bool asked)
{
    g_autoptr(GError) error = NULL;
    gboolean drawn = kind == PLOT_KIND_OVERVIEW ? plot_overview(directory, NULL, &error)
                                                : plot_sizing(directory, NULL, &error);
    if (drawn) {
        return EXIT_STATUS_OK;
    }
    if (g_error_matches(error, PLOT_ERROR, PLOT_ERROR_NO_GNUPLOT)) {
        command_complain("gnuplot was not found, so there are no pictures; the results and the "
                         "scripts are in %s",
                         directory);
        return asked ? EXIT_STATUS_OUTPUT : EXIT_STATUS_OK;
    }
    command_complain("no pictures: %s", error->message);
    return EXIT_STATUS_OUTPUT;
}

static const Command COMMANDS[] = {
    {"run",
     "Run",
     "FILE",
     1,
     1,
     "run one scenario, print a summary, judge its goals",
     "Simulates FILE (- reads standard input), prints a summary and writes the results to\n"
     "kafkasim-out/NAME-SEED or to --out. A result of the same name is replaced, but what you put\n"
     "into its folder stays; a directory that is no kafkasim result is left alone. The same\n"
     "scenario and seed give the same bytes.\n"
     "Example: kafkasim run my.json --seed 7 --set /topics/0/partitions=24\n",
     command_run},
    {"compare",
     "Run",
     "FILE FILE...",
     1, /* which is told what compares the values of one */
     9,
     "run two or more scenarios with the same seeds and tell what differs, with intervals",
     "Runs each FILE with the seeds of --seeds (default 1..10) and compares them with the first,\n"
     "seed by seed: mean difference and its 95 % interval. The closing sentence says which "
     "measure\n"
     "differs most. Goals are not judged. --out DIR keeps compare.json and the runs of each "
     "side.\n"
     "The scenario of a result is its scenario.json. Values of one setting are compared by sweep:\n"
     "kafkasim sweep FILE --set '/sweep/vary={\"/topics/0/partitions\":[6,12]}'\n"
     "Example: kafkasim compare a.json b.json --seeds 1..20\n",
     command_compare},
    {"sweep",
     "Run",
     "FILE",
     1,
     1,
     "run every combination in \"sweep\" with every seed, find the least that meets the goals",
     "Runs the product of the lists in FILE's \"sweep\".\"vary\", each with every seed of "
     "\"seeds\".\n"
     "A FILE without \"sweep\" is run as it stands with the seeds of --seeds: how far they lie "
     "apart.\n"
     "Results (runs.csv, cells.csv, sweep.json, plots/) go to kafkasim-out/NAME-sweep or --out.\n"
     "Any --jobs gives the same bytes.\n"
     "Example: kafkasim sweep my.json --seeds 1..20\n",
     command_sweep},
    {"describe",
     "Look",
     "topics|brokers|quorum|groups|members|offsets|transactions FILE",
     2,
     2,
     "topics, groups, brokers or the quorum at a moment, in the layout of Kafka's own tools",
     "Runs FILE up to --at and prints what Kafka's tools would print then: topics as\n"
     "kafka-topics.sh --describe; offsets, members and groups as kafka-consumer-groups.sh\n"
     "--describe alone, with --members and with --state (of share groups as\n"
     "kafka-share-groups.sh); quorum as kafka-metadata-quorum.sh describe --status and\n"
     "--replication; transactions as kafka-transactions.sh list and, with --transactional-id,\n"
     "describe; brokers with their state and epoch. --verbose adds epochs and the members'\n"
     "partitions. Times are ms since the start of the run.\n"
     "Example: kafkasim describe topics my.json --at 25s --under-replicated-partitions\n",
     command_describe},
    {"plot",
     "Look",
     "DIR",
     1,
     1,
     "draw the plots of a result with gnuplot, or in the terminal (--term)",
     "Draws plots/overview.svg and .png of a run, or plots/sizing.svg and .png of a sweep. The\n"
     "scripts stay beside them: change them and run 'cd DIR/plots && gnuplot overview.gp'.\n",
     command_plot},
    {"partition",
     "Look",
     "[KEY]...",
     0,
     INT_MAX,
     "the partition that each key goes to (without keys: one a line from standard input)",
     "Prints each KEY with its murmur2 hash and its partition of --partitions N, as a Java "
     "producer\n"
     "with StringSerializer and the built-in partitioner chooses it.\n"
     "Example: kafkasim partition user-42 order-1 --partitions 6\n",
     command_partition},
    {"assign",
     "Look",
     "[A=LIST]...",
     0,
     INT_MAX,
     "who gets which partition, and how many move",
     "Prints what the assignor gives to each member of a group. A=LIST says what a member has\n"
     "now, as --owned does: a=t0:0,t0:1 b=t0:2-4.\n"
     "Example: kafkasim assign --assignor range --members a,b --topics t0:5,t1:4\n",
     command_assign},
    {"init",
     "Write",
     "",
     0,
     0,
     "print a starting scenario (--lesson NAME for a shipped one)",
     "Prints a scenario to start from, to standard output or to --out FILE. --lesson list names\n"
     "the shipped ones.\n"
     "Example: kafkasim init --lesson first-run --out first-run.json\n",
     command_init},
    {"check",
     "Write",
     "FILE",
     1,
     1,
     "check a scenario and, with --plan, print what would run",
     "Reads FILE and reports every error and warning as FILE:LINE:COLUMN. With --plan it also\n"
     "starts the simulated cluster for a moment, to say where partitions and leaders are placed\n"
     "and how many events to expect.\n",
     command_check},
    {"explain",
     "Write",
     "KEY",
     1,
     1,
     "what a key does here, its Kafka default, and whether it is simulated",
     "KEY is a Kafka option (linger.ms), a key of the scenario format, a metric or a timeline\n"
     "verb.\n"
     "Example: kafkasim explain linger.ms\n",
     command_explain},
    {"schema",
     "Write",
     "",
     0,
     0,
     "print the JSON Schema for your editor",
     "Save it beside your scenario as kafkasim.schema.json and point \"$schema\" to it.\n"
     "Example: kafkasim schema --out kafkasim.schema.json\n",
     command_schema},
    {"completion",
     "Write",
     "bash|zsh|fish",
     1,
     1,
     "print the completion script of a shell",
     "bash: kafkasim completion bash > ~/.local/share/bash-completion/completions/kafkasim\n"
     "zsh:  kafkasim completion zsh > _kafkasim, in a folder of $fpath\n"
     "fish: kafkasim completion fish > ~/.config/fish/completions/kafkasim.fish\n",
     command_completion},
    {"man",
     "Write",
     "",
     0,
     0,
     "print the manual page",
     "Read it with: kafkasim man | man -l -\n",
     command_man},
};

size_t command_count(void)
{
    return G_N_ELEMENTS(COMMANDS);
}

const Command *command_at(size_t index)
{
    return &COMMANDS[index];
}

const Command *command_find(const char *name)
{
    for (size_t i = 0; i < command_count(); i++) {
        if (strcmp(COMMANDS[i].name, name) == 0) {
            return &COMMANDS[i];
        }
    }
    return NULL;
}
