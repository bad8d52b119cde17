/* bench_model.c - bench_model [NAME...]: how fast whole clusters are simulated, and in how much
 * memory. Each workload runs in a process of its own and prints one line of JSON a phase:
 *
 *     {"name":"reference","simulated_s":600,"wall_s":2.1,"records":..,"events":..,"max_rss_bytes":..}
 *
 * max_rss_bytes is the highest of the process so far. Names: see workloads[] below. */
#include "models/world/cluster.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double wall_seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* A workload in progress: phases are measured one after the other. */
typedef struct Run {
    ClusterSpec *spec;
    Cluster *cluster;
    double started;
    SimTime from;
    uint64_t events;
} Run;

static void begin_phase(Run *run)
{
    run->started = wall_seconds();
    run->from = run->cluster != NULL ? cluster_now(run->cluster) : 0;
    run->events = run->cluster != NULL ? cluster_events_fired(run->cluster) : 0;
}

static void end_phase(const Run *run, const char *name, int64_t records)
{
    double wall = wall_seconds() - run->started;
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    (void)printf(
        "{\"name\":\"%s\",\"simulated_s\":%.3f,\"wall_s\":%.3f,\"records\":%" G_GINT64_FORMAT
        ",\"events\":%" G_GUINT64_FORMAT ",\"max_rss_bytes\":%ld}\n",
        name,
        (double)(cluster_now(run->cluster) - run->from) * 1e-9,
        wall,
        (gint64)records,
        (guint64)(cluster_events_fired(run->cluster) - run->events),
        usage.ru_maxrss * 1024);
    (void)fflush(stdout);
}

static int64_t acked(const Run *run)
{
    return cluster_report(run->cluster)->total.acked;
}

static ClusterSpec *make_spec(int32_t brokers, int32_t controllers)
{
    ClusterSpec *spec = cluster_spec_new();
    spec->events_max = 20000;
    for (int32_t i = 0; i < controllers; i++) {
        g_ptr_array_add(spec->controllers, controller_spec_new(1001 + i, SPEC_NONE, spec));
    }
    for (int32_t id = 1; id <= brokers; id++) {
        g_ptr_array_add(spec->brokers, broker_spec_new(id, SPEC_NONE, spec));
    }
    return spec;
}

static void add_topic(ClusterSpec *spec, const char *name, int32_t partitions)
{
    TopicSpec *topic = topic_spec_new(name, partitions, 3);
    (void)kafka_config_set(topic->config, "min.insync.replicas", "2");
    g_ptr_array_add(spec->topics, topic);
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

static void add_group(ClusterSpec *spec, int32_t members)
{
    GroupSpec *group = group_spec_new("readers");
    const int32_t topic = 0;
    g_array_append_val(group->topics, topic);
    for (int32_t i = 0; i < members; i++) {
        g_autofree char *name = g_strdup_printf("readers-%d", i);
        g_ptr_array_add(group->members, member_spec_new(name, group));
    }
    g_ptr_array_add(spec->groups, group);
}

static void assemble(Run *run, ClusterSpec *spec)
{
    run->spec = spec;
    run->cluster = cluster_new(spec);
}

static void run_for(Run *run, SimDuration duration)
{
    KernelStop stop = cluster_run(run->cluster, cluster_now(run->cluster) + duration);
    if (stop != KERNEL_UNTIL) {
        (void)fprintf(stderr, "bench_model: stopped with %d\n", (int)stop);
        exit(EXIT_FAILURE);
    }
}

static void finish(Run *run)
{
    cluster_free(run->cluster);
    cluster_spec_free(run->spec);
}

static ClusterSpec *reference_spec(SimDuration duration, int64_t records_per_sec)
{
    ClusterSpec *spec = make_spec(3, 1);
    spec->duration = duration;
    spec->sample_interval =
        MAX(SIM_MS(100), duration / 1440); /* results are not the models' memory */
    add_topic(spec, "orders", 6);
    add_producer(spec, records_per_sec, 1);
    return spec;
}

static void measure(const char *name, ClusterSpec *spec)
{
    Run run = {0};
    assemble(&run, spec);
    begin_phase(&run);
    run_for(&run, spec->duration);
    end_phase(&run, name, acked(&run));
    finish(&run);
}

static void reference(const char *name)
{
    measure(name, reference_spec(SIM_SEC(600), 50000));
}

/* What it costs to watch: the same without the invariants. */
static void unwatched(const char *name)
{
    ClusterSpec *spec = reference_spec(SIM_SEC(600), 50000);
    spec->invariants = false;
    measure(name, spec);
}

static void big(const char *name)
{
    ClusterSpec *spec = reference_spec(SIM_SEC(3600), 1000000);
    spec->warmup = SIM_SEC(10);
    TopicSpec *topic = spec->topics->pdata[0];
    topic->partitions = 12;
    topic->partitions_max = 12;
    ((ProducerSpec *)spec->producers->pdata[0])->count = 4;
    add_group(spec, 6);
    measure(name, spec);
}

/* A day with a group that reads along: the second line's memory is the first one's. */
static void day(const char *name)
{
    ClusterSpec *spec = reference_spec(SIM_SEC(86400), 2000);
    (void)kafka_config_set(((ProducerSpec *)spec->producers->pdata[0])->config, "linger.ms", "100");
    add_group(spec, 3);
    Run run = {0};
    assemble(&run, spec);
    g_autofree char *first = g_strdup_printf("%s.first-two-hours", name);
    begin_phase(&run);
    run_for(&run, SIM_SEC(7200));
    end_phase(&run, first, 7200 * 2000);
    begin_phase(&run);
    run_for(&run, SIM_SEC(86400 - 7200));
    end_phase(&run, name, acked(&run));
    finish(&run);
}

/* 100 brokers, 200,000 partitions of 3 replicas: made, left alone for a minute, then a crash. */
static void wide(const char *name)
{
    ClusterSpec *spec = make_spec(100, 3);
    spec->duration = SIM_SEC(90);
    spec->sample_interval = SIM_SEC(1);
    for (int32_t i = 0; i < 200; i++) {
        g_autofree char *topic = g_strdup_printf("topic-%d", i);
        add_topic(spec, topic, 1000);
    }
    FaultSpec *crash = fault_spec_new(FAULT_CRASH, SIM_SEC(60));
    crash->target = TARGET_BROKER;
    crash->index = 49;
    g_ptr_array_add(spec->faults, crash);
    g_autofree char *assembled = g_strdup_printf("%s.assemble", name);
    g_autofree char *idle = g_strdup_printf("%s.idle-minute", name);
    g_autofree char *crashed = g_strdup_printf("%s.crash", name);
    Run run = {0};
    begin_phase(&run);
    assemble(&run, spec);
    end_phase(&run, assembled, 0);
    begin_phase(&run);
    run_for(&run, SIM_SEC(60) - 1);
    end_phase(&run, idle, 0);
    begin_phase(&run);
    run_for(&run, SIM_SEC(30) + 1);
    end_phase(&run, crashed, 0);
    finish(&run);
}

typedef struct Workload {
    const char *name;
    void (*measure)(const char *name);
} Workload;

static const Workload workloads[] = {
    {"reference", reference},
    {"unwatched", unwatched},
    {"wide", wide},
    {"day", day},
    {"big", big},
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
