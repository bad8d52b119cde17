/* reader.c - the way from text to Scenario; see scenario.h. */
#include "scenarios/runner/reader/reader.h"
#include "scenarios/runner/reader/text/json_scan.h"
#include "scenarios/runner/reader/text/quote.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define WORDS_COMPARED_MAX 50000 /* some hundred mistyped options */

/* --- the text --- */

static void add_at_offset(Reader *reader, Problem *problem, size_t offset)
{
    JsonPlace place = json_place_of_offset(reader->text, reader->length, offset);
    problem->file = g_strdup(reader->name);
    problem->line = place.line;
    problem->column = place.column;
    problem->source = place.source;
    problem->source_column = place.source_column;
    problems_add(reader->problems, problem);
    g_free(problem->file);
    g_free(place.source);
}

static bool on_finding(void *user, const JsonFinding *finding)
{
    const Reader *reader = user;
    Problem problem = {.kind = PROBLEM_ERROR,
                       .pointer = g_strdup(finding->pointer),
                       .message = g_strdup(finding->message),
                       .hint = g_strdup(finding->hint)};
    add_at_offset(user, &problem, finding->offset);
    g_free(problem.pointer);
    g_free(problem.message);
    g_free(problem.hint);
    return !problems_is_full(reader->problems);
}

/* --- cursors and findings --- */

Cursor cursor_member(const Cursor *parent, cJSON *node)
{
    return (Cursor){parent, node->string, 0, node};
}

Cursor cursor_element(const Cursor *parent, cJSON *node, int index)
{
    return (Cursor){parent, NULL, index, node};
}

static void append_pointer(const Cursor *cursor, GString *out)
{
    if (cursor->parent == NULL) {
        return;
    }
    append_pointer(cursor->parent, out);
    if (cursor->key != NULL) {
        quote_pointer_token(out, cursor->key);
    } else {
        g_string_append_printf(out, "/%d", cursor->index);
    }
}

char *cursor_pointer(const Cursor *cursor)
{
    GString *out = g_string_new(NULL);
    append_pointer(cursor, out);
    return g_string_free(out, FALSE);
}

/* The override that put this value there, or NULL. */
static const char *override_of(const Reader *reader, const char *pointer)
{
    for (guint i = 0; i < reader->set_pointers->len; i++) {
        const char *set = g_ptr_array_index(reader->set_pointers, i);
        size_t bytes = strlen(set);
        if (strncmp(pointer, set, bytes) == 0 &&
            (pointer[bytes] == '\0' || pointer[bytes] == '/')) {
            return reader->overrides->set[i];
        }
    }
    return NULL;
}

const char *reader_begun_by(const Reader *reader, const char *pointer, const char **ret_pointer)
{
    bool begun = g_ptr_array_find_with_equal_func(reader->begun, pointer, g_str_equal, NULL);
    for (guint i = 0; begun && i < reader->set_pointers->len; i++) {
        const char *set = g_ptr_array_index(reader->set_pointers, i);
        if (g_str_has_prefix(set, pointer) && set[strlen(pointer)] == '/') {
            *ret_pointer = set;
            return reader->overrides->set[i];
        }
    }
    return NULL;
}

static void add_at_pointer(Reader *reader, Problem *problem, bool key)
{
    const char *pointer = NULL;
    const char *set = override_of(reader, problem->pointer);
    set = set == NULL ? reader_begun_by(reader, problem->pointer, &pointer) : set;
    if (set == NULL) {
        add_at_offset(
            reader, problem, json_offset_of(reader->text, reader->length, problem->pointer, key));
        return;
    }
    problem->file = g_strconcat("--set ", set, NULL);
    problems_add(reader->problems, problem);
    g_free(problem->file);
}

void reader_problem(Reader *reader,
                    ProblemKind kind,
                    const Cursor *cursor,
                    bool key,
                    const char *hint,
                    const char *format,
                    ...)
{
    if (problems_is_full(reader->problems)) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    Problem problem = {.kind = kind,
                       .pointer = cursor_pointer(cursor),
                       .message = g_strdup_vprintf(format, arguments),
                       .hint = g_strdup(hint)};
    va_end(arguments);
    add_at_pointer(reader, &problem, key);
    g_free(problem.pointer);
    g_free(problem.message);
    g_free(problem.hint);
}

char *reader_did_you_mean(const char *nearest)
{
    return nearest == NULL ? NULL : g_strdup_printf("did you mean \"%s\"?", nearest);
}

const char *
reader_nearest(Reader *reader, const char *word, QuoteWord next, const void *user, size_t count)
{
    if (problems_is_full(reader->problems) || reader->compared > WORDS_COMPARED_MAX) {
        return NULL;
    }
    reader->compared += count;
    return quote_nearest(word, next, user, count);
}

void reader_found(const cJSON *node, GString *out)
{
    if (cJSON_IsString(node)) {
        quote_string(out, node->valuestring);
    } else if (cJSON_IsObject(node)) {
        g_string_append(out, "an object");
    } else if (cJSON_IsArray(node)) {
        int count = cJSON_GetArraySize(node);
        g_string_append_printf(out, "a list of %d", count);
    } else {
        scenario_write_value(node, out);
    }
}

void reader_not_simulated(Reader *reader, const Cursor *cursor, const char *what)
{
    if (g_hash_table_add(reader->noted, g_strdup(what))) {
        g_ptr_array_add(reader->scenario->not_simulated, g_strdup(what));
        reader_problem(
            reader, PROBLEM_NOTE, cursor, true, NULL, "accepted, but not simulated: %s", what);
    }
}

/* --- the way --- */

static size_t errors(const Reader *reader)
{
    return problems_count(reader->problems, PROBLEM_ERROR);
}

static void build(Reader *reader, const Cursor *root)
{
    ClusterSpec *spec = reader->spec;
    g_free(spec->name);
    g_free(spec->description);
    spec->name = g_strdup(get_text(reader, root, "name", "unnamed"));
    spec->description = g_strdup(get_text(reader, root, "description", ""));
    spec->duration = get_amount(reader, root, "duration", UNIT_DURATION, SIM_SEC(60));
    spec->warmup = get_amount(reader, root, "warmup", UNIT_DURATION, 0);
    Cursor child;
    if (get(reader, root, "seed", &child)) {
        parse_seed(child.node, &spec->seed);
    }
    if (spec->warmup >= spec->duration && get(reader, root, "warmup", &child)) {
        reader_problem(reader,
                       PROBLEM_WARNING,
                       &child,
                       false,
                       NULL,
                       "the run ends before the warm-up does: latency and rates are not measured");
    }
    build_cluster(reader, root);
    build_topics(reader, root);
    build_producers(reader, root);
    build_groups(reader, root);
    build_connect(reader, root);
    build_streams(reader, root);
    build_timeline(reader, root);
    build_quotas(reader, root);
    build_random(reader, root);
    build_goals(reader, root);
    build_lesson(reader, root);
    build_sweep(reader, root);
    build_output(reader, root);
}

static void read_tree(Reader *reader)
{
    Cursor root = {NULL, NULL, 0, reader->root};
    if (!cJSON_IsObject(reader->root)) {
        reader_error(reader, &root, "expected a scenario object");
        return;
    }
    if (!overrides_apply(reader)) {
        return;
    }
    check_object(reader, &root, &rules_scenario);
    build(reader, &root);
    if (errors(reader) == 0 && !reader->trial) {
        sweep_try_values(reader, &root);
    }
    if (errors(reader) == 0) {
        overrides_cut(reader);
        effective_finish(reader);
    }
}

static Scenario *scenario_new(void)
{
    Scenario *scenario = g_new0(Scenario, 1);
    scenario->spec = cluster_spec_new();
    scenario->goals = g_ptr_array_new();
    scenario->not_simulated = g_ptr_array_new_with_free_func(g_free);
    return scenario;
}

static Scenario *read_scenario(const char *name,
                               const char *folder,
                               const char *text,
                               size_t length,
                               const ScenarioOverrides *overrides,
                               Problems *problems,
                               bool trial)
{
    static const ScenarioOverrides none = {NULL, NULL, NULL};
    Reader reader = {.name = name,
                     .folder = folder,
                     .text = text,
                     .length = length,
                     .overrides = overrides != NULL ? overrides : &none,
                     .problems = problems,
                     .trial = trial};
    if (!json_scan(text, length, on_finding, &reader)) {
        return NULL;
    }
    reader.root = cJSON_ParseWithLength(text, length);
    reader.set_pointers = g_ptr_array_new_with_free_func(g_free);
    reader.begun = g_ptr_array_new_with_free_func(g_free);
    reader.refused = g_hash_table_new(g_direct_hash, g_direct_equal);
    reader.noted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    reader.created = g_hash_table_new(g_direct_hash, g_direct_equal);
    reader.created_again = g_ptr_array_new_with_free_func(topic_spec_free);
    reader.processes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    reader.scenario = scenario_new();
    reader.spec = reader.scenario->spec;
    reader.scenario->json = reader.root;
    if (reader.root == NULL) {
        JsonFinding finding = {0, "", "the JSON library refuses this text", NULL};
        on_finding(&reader, &finding);
    } else {
        read_tree(&reader);
    }
    g_ptr_array_unref(reader.set_pointers);
    g_ptr_array_unref(reader.begun);
    g_hash_table_destroy(reader.refused);
    g_hash_table_destroy(reader.noted);
    g_hash_table_destroy(reader.created);
    g_ptr_array_unref(reader.created_again);
    g_hash_table_destroy(reader.processes);
    if (problems_has_errors(problems)) {
        scenario_free(reader.scenario);
        return NULL;
    }
    return reader.scenario;
}

Scenario *scenario_read_text(const char *name,
                             const char *folder,
                             const char *text,
                             size_t length,
                             const ScenarioOverrides *overrides,
                             Problems *problems)
{
    return read_scenario(name, folder, text, length, overrides, problems, false);
}

char *reader_try(const Reader *reader, const GPtrArray *more)
{
    size_t count = reader->overrides->set != NULL ? g_strv_length(reader->overrides->set) : 0;
    char **set = g_new0(char *, count + more->len + 1);
    for (size_t i = 0; i < count + more->len; i++) {
        set[i] = g_strdup(i < count ? reader->overrides->set[i] : more->pdata[i - count]);
    }
    const ScenarioOverrides overrides = {set, reader->overrides->seed, reader->overrides->until};
    Problems *problems = problems_new();
    scenario_free(read_scenario(
        reader->name, reader->folder, reader->text, reader->length, &overrides, problems, true));
    char *why = NULL;
    for (size_t i = 0; i < problems_kept(problems) && why == NULL; i++) {
        const Problem *problem = problems_at(problems, i);
        if (problem->kind == PROBLEM_ERROR) {
            why = g_strdup_printf(
                "%s: %s", problem->pointer != NULL ? problem->pointer : "/", problem->message);
        }
    }
    problems_free(problems);
    g_strfreev(set);
    return why;
}

/* --- files --- */

static void file_problem(Problems *problems, const char *path, const char *why)
{
    Problem problem = {.kind = PROBLEM_ERROR,
                       .file = g_strdup(path),
                       .message = g_strdup_printf("cannot read the scenario: %s", why)};
    problems_add(problems, &problem);
    g_free(problem.file);
    g_free(problem.message);
}

/* Reads one byte more than allowed, so that a file that is too long is told from one that fits;
 * devices and pipes end there too. */
static GString *read_stream(FILE *stream)
{
    GString *text = g_string_new(NULL);
    char part[16384];
    for (size_t got = 1; got > 0 && text->len <= JSON_TEXT_BYTES_MAX;) {
        got = fread(part, 1, sizeof part, stream);
        g_string_append_len(text, part, (gssize)got);
    }
    return text;
}

Scenario *
scenario_read_file(const char *path, const ScenarioOverrides *overrides, Problems *problems)
{
    bool standard_input = strcmp(path, "-") == 0;
    errno = 0;
    FILE *stream = standard_input ? stdin : fopen(path, "rb");
    if (stream == NULL) {
        file_problem(problems, path, g_strerror(errno));
        return NULL;
    }
    GString *text = read_stream(stream);
    bool failed = ferror(stream) != 0;
    int error = errno;
    if (!standard_input) {
        fclose(stream);
    }
    Scenario *scenario = NULL;
    if (failed) {
        file_problem(problems, path, g_strerror(error));
    } else {
        char *folder = standard_input ? NULL : g_path_get_dirname(path);
        const char *name = standard_input ? "<stdin>" : path;
        scenario = scenario_read_text(name, folder, text->str, text->len, overrides, problems);
        g_free(folder);
    }
    g_string_free(text, TRUE);
    return scenario;
}
