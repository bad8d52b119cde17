/* series.c - one array of whole numbers a column, and one of instants.
 *
 * A second sample at the same instant replaces the first, so that a last sample at the end of a run
 * does not double a grid point. Columns are found by name through a table that is looked up and
 * never walked. */
#include "sim/watch/series.h"
#include <glib.h>

typedef struct Column {
    char *name;
    char *where;
    SeriesKind kind;
    SeriesProbe probe;
    void *owner;
    GArray *values; /* int64_t */
} Column;

struct Series {
    SimDuration interval;
    GArray *times;      /* SimTime, one a row */
    GPtrArray *columns; /* Column */
    GHashTable *index;  /* "name where" -> column + 1 */
};

static void column_free(void *data)
{
    Column *column = data;
    g_free(column->name);
    g_free(column->where);
    g_array_unref(column->values);
    g_free(column);
}

static const Column *column_at(const Series *self, uint32_t column)
{
    return g_ptr_array_index(self->columns, column);
}

/* The unit separator stands in no name. */
static char *key_of(const char *name, const char *where)
{
    return g_strdup_printf("%s\x1f%s", name, where);
}

Series *series_new(SimDuration interval)
{
    Series *self = g_new0(Series, 1);
    self->interval = interval;
    self->times = g_array_new(FALSE, FALSE, sizeof(SimTime));
    self->columns = g_ptr_array_new_with_free_func(column_free);
    self->index = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return self;
}

void series_free(Series *self)
{
    if (self == NULL) {
        return;
    }
    g_hash_table_unref(self->index);
    g_ptr_array_unref(self->columns);
    g_array_unref(self->times);
    g_free(self);
}

uint32_t series_add(Series *self,
                    const char *name,
                    const char *where,
                    SeriesKind kind,
                    SeriesProbe probe,
                    void *owner)
{
    Column *column = g_new0(Column, 1);
    column->name = g_strdup(name);
    column->where = g_strdup(where);
    column->kind = kind;
    column->probe = probe;
    column->owner = owner;
    column->values = g_array_new(FALSE, TRUE, sizeof(int64_t));
    g_array_set_size(column->values, self->times->len); /* zeros for the past */
    g_ptr_array_add(self->columns, column);

    char *key = key_of(name, where);
    if (g_hash_table_contains(self->index, key)) {
        g_free(key); /* the first of that name is the one that is found */
    } else {
        g_hash_table_insert(self->index, key, GUINT_TO_POINTER(self->columns->len));
    }
    return self->columns->len - 1;
}

void series_sample(Series *self, SimTime now)
{
    const uint32_t rows = self->times->len;
    const bool again = rows > 0 && g_array_index(self->times, SimTime, rows - 1) == now;
    if (!again) {
        g_array_append_val(self->times, now);
    }
    const uint32_t row = self->times->len - 1;
    for (uint32_t i = 0; i < self->columns->len; i++) {
        const Column *column = column_at(self, i);
        g_array_set_size(column->values, row + 1);
        g_array_index(column->values, int64_t, row) = column->probe(column->owner, now);
    }
}

SimDuration series_interval(const Series *self)
{
    return self->interval;
}

uint32_t series_columns(const Series *self)
{
    return self->columns->len;
}

uint32_t series_rows(const Series *self)
{
    return self->times->len;
}

SimTime series_time(const Series *self, uint32_t row)
{
    return g_array_index(self->times, SimTime, row);
}

const char *series_name(const Series *self, uint32_t column)
{
    return column_at(self, column)->name;
}

const char *series_where(const Series *self, uint32_t column)
{
    return column_at(self, column)->where;
}

SeriesKind series_kind(const Series *self, uint32_t column)
{
    return column_at(self, column)->kind;
}

int64_t series_value(const Series *self, uint32_t column, uint32_t row)
{
    return g_array_index(column_at(self, column)->values, int64_t, row);
}

int64_t series_find(const Series *self, const char *name, const char *where)
{
    char *key = key_of(name, where);
    const uint32_t found = GPOINTER_TO_UINT(g_hash_table_lookup(self->index, key));
    g_free(key);
    return (int64_t)found - 1;
}
