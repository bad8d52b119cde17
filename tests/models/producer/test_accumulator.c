/* test_accumulator.c - batching and readiness as traces, without a network: the test plays the
 * application and the sender. */
#include "models/producer/accumulator.h"
#include "tests/run_suite.h"
#include <check.h>
#include <stdio.h>
#include <string.h>

typedef struct Bench {
    Sim *sim;
    Actor actor;
    MetadataLog *topics;
    KafkaConfig *config;
    Idempotence idempotence;
    Accumulator accumulator;
    RecordSizes sizes;
    ReadyCheck check;
    GPtrArray *drained;
    GString *lines;
} Bench;

static const ActorClass idle_class = {.name = "idle"};

static AccumulatorOptions defaults(void)
{
    return (AccumulatorOptions){
        .batch_size = 16384,
        .buffer_memory = 33554432,
        .max_request_size = 1048576,
        .linger_ns = SIM_MS(5),
        .delivery_timeout_ns = SIM_SEC(120),
        .retry_backoff = {SIM_MS(100), SIM_MS(1000), 2},
    };
}

static void bench_value_bytes(Bench *bench, int64_t bytes)
{
    Stream chance;
    stream_init(&chance, 1, "sizes");
    Distribution constant = distribution_constant(bytes);
    record_sizes_clear(&bench->sizes);
    record_sizes_init(&bench->sizes, -1, &constant, &chance);
}

/* Every partition is led by node 1. */
static Bench *bench_new(int32_t partitions, AccumulatorOptions options, bool idempotent)
{
    Bench *bench = g_new0(Bench, 1);
    bench->sim = sim_new(1, NULL);
    actor_init(&bench->actor, &idle_class, bench->sim, "m", 0);
    bench->topics = metadata_log_new();
    bench->config = kafka_config_new(1U << KAFKA_SCOPE_TOPIC, NULL);
    (void)metadata_add_topic(bench->topics, "t", partitions, false, bench->config);
    idempotence_reset(&bench->idempotence, idempotent);
    idempotence_set_id(&bench->idempotence, idempotent ? 7 : NO_PRODUCER_ID, 0);
    accumulator_init(&bench->accumulator,
                     &bench->actor,
                     &options,
                     metadata_topic(bench->topics, 0),
                     0,
                     &bench->idempotence);
    for (int32_t i = 0; i < partitions; i++) {
        accumulator_set_leader(&bench->accumulator, i, 1, 0);
    }
    bench_value_bytes(bench, 1000);
    bench->check.nodes = g_array_new(FALSE, FALSE, sizeof(int32_t));
    bench->drained = g_ptr_array_new();
    bench->lines = g_string_new(NULL);
    return bench;
}

static void bench_free(Bench *bench)
{
    accumulator_clear(&bench->accumulator);
    record_sizes_clear(&bench->sizes);
    g_array_free(bench->check.nodes, TRUE);
    g_ptr_array_free(bench->drained, TRUE);
    g_string_free(bench->lines, TRUE);
    actor_clear(&bench->actor);
    sim_free(bench->sim);
    metadata_log_free(bench->topics);
    kafka_config_free(bench->config);
    g_free(bench);
}

static ProducerPartition *bench_partition(Bench *bench, int32_t partition)
{
    return &bench->accumulator.partitions[partition];
}

/* n records at once; true when all of them found room. */
static bool append(Bench *bench, int32_t partition, int64_t n, SimTime at)
{
    ArrivedRecords records = {n, at, at};
    AppendOutcome outcome = APPEND_OK;
    while (records.count > 0 && outcome != APPEND_EXHAUSTED) {
        AppendResult result;
        outcome =
            accumulator_append(&bench->accumulator, partition, &bench->sizes, &records, 0, &result);
    }
    return records.count == 0;
}

/* One pass of the sender at `now`: what each ready node gets, as a line. */
static void pass(Bench *bench, SimTime now)
{
    accumulator_ready(&bench->accumulator, now, &bench->check);
    for (guint n = 0; n < bench->check.nodes->len; n++) {
        int32_t node = g_array_index(bench->check.nodes, int32_t, n);
        guint before = bench->drained->len;
        accumulator_drain(&bench->accumulator, node, now, bench->drained);
        if (bench->drained->len == before) {
            continue;
        }
        g_string_append_printf(bench->lines, "%ld n%d:", (long)(now / SIM_MS(1)), node);
        for (guint i = before; i < bench->drained->len; i++) {
            const ProducerBatch *batch = bench->drained->pdata[i];
            g_string_append_printf(
                bench->lines, " p%d x%d", batch->wire.partition, batch->wire.count);
        }
        g_string_append_c(bench->lines, '\n');
    }
}

/* Passes whenever the accumulator asks for one, from `from` to `until`. */
static void passes(Bench *bench, SimTime from, SimTime until)
{
    SimTime now = from;
    while (now <= until) {
        pass(bench, now);
        now = sender_clock_sleep(&bench->accumulator.options.clock, now, bench->check.delay_ms);
    }
}

static void expect(Bench *bench, const char *lines)
{
    ck_assert_str_eq(bench->lines->str, lines);
    g_string_truncate(bench->lines, 0);
}

static ProducerBatch *drained(Bench *bench, guint index)
{
    return bench->drained->pdata[index];
}

START_TEST(a_lingering_batch_leaves_with_a_ready_sibling_of_its_node)
{
    Bench *bench = bench_new(2, defaults(), false);
    bench_value_bytes(bench, 100);
    ck_assert(append(bench, 0, 1, 0));
    pass(bench, 0);
    ck_assert(append(bench, 1, 1, SIM_MS(3)));
    passes(bench, SIM_MS(3), SIM_MS(20));
    expect(bench, "5 n1: p1 x1 p0 x1\n");
    bench_free(bench);
}
END_TEST

START_TEST(with_different_leaders_each_partition_lingers_for_itself)
{
    Bench *bench = bench_new(2, defaults(), false);
    accumulator_set_leader(&bench->accumulator, 1, 2, 0);
    bench_value_bytes(bench, 100);
    ck_assert(append(bench, 0, 1, 0));
    ck_assert(append(bench, 1, 1, SIM_MS(3)));
    passes(bench, SIM_MS(3), SIM_MS(20));
    passes(bench, SIM_MS(5), SIM_MS(20));
    expect(bench, "5 n1: p0 x1\n8 n2: p1 x1\n");
    bench_free(bench);
}
END_TEST

START_TEST(a_full_batch_leaves_at_once_and_the_rest_lingers)
{
    Bench *bench = bench_new(1, defaults(), false);
    ck_assert(append(bench, 0, 20, 0)); /* 16 x 1,009 + 61 B; the 17th does not fit */
    passes(bench, 0, SIM_MS(20));
    passes(bench, SIM_MS(0), SIM_MS(20));
    expect(bench, "0 n1: p0 x16\n5 n1: p0 x4\n");
    ck_assert_int_eq(drained(bench, 0)->wire.bytes, 61 + 16 * 1009);
    bench_free(bench);
}
END_TEST

START_TEST(one_hundred_and_forty_eight_records_of_100_bytes_fill_a_batch)
{
    Bench *bench = bench_new(1, defaults(), false);
    bench_value_bytes(bench, 100);
    ck_assert(append(bench, 0, 149, 0));
    pass(bench, 0);
    expect(bench, "0 n1: p0 x148\n");
    ck_assert_int_eq(drained(bench, 0)->wire.bytes, 16277); /* seen on a real broker */
    bench_free(bench);
}
END_TEST

START_TEST(a_record_larger_than_batch_size_has_a_batch_of_its_own)
{
    Bench *bench = bench_new(1, defaults(), false);
    bench_value_bytes(bench, 50000);
    ck_assert(append(bench, 0, 2, 0));
    ck_assert_int_eq(bench_partition(bench, 0)->queue.count, 2);
    int64_t charged = bench->accumulator.options.buffer_memory - bench->accumulator.memory;
    ck_assert_int_ge(charged, 2 * 50000);
    bench_free(bench);
}
END_TEST

START_TEST(memory_is_charged_a_whole_batch_and_returned_at_its_end)
{
    AccumulatorOptions options = defaults();
    options.buffer_memory = 3 * 16384;
    Bench *bench = bench_new(4, options, false);
    for (int32_t i = 0; i < 3; i++) {
        ck_assert(append(bench, i, 1, 0));
    }
    ck_assert(!append(bench, 3, 1, 0)); /* 3 small records hold all of it */
    bench->accumulator.waiting = true;
    pass(bench, 0); /* a blocked append makes everything sendable */
    expect(bench, "0 n1: p2 x1 p1 x1 p0 x1\n");
    ck_assert(!append(bench, 3, 1, 0)); /* sent is not returned */
    batch_list_remove(&bench_partition(bench, 2)->flight, drained(bench, 0));
    accumulator_release(&bench->accumulator, drained(bench, 0));
    ck_assert(append(bench, 3, 1, 0));
    bench_free(bench);
}
END_TEST

/* A node's partitions are walked as the metadata list them: by hash, see topic_order.h. */
START_TEST(a_request_ends_at_max_request_size_and_the_walk_goes_on_there)
{
    AccumulatorOptions options = defaults();
    options.max_request_size = 40000;
    options.linger_ns = 0;
    Bench *bench = bench_new(4, options, false);
    for (int32_t i = 0; i < 4; i++) {
        ck_assert(append(bench, i, 16, 0));
    }
    pass(bench, 0);
    pass(bench, 1);
    expect(bench, "0 n1: p3 x16 p2 x16\n0 n1: p1 x16 p0 x16\n");
    bench_free(bench);
}
END_TEST

START_TEST(at_most_one_batch_of_a_partition_goes_in_a_request)
{
    Bench *bench = bench_new(1, defaults(), false);
    ck_assert(append(bench, 0, 40, 0));
    pass(bench, 0);
    pass(bench, 0);
    expect(bench, "0 n1: p0 x16\n0 n1: p0 x16\n");
    bench_free(bench);
}
END_TEST

START_TEST(without_a_leader_a_batch_waits_and_says_so)
{
    Bench *bench = bench_new(1, defaults(), false);
    accumulator_set_leader(&bench->accumulator, 0, NO_LEADER, 0);
    ck_assert(append(bench, 0, 1, 0));
    pass(bench, SIM_SEC(1));
    ck_assert(bench->check.unknown_leader);
    ck_assert_uint_eq(bench->check.nodes->len, 0);
    bench_free(bench);
}
END_TEST

static void put_back(Bench *bench, guint index, SimTime now)
{
    batch_list_remove(&bench_partition(bench, 0)->flight, drained(bench, index));
    accumulator_reenqueue(&bench->accumulator, drained(bench, index), now);
}

/* A batch that was drained is closed, and a closed batch counts as full: linger.ms no longer
 * holds it (MemoryRecordsBuilder.isFull). */
START_TEST(a_retried_batch_waits_for_its_back_off_but_not_for_linger)
{
    AccumulatorOptions options = defaults();
    options.linger_ns = SIM_MS(300);
    Bench *bench = bench_new(1, options, false);
    ck_assert(append(bench, 0, 1, 0));
    passes(bench, 0, SIM_MS(300));
    put_back(bench, 0, SIM_MS(310));
    pass(bench, SIM_MS(310 + 79));
    expect(bench, "300 n1: p0 x1\n");
    pass(bench, SIM_MS(310 + 120));
    expect(bench, "430 n1: p0 x1\n");
    bench_free(bench);
}
END_TEST

START_TEST(back_off_is_80_to_120_ms_then_doubles_up_to_a_second)
{
    AccumulatorOptions options = defaults();
    options.linger_ns = 0;
    Bench *bench = bench_new(1, options, false);
    ck_assert(append(bench, 0, 1, 0));
    pass(bench, 0);
    const SimDuration least[] = {80, 160, 320, 640, 800, 800};
    const SimDuration most[] = {120, 240, 480, 960, 1000, 1000};
    SimTime now = 0;
    for (int failure = 0; failure < 6; failure++) {
        put_back(bench, 0, now);
        guint before = bench->drained->len;
        SimTime failed = now;
        while (bench->drained->len == before) {
            now += SIM_MS(1);
            pass(bench, now);
        }
        ck_assert_int_ge(now - failed, SIM_MS(least[failure]));
        ck_assert_int_le(now - failed, SIM_MS(most[failure]));
    }
    bench_free(bench);
}
END_TEST

START_TEST(a_new_leader_epoch_cancels_the_back_off)
{
    AccumulatorOptions options = defaults();
    options.linger_ns = 0;
    Bench *bench = bench_new(1, options, false);
    ck_assert(append(bench, 0, 1, 0));
    pass(bench, 0);
    put_back(bench, 0, SIM_MS(2));
    pass(bench, SIM_MS(3));
    expect(bench, "0 n1: p0 x1\n");
    accumulator_set_leader(&bench->accumulator, 0, 2, 1);
    pass(bench, SIM_MS(4));
    expect(bench, "4 n2: p0 x1\n");
    bench_free(bench);
}
END_TEST

START_TEST(idempotent_batches_are_put_back_in_sequence_and_go_one_at_a_time)
{
    AccumulatorOptions options = defaults();
    options.linger_ns = 0;
    Bench *bench = bench_new(1, options, true);
    for (int i = 0; i < 3; i++) {
        ck_assert(append(bench, 0, 10, SIM_MS(i)));
        pass(bench, SIM_MS(i));
    }
    ck_assert_int_eq(drained(bench, 2)->wire.base_sequence, 20);
    put_back(bench, 2, SIM_MS(5));
    put_back(bench, 0, SIM_MS(5));
    put_back(bench, 1, SIM_MS(5));
    g_string_truncate(bench->lines, 0);
    pass(bench, SIM_SEC(1));
    pass(bench, SIM_SEC(1)); /* the second waits for the first one's answer */
    expect(bench, "1000 n1: p0 x10\n");
    ck_assert_int_eq(drained(bench, 3)->wire.base_sequence, 0);
    ProducerPartition *partition = bench_partition(bench, 0);
    idempotence_completed(partition, drained(bench, 3));
    pass(bench, SIM_SEC(1));
    ck_assert_int_eq(drained(bench, 4)->wire.base_sequence, 10);
    bench_free(bench);
}
END_TEST

START_TEST(without_idempotence_a_batch_is_put_back_in_front)
{
    AccumulatorOptions options = defaults();
    options.linger_ns = 0;
    Bench *bench = bench_new(1, options, false);
    ck_assert(append(bench, 0, 1, 0));
    pass(bench, 0);
    ck_assert(append(bench, 0, 2, 0));
    put_back(bench, 0, 0);
    pass(bench, SIM_SEC(1));
    pass(bench, SIM_SEC(1));
    expect(bench, "0 n1: p0 x1\n1000 n1: p0 x1\n1000 n1: p0 x2\n");
    bench_free(bench);
}
END_TEST

static void take_expired(Bench *bench, SimTime now, GPtrArray *expired)
{
    bench->accumulator.next_expiry = SIM_TIME_MAX;
    accumulator_take_expired(&bench->accumulator, now, expired);
    accumulator_take_expired_in_flight(&bench->accumulator, now, expired);
}

START_TEST(batches_expire_in_queue_and_in_flight)
{
    AccumulatorOptions options = defaults();
    options.linger_ns = 0;
    Bench *bench = bench_new(2, options, false);
    ck_assert(append(bench, 0, 1, 0));
    pass(bench, 0);
    ck_assert(append(bench, 1, 1, SIM_SEC(1)));
    GPtrArray *expired = g_ptr_array_new();
    take_expired(bench, SIM_SEC(120) - 1, expired);
    ck_assert_uint_eq(expired->len, 0);
    take_expired(bench, SIM_SEC(120), expired);
    ck_assert_uint_eq(expired->len, 1);
    ck_assert_int_eq(bench->accumulator.next_expiry, SIM_SEC(121));
    take_expired(bench, SIM_SEC(121), expired);
    ck_assert_uint_eq(expired->len, 2);
    ck_assert_int_eq(bench->accumulator.deques.filled_count, 0);
    g_ptr_array_free(expired, TRUE);
    bench_free(bench);
}
END_TEST

/* Partition 1 still has a batch, 3 has none any more: neither is weighed, as neither has a leader.
 */
START_TEST(the_choice_is_among_the_partitions_that_are_left)
{
    AccumulatorOptions options = defaults();
    options.adaptive = true;
    Bench *bench = bench_new(4, options, false);
    ck_assert(append(bench, 3, 1, 0));
    passes(bench, 0, SIM_MS(10));
    ck_assert_uint_eq(bench->drained->len, 1);
    batch_list_remove(&bench_partition(bench, 3)->flight, drained(bench, 0));
    ck_assert(append(bench, 1, 1, SIM_MS(10)));
    accumulator_set_count(&bench->accumulator, 1);
    for (int32_t i = 1; i < bench->accumulator.count; i++) {
        accumulator_set_leader(&bench->accumulator, i, NO_LEADER, -1);
    }
    pass(bench, SIM_MS(11));
    ck_assert(bench->check.unknown_leader);
    ck_assert(append(bench, UNKNOWN_PARTITION, 100, SIM_MS(12)));
    ck_assert_int_eq(bench_partition(bench, 3)->queue.count, 0);
    ck_assert_int_eq(bench_partition(bench, 1)->queue.count, 1);
    ck_assert_int_gt(bench_partition(bench, 0)->queue.count, 1);
    bench_free(bench);
}
END_TEST

/* A sticky choice stays where it is until its switch, be the partition gone: that takes at most
 * twice batch.size. (BuiltInPartitioner.updatePartitionInfo) */
START_TEST(the_sticky_choice_leaves_a_partition_that_is_gone_at_its_switch)
{
    AccumulatorOptions options = defaults();
    Bench *bench = bench_new(4, options, false);
    ck_assert(append(bench, UNKNOWN_PARTITION, 1, 0));
    const int32_t gone = bench->accumulator.partitioner.current;
    const int32_t left = gone == 0 ? 1 : 0;
    accumulator_set_count(&bench->accumulator, 2);
    for (int32_t i = 0; i < bench->accumulator.count; i++) {
        accumulator_set_leader(&bench->accumulator, i, i == left ? 1 : NO_LEADER, 0);
    }
    ck_assert(append(bench, UNKNOWN_PARTITION, 5, SIM_MS(1)));
    ck_assert_int_eq(bench->accumulator.partitioner.current, gone);
    ck_assert(append(bench, UNKNOWN_PARTITION, 50, SIM_MS(2)));
    ck_assert_int_eq(bench->accumulator.partitioner.current, left);
    ck_assert_int_le(bench_partition(bench, gone)->queue.count, 2);
    bench_free(bench);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("accumulator");
    TCase *tests = tcase_create("traces");
    tcase_add_test(tests, a_lingering_batch_leaves_with_a_ready_sibling_of_its_node);
    tcase_add_test(tests, with_different_leaders_each_partition_lingers_for_itself);
    tcase_add_test(tests, a_full_batch_leaves_at_once_and_the_rest_lingers);
    tcase_add_test(tests, one_hundred_and_forty_eight_records_of_100_bytes_fill_a_batch);
    tcase_add_test(tests, a_record_larger_than_batch_size_has_a_batch_of_its_own);
    tcase_add_test(tests, memory_is_charged_a_whole_batch_and_returned_at_its_end);
    tcase_add_test(tests, a_request_ends_at_max_request_size_and_the_walk_goes_on_there);
    tcase_add_test(tests, at_most_one_batch_of_a_partition_goes_in_a_request);
    tcase_add_test(tests, without_a_leader_a_batch_waits_and_says_so);
    tcase_add_test(tests, a_retried_batch_waits_for_its_back_off_but_not_for_linger);
    tcase_add_test(tests, back_off_is_80_to_120_ms_then_doubles_up_to_a_second);
    tcase_add_test(tests, a_new_leader_epoch_cancels_the_back_off);
    tcase_add_test(tests, idempotent_batches_are_put_back_in_sequence_and_go_one_at_a_time);
    tcase_add_test(tests, without_idempotence_a_batch_is_put_back_in_front);
    tcase_add_test(tests, the_choice_is_among_the_partitions_that_are_left);
    tcase_add_test(tests, the_sticky_choice_leaves_a_partition_that_is_gone_at_its_switch);
    tcase_add_test(tests, batches_expire_in_queue_and_in_flight);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
