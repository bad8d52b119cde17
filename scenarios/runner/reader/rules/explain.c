/* explain.c - what a word means: a Kafka option, a key of the format, a metric, a verb of the
 * timeline, a hardware constant. */
#include "scenarios/runner/reader/rules.h"
#include "scenarios/runner/reader/scenario.h"
#include "scenarios/runner/reader/text/quote.h"
#include <string.h>

static void explain_option(const KafkaOption *option, GString *out)
{
    char expected[1024];
    g_string_append_printf(out,
                           "%s  (Kafka %s option, %s%s%s)\n  %s\n",
                           option->name,
                           kafka_scope_name(option->scope),
                           kafka_type_name(option->type),
                           option->unit[0] != '\0' ? ", " : "",
                           option->unit,
                           option->help);
    g_string_append_printf(out,
                           "  default in Kafka 4.1: %s\n",
                           option->default_value == NULL      ? "none"
                           : option->default_value[0] == '\0' ? "empty"
                                                              : option->default_value);
    /* A text that is no value of any type with choices or a range tells what is. */
    if (!kafka_option_accepts(option, "\x01", expected, sizeof expected)) {
        g_string_append_printf(out, "  takes: %s\n", expected);
    }
    g_string_append(out,
                    option->simulated ? "  simulated: yes\n"
                                      : "  simulated: no; accepted, and listed in the results\n");
}

static bool explain_options(const char *key, GString *out)
{
    bool found = false;
    for (size_t i = 0; i < kafka_option_count(); i++) {
        if (strcmp(kafka_option_at(i)->name, key) == 0) {
            explain_option(kafka_option_at(i), out);
            found = true;
        }
    }
    return found;
}

static void append_default(const Rule *rule, const char *before, GString *out)
{
    if (rule->fallback != NULL) {
        g_string_append_printf(out, "%sdefault: %s\n", before, rule->fallback);
    } else if (rule->required) {
        g_string_append_printf(out, "%smust be there\n", before);
    }
}

/* Of an object, or of each in a list: what each key takes and means. */
static void append_inner_keys(const Rule *rule, GString *out)
{
    const RuleSet *inner =
        rule->object == NULL && rule->items != NULL ? rule->items->object : rule->object;
    if (inner == NULL || inner == &rules_distribution_ns || inner == &rules_distribution_bytes) {
        return;
    }
    for (size_t i = 0; i < inner->count; i++) {
        const Rule *key = &inner->rules[i];
        g_string_append(out, i == 0 ? "  keys inside:\n" : "");
        g_string_append_printf(out, "    %s: %s\n      takes: ", key->key, key->help);
        rule_expected(key, out);
        g_string_append_c(out, '\n');
        append_default(key, "      ", out);
    }
}

static bool explain_rules(const char *key, GString *out)
{
    bool found = false;
    for (size_t i = 0; rules_all[i] != NULL; i++) {
        const Rule *rule = rule_find(rules_all[i], key);
        if (rule == NULL || rules_all[i] == &rules_distribution_bytes) { /* as that of times */
            continue;
        }
        found = true;
        g_string_append_printf(
            out, "%s  (key of %s)\n  %s\n  takes: ", key, rules_all[i]->name, rule->help);
        rule_expected(rule, out);
        g_string_append(out, "\n");
        append_default(rule, "  ", out);
        append_inner_keys(rule, out);
    }
    return found;
}

static const char *metric_unit(GoalUnit unit)
{
    static const char *const names[] = {"a number", "a duration", "a rate", "a bandwidth"};
    return names[unit];
}

static bool explain_metric(const char *key, GString *out)
{
    const ScenarioMetric *metric = scenario_metric_find(key);
    if (metric == NULL) {
        return false;
    }
    g_string_append_printf(
        out, "%s  (metric, %s)\n  %s\n", metric->name, metric_unit(metric->unit), metric->help);
    if (metric->where[0] != '\0') {
        char **keys = g_strsplit(metric->where, "|", -1);
        char *list = g_strjoinv(", ", keys);
        g_string_append_printf(out, "  \"where\" may name: %s\n", list);
        g_free(list);
        g_strfreev(keys);
    }
    g_string_append(
        out,
        metric->during ? "  may be of a part of the run: \"during\": [\"58s\", \"60s\"]\n" : "");
    return true;
}

static void append_keys(GString *out, const char *what, const char *keys)
{
    if (keys[0] != '\0') {
        char **names = g_strsplit(keys, "|", -1);
        char *list = g_strjoinv(", ", names);
        g_string_append_printf(out, "  %s: %s\n", what, list);
        g_free(list);
        g_strfreev(names);
    }
}

static bool explain_verb(const char *key, GString *out)
{
    int verb = verb_named(key);
    if (verb < 0) {
        return false;
    }
    const VerbRule *rule = verb_rule((FaultVerb)verb);
    g_string_append_printf(out, "%s  (verb of the timeline)\n  %s\n", key, rule->help);
    append_keys(out, "happens to one of", rule->targets + (rule->targets[0] == '?'));
    append_keys(out, "wants", rule->required);
    append_keys(out, "takes", rule->optional);
    g_string_append(out,
                    fault_verb_is_simulated(rule->verb)
                        ? "  simulated: yes\n"
                        : "  simulated: no; accepted, and listed in the results\n");
    return true;
}

static bool explain_constant(const char *key, GString *out)
{
    bool found = false;
    for (size_t i = 0; i < profile_entry_count(); i++) {
        const ProfileEntry *entry = profile_entry_at(i);
        char *full = g_strconcat(entry->group, ".", entry->key, NULL);
        if (strcmp(full, key) == 0 || strcmp(entry->key, key) == 0) {
            g_string_append_printf(out,
                                   "%s  (hardware constant, cluster.model.%s)\n  %s\n"
                                   "  source of the default: %s\n",
                                   full,
                                   entry->group,
                                   entry->help,
                                   entry->source);
            found = true;
        }
        g_free(full);
    }
    return found;
}

/* --- all words --- */

static int compare_words(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Sorted, with doubles; owns its strings. */
static GPtrArray *all_words(void)
{
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
    for (size_t i = 0; i < kafka_option_count(); i++) {
        g_ptr_array_add(words, g_strdup(kafka_option_at(i)->name));
    }
    for (size_t i = 0; rules_all[i] != NULL; i++) {
        for (size_t k = 0; k < rules_all[i]->count; k++) {
            g_ptr_array_add(words, g_strdup(rules_all[i]->rules[k].key));
        }
    }
    for (size_t i = 0; i < scenario_metric_count(); i++) {
        g_ptr_array_add(words, g_strdup(scenario_metric_at(i)->name));
    }
    for (int verb = 0; verb < FAULT_VERB_COUNT; verb++) {
        g_ptr_array_add(words, g_strdup(fault_verb_name((FaultVerb)verb)));
    }
    for (size_t i = 0; i < profile_entry_count(); i++) {
        const ProfileEntry *entry = profile_entry_at(i);
        g_ptr_array_add(words, g_strconcat(entry->group, ".", entry->key, NULL));
    }
    g_ptr_array_sort(words, compare_words);
    return words;
}

void scenario_each_key(void (*visit)(void *user, const char *key), void *user)
{
    GPtrArray *words = all_words();
    for (guint i = 0; i < words->len; i++) {
        const char *word = g_ptr_array_index(words, i);
        if (i == 0 || strcmp(word, g_ptr_array_index(words, i - 1)) != 0) {
            visit(user, word);
        }
    }
    g_ptr_array_unref(words);
}

/* Near misses: mistyped words, then words that hold this one. */
static void suggest(const char *key, GString *out)
{
    GPtrArray *words = all_words();
    GString *near = g_string_new(NULL);
    const char *last = "";
    size_t shown = 0, limit = MAX(strlen(key) / 3, 1);
    for (guint i = 0; i < words->len && shown < 8; i++) {
        const char *word = g_ptr_array_index(words, i);
        bool alike = quote_distance(key, word, MIN(limit, 4)) != SIZE_MAX ||
                     (strlen(key) > 2 && strstr(word, key) != NULL);
        if (alike && strcmp(word, last) != 0) {
            g_string_append_printf(near, "  %s\n", word);
            shown++;
        }
        last = word;
    }
    g_string_append(out, "there is no key ");
    quote_string(out, key);
    g_string_append_printf(out, "%s%s", shown > 0 ? "; did you mean:\n" : "\n", near->str);
    g_string_free(near, TRUE);
    g_ptr_array_unref(words);
}

bool scenario_explain(const char *key, GString *out)
{
    bool found = explain_options(key, out);
    found = explain_rules(key, out) || found;
    found = explain_metric(key, out) || found;
    found = explain_verb(key, out) || found;
    found = explain_constant(key, out) || found;
    if (!found) {
        suggest(key, out);
    }
    return found;
}
