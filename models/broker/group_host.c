/* group_host.c - what the broker is to its group coordinator: the log under it, the topics it
 * assigns, its options. See CoordinatorHost. */
#include "models/broker/broker_state.h"
#include "models/broker/share/share_manager.h"
#include "models/group/share/simple_assignor.h"
#include <string.h>

static int32_t offsets_count(void *owner)
{
    const Broker *self = owner;
    const TopicInfo *topic = metadata_find_topic(self->context.metadata, "__consumer_offsets");
    return topic != NULL ? topic->partitions : 0;
}

static int32_t offsets_partition(void *owner, int32_t i)
{
    const Broker *self = owner;
    return metadata_find_topic(self->context.metadata, "__consumer_offsets")->first_partition + i;
}

static AssignorTopic coordinator_topic(void *owner, int32_t topic)
{
    const Broker *self = owner;
    const MetadataLog *metadata = self->context.metadata;
    const TopicInfo *info = metadata_topic(metadata, topic);
    return (AssignorTopic){
        .name = info->name,
        .first_partition = info->first_partition,
        .id = {.high = 0x4000, .low = topic + 1}, /* made up: in order of creation */
        .partitions = metadata_topic_partitions(metadata, topic, self->applied_offset),
    };
}

static const char *rack_of(const Broker *self, int32_t id)
{
    const BrokerRegistration *known =
        metadata_broker(self->context.metadata, id, self->applied_offset);
    return known == NULL || known->rack == NULL || *known->rack == '\0' ? NULL : known->rack;
}

static bool has_racks(const Broker *self)
{
    const int32_t *ids;
    const int32_t count = metadata_broker_ids(self->context.metadata, &ids);
    for (int32_t i = 0; i < count; i++) {
        if (rack_of(self, ids[i]) != NULL) {
            return true;
        }
    }
    return false;
}

#define FNV_PRIME UINT64_C(0x100000001b3)

/* FNV-1a. */
static uint64_t hash_name(const char *name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *name != '\0'; name++) {
        hash = (hash ^ (uint8_t)*name) * FNV_PRIME;
    }
    return hash;
}

/* Partition by partition the racks of its replicas, in any order, each as often as it is there. */
static uint64_t hash_racks(const Broker *self, int32_t topic)
{
    const MetadataLog *metadata = self->context.metadata;
    if (!has_racks(self)) {
        return 0;
    }
    const int32_t first = metadata_topic(metadata, topic)->first_partition;
    const int32_t count = metadata_topic_partitions(metadata, topic, self->applied_offset);
    uint64_t hash = 1;
    for (int32_t p = first; p < first + count; p++) {
        const PartitionRegistration *known = metadata_partition(metadata, p, self->applied_offset);
        uint64_t racks = 0;
        for (int32_t r = 0; known != NULL && r < known->replicas.count; r++) {
            const char *rack = rack_of(self, known->replicas.ids[r]);
            racks += rack == NULL ? 0 : hash_name(rack);
        }
        hash = (hash ^ racks) * FNV_PRIME;
    }
    return hash;
}

static uint64_t coordinator_topic_racks(void *owner, int32_t topic)
{
    const Broker *self = owner;
    if (self->topic_hashes->len <= (guint)topic) {
        g_array_set_size(self->topic_hashes, (guint)topic + 1);
    }
    TopicHash *known = &g_array_index(self->topic_hashes, TopicHash, topic);
    if (metadata_topic(self->context.metadata, topic)->changed >= known->as_of) {
        *known = (TopicHash){self->applied_offset, hash_racks(self, topic)};
    }
    return known->racks;
}

static bool coordinator_has_partition(void *owner, int32_t partition)
{
    const Broker *self = owner;
    const TopicInfo *topic = metadata_topic_of(self->context.metadata, partition);
    return partition - topic->first_partition <
           metadata_topic_partitions(self->context.metadata, topic->index, self->applied_offset);
}

static int64_t coordinator_metadata_offset(void *owner)
{
    return ((const Broker *)owner)->applied_offset;
}

static int32_t coordinator_topic_count(void *owner)
{
    return metadata_topic_count(((const Broker *)owner)->context.metadata);
}

static int64_t coordinator_newest_topic(void *owner)
{
    const Broker *self = owner;
    return metadata_newest_topic(self->context.metadata, self->applied_offset);
}

/* group.consumer.assignors by short name, NULL after the last: the first is the default. */
static const char *const *consumer_group_assignors(const Broker *self)
{
    static const char *const uniform_first[] = {"uniform", "range", NULL};
    static const char *const range_first[] = {"range", "uniform", NULL};
    static const char *const range_only[] = {"range", NULL};
    static const char *const uniform_only[] = {"uniform", NULL};
    const char *list = kafka_config_text(self->context.config, "group.consumer.assignors");
    g_autofree char *names = g_ascii_strdown(list, -1); /* or Kafka's classes: RangeAssignor */
    const char *uniform = strstr(names, "uniform");
    const char *range = strstr(names, "range");
    if (range == NULL) {
        return uniform_only;
    }
    return uniform == NULL ? range_only : uniform < range ? uniform_first : range_first;
}

/* ---- options; a group may have its own (GroupConfig) */

const KafkaConfig *broker_group_config(const Broker *self, const char *group_id, const char *name)
{
    for (guint i = 0; self->context.groups != NULL && i < self->context.groups->len; i++) {
        const GroupSpec *group = g_ptr_array_index(self->context.groups, i);
        if (group->dynamic != NULL && strcmp(group->name, group_id) == 0 &&
            kafka_config_is_set(group->dynamic, name)) {
            return group->dynamic;
        }
    }
    return self->context.config;
}

static void
override_ms(const Broker *self, const char *group_id, const char *name, SimDuration *value)
{
    const KafkaConfig *config = broker_group_config(self, group_id, name);
    if (kafka_config_is_set(config, name)) {
        *value = kafka_config_ms(config, name);
    }
}

static void override_consumer(const Broker *self, const char *group_id, ModernOptions *options)
{
    override_ms(self, group_id, "consumer.session.timeout.ms", &options->session_timeout_ns);
    override_ms(self, group_id, "consumer.heartbeat.interval.ms", &options->heartbeat_interval_ns);
}

static void override_share(const Broker *self, const char *group_id, ModernOptions *options)
{
    override_ms(self, group_id, "share.session.timeout.ms", &options->session_timeout_ns);
    override_ms(self, group_id, "share.heartbeat.interval.ms", &options->heartbeat_interval_ns);
}

typedef struct GroupOptions {
    const char *group_id;
    ModernOptions consumer;
    ModernOptions share;
} GroupOptions;

static void read_group_options(Broker *self, const CoordinatorOptions *usual)
{
    self->group_options = g_array_new(FALSE, FALSE, sizeof(GroupOptions));
    for (guint i = 0; self->context.groups != NULL && i < self->context.groups->len; i++) {
        const GroupSpec *group = g_ptr_array_index(self->context.groups, i);
        GroupOptions options = {group->name, usual->consumer, usual->share};
        if (group->dynamic != NULL) {
            override_consumer(self, group->name, &options.consumer);
            override_share(self, group->name, &options.share);
            g_array_append_val(self->group_options, options);
        }
    }
}

static const ModernOptions *
coordinator_group_options(void *owner, const char *group_id, ModernGroupType type)
{
    const Broker *self = owner;
    for (guint i = 0; i < self->group_options->len; i++) {
        const GroupOptions *options = &g_array_index(self->group_options, GroupOptions, i);
        if (strcmp(options->group_id, group_id) == 0) {
            return type == MODERN_GROUP_SHARE ? &options->share : &options->consumer;
        }
    }
    return NULL;
}

void group_host_free(Broker *self)
{
    g_array_free(self->group_options, TRUE);
    g_array_free(self->topic_hashes, TRUE);
}

void group_host_reset(Broker *self)
{
    g_array_set_size(self->topic_hashes, 0);
    group_coordinator_reset(self->coordinator);
}

static void read_consumer_group_options(const Broker *self, ModernOptions *options)
{
    const KafkaConfig *config = self->context.config;
    const char *policy = kafka_config_text(config, "group.consumer.migration.policy");
    *options = (ModernOptions){
        .session_timeout_ns = kafka_config_ms(config, "group.consumer.session.timeout.ms"),
        .heartbeat_interval_ns = kafka_config_ms(config, "group.consumer.heartbeat.interval.ms"),
        .max_size = (int32_t)kafka_config_integer(config, "group.consumer.max.size"),
        .regex_refresh_interval_ns =
            kafka_config_ms(config, "group.consumer.regex.refresh.interval.ms"),
        .may_upgrade = strcmp(policy, "bidirectional") == 0 || strcmp(policy, "upgrade") == 0,
        .may_downgrade = strcmp(policy, "bidirectional") == 0 || strcmp(policy, "downgrade") == 0,
        .assignors = consumer_group_assignors(self),
    };
    override_consumer(self, "", options);
}

static void read_share_group_options(const Broker *self, CoordinatorOptions *options)
{
    static const char *const none[] = {NULL};
    const KafkaConfig *config = self->context.config;
    options->share = (ModernOptions){
        .session_timeout_ns = kafka_config_ms(config, "group.share.session.timeout.ms"),
        .heartbeat_interval_ns = kafka_config_ms(config, "group.share.heartbeat.interval.ms"),
        .max_size = (int32_t)kafka_config_integer(config, "group.share.max.size"),
        .assignors = none,
        .assignor = &simple_assignor,
    };
    override_share(self, "", &options->share);
    options->share_initialize_ns = SHARE_PERSISTER_WRITE;
    options->share_state_missing =
        self->context.share_states != NULL && !self->context.share_states->has_topic;
}

static void coordinator_respond(void *owner, RequestHeader *request, ResponseHeader *response)
{
    broker_respond(owner, request, response);
}

static void append(Broker *self, RecordBatch *batch, uint32_t guard, uint64_t token)
{
    int64_t base_offset = -1;
    Partition *partition = broker_partition(self, batch->partition);
    log_dirs_stamp(self, batch);
    KafkaError error =
        partition == NULL
            ? KAFKA_NOT_LEADER_OR_FOLLOWER
            : replica_manager_append_as(partition,
                                        batch,
                                        batch->transactional ? APPEND_COORDINATOR : APPEND_CLIENT,
                                        guard,
                                        -1,
                                        &base_offset);
    if (error != KAFKA_NONE) {
        group_coordinator_on_append(self->coordinator, token, error);
        return;
    }
    struct DelayedProduce *operation = purgatory_add_append(
        self, token, kafka_config_ms(self->context.config, "offsets.commit.timeout.ms"));
    purgatory_wait(operation, partition, base_offset + 1, 0);
    purgatory_on_high_watermark(partition);
    purgatory_start(operation);
}

static void coordinator_append_transactional(
    void *owner, const RecordBatch *wanted, int32_t bytes, uint32_t guard, uint64_t token)
{
    Broker *self = owner;
    RecordBatch batch = *wanted;
    batch.bytes = bytes + RECORD_BATCH_OVERHEAD_BYTES;
    batch.first_created = batch.last_created = actor_now(&self->actor);
    append(self, &batch, guard, token);
}

/* offsets.commit.timeout.ms bounds how long a coordinator's write may wait. */
static void
coordinator_append(void *owner, int32_t index, int32_t bytes, uint32_t payload, uint64_t token)
{
    Broker *self = owner;
    RecordBatch batch = record_batch_of_coordinator(index, bytes, payload, actor_now(&self->actor));
    append(self, &batch, NO_GUARD, token);
}

static int32_t coordinator_append_bytes_max(void *owner, int32_t index)
{
    const Partition *partition = broker_partition(owner, index);
    return partition == NULL ? INT32_MAX
                             : partition->max_message_bytes - RECORD_BATCH_OVERHEAD_BYTES;
}

void group_host_init(Broker *self)
{
    const KafkaConfig *config = self->context.config;
    self->coordinator_host = (CoordinatorHost){
        .owner = self,
        .actor = &self->actor,
        .append = coordinator_append,
        .append_transactional = coordinator_append_transactional,
        .append_bytes_max = coordinator_append_bytes_max,
        .respond = coordinator_respond,
        .offsets_partition = offsets_partition,
        .offsets_partition_count = offsets_count,
        .topic = coordinator_topic,
        .topic_racks = coordinator_topic_racks,
        .metadata_offset = coordinator_metadata_offset,
        .has_partition = coordinator_has_partition,
        .topic_count = coordinator_topic_count,
        .newest_topic = coordinator_newest_topic,
        .group_options = coordinator_group_options,
    };
    CoordinatorOptions options = {
        .initial_rebalance_delay_ns = kafka_config_ms(config, "group.initial.rebalance.delay.ms"),
        .session_timeout_ns_min = kafka_config_ms(config, "group.min.session.timeout.ms"),
        .session_timeout_ns_max = kafka_config_ms(config, "group.max.session.timeout.ms"),
        .group_max_size = (int32_t)kafka_config_integer(config, "group.max.size"),
        .joins_without_id = !partition_host_has(&self->partition_host, ERA_KIP_394),
        .without_consumer_groups =
            !partition_host_has(&self->partition_host, ERA_KRAFT) ||
            strstr(kafka_config_text(config, "group.coordinator.rebalance.protocols"),
                   "consumer") == NULL,
        .without_share_groups = !partition_host_has(&self->partition_host, ERA_KRAFT),
        .append_linger_ns = kafka_config_ms(config, "group.coordinator.append.linger.ms"),
        .offset_commit_timeout_ns = kafka_config_ms(config, "offsets.commit.timeout.ms"),
        .retention_ns = SIM_SEC(60) * kafka_config_integer(config, "offsets.retention.minutes"),
        .retention_check_ns = kafka_config_ms(config, "offsets.retention.check.interval.ms"),
        .timer_kind = BROKER_TIMER_COORDINATOR,
    };
    read_consumer_group_options(self, &options.consumer);
    read_share_group_options(self, &options);
    options.consumer.extra_goes_to_first =
        !partition_host_has(&self->partition_host, ERA_KAFKA_18688);
    read_group_options(self, &options);
    self->topic_hashes = g_array_new(FALSE, TRUE, sizeof(TopicHash));
    self->coordinator =
        group_coordinator_new(&self->coordinator_host, &options, self->context.records);
}
