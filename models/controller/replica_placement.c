/* replica_placement.c - see the header. Mirrors: StripedReplicaPlacer.RackList, BrokerList. */
#include "models/controller/replica_placement.h"
#include "models/controller/java_order.h"
#include <string.h>

typedef struct BrokerList {
    int32_t *ids; /* ascending, until shuffled */
    int32_t count;
    int32_t epoch;
    int32_t index;
    int32_t offset;
} BrokerList;

typedef struct Rack {
    const char *name;
    BrokerList unfenced;
    BrokerList fenced;
} Rack;

struct ReplicaPlacer {
    Rack *racks; /* in order of name, until shuffled */
    int32_t rack_count;
    int32_t *draw_order; /* of the racks by name: that of a Java map */
    int32_t offset;
    int32_t epoch;
    int32_t brokers;
    int32_t unfenced;
    PlacementDraw draw;
    void *user;
};

int32_t placement_draw_from_stream(void *user, int32_t bound)
{
    return (int32_t)stream_below(user, (uint64_t)bound);
}

static int32_t draw(const ReplicaPlacer *self, int32_t bound)
{
    return self->draw(self->user, bound);
}

static void broker_list_add(BrokerList *list, int32_t id)
{
    list->ids = g_renew(int32_t, list->ids, (gsize)(list->count + 1));
    int32_t at = list->count++;
    while (at > 0 && list->ids[at - 1] > id) {
        list->ids[at] = list->ids[at - 1];
        at--;
    }
    list->ids[at] = id;
}

static void broker_list_start(const ReplicaPlacer *self, BrokerList *list)
{
    list->epoch = 0;
    list->index = 0;
    list->offset = list->count > 0 ? draw(self, list->count) : 0;
}

static void shuffle_ids(const ReplicaPlacer *self, BrokerList *list)
{
    for (int32_t i = list->count; i > 1; i--) {
        int32_t j = draw(self, i);
        int32_t held = list->ids[i - 1];
        list->ids[i - 1] = list->ids[j];
        list->ids[j] = held;
    }
}

/* -1 when the list has given all its brokers in this epoch. */
static int32_t broker_list_next(BrokerList *list, int32_t epoch)
{
    if (list->count == 0) {
        return -1;
    }
    if (list->epoch != epoch) {
        list->epoch = epoch;
        list->index = 0;
        list->offset = (list->offset + 1) % list->count;
    }
    if (list->index >= list->count) {
        return -1;
    }
    return list->ids[(list->index++ + list->offset) % list->count];
}

/* Racks stay sorted by name; the unnamed rack sorts first. */
static Rack *rack_of(ReplicaPlacer *self, const char *name)
{
    int32_t at = 0;
    while (at < self->rack_count && strcmp(self->racks[at].name, name) < 0) {
        at++;
    }
    if (at < self->rack_count && strcmp(self->racks[at].name, name) == 0) {
        return &self->racks[at];
    }
    self->racks = g_renew(Rack, self->racks, (gsize)(self->rack_count + 1));
    memmove(&self->racks[at + 1], &self->racks[at], sizeof(Rack) * (size_t)(self->rack_count - at));
    self->racks[at] = (Rack){.name = name};
    self->rack_count++;
    return &self->racks[at];
}

/* String.hashCode; no rack is Optional.empty(), 0. */
static uint32_t rack_hash(const char *name)
{
    uint32_t hash = 0;
    for (const char *at = name; *at != '\0'; at++) {
        hash = hash * 31u + (uint32_t)(unsigned char)*at;
    }
    return hash;
}

/* As HashMap<rack name, Rack> gives them back, by place in `racks`. */
static void find_draw_order(ReplicaPlacer *self, const UsableBroker *brokers)
{
    JavaOrderTable table;
    java_order_table_init(&table, false);
    bool *seen = g_new0(bool, (gsize)self->rack_count + 1);
    for (int32_t i = 0; i < self->brokers; i++) {
        int32_t rack = (int32_t)(rack_of(self, brokers[i].rack) - self->racks);
        if (!seen[rack]) {
            seen[rack] = true;
            java_order_table_add(&table, rack_hash(brokers[i].rack), rack);
        }
    }
    self->draw_order = g_new0(int32_t, (gsize)self->rack_count + 1);
    for (int32_t i = 0; i < self->rack_count; i++) {
        self->draw_order[i] = g_array_index(table.items, JavaOrderItem, i).value;
    }
    java_order_table_clear(&table);
    g_free(seen);
}

ReplicaPlacer *
replica_placer_new(const UsableBroker *brokers, int32_t count, PlacementDraw source, void *user)
{
    ReplicaPlacer *self = g_new0(ReplicaPlacer, 1);
    self->draw = source;
    self->user = user;
    self->brokers = count;
    for (int32_t i = 0; i < count; i++) {
        Rack *rack = rack_of(self, brokers[i].rack);
        broker_list_add(brokers[i].fenced ? &rack->fenced : &rack->unfenced, brokers[i].id);
        self->unfenced += brokers[i].fenced ? 0 : 1;
    }
    find_draw_order(self, brokers);
    for (int32_t i = 0; i < self->rack_count; i++) {
        broker_list_start(self, &self->racks[self->draw_order[i]].fenced);
        broker_list_start(self, &self->racks[self->draw_order[i]].unfenced);
    }
    self->offset = self->rack_count > 0 ? draw(self, self->rack_count) : 0;
    return self;
}

void replica_placer_free(ReplicaPlacer *self)
{
    for (int32_t i = 0; i < self->rack_count; i++) {
        g_free(self->racks[i].unfenced.ids);
        g_free(self->racks[i].fenced.ids);
    }
    g_free(self->racks);
    g_free(self->draw_order);
    g_free(self);
}

/* The racks change places; where each stands now goes into draw_order. */
static void shuffle_racks(ReplicaPlacer *self)
{
    for (int32_t i = self->rack_count; i > 1; i--) {
        int32_t j = draw(self, i);
        Rack held = self->racks[i - 1];
        self->racks[i - 1] = self->racks[j];
        self->racks[j] = held;
        for (int32_t k = 0; k < self->rack_count && j != i - 1; k++) {
            int32_t *place = &self->draw_order[k];
            *place = *place == j ? i - 1 : *place == i - 1 ? j : *place;
        }
    }
}

static void shuffle(ReplicaPlacer *self)
{
    shuffle_racks(self);
    for (int32_t i = 0; i < self->rack_count; i++) {
        shuffle_ids(self, &self->racks[self->draw_order[i]].fenced);
        shuffle_ids(self, &self->racks[self->draw_order[i]].unfenced);
    }
}

PlacementFault replica_placer_check(const ReplicaPlacer *self, int32_t replication_factor)
{
    if (replication_factor < 1) {
        return PLACEMENT_NOT_POSITIVE;
    }
    if (self->unfenced == 0) {
        return PLACEMENT_ALL_FENCED;
    }
    bool enough = replication_factor <= self->brokers && replication_factor <= REPLICAS_MAX;
    return enough ? PLACEMENT_POSSIBLE : PLACEMENT_TOO_FEW_BROKERS;
}

/* The first replica must be unfenced; remembers its rack. */
static int32_t place_first(ReplicaPlacer *self, int32_t *ret_rack)
{
    int32_t rack = self->offset;
    for (;;) {
        int32_t id = broker_list_next(&self->racks[rack].unfenced, self->epoch);
        if (id >= 0) {
            *ret_rack = rack;
            return id;
        }
        rack = (rack + 1) % self->rack_count;
    }
}

static int32_t place_next(ReplicaPlacer *self, int32_t *rack, int32_t *skip)
{
    for (;;) {
        int32_t id = -1;
        if (*rack == *skip) {
            *skip = -1; /* the first replica's rack waits one round */
        } else {
            id = broker_list_next(&self->racks[*rack].unfenced, self->epoch);
            if (id < 0) {
                id = broker_list_next(&self->racks[*rack].fenced, self->epoch);
            }
        }
        *rack = (*rack + 1) % self->rack_count;
        if (id >= 0) {
            return id;
        }
    }
}

bool replica_placer_place(ReplicaPlacer *self,
                          int32_t replication_factor,
                          ReplicaList *ret_replicas)
{
    ret_replicas->count = 0;
    if (replica_placer_check(self, replication_factor) != PLACEMENT_POSSIBLE) {
        return false;
    }
    if (self->epoch == self->unfenced && self->unfenced > 1) {
        shuffle(self);
        self->epoch = 0;
    }
    if (self->offset == self->rack_count) {
        self->offset = 0;
    }
    int32_t skip = -1;
    replica_list_add(ret_replicas, place_first(self, &skip));
    int32_t rack = self->offset;
    while (ret_replicas->count < replication_factor) {
        replica_list_add(ret_replicas, place_next(self, &rack, &skip));
    }
    self->epoch++;
    self->offset++;
    return true;
}
