/* cross_checks.c - options that contradict each other, as Kafka's own clients and brokers find
 * out when they start (ProducerConfig.postProcessAndValidateIdempotenceConfigs, ConsumerConfig,
 * KafkaConfig.validateValues, GroupCoordinatorConfig). */
#include "scenarios/runner/reader/reader.h"
#include <string.h>

/* Reports at the option where it is set, else at the config. */
static void contradict(Reader *reader,
                       const Cursor *config,
                       ProblemKind kind,
                       const char *option,
                       const char *format,
                       ...) __attribute__((format(printf, 5, 6)));

static void contradict(Reader *reader,
                       const Cursor *config,
                       ProblemKind kind,
                       const char *option,
                       const char *format,
                       ...)
{
    Cursor child;
    va_list arguments;
    va_start(arguments, format);
    char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    bool there = get(reader, config, option, &child);
    reader_problem(reader, kind, there ? &child : config, false, NULL, "%s", message);
    g_free(message);
}

typedef struct Order {
    const char *less, *more; /* integers: less < more, or <= with `equal` */
    bool equal;
    ProblemKind kind;
} Order;

static void check_orders(
    Reader *reader, const Cursor *at, const KafkaConfig *config, const Order *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const Order *row = &rows[i];
        int64_t less = kafka_config_integer(config, row->less);
        int64_t more = kafka_config_integer(config, row->more);
        if (less < more || (row->equal && less == more)) {
            continue;
        }
        bool first = cJSON_GetObjectItemCaseSensitive(at->node, row->less) != NULL;
        contradict(reader,
                   at,
                   row->kind,
                   first ? row->less : row->more,
                   "%s (%" G_GINT64_FORMAT ") must be %s %s (%" G_GINT64_FORMAT ")",
                   row->less,
                   less,
                   row->equal ? "at most" : "below",
                   row->more,
                   more);
    }
}

/* GroupCoordinatorConfig: what a group is given lies between two options, and a member beats more
 * than once a session. */
#define BETWEEN(group, what)                                                                       \
    {group "min." what, group "max." what, true, PROBLEM_ERROR},                                   \
        {group "min." what, group what, true, PROBLEM_ERROR},                                      \
    {                                                                                              \
        group what, group "max." what, true, PROBLEM_ERROR                                         \
    }
#define BEATS(group)                                                                               \
    {                                                                                              \
        group "heartbeat.interval.ms", group "session.timeout.ms", false, PROBLEM_ERROR            \
    }

/* Options that Kafka leaves open to the top and a simulation has to hold in memory. */
static void check_limits(Reader *reader, const Cursor *at, const KafkaConfig *config)
{
    static const struct {
        const char *option;
        int64_t most;
    } limits[] = {
        {"offsets.topic.num.partitions", 10000},
        {"quota.window.num", 100000},
        {"replication.quota.window.num", 100000},
        {"controller.quota.window.num", 100000},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(limits); i++) {
        int64_t value = kafka_config_integer(config, limits[i].option);
        if (value > limits[i].most) {
            contradict(reader,
                       at,
                       PROBLEM_ERROR,
                       limits[i].option,
                       "expected at most %" G_GINT64_FORMAT
                       " (a limit of kafkasim), found %" G_GINT64_FORMAT,
                       limits[i].most,
                       value);
        }
    }
}

/* Mirrors: KafkaConfig.groupCoordinatorRebalanceProtocols. */
static void check_group_types(Reader *reader, const Cursor *at, const KafkaConfig *config)
{
    static const char option[] = "group.coordinator.rebalance.protocols";
    if (strstr(kafka_config_text(config, option), "classic") == NULL) {
        contradict(reader, at, PROBLEM_ERROR, option, "the classic protocol cannot be disabled");
    }
}

/* Mirrors: KafkaConfig.validateValues on .logRetentionTimeMillis: ms > minutes > hours. */
static void check_retention(Reader *reader, const Cursor *at, const KafkaConfig *config)
{
    static const char *const names[] = {
        "log.retention.ms", "log.retention.minutes", "log.retention.hours"};
    size_t first = 0;
    while (first + 1 < G_N_ELEMENTS(names) && !kafka_config_is_set(config, names[first])) {
        first++;
    }
    if (kafka_config_integer(config, names[first]) == 0) {
        contradict(reader,
                   at,
                   PROBLEM_ERROR,
                   names[first],
                   "%s must be -1 (without end) or at least 1",
                   names[first]);
    }
}

/* Mirrors: KafkaConfig.validateValues. */
static void check_cleaner(Reader *reader, const Cursor *at, const KafkaConfig *config)
{
    static const char option[] = "log.cleaner.dedupe.buffer.size";
    const int64_t threads = kafka_config_integer(config, "log.cleaner.threads");
    if (threads > 0 && kafka_config_integer(config, option) / threads <= 1024 * 1024) {
        contradict(
            reader, at, PROBLEM_ERROR, option, "%s must be above 1 MiB a cleaner thread", option);
    }
}

/* Mirrors: KafkaConfig.validateValues. */
static void check_request_memory(Reader *reader, const Cursor *at, const KafkaConfig *config)
{
    static const char queued[] = "queued.max.request.bytes";
    static const char largest[] = "socket.request.max.bytes";
    const int64_t bytes = kafka_config_integer(config, queued);
    const int64_t least = kafka_config_integer(config, largest);
    if (bytes > 0 && bytes < least) {
        contradict(reader,
                   at,
                   PROBLEM_ERROR,
                   kafka_config_is_set(config, queued) ? queued : largest,
                   "%s (%" G_GINT64_FORMAT ") must be at least %s (%" G_GINT64_FORMAT ")",
                   queued,
                   bytes,
                   largest,
                   least);
    }
}

void cross_check_cluster(Reader *reader, const Cursor *config)
{
    check_limits(reader, config, reader->spec->config);
    check_group_types(reader, config, reader->spec->config);
    check_retention(reader, config, reader->spec->config);
    check_cleaner(reader, config, reader->spec->config);
    check_request_memory(reader, config, reader->spec->config);
    static const Order rows[] = {
        {"replica.fetch.wait.max.ms", "replica.lag.time.max.ms", true, PROBLEM_ERROR},
        {"replica.fetch.wait.max.ms", "replica.socket.timeout.ms", true, PROBLEM_ERROR},
        {"broker.heartbeat.interval.ms", "broker.session.timeout.ms", false, PROBLEM_WARNING},
        {"group.min.session.timeout.ms", "group.max.session.timeout.ms", true, PROBLEM_ERROR},
        BETWEEN("group.consumer.", "heartbeat.interval.ms"),
        BETWEEN("group.consumer.", "session.timeout.ms"),
        BETWEEN("group.share.", "heartbeat.interval.ms"),
        BETWEEN("group.share.", "session.timeout.ms"),
        BETWEEN("group.share.", "record.lock.duration.ms"),
        BETWEEN("group.streams.", "heartbeat.interval.ms"),
        BETWEEN("group.streams.", "session.timeout.ms"),
        {"group.share.max.size", "group.share.max.share.sessions", true, PROBLEM_ERROR},
        BEATS("group.consumer."),
        BEATS("group.share."),
        BEATS("group.streams."),
    };
    check_orders(reader, config, reader->spec->config, rows, G_N_ELEMENTS(rows));
}

/* --- producer --- */

/* The defaults of before KIP-679: acks=1 and no idempotence, unless the producer asks for it, be it
 * by a transactional.id. Mirrors: ProducerConfig.idempotenceEnabled, .maybeOverrideAcksAndRetries
 * of 2.8. */
static void settle_era(const Reader *reader, KafkaConfig *config)
{
    if (reader->spec->era.on[ERA_KIP_679]) {
        return;
    }
    if (!kafka_config_is_set(config, "enable.idempotence")) {
        const bool transactional = kafka_config_text(config, "transactional.id") != NULL;
        kafka_config_set(config, "enable.idempotence", transactional ? "true" : "false");
    }
    if (!kafka_config_is_set(config, "acks")) {
        const bool idempotent = kafka_config_boolean(config, "enable.idempotence");
        kafka_config_set(config, "acks", idempotent ? "all" : "1");
    }
}

/* Kafka switches idempotence off in silence when it was not asked for and cannot be had. */
static void settle_idempotence(Reader *reader, const Cursor *at, KafkaConfig *config)
{
    const char *conflict = NULL;
    if (strcmp(kafka_config_text(config, "acks"), "all") != 0) {
        conflict = "acks";
    } else if (kafka_config_integer(config, "retries") == 0) {
        conflict = "retries";
    }
    if (kafka_config_boolean(config, "enable.idempotence") &&
        kafka_config_integer(config, "max.in.flight.requests.per.connection") > 5) {
        contradict(reader,
                   at,
                   PROBLEM_ERROR,
                   "max.in.flight.requests.per.connection",
                   "idempotence (on by default) wants at most 5 requests in flight; since 4.0 a "
                   "producer does not start otherwise");
        return;
    }
    bool asked = kafka_config_is_set(config, "enable.idempotence");
    bool transactional = kafka_config_text(config, "transactional.id") != NULL;
    if (conflict != NULL &&
        (transactional || (asked && kafka_config_boolean(config, "enable.idempotence")))) {
        contradict(reader,
                   at,
                   PROBLEM_ERROR,
                   conflict,
                   "%s wants acks=all and retries above 0",
                   transactional ? "a transactional.id" : "enable.idempotence=true");
    } else if (conflict != NULL) {
        kafka_config_set(config, "enable.idempotence", "false");
    } else if (transactional && !kafka_config_boolean(config, "enable.idempotence")) {
        contradict(reader,
                   at,
                   PROBLEM_ERROR,
                   "enable.idempotence",
                   "a transactional.id wants enable.idempotence=true");
    }
}

/* An unset delivery.timeout.ms grows with the other two, one that is set must be long enough. */
static void settle_delivery(Reader *reader, const Cursor *at, KafkaConfig *config)
{
    int64_t linger = MIN(kafka_config_integer(config, "linger.ms"), INT32_MAX);
    int64_t request = kafka_config_integer(config, "request.timeout.ms");
    int64_t least = MIN(linger + request, INT32_MAX);
    if (kafka_config_integer(config, "delivery.timeout.ms") >= least) {
        return;
    }
    if (kafka_config_is_set(config, "delivery.timeout.ms")) {
        contradict(reader,
                   at,
                   PROBLEM_ERROR,
                   "delivery.timeout.ms",
                   "delivery.timeout.ms must be at least linger.ms + request.timeout.ms = %d",
                   (int)least);
        return;
    }
    char *text = g_strdup_printf("%d", (int)least);
    kafka_config_set(config, "delivery.timeout.ms", text);
    g_free(text);
}

/* Mirrors: ProducerConfig.postProcessAndValidateIdempotenceConfigs. */
static void check_two_phases(Reader *reader, const Cursor *at, const KafkaConfig *config)
{
    if (kafka_config_boolean(config, "transaction.two.phase.commit.enable") &&
        kafka_config_is_set(config, "transaction.timeout.ms")) {
        contradict(reader,
                   at,
                   PROBLEM_ERROR,
                   "transaction.timeout.ms",
                   "transaction.timeout.ms cannot be set with transaction.two.phase.commit.enable: "
                   "such transactions do not expire");
    }
}

/* The coordinator answers INVALID_TRANSACTION_TIMEOUT, and initTransactions() throws. With two
 * phases no time-out is sent. */
static void check_transaction_timeout(Reader *reader, const Cursor *at, const KafkaConfig *config)
{
    static const char limit[] = "transaction.max.timeout.ms";
    const int64_t most = kafka_config_integer(reader->spec->config, limit);
    const int64_t timeout = kafka_config_integer(config, "transaction.timeout.ms");
    if (kafka_config_text(config, "transactional.id") != NULL && timeout > most &&
        !kafka_config_boolean(config, "transaction.two.phase.commit.enable") &&
        !reader->cluster_broken) {
        contradict(reader,
                   at,
                   PROBLEM_ERROR,
                   "transaction.timeout.ms",
                   "transaction.timeout.ms (%" G_GINT64_FORMAT
                   ") must be at most %s of the brokers (%" G_GINT64_FORMAT ")",
                   timeout,
                   limit,
                   most);
    }
}

/* A batch takes batch.size at least, in one piece. Mirrors: BufferPool.allocate. */
static void check_buffer(Reader *reader, const Cursor *at, const ProducerSpec *producer)
{
    static const char memory[] = "buffer.memory";
    const int64_t bytes = kafka_config_integer(producer->config, memory);
    const int64_t batch = kafka_config_integer(producer->config, "batch.size");
    if (bytes < batch) {
        contradict(reader,
                   at,
                   PROBLEM_WARNING,
                   memory,
                   "buffer.memory (%" G_GINT64_FORMAT
                   ") has no room for a batch.size of %" G_GINT64_FORMAT
                   ": every send() will throw",
                   bytes,
                   batch);
    } else if (distribution_is_constant(&producer->value_bytes) &&
               distribution_mean(&producer->value_bytes) > (double)bytes) {
        contradict(reader,
                   at,
                   PROBLEM_WARNING,
                   memory,
                   "every record is larger than buffer.memory (%" G_GINT64_FORMAT
                   "): all will fail",
                   bytes);
    }
}

void cross_check_producer(Reader *reader, const Cursor *config, ProducerSpec *producer)
{
    static const Order rows[] = {
        {"retry.backoff.ms", "retry.backoff.max.ms", true, PROBLEM_WARNING},
        {"reconnect.backoff.ms", "reconnect.backoff.max.ms", true, PROBLEM_WARNING},
    };
    const bool transactional = kafka_config_text(producer->config, "transactional.id") != NULL;
    if (!transactional && connect_runs_producer(reader, producer->name)) {
        connect_spec_source_config(producer->config);
    }
    settle_era(reader, producer->config);
    settle_idempotence(reader, config, producer->config);
    settle_delivery(reader, config, producer->config);
    check_two_phases(reader, config, producer->config);
    check_transaction_timeout(reader, config, producer->config);
    check_buffer(reader, config, producer);
    check_orders(reader, config, producer->config, rows, G_N_ELEMENTS(rows));
    int64_t largest = kafka_config_integer(producer->config, "max.request.size");
    if (distribution_is_constant(&producer->value_bytes) &&
        distribution_mean(&producer->value_bytes) > (double)largest) {
        contradict(reader,
                   config,
                   PROBLEM_WARNING,
                   "max.request.size",
                   "every record is larger than max.request.size (%d): all will fail",
                   (int)largest);
    }
}

/* --- consumer --- */

static const char *const classic_only[] = {
    "session.timeout.ms", "heartbeat.interval.ms", "partition.assignment.strategy"};

bool is_classic_only(const char *option)
{
    for (size_t i = 0; i < G_N_ELEMENTS(classic_only); i++) {
        if (strcmp(classic_only[i], option) == 0) {
            return true;
        }
    }
    return false;
}

/* Mirrors: GroupMetadataManager.throwIfConsumerGroupHeartbeatRequestIsInvalid. Classes in the place
 * of short names are not looked into. */
static void check_remote_assignor(Reader *reader, const Cursor *at, const char *assignor)
{
    const char *list = kafka_config_text(reader->spec->config, "group.consumer.assignors");
    g_auto(GStrv) names = g_strsplit_set(list, ", ", -1);
    if (strchr(list, '.') == NULL && !reader->cluster_broken &&
        !g_strv_contains((const char *const *)names, assignor)) {
        contradict(reader,
                   at,
                   PROBLEM_WARNING,
                   "group.remote.assignor",
                   "the brokers have %s (group.consumer.assignors): no member gets in "
                   "(UNSUPPORTED_ASSIGNOR)",
                   list);
    }
}

static void check_protocol(Reader *reader, const Cursor *at, const KafkaConfig *config)
{
    bool consumer = strcmp(kafka_config_text(config, "group.protocol"), "consumer") == 0;
    if (!consumer && kafka_config_text(config, "group.remote.assignor") != NULL) {
        contradict(reader,
                   at,
                   PROBLEM_ERROR,
                   "group.remote.assignor",
                   "group.remote.assignor wants group.protocol=consumer");
    }
    if (consumer && kafka_config_text(config, "group.remote.assignor") != NULL) {
        check_remote_assignor(reader, at, kafka_config_text(config, "group.remote.assignor"));
    }
    for (size_t i = 0; consumer && i < G_N_ELEMENTS(classic_only); i++) {
        if (kafka_config_is_set(config, classic_only[i])) {
            contradict(reader,
                       at,
                       PROBLEM_ERROR,
                       classic_only[i],
                       "%s cannot be set when group.protocol=consumer",
                       classic_only[i]);
        }
    }
}

static void check_session(Reader *reader, const Cursor *at, const KafkaConfig *config)
{
    const KafkaConfig *cluster = reader->spec->config;
    int64_t least = kafka_config_integer(cluster, "group.min.session.timeout.ms");
    int64_t most = kafka_config_integer(cluster, "group.max.session.timeout.ms");
    int64_t session = kafka_config_integer(config, "session.timeout.ms");
    if ((session < least || session > most) && !reader->cluster_broken) {
        contradict(reader,
                   at,
                   PROBLEM_ERROR,
                   "session.timeout.ms",
                   "session.timeout.ms must be in %d..%d, as group.min.session.timeout.ms and "
                   "group.max.session.timeout.ms of the brokers say",
                   (int)least,
                   (int)most);
    }
}

static void check_era(Reader *reader, const Cursor *config)
{
    Cursor protocol;
    if (get(reader, config, "group.protocol", &protocol) && cJSON_IsString(protocol.node) &&
        g_ascii_strcasecmp(protocol.node->valuestring, "consumer") == 0) {
        other_era_group(reader, &protocol, "the consumer protocol", "write \"classic\"");
    }
}

void cross_check_consumer(Reader *reader, const Cursor *config, const KafkaConfig *consumer)
{
    static const Order rows[] = {
        {"heartbeat.interval.ms", "session.timeout.ms", false, PROBLEM_ERROR},
        {"retry.backoff.ms", "retry.backoff.max.ms", true, PROBLEM_WARNING},
        {"reconnect.backoff.ms", "reconnect.backoff.max.ms", true, PROBLEM_WARNING},
        {"fetch.max.wait.ms", "request.timeout.ms", false, PROBLEM_WARNING},
    };
    check_protocol(reader, config, consumer);
    check_era(reader, config);
    check_session(reader, config, consumer);
    check_orders(reader, config, consumer, rows, G_N_ELEMENTS(rows));
}
