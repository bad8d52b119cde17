/* describe_groups.c - groups in the layout of kafka-consumer-groups.sh --describe, share groups in
 * that of kafka-share-groups.sh (describe_share_groups.c).
 *
 * Mirrors: ConsumerGroupCommand.printOffsets, printMembers, printStates, shouldPrintMemberState:
 * a table begins with an empty line, those columns grow that grow there, "-" stands for what is
 * missing. Members with --verbose: what they own and shall own as orders:0,1, both with epochs, and
 * UPGRADED while members of both protocols are there (4.1). Blanks at the end of a line are left
 * out. Ports are 9092. */
#include "scenarios/runner/describe/describe_groups.h"
#include "scenarios/runner/describe/document.h"
#include "scenarios/runner/describe/group_table.h"
#include <string.h>

/* --- the three tables --- */

static Table offsets_table(bool verbose)
{
    Table table = table_new();
    table_partition_columns(&table, verbose ? 15 : 0);
    table_column(&table, "CURRENT-OFFSET", 15, false);
    table_column(&table, "LOG-END-OFFSET", 15, false);
    table_column(&table, "LAG", 15, false);
    table_column(&table, "CONSUMER-ID", 15, true);
    table_column(&table, "HOST", 15, true);
    table_column(&table, "CLIENT-ID", 0, false);
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
        table_partition(&table, view->name, row, verbose);
        table_number(&table, row->committed, row->committed >= 0);
        table_number(&table, row->log_end_offset, row->log_end_offset >= 0);
        table_number(&table,
                     row->log_end_offset - row->committed,
                     row->committed >= 0 && row->log_end_offset >= 0);
        table_text(&table, member != NULL ? member->id : NULL);
        if (member != NULL) {
            table_host(&table, member->host);
        } else {
            table_text(&table, NULL);
        }
        table_text(&table, member != NULL ? member->client_id : NULL);
    }
    table_print(&table, out);
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
    table_column(&table, "GROUP", 15, true);
    table_column(&table, "CONSUMER-ID", 15, true);
    if (with->instances) {
        table_column(&table, "GROUP-INSTANCE-ID", 17, true);
    }
    table_column(&table, "HOST", 15, true);
    table_column(&table, "CLIENT-ID", 15, true);
    table_column(&table, "#PARTITIONS", 15, false);
    if (with->verbose) {
        table_column(&table, "CURRENT-EPOCH", 15, false);
        table_column(&table, "CURRENT-ASSIGNMENT", 20, true);
        table_column(&table, "TARGET-EPOCH", 15, false);
        table_column(&table, "TARGET-ASSIGNMENT", 20, true);
    }
    if (with->upgraded) {
        table_column(&table, "UPGRADED", 8, false);
    }
    if (with->tasks) {
        table_column(&table, "TASKS", 0, false);
    }
    return table;
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
        table_text(&table, view->name);
        table_text(&table, member->id);
        if (with.instances) {
            table_text(&table, member->instance_id);
        }
        table_host(&table, member->host);
        table_text(&table, member->client_id);
        table_number(&table, member->count, true);
        if (verbose) {
            table_number(&table, member->epoch, member->epoch >= 0);
            table_assignment(&table, view, member->first, member->count);
            table_number(&table, view->target_epoch, view->target_epoch >= 0);
            table_assignment(&table, view, member->first_target, member->target_count);
        }
        if (with.upgraded) {
            table_text(&table, member->is_classic ? "false" : "true");
        }
        if (with.tasks) {
            table_text(&table, member->tasks);
        }
    }
    table_print(&table, out);
}

static void print_state(const GroupStateView *view, bool verbose, GString *out)
{
    Table table = table_new();
    table_column(&table, "GROUP", 15, true);
    table_column(&table, "COORDINATOR (ID)", 25, true);
    table_column(&table, "ASSIGNMENT-STRATEGY", 20, false);
    table_column(&table, "STATE", 20, false);
    if (verbose) {
        table_column(&table, "GROUP-EPOCH", 15, false);
        table_column(&table, "TARGET-ASSIGNMENT-EPOCH", 25, false);
    }
    table_column(&table, "#MEMBERS", 0, false);
    table_text(&table, view->name);
    table_coordinator(&table, view);
    table_text(&table, view->assignor);
    table_text(&table, view->state);
    if (verbose) {
        table_number(&table, view->epoch, view->epoch >= 0);
        table_number(&table, view->target_epoch, view->target_epoch >= 0);
    }
    table_number(&table, (int64_t)view->members->len, true);
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
        (view->is_shares ? describe_share_state : print_state)(view, verbose, out);
    } else if (what == DESCRIBE_MEMBERS) {
        (view->is_shares ? describe_share_members : print_members)(view, verbose, out);
    } else {
        (view->is_shares ? describe_share_offsets : print_offsets)(view, verbose, topic, out);
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
        document_known(json, "current_offset", row->committed);
        document_known(json, "log_end_offset", row->log_end_offset);
        document_known(json, "leader_epoch", row->leader_epoch);
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
