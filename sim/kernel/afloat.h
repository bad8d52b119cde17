/* afloat.h - the lanes' postponed events whose old time has come: a heap, see lane.h.
 *
 * An event that is postponed once more while it floats only has its record written; its key is put
 * right when it comes to the top. */
#ifndef KAFKASIM_SIM_KERNEL_AFLOAT_H
#define KAFKASIM_SIM_KERNEL_AFLOAT_H
#include "sim/kernel/lane.h"

/* False when the system has no room for `events_max` keys. */
bool afloat_init(Afloat *afloat, uint32_t events_max);
void afloat_clear(Afloat *afloat);
size_t afloat_memory_bytes(const Afloat *afloat);
/* Adds a postponed record that is in no list. */
void afloat_push(Afloat *afloat, char *records, uint32_t slot);
/* Takes the earliest record out, no longer postponed, and returns the link to it; 0 when there is
 * none. */
uint32_t afloat_pop(Afloat *afloat, char *records);
void afloat_remove(Afloat *afloat, char *records, uint32_t slot);

#endif
