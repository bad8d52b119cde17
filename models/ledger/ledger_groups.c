/* ledger_groups.c - what consumers report. See ledger.h. */
#include "models/ledger/ledger_state.h"

static GroupAccount *account_of(Ledger *self, int32_t group, int32_t partition)
{
    GArray *accounts = self->accounts[group];
    if ((guint)partition >= accounts->len) {
        g_array_set_size(accounts, (guint)partition + 1);
    }
    return &g_array_index(accounts, GroupAccount, partition);
}

/* Leader epochs of a later topic of the name come after all of a former one. */
static int64_t lineage(TopicIdPartition partition, int32_t leader_epoch)
{
    return (partition.topic_id + 1) << 32 | (uint32_t)leader_epoch;
}

void ledger_consumed(Ledger *self, int32_t group, const HandOut *records, SimTime now)
{
    LedgerGroup *entry = &self->groups[group];
    GroupAccount *account = account_of(self, group, records->partition.index);
    const int64_t count = records->last - records->first + 1;
    const int64_t epoch = lineage(records->partition, records->leader_epoch);
    group_account_hand(account, entry, epoch, records->first, records->last + 1);
    if (now < self->warmup) {
        return;
    }
    entry->measured_consumed += count;
    const SimDuration shortest = now - records->created_last;
    const SimDuration longest = now - records->created_first;
    histogram_add_span(entry->end_to_end, shortest, longest, (uint64_t)count);
    histogram_add_span(entry->window_end_to_end, shortest, longest, (uint64_t)count);
}

void ledger_leads(Ledger *self, TopicIdPartition partition, int32_t leader_epoch, int64_t end)
{
    const int64_t epoch = lineage(partition, leader_epoch);
    for (int32_t group = 0; group < self->group_count; group++) {
        if ((guint)partition.index < self->accounts[group]->len) {
            group_account_lead(account_of(self, group, partition.index), epoch, end);
        }
    }
}

void ledger_group_begins(Ledger *self, int32_t group, int32_t partition, int64_t offset)
{
    group_account_begin(account_of(self, group, partition), offset);
}

void ledger_position_moved(Ledger *self, int32_t group, int32_t partition, int64_t offset)
{
    group_account_move(account_of(self, group, partition), &self->groups[group], offset);
}

void ledger_read_from(Ledger *self, int32_t group, TopicIdPartition partition, int64_t offset)
{
    GroupAccount *account = account_of(self, group, partition.index);
    if (lineage(partition, INT32_MAX) >= account->epoch) {
        group_account_read_from(account, &self->groups[group], offset);
    }
}

void ledger_passed(Ledger *self, int32_t group, TopicIdPartition partition, int64_t last)
{
    GroupAccount *account = account_of(self, group, partition.index);
    const bool is_former = lineage(partition, INT32_MAX) < account->epoch;
    group_account_reach(account, &self->groups[group], is_former ? 0 : last + 1);
}

/* NULL: its group has nothing to do with this topic, or this is a former one of the name. */
static GroupAccount *present_account(const Ledger *self, int32_t group, TopicIdPartition partition)
{
    GArray *accounts = self->accounts[group];
    if ((guint)partition.index >= accounts->len) {
        return NULL;
    }
    GroupAccount *account = &g_array_index(accounts, GroupAccount, partition.index);
    return lineage(partition, INT32_MAX) < account->epoch ? NULL : account;
}

int64_t
ledger_untold_from(const Ledger *self, int32_t group, TopicIdPartition partition, bool once_more)
{
    const GroupAccount *account = present_account(self, group, partition);
    return account == NULL ? -1
                           : group_account_untold_from(account, &self->groups[group], once_more);
}

void ledger_told(Ledger *self, int32_t group, TopicIdPartition partition, int64_t end)
{
    GroupAccount *account = present_account(self, group, partition);
    if (account != NULL) {
        account->told_to = MAX(account->told_to, end);
    }
}

void ledger_set_shared(Ledger *self, int32_t group)
{
    self->groups[group].shared = true;
}

void ledger_holds_none(
    Ledger *self, int32_t group, TopicIdPartition partition, int64_t first, int64_t end)
{
    GroupAccount *account = present_account(self, group, partition);
    if (account != NULL) {
        group_account_hold_none(account, &self->groups[group], first, end);
    }
}

void ledger_deleted(Ledger *self, int32_t group, TopicIdPartition partition, int64_t end)
{
    GroupAccount *account = present_account(self, group, partition);
    if (account != NULL) {
        group_account_delete(account, &self->groups[group], end);
    }
}

void ledger_interrupted(
    Ledger *self, int32_t group, int32_t partition, int64_t first_offset, int64_t last_offset)
{
    group_account_interrupt(
        account_of(self, group, partition), &self->groups[group], first_offset, last_offset + 1);
}

void ledger_given_up(Ledger *self, int32_t group, bool dead_lettered)
{
    self->groups[group].given_up += dead_lettered ? 0 : 1;
    self->groups[group].dead_lettered += dead_lettered ? 1 : 0;
}

int64_t
ledger_never_processed(const Ledger *self, int32_t group, int32_t partition, int64_t committed)
{
    const GArray *accounts = self->accounts[group];
    return (guint)partition >= accounts->len
               ? 0
               : offset_set_below(&g_array_index(accounts, GroupAccount, partition).interrupted,
                                  committed);
}

void ledger_begin_anew(Ledger *self, TopicIdPartition partition)
{
    for (int32_t i = 0; i < self->producer_count; i++) {
        *ledger_settled_of(self->settled[i], partition.index) = 0;
    }
    for (int32_t group = 0; group < self->group_count; group++) {
        if ((guint)partition.index < self->accounts[group]->len) {
            GroupAccount *account = account_of(self, group, partition.index);
            group_account_begin_anew(account, lineage(partition, 0));
        }
    }
}
