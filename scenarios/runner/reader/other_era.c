/* other_era.c - what means nothing in the era of this scenario: options of KRaft in a cluster with
 * ZooKeeper, options of ZooKeeper in one without, controllers of their own, groups of a kind that
 * only KRaft's brokers let in (KafkaConfig.groupCoordinatorRebalanceProtocols). */
#include "scenarios/runner/reader/reader.h"
#include <string.h>

static const char *const of_kraft[] = {
    "broker.heartbeat.interval.ms",
    "broker.session.timeout.ms",
    "controller.quorum.append.linger.ms",
    "controller.quorum.election.backoff.max.ms",
    "controller.quorum.election.timeout.ms",
    "controller.quorum.fetch.timeout.ms",
    "controller.quorum.request.timeout.ms",
    "controller.quorum.retry.backoff.ms",
    "initial.broker.registration.timeout.ms",
    "log.dir.failure.timeout.ms",
    "metadata.log.dir",
    "metadata.log.max.record.bytes.between.snapshots",
    "metadata.log.max.snapshot.interval.ms",
    "metadata.max.idle.interval.ms",
    "unclean.leader.election.interval.ms",
};
static const char *const of_zookeeper[] = {
    "controlled.shutdown.max.retries",
    "controlled.shutdown.retry.backoff.ms",
    "leader.imbalance.per.broker.percentage",
    "zookeeper.session.timeout.ms",
};

typedef struct Notes {
    Reader *reader;
    const Cursor *config;
} Notes;

static bool is_of(const char *const *names, size_t count, const char *option)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], option) == 0) {
            return true;
        }
    }
    return false;
}

/* A default that is written out, as in every scenario.json of a run, asks for nothing. */
static void note(void *user, const KafkaOption *option, const char *text)
{
    const Notes *notes = user;
    Cursor child;
    bool kraft = notes->reader->spec->era.on[ERA_KRAFT];
    bool other = kraft ? is_of(of_zookeeper, G_N_ELEMENTS(of_zookeeper), option->name)
                       : is_of(of_kraft, G_N_ELEMENTS(of_kraft), option->name);
    if (other && g_strcmp0(text, option->default_value) != 0) {
        g_autofree char *what = g_strdup_printf("%s option %s, which is %s only",
                                                kafka_scope_name(option->scope),
                                                option->name,
                                                kraft ? "ZooKeeper's" : "KRaft's");
        bool there = get(notes->reader, notes->config, option->name, &child);
        reader_not_simulated(notes->reader, there ? &child : notes->config, what);
    }
}

void other_era_options(Reader *reader, const Cursor *config, const KafkaConfig *set)
{
    Notes notes = {reader, config};
    kafka_config_each_set(set, note, &notes);
}

/* One is the default, which is written into every scenario. */
void other_era_controllers(Reader *reader, const Cursor *controllers)
{
    if (!cJSON_IsNumber(controllers->node) || (int)controllers->node->valuedouble != 1) {
        reader_not_simulated(
            reader,
            controllers,
            "controllers of their own: with ZooKeeper one of the brokers is the controller");
    }
}

void other_era_group(Reader *reader, const Cursor *at, const char *kind, const char *hint)
{
    if (!reader->spec->era.on[ERA_KRAFT]) {
        reader_problem(reader,
                       PROBLEM_WARNING,
                       at,
                       false,
                       hint,
                       "brokers with ZooKeeper refuse %s (UNSUPPORTED_VERSION): no member gets in",
                       kind);
    }
}

bool other_era_refuses(Reader *reader, const Cursor *at, const char *hint)
{
    if (reader->spec->era.on[ERA_KRAFT]) {
        return false;
    }
    reader_problem(reader,
                   PROBLEM_ERROR,
                   at,
                   false,
                   hint,
                   "with ZooKeeper no controller has a process of its own");
    return true;
}
