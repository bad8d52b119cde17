/* group_excuses.h - what Kafka itself does to a group, for judge.c. */
#ifndef KAFKASIM_TESTS_PROPERTIES_GROUP_EXCUSES_H
#define KAFKASIM_TESTS_PROPERTIES_GROUP_EXCUSES_H
#include "models/world/cluster.h"
#include "tests/properties/case.h"

/* Of a partition: nobody owns it, or its owner does not know, after a downgrade to the classic
 * protocol. Of a group: partitions may belong to nobody, after a static member of a cooperative
 * group came back. */
bool excuse_downgrade(const Cluster *cluster, const char *group, const GroupPartitionReport *read);
bool excuse_second_rebalance(const Case *the_case, const Cluster *cluster);
/* What is committed may stay behind what was read. */
bool excuse_refused_commit(const Cluster *cluster,
                           const Case *the_case,
                           const GroupPartitionReport *read);
/* Records may be worked off again, for all transactions. */
bool excuse_forgotten_epoch(const Cluster *cluster);
/* So many members may be missing. */
int32_t excuse_stuck_workers(const Case *the_case, const ClusterReport *report);

#endif
