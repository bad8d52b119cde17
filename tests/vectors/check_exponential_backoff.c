/* check_exponential_backoff.c - waits that grow, without their random part. */
#include "models/protocol/backoff.h"
#include "tests/vectors/vectors.h"

bool check_exponential_backoff(const cJSON *vector, GString *why)
{
    const cJSON *attempts = cJSON_GetObjectItemCaseSensitive(vector, "attempts");
    const cJSON *expected = cJSON_GetObjectItemCaseSensitive(vector, "backoffMs");
    const Backoff backoff = {
        .initial_ns = SIM_MS(1) * vector_integer(vector, "initialMs", 0),
        .maximum_ns = SIM_MS(1) * vector_integer(vector, "maxMs", 0),
        .multiplier = (int32_t)vector_integer(vector, "multiplier", 2),
    };
    for (int i = 0; i < cJSON_GetArraySize(attempts); i++) {
        int64_t attempt = (int64_t)cJSON_GetArrayItem(attempts, i)->valuedouble;
        g_autofree char *what = g_strdup_printf("attempt %d", (int)attempt);
        int64_t got = backoff_wait(&backoff, (uint32_t)attempt) / SIM_MS(1);
        if (!vector_same_integer(
                why, what, (int64_t)cJSON_GetArrayItem(expected, i)->valuedouble, got)) {
            return false;
        }
    }
    return true;
}
