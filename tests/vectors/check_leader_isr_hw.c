/* check_leader_isr_hw.c - not built yet. */
#include "tests/vectors/vectors.h"

bool check_leader_isr_hw(const cJSON *vector, GString *why)
{
    (void)vector;
    g_string_append(why, "not built yet");
    return false;
}
