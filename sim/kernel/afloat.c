/* afloat.c - see afloat.h. A binary heap whose records know their places. */
#include "sim/kernel/afloat.h"

bool afloat_init(Afloat *afloat, uint32_t events_max)
{
    slab_init(&afloat->slab, ((size_t)events_max + 1) * sizeof(EventKey));
    afloat->keys = afloat->slab.base;
    return afloat->keys != NULL;
}

void afloat_clear(Afloat *afloat)
{
    slab_clear(&afloat->slab);
}

size_t afloat_memory_bytes(const Afloat *afloat)
{
    return (size_t)afloat->most * sizeof(EventKey);
}

static EventKey afloat_key(char *records, uint32_t slot)
{
    const LaneRecord *record = lane_at(records, slot);
    uint64_t low = (record->previous & ~LANE_SLOT_MASK) | slot;
    return (EventKey){.order = (uint64_t)record->sequence << 32 | low,
                      .time = record->time & ~LANE_POSTPONED};
}

static void afloat_put(Afloat *afloat, char *records, uint32_t place, EventKey key)
{
    afloat->keys[place] = key;
    lane_set_previous(lane_at(records, event_key_slot(key)), place);
}

/* Puts a key where it belongs, from a free place upwards and then downwards. */
static void afloat_settle(Afloat *afloat, char *records, uint32_t place, EventKey key)
{
    EventKey *keys = afloat->keys;
    for (; place > 1 && event_key_is_before(key, keys[place / 2]); place /= 2) {
        afloat_put(afloat, records, place, keys[place / 2]);
    }
    for (uint32_t next = 2 * place; next <= afloat->count; next = 2 * place) {
        next += next < afloat->count && event_key_is_before(keys[next + 1], keys[next]);
        if (event_key_is_before(key, keys[next])) {
            break;
        }
        afloat_put(afloat, records, place, keys[next]);
        place = next;
    }
    afloat_put(afloat, records, place, key);
}

void afloat_push(Afloat *afloat, char *records, uint32_t slot)
{
    lane_at(records, slot)->next = slot;
    uint32_t place = ++afloat->count;
    if (place > afloat->most) {
        afloat->most = place;
        slab_grow(&afloat->slab, ((size_t)place + 1) * sizeof(EventKey));
    }
    afloat_settle(afloat, records, place, afloat_key(records, slot));
}

/* The last key fills a place that is free. */
static void afloat_fill(Afloat *afloat, char *records, uint32_t place)
{
    EventKey last = afloat->keys[afloat->count--];
    if (place <= afloat->count) {
        afloat_settle(afloat, records, place, last);
    }
}

uint32_t afloat_pop(Afloat *afloat, char *records)
{
    while (afloat->count > 0) {
        EventKey first = afloat->keys[1];
        uint32_t slot = event_key_slot(first);
        EventKey key = afloat_key(records, slot);
        if (key.order == first.order) {
            lane_at(records, slot)->time = key.time;
            afloat_fill(afloat, records, 1);
            return (uint32_t)key.order;
        }
        afloat_settle(afloat, records, 1, key);
    }
    return 0;
}

void afloat_remove(Afloat *afloat, char *records, uint32_t slot)
{
    afloat_fill(afloat, records, lane_slot(lane_at(records, slot)->previous));
}
