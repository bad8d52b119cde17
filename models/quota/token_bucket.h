/* token_bucket.h - the quota of controller mutations (partitions created and deleted, KIP-599).
 *
 * A bucket fills by `quota` tokens a second up to samples x window x quota. Strict (newer clients):
 * while there are fewer than no tokens a request is refused, with how long that lasts; one request
 * may drive it far below. Permissive (older ones): every request passes, and says how long to wait.
 * Mirrors: TokenBucket, StrictControllerMutationQuota, PermissiveControllerMutationQuota. A bucket
 * begins empty at its time 0; a broker's clock is far from there, so that it begins full. */
#ifndef KAFKASIM_MODELS_QUOTA_TOKEN_BUCKET_H
#define KAFKASIM_MODELS_QUOTA_TOKEN_BUCKET_H
#include <stdbool.h>
#include <stdint.h>

typedef struct TokenBucket {
    double quota; /* tokens a second */
    double burst;
    double tokens;
    int64_t last_update_ms;
} TokenBucket;

/* What a bucket's time is when the simulation's is 0: long enough for any to be full. */
#define TOKEN_BUCKET_CLOCK_MS INT64_C(1700000000000)

void token_bucket_init(TokenBucket *self, double quota, int32_t samples, int64_t window_ms);
double token_bucket_tokens(TokenBucket *self, int64_t now_ms);
void token_bucket_take(TokenBucket *self, double tokens, int64_t now_ms);

/* One request. Returns whether it may be done; *ret_throttle_ms > 0: how long its client waits. */
bool mutation_quota_record(
    TokenBucket *bucket, bool strict, double permits, int64_t now_ms, int64_t *ret_throttle_ms);

#endif
