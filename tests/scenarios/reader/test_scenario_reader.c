/* test_scenario_reader.c - what good scenarios become, and what the command line changes. */
#include "scenarios/runner/reader/scenario.h"
#include "tests/run_suite.h"
#include <check.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define GOOD "tests/scenarios/good"

/* Aborts with the findings when the scenario is refused. */
static Scenario *read_or_fail(const char *path, const ScenarioOverrides *overrides)
{
    Problems *problems = problems_new();
    Scenario *scenario = scenario_read_file(path, overrides, problems);
    GString *found = g_string_new(NULL);
    problems_print(problems, PROBLEM_WARNING, false, found);
    ck_assert_msg(scenario != NULL, "%s:\n%s", path, found->str);
    g_string_free(found, TRUE);
    problems_free(problems);
    return scenario;
}

static char *findings_of(const char *text, const ScenarioOverrides *overrides)
{
    Problems *problems = problems_new();
    scenario_free(scenario_read_text("x.json", NULL, text, strlen(text), overrides, problems));
    GString *found = g_string_new(NULL);
    problems_print(problems, PROBLEM_NOTE, false, found);
    problems_free(problems);
    return g_string_free(found, FALSE);
}

static Scenario *read_text(const char *text, const ScenarioOverrides *overrides)
{
    Problems *problems = problems_new();
    Scenario *scenario =
        scenario_read_text("x.json", NULL, text, strlen(text), overrides, problems);
    problems_free(problems);
    if (scenario == NULL) {
        char *found = findings_of(text, overrides);
        ck_abort_msg("%s", found);
    }
    return scenario;
}

static void each_scenario(const char *folder, void (*visit)(const char *path))
{
    GDir *names = g_dir_open(folder, 0, NULL);
    ck_assert_ptr_nonnull(names);
    for (const char *name = g_dir_read_name(names); name != NULL; name = g_dir_read_name(names)) {
        if (g_str_has_suffix(name, ".json")) {
            char *path = g_build_filename(folder, name, NULL);
            visit(path);
            g_free(path);
        }
    }
    g_dir_close(names);
}

static void write_and_read_again(const char *path)
{
    Scenario *first = read_or_fail(path, NULL);
    GString *once = g_string_new(NULL), *twice = g_string_new(NULL);
    scenario_write(first, once);
    Problems *problems = problems_new();
    Scenario *second = scenario_read_text(path, NULL, once->str, once->len, NULL, problems);
    problems_print(problems, PROBLEM_ERROR, false, twice);
    ck_assert_msg(second != NULL, "%s: the effective scenario is refused:\n%s", path, twice->str);
    g_string_truncate(twice, 0);
    scenario_write(second, twice);
    ck_assert_msg(strcmp(once->str, twice->str) == 0, "%s changes when written and read", path);
    ck_assert_str_eq(first->hash, second->hash);
    ck_assert_uint_eq(first->spec->seed, second->spec->seed);
    ck_assert_uint_eq(first->spec->faults->len, second->spec->faults->len);
    ck_assert_uint_eq(first->spec->hosts->len, second->spec->hosts->len);
    ck_assert_uint_eq(first->goals->len, second->goals->len);
    scenario_free(first);
    scenario_free(second);
    problems_free(problems);
    g_string_free(once, TRUE);
    g_string_free(twice, TRUE);
}

START_TEST(an_effective_scenario_reads_as_itself)
{
    each_scenario(GOOD, write_and_read_again);
    each_scenario("scenarios/lessons", write_and_read_again);
    each_scenario("scenarios/failures", write_and_read_again);
    each_scenario("scenarios/sizing", write_and_read_again);
}
END_TEST

START_TEST(crash_leader_is_the_recorded_set_up)
{
    Scenario *scenario = read_or_fail("scenarios/failures/crash-leader.json", NULL);
    const ClusterSpec *spec = scenario->spec;
    ck_assert_uint_eq(spec->hosts->len, 1);
    ck_assert_int_eq(((HostSpec *)spec->hosts->pdata[0])->cores, 2);
    ck_assert_uint_eq(spec->brokers->len, 3);
    const BrokerSpec *broker = spec->brokers->pdata[2];
    ck_assert_int_eq(broker->id, 3);
    ck_assert_str_eq(broker->rack, "r3");
    ck_assert_str_eq(kafka_config_text(broker->config, "broker.rack"), "r3");
    ck_assert_int_eq(((ControllerSpec *)spec->controllers->pdata[0])->id, 101);
    const TopicSpec *topic = spec->topics->pdata[0];
    ck_assert_int_eq(topic->partitions, 6);
    ck_assert_int_eq(topic->replication_factor, 3);
    const GArray *last = topic->assignment->pdata[5];
    ck_assert_int_eq(g_array_index(last, int32_t, 0), 3);
    const ProducerSpec *producer = spec->producers->pdata[0];
    ck_assert_int_eq(producer->rate_milli, 500000);
    ck_assert_int_eq(producer->key_bytes, 8);
    ck_assert_int_eq(producer->choice, PARTITION_CYCLE);
    ck_assert_int_eq(producer->host, 0);
    ck_assert_uint_eq(spec->faults->len, 2);
    const FaultSpec *crash = spec->faults->pdata[0], *start = spec->faults->pdata[1];
    ck_assert_int_eq(crash->verb, FAULT_CRASH);
    ck_assert_int_eq(crash->until, SIM_MS(17125));
    ck_assert_int_eq(start->verb, FAULT_START);
    ck_assert_int_eq(start->at, SIM_MS(17125));
    ck_assert_int_eq(start->index, crash->index);
    ck_assert_uint_eq(scenario->sweep->seeds->len, 20);
    ck_assert_uint_eq(scenario->not_simulated->len, 0);
    scenario_free(scenario);
}
END_TEST

#define HEAD   "{\"version\":1,\"name\":\"x\",\"topics\":[{\"name\":\"t\"}]"
#define BEGINS HEAD ",\"producers\":[{\"name\":\"p\",\"topic\":\"t\",\"rate\":\"1/s\",\"config\":{"
#define ENDS   "}}]}"

static const KafkaConfig *producer_config(const Scenario *scenario)
{
    return ((ProducerSpec *)scenario->spec->producers->pdata[0])->config;
}

START_TEST(idempotence_goes_in_silence_when_it_cannot_be_had)
{
    Scenario *all = read_text(BEGINS ENDS, NULL);
    ck_assert(kafka_config_boolean(producer_config(all), "enable.idempotence"));
    Scenario *one = read_text(BEGINS "\"acks\":\"1\"" ENDS, NULL);
    ck_assert(!kafka_config_boolean(producer_config(one), "enable.idempotence"));
    Scenario *six = read_text(BEGINS "\"max.in.flight.requests.per.connection\":6,"
                                     "\"enable.idempotence\":false" ENDS,
                              NULL); /* without the second: an error since 4.0 */
    ck_assert(!kafka_config_boolean(producer_config(six), "enable.idempotence"));
    scenario_free(all);
    scenario_free(one);
    scenario_free(six);
}
END_TEST

START_TEST(an_unset_delivery_timeout_grows_with_linger)
{
    Scenario *scenario = read_text(BEGINS "\"linger.ms\":\"200000\"" ENDS, NULL);
    ck_assert_int_eq(kafka_config_integer(producer_config(scenario), "delivery.timeout.ms"),
                     230000);
    scenario_free(scenario);
}
END_TEST

/* So that a change of the brokers' at run time reaches it (LogConfig's synonyms). */
START_TEST(what_a_topic_does_not_set_is_left_to_the_brokers)
{
    Scenario *scenario = read_text("{\"version\":1,\"name\":\"x\",\"cluster\":{\"config\":{"
                                   "\"min.insync.replicas\":2,\"num.partitions\":4,"
                                   "\"message.max.bytes\":5000}},\"topics\":[{\"name\":\"t\"},"
                                   "{\"name\":\"u\",\"config\":{\"min.insync.replicas\":1}}]}",
                                   NULL);
    const TopicSpec *t = scenario->spec->topics->pdata[0], *u = scenario->spec->topics->pdata[1];
    ck_assert_int_eq(t->partitions, 4);
    ck_assert_int_eq(t->replication_factor, 1);
    ck_assert(!kafka_config_is_set(t->config, "min.insync.replicas"));
    ck_assert(!kafka_config_is_set(t->config, "max.message.bytes"));
    ck_assert_int_eq(kafka_config_integer(u->config, "min.insync.replicas"), 1);
    scenario_free(scenario);
}
END_TEST

START_TEST(the_scenario_wins_over_its_properties_file)
{
    Scenario *scenario = read_or_fail(GOOD "/properties.json", NULL);
    const KafkaConfig *config = producer_config(scenario);
    ck_assert_str_eq(kafka_config_text(config, "acks"), "1");
    ck_assert_int_eq(kafka_config_integer(config, "linger.ms"), 7);
    ck_assert_int_eq(kafka_config_integer(config, "batch.size"), 32768);
    ck_assert_str_eq(kafka_config_text(config, "client.id"), "app one");
    ck_assert_str_eq(kafka_config_text(config, "compression.type"), "lz4");
    scenario_free(scenario);
}
END_TEST

/* The file exists and could be read: only the link must be in the way. */
START_TEST(a_properties_file_behind_a_link_is_refused)
{
    static const char text[] = BEGINS "\"@properties\":\"link.properties\"" ENDS;
    char *folder = g_dir_make_tmp("kafkasim-test-XXXXXX", NULL);
    char *file = g_build_filename(folder, "real.properties", NULL);
    char *link = g_build_filename(folder, "link.properties", NULL);
    ck_assert(g_file_set_contents(file, "acks=1\n", -1, NULL));
    ck_assert_int_eq(symlink("real.properties", link), 0);
    Problems *problems = problems_new();
    ck_assert_ptr_null(scenario_read_text("x.json", folder, text, strlen(text), NULL, problems));
    ck_assert_ptr_nonnull(strstr(problems_at(problems, 0)->message, "symbolic link"));
    problems_free(problems);
    remove(link);
    remove(file);
    remove(folder);
    g_free(link);
    g_free(file);
    g_free(folder);
}
END_TEST

START_TEST(the_command_line_overrides_values)
{
    char partitions[] = "/topics/0/partitions=24", acks[] = "/producers/0/config/acks=all";
    char threads[] = "/cluster/config/num.io.threads=2", duration[] = "/duration=10s";
    char *set[] = {partitions, acks, threads, duration, NULL};
    const ScenarioOverrides overrides = {set, "18446744073709551615", "5s"};
    Scenario *scenario = read_text(BEGINS "\"acks\":\"1\"" ENDS, &overrides);
    ck_assert_int_eq(((TopicSpec *)scenario->spec->topics->pdata[0])->partitions, 24);
    ck_assert_str_eq(kafka_config_text(producer_config(scenario), "acks"), "all");
    ck_assert_int_eq(kafka_config_integer(scenario->spec->config, "num.io.threads"), 2);
    ck_assert_uint_eq(scenario->spec->seed, UINT64_MAX);
    ck_assert_int_eq(scenario->spec->duration, SIM_SEC(5));
    scenario_free(scenario);
}
END_TEST

START_TEST(a_wrong_override_is_told_with_its_text)
{
    char wrong[] = "/topics/0/partitions=many", nowhere[] = "/topics/9/partitions=1";
    char *first[] = {wrong, NULL}, *second[] = {nowhere, NULL};
    ScenarioOverrides overrides = {first, NULL, NULL};
    char *found = findings_of(HEAD "}", &overrides);
    ck_assert_str_eq(found,
                     "--set /topics/0/partitions=many: error: /topics/0/partitions: expected an "
                     "integer in 1..100000, found \"many\"\n1 error\n");
    g_free(found);
    overrides = (ScenarioOverrides){second, "-1", "soon"};
    found = findings_of(HEAD "}", &overrides);
    ck_assert_ptr_nonnull(strstr(found, "this pointer leads nowhere"));
    ck_assert_ptr_nonnull(strstr(found, "--seed -1: error"));
    ck_assert_ptr_nonnull(strstr(found, "--until soon: error"));
    g_free(found);
}
END_TEST

START_TEST(the_command_line_begins_a_list_that_is_not_there)
{
    char group[] = "/groups/0={\"name\":\"g\",\"topics\":[\"t\"]}";
    char goal[] = "/goals/-={\"metric\":\"lag.end\",\"max\":1}";
    char topic[] = "/topics/1/name=u";
    char *set[] = {group, goal, topic, NULL};
    const ScenarioOverrides overrides = {set, NULL, NULL};
    Scenario *scenario = read_text(HEAD "}", &overrides);
    ck_assert_uint_eq(scenario->spec->groups->len, 1);
    ck_assert_uint_eq(scenario->goals->len, 1);
    ck_assert_uint_eq(scenario->spec->topics->len, 2);
    scenario_free(scenario);
}
END_TEST

/* Objects on the way are made, lists grow by one; a wrong key is still found. */
START_TEST(the_command_line_adds_what_is_not_there)
{
    char kinds[] = "/random.faults/kinds=[\"crash\"]", every[] = "/random.faults/every=10s";
    char topic[] = "/topics/1={\"name\":\"u\"}", last[] = "/topics/-={\"name\":\"v\"}";
    char wrong[] = "/randm.faults/kinds=[\"crash\"]";
    char *set[] = {kinds, every, topic, last, NULL}, *mistyped[] = {wrong, NULL};
    ScenarioOverrides overrides = {set, NULL, NULL};
    Scenario *scenario = read_text(HEAD "}", &overrides);
    ck_assert_uint_gt(scenario->spec->faults->len, 0);
    ck_assert_uint_eq(scenario->spec->topics->len, 3);
    scenario_free(scenario);
    overrides.set = mistyped;
    char *found = findings_of(HEAD "}", &overrides);
    ck_assert_ptr_nonnull(strstr(found, "did you mean \"random.faults\"?"));
    g_free(found);
}
END_TEST

#define LATER(events)                                                                              \
    "{\"version\":1,\"name\":\"x\",\"cluster\":{\"brokers\":[{\"id\":1},{\"id\":2,\"started\":"    \
    "false}]},"                                                                                    \
    "\"topics\":[{\"name\":\"t\",\"replication.factor\":1}],\"timeline\":[" events "]}"

static void expect_foreseen(const char *text, const char *words)
{
    char *found = findings_of(text, NULL);
    if (words == NULL) {
        ck_assert_str_eq(found, "");
    } else {
        ck_assert_msg(strstr(found, words) != NULL, "no \"%s\" in:\n%s", words, found);
        ck_assert_ptr_nonnull(strstr(found, "warning: /timeline/0"));
    }
    g_free(found);
}

START_TEST(what_the_controller_will_refuse_is_foreseen)
{
    expect_foreseen(LATER("{\"at\":\"5s\",\"do\":\"reassign\",\"topic\":\"t\",\"partition\":0,"
                          "\"replicas\":[2]},{\"at\":\"9s\",\"do\":\"start\",\"broker\":2}"),
                    "broker 2 has not been started by then");
    expect_foreseen(LATER("{\"at\":\"5s\",\"do\":\"start\",\"broker\":1}"), "runs already");
    expect_foreseen(LATER("{\"at\":\"5s\",\"do\":\"set.config\",\"topic\":\"t\",\"config\":"
                          "{\"min.insync.replicas\":2}}"),
                    "min.insync.replicas 2 is more than replication.factor 1");
    expect_foreseen(LATER("{\"at\":\"9s\",\"do\":\"elect\",\"topic\":\"t\"},"
                          "{\"at\":\"5s\",\"do\":\"delete.topic\",\"topic\":\"t\"}"),
                    "UNKNOWN_TOPIC_OR_PARTITION");
    expect_foreseen(LATER("{\"at\":\"5s\",\"do\":\"crash\",\"broker\":1},"
                          "{\"at\":\"7s\",\"do\":\"start\",\"broker\":1},"
                          "{\"at\":\"8s\",\"do\":\"start\",\"broker\":2},"
                          "{\"at\":\"30s\",\"do\":\"reassign\",\"topic\":\"t\",\"partition\":0,"
                          "\"replicas\":[2]}"),
                    NULL);
}
END_TEST

START_TEST(the_hash_is_of_all_but_the_seed)
{
    char other[] = "/topics/0/partitions=2";
    char *set[] = {other, NULL};
    const ScenarioOverrides seed = {NULL, "7", NULL}, changed = {set, NULL, NULL};
    Scenario *first = read_text(HEAD "}", NULL);
    Scenario *second = read_text(HEAD "}", &seed);
    Scenario *third = read_text(HEAD "}", &changed);
    ck_assert_str_eq(first->hash, second->hash);
    ck_assert_str_ne(first->hash, third->hash);
    scenario_free(first);
    scenario_free(second);
    scenario_free(third);
}
END_TEST

START_TEST(options_that_are_not_simulated_are_listed_once)
{
    Scenario *scenario = read_or_fail(GOOD "/g7-static-bounce.json", NULL);
    ck_assert_uint_eq(scenario->not_simulated->len, 1);
    ck_assert_str_eq(scenario->not_simulated->pdata[0],
                     "group option group.coordinator.background.threads");
    scenario_free(scenario);
}
END_TEST

START_TEST(the_timeline_becomes_instants_in_order)
{
    Scenario *scenario = read_or_fail(GOOD "/everything.json", NULL);
    const GPtrArray *faults = scenario->spec->faults;
    size_t power_starts = 0;
    for (guint i = 0; i < faults->len; i++) {
        const FaultSpec *fault = faults->pdata[i];
        ck_assert(i == 0 || ((FaultSpec *)faults->pdata[i - 1])->at <= fault->at);
        ck_assert_int_ge(fault->until, fault->at);
        power_starts += fault->verb == FAULT_START && fault->at == SIM_SEC(12);
    }
    /* Rack r2 holds broker 2 and producer p, both on host h2. */
    ck_assert_uint_eq(power_starts, 2);
    const GroupSpec *group = scenario->spec->groups->pdata[0];
    ck_assert_uint_eq(group->members->len, 6);
    ck_assert_int_eq(((MemberSpec *)group->members->pdata[1])->start, 0);
    ck_assert_int_eq(((MemberSpec *)group->members->pdata[5])->start, SIM_TIME_MAX);
    scenario_free(scenario);
}
END_TEST

START_TEST(goals_carry_their_limit_in_the_metrics_unit)
{
    Scenario *scenario = read_or_fail(GOOD "/everything.json", NULL);
    const Goal *first = scenario->goals->pdata[0], *third = scenario->goals->pdata[2];
    ck_assert_str_eq(first->text, "produce.latency.p99 {producer=p} <= 10s");
    ck_assert_int_eq(first->limit, SIM_SEC(10));
    ck_assert_str_eq(third->text, "produce.rate >= 1/s in 5s..6s");
    ck_assert_int_eq(third->limit, 1000);
    ck_assert_int_eq(third->from, SIM_SEC(5));
    const Goal *fourth = scenario->goals->pdata[3];
    ck_assert_int_eq(fourth->where_partition, 5);
    ck_assert_str_eq(fourth->where_topic, "t");
    scenario_free(scenario);
}
END_TEST

static void count_key(void *user, const char *key)
{
    (void)key;
    ++*(size_t *)user;
}

static void explain_key(void *user, const char *key)
{
    GString *out = user;
    g_string_truncate(out, 0);
    ck_assert_msg(scenario_explain(key, out), "%s", key);
    ck_assert_uint_gt(out->len, strlen(key));
}

START_TEST(every_key_can_be_explained_and_a_mistyped_one_is_guessed)
{
    size_t keys = 0;
    GString *out = g_string_new(NULL);
    scenario_each_key(count_key, &keys);
    ck_assert_uint_gt(keys, 450);
    scenario_each_key(explain_key, out);
    g_string_truncate(out, 0);
    ck_assert(!scenario_explain("linger_ms", out));
    ck_assert_ptr_nonnull(strstr(out->str, "linger.ms"));
    g_string_free(out, TRUE);
}
END_TEST

START_TEST(findings_are_json_too)
{
    Problems *problems = problems_new();
    GString *out = g_string_new(NULL);
    ck_assert_ptr_null(
        scenario_read_file("tests/scenarios/broken/08-escape-code-in-string.json", NULL, problems));
    problems_print_json(problems, out);
    cJSON *list = cJSON_Parse(out->str);
    ck_assert_ptr_nonnull(list);
    const cJSON *line = cJSON_GetObjectItemCaseSensitive(list->child, "line");
    ck_assert_int_eq(line->valueint, 3);
    cJSON_Delete(list);
    g_string_free(out, TRUE);
    problems_free(problems);
}
END_TEST

START_TEST(the_workers_of_connect_are_a_group_and_its_tasks_wait_for_them)
{
    Scenario *scenario =
        read_text("{\"version\":1,\"name\":\"c\",\"topics\":[{\"name\":\"t\"}],"
                  "\"producers\":[{\"name\":\"p\",\"topic\":\"t\",\"rate\":\"9/s\",\"count\":3}],"
                  "\"groups\":[{\"name\":\"g\",\"topics\":[\"t\"],\"members\":2}],"
                  "\"connect\":[{\"name\":\"c\",\"workers\":[{\"name\":\"w\"},"
                  "{\"name\":\"old\",\"connect.protocol\":\"eager\"}],"
                  "\"task.shutdown.graceful.timeout.ms\":7000,\"connectors\":["
                  "{\"name\":\"z\",\"group\":\"g\"},{\"name\":\"a\",\"producer\":\"p\"}]}]}",
                  NULL);
    const ClusterSpec *spec = scenario->spec;
    ck_assert_uint_eq(spec->groups->len, 2);
    const GroupSpec *sink = spec->groups->pdata[0];
    const GroupSpec *connect = spec->groups->pdata[1];
    ck_assert(((const MemberSpec *)sink->members->pdata[1])->start == SIM_TIME_MAX);
    ck_assert(((const ProducerSpec *)spec->producers->pdata[0])->start == SIM_TIME_MAX);
    ck_assert_int_eq(((const MemberSpec *)connect->members->pdata[0])->start, 0);
    const ConnectorSpec *first = connect->connectors->pdata[0]; /* by name */
    ck_assert_str_eq(first->name, "a");
    ck_assert_int_eq(first->tasks, 3);
    ck_assert_int_eq(connect->scheduled_rebalance_max_delay, SIM_SEC(300));
    ck_assert_int_eq(connect->task_shutdown_timeout, SIM_SEC(7));
    ck_assert_int_eq(connect->connect_protocol, CONNECT_SESSIONED);
    ck_assert(((MemberSpec *)connect->members->pdata[1])->connect_protocol == CONNECT_EAGER);
    ck_assert_int_eq(kafka_config_ms(connect->config, "session.timeout.ms"), SIM_SEC(10));
    scenario_free(scenario);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_told)
{
    Problems *problems = problems_new();
    ck_assert_ptr_null(scenario_read_file("tests/no-such.json", NULL, problems));
    ck_assert_uint_eq(problems_count(problems, PROBLEM_ERROR), 1);
    ck_assert_ptr_null(scenario_read_file("tests", NULL, problems));
    ck_assert_uint_eq(problems_count(problems, PROBLEM_ERROR), 2);
    problems_free(problems);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scenario_reader");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, an_effective_scenario_reads_as_itself);
    tcase_add_test(tests, crash_leader_is_the_recorded_set_up);
    tcase_add_test(tests, idempotence_goes_in_silence_when_it_cannot_be_had);
    tcase_add_test(tests, an_unset_delivery_timeout_grows_with_linger);
    tcase_add_test(tests, what_a_topic_does_not_set_is_left_to_the_brokers);
    tcase_add_test(tests, the_scenario_wins_over_its_properties_file);
    tcase_add_test(tests, a_properties_file_behind_a_link_is_refused);
    tcase_add_test(tests, the_command_line_overrides_values);
    tcase_add_test(tests, a_wrong_override_is_told_with_its_text);
    tcase_add_test(tests, the_command_line_begins_a_list_that_is_not_there);
    tcase_add_test(tests, the_command_line_adds_what_is_not_there);
    tcase_add_test(tests, what_the_controller_will_refuse_is_foreseen);
    tcase_add_test(tests, the_hash_is_of_all_but_the_seed);
    tcase_add_test(tests, options_that_are_not_simulated_are_listed_once);
    tcase_add_test(tests, the_timeline_becomes_instants_in_order);
    tcase_add_test(tests, goals_carry_their_limit_in_the_metrics_unit);
    tcase_add_test(tests, every_key_can_be_explained_and_a_mistyped_one_is_guessed);
    tcase_add_test(tests, findings_are_json_too);
    tcase_add_test(tests, the_workers_of_connect_are_a_group_and_its_tasks_wait_for_them);
    tcase_add_test(tests, a_file_that_is_not_there_is_told);
    return run_suite(suite);
}
