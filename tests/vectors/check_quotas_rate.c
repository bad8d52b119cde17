/* check_quotas_rate.c - not built yet. */
#include "tests/vectors/vectors.h"

bool check_quotas_rate(const cJSON *vector, GString *why)
{
    (void)vector;
    g_string_append(why, "not built yet");
    return false;
}
