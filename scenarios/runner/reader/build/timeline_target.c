/* timeline_target.c - what an event of the timeline happens to. */
#include "scenarios/runner/reader/reader.h"
#include <string.h>

/* A Streams instance goes by the name of its first thread; the others have no life of their own. */
static bool is_thread(Reader *reader, const Cursor *at, const GroupSpec *group, int32_t m)
{
    Cursor value;
    const MemberSpec *member = g_ptr_array_index(group->members, (guint)m);
    if (group->streams == NULL || member->process == m || !get(reader, at, "member", &value)) {
        return false;
    }
    const MemberSpec *first = g_ptr_array_index(group->members, (guint)member->process);
    reader_error(reader, &value, "\"%s\" is a thread of \"%s\"", member->name, first->name);
    return true;
}

static const char *member_at(const void *user, size_t index)
{
    return ((const MemberSpec *)((const GPtrArray *)user)->pdata[index])->name;
}

/* Tells the members that there are: of one group, or of all. */
static void no_member(Reader *reader, const Cursor *value, const char *name, const char *within)
{
    g_autoptr(GPtrArray) members = g_ptr_array_new();
    for (guint g = 0; g < reader->spec->groups->len; g++) {
        const GroupSpec *group = g_ptr_array_index(reader->spec->groups, g);
        for (guint m = 0; m < group->members->len; m++) {
            if (within == NULL || strcmp(within, group->name) == 0) {
                g_ptr_array_add(members, group->members->pdata[m]);
            }
        }
    }
    /* Numbered siblings are all near: a guess alone would be none. */
    g_autofree char *hint = refer_names(member_at, members, members->len);
    reader_problem(reader, PROBLEM_ERROR, value, false, hint, "there is no member \"%s\"", name);
}

static bool target_member(Reader *reader, const Cursor *at, FaultSpec *fault)
{
    Cursor value;
    const char *name = get_text(reader, at, "member", "");
    const char *within = get_text(reader, at, "group", NULL);
    for (guint g = 0; g < reader->spec->groups->len; g++) {
        const GroupSpec *group = g_ptr_array_index(reader->spec->groups, g);
        for (guint m = 0; m < group->members->len; m++) {
            const MemberSpec *member = g_ptr_array_index(group->members, m);
            if (strcmp(member->name, name) == 0 &&
                (within == NULL || strcmp(within, group->name) == 0)) {
                fault->target = TARGET_MEMBER;
                fault->index = (int32_t)g;
                fault->member = (int32_t)m;
                return !is_thread(reader, at, group, (int32_t)m);
            }
        }
    }
    if (!reader->groups_broken && get(reader, at, "member", &value)) {
        no_member(reader, &value, name, within);
    }
    return false;
}

static bool target_controller(Reader *reader, const Cursor *at, FaultSpec *fault)
{
    Cursor value;
    if (!get(reader, at, "controller", &value)) {
        return false;
    }
    if (cJSON_IsString(value.node)) {
        fault->target = TARGET_ACTIVE_CONTROLLER;
        fault->index = 0;
        return true;
    }
    fault->target = TARGET_CONTROLLER;
    fault->index = find_controller(reader->spec, (int64_t)value.node->valuedouble);
    static const char active[] = "write \"controller\": \"active\", or name a broker";
    if (!reader->cluster_broken && other_era_refuses(reader, &value, active)) {
        return false;
    }
    if (fault->index == SPEC_NONE && !reader->cluster_broken) {
        const ControllerSpec *first = reader->spec->controllers->len > 0
                                          ? g_ptr_array_index(reader->spec->controllers, 0)
                                          : NULL;
        char *hint = first == NULL ? NULL : g_strdup_printf("the first is %d", first->id);
        reader_problem(reader,
                       PROBLEM_ERROR,
                       &value,
                       false,
                       hint,
                       "there is no controller %d",
                       (int)value.node->valuedouble);
        g_free(hint);
    }
    return fault->index != SPEC_NONE;
}

static bool target_leader(Reader *reader, const Cursor *at, FaultSpec *fault)
{
    Cursor leader, child;
    if (!get(reader, at, "leader", &leader)) {
        return false;
    }
    fault->target = TARGET_LEADER;
    fault->topic = refer_topic(reader, &leader, "topic");
    fault->partition = (int32_t)get_integer(reader, &leader, "partition", 0);
    if (fault->topic == SPEC_NONE) {
        return false;
    }
    const TopicSpec *topic = g_ptr_array_index(reader->spec->topics, (guint)fault->topic);
    if (fault->partition >= topic->partitions_max && get(reader, &leader, "partition", &child)) {
        reader_error(reader,
                     &child,
                     "topic \"%s\" has partitions 0..%d",
                     topic->name,
                     topic->partitions_max - 1);
        return false;
    }
    return true;
}

static bool rack_exists(const ClusterSpec *spec, const char *rack)
{
    bool found = false;
    for (guint i = 0; i < spec->hosts->len; i++) {
        found = found || strcmp(((HostSpec *)g_ptr_array_index(spec->hosts, i))->rack, rack) == 0;
    }
    return found;
}

static bool target_rack(Reader *reader, const Cursor *at, FaultSpec *fault)
{
    Cursor value;
    if (!get(reader, at, "rack", &value)) {
        return false;
    }
    fault->target = TARGET_RACK;
    fault->rack = g_strdup(value.node->valuestring);
    if (!rack_exists(reader->spec, fault->rack) && !reader->cluster_broken) {
        reader_error(reader, &value, "there is no rack \"%s\"", fault->rack);
        return false;
    }
    return true;
}

bool timeline_target(Reader *reader, const Cursor *at, const char *key, FaultSpec *fault)
{
    Cursor value;
    if (strcmp(key, "broker") == 0) {
        fault->target = TARGET_BROKER;
        fault->index = get(reader, at, key, &value) ? refer_broker(reader, &value) : SPEC_NONE;
    } else if (strcmp(key, "host") == 0) {
        fault->target = TARGET_HOST;
        fault->index = get_host(reader, at);
    } else if (strcmp(key, "producer") == 0) {
        fault->target = TARGET_PRODUCER;
        fault->index = refer_producer(reader, at, key);
    } else if (strcmp(key, "group") == 0) {
        fault->target = TARGET_GROUP;
        fault->index = refer_group(reader, at, key);
    } else if (strcmp(key, "topic") == 0) {
        fault->topic = refer_topic(reader, at, key);
        return fault->topic != SPEC_NONE;
    } else {
        return strcmp(key, "controller") == 0 ? target_controller(reader, at, fault)
               : strcmp(key, "leader") == 0   ? target_leader(reader, at, fault)
               : strcmp(key, "rack") == 0     ? target_rack(reader, at, fault)
                                              : target_member(reader, at, fault);
    }
    return fault->index != SPEC_NONE;
}
