/* describe_groups.h - consumer groups in the layout of kafka-consumer-groups.sh. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_DESCRIBE_DESCRIBE_GROUPS_H
#define KAFKASIM_SCENARIOS_RUNNER_DESCRIBE_DESCRIBE_GROUPS_H
#include "models/world/cluster_view.h"

typedef enum DescribeGroupsWhat {
    DESCRIBE_STATES,  /* --describe --state */
    DESCRIBE_MEMBERS, /* --describe --members */
    DESCRIBE_OFFSETS, /* --describe */
} DescribeGroupsWhat;

/* What the tool prints of one group; what it would say on stderr goes to `complaints`, one a
 * line. `verbose`: with epochs, and the members' partitions. `topic`: only its offsets; NULL all.
 */
void describe_group(const GroupStateView *view,
                    DescribeGroupsWhat what,
                    bool verbose,
                    const char *topic,
                    GString *out,
                    GString *complaints);
/* All of them as one document. */
void describe_groups_json(GPtrArray *views, SimTime at, GString *out);

#endif
