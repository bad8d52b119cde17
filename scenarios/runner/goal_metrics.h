/* goal_metrics.h - what a goal may measure: names, units and the keys of its "where".
 *
 * A plain table. The checker and the schema read names, units and keys here; goals.c computes the
 * values; a sweep writes one column for each measure that it is asked for.
 *
 * Every value is an int64 in its unit's base. Without a "where" all producers (or groups, or user
 * partitions) count: sums of counts and rates, merged histograms, and the worst of maxima. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_GOAL_METRICS_H
#define KAFKASIM_SCENARIOS_RUNNER_GOAL_METRICS_H
#include <stdbool.h>
#include <stddef.h>

typedef enum GoalUnit {
    GOAL_UNIT_COUNT,         /* records, rebalances ...: a plain number */
    GOAL_UNIT_NS,            /* "200ms" */
    GOAL_UNIT_PER_SEC_MILLI, /* records per 1000 s: "20000/s" = 20000000 */
    GOAL_UNIT_BYTES_PER_SEC, /* "5MB/s" */
} GoalUnit;

typedef struct ScenarioMetric {
    const char *name; /* "produce.latency.p99" */
    GoalUnit unit;
    const char *where; /* keys that may narrow it down: "producer|topic|partition"; "" = none */
    bool during;       /* may be asked of a part of the run */
    const char *help;
} ScenarioMetric;
size_t scenario_metric_count(void);
const ScenarioMetric *scenario_metric_at(size_t index);
const ScenarioMetric *scenario_metric_find(const char *name); /* or NULL */

#endif
