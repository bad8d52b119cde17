/* classic_sync.c - SyncGroup, Heartbeat, LeaveGroup, and who may commit offsets.
 *
 * Mirrors: GroupMetadataManager.classicGroupSyncToClassicGroup, classicGroupHeartbeatTo...,
 * classicGroupLeaveTo..., ClassicGroup.validateOffsetCommit. */
#include "models/group/coordinator_internal.h"
#include <string.h>

static void
answer_sync(ClassicGroup *self, RequestHeader *request, const GArray *assignment, KafkaError error)
{
    const guint count = error == KAFKA_NONE ? assignment->len : 0;
    SyncGroupResponse *response = group_coordinator_response(
        self->coordinator, request, KAFKA_MESSAGE_BYTES(SyncGroupResponse, partitions, count));
    response->error = error;
    response->protocol = error == KAFKA_NONE ? self->protocol : NULL;
    response->count = (int32_t)count;
    if (count > 0) {
        memcpy(response->partitions, assignment->data, count * sizeof(int32_t));
    }
    group_coordinator_respond(self->coordinator, request, response);
}

void classic_group_answer_syncs(ClassicGroup *self, KafkaError error)
{
    g_autoptr(GPtrArray) members = classic_group_in_java_order(self);
    for (guint i = 0; i < members->len; i++) {
        ClassicMember *member = g_ptr_array_index(members, i);
        RequestHeader *request = member->awaiting_sync;
        if (error != KAFKA_NONE) {
            g_array_set_size(member->assignment, 0);
        }
        if (request == NULL) {
            continue;
        }
        member->awaiting_sync = NULL;
        answer_sync(self, request, member->assignment, error);
        classic_group_arm_session(self, member, member->session_timeout_ns);
    }
}

/* What the leader said, member by member; who is not named gets nothing. */
static void take_assignment(ClassicGroup *self, SyncGroupRequest *request)
{
    for (guint i = 0; i < self->members->len; i++) {
        g_array_set_size(((ClassicMember *)g_ptr_array_index(self->members, i))->incoming, 0);
    }
    const int32_t *items = sync_group_request_items(request);
    for (int32_t i = 0; i < request->assignment_count; i++) {
        const SyncAssignment *entry = &request->assignments[i];
        ClassicMember *member = classic_group_member(self, entry->member_id);
        if (member != NULL && entry->count > 0) {
            g_array_append_vals(member->incoming, &items[entry->first_item], (guint)entry->count);
        }
    }
}

static void mark_synced(ClassicGroup *self, ClassicMember *member)
{
    member->is_sync_wanted = false;
    for (guint i = 0; i < self->members->len; i++) {
        const ClassicMember *other = g_ptr_array_index(self->members, i);
        if (other->is_sync_wanted) {
            return;
        }
    }
    actor_disarm(self->coordinator->host.actor, &self->sync_timer.timer);
}

/* P6: everybody waits until the leader's assignment is in the log. */
static void sync_completing(ClassicGroup *self, SyncGroupRequest *request, ClassicMember *member)
{
    if (member->awaiting_sync != NULL) {
        answer_sync(self, member->awaiting_sync, member->assignment, KAFKA_REBALANCE_IN_PROGRESS);
    }
    member->awaiting_sync = &request->header;
    mark_synced(self, member);
    if (classic_group_is_leader(self, member->id)) {
        take_assignment(self, request);
        shard_write_group(self->shard, self, WRITE_ASSIGNMENT, NULL);
    }
}

void classic_group_sync(ClassicGroup *self, SyncGroupRequest *request)
{
    KafkaError error = KAFKA_UNKNOWN_MEMBER_ID;
    if (!classic_group_is(self, GROUP_EMPTY)) {
        error = classic_group_validate(self, request->member_id, request->group_instance_id);
    }
    if (error == KAFKA_NONE && request->generation_id != self->generation) {
        error = KAFKA_ILLEGAL_GENERATION;
    }
    if (error == KAFKA_NONE && classic_group_is(self, GROUP_PREPARING_REBALANCE)) {
        error = KAFKA_REBALANCE_IN_PROGRESS;
    }
    if (error != KAFKA_NONE) {
        answer_sync(self, &request->header, NULL, error);
        return;
    }
    ClassicMember *member = classic_group_member(self, request->member_id);
    if (classic_group_is(self, GROUP_COMPLETING_REBALANCE)) {
        sync_completing(self, request, member);
    } else {
        mark_synced(self, member);
        answer_sync(self, &request->header, member->assignment, KAFKA_NONE);
    }
}

static int64_t next_rebalance(const ClassicGroup *self)
{
    return coordinator_records_next_rebalance(
        self->coordinator->records, self->id, self->rebalances);
}

void classic_group_on_assignment_stored(ClassicGroup *self, int32_t generation, KafkaError error)
{
    if (!classic_group_is(self, GROUP_COMPLETING_REBALANCE) || generation != self->generation) {
        return; /* another rebalance came in between */
    }
    if (error != KAFKA_NONE) {
        classic_group_answer_syncs(self, shard_error_for_client(error));
        classic_group_prepare(self, "assignment not stored:", kafka_error_name(error));
        return;
    }
    for (guint i = 0; i < self->members->len; i++) {
        ClassicMember *member = g_ptr_array_index(self->members, i);
        GArray *old = member->assignment;
        member->assignment = member->incoming;
        member->incoming = old;
    }
    classic_group_answer_syncs(self, KAFKA_NONE);
    state_move(&self->state, self->coordinator->host.actor, GROUP_STABLE);
    self->rebalances = next_rebalance(self);
    coordinator_records_note_rebalances(self->coordinator->records, self->id, self->rebalances);
    actor_log(self->coordinator->host.actor,
              "group stable",
              "%s generation %d",
              self->id,
              self->generation);
}

KafkaError classic_group_heartbeat(ClassicGroup *self, const HeartbeatRequest *request)
{
    const KafkaError error =
        classic_group_validate(self, request->member_id, request->group_instance_id);
    if (error != KAFKA_NONE) {
        return error;
    }
    if (request->generation_id != self->generation) {
        return KAFKA_ILLEGAL_GENERATION;
    }
    ClassicMember *member = classic_group_member(self, request->member_id);
    classic_group_arm_session(self, member, member->session_timeout_ns);
    return classic_group_is(self, GROUP_PREPARING_REBALANCE) ? KAFKA_REBALANCE_IN_PROGRESS
                                                             : KAFKA_NONE;
}

KafkaError classic_group_leave(ClassicGroup *self, const LeaveGroupRequest *request)
{
    PendingMember *pending = classic_group_pending(self, request->member_id);
    if (pending != NULL) {
        classic_group_remove_pending(self, pending);
        if (!classic_group_is(self, GROUP_EMPTY)) { /* Kafka rebalances, though nobody is missing */
            classic_group_rebalance_or_complete(self, "left, pending:", request->member_id);
        }
        return KAFKA_NONE;
    }
    const KafkaError error =
        classic_group_validate(self, request->member_id, request->group_instance_id);
    if (error != KAFKA_NONE) {
        return error;
    }
    classic_group_remove(self, request->member_id);
    classic_group_rebalance_or_complete(self, "left:", request->member_id);
    return KAFKA_NONE;
}

KafkaError classic_group_validate_commit(const ClassicGroup *self,
                                         const OffsetCommitRequest *request)
{
    if (request->generation_id < 0 && classic_group_is(self, GROUP_EMPTY)) {
        return KAFKA_NONE;
    }
    if (request->generation_id < 0 && request->member_id[0] == '\0') {
        return KAFKA_UNKNOWN_MEMBER_ID;
    }
    const KafkaError error =
        classic_group_validate(self, request->member_id, request->group_instance_id);
    if (error != KAFKA_NONE) {
        return error;
    }
    if (request->generation_id != self->generation) {
        return KAFKA_ILLEGAL_GENERATION;
    }
    return classic_group_is(self, GROUP_COMPLETING_REBALANCE) ? KAFKA_REBALANCE_IN_PROGRESS
                                                              : KAFKA_NONE;
}

GroupSnapshot *classic_group_snapshot(const ClassicGroup *self, bool with_incoming)
{
    GroupSnapshot *snapshot = group_snapshot_new();
    snapshot->generation = self->generation;
    snapshot->since = self->state.since;
    snapshot->protocol = self->protocol;
    snapshot->rebalances = with_incoming ? next_rebalance(self) : self->rebalances;
    g_strlcpy(snapshot->leader, self->leader, sizeof snapshot->leader);
    for (guint i = 0; i < self->members->len; i++) {
        const ClassicMember *member = g_ptr_array_index(self->members, i);
        ClassicMember *copy = classic_member_copy(member);
        if (with_incoming) {
            g_array_set_size(copy->assignment, 0);
            g_array_append_vals(copy->assignment, member->incoming->data, member->incoming->len);
        }
        g_ptr_array_add(snapshot->members, copy);
    }
    return snapshot;
}

void classic_group_restore(ClassicGroup *self, const GroupSnapshot *snapshot)
{
    g_ptr_array_set_size(self->members, 0);
    self->leader[0] = '\0';
    for (guint i = 0; i < snapshot->members->len; i++) {
        classic_group_add(self, classic_member_copy(g_ptr_array_index(snapshot->members, i)));
    }
    g_strlcpy(self->leader, snapshot->leader, sizeof self->leader);
    self->generation = snapshot->generation;
    self->protocol = snapshot->protocol;
    self->rebalances = snapshot->rebalances;
    /* Loading is no rebalance: the state is set, not moved to. */
    self->state.now = self->members->len == 0 ? GROUP_EMPTY : GROUP_STABLE;
    self->state.since = snapshot->since;
}

/* The last snapshot in the log is the group. GroupMetadataManager.replay of GroupMetadataValue. */
void classic_group_replay(ClassicGroup *self, const GroupSnapshot *snapshot)
{
    classic_group_restore(self, snapshot);
    for (guint i = 0; self->protocol != NULL && i < self->members->len; i++) {
        ClassicMember *member = g_ptr_array_index(self->members, i);
        member->protocols = coordinator_records_only(self->coordinator->records, self->protocol);
    }
}

void classic_group_on_loaded(ClassicGroup *self)
{
    for (guint i = 0; i < self->members->len; i++) {
        ClassicMember *member = g_ptr_array_index(self->members, i);
        classic_group_arm_session(self, member, member->session_timeout_ns);
    }
    if ((int32_t)self->members->len > self->coordinator->options.group_max_size) {
        classic_group_prepare(self, "freshly loaded, over", "group.max.size");
    }
}
