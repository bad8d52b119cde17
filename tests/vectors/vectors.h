/* vectors.h - answers of Kafka's own classes, tried on the code that the simulation runs.
 *
 * A file NAME.json(.gz) holds {"vectors": [...]}, or the list alone; a VectorCheck says whether our
 * code gives what Kafka gave for one of them. Each family is one file check_NAME.c: of servers
 * here, of producers, consumers and groups under clients/; main is test_vectors.c. */
#ifndef KAFKASIM_TESTS_VECTORS_VECTORS_H
#define KAFKASIM_TESTS_VECTORS_VECTORS_H
#include <cjson/cJSON.h>
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* True when equal; else says in `why` what was expected and what came (one line). */
typedef bool (*VectorCheck)(const cJSON *vector, GString *why);

bool check_partition_change(const cJSON *vector, GString *why);
bool check_controller_sequence(const cJSON *vector, GString *why);
bool check_broker_heartbeats(const cJSON *vector, GString *why);
bool check_placement(const cJSON *vector, GString *why);
bool check_leader_epochs(const cJSON *vector, GString *why);
bool check_follower_truncation(const cJSON *vector, GString *why);
bool check_fetch_divergence(const cJSON *vector, GString *why);
bool check_leader_isr_hw(const cJSON *vector, GString *why);
bool check_raft_quorum_state(const cJSON *vector, GString *why);
bool check_quotas_rate(const cJSON *vector, GString *why);
bool check_quotas_tokenbucket(const cJSON *vector, GString *why);
bool check_producer_state(const cJSON *vector, GString *why);
bool check_exponential_backoff(const cJSON *vector, GString *why);
bool check_assignor(const cJSON *vector, GString *why);
bool check_sticky_chain(const cJSON *vector, GString *why);
bool check_cooperative_chain(const cJSON *vector, GString *why);
bool check_server_assignor(const cJSON *vector, GString *why);
bool check_classic_group(const cJSON *vector, GString *why);
bool check_member_reconciliation(const cJSON *vector, GString *why);
bool check_reconciliation_chain(const cJSON *vector, GString *why);
bool check_murmur2(const cJSON *vector, GString *why);
bool check_record_sizes(const cJSON *vector, GString *why);
bool check_compression_ratio(const cJSON *vector, GString *why);
bool check_builtin_partitioner(const cJSON *vector, GString *why);
bool check_accumulator(const cJSON *vector, GString *why);
bool check_consumer_group(const cJSON *vector, GString *why);

/* Readers of members. A missing or null member gives the fallback. */
int64_t vector_integer(const cJSON *object, const char *name, int64_t fallback);
double vector_double(const cJSON *object, const char *name, double fallback);
const char *vector_text(const cJSON *object, const char *name); /* NULL when absent or null */
bool vector_boolean(const cJSON *object, const char *name);     /* false when absent or null */
bool vector_is_set(const cJSON *object, const char *name);      /* present and not null */
/* Compares; on a difference appends "WHAT: expected .., got .." and is false. */
bool vector_same_integer(GString *why, const char *what, int64_t expected, int64_t got);
bool vector_same_text(GString *why, const char *what, const char *expected, const char *got);

#endif
