/* build_sweep.c - what a sweep varies. Every value is tried, so that a sweep that would stop at its
 * last cell is refused before its first. */
#include "scenarios/runner/reader/pointer.h"
#include "scenarios/runner/reader/reader.h"
#include "scenarios/runner/reader/text/units.h"
#include <string.h>

#define RUNS_MAX        100000   /* cells times seeds of a sweep */
#define TRIAL_BYTES_MAX 10000000 /* text read again for all values: keeps a check short */
#define TRIALS_MAX      500

static void axis_free(void *data)
{
    SweepAxis *axis = data;
    g_free(axis->pointer);
    g_ptr_array_unref(axis->values);
    g_ptr_array_unref(axis->texts);
    g_free(axis);
}

static void value_free(void *data)
{
    cJSON_Delete(data);
}

/* One that sets what is around the other, or in it, would undo what that one set. */
static bool holds(const char *outer, const char *inner)
{
    const size_t length = strlen(outer);
    return strncmp(inner, outer, length) == 0 && (inner[length] == '/' || inner[length] == '\0');
}

static bool is_apart(Reader *reader, const Cursor *at, const Sweep *sweep)
{
    for (guint i = 0; i < sweep->vary->len; i++) {
        const char *other = ((const SweepAxis *)sweep->vary->pdata[i])->pointer;
        if (holds(other, at->key) || holds(at->key, other)) {
            reader_problem(reader,
                           PROBLEM_ERROR,
                           at,
                           true,
                           "vary only one of them",
                           "this and \"%s\" set the same value: one would undo the other",
                           other);
            return false;
        }
    }
    return true;
}

/* The same for every spelling of an amount: "40s" and "40000ms". Kafka's own options are texts,
 * with or without quotes. */
static void append_meaning(const cJSON *value, bool option, GString *out)
{
    int64_t amount = 0;
    const char *why = NULL;
    const char *text = cJSON_GetStringValue(value);
    for (UnitKind kind = UNIT_DURATION; text != NULL && !option && kind <= UNIT_RATE; kind++) {
        if (units_parse(kind, text, &amount, &why)) {
            g_string_append_printf(out, "(%d: %" G_GINT64_FORMAT ")", (int)kind, (gint64)amount);
            return;
        }
    }
    if (option && text != NULL) {
        g_string_append(out, text);
    } else if (cJSON_IsArray(value) || cJSON_IsObject(value)) {
        for (const cJSON *item = value->child; item != NULL; item = item->next) {
            g_string_append_c(out, ',');
            if (item->string != NULL) {
                quote_string(out, item->string);
            }
            append_meaning(item, option, out);
        }
    } else {
        scenario_write_value(value, out);
    }
}

/* A cell stands for one set of values: `known` has the first text of each meaning. */
static void add_value(Reader *reader, const Cursor *value, GHashTable *known, SweepAxis *axis)
{
    const bool option = strstr(axis->pointer, "/config/") != NULL;
    GString *text = g_string_new(NULL);
    GString *meaning = g_string_new(NULL);
    scenario_write_value(value->node, text);
    append_meaning(value->node, option, meaning);
    const char *other = g_hash_table_lookup(known, meaning->str);
    if (g_strcmp0(other, text->str) == 0) {
        reader_error(reader, value, "%s is there twice", text->str);
    } else if (other != NULL) {
        reader_error(reader, value, "%s is the same as %s, which is there", text->str, other);
    }
    g_ptr_array_add(axis->values, cJSON_Duplicate(value->node, 1));
    g_ptr_array_add(axis->texts, g_string_free(text, FALSE));
    if (other == NULL) {
        g_hash_table_insert(known, meaning->str, axis->texts->pdata[axis->texts->len - 1]);
    }
    g_string_free(meaning, other != NULL);
}

static void build_axis(Reader *reader, const Cursor *at, Sweep *sweep)
{
    if (!cJSON_IsArray(at->node) || at->node->child == NULL) {
        reader_error(reader, at, "expected a list of values");
        return;
    }
    bool inside = strncmp(at->key, "/sweep", 6) == 0 || strcmp(at->key, "/seed") == 0;
    if (inside) {
        reader_problem(reader,
                       PROBLEM_ERROR,
                       at,
                       true,
                       "seeds stand under \"seeds\"",
                       "this cannot be varied");
        return;
    }
    if (!pointer_can_be_set(reader->root, at->key)) {
        char *hint = NULL;
        g_autofree char *why = pointer_nowhere(reader->root, at->key, &hint);
        reader_problem(
            reader, PROBLEM_ERROR, at, true, hint, "this pointer leads nowhere: %s", why);
        g_free(hint);
        return;
    }
    if (!is_apart(reader, at, sweep)) {
        return;
    }
    SweepAxis *axis = g_new0(SweepAxis, 1);
    axis->pointer = g_strdup(at->key);
    axis->values = g_ptr_array_new_with_free_func(value_free);
    axis->texts = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    int index = 0;
    for (cJSON *item = at->node->child; item != NULL; item = item->next) {
        const Cursor value = cursor_element(at, item, index++);
        add_value(reader, &value, known, axis);
    }
    g_ptr_array_add(sweep->vary, axis);
}

static void add_range(Reader *reader, const Cursor *seeds, GArray *out)
{
    const char *text = seeds->node->valuestring;
    uint64_t from = g_ascii_strtoull(text, NULL, 10);
    uint64_t to = g_ascii_strtoull(strstr(text, "..") + 2, NULL, 10);
    if (to < from || to - from >= 10000) {
        reader_error(reader, seeds, "a range goes up and holds at most 10000 seeds");
        return;
    }
    for (uint64_t seed = from; seed <= to; seed++) {
        g_array_append_val(out, seed);
    }
}

/* The same run twice would look like certainty. */
static void add_seed(Reader *reader, const Cursor *seeds, int index, uint64_t seed, GArray *out)
{
    for (guint i = 0; i < out->len; i++) {
        if (g_array_index(out, uint64_t, i) == seed) {
            const Cursor at = cursor_element(seeds, cJSON_GetArrayItem(seeds->node, index), index);
            reader_error(reader, &at, "seed %" G_GUINT64_FORMAT " is there twice", (guint64)seed);
            break;
        }
    }
    g_array_append_val(out, seed);
}

static void build_seeds(Reader *reader, const Cursor *at, Sweep *sweep)
{
    Cursor seeds;
    if (!get(reader, at, "seeds", &seeds)) {
        return;
    }
    if (cJSON_IsString(seeds.node)) {
        add_range(reader, &seeds, sweep->seeds);
        return;
    }
    int index = 0;
    for (const cJSON *item = seeds.node->child; item != NULL; item = item->next) {
        uint64_t seed = 0;
        parse_seed(item, &seed);
        add_seed(reader, &seeds, index++, seed, sweep->seeds);
    }
}

static void check_runs(Reader *reader, const Cursor *vary, const Sweep *sweep)
{
    double runs = sweep->seeds->len;
    for (guint i = 0; i < sweep->vary->len; i++) {
        runs *= ((SweepAxis *)g_ptr_array_index(sweep->vary, i))->values->len;
    }
    if (runs > RUNS_MAX) {
        reader_error(reader, vary, "%.0f runs in all, %d are allowed", runs, RUNS_MAX);
    }
}

void build_sweep(Reader *reader, const Cursor *root)
{
    Cursor at, vary, measures;
    if (!get(reader, root, "sweep", &at) || !cJSON_IsObject(at.node)) {
        return;
    }
    Sweep *sweep = g_new0(Sweep, 1);
    sweep->vary = g_ptr_array_new_with_free_func(axis_free);
    sweep->seeds = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    sweep->measures = g_ptr_array_new_with_free_func(g_free);
    reader->scenario->sweep = sweep;
    build_seeds(reader, &at, sweep);
    if (get(reader, &at, "vary", &vary) && cJSON_IsObject(vary.node)) {
        for (cJSON *item = vary.node->child; item != NULL; item = item->next) {
            Cursor axis = cursor_member(&vary, item);
            build_axis(reader, &axis, sweep);
        }
        check_runs(reader, &vary, sweep);
    }
    if (get(reader, &at, "measures", &measures)) {
        for (const cJSON *item = measures.node->child; item != NULL; item = item->next) {
            g_ptr_array_add(sweep->measures, g_strdup(item->valuestring));
        }
    }
}

/* The cell of this value and the first values of all other axes. */
static char *try_value(Reader *reader, const SweepAxis *axis, guint index)
{
    const GPtrArray *vary = reader->scenario->sweep->vary;
    GPtrArray *set = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < vary->len; i++) {
        const SweepAxis *one = vary->pdata[i];
        const char *text = one->texts->pdata[one == axis ? index : 0];
        g_ptr_array_add(set, g_strconcat(one->pointer, "=", text, NULL));
    }
    char *why = reader_try(reader, set);
    g_ptr_array_unref(set);
    return why;
}

static void try_axis(Reader *reader, const Cursor *at, const SweepAxis *axis)
{
    guint index = 0;
    for (cJSON *item = at->node->child; item != NULL; item = item->next) {
        Cursor value = cursor_element(at, item, (int)index);
        char *why = try_value(reader, axis, index);
        if (why != NULL) {
            reader_error(reader, &value, "with this value, %s", why);
        }
        g_free(why);
        index++;
    }
}

void sweep_try_values(Reader *reader, const Cursor *root)
{
    Cursor at, vary;
    const Sweep *sweep = reader->scenario->sweep;
    size_t values = 0;
    for (guint i = 0; sweep != NULL && i < sweep->vary->len; i++) {
        values += ((SweepAxis *)g_ptr_array_index(sweep->vary, i))->values->len;
    }
    if (values == 0 || values > TRIALS_MAX || values * reader->length > TRIAL_BYTES_MAX ||
        !get(reader, root, "sweep", &at) || !get(reader, &at, "vary", &vary)) {
        return;
    }
    guint axis = 0;
    for (cJSON *item = vary.node->child; item != NULL; item = item->next) {
        Cursor values_of = cursor_member(&vary, item);
        try_axis(reader, &values_of, g_ptr_array_index(sweep->vary, axis++));
    }
}

void sweep_free(Sweep *sweep)
{
    if (sweep != NULL) {
        g_ptr_array_unref(sweep->vary);
        g_array_unref(sweep->seeds);
        g_ptr_array_unref(sweep->measures);
        g_free(sweep);
    }
}
