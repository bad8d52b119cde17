/* standstill.h - who is at work when events follow one another for ever in one instant: each step
 * of an endless loop of processes is quick, so that only who counts events can notice it. */
#ifndef KAFKASIM_SIM_ACTOR_STANDSTILL_H
#define KAFKASIM_SIM_ACTOR_STANDSTILL_H
#include "sim/actor/actor.h"

/* Fires up to STANDSTILL_LOOKED_AT events more, and tells whose they were: "broker-1 (512 of 1024
 * events), orders-0 (512 of 1024 events)", most first; at most STANDSTILL_NAMED of them. Nothing
 * when there were none. The caller frees it. */
#define STANDSTILL_LOOKED_AT 1024
#define STANDSTILL_NAMED     4
char *standstill_words(Sim *sim);

#endif
