/* topic_deletion.c - topics that go before KRaft: not before every replica has been deleted.
 *
 *   marked for deletion --no partition is being reassigned--> its partitions are gone for clients;
 *   who lives leaves the ISRs, one write each, and is told to stop and to delete its replicas
 *   (StopReplica) --all have answered--> the topic is gone
 *
 *   a replica: waits --told--> started --it has answered--> successful
 *                 ^--an error, or its broker is gone--|
 *
 * A replica that fails, or whose broker or directory is offline, makes its topic ineligible: the
 * others go, but until a broker of its replicas starts no more are told, and it cannot be created
 * again. The marks are ZooKeeper's; who has deleted what is not, so that a new controller tells all
 * of them again, and none while one of them is offline.
 *
 * Mirrors: TopicDeletionManager, KafkaController.processTopicDeletion,
 * .processTopicDeletionStopReplicaResponseReceived. */
#include "models/zookeeper/zookeeper_state.h"

/* The topic's own node, its options, its mark. */
#define NODES_OF_A_TOPIC 3

static Actor *actor_of(const ZooKeeperEra *self)
{
    return &self->controller->actor;
}

static const TopicInfo *info_of(const ZooKeeperEra *self, const TopicDeletion *deletion)
{
    return metadata_topic(self->context->metadata, deletion->topic);
}

static ReplicaDeletion *replica_of(const TopicDeletion *deletion, guint at)
{
    return &g_array_index(deletion->replicas, ReplicaDeletion, at);
}

static TopicDeletion *deletion_at(const ZooKeeperEra *self, guint at)
{
    return &g_array_index(zookeeper_deletions(self->context->zookeeper), TopicDeletion, at);
}

static guint count_of(const ZooKeeperEra *self)
{
    return zookeeper_deletions(self->context->zookeeper)->len;
}

/* markTopicIneligibleForDeletion: said once each time. */
static void halt(const ZooKeeperEra *self, TopicDeletion *deletion, const char *why)
{
    if (!deletion->ineligible) {
        deletion->ineligible = true;
        actor_log(
            actor_of(self), "topic deletion halted", "%s: %s", info_of(self, deletion)->name, why);
    }
}

static bool is_moving(const ZooKeeperEra *self, const TopicDeletion *deletion)
{
    const TopicInfo *info = info_of(self, deletion);
    for (int32_t i = 0; i < info->partitions; i++) {
        const PartitionRegistration *now =
            controller_partition(self->controller, info->first_partition + i);
        if (now != NULL && partition_is_reassigning(now)) {
            return true;
        }
    }
    return false;
}

/* isReplicaOnline */
static bool is_online(const ZooKeeperEra *self, const ReplicaDeletion *replica)
{
    return zookeeper_node(self, replica->broker) != 0 &&
           !partition_index_has(self->controller->control->index,
                                replica->broker,
                                PARTITIONS_OFFLINE,
                                replica->partition);
}

static guint count_in(const TopicDeletion *deletion, ReplicaDeletionState state)
{
    guint count = 0;
    for (guint i = 0; i < deletion->replicas->len; i++) {
        count += replica_of(deletion, i)->state == state ? 1 : 0;
    }
    return count;
}

/* ---- it begins */

/* Each that lives and is in sync leaves the ISR: a state that is written. */
static void note_replicas(ZooKeeperEra *self, TopicDeletion *deletion)
{
    const TopicInfo *info = info_of(self, deletion);
    for (int32_t i = 0; i < info->partitions; i++) {
        const int32_t partition = info->first_partition + i;
        const PartitionRegistration *now = controller_partition(self->controller, partition);
        for (int32_t k = 0; now != NULL && k < now->replicas.count; k++) {
            const ReplicaDeletion replica = {
                .partition = partition,
                .broker = now->replicas.ids[k],
                .state = REPLICA_DELETION_WAITS,
            };
            g_array_append_val(deletion->replicas, replica);
            if (is_online(self, &replica) && replica_list_has(&now->isr, replica.broker)) {
                deletion->writes++;
            }
        }
    }
}

/* onTopicDeletion: clients lose sight of it, its leader is LeaderDuringDelete; who lives is to be
 * stopped. */
static void start(ZooKeeperEra *self, TopicDeletion *deletion)
{
    bool dead = false;
    deletion->writes = 0;
    if (!deletion->begun) {
        deletion->begun = true;
        note_replicas(self, deletion);
        control_append_remove_topic(self->controller->control, deletion->topic);
        zookeeper_push(self);
    }
    for (guint i = 0; i < deletion->replicas->len; i++) {
        ReplicaDeletion *replica = replica_of(deletion, i);
        const bool online = is_online(self, replica);
        dead = dead || !online;
        if (online && replica->state == REPLICA_DELETION_WAITS) {
            replica->state = REPLICA_DELETION_STARTED;
        }
    }
    if (count_in(deletion, REPLICA_DELETION_STARTED) == 0) {
        deletion->writes = -1;
    }
    if (dead) {
        halt(self, deletion, "offline replicas");
    }
}

int32_t topic_deletion_writes(const ZooKeeperEra *self)
{
    int32_t writes = 0;
    for (guint i = 0; i < count_of(self); i++) {
        writes += MAX(0, deletion_at(self, i)->writes);
    }
    return writes;
}

void topic_deletion_stop_replicas(ZooKeeperEra *self)
{
    for (guint i = 0; i < count_of(self); i++) {
        TopicDeletion *deletion = deletion_at(self, i);
        for (guint k = 0; deletion->writes >= 0 && k < deletion->replicas->len; k++) {
            const ReplicaDeletion *replica = replica_of(deletion, k);
            if (replica->state == REPLICA_DELETION_STARTED) {
                zookeeper_stop_replica(self, replica->broker, replica->partition, true);
            }
        }
        deletion->writes = -1;
    }
}

/* ---- it goes on */

static void complete(ZooKeeperEra *self, guint at)
{
    const TopicDeletion *deletion = deletion_at(self, at);
    const TopicInfo *info = info_of(self, deletion);
    actor_log(actor_of(self), "topic deletion completed", "%s", info->name);
    self->busy_until = MAX(self->busy_until, actor_now(actor_of(self))) +
                       self->context->profile->zookeeper_write *
                           (NODES_OF_A_TOPIC + (SimDuration)info->partitions);
    g_array_remove_index(zookeeper_deletions(self->context->zookeeper), at);
}

bool topic_deletion_resume(ZooKeeperEra *self)
{
    bool any_started = false;
    for (guint i = count_of(self); i > 0; i--) {
        TopicDeletion *deletion = deletion_at(self, i - 1);
        if (deletion->begun &&
            count_in(deletion, REPLICA_DELETION_SUCCESSFUL) == deletion->replicas->len) {
            complete(self, i - 1);
        } else if (!deletion->ineligible && count_in(deletion, REPLICA_DELETION_STARTED) == 0) {
            start(self, deletion);
            any_started = any_started || deletion->writes >= 0;
        }
    }
    return any_started;
}

void topic_deletion_allow(ZooKeeperEra *self, const GArray *brokers)
{
    for (guint i = 0; i < count_of(self); i++) {
        TopicDeletion *deletion = deletion_at(self, i);
        bool any = !deletion->begun && !is_moving(self, deletion);
        for (guint k = 0; brokers != NULL && k < deletion->replicas->len; k++) {
            for (guint b = 0; b < brokers->len; b++) {
                any = any || replica_of(deletion, k)->broker == g_array_index(brokers, int32_t, b);
            }
        }
        deletion->ineligible = deletion->ineligible && !any;
    }
}

/* failReplicaDeletion: a replica that is deleted stays so. */
static void fail(ZooKeeperEra *self, TopicDeletion *deletion, ReplicaDeletion *replica)
{
    if (replica->state == REPLICA_DELETION_STARTED) {
        replica->state = REPLICA_DELETION_WAITS;
    }
    halt(self, deletion, "replica deletion failure");
}

void topic_deletion_on_offline(ZooKeeperEra *self, int32_t broker, bool dirs)
{
    for (guint i = 0; i < count_of(self); i++) {
        TopicDeletion *deletion = deletion_at(self, i);
        for (guint k = 0; k < deletion->replicas->len; k++) {
            ReplicaDeletion *replica = replica_of(deletion, k);
            if (replica->broker == broker && (!dirs || !is_online(self, replica))) {
                fail(self, deletion, replica);
            }
        }
    }
}

static void on_answer(ZooKeeperEra *self, int32_t broker, const StopReplicaPartition *answered)
{
    for (guint i = 0; i < count_of(self); i++) {
        TopicDeletion *deletion = deletion_at(self, i);
        for (guint k = 0; k < deletion->replicas->len; k++) {
            ReplicaDeletion *replica = replica_of(deletion, k);
            if (replica->broker != broker || replica->partition != answered->partition) {
                continue;
            }
            if (answered->error != KAFKA_NONE) {
                fail(self, deletion, replica);
            } else if (replica->state == REPLICA_DELETION_STARTED) {
                replica->state = REPLICA_DELETION_SUCCESSFUL;
            }
        }
    }
}

void topic_deletion_on_answer(ZooKeeperEra *self, const ZooKeeperEvent *event)
{
    for (guint i = 0; i < event->stopped->len; i++) {
        on_answer(self, event->broker, &g_array_index(event->stopped, StopReplicaPartition, i));
    }
}

void topic_deletion_on_stopped(void *owner, int32_t broker, const StopReplicaResponse *response)
{
    ZooKeeperEra *self = owner;
    ZooKeeperEvent event = {.kind = ZOOKEEPER_STOPPED, .broker = broker};
    for (int32_t i = 0; i < response->count; i++) {
        const StopReplicaPartition *answered = &response->partitions[i];
        if (answered->deletes && zookeeper_is_queued_for_deletion(self, answered->partition)) {
            event.stopped = event.stopped != NULL
                                ? event.stopped
                                : g_array_new(FALSE, FALSE, sizeof(StopReplicaPartition));
            g_array_append_val(event.stopped, *answered);
        }
    }
    if (event.stopped != NULL) {
        zookeeper_enqueue_event(self, &event);
    }
}

/* ---- the marks */

void topic_deletion_enqueue(ZooKeeperEra *self, int32_t topic)
{
    TopicDeletion deletion = {
        .topic = topic,
        .replicas = g_array_new(FALSE, FALSE, sizeof(ReplicaDeletion)),
        .writes = -1,
    };
    actor_log(actor_of(self), "topic marked for deletion", "%s", info_of(self, &deletion)->name);
    if (is_moving(self, &deletion)) {
        halt(self, &deletion, "topic reassignment in progress");
    }
    g_array_append_val(zookeeper_deletions(self->context->zookeeper), deletion);
}

/* fetchTopicDeletionsInProgress */
void topic_deletion_take_over(ZooKeeperEra *self)
{
    for (guint i = 0; i < count_of(self); i++) {
        TopicDeletion *deletion = deletion_at(self, i);
        deletion->writes = -1;
        deletion->ineligible = is_moving(self, deletion);
        for (guint k = 0; k < deletion->replicas->len; k++) {
            ReplicaDeletion *replica = replica_of(deletion, k);
            replica->state = REPLICA_DELETION_WAITS;
            deletion->ineligible = deletion->ineligible || !is_online(self, replica);
        }
    }
}
