/* topic_pattern_state.h - what the parser, the compiler and the matcher of topic patterns share. */
#ifndef KAFKASIM_MODELS_PROTOCOL_TOPIC_PATTERN_STATE_H
#define KAFKASIM_MODELS_PROTOCOL_TOPIC_PATTERN_STATE_H
#include "models/protocol/topic_pattern.h"
#include <glib.h>

/* Bytes that may stand there. */
typedef struct ByteSet {
    uint64_t bits[4];
} ByteSet;

static inline void byte_set_add(ByteSet *self, uint8_t byte)
{
    self->bits[byte >> 6] |= UINT64_C(1) << (byte & 63);
}

static inline bool byte_set_has(const ByteSet *self, uint8_t byte)
{
    return (self->bits[byte >> 6] >> (byte & 63) & 1) != 0;
}

typedef enum PatternNodeKind {
    NODE_EMPTY,
    NODE_SET,
    NODE_BEGIN, /* ^ */
    NODE_END,   /* $ */
    NODE_SEQUENCE,
    NODE_CHOICE,
    NODE_REPEAT,
} PatternNodeKind;

#define REPEAT_FOREVER (-1)
#define REPEAT_MAX     1000 /* as RE2/J */

typedef struct PatternNode {
    PatternNodeKind kind;
    ByteSet set;
    int32_t low;         /* NODE_REPEAT */
    int32_t high;        /* or REPEAT_FOREVER */
    GPtrArray *children; /* of PatternNode; NULL none */
} PatternNode;

/* topic_pattern_parse.c: NULL and a problem when it is not of the language. */
PatternNode *pattern_parse(const char *text, TopicPatternProblem *ret_problem);
void pattern_node_free(PatternNode *self);

#endif
