/* describe_share_groups.c - share groups in the layout of kafka-share-groups.sh --describe of 4.1.
 *
 * Mirrors: ShareGroupCommand.printOffsets (which has no LAG), printMembers, printStates. */
#include "scenarios/runner/describe/group_table.h"
#include <string.h>

void describe_share_offsets(const GroupStateView *view,
                            bool verbose,
                            const char *topic,
                            GString *out)
{
    Table table = table_new();
    table_partition_columns(&table, verbose ? 13 : 0);
    table_column(&table, "START-OFFSET", 0, false);
    for (guint i = 0; i < view->offsets->len; i++) {
        const GroupOffsetView *row = &g_array_index(view->offsets, GroupOffsetView, i);
        if (topic != NULL && strcmp(topic, row->topic) != 0) {
            continue;
        }
        table_partition(&table, view->name, row, verbose);
        table_number(&table, row->committed, row->committed >= 0);
    }
    table_print(&table, out);
}

static gint by_id(gconstpointer a, gconstpointer b)
{
    const GroupMemberView *one = *(const GroupMemberView *const *)a;
    const GroupMemberView *two = *(const GroupMemberView *const *)b;
    return strcmp(one->id, two->id);
}

void describe_share_members(const GroupStateView *view, bool verbose, GString *out)
{
    Table table = table_new();
    table_column(&table, "GROUP", 15, true);
    table_column(&table, "CONSUMER-ID", 15, true);
    table_column(&table, "HOST", 15, true);
    table_column(&table, "CLIENT-ID", 15, true);
    table_column(&table, "#PARTITIONS", 12, false);
    if (verbose) {
        table_column(&table, "MEMBER-EPOCH", 13, false);
    }
    table_column(&table, "ASSIGNMENT", 0, false);
    g_autoptr(GPtrArray) members = g_ptr_array_new();
    for (guint i = 0; i < view->members->len; i++) {
        g_ptr_array_add(members, &g_array_index(view->members, GroupMemberView, i));
    }
    g_ptr_array_sort(members, by_id);
    for (guint i = 0; i < members->len; i++) {
        const GroupMemberView *member = members->pdata[i];
        table_text(&table, view->name);
        table_text(&table, member->id);
        table_host(&table, member->host);
        table_text(&table, member->client_id);
        table_number(&table, member->count, true);
        if (verbose) {
            table_number(&table, member->epoch, member->epoch >= 0);
        }
        table_assignment(&table, view, member->first, member->count);
    }
    table_print(&table, out);
}

void describe_share_state(const GroupStateView *view, bool verbose, GString *out)
{
    Table table = table_new();
    table_column(&table, "GROUP", 15, true);
    table_column(&table, "COORDINATOR (ID)", 25, true);
    table_column(&table, "STATE", 15, false);
    if (verbose) {
        table_column(&table, "GROUP-EPOCH", 12, false);
        table_column(&table, "ASSIGNMENT-EPOCH", 17, false);
    }
    table_column(&table, "#MEMBERS", 0, false);
    table_text(&table, view->name);
    table_coordinator(&table, view);
    table_text(&table, view->state);
    if (verbose) {
        table_number(&table, view->epoch, view->epoch >= 0);
        table_number(&table, view->target_epoch, view->target_epoch >= 0);
    }
    table_number(&table, (int64_t)view->members->len, true);
    table_print(&table, out);
}
