/* transaction_calls.c - how long the application waits for a call of a transactional producer.
 *
 * initTransactions(), sendOffsetsToTransaction(), commitTransaction() and abortTransaction() wait
 * max.block.ms, then throw a TimeoutException; what they asked for goes on. Of the three that
 * change the producer's state the same call must be made again, and waits for the same result: any
 * other throws an IllegalStateException. So that is what this application does; after
 * sendOffsetsToTransaction() it aborts, but EndTxn leaves only after the offsets were answered.
 * Mirrors: TransactionalRequestResult.await, TransactionManager.handleCachedTransactionRequest
 * Result. */
#include "models/producer/transactions/transaction_internal.h"

static void wait_from_now(TransactionManager *self)
{
    const SimTime now = actor_now(&self->producer->actor);
    const SimDuration most = self->producer->workload.max_block_ns;
    self->call_until = most > SIM_TIME_MAX - now ? SIM_TIME_MAX : now + most;
}

void transactions_call(TransactionManager *self, TransactionCall call)
{
    self->call = call;
    wait_from_now(self);
}

void transactions_return(TransactionManager *self)
{
    self->call = TRANSACTION_CALL_NONE;
    self->call_until = SIM_TIME_MAX;
}

/* TransactionalRequestResult.operation: of an end in v1 that brings a new epoch, its last part. */
static const char *operation(const TransactionManager *self)
{
    switch (self->call) {
    case TRANSACTION_CALL_OFFSETS:
        return self->is_v2 ? "TxnOffsetCommit" : "AddOffsetsToTxn";
    case TRANSACTION_CALL_COMMIT:
        return self->bump_required ? "InitProducerId" : "EndTxn(true)";
    case TRANSACTION_CALL_ABORT:
        return self->bump_required ? "InitProducerId" : "EndTxn(false)";
    case TRANSACTION_CALL_INIT:
    case TRANSACTION_CALL_NONE:
        break;
    }
    return "InitProducerId";
}

bool transactions_call_timed_out(TransactionManager *self)
{
    if (self->call == TRANSACTION_CALL_NONE ||
        actor_now(&self->producer->actor) < self->call_until) {
        return false;
    }
    (void)actor_log(&self->producer->actor,
                    "transaction timeout",
                    "%s: %lld ms while awaiting %s",
                    self->transactional_id,
                    (long long)(self->producer->workload.max_block_ns / SIM_MS(1)),
                    operation(self));
    self->timeouts++;
    wait_from_now(self);
    return true;
}
