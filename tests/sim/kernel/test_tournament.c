/* test_tournament.c - keys that come, go and fire, against a plain search. */
#include "sim/kernel/tournament.h"
#include "tests/run_suite.h"
#include <check.h>

#define KEYS_MAX TOURNAMENT_LEAVES_MAX

/* By slot; time EVENT_KEY_NEVER's when there is none. */
typedef struct Plain {
    Tournament tournament;
    EventKey keys[KEYS_MAX + 1];
    uint64_t order;
    uint64_t random;
    uint32_t count;
} Plain;

static uint64_t plain_random(Plain *plain)
{
    plain->random ^= plain->random << 13;
    plain->random ^= plain->random >> 7;
    plain->random ^= plain->random << 17;
    return plain->random >> 20;
}

static void plain_init(Plain *plain, uint64_t seed)
{
    *plain = (Plain){.random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1};
    ck_assert(tournament_init(&plain->tournament));
    for (uint32_t slot = 0; slot <= KEYS_MAX; slot++) {
        plain->keys[slot] = EVENT_KEY_NEVER;
    }
}

static uint32_t plain_least(const Plain *plain)
{
    uint32_t least = 0;
    for (uint32_t slot = 1; slot <= KEYS_MAX; slot++) {
        least = event_key_is_before(plain->keys[slot], plain->keys[least]) ? slot : least;
    }
    return least;
}

static void plain_put(Plain *plain, uint32_t slot, uint64_t time)
{
    plain->order += UINT64_C(1) << EVENT_KEY_SLOT_BITS;
    plain->keys[slot] = (EventKey){plain->order | slot, time};
    plain->count++;
    while (slot > plain->tournament.leaves) {
        ck_assert(tournament_grow(&plain->tournament));
    }
    tournament_put(&plain->tournament, slot, time, plain->order | slot);
}

/* Takes the free slot of the least number, as long as few are in use. */
static void plain_push(Plain *plain, uint64_t time)
{
    uint32_t slot = 1;
    while (plain->keys[slot].time != EVENT_KEY_NEVER.time) {
        slot++;
    }
    plain_put(plain, slot, time);
}

static void plain_forget(Plain *plain, uint32_t slot)
{
    plain->keys[slot] = EVENT_KEY_NEVER;
    plain->count--;
}

static void plain_cancel_any(Plain *plain)
{
    uint32_t slot = 1 + (uint32_t)(plain_random(plain) % KEYS_MAX);
    if (plain->keys[slot].time != EVENT_KEY_NEVER.time) {
        tournament_remove(&plain->tournament, slot);
        plain_forget(plain, slot);
    }
}

/* The earliest fires; meanwhile others are pushed and cancelled, in any number. */
static void plain_fire(Plain *plain, uint32_t most)
{
    uint32_t least = plain_least(plain);
    EventKey root = plain->tournament.nodes[1];
    ck_assert_uint_eq(root.time, plain->keys[least].time);
    ck_assert_uint_eq(root.order, plain->keys[least].order);
    plain_forget(plain, least);
    if (plain_random(plain) % 4 != 0 && plain->count < most) { /* the next takes the place over */
        plain_put(plain, least, root.time + plain_random(plain) % 64);
    } else {
        tournament_remove(&plain->tournament, least);
    }
    for (uint64_t i = plain_random(plain) % 4; i > 0 && plain->count < most; i--) {
        if (plain_random(plain) % 3 == 0) {
            plain_cancel_any(plain);
        }
        plain_push(plain, root.time + plain_random(plain) % 64);
    }
    if (plain_random(plain) % 3 == 0) {
        plain_cancel_any(plain);
    }
}

START_TEST(whatever_comes_and_goes_the_earliest_is_the_root)
{
    Plain plain;
    plain_init(&plain, (uint64_t)_i + 1);
    uint32_t most = 1u << _i;
    for (uint32_t step = 0; step < 6000; step++) {
        if (plain.count == 0) {
            plain_push(&plain, plain_random(&plain) % 64);
        }
        plain_fire(&plain, most);
    }
    ck_assert_uint_le(plain.tournament.leaves, most > 2 ? most : 2);
    tournament_clear(&plain.tournament);
}
END_TEST

START_TEST(it_refuses_to_grow_too_far_and_gives_all_back_in_order)
{
    Plain plain;
    plain_init(&plain, 5);
    while (plain.count < KEYS_MAX) {
        plain_push(&plain, plain_random(&plain) % 300);
    }
    ck_assert(!tournament_grow(&plain.tournament));
    for (; plain.count > 0; plain_forget(&plain, plain_least(&plain))) {
        uint32_t least = plain_least(&plain);
        ck_assert_uint_eq(plain.tournament.nodes[1].order, plain.keys[least].order);
        tournament_remove(&plain.tournament, least);
    }
    ck_assert_uint_eq(plain.tournament.nodes[1].time, EVENT_KEY_NEVER.time);
    tournament_end(&plain.tournament);
    ck_assert_uint_eq(plain.tournament.leaves, 0);
    tournament_clear(&plain.tournament);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("tournament");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, whatever_comes_and_goes_the_earliest_is_the_root, 0, 11);
    tcase_add_test(tcase, it_refuses_to_grow_too_far_and_gives_all_back_in_order);
    Suite *suite = suite_create("tournament");
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
