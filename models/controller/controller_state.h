/* controller_state.h - the controller's insides, shared by the files of this folder only. */
#ifndef KAFKASIM_MODELS_CONTROLLER_CONTROLLER_STATE_H
#define KAFKASIM_MODELS_CONTROLLER_CONTROLLER_STATE_H
#include "models/controller/controller.h"
#include "models/controller/partition_change.h"
#include "models/raft/raft_replica.h"
#include "sim/resource/network.h"
#include "sim/resource/server.h"

/* Soft state of one registered broker. Mirrors: BrokerHeartbeatManager.BrokerHeartbeatState. */
typedef struct BrokerSession {
    int32_t broker;
    SimTime last_contact;
    int64_t metadata_offset;
    int64_t controlled_shutdown_offset; /* -1 none */
    bool was_heard;                     /* this registration has sent heartbeats */
} BrokerSession;

/* An answer that waits until `offset` is committed. */
typedef struct DeferredResponse {
    int64_t offset;
    ConnectionId connection;
    ResponseHeader *response;
} DeferredResponse;

struct Controller {
    Actor actor;
    ControllerContext context;
    int32_t id;
    Stream stream; /* placement */

    Server thread; /* the event queue */

    /* brokers */
    GArray *sessions; /* BrokerSession, ascending ids */
    SimDuration session_timeout_ns;
    Timer stale_check;
    bool elr_enabled;

    /* metadata quorum */
    RaftReplica *raft;
    RaftContent *own_content; /* of a controller that nobody gave one */
    bool active;
    SimDuration idle_interval_ns;
    Timer idle;
    Timer stop;
    GArray *deferred;    /* DeferredResponse, ascending offsets */
    GPtrArray *kept;     /* RequestHeader: asked of a controller that is deposed unknowingly */
    GArray *rolled_back; /* int32_t: partitions whose last change was never committed */

    /* preferred leaders */
    bool balance_enabled;
    SimDuration balance_interval_ns;
    Timer balance;
};

enum {
    CONTROLLER_TIMER_STALE_CHECK = 1,
    CONTROLLER_TIMER_RAFT,
    CONTROLLER_TIMER_IDLE,
    CONTROLLER_TIMER_STOP,
    CONTROLLER_TIMER_BALANCE,
};
enum { CONTROLLER_DONE_EVENT = 1, CONTROLLER_DONE_RAFT };

/* Commit path (metadata_commit.c). */
int64_t controller_end_offset(const Controller *self);
void controller_records_appended(Controller *self); /* starts the linger */
/* Active, and no newer controller has taken over unknown to it. */
bool controller_can_decide(const Controller *self);
void controller_refuse(Controller *self, const RequestHeader *request); /* NOT_CONTROLLER */
void controller_on_idle(Controller *self);
/* Answers when all that is appended now is committed. Takes the response. */
void controller_respond_when_committed(Controller *self,
                                       ConnectionId connection,
                                       ResponseHeader *response);
/* What the quorum says (RaftContext). */
void controller_on_leader(void *owner, int32_t epoch);
void controller_on_resigned(void *owner);
void controller_on_committed(void *owner, int64_t high_watermark);
void controller_on_truncate(void *owner, int64_t offset);

/* Brokers (broker_control.c). */
BrokerSession *controller_session(Controller *self, int32_t broker);
const BrokerRegistration *controller_broker(const Controller *self, int32_t broker);
bool controller_is_active(const Controller *self, int32_t broker);
void controller_on_registration(Controller *self, BrokerRegistrationRequest *request);
void controller_on_heartbeat(Controller *self, BrokerHeartbeatRequest *request);
void controller_on_stale_check(Controller *self);
void controller_brokers_activated(Controller *self); /* each counts as just heard */

/* Partitions (partition_control.c). */
const PartitionRegistration *controller_partition(const Controller *self, int32_t partition);
/* Every partition with the broker in its ISR loses it; its leaderships move. */
void controller_remove_from_isrs(Controller *self, int32_t broker, bool unclean, const char *why);
/* The broker may lead again: leaderless partitions are looked at. */
void controller_elect_leaderless(Controller *self, int32_t broker, const char *why);
bool controller_leads_any(const Controller *self, int32_t broker);
void controller_append_partition(Controller *self,
                                 int32_t partition,
                                 const PartitionRegistration *next,
                                 const char *why);
void controller_on_alter_partition(Controller *self, AlterPartitionRequest *request);
void controller_on_balance(Controller *self);

#endif
