/* metadata_cache.c - how a broker learns of the cluster, and tells its clients.
 *
 * A broker observes the metadata quorum: it fetches records from the active controller without
 * pause, and applies what is committed, record by record, on one thread; so brokers disagree for
 * a while after each change (server.md 1.9). Mirrors: KafkaRaftClient as observer, MetadataLoader,
 * BrokerMetadataPublisher, KRaftMetadataCache. */
#include "models/broker/broker_state.h"
#include "models/broker/metadata/publication.h"

/* KafkaRaftClient.MAX_FETCH_WAIT_MS */
#define METADATA_FETCH_WAIT SIM_MS(500)

RequestHeader *metadata_cache_build_fetch(Broker *self)
{
    MetadataFetchRequest *request =
        message_new(self->context.sim, sizeof(MetadataFetchRequest), KAFKA_METADATA_FETCH);
    request->replica_id = self->id;
    request->is_observer = true;
    request->current_leader_epoch = self->quorum_epoch;
    request->last_fetched_epoch = self->fetched_epoch;
    request->fetch_offset = self->fetched_offset;
    request->high_watermark = self->committed_offset;
    request->max_wait_ns = METADATA_FETCH_WAIT;
    return &request->header;
}

static void apply_next(Broker *self);

static int32_t find_voter(const Broker *self, int32_t id)
{
    const BrokerContext *context = &self->context;
    for (int32_t i = 0; i < context->controller_count; i++) {
        if (context->controller_ids[i] == id) {
            return i;
        }
    }
    return -1;
}

Actor *metadata_cache_controller(Broker *self)
{
    int32_t leader = find_voter(self, self->quorum_leader);
    return leader >= 0 ? self->context.controllers[leader] : NULL;
}

/* The leader of the quorum; when that is unknown or does not answer, another voter: it may know. */
Actor *metadata_cache_fetch_target(Broker *self)
{
    const BrokerContext *context = &self->context;
    int32_t leader = find_voter(self, self->quorum_leader);
    int32_t voter = leader;
    if (leader < 0 || (self->failed_voter == leader && context->controller_count > 1)) {
        voter = (int32_t)stream_between(&self->stream, 0, context->controller_count - 1);
        if (voter == self->failed_voter) {
            voter = (voter + 1) % context->controller_count;
        }
    }
    self->fetch_voter = voter;
    return context->controllers[voter];
}

void metadata_cache_on_unreachable(Broker *self)
{
    self->failed_voter = self->fetch_voter;
}

/* Any answer may be the first to name the leader: one voter may have told of an epoch only. */
static bool note_leader(Broker *self, const MetadataFetchResponse *response)
{
    bool newer = response->leader_epoch > self->quorum_epoch ||
                 (response->leader_epoch == self->quorum_epoch && self->quorum_leader < 0);
    if (newer) {
        self->quorum_epoch = response->leader_epoch;
        self->quorum_leader = response->leader;
    }
    if (newer && self->quorum_leader >= 0) {
        actor_log(&self->actor,
                  "quorum",
                  "follows controller %d in epoch %d",
                  self->quorum_leader,
                  self->quorum_epoch);
    }
    return newer;
}

/* A voter that does not lead says who does: that one is asked at once. */
static void learn_leader(Broker *self, const MetadataFetchResponse *response)
{
    if (!note_leader(self, response) || self->quorum_leader < 0) {
        controller_channel_refused(&self->metadata_channel);
        return;
    }
    if (find_voter(self, self->quorum_leader) != self->fetch_voter) {
        controller_channel_let_go(&self->metadata_channel);
    }
    controller_channel_send(&self->metadata_channel);
}

bool broker_has_zookeeper(const Broker *self)
{
    return self->context.era != NULL && !self->context.era->on[ERA_KRAFT];
}

/* ZooKeeper mode: the part of this process that keeps its session, but the controller for its
 * controlled shutdown. */
Actor *metadata_cache_registrar(Broker *self)
{
    if (!broker_has_zookeeper(self) || self->state.now == BROKER_PENDING_CONTROLLED_SHUTDOWN) {
        return metadata_cache_controller(self);
    }
    return self->context.controllers[find_voter(self, self->id)];
}

/* Before KIP-497 a leader writes its ISR to ZooKeeper itself. */
Actor *metadata_cache_isr_keeper(Broker *self)
{
    if (broker_has_zookeeper(self) && !self->context.era->on[ERA_KIP_497]) {
        return self->context.controllers[find_voter(self, self->id)];
    }
    return metadata_cache_controller(self);
}

static void answer_push(Broker *self, KafkaError error)
{
    UpdateMetadataRequest *request = self->push;
    int32_t offline = error == KAFKA_NONE && request->names_all ? (int32_t)self->offline->len : 0;
    UpdateMetadataResponse *response =
        message_new(self->context.sim,
                    KAFKA_MESSAGE_BYTES(UpdateMetadataResponse, offline_partitions, offline),
                    KAFKA_UPDATE_METADATA | KAFKA_RESPONSE);
    response->error = error;
    response->offline_count = offline;
    for (int32_t i = 0; i < offline; i++) {
        response->offline_partitions[i] = g_array_index(self->offline, int32_t, i);
    }
    self->push = NULL;
    broker_respond(self, &request->header, &response->header);
}

static void answer_applied_push(Broker *self)
{
    if (self->push != NULL && self->applied_offset >= self->push->end_offset) {
        answer_push(self, KAFKA_NONE);
    }
}

void metadata_cache_reset(Broker *self)
{
    if (self->push != NULL) {
        message_free(self->context.sim, &self->push->header.base);
        self->push = NULL;
    }
}

/* The newest controller may push; what it says is applied before the answer. */
void metadata_cache_on_push(Broker *self, UpdateMetadataRequest *request)
{
    if (self->push != NULL) {
        answer_push(self, KAFKA_NONE);
    }
    self->push = request;
    if (request->controller_epoch < self->quorum_epoch) {
        answer_push(self, KAFKA_STALE_CONTROLLER_EPOCH);
        return;
    }
    if (!self->context.takes_push(self->context.owner, self->id, request->session)) {
        answer_push(self, KAFKA_STALE_BROKER_EPOCH);
        return;
    }
    bool moved = request->controller != self->quorum_leader;
    self->quorum_epoch = request->controller_epoch;
    self->quorum_leader = request->controller;
    self->broker_epoch = request->broker_epoch >= 0 ? request->broker_epoch : self->broker_epoch;
    if (moved && self->alter_channel.connection != 0 && self->context.era->on[ERA_KIP_497]) {
        controller_channel_refused(&self->alter_channel);
    }
    self->fetched_offset = MAX(self->fetched_offset, request->end_offset);
    self->committed_offset = MAX(self->committed_offset, request->end_offset);
    apply_next(self);
    answer_applied_push(self);
}

void metadata_cache_start(Broker *self)
{
    if (broker_has_zookeeper(self)) {
        return; /* it is told */
    }
    snapshot_generator_start(&self->snapshots);
    controller_channel_send(&self->metadata_channel);
}

/* What is older than the log's start is loaded as a snapshot. */
static int64_t first_record(const Broker *self, int64_t from)
{
    return MAX(from, metadata_start_offset(self->context.metadata));
}

static int64_t snapshot_records(const Broker *self, int64_t from)
{
    return from < first_record(self, from) ? metadata_partition_count(self->context.metadata) : 0;
}

static SimDuration apply_work(const Broker *self, int64_t from, int64_t to)
{
    int64_t records = to - first_record(self, from) + snapshot_records(self, from);
    return self->context.profile->cpu_metadata_apply * records;
}

static void apply_next(Broker *self)
{
    bool news = self->committed_offset > self->applied_offset;
    /* What it has may be older than all that is left: the next fetch brings the snapshot. */
    if (self->applying || !news || first_record(self, 0) > self->committed_offset) {
        return;
    }
    self->applying = true;
    self->applying_to = self->committed_offset;
    SimDuration work = apply_work(self, self->applied_offset, self->applying_to);
    host_run(&self->actor, work, BROKER_DONE_APPLY, NULL);
}

void metadata_cache_on_fetched(Broker *self, const MetadataFetchResponse *response)
{
    self->failed_voter = -1;
    if (response->error != KAFKA_NONE) {
        learn_leader(self, response);
        return;
    }
    (void)note_leader(self, response);
    if (response->diverging_epoch >= 0) {
        self->fetched_offset = MIN(self->fetched_offset, response->diverging_end_offset);
        self->fetched_epoch = response->diverging_epoch;
    } else if (response->end_offset > self->fetched_offset) {
        log_manager_check_metadata(self->logs);
        self->fetched_offset = response->end_offset;
        self->fetched_epoch = response->records_epoch;
    }
    int64_t committed = MIN(response->high_watermark, self->fetched_offset);
    self->committed_offset = MAX(self->committed_offset, committed);
    controller_channel_send(&self->metadata_channel);
    apply_next(self);
}

static void touch_topic(Broker *self, int32_t topic, int64_t to)
{
    const TopicInfo *info = metadata_topic(self->context.metadata, topic);
    for (int32_t i = 0; i < info->partitions; i++) {
        int32_t index = info->first_partition + i;
        if (broker_partition(self, index) != NULL &&
            metadata_partition(self->context.metadata, index, to) == NULL) {
            g_array_append_val(self->touched, index);
        }
    }
}

/* Partitions that have not changed since the snapshot. */
static void collect_snapshot(Broker *self, int64_t snapshot, int64_t to)
{
    for (int32_t p = 0; p < metadata_partition_count(self->context.metadata); p++) {
        const PartitionRegistration *then = metadata_partition(self->context.metadata, p, snapshot);
        if (then != NULL && then == metadata_partition(self->context.metadata, p, to)) {
            g_array_append_val(self->touched, p);
        }
    }
}

static bool has_to_do_with(const Broker *self, int32_t index, const PartitionRegistration *final)
{
    return broker_partition(self, index) != NULL ||
           (final != NULL && replica_list_has(&final->replicas, self->id));
}

/* A broker that was fenced is not any more; with ZooKeeper it is not as it registers. */
static bool may_let_join(const Broker *self, const MetadataRecord *record)
{
    return record->kind == METADATA_BROKER_CHANGE ||
           (record->kind == METADATA_REGISTER_BROKER &&
            !metadata_broker(self->context.metadata, record->subject, record->offset + 1)->fenced);
}

/* The partitions that records [from, to) touch, each once, in order of their last record; all of
 * them, or those that this broker has to do with. */
static void collect_touched(Broker *self, int64_t from, int64_t to, bool own_only)
{
    int64_t first = first_record(self, from);
    g_array_set_size(self->touched, 0);
    g_array_set_size(self->deleted_topics, 0);
    if (first > from) {
        collect_snapshot(self, first, to);
    }
    for (int64_t offset = first; offset < to; offset++) {
        const MetadataRecord *record = metadata_record(self->context.metadata, offset);
        if (record->cause != 0) {
            kernel_set_cause(self->context.sim->kernel, record->cause);
        }
        self->isr_generation += may_let_join(self, record) ? 1 : 0;
        if (record->kind == METADATA_REMOVE_TOPIC) {
            g_array_append_val(self->deleted_topics, record->subject);
            touch_topic(self, record->subject, to);
        }
        if (record->kind != METADATA_PARTITION) {
            continue;
        }
        const PartitionRegistration *final =
            metadata_partition(self->context.metadata, record->subject, to);
        const PartitionRegistration *here =
            metadata_partition(self->context.metadata, record->subject, offset + 1);
        if (final == here && (!own_only || has_to_do_with(self, record->subject, final))) {
            g_array_append_val(self->touched, record->subject);
        }
    }
}

/* The coordinators hear of it after the replicas. */
static void tell_deleted_topics(Broker *self)
{
    for (guint i = 0; i < self->deleted_topics->len; i++) {
        const TopicInfo *topic =
            metadata_topic(self->context.metadata, g_array_index(self->deleted_topics, int32_t, i));
        group_coordinator_on_partitions_deleted(
            self->coordinator, topic->first_partition, topic->partitions);
        share_manager_on_partitions_deleted(
            self->shares, topic->first_partition, topic->partitions);
    }
    g_array_set_size(self->deleted_topics, 0);
}

void metadata_cache_on_published(Broker *self)
{
    self->applying = false;
    tell_deleted_topics(self);
    answer_applied_push(self);
    apply_next(self);
}

void metadata_cache_on_applied(Broker *self)
{
    int64_t from = self->applied_offset;
    self->applied_offset = self->applying_to;
    if (!broker_has_zookeeper(self)) {
        snapshot_generator_on_applied(&self->snapshots, from, self->applied_offset);
    }
    if (self->context.watch != NULL) {
        self->context.watch->on_metadata(self->context.watch->owner, self->applied_offset);
    }
    g_array_set_size(self->touched, 0);
    if (self->published) {
        collect_touched(self, from, self->applied_offset, false);
        dynamic_config_apply(self, from, self->applied_offset);
    }
    if (self->touched->len > 0) {
        publication_begin(self);
    } else {
        metadata_cache_on_published(self);
    }
}

/* What was learnt while the broker started reaches its replicas in one go. A process that came
 * back within its session therefore leads nothing in the name of the dead one. */
void metadata_cache_publish(Broker *self)
{
    Kernel *kernel = self->context.sim->kernel;
    uint32_t cause = kernel_cause(kernel);
    self->published = true;
    collect_touched(self, 0, self->applied_offset, true);
    g_array_set_size(self->deleted_topics, 0); /* to a coordinator that starts they are not news */
    kernel_set_cause(kernel, cause);
    dynamic_config_read_image(self);
    replica_manager_keep_own(self, self->touched);
    replica_manager_apply_leaders(self, self->touched);
    kernel_set_cause(kernel, cause);
    replica_manager_apply_followers(self, self->touched);
}

void metadata_cache_apply_at_once(Broker *self)
{
    self->applied_offset = metadata_end_offset(self->context.metadata);
    self->snapshots.end_offset = self->applied_offset;
    self->committed_offset = self->applied_offset;
    self->fetched_offset = self->applied_offset;
    self->fetched_epoch = self->quorum_epoch;
    metadata_cache_publish(self);
}

static bool is_alive(const Broker *self, int32_t id)
{
    const BrokerRegistration *known =
        metadata_broker(self->context.metadata, id, self->applied_offset);
    return known != NULL && !known->fenced;
}

/* A topic that is not there: one line that says so. */
static int32_t count_entries(const Broker *self, int32_t topic)
{
    return MAX(1, metadata_topic_partitions(self->context.metadata, topic, self->applied_offset));
}

static MetadataPartition describe_partition(const Broker *self, int32_t index)
{
    const PartitionRegistration *known =
        metadata_partition(self->context.metadata, index, self->applied_offset);
    MetadataPartition entry = {
        .topic_id = metadata_topic_id(self->context.metadata, index, self->applied_offset),
        .partition = index,
        .leader = NO_LEADER,
        .leader_epoch = -1,
    };
    if (known == NULL) {
        entry.error = KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
        return entry;
    }
    entry.leader_epoch = known->leader_epoch;
    if (known->leader == NO_LEADER || !is_alive(self, known->leader)) {
        entry.error = KAFKA_LEADER_NOT_AVAILABLE;
    } else {
        entry.leader = known->leader;
    }
    return entry;
}

/* The topics that the request names, or all that exist. */
static GArray *wanted_topics(const Broker *self, const MetadataRequest *request)
{
    GArray *topics = g_array_new(FALSE, FALSE, sizeof(int32_t));
    if (request->topic_count > 0) {
        g_array_append_vals(topics, request->topics, (guint)request->topic_count);
    }
    const int32_t count = request->all_topics ? metadata_topic_count(self->context.metadata) : 0;
    for (int32_t t = 0; t < count; t++) {
        if (metadata_topic_partitions(self->context.metadata, t, self->applied_offset) > 0) {
            g_array_append_val(topics, t);
        }
    }
    return topics;
}

/* auto.create.topics.enable: the answer still says that it is not there; the client asks again. */
static void create_if_absent(const Broker *self, const MetadataRequest *request, int32_t topic)
{
    const BrokerContext *context = &self->context;
    const bool is_there =
        metadata_topic_partitions(context->metadata, topic, self->applied_offset) > 0;
    if (!is_there && request->allows_creation && !request->all_topics &&
        context->create_topic != NULL && !metadata_topic(context->metadata, topic)->internal &&
        kafka_config_boolean(context->config, "auto.create.topics.enable")) {
        context->create_topic(
            context->owner,
            topic,
            (int32_t)kafka_config_integer(context->config, "num.partitions"),
            (int32_t)kafka_config_integer(context->config, "default.replication.factor"));
    }
}

KafkaError metadata_cache_find(const Broker *self, TopicIdPartition wanted, bool is_named)
{
    const MetadataLog *metadata = self->context.metadata;
    const bool exists = wanted.index < metadata_partition_count(metadata);
    if (is_named || wanted.topic_id == NO_TOPIC_ID) {
        return exists && metadata_partition(metadata, wanted.index, self->applied_offset) != NULL
                   ? KAFKA_NONE
                   : KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    }
    return exists && metadata_topic_id(metadata, wanted.index, self->applied_offset) ==
                         wanted.topic_id
               ? KAFKA_NONE
               : KAFKA_UNKNOWN_TOPIC_ID;
}

void metadata_cache_handle(Broker *self, MetadataRequest *request)
{
    const int32_t *ids;
    int32_t broker_count = metadata_broker_ids(self->context.metadata, &ids);
    int32_t partitions = 0;
    g_autoptr(GArray) topics = wanted_topics(self, request);
    for (guint i = 0; i < topics->len; i++) {
        partitions += count_entries(self, g_array_index(topics, int32_t, i));
    }
    MetadataResponse *response = metadata_response_new(self->context.sim, partitions, broker_count);
    int32_t at = 0;
    for (guint i = 0; i < topics->len; i++) {
        const int32_t topic = g_array_index(topics, int32_t, i);
        const TopicInfo *info = metadata_topic(self->context.metadata, topic);
        int32_t count = count_entries(self, topic);
        create_if_absent(self, request, topic);
        for (int32_t p = 0; p < count; p++) {
            response->partitions[at++] = describe_partition(self, info->first_partition + p);
        }
    }
    int32_t alive = 0;
    for (int32_t i = 0; i < broker_count; i++) {
        if (is_alive(self, ids[i])) {
            metadata_response_brokers(response)[alive++] = ids[i];
        }
    }
    response->broker_count = alive;
    response->as_of = self->applied_offset;
    broker_respond(self, &request->header, &response->header);
}
