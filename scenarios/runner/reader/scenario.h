/* scenario.h - from a scenario file to a checked Scenario, or to the list of all that is wrong.
 *
 *   text -> json_scan (strict grammar) -> cJSON tree -> overrides -> rules (known keys, types,
 *   units, ranges; defaults written in) -> build (references, cross checks) -> Scenario
 *
 * The rules are tables (rules.h); the JSON Schema, `explain` and the effective scenario come from
 * the same tables. Nothing is simulated here and nothing is read but the scenario and the
 * `@properties` files that stand beside it. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_READER_SCENARIO_H
#define KAFKASIM_SCENARIOS_RUNNER_READER_SCENARIO_H
#include "models/spec/spec.h"
#include "scenarios/runner/goal_metrics.h"
#include "scenarios/runner/reader/problem.h"
#include <cjson/cJSON.h>
#include <glib.h>

typedef enum GoalOperator { GOAL_MAX, GOAL_MIN, GOAL_EQUALS } GoalOperator;

/* One thing a scenario wants. The metric names and what they may be narrowed down to are in
 * scenario_metric_at (goal_metrics.h, whose table is written by the evaluation). */
typedef struct Goal {
    const char *metric;   /* one of the table's names */
    char *where_producer; /* or NULL: all */
    char *where_group;
    char *where_topic;
    int32_t where_partition; /* SPEC_NONE: all */
    GoalOperator op;
    GoalUnit unit;
    int64_t limit;
    char *limit_text; /* as the scenario wrote it: "200ms", "2000" */
    bool has_during;
    SimTime from;
    SimTime to;
    char *text;    /* "produce.latency.p99 {producer=checkout} <= 200ms in 58s..60s" */
    char *pointer; /* "/goals/0" */
} Goal;

typedef struct Question {
    SimTime at;
    char *question;
    GPtrArray *choices; /* of char* */
    int32_t answer;     /* index into choices */
    char *because;      /* or NULL */
} Question;

typedef struct Lesson {
    char *title;
    char *text;           /* or NULL */
    GPtrArray *questions; /* of Question*, sorted by time */
    bool as_run;          /* its words are of what runs, whatever --set changed */
} Lesson;

typedef struct SweepAxis {
    char *pointer;     /* "/topics/0/partitions" */
    GPtrArray *values; /* of cJSON* (owned by the axis) */
    GPtrArray *texts;  /* of char*: the same as JSON text, for VALUE in an override */
} SweepAxis;

typedef struct Sweep {
    GPtrArray *vary;     /* of SweepAxis*, in the file's order */
    GArray *seeds;       /* of uint64_t */
    GPtrArray *measures; /* of char*: metric names (scenario_metric_at); empty = the goals' */
} Sweep;

typedef enum OutputEvents {
    OUTPUT_EVENTS_SAMPLED,
    OUTPUT_EVENTS_ALL,
    OUTPUT_EVENTS_NONE
} OutputEvents;

typedef struct Output {
    SimDuration interval; /* also spec->sample_interval */
    OutputEvents events;
    uint32_t events_max; /* also spec->events_max */
} Output;

typedef struct Scenario {
    ClusterSpec *spec;
    GPtrArray *goals; /* of Goal* */
    Lesson *lesson;   /* or NULL */
    Sweep *sweep;     /* or NULL */
    Output output;
    GPtrArray *not_simulated; /* of char*: real Kafka options and verbs that change nothing here */
    cJSON *json;              /* the effective scenario: every default written out */
    char *hash;               /* 16 hex digits over the effective scenario without its seed */
} Scenario;

/* What the command line changes. */
typedef struct ScenarioOverrides {
    char **set;        /* "POINTER=VALUE", NULL-terminated; or NULL. VALUE is JSON if it can be
                          read as JSON, else a string */
    const char *seed;  /* --seed, as typed; or NULL */
    const char *until; /* --until, as typed ("30s"); or NULL. Cuts the run short */
} ScenarioOverrides;

/* NULL when `problems` has errors afterwards. `overrides` may be NULL. "-" reads stdin. */
Scenario *
scenario_read_file(const char *path, const ScenarioOverrides *overrides, Problems *problems);
/* `name` stands for the file in messages; `folder` is where `@properties` files may be, NULL =
 * nowhere. The text need not end with a zero. */
Scenario *scenario_read_text(const char *name,
                             const char *folder,
                             const char *text,
                             size_t length,
                             const ScenarioOverrides *overrides,
                             Problems *problems);
void scenario_free(Scenario *scenario);

/* The effective scenario as pretty JSON with a newline at the end; reading it again gives the
 * same Scenario. */
void scenario_write(const Scenario *scenario, GString *out);
/* One JSON value, compact; integers keep all their digits. */
void scenario_write_value(const cJSON *value, GString *out);

/* JSON Schema (draft-07) of the format. */
void scenario_schema(GString *out);
/* What a key means: a Kafka option ("linger.ms"), a key of the format ("restart.after"), a
 * metric or a timeline verb. False, with near misses in `out`, when there is no such key. */
bool scenario_explain(const char *key, GString *out);
/* Calls visit for every word that explain knows (for shell completion), sorted, each once. */
void scenario_each_key(void (*visit)(void *user, const char *key), void *user);

#endif
