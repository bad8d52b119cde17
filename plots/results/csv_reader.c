/* csv_reader.c - see csv_reader.h. A row is collected in one buffer; fields are zero-terminated
 * in it and found by their starts. */
#include "plots/results/csv_reader.h"

#include "plots/results/folder.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ROW_LIMIT_BYTES (1024 * 1024)
#define BUFFER_BYTES    65536

struct CsvReader {
    int fd;
    char *name;
    GPtrArray *heading; /* char* */
    GArray *wanted;     /* guint: place of each wanted column */
    GString *row;
    GArray *starts; /* gsize: where each field begins in the row */
    guint line;     /* of the row last read */
    guint next_line;
    gsize at, filled;
    char buffer[BUFFER_BYTES];
};

static int next_byte(CsvReader *self)
{
    if (self->at == self->filled) {
        const ssize_t got = read(self->fd, self->buffer, BUFFER_BYTES);
        if (got <= 0) {
            return got == 0 ? EOF : -2;
        }
        self->at = 0;
        self->filled = (gsize)got;
    }
    return (unsigned char)self->buffer[self->at++];
}

static gboolean broken(const CsvReader *self, const char *what, GError **error)
{
    g_set_error(
        error, PLOT_ERROR, PLOT_ERROR_DATA, "%s:%u: error: %s", self->name, self->line, what);
    return FALSE;
}

static void begin_field(CsvReader *self)
{
    const gsize start = self->row->len;
    g_array_append_val(self->starts, start);
}

/* After the opening quote. Returns the byte behind the closing one, -3 when there is none. */
static int read_quoted(CsvReader *self)
{
    for (;;) {
        int byte = next_byte(self);
        if (byte < 0) {
            return -3;
        }
        if (byte == '"') {
            byte = next_byte(self);
            if (byte != '"') {
                return byte;
            }
        }
        self->next_line += byte == '\n';
        if (byte == 0 || self->row->len > ROW_LIMIT_BYTES) {
            return -3;
        }
        g_string_append_c(self->row, (char)byte);
    }
}

/* Reads one field. Returns ',' or '\n' or EOF, which ended it; below EOF when it is broken. */
static int read_field(CsvReader *self, int byte)
{
    gboolean quoted = byte == '"';

    begin_field(self);
    if (quoted) {
        byte = read_quoted(self);
    }
    for (;; byte = next_byte(self)) {
        if (byte == ',' || byte == '\n' || byte < 0) {
            g_string_append_c(self->row, '\0');
            return byte;
        }
        if (byte == '\r') {
            continue;
        }
        if (quoted || byte == '"' || byte == 0 || self->row->len > ROW_LIMIT_BYTES) {
            return -4;
        }
        g_string_append_c(self->row, (char)byte);
    }
}

static gboolean read_row(CsvReader *self, GError **error)
{
    int byte;

    g_string_truncate(self->row, 0);
    g_array_set_size(self->starts, 0);
    self->line = self->next_line;
    byte = next_byte(self);
    if (byte == EOF) {
        return FALSE;
    }
    for (;;) {
        byte = read_field(self, byte);
        if (byte == '\n' || byte == EOF) {
            self->next_line++;
            return TRUE;
        }
        if (byte != ',') {
            return broken(self,
                          byte == -2   ? "cannot be read on"
                          : byte == -3 ? "a quoted field has no end"
                                       : "expected a comma or the end of the line after the field",
                          error);
        }
        byte = next_byte(self);
    }
}

static gboolean read_heading(CsvReader *self, GError **error)
{
    if (!read_row(self, error)) {
        return *error == NULL ? broken(self, "the file is empty, expected a header row", error)
                              : FALSE;
    }
    for (guint i = 0; i < self->starts->len; i++) {
        g_ptr_array_add(self->heading, g_strdup(csv_reader_cell(self, i)));
    }
    return TRUE;
}

static gboolean find_wanted(CsvReader *self, const char *const *columns, GError **error)
{
    for (; *columns != NULL; columns++) {
        guint place;
        if (!g_ptr_array_find_with_equal_func(self->heading, *columns, g_str_equal, &place)) {
            g_set_error(error,
                        PLOT_ERROR,
                        PLOT_ERROR_DATA,
                        "%s:1: error: no column named %s",
                        self->name,
                        *columns);
            return FALSE;
        }
        g_array_append_val(self->wanted, place);
    }
    return TRUE;
}

CsvReader *
csv_reader_open(const char *dir, const char *name, const char *const *columns, GError **error)
{
    const int fd = plot_folder_open(dir, name, error);
    GError *problem = NULL;
    CsvReader *self;

    if (fd < 0) {
        return NULL;
    }
    self = g_new0(CsvReader, 1);
    self->fd = fd;
    self->name = g_build_filename(dir, name, NULL);
    self->heading = g_ptr_array_new_with_free_func(g_free);
    self->wanted = g_array_new(FALSE, FALSE, sizeof(guint));
    self->row = g_string_new(NULL);
    self->starts = g_array_new(FALSE, FALSE, sizeof(gsize));
    self->next_line = 1;
    if (read_heading(self, &problem) && find_wanted(self, columns, &problem)) {
        return self;
    }
    g_propagate_error(error, problem);
    csv_reader_free(self);
    return NULL;
}

void csv_reader_free(CsvReader *self)
{
    close(self->fd);
    g_free(self->name);
    g_ptr_array_unref(self->heading);
    g_array_unref(self->wanted);
    g_string_free(self->row, TRUE);
    g_array_unref(self->starts);
    g_free(self);
}

gboolean csv_reader_next(CsvReader *self, GError **error)
{
    char *what;

    if (!read_row(self, error)) {
        return FALSE;
    }
    if (self->starts->len == self->heading->len) {
        return TRUE;
    }
    what = g_strdup_printf("expected %u fields, found %u", self->heading->len, self->starts->len);
    broken(self, what, error);
    g_free(what);
    return FALSE;
}

const char *csv_reader_cell(const CsvReader *self, guint place)
{
    return self->row->str + g_array_index(self->starts, gsize, place);
}

const char *csv_reader_text(const CsvReader *self, guint wanted)
{
    return csv_reader_cell(self, g_array_index(self->wanted, guint, wanted));
}

double csv_parse_number(const char *text)
{
    char *end;
    double value;

    if (*text == '\0') {
        return (double)NAN;
    }
    value = g_ascii_strtod(text, &end);
    return *end == '\0' && isfinite(value) ? value : (double)NAN;
}

double csv_reader_number(const CsvReader *self, guint wanted)
{
    return csv_parse_number(csv_reader_text(self, wanted));
}

guint csv_reader_width(const CsvReader *self)
{
    return self->heading->len;
}

const char *csv_reader_heading(const CsvReader *self, guint place)
{
    return g_ptr_array_index(self->heading, place);
}
