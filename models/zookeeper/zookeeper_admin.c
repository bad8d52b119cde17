/* zookeeper_admin.c - what administrators ask of a controller of the ZooKeeper era: its checks.
 *
 * A request is an event among the others and costs what it writes: the broker that is asked, who is
 * taken for the controller here, writes topics, options and assignments, the controller then each
 * partition's nodes and state (AdminZkClient, KafkaZkClient).
 *
 * Placement is topic_control.c's (AdminUtils). New replicas must live; a topic that is being
 * deleted is there still; unclean elections take place as soon as they are allowed.
 *
 * Mirrors: ZkAdminManager, AdminZkClient, KafkaController.validateReplicas,
 * .maybeTriggerPartitionReassignment, .processUncleanLeaderElectionEnable; TopicConfigHandler,
 * DynamicLogConfig; KafkaApis where it says UNSUPPORTED_VERSION. Leaves out: that who deletes a
 * topic is answered when brokers know of it, or after a time-out. */
#include "models/zookeeper/zookeeper_state.h"

static Control *control_of(const ZooKeeperEra *self)
{
    return self->controller->control;
}

static bool is_being_deleted(const ZooKeeperEra *self, int32_t topic)
{
    return zookeeper_find_deletion(self->context->zookeeper, topic) != NULL;
}

/* ---- unclean elections */

/* PartitionStateMachine.triggerOnlinePartitionStateChange */
void zookeeper_elect_unclean(ZooKeeperEra *self)
{
    while (control_elect_unclean(control_of(self))) {
    }
}

static bool enables_unclean(const KafkaConfig *options)
{
    static const char unclean[] = "unclean.leader.election.enable";
    return kafka_config_is_set(options, unclean) && kafka_config_boolean(options, unclean);
}

static KafkaError alter(ZooKeeperEra *self, const AdminRequest *request)
{
    bool topic = request->verb == ADMIN_ALTER_TOPIC_CONFIG;
    bool meant = topic || request->broker < 0 || request->broker == self->controller->id;
    KafkaError error = control_admin(control_of(self), request);
    if (error == KAFKA_NONE && meant && enables_unclean(request->options)) {
        actor_log(&self->controller->actor,
                  "unclean leader election enabled",
                  "%s",
                  topic ? metadata_topic(self->context->metadata, request->topic)->name
                        : "by default");
        zookeeper_enqueue(self, ZOOKEEPER_ELECT_UNCLEAN, -1, NULL);
    }
    return error;
}

/* ---- topics */

static KafkaError create_topic(ZooKeeperEra *self, const AdminRequest *request)
{
    return is_being_deleted(self, request->topic) ? KAFKA_TOPIC_ALREADY_EXISTS
                                                  : control_admin(control_of(self), request);
}

static bool has_partitions(const ZooKeeperEra *self, int32_t topic)
{
    return metadata_topic_partitions(
               self->context->metadata, topic, controller_end_offset(self->controller)) > 0;
}

static KafkaError delete_topic(ZooKeeperEra *self, int32_t topic)
{
    if (!has_partitions(self, topic)) {
        return KAFKA_UNKNOWN_TOPIC_OR_PARTITION; /* to brokers one that is being deleted is gone */
    }
    if (!is_being_deleted(self, topic)) {
        topic_deletion_enqueue(self, topic);
    }
    return KAFKA_NONE;
}

static bool is_moving(const ZooKeeperEra *self, int32_t topic)
{
    const TopicInfo *info = metadata_topic(self->context->metadata, topic);
    for (int32_t i = 0; i < info->partitions; i++) {
        const PartitionRegistration *now =
            controller_partition(self->controller, info->first_partition + i);
        if (now != NULL && partition_is_reassigning(now)) {
            return true;
        }
    }
    return false;
}

static bool names_the_dead(const ZooKeeperEra *self, const GPtrArray *assignment)
{
    for (guint i = 0; assignment != NULL && i < assignment->len; i++) {
        const GArray *ids = assignment->pdata[i];
        for (guint k = 0; k < ids->len; k++) {
            const BrokerRegistration *broker =
                control_broker(control_of(self), g_array_index(ids, int32_t, k));
            if (broker == NULL || broker->fenced) {
                return true;
            }
        }
    }
    return false;
}

static KafkaError create_partitions(ZooKeeperEra *self, const AdminRequest *request)
{
    if (is_being_deleted(self, request->topic)) {
        return KAFKA_INVALID_TOPIC_EXCEPTION;
    }
    if (is_moving(self, request->topic)) {
        return KAFKA_REASSIGNMENT_IN_PROGRESS;
    }
    return names_the_dead(self, request->assignment) ? KAFKA_INVALID_REPLICA_ASSIGNMENT
                                                     : control_admin(control_of(self), request);
}

/* ---- replicas */

/* Of what it names, what is not there already must live. */
static bool adds_the_dead(const ZooKeeperEra *self, const AdminRequest *request)
{
    const TopicInfo *info = metadata_topic(self->context->metadata, request->topic);
    const PartitionRegistration *now =
        controller_partition(self->controller, info->first_partition + request->partition);
    for (int32_t i = 0; now != NULL && i < request->replicas.count; i++) {
        int32_t broker = request->replicas.ids[i];
        bool origin =
            replica_list_has(&now->replicas, broker) && !replica_list_has(&now->adding, broker);
        if (!origin && !control_is_active(control_of(self), broker)) {
            return true;
        }
    }
    return false;
}

static KafkaError reassign(ZooKeeperEra *self, const AdminRequest *request)
{
    const TopicInfo *info = metadata_topic(self->context->metadata, request->topic);
    if (request->partition < 0 || request->partition >= info->partitions) {
        return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    }
    if (adds_the_dead(self, request)) {
        return KAFKA_INVALID_REPLICA_ASSIGNMENT;
    }
    return is_being_deleted(self, request->topic)
               ? KAFKA_UNKNOWN_TOPIC_OR_PARTITION
               : zookeeper_reassign(
                     self, info->first_partition + request->partition, &request->replicas);
}

KafkaError zookeeper_admin(void *mode, const AdminRequest *request)
{
    ZooKeeperEra *self = mode;
    switch (request->verb) {
    case ADMIN_CREATE_TOPIC:
        return create_topic(self, request);
    case ADMIN_DELETE_TOPIC:
        return delete_topic(self, request->topic);
    case ADMIN_CREATE_PARTITIONS:
        return create_partitions(self, request);
    case ADMIN_REASSIGN:
        return reassign(self, request);
    case ADMIN_ALTER_TOPIC_CONFIG:
    case ADMIN_ALTER_BROKER_CONFIG:
        return alter(self, request);
    case ADMIN_ELECT_LEADERS:
        return control_admin(control_of(self), request);
    case ADMIN_UNREGISTER_BROKER:
        break; /* KIP-631: no api of brokers with ZooKeeper */
    }
    return KAFKA_UNSUPPORTED_VERSION;
}

/* ---- what it costs: nodes that are written */

/* A new partition's node and state are the profile's price of one state. */
int32_t zookeeper_count_admin_writes(const ZooKeeperEra *self, const AdminRequest *request)
{
    const MetadataLog *metadata = self->context->metadata;
    const int64_t end = controller_end_offset(self->controller);
    const int32_t given = request->assignment != NULL ? (int32_t)request->assignment->len : 0;
    switch (request->verb) {
    case ADMIN_CREATE_TOPIC: /* options, /brokers/topics/NAME, .../partitions */
        return 3 + MAX(given, request->number);
    case ADMIN_CREATE_PARTITIONS: /* the topic's assignment */
        return 1 +
               MAX(0, request->number - metadata_topic_partitions(metadata, request->topic, end));
    case ADMIN_REASSIGN:           /* the topic's assignment, the partition's state */
    case ADMIN_ALTER_TOPIC_CONFIG: /* the options, and a note that they changed */
    case ADMIN_ALTER_BROKER_CONFIG:
        return 2;
    case ADMIN_ELECT_LEADERS:
        return request->partition >= 0 ? 1
               : request->topic >= 0   ? metadata_topic_partitions(metadata, request->topic, end)
                                       : 1;
    case ADMIN_DELETE_TOPIC: /* /admin/delete_topics/NAME; the rest is topic_deletion.c's */
    case ADMIN_UNREGISTER_BROKER:
        break;
    }
    return 1;
}

bool zookeeper_on_admin(void *mode, RequestHeader *request)
{
    ZooKeeperEra *self = mode;
    if (!controller_can_decide(self->controller)) {
        return false;
    }
    zookeeper_enqueue(self, ZOOKEEPER_ADMIN, -1, request);
    return true;
}
