/* cluster_control.c - registration, heartbeats, fencing (server.md 1.3, B1-B13).
 *
 * Mirrors: ClusterControlManager, and of ReplicationControlManager what follows from a broker's
 * life: handleBrokerFenced, -Unfenced, -InControlledShutdown, -Shutdown, -Unregistered,
 * handleDirectoriesOffline. */
#include "models/controller/control_state.h"
#include <string.h>

/* ---- registration */

/* B1: a session keeps out another incarnation until it is over. Neither fencing nor a granted
 * shutdown ends it: Kafka 4.1.0 refuses a broker that stopped cleanly, as recorded (KAFKA-19047 is
 * in later versions). */
static bool is_duplicate(const Control *self, const ControlRegistration *request, SimTime now)
{
    const BrokerRegistration *old = control_broker(self, request->broker);
    return old != NULL && old->incarnation_id != request->incarnation_id &&
           control_has_valid_session(self, request->broker, old->epoch, now);
}

/* B2: what a former incarnation leaves behind. With ELR an unclean stop costs its eligibility. */
static void clean_up(Control *self, int32_t broker, bool clean)
{
    bool unclean = control_has_era(self, ERA_KIP_966) && !clean;
    control_leave_partitions(self, broker, PARTITIONS_IN_ISR, unclean, "registered");
    if (unclean) {
        control_leave_partitions(self, broker, PARTITIONS_IN_ELR, true, "registered");
    }
}

KafkaError control_register_broker(Control *self,
                                   const ControlRegistration *request,
                                   SimTime now,
                                   int64_t *ret_epoch)
{
    if (is_duplicate(self, request, now)) {
        return KAFKA_DUPLICATE_BROKER_REGISTRATION;
    }
    const BrokerRegistration *old = control_broker(self, request->broker);
    BrokerRegistration next = {
        .id = request->broker,
        .epoch = control_end_offset(self),
        .incarnation_id = request->incarnation_id,
        .rack = request->rack,
        .fenced = true,
    };
    if (old != NULL && old->incarnation_id == request->incarnation_id) {
        next = *old; /* B3: amended */
    } else {
        int64_t stored = old != NULL ? old->epoch : -2;
        bool clean = request->previous_broker_epoch == stored;
        control_step(self,
                     "registered",
                     "broker %d, %s",
                     request->broker,
                     old == NULL ? "for the first time"
                     : clean     ? "after a clean stop"
                                 : "after an unclean stop");
        clean_up(self, request->broker, clean);
        partition_index_keep_offline(self->index, request->broker, request->incarnation_id);
    }
    control_append_broker(self, &next, true, "registered");
    control_replay_brokers(self);
    *ret_epoch = next.epoch;
    return KAFKA_NONE;
}

/* ---- the life of a registered broker */

static void fence(Control *self, int32_t broker, const char *why)
{
    BrokerRegistration next = *control_broker(self, broker);
    g_autofree char *moved = g_strdup_printf("fenced %d", broker);
    if (!next.fenced) {
        control_step(self, "fence", "broker %d: %s", broker, why);
    }
    control_leave_partitions(self, broker, PARTITIONS_IN_ISR, false, moved);
    next.fenced = true;
    control_append_broker(self, &next, false, why);
}

static void unfence(Control *self, int32_t broker)
{
    BrokerRegistration next = *control_broker(self, broker);
    next.fenced = false;
    g_autofree char *why = g_strdup_printf("unfenced %d", broker);
    control_step(self, "unfence", "broker %d", broker);
    control_append_broker(self, &next, false, why);
    control_elect_leaderless(self, broker, why);
}

static void begin_controlled_shutdown(Control *self, int32_t broker)
{
    BrokerRegistration next = *control_broker(self, broker);
    g_autofree char *why = g_strdup_printf("controlled shutdown %d", broker);
    if (!next.in_controlled_shutdown) {
        control_step(self, "controlled shutdown", "broker %d: its leaders move", broker);
        next.in_controlled_shutdown = true;
        control_append_broker(self, &next, false, why);
    }
    control_leave_partitions(self, broker, PARTITIONS_IN_ISR, false, why);
}

static void enter(Control *self, int32_t broker, BrokerControlStates states)
{
    if (states.now == states.next) {
        return;
    }
    switch (states.next) {
    case BROKER_CONTROL_FENCED:
        fence(self, broker, "asked for it");
        break;
    case BROKER_CONTROL_SHUTDOWN_NOW:
        fence(self,
              broker,
              states.now == BROKER_CONTROL_CONTROLLED_SHUTDOWN ? "controlled shutdown is over"
                                                               : "shuts down, leads nothing");
        break;
    case BROKER_CONTROL_UNFENCED:
        unfence(self, broker);
        break;
    case BROKER_CONTROL_CONTROLLED_SHUTDOWN:
        begin_controlled_shutdown(self, broker);
        break;
    }
}

/* Partitions whose log directory was online until now leave this broker; the broker lives on. */
void control_take_offline(Control *self, int32_t broker, int32_t count, const int32_t *partitions)
{
    g_autofree char *why = g_strdup_printf("log directory offline on %d", broker);
    const uint64_t incarnation_id = control_broker(self, broker)->incarnation_id;
    bool any = false;
    for (int32_t i = 0; i < count; i++) {
        if (!partition_index_has(self->index, broker, PARTITIONS_OFFLINE, partitions[i])) {
            if (!any) {
                control_step(self,
                             "log directory offline",
                             "broker %d: its replicas there leave their ISR",
                             broker);
            }
            any = true;
            partition_index_set_offline(self->index, broker, incarnation_id, partitions[i]);
            control_leave_partition(self, partitions[i], broker, why);
        }
    }
    if (any) {
        const BrokerRegistration next = *control_broker(self, broker);
        control_append_broker(self, &next, false, why);
    }
}

void control_on_contact(Control *self, int32_t broker, int64_t broker_epoch, SimTime now)
{
    broker_heartbeats_contact(self->heartbeats, broker, broker_epoch, now);
}

KafkaError
control_heartbeat(Control *self, const ControlHeartbeat *request, ControlHeartbeatReply *ret_reply)
{
    const BrokerRegistration *broker = control_broker(self, request->broker);
    if (broker == NULL || broker->epoch != request->broker_epoch) {
        return KAFKA_STALE_BROKER_EPOCH; /* B4 */
    }
    const BrokerHeartbeat heartbeat = {
        .broker = request->broker,
        .want_fence = request->want_fence,
        .want_shut_down = request->want_shut_down,
        .metadata_offset = request->metadata_offset,
        .register_offset = broker->register_offset,
        .leads_any = partition_index_leaderships(self->index, request->broker) > 0,
    };
    BrokerControlStates states = broker_heartbeats_next_state(self->heartbeats, &heartbeat);
    bool fenced = broker_control_state_is_fenced(states.next);
    enter(self, request->broker, states);
    broker_heartbeats_touch(self->heartbeats, request->broker, fenced, request->metadata_offset);
    control_take_offline(
        self, request->broker, request->offline_count, request->offline_partitions);
    control_replay_brokers(self);
    if (states.next == BROKER_CONTROL_CONTROLLED_SHUTDOWN) {
        int64_t last = control_end_offset(self) - 1;
        broker_heartbeats_shut_down_from(self->heartbeats, request->broker, last);
    }
    *ret_reply = (ControlHeartbeatReply){
        .is_caught_up = heartbeat.metadata_offset >= heartbeat.register_offset,
        .is_fenced = fenced,
        .in_controlled_shutdown = states.next == BROKER_CONTROL_CONTROLLED_SHUTDOWN,
        .should_shut_down = states.next == BROKER_CONTROL_SHUTDOWN_NOW,
    };
    return KAFKA_NONE;
}

/* One a call, so that the next is judged by what this one changed. */
bool control_fence_one_stale(Control *self, SimTime now)
{
    int32_t broker;
    int64_t epoch;
    SimTime last_contact;
    if (!broker_heartbeats_remove_expired(self->heartbeats, now, &broker, &epoch, &last_contact)) {
        return false;
    }
    const BrokerRegistration *registration = control_broker(self, broker);
    if (registration != NULL && registration->epoch == epoch) {
        g_autofree char *why =
            g_strdup_printf("session expired, last heartbeat %" G_GINT64_FORMAT " ms ago",
                            (gint64)((now - last_contact) / SIM_MS(1)));
        fence(self, broker, why);
        broker_heartbeats_fence(self->heartbeats, broker);
        control_replay_brokers(self);
    }
    return true;
}

KafkaError control_unregister_broker(Control *self, int32_t broker)
{
    if (control_broker(self, broker) == NULL) {
        return KAFKA_BROKER_ID_NOT_REGISTERED;
    }
    control_step(self, "unregister", "broker %d is gone for good", broker);
    control_leave_partitions(self, broker, PARTITIONS_IN_ISR, false, "unregistered");
    control_leave_partitions(self, broker, PARTITIONS_IN_ELR, false, "unregistered");
    control_append_unregister(self, broker);
    control_replay_brokers(self);
    return KAFKA_NONE;
}
