/* text.c - numbers and names as text. */
#include "scenarios/runner/text.h"
#include <math.h>
#include <string.h>

__extension__ typedef __int128 Wide;

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)

void text_fixed(GString *out, int64_t value, int decimals)
{
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    uint64_t scale = 1;
    for (int i = 0; i < decimals; i++) {
        scale *= 10;
    }
    g_string_append_printf(
        out, "%s%" G_GUINT64_FORMAT, value < 0 ? "-" : "", (guint64)(magnitude / scale));
    if (decimals > 0) {
        g_string_append_printf(
            out, ".%0*" G_GUINT64_FORMAT, decimals, (guint64)(magnitude % scale));
    }
}

void text_ms(GString *out, int64_t ns)
{
    text_fixed(out, ns / NS_PER_US, 3);
}

void text_seconds(GString *out, int64_t ns)
{
    text_fixed(out, ns, 9);
}

void text_duration(GString *out, int64_t ns)
{
    if (ns >= NS_PER_S) {
        text_fixed(out, ns / NS_PER_MS, 3);
        g_string_append(out, " s");
    } else if (ns >= NS_PER_MS) {
        text_fixed(out, ns / (NS_PER_MS / 10), 1);
        g_string_append(out, " ms");
    } else {
        text_fixed(out, ns / NS_PER_US, 0);
        g_string_append(out, ns == 0 ? " ms" : " us");
    }
}

void text_thousands(GString *out, int64_t value)
{
    g_autofree char *digits = g_strdup_printf("%" G_GINT64_FORMAT, value);
    const char *at = digits;
    if (*at == '-') {
        g_string_append_c(out, *at++);
    }
    for (size_t left = strlen(at); left > 0; left--) {
        g_string_append_c(out, *at++);
        if (left > 1 && left % 3 == 1) {
            g_string_append_c(out, ',');
        }
    }
}

void text_double(GString *out, double value)
{
    char buffer[G_ASCII_DTOSTR_BUF_SIZE];
    if (!isfinite(value)) {
        return;
    }
    g_ascii_formatd(buffer, sizeof buffer, "%.10g", value);
    g_string_append(out, strcmp(buffer, "-0") == 0 ? "0" : buffer);
}

void text_counted(GString *out, int64_t count, const char *one, const char *many)
{
    text_thousands(out, count);
    g_string_append_printf(out, " %s", count == 1 ? one : many);
}

int64_t text_ratio(int64_t count, int64_t scale, int64_t divisor)
{
    if (divisor <= 0) {
        return 0;
    }
    Wide product = (Wide)count * scale;
    return (int64_t)(product / divisor);
}

void text_csv(GString *out, const char *field)
{
    if (strpbrk(field, ",\"\r\n") == NULL) {
        g_string_append(out, field);
        return;
    }
    g_string_append_c(out, '"');
    for (const char *at = field; *at != '\0'; at++) {
        if (*at == '"') {
            g_string_append_c(out, '"');
        }
        g_string_append_c(out, *at);
    }
    g_string_append_c(out, '"');
}

static void append_json_byte(GString *out, char byte)
{
    if (byte == '"' || byte == '\\') {
        g_string_append_c(out, '\\');
        g_string_append_c(out, byte);
    } else if (byte == '\n') {
        g_string_append(out, "\\n");
    } else if (byte == '\t') {
        g_string_append(out, "\\t");
    } else if ((unsigned char)byte < 0x20 || byte == 0x7f) {
        g_string_append_printf(out, "\\u%04x", (unsigned)(unsigned char)byte);
    } else {
        g_string_append_c(out, byte);
    }
}

void text_json(GString *out, const char *value)
{
    g_autofree char *valid = g_utf8_make_valid(value != NULL ? value : "", -1);
    g_string_append_c(out, '"');
    for (const char *at = valid; *at != '\0'; at++) {
        append_json_byte(out, *at);
    }
    g_string_append_c(out, '"');
}

void text_visible(GString *out, const char *value)
{
    g_autofree char *valid = g_utf8_make_valid(value, -1);
    for (char *at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (c == '\t') {
            g_string_append_c(out, ' ');
        } else if (g_unichar_iscntrl(c) || g_unichar_type(c) == G_UNICODE_FORMAT) {
            g_string_append_printf(out, "\\x%02x", (unsigned)c);
        } else {
            g_string_append_unichar(out, c);
        }
    }
}

void text_partition(GString *out, const char *topic, int32_t partition)
{
    text_visible(out, topic);
    g_string_append_printf(out, "-%d", partition);
}

void text_moment(GString *out, int64_t ns)
{
    g_autoptr(GString) seconds = g_string_new(NULL);
    text_fixed(seconds, ns / NS_PER_MS, 3);
    g_string_append_printf(out, "  %10s s  ", seconds->str);
}

void text_pad(GString *out, gsize start, int width)
{
    glong have = g_utf8_strlen(out->str + start, (gssize)(out->len - start));
    for (glong i = have; i < width; i++) {
        g_string_append_c(out, ' ');
    }
}

void text_measure(GString *out, GoalUnit unit, int64_t value)
{
    switch (unit) {
    case GOAL_UNIT_NS:
        text_duration(out, value);
        return;
    case GOAL_UNIT_COUNT:
        text_fixed(out, value, 0);
        return;
    case GOAL_UNIT_PER_SEC_MILLI:
        text_fixed(out, value / 100, 1);
        g_string_append(out, "/s");
        return;
    case GOAL_UNIT_BYTES_PER_SEC:
        text_fixed(out, value / 1000, 3);
        g_string_append(out, " MB/s");
        return;
    }
}

void text_measure_number(GString *out, GoalUnit unit, int64_t value)
{
    if (unit == GOAL_UNIT_NS) {
        text_ms(out, value);
    } else {
        text_fixed(out, value, unit == GOAL_UNIT_PER_SEC_MILLI ? 3 : 0);
    }
}

double text_measure_double(GoalUnit unit, int64_t value)
{
    switch (unit) {
    case GOAL_UNIT_NS:
        return (double)(value / NS_PER_US) / 1000.0;
    case GOAL_UNIT_PER_SEC_MILLI:
        return (double)value / 1000.0;
    case GOAL_UNIT_COUNT:
    case GOAL_UNIT_BYTES_PER_SEC:
        break;
    }
    return (double)value;
}

const char *text_unit_name(GoalUnit unit)
{
    switch (unit) {
    case GOAL_UNIT_NS:
        return "ms";
    case GOAL_UNIT_PER_SEC_MILLI:
        return "records/s";
    case GOAL_UNIT_BYTES_PER_SEC:
        return "bytes/s";
    case GOAL_UNIT_COUNT:
        break;
    }
    return "";
}

/* Does it hold nothing that a terminal would obey, or hide? */
static bool is_for_a_terminal(const char *word)
{
    g_autoptr(GString) visible = g_string_new(NULL);
    text_visible(visible, word);
    return strcmp(visible->str, word) == 0;
}

void text_shell_word(GString *out, const char *word)
{
    static const char SAFE[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./=:,+-";
    if (word[0] != '\0' && word[strspn(word, SAFE)] == '\0') {
        g_string_append(out, word);
        return;
    }
    if (is_for_a_terminal(word)) {
        g_autofree char *quoted = g_shell_quote(word);
        g_string_append(out, quoted);
        return;
    }
    g_string_append(out, "$'"); /* as bash, zsh and ksh read it */
    for (const char *at = word; *at != '\0'; at++) {
        const bool plain = g_ascii_isgraph(*at) || *at == ' ';
        if (plain && *at != '\'' && *at != '\\') {
            g_string_append_c(out, *at);
        } else {
            g_string_append_printf(out, "\\x%02x", (unsigned)(unsigned char)*at);
        }
    }
    g_string_append_c(out, '\'');
}

char *text_file_name(const char *name)
{
    GString *out = g_string_new(NULL);
    for (const char *at = name; *at != '\0' && out->len < 100; at++) {
        bool plain = g_ascii_isalnum(*at) || strchr("._-", *at) != NULL;
        g_string_append_c(out, plain ? *at : '-');
    }
    if (out->len == 0) {
        g_string_append(out, "scenario");
    }
    if (out->str[0] == '.' || out->str[0] == '-') {
        out->str[0] = '_';
    }
    return g_string_free(out, FALSE);
}

/* Edit distance (insert, delete, replace); words longer than the row count as far away. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[64];
    size_t length = strlen(b);
    if (length >= G_N_ELEMENTS(row)) {
        return SIZE_MAX;
    }
    for (size_t j = 0; j <= length; j++) {
        row[j] = j;
    }
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 1; j <= length; j++) {
            size_t replaced = diagonal + (a[i] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = MIN(replaced, 1 + MIN(row[j], row[j - 1]));
        }
    }
    return row[length];
}

const char *text_nearest(const char *word, const char *const *words, size_t count)
{
    size_t limit = strlen(word) / 3 + 1;
    const char *nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t distance = edit_distance(word, words[i]);
        if (distance <= limit) {
            nearest = words[i];
            limit = distance - (distance > 0 ? 1 : 0);
        }
    }
    return nearest;
}

char *text_did_you_mean(const char *word, const char *const *words, size_t count)
{
    const char *nearest = text_nearest(word, words, count);
    return nearest != NULL ? g_strdup_printf("; did you mean \"%s\"?", nearest) : g_strdup("");
}
