/* client_quota.c - see the header. */
#include "models/quota/client_quota.h"
#include "models/quota/rate.h"

typedef struct ClientQuota {
    char *name;
    double limits[QUOTA_KINDS]; /* its own; QUOTA_NONE */
    Rate rates[QUOTA_KINDS];    /* kept == NULL until first used */
} ClientQuota;

static void free_client(gpointer data)
{
    ClientQuota *client = data;
    for (int kind = 0; kind < QUOTA_KINDS; kind++) {
        rate_clear(&client->rates[kind]);
    }
    g_free(client->name);
    g_free(client);
}

void client_quotas_init(ClientQuotas *self, int32_t samples, int64_t window_ms)
{
    *self = (ClientQuotas){.samples = samples, .window_ms = window_ms};
    for (int kind = 0; kind < QUOTA_KINDS; kind++) {
        self->defaults[kind] = QUOTA_NONE;
    }
    self->clients = g_ptr_array_new_with_free_func(free_client);
    self->by_name = g_hash_table_new(g_str_hash, g_str_equal);
}

void client_quotas_clear(ClientQuotas *self)
{
    g_hash_table_destroy(self->by_name);
    g_ptr_array_free(self->clients, TRUE);
    *self = (ClientQuotas){0};
}

void client_quotas_reset(ClientQuotas *self)
{
    for (guint i = 0; i < self->clients->len; i++) {
        ClientQuota *client = self->clients->pdata[i];
        for (int kind = 0; kind < QUOTA_KINDS; kind++) {
            rate_clear(&client->rates[kind]);
        }
    }
}

static ClientQuota *find(const ClientQuotas *self, const char *client_id)
{
    return g_hash_table_lookup(self->by_name, client_id);
}

static ClientQuota *find_or_add(ClientQuotas *self, const char *client_id)
{
    ClientQuota *client = find(self, client_id);
    if (client == NULL) {
        client = g_new0(ClientQuota, 1);
        client->name = g_strdup(client_id);
        for (int kind = 0; kind < QUOTA_KINDS; kind++) {
            client->limits[kind] = QUOTA_NONE;
        }
        g_ptr_array_add(self->clients, client);
        g_hash_table_insert(self->by_name, client->name, client);
    }
    return client;
}

void client_quotas_set(ClientQuotas *self, const char *client_id, QuotaKind kind, double limit)
{
    *(client_id == NULL ? &self->defaults[kind] : &find_or_add(self, client_id)->limits[kind]) =
        limit;
    self->any = false;
    for (int k = 0; k < QUOTA_KINDS; k++) {
        self->any = self->any || self->defaults[k] > 0;
        for (guint i = 0; i < self->clients->len; i++) {
            self->any = self->any || ((ClientQuota *)self->clients->pdata[i])->limits[k] > 0;
        }
    }
}

double client_quotas_limit(const ClientQuotas *self, const char *client_id, QuotaKind kind)
{
    const ClientQuota *client = find(self, client_id);
    return client != NULL && client->limits[kind] > 0 ? client->limits[kind] : self->defaults[kind];
}

static Rate *rate_of(ClientQuotas *self, const char *client_id, QuotaKind kind)
{
    Rate *rate = &find_or_add(self, client_id)->rates[kind];
    if (rate->kept == NULL) {
        rate_init(rate, self->samples, self->window_ms, false);
    }
    return rate;
}

int64_t client_quotas_record(
    ClientQuotas *self, const char *client_id, QuotaKind kind, double value, int64_t now_ms)
{
    double limit = client_quotas_limit(self, client_id, kind);
    if (limit <= 0) {
        return 0;
    }
    Rate *rate = rate_of(self, client_id, kind);
    rate_record(rate, value, now_ms);
    return kind == QUOTA_REQUEST ? rate_throttle_ms_bounded(rate, limit, self->window_ms, now_ms)
                                 : rate_throttle_ms(rate, limit, now_ms);
}

void client_quotas_take_back(
    ClientQuotas *self, const char *client_id, QuotaKind kind, double value, int64_t now_ms)
{
    if (client_quotas_limit(self, client_id, kind) > 0) {
        rate_record(rate_of(self, client_id, kind), -value, now_ms);
    }
}

int64_t client_quotas_window_bytes(const ClientQuotas *self, const char *client_id, QuotaKind kind)
{
    double limit = client_quotas_limit(self, client_id, kind);
    double bytes = limit * (self->samples - 1) * ((double)self->window_ms / 1000.0);
    return limit <= 0 || bytes > 1e15 ? INT64_MAX : (int64_t)bytes;
}
