/* help.c - help, printed from the tables of commands and options. */
#include "scenarios/runner/called.h"
#include "scenarios/runner/commands/commands.h"
#include "scenarios/runner/text.h"

#define COMMAND_WIDTH 13
#define OPTION_WIDTH  24

static void append_commands(GString *out)
{
    const char *group = "";
    for (size_t i = 0; i < command_count(); i++) {
        const Command *command = command_at(i);
        if (g_strcmp0(group, command->group) != 0) {
            group = command->group;
            g_string_append_printf(out, "%s\n", group);
        }
        gsize start = out->len;
        g_string_append_printf(out, "  %s", command->name);
        text_pad(out, start, COMMAND_WIDTH);
        g_string_append_printf(out, "%s\n", command->help);
    }
}

void help_option_name(const OptionRow *row, GString *out)
{
    if (row->letter != 0) {
        g_string_append_printf(out, "  -%c, --%s", row->letter, row->name);
    } else {
        g_string_append_printf(out, "      --%s", row->name);
    }
    if (row->argument != NULL) {
        g_string_append_printf(out, " %s", row->argument);
    }
}

static void append_option(const OptionRow *row, GString *out)
{
    gsize start = out->len;
    help_option_name(row, out);
    if (out->len - start + 2 > OPTION_WIDTH) { /* a long name has a line of its own */
        g_string_append_c(out, '\n');
        start = out->len;
    }
    text_pad(out, start, OPTION_WIDTH);
    g_string_append_printf(out, "%s\n", row->help);
}

/* Of one command, or the common ones of all. */
static void append_options(const Command *command, bool common, GString *out)
{
    for (size_t i = 0; i < option_count(); i++) {
        const OptionRow *row = option_at(i);
        if (row->common == common && (command == NULL || option_belongs_to(row, command))) {
            append_option(row, out);
        }
    }
}

void help_general(const Options *options, GString *out)
{
    g_string_append_printf(out,
                           "kafkasim - simulate a Kafka cluster on simulated time\n\n"
                           "Usage: kafkasim COMMAND [OPTIONS] [FILE]\n\n"
                           "Try it:      %s init > my.json && %s run my.json\n\n",
                           options->program,
                           options->program);
    append_commands(out);
    g_string_append(out, "\nCommon options\n");
    append_options(NULL, true, out);
    g_string_append(out, "\nExit status\n");
    for (size_t i = 0; i < exit_row_count(); i++) {
        const ExitRow *row = exit_row_at(i);
        g_string_append_printf(out, "  %-3d %s\n", (int)row->status, row->meaning);
    }
}

void help_command(const Options *options, const Command *command, GString *out)
{
    const Called called = {.program = options->program};
    g_autofree char *details = called_text(&called, command->details);
    g_string_append_printf(out,
                           "kafkasim %s - %s\n\nUsage: kafkasim %s [OPTIONS]%s%s\n\n%s",
                           command->name,
                           command->help,
                           command->name,
                           command->operands[0] != '\0' ? " " : "",
                           command->operands,
                           details);
    g_autoptr(GString) own = g_string_new(NULL);
    append_options(command, false, own);
    if (own->len > 0) {
        g_string_append_printf(out, "\nOptions of this command\n%s", own->str);
    }
    g_string_append(out, "\nCommon options\n");
    append_options(command, true, out);
}
