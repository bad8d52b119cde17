/* isr.c - ISR changes on their way to the controller and back.
 *
 * At most one change of a partition and one request of a broker are in flight; a request carries
 * every change that waits. Until the answer the larger of old and new ISR counts (maximal ISR).
 * Mirrors: DefaultAlterPartitionManager, Partition.submitAlterPartition (server.md 2.5). */
#include "models/broker/broker_state.h"

void isr_submit(Partition *self)
{
    Broker *broker = self->broker;
    char name[128];
    char from[128];
    char to[128];
    metadata_partition_name(broker->context.metadata, self->index, name, sizeof(name));
    actor_log(&broker->actor,
              self->pending == ISR_EXPANDING ? "isr expand" : "isr shrink",
              "%s: [%s] -> [%s], asks the controller",
              name,
              replica_list_text(&self->isr, ',', from, sizeof(from)),
              replica_list_text(&self->pending_isr, ',', to, sizeof(to)));
    self->pending_in_flight = true;
    self->submitted = self->pending;
    g_ptr_array_add(broker->alter_waiting, self);
    controller_channel_send(&broker->alter_channel);
}

static void fill_entry(const Partition *self, AlterPartitionEntry *entry)
{
    const Broker *broker = self->broker;
    entry->partition = self->index;
    entry->leader_epoch = self->leader_epoch;
    entry->partition_epoch = self->partition_epoch;
    entry->recovering = false; /* a leader has nothing to recover: its next change says so */
    entry->isr_count = self->pending_isr.count;
    for (int32_t i = 0; i < self->pending_isr.count; i++) {
        const BrokerRegistration *known = metadata_broker(
            broker->context.metadata, self->pending_isr.ids[i], broker->applied_offset);
        entry->isr[i] = (IsrMember){self->pending_isr.ids[i], known != NULL ? known->epoch : -1};
    }
}

RequestHeader *isr_build_request(Broker *self)
{
    guint kept = 0;
    for (guint i = 0; i < self->alter_waiting->len; i++) {
        Partition *partition = self->alter_waiting->pdata[i];
        if (partition->role == PARTITION_LEADER && partition->pending_in_flight) {
            self->alter_waiting->pdata[kept++] = partition;
        }
    }
    g_ptr_array_set_size(self->alter_waiting, (gint)kept);
    if (kept == 0) {
        return NULL;
    }
    AlterPartitionRequest *request =
        message_new(self->context.sim,
                    KAFKA_MESSAGE_BYTES(AlterPartitionRequest, entries, kept),
                    KAFKA_ALTER_PARTITION);
    request->broker = self->id;
    request->broker_epoch = self->broker_epoch;
    request->count = (int32_t)kept;
    for (guint i = 0; i < kept; i++) {
        fill_entry(self->alter_waiting->pdata[i], &request->entries[i]);
    }
    return &request->header;
}

static void commit(Partition *self, const AlterPartitionEntry *answer)
{
    BrokerCounters *counters = &self->broker->counters;
    *(self->submitted == ISR_EXPANDING ? &counters->isr_expands : &counters->isr_shrinks) += 1;
    self->isr.count = 0;
    for (int32_t i = 0; i < answer->isr_count; i++) {
        replica_list_add(&self->isr, answer->isr[i].broker);
    }
    self->partition_epoch = answer->partition_epoch;
    self->pending = ISR_COMMITTED;
    self->pending_in_flight = false;
    self->broker->isr_generation++;
    partition_advance_high_watermark(self);
    purgatory_on_high_watermark(self);
}

void partition_apply_alter_answer(Partition *self, const AlterPartitionEntry *answer)
{
    bool leads = self->role == PARTITION_LEADER;
    if (answer->error == KAFKA_NONE) {
        /* The metadata may have brought it already: then the epochs are equal. */
        if (leads && answer->leader_epoch == self->leader_epoch &&
            answer->partition_epoch >= self->partition_epoch) {
            commit(self, answer);
        }
    } else if (leads && self->pending_in_flight && answer->error == KAFKA_INELIGIBLE_REPLICA) {
        self->pending = ISR_COMMITTED; /* the follower's next fetch may try again */
        self->pending_in_flight = false;
        self->broker->isr_generation++;
    }
    /* Every other refusal means that newer metadata is on its way: stay pending until then. */
}

void isr_on_answer(Broker *self, AlterPartitionResponse *response)
{
    for (int32_t i = 0; i < response->count; i++) {
        Partition *partition = broker_partition(self, response->entries[i].partition);
        g_ptr_array_remove(self->alter_waiting, partition);
        if (response->error == KAFKA_NONE) {
            partition_apply_alter_answer(partition, &response->entries[i]);
        }
    }
    if (self->alter_waiting->len > 0) {
        controller_channel_send(&self->alter_channel);
    }
}
