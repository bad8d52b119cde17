/* assign_case.h - the group of `kafkasim assign`, as the command line tells it. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_ASSIGN_ASSIGN_CASE_H
#define KAFKASIM_SCENARIOS_RUNNER_ASSIGN_ASSIGN_CASE_H
#include "models/group/assignors/assignor.h"
#include "scenarios/runner/options.h"

typedef struct AssignMember {
    char *id;
    char *instance_id; /* or NULL */
    GArray *topics;    /* of int32_t */
    GArray *owned;     /* of int32_t, ascending */
} AssignMember;

typedef struct AssignCase {
    const Assignor *assignor;
    GArray *topics;        /* of AssignorTopic, by name; owns the names */
    GPtrArray *members;    /* of AssignMember, as named */
    int32_t partitions;    /* of all topics */
    bool is_owned_named;   /* somebody owns something */
    AssignorMember *specs; /* what input borrows */
    AssignorInput input;
} AssignCase;

/* False after complaints on stderr, all of them. */
bool assign_case_read(AssignCase *self, const Options *options);
void assign_case_clear(AssignCase *self);
/* All join again with what this round gave them, and nobody owns what it withheld. */
void assign_case_next_round(AssignCase *self, const AssignorResult *given);
/* "t0-3"; caller frees. */
char *assign_case_name(const AssignCase *self, int32_t partition);
/* Who owned it before: a member's place, or ASSIGNOR_NOBODY. */
int32_t assign_case_owner(const AssignCase *self, int32_t partition);

#endif
