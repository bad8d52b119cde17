/* validation.c - what must hold when a run ends.
 *
 * Committed data survive: what was committed is in the log that counts, and no record that was
 * acknowledged with acks=all is missing, unless the scenario gave that up (invariants.h). What
 * must hold at every moment is watched by models/invariants. */
#include "models/world/cluster_state.h"
#include <string.h>

/* By the newest epoch that it knows, then by length: as voters compare logs. */
static bool is_ahead(const RecordLog *log, const RecordLog *other)
{
    int32_t epoch = leader_epochs_latest(&log->epochs);
    int32_t others = leader_epochs_latest(&other->epochs);
    return epoch != others ? epoch > others : log->log_end_offset > other->log_end_offset;
}

/* The log of who leads. One that died and was not replaced yet, or has just been elected, does not:
 * it may never lead again, and its disk may be another. Then what any replica has is not lost. */
const RecordLog *validation_final_log(const Cluster *self, int32_t partition)
{
    const PartitionRegistration *registration = cluster_newest(self, partition);
    if (registration == NULL) {
        return NULL;
    }
    const TopicIdPartition present = cluster_present(self, partition);
    const RecordLog *best = NULL;
    for (int32_t i = 0; i < registration->replicas.count; i++) {
        int32_t id = registration->replicas.ids[i];
        const Broker *broker = cluster_broker(self, id);
        const RecordLog *log = broker_log(broker, present);
        if (log != NULL && id == registration->leader && broker_leads(broker, present)) {
            return log;
        }
        best = log != NULL && (best == NULL || is_ahead(log, best)) ? log : best;
    }
    return best;
}

static bool is_same_batch(const RecordBatch *a, const RecordBatch *b)
{
    return a->base_offset == b->base_offset && a->leader_epoch == b->leader_epoch &&
           a->count == b->count && a->first_created == b->first_created && a->ledger == b->ledger &&
           a->payload == b->payload;
}

/* From here on both logs tell their batches apart. */
static int64_t comparable_from(const RecordLog *a, const RecordLog *b)
{
    return MAX(MAX(record_log_fine_offset(a), a->log_start_offset),
               MAX(record_log_fine_offset(b), b->log_start_offset));
}

/* Two batches over the same offsets, or the next ones, where one log has a hole: a truncation takes
 * the whole batch that holds its offset. A cleaned log has holes; a merged batch has no identity.
 */
static bool is_difference(const RecordLog *log, const RecordBatch *x, const RecordBatch *y)
{
    bool overlap = x->base_offset <= record_batch_last_offset(y) &&
                   y->base_offset <= record_batch_last_offset(x);
    return overlap ? !x->merged && !y->merged && !is_same_batch(x, y)
                   : !log->options->cleanup_compact;
}

/* Do two logs differ below `to`? One that ends earlier does not differ for that. */
static bool is_diverged(const RecordLog *a, const RecordLog *b, int64_t to)
{
    int64_t from = comparable_from(a, b);
    int32_t i = 0;
    int32_t k = 0;
    while (i < a->count && k < b->count) {
        const RecordBatch *x = record_log_at(a, i);
        const RecordBatch *y = record_log_at(b, k);
        int64_t first = MIN(x->base_offset, y->base_offset);
        if (first >= to) {
            return false;
        }
        if (first >= from && is_difference(a, x, y)) {
            return true;
        }
        int64_t done = MIN(record_batch_last_offset(x), record_batch_last_offset(y));
        i += record_batch_last_offset(x) <= done ? 1 : 0;
        k += record_batch_last_offset(y) <= done ? 1 : 0;
    }
    return false;
}

int32_t validation_diverged(const Cluster *self, int32_t partition)
{
    const PartitionRegistration *newest = cluster_newest(self, partition);
    const Broker *leader =
        newest == NULL || newest->leader == NO_LEADER ? NULL : cluster_broker(self, newest->leader);
    const TopicIdPartition present = cluster_present(self, partition);
    const RecordLog *log = leader != NULL ? broker_log(leader, present) : NULL;
    int64_t end = cluster_high_watermark(self, partition);
    int32_t count = 0;
    for (int32_t i = 0; log != NULL && i < newest->isr.count; i++) {
        const RecordLog *other = broker_log(cluster_broker(self, newest->isr.ids[i]), present);
        count += other != NULL && other != log && is_diverged(log, other, end) ? 1 : 0;
    }
    return count;
}

static bool waits_for_all(const ProducerSpec *spec)
{
    const char *acks = kafka_config_text(spec->config, "acks");
    return strcmp(acks, "all") == 0 || strcmp(acks, "-1") == 0;
}

/* What a leader that has not yet heard of the deletion acknowledges goes with the topic too. */
static bool is_deleted(const Cluster *self, int32_t topic)
{
    return self->histories[metadata_topic(self->metadata, topic)->first_partition].deleted;
}

void validation_run(Cluster *self)
{
    if (self->invariants == NULL) {
        return;
    }
    kernel_set_cause(self->sim->kernel, 0); /* found by looking, whatever came last */
    for (int32_t p = 0; p < metadata_partition_count(self->metadata); p++) {
        invariants_finish(self->invariants, p, validation_final_log(self, p));
    }
    bool given_up = invariants_any_excused(self->invariants);
    for (guint i = 0; i < self->spec->producers->len; i++) {
        const ProducerSpec *spec = self->spec->producers->pdata[i];
        int64_t lost = ledger_producer(self->ledger, (int32_t)i)->lost;
        if (waits_for_all(spec) && lost > 0 && !given_up && !is_deleted(self, spec->topic)) {
            checks_violated(self->checks,
                            "committed records survive",
                            "%" G_GINT64_FORMAT
                            " records of %s, acknowledged with acks=all, are gone",
                            lost,
                            spec->name);
        }
    }
}
