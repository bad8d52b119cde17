/* folder.c - see folder.h. gnuplot is started with an argument list, never through a shell, with
 * -d so that no start-up file of the user changes the picture. */
#include "plots/results/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct PlotStage {
    char *plots;        /* dir/plots */
    char *temporary;    /* dir/plots/.drawing-XXXXXX */
    GPtrArray *waiting; /* names written and not yet published */
};

G_DEFINE_QUARK(kafkasim - plot - error - quark, plot_error)

int plot_folder_open(const char *dir, const char *name, GError **error)
{
    char *path = g_build_filename(dir, name, NULL);
    const int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat status;

    if (fd < 0) {
        g_set_error(error, PLOT_ERROR, PLOT_ERROR_READ, "%s: %s", path, g_strerror(errno));
    } else if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        g_set_error(error, PLOT_ERROR, PLOT_ERROR_READ, "%s: not a plain file", path);
        close(fd);
        g_free(path);
        return -1;
    }
    g_free(path);
    return fd;
}

static gboolean read_all(int fd, GString *text, gsize limit_bytes)
{
    char buffer[65536];
    ssize_t got;

    while ((got = read(fd, buffer, sizeof buffer)) > 0 && text->len <= limit_bytes) {
        g_string_append_len(text, buffer, got);
    }
    return got == 0 && text->len <= limit_bytes && strlen(text->str) == text->len;
}

char *plot_folder_load(const char *dir, const char *name, gsize limit_bytes, GError **error)
{
    const int fd = plot_folder_open(dir, name, error);
    GString *text;

    if (fd < 0) {
        return NULL;
    }
    text = g_string_new(NULL);
    if (!read_all(fd, text, limit_bytes)) {
        g_set_error(error,
                    PLOT_ERROR,
                    PLOT_ERROR_DATA,
                    "%s/%s: cannot be read, holds zero bytes or is longer than %" G_GSIZE_FORMAT
                    " bytes",
                    dir,
                    name,
                    limit_bytes);
        g_string_free(text, TRUE);
        close(fd);
        return NULL;
    }
    close(fd);
    return g_string_free(text, FALSE);
}

static gboolean write_failed(const char *path, GError **error)
{
    g_set_error(error, PLOT_ERROR, PLOT_ERROR_WRITE, "%s: %s", path, g_strerror(errno));
    return FALSE;
}

PlotStage *plot_stage_new(const char *dir, GError **error)
{
    PlotStage *self = g_new0(PlotStage, 1);
    struct stat status;

    self->plots = g_build_filename(dir, "plots", NULL);
    self->waiting = g_ptr_array_new_with_free_func(g_free);
    if (mkdir(self->plots, 0777) != 0 && errno != EEXIST) {
        write_failed(self->plots, error);
    } else if (lstat(self->plots, &status) != 0 || !S_ISDIR(status.st_mode)) {
        errno = ENOTDIR;
        write_failed(self->plots, error);
    } else {
        self->temporary = g_build_filename(self->plots, ".drawing-XXXXXX", NULL);
        if (g_mkdtemp_full(self->temporary, 0777) != NULL) {
            return self;
        }
        write_failed(self->temporary, error);
        g_clear_pointer(&self->temporary, g_free);
    }
    plot_stage_free(self);
    return NULL;
}

void plot_stage_free(PlotStage *self)
{
    GDir *listing = self->temporary != NULL ? g_dir_open(self->temporary, 0, NULL) : NULL;
    const char *name;

    while (listing != NULL && (name = g_dir_read_name(listing)) != NULL) {
        char *path = g_build_filename(self->temporary, name, NULL);
        g_unlink(path);
        g_free(path);
    }
    if (listing != NULL) {
        g_dir_close(listing);
        g_rmdir(self->temporary);
    }
    g_ptr_array_unref(self->waiting);
    g_free(self->temporary);
    g_free(self->plots);
    g_free(self);
}

gboolean plot_stage_write(PlotStage *self, const char *name, const GString *text, GError **error)
{
    char *path = g_build_filename(self->temporary, name, NULL);
    FILE *file = g_fopen(path, "wb");
    gboolean written = file != NULL && fwrite(text->str, 1, text->len, file) == text->len;

    if (file != NULL && fclose(file) != 0) {
        written = FALSE;
    }
    if (written) {
        g_ptr_array_add(self->waiting, g_strdup(name));
    } else {
        write_failed(path, error);
    }
    g_free(path);
    return written;
}

static gboolean publish(PlotStage *self, const char *name, GError **error)
{
    char *from = g_build_filename(self->temporary, name, NULL);
    char *to = g_build_filename(self->plots, name, NULL);
    const gboolean renamed = g_rename(from, to) == 0 || write_failed(to, error);

    g_free(from);
    g_free(to);
    return renamed;
}

/* A panel drawn last time may have no data now; its table would only mislead. */
static void remove_stale(PlotStage *self, const char *stem)
{
    char *prefix = g_strconcat(stem, "-", NULL);
    GDir *listing = g_dir_open(self->plots, 0, NULL);
    const char *name;

    while (listing != NULL && (name = g_dir_read_name(listing)) != NULL) {
        if (g_str_has_prefix(name, prefix) && g_str_has_suffix(name, ".tsv") &&
            !g_ptr_array_find_with_equal_func(self->waiting, name, g_str_equal, NULL)) {
            char *path = g_build_filename(self->plots, name, NULL);
            g_unlink(path);
            g_free(path);
        }
    }
    if (listing != NULL) {
        g_dir_close(listing);
    }
    g_free(prefix);
}

gboolean plot_stage_publish(PlotStage *self, const char *stem, GError **error)
{
    remove_stale(self, stem);
    for (guint i = 0; i < self->waiting->len; i++) {
        if (!publish(self, g_ptr_array_index(self->waiting, i), error)) {
            return FALSE;
        }
    }
    g_ptr_array_set_size(self->waiting, 0);
    return TRUE;
}

static gboolean
run_gnuplot(PlotStage *self, const char *program, const char *script, GError **error)
{
    char *argv[] = {g_strdup(program), g_strdup("-d"), g_strdup(script), NULL};
    gboolean spawned;
    GError *spawn = NULL;
    char *words = NULL;
    int status = 0;

    spawned = g_spawn_sync(self->temporary,
                           argv,
                           NULL,
                           G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL,
                           NULL,
                           NULL,
                           NULL,
                           &words,
                           &status,
                           &spawn);
    for (char **word = argv; *word != NULL; word++) {
        g_free(*word);
    }
    if (!spawned) {
        g_set_error(error,
                    PLOT_ERROR,
                    PLOT_ERROR_NO_GNUPLOT,
                    "gnuplot not found (%s); the script and tables are in %s",
                    spawn->message,
                    self->plots);
        g_clear_error(&spawn);
        return FALSE;
    }
    if (!g_spawn_check_wait_status(status, &spawn)) {
        g_set_error(error,
                    PLOT_ERROR,
                    PLOT_ERROR_GNUPLOT,
                    "gnuplot %s: %s: %.400s",
                    script,
                    spawn->message,
                    g_strstrip(words));
        g_clear_error(&spawn);
        g_free(words);
        return FALSE;
    }
    g_free(words);
    return TRUE;
}

gboolean
plot_stage_draw(PlotStage *self, const char *stem, const PlotOptions *options, GError **error)
{
    const char *program =
        options != NULL && options->gnuplot != NULL ? options->gnuplot : "gnuplot";
    char *script = g_strconcat(stem, ".gp", NULL);
    char *svg = g_strconcat(stem, ".svg", NULL);
    char *png = g_strconcat(stem, ".png", NULL);
    const gboolean drawn = run_gnuplot(self, program, script, error);

    if (drawn) {
        g_ptr_array_add(self->waiting, g_steal_pointer(&svg));
        g_ptr_array_add(self->waiting, g_steal_pointer(&png));
    }

    g_free(script);
    g_free(svg);
    g_free(png);
    return drawn;
}
