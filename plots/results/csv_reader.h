/* csv_reader.h - RFC 4180 rows of one file, read as a stream.
 *
 * The first row names the columns. A row with another number of fields, a stray quote, a zero byte
 * or a row above 1 MiB is an error with file and line. Memory does not grow with the file. */
#ifndef KAFKASIM_PLOTS_RESULTS_CSV_READER_H
#define KAFKASIM_PLOTS_RESULTS_CSV_READER_H
#include "plots/plot.h"

typedef struct CsvReader CsvReader;
/* Fails unless every column of `columns` (NULL-terminated) is in the header; csv_reader_text
 * counts in the order of that list. */
CsvReader *
csv_reader_open(const char *dir, const char *name, const char *const *columns, GError **error);
void csv_reader_free(CsvReader *self);
/* The next row, or FALSE at the end and on error (then *error is set). */
gboolean csv_reader_next(CsvReader *self, GError **error);
/* Borrowed until the next row. */
const char *csv_reader_text(const CsvReader *self, guint wanted);
/* A number, NAN when the field is empty or is no finite number. */
double csv_reader_number(const CsvReader *self, guint wanted);
/* The header and the row by place, for files whose columns depend on the run. */
guint csv_reader_width(const CsvReader *self);
const char *csv_reader_heading(const CsvReader *self, guint place);
const char *csv_reader_cell(const CsvReader *self, guint place);

double csv_parse_number(const char *text);

#endif
