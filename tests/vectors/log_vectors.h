/* log_vectors.h - logs as the replica vectors describe them, and a host without a broker. */
#ifndef KAFKASIM_TESTS_VECTORS_LOG_VECTORS_H
#define KAFKASIM_TESTS_VECTORS_LOG_VECTORS_H
#include "models/replica/partition.h"
#include "tests/vectors/vectors.h"

const PartitionHost *log_vector_host(void);
/* {"epochs", "logStart", "leo", "hw", "batches"} -> a partition without a role. */
Partition *log_vector_partition(const cJSON *state);
/* Compares epochs, log start, log end, high watermark and batches. */
bool log_vector_same(GString *why, const cJSON *expected, const Partition *partition);
const cJSON *log_vector_member(const cJSON *object, const char *name);
int64_t log_vector_at(const cJSON *array, int index);

#endif
