/* group_table.c - see group_table.h. */
#include "scenarios/runner/describe/group_table.h"
#include "scenarios/runner/text.h"
#include <string.h>

Table table_new(void)
{
    return (Table){.chunk = g_string_chunk_new(1024), .cells = g_ptr_array_new()};
}

void table_column(Table *table, const char *title, int width, bool grows)
{
    table->columns[table->count++] = (Column){title, width, grows};
}

void table_text(Table *table, const char *text)
{
    const bool is_missing = text == NULL || text[0] == '\0';
    g_autoptr(GString) visible = g_string_new(NULL);
    text_visible(visible, is_missing ? "-" : text);
    g_ptr_array_add(table->cells, g_string_chunk_insert(table->chunk, visible->str));
}

void table_number(Table *table, int64_t number, bool is_known)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, number);
    table_text(table, is_known ? text : NULL);
}

void table_host(Table *table, const char *host)
{
    g_autofree char *text = g_strconcat("/", host, NULL);
    table_text(table, text);
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

void table_print(Table *table, GString *out)
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

void table_partition_columns(Table *table, int epoch_width)
{
    table_column(table, "GROUP", 15, true);
    table_column(table, "TOPIC", 15, true);
    table_column(table, "PARTITION", 10, false);
    if (epoch_width > 0) {
        table_column(table, "LEADER-EPOCH", epoch_width, false);
    }
}

void table_partition(Table *table, const char *group, const GroupOffsetView *row, bool epoch)
{
    table_text(table, group);
    table_text(table, row->topic);
    table_number(table, row->partition, true);
    if (epoch) {
        table_number(table, row->leader_epoch, row->leader_epoch >= 0);
    }
}

static int compare_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

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

void table_assignment(Table *table, const GroupStateView *view, guint first, int32_t count)
{
    g_autofree char *text = assignment_text(view, first, count);
    table_text(table, text);
}

void table_coordinator(Table *table, const GroupStateView *view)
{
    g_autofree char *text =
        g_strdup_printf("%s:9092  (%d)", view->coordinator_host, view->coordinator);
    table_text(table, text);
}
