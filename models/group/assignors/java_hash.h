/* java_hash.h - java.lang.String.hashCode and the order in which a java.util.HashMap is walked.
 *
 * Kafka's coordinator chooses by the first (the partition of a group) and, unintentionally, by the
 * second (which member leads after the leader left). */
#ifndef KAFKASIM_MODELS_GROUP_ASSIGNORS_JAVA_HASH_H
#define KAFKASIM_MODELS_GROUP_ASSIGNORS_JAVA_HASH_H
#include <stdint.h>

/* h = 31 * h + UTF-16 unit, 32 bits, from UTF-8 text. */
int32_t java_string_hash(const char *text);
/* Utils.abs(hash) mod n: the absolute value, not the bit mask, with MIN_VALUE -> 0. */
int32_t java_hash_partition(const char *text, int32_t n);
/* Position of the key's bucket in a HashMap that holds `entries` keys (and never held many more):
 * ascending buckets, ties by insertion, is the order of iteration. */
uint32_t java_hash_bucket(const char *key, int32_t entries);

#endif
