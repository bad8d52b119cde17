/* token_bucket.c - see the header. */
#include "models/quota/token_bucket.h"
#include "models/quota/rate.h"
#include <glib.h>

void token_bucket_init(TokenBucket *self, double quota, int32_t samples, int64_t window_ms)
{
    *self = (TokenBucket){.quota = quota};
    self->burst = samples * ((double)window_ms / 1000.0) * quota;
}

static void refill(TokenBucket *self, int64_t now_ms)
{
    double gained = self->quota * ((double)(now_ms - self->last_update_ms) / 1000.0);
    self->tokens = MIN(self->burst, self->tokens + gained);
    self->last_update_ms = now_ms;
}

double token_bucket_tokens(TokenBucket *self, int64_t now_ms)
{
    refill(self, now_ms);
    return self->tokens;
}

void token_bucket_take(TokenBucket *self, double tokens, int64_t now_ms)
{
    refill(self, now_ms);
    self->tokens = MIN(self->burst, self->tokens - tokens);
}

static int64_t throttle_ms(TokenBucket *self, int64_t now_ms)
{
    double tokens = token_bucket_tokens(self, now_ms);
    return tokens < 0 ? quota_round_ms(-tokens / self->quota * 1000) : 0;
}

bool mutation_quota_record(
    TokenBucket *bucket, bool strict, double permits, int64_t now_ms, int64_t *ret_throttle_ms)
{
    *ret_throttle_ms = strict ? throttle_ms(bucket, now_ms) : 0;
    if (token_bucket_tokens(bucket, now_ms) < 0 && strict) {
        return false;
    }
    token_bucket_take(bucket, permits, now_ms);
    if (!strict) {
        *ret_throttle_ms = throttle_ms(bucket, now_ms);
    }
    return true;
}
