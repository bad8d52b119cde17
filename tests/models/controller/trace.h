/* trace.h - elections told step by step: what happens, and the partition afterwards.
 *
 *     {"crash 1",        "leader 2, ISR [2,3], ELR [], epoch 1/1"}
 *
 * The epochs are the leader's and the partition's. Six brokers, 1 to 6; one partition, orders-0,
 * on the replicas given. Steps:
 *   crash N              it falls silent, its session expires
 *   start N              it registers after an unclean stop, catches up, is unfenced
 *   return N             the same after a clean stop
 *   register N, beat N   the two halves of start; late beat N: of the process before it
 *   stop N               controlled shutdown, asked for until it is granted
 *   isr L 1,2            AlterPartition by L
 *   preferred, unclean   an administrator's election
 *   balance, unclean timer
 *   reassign 4,5,3       cancel
 *   directory N offline  its log directory fails
 *   unregister N         min.insync.replicas N
 * A step that is refused gives its error instead. */
#ifndef KAFKASIM_TESTS_MODELS_CONTROLLER_TRACE_H
#define KAFKASIM_TESTS_MODELS_CONTROLLER_TRACE_H
#include "models/controller/control.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

#define TRACE_BROKERS 6

typedef struct TraceStep {
    const char *step;
    const char *then;
} TraceStep;

typedef struct Trace {
    MetadataLog *metadata;
    Control *control;
    KafkaConfig *config;
    KafkaConfig *topic;
    KafkaConfig *altered;
    Era era;
    SimTime now;
    uint64_t incarnations[TRACE_BROKERS + 1];
    int64_t epochs[TRACE_BROKERS + 1];
    int64_t former_epochs[TRACE_BROKERS + 1];
    bool silent[TRACE_BROKERS + 1];
} Trace;

static ReplicaList trace_ids(const char *text)
{
    ReplicaList list = {0};
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    for (int i = 0; parts[i] != NULL && parts[i][0] != '\0'; i++) {
        replica_list_add(&list, atoi(parts[i]));
    }
    return list;
}

static void trace_contact(Trace *trace)
{
    for (int b = 1; b <= TRACE_BROKERS; b++) {
        if (!trace->silent[b]) {
            control_on_contact(trace->control, b, trace->epochs[b], trace->now);
        }
    }
}

/* The brokers that live are heard of every 2 s. */
static void trace_pass(Trace *trace, SimDuration duration)
{
    SimTime end = trace->now + duration;
    while (trace->now < end) {
        trace->now = MIN(end, trace->now + SIM_SEC(2));
        trace_contact(trace);
    }
}

static ControlHeartbeatReply trace_heartbeat(Trace *trace, int broker, bool stop, int offline)
{
    static const int32_t partition = 0;
    ControlHeartbeatReply reply = {0};
    const ControlHeartbeat request = {
        .broker = broker,
        .broker_epoch = trace->epochs[broker],
        .metadata_offset = metadata_end_offset(trace->metadata) - 1,
        .want_shut_down = stop,
        .offline_count = offline,
        .offline_partitions = &partition,
    };
    ck_assert_int_eq(control_heartbeat(trace->control, &request, &reply), KAFKA_NONE);
    return reply;
}

static KafkaError trace_beat(Trace *trace, int broker, int64_t epoch)
{
    ControlHeartbeatReply reply = {0};
    const ControlHeartbeat request = {
        .broker = broker,
        .broker_epoch = epoch,
        .metadata_offset = metadata_end_offset(trace->metadata) - 1,
    };
    return control_heartbeat(trace->control, &request, &reply);
}

static KafkaError trace_register(Trace *trace, int broker, bool clean)
{
    trace->former_epochs[broker] = trace->epochs[broker];
    const ControlRegistration request = {
        .broker = broker,
        .incarnation_id = ++trace->incarnations[broker],
        .previous_broker_epoch = clean ? trace->epochs[broker] : -1,
        .rack = "",
    };
    return control_register_broker(trace->control, &request, trace->now, &trace->epochs[broker]);
}

static KafkaError trace_start(Trace *trace, int broker, bool clean)
{
    KafkaError error = trace_register(trace, broker, clean);
    if (error == KAFKA_NONE) {
        trace->silent[broker] = false;
        trace_contact(trace);
        (void)trace_heartbeat(trace, broker, false, 0);
    }
    return error;
}

static void trace_crash(Trace *trace, int broker)
{
    trace->silent[broker] = true;
    trace_pass(trace, SIM_SEC(10));
    while (control_fence_one_stale(trace->control, trace->now)) {
    }
}

static void trace_stop(Trace *trace, int broker)
{
    for (int asked = 0; asked < 10; asked++) {
        if (trace_heartbeat(trace, broker, true, 0).should_shut_down) {
            trace->silent[broker] = true;
            return;
        }
        for (int b = 1; b <= TRACE_BROKERS; b++) {
            if (!trace->silent[b] && b != broker) {
                (void)trace_heartbeat(trace, b, false, 0);
            }
        }
    }
    ck_abort_msg("broker %d may not stop", broker);
}

static KafkaError trace_isr(Trace *trace, const char *text)
{
    const PartitionRegistration *now = control_partition(trace->control, 0);
    int leader = atoi(text);
    const ReplicaList ids = trace_ids(strchr(text, ' ') + 1);
    AlterPartitionEntry entry = {
        .leader_epoch = now->leader_epoch,
        .partition_epoch = now->partition_epoch,
        .isr_count = ids.count,
    };
    for (int32_t i = 0; i < ids.count; i++) {
        entry.isr[i] = (IsrMember){ids.ids[i], trace->epochs[ids.ids[i]]};
    }
    control_alter_partition(trace->control, leader, &entry);
    return entry.error;
}

static KafkaError trace_alter_min_isr(Trace *trace, const char *value)
{
    ck_assert(kafka_config_set(trace->altered, "min.insync.replicas", value));
    const AdminRequest request = {.verb = ADMIN_ALTER_TOPIC_CONFIG, .options = trace->altered};
    return control_admin(trace->control, &request);
}

static KafkaError trace_reassign(Trace *trace, const char *target)
{
    AdminRequest request = {.verb = ADMIN_REASSIGN};
    request.replicas = trace_ids(target);
    return control_admin(trace->control, &request);
}

static const char *trace_after(const char *step, const char *word)
{
    return g_str_has_prefix(step, word) ? step + strlen(word) : NULL;
}

static KafkaError trace_broker_step(Trace *trace, const char *step)
{
    const char *rest;
    if ((rest = trace_after(step, "crash ")) != NULL) {
        trace_crash(trace, atoi(rest));
    } else if ((rest = trace_after(step, "start ")) != NULL) {
        return trace_start(trace, atoi(rest), false);
    } else if ((rest = trace_after(step, "return ")) != NULL) {
        return trace_start(trace, atoi(rest), true);
    } else if ((rest = trace_after(step, "register ")) != NULL) {
        return trace_register(trace, atoi(rest), false);
    } else if ((rest = trace_after(step, "beat ")) != NULL) {
        return trace_beat(trace, atoi(rest), trace->epochs[atoi(rest)]);
    } else if ((rest = trace_after(step, "late beat ")) != NULL) {
        return trace_beat(trace, atoi(rest), trace->former_epochs[atoi(rest)]);
    } else if ((rest = trace_after(step, "stop ")) != NULL) {
        trace_stop(trace, atoi(rest));
    } else if ((rest = trace_after(step, "wait ")) != NULL) {
        trace_pass(trace, SIM_SEC(atoi(rest)));
    } else if ((rest = trace_after(step, "directory ")) != NULL) {
        (void)trace_heartbeat(trace, atoi(rest), false, 1);
    } else if ((rest = trace_after(step, "unregister ")) != NULL) {
        trace->silent[atoi(rest)] = true;
        return control_unregister_broker(trace->control, atoi(rest));
    } else {
        ck_abort_msg("an unknown step: %s", step);
    }
    return KAFKA_NONE;
}

static KafkaError trace_step(Trace *trace, const char *step)
{
    const char *rest;
    if ((rest = trace_after(step, "isr ")) != NULL) {
        return trace_isr(trace, rest);
    }
    if ((rest = trace_after(step, "reassign ")) != NULL) {
        return trace_reassign(trace, rest);
    }
    if ((rest = trace_after(step, "min.insync.replicas ")) != NULL) {
        return trace_alter_min_isr(trace, rest);
    }
    if (strcmp(step, "cancel") == 0) {
        return trace_reassign(trace, "");
    }
    if (strcmp(step, "preferred") == 0) {
        return control_elect_leader(trace->control, 0, ELECTION_PREFERRED);
    }
    if (strcmp(step, "unclean") == 0) {
        return control_elect_leader(trace->control, 0, ELECTION_UNCLEAN);
    }
    if (strcmp(step, "balance") == 0) {
        (void)control_balance_leaders(trace->control);
        return KAFKA_NONE;
    }
    if (strcmp(step, "unclean timer") == 0) {
        (void)control_elect_unclean(trace->control);
        return KAFKA_NONE;
    }
    return trace_broker_step(trace, step);
}

/* What is empty or as it should be is not said, but for ISR and ELR. */
static void trace_describe(const Trace *trace, GString *text)
{
    const PartitionRegistration *now = control_partition(trace->control, 0);
    char ids[128];
    g_string_printf(text, "leader %d", now->leader);
    g_string_append_printf(text, ", ISR [%s]", replica_list_text(&now->isr, ',', ids, sizeof(ids)));
    g_string_append_printf(text, ", ELR [%s]", replica_list_text(&now->elr, ',', ids, sizeof(ids)));
    g_string_append_printf(text, ", epoch %d/%d", now->leader_epoch, now->partition_epoch);
    if (now->last_known_elr.count > 0) {
        replica_list_text(&now->last_known_elr, ',', ids, sizeof(ids));
        g_string_append_printf(text, ", last known [%s]", ids);
    }
    if (now->recovery == LEADER_RECOVERING) {
        g_string_append(text, ", recovering");
    }
    if (now->adding.count + now->removing.count > 0) {
        replica_list_text(&now->replicas, ',', ids, sizeof(ids));
        g_string_append_printf(text, ", replicas [%s]", ids);
        replica_list_text(&now->adding, ',', ids, sizeof(ids));
        g_string_append_printf(text, " adding [%s]", ids);
        replica_list_text(&now->removing, ',', ids, sizeof(ids));
        g_string_append_printf(text, " removing [%s]", ids);
    }
}

static Trace trace_begin(const char *min_isr, bool unclean, bool elr)
{
    Trace trace = {.era = era_default(), .now = SIM_SEC(100)};
    trace.era.on[ERA_KIP_966] = elr;
    trace.metadata = metadata_log_new();
    trace.config = kafka_config_new(KAFKA_SCOPES_NODE, NULL);
    trace.topic = kafka_config_new(1u << KAFKA_SCOPE_TOPIC, NULL);
    trace.altered = kafka_config_new(1u << KAFKA_SCOPE_TOPIC, NULL);
    ck_assert(kafka_config_set(trace.topic, "min.insync.replicas", min_isr));
    ck_assert(kafka_config_set(
        trace.topic, "unclean.leader.election.enable", unclean ? "true" : "false"));
    metadata_add_topic(trace.metadata, "orders", 1, false, trace.topic);
    metadata_append_no_op(trace.metadata);
    return trace;
}

G_GNUC_UNUSED static void trace_create(Trace *trace, const char *replicas)
{
    const ReplicaList ids = trace_ids(replicas);
    g_autoptr(GPtrArray) assignment = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    GArray *list = g_array_new(FALSE, FALSE, sizeof(int32_t));
    g_array_append_vals(list, ids.ids, (guint)ids.count);
    g_ptr_array_add(assignment, list);
    ck_assert_int_eq(control_create_topic(trace->control, 0, -1, -1, assignment), KAFKA_NONE);
}

static void trace_end(Trace *trace)
{
    control_free(trace->control);
    metadata_log_free(trace->metadata);
    kafka_config_free(trace->config);
    kafka_config_free(trace->topic);
    kafka_config_free(trace->altered);
}

G_GNUC_UNUSED static void
trace_play(Trace *trace, const char *replicas, const TraceStep *steps, size_t count)
{
    const ControlContext context = {
        .metadata = trace->metadata, .config = trace->config, .era = &trace->era};
    trace->control = control_new(&context);
    control_activate(trace->control, trace->now);
    for (int b = 1; b <= TRACE_BROKERS; b++) {
        ck_assert_int_eq(trace_start(trace, b, true), KAFKA_NONE);
    }
    trace_create(trace, replicas);
    g_autoptr(GString) text = g_string_new(NULL);
    for (size_t i = 0; i < count; i++) {
        KafkaError error = trace_step(trace, steps[i].step);
        if (error == KAFKA_NONE) {
            trace_describe(trace, text);
        } else {
            g_string_assign(text, kafka_error_name(error));
        }
        ck_assert_msg(strcmp(text->str, steps[i].then) == 0,
                      "%s: expected \"%s\", got \"%s\"",
                      steps[i].step,
                      steps[i].then,
                      text->str);
    }
    trace_end(trace);
}

/* The partition on `replicas`, and what happens to it. */
#define TRACE(replicas, min_isr, unclean, elr, ...)                                                \
    do {                                                                                           \
        static const TraceStep steps[] = {__VA_ARGS__};                                            \
        Trace trace = trace_begin(min_isr, unclean, elr);                                          \
        trace_play(&trace, replicas, steps, G_N_ELEMENTS(steps));                                  \
    } while (0)

#endif
