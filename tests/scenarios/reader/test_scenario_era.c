/* test_scenario_era.c - what producers do by default, since and before KIP-679 (3.0); what means
 * nothing in an era. */
#include "scenarios/runner/reader/scenario.h"
#include "tests/run_suite.h"
#include <check.h>
#include <glib.h>
#include <string.h>

typedef struct Case {
    const char *kip_679; /* era */
    const char *config;  /* of the producer */
    const char *acks;
    bool idempotent;
    const char
        *connect; /* exactly.once.source.support of the cluster whose source it is, or NULL */
} Case;

static const Case cases[] = {
    {"true", "", "all", true, NULL},
    {"true", "\"acks\":\"1\"", "1", false, NULL}, /* asked for less: idempotence goes in silence */
    {"true", "\"enable.idempotence\":false", "all", false, NULL},
    {"false", "", "1", false, NULL},
    {"false", "\"acks\":\"all\"", "all", false, NULL},
    {"false", "\"acks\":\"all\",\"enable.idempotence\":true", "all", true, NULL},
    /* Who asked for idempotence got acks=all with it (maybeOverrideAcksAndRetries of 2.8). */
    {"false", "\"enable.idempotence\":true", "all", true, NULL},
    {"false", "\"transactional.id\":\"x\"", "all", true, NULL},
    /* Worker.baseProducerConfigs, .exactlyOnceSourceTaskProducerConfigs */
    {"true", "", "all", false, "disabled"},
    {"false", "", "all", false, "disabled"},
    {"false", "\"acks\":\"1\"", "1", false, "disabled"},
    {"true", "", "all", true, "enabled"},
    {"false", "", "all", true, "enabled"},
};

static char *connect_of(const Case *c)
{
    return c->connect == NULL
               ? g_strdup("")
               : g_strdup_printf(",\"connect\":[{\"name\":\"c\",\"workers\":1,"
                                 "\"exactly.once.source.support\":\"%s\",\"connectors\":["
                                 "{\"name\":\"s\",\"producer\":\"p\"}]}]",
                                 c->connect);
}

static Scenario *read(const Case *c)
{
    g_autofree char *connect = connect_of(c);
    g_autofree char *text =
        g_strdup_printf("{\"version\":1,\"name\":\"x\",\"duration\":\"1s\",\"cluster\":{"
                        "\"brokers\":3,\"era\":{\"KIP-679\":%s}},"
                        "\"topics\":[{\"name\":\"t\",\"partitions\":1,\"replication.factor\":3}],"
                        "\"producers\":[{\"name\":\"p\",\"topic\":\"t\",\"rate\":\"1/s\","
                        "\"config\":{%s}}]%s}",
                        c->kip_679,
                        c->config,
                        connect);
    Problems *problems = problems_new();
    Scenario *scenario = scenario_read_text("x.json", NULL, text, strlen(text), NULL, problems);
    GString *found = g_string_new(NULL);
    problems_print(problems, PROBLEM_ERROR, false, found);
    ck_assert_msg(scenario != NULL, "%s", found->str);
    g_string_free(found, TRUE);
    problems_free(problems);
    return scenario;
}

START_TEST(producers_are_safe_by_default_since_kip_679)
{
    const Case *c = &cases[_i];
    Scenario *scenario = read(c);
    const ProducerSpec *producer = scenario->spec->producers->pdata[0];
    ck_assert_str_eq(kafka_config_text(producer->config, "acks"), c->acks);
    ck_assert_int_eq(kafka_config_boolean(producer->config, "enable.idempotence"), c->idempotent);
    scenario_free(scenario);
}
END_TEST

/* delivery.timeout.ms, which grows with request.timeout.ms where it is not set, is set there. */
START_TEST(a_source_never_gives_up_in_any_era)
{
    const Case source = {
        _i == 0 ? "true" : "false", "\"request.timeout.ms\":300000", "all", false, "disabled"};
    Scenario *scenario = read(&source);
    const KafkaConfig *config = ((const ProducerSpec *)scenario->spec->producers->pdata[0])->config;
    ck_assert_str_eq(kafka_config_text(config, "delivery.timeout.ms"), "2147483647");
    ck_assert_str_eq(kafka_config_text(config, "max.block.ms"), "9223372036854775807");
    ck_assert_str_eq(kafka_config_text(config, "max.in.flight.requests.per.connection"), "1");
    scenario_free(scenario);
}
END_TEST

/* ---- what only the other era has */

typedef struct Other {
    const char *cluster; /* members of /cluster */
    const char *says;    /* under NOT SIMULATED; NULL nothing */
} Other;

static const Other others[] = {
    {"\"era\":{\"metadata\":\"zookeeper\"},\"config\":{\"broker.session.timeout.ms\":3000}",
     "controller option broker.session.timeout.ms, which is KRaft's only"},
    {"\"era\":{\"metadata\":\"zookeeper\"},\"controllers\":3",
     "controllers of their own: with ZooKeeper one of the brokers is the controller"},
    {"\"era\":{\"metadata\":\"zookeeper\"},\"config\":{\"zookeeper.session.timeout.ms\":6000}",
     NULL},
    {"\"controllers\":3,\"config\":{\"zookeeper.session.timeout.ms\":6000}",
     "broker option zookeeper.session.timeout.ms, which is ZooKeeper's only"},
    {"\"config\":{\"leader.imbalance.per.broker.percentage\":50}",
     "controller option leader.imbalance.per.broker.percentage, which is ZooKeeper's only"},
    {"\"controllers\":3,\"config\":{\"broker.session.timeout.ms\":3000}", NULL},
};

START_TEST(what_only_the_other_era_has_is_said_to_change_nothing)
{
    const Other *other = &others[_i];
    g_autofree char *text =
        g_strdup_printf("{\"version\":1,\"name\":\"x\",\"duration\":\"1s\",\"cluster\":{"
                        "\"brokers\":3,%s},\"topics\":[{\"name\":\"t\",\"partitions\":1}]}",
                        other->cluster);
    Problems *problems = problems_new();
    Scenario *scenario = scenario_read_text("x.json", NULL, text, strlen(text), NULL, problems);
    ck_assert_ptr_nonnull(scenario);
    const GPtrArray *words = scenario->not_simulated;
    ck_assert_uint_eq(words->len, other->says != NULL ? 1 : 0);
    if (other->says != NULL) {
        ck_assert_str_eq(words->pdata[0], other->says);
    }
    scenario_free(scenario);
    problems_free(problems);
}
END_TEST

typedef struct Kind {
    const char *group;   /* its members */
    const char *era;     /* of cluster */
    const char *pointer; /* of the warning; NULL none */
} Kind;

#define ZOOKEEPER "\"era\":{\"metadata\":\"zookeeper\"},"
#define PROTOCOL  "\"config\":{\"group.protocol\":\"consumer\"}"
static const Kind kinds[] = {
    {"\"members\":1," PROTOCOL, ZOOKEEPER, "/groups/0/config/group.protocol"},
    {"\"members\":[{" PROTOCOL "}]", ZOOKEEPER, "/groups/0/members/0/config/group.protocol"},
    {"\"members\":1,\"share\":\"implicit\"", ZOOKEEPER, "/groups/0/share"},
    {"\"members\":1", ZOOKEEPER, NULL},
    {"\"members\":1," PROTOCOL, "", NULL},
    {"\"members\":1,\"share\":\"implicit\"", "", NULL},
};

/* KafkaConfig.groupCoordinatorRebalanceProtocols */
START_TEST(groups_that_zookeeper_s_brokers_refuse_are_warned_of)
{
    const Kind *kind = &kinds[_i];
    g_autofree char *text =
        g_strdup_printf("{\"version\":1,\"name\":\"x\",\"duration\":\"1s\",\"cluster\":{%s"
                        "\"brokers\":3},\"topics\":[{\"name\":\"t\",\"partitions\":1}],"
                        "\"groups\":[{\"name\":\"g\",\"topics\":[\"t\"],%s}]}",
                        kind->era,
                        kind->group);
    Problems *problems = problems_new();
    Scenario *scenario = scenario_read_text("x.json", NULL, text, strlen(text), NULL, problems);
    GString *found = g_string_new(NULL);
    problems_print(problems, PROBLEM_WARNING, false, found);
    ck_assert_msg(scenario != NULL, "%s", found->str);
    ck_assert_int_eq(strstr(found->str, "UNSUPPORTED_VERSION") != NULL, kind->pointer != NULL);
    if (kind->pointer != NULL) {
        ck_assert_msg(strstr(found->str, kind->pointer) != NULL, "%s", found->str);
    }
    g_string_free(found, TRUE);
    scenario_free(scenario);
    problems_free(problems);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scenario_era");
    TCase *tests = tcase_create("KIP-679");
    tcase_add_loop_test(tests, a_source_never_gives_up_in_any_era, 0, 2);
    tcase_add_loop_test(tests,
                        producers_are_safe_by_default_since_kip_679,
                        0,
                        (int)(sizeof cases / sizeof cases[0]));
    tcase_add_loop_test(tests,
                        what_only_the_other_era_has_is_said_to_change_nothing,
                        0,
                        (int)(sizeof others / sizeof others[0]));
    tcase_add_loop_test(tests,
                        groups_that_zookeeper_s_brokers_refuse_are_warned_of,
                        0,
                        (int)(sizeof kinds / sizeof kinds[0]));
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
