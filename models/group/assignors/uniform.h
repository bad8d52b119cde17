/* uniform.h - what the two halves of the coordinator's uniform assignor share. */
#ifndef KAFKASIM_MODELS_GROUP_ASSIGNORS_UNIFORM_H
#define KAFKASIM_MODELS_GROUP_ASSIGNORS_UNIFORM_H
#include "models/group/assignors/assignor.h"

/* `order`: the members as Java walks them. */
void uniform_assign_homogeneous(const AssignorInput *input,
                                const int32_t *order,
                                AssignorResult *result);
void uniform_assign_heterogeneous(const AssignorInput *input,
                                  const int32_t *order,
                                  AssignorResult *result);

#endif
