/* test_result_dir.c - results appear whole or not at all, and take nobody's place. */
#include "scenarios/runner/results/result_dir.h"
#include "tests/run_suite.h"
#include <check.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static char *scratch(void)
{
    GError *error = NULL;
    char *path = g_dir_make_tmp("kafkasim-result-XXXXXX", &error);
    ck_assert_ptr_nonnull(path);
    return path;
}

static void remove_all(const char *path)
{
    GDir *dir = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
    for (const char *name = dir != NULL ? g_dir_read_name(dir) : NULL; name != NULL;
         name = g_dir_read_name(dir)) {
        g_autofree char *inside = g_build_filename(path, name, NULL);
        remove_all(inside);
    }
    g_clear_pointer(&dir, g_dir_close);
    (void)g_remove(path);
}

/* At the end of a test its folder goes, too. */
static void free_scratch(char **path)
{
    remove_all(*path);
    g_free(*path);
}
#define SCRATCH __attribute__((cleanup(free_scratch))) char *

static guint entries(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    guint count = 0;
    while (dir != NULL && g_dir_read_name(dir) != NULL) {
        count++;
    }
    return count;
}

static bool put(const char *path, const char *name, const char *bytes, GError **error)
{
    ResultDir *dir = result_dir_begin(path, error);
    if (dir == NULL) {
        return false;
    }
    g_autoptr(GString) text = g_string_new(bytes);
    result_dir_append(dir, name, text);
    return result_dir_commit(dir, error);
}

START_TEST(nothing_is_seen_before_the_end)
{
    SCRATCH root = scratch();
    g_autofree char *path = g_build_filename(root, "deep", "er", "result", NULL);
    g_autoptr(GString) text = g_string_new("x");
    ResultDir *dir = result_dir_begin(path, NULL);
    ck_assert_ptr_nonnull(dir);
    result_dir_append(dir, "a.csv", text);
    ck_assert(!g_file_test(path, G_FILE_TEST_EXISTS));
    ck_assert(result_dir_commit(dir, NULL));
    g_autofree char *file = g_build_filename(path, "a.csv", NULL);
    ck_assert(g_file_test(file, G_FILE_TEST_IS_REGULAR));
}
END_TEST

START_TEST(what_is_abandoned_leaves_nothing)
{
    SCRATCH root = scratch();
    g_autofree char *path = g_build_filename(root, "result", NULL);
    g_autoptr(GString) text = g_string_new("x");
    ResultDir *dir = result_dir_begin(path, NULL);
    result_dir_append(dir, "a.csv", text);
    result_dir_abandon(dir);
    ck_assert_uint_eq(entries(root), 0);
}
END_TEST

START_TEST(an_older_result_is_replaced_whole)
{
    SCRATCH root = scratch();
    g_autofree char *path = g_build_filename(root, "result", NULL);
    ck_assert(put(path, "summary.json", "{\n  \"kafkasim\": \"0\"}", NULL));
    ck_assert(put(path, "sweep.json", "{\n  \"kafkasim\": \"0\"}", NULL));
    ck_assert_uint_eq(entries(path), 1);
    ck_assert_uint_eq(entries(root), 1);
}
END_TEST

static void write_file(const char *root, const char *name, const char *bytes)
{
    g_autofree char *path = g_build_filename(root, name, NULL);
    g_autofree char *folder = g_path_get_dirname(path);
    ck_assert_int_eq(g_mkdir_with_parents(folder, 0777), 0);
    ck_assert(g_file_set_contents(path, bytes, -1, NULL));
}

static bool has_file(const char *root, const char *name)
{
    g_autofree char *path = g_build_filename(root, name, NULL);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

START_TEST(what_the_user_put_into_an_older_result_stays)
{
    SCRATCH root = scratch();
    g_autofree char *path = g_build_filename(root, "result", NULL);
    ck_assert(put(path, "summary.json", "{\n  \"kafkasim\": \"0\"}", NULL));
    write_file(path, "notes.md", "years of work");
    write_file(path, "sub/summary.json", "of another run");
    write_file(path, "plots/overview.gp", "edited");
    write_file(path, "plots/overview.png", "of the older run");
    write_file(path, "plots/overview-lag.tsv", "of the older run");
    write_file(path, "plots/mine.png", "drawn by hand");
    write_file(path, "events.jsonl", "of the older run");
    ck_assert(put(path, "sweep.json", "{\n  \"kafkasim\": \"0\"}", NULL));
    ck_assert(has_file(path, "notes.md"));
    ck_assert(has_file(path, "sub/summary.json"));
    ck_assert(has_file(path, "plots/overview.gp"));
    ck_assert(has_file(path, "plots/mine.png"));
    ck_assert(!has_file(path, "plots/overview.png"));
    ck_assert(!has_file(path, "plots/overview-lag.tsv"));
    ck_assert(!has_file(path, "summary.json"));
    ck_assert_uint_eq(entries(path), 4);
    ck_assert_uint_eq(entries(root), 1);
}
END_TEST

/* Pictures show the run that was: with nothing else in it the folder goes. */
START_TEST(plots_of_the_older_result_go)
{
    SCRATCH root = scratch();
    g_autofree char *path = g_build_filename(root, "result", NULL);
    ck_assert(put(path, "summary.json", "{\n  \"kafkasim\": \"0\"}", NULL));
    write_file(path, "plots/overview.svg", "of the older run");
    ck_assert(put(path, "summary.json", "{\n  \"kafkasim\": \"0\"}", NULL));
    ck_assert_uint_eq(entries(path), 1);
}
END_TEST

START_TEST(the_working_directory_is_not_replaced)
{
    SCRATCH root = scratch();
    g_autofree char *before = g_get_current_dir();
    g_autoptr(GError) error = NULL;
    ck_assert_int_eq(chdir(root), 0);
    ck_assert(!result_dir_check(".", &error));
    ck_assert_ptr_nonnull(strstr(error->message, "it is the working directory"));
    ck_assert(!result_dir_check(root, NULL));
    ck_assert(result_dir_check("./inside", NULL));
    ck_assert_int_eq(chdir(before), 0);
}
END_TEST

START_TEST(somebody_elses_folder_is_left_alone)
{
    SCRATCH root = scratch();
    g_autofree char *file = g_build_filename(root, "thesis.txt", NULL);
    g_autoptr(GError) error = NULL;
    ck_assert(g_file_set_contents(file, "years of work", -1, NULL));
    ck_assert(!put(root, "summary.json", "{}", &error));
    ck_assert_ptr_nonnull(strstr(error->message, "it is left alone"));
    ck_assert(g_file_test(file, G_FILE_TEST_IS_REGULAR));
    ck_assert_uint_eq(entries(root), 1);
}
END_TEST

START_TEST(a_file_or_a_link_is_no_place_for_results)
{
    SCRATCH root = scratch();
    g_autofree char *file = g_build_filename(root, "file", NULL);
    g_autofree char *link = g_build_filename(root, "link", NULL);
    ck_assert(g_file_set_contents(file, "x", -1, NULL));
    ck_assert_int_eq(symlink(root, link), 0);
    ck_assert(!result_dir_check(file, NULL));
    ck_assert(!result_dir_check(link, NULL));
}
END_TEST

START_TEST(what_cannot_be_written_is_an_error_and_leaves_nothing)
{
    g_autoptr(GError) error = NULL;
    ck_assert(!put("/proc/kafkasim/result", "a", "x", &error));
    ck_assert_ptr_nonnull(error);
    SCRATCH root = scratch();
    g_autofree char *path = g_build_filename(root, "result", NULL);
    ck_assert(!put(path, "no/such/folder", "x", NULL));
    ck_assert_uint_eq(entries(root), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("result directory");
    TCase *tests = tcase_create("result directory");
    tcase_add_test(tests, nothing_is_seen_before_the_end);
    tcase_add_test(tests, what_is_abandoned_leaves_nothing);
    tcase_add_test(tests, an_older_result_is_replaced_whole);
    tcase_add_test(tests, what_the_user_put_into_an_older_result_stays);
    tcase_add_test(tests, plots_of_the_older_result_go);
    tcase_add_test(tests, the_working_directory_is_not_replaced);
    tcase_add_test(tests, somebody_elses_folder_is_left_alone);
    tcase_add_test(tests, a_file_or_a_link_is_no_place_for_results);
    tcase_add_test(tests, what_cannot_be_written_is_an_error_and_leaves_nothing);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
