/* broker_heartbeats.h - what the active controller remembers of its brokers, and nobody else.
 *
 *     FENCED --caught up, wants it--> UNFENCED --wants shutdown, leads--> CONTROLLED_SHUTDOWN
 *     any --wants shutdown, leads nothing, all have heard--> SHUTDOWN_NOW (fenced)
 *
 * Soft state: when a broker was heard last, how far its metadata are, since when it shuts down.
 * A broker's session belongs to its epoch; it is over when nothing was heard for more than the
 * session timeout. Of several silent brokers one is found at a time, in the order of a Java map.
 * Offsets are those of the last record, as Kafka counts them here.
 * Mirrors: BrokerHeartbeatManager, BrokerHeartbeatTracker (server.md 1.3, B5-B13). */
#ifndef KAFKASIM_MODELS_CONTROLLER_BROKER_HEARTBEATS_H
#define KAFKASIM_MODELS_CONTROLLER_BROKER_HEARTBEATS_H
#include "sim/kernel/kernel.h"

typedef enum BrokerControlState {
    BROKER_CONTROL_FENCED,
    BROKER_CONTROL_UNFENCED,
    BROKER_CONTROL_CONTROLLED_SHUTDOWN,
    BROKER_CONTROL_SHUTDOWN_NOW,
} BrokerControlState;
const char *broker_control_state_name(BrokerControlState state);
bool broker_control_state_is_fenced(BrokerControlState state);

typedef struct BrokerControlStates {
    BrokerControlState now;
    BrokerControlState next;
} BrokerControlStates;

/* What a heartbeat says, and what is known of its sender. */
typedef struct BrokerHeartbeat {
    int32_t broker;
    bool want_fence;
    bool want_shut_down;
    int64_t metadata_offset;
    int64_t register_offset; /* of its RegisterBroker record */
    bool leads_any;
} BrokerHeartbeat;

typedef struct BrokerHeartbeats BrokerHeartbeats;
BrokerHeartbeats *broker_heartbeats_new(SimDuration session_timeout_ns);
void broker_heartbeats_free(BrokerHeartbeats *self);

/* ---- the tracker: who was heard when */
void broker_heartbeats_contact(BrokerHeartbeats *self, int32_t broker, int64_t epoch, SimTime now);
bool broker_heartbeats_has_valid_session(const BrokerHeartbeats *self,
                                         int32_t broker,
                                         int64_t epoch,
                                         SimTime now);
/* The first whose session is over, if any, which is then no longer tracked. */
bool broker_heartbeats_remove_expired(BrokerHeartbeats *self,
                                      SimTime now,
                                      int32_t *ret_broker,
                                      int64_t *ret_epoch,
                                      SimTime *ret_last_contact);

/* ---- the manager: in which state each is */
void broker_heartbeats_register(BrokerHeartbeats *self, int32_t broker, bool fenced);
void broker_heartbeats_remove(BrokerHeartbeats *self, int32_t broker);
bool broker_heartbeats_is_registered(const BrokerHeartbeats *self, int32_t broker);
void broker_heartbeats_fence(BrokerHeartbeats *self, int32_t broker);
void broker_heartbeats_touch(BrokerHeartbeats *self,
                             int32_t broker,
                             bool fenced,
                             int64_t metadata_offset);
/* The broker is registered. */
BrokerControlStates broker_heartbeats_next_state(const BrokerHeartbeats *self,
                                                 const BrokerHeartbeat *heartbeat);
/* Its leaders are moved by records up to this offset; the first one counts. */
void broker_heartbeats_shut_down_from(BrokerHeartbeats *self, int32_t broker, int64_t offset);
int64_t broker_heartbeats_shutdown_offset(const BrokerHeartbeats *self, int32_t broker); /* or -1 */
/* How far the slowest active broker is; INT64_MAX when none is active. */
int64_t broker_heartbeats_lowest_active_offset(const BrokerHeartbeats *self);
/* Brokers that replicas may be placed on, in order: false after the last. */
bool broker_heartbeats_usable(const BrokerHeartbeats *self,
                              int32_t index,
                              int32_t *ret_broker,
                              bool *ret_fenced);

#endif
