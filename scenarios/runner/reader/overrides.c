/* overrides.c - what the command line changes in the tree: --set POINTER=VALUE, --seed, --until. */
#include "scenarios/runner/reader/pointer.h"
#include "scenarios/runner/reader/reader.h"
#include "scenarios/runner/reader/text/json_scan.h"
#include <string.h>

static void complain(
    Reader *reader, const char *option, const char *text, const char *message, const char *hint)
{
    Problem problem = {.kind = PROBLEM_ERROR,
                       .file = g_strconcat(option, " ", text, NULL),
                       .message = g_strdup(message),
                       .hint = g_strdup(hint)};
    problems_add(reader->problems, &problem);
    g_free(problem.file);
    g_free(problem.message);
    g_free(problem.hint);
}

/* The object or list that holds the last token of the pointer, NULL when there is none. */
static cJSON *find_holder(cJSON *root, const char *pointer, char **ret_token)
{
    cJSON *at = root;
    *ret_token = NULL;
    while (*pointer == '/' && at != NULL) {
        char *token = pointer_token(&pointer);
        if (*pointer == '\0') {
            *ret_token = token;
            return cJSON_IsObject(at) || cJSON_IsArray(at) ? at : NULL;
        }
        at = pointer_step(at, token);
        g_free(token);
    }
    return NULL;
}

/* Objects that a scenario may leave out because their default is empty. */
static bool may_be_absent(const char *token, const char *parent)
{
    static const char *const names[] = {
        "cluster", "config", "record", "process", "model", "output", NULL};
    return g_strv_contains(names, token) || strcmp(parent, "model") == 0;
}

/* The place behind the last element, as RFC 6902 names it or by its number. */
static bool is_next(const cJSON *list, const char *token)
{
    g_autofree char *next = g_strdup_printf("%d", cJSON_GetArraySize(list));
    return strcmp(token, "-") == 0 || strcmp(token, next) == 0;
}

/* "/0" and "/-" name the first element of a list. */
static bool begins_list(const char *rest)
{
    return (rest[1] == '0' || rest[1] == '-') && (rest[2] == '\0' || rest[2] == '/');
}

/* Makes the objects and lists on the way that are not there ("/random.faults/every" where there are
 * none, "/groups/0/name" where there is no group): a wrong key is then found by the checker, with
 * its hint, like one that stands in the file. What was made is noted in `begun`; without it only
 * what is empty by default is made. */
static void make_way(cJSON *root, const char *pointer, GPtrArray *begun)
{
    const bool any = begun != NULL;
    const char *start = pointer;
    cJSON *at = root;
    char *parent = g_strdup("");
    while (*pointer == '/' && at != NULL) {
        char *token = pointer_token(&pointer);
        bool absent = *pointer == '/' && pointer_step(at, token) == NULL;
        if (absent && cJSON_IsObject(at) && any && begins_list(pointer)) {
            cJSON_AddArrayToObject(at, token);
        } else if (absent && cJSON_IsObject(at) && (any || may_be_absent(token, parent))) {
            cJSON_AddObjectToObject(at, token);
        } else if (absent && cJSON_IsArray(at) && any && is_next(at, token) && *token != '-') {
            cJSON_AddItemToArray(at, cJSON_CreateObject());
        }
        at = pointer_step(at, token);
        if (absent && at != NULL && begun != NULL) {
            g_ptr_array_add(begun, g_strndup(start, (gsize)(pointer - start)));
        }
        g_free(parent);
        parent = token;
    }
    g_free(parent);
}

bool pointer_can_be_set(cJSON *root, const char *pointer)
{
    char *token = NULL;
    make_way(root, pointer, NULL);
    cJSON *holder = find_holder(root, pointer, &token);
    bool can = holder != NULL && (cJSON_IsObject(holder) || pointer_element(holder, token) != NULL);
    g_free(token);
    return can;
}

/* --- --set --- */

static bool count_finding(void *user, const JsonFinding *finding)
{
    (void)finding;
    ++*(int *)user;
    return false;
}

/* VALUE is JSON if it can be read as JSON, else a string. */
static cJSON *parse_value(const char *text)
{
    int findings = 0;
    if (json_scan(text, strlen(text), count_finding, &findings)) {
        return cJSON_ParseWithLength(text, strlen(text));
    }
    return cJSON_CreateString(text);
}

static bool put(Reader *reader, const char *pointer, cJSON *value)
{
    cJSON *root = reader->root;
    char *token = NULL;
    make_way(root, pointer, reader->begun);
    cJSON *holder = find_holder(root, pointer, &token);
    bool fine = false;
    if (cJSON_IsArray(holder) && is_next(holder, token)) {
        fine = cJSON_AddItemToArray(holder, value);
    } else if (cJSON_IsArray(holder) && pointer_element(holder, token) != NULL) {
        int index = (int)g_ascii_strtoll(token, NULL, 10);
        fine = cJSON_ReplaceItemInArray(holder, index, value);
    } else if (cJSON_IsObject(holder)) {
        bool there = cJSON_GetObjectItemCaseSensitive(holder, token) != NULL;
        fine = there ? cJSON_ReplaceItemInObjectCaseSensitive(holder, token, value)
                     : cJSON_AddItemToObject(holder, token, value);
    }
    if (!fine) {
        cJSON_Delete(value);
    }
    g_free(token);
    return fine;
}

static void complain_nowhere(Reader *reader, const char *text, const char *pointer)
{
    char *hint = NULL;
    g_autofree char *why = pointer_nowhere(reader->root, pointer, &hint);
    g_autofree char *message = g_strconcat("this pointer leads nowhere: ", why, NULL);
    complain(reader, "--set", text, message, hint);
    g_free(hint);
}

static void complain_no_pointer(Reader *reader, const char *text, const char *words)
{
    const char *equals = strchr(text, '=');
    g_autofree char *pointer = equals != NULL ? pointer_from_words(reader->root, words) : NULL;
    g_autofree char *whole = pointer != NULL ? g_strconcat(pointer, equals, NULL) : NULL;
    g_autofree char *hint = reader_did_you_mean(whole);
    complain(
        reader, "--set", text, "expected POINTER=VALUE, such as /topics/0/partitions=24", hint);
}

static bool apply_set(Reader *reader, const char *text)
{
    const char *equals = strchr(text, '=');
    char *pointer = equals == NULL ? g_strdup("") : g_strndup(text, (size_t)(equals - text));
    bool fine = false;
    if (equals == NULL || pointer[0] != '/') {
        complain_no_pointer(reader, text, pointer);
    } else if (!g_utf8_validate(text, -1, NULL)) {
        complain(reader, "--set", "(not UTF-8)", "expected UTF-8", NULL);
    } else if (strlen(text) > 100000) {
        complain(reader, "--set", pointer, "the value is too long", NULL);
    } else if (!put(reader, pointer, parse_value(equals + 1))) {
        complain_nowhere(reader, text, pointer);
    } else {
        fine = true;
    }
    g_ptr_array_add(reader->set_pointers, pointer);
    return fine;
}

static bool apply_seed(Reader *reader, const char *text)
{
    uint64_t seed = 0;
    cJSON *node = cJSON_CreateString(text);
    if (!parse_seed(node, &seed)) {
        cJSON_Delete(node);
        complain(reader, "--seed", text, "expected an integer from 0 to 2^64-1", NULL);
        return false;
    }
    if (seed <= UINT64_C(9007199254740992)) {
        cJSON_Delete(node);
        node = cJSON_CreateNumber((double)seed);
    }
    return put(reader, "/seed", node);
}

bool overrides_apply(Reader *reader)
{
    const ScenarioOverrides *overrides = reader->overrides;
    int64_t until = 0;
    const char *why = NULL;
    bool fine = true;
    for (size_t i = 0; overrides->set != NULL && overrides->set[i] != NULL; i++) {
        fine = apply_set(reader, overrides->set[i]) && fine;
    }
    if (overrides->seed != NULL) {
        fine = apply_seed(reader, overrides->seed) && fine;
    }
    if (overrides->until != NULL &&
        (!units_parse(UNIT_DURATION, overrides->until, &until, &why) || until < SIM_MS(1))) {
        g_autofree char *hint = units_hint(UNIT_DURATION, overrides->until);
        complain(reader,
                 "--until",
                 overrides->until,
                 "expected a duration of at least 1 ms, such as \"30s\"",
                 hint);
        fine = false;
    }
    return fine;
}

/* The checks were made against the scenario's own duration; the run is only cut short, and the
 * effective scenario says so. */
void overrides_cut(Reader *reader)
{
    int64_t until = 0;
    const char *why = NULL;
    if (reader->overrides->until == NULL ||
        !units_parse(UNIT_DURATION, reader->overrides->until, &until, &why) ||
        until == reader->spec->duration) {
        return;
    }
    if (until > reader->spec->duration) {
        const Cursor root = {NULL, NULL, 0, reader->root};
        reader_problem(reader,
                       PROBLEM_WARNING,
                       &root,
                       false,
                       "\"duration\" is how long it lasts",
                       "the run ends before --until %s",
                       reader->overrides->until);
        return;
    }
    GString *text = g_string_new(NULL);
    units_format(UNIT_DURATION, until, text);
    reader->spec->duration = until;
    put(reader, "/duration", cJSON_CreateString(text->str));
    g_string_free(text, TRUE);
}
