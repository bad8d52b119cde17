/* test_partitioner.c - keys, and the sticky partition of the built-in partitioner (S1..S6). */
#include "models/producer/murmur2.h"
#include "models/producer/partitioner.h"
#include "tests/run_suite.h"
#include <check.h>
#include <string.h>

typedef struct Bench {
    Sim *sim;
    Actor actor;
    MetadataLog *topics;
    KafkaConfig *config;
    ClusterSpec *cluster;
    ProducerSpec *spec;
    Idempotence idempotence;
    Accumulator accumulator;
    Partitioner partitioner;
    RecordSizes sizes;
    ReadyCheck check;
} Bench;

static const ActorClass idle_class = {.name = "idle"};

static Bench *bench_with(int32_t partitions, SimDuration availability_timeout)
{
    Bench *bench = g_new0(Bench, 1);
    bench->sim = sim_new(1, NULL);
    actor_init(&bench->actor, &idle_class, bench->sim, "m", 0);
    bench->topics = metadata_log_new();
    bench->config = kafka_config_new(1U << KAFKA_SCOPE_TOPIC, NULL);
    (void)metadata_add_topic(bench->topics, "t", partitions, false, bench->config);
    bench->cluster = cluster_spec_new();
    bench->spec = producer_spec_new("m", 0);
    g_ptr_array_add(bench->cluster->producers, bench->spec);
    AccumulatorOptions options = {.batch_size = 16384,
                                  .buffer_memory = 33554432,
                                  .max_request_size = 1048576,
                                  .linger_ns = SIM_MS(5),
                                  .delivery_timeout_ns = SIM_SEC(120),
                                  .availability_timeout_ns = availability_timeout,
                                  .adaptive = true};
    accumulator_init(&bench->accumulator,
                     &bench->actor,
                     &options,
                     metadata_topic(bench->topics, 0),
                     0,
                     &bench->idempotence);
    for (int32_t i = 0; i < partitions; i++) {
        accumulator_set_leader(&bench->accumulator, i, i % 3, 0);
    }
    Stream chance;
    stream_init(&chance, 1, "sizes");
    Distribution constant = distribution_constant(1000);
    record_sizes_init(&bench->sizes, -1, &constant, &chance);
    bench->check.nodes = g_array_new(FALSE, FALSE, sizeof(int32_t));
    return bench;
}

static Bench *bench_new(int32_t partitions)
{
    return bench_with(partitions, 0);
}

/* The partitioner reads the spec, so it is made when the test has filled it in. */
static void make_partitioner(Bench *bench)
{
    const Era era = era_default();
    partitioner_init(&bench->partitioner, &bench->actor, bench->spec, &era);
}

static void bench_free(Bench *bench)
{
    g_array_free(bench->check.nodes, TRUE);
    accumulator_clear(&bench->accumulator);
    record_sizes_clear(&bench->sizes);
    actor_clear(&bench->actor);
    sim_free(bench->sim);
    metadata_log_free(bench->topics);
    kafka_config_free(bench->config);
    cluster_spec_free(bench->cluster);
    g_free(bench);
}

/* One record without a key; returns its partition. */
static int32_t send_one(Bench *bench)
{
    ArrivedRecords records = {1, 0, 0};
    AppendResult result;
    ck_assert_int_eq(
        accumulator_append(
            &bench->accumulator, UNKNOWN_PARTITION, &bench->sizes, &records, 0, &result),
        APPEND_OK);
    return result.partition;
}

static int32_t sticky(Bench *bench)
{
    TopicPartitions topic = accumulator_topic(&bench->accumulator);
    return builtin_partitioner_peek(&bench->accumulator.partitioner, &topic);
}

/* The sender looks, which tells the partitioner of the queues. */
static const PartitionLoadStats *look(Bench *bench)
{
    accumulator_ready(&bench->accumulator, SIM_SEC(1), &bench->check);
    return &bench->accumulator.partitioner.load;
}

static void drain_all(Bench *bench)
{
    GPtrArray *batches = g_ptr_array_new();
    for (int32_t node = 0; node < 3; node++) {
        accumulator_drain(&bench->accumulator, node, SIM_SEC(1), batches);
    }
    g_ptr_array_free(batches, TRUE);
}

START_TEST(unkeyed_records_stay_until_a_batch_is_full)
{
    Bench *bench = bench_new(3);
    make_partitioner(bench);
    int32_t first = send_one(bench);
    for (int record = 2; record <= 16; record++) {
        ck_assert_int_eq(send_one(bench), first);
    }
    /* 16 records are 16,205 bytes: not yet batch.size. The 17th closes the batch without having
     * room in it; produced bytes still below 16,384, so it opens a second one here. */
    ck_assert_int_eq(send_one(bench), first);
    ck_assert_int_eq(bench->accumulator.partitions[first].queue.count, 2);
    bench_free(bench);
}
END_TEST

START_TEST(a_switch_comes_between_one_and_two_batch_sizes)
{
    Bench *bench = bench_new(3);
    make_partitioner(bench);
    int32_t last = send_one(bench);
    int run = 1;
    int switches = 0;
    for (int record = 0; record < 5000; record++) {
        if (record % 7 == 0) {
            drain_all(bench); /* small batches, as at a low rate */
        }
        int32_t partition = send_one(bench);
        if (partition != last) {
            ck_assert_int_ge(run * 1009, 16384 - 61 * 8);
            switches++;
            run = 0;
        }
        last = partition;
        run++;
    }
    ck_assert_int_ge(switches, 5000 / 34 / 2);
    bench_free(bench);
}
END_TEST

START_TEST(a_pending_switch_is_made_when_the_batch_is_drained)
{
    Bench *bench = bench_new(3);
    make_partitioner(bench);
    (void)send_one(bench);
    BuiltInPartitioner *partitioner = &bench->accumulator.partitioner;
    partitioner->produced_bytes = 20000; /* enough, but its batch has room */
    int32_t current = partitioner->current;
    ck_assert_int_eq(send_one(bench), current);
    ck_assert_int_gt(partitioner->produced_bytes, 20000);
    drain_all(bench);
    (void)send_one(bench);
    ck_assert_int_eq(partitioner->produced_bytes, 61 + 1009);
    bench_free(bench);
}
END_TEST

START_TEST(partitions_without_a_leader_are_not_chosen_while_others_have_one)
{
    Bench *bench = bench_new(3);
    make_partitioner(bench);
    accumulator_set_leader(&bench->accumulator, 1, NO_LEADER, -1);
    int seen[3] = {0};
    for (int i = 0; i < 300; i++) {
        builtin_partitioner_reset(&bench->accumulator.partitioner);
        seen[sticky(bench)]++;
    }
    ck_assert_int_eq(seen[1], 0);
    ck_assert_int_ge(seen[0], 110);
    ck_assert_int_ge(seen[2], 110);
    bench_free(bench);
}
END_TEST

static void queue_batches(Bench *bench, int32_t partition, int32_t batches)
{
    ProducerPartition *target = &bench->accumulator.partitions[partition];
    for (int32_t i = 0; i < batches; i++) {
        ArrivedRecords records = {1, 0, 0};
        AppendResult result;
        ck_assert_int_eq(
            accumulator_append(&bench->accumulator, partition, &bench->sizes, &records, 0, &result),
            APPEND_OK);
        target->queue.last->closed = true;
    }
}

static uint32_t draws_one(void *owner)
{
    (void)owner;
    return 1;
}

/* Not the place in the client's list, which has another order: 2, 0, 1 here. */
START_TEST(without_any_leader_a_draw_is_the_number_of_a_partition)
{
    BuiltInPartitioner partitioner;
    builtin_partitioner_init(&partitioner, 16384, 3, draws_one, NULL);
    static const int32_t listed[] = {2, 0, 1};
    const TopicPartitions leaderless = {listed, 0, 3};
    ck_assert_int_eq(builtin_partitioner_peek(&partitioner, &leaderless), 1);
    builtin_partitioner_reset(&partitioner);
    const TopicPartitions led = {listed, 3, 3};
    ck_assert_int_eq(builtin_partitioner_peek(&partitioner, &led), 0);
    builtin_partitioner_clear(&partitioner);
}
END_TEST

START_TEST(queues_of_0_3_1_give_weights_of_4_1_3)
{
    Bench *bench = bench_new(3);
    make_partitioner(bench);
    queue_batches(bench, 1, 3);
    queue_batches(bench, 2, 1);
    ck_assert_int_eq(look(bench)->length, 0); /* partition 0 never had a batch */
    deques_create(&bench->accumulator.deques, &bench->accumulator.partitions[0]);
    const PartitionLoadStats *load = look(bench);
    ck_assert_int_eq(load->length, 3);
    ck_assert_int_eq(load->cumulative[0], 4);
    ck_assert_int_eq(load->cumulative[1], 5);
    ck_assert_int_eq(load->cumulative[2], 8);
    int seen[3] = {0};
    for (int i = 0; i < 8000; i++) {
        bench->accumulator.partitioner.current = UNKNOWN_PARTITION;
        seen[sticky(bench)]++;
    }
    ck_assert_int_ge(seen[0], 3800);
    ck_assert_int_le(seen[0], 4200);
    ck_assert_int_ge(seen[1], 870);
    ck_assert_int_le(seen[1], 1130);
    bench_free(bench);
}
END_TEST

START_TEST(equal_queues_mean_a_uniform_choice)
{
    Bench *bench = bench_new(2);
    make_partitioner(bench);
    queue_batches(bench, 0, 2);
    queue_batches(bench, 1, 2);
    ck_assert_int_eq(look(bench)->length, 0);
    bench_free(bench);
}
END_TEST

START_TEST(a_node_that_cannot_be_drained_for_too_long_is_left_out)
{
    Bench *bench = bench_with(3, SIM_MS(50));
    for (int32_t i = 0; i < 3; i++) {
        queue_batches(bench, i, 1);
    }
    accumulator_update_node_latency(&bench->accumulator, 1, SIM_MS(100), true);
    accumulator_update_node_latency(&bench->accumulator, 1, SIM_MS(150), false);
    ck_assert_int_eq(look(bench)->length, 0); /* 50 ms: not yet, and all are equal */
    accumulator_update_node_latency(&bench->accumulator, 1, SIM_MS(151), false);
    const PartitionLoadStats *load = look(bench);
    ck_assert_int_eq(load->length, 2);
    ck_assert_int_eq(load->partition_ids[0], 0);
    ck_assert_int_eq(load->partition_ids[1], 2);
    bench_free(bench);
}
END_TEST

/* A node that has not been looked at before is not late at once, whatever the clock says. */
START_TEST(the_first_time_a_node_cannot_be_drained_does_not_count_from_zero)
{
    Bench *bench = bench_with(3, SIM_MS(50));
    for (int32_t i = 0; i < 3; i++) {
        queue_batches(bench, i, 1);
    }
    accumulator_update_node_latency(&bench->accumulator, 1, SIM_SEC(100), false);
    ck_assert_int_eq(look(bench)->length, 0);
    bench_free(bench);
}
END_TEST

START_TEST(a_key_goes_to_its_hash_even_without_a_leader)
{
    Bench *bench = bench_new(3);
    bench->spec->keys = KEY_SEQUENCE;
    bench->spec->key_count = 4;
    make_partitioner(bench);
    accumulator_set_leader(&bench->accumulator, 2, NO_LEADER, -1);
    const int32_t expected[] = {1, 0, 2, 2, 1, 0}; /* key-0 .. key-3, key-0, key-1 */
    for (int64_t i = 0; i < 6; i++) {
        ck_assert_int_eq(partitioner_choose(&bench->partitioner, &bench->accumulator, i),
                         expected[i]);
    }
    double shares[3];
    partitioner_shares(&bench->partitioner, shares, 3);
    ck_assert_double_eq_tol(shares[2], 0.5, 1e-12);
    bench_free(bench);
}
END_TEST

static uint32_t counts_up(void *owner)
{
    return (*(uint32_t *)owner)++;
}

START_TEST(before_kip_794_each_new_batch_goes_to_another_partition)
{
    const int32_t available[] = {0, 1, 2};
    const TopicPartitions topic = {available, 3, 3};
    uint32_t drawn = 0;
    BuiltInPartitioner partitioner;
    builtin_partitioner_init(&partitioner, 100, 3, counts_up, &drawn);
    partitioner.by_batch = true;
    ck_assert_int_eq(builtin_partitioner_peek(&partitioner, &topic), 0);
    ck_assert(
        !builtin_partitioner_update(&partitioner, &topic, 100000, true)); /* bytes say nothing */
    ck_assert_int_eq(builtin_partitioner_peek(&partitioner, &topic), 0);
    drawn = 3; /* 3 mod 3 is where it is: drawn again */
    builtin_partitioner_on_new_batch(&partitioner, &topic);
    ck_assert_int_eq(builtin_partitioner_peek(&partitioner, &topic), 1);
    builtin_partitioner_clear(&partitioner);
}
END_TEST

START_TEST(before_kip_480_records_without_a_key_go_round)
{
    Bench *bench = bench_new(3);
    Era era = era_default();
    era.on[ERA_KIP_480] = false;
    partitioner_init(&bench->partitioner, &bench->actor, bench->spec, &era);
    int32_t counts[3] = {0};
    for (int64_t i = 0; i < 30; i++) {
        counts[partitioner_choose(&bench->partitioner, &bench->accumulator, i)]++;
    }
    ck_assert(counts[0] == 10 && counts[1] == 10 && counts[2] == 10);
    bench_free(bench);
}
END_TEST

START_TEST(a_hot_key_takes_its_share_and_the_others_are_alike)
{
    Bench *bench = bench_new(3);
    bench->spec->keys = KEY_HOT;
    bench->spec->key_count = 4;
    bench->spec->key_skew = 0.7;
    make_partitioner(bench);
    double shares[3]; /* key-0 -> 1, key-1 -> 0, key-2 and key-3 -> 2 */
    partitioner_shares(&bench->partitioner, shares, 3);
    ck_assert_double_eq_tol(shares[0], 0.1, 1e-12);
    ck_assert_double_eq_tol(shares[1], 0.7, 1e-12);
    ck_assert_double_eq_tol(shares[2], 0.2, 1e-12);
    int32_t counts[3] = {0};
    for (int64_t i = 0; i < 10000; i++) {
        counts[partitioner_choose(&bench->partitioner, &bench->accumulator, i)]++;
    }
    for (int p = 0; p < 3; p++) { /* within 4 standard errors */
        ck_assert_double_eq_tol(counts[p] / 10000.0, shares[p], 4 * 0.0046);
    }
    bench_free(bench);
}
END_TEST

START_TEST(round_robin_goes_over_available_partitions_and_ignores_keys)
{
    Bench *bench = bench_new(4);
    bench->spec->keys = KEY_UNIFORM;
    bench->spec->key_count = 100;
    ck_assert(kafka_config_set(bench->spec->config,
                               "partitioner.class",
                               "org.apache.kafka.clients.producer.RoundRobinPartitioner"));
    make_partitioner(bench);
    accumulator_set_leader(&bench->accumulator, 1, NO_LEADER, -1);
    const int32_t expected[] = {3, 2, 0, 3, 2, 0}; /* as the metadata list them, by hash */
    for (int64_t i = 0; i < 6; i++) {
        ck_assert_int_eq(partitioner_choose(&bench->partitioner, &bench->accumulator, i),
                         expected[i]);
    }
    bench_free(bench);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("partitioner");
    TCase *tests = tcase_create("choices");
    tcase_add_test(tests, unkeyed_records_stay_until_a_batch_is_full);
    tcase_add_test(tests, a_switch_comes_between_one_and_two_batch_sizes);
    tcase_add_test(tests, a_pending_switch_is_made_when_the_batch_is_drained);
    tcase_add_test(tests, partitions_without_a_leader_are_not_chosen_while_others_have_one);
    tcase_add_test(tests, without_any_leader_a_draw_is_the_number_of_a_partition);
    tcase_add_test(tests, queues_of_0_3_1_give_weights_of_4_1_3);
    tcase_add_test(tests, equal_queues_mean_a_uniform_choice);
    tcase_add_test(tests, a_node_that_cannot_be_drained_for_too_long_is_left_out);
    tcase_add_test(tests, the_first_time_a_node_cannot_be_drained_does_not_count_from_zero);
    tcase_add_test(tests, a_key_goes_to_its_hash_even_without_a_leader);
    tcase_add_test(tests, before_kip_794_each_new_batch_goes_to_another_partition);
    tcase_add_test(tests, before_kip_480_records_without_a_key_go_round);
    tcase_add_test(tests, a_hot_key_takes_its_share_and_the_others_are_alike);
    tcase_add_test(tests, round_robin_goes_over_available_partitions_and_ignores_keys);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
