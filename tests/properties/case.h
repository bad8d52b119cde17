/* case.h - one random cluster with its load and its troubles; the same seed gives the same case.
 *
 * Troubles begin and end before `heal`; then everything is mended (Jepsen's rule) and the cluster
 * has until `end` to come to rest. Shrinking drops troubles and brings `heal` forward; everything
 * else stays as the seed drew it. */
#ifndef KAFKASIM_TESTS_PROPERTIES_CASE_H
#define KAFKASIM_TESTS_PROPERTIES_CASE_H
#include "models/spec/spec.h"

enum {
    CASE_TOPICS_MAX = 3,
    CASE_PRODUCERS_MAX = 3,
    CASE_MEMBERS_MAX = 3,
    CASE_FAULTS_MAX = 10,
    CASE_TROUBLES_MAX = 13
};

typedef struct CaseTopic {
    int32_t partitions;
    int32_t replication_factor;
    int32_t min_isr;
    bool unclean;
} CaseTopic;

typedef struct CaseProducer {
    int32_t topic;
    const char *acks;
    bool idempotence;
    int64_t rate_milli;
} CaseProducer;

typedef struct Trouble {
    bool dropped; /* by the shrinker */
    FaultVerb verb;
    SimTime at;
    SimTime until;
    int32_t broker;  /* index; -1 - index of a controller */
    uint32_t others; /* broker indices as bits: the other side of a cut */
    bool one_way;
    int64_t ppm;
    SimDuration delay;
    /* What an administrator asks for: an instant, and no fault at all. */
    bool is_wish;
    int32_t topic;
    int32_t partition;
    int32_t number;
    ReplicaList replicas;
} Trouble;

typedef struct Case {
    uint64_t seed;  /* of all cases */
    int32_t number; /* of this one */
    uint64_t draws; /* state of the generator */
    int32_t brokers;
    int32_t controllers;
    bool elr;
    bool quick; /* short time-outs instead of Kafka's */
    int32_t topic_count;
    CaseTopic topics[CASE_TOPICS_MAX];
    int32_t producer_count;
    CaseProducer producers[CASE_PRODUCERS_MAX];
    int32_t members;
    int32_t trouble_count;
    Trouble troubles[CASE_TROUBLES_MAX];
    SimTime heal;
    SimTime end;
} Case;

void case_draw(Case *self, uint64_t seed, int32_t number);
ClusterSpec *case_spec(const Case *self);
/* The scenario in words, to `out`. */
void case_tell(const Case *self, GString *out);

#endif
