/* label.h - text on its way into a picture.
 *
 * Names come from a file that somebody sent. In gnuplot a backquote inside double quotes runs a
 * shell command, so text goes into single quotes (a quote in it doubled) or into a table, without
 * control characters and as valid UTF-8; every script sets noenhanced, so that _ ^ { } @ stay. */
#ifndef KAFKASIM_PLOTS_LABEL_H
#define KAFKASIM_PLOTS_LABEL_H
#include <glib.h>

/* One line of valid UTF-8 of at most `limit` characters, the last one an ellipsis when it was
 * longer. The caller frees it. */
char *label_clean(const char *text, guint limit);
/* The same, but the ellipsis stands before the last `tail` characters: orders-with-lon…-12. */
char *label_clean_middle(const char *text, guint limit, guint tail);
/* Appends the cleaned text as a gnuplot string in single quotes. */
void label_quote(GString *out, const char *text, guint limit);
/* Appends the cleaned text as one field of a tab-separated table. */
void label_field(GString *out, const char *text, guint limit);
/* Appends a number with `decimals` at most, without trailing zeros, NaN as NaN; no locale. */
void label_number(GString *out, double value, int decimals);
/* "10,000" */
void label_count(GString *out, double value);
/* "320 ms", "9.1 s", "4 min 10 s" */
void label_duration(GString *out, double ms);
/* Of a goal: "max" ≤, "min" ≥, else =. */
const char *label_operator(const char *op);
guint label_width(const char *text);

/* A step of 1, 2 or 5 times a power of ten that divides `span` into at most `parts`. */
double label_step(double span, int parts);

#endif
