/* compression_ratio.c - see compression_ratio.h. */
#include "models/producer/compression_ratio.h"

#define IMPROVING_STEP   0.005F
#define DETERIORATE_STEP 0.05F

static float greater(float a, float b)
{
    return a > b ? a : b;
}

float compression_ratio_update(float estimate, float observed)
{
    if (observed > estimate) {
        return greater(estimate + DETERIORATE_STEP, observed);
    }
    if (observed < estimate) {
        return greater(estimate - IMPROVING_STEP, observed);
    }
    return estimate;
}

float compression_ratio_after_split(float observed)
{
    return greater(1.0F, observed);
}
