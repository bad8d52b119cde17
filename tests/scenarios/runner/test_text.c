/* test_text.c - numbers and names as text, for every medium. */
#include "scenarios/runner/json_writer.h"
#include "scenarios/runner/text.h"
#include "tests/run_suite.h"
#include <check.h>
#include <math.h>

static void assert_text(GString *got, const char *expected)
{
    ck_assert_str_eq(got->str, expected);
    g_string_truncate(got, 0);
}

START_TEST(times_are_divided_in_integers)
{
    g_autoptr(GString) out = g_string_new(NULL);
    text_ms(out, 1234567);
    assert_text(out, "1.234");
    text_ms(out, INT64_MAX);
    assert_text(out, "9223372036854.775");
    text_seconds(out, 8934000000001);
    assert_text(out, "8934.000000001");
    text_fixed(out, -5, 2);
    assert_text(out, "-0.05");
    text_fixed(out, INT64_MIN, 0);
    assert_text(out, "-9223372036854775808");
}
END_TEST

START_TEST(durations_are_read_by_people)
{
    g_autoptr(GString) out = g_string_new(NULL);
    text_duration(out, 0);
    assert_text(out, "0 ms");
    text_duration(out, 850999);
    assert_text(out, "850 us");
    text_duration(out, 96340000);
    assert_text(out, "96.3 ms");
    text_duration(out, 9142000000);
    assert_text(out, "9.142 s");
}
END_TEST

START_TEST(thousands_are_grouped)
{
    g_autoptr(GString) out = g_string_new(NULL);
    text_thousands(out, 999);
    assert_text(out, "999");
    text_thousands(out, 1000);
    assert_text(out, "1,000");
    text_thousands(out, -1234567);
    assert_text(out, "-1,234,567");
}
END_TEST

START_TEST(ratios_do_not_overflow)
{
    ck_assert_int_eq(text_ratio(INT64_MAX, 1000000000, INT64_MAX), 1000000000);
    ck_assert_int_eq(text_ratio(7, 1, 2), 3);
    ck_assert_int_eq(text_ratio(7, 1, 0), 0);
}
END_TEST

START_TEST(csv_fields_are_quoted_only_where_needed)
{
    g_autoptr(GString) out = g_string_new(NULL);
    text_csv(out, "orders-0");
    assert_text(out, "orders-0");
    text_csv(out, "a,b");
    assert_text(out, "\"a,b\"");
    text_csv(out, "say \"hi\"\n");
    assert_text(out, "\"say \"\"hi\"\"\n\"");
}
END_TEST

START_TEST(json_strings_are_always_valid)
{
    g_autoptr(GString) out = g_string_new(NULL);
    text_json(out, "a\"b\\c\n\x01");
    assert_text(out, "\"a\\\"b\\\\c\\n\\u0001\"");
    text_json(out, "bad \xff byte");
    assert_text(out, "\"bad \xef\xbf\xbd byte\"");
}
END_TEST

START_TEST(a_name_cannot_send_control_codes_to_a_terminal)
{
    g_autoptr(GString) out = g_string_new(NULL);
    text_visible(out, "x\033[31my\xe2\x80\xaez");
    assert_text(out, "x\\x1b[31my\\x202ez");
}
END_TEST

START_TEST(a_name_cannot_leave_its_folder)
{
    g_autofree char *up = text_file_name("../../etc/passwd");
    g_autofree char *empty = text_file_name("");
    g_autofree char *option = text_file_name("-rf");
    ck_assert_str_eq(up, "_.-..-etc-passwd");
    ck_assert_str_eq(empty, "scenario");
    ck_assert_str_eq(option, "_rf");
}
END_TEST

START_TEST(near_words_are_suggested_and_far_ones_not)
{
    const char *const words[] = {"run", "sweep", "compare", "completion"};
    ck_assert_str_eq(text_nearest("swep", words, 4), "sweep");
    ck_assert_str_eq(text_nearest("comparre", words, 4), "compare");
    ck_assert_ptr_null(text_nearest("zebra", words, 4));
}
END_TEST

START_TEST(integers_keep_all_their_digits_in_json)
{
    g_autoptr(GString) out = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, out);
    json_begin_object(&json, NULL);
    json_integer(&json, "offset", INT64_C(9007199254740993));
    json_begin_array(&json, "empty");
    json_end_array(&json);
    json_double(&json, "nothing", (double)NAN);
    json_end_object(&json);
    ck_assert_str_eq(
        out->str, "{\n  \"offset\": 9007199254740993,\n  \"empty\": [],\n  \"nothing\": null\n}\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("text");
    TCase *tests = tcase_create("text");
    tcase_add_test(tests, times_are_divided_in_integers);
    tcase_add_test(tests, durations_are_read_by_people);
    tcase_add_test(tests, thousands_are_grouped);
    tcase_add_test(tests, ratios_do_not_overflow);
    tcase_add_test(tests, csv_fields_are_quoted_only_where_needed);
    tcase_add_test(tests, json_strings_are_always_valid);
    tcase_add_test(tests, a_name_cannot_send_control_codes_to_a_terminal);
    tcase_add_test(tests, a_name_cannot_leave_its_folder);
    tcase_add_test(tests, near_words_are_suggested_and_far_ones_not);
    tcase_add_test(tests, integers_keep_all_their_digits_in_json);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
