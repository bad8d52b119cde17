/* client_quota.h - how much each client may send, fetch and keep threads busy.
 *
 * Each client id has a Rate for each kind. What is above its limit is answered with a throttle
 * time: (observed - limit) / limit x window, for thread time at most one sample. A limit is that of
 * the client id, else the default of all. Mirrors: ClientQuotaManager, ClientRequestQuotaManager
 * (server.md 3.3, KIP-13, KIP-124, KIP-219). Leaves out: users, and quotas by network address. */
#ifndef KAFKASIM_MODELS_QUOTA_CLIENT_QUOTA_H
#define KAFKASIM_MODELS_QUOTA_CLIENT_QUOTA_H
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum QuotaKind {
    QUOTA_PRODUCE, /* bytes/s of produce requests */
    QUOTA_FETCH,   /* bytes/s of fetch responses */
    QUOTA_REQUEST, /* percent of one thread */
    QUOTA_KINDS,
} QuotaKind;
#define QUOTA_NONE (-1.0)

typedef struct ClientQuotas {
    int32_t samples;   /* quota.window.num */
    int64_t window_ms; /* quota.window.size.seconds */
    double defaults[QUOTA_KINDS];
    GPtrArray *clients;  /* ClientQuota*, owned */
    GHashTable *by_name; /* client id -> ClientQuota, look-up only */
    bool any;            /* is any limit set at all? */
} ClientQuotas;

void client_quotas_init(ClientQuotas *self, int32_t samples, int64_t window_ms);
void client_quotas_clear(ClientQuotas *self);
/* Everything that was recorded is forgotten (the process died); the limits stay. */
void client_quotas_reset(ClientQuotas *self);
/* client_id NULL: the default of all. QUOTA_NONE: no limit of its own. */
void client_quotas_set(ClientQuotas *self, const char *client_id, QuotaKind kind, double limit);
double client_quotas_limit(const ClientQuotas *self, const char *client_id, QuotaKind kind);
/* Records, and returns how long the client is to wait, in ms. */
int64_t client_quotas_record(
    ClientQuotas *self, const char *client_id, QuotaKind kind, double value, int64_t now_ms);
/* It was not sent after all. */
void client_quotas_take_back(
    ClientQuotas *self, const char *client_id, QuotaKind kind, double value, int64_t now_ms);
/* As much as its limit allows in a window: more is never read for it at once. */
int64_t client_quotas_window_bytes(const ClientQuotas *self, const char *client_id, QuotaKind kind);

#endif
