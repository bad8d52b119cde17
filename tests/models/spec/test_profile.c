/* test_profile.c - what the constants of the hardware profile make together. */
#include "models/spec/profile.h"
#include "tests/run_suite.h"
#include <check.h>

START_TEST(a_step_costs_all_of_its_time_after_a_pause_and_less_when_it_has_just_run)
{
    HardwareProfile profile;
    hardware_profile_init(&profile);
    profile.cpu_warm_percent = 40;
    profile.cpu_cools = SIM_MS(1);
    ck_assert_int_eq(profile_warm_ns(&profile, SIM_US(100), 0), SIM_US(40));
    ck_assert_int_eq(profile_warm_ns(&profile, SIM_US(100), SIM_US(500)), SIM_US(70));
    ck_assert_int_eq(profile_warm_ns(&profile, SIM_US(100), SIM_MS(1)), SIM_US(100));
    ck_assert_int_eq(profile_warm_ns(&profile, SIM_US(100), SIM_SEC(9)), SIM_US(100));
}
END_TEST

START_TEST(without_time_to_cool_every_step_costs_the_same)
{
    HardwareProfile profile;
    hardware_profile_init(&profile);
    profile.cpu_cools = 0;
    ck_assert_int_eq(profile_warm_ns(&profile, SIM_US(100), 0), SIM_US(100));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("profile");
    TCase *tests = tcase_create("all");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, a_step_costs_all_of_its_time_after_a_pause_and_less_when_it_has_just_run);
    tcase_add_test(tests, without_time_to_cool_every_step_costs_the_same);
    return run_suite(suite);
}
