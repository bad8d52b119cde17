/* deques.h - which partitions of a topic have a deque, and which of these hold batches.
 *
 * A pass of the sender walks those that hold something, in the order of Kafka's map (see
 * topic_order.h); the others cost nothing.
 * Mirrors: RecordAccumulator.TopicInfo.batches. */
#ifndef KAFKASIM_MODELS_PRODUCER_DEQUES_H
#define KAFKASIM_MODELS_PRODUCER_DEQUES_H
#include "models/producer/batch.h"

typedef struct Deques {
    int32_t *created; /* partitions, in the order of their first record */
    int32_t *order;   /* the same, as they are walked */
    int32_t count;
    int32_t ordered;       /* so many are in `order`; the others came since */
    int32_t filled_count;  /* partitions with a batch */
    uint64_t *filled;      /* a bit for each place in `order` */
    int32_t words;         /* of `filled` */
    ProducerPartition *of; /* borrowed: all of the topic */
} Deques;

void deques_init(Deques *self, ProducerPartition *partitions, int32_t capacity);
void deques_clear(Deques *self);
void deques_reset(Deques *self);
/* The partition's first record. */
void deques_create(Deques *self, ProducerPartition *partition);
/* The partition's queue became empty, or is no longer. */
void deques_note(Deques *self, ProducerPartition *partition);
/* Brings `order` up to date. */
void deques_arrange(Deques *self);
/* The next partition with a batch at or behind *place, which becomes the place behind it; NULL at
 * the end. Only on arranged deques. */
ProducerPartition *deques_next(const Deques *self, int32_t *place);

#endif
