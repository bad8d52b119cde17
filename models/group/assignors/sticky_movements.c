/* sticky_movements.c - see sticky_movements.h. */
#include "models/group/assignors/sticky_movements.h"

/* The partitions of one topic that went from one member to another: a HashSet<TopicPartition>. */
typedef struct Movement {
    int32_t topic;
    int32_t from;
    int32_t to;
    uint32_t capacity;
    GArray *slots; /* of int32_t, in order of insertion */
} Movement;

struct StickyMovements {
    const Sticky *sticky;
    GHashTable *by_pair; /* look-up only: Movement by topic and pair; owns */
    Movement **of_slot;  /* the movement that each slot is part of, or NULL */
};

static guint hash_movement(gconstpointer key)
{
    const Movement *movement = key;
    return ((guint)movement->topic * 31U + (guint)movement->from) * 31U + (guint)movement->to;
}

static gboolean is_same_movement(gconstpointer a, gconstpointer b)
{
    const Movement *left = a;
    const Movement *right = b;
    return left->topic == right->topic && left->from == right->from && left->to == right->to;
}

static void free_movement(gpointer data)
{
    Movement *movement = data;
    g_array_free(movement->slots, TRUE);
    g_free(movement);
}

StickyMovements *sticky_movements_new(const Sticky *sticky)
{
    StickyMovements *self = g_new0(StickyMovements, 1);
    self->sticky = sticky;
    self->by_pair = g_hash_table_new_full(hash_movement, is_same_movement, NULL, free_movement);
    self->of_slot = g_new0(Movement *, (gsize)sticky->total + 1);
    return self;
}

void sticky_movements_free(StickyMovements *self)
{
    g_hash_table_destroy(self->by_pair);
    g_free(self->of_slot);
    g_free(self);
}

/* TopicPartition.hashCode */
static uint32_t slot_hash(const Sticky *sticky, int32_t slot)
{
    const StickySlot *entry = &sticky->slots[slot];
    const char *name = sticky->input->topics[entry->topic].name;
    return (31U + (uint32_t)entry->number) * 31U + (uint32_t)java_string_hash(name);
}

static int32_t first_slot(const Sticky *sticky, const Movement *movement)
{
    int32_t first = g_array_index(movement->slots, int32_t, 0);
    uint32_t lowest = java_hash_place(slot_hash(sticky, first), movement->capacity);
    for (guint i = 1; i < movement->slots->len; i++) {
        const int32_t slot = g_array_index(movement->slots, int32_t, i);
        const uint32_t place = java_hash_place(slot_hash(sticky, slot), movement->capacity);
        if (place < lowest) {
            first = slot;
            lowest = place;
        }
    }
    return first;
}

int32_t sticky_movements_actual(const StickyMovements *self, int32_t slot, int32_t from, int32_t to)
{
    const Movement *before = self->of_slot[slot];
    const Movement reverse = {
        .topic = self->sticky->slots[slot].topic,
        .from = to,
        .to = before != NULL ? before->from : from,
    };
    const Movement *found = g_hash_table_lookup(self->by_pair, &reverse);
    return found == NULL ? slot : first_slot(self->sticky, found);
}

static void insert(StickyMovements *self, int32_t slot, int32_t from, int32_t to)
{
    const Movement wanted = {.topic = self->sticky->slots[slot].topic, .from = from, .to = to};
    Movement *movement = g_hash_table_lookup(self->by_pair, &wanted);
    if (movement == NULL) {
        movement = g_new0(Movement, 1);
        *movement = wanted;
        movement->capacity = java_hash_capacity(0);
        movement->slots = g_array_new(FALSE, FALSE, sizeof(int32_t));
        g_hash_table_add(self->by_pair, movement);
    }
    g_array_append_val(movement->slots, slot);
    movement->capacity = MAX(movement->capacity, java_hash_capacity((int32_t)movement->slots->len));
    self->of_slot[slot] = movement;
}

static void forget(StickyMovements *self, int32_t slot)
{
    Movement *movement = self->of_slot[slot];
    self->of_slot[slot] = NULL;
    for (guint i = 0; i < movement->slots->len; i++) {
        if (g_array_index(movement->slots, int32_t, i) == slot) {
            g_array_remove_index(movement->slots, i);
            break;
        }
    }
    if (movement->slots->len == 0) {
        g_hash_table_remove(self->by_pair, movement);
    }
}

/* A chain counts from its first giver; a partition that comes home has not moved. */
void sticky_movements_add(StickyMovements *self, int32_t slot, int32_t from, int32_t to)
{
    const Movement *before = self->of_slot[slot];
    int32_t source = from;
    if (before != NULL) {
        source = before->from;
        forget(self, slot);
    }
    if (source != to) {
        insert(self, slot, source, to);
    }
}
