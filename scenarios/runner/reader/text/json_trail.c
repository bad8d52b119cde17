/* json_trail.c - words for a text that is no JSON; see json_trail.h. */
#include "scenarios/runner/reader/text/json_trail.h"
#include "scenarios/runner/reader/text/quote.h"
#include <string.h>

#define FOUND_CHARACTERS 20

/* --- the way --- */

void json_trail_space(JsonTrail *trail, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (trail->text[i] == '\n') {
            trail->line = i + 1;
            trail->indent = to - trail->line;
        }
    }
}

void json_trail_open(JsonTrail *trail, size_t at)
{
    trail->open[trail->depth++] = (JsonBracket){at, trail->indent};
}

void json_trail_close(JsonTrail *trail, size_t at)
{
    const JsonBracket bracket = trail->open[--trail->depth];
    const bool begins_line = trail->line > bracket.from && at == trail->line + trail->indent;
    if (!trail->askew && begins_line && trail->indent != bracket.indent) {
        trail->askew = true;
        trail->askew_from = bracket.from;
        trail->askew_end = at;
    }
}

/* --- words --- */

static int at_offset(const JsonTrail *trail, size_t at)
{
    return at < trail->length ? (unsigned char)trail->text[at] : -1;
}

static void append_place(const JsonTrail *trail, size_t offset, GString *out)
{
    JsonPlace place = json_place_of_offset(trail->text, trail->length, offset);
    g_string_append_printf(out, "line %d, column %d", place.line, place.column);
    g_free(place.source);
}

static void append_bracket(const JsonTrail *trail, size_t from, GString *out)
{
    g_string_append(out, trail->text[from] == '[' ? "the list" : "the object");
    g_string_append(out, " opened at ");
    append_place(trail, from, out);
}

/* How many bytes of a bare word or number begin here. */
static size_t word_bytes(const JsonTrail *trail, size_t at)
{
    size_t end = at;
    while (end < trail->length && trail->text[end] != '\0' &&
           strchr(" \t\r\n\",:{}[]", trail->text[end]) == NULL) {
        end++;
    }
    return end - at;
}

static void append_quoted(const JsonTrail *trail, size_t at, size_t bytes, GString *out)
{
    g_string_append_c(out, '"');
    quote_plain(out, trail->text + at, bytes, FOUND_CHARACTERS);
    g_string_append_c(out, '"');
}

/* Of a string what stands between its quotes: a name is easier to find than a quote is. */
static size_t string_bytes(const JsonTrail *trail, size_t at)
{
    size_t end = at;
    while (end < trail->length && strchr("\"\n", trail->text[end]) == NULL) {
        end++;
    }
    return end - at;
}

static bool is_text(const JsonTrail *trail, size_t at)
{
    const gssize left = (gssize)(trail->length - at);
    const gunichar next = g_utf8_get_char_validated(trail->text + at, left);
    return next >= ' ' && next != 0x7F && next <= 0x10FFFF;
}

char *json_trail_message(const JsonTrail *trail, size_t at, const char *expected)
{
    GString *out = g_string_new(NULL);
    const int next = at_offset(trail, at);
    g_string_append_printf(out, "expected %s, found ", expected);
    if (next < 0) {
        g_string_append(out, "the end of the text");
    } else if (next == '\n' || next == '\r') {
        g_string_append(out, "the end of the line");
    } else if (next == '"') {
        g_string_append(out, "the string ");
        append_quoted(trail, at + 1, string_bytes(trail, at + 1), out);
    } else if (!is_text(trail, at)) {
        g_string_append_printf(out, "the byte 0x%02X", (unsigned)next);
    } else {
        append_quoted(trail, at, MAX(word_bytes(trail, at), 1), out);
    }
    return g_string_free(out, FALSE);
}

/* --- hints --- */

/* What people write from other languages, named. */
static const char *habit(const JsonTrail *trail, size_t at)
{
    const char *rest = trail->text + at;
    const size_t left = trail->length - at;
    if (left == 0) {
        return NULL;
    }
    if (!is_text(trail, at)) {
        return "is this a text? save the file as UTF-8";
    }
    if (*rest == '\'') {
        return "strings stand in double quotes in JSON";
    }
    if (*rest == '/' || *rest == '#') {
        return "JSON has no comments; use \"description\" or \"say\"";
    }
    if (*rest == '+') {
        return "a number has no leading '+' in JSON";
    }
    if (left >= 3 && (strncmp(rest, "NaN", 3) == 0 || strncmp(rest, "Inf", 3) == 0)) {
        return "JSON has no NaN and no Infinity";
    }
    if (left >= 4 && (strncmp(rest, "True", 4) == 0 || strncmp(rest, "None", 4) == 0)) {
        return "JSON writes true, false and null in small letters";
    }
    return NULL;
}

static char *unclosed(const JsonTrail *trail, size_t at)
{
    GString *out = g_string_new(NULL);
    if (trail->askew && at >= trail->length) {
        append_bracket(trail, trail->askew_from, out);
        g_string_append(out, " is closed at ");
        append_place(trail, trail->askew_end, out);
        g_string_append(out, ", which is indented as if it closed another");
    } else {
        append_bracket(trail, trail->open[trail->depth - 1].from, out);
        g_string_append(out, at < trail->length ? " is not closed before this" : " is not closed");
    }
    return g_string_free(out, FALSE);
}

/* A string that ends where a word goes on took in what was meant to stand behind it. */
static char *misplaced_quote(const JsonTrail *trail, size_t at)
{
    if (trail->string_end != at || word_bytes(trail, at) == 0) {
        return NULL;
    }
    GString *out = g_string_new("is a quote missing in ");
    append_quoted(trail, trail->string_from + 1, at - trail->string_from - 2, out);
    g_string_append(out, " at ");
    append_place(trail, trail->string_from, out);
    g_string_append_c(out, '?');
    return g_string_free(out, FALSE);
}

static char *in_quotes(const JsonTrail *trail, size_t at, const char *what)
{
    GString *out = g_string_new(what);
    g_string_append(out, " stands in double quotes: ");
    append_quoted(trail, at, word_bytes(trail, at), out);
    return g_string_free(out, FALSE);
}

static bool is_letter(int character)
{
    return character >= 0x80 || g_ascii_isalpha(character) || character == '_';
}

/* How many bytes of a number end here. */
static size_t number_bytes(const JsonTrail *trail, size_t at)
{
    size_t from = at;
    while (from > 0 && strchr("0123456789.", trail->text[from - 1]) != NULL) {
        from--;
    }
    return at - from;
}

char *json_trail_hint_for_value(const JsonTrail *trail, size_t at)
{
    const char *known = habit(trail, at);
    const int next = at_offset(trail, at);
    if (known != NULL) {
        return g_strdup(known);
    }
    if (next < 0) {
        return trail->depth > 0 ? unclosed(trail, at) : NULL;
    }
    if (next == ',' || next == '}' || next == ']') {
        return g_strdup("a value is missing before this");
    }
    if (trail->depth == 0) {
        return g_strdup("a scenario is JSON and begins with {");
    }
    return is_letter(next) ? in_quotes(trail, at, "text") : NULL;
}

char *json_trail_hint_for_key(const JsonTrail *trail, size_t at)
{
    const char *known = habit(trail, at);
    const int next = at_offset(trail, at);
    if (known != NULL) {
        return g_strdup(known);
    }
    if (next < 0 || next == '{' || next == '[' || next == ']') {
        return unclosed(trail, at);
    }
    return is_letter(next) ? in_quotes(trail, at, "a key") : NULL;
}

char *json_trail_hint_for_colon(const JsonTrail *trail, size_t at)
{
    const int next = at_offset(trail, at);
    if (next < 0) {
        return unclosed(trail, at);
    }
    if (next == '=') {
        return g_strdup("JSON writes \":\" between a key and its value");
    }
    if (next == ',' || next == '}') {
        return g_strdup("each key has a value: \"key\": value");
    }
    return misplaced_quote(trail, at);
}

char *json_trail_hint_for_comma(const JsonTrail *trail, size_t at)
{
    char *quote = misplaced_quote(trail, at);
    const int next = at_offset(trail, at);
    if (quote != NULL) {
        return quote;
    }
    const char *known = habit(trail, at);
    if (known != NULL && next != '\'') {
        return g_strdup(known);
    }
    const bool in_list = trail->text[trail->open[trail->depth - 1].from] == '[';
    if (next < 0 || next == '}' || next == ']' || (next == ':' && in_list)) {
        return unclosed(trail, at);
    }
    if (is_letter(next) && g_ascii_isdigit(trail->text[at - 1])) {
        return in_quotes(trail, at - number_bytes(trail, at), "a number with a unit");
    }
    return next == ':' ? NULL : g_strdup("a comma is missing before this");
}

char *json_trail_hint_for_end(const JsonTrail *trail, size_t at)
{
    const char *known = habit(trail, at);
    if (known != NULL) {
        return g_strdup(known);
    }
    if (trail->askew) {
        return unclosed(trail, trail->length);
    }
    const int next = at_offset(trail, at);
    return g_strdup(next == '}' || next == ']' ? "this bracket closes nothing"
                                               : "the scenario was closed before this");
}

char *json_trail_hint_for_quote(const JsonTrail *trail, size_t from)
{
    GString *out = g_string_new("the string was opened at ");
    append_place(trail, from, out);
    return g_string_free(out, FALSE);
}
