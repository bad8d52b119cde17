/* broker_control.c - registration, heartbeats, fencing (server.md 1.3, B1-B14).
 *
 *     fenced --caught up, wants it--> unfenced --wants shutdown--> controlled shutdown --> fenced
 *     unfenced --silent for broker.session.timeout.ms--> fenced
 *
 * Staleness is looked for every session/8, so a broker is fenced 0..1/8 of the session late.
 * Mirrors: ClusterControlManager, BrokerHeartbeatManager. */
#include "models/controller/controller_state.h"
#include <string.h>

BrokerSession *controller_session(Controller *self, int32_t broker)
{
    guint at = 0;
    while (at < self->sessions->len &&
           g_array_index(self->sessions, BrokerSession, at).broker < broker) {
        at++;
    }
    if (at == self->sessions->len ||
        g_array_index(self->sessions, BrokerSession, at).broker != broker) {
        const BrokerSession fresh = {.broker = broker, .controlled_shutdown_offset = -1};
        g_array_insert_val(self->sessions, at, fresh);
    }
    return &g_array_index(self->sessions, BrokerSession, at);
}

const BrokerRegistration *controller_broker(const Controller *self, int32_t broker)
{
    return metadata_broker(self->context.metadata, broker, controller_end_offset(self));
}

bool controller_is_active(const Controller *self, int32_t broker)
{
    const BrokerRegistration *registration = controller_broker(self, broker);
    return registration != NULL && !registration->fenced && !registration->in_controlled_shutdown;
}

static bool is_session_alive(Controller *self, int32_t broker)
{
    return actor_now(&self->actor) - controller_session(self, broker)->last_contact <=
           self->session_timeout_ns;
}

static void append_broker(Controller *self, const BrokerRegistration *registration, bool fresh)
{
    metadata_set_cause(self->context.metadata, kernel_cause(self->context.sim->kernel));
    metadata_append_broker(self->context.metadata, registration, fresh);
    controller_records_appended(self);
}

static void
respond_registration(Controller *self, const BrokerRegistrationRequest *request, KafkaError error)
{
    BrokerRegistrationResponse *response = message_new(self->context.sim,
                                                       sizeof(BrokerRegistrationResponse),
                                                       KAFKA_BROKER_REGISTRATION | KAFKA_RESPONSE);
    response->header.correlation_id = request->header.correlation_id;
    response->error = error;
    if (error == KAFKA_NONE) {
        response->broker_epoch = controller_broker(self, request->broker)->epoch;
    }
    controller_respond_when_committed(self, request->header.connection, &response->header);
}

/* Which session refuses a new incarnation: one that was heard of within the session time-out (B1).
 * Fencing does not end it: Kafka 4.1.0 refuses a broker that stopped cleanly, too, as recorded. */
static bool is_duplicate(Controller *self, const BrokerRegistrationRequest *request)
{
    const BrokerRegistration *old = controller_broker(self, request->broker);
    return old != NULL && old->incarnation_id != request->incarnation_id &&
           (!old->fenced || controller_session(self, request->broker)->was_heard) &&
           is_session_alive(self, request->broker);
}

static void register_broker(Controller *self, const BrokerRegistrationRequest *request)
{
    const BrokerRegistration *old = controller_broker(self, request->broker);
    bool clean = old == NULL || request->previous_broker_epoch == old->epoch;
    BrokerRegistration registration = {
        .id = request->broker,
        .incarnation_id = request->incarnation_id,
        .rack = old != NULL ? old->rack : "",
        .fenced = true,
    };
    actor_log(&self->actor,
              "registered",
              "broker %d, after %s stop",
              request->broker,
              clean ? "a clean" : "an unclean");
    append_broker(self, &registration, true);
    controller_remove_from_isrs(self, request->broker, !clean, "registered");
    BrokerSession *session = controller_session(self, request->broker);
    session->last_contact = actor_now(&self->actor);
    session->metadata_offset = -1;
    session->controlled_shutdown_offset = -1;
    session->was_heard = false;
}

void controller_on_registration(Controller *self, BrokerRegistrationRequest *request)
{
    const BrokerRegistration *old = controller_broker(self, request->broker);
    if (is_duplicate(self, request)) {
        actor_log(&self->actor,
                  "registration refused",
                  "broker %d: DUPLICATE_BROKER_REGISTRATION, its old session lives",
                  request->broker);
        respond_registration(self, request, KAFKA_DUPLICATE_BROKER_REGISTRATION);
        return;
    }
    if (old == NULL || old->incarnation_id != request->incarnation_id) {
        register_broker(self, request);
    }
    respond_registration(self, request, KAFKA_NONE);
}

static void fence(Controller *self, int32_t broker, const char *why)
{
    BrokerRegistration next = *controller_broker(self, broker);
    actor_log(&self->actor, "fence", "broker %d: %s", broker, why);
    g_autofree char *reason = g_strdup_printf("fenced %d", broker);
    controller_remove_from_isrs(self, broker, false, reason);
    next.fenced = true;
    next.in_controlled_shutdown = false;
    append_broker(self, &next, false);
}

static void unfence(Controller *self, int32_t broker)
{
    BrokerRegistration next = *controller_broker(self, broker);
    actor_log(&self->actor, "unfence", "broker %d", broker);
    next.fenced = false;
    append_broker(self, &next, false);
    g_autofree char *reason = g_strdup_printf("unfenced %d", broker);
    controller_elect_leaderless(self, broker, reason);
}

static void begin_controlled_shutdown(Controller *self, int32_t broker)
{
    BrokerRegistration next = *controller_broker(self, broker);
    actor_log(&self->actor, "controlled shutdown", "broker %d: its leaders move", broker);
    next.in_controlled_shutdown = true;
    append_broker(self, &next, false);
    g_autofree char *reason = g_strdup_printf("controlled shutdown %d", broker);
    controller_remove_from_isrs(self, broker, false, reason);
    controller_session(self, broker)->controlled_shutdown_offset = controller_end_offset(self);
}

/* B12: every active broker has seen the moved leaders. */
static bool may_shut_down(Controller *self, const BrokerSession *session)
{
    for (guint i = 0; i < self->sessions->len; i++) {
        const BrokerSession *other = &g_array_index(self->sessions, BrokerSession, i);
        if (controller_is_active(self, other->broker) &&
            other->metadata_offset < session->controlled_shutdown_offset) {
            return false;
        }
    }
    return true;
}

static void apply_heartbeat(Controller *self,
                            const BrokerHeartbeatRequest *request,
                            BrokerHeartbeatResponse *response)
{
    const BrokerRegistration *broker = controller_broker(self, request->broker);
    BrokerSession *session = controller_session(self, request->broker);
    if (broker->fenced) {
        response->should_shut_down = request->want_shut_down; /* B5 */
        if (!request->want_shut_down && !request->want_fence &&
            request->metadata_offset > broker->epoch) {
            unfence(self, request->broker); /* B6 */
        }
    } else if (request->want_fence) {
        fence(self, request->broker, "asked for it"); /* B8 */
    } else if (request->want_shut_down && broker->in_controlled_shutdown) {
        if (!controller_leads_any(self, request->broker) && may_shut_down(self, session)) {
            fence(self, request->broker, "controlled shutdown is over"); /* B12 */
            response->should_shut_down = true;
        }
    } else if (request->want_shut_down && controller_leads_any(self, request->broker)) {
        begin_controlled_shutdown(self, request->broker); /* B9 */
    } else if (request->want_shut_down) {
        fence(self, request->broker, "shuts down, leads nothing"); /* B10 */
        response->should_shut_down = true;
    }
}

void controller_on_heartbeat(Controller *self, BrokerHeartbeatRequest *request)
{
    BrokerHeartbeatResponse *response = message_new(self->context.sim,
                                                    sizeof(BrokerHeartbeatResponse),
                                                    KAFKA_BROKER_HEARTBEAT | KAFKA_RESPONSE);
    response->header.correlation_id = request->header.correlation_id;
    const BrokerRegistration *broker = controller_broker(self, request->broker);
    if (broker == NULL || broker->epoch != request->broker_epoch) {
        response->error = KAFKA_STALE_BROKER_EPOCH; /* B4 */
    } else {
        BrokerSession *session = controller_session(self, request->broker);
        session->last_contact = actor_now(&self->actor);
        session->was_heard = true;
        session->metadata_offset = MAX(session->metadata_offset, request->metadata_offset);
        response->is_caught_up = request->metadata_offset > broker->epoch;
        apply_heartbeat(self, request, response);
        response->is_fenced = controller_broker(self, request->broker)->fenced;
    }
    controller_respond_when_committed(self, request->header.connection, &response->header);
}

/* The one that was silent longest, or NULL. */
static const BrokerSession *find_stale(Controller *self)
{
    const BrokerSession *stale = NULL;
    for (guint i = 0; i < self->sessions->len; i++) {
        const BrokerSession *session = &g_array_index(self->sessions, BrokerSession, i);
        const BrokerRegistration *broker = controller_broker(self, session->broker);
        if (broker != NULL && !broker->fenced && !is_session_alive(self, session->broker) &&
            (stale == NULL || session->last_contact < stale->last_contact)) {
            stale = session;
        }
    }
    return stale;
}

void controller_on_stale_check(Controller *self)
{
    const BrokerSession *stale;
    while ((stale = find_stale(self)) != NULL) {
        SimDuration silent_ms = (actor_now(&self->actor) - stale->last_contact) / SIM_MS(1);
        g_autofree char *why = g_strdup_printf(
            "session expired, last heartbeat %" G_GINT64_FORMAT " ms ago", silent_ms);
        fence(self, stale->broker, why);
    }
    actor_arm_constant(&self->actor, &self->stale_check, MAX(1, self->session_timeout_ns / 8));
}

void controller_brokers_activated(Controller *self)
{
    const int32_t *ids;
    int32_t count = metadata_broker_ids(self->context.metadata, &ids);
    for (int32_t i = 0; i < count; i++) {
        controller_session(self, ids[i])->last_contact = actor_now(&self->actor);
    }
}
