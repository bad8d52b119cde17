/* describe_text.c - see describe.c. Tabs, spaces and words are those of TopicCommand.java and
 * MetadataQuorumCommand.java. */
#include "scenarios/runner/commands/describe_text.h"
#include "scenarios/runner/describe/pretty_table.h"
#include <string.h>

/* --- topics --- */

static void append_ids(GString *out, const ReplicaList *list)
{
    for (int32_t i = 0; i < list->count; i++) {
        g_string_append_printf(out, "%s%d", i > 0 ? "," : "", list->ids[i]);
    }
}

static bool is_moving(const PartitionRegistration *now)
{
    return now->adding.count > 0 || now->removing.count > 0;
}

/* Mirrors: TopicCommand.getReplicationFactor: those that are being added do not count yet. */
static int32_t replication_factor(const PartitionRegistration *now)
{
    return is_moving(now) ? now->replicas.count - now->adding.count : now->replicas.count;
}

static bool is_unfenced(const ClusterView *view, int32_t broker)
{
    for (int32_t i = 0; i < view->broker_count; i++) {
        if (view->brokers[i].id == broker) {
            return !view->brokers[i].fenced;
        }
    }
    return false;
}

static bool has_filter(const DescribeFilter *filter)
{
    return filter->under_replicated || filter->under_min_isr || filter->at_min_isr ||
           filter->unavailable;
}

bool describe_shows(const ClusterView *view,
                    const TopicView *topic,
                    const PartitionView *partition,
                    const DescribeFilter *filter)
{
    const PartitionRegistration *now = partition->registration;
    if (now == NULL) {
        return false;
    }
    int32_t isr = now->isr.count, least = topic->min_insync_replicas;
    bool leader = now->leader != NO_LEADER;
    return !has_filter(filter) || (filter->under_replicated && replication_factor(now) - isr > 0) ||
           (filter->under_min_isr && (!leader || isr < least)) ||
           (filter->at_min_isr && isr == least) ||
           (filter->unavailable && (!leader || !is_unfenced(view, now->leader)));
}

typedef struct Configs {
    GPtrArray *texts; /* of char* */
} Configs;

static void collect(void *user, const KafkaOption *option, const char *text)
{
    Configs *configs = user;
    g_ptr_array_add(configs->texts, g_strdup_printf("%s=%s", option->name, text));
}

static gint compare_texts(gconstpointer left, gconstpointer right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void append_configs(GString *out, const KafkaConfig *config)
{
    Configs configs = {g_ptr_array_new_with_free_func(g_free)};
    if (config != NULL) {
        kafka_config_each_set(config, collect, &configs);
    }
    g_ptr_array_sort(configs.texts, compare_texts);
    for (guint i = 0; i < configs.texts->len; i++) {
        g_string_append_printf(out, "%s%s", i > 0 ? "," : "", (char *)configs.texts->pdata[i]);
    }
    g_ptr_array_unref(configs.texts);
}

static void append_topic(GString *out, const TopicView *topic)
{
    const PartitionRegistration *first = topic->partitions[0].registration;
    g_string_append_printf(out,
                           "Topic: %s\tTopicId: %s\tPartitionCount: %d\tReplicationFactor: %d"
                           "\tConfigs: ",
                           topic->name,
                           topic->id,
                           topic->partition_count,
                           first != NULL ? replication_factor(first) : 0);
    append_configs(out, topic->config);
    g_string_append_c(out, '\n');
}

static void
append_partition(GString *out, const ClusterView *view, const TopicView *topic, int32_t partition)
{
    const PartitionRegistration *now = topic->partitions[partition].registration;
    g_string_append_printf(out, "\tTopic: %s\tPartition: %d\tLeader: ", topic->name, partition);
    if (now->leader == NO_LEADER) {
        g_string_append(out, "none");
    } else {
        g_string_append_printf(out, "%d", now->leader);
    }
    g_string_append(out, "\tReplicas: ");
    append_ids(out, &now->replicas);
    g_string_append(out, "\tIsr: ");
    append_ids(out, &now->isr);
    if (is_moving(now)) {
        g_string_append(out, "\tAdding Replicas: ");
        append_ids(out, &now->adding);
        g_string_append(out, "\tRemoving Replicas: ");
        append_ids(out, &now->removing);
    }
    g_string_append(out, view->knows_elr ? "\tElr: " : "\tElr: N/A");
    if (view->knows_elr) {
        append_ids(out, &now->elr);
    }
    g_string_append(out, view->knows_elr ? "\tLastKnownElr: " : "\tLastKnownElr: N/A");
    if (view->knows_elr) {
        append_ids(out, &now->last_known_elr);
    }
    g_string_append_c(out, '\n');
}

void describe_topics(const ClusterView *view, const DescribeFilter *filter, GString *out)
{
    for (int32_t t = 0; t < view->topic_count; t++) {
        const TopicView *topic = &view->topics[t];
        if (filter->topic != NULL && strcmp(filter->topic, topic->name) != 0) {
            continue;
        }
        if (!has_filter(filter)) {
            append_topic(out, topic);
        }
        for (int32_t p = 0; p < topic->partition_count; p++) {
            if (describe_shows(view, topic, &topic->partitions[p], filter)) {
                append_partition(out, view, topic, p);
            }
        }
    }
}

static void add_time(PrettyTable *table, SimTime time)
{
    pretty_table_integer(table, time < 0 ? -1 : time / SIM_MS(1));
}

/* --- brokers --- */

void describe_brokers(const ClusterView *view, GString *out)
{
    static const char *const header[] = {"ID", "HOST", "RACK", "STATE", "EPOCH", "PROCESS"};
    PrettyTable table = pretty_table_new(header, G_N_ELEMENTS(header));
    for (int32_t i = 0; i < view->broker_count; i++) {
        const BrokerView *broker = &view->brokers[i];
        pretty_table_integer(&table, broker->id);
        pretty_table_text(&table, broker->host);
        pretty_table_text(&table, broker->rack[0] != '\0' ? broker->rack : "-");
        pretty_table_text(&table, broker->state);
        pretty_table_integer(&table, broker->epoch);
        pretty_table_text(&table, broker->process);
    }
    pretty_table_print(&table, out);
}

/* --- quorum --- */

static void append_members(GString *out, const ClusterView *view, bool voters)
{
    bool any = false;
    g_string_append_c(out, '[');
    for (int32_t i = 0; i < view->member_count; i++) {
        const QuorumMemberView *member = &view->members[i];
        if (member->voter != voters) {
            continue;
        }
        g_string_append_printf(out,
                               "%s{\"id\": %d, \"directoryId\": \"%s\"",
                               any ? ", " : "",
                               member->id,
                               member->directory);
        if (voters) {
            g_string_append_printf(
                out, ", \"endpoints\": [\"CONTROLLER://%s:9093\"]", member->host);
        }
        g_string_append_c(out, '}');
        any = true;
    }
    g_string_append_c(out, ']');
}

static const QuorumMemberView *leader_of(const ClusterView *view)
{
    for (int32_t i = 0; i < view->member_count; i++) {
        if (view->members[i].voter && view->members[i].id == view->leader) {
            return &view->members[i];
        }
    }
    return NULL;
}

static const QuorumMemberView *slowest_voter(const ClusterView *view)
{
    const QuorumMemberView *slowest = NULL;
    for (int32_t i = 0; i < view->member_count; i++) {
        const QuorumMemberView *member = &view->members[i];
        if (member->voter &&
            (slowest == NULL || member->log_end_offset < slowest->log_end_offset)) {
            slowest = member;
        }
    }
    return slowest;
}

void describe_quorum_status(const ClusterView *view, GString *out)
{
    const QuorumMemberView *leader = leader_of(view), *slowest = slowest_voter(view);
    int64_t lag = leader != NULL ? 0 : -1, lag_ms = lag;
    if (leader != NULL && slowest != NULL && leader->log_end_offset > slowest->log_end_offset) {
        bool known = leader->last_caught_up >= 0 && slowest->last_caught_up >= 0;
        lag = leader->log_end_offset - slowest->log_end_offset;
        lag_ms = known ? leader->last_caught_up / SIM_MS(1) - slowest->last_caught_up / SIM_MS(1)
                       : -1; /* timestamps are whole ms, as Kafka's */
    }
    g_string_append_printf(out,
                           "ClusterId:              %s\n"
                           "LeaderId:               %d\n"
                           "LeaderEpoch:            %d\n"
                           "HighWatermark:          %" G_GINT64_FORMAT "\n"
                           "MaxFollowerLag:         %" G_GINT64_FORMAT "\n"
                           "MaxFollowerLagTimeMs:   %" G_GINT64_FORMAT "\n"
                           "CurrentVoters:          ",
                           view->cluster_id,
                           view->leader,
                           view->leader_epoch,
                           view->high_watermark,
                           lag,
                           lag_ms);
    append_members(out, view, true);
    g_string_append(out, "\nCurrentObservers:       ");
    append_members(out, view, false);
    g_string_append_c(out, '\n');
}

/* What a voter knows without a leader: how long its own log is, and what it is just now. */
static void add_alone(PrettyTable *table, const QuorumMemberView *member)
{
    if (member->log_end_offset < 0) {
        pretty_table_text(table, "-");
    } else {
        pretty_table_integer(table, member->log_end_offset);
    }
    for (int i = 0; i < 3; i++) { /* lag, times of fetches */
        pretty_table_text(table, "-");
    }
    pretty_table_text(table, member->state != NULL ? member->state : "-");
}

void describe_quorum_replication(const ClusterView *view, GString *out)
{
    static const char *const header[] = {"NodeId",
                                         "DirectoryId",
                                         "LogEndOffset",
                                         "Lag",
                                         "LastFetchTimestamp",
                                         "LastCaughtUpTimestamp",
                                         "Status"};
    const QuorumMemberView *leader = leader_of(view);
    PrettyTable table = pretty_table_new(header, G_N_ELEMENTS(header));
    for (int32_t i = 0; i < view->member_count; i++) {
        const QuorumMemberView *member = &view->members[i];
        pretty_table_integer(&table, member->id);
        pretty_table_text(&table, member->directory);
        if (leader == NULL) {
            add_alone(&table, member);
            continue;
        }
        pretty_table_integer(&table, member->log_end_offset);
        pretty_table_integer(&table, leader->log_end_offset - member->log_end_offset);
        add_time(&table, member->last_fetch);
        add_time(&table, member->last_caught_up);
        pretty_table_text(&table,
                          member == leader ? "Leader"
                          : member->voter  ? "Follower"
                                           : "Observer");
    }
    pretty_table_print(&table, out);
}
