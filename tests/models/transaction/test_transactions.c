/* test_transactions.c - transactions of whole clusters, told as Kafka logs them. */
#include "tests/models/broker/small_cluster.h"
#include "tests/run_suite.h"

static SmallCluster transactional(void)
{
    SmallCluster self = small_cluster(3, "2", "all");
    self.spec->trace_batches = true;
    self.topic->partitions = 1;
    small_set(self.spec->config, "transaction.state.log.num.partitions", "3");
    small_set(self.producer->config, "transactional.id", "tx-1");
    self.producer->transaction_records = 10;
    self.producer->stop = SIM_SEC(5);
    self.spec->duration = SIM_SEC(30);
    return self;
}

/* Readers of both kinds from the start. */
static GroupSpec *reader(SmallCluster *self, const char *name, const char *isolation)
{
    GroupSpec *group = group_spec_new(name);
    int32_t topic = 0;
    g_array_append_val(group->topics, topic);
    small_set(group->config, "isolation.level", isolation);
    small_set(group->config, "auto.offset.reset", "earliest");
    g_ptr_array_add(group->members, member_spec_new(name, group));
    g_ptr_array_add(self->spec->groups, group);
    return group;
}

static int64_t consumed(const SmallCluster *self, int32_t group)
{
    return ledger_group(self->cluster->ledger, group)->records;
}

static SimTime
when(const SmallCluster *self, const char *actor, const char *what, const char *detail)
{
    LoggedEvent event;
    return small_find(self, 0, actor, what, detail, &event) ? event.time : -1;
}

static int32_t how_often(const SmallCluster *self, const char *what, const char *detail)
{
    const EventLog *log = cluster_event_log(self->cluster);
    int32_t count = 0;
    for (uint32_t id = 1; id <= event_log_count(log); id++) {
        LoggedEvent event;
        if (event_log_get(log, id, &event)) {
            count += strcmp(event.what, what) == 0 && strstr(event.detail, detail) != NULL;
        }
    }
    return count;
}

START_TEST(a_commit_is_answered_before_its_markers_are_written)
{
    SmallCluster self = transactional();
    small_run(&self);
    if (g_getenv("SHOW")) {
        small_print(&self);
    }
    ck_assert(small_said(&self, "load", "transactions initialized", "tx-1: producer id"));
    ck_assert(small_said(&self, "load", "transaction", "COMMITTING_TRANSACTION -> READY"));
    ck_assert(small_said(&self, "broker-1", "transaction marker", "orders-0: COMMIT"));
    ck_assert_int_eq(checks_failures(cluster_checks(self.cluster)), 0);
    small_end(&self);
}
END_TEST

/* The last record of each is not sent yet when it is aborted. */
START_TEST(records_of_an_aborted_transaction_are_seen_by_read_uncommitted_only)
{
    for (int v2 = 0; v2 < 2; v2++) {
        SmallCluster self = transactional();
        self.spec->era.on[ERA_KIP_890] = v2 == 1;
        self.producer->transaction_abort_every = 4;
        reader(&self, "rc", "read_committed");
        reader(&self, "ru", "read_uncommitted");
        small_run(&self);
        ck_assert_int_eq(consumed(&self, 1), 200 - 5); /* 4 s of 50 records/s */
        ck_assert_int_eq(consumed(&self, 0), 150);
        ck_assert_int_eq(how_often(&self, "transaction marker", "ABORT"), 5);
        ck_assert_int_eq(how_often(&self, "transaction marker", "COMMIT"), 15);
        ck_assert_int_eq(checks_failures(cluster_checks(self.cluster)), 0);
        small_end(&self);
    }
}
END_TEST

/* Its min.insync.replicas is an option of the topic (TransactionStateManager), which the controller
 * goes by: below it, who leaves the ISR stays eligible (KIP-966). */
START_TEST(who_leaves_the_last_replica_of_the_transaction_log_stays_eligible)
{
    SmallCluster self = transactional();
    self.spec->duration = SIM_SEC(30);
    small_fault(&self, FAULT_CRASH, SIM_SEC(4), 2);
    small_fault(&self, FAULT_CRASH, SIM_SEC(16), 3);
    small_run(&self);
    const EventLog *log = cluster_event_log(self.cluster);
    int eligible = 0;
    for (uint32_t id = 1; id <= event_log_count(log); id++) {
        LoggedEvent event;
        if (event_log_get(log, id, &event) &&
            g_str_has_prefix(event.detail, "__transaction_state") &&
            strstr(event.detail, "ISR [1], ELR [3], fenced 3") != NULL) {
            eligible++;
        }
    }
    ck_assert_int_gt(eligible, 0);
    ck_assert_int_eq(checks_failures(cluster_checks(self.cluster)), 0);
    small_end(&self);
}
END_TEST

/* The client's death matters to nobody: transaction.timeout.ms since the transaction began, then
 * the next scan, every 10 s. All later records of the partition wait for it. */
START_TEST(a_dead_client_holds_back_read_committed_until_its_time_out)
{
    SmallCluster self = transactional();
    self.producer->transaction_records = 0;
    self.producer->transaction_ns = SIM_SEC(3600);
    small_set(self.producer->config, "transaction.timeout.ms", "10000");
    self.spec->duration = SIM_SEC(40);
    ProducerSpec *plain = whole_load(self.spec, 50, "all", SIM_SEC(35));
    g_free(plain->name);
    plain->name = g_strdup("plain");
    plain->start = SIM_SEC(1);
    reader(&self, "rc", "read_committed");
    reader(&self, "ru", "read_uncommitted");
    whole_fault(self.spec, FAULT_CRASH, SIM_SEC(4), TARGET_PRODUCER, 0);
    small_run(&self);
    SimTime marker = when(&self, "broker-1", "transaction marker", "ABORT");
    ck_assert_int_ge(marker, SIM_SEC(20));
    ck_assert_int_le(marker, SIM_SEC(20) + SIM_MS(20));
    ck_assert_int_eq(consumed(&self, 0), 34 * 50);
    ck_assert_int_ge(consumed(&self, 1), 34 * 50 + 140);
    ck_assert_int_eq(checks_failures(cluster_checks(self.cluster)), 0);
    small_end(&self);
}
END_TEST

/* Its transaction was aborted while it stood still. With KIP-890 that raised its epoch by one, as
 * an EndTxn of its own would have: its commit looks like one repeated after an abort. Before, it
 * was fenced. (Seen so in 4.1.0.) */
START_TEST(who_commits_after_its_time_out_hears_that_there_is_nothing_to_commit)
{
    const bool is_v2 = _i == 1;
    SmallCluster self = transactional();
    self.spec->era.on[ERA_KIP_890] = is_v2;
    self.producer->transaction_records = 0;
    self.producer->transaction_ns = SIM_SEC(4);
    self.producer->start = SIM_SEC(1);
    small_set(self.producer->config, "transaction.timeout.ms", "10000");
    self.spec->duration = SIM_SEC(40);
    whole_fault(self.spec, FAULT_PAUSE, SIM_SEC(4), TARGET_PRODUCER, 0);
    whole_fault(self.spec, FAULT_RESUME, SIM_SEC(30), TARGET_PRODUCER, 0);
    small_run(&self);
    ck_assert(small_said(&self,
                         "load",
                         "transaction fatal",
                         is_v2 ? "tx-1: INVALID_TXN_STATE" : "tx-1: PRODUCER_FENCED"));
    small_end(&self);
}
END_TEST

/* The transaction of the first is open when the second starts. */
static SmallCluster with_a_second(bool v2, int64_t first_per_sec_milli)
{
    SmallCluster self = transactional();
    self.spec->era.on[ERA_KIP_890] = v2;
    self.producer->transaction_records = 1000;
    self.producer->rate_milli = first_per_sec_milli;
    ProducerSpec *second = whole_load(self.spec, 50, "all", SIM_SEC(10));
    g_free(second->name);
    second->name = g_strdup("second");
    second->start = SIM_MS(3010);
    second->transaction_records = 10;
    small_set(second->config, "transactional.id", "tx-1");
    return self;
}

/* The second one's initTransactions() aborts what is open and waits for that; then the first one's
 * epoch is old: its next batch is refused, and its abort tells it that it is fenced. */
START_TEST(a_second_producer_of_the_same_id_fences_the_first)
{
    for (int v2 = 0; v2 < 2; v2++) {
        SmallCluster self = with_a_second(v2 == 1, 2000); /* nothing to send for 490 ms */
        reader(&self, "rc", "read_committed");
        small_run(&self);
        if (g_getenv("SHOW")) {
            small_print(&self);
        }
        ck_assert(small_said(&self, "load", "transaction fatal", "PRODUCER_FENCED"));
        ck_assert(!small_said(&self, "second", "transaction fatal", ""));
        ck_assert(small_said(&self, "broker-1", "transaction marker", "ABORT"));
        ck_assert_int_eq(consumed(&self, 0), 7 * 50);
        ck_assert_int_eq(checks_failures(cluster_checks(self.cluster)), 0);
        small_end(&self);
    }
}
END_TEST

/* 4.1.0: the first one, told that its epoch is old, aborts. That looks like the end that the second
 * one asked for, said twice, so it is given the new epoch and begins anew, and the second one meets
 * an open transaction again (seen: up to five times in 700 ms). Before KIP-890 it is fenced. */
START_TEST(a_fenced_producer_that_aborts_soon_enough_gets_the_new_epoch)
{
    for (int v2 = 0; v2 < 2; v2++) {
        SmallCluster self = with_a_second(v2 == 1, 50000);
        small_run(&self);
        const int32_t aborted = how_often(&self, "transaction abortable", "INVALID_PRODUCER_EPOCH");
        ck_assert_int_ge(aborted, v2 == 1 ? 2 : 1);
        ck_assert_int_le(aborted, v2 == 1 ? 50 : 1);
        ck_assert(small_said(&self, "second", "transactions initialized", ""));
        ck_assert_int_eq(checks_failures(cluster_checks(self.cluster)), 0);
        small_end(&self);
    }
}
END_TEST

static SimDuration init_time(const SmallCluster *self, const char *producer)
{
    return when(self, producer, "transactions initialized", "") -
           when(self, producer, "transaction", "UNINITIALIZED -> INITIALIZING");
}

/* InitProducerId had to wait for a look-up, so that it sleeps retry.backoff.ms before it goes, and
 * once more when it meets what the former producer left open. Recorded: 204 to 220 ms. */
START_TEST(init_transactions_sleeps_after_its_look_up_and_while_an_old_one_is_aborted)
{
    SmallCluster self = transactional();
    self.producer->transaction_records = 1000;
    self.producer->rate_milli = 900; /* it is silent when its successor comes */
    const char *const names[] = {"fences", "after a commit"};
    for (int i = 0; i < 2; i++) {
        ProducerSpec *next = whole_load(self.spec, 50, "all", SIM_MS(4000 + 2000 * i));
        g_free(next->name);
        next->name = g_strdup(names[i]);
        next->start = SIM_MS(3000 + 2000 * i);
        next->transaction_records = 1;
        small_set(next->config, "transactional.id", "tx-1");
    }
    small_run(&self);
    ck_assert_int_ge(init_time(&self, "fences"), SIM_MS(200));
    ck_assert_int_le(init_time(&self, "fences"), SIM_MS(220));
    ck_assert_int_ge(init_time(&self, "after a commit"), SIM_MS(100));
    ck_assert_int_le(init_time(&self, "after a commit"), SIM_MS(110));
    small_end(&self);
}
END_TEST

/* Long after the markers too it hears that its epoch is old (recorded), not of a wrong state. */
START_TEST(a_fenced_producer_hears_of_its_old_epoch_however_late_it_sends)
{
    for (int v2 = 0; v2 < 2; v2++) {
        SmallCluster self = transactional();
        self.spec->era.on[ERA_KIP_890] = v2 == 1;
        self.producer->rate_milli = 500; /* each two seconds */
        self.producer->transaction_records = 1000;
        self.producer->stop = SIM_SEC(9);
        ProducerSpec *second = whole_load(self.spec, 50, "all", SIM_SEC(4));
        second->start = SIM_MS(3100);
        second->transaction_records = 10;
        small_set(second->config, "transactional.id", "tx-1");
        small_run(&self);
        const LedgerProducer *first = ledger_producer(self.cluster->ledger, 0);
        ck_assert_int_eq(first->error_count, 1);
        ck_assert_int_eq(first->errors[0].error, KAFKA_INVALID_PRODUCER_EPOCH);
        ck_assert_int_eq(first->errors[0].batches, 1);
        small_end(&self);
    }
}
END_TEST

/* Whoever leads __transaction_state next loads it, and ends what was begun. */
START_TEST(transactions_go_on_under_a_new_coordinator)
{
    for (int v2 = 0; v2 < 2; v2++) {
        SmallCluster self = transactional();
        self.spec->era.on[ERA_KIP_890] = v2 == 1;
        self.producer->stop = SIM_SEC(40);
        self.spec->duration = SIM_SEC(70);
        reader(&self, "rc", "read_committed");
        for (int32_t id = 1; id <= 3; id++) {
            small_fault(&self, FAULT_CRASH, SIM_SEC(3 + 12 * id), id);
            small_fault(&self, FAULT_START, SIM_SEC(8 + 12 * id), id);
        }
        small_run(&self);
        if (g_getenv("SHOW")) {
            small_print(&self);
        }
        ck_assert_int_ge(consumed(&self, 0), 1000);
        ck_assert(!small_said(&self, "load", "transaction fatal", ""));
        ck_assert_int_eq(checks_failures(cluster_checks(self.cluster)), 0);
        ck_assert_int_eq(small_fates(&self).lost, 0);
        small_end(&self);
    }
}
END_TEST

/* A broker is alone: records of orders get in, steps of transactions (min.insync.replicas 2) do
 * not, however often the coordinator is asked. Whoever leads next goes on from the last that did.
 */
START_TEST(steps_that_are_refused_leave_no_mark)
{
    for (int v2 = 0; v2 < 2; v2++) {
        SmallCluster self = transactional();
        self.spec->era.on[ERA_KIP_890] = v2 == 1;
        self.producer->stop = SIM_SEC(40);
        self.spec->duration = SIM_SEC(70);
        small_set(self.topic->config, "min.insync.replicas", "1");
        reader(&self, "rc", "read_committed");
        small_fault(&self, FAULT_CRASH, SIM_SEC(2), 2);
        small_fault(&self, FAULT_STOP, SIM_SEC(13), 3);
        small_fault(&self, FAULT_CRASH, SIM_SEC(35), 1);
        for (int32_t id = 1; id <= 3; id++) {
            small_fault(&self, FAULT_START, SIM_SEC(36), id);
        }
        small_run(&self);
        if (g_getenv("SHOW")) {
            small_print(&self);
        }
        ck_assert(!small_said(&self, "load", "transaction fatal", ""));
        ck_assert_int_eq(how_often(&self, "transactions initialized", ""), 1);
        ck_assert_int_ge(consumed(&self, 0), 1500);
        ck_assert_int_eq(checks_failures(cluster_checks(self.cluster)), 0);
        small_end(&self);
    }
}
END_TEST

/* Two of three brokers are away for longer than delivery.timeout.ms: the batch may be in the log or
 * not. The application aborts, and needs another epoch before it goes on: under v1 it asks for one
 * (KIP-360), under v2 EndTxn brought it (KIP-890). */
START_TEST(after_an_abortable_error_the_producer_goes_on_in_a_new_epoch)
{
    for (int v2 = 0; v2 < 2; v2++) {
        SmallCluster self = transactional();
        self.spec->era.on[ERA_KIP_890] = v2 == 1;
        self.producer->stop = SIM_SEC(30);
        self.spec->duration = SIM_SEC(60);
        small_set(self.producer->config, "delivery.timeout.ms", "4000");
        small_set(self.producer->config, "request.timeout.ms", "2000");
        small_set(self.producer->config, "linger.ms", "0");
        reader(&self, "rc", "read_committed");
        for (int32_t id = 2; id <= 3; id++) {
            small_fault(&self, FAULT_CRASH, SIM_MS(3050), id);
            small_fault(&self, FAULT_START, SIM_SEC(12), id);
        }
        small_run(&self);
        if (g_getenv("SHOW")) {
            small_print(&self);
        }
        ck_assert(small_said(&self, "load", "batch expired", ""));
        ck_assert(small_said(&self, "load", "transaction abortable", "tx-1"));
        ck_assert(!small_said(&self, "load", "transaction fatal", ""));
        ck_assert_int_eq(how_often(&self, "transactions initialized", "epoch 0"), 1);
        ck_assert_int_eq(how_often(&self, "transactions initialized", ""), v2 ? 1 : 2);
        ck_assert_int_eq(how_often(&self, "transactions initialized", "epoch 1"), v2 ? 0 : 1);
        ck_assert_int_eq(how_often(&self, "transaction", "ABORTING_TRANSACTION -> INITIALIZING"),
                         v2 ? 0 : 1);
        ck_assert_int_eq(small_fates(&self).duplicated, 0);
        ck_assert_int_ge(consumed(&self, 0), 600);
        ck_assert_int_eq(checks_failures(cluster_checks(self.cluster)), 0);
        small_end(&self);
    }
}
END_TEST

/* Most transactions have been merged when they come (the log keeps the last 2,048 batches apart),
 * and a follower that was away copied them so. */
START_TEST(readers_far_behind_see_what_was_committed_and_nothing_else)
{
    for (int late_follower = 0; late_follower < 2; late_follower++) {
        SmallCluster self = transactional();
        self.spec->trace_batches = false;
        self.producer->rate_milli = 1000 * 1000;
        self.producer->records = 30000;
        self.producer->stop = SIM_SEC(40);
        small_set(self.producer->config, "linger.ms", "0");
        self.producer->transaction_abort_every = 4;
        self.spec->duration = SIM_SEC(90);
        GroupSpec *committed = reader(&self, "rc", "read_committed");
        GroupSpec *all = reader(&self, "ru", "read_uncommitted");
        ((MemberSpec *)committed->members->pdata[0])->start = SIM_SEC(60);
        ((MemberSpec *)all->members->pdata[0])->start = SIM_SEC(60);
        if (late_follower == 1) {
            small_set(self.spec->config, "replica.lag.time.max.ms", "5000");
            small_fault(&self, FAULT_STOP, SIM_SEC(2), 2);
            small_fault(&self, FAULT_START, SIM_SEC(35), 2);
            small_fault(&self, FAULT_STOP, SIM_SEC(53), 1);
            small_fault(&self, FAULT_STOP, SIM_SEC(55), 3);
        }
        small_run(&self);
        LogCursor log = record_log_seek(small_log(&self, late_follower == 1 ? 2 : 1), 4000);
        ck_assert(log_cursor_next(&log)->merged);
        const Fates fates = small_fates(&self);
        const int64_t told = fates.acked + fates.failed;
        ck_assert_int_gt(fates.acked, 20000);
        ck_assert_int_eq(consumed(&self, 0), told - told / 10 / 4 * 10);
        ck_assert_int_eq(consumed(&self, 1), fates.acked);
        ck_assert_int_eq(checks_failures(cluster_checks(self.cluster)), 0);
        small_end(&self);
    }
}
END_TEST

/* Nothing is written any more, and the high watermark that it begins with is the end. Mirrors:
 * Partition.createLog, UnifiedLog.updateHighWatermark. */
START_TEST(a_broker_that_starts_again_knows_what_is_decided)
{
    SmallCluster self = transactional();
    self.spec->duration = SIM_SEC(90);
    for (int32_t id = 1; id <= 3; id++) {
        small_fault(&self, FAULT_CRASH, SIM_SEC(20), id);
        small_fault(&self, FAULT_START, SIM_SEC(31), id);
    }
    GroupSpec *late = reader(&self, "rc", "read_committed");
    ((MemberSpec *)late->members->pdata[0])->start = SIM_SEC(60);
    small_run(&self);
    ck_assert_int_eq(consumed(&self, 0), 200);
    ck_assert_int_eq(checks_failures(cluster_checks(self.cluster)), 0);
    small_end(&self);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transactions");
    TCase *tcase = tcase_create("clusters");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, a_broker_that_starts_again_knows_what_is_decided);
    tcase_add_test(tcase, a_commit_is_answered_before_its_markers_are_written);
    tcase_add_test(tcase, records_of_an_aborted_transaction_are_seen_by_read_uncommitted_only);
    tcase_add_test(tcase, who_leaves_the_last_replica_of_the_transaction_log_stays_eligible);
    tcase_add_test(tcase, a_dead_client_holds_back_read_committed_until_its_time_out);
    tcase_add_loop_test(
        tcase, who_commits_after_its_time_out_hears_that_there_is_nothing_to_commit, 0, 2);
    tcase_add_test(tcase, a_second_producer_of_the_same_id_fences_the_first);
    tcase_add_test(tcase, a_fenced_producer_that_aborts_soon_enough_gets_the_new_epoch);
    tcase_add_test(tcase,
                   init_transactions_sleeps_after_its_look_up_and_while_an_old_one_is_aborted);
    tcase_add_test(tcase, a_fenced_producer_hears_of_its_old_epoch_however_late_it_sends);
    tcase_add_test(tcase, transactions_go_on_under_a_new_coordinator);
    tcase_add_test(tcase, steps_that_are_refused_leave_no_mark);
    tcase_add_test(tcase, after_an_abortable_error_the_producer_goes_on_in_a_new_epoch);
    tcase_add_test(tcase, readers_far_behind_see_what_was_committed_and_nothing_else);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
