/* goal_metrics.c - the table of measures. */
#include "scenarios/runner/goal_metrics.h"
#include <string.h>

#define PRODUCER "producer"
#define GROUP    "group"
#define TOPIC    "topic|partition"
#define DURATION GOAL_UNIT_NS
#define COUNT    GOAL_UNIT_COUNT
#define RATE     GOAL_UNIT_PER_SEC_MILLI
#define BYTES    GOAL_UNIT_BYTES_PER_SEC

/* clang-format off */
static const ScenarioMetric METRICS[] = {
    {"produce.latency.mean", DURATION, PRODUCER, false, "mean time from send() to its answer"},
    {"produce.latency.p50", DURATION, PRODUCER, true, "median of it; with during: of the worst sampled interval"},
    {"produce.latency.p95", DURATION, PRODUCER, false, "95th percentile of it"},
    {"produce.latency.p99", DURATION, PRODUCER, true, "99th percentile of it; with during: of the worst sampled interval"},
    {"produce.latency.p99.9", DURATION, PRODUCER, true, "99.9th percentile of it; with during: of the worst sampled interval"},
    {"produce.latency.max", DURATION, PRODUCER, false, "longest of it"},
    {"produce.rate", RATE, PRODUCER, true, "records acknowledged per second, after warm-up"},
    {"produce.throughput", BYTES, PRODUCER, false, "bytes acknowledged per second, after warm-up"},
    {"produce.gap.max", DURATION, PRODUCER "|" TOPIC, false, "longest time in which a record waited for its acknowledgement and none came on its partition (where records are sparse: the longest latency of one)"},
    {"end.to.end.latency.mean", DURATION, GROUP, false, "mean time from send() to poll()"},
    {"end.to.end.latency.p50", DURATION, GROUP, false, "median of it"},
    {"end.to.end.latency.p95", DURATION, GROUP, false, "95th percentile of it"},
    {"end.to.end.latency.p99", DURATION, GROUP, false, "99th percentile of it"},
    {"end.to.end.latency.p99.9", DURATION, GROUP, false, "99.9th percentile of it"},
    {"end.to.end.latency.max", DURATION, GROUP, false, "longest of it"},
    {"consume.rate", RATE, GROUP, true, "records handed to the application per second, after warm-up"},
    {"lag.max", COUNT, GROUP, true, "largest lag of a group at any sample: high watermark less the position read, as the consumers' own records-lag (what was handed out and not yet committed is no lag), 0 at least, summed over its partitions; a share group has no position: less its start offset, below which every record is acknowledged or archived (what it has in hand is lag)"},
    {"lag.end", COUNT, GROUP, false, "lag of a group at the end, as kafka-consumer-groups counts it: log end offset (the high watermark) less committed offset, summed over its partitions (the tool shows a partition whose committed offset lies beyond its end with a negative LAG; here it counts as 0); not known, and no goal met, while a partition has no leader that tells its end"},
    {"acked.records.lost", COUNT, PRODUCER, false, "records acknowledged, or sent with acks=0, but not in the log at the end"},
    {"records.duplicated", COUNT, PRODUCER, false, "extra copies in the log"},
    {"records.reordered", COUNT, PRODUCER, false, "records that stand behind one of their partition that was sent later"},
    {"records.failed", COUNT, PRODUCER, true, "records for which send() reported an error"},
    {"records.consumed.twice", COUNT, GROUP, false, "records handed to the application again"},
    {"inputs.seen", COUNT, GROUP, false, "records of which the group was handed what a worker made of them"},
    {"inputs.seen.twice", COUNT, GROUP, false, "records handed to the group that a worker had made of the same one again"},
    {"records.skipped", COUNT, GROUP, false, "records passed over, or deleted (by retention, or with their topic), without being handed out; transaction markers, and what the log cleaner took first, are none"},
    {"records.never.processed", COUNT, GROUP, false, "records committed whose member died before it had processed them"},
    {"records.out.of.order", COUNT, GROUP, false, "records handed out after later ones of their partition"},
    {"records.given.up", COUNT, GROUP, false, "records that failed each time and were passed over"},
    {"records.dead.lettered", COUNT, GROUP, false, "records that failed each time and went to the dead-letter topic"},
    {"restore.time.max", DURATION, GROUP, false, "longest time from the assignment of a Kafka Streams task to its first record: its store is restored"},
    {"records.restored", COUNT, GROUP, false, "changelog records read to restore stores of active tasks"},
    {"tasks.moved", COUNT, GROUP, false, "active tasks that came to another instance"},
    {"tasks.promoted", COUNT, GROUP, false, "of those, to one that had kept a standby or warm-up of it"},
    {"partition.offline.time", DURATION, TOPIC, false, "time without a leader that lives, of the worst user partition; offline by Kafka's own count begins later, when the controller knows"},
    {"partitions.under.replicated.max", COUNT, "", true, "most partitions under-replicated at any sample"},
    {"isr.size.min", COUNT, "", true, "smallest in-sync replica set of a user partition at any sample at which there is one"},
    {"replicas.diverged", COUNT, TOPIC, false, "in-sync replicas of user partitions that at the end hold other records than their leader below its high watermark"},
    {"elections", COUNT, TOPIC, true, "leader changes after creation, of user partitions"},
    {"rebalances", COUNT, GROUP, false, "completed rebalances of a group"},
    {"group.members", COUNT, GROUP, true, "members at the end of the run, or of the window"},
};
/* clang-format on */

size_t scenario_metric_count(void)
{
    return sizeof METRICS / sizeof METRICS[0];
}

const ScenarioMetric *scenario_metric_at(size_t index)
{
    return &METRICS[index];
}

const ScenarioMetric *scenario_metric_find(const char *name)
{
    for (size_t i = 0; i < scenario_metric_count(); i++) {
        if (strcmp(METRICS[i].name, name) == 0) {
            return &METRICS[i];
        }
    }
    return NULL;
}
