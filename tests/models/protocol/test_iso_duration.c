/* test_iso_duration.c - texts that java.time.Duration.parse takes, and others. */
#include "models/protocol/iso_duration.h"
#include "models/protocol/kafka_config.h"
#include "tests/run_suite.h"
#include <check.h>

static const struct {
    const char *text;
    SimDuration ns;
} good[] = {
    {"PT20.345S", SIM_MS(20345)},
    {"PT15M", SIM_SEC(900)},
    {"PT10H", SIM_SEC(36000)},
    {"P2D", SIM_SEC(172800)},
    {"P2DT3H4M", SIM_SEC(172800 + 3 * 3600 + 4 * 60)},
    {"PT-6H3M", SIM_SEC(-6 * 3600 + 180)},
    {"-PT6H3M", SIM_SEC(-6 * 3600 - 180)},
    {"-PT-6H+3M", SIM_SEC(6 * 3600 - 180)},
    {"pt0,5s", SIM_MS(500)},
    {"PT0.000000001S", 1},
    {"PT-0.5S", -SIM_MS(500)},
    {"PT5.S", SIM_SEC(5)},
    {"PT0S", 0},
};

static const char *const bad[] = {"",
                                  "P",
                                  "PT",
                                  "P1DT",
                                  "5S",
                                  "PT5",
                                  "P5S",
                                  "PT1D",
                                  "PT5 S",
                                  "PTS",
                                  "PT.5S",
                                  "PT5M3H",
                                  "PT1H1H",
                                  "P1Y",
                                  "P1W",
                                  "PT5SX",
                                  " PT5S",
                                  "PT1.5M",
                                  "PT0.1234567891S",
                                  "P99999999999D"};

START_TEST(a_duration_is_read_as_java_reads_it)
{
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        SimDuration ns = -1;
        ck_assert_msg(iso_duration_parse(good[i].text, &ns), "%s", good[i].text);
        ck_assert_int_eq(ns, good[i].ns);
    }
}
END_TEST

START_TEST(what_java_refuses_is_refused)
{
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        SimDuration ns;
        ck_assert_msg(!iso_duration_parse(bad[i], &ns), "%s", bad[i]);
    }
}
END_TEST

START_TEST(auto_offset_reset_takes_a_duration_that_is_not_negative)
{
    KafkaConfig *config = kafka_config_new(1U << KAFKA_SCOPE_CONSUMER, NULL);
    ck_assert(kafka_config_set(config, "auto.offset.reset", "by_duration:P1DT0.5S"));
    ck_assert(!kafka_config_set(config, "auto.offset.reset", "by_duration:"));
    ck_assert(!kafka_config_set(config, "auto.offset.reset", "by_duration:5s"));
    ck_assert(!kafka_config_set(config, "auto.offset.reset", "by_duration:PT-5S"));
    kafka_config_free(config);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("iso duration");
    TCase *tests = tcase_create("texts");
    tcase_add_test(tests, a_duration_is_read_as_java_reads_it);
    tcase_add_test(tests, what_java_refuses_is_refused);
    tcase_add_test(tests, auto_offset_reset_takes_a_duration_that_is_not_negative);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
