/* test_describe_transactions.c - what describe transactions prints, compared with the layout of
 * kafka-transactions.sh byte by byte. */
#include "scenarios/runner/describe/describe_transactions.h"
#include "tests/run_suite.h"
#include <check.h>

typedef struct Bench {
    GArray *partitions;
    TransactionStateView open;
    TransactionStateView idle;
    GPtrArray *views;
    GString *out;
} Bench;

static void fill(Bench *bench)
{
    const OwnedPartitionView rows[] = {{"orders", 0}, {"orders", 2}, {"payments", 1}};
    bench->partitions = g_array_new(FALSE, FALSE, sizeof(OwnedPartitionView));
    g_array_append_vals(bench->partitions, rows, G_N_ELEMENTS(rows));
    bench->open = (TransactionStateView){
        "billing-1", 2, 1003, 9, "Ongoing", SIM_SEC(60), SIM_MS(19040), bench->partitions};
    bench->idle = (TransactionStateView){"audit",
                                         3,
                                         5,
                                         0,
                                         "CompleteAbort",
                                         SIM_SEC(10),
                                         -1,
                                         g_array_new(FALSE, FALSE, sizeof(OwnedPartitionView))};
    bench->views = g_ptr_array_new();
    g_ptr_array_add(bench->views, &bench->open);
    g_ptr_array_add(bench->views, &bench->idle);
    bench->out = g_string_new(NULL);
}

static void clear(Bench *bench)
{
    g_array_free(bench->partitions, TRUE);
    g_array_free(bench->idle.partitions, TRUE);
    g_ptr_array_free(bench->views, TRUE);
    g_string_free(bench->out, TRUE);
}

START_TEST(all_ids_are_listed_as_kafka_transactions_lists_them)
{
    Bench bench;
    fill(&bench);
    describe_transactions(bench.views, bench.out);
    ck_assert_str_eq(bench.out->str,
                     "TransactionalId\tCoordinator\tProducerId\tTransactionState\t\n"
                     "billing-1      \t2          \t1003      \tOngoing         \t\n"
                     "audit          \t3          \t5         \tCompleteAbort   \t\n");
    clear(&bench);
}
END_TEST

#define HEADER                                                                                     \
    "CoordinatorId\tTransactionalId\tProducerId\tProducerEpoch\tTransactionState"                  \
    "\tTransactionTimeoutMs\tCurrentTransactionStartTimeMs\tTransactionDurationMs"                 \
    "\tTopicPartitions"

START_TEST(an_open_transaction_tells_since_when_and_where)
{
    Bench bench;
    fill(&bench);
    ck_assert(describe_transaction(bench.views, "billing-1", SIM_MS(20000), bench.out));
    ck_assert_str_eq(bench.out->str,
                     HEADER "             \t\n"
                            "2            \tbilling-1      \t1003      \t9            "
                            "\tOngoing         \t60000               "
                            "\t19040                        \t960                  "
                            "\torders-0,orders-2,payments-1\t\n");
    clear(&bench);
}
END_TEST

START_TEST(without_a_transaction_there_are_no_times)
{
    Bench bench;
    fill(&bench);
    ck_assert(describe_transaction(bench.views, "audit", SIM_MS(20000), bench.out));
    ck_assert_str_eq(bench.out->str,
                     HEADER "\t\n"
                            "3            \taudit          \t5         \t0            "
                            "\tCompleteAbort   \t10000               "
                            "\tNone                         \tNone                 "
                            "\t               \t\n");
    ck_assert(!describe_transaction(bench.views, "nobody", SIM_MS(20000), bench.out));
    clear(&bench);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("describe transactions");
    TCase *tests = tcase_create("all");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, all_ids_are_listed_as_kafka_transactions_lists_them);
    tcase_add_test(tests, an_open_transaction_tells_since_when_and_where);
    tcase_add_test(tests, without_a_transaction_there_are_no_times);
    return run_suite(suite);
}
