/* modern_groups.c - see modern_groups.h. */
#include "models/group/modern_groups.h"
#include "models/group/modern/modern_regex.h"
#include "models/group/modern/modern_share.h"
#include "models/group/modern_upgrade.h"
#include <string.h>

/* All timers of one member. */
typedef struct MemberTimer {
    GroupTimer base; /* first */
    char member_id[MEMBER_ID_BYTES];
    ModernTimerKind kind;
    int32_t epoch;
} MemberTimer;

static ClassicGroup *shell_of(const GroupCoordinator *self, const ModernGroup *group)
{
    return group_coordinator_group(self, group->id);
}

/* ---- What the passive group asks of its host. */
static AssignorTopic host_topic(void *owner, int32_t topic)
{
    const GroupCoordinator *self = owner;
    return self->host.topic(self->host.owner, topic);
}

static uint64_t host_topic_racks(void *owner, int32_t topic)
{
    const GroupCoordinator *self = owner;
    return self->host.topic_racks == NULL ? 0 : self->host.topic_racks(self->host.owner, topic);
}

static MemberTimer *timers_of(GroupCoordinator *self, ModernGroup *group, ModernMember *member)
{
    if (member->timers == NULL) {
        MemberTimer *timers = g_new0(MemberTimer, MODERN_TIMER_KINDS);
        for (int kind = 0; kind < MODERN_TIMER_KINDS; kind++) {
            group_timer_init(&timers[kind].base,
                             self->options.timer_kind,
                             GROUP_TIMER_MODERN,
                             shell_of(self, group),
                             &timers[kind]);
            timers[kind].kind = (ModernTimerKind)kind;
            g_strlcpy(timers[kind].member_id, member->id, sizeof timers[kind].member_id);
        }
        member->timers = timers;
    }
    return member->timers;
}

static void host_schedule(void *owner,
                          ModernGroup *group,
                          const char *member_id,
                          ModernTimerKind kind,
                          SimDuration delay,
                          int32_t epoch)
{
    GroupCoordinator *self = owner;
    ModernMember *member = modern_group_member(group, member_id);
    MemberTimer *timer = &timers_of(self, group, member)[kind];
    timer->epoch = epoch;
    actor_arm(self->host.actor, &timer->base.timer, delay);
}

static void
host_cancel(void *owner, ModernGroup *group, const char *member_id, ModernTimerKind kind)
{
    GroupCoordinator *self = owner;
    ModernMember *member = modern_group_member(group, member_id);
    if (member != NULL && member->timers != NULL) {
        MemberTimer *timers = member->timers;
        actor_disarm(self->host.actor, &timers[kind].base.timer);
    }
}

static void host_forget(void *owner, ModernMember *member)
{
    const GroupCoordinator *self = owner;
    MemberTimer *timers = member->timers;
    for (int kind = 0; timers != NULL && kind < MODERN_TIMER_KINDS; kind++) {
        actor_disarm(self->host.actor, &timers[kind].base.timer);
    }
    g_free(timers);
    member->timers = NULL;
}

static SimTime host_now(void *owner)
{
    const GroupCoordinator *self = owner;
    return actor_now(self->host.actor);
}

static int32_t host_topic_count(void *owner)
{
    const GroupCoordinator *self = owner;
    return self->host.topic_count(self->host.owner);
}

static int64_t host_version(void *owner)
{
    const GroupCoordinator *self = owner;
    return self->host.metadata_offset(self->host.owner);
}

static int64_t host_newest_topic(void *owner)
{
    const GroupCoordinator *self = owner;
    return self->host.newest_topic(self->host.owner);
}

/* A thread of its own does it, after the heartbeat that asked for it. */
static void host_resolve(void *owner, ModernGroup *group)
{
    GroupCoordinator *self = owner;
    actor_arm(self->host.actor, &shell_of(self, group)->regex.timer, 0);
}

static void host_say(void *owner, const char *what, const char *text)
{
    const GroupCoordinator *self = owner;
    actor_log(self->host.actor, what, "%s", text);
}

void modern_groups_init(GroupCoordinator *self)
{
    self->modern_host = (ModernHost){
        .owner = self,
        .topic = host_topic,
        .topic_racks = host_topic_racks,
        .schedule = host_schedule,
        .cancel = host_cancel,
        .now = host_now,
        .topic_count = host_topic_count,
        .version = host_version,
        .newest_topic = host_newest_topic,
        .resolve = host_resolve,
        .forget = host_forget,
        .say = host_say,
    };
}

static const ModernOptions *
options_of(const GroupCoordinator *self, ModernGroupType type, const char *group_id)
{
    const ModernOptions *own = self->host.group_options == NULL
                                   ? NULL
                                   : self->host.group_options(self->host.owner, group_id, type);
    if (own != NULL) {
        return own;
    }
    return type == MODERN_GROUP_SHARE ? &self->options.share : &self->options.consumer;
}

static void make_modern(GroupCoordinator *self, ClassicGroup *group, ModernGroupType type)
{
    group->modern =
        modern_group_new(group->id, type, &self->modern_host, options_of(self, type, group->id));
    group->topics_seen = -1;
}

void modern_groups_drop(ClassicGroup *group)
{
    if (group->modern != NULL) {
        actor_disarm(group->coordinator->host.actor, &group->regex.timer);
        actor_disarm(group->coordinator->host.actor, &group->persister.timer);
        modern_group_free(group->modern);
        group->modern = NULL;
    }
}

void modern_groups_bury(ClassicGroup *group)
{
    GPtrArray *made = group->modern->made;
    g_ptr_array_set_size(made, 0);
    g_ptr_array_add(made,
                    modern_record_tombstone(group->modern->type, MODERN_RECORD_GROUP_EPOCH, NULL));
    group->is_unwritten = false;
    shard_write_modern(group->shard, group, NULL, NULL);
    modern_groups_drop(group);
}

void modern_groups_replay(GroupCoordinator *self, ClassicGroup *group, const ModernRecord *record)
{
    if (record->kind == MODERN_RECORD_GROUP_EPOCH && record->is_tombstone) {
        modern_groups_drop(group);
        return;
    }
    if (group->modern == NULL) {
        make_modern(self, group, record->type);
    }
    modern_group_replay(group->modern, record);
}

void modern_groups_on_partitions_deleted(ClassicGroup *group, int32_t first, int32_t count)
{
    if (group->modern != NULL && group->shard->state == SHARD_ACTIVE) {
        modern_share_forget(group->modern, first, count);
        shard_write_modern(group->shard, group, NULL, NULL);
    }
}

void modern_groups_on_loaded(ClassicGroup *group)
{
    if (group->modern != NULL) {
        group->modern->loaded_version = host_version(group->coordinator) - 1;
        modern_group_on_loaded(group->modern);
    }
}

/* What a share group is initializing is in the log: the persister is told. */
static void tell_persister(ClassicGroup *group, KafkaError error)
{
    const GroupCoordinator *self = group->coordinator;
    if (group->modern == NULL || !group->modern->is_asking) {
        return;
    }
    group->modern->is_asking = false;
    if (error == KAFKA_NONE && !self->options.share_state_missing) { /* else it is asked again */
        actor_arm(self->host.actor, &group->persister.timer, self->options.share_initialize_ns);
    }
}

/* After a time-out the records are in the log all the same. Else none of them is: who was removed
 * by them must be removed by what is written next. */
void modern_groups_on_written(ClassicGroup *group, uint32_t payload, KafkaError error)
{
    tell_persister(group, error);
    if (error == KAFKA_NONE || error == KAFKA_REQUEST_TIMED_OUT || group->modern == NULL) {
        return;
    }
    group->is_unwritten = true;
    const CoordinatorRecord *record =
        coordinator_records_first(group->coordinator->records, payload);
    for (; record != NULL; record = record->next) {
        if (strcmp(record->group_id, group->id) == 0 && record->modern != NULL &&
            record->modern->is_tombstone) {
            g_ptr_array_add(group->modern->owed, modern_record_ref(record->modern));
        }
    }
}

/* ---- Requests. */
static ModernGroupType type_of(const RequestHeader *request)
{
    return request->base.type == KAFKA_SHARE_GROUP_HEARTBEAT ? MODERN_GROUP_SHARE
                                                             : MODERN_GROUP_CONSUMER;
}

void modern_groups_fail(GroupCoordinator *self, RequestHeader *request, KafkaError error)
{
    ConsumerGroupHeartbeatResponse *response =
        group_coordinator_response(self, request, sizeof(ConsumerGroupHeartbeatResponse));
    response->error = error;
    response->assigned_count = -1;
    group_coordinator_respond(self, request, response);
}

static ConsumerGroupHeartbeatResponse *answer(GroupCoordinator *self,
                                              const RequestHeader *request,
                                              const ModernGroup *group,
                                              const ModernHeartbeatAnswer *said)
{
    const PartitionSet *set = said->assignment;
    const int32_t count = set == NULL ? 0 : set->count;
    ConsumerGroupHeartbeatResponse *response = group_coordinator_response(
        self, request, KAFKA_MESSAGE_BYTES(ConsumerGroupHeartbeatResponse, partitions, count));
    response->member_epoch = said->member_epoch;
    response->heartbeat_interval_ns = group->options->heartbeat_interval_ns;
    response->assigned_count = set == NULL ? -1 : set->count;
    if (count > 0) {
        memcpy(response->partitions, set->items, sizeof(int32_t) * (size_t)count);
    }
    return response;
}

/* The group of this request, made if the member joins; NULL: the error says why not. */
static ClassicGroup *find_group(GroupCoordinator *self,
                                CoordinatorShard *shard,
                                const ConsumerGroupHeartbeatRequest *request,
                                KafkaError *ret_error)
{
    const ModernGroupType type = type_of(&request->header);
    ClassicGroup *group = group_coordinator_group(self, request->group_id);
    *ret_error = KAFKA_GROUP_ID_NOT_FOUND;
    if (group != NULL && group->modern != NULL) {
        return group->modern->type == type ? group : NULL;
    }
    if (request->member_epoch != 0) {
        return NULL;
    }
    if (group == NULL) {
        group = group_coordinator_add_group(self, shard, request->group_id);
    } else if (!classic_group_is(group, GROUP_EMPTY) &&
               !options_of(self, type, request->group_id)->may_upgrade) {
        return NULL;
    }
    make_modern(self, group, type);
    if (group->members->len > 0 || group->pending->len > 0) {
        modern_upgrade(group);
    }
    return group;
}

/* What the coordinator's broker has heard of topics since the group looked last. */
static void notice_topics(GroupCoordinator *self, ClassicGroup *group)
{
    const int64_t offset = self->host.metadata_offset(self->host.owner);
    if (offset != group->topics_seen) {
        group->topics_seen = offset;
        group->modern->metadata_refresh = true;
    }
}

static void read_request(const ConsumerGroupHeartbeatRequest *request,
                         ModernHeartbeat *ret_heartbeat,
                         PartitionSet **ret_topics,
                         PartitionSet **ret_owned)
{
    const int32_t topics = MAX(0, request->topic_count);
    *ret_topics =
        request->topic_count < 0 ? NULL : partition_set_new(request->items, request->topic_count);
    *ret_owned = request->owned_count < 0
                     ? NULL
                     : partition_set_new(&request->items[topics], request->owned_count);
    *ret_heartbeat = (ModernHeartbeat){
        .member_id = request->member_id,
        .member_epoch = request->member_epoch,
        .client_id = request->header.client_id,
        .group_instance_id = request->group_instance_id,
        .rebalance_timeout_ns = request->rebalance_timeout_ns,
        .server_assignor = request->server_assignor,
        .topics = *ret_topics,
        .regex = request->subscribed_regex,
        .owned = *ret_owned,
    };
}

void modern_groups_heartbeat(GroupCoordinator *self,
                             CoordinatorShard *shard,
                             ConsumerGroupHeartbeatRequest *request)
{
    ModernHeartbeat heartbeat;
    ModernHeartbeatAnswer said = {0};
    g_autoptr(PartitionSet) topics = NULL;
    g_autoptr(PartitionSet) owned = NULL;
    const ModernGroupType type = type_of(&request->header);
    read_request(request, &heartbeat, &topics, &owned);
    KafkaError error =
        modern_heartbeat_validate(type, options_of(self, type, request->group_id), &heartbeat);
    ClassicGroup *group = NULL;
    if (error == KAFKA_NONE) {
        group = find_group(self, shard, request, &error);
    }
    if (group != NULL) {
        notice_topics(self, group);
        error = modern_group_heartbeat(group->modern, &heartbeat, &said);
    }
    if (error != KAFKA_NONE) {
        modern_groups_fail(self, &request->header, error);
        return;
    }
    if (type == MODERN_GROUP_SHARE && heartbeat.member_epoch >= 0) {
        modern_share_plan(group->modern, 2 * self->options.offset_commit_timeout_ns);
    }
    ConsumerGroupHeartbeatResponse *response = answer(self, &request->header, group->modern, &said);
    shard_write_modern(shard, group, &request->header, &response->header);
    modern_maybe_downgrade(group);
}

static void on_member_timer(GroupCoordinator *self, GroupTimer *timer)
{
    const MemberTimer *fired = timer->subject;
    ClassicGroup *group = timer->group;
    char member_id[MEMBER_ID_BYTES];
    g_strlcpy(member_id, fired->member_id, sizeof member_id);
    notice_topics(self, group);
    modern_group_on_timer(group->modern, member_id, fired->kind, fired->epoch);
    shard_write_modern(group->shard, group, NULL, NULL);
    modern_maybe_downgrade(group);
}

/* Its regular expressions can be matched now, or the persister has answered. */
static void on_group_timer(ClassicGroup *group, GroupTimerKind kind)
{
    if (kind == GROUP_TIMER_REGEX) {
        modern_group_resolve(group->modern);
    } else {
        modern_share_complete(group->modern);
    }
    shard_write_modern(group->shard, group, NULL, NULL);
}

void modern_groups_on_timer(GroupCoordinator *self, GroupTimer *timer)
{
    if (timer->group->shard->state != SHARD_ACTIVE || timer->group->modern == NULL) {
        return;
    }
    if (timer->kind == GROUP_TIMER_MODERN) {
        on_member_timer(self, timer);
    } else {
        on_group_timer(timer->group, timer->kind);
    }
}
