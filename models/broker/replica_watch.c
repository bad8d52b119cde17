/* replica_watch.c - how a broker tells its observer of its replicas; see the header. */
#include "models/broker/replica_watch.h"
#include "models/broker/broker_state.h"

static const ReplicaWatch *watch_of(const Partition *replica)
{
    return replica->broker->context.watch;
}

static void fill_view(const Partition *replica, ReplicaView *ret_view)
{
    *ret_view = (ReplicaView){
        .broker = replica->broker->id,
        .partition = replica->index,
        .topic_id = replica->topic_id,
        .leads = replica->role == PARTITION_LEADER,
        .leader_epoch = replica->leader_epoch,
        .high_watermark = replica->high_watermark,
        .log = &replica->log,
        .isr = &replica->isr,
        .min_isr = partition_effective_min_isr(replica),
    };
}

bool broker_replica(const Broker *self, TopicIdPartition partition, ReplicaView *ret_view)
{
    const Partition *replica = broker_replica_of(self, partition);
    if (replica != NULL) {
        fill_view(replica, ret_view);
    }
    return replica != NULL;
}

void replica_watch_leads(const Partition *replica)
{
    if (watch_of(replica) != NULL) {
        ReplicaView view;
        fill_view(replica, &view);
        watch_of(replica)->on_leads(watch_of(replica)->owner, &view);
    }
}

void replica_watch_high_watermark(const Partition *replica)
{
    if (watch_of(replica) != NULL) {
        ReplicaView view;
        fill_view(replica, &view);
        watch_of(replica)->on_high_watermark(watch_of(replica)->owner, &view);
    }
}

void replica_watch_truncated(const Partition *replica)
{
    if (watch_of(replica) != NULL) {
        ReplicaView view;
        fill_view(replica, &view);
        watch_of(replica)->on_truncated(watch_of(replica)->owner, &view);
    }
}

void replica_watch_cleaned(const Partition *replica, int64_t end)
{
    if (watch_of(replica) != NULL) {
        ReplicaView view;
        fill_view(replica, &view);
        watch_of(replica)->on_cleaned(watch_of(replica)->owner, &view, end);
    }
}

void replica_watch_acked(const Partition *replica, int64_t required)
{
    if (watch_of(replica) != NULL) {
        ReplicaView view;
        fill_view(replica, &view);
        watch_of(replica)->on_acked(watch_of(replica)->owner, &view, required);
    }
}

void replica_watch_read(const Partition *replica, const RecordBatch *batches, int32_t count)
{
    if (watch_of(replica) != NULL && count > 0) {
        ReplicaView view;
        fill_view(replica, &view);
        watch_of(replica)->on_read(watch_of(replica)->owner, &view, batches, count);
    }
}
