/* topology.c - see topology.h. */
#include "models/streams/topology.h"
#include <stdio.h>

static int32_t task_count_of(const Topology *self, const SubtopologySpec *sub)
{
    int32_t most = 0;
    for (guint i = 0; i < sub->sources->len; i++) {
        const TopicInfo *topic =
            metadata_topic(self->topics, g_array_index(sub->sources, int32_t, i));
        most = MAX(most, topic->partitions);
    }
    return most;
}

static void add_task(Topology *self, int32_t subtopology, int32_t number)
{
    const SubtopologySpec *sub = self->spec->subtopologies->pdata[subtopology];
    TopologyTask task = {
        .subtopology = subtopology,
        .partition = number,
        .first_source = (int32_t)self->sources->len,
        .changelog = -1,
    };
    for (guint i = 0; i < sub->sources->len; i++) {
        const TopicInfo *topic =
            metadata_topic(self->topics, g_array_index(sub->sources, int32_t, i));
        if (number < topic->partitions) {
            const TopologySource source = {(int32_t)self->tasks->len,
                                           topic->first_partition + number};
            g_array_append_val(self->sources, source);
            task.source_count++;
        }
    }
    if (sub->changelog != SPEC_NONE) {
        task.changelog = metadata_topic(self->topics, sub->changelog)->first_partition + number;
    }
    g_array_append_val(self->tasks, task);
}

static gint compare_partition(gconstpointer a, gconstpointer b, gpointer user)
{
    const Topology *self = user;
    const TopologySource *one = topology_source(self, *(const int32_t *)a);
    const TopologySource *two = topology_source(self, *(const int32_t *)b);
    return one->partition - two->partition;
}

Topology *topology_new(const StreamsSpec *spec, const MetadataLog *topics)
{
    Topology *self = g_new0(Topology, 1);
    self->spec = spec;
    self->topics = topics;
    self->tasks = g_array_new(FALSE, FALSE, sizeof(TopologyTask));
    self->sources = g_array_new(FALSE, FALSE, sizeof(TopologySource));
    self->by_number = g_array_new(FALSE, FALSE, sizeof(int32_t));
    self->outputs = streams_spec_outputs(spec);
    for (guint s = 0; s < spec->subtopologies->len; s++) {
        const int32_t count = task_count_of(self, spec->subtopologies->pdata[s]);
        for (int32_t number = 0; number < count; number++) {
            add_task(self, (int32_t)s, number);
        }
    }
    self->stateful = g_new0(bool, MAX(1, self->tasks->len));
    for (guint t = 0; t < self->tasks->len; t++) {
        self->stateful[t] = topology_task(self, (int32_t)t)->changelog >= 0;
    }
    for (int32_t i = 0; i < (int32_t)self->sources->len; i++) {
        g_array_append_val(self->by_number, i);
    }
    g_array_sort_with_data(self->by_number, compare_partition, self);
    return self;
}

void topology_free(Topology *self)
{
    g_array_unref(self->tasks);
    g_array_unref(self->sources);
    g_array_unref(self->by_number);
    g_array_unref(self->outputs);
    g_free(self->stateful);
    g_free(self);
}

const SubtopologySpec *topology_of(const Topology *self, int32_t task)
{
    return self->spec->subtopologies->pdata[topology_task(self, task)->subtopology];
}

int32_t topology_find(const Topology *self, int32_t partition)
{
    guint low = 0;
    guint high = self->by_number->len;
    while (low < high) {
        const guint middle = low + (high - low) / 2;
        const int32_t source = g_array_index(self->by_number, int32_t, middle);
        const int32_t found = topology_source(self, source)->partition;
        if (found == partition) {
            return source;
        }
        if (found < partition) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return -1;
}

char *topology_task_name(const Topology *self, int32_t task, char *text, size_t bytes)
{
    const TopologyTask *of = topology_task(self, task);
    (void)snprintf(text, bytes, "%d_%d", of->subtopology, of->partition);
    return text;
}

int32_t topology_output(const Topology *self, int32_t topic, int32_t partition)
{
    int32_t first = 0;
    for (guint i = 0; i < self->outputs->len; i++) {
        const int32_t at = g_array_index(self->outputs, int32_t, i);
        if (at == topic) {
            return first + partition;
        }
        first += metadata_topic(self->topics, at)->partitions;
    }
    return -1;
}
