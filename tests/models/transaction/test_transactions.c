/* test_transactions.c - transactions of whole clusters, told as Kafka logs them. */
#include "tests/models/broker/small_cluster.h"
#include <stdlib.h>

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

int main(void)
{
    Suite *suite = suite_create("transactions");
    TCase *tcase = tcase_create("clusters");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, a_commit_is_answered_before_its_markers_are_written);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
