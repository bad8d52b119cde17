/* schema.c - the format as a JSON Schema (draft-07), for editors: printed from the same tables
 * that the checker walks. Definitions are named after the tables' objects. It cannot say what the
 * build checks (references, cross checks); what it refuses, the checker refuses too. */
#include "scenarios/runner/json_writer.h"
#include "scenarios/runner/reader/rules.h"
#include "scenarios/runner/reader/scenario.h"
#include <string.h>

static void write_value_schema(JsonWriter *json, const char *key, const Rule *rule);

/* --- strings --- */

static void write_pattern(JsonWriter *json, const char *pattern)
{
    json_begin_object(json, NULL);
    json_string(json, "type", "string");
    json_string(json, "pattern", pattern);
    json_end_object(json);
}

static void write_amount(JsonWriter *json, UnitKind kind)
{
    GString *pattern = g_string_new("^[0-9]+(\\.[0-9]+)?(");
    units_list(kind, pattern);
    g_string_append(pattern, ")$");
    write_pattern(json, pattern->str);
    g_string_free(pattern, TRUE);
}

static void write_enum(JsonWriter *json, const char *choices)
{
    char **words = g_strsplit(choices, "|", -1);
    json_begin_object(json, NULL);
    json_begin_array(json, "enum");
    for (size_t i = 0; words[i] != NULL; i++) {
        json_string(json, NULL, words[i]);
    }
    json_end_array(json);
    json_end_object(json);
    g_strfreev(words);
}

static void write_metrics(JsonWriter *json)
{
    json_begin_object(json, NULL);
    json_begin_array(json, "enum");
    for (size_t i = 0; i < scenario_metric_count(); i++) {
        json_string(json, NULL, scenario_metric_at(i)->name);
    }
    json_end_array(json);
    json_end_object(json);
}

static void write_strings(JsonWriter *json, const Rule *rule)
{
    static const struct {
        unsigned shape;
        UnitKind kind;
    } amounts[] = {{SHAPE_DURATION, UNIT_DURATION},
                   {SHAPE_BYTES, UNIT_BYTES},
                   {SHAPE_BANDWIDTH, UNIT_BANDWIDTH},
                   {SHAPE_RATE, UNIT_RATE}};
    for (size_t i = 0; i < G_N_ELEMENTS(amounts); i++) {
        if ((rule->shapes & amounts[i].shape) != 0) {
            write_amount(json, amounts[i].kind);
        }
    }
    if ((rule->shapes & SHAPE_TEXT) != 0) {
        json_begin_object(json, NULL);
        json_string(json, "type", "string");
        json_end_object(json);
    }
    if ((rule->shapes & SHAPE_NAME) != 0) {
        write_pattern(json, "^[A-Za-z0-9._-]{1,249}$");
    }
    if ((rule->shapes & SHAPE_SEED) != 0) {
        write_pattern(json, "^[0-9]{1,20}$");
    }
    if ((rule->shapes & SHAPE_SEED_RANGE) != 0) {
        write_pattern(json, "^[0-9]{1,18}\\.\\.[0-9]{1,18}$");
    }
    if ((rule->shapes & SHAPE_WORD) != 0) {
        write_enum(json, rule->choices);
    }
    if ((rule->shapes & SHAPE_METRIC) != 0) {
        write_metrics(json);
    }
}

/* --- numbers, lists, objects --- */

static void write_number(JsonWriter *json, const Rule *rule)
{
    bool seed = (rule->shapes & SHAPE_SEED) != 0;
    if (!seed && (rule->shapes & (SHAPE_INTEGER | SHAPE_NUMBER)) == 0) {
        return;
    }
    json_begin_object(json, NULL);
    json_string(json, "type", (rule->shapes & SHAPE_NUMBER) != 0 ? "number" : "integer");
    if (seed) {
        json_integer(json, "minimum", 0);
        json_integer(json, "maximum", INT64_C(9007199254740992)); /* above it: in quotes */
    } else if (rule->minimum != 0 || rule->maximum != 0) {
        json_integer(json, "minimum", rule->minimum);
        json_integer(json, "maximum", rule->maximum);
    }
    json_end_object(json);
}

static void write_reference(JsonWriter *json, const char *name)
{
    char *path = g_strconcat("#/definitions/", name, NULL);
    json_begin_object(json, NULL);
    json_string(json, "$ref", path);
    json_end_object(json);
    g_free(path);
}

/* Two sets are called "distribution"; the second is of sizes. */
static char *definition_name(const RuleSet *set)
{
    return g_strdup(set == &rules_distribution_bytes ? "distribution.of.bytes" : set->name);
}

static const char *config_name(unsigned scopes)
{
    if ((scopes & (1u << KAFKA_SCOPE_STREAMS)) != 0) {
        return "config.of.streams";
    }
    if ((scopes & (1u << KAFKA_SCOPE_PRODUCER)) != 0) {
        return "config.of.producer";
    }
    if ((scopes & (1u << KAFKA_SCOPE_CONSUMER)) != 0) {
        return "config.of.consumer";
    }
    bool node = (scopes & KAFKA_SCOPES_NODE) != 0;
    bool topic = (scopes & (1u << KAFKA_SCOPE_TOPIC)) != 0;
    return node && topic ? "config.of.node.or.topic" : node ? "config.of.node" : "config.of.topic";
}

static void write_object(JsonWriter *json, const RuleSet *set);

/* Objects of the list of sets are defined once, others (the laws of a distribution) in place. */
static void write_object_of(JsonWriter *json, const RuleSet *set)
{
    for (size_t i = 1; rules_all[i] != NULL; i++) {
        if (rules_all[i] == set) {
            char *name = definition_name(set);
            write_reference(json, name);
            g_free(name);
            return;
        }
    }
    json_begin_object(json, NULL);
    write_object(json, set);
    json_end_object(json);
}

static void write_list(JsonWriter *json, const Rule *rule)
{
    json_begin_object(json, NULL);
    json_string(json, "type", "array");
    json_integer(json, "minItems", rule->minimum);
    json_integer(json, "maxItems", rule->maximum);
    write_value_schema(json, "items", rule->items);
    json_end_object(json);
}

static void write_vary(JsonWriter *json)
{
    json_begin_object(json, NULL);
    json_string(json, "type", "object");
    json_begin_object(json, "additionalProperties");
    json_string(json, "type", "array");
    json_integer(json, "minItems", 1);
    json_end_object(json);
    json_end_object(json);
}

static void write_composites(JsonWriter *json, const Rule *rule)
{
    if ((rule->shapes & SHAPE_OBJECT) != 0) {
        write_object_of(json, rule->object);
    }
    if ((rule->shapes & SHAPE_CONFIG) != 0) {
        write_reference(json, config_name(rule->scopes));
    }
    if ((rule->shapes & SHAPE_MODEL) != 0) {
        write_reference(json, "model");
    }
    if ((rule->shapes & SHAPE_LIST) != 0) {
        write_list(json, rule);
    }
    if ((rule->shapes & SHAPE_VARY) != 0) {
        write_vary(json);
    }
    if ((rule->shapes & SHAPE_BOOLEAN) != 0) {
        json_begin_object(json, NULL);
        json_string(json, "type", "boolean");
        json_end_object(json);
    }
}

static void write_value_schema(JsonWriter *json, const char *key, const Rule *rule)
{
    json_begin_object(json, key);
    if (rule->help != NULL) {
        json_string(json, "description", rule->help);
    }
    if (rule->fallback != NULL) {
        json_raw(json, "default", rule->fallback);
    }
    json_begin_array(json, "anyOf");
    write_number(json, rule);
    write_strings(json, rule);
    write_composites(json, rule);
    json_end_array(json);
    json_end_object(json);
}

static void write_object(JsonWriter *json, const RuleSet *set)
{
    json_string(json, "type", "object");
    json_boolean(json, "additionalProperties", false);
    if (set->one_of) {
        json_integer(json, "minProperties", 1);
        json_integer(json, "maxProperties", 1);
    }
    json_begin_array(json, "required");
    for (size_t i = 0; i < set->count; i++) {
        if (set->rules[i].required) {
            json_string(json, NULL, set->rules[i].key);
        }
    }
    json_end_array(json);
    json_begin_object(json, "properties");
    for (size_t i = 0; i < set->count; i++) {
        write_value_schema(json, set->rules[i].key, &set->rules[i]);
    }
    json_end_object(json);
}

/* --- Kafka's options, hardware constants --- */

static void write_option_type(JsonWriter *json, const KafkaOption *option)
{
    json_begin_array(json, "type");
    json_string(json, NULL, "string"); /* properties files hold only strings */
    switch (option->type) {
    case KAFKA_TYPE_BOOLEAN:
        json_string(json, NULL, "boolean");
        break;
    case KAFKA_TYPE_SHORT:
    case KAFKA_TYPE_INT:
    case KAFKA_TYPE_LONG:
        json_string(json, NULL, "integer");
        break;
    case KAFKA_TYPE_DOUBLE:
        json_string(json, NULL, "number");
        break;
    case KAFKA_TYPE_STRING:
    case KAFKA_TYPE_LIST:
    case KAFKA_TYPE_CLASS:
        json_string(json, NULL, "number");
        json_string(json, NULL, "boolean");
        json_string(json, NULL, "array");
        break;
    }
    json_end_array(json);
}

static void write_option(JsonWriter *json, const KafkaOption *option)
{
    GString *help = g_string_new(option->help);
    g_string_append(help, option->simulated ? "" : " (accepted, not simulated)");
    if (option->default_value != NULL) {
        g_string_append_printf(help, " [default: %s]", option->default_value);
    }
    json_begin_object(json, option->name);
    json_string(json, "description", help->str);
    write_option_type(json, option);
    bool integer = option->type == KAFKA_TYPE_INT || option->type == KAFKA_TYPE_SHORT;
    if (integer) {
        json_integer(json, "minimum", option->minimum);
        json_integer(json, "maximum", option->maximum);
    } else if (option->type == KAFKA_TYPE_LONG && option->minimum != INT64_MIN) {
        json_integer(json, "minimum", option->minimum);
    }
    json_end_object(json);
    g_string_free(help, TRUE);
}

static void write_config(JsonWriter *json, unsigned scopes)
{
    json_begin_object(json, config_name(scopes));
    json_string(json, "type", "object");
    json_boolean(json, "additionalProperties", false);
    json_begin_object(json, "properties");
    json_begin_object(json, "@properties");
    json_string(json, "type", "string");
    json_string(json, "description", "a Java properties file beside the scenario");
    json_end_object(json);
    for (size_t i = 0; i < kafka_option_count(); i++) {
        const KafkaOption *option = kafka_option_at(i);
        if (kafka_option_find(scopes, option->name) == option) {
            write_option(json, option);
        }
    }
    json_end_object(json);
    json_end_object(json);
}

static void write_model_group(JsonWriter *json, const char *group)
{
    json_begin_object(json, group);
    json_string(json, "type", "object");
    json_boolean(json, "additionalProperties", false);
    json_begin_object(json, "properties");
    for (size_t i = 0; i < profile_entry_count(); i++) {
        const ProfileEntry *entry = profile_entry_at(i);
        if (strcmp(entry->group, group) == 0) {
            Rule rule = rule_of_profile_entry(entry);
            write_value_schema(json, entry->key, &rule);
        }
    }
    json_end_object(json);
    json_end_object(json);
}

static bool is_first_of_group(size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(profile_entry_at(i)->group, profile_entry_at(index)->group) == 0) {
            return false;
        }
    }
    return true;
}

static void write_model(JsonWriter *json)
{
    json_begin_object(json, "model");
    json_string(json, "type", "object");
    json_boolean(json, "additionalProperties", false);
    json_begin_object(json, "properties");
    for (size_t i = 0; i < profile_entry_count(); i++) {
        if (is_first_of_group(i)) {
            write_model_group(json, profile_entry_at(i)->group);
        }
    }
    json_end_object(json);
    json_end_object(json);
}

static void write_set(JsonWriter *json, const RuleSet *set)
{
    char *name = definition_name(set);
    json_begin_object(json, name);
    write_object(json, set);
    json_end_object(json);
    g_free(name);
}

static void write_definitions(JsonWriter *json)
{
    json_begin_object(json, "definitions");
    for (size_t i = 1; rules_all[i] != NULL; i++) {
        write_set(json, rules_all[i]);
    }
    write_model(json);
    write_config(json, KAFKA_SCOPES_NODE);
    write_config(json, 1u << KAFKA_SCOPE_TOPIC);
    write_config(json, 1u << KAFKA_SCOPE_PRODUCER);
    write_config(json, 1u << KAFKA_SCOPE_CONSUMER);
    write_config(json, 1u << KAFKA_SCOPE_STREAMS | 1u << KAFKA_SCOPE_CONSUMER);
    write_config(json, KAFKA_SCOPES_NODE | (1u << KAFKA_SCOPE_TOPIC));
    json_end_object(json);
}

void scenario_schema(GString *out)
{
    JsonWriter json;
    json_writer_init(&json, out);
    json_begin_object(&json, NULL);
    json_string(&json, "$schema", "http://json-schema.org/draft-07/schema#");
    json_string(&json, "title", "kafkasim scenario, version 1");
    write_object(&json, &rules_scenario);
    write_definitions(&json);
    json_end_object(&json);
    if (out->len > 0 && out->str[out->len - 1] != '\n') {
        g_string_append_c(out, '\n');
    }
}
