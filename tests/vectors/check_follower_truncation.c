/* check_follower_truncation.c - not built yet. */
#include "tests/vectors/vectors.h"

bool check_follower_truncation(const cJSON *vector, GString *why)
{
    (void)vector;
    g_string_append(why, "not built yet");
    return false;
}
