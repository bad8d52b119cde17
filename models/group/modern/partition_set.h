/* partition_set.h - an immutable set of partition indices (or topic indices), ascending, shared by
 * reference: what members own, what they shall own, what they subscribe to.
 *
 * Mirrors: the Map<Uuid, Set<Integer>> of Assignment. One flat set will do, because a partition
 * index stands for topic and number. */
#ifndef KAFKASIM_MODELS_GROUP_MODERN_PARTITION_SET_H
#define KAFKASIM_MODELS_GROUP_MODERN_PARTITION_SET_H
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct PartitionSet {
    int32_t references;
    int32_t count;
    int32_t items[];
} PartitionSet;

/* In any order, repeated or not. */
PartitionSet *partition_set_new(const int32_t *items, int32_t count);
PartitionSet *partition_set_empty(void);
PartitionSet *partition_set_ref(const PartitionSet *self);
void partition_set_unref(PartitionSet *self); /* NULL is allowed */
/* Makes *place hold `value` (a reference of its own), instead of what it held. */
void partition_set_assign(PartitionSet **place, const PartitionSet *value);

PartitionSet *partition_set_intersection(const PartitionSet *a, const PartitionSet *b);
PartitionSet *partition_set_difference(const PartitionSet *a, const PartitionSet *b);
PartitionSet *partition_set_union(const PartitionSet *a, const PartitionSet *b);
bool partition_set_equal(const PartitionSet *a, const PartitionSet *b);
bool partition_set_has(const PartitionSet *self, int32_t item);
bool partition_set_intersects(const PartitionSet *a, const PartitionSet *b);
bool partition_set_is_subset(const PartitionSet *self, const PartitionSet *of);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PartitionSet, partition_set_unref)

#endif
