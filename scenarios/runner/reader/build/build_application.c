/* build_application.c - what a group's application does with its records, and what the timeline
 * makes it call: seek, pause, resume. */
#include "scenarios/runner/reader/reader.h"
#include <string.h>

static RecordPick build_pick(Reader *reader, const Cursor *at)
{
    Cursor child;
    const bool every = get(reader, at, "every", &child);
    if (get(reader, at, "offset", &child) ? every : !every) {
        reader_error(reader, at, "which records? give \"every\" or \"offset\"");
    }
    return (RecordPick){.every = get_integer(reader, at, "every", 0),
                        .offset = get_integer(reader, at, "offset", -1),
                        .partition = (int32_t)get_integer(reader, at, "partition", -1)};
}

static void build_poison(Reader *reader, const Cursor *at, GroupSpec *group)
{
    Cursor topic, end;
    ApplicationSpec *application = &group->application;
    const char *then = get_text(reader, at, "then", "skip");
    const bool has_topic = get(reader, at, "topic", &topic);
    application->poison = build_pick(reader, at);
    application->retries = get_integer(reader, at, "retries", 0);
    application->retry_backoff = get_amount(reader, at, "backoff", UNIT_DURATION, 0);
    application->poison_end = strcmp(then, "stop") == 0          ? POISON_STOP
                              : strcmp(then, "dead.letter") == 0 ? POISON_DEAD_LETTER
                              : strcmp(then, "reject") == 0      ? POISON_REJECT
                                                                 : POISON_SKIP;
    if (application->poison_end == POISON_REJECT && !group->share_explicit &&
        get(reader, at, "then", &end)) {
        reader_error(reader, &end, "only a group with \"share\": \"explicit\" rejects records");
    }
    if (application->poison_end == POISON_DEAD_LETTER && !has_topic) {
        reader_error(reader, at, "\"dead.letter\" wants the \"topic\" where these records go");
    } else if (application->poison_end != POISON_DEAD_LETTER && has_topic) {
        reader_error(reader, &topic, "only \"then\": \"dead.letter\" writes to a topic");
    } else if (has_topic) {
        application->dead_letter_topic = refer_topic(reader, at, "topic");
    }
}

static void build_process(Reader *reader, const Cursor *at, GroupSpec *group)
{
    Cursor process, part;
    if (!get(reader, at, "process", &process) || !cJSON_IsObject(process.node)) {
        return;
    }
    group->process_record =
        get_distribution(reader, &process, "per.record", UNIT_DURATION, group->process_record);
    group->process_poll =
        get_distribution(reader, &process, "per.poll", UNIT_DURATION, group->process_poll);
    if (get(reader, &process, "slow", &part) && cJSON_IsObject(part.node)) {
        group->application.slow = build_pick(reader, &part);
        group->application.slow_time =
            get_distribution(reader, &part, "time", UNIT_DURATION, group->application.slow_time);
    }
    if (get(reader, &process, "poison", &part) && cJSON_IsObject(part.node)) {
        build_poison(reader, &part, group);
    }
}

static Distribution *own_time(Reader *reader, const Cursor *at, const char *key)
{
    Cursor child;
    if (!get(reader, at, key, &child)) {
        return NULL;
    }
    Distribution *time = g_new(Distribution, 1);
    *time = get_distribution(reader, at, key, UNIT_DURATION, distribution_constant(0));
    return time;
}

void build_member_process(Reader *reader, const Cursor *at, MemberSpec *member)
{
    Cursor process;
    if (get(reader, at, "process", &process) && cJSON_IsObject(process.node)) {
        member->process_record = own_time(reader, &process, "per.record");
        member->process_poll = own_time(reader, &process, "per.poll");
    }
}

static void build_commit(Reader *reader, const Cursor *at, GroupSpec *group)
{
    Cursor commit, every, child;
    ApplicationSpec *application = &group->application;
    if (!get(reader, at, "commit", &commit) || !cJSON_IsObject(commit.node)) {
        return;
    }
    application->commit = strcmp(get_text(reader, &commit, "call", "sync"), "async") == 0
                              ? COMMIT_ASYNC
                              : COMMIT_SYNC;
    application->commit_before =
        strcmp(get_text(reader, &commit, "when", ""), "before.processing") == 0;
    application->commit_on_revoke = get_boolean(reader, &commit, "on.revoke", false);
    application->commit_interval = get_amount(reader, &commit, "interval", UNIT_DURATION, 0);
    if (get(reader, &commit, "every", &every)) {
        application->commit_records = cJSON_IsNumber(every.node) ? (int64_t)every.node->valuedouble
                                      : strcmp(every.node->valuestring, "record") == 0 ? 1
                                                                                       : 0;
    }
    if (application->commit_records > 0 && get(reader, &commit, "interval", &child)) {
        reader_error(
            reader, &child, "\"every\" counts records already; an interval goes with polls");
    }
}

static void build_assign(Reader *reader, const Cursor *at, GroupSpec *group)
{
    Cursor assign, commit;
    if (!get(reader, at, "assign", &assign)) {
        return;
    }
    const bool with = strcmp(assign.node->valuestring, "with.group.id") == 0;
    group->kind = with ? GROUP_ASSIGNS : GROUP_ASSIGNS_ALONE;
    if (!with && get(reader, at, "commit", &commit)) {
        reader_error(reader, &commit, "without group.id nothing can be committed");
    }
}

/* Auto commit and commits of its own: an application does one or the other. */
static void check_auto_commit(Reader *reader, const Cursor *at, GroupSpec *group)
{
    Cursor config, option;
    if (group->application.commit == COMMIT_BY_CLIENT) {
        return;
    }
    if (get(reader, at, "config", &config) && get(reader, &config, "enable.auto.commit", &option) &&
        kafka_config_boolean(group->config, "enable.auto.commit")) {
        reader_error(reader, &option, "the application commits itself, see \"commit\"");
    }
    kafka_config_set(group->config, "enable.auto.commit", "false");
}

void build_application(Reader *reader, const Cursor *at, GroupSpec *group)
{
    Cursor config;
    build_commit(reader, at, group);
    build_assign(reader, at, group);
    build_share(reader, at, group);
    build_process(reader, at, group);
    check_auto_commit(reader, at, group);
    if (get(reader, at, "config", &config)) {
        check_share_config(reader, &config, group);
    }
}

void build_member_partitions(Reader *reader, const Cursor *at, GroupSpec *group, MemberSpec *member)
{
    Cursor list;
    if (!get(reader, at, "partitions", &list)) {
        return;
    }
    member->partitions = get_ids(&list);
    if (group->kind == GROUP_SUBSCRIBES) {
        reader_error(reader, &list, "its partitions are the group's to assign, unless \"assign\"");
    }
    for (guint t = 0; t < group->topics->len; t++) {
        const TopicSpec *topic = g_ptr_array_index(reader->spec->topics,
                                                   (guint)g_array_index(group->topics, int32_t, t));
        for (guint i = 0; i < member->partitions->len; i++) {
            if (g_array_index(member->partitions, int32_t, i) >= topic->partitions_max) {
                reader_error(reader,
                             &list,
                             "topic \"%s\" has partitions 0..%d",
                             topic->name,
                             topic->partitions_max - 1);
                return;
            }
        }
    }
}

/* ---- The timeline. */
static void build_place(Reader *reader, const Cursor *at, FaultSpec *fault)
{
    Cursor child;
    if (get(reader, at, "topic", &child)) {
        fault->topic = refer_topic(reader, at, "topic");
    }
    if (!get(reader, at, "partition", &child)) {
        return;
    }
    fault->partition = (int32_t)get_integer(reader, at, "partition", 0);
    if (fault->topic == SPEC_NONE) {
        reader_error(reader, &child, "of which \"topic\"?");
        return;
    }
    const TopicSpec *topic = g_ptr_array_index(reader->spec->topics, (guint)fault->topic);
    if (fault->partition >= topic->partitions_max) {
        reader_error(reader,
                     &child,
                     "topic \"%s\" has partitions 0..%d",
                     topic->name,
                     topic->partitions_max - 1);
    }
}

void build_requests(Reader *reader, const Cursor *at, FaultSpec *fault)
{
    Cursor to, offset, time;
    if (fault->verb != FAULT_SEEK && fault->verb != FAULT_PAUSE_PARTITIONS &&
        fault->verb != FAULT_RESUME_PARTITIONS) {
        return;
    }
    build_place(reader, at, fault);
    const bool has_to = get(reader, at, "to", &to);
    const bool has_offset = get(reader, at, "offset", &offset);
    const bool has_time = get(reader, at, "timestamp", &time);
    if (fault->verb == FAULT_SEEK && (int)has_to + (int)has_offset + (int)has_time != 1) {
        reader_error(reader, at, "where to? give one of \"to\", \"offset\", \"timestamp\"");
    }
    fault->seek = has_time ? SEEK_TIME : SEEK_OFFSET;
    fault->number = has_time ? get_amount(reader, at, "timestamp", UNIT_DURATION, 0)
                             : get_integer(reader, at, "offset", 0);
    if (has_to) {
        fault->seek = strcmp(to.node->valuestring, "end") == 0 ? SEEK_END : SEEK_BEGINNING;
    }
}
