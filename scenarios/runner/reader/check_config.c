/* check_config.c - Kafka's own options under "config", and hardware constants under "model". */
#include "scenarios/runner/reader/reader.h"
#include "scenarios/runner/reader/text/units.h"
#include <string.h>

/* --- Kafka options --- */

static char *number_text(double value)
{
    if (value < 1e16 && value > -1e16 && value == (double)(int64_t)value) {
        return g_strdup_printf("%" G_GINT64_FORMAT, (int64_t)value);
    }
    char digits[G_ASCII_DTOSTR_BUF_SIZE];
    return g_strdup(g_ascii_dtostr(digits, sizeof digits, value));
}

static char *list_text(const cJSON *list)
{
    GString *out = g_string_new(NULL);
    for (const cJSON *item = list->child; item != NULL; item = item->next) {
        char *text = cJSON_IsArray(item) ? NULL : config_value_text(item);
        if (text == NULL) {
            g_string_free(out, TRUE);
            return NULL;
        }
        g_string_append_printf(out, "%s%s", item == list->child ? "" : ",", text);
        g_free(text);
    }
    return g_string_free(out, FALSE);
}

char *config_value_text(const cJSON *value)
{
    if (cJSON_IsString(value)) {
        return g_strdup(value->valuestring);
    }
    if (cJSON_IsBool(value)) {
        return g_strdup(cJSON_IsTrue(value) ? "true" : "false");
    }
    if (cJSON_IsNumber(value)) {
        double number = value->valuedouble;
        return number > -1e300 * 1e8 && number < 1e300 * 1e8 ? number_text(number) : NULL;
    }
    return cJSON_IsArray(value) ? list_text(value) : NULL;
}

typedef struct Names {
    unsigned scopes;
} Names;

static const char *option_name_at(const void *user, size_t index)
{
    const KafkaOption *option = kafka_option_at(index);
    return (((const Names *)user)->scopes & (1u << option->scope)) != 0 ? option->name : NULL;
}

static const char *scopes_name(unsigned scopes)
{
    if (scopes == KAFKA_SCOPES_NODE) {
        return "broker or controller";
    }
    if ((scopes & (1u << KAFKA_SCOPE_TOPIC)) != 0) {
        return (scopes & KAFKA_SCOPES_NODE) != 0 ? "broker or topic" : "topic";
    }
    if (scopes == 1u << KAFKA_SCOPE_GROUP) {
        return "group";
    }
    if ((scopes & (1u << KAFKA_SCOPE_STREAMS)) != 0) {
        return "streams or consumer";
    }
    return (scopes & (1u << KAFKA_SCOPE_PRODUCER)) != 0 ? "producer" : "consumer";
}

/* In StreamsConfig a producer's option may stand with or without its prefix; here it has a place of
 * its own. */
static char *hint_for_streams(const char *name)
{
    const unsigned consumer = 1u << KAFKA_SCOPE_CONSUMER;
    const unsigned producer = 1u << KAFKA_SCOPE_PRODUCER;
    const char *dot = strchr(name, '.');
    const bool to_producer = g_str_has_prefix(name, "producer.");
    const bool to_consumer = g_str_has_prefix(name, "consumer.");
    const char *option = to_producer || to_consumer ? dot + 1 : name;
    if (to_consumer && kafka_option_find(consumer, option) != NULL) {
        return g_strdup_printf("write it without the prefix: %s", option);
    }
    return !to_consumer && kafka_option_find(producer, option) != NULL
               ? g_strdup_printf("%s is a producer option: write it into \"producer.config\"",
                                 option)
               : NULL;
}

static char *hint_for_unknown(Reader *reader, unsigned scopes, const char *name)
{
    Names names = {scopes};
    const KafkaOption *other = kafka_option_find(~scopes, name);
    char *streams = (scopes & (1u << KAFKA_SCOPE_STREAMS)) != 0 ? hint_for_streams(name) : NULL;
    if (streams != NULL) {
        return streams;
    }
    if (other != NULL) {
        return g_strdup_printf("%s is a %s option", name, kafka_scope_name(other->scope));
    }
    return reader_did_you_mean(
        reader_nearest(reader, name, option_name_at, &names, kafka_option_count()));
}

static void option_problem(Reader *reader,
                           const Cursor *cursor,
                           const char *file,
                           int line,
                           const char *hint,
                           char *message)
{
    if (file == NULL) {
        bool key = g_str_has_prefix(message, "unknown");
        reader_problem(reader, PROBLEM_ERROR, cursor, key, hint, "%s", message);
    } else {
        Problem problem = {.kind = PROBLEM_ERROR,
                           .file = g_strdup(file),
                           .line = line,
                           .column = 1,
                           .pointer = cursor_pointer(cursor),
                           .message = message,
                           .hint = g_strdup(hint)};
        problems_add(reader->problems, &problem);
        g_free(problem.file);
        g_free(problem.pointer);
        g_free(problem.hint);
    }
    g_free(message);
}

static char *
wrong_value(const Cursor *cursor, const KafkaOption *option, const char *text, const char *expected)
{
    GString *found = g_string_new(NULL);
    if (cJSON_IsNumber(cursor->node)) {
        reader_found(cursor->node, found);
    } else {
        quote_string(found, text);
    }
    char *message =
        g_strdup_printf("expected %s for %s, found %s", expected, option->name, found->str);
    g_string_free(found, TRUE);
    return message;
}

/* "range" of "org.apache.kafka.clients.consumer.RangeAssignor": written short by everybody. */
static char *short_choice(const char *choice)
{
    static const char ending[] = "Assignor";
    const char *dot = strrchr(choice, '.');
    char *name = g_strdup(dot != NULL ? dot + 1 : choice);
    if (g_str_has_suffix(name, ending)) {
        name[strlen(name) - strlen(ending)] = '\0';
    }
    return name;
}

static bool may_mean(const char *text, const char *choice)
{
    /* Of two letters one may be mistyped; digits are no spelling mistake of others. */
    const size_t limit = g_ascii_isalpha(text[0]) ? MIN(strlen(text) / 2, 2) : 0;
    g_autofree char *lower = g_ascii_strdown(choice, -1);
    g_autofree char *wanted = g_ascii_strdown(text, -1);
    g_autofree char *name = short_choice(choice);
    const bool within = strlen(text) > 3 && strstr(lower, wanted) != NULL;
    return within || (limit > 0 && (quote_distance(text, choice, limit) <= limit ||
                                    quote_distance(text, name, limit) <= limit));
}

/* NULL: none is near. */
static const char *nearest_choice(char *const *choices, const char *text)
{
    for (size_t i = 0; choices[i] != NULL; i++) {
        if (may_mean(text, choices[i])) {
            return choices[i];
        }
    }
    return NULL;
}

/* Each of the list by its nearest choice, as the list would be written; NULL when one has none. */
static char *hint_for_list(const KafkaOption *option, char *const *choices, const char *text)
{
    char expected[1024];
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    g_autoptr(GString) hint = g_string_new("did you mean [");
    for (size_t i = 0; parts[i] != NULL; i++) {
        const char *part = g_strstrip(parts[i]);
        const bool fine = kafka_option_accepts(option, part, expected, sizeof expected);
        const char *meant = fine ? part : nearest_choice(choices, part);
        if (meant == NULL) {
            return NULL;
        }
        g_string_append(hint, i > 0 ? ", " : "");
        quote_string(hint, meant);
    }
    g_string_append(hint, "]?");
    return g_strdup(hint->str);
}

static char *hint_for_choice(const KafkaOption *option, const char *text)
{
    g_auto(GStrv) choices = g_strsplit(option->choices != NULL ? option->choices : "", "|", -1);
    if (option->type == KAFKA_TYPE_LIST && strchr(text, ',') != NULL) {
        return hint_for_list(option, choices, text);
    }
    const char *meant = nearest_choice(choices, text);
    if (meant != NULL) {
        return reader_did_you_mean(meant);
    }
    if (strcmp(option->name, "acks") == 0 && g_ascii_isdigit(text[0])) {
        return g_strdup("\"all\" waits for the replicas in sync; how many there must be is "
                        "min.insync.replicas of the topic");
    }
    return NULL;
}

/* Kafka's options are bare numbers whose unit is in the name: "5s" for linger.ms is 5000. */
static char *hint_for_unit(const KafkaOption *option, const char *text)
{
    static const struct {
        const char *ending; /* of the option's name */
        UnitKind kind;
        int64_t unit;
        const char *counts;
    } rows[] = {{".ms", UNIT_DURATION, SIM_MS(1), "ms"},
                {".seconds", UNIT_DURATION, SIM_SEC(1), "seconds"},
                {".minutes", UNIT_DURATION, SIM_SEC(60), "minutes"},
                {".hours", UNIT_DURATION, SIM_SEC(3600), "hours"},
                {"", UNIT_BYTES, 1, "bytes"}};
    const bool number = option->type == KAFKA_TYPE_INT || option->type == KAFKA_TYPE_LONG;
    for (size_t i = 0; i < G_N_ELEMENTS(rows) && number; i++) {
        int64_t value = 0;
        const char *why = NULL;
        if (g_str_has_suffix(option->name, rows[i].ending) &&
            units_parse(rows[i].kind, text, &value, &why) && value % rows[i].unit == 0) {
            return g_strdup_printf("a number of %s, without the unit: %" G_GINT64_FORMAT,
                                   rows[i].counts,
                                   (gint64)(value / rows[i].unit));
        }
    }
    return NULL;
}

static void
note_option(Reader *reader, const Cursor *cursor, const KafkaOption *option, const char *text)
{
    const char *scope = kafka_scope_name(option->scope);
    if (!option->simulated) {
        g_autofree char *what = g_strdup_printf("%s option %s", scope, option->name);
        reader_not_simulated(reader, cursor, what);
    } else if (kafka_option_is_own_class(option, text)) {
        g_autofree char *what =
            g_strdup_printf("%s option %s with a class that is not Kafka's", scope, option->name);
        reader_not_simulated(reader, cursor, what);
    }
}

bool check_option(Reader *reader,
                  const Cursor *cursor,
                  unsigned scopes,
                  const char *name,
                  const char *text,
                  const char *file,
                  int line)
{
    char expected[1024];
    char *hint = NULL;
    const KafkaOption *option = kafka_option_find(scopes, name);
    bool fine = option != NULL && kafka_option_accepts(option, text, expected, sizeof expected);
    if (option == NULL) {
        GString *quoted = g_string_new(NULL);
        quote_string(quoted, name);
        char *message = g_strdup_printf("unknown %s option %s", scopes_name(scopes), quoted->str);
        hint = hint_for_unknown(reader, scopes, name);
        option_problem(reader, cursor, file, line, hint, message);
        g_string_free(quoted, TRUE);
    } else if (!fine) {
        hint = hint_for_unit(option, text);
        hint = hint == NULL ? hint_for_choice(option, text) : hint;
        option_problem(
            reader, cursor, file, line, hint, wrong_value(cursor, option, text, expected));
    } else {
        note_option(reader, cursor, option, text);
    }
    g_free(hint);
    return fine;
}

static bool check_json_option(Reader *reader, const Cursor *cursor, unsigned scopes)
{
    char *text = config_value_text(cursor->node);
    bool fine = text != NULL;
    if (!fine) {
        GString *found = g_string_new(NULL);
        reader_found(cursor->node, found);
        bool null = cJSON_IsNull(cursor->node);
        reader_problem(reader,
                       PROBLEM_ERROR,
                       cursor,
                       false,
                       null ? "leave the key out to get its default" : NULL,
                       "expected a string, a number, true, false or a list of them, found %s",
                       found->str);
        g_string_free(found, TRUE);
    } else {
        fine = check_option(reader, cursor, scopes, cursor->key, text, NULL, 0);
    }
    g_free(text);
    return fine;
}

bool check_config(Reader *reader, const Cursor *cursor, const Rule *rule)
{
    cJSON *file = cJSON_DetachItemFromObjectCaseSensitive(cursor->node, "@properties");
    if (file != NULL) {
        Cursor child = cursor_member(cursor, file);
        properties_load(reader, cursor, &child, rule);
        cJSON_Delete(file);
    }
    for (cJSON *item = cursor->node->child; item != NULL && !problems_is_full(reader->problems);
         item = item->next) {
        Cursor child = cursor_member(cursor, item);
        if (!check_json_option(reader, &child, rule->scopes)) {
            g_hash_table_add(reader->refused, item);
        }
    }
    return true; /* the config goes on without its refused options */
}

/* --- hardware constants --- */

static const char *group_at(const void *user, size_t index)
{
    (void)user;
    return profile_entry_at(index)->group;
}

static const char *key_at(const void *user, size_t index)
{
    const ProfileEntry *entry = profile_entry_at(index);
    return strcmp(entry->group, user) == 0 ? entry->key : NULL;
}

static bool is_group(const char *name)
{
    for (size_t i = 0; i < profile_entry_count(); i++) {
        if (strcmp(profile_entry_at(i)->group, name) == 0) {
            return true;
        }
    }
    return false;
}

static void check_constant(Reader *reader, const Cursor *cursor, const char *group)
{
    for (size_t i = 0; i < profile_entry_count(); i++) {
        const ProfileEntry *entry = profile_entry_at(i);
        if (strcmp(entry->group, group) == 0 && strcmp(entry->key, cursor->key) == 0) {
            Rule rule = rule_of_profile_entry(entry);
            check_value(reader, cursor, &rule);
            return;
        }
    }
    char *hint = reader_did_you_mean(
        reader_nearest(reader, cursor->key, key_at, group, profile_entry_count()));
    reader_problem(
        reader, PROBLEM_ERROR, cursor, true, hint, "unknown constant of the model of %s", group);
    g_free(hint);
}

bool check_model(Reader *reader, const Cursor *cursor)
{
    for (cJSON *item = cursor->node->child; item != NULL; item = item->next) {
        Cursor group = cursor_member(cursor, item);
        if (!is_group(item->string)) {
            char *hint = reader_did_you_mean(
                reader_nearest(reader, item->string, group_at, NULL, profile_entry_count()));
            reader_problem(reader, PROBLEM_ERROR, &group, true, hint, "unknown part of the model");
            g_free(hint);
        } else if (!cJSON_IsObject(item)) {
            reader_error(reader, &group, "expected an object of constants");
        } else {
            for (cJSON *constant = item->child; constant != NULL; constant = constant->next) {
                Cursor child = cursor_member(&group, constant);
                check_constant(reader, &child, item->string);
            }
        }
    }
    return true;
}
