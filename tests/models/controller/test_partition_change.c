/* test_partition_change.c - the examples EX-A to EX-D of server.md 1.4, step by step. */
#include "models/controller/partition_change.h"
#include "tests/run_suite.h"
#include <check.h>
#include <stdarg.h>
#include <string.h>

typedef struct World {
    PartitionRegistration now;
    ReplicaList alive;
    bool elr;
    int32_t min_isr;
    Election election;
} World;

static ReplicaList list(int count, ...)
{
    ReplicaList made = {0};
    va_list ids;
    va_start(ids, count);
    for (int i = 0; i < count; i++) {
        replica_list_add(&made, va_arg(ids, int));
    }
    va_end(ids);
    return made;
}

static bool is_alive(void *user, int32_t broker)
{
    return replica_list_has(&((World *)user)->alive, broker);
}

static PartitionChange change_of(World *world)
{
    PartitionChange change = partition_change_of(&world->now);
    change.election = world->election;
    change.elr_enabled = world->elr;
    change.min_isr = world->min_isr;
    change.is_acceptable_leader = is_alive;
    change.user = world;
    return change;
}

static bool apply(World *world, const PartitionChange *change)
{
    PartitionRegistration next;
    bool changed = partition_change_build(change, &next);
    world->now = next;
    return changed;
}

static void fence(World *world, int32_t broker)
{
    replica_list_remove(&world->alive, broker);
    PartitionChange change = change_of(world);
    replica_list_remove(&change.target_isr, broker);
    apply(world, &change);
}

static bool unfence(World *world, int32_t broker)
{
    replica_list_add(&world->alive, broker);
    PartitionChange change = change_of(world);
    return apply(world, &change);
}

static void join_isr(World *world, int32_t broker)
{
    PartitionChange change = change_of(world);
    replica_list_add(&change.target_isr, broker);
    apply(world, &change);
}

static void assert_state(const World *world,
                         int leader,
                         int leader_epoch,
                         int partition_epoch,
                         ReplicaList isr,
                         ReplicaList elr)
{
    ck_assert_int_eq(world->now.leader, leader);
    ck_assert_int_eq(world->now.leader_epoch, leader_epoch);
    ck_assert_int_eq(world->now.partition_epoch, partition_epoch);
    ck_assert(replica_list_equal(&world->now.isr, &isr));
    ck_assert(replica_list_equal(&world->now.elr, &elr));
}

static World healthy(bool elr, int32_t min_isr, Election election)
{
    World world = {.elr = elr, .min_isr = min_isr, .election = election};
    world.now.replicas = list(3, 1, 2, 3);
    world.now.isr = world.now.replicas;
    world.alive = world.now.replicas;
    world.now.leader = 1;
    world.now.leader_epoch = 4;
    world.now.partition_epoch = 7;
    return world;
}

START_TEST(without_elr_the_last_isr_member_stays_listed_and_only_it_may_return)
{
    World world = healthy(false, 1, ELECTION_ONLINE);
    fence(&world, 1);
    assert_state(&world, 2, 5, 8, list(2, 2, 3), list(0));
    fence(&world, 2);
    assert_state(&world, 3, 6, 9, list(1, 3), list(0));
    fence(&world, 3);
    assert_state(&world, NO_LEADER, 7, 10, list(1, 3), list(0));
    ck_assert(!unfence(&world, 2));
    ck_assert(unfence(&world, 3));
    assert_state(&world, 3, 8, 11, list(1, 3), list(0));
    join_isr(&world, 1);
}
END_TEST

START_TEST(an_isr_expansion_bumps_the_partition_epoch_only)
{
    World world = healthy(false, 1, ELECTION_ONLINE);
    fence(&world, 3);
    assert_state(&world, 1, 4, 8, list(2, 1, 2), list(0));
    unfence(&world, 3);
    join_isr(&world, 3);
    assert_state(&world, 1, 4, 9, list(3, 1, 2, 3), list(0));
}
END_TEST

START_TEST(with_elr_the_isr_empties_and_an_eligible_replica_leads_cleanly)
{
    World world = healthy(true, 2, ELECTION_ONLINE);
    fence(&world, 3);
    assert_state(&world, 1, 4, 8, list(2, 1, 2), list(0));
    fence(&world, 2);
    assert_state(&world, 1, 4, 9, list(1, 1), list(1, 2));
    fence(&world, 1);
    assert_state(&world, NO_LEADER, 5, 10, list(0), list(2, 1, 2));
    ReplicaList last = list(1, 1);
    ck_assert(replica_list_equal(&world.now.last_known_elr, &last));
    ck_assert(unfence(&world, 2));
    assert_state(&world, 2, 6, 11, list(1, 2), list(1, 1));
    ck_assert_int_eq(world.now.recovery, LEADER_RECOVERED);
    ck_assert_int_eq(world.now.last_known_elr.count, 0);
    join_isr(&world, 1);
    assert_state(&world, 2, 6, 12, list(2, 2, 1), list(0));
}
END_TEST

START_TEST(an_unclean_stop_takes_a_replica_out_of_the_elr)
{
    World world = healthy(true, 2, ELECTION_ONLINE);
    fence(&world, 3);
    fence(&world, 2);
    PartitionChange change = change_of(&world);
    replica_list_add(&change.unclean_shutdown_replicas, 2);
    ck_assert(apply(&world, &change));
    assert_state(&world, 1, 4, 10, list(1, 1), list(0));
}
END_TEST

START_TEST(an_unclean_election_takes_the_first_living_replica_and_marks_recovery)
{
    World world = healthy(false, 1, ELECTION_UNCLEAN);
    world.now.isr = list(1, 1);
    fence(&world, 1);
    assert_state(&world, 2, 5, 8, list(1, 2), list(0));
    ck_assert_int_eq(world.now.recovery, LEADER_RECOVERING);
}
END_TEST

START_TEST(preferred_election_moves_back_and_online_election_keeps_a_valid_leader)
{
    World world = healthy(false, 1, ELECTION_ONLINE);
    world.now.leader = 2;
    PartitionChange online = change_of(&world);
    ck_assert(!apply(&world, &online));
    PartitionChange preferred = change_of(&world);
    preferred.election = ELECTION_PREFERRED;
    ck_assert(apply(&world, &preferred));
    assert_state(&world, 1, 5, 8, list(3, 1, 2, 3), list(0));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("partition change");
    TCase *tcase = tcase_create("examples");
    tcase_add_test(tcase, without_elr_the_last_isr_member_stays_listed_and_only_it_may_return);
    tcase_add_test(tcase, an_isr_expansion_bumps_the_partition_epoch_only);
    tcase_add_test(tcase, with_elr_the_isr_empties_and_an_eligible_replica_leads_cleanly);
    tcase_add_test(tcase, an_unclean_stop_takes_a_replica_out_of_the_elr);
    tcase_add_test(tcase, an_unclean_election_takes_the_first_living_replica_and_marks_recovery);
    tcase_add_test(tcase, preferred_election_moves_back_and_online_election_keeps_a_valid_leader);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
