/* check_quotas_tokenbucket.c - the controller's mutation quota, strict and permissive. */
#include "models/quota/token_bucket.h"
#include "tests/vectors/vectors.h"

static bool record(TokenBucket *bucket, bool strict, const cJSON *op, int64_t now_ms, GString *why)
{
    int64_t throttle_ms;
    double permits = vector_double(op, "permits", 0);
    bool allowed = mutation_quota_record(bucket, strict, permits, now_ms, &throttle_ms);
    return vector_same_text(why,
                            "exception",
                            vector_text(op, "exception"),
                            allowed ? NULL : "ThrottlingQuotaExceededException") &&
           vector_same_integer(
               why, "throttleMs", vector_integer(op, "throttleMs", -1), throttle_ms) &&
           vector_same_integer(
               why, "exceeded", vector_boolean(op, "exceeded"), strict && throttle_ms > 0);
}

bool check_quotas_tokenbucket(const cJSON *vector, GString *why)
{
    TokenBucket bucket;
    token_bucket_init(&bucket,
                      vector_double(vector, "quota", 0),
                      (int32_t)vector_integer(vector, "samples", 1),
                      vector_integer(vector, "windowMs", 1000));
    bool same = true;
    int number = 0;
    const cJSON *op;
    cJSON_ArrayForEach(op, cJSON_GetObjectItemCaseSensitive(vector, "ops"))
    {
        int64_t now_ms = vector_integer(op, "t", 0);
        g_string_printf(why, "operation %d: ", number++);
        same = g_strcmp0(vector_text(op, "op"), "record") != 0 ||
               record(&bucket, vector_boolean(vector, "strict"), op, now_ms, why);
        double expected = vector_double(op, "tokens", 0);
        double got = token_bucket_tokens(&bucket, now_ms);
        if (same && (expected < got || expected > got)) {
            g_string_append_printf(why, "tokens: expected %.17g, got %.17g", expected, got);
            same = false;
        }
        if (!same) {
            break;
        }
    }
    return same;
}
