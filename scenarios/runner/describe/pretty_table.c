/* pretty_table.c - see pretty_table.h. */
#include "scenarios/runner/describe/pretty_table.h"
#include <stdbool.h>
#include <string.h>

PrettyTable pretty_table_new(const char *const *header, guint columns)
{
    PrettyTable table = {columns, g_ptr_array_new_with_free_func(g_free)};
    for (guint i = 0; i < columns; i++) {
        pretty_table_text(&table, header[i]);
    }
    return table;
}

void pretty_table_text(PrettyTable *self, const char *text)
{
    g_ptr_array_add(self->cells, g_strdup(text));
}

void pretty_table_integer(PrettyTable *self, gint64 value)
{
    g_ptr_array_add(self->cells, g_strdup_printf("%" G_GINT64_FORMAT, value));
}

void pretty_table_print(PrettyTable *self, GString *out)
{
    size_t widths[PRETTY_COLUMNS_MAX] = {0};
    for (guint i = 0; i < self->cells->len; i++) {
        size_t *width = &widths[i % self->columns];
        *width = MAX(*width, strlen(self->cells->pdata[i]));
    }
    for (guint i = 0; i < self->cells->len; i++) {
        const bool last = (i + 1) % self->columns == 0;
        g_string_append_printf(
            out, "%-*s\t", (int)widths[i % self->columns], (char *)self->cells->pdata[i]);
        g_string_append(out, last ? "\n" : "");
    }
    g_ptr_array_unref(self->cells);
}
