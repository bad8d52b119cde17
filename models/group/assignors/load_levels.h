/* load_levels.h - the least and the most loaded of some members, while partitions go from the
 * ones to the others.
 *
 *               ^ least       most
 *     partition | loaded  ###[####]##   the last ones have nothing to give
 *     count     | [..-> ]####[####]##
 *               | [#####]####[####]##
 *               +--------------------->  members, sorted
 *
 * The least loaded range fills level by level and grows to the right, the most loaded one is worn
 * down level by level and grows to the left. Balanced: their levels differ by one at most.
 * Mirrors: UniformHeterogeneousAssignmentBuilder.MemberAssignmentBalancer. */
#ifndef KAFKASIM_MODELS_GROUP_ASSIGNORS_LOAD_LEVELS_H
#define KAFKASIM_MODELS_GROUP_ASSIGNORS_LOAD_LEVELS_H
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct LoadLevels {
    const int32_t *loads; /* of every member; changed by the caller meanwhile */
    GArray *sorted;       /* of int32_t: the members that take part */
    int32_t least_end;    /* exclusive */
    int32_t least_level;
    int32_t least_next;
    int32_t most_start;
    int32_t most_end; /* exclusive */
    int32_t most_level;
    int32_t most_next;
} LoadLevels;

void load_levels_init(LoadLevels *self, const int32_t *loads);
void load_levels_clear(LoadLevels *self);
/* Starts with these members; the difference between their greatest and least load. */
int32_t load_levels_start(LoadLevels *self, const int32_t *members, int32_t count);
/* The member to get the next partition; counts it as given. */
int32_t load_levels_next_least(LoadLevels *self);
/* The member to give a partition up, counted as taken; -1 when nobody can. */
int32_t load_levels_next_most(LoadLevels *self);
/* The member that was named last has nothing to give. */
void load_levels_exclude_most(LoadLevels *self);
bool load_levels_is_balanced(const LoadLevels *self);

#endif
