/* whole_cluster.h - whole clusters for tests: what they are made of, what happens to them and when,
 * and when something was logged. A test file says only what is special about its own. */
#ifndef KAFKASIM_TESTS_MODELS_SUPPORT_WHOLE_CLUSTER_H
#define KAFKASIM_TESTS_MODELS_SUPPORT_WHOLE_CLUSTER_H
#include "models/world/cluster.h"
#include <check.h>
#include <string.h>

typedef struct WholeCluster {
    ClusterSpec *spec;
    Cluster *cluster;
    const ClusterReport *report;
} WholeCluster;

/* Brokers 1.., controllers 101.. Topics are there when the test says so. */
static inline ClusterSpec *
whole_spec(int32_t brokers, int32_t controllers, uint64_t seed, SimTime duration)
{
    ClusterSpec *spec = cluster_spec_new();
    g_free(spec->name);
    spec->name = g_strdup("test");
    spec->seed = seed;
    spec->duration = duration;
    (void)kafka_config_set(spec->config, "auto.create.topics.enable", "false");
    for (int32_t id = 101; id <= 100 + controllers; id++) {
        g_ptr_array_add(spec->controllers, controller_spec_new(id, SPEC_NONE, spec));
    }
    for (int32_t id = 1; id <= brokers; id++) {
        g_ptr_array_add(spec->brokers, broker_spec_new(id, SPEC_NONE, spec));
    }
    return spec;
}

/* With min ISR 2 where there are more than two replicas. */
static inline TopicSpec *
whole_topic(ClusterSpec *spec, const char *name, int32_t partitions, int32_t replicas)
{
    TopicSpec *topic = topic_spec_new(name, partitions, replicas);
    ck_assert(kafka_config_set(topic->config, "min.insync.replicas", replicas > 2 ? "2" : "1"));
    g_ptr_array_add(spec->topics, topic);
    return topic;
}

/* The replicas of the next partition. */
static inline void whole_assign(TopicSpec *topic, int32_t count, const int32_t *ids)
{
    if (topic->assignment == NULL) {
        topic->assignment = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    }
    GArray *replicas = g_array_new(FALSE, FALSE, sizeof(int32_t));
    g_array_append_vals(replicas, ids, (guint)count);
    g_ptr_array_add(topic->assignment, replicas);
}

/* Partition 0 on 1 2 3 .., 1 on 2 3 .. 1, and so on: brokers 1, 2, 3 .. lead in turn. */
static inline void whole_assign_in_turn(TopicSpec *topic, int32_t partitions, int32_t replicas)
{
    for (int32_t p = 0; p < partitions; p++) {
        int32_t ids[16];
        ck_assert_int_le(replicas, (int)G_N_ELEMENTS(ids));
        for (int32_t k = 0; k < replicas; k++) {
            ids[k] = (p + k) % replicas + 1;
        }
        whole_assign(topic, replicas, ids);
    }
}

/* A producer of the first topic: so many records/s of 192 bytes to its partitions in turn. */
static inline ProducerSpec *
whole_load(ClusterSpec *spec, int64_t rate_per_sec, const char *acks, SimTime stop)
{
    ProducerSpec *producer = producer_spec_new("load", 0);
    producer->rate_milli = rate_per_sec * 1000;
    producer->choice = PARTITION_CYCLE;
    producer->value_bytes = distribution_constant(192);
    producer->stop = stop;
    ck_assert(kafka_config_set(producer->config, "acks", acks));
    g_ptr_array_add(spec->producers, producer);
    return producer;
}

static inline FaultSpec *
whole_fault(ClusterSpec *spec, FaultVerb verb, SimTime at, TargetKind target, int32_t index)
{
    FaultSpec *fault = fault_spec_new(verb, at);
    fault->target = target;
    fault->index = index;
    g_ptr_array_add(spec->faults, fault);
    return fault;
}

/* The end of what `fault` did. */
static inline void whole_heal(ClusterSpec *spec, FaultSpec *fault, SimTime at)
{
    FaultSpec *heal = whole_fault(spec, fault->verb, at, fault->target, fault->index);
    heal->log_dir = fault->log_dir;
    heal->ends = true;
    heal->undoes = fault;
}

/* To the end of its time, with every invariant unbroken. Takes `spec`. */
static inline WholeCluster whole_run(ClusterSpec *spec)
{
    cluster_spec_sort_faults(spec);
    WholeCluster self = {.spec = spec, .cluster = cluster_new(spec)};
    KernelStop stop = cluster_run(self.cluster, spec->duration);
    ck_assert_msg(stop == KERNEL_UNTIL, "stopped with %d", (int)stop);
    self.report = cluster_report(self.cluster);
    const CheckFailure *failure = checks_failure(cluster_checks(self.cluster), 0);
    ck_assert_msg(
        failure == NULL, "%s: %s", failure ? failure->name : "", failure ? failure->detail : "");
    return self;
}

static inline void whole_end(WholeCluster *self)
{
    cluster_free(self->cluster);
    cluster_spec_free(self->spec);
}

/* The next such event after event `id` at or after `from`, of an actor whose name begins so and
 * with `detail` in its text; 0 when there is none. */
static inline uint32_t whole_next(const WholeCluster *self,
                                  uint32_t id,
                                  SimTime from,
                                  const char *actor,
                                  const char *what,
                                  const char *detail)
{
    const EventLog *log = cluster_event_log(self->cluster);
    LoggedEvent event;
    for (id++; id <= event_log_count(log); id++) {
        if (event_log_get(log, id, &event) && event.time >= from && strcmp(event.what, what) == 0 &&
            g_str_has_prefix(event.actor, actor) && strstr(event.detail, detail) != NULL) {
            return id;
        }
    }
    return 0;
}

static inline SimTime whole_time(const WholeCluster *self, uint32_t id)
{
    LoggedEvent event;
    return id > 0 && event_log_get(cluster_event_log(self->cluster), id, &event) ? event.time : -1;
}

/* When the first of them was logged; -1 never. */
static inline SimTime whole_when(
    const WholeCluster *self, SimTime from, const char *actor, const char *what, const char *detail)
{
    return whole_time(self, whole_next(self, 0, from, actor, what, detail));
}

/* When the last of them was logged; -1 never. */
static inline SimTime whole_last(
    const WholeCluster *self, SimTime from, const char *actor, const char *what, const char *detail)
{
    uint32_t last = 0;
    uint32_t id = 0;
    while ((id = whole_next(self, id, from, actor, what, detail)) != 0) {
        last = id;
    }
    return whole_time(self, last);
}

static inline bool whole_said(const WholeCluster *self, const char *what, const char *detail)
{
    return whole_next(self, 0, 0, "", what, detail) != 0;
}

#endif
