/* called.c - finds "kafkasim COMMAND ..." in a text; see called.h. */
#include "scenarios/runner/called.h"
#include "scenarios/runner/options.h"
#include "scenarios/runner/text.h"
#include <string.h>

#define NAME "kafkasim"
/* A sentence that names the command may go on with the file's name at will; a command has its
 * file among its first words. */
#define WORDS_TO_FILE 3

char *called_program(const char *argv0)
{
    GString *out = g_string_new(NULL);
    text_shell_word(out, argv0 != NULL && argv0[0] != '\0' ? argv0 : NAME);
    return g_string_free(out, FALSE);
}

/* How many bytes of a word begin here. */
static size_t word_length(const char *at)
{
    return strcspn(at, " \t\n'\"");
}

static bool begins_command(const char *text, const char *at)
{
    const size_t length = strlen(NAME);
    if (strncmp(at, NAME " ", length + 1) != 0 ||
        (at > text && strchr(" \t\n'\"(", at[-1]) == NULL)) {
        return false;
    }
    g_autofree char *verb =
        g_strndup(at + length + 1, strspn(at + length + 1, "abcdefghijklmnopqrstuvwxyz"));
    return command_find(verb) != NULL;
}

/* Appends the words behind the program up to the file, with the file as it was called, and
 * returns where it stopped; nothing when the file is not among them. */
static const char *append_to_file(const char *file, const char *at, GString *out)
{
    g_autofree char *name = file != NULL ? g_path_get_basename(file) : NULL;
    const char *word = at;
    for (int i = 0; name != NULL && i < WORDS_TO_FILE && *word == ' '; i++) {
        word++;
        const size_t length = strlen(name);
        const char *end = word + length;
        if (strncmp(word, name, length) == 0 &&
            (*end == '\0' || strchr(" \n'\".,;:)", *end) != NULL)) {
            g_string_append_len(out, at, word - at);
            text_shell_word(out, file);
            return end;
        }
        word += word_length(word);
    }
    return at;
}

char *called_text(const Called *called, const char *text)
{
    GString *out = g_string_new(NULL);
    const char *at = text;
    while (*at != '\0') {
        if (called->program == NULL || !begins_command(text, at)) {
            g_string_append_c(out, *at++);
            continue;
        }
        g_string_append(out, called->program);
        at = append_to_file(called->file, at + strlen(NAME), out);
    }
    return g_string_free(out, FALSE);
}
