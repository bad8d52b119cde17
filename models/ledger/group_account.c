/* group_account.c - see group_account.h. */
#include "models/ledger/group_account.h"

void group_account_clear(GroupAccount *self)
{
    offset_set_clear(&self->handed);
    offset_set_clear(&self->again);
    offset_set_clear(&self->passed);
    offset_set_clear(&self->interrupted);
}

void group_account_begin_anew(GroupAccount *self)
{
    group_account_clear(self);
    self->begun = false;
    self->reach = 0;
}

void group_account_begin(GroupAccount *self, int64_t offset)
{
    if (!self->begun) {
        self->begun = true;
        self->reach = offset;
    }
}

/* A group goes forward; what it is handed anew below its reach stood after later records. */
void group_account_hand(GroupAccount *self, LedgerGroup *group, int64_t first, int64_t end)
{
    const int64_t twice = self->again.count;
    const int64_t fresh = offset_set_add(&self->handed, first, end, &self->again);
    const int64_t reach = self->handed.count == fresh ? first : self->reach;
    group->consumed += end - first;
    group->consumed_twice += end - first - fresh;
    group->records += fresh;
    group->records_twice += self->again.count - twice;
    group->out_of_order += fresh - MAX(0, end - MAX(first, reach));
    if (self->passed.count > 0) {
        group->skipped -= offset_set_remove(&self->passed, first, end);
    }
    if (self->interrupted.count > 0) {
        group->interrupted -= offset_set_remove(&self->interrupted, first, end);
    }
    self->begun = true;
    self->reach = MAX(self->reach, end);
}

void group_account_move(GroupAccount *self, LedgerGroup *group, int64_t offset)
{
    if (offset > self->reach) {
        group->skipped += offset_set_add(&self->passed, self->reach, offset, NULL);
        self->reach = offset;
    } else if (self->handed.count == 0 && self->passed.count == 0) {
        self->reach = offset; /* it begins further back */
    }
}

/* What was handed out again since, another has in hand: the partition was taken from a member that
 * froze, say, and then died. */
void group_account_interrupt(GroupAccount *self, LedgerGroup *group, int64_t first, int64_t end)
{
    const GArray *others = self->again.ranges;
    for (guint i = 0; others != NULL && i < others->len && first < end; i++) {
        const OffsetRange *range = &g_array_index(others, OffsetRange, i);
        if (range->first > first) {
            const int64_t upto = MIN(end, range->first);
            group->interrupted += offset_set_add(&self->interrupted, first, upto, NULL);
        }
        first = MAX(first, range->end);
    }
    if (first < end) {
        group->interrupted += offset_set_add(&self->interrupted, first, end, NULL);
    }
}
