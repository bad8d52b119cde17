/* admin_utils.c - see the header. */
#include "models/controller/admin_utils.h"
#include <string.h>

/* The brokers in the order in which they are dealt, and their racks as numbers. */
typedef struct Deal {
    int32_t count;
    int32_t racks; /* 1: they have none */
    int32_t *ids;
    int32_t *rack_of;
} Deal;

static int32_t replica_index(int32_t first, int64_t shift, int64_t replica, int32_t brokers)
{
    return (int32_t)((first + 1 + (shift + replica) % (brokers - 1)) % brokers);
}

static gint compare_racks(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool knows_rack(const GArray *racks, const char *rack)
{
    for (guint i = 0; i < racks->len; i++) {
        if (strcmp(g_array_index(racks, const char *, i), rack) == 0) {
            return true;
        }
    }
    return false;
}

static GArray *sorted_racks(const UsableBroker *brokers, int32_t count)
{
    GArray *racks = g_array_new(FALSE, FALSE, sizeof(const char *));
    for (int32_t i = 0; i < count; i++) {
        if (!knows_rack(racks, brokers[i].rack)) {
            g_array_append_val(racks, brokers[i].rack);
        }
    }
    g_array_sort(racks, compare_racks);
    return racks;
}

/* getRackAlternatedBrokerList: the first of each rack, the second of each, and so on. */
static void alternate(Deal *deal, const UsableBroker *brokers, int32_t count)
{
    GArray *racks = sorted_racks(brokers, count);
    int32_t *at = g_new0(int32_t, (gsize)racks->len);
    deal->racks = (int32_t)racks->len;
    for (int32_t rack = 0; deal->count < count; rack = (rack + 1) % deal->racks) {
        while (at[rack] < count &&
               strcmp(brokers[at[rack]].rack, g_array_index(racks, const char *, rack)) != 0) {
            at[rack]++;
        }
        if (at[rack] < count) {
            deal->rack_of[deal->count] = rack;
            deal->ids[deal->count++] = brokers[at[rack]++].id;
        }
    }
    g_free(at);
    g_array_free(racks, TRUE);
}

/* The next brokers behind the first one: of racks that have none yet, while there are such. */
static void fill(const Deal *deal, int32_t first, int64_t shift, int32_t factor, ReplicaList *ret)
{
    bool *has_rack = g_new0(bool, (guint)deal->racks);
    int32_t racks = 1;
    has_rack[deal->rack_of[first]] = true;
    for (int64_t k = 0; ret->count < factor; k++) {
        int32_t at = replica_index(first, shift * deal->racks, k, deal->count);
        int32_t rack = deal->rack_of[at];
        bool spreads = !has_rack[rack] || racks == deal->racks;
        if (spreads && !replica_list_has(ret, deal->ids[at])) {
            replica_list_add(ret, deal->ids[at]);
            racks += has_rack[rack] ? 0 : 1;
            has_rack[rack] = true;
        }
    }
    g_free(has_rack);
}

static void
deal_out(const Deal *deal, const AssignmentWish *wish, PlacementDraw draw, void *user, GArray *ret)
{
    bool fixed = wish->fixed_start >= 0;
    int32_t start = fixed ? wish->fixed_start : draw(user, deal->count);
    int64_t shift = fixed ? wish->fixed_start : draw(user, deal->count);
    for (int32_t p = wish->first; p < wish->first + wish->partitions; p++) {
        shift += p > 0 && p % deal->count == 0 ? 1 : 0;
        int32_t first = (int32_t)(((int64_t)p + start) % deal->count);
        ReplicaList replicas = {0};
        replica_list_add(&replicas, deal->ids[first]);
        fill(deal, first, shift, wish->replication_factor, &replicas);
        g_array_append_val(ret, replicas);
    }
}

/* AdminOperationException: racks are known of some only. */
static bool has_half_known_racks(const UsableBroker *brokers, int32_t count)
{
    int32_t known = 0;
    for (int32_t i = 0; i < count; i++) {
        known += *brokers[i].rack != '\0' ? 1 : 0;
    }
    return known > 0 && known < count;
}

KafkaError admin_utils_assign(const UsableBroker *brokers,
                              int32_t count,
                              const AssignmentWish *wish,
                              PlacementDraw draw,
                              void *user,
                              GArray *ret_replicas)
{
    if (wish->partitions <= 0) {
        return KAFKA_INVALID_PARTITIONS;
    }
    if (count <= 0 || wish->replication_factor <= 0 || wish->replication_factor > count ||
        wish->replication_factor > REPLICAS_MAX) {
        return KAFKA_INVALID_REPLICATION_FACTOR;
    }
    if (has_half_known_racks(brokers, count)) {
        return KAFKA_UNKNOWN_SERVER_ERROR;
    }
    Deal deal = {
        .ids = g_new0(int32_t, (gsize)count),
        .rack_of = g_new0(int32_t, (gsize)count),
    };
    alternate(&deal, brokers, count);
    deal_out(&deal, wish, draw, user, ret_replicas);
    g_free(deal.ids);
    g_free(deal.rack_of);
    return KAFKA_NONE;
}
