/* streams_app.c - see streams_app.h. */
#include "models/streams/streams_app.h"

static void read_options(StreamsApp *self, const KafkaConfig *config)
{
    self->commit_interval_ns = kafka_config_ms(config, "commit.interval.ms");
    self->probing_interval_ns = kafka_config_ms(config, "probing.rebalance.interval.ms");
    self->task_timeout_ns = kafka_config_ms(config, "task.timeout.ms");
    self->max_buffered = kafka_config_integer(config, "buffered.records.per.partition");
    self->options = (StreamsTasks){
        .acceptable_recovery_lag = kafka_config_integer(config, "acceptable.recovery.lag"),
        .max_warmup_replicas = (int32_t)kafka_config_integer(config, "max.warmup.replicas"),
        .num_standby_replicas = (int32_t)kafka_config_integer(config, "num.standby.replicas"),
    };
}

StreamsApp *
streams_app_new(const GroupSpec *group, const MetadataLog *topics, const StreamsAdmin *admin)
{
    StreamsApp *self = g_new0(StreamsApp, 1);
    self->group = group;
    self->admin = *admin;
    self->topology = topology_new(group->streams, topics);
    read_options(self, group->streams->config);
    self->max_block_ns = kafka_config_ms(group->streams->producer, "max.block.ms");
    const gsize tasks = (gsize)MAX(1, topology_task_count(self->topology));
    const gsize stores = tasks * MAX(1, group->members->len);
    self->stores = g_new(TaskStore, stores);
    for (gsize i = 0; i < stores; i++) {
        self->stores[i] = (TaskStore){STREAMS_NOTHING, STREAMS_NOTHING, -1};
    }
    self->failed = g_new0(bool, MAX(1, group->members->len));
    self->last_process = g_new(int32_t, tasks);
    for (gsize t = 0; t < tasks; t++) {
        self->last_process[t] = -1;
    }
    return self;
}

void streams_app_free(StreamsApp *self)
{
    if (self == NULL) {
        return;
    }
    topology_free(self->topology);
    g_free(self->stores);
    g_free(self->last_process);
    g_free(self->failed);
    g_free(self);
}

TaskStore *streams_app_store(const StreamsApp *self, int32_t process, int32_t task)
{
    return &self->stores[(gsize)process * (gsize)topology_task_count(self->topology) + (gsize)task];
}

void streams_app_moved(StreamsApp *self, int32_t process, int32_t task, bool had)
{
    const int32_t last = self->last_process[task];
    if (last >= 0 && last != process) {
        self->counts.tasks_moved++;
        self->counts.promoted += had;
    }
    self->last_process[task] = process;
}

void streams_app_restored(StreamsApp *self, int64_t records, SimDuration time)
{
    self->counts.restorations++;
    self->counts.restored_records += records;
    self->counts.restore_sum += time;
    self->counts.restore_max = MAX(self->counts.restore_max, time);
}

void task_store_close(TaskStore *self, bool in_order)
{
    if (in_order) {
        self->checkpoint = self->position;
    }
    self->position = self->checkpoint;
    self->thread = -1;
}

void task_store_checkpoint(TaskStore *self)
{
    const int64_t since = MAX(self->checkpoint, 0);
    if (self->position - since > STREAMS_CHECKPOINT_DELTA) {
        self->checkpoint = self->position;
    }
}
