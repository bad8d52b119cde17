/* test_replica_invariants.c - what a replica may cut, once committed records were given up,
 * and what it may acknowledge. One partition, two brokers; each holds what it is given here. */
#include "models/invariants/invariants_state.h"
#include "models/log/log_options.h"
#include "tests/run_suite.h"
#include <check.h>

typedef struct Fixture {
    Sim *sim;
    MetadataLog *metadata;
    Checks *checks;
    GPtrArray *brokers; /* none that could be asked */
    LogOptions options;
    RecordLog logs[2];
    Invariants *invariants;
} Fixture;

static Fixture *setup(void)
{
    Fixture *self = g_new0(Fixture, 1);
    self->sim = sim_new(1, NULL);
    self->metadata = metadata_log_new();
    (void)metadata_add_topic(self->metadata, "t", 1, false, NULL);
    self->checks = checks_new(self->sim->kernel, NULL);
    self->brokers = g_ptr_array_new();
    for (int i = 0; i < 2; i++) {
        record_log_init(&self->logs[i]);
        self->logs[i].options = &self->options;
    }
    const InvariantsContext context = {
        .sim = self->sim,
        .metadata = self->metadata,
        .checks = self->checks,
        .brokers = self->brokers,
    };
    self->invariants = invariants_new(&context);
    return self;
}

static void teardown(Fixture *self)
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

/* So many records, one by one. */
static void append(Fixture *self, int log, int32_t epoch, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        RecordBatch batch = {.producer_id = NO_PRODUCER_ID, .count = 1, .bytes = 100};
        (void)record_log_append_as_leader(&self->logs[log], &batch, epoch);
    }
}

static ReplicaView view_of(Fixture *self, int log, int32_t epoch)
{
    static const ReplicaList alone[] = {{.ids = {1}, .count = 1}, {.ids = {2}, .count = 1}};
    return (ReplicaView){
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
static void commit(Fixture *self, int log, int32_t epoch)
{
    const ReplicaView view = view_of(self, log, epoch);
    const ReplicaWatch *watch = invariants_replica_watch(self->invariants);
    watch->on_high_watermark(watch->owner, &view);
}

static void elect_uncleanly(Fixture *self, int log, int32_t epoch)
{
    invariants_partition(self->invariants, 0)->unclean_epoch = epoch;
    const ReplicaView view = view_of(self, log, epoch);
    const ReplicaWatch *watch = invariants_replica_watch(self->invariants);
    watch->on_leads(watch->owner, &view);
}

static void follow_and_truncate(Fixture *self, int log, int32_t epoch, int64_t offset)
{
    (void)record_log_truncate(&self->logs[log], offset);
    ReplicaView view = view_of(self, log, epoch);
    view.leads = false;
    const ReplicaWatch *watch = invariants_replica_watch(self->invariants);
    watch->on_truncated(watch->owner, &view);
}

/* Broker 1 has 24 records, broker 2 the first 15 of them. It is elected uncleanly, writes 9 of its
 * own and dies; broker 1 comes back. */
static Fixture *after_two_unclean_elections(bool cleaned)
{
    Fixture *self = setup();
    append(self, 0, 1, 24);
    append(self, 1, 1, 15);
    commit(self, 0, 1);
    elect_uncleanly(self, 1, 3);
    ck_assert_int_eq(invariants_lost(self->invariants), 9);
    append(self, 1, 3, 9);
    commit(self, 1, 3);
    if (cleaned) {
        record_log_coalesce(&self->logs[0], 20);
        ck_assert_int_ge(record_log_fine_offset(&self->logs[0]), 20);
    }
    elect_uncleanly(self, 0, 4);
    return self;
}

/* Old batches that are merged have no identity, but an epoch. */
START_TEST(what_came_back_from_an_older_epoch_is_another_history)
{
    Fixture *self = after_two_unclean_elections(_i == 1);
    ck_assert_int_eq(invariants_lost(self->invariants), 9 + 9);
    follow_and_truncate(self, 1, 4, 15);
    ck_assert_uint_eq(checks_failures(self->checks), 0);
    teardown(self);
}
END_TEST

/* Below the place where the histories part. */
START_TEST(what_both_histories_hold_may_not_be_cut)
{
    Fixture *self = after_two_unclean_elections(_i == 1);
    follow_and_truncate(self, 1, 4, 14);
    ck_assert_uint_eq(checks_failures(self->checks), 1);
    teardown(self);
}
END_TEST

/* Broker 1 says that everything below `required` is acknowledged. */
static uint32_t acked(Fixture *self, int64_t required)
{
    const ReplicaView view = view_of(self, 0, 1);
    const ReplicaWatch *watch = invariants_replica_watch(self->invariants);
    watch->on_acked(watch->owner, &view, required);
    return checks_failures(self->checks);
}

/* Whoever leads a deleted partition and has not heard of it goes on for a while. */
START_TEST(what_is_acknowledged_is_committed_while_there_is_a_topic)
{
    Fixture *self = setup();
    const PartitionRegistration created = {
        .replicas = {.ids = {1, 2}, .count = 2},
        .isr = {.ids = {1, 2}, .count = 2},
        .leader = 1,
    };
    (void)metadata_append_partition(self->metadata, 0, &created);
    append(self, 0, 1, 24);
    commit(self, 0, 1);
    ck_assert_uint_eq(acked(self, 24), 0);
    const ReplicaWatch *watch = invariants_replica_watch(self->invariants);
    if (_i == 0) {
        (void)metadata_append_remove_topic(self->metadata, 0);
        watch->on_metadata(watch->owner, metadata_end_offset(self->metadata));
    }
    ck_assert_uint_eq(acked(self, 25), (uint32_t)_i);
    teardown(self);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("replica invariants");
    TCase *tcase = tcase_create("replica invariants");
    suite_add_tcase(suite, tcase);
    tcase_add_loop_test(tcase, what_came_back_from_an_older_epoch_is_another_history, 0, 2);
    tcase_add_loop_test(tcase, what_both_histories_hold_may_not_be_cut, 0, 2);
    tcase_add_loop_test(tcase, what_is_acknowledged_is_committed_while_there_is_a_topic, 0, 2);
    return run_suite(suite);
}
