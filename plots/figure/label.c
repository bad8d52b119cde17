/* label.c - see label.h. */
#include "plots/figure/label.h"

#include <math.h>
#include <string.h>

/* DejaVu Sans has no glyphs for the scripts of East Asia nor beyond the first plane's symbols; a
 * renderer's fallback may draw anything, at any size. */
static gboolean has_glyph(gunichar letter)
{
    return !((letter >= 0x2E80 && letter <= 0xA4CF) || (letter >= 0xAC00 && letter <= 0xD7FF) ||
             (letter >= 0xE000 && letter <= 0xFAFF) || letter >= 0x1F000);
}

/* Direction marks could make a label show other words than it holds. */
static gboolean is_shown(gunichar letter)
{
    return !g_unichar_iscntrl(letter) && !g_unichar_iszerowidth(letter) &&
           g_unichar_type(letter) != G_UNICODE_LINE_SEPARATOR &&
           g_unichar_type(letter) != G_UNICODE_PARAGRAPH_SEPARATOR;
}

char *label_clean(const char *text, guint limit)
{
    char *valid = g_utf8_make_valid(text, -1);
    GString *out = g_string_new(NULL);
    guint length = 0;
    gsize before_last = 0;

    for (char *at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
        const gunichar letter = g_utf8_get_char(at);
        if (length == limit) {
            g_string_truncate(out, before_last);
            g_string_append(out, limit > 0 ? "…" : "");
            break;
        }
        before_last = out->len;
        g_string_append_unichar(out,
                                !is_shown(letter)    ? ' '
                                : !has_glyph(letter) ? 0x25A1
                                                     : letter);
        length++;
    }
    g_free(valid);
    return g_string_free(out, FALSE);
}

char *label_clean_middle(const char *text, guint limit, guint tail)
{
    char *clean = label_clean(text, G_MAXUINT);
    const glong length = g_utf8_strlen(clean, -1);
    char *head;
    char *shorter;

    if (length <= (glong)limit || tail + 1 >= limit) {
        return clean;
    }
    head = label_clean(clean, limit - tail);
    shorter = g_strconcat(head, g_utf8_offset_to_pointer(clean, length - (glong)tail), NULL);
    g_free(head);
    g_free(clean);
    return shorter;
}

void label_quote(GString *out, const char *text, guint limit)
{
    char *clean = label_clean(text, limit);

    g_string_append_c(out, '\'');
    for (const char *at = clean; *at != '\0'; at++) {
        g_string_append_c(out, *at);
        if (*at == '\'') {
            g_string_append_c(out, '\'');
        }
    }
    g_string_append_c(out, '\'');
    g_free(clean);
}

/* gnuplot takes double quotes off a field and reads escapes in it: neither reaches the table. */
void label_field(GString *out, const char *text, guint limit)
{
    char *clean = label_clean(text, limit);

    for (const char *at = clean; *at != '\0'; at++) {
        if (*at == '"') {
            g_string_append(out, "”");
        } else if (*at == '\\') {
            g_string_append(out, "∖");
        } else {
            g_string_append_c(out, *at);
        }
    }
    g_free(clean);
}

void label_number(GString *out, double value, int decimals)
{
    char format[16];
    char digits[G_ASCII_DTOSTR_BUF_SIZE * 8];
    char *end;

    if (isnan(value)) {
        g_string_append(out, "NaN");
        return;
    }
    g_snprintf(format, sizeof format, "%%.%df", CLAMP(decimals, 0, 9));
    g_ascii_formatd(digits, sizeof digits, format, value);
    if (strchr(digits, '.') != NULL) {
        end = digits + strlen(digits);
        while (end[-1] == '0') {
            *--end = '\0';
        }
        if (end[-1] == '.') {
            end[-1] = '\0';
        }
    }
    g_string_append(out, strcmp(digits, "-0") == 0 ? "0" : digits);
}

void label_count(GString *out, double value)
{
    char digits[G_ASCII_DTOSTR_BUF_SIZE * 8];
    gsize length;

    if (isnan(value)) {
        g_string_append_c(out, '?');
        return;
    }
    g_ascii_formatd(digits, sizeof digits, "%.0f", value);
    length = strlen(digits);
    for (gsize i = 0; i < length; i++) {
        const gsize left = length - i;
        g_string_append_c(out, digits[i]);
        if (left > 1 && left % 3 == 1 && digits[i] != '-') {
            g_string_append_c(out, ',');
        }
    }
}

void label_duration(GString *out, double ms)
{
    const double seconds = floor(ms / 1000.0 + 0.5);

    if (ms < 100) {
        label_number(out, ms, ms < 10 ? 1 : 0);
        g_string_append(out, " ms");
    } else if (ms < 999.5) {
        label_number(out, ms, 0);
        g_string_append(out, " ms");
    } else if (ms < 99950) {
        label_number(out, ms / 1000.0, 1);
        g_string_append(out, " s");
    } else if (seconds < 7200) {
        const double minutes = floor(seconds / 60.0);
        label_number(out, minutes, 0);
        g_string_append(out, " min");
        if (seconds > 60 * minutes) {
            g_string_append_c(out, ' ');
            label_number(out, seconds - 60 * minutes, 0);
            g_string_append(out, " s");
        }
    } else {
        label_number(out, seconds / 3600.0, 1);
        g_string_append(out, " h");
    }
}

guint label_width(const char *text)
{
    return (guint)g_utf8_strlen(text, -1);
}

double label_step(double span, int parts)
{
    double power;

    if (!(span > 0) || !isfinite(span)) {
        return 1;
    }
    power = pow(10, floor(log10(span / parts)));
    for (;; power *= 10) {
        static const double steps[] = {1, 2, 5};
        for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
            if (span / (steps[i] * power) <= parts) {
                return steps[i] * power;
            }
        }
    }
}

const char *label_operator(const char *op)
{
    return strcmp(op, "max") == 0 ? "≤" : strcmp(op, "min") == 0 ? "≥" : "=";
}
