/* test_post.c - posts: events without a handle keep the one order, and the limits, with all others.
 */
#include "tests/run_suite.h"
#include "tests/sim/kernel/kernel_script.h"
#include <check.h>

START_TEST(posts_lanes_and_queue_keep_one_order)
{
    static const uint32_t ranges[] = {0, 1, 4, 40, 3000};
    for (uint32_t i = 0; i < G_N_ELEMENTS(ranges); i++) {
        Script script = {.wanted = _i % 3 == 0   ? 3
                                   : _i % 3 == 1 ? 60
                                                 : 900,
                         .budget = 4000,
                         .cancel_percent = _i % 2 ? 40 : 0,
                         .lane_percent = _i % 5 ? 70 : 100,
                         .post_percent = _i % 7 ? 50 : 100,
                         .postpone_percent = _i % 4 == 1 ? 50 : 0,
                         .tie_range = ranges[i]};
        script_begin(&script, (uint64_t)_i * 10 + i + 1);
        ck_assert_int_eq(kernel_run(script.kernel, SIM_TIME_MAX), KERNEL_DRAINED);
        script_end(&script);
    }
}
END_TEST

/* More than the queue's few, among which its front is filled again and again while posts wait. */
START_TEST(thousands_with_posts_keep_one_order)
{
    Script script = {.wanted = 1600,
                     .budget = 6000,
                     .cancel_percent = _i % 2 ? 40 : 0,
                     .lane_percent = _i % 3 ? 5 : 20,
                     .post_percent = 80,
                     .tie_range = _i % 4 == 3 ? 50 : 0};
    script_begin(&script, (uint64_t)_i + 1);
    ck_assert_int_eq(kernel_run(script.kernel, SIM_TIME_MAX), KERNEL_DRAINED);
    script_end(&script);
}
END_TEST

START_TEST(steps_and_stages_fire_what_one_run_fires)
{
    uint64_t fingerprints[3];
    for (uint32_t way = 0; way < 3; way++) {
        Script script = {.wanted = 50, .budget = 2000, .lane_percent = 80, .post_percent = 70};
        script_begin(&script, (uint64_t)_i + 1);
        KernelStop stop = KERNEL_STOPPED;
        SimTime until = way == 2 ? 1 : SIM_TIME_MAX;
        while (stop != KERNEL_DRAINED) {
            stop = kernel_step(script.kernel, until, way == 1 ? 1 : UINT64_MAX);
            ck_assert(stop != KERNEL_UNTIL || kernel_now(script.kernel) == until);
            ck_assert_int_le(script.last_time, until);
            until = way == 2 ? until * 2 : until;
        }
        fingerprints[way] = kernel_fingerprint(script.kernel);
        script_end(&script);
    }
    ck_assert_uint_eq(fingerprints[0], fingerprints[1]);
    ck_assert_uint_eq(fingerprints[0], fingerprints[2]);
}
END_TEST

/* Each event is followed by one of another kind: of queue, lane, and three rows of posts. */
typedef struct Turner {
    uint64_t random;
    SimTime last;
    uint32_t fired;
    uint32_t refused;
    uint32_t kinds;
    uint32_t stop_at; /* so many events */
} Turner;

static void turner_add(Kernel *kernel, Turner *turner, uint32_t target, uint32_t kind)
{
    static const SimDuration delays[] = {0, 250, 250, 0, 1000};
    turner->random = turner->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    SimDuration delay = delays[kind];
    LaneId lane = kernel_lane(kernel, delay);
    bool done = false;
    if (kind == 0) {
        SimTime at = kernel_now(kernel) + (SimTime)((turner->random >> 33) % 500);
        done = kernel_schedule(kernel, at, target, 0, 0, NULL) != 0;
    } else if (kind == 1) {
        done = kernel_schedule_lane(kernel, lane, delay, target, 1, 0, NULL) != 0;
    } else {
        done = kernel_post(kernel, lane, delay, target, (uint16_t)kind, 0, NULL);
    }
    turner->refused += !done;
}

static void turner_on_event(Kernel *kernel, void *self, SimTime now, KernelEvent event)
{
    Turner *turner = self;
    ck_assert_int_ge(now, turner->last);
    turner->last = now;
    turner->fired++;
    if (turner->fired == turner->stop_at) {
        kernel_stop(kernel);
    }
    uint32_t next = turner->kinds == 1 ? event.kind : (event.kind + 1u) % turner->kinds;
    turner_add(kernel, turner, event.target, next);
}

static Kernel *turner_kernel(Turner *turner, uint32_t pending, KernelLimits limits)
{
    Kernel *kernel = kernel_new(&limits);
    uint32_t target = kernel_add_target(kernel, turner_on_event, turner);
    for (uint32_t i = 0; i < pending; i++) {
        turner_add(kernel, turner, target, turner->kinds == 1 ? 2 : i % 5);
    }
    return kernel;
}

/* The fingerprint after the kernel was full for a while; it is full or not, by its limit. */
static uint64_t turn_while_full(uint32_t pending, uint32_t pending_max)
{
    Turner turner = {.random = pending, .kinds = 5};
    Kernel *kernel = turner_kernel(&turner, pending, (KernelLimits){.pending_max = pending_max});
    ck_assert_int_eq(kernel_step(kernel, SIM_TIME_MAX, 20 * pending), KERNEL_STOPPED);
    ck_assert_uint_eq(turner.refused, 0);
    ck_assert_uint_eq(kernel_pending(kernel), pending);
    uint64_t fingerprint = kernel_fingerprint(kernel);
    turner_add(kernel, &turner, 0, pending % 5);
    ck_assert_uint_eq(turner.refused, pending == pending_max);
    ck_assert_int_eq(kernel_refusal(kernel),
                     pending == pending_max ? KERNEL_REFUSAL_PENDING : KERNEL_REFUSAL_NONE);
    kernel_free(kernel);
    return fingerprint;
}

START_TEST(queue_lanes_and_posts_fill_one_limit)
{
    static const uint32_t pendings[] = {1, 2, 8, 100, 1004, 3000};
    uint32_t pending = pendings[_i];
    ck_assert_uint_eq(turn_while_full(pending, pending), turn_while_full(pending, 0));
}
END_TEST

START_TEST(a_hundred_thousand_posts_take_33_bytes_each_and_no_more_later)
{
    Turner turner = {.kinds = 1};
    Kernel *kernel = turner_kernel(&turner, 0, (KernelLimits){0});
    size_t empty = kernel_memory_bytes(kernel);
    for (uint32_t i = 0; i < 100000; i++) {
        turner_add(kernel, &turner, 0, 2);
    }
    ck_assert_uint_le(kernel_memory_bytes(kernel) - empty, 3300000);
    ck_assert_int_eq(kernel_step(kernel, SIM_TIME_MAX, 1000), KERNEL_STOPPED);
    size_t warm = kernel_memory_bytes(kernel);
    ck_assert_int_eq(kernel_step(kernel, SIM_TIME_MAX, 500000), KERNEL_STOPPED);
    ck_assert_uint_eq(kernel_memory_bytes(kernel), warm);
    ck_assert_uint_eq(turner.refused, 0);
    kernel_free(kernel);
}
END_TEST

START_TEST(posts_beyond_memory_or_time_are_refused)
{
    Turner turner = {.kinds = 1};
    Kernel *kernel = turner_kernel(&turner, 0, (KernelLimits){.memory_bytes_max = 1 << 20});
    while (turner.refused == 0) {
        turner_add(kernel, &turner, 0, 2);
    }
    ck_assert_int_eq(kernel_refusal(kernel), KERNEL_REFUSAL_MEMORY);
    ck_assert_uint_le(kernel_memory_bytes(kernel), (1 << 20) + 4096);
    kernel_free(kernel);
    kernel = turner_kernel(&turner, 10, (KernelLimits){0});
    LaneId lane = kernel_lane(kernel, SIM_TIME_MAX);
    ck_assert(kernel_post(kernel, lane, SIM_TIME_MAX, 0, 0, 0, NULL));
    ck_assert_int_eq(kernel_run(kernel, 1), KERNEL_UNTIL);
    ck_assert(!kernel_post(kernel, lane, SIM_TIME_MAX, 0, 0, 0, NULL));
    ck_assert_int_eq(kernel_refusal(kernel), KERNEL_REFUSAL_TIME);
    kernel_free(kernel);
}
END_TEST

/* Of a post comes a swarm of near events, while what was in the queue before is a second away. */
static void swarm_on_event(Kernel *kernel, void *self, SimTime now, KernelEvent event)
{
    Turner *turner = self;
    ck_assert_int_ge(now, turner->last);
    turner->last = now;
    turner->fired++;
    if (event.kind == 2 && now < 100000) {
        for (uint32_t i = 0; i < 300; i++) {
            turner_add(kernel, turner, event.target, 0);
        }
        turner_add(kernel, turner, event.target, 4);
    } else if (event.kind == 4) {
        turner_add(kernel, turner, event.target, 2);
    }
}

START_TEST(swarms_that_posts_send_before_all_else_keep_the_order)
{
    Turner turner = {.random = (uint64_t)_i};
    Kernel *kernel = kernel_new(NULL);
    uint32_t target = kernel_add_target(kernel, swarm_on_event, &turner);
    for (uint32_t i = 1; i <= 2000; i++) {
        kernel_schedule(kernel, SIM_SEC(1) + ((SimTime)i << _i), target, 1, 0, NULL);
    }
    turner_add(kernel, &turner, target, 2);
    ck_assert_int_eq(kernel_run(kernel, SIM_TIME_MAX), KERNEL_DRAINED);
    ck_assert_uint_eq(turner.fired, 2000 + 80 * 302 + 1);
    kernel_free(kernel);
}
END_TEST

START_TEST(a_stop_while_posts_fire_returns_after_the_handler)
{
    Turner turner = {.kinds = 1, .stop_at = (uint32_t)_i};
    Kernel *kernel = turner_kernel(&turner, 300, (KernelLimits){0});
    ck_assert_int_eq(kernel_run(kernel, 1000), KERNEL_STOPPED);
    ck_assert_uint_eq(turner.fired, (uint32_t)_i);
    ck_assert_uint_eq(kernel_fired(kernel), (uint32_t)_i);
    ck_assert_uint_eq(kernel_pending(kernel), 300);
    ck_assert_int_eq(kernel_run(kernel, 1000), KERNEL_UNTIL);
    ck_assert_uint_eq(turner.fired, 1200);
    kernel_free(kernel);
}
END_TEST

START_TEST(when_lanes_run_out_posts_go_through_the_queue)
{
    Turner turner = {.kinds = 1};
    Kernel *kernel = turner_kernel(&turner, 1, (KernelLimits){0});
    for (SimDuration delay = 0; delay < 100; delay++) {
        kernel_lane(kernel, delay);
    }
    ck_assert_uint_eq(kernel_lane(kernel, 90), KERNEL_NO_LANE);
    ck_assert(kernel_post(kernel, KERNEL_NO_LANE, 90, 0, 2, 0, NULL));
    ck_assert_int_eq(kernel_run(kernel, 90), KERNEL_UNTIL);
    ck_assert_uint_eq(turner.fired, 1);
    kernel_free(kernel);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("post");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, posts_lanes_and_queue_keep_one_order, 0, 60);
    tcase_add_loop_test(tcase, thousands_with_posts_keep_one_order, 0, 12);
    tcase_add_loop_test(tcase, steps_and_stages_fire_what_one_run_fires, 0, 5);
    tcase_add_loop_test(tcase, queue_lanes_and_posts_fill_one_limit, 0, 6);
    tcase_add_test(tcase, a_hundred_thousand_posts_take_33_bytes_each_and_no_more_later);
    tcase_add_test(tcase, posts_beyond_memory_or_time_are_refused);
    tcase_add_loop_test(tcase, swarms_that_posts_send_before_all_else_keep_the_order, 0, 20);
    tcase_add_loop_test(tcase, a_stop_while_posts_fire_returns_after_the_handler, 1, 301);
    tcase_add_test(tcase, when_lanes_run_out_posts_go_through_the_queue);
    Suite *suite = suite_create("post");
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
