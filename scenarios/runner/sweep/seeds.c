/* seeds.c - "--seeds 1..10" or "1,2,5". */
#include "scenarios/runner/sweep/seeds.h"
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

/* One number or one range; false when it is neither, or too much. */
static bool parse_part(const char **at, GArray *seeds)
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
        g_array_append_val(seeds, seed);
    }
    return true;
}

GArray *seeds_parse(const char *text, char **problem)
{
    GArray *seeds = g_array_new(FALSE, FALSE, sizeof(guint64));
    const char *at = text;
    bool fine = parse_part(&at, seeds);
    while (fine && *at == ',') {
        at++;
        fine = parse_part(&at, seeds);
    }
    if (!fine || *at != '\0') {
        g_array_free(seeds, TRUE);
        *problem = g_strdup_printf(
            "--seeds: expected 1..10 or 1,2,5 (at most %u), found \"%s\"", SEEDS_MAX, text);
        return NULL;
    }
    return seeds;
}
