/* describe_groups.c - consumer groups in the layout of kafka-consumer-groups.sh --describe.
 *
 * Mirrors: ConsumerGroupCommand.printOffsets, printMembers, printStates, shouldPrintMemberState:
 * a table begins with an empty line, those columns grow that grow there, "-" stands for what is
 * missing. The verbose members are printed as orders(0,1). Ports are 9092. */
#include "scenarios/runner/describe/describe_groups.h"
#include "scenarios/runner/json_writer.h"
#include "scenarios/runner/text.h"
#include <string.h>

typedef struct Column {
    const char *title;
    int width;
    bool grows; /* with what is widest in it */
} Column;

#define COLUMNS_MAX 9

/* Rows of cells; a cell is a string of the chunk. */
typedef struct Table {
    GStringChunk *chunk;
    GPtrArray *cells; /* of const char*, row by row */
    Column columns[COLUMNS_MAX];
    guint count;
} Table;

static Table table_new(const Column *columns, guint count)
{
    Table table = {.chunk = g_string_chunk_new(1024), .cells = g_ptr_array_new(), .count = count};
    memcpy(table.columns, columns, count * sizeof(Column));
    return table;
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

static void print_offsets(const GroupStateView *view, const char *topic, GString *out)
{
    static const Column columns[] = {{"GROUP", 15, true},
                                     {"TOPIC", 15, true},
                                     {"PARTITION", 10, false},
                                     {"CURRENT-OFFSET", 15, false},
                                     {"LOG-END-OFFSET", 15, false},
                                     {"LAG", 15, false},
                                     {"CONSUMER-ID", 15, true},
                                     {"HOST", 15, true},
                                     {"CLIENT-ID", 0, false}};
    Table table = table_new(columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < view->offsets->len; i++) {
        const GroupOffsetView *row = &g_array_index(view->offsets, GroupOffsetView, i);
        if (topic != NULL && strcmp(topic, row->topic) != 0) {
            continue;
        }
        const GroupMemberView *member =
            row->member < 0 ? NULL : &g_array_index(view->members, GroupMemberView, row->member);
        cell_text(&table, view->name);
        cell_text(&table, row->topic);
        cell_number(&table, row->partition, true);
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

static char *assignment_text(const GroupStateView *view, const GroupMemberView *member)
{
    GString *text = g_string_new(NULL);
    const char *topic = NULL;
    for (int32_t i = 0; i < member->count; i++) {
        const OwnedPartitionView *owned =
            &g_array_index(view->owned, OwnedPartitionView, member->first + (guint)i);
        if (topic != owned->topic) {
            g_string_append_printf(text, "%s%s(", topic != NULL ? "), " : "", owned->topic);
        }
        g_string_append_printf(text, "%s%d", topic == owned->topic ? "," : "", owned->partition);
        topic = owned->topic;
    }
    g_string_append(text, topic != NULL ? ")" : "");
    return g_string_free(text, FALSE);
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

static void print_members(const GroupStateView *view, bool verbose, GString *out)
{
    const bool tasks = verbose && has_tasks(view);
    Column columns[8] = {{"GROUP", 15, true}, {"CONSUMER-ID", 15, true}};
    const bool instances = has_static_members(view);
    guint count = 2;
    if (instances) {
        columns[count++] = (Column){"GROUP-INSTANCE-ID", 17, true};
    }
    columns[count++] = (Column){"HOST", 15, true};
    columns[count++] = (Column){"CLIENT-ID", 15, true};
    columns[count++] = (Column){"#PARTITIONS", 15, false};
    if (verbose) {
        columns[count++] = (Column){"ASSIGNMENT", 0, tasks};
    }
    if (tasks) {
        columns[count++] = (Column){"TASKS", 0, false};
    }
    Table table = table_new(columns, count);
    for (guint i = 0; i < view->members->len; i++) {
        const GroupMemberView *member = &g_array_index(view->members, GroupMemberView, i);
        cell_text(&table, view->name);
        cell_text(&table, member->id);
        if (instances) {
            cell_text(&table, member->instance_id);
        }
        cell_host(&table, member->host);
        cell_text(&table, member->client_id);
        cell_number(&table, member->count, true);
        if (verbose) {
            g_autofree char *text = assignment_text(view, member);
            cell_text(&table, text);
        }
        if (tasks) {
            cell_text(&table, member->tasks);
        }
    }
    table_print(&table, out);
}

static void print_state(const GroupStateView *view, GString *out)
{
    static const Column columns[] = {{"GROUP", 25, false},
                                     {"COORDINATOR (ID)", 25, false},
                                     {"ASSIGNMENT-STRATEGY", 20, false},
                                     {"STATE", 15, false},
                                     {"#MEMBERS", 0, false}};
    Table table = table_new(columns, G_N_ELEMENTS(columns));
    g_autofree char *coordinator =
        g_strdup_printf("%s:9092  (%d)", view->coordinator_host, view->coordinator);
    table.columns[0].width = MAX(25, (int)g_utf8_strlen(coordinator, -1)); /* as the tool has it */
    cell_text(&table, view->name);
    cell_text(&table, coordinator);
    cell_text(&table, view->assignor);
    cell_text(&table, view->state);
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
    if (!view->has_coordinator) {
        g_string_append_printf(complaints,
                               "Error: Executing consumer group command failed: the coordinator of "
                               "group '%s' is not available.\n",
                               view->name);
        return false;
    }
    if (!view->exists) {
        g_string_append_printf(
            complaints, "Error: Consumer group '%s' does not exist.\n", view->name);
        return false;
    }
    if (strcmp(view->state, "Empty") == 0) {
        g_string_append_printf(
            complaints, "Consumer group '%s' has no active members.\n", view->name);
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
        print_state(view, out);
    } else if (what == DESCRIBE_MEMBERS) {
        print_members(view, verbose, out);
    } else {
        print_offsets(view, topic, out);
    }
}

/* --- JSON --- */

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
    json_begin_array(json, "assignment");
    for (int32_t i = 0; i < member->count; i++) {
        const OwnedPartitionView *owned =
            &g_array_index(view->owned, OwnedPartitionView, member->first + (guint)i);
        json_begin_object(json, NULL);
        json_string(json, "topic", owned->topic);
        json_integer(json, "partition", owned->partition);
        json_end_object(json);
    }
    json_end_array(json);
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
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
}

void describe_groups_json(GPtrArray *views, SimTime at, GString *out)
{
    JsonWriter json;
    json_writer_init(&json, out);
    json_begin_object(&json, NULL);
    json_integer(&json, "format", 1);
    json_ms(&json, "at_ms", at);
    json_begin_array(&json, "groups");
    for (guint i = 0; i < views->len; i++) {
        write_group(&json, views->pdata[i]);
    }
    json_end_array(&json);
    json_end_object(&json);
}
