/* group_workloads.c - consumer groups at scale: one that is large, and many that are small.
 *
 * All members but one of each group start at once and are given their partitions; 20 s later the
 * last ones come, and every group rebalances. Each line is a phase; the one that counts is the
 * rebalance. A group that has not settled at its end, or a partition without an owner, is an
 * error. */
#include "tests/bench/model/workload.h"
#include <string.h>

#define FORMED_BY   SIM_SEC(20)
#define SETTLED_BY  SIM_SEC(30)
#define OFFSETS_FIT SIM_SEC(2) /* topics are there by then */

static void start_last_later(GroupSpec *group)
{
    for (guint i = 0; i < group->members->len; i++) {
        MemberSpec *member = group->members->pdata[i];
        member->start = i + 1 < group->members->len ? OFFSETS_FIT : FORMED_BY;
    }
}

static void expect_settled(const char *name, const GroupReport *group, int32_t members)
{
    if (group->members != members || strcmp(group->state, "Stable") != 0) {
        workload_fail(name, group->state);
    }
    for (int32_t i = 0; i < group->partition_count; i++) {
        if (group->partitions[i].member == NULL) {
            workload_fail(name, "a partition has no owner");
        }
    }
}

static void expect_all_settled(const char *name, const Run *run, int32_t members)
{
    const ClusterReport *report = cluster_report(run->cluster);
    for (int32_t i = 0; i < report->group_count; i++) {
        expect_settled(name, &report->groups[i], members);
    }
}

static void phase(Run *run, const char *name, const char *what, SimTime until)
{
    g_autofree char *line = g_strdup_printf("%s.%s", name, what);
    workload_begin_phase(run);
    if (run->cluster == NULL) {
        workload_assemble(run, run->spec);
    }
    workload_run_for(run, until - cluster_now(run->cluster));
    workload_end_phase(run, line, 0);
}

static void measure_groups(const char *name, ClusterSpec *spec, int32_t members)
{
    Run run = {.spec = spec};
    spec->duration = SETTLED_BY;
    spec->sample_interval = SIM_SEC(10);
    for (guint i = 0; i < spec->groups->len; i++) {
        start_last_later(spec->groups->pdata[i]);
    }
    phase(&run, name, "assemble", 0);
    phase(&run, name, "form", FORMED_BY - 1);
    expect_all_settled(name, &run, members - 1);
    phase(&run, name, "rebalance", SETTLED_BY);
    expect_all_settled(name, &run, members);
    workload_finish(&run);
}

/* KIP-848: the same groups with group.protocol=consumer. */
static void use_consumer_protocol(ClusterSpec *spec)
{
    for (guint i = 0; i < spec->groups->len; i++) {
        GroupSpec *group = spec->groups->pdata[i];
        for (guint m = 0; m < group->members->len; m++) {
            MemberSpec *member = group->members->pdata[m];
            (void)kafka_config_set(member->config, "group.protocol", "consumer");
        }
    }
}

static ClusterSpec *large_group(void)
{
    ClusterSpec *spec = workload_spec(6, 1);
    workload_add_topic(spec, "wide", 10000);
    (void)workload_add_group(spec, "large", 0, 1000);
    return spec;
}

static ClusterSpec *many_groups(void)
{
    ClusterSpec *spec = workload_spec(6, 1);
    workload_add_topic(spec, "shared", 8);
    for (int32_t i = 0; i < 5000; i++) {
        g_autofree char *group = g_strdup_printf("group-%d", i);
        (void)workload_add_group(spec, group, 0, 4);
    }
    return spec;
}

void workload_large_group(const char *name)
{
    measure_groups(name, large_group(), 1000);
}

void workload_large_group_consumer(const char *name)
{
    ClusterSpec *spec = large_group();
    use_consumer_protocol(spec);
    measure_groups(name, spec, 1000);
}

void workload_many_groups(const char *name)
{
    measure_groups(name, many_groups(), 4);
}

void workload_many_groups_consumer(const char *name)
{
    ClusterSpec *spec = many_groups();
    use_consumer_protocol(spec);
    measure_groups(name, spec, 4);
}
