/* trouble.c - the faults that go on at this moment, and whom each of them hit. */
#include "models/world/cluster_state.h"

Trouble *trouble_begin(Cluster *self, const FaultSpec *fault)
{
    Trouble *trouble = g_new0(Trouble, 1);
    trouble->fault = fault;
    g_ptr_array_add(self->troubles, trouble);
    return trouble;
}

void trouble_free(void *data)
{
    Trouble *trouble = data;
    if (trouble->actors != NULL) {
        g_ptr_array_unref(trouble->actors);
    }
    if (trouble->hosts != NULL) {
        g_array_unref(trouble->hosts);
    }
    if (trouble->others != NULL) {
        g_array_unref(trouble->others);
    }
    g_free(trouble);
}

Trouble *trouble_of(const Cluster *self, const FaultSpec *begun)
{
    for (guint i = 0; i < self->troubles->len; i++) {
        Trouble *trouble = self->troubles->pdata[i];
        if (trouble->fault == begun) {
            return trouble;
        }
    }
    return NULL;
}

/* The one that this end is of; an end that does not say ends the first of its kind and target. */
static bool is_end_of(const FaultSpec *end, const FaultSpec *begun)
{
    if (end->undoes != NULL) {
        return begun == end->undoes;
    }
    return begun->verb == end->verb && begun->target == end->target && begun->index == end->index;
}

Trouble *trouble_take(Cluster *self, const FaultSpec *end)
{
    for (guint i = 0; i < self->troubles->len; i++) {
        Trouble *trouble = self->troubles->pdata[i];
        if (is_end_of(end, trouble->fault)) {
            return g_ptr_array_steal_index(self->troubles, i);
        }
    }
    return NULL;
}

void trouble_end(Cluster *self, const FaultSpec *end)
{
    Trouble *trouble = trouble_take(self, end);
    if (trouble != NULL) {
        trouble_free(trouble);
    }
}

static int32_t node_in_role(const Cluster *self, const FaultSpec *fault)
{
    if (fault->target == TARGET_LEADER) {
        const TopicInfo *topic = metadata_topic(self->metadata, fault->topic);
        Broker *leader = history_living_leader(self, topic->first_partition + fault->partition);
        return leader != NULL ? broker_id(leader) : -1;
    }
    Controller *active = cluster_active_controller(self);
    return active != NULL ? controller_id(active) : -1;
}

static const char *why_nobody(const Cluster *self, const FaultSpec *fault)
{
    if (fault->target == TARGET_ACTIVE_CONTROLLER) {
        return "there is no active controller";
    }
    char name[256];
    char text[300];
    const TopicInfo *topic = metadata_topic(self->metadata, fault->topic);
    metadata_partition_name(
        self->metadata, topic->first_partition + fault->partition, name, sizeof(name));
    (void)g_snprintf(text, sizeof(text), "%s has no leader that serves", name);
    return g_string_chunk_insert_const(self->strings, text);
}

const FaultHit *trouble_hit_of(const Cluster *self, const FaultSpec *fault)
{
    for (guint i = 0; i < self->hits->len; i++) {
        const FaultHit *hit = &g_array_index(self->hits, FaultHit, i);
        if (hit->fault == fault) {
            return hit;
        }
    }
    return NULL;
}

const FaultHit *trouble_note_hit(Cluster *self, const FaultSpec *fault)
{
    if (fault->target != TARGET_LEADER && fault->target != TARGET_ACTIVE_CONTROLLER) {
        return NULL;
    }
    FaultHit hit = {.fault = fault, .node = -1};
    const FaultHit *begun = fault->undoes != NULL ? trouble_hit_of(self, fault->undoes) : NULL;
    if (begun != NULL) {
        hit.node = begun->node;
        hit.nobody = begun->nobody;
    } else {
        hit.node = node_in_role(self, fault);
        hit.nobody = hit.node < 0 ? why_nobody(self, fault) : NULL;
    }
    g_array_append_val(self->hits, hit);
    return &g_array_index(self->hits, FaultHit, self->hits->len - 1);
}
