/* simple_assignor.h - the coordinator's assignor for share groups.
 *
 * Every member gets one partition by its hash, so that partitions may have several members. A
 * member keeps of its previous partitions those that the hash gave to nobody, up to its fair part
 * of them; partitions that nobody has by then go round. With different subscriptions the same, but
 * round by topic, and nobody's fair part is counted.
 *
 * Mirrors: SimpleAssignor as in 4.1. Where Java walks a HashMap of partitions, they are taken in
 * order here. */
#ifndef KAFKASIM_MODELS_GROUP_SHARE_SIMPLE_ASSIGNOR_H
#define KAFKASIM_MODELS_GROUP_SHARE_SIMPLE_ASSIGNOR_H
#include "models/group/assignors/assignor.h"

extern const Assignor simple_assignor;

#endif
