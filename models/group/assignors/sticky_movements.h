/* sticky_movements.h - who gave which partition to whom while the general algorithm balances.
 *
 * When a partition of the same topic has already gone the other way, that one goes back instead:
 * two members do not swap partitions of one topic.
 * Mirrors: AbstractStickyAssignor.PartitionMovements. */
#ifndef KAFKASIM_MODELS_GROUP_ASSIGNORS_STICKY_MOVEMENTS_H
#define KAFKASIM_MODELS_GROUP_ASSIGNORS_STICKY_MOVEMENTS_H
#include "models/group/assignors/sticky.h"

typedef struct StickyMovements StickyMovements;
StickyMovements *sticky_movements_new(const Sticky *sticky);
void sticky_movements_free(StickyMovements *self);
/* The slot to move in place of `slot` from member `from` to `to`. */
int32_t
sticky_movements_actual(const StickyMovements *self, int32_t slot, int32_t from, int32_t to);
void sticky_movements_add(StickyMovements *self, int32_t slot, int32_t from, int32_t to);

#endif
