/* build_trace.c - records from a CSV file that stands beside the scenario.
 *
 *     time_ms,size,key
 *     0.5,120,user-42
 *
 * time_ms counts from the producer's start and never goes back; `records` (default 1) come at that
 * moment, of `size` bytes, with `key` (empty: none). No quotes: a key holds no comma. */
#include "scenarios/runner/reader/load/build_load.h"
#include "scenarios/runner/reader/load/inside_file.h"
#include <stdlib.h>
#include <string.h>

#define TRACE_BYTES_MAX   (16u * 1048576u)
#define TRACE_RECORDS_MAX 1000000
#define TIME_MS_MAX       INT64_C(1000000000000)
#define RECORD_BYTES_MAX  1000000000
#define COLUMNS_MAX       4

typedef enum Column { COLUMN_TIME, COLUMN_RECORDS, COLUMN_SIZE, COLUMN_KEY } Column;
static const char *const column_names[COLUMNS_MAX] = {"time_ms", "records", "size", "key"};

typedef struct TraceReader {
    Reader *reader;
    const Cursor *file;
    LoadTrace *trace;
    Column columns[COLUMNS_MAX];
    guint column_count;
    int line;
    SimTime last;
} TraceReader;

static bool complain(const TraceReader *self, const char *expected, const char *found)
{
    g_autoptr(GString) quoted = g_string_new(NULL);
    quote_string(quoted, found);
    g_autofree char *message = g_strdup_printf("expected %s, found %s", expected, quoted->str);
    inside_file_error(self->reader, self->file, self->line, message);
    return false;
}

static bool read_columns(TraceReader *self, char **cells)
{
    guint count = g_strv_length(cells);
    bool seen[COLUMNS_MAX] = {false};
    for (guint i = 0; i < count && i < COLUMNS_MAX; i++) {
        guint column = 0;
        while (column < COLUMNS_MAX && strcmp(column_names[column], g_strstrip(cells[i])) != 0) {
            column++;
        }
        if (column == COLUMNS_MAX || seen[column]) {
            return complain(self, "columns time_ms, records, size, key, each once", cells[i]);
        }
        seen[column] = true;
        self->columns[i] = (Column)column;
    }
    self->column_count = count;
    return (seen[COLUMN_TIME] && count <= COLUMNS_MAX) ||
           complain(self, "a column time_ms, and of records, size, key what is known", cells[0]);
}

static bool read_number(const TraceReader *self, const char *cell, int64_t most, double *ret)
{
    char *end = NULL;
    *ret = g_ascii_strtod(cell, &end);
    if (end != cell && *end == '\0' && *ret >= 0 && *ret <= (double)most) {
        return true;
    }
    g_autofree char *expected =
        g_strdup_printf("a number from 0 to %" G_GINT64_FORMAT, (gint64)most);
    return complain(self, expected, cell);
}

static bool read_integer(const TraceReader *self, const char *cell, int64_t most, int64_t *ret)
{
    double number = 0;
    if (!read_number(self, cell, most, &number)) {
        return false;
    }
    *ret = (int64_t)number;
    return (double)*ret == number || complain(self, "a whole number", cell);
}

static bool read_key(const TraceReader *self, const char *cell, char **ret)
{
    for (const char *at = cell; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7F) {
            return complain(self, "a key without control characters", cell);
        }
    }
    *ret = cell[0] == '\0' ? NULL : g_strdup(cell);
    return true;
}

typedef struct TraceLine {
    TraceRecord record;
    int64_t records;
} TraceLine;

static bool read_time(const TraceReader *self, const char *cell, SimTime *ret)
{
    double number = 0;
    if (!read_number(self, cell, TIME_MS_MAX, &number)) {
        return false;
    }
    *ret = (SimTime)(number * 1e6 + 0.5);
    return *ret >= self->last || complain(self, "a time that does not go back", cell);
}

static bool read_cell(const TraceReader *self, Column column, const char *cell, TraceLine *line)
{
    switch (column) {
    case COLUMN_TIME:
        return read_time(self, cell, &line->record.at);
    case COLUMN_RECORDS:
        return read_integer(self, cell, TRACE_RECORDS_MAX, &line->records);
    case COLUMN_SIZE:
        return read_integer(self, cell, RECORD_BYTES_MAX, &line->record.value_bytes);
    case COLUMN_KEY:
        break;
    }
    return read_key(self, cell, &line->record.key);
}

static bool read_record(TraceReader *self, char **cells)
{
    TraceLine line = {.record = {.value_bytes = -1}, .records = 1};
    bool fine = g_strv_length(cells) == self->column_count ||
                complain(self, "as many cells as there are columns", cells[0]);
    for (guint i = 0; fine && i < self->column_count; i++) {
        fine = read_cell(self, self->columns[i], g_strstrip(cells[i]), &line);
    }
    if (fine && self->trace->records->len + line.records > TRACE_RECORDS_MAX) {
        fine = complain(self, "at most 1000000 records", cells[0]);
    }
    for (int64_t i = 0; fine && i < line.records; i++) {
        TraceRecord copy = line.record;
        copy.key = g_strdup(line.record.key);
        g_array_append_val(self->trace->records, copy);
    }
    self->last = fine ? line.record.at : self->last;
    g_free(line.record.key);
    return fine;
}

/* FNV-1a, 64 bits. */
static uint64_t hash_of(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (const char *at = text; *at != '\0'; at++) {
        hash = (hash ^ (uint8_t)*at) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static void settle_hash(Reader *reader, const Cursor *producer, const char *text)
{
    Cursor child;
    g_autofree char *found = g_strdup_printf("%016" G_GINT64_MODIFIER "x", hash_of(text));
    if (!get(reader, producer, "trace.hash", &child)) {
        cJSON_AddStringToObject(producer->node, "trace.hash", found);
    } else if (strcmp(child.node->valuestring, found) != 0) {
        reader_error(reader, &child, "the trace is another one: its hash is %s", found);
    }
}

void build_trace(Reader *reader, const Cursor *producer, const Cursor *file, LoadTrace *trace)
{
    TraceReader self = {.reader = reader, .file = file, .trace = trace};
    trace->records = g_array_new(FALSE, FALSE, sizeof(TraceRecord));
    g_autofree char *text = inside_file_read(reader, file, TRACE_BYTES_MAX);
    bool fine = text != NULL;
    if (fine) {
        settle_hash(reader, producer, text);
    }
    for (char *at = text; fine && at != NULL && *at != '\0';) {
        char *next = strchr(at, '\n');
        if (next != NULL) {
            *next++ = '\0';
        }
        self.line++;
        if (g_strstrip(at)[0] != '\0') {
            g_auto(GStrv) cells = g_strsplit(at, ",", COLUMNS_MAX + 1);
            fine = self.column_count == 0 ? read_columns(&self, cells) : read_record(&self, cells);
        }
        at = next;
    }
    if (fine && trace->records->len == 0) {
        reader_error(reader, file, "this trace holds no record");
    }
}
