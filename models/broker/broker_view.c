/* broker_view.c - what the world may read of a broker. Reading changes nothing. */
#include "models/broker/broker_state.h"
#include "models/broker/transactions/broker_transactions.h"

Actor *broker_actor(Broker *self)
{
    return &self->actor;
}

int32_t broker_id(const Broker *self)
{
    return self->id;
}

void broker_set_bootstrapped(Broker *self, bool fresh)
{
    self->bootstrapped = true;
    self->fresh = fresh;
}

void broker_stop(Broker *self)
{
    if (self->actor.life != ACTOR_DEAD) {
        /* A frozen process gets its signal at SIGCONT. */
        actor_arm(&self->actor,
                  &self->stop,
                  distribution_draw(&self->context.profile->broker_stop, &self->stream));
    }
}

const BrokerCounters *broker_counters(const Broker *self)
{
    return &self->counters;
}

const char *broker_state(const Broker *self)
{
    return state_name(&self->state);
}

int64_t broker_metadata_offset(const Broker *self)
{
    return self->applied_offset;
}

int32_t broker_led_partitions(const Broker *self)
{
    return (int32_t)self->led->len;
}

/* Counted anew only when what it leads has changed. */
static const LedTotals *led_totals(Broker *self)
{
    LedTotals *totals = &self->led_totals;
    if (!totals->valid) {
        *totals = (LedTotals){.valid = true};
        for (guint i = 0; i < self->led->len; i++) {
            const Partition *led = self->led->pdata[i];
            totals->under_replicated += led->isr.count < 1 + led->remote_count ? 1 : 0;
            totals->under_min_isr += led->isr.count < partition_effective_min_isr(led) ? 1 : 0;
        }
    }
    return totals;
}

int32_t broker_under_replicated(Broker *self)
{
    return led_totals(self)->under_replicated;
}

int32_t broker_under_min_isr(Broker *self)
{
    return led_totals(self)->under_min_isr;
}

uint32_t broker_request_queue(const Broker *self)
{
    return self->handlers.length;
}

int64_t broker_handler_idle_ppm(const Broker *self, SimTime now)
{
    if (now <= 0 || self->actor.life == ACTOR_DEAD) {
        return 1000000;
    }
    double busy = time_weighted_mean(&self->handlers.busy_servers, now) / self->handlers.servers;
    return 1000000 - (int64_t)(busy * 1e6 + 0.5);
}

const Partition *broker_replica_of(const Broker *self, TopicIdPartition partition)
{
    const Partition *replica = broker_partition(self, partition.index);
    return replica != NULL && replica->topic_id == partition.topic_id ? replica : NULL;
}

const RecordLog *broker_log(const Broker *self, TopicIdPartition partition)
{
    const Partition *replica = broker_replica_of(self, partition);
    return replica != NULL ? &replica->log : NULL;
}

bool broker_log_is_offline(const Broker *self, TopicIdPartition partition)
{
    const Partition *replica = broker_replica_of(self, partition);
    return replica != NULL && replica->stored != NULL && replica->stored->offline;
}

int64_t broker_high_watermark(const Broker *self, TopicIdPartition partition)
{
    const Partition *replica = broker_replica_of(self, partition);
    return replica != NULL ? replica->high_watermark : -1;
}

int64_t broker_latest_offset(const Broker *self, TopicIdPartition partition)
{
    const ListOffsetsPartition wanted = {
        .partition = partition.index, .current_leader_epoch = -1, .timestamp = LIST_OFFSETS_LATEST};
    const Partition *replica = broker_replica_of(self, partition);
    int64_t offset = -1;
    if (replica != NULL && broker_leads(self, partition)) {
        (void)partition_list_offset(replica, &wanted, FETCH_HIGH_WATERMARK, &offset);
    }
    return offset;
}

int64_t broker_last_stable_offset(const Broker *self, TopicIdPartition partition)
{
    const Partition *replica = broker_replica_of(self, partition);
    return replica != NULL ? partition_last_stable_offset(replica) : -1;
}

/* In ZooKeeper's time a broker is told nothing, and leads nothing, until its node is there. */
bool broker_is_serving(const Broker *self)
{
    bool known = !broker_has_zookeeper(self) || self->state.now == BROKER_RUNNING ||
                 self->state.now == BROKER_PENDING_CONTROLLED_SHUTDOWN;
    return self->actor.life == ACTOR_ALIVE && self->ready_to_unfence && known;
}

bool broker_leads(const Broker *self, TopicIdPartition partition)
{
    const Partition *replica = broker_replica_of(self, partition);
    return replica != NULL && replica->role == PARTITION_LEADER;
}

const GroupCoordinator *broker_coordinator(const Broker *self)
{
    return self->coordinator;
}

const TransactionCoordinator *broker_transaction_coordinator(const Broker *self)
{
    return self->transactions != NULL ? self->transactions->coordinator : NULL;
}
