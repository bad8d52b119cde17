/* transaction_manager.c - see the header. The requests are in transaction_requests.c. */
#include "models/producer/transactions/transaction_internal.h"
#include <string.h>

const char *transaction_manager_state_name(TransactionManagerState state)
{
    static const char *const names[] = {
        [TRANSACTIONS_UNINITIALIZED] = "UNINITIALIZED",
        [TRANSACTIONS_INITIALIZING] = "INITIALIZING",
        [TRANSACTIONS_READY] = "READY",
        [TRANSACTIONS_IN_TRANSACTION] = "IN_TRANSACTION",
        [TRANSACTIONS_COMMITTING] = "COMMITTING_TRANSACTION",
        [TRANSACTIONS_ABORTING] = "ABORTING_TRANSACTION",
        [TRANSACTIONS_ABORTABLE_ERROR] = "ABORTABLE_ERROR",
        [TRANSACTIONS_FATAL_ERROR] = "FATAL_ERROR",
    };
    return names[state];
}

TransactionManager *transaction_manager_new(Producer *producer)
{
    const KafkaConfig *config = producer->context.spec->config;
    const char *id = kafka_config_text(config, "transactional.id");
    if (id == NULL || id[0] == '\0') {
        return NULL;
    }
    const Era *era = producer->context.era;
    TransactionManager *self = g_new0(TransactionManager, 1);
    self->producer = producer;
    self->transactional_id = producer->context.spec->count == 1
                                 ? g_strdup(id)
                                 : g_strdup_printf("%s-%d", id, producer->context.instance);
    self->offsets.offsets = g_array_new(FALSE, FALSE, sizeof(OffsetEntry));
    self->is_v2 = era == NULL || era->on[ERA_KIP_890];
    self->timeout_ns = kafka_config_ms(config, "transaction.timeout.ms");
    return self;
}

void transaction_manager_free(TransactionManager *self)
{
    if (self != NULL) {
        g_free(self->transactional_id);
        g_array_free(self->offsets.offsets, TRUE);
        g_free(self);
    }
}

void transaction_manager_reset(TransactionManager *self)
{
    self->state = TRANSACTIONS_UNINITIALIZED;
    self->coordinator = NO_NODE;
    self->group_coordinator = NO_NODE;
    self->is_spoiled = false;
    self->is_ending = false;
    self->has_offsets = false;
    self->in_flight = false;
    self->holds_sender = false;
    self->lookup_node = NO_NODE;
    self->asleep_until = 0;
    self->slept_for = TRANSACTION_REQUEST_NONE;
    self->connect_at = 0;
    memset(self->retry_backoff_ns, 0, sizeof self->retry_backoff_ns);
    self->is_started = false;
    self->bump_required = false;
    self->has_ended = false;
    transactions_return(self);
    self->is_asked = self->producer->context.spec->worker == NULL;
    self->error = KAFKA_NONE;
    self->producer->idempotence.is_transactional = true;
}

void transactions_move(TransactionManager *self, TransactionManagerState to)
{
    if (self->state != to && self->producer->context.trace_batches) {
        (void)actor_log(&self->producer->actor,
                        "transaction",
                        "%s: %s -> %s",
                        self->transactional_id,
                        transaction_manager_state_name(self->state),
                        transaction_manager_state_name(to));
    }
    self->state = to;
    producer_open(self->producer);
}

static bool is_worker(const TransactionManager *self)
{
    return self->producer->context.spec->worker != NULL;
}

/* ---- a worker's application */

void transaction_manager_end(TransactionManager *self, const SinkOffsets *offsets)
{
    if (self->state == TRANSACTIONS_FATAL_ERROR) {
        worker_notify(self->producer, SINK_FATAL);
        return;
    }
    if (self->is_spoiled) {
        self->is_spoiled = false;
        worker_notify(self->producer, SINK_ABORTED);
        return;
    }
    GArray *entries = self->offsets.offsets;
    g_array_set_size(entries, 0);
    g_array_append_vals(entries, offsets->offsets->data, offsets->offsets->len);
    self->offsets = *offsets;
    self->offsets.offsets = entries;
    /* It throws when an error came before; then the abort is waited for. */
    self->has_offsets = entries->len > 0 && self->state == TRANSACTIONS_IN_TRANSACTION;
    self->offsets_added = false;
    self->is_ending = true;
    if (self->has_offsets) {
        transactions_call(self, TRANSACTION_CALL_OFFSETS);
    }
}

bool transaction_manager_has_failed(const TransactionManager *self)
{
    const bool is_calling = self->is_ending || self->state == TRANSACTIONS_UNINITIALIZED ||
                            self->call == TRANSACTION_CALL_INIT;
    return self->is_spoiled || (!is_calling && self->state != TRANSACTIONS_IN_TRANSACTION &&
                                self->state != TRANSACTIONS_READY);
}

bool transaction_manager_is_spoiled(const TransactionManager *self)
{
    return self->is_spoiled || self->state != TRANSACTIONS_IN_TRANSACTION;
}

/* ---- errors */

/* What is queued fails with the transaction; what comes after it is asked for the first time. */
static void forget_requests(TransactionManager *self)
{
    for (int i = TRANSACTION_REQUEST_INIT; i < TRANSACTION_REQUEST_KINDS; i++) {
        self->retry_backoff_ns[i] = 0;
    }
    transactions_forget_adds(self);
}

/* The application waits in a call, which throws at once. */
static bool is_in_call(const TransactionManager *self)
{
    return is_worker(self) || self->call != TRANSACTION_CALL_NONE ||
           self->producer->workload.blocked;
}

/* When it hears of an error: from its next call, whenever that comes by the load of that time. */
static SimTime next_call(const TransactionManager *self)
{
    const Producer *producer = self->producer;
    const SimTime now = actor_now(&producer->actor);
    const SimDuration length = producer->context.spec->transaction_ns;
    SimTime at = workload_next_due(&producer->workload);
    if (self->is_heard || producer->state.now != PRODUCER_RUNNING || at == SIM_TIME_MAX) {
        return now;
    }
    if (length > 0 && self->begun_at != SIM_TIME_MAX) {
        at = MIN(at, self->begun_at + length);
    }
    return MAX(at, now);
}

void transactions_fail(TransactionManager *self, KafkaError error, bool is_fatal)
{
    /* A task of a Connect source fails for good: "unrecoverable exception from producer". */
    is_fatal = is_fatal || workload_is_source(&self->producer->workload);
    if (self->state == TRANSACTIONS_FATAL_ERROR ||
        (!is_fatal && self->state == TRANSACTIONS_ABORTABLE_ERROR)) {
        return;
    }
    if (!is_fatal && self->state == TRANSACTIONS_ABORTING) {
        return; /* aborted it is already */
    }
    self->error = error;
    self->is_heard = is_in_call(self);
    (void)actor_log(&self->producer->actor,
                    is_fatal ? "transaction fatal" : "transaction abortable",
                    "%s: %s",
                    self->transactional_id,
                    kafka_error_name(error));
    transactions_move(self, is_fatal ? TRANSACTIONS_FATAL_ERROR : TRANSACTIONS_ABORTABLE_ERROR);
    self->has_offsets = false;
    transactions_return(self);
    forget_requests(self);
    if (is_fatal) {
        if (is_worker(self)) {
            worker_notify(self->producer, SINK_FATAL);
        }
        producer_begin_close(self->producer);
    }
}

/* v1: after the abort the producer asks for a new epoch itself (KIP-360); of v2 EndTxn brings one.
 * Mirrors: TransactionManager.needToTriggerEpochBumpFromClient. */
static void request_epoch_bump(TransactionManager *self)
{
    self->bump_required = !self->is_v2;
}

static bool is_completing(const TransactionManager *self)
{
    return self->state == TRANSACTIONS_COMMITTING || self->state == TRANSACTIONS_ABORTING;
}

/* Mirrors: TransactionManager.maybeTransitionToErrorState. Since 2.7 an old epoch in a produce
 * answer is abortable; it is the abort that then learns of the fencing. */
void transaction_manager_on_batch_failed(TransactionManager *self, KafkaError error)
{
    bool is_fatal = error == KAFKA_PRODUCER_FENCED || error == KAFKA_INVALID_PRODUCER_ID_MAPPING;
    if (!is_fatal && !is_completing(self)) {
        request_epoch_bump(self);
    }
    transactions_fail(self, error, is_fatal);
}

/* ---- the application */

static int64_t records_in_transaction(const TransactionManager *self)
{
    return self->producer->accumulator.appended - self->appended_before;
}

static void begin(TransactionManager *self)
{
    self->begun_at = SIM_TIME_MAX;
    self->appended_before = self->producer->accumulator.appended;
    self->refused_before = self->producer->workload.refused;
    self->is_started = false;
    self->number++;
    int64_t records = self->producer->context.spec->transaction_records;
    self->producer->workload.room = records > 0 ? records : INT64_MAX;
    transactions_forget_partitions(self);
    transactions_move(self, TRANSACTIONS_IN_TRANSACTION);
}

void transaction_manager_begin(TransactionManager *self)
{
    if (self->state == TRANSACTIONS_READY && self->producer->state.now == PRODUCER_RUNNING &&
        !self->is_spoiled) {
        begin(self);
    }
}

/* A Connect source looks at the clock whether something came or not: its intervals follow one
 * another without a gap. Others count from the first record. */
static SimTime first_moment(TransactionManager *self, SimTime now)
{
    const SimDuration length = self->producer->context.spec->transaction_ns;
    if (length == 0 || !workload_is_source(&self->producer->workload)) {
        return now;
    }
    self->boundary_at += (now - self->boundary_at) / length * length;
    return self->boundary_at;
}

/* transaction.boundary=connector: what the connector has not ended is not committed by close(). */
static bool ends_by_connector(const TransactionManager *self)
{
    const ProducerSpec *spec = self->producer->context.spec;
    return spec->source_is_exactly_once && spec->transaction_records > 0;
}

static bool is_over(TransactionManager *self, SimTime now)
{
    const ProducerSpec *spec = self->producer->context.spec;
    int64_t records = records_in_transaction(self);
    if (is_worker(self)) {
        return (self->is_ending && !self->has_offsets &&
                !workload_has_given(&self->producer->workload));
    }
    if (records == 0) {
        return false;
    }
    if (self->begun_at == SIM_TIME_MAX) {
        self->begun_at = first_moment(self, now);
    }
    bool full = spec->transaction_records > 0 && records >= spec->transaction_records;
    bool old = spec->transaction_ns > 0 && now - self->begun_at >= spec->transaction_ns;
    bool closes = self->producer->state.now == PRODUCER_CLOSING && !ends_by_connector(self);
    return full || old || closes || (spec->transaction_records == 0 && spec->transaction_ns == 0);
}

static bool is_to_abort(const TransactionManager *self)
{
    int64_t every = self->producer->context.spec->transaction_abort_every;
    return every > 0 && self->number % every == 0;
}

static void end(TransactionManager *self)
{
    const bool aborts = is_to_abort(self);
    self->source_offset = self->producer->workload.number;
    self->boundary_at = actor_now(&self->producer->actor);
    self->error = KAFKA_NONE;
    transactions_move(self, aborts ? TRANSACTIONS_ABORTING : TRANSACTIONS_COMMITTING);
    transactions_call(self, aborts ? TRANSACTION_CALL_ABORT : TRANSACTION_CALL_COMMIT);
}

/* Sender.run: "Aborting incomplete transaction due to shutdown", when all is sent. */
static bool is_left_open(const TransactionManager *self)
{
    return self->state == TRANSACTIONS_IN_TRANSACTION && ends_by_connector(self) &&
           self->producer->state.now == PRODUCER_CLOSING && records_in_transaction(self) > 0 &&
           self->producer->accumulator.incomplete == 0;
}

/* What was not sent yet goes, on every pass that no request is under way.
 * Mirrors: Sender.maybeSendAndPollTransactionalRequest. */
static void abort_undrained(TransactionManager *self)
{
    const bool aborts =
        self->state == TRANSACTIONS_ABORTABLE_ERROR || self->state == TRANSACTIONS_ABORTING;
    if (aborts && !self->in_flight && self->producer->accumulator.incomplete > 0) {
        sender_abort_undrained(self->producer,
                               self->error == KAFKA_NONE ? KAFKA_TRANSACTION_ABORTED : self->error);
    }
}

/* The application hears of the error and calls abortTransaction(). */
static void abort_after_error(TransactionManager *self)
{
    transactions_move(self, TRANSACTIONS_ABORTING);
    workload_drop_given(&self->producer->workload, actor_now(&self->producer->actor));
    transactions_call(self, TRANSACTION_CALL_ABORT);
}

void transaction_manager_abort(TransactionManager *self)
{
    if (self->state == TRANSACTIONS_FATAL_ERROR || self->is_spoiled ||
        self->state == TRANSACTIONS_UNINITIALIZED || self->state == TRANSACTIONS_READY) {
        self->is_spoiled = false;
        worker_notify(self->producer, SINK_ABORTED);
        return;
    }
    self->is_ending = true;
    self->has_offsets = false;
    if (self->state == TRANSACTIONS_IN_TRANSACTION) {
        self->error = KAFKA_NONE;
        abort_after_error(self);
    }
}

/* An abort that the application did not ask for it learns of when it next calls. */
static void tell_worker(TransactionManager *self, bool committed)
{
    self->is_spoiled = !committed && !self->is_ending;
    if (self->is_ending) {
        self->is_ending = false;
        worker_notify(self->producer, committed ? SINK_DONE : SINK_ABORTED);
    }
}

/* Mirrors: TransactionManager.resetTransactionState. commitTransaction() and abortTransaction()
 * return once there is a new epoch, where one is wanted. */
void transactions_ended(TransactionManager *self)
{
    bool committed = self->state == TRANSACTIONS_COMMITTING;
    int64_t records = records_in_transaction(self);
    if (self->is_started) {
        self->committed += committed;
        self->aborted += !committed;
        *(committed ? &self->committed_records : &self->aborted_records) += records;
        if (committed) {
            source_task_committed(self->producer, self->source_offset);
        }
    }
    self->is_started = false;
    self->has_ended = true;
    self->has_committed = committed;
    if (self->bump_required) {
        transactions_move(self, TRANSACTIONS_INITIALIZING);
    } else {
        transactions_ready(self);
    }
}

void transactions_ready(TransactionManager *self)
{
    self->bump_required = false;
    if (!self->has_ended) {
        self->boundary_at = actor_now(&self->producer->actor);
    }
    transactions_return(self);
    transactions_move(self, TRANSACTIONS_READY);
    if (is_worker(self) && self->has_ended) {
        tell_worker(self, self->has_committed);
    }
}

bool transaction_manager_is_open(const TransactionManager *self)
{
    return self->state == TRANSACTIONS_IN_TRANSACTION;
}

bool transaction_manager_is_fatal(const TransactionManager *self)
{
    return self->state == TRANSACTIONS_FATAL_ERROR;
}

bool transaction_manager_is_idle(const TransactionManager *self)
{
    return self->state == TRANSACTIONS_FATAL_ERROR || self->state == TRANSACTIONS_READY ||
           self->state == TRANSACTIONS_UNINITIALIZED ||
           (self->state == TRANSACTIONS_IN_TRANSACTION && records_in_transaction(self) == 0);
}

bool transaction_manager_can_send(const TransactionManager *self)
{
    return self->state == TRANSACTIONS_IN_TRANSACTION || self->state == TRANSACTIONS_COMMITTING ||
           self->state == TRANSACTIONS_ABORTING;
}

/* ---- one pass */

static void look_at_call(TransactionManager *self)
{
    if (self->state == TRANSACTIONS_UNINITIALIZED && self->is_asked) {
        transactions_move(self, TRANSACTIONS_INITIALIZING);
        transactions_call(self, TRANSACTION_CALL_INIT);
    }
    const bool sends_offsets = self->call == TRANSACTION_CALL_OFFSETS;
    if (sends_offsets && !self->has_offsets) {
        transactions_return(self);
    } else if (transactions_call_timed_out(self) && sends_offsets) {
        self->error = KAFKA_REQUEST_TIMED_OUT;
        abort_after_error(self);
    }
}

static void run_application(TransactionManager *self)
{
    SimTime now = actor_now(&self->producer->actor);
    look_at_call(self);
    if (self->producer->idempotence.must_abort) {
        self->producer->idempotence.must_abort = false;
        request_epoch_bump(self);
        transactions_fail(self, KAFKA_OUT_OF_ORDER_SEQUENCE_NUMBER, false);
    }
    if (self->state == TRANSACTIONS_IN_TRANSACTION &&
        self->producer->workload.refused > self->refused_before) {
        transaction_manager_on_batch_failed(self, self->producer->workload.refused_with);
    }
    transaction_manager_begin(self);
    if (self->state == TRANSACTIONS_IN_TRANSACTION && is_over(self, now)) {
        end(self);
    } else if (is_left_open(self)) {
        self->error = KAFKA_NONE;
        abort_after_error(self);
    } else if (self->state == TRANSACTIONS_ABORTABLE_ERROR && next_call(self) <= now) {
        abort_after_error(self); /* close() aborts what is open (Sender.run) */
    }
}

void transaction_manager_before_records(TransactionManager *self)
{
    if (self->state == TRANSACTIONS_IN_TRANSACTION &&
        is_over(self, actor_now(&self->producer->actor))) {
        end(self);
    }
}

bool transaction_manager_run(TransactionManager *self)
{
    const TransactionManagerState was = self->state;
    run_application(self);
    const bool opens = was != self->state && transaction_manager_is_open(self);
    self->producer->accumulator.completing = is_completing(self);
    abort_undrained(self);
    self->producer->idempotence.may_drain = transaction_manager_can_send(self);
    const bool sent = transactions_send(self);
    /* send() goes on, or what was ended without a request is followed by the next: look again. */
    return sent || opens || (was != self->state && self->state == TRANSACTIONS_READY);
}

SimTime transaction_manager_wake(const TransactionManager *self)
{
    SimTime at = self->in_flight ? SIM_TIME_MAX : MAX(self->asleep_until, self->connect_at);
    SimDuration length = self->producer->context.spec->transaction_ns;
    if (at <= actor_now(&self->producer->actor)) {
        at = SIM_TIME_MAX;
    }
    if (self->state == TRANSACTIONS_ABORTABLE_ERROR) {
        at = MIN(at, next_call(self));
    }
    if (self->state == TRANSACTIONS_IN_TRANSACTION && self->begun_at != SIM_TIME_MAX &&
        length > 0) {
        at = MIN(at, self->begun_at + length);
    }
    return MIN(at, self->call_until);
}
