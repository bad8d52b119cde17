/* isr.c - ISR changes on their way to the controller and back.
 *
 * At most one change of a partition and one request of a broker are in flight; a request carries
 * every change that waits. What was sent stays queued until it is answered: an answer that refuses
 * the whole request, or none, has it sent again 50 ms later.
 * Mirrors: DefaultAlterPartitionManager (server.md 2.5). */
#include "models/broker/broker_state.h"

#define ALTER_RETRY SIM_MS(50)

static void log_change(Broker *self, const Partition *partition)
{
    char name[128];
    char from[128];
    char to[128];
    metadata_partition_name(self->context.metadata, partition->index, name, sizeof(name));
    actor_log(&self->actor,
              partition->pending == ISR_EXPANDING ? "isr expand" : "isr shrink",
              "%s: [%s] -> [%s], asks the controller",
              name,
              replica_list_text(&partition->isr, ',', from, sizeof(from)),
              replica_list_text(&partition->pending_isr, ',', to, sizeof(to)));
}

void isr_submit(void *broker, Partition *partition)
{
    Broker *self = broker;
    log_change(self, partition);
    g_ptr_array_add(self->alter_waiting, partition);
    controller_channel_send(&self->alter_channel);
}

RequestHeader *isr_build_request(Broker *self)
{
    guint count = self->alter_waiting->len;
    if (count == 0) {
        return NULL;
    }
    AlterPartitionRequest *request =
        message_new(self->context.sim,
                    KAFKA_MESSAGE_BYTES(AlterPartitionRequest, entries, count),
                    KAFKA_ALTER_PARTITION);
    request->broker = self->id;
    request->broker_epoch = self->broker_epoch;
    request->count = (int32_t)count;
    for (guint i = 0; i < count; i++) {
        request->entries[i] = *((const Partition *)self->alter_waiting->pdata[i])->submission;
    }
    return &request->header;
}

static void apply_answer(Broker *self, Partition *partition, const AlterPartitionEntry *answer)
{
    bool expands = partition->pending == ISR_EXPANDING;
    self->led_totals.valid = false;
    switch (partition_on_alter_answer(partition, answer, actor_now(&self->actor))) {
    case ISR_ANSWER_COMMITTED:
        *(expands ? &self->counters.isr_expands : &self->counters.isr_shrinks) += 1;
        purgatory_on_high_watermark(partition);
        fetch_recheck_isr(partition);
        break;
    case ISR_ANSWER_REVERTED:
    case ISR_ANSWER_IGNORED:
        fetch_recheck_isr(partition);
        break;
    case ISR_ANSWER_WAITS:
    case ISR_ANSWER_RETRIED:
        break;
    }
}

/* The whole request was refused (STALE_BROKER_EPOCH): all of it is said again. */
static void retry_later(Broker *self)
{
    actor_arm_constant(&self->actor, &self->alter_retry, ALTER_RETRY);
}

void isr_on_retry(Broker *self)
{
    controller_channel_send(&self->alter_channel);
}

void isr_on_answer(Broker *self, AlterPartitionResponse *response)
{
    if (response->error != KAFKA_NONE) {
        retry_later(self);
        return;
    }
    for (int32_t i = 0; i < response->count; i++) {
        Partition *partition = broker_partition(self, response->entries[i].partition);
        if (g_ptr_array_remove(self->alter_waiting, partition)) {
            apply_answer(self, partition, &response->entries[i]);
        }
    }
    if (self->alter_waiting->len > 0) {
        controller_channel_send(&self->alter_channel);
    }
}

/* So many partitions before one is looked at, it is asked for; a while later, its followers. */
#define LOOKED_AHEAD 32u

static void fetch_led_ahead(const Broker *self, guint at)
{
    if (at + LOOKED_AHEAD < self->led->len) {
        const Partition *far = self->led->pdata[at + LOOKED_AHEAD];
        BITS_PREFETCH(far);
        BITS_PREFETCH(&far->isr);
        BITS_PREFETCH(&far->log);
    }
    if (at + LOOKED_AHEAD / 2 < self->led->len) {
        const Partition *near = self->led->pdata[at + LOOKED_AHEAD / 2];
        BITS_PREFETCH(near->remotes);
        BITS_PREFETCH((const char *)near->remotes + PARTITION_LINE_BYTES);
    }
}

void replica_manager_on_isr_check(Broker *self)
{
    Kernel *kernel = self->context.sim->kernel;
    uint32_t cause = kernel_cause(kernel);
    for (guint i = 0; i < self->led->len; i++) {
        fetch_led_ahead(self, i);
        kernel_set_cause(kernel, cause);
        partition_maybe_shrink_isr(self->led->pdata[i], actor_now(&self->actor));
    }
    actor_arm_constant(&self->actor, &self->isr_check, self->replica_lag_ns / 2);
}
