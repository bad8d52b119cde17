/* share_consumer.h - KafkaShareConsumer: fetching from share partitions and acknowledging.
 *
 * poll() first accepts what the last one returned (implicit; explicit: what the application has not
 * released or rejected), then hands out what is buffered; only when nothing is, each leader is
 * asked for more, with the acknowledgements for it in the same ShareFetch. Acknowledgements that go
 * with no fetch travel in a ShareAcknowledge. One request at a time to each broker. Acquired
 * offsets at which there is no record (the log cleaner's, or a transaction marker's) go with them
 * as gaps.
 *
 * close() sends what was acknowledged, and ends the sessions, which releases the rest at once. Who
 * leaves is woken up inside a poll(), whose first act was to accept. An exception leaves the loop
 * before the next poll(): implicitly nothing of the last one is acknowledged then, explicitly what
 * the application had done. Whoever dies without close() acknowledges nothing; its connection's end
 * or the lock's gives its records to others.
 *
 * Mirrors: ShareConsumerImpl, ShareConsumeRequestManager, ShareSessionHandler (KIP-932, as in 4.1).
 * Left out: commitSync(), the callback of acknowledgements, waiting for answers in close(). */
#ifndef KAFKASIM_MODELS_CONSUMER_SHARE_SHARE_CONSUMER_H
#define KAFKASIM_MODELS_CONSUMER_SHARE_SHARE_CONSUMER_H
#include "models/protocol/message.h"
#include <glib.h>

typedef struct ShareNode {
    int32_t node;
    bool in_flight;
    bool is_open;    /* there is a session */
    GArray *session; /* of TopicIdPartition: those in it */
} ShareNode;

typedef struct ShareConsumer {
    bool is_on;
    GPtrArray *nodes; /* of ShareNode by first use */
    GArray *buffer;   /* of ShareResult: acquired, not handed out yet; and errors of fetches */
    guint next;       /* of them */
    GArray *handed;   /* of ShareItem: by the last poll(), to be accepted */
    GArray *acks;     /* of ShareItem: to be sent */
    GArray *items;    /* of ShareItem: scratch */
} ShareConsumer;

struct Consumer;
void share_init(struct Consumer *self);
void share_reset(struct Consumer *self);
void share_clear(struct Consumer *self);
/* Inside poll(): how many records it returns. */
int32_t share_poll(struct Consumer *self);
SimTime share_next_action(const struct Consumer *self);
void share_on_response(struct Consumer *self, ShareNode *node, const ShareFetchResponse *response);
/* Explicit: this record, of the last poll(), is to be delivered again, or never (reject). */
void share_settle(struct Consumer *self, int32_t partition, int64_t offset, ShareItemKind kind);
/* An exception: what the application has not acknowledged of the last poll() stays so. */
void share_abandon(struct Consumer *self);
/* close(): acknowledges, ends the sessions. */
void share_close(struct Consumer *self);

#endif
