/* controller_channels.h - a ZooKeeper-era controller's way to the brokers: pushes, one at a time.
 *
 * Each living broker has a connection and at most one request under way; what was decided meanwhile
 * goes with the next one. A request without an answer is sent again, after 100 ms, until the broker
 * takes it or is known to be gone: then all that it was to be told is forgotten.
 *
 * A StopReplica stands in the queue where it was put: the broker has taken what was decided before
 * it, and nothing that was decided after. Mirrors: ControllerChannelManager, RequestSendThread. */
#ifndef KAFKASIM_MODELS_ZOOKEEPER_CONTROLLER_CHANNELS_H
#define KAFKASIM_MODELS_ZOOKEEPER_CONTROLLER_CHANNELS_H
#include "models/protocol/message.h"

typedef struct ControllerChannels ControllerChannels;

typedef struct ControllerChannelsContext {
    Actor *actor;
    uint16_t timer_kind;
    int32_t count;
    const int32_t *brokers; /* ids, borrowed */
    Actor *(*find_broker)(void *owner, int32_t broker);
    void *find_owner; /* of find_broker */
    /* The request that brings a broker to the state of now, and up to which offset. */
    UpdateMetadataRequest *(*build)(void *owner, int32_t broker, int64_t *ret_end_offset);
    /* To the broker as it is now, for so many partitions. */
    StopReplicaRequest *(*build_stop)(void *owner, int32_t broker, int32_t count);
    /* It has stopped them. */
    void (*stopped)(void *owner, int32_t broker, const StopReplicaResponse *response);
    /* Of what it was told of, these partitions are in failed directories there. */
    void (*offline)(void *owner, int32_t broker, const UpdateMetadataResponse *response);
    void *owner;
} ControllerChannelsContext;

ControllerChannels *controller_channels_new(const ControllerChannelsContext *context);
void controller_channels_free(ControllerChannels *self);
/* None any more; `close` what is open, unless the process is dead. */
void controller_channels_reset(ControllerChannels *self, bool close);
void controller_channels_set(ControllerChannels *self, int32_t broker, bool alive);
/* The next request names all its replicas, as the first one does, so that its answer says which are
 * offline. */
void controller_channels_name_all(ControllerChannels *self, int32_t broker);
/* The broker is to stop its replica, when it has all up to `after`; sent with the next push. */
void controller_channels_stop(
    ControllerChannels *self, int32_t broker, int32_t partition, bool deletes, int64_t after);
/* To every living broker that has not all up to `end_offset`. */
void controller_channels_push(ControllerChannels *self, int64_t end_offset);

/* True when it was a channel's. */
bool controller_channels_on_connected(ControllerChannels *self, ConnectionId connection);
bool controller_channels_on_disconnected(ControllerChannels *self, ConnectionId connection);
bool controller_channels_on_timer(ControllerChannels *self, Timer *timer);
/* ret_refused: STALE_CONTROLLER_EPOCH, there is a newer controller. */
bool controller_channels_on_response(ControllerChannels *self,
                                     ConnectionId connection,
                                     const ResponseHeader *response,
                                     bool *ret_refused);

#endif
