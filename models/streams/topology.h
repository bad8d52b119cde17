/* topology.h - the tasks of a Streams application.
 *
 * A task is a number i of a sub-topology: it reads partition i of each of its sources, and there
 * are as many as the largest of them has partitions (PartitionGrouper, clients.md 7.1). Tasks are
 * numbered in the order of their ids: by sub-topology, then by partition. */
#ifndef KAFKASIM_MODELS_STREAMS_TOPOLOGY_H
#define KAFKASIM_MODELS_STREAMS_TOPOLOGY_H
#include "models/protocol/metadata.h"
#include "models/spec/streams.h"

/* One partition that one task reads. */
typedef struct TopologySource {
    int32_t task;
    int32_t partition; /* of all partitions, metadata.h */
} TopologySource;

typedef struct TopologyTask {
    int32_t subtopology;
    int32_t partition;
    int32_t first_source;
    int32_t source_count;
    int32_t changelog; /* of all partitions; -1: no store */
} TopologyTask;

typedef struct Topology {
    const StreamsSpec *spec;
    const MetadataLog *topics;
    GArray *tasks;     /* of TopologyTask */
    GArray *sources;   /* of TopologySource, by task */
    GArray *by_number; /* of int32_t: sources in the order of their partitions */
    GArray *outputs;   /* of int32_t: topics, as its producers number their partitions */
    bool *stateful;    /* by task */
} Topology;

Topology *topology_new(const StreamsSpec *spec, const MetadataLog *topics);
void topology_free(Topology *self);
static inline int32_t topology_task_count(const Topology *self)
{
    return (int32_t)self->tasks->len;
}
static inline const TopologyTask *topology_task(const Topology *self, int32_t task)
{
    return &g_array_index(self->tasks, TopologyTask, task);
}
static inline const TopologySource *topology_source(const Topology *self, int32_t source)
{
    return &g_array_index(self->sources, TopologySource, source);
}
const SubtopologySpec *topology_of(const Topology *self, int32_t task);
/* Which source a partition is; -1: of no task. */
int32_t topology_find(const Topology *self, int32_t partition);
/* "1_0". */
char *topology_task_name(const Topology *self, int32_t task, char *text, size_t bytes);
/* As the producers number it: a partition of one of the output topics. */
int32_t topology_output(const Topology *self, int32_t topic, int32_t partition);

#endif
