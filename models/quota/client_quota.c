/* client_quota.c - see the header. */
#include "models/quota/client_quota.h"
#include "models/quota/rate.h"

typedef struct QuotaLimits {
    char *user;
    char *client_id;
    double limits[QUOTA_KINDS]; /* QUOTA_NONE */
} QuotaLimits;

/* Of one level's members: "" stands for all users or all clients. */
typedef struct QuotaRates {
    char *user;
    char *client_id;
    Rate rates[QUOTA_KINDS]; /* kept == NULL until first used */
} QuotaRates;

typedef struct QuotaClient {
    char *name;
    char *user;
    uint32_t version; /* of the limits that were looked up */
    double limits[QUOTA_KINDS];
    Rate *rates[QUOTA_KINDS]; /* NULL without a limit */
} QuotaClient;

static void free_limits(void *data)
{
    QuotaLimits *limits = data;
    g_free(limits->user);
    g_free(limits->client_id);
    g_free(limits);
}

static void free_rates(void *data)
{
    QuotaRates *rates = data;
    for (int kind = 0; kind < QUOTA_KINDS; kind++) {
        rate_clear(&rates->rates[kind]);
    }
    g_free(rates->user);
    g_free(rates->client_id);
    g_free(rates);
}

static void free_client(void *data)
{
    QuotaClient *client = data;
    g_free(client->name);
    g_free(client->user);
    g_free(client);
}

void client_quotas_init(ClientQuotas *self, int32_t samples, int64_t window_ms)
{
    *self = (ClientQuotas){.samples = samples, .window_ms = window_ms, .version = 1};
    self->limits = g_ptr_array_new_with_free_func(free_limits);
    self->rates = g_ptr_array_new_with_free_func(free_rates);
    self->clients = g_ptr_array_new_with_free_func(free_client);
    self->by_name = g_hash_table_new(g_str_hash, g_str_equal);
}

void client_quotas_clear(ClientQuotas *self)
{
    g_hash_table_destroy(self->by_name);
    g_ptr_array_free(self->clients, TRUE);
    g_ptr_array_free(self->rates, TRUE);
    g_ptr_array_free(self->limits, TRUE);
    *self = (ClientQuotas){0};
}

void client_quotas_reset(ClientQuotas *self)
{
    for (guint i = 0; i < self->rates->len; i++) {
        QuotaRates *rates = self->rates->pdata[i];
        for (int kind = 0; kind < QUOTA_KINDS; kind++) {
            rate_clear(&rates->rates[kind]);
        }
    }
}

/* ---- limits */

static QuotaLimits *find_limits(const ClientQuotas *self, QuotaEntity entity)
{
    for (guint i = 0; i < self->limits->len; i++) {
        QuotaLimits *limits = self->limits->pdata[i];
        if (g_strcmp0(limits->user, entity.user) == 0 &&
            g_strcmp0(limits->client_id, entity.client_id) == 0) {
            return limits;
        }
    }
    return NULL;
}

void client_quotas_set(ClientQuotas *self, QuotaEntity entity, QuotaKind kind, double limit)
{
    QuotaLimits *limits = find_limits(self, entity);
    if (limits == NULL) {
        limits = g_new0(QuotaLimits, 1);
        limits->user = g_strdup(entity.user);
        limits->client_id = g_strdup(entity.client_id);
        for (int k = 0; k < QUOTA_KINDS; k++) {
            limits->limits[k] = QUOTA_NONE;
        }
        g_ptr_array_add(self->limits, limits);
    }
    limits->limits[kind] = limit;
    self->version++;
    self->any = false;
    for (guint i = 0; i < self->limits->len; i++) {
        for (int k = 0; k < QUOTA_KINDS; k++) {
            self->any = self->any || ((QuotaLimits *)self->limits->pdata[i])->limits[k] > 0;
        }
    }
}

/* ---- clients */

static QuotaClient *find_or_add_client(ClientQuotas *self, const char *client_id)
{
    QuotaClient *client = g_hash_table_lookup(self->by_name, client_id);
    if (client == NULL) {
        client = g_new0(QuotaClient, 1);
        client->name = g_strdup(client_id);
        client->user = g_strdup(QUOTA_ANONYMOUS);
        g_ptr_array_add(self->clients, client);
        g_hash_table_insert(self->by_name, client->name, client);
    }
    return client;
}

void client_quotas_set_user(ClientQuotas *self, const char *client_id, const char *user)
{
    QuotaClient *client = find_or_add_client(self, client_id);
    g_free(client->user);
    client->user = g_strdup(user);
    client->version = 0;
}

static Rate *rate_among(ClientQuotas *self, const char *user, const char *client_id, int kind)
{
    for (guint i = 0; i < self->rates->len; i++) {
        QuotaRates *rates = self->rates->pdata[i];
        if (g_str_equal(rates->user, user) && g_str_equal(rates->client_id, client_id)) {
            return &rates->rates[kind];
        }
    }
    QuotaRates *rates = g_new0(QuotaRates, 1);
    rates->user = g_strdup(user);
    rates->client_id = g_strdup(client_id);
    g_ptr_array_add(self->rates, rates);
    return &rates->rates[kind];
}

/* The level of the limit found says with whom the client shares its rate. */
static void look_up_kind(ClientQuotas *self, QuotaClient *client, int kind)
{
    const char *user = client->user;
    const char *name = client->name;
    const QuotaEntity order[] = {
        {user, name},
        {user, QUOTA_DEFAULT},
        {user, NULL},
        {QUOTA_DEFAULT, name},
        {QUOTA_DEFAULT, QUOTA_DEFAULT},
        {QUOTA_DEFAULT, NULL},
        {NULL, name},
        {NULL, QUOTA_DEFAULT},
    };
    client->limits[kind] = QUOTA_NONE;
    client->rates[kind] = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(order) && client->rates[kind] == NULL; i++) {
        const QuotaLimits *limits = find_limits(self, order[i]);
        if (limits != NULL && limits->limits[kind] > 0) {
            client->limits[kind] = limits->limits[kind];
            client->rates[kind] = rate_among(self,
                                             order[i].user != NULL ? user : "",
                                             order[i].client_id != NULL ? name : "",
                                             kind);
        }
    }
}

static QuotaClient *look_up(ClientQuotas *self, const char *client_id)
{
    QuotaClient *client = find_or_add_client(self, client_id);
    if (client->version != self->version) {
        for (int kind = 0; kind < QUOTA_KINDS; kind++) {
            look_up_kind(self, client, kind);
        }
        client->version = self->version;
    }
    return client;
}

double client_quotas_limit(ClientQuotas *self, const char *client_id, QuotaKind kind)
{
    return look_up(self, client_id)->limits[kind];
}

/* ---- rates */

/* NULL without a limit. */
static Rate *rate_of(ClientQuotas *self, const QuotaClient *client, QuotaKind kind)
{
    Rate *rate = client->rates[kind];
    if (rate != NULL && rate->kept == NULL) {
        rate_init(rate, self->samples, self->window_ms, false);
    }
    return rate;
}

int64_t client_quotas_record(
    ClientQuotas *self, const char *client_id, QuotaKind kind, double value, int64_t now_ms)
{
    const QuotaClient *client = look_up(self, client_id);
    double limit = client->limits[kind];
    Rate *rate = rate_of(self, client, kind);
    if (rate == NULL) {
        return 0;
    }
    rate_record(rate, value, now_ms);
    return kind == QUOTA_REQUEST ? rate_throttle_ms_bounded(rate, limit, self->window_ms, now_ms)
                                 : rate_throttle_ms(rate, limit, now_ms);
}

void client_quotas_take_back(
    ClientQuotas *self, const char *client_id, QuotaKind kind, double value, int64_t now_ms)
{
    Rate *rate = rate_of(self, look_up(self, client_id), kind);
    if (rate != NULL) {
        rate_record(rate, -value, now_ms);
    }
}

int64_t client_quotas_window_bytes(ClientQuotas *self, const char *client_id, QuotaKind kind)
{
    double limit = client_quotas_limit(self, client_id, kind);
    double bytes = limit * (self->samples - 1) * ((double)self->window_ms / 1000.0);
    return limit <= 0 || bytes > 1e15 ? INT64_MAX : (int64_t)bytes;
}
