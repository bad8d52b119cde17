/* modern_leave.c - how members of a modern group go: by leaving, by time-outs; and whose commits
 * count. See modern_heartbeat.h. */
#include "models/group/modern/modern_leave.h"
#include "models/group/modern/modern_regex.h"
#include <string.h>

void modern_group_remove(ModernGroup *self, const char *member_id)
{
    static const ModernRecordKind kinds[] = {
        MODERN_RECORD_CURRENT_ASSIGNMENT,
        MODERN_RECORD_TARGET,
        MODERN_RECORD_MEMBER,
    };
    char id[MEMBER_ID_BYTES]; /* the caller's may be the member's own, which goes */
    g_strlcpy(id, member_id, sizeof id);
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        modern_group_write(self, modern_record_tombstone(self->type, kinds[i], id));
    }
}

void modern_group_fence(ModernGroup *self, ModernMember *member, const char *why)
{
    if (self->host->say != NULL) {
        g_autofree char *text = g_strdup_printf("%s: %s %s", self->id, member->id, why);
        self->host->say(self->host->owner, "member removed", text);
    }
    const int32_t others = (int32_t)self->members->len - 1;
    self->is_all_classic = self->options->may_downgrade && others > 0 &&
                           member->subscription.protocols == NULL &&
                           modern_group_classic_members(self) == others;
    for (int kind = 0; kind < MODERN_TIMER_KINDS; kind++) {
        self->host->cancel(self->host->owner, self, member->id, (ModernTimerKind)kind);
    }
    const char *regex = member->subscription.regex;
    modern_group_remove(self, member->id);
    modern_regex_forget(self, regex);
    modern_group_raise_epoch(self);
}

/* H8: the place stays until the session ends; only what it was to give up is given up. */
static void leave_for_a_while(ModernGroup *self, const ModernMember *member)
{
    g_autoptr(PartitionSet) none = partition_set_empty();
    CurrentAssignment next;
    current_assignment_copy(&next, &member->current);
    next.epoch = LEAVE_GROUP_STATIC_MEMBER_EPOCH;
    partition_set_assign(&next.pending_revocation, none);
    modern_group_write(self, modern_record_current(self->type, member->id, &next));
    current_assignment_clear(&next);
}

KafkaError modern_group_leave(ModernGroup *self, const ModernHeartbeat *request)
{
    ModernMember *member = request->group_instance_id == NULL
                               ? modern_group_member(self, request->member_id)
                               : modern_group_static_member(self, request->group_instance_id);
    if (member == NULL) {
        return KAFKA_UNKNOWN_MEMBER_ID;
    }
    if (strcmp(member->id, request->member_id) != 0) {
        return KAFKA_FENCED_INSTANCE_ID;
    }
    if (request->member_epoch == LEAVE_GROUP_STATIC_MEMBER_EPOCH) {
        leave_for_a_while(self, member);
    } else {
        modern_group_fence(self, member, "left");
    }
    return KAFKA_NONE;
}

void modern_group_on_timer(ModernGroup *self,
                           const char *member_id,
                           ModernTimerKind kind,
                           int32_t epoch)
{
    ModernMember *member = modern_group_member(self, member_id);
    if (member == NULL) {
        return;
    }
    switch (kind) {
    case MODERN_TIMER_SESSION:
        modern_group_fence(self, member, "sent no heartbeat for the session time-out");
        break;
    case MODERN_TIMER_REBALANCE:
        if (member->current.epoch == epoch) {
            modern_group_fence(self, member, "did not give up its partitions in time");
        }
        break;
    case MODERN_TIMER_JOIN:
        modern_group_fence(self, member, "did not join again in time");
        break;
    case MODERN_TIMER_SYNC:
        modern_group_fence(self, member, "did not sync in time");
        break;
    case MODERN_TIMER_KINDS:
        break;
    }
}

void modern_group_on_loaded(ModernGroup *self)
{
    const ModernHost *host = self->host;
    for (guint i = 0; i < self->members->len; i++) {
        const ModernMember *member = g_ptr_array_index(self->members, i);
        const bool is_classic = member->subscription.protocols != NULL;
        const SimDuration session = is_classic ? member->subscription.session_timeout_ns
                                               : self->options->session_timeout_ns;
        host->schedule(host->owner, self, member->id, MODERN_TIMER_SESSION, session, 0);
        if (!is_classic && member->current.state == MODERN_MEMBER_UNREVOKED_PARTITIONS) {
            host->schedule(host->owner,
                           self,
                           member->id,
                           MODERN_TIMER_REBALANCE,
                           member->subscription.rebalance_timeout_ns,
                           member->current.epoch);
        }
    }
}

/* H9: the coordinator's own epoch counts, older ones are stale; a classic member hears of its
 * generation in its own words. */
static KafkaError check_epoch(const ModernMember *member, int32_t member_epoch)
{
    if (member_epoch == member->current.epoch) {
        return KAFKA_NONE;
    }
    return member->subscription.protocols != NULL ? KAFKA_ILLEGAL_GENERATION
                                                  : KAFKA_STALE_MEMBER_EPOCH;
}

KafkaError
modern_group_validate_commit(const ModernGroup *self, const char *member_id, int32_t member_epoch)
{
    if (member_epoch < 0 && self->members->len == 0) {
        return KAFKA_NONE;
    }
    const ModernMember *member = modern_group_member(self, member_id);
    return member == NULL ? KAFKA_UNKNOWN_MEMBER_ID : check_epoch(member, member_epoch);
}

KafkaError modern_group_validate_offset_fetch(const ModernGroup *self,
                                              const char *member_id,
                                              int32_t member_epoch)
{
    if (member_id[0] == '\0' && member_epoch < 0) {
        return KAFKA_NONE; /* an administrator */
    }
    const ModernMember *member = modern_group_member(self, member_id);
    return member == NULL ? KAFKA_UNKNOWN_MEMBER_ID : check_epoch(member, member_epoch);
}
