/* two_replicas.h - the invariants and what they watch: one partition of a topic and one of
 * __transaction_state, two brokers, each of which holds what it is given. One group reads committed
 * records of the topic. */
#ifndef KAFKASIM_TESTS_MODELS_INVARIANTS_TWO_REPLICAS_H
#define KAFKASIM_TESTS_MODELS_INVARIANTS_TWO_REPLICAS_H
#include "models/invariants/invariants_state.h"
#include "models/log/log_options.h"
#include <check.h>

enum { TOPIC, STATE }; /* partitions */

typedef struct Fixture {
    Sim *sim;
    MetadataLog *metadata;
    Checks *checks;
    GPtrArray *brokers; /* none that could be asked */
    bool read_committed;
    LogOptions options;
    RecordLog logs[2];
    RecordLog states[2]; /* of __transaction_state */
    TxnRecords *transactions;
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
    (void)metadata_add_topic(self->metadata, "__transaction_state", 1, true, NULL);
    self->transactions = txn_records_new();
    self->checks = checks_new(self->sim->kernel, NULL);
    self->brokers = g_ptr_array_new();
    self->read_committed = true;
    for (int i = 0; i < 2; i++) {
        record_log_init(&self->logs[i]);
        self->logs[i].options = &self->options;
        record_log_init(&self->states[i]);
        self->states[i].options = &self->options;
    }
    const InvariantsContext context = {
        .sim = self->sim,
        .metadata = self->metadata,
        .checks = self->checks,
        .brokers = self->brokers,
        .groups = 1,
        .read_committed = &self->read_committed,
        .transactions = self->transactions,
    };
    self->invariants = invariants_new(&context);
    return self;
}

static inline void teardown(Fixture *self)
{
    invariants_free(self->invariants);
    for (int i = 0; i < 2; i++) {
        record_log_clear(&self->logs[i]);
        record_log_clear(&self->states[i]);
    }
    txn_records_free(self->transactions);
    g_ptr_array_free(self->brokers, TRUE);
    checks_free(self->checks);
    metadata_log_free(self->metadata);
    sim_free(self->sim);
    g_free(self);
}

static inline ReplicaView view_in(Fixture *self, int32_t partition, int log, int32_t epoch)
{
    static const ReplicaList alone[] = {{.ids = {1}, .count = 1}, {.ids = {2}, .count = 1}};
    const RecordLog *held = partition == STATE ? &self->states[log] : &self->logs[log];
    return (ReplicaView){
        .topic_id = self->topic_id,
        .partition = partition,
        .broker = log + 1,
        .leads = true,
        .leader_epoch = epoch,
        .high_watermark = held->log_end_offset,
        .log = held,
        .isr = &alone[log],
        .min_isr = 1,
    };
}

static inline ReplicaView view_of(Fixture *self, int log, int32_t epoch)
{
    return view_in(self, TOPIC, log, epoch);
}

/* All that the leader's log holds is committed. */
static inline void commit_in(Fixture *self, int32_t partition, int log, int32_t epoch)
{
    const ReplicaView view = view_in(self, partition, log, epoch);
    const ReplicaWatch *watch = invariants_replica_watch(self->invariants);
    watch->on_high_watermark(watch->owner, &view);
}

static inline void commit(Fixture *self, int log, int32_t epoch)
{
    commit_in(self, TOPIC, log, epoch);
}

static inline void elect_uncleanly_in(Fixture *self, int32_t partition, int log, int32_t epoch)
{
    invariants_partition(self->invariants, partition)->unclean_epoch = epoch;
    const ReplicaView view = view_in(self, partition, log, epoch);
    const ReplicaWatch *watch = invariants_replica_watch(self->invariants);
    watch->on_leads(watch->owner, &view);
}

static inline void elect_uncleanly(Fixture *self, int log, int32_t epoch)
{
    elect_uncleanly_in(self, TOPIC, log, epoch);
}

#endif
