/* quorum_view.h - the metadata quorum as kafka-metadata-quorum describe would tell of it. */
#ifndef KAFKASIM_MODELS_WORLD_VIEW_QUORUM_VIEW_H
#define KAFKASIM_MODELS_WORLD_VIEW_QUORUM_VIEW_H
#include "models/world/cluster_view.h"

void view_quorum(const Cluster *self, ClusterView *view);
/* In cluster_view.c: an id that Kafka draws by chance, made from the seed and the name. */
void view_uuid(const Cluster *self, const char *kind, const char *name, char *text);

#endif
