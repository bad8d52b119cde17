/* Goal: the generator is Philox4x32-10 and nothing else. Method: the three known answers that
 * Random123 publishes for it. */
#include "sim/chance/philox.h"
#include "tests/run_suite.h"
#include <check.h>

static void expect_block(const uint32_t counter[4], const uint32_t key[2], const uint32_t block[4])
{
    uint32_t found[4];
    philox4x32_10(counter, key, found);
    for (int word = 0; word < 4; word++) {
        ck_assert_msg(found[word] == block[word],
                      "word %d: expected %08x, found %08x",
                      word,
                      block[word],
                      found[word]);
    }
}

START_TEST(counter_and_key_of_zeros_give_the_known_block)
{
    expect_block((uint32_t[]){0, 0, 0, 0},
                 (uint32_t[]){0, 0},
                 (uint32_t[]){0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
}
END_TEST

START_TEST(counter_and_key_of_ones_give_the_known_block)
{
    expect_block((uint32_t[]){0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
                 (uint32_t[]){0xffffffff, 0xffffffff},
                 (uint32_t[]){0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
}
END_TEST

START_TEST(counter_and_key_of_the_digits_of_pi_give_the_known_block)
{
    expect_block((uint32_t[]){0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                 (uint32_t[]){0xa4093822, 0x299f31d0},
                 (uint32_t[]){0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("philox");
    TCase *tests = tcase_create("known answers");
    tcase_add_test(tests, counter_and_key_of_zeros_give_the_known_block);
    tcase_add_test(tests, counter_and_key_of_ones_give_the_known_block);
    tcase_add_test(tests, counter_and_key_of_the_digits_of_pi_give_the_known_block);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
