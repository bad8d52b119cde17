/* housekeeping.c - what a run may forget while it goes on, so that its memory stays flat.
 *
 * Nothing that is simulated depends on it. Every ten simulated seconds the batches of each
 * partition that stand below its floor leave the ledger's account: the floor is the offset below
 * which every replica that may ever lead holds the data. Should a leader come up short of it all
 * the same (an unclean election after the loss of disks), what is missing is counted as lost. */
#include "models/world/cluster_state.h"

#define HOUSEKEEPING_INTERVAL SIM_SEC(10)
/* No copy of a batch arrives later than this after it was made: several delivery time-outs. */
#define LATEST_COPY SIM_SEC(900)

typedef struct Floor {
    const Cluster *cluster;
    int32_t partition;
    int64_t offset;
} Floor;

static void lower(Floor *floor, const ReplicaList *replicas)
{
    for (int32_t i = 0; i < replicas->count && floor->offset > 0; i++) {
        const Broker *broker = cluster_broker(floor->cluster, replicas->ids[i]);
        const RecordLog *log = broker_log(broker, floor->partition);
        floor->offset = log != NULL ? MIN(floor->offset, log->log_end_offset) : 0;
    }
}

/* Below it, every replica that an election can choose holds the data. */
static int64_t settled_floor(const Cluster *self, int32_t partition)
{
    const PartitionRegistration *newest = cluster_newest(self, partition);
    Floor floor = {self, partition, cluster_high_watermark(self, partition)};
    const TopicInfo *topic = metadata_topic_of(self->metadata, partition);
    bool unclean = topic->config != NULL &&
                   kafka_config_boolean(topic->config, "unclean.leader.election.enable");
    if (unclean) {
        lower(&floor, &newest->replicas);
    }
    lower(&floor, &newest->isr);
    lower(&floor, &newest->elr);
    lower(&floor, &newest->last_known_elr);
    return floor.offset;
}

/* Settles batches of the log up to `end`; stops before one whose producer still waits. */
static void settle(Cluster *self, int32_t partition, const RecordLog *log, int64_t end)
{
    int64_t *settled = &self->settled_ends[partition];
    for (int32_t i = record_log_find(log, *settled); i < log->count; i++) {
        const RecordBatch *batch = record_log_at(log, i);
        if (record_batch_last_offset(batch) >= end ||
            (batch->ledger != 0 && !ledger_settle_batch(self->ledger, batch))) {
            return;
        }
        *settled = record_batch_last_offset(batch) + 1;
    }
}

void housekeeping_on_leader(Cluster *self, int32_t partition, int32_t leader)
{
    const Broker *broker = leader == NO_LEADER ? NULL : cluster_broker(self, leader);
    if (broker == NULL || !broker_is_serving(broker)) {
        return; /* one that died before anybody knew will not lead under this name */
    }
    const RecordLog *log = broker_log(broker, partition);
    int64_t end = log != NULL ? log->log_end_offset : 0;
    if (end < self->settled_ends[partition]) {
        ledger_lost_settled(self->ledger, partition, self->settled_ends[partition] - end);
        self->settled_ends[partition] = end;
    }
}

void housekeeping_before_deletion(void *owner,
                                  int32_t partition,
                                  const RecordLog *log,
                                  int64_t new_start)
{
    Cluster *self = owner;
    if (validation_final_log(self, partition) == log) {
        settle(self, partition, log, new_start);
    }
}

static bool has_open_batches(const Cluster *self)
{
    return ledger_open_batches(self->ledger) > 0;
}

void housekeeping_run(Cluster *self)
{
    SimTime now = sim_now(self->sim);
    if (now - self->housekept_at < HOUSEKEEPING_INTERVAL || !has_open_batches(self)) {
        return;
    }
    self->housekept_at = now;
    for (int32_t p = 0; p < metadata_partition_count(self->metadata); p++) {
        const RecordLog *log = validation_final_log(self, p);
        if (log != NULL && log->log_end_offset > self->settled_ends[p]) {
            settle(self, p, log, settled_floor(self, p));
        }
    }
    ledger_settle_old(self->ledger, now - LATEST_COPY);
}
