/* modern_membership.h - group.protocol=consumer: what a member keeps of its membership (KIP-848).
 *
 *     unsubscribed --poll()--> joining --answer--> reconciling, or stable
 *     stable --another assignment--> reconciling --revoked, added--> acknowledging
 *     acknowledging --heartbeat sent--> stable (reconciling, if the assignment is another by now)
 *     any --FENCED_MEMBER_EPOCH, UNKNOWN_MEMBER_ID--> fenced --partitions lost--> joining
 *     any --close()--> prepare leaving --revoked--> leaving --heartbeat sent--> unsubscribed
 *     any --no poll() for max.poll.interval.ms--> leaving --sent--> stale --poll()--> joining
 *     any --another error--> fatal
 *
 * Mirrors: ConsumerMembershipManager, AbstractMembershipManager, MemberState (clients.md §5.2). */
#ifndef KAFKASIM_MODELS_CONSUMER_MEMBERSHIP_MODERN_MEMBERSHIP_H
#define KAFKASIM_MODELS_CONSUMER_MEMBERSHIP_MODERN_MEMBERSHIP_H
#include "models/protocol/message.h"
#include "sim/actor/state.h"
#include "sim/chance/stream.h"
#include <glib.h>

typedef enum ModernState {
    MODERN_UNSUBSCRIBED,
    MODERN_JOINING,
    MODERN_RECONCILING,
    MODERN_ACKNOWLEDGING,
    MODERN_STABLE,
    MODERN_FENCED,
    MODERN_PREPARE_LEAVING,
    MODERN_LEAVING,
    MODERN_STALE,
    MODERN_FATAL,
} ModernState;

typedef struct ModernMembership {
    bool is_on; /* group.protocol=consumer */
    const char *remote_assignor;
    StateMachine state;
    Stream ids;
    GArray *target; /* of int32_t, ascending: what the coordinator wants it to have */
    GArray *taken;  /* the target that is being reconciled */
    bool is_reconciling;
    /* HeartbeatRequestManager */
    SimDuration interval_ns; /* the coordinator's word */
    SimTime sent_at;
    SimTime retry_at;  /* after an error; 0 none */
    uint32_t attempts; /* that failed one after the other */
    bool is_in_flight;
    bool is_full;        /* the next heartbeat says everything */
    GArray *said;        /* of int32_t: the owned partitions it has said, */
    GArray *said_topics; /* and the topics */
} ModernMembership;

struct Consumer;
void modern_init(struct Consumer *self);
void modern_reset(struct Consumer *self);
void modern_clear(struct Consumer *self);
/* The application thread's part, inside poll(): joins, reconciles. */
void modern_poll(struct Consumer *self);
SimTime modern_next_action(const struct Consumer *self);
/* While the application works on records: takes over what needs neither commits nor callbacks. */
void modern_background(struct Consumer *self);
/* The background thread's: sends the heartbeat that is due, and sets the clock for the next. */
void modern_run(struct Consumer *self);
void modern_on_response(struct Consumer *self,
                        uint32_t sent,
                        const ConsumerGroupHeartbeatResponse *response);
/* max.poll.interval.ms is over. */
void modern_poll_expired(struct Consumer *self);
/* close(): true when there is a heartbeat on its way. */
bool modern_leave(struct Consumer *self);

/* modern_heartbeat.c */
void modern_send_heartbeat(struct Consumer *self);
/* `state`: of the member, as consumer_changed() tells it. */
void modern_lose(struct Consumer *self, const char *why, const char *state);
void modern_join(struct Consumer *self);
void modern_take_assignment(struct Consumer *self, const ConsumerGroupHeartbeatResponse *response);

#endif
