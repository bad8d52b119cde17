/* group_table.h - tables as Kafka's group tools print them with printf: columns of fixed width,
 * some of which grow with what is widest in them; "-" stands for what is missing. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_DESCRIBE_GROUP_TABLE_H
#define KAFKASIM_SCENARIOS_RUNNER_DESCRIBE_GROUP_TABLE_H
#include "models/world/cluster_view.h"

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

Table table_new(void);
void table_column(Table *table, const char *title, int width, bool grows);
void table_text(Table *table, const char *text);
void table_number(Table *table, int64_t number, bool is_known);
void table_host(Table *table, const char *host);
void table_print(Table *table, GString *out); /* and ends it */

/* Of which partition a row is, and with `verbose` (epoch_width > 0) its leader's epoch. */
void table_partition_columns(Table *table, int epoch_width);
void table_partition(Table *table, const char *group, const GroupOffsetView *row, bool epoch);
/* getAssignmentString: "orders:0,1,10;payments:0", topics in the order of their texts. */
void table_assignment(Table *table, const GroupStateView *view, guint first, int32_t count);
/* "kafka-2:9092  (2)" */
void table_coordinator(Table *table, const GroupStateView *view);

/* describe_share_groups.c: kafka-share-groups.sh of 4.1. */
void describe_share_offsets(const GroupStateView *view,
                            bool verbose,
                            const char *topic,
                            GString *out);
void describe_share_members(const GroupStateView *view, bool verbose, GString *out);
void describe_share_state(const GroupStateView *view, bool verbose, GString *out);

#endif
