/* check_fetch_divergence.c - not built yet. */
#include "tests/vectors/vectors.h"

bool check_fetch_divergence(const cJSON *vector, GString *why)
{
    (void)vector;
    g_string_append(why, "not built yet");
    return false;
}
