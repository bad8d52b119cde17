/* assignor_vectors.h - a group as the vectors of assignors describe it, and what came of it. */
#ifndef KAFKASIM_TESTS_VECTORS_CLIENTS_ASSIGNOR_VECTORS_H
#define KAFKASIM_TESTS_VECTORS_CLIENTS_ASSIGNOR_VECTORS_H
#include "models/group/assignors/assignor.h"
#include "tests/vectors/vectors.h"

typedef struct AssignorCase {
    AssignorTopic *topics;
    AssignorMember *members;
    GPtrArray *arrays; /* of int32_t arrays that members borrow */
    AssignorInput input;
} AssignorCase;

/* Members' "owned" stand under this name, their generation under that one. */
void assignor_case_read(AssignorCase *self,
                        const cJSON *vector,
                        const char *owned,
                        const char *generation);
void assignor_case_clear(AssignorCase *self);
/* Runs, and compares with the vector's assignment. */
bool assignor_case_check(const AssignorCase *self,
                         const Assignor *assignor,
                         const cJSON *vector,
                         GString *why);
/* The vector's javaMemberOrder against ours. */
bool assignor_case_check_order(const AssignorCase *self, const cJSON *vector, GString *why);

#endif
