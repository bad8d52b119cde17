/* transaction_view.c - see transaction_view.h. */
#include "models/world/view/transaction_view.h"
#include "models/world/cluster_state.h"
#include <string.h>

static void view_free(gpointer data)
{
    TransactionStateView *self = data;
    g_array_free(self->partitions, TRUE);
    g_free(self);
}

static gint by_topic(gconstpointer left, gconstpointer right)
{
    const OwnedPartitionView *one = left, *other = right;
    const int order = strcmp(one->topic, other->topic);
    return order != 0 ? order : one->partition - other->partition;
}

static GArray *view_partitions(const Cluster *self, const TxnPartitions *from)
{
    GArray *rows = g_array_new(FALSE, FALSE, sizeof(OwnedPartitionView));
    for (int32_t i = 0; i < from->count; i++) {
        const TopicInfo *topic = metadata_topic_of(self->metadata, from->items[i]);
        const OwnedPartitionView row = {topic->name, from->items[i] - topic->first_partition};
        g_array_append_val(rows, row);
    }
    g_array_sort(rows, by_topic);
    return rows;
}

static gint by_coordinator(gconstpointer left, gconstpointer right)
{
    const TransactionStateView *one = *(TransactionStateView *const *)left;
    const TransactionStateView *other = *(TransactionStateView *const *)right;
    return one->coordinator != other->coordinator
               ? one->coordinator - other->coordinator
               : strcmp(one->transactional_id, other->transactional_id);
}

static void add_ids_of(const Cluster *self, Broker *broker, GPtrArray *views)
{
    const TransactionCoordinator *coordinator = broker_transaction_coordinator(broker);
    if (coordinator == NULL || broker_actor(broker)->life != ACTOR_ALIVE) {
        return;
    }
    TransactionView found;
    for (guint i = 0; transaction_coordinator_next(coordinator, &i, &found);) {
        TransactionStateView *view = g_new0(TransactionStateView, 1);
        *view = (TransactionStateView){
            .transactional_id = found.transactional_id,
            .coordinator = broker_id(broker),
            .producer_id = found.producer_id,
            .producer_epoch = found.producer_epoch,
            .state = found.state,
            .timeout_ns = found.timeout_ns,
            .started_at = found.started_at,
            .partitions = view_partitions(self, found.partitions),
        };
        g_ptr_array_add(views, view);
    }
}

GPtrArray *transaction_views_new(Cluster *cluster)
{
    GPtrArray *views = g_ptr_array_new_with_free_func(view_free);
    for (guint i = 0; i < cluster->brokers->len; i++) {
        add_ids_of(cluster, cluster->brokers->pdata[i], views);
    }
    g_ptr_array_sort(views, by_coordinator);
    return views;
}
