/* build_pattern.c - "topics.matching": a group's subscription by regular expression.
 *
 * Which topics may come is known from the scenario, so those that match are found here, once. */
#include "models/protocol/topic_pattern.h"
#include "scenarios/runner/reader/reader.h"
#include <string.h>

/* Steps of matching that a scenario may cost: about a second. */
#define MATCHING_MAX INT64_C(200000000)

static bool is_affordable(Reader *reader, const Cursor *at, const TopicPattern *pattern)
{
    for (guint t = 0; t < reader->spec->topics->len; t++) {
        const TopicSpec *topic = reader->spec->topics->pdata[t];
        reader->matching += (int64_t)strlen(topic->name) * topic_pattern_states(pattern);
    }
    if (reader->matching > MATCHING_MAX) {
        reader_error(reader, at, "too many groups with expressions too large for so many topics");
        return false;
    }
    return true;
}

static void find_topics(const Reader *reader, const TopicPattern *pattern, GroupSpec *group)
{
    for (guint t = 0; t < reader->spec->topics->len; t++) {
        const TopicSpec *topic = reader->spec->topics->pdata[t];
        const int32_t index = (int32_t)t;
        if (topic_pattern_matches(pattern, topic->name)) {
            g_array_append_val(group->topics, index);
        }
    }
}

void build_pattern(Reader *reader, const Cursor *at, GroupSpec *group)
{
    Cursor value;
    TopicPatternProblem problem;
    if (!get(reader, at, "topics.matching", &value)) {
        return;
    }
    group->pattern = g_strdup(value.node->valuestring);
    group->is_pattern_clients = strcmp(get_text(reader, at, "matched.by", ""), "client") == 0;
    TopicPattern *pattern = topic_pattern_new(group->pattern, &problem);
    if (pattern == NULL) {
        reader_error(reader, &value, "character %zu: %s", problem.at + 1, problem.what);
    } else if (is_affordable(reader, &value, pattern)) {
        find_topics(reader, pattern, group);
        if (group->topics->len == 0 && !reader->topics_broken) {
            reader_error(reader, &value, "no topic matches, not even one that comes later");
        }
    }
    topic_pattern_free(pattern);
}

/* The coordinator leaves no internal topic out, the client does unless it is told otherwise. What
 * a consumer makes of their records is not simulated. */
static void check_internal(Reader *reader, const Cursor *value, const char *text)
{
    static const char *const internal[] = {
        "__consumer_offsets", "__transaction_state", "__share_group_state"};
    TopicPatternProblem problem;
    TopicPattern *pattern = topic_pattern_new(text, &problem);
    for (size_t i = 0; pattern != NULL && i < G_N_ELEMENTS(internal); i++) {
        if (topic_pattern_matches(pattern, internal[i])) {
            reader_problem(reader,
                           PROBLEM_ERROR,
                           value,
                           false,
                           "write [^_].* for .*, or let the client match, which leaves them out",
                           "it matches the internal topic %s, which is not simulated",
                           internal[i]);
            break;
        }
    }
    topic_pattern_free(pattern);
}

static bool is_coordinators(const GroupSpec *group, const KafkaConfig *config)
{
    return !group->is_pattern_clients &&
           strcmp(kafka_config_text(config, "group.protocol"), "consumer") == 0;
}

static bool is_with_internal(const GroupSpec *group, const KafkaConfig *config)
{
    return is_coordinators(group, config) ||
           !kafka_config_boolean(config, "exclude.internal.topics");
}

/* Members that the timeline adds have the group's options. */
static void check_members(Reader *reader, const Cursor *at, const GroupSpec *group)
{
    Cursor value;
    bool by_coordinator = is_coordinators(group, group->config);
    bool with_internal = is_with_internal(group, group->config);
    for (guint i = 0; i < group->members->len; i++) {
        const MemberSpec *member = group->members->pdata[i];
        by_coordinator = by_coordinator || is_coordinators(group, member->config);
        with_internal = with_internal || is_with_internal(group, member->config);
    }
    if (strcmp(get_text(reader, at, "matched.by", ""), "coordinator") == 0 && !by_coordinator &&
        get(reader, at, "matched.by", &value)) {
        reader_error(reader, &value, "only with group.protocol=consumer");
    }
    if (with_internal && get(reader, at, "topics.matching", &value)) {
        check_internal(reader, &value, group->pattern);
    }
}

/* A value that was refused already is told of once. */
static bool is_refused(const Reader *reader, const Cursor *at, const char *key)
{
    Cursor value;
    return cJSON_GetObjectItemCaseSensitive(at->node, key) != NULL && !get(reader, at, key, &value);
}

void check_pattern(Reader *reader, const Cursor *at, const GroupSpec *group)
{
    Cursor names, pattern, by;
    const bool has_names = get(reader, at, "topics", &names);
    const bool has_pattern = get(reader, at, "topics.matching", &pattern);
    if (is_refused(reader, at, "topics") || is_refused(reader, at, "topics.matching")) {
        return;
    }
    if (has_names && has_pattern) {
        reader_error(reader, &pattern, "the group has \"topics\" already");
    } else if (!has_names && !has_pattern) {
        reader_error(reader, at, "what does it read? give \"topics\" or \"topics.matching\"");
    } else if (!has_pattern && get(reader, at, "matched.by", &by)) {
        reader_error(reader, &by, "it goes with \"topics.matching\"");
    } else if (has_pattern && group->kind != GROUP_SUBSCRIBES) {
        reader_error(reader,
                     &pattern,
                     "%s takes topics by name",
                     group->kind == GROUP_SHARES ? "a share group" : "assign()");
    } else if (has_pattern) {
        check_members(reader, at, group);
    }
}
