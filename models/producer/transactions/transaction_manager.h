/* transaction_manager.h - a producer with a transactional.id.
 *
 *     uninitialized -> initializing -> ready -> in transaction -> committing | aborting -> ready
 *     in transaction, committing --a batch or request failed--> abortable error -> aborting
 *     aborting --v1, after such an error--> initializing (a new epoch) -> ready
 *     any --fenced, or an error that nothing mends--> fatal error
 *
 * The application: it initialises, begins a transaction with its next record, and ends it after so
 * many records or so long (ProducerSpec.transaction_*), a share of them by abort; a commit flushes,
 * an abort fails what was not sent yet. An abortable error it hears of from its next call, a send()
 * or the commit: then it aborts, and goes on with the records that come; after a fatal one it
 * closes. While it is not in a transaction send() waits.
 *
 * Requests one at a time, and no batch leaves while one is on its way, waits for its connection or
 * backs off (maybeSendAndPollTransactionalRequest): FindCoordinator, InitProducerId,
 * AddPartitionsToTxn (transactions v1), EndTxn. One that is sent again, be it after an error or
 * because its coordinator had to be looked up first, sleeps retry.backoff.ms before it goes.
 * Transactions v2 (KIP-890): partitions are added by their leaders, and each EndTxn brings a new
 * epoch, with which sequences begin at 0. Mirrors: TransactionManager, the part of Sender that
 * polls it. Leaves out: two-phase commit, max.block.ms of initTransactions(), commitTransaction()
 * and abortTransaction() (the application that gets a TimeoutException calls again, and waits on).
 * A sequence that is found unresolved while v1 aborts wants a new epoch too; Kafka 4.1 then waits
 * for one that nobody asks for, here it is asked for.
 */
#ifndef KAFKASIM_MODELS_PRODUCER_TRANSACTIONS_TRANSACTION_MANAGER_H
#define KAFKASIM_MODELS_PRODUCER_TRANSACTIONS_TRANSACTION_MANAGER_H
#include "models/producer/producer.h"
#include "models/protocol/message.h"

typedef enum TransactionManagerState {
    TRANSACTIONS_UNINITIALIZED,
    TRANSACTIONS_INITIALIZING,
    TRANSACTIONS_READY,
    TRANSACTIONS_IN_TRANSACTION,
    TRANSACTIONS_COMMITTING,
    TRANSACTIONS_ABORTING,
    TRANSACTIONS_ABORTABLE_ERROR,
    TRANSACTIONS_FATAL_ERROR,
} TransactionManagerState;

typedef enum TransactionRequest {
    TRANSACTION_REQUEST_NONE,
    TRANSACTION_REQUEST_FIND,
    TRANSACTION_REQUEST_FIND_GROUP,
    TRANSACTION_REQUEST_INIT,
    TRANSACTION_REQUEST_ADD,
    TRANSACTION_REQUEST_ADD_OFFSETS,
    TRANSACTION_REQUEST_OFFSETS,
    TRANSACTION_REQUEST_END,
    TRANSACTION_REQUEST_KINDS,
} TransactionRequest;

typedef enum TransactionCall {
    TRANSACTION_CALL_NONE,
    TRANSACTION_CALL_INIT,
    TRANSACTION_CALL_OFFSETS,
    TRANSACTION_CALL_COMMIT,
    TRANSACTION_CALL_ABORT,
} TransactionCall;

typedef struct TransactionManager {
    Producer *producer;
    char *transactional_id; /* of several alike each has its own: with its number behind */
    bool is_v2;
    SimDuration timeout_ns;
    TransactionManagerState state;
    int32_t coordinator; /* broker; NO_NODE: to be looked up */
    int32_t lookup_node; /* to be asked for it, when it is ready */
    bool in_flight;      /* a request: */
    TransactionRequest in_flight_kind;
    bool holds_sender; /* it is, or one is due: no batch leaves before its answer */
    SimDuration retry_backoff_ns[TRANSACTION_REQUEST_KINDS]; /* before it is tried again; 0 */
    SimTime asleep_until;
    TransactionRequest slept_for;
    SimTime connect_at;   /* looks again for a node that is not ready; a connection comes first */
    TransactionCall call; /* that the application waits for, until: */
    SimTime call_until;
    bool is_started;         /* the coordinator knows, or will, of this transaction */
    bool bump_required;      /* v1: InitProducerId follows the end of this transaction */
    bool has_ended;          /* one; */
    bool has_committed;      /* the last one */
    SimTime begun_at;        /* of the transaction */
    SimTime boundary_at;     /* of a Connect source: its interval's last end */
    int64_t appended_before; /* records, when it began */
    int64_t refused_before;  /* as above */
    int64_t number;          /* of transactions begun */
    int64_t source_offset;   /* of a Connect source: up to where this one has read */
    KafkaError error;        /* what led to an error state; */
    bool is_heard;           /* a call that the application waited in has thrown it */
    /* Of a worker: */
    bool is_asked;      /* initTransactions() was called */
    bool is_spoiled;    /* aborted, and the application does not know yet */
    bool is_ending;     /* it waits for commitTransaction() */
    bool has_offsets;   /* to be committed with the transaction */
    bool offsets_added; /* v1: their partition is in it */
    SinkOffsets offsets;
    int32_t group_coordinator; /* broker; NO_NODE: to be looked up */
    /* counted for reports */
    int64_t committed;
    int64_t aborted;
    int64_t timeouts; /* of such calls, max.block.ms */
    int64_t committed_records;
    int64_t aborted_records;
} TransactionManager;

/* NULL without transactional.id. */
TransactionManager *transaction_manager_new(Producer *producer);
void transaction_manager_free(TransactionManager *self); /* may be NULL */
/* The process starts. */
void transaction_manager_reset(TransactionManager *self);
/* The application looks at the clock before it sends what has come. */
void transaction_manager_before_records(TransactionManager *self);
/* One pass: sends what is due; true when something went out. */
bool transaction_manager_run(TransactionManager *self);
/* Nothing more is sent, not even for what waits. */
bool transaction_manager_is_fatal(const TransactionManager *self);
/* Nothing is open or being ended: the producer may go. */
bool transaction_manager_is_idle(const TransactionManager *self);
/* May batches be sent in this state? */
bool transaction_manager_can_send(const TransactionManager *self);
/* May the application call send()? */
bool transaction_manager_is_open(const TransactionManager *self);
/* When it wants to be run again; SIM_TIME_MAX. */
SimTime transaction_manager_wake(const TransactionManager *self);
bool transaction_manager_on_response(TransactionManager *self,
                                     uint16_t api,
                                     const ResponseHeader *response);
void transaction_manager_on_batch_failed(TransactionManager *self, KafkaError error);
/* beginTransaction(), where it may be called: it asks nobody, and needs no pass. */
void transaction_manager_begin(TransactionManager *self);
/* sendOffsetsToTransaction(), commitTransaction(). */
void transaction_manager_end(TransactionManager *self, const SinkOffsets *offsets);
/* abortTransaction() of a worker. */
void transaction_manager_abort(TransactionManager *self);
/* Has something gone wrong that the worker's next call tells it of? */
bool transaction_manager_has_failed(const TransactionManager *self);
/* Would send() throw? */
bool transaction_manager_is_spoiled(const TransactionManager *self);
const char *transaction_manager_state_name(TransactionManagerState state);

#endif
