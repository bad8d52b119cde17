/* fault_label.c - what a fault is called: "crash broker 2", "scale group billing to 4". */
#include "scenarios/runner/results/results.h"
#include "scenarios/runner/text.h"

static void append_id_target(GString *out, const ClusterSpec *spec, const FaultSpec *fault)
{
    if (fault->target == TARGET_BROKER) {
        const BrokerSpec *broker = spec->brokers->pdata[fault->index];
        g_string_append_printf(out, " broker %d", broker->id);
    } else if (fault->target == TARGET_CONTROLLER) {
        const ControllerSpec *controller = spec->controllers->pdata[fault->index];
        g_string_append_printf(out, " controller %d", controller->id);
    } else if (fault->target == TARGET_ACTIVE_CONTROLLER) {
        g_string_append(out, " active controller");
    } else if (fault->target == TARGET_LEADER) {
        const TopicSpec *topic = spec->topics->pdata[fault->topic];
        g_string_append_printf(out, " leader of %s-%d", topic->name, fault->partition);
    } else if (fault->target == TARGET_HOST) {
        const HostSpec *host = spec->hosts->pdata[fault->index];
        g_string_append_printf(out, " host %s", host->name);
    } else if (fault->target == TARGET_RACK) {
        g_string_append_printf(out, " rack %s", fault->rack);
    }
}

static void append_client_target(GString *out, const ClusterSpec *spec, const FaultSpec *fault)
{
    if (fault->target == TARGET_PRODUCER) {
        const ProducerSpec *producer = spec->producers->pdata[fault->index];
        g_string_append_printf(out, " producer %s", producer->name);
    } else if (fault->target == TARGET_GROUP) {
        const GroupSpec *group = spec->groups->pdata[fault->index];
        g_string_append_printf(out, " group %s", group->name);
    } else if (fault->target == TARGET_MEMBER) {
        const GroupSpec *group = spec->groups->pdata[fault->index];
        const MemberSpec *member = group->members->pdata[fault->member];
        g_string_append_printf(out, " %s", member->name);
    }
}

static void append_brokers(GString *out, const ClusterSpec *spec, const GArray *indices)
{
    for (guint i = 0; indices != NULL && i < indices->len; i++) {
        const BrokerSpec *broker = spec->brokers->pdata[g_array_index(indices, int32_t, i)];
        g_string_append_printf(out, "%s%d", i > 0 ? "," : "", broker->id);
    }
}

static void append_amount(GString *out, const ClusterSpec *spec, const FaultSpec *fault)
{
    if (fault->verb == FAULT_SCALE) {
        g_string_append_printf(out, " to %" G_GINT64_FORMAT, (gint64)fault->number);
    } else if (fault->verb == FAULT_RATE) {
        g_string_append(out, " to ");
        text_measure(out, GOAL_UNIT_PER_SEC_MILLI, fault->number);
    } else if (fault->verb == FAULT_PARTITION) {
        g_string_append_c(out, ' ');
        append_brokers(out, spec, fault->left);
        g_string_append(out, " | ");
        append_brokers(out, spec, fault->right);
    }
}

char *results_fault_label(const ClusterSpec *spec, const FaultSpec *fault)
{
    GString *out = g_string_new(NULL);
    if (fault->verb == FAULT_NOTE) {
        g_string_append(out, fault->text != NULL ? fault->text : "note");
        return g_string_free(out, FALSE);
    }
    g_string_append(out, fault->ends ? "end of " : "");
    g_string_append(out, fault_verb_name(fault->verb));
    append_id_target(out, spec, fault);
    append_client_target(out, spec, fault);
    append_amount(out, spec, fault);
    return g_string_free(out, FALSE);
}

bool results_fault_has_row(const FaultSpec *fault)
{
    return !fault->ends;
}
