/* modern_upgrade.c - see modern_upgrade.h. */
#include "models/group/modern_upgrade.h"
#include "models/group/modern/modern_classic.h"
#include <string.h>

static PartitionSet *set_of(const GArray *items, guint first, guint count)
{
    return partition_set_new(count == 0 ? NULL : &g_array_index(items, int32_t, first),
                             (int32_t)count);
}

/* Who waits in a join or sync is told to join again: a rebalance follows in any case. */
static void empty_classic(ClassicGroup *group)
{
    Actor *actor = group->coordinator->host.actor;
    for (guint i = 0; i < group->members->len; i++) {
        ClassicMember *member = g_ptr_array_index(group->members, i);
        classic_group_answer_join(group, member, KAFKA_REBALANCE_IN_PROGRESS);
        classic_group_fail_sync(group, member, KAFKA_REBALANCE_IN_PROGRESS);
        actor_disarm(actor, &member->session.timer);
    }
    while (group->pending->len > 0) {
        classic_group_remove_pending(group, g_ptr_array_index(group->pending, 0));
    }
    actor_disarm(actor, &group->join_timer.timer);
    actor_disarm(actor, &group->sync_timer.timer);
    GroupSnapshot *nobody = group_snapshot_new();
    nobody->generation = group->generation;
    nobody->rebalances = group->rebalances;
    classic_group_restore(group, nobody);
    group_snapshot_free(nobody);
}

static void add_member(ModernGroup *modern, const ClassicMember *member, int32_t generation)
{
    const guint topics = (guint)member->topic_count;
    MemberSubscription subscription = {
        .group_instance_id = member->instance_id,
        .rebalance_timeout_ns = member->rebalance_timeout_ns,
        .topics = set_of(member->items, 0, topics),
        .protocols = member->protocols,
        .session_timeout_ns = member->session_timeout_ns,
    };
    const CurrentAssignment current = {
        .state = MODERN_MEMBER_STABLE,
        .epoch = generation,
        .previous_epoch = generation,
        .assigned = set_of(member->assignment, 0, member->assignment->len),
        .pending_revocation = partition_set_empty(),
    };
    modern_group_write(modern,
                       modern_record_member(MODERN_GROUP_CONSUMER, member->id, &subscription));
    modern_group_write(modern,
                       modern_record_target(MODERN_GROUP_CONSUMER, member->id, current.assigned));
    modern_group_write(modern, modern_record_current(MODERN_GROUP_CONSUMER, member->id, &current));
    member_subscription_clear(&subscription);
    partition_set_unref(current.assigned);
    partition_set_unref(current.pending_revocation);
}

void modern_upgrade(ClassicGroup *group)
{
    ModernGroup *modern = group->modern;
    const int32_t generation = group->generation;
    actor_log(group->coordinator->host.actor,
              "group upgraded",
              "%s: generation %d, %u classic members",
              group->id,
              generation,
              group->members->len);
    modern_group_write(
        modern, modern_record_epoch(MODERN_GROUP_CONSUMER, MODERN_RECORD_GROUP_EPOCH, generation));
    modern_group_write(
        modern, modern_record_epoch(MODERN_GROUP_CONSUMER, MODERN_RECORD_TARGET_EPOCH, generation));
    for (guint i = 0; i < group->members->len; i++) {
        add_member(modern, g_ptr_array_index(group->members, i), generation);
    }
    empty_classic(group);
    shard_write_group(group->shard, group, WRITE_EMPTY_GROUP, NULL); /* the tombstone */
    modern_group_on_loaded(modern);                                  /* sessions */
}

static ClassicMember *classic_of(const ModernMember *member, int32_t generation)
{
    ClassicMember *made = g_new0(ClassicMember, 1);
    const MemberSubscription *said = &member->subscription;
    g_strlcpy(made->id, member->id, sizeof made->id);
    made->instance_id = said->group_instance_id;
    made->session_timeout_ns = said->session_timeout_ns;
    made->rebalance_timeout_ns = said->rebalance_timeout_ns;
    made->protocols = said->protocols;
    made->topic_count = said->topics->count;
    made->generation = generation;
    made->items = g_array_new(FALSE, FALSE, sizeof(int32_t));
    made->assignment = g_array_new(FALSE, FALSE, sizeof(int32_t));
    made->incoming = g_array_new(FALSE, FALSE, sizeof(int32_t));
    g_array_append_vals(made->items, said->topics->items, (guint)said->topics->count);
    g_array_append_vals(made->assignment, member->target->items, (guint)member->target->count);
    return made;
}

void modern_maybe_downgrade(ClassicGroup *group)
{
    const ModernGroup *modern = group->modern;
    if (modern == NULL || !modern->is_all_classic) {
        return;
    }
    GroupSnapshot *snapshot = group_snapshot_new();
    snapshot->generation = modern->epoch - 1; /* the rebalance that follows raises it */
    snapshot->rebalances = group->rebalances + modern->rebalances;
    for (guint i = 0; i < modern->members->len; i++) {
        g_ptr_array_add(snapshot->members,
                        classic_of(g_ptr_array_index(modern->members, i), snapshot->generation));
    }
    actor_log(group->coordinator->host.actor,
              "group downgraded",
              "%s: epoch %d, %u classic members",
              group->id,
              modern->epoch,
              modern->members->len);
    modern_groups_bury(group);
    classic_group_restore(group, snapshot);
    group_snapshot_free(snapshot);
    group->protocol = classic_group_select_protocol(group);
    g_strlcpy(group->leader,
              ((ClassicMember *)g_ptr_array_index(group->members, 0))->id,
              sizeof group->leader);
    shard_write_group(group->shard, group, WRITE_EMPTY_GROUP, NULL);
    classic_group_on_loaded(group);
    classic_group_prepare(group, "downgrade from consumer to classic", "");
}

/* ---- Requests of the classic protocol. */
static void join(GroupCoordinator *self, ClassicGroup *group, JoinGroupRequest *request)
{
    ModernGroup *modern = group->modern;
    char member_id[MEMBER_ID_BYTES];
    g_strlcpy(member_id, request->member_id, sizeof member_id);
    const bool is_new = member_id[0] == '\0';
    if (is_new) {
        const char *prefix = request->group_instance_id != NULL ? request->group_instance_id
                                                                : request->header.client_id;
        group_coordinator_new_member_id(self, prefix, member_id);
    }
    g_autoptr(PartitionSet) topics = partition_set_new(request->items, request->topic_count);
    g_autoptr(PartitionSet) owned =
        partition_set_new(&request->items[request->topic_count], request->owned_count);
    const ClassicJoin said = {
        .member_id = member_id,
        .group_instance_id = request->group_instance_id,
        .session_timeout_ns = request->session_timeout_ns,
        .rebalance_timeout_ns = request->rebalance_timeout_ns,
        .protocols = request->protocols,
        .topics = topics,
        .owned = owned,
        .is_new = is_new,
    };
    KafkaError error = modern_classic_validate(modern, &said);
    if (error == KAFKA_NONE && is_new && request->group_instance_id == NULL) {
        error = KAFKA_MEMBER_ID_REQUIRED;
    }
    if (error == KAFKA_NONE) {
        error = modern_classic_join(modern, &said);
    }
    JoinGroupResponse *response = join_group_response_new(self->host.actor->sim, 0, 0);
    response->header.correlation_id = request->header.correlation_id;
    response->error = error;
    response->generation_id = -1;
    response->protocol = request->protocols[0];
    g_strlcpy(response->member_id, member_id, sizeof response->member_id);
    if (error != KAFKA_NONE) {
        group_coordinator_respond(self, &request->header, response);
        return;
    }
    response->generation_id = modern_group_member(modern, member_id)->current.epoch;
    shard_write_modern(group->shard, group, &request->header, &response->header);
}

static void sync(GroupCoordinator *self, ClassicGroup *group, SyncGroupRequest *request)
{
    const KafkaError error = modern_classic_sync(
        group->modern, request->member_id, request->group_instance_id, request->generation_id);
    if (error != KAFKA_NONE) {
        group_coordinator_fail(self, &request->header, error);
        return;
    }
    const ModernMember *member = modern_group_member(group->modern, request->member_id);
    const PartitionSet *assigned = member->current.assigned;
    SyncGroupResponse *response = group_coordinator_response(
        self,
        &request->header,
        KAFKA_MESSAGE_BYTES(SyncGroupResponse, partitions, assigned->count));
    response->protocol = member->subscription.protocols[0];
    response->count = assigned->count;
    if (assigned->count > 0) {
        memcpy(response->partitions, assigned->items, sizeof(int32_t) * (size_t)assigned->count);
    }
    shard_write_modern(group->shard, group, &request->header, &response->header);
}

static void leave(GroupCoordinator *self, ClassicGroup *group, LeaveGroupRequest *request)
{
    const KafkaError error =
        modern_classic_leave(group->modern, request->member_id, request->group_instance_id);
    LeaveGroupResponse *response =
        group_coordinator_response(self, &request->header, sizeof(LeaveGroupResponse));
    response->error = error;
    shard_write_modern(group->shard, group, &request->header, &response->header);
}

void modern_classic_handle(GroupCoordinator *self, ClassicGroup *group, RequestHeader *request)
{
    switch (request->base.type) {
    case KAFKA_JOIN_GROUP:
        join(self, group, (JoinGroupRequest *)request);
        break;
    case KAFKA_SYNC_GROUP:
        sync(self, group, (SyncGroupRequest *)request);
        break;
    case KAFKA_LEAVE_GROUP:
        leave(self, group, (LeaveGroupRequest *)request);
        break;
    default: {
        const HeartbeatRequest *beat = (const HeartbeatRequest *)request;
        group_coordinator_fail(
            self,
            request,
            modern_classic_heartbeat(
                group->modern, beat->member_id, beat->group_instance_id, beat->generation_id));
        break;
    }
    }
}
