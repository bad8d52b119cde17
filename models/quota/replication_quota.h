/* replication_quota.h - how fast listed replicas may be copied (KIP-73).
 *
 * One for what a broker sends as leader, one for what it fetches as follower: a rate, and per topic
 * the partitions it counts for. Bytes of listed partitions count whether they are in sync or not;
 * what is in sync is never held back.
 * Mirrors: ReplicationQuotaManager (server.md 2.10). */
#ifndef KAFKASIM_MODELS_QUOTA_REPLICATION_QUOTA_H
#define KAFKASIM_MODELS_QUOTA_REPLICATION_QUOTA_H
#include "models/quota/rate.h"
#include <glib.h>

typedef struct ReplicationQuota {
    Rate rate;
    double limit;      /* bytes/s; <= 0: none */
    GArray *throttled; /* of gboolean by partition index */
    bool any;          /* is any partition listed? */
} ReplicationQuota;

void replication_quota_init(ReplicationQuota *self, int32_t samples, int64_t window_ms);
void replication_quota_clear(ReplicationQuota *self);
void replication_quota_reset(ReplicationQuota *self); /* the process died: the rate is forgotten */
void replication_quota_mark(ReplicationQuota *self, int32_t partition, bool throttled);
bool replication_quota_is_throttled(const ReplicationQuota *self, int32_t partition);
bool replication_quota_is_exceeded(ReplicationQuota *self, int64_t now_ms);
void replication_quota_record(ReplicationQuota *self, int64_t bytes, int64_t now_ms);

/* A topic of so many partitions from `first` on has "partition:broker,..." or "*", or NULL, as its
 * ...replication.throttled.replicas: those of `broker` are marked, and no others of the topic. */
void replication_quota_mark_list(
    ReplicationQuota *self, const char *list, int32_t first, int32_t count, int32_t broker);

#endif
