/* topic_pattern_parse.c - from the text of a topic pattern to a tree.
 *
 *     choice   = sequence { "|" sequence }
 *     sequence = { repeat }
 *     repeat   = atom [ ( "*" | "+" | "?" | "{" n [ "," [ m ] ] "}" ) [ "?" ] ]
 *     atom     = "(" [ "?:" ] choice ")" | "[" class "]" | "\" escape | "." | "^" | "$" | character
 *
 * Groups nest 50 deep at most, so the recursion is bounded. */
#include "models/protocol/topic_pattern_state.h"
#include <string.h>

#define GROUPS_DEEP_MAX 50
#define NOT_OF_NAMES    "topic names have letters, digits, '.', '_' and '-' only"

typedef struct Parser {
    const char *text;
    size_t at;
    int32_t depth;
    TopicPatternProblem problem; /* what is NULL: none so far */
} Parser;

static PatternNode *parse_choice(Parser *self);

static PatternNode *node_new(PatternNodeKind kind)
{
    PatternNode *node = g_new0(PatternNode, 1);
    node->kind = kind;
    return node;
}

void pattern_node_free(PatternNode *self)
{
    for (guint i = 0; self != NULL && self->children != NULL && i < self->children->len; i++) {
        pattern_node_free(g_ptr_array_index(self->children, i));
    }
    if (self != NULL && self->children != NULL) {
        g_ptr_array_free(self->children, TRUE);
    }
    g_free(self);
}

/* Takes the child. */
static void node_add(PatternNode *self, PatternNode *child)
{
    if (self->children == NULL) {
        self->children = g_ptr_array_new();
    }
    g_ptr_array_add(self->children, child);
}

/* The first problem counts. */
static void refuse(Parser *self, size_t at, const char *what)
{
    if (self->problem.what == NULL) {
        self->problem = (TopicPatternProblem){at, what};
    }
}

static bool is_failed(const Parser *self)
{
    return self->problem.what != NULL;
}

static char peek(const Parser *self)
{
    return self->text[self->at];
}

static bool take(Parser *self, char wanted)
{
    if (peek(self) != wanted) {
        return false;
    }
    self->at++;
    return true;
}

/* ---- Sets of bytes. */
static void add_range(ByteSet *set, uint8_t first, uint8_t last)
{
    for (int byte = first; byte <= last; byte++) {
        byte_set_add(set, (uint8_t)byte);
    }
}

static void negate(ByteSet *set)
{
    for (int i = 0; i < 4; i++) {
        set->bits[i] = ~set->bits[i];
    }
}

/* \d \w \s \D \W \S; false: not one of them. */
static bool add_named_class(ByteSet *set, char name)
{
    ByteSet named = {{0}};
    switch (g_ascii_tolower(name)) {
    case 'd':
        add_range(&named, '0', '9');
        break;
    case 'w':
        add_range(&named, '0', '9');
        add_range(&named, 'A', 'Z');
        add_range(&named, 'a', 'z');
        byte_set_add(&named, '_');
        break;
    case 's':
        add_range(&named, '\t', '\r');
        byte_set_add(&named, ' ');
        break;
    default:
        return false;
    }
    if (g_ascii_isupper(name)) {
        negate(&named);
    }
    for (int i = 0; i < 4; i++) {
        set->bits[i] |= named.bits[i];
    }
    return true;
}

/* After the backslash. Returns the character, or 0 when a whole class was added. */
static char parse_escape(Parser *self, ByteSet *set)
{
    const char letter = peek(self);
    if (letter == '\0') {
        refuse(self, self->at - 1, "a backslash at the end escapes nothing");
        return 0;
    }
    if (add_named_class(set, letter)) {
        self->at++;
        return 0;
    }
    if (g_ascii_isdigit(letter)) {
        refuse(self, self->at - 1, "back references are not possible: RE2/J has none");
    } else if (g_ascii_isalpha(letter)) {
        refuse(self, self->at - 1, "of escapes with a letter, \\d \\w \\s \\D \\W \\S are known");
    } else {
        byte_set_add(set, (uint8_t)letter);
        self->at++;
    }
    return letter;
}

static bool ends_class(const Parser *self, size_t at)
{
    return self->text[at] == ']';
}

/* One character or escape of a class; its byte, or 0: no single character. */
static char parse_class_item(Parser *self, ByteSet *set, bool is_first)
{
    const char letter = peek(self);
    if (letter == '[') {
        refuse(self, self->at, "a class within a class: Java and RE2/J mean different things");
    } else if (letter == '&' && self->text[self->at + 1] == '&') {
        refuse(self, self->at, "&& in a class: Java and RE2/J mean different things");
    } else if (letter == ']' && is_first) {
        refuse(self, self->at, "] at the beginning of a class: write \\]");
    } else if (letter == '-' && !is_first && !ends_class(self, self->at + 1)) {
        refuse(self, self->at, "- in the middle of a class: write \\-");
    } else if (take(self, '\\')) {
        return parse_escape(self, set);
    } else {
        self->at++;
        byte_set_add(set, (uint8_t)letter);
        return letter;
    }
    return 0;
}

static bool is_ascii(char letter)
{
    return (uint8_t)letter < 0x80;
}

/* The upper end of a range, after the "-". */
static void parse_range_end(Parser *self, ByteSet *set, char first)
{
    const size_t began = self->at;
    ByteSet ignored = {{0}};
    const char last = parse_class_item(self, &ignored, true);
    if (first == 0 || last == 0) {
        refuse(self, began, "a range goes from one character to another");
    } else if (!is_ascii(first) || !is_ascii(last)) {
        refuse(self, is_ascii(first) ? began : began - 2, NOT_OF_NAMES);
    } else if (last < first) {
        refuse(self, began, "a range that ends before it begins");
    } else {
        add_range(set, (uint8_t)first, (uint8_t)last);
    }
}

/* After the "[". */
static PatternNode *parse_class(Parser *self)
{
    const size_t began = self->at - 1;
    PatternNode *node = node_new(NODE_SET);
    const bool is_negative = take(self, '^');
    bool is_first = true;
    while (!is_failed(self) && (is_first || peek(self) != ']')) {
        if (peek(self) == '\0') {
            refuse(self, began, "the class is not closed: ] is missing");
            break;
        }
        const char item = parse_class_item(self, &node->set, is_first);
        if (peek(self) == '-' && !ends_class(self, self->at + 1) &&
            self->text[self->at + 1] != '\0') {
            self->at++;
            parse_range_end(self, &node->set, item);
        }
        is_first = false;
    }
    (void)take(self, ']');
    if (is_negative) {
        negate(&node->set);
    }
    return node;
}

/* ---- Atoms. After the "(". */
static PatternNode *parse_group(Parser *self)
{
    const size_t began = self->at - 1;
    if (peek(self) == '?') {
        if (self->text[self->at + 1] != ':') {
            refuse(self,
                   began,
                   "a group is (...) or (?:...): flags, names, lookahead and lookbehind are not "
                   "taken");
            return node_new(NODE_EMPTY);
        }
        self->at += 2;
    }
    if (++self->depth > GROUPS_DEEP_MAX) {
        refuse(self, began, "groups nest too deep: 50 at most");
        return node_new(NODE_EMPTY);
    }
    PatternNode *node = parse_choice(self);
    self->depth--;
    if (!take(self, ')')) {
        refuse(self, began, "the group is not closed: ) is missing");
    }
    return node;
}

/* What Java and RE2/J, or topic names, do not agree on with a letter by itself; NULL: nothing. */
static const char *problem_of(char letter)
{
    static const struct {
        const char *letters, *problem;
    } rows[] = {
        {"*+?", "there is nothing to repeat"},
        {"{", "{ stands for itself in RE2/J only: write \\{"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (strchr(rows[i].letters, letter) != NULL) {
            return rows[i].problem;
        }
    }
    return (uint8_t)letter >= 0x80 || (uint8_t)letter < ' ' ? NOT_OF_NAMES : NULL;
}

static PatternNode *parse_character(Parser *self, char letter)
{
    PatternNode *node = node_new(NODE_SET);
    const char *problem = problem_of(letter);
    if (letter == '.') {
        negate(&node->set);
    } else if (letter == '\\') {
        (void)parse_escape(self, &node->set);
    } else if (problem != NULL) {
        refuse(self, self->at - 1, problem);
    } else {
        byte_set_add(&node->set, (uint8_t)letter);
    }
    return node;
}

static PatternNode *parse_atom(Parser *self)
{
    const char letter = self->text[self->at++];
    switch (letter) {
    case '(':
        return parse_group(self);
    case '[':
        return parse_class(self);
    case '^':
        return node_new(NODE_BEGIN);
    case '$':
        return node_new(NODE_END);
    default:
        return parse_character(self, letter);
    }
}

/* ---- Quantifiers. */
static int32_t parse_count(Parser *self)
{
    const size_t began = self->at;
    int32_t count = 0;
    while (g_ascii_isdigit(peek(self)) && count <= REPEAT_MAX) {
        count = count * 10 + (self->text[self->at++] - '0');
    }
    if (self->at == began) {
        refuse(self, began, "expected a number: {n}, {n,} or {n,m}");
    } else if (count > REPEAT_MAX) {
        refuse(self, began, "more than 1000 repetitions");
    }
    return count;
}

/* After the "{". */
static void parse_braces(Parser *self, PatternNode *repeat)
{
    const size_t began = self->at - 1;
    repeat->low = parse_count(self);
    repeat->high = repeat->low;
    if (take(self, ',')) {
        repeat->high = peek(self) == '}' ? REPEAT_FOREVER : parse_count(self);
    }
    if (!take(self, '}')) {
        refuse(self, began, "} is missing");
    } else if (repeat->high != REPEAT_FOREVER && repeat->high < repeat->low) {
        refuse(self, began, "{n,m} with m below n");
    }
}

static bool is_quantifier(char letter)
{
    return letter != '\0' && strchr("*+?{", letter) != NULL;
}

/* Takes the atom. */
static PatternNode *parse_quantifier(Parser *self, PatternNode *atom)
{
    const size_t began = self->at;
    if (!is_quantifier(peek(self))) {
        return atom;
    }
    PatternNode *repeat = node_new(NODE_REPEAT);
    node_add(repeat, atom);
    repeat->high = REPEAT_FOREVER;
    if (take(self, '?')) {
        repeat->high = 1;
    } else if (take(self, '+')) {
        repeat->low = 1;
    } else if (take(self, '{')) {
        parse_braces(self, repeat);
    } else {
        self->at++;
    }
    (void)take(self, '?'); /* lazy: the same names */
    if (atom->kind == NODE_BEGIN || atom->kind == NODE_END) {
        refuse(self, began, "there is nothing to repeat");
    } else if (is_quantifier(peek(self))) {
        refuse(self, self->at, "a quantifier after a quantifier: RE2/J has none such");
    }
    return repeat;
}

static PatternNode *parse_sequence(Parser *self)
{
    PatternNode *node = node_new(NODE_SEQUENCE);
    while (!is_failed(self) && peek(self) != '\0' && peek(self) != '|' && peek(self) != ')') {
        node_add(node, parse_quantifier(self, parse_atom(self)));
    }
    return node;
}

static PatternNode *parse_choice(Parser *self)
{
    PatternNode *node = node_new(NODE_CHOICE);
    do {
        node_add(node, parse_sequence(self));
    } while (!is_failed(self) && take(self, '|'));
    return node;
}

PatternNode *pattern_parse(const char *text, TopicPatternProblem *ret_problem)
{
    Parser parser = {.text = text};
    if (text[0] == '\0') {
        refuse(&parser, 0, "the expression is empty");
    }
    PatternNode *node = parse_choice(&parser);
    if (peek(&parser) == ')') {
        refuse(&parser, parser.at, ") without (");
    }
    if (is_failed(&parser)) {
        *ret_problem = parser.problem;
        pattern_node_free(node);
        return NULL;
    }
    return node;
}
