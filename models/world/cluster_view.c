/* cluster_view.c - see cluster_view.h. Ids that Kafka draws by chance (of the cluster, of topics)
 * are made from the seed and the name: they stay the same from run to run. */
#include "models/world/cluster_view.h"
#include "models/world/cluster_state.h"
#include "sim/resource/host.h"
#include <string.h>

static void make_uuid(const Cluster *self, const char *kind, const char *name, char *text)
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

static int64_t committed_offset(const Cluster *self)
{
    return metadata_end_offset(self->metadata);
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
            metadata_broker(self->metadata, ids[i], committed_offset(self));
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

static void view_topic(const Cluster *self, const TopicInfo *info, TopicView *topic)
{
    int32_t count = metadata_topic_partitions(self->metadata, info->index, committed_offset(self));
    PartitionView *rows = g_new0(PartitionView, (gsize)MAX(1, count));
    *topic = (TopicView){
        .name = info->name,
        .internal = info->internal,
        .config = metadata_topic_config(self->metadata, info->index, committed_offset(self)),
        .min_insync_replicas = 1,
        .partitions = rows,
    };
    if (topic->config != NULL) {
        topic->min_insync_replicas =
            (int32_t)kafka_config_integer(topic->config, "min.insync.replicas");
    }
    make_uuid(self, "topic", info->name, topic->id);
    for (int32_t p = 0; p < count; p++) {
        rows[p] = (PartitionView){
            .partition = p,
            .registration = metadata_partition(
                self->metadata, info->first_partition + p, committed_offset(self)),
        };
        topic->partition_count += rows[p].registration != NULL;
    }
}

static gint compare_names(gconstpointer left, gconstpointer right)
{
    return strcmp(((const TopicView *)left)->name, ((const TopicView *)right)->name);
}

static void view_topics(Cluster *self, ClusterView *view)
{
    g_autoptr(GArray) rows = g_array_new(FALSE, TRUE, sizeof(TopicView));
    for (int32_t t = 0; t < metadata_topic_count(self->metadata); t++) {
        TopicView topic;
        if (metadata_topic_partitions(self->metadata, t, committed_offset(self)) > 0) {
            view_topic(self, metadata_topic(self->metadata, t), &topic);
            g_array_append_val(rows, topic);
        }
    }
    g_array_sort(rows, compare_names);
    view->topic_count = (int32_t)rows->len;
    view->topics = (const TopicView *)(void *)g_array_free(g_steal_pointer(&rows), FALSE);
}

/* --- quorum --- */

static void add_member(GArray *rows, int32_t id, const char *host, bool voter, int64_t end)
{
    const QuorumMemberView member = {
        .id = id,
        .host = host,
        .voter = voter,
        .log_end_offset = end,
        .last_fetch = -1,
        .last_caught_up = -1,
    };
    g_array_append_val(rows, member);
}

static void view_quorum(Cluster *self, ClusterView *view)
{
    g_autoptr(GArray) rows = g_array_new(FALSE, TRUE, sizeof(QuorumMemberView));
    Controller *active = cluster_active_controller(self);
    view->leader = -1;
    view->high_watermark = committed_offset(self);
    for (guint i = 0; i < self->controllers->len; i++) {
        const ControllerSpec *spec = self->spec->controllers->pdata[i];
        const Actor *actor = controller_actor(self->controllers->pdata[i]);
        bool leads = self->controllers->pdata[i] == active && actor->life == ACTOR_ALIVE;
        view->leader = leads ? spec->id : view->leader;
        add_member(rows,
                   spec->id,
                   host_name(host_at(self->sim, actor->host)),
                   true,
                   committed_offset(self));
    }
    for (int32_t i = 0; i < view->broker_count; i++) {
        const BrokerView *broker = &view->brokers[i];
        if (!broker->fenced) {
            add_member(rows, broker->id, broker->host, false, committed_offset(self));
        }
    }
    view->member_count = (int32_t)rows->len;
    view->members = (const QuorumMemberView *)(void *)g_array_free(g_steal_pointer(&rows), FALSE);
}

ClusterView *cluster_view_new(Cluster *cluster)
{
    ClusterView *view = g_new0(ClusterView, 1);
    view->at = sim_now(cluster->sim);
    view->knows_elr = cluster->spec->era.on[ERA_KIP_966];
    make_uuid(cluster, "cluster", cluster->spec->name, view->cluster_id);
    view_brokers(cluster, view);
    view_topics(cluster, view);
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
    g_free((void *)(uintptr_t)self->brokers);
    g_free((void *)(uintptr_t)self->topics);
    g_free((void *)(uintptr_t)self->members);
    g_free(self);
}
