/* shipped.h - the scenarios of the source tree, inside the program; the build writes the table. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_SHIPPED_H
#define KAFKASIM_SCENARIOS_RUNNER_SHIPPED_H
#include <stddef.h>

typedef struct Shipped {
    const char *name; /* "lessons/first-run" */
    const unsigned char *bytes;
    size_t length;
} Shipped;

extern const Shipped shipped[];
extern const size_t shipped_count;

#endif
