/* topic_pattern.h - a regular expression that topics are subscribed by, matched as a whole.
 *
 * Kafka has two languages: java.util.regex (subscribe(Pattern), matched by the client) and RE2/J
 * (subscribe(SubscriptionPattern), matched by the coordinator). What is understood here means the
 * same in both: characters, `.`, classes such as [a-z_] and [^0-9], \d \w \s and their opposites,
 * escaped signs, groups, `|`, `* + ?` and {n}, {n,}, {n,m} (greedy or lazy: for a whole name it is
 * all one), ^ and $. Anything else is refused with its place and a reason, be it that only one of
 * the two knows it (look-around, back references, possessive quantifiers, [[:alpha:]], a lone
 * brace), or that nobody needs it for topic names (flags, \p, \b, named groups).
 *
 * A match takes time in proportion to name times expression, and no stack: a set of states walks
 * over the name (Thompson). An expression of more than 1,000 states is refused.
 *
 * Mirrors: java.util.regex.Pattern, com.google.re2j.Pattern; Matcher.matches(). */
#ifndef KAFKASIM_MODELS_PROTOCOL_TOPIC_PATTERN_H
#define KAFKASIM_MODELS_PROTOCOL_TOPIC_PATTERN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct TopicPattern TopicPattern;

typedef struct TopicPatternProblem {
    size_t at; /* byte of the text */
    const char *what;
} TopicPatternProblem;

/* NULL: the problem says where and why. */
TopicPattern *topic_pattern_new(const char *text, TopicPatternProblem *ret_problem);
void topic_pattern_free(TopicPattern *self); /* NULL is allowed */
bool topic_pattern_matches(const TopicPattern *self, const char *name);
/* What one byte of a name may cost at most. */
int32_t topic_pattern_states(const TopicPattern *self);

#endif
