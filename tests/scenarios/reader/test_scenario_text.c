/* test_scenario_text.c - the reader's tools: strict scan, places, units, near words, properties. */
#include "scenarios/runner/reader/text/json_scan.h"
#include "scenarios/runner/reader/text/properties_text.h"
#include "scenarios/runner/reader/text/quote.h"
#include "scenarios/runner/reader/text/units.h"
#include "tests/run_suite.h"
#include <check.h>
#include <string.h>

static bool count(void *user, const JsonFinding *finding)
{
    (void)finding;
    ++*(int *)user;
    return true;
}

static int findings(const char *text, size_t length)
{
    int found = 0;
    bool clean = json_scan(text, length, count, &found);
    ck_assert_int_eq(clean, found == 0);
    return found;
}

START_TEST(good_json_passes_the_scan)
{
    static const char *const texts[] = {"{}",
                                        " [ ] ",
                                        "0",
                                        "-0.5e-3",
                                        "9007199254740992",
                                        "\"\\ud83d\\ude00 \\u00e9 \\n\"",
                                        "{\"a\":{\"a\":1},\"b\":[true,false,null]}",
                                        "\"\xc3\xa9\xf0\x9f\x98\x80\""};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        ck_assert_msg(findings(texts[i], strlen(texts[i])) == 0, "%s", texts[i]);
    }
}
END_TEST

START_TEST(silent_damage_is_refused)
{
    static const char *const texts[] = {"{\"a\":1,\"a\":1}",
                                        "{\"a\":1,\"\\u0061\":1}",
                                        "9007199254740993",
                                        "-9007199254740993",
                                        "01",
                                        "-01",
                                        "1.",
                                        ".5",
                                        "+1",
                                        "1e",
                                        "1e999",
                                        "1e-999",
                                        "\"\t\"",
                                        "\"\x1f\"",
                                        "\"\xff\"",
                                        "\"\xc0\xaf\"",
                                        "\"\xed\xa0\x80\"",
                                        "\"\xf5\x80\x80\x80\"",
                                        "\"\\u0000\"",
                                        "\"\\ud800x\"",
                                        "\"\\udc00\"",
                                        "\xef\xbb\xbf{}",
                                        "[1,]",
                                        "{\"a\":1,}",
                                        "nul",
                                        "1 2",
                                        "\"a",
                                        ""};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        ck_assert_msg(findings(texts[i], strlen(texts[i])) > 0, "%s", texts[i]);
    }
    ck_assert_int_gt(findings("\"a\0b\"", 5), 0);
    ck_assert_int_gt(findings("{}\0", 3), 0);
}
END_TEST

START_TEST(the_scan_ends_at_its_limits)
{
    GString *deep = g_string_new(NULL);
    for (unsigned i = 0; i < 100000; i++) {
        g_string_append_c(deep, '[');
    }
    ck_assert_int_eq(findings(deep->str, deep->len), 1);
    g_string_set_size(deep, JSON_TEXT_BYTES_MAX + 1);
    ck_assert_int_eq(findings(deep->str, deep->len), 1);
    g_string_assign(deep, "[0");
    for (unsigned i = 0; i < JSON_VALUES_MAX; i++) {
        g_string_append(deep, ",0");
    }
    g_string_append_c(deep, ']');
    ck_assert_int_eq(findings(deep->str, deep->len), 1);
    g_string_free(deep, TRUE);
}
END_TEST

START_TEST(a_pointer_finds_its_key_and_its_value)
{
    const char *text = "{\n  \"a\": [1, {\"b/c~\": \"x,]}\", \"d\": [[], 7]}]\n}\n";
    size_t length = strlen(text);
    static const struct {
        const char *pointer;
        bool key;
        const char *begins;
    } rows[] = {{"", false, "{\n"},
                {"/a", true, "\"a\""},
                {"/a", false, "[1"},
                {"/a/0", false, "1,"},
                {"/a/1/b~1c~0", true, "\"b/c~\""},
                {"/a/1/b~1c~0", false, "\"x,]}\""},
                {"/a/1/d/1", false, "7]"},
                {"/a/1/d/5", false, "[[]"},
                {"/a/1/zebra", false, "{\"b/c"},
                {"/a/x", false, "[1"}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        size_t offset = json_offset_of(text, length, rows[i].pointer, rows[i].key);
        ck_assert_msg(g_str_has_prefix(text + offset, rows[i].begins),
                      "%s: %s",
                      rows[i].pointer,
                      text + offset);
    }
}
END_TEST

START_TEST(columns_count_characters_not_bytes)
{
    const char *text = "{\n \"\xc3\xa9\xc3\xa9\": 1 }";
    JsonPlace place = json_place_of_offset(text, strlen(text), strlen(text) - 3);
    ck_assert_int_eq(place.line, 2);
    ck_assert_int_eq(place.column, 8);
    ck_assert_str_eq(place.source, " \"\xc3\xa9\xc3\xa9\": 1 }");
    g_free(place.source);
}
END_TEST

START_TEST(units_are_exact)
{
    static const struct {
        UnitKind kind;
        const char *text;
        int64_t value;
    } rows[] = {{UNIT_DURATION, "5ms", 5000000},
                {UNIT_DURATION, "0.3ms", 300000},
                {UNIT_DURATION, "1.5s", 1500000000},
                {UNIT_DURATION, "7d", INT64_C(604800000000000)},
                {UNIT_DURATION, "0.000000001s", 1},
                {UNIT_BYTES, "4kB", 4000},
                {UNIT_BYTES, "64KiB", 65536},
                {UNIT_BANDWIDTH, "10Gbit/s", 1250000000},
                {UNIT_BANDWIDTH, "200MB/s", 200000000},
                {UNIT_RATE, "20000/s", 20000000},
                {UNIT_RATE, "0.5/s", 500},
                {UNIT_RATE, "60/m", 1000},
                {UNIT_RATE, "1/h", 0}};
    const char *why = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        int64_t value = -1;
        ck_assert_msg(units_parse(rows[i].kind, rows[i].text, &value, &why), "%s", rows[i].text);
        ck_assert_msg(value == rows[i].value, "%s: %ld", rows[i].text, (long)value);
        GString *back = g_string_new(NULL);
        int64_t again = -1;
        units_format(rows[i].kind, value, back);
        ck_assert(units_parse(rows[i].kind, back->str, &again, &why));
        ck_assert_int_eq(again, value);
        g_string_free(back, TRUE);
    }
}
END_TEST

START_TEST(amounts_that_are_none_are_refused)
{
    static const struct {
        UnitKind kind;
        const char *text;
    } rows[] = {{UNIT_DURATION, "5"},
                {UNIT_DURATION, "5 ms"},
                {UNIT_DURATION, "-5ms"},
                {UNIT_DURATION, "ms"},
                {UNIT_DURATION, ""},
                {UNIT_DURATION, "1.ms"},
                {UNIT_DURATION, "0.5ns"},
                {UNIT_DURATION, "5MS"},
                {UNIT_DURATION, "99999999999999999d"},
                {UNIT_DURATION, "123456789012345678ns"},
                {UNIT_DURATION, "1e3ms"},
                {UNIT_BYTES, "1kb"},
                {UNIT_BYTES, "1.5B"},
                {UNIT_BANDWIDTH, "10Gb/s"},
                {UNIT_RATE, "5"}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *why = NULL;
        int64_t value = 0;
        ck_assert_msg(!units_parse(rows[i].kind, rows[i].text, &value, &why), "%s", rows[i].text);
        ck_assert_ptr_nonnull(why);
    }
}
END_TEST

static const char *word_at(const void *user, size_t index)
{
    return ((const char *const *)user)[index];
}

START_TEST(the_nearest_word_is_found_but_not_a_far_one)
{
    static const char *const words[] = {"linger.ms", "batch.size", "acks"};
    ck_assert_str_eq(quote_nearest("linger_ms", word_at, words, 3), "linger.ms");
    ck_assert_str_eq(quote_nearest("batchsize", word_at, words, 3), "batch.size");
    ck_assert_str_eq(quote_nearest("akcs", word_at, words, 3), "acks");
    ck_assert_ptr_null(quote_nearest("zebra", word_at, words, 3));
    char longer[400];
    memset(longer, 'a', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    ck_assert_ptr_null(quote_nearest(longer, word_at, words, 3));
}
END_TEST

/* The textbook's table, all of it. */
static size_t plain_distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b), table[16][16];
    for (size_t i = 0; i <= n; i++) {
        for (size_t j = 0; j <= m; j++) {
            if (i == 0 || j == 0) {
                table[i][j] = i + j;
                continue;
            }
            table[i][j] = MIN(table[i - 1][j], table[i][j - 1]) + 1;
            table[i][j] = MIN(table[i][j], table[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                table[i][j] = MIN(table[i][j], table[i - 2][j - 2] + 1);
            }
        }
    }
    return table[n][m];
}

START_TEST(distances_near_the_diagonal_are_those_of_the_whole_table)
{
    uint32_t state = 1;
    for (int i = 0; i < 200000; i++) {
        char words[2][16] = {"", ""};
        for (int w = 0; w < 2; w++) {
            state = state * 1664525u + 1013904223u;
            size_t length = (state >> 16) % 12;
            for (size_t k = 0; k < length; k++) {
                state = state * 1664525u + 1013904223u;
                words[w][k] = "abc"[(state >> 16) % 3];
            }
        }
        size_t limit = (state >> 20) % 7, plain = plain_distance(words[0], words[1]);
        size_t found = quote_distance(words[0], words[1], limit);
        ck_assert_msg(found == (plain <= limit ? plain : SIZE_MAX), "%s %s", words[0], words[1]);
    }
}
END_TEST

static void append_entry(void *user, const char *key, const char *value, int line)
{
    g_string_append_printf(user, "%d[%s][%s]", line, key, value);
}

START_TEST(properties_are_read_as_java_reads_them)
{
    static const struct {
        const char *text, *entries;
    } rows[] = {{"a=1\nb: 2\nc 3\n", "1[a][1]2[b][2]3[c][3]"},
                {"# x\n! y\n\n  a = 1 \n", "4[a][1 ]"},
                {"a=1,\\\n   2,\\\n   3\nb=4", "1[a][1,2,3]4[b][4]"},
                {"a\\ b=c\\=d\\u0041\\t", "1[a b][c=dA\t]"},
                {"only\n", "1[only][]"},
                {"a==1\r\nb=2\r\n", "1[a][=1]2[b][2]"},
                {"a=C:\\\\x", "1[a][C:\\x]"},
                {"", ""}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        GString *entries = g_string_new(NULL);
        int line = 0;
        ck_assert(properties_parse(rows[i].text, append_entry, entries, &line));
        ck_assert_str_eq(entries->str, rows[i].entries);
        g_string_free(entries, TRUE);
    }
    GString *entries = g_string_new(NULL);
    int line = 0;
    ck_assert(!properties_parse("a=1\nb=\\u00g0\n", append_entry, entries, &line));
    ck_assert_int_eq(line, 2);
    g_string_free(entries, TRUE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scenario_text");
    TCase *tests = tcase_create("all");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, good_json_passes_the_scan);
    tcase_add_test(tests, silent_damage_is_refused);
    tcase_add_test(tests, the_scan_ends_at_its_limits);
    tcase_add_test(tests, a_pointer_finds_its_key_and_its_value);
    tcase_add_test(tests, columns_count_characters_not_bytes);
    tcase_add_test(tests, units_are_exact);
    tcase_add_test(tests, amounts_that_are_none_are_refused);
    tcase_add_test(tests, the_nearest_word_is_found_but_not_a_far_one);
    tcase_add_test(tests, distances_near_the_diagonal_are_those_of_the_whole_table);
    tcase_add_test(tests, properties_are_read_as_java_reads_them);
    return run_suite(suite);
}
