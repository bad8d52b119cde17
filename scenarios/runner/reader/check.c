/* check.c - walks a tree along the rules: unknown keys, types, units, ranges. Refused values are
 * remembered, so that the build goes on with all others and more errors are told in one go. */
#include "scenarios/runner/reader/pointer.h"
#include "scenarios/runner/reader/reader.h"
#include <string.h>

#define WORDS_NAMED_MAX 20u /* in a message */

static bool refuse(Reader *reader, const Cursor *cursor)
{
    g_hash_table_add(reader->refused, cursor->node);
    return false;
}

/* "expected ..., found ...[: why]" */
static bool
mismatch(Reader *reader, const Cursor *cursor, const Rule *rule, const char *why, const char *hint)
{
    GString *message = g_string_new("expected ");
    rule_expected(rule, message);
    g_string_append(message, ", found ");
    reader_found(cursor->node, message);
    if (why != NULL) {
        g_string_append_printf(message, ": %s", why);
    }
    reader_problem(reader, PROBLEM_ERROR, cursor, false, hint, "%s", message->str);
    g_string_free(message, TRUE);
    return refuse(reader, cursor);
}

/* Does a rule for numbers take this one? */
static bool number_fits(const Rule *rule, double value)
{
    const bool free = rule->minimum == 0 && rule->maximum == 0;
    const bool whole = value >= -9007199254740992.0 && value <= 9007199254740992.0 &&
                       value == (double)(int64_t)value;
    const bool within = free || (value >= (double)rule->minimum && value <= (double)rule->maximum);
    return within &&
           ((rule->shapes & SHAPE_NUMBER) != 0 || ((rule->shapes & SHAPE_INTEGER) != 0 && whole));
}

/* --- strings --- */

static const struct {
    unsigned shape;
    UnitKind kind;
} amounts[] = {{SHAPE_DURATION, UNIT_DURATION},
               {SHAPE_BYTES, UNIT_BYTES},
               {SHAPE_BANDWIDTH, UNIT_BANDWIDTH},
               {SHAPE_RATE, UNIT_RATE}};

static bool in_range(const Rule *rule, int64_t value)
{
    bool free = rule->minimum == 0 && rule->maximum == 0;
    return free || (value >= rule->minimum && value <= rule->maximum);
}

static bool is_amount(const Rule *rule, const char *text, const char **ret_why)
{
    for (size_t i = 0; i < G_N_ELEMENTS(amounts); i++) {
        int64_t value = 0;
        if ((rule->shapes & amounts[i].shape) == 0) {
            continue;
        }
        if (units_parse(amounts[i].kind, text, &value, ret_why)) {
            *ret_why = NULL;
            return in_range(rule, value);
        }
    }
    return false;
}

static bool is_bare_number(const char *text)
{
    return text[0] != '\0' && strlen(text) <= 18 && strspn(text, "0123456789") == strlen(text);
}

static char *amount_hint(const Rule *rule, const char *text)
{
    char *hint = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(amounts) && is_bare_number(text); i++) {
        if ((rule->shapes & amounts[i].shape) != 0) {
            return units_missing_hint(amounts[i].kind, text);
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(amounts) && hint == NULL; i++) {
        int64_t value;
        const char *why;
        bool fits = (rule->shapes & amounts[i].shape) != 0;
        hint = fits && !units_parse(amounts[i].kind, text, &value, &why)
                   ? units_hint(amounts[i].kind, text)
                   : NULL;
    }
    return hint;
}

/* "3" where 3 is expected, "true" where true is. */
static char *quotes_hint(const Rule *rule, const char *text)
{
    gchar *end = NULL;
    const bool digits =
        text[0] != '\0' && strlen(text) <= 18 && text[strspn(text, "0123456789.-")] == '\0';
    const double value = digits ? g_ascii_strtod(text, &end) : 0;
    const bool number = digits && *end == '\0' && number_fits(rule, value);
    const bool boolean = (rule->shapes & SHAPE_BOOLEAN) != 0 &&
                         (strcmp(text, "true") == 0 || strcmp(text, "false") == 0);
    const unsigned amount = SHAPE_DURATION | SHAPE_BYTES | SHAPE_BANDWIDTH | SHAPE_RATE;
    if (!number && !boolean) {
        return NULL;
    }
    return (rule->shapes & amount) != 0
               ? g_strdup_printf("leave the quotes out: %s; or write the unit", text)
               : g_strdup_printf("leave the quotes out: %s", text);
}

static bool is_name(const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789._-";
    size_t bytes = strlen(text);
    return bytes > 0 && bytes <= NAME_BYTES_MAX && strspn(text, allowed) == bytes &&
           strcmp(text, ".") != 0 && strcmp(text, "..") != 0;
}

static bool is_seed_range(const char *text)
{
    const char *dots = strstr(text, "..");
    size_t left = strspn(text, "0123456789");
    return dots == text + left && left > 0 && left < 19 && strlen(dots + 2) > 0 &&
           strlen(dots + 2) < 19 && strspn(dots + 2, "0123456789") == strlen(dots + 2);
}

static const char *word_at(const void *user, size_t index)
{
    return ((char *const *)user)[index];
}

/* What was probably meant by a word that is none of them, for a hint. */
static char *word_hint(Reader *reader, const char *found, const Rule *rule, char **words)
{
    const bool verb = g_strcmp0(rule->key, "do") == 0;
    const char *meant = verb ? verb_synonym(found) : NULL;
    if (verb && strcmp(found, "restart") == 0) {
        return g_strdup("\"stop\" or \"crash\" with \"restart.after\", or \"rolling.restart\"");
    }
    return reader_did_you_mean(
        meant != NULL ? meant
                      : reader_nearest(reader, found, word_at, words, g_strv_length(words)));
}

/* Of many words those that are not meant only hide the one that is. */
static bool refuse_of_many(
    Reader *reader, const Cursor *cursor, const Rule *rule, const char *hint, guint count)
{
    g_autofree char *all = hint != NULL
                               ? g_strdup_printf("%s (all: kafkasim explain %s)", hint, rule->key)
                               : g_strdup_printf("all: kafkasim explain %s", rule->key);
    g_autoptr(GString) found = g_string_new(NULL);
    reader_found(cursor->node, found);
    reader_problem(reader,
                   PROBLEM_ERROR,
                   cursor,
                   false,
                   all,
                   "expected one of %u words, found %s",
                   count,
                   found->str);
    return refuse(reader, cursor);
}

static bool check_word(Reader *reader, const Cursor *cursor, const Rule *rule)
{
    const char *found = cursor->node->valuestring;
    if (key_is_among(rule->choices, found)) {
        return true;
    }
    g_auto(GStrv) words = g_strsplit(rule->choices, "|", -1);
    g_autofree char *hint = word_hint(reader, found, rule, words);
    const guint count = g_strv_length(words);
    return count > WORDS_NAMED_MAX && rule->key != NULL && rule->shapes == SHAPE_WORD
               ? refuse_of_many(reader, cursor, rule, hint, count)
               : mismatch(reader, cursor, rule, NULL, hint);
}

static bool check_metric(Reader *reader, const Cursor *cursor)
{
    const char *name = cursor->node->valuestring;
    if (scenario_metric_find(name) != NULL) {
        return true;
    }
    char *hint = goal_name_hint(reader, name);
    GString *quoted = g_string_new(NULL);
    quote_string(quoted, name);
    reader_problem(
        reader, PROBLEM_ERROR, cursor, false, hint, "there is no metric %s", quoted->str);
    g_string_free(quoted, TRUE);
    g_free(hint);
    return refuse(reader, cursor);
}

/* The keys that an object must have; NULL where it may as well be something else. */
static char *object_hint(const Rule *rule)
{
    g_autoptr(GString) keys = g_string_new(NULL);
    for (size_t i = 0; rule->shapes == SHAPE_OBJECT && i < rule->object->count; i++) {
        const Rule *inner = &rule->object->rules[i];
        if (inner->required) {
            g_string_append_printf(keys, "%s\"%s\": ...", keys->len > 0 ? ", " : "", inner->key);
        }
    }
    return keys->len > 0 ? g_strdup_printf("an object stands in braces: { %s }", keys->str) : NULL;
}

static bool check_string(Reader *reader, const Cursor *cursor, const Rule *rule)
{
    const char *text = cursor->node->valuestring, *why = NULL;
    unsigned shapes = rule->shapes;
    uint64_t seed = 0;
    bool fine = ((shapes & SHAPE_TEXT) != 0 && strlen(text) <= TEXT_BYTES_MAX) ||
                ((shapes & SHAPE_NAME) != 0 && is_name(text)) ||
                ((shapes & SHAPE_SEED) != 0 && parse_seed(cursor->node, &seed)) ||
                ((shapes & SHAPE_SEED_RANGE) != 0 && is_seed_range(text)) ||
                is_amount(rule, text, &why);
    if (fine) {
        return true;
    }
    if ((shapes & SHAPE_METRIC) != 0) {
        return check_metric(reader, cursor);
    }
    if ((shapes & SHAPE_WORD) != 0) {
        return check_word(reader, cursor, rule);
    }
    if ((shapes & SHAPE_TEXT) != 0) {
        why = "it is too long";
    }
    char *range = (shapes & SHAPE_SEED_RANGE) != 0 ? units_range_meant(text) : NULL;
    char *hint = range != NULL ? reader_did_you_mean(range) : quotes_hint(rule, text);
    g_free(range);
    if (hint == NULL) {
        hint = (shapes & SHAPE_LIST) != 0
                   ? g_strdup("a list stands in brackets, also one of a single element")
                   : amount_hint(rule, text);
    }
    hint = hint != NULL ? hint : object_hint(rule);
    mismatch(reader, cursor, rule, why, hint);
    g_free(hint);
    return false;
}

/* --- numbers and the others --- */

/* What a number should have been: an amount with its unit, a string. */
static char *number_hint(const Rule *rule, const cJSON *node)
{
    GString *number = g_string_new(NULL);
    char *hint = NULL;
    scenario_write_value(node, number);
    for (size_t i = 0; i < G_N_ELEMENTS(amounts) && hint == NULL; i++) {
        if ((rule->shapes & amounts[i].shape) != 0 && node->valuedouble >= 0) {
            hint = units_missing_hint(amounts[i].kind, number->str);
        }
    }
    if (hint == NULL && (rule->shapes & (SHAPE_TEXT | SHAPE_NAME)) != 0) {
        hint = g_strdup_printf("write it in quotes: \"%s\"", number->str);
    }
    g_string_free(number, TRUE);
    return hint;
}

static bool check_number(Reader *reader, const Cursor *cursor, const Rule *rule)
{
    uint64_t seed = 0;
    if (number_fits(rule, cursor->node->valuedouble) ||
        ((rule->shapes & SHAPE_SEED) != 0 && parse_seed(cursor->node, &seed))) {
        return true;
    }
    char *hint = number_hint(rule, cursor->node);
    mismatch(reader, cursor, rule, NULL, hint);
    g_free(hint);
    return false;
}

static bool check_list(Reader *reader, const Cursor *cursor, const Rule *rule)
{
    int64_t count = cJSON_GetArraySize(cursor->node);
    if (count < rule->minimum || count > rule->maximum) {
        GString *range = g_string_new(NULL);
        g_string_append_printf(range, "%" G_GINT64_FORMAT, rule->minimum);
        if (rule->maximum > rule->minimum) {
            g_string_append_printf(range, "..%" G_GINT64_FORMAT, rule->maximum);
        }
        reader_error(
            reader, cursor, "expected a list of %s, found a list of %d", range->str, (int)count);
        g_string_free(range, TRUE);
        return refuse(reader, cursor);
    }
    bool fine = true;
    int index = 0;
    for (cJSON *item = cursor->node->child; item != NULL; item = item->next) {
        Cursor element = cursor_element(cursor, item, index++);
        fine = check_value(reader, &element, rule->items) && fine;
    }
    /* A list of objects goes on without its refused ones, a list of scalars is one value. */
    return fine || (rule->items->shapes & SHAPE_OBJECT) != 0 || refuse(reader, cursor);
}

static bool check_json_object(Reader *reader, const Cursor *cursor, const Rule *rule)
{
    if ((rule->shapes & SHAPE_OBJECT) != 0) {
        /* An object goes on without its refused members, a choice is one value. */
        return check_object(reader, cursor, rule->object) || !rule->object->one_of ||
               refuse(reader, cursor);
    }
    if ((rule->shapes & SHAPE_CONFIG) != 0) {
        return check_config(reader, cursor, rule);
    }
    if ((rule->shapes & SHAPE_MODEL) != 0) {
        return check_model(reader, cursor);
    }
    return (rule->shapes & SHAPE_VARY) != 0 || mismatch(reader, cursor, rule, NULL, NULL);
}

bool check_value(Reader *reader, const Cursor *cursor, const Rule *rule)
{
    if (problems_is_full(reader->problems)) {
        return refuse(reader, cursor); /* the rest is not looked at, and not built */
    }
    if (cJSON_IsObject(cursor->node)) {
        return check_json_object(reader, cursor, rule);
    }
    if (cJSON_IsArray(cursor->node) && (rule->shapes & SHAPE_LIST) != 0) {
        return check_list(reader, cursor, rule);
    }
    if (cJSON_IsNumber(cursor->node)) {
        return check_number(reader, cursor, rule);
    }
    if (cJSON_IsString(cursor->node)) {
        return check_string(reader, cursor, rule);
    }
    if (cJSON_IsBool(cursor->node) && (rule->shapes & SHAPE_BOOLEAN) != 0) {
        return true;
    }
    const char *hint = cJSON_IsNull(cursor->node) ? "leave the key out to get its default" : NULL;
    if (hint == NULL && (rule->shapes & SHAPE_LIST) != 0) {
        hint = "a list stands in brackets, also one of a single element";
    }
    return mismatch(reader, cursor, rule, NULL, hint);
}

/* --- objects --- */

static const char *rule_at(const void *user, size_t index)
{
    return ((const RuleSet *)user)->rules[index].key;
}

/* What people look for where it is not: no spelling comes near it. */
static const char *known_misplacement(const RuleSet *set, const char *key)
{
    static const struct {
        const char *set, *key, *hint;
    } found[] = {
        {"era", "KIP-500", "KRaft is KIP-500: write \"metadata\": \"zookeeper\" to be without it"},
        {"cluster", "metadata", "it stands in \"era\": { \"metadata\": \"zookeeper\" }"},
        {"cluster", "zookeeper", "write \"era\": { \"metadata\": \"zookeeper\" }"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(found); i++) {
        if (strcmp(set->name, found[i].set) == 0 && strcmp(key, found[i].key) == 0) {
            return found[i].hint;
        }
    }
    return NULL;
}

/* Returns the key that was probably meant, or NULL. */
static const char *unknown_key(Reader *reader, const Cursor *cursor, const RuleSet *set)
{
    const char *nearest = reader_nearest(reader, cursor->key, rule_at, set, set->count);
    const char *elsewhere = known_misplacement(set, cursor->key);
    char *hint = elsewhere != NULL ? g_strdup(elsewhere) : reader_did_you_mean(nearest);
    if (nearest == NULL && elsewhere == NULL && rule_find(set, "config") != NULL &&
        kafka_option_find(~0u, cursor->key) != NULL) {
        hint = g_strdup("Kafka's own options stand under \"config\"");
    }
    GString *quoted = g_string_new(NULL);
    quote_string(quoted, cursor->key);
    reader_problem(
        reader, PROBLEM_ERROR, cursor, true, hint, "unknown key %s of %s", quoted->str, set->name);
    g_string_free(quoted, TRUE);
    g_free(hint);
    return nearest;
}

static void missing_key(
    Reader *reader, const Cursor *cursor, const RuleSet *set, const Rule *rule, const char *hint)
{
    GString *expected = g_string_new(NULL);
    rule_expected(rule, expected);
    reader_problem(reader,
                   PROBLEM_ERROR,
                   cursor,
                   false,
                   hint,
                   "the %s lacks \"%s\": %s",
                   set->name,
                   rule->key,
                   expected->str);
    g_string_free(expected, TRUE);
}

/* Who counts from 1 begins a new element without wishing to. */
static char *begun_hint(const Reader *reader, const Cursor *cursor)
{
    const char *set = NULL;
    g_autofree char *pointer = cursor_pointer(cursor);
    if (cursor->index == 0 || reader_begun_by(reader, pointer, &set) == NULL) {
        return NULL;
    }
    g_autofree char *list = cursor_pointer(cursor->parent);
    g_autofree char *indices = pointer_indices(list, cursor->index);
    return g_strdup_printf(
        "%s; did you mean \"%s/%d%s\"?", indices, list, cursor->index - 1, set + strlen(pointer));
}

static bool check_one_of(Reader *reader, const Cursor *cursor, const RuleSet *set)
{
    if (cJSON_GetArraySize(cursor->node) == 1) {
        return true;
    }
    GString *keys = g_string_new(NULL);
    for (size_t i = 0; i < set->count; i++) {
        g_string_append_printf(keys, "%s\"%s\"", i == 0 ? "" : ", ", set->rules[i].key);
    }
    reader_error(reader, cursor, "expected exactly one of %s", keys->str);
    g_string_free(keys, TRUE);
    return false;
}

static void write_defaults(cJSON *node, const RuleSet *set)
{
    for (size_t i = 0; i < set->count; i++) {
        const Rule *rule = &set->rules[i];
        if (rule->fallback != NULL && cJSON_GetObjectItemCaseSensitive(node, rule->key) == NULL) {
            cJSON_AddItemToObject(node, rule->key, cJSON_Parse(rule->fallback));
        }
    }
}

bool check_object(Reader *reader, const Cursor *cursor, const RuleSet *set)
{
    bool fine = !set->one_of || check_one_of(reader, cursor, set);
    GPtrArray *meant = g_ptr_array_new();
    write_defaults(cursor->node, set);
    for (cJSON *item = cursor->node->child; item != NULL; item = item->next) {
        Cursor child = cursor_member(cursor, item);
        const Rule *rule = rule_find(set, item->string);
        if (rule == NULL) {
            const char *nearest = unknown_key(reader, &child, set);
            if (nearest != NULL) {
                g_ptr_array_add(meant, (void *)(uintptr_t)nearest);
            }
            fine = false;
        } else {
            fine = check_value(reader, &child, rule) && fine;
        }
    }
    bool first = true;
    for (size_t i = 0; i < set->count; i++) {
        const Rule *rule = &set->rules[i];
        bool there = cJSON_GetObjectItemCaseSensitive(cursor->node, rule->key) != NULL;
        if (rule->required && !there && !g_ptr_array_find(meant, rule->key, NULL)) {
            g_autofree char *hint = first ? begun_hint(reader, cursor) : NULL;
            missing_key(reader, cursor, set, rule, hint);
            first = false;
            fine = false;
        }
    }
    g_ptr_array_unref(meant);
    return fine;
}
