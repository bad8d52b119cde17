/* describe_groups.c - consumer groups in the layout of kafka-consumer-groups.sh --describe, offsets
 * of share groups in that of kafka-share-groups.sh.
 *
 * Mirrors: ConsumerGroupCommand.printOffsets, printMembers, printStates, shouldPrintMemberState:
 * a table begins with an empty line, those columns grow that grow there, "-" stands for what is
 * missing. Members with --verbose: what they own and shall own as orders:0,1, both with epochs, and
 * UPGRADED while members of both protocols are there (4.1). Blanks at the end of a line are left
 * out. Ports are 9092. */
#include "scenarios/runner/describe/describe_groups.h"
#include "scenarios/runner/describe/document.h"
#include "scenarios/runner/text.h"
#include <string.h>

typedef struct Column {
    const char *title;
    int width;
    bool grows; /* with what is widest in it */
} Column;

#define COLUMNS_MAX 12

/* Rows of cells; a cell is a string of the chunk. */
typedef struct Table {
    GStringChunk *chunk;
    GPtrArray *cells; /* of const char*, row by row */
    Column columns[COLUMNS_MAX];
    guint count;
} Table;

static Table table_new(void)
{
    return (Table){.chunk = g_string_chunk_new(1024), .cells = g_ptr_array_new()};
}

static void column(Table *table, const char *title, int width, bool grows)
{
    table->columns[table->count++] = (Column){title, width, grows};
}

static void cell_text(Table *table, const char *text)
{
    const bool is_missing = text == NULL || text[0] == '\0';
    g_autoptr(GString) visible = g_string_new(NULL);
    text_visible(visible, is_missing ? "-" : text);
    g_ptr_array_add(table->cells, g_string_chunk_insert(table->chunk, visible->str));
}

static void cell_number(Table *table, int64_t number, bool is_known)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, number);
    cell_text(table, is_known ? text : NULL);
}

static void cell_host(Table *table, const char *host)
{
    g_autofree char *text = g_strconcat("/", host, NULL);
    cell_text(table, text);
}

static void print_row(const Table *table, const char *const *cells, GString *out)
{
    for (guint c = 0; c < table->count; c++) {
        const gsize start = out->len;
        g_string_append(out, cells[c]);
        if (c + 1 < table->count) {
            text_pad(out, start, table->columns[c].width);
            g_string_append_c(out, ' ');
        }
    }
}

static void table_print(Table *table, GString *out)
{
    const char *titles[COLUMNS_MAX];
    for (guint i = 0; i < table->cells->len; i++) {
        Column *column = &table->columns[i % table->count];
        if (column->grows) {
            column->width = MAX(column->width, (int)g_utf8_strlen(table->cells->pdata[i], -1));
        }
    }
    for (guint c = 0; c < table->count; c++) {
        titles[c] = table->columns[c].title;
    }
    g_string_append_c(out, '\n');
    print_row(table, titles, out);
    for (guint i = 0; i < table->cells->len; i += table->count) {
        g_string_append_c(out, '\n');
        print_row(table, (const char *const *)(table->cells->pdata + i), out);
    }
    g_string_append_c(out, '\n');
    g_string_chunk_free(table->chunk);
    g_ptr_array_free(table->cells, TRUE);
}

/* --- the three tables --- */

/* Of which partition a row is, and with `verbose` (epoch_width > 0) its leader's epoch. */
static void partition_columns(Table *table, int epoch_width)
{
    column(table, "GROUP", 15, true);
    column(table, "TOPIC", 15, true);
    column(table, "PARTITION", 10, false);
    if (epoch_width > 0) {
        column(table, "LEADER-EPOCH", epoch_width, false);
    }
}

static void partition_cells(Table *table, const char *group, const GroupOffsetView *row, bool epoch)
{
    cell_text(table, group);
    cell_text(table, row->topic);
    cell_number(table, row->partition, true);
    if (epoch) {
        cell_number(table, row->leader_epoch, row->leader_epoch >= 0);
    }
}

static Table offsets_table(bool verbose)
{
    Table table = table_new();
    partition_columns(&table, verbose ? 15 : 0);
    column(&table, "CURRENT-OFFSET", 15, false);
    column(&table, "LOG-END-OFFSET", 15, false);
    column(&table, "LAG", 15, false);
    column(&table, "CONSUMER-ID", 15, true);
    column(&table, "HOST", 15, true);
    column(&table, "CLIENT-ID", 0, false);
    return table;
}

static void print_offsets(const GroupStateView *view, bool verbose, const char *topic, GString *out)
{
    Table table = offsets_table(verbose);
    for (guint i = 0; i < view->offsets->len; i++) {
        const GroupOffsetView *row = &g_array_index(view->offsets, GroupOffsetView, i);
        if (topic != NULL && strcmp(topic, row->topic) != 0) {
            continue;
        }
        const GroupMemberView *member =
            row->member < 0 ? NULL : &g_array_index(view->members, GroupMemberView, row->member);
        partition_cells(&table, view->name, row, verbose);
        cell_number(&table, row->committed, row->committed >= 0);
        cell_number(&table, row->log_end_offset, row->log_end_offset >= 0);
        cell_number(&table,
                    row->log_end_offset - row->committed,
                    row->committed >= 0 && row->log_end_offset >= 0);
        cell_text(&table, member != NULL ? member->id : NULL);
        if (member != NULL) {
            cell_host(&table, member->host);
        } else {
            cell_text(&table, NULL);
        }
        cell_text(&table, member != NULL ? member->client_id : NULL);
    }
    table_print(&table, out);
}

/* kafka-share-groups.sh: ShareGroupCommand.printOffsets of 4.1, which has no LAG. */
static void
print_share_offsets(const GroupStateView *view, bool verbose, const char *topic, GString *out)
{
    Table table = table_new();
    partition_columns(&table, verbose ? 13 : 0);
    column(&table, "START-OFFSET", 0, false);
    for (guint i = 0; i < view->offsets->len; i++) {
        const GroupOffsetView *row = &g_array_index(view->offsets, GroupOffsetView, i);
        if (topic != NULL && strcmp(topic, row->topic) != 0) {
            continue;
        }
        partition_cells(&table, view->name, row, verbose);
        cell_number(&table, row->committed, row->committed >= 0);
    }
    table_print(&table, out);
}

static int compare_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* getAssignmentString: "orders:0,1,10;payments:0", topics in the order of their texts. */
static char *assignment_text(const GroupStateView *view, guint first, int32_t count)
{
    g_autoptr(GPtrArray) topics = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) text = g_string_new(NULL);
    for (int32_t i = 0; i < count; i++) {
        const OwnedPartitionView *owned =
            &g_array_index(view->owned, OwnedPartitionView, first + (guint)i);
        const bool begins = i == 0 || owned[-1].topic != owned->topic;
        if (begins && i > 0) {
            g_ptr_array_add(topics, g_strdup(text->str));
        }
        if (begins) {
            g_string_printf(text, "%s:%d", owned->topic, owned->partition);
        } else {
            g_string_append_printf(text, ",%d", owned->partition);
        }
    }
    g_ptr_array_add(topics, g_strdup(text->str));
    g_ptr_array_sort(topics, compare_text);
    g_ptr_array_add(topics, NULL);
    return g_strjoinv(";", (char **)topics->pdata);
}

static bool has_static_members(const GroupStateView *view)
{
    for (guint i = 0; i < view->members->len; i++) {
        if (g_array_index(view->members, GroupMemberView, i).instance_id != NULL) {
            return true;
        }
    }
    return false;
}

static bool has_tasks(const GroupStateView *view)
{
    return view->members->len > 0 && g_array_index(view->members, GroupMemberView, 0).tasks != NULL;
}

/* Do members of both protocols meet in a group of the new one? */
static bool is_mixed(const GroupStateView *view)
{
    bool classic = false;
    bool modern = false;
    for (guint i = 0; i < view->members->len; i++) {
        const GroupMemberView *member = &g_array_index(view->members, GroupMemberView, i);
        classic = classic || (member->epoch >= 0 && member->is_classic);
        modern = modern || (member->epoch >= 0 && !member->is_classic);
    }
    return classic && modern;
}

typedef struct MemberColumns {
    bool instances, verbose, upgraded, tasks;
} MemberColumns;

static Table members_table(const MemberColumns *with)
{
    Table table = table_new();
    column(&table, "GROUP", 15, true);
    column(&table, "CONSUMER-ID", 15, true);
    if (with->instances) {
        column(&table, "GROUP-INSTANCE-ID", 17, true);
    }
    column(&table, "HOST", 15, true);
    column(&table, "CLIENT-ID", 15, true);
    column(&table, "#PARTITIONS", 15, false);
    if (with->verbose) {
        column(&table, "CURRENT-EPOCH", 15, false);
        column(&table, "CURRENT-ASSIGNMENT", 20, true);
        column(&table, "TARGET-EPOCH", 15, false);
        column(&table, "TARGET-ASSIGNMENT", 20, true);
    }
    if (with->upgraded) {
        column(&table, "UPGRADED", 8, false);
    }
    if (with->tasks) {
        column(&table, "TASKS", 0, false);
    }
    return table;
}

static void cell_assignment(Table *table, const GroupStateView *view, guint first, int32_t count)
{
    g_autofree char *text = assignment_text(view, first, count);
    cell_text(table, text);
}

static void print_members(const GroupStateView *view, bool verbose, GString *out)
{
    const MemberColumns with = {.instances = has_static_members(view),
                                .verbose = verbose,
                                .upgraded = verbose && is_mixed(view),
                                .tasks = verbose && has_tasks(view)};
    Table table = members_table(&with);
    for (guint i = 0; i < view->members->len; i++) {
        const GroupMemberView *member = &g_array_index(view->members, GroupMemberView, i);
        cell_text(&table, view->name);
        cell_text(&table, member->id);
        if (with.instances) {
            cell_text(&table, member->instance_id);
        }
        cell_host(&table, member->host);
        cell_text(&table, member->client_id);
        cell_number(&table, member->count, true);
        if (verbose) {
            cell_number(&table, member->epoch, member->epoch >= 0);
            cell_assignment(&table, view, member->first, member->count);
            cell_number(&table, view->target_epoch, view->target_epoch >= 0);
            cell_assignment(&table, view, member->first_target, member->target_count);
        }
        if (with.upgraded) {
            cell_text(&table, member->is_classic ? "false" : "true");
        }
        if (with.tasks) {
            cell_text(&table, member->tasks);
        }
    }
    table_print(&table, out);
}

static void print_state(const GroupStateView *view, bool verbose, GString *out)
{
    Table table = table_new();
    column(&table, "GROUP", 15, true);
    column(&table, "COORDINATOR (ID)", 25, true);
    column(&table, "ASSIGNMENT-STRATEGY", 20, false);
    column(&table, "STATE", 20, false);
    if (verbose) {
        column(&table, "GROUP-EPOCH", 15, false);
        column(&table, "TARGET-ASSIGNMENT-EPOCH", 25, false);
    }
    column(&table, "#MEMBERS", 0, false);
    g_autofree char *coordinator =
        g_strdup_printf("%s:9092  (%d)", view->coordinator_host, view->coordinator);
    cell_text(&table, view->name);
    cell_text(&table, coordinator);
    cell_text(&table, view->assignor);
    cell_text(&table, view->state);
    if (verbose) {
        cell_number(&table, view->epoch, view->epoch >= 0);
        cell_number(&table, view->target_epoch, view->target_epoch >= 0);
    }
    cell_number(&table, (int64_t)view->members->len, true);
    table_print(&table, out);
}

/* --- what the tool says beside them --- */

static bool is_rebalancing(const char *state)
{
    static const char *const states[] = {
        "PreparingRebalance", "CompletingRebalance", "Assigning", "Reconciling", NULL};
    return g_strv_contains(states, state);
}

/* True when there is something to print. */
static bool judge(const GroupStateView *view, DescribeGroupsWhat what, GString *complaints)
{
    const char *kind = view->is_shares ? "Share" : "Consumer";
    if (!view->has_coordinator) {
        g_string_append_printf(complaints,
                               "Error: Executing consumer group command failed: the coordinator of "
                               "group '%s' is not available.\n",
                               view->name);
        return false;
    }
    if (!view->exists) {
        g_string_append_printf(
            complaints, "Error: %s group '%s' does not exist.\n", kind, view->name);
        return false;
    }
    if (strcmp(view->state, "Empty") == 0) {
        g_string_append_printf(
            complaints, "%s group '%s' has no active members.\n", kind, view->name);
    } else if (is_rebalancing(view->state)) {
        g_string_append_printf(
            complaints, "Warning: Consumer group '%s' is rebalancing.\n", view->name);
    }
    return what == DESCRIBE_STATES || (what == DESCRIBE_MEMBERS && view->members->len > 0) ||
           (what == DESCRIBE_OFFSETS && view->offsets->len > 0);
}

void describe_group(const GroupStateView *view,
                    DescribeGroupsWhat what,
                    bool verbose,
                    const char *topic,
                    GString *out,
                    GString *complaints)
{
    if (!judge(view, what, complaints)) {
        return;
    }
    if (what == DESCRIBE_STATES) {
        print_state(view, verbose, out);
    } else if (what == DESCRIBE_MEMBERS) {
        print_members(view, verbose, out);
    } else if (view->is_shares) {
        print_share_offsets(view, verbose, topic, out);
    } else {
        print_offsets(view, verbose, topic, out);
    }
}

/* --- JSON --- */

static void write_assignment(
    JsonWriter *json, const char *name, const GroupStateView *view, guint first, int32_t count)
{
    json_begin_array(json, name);
    for (int32_t i = 0; i < count; i++) {
        const OwnedPartitionView *owned =
            &g_array_index(view->owned, OwnedPartitionView, first + (guint)i);
        json_begin_object(json, NULL);
        json_string(json, "topic", owned->topic);
        json_integer(json, "partition", owned->partition);
        json_end_object(json);
    }
    json_end_array(json);
}

static void
write_member(JsonWriter *json, const GroupStateView *view, const GroupMemberView *member)
{
    json_begin_object(json, NULL);
    json_string(json, "consumer_id", member->id);
    json_string(json, "group_instance_id", member->instance_id);
    json_string(json, "client_id", member->client_id);
    json_string(json, "host", member->host);
    if (member->tasks != NULL) {
        json_string(json, "tasks", member->tasks);
    }
    write_assignment(json, "assignment", view, member->first, member->count);
    if (member->epoch >= 0) {
        json_integer(json, "epoch", member->epoch);
        json_boolean(json, "upgraded", !member->is_classic);
        write_assignment(
            json, "target_assignment", view, member->first_target, member->target_count);
    }
    json_end_object(json);
}

static void write_group(JsonWriter *json, const GroupStateView *view)
{
    json_begin_object(json, NULL);
    json_string(json, "group", view->name);
    json_boolean(json, "exists", view->exists);
    json_integer(json, "coordinator", view->has_coordinator ? view->coordinator : -1);
    json_string(json, "state", view->state);
    json_string(json, "assignment_strategy", view->assignor);
    if (view->target_epoch >= 0) {
        json_integer(json, "group_epoch", view->epoch);
        json_integer(json, "target_assignment_epoch", view->target_epoch);
    }
    json_begin_array(json, "members");
    for (guint i = 0; i < view->members->len; i++) {
        write_member(json, view, &g_array_index(view->members, GroupMemberView, i));
    }
    json_end_array(json);
    json_begin_array(json, "offsets");
    for (guint i = 0; i < view->offsets->len; i++) {
        const GroupOffsetView *row = &g_array_index(view->offsets, GroupOffsetView, i);
        json_begin_object(json, NULL);
        json_string(json, "topic", row->topic);
        json_integer(json, "partition", row->partition);
        json_integer(json, "current_offset", row->committed);
        json_integer(json, "log_end_offset", row->log_end_offset);
        json_integer(json, "leader_epoch", row->leader_epoch);
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
}

void describe_groups_json(GPtrArray *views, SimTime at, GString *out)
{
    JsonWriter json;
    document_begin(&json, at, out);
    json_begin_array(&json, "groups");
    for (guint i = 0; i < views->len; i++) {
        write_group(&json, views->pdata[i]);
    }
    json_end_array(&json);
    json_end_object(&json);
}
