/* problem.c - the list of findings and how it is printed; see problem.h. */
#include "scenarios/runner/reader/problem.h"
#include "scenarios/runner/reader/pointer.h"
#include "scenarios/runner/reader/text/quote.h"
#include <string.h>

#define PROBLEMS_KEPT_MAX 200u

struct Problems {
    GPtrArray *kept; /* of Problem* */
    size_t counts[PROBLEM_NOTE + 1];
    bool sorted;
};

static void problem_free(void *data)
{
    Problem *problem = data;
    g_free(problem->file);
    g_free(problem->pointer);
    g_free(problem->message);
    g_free(problem->hint);
    g_free(problem->source);
    g_free(problem);
}

Problems *problems_new(void)
{
    Problems *problems = g_new0(Problems, 1);
    problems->kept = g_ptr_array_new_with_free_func(problem_free);
    return problems;
}

void problems_free(Problems *problems)
{
    if (problems != NULL) {
        g_ptr_array_unref(problems->kept);
        g_free(problems);
    }
}

/* A full list makes room for an error by dropping its last note or warning. */
static bool make_room(Problems *problems, ProblemKind kind)
{
    if (problems->kept->len < PROBLEMS_KEPT_MAX) {
        return true;
    }
    for (guint i = problems->kept->len; kind == PROBLEM_ERROR && i > 0; i--) {
        const Problem *kept = g_ptr_array_index(problems->kept, i - 1);
        if (kept->kind != PROBLEM_ERROR) {
            g_ptr_array_remove_index(problems->kept, i - 1);
            return true;
        }
    }
    return false;
}

void problems_add(Problems *problems, const Problem *problem)
{
    problems->counts[problem->kind]++;
    if (!make_room(problems, problem->kind)) {
        return;
    }
    Problem *copy = g_new(Problem, 1);
    *copy = *problem;
    copy->file = g_strdup(problem->file);
    copy->pointer = g_strdup(problem->pointer);
    copy->message = g_strdup(problem->message);
    copy->hint = g_strdup(problem->hint);
    copy->source = g_strdup(problem->source);
    g_ptr_array_add(problems->kept, copy);
    problems->sorted = false;
}

size_t problems_count(const Problems *problems, ProblemKind kind)
{
    return problems->counts[kind];
}

void problems_retell(Problems *problems, ProblemTell tell, const void *user)
{
    for (guint i = 0; i < problems->kept->len; i++) {
        Problem *problem = problems->kept->pdata[i];
        if (problem->hint != NULL) {
            char *told = tell(user, problem->hint);
            g_free(problem->hint);
            problem->hint = told;
        }
    }
}

bool problems_is_full(const Problems *problems)
{
    return problems->counts[PROBLEM_ERROR] >= PROBLEMS_KEPT_MAX;
}

size_t problems_kept(const Problems *problems)
{
    return problems->kept->len;
}

/* Findings without a line (of the command line) come first. */
static int compare(const void *left, const void *right)
{
    const Problem *a = *(const Problem *const *)left, *b = *(const Problem *const *)right;
    int by_file = g_strcmp0(a->line == 0 ? NULL : a->file, b->line == 0 ? NULL : b->file);
    if (by_file != 0) {
        return by_file;
    }
    if (a->line != b->line) {
        return a->line < b->line ? -1 : 1;
    }
    if (a->column != b->column) {
        return a->column < b->column ? -1 : 1;
    }
    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    }
    int by_pointer = g_strcmp0(a->pointer, b->pointer);
    return by_pointer != 0 ? by_pointer : g_strcmp0(a->message, b->message);
}

static void sort(Problems *problems)
{
    if (!problems->sorted) {
        g_ptr_array_sort(problems->kept, compare);
        problems->sorted = true;
    }
}

const Problem *problems_at(Problems *problems, size_t index)
{
    sort(problems);
    return g_ptr_array_index(problems->kept, index);
}

static const char *kind_name(ProblemKind kind)
{
    static const char *const names[] = {"error", "warning", "note"};
    return names[kind];
}

static const char *kind_colour(ProblemKind kind)
{
    static const char *const colours[] = {"\033[1;31m", "\033[1;35m", "\033[1;36m"};
    return colours[kind];
}

static void print_source(const Problem *problem, GString *out)
{
    GString *line = g_string_new(NULL);
    quote_plain(line, problem->source, strlen(problem->source), 400);
    g_string_append_printf(out, "%5d | %s\n", problem->line, line->str);
    g_string_append(out, "      | ");
    for (int32_t i = 1; i < problem->source_column; i++) {
        g_string_append_c(out, ' ');
    }
    g_string_append(out, "^\n");
    g_string_free(line, TRUE);
}

/* A key that is itself a pointer, as those of a sweep are, is shown as it was written:
 * /sweep/vary/"/topics/0/partitions", not /sweep/vary/~1topics~10~1partitions. */
static void print_pointer(const char *pointer, GString *out)
{
    g_autoptr(GString) shown = g_string_new(NULL);
    for (const char *at = pointer; *at == '/';) {
        const char *token = at;
        g_autofree char *word = pointer_token(&at);
        const bool is_pointer = strchr(word, '/') != NULL;
        g_string_append_c(shown, '/');
        if (is_pointer) {
            quote_string(shown, word);
        } else {
            g_string_append_len(shown, token + 1, at - token - 1);
        }
    }
    g_string_append(shown, shown->len == 0 ? "/" : "");
    quote_plain(out, shown->str, shown->len, 200);
}

static void print_one(const Problem *problem, bool colour, GString *out)
{
    quote_plain(out, problem->file, strlen(problem->file), 300);
    if (problem->line > 0) {
        g_string_append_printf(out, ":%d:%d", problem->line, problem->column);
    }
    g_string_append_printf(out,
                           ": %s%s:%s ",
                           colour ? kind_colour(problem->kind) : "",
                           kind_name(problem->kind),
                           colour ? "\033[0m" : "");
    if (problem->pointer != NULL) {
        print_pointer(problem->pointer, out);
        g_string_append(out, ": ");
    }
    g_string_append_printf(out, "%s\n", problem->message);
    if (problem->source != NULL) {
        print_source(problem, out);
    }
    if (problem->hint != NULL) {
        g_string_append_printf(out, "      = hint: %s\n", problem->hint);
    }
}

static void append_count(GString *out, size_t count, const char *what)
{
    if (count > 0) {
        g_string_append_printf(out,
                               "%s%" G_GSIZE_FORMAT " %s%s",
                               out->len > 0 ? ", " : "",
                               count,
                               what,
                               count == 1 ? "" : "s");
    }
}

void problems_print(Problems *problems, ProblemKind least, bool colour, GString *out)
{
    sort(problems);
    size_t shown = 0, all = 0;
    GString *counts = g_string_new(NULL);
    for (int kind = PROBLEM_ERROR; kind <= (int)least; kind++) {
        append_count(counts, problems->counts[kind], kind_name((ProblemKind)kind));
        all += problems->counts[kind];
    }
    for (guint i = 0; i < problems->kept->len; i++) {
        const Problem *problem = g_ptr_array_index(problems->kept, i);
        if (problem->kind <= least) {
            print_one(problem, colour, out);
            shown++;
        }
    }
    if (problems_is_full(problems)) {
        g_string_append(counts, "; more were not looked for");
    } else if (all > shown) {
        g_string_append_printf(counts, "; %" G_GSIZE_FORMAT " of them not shown", all - shown);
    }
    if (all > 0) {
        g_string_append_printf(out, "%s\n", counts->str);
    }
    g_string_free(counts, TRUE);
}

static void append_json_string(GString *out, const char *name, const char *text)
{
    if (text == NULL) {
        g_string_append_printf(out, ",\"%s\":null", name);
        return;
    }
    GString *plain = g_string_new(NULL);
    quote_plain(plain, text, strlen(text), 1000);
    g_string_append_printf(out, ",\"%s\":\"", name);
    for (const char *at = plain->str; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\') {
            g_string_append_c(out, '\\');
        }
        g_string_append_c(out, *at);
    }
    g_string_append_c(out, '"');
    g_string_free(plain, TRUE);
}

void problems_print_json(Problems *problems, GString *out)
{
    sort(problems);
    g_string_append_c(out, '[');
    for (guint i = 0; i < problems->kept->len; i++) {
        const Problem *problem = g_ptr_array_index(problems->kept, i);
        g_string_append_printf(out,
                               "%s{\"kind\":\"%s\",\"line\":%d,\"column\":%d",
                               i == 0 ? "" : ",",
                               kind_name(problem->kind),
                               problem->line,
                               problem->column);
        append_json_string(out, "file", problem->file);
        append_json_string(out, "pointer", problem->pointer);
        append_json_string(out, "message", problem->message);
        append_json_string(out, "hint", problem->hint);
        g_string_append_c(out, '}');
    }
    g_string_append(out, "]\n");
}
