/* case_pipelines.c - a case about exactly-once: the group of case_groups.c consumes, processes and
 * produces with transactions (sendOffsetsToTransaction), in every protocol, under the same
 * troubles: members and brokers (coordinators of groups and of transactions) crash, stop and
 * freeze. Who reads the sink with read_committed must see every source record once. */
#include "tests/properties/case_pipelines.h"
#include "tests/properties/case_chance.h"

#define SINK_PARTITIONS 3

static void set(KafkaConfig *config, const char *name, const char *value)
{
    if (!kafka_config_set(config, name, value)) {
        g_error("the option %s does not take %s", name, value);
    }
}

void case_draw_pipeline(Case *self, uint64_t seed, int32_t number, EraSwitch without)
{
    case_draw_group(self, seed, number, without);
    self->is_pipeline = true;
    self->sink = self->topic_count;
    self->topics[self->topic_count++] = (CaseTopic){
        .partitions = SINK_PARTITIONS,
        .replication_factor = 3,
        .min_isr = 2,
    };
    self->process = SIM_MS(dice_between(&self->draws, 1, 20));
    if (dice_chance(&self->draws, 50)) {
        self->era.on[ERA_KIP_890] = false; /* transactions v1 */
    }
}

/* A transactional producer for each member. Its transaction times out soon, so that whoever is
 * fenced or aborted by the coordinator finds out within the case. */
static void add_worker(const Case *self, int32_t i, const MemberSpec *member, ClusterSpec *spec)
{
    g_autofree char *name = g_strdup_printf("worker-%d", i);
    ProducerSpec *worker = producer_spec_new(name, self->sink);
    worker->worker = g_strdup(member->name);
    worker->arrival = ARRIVAL_CLOSED;
    worker->outstanding = 0;
    set(worker->config, "transactional.id", name);
    set(worker->config, "transaction.timeout.ms", "10000");
    set(worker->config, "delivery.timeout.ms", "20000");
    set(worker->config, "request.timeout.ms", "8000");
    set(worker->config, "metadata.max.age.ms", "10000");
    g_ptr_array_add(spec->producers, worker);
}

/* It assigns itself, and keeps its position in hand: what it sees twice stands there twice. */
static void add_reader(const Case *self, ClusterSpec *spec)
{
    GroupSpec *group = group_spec_new("committed");
    group->kind = GROUP_ASSIGNS_ALONE;
    g_array_append_val(group->topics, self->sink);
    set(group->config, "auto.offset.reset", "earliest");
    set(group->config, "isolation.level", "read_committed");
    set(group->config, "enable.auto.commit", "false");
    g_ptr_array_add(group->members, member_spec_new("committed-0", group));
    g_ptr_array_add(spec->groups, group);
}

void case_add_pipeline(const Case *self, ClusterSpec *spec)
{
    if (!self->is_pipeline) {
        return;
    }
    GroupSpec *workers = g_ptr_array_index(spec->groups, 0);
    set(spec->config, "transaction.state.log.num.partitions", "2");
    set(workers->config, "enable.auto.commit", "false");
    set(workers->config, "isolation.level", "read_committed");
    workers->application.commit = COMMIT_BY_CLIENT;
    for (guint i = 0; i < workers->members->len; i++) {
        add_worker(self, (int32_t)i, g_ptr_array_index(workers->members, i), spec);
    }
    add_reader(self, spec);
}

/* All that the sources hold, and each of it. */
static int64_t records_of_sources(const Case *self, const ClusterReport *report)
{
    int64_t records = 0;
    for (int32_t i = 0; i < report->partition_count; i++) {
        const PartitionReport *partition = &report->partitions[i];
        g_autofree char *sink = g_strdup_printf("topic-%d", self->sink);
        if (!partition->internal && strcmp(partition->topic, sink) != 0) {
            records += partition->log_end_offset;
        }
    }
    return records;
}

bool case_is_exactly_once(const Case *self, const ClusterReport *report, char *why, size_t bytes)
{
    const GroupReport *reader = &report->groups[report->group_count - 1];
    int64_t records = records_of_sources(self, report);
    g_snprintf(why,
               bytes,
               "%d records of the sources: %d seen in the sink, %d of them again",
               (int)records,
               (int)reader->sources,
               (int)reader->sources_again);
    return reader->sources == records && reader->sources_again == 0;
}
