/* client_metadata.h - what a client believes of leaders, and when it asks again.
 *
 * Mirrors: Metadata, ProducerMetadata, NetworkClient.DefaultMetadataUpdater (clients.md M1-M8,
 * KIP-951, leader epoch guard M6). One request in flight; back-off after failures and after
 * answers that changed nothing; full refresh each metadata.max.age.ms. */
#ifndef KAFKASIM_MODELS_CLIENT_CLIENT_METADATA_H
#define KAFKASIM_MODELS_CLIENT_CLIENT_METADATA_H
#include "models/client/network_client.h"

typedef struct ClientMetadata ClientMetadata;

typedef struct ClientMetadataOptions {
    const MetadataLog *topics; /* for names and numbers of partitions only, never for leaders */
    SimDuration max_age_ns;
    SimDuration retry_backoff_ns;
    SimDuration retry_backoff_ns_max;
    uint16_t timer_kind;
    bool allows_creation;               /* a broker may create a topic that it is asked for */
    bool never_rebootstrap;             /* metadata.recovery.strategy=none */
    SimDuration rebootstrap_trigger_ns; /* metadata.recovery.rebootstrap.trigger.ms (KIP-1102) */
    void (*on_update)(void *owner);     /* an answer was applied */
    void (*on_forget)(void *owner);     /* rebootstrap: nothing is known any more; may be NULL */
    void *owner;
} ClientMetadataOptions;

ClientMetadata *
client_metadata_new(Actor *actor, NetworkClient *client, const ClientMetadataOptions *options);
void client_metadata_free(ClientMetadata *self);
void client_metadata_reset(ClientMetadata *self);
/* Adds a topic of interest; asks for it if it is new. */
void client_metadata_add_topic(ClientMetadata *self, int32_t topic);
/* From now on all topics of the cluster are asked for; of these, `topics` are of interest once they
 * exist (Kafka: a pattern subscription). */
void client_metadata_follow(ClientMetadata *self, const int32_t *topics, int32_t count);
/* Full answers so far that were applied. */
uint32_t client_metadata_version(const ClientMetadata *self);
/* No back-off forbids to ask now (timeToAllowUpdate). */
bool client_metadata_may_ask(ClientMetadata *self);
/* Is a request due, and would be sent if a node could take it? Then nothing else may be sent
 * first (NetworkClient.isReady). */
bool client_metadata_is_update_due(ClientMetadata *self);
/* A connection broke or was refused: a due update counts as failed, and one is requested (M5). */
void client_metadata_on_disconnected(ClientMetadata *self);
/* Ask again as soon as back-off allows (any InvalidMetadata error, disconnect, unknown leader). */
void client_metadata_request_update(ClientMetadata *self);
/* Sends a request if one is due and a node can take it, else arms its timer. Call it after any
 * event that may have freed a node (the network client's on_ready, on_response). */
bool client_metadata_maybe_send(ClientMetadata *self); /* true: a request went out */
/* The network client's on_response forwards METADATA answers (or NULL) here. */
void client_metadata_on_response(ClientMetadata *self, MetadataResponse *response);
bool client_metadata_on_timer(ClientMetadata *self, Timer *timer);

/* NO_LEADER when unknown or none. */
int32_t client_metadata_leader(const ClientMetadata *self, int32_t partition);
/* NO_TOPIC_ID when unknown. */
int64_t client_metadata_topic_id(const ClientMetadata *self, int32_t partition);
int32_t client_metadata_leader_epoch(const ClientMetadata *self, int32_t partition);
/* KIP-951: an error response named the new leader. False when it is older than what is known. */
bool client_metadata_set_leader(ClientMetadata *self,
                                int32_t partition,
                                int32_t leader,
                                int32_t epoch);
/* Something else than metadata (a committed offset) spoke of this leader epoch: of a newer one the
 * leader is not known, and is asked for (Metadata.updateLastSeenEpochIfNewer). */
void client_metadata_see_epoch(ClientMetadata *self, int32_t partition, int32_t epoch);
/* Brokers that hold the partition, as of the newest answer, may be looked up by this offset. */
int64_t client_metadata_as_of(const ClientMetadata *self);
/* How many partitions of the topic this client knows of (0 = not yet known). */
int32_t client_metadata_partitions(const ClientMetadata *self, int32_t topic);
static inline bool client_metadata_has_topic(const ClientMetadata *self, int32_t topic)
{
    return client_metadata_partitions(self, topic) > 0;
}

#endif
