/* test_replica_invariants.c - what a replica may cut, once committed records were given up,
 * and what it may acknowledge. One partition, two brokers; each holds what it is given here. */
#include "tests/models/invariants/two_replicas.h"
#include "tests/run_suite.h"

/* So many records, one by one. */
static void append(Fixture *self, int log, int32_t epoch, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        RecordBatch batch = {.producer_id = NO_PRODUCER_ID, .count = 1, .bytes = 100};
        (void)record_log_append_as_leader(&self->logs[log], &batch, epoch);
    }
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

/* Broker 2 dies with one record that only it has. Broker 1, elected uncleanly, commits `count` of
 * its own and dies; broker 2 comes back, elected uncleanly too. */
static Fixture *after_a_dead_one_came_back(int32_t count, bool holds_the_first)
{
    Fixture *self = setup();
    append(self, 1, holds_the_first ? 1 : 0, 1);
    elect_uncleanly(self, 0, 1);
    append(self, 0, 1, count);
    commit(self, 0, 1);
    append(self, 0, 1, 1);
    commit(self, 0, 1); /* makes room first */
    elect_uncleanly(self, 1, 3);
    append(self, 1, 3, 9);
    commit(self, 1, 3);
    return self;
}

/* What was committed at offset 0 was forgotten meanwhile. */
START_TEST(what_a_dead_replica_was_never_compared_with_may_be_cut)
{
    Fixture *self = after_a_dead_one_came_back(_i == 0 ? 255 : 256, false);
    ck_assert_int_eq(invariants_partition(self->invariants, 0)->committed.end_offset, 10);
    follow_and_truncate(self, 0, 3, 0);
    ck_assert_uint_eq(checks_failures(self->checks), 0);
    teardown(self);
}
END_TEST

START_TEST(what_a_dead_replica_was_compared_with_may_not_be_cut)
{
    Fixture *self = after_a_dead_one_came_back(100, true);
    follow_and_truncate(self, 0, 3, 0);
    ck_assert_uint_eq(checks_failures(self->checks), 1);
    teardown(self);
}
END_TEST

/* Broker 1 comes to agree again with what is remembered. */
START_TEST(what_is_copied_again_may_not_be_cut)
{
    Fixture *self = after_a_dead_one_came_back(256, false);
    follow_and_truncate(self, 0, 3, 0);
    append(self, 0, 0, 1);
    append(self, 0, 3, 9);
    ReplicaView view = view_of(self, 0, 3);
    view.leads = false;
    const ReplicaWatch *watch = invariants_replica_watch(self->invariants);
    watch->on_high_watermark(watch->owner, &view);
    ck_assert_uint_eq(checks_failures(self->checks), 0);
    follow_and_truncate(self, 0, 3, 0);
    ck_assert_uint_eq(checks_failures(self->checks), 1);
    teardown(self);
}
END_TEST

/* With ELR: broker 1 leads ten records that both hold, then broker 2's disk loses them. */
static Fixture *after_a_disk_was_lost(void)
{
    Fixture *self = setup();
    self->invariants->one_loss_is_enough = false;
    append(self, 0, 1, 10);
    commit(self, 0, 1);
    invariants_replica(invariants_partition(self->invariants, 0), 2)->lost_until = 10;
    return self;
}

static uint32_t lead(Fixture *self, int log, int32_t epoch)
{
    const ReplicaView view = view_of(self, log, epoch);
    const ReplicaWatch *watch = invariants_replica_watch(self->invariants);
    watch->on_leads(watch->owner, &view);
    return checks_failures(self->checks);
}

/* It registered after an unclean stop, and was struck off ISR and ELR: KIP-966. */
START_TEST(who_lost_its_disk_is_not_elected_cleanly)
{
    Fixture *self = after_a_disk_was_lost();
    ck_assert_uint_eq(lead(self, 1, 2), 1);
    teardown(self);
}
END_TEST

START_TEST(the_last_known_leader_may_lack_what_its_own_disk_lost)
{
    Fixture *self = after_a_disk_was_lost();
    invariants_partition(self->invariants, 0)->last_known_epoch = 2;
    ck_assert_uint_eq(lead(self, 1, 2), 0);
    ck_assert_int_eq(invariants_lost(self->invariants), 10);
    teardown(self);
}
END_TEST

START_TEST(the_last_known_leader_may_lack_nothing_else)
{
    Fixture *self = after_a_disk_was_lost();
    invariants_partition(self->invariants, 0)->last_known_epoch = 2;
    invariants_replica(invariants_partition(self->invariants, 0), 2)->lost_until = 0;
    ck_assert_uint_eq(lead(self, 1, 2), 1);
    teardown(self);
}
END_TEST

/* It does not know the number of replicas, and takes itself for the only one. */
START_TEST(min_isr_is_what_leaders_go_by)
{
    Fixture *self = setup();
    append(self, 0, 1, 10);
    ReplicaView view = view_of(self, 0, 1);
    const ReplicaList both = {.ids = {1, 2}, .count = 2};
    view.isr = &both;
    view.min_isr = 2;
    append(self, 1, 1, 10);
    const ReplicaWatch *watch = invariants_replica_watch(self->invariants);
    watch->on_leads(watch->owner, &view);
    ReplicaView follower = view_of(self, 1, 1);
    follower.leads = false;
    watch->on_high_watermark(watch->owner, &follower);
    ck_assert_int_eq(invariants_partition(self->invariants, 0)->min_isr, 2);
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
    self->topic_id = metadata_append_partition(self->metadata, 0, &created);
    const ReplicaWatch *watch = invariants_replica_watch(self->invariants);
    watch->on_metadata(watch->owner, metadata_end_offset(self->metadata));
    append(self, 0, 1, 24);
    commit(self, 0, 1);
    ck_assert_uint_eq(acked(self, 24), 0);
    if (_i == 0) {
        (void)metadata_append_remove_topic(self->metadata, 0);
        watch->on_metadata(watch->owner, metadata_end_offset(self->metadata));
    }
    ck_assert_uint_eq(acked(self, 25), (uint32_t)_i);
    teardown(self);
}
END_TEST

/* Broker 2 has all of the 24 records but number 9. */
START_TEST(a_copy_may_lack_what_was_cleaned_only)
{
    Fixture *self = setup();
    append(self, 0, 1, 24);
    commit(self, 0, 1);
    for (int32_t i = 0; i < 24; i++) {
        if (i != 9) {
            (void)record_log_append_as_follower(&self->logs[1], record_log_at(&self->logs[0], i));
        }
    }
    const ReplicaView leader = view_of(self, 0, 1);
    const ReplicaWatch *watch = invariants_replica_watch(self->invariants);
    watch->on_cleaned(watch->owner, &leader, _i == 0 ? 10 : 9);
    ReplicaView view = view_of(self, 1, 1);
    view.leads = false;
    watch->on_high_watermark(watch->owner, &view);
    ck_assert_uint_eq(checks_failures(self->checks), (uint32_t)_i);
    teardown(self);
}
END_TEST

/* A leader without the records 10..14. */
START_TEST(only_a_cleaned_hole_may_be_cut)
{
    Fixture *self = setup();
    RecordLog *log = &self->logs[0];
    append(self, 0, 1, 24);
    for (int32_t i = 0; i < 24; i++) {
        if (i < 10 || i > 14) {
            (void)record_log_append_as_follower(&self->logs[1], record_log_at(log, i));
        }
    }
    PartitionProof *proof = invariants_partition(self->invariants, 0);
    proof->cleaned_to = 15;
    ck_assert(invariants_is_cleaned_away(proof, &self->logs[1], 10, 15));
    ck_assert(!invariants_is_cleaned_away(proof, &self->logs[1], 9, 15));
    ck_assert(!invariants_is_cleaned_away(proof, &self->logs[1], 10, 16));
    ck_assert(!invariants_is_cleaned_away(proof, log, 10, 15)); /* it has them */
    proof->cleaned_to = 14;
    ck_assert(!invariants_is_cleaned_away(proof, &self->logs[1], 10, 15));
    teardown(self);
}
END_TEST

/* Six of the first ten records were cleaned away where they were copied from. */
START_TEST(a_merged_copy_of_a_cleaned_log_has_gaps_to_the_end_of_what_is_merged)
{
    Fixture *self = setup();
    self->options = log_options_default; /* one segment */
    append(self, 0, 1, 24);
    const RecordBatch cleaned = {
        .producer_id = NO_PRODUCER_ID, .count = 10, .survivors = 4, .bytes = 400, .merged = true};
    (void)record_log_append_as_follower(&self->logs[1], &cleaned);
    for (int32_t i = 10; i < 24; i++) {
        (void)record_log_append_as_follower(&self->logs[1], record_log_at(&self->logs[0], i));
    }
    ck_assert_int_eq(committed_log_gaps_to(&self->logs[1], 10), 10);
    record_log_coalesce(&self->logs[0], 20);
    record_log_coalesce(&self->logs[1], 20);
    ck_assert_int_eq(committed_log_gaps_to(&self->logs[0], 10), 10); /* it lacks nothing */
    ck_assert_int_eq(committed_log_gaps_to(&self->logs[1], 10), 20);
    ck_assert_int_eq(committed_log_gaps_to(&self->logs[1], 0), 0);
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
    tcase_add_loop_test(tcase, what_a_dead_replica_was_never_compared_with_may_be_cut, 0, 2);
    tcase_add_test(tcase, what_a_dead_replica_was_compared_with_may_not_be_cut);
    tcase_add_test(tcase, what_is_copied_again_may_not_be_cut);
    tcase_add_loop_test(tcase, what_is_acknowledged_is_committed_while_there_is_a_topic, 0, 2);
    tcase_add_test(tcase, who_lost_its_disk_is_not_elected_cleanly);
    tcase_add_test(tcase, the_last_known_leader_may_lack_what_its_own_disk_lost);
    tcase_add_test(tcase, the_last_known_leader_may_lack_nothing_else);
    tcase_add_loop_test(tcase, a_copy_may_lack_what_was_cleaned_only, 0, 2);
    tcase_add_test(tcase, only_a_cleaned_hole_may_be_cut);
    tcase_add_test(tcase, a_merged_copy_of_a_cleaned_log_has_gaps_to_the_end_of_what_is_merged);
    tcase_add_test(tcase, min_isr_is_what_leaders_go_by);
    return run_suite(suite);
}
