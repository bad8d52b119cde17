/* topic_name.h - names that no two topics may have at once: metrics write '.' as '_', too.
 * Mirrors: Topic.hasCollision. */
#ifndef KAFKASIM_MODELS_PROTOCOL_TOPIC_NAME_H
#define KAFKASIM_MODELS_PROTOCOL_TOPIC_NAME_H
#include <stdbool.h>

static inline char topic_name_unified(char one)
{
    return one == '.' ? '_' : one;
}

/* Of two different names. */
static inline bool topic_name_collides(const char *name, const char *other)
{
    while (*name != '\0' && topic_name_unified(*name) == topic_name_unified(*other)) {
        name++;
        other++;
    }
    return *name == *other; /* both are at their ends */
}

#endif
