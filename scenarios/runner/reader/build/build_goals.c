/* build_goals.c - what must hold at the end: metrics, where, limits in the metric's unit. */
#include "scenarios/runner/reader/reader.h"
#include <string.h>

static const char *metric_name_at(const void *user, size_t index)
{
    (void)user;
    return scenario_metric_at(index)->name;
}

/* "lag" is what several begin with: "lag.end", "lag.max". */
static char *names_beginning(const char *name)
{
    g_autofree char *beginning = g_strdup_printf("%s.", name);
    g_autoptr(GString) names = g_string_new(NULL);
    for (size_t i = 0; i < scenario_metric_count(); i++) {
        const char *other = scenario_metric_at(i)->name;
        if (g_str_has_prefix(other, beginning)) {
            g_string_append_printf(names, "%s\"%s\"", names->len > 0 ? " or " : "", other);
        }
    }
    return names->len > 0 ? g_strdup_printf("did you mean %s?", names->str) : NULL;
}

char *goal_name_hint(Reader *reader, const char *name)
{
    char *hint = names_beginning(name);
    return hint != NULL ? hint
                        : reader_did_you_mean(reader_nearest(
                              reader, name, metric_name_at, NULL, scenario_metric_count()));
}

static void goal_free(void *data)
{
    Goal *goal = data;
    g_free(goal->where_producer);
    g_free(goal->where_group);
    g_free(goal->where_topic);
    g_free(goal->limit_text);
    g_free(goal->text);
    g_free(goal->pointer);
    g_free(goal);
}

/* --- limits --- */

static const char *unit_expected(GoalUnit unit)
{
    switch (unit) {
    case GOAL_UNIT_COUNT:
        return "a whole number";
    case GOAL_UNIT_NS:
        return units_expected(UNIT_DURATION);
    case GOAL_UNIT_PER_SEC_MILLI:
        return units_expected(UNIT_RATE);
    case GOAL_UNIT_BYTES_PER_SEC:
        return units_expected(UNIT_BANDWIDTH);
    }
    return "";
}

static const UnitKind kinds[] = {
    [GOAL_UNIT_NS] = UNIT_DURATION,
    [GOAL_UNIT_PER_SEC_MILLI] = UNIT_RATE,
    [GOAL_UNIT_BYTES_PER_SEC] = UNIT_BANDWIDTH,
};

/* What was probably meant by a limit that is none; NULL: nobody knows. */
static char *limit_hint(const cJSON *node, const Goal *goal)
{
    if (goal->unit == GOAL_UNIT_COUNT || (!cJSON_IsNumber(node) && !cJSON_IsString(node))) {
        return NULL;
    }
    return units_hint(kinds[goal->unit], goal->limit_text);
}

static bool parse_limit(const cJSON *node, GoalUnit unit, int64_t *ret_limit)
{
    const char *why = NULL;
    if (unit == GOAL_UNIT_COUNT) {
        double value = cJSON_IsNumber(node) ? node->valuedouble : 0.5;
        bool whole = value >= -9e15 && value <= 9e15 && value == (double)(int64_t)value;
        *ret_limit = whole ? (int64_t)value : 0;
        return whole;
    }
    return cJSON_IsString(node) && units_parse(kinds[unit], node->valuestring, ret_limit, &why);
}

static void build_limit(Reader *reader, const Cursor *at, Goal *goal)
{
    static const char *const keys[] = {"max", "min", "equals"};
    bool found = false;
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        Cursor value;
        if (!get(reader, at, keys[i], &value)) {
            continue;
        }
        if (found) {
            reader_problem(reader, PROBLEM_ERROR, &value, true, NULL, "a goal has one limit");
            continue;
        }
        found = true;
        goal->op = (GoalOperator)i;
        goal->limit_text = config_value_text(value.node);
        if (!parse_limit(value.node, goal->unit, &goal->limit)) {
            GString *shown = g_string_new(NULL);
            reader_found(value.node, shown);
            g_autofree char *hint = limit_hint(value.node, goal);
            reader_problem(reader,
                           PROBLEM_ERROR,
                           &value,
                           false,
                           hint,
                           "%s wants %s, found %s",
                           goal->metric,
                           unit_expected(goal->unit),
                           shown->str);
            g_string_free(shown, TRUE);
        }
    }
    bool refused = cJSON_GetObjectItemCaseSensitive(at->node, "max") != NULL ||
                   cJSON_GetObjectItemCaseSensitive(at->node, "min") != NULL ||
                   cJSON_GetObjectItemCaseSensitive(at->node, "equals") != NULL;
    if (!found && !refused) {
        reader_error(reader, at, "a goal wants \"max\", \"min\" or \"equals\"");
    }
}

/* --- where --- */

static void check_where_keys(Reader *reader, const Cursor *where, const ScenarioMetric *metric)
{
    for (cJSON *item = where->node->child; item != NULL; item = item->next) {
        Cursor key = cursor_member(where, item);
        if (rule_find(&rules_where, item->string) == NULL ||
            key_is_among(metric->where, item->string)) {
            continue;
        }
        char **keys = g_strsplit(metric->where, "|", -1);
        char *list = g_strjoinv("\", \"", keys);
        char *hint = metric->where[0] == '\0' ? g_strdup("it is of the whole cluster")
                                              : g_strdup_printf("it takes \"%s\"", list);
        reader_problem(reader,
                       PROBLEM_ERROR,
                       &key,
                       true,
                       hint,
                       "%s cannot be narrowed down to a %s",
                       metric->name,
                       item->string);
        g_free(hint);
        g_free(list);
        g_strfreev(keys);
    }
}

static void check_partition(Reader *reader, const Cursor *where, Goal *goal, int32_t topic)
{
    Cursor child;
    goal->where_partition = (int32_t)get_integer(reader, where, "partition", SPEC_NONE);
    if (goal->where_partition == SPEC_NONE || !get(reader, where, "partition", &child)) {
        return;
    }
    if (goal->where_topic == NULL) {
        reader_error(reader, &child, "say of which \"topic\"");
        return;
    }
    const TopicSpec *spec =
        topic == SPEC_NONE ? NULL : g_ptr_array_index(reader->spec->topics, (guint)topic);
    if (spec != NULL && goal->where_partition >= spec->partitions_max) {
        reader_error(reader,
                     &child,
                     "topic \"%s\" has partitions 0..%d",
                     spec->name,
                     spec->partitions_max - 1);
    }
}

static void build_where(Reader *reader, const Cursor *at, Goal *goal, const ScenarioMetric *metric)
{
    Cursor where;
    goal->where_partition = SPEC_NONE;
    if (!get(reader, at, "where", &where)) {
        return;
    }
    check_where_keys(reader, &where, metric);
    goal->where_producer = g_strdup(get_text(reader, &where, "producer", NULL));
    goal->where_group = g_strdup(get_text(reader, &where, "group", NULL));
    goal->where_topic = g_strdup(get_text(reader, &where, "topic", NULL));
    refer_producer(reader, &where, "producer");
    refer_group(reader, &where, "group");
    check_partition(reader, &where, goal, refer_topic(reader, &where, "topic"));
}

/* --- during --- */

static SimTime moment(const cJSON *node)
{
    int64_t value = 0;
    const char *why = NULL;
    units_parse(UNIT_DURATION, node->valuestring, &value, &why);
    return value;
}

static void build_during(Reader *reader, const Cursor *at, Goal *goal, const ScenarioMetric *metric)
{
    Cursor during;
    if (!get(reader, at, "during", &during)) {
        return;
    }
    goal->has_during = true;
    goal->from = moment(during.node->child);
    goal->to = moment(during.node->child->next);
    if (!metric->during) {
        reader_problem(reader,
                       PROBLEM_ERROR,
                       &during,
                       true,
                       NULL,
                       "%s is of the whole run and takes no \"during\"",
                       metric->name);
    } else if (goal->to <= goal->from) {
        reader_error(reader, &during, "the window must end after it begins");
    } else if (goal->to > reader->spec->duration) {
        reader_problem(
            reader, PROBLEM_WARNING, &during, false, NULL, "the run ends before this window does");
    }
}

/* --- one line of text --- */

static void append_pair(GString *out, size_t before, const char *key, const char *value)
{
    if (value != NULL) {
        g_string_append_printf(out, "%s%s=%s", out->len > before ? "," : "", key, value);
    }
}

static char *describe(const Cursor *at, const Goal *goal)
{
    static const char *const operators[] = {"<=", ">=", "="};
    GString *out = g_string_new(goal->metric);
    g_string_append(out, " {");
    size_t before = out->len;
    append_pair(out, before, "producer", goal->where_producer);
    append_pair(out, before, "group", goal->where_group);
    append_pair(out, before, "topic", goal->where_topic);
    if (goal->where_partition != SPEC_NONE) {
        g_string_append_printf(
            out, "%spartition=%d", out->len > before ? "," : "", goal->where_partition);
    }
    if (out->len > before) {
        g_string_append_c(out, '}');
    } else {
        g_string_truncate(out, before - 2);
    }
    g_string_append_printf(
        out, " %s %s", operators[goal->op], goal->limit_text != NULL ? goal->limit_text : "?");
    const cJSON *during = cJSON_GetObjectItemCaseSensitive(at->node, "during");
    if (goal->has_during) {
        const char *from = during->child->valuestring, *to = during->child->next->valuestring;
        g_string_append_printf(out, " in %s..%s", from, to);
    }
    return g_string_free(out, FALSE);
}

static void build_goal(Reader *reader, const Cursor *at, const ScenarioMetric *metric)
{
    Goal *goal = g_new0(Goal, 1);
    goal->metric = metric->name;
    goal->unit = metric->unit;
    build_where(reader, at, goal, metric);
    build_limit(reader, at, goal);
    build_during(reader, at, goal, metric);
    goal->text = describe(at, goal);
    goal->pointer = cursor_pointer(at);
    g_ptr_array_add(reader->scenario->goals, goal);
}

void build_goals(Reader *reader, const Cursor *root)
{
    Cursor goals;
    int index = 0;
    g_ptr_array_set_free_func(reader->scenario->goals, goal_free);
    if (!get(reader, root, "goals", &goals)) {
        return;
    }
    for (cJSON *item = goals.node->child; item != NULL; item = item->next) {
        Cursor at = cursor_element(&goals, item, index++);
        const char *name = get_text(reader, &at, "metric", NULL);
        const ScenarioMetric *metric = name == NULL ? NULL : scenario_metric_find(name);
        if (metric != NULL) {
            build_goal(reader, &at, metric);
        }
    }
}
