/* path_faults.c - cut, slow and lossy links; slow hosts and disks. See timeline.c. */
#include "models/world/cluster_state.h"
#include "sim/resource/host.h"

static void set_link(Cluster *self, uint32_t from, uint32_t to, const FaultSpec *fault)
{
    if (from == to) {
        return; /* processes of one host cannot be cut apart */
    }
    if (fault->ends) {
        network_clear_fault(self->sim->network, from, to);
        return;
    }
    const LinkFault link = {
        .cut = fault->verb == FAULT_PARTITION || fault->verb == FAULT_ISOLATE,
        .extra_latency = fault->delay,
        .loss_ppm = fault->verb == FAULT_DROP ? (uint32_t)fault->ppm : 0,
    };
    network_set_fault(self->sim->network, from, to, link);
}

void faults_cut_apart(Cluster *self, const FaultSpec *fault)
{
    for (guint i = 0; i < fault->left->len; i++) {
        for (guint k = 0; k < fault->right->len; k++) {
            uint32_t from =
                broker_actor(cluster_broker_at(self, g_array_index(fault->left, int32_t, i)))->host;
            uint32_t to =
                broker_actor(cluster_broker_at(self, g_array_index(fault->right, int32_t, k)))
                    ->host;
            set_link(self, from, to, fault);
            if (!fault->one_way) {
                set_link(self, to, from, fault);
            }
        }
    }
}

/* The host of the process that the fault names, or the host itself. */
static uint32_t host_of(const Cluster *self, const FaultSpec *fault)
{
    if (fault->target == TARGET_HOST) {
        return self->hosts[fault->index];
    }
    if (fault->target == TARGET_CONTROLLER || fault->target == TARGET_ACTIVE_CONTROLLER) {
        return controller_actor(cluster_named_controller(self, fault))->host;
    }
    return broker_actor(cluster_broker_at(self, fault->index))->host;
}

/* There is no active controller at this moment: nothing happens. */
static bool names_nobody(const Cluster *self, const FaultSpec *fault)
{
    bool controller =
        fault->target == TARGET_CONTROLLER || fault->target == TARGET_ACTIVE_CONTROLLER;
    return controller && cluster_named_controller(self, fault) == NULL;
}

/* Every link of one host (or of all, when the fault names none). */
void faults_change_links(Cluster *self, const FaultSpec *fault)
{
    uint32_t hosts = self->sim->hosts->len;
    bool all = fault->target == TARGET_NONE;
    if (names_nobody(self, fault)) {
        return;
    }
    uint32_t one = all ? 0 : host_of(self, fault);
    for (uint32_t from = 0; from < hosts; from++) {
        for (uint32_t to = 0; to < hosts; to++) {
            if (all || from == one || (to == one && !fault->one_way)) {
                set_link(self, from, to, fault);
            }
        }
    }
}

static uint32_t slow_factor(const FaultSpec *fault)
{
    return fault->ends ? 1000000 : (uint32_t)fault->ppm;
}

void faults_slow_down(Cluster *self, const FaultSpec *fault)
{
    if (names_nobody(self, fault)) {
        return;
    }
    uint32_t host = host_of(self, fault);
    if (fault->verb == FAULT_SLOW_DISK) {
        disk_set_slowness(host_disk(host_at(self->sim, host)), slow_factor(fault));
    } else {
        host_set_speed(self->sim, host, (uint32_t)(INT64_C(1000000000000) / slow_factor(fault)));
    }
}
