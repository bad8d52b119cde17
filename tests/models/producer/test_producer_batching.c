/* test_producer_batching.c - mean batch, request and queue time against a real producer.
 *
 * data/batching.csv: a Kafka 4.1.0 producer on a quiet machine, one broker, values of 100 bytes,
 * no back pressure. Left out: rows whose latency shows a stall of the machine, linger 0 (the
 * sender's CPU time decides), and 100 records/s round robin with linger 20, where every third
 * record comes at the very instant at which a linger ends. */
#include "tests/models/producer/fixture.h"
#include "tests/run_suite.h"
#include <stdio.h>

typedef struct Row {
    char name[64];
    double rate;
    double linger_ms;
    int partitions;
    char keying[16];
    bool poisson;
    double records_per_batch;
    double records_per_request;
    double queue_ms;
} Row;

static bool read_row(FILE *file, Row *row)
{
    int poisson = 0;
    int read = fscanf(file,
                      " %63[^,],%lf,%lf,%d,%15[^,],%d,%lf,%lf,%lf",
                      row->name,
                      &row->rate,
                      &row->linger_ms,
                      &row->partitions,
                      row->keying,
                      &poisson,
                      &row->records_per_batch,
                      &row->records_per_request,
                      &row->queue_ms);
    row->poisson = poisson != 0;
    return read == 9;
}

static void run_row(Fixture *fixture, const Row *row)
{
    char linger[32];
    (void)snprintf(linger, sizeof(linger), "%.0f", row->linger_ms);
    fixture_option(fixture, "linger.ms", linger);
    fixture_option(fixture, "acks", "1");
    ProducerSpec *spec = fixture->spec;
    spec->rate_milli = (int64_t)(row->rate * 1000);
    spec->arrival = row->poisson ? ARRIVAL_POISSON : ARRIVAL_CONSTANT;
    if (strcmp(row->keying, "rr") == 0) {
        spec->choice = PARTITION_CYCLE;
    } else if (strcmp(row->keying, "keyed") == 0) {
        spec->keys = KEY_UNIFORM;
        spec->key_count = 6000;
        spec->key_bytes = 8;
    }
    for (int32_t i = 0; i < FIXTURE_PARTITIONS; i++) {
        fixture->leader[i] = 0;
    }
    fixture->traced = false;
    fixture->measured_from = SIM_SEC(2);
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(row->rate < 1000 ? 300 : 42));
}

static void check(const Row *row, const char *what, double got, double wanted, double slack)
{
    double low = wanted * 0.95 - slack;
    double high = wanted * 1.05 + slack;
    ck_assert_msg(
        got >= low && got <= high, "%s: %s is %.3f, recorded %.3f", row->name, what, got, wanted);
}

START_TEST(batches_requests_and_queue_times_are_those_of_a_real_producer)
{
    FILE *file = fopen(KAFKASIM_SOURCE_DIR "/tests/models/producer/data/batching.csv", "r");
    ck_assert_ptr_nonnull(file);
    char header[256];
    ck_assert_ptr_nonnull(fgets(header, sizeof(header), file));
    Row row;
    int rows = 0;
    while (read_row(file, &row)) {
        Fixture *fixture = fixture_new(row.partitions);
        run_row(fixture, &row);
        double batches = (double)fixture->batches;
        double requests = (double)fixture->requests;
        double records = (double)fixture->records;
        check(&row, "records a batch", records / batches, row.records_per_batch, 0.02);
        check(&row, "records a request", records / requests, row.records_per_request, 0.02);
        double queue_ms = (double)fixture->queue_time / batches / 1e6;
        check(&row, "queue time", queue_ms, row.queue_ms, 0.1);
        fixture_free(fixture);
        rows++;
    }
    (void)fclose(file);
    ck_assert_int_ge(rows, 10);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("producer_batching");
    TCase *tests = tcase_create("recorded");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, batches_requests_and_queue_times_are_those_of_a_real_producer);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
