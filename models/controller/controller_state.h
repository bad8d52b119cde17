/* controller_state.h - the controller's insides, shared by the files of this folder only. */
#ifndef KAFKASIM_MODELS_CONTROLLER_CONTROLLER_STATE_H
#define KAFKASIM_MODELS_CONTROLLER_CONTROLLER_STATE_H
#include "models/controller/controller.h"
#include "models/controller/partition_change.h"
#include "sim/resource/network.h"
#include "sim/resource/server.h"

/* Soft state of one registered broker. Mirrors: BrokerHeartbeatManager.BrokerHeartbeatState. */
typedef struct BrokerSession {
    int32_t broker;
    SimTime last_contact;
    int64_t metadata_offset;
    int64_t controlled_shutdown_offset; /* -1 none */
} BrokerSession;

/* An answer that waits until `offset` is committed. */
typedef struct DeferredResponse {
    int64_t offset;
    ConnectionId connection;
    ResponseHeader *response;
} DeferredResponse;

typedef struct ParkedFetch {
    ConnectionId connection;
    MetadataFetchRequest *request;
    SimTime deadline;
} ParkedFetch;

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

    /* metadata log */
    SimDuration linger_ns;
    SimDuration idle_interval_ns;
    int64_t flushing_end; /* records below it are being written, or are */
    int64_t high_watermark;
    bool flushing;
    Timer linger;
    Timer idle;
    Timer fetch_expiry;
    GArray *deferred; /* DeferredResponse, ascending offsets */
    GArray *parked;   /* ParkedFetch, in order of arrival */

    /* preferred leaders */
    bool balance_enabled;
    SimDuration balance_interval_ns;
    Timer balance;
};

enum {
    CONTROLLER_TIMER_STALE_CHECK = 1,
    CONTROLLER_TIMER_LINGER,
    CONTROLLER_TIMER_IDLE,
    CONTROLLER_TIMER_FETCH_EXPIRY,
    CONTROLLER_TIMER_BALANCE,
};
enum { CONTROLLER_DONE_EVENT = 1, CONTROLLER_DONE_FLUSH };

/* Commit path (metadata_commit.c). */
int64_t controller_end_offset(const Controller *self);
void controller_records_appended(Controller *self); /* starts the linger */
void controller_on_linger(Controller *self);
void controller_on_flushed(Controller *self);
void controller_on_idle(Controller *self);
/* Answers when all that is appended now is committed. Takes the response. */
void controller_respond_when_committed(Controller *self,
                                       ConnectionId connection,
                                       ResponseHeader *response);
void controller_on_metadata_fetch(Controller *self,
                                  ConnectionId connection,
                                  MetadataFetchRequest *request);
void controller_on_fetch_expiry(Controller *self);
void controller_drop_connection(Controller *self, ConnectionId connection);

/* Brokers (broker_control.c). */
BrokerSession *controller_session(Controller *self, int32_t broker);
const BrokerRegistration *controller_broker(const Controller *self, int32_t broker);
bool controller_is_active(const Controller *self, int32_t broker);
void controller_on_registration(Controller *self, BrokerRegistrationRequest *request);
void controller_on_heartbeat(Controller *self, BrokerHeartbeatRequest *request);
void controller_on_stale_check(Controller *self);

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
