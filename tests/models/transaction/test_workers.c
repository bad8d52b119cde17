/* test_workers.c - consume, process, produce: what a pipeline's reader sees twice, or never. */
#include "tests/models/broker/small_cluster.h"
#include "tests/run_suite.h"

#define INPUTS 2000

typedef struct Pipeline {
    SmallCluster small;
    GroupSpec *workers;
} Pipeline;

static GroupSpec *group_of(SmallCluster *self, const char *name, int32_t topic)
{
    GroupSpec *group = group_spec_new(name);
    g_array_append_val(group->topics, topic);
    small_set(group->config, "auto.offset.reset", "earliest");
    g_ptr_array_add(self->spec->groups, group);
    return group;
}

static void
add_worker(Pipeline *self, const char *name, SimTime start, const char *transactional_id)
{
    MemberSpec *member = member_spec_new(name, self->workers);
    member->start = start;
    g_ptr_array_add(self->workers->members, member);
    g_autofree char *producer_name = g_strdup_printf("%s-producer", name);
    ProducerSpec *producer = producer_spec_new(producer_name, 1);
    producer->worker = g_strdup(name);
    producer->arrival = ARRIVAL_CLOSED;
    producer->outstanding = 0;
    producer->value_bytes = distribution_constant(100);
    if (transactional_id != NULL) {
        small_set(producer->config, "transactional.id", transactional_id);
    }
    g_ptr_array_add(self->small.spec->producers, producer);
}

/* 2,000 records wait in "orders"; workers need 1 ms for each; a reader of each isolation level
 * stands behind them. */
static Pipeline pipeline(bool is_transactional)
{
    Pipeline self = {.small = small_cluster(3, "2", "all")};
    ClusterSpec *spec = self.small.spec;
    self.small.topic->partitions = 1;
    TopicSpec *out = whole_topic(spec, "out", 1, 3);
    whole_assign_in_turn(out, 1, 3);
    self.small.producer->rate_milli = 1000 * INPUTS;
    self.small.producer->records = INPUTS;
    spec->duration = SIM_SEC(60);
    spec->trace_batches = g_getenv("SHOW") != NULL;
    small_set(spec->config, "transaction.state.log.num.partitions", "3");
    self.workers = group_of(&self.small, "workers", 0);
    small_set(self.workers->config, "session.timeout.ms", "6000");
    small_set(self.workers->config, "heartbeat.interval.ms", "2000");
    small_set(self.workers->config, "max.poll.records", "200");
    small_set(self.workers->config, "enable.auto.commit", "false");
    small_set(self.workers->config, "isolation.level", "read_committed");
    self.workers->process_record = distribution_constant(SIM_MS(1));
    self.workers->application.commit = is_transactional ? COMMIT_BY_CLIENT : COMMIT_SYNC;
    GroupSpec *committed = group_of(&self.small, "committed", 1);
    small_set(committed->config, "isolation.level", "read_committed");
    g_ptr_array_add(committed->members, member_spec_new("rc", committed));
    GroupSpec *all = group_of(&self.small, "all", 1);
    g_ptr_array_add(all->members, member_spec_new("ru", all));
    return self;
}

static void member_fault(Pipeline *self, FaultVerb verb, SimTime at, int32_t member)
{
    FaultSpec *fault = whole_fault(self->small.spec, verb, at, TARGET_MEMBER, 0);
    fault->member = member;
}

static const LedgerGroup *seen_by(const Pipeline *self, int32_t group)
{
    return ledger_group(self->small.cluster->ledger, group);
}

static void run(Pipeline *self)
{
    small_run(&self->small);
    if (g_getenv("SHOW")) {
        small_print(&self->small);
    }
    ck_assert_int_eq(checks_failures(cluster_checks(self->small.cluster)), 0);
}

START_TEST(with_transactions_a_crash_makes_no_record_twice_for_who_reads_committed)
{
    for (int v2 = 0; v2 < 2; v2++) {
        Pipeline self = pipeline(true);
        self.small.spec->era.on[ERA_KIP_890] = v2 == 1;
        add_worker(&self, "w1", SIM_SEC(5), "worker");
        add_worker(&self, "w2", SIM_TIME_MAX, "worker");
        member_fault(&self, FAULT_CRASH, SIM_SEC(9) + SIM_MS(150), 0);
        member_fault(&self, FAULT_JOIN, SIM_SEC(9) + SIM_MS(150), 1);
        run(&self);
        ck_assert_int_eq(seen_by(&self, 1)->sources, INPUTS);
        ck_assert_int_eq(seen_by(&self, 1)->sources_again, 0);
        ck_assert_int_eq(seen_by(&self, 2)->sources, INPUTS);
        ck_assert_int_gt(seen_by(&self, 2)->sources_again, 0);
        ck_assert_int_le(seen_by(&self, 2)->sources_again, 200);
        small_end(&self.small);
    }
}
END_TEST

START_TEST(at_least_once_a_crash_makes_up_to_a_poll_twice_and_loses_nothing)
{
    Pipeline self = pipeline(false);
    add_worker(&self, "w1", SIM_SEC(5), NULL);
    add_worker(&self, "w2", SIM_TIME_MAX, NULL);
    member_fault(&self, FAULT_CRASH, SIM_SEC(9) + SIM_MS(150), 0);
    member_fault(&self, FAULT_JOIN, SIM_SEC(9) + SIM_MS(150), 1);
    run(&self);
    ck_assert_int_eq(seen_by(&self, 1)->sources, INPUTS);
    ck_assert_int_gt(seen_by(&self, 1)->sources_again, 0);
    ck_assert_int_le(seen_by(&self, 1)->sources_again, 200);
    small_end(&self.small);
}
END_TEST

/* A follower that lags behind comes to lead: what the worker had read is gone, and other records
 * stand at the same offsets. Nobody sees anything twice that was made of one record. */
START_TEST(what_stands_where_a_log_was_truncated_is_not_read_again)
{
    Pipeline self = pipeline(false);
    g_array_set_size(self.small.topic->assignment->pdata[0], 2); /* brokers 1 and 2 */
    small_set(self.small.topic->config, "min.insync.replicas", "1");
    small_set(self.small.topic->config, "unclean.leader.election.enable", "true");
    small_set(self.small.producer->config, "acks", "1");
    self.small.producer->rate_milli = 100 * 1000;
    self.small.producer->records = 4000;
    add_worker(&self, "w1", SIM_SEC(5), NULL);
    small_fault(&self.small, FAULT_CRASH, SIM_SEC(10), 2);
    small_fault(&self.small, FAULT_CRASH, SIM_SEC(35), 1); /* the in-sync one since 19 s or so */
    small_fault(&self.small, FAULT_START, SIM_SEC(35) + SIM_MS(100), 2);
    small_run(&self.small);
    const LedgerGroup *workers = seen_by(&self, 0);
    const LedgerGroup *all = seen_by(&self, 2);
    ck_assert_int_gt(small_fates(&self.small).lost, 2000);
    ck_assert_int_gt(workers->consumed, 3500);
    ck_assert_int_eq(all->sources, workers->consumed);
    ck_assert_int_eq(all->sources_again, 0);
    small_end(&self.small);
}
END_TEST

/* The topic is deleted and created again: records at the same offsets, of the same leader epochs,
 * are other records. What was made of them is nothing made twice. */
START_TEST(records_of_a_topic_that_was_created_again_are_others)
{
    Pipeline self = pipeline(false);
    ClusterSpec *spec = self.small.spec;
    self.small.producer->rate_milli = 50 * 1000;
    add_worker(&self, "w1", SIM_SEC(1), NULL);
    whole_fault(spec, FAULT_DELETE_TOPIC, SIM_SEC(20), TARGET_NONE, SPEC_NONE)->topic = 0;
    FaultSpec *again = whole_fault(spec, FAULT_CREATE_TOPIC, SIM_SEC(21), TARGET_NONE, SPEC_NONE);
    again->topic = 0;
    again->number = 1;
    again->replication_factor = 3;
    run(&self);
    const LedgerGroup *workers = seen_by(&self, 0);
    const LedgerGroup *all = seen_by(&self, 2);
    ck_assert_int_gt(workers->consumed, 1800);
    ck_assert_int_eq(workers->records_twice, 0);
    ck_assert_int_eq(all->sources, workers->consumed);
    ck_assert_int_eq(all->sources_again, 0);
    small_end(&self.small);
}
END_TEST

/* The group gives its partition to another, with an id of its own: when the frozen one wakes up,
 * its group (a generation that is gone) keeps it from committing what it had open (KIP-447). */
START_TEST(a_worker_that_was_frozen_past_its_session_commits_nothing)
{
    Pipeline self = pipeline(true);
    add_worker(&self, "w1", SIM_SEC(5), "worker-1");
    add_worker(&self, "w2", SIM_SEC(20), "worker-2");
    member_fault(&self, FAULT_PAUSE, SIM_SEC(8) + SIM_MS(300), 0);
    member_fault(&self, FAULT_RESUME, SIM_SEC(40), 0);
    run(&self);
    ck_assert(small_said(&self.small, "w1-producer", "transaction abortable", ""));
    ck_assert_int_eq(seen_by(&self, 1)->sources, INPUTS);
    ck_assert_int_eq(seen_by(&self, 1)->sources_again, 0);
    small_end(&self.small);
}
END_TEST

/* The group's coordinator is frozen: sendOffsetsToTransaction() throws, the worker aborts, and that
 * too waits for the answer about the offsets. */
START_TEST(a_worker_whose_offsets_are_not_answered_aborts_and_does_it_again)
{
    for (int v2 = 0; v2 < 2; v2++) {
        Pipeline self = pipeline(true);
        self.small.spec->era.on[ERA_KIP_890] = v2 == 1;
        small_set(self.small.spec->config, "offsets.topic.num.partitions", "1");
        add_worker(&self, "w1", SIM_SEC(5), "worker");
        ProducerSpec *producer = self.small.spec->producers->pdata[1];
        small_set(producer->config, "max.block.ms", "3000");
        small_fault(&self.small, FAULT_PAUSE, SIM_SEC(9) + SIM_MS(150), 2);
        small_fault(&self.small, FAULT_RESUME, SIM_SEC(17), 2);
        run(&self);
        ck_assert(small_said(&self.small,
                             "w1-producer",
                             "transaction timeout",
                             v2 == 1 ? "TxnOffsetCommit" : "AddOffsets"));
        ck_assert(small_said(&self.small, "w1-producer", "transaction timeout", "EndTxn(false)"));
        ck_assert_int_eq(seen_by(&self, 1)->sources, INPUTS);
        ck_assert_int_eq(seen_by(&self, 1)->sources_again, 0);
        ck_assert_int_gt(seen_by(&self, 2)->sources_again, 0);
        small_end(&self.small);
    }
}
END_TEST

/* The topic is deleted while records of it are processed: their offsets are refused over and over
 * (UNKNOWN_TOPIC_OR_PARTITION is retriable), the call throws, and the abort waits behind them; only
 * transaction.timeout.ms ends the transaction. */
START_TEST(offsets_of_a_deleted_topic_are_refused)
{
    for (int v2 = 0; v2 < 2; v2++) {
        Pipeline self = pipeline(true);
        self.small.spec->era.on[ERA_KIP_890] = v2 == 1;
        add_worker(&self, "w1", SIM_SEC(5), "worker");
        ProducerSpec *producer = self.small.spec->producers->pdata[1];
        small_set(producer->config, "max.block.ms", "3000");
        small_set(producer->config, "transaction.timeout.ms", "10000");
        FaultSpec *gone = small_fault(&self.small, FAULT_DELETE_TOPIC, SIM_SEC(9) + SIM_MS(50), 0);
        gone->target = TARGET_NONE;
        gone->topic = 0;
        self.small.spec->trace_batches = true;
        run(&self);
        ck_assert(small_said(&self.small,
                             "w1-producer",
                             "transaction timeout",
                             v2 == 1 ? "TxnOffsetCommit" : "AddOffsetsToTxn"));
        ck_assert(small_said(&self.small, "w1-producer", "transaction timeout", "EndTxn(false)"));
        ck_assert(small_said(&self.small, "broker-1", "transaction marker", "out-0: ABORT"));
        ck_assert_int_lt(seen_by(&self, 1)->sources, seen_by(&self, 2)->sources);
        small_end(&self.small);
    }
}
END_TEST

/* Its producer is known to be ready anew, in each of its lives. */
START_TEST(a_worker_that_was_killed_and_started_again_works_on)
{
    Pipeline self = pipeline(true);
    add_worker(&self, "w1", SIM_SEC(5), "worker");
    member_fault(&self, FAULT_CRASH, SIM_SEC(9) + SIM_MS(150), 0);
    member_fault(&self, FAULT_START, SIM_SEC(10), 0);
    run(&self);
    ck_assert_int_eq(seen_by(&self, 1)->sources, INPUTS);
    ck_assert_int_eq(seen_by(&self, 1)->sources_again, 0);
    small_end(&self.small);
}
END_TEST

/* The thread that sends pays for the answers to its batches when it sends EndTxn, and is at work on
 * that for longer than EndTxn takes: commitTransaction() returns, and the next record is sent,
 * before its next pass. beginTransaction() asks nobody. */
START_TEST(a_worker_with_a_slow_sender_loses_nothing)
{
    Pipeline self = pipeline(true);
    self.small.spec->profile.cpu_client_request = SIM_MS(40);
    add_worker(&self, "w1", SIM_SEC(5), "worker");
    run(&self);
    ck_assert_int_eq(seen_by(&self, 1)->sources, INPUTS);
    ck_assert_int_eq(seen_by(&self, 1)->sources_again, 0);
    small_end(&self.small);
}
END_TEST

/* beginTransaction() asks nobody: what is sent next belongs to it, also while the thread that sends
 * is still at work on what a thaw brought in one moment. */
START_TEST(a_worker_that_is_frozen_again_and_again_loses_nothing)
{
    Pipeline self = pipeline(true);
    self.small.producer->rate_milli = 1000 * 60;
    self.workers->process_record = distribution_constant(0);
    add_worker(&self, "w1", SIM_SEC(2), "worker");
    for (int i = 0; i < 550; i++) {
        SimTime at = SIM_SEC(7) + SIM_US(50130) * i;
        member_fault(&self, FAULT_PAUSE, at, 0);
        member_fault(&self, FAULT_RESUME, at + SIM_MS(5), 0);
    }
    run(&self);
    ck_assert_int_eq(seen_by(&self, 1)->sources, INPUTS);
    ck_assert_int_eq(seen_by(&self, 1)->sources_again, 0);
    small_end(&self.small);
}
END_TEST

/* The only replica of what it writes to is away for 30 s: flush(), or the transaction, waits, and
 * the heartbeat thread sees no poll() for max.poll.interval.ms. */
START_TEST(a_worker_that_waits_for_its_producer_too_long_is_put_out)
{
    Pipeline self = pipeline(_i == 1);
    self.small.spec->duration = SIM_SEC(120);
    TopicSpec *out = self.small.spec->topics->pdata[1];
    g_ptr_array_set_size(out->assignment, 0);
    whole_assign(out, 1, (const int32_t[]){3});
    out->replication_factor = 1;
    small_set(out->config, "min.insync.replicas", "1");
    small_set(self.workers->config, "max.poll.interval.ms", "10000");
    if (_i >= 2) {
        small_set(self.workers->config, "group.protocol", "consumer");
    }
    const SimTime start = _i < 2 ? SIM_SEC(6) : SIM_SEC(9); /* a classic group waits for more */
    add_worker(&self, "w1", start, _i == 1 ? "worker" : NULL);
    small_fault(&self.small, FAULT_CRASH, SIM_SEC(10), 3);
    small_fault(&self.small, FAULT_START, SIM_SEC(40), 3);
    run(&self);
    LoggedEvent left;
    ck_assert(small_find(&self.small, 0, "w1", "left", "no poll for max.poll.interval.ms", &left));
    ck_assert_int_gt(left.time, SIM_SEC(19));
    ck_assert_int_lt(left.time, SIM_SEC(21));
    ck_assert_int_eq(seen_by(&self, 1)->sources, INPUTS);
    small_end(&self.small);
}
END_TEST

/* Every broker dies once in the middle of it. */
START_TEST(exactly_once_survives_every_coordinator)
{
    for (int v2 = 0; v2 < 2; v2++) {
        Pipeline self = pipeline(true);
        self.small.spec->era.on[ERA_KIP_890] = v2 == 1;
        self.small.spec->duration = SIM_SEC(120);
        self.workers->process_record = distribution_constant(SIM_MS(20));
        add_worker(&self, "w1", SIM_SEC(5), "worker");
        for (int32_t id = 1; id <= 3; id++) {
            small_fault(&self.small, FAULT_CRASH, SIM_SEC(1 + 14 * id), id);
            small_fault(&self.small, FAULT_START, SIM_SEC(6 + 14 * id), id);
        }
        run(&self);
        ck_assert_int_eq(seen_by(&self, 1)->sources, INPUTS);
        ck_assert_int_eq(seen_by(&self, 1)->sources_again, 0);
        small_end(&self.small);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("workers");
    TCase *tcase = tcase_create("pipelines");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, with_transactions_a_crash_makes_no_record_twice_for_who_reads_committed);
    tcase_add_test(tcase, at_least_once_a_crash_makes_up_to_a_poll_twice_and_loses_nothing);
    tcase_add_test(tcase, what_stands_where_a_log_was_truncated_is_not_read_again);
    tcase_add_test(tcase, records_of_a_topic_that_was_created_again_are_others);
    tcase_add_test(tcase, a_worker_that_was_frozen_past_its_session_commits_nothing);
    tcase_add_test(tcase, a_worker_whose_offsets_are_not_answered_aborts_and_does_it_again);
    tcase_add_test(tcase, offsets_of_a_deleted_topic_are_refused);
    tcase_add_test(tcase, a_worker_that_was_killed_and_started_again_works_on);
    tcase_add_test(tcase, a_worker_with_a_slow_sender_loses_nothing);
    tcase_add_test(tcase, a_worker_that_is_frozen_again_and_again_loses_nothing);
    tcase_add_loop_test(tcase, a_worker_that_waits_for_its_producer_too_long_is_put_out, 0, 3);
    tcase_add_test(tcase, exactly_once_survives_every_coordinator);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
