/* json_tree.c - see json_tree.h. Recursive descent over the loaded text. */
#include "plots/results/json_tree.h"

#include "plots/results/csv_reader.h"
#include "plots/results/folder.h"

#include <math.h>
#include <string.h>

#define FILE_LIMIT_BYTES (64u * 1024u * 1024u)
#define DEPTH_LIMIT      64

typedef struct Parser {
    const char *at;
    int depth;
    const char *wanted; /* what was expected where parsing stopped */
} Parser;

static JsonTree *parse_value(Parser *self);

static void skip_space(Parser *self)
{
    self->at += strspn(self->at, " \t\r\n");
}

static JsonTree *tree_new(JsonKind kind)
{
    JsonTree *tree = g_new0(JsonTree, 1);
    tree->kind = kind;
    if (kind == JSON_ARRAY || kind == JSON_OBJECT) {
        tree->children = g_ptr_array_new_with_free_func((GDestroyNotify)json_tree_free);
    }
    return tree;
}

void json_tree_free(JsonTree *self)
{
    if (self == NULL) {
        return;
    }
    if (self->children != NULL) {
        g_ptr_array_unref(self->children);
    }
    g_free(self->key);
    g_free(self->text);
    g_free(self);
}

static gboolean stop(Parser *self, const char *wanted)
{
    self->wanted = wanted;
    return FALSE;
}

static gboolean parse_hex(Parser *self, gunichar *unit)
{
    *unit = 0;
    for (int i = 0; i < 4; i++, self->at++) {
        if (!g_ascii_isxdigit(*self->at)) {
            return stop(self, "four hexadecimal digits");
        }
        *unit = *unit * 16 + (gunichar)g_ascii_xdigit_value(*self->at);
    }
    return TRUE;
}

/* After "\u". A pair of surrogates is one character; half a pair becomes the replacement one. */
static gboolean parse_unicode(Parser *self, GString *out)
{
    gunichar unit;
    gunichar low;

    if (!parse_hex(self, &unit)) {
        return FALSE;
    }
    if (unit >= 0xD800 && unit < 0xDC00 && g_str_has_prefix(self->at, "\\u")) {
        self->at += 2;
        if (!parse_hex(self, &low)) {
            return FALSE;
        }
        unit = 0x10000 + ((unit - 0xD800) << 10) + ((low - 0xDC00) & 0x3FF);
    }
    g_string_append_unichar(out, unit != 0 && g_unichar_validate(unit) ? unit : 0xFFFD);
    return TRUE;
}

static gboolean parse_escape(Parser *self, GString *out)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    const char *found = *self->at != '\0' ? strchr(from, *self->at) : NULL;

    if (*self->at == 'u') {
        self->at++;
        return parse_unicode(self, out);
    }
    if (found == NULL) {
        return stop(self, "an escape");
    }
    g_string_append_c(out, to[found - from]);
    self->at++;
    return TRUE;
}

static char *parse_string(Parser *self)
{
    GString *out;

    if (*self->at != '"') {
        stop(self, "a string");
        return NULL;
    }
    out = g_string_new(NULL);
    for (self->at++; *self->at != '"';) {
        if ((unsigned char)*self->at < ' ') {
            stop(self, "the end of the string");
        } else if (*self->at != '\\') {
            g_string_append_c(out, *self->at++);
            continue;
        } else {
            self->at++;
            if (parse_escape(self, out)) {
                continue;
            }
        }
        g_string_free(out, TRUE);
        return NULL;
    }
    self->at++;
    return g_string_free(out, FALSE);
}

/* One entry of an array or object into `tree`. */
static gboolean parse_child(Parser *self, JsonTree *tree)
{
    char *key = NULL;
    JsonTree *child;

    skip_space(self);
    if (tree->kind == JSON_OBJECT) {
        key = parse_string(self);
        if (key == NULL) {
            return FALSE;
        }
        skip_space(self);
        if (*self->at != ':') {
            g_free(key);
            return stop(self, "a colon");
        }
        self->at++;
    }
    child = parse_value(self);
    if (child == NULL) {
        g_free(key);
        return FALSE;
    }
    child->key = key;
    g_ptr_array_add(tree->children, child);
    return TRUE;
}

static gboolean parse_children(Parser *self, JsonTree *tree, char closing)
{
    self->at++;
    skip_space(self);
    if (*self->at == closing) {
        self->at++;
        return TRUE;
    }
    for (;; self->at++) {
        if (!parse_child(self, tree)) {
            return FALSE;
        }
        skip_space(self);
        if (*self->at == closing) {
            self->at++;
            return TRUE;
        }
        if (*self->at != ',') {
            return stop(self, "a comma or a closing bracket");
        }
    }
}

static JsonTree *parse_container(Parser *self)
{
    JsonTree *tree = tree_new(*self->at == '[' ? JSON_ARRAY : JSON_OBJECT);
    gboolean parsed = ++self->depth <= DEPTH_LIMIT
                          ? parse_children(self, tree, *self->at == '[' ? ']' : '}')
                          : stop(self, "no deeper nesting than 64");

    self->depth--;
    if (parsed) {
        return tree;
    }
    json_tree_free(tree);
    return NULL;
}

static JsonTree *parse_scalar(Parser *self)
{
    static const char *const words[] = {"null", "false", "true"};
    const gsize length = strspn(self->at, "+-.0123456789eE");
    JsonTree *tree;

    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        if (g_str_has_prefix(self->at, words[i])) {
            self->at += strlen(words[i]);
            return tree_new((JsonKind)(JSON_NULL + i));
        }
    }
    if (length == 0) {
        stop(self, "a value");
        return NULL;
    }
    tree = tree_new(JSON_NUMBER);
    tree->text = g_strndup(self->at, length);
    if (isnan(csv_parse_number(tree->text))) {
        stop(self, "a number");
        json_tree_free(tree);
        return NULL;
    }
    self->at += length;
    return tree;
}

static JsonTree *parse_value(Parser *self)
{
    JsonTree *tree;
    char *text;

    skip_space(self);
    if (*self->at == '[' || *self->at == '{') {
        return parse_container(self);
    }
    if (*self->at != '"') {
        return parse_scalar(self);
    }
    text = parse_string(self);
    if (text == NULL) {
        return NULL;
    }
    tree = tree_new(JSON_STRING);
    tree->text = text;
    return tree;
}

static guint line_of(const char *text, const char *at)
{
    guint line = 1;
    for (; text < at; text++) {
        line += *text == '\n';
    }
    return line;
}

static JsonTree *parse_whole(Parser *self)
{
    JsonTree *tree = parse_value(self);

    skip_space(self);
    if (tree != NULL && *self->at != '\0') {
        g_clear_pointer(&tree, json_tree_free);
        self->wanted = "the end of the file";
    }
    return tree;
}

JsonTree *json_tree_parse(const char *text)
{
    Parser parser = {.at = text};
    return parse_whole(&parser);
}

JsonTree *json_tree_load(const char *dir, const char *name, GError **error)
{
    char *text = plot_folder_load(dir, name, FILE_LIMIT_BYTES, error);
    Parser parser = {.at = text};
    JsonTree *tree;

    if (text == NULL) {
        return NULL;
    }
    tree = parse_whole(&parser);
    if (tree == NULL) {
        g_set_error(error,
                    PLOT_ERROR,
                    PLOT_ERROR_DATA,
                    "%s/%s:%u: error: not JSON here, expected %s",
                    dir,
                    name,
                    line_of(text, parser.at),
                    parser.wanted);
    }
    g_free(text);
    return tree;
}

const JsonTree *json_tree_get(const JsonTree *self, const char *key)
{
    if (!json_tree_is(self, JSON_OBJECT)) {
        return NULL;
    }
    for (guint i = 0; i < self->children->len; i++) {
        const JsonTree *child = g_ptr_array_index(self->children, i);
        if (strcmp(child->key, key) == 0) {
            return child;
        }
    }
    return NULL;
}

const JsonTree *json_tree_at(const JsonTree *self, guint index)
{
    return index < json_tree_length(self) ? g_ptr_array_index(self->children, index) : NULL;
}

guint json_tree_length(const JsonTree *self)
{
    return self != NULL && self->children != NULL ? self->children->len : 0;
}

gboolean json_tree_is(const JsonTree *self, JsonKind kind)
{
    return self != NULL && self->kind == kind;
}

const char *json_tree_text(const JsonTree *self, const char *otherwise)
{
    return self != NULL && self->text != NULL ? self->text : otherwise;
}

double json_tree_number(const JsonTree *self)
{
    return self != NULL && self->text != NULL ? csv_parse_number(self->text) : (double)NAN;
}
