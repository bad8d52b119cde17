/* test_topic_pattern.c - regular expressions that topics are subscribed by. */
#include "models/protocol/topic_pattern.h"
#include "tests/run_suite.h"
#include <check.h>
#include <glib.h>
#include <string.h>

static bool matches(const char *text, const char *name)
{
    TopicPatternProblem problem = {0};
    TopicPattern *pattern = topic_pattern_new(text, &problem);
    ck_assert_msg(pattern != NULL, "%s: %s", text, problem.what);
    const bool matched = topic_pattern_matches(pattern, name);
    topic_pattern_free(pattern);
    return matched;
}

/* Answers of java.util.regex and com.google.re2j, which agree. */
START_TEST(a_name_is_matched_as_a_whole_as_java_and_re2j_do)
{
    static const struct {
        const char *text, *name;
        bool matched;
    } rows[] = {
        {"orders", "orders", true},
        {"orders", "orders-eu", false},
        {"orders", "my-orders", false},
        {"orders-.*", "orders-", true},
        {"orders-.*", "orders", false},
        {"orders-.+", "orders-", false},
        {".*orders.*", "my-orders-eu", true},
        {"a.c", "abc", true},
        {"a\\.c", "abc", false},
        {"a\\.c", "a.c", true},
        {"orders|payments", "payments", true},
        {"orders|", "", true},
        {"(eu|us)-(orders|payments)", "us-payments", true},
        {"(eu|us)-(orders|payments)", "us-", false},
        {"(?:ab)*", "ababab", true},
        {"(ab)*", "aba", false},
        {"[a-cx]+", "abcx", true},
        {"[a-cx]+", "abcd", false},
        {"[^0-9]+", "orders", true},
        {"[^0-9]+", "orders1", false},
        {"[a\\-z.]+", "a-z.", true},
        {"[a\\-z.]+", "b", false},
        {"[-a]+", "a-", true},
        {"topic-\\d{2}", "topic-07", true},
        {"topic-\\d{2}", "topic-7", false},
        {"topic-\\d{2,}", "topic-12345", true},
        {"topic-\\d{1,3}", "topic-1234", false},
        {"\\w+", "a_1", true},
        {"\\w+", "a-1", false},
        {"\\D+", "a1", false},
        {"^orders$", "orders", true},
        {"a^b", "ab", false},
        {"a$b", "ab", false},
        {"(^a|b)c", "bc", true},
        {"a.*?c", "abcbc", true},
        {"x{0}y", "y", true},
        {"(a|b)*abb", "babaabb", true},
        {"[\\d_]+\\S", "1_1", true},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        ck_assert_msg(matches(rows[i].text, rows[i].name) == rows[i].matched,
                      "%s on %s",
                      rows[i].text,
                      rows[i].name);
    }
}
END_TEST

START_TEST(what_java_and_re2j_read_differently_is_refused_with_its_place)
{
    static const struct {
        const char *text;
        size_t at;
        const char *what;
    } rows[] = {
        {"", 0, "empty"},
        {"orders(", 6, "not closed"},
        {"orders)", 6, ") without ("},
        {"orders[", 6, "not closed"},
        {"a[]b]", 2, "beginning of a class"},
        {"a[b[c]]", 3, "class within a class"},
        {"[[:alpha:]]", 1, "class within a class"},
        {"[a-z&&b]", 4, "&&"},
        {"[a-c-e]", 4, "middle of a class"},
        {"[c-a]", 3, "ends before it begins"},
        {"[\\d-x]", 4, "from one character to another"},
        {"*a", 0, "nothing to repeat"},
        {"a|*", 2, "nothing to repeat"},
        {"^*", 1, "nothing to repeat"},
        {"a**", 2, "quantifier after a quantifier"},
        {"a*+", 2, "quantifier after a quantifier"},
        {"a{1}{2}", 4, "quantifier after a quantifier"},
        {"a{,2}", 2, "expected a number"},
        {"a{2,1}", 1, "m below n"},
        {"a{1001}", 2, "1000 repetitions"},
        {"a{2", 1, "} is missing"},
        {"{", 0, "write \\{"},
        {"a\\", 1, "escapes nothing"},
        {"(a)\\1", 3, "back references"},
        {"\\borders", 0, "escapes with a letter"},
        {"\\p{Lower}", 0, "escapes with a letter"},
        {"(?i)orders", 0, "flags, names"},
        {"a(?=b)", 1, "flags, names, lookahead"},
        {"(?<name>a)", 0, "names"},
        {"caf\xc3\xa9", 3, "topic names"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        TopicPatternProblem problem = {0};
        ck_assert_msg(topic_pattern_new(rows[i].text, &problem) == NULL, "%s", rows[i].text);
        ck_assert_msg(problem.at == rows[i].at && strstr(problem.what, rows[i].what) != NULL,
                      "%s: %zu %s",
                      rows[i].text,
                      problem.at,
                      problem.what);
    }
}
END_TEST

/* Each of these takes a backtracking engine longer than the universe is old. */
START_TEST(an_expression_that_makes_others_hang_is_matched_in_linear_time)
{
    char name[200];
    memset(name, 'a', sizeof name);
    name[sizeof name - 1] = '\0';
    ck_assert(!matches("(a*)*b", name));
    ck_assert(!matches("(a|a)*b", name));
    ck_assert(!matches("(.*)*(.*)*(.*)*(.*)*[^a]", name));
    ck_assert(matches("(a?){199}a{199}", name));
    ck_assert(matches("((a*)*)*", name));
    ck_assert(!matches("(a|aa)+$b", name));
}
END_TEST

static const char *refusal(const char *text)
{
    TopicPatternProblem problem = {0};
    TopicPattern *pattern = topic_pattern_new(text, &problem);
    ck_assert_msg(pattern == NULL, "accepted");
    return problem.what;
}

START_TEST(an_expression_that_would_fill_memory_or_stack_is_refused)
{
    ck_assert_ptr_nonnull(strstr(refusal("((a{1000}){1000}){1000}"), "too large"));
    ck_assert_ptr_nonnull(strstr(refusal("((((){1000}){1000}){1000}){1000}"), "too large"));
    ck_assert_ptr_nonnull(strstr(refusal("(a?b?c?){500}"), "too large"));
    g_autofree char *open = g_strnfill(100000, '(');
    ck_assert_ptr_nonnull(strstr(refusal(open), "too deep"));
    g_autofree char *plain = g_strnfill(100000, 'a');
    ck_assert_ptr_nonnull(strstr(refusal(plain), "too large"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("topic_pattern");
    TCase *tcase = tcase_create("regular expressions");
    tcase_add_test(tcase, a_name_is_matched_as_a_whole_as_java_and_re2j_do);
    tcase_add_test(tcase, what_java_and_re2j_read_differently_is_refused_with_its_place);
    tcase_add_test(tcase, an_expression_that_makes_others_hang_is_matched_in_linear_time);
    tcase_add_test(tcase, an_expression_that_would_fill_memory_or_stack_is_refused);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
