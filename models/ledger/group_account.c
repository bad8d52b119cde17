/* group_account.c - see group_account.h. */
#include "models/ledger/group_account.h"

typedef struct EpochAccount {
    int64_t epoch;
    OffsetSet handed; /* at least once */
    OffsetSet again;  /* more than once */
} EpochAccount;

static void clear_epoch(gpointer data)
{
    EpochAccount *self = data;
    offset_set_clear(&self->handed);
    offset_set_clear(&self->again);
}

static EpochAccount *epoch_at(const GroupAccount *self, guint i)
{
    return &g_array_index(self->epochs, EpochAccount, i);
}

static guint epochs_of(const GroupAccount *self)
{
    return self->epochs == NULL ? 0 : self->epochs->len;
}

static EpochAccount *of_epoch(GroupAccount *self, int64_t epoch)
{
    if (self->epochs == NULL) {
        self->epochs = g_array_new(FALSE, TRUE, sizeof(EpochAccount));
        g_array_set_clear_func(self->epochs, clear_epoch);
    }
    guint at = self->epochs->len;
    while (at > 0 && epoch_at(self, at - 1)->epoch > epoch) {
        at--;
    }
    if (at > 0 && epoch_at(self, at - 1)->epoch == epoch) {
        return epoch_at(self, at - 1);
    }
    const EpochAccount fresh = {.epoch = epoch};
    g_array_insert_val(self->epochs, at, fresh);
    return epoch_at(self, at);
}

void group_account_clear(GroupAccount *self)
{
    if (self->epochs != NULL) {
        g_array_free(self->epochs, TRUE);
    }
    offset_set_clear(&self->passed);
    offset_set_clear(&self->bare);
    offset_set_clear(&self->former);
    offset_set_clear(&self->interrupted);
    *self = (GroupAccount){0};
}

void group_account_begin_anew(GroupAccount *self, int64_t epoch)
{
    const OffsetSet former = self->passed;
    self->passed = (OffsetSet){0};
    group_account_clear(self);
    self->epoch = epoch;
    self->follows = true;
    self->former = former;
}

void group_account_begin(GroupAccount *self, int64_t offset)
{
    if (!self->begun) {
        self->begun = true;
        self->reach = offset;
        self->from = offset;
    }
}

/* What was counted stays counted. An epoch that goes on with less of its own records (a restart
 * that the controller did not see) gives their offsets to others. */
void group_account_lead(GroupAccount *self, int64_t epoch, int64_t end)
{
    if (epoch < self->epoch || (epoch == self->epoch && end >= self->reach)) {
        return;
    }
    self->epoch_from = epoch == self->epoch ? MIN(self->epoch_from, end) : end;
    self->epoch = epoch;
    for (guint i = epochs_of(self); i > 0 && epoch_at(self, i - 1)->epoch >= epoch; i--) {
        (void)offset_set_remove(&epoch_at(self, i - 1)->handed, end, INT64_MAX);
        (void)offset_set_remove(&epoch_at(self, i - 1)->again, end, INT64_MAX);
    }
    (void)offset_set_remove(&self->passed, end, INT64_MAX);
    (void)offset_set_remove(&self->bare, end, INT64_MAX);
    self->told_to = MIN(self->told_to, end);
    (void)offset_set_remove(&self->interrupted, end, INT64_MAX);
    self->reach = MIN(self->reach, end);
}

/* A member had it before the topic went. */
static void
hand_of_former(GroupAccount *self, LedgerGroup *group, int64_t epoch, int64_t first, int64_t end)
{
    if (epoch >> 32 < self->epoch >> 32) {
        group->skipped -= offset_set_remove(&self->former, first, end);
    }
}

/* A group goes forward; what it is handed anew below its reach stood after later records. What a
 * member had fetched before its log was cut stands in no order. */
void group_account_hand(
    GroupAccount *self, LedgerGroup *group, int64_t epoch, int64_t first, int64_t end)
{
    EpochAccount *of = of_epoch(self, epoch);
    const int64_t twice = of->again.count;
    const int64_t fresh = offset_set_add(&of->handed, first, end, &of->again);
    const int64_t reach = self->records == 0 ? first : self->reach;
    const int64_t from = self->records == 0 ? first : MIN(self->from, first);
    self->records += fresh;
    group->consumed += end - first;
    group->consumed_twice += end - first - fresh;
    group->records += fresh;
    group->records_twice += of->again.count - twice;
    if (epoch < self->epoch && first >= self->epoch_from) {
        hand_of_former(self, group, epoch, first, end);
        return;
    }
    group->out_of_order += fresh - MAX(0, end - MAX(first, reach));
    if (self->passed.count > 0) {
        group->skipped -= offset_set_remove(&self->passed, first, end);
    }
    if (self->interrupted.count > 0) {
        group->interrupted -= offset_set_remove(&self->interrupted, first, end);
    }
    self->begun = true;
    self->from = from;
    group_account_reach(self, group, end);
}

void group_account_reach(GroupAccount *self, const LedgerGroup *group, int64_t end)
{
    self->reach = MAX(self->reach, end);
    if (self->bare.count > 0 && !group->shared) {
        (void)offset_set_remove(&self->bare, 0, self->reach);
    }
}

int64_t
group_account_untold_from(const GroupAccount *self, const LedgerGroup *group, bool once_more)
{
    const bool none_passed = self->passed.count == 0;
    const int64_t passed =
        none_passed ? self->reach : g_array_index(self->passed.ranges, OffsetRange, 0).first;
    const int64_t unread = group->shared ? self->from : MIN(self->reach, passed);
    return once_more ? unread : MAX(unread, self->told_to);
}

void group_account_hold_none(GroupAccount *self, LedgerGroup *group, int64_t first, int64_t end)
{
    const int64_t above = MAX(first, group->shared ? self->from : self->reach);
    group->skipped -= offset_set_remove(&self->passed, first, end);
    if (above < end) {
        (void)offset_set_add(&self->bare, above, end, NULL);
    }
}

/* Nobody was handed first..end-1, but for what some member may still have. */
static void miss(GroupAccount *self, LedgerGroup *group, int64_t first, int64_t end)
{
    OffsetSet missed = {0};
    if (first < end) {
        (void)offset_set_add(&missed, first, end, NULL);
        offset_set_subtract(&missed, &self->bare, end);
        for (guint i = 0; i < epochs_of(self); i++) { /* above the reach: of what was lost */
            offset_set_subtract(&missed, &epoch_at(self, i)->handed, self->reach);
        }
        group->skipped += offset_set_unite(&self->passed, &missed);
    }
    offset_set_clear(&missed);
}

void group_account_delete(GroupAccount *self, LedgerGroup *group, int64_t end)
{
    if (self->begun || self->follows) {
        miss(self, group, group->shared ? self->from : self->reach, end);
    }
}

void group_account_move(GroupAccount *self, LedgerGroup *group, int64_t offset)
{
    self->follows = false;
    if (offset > self->reach) {
        miss(self, group, self->reach, offset);
        group_account_reach(self, group, offset);
    } else if (self->records == 0 && self->passed.count == 0) {
        self->reach = offset; /* it begins further back */
        self->told_to = MIN(self->told_to, offset);
    }
}

void group_account_read_from(GroupAccount *self, LedgerGroup *group, int64_t offset)
{
    if (self->follows) {
        group_account_move(self, group, offset);
    }
}

/* Handed out more than once, of the newest epoch that had this offset. */
static bool was_handed_again(const GroupAccount *self, int64_t offset)
{
    for (guint i = epochs_of(self); i > 0; i--) {
        if (offset_set_has(&epoch_at(self, i - 1)->handed, offset)) {
            return offset_set_has(&epoch_at(self, i - 1)->again, offset);
        }
    }
    return false;
}

/* What was handed out again since, another has in hand: the partition was taken from a member that
 * froze, say, and then died. */
void group_account_interrupt(GroupAccount *self, LedgerGroup *group, int64_t first, int64_t end)
{
    for (int64_t offset = first; offset < end; offset++) {
        if (!was_handed_again(self, offset)) {
            group->interrupted += offset_set_add(&self->interrupted, offset, offset + 1, NULL);
        }
    }
}
