/* test_scenario_streams.c - Kafka Streams applications, from the scenario to the spec. */
#include "models/spec/streams.h"
#include "scenarios/runner/reader/scenario.h"
#include "tests/run_suite.h"
#include <check.h>
#include <string.h>

static Scenario *read_streams(const char *streams)
{
    g_autofree char *text = g_strdup_printf(
        "{\"version\":1,\"name\":\"s\",\"topics\":[{\"name\":\"a\",\"partitions\":6},"
        "{\"name\":\"b\",\"partitions\":4},{\"name\":\"out\"}],\"streams\":[%s]}",
        streams);
    Problems *problems = problems_new();
    Scenario *scenario = scenario_read_text("test", NULL, text, strlen(text), NULL, problems);
    ck_assert_msg(scenario != NULL, "%s", text);
    problems_free(problems);
    return scenario;
}

#define TOPOLOGY                                                                                   \
    "\"topology\":[{\"source\":[\"a\",\"b\"],\"repartition\":\"key\"},"                            \
    "{\"source\":[\"key\"],\"store\":{\"name\":\"sum\",\"keys\":50},\"sink\":\"out\"}]"

/* clients.md 7.1: sub-topology 0 reads A(6) and B(4), 1 what 0 wrote: 6 tasks each. */
START_TEST(internal_topics_have_as_many_partitions_as_there_are_tasks)
{
    Scenario *scenario = read_streams("{\"name\":\"app\"," TOPOLOGY "}");
    const ClusterSpec *spec = scenario->spec;
    ck_assert_uint_eq(spec->topics->len, 5);
    const TopicSpec *repartition = spec->topics->pdata[3];
    const TopicSpec *changelog = spec->topics->pdata[4];
    ck_assert_str_eq(repartition->name, "app-key-repartition");
    ck_assert_int_eq(repartition->partitions, 6);
    ck_assert(repartition->created_later);
    ck_assert_str_eq(changelog->name, "app-sum-changelog");
    ck_assert_int_eq(changelog->partitions, 6);
    ck_assert_str_eq(kafka_config_text(changelog->config, "cleanup.policy"), "compact");
    ck_assert_int_eq(changelog->keys, 50);
    const GroupSpec *app = spec->groups->pdata[0];
    ck_assert_uint_eq(app->topics->len, 3); /* a, b and the repartition topic */
    scenario_free(scenario);
}
END_TEST

START_TEST(each_thread_has_a_producer_with_the_options_of_streams)
{
    Scenario *scenario =
        read_streams("{\"name\":\"app\",\"instances\":2," TOPOLOGY
                     ",\"config\":{\"num.stream.threads\":2,\"session.timeout.ms\":9000},"
                     "\"producer.config\":{\"batch.size\":1000}}");
    const ClusterSpec *spec = scenario->spec;
    const GroupSpec *app = spec->groups->pdata[0];
    ck_assert_uint_eq(app->members->len, 4);
    ck_assert_str_eq(((const MemberSpec *)app->members->pdata[1])->name, "app-0.2");
    ck_assert_int_eq(((const MemberSpec *)app->members->pdata[1])->process, 0);
    ck_assert_int_eq(((const MemberSpec *)app->members->pdata[3])->process, 2);
    ck_assert_int_eq(kafka_config_ms(app->config, "session.timeout.ms"), SIM_SEC(9));
    ck_assert_int_eq(kafka_config_integer(app->config, "max.poll.records"), 1000);
    ck_assert_str_eq(kafka_config_text(app->config, "auto.offset.reset"), "earliest");
    ck_assert_uint_eq(spec->producers->len, 4);
    const ProducerSpec *producer = spec->producers->pdata[1];
    ck_assert_str_eq(producer->worker, "app-0.2");
    ck_assert_int_eq(kafka_config_integer(producer->config, "batch.size"), 1000);
    ck_assert_int_eq(kafka_config_ms(producer->config, "linger.ms"), SIM_MS(100));
    ck_assert_int_eq(kafka_config_ms(app->streams->config, "commit.interval.ms"), SIM_SEC(30));
    scenario_free(scenario);
}
END_TEST

START_TEST(exactly_once_sets_what_streams_sets)
{
    Scenario *scenario =
        read_streams("{\"name\":\"app\"," TOPOLOGY
                     ",\"config\":{\"processing.guarantee\":\"exactly_once_v2\"}}");
    const GroupSpec *app = scenario->spec->groups->pdata[0];
    const ProducerSpec *producer = scenario->spec->producers->pdata[0];
    ck_assert_str_eq(kafka_config_text(producer->config, "transactional.id"), "app-0-producer");
    ck_assert_int_eq(kafka_config_ms(producer->config, "transaction.timeout.ms"), SIM_SEC(10));
    ck_assert_str_eq(kafka_config_text(app->config, "isolation.level"), "read_committed");
    ck_assert_int_eq(kafka_config_ms(app->streams->config, "commit.interval.ms"), SIM_MS(100));
    scenario_free(scenario);
}
END_TEST

START_TEST(all_threads_of_an_instance_wait_for_the_timeline)
{
    Scenario *scenario =
        read_streams("{\"name\":\"app\",\"instances\":[{\"name\":\"A\"},{\"name\":\"B\"}]," TOPOLOGY
                     ",\"config\":{\"num.stream.threads\":2}}],\"timeline\":["
                     "{\"at\":\"9s\",\"do\":\"join\",\"member\":\"B\"}");
    const GroupSpec *app = scenario->spec->groups->pdata[0];
    static const SimTime starts[] = {0, 0, SIM_TIME_MAX, SIM_TIME_MAX};
    for (guint m = 0; m < app->members->len; m++) {
        ck_assert_int_eq(((const MemberSpec *)app->members->pdata[m])->start, starts[m]);
    }
    scenario_free(scenario);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scenario streams");
    TCase *tests = tcase_create("streams");
    tcase_add_test(tests, internal_topics_have_as_many_partitions_as_there_are_tasks);
    tcase_add_test(tests, each_thread_has_a_producer_with_the_options_of_streams);
    tcase_add_test(tests, exactly_once_sets_what_streams_sets);
    tcase_add_test(tests, all_threads_of_an_instance_wait_for_the_timeline);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
