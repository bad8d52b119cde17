/* modern_group.c - see modern_group.h. */
#include "models/group/modern/modern_group.h"
#include <string.h>

ModernGroup *modern_group_new(const char *id,
                              ModernGroupType type,
                              const ModernHost *host,
                              const ModernOptions *options)
{
    ModernGroup *self = g_new0(ModernGroup, 1);
    self->id = id;
    self->type = type;
    self->host = host;
    self->options = options;
    self->members = g_ptr_array_new();
    self->members_by_id = g_hash_table_new(g_str_hash, g_str_equal);
    self->static_members = g_hash_table_new(g_str_hash, g_str_equal);
    self->partition_epoch = g_hash_table_new(NULL, NULL);
    self->subscribed = g_array_new(FALSE, FALSE, sizeof(SubscribedTopic));
    self->regexes = g_array_new(FALSE, FALSE, sizeof(SubscribedRegex));
    self->made = g_ptr_array_new_with_free_func((GDestroyNotify)modern_record_unref);
    self->owed = g_ptr_array_new_with_free_func((GDestroyNotify)modern_record_unref);
    self->initialized = partition_set_empty();
    self->initializing = partition_set_empty();
    self->metadata_refresh = true;
    return self;
}

static void member_free(ModernGroup *group, ModernMember *member)
{
    if (group->host->forget != NULL) {
        group->host->forget(group->host->owner, member);
    }
    member_subscription_clear(&member->subscription);
    current_assignment_clear(&member->current);
    partition_set_unref(member->target);
    partition_set_unref(member->topics);
    g_free(member);
}

void modern_group_free(ModernGroup *self)
{
    for (guint i = 0; i < self->members->len; i++) {
        member_free(self, g_ptr_array_index(self->members, i));
    }
    for (guint i = 0; i < self->regexes->len; i++) {
        partition_set_unref(g_array_index(self->regexes, SubscribedRegex, i).topics);
    }
    g_ptr_array_free(self->members, TRUE);
    g_hash_table_destroy(self->members_by_id);
    g_hash_table_destroy(self->static_members);
    g_hash_table_destroy(self->partition_epoch);
    g_array_free(self->subscribed, TRUE);
    g_array_free(self->regexes, TRUE);
    g_ptr_array_free(self->made, TRUE);
    g_ptr_array_free(self->owed, TRUE);
    partition_set_unref(self->initialized);
    partition_set_unref(self->initializing);
    g_free(self);
}

ModernMember *modern_group_member(const ModernGroup *self, const char *member_id)
{
    return g_hash_table_lookup(self->members_by_id, member_id);
}

ModernMember *modern_group_static_member(const ModernGroup *self, const char *instance_id)
{
    return instance_id == NULL ? NULL : g_hash_table_lookup(self->static_members, instance_id);
}

static ModernMember *get_or_create(ModernGroup *self, const char *member_id)
{
    ModernMember *member = modern_group_member(self, member_id);
    if (member != NULL) {
        return member;
    }
    member = g_new0(ModernMember, 1);
    g_strlcpy(member->id, member_id, sizeof member->id);
    member_subscription_init(&member->subscription);
    current_assignment_init(&member->current);
    member->target = partition_set_empty();
    member->topics = partition_set_empty();
    g_ptr_array_add(self->members, member);
    g_hash_table_insert(self->members_by_id, member->id, member);
    return member;
}

/* ---- Subscriptions. */
static guint subscribed_place(const ModernGroup *self, int32_t topic)
{
    guint low = 0;
    guint high = self->subscribed->len;
    while (low < high) {
        const guint middle = low + (high - low) / 2;
        if (g_array_index(self->subscribed, SubscribedTopic, middle).topic < topic) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static SubscribedTopic *subscribed_find(const ModernGroup *self, int32_t topic)
{
    const guint at = subscribed_place(self, topic);
    if (at == self->subscribed->len) {
        return NULL;
    }
    SubscribedTopic *entry = &g_array_index(self->subscribed, SubscribedTopic, at);
    return entry->topic == topic ? entry : NULL;
}

static void count_subscriptions(ModernGroup *self, const PartitionSet *topics, int32_t change)
{
    for (int32_t i = 0; i < topics->count; i++) {
        SubscribedTopic *entry = subscribed_find(self, topics->items[i]);
        if (entry == NULL) {
            const SubscribedTopic fresh = {.topic = topics->items[i]};
            const guint at = subscribed_place(self, topics->items[i]);
            g_array_insert_val(self->subscribed, at, fresh);
            entry = &g_array_index(self->subscribed, SubscribedTopic, at);
        }
        entry->subscribers += change;
    }
}

bool modern_group_is_subscribed(const ModernGroup *self, int32_t topic)
{
    const SubscribedTopic *entry = subscribed_find(self, topic);
    return entry != NULL && entry->subscribers > 0;
}

/* FNV-1a. */
static uint64_t hash_more(uint64_t hash, int32_t number)
{
    for (int i = 0; i < 4; i++) {
        hash = (hash ^ ((uint32_t)number >> (8 * i) & 0xff)) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static uint64_t hash_racks(const ModernGroup *self, uint64_t hash, int32_t topic)
{
    const ModernHost *host = self->host;
    const uint64_t racks = host->topic_racks == NULL ? 0 : host->topic_racks(host->owner, topic);
    return racks == 0 ? hash
                      : hash_more(hash_more(hash, (int32_t)(uint32_t)racks),
                                  (int32_t)(uint32_t)(racks >> 32));
}

/* Utils.computeGroupHash, computeTopicHash. */
uint64_t modern_group_hash_topics(const ModernGroup *self)
{
    uint64_t hash = 0;
    for (guint i = 0; i < self->subscribed->len; i++) {
        const SubscribedTopic *entry = &g_array_index(self->subscribed, SubscribedTopic, i);
        const int32_t partitions =
            entry->subscribers > 0 ? self->host->topic(self->host->owner, entry->topic).partitions
                                   : 0;
        if (partitions > 0) {
            hash = hash == 0 ? UINT64_C(0xcbf29ce484222325) : hash;
            hash = hash_more(hash_more(hash, entry->topic), partitions);
            hash = hash_racks(self, hash, entry->topic);
        }
    }
    return hash;
}

SubscribedRegex *modern_group_regex(const ModernGroup *self, const char *regex)
{
    for (guint i = 0; regex != NULL && i < self->regexes->len; i++) {
        SubscribedRegex *known = &g_array_index(self->regexes, SubscribedRegex, i);
        if (strcmp(known->regex, regex) == 0) {
            return known;
        }
    }
    return NULL;
}

static SubscribedRegex *get_or_create_regex(ModernGroup *self, const char *regex)
{
    if (modern_group_regex(self, regex) == NULL) {
        const SubscribedRegex fresh = {.regex = regex};
        g_array_append_val(self->regexes, fresh);
    }
    return modern_group_regex(self, regex);
}

static void drop_unused_regex(ModernGroup *self, const char *regex)
{
    for (guint i = 0; i < self->regexes->len; i++) {
        const SubscribedRegex *known = &g_array_index(self->regexes, SubscribedRegex, i);
        if (strcmp(known->regex, regex) == 0 && known->subscribers == 0 && known->topics == NULL) {
            g_array_remove_index(self->regexes, i);
            return;
        }
    }
}

static void count_regex(ModernGroup *self, const char *regex, int32_t change)
{
    if (regex != NULL) {
        get_or_create_regex(self, regex)->subscribers += change;
        drop_unused_regex(self, regex);
    }
}

/* By name and by regular expression. */
static void update_topics(ModernGroup *self, ModernMember *member)
{
    const SubscribedRegex *known = modern_group_regex(self, member->subscription.regex);
    g_autoptr(PartitionSet) topics =
        known == NULL || known->topics == NULL
            ? partition_set_ref(member->subscription.topics)
            : partition_set_union(member->subscription.topics, known->topics);
    count_subscriptions(self, member->topics, -1);
    count_subscriptions(self, topics, 1);
    partition_set_assign(&member->topics, topics);
}

/* ---- Who holds what. */
int32_t modern_group_partition_epoch(const ModernGroup *self, int32_t partition)
{
    return GPOINTER_TO_INT(g_hash_table_lookup(self->partition_epoch, GINT_TO_POINTER(partition))) -
           1;
}

static void release(ModernGroup *self, const PartitionSet *partitions)
{
    for (int32_t i = 0; i < partitions->count; i++) {
        g_hash_table_remove(self->partition_epoch, GINT_TO_POINTER(partitions->items[i]));
    }
}

static void hold(ModernGroup *self, const PartitionSet *partitions, int32_t epoch)
{
    for (int32_t i = 0; i < partitions->count; i++) {
        /* A static member that is away (epoch -2) still holds its partitions. */
        g_hash_table_insert(self->partition_epoch,
                            GINT_TO_POINTER(partitions->items[i]),
                            GINT_TO_POINTER(MAX(epoch, 0) + 1));
    }
}

static void set_current(ModernGroup *self, ModernMember *member, const CurrentAssignment *next)
{
    CurrentAssignment held = member->current;
    current_assignment_copy(&member->current, next);
    if (self->type == MODERN_GROUP_CONSUMER) {
        release(self, held.assigned);
        release(self, held.pending_revocation);
        hold(self, next->assigned, next->epoch);
        hold(self, next->pending_revocation, next->epoch);
    }
    current_assignment_clear(&held);
}

/* ---- Replay. */
static void replay_member(ModernGroup *self, const ModernRecord *record)
{
    ModernMember *member = get_or_create(self, record->member_id);
    const char *before = member->subscription.regex;
    member_subscription_clear(&member->subscription);
    member_subscription_copy(&member->subscription, &record->subscription);
    count_regex(self, member->subscription.regex, 1);
    count_regex(self, before, -1);
    if (member->subscription.group_instance_id != NULL) {
        g_hash_table_insert(self->static_members,
                            (gpointer)(guintptr)member->subscription.group_instance_id,
                            member);
    }
    update_topics(self, member);
}

static void remove_member(ModernGroup *self, const char *member_id)
{
    ModernMember *member = modern_group_member(self, member_id);
    if (member == NULL) {
        return;
    }
    count_subscriptions(self, member->topics, -1);
    count_regex(self, member->subscription.regex, -1);
    release(self, member->current.assigned);
    release(self, member->current.pending_revocation);
    const char *instance_id = member->subscription.group_instance_id;
    if (modern_group_static_member(self, instance_id) == member) {
        g_hash_table_remove(self->static_members, instance_id);
    }
    g_hash_table_remove(self->members_by_id, member->id);
    g_ptr_array_remove(self->members, member);
    member_free(self, member);
}

static void replay_regex(ModernGroup *self, const ModernRecord *record)
{
    SubscribedRegex *known = get_or_create_regex(self, record->regex);
    partition_set_unref(known->topics);
    known->topics = record->is_tombstone ? NULL : partition_set_ref(record->set);
    known->version = record->regex_version;
    known->time = record->regex_time;
    drop_unused_regex(self, record->regex);
    for (guint i = 0; i < self->members->len; i++) {
        ModernMember *member = g_ptr_array_index(self->members, i);
        if (g_strcmp0(member->subscription.regex, record->regex) == 0) {
            update_topics(self, member);
        }
    }
}

static void replay_tombstone(ModernGroup *self, const ModernRecord *record)
{
    ModernMember *member = modern_group_member(self, record->member_id);
    if (member == NULL) {
        return;
    }
    if (record->kind == MODERN_RECORD_MEMBER) {
        remove_member(self, record->member_id);
    } else if (record->kind == MODERN_RECORD_TARGET) {
        g_autoptr(PartitionSet) none = partition_set_empty();
        partition_set_assign(&member->target, none);
    } else {
        CurrentAssignment none;
        current_assignment_init(&none);
        none.epoch = LEAVE_GROUP_MEMBER_EPOCH;
        none.previous_epoch = LEAVE_GROUP_MEMBER_EPOCH;
        set_current(self, member, &none);
        current_assignment_clear(&none);
    }
}

void modern_group_replay(ModernGroup *self, const ModernRecord *record)
{
    if (record->kind == MODERN_RECORD_REGEX) {
        replay_regex(self, record);
        return;
    }
    if (record->is_tombstone) {
        replay_tombstone(self, record);
        return;
    }
    switch (record->kind) {
    case MODERN_RECORD_MEMBER:
        replay_member(self, record);
        break;
    case MODERN_RECORD_GROUP_EPOCH:
        self->rebalances += record->epoch > self->epoch;
        self->epoch = record->epoch;
        self->metadata_hash = record->metadata_hash;
        break;
    case MODERN_RECORD_TARGET:
        partition_set_assign(&get_or_create(self, record->member_id)->target, record->set);
        break;
    case MODERN_RECORD_TARGET_EPOCH:
        self->target_epoch = record->epoch;
        break;
    case MODERN_RECORD_CURRENT_ASSIGNMENT:
        set_current(self, get_or_create(self, record->member_id), &record->current);
        break;
    case MODERN_RECORD_SHARE_STATE:
        partition_set_assign(&self->initialized, record->set);
        partition_set_assign(&self->initializing, record->initializing);
        self->initializing_since = self->host->now(self->host->owner);
        break;
    case MODERN_RECORD_REGEX:
        break;
    }
}

void modern_group_write(ModernGroup *self, ModernRecord *record)
{
    modern_group_replay(self, record);
    g_ptr_array_add(self->made, record);
}

const char *modern_group_state(const ModernGroup *self)
{
    if (self->members->len == 0) {
        return "Empty";
    }
    if (self->type == MODERN_GROUP_SHARE) {
        return "Stable"; /* maybeUpdateGroupState of ShareGroup knows no other */
    }
    if (self->epoch > self->target_epoch) {
        return "Assigning";
    }
    for (guint i = 0; i < self->members->len; i++) {
        const ModernMember *member = g_ptr_array_index(self->members, i);
        if (!current_assignment_is_reconciled_to(&member->current, self->target_epoch)) {
            return "Reconciling";
        }
    }
    return "Stable";
}

int32_t modern_group_classic_members(const ModernGroup *self)
{
    int32_t count = 0;
    for (guint i = 0; i < self->members->len; i++) {
        const ModernMember *member = g_ptr_array_index(self->members, i);
        count += member->subscription.protocols != NULL;
    }
    return count;
}
