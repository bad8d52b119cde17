/* path_faults.c - cut, slow and lossy links; slow hosts and disks, wrong clocks. See timeline.c.
 *
 * Several may lie on one link: it is cut while one of them cuts it, latencies add up, and a packet
 * must survive every loss. So each beginning and each end works out anew what lies on the links
 * that it touches, from the faults that go on. Slow hosts and disks multiply in the same way. */
#include "models/world/cluster_state.h"
#include "sim/resource/host.h"

#define PPM INT64_C(1000000)

static bool is_among(const GArray *hosts, uint32_t host)
{
    for (guint i = 0; i < hosts->len; i++) {
        if (g_array_index(hosts, uint32_t, i) == host) {
            return true;
        }
    }
    return false;
}

static bool is_on_path(FaultVerb verb)
{
    return verb == FAULT_PARTITION || verb == FAULT_ISOLATE || verb == FAULT_SLOW_NETWORK ||
           verb == FAULT_DROP;
}

/* From one side to the other: hosts to others, to all when both sides are open. */
static bool leads_across(const Trouble *trouble, uint32_t from, uint32_t to)
{
    if (trouble->hosts == NULL) {
        return true; /* everybody's links */
    }
    bool left = is_among(trouble->hosts, from);
    return left && (trouble->others == NULL ? !is_among(trouble->hosts, to)
                                            : is_among(trouble->others, to));
}

static bool lies_on(const Trouble *trouble, uint32_t from, uint32_t to)
{
    return is_on_path(trouble->fault->verb) &&
           (leads_across(trouble, from, to) ||
            (!trouble->fault->one_way && leads_across(trouble, to, from)));
}

static void settle_link(Cluster *self, uint32_t from, uint32_t to)
{
    LinkFault sum = {0};
    int64_t survives = PPM;
    bool any = false;
    for (guint i = 0; i < self->troubles->len; i++) {
        const Trouble *trouble = self->troubles->pdata[i];
        if (!lies_on(trouble, from, to)) {
            continue;
        }
        const FaultSpec *fault = trouble->fault;
        any = true;
        sum.cut |= fault->verb == FAULT_PARTITION || fault->verb == FAULT_ISOLATE;
        sum.extra_latency += fault->delay;
        survives = fault->verb == FAULT_DROP ? survives * (PPM - fault->ppm) / PPM : survives;
    }
    sum.loss_ppm = (uint32_t)(PPM - survives);
    if (any) {
        network_set_fault(self->sim->network, from, to, sum);
    } else {
        network_clear_fault(self->sim->network, from, to);
    }
}

/* Processes of one host cannot be cut apart. */
static void settle_links(Cluster *self, const Trouble *changed)
{
    uint32_t hosts = self->sim->hosts->len;
    for (uint32_t from = 0; from < hosts; from++) {
        bool inside = changed->hosts == NULL || is_among(changed->hosts, from);
        for (uint32_t to = 0; to < hosts && inside; to++) {
            if (from != to && lies_on(changed, from, to)) {
                settle_link(self, from, to);
            }
            if (from != to && lies_on(changed, to, from)) {
                settle_link(self, to, from);
            }
        }
    }
}

static GArray *hosts_of_nodes(Cluster *self, const GArray *indices)
{
    GArray *hosts = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (guint i = 0; i < indices->len; i++) {
        const int32_t index = g_array_index(indices, int32_t, i);
        uint32_t host = index >= 0 ? broker_actor(cluster_broker_at(self, index))->host
                                   : controller_actor(self->controllers->pdata[~index])->host;
        g_array_append_val(hosts, host);
    }
    return hosts;
}

void faults_change_links(Cluster *self, const FaultSpec *fault)
{
    if (fault->ends) {
        Trouble *trouble = trouble_take(self, fault);
        if (trouble != NULL) {
            settle_links(self, trouble);
            trouble_free(trouble);
        }
        return;
    }
    Trouble *trouble = trouble_begin(self, fault);
    if (fault->verb == FAULT_PARTITION) {
        trouble->hosts = hosts_of_nodes(self, fault->left);
        trouble->others = hosts_of_nodes(self, fault->right);
    } else if (fault->target != TARGET_NONE) {
        trouble->hosts = faults_hosts(self, fault);
    }
    settle_links(self, trouble);
}

/* --- slow hosts, slow disks --- */

/* All that goes on together, 1000000 = as fast as ever. */
static int64_t slowness(const Cluster *self, FaultVerb verb, uint32_t host)
{
    int64_t factor = PPM;
    for (guint i = 0; i < self->troubles->len; i++) {
        const Trouble *trouble = self->troubles->pdata[i];
        if (trouble->fault->verb == verb && is_among(trouble->hosts, host)) {
            int64_t part = trouble->fault->ppm;
            factor = factor > INT64_MAX / part ? UINT32_MAX : factor * part / PPM;
        }
    }
    return MIN(factor, UINT32_MAX);
}

static void settle_hosts(Cluster *self, FaultVerb verb, const GArray *hosts)
{
    for (guint i = 0; i < hosts->len; i++) {
        uint32_t host = g_array_index(hosts, uint32_t, i);
        int64_t factor = slowness(self, verb, host);
        if (verb == FAULT_SLOW_DISK) {
            disk_set_slowness(host_disk(host_at(self->sim, host)), (uint32_t)factor);
        } else {
            host_set_speed(self->sim, host, (uint32_t)(PPM * PPM / factor));
        }
    }
}

void faults_slow_down(Cluster *self, const FaultSpec *fault)
{
    if (!fault->ends) {
        Trouble *trouble = trouble_begin(self, fault);
        trouble->hosts = faults_hosts(self, fault);
        settle_hosts(self, fault->verb, trouble->hosts);
        return;
    }
    Trouble *trouble = trouble_take(self, fault);
    if (trouble != NULL) {
        settle_hosts(self, fault->verb, trouble->hosts);
        trouble_free(trouble);
    }
}

/* The one that "the active controller" was when it began. */
static Controller *controller_of_disk(Cluster *self, const FaultSpec *fault)
{
    Trouble *begun = fault->ends ? trouble_take(self, fault) : NULL;
    if (begun == NULL) {
        return cluster_named_controller(self, fault);
    }
    Controller *named = NULL;
    for (guint i = 0; i < self->controllers->len; i++) {
        Controller *controller = self->controllers->pdata[i];
        named = begun->actors->pdata[0] == controller_actor(controller) ? controller : named;
    }
    trouble_free(begun);
    return named;
}

/* metadata.log.dir of a controller that has a process of its own. */
static void change_controllers_disk(Cluster *self, const FaultSpec *fault)
{
    Controller *controller = controller_of_disk(self, fault);
    if (controller == NULL) {
        return; /* none is active */
    }
    if (!fault->ends) {
        GPtrArray *actors = g_ptr_array_new();
        g_ptr_array_add(actors, controller_actor(controller));
        trouble_begin(self, fault)->actors = actors;
    }
    if (fault->verb == FAULT_DISK_FULL) {
        controller_set_disk(controller, fault->ends ? RAFT_DISK_WELL : RAFT_DISK_FULL);
    } else if (fault->ends) {
        controller_replace_disk(controller);
    } else {
        controller_set_disk(controller, RAFT_DISK_BROKEN);
    }
}

/* A log directory's disk is full, or dead for good. */
void faults_change_disks(Cluster *self, const FaultSpec *fault)
{
    if (fault->target == TARGET_CONTROLLER || fault->target == TARGET_ACTIVE_CONTROLLER) {
        change_controllers_disk(self, fault);
        return;
    }
    Broker *broker = cluster_broker_at(self, fault->index);
    int32_t dir = MIN(fault->log_dir, broker_log_dir_count(broker) - 1);
    if (fault->verb == FAULT_DISK_FULL) {
        broker_set_disk_full(broker, dir, !fault->ends);
    } else if (fault->ends) {
        broker_replace_log_dir(broker, dir); /* a new, empty disk */
        watching_disk_lost(self, broker, LOSS_NEW_DISK);
    } else {
        broker_fail_log_dir(broker, dir);
    }
}

/* --- clocks --- */

/* The errors that go on add up. */
static SimDuration clock_skew(const Cluster *self, uint32_t host)
{
    SimDuration skew = 0;
    for (guint i = 0; i < self->troubles->len; i++) {
        const Trouble *trouble = self->troubles->pdata[i];
        bool here = trouble->fault->verb == FAULT_CLOCK_SKEW && is_among(trouble->hosts, host);
        skew += here ? trouble->fault->delay : 0;
    }
    return skew;
}

static void settle_clock(Cluster *self, const Trouble *changed)
{
    for (guint b = 0; b < self->brokers->len; b++) {
        Broker *broker = self->brokers->pdata[b];
        uint32_t host = broker_actor(broker)->host;
        if (is_among(changed->hosts, host)) {
            broker_set_clock(broker, clock_skew(self, host));
        }
    }
    for (guint p = 0; p < self->producers->len; p++) {
        Producer *producer = ((ProducerProcess *)self->producers->pdata[p])->producer;
        uint32_t host = producer_actor(producer)->host;
        if (is_among(changed->hosts, host)) {
            producer_set_clock(producer, clock_skew(self, host));
        }
    }
}

void faults_skew_clock(Cluster *self, const FaultSpec *fault)
{
    if (!fault->ends) {
        Trouble *trouble = trouble_begin(self, fault);
        trouble->hosts = faults_hosts(self, fault);
        settle_clock(self, trouble);
        return;
    }
    Trouble *trouble = trouble_take(self, fault);
    if (trouble != NULL) {
        settle_clock(self, trouble);
        trouble_free(trouble);
    }
}
