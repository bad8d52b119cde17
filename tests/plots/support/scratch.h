/* scratch.h - a directory of its own for a test: a copy of a made-up results directory.
 * Header-only, since every test program is one source file. */
#ifndef KAFKASIM_TESTS_PLOTS_SUPPORT_SCRATCH_H
#define KAFKASIM_TESTS_PLOTS_SUPPORT_SCRATCH_H
#include <check.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#define FIXTURES KAFKASIM_SOURCE_DIR "/tests/plots/data"

static inline char *scratch_path(const char *dir, const char *name)
{
    return g_build_filename(dir, name, NULL);
}

static inline void scratch_remove(const char *path)
{
    GDir *listing = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
    const char *name;

    while (listing != NULL && (name = g_dir_read_name(listing)) != NULL) {
        char *child = scratch_path(path, name);
        scratch_remove(child);
        g_free(child);
    }
    if (listing != NULL) {
        g_dir_close(listing);
    }
    g_remove(path);
}

static inline void scratch_write(const char *dir, const char *name, const char *text)
{
    char *path = scratch_path(dir, name);
    ck_assert(g_file_set_contents(path, text, -1, NULL));
    g_free(path);
}

/* The file's text; fails the test when there is none. */
static inline char *scratch_read(const char *dir, const char *name)
{
    char *path = scratch_path(dir, name);
    char *text = NULL;
    ck_assert_msg(g_file_get_contents(path, &text, NULL, NULL), "no file %s", path);
    g_free(path);
    return text;
}

static inline gboolean scratch_has(const char *dir, const char *name)
{
    char *path = scratch_path(dir, name);
    const gboolean has = g_file_test(path, G_FILE_TEST_EXISTS);
    g_free(path);
    return has;
}

/* A copy of tests/plots/data/NAME without its plots. */
static inline char *scratch_copy(const char *name)
{
    char *dir = g_dir_make_tmp("kafkasim-plots-XXXXXX", NULL);
    char *source = scratch_path(FIXTURES, name);
    GDir *listing = g_dir_open(source, 0, NULL);
    const char *file;

    ck_assert_ptr_nonnull(dir);
    ck_assert_ptr_nonnull(listing);
    while ((file = g_dir_read_name(listing)) != NULL) {
        char *path = scratch_path(source, file);
        char *text;
        if (g_file_get_contents(path, &text, NULL, NULL)) {
            scratch_write(dir, file, text);
            g_free(text);
        }
        g_free(path);
    }
    g_dir_close(listing);
    g_free(source);
    return dir;
}

static inline void scratch_free(char *dir)
{
    scratch_remove(dir);
    g_free(dir);
}

/* Replaces the first `from`; fails the test when it is not there. */
static inline void scratch_edit(const char *dir, const char *name, const char *from, const char *to)
{
    char *text = scratch_read(dir, name);
    char *found = strstr(text, from);
    GString *edited;

    ck_assert_msg(found != NULL, "%s does not hold %s", name, from);
    edited = g_string_new_len(text, found - text);
    g_string_append(edited, to);
    g_string_append(edited, found + strlen(from));
    scratch_write(dir, name, edited->str);
    g_string_free(edited, TRUE);
    g_free(text);
}

#endif
