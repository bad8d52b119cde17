/* fetcher_thread.h - one thread of a follower: it copies from one source broker.
 *
 *   idle --partition added--> connecting --> asking or fetching --answer--> appending --> fetching
 *   any --reset, refusal, time-out--> all partitions wait replica.fetch.backoff.ms --> connecting
 *   any --its last partition has left--> idle, the connection closed
 *
 * It has one request in flight for all of its partitions. Each of these stands in one place:
 *
 *   idle (the leader's session has it as it is) --data, truncation--> changed (to be named)
 *   any --error--> delayed --backoff--> changed;  --out of range, epoch unknown--> asking
 *   changed --replication quota--> throttled;     --fenced--> failed (until new metadata)
 *
 * so that a fetch costs what has changed, not what is there.
 * Mirrors: AbstractFetcherThread, ReplicaFetcherThread, RemoteLeaderEndPoint, BrokerBlockingSender,
 * FetchSessionHandler (server.md 2.4). Files: fetcher_thread (the loop), fetcher_session (what a
 * request names), fetcher_answer (what an answer does), ../replica_fetcher (all threads). */
#ifndef KAFKASIM_MODELS_BROKER_FETCHER_FETCHER_THREAD_H
#define KAFKASIM_MODELS_BROKER_FETCHER_FETCHER_THREAD_H
#include "models/broker/broker_state.h"
#include "models/replica/fetch_state.h"

typedef enum FetchedPlace {
    FETCHED_NOWHERE,
    FETCHED_IDLE,
    FETCHED_CHANGED,
    FETCHED_DELAYED,
    FETCHED_ASKING,
    FETCHED_THROTTLED,
    FETCHED_FAILED,
    FETCHED_PLACES,
} FetchedPlace;

typedef struct FetcherThread FetcherThread;

typedef struct FetchedPartition {
    Partition *partition;
    FetcherThread *thread;
    PartitionFetchState state;
    FetchPartition asked; /* as the leader's session has it */
    uint32_t session;     /* that which has it; 0 none */
    SimTime delayed_until;
    guint index; /* in thread->partitions */
    FetchedPlace place;
    struct FetchedPartition *previous; /* in its place */
    struct FetchedPartition *next;
} FetchedPartition;

typedef struct FetchedList {
    FetchedPartition *first;
    FetchedPartition *last;
    int32_t count;
} FetchedList;

/* What an idle fetch touches stands in front. */
struct FetcherThread {
    Broker *broker;
    FetchResponse *response; /* being appended */
    SimTime paused_until;
    SimTime deadline; /* of the request in flight */
    ConnectionId connection;
    uint32_t correlation_id;
    int32_t session_epoch;
    int32_t idle_count; /* partitions in FETCHED_IDLE */
    int32_t busy_count; /* those anywhere else but in FETCHED_FAILED, and to_forget */
    bool connected;
    bool in_flight;
    bool asking; /* what is in flight is a question, not a fetch */
    Timer timeout;
    GPtrArray *partitions; /* FetchedPartition*, owned */
    guint partition_count; /* of partitions */
    guint forget_count;    /* of to_forget */
    FetchedList places[FETCHED_PLACES];
    GArray *to_forget; /* int32_t: what the leader's session still has */
    Timer backoff;
    int32_t source;
    int32_t id;
    uint32_t session; /* number of the present one, from 1 */
    int32_t asker;    /* the partition that is asked about; -1: it has left */
    uint32_t failed_connects;
    Stream setup_jitter;
};

FetcherThread *fetcher_thread_new(Broker *broker, int32_t source, int32_t id);
void fetcher_thread_free(FetcherThread *self);
/* The process died. */
void fetcher_thread_reset(FetcherThread *self);
void fetcher_thread_add(FetcherThread *self, Partition *partition);
void fetcher_thread_remove(FetchedPartition *fetched);
/* No partition is fetched; those that failed are none of its any more. */
bool fetcher_thread_is_idle(const FetcherThread *self);
/* It ends, and its connection with it, answered or not; what is being appended is finished. Who is
 * added later is fetched by a new thread: on a new connection, with nothing to wait for. */
void fetcher_thread_shut_down(FetcherThread *self);
FetchedPartition *fetcher_thread_find(const FetcherThread *self, int32_t partition);
/* Goes on if it can: asks, fetches, or arms the timer for when it may. */
void fetcher_thread_run(FetcherThread *self);
void fetcher_thread_on_connected(FetcherThread *self);
void fetcher_thread_on_disconnected(FetcherThread *self);
void fetcher_thread_on_backoff(FetcherThread *self);
void fetcher_thread_on_timeout(FetcherThread *self);
/* Takes the response. False: it answers nothing that is still of interest. */
bool fetcher_thread_on_response(FetcherThread *self, ResponseHeader *response);
void fetcher_thread_on_work_done(FetcherThread *self);

/* fetcher_session.c */
void fetcher_session_begin(FetcherThread *self); /* the next request names everything */
void fetcher_move(FetchedPartition *fetched, FetchedPlace place);
void fetcher_delay(FetchedPartition *fetched);
/* Lets those go on whose time has come: to fetch, or to ask once more. */
void fetcher_session_release_delayed(FetcherThread *self);
/* True when anything may be fetched. */
bool fetcher_session_prepare(FetcherThread *self);
FetchRequest *fetcher_session_build(FetcherThread *self);

/* fetcher_answer.c */
void fetcher_answer_apply(FetcherThread *self, FetchResponse *response);
/* The first that has to ask; NULL. Those that only have to cut do so. */
FetchedPartition *fetcher_answer_pending(FetcherThread *self);
RequestHeader *fetcher_answer_build_question(FetchedPartition *fetched);
void fetcher_answer_to_question(FetchedPartition *fetched, const ResponseHeader *response);

#endif
