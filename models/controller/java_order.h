/* java_order.h - the order in which Java's hash tables give their elements back.
 *
 * It decides things in Kafka: which replica comes first in a new ELR, which of several silent
 * brokers is fenced first. An element stands in bucket (hash ^ hash >>> 16) & (capacity - 1);
 * within a bucket in order of insertion, which a growing HashMap keeps.
 * Mirrors: java.util.HashMap, java.util.concurrent.ConcurrentHashMap.
 * Leaves out: buckets of more than 8, which become trees; removed elements leave the capacity. */
#ifndef KAFKASIM_MODELS_CONTROLLER_JAVA_ORDER_H
#define KAFKASIM_MODELS_CONTROLLER_JAVA_ORDER_H
#include "models/protocol/metadata.h"

/* An element: where it stands, by its hash code; `value` is the caller's. */
typedef struct JavaOrderItem {
    uint32_t hash;
    int32_t value;
} JavaOrderItem;

/* new HashSet(collection): room for `count`. An empty one has 16 buckets. */
uint32_t java_order_capacity_for(int32_t count);
uint32_t java_order_bucket(uint32_t hash, uint32_t capacity);
/* Long.hashCode */
uint32_t java_order_hash_long(int64_t value);

/* Items in the order of their table. `concurrent`: it grows already when it is 3/4 full, and turns
 * the front of a bucket round when it splits it. */
typedef struct JavaOrderTable {
    bool concurrent;
    uint32_t capacity;
    GArray *items; /* JavaOrderItem, in the order of iteration */
} JavaOrderTable;
void java_order_table_init(JavaOrderTable *self, bool concurrent);
void java_order_table_clear(JavaOrderTable *self);
void java_order_table_add(JavaOrderTable *self, uint32_t hash, int32_t value);
void java_order_table_remove_at(JavaOrderTable *self, uint32_t index);

/* A HashSet of broker ids, in its order. */
typedef struct JavaOrderSet {
    uint32_t capacity;
    ReplicaList ids;
} JavaOrderSet;
JavaOrderSet java_order_set_of(const ReplicaList *ids); /* new HashSet(collection) */
void java_order_set_add_all(JavaOrderSet *self, const ReplicaList *ids);

#endif
