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
    CASE_GROUP_MEMBERS_MAX = 5,
    CASE_FAULTS_MAX = 10,
    CASE_TROUBLES_MAX = 14
};

typedef enum CaseCleanup { CLEANUP_NEVER, CLEANUP_RETENTION, CLEANUP_COMPACT } CaseCleanup;

typedef enum CaseProtocol {
    PROTOCOL_DEFAULT, /* range and cooperative-sticky, as in 4.1 */
    PROTOCOL_RANGE,
    PROTOCOL_ROUND_ROBIN,
    PROTOCOL_STICKY,
    PROTOCOL_COOPERATIVE,
    PROTOCOL_CONSUMER_UNIFORM, /* KIP-848 */
    PROTOCOL_CONSUMER_RANGE,
    PROTOCOL_COUNT,
} CaseProtocol;

/* What the group's members do with their records. */
typedef enum CaseWork {
    WORK_READ,          /* auto commit */
    WORK_AT_LEAST_ONCE, /* write one out for each in, flush, commitSync */
    WORK_EXACTLY_ONCE,  /* the same in transactions */
    WORK_COUNT,
} CaseWork;

/* Each member is replaced by one of the other protocol while the group works. */
typedef struct CaseUpgrade {
    CaseProtocol to; /* PROTOCOL_COUNT: there is none */
    SimTime leaves[CASE_GROUP_MEMBERS_MAX];
    SimTime joins[CASE_GROUP_MEMBERS_MAX];
} CaseUpgrade;

typedef struct CaseTopic {
    int32_t partitions;
    int32_t replication_factor;
    int32_t min_isr;
    bool unclean;
    bool later; /* a wish creates it */
    CaseCleanup cleanup;
} CaseTopic;

typedef struct CaseProducer {
    int32_t topic;
    const char *acks;
    bool idempotence;
    int64_t rate_milli;
} CaseProducer;

/* What set.config changes of a topic. */
typedef enum CaseSetting {
    SETTING_MIN_ISR, /* to `number` */
    SETTING_UNCLEAN, /* on, or off with `number` 0 */
    SETTING_RETENTION,
    SETTING_THROTTLE, /* of replication, to `number` bytes a second, until all is mended */
    SETTING_COUNT,
} CaseSetting;

typedef struct Trouble {
    bool dropped; /* by the shrinker */
    FaultVerb verb;
    SimTime at;
    SimTime until;
    TargetKind target;
    int32_t index;   /* of the broker, controller or rack */
    uint32_t others; /* broker indices as bits: the other side of a cut */
    bool one_way;
    int64_t ppm;
    SimDuration delay;
    int32_t log_dir;
    bool gate; /* rolling.restart */
    /* What an administrator asks for: an instant, and no fault at all. */
    bool is_wish;
    int32_t topic;
    int32_t partition;
    int32_t number;
    CaseSetting setting;  /* set.config */
    ReplicaList replicas; /* none: a reassignment is taken back */
} Trouble;

typedef struct Case {
    uint64_t seed;  /* of all cases */
    int32_t number; /* of this one */
    uint64_t draws; /* state of the generator */
    int32_t brokers;
    int32_t controllers;
    int32_t racks;    /* 0: none */
    int32_t log_dirs; /* of each broker */
    Era era;
    bool quick; /* short time-outs instead of Kafka's */
    int32_t topic_count;
    CaseTopic topics[CASE_TOPICS_MAX];
    int32_t producer_count;
    CaseProducer producers[CASE_PRODUCERS_MAX];
    int32_t members;
    CaseProtocol protocol; /* of the group */
    bool is_group;         /* it is about the group: case_draw_group */
    bool is_hasty;    /* calls of its transactional producers throw after 1.5 s (max.block.ms) */
    bool is_pipeline; /* drawn by case_draw_pipeline */
    CaseWork work;
    bool is_tiered; /* what they make is soon in remote storage only */
    CaseUpgrade upgrade;
    bool is_static;      /* members have group.instance.id */
    bool by_pattern;     /* they subscribe by a regular expression, */
    bool matches_itself; /* matched by the client with the consumer protocol too */
    SimDuration process; /* of a record */
    SimDuration poll;    /* of each poll() that hands over records, in addition */
    int32_t lost_member; /* dies for good when all is mended; -1: none does */
    int32_t trouble_count;
    Trouble troubles[CASE_TROUBLES_MAX];
    SimTime heal;
    SimTime end;
} Case;

/* `without`: this switch of the era is off, whatever is drawn; ERA_SWITCH_COUNT none. */
void case_draw(Case *self, uint64_t seed, int32_t number, EraSwitch without);
/* A group whose members come, go, crash and freeze, on a cluster that does the same. */
void case_draw_group(Case *self, uint64_t seed, int32_t number, EraSwitch without);
/* Such a group whose members work exactly once. */
void case_draw_pipeline(Case *self, uint64_t seed, int32_t number, EraSwitch without);
/* Of test_properties, to draw this one: "", " --groups" or " --pipelines". */
const char *case_option(const Case *self);
/* All members that ever come; those before the first of the two are only there at first. */
int32_t case_member_count(const Case *self);
int32_t case_first_final_member(const Case *self);
/* After `process` was drawn. */
void case_bound_polls(Case *self);
/* Until when there are new records. */
SimTime case_load_end(const Case *self);
/* The group's options, and its members with theirs. */
void case_set_group(const Case *self, GroupSpec *group);
void case_add_lost_member(const Case *self, ClusterSpec *spec);
void case_add_upgrade(const Case *self, ClusterSpec *spec);
void case_tell_group(const Case *self, GString *out);
bool case_has_zookeeper(const Case *self);
/* Of what was drawn and not dropped; NULL: there is none after `after`. */
const Trouble *case_next(const Case *self, FaultVerb verb, const Trouble *after);
/* May this setting of the topic change? */
bool case_changes(const Case *self, int32_t topic, CaseSetting setting);
ClusterSpec *case_spec(const Case *self);
/* The scenario in words, to `out`. */
void case_tell(const Case *self, GString *out);

#endif
