/* controller_state.h - the controller's insides, shared by the files of this folder only. */
#ifndef KAFKASIM_MODELS_CONTROLLER_CONTROLLER_STATE_H
#define KAFKASIM_MODELS_CONTROLLER_CONTROLLER_STATE_H
#include "models/controller/control.h"
#include "models/controller/controller.h"
#include "models/log/snapshot_generator.h"
#include "models/quota/token_bucket.h"
#include "models/raft/raft_replica.h"
#include "sim/resource/network.h"
#include "sim/resource/server.h"

/* An answer that waits until `offset` is committed. */
typedef struct DeferredResponse {
    int64_t offset;
    ConnectionId connection;
    ResponseHeader *response;
} DeferredResponse;

/* The same of an administrator's request. */
typedef struct DeferredAdmin {
    int64_t offset;
    uint32_t id;
    KafkaError error;
} DeferredAdmin;

struct Controller {
    Actor actor;
    ControllerContext context;
    int32_t id;
    Stream stream; /* placement */

    Server thread; /* the event queue */

    Control *control; /* decides */
    uint32_t cause;   /* kept while a record is told of */

    /* brokers */
    SimDuration session_timeout_ns;
    SimDuration heartbeat_interval_ns;
    int64_t timed_out_heartbeats; /* TimedOutBrokerHeartbeatCount */
    Timer stale_check;

    /* metadata quorum */
    RaftReplica *raft; /* NULL when there is another mode: */
    void *mode;
    SnapshotGenerator snapshots;
    int64_t loaded_offset;    /* committed, and seen by this process */
    RaftContent *own_content; /* of a controller that nobody gave one */
    bool active;
    int32_t office_epoch; /* see controller_epoch */
    SimDuration idle_interval_ns;
    Timer idle;
    Timer stop;
    Timer halt;       /* metadata.log.dir has failed */
    GArray *deferred; /* DeferredResponse, ascending offsets */
    bool limits_mutations;
    TokenBucket mutations;  /* controller_mutation_rate */
    GArray *deferred_admin; /* DeferredAdmin, ascending offsets */
    GPtrArray *kept;        /* RequestHeader: asked of a controller that is deposed unknowingly */

    /* elections by the clock: preferred leaders, unclean ones */
    bool balance_enabled;
    SimDuration balance_interval_ns;
    Timer balance;
    SimDuration elect_unclean_interval_ns;
    Timer elect_unclean;
};

enum {
    CONTROLLER_TIMER_STALE_CHECK = 1,
    CONTROLLER_TIMER_RAFT,
    CONTROLLER_TIMER_IDLE,
    CONTROLLER_TIMER_STOP,
    CONTROLLER_TIMER_HALT,
    CONTROLLER_TIMER_BALANCE,
    CONTROLLER_TIMER_ELECT_UNCLEAN,
    CONTROLLER_TIMER_MODE,
};
/* The type of an administrator's request: no api of Kafka's, it comes on no connection. */
enum { CONTROLLER_ADMIN_REQUEST = 0x3000 };
enum { CONTROLLER_DONE_EVENT = 1, CONTROLLER_DONE_RAFT, CONTROLLER_DONE_SNAPSHOT };

/* Commit path (metadata_commit.c). */
int64_t controller_end_offset(const Controller *self);
int64_t controller_high_watermark(const Controller *self);
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
void controller_changed_office(Controller *self); /* tells the world */
void controller_on_resigned(void *owner);
void controller_on_committed(void *owner, int64_t high_watermark);
void controller_on_truncate(void *owner, int64_t offset);

/* The event queue (controller.c): takes the request. */
void controller_enter(Controller *self, RequestHeader *request);

/* Requests of brokers, tasks by the clock (broker_control.c). */
void controller_on_contact(Controller *self, const RequestHeader *request); /* it arrives */
void controller_on_registration(Controller *self, BrokerRegistrationRequest *request);
void controller_on_heartbeat(Controller *self, BrokerHeartbeatRequest *request);
void controller_on_alter_partition(Controller *self, AlterPartitionRequest *request);
void controller_on_stale_check(Controller *self);
void controller_on_balance(Controller *self);
void controller_on_elect_unclean(Controller *self);
void controller_begin_tasks(Controller *self, bool standing);
void controller_end_tasks(Controller *self);

/* What is decided is told (partition_control.c). */
Control *controller_make_control(Controller *self);
const PartitionRegistration *controller_partition(const Controller *self, int32_t partition);

/* Requests of administrators (controller_admin.c). */
void controller_admin_init(Controller *self); /* reads what limits their mutations */
void controller_on_admin(Controller *self, const RequestHeader *request);
const AdminRequest *controller_admin_asked(const RequestHeader *request);
void controller_refuse_admin(Controller *self, const RequestHeader *request);
void controller_admin_committed(Controller *self, int64_t high_watermark);
void controller_refuse_waiting_admin(Controller *self);

#endif
