/* seeds.c - "--seeds 1..10" or "1,2,5". */
#include "scenarios/runner/sweep/seeds.h"
#include "scenarios/runner/reader/text/units.h"
#include <stdbool.h>
#include <string.h>

#define SEEDS_MAX 10000u

static bool parse_number(const char **at, guint64 *ret_number)
{
    char *end = NULL;
    if (!g_ascii_isdigit(**at)) {
        return false;
    }
    *ret_number = g_ascii_strtoull(*at, &end, 10);
    *at = end;
    return true;
}

static bool has_seed(const GArray *seeds, guint64 seed)
{
    for (guint i = 0; i < seeds->len; i++) {
        if (g_array_index(seeds, guint64, i) == seed) {
            return true;
        }
    }
    return false;
}

/* One number or one range; false when it is neither, or too much. */
static bool parse_part(const char **at, GArray *seeds, char **problem)
{
    guint64 from = 0;
    if (!parse_number(at, &from)) {
        return false;
    }
    guint64 to = from;
    if (strncmp(*at, "..", 2) == 0) {
        *at += 2;
        if (!parse_number(at, &to) || to < from) {
            return false;
        }
    }
    if (to - from >= SEEDS_MAX - seeds->len) {
        return false;
    }
    for (guint64 i = 0; i <= to - from; i++) {
        guint64 seed = from + i;
        if (has_seed(seeds, seed)) { /* the same run twice would look like certainty */
            *problem = g_strdup_printf("--seeds: seed %" G_GUINT64_FORMAT " is there twice", seed);
            return false;
        }
        g_array_append_val(seeds, seed);
    }
    return true;
}

GArray *seeds_parse(const char *text, char **problem)
{
    GArray *seeds = g_array_new(FALSE, FALSE, sizeof(guint64));
    *problem = NULL;
    const char *at = text;
    bool fine = parse_part(&at, seeds, problem);
    while (fine && *at == ',') {
        at++;
        fine = parse_part(&at, seeds, problem);
    }
    if (!fine || *at != '\0') {
        g_array_free(seeds, TRUE);
        g_autofree char *meant = units_range_meant(text);
        if (*problem == NULL) {
            *problem =
                g_strdup_printf("--seeds: expected 1..10 or 1,2,5 (at most %u), found \"%s\"%s%s%s",
                                SEEDS_MAX,
                                text,
                                meant != NULL ? "; did you mean \"" : "",
                                meant != NULL ? meant : "",
                                meant != NULL ? "\"?" : "");
        }
        return NULL;
    }
    return seeds;
}
