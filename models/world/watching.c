/* watching.c - the invariants of a running cluster, and the ears they hear with. */
#include "models/world/cluster_state.h"

static void on_handed(void *owner,
                      int32_t group,
                      int32_t member,
                      TopicIdPartition partition,
                      int64_t first,
                      int64_t last,
                      int32_t leader_epoch)
{
    invariants_on_handed(owner, (GroupReader){group, member}, partition, first, last, leader_epoch);
}

static void on_passed(void *owner,
                      int32_t group,
                      int32_t member,
                      TopicIdPartition partition,
                      int64_t first,
                      int64_t last)
{
    invariants_on_passed(owner, (GroupReader){group, member}, partition, first, last);
}

static void on_begin(void *owner, int32_t group, int32_t member, int32_t partition, int64_t offset)
{
    invariants_on_begin(owner, (GroupReader){group, member}, partition, offset);
}

static void on_reset(void *owner, int32_t group, int32_t member, int32_t partition, int64_t offset)
{
    invariants_on_reset(owner, (GroupReader){group, member}, partition, offset);
}

static void on_commit(void *owner, int32_t group, int32_t member, int32_t partition, int64_t offset)
{
    invariants_on_commit(owner, (GroupReader){group, member}, partition, offset);
}

static void
on_commit_sent(void *owner, int32_t group, int32_t member, int32_t partition, int64_t offset)
{
    invariants_on_commit_sent(owner, (GroupReader){group, member}, partition, offset);
}

static void on_commit_unanswered(void *owner, int32_t group)
{
    invariants_on_commit_unanswered(owner, group);
}

static bool reads_committed(const KafkaConfig *config)
{
    const char *level = kafka_config_text(config, "isolation.level");
    return level != NULL && strcmp(level, "read_committed") == 0;
}

/* By group: do all its members read committed records only? */
static void note_isolation(Cluster *self)
{
    self->read_committed = g_new0(bool, self->spec->groups->len + 1);
    for (guint g = 0; g < self->spec->groups->len; g++) {
        const GroupSpec *group = self->spec->groups->pdata[g];
        bool all = reads_committed(group->config);
        for (guint m = 0; m < group->members->len && all; m++) {
            const MemberSpec *member = group->members->pdata[m];
            all = kafka_config_is_set(member->config, "isolation.level")
                      ? reads_committed(member->config)
                      : true;
        }
        self->read_committed[g] = all;
    }
}

/* Groups whose members go by what the group committed. */
static void note_committers(Cluster *self)
{
    self->committers = g_new0(const char *, self->spec->groups->len + 1);
    self->assigned_by_hand = g_new0(bool, self->spec->groups->len + 1);
    for (guint g = 0; g < self->spec->groups->len; g++) {
        const GroupSpec *group = self->spec->groups->pdata[g];
        self->assigned_by_hand[g] =
            group->kind == GROUP_ASSIGNS || group->kind == GROUP_ASSIGNS_ALONE;
        const bool commits = group->kind == GROUP_SUBSCRIBES || group->kind == GROUP_ASSIGNS;
        self->committers[g] = commits ? group->name : NULL;
    }
}

void watching_start(Cluster *self)
{
    if (!self->spec->invariants) {
        return;
    }
    self->brokers = g_ptr_array_new();
    note_isolation(self);
    note_committers(self);
    const InvariantsContext context = {
        .sim = self->sim,
        .metadata = self->metadata,
        .checks = self->checks,
        .era = &self->spec->era,
        .elr = self->spec->era.on[ERA_KIP_966],
        .brokers = self->brokers,
        .groups = (int32_t)self->spec->groups->len,
        .read_committed = self->read_committed,
        .group_ids = self->committers,
        .assigned_by_hand = self->assigned_by_hand,
        .records = self->records,
        .transactions = self->txn_records,
    };
    self->invariants = invariants_new(&context);
    self->group_watch = (GroupWatch){
        .owner = self->invariants,
        .on_handed = on_handed,
        .on_passed = on_passed,
        .on_begin = on_begin,
        .on_reset = on_reset,
        .on_commit = on_commit,
        .on_commit_sent = on_commit_sent,
        .on_commit_unanswered = on_commit_unanswered,
    };
}

/* What stands before the run is committed. */
void watching_bootstrapped(Cluster *self)
{
    const ReplicaWatch *watch = watching_replicas(self);
    if (watch != NULL) {
        watch->on_metadata(watch->owner, metadata_end_offset(self->metadata));
    }
}

void watching_disk_lost(Cluster *self, const Broker *broker, LossReason how)
{
    ledger_disk_lost(self->ledger, broker_id(broker), how, sim_now(self->sim));
    if (self->invariants != NULL) {
        invariants_disk_lost(self->invariants, broker, how);
    }
}

int64_t cluster_committed_lost(const Cluster *self, bool *ret_excused)
{
    *ret_excused = self->invariants != NULL && invariants_any_excused(self->invariants);
    return self->invariants != NULL ? invariants_lost(self->invariants) : 0;
}

const ReplicaWatch *watching_replicas(const Cluster *self)
{
    return self->invariants != NULL ? invariants_replica_watch(self->invariants) : NULL;
}

const GroupWatch *watching_groups(const Cluster *self)
{
    return self->invariants != NULL ? &self->group_watch : NULL;
}

void watching_produced(void *cluster, const ProducedBatch *batch)
{
    const Cluster *self = cluster;
    const BatchArrival arrival = {
        .at = sim_now(self->sim),
        .base_offset = batch->base_offset,
        .broker = batch->broker,
        .leader_epoch = batch->leader_epoch,
        .error = batch->error,
    };
    ledger_batch_arrived(self->ledger, batch->ledger, &arrival);
}

void watching_member(Cluster *self, const ConsumerProcess *process)
{
    const int32_t *partitions;
    const GroupSpec *group = self->spec->groups->pdata[process->group];
    if (self->invariants == NULL || group->kind == GROUP_SHARES) {
        return; /* the members of a share group own nothing alone */
    }
    int32_t count = consumer_owned(process->consumer, &partitions);
    invariants_on_instance(
        self->invariants, process->group, process->member, consumer_instance_id(process->consumer));
    invariants_on_owned(self->invariants,
                        process->group,
                        process->member,
                        consumer_generation(process->consumer),
                        partitions,
                        count);
}

/* ---- what is not there for groups to read */

static bool reads_topic(const Cluster *self, guint group, int32_t partition)
{
    const int32_t topic = metadata_topic_of(self->metadata, partition)->index;
    const GArray *topics = self->group_topics->pdata[group];
    for (guint t = 0; t < topics->len; t++) {
        if (g_array_index(topics, int32_t, t) == topic) {
            return true;
        }
    }
    return false;
}

static bool shares_committed(const GroupSpec *group)
{
    static const char name[] = "share.isolation.level";
    return group->dynamic != NULL && kafka_config_is_set(group->dynamic, name) &&
           strcmp(kafka_config_text(group->dynamic, name), "read_committed") == 0;
}

static void tell_aborted(
    Cluster *self, int32_t group, TopicIdPartition partition, const RecordLog *log, int64_t end)
{
    const GroupSpec *spec = self->spec->groups->pdata[group];
    const bool committed =
        spec->kind == GROUP_SHARES ? shares_committed(spec) : reads_committed(spec->config);
    int64_t next = ledger_untold_from(self->ledger, group, partition, false);
    MergedMarks *marks = NULL;
    MergedMark mark;
    if (committed && next >= 0 && next < end) {
        next = MAX(next, log->log_start_offset);
        record_log_collect_marks(log, next, end, &marks);
    }
    while (merged_marks_find(marks, next, &mark)) {
        if (mark.kind == MARK_ABORTED) {
            ledger_holds_none(self->ledger, group, partition, mark.first, mark.end);
        }
        next = mark.end;
    }
    merged_marks_free(marks);
}

/* Between two batches, and in one before its first record. */
static void tell_gaps(
    Cluster *self, int32_t group, TopicIdPartition partition, const RecordLog *log, int64_t end)
{
    const bool may_be_cleaned = log->options->cleanup_compact;
    const int64_t untold = ledger_untold_from(self->ledger, group, partition, may_be_cleaned);
    int64_t next = MAX(untold, log->log_start_offset);
    if (untold < 0 || next >= end) {
        return;
    }
    LogCursor cursor = record_log_seek(log, next);
    const RecordBatch *batch;
    while (next < end && (batch = log_cursor_next(&cursor)) != NULL) {
        const int64_t first = MIN(end, record_batch_first_record(batch));
        if (first > next) {
            ledger_holds_none(self->ledger, group, partition, next, first);
        }
        next = MAX(next, record_batch_last_offset(batch) + 1);
    }
    ledger_told(self->ledger, group, partition, end);
}

void watching_tell_gaps(Cluster *self,
                        TopicIdPartition partition,
                        const RecordLog *log,
                        int64_t end)
{
    for (guint g = 0; g < self->group_topics->len; g++) {
        if (reads_topic(self, g, partition.index)) {
            const int64_t told = MIN(end, log->log_end_offset);
            tell_aborted(self, (int32_t)g, partition, log, told);
            tell_gaps(self, (int32_t)g, partition, log, told);
        }
    }
}

void watching_tell_deleted(Cluster *self, TopicIdPartition partition, int64_t end)
{
    for (guint g = 0; g < self->group_topics->len; g++) {
        if (reads_topic(self, g, partition.index)) {
            ledger_deleted(self->ledger, (int32_t)g, partition, end);
        }
    }
}

/* What no consumer could have read is missed by none. */
void watching_tell_gone(Cluster *self, TopicIdPartition partition, const RecordLog *log)
{
    int64_t end = 0;
    for (guint i = 0; i < self->brokers->len; i++) {
        end = MAX(end, broker_high_watermark(self->brokers->pdata[i], partition));
    }
    watching_tell_gaps(self, partition, log, end);
    watching_tell_deleted(self, partition, end);
}
