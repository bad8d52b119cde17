/* build_share.c - "share": a group of share consumers, and the options that its members may not
 * have. Mirrors: ShareConsumerConfig, ConsumerConfig.checkUnsupportedConfigsPostProcess. */
#include "scenarios/runner/reader/reader.h"
#include <string.h>

#define MODE "share.acknowledgement.mode"

bool is_refused_of_share(const char *option)
{
    static const char *const refused[] = {"auto.offset.reset",
                                          "enable.auto.commit",
                                          "group.instance.id",
                                          "group.protocol",
                                          "group.remote.assignor",
                                          "heartbeat.interval.ms",
                                          "interceptor.classes",
                                          "isolation.level",
                                          "partition.assignment.strategy",
                                          "session.timeout.ms",
                                          NULL};
    return g_strv_contains(refused, option);
}

static const char *in_its_place(const char *option)
{
    static const char *const rows[][2] = {
        {"auto.offset.reset", "write \"share.auto.offset.reset\" into \"group.config\""},
        {"isolation.level", "write \"share.isolation.level\" into \"group.config\""},
        {"session.timeout.ms", "write \"share.session.timeout.ms\" into \"group.config\""},
        {"heartbeat.interval.ms", "write \"share.heartbeat.interval.ms\" into \"group.config\""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (strcmp(rows[i][0], option) == 0) {
            return rows[i][1];
        }
    }
    return NULL;
}

static void check_options(Reader *reader, const Cursor *config)
{
    for (cJSON *item = config->node->child; item != NULL; item = item->next) {
        Cursor option;
        if (is_refused_of_share(item->string) && get(reader, config, item->string, &option)) {
            reader_problem(reader,
                           PROBLEM_ERROR,
                           &option,
                           true,
                           in_its_place(item->string),
                           "a share consumer does not start with %s",
                           item->string);
        }
    }
}

void check_share_config(Reader *reader, const Cursor *config, const GroupSpec *group)
{
    Cursor mode;
    const bool shares = group->kind == GROUP_SHARES;
    if (shares) {
        check_options(reader, config);
    }
    if (!get(reader, config, MODE, &mode) || !cJSON_IsString(mode.node)) {
        return;
    }
    const bool is_explicit = strcmp(mode.node->valuestring, "explicit") == 0;
    if (!shares) {
        reader_problem(reader,
                       PROBLEM_ERROR,
                       &mode,
                       true,
                       "a share group has \"share\": \"implicit\" or \"explicit\" beside its name",
                       "only a share consumer has " MODE ": this one does not start with it");
    } else if (is_explicit != group->share_explicit) {
        reader_error(reader,
                     &mode,
                     "the group has \"share\": \"%s\"",
                     group->share_explicit ? "explicit" : "implicit");
    }
}

void build_share(Reader *reader, const Cursor *at, GroupSpec *group)
{
    static const char *const others[] = {"commit", "assign"};
    Cursor share, other;
    if (!get(reader, at, "share", &share)) {
        return;
    }
    group->kind = GROUP_SHARES;
    other_era_group(reader, &share, "share groups", NULL);
    group->share_explicit = strcmp(share.node->valuestring, "explicit") == 0;
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        if (get(reader, at, others[i], &other)) {
            reader_error(reader, &other, "a share group acknowledges records instead");
        }
    }
}
