/* zookeeper_era.c - the office of the controller: its events, their price, its pushes. */
#include "models/zookeeper/zookeeper_state.h"
#include <string.h>

#define BALANCE_FIRST SIM_SEC(5)   /* KafkaController.scheduleAutoLeaderRebalanceTask */
#define ISR_CHECK     SIM_MS(2500) /* ReplicaManager.IsrChangePropagationConfig */

static Controller *owner(const ZooKeeperEra *self)
{
    return self->controller;
}

/* ---- the office */

static void refuse(ZooKeeperEra *self, RequestHeader *request)
{
    if (request != NULL) {
        controller_refuse(owner(self), request);
        message_free(owner(self)->context.sim, &request->base);
    }
}

static void clear_lists(ZooKeeperEvent *event)
{
    g_clear_pointer(&event->nodes, g_array_unref);
    g_clear_pointer(&event->offline, g_array_unref);
    g_clear_pointer(&event->stopped, g_array_unref);
}

void zookeeper_drop_events(ZooKeeperEra *self, bool answer)
{
    for (guint i = 0; i < self->events->len; i++) {
        ZooKeeperEvent *event = &g_array_index(self->events, ZooKeeperEvent, i);
        RequestHeader *request = event->request;
        clear_lists(event);
        if (answer) {
            refuse(self, request);
        } else if (request != NULL) {
            message_free(owner(self)->context.sim, &request->base);
        }
    }
    g_array_set_size(self->events, 0);
    self->unwritten = false;
    self->paid = false;
}

void zookeeper_resign(ZooKeeperEra *self)
{
    Actor *actor = &owner(self)->actor;
    if (!self->elected) {
        return;
    }
    actor_log(actor, "inactive", "resigns: /controller is not its own any more");
    self->elected = false;
    owner(self)->active = false;
    controller_changed_office(owner(self));
    actor_disarm(actor, &self->work);
    actor_disarm(actor, &self->balance);
    zookeeper_drop_events(self, true);
    controller_channels_reset(self->channels, true);
    controller_refuse_waiting_admin(owner(self));
}

/* ---- what an event costs: partitions whose state is written, or read */

/* The preferred leader of more than leader.imbalance.per.broker.percentage of them does not lead.
 */
static bool is_out_of_balance(const ZooKeeperEra *self, int32_t broker)
{
    const Controller *controller = owner(self);
    int64_t percentage =
        kafka_config_integer(controller->context.config, "leader.imbalance.per.broker.percentage");
    int32_t preferring = 0;
    int32_t elsewhere = 0;
    for (int32_t p = 0; p < metadata_partition_count(controller->context.metadata); p++) {
        const PartitionRegistration *now = controller_partition(controller, p);
        if (now != NULL && now->replicas.ids[0] == broker) {
            preferring++;
            elsewhere += now->leader != broker ? 1 : 0;
        }
    }
    return (int64_t)elsewhere * 100 > percentage * preferring;
}

static SimDuration cost_of(const ZooKeeperEra *self, const ZooKeeperEvent *event)
{
    const HardwareProfile *profile = self->context->profile;
    SimDuration write = profile->zookeeper_write;
    switch (event->kind) {
    case ZOOKEEPER_FAILOVER:
        return profile->zookeeper_read * metadata_partition_count(self->context->metadata);
    case ZOOKEEPER_START_REPLICAS:
        return zookeeper_replicas_startup_cost(self);
    case ZOOKEEPER_START_PARTITIONS:
    case ZOOKEEPER_ELECT_UNCLEAN:
        return zookeeper_online_cost(self, NULL);
    case ZOOKEEPER_BROKER_CHANGE:
        return zookeeper_broker_change_cost(self, event->nodes);
    case ZOOKEEPER_SHUTDOWN:
    case ZOOKEEPER_SHUTDOWN_REST:
        return zookeeper_shutdown_cost(self, event->broker, event->kind == ZOOKEEPER_SHUTDOWN);
    case ZOOKEEPER_ALTER:
    case ZOOKEEPER_LOCAL_ALTER:
        return write * ((const AlterPartitionRequest *)event->request)->count;
    case ZOOKEEPER_ADMIN:
        return write * zookeeper_count_admin_writes(self, controller_admin_asked(event->request));
    case ZOOKEEPER_DIR_REPLICAS:
        return zookeeper_offline_cost(self, event);
    case ZOOKEEPER_STOP_REPLICAS:
        return write * topic_deletion_writes(self);
    case ZOOKEEPER_STOPPED:
        return 0;
    case ZOOKEEPER_ISR_REFRESH:
    case ZOOKEEPER_DIR_FAILED:
    case ZOOKEEPER_BALANCE:
        break;
    }
    return write;
}

/* ---- events, one after the other */

/* What is written waits for ZooKeeper's answer, however long there is no connection
 * (KafkaZkClient.retryRequestsUntilConnected). */
static void begin_next(ZooKeeperEra *self)
{
    if (self->events->len == 0 || self->performing || self->paid || timer_is_armed(&self->work)) {
        return;
    }
    const ZooKeeperEvent *event = &g_array_index(self->events, ZooKeeperEvent, 0);
    const SimTime begin = MAX(actor_now(&owner(self)->actor), self->busy_until);
    const SimDuration cost = cost_of(self, event);
    actor_arm_at(&owner(self)->actor, &self->work, begin + cost);
    self->unwritten = cost > 0;
    self->first_write = self->last_write + 1;
    zookeeper_write_again(self);
}

void zookeeper_write_again(ZooKeeperEra *self)
{
    if (self->unwritten) {
        zookeeper_operate(self, ZOOKEEPER_WRITE, owner(self)->id);
    }
}

void zookeeper_enqueue_event(ZooKeeperEra *self, const ZooKeeperEvent *event)
{
    g_array_append_val(self->events, *event);
    begin_next(self);
}

void zookeeper_enqueue(ZooKeeperEra *self,
                       ZooKeeperEventKind kind,
                       int32_t broker,
                       RequestHeader *request)
{
    const ZooKeeperEvent event = {.kind = kind, .broker = broker, .request = request};
    zookeeper_enqueue_event(self, &event);
}

/* Before all others: the rest of what is being done. */
static void
enqueue_next(ZooKeeperEra *self, ZooKeeperEventKind kind, int32_t broker, RequestHeader *request)
{
    const ZooKeeperEvent event = {.kind = kind, .broker = broker, .request = request};
    g_array_insert_val(self->events, 1, event);
}

/* A conditional write of the partition's state: it fails when that has changed (zkVersion). */
static void write_isr(ZooKeeperEra *self, int32_t broker, AlterPartitionEntry *entry)
{
    MetadataLog *metadata = self->context->metadata;
    const PartitionRegistration *now = controller_partition(owner(self), entry->partition);
    if (now == NULL || now->leader != broker || now->leader_epoch != entry->leader_epoch ||
        now->partition_epoch != entry->partition_epoch) {
        entry->error = KAFKA_INVALID_UPDATE_VERSION; /* "Cached zkVersion not equal" */
        return;
    }
    PartitionRegistration next = *now;
    next.isr.count = 0;
    for (int32_t i = 0; i < entry->isr_count; i++) {
        replica_list_add(&next.isr, entry->isr[i].broker);
    }
    next.partition_epoch++;
    next.recovery = LEADER_RECOVERED;
    metadata_append_partition(metadata, entry->partition, &next);
    if (partition_is_reassigning(&next)) { /* PartitionReassignmentIsrChangeHandler */
        zookeeper_operate(self, ZOOKEEPER_NOTIFY_ISR, broker);
    }
    entry->leader = next.leader;
    entry->partition_epoch = next.partition_epoch;
    if (self->context->on_partition != NULL) {
        self->context->on_partition(
            self->context->owner, entry->partition, &next, "written to ZooKeeper");
    }
}

static void local_alter(ZooKeeperEra *self, const ZooKeeperEvent *event)
{
    Actor *actor = &owner(self)->actor;
    const AlterPartitionRequest *request = (const AlterPartitionRequest *)event->request;
    AlterPartitionResponse *response =
        message_new(actor->sim,
                    KAFKA_MESSAGE_BYTES(AlterPartitionResponse, entries, request->count),
                    KAFKA_ALTER_PARTITION | KAFKA_RESPONSE);
    response->header.correlation_id = request->header.correlation_id;
    response->count = request->count;
    for (int32_t i = 0; i < request->count; i++) {
        response->entries[i] = request->entries[i];
        write_isr(self, request->broker, &response->entries[i]);
    }
    kafka_message_set_wire_bytes(&response->header.base);
    network_send(actor, request->header.connection, &response->header.base);
    message_free(actor->sim, &event->request->base);
    self->isr_changed = true;
    self->isr_changed_at = actor_now(actor);
    if (!timer_is_armed(&self->isr_check)) {
        actor_arm_constant(actor, &self->isr_check, ISR_CHECK);
    }
}

static void balance(ZooKeeperEra *self)
{
    Controller *controller = owner(self);
    for (int32_t i = 0; i < self->context->voter_count; i++) {
        int32_t broker = self->context->voters[i];
        bool out = is_out_of_balance(self, broker);
        for (int32_t p = 0; out && p < metadata_partition_count(self->context->metadata); p++) {
            const PartitionRegistration *now = controller_partition(controller, p);
            if (now != NULL && now->replicas.ids[0] == broker && now->leader != broker) {
                (void)control_elect_leader(controller->control, p, ELECTION_PREFERRED);
            }
        }
    }
    if (controller->balance_enabled) {
        actor_arm(&controller->actor, &self->balance, controller->balance_interval_ns);
    }
}

/* onControllerFailover: all states are read, brokers are told of them; then replicas that are not
 * there leave their ISRs, then leaders are elected. */
static void take_office(ZooKeeperEra *self, const GArray *nodes)
{
    Controller *controller = owner(self);
    actor_log(&controller->actor, "active", "the controller, in epoch %d", self->epoch);
    controller->active = true;
    controller->office_epoch = self->epoch;
    controller_changed_office(controller);
    control_activate(controller->control, actor_now(&controller->actor));
    zookeeper_forget_offline(self);
    zookeeper_init_brokers(self, nodes);
    topic_deletion_take_over(self);
    enqueue_next(self, ZOOKEEPER_START_REPLICAS, -1, NULL);
    if (controller->balance_enabled) {
        actor_arm(&controller->actor, &self->balance, BALANCE_FIRST);
    }
}

/* The leader is answered first; then its ISR may complete a reassignment. */
static void alter(ZooKeeperEra *self, AlterPartitionRequest *request)
{
    controller_on_alter_partition(owner(self), request);
    for (int32_t i = 0; i < request->count; i++) {
        zookeeper_check_reassignment(self, request->entries[i].partition);
    }
}

static void perform(ZooKeeperEra *self, const ZooKeeperEvent *event)
{
    switch (event->kind) {
    case ZOOKEEPER_FAILOVER:
        take_office(self, event->nodes);
        break;
    case ZOOKEEPER_START_REPLICAS:
        zookeeper_start_replicas(self);
        enqueue_next(self, ZOOKEEPER_START_PARTITIONS, -1, NULL);
        break;
    case ZOOKEEPER_START_PARTITIONS:
        zookeeper_trigger_online(self, "fail-over");
        zookeeper_resume_reassignments(self, NULL);
        break;
    case ZOOKEEPER_BROKER_CHANGE:
        zookeeper_broker_change(self, event->nodes);
        break;
    case ZOOKEEPER_SHUTDOWN:
        zookeeper_shut_down(self, event->broker);
        enqueue_next(self, ZOOKEEPER_SHUTDOWN_REST, event->broker, event->request);
        break;
    case ZOOKEEPER_SHUTDOWN_REST:
        zookeeper_finish_shutdown(self, event->broker, event->request);
        break;
    case ZOOKEEPER_ALTER:
        alter(self, (AlterPartitionRequest *)event->request);
        message_free(owner(self)->context.sim, &event->request->base);
        break;
    case ZOOKEEPER_ADMIN:
        controller_on_admin(owner(self), event->request);
        message_free(owner(self)->context.sim, &event->request->base);
        break;
    case ZOOKEEPER_LOCAL_ALTER:
        local_alter(self, event);
        break;
    case ZOOKEEPER_ISR_REFRESH:
        control_activate(owner(self)->control, actor_now(&owner(self)->actor));
        zookeeper_check_reassignments(self);
        break;
    case ZOOKEEPER_DIR_FAILED:
        zookeeper_ask_replicas(self, event->broker);
        break;
    case ZOOKEEPER_DIR_REPLICAS:
        zookeeper_take_offline(self, event);
        break;
    case ZOOKEEPER_BALANCE:
        balance(self);
        break;
    case ZOOKEEPER_ELECT_UNCLEAN:
        zookeeper_elect_unclean(self);
        break;
    case ZOOKEEPER_STOP_REPLICAS:
        topic_deletion_stop_replicas(self);
        break;
    case ZOOKEEPER_STOPPED:
        topic_deletion_on_answer(self, event);
        break;
    }
}

UpdateMetadataRequest *zookeeper_build_push(void *data, int32_t broker, int64_t *ret_end_offset)
{
    ZooKeeperEra *self = data;
    const BrokerRegistration *known = control_broker(owner(self)->control, broker);
    UpdateMetadataRequest *request =
        message_new(owner(self)->context.sim, sizeof(UpdateMetadataRequest), KAFKA_UPDATE_METADATA);
    request->controller = owner(self)->id;
    request->controller_epoch = self->epoch;
    request->broker_epoch = known != NULL ? known->epoch : -1;
    request->session = zookeeper_node(self, broker);
    request->end_offset = controller_end_offset(owner(self));
    kafka_message_set_wire_bytes(&request->header.base);
    *ret_end_offset = request->end_offset;
    return request;
}

StopReplicaRequest *zookeeper_build_stop(void *data, int32_t broker, int32_t count)
{
    ZooKeeperEra *self = data;
    StopReplicaRequest *request =
        message_new(owner(self)->context.sim,
                    KAFKA_MESSAGE_BYTES(StopReplicaRequest, partitions, count),
                    KAFKA_STOP_REPLICA);
    request->controller_epoch = self->epoch;
    request->session = zookeeper_node(self, broker);
    request->count = count;
    kafka_message_set_wire_bytes(&request->header.base);
    return request;
}

/* ReplicaManager.isBrokerEpochStale: who was told of an earlier process, or of an earlier session
 * of this one, is not believed. A process that has not yet begun to register takes nothing. */
bool zookeeper_era_takes(const Controller *controller, uint64_t session)
{
    const ZooKeeperEra *self = controller->mode;
    return zookeeper_is_running(self) && session == self->session;
}

void zookeeper_push(ZooKeeperEra *self)
{
    controller_channels_push(self->channels, controller_end_offset(owner(self)));
}

void zookeeper_elected(ZooKeeperEra *self, int32_t epoch)
{
    if (!self->elected) {
        self->elected = true;
        self->epoch = epoch;
        memset(self->nodes, 0, sizeof(uint64_t) * (size_t)self->context->voter_count);
        zookeeper_operate(self, ZOOKEEPER_CHILDREN, owner(self)->id);
    }
}

static bool is_taking_over(const ZooKeeperEra *self)
{
    for (guint i = 0; i < self->events->len; i++) {
        if (g_array_index(self->events, ZooKeeperEvent, i).kind == ZOOKEEPER_FAILOVER) {
            return true;
        }
    }
    return false;
}

/* Which brokers are there: the first thing that a new controller reads, and at each change. */
void zookeeper_on_children(ZooKeeperEra *self, const ZooKeeperResponse *response)
{
    if (!self->elected) {
        return;
    }
    bool first = !owner(self)->active && !is_taking_over(self);
    const ZooKeeperEvent event = {
        .kind = first ? ZOOKEEPER_FAILOVER : ZOOKEEPER_BROKER_CHANGE,
        .broker = -1,
        .nodes = g_array_new(FALSE, FALSE, sizeof(ZooKeeperNode)),
    };
    g_array_append_vals(event.nodes, response->nodes, (guint)response->count);
    zookeeper_enqueue_event(self, &event);
}

/* Before all others what deletions have still to do; not while an office is being taken. */
static void resume_deletions(ZooKeeperEra *self)
{
    const ZooKeeperEventKind next = self->events->len > 0
                                        ? g_array_index(self->events, ZooKeeperEvent, 0).kind
                                        : ZOOKEEPER_BALANCE;
    if (next != ZOOKEEPER_START_REPLICAS && next != ZOOKEEPER_START_PARTITIONS &&
        topic_deletion_resume(self)) {
        const ZooKeeperEvent stop = {.kind = ZOOKEEPER_STOP_REPLICAS, .broker = -1};
        g_array_insert_val(self->events, 0, stop);
    }
}

/* The event is paid for. A controller that has lost its office unknowingly finds out when it
 * writes: /controller_epoch has changed. A leader's own write needs no office. */
static void on_work_done(ZooKeeperEra *self)
{
    self->paid = self->unwritten;
    if (self->unwritten) {
        return;
    }
    ZooKeeperEvent event = g_array_index(self->events, ZooKeeperEvent, 0);
    bool local = event.kind == ZOOKEEPER_LOCAL_ALTER;
    if (!local &&
        !zookeeper_is_controller(self->context->zookeeper, owner(self)->id, self->session)) {
        zookeeper_resign(self);
        return;
    }
    self->performing = true;
    perform(self, &event);
    self->performing = false;
    clear_lists(&event);
    g_array_remove_index(self->events, 0);
    if (!local && owner(self)->active) {
        resume_deletions(self);
        zookeeper_push(self);
        controller_admin_committed(owner(self), INT64_MAX);
    }
    begin_next(self);
}

void zookeeper_on_written(ZooKeeperEra *self, const ZooKeeperResponse *response)
{
    const bool answers = self->unwritten && response->header.correlation_id >= self->first_write;
    self->unwritten = self->unwritten && !answers;
    if (answers && self->paid) {
        on_work_done(self);
    }
}

bool zookeeper_on_office_timer(ZooKeeperEra *self, Timer *timer)
{
    if (timer == &self->work) {
        on_work_done(self);
    } else if (timer == &self->balance) {
        zookeeper_enqueue(self, ZOOKEEPER_BALANCE, -1, NULL);
    } else {
        return controller_channels_on_timer(self->channels, timer);
    }
    return true;
}
