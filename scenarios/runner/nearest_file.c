/* nearest_file.c - looks for a misspelt scenario in its folder, then among the shipped ones. */
#include "scenarios/runner/nearest_file.h"
#include "scenarios/runner/shipped.h"
#include "scenarios/runner/text.h"
#include <string.h>

#define FILES_MAX 5000 /* of a folder; in a larger one nobody waits for a guess */
#define ENDING    ".json"

/* "crash-leader" of "failures/crash-leader.json". Caller frees. */
static char *stem_of(const char *path)
{
    char *name = g_path_get_basename(path);
    if (g_str_has_suffix(name, ENDING)) {
        name[strlen(name) - strlen(ENDING)] = '\0';
    }
    return name;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The stems of a folder's scenarios, sorted: the order of a folder is chance. */
static GPtrArray *stems_in(const char *folder)
{
    GPtrArray *stems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name = dir != NULL ? g_dir_read_name(dir) : NULL;
    for (; name != NULL && stems->len < FILES_MAX; name = g_dir_read_name(dir)) {
        if (g_str_has_suffix(name, ENDING)) {
            g_ptr_array_add(stems, stem_of(name));
        }
    }
    g_ptr_array_sort(stems, compare_names);
    return stems;
}

static const char *nearest_of(const char *stem, const GPtrArray *stems)
{
    return text_nearest(stem, (const char *const *)stems->pdata, stems->len);
}

static char *did_you_mean(const char *path)
{
    GString *out = g_string_new("did you mean ");
    text_visible(out, path);
    g_string_append_c(out, '?');
    return g_string_free(out, FALSE);
}

static char *in_folder(const char *path, const char *stem)
{
    g_autofree char *folder = g_path_get_dirname(path);
    g_autoptr(GPtrArray) stems = stems_in(folder);
    const char *nearest = nearest_of(stem, stems);
    if (nearest == NULL) {
        return NULL;
    }
    g_autofree char *name = g_strconcat(nearest, ENDING, NULL);
    g_autofree char *found =
        strchr(path, '/') != NULL ? g_build_filename(folder, name, NULL) : g_strdup(name);
    return did_you_mean(found);
}

static char *among_shipped(const char *stem, const char *program)
{
    g_autoptr(GPtrArray) stems = g_ptr_array_new_with_free_func(g_free);
    for (size_t i = 0; i < shipped_count; i++) {
        g_ptr_array_add(stems, stem_of(shipped[i].name));
    }
    const char *nearest = nearest_of(stem, stems);
    guint index = 0;
    while (nearest != NULL && stems->pdata[index] != nearest) {
        index++;
    }
    if (nearest == NULL) {
        return NULL;
    }
    g_autofree char *found = g_strconcat("scenarios/", shipped[index].name, ENDING, NULL);
    return g_file_test(found, G_FILE_TEST_IS_REGULAR)
               ? did_you_mean(found)
               : g_strdup_printf("the shipped one: %s init --lesson %s --out %s" ENDING,
                                 program,
                                 nearest,
                                 nearest);
}

char *nearest_file_hint(const char *path, const char *program)
{
    g_autofree char *stem = stem_of(path);
    char *hint = in_folder(path, stem);
    return hint != NULL ? hint : among_shipped(stem, program);
}
