/* test_sender_clock.c - the producer's I/O thread counts and sleeps in whole ms; sender_clock.h.
 *
 * It takes 0.1 ms to wake up, its sleeps end 0.1 % late, and the network takes 1 ms: a batch that
 * is opened at 0 and sleeps 10 ms is seen at 0.1 + 10.01 + 0.1 + 1. Both where each arrival is an
 * event and where records are counted when the sender looks. */
#include "tests/models/producer/fixture.h"
#include "tests/run_suite.h"

#define WAKE SIM_US(100)

/* An empty list of labels makes each arrival an event. The clock stands `behind` a full ms. */
static Fixture *start(int32_t partitions, int64_t rate_milli, SimDuration behind, bool one_by_one)
{
    Fixture *fixture = fixture_new(partitions);
    fixture->profile.cpu_client_wake = WAKE;
    fixture_option(fixture, "linger.ms", "10");
    fixture_option(fixture, "enable.idempotence", "false");
    fixture->spec->rate_milli = rate_milli;
    fixture->spec->choice = PARTITION_CYCLE;
    if (one_by_one) {
        fixture->spec->labels = g_ptr_array_new_with_free_func(g_free);
    }
    for (int32_t i = 0; i < FIXTURE_PARTITIONS; i++) {
        fixture->leader[i] = 0;
    }
    fixture_start(fixture);
    fixture->producer->accumulator.options.clock.behind_ns = behind;
    return fixture;
}

static const bool ways[] = {false, true};

typedef struct Case {
    int32_t partitions;
    int64_t rate_milli;
    SimDuration behind;
    SimTime from;
    SimTime until;
    const char *lines;
} Case;

static void expect_case(const Case *c, bool one_by_one)
{
    Fixture *fixture = start(c->partitions, c->rate_milli, c->behind, one_by_one);
    fixture_run(fixture, c->from);
    g_string_truncate(fixture->lines, 0);
    fixture_run(fixture, c->until);
    fixture_expect(fixture, c->lines);
    fixture_free(fixture);
}

/* Opened at 1000 and 1020. */
START_TEST(a_batch_opened_just_before_a_full_ms_leaves_a_ms_earlier)
{
    static const Case cases[] = {
        {1, 50000, SIM_US(0), SIM_MS(1005), SIM_MS(1035), "1011.2 b0: p0 x1\n1031.2 b0: p0 x1\n"},
        {1, 50000, SIM_US(850), SIM_MS(1005), SIM_MS(1015), "1011.2 b0: p0 x1\n"},
        {1, 50000, SIM_US(950), SIM_MS(1005), SIM_MS(1015), "1010.2 b0: p0 x1\n"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        expect_case(&cases[i], ways[_i]);
    }
}
END_TEST

/* Opened at 64 and 70.4, when the sender looks at 70.5: 10 ms less 6 or 7 from there. */
START_TEST(a_batch_that_is_opened_meanwhile_makes_the_sender_sleep_anew)
{
    static const Case cases[] = {
        {2, 156250, SIM_US(0), SIM_MS(65), SIM_MS(76), "75.6 b0: p1 x1 p0 x1\n"},
        {2, 156250, SIM_US(600), SIM_MS(65), SIM_MS(76), "74.6 b0: p1 x1 p0 x1\n"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        expect_case(&cases[i], ways[_i]);
    }
}
END_TEST

/* A batch is opened at 146.48; an answer makes the sender look at 148.47 and sleep for 8 ms; the
 * next record comes at 156.25, when the clock has stepped ten times. */
START_TEST(a_record_wakes_the_sender_only_when_it_opens_a_batch)
{
    static const Case cases[] = {
        {1, 102400, SIM_US(0), SIM_MS(150), SIM_MS(160), "157.5 b0: p0 x2\n"},
        {2, 102400, SIM_US(0), SIM_MS(150), SIM_MS(160), "157.3 b0: p1 x1 p0 x1\n"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        expect_case(&cases[i], ways[_i]);
    }
}
END_TEST

/* The batch opened at 1000, as above, but that timers wake the thread 0.3 ms late. */
START_TEST(a_sleeping_sender_is_woken_late)
{
    Fixture *fixture = start(1, 50000, SIM_US(0), ways[_i]);
    fixture->profile.client_late = distribution_constant(SIM_US(300));
    fixture_run(fixture, SIM_MS(1005));
    g_string_truncate(fixture->lines, 0);
    fixture_run(fixture, SIM_MS(1015));
    fixture_expect(fixture, "1011.5 b0: p0 x1\n");
    fixture_free(fixture);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sender_clock");
    TCase *tests = tcase_create("whole ms");
    tcase_add_loop_test(tests, a_batch_opened_just_before_a_full_ms_leaves_a_ms_earlier, 0, 2);
    tcase_add_loop_test(tests, a_batch_that_is_opened_meanwhile_makes_the_sender_sleep_anew, 0, 2);
    tcase_add_loop_test(tests, a_record_wakes_the_sender_only_when_it_opens_a_batch, 0, 2);
    tcase_add_loop_test(tests, a_sleeping_sender_is_woken_late, 0, 2);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
