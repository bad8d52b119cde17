/* rules.c - looking things up in the tables, and saying what they want. */
#include "scenarios/runner/reader/rules.h"
#include <string.h>

const Rule *rule_find(const RuleSet *set, const char *key)
{
    for (size_t i = 0; i < set->count; i++) {
        if (strcmp(set->rules[i].key, key) == 0) {
            return &set->rules[i];
        }
    }
    return NULL;
}

Rule rule_of_profile_entry(const ProfileEntry *entry)
{
    Rule rule = {.key = entry->key, .help = entry->help};
    switch (entry->type) {
    case PROFILE_DISTRIBUTION:
        rule.shapes = SHAPE_DURATION | SHAPE_OBJECT;
        rule.object = &rules_distribution_ns;
        break;
    case PROFILE_DURATION:
        rule.shapes = SHAPE_DURATION;
        break;
    case PROFILE_BANDWIDTH:
        rule.shapes = SHAPE_BANDWIDTH;
        rule.minimum = 1;
        rule.maximum = INT64_C(1000000000000);
        break;
    case PROFILE_BYTES:
        rule.shapes = SHAPE_BYTES;
        break;
    case PROFILE_COUNT:
        rule.shapes = SHAPE_INTEGER;
        rule.minimum = 1;
        rule.maximum = 4096;
        break;
    case PROFILE_NUMBER:
        rule.shapes = SHAPE_INTEGER;
        rule.maximum = 4096;
        break;
    }
    return rule;
}

bool key_is_among(const char *keys, const char *key)
{
    size_t bytes = strlen(key);
    for (const char *at = keys; *at != '\0';) {
        size_t length = strcspn(at, "|");
        if (length == bytes && strncmp(at, key, bytes) == 0) {
            return true;
        }
        at += length + (at[length] == '|');
    }
    return false;
}

/* --- what a rule wants, in words --- */

static void append_or(GString *out, size_t before, const char *text)
{
    g_string_append_printf(out, "%s%s", out->len > before ? " or " : "", text);
}

static void append_range(const Rule *rule, GString *out)
{
    if (rule->minimum == rule->maximum && rule->minimum != 0) {
        g_string_append_printf(out, " %" G_GINT64_FORMAT, rule->minimum);
    } else if (rule->minimum != 0 || rule->maximum != 0) {
        g_string_append_printf(
            out, " in %" G_GINT64_FORMAT "..%" G_GINT64_FORMAT, rule->minimum, rule->maximum);
    }
}

static void append_words(const Rule *rule, GString *out)
{
    char **words = g_strsplit(rule->choices, "|", -1);
    for (size_t i = 0; words[i] != NULL; i++) {
        bool last = i > 0 && words[i + 1] == NULL;
        g_string_append_printf(out, "%s\"%s\"", i == 0 ? "" : last ? " or " : ", ", words[i]);
    }
    g_strfreev(words);
}

static void append_amounts(const Rule *rule, GString *out, size_t before)
{
    static const struct {
        unsigned shape;
        UnitKind kind;
    } rows[] = {{SHAPE_DURATION, UNIT_DURATION},
                {SHAPE_BYTES, UNIT_BYTES},
                {SHAPE_BANDWIDTH, UNIT_BANDWIDTH},
                {SHAPE_RATE, UNIT_RATE}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if ((rule->shapes & rows[i].shape) != 0) {
            append_or(out, before, units_expected(rows[i].kind));
            if (rule->minimum != 0 || rule->maximum != 0) {
                g_string_append(out, " from ");
                units_format(rows[i].kind, rule->minimum, out);
                g_string_append(out, " to ");
                units_format(rows[i].kind, rule->maximum, out);
            }
        }
    }
}

static void append_list(const Rule *rule, GString *out, size_t before)
{
    const Rule *items = rule->items;
    append_or(out, before, "a list of ");
    if (items->object != NULL) {
        g_string_append_printf(out, "%s objects", items->object->name);
    } else if ((items->shapes & SHAPE_LIST) != 0) {
        g_string_append(out, "lists of broker ids");
    } else {
        g_string_append(out,
                        (items->shapes & SHAPE_NUMBER) != 0    ? "numbers"
                        : (items->shapes & SHAPE_INTEGER) != 0 ? "integers"
                                                               : "strings");
    }
}

static const char *number_name(const Rule *rule)
{
    if (rule->minimum == rule->maximum && rule->minimum != 0) {
        return "the number";
    }
    return (rule->shapes & SHAPE_NUMBER) != 0 ? "a number" : "an integer";
}

void rule_expected(const Rule *rule, GString *out)
{
    size_t before = out->len;
    static const struct {
        unsigned shape;
        const char *text;
    } rows[] = {{SHAPE_BOOLEAN, "true or false"},
                {SHAPE_TEXT, "a string"},
                {SHAPE_NAME, "a name of letters, digits, '.', '_' and '-'"},
                {SHAPE_SEED, "an integer from 0 to 2^64-1 (in quotes above 2^53)"},
                {SHAPE_SEED_RANGE, "a range such as \"1..20\""},
                {SHAPE_METRIC, "the name of a metric"},
                {SHAPE_CONFIG, "an object of Kafka options"},
                {SHAPE_MODEL, "an object of hardware constants"},
                {SHAPE_VARY, "an object of JSON pointers, each with a list of values"}};
    if ((rule->shapes & (SHAPE_INTEGER | SHAPE_NUMBER)) != 0) {
        append_or(out, before, number_name(rule));
        append_range(rule, out);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if ((rule->shapes & rows[i].shape) != 0) {
            append_or(out, before, rows[i].text);
        }
    }
    if ((rule->shapes & SHAPE_WORD) != 0) {
        append_or(out, before, "");
        append_words(rule, out);
    }
    append_amounts(rule, out, before);
    if ((rule->shapes & SHAPE_OBJECT) != 0) {
        append_or(out, before, "");
        bool vowel = strchr("aeio", rule->object->name[0]) != NULL;
        g_string_append_printf(out, "%s %s object", vowel ? "an" : "a", rule->object->name);
    }
    if ((rule->shapes & SHAPE_LIST) != 0) {
        append_list(rule, out, before);
    }
}
