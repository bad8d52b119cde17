/* json_scan.c - the strict pass; see json_scan.h. A recursive descent over RFC 8259. */
#include "scenarios/runner/reader/text/json_scan.h"
#include "scenarios/runner/reader/text/json_trail.h"
#include "scenarios/runner/reader/text/quote.h"
#include <errno.h>
#include <string.h>

#define NUMBER_BYTES_MAX 60u

typedef struct Scan {
    const char *text;
    size_t length;
    size_t at;
    unsigned values;
    GString *pointer; /* of the value being read */
    JsonTrail trail;
    JsonReport report;
    void *user;
    bool clean; /* nothing found yet */
    bool lost;  /* the grammar is broken: stop */
} Scan;

static void find(Scan *scan, size_t offset, const char *message, const char *hint)
{
    if (scan->lost) {
        return;
    }
    scan->clean = false;
    JsonFinding finding = {offset, scan->pointer->str, message, hint};
    scan->lost = !scan->report(scan->user, &finding);
}

/* Breaks the grammar: the first such finding ends the scan. */
static bool lose(Scan *scan, size_t offset, const char *message, const char *hint)
{
    find(scan, offset, message, hint); /* tells nothing when the scan is lost already */
    scan->lost = true;
    return false;
}

static int peek(const Scan *scan)
{
    return scan->at < scan->length ? (unsigned char)scan->text[scan->at] : -1;
}

static void skip_space(Scan *scan)
{
    const size_t from = scan->at;
    while (scan->at < scan->length && strchr(" \t\r\n", scan->text[scan->at]) != NULL &&
           scan->text[scan->at] != '\0') {
        scan->at++;
    }
    json_trail_space(&scan->trail, from, scan->at);
}

/* Says what stands here instead; takes the hint over. */
static bool miss(Scan *scan, const char *expected, char *hint)
{
    g_autofree char *words = json_trail_message(&scan->trail, scan->at, expected);
    g_autofree char *owned = hint;
    return lose(scan, scan->at, words, owned);
}

/* --- strings --- */

static int hex4(const char *digits, size_t left)
{
    int code = 0;
    for (size_t i = 0; i < 4; i++) {
        int digit = i < left ? g_ascii_xdigit_value(digits[i]) : -1;
        if (digit < 0) {
            return -1;
        }
        code = code * 16 + digit;
    }
    return code;
}

/* Names and sentences are shown on terminals: only line ends and tabs are of use there. */
static bool is_control(gunichar character)
{
    return (character < 0x20 && character != '\n' && character != '\t') ||
           (character >= 0x7F && character < 0xA0);
}

/* After "\u"; surrogates must come in pairs. */
static bool scan_unicode_escape(Scan *scan, GString *decoded)
{
    size_t start = scan->at - 2;
    int code = hex4(scan->text + scan->at, scan->length - scan->at);
    if (code < 0) {
        return lose(scan, start, "\\u wants four hexadecimal digits", NULL);
    }
    scan->at += 4;
    gunichar character = (gunichar)code;
    if (code >= 0xD800 && code < 0xDC00 && scan->length - scan->at >= 6 &&
        strncmp(scan->text + scan->at, "\\u", 2) == 0) {
        int low = hex4(scan->text + scan->at + 2, 4);
        if (low >= 0xDC00 && low < 0xE000) {
            character = 0x10000u + (((gunichar)code - 0xD800u) << 10) + ((gunichar)low - 0xDC00u);
            scan->at += 6;
        }
    }
    if (code == 0) {
        find(scan, start, "\\u0000 is not allowed in a string", NULL);
    } else if (is_control(character)) {
        find(scan, start, "a control character is not allowed in a string", NULL);
    } else if (character >= 0xD800 && character < 0xE000) {
        find(scan, start, "half of a surrogate pair is no character", NULL);
    } else {
        g_string_append_unichar(decoded, character);
    }
    return true;
}

static bool scan_escape(Scan *scan, GString *decoded)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    scan->at++;
    int letter = peek(scan);
    scan->at++;
    if (letter == 'u') {
        return scan_unicode_escape(scan, decoded);
    }
    const char *known = letter > 0 ? strchr(names, letter) : NULL;
    if (known == NULL) {
        return lose(scan,
                    scan->at - 2,
                    "this escape is not known in JSON",
                    "a backslash itself is written \\\\");
    }
    char value = values[known - names];
    if (is_control((gunichar)value)) {
        find(scan, scan->at - 2, "a control character is not allowed in a string", NULL);
    }
    g_string_append_c(decoded, value);
    return true;
}

/* One character as it stands; bad UTF-8 is told once a byte. */
static bool scan_plain(Scan *scan, GString *decoded)
{
    const char *here = scan->text + scan->at;
    unsigned char byte = (unsigned char)*here;
    if (byte < 0x20) {
        find(scan,
             scan->at,
             "a control character stands in the string",
             byte == '\t' ? "a tab is written \\t" : "write it as \\u00XX");
        scan->at++;
        return true;
    }
    gunichar character = g_utf8_get_char_validated(here, (gssize)(scan->length - scan->at));
    if (byte >= 0x80 && character > 0x10FFFF) {
        find(scan, scan->at, "this is not UTF-8", "save the file as UTF-8");
        scan->at++;
        return true;
    }
    if (is_control(character)) {
        find(scan, scan->at, "a control character stands in the string", NULL);
    }
    g_string_append_unichar(decoded, character);
    scan->at += (size_t)g_unichar_to_utf8(character, NULL);
    return true;
}

static bool scan_string(Scan *scan, GString *decoded)
{
    size_t start = scan->at++;
    while (peek(scan) != '"') {
        if (scan->lost) {
            return false;
        }
        const int next = peek(scan);
        if (next < 0 || next == '\n' || next == '\r') {
            return miss(scan,
                        "a closing quote of the string",
                        json_trail_hint_for_quote(&scan->trail, start));
        }
        if (peek(scan) == '\\' ? !scan_escape(scan, decoded) : !scan_plain(scan, decoded)) {
            return false;
        }
    }
    scan->at++;
    scan->trail.string_from = start;
    scan->trail.string_end = scan->at;
    return true;
}

/* --- numbers --- */

static size_t scan_digits(Scan *scan)
{
    size_t start = scan->at;
    while (scan->at < scan->length && g_ascii_isdigit(scan->text[scan->at])) {
        scan->at++;
    }
    return scan->at - start;
}

static void check_size(Scan *scan, size_t start, bool exponent)
{
    char number[NUMBER_BYTES_MAX + 1];
    size_t bytes = scan->at - start;
    memcpy(number, scan->text + start, bytes);
    number[bytes] = '\0';
    errno = 0;
    double value = g_ascii_strtod(number, NULL);
    if (errno == ERANGE) {
        bool small = value > -1 && value < 1;
        find(scan, start, small ? "this number is too small" : "this number is too large", NULL);
    } else if (!exponent && (value > 9007199254740992.0 || value < -9007199254740992.0)) {
        find(scan,
             start,
             "whole numbers above 2^53 lose digits in JSON",
             "write it in quotes: \"9007199254740993\"");
    } else if (!exponent && (value == 9007199254740992.0 || value == -9007199254740992.0)) {
        const char *digits = number + (*number == '-');
        if (strcmp(digits, "9007199254740992") != 0) {
            find(scan, start, "whole numbers above 2^53 lose digits in JSON", "write it in quotes");
        }
    }
}

static bool scan_exponent(Scan *scan)
{
    scan->at++;
    if (peek(scan) == '+' || peek(scan) == '-') {
        scan->at++;
    }
    return scan_digits(scan) > 0 ||
           lose(scan, scan->at, "a digit of the exponent is missing", NULL);
}

static bool scan_number(Scan *scan)
{
    size_t start = scan->at;
    bool exponent = false;
    scan->at += peek(scan) == '-';
    size_t first = scan->at, whole = scan_digits(scan);
    if (whole == 0) {
        return lose(scan, start, "a digit is missing", "write 0.5, not .5");
    }
    if (whole > 1 && scan->text[first] == '0') {
        find(scan, start, "a number must not begin with 0", "leave the leading zeros out");
    }
    if (peek(scan) == '.') {
        scan->at++;
        if (scan_digits(scan) == 0) {
            find(scan, start, "a digit is missing after the point", "write 1.0, not 1.");
        }
    }
    if (peek(scan) == 'e' || peek(scan) == 'E') {
        exponent = true;
        if (!scan_exponent(scan)) {
            return false;
        }
    }
    if (scan->at - start > NUMBER_BYTES_MAX) {
        find(scan, start, "this number has too many digits", NULL);
    } else {
        check_size(scan, start, exponent);
    }
    return true;
}

/* --- values --- */

static bool scan_value(Scan *scan);

static bool scan_word(Scan *scan)
{
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        size_t bytes = strlen(words[i]);
        if (scan->length - scan->at >= bytes &&
            strncmp(scan->text + scan->at, words[i], bytes) == 0) {
            scan->at += bytes;
            return true;
        }
    }
    return miss(scan, "a value", json_trail_hint_for_value(&scan->trail, scan->at));
}

/* After a value: "," goes on, `close` ends. */
static bool scan_separator(Scan *scan, int close, bool *ret_more)
{
    skip_space(scan);
    int next = peek(scan);
    *ret_more = next == ',';
    if (next == close) {
        scan->at++;
        return true;
    }
    if (next != ',') {
        return miss(scan,
                    close == '}' ? "\",\" or \"}\"" : "\",\" or \"]\"",
                    json_trail_hint_for_comma(&scan->trail, scan->at));
    }
    size_t comma = scan->at++;
    skip_space(scan);
    if (peek(scan) == close) {
        return lose(scan, comma, "a comma before a closing bracket is not allowed in JSON", NULL);
    }
    return true;
}

static bool scan_members(Scan *scan, GHashTable *seen)
{
    for (bool more = true; more;) {
        skip_space(scan);
        if (peek(scan) != '"') {
            return miss(
                scan, "a key in double quotes", json_trail_hint_for_key(&scan->trail, scan->at));
        }
        size_t key_at = scan->at, before = scan->pointer->len;
        GString *key = g_string_new(NULL);
        bool fine = scan_string(scan, key);
        quote_pointer_token(scan->pointer, key->str);
        if (fine && !g_hash_table_add(seen, g_string_free(key, FALSE))) {
            find(scan, key_at, "this key stands twice in its object", NULL);
        } else if (!fine) {
            g_string_free(key, TRUE);
        }
        skip_space(scan);
        if (fine && peek(scan) != ':') {
            fine = miss(
                scan, "\":\" after the key", json_trail_hint_for_colon(&scan->trail, scan->at));
        }
        scan->at++;
        fine = fine && scan_value(scan);
        g_string_truncate(scan->pointer, before);
        if (!fine || !scan_separator(scan, '}', &more)) {
            return false;
        }
    }
    return true;
}

static bool scan_object(Scan *scan)
{
    scan->at++;
    skip_space(scan);
    if (peek(scan) == '}') {
        scan->at++;
        return true;
    }
    GHashTable *seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    bool fine = scan_members(scan, seen);
    g_hash_table_destroy(seen);
    return fine;
}

static bool scan_array(Scan *scan)
{
    scan->at++;
    skip_space(scan);
    if (peek(scan) == ']') {
        scan->at++;
        return true;
    }
    size_t before = scan->pointer->len;
    unsigned index = 0;
    for (bool more = true; more; index++) {
        g_string_append_printf(scan->pointer, "/%u", index);
        bool fine = scan_value(scan);
        g_string_truncate(scan->pointer, before);
        if (!fine || !scan_separator(scan, ']', &more)) {
            return false;
        }
    }
    return true;
}

static bool scan_nested(Scan *scan, bool object)
{
    if (scan->trail.depth == JSON_DEPTH_MAX) {
        return lose(scan, scan->at, "nested too deeply", "24 levels are allowed");
    }
    json_trail_open(&scan->trail, scan->at);
    bool fine = object ? scan_object(scan) : scan_array(scan);
    if (fine) {
        json_trail_close(&scan->trail, scan->at - 1);
    }
    return fine;
}

static bool scan_text_value(Scan *scan)
{
    GString *ignored = g_string_new(NULL);
    bool fine = scan_string(scan, ignored);
    g_string_free(ignored, TRUE);
    return fine;
}

static bool scan_value(Scan *scan)
{
    if (scan->lost) {
        return false;
    }
    skip_space(scan);
    if (++scan->values > JSON_VALUES_MAX) {
        return lose(scan, scan->at, "too many values", "100,000 are allowed");
    }
    int next = peek(scan);
    if (next == '{' || next == '[') {
        return scan_nested(scan, next == '{');
    }
    if (next == '"') {
        return scan_text_value(scan);
    }
    if (next == '-' || (next >= '0' && next <= '9')) {
        return scan_number(scan);
    }
    return scan_word(scan);
}

static void scan_document(Scan *scan)
{
    if (scan->length > JSON_TEXT_BYTES_MAX) {
        lose(scan, 0, "the text is too long", "1 MiB is allowed");
        return;
    }
    if (scan->length >= 3 && memcmp(scan->text, "\xEF\xBB\xBF", 3) == 0) {
        find(scan, 0, "the text begins with a byte order mark", "save the file without a BOM");
        scan->at = 3;
    }
    skip_space(scan);
    if (scan->at == scan->length) {
        lose(scan, 0, "the text is empty", "kafkasim init prints a scenario to start from");
        return;
    }
    if (!scan_value(scan)) {
        return;
    }
    skip_space(scan);
    if (scan->at < scan->length) {
        miss(scan, "the end of the text", json_trail_hint_for_end(&scan->trail, scan->at));
    }
}

bool json_scan(const char *text, size_t length, JsonReport report, void *user)
{
    Scan scan = {.text = text,
                 .length = length,
                 .pointer = g_string_new(NULL),
                 .trail = {.text = text, .length = length},
                 .report = report,
                 .user = user,
                 .clean = true};
    scan_document(&scan);
    g_string_free(scan.pointer, TRUE);
    return scan.clean;
}
