/* units.c - see units.h. */
#include "scenarios/runner/reader/text/units.h"
#include <string.h>

__extension__ typedef __int128 Wide;

/* value = number * numerator / denominator base units */
typedef struct Unit {
    UnitKind kind;
    const char *name;
    int64_t numerator;
    int64_t denominator;
} Unit;

static const Unit units[] = {
    {UNIT_DURATION, "ns", 1, 1},
    {UNIT_DURATION, "us", 1000, 1},
    {UNIT_DURATION, "ms", 1000000, 1},
    {UNIT_DURATION, "s", 1000000000, 1},
    {UNIT_DURATION, "m", 60000000000, 1},
    {UNIT_DURATION, "h", 3600000000000, 1},
    {UNIT_DURATION, "d", 86400000000000, 1},
    {UNIT_BYTES, "B", 1, 1},
    {UNIT_BYTES, "kB", 1000, 1},
    {UNIT_BYTES, "KiB", 1024, 1},
    {UNIT_BYTES, "MB", 1000000, 1},
    {UNIT_BYTES, "MiB", 1048576, 1},
    {UNIT_BYTES, "GB", 1000000000, 1},
    {UNIT_BYTES, "GiB", 1073741824, 1},
    {UNIT_BYTES, "TB", 1000000000000, 1},
    {UNIT_BYTES, "TiB", 1099511627776, 1},
    {UNIT_BANDWIDTH, "B/s", 1, 1},
    {UNIT_BANDWIDTH, "kB/s", 1000, 1},
    {UNIT_BANDWIDTH, "KiB/s", 1024, 1},
    {UNIT_BANDWIDTH, "MB/s", 1000000, 1},
    {UNIT_BANDWIDTH, "MiB/s", 1048576, 1},
    {UNIT_BANDWIDTH, "GB/s", 1000000000, 1},
    {UNIT_BANDWIDTH, "GiB/s", 1073741824, 1},
    {UNIT_BANDWIDTH, "kbit/s", 125, 1},
    {UNIT_BANDWIDTH, "Mbit/s", 125000, 1},
    {UNIT_BANDWIDTH, "Gbit/s", 125000000, 1},
    {UNIT_RATE, "/s", 1000, 1},
    {UNIT_RATE, "/m", 50, 3},
    {UNIT_RATE, "/h", 5, 18},
};

static const Unit *unit_named(UnitKind kind, const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        if (units[i].kind == kind && strcmp(units[i].name, name) == 0) {
            return &units[i];
        }
    }
    return NULL;
}

typedef struct Decimal {
    int64_t digits; /* the number without its point */
    int64_t scale;  /* a power of ten below it */
} Decimal;

/* Reads "12" or "1.25" and leaves *text behind it. */
static const char *read_decimal(const char **text, Decimal *ret)
{
    const char *at = *text;
    int seen = 0;
    *ret = (Decimal){0, 1};
    bool fraction = false;
    for (; g_ascii_isdigit(*at) || (*at == '.' && !fraction && seen > 0); at++) {
        if (*at == '.') {
            fraction = true;
            continue;
        }
        if (++seen > 17 || ret->scale > 100000000) {
            return "too many digits";
        }
        ret->digits = ret->digits * 10 + (*at - '0');
        ret->scale *= fraction ? 10 : 1;
    }
    if (seen == 0) {
        return *at == '-' ? "it must not be negative" : "it does not begin with a number";
    }
    if (at[-1] == '.') {
        return "a digit is missing after the point";
    }
    *text = at;
    return NULL;
}

bool units_parse(UnitKind kind, const char *text, int64_t *ret_value, const char **ret_why)
{
    Decimal number;
    *ret_why = read_decimal(&text, &number);
    if (*ret_why != NULL) {
        return false;
    }
    const Unit *unit = unit_named(kind, text);
    if (unit == NULL) {
        *ret_why = *text == '\0'  ? "the unit is missing"
                   : *text == ' ' ? "there must be no space before the unit"
                                  : "the unit is not known";
        return false;
    }
    Wide value = (Wide)number.digits * unit->numerator;
    Wide divisor = (Wide)number.scale * unit->denominator;
    /* Rates per minute and hour seldom divide evenly: there the last digit may be cut. */
    if (unit->denominator == 1 && value % divisor != 0) {
        *ret_why = "it is finer than the smallest unit";
        return false;
    }
    if (value / divisor > INT64_MAX / 4) {
        *ret_why = "it is too large";
        return false;
    }
    *ret_value = (int64_t)(value / divisor);
    return true;
}

const char *units_expected(UnitKind kind)
{
    switch (kind) {
    case UNIT_DURATION:
        return "a duration such as \"5ms\"";
    case UNIT_BYTES:
        return "a size such as \"64KiB\"";
    case UNIT_BANDWIDTH:
        return "a bandwidth such as \"200MB/s\"";
    case UNIT_RATE:
        return "a rate such as \"20000/s\"";
    }
    return "";
}

void units_list(UnitKind kind, GString *out)
{
    size_t before = out->len;
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        if (units[i].kind == kind) {
            g_string_append_printf(out, "%s%s", out->len > before ? "|" : "", units[i].name);
        }
    }
}

void units_format(UnitKind kind, int64_t value, GString *out)
{
    const Unit *best = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        bool fits =
            units[i].kind == kind && units[i].denominator == 1 && value % units[i].numerator == 0;
        if (fits && (best == NULL || (value != 0 && units[i].numerator > best->numerator))) {
            best = &units[i];
        }
    }
    if (best == NULL) { /* a rate that is no whole number a second */
        g_string_append_printf(
            out, "%" G_GINT64_FORMAT ".%03d/s", value / 1000, (int)(value % 1000));
        return;
    }
    g_string_append_printf(out, "%" G_GINT64_FORMAT "%s", value / best->numerator, best->name);
}

/* --- hints --- */

/* What people write for a unit; the same letters in another case need no row. */
static const struct {
    UnitKind kind;
    const char *written, *meant;
} habits[] = {
    {UNIT_DURATION, "sec", "s"},
    {UNIT_DURATION, "secs", "s"},
    {UNIT_DURATION, "second", "s"},
    {UNIT_DURATION, "seconds", "s"},
    {UNIT_DURATION, "min", "m"},
    {UNIT_DURATION, "mins", "m"},
    {UNIT_DURATION, "minute", "m"},
    {UNIT_DURATION, "minutes", "m"},
    {UNIT_DURATION, "hour", "h"},
    {UNIT_DURATION, "hours", "h"},
    {UNIT_DURATION, "hr", "h"},
    {UNIT_DURATION, "day", "d"},
    {UNIT_DURATION, "days", "d"},
    {UNIT_DURATION, "msec", "ms"},
    {UNIT_DURATION, "millis", "ms"},
    {UNIT_DURATION, "usec", "us"},
    {UNIT_DURATION, "\xc2\xb5s", "us"},
    {UNIT_BYTES, "bytes", "B"},
    {UNIT_BYTES, "k", "kB"},
    {UNIT_BYTES, "m", "MB"},
    {UNIT_BYTES, "g", "GB"},
    {UNIT_BANDWIDTH, "mbps", "Mbit/s"},
    {UNIT_BANDWIDTH, "gbps", "Gbit/s"},
    {UNIT_BANDWIDTH, "kbps", "kbit/s"},
    {UNIT_BANDWIDTH, "mb", "MB/s"},
    {UNIT_BANDWIDTH, "gb", "GB/s"},
    {UNIT_RATE, "hz", "/s"},
    {UNIT_RATE, "/sec", "/s"},
    {UNIT_RATE, "rps", "/s"},
    {UNIT_RATE, "/min", "/m"},
};

static const char *unit_meant(UnitKind kind, const char *written)
{
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        if (units[i].kind == kind && g_ascii_strcasecmp(units[i].name, written) == 0) {
            return units[i].name;
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(habits); i++) {
        if (habits[i].kind == kind && g_ascii_strcasecmp(habits[i].written, written) == 0) {
            return habits[i].meant;
        }
    }
    return NULL;
}

char *units_hint(UnitKind kind, const char *text)
{
    Decimal number;
    const char *at = text;
    if (read_decimal(&at, &number) != NULL) {
        return NULL;
    }
    if (*at == '\0') {
        return units_missing_hint(kind, text);
    }
    char *digits = g_strndup(text, (gsize)(at - text)), *hint = NULL;
    bool known = unit_named(kind, at) != NULL; /* then something else is wrong */
    while (*at == ' ') {
        at++;
    }
    const char *meant = known ? NULL : unit_meant(kind, at);
    bool bytes = kind == UNIT_BYTES || kind == UNIT_BANDWIDTH;
    if (meant != NULL && bytes && strcmp(meant, at) != 0 && strchr("kMGT", meant[0]) != NULL &&
        meant[1] == 'B') {
        hint = g_strdup_printf("write \"%s%s\" (powers of 1000) or \"%s%ciB%s\" (powers of 1024)",
                               digits,
                               meant,
                               digits,
                               g_ascii_toupper(meant[0]),
                               meant + 2);
    } else if (meant != NULL) {
        hint = g_strdup_printf("write \"%s%s\"", digits, meant);
    } else if (kind == UNIT_RATE && unit_named(UNIT_DURATION, at) != NULL) {
        hint = g_strdup_printf("so many in a second are \"%s/s\"", digits);
    }
    g_free(digits);
    return hint;
}

char *units_missing_hint(UnitKind kind, const char *number)
{
    static const char *const usual[] = {
        [UNIT_DURATION] = "ms", [UNIT_BYTES] = "B", [UNIT_BANDWIDTH] = "MB/s", [UNIT_RATE] = "/s"};
    return kind == UNIT_DURATION
               ? g_strdup_printf("write the unit: \"%ss\" or \"%sms\"", number, number)
               : g_strdup_printf("write the unit: \"%s%s\"", number, usual[kind]);
}

char *units_range_meant(const char *text)
{
    const size_t left = strspn(text, "0123456789");
    const size_t between = strspn(text + left, "-:. ");
    const char *right = text + left + between;
    const size_t digits = strspn(right, "0123456789");
    if (left == 0 || left > 18 || between == 0 || digits == 0 || digits > 18 ||
        right[digits] != '\0') {
        return NULL;
    }
    const gint64 from = g_ascii_strtoll(text, NULL, 10), to = g_ascii_strtoll(right, NULL, 10);
    g_autofree char *meant =
        g_strdup_printf("%" G_GINT64_FORMAT "..%" G_GINT64_FORMAT, MIN(from, to), MAX(from, to));
    return strcmp(meant, text) != 0 ? g_steal_pointer(&meant) : NULL;
}
