/* rules_streams.c - the tables of Kafka Streams applications. */
#include "scenarios/runner/reader/rules.h"

#define SET(name, rules, one_of)                                                                   \
    {                                                                                              \
        name, rules, sizeof(rules) / sizeof((rules)[0]), one_of                                    \
    }

static const Rule one_name = {.shapes = SHAPE_NAME};

/* clang-format off */
static const Rule store[] = {
    {.key = "name", .shapes = SHAPE_NAME, .required = true, .help = "its changelog is APPLICATION-NAME-changelog"},
    {.key = "keys", .shapes = SHAPE_INTEGER, .minimum = 1, .maximum = INT64_C(1000000000000), .help = "different keys, equally likely: what compaction leaves of the changelog (default: all of it)"},
    {.key = "config", .shapes = SHAPE_CONFIG, .fallback = "{}", .scopes = 1u << KAFKA_SCOPE_TOPIC, .help = "topic options of the changelog"},
};
const RuleSet rules_store = SET("store", store, false);
static const Rule subtopology[] = {
    {.key = "source", .shapes = SHAPE_LIST, .required = true, .minimum = 1, .maximum = 100, .items = &one_name, .help = "topics, or repartitions of earlier sub-topologies; as many tasks as the largest has partitions"},
    {.key = "process", .shapes = SHAPE_DURATION | SHAPE_OBJECT, .fallback = "\"0ms\"", .object = &rules_distribution_ns, .help = "work for each record"},
    {.key = "store", .shapes = SHAPE_NAME | SHAPE_OBJECT, .object = &rules_store, .help = "a state store: each record updates it, and is written to its changelog"},
    {.key = "repartition", .shapes = SHAPE_NAME, .help = "sends each record on by a new key: the topic APPLICATION-NAME-repartition, the source of a later sub-topology"},
    {.key = "partitions", .shapes = SHAPE_INTEGER, .minimum = 1, .maximum = 5000, .help = "of the repartition topic (default: as many as there are tasks)"},
    {.key = "sink", .shapes = SHAPE_NAME, .help = "sends each record on to this topic, with the same key"},
};
const RuleSet rules_subtopology = SET("sub-topology", subtopology, false);
static const Rule one_subtopology = {.shapes = SHAPE_OBJECT, .object = &rules_subtopology};
static const Rule instance[] = {
    {.key = "name", .shapes = SHAPE_NAME, .help = "as the timeline calls it: \"member\" (default: NAME-0, NAME-1 ...); threads but the first are NAME.2, NAME.3 ..."},
    {.key = "start", .shapes = SHAPE_DURATION, .help = "when it starts (default: 0s, or when the timeline lets it join or start)"},
    {.key = "host", .shapes = SHAPE_NAME, .help = "one of cluster.hosts (default: a host of its own)"},
};
const RuleSet rules_instance = SET("instance", instance, false);
static const Rule one_instance = {.shapes = SHAPE_OBJECT, .object = &rules_instance};
static const Rule streams[] = {
    {.key = "name", .shapes = SHAPE_NAME, .required = true, .help = "application.id, and with it group.id; a group for goals, faults and describe"},
    {.key = "user", .shapes = SHAPE_TEXT, .help = "as whom its clients are authenticated, for quotas (default: ANONYMOUS)"},
    {.key = "topology", .shapes = SHAPE_LIST, .required = true, .minimum = 1, .maximum = 16, .items = &one_subtopology, .help = "its sub-topologies: 0, 1 ..."},
    {.key = "instances", .shapes = SHAPE_INTEGER | SHAPE_LIST, .fallback = "1", .minimum = 0, .maximum = 1000, .items = &one_instance, .help = "how many processes, or a list of them; each has num.stream.threads threads"},
    {.key = "restore.per.record", .shapes = SHAPE_DURATION | SHAPE_OBJECT, .fallback = "\"5us\"", .object = &rules_distribution_ns, .help = "work to put a record of a changelog into a store, besides fetching it (the default is assumed, not measured)"},
    {.key = "record.size", .shapes = SHAPE_BYTES | SHAPE_OBJECT, .fallback = "\"100B\"", .object = &rules_distribution_bytes, .help = "of the values that it writes"},
    {.key = "config", .shapes = SHAPE_CONFIG, .fallback = "{}", .scopes = 1u << KAFKA_SCOPE_STREAMS | 1u << KAFKA_SCOPE_CONSUMER, .help = "options of Streams, and of its consumers, by Kafka's names"},
    {.key = "producer.config", .shapes = SHAPE_CONFIG, .fallback = "{}", .scopes = 1u << KAFKA_SCOPE_PRODUCER, .help = "options of its producers, without the prefix \"producer.\""},
};
const RuleSet rules_streams = SET("streams", streams, false);
/* clang-format on */
