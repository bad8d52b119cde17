/* two_replicas.h - the invariants and what they watch: one partition, two brokers, each of which
 * holds what it is given. One group reads committed records of it. */
#ifndef KAFKASIM_TESTS_MODELS_INVARIANTS_TWO_REPLICAS_H
#define KAFKASIM_TESTS_MODELS_INVARIANTS_TWO_REPLICAS_H
#include "models/invariants/invariants_state.h"
#include "models/log/log_options.h"
#include <check.h>

typedef struct Fixture {
    Sim *sim;
    MetadataLog *metadata;
    Checks *checks;
    GPtrArray *brokers; /* none that could be asked */
    bool read_committed;
    LogOptions options;
    RecordLog logs[2];
    Invariants *invariants;
    int64_t topic_id; /* of partition 0 */
} Fixture;

static inline Fixture *setup(void)
{
    Fixture *self = g_new0(Fixture, 1);
    self->topic_id = NO_TOPIC_ID;
    self->sim = sim_new(1, NULL);
    self->metadata = metadata_log_new();
    (void)metadata_add_topic(self->metadata, "t", 1, false, NULL);
    self->checks = checks_new(self->sim->kernel, NULL);
    self->brokers = g_ptr_array_new();
    self->read_committed = true;
    for (int i = 0; i < 2; i++) {
        record_log_init(&self->logs[i]);
        self->logs[i].options = &self->options;
    }
    const InvariantsContext context = {
        .sim = self->sim,
        .metadata = self->metadata,
        .checks = self->checks,
        .brokers = self->brokers,
        .groups = 1,
        .read_committed = &self->read_committed,
    };
    self->invariants = invariants_new(&context);
    return self;
}

static inline void teardown(Fixture *self)
{
    invariants_free(self->invariants);
    record_log_clear(&self->logs[0]);
    record_log_clear(&self->logs[1]);
    g_ptr_array_free(self->brokers, TRUE);
    checks_free(self->checks);
    metadata_log_free(self->metadata);
    sim_free(self->sim);
    g_free(self);
}

static inline ReplicaView view_of(Fixture *self, int log, int32_t epoch)
{
    static const ReplicaList alone[] = {{.ids = {1}, .count = 1}, {.ids = {2}, .count = 1}};
    return (ReplicaView){
        .topic_id = self->topic_id,
        .broker = log + 1,
        .leads = true,
        .leader_epoch = epoch,
        .high_watermark = self->logs[log].log_end_offset,
        .log = &self->logs[log],
        .isr = &alone[log],
        .min_isr = 1,
    };
}

/* All that the leader's log holds is committed. */
static inline void commit(Fixture *self, int log, int32_t epoch)
{
    const ReplicaView view = view_of(self, log, epoch);
    const ReplicaWatch *watch = invariants_replica_watch(self->invariants);
    watch->on_high_watermark(watch->owner, &view);
}

static inline void elect_uncleanly(Fixture *self, int log, int32_t epoch)
{
    invariants_partition(self->invariants, 0)->unclean_epoch = epoch;
    const ReplicaView view = view_of(self, log, epoch);
    const ReplicaWatch *watch = invariants_replica_watch(self->invariants);
    watch->on_leads(watch->owner, &view);
}

#endif
