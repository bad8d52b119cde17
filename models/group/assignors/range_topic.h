/* range_topic.h - one topic while the range assignor deals it out. */
#ifndef KAFKASIM_MODELS_GROUP_ASSIGNORS_RANGE_TOPIC_H
#define KAFKASIM_MODELS_GROUP_ASSIGNORS_RANGE_TOPIC_H
#include "models/group/assignors/assignor.h"

typedef struct RangeTopic {
    const AssignorInput *input;
    int32_t topic;
    int32_t partitions;
    const int32_t *members; /* its subscribers, sorted; borrowed */
    int32_t count;
    int32_t *assigned; /* of each subscriber: so many so far */
    bool *taken;       /* of each partition */
    int32_t next_free; /* none below is free */
    int32_t quota;
    int32_t extra; /* subscribers that may still get one more */
} RangeTopic;

void range_topic_init(RangeTopic *self,
                      const AssignorInput *input,
                      const AssignorSubscribers *sorted,
                      int32_t topic);
void range_topic_clear(RangeTopic *self);
/* How many more the subscriber at this place may get. */
int32_t range_topic_room(const RangeTopic *self, int32_t place);
bool range_topic_racks_match(const RangeTopic *self, int32_t place, int32_t number);
/* Gives one partition; a whole batch given at once counts its extra once: range_topic_end. */
void range_topic_give(RangeTopic *self, int32_t place, int32_t number, AssignorResult *result);
/* The subscriber got a batch. */
void range_topic_end(RangeTopic *self, int32_t place);
/* To each subscriber in turn what it has room for; `only_near`: from its own rack. */
void range_topic_deal(RangeTopic *self, bool only_near, AssignorResult *result);

/* range_racks.c: does a client.rack matter, and if so the first pass (KIP-881). */
void range_racks_assign(RangeTopic *topics, int32_t count, AssignorResult *result);

#endif
