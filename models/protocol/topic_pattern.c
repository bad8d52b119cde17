/* topic_pattern.c - topic patterns compiled to a program, and names walked over it.
 *
 * The program is Thompson's: a byte of the name takes every state of the set one step on. States
 * that need no byte (SPLIT, JUMP, BEGIN, END) are followed at once, each once a step.
 *
 * Mirrors: com.google.re2j.Compiler, Machine (without captures). */
#include "models/protocol/topic_pattern_state.h"
#include <string.h>

#define STATES_MAX 1000
#define WORK_MAX   20000 /* nodes that are looked at, counted with their repetitions */

typedef enum PatternOp { OP_SET, OP_BEGIN, OP_END, OP_SPLIT, OP_JUMP, OP_MATCH } PatternOp;

typedef struct PatternState {
    PatternOp op;
    int32_t next;  /* SPLIT, JUMP; the others go on to the state that follows */
    int32_t other; /* SPLIT */
    ByteSet set;   /* SET */
} PatternState;

struct TopicPattern {
    GArray *states; /* of PatternState */
};

typedef struct Compiler {
    GArray *states;
    int32_t work;
} Compiler;

static bool is_too_large(const Compiler *self)
{
    return self->states->len >= STATES_MAX || self->work > WORK_MAX;
}

static guint add_state(Compiler *self, PatternOp op)
{
    const PatternState state = {.op = op};
    g_array_append_val(self->states, state);
    return self->states->len - 1;
}

static PatternState *state_at(const Compiler *self, guint index)
{
    return &g_array_index(self->states, PatternState, index);
}

static void compile(Compiler *self, const PatternNode *node);

/* a|b|c: SPLIT to a and on to the rest; each ends with a JUMP behind all. */
static void compile_choice(Compiler *self, const PatternNode *node)
{
    const guint count = node->children->len;
    g_autoptr(GArray) jumps = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < count && !is_too_large(self); i++) {
        const bool is_last = i + 1 == count;
        const guint split = is_last ? 0 : add_state(self, OP_SPLIT);
        compile(self, g_ptr_array_index(node->children, i));
        if (!is_last) {
            const guint jump = add_state(self, OP_JUMP);
            g_array_append_val(jumps, jump);
            state_at(self, split)->next = (int32_t)split + 1;
            state_at(self, split)->other = (int32_t)self->states->len;
        }
    }
    for (guint i = 0; i < jumps->len; i++) {
        state_at(self, g_array_index(jumps, guint, i))->next = (int32_t)self->states->len;
    }
}

static void compile_star(Compiler *self, const PatternNode *child)
{
    const guint split = add_state(self, OP_SPLIT);
    compile(self, child);
    const guint jump = add_state(self, OP_JUMP);
    state_at(self, jump)->next = (int32_t)split;
    state_at(self, split)->next = (int32_t)split + 1;
    state_at(self, split)->other = (int32_t)self->states->len;
}

static void compile_optional(Compiler *self, const PatternNode *child)
{
    const guint split = add_state(self, OP_SPLIT);
    compile(self, child);
    state_at(self, split)->next = (int32_t)split + 1;
    state_at(self, split)->other = (int32_t)self->states->len;
}

/* x{2,4} = x x x? x?, which accepts the same names as x x (x x?)?. */
static void compile_repeat(Compiler *self, const PatternNode *node)
{
    const PatternNode *child = g_ptr_array_index(node->children, 0);
    for (int32_t i = 0; i < node->low && !is_too_large(self); i++) {
        compile(self, child);
    }
    if (node->high == REPEAT_FOREVER) {
        compile_star(self, child);
    }
    for (int32_t i = node->low; i < node->high && !is_too_large(self); i++) {
        compile_optional(self, child);
    }
}

static void compile(Compiler *self, const PatternNode *node)
{
    self->work++;
    if (is_too_large(self)) {
        return;
    }
    switch (node->kind) {
    case NODE_EMPTY:
        break;
    case NODE_SET:
        state_at(self, add_state(self, OP_SET))->set = node->set;
        break;
    case NODE_BEGIN:
        (void)add_state(self, OP_BEGIN);
        break;
    case NODE_END:
        (void)add_state(self, OP_END);
        break;
    case NODE_SEQUENCE:
        for (guint i = 0; node->children != NULL && i < node->children->len; i++) {
            compile(self, g_ptr_array_index(node->children, i));
        }
        break;
    case NODE_CHOICE:
        compile_choice(self, node);
        break;
    case NODE_REPEAT:
        compile_repeat(self, node);
        break;
    }
}

TopicPattern *topic_pattern_new(const char *text, TopicPatternProblem *ret_problem)
{
    PatternNode *root = pattern_parse(text, ret_problem);
    if (root == NULL) {
        return NULL;
    }
    Compiler compiler = {.states = g_array_new(FALSE, FALSE, sizeof(PatternState))};
    compile(&compiler, root);
    pattern_node_free(root);
    if (is_too_large(&compiler)) {
        *ret_problem = (TopicPatternProblem){0, "the expression is too large: 1000 states at most"};
        g_array_free(compiler.states, TRUE);
        return NULL;
    }
    (void)add_state(&compiler, OP_MATCH);
    TopicPattern *self = g_new0(TopicPattern, 1);
    self->states = compiler.states;
    return self;
}

void topic_pattern_free(TopicPattern *self)
{
    if (self != NULL) {
        g_array_free(self->states, TRUE);
        g_free(self);
    }
}

int32_t topic_pattern_states(const TopicPattern *self)
{
    return (int32_t)self->states->len;
}

/* ---- Matching. */
typedef struct Walk {
    const PatternState *states;
    int32_t *now; /* SET states that the name so far leads to */
    int32_t count;
    int32_t *after;   /* those after the next byte */
    int32_t *pending; /* states to be followed; each of them twice at most */
    int32_t *seen;    /* step in which the state was followed last */
    int32_t step;     /* bytes read */
    bool at_end;      /* of the name */
    bool is_matched;
} Walk;

/* Follows what needs no byte, from `first` on, into `after`. */
static int32_t follow(Walk *self, int32_t first, int32_t count)
{
    int32_t open = 0;
    self->pending[open++] = first;
    while (open > 0) {
        const int32_t at = self->pending[--open];
        const PatternState *state = &self->states[at];
        if (self->seen[at] == self->step) {
            continue;
        }
        self->seen[at] = self->step;
        if (state->op == OP_SET) {
            self->after[count++] = at;
        } else if (state->op == OP_MATCH) {
            self->is_matched = self->is_matched || self->at_end;
        } else if (state->op == OP_JUMP) {
            self->pending[open++] = state->next;
        } else if (state->op == OP_SPLIT) {
            self->pending[open++] = state->other;
            self->pending[open++] = state->next;
        } else if (state->op == OP_BEGIN ? self->step == 0 : self->at_end) {
            self->pending[open++] = at + 1;
        }
    }
    return count;
}

static void swap_sets(Walk *self, int32_t count)
{
    int32_t *spare = self->now;
    self->now = self->after;
    self->after = spare;
    self->count = count;
}

static void walk(Walk *self, const char *name)
{
    self->at_end = name[0] == '\0';
    swap_sets(self, follow(self, 0, 0));
    for (const char *at = name; *at != '\0' && self->count > 0; at++) {
        int32_t count = 0;
        self->step++;
        self->at_end = at[1] == '\0';
        for (int32_t i = 0; i < self->count; i++) {
            if (byte_set_has(&self->states[self->now[i]].set, (uint8_t)*at)) {
                count = follow(self, self->now[i] + 1, count);
            }
        }
        swap_sets(self, count);
    }
}

bool topic_pattern_matches(const TopicPattern *self, const char *name)
{
    const size_t states = self->states->len;
    int32_t *memory = g_new(int32_t, 5 * states + 2);
    Walk run = {
        .states = (const PatternState *)(const void *)self->states->data,
        .now = memory,
        .after = memory + states,
        .seen = memory + 2 * states,
        .pending = memory + 3 * states,
    };
    for (size_t i = 0; i < states; i++) {
        run.seen[i] = -1;
    }
    walk(&run, name);
    g_free(memory);
    return run.is_matched;
}
