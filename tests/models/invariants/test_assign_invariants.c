/* test_assign_invariants.c - "nothing skipped" of members that call assign(): each has a position
 * of its own, and what one of them commits is where any of them may begin. */
#include "tests/models/invariants/one_group.h"
#include "tests/run_suite.h"

static const bool by_hand = true;

START_TEST(members_that_assign_keep_no_order_of_commits)
{
    Fixture self = setup();
    self.invariants->context.assigned_by_hand = &by_hand;
    is_sent(&self, 20);
    is_sent(&self, 10);
    ck_assert_uint_eq(committed(&self, 20), 0);
    ck_assert_uint_eq(committed(&self, 10), 0);
    self.invariants->context.assigned_by_hand = NULL;
    ck_assert_uint_eq(committed(&self, 5), 1);
    teardown(&self);
}
END_TEST

/* Two members stand at 20 and 40 when their leader is elected uncleanly. */
static Fixture two_that_assign(void)
{
    Fixture self = setup();
    self.invariants->context.assigned_by_hand = &by_hand;
    PartitionProof *proof = invariants_partition(self.invariants, 0);
    invariants_on_handed(self.invariants, reader, partition_0, 0, 19, 0);
    invariants_on_handed(self.invariants, other_reader, partition_0, 0, 39, 0);
    invariants_excuse(self.invariants, proof);
    return self;
}

START_TEST(members_that_assign_go_on_where_each_of_them_stood)
{
    Fixture self = two_that_assign();
    invariants_on_handed(self.invariants, reader, partition_0, 20, 24, 0);
    is_sent_by(&self, other_reader, 40);
    ck_assert_uint_eq(committed(&self, 40), 0);
    invariants_on_handed(self.invariants, other_reader, partition_0, 40, 44, 0);
    invariants_on_handed(self.invariants, reader, partition_0, 25, 29, 0);
    ck_assert_uint_eq(checks_failures(self.checks), 0);
    invariants_on_handed(
        self.invariants, reader, partition_0, 31, 34, 0); /* only the other had 30 */
    ck_assert_uint_eq(checks_failures(self.checks), 1);
    teardown(&self);
}
END_TEST

/* The next process of a member that stood at 20 begins where the other has committed. */
START_TEST(who_assigns_anew_begins_at_what_its_group_committed)
{
    Fixture self = two_that_assign();
    invariants_on_handed(self.invariants, reader, partition_0, 20, 24, 0);
    invariants_on_begin(self.invariants, reader, 0, 40);
    invariants_on_commit(self.invariants, reader, 0, 40);
    ck_assert_uint_eq(committed(&self, 40), 0);
    invariants_on_handed(self.invariants, reader, partition_0, 40 + _i, 44, 0);
    ck_assert_uint_eq(checks_failures(self.checks), (uint32_t)_i);
    teardown(&self);
}
END_TEST

/* Nothing is lost; the first was handed 0..19, the other 0..9. */
static Fixture one_that_is_behind(void)
{
    Fixture self = setup();
    self.invariants->context.assigned_by_hand = &by_hand;
    (void)invariants_partition(self.invariants, 0);
    invariants_on_handed(self.invariants, reader, partition_0, 0, 19, 0);
    invariants_on_handed(self.invariants, other_reader, partition_0, 0, 9, 0);
    return self;
}

/* The other asks for 20 over a gap and is refused, before or after the first one asks. */
START_TEST(who_has_read_all_is_not_blamed_for_what_another_skips)
{
    Fixture self = one_that_is_behind();
    is_sent_by(&self, _i == 0 ? other_reader : reader, 20);
    is_sent_by(&self, _i == 0 ? reader : other_reader, 20);
    ck_assert_uint_eq(committed(&self, 20), 0);
    teardown(&self);
}
END_TEST

/* It sends its next commit without waiting for the answer to the last. */
START_TEST(nor_when_it_has_asked_for_more_meanwhile)
{
    Fixture self = one_that_is_behind();
    is_sent_by(&self, reader, 18);
    is_sent_by(&self, reader, 20);
    is_sent_by(&self, other_reader, 18);
    ck_assert_uint_eq(committed(&self, 18), 0);
    teardown(&self);
}
END_TEST

START_TEST(who_skips_is_found_whoever_asked_last)
{
    Fixture self = one_that_is_behind();
    is_sent_by(&self, _i == 0 ? other_reader : reader, _i == 0 ? 20 : 15);
    is_sent_by(&self, _i == 0 ? reader : other_reader, _i == 0 ? 15 : 20);
    ck_assert_uint_eq(committed(&self, 20), 1);
    teardown(&self);
}
END_TEST

/* The place of the group is that of all its members that heard of the loss. */
START_TEST(what_one_commits_before_a_loss_is_the_old_place_of_all)
{
    Fixture self = one_that_is_behind();
    is_sent_by(&self, reader, 20);
    ck_assert_uint_eq(committed(&self, 20), 0);
    ck_assert_int_eq(invariants_old_place(self.invariants, other_reader, 0), -1);
    invariants_excuse(self.invariants, invariants_partition(self.invariants, 0));
    invariants_on_reset(self.invariants, other_reader, 0, 5);
    ck_assert_int_eq(invariants_old_place(self.invariants, other_reader, 0), 20);
    ck_assert_int_eq(invariants_old_place(self.invariants, reader, 0), -1); /* not told yet */
    teardown(&self);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("assign invariants");
    TCase *tcase = tcase_create("assign invariants");
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, members_that_assign_keep_no_order_of_commits);
    tcase_add_test(tcase, members_that_assign_go_on_where_each_of_them_stood);
    tcase_add_loop_test(tcase, who_assigns_anew_begins_at_what_its_group_committed, 0, 2);
    tcase_add_loop_test(tcase, who_has_read_all_is_not_blamed_for_what_another_skips, 0, 2);
    tcase_add_test(tcase, nor_when_it_has_asked_for_more_meanwhile);
    tcase_add_loop_test(tcase, who_skips_is_found_whoever_asked_last, 0, 2);
    tcase_add_test(tcase, what_one_commits_before_a_loss_is_the_old_place_of_all);
    return run_suite(suite);
}
