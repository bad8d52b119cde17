/* story.h - a scenario in a few lines of JSON, run to a moment, and asked what happened. */
#ifndef KAFKASIM_TESTS_SCENARIOS_RUNNER_STORY_H
#define KAFKASIM_TESTS_SCENARIOS_RUNNER_STORY_H
#include "models/world/cluster_view.h"
#include "scenarios/runner/reader/scenario.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

typedef struct Story {
    Scenario *scenario;
    Cluster *cluster;
    ClusterView *view;
} Story;

/* Single quotes stand for double ones; "version" and "name" are put before. */
static Story story_read(const char *body, uint64_t seed)
{
    g_autofree char *text = g_strdup_printf(
        "{'version': 1, 'name': 'story', 'seed': %" G_GUINT64_FORMAT ", %s}", seed, body);
    g_strdelimit(text, "'", '"');
    Problems *problems = problems_new();
    Story story = {.scenario =
                       scenario_read_text("story", NULL, text, strlen(text), NULL, problems)};
    g_autoptr(GString) found = g_string_new(NULL);
    problems_print(problems, PROBLEM_ERROR, false, found);
    ck_assert_msg(story.scenario != NULL, "%s", found->str);
    problems_free(problems);
    return story;
}

static void story_go(Story *story, SimTime until)
{
    if (story->cluster == NULL) {
        story->cluster = cluster_new(story->scenario->spec);
    }
    cluster_view_free(story->view);
    (void)cluster_run(story->cluster, until);
    story->view = cluster_view_new(story->cluster);
}

/* No invariant broke. */
static void story_expect_sound(const Story *story)
{
    (void)cluster_report(story->cluster);
    const Checks *checks = cluster_checks(story->cluster);
    for (uint32_t i = 0; i < checks_failures(checks); i++) {
        ck_abort_msg("%s: %s", checks_failure(checks, i)->name, checks_failure(checks, i)->detail);
    }
}

static inline Story story_run(const char *body, uint64_t seed)
{
    Story story = story_read(body, seed);
    story_go(&story, story.scenario->spec->duration);
    story_expect_sound(&story);
    return story;
}

static void story_end(Story *story)
{
    cluster_view_free(story->view);
    cluster_free(story->cluster);
    scenario_free(story->scenario);
}

/* When the n-th event of this kind (from 0) was logged; -1: never. */
static inline SimTime
story_when(const Story *story, const char *actor, const char *what, const char *detail, int n)
{
    const EventLog *log = cluster_event_log(story->cluster);
    for (uint32_t id = 1; id <= event_log_count(log); id++) {
        LoggedEvent event;
        if (event_log_get(log, id, &event) && strcmp(event.what, what) == 0 &&
            strcmp(event.actor, actor) == 0 && g_str_has_prefix(event.detail, detail) && n-- == 0) {
            return event.time;
        }
    }
    return -1;
}

static inline const TopicView *story_topic(const Story *story, const char *name)
{
    for (int32_t i = 0; i < story->view->topic_count; i++) {
        if (strcmp(story->view->topics[i].name, name) == 0) {
            return &story->view->topics[i];
        }
    }
    return NULL;
}

static inline const PartitionRegistration *
story_partition(const Story *story, const char *topic, int32_t partition)
{
    const TopicView *view = story_topic(story, topic);
    ck_assert_ptr_nonnull(view);
    ck_assert_int_lt(partition, view->partition_count);
    return view->partitions[partition].registration;
}

static inline void story_expect_ids(const ReplicaList *list, const char *expected)
{
    char text[128];
    ck_assert_str_eq(replica_list_text(list, ',', text, sizeof(text)), expected);
}

static inline const PartitionReport *
story_report(const Story *story, const char *topic, int32_t partition)
{
    const ClusterReport *report = cluster_report(story->cluster);
    for (int32_t i = 0; i < report->partition_count; i++) {
        const PartitionReport *row = &report->partitions[i];
        if (strcmp(row->topic, topic) == 0 && row->partition == partition) {
            return row;
        }
    }
    return NULL;
}

#endif
