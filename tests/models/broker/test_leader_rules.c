/* test_leader_rules.c - the examples of server.md 2.2, 2.3 and 2.5, step by step: what a leader
 * appends, what it calls committed, who is in its ISR. */
#include "tests/models/broker/lone_partition.h"
#include "tests/run_suite.h"

static LonePartition lone;

/* ---- 2.2 append */

START_TEST(acks_all_below_min_isr_writes_nothing)
{
    lone_init(&lone, 10);
    lone_lead(&lone, 3, lone_list(1, 1), 2, 1);
    ck_assert_int_eq(lone_append(&lone, 5, -1), KAFKA_NOT_ENOUGH_REPLICAS);
    ck_assert_int_eq(lone.partition->log.log_end_offset, 10);
    ck_assert_int_eq(lone_append(&lone, 5, 1), KAFKA_NONE); /* acks=1 is not asked */
    ck_assert_int_eq(lone.partition->log.log_end_offset, 15);
}
END_TEST

START_TEST(five_records_at_base_10_need_offset_15)
{
    KafkaError error;
    lone_init(&lone, 10);
    lone_lead(&lone, 2, lone_list(2, 1, 2), 2, 1);
    ck_assert_int_eq(lone_append(&lone, 5, -1), KAFKA_NONE);
    lone_fetch(&lone, SIM_MS(1), 2, 14);
    ck_assert(!partition_reached(lone.partition, 15, &error));
    lone_fetch(&lone, SIM_MS(1), 2, 15);
    ck_assert(partition_reached(lone.partition, 15, &error));
    ck_assert_int_eq(error, KAFKA_NONE);
}
END_TEST

START_TEST(who_does_not_lead_appends_nothing)
{
    lone_init(&lone, 10);
    PartitionRegistration registration = {.leader = 2, .leader_epoch = 1, .partition_epoch = 1};
    partition_make_follower(lone.partition, &registration);
    ck_assert_int_eq(lone_append(&lone, 1, 1), KAFKA_NOT_LEADER_OR_FOLLOWER);
}
END_TEST

/* ---- 2.3 high watermark */

START_TEST(ex1_the_high_watermark_is_the_smallest_end_in_the_isr)
{
    lone_init(&lone, 10);
    lone_lead(&lone, 3, lone_list(3, 1, 2, 3), 1, 1);
    lone_fetch(&lone, SIM_MS(1), 2, 8);
    ck_assert_int_eq(lone.partition->high_watermark, 0); /* 3 has not said anything */
    lone_fetch(&lone, SIM_MS(1), 3, 6);
    ck_assert_int_eq(lone.partition->high_watermark, 6);
}
END_TEST

/* Broker 2 is no ISR member; its last time at the end was `ago`. */
static int64_t high_watermark_beside(SimDuration ago)
{
    lone_init(&lone, 4);
    lone.brokers[2].fenced = true; /* it cannot join while the scene is set */
    lone_lead(&lone, 2, lone_list(1, 1), 1, 1);
    lone_fetch(&lone, 0, 2, 4);
    lone.brokers[2].fenced = false;
    lone.now += ago;
    lone_append(&lone, 6, 1);
    return lone.partition->high_watermark;
}

START_TEST(ex2_it_waits_for_a_replica_that_is_about_to_join)
{
    ck_assert_int_eq(high_watermark_beside(SIM_SEC(5)), 4);
}
END_TEST

START_TEST(ex3_but_not_for_one_that_lags)
{
    ck_assert_int_eq(high_watermark_beside(SIM_SEC(40)), 10);
}
END_TEST

START_TEST(ex4_below_min_isr_it_stands_still)
{
    lone_init(&lone, 10);
    lone_lead(&lone, 3, lone_list(1, 1), 2, 1);
    ck_assert_int_eq(lone_append(&lone, 3, 1), KAFKA_NONE);
    ck_assert_int_eq(lone.partition->log.log_end_offset, 13);
    ck_assert_int_eq(lone.partition->high_watermark, 0);
    lone.era.on[ERA_KAFKA_15583] = false;
    ck_assert_int_eq(lone_append(&lone, 1, 1), KAFKA_NONE);
    ck_assert_int_eq(lone.partition->high_watermark, 14); /* before KAFKA-15583 it went on */
}
END_TEST

START_TEST(ex5_it_waits_for_the_first_fetch_of_an_isr_member)
{
    lone_init(&lone, 10);
    lone_lead(&lone, 2, lone_list(2, 1, 2), 1, 1);
    ck_assert_int_eq(lone.partition->high_watermark, 0);
    lone_fetch(&lone, SIM_MS(1), 2, 10);
    ck_assert_int_eq(lone.partition->high_watermark, 10);
}
END_TEST

/* UnifiedLog.updateHighWatermark: what is deleted from the start was committed. */
START_TEST(a_checkpoint_below_the_log_start_counts_from_there)
{
    lone_init(&lone, 10);
    lone.partition->checkpointed_high_watermark = 6;
    record_log_advance_start(&lone.partition->log, 8);
    partition_forget(lone.partition);
    ck_assert_int_eq(lone.partition->high_watermark, 8);
}
END_TEST

START_TEST(a_write_that_was_committed_before_the_isr_fell_fails_with_20)
{
    KafkaError error;
    lone_init(&lone, 10);
    lone_lead(&lone, 2, lone_list(2, 1, 2), 2, 1);
    lone_fetch(&lone, SIM_MS(1), 2, 10);
    lone_lead(&lone, 2, lone_list(1, 1), 2, 2);
    ck_assert(partition_reached(lone.partition, 10, &error));
    ck_assert_int_eq(error, KAFKA_NOT_ENOUGH_REPLICAS_AFTER_APPEND);
    ck_assert(!partition_reached(lone.partition, 11, &error)); /* the usual: it times out */
}
END_TEST

/* ---- 2.5 caught up, shrink, expand */

START_TEST(a_follower_always_behind_but_never_a_whole_fetch_stays_in_sync)
{
    lone_init(&lone, 100);
    lone_lead(&lone, 2, lone_list(2, 1, 2), 1, 1);
    const RemoteReplica *follower = partition_remote(lone.partition, 2);
    SimTime start = lone.now;
    lone_fetch(&lone, 0, 2, 100);
    ck_assert_int_eq(follower->last_caught_up_at, start);
    lone_append(&lone, 1, 1);
    for (int i = 0; i < 119; i++) {
        lone_append(&lone, 1, 1);
    }
    lone_fetch(&lone, SIM_SEC(2), 2, 150); /* the end is 220; at its last fetch it was 100 */
    ck_assert_int_eq(follower->last_caught_up_at, start);
    for (int i = 0; i < 80; i++) {
        lone_append(&lone, 1, 1);
    }
    lone_fetch(&lone, SIM_SEC(2), 2, 225); /* 225 >= 220: it stood at the end 2 s ago */
    ck_assert_int_eq(follower->last_caught_up_at, start + SIM_SEC(2));
}
END_TEST

START_TEST(an_idle_follower_is_not_removed_and_a_lagging_one_after_30_s)
{
    lone_init(&lone, 10);
    lone_lead(&lone, 2, lone_list(2, 1, 2), 1, 1);
    lone_fetch(&lone, 0, 2, 10);
    lone.now += SIM_SEC(300);
    partition_maybe_shrink_isr(lone.partition, lone.now); /* same end: in sync for ever */
    ck_assert_int_eq(lone.submissions, 0);
    lone_append(&lone, 1, 1);
    partition_maybe_shrink_isr(lone.partition, lone.now);
    ck_assert_int_eq(lone.submissions, 1);
    ck_assert_int_eq(lone.partition->submission->isr_count, 1);
    ASSERT_ISR(&lone, "1,2"); /* the larger one counts until the answer */
    ck_assert_int_eq(partition_maximal_isr_count(lone.partition), 2);
    ck_assert_int_eq(lone_answer(&lone, KAFKA_NONE, lone_list(1, 1)), ISR_ANSWER_COMMITTED);
    ASSERT_ISR(&lone, "1");
    ck_assert_int_eq(lone.partition->high_watermark, 11);
}
END_TEST

START_TEST(in_sync_is_up_to_and_with_the_maximal_lag)
{
    lone_init(&lone, 10);
    lone_lead(&lone, 2, lone_list(2, 1, 2), 1, 1);
    lone_fetch(&lone, 0, 2, 10);
    lone_append(&lone, 1, 1);
    lone.now += SIM_SEC(30);
    partition_maybe_shrink_isr(lone.partition, lone.now);
    ck_assert_int_eq(lone.submissions, 0);
    lone.now += 1;
    partition_maybe_shrink_isr(lone.partition, lone.now);
    ck_assert_int_eq(lone.submissions, 1);
}
END_TEST

/* Broker 2 is at `offset`, out of the ISR; the leader's end is 10, its high watermark 6. */
static void follower_at(int64_t offset)
{
    lone_init(&lone, 10);
    lone_lead(&lone, 3, lone_list(2, 1, 3), 1, 1);
    lone_fetch(&lone, 0, 3, 6);
    lone.partition->leader_epoch_start_offset = 4;
    lone_fetch(&lone, SIM_MS(1), 2, offset);
}

START_TEST(a_follower_joins_at_the_high_watermark_not_at_the_end)
{
    follower_at(5);
    ck_assert_int_eq(lone.submissions, 0);
    lone_fetch(&lone, SIM_MS(1), 2, 6);
    ck_assert_int_eq(lone.submissions, 1);
    ck_assert_int_eq(partition_maximal_isr_count(lone.partition), 3); /* stricter at once */
}
END_TEST

START_TEST(it_must_have_reached_the_leader_s_own_epoch)
{
    lone_init(&lone, 10);
    lone_lead(&lone, 3, lone_list(2, 1, 3), 1, 1); /* epoch 1 starts at 10 */
    lone_fetch(&lone, 0, 2, 9);
    ck_assert_int_eq(lone.submissions, 0);
    lone_fetch(&lone, 0, 2, 10);
    ck_assert_int_eq(lone.submissions, 1);
}
END_TEST

START_TEST(a_fenced_or_stopping_broker_does_not_join)
{
    follower_at(0);
    lone.brokers[2].fenced = true;
    lone_fetch(&lone, SIM_MS(1), 2, 10);
    lone.brokers[2].fenced = false;
    lone.brokers[2].in_controlled_shutdown = true;
    lone_fetch(&lone, SIM_MS(1), 2, 10);
    ck_assert_int_eq(lone.submissions, 0);
    lone.brokers[2].in_controlled_shutdown = false;
    lone_fetch(&lone, SIM_MS(1), 2, 10);
    ck_assert_int_eq(lone.submissions, 1);
}
END_TEST

START_TEST(a_fetch_of_a_process_that_has_died_is_refused)
{
    follower_at(0);
    RemoteReplica *follower = partition_remote(lone.partition, 2);
    lone.brokers[2].epoch = 50; /* it has registered again */
    ck_assert_int_eq(partition_update_follower(lone.partition, follower, 2, 10, lone.now),
                     KAFKA_NOT_LEADER_OR_FOLLOWER);
    ck_assert_int_eq(follower->log_end_offset, 0);
    lone.era.on[ERA_KIP_903] = false;
    ck_assert_int_eq(partition_update_follower(lone.partition, follower, 2, 10, lone.now),
                     KAFKA_NONE);
    ck_assert_int_eq(lone.submissions, 1); /* without KIP-903 the dead process joins the ISR */
    ck_assert_int_eq(lone.partition->submission->isr[2].broker_epoch, -1);
}
END_TEST

START_TEST(ineligible_goes_back_fenced_waits_and_anything_else_is_said_again)
{
    follower_at(10);
    ck_assert_int_eq(lone_answer(&lone, KAFKA_INELIGIBLE_REPLICA, lone_list(0)),
                     ISR_ANSWER_REVERTED);
    ck_assert_int_eq(lone.partition->pending, ISR_COMMITTED);
    lone_fetch(&lone, SIM_MS(1), 2, 10);
    ck_assert_int_eq(lone.submissions, 2);
    ck_assert_int_eq(lone_answer(&lone, KAFKA_NOT_CONTROLLER, lone_list(0)), ISR_ANSWER_RETRIED);
    ck_assert_int_eq(lone.submissions, 3);
    ck_assert_int_eq(lone_answer(&lone, KAFKA_FENCED_LEADER_EPOCH, lone_list(0)), ISR_ANSWER_WAITS);
    ck_assert_int_eq(lone.partition->pending, ISR_EXPANDING);
    lone_fetch(&lone, SIM_MS(1), 2, 10);
    ck_assert_int_eq(lone.submissions, 3); /* nothing more until metadata come */
    lone_lead(&lone, 3, lone_list(2, 1, 3), 1, 2);
    ck_assert_int_eq(lone.partition->pending, ISR_COMMITTED);
}
END_TEST

START_TEST(an_answer_that_metadata_have_overtaken_counts_for_nothing)
{
    follower_at(10);
    lone_lead(&lone, 3, lone_list(1, 1), 1, 2);
    ck_assert_int_eq(lone_answer(&lone, KAFKA_NONE, lone_list(3, 1, 2, 3)), ISR_ANSWER_IGNORED);
    ASSERT_ISR(&lone, "1");
}
END_TEST

static void teardown(void)
{
    lone_clear(&lone);
}

static Suite *suite(void)
{
    Suite *made = suite_create("leader rules");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, NULL, teardown);
    tcase_add_test(all, acks_all_below_min_isr_writes_nothing);
    tcase_add_test(all, a_checkpoint_below_the_log_start_counts_from_there);
    tcase_add_test(all, five_records_at_base_10_need_offset_15);
    tcase_add_test(all, who_does_not_lead_appends_nothing);
    tcase_add_test(all, ex1_the_high_watermark_is_the_smallest_end_in_the_isr);
    tcase_add_test(all, ex2_it_waits_for_a_replica_that_is_about_to_join);
    tcase_add_test(all, ex3_but_not_for_one_that_lags);
    tcase_add_test(all, ex4_below_min_isr_it_stands_still);
    tcase_add_test(all, ex5_it_waits_for_the_first_fetch_of_an_isr_member);
    tcase_add_test(all, a_write_that_was_committed_before_the_isr_fell_fails_with_20);
    tcase_add_test(all, a_follower_always_behind_but_never_a_whole_fetch_stays_in_sync);
    tcase_add_test(all, an_idle_follower_is_not_removed_and_a_lagging_one_after_30_s);
    tcase_add_test(all, in_sync_is_up_to_and_with_the_maximal_lag);
    tcase_add_test(all, a_follower_joins_at_the_high_watermark_not_at_the_end);
    tcase_add_test(all, it_must_have_reached_the_leader_s_own_epoch);
    tcase_add_test(all, a_fenced_or_stopping_broker_does_not_join);
    tcase_add_test(all, a_fetch_of_a_process_that_has_died_is_refused);
    tcase_add_test(all, ineligible_goes_back_fenced_waits_and_anything_else_is_said_again);
    tcase_add_test(all, an_answer_that_metadata_have_overtaken_counts_for_nothing);
    suite_add_tcase(made, all);
    return made;
}

int main(void)
{
    return run_suite(suite());
}
