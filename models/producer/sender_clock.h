/* sender_clock.h - the clock of a producer: it counts and sleeps in whole milliseconds.
 *
 * A batch's age is the difference of two readings of System.currentTimeMillis(), and epoll_wait()
 * sleeps for what is left of linger.ms then, counted from the sender's last look. So a batch that
 * was opened just before a full ms, and looked at behind it, leaves 19 ms later, not 20.
 *
 *     clock  |------- full ms -------|------- full ms -------|
 *     opened ....................^ ages 0
 *     the sender wakes up and looks ..^ ages 1: it sleeps linger.ms - 1 from here
 *
 * The kernel lets a sleep end late by 0.1 % of it (select_estimate_accuracy of Linux); a thread's
 * own timer slack is left out: 1 us where the recordings were made, else 50 us.
 * Mirrors: SystemTime.milliseconds, Selector.select, EPollSelectorImpl.doSelect. */
#ifndef KAFKASIM_MODELS_PRODUCER_SENDER_CLOCK_H
#define KAFKASIM_MODELS_PRODUCER_SENDER_CLOCK_H
#include "sim/kernel/kernel.h"

#define SENDER_SLACK_PARTS    1000
#define SENDER_SLACK_MOST     SIM_MS(100)
#define SENDER_SLEEP_MS_MOST  INT32_MAX /* a time-out of epoll_wait() is an int */
#define SENDER_SLEEPS_FOREVER INT64_MAX

typedef struct SenderClock {
    SimDuration behind_ns; /* at time 0 the host's clock stood so far behind a full ms */
    SimDuration wake_ns;   /* until the sleeping thread looks; 0: and it is woken up in time */
} SenderClock;

/* System.currentTimeMillis(), but for what it was at the start. */
static inline int64_t sender_clock_ms(const SenderClock *self, SimTime at)
{
    return (at + self->behind_ns) / SIM_MS(1);
}

/* The first instant at which it shows so much. */
static inline SimTime sender_clock_shows(const SenderClock *self, int64_t ms)
{
    return ms > SIM_TIME_MAX / SIM_MS(1) ? SIM_TIME_MAX : ms * SIM_MS(1) - self->behind_ns;
}

/* A sleep that begins at `from` is over, and not at once. */
static inline SimTime sender_clock_sleep(const SenderClock *self, SimTime from, int64_t ms)
{
    if (ms == SENDER_SLEEPS_FOREVER) {
        return SIM_TIME_MAX;
    }
    const SimDuration sleep = SIM_MS(ms < SENDER_SLEEP_MS_MOST ? ms : SENDER_SLEEP_MS_MOST);
    const SimDuration slack = self->wake_ns == 0 ? 0 : sleep / SENDER_SLACK_PARTS;
    return from + (sleep > 0 ? sleep : 1) + (slack < SENDER_SLACK_MOST ? slack : SENDER_SLACK_MOST);
}

/* A sleep that begins at `from`, for what is left until the clock shows so much. */
static inline SimTime sender_clock_sleep_until(const SenderClock *self, SimTime from, int64_t ms)
{
    const bool forever = ms == SENDER_SLEEPS_FOREVER;
    return sender_clock_sleep(self, from, forever ? ms : MAX(ms - sender_clock_ms(self, from), 0));
}

#endif
