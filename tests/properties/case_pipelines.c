/* case_pipelines.c - members that work: they consume, process and produce, at least once (flush,
 * commitSync) or exactly once (sendOffsetsToTransaction), in every protocol, under the troubles of
 * case_groups.c: members and brokers (coordinators of groups and of transactions) crash, stop and
 * freeze. Who reads what they made with read_committed must see something of every record, and
 * with transactions once. */
#include "tests/properties/case_pipelines.h"
#include "tests/properties/case_chance.h"

static void set(KafkaConfig *config, const char *name, const char *value)
{
    if (!kafka_config_set(config, name, value)) {
        g_error("the option %s does not take %s", name, value);
    }
}

/* Half of them with transactions v1: --groups draws v2 only. */
void case_draw_pipeline(Case *self, uint64_t seed, int32_t number, EraSwitch without)
{
    case_draw_group(self, seed, number, without);
    self->is_pipeline = true;
    self->work = WORK_EXACTLY_ONCE;
    self->process = SIM_MS(dice_between(&self->draws, 1, 20));
    case_bound_polls(self);
    if (dice_chance(&self->draws, 50)) {
        self->era.on[ERA_KIP_890] = false;
    }
    self->is_hasty = dice_chance(&self->draws, 50);
    self->is_tiered = dice_chance(&self->draws, 50);
}

/* The producer of a worker, to the partition of the same number. A send that fails would be a loss
 * to whoever does not look at it, so it has all the time; a transaction is aborted by it, or soon
 * times out, so that whoever is fenced finds out within the case. */
static void add_worker(const Case *self, const MemberSpec *member, ClusterSpec *spec)
{
    g_autofree char *name = g_strdup_printf("%s-worker", member->name);
    ProducerSpec *worker = producer_spec_new(name, self->topic_count);
    worker->worker = g_strdup(member->name);
    worker->arrival = ARRIVAL_CLOSED;
    worker->outstanding = 0;
    set(worker->config, "request.timeout.ms", "8000");
    set(worker->config, "metadata.max.age.ms", "10000");
    if (self->work == WORK_EXACTLY_ONCE) {
        set(worker->config, "max.block.ms", self->is_hasty ? "1500" : "60000");
        set(worker->config, "transactional.id", name);
        set(worker->config, "transaction.timeout.ms", "10000");
        set(worker->config, "delivery.timeout.ms", "20000");
    } else {
        set(worker->config, "delivery.timeout.ms", "600000");
    }
    g_ptr_array_add(spec->producers, worker);
}

/* A partition's log merges its oldest batches when it has 4,096, and what they were made of is
 * known no more. At worst a record is a transaction, which is two batches. */
static bool are_batches_merged(const Case *self)
{
    int64_t records = 0;
    for (int32_t i = 0; i < self->producer_count; i++) {
        const CaseProducer *producer = &self->producers[i];
        int64_t seconds = case_load_end(self) / SIM_SEC(1);
        records += producer->rate_milli * seconds / 1000 / self->topics[producer->topic].partitions;
    }
    return 2 * records > 3500;
}

/* It assigns itself, and keeps its position in hand: what it sees twice stands there twice.
 *
 * It comes when all is mended, if all can still be told then. One that had lived through the
 * trouble might read twice what is there once: after a rebootstrap a client believes a thawed
 * leader's older epoch (Metadata.updateLatestMetadata with no topic id to compare), and where that
 * broker knows no epoch of its position it begins anew. */
static void add_reader(const Case *self, int32_t topic, ClusterSpec *spec)
{
    GroupSpec *group = group_spec_new("behind");
    group->kind = GROUP_ASSIGNS_ALONE;
    g_array_append_val(group->topics, topic);
    set(group->config, "auto.offset.reset", "earliest");
    set(group->config, "isolation.level", "read_committed");
    set(group->config, "enable.auto.commit", "false");
    MemberSpec *reader = member_spec_new("behind", group);
    reader->start = are_batches_merged(self) ? 0 : self->heal + (self->end - self->heal) / 2;
    g_ptr_array_add(group->members, reader);
    g_ptr_array_add(spec->groups, group);
}

static void set_tiered(ClusterSpec *spec, TopicSpec *topic)
{
    set(spec->config, "remote.log.storage.system.enable", "true");
    set(spec->config, "remote.log.manager.task.interval.ms", "2000");
    set(spec->config, "log.retention.check.interval.ms", "2000");
    set(topic->config, "remote.storage.enable", "true");
    set(topic->config, "segment.ms", "2000");
    set(topic->config, "local.retention.ms", "1000");
}

static void add_topic(const Case *self, ClusterSpec *spec)
{
    int32_t widest = 0;
    for (int32_t i = 0; i < self->topic_count; i++) {
        widest = MAX(widest, self->topics[i].partitions + 1);
    }
    TopicSpec *out = topic_spec_new("out", widest, self->brokers);
    set(out->config, "min.insync.replicas", "2");
    if (self->is_tiered) {
        set_tiered(spec, out);
    }
    g_ptr_array_add(spec->topics, out);
}

void case_add_work(const Case *self, ClusterSpec *spec)
{
    if (self->work == WORK_READ) {
        return;
    }
    GroupSpec *workers = g_ptr_array_index(spec->groups, 0);
    set(spec->config, "transaction.state.log.num.partitions", "2");
    set(workers->config, "enable.auto.commit", "false");
    set(workers->config, "isolation.level", "read_committed");
    workers->application.commit = self->work == WORK_AT_LEAST_ONCE ? COMMIT_SYNC : COMMIT_BY_CLIENT;
    add_topic(self, spec);
    for (guint i = 0; i < workers->members->len; i++) {
        add_worker(self, g_ptr_array_index(workers->members, i), spec);
    }
    add_reader(self, self->topic_count, spec);
}

bool case_is_worked_off(
    const Case *self, const ClusterReport *report, WorkLeft left, char *why, size_t bytes)
{
    const GroupReport *workers = &report->groups[0];
    const GroupReport *behind = &report->groups[1];
    int64_t records = 0;
    for (int32_t i = 0; i < workers->partition_count; i++) {
        records += MAX(0, workers->partitions[i].log_end_offset);
    }
    /* Old batches are merged (record_log_coalesce) before the reader comes, and do not say any more
     * of what they were made: they are counted. At least once there may be repeated ones among
     * them, that hide as many missing ones. */
    int64_t untold = behind->consumed - behind->sources - behind->sources_again;
    int64_t missing = records - behind->sources - untold;
    g_snprintf(why,
               bytes,
               "%d records: what was made of %d is there, of %d again, %d are untold",
               (int)records,
               (int)behind->sources,
               (int)behind->sources_again,
               (int)untold);
    return self->work == WORK_AT_LEAST_ONCE || left.repeats
               ? missing <= left.unread
               : missing == left.unread && behind->sources_again == 0;
}
