/* cli.c - finds the command, parses its options, runs it. */
#include "scenarios/runner/cli.h"
#include "scenarios/runner/called.h"
#include "scenarios/runner/commands/commands.h"
#include "scenarios/runner/interrupt.h"
#include "scenarios/runner/text.h"
#include "scenarios/runner/version.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int refuse(const Options *options, const Command *command, const char *problem)
{
    g_printerr("kafkasim: %s\nkafkasim: try: %s %s%s--help\n",
               problem,
               options->program,
               command != NULL ? command->name : "",
               command != NULL ? " " : "");
    return EXIT_STATUS_USAGE;
}

static int refuse_command(const Options *options, const char *word)
{
    const char *names[64];
    size_t count = MIN(command_count(), G_N_ELEMENTS(names));
    for (size_t i = 0; i < count; i++) {
        names[i] = command_at(i)->name;
    }
    const char *nearest = text_nearest(word, names, count);
    g_autoptr(GString) text = g_string_new("unknown command \"");
    text_visible(text, word);
    g_string_append_c(text, '"');
    if (nearest != NULL) {
        g_string_append_printf(text, "; did you mean \"%s\"?", nearest);
    }
    return refuse(options, NULL, text->str);
}

/* Colour only where a person reads, and never against their wish (no-color.org). */
static bool wants_colour(const Options *options)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *when = options->colour_text != NULL ? options->colour_text : "auto";
    if (strcmp(when, "auto") != 0) {
        return strcmp(when, "always") == 0;
    }
    return isatty(STDOUT_FILENO) == 1 && (no_colour == NULL || no_colour[0] == '\0');
}

/* The first word that is no option is the command; options may stand before it. */
static int command_index(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-') {
            return i;
        }
        i += option_takes_next(argv[i]) ? 1 : 0;
    }
    return 0;
}

static ExitStatus print_version(void)
{
    g_autofree char *text = g_strdup_printf("kafkasim %s (commit %s)\nsimulates Kafka %s\n",
                                            version_number(),
                                            version_commit(),
                                            KAFKASIM_KAFKA_VERSION);
    return command_print(text);
}

static int without_command(int argc, char **argv, Options *options)
{
    g_autofree char *problem = NULL;
    if (!options_parse(options, NULL, argc, argv, 1, &problem)) {
        return refuse(options, NULL, problem);
    }
    if (options->version) {
        return (int)print_version();
    }
    g_autoptr(GString) help = g_string_new(NULL);
    help_general(options, help);
    if (options->help) {
        return (int)command_print(help->str);
    }
    g_printerr("%s", help->str);
    return EXIT_STATUS_USAGE;
}

static int with_command(int argc, char **argv, int index, Options *options)
{
    const Command *command = command_find(argv[index]);
    g_autofree char *problem = NULL;
    if (command == NULL) {
        return refuse_command(options, argv[index]);
    }
    for (int i = index; i > 1; i--) {
        argv[i] = argv[i - 1]; /* options that stood before the command */
    }
    if (!options_parse(options, command, argc, argv, 2, &problem)) {
        return refuse(options, command, problem);
    }
    if (options->version) {
        return (int)print_version();
    }
    if (options->help) {
        g_autoptr(GString) help = g_string_new(NULL);
        help_command(options, command, help);
        return (int)command_print(help->str);
    }
    options->colour = wants_colour(options);
    return (int)command->run(options);
}

/* "kafkasim help sweep" is "kafkasim sweep --help". */
static int help_for(int argc, char **argv, int index, const Options *options)
{
    const Command *command = index + 1 < argc ? command_find(argv[index + 1]) : NULL;
    g_autoptr(GString) help = g_string_new(NULL);
    if (index + 1 < argc && command == NULL) {
        return refuse_command(options, argv[index + 1]);
    }
    if (command != NULL) {
        help_command(options, command, help);
    } else {
        help_general(options, help);
    }
    return (int)command_print(help->str);
}

int cli_main(int argc, char **argv)
{
    Options options;
    interrupt_install();
    g_autofree char *program = called_program(argc > 0 ? argv[0] : NULL);
    options_init(&options);
    options.program = program;
    int index = command_index(argc, argv);
    int status = index == 0                         ? without_command(argc, argv, &options)
                 : strcmp(argv[index], "help") == 0 ? help_for(argc, argv, index, &options)
                                                    : with_command(argc, argv, index, &options);
    options_clear(&options);
    return status;
}
