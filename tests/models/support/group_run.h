/* group_run.h - one group that reads one topic in a whole cluster, for tests: its members, what
 * befalls them, and what it did. A test file says only what is special about its own. */
#ifndef KAFKASIM_TESTS_MODELS_SUPPORT_GROUP_RUN_H
#define KAFKASIM_TESTS_MODELS_SUPPORT_GROUP_RUN_H
#include "tests/models/support/whole_cluster.h"
#include <stdlib.h>

typedef struct GroupRun {
    ClusterSpec *spec;
    GroupSpec *group;
    WholeCluster whole;
} GroupRun;

static inline void run_config(GroupRun *run, const char *name, const char *value)
{
    ck_assert_msg(kafka_config_set(run->group->config, name, value), "%s=%s", name, value);
}

/* Three brokers, "orders" with so many partitions on all of them, so many records/s in turn from
 * `start` to `stop`, and a group without members that reads them from the first on. */
static inline GroupRun run_new(uint64_t seed,
                               SimTime duration,
                               int32_t partitions,
                               int64_t rate_per_sec,
                               SimTime start,
                               SimTime stop)
{
    GroupRun run = {.spec = whole_spec(3, 1, seed, duration), .group = group_spec_new("billing")};
    g_ptr_array_add(run.spec->topics, topic_spec_new("orders", partitions, 3));
    ProducerSpec *producer = producer_spec_new("load", 0);
    producer->rate_milli = rate_per_sec * 1000;
    producer->choice = PARTITION_CYCLE;
    producer->value_bytes = distribution_constant(100);
    producer->start = start;
    producer->stop = stop;
    g_ptr_array_add(run.spec->producers, producer);
    const int32_t topic = 0;
    g_array_append_val(run.group->topics, topic);
    run_config(&run, "auto.offset.reset", "earliest");
    g_ptr_array_add(run.spec->groups, run.group);
    return run;
}

static inline MemberSpec *run_member(GroupRun *run, const char *name, SimTime start)
{
    MemberSpec *member = member_spec_new(name, run->group);
    member->start = start;
    g_ptr_array_add(run->group->members, member);
    return member;
}

/* Named prefix1, prefix2 .. */
static inline void run_members(GroupRun *run, const char *prefix, int count)
{
    for (int m = 1; m <= count; m++) {
        g_autofree char *name = g_strdup_printf("%s%d", prefix, m);
        (void)run_member(run, name, 0);
    }
}

/* To a broker, or to a member of `run->group`. */
static inline void
run_fault(GroupRun *run, FaultVerb verb, TargetKind target, int32_t index, SimTime at)
{
    guint group = 0;
    ck_assert(g_ptr_array_find(run->spec->groups, run->group, &group));
    const bool is_member = target == TARGET_MEMBER;
    FaultSpec *fault = whole_fault(run->spec, verb, at, target, is_member ? (int32_t)group : index);
    fault->member = index;
}

static inline void run_go(GroupRun *run)
{
    run->whole = whole_run(run->spec);
}

static inline void run_end(GroupRun *run)
{
    whole_end(&run->whole);
}

static inline const GroupReport *run_report(const GroupRun *run)
{
    return &run->whole.report->groups[0];
}

/* When this actor first logged it at or after `from`; -1 never. */
static inline SimTime
run_when(const GroupRun *run, const char *actor, const char *what, SimTime from)
{
    return whole_when(&run->whole, from, actor, what, "");
}

/* How often actors whose name begins so logged it. */
static inline int run_count(const GroupRun *run, const char *actor, const char *what)
{
    int count = 0;
    uint32_t id = 0;
    while ((id = whole_next(&run->whole, id, 0, actor, what, "")) != 0) {
        count++;
    }
    return count;
}

/* The numbers with which their texts begin, all in all. */
static inline int64_t run_sum(const GroupRun *run, const char *actor, const char *what)
{
    int64_t sum = 0;
    uint32_t id = 0;
    LoggedEvent event;
    const EventLog *log = cluster_event_log(run->whole.cluster);
    while ((id = whole_next(&run->whole, id, 0, actor, what, "")) != 0) {
        ck_assert(event_log_get(log, id, &event));
        sum += atoll(event.detail);
    }
    return sum;
}

#endif
