/* cluster_view.c - see cluster_view.h. Ids that Kafka draws by chance (of the cluster, of topics)
 * are made from the seed and the name: they stay the same from run to run. */
#include "models/world/cluster_view.h"
#include "models/group/describe.h"
#include "models/world/cluster_state.h"
#include "models/world/view/quorum_view.h"
#include "sim/resource/host.h"
#include <string.h>

void view_uuid(const Cluster *self, const char *kind, const char *name, char *text)
{
    g_autofree char *low = g_strdup_printf("%s id of %s, low", kind, name);
    g_autofree char *high = g_strdup_printf("%s id of %s, high", kind, name);
    const uint64_t words[2] = {stream_key(self->spec->seed, high),
                               stream_key(self->spec->seed, low)};
    guchar bytes[16];
    for (int i = 0; i < 16; i++) {
        bytes[i] = (guchar)(words[i / 8] >> (56 - 8 * (i % 8)));
    }
    bytes[6] = (guchar)((bytes[6] & 0x0f) | 0x40); /* version 4, as UUID.randomUUID */
    bytes[8] = (guchar)((bytes[8] & 0x3f) | 0x80);
    bytes[0] &= 0x7f; /* never a leading '-': Kafka draws again */
    g_autofree char *base64 = g_base64_encode(bytes, sizeof(bytes));
    for (int i = 0; i < UUID_TEXT_BYTES - 1; i++) {
        text[i] = (char)(base64[i] == '+' ? '-' : base64[i] == '/' ? '_' : base64[i]);
    }
    text[UUID_TEXT_BYTES - 1] = '\0';
}

/* Of the active controller; without one, of whoever knows most. */
static int64_t active_high_watermark(const Cluster *self)
{
    const Controller *active = cluster_active_controller(self);
    int64_t most = 0;
    for (guint i = 0; i < self->controllers->len; i++) {
        const Controller *controller = self->controllers->pdata[i];
        const RaftReplica *raft = controller_raft(controller);
        int64_t known = raft != NULL ? raft_replica_high_watermark(raft) : -1;
        if (controller == active && known >= 0) {
            return known;
        }
        most = MAX(most, known);
    }
    return most > 0 ? most : metadata_end_offset(self->metadata);
}

/* --- brokers --- */

static const char *process_state(const Broker *broker, const Actor *actor)
{
    return actor->life == ACTOR_DEAD     ? "dead"
           : actor->life == ACTOR_FROZEN ? "frozen"
                                         : broker_state(broker);
}

static void view_brokers(Cluster *self, ClusterView *view)
{
    const int32_t *ids;
    int32_t count = metadata_broker_ids(self->metadata, &ids);
    BrokerView *rows = g_new0(BrokerView, (gsize)MAX(1, count));
    for (int32_t i = 0; i < count; i++) {
        const BrokerRegistration *known =
            metadata_broker(self->metadata, ids[i], active_high_watermark(self));
        Broker *broker = cluster_broker(self, ids[i]);
        if (known == NULL || broker == NULL) {
            continue;
        }
        const Actor *actor = broker_actor(broker);
        rows[view->broker_count++] = (BrokerView){
            .id = ids[i],
            .host = host_name(host_at(self->sim, actor->host)),
            .rack = known->rack != NULL ? known->rack : "",
            .state = known->fenced                   ? "fenced"
                     : known->in_controlled_shutdown ? "controlled shutdown"
                                                     : "unfenced",
            .process = process_state(broker, actor),
            .epoch = known->epoch,
            .fenced = known->fenced,
        };
    }
    view->brokers = rows;
}

/* --- topics --- */

/* Mirrors: GroupCoordinator.groupMetadataTopicConfigs. */
static KafkaConfig *offsets_config(const Cluster *self)
{
    KafkaConfig *config = kafka_config_new(1u << KAFKA_SCOPE_TOPIC, NULL);
    kafka_config_set(config, "cleanup.policy", "compact");
    kafka_config_set(config, "compression.type", "producer");
    kafka_config_set(config,
                     "segment.bytes",
                     kafka_config_text(self->spec->config, "offsets.topic.segment.bytes"));
    return config;
}

static void
view_topic(const Cluster *self, const TopicInfo *info, const KafkaConfig *offsets, TopicView *topic)
{
    int32_t count =
        metadata_topic_partitions(self->metadata, info->index, active_high_watermark(self));
    PartitionView *rows = g_new0(PartitionView, (gsize)MAX(1, count));
    *topic = (TopicView){
        .name = info->name,
        .internal = info->internal,
        .config = metadata_topic_config(self->metadata, info->index, active_high_watermark(self)),
        .partitions = rows,
    };
    topic->min_insync_replicas =
        cluster_min_isr_option(self, topic->config, active_high_watermark(self));
    if (info->internal && topic->config == NULL) {
        topic->config = offsets;
    }
    view_uuid(self, "topic", info->name, topic->id);
    for (int32_t p = 0; p < count; p++) {
        rows[p] = (PartitionView){
            .partition = p,
            .registration = metadata_partition(
                self->metadata, info->first_partition + p, active_high_watermark(self)),
        };
        topic->partition_count += rows[p].registration != NULL;
    }
}

/* kafka-topics.sh prints them in the order of a HashMap, which is none; who reads looks for the
 * topics that the scenario names first. */
static gint compare_topics(gconstpointer left, gconstpointer right)
{
    const TopicView *a = left, *b = right;
    return a->internal != b->internal ? (int)a->internal - (int)b->internal
                                      : strcmp(a->name, b->name);
}

static void view_topics(Cluster *self, ClusterView *view)
{
    g_autoptr(GArray) rows = g_array_new(FALSE, TRUE, sizeof(TopicView));
    for (int32_t t = 0; t < metadata_topic_count(self->metadata); t++) {
        TopicView topic;
        if (metadata_topic_partitions(self->metadata, t, active_high_watermark(self)) > 0) {
            view_topic(self, metadata_topic(self->metadata, t), view->offsets_config, &topic);
            g_array_append_val(rows, topic);
        }
    }
    g_array_sort(rows, compare_topics);
    view->topic_count = (int32_t)rows->len;
    view->topics = (const TopicView *)(void *)g_array_free(g_steal_pointer(&rows), FALSE);
}

ClusterView *cluster_view_new(Cluster *cluster)
{
    ClusterView *view = g_new0(ClusterView, 1);
    view->at = sim_now(cluster->sim);
    view->knows_elr = cluster->spec->era.on[ERA_KIP_966] && !cluster_has_zookeeper(cluster);
    view->offsets_config = offsets_config(cluster);
    view_uuid(cluster, "cluster", cluster->spec->name, view->cluster_id);
    view_brokers(cluster, view);
    view_topics(cluster, view);
    view->high_watermark = active_high_watermark(cluster);
    view_quorum(cluster, view);
    return view;
}

void cluster_view_free(ClusterView *self)
{
    if (self == NULL) {
        return;
    }
    for (int32_t i = 0; i < self->topic_count; i++) {
        g_free((void *)(uintptr_t)self->topics[i].partitions);
    }
    kafka_config_free(self->offsets_config);
    g_free((void *)(uintptr_t)self->brokers);
    g_free((void *)(uintptr_t)self->topics);
    g_free((void *)(uintptr_t)self->members);
    g_free(self);
}

/* --- groups --- */

static Broker *coordinator_broker(const Cluster *self, const char *group, bool *ret_exists)
{
    *ret_exists = false;
    for (guint i = 0; i < self->brokers->len; i++) {
        Broker *broker = self->brokers->pdata[i];
        const GroupCoordinator *coordinator = broker_coordinator(broker);
        const int32_t partition = group_coordinator_partition_for(coordinator, group);
        GroupView view;
        if (broker_actor(broker)->life == ACTOR_ALIVE && partition >= 0 &&
            broker_leads(broker, cluster_present(self, partition))) {
            *ret_exists = group_coordinator_view(coordinator, group, &view);
            return broker;
        }
    }
    return NULL;
}

/* With KIP-848, where ids are drawn, the coordinator keeps its name. */
static bool is_client_of(const DescribedMember *described, const MemberSpec *member)
{
    const size_t length = strlen(member->name);
    const char *instance = kafka_config_text(member->config, "group.instance.id");
    if (described->client_id != NULL) {
        return strcmp(described->client_id, member->name) == 0;
    }
    return (described->instance_id != NULL && g_strcmp0(instance, described->instance_id) == 0) ||
           (g_str_has_prefix(described->id, member->name) && described->id[length] == '-');
}

/* Also of one that has died since. */
static const MemberSpec *
member_of(const Cluster *self, int32_t group, const DescribedMember *described)
{
    for (guint i = 0; i < self->consumers->len; i++) {
        const ConsumerProcess *process = &g_array_index(self->consumers, ConsumerProcess, i);
        const GroupSpec *spec = self->spec->groups->pdata[process->group];
        const MemberSpec *member = spec->members->pdata[process->member];
        if (process->group == group &&
            (strcmp(consumer_member_id(process->consumer), described->id) == 0 ||
             is_client_of(described, member))) {
            return member;
        }
    }
    return NULL;
}

/* As the process knows it, not the coordinator. */
static const char *tasks_of(Cluster *self, const MemberSpec *member)
{
    for (guint i = 0; i < self->consumers->len && member != NULL; i++) {
        const ConsumerProcess *process = &g_array_index(self->consumers, ConsumerProcess, i);
        const GroupSpec *group = self->spec->groups->pdata[process->group];
        if (process->thread != NULL && group->members->pdata[process->member] == member) {
            g_autofree char *text = stream_thread_tasks_text(process->thread);
            return g_string_chunk_insert_const(self->strings, text);
        }
    }
    return NULL;
}

static void add_owned(Cluster *self, const int32_t *partitions, int32_t count, GArray *into)
{
    for (int32_t p = 0; p < count; p++) {
        const TopicInfo *topic = metadata_topic_of(self->metadata, partitions[p]);
        const OwnedPartitionView owned = {topic->name, partitions[p] - topic->first_partition};
        g_array_append_val(into, owned);
    }
}

static void
view_members(Cluster *self, int32_t group, const GroupDescription *described, GroupStateView *view)
{
    for (guint i = 0; i < described->members->len; i++) {
        const DescribedMember *from = &g_array_index(described->members, DescribedMember, i);
        const MemberSpec *member = member_of(self, group, from);
        const GroupMemberView row = {
            .id = from->id,
            .instance_id = from->instance_id,
            .client_id = member != NULL ? member->name : "",
            .host = member == NULL     ? ""
                    : member->host < 0 ? member->name
                                       : ((HostSpec *)self->spec->hosts->pdata[member->host])->name,
            .partitions = from->partitions,
            .count = from->count,
            .first = view->owned->len,
            .tasks = tasks_of(self, member),
            .epoch = from->epoch,
            .first_target = view->owned->len + (guint)from->count,
            .target_count = from->target_count,
            .is_classic = from->is_classic,
        };
        g_array_append_val(view->members, row);
        add_owned(self, from->partitions, from->count, view->owned);
        add_owned(self, from->target, from->target_count, view->owned);
    }
}

static const OffsetEntry *committed_in(const GArray *offsets, int32_t partition)
{
    for (guint i = 0; i < offsets->len; i++) {
        const OffsetEntry *entry = &g_array_index(offsets, OffsetEntry, i);
        if (entry->partition == partition) {
            return entry;
        }
    }
    return NULL;
}

static void add_offset(
    Cluster *self, const GArray *offsets, int32_t partition, int32_t member, GroupStateView *view)
{
    const TopicInfo *topic = metadata_topic_of(self->metadata, partition);
    const OffsetEntry *committed = committed_in(offsets, partition);
    const GroupOffsetView row = {
        .topic = topic->name,
        .partition = partition - topic->first_partition,
        .committed = committed != NULL ? committed->offset : -1,
        .leader_epoch = committed != NULL ? committed->leader_epoch : -1,
        .log_end_offset = cluster_latest_offset(self, partition),
        .member = member,
    };
    g_array_append_val(view->offsets, row);
}

static bool is_owned(const GroupStateView *view, int32_t partition)
{
    for (guint m = 0; m < view->members->len; m++) {
        const GroupMemberView *member = &g_array_index(view->members, GroupMemberView, m);
        for (int32_t i = 0; i < member->count; i++) {
            if (member->partitions[i] == partition) {
                return true;
            }
        }
    }
    return false;
}

/* collectGroupsOffsets: who has most partitions comes first; then what nobody has. */
static void view_offsets(Cluster *self, const GroupDescription *described, GroupStateView *view)
{
    int32_t most = 0;
    for (guint m = 0; m < view->members->len; m++) {
        most = MAX(most, g_array_index(view->members, GroupMemberView, m).count);
    }
    for (int32_t size = most; size > 0; size--) {
        for (guint m = 0; m < view->members->len; m++) {
            const GroupMemberView *member = &g_array_index(view->members, GroupMemberView, m);
            for (int32_t i = 0; member->count == size && i < size; i++) {
                add_offset(self, described->offsets, member->partitions[i], (int32_t)m, view);
            }
        }
    }
    for (guint i = 0; i < described->offsets->len; i++) {
        const int32_t partition = g_array_index(described->offsets, OffsetEntry, i).partition;
        if (!is_owned(view, partition)) {
            add_offset(self, described->offsets, partition, -1, view);
        }
    }
}

/* What the persister keeps, of each partition of what it reads (ListShareGroupOffsets). */
static void view_share_offsets(Cluster *self, int32_t group, GroupStateView *view)
{
    const GArray *topics = self->group_topics->pdata[group];
    for (guint t = 0; t < topics->len; t++) {
        const TopicInfo *topic = metadata_topic(self->metadata, g_array_index(topics, int32_t, t));
        const int64_t until = active_high_watermark(self);
        const int32_t count = metadata_topic_partitions(self->metadata, topic->index, until);
        for (int32_t p = 0; p < count; p++) {
            const int32_t index = topic->first_partition + p;
            const PartitionRegistration *now = metadata_partition(self->metadata, index, until);
            const GroupOffsetView row = {
                .topic = topic->name,
                .partition = p,
                .committed = share_state_store_start_offset(self->share_states, view->name, index),
                .leader_epoch = now != NULL ? now->leader_epoch : -1,
                .log_end_offset = -1,
                .member = -1,
            };
            g_array_append_val(view->offsets, row);
        }
    }
}

GroupStateView *group_state_view_new(Cluster *cluster, int32_t group)
{
    const GroupSpec *spec = cluster->spec->groups->pdata[group];
    GroupStateView *view = g_new0(GroupStateView, 1);
    view->name = spec->name;
    view->is_shares = spec->kind == GROUP_SHARES;
    view->members = g_array_new(FALSE, FALSE, sizeof(GroupMemberView));
    view->offsets = g_array_new(FALSE, FALSE, sizeof(GroupOffsetView));
    view->owned = g_array_new(FALSE, FALSE, sizeof(OwnedPartitionView));
    Broker *broker = coordinator_broker(cluster, spec->name, &view->exists);
    view->has_coordinator = broker != NULL;
    if (broker == NULL) {
        return view;
    }
    GroupDescription described;
    view->coordinator = broker_id(broker);
    view->coordinator_host = host_name(host_at(cluster->sim, broker_actor(broker)->host));
    view->state = "Dead";
    view->epoch = view->target_epoch = -1;
    view->assignor = "";
    if (view->exists &&
        group_coordinator_describe(broker_coordinator(broker), spec->name, &described)) {
        view->state = described.state;
        view->assignor = described.assignor;
        view->epoch = described.target_epoch < 0 ? -1 : described.epoch;
        view->target_epoch = described.target_epoch;
        view_members(cluster, group, &described, view);
        if (view->is_shares) {
            view_share_offsets(cluster, group, view);
        } else {
            view_offsets(cluster, &described, view);
        }
        group_description_clear(&described);
    }
    return view;
}

void group_state_view_free(GroupStateView *self)
{
    g_array_free(self->members, TRUE);
    g_array_free(self->offsets, TRUE);
    g_array_free(self->owned, TRUE);
    g_free(self);
}
