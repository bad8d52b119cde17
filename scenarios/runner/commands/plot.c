/* plot.c - kafkasim plot: pictures of a result that stands on disk. */
#include "plots/plot.h"
#include "scenarios/runner/commands/commands.h"
#include "scenarios/runner/text.h"
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool has_file(const char *directory, const char *name)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    return g_file_test(path, G_FILE_TEST_IS_REGULAR);
}

/* As wide as the terminal; into a pipe or a file as wide as $COLUMNS says. */
static int columns_of_output(void)
{
    struct winsize size = {0};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        return size.ws_col;
    }
    const char *wish = getenv("COLUMNS");
    gint64 columns = wish != NULL ? g_ascii_strtoll(wish, NULL, 10) : 0;
    return columns > 0 && columns <= 400 ? (int)columns : 100;
}

static ExitStatus plot_in_terminal(const char *directory)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    if (!plot_terminal(directory, columns_of_output(), 0, out, &error)) {
        command_complain("%s", error->message);
        return EXIT_STATUS_OUTPUT;
    }
    return command_print(out->str);
}

ExitStatus command_plot(Options *options)
{
    const char *directory = options->operands->pdata[0];
    bool is_run = has_file(directory, "summary.json");
    bool is_sweep = has_file(directory, "sweep.json");
    if (g_file_test(directory, G_FILE_TEST_IS_REGULAR)) {
        g_autoptr(GString) file = g_string_new(NULL);
        text_shell_word(file, directory);
        command_complain(
            "plot draws the folder of a result, and %s is a file; to run it: %s run %s",
            file->str,
            options->program,
            file->str);
        return EXIT_STATUS_USAGE;
    }
    if (!is_run && !is_sweep) {
        command_complain("%s holds no result of kafkasim (no summary.json, no sweep.json)",
                         directory);
        return EXIT_STATUS_USAGE;
    }
    if (options->term && !is_run) {
        command_complain("--term draws runs, and %s is a sweep", directory);
        return EXIT_STATUS_USAGE;
    }
    if (options->term) {
        return plot_in_terminal(directory);
    }
    const char *name = is_run ? "overview" : "sizing";
    ExitStatus status =
        command_draw(is_run ? PLOT_KIND_OVERVIEW : PLOT_KIND_SIZING, directory, true);
    if (status == EXIT_STATUS_OK && !options->quiet) {
        g_autofree char *text =
            g_strdup_printf("%s/plots/%s.png\n%s/plots/%s.svg\n", directory, name, directory, name);
        return command_print(text);
    }
    return status;
}
