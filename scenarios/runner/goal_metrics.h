/* goal_metrics.h - what a goal may measure: names, units and the keys of its "where".
 *
 * A plain table. The checker and the schema read names, units and keys here; goals.c computes the
 * values; a sweep writes one column for each measure that it is asked for.
 *
 * Every value is an int64 in its unit's base: durations in ns, counts as they are, rates in
 * records per 1000 s, throughput in bytes per s. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_GOAL_METRICS_H
#define KAFKASIM_SCENARIOS_RUNNER_GOAL_METRICS_H
#include <stdbool.h>
#include <stddef.h>

typedef enum GoalUnit {
    GOAL_UNIT_DURATION,   /* ns; written "200ms" */
    GOAL_UNIT_COUNT,      /* a bare whole number */
    GOAL_UNIT_RATE,       /* records per 1000 s; written "900/s" */
    GOAL_UNIT_THROUGHPUT, /* bytes per s; written "5MB/s" */
} GoalUnit;

/* Keys that "where" may hold for a metric. Without one, all producers (or groups, or user
 * partitions) count: sums of counts and rates, merged histograms, and the worst of maxima. */
enum {
    GOAL_WHERE_PRODUCER = 1,
    GOAL_WHERE_GROUP = 2,
    GOAL_WHERE_TOPIC = 4,
    GOAL_WHERE_PARTITION = 8, /* only together with a topic */
};

typedef struct GoalMetric {
    const char *name; /* "produce.latency.p99" */
    GoalUnit unit;
    unsigned where; /* GOAL_WHERE_... */
    bool during;    /* may be limited to a window */
    const char *help;
} GoalMetric;

size_t goal_metric_count(void);
const GoalMetric *goal_metric_at(size_t index);
const GoalMetric *goal_metric_find(const char *name); /* or NULL */

#endif
