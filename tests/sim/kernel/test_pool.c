/* test_pool.c - blocks are zeroed, aligned, their own, reused, and counted. */
#include "sim/kernel/pool.h"
#include "tests/run_suite.h"
#include <check.h>
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static bool is_filled(const unsigned char *block, size_t bytes, unsigned char value)
{
    for (size_t i = 0; i < bytes; i++) {
        if (block[i] != value) {
            return false;
        }
    }
    return true;
}

START_TEST(a_block_is_zeroed_aligned_and_nobody_elses)
{
    static const size_t sizes[] = {1, 8, 31, 32, 33, 64, 100, 4096, 5000, 65536, 65537, 300000};
    enum { SIZES = G_N_ELEMENTS(sizes), EACH = 20 };
    unsigned char *blocks[SIZES][EACH];
    Pool *pool = pool_new();
    for (int round = 0; round < 3; round++) {
        for (size_t s = 0; s < SIZES; s++) {
            for (unsigned i = 0; i < EACH; i++) {
                blocks[s][i] = pool_take(pool, sizes[s]);
                ck_assert_uint_eq((uintptr_t)blocks[s][i] % 16, 0);
                ck_assert(is_filled(blocks[s][i], sizes[s], 0));
                memset(blocks[s][i], (int)(s * EACH + i), sizes[s]);
            }
        }
        for (size_t s = 0; s < SIZES; s++) {
            for (unsigned i = 0; i < EACH; i++) {
                unsigned char value = (unsigned char)(s * EACH + i);
                ck_assert(is_filled(blocks[s][i], sizes[s], value));
                pool_give(pool, blocks[s][i], sizes[s]);
            }
        }
    }
    pool_free(pool);
}
END_TEST

START_TEST(a_freed_block_is_taken_again_and_memory_stands_still)
{
    Pool *pool = pool_new();
    void *first = pool_take(pool, 100);
    pool_give(pool, first, 100);
    ck_assert_ptr_eq(pool_take(pool, 120), first); /* same class, last in first out */
    pool_give(pool, first, 120);
    size_t warm = pool_memory_bytes(pool);
    ck_assert_uint_gt(warm, 0);
    for (int i = 0; i < 100000; i++) {
        void *a = pool_take(pool, 70 + (size_t)i % 50);
        void *b = pool_take(pool, 128);
        pool_give(pool, a, 70 + (size_t)i % 50);
        pool_give(pool, b, 128);
    }
    ck_assert_uint_eq(pool_memory_bytes(pool), warm);
    pool_free(pool);
}
END_TEST

START_TEST(large_blocks_are_counted_while_they_are_out)
{
    Pool *pool = pool_new();
    size_t empty = pool_memory_bytes(pool);
    void *a = pool_take(pool, POOL_BLOCK_MAX + 1);
    void *b = pool_take(pool, 1 << 20);
    void *c = pool_take(pool, POOL_BLOCK_MAX + 1);
    ck_assert_uint_ge(pool_memory_bytes(pool) - empty, (1 << 20) + 2 * POOL_BLOCK_MAX);
    pool_give(pool, b, 1 << 20);
    pool_give(pool, a, POOL_BLOCK_MAX + 1);
    pool_give(pool, c, POOL_BLOCK_MAX + 1);
    ck_assert_uint_eq(pool_memory_bytes(pool), empty);
    pool_give(pool, NULL, 5);
    pool_free(pool);
}
END_TEST

START_TEST(freeing_the_pool_frees_what_is_still_out)
{
    Pool *pool = pool_new();
    for (size_t bytes = 1; bytes < 400000; bytes = bytes * 3 / 2 + 1) {
        memset(pool_take(pool, bytes), 1, bytes);
    }
    pool_free(pool); /* the leak checker of a sanitized build is the judge */
    pool_free(NULL);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("pool");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_block_is_zeroed_aligned_and_nobody_elses);
    tcase_add_test(tcase, a_freed_block_is_taken_again_and_memory_stands_still);
    tcase_add_test(tcase, large_blocks_are_counted_while_they_are_out);
    tcase_add_test(tcase, freeing_the_pool_frees_what_is_still_out);
    Suite *suite = suite_create("pool");
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
