/* test_transaction_timeouts.c - calls of a transactional producer that take longer than
 * max.block.ms: the same call again, and it waits for the same result. */
#include "tests/models/broker/small_cluster.h"
#include "tests/run_suite.h"

typedef struct Timeouts {
    int32_t count;
    SimTime first;
    SimTime last;
} Timeouts;

static Timeouts timeouts_of(const SmallCluster *self, const char *operation)
{
    const EventLog *log = cluster_event_log(self->cluster);
    Timeouts found = {0};
    for (uint32_t id = 1; id <= event_log_count(log); id++) {
        LoggedEvent event;
        if (event_log_get(log, id, &event) && strcmp(event.what, "transaction timeout") == 0 &&
            strstr(event.detail, operation) != NULL) {
            found.first = found.count == 0 ? event.time : found.first;
            found.last = event.time;
            found.count++;
        }
    }
    return found;
}

/* Two of three brokers are away from 5 s to 60 s: the log of transactions wants two replicas, the
 * records themselves only one. */
static SmallCluster half_dead(void)
{
    SmallCluster self = small_cluster(3, "1", "all");
    self.topic->partitions = 1;
    self.spec->duration = SIM_SEC(90);
    small_set(self.spec->config, "transaction.state.log.num.partitions", "3");
    small_set(self.producer->config, "transactional.id", "tx-1");
    small_set(self.producer->config, "max.block.ms", "10000");
    self.producer->stop = SIM_SEC(75);
    for (int32_t id = 2; id <= 3; id++) {
        small_fault(&self, FAULT_CRASH, SIM_SEC(5), id);
        small_fault(&self, FAULT_START, SIM_SEC(60), id);
    }
    return self;
}

START_TEST(init_transactions_throws_after_max_block_ms_and_is_called_again)
{
    SmallCluster self = half_dead();
    self.producer->start = SIM_SEC(20);
    self.producer->transaction_records = 10;
    small_run(&self);
    const Timeouts found = timeouts_of(&self, "tx-1: 10000 ms while awaiting InitProducerId");
    ck_assert_int_ge(found.count, 3);
    ck_assert_int_le(found.first, SIM_SEC(30) + SIM_MS(100)); /* the start of the process is work */
    ck_assert_int_eq(found.last - found.first, (found.count - 1) * SIM_SEC(10));
    ck_assert_int_eq(small_fates(&self).acked, small_fates(&self).offered);
    ck_assert_int_eq(checks_failures(cluster_checks(self.cluster)), 0);
    small_end(&self);
}
END_TEST

START_TEST(a_commit_that_timed_out_is_called_again_and_commits_once)
{
    for (int v2 = 0; v2 < 2; v2++) {
        SmallCluster self = half_dead();
        self.spec->era.on[ERA_KIP_890] = v2 == 1;
        self.producer->transaction_ns = SIM_SEC(3);
        GroupSpec *group = group_spec_new("rc");
        int32_t topic = 0;
        g_array_append_val(group->topics, topic);
        small_set(group->config, "isolation.level", "read_committed");
        small_set(group->config, "auto.offset.reset", "earliest");
        g_ptr_array_add(group->members, member_spec_new("rc", group));
        g_ptr_array_add(self.spec->groups, group);
        small_run(&self);
        const Timeouts found = timeouts_of(&self, "while awaiting EndTxn(true)");
        ck_assert_int_ge(found.count, 3);
        ck_assert_int_eq(found.last - found.first, (found.count - 1) * SIM_SEC(10));
        ck_assert_int_gt(small_fates(&self).acked, 1000);
        ck_assert_int_eq(ledger_group(self.cluster->ledger, 0)->records, small_fates(&self).acked);
        ck_assert_int_eq(checks_failures(cluster_checks(self.cluster)), 0);
        small_end(&self);
    }
}
END_TEST

/* Sender.run: what is open when close() is called is aborted then, not when send() is called next.
 */
START_TEST(close_aborts_after_an_error_that_nobody_has_heard_of_yet)
{
    SmallCluster self = small_cluster(3, "2", "all");
    self.topic->partitions = 1;
    self.spec->duration = SIM_SEC(120);
    small_set(self.topic->config, "max.message.bytes", "120");
    small_set(self.producer->config, "transactional.id", "tx-1");
    self.producer->transaction_records = 10;
    self.producer->rate_milli = 20; /* a record in 50 s */
    whole_fault(self.spec, FAULT_STOP, SIM_SEC(75), TARGET_PRODUCER, 0);
    small_run(&self);
    LoggedEvent failed;
    LoggedEvent closed;
    ck_assert(small_find(&self, 0, "load", "transaction abortable", "tx-1", &failed));
    ck_assert_int_lt(failed.time, SIM_SEC(74));
    ck_assert(small_find(&self, 0, "load", "closed", "", &closed));
    ck_assert_int_le(closed.time, SIM_SEC(76));
    small_end(&self);
}
END_TEST

/* The next send() throws, and that comes sooner than was to be expected when the batch failed. */
START_TEST(an_error_is_heard_of_with_the_next_record_whenever_it_comes)
{
    SmallCluster self = small_cluster(3, "2", "all");
    self.topic->partitions = 1;
    self.spec->duration = SIM_SEC(120);
    small_set(self.topic->config, "max.message.bytes", "120");
    small_set(self.producer->config, "transactional.id", "tx-1");
    self.producer->transaction_records = 10;
    self.producer->rate_milli = 20; /* a record in 50 s */
    whole_fault(self.spec, FAULT_RATE, SIM_SEC(75), TARGET_PRODUCER, 0)->number = 1000;
    small_run(&self);
    LoggedEvent failed;
    LoggedEvent again;
    ck_assert(small_find(&self, 0, "load", "transaction abortable", "tx-1", &failed));
    ck_assert_int_lt(failed.time, SIM_SEC(52));
    ck_assert(small_find(&self, SIM_SEC(75), "load", "transaction abortable", "tx-1", &again));
    ck_assert_int_lt(again.time, SIM_SEC(80));
    small_end(&self);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transaction timeouts");
    TCase *tcase = tcase_create("clusters");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, init_transactions_throws_after_max_block_ms_and_is_called_again);
    tcase_add_test(tcase, a_commit_that_timed_out_is_called_again_and_commits_once);
    tcase_add_test(tcase, close_aborts_after_an_error_that_nobody_has_heard_of_yet);
    tcase_add_test(tcase, an_error_is_heard_of_with_the_next_record_whenever_it_comes);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
