/* check_controller_sequence.c - not built yet. */
#include "tests/vectors/vectors.h"

bool check_controller_sequence(const cJSON *vector, GString *why)
{
    (void)vector;
    g_string_append(why, "not built yet");
    return false;
}
