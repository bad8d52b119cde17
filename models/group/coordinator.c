/* coordinator.c - dispatch, leadership of offsets partitions, and what reports ask.
 * See coordinator.h. */
#include "models/group/assignors/java_hash.h"
#include "models/group/modern_groups.h"
#include "models/group/modern_upgrade.h"
#include <string.h>

GroupCoordinator *group_coordinator_new(const CoordinatorHost *host,
                                        const CoordinatorOptions *options,
                                        CoordinatorRecords *records)
{
    GroupCoordinator *self = g_new0(GroupCoordinator, 1);
    self->host = *host;
    self->options = *options;
    self->records = records;
    self->shards = g_ptr_array_new();
    self->groups = g_ptr_array_new();
    self->groups_by_id = g_hash_table_new(g_str_hash, g_str_equal);
    self->spare_appends = g_ptr_array_new_with_free_func((GDestroyNotify)coordinator_append_free);
    actor_stream(host->actor, "member.id", &self->member_ids);
    txn_offsets_init(self);
    modern_groups_init(self);
    return self;
}

void group_coordinator_drop_group(GroupCoordinator *self, ClassicGroup *group)
{
    g_hash_table_remove(self->groups_by_id, group->id);
    g_ptr_array_remove(self->groups, group);
    classic_group_free(group);
}

static void forget_shard(GroupCoordinator *self, CoordinatorShard *shard)
{
    for (guint i = self->groups->len; i > 0; i--) {
        ClassicGroup *group = g_ptr_array_index(self->groups, i - 1);
        if (group->shard == shard) {
            group_coordinator_drop_group(self, group);
        }
    }
    txn_offsets_resign(self, shard->partition);
    g_ptr_array_remove(self->shards, shard);
    shard_free(shard);
}

void group_coordinator_reset(GroupCoordinator *self)
{
    txn_offsets_reset(self);
    while (self->shards->len > 0) {
        forget_shard(self, g_ptr_array_index(self->shards, self->shards->len - 1));
    }
}

void group_coordinator_free(GroupCoordinator *self)
{
    if (self == NULL) {
        return;
    }
    group_coordinator_reset(self);
    txn_offsets_free(self);
    g_ptr_array_free(self->shards, TRUE);
    g_ptr_array_free(self->groups, TRUE);
    g_hash_table_destroy(self->groups_by_id);
    g_ptr_array_free(self->spare_appends, TRUE);
    g_free(self);
}

int32_t group_coordinator_partition_for(const GroupCoordinator *self, const char *group_id)
{
    const int32_t count = self->host.offsets_partition_count(self->host.owner);
    if (count <= 0) {
        return -1;
    }
    return self->host.offsets_partition(self->host.owner, java_hash_partition(group_id, count));
}

static CoordinatorShard *find_shard(const GroupCoordinator *self, int32_t partition)
{
    for (guint i = 0; i < self->shards->len; i++) {
        CoordinatorShard *shard = g_ptr_array_index(self->shards, i);
        if (shard->partition == partition) {
            return shard;
        }
    }
    return NULL;
}

void group_coordinator_on_elected(GroupCoordinator *self, int32_t partition)
{
    CoordinatorShard *known = find_shard(self, partition);
    if (known != NULL) { /* a new epoch of the same leader: the log is read again */
        group_coordinator_on_resigned(self, partition);
    }
    g_ptr_array_add(self->shards, shard_new(self, partition));
}

static void replay(GroupCoordinator *self, CoordinatorShard *shard, const CoordinatorRecord *record)
{
    ClassicGroup *group = group_coordinator_group(self, record->group_id);
    if (record->is_tombstone) {
        if (group != NULL) {
            group_coordinator_drop_group(self, group);
        }
        return;
    }
    if (group == NULL) {
        group = group_coordinator_add_group(self, shard, record->group_id);
    }
    if (record->modern != NULL) {
        modern_groups_replay(self, group, record->modern);
    } else if (record->snapshot != NULL) {
        classic_group_replay(group, record->snapshot);
    } else {
        offsets_apply(group, record->offsets, record->offset_count);
    }
}

static void load_payload(GroupCoordinator *self, CoordinatorShard *shard, uint32_t payload)
{
    const CoordinatorRecord *record = coordinator_records_first(self->records, payload);
    for (; record != NULL; record = record->next) {
        replay(self, shard, record);
    }
}

static void load_merged(GroupCoordinator *self, CoordinatorShard *shard, const RecordBatch *batch)
{
    const SettledPartition *settled =
        coordinator_records_find_settled(self->records, batch->partition);
    for (guint i = 0; settled != NULL && i < settled->batches->len; i++) {
        const SettledBatch *entry = &g_array_index(settled->batches, SettledBatch, i);
        if (entry->offset >= batch->base_offset &&
            entry->offset <= record_batch_last_offset(batch)) {
            load_payload(self, shard, entry->payload);
        }
    }
}

void group_coordinator_on_load(GroupCoordinator *self, const RecordBatch *batch)
{
    CoordinatorShard *shard = find_shard(self, batch->partition);
    if (shard == NULL || shard->state != SHARD_LOADING) {
        return;
    }
    if (batch->transactional && !batch->merged) {
        txn_offsets_load(self, batch);
    } else if (batch->merged) {
        load_merged(self, shard, batch);
    } else if (batch->payload != 0) {
        load_payload(self, shard, batch->payload);
    }
}

static GroupView view_of(const ClassicGroup *group)
{
    const ModernGroup *modern = group->modern;
    if (modern != NULL) {
        const int32_t members = (int32_t)modern->members->len;
        return (GroupView){modern_group_state(modern), modern->epoch, members, modern->rebalances};
    }
    const int32_t members = (int32_t)group->members->len;
    return (GroupView){state_name(&group->state), group->generation, members, group->rebalances};
}

void group_coordinator_on_loaded(GroupCoordinator *self, int32_t partition)
{
    CoordinatorShard *shard = find_shard(self, partition);
    if (shard == NULL || shard->state != SHARD_LOADING) {
        return;
    }
    shard->state = SHARD_ACTIVE;
    shard->loaded_at = actor_now(self->host.actor);
    for (guint i = 0; i < self->groups->len; i++) {
        ClassicGroup *group = g_ptr_array_index(self->groups, i);
        if (group->shard == shard) {
            offsets_expiry_arm(shard);
            classic_group_on_loaded(group);
            modern_groups_on_loaded(group);
            const GroupView view = view_of(group);
            actor_log(self->host.actor,
                      "group loaded",
                      "%s %s %d, %d members",
                      group->id,
                      group->modern != NULL ? "epoch" : "generation",
                      view.generation,
                      view.members);
        }
    }
}

void group_coordinator_on_resigned(GroupCoordinator *self, int32_t partition)
{
    CoordinatorShard *shard = find_shard(self, partition);
    if (shard == NULL) {
        return;
    }
    shard_fail_all(shard, KAFKA_NOT_COORDINATOR);
    for (guint i = 0; i < self->groups->len; i++) {
        ClassicGroup *group = g_ptr_array_index(self->groups, i);
        if (group->shard == shard) {
            classic_group_unload(group);
        }
    }
    forget_shard(self, shard);
}

ClassicGroup *group_coordinator_group(const GroupCoordinator *self, const char *group_id)
{
    return g_hash_table_lookup(self->groups_by_id, group_id);
}

ClassicGroup *
group_coordinator_add_group(GroupCoordinator *self, CoordinatorShard *shard, const char *group_id)
{
    ClassicGroup *group = classic_group_new(self, shard, group_id);
    g_ptr_array_add(self->groups, group);
    g_hash_table_insert(self->groups_by_id, (gpointer)(guintptr)group_id, group);
    offsets_expiry_arm(shard);
    return group;
}

void group_coordinator_new_member_id(GroupCoordinator *self,
                                     const char *prefix,
                                     char id[MEMBER_ID_BYTES])
{
    const uint64_t high = stream_u64(&self->member_ids);
    const uint64_t low = stream_u64(&self->member_ids);
    const int room = MEMBER_ID_BYTES - 38;
    g_snprintf(id,
               MEMBER_ID_BYTES,
               "%.*s-%08x-%04x-4%03x-%04x-%012" G_GINT64_MODIFIER "x",
               room,
               prefix,
               (unsigned)(high >> 32),
               (unsigned)(high >> 16 & 0xffff),
               (unsigned)(high & 0xfff),
               (unsigned)(0x8000 | (low >> 48 & 0x3fff)),
               (guint64)(low & UINT64_C(0xffffffffffff)));
}

void *group_coordinator_response(GroupCoordinator *self, const RequestHeader *request, size_t bytes)
{
    ResponseHeader *response =
        message_new(self->host.actor->sim, bytes, (uint16_t)(request->base.type | KAFKA_RESPONSE));
    response->correlation_id = request->correlation_id;
    return response;
}

void group_coordinator_respond(GroupCoordinator *self, RequestHeader *request, void *response)
{
    kafka_message_set_wire_bytes(response);
    self->host.respond(self->host.owner, request, response);
}

static void fail_offset_fetch(GroupCoordinator *self, RequestHeader *request, KafkaError error)
{
    OffsetFetchResponse *response =
        group_coordinator_response(self, request, sizeof(OffsetFetchResponse));
    response->error = error;
    group_coordinator_respond(self, request, response);
}

static void fail_join(GroupCoordinator *self, RequestHeader *request, KafkaError error)
{
    JoinGroupResponse *response = join_group_response_new(self->host.actor->sim, 0, 0);
    response->header.correlation_id = request->correlation_id;
    response->error = error;
    response->generation_id = -1;
    g_strlcpy(
        response->member_id, ((JoinGroupRequest *)request)->member_id, sizeof response->member_id);
    group_coordinator_respond(self, request, response);
}

static void fail_sync(GroupCoordinator *self, RequestHeader *request, KafkaError error)
{
    SyncGroupResponse *response =
        group_coordinator_response(self, request, sizeof(SyncGroupResponse));
    response->error = error;
    group_coordinator_respond(self, request, response);
}

/* Heartbeat and LeaveGroup: nothing but an error, NONE included. */
static void answer_plain(GroupCoordinator *self, RequestHeader *request, KafkaError error)
{
    G_STATIC_ASSERT(sizeof(HeartbeatResponse) == sizeof(LeaveGroupResponse));
    HeartbeatResponse *response =
        group_coordinator_response(self, request, sizeof(HeartbeatResponse));
    response->error = error;
    group_coordinator_respond(self, request, response);
}

void group_coordinator_fail(GroupCoordinator *self, RequestHeader *request, KafkaError error)
{
    switch (request->base.type) {
    case KAFKA_JOIN_GROUP:
        fail_join(self, request, error);
        break;
    case KAFKA_SYNC_GROUP:
        fail_sync(self, request, error);
        break;
    case KAFKA_OFFSET_COMMIT:
        offsets_answer_commit(self, (OffsetCommitRequest *)request, error);
        break;
    case KAFKA_OFFSET_FETCH:
        fail_offset_fetch(self, request, error);
        break;
    case KAFKA_SHARE_GROUP_HEARTBEAT:
    case KAFKA_CONSUMER_GROUP_HEARTBEAT:
        modern_groups_fail(self, request, error);
        break;
    default:
        answer_plain(self, request, error);
        break;
    }
}

/* group.min/max.session.timeout.ms; unknown ids need a group that exists. */
static void handle_join(GroupCoordinator *self, CoordinatorShard *shard, JoinGroupRequest *request)
{
    if (request->session_timeout_ns < self->options.session_timeout_ns_min ||
        request->session_timeout_ns > self->options.session_timeout_ns_max) {
        group_coordinator_fail(self, &request->header, KAFKA_INVALID_SESSION_TIMEOUT);
        return;
    }
    ClassicGroup *group = group_coordinator_group(self, request->group_id);
    if (group == NULL && request->member_id[0] != '\0') {
        group_coordinator_fail(self, &request->header, KAFKA_UNKNOWN_MEMBER_ID);
        return;
    }
    const bool is_modern = group != NULL && group->modern != NULL;
    if (is_modern && group->modern->type == MODERN_GROUP_SHARE) {
        group_coordinator_fail(self, &request->header, KAFKA_INCONSISTENT_GROUP_PROTOCOL);
        return;
    }
    if (is_modern && group->modern->members->len > 0) {
        modern_classic_handle(self, group, &request->header);
        return;
    }
    if (is_modern) {
        modern_groups_bury(group);
    }
    if (group == NULL) {
        group = group_coordinator_add_group(self, shard, request->group_id);
        shard_write_group(shard, group, WRITE_EMPTY_GROUP, NULL);
    }
    classic_group_join(group, request);
}

static void handle_plain(GroupCoordinator *self, ClassicGroup *group, RequestHeader *request)
{
    if (group == NULL) {
        group_coordinator_fail(self, request, KAFKA_UNKNOWN_MEMBER_ID);
        return;
    }
    if (group->modern != NULL) {
        modern_classic_handle(self, group, request);
        return;
    }
    switch (request->base.type) {
    case KAFKA_SYNC_GROUP:
        classic_group_sync(group, (SyncGroupRequest *)request);
        break;
    case KAFKA_HEARTBEAT:
        answer_plain(self, request, classic_group_heartbeat(group, (HeartbeatRequest *)request));
        break;
    default:
        answer_plain(self, request, classic_group_leave(group, (LeaveGroupRequest *)request));
        break;
    }
}

/* Every group request names its group behind the header. */
static const char *group_id_of(const RequestHeader *request)
{
    G_STATIC_ASSERT(offsetof(JoinGroupRequest, group_id) == sizeof(RequestHeader));
    G_STATIC_ASSERT(offsetof(SyncGroupRequest, group_id) == sizeof(RequestHeader));
    G_STATIC_ASSERT(offsetof(HeartbeatRequest, group_id) == sizeof(RequestHeader));
    G_STATIC_ASSERT(offsetof(LeaveGroupRequest, group_id) == sizeof(RequestHeader));
    G_STATIC_ASSERT(offsetof(OffsetCommitRequest, group_id) == sizeof(RequestHeader));
    G_STATIC_ASSERT(offsetof(OffsetFetchRequest, group_id) == sizeof(RequestHeader));
    G_STATIC_ASSERT(offsetof(ConsumerGroupHeartbeatRequest, group_id) == sizeof(RequestHeader));
    return ((const HeartbeatRequest *)request)->group_id;
}

CoordinatorShard *
group_coordinator_shard(const GroupCoordinator *self, const char *group_id, KafkaError *ret_error)
{
    const int32_t partition = group_coordinator_partition_for(self, group_id);
    CoordinatorShard *shard = partition < 0 ? NULL : find_shard(self, partition);
    *ret_error = partition < 0                  ? KAFKA_COORDINATOR_NOT_AVAILABLE
                 : shard == NULL                ? KAFKA_NOT_COORDINATOR
                 : shard->state != SHARD_ACTIVE ? KAFKA_COORDINATOR_LOAD_IN_PROGRESS
                                                : KAFKA_NONE;
    return shard;
}

void group_coordinator_handle(GroupCoordinator *self, RequestHeader *request)
{
    const char *group_id = group_id_of(request);
    KafkaError error;
    const uint16_t type = request->base.type;
    if ((type == KAFKA_CONSUMER_GROUP_HEARTBEAT && self->options.without_consumer_groups) ||
        (type == KAFKA_SHARE_GROUP_HEARTBEAT && self->options.without_share_groups)) {
        group_coordinator_fail(self, request, KAFKA_UNSUPPORTED_VERSION);
        return;
    }
    CoordinatorShard *shard = group_coordinator_shard(self, group_id, &error);
    if (error != KAFKA_NONE) {
        group_coordinator_fail(self, request, error);
        return;
    }
    switch (request->base.type) {
    case KAFKA_JOIN_GROUP:
        handle_join(self, shard, (JoinGroupRequest *)request);
        break;
    case KAFKA_OFFSET_COMMIT:
        offsets_commit(self, shard, (OffsetCommitRequest *)request);
        break;
    case KAFKA_OFFSET_FETCH:
        offsets_fetch(self, (OffsetFetchRequest *)request);
        break;
    case KAFKA_SHARE_GROUP_HEARTBEAT:
    case KAFKA_CONSUMER_GROUP_HEARTBEAT:
        modern_groups_heartbeat(self, shard, (ConsumerGroupHeartbeatRequest *)request);
        break;
    default:
        handle_plain(self, group_coordinator_group(self, group_id), request);
        break;
    }
}

void group_coordinator_on_append(GroupCoordinator *self, uint64_t token, KafkaError error)
{
    for (guint i = 0; i < self->shards->len; i++) {
        if (shard_on_append(g_ptr_array_index(self->shards, i), token, error)) {
            return;
        }
    }
    (void)txn_offsets_on_append(self, token, error);
}

bool group_coordinator_on_timer(GroupCoordinator *self, Timer *timer)
{
    if (timer->kind != self->options.timer_kind) {
        return false;
    }
    GroupTimer *known = timer->owner;
    if (known->kind == GROUP_TIMER_LINGER || known->kind == GROUP_TIMER_EXPIRY) {
        shard_on_timer(known->subject, known);
    } else if (known->kind == GROUP_TIMER_WRITE) {
        shard_on_timer(((CoordinatorAppend *)known->subject)->shard, known);
    } else if (known->kind == GROUP_TIMER_MODERN || known->kind == GROUP_TIMER_REGEX ||
               known->kind == GROUP_TIMER_PERSISTER) {
        modern_groups_on_timer(self, known);
    } else {
        classic_group_on_timer(known->group, known);
    }
    return true;
}

bool group_coordinator_view(const GroupCoordinator *self, const char *group_id, GroupView *ret_view)
{
    const ClassicGroup *group = group_coordinator_group(self, group_id);
    if (group != NULL) {
        *ret_view = view_of(group);
    }
    return group != NULL;
}

int64_t
group_coordinator_committed(const GroupCoordinator *self, const char *group_id, int32_t partition)
{
    const ClassicGroup *group = group_coordinator_group(self, group_id);
    const OffsetEntry *entry = group == NULL ? NULL : offsets_find(group, partition);
    return entry == NULL ? -1 : entry->offset;
}

const char *
group_coordinator_owner(const GroupCoordinator *self, const char *group_id, int32_t partition)
{
    const ClassicGroup *group = group_coordinator_group(self, group_id);
    for (guint i = 0; group != NULL && group->modern != NULL && i < group->modern->members->len;
         i++) {
        const ModernMember *member = g_ptr_array_index(group->modern->members, i);
        if (partition_set_has(member->current.assigned, partition)) {
            return member->id;
        }
    }
    for (guint i = 0; group != NULL && i < group->members->len; i++) {
        const ClassicMember *member = g_ptr_array_index(group->members, i);
        const guint count = classic_group_partitions_of(group, member);
        for (guint p = 0; p < count; p++) {
            if (g_array_index(member->assignment, int32_t, p) == partition) {
                return member->id;
            }
        }
    }
    return NULL;
}
