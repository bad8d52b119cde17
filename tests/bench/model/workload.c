/* workload.c - see the header. */
#include "tests/bench/model/workload.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void workload_begin_phase(Run *run)
{
    run->started = seconds_of(CLOCK_MONOTONIC);
    run->cpu_started = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    run->from = run->cluster != NULL ? cluster_now(run->cluster) : 0;
    run->events = run->cluster != NULL ? cluster_events_fired(run->cluster) : 0;
}

double workload_cpu(const Run *run)
{
    return seconds_of(CLOCK_PROCESS_CPUTIME_ID) - run->cpu_started;
}

void workload_end_phase(const Run *run, const char *name, int64_t records)
{
    double wall = seconds_of(CLOCK_MONOTONIC) - run->started;
    double cpu = workload_cpu(run);
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    (void)printf("{\"name\":\"%s\",\"simulated_s\":%.3f,\"wall_s\":%.3f,\"cpu_s\":%.3f,\"records\":"
                 "%" G_GINT64_FORMAT ",\"events\":%" G_GUINT64_FORMAT ",\"max_rss_bytes\":%ld}\n",
                 name,
                 (double)(cluster_now(run->cluster) - run->from) * 1e-9,
                 wall,
                 cpu,
                 (gint64)records,
                 (guint64)(cluster_events_fired(run->cluster) - run->events),
                 usage.ru_maxrss * 1024);
    (void)fflush(stdout);
}

ClusterSpec *workload_spec(int32_t brokers, int32_t controllers)
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

void workload_add_topic(ClusterSpec *spec, const char *name, int32_t partitions)
{
    TopicSpec *topic = topic_spec_new(name, partitions, 3);
    (void)kafka_config_set(topic->config, "min.insync.replicas", "2");
    g_ptr_array_add(spec->topics, topic);
}

GroupSpec *workload_add_group(ClusterSpec *spec, const char *name, int32_t topic, int32_t members)
{
    GroupSpec *group = group_spec_new(name);
    g_array_append_val(group->topics, topic);
    for (int32_t i = 0; i < members; i++) {
        g_autofree char *member = g_strdup_printf("%s-%d", name, i);
        MemberSpec *fresh = member_spec_new(member, group);
        (void)kafka_config_set(fresh->config, "auto.offset.reset", "earliest");
        g_ptr_array_add(group->members, fresh);
    }
    g_ptr_array_add(spec->groups, group);
    return group;
}

void workload_assemble(Run *run, ClusterSpec *spec)
{
    run->spec = spec;
    run->cluster = cluster_new(spec);
}

void workload_run_for(Run *run, SimDuration duration)
{
    KernelStop stop = cluster_run(run->cluster, cluster_now(run->cluster) + duration);
    if (stop != KERNEL_UNTIL) {
        (void)fprintf(stderr, "bench_model: stopped with %d\n", (int)stop);
        exit(EXIT_FAILURE);
    }
}

void workload_finish(Run *run)
{
    cluster_free(run->cluster);
    cluster_spec_free(run->spec);
}

_Noreturn void workload_fail(const char *name, const char *why)
{
    (void)fprintf(stderr, "bench_model: %s: %s\n", name, why);
    exit(EXIT_FAILURE);
}
