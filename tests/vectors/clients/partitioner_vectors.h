/* partitioner_vectors.h - what the vectors of producers share: given draws, and load tables. */
#ifndef KAFKASIM_TESTS_VECTORS_CLIENTS_PARTITIONER_VECTORS_H
#define KAFKASIM_TESTS_VECTORS_CLIENTS_PARTITIONER_VECTORS_H
#include "models/producer/builtin_partitioner.h"
#include "tests/vectors/vectors.h"

/* The values of randomPartition(), one after the other. */
typedef struct GivenDraws {
    const cJSON *next;
    int given;   /* so far */
    bool missed; /* one was asked for that is not there */
} GivenDraws;

uint32_t give_partition_draw(void *owner); /* of a GivenDraws */

/* `expected` null: the choice is uniform. */
bool vector_same_load(GString *why, const cJSON *expected, const PartitionLoadStats *load);
bool vector_list_has(const cJSON *list, int64_t value);

#endif
