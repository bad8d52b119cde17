/* check_partition_change.c - not built yet. */
#include "tests/vectors/vectors.h"

bool check_partition_change(const cJSON *vector, GString *why)
{
    (void)vector;
    g_string_append(why, "not built yet");
    return false;
}
