/* producer_id.c - before data is sent: a producer id, a new epoch, or what transactions want.
 *
 * Mirrors: Sender.runOnce, maybeWaitForProducerId, TransactionManager.bumpIdempotentEpochAndReset
 * IdIfNeeded. */
#include "models/producer/producer_internal.h"
#include "models/producer/transactions/transaction_manager.h"

void sender_look_again_at(Producer *self, SimTime at)
{
    self->look_again = at < self->look_again ? at : self->look_again;
}

void producer_id_on_response(Producer *self, const InitProducerIdResponse *response)
{
    self->id_in_flight = false;
    if (response == NULL || response->error != KAFKA_NONE) {
        self->id_retry_at = actor_now(&self->actor) + self->retry_backoff_ns;
        return;
    }
    idempotence_set_id(&self->idempotence, response->producer_id, response->producer_epoch);
}

static void ask_for_producer_id(Producer *self)
{
    SimTime now = actor_now(&self->actor);
    if (self->id_in_flight || now < self->id_retry_at) {
        sender_look_again_at(self, self->id_in_flight ? SIM_TIME_MAX : self->id_retry_at);
        return;
    }
    int32_t node = network_client_least_loaded(self->client);
    if (node == NO_NODE || !network_client_ready(self->client, node)) {
        /* When its connection is there, that event brings us here again (awaitNodeReady). */
        sender_look_again_at(self, now + self->retry_backoff_ns);
        return;
    }
    InitProducerIdRequest *request =
        message_new(self->actor.sim, sizeof(InitProducerIdRequest), KAFKA_INIT_PRODUCER_ID);
    self->id_in_flight = true;
    network_client_send(self->client, node, &request->header, NULL, true, 0);
}

bool producer_id_holds_sender(const Producer *self)
{
    if (self->transactions != NULL) {
        return self->transactions->holds_sender &&
               !transaction_manager_is_fatal(self->transactions);
    }
    return self->is_idempotent && self->idempotence.producer_id == NO_PRODUCER_ID;
}

bool producer_id_run(Producer *self, bool *ret_sent)
{
    if (!self->is_idempotent) {
        return true;
    }
    idempotence_resolve(&self->idempotence, self->accumulator.partitions, self->accumulator.count);
    if (!self->idempotence.is_transactional && idempotence_bump(&self->idempotence,
                                                                self->accumulator.partitions,
                                                                self->accumulator.count)) {
        (void)actor_log(&self->actor,
                        "epoch bump",
                        "producer id %lld epoch %d",
                        (long long)self->idempotence.producer_id,
                        self->idempotence.producer_epoch);
    }
    if (self->transactions != NULL && transaction_manager_is_fatal(self->transactions)) {
        sender_abort_all(self, self->transactions->error);
        return false;
    }
    if (self->transactions != NULL) {
        *ret_sent = transaction_manager_run(self->transactions);
        sender_look_again_at(self, transaction_manager_wake(self->transactions));
        return transaction_manager_can_send(self->transactions) &&
               !self->transactions->holds_sender;
    }
    if (self->idempotence.producer_id == NO_PRODUCER_ID) {
        ask_for_producer_id(self);
        return false;
    }
    return true;
}
