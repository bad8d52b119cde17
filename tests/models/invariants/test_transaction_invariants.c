/* test_transaction_invariants.c - "read committed" and "atomic transactions" before and after a
 * documented loss: only what was lost is excused. Two brokers; each holds what it is given here. */
#include "tests/models/invariants/two_replicas.h"
#include "tests/run_suite.h"

enum { PRODUCER = 7, OTHER = 8 };

/* Of a topic that the metadata do not know. */
static const TopicIdPartition partition_0 = {NO_TOPIC_ID, 0};
static const GroupReader reader = {0, 0};

static void append(Fixture *self, int log, int32_t epoch, RecordBatch batch)
{
    (void)record_log_append_as_leader(&self->logs[log], &batch, epoch);
}

/* Ten of a transaction. */
static RecordBatch records(int64_t producer_id)
{
    return (RecordBatch){
        .producer_id = producer_id, .count = 10, .bytes = 1000, .transactional = true};
}

/* The epoch tells one transaction from the other. */
static RecordBatch marker(int64_t producer_id, bool aborts)
{
    return (RecordBatch){.producer_id = producer_id,
                         .producer_epoch = aborts ? 1 : 0,
                         .count = 1,
                         .bytes = 78,
                         .transactional = true,
                         .control = true,
                         .aborts = aborts};
}

/* How many violations there are once these offsets were handed out. */
static uint32_t handed(Fixture *self, int64_t first, int64_t last, int32_t epoch)
{
    invariants_on_handed(self->invariants, reader, partition_0, first, last, epoch);
    return checks_failures(self->checks);
}

/* Broker 1: ten records and their COMMIT, ten of an open transaction. Broker 2 has the first ten
 * only, is elected, and writes ten of another producer over the marker. */
static Fixture *after_a_loss(void)
{
    Fixture *self = setup();
    append(self, 0, 0, records(PRODUCER));
    append(self, 1, 0, records(PRODUCER));
    append(self, 0, 0, marker(PRODUCER, false));
    append(self, 0, 0, records(PRODUCER));
    commit(self, 0, 0);
    ck_assert_uint_eq(handed(self, 0, 9, 0), 0);
    elect_uncleanly(self, 1, 1);
    append(self, 1, 1, records(OTHER));
    commit(self, 1, 1);
    ck_assert_int_eq(invariants_lost(self->invariants), 11);
    return self;
}

START_TEST(an_open_transaction_is_hidden)
{
    Fixture *self = setup();
    append(self, 0, 0, records(PRODUCER));
    commit(self, 0, 0);
    ck_assert_uint_eq(handed(self, 0, 9, 0), 1);
    teardown(self);
}
END_TEST

START_TEST(an_aborted_one_is_and_a_committed_one_is_not)
{
    Fixture *self = setup();
    append(self, 0, 0, records(PRODUCER));
    append(self, 0, 0, marker(PRODUCER, false));
    append(self, 0, 0, records(PRODUCER));
    append(self, 0, 0, marker(PRODUCER, true));
    commit(self, 0, 0);
    ck_assert_uint_eq(handed(self, 0, 9, 0), 0);
    invariants_on_passed(self->invariants, reader, partition_0, 10, 10); /* the marker */
    ck_assert_uint_eq(handed(self, 11, 20, 0), 1);
    teardown(self);
}
END_TEST

START_TEST(after_a_loss_what_is_hidden_now_may_not_be_handed_out)
{
    Fixture *self = after_a_loss();
    ck_assert_uint_eq(handed(self, 10, 19, 1), 1);
    teardown(self);
}
END_TEST

START_TEST(a_lost_batch_still_in_hand_may)
{
    Fixture *self = after_a_loss();
    ck_assert_uint_eq(handed(self, 11, 19, 0), 0);
    teardown(self);
}
END_TEST

START_TEST(what_was_committed_stays_shown_when_its_marker_is_lost)
{
    Fixture *self = after_a_loss();
    ck_assert_uint_eq(handed(self, 0, 9, 0), 0);
    teardown(self);
}
END_TEST

START_TEST(a_transaction_whose_abort_is_lost_is_open_again)
{
    Fixture *self = setup();
    append(self, 0, 0, records(PRODUCER));
    append(self, 1, 0, records(PRODUCER));
    append(self, 0, 0, marker(PRODUCER, true));
    commit(self, 0, 0);
    elect_uncleanly(self, 1, 1);
    ck_assert_uint_eq(handed(self, 0, 9, 0), 1);
    append(self, 1, 1, marker(PRODUCER, false));
    commit(self, 1, 1);
    ck_assert_uint_eq(handed(self, 0, 9, 0), 1); /* none more */
    teardown(self);
}
END_TEST

START_TEST(later_transactions_are_asked_for_as_ever)
{
    Fixture *self = after_a_loss();
    append(self, 1, 1, marker(OTHER, false));
    append(self, 1, 1, records(OTHER));
    append(self, 1, 1, marker(OTHER, true));
    commit(self, 1, 1);
    ck_assert_uint_eq(handed(self, 10, 19, 1), 0);
    invariants_on_passed(self->invariants, reader, partition_0, 20, 20);
    ck_assert_uint_eq(handed(self, 21, 30, 1), 1);
    teardown(self);
}
END_TEST

/* More transactions have ended than are remembered, and all their markers are lost. */
START_TEST(a_loss_beyond_what_is_remembered_makes_no_false_alarm)
{
    Fixture *self = setup();
    append(self, 0, 0, records(OTHER));
    append(self, 1, 0, records(OTHER));
    append(self, 0, 0, marker(OTHER, true));
    for (int i = 0; i < 200; i++) {
        append(self, 0, 0, records(PRODUCER));
        append(self, 0, 0, marker(PRODUCER, false));
    }
    commit(self, 0, 0);
    elect_uncleanly(self, 1, 1);
    append(self, 1, 1, marker(OTHER, false));
    commit(self, 1, 1);
    ck_assert_uint_eq(handed(self, 0, 9, 0), 0);
    teardown(self);
}
END_TEST

/* Written to the partition of __transaction_state that this broker holds. */
static void end_transaction(
    Fixture *self, int log, int32_t epoch, int64_t producer_id, int16_t producer_epoch, bool aborts)
{
    const TxnTransit transit = {.producer_id = producer_id,
                                .producer_epoch = producer_epoch,
                                .state = aborts ? TXN_PREPARE_ABORT : TXN_PREPARE_COMMIT};
    uint32_t payload =
        txn_records_add(self->transactions, producer_id == PRODUCER ? "x" : "y", &transit);
    RecordBatch batch = record_batch_of_coordinator(STATE, 100, payload, 0);
    (void)record_log_append_as_leader(&self->states[log], &batch, epoch);
}

/* A COMMIT and an ABORT of one transaction; how many violations there are then. */
static uint32_t ended_twice(Fixture *self, int64_t producer_id, int16_t producer_epoch)
{
    for (int aborts = 0; aborts < 2; aborts++) {
        RecordBatch batch = marker(producer_id, aborts != 0);
        batch.producer_epoch = producer_epoch;
        append(self, 0, 0, batch);
    }
    commit(self, 0, 0);
    return checks_failures(self->checks);
}

/* Broker 1 leads __transaction_state: epoch 3 of OTHER and epochs 4 and 5 of PRODUCER have ended.
 * Broker 2 has heard of the first only, and is elected. */
static Fixture *after_a_loss_of_ends(void)
{
    Fixture *self = setup();
    end_transaction(self, 0, 0, OTHER, 3, false);
    RecordBatch first = *record_log_at(&self->states[0], 0);
    (void)record_log_append_as_leader(&self->states[1], &first, 0);
    end_transaction(self, 0, 0, PRODUCER, 4, false);
    end_transaction(self, 0, 0, PRODUCER, 5, false);
    commit_in(self, STATE, 0, 0);
    elect_uncleanly_in(self, STATE, 1, 1);
    ck_assert_int_eq(invariants_lost(self->invariants), 2);
    return self;
}

START_TEST(a_transaction_does_not_end_twice)
{
    Fixture *self = setup();
    end_transaction(self, 0, 0, PRODUCER, 4, false);
    commit_in(self, STATE, 0, 0);
    ck_assert_uint_eq(ended_twice(self, PRODUCER, 4), 1);
    teardown(self);
}
END_TEST

START_TEST(one_whose_end_the_coordinator_lost_may)
{
    Fixture *self = after_a_loss_of_ends();
    end_transaction(self, 1, 1, PRODUCER, 4, true);
    commit_in(self, STATE, 1, 1);
    ck_assert_uint_eq(ended_twice(self, PRODUCER, 4), 0);
    ck_assert_uint_eq(ended_twice(self, PRODUCER, 5), 0);
    teardown(self);
}
END_TEST

START_TEST(one_whose_end_is_still_there_may_not)
{
    Fixture *self = after_a_loss_of_ends();
    ck_assert_uint_eq(ended_twice(self, OTHER, 3), 1);
    teardown(self);
}
END_TEST

START_TEST(one_that_ended_after_the_loss_may_not)
{
    Fixture *self = after_a_loss_of_ends();
    end_transaction(self, 1, 1, PRODUCER, 6, true);
    commit_in(self, STATE, 1, 1);
    ck_assert_uint_eq(ended_twice(self, PRODUCER, 6), 1);
    teardown(self);
}
END_TEST

/* It has not heard of the next one, and sends markers for what it commits alone. */
START_TEST(one_that_a_deposed_coordinator_ended_may)
{
    Fixture *self = after_a_loss_of_ends();
    end_transaction(self, 0, 0, PRODUCER, 6, false);
    end_transaction(self, 0, 0, PRODUCER, 7, false);
    commit_in(self, STATE, 0, 0);
    end_transaction(self, 1, 1, PRODUCER, 6, true);
    end_transaction(self, 1, 1, PRODUCER, 8, true);
    commit_in(self, STATE, 1, 1);
    ck_assert_uint_eq(ended_twice(self, PRODUCER, 6), 0);
    ck_assert_uint_eq(ended_twice(self, PRODUCER, 7), 0);
    ck_assert_uint_eq(ended_twice(self, PRODUCER, 8), 1);
    teardown(self);
}
END_TEST

START_TEST(a_loss_of_markers_excuses_no_second_end)
{
    Fixture *self = after_a_loss();
    end_transaction(self, 0, 0, PRODUCER, 4, false);
    commit_in(self, STATE, 0, 0);
    for (int aborts = 0; aborts < 2; aborts++) {
        RecordBatch batch = marker(PRODUCER, aborts != 0);
        batch.producer_epoch = 4;
        append(self, 1, 1, batch);
    }
    commit(self, 1, 1);
    ck_assert_uint_eq(checks_failures(self->checks), 1);
    teardown(self);
}
END_TEST

START_TEST(an_end_that_nobody_wrote_breaks_it)
{
    Fixture *self = setup();
    ck_assert_uint_eq(ended_twice(self, PRODUCER, 4), 1);
    teardown(self);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transaction invariants");
    TCase *tcase = tcase_create("read committed");
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, an_open_transaction_is_hidden);
    tcase_add_test(tcase, an_aborted_one_is_and_a_committed_one_is_not);
    tcase_add_test(tcase, after_a_loss_what_is_hidden_now_may_not_be_handed_out);
    tcase_add_test(tcase, a_lost_batch_still_in_hand_may);
    tcase_add_test(tcase, what_was_committed_stays_shown_when_its_marker_is_lost);
    tcase_add_test(tcase, a_transaction_whose_abort_is_lost_is_open_again);
    tcase_add_test(tcase, later_transactions_are_asked_for_as_ever);
    tcase_add_test(tcase, a_loss_beyond_what_is_remembered_makes_no_false_alarm);
    TCase *atomic = tcase_create("atomic transactions");
    suite_add_tcase(suite, atomic);
    tcase_add_test(atomic, a_transaction_does_not_end_twice);
    tcase_add_test(atomic, one_whose_end_the_coordinator_lost_may);
    tcase_add_test(atomic, one_whose_end_is_still_there_may_not);
    tcase_add_test(atomic, one_that_ended_after_the_loss_may_not);
    tcase_add_test(atomic, one_that_a_deposed_coordinator_ended_may);
    tcase_add_test(atomic, a_loss_of_markers_excuses_no_second_end);
    tcase_add_test(atomic, an_end_that_nobody_wrote_breaks_it);
    return run_suite(suite);
}
