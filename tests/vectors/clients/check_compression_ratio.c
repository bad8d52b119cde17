/* check_compression_ratio.c - CompressionRatioEstimator, to the bit. */
#include "models/producer/compression_ratio.h"
#include "tests/vectors/vectors.h"
#include <string.h>

static float from_bits(double bits)
{
    int32_t whole = (int32_t)bits;
    float value;
    memcpy(&value, &whole, sizeof(value));
    return value;
}

static int32_t to_bits(float value)
{
    int32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

bool check_compression_ratio(const cJSON *vector, GString *why)
{
    float estimate = COMPRESSION_RATIO_INITIAL;
    if (!vector_same_integer(
            why, "initial", vector_integer(vector, "initialBits", 0), to_bits(estimate))) {
        return false;
    }
    const cJSON *update;
    cJSON_ArrayForEach(update, cJSON_GetObjectItemCaseSensitive(vector, "updates"))
    {
        float observed = from_bits(cJSON_GetArrayItem(update, 1)->valuedouble);
        estimate = compression_ratio_update(estimate, observed);
        int32_t expected = (int32_t)cJSON_GetArrayItem(update, 3)->valuedouble;
        if (!vector_same_integer(why, "estimation bits", expected, to_bits(estimate))) {
            return false;
        }
    }
    return true;
}
