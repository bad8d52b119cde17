/* report.c - the results of a run, gathered once it has ended. See cluster.h. */
#include "models/group/share/share_partition.h"
#include "models/world/cluster_state.h"

typedef struct ReportStore {
    ClusterReport report;
    ProducerReport *producers;
    GroupReport *groups;
    PartitionReport *partitions;
    GPtrArray *group_partitions; /* GroupPartitionReport arrays */
    PartitionRegistration *registrations;
} ReportStore;

static Fates fates_of(const LedgerProducer *ledger)
{
    return (Fates){
        .offered = ledger->offered,
        .acked = ledger->acked,
        .failed = ledger->failed,
        .unknown = ledger->offered - ledger->acked - ledger->failed,
        .lost = ledger->lost,
        .duplicated = ledger->duplicated,
        .reordered = ledger->reordered,
        .failed_in_log = ledger->failed_in_log,
        .sent_acks_0 = ledger->acks == 0 ? ledger->acked : 0,
        .lost_acks_0 = ledger->acks == 0 ? ledger->lost : 0,
    };
}

static void add_fates(Fates *total, const Fates *part)
{
    total->offered += part->offered;
    total->acked += part->acked;
    total->failed += part->failed;
    total->unknown += part->unknown;
    total->lost += part->lost;
    total->duplicated += part->duplicated;
    total->reordered += part->reordered;
    total->failed_in_log += part->failed_in_log;
    total->sent_acks_0 += part->sent_acks_0;
    total->lost_acks_0 += part->lost_acks_0;
}

/* Retention is asked about at the end: what it deleted before a group came there. */
static void settle_groups(Cluster *self, int32_t partition, const RecordLog *log)
{
    if (log != NULL) {
        const TopicIdPartition present = cluster_present(self, partition);
        watching_tell_gaps(self, present, log, log->log_end_offset);
        watching_tell_deleted(self, present, log->log_start_offset);
    }
}

static void settle_ledger(Cluster *self)
{
    for (int32_t p = 0; p < metadata_partition_count(self->metadata); p++) {
        const RecordLog *log = validation_final_log(self, p);
        housekeeping_on_end(self, p, log);
        int32_t first = log != NULL ? record_log_find(log, housekeeping_settled_end(self, p)) : 0;
        for (int32_t i = first; log != NULL && i < log->count; i++) {
            const RecordBatch *batch = record_log_at(log, i);
            if (batch->ledger != 0) {
                ledger_saw_in_log(self->ledger, batch);
            }
        }
        settle_groups(self, p, log);
    }
    housekeeping_settle_formers(self);
    ledger_settle(self->ledger);
    ledger_close_gaps(self->ledger, sim_now(self->sim));
}

static const char *more_topics_of(Cluster *self, const ProducerSpec *spec)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; spec->more_topics != NULL && i < spec->more_topics->len; i++) {
        const int32_t topic = g_array_index(spec->more_topics, int32_t, i);
        g_string_append_printf(text, ", %s", metadata_topic(self->metadata, topic)->name);
    }
    return text->len > 0 ? g_string_chunk_insert_const(self->strings, text->str) : NULL;
}

static UnheardLosses unheard_of(const LedgerProducer *ledger)
{
    const int64_t unreceived = ledger->lost_unreceived;
    const int64_t refused = ledger->lost_refused;
    return ledger->acks != 0
               ? (UnheardLosses){0}
               : (UnheardLosses){unreceived, refused, ledger->lost - unreceived - refused};
}

static void report_producer(Cluster *self, int32_t i, ProducerReport *into)
{
    const ProducerSpec *spec = self->spec->producers->pdata[i];
    const LedgerProducer *ledger = ledger_producer(self->ledger, i);
    SimTime now = sim_now(self->sim);
    *into = (ProducerReport){
        .name = spec->name,
        .topic = metadata_topic(self->metadata, spec->topic)->name,
        .more_topics = more_topics_of(self, spec),
        .instances = spec->count,
        .fates = fates_of(ledger),
        .unheard = unheard_of(ledger),
        .acked_bytes = ledger->acked_bytes,
        .batches = ledger->batches,
        .requests = ledger->requests,
        .retries = ledger->retries,
        .errors = ledger->errors,
        .error_count = ledger->error_count,
        .latency = ledger->latency,
        .measured_acked = ledger->measured_acked,
        .measured_bytes =
            (int64_t)((double)ledger->measured_acked * distribution_mean(&spec->value_bytes)),
        .measured_from = MIN(now, MAX(self->spec->warmup, ledger->started)),
        .measured_to = MIN(now, MAX(spec->stop, ledger->started)),
        .longest_gap = ledger_producer_gap(self->ledger, i),
        .sent = ledger->sent,
        .metrics = sender_metrics_measure(&ledger->metrics, now / SIM_MS(1)),
        .throttle = ledger->throttle,
    };
}

/* It is there, or its whole topic is gone: one that a former topic of the name had is not. */
static bool is_worth_a_line(const Cluster *self, const TopicInfo *topic, int32_t p)
{
    return cluster_newest(self, p) != NULL ||
           (self->histories[p].created && cluster_newest(self, topic->first_partition) == NULL);
}

static void report_partition(Cluster *self, int32_t p, ReportStore *store)
{
    const TopicInfo *topic = metadata_topic_of(self->metadata, p);
    const PartitionRegistration *newest = cluster_newest(self, p);
    const PartitionHistory *history = &self->histories[p];
    PartitionReport *into = &store->partitions[p];
    *into = (PartitionReport){.topic = topic->name,
                              .partition = p - topic->first_partition,
                              .internal = topic->internal,
                              .was_created = is_worth_a_line(self, topic, p),
                              .leader = NO_LEADER,
                              .leader_epoch = -1,
                              .partition_epoch = -1,
                              .offline = history->offline};
    if (history->offline_since >= 0) {
        into->offline += sim_now(self->sim) - history->offline_since;
    }
    if (newest == NULL) {
        return;
    }
    PartitionRegistration *copy = &store->registrations[p];
    *copy = *newest;
    const RecordLog *log = validation_final_log(self, p);
    into->leader = copy->leader;
    into->leader_epoch = copy->leader_epoch;
    into->partition_epoch = copy->partition_epoch;
    into->replicas = copy->replicas.ids;
    into->replica_count = copy->replicas.count;
    into->isr = copy->isr.ids;
    into->isr_count = copy->isr.count;
    into->adding = copy->adding.ids;
    into->adding_count = copy->adding.count;
    into->removing = copy->removing.ids;
    into->removing_count = copy->removing.count;
    into->log_start_offset = log != NULL ? log->log_start_offset : 0;
    into->log_end_offset = log != NULL ? log->log_end_offset : 0;
    into->high_watermark = MIN(cluster_high_watermark(self, p), into->log_end_offset);
    into->diverged = validation_diverged(self, p);
    into->longest_ack_gap = ledger_longest_ack_gap(self->ledger, p, &into->longest_ack_gap_from);
}

static const GroupCoordinator *coordinator_of(const Cluster *self, const GroupSpec *spec)
{
    for (guint i = 0; i < self->brokers->len; i++) {
        const GroupCoordinator *coordinator = broker_coordinator(self->brokers->pdata[i]);
        GroupView view;
        if (broker_actor(self->brokers->pdata[i])->life == ACTOR_ALIVE &&
            group_coordinator_view(coordinator, spec->name, &view)) {
            return coordinator;
        }
    }
    return NULL;
}

/* An id of the classic protocol begins with the client's name; one of KIP-848 is by chance, and
 * known to its process only. */
static const MemberSpec *member_by_id(const Cluster *self, int32_t group, const char *member_id)
{
    const GroupSpec *spec = self->spec->groups->pdata[group];
    for (guint i = 0; i < spec->members->len; i++) {
        const MemberSpec *member = spec->members->pdata[i];
        if (g_str_has_prefix(member_id, member->name) && member_id[strlen(member->name)] == '-') {
            return member;
        }
    }
    const GroupRows *rows = &self->group_rows[group];
    for (guint i = rows->consumers; i < rows->consumers_end; i++) {
        const ConsumerProcess *process = &g_array_index(self->consumers, ConsumerProcess, i);
        if (process->consumer != NULL &&
            strcmp(consumer_member_id(process->consumer), member_id) == 0) {
            return spec->members->pdata[process->member];
        }
    }
    return NULL;
}

static void report_group_partition(Cluster *self,
                                   int32_t group,
                                   const GroupCoordinator *coordinator,
                                   int32_t partition,
                                   GroupPartitionReport *into)
{
    const TopicInfo *topic = metadata_topic_of(self->metadata, partition);
    const GroupSpec *spec = self->spec->groups->pdata[group];
    *into = (GroupPartitionReport){
        .topic = topic->name,
        .partition = partition - topic->first_partition,
        .committed = -1,
        .log_end_offset = cluster_latest_offset(self, partition),
        .log_start_offset = cluster_log_start_offset(self, partition),
    };
    if (coordinator == NULL) {
        return;
    }
    into->committed =
        spec->kind == GROUP_SHARES
            ? share_state_store_start_offset(self->share_states, spec->name, partition)
            : group_coordinator_committed(coordinator, spec->name, partition);
    into->member = group_coordinator_owner(coordinator, spec->name, partition);
    const MemberSpec *member =
        into->member != NULL ? member_by_id(self, group, into->member) : NULL;
    if (member != NULL) {
        into->client_id = member->name;
        into->host = member->host >= 0 ? ((HostSpec *)self->spec->hosts->pdata[member->host])->name
                                       : member->name;
    }
}

static void report_group_partitions(Cluster *self,
                                    int32_t index,
                                    const GroupCoordinator *coordinator,
                                    ReportStore *store,
                                    GroupReport *into)
{
    const GroupRows *own = &self->group_rows[index];
    GroupPartitionReport *rows =
        g_new0(GroupPartitionReport, MAX(1, own->positions_end - own->positions));
    g_ptr_array_add(store->group_partitions, rows);
    for (guint i = own->positions; i < own->positions_end; i++) {
        const GroupPosition *at = &g_array_index(self->positions, GroupPosition, i);
        if (cluster_newest(self, at->partition) != NULL) {
            report_group_partition(
                self, index, coordinator, at->partition, &rows[into->partition_count]);
            into->never_processed += ledger_never_processed(
                self->ledger, index, at->partition, rows[into->partition_count++].committed);
        }
    }
    into->partitions = rows;
}

static const ShareCounts *count_share(Cluster *self, const GroupSpec *spec, ReportStore *store)
{
    ShareCounts *counts = g_new0(ShareCounts, 1);
    g_ptr_array_add(store->group_partitions, counts);
    share_state_store_add_counts(self->share_states, spec->name, counts);
    for (guint b = 0; b < self->brokers->len; b++) {
        broker_add_share_counts(self->brokers->pdata[b], spec->name, counts);
    }
    return counts;
}

/* Where a group begins to read without an offset of its own. A share group's is an option of the
 * group at its coordinator. */
static const char *reset_policy(const Cluster *self, const GroupSpec *spec)
{
    const char *name = spec->kind == GROUP_SHARES ? "share.auto.offset.reset" : "auto.offset.reset";
    const bool own = spec->dynamic != NULL && kafka_config_is_set(spec->dynamic, name);

    return spec->kind != GROUP_SHARES ? kafka_config_text(spec->config, name)
           : own                      ? kafka_config_text(spec->dynamic, name)
                                      : kafka_config_text(self->spec->config, name);
}

static void report_group(Cluster *self, int32_t index, ReportStore *store)
{
    const GroupSpec *spec = self->spec->groups->pdata[index];
    const LedgerGroup *ledger = ledger_group(self->ledger, index);
    const GroupCoordinator *coordinator = coordinator_of(self, spec);
    GroupView view = {.state = "Dead"};
    if (coordinator != NULL) {
        group_coordinator_view(coordinator, spec->name, &view);
    }
    GroupReport *into = &store->groups[index];
    *into = (GroupReport){
        .name = spec->name,
        .state = view.state,
        .generation = view.generation,
        .members = view.members,
        .rebalances = view.rebalances,
        .consumed = ledger->consumed,
        .sources = ledger->sources,
        .sources_again = ledger->sources_again,
        .consumed_twice = ledger->consumed_twice,
        .skipped = ledger->skipped,
        .reset = reset_policy(self, spec),
        .once = ledger->records - ledger->records_twice,
        .twice = ledger->records_twice,
        .out_of_order = ledger->out_of_order,
        .given_up = ledger->given_up,
        .dead_lettered = ledger->dead_lettered,
        .measured_consumed = ledger->measured_consumed,
        .end_to_end = ledger->end_to_end,
        .throttle = ledger->throttle,
    };
    const StreamsApp *app = self->streams_apps->pdata[index];
    into->streams = app == NULL ? NULL : &app->counts;
    into->share = spec->kind == GROUP_SHARES ? count_share(self, spec, store) : NULL;
    report_group_partitions(self, index, coordinator, store, into);
}

static ReportStore *build(Cluster *self)
{
    ReportStore *store = g_new0(ReportStore, 1);
    int32_t producers = (int32_t)self->spec->producers->len;
    int32_t groups = (int32_t)self->spec->groups->len;
    int32_t partitions = metadata_partition_count(self->metadata);
    store->producers = g_new0(ProducerReport, (gsize)MAX(1, producers));
    store->groups = g_new0(GroupReport, (gsize)MAX(1, groups));
    store->partitions = g_new0(PartitionReport, (gsize)MAX(1, partitions));
    store->registrations = g_new0(PartitionRegistration, (gsize)MAX(1, partitions));
    store->group_partitions = g_ptr_array_new_with_free_func(g_free);
    for (int32_t i = 0; i < producers; i++) {
        report_producer(self, i, &store->producers[i]);
        add_fates(&store->report.total, &store->producers[i].fates);
    }
    for (int32_t p = 0; p < partitions; p++) {
        report_partition(self, p, store);
    }
    for (int32_t i = 0; i < groups; i++) {
        report_group(self, i, store);
    }
    store->report.producer_count = producers;
    store->report.group_count = groups;
    store->report.partition_count = partitions;
    return store;
}

static void list_losses(Cluster *self, ClusterReport *report)
{
    int32_t count = 0;
    const LossNote *committed =
        self->invariants != NULL ? invariants_losses(self->invariants, &count) : NULL;
    report->losses =
        ledger_list_losses(self->ledger, committed, count, sim_now(self->sim), &report->loss_count);
}

const ClusterReport *cluster_report(Cluster *self)
{
    if (self->report != NULL) {
        return &self->report->report;
    }
    history_look(self);
    settle_ledger(self);
    validation_run(self);
    self->report = build(self);
    ClusterReport *report = &self->report->report;
    report->producers = self->report->producers;
    report->groups = self->report->groups;
    report->partitions = self->report->partitions;
    report->leader_changes = (const LeaderChange *)(const void *)self->leader_changes->data;
    report->leader_change_count = (int32_t)self->leader_changes->len;
    report->assignment_changes =
        (const AssignmentChange *)(const void *)self->assignment_changes->data;
    report->assignment_change_count = (int32_t)self->assignment_changes->len;
    report->controller_changes =
        (const ControllerChange *)(const void *)self->controller_changes->data;
    report->controller_change_count = (int32_t)self->controller_changes->len;
    rolling_restart_note_waiting(self);
    report->restarts = (const RestartWindow *)(const void *)self->restarts->data;
    report->restart_count = (int32_t)self->restarts->len;
    report->hits = (const FaultHit *)(const void *)self->hits->data;
    report->hit_count = (int32_t)self->hits->len;
    list_losses(self, report);
    report->not_simulated = self->not_simulated;
    report->elections = self->elections;
    for (guint i = 0; i < self->brokers->len; i++) {
        const BrokerCounters *counters = broker_counters(self->brokers->pdata[i]);
        report->isr_shrinks += (int32_t)counters->isr_shrinks;
        report->isr_expands += (int32_t)counters->isr_expands;
    }
    return report;
}

void report_free(Cluster *self)
{
    ReportStore *store = self->report;
    if (store == NULL) {
        return;
    }
    g_ptr_array_free(store->group_partitions, TRUE);
    g_free(store->producers);
    g_free(store->groups);
    g_free(store->partitions);
    g_free(store->registrations);
    g_free(store);
    self->report = NULL;
}
