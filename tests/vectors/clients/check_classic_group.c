/* check_classic_group.c - a classic group step by step: answers, timers, and the group afterwards.
 *
 * The very coordinator, in a broker that is a fake: what it appends is committed at once. As in the
 * recording a new member's id was given out before, without the timer of MEMBER_ID_REQUIRED, and
 * the assignment of member mK in generation G is the one number 1000 G + K. */
#include "models/group/coordinator_internal.h"
#include "tests/vectors/vectors.h"
#include <stdlib.h>
#include <string.h>

#define GROUP_NAME    "g"
#define TIMER_OF_TEST 1
#define TIME_ZERO_MS  1000000 /* of the recording's clock */

typedef struct Classic {
    Actor actor; /* first */
    Sim *sim;
    Timer alarm; /* moves the clock */
    GroupCoordinator *coordinator;
    CoordinatorRecords *records;
    ClassicGroup *group;
    GPtrArray *names;     /* of char*: ids and protocol lists that requests borrow */
    GPtrArray *completed; /* of char*: "m0 join NONE ..." */
    GString *fired;       /* "join-g 1000175 " */
    KafkaError error;     /* of the last heartbeat or leave */
} Classic;

static int64_t clock_ms(const Classic *self)
{
    return TIME_ZERO_MS + sim_now(self->sim) / SIM_MS(1);
}

static char *timer_name(const GroupTimer *timer)
{
    switch (timer->kind) {
    case GROUP_TIMER_SESSION:
        return g_strdup_printf("heartbeat-g-%s", ((const ClassicMember *)timer->subject)->id);
    case GROUP_TIMER_PENDING:
        return g_strdup_printf("heartbeat-g-%s", ((const PendingMember *)timer->subject)->id);
    case GROUP_TIMER_JOIN:
        return g_strdup("join-g");
    case GROUP_TIMER_SYNC:
        return g_strdup("sync-g");
    case GROUP_TIMER_EXPIRY:
    case GROUP_TIMER_LINGER:
    case GROUP_TIMER_WRITE:
    case GROUP_TIMER_MODERN:
    case GROUP_TIMER_REGEX:
    case GROUP_TIMER_PERSISTER:
        break;
    }
    return g_strdup("?");
}

static void on_start(Actor *actor)
{
    (void)actor;
}

static void on_timer(Actor *actor, Timer *timer)
{
    Classic *self = (Classic *)actor;
    if (timer == &self->alarm) {
        return;
    }
    g_autofree char *name = timer_name(timer->owner);
    const char *separator = self->fired->len > 0 ? "; " : "";
    g_string_append_printf(self->fired, "%s%s %ld", separator, name, (long)clock_ms(self));
    (void)group_coordinator_on_timer(self->coordinator, timer);
}

static const ActorClass classic_class = {
    .name = "fake broker", .on_start = on_start, .on_timer = on_timer};

static void append(void *owner, int32_t partition, int32_t bytes, uint32_t payload, uint64_t token)
{
    Classic *self = owner;
    (void)partition;
    (void)bytes;
    (void)payload;
    group_coordinator_on_append(self->coordinator, token, KAFKA_NONE);
}

static gint compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted, in one line. */
static char *in_order(GPtrArray *lines)
{
    g_ptr_array_sort(lines, compare_texts);
    g_ptr_array_add(lines, NULL);
    return g_strjoinv("; ", (char **)lines->pdata);
}

static void on_joined(Classic *self, const char *member, const JoinGroupResponse *response)
{
    GString *line = g_string_new("");
    g_string_append_printf(line,
                           "%s join %s %d %s %s",
                           member,
                           kafka_error_name(response->error),
                           response->generation_id,
                           response->protocol != NULL ? response->protocol : "",
                           response->leader);
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    for (int32_t i = 0; i < response->member_count; i++) {
        g_ptr_array_add(ids, g_strdup(response->members[i].member_id));
    }
    g_autofree char *members = in_order(ids);
    g_string_append_printf(line, " %s", members);
    g_ptr_array_add(self->completed, g_string_free(line, FALSE));
}

static void respond(void *owner, RequestHeader *request, ResponseHeader *response)
{
    Classic *self = owner;
    switch (request->base.type) {
    case KAFKA_JOIN_GROUP:
        on_joined(self, request->client_id, (const JoinGroupResponse *)response);
        break;
    case KAFKA_SYNC_GROUP: {
        const SyncGroupResponse *sync = (const SyncGroupResponse *)response;
        g_ptr_array_add(self->completed,
                        g_strdup_printf("%s sync %s %d",
                                        request->client_id,
                                        kafka_error_name(sync->error),
                                        sync->count > 0 ? sync->partitions[0] : -1));
        break;
    }
    default:
        self->error = ((const HeartbeatResponse *)response)->error;
        break;
    }
    message_free(self->sim, &request->base);
    message_free(self->sim, &response->base);
}

static int32_t offsets_partition(void *owner, int32_t i)
{
    (void)owner;
    return i;
}

static int32_t offsets_count(void *owner)
{
    (void)owner;
    return 1;
}

static Classic *classic_new(SimDuration initial_delay)
{
    Classic *self = g_new0(Classic, 1);
    self->sim = sim_new(1, NULL);
    actor_init(&self->actor, &classic_class, self->sim, "broker-1", 0);
    (void)actor_start(&self->actor);
    timer_init(&self->alarm, TIMER_OF_TEST, self);
    self->records = coordinator_records_new();
    self->names = g_ptr_array_new_with_free_func(g_free);
    self->completed = g_ptr_array_new_with_free_func(g_free);
    self->fired = g_string_new("");
    const CoordinatorHost host = {
        .owner = self,
        .actor = &self->actor,
        .append = append,
        .respond = respond,
        .offsets_partition = offsets_partition,
        .offsets_partition_count = offsets_count,
    };
    const CoordinatorOptions options = {
        .initial_rebalance_delay_ns = initial_delay,
        .session_timeout_ns_min = SIM_SEC(6),
        .session_timeout_ns_max = SIM_SEC(1800),
        .group_max_size = INT32_MAX,
        .offset_commit_timeout_ns = SIM_SEC(5),
        .timer_kind = TIMER_OF_TEST,
    };
    self->coordinator = group_coordinator_new(&host, &options, self->records);
    group_coordinator_on_elected(self->coordinator, 0);
    group_coordinator_on_loaded(self->coordinator, 0);
    self->group = group_coordinator_add_group(
        self->coordinator, g_ptr_array_index(self->coordinator->shards, 0), GROUP_NAME);
    return self;
}

static void classic_free(Classic *self)
{
    group_coordinator_free(self->coordinator);
    coordinator_records_free(self->records);
    sim_free(self->sim);
    actor_clear(&self->actor);
    g_ptr_array_free(self->names, TRUE);
    g_ptr_array_free(self->completed, TRUE);
    g_string_free(self->fired, TRUE);
    g_free(self);
}

static const char *borrow(Classic *self, const char *text)
{
    char *copy = g_strdup(text);
    g_ptr_array_add(self->names, copy);
    return copy;
}

static const char *const *borrow_protocols(Classic *self, const cJSON *listed)
{
    const char **protocols = g_new0(const char *, (gsize)cJSON_GetArraySize(listed) + 1);
    g_ptr_array_add(self->names, (gpointer)(guintptr)protocols);
    int count = 0;
    const cJSON *name;
    cJSON_ArrayForEach(name, listed)
    {
        protocols[count++] = borrow(self, name->valuestring);
    }
    return protocols;
}

static void *request_new(Classic *self, const cJSON *op, size_t bytes, uint16_t api)
{
    RequestHeader *request = message_new(self->sim, bytes, api);
    request->client_id = borrow(self, vector_text(op, "member"));
    return request;
}

static void join(Classic *self, const cJSON *op, bool is_new)
{
    const char *member = vector_text(op, "member");
    if (is_new) {
        PendingMember *pending = g_new0(PendingMember, 1);
        g_strlcpy(pending->id, member, sizeof pending->id);
        group_timer_init(
            &pending->session, TIMER_OF_TEST, GROUP_TIMER_PENDING, self->group, pending);
        g_ptr_array_add(self->group->pending, pending);
    }
    JoinGroupRequest *request =
        request_new(self, op, KAFKA_MESSAGE_BYTES(JoinGroupRequest, items, 0), KAFKA_JOIN_GROUP);
    request->group_id = GROUP_NAME;
    g_strlcpy(request->member_id, member, sizeof request->member_id);
    request->session_timeout_ns = SIM_SEC(10);
    request->rebalance_timeout_ns = SIM_MS(vector_integer(op, "rebalanceTimeoutMs", 0));
    request->protocols = borrow_protocols(self, cJSON_GetObjectItemCaseSensitive(op, "protocols"));
    request->generation = -1;
    group_coordinator_handle(self->coordinator, &request->header);
}

static int32_t assignment_of(int64_t generation, const char *member)
{
    return (int32_t)(generation * 1000 + atoi(member + 1));
}

/* A leader gives every member of the group its number. */
static void sync(Classic *self, const cJSON *op)
{
    const int64_t generation = vector_integer(op, "generation", -1);
    const bool leads = vector_boolean(op, "withAssignments");
    const int32_t count = leads ? (int32_t)self->group->members->len : 0;
    SyncGroupRequest *request = sync_group_request_new(self->sim, count, count);
    request->header.client_id = borrow(self, vector_text(op, "member"));
    request->group_id = GROUP_NAME;
    request->generation_id = (int32_t)generation;
    g_strlcpy(request->member_id, vector_text(op, "member"), sizeof request->member_id);
    for (int32_t i = 0; i < count; i++) {
        const ClassicMember *member = g_ptr_array_index(self->group->members, (guint)i);
        SyncAssignment *entry = &request->assignments[i];
        g_strlcpy(entry->member_id, member->id, sizeof entry->member_id);
        entry->first_item = i;
        entry->count = 1;
        sync_group_request_items(request)[i] = assignment_of(generation, member->id);
    }
    group_coordinator_handle(self->coordinator, &request->header);
}

static void beat(Classic *self, const cJSON *op)
{
    HeartbeatRequest *request = request_new(self, op, sizeof(HeartbeatRequest), KAFKA_HEARTBEAT);
    request->group_id = GROUP_NAME;
    request->generation_id = (int32_t)vector_integer(op, "generation", -1);
    g_strlcpy(request->member_id, vector_text(op, "member"), sizeof request->member_id);
    group_coordinator_handle(self->coordinator, &request->header);
}

static void leave(Classic *self, const cJSON *op)
{
    LeaveGroupRequest *request =
        request_new(self, op, sizeof(LeaveGroupRequest), KAFKA_LEAVE_GROUP);
    request->group_id = GROUP_NAME;
    g_strlcpy(request->member_id, vector_text(op, "member"), sizeof request->member_id);
    group_coordinator_handle(self->coordinator, &request->header);
}

/* "UnknownMemberIdException" is UNKNOWN_MEMBER_ID. */
static const char *wanted_error(const cJSON *op)
{
    const cJSON *errors = cJSON_GetObjectItemCaseSensitive(op, "memberErrors");
    const char *exception = vector_text(op, "exception");
    if (exception == NULL) {
        return errors != NULL ? cJSON_GetArrayItem(errors, 0)->valuestring
                              : vector_text(op, "error");
    }
    return strcmp(exception, "UnknownMemberIdException") == 0     ? "UNKNOWN_MEMBER_ID"
           : strcmp(exception, "IllegalGenerationException") == 0 ? "ILLEGAL_GENERATION"
                                                                  : exception;
}

static void apply(Classic *self, const cJSON *op)
{
    const char *what = vector_text(op, "op");
    if (g_str_has_prefix(what, "join") || strcmp(what, "rejoin") == 0) {
        join(self, op, what[0] == 'j');
    } else if (strcmp(what, "sync") == 0) {
        sync(self, op);
    } else if (strcmp(what, "heartbeat") == 0) {
        beat(self, op);
    } else if (strcmp(what, "leave") == 0) {
        leave(self, op);
    }
}

static char *names_text(const cJSON *object)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const cJSON *name;
    cJSON_ArrayForEach(name, cJSON_GetObjectItemCaseSensitive(object, "members"))
    {
        g_ptr_array_add(names, g_strdup(name->valuestring));
    }
    return in_order(names);
}

static char *wanted_answer(const char *member, const cJSON *answer)
{
    GString *line = g_string_new("");
    const char *assignment = vector_text(answer, "assignment");
    if (assignment != NULL) { /* "a1m0" or "" */
        char *after = NULL;
        const bool is_empty = assignment[0] == '\0';
        const int64_t generation = is_empty ? 0 : strtol(assignment + 1, &after, 10);
        g_string_append_printf(line,
                               "%s sync %s %d",
                               member,
                               vector_text(answer, "sync"),
                               is_empty ? -1 : assignment_of(generation, after));
        return g_string_free(line, FALSE);
    }
    const char *protocol = vector_text(answer, "protocol");
    const char *leader = vector_text(answer, "leader");
    g_string_append_printf(line,
                           "%s join %s %d %s %s",
                           member,
                           vector_text(answer, "join"),
                           (int)vector_integer(answer, "generation", -1),
                           protocol != NULL ? protocol : "",
                           leader != NULL ? leader : "");
    g_autofree char *members = names_text(answer);
    g_string_append_printf(line, " %s", members);
    return g_string_free(line, FALSE);
}

static bool same_answers(Classic *self, const cJSON *op, GString *why)
{
    g_autoptr(GPtrArray) wanted = g_ptr_array_new_with_free_func(g_free);
    const cJSON *answer;
    cJSON_ArrayForEach(answer, cJSON_GetObjectItemCaseSensitive(op, "completed"))
    {
        g_auto(GStrv) words = g_strsplit(answer->string, " ", 2);
        g_ptr_array_add(wanted, wanted_answer(words[0], answer));
    }
    g_autofree char *expected = in_order(wanted);
    g_autofree char *got = in_order(self->completed);
    g_ptr_array_set_size(self->completed, 0);
    return vector_same_text(why, "answers", expected, got);
}

static void add_due(GPtrArray *dues, const GroupTimer *timer)
{
    if (timer_is_armed(&timer->timer)) {
        g_autofree char *name = timer_name(timer);
        const long at = (long)(TIME_ZERO_MS + timer->timer.deadline / SIM_MS(1));
        g_ptr_array_add(dues, g_strdup_printf("%s %ld", name, at));
    }
}

static char *timers_text(const ClassicGroup *group)
{
    g_autoptr(GPtrArray) dues = g_ptr_array_new_with_free_func(g_free);
    add_due(dues, &group->join_timer);
    add_due(dues, &group->sync_timer);
    for (guint i = 0; i < group->members->len; i++) {
        add_due(dues, &((ClassicMember *)g_ptr_array_index(group->members, i))->session);
    }
    for (guint i = 0; i < group->pending->len; i++) {
        add_due(dues, &((PendingMember *)g_ptr_array_index(group->pending, i))->session);
    }
    return in_order(dues);
}

/* [["join-g", 1003000], ...] */
static GPtrArray *wanted_timers(const cJSON *listed)
{
    GPtrArray *wanted = g_ptr_array_new_with_free_func(g_free);
    const cJSON *entry;
    cJSON_ArrayForEach(entry, listed)
    {
        g_ptr_array_add(wanted,
                        g_strdup_printf("%s %ld",
                                        cJSON_GetArrayItem(entry, 0)->valuestring,
                                        (long)cJSON_GetArrayItem(entry, 1)->valuedouble));
    }
    return wanted;
}

static char *members_text(const ClassicGroup *group)
{
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < group->members->len; i++) {
        g_ptr_array_add(
            ids, g_strdup(((const ClassicMember *)g_ptr_array_index(group->members, i))->id));
    }
    return in_order(ids);
}

static int32_t waiting(const ClassicGroup *group)
{
    int32_t count = 0;
    for (guint i = 0; i < group->members->len; i++) {
        const ClassicMember *member = g_ptr_array_index(group->members, i);
        count += member->awaiting_join != NULL ? 1 : 0;
    }
    return count;
}

static bool same_group(const Classic *self, const cJSON *wanted, GString *why)
{
    const ClassicGroup *group = self->group;
    g_autofree char *wanted_ids = names_text(wanted);
    g_autofree char *members = members_text(group);
    g_autofree char *due = timers_text(group);
    g_autoptr(GPtrArray) timers = wanted_timers(cJSON_GetObjectItemCaseSensitive(wanted, "timers"));
    g_autofree char *wanted_due = in_order(timers);
    const char *leader = group->leader[0] != '\0' ? group->leader : NULL;
    return vector_same_text(
               why, "state", vector_text(wanted, "state"), state_name(&group->state)) &&
           vector_same_integer(
               why, "generation", vector_integer(wanted, "generation", -9), group->generation) &&
           vector_same_text(why, "leader", vector_text(wanted, "leader"), leader) &&
           vector_same_text(why, "protocol", vector_text(wanted, "protocol"), group->protocol) &&
           vector_same_text(why, "members", wanted_ids, members) &&
           vector_same_integer(
               why, "awaiting join", vector_integer(wanted, "awaitingJoin", -9), waiting(group)) &&
           vector_same_text(why, "timers", wanted_due, due);
}

static bool check_op(Classic *self, const cJSON *op, GString *why)
{
    g_string_truncate(self->fired, 0);
    self->error = KAFKA_NONE;
    const SimTime at = SIM_MS(vector_integer(op, "t", 0) - TIME_ZERO_MS);
    actor_arm_at(&self->actor, &self->alarm, at);
    kernel_run(self->sim->kernel, at);
    apply(self, op);
    const char *error = wanted_error(op);
    g_autoptr(GPtrArray) fired = wanted_timers(cJSON_GetObjectItemCaseSensitive(op, "fired"));
    g_ptr_array_add(fired, NULL);
    g_autofree char *wanted_fired = g_strjoinv("; ", (char **)fired->pdata);
    return vector_same_text(why, "fired", wanted_fired, self->fired->str) &&
           (error == NULL ||
            vector_same_text(why, "error", error, kafka_error_name(self->error))) &&
           same_answers(self, op, why) &&
           same_group(self, cJSON_GetObjectItemCaseSensitive(op, "group"), why);
}

bool check_classic_group(const cJSON *vector, GString *why)
{
    Classic *self = classic_new(SIM_MS(vector_integer(vector, "initialRebalanceDelayMs", 0)));
    int at = 0;
    bool same = true;
    const cJSON *op;
    cJSON_ArrayForEach(op, cJSON_GetObjectItemCaseSensitive(vector, "ops"))
    {
        same = check_op(self, op, why);
        if (!same) {
            g_autofree char *where = g_strdup_printf(
                "op %d, %s of %s: ", at, vector_text(op, "op"), vector_text(op, "member"));
            g_string_prepend(why, where);
            break;
        }
        at++;
    }
    classic_free(self);
    return same && at > 0;
}
