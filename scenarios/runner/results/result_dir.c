/* result_dir.c - a directory that appears under its name only when it is complete. */
#define _XOPEN_SOURCE 700 /* realpath */
#include "scenarios/runner/results/result_dir.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct ResultDir {
    char *path;
    char *temporary;
    GError *error; /* the first */
};

G_DEFINE_QUARK(kafkasim - result - error, result_error)

static void fail(GError **error, const char *what, const char *path, int number)
{
    g_set_error(error, RESULT_ERROR, number, "%s %s: %s", what, path, g_strerror(number));
}

static bool is_directory(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool is_empty(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    return dir != NULL && g_dir_read_name(dir) == NULL;
}

/* A result of ours has a JSON file that says so in its first bytes. */
static bool is_ours(const char *path)
{
    static const char *const FILES[] = {"summary.json", "sweep.json", "compare.json"};
    for (size_t i = 0; i < G_N_ELEMENTS(FILES); i++) {
        g_autofree char *name = g_build_filename(path, FILES[i], NULL);
        g_autofree char *text = NULL;
        gsize length = 0;
        if (g_file_get_contents(name, &text, &length, NULL) &&
            g_strstr_len(text, MIN((gssize)length, 200), "\"kafkasim\"") != NULL) {
            return true;
        }
    }
    return false;
}

/* A folder that is renamed away stays the working directory of the shell that waits for us. */
static bool is_working_directory(const struct stat *status)
{
    struct stat here;
    return stat(".", &here) == 0 && here.st_dev == status->st_dev && here.st_ino == status->st_ino;
}

static bool leads_back(const char *path)
{
    g_autofree char *name = g_path_get_basename(path);
    return strcmp(name, "..") == 0;
}

/* The folder is made beside the place, and parents that lack: the nearest one that is there must
 * take it. A way back ("q/..") leads nowhere while q is not there. */
static bool can_be_made(const char *path, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(path);
    bool is_fine = !leads_back(path);
    while (access(parent, F_OK) != 0 && errno == ENOENT && strcmp(parent, ".") != 0) {
        is_fine = is_fine && !leads_back(parent);
        char *above = g_path_get_dirname(parent);
        g_free(parent);
        parent = above;
    }
    if (!is_fine) {
        g_set_error(error,
                    RESULT_ERROR,
                    ENOENT,
                    "cannot use %s: \"..\" behind a folder that is not there",
                    path);
        return false;
    }
    if (access(parent, W_OK | X_OK) != 0) {
        fail(error, "cannot write to", parent, errno);
        return false;
    }
    return true;
}

bool result_dir_check(const char *path, GError **error)
{
    struct stat status;
    if (path[0] == '\0') {
        g_set_error(error, RESULT_ERROR, EINVAL, "the folder for results has no name");
        return false;
    }
    if (lstat(path, &status) != 0) {
        if (errno != ENOENT) {
            fail(error, "cannot use", path, errno);
            return false;
        }
        return can_be_made(path, error);
    }
    if (!S_ISDIR(status.st_mode)) {
        g_set_error(error, RESULT_ERROR, ENOTDIR, "cannot use %s: it is not a directory", path);
        return false;
    }
    if (is_working_directory(&status)) {
        g_set_error(error,
                    RESULT_ERROR,
                    EBUSY,
                    "cannot use %s: it is the working directory, and a result takes the place of a "
                    "whole folder; name one inside it",
                    path);
        return false;
    }
    if (!is_empty(path) && !is_ours(path)) {
        g_set_error(error,
                    RESULT_ERROR,
                    EEXIST,
                    "cannot use %s: it is not empty and holds no kafkasim result; it is left alone",
                    path);
        return false;
    }
    return can_be_made(path, error);
}

/* Never follows a symbolic link. */
static void remove_tree(const char *path)
{
    if (is_directory(path)) {
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        const char *name = NULL;
        while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
            g_autofree char *child = g_build_filename(path, name, NULL);
            remove_tree(child);
        }
        g_rmdir(path);
        return;
    }
    g_unlink(path);
}

static char *sibling(const char *path)
{
    g_autofree char *parent = g_path_get_dirname(path);
    g_autofree char *name = g_path_get_basename(path);
    g_autofree char *hidden = g_strdup_printf(".%s.XXXXXX", name);
    return g_build_filename(parent, hidden, NULL);
}

static char *without_slashes(const char *path)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') {
        length--;
    }
    return g_strndup(path, length);
}

/* A way through the folder itself ("r/../r") would end where that is renamed. */
static char *without_detours(const char *path)
{
    g_autofree char *plain = without_slashes(path);
    g_autofree char *parent = g_path_get_dirname(plain);
    g_autofree char *name = g_path_get_basename(plain);
    char *real = strstr(parent, "..") != NULL ? realpath(parent, NULL) : NULL;
    char *direct = real != NULL ? g_build_filename(real, name, NULL) : g_strdup(plain);
    free(real);
    return direct;
}

ResultDir *result_dir_begin(const char *path, GError **error)
{
    g_autofree char *plain = without_detours(path);
    g_autofree char *parent = g_path_get_dirname(plain);
    if (!result_dir_check(plain, error)) {
        return NULL;
    }
    if (g_mkdir_with_parents(parent, 0777) != 0) {
        fail(error, "cannot create", parent, errno);
        return NULL;
    }
    char *temporary = sibling(plain);
    if (g_mkdtemp_full(temporary, 0777) == NULL) {
        fail(error, "cannot write in", parent, errno);
        g_free(temporary);
        return NULL;
    }
    ResultDir *self = g_new0(ResultDir, 1);
    self->path = g_steal_pointer(&plain);
    self->temporary = temporary;
    return self;
}

void result_dir_append(ResultDir *self, const char *name, const GString *bytes)
{
    if (self->error != NULL) {
        return;
    }
    g_autofree char *path = g_build_filename(self->temporary, name, NULL);
    FILE *file = g_fopen(path, "ab");
    bool written = file != NULL && fwrite(bytes->str, 1, bytes->len, file) == bytes->len;
    int number = errno;
    if (file != NULL && fclose(file) != 0) {
        written = false;
        number = errno;
    }
    if (!written) {
        fail(&self->error, "cannot write", path, number);
    }
}

static void free_all(ResultDir *self)
{
    g_clear_error(&self->error);
    g_free(self->path);
    g_free(self->temporary);
    g_free(self);
}

void result_dir_abandon(ResultDir *self)
{
    remove_tree(self->temporary);
    free_all(self);
}

/* Moves what stands under the name aside; returns where, or NULL. */
static char *move_aside(ResultDir *self)
{
    if (!is_directory(self->path)) {
        return NULL;
    }
    char *aside = g_strdup_printf("%s.old", self->temporary);
    if (g_rename(self->path, aside) != 0) {
        fail(&self->error, "cannot replace", self->path, errno);
        g_free(aside);
        return NULL;
    }
    return aside;
}

/* What a run, a sweep, a comparison or a plot of them writes. A script is not among them: it may
 * have been edited. */
static bool is_of_a_result(const char *name)
{
    static const char *const NAMES[] = {"summary.json",
                                        "scenario.json",
                                        "metrics.csv",
                                        "latency.csv",
                                        "events.jsonl",
                                        "leaders.csv",
                                        "faults.csv",
                                        "sweep.json",
                                        "runs.csv",
                                        "cells.csv",
                                        "controllers.csv",
                                        "compare.json",
                                        "overview.svg",
                                        "overview.png",
                                        "sizing.svg",
                                        "assignments.csv",
                                        "sizing.png"};
    for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++) {
        if (strcmp(name, NAMES[i]) == 0) {
            return true;
        }
    }
    if (g_str_has_prefix(name, "runs-") && g_str_has_suffix(name, ".csv")) {
        return strlen(name) == strlen("runs-a.csv");
    }
    return g_str_has_suffix(name, ".tsv") &&
           (g_str_has_prefix(name, "overview-") || g_str_has_prefix(name, "sizing-"));
}

/* Everything else moves from the older folder into the new one. False: something could not. */
static bool carry_over(const char *from, const char *to, bool is_top)
{
    g_autoptr(GDir) dir = g_dir_open(from, 0, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *next;
    while (dir != NULL && (next = g_dir_read_name(dir)) != NULL) {
        g_ptr_array_add(names, g_strdup(next));
    }
    bool fine = dir != NULL;
    for (guint i = 0; i < names->len; i++) {
        const char *name = names->pdata[i];
        g_autofree char *old = g_build_filename(from, name, NULL);
        g_autofree char *new = g_build_filename(to, name, NULL);
        if (is_top && strcmp(name, "plots") == 0 && is_directory(old)) {
            fine = g_mkdir_with_parents(new, 0777) == 0 && carry_over(old, new, false) && fine;
            (void)g_rmdir(new); /* when it is empty */
        } else if (is_directory(old) || !is_of_a_result(name)) {
            fine = g_rename(old, new) == 0 && fine;
        }
    }
    return fine;
}

static void put_in_place(ResultDir *self)
{
    g_autofree char *aside = move_aside(self);
    if (self->error != NULL) {
        return;
    }
    if (g_rename(self->temporary, self->path) != 0) {
        fail(&self->error, "cannot write", self->path, errno);
        if (aside != NULL && g_rename(aside, self->path) != 0) {
            g_printerr("kafkasim: the older result is now in %s\n", aside);
        }
        return;
    }
    if (aside != NULL && carry_over(aside, self->path, true)) {
        remove_tree(aside);
    } else if (aside != NULL) {
        g_printerr("kafkasim: not all of the older folder could be moved; it is now in %s\n",
                   aside);
    }
}

bool result_dir_commit(ResultDir *self, GError **error)
{
    /* Somebody may have put something there while the run went on. */
    if (self->error == NULL && result_dir_check(self->path, &self->error)) {
        put_in_place(self);
    }
    bool fine = self->error == NULL;
    if (!fine) {
        g_propagate_error(error, g_steal_pointer(&self->error));
        remove_tree(self->temporary);
    }
    free_all(self);
    return fine;
}
