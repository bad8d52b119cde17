/* replica_vectors.h - lists of broker ids in vectors. */
#ifndef KAFKASIM_TESTS_VECTORS_REPLICA_VECTORS_H
#define KAFKASIM_TESTS_VECTORS_REPLICA_VECTORS_H
#include "models/protocol/metadata.h"
#include "tests/vectors/vectors.h"

/* A member [1,2,3]; empty when absent or null. */
ReplicaList vector_replicas(const cJSON *object, const char *name);
ReplicaList vector_replica_array(const cJSON *array);
bool vector_same_replicas(GString *why,
                          const char *what,
                          const cJSON *expected,
                          const ReplicaList *got);

#endif
