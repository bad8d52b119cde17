/* publication.h - what metadata_cache.c has found touched is made true; it ends with
 * metadata_cache_on_published. */
#ifndef KAFKASIM_MODELS_BROKER_METADATA_PUBLICATION_H
#define KAFKASIM_MODELS_BROKER_METADATA_PUBLICATION_H
#include <stdbool.h>

struct Broker;
void publication_reset(struct Broker *self, bool stands_for_long);
void publication_begin(struct Broker *self);
void publication_on_done(struct Broker *self);

#endif
