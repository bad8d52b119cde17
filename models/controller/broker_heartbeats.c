/* broker_heartbeats.c - see the header. */
#include "models/controller/broker_heartbeats.h"
#include "models/controller/java_order.h"

typedef struct Session {
    int32_t broker;
    int64_t epoch;
    SimTime last_contact;
} Session;

typedef struct BrokerState {
    int32_t broker;
    bool fenced;
    int64_t metadata_offset;
    int64_t shutdown_offset; /* -1 none */
} BrokerState;

/* Records stand in no order; the tables say in which order Java would go through them, and hold
 * their indices. */
struct BrokerHeartbeats {
    SimDuration session_timeout_ns;
    GArray *sessions; /* Session */
    JavaOrderTable session_order;
    GArray *states; /* BrokerState */
    JavaOrderTable state_order;
};

const char *broker_control_state_name(BrokerControlState state)
{
    static const char *const names[] = {
        "FENCED", "UNFENCED", "CONTROLLED_SHUTDOWN", "SHUTDOWN_NOW"};
    return names[state];
}

bool broker_control_state_is_fenced(BrokerControlState state)
{
    return state == BROKER_CONTROL_FENCED || state == BROKER_CONTROL_SHUTDOWN_NOW;
}

BrokerHeartbeats *broker_heartbeats_new(SimDuration session_timeout_ns)
{
    BrokerHeartbeats *self = g_new0(BrokerHeartbeats, 1);
    self->session_timeout_ns = session_timeout_ns;
    self->sessions = g_array_new(FALSE, FALSE, sizeof(Session));
    self->states = g_array_new(FALSE, FALSE, sizeof(BrokerState));
    java_order_table_init(&self->session_order, true);
    java_order_table_init(&self->state_order, false);
    return self;
}

void broker_heartbeats_free(BrokerHeartbeats *self)
{
    if (self == NULL) {
        return;
    }
    java_order_table_clear(&self->session_order);
    java_order_table_clear(&self->state_order);
    g_array_free(self->sessions, TRUE);
    g_array_free(self->states, TRUE);
    g_free(self);
}

/* Takes the record at `index` out of its array and its table; the last one moves there. */
static void drop(GArray *records, JavaOrderTable *order, guint place, guint index)
{
    guint last = records->len - 1;
    java_order_table_remove_at(order, place);
    for (guint i = 0; i < order->items->len; i++) {
        JavaOrderItem *item = &g_array_index(order->items, JavaOrderItem, i);
        item->value = item->value == (int32_t)last ? (int32_t)index : item->value;
    }
    g_array_remove_index_fast(records, index);
}

/* ---- sessions */

static Session *session_at(const BrokerHeartbeats *self, guint place)
{
    int32_t index = g_array_index(self->session_order.items, JavaOrderItem, place).value;
    return &g_array_index(self->sessions, Session, index);
}

static Session *find_session(const BrokerHeartbeats *self, int32_t broker, int64_t epoch)
{
    for (guint i = 0; i < self->sessions->len; i++) {
        Session *session = &g_array_index(self->sessions, Session, i);
        if (session->broker == broker && session->epoch == epoch) {
            return session;
        }
    }
    return NULL;
}

/* BrokerIdAndEpoch.hashCode */
static uint32_t session_hash(int32_t broker, int64_t epoch)
{
    return (31u + (uint32_t)broker) * 31u + java_order_hash_long(epoch);
}

void broker_heartbeats_contact(BrokerHeartbeats *self, int32_t broker, int64_t epoch, SimTime now)
{
    Session *session = find_session(self, broker, epoch);
    if (session != NULL) {
        session->last_contact = now;
        return;
    }
    const Session fresh = {broker, epoch, now};
    g_array_append_val(self->sessions, fresh);
    java_order_table_add(
        &self->session_order, session_hash(broker, epoch), (int32_t)self->sessions->len - 1);
}

static bool is_expired(const BrokerHeartbeats *self, const Session *session, SimTime now)
{
    return now - session->last_contact > self->session_timeout_ns;
}

bool broker_heartbeats_has_valid_session(const BrokerHeartbeats *self,
                                         int32_t broker,
                                         int64_t epoch,
                                         SimTime now)
{
    const Session *session = find_session(self, broker, epoch);
    return session != NULL && !is_expired(self, session, now);
}

bool broker_heartbeats_remove_expired(BrokerHeartbeats *self,
                                      SimTime now,
                                      int32_t *ret_broker,
                                      int64_t *ret_epoch,
                                      SimTime *ret_last_contact)
{
    for (guint i = 0; i < self->session_order.items->len; i++) {
        const Session *session = session_at(self, i);
        if (is_expired(self, session, now)) {
            *ret_broker = session->broker;
            *ret_epoch = session->epoch;
            *ret_last_contact = session->last_contact;
            guint index = (guint)(session - (const Session *)(const void *)self->sessions->data);
            drop(self->sessions, &self->session_order, i, index);
            return true;
        }
    }
    return false;
}

/* ---- states */

static BrokerState *find_state(const BrokerHeartbeats *self, int32_t broker)
{
    for (guint i = 0; i < self->states->len; i++) {
        BrokerState *state = &g_array_index(self->states, BrokerState, i);
        if (state->broker == broker) {
            return state;
        }
    }
    return NULL;
}

bool broker_heartbeats_is_registered(const BrokerHeartbeats *self, int32_t broker)
{
    return find_state(self, broker) != NULL;
}

void broker_heartbeats_touch(BrokerHeartbeats *self,
                             int32_t broker,
                             bool fenced,
                             int64_t metadata_offset)
{
    BrokerState *state = find_state(self, broker);
    state->fenced = fenced;
    state->metadata_offset = metadata_offset;
    if (fenced) {
        state->shutdown_offset = -1; /* a fenced broker is in no controlled shutdown any more */
    }
}

/* What is known of its metadata survives a change of the fenced state only, as in Kafka. */
void broker_heartbeats_register(BrokerHeartbeats *self, int32_t broker, bool fenced)
{
    const BrokerState *state = find_state(self, broker);
    int64_t metadata_offset = -1;
    if (state == NULL) {
        const BrokerState fresh = {broker, fenced, -1, -1};
        g_array_append_val(self->states, fresh);
        java_order_table_add(&self->state_order, (uint32_t)broker, (int32_t)self->states->len - 1);
    } else if (state->fenced != fenced) {
        metadata_offset = state->metadata_offset;
    }
    broker_heartbeats_touch(self, broker, fenced, metadata_offset);
}

void broker_heartbeats_remove(BrokerHeartbeats *self, int32_t broker)
{
    for (guint i = 0; i < self->state_order.items->len; i++) {
        int32_t index = g_array_index(self->state_order.items, JavaOrderItem, i).value;
        if (g_array_index(self->states, BrokerState, index).broker == broker) {
            drop(self->states, &self->state_order, i, (guint)index);
            return;
        }
    }
}

/* A controlled shutdown that it was in stays noted, as in Kafka, until it is touched. */
void broker_heartbeats_fence(BrokerHeartbeats *self, int32_t broker)
{
    BrokerState *state = find_state(self, broker);
    if (state != NULL) {
        state->fenced = true;
    }
}

static bool is_shutting_down(const BrokerState *state)
{
    return state->shutdown_offset >= 0;
}

static BrokerControlState state_now(const BrokerState *state)
{
    if (is_shutting_down(state)) {
        return BROKER_CONTROL_CONTROLLED_SHUTDOWN;
    }
    return state->fenced ? BROKER_CONTROL_FENCED : BROKER_CONTROL_UNFENCED;
}

static BrokerControlState next_of_fenced(const BrokerHeartbeat *heartbeat)
{
    if (heartbeat->want_shut_down) {
        return BROKER_CONTROL_SHUTDOWN_NOW; /* B5 */
    }
    bool caught_up = heartbeat->metadata_offset >= heartbeat->register_offset;
    return !heartbeat->want_fence && caught_up ? BROKER_CONTROL_UNFENCED /* B6 */
                                               : BROKER_CONTROL_FENCED;  /* B7 */
}

static BrokerControlState next_of_unfenced(const BrokerHeartbeat *heartbeat)
{
    if (heartbeat->want_fence) {
        return heartbeat->want_shut_down ? BROKER_CONTROL_SHUTDOWN_NOW
                                         : BROKER_CONTROL_FENCED; /* B8 */
    }
    if (heartbeat->want_shut_down) {
        return heartbeat->leads_any ? BROKER_CONTROL_CONTROLLED_SHUTDOWN /* B9 */
                                    : BROKER_CONTROL_SHUTDOWN_NOW;       /* B10 */
    }
    return BROKER_CONTROL_UNFENCED;
}

BrokerControlStates broker_heartbeats_next_state(const BrokerHeartbeats *self,
                                                 const BrokerHeartbeat *heartbeat)
{
    const BrokerState *state = find_state(self, heartbeat->broker);
    BrokerControlState now = state_now(state);
    if (now == BROKER_CONTROL_FENCED) {
        return (BrokerControlStates){now, next_of_fenced(heartbeat)};
    }
    if (now == BROKER_CONTROL_UNFENCED) {
        return (BrokerControlStates){now, next_of_unfenced(heartbeat)};
    }
    bool granted = !heartbeat->leads_any && /* B11, B12 */
                   state->shutdown_offset <= broker_heartbeats_lowest_active_offset(self);
    return (BrokerControlStates){
        now, granted ? BROKER_CONTROL_SHUTDOWN_NOW : BROKER_CONTROL_CONTROLLED_SHUTDOWN};
}

void broker_heartbeats_shut_down_from(BrokerHeartbeats *self, int32_t broker, int64_t offset)
{
    BrokerState *state = find_state(self, broker);
    if (state->shutdown_offset < 0) {
        state->shutdown_offset = offset;
    }
}

int64_t broker_heartbeats_shutdown_offset(const BrokerHeartbeats *self, int32_t broker)
{
    const BrokerState *state = find_state(self, broker);
    return state != NULL ? state->shutdown_offset : -1;
}

int64_t broker_heartbeats_lowest_active_offset(const BrokerHeartbeats *self)
{
    int64_t lowest = INT64_MAX;
    for (guint i = 0; i < self->states->len; i++) {
        const BrokerState *state = &g_array_index(self->states, BrokerState, i);
        if (!state->fenced && !is_shutting_down(state)) {
            lowest = MIN(lowest, state->metadata_offset);
        }
    }
    return lowest;
}

bool broker_heartbeats_usable(const BrokerHeartbeats *self,
                              int32_t index,
                              int32_t *ret_broker,
                              bool *ret_fenced)
{
    for (guint i = 0; i < self->state_order.items->len; i++) {
        int32_t at = g_array_index(self->state_order.items, JavaOrderItem, i).value;
        const BrokerState *state = &g_array_index(self->states, BrokerState, at);
        if (!is_shutting_down(state) && index-- == 0) {
            *ret_broker = state->broker;
            *ret_fenced = state->fenced;
            return true;
        }
    }
    return false;
}
