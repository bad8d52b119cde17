/* check_quotas_rate.c - Rate, and how long who is above its quota has to wait. */
#include "models/quota/rate.h"
#include "tests/vectors/vectors.h"

static bool same_double(GString *why, const char *what, double expected, double got)
{
    if (expected >= got && expected <= got) {
        return true;
    }
    g_string_append_printf(why, "%s: expected %.17g, got %.17g", what, expected, got);
    return false;
}

static bool record(Rate *rate, double quota, const cJSON *op, int64_t now_ms, GString *why)
{
    double value = vector_double(op, "value", 0);
    rate_record(rate, value, now_ms);
    double measured = rate_measure(rate, now_ms);
    int64_t throttle_ms = rate_throttle_ms(rate, quota, now_ms);
    bool same =
        vector_same_integer(why, "throttleMs", vector_integer(op, "throttleMs", -1), throttle_ms);
    if (same && vector_is_set(op, "violationValue")) {
        same =
            same_double(why, "violationValue", vector_double(op, "violationValue", -1), measured) &&
            vector_same_integer(why,
                                "bounded1000Ms",
                                vector_integer(op, "bounded1000Ms", -1),
                                rate_throttle_ms_bounded(rate, quota, 1000, now_ms));
    }
    if (vector_boolean(op, "unrecorded")) {
        rate_record(rate, -value, now_ms);
    }
    return same;
}

bool check_quotas_rate(const cJSON *vector, GString *why)
{
    Rate rate;
    double quota = vector_double(vector, "quota", 0);
    rate_init(&rate,
              (int32_t)vector_integer(vector, "samples", 1),
              vector_integer(vector, "windowMs", 1000),
              false);
    bool same = true;
    int number = 0;
    const cJSON *op;
    cJSON_ArrayForEach(op, cJSON_GetObjectItemCaseSensitive(vector, "ops"))
    {
        int64_t now_ms = vector_integer(op, "t", 0);
        g_string_printf(why, "operation %d: ", number++);
        same =
            (g_strcmp0(vector_text(op, "op"), "record") != 0 ||
             record(&rate, quota, op, now_ms, why)) &&
            same_double(why, "rate", vector_double(op, "rate", -1), rate_measure(&rate, now_ms)) &&
            vector_same_integer(
                why, "windowMs", vector_integer(op, "windowMs", -1), rate_window_ms(&rate, now_ms));
        if (!same) {
            break;
        }
    }
    rate_clear(&rate);
    return same;
}
