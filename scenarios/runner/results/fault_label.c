/* fault_label.c - what a fault is called: "broker 2 crashes", "group billing scales to 4". */
#include "scenarios/runner/results/results.h"
#include "scenarios/runner/text.h"

static bool is_of_topic(const FaultSpec *fault)
{
    return fault->target == TARGET_NONE && fault->topic != SPEC_NONE &&
           (fault->verb == FAULT_ELECT || fault->verb == FAULT_ELECT_PREFERRED ||
            fault->verb == FAULT_SET_CONFIG || fault->verb == FAULT_CREATE_TOPIC ||
            fault->verb == FAULT_DELETE_TOPIC || fault->verb == FAULT_ADD_PARTITIONS);
}

/* Before a run nobody knows who has the role. */
#define UNKNOWN_NODE (-1)

/* "leader of orders-0"; "broker 3 (leads orders-0)"; of its end "broker 3 (led orders-0)". */
static void
append_leader(GString *out, const ClusterSpec *spec, const FaultSpec *fault, int32_t node)
{
    const TopicSpec *topic = spec->topics->pdata[fault->topic];
    const bool over = fault->undoes != NULL;
    if (node == UNKNOWN_NODE) {
        g_string_append(out, over ? "broker that led " : "leader of ");
    } else {
        g_string_append_printf(out, "broker %d (%s ", node, over ? "led" : "leads");
    }
    g_string_append_printf(out, "%s-%d", topic->name, fault->partition);
    g_string_append(out, node == UNKNOWN_NODE ? "" : ")");
}

static void append_active(GString *out, const FaultSpec *fault, int32_t node)
{
    const bool over = fault->undoes != NULL;
    if (node == UNKNOWN_NODE) {
        g_string_append(out, over ? "controller that was active" : "active controller");
    } else {
        g_string_append_printf(out, "controller %d (%s)", node, over ? "was active" : "active");
    }
}

static void
append_id_target(GString *out, const ClusterSpec *spec, const FaultSpec *fault, int32_t node)
{
    if (fault->target == TARGET_BROKER) {
        const BrokerSpec *broker = spec->brokers->pdata[fault->index];
        g_string_append_printf(out, "broker %d", broker->id);
    } else if (fault->target == TARGET_CONTROLLER) {
        const ControllerSpec *controller = spec->controllers->pdata[fault->index];
        g_string_append_printf(out, "controller %d", controller->id);
    } else if (fault->target == TARGET_ACTIVE_CONTROLLER) {
        append_active(out, fault, node);
    } else if (fault->target == TARGET_LEADER) {
        append_leader(out, spec, fault, node);
    } else if (fault->target == TARGET_HOST) {
        const HostSpec *host = spec->hosts->pdata[fault->index];
        g_string_append_printf(out, "host %s", host->name);
    } else if (fault->target == TARGET_RACK) {
        g_string_append_printf(out, "rack %s", fault->rack);
    } else if (is_of_topic(fault)) {
        const TopicSpec *topic = spec->topics->pdata[fault->topic];
        g_string_append_printf(out, "topic %s", topic->name);
    }
}

static void append_client_target(GString *out, const ClusterSpec *spec, const FaultSpec *fault)
{
    if (fault->target == TARGET_PRODUCER) {
        const ProducerSpec *producer = spec->producers->pdata[fault->index];
        g_string_append_printf(out, "producer %s", producer->name);
    } else if (fault->target == TARGET_GROUP) {
        const GroupSpec *group = spec->groups->pdata[fault->index];
        g_string_append_printf(out, "group %s", group->name);
    } else if (fault->target == TARGET_MEMBER) {
        const GroupSpec *group = spec->groups->pdata[fault->index];
        const MemberSpec *member = group->members->pdata[fault->member];
        g_string_append_printf(out, "%s", member->name);
    }
}

static void append_nodes(GString *out, const ClusterSpec *spec, const GArray *indices)
{
    for (guint i = 0; indices != NULL && i < indices->len; i++) {
        const int32_t index = g_array_index(indices, int32_t, i);
        const int32_t id = index >= 0
                               ? ((const BrokerSpec *)spec->brokers->pdata[index])->id
                               : ((const ControllerSpec *)spec->controllers->pdata[~index])->id;
        g_string_append_printf(out, "%s%d", i > 0 ? "," : "", id);
    }
}

/* What happens to the target, and what when it is over, said after it. NULL: the verb's own name is
 * said, or the first phrase and "(end)". */
typedef struct Phrases {
    FaultVerb verb;
    const char *phrase;
    const char *over;
} Phrases;

static const Phrases *phrases_of(FaultVerb verb)
{
    static const Phrases PHRASES[] = {
        {FAULT_CRASH, "crashes", NULL},
        {FAULT_STOP, "stops", NULL},
        {FAULT_START, "starts", NULL},
        {FAULT_PAUSE, "pauses", NULL},
        {FAULT_RESUME, "resumes", NULL},
        {FAULT_POWER_CUT, "loses power", "has power again"},
        {FAULT_ISOLATE, "is isolated", "is reached again"},
        {FAULT_PARTITION, "network cut", NULL},
        {FAULT_SLOW_NETWORK, "has a slow network", NULL},
        {FAULT_DROP, "loses packets", NULL},
        {FAULT_SLOW_DISK, "has a slow disk", NULL},
        {FAULT_SLOW_HOST, "is slow", "is as quick as before"},
        {FAULT_CLOCK_SKEW, "has a wrong clock", NULL},
        {FAULT_SCALE, "scales", NULL},
        {FAULT_JOIN, "joins", NULL},
        {FAULT_SEEK, "seeks to", NULL},
        {FAULT_PAUSE_PARTITIONS, "pauses partitions", "resumes partitions"},
        {FAULT_RESUME_PARTITIONS, "resumes partitions", NULL},
        {FAULT_STALL, "stalls", "goes on"},
        {FAULT_RATE, "changes its rate", NULL},
        {FAULT_REASSIGN, "reassign", NULL},
        {FAULT_ELECT_PREFERRED, "preferred election", NULL},
        {FAULT_SET_CONFIG, "gets", NULL},
        {FAULT_CREATE_TOPIC, "is to be created", NULL},
        {FAULT_DELETE_TOPIC, "is to be deleted", NULL},
        {FAULT_ADD_PARTITIONS, "grows", NULL},
        {FAULT_UNREGISTER, "is to be unregistered", NULL},
        {FAULT_REMOVE_BROKER, "is removed", NULL},
        {FAULT_DISK_FULL, "has a full disk", "has room again"},
        {FAULT_FAIL_DISK, "loses a disk", "has a new disk"},
        {FAULT_ROLLING_RESTART, "rolling restart", NULL}};
    for (size_t i = 0; i < G_N_ELEMENTS(PHRASES); i++) {
        if (PHRASES[i].verb == verb) {
            return &PHRASES[i];
        }
    }
    return NULL;
}

/* The words of what closes: who leaves no group stops, as the members' lines say. */
static const char *leaving(const ClusterSpec *spec, const FaultSpec *fault)
{
    const GroupSpec *group = spec->groups->pdata[fault->index];
    const bool is_member = fault->target == TARGET_MEMBER;
    const KafkaConfig *config =
        is_member ? ((const MemberSpec *)group->members->pdata[fault->member])->config
                  : group->config;
    const bool stops = group->streams != NULL || group->kind == GROUP_ASSIGNS ||
                       group->kind == GROUP_ASSIGNS_ALONE ||
                       kafka_config_text(config, "group.instance.id") != NULL;
    return is_member ? (stops ? "stops" : "leaves")
           : stops   ? "loses a member, which stops"
                     : "loses a member, which leaves";
}

static void append_moves(GString *out, const ClusterSpec *spec, const GArray *moves)
{
    for (guint i = 0; moves != NULL && i < moves->len && i < 3; i++) {
        const MoveSpec *move = &g_array_index(moves, MoveSpec, i);
        const TopicSpec *topic = spec->topics->pdata[move->topic];
        char ids[128];
        g_string_append_printf(out, "%s%s", i > 0 ? ", " : " ", topic->name);
        if (move->partition != SPEC_NONE) {
            g_string_append_printf(out, "-%d", move->partition);
        }
        if (move->replicas.count > 0) {
            g_string_append_printf(
                out, " to %s", replica_list_text(&move->replicas, ',', ids, sizeof(ids)));
        } else {
            g_string_append(out, " taken back");
        }
    }
    g_string_append(out, moves != NULL && moves->len > 3 ? " ..." : "");
}

static void append_option(void *user, const KafkaOption *option, const char *text)
{
    GString *out = user;
    bool first = g_str_has_suffix(out->str, "gets");
    g_string_append_printf(out, "%s%s=%s", first ? " " : ", ", option->name, text);
}

static void append_admin_amount(GString *out, const ClusterSpec *spec, const FaultSpec *fault)
{
    if (fault->verb == FAULT_REASSIGN) {
        append_moves(out, spec, fault->moves);
    } else if (fault->verb == FAULT_ADD_PARTITIONS) {
        g_string_append_printf(out, " to %" G_GINT64_FORMAT " partitions", (gint64)fault->number);
    } else if (fault->verb == FAULT_SET_CONFIG && fault->config != NULL) {
        kafka_config_each_set(fault->config, append_option, out);
    } else if (fault->verb == FAULT_ROLLING_RESTART && fault->roll != NULL) {
        g_string_append(out, " of brokers ");
        append_nodes(out, spec, fault->roll->order);
    }
}

static void append_seek(GString *out, const FaultSpec *fault)
{
    if (fault->seek == SEEK_TIME) {
        g_string_append(out, " the time ");
        text_duration(out, fault->number);
    } else if (fault->seek == SEEK_OFFSET) {
        g_string_append_printf(out, " offset %" G_GINT64_FORMAT, (gint64)fault->number);
    } else {
        g_string_append(out, fault->seek == SEEK_END ? " the end" : " the beginning");
    }
}

/* "320/s", as a scenario says it; "0.5/s" */
static void append_rate(GString *out, int64_t milli)
{
    const int decimals = milli % 1000 == 0 ? 0 : milli % 100 == 0 ? 1 : 3;
    text_fixed(out, decimals == 0 ? milli / 1000 : decimals == 1 ? milli / 100 : milli, decimals);
    g_string_append(out, "/s");
}

static void append_amount(GString *out, const ClusterSpec *spec, const FaultSpec *fault)
{
    append_admin_amount(out, spec, fault);
    if (fault->verb == FAULT_SCALE) {
        g_string_append_printf(out, " to %" G_GINT64_FORMAT, (gint64)fault->number);
    } else if (fault->verb == FAULT_RATE) {
        g_string_append(out, " to ");
        append_rate(out, fault->number);
    } else if (fault->verb == FAULT_PARTITION) {
        g_string_append_c(out, ' ');
        append_nodes(out, spec, fault->left);
        g_string_append(out, " | ");
        append_nodes(out, spec, fault->right);
    } else if (fault->verb == FAULT_SEEK) {
        append_seek(out, fault);
    }
}

/* "unclean election of orders-0" */
static void append_election(GString *out, const ClusterSpec *spec, const FaultSpec *fault)
{
    g_string_append(out, fault->unclean ? "unclean election" : "preferred election");
    if (fault->topic != SPEC_NONE) {
        const TopicSpec *topic = spec->topics->pdata[fault->topic];
        g_string_append_printf(out, " of %s", topic->name);
    }
    if (fault->topic != SPEC_NONE && fault->partition != SPEC_NONE) {
        g_string_append_printf(out, "-%d", fault->partition);
    }
}

static char *label_of(const ClusterSpec *spec, const FaultSpec *fault, int32_t node)
{
    GString *out = g_string_new(NULL);
    if (fault->verb == FAULT_NOTE) {
        g_string_append(out, fault->text != NULL ? fault->text : "note");
        return g_string_free(out, FALSE);
    }
    if (fault->verb == FAULT_ELECT || fault->verb == FAULT_ELECT_PREFERRED) {
        append_election(out, spec, fault);
        return g_string_free(out, FALSE);
    }
    append_id_target(out, spec, fault, node);
    append_client_target(out, spec, fault);
    if (fault->verb == FAULT_SET_CONFIG && out->len == 0) {
        g_string_append(out, "every broker");
    }
    const Phrases *phrases = phrases_of(fault->verb);
    const bool is_over = fault->ends && phrases != NULL && phrases->over != NULL;
    g_string_append(out, out->len > 0 ? " " : "");
    g_string_append(out,
                    fault->verb == FAULT_LEAVE ? leaving(spec, fault)
                    : phrases == NULL          ? fault_verb_name(fault->verb)
                    : is_over                  ? phrases->over
                                               : phrases->phrase);
    append_amount(out, spec, fault);
    g_string_append(out,
                    is_over         ? ""
                    : fault->ends   ? " (end)"
                    : fault->random ? " (by chance)"
                                    : "");
    return g_string_free(out, FALSE);
}

char *results_fault_label(const ClusterSpec *spec, const FaultSpec *fault)
{
    return label_of(spec, fault, UNKNOWN_NODE);
}

/* NULL: it names no role, or has not happened. */
static const FaultHit *hit_of(const Run *run, const FaultSpec *fault)
{
    for (int32_t i = 0; i < run->report->hit_count; i++) {
        if (run->report->hits[i].fault == fault) {
            return &run->report->hits[i];
        }
    }
    return NULL;
}

char *results_hit_label(const Run *run, const FaultSpec *fault)
{
    const FaultHit *hit = hit_of(run, fault);
    if (hit != NULL && hit->nobody != NULL) {
        return g_strdup_printf("%s hits nobody: %s", fault_verb_name(fault->verb), hit->nobody);
    }
    return label_of(run->scenario->spec, fault, hit != NULL ? hit->node : UNKNOWN_NODE);
}

bool results_fault_hits_nobody(const Run *run, const FaultSpec *fault)
{
    const FaultHit *hit = hit_of(run, fault);
    return hit != NULL && hit->nobody != NULL;
}

bool results_fault_has_row(const Run *run, const FaultSpec *fault)
{
    return !fault->ends && !results_fault_hits_nobody(run, fault);
}
