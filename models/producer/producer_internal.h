/* producer_internal.h - what producer.c and sender.c share of a producer. */
#ifndef KAFKASIM_MODELS_PRODUCER_PRODUCER_INTERNAL_H
#define KAFKASIM_MODELS_PRODUCER_PRODUCER_INTERNAL_H
#include "models/producer/application/caller.h"
#include "models/producer/producer.h"
#include "sim/actor/state.h"

typedef enum ProducerState {
    PRODUCER_STARTING, /* the process comes up */
    PRODUCER_RUNNING,
    PRODUCER_CLOSING, /* close(): sends what is queued */
    PRODUCER_CLOSED,
} ProducerState;

enum {
    PRODUCER_TIMER_BEGIN,
    PRODUCER_TIMER_WAKE,
    PRODUCER_TIMER_NETWORK,
    PRODUCER_TIMER_METADATA,
    PRODUCER_TIMER_CALLER,
    PRODUCER_TIMER_FLUSH,
    PRODUCER_TIMER_END, /* of the process, after close() */
};
enum { PRODUCER_DONE_SENDER, PRODUCER_DONE_START, PRODUCER_DONE_CALLER };

/* Code that a client seldom runs (first_run.h). */
typedef enum ProducerPath { PRODUCER_PATH_REFUSED } ProducerPath;

/* What its I/O thread does for a request. */
typedef enum SenderStep { SENDER_BUILDS, SENDER_READS, SENDER_STEPS } SenderStep;

struct Producer {
    Actor actor;
    ProducerContext context;
    StateMachine state;
    NetworkClient *client;
    ClientMetadata *metadata;
    Idempotence idempotence;
    Accumulator accumulator;
    Partitioner partitioner;
    Workload workload;
    Caller caller;
    struct {
        void (*notify)(void *owner);
        void *owner;
        SinkOutcome outcome;
        bool is_flushing;
        bool was_ready;
        bool was_blocked;
        int64_t given_up;                    /* batches */
    } worker;                                /* application/worker.c */
    struct TransactionManager *transactions; /* NULL without transactional.id */
    bool metadata_known;                     /* of the topic */
    /* options */
    int16_t acks;
    int64_t retries;
    bool is_idempotent;
    bool one_in_flight; /* max.in.flight.requests.per.connection = 1 (R2) */
    SimDuration request_timeout_ns;
    SimDuration retry_backoff_ns;
    SimDuration clock_skew_ns;
    /* the sender */
    Timer begin;
    Timer wake;
    Timer end;
    Timer flush; /* application/source_task.c */
    ReadyCheck check;
    GPtrArray *drained;
    GPtrArray *expired;
    bool busy;                        /* its thread works on requests (host_run) */
    bool is_awake;                    /* it has just done so, and looks what else there is */
    SimDuration owed_cpu;             /* for requests and answers since then */
    SimTime step_began[SENDER_STEPS]; /* last; see profile_warm_ns */
    SimDuration owed_first_run;       /* before it does anything else */
    uint32_t paths_taken;             /* by ProducerPath */
    Stream first_runs;
    SimTime looked_at;    /* the thread, last, */
    int64_t due_ms;       /* and what its clock shows when a batch is due; SENDER_SLEEPS_FOREVER */
    SimTime sleep_ends;   /* the time-out of its sleep for that; SIM_TIME_MAX */
    SimTime wakes_at;     /* client.late after it */
    SimTime sleeps_until; /* or when a batch is opened */
    Stream lateness;
    SimTime look_again;   /* for all else; SIM_TIME_MAX */
    SimTime arrivals_at;  /* records are due that it looks for; SIM_TIME_MAX */
    bool sleeps_on;       /* records are due for the application, nothing for this thread */
    bool id_in_flight;    /* InitProducerId */
    bool leaders_changed; /* by an answer */
    SimTime id_retry_at;
};

/* Sends what can be sent and arms the wake timer; to be called at the end of every event. */
void sender_run(Producer *self);
void sender_reset(Producer *self);
void sender_on_done(Producer *self);
/* Of a producer on this actor's host. */
SenderClock sender_clock_make(const ProducerContext *context, const Actor *actor);
/* Its thread asks the accumulator what is ready: now, or when it has woken up. */
void sender_looks(Producer *self);
/* Its timer fired. */
void sender_on_wake(Producer *self);
/* Something can be sent: false when the thread is awake, else it wakes up first. */
bool sender_wakes_up(Producer *self);
void sender_owe(Producer *self, SenderStep step);
void sender_takes_path(Producer *self, ProducerPath path);
/* sender.c: true when a request went out */
bool sender_send_data(Producer *self);
void sender_expire_batches(Producer *self);
/* Something that lets the application send, or keeps it from it, has changed. */
void producer_open(Producer *self);
/* The first time: metadata is asked for. */
void producer_want_topics(Producer *self);
/* What has no sequence yet fails; the rest may be in the log, and is tried until that is known. */
void sender_abort_undrained(Producer *self, KafkaError error);
/* All that is not answered fails, be it on its way. */
void sender_abort_all(Producer *self, KafkaError error);
/* close(), but that the event that brought it about goes on. */
void producer_begin_close(Producer *self);
/* The sender's loop is not to sleep beyond this. */
void sender_look_again_at(Producer *self, SimTime at);
/* producer_id.c: may data be sent? Not without a producer id. */
bool producer_id_run(Producer *self, bool *ret_sent);
/* A request of this kind is under way or due: data are not looked at, and no batch expires
 * (Sender.runOnce returns before sendProducerData). */
bool producer_id_holds_sender(const Producer *self);
void producer_id_on_response(Producer *self, const InitProducerIdResponse *response);
/* application/worker.c */
void worker_reset(Producer *self);
void worker_look(Producer *self);
void worker_notify(Producer *self, SinkOutcome outcome);
/* application/source_task.c: begin() of the process, close() begins, all is answered. */
void source_task_start(Producer *self);
void source_task_stop(Producer *self);
void source_task_end(Producer *self);
void source_task_on_timer(Producer *self);
/* Exactly once: initTransactions() has returned, what is committed ends before `offset`; and a
 * transaction was committed. Of other producers than a source's nothing happens. */
void source_task_begin_at(Producer *self, int64_t offset);
void source_task_committed(Producer *self, int64_t offset);
/* The network client's on_response. */
void sender_on_response(
    void *owner, int32_t node, uint16_t api, void *context, ResponseHeader *response);

#endif
