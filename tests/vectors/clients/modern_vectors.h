/* modern_vectors.h - what the vectors of KIP-848 groups share: {"t0":[0,2]} as a PartitionSet. */
#ifndef KAFKASIM_TESTS_VECTORS_CLIENTS_MODERN_VECTORS_H
#define KAFKASIM_TESTS_VECTORS_CLIENTS_MODERN_VECTORS_H
#include "models/group/modern/current_assignment.h"
#include "tests/vectors/vectors.h"

/* Partition p of topic tK has the index K * PARTITIONS_PER_TOPIC + p. */
#define PARTITIONS_PER_TOPIC 1000

PartitionSet *modern_vector_set(const cJSON *by_topic);
/* "t0-0 t0-2"; caller frees. */
char *modern_vector_text(const PartitionSet *set);
bool modern_vector_same_set(GString *why,
                            const char *what,
                            const cJSON *expected,
                            const PartitionSet *got);
/* Of {state, epoch, previousEpoch, assigned, pendingRevocation}. */
bool modern_vector_same_member(const cJSON *expected, const CurrentAssignment *got, GString *why);

#endif
