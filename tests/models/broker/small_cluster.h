/* small_cluster.h - whole clusters for tests of replication: a few brokers, one partition, trouble
 * at set times, and what the log then says. */
#ifndef KAFKASIM_TESTS_MODELS_BROKER_SMALL_CLUSTER_H
#define KAFKASIM_TESTS_MODELS_BROKER_SMALL_CLUSTER_H
#include "models/world/cluster_state.h"
#include "tests/models/support/whole_cluster.h"
#include <stdio.h>

typedef struct SmallCluster {
    ClusterSpec *spec;
    TopicSpec *topic;
    ProducerSpec *producer;
    Cluster *cluster;
} SmallCluster;

static inline void small_set(KafkaConfig *config, const char *name, const char *value)
{
    ck_assert_msg(kafka_config_set(config, name, value), "%s=%s", name, value);
}

/* Brokers 1..count, one controller, topic "orders" of one partition on all of them, leader 1; a
 * producer of 50 records/s from 1 s on. */
static inline SmallCluster small_cluster(int32_t count, const char *min_isr, const char *acks)
{
    SmallCluster self = {.spec = whole_spec(count, 1, 1, SIM_SEC(60))};
    self.topic = whole_topic(self.spec, "orders", 1, count);
    small_set(self.topic->config, "min.insync.replicas", min_isr);
    whole_assign_in_turn(self.topic, 1, count);
    self.producer = whole_load(self.spec, 50, acks, SIM_TIME_MAX);
    self.producer->start = SIM_SEC(1);
    self.producer->value_bytes = distribution_constant(100);
    return self;
}

/* What happens to broker `id`. */
static inline FaultSpec *small_fault(SmallCluster *self, FaultVerb verb, SimTime at, int32_t id)
{
    return whole_fault(self->spec, verb, at, TARGET_BROKER, id - 1);
}

/* The power of its host goes, and comes back; its process is then started. */
static inline void small_power_cut(SmallCluster *self, SimTime at, SimTime until, int32_t id)
{
    FaultSpec *cut = small_fault(self, FAULT_POWER_CUT, at, id);
    whole_heal(self->spec, cut, until);
    small_fault(self, FAULT_START, until + SIM_MS(1), id);
}

static inline void small_cut(SmallCluster *self, SimTime from, SimTime to, int32_t a, int32_t b)
{
    FaultSpec *cut = fault_spec_new(FAULT_PARTITION, from);
    FaultSpec *heal = fault_spec_new(FAULT_PARTITION, to);
    FaultSpec *both[] = {cut, heal};
    int32_t left = a - 1;
    int32_t right = b - 1;
    for (int i = 0; i < 2; i++) {
        both[i]->left = g_array_new(FALSE, FALSE, sizeof(int32_t));
        both[i]->right = g_array_new(FALSE, FALSE, sizeof(int32_t));
        g_array_append_val(both[i]->left, left);
        g_array_append_val(both[i]->right, right);
        g_ptr_array_add(self->spec->faults, both[i]);
    }
    heal->ends = true;
    heal->undoes = cut;
}

static inline void small_run(SmallCluster *self)
{
    cluster_spec_sort_faults(self->spec);
    self->cluster = cluster_new(self->spec);
    ck_assert_int_eq(cluster_run(self->cluster, self->spec->duration), KERNEL_UNTIL);
}

static inline void small_end(SmallCluster *self)
{
    cluster_free(self->cluster);
    cluster_spec_free(self->spec);
}

static inline Fates small_fates(SmallCluster *self)
{
    return cluster_report(self->cluster)->total;
}

/* In-sync replicas that differ from their leader, as the report says. */
static inline int32_t small_diverged(SmallCluster *self)
{
    return cluster_report(self->cluster)->partitions[0].diverged;
}

/* Hardly more than the active segment of 1 MiB stays local; looked at each 2 s. */
static inline void small_tier(SmallCluster *self)
{
    small_set(self->spec->config, "remote.log.storage.system.enable", "true");
    small_set(self->spec->config, "remote.log.manager.task.interval.ms", "2000");
    small_set(self->spec->config, "log.initial.task.delay.ms", "1000");
    small_set(self->spec->config, "log.retention.check.interval.ms", "2000");
    small_set(self->topic->config, "remote.storage.enable", "true");
    small_set(self->topic->config, "segment.bytes", "1048576");
    small_set(self->topic->config, "local.retention.bytes", "1048576");
}

static inline const RecordLog *small_log(const SmallCluster *self, int32_t id)
{
    const RecordLog *log =
        broker_log(cluster_broker(self->cluster, id), cluster_present(self->cluster, 0));
    ck_assert_ptr_nonnull(log);
    return log;
}

/* Do two replicas hold the same batches, epochs and all, as far as both reach? */
static inline bool small_logs_agree(const SmallCluster *self, int32_t a, int32_t b)
{
    const RecordLog *first = small_log(self, a);
    const RecordLog *second = small_log(self, b);
    ck_assert_int_eq(record_log_fine_offset(first), 0); /* nothing is merged yet */
    ck_assert_int_eq(record_log_fine_offset(second), 0);
    LogCursor one = record_log_seek(first, 0);
    LogCursor two = record_log_seek(second, 0);
    const RecordBatch *x;
    const RecordBatch *y;
    while ((x = log_cursor_next(&one)) != NULL && (y = log_cursor_next(&two)) != NULL) {
        if (x->base_offset != y->base_offset || x->leader_epoch != y->leader_epoch ||
            x->ledger != y->ledger) {
            return false;
        }
    }
    return true;
}

/* The first logged event at or after `from` whose detail contains `detail`; false when there is
 * none. */
static inline bool small_find(const SmallCluster *self,
                              SimTime from,
                              const char *actor,
                              const char *what,
                              const char *detail,
                              LoggedEvent *ret_event)
{
    const EventLog *log = cluster_event_log(self->cluster);
    for (uint32_t id = 1; id <= event_log_count(log); id++) {
        if (event_log_get(log, id, ret_event) && ret_event->time >= from &&
            strcmp(ret_event->what, what) == 0 && strcmp(ret_event->actor, actor) == 0 &&
            strstr(ret_event->detail, detail) != NULL) {
            return true;
        }
    }
    return false;
}

static inline bool
small_said(const SmallCluster *self, const char *actor, const char *what, const char *detail)
{
    LoggedEvent event;
    return small_find(self, 0, actor, what, detail, &event);
}

/* For whoever debugs a test. */
static inline void small_print(const SmallCluster *self)
{
    const EventLog *log = cluster_event_log(self->cluster);
    for (uint32_t id = 1; id <= event_log_count(log); id++) {
        LoggedEvent event;
        if (event_log_get(log, id, &event)) {
            printf("%12.6f %-15s %-18s %s\n",
                   (double)event.time / 1e9,
                   event.actor,
                   event.what,
                   event.detail);
        }
    }
}

#endif
