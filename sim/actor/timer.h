/* timer.h - what timer.c and actor.c know of each other; models do not use it. */
#ifndef KAFKASIM_SIM_ACTOR_TIMER_H
#define KAFKASIM_SIM_ACTOR_TIMER_H
#include "sim/actor/actor.h"

/* In Timer.handle: its event fired while the actor was frozen and waits for the thaw. No kernel
 * handle looks like this: slot 2^24 - 1 is never given out. */
#define TIMER_IS_DUE UINT32_MAX

/* Voids the waiting event of a timer that is due. */
void actor_forget_frozen_timer(Actor *self, const Timer *timer);

#endif
