/* load_shape.h - a producer's rate as time goes on: which step of its shape it is in.
 *
 * Steps of fixed length follow one another; those of random length are exponential and are followed
 * by any other state with equal chance: a Markov-modulated process (on/off with two states).
 * Every instance of a producer draws its own. Mirrors nothing of Kafka. */
#ifndef KAFKASIM_MODELS_WORKLOAD_LOAD_SHAPE_H
#define KAFKASIM_MODELS_WORKLOAD_LOAD_SHAPE_H
#include "models/spec/load.h"
#include "sim/chance/distribution.h"

typedef struct ShapedLoad {
    const LoadShape *shape; /* borrowed */
    Stream chance;
    guint step;
    SimTime change_at; /* SIM_TIME_MAX: the factor stays */
} ShapedLoad;

void shaped_load_init(ShapedLoad *self, const LoadShape *shape, const Stream *chance);
/* The first step begins. */
void shaped_load_start(ShapedLoad *self, SimTime now);
/* At change_at: the next step begins. */
void shaped_load_advance(ShapedLoad *self);
/* In millionths. */
int64_t shaped_load_factor(const ShapedLoad *self);

#endif
