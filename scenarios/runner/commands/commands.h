/* commands.h - one function a command, one file each, and what they share. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_COMMANDS_COMMANDS_H
#define KAFKASIM_SCENARIOS_RUNNER_COMMANDS_COMMANDS_H
#include "scenarios/runner/options.h"
#include "scenarios/runner/reader/scenario.h"
#include "scenarios/runner/run.h"

ExitStatus command_run(Options *options);
ExitStatus command_compare(Options *options);
ExitStatus command_sweep(Options *options);
ExitStatus command_describe(Options *options);
ExitStatus command_partition(Options *options);
ExitStatus command_assign(Options *options);
ExitStatus command_plot(Options *options);
ExitStatus command_init(Options *options);
ExitStatus command_check(Options *options);
ExitStatus command_explain(Options *options);
ExitStatus command_schema(Options *options);
ExitStatus command_completion(Options *options);
ExitStatus command_man(Options *options);

/* Writes to stdout; EXIT_STATUS_OUTPUT when nobody takes it. */
ExitStatus command_print(const char *text);
/* "kafkasim: ..." on stderr. */
void command_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* scenario_read_file, whose hints name the program as it was called, and which names the file that
 * was probably meant where there is none. */
Scenario *command_read(const Options *options,
                       const char *path,
                       const ScenarioOverrides *overrides,
                       Problems *problems);
/* Reads the scenario with the command line's overrides and prints every problem to stderr (notes
 * with --verbose only). NULL: exit with EXIT_STATUS_USAGE. */
Scenario *command_load(const Options *options, const char *path);
/* --out, else kafkasim-out/NAME-SUFFIX. Caller frees. */
char *command_result_path(const Options *options, const char *name, const char *suffix);
/* False after a complaint: no result can stand there. Says which folders --out is about to make. */
bool command_may_write(const Options *options, const char *path);
/* Draws the plots of a finished result; `asked` makes a missing gnuplot an error. */
typedef enum PlotKind { PLOT_KIND_OVERVIEW, PLOT_KIND_SIZING } PlotKind;
ExitStatus command_draw(PlotKind kind, const char *directory, bool asked);

void help_general(const Options *options, GString *out);
void help_command(const Options *options, const Command *command, GString *out);
/* One line per option as printed in help: "  -o, --out DIR", padded. */
void help_option_name(const OptionRow *row, GString *out);

#endif
