/* check_broker_heartbeats.c - BrokerHeartbeatManager and BrokerHeartbeatTracker, call by call. */
#include "models/controller/broker_heartbeats.h"
#include "tests/vectors/vectors.h"

static SimTime time_of(const cJSON *op)
{
    return vector_integer(op, "tMs", 0) * SIM_MS(1) + vector_integer(op, "extraNs", 0);
}

static int32_t broker_of(const cJSON *op)
{
    return (int32_t)vector_integer(op, "broker", -1);
}

static void do_register(BrokerHeartbeats *heartbeats, const cJSON *op)
{
    broker_heartbeats_register(heartbeats, broker_of(op), vector_boolean(op, "fenced"));
    broker_heartbeats_contact(
        heartbeats, broker_of(op), vector_integer(op, "epoch", -1), time_of(op));
}

static bool do_heartbeat(BrokerHeartbeats *heartbeats, const cJSON *op, GString *why)
{
    int32_t broker = broker_of(op);
    int64_t epoch = vector_integer(op, "epoch", -1);
    const BrokerHeartbeat heartbeat = {
        .broker = broker,
        .want_fence = vector_boolean(op, "wantFence"),
        .want_shut_down = vector_boolean(op, "wantShutdown"),
        .metadata_offset = vector_integer(op, "metadataOffset", -1),
        .register_offset = vector_integer(op, "registerOffset", -1),
        .leads_any = vector_boolean(op, "hasLeaderships"),
    };
    bool valid = broker_heartbeats_has_valid_session(heartbeats, broker, epoch, time_of(op));
    broker_heartbeats_contact(heartbeats, broker, epoch, time_of(op));
    if (vector_text(op, "exception") != NULL) {
        bool known = broker_heartbeats_is_registered(heartbeats, broker);
        return vector_same_integer(why, "is registered", false, known);
    }
    BrokerControlStates states = broker_heartbeats_next_state(heartbeats, &heartbeat);
    bool fenced = broker_control_state_is_fenced(states.next);
    broker_heartbeats_touch(heartbeats, broker, fenced, heartbeat.metadata_offset);
    if (states.next == BROKER_CONTROL_CONTROLLED_SHUTDOWN) {
        broker_heartbeats_shut_down_from(
            heartbeats, broker, vector_integer(op, "controlledShutdownOffsetGiven", -1));
    }
    return vector_same_integer(
               why, "valid session", vector_boolean(op, "validSessionBefore"), valid) &&
           vector_same_text(
               why, "current", vector_text(op, "current"), broker_control_state_name(states.now)) &&
           vector_same_text(
               why, "next", vector_text(op, "next"), broker_control_state_name(states.next)) &&
           vector_same_integer(why, "fenced", vector_boolean(op, "touchFenced"), fenced) &&
           vector_same_integer(why,
                               "controlled shutdown offset",
                               vector_integer(op, "controlledShutdownOffset", -1),
                               broker_heartbeats_shutdown_offset(heartbeats, broker));
}

static bool do_tick(BrokerHeartbeats *heartbeats, const cJSON *op, GString *why)
{
    int32_t broker = -1;
    int64_t epoch = -1;
    SimTime last;
    const cJSON *expected = cJSON_GetObjectItemCaseSensitive(op, "expired");
    bool is_array = cJSON_IsArray(expected);
    int64_t wanted = is_array ? (int64_t)cJSON_GetArrayItem(expected, 0)->valuedouble : -1;
    int64_t wanted_epoch = is_array ? (int64_t)cJSON_GetArrayItem(expected, 1)->valuedouble : -1;
    broker_heartbeats_remove_expired(heartbeats, time_of(op), &broker, &epoch, &last);
    if (vector_boolean(op, "fenced")) {
        broker_heartbeats_fence(heartbeats, broker);
    }
    return vector_same_integer(why, "expired broker", wanted, broker) &&
           vector_same_integer(why, "expired epoch", wanted_epoch, epoch);
}

static bool do_usable(const BrokerHeartbeats *heartbeats, const cJSON *op, GString *why)
{
    int32_t index = 0;
    int32_t broker;
    bool fenced;
    const cJSON *expected;
    cJSON_ArrayForEach(expected, cJSON_GetObjectItemCaseSensitive(op, "brokers"))
    {
        if (!broker_heartbeats_usable(heartbeats, index++, &broker, &fenced)) {
            g_string_append(why, "too few usable brokers");
            return false;
        }
        bool same =
            vector_same_integer(why, "usable", vector_integer(expected, "id", -1), broker) &&
            vector_same_integer(why, "is fenced", vector_boolean(expected, "fenced"), fenced);
        if (!same) {
            return false;
        }
    }
    return vector_same_integer(
        why, "more usable", false, broker_heartbeats_usable(heartbeats, index, &broker, &fenced));
}

static bool do_op(BrokerHeartbeats *heartbeats, const cJSON *op, GString *why)
{
    const char *name = vector_text(op, "op");
    bool same = true;
    if (g_strcmp0(name, "register") == 0) {
        do_register(heartbeats, op);
    } else if (g_strcmp0(name, "heartbeat") == 0) {
        same = do_heartbeat(heartbeats, op, why);
    } else if (g_strcmp0(name, "tick") == 0) {
        same = do_tick(heartbeats, op, why);
    } else if (g_strcmp0(name, "remove") == 0) {
        broker_heartbeats_remove(heartbeats, broker_of(op));
    } else if (g_strcmp0(name, "usable") == 0) {
        same = do_usable(heartbeats, op, why);
    } else {
        g_string_append_printf(why, "an unknown op %s", name);
        same = false;
    }
    return same && vector_same_integer(why,
                                       "lowest active offset",
                                       vector_integer(op, "lowestActiveOffset", INT64_MAX),
                                       broker_heartbeats_lowest_active_offset(heartbeats));
}

bool check_broker_heartbeats(const cJSON *vector, GString *why)
{
    BrokerHeartbeats *heartbeats =
        broker_heartbeats_new(vector_integer(vector, "sessionTimeoutMs", 0) * SIM_MS(1));
    bool same = true;
    int index = 0;
    const cJSON *op;
    cJSON_ArrayForEach(op, cJSON_GetObjectItemCaseSensitive(vector, "ops"))
    {
        if (!do_op(heartbeats, op, why)) {
            g_string_append_printf(why, " (op %d, %s)", index, vector_text(op, "op"));
            same = false;
            break;
        }
        index++;
    }
    broker_heartbeats_free(heartbeats);
    return same;
}
