/* group_leader.c - what only the group's leader does: assign, and watch the topics.
 *
 * Mirrors: ConsumerCoordinator.onLeaderElected, MetadataSnapshot. */
#include "models/consumer/consumer_state.h"
#include <string.h>

static AssignorTopic *known_topics(const Consumer *self, int32_t count)
{
    AssignorTopic *topics = g_new0(AssignorTopic, (gsize)count + 1);
    for (int32_t t = 0; t < count; t++) {
        const TopicInfo *info = metadata_topic(self->context.topics, t);
        topics[t].name = info->name;
        topics[t].first_partition = info->first_partition;
        topics[t].partitions = client_metadata_partitions(self->metadata, t);
    }
    return topics;
}

static AssignorMember *named_members(JoinGroupResponse *response, GroupRacks *racks)
{
    AssignorMember *members = g_new0(AssignorMember, (gsize)response->member_count + 1);
    const int32_t *items = join_group_response_items(response);
    for (int32_t m = 0; m < response->member_count; m++) {
        const JoinGroupMember *entry = &response->members[m];
        members[m].member_id = entry->member_id;
        members[m].group_instance_id = entry->group_instance_id;
        members[m].topics = &items[entry->first_item];
        members[m].topic_count = entry->topic_count;
        members[m].owned = &items[entry->first_item + entry->topic_count];
        members[m].owned_count = entry->owned_count;
        members[m].generation = entry->generation;
        members[m].claimed_generation = entry->subscription_generation;
        members[m].rack = group_racks_bit(racks, entry->rack);
    }
    return members;
}

static SyncGroupRequest *
build_sync(Consumer *self, const AssignorInput *input, const AssignorResult *result)
{
    g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(int32_t));
    g_autoptr(GArray) assignments = g_array_new(FALSE, FALSE, sizeof(SyncAssignment));
    for (int32_t m = 0; m < result->member_count; m++) {
        const GArray *partitions = result->partitions[m];
        SyncAssignment entry = {.first_item = (int32_t)items->len,
                                .count = (int32_t)partitions->len};
        g_strlcpy(entry.member_id, input->members[m].member_id, sizeof entry.member_id);
        g_array_append_val(assignments, entry);
        g_array_append_vals(items, partitions->data, partitions->len);
    }
    return sync_group_request_of(self->actor.sim, assignments, items);
}

static void remember_watched(Consumer *self)
{
    g_array_set_size(self->watched, 0);
    for (guint t = 0; t < self->joined->len; t++) {
        const int32_t count =
            client_metadata_partitions(self->metadata, g_array_index(self->joined, int32_t, t));
        g_array_append_val(self->watched, count);
    }
    self->watched_racks = group_racks_digest(self);
    self->watched_version = client_metadata_version(self->metadata);
}

void leader_assign(Consumer *self, JoinGroupResponse *response)
{
    if (self->context.work != NULL) {
        self->is_leader = true;
        SyncGroupRequest *request = self->context.work->assign(self->context.work_owner, response);
        if (request != NULL) {
            remember_watched(self);
            membership_send_sync(self, request);
        } else if (self->unassigned == NULL) {
            self->unassigned = g_memdup2(response, response->header.base.allocated_bytes);
        }
        return;
    }
    const Assignor *assignor = assignor_find(response->protocol, strlen(response->protocol));
    if (assignor == NULL) {
        consumer_fail(self, "the group chose an assignor that is not known");
        return;
    }
    const int32_t topic_count = metadata_topic_count(self->context.topics);
    AssignorTopic *topics = known_topics(self, topic_count);
    GroupRacks racks;
    group_racks_init(&racks, self);
    AssignorMember *members = named_members(response, &racks);
    const AssignorInput input = {
        .topics = topics,
        .topic_count = topic_count,
        .members = members,
        .member_count = response->member_count,
        .racks_of = racks.names->len > 0 ? group_racks_of : NULL,
        .owner = &racks,
    };
    self->is_leader = true;
    remember_watched(self);
    AssignorResult *result = assignor_run(assignor, &input);
    membership_send_sync(self, build_sync(self, &input, result));
    assignor_result_free(result);
    group_racks_clear(&racks);
    g_free(members);
    g_free(topics);
}

/* onJoinComplete of the leader waits within its assignor. */
void leader_assign_again(Consumer *self)
{
    if (self->unassigned == NULL || consumer_now(self) < self->assign_retry_at) {
        return;
    }
    JoinGroupResponse *response = self->unassigned;
    self->unassigned = NULL;
    self->assign_retry_at = consumer_now(self) + self->options.retry_backoff_ns;
    if (self->state == MEMBER_COMPLETING_REBALANCE && membership_can_send(self)) {
        leader_assign(self, response);
    } else {
        membership_join_failed(self, true, "the assignment was not ready in time");
    }
    g_free(response);
}

/* The leader rejoins when a topic has more (or fewer) partitions than it assigned, and, if it names
 * a rack itself, when replicas stand in other racks. What the assignor itself had created meanwhile
 * is no news to it (in Kafka it joins once more for that, too). */
bool leader_has_metadata_changed(Consumer *self)
{
    const bool creates = self->context.work != NULL;
    for (guint t = 0; self->is_leader && t < self->watched->len; t++) {
        const int32_t known =
            client_metadata_partitions(self->metadata, g_array_index(self->joined, int32_t, t));
        const int32_t then = g_array_index(self->watched, int32_t, t);
        if (known != then && (then > 0 || !creates)) {
            return true;
        }
    }
    const uint32_t version = client_metadata_version(self->metadata);
    if (!self->is_leader || self->watched->len == 0 || version == self->watched_version) {
        return false;
    }
    self->watched_version = version;
    return group_racks_digest(self) != self->watched_racks;
}
