/* java_hash.h - java.lang.String.hashCode and the order in which a java.util.HashMap is walked.
 *
 * Kafka's coordinator chooses by the first (the partition of a group) and, unintentionally, by the
 * second: which member leads after the leader left, who keeps one partition more than others.
 * A table has 16 buckets and doubles when it is more than 3/4 full; a key stands in bucket
 * (hash ^ hash >>> 16) & (buckets - 1), behind those that came before it, also after a doubling.
 * Left out: buckets of more than 8, which become trees. */
#ifndef KAFKASIM_MODELS_GROUP_ASSIGNORS_JAVA_HASH_H
#define KAFKASIM_MODELS_GROUP_ASSIGNORS_JAVA_HASH_H
#include <stdint.h>

/* org.apache.kafka.common.Uuid, of a topic. */
typedef struct JavaUuid {
    int64_t high;
    int64_t low;
} JavaUuid;

/* h = 31 * h + UTF-16 unit, 32 bits, from UTF-8 text. */
int32_t java_string_hash(const char *text);
uint32_t java_uuid_hash(JavaUuid id);
/* Uuid.compareTo: signed. */
int java_uuid_compare(JavaUuid a, JavaUuid b);
/* Utils.abs(hash) mod n: the absolute value, not the bit mask, with MIN_VALUE -> 0. */
int32_t java_hash_partition(const char *text, int32_t n);

/* Buckets of a table that has grown to hold `entries`, */
uint32_t java_hash_capacity(int32_t entries);
/* and of one made from a collection of so many, as by new HashSet<>(collection). */
uint32_t java_hash_capacity_of_copy(int32_t entries);
uint32_t java_hash_place(uint32_t hash, uint32_t capacity);
/* Position of the key's bucket in a HashMap that holds `entries` keys (and never held many more):
 * ascending buckets, ties by insertion, is the order of iteration. */
uint32_t java_hash_bucket(const char *key, int32_t entries);
/* Positions 0 .. count-1 of elements with these hashes, given in order of insertion, as a table of
 * that capacity is walked. `ret_order` holds count places. */
void java_hash_order(const uint32_t *hashes, int32_t count, uint32_t capacity, int32_t *ret_order);

#endif
