/* json_place.c - line, column and the source line of an offset; the offset of a pointer. Runs only
 * when something is shown to the user. The walk trusts the grammar: json_scan came before. */
#include "scenarios/runner/reader/text/json_scan.h"
#include "scenarios/runner/reader/text/quote.h"
#include <string.h>

#define WINDOW_BEFORE 100 /* characters of a long line that are shown before the place */
#define WINDOW_AFTER  60

/* Bytes 10xxxxxx go on with a character. In broken UTF-8 the count is a good guess. */
static bool begins_character(char byte)
{
    return ((unsigned char)byte & 0xC0) != 0x80;
}

static size_t step_back(const char *text, size_t from, size_t offset, int characters)
{
    while (offset > from && characters > 0) {
        offset--;
        characters -= begins_character(text[offset]);
    }
    return offset;
}

static size_t step_on(const char *text, size_t end, size_t offset, int characters)
{
    while (offset < end && characters >= 0) {
        characters -= begins_character(text[offset]);
        offset++;
    }
    return offset < end ? offset - 1 : offset;
}

static int count_characters(const char *text, size_t from, size_t to)
{
    int count = 0;
    for (size_t i = from; i < to; i++) {
        count += begins_character(text[i]);
    }
    return count;
}

JsonPlace json_place_of_offset(const char *text, size_t length, size_t offset)
{
    offset = offset < length ? offset : length;
    JsonPlace place = {.line = 1};
    size_t start = 0;
    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n') {
            place.line++;
            start = i + 1;
        }
    }
    size_t end = offset;
    while (end < length && text[end] != '\n' && text[end] != '\r') {
        end++;
    }
    size_t from = step_back(text, start, offset, WINDOW_BEFORE);
    size_t to = step_on(text, end, offset, WINDOW_AFTER);
    bool cut = from > start;
    place.column = count_characters(text, start, offset) + 1;
    place.source_column = count_characters(text, from, offset) + 1 + cut;
    GString *source = g_string_new(cut ? "…" : NULL);
    quote_plain(source, text + from, to - from, to - from);
    g_string_append(source, to < end ? "…" : "");
    place.source = g_string_free(source, FALSE);
    return place;
}

/* --- finding a pointer --- */

typedef struct Walk {
    const char *text;
    size_t length;
    size_t at;
} Walk;

static char here(const Walk *walk)
{
    return walk->at < walk->length ? walk->text[walk->at] : '\0';
}

static void skip_space(Walk *walk)
{
    while (walk->at < walk->length && g_ascii_isspace(walk->text[walk->at])) {
        walk->at++;
    }
}

static void skip_string(Walk *walk)
{
    for (walk->at++; walk->at < walk->length && here(walk) != '"'; walk->at++) {
        walk->at += here(walk) == '\\';
    }
    walk->at++;
}

static void skip_value(Walk *walk)
{
    int depth = 0;
    do {
        char now = here(walk);
        if (now == '"') {
            skip_string(walk);
            continue;
        }
        depth += (now == '{' || now == '[') - (now == '}' || now == ']');
        walk->at++;
    } while (walk->at < walk->length &&
             (depth > 0 || (strchr(",]}", here(walk)) == NULL && here(walk) != '\0')));
}

/* Is the string at the walk this token, as a pointer writes it? Escapes other than \" \\ \/ are
 * not resolved: such a key is not found, and its object is shown instead. */
static bool key_is(const Walk *walk, const char *token, size_t bytes)
{
    GString *pointer = g_string_new(NULL), *key = g_string_new(NULL);
    for (size_t i = walk->at + 1; i < walk->length && walk->text[i] != '"'; i++) {
        i += walk->text[i] == '\\' && i + 1 < walk->length;
        g_string_append_c(key, walk->text[i]);
    }
    quote_pointer_token(pointer, key->str);
    bool same = pointer->len == bytes + 1 && strncmp(pointer->str + 1, token, bytes) == 0;
    g_string_free(pointer, TRUE);
    g_string_free(key, TRUE);
    return same;
}

/* On '{': moves to the value of the key, and says where the key stood. */
static bool enter_object(Walk *walk, const char *token, size_t bytes, size_t *ret_key)
{
    for (walk->at++;; walk->at++) {
        skip_space(walk);
        if (here(walk) != '"') {
            return false;
        }
        bool found = key_is(walk, token, bytes);
        *ret_key = walk->at;
        skip_string(walk);
        skip_space(walk);
        walk->at++; /* the colon */
        skip_space(walk);
        if (found) {
            return true;
        }
        skip_value(walk);
        skip_space(walk);
    }
}

/* On '[': moves to the element. */
static bool enter_array(Walk *walk, const char *token, size_t bytes)
{
    guint64 index = 0;
    char *digits = g_strndup(token, bytes);
    bool number = g_ascii_string_to_unsigned(digits, 10, 0, G_MAXUINT32, &index, NULL);
    g_free(digits);
    walk->at++;
    skip_space(walk);
    for (; number && here(walk) != ']' && walk->at < walk->length; index--) {
        if (index == 0) {
            return true;
        }
        skip_value(walk);
        skip_space(walk);
        if (here(walk) != ',') {
            return false;
        }
        walk->at++;
        skip_space(walk);
    }
    return false;
}

size_t json_offset_of(const char *text, size_t length, const char *pointer, bool key)
{
    Walk walk = {text, length, 0};
    skip_space(&walk);
    size_t offset = walk.at;
    while (*pointer == '/') {
        const char *token = pointer + 1;
        size_t bytes = strcspn(token, "/"), key_at = 0;
        bool object = here(&walk) == '{', list = here(&walk) == '[';
        bool found = object ? enter_object(&walk, token, bytes, &key_at)
                            : list && enter_array(&walk, token, bytes);
        if (!found) {
            break;
        }
        pointer = token + bytes;
        offset = key && object && *pointer == '\0' ? key_at : walk.at;
    }
    return offset;
}
