/* drawn.h - what tests ask of a drawn picture and of an error. */
#ifndef KAFKASIM_TESTS_PLOTS_SUPPORT_DRAWN_H
#define KAFKASIM_TESTS_PLOTS_SUPPORT_DRAWN_H
#include "plots/plot.h"
#include "tests/plots/support/scratch.h"

static const PlotOptions scripts_only = {.scripts_only = TRUE};

static inline guint count_of(const char *text, const char *needle)
{
    guint count = 0;
    for (const char *at = strstr(text, needle); at != NULL; at = strstr(at + 1, needle)) {
        count++;
    }
    return count;
}

static inline void assert_draws(gboolean drawn, GError *error)
{
    ck_assert_msg(drawn, "%s", error != NULL ? error->message : "no error was set");
    ck_assert_ptr_null(error);
}

/* The script (or a table) of the folder's picture. The caller frees it. */
static inline char *drawn(const char *dir, const char *file)
{
    GError *error = NULL;

    assert_draws(plot_overview(dir, &scripts_only, &error), error);
    return scratch_read(dir, file);
}

static inline void expect_drawn(const char *dir, const char *file, const char *wanted)
{
    char *text = drawn(dir, file);

    ck_assert_msg(strstr(text, wanted) != NULL, "%s does not hold: %s", file, wanted);
    g_free(text);
}

static inline void assert_error(gboolean drawn, GError **error, int code, const char *words)
{
    ck_assert(!drawn);
    ck_assert_ptr_nonnull(*error);
    ck_assert_msg(g_error_matches(*error, PLOT_ERROR, code), "%s", (*error)->message);
    ck_assert_msg(strstr((*error)->message, words) != NULL, "%s", (*error)->message);
    g_clear_error(error);
}

static inline void assert_picture(const char *dir, const char *name, const char *magic)
{
    char *path = scratch_path(dir, name);
    char *bytes;
    gsize length;

    ck_assert(g_file_get_contents(path, &bytes, &length, NULL));
    ck_assert_uint_gt(length, 10000);
    ck_assert(memcmp(bytes, magic, strlen(magic)) == 0);
    g_free(bytes);
    g_free(path);
}

static inline void assert_no_leftovers(const char *dir)
{
    char *plots = scratch_path(dir, "plots");
    GDir *listing = g_dir_open(plots, 0, NULL);
    const char *name;

    while ((name = g_dir_read_name(listing)) != NULL) {
        ck_assert_msg(name[0] != '.', "%s was left behind", name);
    }
    g_dir_close(listing);
    g_free(plots);
}

/* Outside single quotes the script may hold only our own words: no backquote, and no double
 * quote but the tab separator's. */
static inline void assert_quoted(const char *script)
{
    gboolean quoted = FALSE;

    for (const char *at = script; *at != '\0'; at++) {
        if (!quoted && *at == '#') {
            at += strcspn(at, "\n") - 1;
        } else if (*at == '\'') {
            quoted = !quoted;
        } else if (!quoted) {
            ck_assert_msg(*at != '`' && (*at != '$' || g_ascii_isdigit(at[1])), "%.60s", at);
            ck_assert_msg(
                *at != '"' || g_str_has_prefix(at, "\"\\t\"") || at[-1] == 't', "%.60s", at);
        } else {
            ck_assert_msg(*at != '\n', "a quoted text with a line break: %.60s", at);
        }
    }
    ck_assert(!quoted);
}

#endif
