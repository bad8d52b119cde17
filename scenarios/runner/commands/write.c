/* write.c - kafkasim init, explain, schema: what helps to write a scenario. */
#include "scenarios/runner/commands/commands.h"
#include "scenarios/runner/shipped.h"
#include "scenarios/runner/text.h"
#include <cJSON.h>
#include <string.h>

#define NAME_WIDTH  43
#define FIRST_WORDS 76 /* of a description, in characters */

/* Its beginning, cut between two words. */
static void append_first_words(const Shipped *file, GString *out)
{
    g_autofree char *text = g_strndup((const char *)file->bytes, file->length);
    cJSON *root = cJSON_Parse(text);
    const char *words = cJSON_GetStringValue(cJSON_GetObjectItem(root, "description"));
    if (words != NULL && g_utf8_strlen(words, -1) <= FIRST_WORDS) {
        g_string_append(out, words);
    } else if (words != NULL) {
        const char *end = g_utf8_offset_to_pointer(words, FIRST_WORDS);
        while (end > words && *end != ' ') {
            end--;
        }
        g_string_append_len(out, words, end - words);
        g_string_append(out, " ...");
    }
    cJSON_Delete(root);
}

/* What is to be learned from comes first, the sixty recordings last. */
static ExitStatus list_shipped(void)
{
    static const char *const FOLDERS[] = {
        "starter", "lessons/", "groups/", "failures/", "sizing/", "evidence/"};
    g_autoptr(GString) out = g_string_new(NULL);
    for (size_t folder = 0; folder < G_N_ELEMENTS(FOLDERS); folder++) {
        for (size_t i = 0; i < shipped_count; i++) {
            if (!g_str_has_prefix(shipped[i].name, FOLDERS[folder])) {
                continue;
            }
            gsize start = out->len;
            g_string_append(out, shipped[i].name);
            text_pad(out, start, NAME_WIDTH);
            append_first_words(&shipped[i], out);
            g_string_append_c(out, '\n');
        }
    }
    return command_print(out->str);
}

/* "first-run" and "lessons/first-run" both name lessons/first-run. */
static const Shipped *find_shipped(const char *name)
{
    for (size_t i = 0; i < shipped_count; i++) {
        const char *slash = strrchr(shipped[i].name, '/');
        if (strcmp(shipped[i].name, name) == 0 || (slash != NULL && strcmp(slash + 1, name) == 0)) {
            return &shipped[i];
        }
    }
    return NULL;
}

static ExitStatus refuse_lesson(const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (size_t i = 0; i < shipped_count; i++) {
        const char *slash = strrchr(shipped[i].name, '/');
        g_ptr_array_add(names, (void *)(uintptr_t)(slash != NULL ? slash + 1 : shipped[i].name));
    }
    const char *nearest = text_nearest(name, (const char *const *)names->pdata, (size_t)names->len);
    g_autofree char *hint =
        nearest != NULL ? g_strdup_printf("; did you mean \"%s\"?", nearest) : g_strdup("");
    command_complain(
        "no shipped scenario is called \"%s\"%s (--lesson list names them)", name, hint);
    return EXIT_STATUS_USAGE;
}

/* To stdout, or to a new file: init never overwrites. */
static ExitStatus deliver(const Options *options, const char *text, size_t length)
{
    g_autoptr(GError) error = NULL;
    if (options->out == NULL) {
        return command_print(text);
    }
    if (g_file_test(options->out, G_FILE_TEST_EXISTS)) {
        command_complain(
            "%s exists already; it is left alone: remove it first, or name another file",
            options->out);
        return EXIT_STATUS_OUTPUT;
    }
    if (!g_file_set_contents(options->out, text, (gssize)length, &error)) {
        command_complain("%s", error->message);
        return EXIT_STATUS_OUTPUT;
    }
    return EXIT_STATUS_OK;
}

/* The file is the same whoever writes it; how this program is called is told beside it. */
static void tell_next(const Options *options)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_string_append_printf(out, "next: %s run ", options->program);
    if (options->out != NULL) {
        text_shell_word(out, options->out);
    } else {
        g_string_append(out, "FILE");
    }
    g_printerr("%s (what a key does: %s explain KEY)\n", out->str, options->program);
}

ExitStatus command_init(Options *options)
{
    const char *name = options->lesson != NULL ? options->lesson : "starter";
    if (strcmp(name, "list") == 0) {
        return list_shipped();
    }
    const Shipped *file = find_shipped(name);
    if (file == NULL) {
        return refuse_lesson(name);
    }
    g_autofree char *text = g_strndup((const char *)file->bytes, file->length);
    const ExitStatus status = deliver(options, text, file->length);
    if (status == EXIT_STATUS_OK) {
        tell_next(options);
    }
    return status;
}

ExitStatus command_explain(Options *options)
{
    g_autoptr(GString) out = g_string_new(NULL);
    bool found = scenario_explain(options->operands->pdata[0], out);
    if (found) {
        return command_print(out->str);
    }
    g_printerr("%s", out->str);
    return EXIT_STATUS_USAGE;
}

ExitStatus command_schema(Options *options)
{
    g_autoptr(GString) out = g_string_new(NULL);
    scenario_schema(out);
    return deliver(options, out->str, out->len);
}
