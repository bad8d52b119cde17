/* topic_deletion.c - topics that go before KRaft: not before every replica has been deleted.
 *
 *   marked for deletion --no partition is being reassigned--> its partitions are gone for clients,
 *   brokers are told --every broker of a replica has taken it--> the topic is gone
 *
 * A broker that is down, or whose directory is offline, holds it up: until it is back the topic
 * cannot be created again. The marks are ZooKeeper's; who has deleted what is not, so that a new
 * controller asks all of them again.
 *
 * Mirrors: TopicDeletionManager, KafkaController.processTopicDeletion. Leaves out: that replicas
 * are stopped before they are deleted (two StopReplica requests). */
#include "models/zookeeper/zookeeper_state.h"

static Actor *actor_of(const ZooKeeperEra *self)
{
    return &self->controller->actor;
}

static const char *name_of(const ZooKeeperEra *self, const TopicDeletion *deletion)
{
    return metadata_topic(self->context->metadata, deletion->topic)->name;
}

/* markTopicIneligibleForDeletion: said once each time. */
static void halt(const ZooKeeperEra *self, TopicDeletion *deletion, const char *why)
{
    if (!deletion->halted) {
        deletion->halted = true;
        actor_log(actor_of(self), "topic deletion halted", "%s: %s", name_of(self, deletion), why);
    }
}

static bool is_waiting(const TopicDeletion *deletion, int32_t broker)
{
    for (guint i = 0; i < deletion->waiting->len; i++) {
        if (g_array_index(deletion->waiting, int32_t, i) == broker) {
            return true;
        }
    }
    return false;
}

static void note_replicas(TopicDeletion *deletion, const ReplicaList *replicas)
{
    for (int32_t i = 0; i < replicas->count; i++) {
        if (!is_waiting(deletion, replicas->ids[i])) {
            g_array_append_val(deletion->waiting, replicas->ids[i]);
        }
    }
}

/* Clients lose sight of it: its leader is LeaderDuringDelete. */
static void begin(ZooKeeperEra *self, TopicDeletion *deletion)
{
    const TopicInfo *info = metadata_topic(self->context->metadata, deletion->topic);
    for (int32_t i = 0; i < info->partitions; i++) {
        const PartitionRegistration *now =
            controller_partition(self->controller, info->first_partition + i);
        if (now != NULL && partition_is_reassigning(now)) {
            halt(self, deletion, "topic reassignment in progress");
            return;
        }
    }
    for (int32_t i = 0; i < info->partitions; i++) {
        const PartitionRegistration *now =
            controller_partition(self->controller, info->first_partition + i);
        if (now != NULL) {
            note_replicas(deletion, &now->replicas);
        }
    }
    deletion->halted = false;
    control_append_remove_topic(self->controller->control, deletion->topic);
    deletion->offset = controller_end_offset(self->controller);
    zookeeper_push(self);
}

static bool has_offline_replica(const ZooKeeperEra *self, int32_t topic, int32_t broker)
{
    const TopicInfo *info = metadata_topic(self->context->metadata, topic);
    int32_t next = partition_index_next(
        self->controller->control->index, broker, PARTITIONS_OFFLINE, info->first_partition);
    return next >= 0 && next < info->first_partition + info->partitions;
}

/* The brokers that have answered since are done. */
static void go_on(ZooKeeperEra *self, TopicDeletion *deletion)
{
    bool dead = false;
    for (guint i = deletion->waiting->len; i > 0; i--) {
        int32_t broker = g_array_index(deletion->waiting, int32_t, i - 1);
        int64_t taken = controller_channels_taken(self->channels, broker);
        bool offline = taken < 0 || has_offline_replica(self, deletion->topic, broker);
        dead = dead || offline;
        if (!offline && taken >= deletion->offset) {
            g_array_append_val(deletion->deleted, broker);
            g_array_remove_index(deletion->waiting, i - 1);
        }
    }
    if (dead) {
        halt(self, deletion, "offline replicas");
    } else {
        deletion->halted = false;
    }
}

void topic_deletion_resume(ZooKeeperEra *self)
{
    GArray *deletions = zookeeper_deletions(self->context->zookeeper);
    for (guint i = deletions->len; i > 0; i--) {
        TopicDeletion *deletion = &g_array_index(deletions, TopicDeletion, i - 1);
        if (deletion->offset < 0) {
            begin(self, deletion);
        } else {
            go_on(self, deletion);
        }
        if (deletion->offset >= 0 && deletion->waiting->len == 0) {
            actor_log(actor_of(self), "topic deletion completed", "%s", name_of(self, deletion));
            g_array_remove_index(deletions, i - 1);
        }
    }
}

void topic_deletion_enqueue(ZooKeeperEra *self, int32_t topic)
{
    const TopicDeletion deletion = {
        .topic = topic,
        .offset = -1,
        .waiting = g_array_new(FALSE, FALSE, sizeof(int32_t)),
        .deleted = g_array_new(FALSE, FALSE, sizeof(int32_t)),
    };
    g_array_append_val(zookeeper_deletions(self->context->zookeeper), deletion);
    actor_log(actor_of(self), "topic marked for deletion", "%s", name_of(self, &deletion));
    topic_deletion_resume(self);
}

void topic_deletion_take_over(ZooKeeperEra *self)
{
    GArray *deletions = zookeeper_deletions(self->context->zookeeper);
    for (guint i = 0; i < deletions->len; i++) {
        TopicDeletion *deletion = &g_array_index(deletions, TopicDeletion, i);
        deletion->halted = false;
        g_array_append_vals(deletion->waiting, deletion->deleted->data, deletion->deleted->len);
        g_array_set_size(deletion->deleted, 0);
    }
}
