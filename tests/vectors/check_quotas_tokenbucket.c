/* check_quotas_tokenbucket.c - not built yet. */
#include "tests/vectors/vectors.h"

bool check_quotas_tokenbucket(const cJSON *vector, GString *why)
{
    (void)vector;
    g_string_append(why, "not built yet");
    return false;
}
