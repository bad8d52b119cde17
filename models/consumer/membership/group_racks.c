/* group_racks.c - in which racks partitions have replicas, as a member of a group knows it
 * (KIP-881).
 *
 * A client learns replicas and racks of live brokers with its metadata; a replica on another broker
 * stands in no rack. What it knows is looked up as of its newest answer. Racks beyond the 62nd are
 * not told apart from none. The group coordinator's own assignors look at no racks (4.0 dropped
 * it).
 *
 * Mirrors: AbstractPartitionAssignor.useRackAwareAssignment's input, ConsumerCoordinator's
 * MetadataSnapshot and PartitionRackInfo. (A modern group's coordinator looks at racks of its own:
 * KIP-1101, modern_group.) */
#include "models/consumer/consumer_state.h"
#include <string.h>

#define GROUP_RACKS_MAX 62

void group_racks_init(GroupRacks *self, const Consumer *consumer)
{
    self->consumer = consumer;
    self->names = g_ptr_array_new();
}

void group_racks_clear(GroupRacks *self)
{
    g_ptr_array_free(self->names, TRUE);
}

static uint64_t find_bit(const GroupRacks *self, const char *rack)
{
    for (guint i = 0; i < self->names->len; i++) {
        if (strcmp(g_ptr_array_index(self->names, i), rack) == 0) {
            return UINT64_C(1) << i;
        }
    }
    return 0;
}

uint64_t group_racks_bit(GroupRacks *self, const char *rack)
{
    if (rack == NULL || *rack == '\0') {
        return 0;
    }
    if (find_bit(self, rack) == 0 && self->names->len < GROUP_RACKS_MAX) {
        g_ptr_array_add(self->names, (gpointer)(guintptr)rack);
    }
    return find_bit(self, rack);
}

/* NULL: the metadata name no such broker, or it has none. */
static const char *rack_of(const Consumer *self, int32_t broker)
{
    const BrokerRegistration *known =
        network_client_knows(self->network, broker)
            ? metadata_broker(
                  self->context.topics, broker, metadata_end_offset(self->context.topics))
            : NULL;
    return known == NULL || known->rack == NULL || *known->rack == '\0' ? NULL : known->rack;
}

static const ReplicaList *replicas_of(const Consumer *self, int32_t partition)
{
    const PartitionRegistration *known = metadata_partition_or_oldest(
        self->context.topics, partition, client_metadata_as_of(self->metadata));
    return known == NULL ? NULL : &known->replicas;
}

uint64_t group_racks_of(const void *owner, int32_t partition)
{
    GroupRacks *self = (GroupRacks *)(guintptr)owner; /* it may learn another name */
    const ReplicaList *replicas = replicas_of(self->consumer, partition);
    uint64_t racks = 0;
    for (int32_t i = 0; replicas != NULL && i < replicas->count; i++) {
        racks |= group_racks_bit(self, rack_of(self->consumer, replicas->ids[i]));
    }
    return racks;
}

static bool has_rackless(const Consumer *self, int32_t partition)
{
    const ReplicaList *replicas = replicas_of(self, partition);
    for (int32_t i = 0; replicas != NULL && i < replicas->count; i++) {
        if (rack_of(self, replicas->ids[i]) == NULL) {
            return true;
        }
    }
    return false;
}

/* Of the set of racks of one partition, whatever their bits. */
static uint64_t hash_of(const GroupRacks *self, uint64_t set)
{
    uint64_t sum = 0;
    for (guint i = 0; i < self->names->len; i++) {
        sum += (set >> i & 1) != 0 ? g_str_hash(g_ptr_array_index(self->names, i)) : 0;
    }
    return sum;
}

/* FNV-1a, partition by partition. */
uint64_t group_racks_digest(const Consumer *self)
{
    if (self->options.rack == NULL || *self->options.rack == '\0') {
        return 0;
    }
    GroupRacks racks;
    group_racks_init(&racks, self);
    uint64_t digest = UINT64_C(0xcbf29ce484222325);
    for (guint t = 0; t < self->joined->len; t++) {
        const int32_t topic = g_array_index(self->joined, int32_t, t);
        const int32_t first = metadata_topic(self->context.topics, topic)->first_partition;
        const int32_t count = client_metadata_partitions(self->metadata, topic);
        for (int32_t p = first; p < first + count; p++) {
            const uint64_t bits = group_racks_of(&racks, p);
            const uint64_t set = hash_of(&racks, bits);
            digest = (digest ^ (set + (has_rackless(self, p) ? 1 : 0))) * UINT64_C(0x100000001b3);
        }
    }
    group_racks_clear(&racks);
    return digest;
}
