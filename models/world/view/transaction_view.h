/* transaction_view.h - transactional ids at one moment, as their coordinators would describe them
 * to a tool (ListTransactions, DescribeTransactions). */
#ifndef KAFKASIM_MODELS_WORLD_VIEW_TRANSACTION_VIEW_H
#define KAFKASIM_MODELS_WORLD_VIEW_TRANSACTION_VIEW_H
#include "models/world/cluster_view.h"

typedef struct TransactionStateView {
    const char *transactional_id;
    int32_t coordinator; /* broker id */
    int64_t producer_id;
    int16_t producer_epoch;
    const char *state;
    SimDuration timeout_ns;
    SimTime started_at; /* -1: no transaction */
    GArray *partitions; /* of OwnedPartitionView: by topic, then number */
} TransactionStateView;

/* Of every living broker, by its id and then by name; free it with g_ptr_array_unref. Valid until
 * the cluster runs on. */
GPtrArray *transaction_views_new(Cluster *cluster);

#endif
