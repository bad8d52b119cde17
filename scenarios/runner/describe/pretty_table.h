/* pretty_table.h - a table as ToolsUtils.prettyPrintTable prints it: each column as wide as what is
 * widest in it, a tab behind every cell. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_DESCRIBE_PRETTY_TABLE_H
#define KAFKASIM_SCENARIOS_RUNNER_DESCRIBE_PRETTY_TABLE_H
#include <glib.h>

#define PRETTY_COLUMNS_MAX 12

typedef struct PrettyTable {
    guint columns;
    GPtrArray *cells; /* of char*, row by row; the first row is the header */
} PrettyTable;

PrettyTable pretty_table_new(const char *const *header, guint columns);
void pretty_table_text(PrettyTable *self, const char *text); /* copied */
void pretty_table_integer(PrettyTable *self, gint64 value);
/* Prints and ends it. */
void pretty_table_print(PrettyTable *self, GString *out);

#endif
