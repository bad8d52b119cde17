/* rolling_restart.c - brokers restarted one after the other; a broker that goes for good.
 *
 *     stop -> (its process has ended) -> down -> start -> (it serves; gate) -> pace -> the next
 *
 * The gate is what operators wait for: no partition is under-replicated, as the controller has it
 * (kafka-topics.sh --describe --under-replicated-partitions prints nothing). It is looked at each
 * 500 ms. A broker that never comes back, or a gate that never opens, holds the rest up for ever:
 * there is no time-out; what it waits for is said once after half a minute, and at the end of the
 * run. Without a gate the next broker's turn comes as soon as this one's process
 * has been started, as a script does that only knows of processes.
 *
 * It waits for the end of the process that it stopped. Whoever else starts the broker before its
 * time starts another process: then there is nothing to start, and the rest goes on as ever. */
#include "models/world/cluster_state.h"

#define LOOK_NS SIM_MS(500)
/* So long nobody would wonder. */
#define PATIENCE_NS SIM_SEC(30)

typedef enum RollState { ROLL_STOPPING, ROLL_DOWN, ROLL_RETURNING, ROLL_PACE } RollState;

struct Roll {
    Timer timer;
    const FaultSpec *fault;
    uint32_t cause;
    guint next; /* in the order */
    RollState state;
    uint16_t life; /* of the broker's process, which it stops */
    SimTime since; /* it waits for a process to end, or to be back */
    bool told;     /* what for */
};

/* Early exit at the first one: cheap while there is trouble, one pass at the end. -1: none is. */
static int32_t under_replicated(const Cluster *self)
{
    for (int32_t p = 0; p < metadata_partition_count(self->metadata); p++) {
        const PartitionRegistration *now = cluster_newest(self, p);
        if (now != NULL && now->isr.count + now->adding.count < now->replicas.count) {
            return p;
        }
    }
    return -1;
}

static Broker *present(const Cluster *self, const Roll *roll)
{
    bool remove = roll->fault->verb == FAULT_REMOVE_BROKER;
    int32_t index =
        remove ? roll->fault->index : g_array_index(roll->fault->roll->order, int32_t, roll->next);
    return cluster_broker_at(self, index);
}

static void arm(Cluster *self, Roll *roll, SimDuration delay)
{
    actor_arm(&self->actor, &roll->timer, delay);
}

static void begin_window(Cluster *self, const Roll *roll, int32_t broker)
{
    const RestartWindow window = {
        .from = sim_now(self->sim), .to = -1, .broker = broker, .fault = roll->fault};
    if (roll->fault->verb == FAULT_ROLLING_RESTART) {
        g_array_append_val(self->restarts, window);
    }
}

static void end_window(Cluster *self, const Roll *roll)
{
    for (guint i = self->restarts->len; i-- > 0;) {
        RestartWindow *window = &g_array_index(self->restarts, RestartWindow, i);
        if (window->fault == roll->fault && window->to < 0) {
            window->to = sim_now(self->sim);
        }
    }
}

static void begin_waiting(const Cluster *self, Roll *roll, RollState state)
{
    roll->state = state;
    roll->since = sim_now(self->sim);
    roll->told = false;
}

static void begin_next(Cluster *self, Roll *roll)
{
    Broker *broker = present(self, roll);
    bool crash = roll->fault->roll != NULL && roll->fault->roll->crash;
    const Actor *process = broker_actor(broker);
    const bool runs = process->life == ACTOR_ALIVE || cluster_is_frozen(self, process);
    actor_log(&self->actor,
              "roll",
              "broker %d gets %s%s%s",
              broker_id(broker),
              runs ? "" : "no ",
              crash ? "kill -9" : "SIGTERM",
              runs ? "" : ": its process does not run");
    begin_window(self, roll, broker_id(broker));
    begin_waiting(self, roll, ROLL_STOPPING);
    roll->life = broker_actor(broker)->incarnation;
    if (crash) {
        faults_kill_broker(self, broker);
    } else {
        faults_stop_process(self, broker_actor(broker));
    }
    arm(self, roll, LOOK_NS);
}

static bool has_ended(const Cluster *self, const Roll *roll)
{
    const Actor *process = broker_actor(present(self, roll));
    return process->life == ACTOR_DEAD || process->incarnation != roll->life;
}

static void on_stopped(Cluster *self, Roll *roll)
{
    Broker *broker = present(self, roll);
    if (roll->fault->verb == FAULT_REMOVE_BROKER) {
        if (self->spec->era
                .on[ERA_KRAFT]) { /* with ZooKeeper its session was all there was of it */
            admin_unregister(self, broker_id(broker));
        }
        return;
    }
    roll->state = ROLL_DOWN;
    arm(self, roll, roll->fault->roll->down);
}

/* What has not come yet; NULL: the next one's turn may come. */
static const char *waits_for(Cluster *self, const Roll *roll)
{
    Broker *broker = present(self, roll);
    const BrokerRegistration *known =
        metadata_broker(self->metadata, broker_id(broker), metadata_end_offset(self->metadata));
    if (roll->state == ROLL_STOPPING) {
        return has_ended(self, roll) ? NULL : "its process has not ended";
    }
    if (broker_actor(broker)->life != ACTOR_ALIVE) {
        return cluster_is_frozen(self, broker_actor(broker)) ? "its process is frozen (SIGSTOP)"
                                                             : "its process does not run";
    }
    if (!roll->fault->roll->gate) {
        return NULL;
    }
    if (!broker_is_serving(broker) || known == NULL || known->fenced) {
        return "gate in.sync: it does not serve";
    }
    int32_t partition = under_replicated(self);
    if (partition < 0) {
        return NULL;
    }
    char name[256];
    char text[300];
    metadata_partition_name(self->metadata, partition, name, sizeof(name));
    (void)g_snprintf(text, sizeof(text), "gate in.sync: %s is under-replicated", name);
    return g_string_chunk_insert_const(self->strings, text);
}

static void tell_waiting(Cluster *self, Roll *roll, const char *why)
{
    if (roll->told || sim_now(self->sim) - roll->since < PATIENCE_NS ||
        roll->fault->verb != FAULT_ROLLING_RESTART) {
        return;
    }
    roll->told = true;
    actor_log(&self->actor,
              "roll",
              "broker %d holds the rolling restart up: %s",
              broker_id(present(self, roll)),
              why);
}

void rolling_restart_note_waiting(Cluster *self)
{
    for (guint i = 0; i < self->restarts->len; i++) {
        RestartWindow *window = &g_array_index(self->restarts, RestartWindow, i);
        for (guint r = 0; r < self->rolls->len && window->to < 0; r++) {
            const Roll *roll = self->rolls->pdata[r];
            bool waits = roll->fault == window->fault &&
                         (roll->state == ROLL_STOPPING || roll->state == ROLL_RETURNING);
            if (waits) {
                window->waits_since = roll->since;
                window->waits_for = waits_for(self, roll);
            }
        }
    }
}

static void look_for_return(Cluster *self, Roll *roll)
{
    const char *why = waits_for(self, roll);
    if (why != NULL) {
        tell_waiting(self, roll, why);
        arm(self, roll, LOOK_NS);
        return;
    }
    actor_log(&self->actor,
              "roll",
              "broker %d %s",
              broker_id(present(self, roll)),
              roll->fault->roll->gate ? "is back, and every replica in sync" : "is started");
    end_window(self, roll);
    roll->next++;
    roll->state = ROLL_PACE;
    if (roll->next < roll->fault->roll->order->len) {
        arm(self, roll, roll->fault->roll->pace);
    } else {
        actor_log(&self->actor, "roll", "the rolling restart is over");
    }
}

void rolling_restart_on_timer(Cluster *self, Roll *roll)
{
    kernel_set_cause(self->sim->kernel, roll->cause);
    switch (roll->state) {
    case ROLL_STOPPING:
        if (has_ended(self, roll)) {
            on_stopped(self, roll);
        } else {
            tell_waiting(self, roll, waits_for(self, roll));
            arm(self, roll, LOOK_NS);
        }
        break;
    case ROLL_DOWN:
        faults_start_process(self, broker_actor(present(self, roll)));
        begin_waiting(self, roll, ROLL_RETURNING);
        arm(self, roll, LOOK_NS);
        break;
    case ROLL_RETURNING:
        look_for_return(self, roll);
        break;
    case ROLL_PACE:
        begin_next(self, roll);
        break;
    }
    history_look(self);
}

void faults_roll(Cluster *self, const FaultSpec *fault)
{
    Roll *roll = g_new0(Roll, 1);
    roll->fault = fault;
    roll->cause = kernel_cause(self->sim->kernel);
    timer_init(&roll->timer, WORLD_TIMER_ROLL, roll);
    g_ptr_array_add(self->rolls, roll);
    if (fault->verb == FAULT_REMOVE_BROKER || fault->roll->order->len > 0) {
        begin_next(self, roll);
    }
}
