/* streams_story.h - a Kafka Streams application in a whole cluster, for tests: orders are read,
 * keyed anew, counted in a store and written to totals, which a group reads.
 *
 *     orders -> 0_* -> app-by-user-repartition -> 1_* (store: app-counts-changelog) -> totals */
#ifndef KAFKASIM_TESTS_MODELS_STREAMS_STREAMS_STORY_H
#define KAFKASIM_TESTS_MODELS_STREAMS_STREAMS_STORY_H
#include "models/spec/streams.h"
#include "tests/models/support/whole_cluster.h"

typedef struct StreamsStory {
    ClusterSpec *spec;
    GroupSpec *app;
    GroupSpec *audit;
    ProducerSpec *shop;
    int32_t partitions; /* of the internal topics */
    WholeCluster whole;
} StreamsStory;

enum { STORY_ORDERS, STORY_TOTALS };

static inline void story_group_config(GroupSpec *group, const char *name, const char *value)
{
    ck_assert_msg(kafka_config_set(group->config, name, value), "%s=%s", name, value);
}

static inline void story_streams_config(StreamsStory *story, const char *name, const char *value)
{
    ck_assert_msg(kafka_config_set(story->app->streams->config, name, value), "%s=%s", name, value);
}

/* 3 brokers; 400 orders/s for 60 s. Options are set between this and story_instances. */
static inline StreamsStory story_new(uint64_t seed, SimTime duration)
{
    StreamsStory story = {.spec = whole_spec(3, 1, seed, duration), .partitions = 4};
    ck_assert(kafka_config_set(story.spec->config, "offsets.topic.num.partitions", "3"));
    ck_assert(kafka_config_set(story.spec->config, "transaction.state.log.num.partitions", "3"));
    whole_topic(story.spec, "orders", 4, 3);
    whole_topic(story.spec, "totals", 4, 3);
    story.shop = whole_load(story.spec, 400, "all", SIM_SEC(60));
    story.app = streams_spec_new("app");
    story.app->streams->restore_record = distribution_constant(SIM_US(100));
    story_group_config(story.app, "session.timeout.ms", "10000");
    story_group_config(story.app, "heartbeat.interval.ms", "3000");
    story_streams_config(&story, "replication.factor", "3");
    story_streams_config(&story, "commit.interval.ms", "1000");
    return story;
}

static inline void story_topology(StreamsStory *story)
{
    const int32_t orders = STORY_ORDERS;
    const int32_t by_user =
        streams_spec_add_topic(story->spec, story->app, "by-user", story->partitions, false);
    const int32_t counts =
        streams_spec_add_topic(story->spec, story->app, "counts", story->partitions, true);
    SubtopologySpec *first = streams_spec_add_subtopology(story->app);
    g_array_append_val(first->sources, orders);
    first->sink = by_user;
    first->rekeys = true;
    first->process_record = distribution_constant(SIM_US(50));
    SubtopologySpec *second = streams_spec_add_subtopology(story->app);
    g_array_append_val(second->sources, by_user);
    second->changelog = counts;
    second->sink = STORY_TOTALS;
    second->process_record = distribution_constant(SIM_US(100));
}

/* Instances A, B, C ...; `later` of them start by the timeline. */
static inline void story_instances(StreamsStory *story, int count, int later)
{
    story_topology(story);
    for (int i = 0; i < count + later; i++) {
        const char name[] = {(char)('A' + i), '\0'};
        streams_spec_add_instance(
            story->app, name, SPEC_NONE, i >= count ? SIM_TIME_MAX : SIM_MS(100 * i));
    }
    const Distribution size = distribution_constant(100);
    streams_spec_finish(story->spec, story->app, &size);
    g_ptr_array_add(story->spec->groups, story->app);
    story->audit = group_spec_new("audit");
    const int32_t totals = STORY_TOTALS;
    g_array_append_val(story->audit->topics, totals);
    story_group_config(story->audit, "auto.offset.reset", "earliest");
    story_group_config(story->audit, "isolation.level", "read_committed");
    g_ptr_array_add(story->audit->members, member_spec_new("reader", story->audit));
    g_ptr_array_add(story->spec->groups, story->audit);
}

static inline FaultSpec *
story_fault(StreamsStory *story, FaultVerb verb, int32_t member, SimTime at)
{
    FaultSpec *fault = whole_fault(story->spec, verb, at, TARGET_MEMBER, 0);
    fault->member = member;
    return fault;
}

static inline void story_run(StreamsStory *story)
{
    story->whole = whole_run(story->spec);
}

static inline void story_end(StreamsStory *story)
{
    whole_end(&story->whole);
}

#endif
