/* fetch_session.h - a reader's standing interest in partitions, and its parked fetch.
 *
 * Mirrors: FetchSession (KIP-227), DelayedFetch. Partitions with news for this reader stand in a
 * FIFO: the next answer is made from it, so an idle fetch costs nothing per partition, and a
 * partition that had data goes to the end (fairness). */
#ifndef KAFKASIM_MODELS_BROKER_FETCH_FETCH_SESSION_H
#define KAFKASIM_MODELS_BROKER_FETCH_FETCH_SESSION_H
#include "models/broker/broker.h"
#include "models/replica/partition.h"
#include "sim/kernel/bits.h"

struct BrokerConnection;
typedef struct FetchSession FetchSession;

typedef struct SessionPartition {
    FetchSession *session;
    Partition *hosted; /* NULL: this broker has no replica of it */
    FetchPartition wanted;
    int64_t sent_high_watermark;
    int64_t sent_log_start_offset;
    int64_t told_high_watermark; /* before the answer being made, should it be taken back */
    int64_t told_log_start_offset;
    bool is_named; /* the metadata knew its topic id once: found by name from then on */
    bool queued;
    bool recheck;                      /* its ISR is to be looked at by the next fetch */
    guint index;                       /* in session->partitions */
    struct SessionPartition *previous; /* in the session's queue */
    struct SessionPartition *next;
    struct SessionPartition *previous_watcher; /* of the same partition */
    struct SessionPartition *next_watcher;
} SessionPartition;

/* What an idle fetch touches stands in front. */
struct FetchSession {
    Timer expiry;
    FetchRequest *parked;
    struct BrokerConnection *connection;
    ConnectionId network_id; /* of the connection */
    uint32_t isr_generation; /* of the broker, when all its partitions were last looked at */
    Broker *broker;
    SessionPartition *first;
    SessionPartition *last;
    SimTime last_request_at;
    int64_t replica_epoch;
    int32_t replica_id;    /* -1: a consumer */
    guint recheck_count;   /* of rechecks */
    bool is_empty;         /* it has no partitions */
    bool read_committed;   /* of a consumer */
    bool is_stale;         /* the broker has restarted since it sent the request (KIP-903) */
    const char *rack;      /* of the consumer; NULL none */
    GPtrArray *partitions; /* SessionPartition*, owned */
    GArray *rechecks;      /* int32_t, partitions */
    GHashTable *by_index;  /* partition index + 1 -> SessionPartition*, look-up only */
};

FetchSession *fetch_session_new(Broker *broker, struct BrokerConnection *connection);
/* Frees a parked request as well, unanswered. */
void fetch_session_free(FetchSession *self);
/* Adds the partition or changes what is wanted of it; queues it. */
SessionPartition *fetch_session_want(FetchSession *self, const FetchPartition *wanted);
/* NULL when the session does not know the partition. */
SessionPartition *fetch_session_find(const FetchSession *self, int32_t partition);
/* The same where it is likely the n-th that the session took on. */
static inline const SessionPartition *
fetch_session_find_nth(const FetchSession *self, int32_t n, int32_t partition)
{
    const SessionPartition *nth =
        (guint)n < self->partitions->len ? self->partitions->pdata[n] : NULL;
    return nth != NULL && nth->wanted.partition == partition ? nth
                                                             : fetch_session_find(self, partition);
}
void fetch_session_forget(FetchSession *self, int32_t partition);
void fetch_session_queue(SessionPartition *partition);
SessionPartition *fetch_session_pop(FetchSession *self);

/* A fetch has come in and will soon be handled: what it touches is fetched into the cache. */
static inline void fetch_session_prefetch(const FetchSession *self)
{
    if (self != NULL) {
        BITS_PREFETCH(self);
        BITS_PREFETCH(&self->last);
    }
}

/* fetch.c */
void fetch_handle(Broker *broker, FetchRequest *request);
void fetch_on_expiry(FetchSession *self);
/* A partition has news: for followers new data, for consumers a new high watermark, for all a
 * changed role. Parked fetches that can now be answered are. */
void fetch_on_append(Partition *partition);
void fetch_on_high_watermark(Partition *partition);
void fetch_on_role_change(Partition *partition);
/* What kept a follower out of its ISR may be over: its next fetch tries again. */
void fetch_recheck_isr(Partition *partition);

#endif
