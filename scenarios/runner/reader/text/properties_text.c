/* properties_text.c - see properties_text.h. */
#include "scenarios/runner/reader/text/properties_text.h"
#include <glib.h>
#include <string.h>

/* Joins the lines that go on; returns the text behind the entry. */
static const char *logical_line(const char *text, GString *out, int *lines)
{
    for (bool first = true, more = true; more; first = false) {
        if (!first) {
            text += strspn(text, " \t\f");
        }
        size_t bytes = strcspn(text, "\r\n"), slashes = 0;
        while (slashes < bytes && text[bytes - 1 - slashes] == '\\') {
            slashes++;
        }
        more = slashes % 2 == 1 && text[bytes] != '\0';
        g_string_append_len(out, text, (gssize)(bytes - (slashes % 2)));
        text += bytes;
        text += *text == '\r' && text[1] == '\n' ? 2 : *text != '\0';
        (*lines)++;
    }
    return text;
}

static bool append_unicode(const char *digits, GString *out)
{
    gunichar code = 0;
    for (int i = 0; i < 4; i++) {
        int digit = g_ascii_xdigit_value(digits[i]);
        if (digit < 0) {
            return false;
        }
        code = code * 16 + (gunichar)digit;
    }
    if (code == 0 || (code >= 0xD800 && code < 0xE000)) {
        return false;
    }
    g_string_append_unichar(out, code);
    return true;
}

/* Decodes up to `end`; false on a broken escape. */
static bool decode(const char *at, const char *end, GString *out)
{
    static const char names[] = "tnrf", values[] = "\t\n\r\f";
    for (; at < end; at++) {
        if (*at != '\\' || at + 1 == end) {
            g_string_append_c(out, *at);
            continue;
        }
        at++;
        const char *name = strchr(names, *at);
        if (*at == 'u') {
            if (end - at < 5 || !append_unicode(at + 1, out)) {
                return false;
            }
            at += 4;
        } else {
            g_string_append_c(out, name != NULL ? values[name - names] : *at);
        }
    }
    return true;
}

static const char *end_of_key(const char *line)
{
    for (; *line != '\0' && strchr("=: \t\f", *line) == NULL; line++) {
        line += *line == '\\' && line[1] != '\0';
    }
    return line;
}

static bool visit_entry(const char *line, PropertyVisit visit, void *user, int number)
{
    const char *key_end = end_of_key(line), *value = key_end;
    value += strspn(value, " \t\f");
    value += *value == '=' || *value == ':';
    value += strspn(value, " \t\f");
    GString *key = g_string_new(NULL), *text = g_string_new(NULL);
    bool fine = decode(line, key_end, key) && decode(value, value + strlen(value), text);
    if (fine) {
        visit(user, key->str, text->str, number);
    }
    g_string_free(key, TRUE);
    g_string_free(text, TRUE);
    return fine;
}

bool properties_parse(const char *text, PropertyVisit visit, void *user, int *ret_bad_line)
{
    bool fine = true;
    int line = 1;
    while (*text != '\0' && fine) {
        text += strspn(text, " \t\f");
        int begins = line;
        if (*text == '#' || *text == '!' || *text == '\r' || *text == '\n') {
            text += strcspn(text, "\r\n");
            text += *text == '\r' && text[1] == '\n' ? 2 : *text != '\0';
            line++;
            continue;
        }
        GString *entry = g_string_new(NULL);
        text = logical_line(text, entry, &line);
        fine = entry->len == 0 || visit_entry(entry->str, visit, user, begins);
        *ret_bad_line = begins;
        g_string_free(entry, TRUE);
    }
    return fine;
}
