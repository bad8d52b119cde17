/* fetch_read.h - what a session's partitions have to say to their reader now.
 *
 * Mirrors: ReplicaManager.readFromLog, DelayedFetch.tryComplete, FetchSession's
 * maybeUpdateResponseData. */
#ifndef KAFKASIM_MODELS_BROKER_FETCH_FETCH_READ_H
#define KAFKASIM_MODELS_BROKER_FETCH_FETCH_READ_H
#include "models/broker/fetch/fetch_session.h"

/* Is there enough to answer the request now? */
bool fetch_read_is_ready(const FetchSession *self, const FetchRequest *request);
/* Takes what there is to say. Partitions with data stand at the end of the queue afterwards, those
 * for which there was no room before them. Empty when the client is throttled. */
FetchResponse *fetch_read_answer(FetchSession *self, FetchRequest *request);
/* An error or a divergence: the reader's position counts for nothing. */
bool fetch_read_is_urgent(const SessionPartition *self);

#endif
