/* validation.c - what must hold when a run ends.
 *
 * Committed data survive: no record that was acknowledged with acks=all is missing, unless the
 * scenario gave that up (an unclean election, a power cut). Replicas agree below their high
 * watermarks. */
#include "models/world/cluster_state.h"
#include <string.h>

const RecordLog *validation_final_log(const Cluster *self, int32_t partition)
{
    const PartitionRegistration *registration = cluster_newest(self, partition);
    if (registration == NULL) {
        return NULL;
    }
    const RecordLog *longest = NULL;
    for (int32_t i = 0; i < registration->replicas.count; i++) {
        int32_t id = registration->replicas.ids[i];
        const RecordLog *log = broker_log(cluster_broker(self, id), partition);
        if (log != NULL && id == registration->leader) {
            return log;
        }
        if (log != NULL && (longest == NULL || log->log_end_offset > longest->log_end_offset)) {
            longest = log;
        }
    }
    return longest;
}

static bool same_batch(const RecordBatch *a, const RecordBatch *b)
{
    return a->base_offset == b->base_offset && a->leader_epoch == b->leader_epoch &&
           a->count == b->count && a->ledger == b->ledger;
}

static void compare_below(Cluster *self,
                          int32_t partition,
                          const RecordLog *truth,
                          const RecordLog *log,
                          int64_t high_watermark)
{
    int32_t count = MIN(truth->count, log->count);
    for (int32_t i = 0; i < count; i++) {
        const RecordBatch *a = record_log_at(truth, i);
        if (record_batch_last_offset(a) >= high_watermark) {
            return;
        }
        if (!same_batch(a, record_log_at(log, i))) {
            char name[256];
            metadata_partition_name(self->metadata, partition, name, sizeof(name));
            checks_violated(self->checks,
                            "replicas agree below the high watermark",
                            "%s differs at offset %" G_GINT64_FORMAT,
                            name,
                            a->base_offset);
            return;
        }
    }
}

static void compare_replicas(Cluster *self, int32_t partition)
{
    const RecordLog *truth = validation_final_log(self, partition);
    for (guint i = 0; truth != NULL && i < self->brokers->len; i++) {
        const Broker *broker = self->brokers->pdata[i];
        const RecordLog *log = broker_log(broker, partition);
        bool alive = broker_actor(self->brokers->pdata[i])->life == ACTOR_ALIVE;
        if (log != NULL && log != truth && alive) {
            compare_below(self, partition, truth, log, broker_high_watermark(broker, partition));
        }
    }
}

void validation_run(Cluster *self)
{
    bool given_up = self->unclean_election || self->power_was_cut;
    for (guint i = 0; i < self->spec->producers->len; i++) {
        const ProducerSpec *spec = self->spec->producers->pdata[i];
        const char *acks = kafka_config_text(spec->config, "acks");
        bool all = strcmp(acks, "all") == 0 || strcmp(acks, "-1") == 0;
        int64_t lost = ledger_producer(self->ledger, (int32_t)i)->lost;
        if (all && lost > 0 && !given_up) {
            checks_violated(self->checks,
                            "committed records survive",
                            "%" G_GINT64_FORMAT
                            " records of %s, acknowledged with acks=all, are gone",
                            lost,
                            spec->name);
        }
    }
    for (int32_t p = 0; p < metadata_partition_count(self->metadata) && !given_up; p++) {
        compare_replicas(self, p);
    }
}
