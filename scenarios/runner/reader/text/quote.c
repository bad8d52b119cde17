/* quote.c - see quote.h. */
#include "scenarios/runner/reader/text/quote.h"
#include <stdint.h>
#include <string.h>

#define WORD_MAX 96 /* longer words are not compared */

/* Turns the direction of text, hides it, or is a control code of ISO 8859. */
static bool is_treacherous(gunichar character)
{
    return character < 0x20 || (character >= 0x7F && character <= 0x9F) ||
           (character >= 0x200B && character <= 0x200F) ||
           (character >= 0x2028 && character <= 0x202E) ||
           (character >= 0x2060 && character <= 0x206F) || character == 0xFEFF;
}

void quote_plain(GString *out, const char *text, size_t bytes, size_t characters_max)
{
    const char *end = text + bytes;
    for (size_t shown = 0; text < end; shown++) {
        if (shown == characters_max) {
            g_string_append(out, "…");
            return;
        }
        gunichar character = g_utf8_get_char_validated(text, end - text);
        if (character == (gunichar)-1 || character == (gunichar)-2) {
            g_string_append_c(out, '?');
            text++;
            continue;
        }
        if (character == '\t') {
            g_string_append_c(out, ' ');
        } else if (is_treacherous(character)) {
            g_string_append_c(out, '?');
        } else {
            g_string_append_unichar(out, character);
        }
        text += g_unichar_to_utf8(character, NULL);
    }
}

void quote_string(GString *out, const char *text)
{
    GString *plain = g_string_new(NULL);
    quote_plain(plain, text, strlen(text), 60);
    g_string_append_c(out, '"');
    for (const char *at = plain->str; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\') {
            g_string_append_c(out, '\\');
        }
        g_string_append_c(out, *at);
    }
    g_string_append_c(out, '"');
    g_string_free(plain, TRUE);
}

void quote_pointer_token(GString *out, const char *token)
{
    g_string_append_c(out, '/');
    for (const char *at = token; *at != '\0'; at++) {
        if (*at == '~') {
            g_string_append(out, "~0");
        } else if (*at == '/') {
            g_string_append(out, "~1");
        } else {
            g_string_append_c(out, *at);
        }
    }
}

static char folded(char letter)
{
    return letter == '_' || letter == '-' ? '.' : g_ascii_tolower(letter);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* One row of the table; cells further than `limit` off the diagonal are never looked at. */
static size_t fill_row(
    size_t rows[3][WORD_MAX + 2], const char *a, const char *b, size_t i, size_t m, size_t limit)
{
    size_t *row = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
    size_t from = i > limit ? i - limit : 1, to = least(m, i + limit);
    size_t best = from == 1 ? i : SIZE_MAX;
    row[from - 1] = from == 1 ? i : limit + 1;
    for (size_t j = from; j <= to; j++) {
        size_t changed = folded(a[i - 1]) != folded(b[j - 1]);
        row[j] = least(least(last[j], row[j - 1]) + 1, last[j - 1] + changed);
        if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) &&
            folded(a[i - 2]) == folded(b[j - 1])) {
            row[j] = least(row[j], before[j - 2] + 1);
        }
        best = least(best, row[j]);
    }
    row[to + 1] = limit + 1; /* what the next row looks at above its last cell */
    return best;
}

/* Damerau-Levenshtein (neighbours may have changed places), three rows at a time, near the
 * diagonal only. */
size_t quote_distance(const char *a, const char *b, size_t limit)
{
    size_t n = strlen(a), m = strlen(b);
    if (n > WORD_MAX || m > WORD_MAX || n > m + limit || m > n + limit) {
        return SIZE_MAX;
    }
    size_t rows[3][WORD_MAX + 2];
    for (size_t j = 0; j <= WORD_MAX + 1; j++) {
        rows[0][j] = j;
        rows[1][j] = rows[2][j] = limit + 1;
    }
    size_t last = SIZE_MAX;
    for (size_t i = 1; i <= n; i++) {
        size_t best = fill_row(rows, a, b, i, m, limit);
        if (best > limit && last > limit && i > 2) {
            return SIZE_MAX;
        }
        last = best;
    }
    return rows[n % 3][m] <= limit ? rows[n % 3][m] : SIZE_MAX;
}

const char *quote_nearest(const char *word, QuoteWord next, const void *user, size_t count)
{
    const char *nearest = NULL;
    size_t limit = least(strlen(word) / 3 + 1, 5), best = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        const char *candidate = next(user, i);
        size_t distance = candidate == NULL ? SIZE_MAX : quote_distance(word, candidate, limit);
        if (distance < best) {
            best = distance;
            nearest = candidate;
        }
    }
    return nearest;
}
