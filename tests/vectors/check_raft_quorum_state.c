/* check_raft_quorum_state.c - not built yet. */
#include "tests/vectors/vectors.h"

bool check_raft_quorum_state(const cJSON *vector, GString *why)
{
    (void)vector;
    g_string_append(why, "not built yet");
    return false;
}
