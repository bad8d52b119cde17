/* client_quota.h - how much each client may send, fetch and keep threads busy.
 *
 * A limit belongs to an entity: a user with a client id, a user, a client id, each of them named or
 * the default. Of those that match a client the most specific counts:
 *
 *     user + client, user + any client, user, any user + client, any user + any client, any user,
 *     client, any client
 *
 * and clients that share the entity's level share its rate: all clients of a user are counted
 * together under a user's limit, each pair by itself under a pair's. What is above the limit is
 * answered with a throttle time: (observed - limit) / limit x window, for thread time at most one
 * sample. Mirrors: ClientQuotaManager and its DefaultQuotaCallback, ClientRequestQuotaManager
 * (server.md 3.3, KIP-13, KIP-55, KIP-124, KIP-219). Leaves out: quotas by network address. */
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

/* Whose limit it is. NULL: not named; QUOTA_DEFAULT: whoever has no limit of his own. */
typedef struct QuotaEntity {
    const char *user;
    const char *client_id;
} QuotaEntity;
#define QUOTA_DEFAULT   "<default>"
#define QUOTA_ANONYMOUS "ANONYMOUS" /* the user of a connection without authentication */

typedef struct ClientQuotas {
    int32_t samples;     /* quota.window.num */
    int64_t window_ms;   /* quota.window.size.seconds */
    GPtrArray *limits;   /* QuotaLimits*, owned */
    GPtrArray *rates;    /* QuotaRates*, owned */
    GPtrArray *clients;  /* QuotaClient*, owned */
    GHashTable *by_name; /* client id -> QuotaClient, look-up only */
    uint32_t version;    /* of the limits */
    bool any;            /* is any limit set at all? */
} ClientQuotas;

void client_quotas_init(ClientQuotas *self, int32_t samples, int64_t window_ms);
void client_quotas_clear(ClientQuotas *self);
/* Everything that was recorded is forgotten (the process died); the limits stay. */
void client_quotas_reset(ClientQuotas *self);
/* QUOTA_NONE: no limit of its own. */
void client_quotas_set(ClientQuotas *self, QuotaEntity entity, QuotaKind kind, double limit);
/* As whom a client's connections are authenticated; else QUOTA_ANONYMOUS. */
void client_quotas_set_user(ClientQuotas *self, const char *client_id, const char *user);
double client_quotas_limit(ClientQuotas *self, const char *client_id, QuotaKind kind);
/* Records, and returns how long the client is to wait, in ms. */
int64_t client_quotas_record(
    ClientQuotas *self, const char *client_id, QuotaKind kind, double value, int64_t now_ms);
/* It was not sent after all. */
void client_quotas_take_back(
    ClientQuotas *self, const char *client_id, QuotaKind kind, double value, int64_t now_ms);
/* As much as its limit allows in a window: more is never read for it at once. */
int64_t client_quotas_window_bytes(ClientQuotas *self, const char *client_id, QuotaKind kind);

#endif
