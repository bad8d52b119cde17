/* build_timeline.c - what happens when. Which keys go with which verb is a table (rules_story.c).
 */
#include "scenarios/runner/reader/reader.h"
#include <string.h>

#define FAULTS_MAX 50000u

/* --- which keys go with which verb --- */

static bool key_belongs(const VerbRule *rule, const char *key)
{
    const char *targets = rule->targets + (rule->targets[0] == '?');
    return strcmp(key, "at") == 0 || strcmp(key, "do") == 0 || key_is_among(targets, key) ||
           key_is_among(rule->required, key) || key_is_among(rule->optional, key) ||
           /* "group" may tell which group a member is of */
           (strcmp(key, "group") == 0 && key_is_among(targets, "member"));
}

static void missing(Reader *reader, const Cursor *at, const char *verb, const char *keys)
{
    char **names = g_strsplit(keys, "|", -1);
    for (size_t i = 0; names[i] != NULL; i++) {
        if (names[i][0] != '\0' && cJSON_GetObjectItemCaseSensitive(at->node, names[i]) == NULL) {
            reader_error(reader, at, "\"%s\" wants \"%s\"", verb, names[i]);
        }
    }
    g_strfreev(names);
}

/* The key that names the target, NULL when there is none; more than one is an error, but for a
 * member with its group. */
static const char *target_key(Reader *reader, const Cursor *at, const VerbRule *rule)
{
    const char *targets = rule->targets + (rule->targets[0] == '?'), *found = NULL;
    for (cJSON *item = at->node->child; item != NULL; item = item->next) {
        if (!key_is_among(targets, item->string)) {
            continue;
        }
        bool both = found != NULL &&
                    (strcmp(found, "member") == 0 || strcmp(found, "group") == 0) &&
                    (strcmp(item->string, "member") == 0 || strcmp(item->string, "group") == 0);
        if (found != NULL && !both) {
            Cursor second = cursor_member(at, item);
            reader_problem(reader, PROBLEM_ERROR, &second, true, NULL, "one event has one target");
        }
        found = both ? "member" : item->string;
    }
    return found;
}

static bool check_keys(Reader *reader, const Cursor *at, const VerbRule *rule)
{
    size_t before = problems_count(reader->problems, PROBLEM_ERROR);
    const char *verb = fault_verb_name(rule->verb);
    for (cJSON *item = at->node->child; item != NULL; item = item->next) {
        Cursor key = cursor_member(at, item);
        if (rule_find(&rules_timeline, item->string) != NULL && !key_belongs(rule, item->string)) {
            bool restarts = strcmp(item->string, "for") == 0 && key_belongs(rule, "restart.after");
            bool ends = strcmp(item->string, "restart.after") == 0 && key_belongs(rule, "for");
            reader_problem(reader,
                           PROBLEM_ERROR,
                           &key,
                           true,
                           restarts ? "what ends is started again after \"restart.after\""
                           : ends   ? "it goes on after \"for\"; --set can give a whole entry"
                                    : NULL,
                           "this means nothing to \"%s\"",
                           verb);
        }
    }
    missing(reader, at, verb, rule->required);
    if (rule->targets[0] != '\0' && rule->targets[0] != '?' &&
        target_key(reader, at, rule) == NULL) {
        char **names = g_strsplit(rule->targets, "|", -1);
        char *list = g_strjoinv("\", \"", names);
        bool one = strchr(rule->targets, '|') == NULL;
        reader_error(reader, at, "\"%s\" wants %s\"%s\"", verb, one ? "" : "one of ", list);
        g_free(list);
        g_strfreev(names);
    }
    return problems_count(reader->problems, PROBLEM_ERROR) == before;
}

/* --- amounts --- */

static GArray *build_side(Reader *reader, const Cursor *list)
{
    GArray *indices = g_array_new(FALSE, FALSE, sizeof(int32_t));
    int index = 0;
    for (cJSON *item = list->node->child; item != NULL; item = item->next) {
        Cursor value = cursor_element(list, item, index++);
        const int32_t controller = find_controller(reader->spec, (int64_t)item->valuedouble);
        const bool is_broker = find_broker(reader->spec, (int64_t)item->valuedouble) != SPEC_NONE;
        int32_t node =
            controller != SPEC_NONE && !is_broker ? ~controller : refer_broker(reader, &value);
        if (node != SPEC_NONE || controller != SPEC_NONE) {
            g_array_append_val(indices, node);
        }
    }
    return indices;
}

static void build_between(Reader *reader, const Cursor *at, FaultSpec *fault)
{
    Cursor between;
    if (!get(reader, at, "between", &between)) {
        return;
    }
    Cursor left = cursor_element(&between, between.node->child, 0);
    Cursor right = cursor_element(&between, between.node->child->next, 1);
    fault->left = build_side(reader, &left);
    fault->right = build_side(reader, &right);
    for (guint i = 0; i < fault->left->len; i++) {
        for (guint k = 0; k < fault->right->len; k++) {
            if (g_array_index(fault->left, int32_t, i) == g_array_index(fault->right, int32_t, k)) {
                reader_error(reader, &between, "a node cannot stand on both sides");
                return;
            }
        }
    }
}

static void build_amounts(Reader *reader, const Cursor *at, FaultSpec *fault)
{
    fault->one_way = get_boolean(reader, at, "one.way", false);
    fault->delay = get_amount(reader, at, "delay", UNIT_DURATION, 0);
    fault->text = g_strdup(get_text(reader, at, "say", NULL));
    double ppm = get_number(reader, at, "factor", get_number(reader, at, "loss", 0)) * 1e6;
    fault->ppm = (int64_t)(ppm + 0.5);
    if (fault->verb == FAULT_SCALE) {
        fault->number = get_integer(reader, at, "members", 0);
    } else if (fault->verb == FAULT_RATE) {
        fault->number = get_amount(reader, at, "rate", UNIT_RATE, 0);
    } else if (fault->verb == FAULT_CLOCK_SKEW) {
        fault->delay = get_amount(reader, at, "by", UNIT_DURATION, 0);
        fault->delay *= get_boolean(reader, at, "behind", false) ? -1 : 1;
    }
    build_between(reader, at, fault);
}

/* --- members that come later --- */

static void grow_group(Reader *reader, const Cursor *at, int32_t index, int64_t members)
{
    GroupSpec *group = g_ptr_array_index(reader->spec->groups, (guint)index);
    int64_t more = members - (int64_t)group->members->len;
    if (more <= 0 || !count_clients(reader, at, more)) {
        return;
    }
    while ((int64_t)group->members->len < members) {
        add_later_member(reader, group);
    }
}

/* Who follows a trace, or sends when answers come, has no rate. */
static bool has_no_rate(Reader *reader, const Cursor *at, const FaultSpec *fault)
{
    if (fault->verb != FAULT_RATE) {
        return false;
    }
    const ProducerSpec *producer = g_ptr_array_index(reader->spec->producers, (guint)fault->index);
    const bool traced = producer->arrival == ARRIVAL_TRACE;
    if (!traced && producer->arrival != ARRIVAL_CLOSED) {
        return false;
    }
    reader_error(reader,
                 at,
                 traced ? "\"%s\" follows a trace: it has no rate to change"
                        : "\"%s\" sends whenever answers allow it: it has no rate to change",
                 producer->name);
    return true;
}

/* Whose positions or members it changes; NULL: no group's. */
static const GroupSpec *group_of(const Reader *reader, const FaultSpec *fault)
{
    return fault->target == TARGET_GROUP || fault->target == TARGET_MEMBER
               ? g_ptr_array_index(reader->spec->groups, (guint)fault->index)
               : NULL;
}

static bool moves_positions(FaultVerb verb)
{
    return verb == FAULT_SEEK || verb == FAULT_PAUSE_PARTITIONS || verb == FAULT_RESUME_PARTITIONS;
}

/* Mirrors: KafkaShareConsumer, which has neither seek() nor pause(). */
static bool is_refused_to_shares(Reader *reader, const Cursor *at, const FaultSpec *fault)
{
    const GroupSpec *group = group_of(reader, fault);
    if (group == NULL || group->kind != GROUP_SHARES || !moves_positions(fault->verb)) {
        return false;
    }
    reader_error(
        reader, at, "\"%s\" is a share group: its consumers have no positions", group->name);
    return true;
}

/* Who does not process records one after the other as an application does. */
static bool cannot_stall(Reader *reader, const Cursor *at, const FaultSpec *fault)
{
    const GroupSpec *group = group_of(reader, fault);
    if (fault->verb != FAULT_STALL || (group->streams == NULL && group->connectors == NULL)) {
        return false;
    }
    reader_error(reader,
                 at,
                 "\"%s\" is %s: only applications that poll by themselves stall here",
                 group->name,
                 group->streams != NULL ? "a Streams application" : "a Connect cluster");
    return true;
}

/* Its instances are written; what they read they decide themselves. */
static bool is_refused_to_streams(Reader *reader, const Cursor *at, const FaultSpec *fault)
{
    const GroupSpec *group = group_of(reader, fault);
    const bool grows =
        fault->verb == FAULT_SCALE || fault->verb == FAULT_JOIN || fault->verb == FAULT_LEAVE;
    if (group == NULL || group->streams == NULL ||
        !(moves_positions(fault->verb) || (grows && fault->target == TARGET_GROUP))) {
        return false;
    }
    reader_error(reader,
                 at,
                 grows ? "name the instance of \"%s\" as \"member\""
                       : "\"%s\" is a Streams application: nobody else moves its positions",
                 group->name);
    return true;
}

/* "scale" and "join" of a group need specs of the members that they bring up. */
static void reserve_members(Reader *reader, const Cursor *at, const FaultSpec *fault)
{
    if (fault->target != TARGET_GROUP) {
        return;
    }
    const GroupSpec *group = g_ptr_array_index(reader->spec->groups, (guint)fault->index);
    if (fault->verb == FAULT_SCALE) {
        grow_group(reader, at, fault->index, fault->number);
    } else if (fault->verb == FAULT_JOIN && group->members->len < 1000) {
        grow_group(reader, at, fault->index, (int64_t)group->members->len + 1);
    }
}

static void build_event(Reader *reader, const Cursor *at)
{
    Cursor when, what;
    if (!get(reader, at, "do", &what) || !cJSON_IsString(what.node)) {
        return;
    }
    const VerbRule *rule = verb_rule((FaultVerb)verb_named(what.node->valuestring));
    if (!check_keys(reader, at, rule) || !get(reader, at, "at", &when)) {
        return;
    }
    FaultSpec *fault = fault_spec_new(rule->verb, get_amount(reader, at, "at", UNIT_DURATION, 0));
    fault->pointer = cursor_pointer(at);
    const char *key = target_key(reader, at, rule);
    bool fine = key == NULL || timeline_target(reader, at, key, fault);
    build_amounts(reader, at, fault);
    g_ptr_array_add(reader->spec->faults, fault);
    if (!fine || has_no_rate(reader, at, fault) || is_refused_to_shares(reader, at, fault) ||
        is_refused_to_streams(reader, at, fault) || cannot_stall(reader, at, fault)) {
        return;
    }
    build_admin(reader, at, fault);
    build_requests(reader, at, fault);
    reserve_members(reader, at, fault);
    timeline_add_endings(reader, at, fault);
    if (fault->at > reader->spec->duration) {
        reader_problem(
            reader, PROBLEM_WARNING, &when, false, NULL, "the run ends before this happens");
    }
    if (!fault_verb_is_simulated(fault->verb)) {
        char *text = g_strdup_printf("timeline verb %s", what.node->valuestring);
        reader_not_simulated(reader, &what, text);
        g_free(text);
    }
}

bool timeline_is_full(const ClusterSpec *spec)
{
    return spec->faults->len > FAULTS_MAX;
}

void timeline_refuse(Reader *reader, const Cursor *at)
{
    reader_error(reader,
                 at,
                 "too many events in all, %u are allowed, written and drawn ones, ends included",
                 FAULTS_MAX);
}

void build_timeline(Reader *reader, const Cursor *root)
{
    Cursor timeline;
    if (!get(reader, root, "timeline", &timeline)) {
        timeline_settle(reader->spec);
        return;
    }
    int index = 0;
    for (cJSON *item = timeline.node->child; item != NULL; item = item->next) {
        Cursor at = cursor_element(&timeline, item, index++);
        build_event(reader, &at);
        if (timeline_is_full(reader->spec)) {
            timeline_refuse(reader, &timeline);
            break;
        }
    }
    timeline_settle(reader->spec);
    check_topic_lives(reader, &timeline);
    foresee(reader, &timeline);
}
