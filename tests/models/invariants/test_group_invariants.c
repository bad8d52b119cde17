/* test_group_invariants.c - what "one owner" and "offsets never go back" forbid, and what they let
 * pass. */
#include "tests/models/invariants/one_group.h"
#include "tests/run_suite.h"

static void owns(Fixture *self, int32_t member, int32_t generation, int32_t partition)
{
    invariants_on_owned(self->invariants, 0, member, generation, &partition, 1);
}

START_TEST(two_owners_in_one_generation_are_a_violation)
{
    Fixture self = setup();
    owns(&self, 0, 1, 0);
    owns(&self, 1, 1, 1);
    ck_assert_int_eq(checks_failures(self.checks), 0);
    owns(&self, 1, 1, 0);
    ck_assert_int_eq(checks_failures(self.checks), 1);
    teardown(&self);
}
END_TEST

START_TEST(who_knows_an_older_generation_only_is_no_second_owner)
{
    Fixture self = setup();
    owns(&self, 0, 1, 0);
    owns(&self, 1, 2, 0);
    owns(&self, 0, 1, 0);
    ck_assert_int_eq(checks_failures(self.checks), 0);
    owns(&self, 0, 2, 0);
    ck_assert_int_eq(checks_failures(self.checks), 1);
    teardown(&self);
}
END_TEST

START_TEST(a_member_of_the_group_that_ended_is_no_owner_in_the_next)
{
    Fixture self = setup();
    owns(&self, 0, 1, 0);
    invariants_forget_generations(self.invariants, 0);
    owns(&self, 1, 1, 0);
    owns(&self, 0, 1, 0);
    ck_assert_int_eq(checks_failures(self.checks), 0);
    teardown(&self);
}
END_TEST

START_TEST(once_it_has_joined_the_next_it_is_one)
{
    Fixture self = setup();
    owns(&self, 0, 1, 0);
    invariants_forget_generations(self.invariants, 0);
    owns(&self, 1, 1, 0);
    invariants_on_owned(self.invariants, 0, 0, -1, NULL, 0); /* it joins */
    owns(&self, 0, 1, 0);
    ck_assert_int_eq(checks_failures(self.checks), 1);
    teardown(&self);
}
END_TEST

/* The coordinator dies before it has stored generation 5; its successor knows of 4, puts member 0
 * out and makes another 5. */
START_TEST(a_generation_may_come_again_once_its_owner_was_put_out)
{
    Fixture self = setup();
    owns(&self, 0, 5, 0);
    const int32_t held = 0;
    if (_i < 2) { /* the second still reads */
        invariants_on_owned(self.invariants, 0, 0, -1, &held, _i);
    }
    owns(&self, 1, 5, 0);
    ck_assert_int_eq(checks_failures(self.checks), _i == 0 ? 0 : 1);
    teardown(&self);
}
END_TEST

static void joins(Fixture *self, int32_t member, const char *instance)
{
    invariants_on_instance(self->invariants, 0, member, instance);
    invariants_on_owned(self->invariants, 0, member, -1, NULL, 0);
}

START_TEST(a_static_member_takes_over_from_one_that_has_not_heard_of_it)
{
    Fixture self = setup();
    joins(&self, 0, "i0");
    owns(&self, 0, 3, 0);
    joins(&self, 1, "i0");
    owns(&self, 1, 3, 0); /* the same generation: no rebalance */
    owns(&self, 0, 3, 0); /* reads on */
    owns(&self, 1, 3, 0);
    ck_assert_int_eq(checks_failures(self.checks), 0);
    owns(&self, 1, 4, 0);
    owns(&self, 0, 4, 0); /* nobody can have told it of this one */
    ck_assert_int_eq(checks_failures(self.checks), 1);
    teardown(&self);
}
END_TEST

START_TEST(another_instance_is_no_successor)
{
    Fixture self = setup();
    joins(&self, 0, "i0");
    owns(&self, 0, 3, 0);
    joins(&self, 1, "i1");
    owns(&self, 1, 3, 0);
    ck_assert_int_eq(checks_failures(self.checks), 1);
    teardown(&self);
}
END_TEST

/* ---- offsets never go back */

START_TEST(a_lower_offset_after_a_higher_one_is_a_violation)
{
    Fixture self = setup();
    is_sent(&self, 10);
    is_sent(&self, 20);
    ck_assert_uint_eq(committed(&self, 20), 0);
    ck_assert_uint_eq(committed(&self, 10), 1);
    teardown(&self);
}
END_TEST

/* Auto commits do not wait for each other: 10 and 20 are on a connection that the member closes
 * when the first is refused, 30 goes by the next one and is served first. */
START_TEST(what_was_left_on_a_connection_may_come_late)
{
    Fixture self = setup();
    is_sent(&self, 10);
    is_sent(&self, 20);
    invariants_on_commit_unanswered(self.invariants, 0);
    is_sent(&self, 30);
    ck_assert_uint_eq(committed(&self, 30), 0);
    ck_assert_uint_eq(committed(&self, 20), 0);
    teardown(&self);
}
END_TEST

START_TEST(what_was_sent_later_may_not)
{
    Fixture self = setup();
    is_sent(&self, 10);
    invariants_on_commit_unanswered(self.invariants, 0);
    is_sent(&self, 20);
    is_sent(&self, 30);
    ck_assert_uint_eq(committed(&self, 30), 0);
    ck_assert_uint_eq(committed(&self, 20), 1);
    teardown(&self);
}
END_TEST

/* 123 waits for the ISR of the offsets topic while its member is told that the log ends at 0. */
START_TEST(what_was_sent_before_a_reset_may_come_after_it)
{
    Fixture self = setup();
    is_sent(&self, 123);
    invariants_on_reset(self.invariants, reader, 0, 0);
    ck_assert_uint_eq(committed(&self, 123), 0);
    is_sent(&self, 60);
    is_sent(&self, 56);
    ck_assert_uint_eq(committed(&self, 60), 0);
    ck_assert_uint_eq(committed(&self, 56), 1); /* once */
    teardown(&self);
}
END_TEST

/* The application commits after every tenth record, of whichever partition: the last of one were
 * handed to it before that partition's topic was created again, and count when others follow. */
START_TEST(what_was_handed_out_before_a_reset_may_be_committed_after_it)
{
    Fixture self = setup();
    invariants_on_handed(self.invariants, reader, partition_0, 0, 19, 0);
    is_sent(&self, 18);
    ck_assert_uint_eq(committed(&self, 18), 0);
    invariants_on_reset(self.invariants, reader, 0, 0);
    is_sent(&self, 20);
    ck_assert_uint_eq(committed(&self, 20), 0);
    is_sent(&self, 8);
    ck_assert_uint_eq(committed(&self, 8), 0);
    is_sent(&self, 7);
    ck_assert_uint_eq(committed(&self, 7), 1); /* once */
    teardown(&self);
}
END_TEST

/* ---- nothing skipped */

/* 20 are handed out and committed; a loss, and the member is sent back to 10. */
static Fixture sent_back_by_a_loss(void)
{
    Fixture self = setup();
    PartitionProof *proof = invariants_partition(self.invariants, 0);
    invariants_on_handed(self.invariants, reader, partition_0, 0, 19, 0);
    is_sent(&self, 20);
    invariants_excuse(self.invariants, proof);
    invariants_on_reset(self.invariants, reader, 0, 10);
    return self;
}

START_TEST(who_is_sent_back_by_a_loss_reads_on_from_there)
{
    Fixture self = sent_back_by_a_loss();
    invariants_on_handed(self.invariants, reader, partition_0, 10, 24, 1);
    is_sent(&self, 25);
    ck_assert_uint_eq(checks_failures(self.checks), 0);
    teardown(&self);
}
END_TEST

/* The log has kept what stands below the old place. */
START_TEST(who_goes_on_at_the_old_place_skips_what_is_there)
{
    Fixture self = sent_back_by_a_loss();
    if (_i == 0) {
        invariants_on_handed(self.invariants, reader, partition_0, 20, 24, 1);
    } else {
        is_sent(&self, 20);
        ck_assert_uint_eq(checks_failures(self.checks), 0); /* it may be refused */
        (void)committed(&self, 20);
    }
    ck_assert_uint_eq(checks_failures(self.checks), 1);
    teardown(&self);
}
END_TEST

/* What the next member begins at is what a coordinator accepted, not what was sent to it. */
START_TEST(what_was_sent_and_not_accepted_is_no_place_to_begin_at)
{
    Fixture self = setup();
    PartitionProof *proof = invariants_partition(self.invariants, 0);
    invariants_on_handed(self.invariants, reader, partition_0, 0, 19, 0);
    is_sent(&self, 10);
    ck_assert_uint_eq(committed(&self, 10), 0);
    is_sent(&self, 20);
    ck_assert_int_eq(invariants_old_place(self.invariants, reader, 0), -1); /* nothing is lost */
    invariants_excuse(self.invariants, proof);
    invariants_on_reset(self.invariants, reader, 0, 10);
    ck_assert_int_eq(invariants_old_place(self.invariants, reader, 0), 10);
    ck_assert_uint_eq(committed(&self, 20), 0); /* late, and of the old history all the same */
    ck_assert_int_eq(invariants_old_place(self.invariants, reader, 0), 20);
    teardown(&self);
}
END_TEST

/* commitSync() goes on asking for what it was called with: its coordinator was away when the member
 * was told of the loss. */
START_TEST(what_was_decided_before_a_loss_may_be_sent_after_it)
{
    Fixture self = setup();
    PartitionProof *proof = invariants_partition(self.invariants, 0);
    invariants_on_handed(self.invariants, reader, partition_0, 0, 19, 0);
    invariants_on_commit(self.invariants, reader, 0, 20);
    if (_i == 1) {
        invariants_on_commit_sent(self.invariants, reader, 0, 20);
    }
    invariants_excuse(self.invariants, proof);
    invariants_on_reset(self.invariants, reader, 0, 10);
    invariants_on_commit_sent(self.invariants, reader, 0, 20);
    ck_assert_uint_eq(committed(&self, 20), 0);
    ck_assert_int_eq(invariants_old_place(self.invariants, reader, 0), 20);
    invariants_on_handed(self.invariants, reader, partition_0, 10, 14, 1);
    is_sent(&self, 15);
    ck_assert_uint_eq(committed(&self, 15), 0);
    is_sent(&self, 20); /* decided now, and 15..19 never came */
    ck_assert_uint_eq(committed(&self, 20), 1);
    teardown(&self);
}
END_TEST

/* The group began anew at 10 with another member; this one stands at 20 and is not told yet. */
START_TEST(a_commit_that_is_refused_skips_nothing)
{
    Fixture self = sent_back_by_a_loss();
    is_sent(&self, 20);
    is_sent(&self, 10);
    ck_assert_uint_eq(committed(&self, 10), 0);
    invariants_on_handed(self.invariants, reader, partition_0, 10, 19, 1);
    is_sent(&self, 20);
    ck_assert_uint_eq(committed(&self, 20), 0); /* read by now */
    teardown(&self);
}
END_TEST

/* Of the group's partition. */
static void is_cleaned_to(Fixture *self, int64_t end)
{
    const ReplicaView view = {.topic_id = NO_TOPIC_ID, .partition = 0, .broker = 1};
    const ReplicaWatch *watch = invariants_replica_watch(self->invariants);
    watch->on_cleaned(watch->owner, &view, end);
}

START_TEST(what_the_log_cleaner_took_is_not_skipped)
{
    Fixture self = setup();
    (void)invariants_partition(self.invariants, 0);
    invariants_on_handed(self.invariants, reader, partition_0, 0, 19, 0);
    is_cleaned_to(&self, 40);
    invariants_on_handed(self.invariants, reader, partition_0, 30, 34, 0);
    is_sent(&self, 38);
    ck_assert_uint_eq(committed(&self, 38), 0);
    invariants_on_handed(self.invariants, reader, partition_0, 40 + _i, 44, 0);
    ck_assert_uint_eq(checks_failures(self.checks), (uint32_t)_i); /* 40 was not cleaned */
    teardown(&self);
}
END_TEST

START_TEST(a_commit_above_what_was_cleaned_skips)
{
    Fixture self = setup();
    (void)invariants_partition(self.invariants, 0);
    invariants_on_handed(self.invariants, reader, partition_0, 0, 19, 0);
    is_cleaned_to(&self, 40);
    is_sent(&self, 40 + _i);
    ck_assert_uint_eq(committed(&self, 40 + _i), (uint32_t)_i);
    teardown(&self);
}
END_TEST

/* A marker that begins where the cleaned range ends. */
START_TEST(what_holds_no_record_is_passed_after_a_cleaned_gap_too)
{
    Fixture self = setup();
    (void)invariants_partition(self.invariants, 0);
    invariants_on_handed(self.invariants, reader, partition_0, 0, 19, 0);
    is_cleaned_to(&self, 40 - _i);
    invariants_on_passed(self.invariants, reader, partition_0, 40, 40);
    invariants_on_handed(self.invariants, reader, partition_0, 41, 44, 0);
    ck_assert_uint_eq(checks_failures(self.checks), (uint32_t)_i);
    teardown(&self);
}
END_TEST

/* There the next of its members goes on where the last has stopped. */
START_TEST(who_subscribes_may_not_begin_elsewhere)
{
    Fixture self = setup();
    (void)invariants_partition(self.invariants, 0);
    invariants_on_handed(self.invariants, reader, partition_0, 0, 19, 0);
    invariants_on_begin(self.invariants, other_reader, 0, 20 + _i);
    invariants_on_handed(self.invariants, other_reader, partition_0, 20 + _i, 24, 0);
    ck_assert_uint_eq(checks_failures(self.checks), (uint32_t)_i);
    teardown(&self);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("group invariants");
    TCase *tcase = tcase_create("group invariants");
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, two_owners_in_one_generation_are_a_violation);
    tcase_add_test(tcase, who_knows_an_older_generation_only_is_no_second_owner);
    tcase_add_test(tcase, a_member_of_the_group_that_ended_is_no_owner_in_the_next);
    tcase_add_test(tcase, once_it_has_joined_the_next_it_is_one);
    tcase_add_test(tcase, a_lower_offset_after_a_higher_one_is_a_violation);
    tcase_add_test(tcase, what_was_left_on_a_connection_may_come_late);
    tcase_add_test(tcase, what_was_sent_later_may_not);
    tcase_add_test(tcase, what_was_sent_before_a_reset_may_come_after_it);
    tcase_add_test(tcase, what_was_handed_out_before_a_reset_may_be_committed_after_it);
    tcase_add_test(tcase, a_static_member_takes_over_from_one_that_has_not_heard_of_it);
    tcase_add_test(tcase, another_instance_is_no_successor);
    tcase_add_loop_test(tcase, a_generation_may_come_again_once_its_owner_was_put_out, 0, 3);
    tcase_add_test(tcase, who_is_sent_back_by_a_loss_reads_on_from_there);
    tcase_add_test(tcase, what_was_sent_and_not_accepted_is_no_place_to_begin_at);
    tcase_add_loop_test(tcase, what_was_decided_before_a_loss_may_be_sent_after_it, 0, 2);
    tcase_add_test(tcase, a_commit_that_is_refused_skips_nothing);
    tcase_add_loop_test(tcase, what_the_log_cleaner_took_is_not_skipped, 0, 2);
    tcase_add_loop_test(tcase, a_commit_above_what_was_cleaned_skips, 0, 2);
    tcase_add_loop_test(tcase, what_holds_no_record_is_passed_after_a_cleaned_gap_too, 0, 2);
    tcase_add_loop_test(tcase, who_subscribes_may_not_begin_elsewhere, 0, 2);
    tcase_add_loop_test(tcase, who_goes_on_at_the_old_place_skips_what_is_there, 0, 2);
    return run_suite(suite);
}
