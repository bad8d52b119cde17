/* one_group.h - the invariants of a group of two members that read one partition, and the offsets
 * topic that it commits to. */
#ifndef KAFKASIM_TESTS_MODELS_INVARIANTS_ONE_GROUP_H
#define KAFKASIM_TESTS_MODELS_INVARIANTS_ONE_GROUP_H
#include "models/group/records.h"
#include "models/invariants/invariants_state.h"
#include <check.h>

/* Of a topic that the metadata do not know. */
static const TopicIdPartition partition_0 = {NO_TOPIC_ID, 0};
static const GroupReader reader = {0, 0};
static const GroupReader other_reader = {0, 1};

typedef struct Fixture {
    Sim *sim;
    MetadataLog *metadata;
    Checks *checks;
    GPtrArray *brokers; /* none */
    CoordinatorRecords *records;
    Invariants *invariants;
} Fixture;

static inline Fixture setup(void)
{
    Fixture self = {.sim = sim_new(1, NULL), .metadata = metadata_log_new()};
    (void)metadata_add_topic(self.metadata, "t", 2, false, NULL);
    self.checks = checks_new(self.sim->kernel, NULL);
    self.records = coordinator_records_new();
    self.brokers = g_ptr_array_new();
    static const char *const ids[] = {"g"};
    const InvariantsContext context = {
        .sim = self.sim,
        .metadata = self.metadata,
        .checks = self.checks,
        .brokers = self.brokers,
        .groups = 1,
        .group_ids = ids,
        .records = self.records,
    };
    self.invariants = invariants_new(&context);
    return self;
}

static inline void teardown(Fixture *self)
{
    invariants_free(self->invariants);
    coordinator_records_free(self->records);
    g_ptr_array_free(self->brokers, TRUE);
    checks_free(self->checks);
    metadata_log_free(self->metadata);
    sim_free(self->sim);
}

static inline void is_sent_by(Fixture *self, GroupReader sender, int64_t offset)
{
    invariants_on_commit(self->invariants, sender, 0, offset);
    invariants_on_commit_sent(self->invariants, sender, 0, offset);
}

static inline void is_sent(Fixture *self, int64_t offset)
{
    is_sent_by(self, reader, offset);
}

/* The offsets topic commits it; how many violations there are then. */
static inline uint32_t committed(Fixture *self, int64_t offset)
{
    const OffsetEntry entry = {.partition = 0, .offset = offset, .leader_epoch = -1};
    const RecordBatch batch = {.payload = coordinator_records_begin(self->records), .count = 1};
    (void)coordinator_records_add_offsets(self->records, batch.payload, "g", &entry, 1);
    invariants_on_coordinator_batch(self->invariants, &batch);
    return checks_failures(self->checks);
}

#endif
