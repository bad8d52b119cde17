/* bench_model.c - bench_model [NAME...]: how fast whole clusters are simulated, and in how much
 * memory. Each workload runs in a process of its own and prints one line of JSON a phase:
 *
 *     {"name":"reference","simulated_s":600,"wall_s":2.1,"cpu_s":2.0,"records":..,"events":..,
 *      "max_rss_bytes":..}
 *
 * max_rss_bytes is the highest of the process so far. Names: see workloads[] below. */
#include "tests/bench/model/workload.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int64_t acked(const Run *run)
{
    return cluster_report(run->cluster)->total.acked;
}

static ProducerSpec *add_producer(ClusterSpec *spec, int64_t records_per_sec, int32_t count)
{
    ProducerSpec *producer = producer_spec_new("load", 0);
    producer->rate_milli = records_per_sec * 1000;
    producer->count = count;
    producer->value_bytes = distribution_constant(100);
    (void)kafka_config_set(producer->config, "acks", "all");
    g_ptr_array_add(spec->producers, producer);
    return producer;
}

ClusterSpec *workload_reference(SimDuration duration, int64_t records_per_sec)
{
    ClusterSpec *spec = workload_spec(3, 1);
    spec->duration = duration;
    spec->sample_interval =
        MAX(SIM_MS(100), duration / 1440); /* results are not the models' memory */
    workload_add_topic(spec, "orders", 6);
    add_producer(spec, records_per_sec, 1);
    return spec;
}

static void measure(const char *name, ClusterSpec *spec)
{
    Run run = {0};
    workload_assemble(&run, spec);
    workload_begin_phase(&run);
    workload_run_for(&run, spec->duration);
    workload_end_phase(&run, name, acked(&run));
    workload_finish(&run);
}

static void reference(const char *name)
{
    measure(name, workload_reference(SIM_SEC(600), 50000));
}

/* What it costs to watch: the same without the invariants. */
static void unwatched(const char *name)
{
    ClusterSpec *spec = workload_reference(SIM_SEC(600), 50000);
    spec->invariants = false;
    measure(name, spec);
}

/* A consumer group that does not keep up makes the simulation cheaper: then it is no measure. */
static void expect_group_keeps_up(const char *name, const Run *run)
{
    const ClusterReport *report = cluster_report(run->cluster);
    if (report->groups[0].consumed < report->total.acked - 500000) {
        workload_fail(name, "the group has fallen behind by half a second");
    }
}

static ClusterSpec *big_spec(SimDuration duration)
{
    ClusterSpec *spec = workload_reference(duration, 1000000);
    spec->warmup = SIM_SEC(10);
    TopicSpec *topic = spec->topics->pdata[0];
    topic->partitions = 12;
    topic->partitions_max = 12;
    ((ProducerSpec *)spec->producers->pdata[0])->count = 4;
    (void)workload_add_group(spec, "readers", 0, 6);
    return spec;
}

static void measure_big(const char *name, ClusterSpec *spec)
{
    Run run = {0};
    workload_assemble(&run, spec);
    workload_begin_phase(&run);
    workload_run_for(&run, spec->duration);
    workload_end_phase(&run, name, acked(&run));
    expect_group_keeps_up(name, &run);
    workload_finish(&run);
}

/* An hour of a million records a second, with producers tuned for throughput, as whoever writes so
 * many would: batches of 128 KiB. */
static void big(const char *name)
{
    ClusterSpec *spec = big_spec(SIM_SEC(3600));
    KafkaConfig *config = ((ProducerSpec *)spec->producers->pdata[0])->config;
    (void)kafka_config_set(config, "batch.size", "131072");
    (void)kafka_config_set(config, "linger.ms", "20");
    measure_big(name, spec);
}

/* Five minutes of the same with Kafka's defaults, batches of 16 KiB: eight times the requests. */
static void big_defaults(const char *name)
{
    measure_big(name, big_spec(SIM_SEC(300)));
}

/* A day with a group that reads along: memory stays as it is once the page caches are full, which
 * is in the tenth hour. */
static void day(const char *name)
{
    static const struct {
        const char *part;
        SimTime until;
    } parts[] = {
        {".two-hours", SIM_SEC(7200)}, {".twelve-hours", SIM_SEC(43200)}, {"", SIM_SEC(86400)}};
    ClusterSpec *spec = workload_reference(SIM_SEC(86400), 2000);
    (void)kafka_config_set(((ProducerSpec *)spec->producers->pdata[0])->config, "linger.ms", "100");
    (void)workload_add_group(spec, "readers", 0, 3);
    Run run = {0};
    workload_assemble(&run, spec);
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *part = g_strconcat(name, parts[i].part, NULL);
        workload_begin_phase(&run);
        workload_run_for(&run, parts[i].until - cluster_now(run.cluster));
        workload_end_phase(&run, part, acked(&run));
    }
    workload_finish(&run);
}

/* Made, left alone for a minute, then one of its brokers crashes. */
static void measure_wide(const char *name, int32_t brokers, int32_t topics, int32_t partitions)
{
    ClusterSpec *spec = workload_spec(brokers, 3);
    spec->duration = SIM_SEC(90);
    spec->sample_interval = SIM_SEC(1);
    for (int32_t i = 0; i < topics; i++) {
        g_autofree char *topic = g_strdup_printf("topic-%d", i);
        workload_add_topic(spec, topic, partitions);
    }
    FaultSpec *crash = fault_spec_new(FAULT_CRASH, SIM_SEC(60));
    crash->target = TARGET_BROKER;
    crash->index = brokers / 2 - 1;
    g_ptr_array_add(spec->faults, crash);
    g_autofree char *assembled = g_strdup_printf("%s.assemble", name);
    g_autofree char *idle = g_strdup_printf("%s.idle-minute", name);
    g_autofree char *crashed = g_strdup_printf("%s.crash", name);
    Run run = {0};
    workload_begin_phase(&run);
    workload_assemble(&run, spec);
    workload_end_phase(&run, assembled, 0);
    workload_begin_phase(&run);
    workload_run_for(&run, SIM_SEC(60) - 1);
    workload_end_phase(&run, idle, 0);
    workload_begin_phase(&run);
    workload_run_for(&run, SIM_SEC(30) + 1);
    workload_end_phase(&run, crashed, 0);
    workload_finish(&run);
}

/* 100 brokers, 200,000 partitions of 3 replicas. */
static void wide(const char *name)
{
    measure_wide(name, 100, 200, 1000);
}

/* A second or so of each kind, for tests/bench/model/check: no measure of speed. */
static void small(const char *name)
{
    g_autofree char *loaded = g_strconcat(name, ".reference", NULL);
    g_autofree char *many = g_strconcat(name, ".wide", NULL);
    measure(loaded, workload_reference(SIM_SEC(5), 5000));
    measure_wide(many, 6, 2, 500);
}

typedef struct Workload {
    const char *name;
    void (*measure)(const char *name);
} Workload;

static const Workload workloads[] = {
    {"reference", reference},
    {"unwatched", unwatched},
    {"invariants", workload_invariants_cost},
    {"wide", wide},
    {"day", day},
    {"big", big},
    {"big.defaults", big_defaults},
    {"group.large", workload_large_group},
    {"group.many", workload_many_groups},
    {"group.large.consumer", workload_large_group_consumer},
    {"group.many.consumer", workload_many_groups_consumer},
    {"small", small},
};

static bool measure_apart(const Workload *workload)
{
    pid_t child = fork();
    if (child == 0) {
        workload->measure(workload->name);
        _exit(EXIT_SUCCESS);
    }
    int status = 0;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == EXIT_SUCCESS;
}

static bool measure_named(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(workloads); i++) {
        if (strcmp(workloads[i].name, name) == 0) {
            return measure_apart(&workloads[i]);
        }
    }
    (void)fprintf(stderr, "bench_model: no workload named %s\n", name);
    return false;
}

int main(int argc, char **argv)
{
    bool good = true;
    for (size_t i = 0; argc < 2 && i < G_N_ELEMENTS(workloads); i++) {
        good = measure_apart(&workloads[i]) && good;
    }
    for (int i = 1; i < argc; i++) {
        good = measure_named(argv[i]) && good;
    }
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
