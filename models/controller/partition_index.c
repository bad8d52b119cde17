/* partition_index.c - see the header. */
#include "models/controller/partition_index.h"
#include <string.h>

typedef struct BrokerPartitions {
    int32_t broker;
    int32_t leaderships;
    uint64_t offline_in;                   /* the incarnation whose log directories failed */
    uint64_t *sets[PARTITION_MEMBERSHIPS]; /* NULL until needed */
} BrokerPartitions;

struct PartitionIndex {
    int32_t words;
    GArray *brokers; /* BrokerPartitions, ascending ids */
    uint64_t *leaderless;
    uint64_t *imbalanced;
};

PartitionIndex *partition_index_new(int32_t partitions)
{
    PartitionIndex *self = g_new0(PartitionIndex, 1);
    self->words = partitions / 64 + 1;
    self->brokers = g_array_new(FALSE, TRUE, sizeof(BrokerPartitions));
    self->leaderless = g_new0(uint64_t, (gsize)self->words);
    self->imbalanced = g_new0(uint64_t, (gsize)self->words);
    return self;
}

void partition_index_free(PartitionIndex *self)
{
    for (guint i = 0; i < self->brokers->len; i++) {
        for (int m = 0; m < PARTITION_MEMBERSHIPS; m++) {
            g_free(g_array_index(self->brokers, BrokerPartitions, i).sets[m]);
        }
    }
    g_array_free(self->brokers, TRUE);
    g_free(self->leaderless);
    g_free(self->imbalanced);
    g_free(self);
}

static void empty(const PartitionIndex *self, uint64_t *set)
{
    if (set != NULL) {
        memset(set, 0, sizeof(uint64_t) * (size_t)self->words);
    }
}

void partition_index_clear(PartitionIndex *self)
{
    for (guint i = 0; i < self->brokers->len; i++) {
        BrokerPartitions *broker = &g_array_index(self->brokers, BrokerPartitions, i);
        broker->leaderships = 0;
        empty(self, broker->sets[PARTITIONS_IN_ISR]);
        empty(self, broker->sets[PARTITIONS_IN_ELR]);
    }
    empty(self, self->leaderless);
    empty(self, self->imbalanced);
}

static guint place_of(const PartitionIndex *self, int32_t broker)
{
    guint low = 0;
    guint high = self->brokers->len;
    while (low < high) {
        guint middle = (low + high) / 2;
        if (g_array_index(self->brokers, BrokerPartitions, middle).broker < broker) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static const BrokerPartitions *find(const PartitionIndex *self, int32_t broker)
{
    guint at = place_of(self, broker);
    const BrokerPartitions *found =
        at < self->brokers->len ? &g_array_index(self->brokers, BrokerPartitions, at) : NULL;
    return found != NULL && found->broker == broker ? found : NULL;
}

static BrokerPartitions *find_or_add(PartitionIndex *self, int32_t broker)
{
    guint at = place_of(self, broker);
    if (find(self, broker) == NULL) {
        const BrokerPartitions fresh = {.broker = broker};
        g_array_insert_val(self->brokers, at, fresh);
    }
    return &g_array_index(self->brokers, BrokerPartitions, at);
}

static void put(uint64_t *set, int32_t partition, bool is)
{
    uint64_t bit = UINT64_C(1) << (partition % 64);
    set[partition / 64] = is ? set[partition / 64] | bit : set[partition / 64] & ~bit;
}

static void put_member(PartitionIndex *self,
                       int32_t broker,
                       PartitionMembership membership,
                       int32_t partition,
                       bool is)
{
    BrokerPartitions *found = find_or_add(self, broker);
    if (found->sets[membership] == NULL) {
        found->sets[membership] = g_new0(uint64_t, (gsize)self->words);
    }
    put(found->sets[membership], partition, is);
}

static void put_list(PartitionIndex *self,
                     const ReplicaList *list,
                     PartitionMembership membership,
                     int32_t partition,
                     bool is)
{
    for (int32_t i = 0; i < list->count; i++) {
        put_member(self, list->ids[i], membership, partition, is);
    }
}

static void put_leader(PartitionIndex *self, int32_t partition, int32_t leader, bool is)
{
    if (leader == NO_LEADER) {
        put(self->leaderless, partition, is);
    } else {
        find_or_add(self, leader)->leaderships += is ? 1 : -1;
    }
}

void partition_index_update(PartitionIndex *self,
                            int32_t partition,
                            const PartitionRegistration *was,
                            const PartitionRegistration *next)
{
    if (was != NULL) {
        put_list(self, &was->isr, PARTITIONS_IN_ISR, partition, false);
        put_list(self, &was->elr, PARTITIONS_IN_ELR, partition, false);
        put_leader(self, partition, was->leader, false);
        put(self->imbalanced, partition, false);
    }
    if (next != NULL) {
        put_list(self, &next->isr, PARTITIONS_IN_ISR, partition, true);
        put_list(self, &next->elr, PARTITIONS_IN_ELR, partition, true);
        put_leader(self, partition, next->leader, true);
        put(self->imbalanced, partition, next->leader != next->replicas.ids[0]);
    }
}

void partition_index_keep_offline(PartitionIndex *self, int32_t broker, uint64_t incarnation_id)
{
    const BrokerPartitions *found = find(self, broker);
    if (found != NULL && found->offline_in != incarnation_id) {
        empty(self, found->sets[PARTITIONS_OFFLINE]);
    }
}

void partition_index_set_offline(PartitionIndex *self,
                                 int32_t broker,
                                 uint64_t incarnation_id,
                                 int32_t partition)
{
    partition_index_keep_offline(self, broker, incarnation_id);
    find_or_add(self, broker)->offline_in = incarnation_id;
    put_member(self, broker, PARTITIONS_OFFLINE, partition, true);
}

bool partition_index_has(const PartitionIndex *self,
                         int32_t broker,
                         PartitionMembership membership,
                         int32_t partition)
{
    const BrokerPartitions *found = find(self, broker);
    const uint64_t *set = found != NULL ? found->sets[membership] : NULL;
    return set != NULL && (set[partition / 64] >> (partition % 64) & 1) != 0;
}

static int32_t next_in(const PartitionIndex *self, const uint64_t *set, int32_t from)
{
    int32_t word = from / 64;
    if (set == NULL || word >= self->words) {
        return -1;
    }
    uint64_t bits = set[word] & (~UINT64_C(0) << (from % 64));
    while (bits == 0 && ++word < self->words) {
        bits = set[word];
    }
    return bits == 0 ? -1 : word * 64 + __builtin_ctzll(bits);
}

int32_t partition_index_next(const PartitionIndex *self,
                             int32_t broker,
                             PartitionMembership membership,
                             int32_t from)
{
    const BrokerPartitions *found = find(self, broker);
    return found != NULL ? next_in(self, found->sets[membership], from) : -1;
}

int32_t partition_index_next_leaderless(const PartitionIndex *self, int32_t from)
{
    return next_in(self, self->leaderless, from);
}

int32_t partition_index_next_imbalanced(const PartitionIndex *self, int32_t from)
{
    return next_in(self, self->imbalanced, from);
}

int32_t partition_index_leaderships(const PartitionIndex *self, int32_t broker)
{
    const BrokerPartitions *found = find(self, broker);
    return found != NULL ? found->leaderships : 0;
}
