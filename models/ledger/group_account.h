/* group_account.h - what became of a partition's records in one group: handed out once, again,
 * never, or after later ones; handed out to a member that died over them. */
#ifndef KAFKASIM_MODELS_LEDGER_GROUP_ACCOUNT_H
#define KAFKASIM_MODELS_LEDGER_GROUP_ACCOUNT_H
#include "models/ledger/ledger.h"
#include "models/ledger/offset_set.h"

typedef struct GroupAccount {
    bool begun;
    int64_t reach;         /* above every offset that was handed out or passed over */
    OffsetSet handed;      /* at least once */
    OffsetSet again;       /* more than once */
    OffsetSet passed;      /* a position jumped over them, and nobody went back */
    OffsetSet interrupted; /* their member ended before it had processed them */
} GroupAccount;

void group_account_clear(GroupAccount *self);
/* The partition's log is another one. */
void group_account_begin_anew(GroupAccount *self);
/* The group's first member starts: what lies below is not its own. */
void group_account_begin(GroupAccount *self, int64_t offset);
void group_account_hand(GroupAccount *self, LedgerGroup *group, int64_t first, int64_t end);
void group_account_move(GroupAccount *self, LedgerGroup *group, int64_t offset);
void group_account_interrupt(GroupAccount *self, LedgerGroup *group, int64_t first, int64_t end);

#endif
