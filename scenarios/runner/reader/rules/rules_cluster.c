/* rules_cluster.c - the tables of the whole scenario, its cluster and its topics. */
#include "scenarios/runner/reader/rules.h"

#define SET(name, rules, one_of)                                                                   \
    {                                                                                              \
        name, rules, sizeof(rules) / sizeof((rules)[0]), one_of                                    \
    }
#define SEC INT64_C(1000000000)

/* clang-format off */
/* --- distributions --- */

static const Rule normal_ns[] = {
    {.key = "mean", .shapes = SHAPE_DURATION, .required = true, .help = "the mean"},
    {.key = "sd", .shapes = SHAPE_DURATION, .required = true, .help = "the standard deviation"},
};
static const Rule exponential_ns[] = {
    {.key = "mean", .shapes = SHAPE_DURATION, .required = true, .help = "the mean"},
};
static const Rule lognormal_ns[] = {
    {.key = "median", .shapes = SHAPE_DURATION, .required = true, .help = "half are below it"},
    {.key = "p99", .shapes = SHAPE_DURATION, .required = true, .help = "99 % are below it"},
};
static const Rule uniform_ns[] = {
    {.key = "from", .shapes = SHAPE_DURATION, .required = true, .help = "the least"},
    {.key = "to", .shapes = SHAPE_DURATION, .required = true, .help = "the greatest"},
};
static const Rule normal_bytes[] = {
    {.key = "mean", .shapes = SHAPE_BYTES, .required = true, .help = "the mean"},
    {.key = "sd", .shapes = SHAPE_BYTES, .required = true, .help = "the standard deviation"},
};
static const Rule exponential_bytes[] = {
    {.key = "mean", .shapes = SHAPE_BYTES, .required = true, .help = "the mean"},
};
static const Rule lognormal_bytes[] = {
    {.key = "median", .shapes = SHAPE_BYTES, .required = true, .help = "half are below it"},
    {.key = "p99", .shapes = SHAPE_BYTES, .required = true, .help = "99 % are below it"},
};
static const Rule uniform_bytes[] = {
    {.key = "from", .shapes = SHAPE_BYTES, .required = true, .help = "the least"},
    {.key = "to", .shapes = SHAPE_BYTES, .required = true, .help = "the greatest"},
};
static const RuleSet set_normal_ns = SET("normal", normal_ns, false);
static const RuleSet set_exponential_ns = SET("exponential", exponential_ns, false);
static const RuleSet set_lognormal_ns = SET("lognormal", lognormal_ns, false);
static const RuleSet set_uniform_ns = SET("uniform", uniform_ns, false);
static const RuleSet set_normal_bytes = SET("normal", normal_bytes, false);
static const RuleSet set_exponential_bytes = SET("exponential", exponential_bytes, false);
static const RuleSet set_lognormal_bytes = SET("lognormal", lognormal_bytes, false);
static const RuleSet set_uniform_bytes = SET("uniform", uniform_bytes, false);

static const Rule distribution_ns[] = {
    {.key = "exponential", .shapes = SHAPE_OBJECT, .object = &set_exponential_ns, .help = "memoryless"},
    {.key = "lognormal", .shapes = SHAPE_OBJECT, .object = &set_lognormal_ns, .help = "a long tail"},
    {.key = "normal", .shapes = SHAPE_OBJECT, .object = &set_normal_ns, .help = "a bell, cut at 0"},
    {.key = "uniform", .shapes = SHAPE_OBJECT, .object = &set_uniform_ns, .help = "all values alike"},
};
const RuleSet rules_distribution_ns = SET("distribution", distribution_ns, true);
static const Rule distribution_bytes[] = {
    {.key = "exponential", .shapes = SHAPE_OBJECT, .object = &set_exponential_bytes, .help = "memoryless"},
    {.key = "lognormal", .shapes = SHAPE_OBJECT, .object = &set_lognormal_bytes, .help = "a long tail"},
    {.key = "normal", .shapes = SHAPE_OBJECT, .object = &set_normal_bytes, .help = "a bell, cut at 0"},
    {.key = "uniform", .shapes = SHAPE_OBJECT, .object = &set_uniform_bytes, .help = "all values alike"},
};
const RuleSet rules_distribution_bytes = SET("distribution", distribution_bytes, true);

/* --- cluster --- */

static const Rule host[] = {
    {.key = "name", .shapes = SHAPE_NAME, .required = true, .help = "what processes name in their \"host\""},
    {.key = "cores", .shapes = SHAPE_INTEGER, .minimum = 1, .maximum = 1024, .help = "cores (default: the model's host.cores)"},
    {.key = "rack", .shapes = SHAPE_NAME, .help = "the rack it stands in"},
    {.key = "model", .shapes = SHAPE_MODEL, .fallback = "{}", .help = "hardware constants of this host alone"},
};
const RuleSet rules_host = SET("host", host, false);

static const Rule broker[] = {
    {.key = "id", .shapes = SHAPE_INTEGER, .required = true, .minimum = 0, .maximum = INT32_MAX, .help = "Kafka's node.id"},
    {.key = "rack", .shapes = SHAPE_NAME, .help = "Kafka's broker.rack (default: its host's rack)"},
    {.key = "host", .shapes = SHAPE_NAME, .help = "one of cluster.hosts (default: a host of its own)"},
    {.key = "started", .shapes = SHAPE_BOOLEAN, .fallback = "true", .help = "false: unknown to the cluster until the timeline starts it"},
    {.key = "fresh", .shapes = SHAPE_BOOLEAN, .fallback = "false", .help = "true: its process was started shortly before; what it does for the first time takes longer (cpu.first.run)"},
    {.key = "log.dirs", .shapes = SHAPE_INTEGER, .minimum = 1, .maximum = 16, .help = "log directories, each on a disk of its own (default: the cluster's)"},
    {.key = "config", .shapes = SHAPE_CONFIG, .fallback = "{}", .scopes = KAFKA_SCOPES_NODE, .help = "options of this broker, over cluster.config"},
};
const RuleSet rules_broker = SET("broker", broker, false);

static const Rule controller[] = {
    {.key = "id", .shapes = SHAPE_INTEGER, .required = true, .minimum = 0, .maximum = INT32_MAX, .help = "Kafka's node.id"},
    {.key = "host", .shapes = SHAPE_NAME, .help = "one of cluster.hosts (default: a host of its own)"},
    {.key = "config", .shapes = SHAPE_CONFIG, .fallback = "{}", .scopes = KAFKA_SCOPES_NODE, .help = "options of this controller, over cluster.config"},
};
const RuleSet rules_controller = SET("controller", controller, false);

static const Rule one_broker = {.shapes = SHAPE_OBJECT, .object = &rules_broker};
static const Rule one_controller = {.shapes = SHAPE_OBJECT, .object = &rules_controller};
static const Rule one_host = {.shapes = SHAPE_OBJECT, .object = &rules_host};
static const Rule one_name = {.shapes = SHAPE_NAME};

/* Every switch of era.h has a row here; a test counts them. */
static const Rule era[] = {
    {.key = "KIP-101", .shapes = SHAPE_BOOLEAN, .fallback = "true", .help = "followers truncate by leader epoch; off: a follower truncates its log to its own high watermark"},
    {.key = "KIP-279", .shapes = SHAPE_BOOLEAN, .fallback = "true", .help = "the answer to an epoch names the epoch that it is of; off: only an end offset"},
    {.key = "KIP-320", .shapes = SHAPE_BOOLEAN, .fallback = "true", .help = "fetches carry the leader epoch; off: a stale one is not noticed"},
    {.key = "KIP-345", .shapes = SHAPE_BOOLEAN, .fallback = "true", .help = "static members; off: group.instance.id means nothing"},
    {.key = "KIP-392", .shapes = SHAPE_BOOLEAN, .fallback = "true", .help = "consumers may fetch from followers; off: never"},
    {.key = "KIP-394", .shapes = SHAPE_BOOLEAN, .fallback = "true", .help = "a new member is given an id and comes back with it; off: it is in the group at once, as often as it asks"},
    {.key = "KIP-429", .shapes = SHAPE_BOOLEAN, .fallback = "true", .help = "cooperative-sticky rebalances incrementally; off: it is the eager sticky assignor"},
    {.key = "KIP-480", .shapes = SHAPE_BOOLEAN, .fallback = "true", .help = "records without a key stick to a partition; off: they go to one after the other"},
    {.key = "KIP-497", .shapes = SHAPE_BOOLEAN, .fallback = "true", .help = "leaders ask the controller for ISR changes; off (ZooKeeper only): they write them themselves"},
    {.key = "KIP-679", .shapes = SHAPE_BOOLEAN, .fallback = "true", .help = "producers have acks=all and idempotence by default; off: acks=1 and none"},
    {.key = "KIP-794", .shapes = SHAPE_BOOLEAN, .fallback = "true", .help = "the sticky partition changes by bytes, away from long queues; off: at each new batch, so that slow brokers get more"},
    {.key = "KIP-890", .shapes = SHAPE_BOOLEAN, .fallback = "true", .help = "transactions v2, a new epoch for each; off: v1, one epoch for all of a producer's"},
    {.key = "KIP-903", .shapes = SHAPE_BOOLEAN, .fallback = "true", .help = "a restarted ISR member is noticed by its broker epoch; off: it is not"},
    {.key = "KIP-951", .shapes = SHAPE_BOOLEAN, .fallback = "true", .help = "errors name the new leader; off: clients ask for metadata"},
    {.key = "KIP-966", .shapes = SHAPE_BOOLEAN, .fallback = "true", .help = "eligible leader replicas; off: the last ISR member stays listed"},
    {.key = "KIP-996", .shapes = SHAPE_BOOLEAN, .fallback = "true", .help = "a pre-vote before an election of the metadata quorum; off: none"},
    {.key = "KIP-1166", .shapes = SHAPE_BOOLEAN, .fallback = "true", .help = "brokers hear of committed metadata at once; off: up to 500 ms late"},
    {.key = "KAFKA-9965", .shapes = SHAPE_BOOLEAN, .fallback = "true", .help = "a partitioner.class is asked once a record; off (2.4 to 3.9): again when the record needs a new batch, so that RoundRobinPartitioner skips partitions"},
    {.key = "KAFKA-15583", .shapes = SHAPE_BOOLEAN, .fallback = "true", .help = "the high watermark stands still below min.insync.replicas; off: it moves"},
    {.key = "KAFKA-18688", .shapes = SHAPE_BOOLEAN, .fallback = "true", .help = "uniform leaves an extra partition where it is; off: the first members get it"},
    {.key = "KRaft", .shapes = SHAPE_BOOLEAN, .help = "controllers keep the metadata (default: true); off: ZooKeeper does, and a broker is the controller"},
    {.key = "metadata", .shapes = SHAPE_WORD, .choices = "kraft|zookeeper", .help = "the same in words: \"zookeeper\" stands for \"KRaft\": false"},
};
const RuleSet rules_era = SET("era", era, false);

static const Rule quota[] = {
    {.key = "user", .shapes = SHAPE_TEXT, .help = "whose connections (a client's \"user\", ANONYMOUS without); \"<default>\": of every user without a limit"},
    {.key = "client.id", .shapes = SHAPE_TEXT, .help = "a producer's (name, or name-0, name-1 of several) or a member's; \"<default>\": of every client without a limit"},
    {.key = "producer_byte_rate", .shapes = SHAPE_INTEGER, .minimum = 1, .maximum = INT64_C(1000000000000), .help = "bytes of produce requests a second, to each broker"},
    {.key = "consumer_byte_rate", .shapes = SHAPE_INTEGER, .minimum = 1, .maximum = INT64_C(1000000000000), .help = "bytes of fetched data a second, from each broker"},
    {.key = "request_percentage", .shapes = SHAPE_NUMBER, .minimum = 0, .maximum = 1000000, .help = "thread time of each broker; 100 = one thread"},
};
const RuleSet rules_quota = SET("quota", quota, false);
static const Rule one_quota = {.shapes = SHAPE_OBJECT, .object = &rules_quota};
static const Rule cluster[] = {
    {.key = "brokers", .shapes = SHAPE_INTEGER | SHAPE_LIST, .fallback = "3", .minimum = 1, .maximum = 1000, .items = &one_broker, .help = "how many (ids 1..n), or a list of brokers"},
    {.key = "racks", .shapes = SHAPE_LIST, .minimum = 1, .maximum = 1000, .items = &one_name, .help = "racks, dealt out to brokers in turn: the first broker the first rack"},
    {.key = "log.dirs", .shapes = SHAPE_INTEGER, .fallback = "1", .minimum = 1, .maximum = 16, .help = "log directories of each broker, each on a disk of its own (JBOD)"},
    {.key = "era", .shapes = SHAPE_OBJECT, .fallback = "{}", .object = &rules_era, .help = "which of Kafka's later fixes are in force"},
    {.key = "controllers", .shapes = SHAPE_INTEGER | SHAPE_LIST, .fallback = "1", .minimum = 1, .maximum = 9, .items = &one_controller, .help = "how many (ids 101...), or a list of controllers"},
    {.key = "hosts", .shapes = SHAPE_LIST, .fallback = "[]", .minimum = 0, .maximum = 2000, .items = &one_host, .help = "machines that several processes share"},
    {.key = "config", .shapes = SHAPE_CONFIG, .fallback = "{}", .scopes = KAFKA_SCOPES_NODE, .help = "options of all brokers and controllers, by Kafka's names"},
    {.key = "quotas", .shapes = SHAPE_LIST, .minimum = 0, .maximum = 1000, .items = &one_quota, .help = "what clients may use: the most specific entry counts for each (KIP-55)"},
    {.key = "model", .shapes = SHAPE_MODEL, .fallback = "{}", .help = "hardware constants of all hosts"},
};
const RuleSet rules_cluster = SET("cluster", cluster, false);

/* --- topics --- */

static const Rule one_id = {.shapes = SHAPE_INTEGER, .minimum = 0, .maximum = INT32_MAX};
static const Rule one_replica_list = {.shapes = SHAPE_LIST, .minimum = 1, .maximum = REPLICAS_MAX, .items = &one_id};
static const Rule topic[] = {
    {.key = "name", .shapes = SHAPE_NAME, .required = true, .help = "the topic's name"},
    {.key = "partitions", .shapes = SHAPE_INTEGER, .minimum = 1, .maximum = 100000, .help = "how many (default: the assignment's, else Kafka's num.partitions)"},
    {.key = "replication.factor", .shapes = SHAPE_INTEGER, .minimum = 1, .maximum = REPLICAS_MAX, .help = "replicas (default: the assignment's, else Kafka's default.replication.factor)"},
    {.key = "assignment", .shapes = SHAPE_LIST, .minimum = 1, .maximum = 100000, .items = &one_replica_list, .help = "broker ids of each partition, preferred leader first: [[1,2],[2,3]]"},
    {.key = "config", .shapes = SHAPE_CONFIG, .fallback = "{}", .scopes = 1u << KAFKA_SCOPE_TOPIC, .help = "topic options, by Kafka's names"},
};
const RuleSet rules_topic = SET("topic", topic, false);

/* --- the whole --- */

static const Rule one_topic = {.shapes = SHAPE_OBJECT, .object = &rules_topic};
static const Rule one_producer = {.shapes = SHAPE_OBJECT, .object = &rules_producer};
static const Rule one_group = {.shapes = SHAPE_OBJECT, .object = &rules_group};
static const Rule one_connect = {.shapes = SHAPE_OBJECT, .object = &rules_connect};
static const Rule one_streams = {.shapes = SHAPE_OBJECT, .object = &rules_streams};
static const Rule one_event = {.shapes = SHAPE_OBJECT, .object = &rules_timeline};
static const Rule one_goal = {.shapes = SHAPE_OBJECT, .object = &rules_goal};

static const Rule scenario[] = {
    {.key = "$schema", .shapes = SHAPE_TEXT, .help = "where the editor finds the JSON Schema (kafkasim schema)"},
    {.key = "version", .shapes = SHAPE_INTEGER, .required = true, .minimum = 1, .maximum = 1, .help = "of this format: 1"},
    {.key = "name", .shapes = SHAPE_NAME, .required = true, .help = "names the results"},
    {.key = "description", .shapes = SHAPE_TEXT, .fallback = "\"\"", .help = "what it shows, in a sentence"},
    {.key = "seed", .shapes = SHAPE_SEED, .fallback = "1", .help = "of all chance; the same seed gives the same run"},
    {.key = "duration", .shapes = SHAPE_DURATION, .fallback = "\"60s\"", .minimum = 1000000, .maximum = 366 * 86400 * SEC, .help = "simulated time"},
    {.key = "fidelity", .shapes = SHAPE_WORD, .choices = "batch|record", .help = "batch (default): arrivals and work are computed by the batch; record: each record is sent, timed and processed by itself, for small runs"},
    {.key = "warmup", .shapes = SHAPE_DURATION, .fallback = "\"0s\"", .help = "latency and rates count from here on"},
    {.key = "cluster", .shapes = SHAPE_OBJECT, .fallback = "{}", .object = &rules_cluster, .help = "brokers, controllers, hosts"},
    {.key = "topics", .shapes = SHAPE_LIST, .required = true, .minimum = 1, .maximum = 1000, .items = &one_topic, .help = "the topics"},
    {.key = "producers", .shapes = SHAPE_LIST, .fallback = "[]", .minimum = 0, .maximum = 1000, .items = &one_producer, .help = "who writes"},
    {.key = "groups", .shapes = SHAPE_LIST, .fallback = "[]", .minimum = 0, .maximum = 1000, .items = &one_group, .help = "consumer groups: who reads"},
    {.key = "connect", .shapes = SHAPE_LIST, .minimum = 1, .maximum = 100, .items = &one_connect, .help = "Connect clusters: workers that share out what reads and writes (KIP-415)"},
    {.key = "streams", .shapes = SHAPE_LIST, .minimum = 1, .maximum = 100, .items = &one_streams, .help = "Kafka Streams applications: instances that share out tasks, with stores and changelogs"},
    {.key = "timeline", .shapes = SHAPE_LIST, .fallback = "[]", .minimum = 0, .maximum = 10000, .items = &one_event, .help = "what happens when: faults, scaling, notes"},
    {.key = "random.faults", .shapes = SHAPE_OBJECT, .object = &rules_random, .help = "faults drawn by chance, from the seed"},
    {.key = "goals", .shapes = SHAPE_LIST, .fallback = "[]", .minimum = 0, .maximum = 1000, .items = &one_goal, .help = "what must hold at the end; decides the exit code"},
    {.key = "lesson", .shapes = SHAPE_OBJECT, .object = &rules_lesson, .help = "questions for a class"},
    {.key = "sweep", .shapes = SHAPE_OBJECT, .object = &rules_sweep, .help = "what `kafkasim sweep` varies"},
    {.key = "output", .shapes = SHAPE_OBJECT, .fallback = "{}", .object = &rules_output, .help = "how finely results are kept"},
};
const RuleSet rules_scenario = SET("scenario", scenario, false);

const RuleSet *const rules_all[] = {
    &rules_scenario, &rules_cluster, &rules_broker, &rules_controller, &rules_host, &rules_topic,
    &rules_producer, &rules_transaction, &rules_record, &rules_keys, &rules_quota, &rules_keys_zipf, &rules_keys_hot, &rules_load, &rules_on_off, &rules_load_state, &rules_load_curve, &rules_load_ramp, &rules_group, &rules_process, &rules_member_process, &rules_slow, &rules_poison, &rules_commit,
    &rules_member, &rules_connect, &rules_worker, &rules_connector, &rules_streams, &rules_subtopology, &rules_store, &rules_instance, &rules_timeline, &rules_leader, &rules_move, &rules_plan, &rules_random, &rules_era, &rules_goal, &rules_where, &rules_lesson,
    &rules_lesson_case, &rules_question, &rules_sweep, &rules_output, &rules_distribution_ns, &rules_distribution_bytes, NULL};
/* clang-format on */
