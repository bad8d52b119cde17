/* shard.c - see shard.h. */
#include "models/group/modern_groups.h"
#include <string.h>

static Actor *actor_of(const CoordinatorShard *self)
{
    return self->coordinator->host.actor;
}

CoordinatorShard *shard_new(GroupCoordinator *coordinator, int32_t partition)
{
    CoordinatorShard *self = g_new0(CoordinatorShard, 1);
    self->coordinator = coordinator;
    self->partition = partition;
    self->state = SHARD_LOADING;
    self->in_flight = g_ptr_array_new();
    group_timer_init(
        &self->linger, coordinator->options.timer_kind, GROUP_TIMER_LINGER, NULL, self);
    group_timer_init(
        &self->expiry, coordinator->options.timer_kind, GROUP_TIMER_EXPIRY, NULL, self);
    return self;
}

void coordinator_append_free(CoordinatorAppend *self)
{
    g_array_free(self->writes, TRUE);
    g_free(self);
}

static CoordinatorAppend *append_take(CoordinatorShard *self)
{
    GPtrArray *spare = self->coordinator->spare_appends;
    CoordinatorAppend *append = NULL;
    if (spare->len > 0) {
        append = g_ptr_array_steal_index_fast(spare, spare->len - 1);
    } else {
        append = g_new0(CoordinatorAppend, 1);
        append->writes = g_array_new(FALSE, TRUE, sizeof(ShardWrite));
    }
    append->shard = self;
    append->token = ++self->coordinator->last_token;
    append->bytes = 0;
    append->payload = coordinator_records_begin(self->coordinator->records);
    group_timer_init(
        &append->timeout, self->coordinator->options.timer_kind, GROUP_TIMER_WRITE, NULL, append);
    return append;
}

static void append_put_back(CoordinatorShard *self, CoordinatorAppend *append)
{
    actor_disarm(actor_of(self), &append->timeout.timer);
    g_array_set_size(append->writes, 0);
    g_ptr_array_add(self->coordinator->spare_appends, append);
}

void shard_free(CoordinatorShard *self)
{
    actor_disarm(actor_of(self), &self->linger.timer);
    actor_disarm(actor_of(self), &self->expiry.timer);
    if (self->open != NULL) {
        append_put_back(self, self->open);
    }
    for (guint i = 0; i < self->in_flight->len; i++) {
        append_put_back(self, g_ptr_array_index(self->in_flight, i));
    }
    g_ptr_array_free(self->in_flight, TRUE);
    g_free(self);
}

KafkaError shard_error_for_client(KafkaError error)
{
    if (error == KAFKA_UNKNOWN_TOPIC_OR_PARTITION || error == KAFKA_NOT_ENOUGH_REPLICAS ||
        error == KAFKA_NOT_ENOUGH_REPLICAS_AFTER_APPEND || error == KAFKA_REQUEST_TIMED_OUT) {
        return KAFKA_COORDINATOR_NOT_AVAILABLE;
    }
    if (error == KAFKA_NOT_LEADER_OR_FOLLOWER || error == KAFKA_KAFKA_STORAGE_ERROR) {
        return KAFKA_NOT_COORDINATOR;
    }
    return error == KAFKA_MESSAGE_TOO_LARGE ? KAFKA_UNKNOWN_SERVER_ERROR : error;
}

static void flush(CoordinatorShard *self)
{
    GroupCoordinator *coordinator = self->coordinator;
    CoordinatorAppend *append = self->open;
    actor_disarm(actor_of(self), &self->linger.timer);
    self->open = NULL;
    g_ptr_array_add(self->in_flight, append);
    actor_arm_constant(
        actor_of(self), &append->timeout.timer, coordinator->options.offset_commit_timeout_ns);
    coordinator->host.append(
        coordinator->host.owner, self->partition, append->bytes, append->payload, append->token);
}

static bool has_room_for(const CoordinatorShard *self, int32_t bytes)
{
    const CoordinatorHost *host = &self->coordinator->host;
    const int32_t bytes_max = host->append_bytes_max == NULL
                                  ? INT32_MAX
                                  : host->append_bytes_max(host->owner, self->partition);
    return self->open->bytes <= bytes_max - bytes;
}

/* The batch that gathers writes now, with room for these bytes (a write of its own may be larger
 * than any batch); the first write starts its linger. */
static CoordinatorAppend *open_append(CoordinatorShard *self, int32_t bytes)
{
    if (self->open != NULL && !has_room_for(self, bytes)) {
        flush(self);
    }
    if (self->open == NULL) {
        self->open = append_take(self);
        const SimDuration linger = self->coordinator->options.append_linger_ns;
        actor_arm_constant(actor_of(self), &self->linger.timer, MAX(linger, 0));
    }
    return self->open;
}

static void add_write(CoordinatorShard *self, const ShardWrite *write, int32_t bytes)
{
    CoordinatorAppend *append = self->open;
    g_array_append_val(append->writes, *write);
    append->bytes += bytes;
    if (self->coordinator->options.append_linger_ns <= 0) {
        flush(self);
    }
}

/* Key: version, group, topic, partition. Value: version, offset, epoch, metadata, time. Topic
 * names are not known here; 16 bytes are assumed for each. */
static int32_t offset_bytes(const char *group_id, int32_t count)
{
    return count * (int32_t)(10 + 2 + 2 + strlen(group_id) + 2 + 16 + 4 + 24);
}

void shard_write_offsets(CoordinatorShard *self, ClassicGroup *group, OffsetCommitRequest *request)
{
    const int32_t bytes = offset_bytes(group->id, request->count);
    const CoordinatorAppend *append = open_append(self, bytes);
    for (int32_t i = 0; i < request->count; i++) {
        request->offsets[i].commit_time = actor_now(actor_of(self));
    }
    const ShardWrite write = {
        .kind = WRITE_OFFSETS,
        .group = group,
        .request = request,
        .record = coordinator_records_add_offsets(self->coordinator->records,
                                                  append->payload,
                                                  group->id,
                                                  request->offsets,
                                                  request->count),
    };
    add_write(self, &write, bytes);
}

void shard_write_tombstones(CoordinatorShard *self,
                            ClassicGroup *group,
                            const GArray *offsets,
                            bool ends_group)
{
    CoordinatorRecords *records = self->coordinator->records;
    const int32_t bytes = offset_bytes(group->id, (int32_t)offsets->len + (ends_group ? 1 : 0));
    const CoordinatorAppend *append = open_append(self, bytes);
    const ShardWrite write = {
        .kind = WRITE_TOMBSTONES,
        .group = group,
        .ends_group = ends_group,
        .record = coordinator_records_add_offsets(records,
                                                  append->payload,
                                                  group->id,
                                                  (const OffsetEntry *)(const void *)offsets->data,
                                                  (int32_t)offsets->len),
    };
    if (ends_group) {
        group->is_ending = true;
        (void)coordinator_records_add_tombstone(records, append->payload, group->id);
    }
    add_write(self, &write, bytes);
}

/* Per member: two ids and a host, time-outs, subscription and assignment. */
static int32_t group_bytes(const ClassicGroup *group)
{
    int32_t bytes = 60 + (int32_t)strlen(group->id);
    for (guint i = 0; i < group->members->len; i++) {
        const ClassicMember *member = g_ptr_array_index(group->members, i);
        bytes += (int32_t)(2 * strlen(member->id)) + 60;
        bytes += (int32_t)(member->items->len + member->incoming->len) * 8;
    }
    return bytes;
}

void shard_write_group(CoordinatorShard *self,
                       ClassicGroup *group,
                       ShardWriteKind kind,
                       const char *member_id)
{
    const int32_t bytes = group_bytes(group);
    const CoordinatorAppend *append = open_append(self, bytes);
    GroupSnapshot *snapshot = classic_group_snapshot(group, kind == WRITE_ASSIGNMENT);
    ShardWrite write = {
        .kind = kind,
        .group = group,
        .generation = group->generation,
    };
    (void)coordinator_records_add_group(
        self->coordinator->records, append->payload, group->id, snapshot);
    if (member_id != NULL) {
        g_strlcpy(write.member_id, member_id, sizeof write.member_id);
    }
    add_write(self, &write, bytes);
}

static int32_t modern_bytes(const ClassicGroup *group)
{
    const GPtrArray *made = group->modern->made;
    int32_t bytes = 0;
    for (guint i = 0; i < made->len; i++) {
        bytes += (int32_t)strlen(group->id) + modern_record_bytes(g_ptr_array_index(made, i));
    }
    return bytes;
}

static void add_modern_records(CoordinatorShard *self, ClassicGroup *group, uint32_t payload)
{
    GPtrArray *made = group->modern->made;
    for (guint i = 0; i < made->len; i++) {
        ModernRecord *record = g_ptr_array_index(made, i);
        (void)coordinator_records_add_modern(
            self->coordinator->records, payload, group->id, modern_record_ref(record));
    }
    g_ptr_array_set_size(made, 0);
}

/* What is written before must be committed first: the answer waits with it. */
static CoordinatorAppend *last_append(const CoordinatorShard *self)
{
    if (self->open != NULL) {
        return self->open;
    }
    const guint count = self->in_flight->len;
    return count > 0 ? g_ptr_array_index(self->in_flight, count - 1) : NULL;
}

void shard_write_modern(CoordinatorShard *self,
                        ClassicGroup *group,
                        RequestHeader *request,
                        ResponseHeader *response)
{
    const ShardWrite write = {
        .kind = WRITE_MODERN, .group = group, .heartbeat = request, .response = response};
    if (group->modern->made->len > 0) {
        if (group->is_unwritten) {
            modern_group_snapshot(group->modern);
            group->is_unwritten = false;
        }
        const int32_t bytes = modern_bytes(group);
        add_modern_records(self, group, open_append(self, bytes)->payload);
        add_write(self, &write, bytes);
    } else if (request != NULL && last_append(self) != NULL) {
        g_array_append_val(last_append(self)->writes, write);
    } else if (request != NULL) {
        group_coordinator_respond(self->coordinator, request, response);
    }
}

static void answer_modern(CoordinatorShard *self, ShardWrite *write, KafkaError error)
{
    GroupCoordinator *coordinator = self->coordinator;
    RequestHeader *request = write->heartbeat;
    write->heartbeat = NULL;
    if (request == NULL) {
        return;
    }
    if (error == KAFKA_NONE) {
        group_coordinator_respond(coordinator, request, write->response);
    } else {
        message_free(actor_of(self)->sim, &write->response->base);
        group_coordinator_fail(coordinator, request, shard_error_for_client(error)); /* any kind */
    }
}

static void complete_offsets(CoordinatorShard *self, ShardWrite *write, KafkaError error)
{
    GroupCoordinator *coordinator = self->coordinator;
    /* After a time-out the records are in the log all the same, and usually get committed. */
    if (error == KAFKA_NONE || error == KAFKA_REQUEST_TIMED_OUT) {
        offsets_apply(write->group, write->record->offsets, write->record->offset_count);
    }
    if (write->request != NULL) {
        offsets_answer_commit(coordinator, write->request, shard_error_for_client(error));
        write->request = NULL;
    }
}

static void complete_tombstones(ShardWrite *write, KafkaError error)
{
    if (error == KAFKA_NONE) {
        offsets_apply(write->group, write->record->offsets, write->record->offset_count);
    }
    write->group->is_ending = false;
    write->ends_group = write->ends_group && error == KAFKA_NONE;
}

static bool writes_of(const CoordinatorAppend *append, const ClassicGroup *group)
{
    for (guint i = 0; i < append->writes->len; i++) {
        if (g_array_index(append->writes, ShardWrite, i).group == group) {
            return true;
        }
    }
    return false;
}

/* Its tombstone is in the log. Who came meanwhile, or has written, keeps it alive. */
static void end_group(CoordinatorShard *self, ClassicGroup *group)
{
    bool is_used = !classic_group_is(group, GROUP_EMPTY) || group->modern != NULL ||
                   group->pending->len > 0 || group->offsets->len > 0 ||
                   (self->open != NULL && writes_of(self->open, group));
    for (guint i = 0; i < self->in_flight->len; i++) {
        is_used = is_used || writes_of(g_ptr_array_index(self->in_flight, i), group);
    }
    if (!is_used) {
        actor_log(actor_of(self), "group dead", "%s", group->id);
        group_coordinator_drop_group(self->coordinator, group);
    }
}

static void
complete_write(CoordinatorShard *self, ShardWrite *write, uint32_t payload, KafkaError error)
{
    switch (write->kind) {
    case WRITE_OFFSETS:
        complete_offsets(self, write, error);
        break;
    case WRITE_ASSIGNMENT:
        classic_group_on_assignment_stored(write->group, write->generation, error);
        break;
    case WRITE_STATIC_JOIN:
        classic_group_on_static_stored(write->group, write->member_id, error);
        break;
    case WRITE_EMPTY_GROUP:
        break;
    case WRITE_TOMBSTONES:
        complete_tombstones(write, error);
        break;
    case WRITE_MODERN:
        answer_modern(self, write, error);
        modern_groups_on_written(write->group, payload, error);
        break;
    }
}

/* Answering may open the next batch, but never touches this one. */
static void complete_append(CoordinatorShard *self, CoordinatorAppend *append, KafkaError error)
{
    for (guint i = 0; i < append->writes->len; i++) {
        complete_write(self, &g_array_index(append->writes, ShardWrite, i), append->payload, error);
    }
    for (guint i = 0; i < append->writes->len; i++) {
        const ShardWrite *write = &g_array_index(append->writes, ShardWrite, i);
        if (write->kind == WRITE_TOMBSTONES && write->ends_group) {
            end_group(self, write->group);
        }
    }
}

bool shard_on_append(CoordinatorShard *self, uint64_t token, KafkaError error)
{
    for (guint i = 0; i < self->in_flight->len; i++) {
        CoordinatorAppend *append = g_ptr_array_index(self->in_flight, i);
        if (append->token == token) {
            g_ptr_array_remove_index(self->in_flight, i);
            complete_append(self, append, error);
            append_put_back(self, append);
            return true;
        }
    }
    return false;
}

/* offsets.commit.timeout.ms: clients are told; the batch may still be committed later, and its
 * offsets count then. */
static void time_out(CoordinatorShard *self, CoordinatorAppend *append)
{
    for (guint i = 0; i < append->writes->len; i++) {
        ShardWrite *write = &g_array_index(append->writes, ShardWrite, i);
        if (write->kind == WRITE_OFFSETS && write->request != NULL) {
            offsets_answer_commit(
                self->coordinator, write->request, KAFKA_COORDINATOR_NOT_AVAILABLE);
            write->request = NULL;
        } else if (write->kind == WRITE_MODERN) {
            answer_modern(self, write, KAFKA_REQUEST_TIMED_OUT);
        } else if (write->kind != WRITE_OFFSETS && write->kind != WRITE_TOMBSTONES) {
            complete_write(self, write, append->payload, KAFKA_REQUEST_TIMED_OUT);
            write->kind = WRITE_EMPTY_GROUP;
        }
    }
}

void shard_on_timer(CoordinatorShard *self, GroupTimer *timer)
{
    if (timer->kind == GROUP_TIMER_EXPIRY) {
        offsets_expire(self);
    } else if (timer->kind == GROUP_TIMER_LINGER) {
        flush(self);
    } else {
        time_out(self, timer->subject);
    }
}

void shard_fail_all(CoordinatorShard *self, KafkaError error)
{
    if (self->open != NULL) {
        g_ptr_array_add(self->in_flight, self->open);
        self->open = NULL;
    }
    for (guint i = 0; i < self->in_flight->len; i++) {
        CoordinatorAppend *append = g_ptr_array_index(self->in_flight, i);
        for (guint w = 0; w < append->writes->len; w++) {
            ShardWrite *write = &g_array_index(append->writes, ShardWrite, w);
            if (write->request != NULL) {
                offsets_answer_commit(self->coordinator, write->request, error);
                write->request = NULL;
            }
            answer_modern(self, write, error);
        }
    }
}
