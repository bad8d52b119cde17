/* build_group_config.c - "group.config": what a group has of its own at its coordinator and at the
 * leaders of its partitions. Mirrors: GroupConfig, .validate. */
#include "scenarios/runner/reader/reader.h"
#include <string.h>

typedef struct Bound {
    const char *name;
    const char *min; /* options of the cluster */
    const char *max;
} Bound;

static const Bound BOUNDS[] = {
    {"consumer.session.timeout.ms",
     "group.consumer.min.session.timeout.ms",
     "group.consumer.max.session.timeout.ms"},
    {"consumer.heartbeat.interval.ms",
     "group.consumer.min.heartbeat.interval.ms",
     "group.consumer.max.heartbeat.interval.ms"},
    {"share.session.timeout.ms",
     "group.share.min.session.timeout.ms",
     "group.share.max.session.timeout.ms"},
    {"share.heartbeat.interval.ms",
     "group.share.min.heartbeat.interval.ms",
     "group.share.max.heartbeat.interval.ms"},
    {"share.record.lock.duration.ms",
     "group.share.min.record.lock.duration.ms",
     "group.share.max.record.lock.duration.ms"},
};

static bool is_groups_own(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(BOUNDS); i++) {
        if (strcmp(name, BOUNDS[i].name) == 0) {
            return true;
        }
    }
    return strcmp(name, "share.auto.offset.reset") == 0 ||
           strcmp(name, "share.isolation.level") == 0;
}

static void
check_bound(Reader *reader, const Cursor *config, const GroupSpec *group, const Bound *bound)
{
    Cursor value;
    const KafkaConfig *cluster = reader->spec->config;
    if (!get(reader, config, bound->name, &value)) {
        return;
    }
    const int64_t given = kafka_config_integer(group->dynamic, bound->name);
    const int64_t min = kafka_config_integer(cluster, bound->min);
    const int64_t max = kafka_config_integer(cluster, bound->max);
    if (given < min || given > max) {
        reader_error(reader,
                     &value,
                     "expected %" G_GINT64_FORMAT "..%" G_GINT64_FORMAT
                     " (%s, %s), found %" G_GINT64_FORMAT,
                     min,
                     max,
                     bound->min,
                     bound->max,
                     given);
    }
}

void build_group_config(Reader *reader, const Cursor *at, GroupSpec *group)
{
    Cursor config;
    if (!get(reader, at, "group.config", &config)) {
        return;
    }
    group->dynamic = kafka_config_new(1u << KAFKA_SCOPE_GROUP, NULL);
    get_config(reader, at, "group.config", group->dynamic);
    for (cJSON *item = config.node->child; item != NULL; item = item->next) {
        Cursor option;
        if (!is_groups_own(item->string) && get(reader, &config, item->string, &option)) {
            reader_error(
                reader, &option, "no option of a single group: write it into /cluster/config");
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(BOUNDS); i++) {
        check_bound(reader, &config, group, &BOUNDS[i]);
    }
}
