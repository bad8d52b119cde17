/* purgatory.c - acks=all writes that wait for the high watermark.
 *
 * Mirrors: DelayedProduce, DelayedOperationPurgatory (server.md 2.3). A write waits in the list
 * of each of its partitions; when the last one is decided, or the time-out comes, it is answered.
 * A coordinator's append waits the same way, and its coordinator is told instead of a client. */
#include "models/broker/broker_state.h"

typedef struct DelayedProduce {
    Broker *broker;
    RequestHeader *request; /* NULL: a coordinator's append */
    ProduceResponse *response;
    uint64_t token;
    Partition *appended_to; /* of a coordinator's append */
    KafkaError append_error;
    SimDuration timeout_ns;
    int32_t waiting;
    Timer timer;
} DelayedProduce;

static DelayedProduce *add(Broker *self, SimDuration timeout_ns)
{
    DelayedProduce *operation = pool_take(self->context.sim->pool, sizeof(DelayedProduce));
    operation->broker = self;
    operation->timeout_ns = timeout_ns;
    operation->waiting = 1; /* until purgatory_start: nothing is answered while it is built */
    timer_init(&operation->timer, BROKER_TIMER_PRODUCE_EXPIRY, operation);
    g_ptr_array_add(self->purgatory, operation);
    return operation;
}

DelayedProduce *purgatory_add(Broker *self, RequestHeader *request, ProduceResponse *response)
{
    DelayedProduce *operation = add(self, ((ProduceRequest *)request)->timeout_ns);
    operation->request = request;
    operation->response = response;
    return operation;
}

DelayedProduce *purgatory_add_append(Broker *self, uint64_t token, SimDuration timeout_ns)
{
    DelayedProduce *operation = add(self, timeout_ns);
    operation->token = token;
    return operation;
}

void purgatory_wait(DelayedProduce *self, Partition *partition, int64_t required, int32_t index)
{
    ProduceWait *wait = pool_take(self->broker->context.sim->pool, sizeof(ProduceWait));
    *wait = (ProduceWait){self, partition, required, index, NULL};
    self->waiting++;
    self->appended_to = partition;
    ProduceWait **at = &partition->waiting;
    while (*at != NULL && (*at)->required_offset <= required) {
        at = &(*at)->next;
    }
    wait->next = *at;
    *at = wait;
}

static void free_operation(DelayedProduce *self)
{
    Broker *broker = self->broker;
    g_ptr_array_remove_fast(broker->purgatory, self);
    pool_give(broker->context.sim->pool, self, sizeof(*self));
}

static void finish(DelayedProduce *self)
{
    Broker *broker = self->broker;
    actor_disarm(&broker->actor, &self->timer);
    if (self->request != NULL) {
        broker_respond(broker, self->request, &self->response->header);
        free_operation(self);
        return;
    }
    uint64_t token = self->token;
    KafkaError error = self->append_error;
    free_operation(self);
    if (token >> 62 != 0) {
        broker_transactions_on_append(broker, token, error);
        return;
    }
    group_coordinator_on_append(broker->coordinator, token, error);
}

static void decide(ProduceWait *wait, KafkaError error)
{
    DelayedProduce *operation = wait->operation;
    if (error != KAFKA_NONE) {
        operation->append_error = error;
    } else {
        replica_watch_acked(wait->partition, wait->required_offset);
    }
    if (operation->response != NULL) {
        ProducePartitionResponse *answer = &operation->response->partitions[wait->index];
        answer->error = error;
        if (error != KAFKA_NONE) {
            answer->base_offset = -1;
            produce_fill_leader(operation->broker, answer);
        }
    }
    pool_give(operation->broker->context.sim->pool, wait, sizeof(*wait));
    if (--operation->waiting == 0) {
        finish(operation);
    }
}

void purgatory_start(DelayedProduce *self)
{
    if (--self->waiting == 0) {
        finish(self);
    } else {
        actor_arm_constant(&self->broker->actor, &self->timer, self->timeout_ns);
    }
}

void purgatory_on_high_watermark(Partition *partition)
{
    KafkaError error;
    while (partition->waiting != NULL &&
           partition_reached(partition, partition->waiting->required_offset, &error)) {
        ProduceWait *wait = partition->waiting;
        partition->waiting = wait->next;
        decide(wait, error);
    }
}

void purgatory_fail_all(Partition *partition, KafkaError error)
{
    while (partition->waiting != NULL) {
        ProduceWait *wait = partition->waiting;
        partition->waiting = wait->next;
        decide(wait, error);
    }
}

static ProduceWait *unlink_from(DelayedProduce *self, Partition *partition)
{
    if (partition == NULL) {
        return NULL;
    }
    for (ProduceWait **at = &partition->waiting; *at != NULL; at = &(*at)->next) {
        if ((*at)->operation == self) {
            ProduceWait *wait = *at;
            *at = wait->next;
            return wait;
        }
    }
    return NULL;
}

/* Takes one wait of this operation out of its partition's list. */
static ProduceWait *unlink_wait(DelayedProduce *self)
{
    if (self->response == NULL) {
        return unlink_from(self, self->appended_to);
    }
    for (int32_t i = 0; i < self->response->count; i++) {
        ProduceWait *wait = unlink_from(
            self, broker_partition(self->broker, self->response->partitions[i].partition));
        if (wait != NULL) {
            return wait;
        }
    }
    return NULL;
}

void purgatory_on_timeout(DelayedProduce *self)
{
    int32_t left = self->waiting;
    for (int32_t i = 0; i < left; i++) {
        ProduceWait *wait = unlink_wait(self);
        SIM_ASSERT(self->broker->context.sim, wait != NULL);
        decide(wait, KAFKA_REQUEST_TIMED_OUT);
    }
}

void purgatory_reset(Broker *self)
{
    Sim *sim = self->context.sim;
    for (guint i = 0; i < self->purgatory->len; i++) {
        DelayedProduce *operation = self->purgatory->pdata[i];
        if (operation->request != NULL) {
            message_free(sim, &operation->request->base);
            message_free(sim, &operation->response->header.base);
        }
        pool_give(sim->pool, operation, sizeof(*operation));
    }
    g_ptr_array_set_size(self->purgatory, 0);
    for (guint i = 0; i < self->hosted->len; i++) {
        Partition *partition = self->hosted->pdata[i];
        while (partition->waiting != NULL) {
            ProduceWait *wait = partition->waiting;
            partition->waiting = wait->next;
            pool_give(sim->pool, wait, sizeof(*wait));
        }
    }
}
