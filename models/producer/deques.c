/* deques.c - see deques.h. */
#include "models/producer/deques.h"
#include "models/producer/topic_order.h"
#include <string.h>

#define WORD_BITS 64

void deques_init(Deques *self, ProducerPartition *partitions, int32_t capacity)
{
    *self = (Deques){.of = partitions, .words = capacity / WORD_BITS + 1};
    self->created = g_new0(int32_t, (gsize)capacity);
    self->order = g_new0(int32_t, (gsize)capacity);
    self->filled = g_new0(uint64_t, (gsize)self->words);
}

void deques_clear(Deques *self)
{
    g_free(self->created);
    g_free(self->order);
    g_free(self->filled);
}

void deques_reset(Deques *self)
{
    self->count = 0;
    self->ordered = 0;
    self->filled_count = 0;
    memset(self->filled, 0, sizeof(uint64_t) * (size_t)self->words);
}

void deques_create(Deques *self, ProducerPartition *partition)
{
    if (!partition->used) {
        partition->used = true;
        partition->place = -1;
        self->created[self->count++] = partition->number;
    }
}

static void set_bit(Deques *self, int32_t place, bool filled)
{
    uint64_t bit = UINT64_C(1) << (place % WORD_BITS);
    if (filled) {
        self->filled[place / WORD_BITS] |= bit;
    } else {
        self->filled[place / WORD_BITS] &= ~bit;
    }
}

void deques_note(Deques *self, ProducerPartition *partition)
{
    bool filled = partition->queue.count > 0;
    if (filled == partition->filled) {
        return;
    }
    partition->filled = filled;
    self->filled_count += filled ? 1 : -1;
    if (partition->place >= 0) {
        set_bit(self, partition->place, filled);
    }
}

void deques_arrange(Deques *self)
{
    if (self->ordered == self->count) {
        return;
    }
    topic_order_of_deques(self->created, self->count, self->order);
    self->ordered = self->count;
    memset(self->filled, 0, sizeof(uint64_t) * (size_t)self->words);
    for (int32_t i = 0; i < self->count; i++) {
        ProducerPartition *partition = &self->of[self->order[i]];
        partition->place = i;
        set_bit(self, i, partition->filled);
    }
}

ProducerPartition *deques_next(const Deques *self, int32_t *place)
{
    int32_t word = *place / WORD_BITS;
    uint64_t bits = self->filled[word] & (~UINT64_C(0) << (*place % WORD_BITS));
    while (bits == 0) {
        if (++word >= self->words) {
            return NULL;
        }
        bits = self->filled[word];
    }
    int32_t found = word * WORD_BITS + __builtin_ctzll(bits);
    *place = found + 1;
    return &self->of[self->order[found]];
}
