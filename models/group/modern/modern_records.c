/* modern_records.c - see modern_records.h. */
#include "models/group/modern/modern_records.h"
#include <string.h>

void member_subscription_init(MemberSubscription *self)
{
    *self = (MemberSubscription){.rebalance_timeout_ns = -1, .topics = partition_set_empty()};
}

void member_subscription_copy(MemberSubscription *self, const MemberSubscription *from)
{
    *self = *from;
    self->topics = partition_set_ref(from->topics);
}

void member_subscription_clear(MemberSubscription *self)
{
    partition_set_unref(self->topics);
    self->topics = NULL;
}

bool member_subscription_equal(const MemberSubscription *a, const MemberSubscription *b)
{
    return g_strcmp0(a->client_id, b->client_id) == 0 &&
           g_strcmp0(a->group_instance_id, b->group_instance_id) == 0 &&
           a->rebalance_timeout_ns == b->rebalance_timeout_ns &&
           g_strcmp0(a->server_assignor, b->server_assignor) == 0 &&
           partition_set_equal(a->topics, b->topics) && g_strcmp0(a->regex, b->regex) == 0 &&
           a->protocols == b->protocols && a->session_timeout_ns == b->session_timeout_ns;
}

static ModernRecord *record_new(ModernGroupType type, ModernRecordKind kind, const char *member_id)
{
    ModernRecord *self = g_new0(ModernRecord, 1);
    self->references = 1;
    self->type = type;
    self->kind = kind;
    if (member_id != NULL) {
        g_strlcpy(self->member_id, member_id, sizeof self->member_id);
    }
    return self;
}

ModernRecord *modern_record_epoch(ModernGroupType type, ModernRecordKind kind, int32_t epoch)
{
    ModernRecord *self = record_new(type, kind, NULL);
    self->epoch = epoch;
    return self;
}

ModernRecord *modern_record_member(ModernGroupType type,
                                   const char *member_id,
                                   const MemberSubscription *subscription)
{
    ModernRecord *self = record_new(type, MODERN_RECORD_MEMBER, member_id);
    member_subscription_copy(&self->subscription, subscription);
    return self;
}

ModernRecord *
modern_record_target(ModernGroupType type, const char *member_id, const PartitionSet *target)
{
    ModernRecord *self = record_new(type, MODERN_RECORD_TARGET, member_id);
    self->set = partition_set_ref(target);
    return self;
}

ModernRecord *
modern_record_current(ModernGroupType type, const char *member_id, const CurrentAssignment *current)
{
    ModernRecord *self = record_new(type, MODERN_RECORD_CURRENT_ASSIGNMENT, member_id);
    current_assignment_copy(&self->current, current);
    return self;
}

ModernRecord *
modern_record_regex(const char *regex, const PartitionSet *topics, int64_t version, SimTime time)
{
    ModernRecord *self = record_new(MODERN_GROUP_CONSUMER, MODERN_RECORD_REGEX, NULL);
    self->regex = regex;
    self->regex_version = version;
    self->regex_time = time;
    self->set = partition_set_ref(topics);
    return self;
}

ModernRecord *modern_record_share_state(const PartitionSet *initialized,
                                        const PartitionSet *initializing)
{
    ModernRecord *self = record_new(MODERN_GROUP_SHARE, MODERN_RECORD_SHARE_STATE, NULL);
    self->set = partition_set_ref(initialized);
    self->initializing = partition_set_ref(initializing);
    return self;
}

ModernRecord *
modern_record_tombstone(ModernGroupType type, ModernRecordKind kind, const char *member_id)
{
    ModernRecord *self = record_new(type, kind, member_id);
    self->is_tombstone = true;
    return self;
}

ModernRecord *modern_record_ref(ModernRecord *self)
{
    self->references++;
    return self;
}

void modern_record_unref(ModernRecord *self)
{
    if (self == NULL || --self->references > 0) {
        return;
    }
    partition_set_unref(self->subscription.topics);
    partition_set_unref(self->set);
    partition_set_unref(self->initializing);
    partition_set_unref(self->current.assigned);
    partition_set_unref(self->current.pending_revocation);
    g_free(self);
}

int32_t modern_record_bytes(const ModernRecord *self)
{
    const char *regex = self->regex != NULL ? self->regex : self->subscription.regex;
    int32_t bytes = 40 + (int32_t)strlen(self->member_id);
    bytes += regex != NULL ? (int32_t)strlen(regex) : 0;
    const PartitionSet *sets[] = {
        self->subscription.topics,
        self->set,
        self->initializing,
        self->current.assigned,
        self->current.pending_revocation,
    };
    for (size_t i = 0; i < G_N_ELEMENTS(sets); i++) {
        bytes += sets[i] != NULL ? 4 * sets[i]->count : 0;
    }
    return bytes;
}
