/* rules_groups.c - the tables of groups: members, what their application does, when it commits. */
#include "scenarios/runner/reader/rules.h"

#define SET(name, rules, one_of)                                                                   \
    {                                                                                              \
        name, rules, sizeof(rules) / sizeof((rules)[0]), one_of                                    \
    }
#define SEC INT64_C(1000000000)

static const Rule one_name = {.shapes = SHAPE_NAME};
static const Rule one_partition = {.shapes = SHAPE_INTEGER, .minimum = 0, .maximum = 99999};

/* clang-format off */
#define PICK \
    {.key = "every", .shapes = SHAPE_INTEGER, .minimum = 1, .maximum = INT64_C(1000000000000), .help = "every n-th record of a partition"}, \
    {.key = "offset", .shapes = SHAPE_INTEGER, .minimum = 0, .maximum = INT64_C(1000000000000), .help = "or the one at this offset"}, \
    {.key = "partition", .shapes = SHAPE_INTEGER, .minimum = 0, .maximum = 99999, .help = "of this partition only (default: of each)"}
static const Rule slow[] = {
    PICK,
    {.key = "time", .shapes = SHAPE_DURATION | SHAPE_OBJECT, .required = true, .object = &rules_distribution_ns, .help = "work for each of them, besides per.record"},
};
const RuleSet rules_slow = SET("slow records", slow, false);
static const Rule poison[] = {
    PICK,
    {.key = "retries", .shapes = SHAPE_INTEGER, .fallback = "0", .minimum = 0, .maximum = INT32_MAX, .help = "how often each is tried again, in the thread that polls"},
    {.key = "backoff", .shapes = SHAPE_DURATION, .fallback = "\"0ms\"", .minimum = 0, .maximum = 86400 * SEC, .help = "before each retry"},
    {.key = "then", .shapes = SHAPE_WORD, .fallback = "\"skip\"", .choices = "skip|dead.letter|reject|stop", .help = "after the last: go on with the next record (\"share\": \"explicit\": release it, and it is delivered again), send it to a dead-letter topic first, reject it (\"share\": \"explicit\" only: it is archived, nobody gets it again), or end the application, which closes its consumer"},
    {.key = "topic", .shapes = SHAPE_NAME, .help = "the dead-letter topic; each record is sent alone, as 200 B, by a producer without idempotence and without time-outs"},
};
const RuleSet rules_poison = SET("poison records", poison, false);
static const Rule commit[] = {
    {.key = "call", .shapes = SHAPE_WORD, .required = true, .choices = "sync|async", .help = "commitSync(), which waits and tries again, or commitAsync()"},
    {.key = "every", .shapes = SHAPE_WORD | SHAPE_INTEGER, .minimum = 1, .maximum = 1000000000, .choices = "poll|record", .help = "after each poll's records (default), after each record, or after so many records"},
    {.key = "interval", .shapes = SHAPE_DURATION, .minimum = 1000000, .maximum = 86400 * SEC, .help = "with each poll, but not more often than this"},
    {.key = "when", .shapes = SHAPE_WORD, .fallback = "\"after.processing\"", .choices = "after.processing|before.processing", .help = "at least once, or at most once"},
    {.key = "on.revoke", .shapes = SHAPE_BOOLEAN, .fallback = "false", .help = "also with commitSync() in onPartitionsRevoked"},
};
const RuleSet rules_commit = SET("commit", commit, false);
static const Rule member_process[] = {
    {.key = "per.record", .shapes = SHAPE_DURATION | SHAPE_OBJECT, .object = &rules_distribution_ns, .help = "work for each record (default: the group's)"},
    {.key = "per.poll", .shapes = SHAPE_DURATION | SHAPE_OBJECT, .object = &rules_distribution_ns, .help = "work for each poll that returned records (default: the group's)"},
};
const RuleSet rules_member_process = SET("process of a member", member_process, false);
static const Rule process[] = {
    {.key = "per.record", .shapes = SHAPE_DURATION | SHAPE_OBJECT, .fallback = "\"0ms\"", .object = &rules_distribution_ns, .help = "work for each record"},
    {.key = "per.poll", .shapes = SHAPE_DURATION | SHAPE_OBJECT, .fallback = "\"0ms\"", .object = &rules_distribution_ns, .help = "work for each poll that returned records"},
    {.key = "slow", .shapes = SHAPE_OBJECT, .object = &rules_slow, .help = "records that take longer"},
    {.key = "poison", .shapes = SHAPE_OBJECT, .object = &rules_poison, .help = "records that cannot be processed, however often they are tried"},
};
const RuleSet rules_process = SET("process", process, false);
static const Rule member[] = {
    {.key = "name", .shapes = SHAPE_NAME, .help = "client.id (default: GROUP-0, GROUP-1 ...)"},
    {.key = "start", .shapes = SHAPE_DURATION, .help = "when it starts (default: 0s, or when the timeline lets it join or start)"},
    {.key = "host", .shapes = SHAPE_NAME, .help = "one of cluster.hosts (default: a host of its own)"},
    {.key = "partitions", .shapes = SHAPE_LIST, .minimum = 1, .maximum = 100000, .items = &one_partition, .help = "with \"assign\": these of each topic (default: all)"},
    {.key = "process", .shapes = SHAPE_OBJECT, .object = &rules_member_process, .help = "a member that is slower than the others, or faster"},
    {.key = "config", .shapes = SHAPE_CONFIG, .fallback = "{}", .scopes = 1u << KAFKA_SCOPE_CONSUMER, .help = "options of this member, over the group's"},
};
const RuleSet rules_member = SET("member", member, false);
static const Rule one_member = {.shapes = SHAPE_OBJECT, .object = &rules_member};
static const Rule group[] = {
    {.key = "name", .shapes = SHAPE_NAME, .required = true, .help = "Kafka's group.id"},
    {.key = "user", .shapes = SHAPE_TEXT, .help = "as whom its members are authenticated, for quotas (default: ANONYMOUS)"},
    {.key = "topics", .shapes = SHAPE_LIST, .minimum = 1, .maximum = 1000, .items = &one_name, .help = "what it subscribes to"},
    {.key = "topics.matching", .shapes = SHAPE_TEXT, .help = "instead of topics: a regular expression for whole names; topics that match may be created later"},
    {.key = "matched.by", .shapes = SHAPE_WORD, .choices = "client|coordinator", .help = "who matches: subscribe(Pattern), or subscribe(SubscriptionPattern) of the consumer protocol, which is its default here"},
    {.key = "members", .shapes = SHAPE_INTEGER | SHAPE_LIST, .fallback = "1", .minimum = 0, .maximum = 1000, .items = &one_member, .help = "how many consumers, or a list of them"},
    {.key = "process", .shapes = SHAPE_OBJECT, .fallback = "{}", .object = &rules_process, .help = "the application's work"},
    {.key = "share", .shapes = SHAPE_WORD, .choices = "implicit|explicit", .help = "a share group (KafkaShareConsumer): its members take records of the same partitions and acknowledge them, all of a poll() with the next one (implicit) or releasing or rejecting those that failed (explicit); that the cluster has share.version=1 is taken for granted, with ZooKeeper there are none"},
    {.key = "assign", .shapes = SHAPE_WORD, .choices = "with.group.id|without.group.id", .help = "assign() instead of subscribe(): no membership, each member takes its partitions; without group.id no offsets are kept either"},
    {.key = "commit", .shapes = SHAPE_OBJECT, .object = &rules_commit, .help = "the application commits itself (default: enable.auto.commit decides)"},
    {.key = "poll.timeout", .shapes = SHAPE_DURATION, .fallback = "\"100ms\"", .help = "of poll(timeout)"},
    {.key = "config", .shapes = SHAPE_CONFIG, .fallback = "{}", .scopes = 1u << KAFKA_SCOPE_CONSUMER, .help = "consumer options, by Kafka's names"},
    {.key = "group.config", .shapes = SHAPE_CONFIG, .scopes = 1u << KAFKA_SCOPE_GROUP, .help = "the group's own options (kafka-configs --entity-type groups): consumer.* and share.* of Kafka's GroupConfig"},
};
const RuleSet rules_group = SET("group", group, false);
static const Rule worker[] = {
    {.key = "name", .shapes = SHAPE_NAME, .help = "as the timeline calls it: \"member\" (default: NAME-0, NAME-1 ...)"},
    {.key = "start", .shapes = SHAPE_DURATION, .help = "when it starts (default: 0s, or when the timeline lets it join or start)"},
    {.key = "host", .shapes = SHAPE_NAME, .help = "one of cluster.hosts (default: a host of its own); its tasks are on hosts of their own"},
    {.key = "connect.protocol", .shapes = SHAPE_WORD, .choices = "eager|compatible|sessioned", .help = "its own (default: the cluster's); the group uses the best that all workers support, as in a rolling upgrade"},
};
const RuleSet rules_worker = SET("worker", worker, false);
static const Rule one_worker = {.shapes = SHAPE_OBJECT, .object = &rules_worker};
static const Rule connector[] = {
    {.key = "name", .shapes = SHAPE_NAME, .required = true, .help = "its tasks are NAME-0, NAME-1 ..."},
    {.key = "group", .shapes = SHAPE_NAME, .help = "a sink: the members of this group are its tasks (Kafka calls the group connect-NAME)"},
    {.key = "producer", .shapes = SHAPE_NAME, .help = "a source: the instances of this producer are its tasks"},
    {.key = "transaction.boundary", .shapes = SHAPE_WORD, .choices = "poll|interval|connector", .fallback = "\"poll\"", .help = "of an exactly-once source: how often its transactions end"},
    {.key = "transaction.boundary.interval.ms", .shapes = SHAPE_INTEGER, .minimum = 1, .maximum = INT32_MAX, .help = "with transaction.boundary interval; as offset.flush.interval.ms unless set"},
    {.key = "transaction.records", .shapes = SHAPE_INTEGER, .minimum = 1, .maximum = INT32_MAX, .help = "with transaction.boundary connector: it ends its transactions after so many records"},
};
const RuleSet rules_connector = SET("connector", connector, false);
static const Rule one_connector = {.shapes = SHAPE_OBJECT, .object = &rules_connector};
static const Rule connect[] = {
    {.key = "name", .shapes = SHAPE_NAME, .required = true, .help = "group.id of the workers; a group for goals, faults and describe"},
    {.key = "workers", .shapes = SHAPE_INTEGER | SHAPE_LIST, .fallback = "1", .minimum = 0, .maximum = 1000, .items = &one_worker, .help = "how many, or a list of them"},
    {.key = "connectors", .shapes = SHAPE_LIST, .required = true, .minimum = 1, .maximum = 1000, .items = &one_connector, .help = "what they run: groups and producers that start with no one else"},
    {.key = "scheduled.rebalance.max.delay.ms", .shapes = SHAPE_INTEGER, .fallback = "300000", .minimum = 0, .maximum = INT32_MAX, .help = "how long nobody gets what a missing worker ran"},
    {.key = "session.timeout.ms", .shapes = SHAPE_INTEGER, .fallback = "10000", .minimum = 1, .maximum = INT32_MAX, .help = "a worker without a heartbeat for so long is dead"},
    {.key = "heartbeat.interval.ms", .shapes = SHAPE_INTEGER, .fallback = "3000", .minimum = 1, .maximum = INT32_MAX, .help = "how often a worker says that it lives, and hears of rebalances"},
    {.key = "rebalance.timeout.ms", .shapes = SHAPE_INTEGER, .fallback = "60000", .minimum = 1, .maximum = INT32_MAX, .help = "how long a rebalance waits for workers to join"},
    {.key = "connect.protocol", .shapes = SHAPE_WORD, .choices = "eager|compatible|sessioned", .fallback = "\"sessioned\"", .help = "eager: each rebalance stops everything; the others: only what moves (KIP-415)"},
    {.key = "offset.flush.interval.ms", .shapes = SHAPE_INTEGER, .fallback = "60000", .minimum = 1, .maximum = INT32_MAX, .help = "how often tasks commit their offsets"},
    {.key = "offset.flush.timeout.ms", .shapes = SHAPE_INTEGER, .fallback = "5000", .minimum = 1, .maximum = INT32_MAX, .help = "how long a source task that stops waits for its records' answers"},
    {.key = "exactly.once.source.support", .shapes = SHAPE_WORD, .choices = "disabled|preparing|enabled", .fallback = "\"disabled\"", .help = "enabled: sources commit their offsets in the transactions of their records (KIP-618)"},
    {.key = "task.shutdown.graceful.timeout.ms", .shapes = SHAPE_INTEGER, .fallback = "5000", .minimum = 0, .maximum = INT32_MAX, .help = "how long a worker waits for tasks that it stops; then it cancels them"},
};
const RuleSet rules_connect = SET("connect", connect, false);
/* clang-format on */
