/* workload.h - what the workloads of bench_model share: a run in phases, and specs to begin with.
 */
#ifndef KAFKASIM_TESTS_BENCH_WORKLOAD_H
#define KAFKASIM_TESTS_BENCH_WORKLOAD_H
#include "models/world/cluster.h"

/* A workload in progress: phases are measured one after the other. */
typedef struct Run {
    ClusterSpec *spec;
    Cluster *cluster;
    double started; /* by the clock, and in CPU time, which others on the machine do not take */
    double cpu_started;
    SimTime from;
    uint64_t events;
} Run;

void workload_begin_phase(Run *run);
/* Prints the phase's line. */
void workload_end_phase(const Run *run, const char *name, int64_t records);
void workload_assemble(Run *run, ClusterSpec *spec);
/* CPU seconds since the phase began. */
double workload_cpu(const Run *run);
void workload_run_for(Run *run, SimDuration duration);
void workload_finish(Run *run);
/* Ends the process: what was measured is not what it says it is. */
_Noreturn void workload_fail(const char *name, const char *why);

ClusterSpec *workload_spec(int32_t brokers, int32_t controllers);
/* Of three replicas. */
void workload_add_topic(ClusterSpec *spec, const char *name, int32_t partitions);
/* Of the topic with this number; it reads all there is. */
GroupSpec *workload_add_group(ClusterSpec *spec, const char *name, int32_t topic, int32_t members);

/* bench_model.c: 3 brokers, 6 partitions, a producer with acks=all. */
ClusterSpec *workload_reference(SimDuration duration, int64_t records_per_sec);

/* invariants_cost.c */
void workload_invariants_cost(const char *name);

/* group_workloads.c */
void workload_large_group(const char *name);
void workload_many_groups(const char *name);
void workload_large_group_consumer(const char *name);
void workload_many_groups_consumer(const char *name);

#endif
