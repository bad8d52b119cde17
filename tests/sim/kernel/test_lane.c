/* test_lane.c - lanes: FIFO of one delay, cancelled anywhere, compacted, never reordered. */
#include "sim/kernel/kernel.h"
#include "tests/run_suite.h"
#include <check.h>
#include <glib.h>

typedef struct Log {
    GArray *values; /* uint64_t: what fired, in order */
    LaneId lane;
    SimDuration delay;
    EventHandle pending[64];
    uint64_t rounds;
} Log;

static void log_on_event(Kernel *kernel, void *self, SimTime now, KernelEvent event)
{
    (void)now;
    (void)kernel;
    uint64_t value = (uint64_t)(uintptr_t)event.data;
    g_array_append_val(((Log *)self)->values, value);
}

static uint64_t log_value(const Log *log, guint index)
{
    return g_array_index(log->values, uint64_t, index);
}

START_TEST(the_same_delay_gives_the_same_lane)
{
    Kernel *kernel = kernel_new(NULL);
    LaneId first = kernel_lane(kernel, 100);
    ck_assert_uint_ne(first, kernel_lane(kernel, 200));
    ck_assert_uint_eq(first, kernel_lane(kernel, 100));
    ck_assert_uint_eq(kernel_lane(kernel, -1), KERNEL_NO_LANE);
    kernel_free(kernel);
}
END_TEST

/* A handler that looks ahead, by handles of every kind. */
static void curious_on_event(Kernel *kernel, void *self, SimTime now, KernelEvent event)
{
    Log *log = self;
    for (uint32_t ahead = 0; ahead < KERNEL_SOON_MAX; ahead++) {
        const void *soon = kernel_soon(kernel, ahead);
        ck_assert(!soon || (uintptr_t)soon <= 3000);
    }
    for (uint32_t i = 0; i < G_N_ELEMENTS(log->pending); i++) {
        kernel_fetch(kernel, log->pending[i]);
        kernel_fetch_around(kernel, log->pending[i]);
    }
    log_on_event(kernel, self, now, event);
}

START_TEST(who_looks_ahead_changes_nothing)
{
    uint64_t fingerprints[2];
    for (uint32_t way = 0; way < 2; way++) {
        Log log = {.values = g_array_new(FALSE, FALSE, sizeof(uint64_t))};
        Kernel *kernel = kernel_new(NULL);
        uint32_t target = kernel_add_target(kernel, way ? curious_on_event : log_on_event, &log);
        LaneId lane = kernel_lane(kernel, 700);
        for (uint32_t i = 0; i < 3000; i++) {
            void *data = GUINT_TO_POINTER(i + 1);
            uint64_t time = i * UINT64_C(2654435761) % 1000;
            log.pending[i % 64] = i % 3
                                      ? kernel_schedule(kernel, (SimTime)time, target, 0, 0, data)
                                      : kernel_schedule_lane(kernel, lane, 700, target, 0, 0, data);
            kernel_cancel(kernel, log.pending[i * 7 % 64]);
        }
        log.pending[5] = UINT32_MAX; /* a handle that never was */
        ck_assert_int_eq(kernel_run(kernel, SIM_TIME_MAX), KERNEL_DRAINED);
        fingerprints[way] = kernel_fingerprint(kernel);
        kernel_free(kernel);
        g_array_free(log.values, TRUE);
    }
    ck_assert_uint_eq(fingerprints[0], fingerprints[1]);
}
END_TEST

START_TEST(when_lanes_run_out_the_queue_keeps_the_order)
{
    Log log = {.values = g_array_new(FALSE, FALSE, sizeof(uint64_t))};
    Kernel *kernel = kernel_new(NULL);
    uint32_t target = kernel_add_target(kernel, log_on_event, &log);
    uint32_t refused = 0;
    for (uint32_t i = 0; i < KERNEL_LANES_MAX + 10; i++) {
        SimDuration delay = 1000 - (SimDuration)i;
        LaneId lane = kernel_lane(kernel, delay);
        refused += lane == KERNEL_NO_LANE;
        void *data = GUINT_TO_POINTER(i);
        ck_assert(kernel_schedule_lane(kernel, lane, delay, target, 0, 0, data) != 0);
    }
    ck_assert_uint_eq(refused, 10);
    kernel_run(kernel, SIM_TIME_MAX);
    ck_assert_uint_eq(log.values->len, KERNEL_LANES_MAX + 10);
    for (guint i = 0; i < log.values->len; i++) {
        ck_assert_uint_eq(log_value(&log, i), KERNEL_LANES_MAX + 9 - i);
    }
    kernel_free(kernel);
    g_array_free(log.values, TRUE);
}
END_TEST

START_TEST(cancelling_every_second_leaves_the_others_in_order)
{
    Log log = {.values = g_array_new(FALSE, FALSE, sizeof(uint64_t))};
    Kernel *kernel = kernel_new(NULL);
    uint32_t target = kernel_add_target(kernel, log_on_event, &log);
    LaneId lane = kernel_lane(kernel, 50);
    EventHandle handles[1000];
    for (uint32_t i = 0; i < 1000; i++) {
        handles[i] = kernel_schedule_lane(kernel, lane, 50, target, 0, 0, GUINT_TO_POINTER(i));
    }
    for (uint32_t i = (uint32_t)_i % 2; i < 1000; i += 2) {
        ck_assert(kernel_cancel(kernel, handles[_i < 2 ? i : 999 - i]));
    }
    ck_assert_uint_eq(kernel_pending(kernel), 500);
    kernel_run(kernel, SIM_TIME_MAX);
    ck_assert_uint_eq(log.values->len, 500);
    for (guint i = 1; i < 500; i++) {
        ck_assert_uint_eq(log_value(&log, i), log_value(&log, i - 1) + 2);
    }
    kernel_free(kernel);
    g_array_free(log.values, TRUE);
}
END_TEST

START_TEST(a_lane_emptied_by_cancels_is_usable_again)
{
    Log log = {.values = g_array_new(FALSE, FALSE, sizeof(uint64_t))};
    Kernel *kernel = kernel_new(NULL);
    uint32_t target = kernel_add_target(kernel, log_on_event, &log);
    LaneId lane = kernel_lane(kernel, 50);
    for (uint32_t size = 1; size < 41; size++) {
        EventHandle handles[41];
        for (uint32_t i = 0; i < size; i++) {
            handles[i] = kernel_schedule_lane(kernel, lane, 50, target, 0, 0, NULL);
        }
        for (uint32_t i = 0; i < size; i++) { /* from the middle outwards */
            uint32_t middle = size / 2;
            uint32_t index = i % 2 ? middle - (i + 1) / 2 : middle + i / 2;
            ck_assert(kernel_cancel(kernel, handles[index % size]));
        }
        ck_assert_uint_eq(kernel_pending(kernel), 0);
    }
    kernel_schedule_lane(kernel, lane, 50, target, 0, 0, GUINT_TO_POINTER(77));
    ck_assert_int_eq(kernel_run(kernel, SIM_TIME_MAX), KERNEL_DRAINED);
    ck_assert_uint_eq(log.values->len, 1);
    ck_assert_uint_eq(log_value(&log, 0), 77);
    kernel_free(kernel);
    g_array_free(log.values, TRUE);
}
END_TEST

/* A lane's head is cancelled and what takes its place is compared with a queue's event and another
 * lane's head of the same instant. */
START_TEST(a_head_that_is_cancelled_leaves_the_order_to_its_heir)
{
    Log log = {.values = g_array_new(FALSE, FALSE, sizeof(uint64_t))};
    Kernel *kernel = kernel_new(NULL);
    uint32_t target = kernel_add_target(kernel, log_on_event, &log);
    LaneId ten = kernel_lane(kernel, 10);
    LaneId five = kernel_lane(kernel, 5);
    EventHandle first = kernel_schedule_lane(kernel, ten, 10, target, 0, 0, GUINT_TO_POINTER(1));
    kernel_schedule(kernel, 10, target, 0, 0, GUINT_TO_POINTER(2));
    EventHandle third = kernel_schedule_lane(kernel, ten, 10, target, 0, 0, GUINT_TO_POINTER(3));
    kernel_schedule_lane(kernel, ten, 10, target, 0, 0, GUINT_TO_POINTER(4));
    kernel_run(kernel, 5);
    kernel_schedule_lane(kernel, five, 5, target, 0, 0, GUINT_TO_POINTER(5));
    ck_assert(kernel_cancel(kernel, first));
    if (_i == 1) {
        ck_assert(kernel_cancel(kernel, third));
    }
    ck_assert_int_eq(kernel_run(kernel, 9), KERNEL_UNTIL);
    ck_assert_uint_eq(log.values->len, 0);
    ck_assert_int_eq(kernel_run(kernel, 20), KERNEL_DRAINED);
    static const uint64_t expected[2][4] = {{2, 3, 4, 5}, {2, 4, 5}};
    ck_assert_uint_eq(log.values->len, _i == 1 ? 3 : 4);
    for (guint i = 0; i < log.values->len; i++) {
        ck_assert_uint_eq(log_value(&log, i), expected[_i][i]);
    }
    kernel_free(kernel);
    g_array_free(log.values, TRUE);
}
END_TEST

/* 64 owners, each of which moves its timer on before it fires: the lane is nearly all blanks. */
static void mover_on_event(Kernel *kernel, void *self, SimTime now, KernelEvent event)
{
    Log *log = self;
    for (uint32_t i = 0; i < 64; i++) {
        uint32_t owner = (uint32_t)((i * 29 + log->rounds * 13) % 64);
        ck_assert(log->rounds == 0 || kernel_cancel(kernel, log->pending[owner]));
        log->pending[owner] = kernel_schedule_lane(
            kernel, log->lane, log->delay, event.target + 1, 0, 0, GUINT_TO_POINTER(owner));
    }
    log->rounds++;
    kernel_schedule(kernel, now + 10, event.target, 0, 0, NULL);
}

START_TEST(timers_moved_a_hundred_thousand_times_take_no_more_memory)
{
    Log log = {.values = g_array_new(FALSE, FALSE, sizeof(uint64_t)), .delay = SIM_SEC(10)};
    Kernel *kernel = kernel_new(NULL);
    log.lane = kernel_lane(kernel, log.delay);
    uint32_t target = kernel_add_target(kernel, mover_on_event, &log);
    kernel_add_target(kernel, log_on_event, &log);
    kernel_schedule(kernel, 0, target, 0, 0, NULL);
    kernel_step(kernel, SIM_TIME_MAX, 100);
    size_t warm = kernel_memory_bytes(kernel);
    kernel_step(kernel, SIM_TIME_MAX, 2000);
    ck_assert_uint_eq(log.rounds, 2100);
    ck_assert_uint_eq(kernel_memory_bytes(kernel), warm);
    ck_assert_uint_eq(kernel_pending(kernel), 65);
    ck_assert_uint_eq(log.values->len, 0);
    for (uint32_t i = 0; i < 64; i++) {
        ck_assert(kernel_is_pending(kernel, log.pending[i]));
    }
    kernel_free(kernel);
    g_array_free(log.values, TRUE);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("lane");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, the_same_delay_gives_the_same_lane);
    tcase_add_test(tcase, who_looks_ahead_changes_nothing);
    tcase_add_test(tcase, when_lanes_run_out_the_queue_keeps_the_order);
    tcase_add_loop_test(tcase, cancelling_every_second_leaves_the_others_in_order, 0, 4);
    tcase_add_test(tcase, a_lane_emptied_by_cancels_is_usable_again);
    tcase_add_loop_test(tcase, a_head_that_is_cancelled_leaves_the_order_to_its_heir, 0, 2);
    tcase_add_test(tcase, timers_moved_a_hundred_thousand_times_take_no_more_memory);
    Suite *suite = suite_create("lane");
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
