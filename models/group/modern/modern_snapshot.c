/* modern_snapshot.c - a whole modern group as records, as if it were written for the first time.
 *
 * Mirrors: ConsumerGroup.createConsumerGroupRecords. */
#include "models/group/modern/modern_group.h"

/* Of members that are in the log and no more in the group. */
static void keep_tombstones(ModernGroup *self)
{
    for (guint i = 0; i < self->made->len; i++) {
        ModernRecord *record = self->made->pdata[i];
        if (record->is_tombstone) {
            g_ptr_array_add(self->owed, modern_record_ref(record));
        }
    }
    g_ptr_array_set_size(self->made, 0);
    g_ptr_array_extend_and_steal(self->made, g_steal_pointer(&self->owed));
    self->owed = g_ptr_array_new_with_free_func((GDestroyNotify)modern_record_unref);
}

void modern_group_snapshot(ModernGroup *self)
{
    const ModernGroupType type = self->type;
    keep_tombstones(self);
    for (guint i = 0; i < self->members->len; i++) {
        const ModernMember *member = g_ptr_array_index(self->members, i);
        g_ptr_array_add(self->made, modern_record_member(type, member->id, &member->subscription));
    }
    for (guint i = 0; i < self->regexes->len; i++) {
        const SubscribedRegex *known = &g_array_index(self->regexes, SubscribedRegex, i);
        if (known->topics != NULL) {
            g_ptr_array_add(
                self->made,
                modern_record_regex(known->regex, known->topics, known->version, known->time));
        }
    }
    ModernRecord *epoch = modern_record_epoch(type, MODERN_RECORD_GROUP_EPOCH, self->epoch);
    epoch->metadata_hash = self->metadata_hash;
    g_ptr_array_add(self->made, epoch);
    for (guint i = 0; i < self->members->len; i++) {
        const ModernMember *member = g_ptr_array_index(self->members, i);
        g_ptr_array_add(self->made, modern_record_target(type, member->id, member->target));
    }
    g_ptr_array_add(self->made,
                    modern_record_epoch(type, MODERN_RECORD_TARGET_EPOCH, self->target_epoch));
    for (guint i = 0; i < self->members->len; i++) {
        const ModernMember *member = g_ptr_array_index(self->members, i);
        g_ptr_array_add(self->made, modern_record_current(type, member->id, &member->current));
    }
    if (self->initialized->count + self->initializing->count > 0) {
        g_ptr_array_add(self->made,
                        modern_record_share_state(self->initialized, self->initializing));
    }
}
