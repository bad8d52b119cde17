/* philox.c - the ten rounds. The four constants are the paper's: two multipliers found by search,
 * and the golden ratio and sqrt(3) - 1 as the steps of the key. */
#include "sim/chance/philox.h"

enum { PHILOX_ROUNDS = 10 };

void philox4x32_10(const uint32_t counter[4], const uint32_t key[2], uint32_t ret_block[4])
{
    uint32_t x0 = counter[0];
    uint32_t x1 = counter[1];
    uint32_t x2 = counter[2];
    uint32_t x3 = counter[3];
    uint32_t key0 = key[0];
    uint32_t key1 = key[1];

    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        const uint64_t left = UINT64_C(0xD2511F53) * x0;
        const uint64_t right = UINT64_C(0xCD9E8D57) * x2;
        x0 = (uint32_t)(right >> 32) ^ x1 ^ key0;
        x1 = (uint32_t)right;
        x2 = (uint32_t)(left >> 32) ^ x3 ^ key1;
        x3 = (uint32_t)left;
        key0 += UINT32_C(0x9E3779B9);
        key1 += UINT32_C(0xBB67AE85);
    }
    ret_block[0] = x0;
    ret_block[1] = x1;
    ret_block[2] = x2;
    ret_block[3] = x3;
}
