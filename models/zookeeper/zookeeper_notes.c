/* zookeeper_notes.c - what brokers leave in ZooKeeper for the controller, and what it does about
 * it.
 *
 *   a leader wrote its ISR --batched--> /isr_change_notification --> the controller reads again
 *   a directory failed --at once--> /log_dir_event_notification --> the controller names all
 * replicas to that broker --its answer says which are offline--> leaders are elected, the others
 * leave their ISR
 *
 * Mirrors: ReplicaManager.maybePropagateIsrChanges, KafkaZkClient.propagateLogDirEvent,
 * KafkaController.processLogDirEventNotification, .onBrokerLogDirFailure,
 * .processLeaderAndIsrResponseReceived, .onReplicasBecomeOffline. */
#include "models/zookeeper/zookeeper_state.h"

#define ISR_CHECK    SIM_MS(2500) /* ReplicaManager.IsrChangePropagationConfig */
#define ISR_LINGER   SIM_SEC(5)
#define ISR_WAIT_MAX SIM_SEC(60)

static Actor *actor_of(const ZooKeeperEra *self)
{
    return &self->controller->actor;
}

void zookeeper_begin_notes(ZooKeeperEra *self)
{
    self->isr_changed = false;
    self->dirs_told = -1;
}

/* ---- ISR changes */

/* The controller is told in batches: not while changes still come, but at least every minute. */
void zookeeper_on_isr_check(ZooKeeperEra *self)
{
    SimTime now = actor_now(actor_of(self));
    if (self->isr_changed &&
        (self->isr_changed_at + ISR_LINGER < now || self->isr_told_at + ISR_WAIT_MAX < now)) {
        self->isr_changed = false;
        self->isr_told_at = now;
        zookeeper_operate(self, ZOOKEEPER_NOTIFY_ISR, self->controller->id);
    }
    if (self->isr_changed) {
        actor_arm_constant(actor_of(self), &self->isr_check, ISR_CHECK);
    }
}

/* ---- log directories */

/* What was offline when the process began is no news: the controller's first push asks for it. */
void zookeeper_note_dirs(ZooKeeperEra *self, const BrokerHeartbeatRequest *heartbeat)
{
    bool news = self->dirs_told >= 0 && heartbeat->offline_count > self->dirs_told;
    self->dirs_told = heartbeat->offline_count;
    if (news && self->registered) {
        zookeeper_operate(self, ZOOKEEPER_NOTIFY_DIR, self->controller->id);
    }
}

/* A watch says that there are notes, or they were read. */
void zookeeper_on_dir_events(ZooKeeperEra *self, const ZooKeeperResponse *response)
{
    if (!self->controller->active) {
        return; /* who takes the office asks everybody */
    }
    if (response->op == ZOOKEEPER_DIR_EVENTS) {
        zookeeper_operate(self, ZOOKEEPER_TAKE_DIRS, self->controller->id);
    }
    for (int32_t i = 0; i < response->count; i++) {
        zookeeper_enqueue(self, ZOOKEEPER_DIR_FAILED, response->nodes[i].broker, NULL);
    }
}

void zookeeper_ask_replicas(ZooKeeperEra *self, int32_t broker)
{
    actor_log(actor_of(self), "log directory failure", "broker %d: which replicas?", broker);
    controller_channels_name_all(self->channels, broker);
}

void zookeeper_on_offline(void *owner, int32_t broker, const UpdateMetadataResponse *response)
{
    ZooKeeperEra *self = owner;
    const ZooKeeperEvent event = {
        .kind = ZOOKEEPER_DIR_REPLICAS,
        .broker = broker,
        .offline = g_array_new(FALSE, FALSE, sizeof(int32_t)),
    };
    g_array_append_vals(
        event.offline, response->offline_partitions, (guint)response->offline_count);
    zookeeper_enqueue_event(self, &event);
}

static bool is_news(const ZooKeeperEra *self, int32_t broker, int32_t partition)
{
    return !partition_index_has(
        self->controller->control->index, broker, PARTITIONS_OFFLINE, partition);
}

/* Those that it leads, and those whose ISR it is in otherwise. */
static void count_writes(const ZooKeeperEra *self,
                         const ZooKeeperEvent *event,
                         int32_t *ret_leads,
                         int32_t *ret_follows)
{
    *ret_leads = 0;
    *ret_follows = 0;
    for (guint i = 0; i < event->offline->len; i++) {
        int32_t partition = g_array_index(event->offline, int32_t, i);
        const PartitionRegistration *now = controller_partition(self->controller, partition);
        if (now != NULL && is_news(self, event->broker, partition)) {
            bool leads = now->leader == event->broker;
            *ret_leads += leads ? 1 : 0;
            *ret_follows += !leads && replica_list_has(&now->isr, event->broker) ? 1 : 0;
        }
    }
}

SimDuration zookeeper_offline_cost(const ZooKeeperEra *self, const ZooKeeperEvent *event)
{
    int32_t leads;
    int32_t follows;
    count_writes(self, event, &leads, &follows);
    return self->context->profile->zookeeper_write * leads;
}

/* As for a broker that is gone: leaders first, then the others, one by one. */
void zookeeper_take_offline(ZooKeeperEra *self, const ZooKeeperEvent *event)
{
    Control *control = self->controller->control;
    const BrokerRegistration *broker = control_broker(control, event->broker);
    if (broker == NULL || broker->fenced) {
        return;
    }
    int32_t leads;
    int32_t follows;
    count_writes(self, event, &leads, &follows);
    self->busy_until =
        actor_now(actor_of(self)) + self->context->profile->zookeeper_write * follows;
    control_take_offline(control,
                         event->broker,
                         (int32_t)event->offline->len,
                         (const int32_t *)(const void *)event->offline->data);
    topic_deletion_on_offline(self, event->broker, true);
    control_replay_brokers(control);
}

/* What a controller knew of directories goes with its office: the next one asks everybody. */
void zookeeper_forget_offline(ZooKeeperEra *self)
{
    for (int32_t i = 0; i < self->context->voter_count; i++) {
        partition_index_keep_offline(
            self->controller->control->index, self->context->voters[i], UINT64_MAX);
    }
}
