/* reader.h - what the parts of the reader share; private to this folder. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_READER_READER_H
#define KAFKASIM_SCENARIOS_RUNNER_READER_READER_H
#include "scenarios/runner/reader/rules.h"
#include "scenarios/runner/reader/scenario.h"
#include "scenarios/runner/reader/text/quote.h"

/* A value and the way to it. Lives on the stack, linked upwards: the JSON pointer is made from it
 * only when something is wrong. */
typedef struct Cursor {
    const struct Cursor *parent;
    const char *key; /* NULL in a list */
    int index;
    cJSON *node;
} Cursor;

typedef struct Reader {
    const char *name;
    const char *folder;
    const char *text;
    size_t length;
    const ScenarioOverrides *overrides;
    GPtrArray *set_pointers; /* of char*: what overrides.set names, in its order */
    GPtrArray *begun;        /* of char*: objects and lists that --set made on its way */
    Problems *problems;
    cJSON *root;
    GHashTable *refused;      /* of cJSON*: values that a rule refused; look-up only */
    GHashTable *noted;        /* of char*: options already told to be not simulated */
    GHashTable *created;      /* of TopicSpec*, by the cJSON* of a "create.topic"; look-up only */
    GPtrArray *created_again; /* of TopicSpec*: those that are not the spec's own */
    GHashTable *processes;    /* of char*: node ids and names in use; look-up only */
    bool trial;               /* of a sweep's value: no trials within it */
    size_t compared;          /* words, by reader_nearest */
    int64_t clients;          /* producers and members so far */
    int64_t matching;         /* steps of matching topics so far */
    Scenario *scenario;
    ClusterSpec *spec; /* the scenario's */
    bool checking;     /* the walk along the rules, not yet the build */
    /* Sections that had errors in it: references into them are not judged. */
    bool cluster_broken, topics_broken, producers_broken, groups_broken;
} Reader;

Cursor cursor_member(const Cursor *parent, cJSON *node);
Cursor cursor_element(const Cursor *parent, cJSON *node, int index);
/* Caller frees. */
char *cursor_pointer(const Cursor *cursor);

/* Adds a finding about a value (or about its key). `hint` may be NULL. */
void reader_problem(Reader *reader,
                    ProblemKind kind,
                    const Cursor *cursor,
                    bool key,
                    const char *hint,
                    const char *format,
                    ...) __attribute__((format(printf, 6, 7)));
#define reader_error(reader, cursor, ...)                                                          \
    reader_problem(reader, PROBLEM_ERROR, cursor, false, NULL, __VA_ARGS__)
/* "did you mean ...?" of the nearest word, or NULL. Caller frees. */
char *reader_did_you_mean(const char *nearest);
/* quote_nearest, but NULL when so many words were compared already that more would keep the user
 * waiting. */
const char *
reader_nearest(Reader *reader, const char *word, QuoteWord next, const void *user, size_t count);
/* Where --set made this object or list by naming something in it: the override's text, else NULL;
 * `ret_pointer` is what it sets. */
const char *reader_begun_by(const Reader *reader, const char *pointer, const char **ret_pointer);
/* What a value is, for messages: "\"x\"", 5, true, "a list". */
void reader_found(const cJSON *node, GString *out);
/* Remembers something that is accepted and changes nothing; each text once. */
void reader_not_simulated(Reader *reader, const Cursor *cursor, const char *what);

/* check.c: walks the value along the rules, writes defaults in. False when it is refused. */
bool check_object(Reader *reader, const Cursor *cursor, const RuleSet *set);
bool check_value(Reader *reader, const Cursor *cursor, const Rule *rule);
/* check_config.c */
bool check_config(Reader *reader, const Cursor *cursor, const Rule *rule);
bool check_model(Reader *reader, const Cursor *cursor);
/* A Kafka option's value in JSON as Kafka's text. NULL when it is no scalar or list of such. */
char *config_value_text(const cJSON *value);
/* properties.c: puts the entries of the file that `value` names in place of "@properties". */
void properties_load(Reader *reader, const Cursor *config, const Cursor *value, const Rule *rule);
/* Judges one option; findings go to the cursor, or to a line of `file` when that is not NULL. */
bool check_option(Reader *reader,
                  const Cursor *cursor,
                  unsigned scopes,
                  const char *name,
                  const char *text,
                  const char *file,
                  int line);

/* get.c: reading checked values. A value that is absent or refused gives `fallback`. */
bool get(const Reader *reader, const Cursor *at, const char *key, Cursor *ret_child);
const char *get_text(const Reader *reader, const Cursor *at, const char *key, const char *fallback);
int64_t get_integer(const Reader *reader, const Cursor *at, const char *key, int64_t fallback);
double get_number(const Reader *reader, const Cursor *at, const char *key, double fallback);
bool get_boolean(const Reader *reader, const Cursor *at, const char *key, bool fallback);
int64_t get_amount(
    const Reader *reader, const Cursor *at, const char *key, UnitKind kind, int64_t fallback);
Distribution get_distribution(
    Reader *reader, const Cursor *at, const char *key, UnitKind kind, Distribution fallback);
GArray *get_ids(const Cursor *list); /* of int32_t; of a checked list of integers */
/* Sets the options of the object at `key` in a config. */
void get_config(Reader *reader, const Cursor *at, const char *key, KafkaConfig *config);
/* Puts the constants of a model object into a profile. */
void get_model(Reader *reader, const Cursor *at, HardwareProfile *profile);
/* SPEC_NONE when the key is absent; a finding when there is no such host. */
int32_t get_host(Reader *reader, const Cursor *at);
bool parse_seed(const cJSON *node, uint64_t *ret_seed);

char *goal_name_hint(Reader *reader, const char *name); /* of what is no metric; or NULL */

/* Indices by name, SPEC_NONE when there is none. */
int32_t find_broker(const ClusterSpec *spec, int64_t id);
int32_t find_controller(const ClusterSpec *spec, int64_t id);
int32_t find_host(const ClusterSpec *spec, const char *name);
int32_t find_topic(const ClusterSpec *spec, const char *name);
int32_t find_group(const ClusterSpec *spec, const char *name);
/* The same for the value at `key`, with a finding when there is none (unless that section has
 * findings of its own). */
int32_t refer_topic(Reader *reader, const Cursor *at, const char *key);
int32_t refer_topic_value(Reader *reader, const Cursor *value);
int32_t refer_producer(Reader *reader, const Cursor *at, const char *key);
int32_t refer_group(Reader *reader, const Cursor *at, const char *key);
int32_t refer_broker(Reader *reader, const Cursor *value);
/* "there are ...": the first of them, or NULL when there is none. Caller frees. */
char *refer_names(QuoteWord next, const void *user, size_t count);

/* build_*.c: from the checked tree to the spec, with the findings that no table can make. */
void build_cluster(Reader *reader, const Cursor *root);
void build_topics(Reader *reader, const Cursor *root);
TopicSpec *build_topic(Reader *reader, const Cursor *at, const char *name);
/* Are there as many brokers as replicas? */
void check_factor(Reader *reader, const Cursor *at, const TopicSpec *topic, int64_t brokers);
GPtrArray *build_assignment(Reader *reader, const Cursor *at); /* NULL when there is none */
/* later_topics.c: topics that the timeline creates or makes larger. */
void build_later_topics(Reader *reader, const Cursor *root);
void later_topics_fill(Reader *reader, const Cursor *at, FaultSpec *fault);
void check_topic_lives(Reader *reader, const Cursor *timeline);
/* foreseen.c */
void foresee(Reader *reader, const Cursor *timeline);
/* What comes of a min.insync.replicas that is more than there are; caller frees. */
char *foresee_min_isr(const ClusterSpec *spec, int64_t least, int32_t replication_factor);
/* Does a compacted topic get records without keys? */
void foresee_keys(Reader *reader, const Cursor *at, const ProducerSpec *producer);
void build_producers(Reader *reader, const Cursor *root);
void build_groups(Reader *reader, const Cursor *root);
void build_connect(Reader *reader, const Cursor *root); /* groups/build_connect.c */
/* Is it a connector's source, whose options Connect sets? */
bool connect_runs_producer(const Reader *reader, const char *name);
ConnectProtocol
get_connect_protocol(const Reader *reader, const Cursor *at, ConnectProtocol fallback);
void build_members(Reader *reader, const Cursor *at, const char *key, GroupSpec *group);
void build_streams(Reader *reader, const Cursor *root); /* streams/ */
/* Client ids and groups: each name once of a kind; else a finding, and false. */
bool take_client_name(Reader *reader, const Cursor *at, const char *kind, const char *name);
/* Counts them in; false when the limit is passed. */
bool count_clients(Reader *reader, const Cursor *at, int64_t count);
/* A member without a "start": timeline_settle decides. */
#define MEMBER_START_OPEN (-1)
void add_later_member(Reader *reader, GroupSpec *group);
/* groups/build_pattern.c: "topics.matching" in place of "topics"; and, when its members are known,
 * whether that is possible. */
void build_pattern(Reader *reader, const Cursor *at, GroupSpec *group);
void check_pattern(Reader *reader, const Cursor *at, const GroupSpec *group);
/* groups/build_group_config.c */
void build_group_config(Reader *reader, const Cursor *at, GroupSpec *group);
/* groups/build_share.c: "share"; what Kafka refuses of the options of its members, or of others. */
void build_share(Reader *reader, const Cursor *at, GroupSpec *group);
void check_share_config(Reader *reader, const Cursor *config, const GroupSpec *group);
bool is_refused_of_share(const char *option);
/* build_application.c */
void build_application(Reader *reader, const Cursor *at, GroupSpec *group);
void build_member_process(Reader *reader, const Cursor *at, MemberSpec *member);
void build_member_partitions(Reader *reader,
                             const Cursor *at,
                             GroupSpec *group,
                             MemberSpec *member);
void build_requests(Reader *reader, const Cursor *at, FaultSpec *fault); /* seek, pause, resume */
void build_timeline(Reader *reader, const Cursor *root);
void build_goals(Reader *reader, const Cursor *root);
void build_lesson(Reader *reader, const Cursor *root);
void build_sweep(Reader *reader, const Cursor *root);
/* Would the scenario be accepted with these further "POINTER=VALUE" (char*)? NULL, or why not;
 * caller frees. */
char *reader_try(const Reader *reader, const GPtrArray *more);
/* Tries every value of the sweep, with the first of every other axis. */
void sweep_try_values(Reader *reader, const Cursor *root);
void sweep_free(Sweep *sweep);
void build_output(Reader *reader, const Cursor *root);
/* timeline_target.c: what an event happens to. */
bool timeline_target(Reader *reader, const Cursor *at, const char *key, FaultSpec *fault);
/* timeline_endings.c: the events that follow from "for" and "restart.after", order, lengths. */
void timeline_add_endings(Reader *reader, const Cursor *at, FaultSpec *fault);
void timeline_end_after(Reader *reader, FaultSpec *fault, SimDuration length);
void timeline_restart_after(Reader *reader, FaultSpec *fault, SimDuration length);
/* One after the other, a second down each, behind the gate. The caller owns it. */
RollSpec *timeline_roll_all(const ClusterSpec *spec);
void timeline_settle(ClusterSpec *spec);
/* More events than a run may have, written and drawn; and the error that says so. */
bool timeline_is_full(const ClusterSpec *spec);
void timeline_refuse(Reader *reader, const Cursor *at);
/* build_admin.c: what an administrator does. */
void build_admin(Reader *reader, const Cursor *at, FaultSpec *fault);
/* build_random.c: the faults that are drawn. */
void build_random(Reader *reader, const Cursor *root);
/* load/build_quotas.c: when all clients are known. */
void build_quotas(Reader *reader, const Cursor *root);
/* cross_checks.c: options that contradict each other. */
void cross_check_cluster(Reader *reader, const Cursor *config);
/* other_era.c: what only the other era has is accepted, and said to change nothing. */
void other_era_options(Reader *reader, const Cursor *config, const KafkaConfig *set);
void other_era_controllers(Reader *reader, const Cursor *controllers);
/* Warns: this kind of group is KRaft's only. */
void other_era_group(Reader *reader, const Cursor *at, const char *kind, const char *hint);
/* Refuses a controller by its id where one of the brokers is the controller. */
bool other_era_refuses(Reader *reader, const Cursor *at, const char *hint);
void cross_check_producer(Reader *reader, const Cursor *config, ProducerSpec *producer);
void cross_check_consumer(Reader *reader, const Cursor *config, const KafkaConfig *consumer);
/* Is the option refused beside group.protocol=consumer? */
bool is_classic_only(const char *option);
/* effective.c: writes Kafka's simulated defaults into the tree, makes the hash. */
void effective_finish(Reader *reader);
/* overrides.c: --set, --seed; false when one of them is wrong. */
bool overrides_apply(Reader *reader);
void overrides_cut(Reader *reader); /* --until */
/* Does the pointer name a value, or a key that an object on its way could have? */
bool pointer_can_be_set(cJSON *root, const char *pointer);

#endif
