/* describe_text.h - a ClusterView in the layout of Kafka's tools. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_COMMANDS_DESCRIBE_TEXT_H
#define KAFKASIM_SCENARIOS_RUNNER_COMMANDS_DESCRIBE_TEXT_H
#include "models/world/cluster_view.h"

typedef struct DescribeFilter {
    const char *topic; /* NULL: all */
    bool under_replicated;
    bool under_min_isr;
    bool at_min_isr;
    bool unavailable;
} DescribeFilter;

void describe_topics(const ClusterView *view, const DescribeFilter *filter, GString *out);
void describe_brokers(const ClusterView *view, GString *out);
void describe_quorum_status(const ClusterView *view, GString *out);
void describe_quorum_replication(const ClusterView *view, GString *out);
/* `what`: "topics", "brokers" or "quorum". */
void describe_json(const char *what,
                   const ClusterView *view,
                   const DescribeFilter *filter,
                   GString *out);
/* Does the partition stand in the answer? */
bool describe_shows(const ClusterView *view,
                    const TopicView *topic,
                    const PartitionView *partition,
                    const DescribeFilter *filter);

#endif
