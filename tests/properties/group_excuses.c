/* group_excuses.c - what Kafka itself does to a group, and a judge must let pass. Each excuse names
 * the code that does it and the case that showed it, and is as narrow as the log of events allows.
 */
#include "tests/properties/group_excuses.h"
#include <string.h>

/* Who leaves last of the members with group.protocol=consumer is not among the members that the
 * downgrade writes (ConsumerGroup to ClassicGroup), and the rebalance that is to hand out what it
 * had is in memory only (GroupMetadataManager.convertToClassicGroup: prepareRebalance). A
 * coordinator that loads the group before that rebalance is through finds it Stable, without the
 * one that left (.onLoaded), and begins none: its partitions belong to nobody until something else
 * begins one. So in 4.1.0. What the group holds of the others is their target (ClassicGroup
 * .fromConsumerGroup): who was told of less, and of nothing since, does not read the rest. Case
 * 5198 of seed 3. */
typedef struct Downgrade {
    bool downgraded;
    bool loaded; /* since then, and not joined since */
    bool told;   /* the member: since the group was loaded, or of this partition before */
} Downgrade;

static void downgrade_note_group(Downgrade *self, const char *what)
{
    if (strcmp(what, "group downgraded") == 0) {
        *self = (Downgrade){.downgraded = true, .told = self->told};
    } else if (strcmp(what, "group loaded") == 0) {
        self->loaded = self->downgraded;
    } else if (strcmp(what, "group joined") == 0 || strcmp(what, "group upgraded") == 0) {
        *self = (Downgrade){.told = self->told};
    }
}

/* "generation 2: topic-0-0 topic-0-1" */
static bool names(const char *assigned, const char *partition)
{
    g_auto(GStrv) words = g_strsplit(assigned, " ", -1);
    return g_strv_contains((const char *const *)words, partition);
}

static void downgrade_note_member(Downgrade *self, const LoggedEvent *event, const char *partition)
{
    if (strcmp(event->what, "assigned") == 0) {
        self->told = self->loaded || names(event->detail, partition);
    } else if (strcmp(event->what, "process death") == 0) {
        self->told = false;
    }
}

bool excuse_downgrade(const Cluster *cluster, const char *group, const GroupPartitionReport *read)
{
    const EventLog *log = cluster_event_log(cluster);
    g_autofree char *partition = g_strdup_printf("%s-%d", read->topic, read->partition);
    Downgrade self = {.downgraded = false};
    for (uint32_t id = 1; id <= event_log_count(log); id++) {
        LoggedEvent event;
        if (!event_log_get(log, id, &event)) {
            continue;
        }
        if (g_str_has_prefix(event.detail, group)) {
            downgrade_note_group(&self, event.what);
        }
        if (read->member != NULL && strcmp(event.actor, read->client_id) == 0) {
            downgrade_note_member(&self, &event, partition);
        }
    }
    return self.loaded && !self.told;
}

/* max.poll.interval.ms of a case: so long may pass between an assignment and the next poll(). */
#define LONGEST_POLL SIM_SEC(15)

/* A member's process, since the group has last been joined. */
typedef struct Told {
    SimTime assigned; /* -1: not told */
    SimTime died;
} Told;

static int32_t reader_of(const LoggedEvent *event)
{
    const bool is_reader = g_str_has_prefix(event->actor, "reader-");
    const int32_t number = is_reader ? (int32_t)g_ascii_strtoll(event->actor + 7, NULL, 10) : -1;
    return number < CASE_GROUP_MEMBERS_MAX ? number : -1;
}

/* Did the process that begins now follow one that may not have asked for the second rebalance? */
static bool has_missed(Told *told, const LoggedEvent *event)
{
    if (strcmp(event->what, "assigned") == 0) {
        told->assigned = event->time;
    } else if (strcmp(event->what, "process death") == 0) {
        told->died = event->time;
    }
    return strcmp(event->what, "process start") == 0 &&
           (told->assigned < 0 || told->died - told->assigned < LONGEST_POLL);
}

/* A cooperative leader gives a partition to its new owner in two rebalances: who gave it up asks
 * for the second. A static member whose process ended before it was told, or before it polled
 * again, gets the same assignment in its next life, has nothing to give up and asks for none, and
 * its coming back is no rebalance
 * (GroupMetadataManager.updateStaticMemberThenRebalanceOrCompleteJoin, Stable): the partition
 * belongs to nobody until something else begins one. Found by case 3801 of seed 2. */
bool excuse_second_rebalance(const Case *the_case, const Cluster *cluster)
{
    const EventLog *log = cluster_event_log(cluster);
    Told told[CASE_GROUP_MEMBERS_MAX] = {0};
    bool lost = false;
    if (!the_case->is_static || the_case->protocol != PROTOCOL_COOPERATIVE) {
        return false;
    }
    for (uint32_t id = 1; id <= event_log_count(log); id++) {
        LoggedEvent event;
        if (!event_log_get(log, id, &event)) {
            continue;
        }
        const int32_t reader = reader_of(&event);
        if (strcmp(event.what, "group joined") == 0) {
            lost = false;
            memset(told, 0xff, sizeof(told));
        } else if (reader >= 0) {
            lost = has_missed(&told[reader], &event) || lost;
        }
    }
    return lost;
}

/* commitSync() throws while the group rebalances (ConsumerCoordinator.sendOffsetCommitRequest:
 * generationIfStable() is null), and an application that goes on commits again with its next
 * records. A cooperative member keeps its position meanwhile: where no more records come, what is
 * committed stays behind what was worked off, which is asked for by itself (judge_work). */
bool excuse_refused_commit(const Cluster *cluster,
                           const Case *the_case,
                           const GroupPartitionReport *read)
{
    if (the_case->work != WORK_AT_LEAST_ONCE || read->member == NULL) {
        return false;
    }
    const EventLog *log = cluster_event_log(cluster);
    for (uint32_t id = 1; id <= event_log_count(log); id++) {
        LoggedEvent event;
        if (event_log_get(log, id, &event) && strcmp(event.what, "commit failed") == 0 &&
            strcmp(event.actor, read->client_id) == 0) {
            return true;
        }
    }
    return false;
}

/* Workers that flush() what nobody will take. A batch waits for the ISR at a leader that has not
 * heard that it is none any more; meanwhile the next ones go to the new leader, which knows nothing
 * of their producer and takes them from any sequence on (ProducerAppendInfo.checkSequence). The
 * retry of the first is OUT_OF_ORDER_SEQUENCE_NUMBER there, and since it does not follow what was
 * acknowledged last, it is tried again (TransactionManager.canRetry) until delivery.timeout.ms,
 * which is longer than the case. So in 4.1.0. Found by case 2072 of seed 3, without troubles 0, 2
 * and 5. */
int32_t excuse_stuck_workers(const Case *the_case, const ClusterReport *report)
{
    int32_t stuck = 0;
    for (int32_t i = the_case->producer_count; i < report->producer_count; i++) {
        const ProducerReport *worker = &report->producers[i];
        bool refused = false;
        for (int32_t k = 0; k < worker->error_count; k++) {
            refused = refused || worker->errors[k].error == KAFKA_OUT_OF_ORDER_SEQUENCE_NUMBER;
        }
        stuck += refused && worker->fates.unknown > 0 ? 1 : 0;
    }
    return the_case->work == WORK_AT_LEAST_ONCE ? stuck : 0;
}

/* A client that rebootstraps forgets topic ids, and then takes lower leader epochs for those of
 * another topic (Metadata.updateLatestMetadata: oldTopicId is null). From a leader that has been
 * frozen, and does not know of later ones, it hears that its position's epoch never was, and begins
 * anew as auto.offset.reset says. So in 4.1.0. Case 1807 of seed 7. */
bool excuse_forgotten_epoch(const Cluster *cluster)
{
    const EventLog *log = cluster_event_log(cluster);
    for (uint32_t id = 1; id <= event_log_count(log); id++) {
        LoggedEvent event;
        if (event_log_get(log, id, &event) && strcmp(event.what, "truncation") == 0 &&
            g_str_has_suffix(event.detail, "which ends at -1")) {
            return true;
        }
    }
    return false;
}
