/* classic_join.c - JoinGroup, row by row of the table in clients.md §3.2.
 *
 * Mirrors: GroupMetadataManager.classicGroupJoinNewMember, classicGroupJoinExistingMember,
 * updateStaticMemberThenRebalanceOrCompleteJoin. */
#include "models/group/coordinator_internal.h"
#include <string.h>

/* P7: how long a new member may wait for its first answer. */
#define NEW_MEMBER_JOIN_TIMEOUT SIM_SEC(300)

static void fail_join(ClassicGroup *self, JoinGroupRequest *request, KafkaError error)
{
    JoinGroupResponse *response = join_group_response_new(self->coordinator->host.actor->sim, 0, 0);
    response->header.correlation_id = request->header.correlation_id;
    response->error = error;
    response->generation_id = -1;
    if (error != KAFKA_UNKNOWN_MEMBER_ID || request->member_id[0] != '\0') {
        g_strlcpy(response->member_id, request->member_id, sizeof response->member_id);
    }
    group_coordinator_respond(self->coordinator, &request->header, response);
}

static int32_t member_items(const ClassicGroup *self)
{
    guint items = 0;
    for (guint i = 0; i < self->members->len; i++) {
        items += ((const ClassicMember *)g_ptr_array_index(self->members, i))->items->len;
    }
    return (int32_t)items;
}

static void fill_members(const ClassicGroup *self, JoinGroupResponse *response)
{
    g_autoptr(GPtrArray) members = classic_group_in_java_order(self);
    int32_t *items = join_group_response_items(response);
    int32_t next = 0;
    for (guint i = 0; i < members->len; i++) {
        const ClassicMember *member = g_ptr_array_index(members, i);
        JoinGroupMember *entry = &response->members[i];
        g_strlcpy(entry->member_id, member->id, sizeof entry->member_id);
        entry->group_instance_id = member->instance_id;
        entry->first_item = next;
        entry->topic_count = member->topic_count;
        entry->generation = member->generation;
        entry->subscription_generation = member->subscription_generation;
        entry->rack = member->rack;
        entry->owned_count = (int32_t)member->items->len - member->topic_count;
        if (member->items->len > 0) {
            memcpy(&items[next], member->items->data, member->items->len * sizeof(int32_t));
        }
        next += (int32_t)member->items->len;
    }
}

/* The group as it is now; the member list for the leader only (P5). */
static void answer_with_group(ClassicGroup *self,
                              RequestHeader *request,
                              const char *member_id,
                              KafkaError error)
{
    const bool leads = error == KAFKA_NONE && classic_group_is_leader(self, member_id);
    const int32_t members = leads ? (int32_t)self->members->len : 0;
    const int32_t items = leads ? member_items(self) : 0;
    JoinGroupResponse *response =
        join_group_response_new(self->coordinator->host.actor->sim, members, items);
    response->header.correlation_id = request->correlation_id;
    response->error = error;
    response->generation_id = error == KAFKA_NONE ? self->generation : -1;
    response->protocol = error == KAFKA_NONE ? self->protocol : NULL;
    g_strlcpy(response->member_id, member_id, sizeof response->member_id);
    if (error == KAFKA_NONE) {
        g_strlcpy(response->leader, self->leader, sizeof response->leader);
    }
    if (leads) {
        fill_members(self, response);
    }
    group_coordinator_respond(self->coordinator, request, response);
}

void classic_group_answer_join(ClassicGroup *self, ClassicMember *member, KafkaError error)
{
    RequestHeader *request = member->awaiting_join;
    if (request != NULL) {
        member->awaiting_join = NULL;
        answer_with_group(self, request, member->id, error);
    }
}

/* Parks the request. An older one of the same member was given up by its client. */
static void park(ClassicGroup *self, ClassicMember *member, JoinGroupRequest *request)
{
    classic_group_answer_join(self, member, KAFKA_REBALANCE_IN_PROGRESS);
    member->awaiting_join = &request->header;
}

static void
add_and_rebalance(ClassicGroup *self, JoinGroupRequest *request, const char *id, const char *why)
{
    ClassicMember *member = classic_member_new(id, request);
    member->is_new = true;
    if (classic_group_is(self, GROUP_PREPARING_REBALANCE) && self->is_initial) {
        self->was_member_added = true;
    }
    classic_group_add(self, member);
    member->awaiting_join = &request->header;
    classic_group_arm_session(self, member, NEW_MEMBER_JOIN_TIMEOUT);
    classic_group_rebalance_or_complete(self, why, member->id);
}

static void update_and_rebalance(ClassicGroup *self,
                                 JoinGroupRequest *request,
                                 ClassicMember *member,
                                 const char *why)
{
    classic_member_update(member, request);
    park(self, member, request);
    classic_group_rebalance_or_complete(self, why, member->id);
}

/* Row 1: the id is given out and must come back (KIP-394). Before, a client whose answer was lost
 * asked again without one, and the group was full of members that nobody was. */
static void join_new_dynamic(ClassicGroup *self, JoinGroupRequest *request)
{
    Actor *actor = self->coordinator->host.actor;
    char id[MEMBER_ID_BYTES];
    group_coordinator_new_member_id(self->coordinator, request->header.client_id, id);
    if (self->coordinator->options.joins_without_id) {
        add_and_rebalance(self, request, id, "new member");
        return;
    }
    PendingMember *pending = g_new0(PendingMember, 1);
    g_strlcpy(pending->id, id, sizeof pending->id);
    group_timer_init(&pending->session,
                     self->coordinator->options.timer_kind,
                     GROUP_TIMER_PENDING,
                     self,
                     pending);
    g_ptr_array_add(self->pending, pending);
    actor_arm_constant(actor, &pending->session.timer, request->session_timeout_ns);
    g_strlcpy(request->member_id, pending->id, sizeof request->member_id);
    fail_join(self, request, KAFKA_MEMBER_ID_REQUIRED);
}

/* The member goes on under another id; who leads goes on leading. */
static void rename_member(ClassicGroup *self, ClassicMember *member, const char *id)
{
    if (classic_group_is_leader(self, member->id)) {
        g_strlcpy(self->leader, id, sizeof self->leader);
    }
    g_strlcpy(member->id, id, sizeof member->id);
    /* Java takes it out of the map and puts it in again. */
    guint at = 0;
    if (g_ptr_array_find(self->members, member, &at)) {
        g_ptr_array_steal_index(self->members, at);
        g_ptr_array_add(self->members, member);
    }
}

/* Whoever still waits under the old id is fenced. Stable and nothing changes in the vote: no
 * rebalance, only the new id is stored. */
static void
replace_static(ClassicGroup *self, JoinGroupRequest *request, ClassicMember *member, const char *id)
{
    classic_group_answer_join(self, member, KAFKA_FENCED_INSTANCE_ID);
    classic_group_fail_sync(self, member, KAFKA_FENCED_INSTANCE_ID);
    g_strlcpy(member->replaced_id, member->id, sizeof member->replaced_id);
    rename_member(self, member, id);
    classic_group_arm_session(self, member, member->session_timeout_ns);
    classic_member_update(member, request);
    park(self, member, request);
    const char *vote = classic_group_select_protocol(self);
    if (classic_group_is(self, GROUP_STABLE) && vote != NULL && self->protocol != NULL &&
        strcmp(vote, self->protocol) == 0) {
        shard_write_group(self->shard, self, WRITE_STATIC_JOIN, id);
    } else {
        classic_group_rebalance_or_complete(self, "static member came back", id);
    }
}

/* When the new id could not be stored, the old one stands. */
void classic_group_on_static_stored(ClassicGroup *self, const char *member_id, KafkaError error)
{
    ClassicMember *member = classic_group_member(self, member_id);
    if (member == NULL || member->awaiting_join == NULL) {
        return;
    }
    classic_group_answer_join(self, member, shard_error_for_client(error));
    if (error != KAFKA_NONE && error != KAFKA_REQUEST_TIMED_OUT) {
        rename_member(self, member, member->replaced_id);
        classic_group_arm_session(self, member, member->session_timeout_ns);
    }
}

static void join_new(ClassicGroup *self, JoinGroupRequest *request)
{
    if (request->group_instance_id == NULL) {
        join_new_dynamic(self, request);
        return;
    }
    char id[MEMBER_ID_BYTES];
    group_coordinator_new_member_id(self->coordinator, request->group_instance_id, id);
    ClassicMember *known = classic_group_static_member(self, request->group_instance_id);
    if (known != NULL) {
        replace_static(self, request, known, id);
    } else {
        add_and_rebalance(self, request, id, "new static member");
    }
}

/* Rows 3 and 4. */
static void join_known(ClassicGroup *self, JoinGroupRequest *request, ClassicMember *member)
{
    const bool matches = classic_member_matches(member, request);
    switch ((ClassicGroupState)self->state.now) {
    case GROUP_PREPARING_REBALANCE:
        update_and_rebalance(self, request, member, "rejoin of");
        break;
    case GROUP_COMPLETING_REBALANCE:
        if (matches) {
            answer_with_group(self, &request->header, member->id, KAFKA_NONE);
        } else {
            update_and_rebalance(self, request, member, "changed subscription of");
        }
        break;
    case GROUP_STABLE:
        if (classic_group_is_leader(self, member->id)) {
            update_and_rebalance(self, request, member, "rejoin of leader");
        } else if (!matches) {
            update_and_rebalance(self, request, member, "changed subscription of");
        } else {
            answer_with_group(self, &request->header, member->id, KAFKA_NONE);
        }
        break;
    case GROUP_EMPTY:
    case GROUP_DEAD:
        fail_join(self, request, KAFKA_UNKNOWN_MEMBER_ID);
        break;
    }
}

static bool supports_any(const ClassicGroup *self, const JoinGroupRequest *request)
{
    if (self->members->len == 0) {
        return request->protocols[0] != NULL;
    }
    for (const char *const *p = request->protocols; *p != NULL; p++) {
        guint supporters = 0;
        for (guint i = 0; i < self->members->len; i++) {
            supporters += classic_member_supports(g_ptr_array_index(self->members, i), *p) ? 1 : 0;
        }
        if (supporters == self->members->len) {
            return true;
        }
    }
    return false;
}

/* group.max.size: who is in may stay; while members gather, so many may wait. */
static bool accepts(const ClassicGroup *self, const JoinGroupRequest *request)
{
    const ClassicMember *member = classic_group_member(self, request->member_id);
    const int32_t most = self->coordinator->options.group_max_size;
    switch ((ClassicGroupState)self->state.now) {
    case GROUP_PREPARING_REBALANCE: {
        int32_t waiting = 0;
        for (guint i = 0; i < self->members->len; i++) {
            const ClassicMember *other = g_ptr_array_index(self->members, i);
            waiting += other->awaiting_join != NULL ? 1 : 0;
        }
        return (member != NULL && member->awaiting_join != NULL) || waiting < most;
    }
    case GROUP_COMPLETING_REBALANCE:
    case GROUP_STABLE:
        return member != NULL || (int32_t)self->members->len < most;
    case GROUP_EMPTY:
    case GROUP_DEAD:
        break;
    }
    return true;
}

static void refuse(ClassicGroup *self, JoinGroupRequest *request)
{
    PendingMember *pending = classic_group_pending(self, request->member_id);
    if (pending != NULL) {
        classic_group_remove_pending(self, pending);
    }
    classic_group_remove(self, request->member_id);
    request->member_id[0] = '\0';
    fail_join(self, request, KAFKA_GROUP_MAX_SIZE_REACHED);
}

void classic_group_join(ClassicGroup *self, JoinGroupRequest *request)
{
    if (!accepts(self, request)) {
        refuse(self, request);
        return;
    }
    if (!supports_any(self, request)) {
        fail_join(self, request, KAFKA_INCONSISTENT_GROUP_PROTOCOL);
        return;
    }
    if (request->member_id[0] == '\0') {
        join_new(self, request);
        return;
    }
    PendingMember *pending = classic_group_pending(self, request->member_id);
    if (pending != NULL) { /* row 2 */
        classic_group_remove_pending(self, pending);
        add_and_rebalance(self, request, request->member_id, "new member");
        return;
    }
    const KafkaError error =
        classic_group_validate(self, request->member_id, request->group_instance_id);
    if (error != KAFKA_NONE) {
        fail_join(self, request, error);
        return;
    }
    join_known(self, request, classic_group_member(self, request->member_id));
}
