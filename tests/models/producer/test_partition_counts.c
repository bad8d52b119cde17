/* test_partition_counts.c - the topic has another number of partitions than the producer knew, and
 * send() blocks when it is told: each next send() chooses among those that are there
 * (KafkaProducer.doSend reads the metadata at each call), and no record that was due is left out.
 */
#include "tests/models/producer/fixture.h"
#include "tests/run_suite.h"

typedef struct Way {
    PartitionChoice choice;
    int64_t rate_per_sec;
    int64_t value_bytes;
    WorkloadMode mode;
} Way;
static const Way ways[] = {
    {PARTITION_CYCLE, 40, 2000, WORKLOAD_ONE_BY_ONE},
    {PARTITION_CYCLE, 1000, 100, WORKLOAD_SPLIT},
    {PARTITION_BY_CLIENT, 1000, 100, WORKLOAD_STICKY},
};

/* The client learns of three partitions at first. */
static Fixture *start_way(const Way *way)
{
    Fixture *fixture = fixture_new(6);
    fixture->partitions = 3;
    fixture->spec->choice = way->choice;
    fixture->spec->rate_milli = way->rate_per_sec * 1000;
    fixture->spec->value_bytes = distribution_constant(way->value_bytes);
    fixture->spec->partition = 4;
    fixture_option(fixture, "metadata.max.age.ms", "1000");
    fixture_option(fixture, "buffer.memory", "200000");
    fixture_option(fixture, "partitioner.adaptive.partitioning.enable", "false");
    fixture_start(fixture);
    return fixture;
}

static int64_t in_new_ones(const Fixture *fixture)
{
    return fixture->logs[3].end + fixture->logs[4].end + fixture->logs[5].end;
}

/* Two brokers do not answer until the buffer is full; the third tells of six partitions. */
START_TEST(a_send_that_blocks_on_memory_is_followed_by_one_that_knows)
{
    const Way *way = &ways[_i];
    Fixture *fixture = start_way(way);
    const Workload *workload = &fixture->producer->workload;
    fixture_run(fixture, SIM_MS(500));
    ck_assert_int_eq(workload->mode, way->mode);
    fixture->brokers[0].holds = true;
    fixture->brokers[1].holds = true;
    for (int ms = 600; !workload->blocked; ms += 100) {
        fixture_run(fixture, SIM_MS(ms));
        ck_assert_int_lt(ms, 10000);
    }
    fixture->partitions = 6;
    const SimTime from = sim_now(fixture->sim);
    fixture_run(fixture, from + SIM_MS(1500));
    ck_assert(workload->blocked);
    ck_assert_int_eq(in_new_ones(fixture), 0);
    const int32_t answers = fixture->brokers[2].metadata;
    fake_broker_release(&fixture->brokers[0]);
    fake_broker_release(&fixture->brokers[1]);
    fixture_run(fixture, from + SIM_MS(1900));
    ck_assert(!workload->blocked);
    ck_assert_int_gt(in_new_ones(fixture), 0);
    ck_assert_int_eq(fixture->brokers[2].metadata, answers);
    const int64_t due = way->rate_per_sec * (sim_now(fixture->sim) - SIM_MS(1)) / SIM_SEC(1);
    ck_assert_int_ge(fixture_ledger(fixture)->offered, due - way->rate_per_sec / 4);
    fixture_free(fixture);
}
END_TEST

/* 300 ms pass until the client knows of the topic at all, and then of fewer or more partitions than
 * there were. Nobody looks at records again that were due before, but they are sent. */
START_TEST(records_that_are_due_while_metadata_are_waited_for_are_sent)
{
    const Way *way = &ways[_i / 2];
    Fixture *fixture = start_way(way);
    const int32_t then = _i % 2 == 0 ? 6 : 2;
    fixture->partitions = then;
    fixture->no_metadata = true;
    fixture_run(fixture, SIM_MS(300));
    ck_assert_int_eq(fixture_ledger(fixture)->offered, 0);
    fixture->no_metadata = false;
    fixture_run(fixture, SIM_SEC(2));
    const int64_t due = way->rate_per_sec * 2;
    ck_assert_int_ge(fixture_ledger(fixture)->offered, due - way->rate_per_sec / 20);
    ck_assert_int_le(fixture_ledger(fixture)->offered, due + 1);
    int64_t elsewhere = 0;
    for (int32_t p = then; p < FIXTURE_PARTITIONS; p++) {
        elsewhere += fixture->logs[p].end;
    }
    ck_assert_int_eq(elsewhere, 0);
    fixture_free(fixture);
}
END_TEST

/* The partition that is asked for comes later than the producer: waitOnMetadata asks on. */
START_TEST(a_partition_that_comes_later_is_waited_for)
{
    const Way fixed = {PARTITION_FIXED, _i == 0 ? 40 : 1000, 100, WORKLOAD_ONE_BY_ONE};
    Fixture *fixture = start_way(&fixed);
    fixture_run(fixture, SIM_MS(500));
    ck_assert_int_eq(fixture_ledger(fixture)->offered, 0);
    fixture->partitions = 6;
    fixture_run(fixture, SIM_SEC(3));
    ck_assert_int_ge(fixture_ledger(fixture)->offered, fixed.rate_per_sec * 29 / 10);
    ck_assert_int_ge(fixture->logs[4].end, fixture_ledger(fixture)->acked);
    fixture_free(fixture);
}
END_TEST

/* As many as `records` says, however they are dealt. */
START_TEST(the_limit_counts_what_is_dealt_anew)
{
    Fixture *fixture = fixture_new(6);
    fixture->partitions = 5;
    fixture->no_metadata = true;
    fixture->spec->choice = PARTITION_CYCLE;
    fixture->spec->records = 1007;
    fixture_option(fixture, "metadata.max.age.ms", "1000");
    fixture_start(fixture);
    fixture_run(fixture, SIM_MS(_i * 250));
    fixture->no_metadata = false;
    fixture_run(fixture, SIM_SEC(4));
    ck_assert_int_eq(fixture_ledger(fixture)->offered, 1007);
    fixture_free(fixture);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("partition counts");
    TCase *tests = tcase_create("counts");
    tcase_add_loop_test(tests,
                        a_send_that_blocks_on_memory_is_followed_by_one_that_knows,
                        0,
                        (int)G_N_ELEMENTS(ways));
    tcase_add_loop_test(tests,
                        records_that_are_due_while_metadata_are_waited_for_are_sent,
                        0,
                        2 * (int)G_N_ELEMENTS(ways));
    tcase_add_loop_test(tests, a_partition_that_comes_later_is_waited_for, 0, 2);
    tcase_add_loop_test(tests, the_limit_counts_what_is_dealt_anew, 1, 4);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
