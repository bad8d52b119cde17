/* partition_excuses.h - partitions that may end without a leader, though all brokers are there. */
#ifndef KAFKASIM_TESTS_PROPERTIES_PARTITION_EXCUSES_H
#define KAFKASIM_TESTS_PROPERTIES_PARTITION_EXCUSES_H
#include "models/world/cluster.h"
#include "tests/properties/case.h"

/* Nobody is left from whom the others could get what was written. */
bool excuse_leaderless(const Case *the_case, const PartitionReport *partition);

#endif
