/* topic_control.c - topics and partitions made and removed, options, what administrators ask.
 *
 * Mirrors: ReplicationControlManager.createTopics, .deleteTopics, .createPartitions, .electLeaders,
 * .alterPartitionReassignments; ConfigurationControlManager.incrementalAlterConfigs;
 * ClearElrRecord. Leaves out: topic policies, validation of option values (the
 * reader does it). */
#include "models/controller/admin_utils.h"
#include "models/controller/control_state.h"
#include "models/controller/replica_placement.h"
#include "models/protocol/topic_name.h"
#include "models/spec/topic_refusal.h"
#include <string.h>

/* ---- placement */

static ReplicaPlacer *make_placer(Control *self)
{
    int32_t count = 0;
    int32_t broker;
    bool fenced;
    GArray *usable = g_array_new(FALSE, FALSE, sizeof(UsableBroker));
    while (broker_heartbeats_usable(self->heartbeats, count, &broker, &fenced)) {
        const UsableBroker one = {broker, control_broker(self, broker)->rack, fenced};
        g_array_append_val(usable, one);
        count++;
    }
    ReplicaPlacer *placer = replica_placer_new((const UsableBroker *)(const void *)usable->data,
                                               count,
                                               placement_draw_from_stream,
                                               self->context.placement);
    g_array_free(usable, TRUE);
    return placer;
}

/* Its active replicas are in sync, the first of them leads. False when none is active. */
bool control_start_partition(const Control *self,
                             const ReplicaList *replicas,
                             PartitionRegistration *ret)
{
    *ret = (PartitionRegistration){.replicas = *replicas, .leader = NO_LEADER};
    for (int32_t i = 0; i < replicas->count; i++) {
        if (control_is_active(self, replicas->ids[i])) {
            replica_list_add(&ret->isr, replicas->ids[i]);
        }
    }
    ret->leader = ret->isr.count > 0 ? ret->isr.ids[0] : NO_LEADER;
    return ret->leader != NO_LEADER;
}

/* By hand: registered brokers, once each, as many for each partition. */
static KafkaError assigned(const Control *self,
                           const GArray *ids,
                           int32_t replication_factor,
                           PartitionRegistration *ret)
{
    ReplicaList replicas = {0};
    for (guint i = 0; i < ids->len && i < REPLICAS_MAX; i++) {
        replicas.ids[replicas.count++] = g_array_index(ids, int32_t, i);
    }
    KafkaError error = control_check_assignment(self, &replicas);
    if (error != KAFKA_NONE) {
        return error;
    }
    bool even = replication_factor < 0 || replicas.count == replication_factor;
    bool led = control_start_partition(self, &replicas, ret);
    return even && (led || !control_has_era(self, ERA_KRAFT)) ? KAFKA_NONE
                                                              : KAFKA_INVALID_REPLICA_ASSIGNMENT;
}

/* Before KRaft: brokers that live, or are about to stop. */
static GArray *living_brokers(const Control *self)
{
    GArray *living = g_array_new(FALSE, FALSE, sizeof(UsableBroker));
    const int32_t *ids;
    int32_t count = metadata_broker_ids(self->context.metadata, &ids);
    for (int32_t i = 0; i < count; i++) {
        const BrokerRegistration *broker = control_broker(self, ids[i]);
        if (broker != NULL && !broker->fenced) {
            const UsableBroker one = {ids[i], broker->rack != NULL ? broker->rack : "", false};
            g_array_append_val(living, one);
        }
    }
    return living;
}

/* AdminZkClient.createNewPartitionsAssignment: of a topic that grows the round goes on from the
 * first replica of its first partition. */
static int32_t fixed_start_of(const Control *self, int32_t first_partition, const GArray *living)
{
    int32_t id = control_partition(self, first_partition)->replicas.ids[0];
    for (guint i = 0; i < living->len; i++) {
        if (g_array_index(living, UsableBroker, i).id >= id) {
            return (int32_t)i;
        }
    }
    return 0;
}

/* As make_partitions. */
static KafkaError make_partitions_with_zookeeper(
    Control *self, int32_t first, int32_t count, int32_t replication_factor, GArray *made)
{
    GArray *living = living_brokers(self);
    GArray *replicas = g_array_new(FALSE, FALSE, sizeof(ReplicaList));
    const TopicInfo *topic = metadata_topic_of(self->context.metadata, first);
    bool grows = first > topic->first_partition;
    const AssignmentWish wish = {
        .partitions = count,
        .replication_factor = replication_factor,
        .fixed_start = grows ? fixed_start_of(self, topic->first_partition, living) : -1,
        .first = first - topic->first_partition,
    };
    KafkaError error = admin_utils_assign((const UsableBroker *)(const void *)living->data,
                                          (int32_t)living->len,
                                          &wish,
                                          placement_draw_from_stream,
                                          self->context.placement,
                                          replicas);
    for (guint i = 0; i < replicas->len && error == KAFKA_NONE; i++) {
        PartitionRegistration one;
        (void)control_start_partition(self, &g_array_index(replicas, ReplicaList, i), &one);
        g_array_append_val(made, one);
    }
    g_array_free(living, TRUE);
    g_array_free(replicas, TRUE);
    return error;
}

/* The registrations of `count` new partitions from `first` on into `made`, all or nothing. */
static KafkaError make_partitions(Control *self,
                                  int32_t first,
                                  int32_t count,
                                  int32_t replication_factor,
                                  const GPtrArray *assignment,
                                  GArray *made)
{
    if (assignment == NULL && !control_has_era(self, ERA_KRAFT)) {
        return make_partitions_with_zookeeper(self, first, count, replication_factor, made);
    }
    ReplicaPlacer *placer = assignment == NULL ? make_placer(self) : NULL;
    KafkaError error = KAFKA_NONE;
    for (int32_t i = 0; i < count && error == KAFKA_NONE; i++) {
        PartitionRegistration registration;
        ReplicaList replicas;
        if (assignment != NULL) {
            error = assigned(self, assignment->pdata[i], replication_factor, &registration);
            replication_factor = registration.replicas.count;
        } else if (!replica_placer_place(placer, replication_factor, &replicas) ||
                   !control_start_partition(self, &replicas, &registration)) {
            error = KAFKA_INVALID_REPLICATION_FACTOR;
        }
        g_array_append_val(made, registration);
    }
    if (placer != NULL) {
        replica_placer_free(placer);
    }
    return error;
}

static void append_made(Control *self, int32_t first, const GArray *made)
{
    for (guint i = 0; i < made->len; i++) {
        control_append_partition(self,
                                 first + (int32_t)i,
                                 &g_array_index(made, PartitionRegistration, i),
                                 NULL,
                                 "created");
    }
}

static int32_t partitions_now(const Control *self, int32_t topic)
{
    return metadata_topic_partitions(self->context.metadata, topic, control_end_offset(self));
}

static KafkaError make_and_append(Control *self,
                                  int32_t first,
                                  int32_t count,
                                  int32_t replication_factor,
                                  const GPtrArray *assignment)
{
    GArray *made = g_array_new(FALSE, FALSE, sizeof(PartitionRegistration));
    KafkaError error = make_partitions(self, first, count, replication_factor, assignment, made);
    if (error == KAFKA_NONE) {
        append_made(self, first, made);
    }
    g_array_free(made, TRUE);
    return error;
}

static int32_t or_default(const Control *self, int32_t value, const char *option)
{
    return value != -1 ? value : (int32_t)kafka_config_integer(self->context.config, option);
}

/* What a new topic would consist of into `made`. */
static KafkaError make_topic(Control *self,
                             int32_t topic,
                             int32_t count,
                             int32_t replication_factor,
                             const GPtrArray *assignment,
                             GArray *made)
{
    const TopicInfo *info = metadata_topic(self->context.metadata, topic);
    if (partitions_now(self, topic) > 0) {
        return KAFKA_TOPIC_ALREADY_EXISTS;
    }
    if (assignment != NULL) {
        count = (int32_t)assignment->len;
        replication_factor = -1;
    } else {
        count = or_default(self, count, "num.partitions");
        replication_factor = or_default(self, replication_factor, "default.replication.factor");
    }
    if (count < 1 || count > info->partitions) {
        return KAFKA_INVALID_PARTITIONS;
    }
    return make_partitions(
        self, info->first_partition, count, replication_factor, assignment, made);
}

KafkaError control_create_topic(Control *self,
                                int32_t topic,
                                int32_t count,
                                int32_t replication_factor,
                                const GPtrArray *assignment)
{
    GArray *made = g_array_new(FALSE, FALSE, sizeof(PartitionRegistration));
    KafkaError error = make_topic(self, topic, count, replication_factor, assignment, made);
    if (error == KAFKA_NONE) {
        append_made(self, metadata_topic(self->context.metadata, topic)->first_partition, made);
    }
    g_array_free(made, TRUE);
    return error;
}

static KafkaError create_partitions(Control *self, const AdminRequest *request)
{
    const TopicInfo *info = metadata_topic(self->context.metadata, request->topic);
    int32_t now = partitions_now(self, request->topic);
    if (now == 0) {
        return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    }
    if (request->number <= now || request->number > info->partitions) {
        return KAFKA_INVALID_PARTITIONS;
    }
    int32_t added = request->number - now;
    if (request->assignment != NULL && (int32_t)request->assignment->len != added) {
        return KAFKA_INVALID_REPLICA_ASSIGNMENT;
    }
    int32_t factor = control_partition(self, info->first_partition)->replicas.count;
    return make_and_append(self, info->first_partition + now, added, factor, request->assignment);
}

static KafkaError delete_topic(Control *self, int32_t topic)
{
    if (partitions_now(self, topic) == 0) {
        return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    }
    control_step(self,
                 "topic deleted",
                 "%s, its partitions are gone",
                 metadata_topic(self->context.metadata, topic)->name);
    control_append_remove_topic(self, topic);
    return KAFKA_NONE;
}

/* ---- options */

/* Another min.insync.replicas: who was eligible under the old one may lack what the new one
 * promises. */
static void clear_elr(Control *self, int32_t topic)
{
    const TopicInfo *info = metadata_topic(self->context.metadata, topic);
    int32_t count = partitions_now(self, topic);
    for (int32_t i = 0; i < count && control_has_era(self, ERA_KIP_966); i++) {
        const PartitionRegistration *now = control_partition(self, info->first_partition + i);
        if (now->elr.count > 0 || now->last_known_elr.count > 0) {
            const PartitionChangeRecord cleared = {.has_elr = true, .has_last_known_elr = true};
            PartitionRegistration next = partition_change_merge(now, &cleared);
            control_append_partition(
                self, info->first_partition + i, &next, &cleared, "min.insync.replicas altered");
        }
    }
}

static void note_min_isr(void *user, const KafkaOption *option, const char *text)
{
    (void)text;
    bool *named = user;
    *named = *named || g_strcmp0(option->name, "min.insync.replicas") == 0;
}

static KafkaError alter_topic(Control *self, const AdminRequest *request)
{
    if (partitions_now(self, request->topic) == 0) {
        return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    }
    const KafkaConfig *own =
        metadata_topic_config(self->context.metadata, request->topic, control_end_offset(self));
    if (topic_refusal(request->options, own, self->context.config, self->context.era) != NULL) {
        return KAFKA_INVALID_CONFIG;
    }
    bool min_isr = false;
    control_append_options(self, METADATA_TOPIC_CONFIG, request->topic, request->options);
    kafka_config_each_set(request->options, note_min_isr, &min_isr);
    if (min_isr) {
        clear_elr(self, request->topic);
    }
    return KAFKA_NONE;
}

/* One broker's own min.insync.replicas would mean another ELR by who leads. Mirrors:
 * ConfigurationControlManager.isDisallowedBrokerMinIsrTransition. */
static KafkaError alter_broker(Control *self, const AdminRequest *request)
{
    bool min_isr = false;
    kafka_config_each_set(request->options, note_min_isr, &min_isr);
    if (min_isr && request->broker >= 0 && control_has_era(self, ERA_KIP_966)) {
        return KAFKA_INVALID_CONFIG;
    }
    control_append_options(self, METADATA_BROKER_CONFIG, request->broker, request->options);
    for (int32_t t = 0; min_isr && t < self->setting_count; t++) {
        const KafkaConfig *own =
            metadata_topic_config(self->context.metadata, t, control_end_offset(self));
        if (own == NULL || !kafka_config_is_set(own, "min.insync.replicas")) {
            clear_elr(self, t);
        }
    }
    return KAFKA_NONE;
}

/* ---- administrators */

/* Partitions that need no election are passed over where all are asked for. What the one answer
 * of all says: the first error; ELECTION_NOT_NEEDED when no partition at all needed one. */
typedef struct Elected {
    KafkaError error;
    int32_t count;
} Elected;

static void elect_topic(Control *self, int32_t topic, Election election, Elected *elected)
{
    const TopicInfo *info = metadata_topic(self->context.metadata, topic);
    for (int32_t i = 0; i < partitions_now(self, topic); i++) {
        KafkaError error = control_elect_leader(self, info->first_partition + i, election);
        if (error == KAFKA_NONE) {
            elected->count++;
        } else if (error != KAFKA_ELECTION_NOT_NEEDED && elected->error == KAFKA_NONE) {
            elected->error = error;
        }
    }
}

static KafkaError answer_of(const Elected *elected)
{
    return elected->error == KAFKA_NONE && elected->count == 0 ? KAFKA_ELECTION_NOT_NEEDED
                                                               : elected->error;
}

static KafkaError elect_leaders(Control *self, const AdminRequest *request)
{
    Election election = request->unclean ? ELECTION_UNCLEAN : ELECTION_PREFERRED;
    Elected elected = {KAFKA_NONE, 0};
    if (request->topic < 0) {
        for (int32_t t = 0; t < self->setting_count; t++) {
            elect_topic(self, t, election, &elected);
        }
        return answer_of(&elected);
    }
    if (partitions_now(self, request->topic) == 0) {
        return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    }
    if (request->partition < 0) {
        elect_topic(self, request->topic, election, &elected);
        return answer_of(&elected);
    }
    const TopicInfo *info = metadata_topic(self->context.metadata, request->topic);
    return request->partition < info->partitions
               ? control_elect_leader(self, info->first_partition + request->partition, election)
               : KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
}

static KafkaError reassign(Control *self, const AdminRequest *request)
{
    const TopicInfo *info = metadata_topic(self->context.metadata, request->topic);
    if (request->partition < 0 || request->partition >= info->partitions) {
        return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    }
    return control_reassign(self,
                            info->first_partition + request->partition,
                            request->replicas.count > 0 ? &request->replicas : NULL);
}

/* ReplicationControlManager.validateNewTopicNames */
static bool collides(const Control *self, int32_t topic)
{
    const char *name = metadata_topic(self->context.metadata, topic)->name;
    const int32_t count = metadata_topic_count(self->context.metadata);
    for (int32_t i = 0; strpbrk(name, "._") != NULL && i < count; i++) {
        const char *other = metadata_topic(self->context.metadata, i)->name;
        if (i != topic && topic_name_collides(name, other) && partitions_now(self, i) > 0) {
            return true;
        }
    }
    return false;
}

static void note_any(void *user, const KafkaOption *option, const char *text)
{
    (void)option;
    (void)text;
    *(bool *)user = true;
}

static bool sets_any(const KafkaConfig *options)
{
    bool any = false;
    if (options != NULL) {
        kafka_config_each_set(options, note_any, &any);
    }
    return any;
}

/* Before its partitions, as in ReplicationControlManager.createTopic. Who asks for what was
 * declared for the topic has it: the declaration stands for the records. */
static void append_options_of_new(Control *self, const AdminRequest *request)
{
    const KafkaConfig *now =
        metadata_topic_config(self->context.metadata, request->topic, control_end_offset(self));
    if (now != request->options && (sets_any(now) || sets_any(request->options))) {
        control_append_new_options(self, request->topic, request->options);
    }
}

static KafkaError create_topic(Control *self, const AdminRequest *request)
{
    if (partitions_now(self, request->topic) == 0 && collides(self, request->topic)) {
        return KAFKA_INVALID_TOPIC_EXCEPTION;
    }
    if (request->options != NULL && partitions_now(self, request->topic) == 0 &&
        topic_refusal(request->options, NULL, self->context.config, self->context.era) != NULL) {
        return KAFKA_INVALID_CONFIG;
    }
    GArray *made = g_array_new(FALSE, FALSE, sizeof(PartitionRegistration));
    KafkaError error = make_topic(self,
                                  request->topic,
                                  request->number,
                                  request->replication_factor,
                                  request->assignment,
                                  made);
    if (error == KAFKA_NONE) {
        append_options_of_new(self, request);
        append_made(
            self, metadata_topic(self->context.metadata, request->topic)->first_partition, made);
    }
    g_array_free(made, TRUE);
    return error;
}

KafkaError control_admin(Control *self, const AdminRequest *request)
{
    switch (request->verb) {
    case ADMIN_CREATE_TOPIC:
        return create_topic(self, request);
    case ADMIN_DELETE_TOPIC:
        return delete_topic(self, request->topic);
    case ADMIN_CREATE_PARTITIONS:
        return create_partitions(self, request);
    case ADMIN_REASSIGN:
        return reassign(self, request);
    case ADMIN_ELECT_LEADERS:
        return elect_leaders(self, request);
    case ADMIN_ALTER_TOPIC_CONFIG:
        return alter_topic(self, request);
    case ADMIN_ALTER_BROKER_CONFIG:
        return alter_broker(self, request);
    case ADMIN_UNREGISTER_BROKER:
        return control_unregister_broker(self, request->broker);
    }
    return KAFKA_UNKNOWN_SERVER_ERROR;
}
