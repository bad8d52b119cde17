/* rules.h - the format as tables: every object, its keys, and what may stand there.
 *
 * The checker walks a scenario along these tables and writes defaults in; the JSON Schema and
 * `explain` are printed from them. What a table cannot say (references, cross checks) is in the
 * build_*.c. Kafka's own options are in models/protocol/kafka_config.h, hardware constants in
 * models/spec/profile.h, metrics in goal_metrics.h; the tables refer to them by shape. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_READER_RULES_H
#define KAFKASIM_SCENARIOS_RUNNER_READER_RULES_H
#include "models/spec/spec.h"
#include "scenarios/runner/reader/text/units.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a value may be; several bits are alternatives. */
typedef enum Shape {
    SHAPE_BOOLEAN = 1 << 0,
    SHAPE_INTEGER = 1 << 1, /* minimum..maximum */
    SHAPE_NUMBER = 1 << 2,  /* a fraction too; minimum..maximum */
    SHAPE_TEXT = 1 << 3,    /* any string of up to TEXT_BYTES_MAX */
    SHAPE_NAME = 1 << 4,    /* as Kafka's topics: letters, digits, '.', '_', '-' */
    SHAPE_WORD = 1 << 5,    /* one of choices */
    SHAPE_DURATION = 1 << 6,
    SHAPE_BYTES = 1 << 7,
    SHAPE_BANDWIDTH = 1 << 8,
    SHAPE_RATE = 1 << 9,
    SHAPE_SEED = 1 << 10,       /* an integer, or a string of digits up to 2^64 - 1 */
    SHAPE_SEED_RANGE = 1 << 11, /* "1..20" */
    SHAPE_METRIC = 1 << 12,     /* a name of goal_metrics.h */
    SHAPE_OBJECT = 1 << 13,     /* along `object` */
    SHAPE_LIST = 1 << 14,       /* minimum..maximum elements along `items` */
    SHAPE_CONFIG = 1 << 15,     /* Kafka options of `scopes` */
    SHAPE_MODEL = 1 << 16,      /* overrides of the hardware profile */
    SHAPE_VARY = 1 << 17,       /* JSON pointers, each with a list of values */
} Shape;

#define TEXT_BYTES_MAX 4000u
#define NAME_BYTES_MAX 249u

typedef struct RuleSet RuleSet;
typedef struct Rule Rule;
struct Rule {
    const char *key;
    unsigned shapes;
    bool required;
    const char *fallback; /* the default as JSON, written into the effective scenario; or NULL */
    int64_t minimum;
    int64_t maximum; /* 0 with minimum 0: no limit but the type's */
    const char *choices;
    const RuleSet *object;
    const Rule *items;
    unsigned scopes; /* of KafkaScope */
    const char *help;
};

struct RuleSet {
    const char *name; /* "producer": how messages call such an object */
    const Rule *rules;
    size_t count;
    bool one_of; /* exactly one of the keys stands there */
};

extern const RuleSet rules_scenario;
/* Sets by key, for explain; ends with NULL. */
extern const RuleSet *const rules_all[];
extern const RuleSet rules_distribution_ns;
extern const RuleSet rules_distribution_bytes;
extern const RuleSet rules_host;
extern const RuleSet rules_broker;
extern const RuleSet rules_controller;
extern const RuleSet rules_cluster;
extern const RuleSet rules_era;
extern const RuleSet rules_topic;
extern const RuleSet rules_producer;
extern const RuleSet rules_record;
extern const RuleSet rules_transaction;
extern const RuleSet rules_keys;
extern const RuleSet rules_quota;
extern const RuleSet rules_keys_zipf;
extern const RuleSet rules_keys_hot;
extern const RuleSet rules_load;
extern const RuleSet rules_on_off;
extern const RuleSet rules_load_state;
extern const RuleSet rules_load_curve;
extern const RuleSet rules_load_ramp;
extern const RuleSet rules_group;
extern const RuleSet rules_process;
extern const RuleSet rules_member_process;
extern const RuleSet rules_slow;
extern const RuleSet rules_poison;
extern const RuleSet rules_commit;
extern const RuleSet rules_member;
extern const RuleSet rules_worker;
extern const RuleSet rules_connector;
extern const RuleSet rules_connect;
extern const RuleSet rules_store;
extern const RuleSet rules_subtopology;
extern const RuleSet rules_instance;
extern const RuleSet rules_streams;
extern const RuleSet rules_timeline;
extern const RuleSet rules_leader;
extern const RuleSet rules_move;
extern const RuleSet rules_plan;
extern const RuleSet rules_random;
extern const RuleSet rules_goal;
extern const RuleSet rules_where;
extern const RuleSet rules_lesson;
extern const RuleSet rules_lesson_case;
extern const RuleSet rules_question;
extern const RuleSet rules_sweep;
extern const RuleSet rules_output;

const Rule *rule_find(const RuleSet *set, const char *key);
/* The rule of one constant of the hardware profile. */
Rule rule_of_profile_entry(const ProfileEntry *entry);
/* "an integer in 1..1000 or a list of broker objects" */
void rule_expected(const Rule *rule, GString *out);

/* What each verb of the timeline wants. Keys are names of rules_timeline, separated by '|'. */
typedef struct VerbRule {
    FaultVerb verb;
    const char *targets;  /* one of them must stand there, after "?" may; "" = none */
    const char *required; /* all of them */
    const char *optional;
    const char *help;
} VerbRule;
const VerbRule *verb_rule(FaultVerb verb);
/* -1 when there is no such verb. */
int verb_named(const char *name);
/* The verb that a word of other tools stands for ("kill": "crash"), or NULL. */
const char *verb_synonym(const char *word);
/* Is `key` among "a|b|c"? */
bool key_is_among(const char *keys, const char *key);

#endif
