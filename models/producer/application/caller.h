/* caller.h - the thread of the application that calls send(): it sleeps until a record is due.
 *
 *     sleeping --a record is due, client.late--> sending --client.send--> handed over
 *        ^--nothing else is due                     ^--the next is due already, warm--'
 *
 * It wakes up somewhat late, as every sleeping thread does, and then hands over all that fell due
 * meanwhile: where there is no linger, records of one request come from here, and from a sender
 * that is still at work. A record's create time stays when it was due, so latency includes the
 * wait; the batch's time in the queue begins when it is handed over.
 *
 * Only without a linger and up to CALLER_RATE_MILLI, where a record is a request and its arrival
 * an event; otherwise records are counted when the sender looks, and 30 us do not matter. Not for
 * a closed loop, whose send() is called by an answer. While send() blocks (memory, metadata) this
 * thread stands still in it (workload.h); what fell due meanwhile is then handed over at once.
 * Mirrors: a loop around KafkaProducer.send, as of ProducerPerformance. */
#ifndef KAFKASIM_MODELS_PRODUCER_APPLICATION_CALLER_H
#define KAFKASIM_MODELS_PRODUCER_APPLICATION_CALLER_H
#include "models/producer/application/workload.h"
#include "models/spec/profile.h"
#include "sim/actor/timer.h"

#define CALLER_RATE_MILLI INT64_C(20000000)

typedef struct Caller {
    Workload *workload;
    const HardwareProfile *profile; /* NULL: send() takes no time */
    uint16_t done_kind;
    bool has_linger;
    bool is_sending;
    SimTime sleeps_until; /* it means to; SIM_TIME_MAX: nothing is to come */
    Timer wake;
    Stream lateness;
} Caller;

void caller_init(Caller *self,
                 Workload *workload,
                 const HardwareProfile *profile,
                 uint16_t timer_kind,
                 uint16_t done_kind);
void caller_reset(Caller *self);
/* Does this thread hand the records over, not the sender's look? */
bool caller_is_modelled(const Caller *self);
/* At the end of every event: until when does it sleep? */
void caller_look(Caller *self, SimTime now);
/* It sends now, which takes time; false: only the load has changed, it looks again. */
bool caller_on_timer(Caller *self, SimTime now);
void caller_on_done(Caller *self, SimTime now);

#endif
