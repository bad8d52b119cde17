/* judge.c - safety while a case runs (the invariants), and liveness once it is mended. */
#include "tests/properties/judge.h"
#include "tests/properties/case_pipelines.h"
#include "tests/properties/group_excuses.h"
#include "tests/properties/partition_excuses.h"
#include <string.h>

static void complain(Verdict *self, const char *property, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void complain(Verdict *self, const char *property, const char *format, ...)
{
    if (!self->broken) {
        g_strlcpy(self->property, property, sizeof(self->property));
    }
    self->broken = true;
    va_list arguments;
    va_start(arguments, format);
    g_string_append_printf(self->text, "  %s: ", property);
    g_string_append_vprintf(self->text, format, arguments);
    g_string_append_c(self->text, '\n');
    va_end(arguments);
}

static void judge_checks(Verdict *self, const Cluster *cluster)
{
    const Checks *checks = cluster_checks(cluster);
    for (uint32_t i = 0; i < checks_failures(checks); i++) {
        const CheckFailure *failure = checks_failure(checks, i);
        complain(self,
                 failure->name,
                 "at %.6f s: %s",
                 (double)failure->time / (double)SIM_SEC(1),
                 failure->detail);
    }
}

/* Every write is eventually acked or failed, and nothing is counted twice. */
static void judge_fates(Verdict *self, const Case *the_case, const ClusterReport *report)
{
    /* A worker's producer dies with its application, and nobody hears of what it had. */
    for (int32_t i = 0; i < the_case->producer_count; i++) {
        const ProducerReport *producer = &report->producers[i];
        const Fates *fates = &producer->fates;
        if (fates->unknown != 0 || fates->offered != fates->acked + fates->failed) {
            complain(self,
                     "every write is acked or failed",
                     "%s offered %d: %d acked, %d failed, %d without an answer",
                     producer->name,
                     (int)fates->offered,
                     (int)fates->acked,
                     (int)fates->failed,
                     (int)fates->unknown);
        }
    }
}

/* Each lost record belongs to one loss that is told, with its cause. */
static void judge_losses(Verdict *self, const ClusterReport *report)
{
    int64_t told = 0;
    for (int32_t i = 0; i < report->loss_count; i++) {
        const LossNote *loss = &report->losses[i];
        told += loss->records;
        if (loss->reason == LOSS_OTHER && loss->records > 0) {
            complain(self,
                     "every loss has a cause",
                     "%d records of %s-%d",
                     (int)loss->records,
                     report->partitions[loss->partition].topic,
                     report->partitions[loss->partition].partition);
        }
    }
    if (told != report->total.lost) {
        complain(self,
                 "every lost record is told of once",
                 "%d are lost, %d told of",
                 (int)report->total.lost,
                 (int)told);
    }
}

static bool has_broker_come_back(const Cluster *cluster)
{
    LoggedEvent event;
    const EventLog *log = cluster_event_log(cluster);
    for (uint32_t id = 1; id <= event_log_count(log); id++) {
        if (event_log_get(log, id, &event) && strcmp(event.what, "process start") == 0 &&
            g_str_has_prefix(event.actor, "broker-") && !g_str_has_suffix(event.detail, " 1")) {
            return true;
        }
    }
    return false;
}

/* An idempotent producer has its records once and in order, unless the log was cut under it, or a
 * batch ran into delivery.timeout.ms while others of its partition were retried. Kafka then writes
 * those twice (they are in the report as duplicated): they reached the old leader, newer batches
 * went to the new one and pushed them out of its five remembered batches, so that every retry is
 * answered OUT_OF_ORDER_SEQUENCE_NUMBER (TransactionManager.canRetry). The expired batch leaves the
 * partition unresolved (Sender.sendProducerData, markSequenceUnresolved), the next such answer asks
 * for a new epoch (requestEpochBumpForPartition), and bumpIdempotentProducerEpoch numbers what is
 * in flight anew from 0 (TxnPartitionEntry.startSequencesAtBeginning): nothing tells the broker
 * that it has them. Found by case 8122 of seed 3, without troubles 0 and 3.
 * Or a leader came back: the snapshot that a clean stop or else its recovery wrote, which it does
 * not look behind, holds a producer's last batch only (LogLoader.recoverSegment). Two batches were
 * in its log unanswered: the retry of the first is OUT_OF_ORDER_SEQUENCE_NUMBER to the new process,
 * and with nothing before it in flight that too asks for a new epoch (case 3270 of seed 1).
 * Or retention took all that a returning follower had: it begins anew at the leader's first offset
 * and knows no producer (ProducerStateManager.truncateFullyAndStartAt). Elected next, it writes the
 * retry of a batch whose answer was lost. Found by case 1014 of seed 5. */
static bool may_write_twice(const Case *the_case,
                            const Cluster *cluster,
                            const CaseProducer *spec,
                            const ProducerReport *producer)
{
    if (the_case->topics[spec->topic].cleanup == CLEANUP_RETENTION ||
        case_changes(the_case, spec->topic, SETTING_RETENTION)) {
        return true;
    }
    bool refused = false;
    for (int32_t i = 0; i < producer->error_count; i++) {
        refused = refused || producer->errors[i].error == KAFKA_OUT_OF_ORDER_SEQUENCE_NUMBER;
    }
    return producer->fates.failed > 0 || (refused && has_broker_come_back(cluster));
}

static void judge_idempotence(Verdict *self,
                              const Case *the_case,
                              const Cluster *cluster,
                              const ClusterReport *report)
{
    bool cut;
    if (cluster_committed_lost(cluster, &cut) > 0 || cut) {
        return;
    }
    for (int32_t i = 0; i < the_case->producer_count; i++) {
        const Fates *fates = &report->producers[i].fates;
        const CaseProducer *producer = &the_case->producers[i];
        if (producer->idempotence &&
            !may_write_twice(the_case, cluster, producer, &report->producers[i]) &&
            (fates->duplicated != 0 || fates->reordered != 0)) {
            complain(self,
                     "an idempotent producer writes once and in order",
                     "%s: %d records twice, %d out of order",
                     report->producers[i].name,
                     (int)fates->duplicated,
                     (int)fates->reordered);
        }
    }
}

static void judge_partition(Verdict *self, const Case *the_case, const PartitionReport *partition)
{
    if (partition->replica_count == 0) {
        return; /* declared, and never created */
    }
    if (partition->leader < 0 && excuse_leaderless(the_case, partition)) {
        return;
    }
    if (partition->leader < 0) {
        complain(self,
                 "every partition has a leader again",
                 "%s-%d has none",
                 partition->topic,
                 partition->partition);
    } else if (partition->isr_count != partition->replica_count) {
        complain(self,
                 "replicas catch up",
                 "%s-%d has %d of %d replicas in sync",
                 partition->topic,
                 partition->partition,
                 partition->isr_count,
                 partition->replica_count);
    } else if (partition->high_watermark != partition->log_end_offset && !partition->internal) {
        complain(self,
                 "what is written is committed",
                 "%s-%d: high watermark %d, log end offset %d",
                 partition->topic,
                 partition->partition,
                 (int)partition->high_watermark,
                 (int)partition->log_end_offset);
    }
}

/* What the table says of when nobody led it. */
static SimDuration
offline_by_table(const ClusterReport *report, const PartitionReport *partition, SimTime end)
{
    SimDuration offline = 0;
    SimTime since = -1;
    for (int32_t i = 0; i < report->leader_change_count; i++) {
        const LeaderChange *row = &report->leader_changes[i];
        if (row->partition != partition->partition || strcmp(row->topic, partition->topic) != 0) {
            continue;
        }
        bool nobody = row->leader < 0 && strcmp(row->why, LEADERS_TOPIC_DELETED) != 0;
        offline += since >= 0 && !nobody ? row->at - since : 0;
        since = nobody ? (since >= 0 ? since : row->at) : -1;
    }
    return offline + (since >= 0 ? end - since : 0);
}

static void judge_leaders(Verdict *self, const ClusterReport *report, SimTime end)
{
    for (int32_t i = 0; i < report->partition_count; i++) {
        const PartitionReport *partition = &report->partitions[i];
        SimDuration by_table = offline_by_table(report, partition, end);
        if (by_table != partition->offline) {
            complain(self,
                     "the leaders' table and the offline time agree",
                     "%s-%d: %.6f s without a leader, by the table %.6f s",
                     partition->topic,
                     partition->partition,
                     (double)partition->offline / (double)SIM_SEC(1),
                     (double)by_table / (double)SIM_SEC(1));
        }
    }
}

static const PartitionReport *
find_partition(const ClusterReport *report, const char *name, int32_t partition)
{
    for (int32_t i = 0; i < report->partition_count; i++) {
        const PartitionReport *found = &report->partitions[i];
        if (found->partition == partition && strcmp(found->topic, name) == 0) {
            return found;
        }
    }
    return NULL;
}

static bool is_of(const Trouble *wish, const Trouble *other)
{
    return other->topic == wish->topic && other->partition == wish->partition;
}

/* The only one of its partition counts, of a topic that was there. */
static bool is_expected(const Case *the_case, const Trouble *wish)
{
    /* A broker that is struck off when it is asked for is refused. */
    bool counts = wish->replicas.count > 0 && !the_case->topics[wish->topic].later &&
                  case_next(the_case, FAULT_UNREGISTER, NULL) == NULL;
    const Trouble *other = case_next(the_case, FAULT_REASSIGN, NULL);
    for (; other != NULL; other = case_next(the_case, FAULT_REASSIGN, other)) {
        counts = counts && (other == wish || !is_of(wish, other));
    }
    return counts;
}

/* With ZooKeeper: a broker that does not live gets no replica, a topic that goes no other ones. */
static bool is_refused(const Case *the_case, const Cluster *cluster, const Trouble *wish)
{
    LoggedEvent event;
    const EventLog *log = cluster_event_log(cluster);
    g_autofree char *asked =
        g_strdup_printf("reassign topic-%d-%d to ", wish->topic, wish->partition);
    for (uint32_t id = 1; id <= event_log_count(log) && case_has_zookeeper(the_case); id++) {
        if (event_log_get(log, id, &event) && strcmp(event.what, "admin") == 0 &&
            g_str_has_prefix(event.detail, asked) && !g_str_has_suffix(event.detail, ": NONE")) {
            return true;
        }
    }
    return false;
}

static void judge_reassignment(Verdict *self,
                               const Case *the_case,
                               const Cluster *cluster,
                               const ClusterReport *report)
{
    const Trouble *wish = case_next(the_case, FAULT_REASSIGN, NULL);
    for (; wish != NULL; wish = case_next(the_case, FAULT_REASSIGN, wish)) {
        g_autofree char *name = g_strdup_printf("topic-%d", wish->topic);
        const PartitionReport *partition =
            is_expected(the_case, wish) && !is_refused(the_case, cluster, wish)
                ? find_partition(report, name, wish->partition)
                : NULL;
        if (partition == NULL || partition->replica_count == 0) {
            continue; /* deleted */
        }
        if (partition->leader < 0 && excuse_leaderless(the_case, partition)) {
            continue; /* nobody from whom the others could get it */
        }
        if (partition->replica_count != wish->replicas.count ||
            memcmp(partition->replicas,
                   wish->replicas.ids,
                   sizeof(int32_t) * (size_t)wish->replicas.count) != 0) {
            complain(self,
                     "a reassignment completes",
                     "topic-%d-%d has %d replicas, the first on %d",
                     wish->topic,
                     wish->partition,
                     partition->replica_count,
                     partition->replicas[0]);
        }
    }
}

static bool
is_gone(const Case *the_case, const ClusterReport *report, const GroupPartitionReport *read)
{
    const PartitionReport *partition = find_partition(report, read->topic, read->partition);
    return partition->replica_count == 0 ||
           (partition->leader < 0 && excuse_leaderless(the_case, partition));
}

/* What members were never told to read, and why. */
typedef struct Untold {
    const Cluster *cluster;
    const char *group;
    bool of_nobody; /* whatever no member owns */
} Untold;

static bool is_untold(const Untold *self, const GroupPartitionReport *partition)
{
    return (self->of_nobody && partition->member == NULL) ||
           excuse_downgrade(self->cluster, self->group, partition);
}

static int64_t untold_records(const Untold *self, const GroupReport *group)
{
    int64_t records = 0;
    for (int32_t i = 0; i < group->partition_count; i++) {
        const GroupPartitionReport *partition = &group->partitions[i];
        if (is_untold(self, partition)) {
            records += MAX(0, partition->log_end_offset - MAX(0, partition->committed));
        }
    }
    return records;
}

static void judge_group(Verdict *self,
                        const Case *the_case,
                        const Cluster *cluster,
                        const ClusterReport *report,
                        const GroupReport *group,
                        const Untold *untold,
                        int32_t members)
{
    if (strcmp(group->state, "Stable") != 0 || group->members != members) {
        complain(self,
                 "the group converges",
                 "%s is %s with %d of %d members",
                 group->name,
                 group->state,
                 group->members,
                 members);
        return;
    }
    if (the_case->is_group && (group->skipped != 0 || group->never_processed != 0)) {
        complain(self,
                 "at-least-once never loses",
                 "%s: %d records passed over, %d committed and not processed",
                 group->name,
                 (int)group->skipped,
                 (int)group->never_processed);
    }
    for (int32_t i = 0; i < group->partition_count; i++) {
        const GroupPartitionReport *partition = &group->partitions[i];
        int64_t read = MAX(0, partition->committed);
        if (is_gone(the_case, report, partition) || is_untold(untold, partition)) {
            continue;
        }
        bool is_read = read == partition->log_end_offset ||
                       excuse_refused_commit(cluster, the_case, partition);
        if (partition->member == NULL || !is_read) {
            complain(self,
                     "the group reads to the end",
                     "%s: %s-%d owned by %s, committed %d of %d",
                     group->name,
                     partition->topic,
                     partition->partition,
                     partition->member == NULL ? "nobody" : partition->member,
                     (int)partition->committed,
                     (int)partition->log_end_offset);
        }
    }
}

static void
judge_work(Verdict *self, const Case *the_case, const ClusterReport *report, WorkLeft left)
{
    char why[160];
    if (!case_is_worked_off(the_case, report, left, why, sizeof(why))) {
        complain(self,
                 the_case->work == WORK_EXACTLY_ONCE ? "exactly once" : "at least once",
                 "%s",
                 why);
    }
}

static void judge_members(Verdict *self,
                          const Case *the_case,
                          const Cluster *cluster,
                          const ClusterReport *report)
{
    const GroupReport *group = &report->groups[0];
    const Untold untold = {
        .cluster = cluster,
        .group = group->name,
        .of_nobody = excuse_second_rebalance(the_case, cluster),
    };
    int32_t members = the_case->members - (the_case->lost_member >= 0 ? 1 : 0);
    int32_t missing = members - group->members;
    if (missing > 0 && missing <= excuse_stuck_workers(the_case, report)) {
        members = group->members; /* they left for max.poll.interval.ms */
    }
    judge_group(self, the_case, cluster, report, group, &untold, members);
    if (the_case->work != WORK_READ) {
        const WorkLeft left = {
            .unread = untold_records(&untold, group),
            .repeats = excuse_forgotten_epoch(cluster),
        };
        judge_work(self, the_case, report, left);
    }
}

static void print_log(const Cluster *cluster)
{
    const EventLog *log = cluster_event_log(cluster);
    for (uint32_t id = 1; id <= event_log_count(log); id++) {
        LoggedEvent event;
        if (event_log_get(log, id, &event)) {
            g_print("%12.6f %-16s %-20s %s\n",
                    (double)event.time / (double)SIM_SEC(1),
                    event.actor,
                    event.what,
                    event.detail);
        }
    }
}

/* Who looks on changes nothing. */
static void judge_watching(Verdict *self, const Case *the_case, uint64_t fingerprint)
{
    ClusterSpec *spec = case_spec(the_case);
    spec->invariants = false;
    Cluster *cluster = cluster_new(spec);
    (void)cluster_run(cluster, spec->duration);
    if (cluster_fingerprint(cluster) != fingerprint) {
        complain(self, "a run is the same with and without invariants", "it is not");
    }
    cluster_free(cluster);
    cluster_spec_free(spec);
}

Verdict case_judge(const Case *self, bool log)
{
    Verdict verdict = {.text = g_string_new(NULL)};
    ClusterSpec *spec = case_spec(self);
    Cluster *cluster = cluster_new(spec);
    g_autofree char *repeat =
        g_strdup_printf("build/tests/test_properties%s --seed %" G_GUINT64_FORMAT " --only %d",
                        case_option(self),
                        self->seed,
                        self->number);
    cluster_on_bug(cluster, repeat);
    if (cluster_run(cluster, spec->duration) != KERNEL_UNTIL) {
        complain(&verdict, "the run reaches its end", "it stopped early");
    }
    const ClusterReport *report = cluster_report(cluster);
    if (log) {
        print_log(cluster);
    }
    judge_checks(&verdict, cluster);
    judge_fates(&verdict, self, report);
    judge_losses(&verdict, report);
    judge_idempotence(&verdict, self, cluster, report);
    for (int32_t i = 0; i < report->partition_count; i++) {
        judge_partition(&verdict, self, &report->partitions[i]);
    }
    judge_leaders(&verdict, report, spec->duration);
    judge_reassignment(&verdict, self, cluster, report);
    if (report->group_count > 0) {
        judge_members(&verdict, self, cluster, report);
    }
    if (self->number % 16 == 0) {
        judge_watching(&verdict, self, cluster_fingerprint(cluster));
    }
    verdict.events = cluster_events_fired(cluster);
    verdict.acked = report->total.acked;
    verdict.lost = report->total.lost;
    cluster_free(cluster);
    cluster_spec_free(spec);
    return verdict;
}

void verdict_clear(Verdict *self)
{
    g_string_free(self->text, TRUE);
    self->text = NULL;
}
