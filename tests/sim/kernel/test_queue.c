/* test_queue.c - the queue alone: keys in any order come out sorted, whatever their spacing. */
#include "sim/kernel/queue.h"
#include "tests/run_suite.h"
#include <check.h>
#include <glib.h>
#include <stdlib.h>

typedef struct Rig {
    ChunkStore store;
    RecordSlab slab;
    Queue *queue;
    uint64_t random;
    uint64_t order;
    uint64_t now;
} Rig;

static void rig_init(Rig *rig, uint64_t seed)
{
    *rig = (Rig){.random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1};
    rig->queue = g_new0(Queue, 1);
    ck_assert(record_slab_init(&rig->slab, sizeof(EventRecord), 100000, 0));
    ck_assert(chunk_store_init(&rig->store, 200000));
    ck_assert(queue_init(rig->queue, &rig->store, &rig->slab));
}

static void rig_clear(Rig *rig)
{
    queue_clear(rig->queue);
    g_free(rig->queue);
    chunk_store_clear(&rig->store);
    record_slab_clear(&rig->slab);
}

static uint64_t rig_random(Rig *rig)
{
    rig->random ^= rig->random << 13;
    rig->random ^= rig->random >> 7;
    rig->random ^= rig->random << 17;
    return rig->random;
}

static EventKey rig_push(Rig *rig, uint64_t time)
{
    if (rig->slab.free == 0) {
        ck_assert(record_slab_extend(&rig->slab));
    }
    uint32_t slot = record_take(&rig->slab, sizeof(EventRecord));
    EventRecord *record = record_at(&rig->slab, slot);
    record->who = record_next_generation(record->who);
    rig->order += UINT64_C(1) << EVENT_KEY_SLOT_BITS;
    EventKey key = {.order = rig->order | slot, .time = time};
    if (!queue_push_quickly(rig->queue, time, key.order, slot)) {
        queue_push(rig->queue, time, key.order);
    }
    return key;
}

/* The event that was last ends: its slot, unless it was taken over, is free, and its key gone. */
static void rig_settle(Rig *rig)
{
    if (rig->slab.hot != 0) {
        queue_close(rig->queue, rig->slab.hot);
        record_release_hot(&rig->slab, sizeof(EventRecord));
    }
}

/* The earliest key; slot 0 when the queue is empty up to `horizon`. */
static EventKey rig_pop(Rig *rig, uint64_t horizon)
{
    rig_settle(rig);
    EventKey key = queue_peek(rig->queue);
    while (event_key_slot(key) == 0 && key.time <= horizon) {
        queue_refill(rig->queue, horizon);
        key = queue_peek(rig->queue);
    }
    if (key.time > horizon) {
        return EVENT_KEY_NEVER;
    }
    if (!queue_is_few(rig->queue)) {
        queue_pop(rig->queue, &rig->slab);
    }
    rig->slab.hot = event_key_slot(key);
    record_bury(record_at(&rig->slab, rig->slab.hot));
    rig->now = key.time;
    return key;
}

static int compare_keys(const void *a, const void *b)
{
    EventKey x = *(const EventKey *)a;
    EventKey y = *(const EventKey *)b;
    return event_key_is_before(x, y) ? -1 : event_key_is_before(y, x);
}

/* Pushes what `keys` then holds, and pops all of it. */
static void check_drain(Rig *rig, EventKey *keys, uint32_t count)
{
    qsort(keys, count, sizeof *keys, compare_keys);
    for (uint32_t i = 0; i < count; i++) {
        EventKey key = rig_pop(rig, UINT64_MAX - 1);
        if (key.time != keys[i].time || key.order != keys[i].order) {
            ck_abort_msg("key %u of %u came out wrong", i, count);
        }
    }
    ck_assert_uint_eq(event_key_slot(rig_pop(rig, UINT64_MAX - 1)), 0);
}

START_TEST(keys_come_out_sorted_at_every_spacing)
{
    static const uint32_t counts[] = {1, 8, 9, 17, 100, 3000, 8000};
    EventKey *keys = g_new(EventKey, 8000);
    for (uint32_t c = 0; c < G_N_ELEMENTS(counts); c++) {
        Rig rig;
        rig_init(&rig, (uint64_t)_i + 1);
        for (uint32_t i = 0; i < counts[c]; i++) {
            keys[i] = rig_push(&rig, rig_random(&rig) >> (1 + _i));
        }
        check_drain(&rig, keys, counts[c]);
        rig_clear(&rig);
    }
    g_free(keys);
}
END_TEST

START_TEST(keys_in_clusters_come_out_sorted)
{
    EventKey *keys = g_new(EventKey, 8000);
    Rig rig;
    rig_init(&rig, (uint64_t)_i + 1);
    uint64_t center = 0;
    for (uint32_t i = 0; i < 8000; i++) {
        if (i % 700 == 0) {
            center = rig_random(&rig) >> 4;
        }
        keys[i] = rig_push(&rig, center + (rig_random(&rig) & ((UINT64_C(1) << _i) - 1)));
    }
    check_drain(&rig, keys, 8000);
    rig_clear(&rig);
    g_free(keys);
}
END_TEST

START_TEST(keys_of_one_instant_keep_their_order_while_more_arrive)
{
    Rig rig;
    rig_init(&rig, 7);
    for (uint32_t i = 0; i < 5000; i++) {
        rig_push(&rig, 1000000);
    }
    uint64_t last = 0;
    for (uint32_t i = 0; i < 20000; i++) {
        EventKey key = rig_pop(&rig, UINT64_MAX - 1);
        ck_assert_uint_eq(key.time, 1000000);
        ck_assert_uint_gt(key.order >> EVENT_KEY_SLOT_BITS, last);
        last = key.order >> EVENT_KEY_SLOT_BITS;
        rig_push(&rig, 1000000);
    }
    rig_clear(&rig);
}
END_TEST

/* Holds `count` keys through many pops and pushes with delays of many sizes, checked against a
 * plain array that is searched from end to end. */
START_TEST(a_held_queue_agrees_with_a_plain_search)
{
    Rig rig;
    rig_init(&rig, (uint64_t)_i + 1);
    uint32_t count = 1u << (_i % 13);
    EventKey *keys = g_new(EventKey, count);
    for (uint32_t i = 0; i < count; i++) {
        keys[i] = rig_push(&rig, rig_random(&rig) >> 30);
    }
    for (uint32_t step = 0; step < 8000; step++) {
        uint32_t least = 0;
        for (uint32_t i = 1; i < count; i++) {
            least = event_key_is_before(keys[i], keys[least]) ? i : least;
        }
        EventKey key = rig_pop(&rig, keys[least].time + rig_random(&rig) % 1000);
        if (key.order != keys[least].order) {
            ck_abort_msg("step %u: the wrong key", step);
        }
        uint64_t delay = rig_random(&rig) >> (30 + rig_random(&rig) % 34);
        keys[least] = rig_push(&rig, rig.now + delay);
    }
    rig_clear(&rig);
    g_free(keys);
}
END_TEST

/* Few, many and few again: the keys move from one structure to the other and stay in order, ties
 * among them. */
START_TEST(numbers_that_swing_keep_the_order)
{
    Rig rig;
    rig_init(&rig, (uint64_t)_i + 1);
    uint32_t pending = 0;
    EventKey last = {0};
    for (uint32_t step = 0; step < 65000; step++) {
        bool rises = step / 5000 % 2 == 0;
        if (pending == 0 || rig_random(&rig) % 10 < (rises ? 8u : 2u)) {
            rig_push(&rig, rig.now + rig_random(&rig) % (UINT64_C(1) << (_i * 3)));
            pending++;
            continue;
        }
        EventKey key = rig_pop(&rig, UINT64_MAX - 1);
        ck_assert_uint_ne(event_key_slot(key), 0);
        ck_assert(event_key_is_before(last, key));
        last = key;
        pending--;
    }
    ck_assert_uint_gt(pending, 0);
    while (pending-- > 0) {
        EventKey key = rig_pop(&rig, UINT64_MAX - 1);
        ck_assert(event_key_is_before(last, key));
        last = key;
    }
    ck_assert(!queue_is_few(rig.queue) && rig.queue->wheel.keys == 0);
    ck_assert_uint_eq(event_key_slot(rig_pop(&rig, UINT64_MAX - 1)), 0);
    rig_clear(&rig);
}
END_TEST

/* So many that scouts go ahead and buckets are opened before the front is empty, while the clock
 * stands anywhere up to the next key and swarms of near keys arrive. */
START_TEST(a_large_queue_keeps_the_order_while_it_looks_ahead)
{
    Rig rig;
    rig_init(&rig, (uint64_t)_i + 1);
    uint32_t pending = 0;
    uint32_t early = 0;
    EventKey last = {0};
    for (uint32_t step = 0; step < 150000 || pending > 0; step++) {
        uint32_t swarm = step >= 150000    ? 0
                         : step % 997 == 0 ? 500
                         : pending < 40000 ? 2
                                           : pending < 45000;
        uint32_t far = step % 997 == 0 ? 50 : 26 + (uint32_t)rig_random(&rig) % 30;
        for (uint32_t i = 0; i < swarm; i++) {
            rig_push(&rig, rig.now + (rig_random(&rig) >> far >> _i << _i));
        }
        pending += swarm;
        uint64_t horizon = step % 5 == 0 ? rig.now + (rig_random(&rig) >> 44) : UINT64_MAX - 1;
        const Front *front = &rig.queue->front;
        uint64_t bound = front_count(front) > 1 ? front->bound : UINT64_MAX;
        EventKey key = rig_pop(&rig, horizon);
        early += front->bound > bound;
        if (event_key_slot(key) == 0) {
            rig.now = horizon;
            continue;
        }
        ck_assert(event_key_is_before(last, key) && key.time >= rig.queue->wheel.cursor);
        last = key;
        pending--;
        if (step % 10007 == 0) {
            queue_sweep(rig.queue);
        }
    }
    ck_assert_uint_gt(early, 100); /* a bucket was opened while keys were left */
    rig_clear(&rig);
}
END_TEST

/* At some density of keys a level's buckets are a little too full to be opened: the level is
 * parted, and again when the density changes. */
START_TEST(levels_are_parted_and_the_order_stays)
{
    Rig rig;
    rig_init(&rig, (uint64_t)_i + 1);
    uint32_t pending = 0;
    uint32_t parted = 0;
    uint32_t changes = 0;
    EventKey last = {0};
    for (uint32_t step = 0; step < 150000 || pending > 0; step++) {
        uint32_t wanted = step >= 150000 ? 0 : 8000u << step / 30000 % 3;
        for (uint32_t i = 0; i < 2 && pending < wanted; i++, pending++) {
            uint64_t delay = rig_random(&rig) % (UINT64_C(1) << 23);
            rig_push(&rig,
                     rig.now +
                         (rig_random(&rig) % 4 ? delay / 4 : delay) * (2u + (uint32_t)_i % 5));
        }
        EventKey key = rig_pop(&rig, UINT64_MAX - 1);
        ck_assert(event_key_is_before(last, key) && key.time >= rig.queue->wheel.cursor);
        last = key;
        pending--;
        changes += rig.queue->wheel.parted != parted;
        parted = rig.queue->wheel.parted;
    }
    ck_assert_uint_gt(changes, 0);
    ck_assert_uint_eq(rig.queue->wheel.keys, 0);
    rig_clear(&rig);
}
END_TEST

START_TEST(nothing_beyond_the_horizon_comes_out)
{
    Rig rig;
    rig_init(&rig, 3);
    for (uint64_t i = 1; i <= 1000; i++) {
        rig_push(&rig, i * 1000000007);
    }
    uint64_t horizon = 0;
    uint32_t popped = 0;
    while (popped < 1000) {
        EventKey key = rig_pop(&rig, horizon);
        if (event_key_slot(key) == 0) {
            ck_assert_uint_lt(horizon, ((uint64_t)popped + 1) * 1000000007);
            /* The clock stands at the horizon; what comes just after it goes first. */
            rig.now = horizon;
            EventKey near = rig_push(&rig, horizon + 1);
            ck_assert_uint_eq(rig_pop(&rig, horizon + 1).order, near.order);
            horizon += 1 + rig_random(&rig) % 3000000000;
            continue;
        }
        popped++;
        ck_assert_uint_eq(key.time, (uint64_t)popped * 1000000007);
    }
    rig_clear(&rig);
}
END_TEST

START_TEST(a_sweep_drops_exactly_the_cancelled)
{
    Rig rig;
    rig_init(&rig, (uint64_t)_i + 1);
    EventKey *keys = g_new(EventKey, 9000);
    uint32_t count = 0;
    for (uint32_t i = 0; i < 9000; i++) {
        EventKey key = rig_push(&rig, rig_random(&rig) >> 24);
        if (rig_random(&rig) % 3 == 0) {
            record_bury(record_at(&rig.slab, event_key_slot(key)));
        } else {
            keys[count++] = key;
        }
    }
    queue_sweep(rig.queue);
    check_drain(&rig, keys, count);
    rig_clear(&rig);
    g_free(keys);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("queue");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, keys_come_out_sorted_at_every_spacing, 0, 63);
    tcase_add_loop_test(tcase, keys_in_clusters_come_out_sorted, 0, 50);
    tcase_add_test(tcase, keys_of_one_instant_keep_their_order_while_more_arrive);
    tcase_add_loop_test(tcase, a_held_queue_agrees_with_a_plain_search, 0, 20);
    tcase_add_loop_test(tcase, numbers_that_swing_keep_the_order, 0, 12);
    tcase_add_loop_test(tcase, a_large_queue_keeps_the_order_while_it_looks_ahead, 0, 12);
    tcase_add_loop_test(tcase, levels_are_parted_and_the_order_stays, 0, 10);
    tcase_add_test(tcase, nothing_beyond_the_horizon_comes_out);
    tcase_add_loop_test(tcase, a_sweep_drops_exactly_the_cancelled, 0, 5);
    Suite *suite = suite_create("queue");
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
