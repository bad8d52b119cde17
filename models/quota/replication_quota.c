/* replication_quota.c - see the header. */
#include "models/quota/replication_quota.h"
#include <string.h>

void replication_quota_init(ReplicationQuota *self, int32_t samples, int64_t window_ms)
{
    *self = (ReplicationQuota){.throttled = g_array_new(FALSE, TRUE, sizeof(gboolean))};
    rate_init(&self->rate, samples, window_ms, true);
}

void replication_quota_clear(ReplicationQuota *self)
{
    rate_clear(&self->rate);
    g_array_free(self->throttled, TRUE);
}

void replication_quota_reset(ReplicationQuota *self)
{
    int32_t samples = self->rate.samples;
    int64_t window_ms = self->rate.window_ms;
    rate_clear(&self->rate);
    rate_init(&self->rate, samples, window_ms, true);
}

void replication_quota_mark(ReplicationQuota *self, int32_t partition, bool throttled)
{
    if ((guint)partition >= self->throttled->len) {
        if (!throttled) {
            return;
        }
        g_array_set_size(self->throttled, (guint)partition + 1);
    }
    g_array_index(self->throttled, gboolean, partition) = throttled;
    self->any = self->any || throttled;
}

bool replication_quota_is_throttled(const ReplicationQuota *self, int32_t partition)
{
    return self->any && (guint)partition < self->throttled->len &&
           g_array_index(self->throttled, gboolean, partition);
}

bool replication_quota_is_exceeded(ReplicationQuota *self, int64_t now_ms)
{
    return self->limit > 0 && rate_measure(&self->rate, now_ms) > self->limit;
}

void replication_quota_record(ReplicationQuota *self, int64_t bytes, int64_t now_ms)
{
    rate_record(&self->rate, (double)bytes, now_ms);
}

static void
mark_pairs(ReplicationQuota *self, const char *list, int32_t first, int32_t count, int32_t broker)
{
    for (const char *at = list; *at != '\0';) {
        char *end;
        gint64 p = g_ascii_strtoll(at, &end, 10);
        gint64 b = *end == ':' ? g_ascii_strtoll(end + 1, &end, 10) : -1;
        if (b == broker && p >= 0 && p < count) {
            replication_quota_mark(self, first + (int32_t)p, true);
        }
        at = *end == ',' ? end + 1 : end + strlen(end);
    }
}

void replication_quota_mark_list(
    ReplicationQuota *self, const char *list, int32_t first, int32_t count, int32_t broker)
{
    bool all = list != NULL && strcmp(list, "*") == 0;
    if (!self->any && (list == NULL || *list == '\0')) {
        return;
    }
    for (int32_t p = first; p < first + count; p++) {
        replication_quota_mark(self, p, all);
    }
    if (!all && list != NULL) {
        mark_pairs(self, list, first, count, broker);
    }
}
