/* get.c - reading values that the rules have let through. */
#include "scenarios/runner/reader/reader.h"
#include <string.h>

bool get(const Reader *reader, const Cursor *at, const char *key, Cursor *ret_child)
{
    cJSON *node = cJSON_GetObjectItemCaseSensitive(at->node, key);
    if (node == NULL || g_hash_table_contains(reader->refused, node)) {
        return false;
    }
    *ret_child = cursor_member(at, node);
    return true;
}

const char *get_text(const Reader *reader, const Cursor *at, const char *key, const char *fallback)
{
    Cursor child;
    bool there = get(reader, at, key, &child) && cJSON_IsString(child.node);
    return there ? child.node->valuestring : fallback;
}

int64_t get_integer(const Reader *reader, const Cursor *at, const char *key, int64_t fallback)
{
    Cursor child;
    bool there = get(reader, at, key, &child) && cJSON_IsNumber(child.node);
    return there ? (int64_t)child.node->valuedouble : fallback;
}

double get_number(const Reader *reader, const Cursor *at, const char *key, double fallback)
{
    Cursor child;
    bool there = get(reader, at, key, &child) && cJSON_IsNumber(child.node);
    return there ? child.node->valuedouble : fallback;
}

bool get_boolean(const Reader *reader, const Cursor *at, const char *key, bool fallback)
{
    Cursor child;
    bool there = get(reader, at, key, &child) && cJSON_IsBool(child.node);
    return there ? cJSON_IsTrue(child.node) != 0 : fallback;
}

static int64_t amount_of(const cJSON *node, UnitKind kind, int64_t fallback)
{
    int64_t value = 0;
    const char *why = NULL;
    bool fine = cJSON_IsString(node) && units_parse(kind, node->valuestring, &value, &why);
    return fine ? value : fallback;
}

int64_t
get_amount(const Reader *reader, const Cursor *at, const char *key, UnitKind kind, int64_t fallback)
{
    Cursor child;
    return get(reader, at, key, &child) ? amount_of(child.node, kind, fallback) : fallback;
}

/* --- distributions --- */

static Distribution
two_numbers(Reader *reader, const Cursor *law, UnitKind kind, Distribution fallback)
{
    const char *name = law->key;
    bool uniform = strcmp(name, "uniform") == 0, lognormal = strcmp(name, "lognormal") == 0;
    const char *first = uniform ? "from" : lognormal ? "median" : "mean";
    const char *second = uniform ? "to" : lognormal ? "p99" : "sd";
    int64_t a = get_amount(reader, law, first, kind, -1);
    int64_t b = get_amount(reader, law, second, kind, -1);
    if (a < 0 || b < 0) {
        return fallback; /* told by the rules */
    }
    if ((uniform || lognormal) && b < a) {
        reader_error(reader, law, "\"%s\" must not be below \"%s\"", second, first);
        return fallback;
    }
    if (lognormal && a == 0) {
        reader_error(reader, law, "\"median\" must be above 0");
        return fallback;
    }
    return uniform     ? distribution_uniform(a, b)
           : lognormal ? distribution_lognormal(a, b)
                       : distribution_normal(a, b);
}

Distribution get_distribution(
    Reader *reader, const Cursor *at, const char *key, UnitKind kind, Distribution fallback)
{
    Cursor child;
    if (!get(reader, at, key, &child)) {
        return fallback;
    }
    if (cJSON_IsString(child.node)) {
        return distribution_constant(amount_of(child.node, kind, 0));
    }
    if (child.node->child == NULL) {
        return fallback;
    }
    Cursor law = cursor_member(&child, child.node->child);
    if (strcmp(law.key, "exponential") == 0) {
        int64_t mean = get_amount(reader, &law, "mean", kind, -1);
        return mean < 0 ? fallback : distribution_exponential(mean);
    }
    return two_numbers(reader, &law, kind, fallback);
}

/* --- lists, configs, models --- */

GArray *get_ids(const Cursor *list)
{
    GArray *ids = g_array_new(FALSE, FALSE, sizeof(int32_t));
    for (const cJSON *item = list->node->child; item != NULL; item = item->next) {
        int32_t id = (int32_t)item->valuedouble;
        g_array_append_val(ids, id);
    }
    return ids;
}

void get_config(Reader *reader, const Cursor *at, const char *key, KafkaConfig *config)
{
    Cursor child;
    if (!get(reader, at, key, &child)) {
        return;
    }
    for (const cJSON *item = child.node->child; item != NULL; item = item->next) {
        char *text = g_hash_table_contains(reader->refused, item) ? NULL : config_value_text(item);
        if (text != NULL) {
            kafka_config_set(config, item->string, text);
        }
        g_free(text);
    }
}

static void set_constant(Reader *reader,
                         const Cursor *group,
                         const ProfileEntry *entry,
                         HardwareProfile *profile)
{
    void *field = (char *)profile + entry->offset;
    const char *key = entry->key;
    switch (entry->type) {
    case PROFILE_DISTRIBUTION: {
        Distribution *law = field;
        *law = get_distribution(reader, group, key, UNIT_DURATION, *law);
        return;
    }
    case PROFILE_DURATION: {
        SimDuration *duration = field;
        *duration = get_amount(reader, group, key, UNIT_DURATION, *duration);
        return;
    }
    case PROFILE_BANDWIDTH: {
        int64_t *bandwidth = field;
        *bandwidth = get_amount(reader, group, key, UNIT_BANDWIDTH, *bandwidth);
        return;
    }
    case PROFILE_BYTES: {
        int64_t *bytes = field;
        *bytes = get_amount(reader, group, key, UNIT_BYTES, *bytes);
        return;
    }
    case PROFILE_COUNT:
    case PROFILE_NUMBER: {
        int64_t *count = field;
        *count = get_integer(reader, group, key, *count);
        return;
    }
    }
}

void get_model(Reader *reader, const Cursor *at, HardwareProfile *profile)
{
    Cursor model, group;
    if (!get(reader, at, "model", &model)) {
        return;
    }
    for (size_t i = 0; i < profile_entry_count(); i++) {
        const ProfileEntry *entry = profile_entry_at(i);
        if (get(reader, &model, entry->group, &group) && cJSON_IsObject(group.node)) {
            set_constant(reader, &group, entry, profile);
        }
    }
}

bool parse_seed(const cJSON *node, uint64_t *ret_seed)
{
    if (cJSON_IsNumber(node)) {
        double value = node->valuedouble;
        bool fine = value >= 0 && value <= 9007199254740992.0 && value == (double)(int64_t)value;
        *ret_seed = fine ? (uint64_t)value : *ret_seed;
        return fine;
    }
    guint64 seed = 0;
    if (!cJSON_IsString(node) || !g_ascii_isdigit(node->valuestring[0]) ||
        !g_ascii_string_to_unsigned(node->valuestring, 10, 0, G_MAXUINT64, &seed, NULL)) {
        return false;
    }
    *ret_seed = seed;
    return true;
}
