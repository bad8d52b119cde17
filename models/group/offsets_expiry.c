/* offsets_expiry.c - old commits are forgotten, those of deleted topics, and groups of which
 * nothing is left.
 *
 * Every offsets.retention.check.interval.ms after a shard was loaded each of its groups is looked
 * at. A commit is too old when offsets.retention.minutes have passed (KIP-211):
 *     classic, Empty                 since the group became empty
 *     classic, Stable                since the commit, if nobody subscribes to its topic
 *     classic, in a rebalance        never
 *     KIP-848                        since the commit, if nobody subscribes to its topic
 *     commits without any member     since the commit
 * It gets a tombstone; a group without members that has no offset left gets one, too, and is Dead.
 * A shard without groups has no timer.
 *
 * Mirrors: GroupCoordinatorShard.cleanupGroupMetadata, OffsetMetadataManager.cleanupExpiredOffsets,
 * ClassicGroup.offsetExpirationCondition; onPartitionsDeleted (which a coordinator that loads just
 * then misses). Left out: pending offsets of transactions get no tombstone there (it undoes none of
 * them). */
#include "models/group/modern_groups.h"

static Actor *actor_of(const CoordinatorShard *shard)
{
    return shard->coordinator->host.actor;
}

void offsets_expiry_arm(CoordinatorShard *shard)
{
    const SimDuration interval = shard->coordinator->options.retention_check_ns;
    if (interval <= 0 || shard->state != SHARD_ACTIVE || timer_is_armed(&shard->expiry.timer)) {
        return;
    }
    const SimDuration age = actor_now(actor_of(shard)) - shard->loaded_at;
    actor_arm(actor_of(shard), &shard->expiry.timer, interval - age % interval);
}

static bool has_partition(const ClassicGroup *group, int32_t topic, int32_t partition)
{
    const CoordinatorHost *host = &group->coordinator->host;
    const AssignorTopic known = host->topic(host->owner, topic);
    return partition >= known.first_partition &&
           partition < known.first_partition + known.partitions;
}

static bool is_subscribed(const ClassicGroup *group, int32_t partition)
{
    for (guint i = 0; group->modern != NULL && i < group->modern->subscribed->len; i++) {
        const SubscribedTopic *topic =
            &g_array_index(group->modern->subscribed, SubscribedTopic, i);
        if (topic->subscribers > 0 && has_partition(group, topic->topic, partition)) {
            return true;
        }
    }
    for (guint m = 0; m < group->members->len; m++) {
        const ClassicMember *member = g_ptr_array_index(group->members, m);
        for (int32_t t = 0; t < member->topic_count; t++) {
            const int32_t topic = g_array_index(member->items, int32_t, t);
            if (has_partition(group, topic, partition)) {
                return true;
            }
        }
    }
    return false;
}

/* The time from which a commit's age counts; SIM_TIME_MAX: it does not. */
static SimTime counts_from(const ClassicGroup *group, const OffsetEntry *entry)
{
    const bool is_empty = classic_group_is(group, GROUP_EMPTY);
    if (group->modern == NULL && is_empty && group->generation > 0) {
        return group->state.since;
    }
    const bool may_expire =
        group->modern != NULL || is_empty || classic_group_is(group, GROUP_STABLE);
    return may_expire ? entry->commit_time : SIM_TIME_MAX;
}

static bool is_expired(const ClassicGroup *group, const OffsetEntry *entry, SimTime now)
{
    const SimTime from = counts_from(group, entry);
    return from <= now && now - from >= group->coordinator->options.retention_ns &&
           !is_subscribed(group, entry->partition);
}

static bool has_members(const ClassicGroup *group)
{
    return group->modern != NULL ? group->modern->members->len > 0
                                 : !classic_group_is(group, GROUP_EMPTY);
}

static void expire_group(CoordinatorShard *shard, ClassicGroup *group)
{
    const SimTime now = actor_now(actor_of(shard));
    GArray *expired = g_array_new(FALSE, FALSE, sizeof(OffsetEntry));
    for (guint i = 0; i < group->offsets->len; i++) {
        const OffsetEntry *entry = &g_array_index(group->offsets, OffsetEntry, i);
        if (is_expired(group, entry, now)) {
            const OffsetEntry tombstone = {.partition = entry->partition, .offset = -1};
            g_array_append_val(expired, tombstone);
        }
    }
    const bool ends = expired->len == group->offsets->len && !has_members(group);
    if (expired->len > 0) {
        actor_log(actor_of(shard), "offsets expired", "%s: %u", group->id, expired->len);
    }
    if (ends && group->modern != NULL) {
        modern_groups_bury(group);
    }
    if (expired->len > 0 || ends) {
        shard_write_tombstones(shard, group, expired, ends);
    }
    g_array_free(expired, TRUE);
}

void offsets_expire(CoordinatorShard *shard)
{
    const GPtrArray *groups = shard->coordinator->groups;
    bool has_groups = false;
    for (guint i = 0; i < groups->len; i++) {
        ClassicGroup *group = g_ptr_array_index(groups, i);
        if (group->shard == shard && !group->is_ending) {
            has_groups = true;
            expire_group(shard, group);
        }
    }
    if (has_groups) {
        offsets_expiry_arm(shard);
    }
}

/* ---- Deleted topics. */
static void add_tombstones(const ClassicGroup *group, int32_t first, int32_t end, GArray *into)
{
    for (guint i = 0; i < group->offsets->len; i++) {
        const OffsetEntry *entry = &g_array_index(group->offsets, OffsetEntry, i);
        if (entry->partition >= first && entry->partition < end) {
            const OffsetEntry tombstone = {.partition = entry->partition, .offset = -1};
            g_array_append_val(into, tombstone);
        }
    }
}

void group_coordinator_on_partitions_deleted(GroupCoordinator *self, int32_t first, int32_t count)
{
    g_autoptr(GArray) gone = g_array_new(FALSE, FALSE, sizeof(OffsetEntry));
    for (guint i = 0; i < self->groups->len; i++) {
        ClassicGroup *group = g_ptr_array_index(self->groups, i);
        g_array_set_size(gone, 0);
        modern_groups_on_partitions_deleted(group, first, count);
        if (group->shard->state == SHARD_ACTIVE && !group->is_ending) {
            add_tombstones(group, first, first + count, gone);
        }
        if (gone->len > 0) {
            actor_log(actor_of(group->shard),
                      "offsets deleted",
                      "%s: %u, with their topic",
                      group->id,
                      gone->len);
            shard_write_tombstones(group->shard, group, gone, false);
        }
    }
}
