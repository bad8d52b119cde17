/* test_group_invariants.c - what "one owner" forbids, and what it lets pass. */
#include "models/invariants/invariants_state.h"
#include "tests/run_suite.h"
#include <check.h>

typedef struct Fixture {
    Sim *sim;
    MetadataLog *metadata;
    Checks *checks;
    Invariants *invariants;
} Fixture;

static Fixture setup(void)
{
    Fixture self = {.sim = sim_new(1, NULL), .metadata = metadata_log_new()};
    (void)metadata_add_topic(self.metadata, "t", 2, false, NULL);
    self.checks = checks_new(self.sim->kernel, NULL);
    const InvariantsContext context = {
        .sim = self.sim,
        .metadata = self.metadata,
        .checks = self.checks,
        .groups = 1,
    };
    self.invariants = invariants_new(&context);
    return self;
}

static void teardown(Fixture *self)
{
    invariants_free(self->invariants);
    checks_free(self->checks);
    metadata_log_free(self->metadata);
    sim_free(self->sim);
}

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

int main(void)
{
    Suite *suite = suite_create("group invariants");
    TCase *tcase = tcase_create("group invariants");
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, two_owners_in_one_generation_are_a_violation);
    tcase_add_test(tcase, who_knows_an_older_generation_only_is_no_second_owner);
    tcase_add_test(tcase, a_member_of_the_group_that_ended_is_no_owner_in_the_next);
    tcase_add_test(tcase, once_it_has_joined_the_next_it_is_one);
    return run_suite(suite);
}
