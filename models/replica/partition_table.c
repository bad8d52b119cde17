/* partition_table.c - see the header. */
#include "models/replica/partition_table.h"

#define BITS_MIN 4u

void partition_table_clear(PartitionTable *self)
{
    g_free(self->slots);
    *self = (PartitionTable){0};
}

static void put(PartitionTable *self, PartitionSlot slot)
{
    self->slots[partition_table_slot(self, slot.index)] = slot;
}

static void grow(PartitionTable *self)
{
    PartitionTable old = *self;
    const uint32_t size = old.slots == NULL ? 0 : 1u << old.bits;
    self->bits = MAX(BITS_MIN, old.bits + 1);
    self->slots = g_new0(PartitionSlot, (gsize)1 << self->bits);
    for (uint32_t i = 0; i < size; i++) {
        if (old.slots[i].partition != NULL) {
            put(self, old.slots[i]);
        }
    }
    g_free(old.slots);
}

void partition_table_add(PartitionTable *self, Partition *partition)
{
    if (self->slots == NULL || 2 * (self->count + 1) > 1u << self->bits) {
        grow(self);
    }
    put(self, (PartitionSlot){.index = partition->index, .partition = partition});
    self->count++;
}
