/* test_kernel.c - the one total order, handles, limits, runs and their fingerprint. */
#include "tests/run_suite.h"
#include "tests/sim/kernel/kernel_script.h"
#include <check.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void check_script(Script script, uint64_t seed)
{
    script_begin(&script, seed);
    ck_assert_int_eq(kernel_run(script.kernel, SIM_TIME_MAX), KERNEL_DRAINED);
    script_end(&script);
}

START_TEST(events_fire_in_the_order_of_time_and_sequence)
{
    static const uint32_t wanted[] = {1, 2, 5, 9, 30, 100, 300};
    for (uint32_t i = 0; i < G_N_ELEMENTS(wanted); i++) {
        Script script = {.wanted = wanted[i], .budget = 3000};
        check_script(script, (uint64_t)_i * 10 + i);
    }
}
END_TEST

START_TEST(events_of_the_same_instant_fire_as_scheduled)
{
    static const uint32_t ranges[] = {1, 2, 3, 10, 100};
    for (uint32_t i = 0; i < G_N_ELEMENTS(ranges); i++) {
        Script script = {.wanted = 200, .budget = 3000, .tie_range = ranges[i], .lane_percent = 30};
        check_script(script, (uint64_t)_i * 10 + i);
    }
}
END_TEST

START_TEST(lanes_and_queue_keep_one_order_under_cancels)
{
    for (uint32_t percent = 0; percent <= 100; percent += 50) {
        Script script = {
            .wanted = 120, .budget = 3000, .cancel_percent = 40, .lane_percent = percent};
        check_script(script, (uint64_t)_i + percent);
        script.tie_range = 4;
        check_script(script, (uint64_t)_i + percent);
    }
}
END_TEST

/* Timers are moved on again and again, some fire, some are cancelled before or after their old time
 * has come, many of one instant. */
START_TEST(what_is_postponed_fires_as_if_scheduled_anew)
{
    static const uint32_t ranges[] = {0, 2, 30, 2000};
    for (uint32_t i = 0; i < G_N_ELEMENTS(ranges); i++) {
        Script script = {.wanted = _i % 2 ? 20 : 150,
                         .budget = 2000,
                         .cancel_percent = _i % 3 ? 30 : 0,
                         .lane_percent = _i % 5 ? 80 : 100,
                         .postpone_percent = _i % 4 ? 50 : 75,
                         .tie_range = ranges[i]};
        script_begin(&script, (uint64_t)_i * 10 + i + 1);
        ck_assert_int_eq(kernel_run(script.kernel, SIM_TIME_MAX), KERNEL_DRAINED);
        ck_assert_uint_gt(script.postponed, 0);
        script_end(&script);
    }
}
END_TEST

/* More than the queue's few, and back. */
START_TEST(thousands_with_cancels_keep_one_order)
{
    Script script = {.wanted = 1500, .budget = 6000, .cancel_percent = 40, .lane_percent = 20};
    script.tie_range = _i % 2 ? 50 : 0;
    check_script(script, (uint64_t)_i + 1);
}
END_TEST

START_TEST(steps_and_stages_fire_what_one_run_fires)
{
    uint64_t fingerprints[3];
    for (uint32_t way = 0; way < 3; way++) {
        Script script = {.wanted = 50, .budget = 2000, .cancel_percent = 20, .lane_percent = 50};
        script_begin(&script, (uint64_t)_i + 1);
        KernelStop stop = KERNEL_STOPPED;
        SimTime until = way == 2 ? 1 : SIM_TIME_MAX;
        while (stop != KERNEL_DRAINED) {
            stop = kernel_step(script.kernel, until, way == 1 ? 1 : UINT64_MAX);
            ck_assert(stop != KERNEL_UNTIL || kernel_now(script.kernel) == until);
            until = way == 2 ? until * 2 + script_random(&(Script){.random = 9}, 7) : until;
        }
        fingerprints[way] = kernel_fingerprint(script.kernel);
        script_end(&script);
    }
    ck_assert_uint_eq(fingerprints[0], fingerprints[1]);
    ck_assert_uint_eq(fingerprints[0], fingerprints[2]);
}
END_TEST

typedef struct Counter {
    uint32_t fired;
    SimTime last;
    EventHandle again; /* delay with which it schedules itself once more, 0 never */
    SimDuration period;
    LaneId lane;
} Counter;

static void counter_on_event(Kernel *kernel, void *self, SimTime now, KernelEvent event)
{
    Counter *counter = self;
    counter->fired++;
    counter->last = now;
    if (counter->period) {
        counter->again =
            kernel_schedule(kernel, now + counter->period, event.target, event.kind, 0, NULL);
    }
}

START_TEST(clock_stands_at_until_and_does_not_run_back)
{
    Counter counter = {0};
    Kernel *kernel = kernel_new(NULL);
    uint32_t target = kernel_add_target(kernel, counter_on_event, &counter);
    kernel_schedule(kernel, 100, target, 0, 0, NULL);
    kernel_schedule(kernel, 200, target, 0, 0, NULL);
    ck_assert_int_eq(kernel_run(kernel, 99), KERNEL_UNTIL);
    ck_assert_int_eq(kernel_now(kernel), 99);
    ck_assert_uint_eq(counter.fired, 0);
    ck_assert_int_eq(kernel_run(kernel, 100), KERNEL_UNTIL);
    ck_assert_uint_eq(counter.fired, 1);
    ck_assert_int_eq(kernel_run(kernel, 50), KERNEL_UNTIL);
    ck_assert_int_eq(kernel_now(kernel), 100);
    ck_assert_int_eq(kernel_run(kernel, -1), KERNEL_UNTIL);
    ck_assert_int_eq(kernel_run(kernel, 1000), KERNEL_DRAINED);
    ck_assert_int_eq(kernel_now(kernel), 200);
    ck_assert_uint_eq(kernel_pending(kernel), 0);
    kernel_free(kernel);
}
END_TEST

START_TEST(handles_are_stale_after_fire_and_cancel)
{
    Counter counter = {0};
    Kernel *kernel = kernel_new(NULL);
    uint32_t target = kernel_add_target(kernel, counter_on_event, &counter);
    LaneId lane = kernel_lane(kernel, 10);
    EventHandle fired = kernel_schedule(kernel, 5, target, 0, 0, NULL);
    EventHandle cancelled = kernel_schedule(kernel, 6, target, 0, 0, NULL);
    EventHandle in_lane = kernel_schedule_lane(kernel, lane, 10, target, 0, 0, NULL);
    ck_assert(fired != 0 && cancelled != 0 && in_lane != 0);
    ck_assert(kernel_cancel(kernel, cancelled));
    ck_assert(kernel_cancel(kernel, in_lane));
    ck_assert_int_eq(kernel_run(kernel, 100), KERNEL_DRAINED);
    ck_assert_uint_eq(counter.fired, 1);
    /* The slots are taken again; the old handles must not name the new events. */
    for (int i = 0; i < 3; i++) {
        kernel_schedule(kernel, 200, target, 0, 0, NULL);
    }
    EventHandle old[] = {fired, cancelled, in_lane, 0, 12345, UINT32_MAX};
    for (size_t i = 0; i < G_N_ELEMENTS(old); i++) {
        ck_assert(!kernel_is_pending(kernel, old[i]));
        ck_assert(!kernel_cancel(kernel, old[i]));
    }
    ck_assert_uint_eq(kernel_pending(kernel), 3);
    kernel_free(kernel);
}
END_TEST

START_TEST(an_instant_in_the_past_is_refused)
{
    Counter counter = {0};
    Kernel *kernel = kernel_new(NULL);
    uint32_t target = kernel_add_target(kernel, counter_on_event, &counter);
    kernel_schedule(kernel, 100, target, 0, 0, NULL);
    kernel_schedule(kernel, 101, target, 0, 0, NULL);
    ck_assert_int_eq(kernel_run(kernel, 100), KERNEL_UNTIL);
    ck_assert_uint_eq(kernel_schedule(kernel, 99, target, 0, 0, NULL), 0);
    ck_assert_int_eq(kernel_refusal(kernel), KERNEL_REFUSAL_TIME);
    ck_assert_int_eq(kernel_run(kernel, 200), KERNEL_REFUSED);
    ck_assert_uint_eq(counter.fired, 1);
    kernel_free(kernel);
}
END_TEST

START_TEST(an_instant_past_the_last_is_refused_in_queue_and_lane)
{
    Counter counter = {0};
    for (int way = 0; way < 3; way++) {
        Kernel *kernel = kernel_new(NULL);
        uint32_t target = kernel_add_target(kernel, counter_on_event, &counter);
        SimTime late = SIM_TIME_MAX - 5;
        ck_assert(kernel_schedule(kernel, late, target, 0, 0, NULL) != 0);
        ck_assert(kernel_schedule(kernel, SIM_TIME_MAX, target, 0, 0, NULL) != 0);
        ck_assert_int_eq(kernel_run(kernel, late), KERNEL_UNTIL);
        LaneId lane = way == 2 ? KERNEL_NO_LANE : kernel_lane(kernel, way == 0 ? 5 : 6);
        EventHandle handle =
            kernel_schedule_lane(kernel, lane, way == 0 ? 5 : 6, target, 0, 0, NULL);
        ck_assert_int_eq(handle != 0, way == 0);
        KernelStop stop = kernel_run(kernel, SIM_TIME_MAX);
        ck_assert_int_eq(stop, way == 0 ? KERNEL_DRAINED : KERNEL_REFUSED);
        ck_assert_int_eq(counter.last, way == 0 ? SIM_TIME_MAX : late);
        kernel_free(kernel);
    }
}
END_TEST

START_TEST(more_pending_than_the_limit_is_refused)
{
    Counter counter = {0};
    KernelLimits limits = {.pending_max = 1000};
    Kernel *kernel = kernel_new(&limits);
    uint32_t target = kernel_add_target(kernel, counter_on_event, &counter);
    EventHandle handles[1000];
    for (int round = 0; round < 5; round++) {
        for (uint32_t i = 0; i < 1000; i++) {
            handles[i] = kernel_schedule(kernel, 1000 + i * 7919 % 1000, target, 0, 0, NULL);
            ck_assert(handles[i] != 0);
        }
        for (uint32_t i = 0; i < 1000 && round < 4; i++) {
            ck_assert(kernel_cancel(kernel, handles[i]));
        }
    }
    ck_assert_int_eq(kernel_refusal(kernel), KERNEL_REFUSAL_NONE);
    ck_assert_uint_eq(kernel_schedule(kernel, 5, target, 0, 0, NULL), 0);
    ck_assert_int_eq(kernel_refusal(kernel), KERNEL_REFUSAL_PENDING);
    ck_assert_uint_eq(kernel_pending(kernel), 1000);
    kernel_free(kernel);
}
END_TEST

#if !defined(__SANITIZE_ADDRESS__) /* which itself needs the memory */
static GLogWriterOutput
exit_with_71(GLogLevelFlags level, const GLogField *fields, gsize count, gpointer user)
{
    (void)level;
    (void)user;
    for (gsize i = 0; i < count; i++) {
        if (strcmp(fields[i].key, "MESSAGE") == 0 &&
            strstr(fields[i].value, "failed to allocate address space") != NULL) {
            _exit(71);
        }
    }
    return G_LOG_WRITER_HANDLED;
}

/* The command line tells want of memory, and no bug, by these words. */
START_TEST(address_space_that_is_refused_is_told_as_want_of_memory)
{
    const struct rlimit none = {0, 0};
    g_log_set_writer_func(exit_with_71, NULL, NULL);
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &none), 0);
    kernel_new(NULL);
}
END_TEST
#endif

/* Every event is followed by one of the other kind, so that each slot moves over from the queue's
 * records to the lanes' or back. */
typedef struct Swapper {
    LaneId lane;
    uint64_t random;
    SimTime last;
    uint32_t refused;
} Swapper;

static void swapper_add(Kernel *kernel, Swapper *swapper, uint32_t target, bool in_lane)
{
    swapper->random = swapper->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    SimTime at = kernel_now(kernel) + (SimTime)((swapper->random >> 33) % 500);
    EventHandle handle = in_lane
                             ? kernel_schedule_lane(kernel, swapper->lane, 250, target, 1, 0, NULL)
                             : kernel_schedule(kernel, at, target, 0, 0, NULL);
    swapper->refused += handle == 0;
}

static void swapper_on_event(Kernel *kernel, void *self, SimTime now, KernelEvent event)
{
    Swapper *swapper = self;
    ck_assert_int_ge(now, swapper->last);
    swapper->last = now;
    swapper_add(kernel, swapper, event.target, event.kind == 0);
}

/* The fingerprint after the kernel was full for a while; it is full or not, by its limit. */
static uint64_t swap_while_full(uint32_t pending, uint32_t pending_max)
{
    Swapper swapper = {.random = pending};
    KernelLimits limits = {.pending_max = pending_max};
    Kernel *kernel = kernel_new(&limits);
    swapper.lane = kernel_lane(kernel, 250);
    uint32_t target = kernel_add_target(kernel, swapper_on_event, &swapper);
    for (uint32_t i = 0; i < pending; i++) {
        swapper_add(kernel, &swapper, target, i % 3 == 0);
    }
    ck_assert_int_eq(kernel_step(kernel, SIM_TIME_MAX, 20 * pending), KERNEL_STOPPED);
    ck_assert_uint_eq(swapper.refused, 0);
    ck_assert_uint_eq(kernel_pending(kernel), pending);
    uint64_t fingerprint = kernel_fingerprint(kernel);
    swapper_add(kernel, &swapper, target, pending % 2 == 0);
    ck_assert_uint_eq(swapper.refused, pending == pending_max);
    ck_assert_int_eq(kernel_refusal(kernel),
                     pending == pending_max ? KERNEL_REFUSAL_PENDING : KERNEL_REFUSAL_NONE);
    kernel_free(kernel);
    return fingerprint;
}

START_TEST(queue_and_lanes_fill_one_limit_and_swap_slots)
{
    static const uint32_t pendings[] = {1, 2, 7, 100, 1001, 3000};
    uint32_t pending = pendings[_i];
    ck_assert_uint_eq(swap_while_full(pending, pending), swap_while_full(pending, 0));
}
END_TEST

START_TEST(more_memory_than_the_limit_is_refused)
{
    Counter counter = {0};
    KernelLimits limits = {.memory_bytes_max = 1 << 20};
    Kernel *kernel = kernel_new(&limits);
    uint32_t target = kernel_add_target(kernel, counter_on_event, &counter);
    uint32_t scheduled = 0;
    while (kernel_schedule(kernel, 1000 + scheduled, target, 0, 0, NULL) != 0) {
        scheduled++;
        ck_assert_uint_lt(scheduled, 100000);
    }
    ck_assert_uint_gt(scheduled, 15000);
    ck_assert_int_eq(kernel_refusal(kernel), KERNEL_REFUSAL_MEMORY);
    ck_assert_uint_le(kernel_memory_bytes(kernel), (1 << 20) + 4096);
    ck_assert_int_eq(kernel_run(kernel, SIM_TIME_MAX), KERNEL_REFUSED);
    kernel_free(kernel);
}
END_TEST

static void stopper_on_event(Kernel *kernel, void *self, SimTime now, KernelEvent event)
{
    counter_on_event(kernel, self, now, event);
    kernel_stop(kernel);
}

START_TEST(stop_returns_after_the_handler_and_the_next_run_goes_on)
{
    Counter counter = {0};
    Kernel *kernel = kernel_new(NULL);
    uint32_t target = kernel_add_target(kernel, stopper_on_event, &counter);
    for (int i = 0; i < 3; i++) {
        kernel_schedule(kernel, 10, target, 0, 0, NULL);
    }
    for (uint32_t i = 1; i <= 3; i++) {
        ck_assert_int_eq(kernel_run(kernel, 100), KERNEL_STOPPED);
        ck_assert_uint_eq(counter.fired, i);
        ck_assert_int_eq(kernel_now(kernel), 10);
    }
    ck_assert_int_eq(kernel_run(kernel, 100), KERNEL_DRAINED);
    kernel_free(kernel);
}
END_TEST

START_TEST(step_fires_at_most_its_count)
{
    Counter counter = {.period = 3};
    Kernel *kernel = kernel_new(NULL);
    uint32_t target = kernel_add_target(kernel, counter_on_event, &counter);
    kernel_schedule(kernel, 0, target, 0, 0, NULL);
    ck_assert_int_eq(kernel_step(kernel, 100, 4), KERNEL_STOPPED);
    ck_assert_uint_eq(counter.fired, 4);
    ck_assert_int_eq(kernel_now(kernel), 9);
    ck_assert_int_eq(kernel_step(kernel, 10, 4), KERNEL_UNTIL);
    ck_assert_uint_eq(counter.fired, 4);
    ck_assert_int_eq(kernel_now(kernel), 10);
    kernel_free(kernel);
}
END_TEST

typedef struct Hold {
    uint64_t random;
    LaneId lane;
    SimDuration scale;
} Hold;

static void hold_on_event(Kernel *kernel, void *self, SimTime now, KernelEvent event)
{
    Hold *hold = self;
    hold->random = hold->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    SimDuration delay = (SimDuration)((hold->random >> 33) % (uint64_t)hold->scale);
    EventHandle doomed =
        kernel_schedule_lane(kernel, hold->lane, SIM_SEC(1), event.target, 1, 0, NULL);
    kernel_cancel(kernel, doomed);
    doomed = kernel_schedule(kernel, now + delay / 2, event.target, 1, 0, NULL);
    kernel_cancel(kernel, doomed);
    kernel_schedule(kernel, now + delay, event.target, 0, 0, NULL);
}

START_TEST(memory_stands_still_after_warm_up)
{
    Kernel *kernel = kernel_new(NULL);
    Hold hold = {.random = 42, .lane = kernel_lane(kernel, SIM_SEC(1)), .scale = 1000000};
    uint32_t target = kernel_add_target(kernel, hold_on_event, &hold);
    for (uint32_t i = 0; i < 2000; i++) {
        kernel_schedule(kernel, i, target, 0, 0, NULL);
    }
    kernel_step(kernel, SIM_TIME_MAX, 200000);
    size_t warm = kernel_memory_bytes(kernel);
    kernel_step(kernel, SIM_TIME_MAX, 1000000);
    /* The number of half-full chunks wavers; nothing may grow with the events fired. */
    ck_assert_uint_le(kernel_memory_bytes(kernel), warm + warm / 50);
    ck_assert_uint_eq(kernel_pending(kernel), 2000);
    kernel_free(kernel);
}
END_TEST

START_TEST(a_pending_event_costs_at_most_48_bytes)
{
    Kernel *kernel = kernel_new(NULL);
    Hold hold = {.random = 42, .lane = kernel_lane(kernel, SIM_SEC(1)), .scale = SIM_SEC(2)};
    uint32_t target = kernel_add_target(kernel, hold_on_event, &hold);
    size_t empty = kernel_memory_bytes(kernel);
    for (uint32_t i = 0; i < 10000; i++) {
        kernel_schedule(kernel, i * 100000, target, 0, 0, NULL);
    }
    ck_assert_uint_le(kernel_memory_bytes(kernel) - empty, 480000);
    kernel_free(kernel);
}
END_TEST

START_TEST(the_fingerprint_sees_time_target_and_kind)
{
    uint64_t seen[5];
    for (uint32_t way = 0; way < 5; way++) {
        Counter counter = {0};
        Kernel *kernel = kernel_new(NULL);
        kernel_add_target(kernel, counter_on_event, &counter);
        kernel_add_target(kernel, counter_on_event, &counter);
        kernel_schedule(kernel, way == 1 ? 11 : 10, way == 2, way == 3, way == 4, NULL);
        kernel_run(kernel, 100);
        seen[way] = kernel_fingerprint(kernel);
        kernel_free(kernel);
    }
    for (uint32_t way = 1; way < 4; way++) {
        ck_assert_uint_ne(seen[0], seen[way]);
    }
    ck_assert_uint_eq(seen[0], seen[4]); /* the tag is an incarnation, not part of the story */
}
END_TEST

START_TEST(thousands_of_events_of_few_instants_fire_in_order)
{
    Script script = {.wanted = 3000, .budget = 6000, .tie_range = (uint32_t)_i * 3 + 1};
    check_script(script, (uint64_t)_i);
    script.lane_percent = 50;
    check_script(script, (uint64_t)_i);
}
END_TEST

static TCase *kernel_case(void)
{
    TCase *tcase = tcase_create("kernel");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, events_fire_in_the_order_of_time_and_sequence, 0, 20);
    tcase_add_loop_test(tcase, events_of_the_same_instant_fire_as_scheduled, 0, 20);
    tcase_add_loop_test(tcase, lanes_and_queue_keep_one_order_under_cancels, 0, 20);
    tcase_add_loop_test(tcase, what_is_postponed_fires_as_if_scheduled_anew, 0, 60);
    tcase_add_loop_test(tcase, thousands_with_cancels_keep_one_order, 0, 6);
    tcase_add_loop_test(tcase, steps_and_stages_fire_what_one_run_fires, 0, 10);
    tcase_add_test(tcase, clock_stands_at_until_and_does_not_run_back);
    tcase_add_test(tcase, handles_are_stale_after_fire_and_cancel);
    tcase_add_test(tcase, an_instant_in_the_past_is_refused);
    tcase_add_test(tcase, an_instant_past_the_last_is_refused_in_queue_and_lane);
    tcase_add_test(tcase, more_pending_than_the_limit_is_refused);
#if !defined(__SANITIZE_ADDRESS__)
    const char *fork_mode = g_getenv("CK_FORK");
    if (fork_mode == NULL || strcmp(fork_mode, "no") != 0) {
        tcase_add_exit_test(tcase, address_space_that_is_refused_is_told_as_want_of_memory, 71);
    }
#endif
    tcase_add_loop_test(tcase, queue_and_lanes_fill_one_limit_and_swap_slots, 0, 6);
    tcase_add_test(tcase, more_memory_than_the_limit_is_refused);
    tcase_add_test(tcase, stop_returns_after_the_handler_and_the_next_run_goes_on);
    tcase_add_test(tcase, step_fires_at_most_its_count);
    tcase_add_test(tcase, memory_stands_still_after_warm_up);
    tcase_add_test(tcase, a_pending_event_costs_at_most_48_bytes);
    tcase_add_test(tcase, the_fingerprint_sees_time_target_and_kind);
    tcase_add_loop_test(tcase, thousands_of_events_of_few_instants_fire_in_order, 0, 4);
    return tcase;
}

int main(void)
{
    Suite *suite = suite_create("kernel");
    suite_add_tcase(suite, kernel_case());
    return run_suite(suite);
}
