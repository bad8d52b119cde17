/* test_murmur2.c - the keys and hashes of a real Kafka client. */
#include "models/producer/murmur2.h"
#include "tests/run_suite.h"
#include <check.h>
#include <string.h>

typedef struct Vector {
    const char *key;
    uint32_t hash;
    int32_t masked;
    int32_t of_3, of_6, of_10, of_12;
} Vector;

static const Vector vectors[] = {
    {"", 0x106e08d9, 275646681, 0, 3, 1, 9},
    {"a", 0xa2d0b27c, 584102524, 1, 4, 4, 4},
    {"ab", 0x12d8262a, 316155434, 2, 2, 4, 2},
    {"abc", 0x1c94221b, 479470107, 0, 3, 7, 3},
    {"abcd", 0xb11ab5f4, 823834100, 2, 2, 0, 8},
    {"foobar", 0xd0e47bbe, 1357151166, 0, 0, 6, 6},
    {"kafka", 0xd067cf64, 1348980580, 1, 4, 0, 4},
    {"order-1", 0x48d1d1f6, 1221710326, 1, 4, 6, 10},
    {"order-2", 0xc1165d03, 1091984643, 0, 3, 3, 3},
    {"user-42", 0x5700682c, 1459644460, 1, 4, 0, 4},
    {"key-0", 0x01bdb5b9, 29210041, 1, 1, 1, 1},
    {"key-1", 0x0b8601b8, 193331640, 0, 0, 0, 0},
    {"key-2", 0x32cc9a86, 852269702, 2, 2, 2, 2},
    {"key-3", 0x9261029b, 308347547, 2, 5, 7, 11},
    {"key-10", 0x518f142e, 1368331310, 2, 2, 0, 2},
    {"key-100", 0x8dc06276, 230711926, 1, 4, 6, 10},
    {"hello world", 0x48d0c363, 1221641059, 1, 1, 9, 7},
    {"0", 0x39e0b3c4, 971027396, 2, 2, 6, 8},
    {"1", 0x892e6f8f, 154038159, 0, 3, 9, 3},
    {"12345678", 0x1430ce0e, 338742798, 0, 0, 8, 6},
};

START_TEST(every_key_hashes_as_in_kafka)
{
    const Vector *vector = &vectors[_i];
    size_t bytes = strlen(vector->key);
    ck_assert_uint_eq(murmur2(vector->key, bytes), vector->hash);
    ck_assert_int_eq(murmur2_partition(vector->key, bytes, INT32_MAX), vector->masked % INT32_MAX);
    ck_assert_int_eq(murmur2_partition(vector->key, bytes, 3), vector->of_3);
    ck_assert_int_eq(murmur2_partition(vector->key, bytes, 6), vector->of_6);
    ck_assert_int_eq(murmur2_partition(vector->key, bytes, 10), vector->of_10);
    ck_assert_int_eq(murmur2_partition(vector->key, bytes, 12), vector->of_12);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("murmur2");
    TCase *tests = tcase_create("vectors");
    tcase_add_loop_test(
        tests, every_key_hashes_as_in_kafka, 0, (int)(sizeof(vectors) / sizeof(vectors[0])));
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
