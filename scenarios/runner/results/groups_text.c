/* groups_text.c - lag tables as `kafka-consumer-groups --describe` prints them.
 *
 * ConsumerGroupCommand.printOffsets: each row begins with a line feed; GROUP, TOPIC, CONSUMER-ID
 * and HOST are at least 15 wide and grow; a missing value is "-". */
#include "models/group/share/share_partition.h"
#include "models/streams/streams_app.h"
#include "scenarios/runner/results/results.h"
#include "scenarios/runner/results/summary_parts.h"
#include "scenarios/runner/text.h"

#define ROWS_SHOWN 48

typedef struct Widths {
    int group;
    int topic;
    int member;
    int host;
} Widths;

typedef struct Row {
    const char *group;
    const char *topic;
    const char *partition;
    const char *committed;
    const char *end;
    const char *lag;
    const char *member;
    const char *host;
    const char *client;
} Row;

static const char *or_dash(const char *text)
{
    return text != NULL && text[0] != '\0' ? text : "-";
}

static int width_of(int so_far, const char *text)
{
    return MAX(so_far, (int)g_utf8_strlen(or_dash(text), -1));
}

/* As Java prints the address of a connection: "/10.0.0.11". Caller frees; NULL where none is. */
static char *host_text(const char *host)
{
    return host == NULL || host[0] == '/' ? g_strdup(host) : g_strconcat("/", host, NULL);
}

static Widths widths_of(const GroupReport *group)
{
    Widths widths = {width_of(15, group->name), 15, 15, 15};
    for (int32_t i = 0; i < group->partition_count; i++) {
        const GroupPartitionReport *partition = &group->partitions[i];
        widths.topic = width_of(widths.topic, partition->topic);
        widths.member = width_of(widths.member, partition->member);
        g_autofree char *host = host_text(partition->host);
        widths.host = width_of(widths.host, host);
    }
    return widths;
}

static void append_cell(GString *out, const char *text, int width)
{
    gsize start = out->len;
    text_visible(out, text);
    text_pad(out, start, width);
    g_string_append_c(out, ' ');
}

static void append_row(GString *out, const Widths *widths, const Row *row)
{
    g_string_append_c(out, '\n');
    append_cell(out, row->group, widths->group);
    append_cell(out, row->topic, widths->topic);
    append_cell(out, row->partition, 10);
    append_cell(out, row->committed, 15);
    append_cell(out, row->end, 15);
    append_cell(out, row->lag, 15);
    append_cell(out, row->member, widths->member);
    append_cell(out, row->host, widths->host);
    text_visible(out, row->client);
}

static void append_partition(GString *out,
                             const Widths *widths,
                             const GroupReport *group,
                             const GroupPartitionReport *partition)
{
    g_autofree char *number = g_strdup_printf("%d", partition->partition);
    g_autofree char *committed = g_strdup_printf("%" G_GINT64_FORMAT, (gint64)partition->committed);
    g_autofree char *end = g_strdup_printf("%" G_GINT64_FORMAT, (gint64)partition->log_end_offset);
    g_autofree char *lag = g_strdup_printf("%" G_GINT64_FORMAT, (gint64)summary_lag(partition));
    g_autofree char *host = host_text(partition->host);
    const bool told = partition->log_end_offset >= 0;
    const bool none = partition->committed < 0;
    Row row = {.group = group->name,
               .topic = partition->topic,
               .partition = number,
               .committed = none ? "-" : committed,
               .end = told ? end : "-",
               .lag = none || !told ? "-" : lag,
               .member = or_dash(partition->member),
               .host = or_dash(host),
               .client = or_dash(partition->client_id)};
    append_row(out, widths, &row);
}

/* What a healthy group has none of. */
static void append_troubles(const GroupReport *group, GString *out)
{
    const struct {
        int64_t records;
        const char *what;
    } troubles[] = {{group->never_processed, "committed but never processed"},
                    {group->out_of_order, "after later ones of their partition"},
                    {group->given_up, "given up after retries"},
                    {group->dead_lettered, "sent to the dead-letter topic"}};
    const char *before = "";
    for (size_t i = 0; i < G_N_ELEMENTS(troubles); i++) {
        if (troubles[i].records > 0) {
            g_string_append(out, before);
            text_thousands(out, troubles[i].records);
            g_string_append_printf(out, " %s", troubles[i].what);
            before = ", ";
        }
    }
    if (before[0] != '\0') {
        g_string_append_c(out, '\n');
    }
}

static void append_streams(const StreamsCounts *streams, GString *out)
{
    g_string_append(out, "Kafka Streams: ");
    text_counted(out, streams->tasks_moved, "task moved, ", "tasks moved, ");
    text_thousands(out, streams->promoted);
    g_string_append(out, " to a standby or warm-up; ");
    text_counted(out, streams->restored_records, "record restored", "records restored");
    g_string_append(out, ", at most ");
    text_duration(out, streams->restore_max);
    g_string_append(out, " for a task\n");
    if (streams->revived > 0 || streams->shut_down > 0) {
        text_counted(out, streams->revived, "task revived", "tasks revived");
        g_string_append(out, " after records that could not be written, ");
        text_counted(out, streams->shut_down, "instance", "instances");
        g_string_append(out, " shut down by an error\n");
    }
}

static void append_share(const ShareCounts *share, const char *reset, GString *out)
{
    g_string_append(out, "share group: ");
    text_counted(out, share->acquired, "record acquired, ", "records acquired, ");
    text_thousands(out, share->redelivered);
    g_string_append(out, " of them with a delivery count above 1; ");
    text_thousands(out, share->accepted);
    g_string_append(out, " accepted, ");
    text_thousands(out, share->rejected);
    g_string_append(out, " rejected, ");
    text_thousands(out, share->spent);
    g_string_append(out, " archived at the delivery count limit; ");
    text_counted(out, share->timed_out, "lock timed out\n", "locks timed out\n");
    if (g_strcmp0(reset, "earliest") != 0) { /* readers wonder where the others are */
        g_string_append(out,
                        "(what was written before it began to read is never handed out: "
                        "share.auto.offset.reset, by default latest)\n");
    }
}

/* Reading from the earliest offset misses only what is there no more, or what somebody, or an old
 * commit, jumps over. */
static const char *why_skipped(const GroupReport *group)
{
    if (group->share != NULL) {
        return "(skipped: never handed out; deleted before they were read, by retention or with "
               "their topic)\n";
    }
    if (g_strcmp0(group->reset, "earliest") == 0) {
        return "(skipped: never handed out; deleted before they were read, by retention or with "
               "their topic, or jumped over by a seek, or by an offset of a topic that was "
               "deleted and created again)\n";
    }
    return "(skipped: never handed out; without a committed offset a partition is read from where "
           "auto.offset.reset says, by default its end; or deleted before they were read, by "
           "retention or with their topic)\n";
}

static void append_group_line(const GroupReport *group, GString *out)
{
    g_string_append(out, "\ngroup ");
    text_visible(out, group->name);
    g_string_append_printf(out, ": %s, generation %d, ", group->state, group->generation);
    text_counted(out, group->members, "member", "members");
    g_string_append(out, ", ");
    text_counted(out, group->rebalances, "rebalance", "rebalances");
    g_string_append_c(out, '\n');
    text_counted(out, group->consumed, "record consumed, ", "records consumed, ");
    text_thousands(out, group->consumed_twice);
    g_string_append(out, " of them again, ");
    if (group->share == NULL || group->skipped > 0) {
        text_thousands(out, group->skipped);
        g_string_append(out, " skipped, ");
    }
    g_string_append(out, "end to end latency ");
    text_duration(out, histogram_quantile(group->end_to_end, 500000));
    g_string_append(out, " 50th, ");
    text_duration(out, histogram_quantile(group->end_to_end, 990000));
    g_string_append(out, " 99th\n");
    if (group->skipped > 0) { /* nothing went wrong: readers wonder */
        g_string_append(out, why_skipped(group));
    }
    if (group->share != NULL) {
        append_share(group->share, group->reset, out);
    }
    if (group->streams != NULL) {
        append_streams(group->streams, out);
    }
    append_troubles(group, out);
}

/* Who has read everything still shows a lag: readers wonder. */
static void append_lag_note(const GroupReport *group, GString *out)
{
    for (int32_t i = 0; i < group->partition_count; i++) {
        if (group->partitions[i].member != NULL && group->partitions[i].committed >= 0 &&
            group->partitions[i].log_end_offset >= 0 && summary_lag(&group->partitions[i]) > 0) {
            g_string_append(out, "(LAG is counted from the last commit, as Kafka's tool does)\n");
            return;
        }
    }
}

void results_groups_text(const Run *run, bool all, GString *out)
{
    static const Row HEADER = {"GROUP",
                               "TOPIC",
                               "PARTITION",
                               "CURRENT-OFFSET",
                               "LOG-END-OFFSET",
                               "LAG",
                               "CONSUMER-ID",
                               "HOST",
                               "CLIENT-ID"};
    for (int32_t i = 0; i < run->report->group_count; i++) {
        const GroupReport *group = &run->report->groups[i];
        Widths widths = widths_of(group);
        int32_t shown = all ? group->partition_count : MIN(group->partition_count, ROWS_SHOWN);
        append_group_line(group, out);
        append_row(out, &widths, &HEADER);
        for (int32_t p = 0; p < shown; p++) {
            append_partition(out, &widths, group, &group->partitions[p]);
        }
        g_string_append_c(out, '\n');
        if (shown < group->partition_count) {
            g_string_append_printf(out,
                                   "... and %d more partitions: --verbose shows all\n",
                                   group->partition_count - shown);
        }
        append_lag_note(group, out);
    }
}
