/* partition_control.c - elections, ISR changes, preferred leaders (server.md 1.4-1.6).
 *
 * Mirrors: ReplicationControlManager.generateLeaderAndIsrUpdates, .alterPartition,
 * .maybeBalancePartitionLeaders. */
#include "models/controller/controller_state.h"
#include <string.h>

#define BALANCE_ROUND_MAX 1000

typedef struct LeaderAcceptor {
    const Controller *controller;
    int32_t removed; /* a broker that is leaving, whatever its registration still says; -1 none */
} LeaderAcceptor;

const PartitionRegistration *controller_partition(const Controller *self, int32_t partition)
{
    return metadata_partition(self->context.metadata, partition, controller_end_offset(self));
}

static const KafkaConfig *topic_config(const Controller *self, int32_t partition)
{
    return metadata_topic_of(self->context.metadata, partition)->config;
}

/* Mirrors the predicate of generateLeaderAndIsrUpdates: active, and not on its way out. */
static bool is_acceptable(void *user, int32_t broker)
{
    const LeaderAcceptor *acceptor = user;
    return broker != acceptor->removed && controller_is_active(acceptor->controller, broker);
}

/* A topic's own min.insync.replicas, else the cluster's, never above its replicas. */
static int32_t min_isr(const Controller *self, int32_t partition)
{
    const KafkaConfig *topic = topic_config(self, partition);
    const KafkaConfig *source = topic != NULL && kafka_config_is_set(topic, "min.insync.replicas")
                                    ? topic
                                    : self->context.config;
    int64_t value = kafka_config_integer(source, "min.insync.replicas");
    return (int32_t)MIN(value, controller_partition(self, partition)->replicas.count);
}

static bool allows_unclean(const Controller *self, int32_t partition)
{
    const KafkaConfig *topic = topic_config(self, partition);
    bool own = topic != NULL && kafka_config_is_set(topic, "unclean.leader.election.enable");
    return kafka_config_boolean(own ? topic : self->context.config,
                                "unclean.leader.election.enable");
}

/* `acceptor` is borrowed while the change lives. */
static PartitionChange
begin_change(const Controller *self, int32_t partition, LeaderAcceptor *acceptor)
{
    const PartitionRegistration *now = controller_partition(self, partition);
    PartitionChange change = partition_change_of(now);
    change.election = allows_unclean(self, partition) ? ELECTION_UNCLEAN : ELECTION_ONLINE;
    change.elr_enabled = self->elr_enabled;
    change.min_isr = min_isr(self, partition);
    change.is_acceptable_leader = is_acceptable;
    change.user = acceptor;
    return change;
}

static void log_change(Controller *self,
                       int32_t partition,
                       const PartitionRegistration *was,
                       const PartitionRegistration *next,
                       const char *why)
{
    char name[128];
    char isr[128];
    metadata_partition_name(self->context.metadata, partition, name, sizeof(name));
    replica_list_text(&next->isr, ',', isr, sizeof(isr));
    if (was->leader != next->leader) {
        actor_log(&self->actor,
                  "leader",
                  "%s: %d -> %d, epoch %d, ISR [%s], %s",
                  name,
                  was->leader,
                  next->leader,
                  next->leader_epoch,
                  isr,
                  why);
    } else {
        actor_log(&self->actor, "isr", "%s: [%s], %s", name, isr, why);
    }
}

void controller_append_partition(Controller *self,
                                 int32_t partition,
                                 const PartitionRegistration *next,
                                 const char *why)
{
    Kernel *kernel = self->context.sim->kernel;
    uint32_t cause = kernel_cause(kernel);
    const PartitionRegistration *was = controller_partition(self, partition);
    if (was != NULL) {
        log_change(self, partition, was, next, why);
    }
    metadata_set_cause(self->context.metadata, kernel_cause(kernel));
    metadata_append_partition(self->context.metadata, partition, next);
    controller_records_appended(self);
    kernel_set_cause(kernel, cause); /* siblings share the cause, they do not cause each other */
    if (self->context.on_partition != NULL) {
        self->context.on_partition(self->context.owner, partition, next, why);
    }
}

static void
apply(Controller *self, int32_t partition, const PartitionChange *change, const char *why)
{
    PartitionRegistration next;
    if (partition_change_build(change, &next)) {
        controller_append_partition(self, partition, &next, why);
    }
}

void controller_remove_from_isrs(Controller *self, int32_t broker, bool unclean, const char *why)
{
    LeaderAcceptor acceptor = {self, broker};
    int32_t count = metadata_partition_count(self->context.metadata);
    for (int32_t p = 0; p < count; p++) {
        const PartitionRegistration *now = controller_partition(self, p);
        bool in_elr = unclean && now != NULL && replica_list_has(&now->elr, broker);
        if (now == NULL || (!replica_list_has(&now->isr, broker) && !in_elr)) {
            continue;
        }
        PartitionChange change = begin_change(self, p, &acceptor);
        replica_list_remove(&change.target_isr, broker);
        if (unclean) {
            replica_list_add(&change.unclean_shutdown_replicas, broker);
        }
        apply(self, p, &change, why);
    }
}

void controller_elect_leaderless(Controller *self, int32_t broker, const char *why)
{
    LeaderAcceptor acceptor = {self, -1};
    int32_t count = metadata_partition_count(self->context.metadata);
    for (int32_t p = 0; p < count; p++) {
        const PartitionRegistration *now = controller_partition(self, p);
        if (now != NULL && now->leader == NO_LEADER && replica_list_has(&now->replicas, broker)) {
            PartitionChange change = begin_change(self, p, &acceptor);
            apply(self, p, &change, why);
        }
    }
}

bool controller_leads_any(const Controller *self, int32_t broker)
{
    int32_t count = metadata_partition_count(self->context.metadata);
    for (int32_t p = 0; p < count; p++) {
        const PartitionRegistration *now = controller_partition(self, p);
        if (now != NULL && now->leader == broker) {
            return true;
        }
    }
    return false;
}

static bool is_eligible(const Controller *self, const IsrMember *member)
{
    const BrokerRegistration *broker = controller_broker(self, member->broker);
    return controller_is_active(self, member->broker) &&
           (member->broker_epoch < 0 || member->broker_epoch == broker->epoch);
}

static KafkaError check_isr(const Controller *self,
                            const PartitionRegistration *now,
                            const AlterPartitionEntry *entry)
{
    bool has_leader = false;
    for (int32_t i = 0; i < entry->isr_count; i++) {
        if (!replica_list_has(&now->replicas, entry->isr[i].broker)) {
            return KAFKA_INVALID_REQUEST;
        }
        has_leader = has_leader || entry->isr[i].broker == now->leader;
    }
    if (!has_leader || (entry->recovering && entry->isr_count > 1)) {
        return KAFKA_INVALID_REQUEST;
    }
    for (int32_t i = 0; i < entry->isr_count; i++) {
        if (!is_eligible(self, &entry->isr[i])) {
            return KAFKA_INELIGIBLE_REPLICA;
        }
    }
    return KAFKA_NONE;
}

/* In Kafka's order, server.md 1.5. */
static KafkaError validate(const Controller *self, int32_t broker, const AlterPartitionEntry *entry)
{
    const PartitionRegistration *now = controller_partition(self, entry->partition);
    if (now == NULL) {
        return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    }
    if (entry->leader_epoch > now->leader_epoch || entry->partition_epoch > now->partition_epoch) {
        return KAFKA_NOT_CONTROLLER;
    }
    if (entry->leader_epoch < now->leader_epoch) {
        return KAFKA_FENCED_LEADER_EPOCH;
    }
    if (broker != now->leader) {
        return KAFKA_INVALID_REQUEST;
    }
    if (entry->partition_epoch < now->partition_epoch) {
        return KAFKA_INVALID_UPDATE_VERSION;
    }
    return check_isr(self, now, entry);
}

static void answer_with_state(const Controller *self, AlterPartitionEntry *entry)
{
    const PartitionRegistration *now = controller_partition(self, entry->partition);
    entry->leader = now->leader;
    entry->leader_epoch = now->leader_epoch;
    entry->partition_epoch = now->partition_epoch;
    entry->recovering = now->recovery == LEADER_RECOVERING;
    entry->isr_count = now->isr.count;
    for (int32_t i = 0; i < now->isr.count; i++) {
        entry->isr[i] = (IsrMember){now->isr.ids[i], -1};
    }
}

static void alter_one(Controller *self, int32_t broker, AlterPartitionEntry *entry)
{
    entry->error = validate(self, broker, entry);
    if (entry->error != KAFKA_NONE) {
        return;
    }
    LeaderAcceptor acceptor = {self, -1};
    PartitionChange change = begin_change(self, entry->partition, &acceptor);
    change.target_isr.count = 0;
    for (int32_t i = 0; i < entry->isr_count; i++) {
        replica_list_add(&change.target_isr, entry->isr[i].broker);
    }
    change.target_recovery = entry->recovering ? LEADER_RECOVERING : LEADER_RECOVERED;
    g_autofree char *why = g_strdup_printf("alter partition by %d", broker);
    apply(self, entry->partition, &change, why);
    answer_with_state(self, entry);
}

void controller_on_alter_partition(Controller *self, AlterPartitionRequest *request)
{
    AlterPartitionResponse *response =
        message_new(self->context.sim,
                    KAFKA_MESSAGE_BYTES(AlterPartitionResponse, entries, request->count),
                    KAFKA_ALTER_PARTITION | KAFKA_RESPONSE);
    const BrokerRegistration *broker = controller_broker(self, request->broker);
    response->header.correlation_id = request->header.correlation_id;
    response->count = request->count;
    if (broker == NULL || broker->epoch != request->broker_epoch) {
        response->error = KAFKA_STALE_BROKER_EPOCH;
    }
    for (int32_t i = 0; i < request->count; i++) {
        response->entries[i] = request->entries[i];
        if (response->error == KAFKA_NONE) {
            alter_one(self, request->broker, &response->entries[i]);
        }
    }
    controller_respond_when_committed(self, request->header.connection, &response->header);
}

/* Every partition that is led, but not by its first replica, 1000 a round (server.md 1.6). */
void controller_on_balance(Controller *self)
{
    LeaderAcceptor acceptor = {self, -1};
    int32_t count = metadata_partition_count(self->context.metadata);
    int32_t moved = 0;
    for (int32_t p = 0; p < count && moved < BALANCE_ROUND_MAX; p++) {
        const PartitionRegistration *now = controller_partition(self, p);
        if (now == NULL || now->leader == now->replicas.ids[0]) {
            continue;
        }
        PartitionChange change = begin_change(self, p, &acceptor);
        change.election = ELECTION_PREFERRED;
        int32_t epoch = now->partition_epoch;
        apply(self, p, &change, "preferred leader");
        moved += controller_partition(self, p)->partition_epoch != epoch ? 1 : 0;
    }
    actor_arm_constant(&self->actor,
                       &self->balance,
                       moved == BALANCE_ROUND_MAX ? SIM_MS(10) : self->balance_interval_ns);
}
