/* check_consumer_group.c - the coordinator's side of KIP-848: heartbeats, epochs, targets by the
 * real assignor, answers and timers of one group, operation by operation. */
#include "models/group/modern/modern_heartbeat.h"
#include "tests/vectors/clients/modern_vectors.h"
#include <stdlib.h>
#include <string.h>

#define SESSION_MS 45000

typedef struct ArmedTimer {
    char member_id[MEMBER_ID_BYTES];
    ModernTimerKind kind;
    SimTime due;
    int64_t order;
    int32_t epoch;
} ArmedTimer;

typedef struct GroupUnderTest {
    ModernHost host;
    ModernOptions options;
    ModernGroup *group;
    SimTime now;
    int64_t order;
    GArray *timers; /* of ArmedTimer */
    int32_t partitions[8];
    int32_t last_target_epoch;
} GroupUnderTest;

static AssignorTopic topic_of(void *owner, int32_t topic)
{
    static const char *const names[] = {"t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7"};
    const GroupUnderTest *self = owner;
    return (AssignorTopic){
        .name = names[topic],
        .first_partition = topic * PARTITIONS_PER_TOPIC,
        .partitions = self->partitions[topic],
        .id = {.high = 0x4000, .low = topic + 1},
    };
}

static void cancel(void *owner, ModernGroup *group, const char *member_id, ModernTimerKind kind)
{
    GroupUnderTest *self = owner;
    (void)group;
    for (guint i = self->timers->len; i > 0; i--) {
        const ArmedTimer *timer = &g_array_index(self->timers, ArmedTimer, i - 1);
        if (timer->kind == kind && strcmp(timer->member_id, member_id) == 0) {
            g_array_remove_index(self->timers, i - 1);
        }
    }
}

static void schedule(void *owner,
                     ModernGroup *group,
                     const char *member_id,
                     ModernTimerKind kind,
                     SimDuration delay,
                     int32_t epoch)
{
    GroupUnderTest *self = owner;
    cancel(owner, group, member_id, kind);
    ArmedTimer timer = {
        .kind = kind, .due = self->now + delay, .order = self->order++, .epoch = epoch};
    g_strlcpy(timer.member_id, member_id, sizeof timer.member_id);
    g_array_append_val(self->timers, timer);
}

/* Fires what is due until then, in order; each as "session-timeout-g-m0 1047152". */
static void fire_until(GroupUnderTest *self, SimTime until, GString *fired)
{
    for (;;) {
        const ArmedTimer *first = NULL;
        guint at = 0;
        for (guint i = 0; i < self->timers->len; i++) {
            const ArmedTimer *timer = &g_array_index(self->timers, ArmedTimer, i);
            const bool earlier = first == NULL || timer->due < first->due ||
                                 (timer->due == first->due && timer->order < first->order);
            if (timer->due <= until && earlier) {
                first = timer;
                at = i;
            }
        }
        if (first == NULL) {
            break;
        }
        const ArmedTimer timer = *first;
        g_array_remove_index(self->timers, at);
        self->now = MAX(self->now, timer.due);
        g_string_append_printf(fired,
                               "%s%s-timeout-g-%s %" G_GINT64_FORMAT,
                               fired->len > 0 ? ", " : "",
                               timer.kind == MODERN_TIMER_SESSION ? "session" : "rebalance",
                               timer.member_id,
                               (gint64)(timer.due / SIM_MS(1)));
        modern_group_on_timer(self->group, timer.member_id, timer.kind, timer.epoch);
    }
    self->now = until;
}

static bool same_fired(const cJSON *op, const GString *got, GString *why)
{
    g_autoptr(GString) expected = g_string_new(NULL);
    const cJSON *timer;
    cJSON_ArrayForEach(timer, cJSON_GetObjectItemCaseSensitive(op, "fired"))
    {
        g_string_append_printf(expected,
                               "%s%s %.0f",
                               expected->len > 0 ? ", " : "",
                               cJSON_GetArrayItem(timer, 0)->valuestring,
                               cJSON_GetArrayItem(timer, 1)->valuedouble);
    }
    return vector_same_text(why, "timers", expected->str, got->str);
}

static const char *exception_of(KafkaError error)
{
    switch ((int)error) {
    case KAFKA_NONE:
        return NULL;
    case KAFKA_UNKNOWN_MEMBER_ID:
        return "UnknownMemberIdException";
    case KAFKA_FENCED_MEMBER_EPOCH:
        return "FencedMemberEpochException";
    case KAFKA_UNRELEASED_INSTANCE_ID:
        return "UnreleasedInstanceIdException";
    case KAFKA_FENCED_INSTANCE_ID:
        return "FencedInstanceIdException";
    case KAFKA_INVALID_REQUEST:
        return "InvalidRequestException";
    case KAFKA_UNSUPPORTED_ASSIGNOR:
        return "UnsupportedAssignorException";
    default:
        return kafka_error_name(error);
    }
}

/* ["t0","t2"] as topic indices. */
static PartitionSet *read_topics(const cJSON *names)
{
    int32_t topics[8];
    int32_t count = 0;
    const cJSON *name;
    cJSON_ArrayForEach(name, names)
    {
        topics[count++] = (int32_t)atoi(name->valuestring + 1);
    }
    return partition_set_new(topics, count);
}

static bool same_response(const cJSON *expected,
                          KafkaError error,
                          const ModernHeartbeatAnswer *answer,
                          GString *why)
{
    if (!vector_same_text(why, "error", vector_text(expected, "error"), exception_of(error))) {
        return false;
    }
    if (error != KAFKA_NONE) {
        return true;
    }
    const bool is_sent = vector_is_set(expected, "assignment");
    return vector_same_integer(why,
                               "member epoch",
                               vector_integer(expected, "memberEpoch", -9),
                               answer->member_epoch) &&
           vector_same_integer(why, "assignment sent", is_sent, answer->assignment != NULL) &&
           (!is_sent ||
            modern_vector_same_set(why,
                                   "assignment",
                                   cJSON_GetObjectItemCaseSensitive(expected, "assignment"),
                                   answer->assignment));
}

static bool do_heartbeat(GroupUnderTest *self, const cJSON *op, const char *assignor, GString *why)
{
    const cJSON *request = cJSON_GetObjectItemCaseSensitive(op, "request");
    const int32_t epoch = (int32_t)vector_integer(request, "epoch", -9);
    g_autoptr(PartitionSet) owned = NULL;
    g_autoptr(PartitionSet) topics = NULL;
    if (vector_is_set(request, "owned")) {
        owned = modern_vector_set(cJSON_GetObjectItemCaseSensitive(request, "owned"));
    }
    if (vector_is_set(request, "subscribed")) {
        topics = read_topics(cJSON_GetObjectItemCaseSensitive(request, "subscribed"));
    }
    const ModernHeartbeat heartbeat = {
        .member_id = vector_text(request, "member"),
        .member_epoch = epoch,
        .group_instance_id = vector_text(request, "instance"),
        .rebalance_timeout_ns = epoch == 0 ? SIM_MS(30000) : -1,
        .server_assignor = epoch == 0 ? assignor : NULL,
        .topics = topics,
        .owned = owned,
    };
    ModernHeartbeatAnswer answer;
    KafkaError error = modern_heartbeat_validate(MODERN_GROUP_CONSUMER, &self->options, &heartbeat);
    if (error == KAFKA_NONE) {
        error = modern_group_heartbeat(self->group, &heartbeat, &answer);
    }
    return same_response(cJSON_GetObjectItemCaseSensitive(op, "response"), error, &answer, why);
}

/* [state, epoch, previousEpoch, assigned, pendingRevocation] */
static bool same_member(const ModernGroup *group, const cJSON *expected, GString *why)
{
    const ModernMember *member = modern_group_member(group, expected->string);
    if (member == NULL) {
        g_string_append_printf(why, "member %s: not there", expected->string);
        return false;
    }
    const CurrentAssignment *current = &member->current;
    g_autofree char *what = g_strdup_printf("%s previous epoch", member->id);
    return vector_same_text(why,
                            member->id,
                            cJSON_GetArrayItem(expected, 0)->valuestring,
                            modern_member_state_name(current->state)) &&
           vector_same_integer(why,
                               member->id,
                               (int64_t)cJSON_GetArrayItem(expected, 1)->valuedouble,
                               current->epoch) &&
           vector_same_integer(why,
                               what,
                               (int64_t)cJSON_GetArrayItem(expected, 2)->valuedouble,
                               current->previous_epoch) &&
           modern_vector_same_set(
               why, member->id, cJSON_GetArrayItem(expected, 3), current->assigned) &&
           modern_vector_same_set(
               why, member->id, cJSON_GetArrayItem(expected, 4), current->pending_revocation);
}

static bool same_targets(const ModernGroup *group, const cJSON *expected, GString *why)
{
    const cJSON *target;
    cJSON_ArrayForEach(target, expected)
    {
        g_autofree char *what = g_strdup_printf("target of %s", target->string);
        const ModernMember *member = modern_group_member(group, target->string);
        if (member == NULL || !modern_vector_same_set(why, what, target, member->target)) {
            return false;
        }
    }
    return true;
}

static bool same_group(GroupUnderTest *self, const cJSON *expected, GString *why)
{
    const ModernGroup *group = self->group;
    if (!cJSON_IsObject(expected)) {
        return vector_same_integer(why, "members", 0, group->members->len);
    }
    const cJSON *members = cJSON_GetObjectItemCaseSensitive(expected, "members");
    bool same =
        vector_same_integer(why, "epoch", vector_integer(expected, "epoch", -9), group->epoch) &&
        vector_same_integer(why,
                            "target epoch",
                            vector_integer(expected, "targetEpoch", -9),
                            group->target_epoch) &&
        vector_same_text(why, "state", vector_text(expected, "state"), modern_group_state(group)) &&
        vector_same_integer(
            why, "members", cJSON_GetArraySize(members), (int64_t)group->members->len) &&
        same_targets(group, cJSON_GetObjectItemCaseSensitive(expected, "target"), why);
    const cJSON *member;
    cJSON_ArrayForEach(member, members)
    {
        same = same && same_member(group, member, why);
    }
    return same;
}

static bool do_op(GroupUnderTest *self, const cJSON *op, const char *assignor, GString *why)
{
    const char *name = vector_text(op, "op");
    const bool is_timers = strcmp(name, "timers") == 0;
    g_autoptr(GString) fired = g_string_new(NULL);
    fire_until(self, vector_integer(op, "t", 0) * SIM_MS(1), fired);
    bool same = same_fired(op, fired, why);
    if (strcmp(name, "addPartitions") == 0) {
        const int32_t topic = (int32_t)atoi(vector_text(op, "topic") + 1);
        self->partitions[topic] = (int32_t)vector_integer(op, "partitions", 0);
        self->group->metadata_refresh |= modern_group_is_subscribed(self->group, topic);
    } else if (!is_timers) {
        same = same && do_heartbeat(self, op, assignor, why);
    }
    return same && same_group(self, cJSON_GetObjectItemCaseSensitive(op, "group"), why);
}

/* What was written, replayed into a second group, must give the same group (fail-over). */
static bool same_after_replay(const ModernGroup *group, GString *why)
{
    const ModernHost host = {.topic = topic_of, .owner = NULL};
    ModernGroup *copy = modern_group_new("g", MODERN_GROUP_CONSUMER, &host, group->options);
    for (guint i = 0; i < group->made->len; i++) {
        modern_group_replay(copy, g_ptr_array_index(group->made, i));
    }
    bool same = vector_same_integer(why, "epoch after replay", group->epoch, copy->epoch) &&
                vector_same_text(
                    why, "state after replay", modern_group_state(group), modern_group_state(copy));
    for (guint i = 0; same && i < group->members->len; i++) {
        const ModernMember *member = g_ptr_array_index(group->members, i);
        const ModernMember *twin = modern_group_member(copy, member->id);
        same = twin != NULL && current_assignment_equal(&member->current, &twin->current) &&
               partition_set_equal(member->target, twin->target) &&
               member_subscription_equal(&member->subscription, &twin->subscription);
        if (!same) {
            g_string_append_printf(why, "%s differs after replay", member->id);
        }
    }
    modern_group_free(copy);
    return same;
}

bool check_consumer_group(const cJSON *vector, GString *why)
{
    static const char *const assignors[] = {"uniform", "range", NULL};
    GroupUnderTest self = {
        .options = {.session_timeout_ns = SIM_MS(SESSION_MS),
                    .heartbeat_interval_ns = SIM_MS(5000),
                    .max_size = INT32_MAX,
                    .assignors = assignors},
        .timers = g_array_new(FALSE, FALSE, sizeof(ArmedTimer)),
    };
    self.host =
        (ModernHost){.owner = &self, .topic = topic_of, .schedule = schedule, .cancel = cancel};
    self.group = modern_group_new("g", MODERN_GROUP_CONSUMER, &self.host, &self.options);
    const char *assignor = vector_text(vector, "assignor");
    assignor = strcmp(assignor, "range") == 0 ? assignor : NULL;
    const cJSON *item;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(vector, "topics"))
    {
        self.partitions[atoi(item->string + 1)] = (int32_t)item->valuedouble;
    }
    bool same = true;
    int index = 0;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(vector, "ops"))
    {
        same = do_op(&self, item, assignor, why);
        if (!same) {
            g_string_append_printf(why, " (op %d, %s)", index, vector_text(item, "op"));
            break;
        }
        index++;
    }
    same = same && same_after_replay(self.group, why);
    modern_group_free(self.group);
    g_array_free(self.timers, TRUE);
    return same;
}
