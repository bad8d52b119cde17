/* test_round_robin.c - RoundRobinPartitioner, and how it skipped partitions from 2.4 to 3.9
 * (KAFKA-9965): the producer asked it for a partition, found no batch with room there and asked
 * again. */
#include "tests/models/producer/fixture.h"
#include "tests/run_suite.h"

static Era old;

static Fixture *round_robin(int32_t partitions, const char *linger_ms, const Era *era)
{
    Fixture *fixture = fixture_new(partitions);
    fixture_option(fixture, "linger.ms", linger_ms);
    fixture_option(
        fixture, "partitioner.class", "org.apache.kafka.clients.producer.RoundRobinPartitioner");
    fixture->era = era;
    fixture->spec->choice = PARTITION_BY_CLIENT;
    fixture->spec->rate_milli = 100000;
    fixture_start(fixture);
    return fixture;
}

/* How many partitions have records; each of those as many as the others, but for `off`. */
static int32_t partitions_with_records(Fixture *fixture, int64_t off)
{
    int64_t least = INT64_MAX;
    int64_t most = 0;
    int32_t used = 0;
    for (int32_t p = 0; p < fixture->partitions; p++) {
        const int64_t records = fixture->logs[p].end;
        if (records > 0) {
            used++;
            least = MIN(least, records);
            most = MAX(most, records);
        }
    }
    ck_assert_int_le(most - least, off);
    return used;
}

START_TEST(each_partition_has_its_turn)
{
    Fixture *fixture = round_robin(4, "0", NULL);
    fixture_run(fixture, SIM_SEC(10));
    ck_assert_int_eq(partitions_with_records(fixture, 1), 4);
    fixture_free(fixture);
}
END_TEST

START_TEST(with_a_record_a_batch_every_second_partition_was_skipped)
{
    Fixture *fixture = round_robin(4, "0", &old);
    fixture_run(fixture, SIM_SEC(10));
    ck_assert_int_eq(partitions_with_records(fixture, 1), 2);
    ck_assert_int_ge(fixture_ledger(fixture)->acked, 990);
    fixture_free(fixture);
}
END_TEST

/* Two steps a record go over all partitions when their number is odd. */
START_TEST(an_odd_number_of_partitions_hid_it)
{
    Fixture *fixture = round_robin(3, "0", &old);
    fixture_run(fixture, SIM_SEC(10));
    ck_assert_int_eq(partitions_with_records(fixture, 1), 3);
    fixture_free(fixture);
}
END_TEST

/* Who has an open batch is not asked for again, who has none never gets one: in the first linger
 * of 1 s partitions 1 and 0 of three open theirs, and all 100 records go there. */
START_TEST(an_open_batch_drew_the_records_of_those_without_one)
{
    Fixture *fixture = round_robin(3, "1000", &old);
    fixture_run(fixture, SIM_MS(990));
    int32_t open = 0;
    int64_t records = 0;
    for (int32_t p = 0; p < 3; p++) {
        const ProducerBatch *batch = fixture->producer->accumulator.partitions[p].queue.last;
        open += batch != NULL;
        records += batch != NULL ? batch->fill.count : 0;
    }
    ck_assert_int_eq(open, 2);
    ck_assert_int_ge(records, 90);
    fixture_free(fixture);
}
END_TEST

START_TEST(before_kip_480_nobody_was_asked_twice)
{
    Era older = old;
    older.on[ERA_KIP_480] = false;
    Fixture *fixture = round_robin(4, "0", &older);
    fixture_run(fixture, SIM_SEC(10));
    ck_assert_int_eq(partitions_with_records(fixture, 1), 4);
    fixture_free(fixture);
}
END_TEST

int main(void)
{
    old = era_default();
    old.on[ERA_KAFKA_9965] = false;
    Suite *suite = suite_create("round robin");
    TCase *tests = tcase_create("KAFKA-9965");
    tcase_add_test(tests, each_partition_has_its_turn);
    tcase_add_test(tests, with_a_record_a_batch_every_second_partition_was_skipped);
    tcase_add_test(tests, an_odd_number_of_partitions_hid_it);
    tcase_add_test(tests, an_open_batch_drew_the_records_of_those_without_one);
    tcase_add_test(tests, before_kip_480_nobody_was_asked_twice);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
