/* fetch_state.h - a consumer's fetches: of each broker, and what they brought (FetchSessionHandler,
 * CompletedFetch). */
#ifndef KAFKASIM_MODELS_CONSUMER_FETCH_STATE_H
#define KAFKASIM_MODELS_CONSUMER_FETCH_STATE_H
#include "models/consumer/consumer.h"

/* A broker that is fetched from, and the fetch session on its connection (KIP-227). */
typedef struct FetchNode {
    int32_t node;
    bool in_flight;
    int32_t session_epoch; /* 0: the next request opens a session */
    GArray *session;       /* of FetchPartition by partition: what the broker knows */
} FetchNode;

/* What one fetch brought for one partition (CompletedFetch). */
typedef struct CompletedFetch {
    TopicIdPartition partition; /* that was asked for */
    KafkaError error;
    int64_t next_offset; /* at first: the offset that was asked for */
    guint next_batch;
    GArray *batches; /* of RecordBatch */
} CompletedFetch;

#endif
