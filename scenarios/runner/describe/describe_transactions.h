/* describe_transactions.h - transactional ids in the layout of kafka-transactions.sh. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_DESCRIBE_DESCRIBE_TRANSACTIONS_H
#define KAFKASIM_SCENARIOS_RUNNER_DESCRIBE_DESCRIBE_TRANSACTIONS_H
#include "models/world/view/transaction_view.h"

/* `list`: all of them. `views`: of TransactionStateView*. */
void describe_transactions(const GPtrArray *views, GString *out);
/* `describe --transactional-id`; false: no coordinator knows it. */
bool describe_transaction(const GPtrArray *views, const char *id, SimTime at, GString *out);
/* All of them as one document; `id`: only that one; NULL all. */
void describe_transactions_json(const GPtrArray *views, const char *id, SimTime at, GString *out);

#endif
