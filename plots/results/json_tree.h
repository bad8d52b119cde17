/* json_tree.h - a small reader for the JSON files that kafkasim itself writes.
 *
 * The pictures read summary.json, scenario.json and sweep.json and nothing else, so a tree with
 * look-up by key is enough. Grammar errors come with file and line; depth is limited to 64. Left
 * out: duplicate keys (the first counts) and exact integers (numbers are read as double). */
#ifndef KAFKASIM_PLOTS_RESULTS_JSON_TREE_H
#define KAFKASIM_PLOTS_RESULTS_JSON_TREE_H
#include "plots/plot.h"

typedef enum JsonKind {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
} JsonKind;

typedef struct JsonTree {
    JsonKind kind;
    char *key;  /* in an object, else NULL */
    char *text; /* of a string, or the spelling of a number */
    GPtrArray *children;
} JsonTree;

JsonTree *json_tree_load(const char *dir, const char *name, GError **error);
/* One value in memory; NULL when it is not JSON. */
JsonTree *json_tree_parse(const char *text);
void json_tree_free(JsonTree *self);

/* All of these take NULL for "not there" and pass it on, so that look-ups chain. */
const JsonTree *json_tree_get(const JsonTree *self, const char *key);
const JsonTree *json_tree_at(const JsonTree *self, guint index);
guint json_tree_length(const JsonTree *self);
gboolean json_tree_is(const JsonTree *self, JsonKind kind);
/* The string's or the number's spelling, or `otherwise`. */
const char *json_tree_text(const JsonTree *self, const char *otherwise);
/* The number, or NAN; a string that spells a number counts. */
double json_tree_number(const JsonTree *self);

#endif
