/* summary_model.c - what things cost in this run: each constant, its value, where it comes from. */
#include "models/spec/profile.h"
#include "scenarios/runner/results/summary_parts.h"
#include "scenarios/runner/text.h"
#include <math.h>

static void append_ns(GString *out, double ns)
{
    text_duration(out, (int64_t)(ns + 0.5));
}

/* In the words of the scenario format where that is short: constants and means. */
static void append_distribution(GString *out, const Distribution *distribution)
{
    static const char *const NAMES[] = {"constant",
                                        "uniform",
                                        "exponential",
                                        "normal",
                                        "lognormal",
                                        "pareto",
                                        "erlang",
                                        "empirical"};
    double mean = distribution_mean(distribution);
    if (!distribution_is_constant(distribution)) {
        g_string_append_printf(out, "%s, mean ", NAMES[distribution->kind]);
    }
    if (isfinite(mean)) {
        append_ns(out, mean);
    } else {
        g_string_append(out, "infinite");
    }
}

static void append_value(GString *out, const HardwareProfile *profile, const ProfileEntry *entry)
{
    const void *field = (const char *)profile + entry->offset;
    switch (entry->type) {
    case PROFILE_DISTRIBUTION:
        append_distribution(out, field);
        return;
    case PROFILE_DURATION:
        text_duration(out, *(const SimDuration *)field);
        return;
    case PROFILE_BANDWIDTH:
        text_measure(out, GOAL_UNIT_BYTES_PER_SEC, *(const int64_t *)field);
        return;
    case PROFILE_BYTES:
        text_thousands(out, *(const int64_t *)field);
        g_string_append(out, " B");
        return;
    case PROFILE_COUNT:
    case PROFILE_NUMBER:
        text_fixed(out, *(const int64_t *)field, 0);
        return;
    }
}

void summary_write_model(JsonWriter *json, const ClusterSpec *spec)
{
    json_begin_array(json, "model");
    for (size_t i = 0; i < profile_entry_count(); i++) {
        const ProfileEntry *entry = profile_entry_at(i);
        g_autofree char *key = g_strdup_printf("%s.%s", entry->group, entry->key);
        g_autoptr(GString) value = g_string_new(NULL);
        append_value(value, &spec->profile, entry);
        json_begin_object(json, NULL);
        json_string(json, "key", key);
        json_string(json, "value", value->str);
        json_string(json, "source", entry->source);
        json_end_object(json);
    }
    json_end_array(json);
}
