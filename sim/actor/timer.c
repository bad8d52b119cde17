/* timer.c - timers of actors.
 *
 *     disarmed --arm--> armed --fires--> disarmed;  armed --the actor is frozen--> due --thaw-->
 * fires
 *
 * A kill does not touch the timers of the dead process, which may be many and whose memory may be
 * gone: their events are dropped by incarnation when they come. A timer that outlives the kill
 * remembers who armed it, so that a handle of a past life is never cancelled: by then it may
 * name somebody else's event. */
#include "sim/actor/timer.h"

void timer_init(Timer *timer, uint16_t kind, void *owner)
{
    *timer = (Timer){.kind = kind, .owner = owner};
}

bool timer_is_armed(const Timer *timer)
{
    return timer->handle != 0 && timer->incarnation == timer->actor->incarnation &&
           timer->actor->life != ACTOR_DEAD;
}

void actor_disarm(Actor *self, Timer *timer)
{
    if (timer->handle == 0) {
        return;
    }
    if (timer->incarnation == self->incarnation && self->life != ACTOR_DEAD) {
        if (timer->handle == TIMER_IS_DUE) {
            actor_forget_frozen_timer(self, timer);
        } else {
            (void)kernel_cancel(self->sim->kernel, timer->handle);
        }
    }
    timer->handle = 0;
}

/* A dead process arms nothing: the event would be dropped without a word. */
static void timer_begin(Actor *self, Timer *timer, SimTime deadline)
{
    SIM_ASSERT(self->sim, self->life != ACTOR_DEAD);
    actor_disarm(self, timer);
    timer->actor = self;
    timer->incarnation = self->incarnation;
    timer->deadline = deadline;
}

void actor_arm_at(Actor *self, Timer *timer, SimTime at)
{
    timer_begin(self, timer, at);
    timer->handle = kernel_schedule(
        self->sim->kernel, at, self->id, ACTOR_EVENT_TIMER, self->incarnation, timer);
}

/* Past the end of time is the end of time; the kernel then refuses or never gets there. */
static SimTime deadline_after(const Actor *self, SimDuration delay)
{
    const SimTime now = kernel_now(self->sim->kernel);
    SIM_ASSERT(self->sim, delay >= 0);
    return delay > SIM_TIME_MAX - now ? SIM_TIME_MAX : now + delay;
}

void actor_arm(Actor *self, Timer *timer, SimDuration delay)
{
    actor_arm_at(self, timer, deadline_after(self, delay));
}

static LaneId sim_lane(Sim *sim, SimDuration delay)
{
    SimLane *entry = &sim->lanes[((uint64_t)delay * UINT64_C(0x9E3779B97F4A7C15)) >> 59];
    if (!entry->known || entry->delay != delay) {
        *entry = (SimLane){delay, kernel_lane(sim->kernel, delay), true};
    }
    return entry->lane;
}

/* Only of an actor that lives the timer is sure to be there. */
static const Timer *timer_of(const Actor *self, const KernelEvent *event)
{
    if (event->kind != ACTOR_EVENT_TIMER) {
        return NULL;
    }
    const Actor *actor = kernel_target_self(self->sim->kernel, event->target);
    bool is_current = actor->class == self->class && actor->life != ACTOR_DEAD &&
                      actor->incarnation == event->tag;
    return is_current ? event->data : NULL;
}

void actor_timers_ahead(const Actor *self,
                        SimDuration delay,
                        const Timer *ret_timers[ACTOR_TIMERS_AHEAD])
{
    KernelEvent events[KERNEL_LANE_AHEAD];
    Sim *sim = self->sim;
    uint32_t count = kernel_lane_ahead(sim->kernel, sim_lane(sim, delay), events);
    for (uint32_t i = 0; i < ACTOR_TIMERS_AHEAD; i++) {
        ret_timers[i] = i < count ? timer_of(self, &events[i]) : NULL;
    }
}

void actor_arm_constant(Actor *self, Timer *timer, SimDuration delay)
{
    timer_begin(self, timer, deadline_after(self, delay));
    timer->handle = kernel_schedule_lane(self->sim->kernel,
                                         sim_lane(self->sim, delay),
                                         delay,
                                         self->id,
                                         ACTOR_EVENT_TIMER,
                                         self->incarnation,
                                         timer);
}
