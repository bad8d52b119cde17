/* known_topics.h - the topics that a client is interested in, and what it believes of their
 * leaders; a part of client_metadata.
 *
 * Mirrors: MetadataSnapshot, Metadata.retainTopic, ConsumerMetadata. */
#ifndef KAFKASIM_MODELS_CLIENT_KNOWN_TOPICS_H
#define KAFKASIM_MODELS_CLIENT_KNOWN_TOPICS_H
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define NO_EPOCH (-1)

typedef struct KnownPartition {
    int64_t topic_id;
    int32_t leader;
    int32_t leader_epoch;    /* of the leader known now; NO_EPOCH */
    int32_t last_seen_epoch; /* guard M6; survives a leaderless answer; NO_EPOCH */
} KnownPartition;

typedef struct KnownTopic {
    bool wanted;
    bool fresh;         /* wanted, and never answered: partial updates name it (M3) */
    uint32_t version;   /* the full answer that named it last */
    int32_t partitions; /* 0 = not yet known */
    GArray *leaders;    /* of KnownPartition */
} KnownTopic;

typedef struct KnownTopics {
    GPtrArray *topics; /* KnownTopic* by topic index; NULL where never wanted */
    GArray *followed;  /* of int32_t: of interest as soon as they exist; NULL: none are */
} KnownTopics;

void known_topics_init(KnownTopics *self);
void known_topics_clear(KnownTopics *self);
void known_topics_reset(KnownTopics *self); /* nothing is of interest any more */
void known_topics_forget_leaders(KnownTopics *self);
KnownTopic *known_topics_find(const KnownTopics *self, int32_t topic); /* or NULL */
KnownTopic *known_topics_make(KnownTopics *self, int32_t topic);
void known_topics_follow(KnownTopics *self, const int32_t *topics, int32_t count);
bool known_topics_is_followed(const KnownTopics *self, int32_t topic);
/* It has at least, or at most, so many partitions. */
void known_topic_grow(KnownTopic *self, int32_t partitions);
void known_topic_trim(KnownTopic *self, int32_t partitions);
/* Its partitions are unknown again; false when they were before. */
bool known_topic_drop(KnownTopic *self);

#endif
