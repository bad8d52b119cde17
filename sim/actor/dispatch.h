/* dispatch.h - the door by which resources reach an actor; models do not use it.
 *
 * A resource that has an event of its own for something that concerns an actor (a message is in,
 * work is done) hands it over here instead of scheduling another kernel event. */
#ifndef KAFKASIM_SIM_ACTOR_DISPATCH_H
#define KAFKASIM_SIM_ACTOR_DISPATCH_H
#include "sim/actor/actor.h"

/* Handles an event of the present incarnation now, or keeps it for the thaw. The actor is not
 * dead. Kinds and data as in actor.h. */
void actor_deliver(Actor *self, uint16_t kind, void *data);
/* Counts an event that met a dead incarnation, and frees it if it is mail. */
void actor_drop(Sim *sim, uint16_t kind, void *data);
/* actor_kill, or what a power cut does: the same with no word to the peers. */
bool actor_die(Actor *self, bool peers_are_told);

#endif
