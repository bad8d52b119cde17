/* group_account.h - what became of a partition's records in one group: handed out once, again,
 * never, or after later ones; handed out to a member that died over them.
 *
 * A record is an offset and the epoch of the leader that took it: after a loss new records stand at
 * offsets that were handed out before. Epochs here are those of all topics that had the name, the
 * later topic's the higher. */
#ifndef KAFKASIM_MODELS_LEDGER_GROUP_ACCOUNT_H
#define KAFKASIM_MODELS_LEDGER_GROUP_ACCOUNT_H
#include "models/ledger/ledger.h"
#include "models/ledger/offset_set.h"

typedef struct GroupAccount {
    bool begun;
    bool follows;          /* a former topic of the name, and nobody has a place in this one yet */
    int64_t epoch;         /* of the newest leader that is known here; it began with a log */
    int64_t epoch_from;    /* that ended here: above it an older epoch's records are gone */
    int64_t reach;         /* above every offset of that log that was handed out or passed over */
    int64_t from;          /* its first offset that is the group's own */
    int64_t records;       /* that were handed out at least once */
    GArray *epochs;        /* of what was handed out, an entry a leader epoch, ascending; or NULL */
    OffsetSet passed;      /* a position jumped over them, or they were deleted: nobody had them */
    OffsetSet bare;        /* no records stand there; of who reads in order: above its reach only */
    int64_t told_to;       /* of those */
    OffsetSet former;      /* `passed` of the topic before, which some member may still have */
    OffsetSet interrupted; /* their member ended before it had processed them */
} GroupAccount;

void group_account_clear(GroupAccount *self);
/* The partition is another topic's, whose first epoch this is. */
void group_account_begin_anew(GroupAccount *self, int64_t epoch);
/* The group's first member starts: what lies below is not its own. */
void group_account_begin(GroupAccount *self, int64_t offset);
/* A leader begins with a log that ends at `end`. */
void group_account_lead(GroupAccount *self, int64_t epoch, int64_t end);
void group_account_hand(
    GroupAccount *self, LedgerGroup *group, int64_t epoch, int64_t first, int64_t end);
void group_account_move(GroupAccount *self, LedgerGroup *group, int64_t offset);
/* The group is about to be handed records of this topic, from there on. Nobody moves a position
 * because the topic is another: what it was for the former one, it is for this one. */
void group_account_read_from(GroupAccount *self, LedgerGroup *group, int64_t offset);
/* All below `end` was handed out, passed over, or is no record. */
void group_account_reach(GroupAccount *self, const LedgerGroup *group, int64_t end);
/* From where group_account_hold_none() is to be told, for the first time or once more. */
int64_t
group_account_untold_from(const GroupAccount *self, const LedgerGroup *group, bool once_more);
/* No records stand there: a position that jumps over them misses nothing. */
void group_account_hold_none(GroupAccount *self, LedgerGroup *group, int64_t first, int64_t end);
/* What stood below `end` is deleted. Who reads in order has had all below its reach. */
void group_account_delete(GroupAccount *self, LedgerGroup *group, int64_t end);
void group_account_interrupt(GroupAccount *self, LedgerGroup *group, int64_t first, int64_t end);

#endif
