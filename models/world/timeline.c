/* timeline.c - what the scenario makes happen, at its time.
 *
 * A fault is logged first: everything it brings about has it as its cause. Who does what:
 * process_faults.c, path_faults.c, client_faults.c, admin.c, rolling_restart.c. */
#include "models/world/cluster_state.h"

static void apply_to_processes(Cluster *self, const FaultSpec *fault)
{
    switch ((int)fault->verb) {
    case FAULT_CRASH:
        faults_crash(self, fault);
        break;
    case FAULT_STOP:
        faults_stop(self, fault);
        break;
    case FAULT_START:
        faults_start(self, fault);
        break;
    case FAULT_PAUSE:
        faults_pause(self, fault);
        break;
    case FAULT_RESUME:
        faults_resume(self, fault);
        break;
    case FAULT_POWER_CUT:
        faults_power(self, fault);
        break;
    default:
        SIM_BUG(self->sim, "no fault of processes");
    }
}

static void apply_to_clients(Cluster *self, const FaultSpec *fault)
{
    switch ((int)fault->verb) {
    case FAULT_SCALE:
        faults_scale(self, fault);
        break;
    case FAULT_JOIN:
        faults_join(self, fault);
        break;
    case FAULT_LEAVE:
        faults_leave(self, fault);
        break;
    case FAULT_RATE:
        faults_set_rate(self, fault);
        break;
    case FAULT_SEEK:
    case FAULT_PAUSE_PARTITIONS:
    case FAULT_RESUME_PARTITIONS:
        faults_request(self, fault);
        break;
    case FAULT_STALL:
        faults_stall(self, fault);
        break;
    default:
        SIM_BUG(self->sim, "no fault of clients");
    }
}

static void apply(Cluster *self, const FaultSpec *fault)
{
    switch (fault->verb) {
    case FAULT_CRASH:
    case FAULT_STOP:
    case FAULT_START:
    case FAULT_PAUSE:
    case FAULT_RESUME:
    case FAULT_POWER_CUT:
        apply_to_processes(self, fault);
        break;
    case FAULT_PARTITION:
    case FAULT_ISOLATE:
    case FAULT_SLOW_NETWORK:
    case FAULT_DROP:
        faults_change_links(self, fault);
        break;
    case FAULT_SLOW_DISK:
    case FAULT_SLOW_HOST:
        faults_slow_down(self, fault);
        break;
    case FAULT_SCALE:
    case FAULT_JOIN:
    case FAULT_LEAVE:
    case FAULT_RATE:
    case FAULT_SEEK:
    case FAULT_PAUSE_PARTITIONS:
    case FAULT_RESUME_PARTITIONS:
    case FAULT_STALL:
        apply_to_clients(self, fault);
        break;
    case FAULT_REASSIGN:
    case FAULT_ELECT_PREFERRED:
    case FAULT_ELECT:
    case FAULT_SET_CONFIG:
    case FAULT_CREATE_TOPIC:
    case FAULT_DELETE_TOPIC:
    case FAULT_ADD_PARTITIONS:
    case FAULT_UNREGISTER:
        faults_admin(self, fault);
        break;
    case FAULT_REMOVE_BROKER:
    case FAULT_ROLLING_RESTART:
        faults_roll(self, fault);
        break;
    case FAULT_DISK_FULL:
    case FAULT_FAIL_DISK:
        faults_change_disks(self, fault);
        break;
    case FAULT_CLOCK_SKEW:
        faults_skew_clock(self, fault);
        break;
    case FAULT_NOTE:
        break; /* it only says something */
    case FAULT_VERB_COUNT:
        SIM_BUG(self->sim, "an unknown verb");
    }
}

/* "broker 3 (led payments-0)" */
static char *describe_leader(const Cluster *self, const FaultSpec *fault, int32_t node)
{
    char name[256];
    const TopicInfo *topic = metadata_topic(self->metadata, fault->topic);
    metadata_partition_name(
        self->metadata, topic->first_partition + fault->partition, name, sizeof(name));
    return g_strdup_printf(
        "broker %d (%s %s)", node, fault->undoes != NULL ? "led" : "leads", name);
}

static char *describe_active(const FaultSpec *fault, int32_t node)
{
    return g_strdup_printf(
        "controller %d (%s)", node, fault->undoes != NULL ? "was active" : "active");
}

/* `node`: whom it hits by its role. */
static char *describe(const Cluster *self, const FaultSpec *fault, int32_t node)
{
    const ClusterSpec *spec = self->spec;
    switch (fault->target) {
    case TARGET_BROKER:
        return g_strdup_printf("broker %d", broker_id(cluster_broker_at(self, fault->index)));
    case TARGET_CONTROLLER:
        return g_strdup_printf("controller %d",
                               ((ControllerSpec *)spec->controllers->pdata[fault->index])->id);
    case TARGET_ACTIVE_CONTROLLER:
        return describe_active(fault, node);
    case TARGET_LEADER:
        return describe_leader(self, fault, node);
    case TARGET_HOST:
        return g_strdup_printf("host %s", ((HostSpec *)spec->hosts->pdata[fault->index])->name);
    case TARGET_RACK:
        return g_strdup_printf("rack %s", fault->rack);
    case TARGET_PRODUCER:
        return g_strdup_printf("producer %s",
                               ((ProducerSpec *)spec->producers->pdata[fault->index])->name);
    case TARGET_GROUP:
        return g_strdup_printf("group %s", ((GroupSpec *)spec->groups->pdata[fault->index])->name);
    case TARGET_MEMBER: {
        const GroupSpec *group = spec->groups->pdata[fault->index];
        return g_strdup_printf("member %s",
                               ((MemberSpec *)group->members->pdata[fault->member])->name);
    }
    case TARGET_NONE:
        break;
    }
    bool network = fault->verb == FAULT_PARTITION || fault->verb == FAULT_DROP ||
                   fault->verb == FAULT_SLOW_NETWORK;
    return fault->topic != SPEC_NONE
               ? g_strdup_printf("topic %s", metadata_topic(self->metadata, fault->topic)->name)
               : g_strdup(network ? "the network" : "the cluster");
}

/* Nothing has begun, and nothing ends at its end, whoever has the role then. */
static void miss(Cluster *self, const FaultSpec *fault, const char *why)
{
    if (fault->undoes == NULL) {
        actor_log(&self->actor,
                  fault_verb_name(fault->verb),
                  "hits nobody: %s%s%s",
                  why,
                  fault->text != NULL ? ": " : "",
                  fault->text != NULL ? fault->text : "");
    }
}

static void fire(Cluster *self, const FaultSpec *fault)
{
    const FaultHit *hit = trouble_note_hit(self, fault);
    if (hit != NULL && hit->nobody != NULL) {
        miss(self, fault, hit->nobody);
        return;
    }
    g_autofree char *target = describe(self, fault, hit != NULL ? hit->node : -1);
    actor_log(&self->actor,
              fault_verb_name(fault->verb),
              "%s%s%s%s",
              target,
              fault->ends ? " ends" : "",
              fault->text != NULL ? ": " : "",
              fault->text != NULL ? fault->text : "");
    apply(self, fault);
}

static void arm_next(Cluster *self)
{
    if (self->next_fault < self->spec->faults->len) {
        const FaultSpec *fault = self->spec->faults->pdata[self->next_fault];
        actor_arm_at(&self->actor, &self->fault_timer, fault->at);
    }
}

void timeline_start(Cluster *self)
{
    arm_next(self);
}

void timeline_on_timer(Cluster *self)
{
    Kernel *kernel = self->sim->kernel;
    SimTime now = sim_now(self->sim);
    while (self->next_fault < self->spec->faults->len) {
        const FaultSpec *fault = self->spec->faults->pdata[self->next_fault];
        if (fault->at > now) {
            break;
        }
        kernel_set_cause(kernel, 0); /* what the scenario does has no cause but itself */
        fire(self, fault);
        self->next_fault++;
    }
    history_look(self);
    arm_next(self);
}
