/* test_producer_modes.c - records counted in bulk leave as records that arrive one by one do.
 *
 * An empty list of labels makes a producer send one by one. At a constant rate both ways must
 * give the same requests at the same instants, to the last record; with Poisson arrivals the same
 * law. What is drawn at each pass of the sender (the weights of the adaptive choice, the random
 * part of a back-off) differs, as one by one has more passes; so the adaptive choice is off here,
 * and after a crash only the accounts are compared. */
#include "tests/models/producer/fixture.h"
#include "tests/run_suite.h"

typedef struct Case {
    const char *linger_ms;
    int64_t rate_milli;
    int32_t partitions;
    PartitionChoice choice;
    int64_t value_bytes;
    bool one_leader;
    bool crash;
} Case;

static const Case cases[] = {
    {"5", 1000000, 1, PARTITION_FIXED, 100, true, false},
    {"0", 1000000, 1, PARTITION_FIXED, 100, true, false},
    {"5", 1000000, 3, PARTITION_BY_CLIENT, 1000, false, false},
    {"5", 7777777, 3, PARTITION_BY_CLIENT, 1000, false, false},
    {"20", 3333333, 6, PARTITION_BY_CLIENT, 3000, true, false},
    {"5", 5000000, 6, PARTITION_CYCLE, 100, true, false},
    {"5", 5000000, 6, PARTITION_CYCLE, 5000, false, false},
    {"50", 1234567, 5, PARTITION_CYCLE, 20000, false, false},
    {"5", 2000000, 3, PARTITION_CYCLE, 1000, false, true},
    {"5", 2000000, 3, PARTITION_BY_CLIENT, 1000, false, true},
    {"0", 2000000, 3, PARTITION_BY_CLIENT, 10000, false, true},
};

static Fixture *start_case(const Case *c, bool one_by_one, ArrivalKind arrival)
{
    Fixture *fixture = fixture_new(c->partitions);
    fixture_option(fixture, "linger.ms", c->linger_ms);
    fixture_option(fixture, "partitioner.adaptive.partitioning.enable", "false");
    ProducerSpec *spec = fixture->spec;
    spec->rate_milli = c->rate_milli;
    spec->arrival = arrival;
    spec->choice = c->choice;
    spec->value_bytes = distribution_constant(c->value_bytes);
    if (one_by_one) {
        spec->labels = g_ptr_array_new_with_free_func(g_free);
    }
    for (int32_t i = 0; i < FIXTURE_PARTITIONS; i++) {
        fixture->leader[i] = c->one_leader ? 0 : i % FIXTURE_BROKERS;
    }
    fixture_start(fixture);
    ck_assert_int_eq(fixture->producer->workload.mode == WORKLOAD_ONE_BY_ONE, one_by_one);
    return fixture;
}

static void run_case(Fixture *fixture, const Case *c)
{
    fixture_run(fixture, SIM_MS(500));
    if (c->crash) {
        ck_assert(actor_kill(&fixture->brokers[1].actor));
        fixture_run(fixture, SIM_MS(800));
        ck_assert(actor_start(&fixture->brokers[1].actor));
    }
    fixture_run(fixture, SIM_SEC(2));
}

static void expect_same_lines(const Fixture *bulk, const Fixture *single)
{
    ck_assert_uint_gt(bulk->lines->len, 300);
    char **a = g_strsplit(bulk->lines->str, "\n", -1);
    char **b = g_strsplit(single->lines->str, "\n", -1);
    for (int i = 0; a[i] != NULL && b[i] != NULL; i++) {
        ck_assert_msg(strcmp(a[i], b[i]) == 0, "line %d: bulk %s, single %s", i, a[i], b[i]);
    }
    ck_assert_uint_eq(g_strv_length(a), g_strv_length(b));
    g_strfreev(a);
    g_strfreev(b);
}

START_TEST(bulk_and_one_by_one_send_the_same_requests)
{
    const Case *c = &cases[_i];
    Fixture *bulk = start_case(c, false, ARRIVAL_CONSTANT);
    Fixture *single = start_case(c, true, ARRIVAL_CONSTANT);
    run_case(bulk, c);
    run_case(single, c);
    if (!c->crash) {
        expect_same_lines(bulk, single);
    }
    producer_close(bulk->producer);
    producer_close(single->producer);
    fixture_run(bulk, SIM_SEC(5));
    fixture_run(single, SIM_SEC(5));
    ck_assert_int_eq(fixture_ledger(bulk)->offered, fixture_ledger(single)->offered);
    ck_assert_int_eq(fixture_ledger(bulk)->acked, fixture_ledger(bulk)->offered);
    ck_assert_int_eq(fixture_ledger(single)->acked, fixture_ledger(single)->offered);
    fixture_free(bulk);
    fixture_free(single);
}
END_TEST

START_TEST(poisson_in_bulk_has_the_batches_of_poisson_one_by_one)
{
    static const Case sticky = {"5", 3000000, 3, PARTITION_BY_CLIENT, 1000, false, false};
    double batches[2] = {0};
    double requests[2] = {0};
    double waits[2] = {0};
    for (int way = 0; way < 2; way++) {
        Fixture *fixture = start_case(&sticky, way == 1, ARRIVAL_POISSON);
        fixture->traced = false;
        fixture_run(fixture, SIM_SEC(60));
        batches[way] = (double)fixture->records / (double)fixture->batches;
        requests[way] = (double)fixture->records / (double)fixture->requests;
        waits[way] = (double)fixture->queue_time / (double)fixture->batches;
        fixture_free(fixture);
    }
    /* some 12,000 batches each: a standard error is 0.2 %. In bulk the records of a batch lie
     * evenly in it, which makes batches 1.4 % smaller. */
    ck_assert_double_eq_tol(batches[0] / batches[1], 1, 0.02);
    ck_assert_double_eq_tol(requests[0] / requests[1], 1, 0.02);
    ck_assert_double_eq_tol(waits[0] / waits[1], 1, 0.01);
}
END_TEST

START_TEST(random_sizes_keep_batches_below_their_limit)
{
    Fixture *fixture = fixture_new(3);
    fixture->spec->value_bytes = distribution_lognormal(800, 6000);
    fixture->spec->rate_milli = 20000000;
    fixture->spec->arrival = ARRIVAL_POISSON;
    fixture->traced = false;
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(3));
    int64_t bytes = 0;
    int64_t records = 0;
    for (int32_t p = 0; p < 3; p++) {
        const GArray *batches = fixture->logs[p].batches;
        for (guint i = 0; i < batches->len; i++) {
            const RecordBatch *batch = &g_array_index(batches, RecordBatch, i);
            ck_assert(batch->bytes <= 16384 || batch->count == 1);
            bytes += batch->bytes - RECORD_BATCH_OVERHEAD_BYTES;
            records += batch->count;
        }
    }
    ck_assert_int_gt(records, 50000);
    double mean = distribution_mean(&fixture->spec->value_bytes) + 10;
    ck_assert_double_eq_tol((double)bytes / (double)records / mean, 1, 0.02);
    fixture_free(fixture);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("producer_modes");
    TCase *tests = tcase_create("bulk and single");
    int count = (int)(sizeof(cases) / sizeof(cases[0]));
    tcase_add_loop_test(tests, bulk_and_one_by_one_send_the_same_requests, 0, count);
    tcase_add_test(tests, poisson_in_bulk_has_the_batches_of_poisson_one_by_one);
    tcase_add_test(tests, random_sizes_keep_batches_below_their_limit);
    tcase_set_timeout(tests, 120);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
