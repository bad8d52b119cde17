/* check_exponential_backoff.c - not built yet. */
#include "tests/vectors/vectors.h"

bool check_exponential_backoff(const cJSON *vector, GString *why)
{
    (void)vector;
    g_string_append(why, "not built yet");
    return false;
}
