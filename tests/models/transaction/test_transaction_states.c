/* test_transaction_states.c - the coordinator dies between two steps of a transaction; ids that are
 * forgotten; partitions that are gone. */
#include "models/transaction/txn_metadata.h"
#include "tests/models/broker/small_cluster.h"
#include "tests/run_suite.h"

/* Four brokers; __transaction_state has one partition on three of them. Where its replicas are is
 * drawn, and the same in every run. */
typedef struct Places {
    int32_t coordinator; /* leads it */
    int32_t follower;    /* has a replica */
    int32_t outside;     /* has none */
} Places;

static ClusterSpec *four_brokers(void)
{
    ClusterSpec *spec = whole_spec(4, 1, 1, SIM_SEC(60));
    spec->trace_batches = true;
    small_set(spec->config, "transaction.state.log.num.partitions", "1");
    return spec;
}

static ProducerSpec *transactional_load(ClusterSpec *spec, int64_t records)
{
    ProducerSpec *producer = whole_load(spec, 50, "all", SIM_SEC(50));
    producer->start = SIM_SEC(1);
    producer->records = records;
    producer->transaction_records = 10;
    small_set(producer->config, "transactional.id", "tx-1");
    return producer;
}

static GroupSpec *reader(ClusterSpec *spec, const char *name, const char *isolation)
{
    GroupSpec *group = group_spec_new(name);
    int32_t topic = 0;
    g_array_append_val(group->topics, topic);
    group->kind = GROUP_ASSIGNS_ALONE;
    small_set(group->config, "isolation.level", isolation);
    small_set(group->config, "auto.offset.reset", "earliest");
    g_ptr_array_add(group->members, member_spec_new(name, group));
    g_ptr_array_add(spec->groups, group);
    return group;
}

/* orders-0 on the broker that has no part in __transaction_state, orders-1 on one that follows. */
static SmallCluster on_two_brokers(const Places *places, bool v2, bool commits, int64_t records)
{
    SmallCluster self = {.spec = four_brokers()};
    self.spec->era.on[ERA_KIP_890] = v2;
    self.topic = whole_topic(self.spec, "orders", 2, 1);
    whole_assign(self.topic, 1, &places->outside);
    whole_assign(self.topic, 1, &places->follower);
    self.producer = transactional_load(self.spec, records);
    self.producer->transaction_abort_every = commits ? 0 : 1;
    reader(self.spec, "rc", "read_committed");
    reader(self.spec, "ru", "read_uncommitted");
    return self;
}

static Places places(void)
{
    const Places any = {1, 2, 3};
    SmallCluster dry = on_two_brokers(&any, true, true, 10);
    small_run(&dry);
    const ClusterReport *report = cluster_report(dry.cluster);
    Places found = {0};
    for (int32_t i = 0; i < report->partition_count; i++) {
        const PartitionReport *state = &report->partitions[i];
        if (strcmp(state->topic, "__transaction_state") == 0) {
            int32_t sum = state->replicas[0] + state->replicas[1] + state->replicas[2];
            found.coordinator = state->leader;
            found.outside = 1 + 2 + 3 + 4 - sum;
            found.follower = state->replicas[state->replicas[0] == state->leader ? 1 : 0];
        }
    }
    ck_assert_int_gt(found.coordinator, 0);
    small_end(&dry);
    return found;
}

static SimTime
last_of(const SmallCluster *self, const char *what, const char *detail, SimTime before)
{
    const EventLog *log = cluster_event_log(self->cluster);
    SimTime last = -1;
    for (uint32_t id = 1; id <= event_log_count(log); id++) {
        LoggedEvent event;
        if (event_log_get(log, id, &event) && event.time < before &&
            strcmp(event.what, what) == 0 && strstr(event.detail, detail) != NULL) {
            last = event.time;
        }
    }
    return last;
}

static int32_t times_said(const SmallCluster *self, const char *what, const char *detail)
{
    const EventLog *log = cluster_event_log(self->cluster);
    int32_t count = 0;
    for (uint32_t id = 1; id <= event_log_count(log); id++) {
        LoggedEvent event;
        count += event_log_get(log, id, &event) && strcmp(event.what, what) == 0 &&
                 strstr(event.detail, detail) != NULL;
    }
    return count;
}

/* When EndTxn goes out: when the last of the first ten records was acknowledged; an abort, with the
 * tenth, which is not sent any more. */
static SimTime when_all_are_acked(const Places *places, bool v2, bool commits)
{
    SmallCluster dry = on_two_brokers(places, v2, commits, 10);
    small_run(&dry);
    SimTime acked = commits ? last_of(&dry, "batch acked", "", SIM_SEC(60))
                            : last_of(&dry, "transaction", "-> ABORTING", SIM_SEC(60));
    ck_assert_int_gt(acked, SIM_SEC(1));
    ck_assert_int_eq(times_said(&dry, "transaction marker", commits ? "COMMIT" : "ABORT"), 2);
    small_end(&dry);
    return acked;
}

/* The leader of orders-0 stands still from the last acknowledgement on: Prepare... is written, of
 * the two markers only one. Then the coordinator dies; its successor finds Prepare... in the log
 * and writes both (the one a second time), the other when its leader is back. */
static void dies_with_markers_half_written(bool v2, bool commits)
{
    Places places_found = places();
    SimTime acked = when_all_are_acked(&places_found, v2, commits);
    SmallCluster self = on_two_brokers(&places_found, v2, commits, 100);
    small_fault(&self, FAULT_PAUSE, acked + 1000, places_found.outside);
    small_fault(&self, FAULT_CRASH, SIM_SEC(2), places_found.coordinator);
    small_fault(&self, FAULT_RESUME, SIM_SEC(6), places_found.outside);
    small_fault(&self, FAULT_START, SIM_SEC(20), places_found.coordinator);
    small_run(&self);
    if (g_getenv("SHOW") != NULL) {
        small_print(&self);
    }
    /* The second transaction cannot begin before the first has ended, and is aborted unsent; then
     * come those that were late, which end as fast as they begin. */
    const int ends = commits ? 10 : 2;
    const char *marker = commits ? "orders-0: COMMIT" : "orders-0: ABORT";
    LoggedEvent event;
    ck_assert_int_eq(times_said(&self,
                                "transaction loaded",
                                commits ? "tx-1: PrepareCommit, 2 partitions want their markers"
                                        : "tx-1: PrepareAbort, 2 partitions want their markers"),
                     1);
    g_autofree char *leader = g_strdup_printf("broker-%d", places_found.outside);
    ck_assert(small_find(&self, 0, leader, "transaction marker", marker, &event));
    ck_assert_int_ge(event.time, SIM_SEC(6));
    ck_assert_ptr_nonnull(strstr(event.detail, "coordinator epoch 1"));
    ck_assert_int_eq(times_said(&self, "transaction marker", "orders-1"), ends + 1);
    ck_assert_int_eq(times_said(&self, "transaction marker", "orders-0"), ends);
    ck_assert_int_eq(ledger_group(self.cluster->ledger, 0)->records, commits ? 100 : 0);
    const int64_t all = ledger_group(self.cluster->ledger, 1)->records;
    ck_assert(commits ? all == 100 : all >= 9 && all <= 2 * 9);
    ck_assert_int_eq(checks_failures(cluster_checks(self.cluster)), 0);
    small_end(&self);
}

START_TEST(a_new_coordinator_finishes_a_commit_whose_markers_are_half_written)
{
    dies_with_markers_half_written(false, true);
    dies_with_markers_half_written(true, true);
}
END_TEST

START_TEST(a_new_coordinator_finishes_an_abort_whose_markers_are_half_written)
{
    dies_with_markers_half_written(false, false);
    dies_with_markers_half_written(true, false);
}
END_TEST

/* Nothing was decided: the new coordinator finds Ongoing, and the producer goes on with it. */
START_TEST(an_ongoing_transaction_outlives_its_coordinator)
{
    for (int v2 = 0; v2 < 2; v2++) {
        Places places_found = places();
        SmallCluster self = on_two_brokers(&places_found, v2 == 1, true, 400);
        self.producer->transaction_records = 200;
        small_fault(&self, FAULT_CRASH, SIM_SEC(2), places_found.coordinator);
        small_run(&self);
        ck_assert_int_eq(times_said(&self, "transaction loaded", ""), 0);
        ck_assert(!small_said(&self, "load", "transaction abortable", ""));
        ck_assert_int_eq(times_said(&self, "transaction marker", "orders-0: COMMIT"), 2);
        ck_assert_int_eq(ledger_group(self.cluster->ledger, 0)->records, 400);
        ck_assert_int_eq(checks_failures(cluster_checks(self.cluster)), 0);
        small_end(&self);
    }
}
END_TEST

/* One record every 200 s; its id is forgotten after a minute without one, at the next look. */
START_TEST(a_transactional_id_that_is_idle_for_too_long_is_forgotten)
{
    for (int v2 = 0; v2 < 2; v2++) {
        SmallCluster self = small_cluster(3, "2", "all");
        self.spec->era.on[ERA_KIP_890] = v2 == 1;
        self.spec->duration = SIM_SEC(500);
        small_set(self.spec->config, "transactional.id.expiration.ms", "60000");
        small_set(self.spec->config,
                  "transaction.remove.expired.transaction.cleanup.interval.ms",
                  "30000");
        small_set(self.producer->config, "transactional.id", "tx-1");
        self.producer->transaction_records = 1;
        self.producer->rate_milli = 5;
        self.producer->start = SIM_SEC(1);
        small_run(&self);
        if (g_getenv("SHOW") != NULL) {
            small_print(&self);
        }
        ck_assert_int_eq(times_said(&self, "transactional id expired", "tx-1"), 1);
        SimTime expired = last_of(&self, "transactional id expired", "", SIM_SEC(500));
        ck_assert_int_eq(expired % SIM_SEC(30), 0);
        ck_assert_int_ge(expired, SIM_SEC(61));
        ck_assert(
            small_said(&self, "load", "transaction fatal", "tx-1: INVALID_PRODUCER_ID_MAPPING"));
        ck_assert_int_eq(checks_failures(cluster_checks(self.cluster)), 0);
        small_end(&self);
    }
}
END_TEST

/* While its leader is away, so that no marker could be written. */
START_TEST(a_partition_that_was_deleted_wants_no_marker)
{
    Places places_found = places();
    SimTime acked = when_all_are_acked(&places_found, true, true);
    SmallCluster self = on_two_brokers(&places_found, true, true, 10);
    small_fault(&self, FAULT_PAUSE, acked + 1000, places_found.outside);
    FaultSpec *deletion = whole_fault(self.spec, FAULT_DELETE_TOPIC, SIM_SEC(4), TARGET_NONE, 0);
    deletion->topic = 0;
    small_run(&self);
    if (g_getenv("SHOW") != NULL) {
        small_print(&self);
    }
    ck_assert_int_eq(times_said(&self, "marker not needed", "tx-1: its topic is deleted"), 1);
    small_end(&self);
}
END_TEST

/* initTransactions() of the next process aborts what the former one left open, in an epoch that it
 * has not: whoever writes in the old one is fenced before the abort. When that abort could not be
 * written the epoch was spent all the same, and is not spent twice
 * (TransactionMetadata.prepareFenceProducerEpoch). */
START_TEST(what_is_left_open_is_aborted_in_a_newer_epoch)
{
    TransactionMetadata metadata = {0};
    transaction_metadata_init(&metadata, 7, SIM_SEC(60), 0);
    metadata.now.producer_epoch = 5;
    ck_assert_int_eq(transaction_metadata_prepare_fence(&metadata), 6);
    metadata.now.producer_epoch = 6;
    metadata.has_failed_epoch_fence = true;
    ck_assert_int_eq(transaction_metadata_prepare_fence(&metadata), 6);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transaction states");
    TCase *tcase = tcase_create("clusters");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, a_new_coordinator_finishes_a_commit_whose_markers_are_half_written);
    tcase_add_test(tcase, a_new_coordinator_finishes_an_abort_whose_markers_are_half_written);
    tcase_add_test(tcase, an_ongoing_transaction_outlives_its_coordinator);
    tcase_add_test(tcase, a_transactional_id_that_is_idle_for_too_long_is_forgotten);
    tcase_add_test(tcase, a_partition_that_was_deleted_wants_no_marker);
    tcase_add_test(tcase, what_is_left_open_is_aborted_in_a_newer_epoch);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
