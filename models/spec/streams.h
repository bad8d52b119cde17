/* streams.h - a Kafka Streams application: its sub-topologies, stores and options. Plain data; see
 * spec.h. Its instances are the members of a group; each has a producer, made here, too. */
#ifndef KAFKASIM_MODELS_SPEC_STREAMS_H
#define KAFKASIM_MODELS_SPEC_STREAMS_H
#include "models/spec/spec.h"

/* A connected part of the topology: sources -> process (and a store) -> sink. */
typedef struct SubtopologySpec {
    GArray *sources;   /* of int32_t: topics, repartition topics among them */
    int32_t sink;      /* topic; SPEC_NONE */
    bool rekeys;       /* the sink is a repartition topic: records get new keys */
    int32_t changelog; /* topic, of its store; SPEC_NONE: stateless */
    Distribution process_record;
} SubtopologySpec;

typedef struct StreamsSpec {
    GPtrArray *subtopologies;    /* of SubtopologySpec* */
    GArray *internal_topics;     /* of int32_t: created by the leader of the group */
    Distribution restore_record; /* ns to put one record of a changelog into a store */
    bool exactly_once;
    GroupSpec *restorer;   /* of the restore consumers: one a member, outside of any group */
    KafkaConfig *config;   /* streams scope */
    KafkaConfig *producer; /* producer scope */
} StreamsSpec;

/* A group whose members are threads of a Streams application. */
GroupSpec *streams_spec_new(const char *application_id);
void streams_spec_free(void *streams); /* StreamsSpec* */
/* An internal topic APPLICATION-NAME-repartition or -changelog; its index. */
int32_t streams_spec_add_topic(
    ClusterSpec *spec, GroupSpec *group, const char *name, int32_t partitions, bool is_changelog);
SubtopologySpec *streams_spec_add_subtopology(GroupSpec *group);
/* An instance, of as many threads as num.stream.threads says: NAME, NAME.2, NAME.3 ... */
void streams_spec_add_instance(GroupSpec *group, const char *name, int32_t host, SimTime start);
/* When all else is known: what the threads read, and their producers. */
void streams_spec_finish(ClusterSpec *spec, GroupSpec *group, const Distribution *value_bytes);
/* The topics to which its producers write, each once, in the order in which they are numbered. */
GArray *streams_spec_outputs(const StreamsSpec *self);

#endif
