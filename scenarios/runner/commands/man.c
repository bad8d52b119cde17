/* man.c - kafkasim man: kafkasim(1) in roff, from the same tables as the help. */
#include "scenarios/runner/commands/commands.h"
#include "scenarios/runner/version.h"

/* roff: a backslash and a leading dot or quote are special; '-' is a minus sign here. */
static void append_roff(GString *out, const char *text)
{
    bool line_start = true;
    for (const char *at = text; *at != '\0'; at++) {
        if (line_start && (*at == '.' || *at == '\'')) {
            g_string_append(out, "\\&");
        }
        if (*at == '\\') {
            g_string_append(out, "\\e");
        } else if (*at == '-') {
            g_string_append(out, "\\-");
        } else {
            g_string_append_c(out, *at);
        }
        line_start = *at == '\n';
    }
}

static void append_command(const Command *command, GString *out)
{
    g_string_append_printf(out, ".TP\n.B %s", command->name);
    if (command->operands[0] != '\0') {
        g_string_append_c(out, ' ');
        append_roff(out, command->operands);
    }
    g_string_append_c(out, '\n');
    append_roff(out, command->help);
    g_string_append(out, ".\n");
    append_roff(out, command->details);
}

static void append_option(const OptionRow *row, GString *out)
{
    g_string_append(out, ".TP\n.B ");
    if (row->letter != 0) {
        g_string_append_printf(out, "\\-%c, ", row->letter);
    }
    g_string_append(out, "\\-\\-");
    append_roff(out, row->name);
    if (row->argument != NULL) {
        g_string_append_c(out, ' ');
        append_roff(out, row->argument);
    }
    g_string_append_c(out, '\n');
    append_roff(out, row->help);
    if (row->commands != NULL) {
        g_string_append_printf(out, " (%s)", row->commands);
    }
    g_string_append_c(out, '\n');
}

static void append_files(GString *out)
{
    static const char *const FILES[][2] = {
        {"summary.json", "everything about the run: fates, latencies, lag, goals, invariants"},
        {"metrics.csv", "samples over time, under Kafka's own JMX names where there is one"},
        {"latency.csv", "histograms of produce and end to end latency"},
        {"events.jsonl", "what happened, with id, cause and time"},
        {"leaders.csv, controllers.csv, assignments.csv, faults.csv", "timelines"},
        {"scenario.json", "the scenario with every default; running it gives the same results"},
        {"plots/", "gnuplot scripts, their tables and the pictures"},
        {"runs.csv, cells.csv, sweep.json", "of a sweep"},
    };
    g_string_append(out, ".SH FILES\nA result directory holds:\n");
    for (size_t i = 0; i < G_N_ELEMENTS(FILES); i++) {
        g_string_append(out, ".TP\n.I ");
        append_roff(out, FILES[i][0]);
        g_string_append_c(out, '\n');
        append_roff(out, FILES[i][1]);
        g_string_append_c(out, '\n');
    }
}

static void append_end(GString *out)
{
    g_string_append(out, ".SH EXIT STATUS\n");
    for (size_t i = 0; i < exit_row_count(); i++) {
        const ExitRow *row = exit_row_at(i);
        g_string_append_printf(out, ".TP\n.B %d\n", (int)row->status);
        append_roff(out, row->meaning);
        g_string_append_c(out, '\n');
    }
    append_files(out);
    g_string_append(
        out,
        ".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nno colour, unless \\-\\-color always\n"
        ".TP\n.B COLUMNS\nwidth of plot \\-\\-term into a pipe or a file (default: 100)\n"
        ".SH EXAMPLES\n.nf\n"
        "kafkasim init > my.json && kafkasim run my.json\n"
        "kafkasim run my.json \\-\\-seed 7 \\-\\-set /topics/0/partitions=24\n"
        "kafkasim check my.json \\-\\-plan\n"
        "kafkasim explain linger.ms\n.fi\n");
}

ExitStatus command_man(Options *options)
{
    (void)options;
    g_autoptr(GString) out = g_string_new(NULL);
    g_string_append_printf(
        out,
        ".TH KAFKASIM 1 \"\" \"kafkasim %s\" \"User Commands\"\n"
        ".SH NAME\nkafkasim \\- simulate a Kafka cluster on simulated time\n"
        ".SH SYNOPSIS\n.B kafkasim\n.I COMMAND\n[\\fIOPTIONS\\fR]\n"
        "[\\fIFILE\\fR]\n.SH DESCRIPTION\nA deterministic simulator of an Apache "
        "Kafka %s cluster: the same scenario and seed give the same bytes.\n"
        ".SH COMMANDS\n",
        version_number(),
        KAFKASIM_KAFKA_VERSION);
    for (size_t i = 0; i < command_count(); i++) {
        append_command(command_at(i), out);
    }
    g_string_append(out, ".SH OPTIONS\n");
    for (size_t i = 0; i < option_count(); i++) {
        append_option(option_at(i), out);
    }
    append_end(out);
    return command_print(out->str);
}
