/* test_scenario_refused.c - what a real cluster would refuse is said before the run. */
#include "scenarios/runner/reader/scenario.h"
#include "tests/run_suite.h"
#include <check.h>
#include <glib.h>
#include <string.h>

/* Both are printf formats: the cluster's options, the topics, the rest. */
#define SCENARIO                                                                                   \
    "{\"version\":1,\"name\":\"x\",\"cluster\":{\"brokers\":1,\"config\":{%s}},"                   \
    "\"topics\":[%s]%s}"

static void expect(const char *config, const char *topics, const char *rest, const char *words)
{
    g_autofree char *text = g_strdup_printf(SCENARIO, config, topics, rest);
    Problems *problems = problems_new();
    GString *found = g_string_new(NULL);
    Scenario *scenario = scenario_read_text("x.json", NULL, text, strlen(text), NULL, problems);
    problems_print(problems, PROBLEM_NOTE, false, found);
    if (words == NULL) {
        ck_assert_str_eq(found->str, "");
    } else {
        ck_assert_msg(strstr(found->str, words) != NULL, "no \"%s\" in:\n%s", words, found->str);
    }
    scenario_free(scenario);
    problems_free(problems);
    g_string_free(found, TRUE);
}

#define TOPIC(config) "{\"name\":\"t\",\"replication.factor\":1,\"config\":{" config "}}"
#define PRODUCER(record)                                                                           \
    ",\"producers\":[{\"name\":\"p\",\"topic\":\"t\",\"rate\":\"9/s\"" record "}]"
#define COMPACTED "\"cleanup.policy\":\"compact\""
#define KEYS      ",\"record\":{\"keys\":{\"uniform\":9}}"
#define REFUSED   "a producer without keys writes to"
#define LATER                                                                                      \
    ",\"timeline\":[{\"at\":\"9s\",\"do\":\"set.config\",\"topic\":\"t\",\"config\":{" COMPACTED   \
    "}}]"

START_TEST(records_without_keys_on_a_compacted_topic)
{
    expect("", TOPIC(COMPACTED), PRODUCER(""), REFUSED " a compacted topic");
    expect("\"log.cleanup.policy\":\"compact,delete\"", TOPIC(""), PRODUCER(""), REFUSED);
    expect("", TOPIC(""), PRODUCER("") LATER, REFUSED " the topic");
    expect("", TOPIC(COMPACTED), PRODUCER(KEYS), NULL);
    expect("", TOPIC(""), PRODUCER(KEYS) LATER, NULL);
    expect("\"log.cleanup.policy\":\"compact\"",
           TOPIC("\"cleanup.policy\":\"delete\""),
           PRODUCER(""),
           NULL);
}
END_TEST

#define NAMED(name) "{\"name\":\"" name "\",\"replication.factor\":1}"
#define CREATES(name)                                                                              \
    "{\"at\":\"9s\",\"do\":\"create.topic\",\"topic\":\"" name "\",\"replication.factor\":1}"

#define GROUP_TYPES(list) "\"group.coordinator.rebalance.protocols\":\"" list "\""

START_TEST(a_group_coordinator_without_the_classic_protocol)
{
    expect(GROUP_TYPES("consumer,classic"), TOPIC(""), "", NULL);
    expect(GROUP_TYPES("consumer"), TOPIC(""), "", "the classic protocol cannot be disabled");
}
END_TEST

#define SHARE   "\"group.share."
#define STREAMS "\"group.streams."

/* KafkaConfig.validateValues, ShareGroupConfig.validate: tried with the classes of 4.1.0. */
START_TEST(options_of_brokers_that_do_not_go_together)
{
    expect("\"log.retention.ms\":0", TOPIC(""), "", "log.retention.ms must be -1 (without end)");
    expect("\"log.retention.hours\":0", TOPIC(""), "", "log.retention.hours must be -1");
    expect("\"log.retention.hours\":0,\"log.retention.ms\":-1", TOPIC(""), "", NULL);
    expect("\"log.cleaner.dedupe.buffer.size\":1048576", TOPIC(""), "", "above 1 MiB a cleaner");
    expect("\"log.cleaner.dedupe.buffer.size\":1048577", TOPIC(""), "", NULL);
    expect("\"log.cleaner.threads\":128", TOPIC(""), "", "above 1 MiB a cleaner thread");
    expect(SHARE "record.lock.duration.ms\":1000", TOPIC(""), "", "(15000) must be at most");
    expect(SHARE "record.lock.duration.ms\":100000", TOPIC(""), "", "(60000)");
    expect(SHARE "max.size\":200," SHARE "max.share.sessions\":199", TOPIC(""), "", "at most");
    expect(STREAMS "session.timeout.ms\":1000", TOPIC(""), "", "at most");
}
END_TEST

START_TEST(a_class_that_is_not_kafkas)
{
    expect("\"replica.selector.class\":\"foo\"", TOPIC(""), "", "found \"foo\"");
    expect("\"replica.selector.class\":\"org.acme.Selector\"",
           TOPIC(""),
           "",
           "not simulated: broker option replica.selector.class with a class that is not Kafka's");
}
END_TEST

START_TEST(a_transaction_timeout_with_two_phase_commit)
{
    expect("",
           TOPIC(""),
           PRODUCER(",\"config\":{\"transaction.two.phase.commit.enable\":true,"
                    "\"transaction.timeout.ms\":9000}"),
           "cannot be set with transaction.two.phase.commit.enable");
}
END_TEST

#define CONFIG(options) ",\"config\":{" options "}"
#define ID              "\"transactional.id\":\"x\""

/* Kafka's producer ends with INVALID_TRANSACTION_TIMEOUT before its first record. */
START_TEST(a_transaction_timeout_above_that_of_the_brokers)
{
    const char *const most = "\"transaction.max.timeout.ms\":5000";
    const char *const words = "transaction.timeout.ms (9000) must be at most "
                              "transaction.max.timeout.ms of the brokers (5000)";
    expect(most, TOPIC(""), PRODUCER(CONFIG(ID ",\"transaction.timeout.ms\":9000")), words);
    expect(most, TOPIC(""), PRODUCER(CONFIG(ID)), "transaction.timeout.ms (60000) must be");
    expect(most, TOPIC(""), PRODUCER(CONFIG(ID ",\"transaction.timeout.ms\":5000")), NULL);
    expect(most, TOPIC(""), PRODUCER(CONFIG("\"transaction.timeout.ms\":9000")), NULL);
    expect(most,
           TOPIC(""),
           PRODUCER(CONFIG(ID ",\"transaction.two.phase.commit.enable\":true")),
           "not simulated: producer option transaction.two.phase.commit.enable");
}
END_TEST

/* BufferPool.allocate() throws: such memory will never be free. */
START_TEST(a_buffer_memory_without_room_for_a_batch)
{
    expect("",
           TOPIC(""),
           PRODUCER(CONFIG("\"buffer.memory\":16383")),
           "buffer.memory: buffer.memory (16383) has no room for a batch.size of 16384: every "
           "send() ");
    expect("", TOPIC(""), PRODUCER(CONFIG("\"buffer.memory\":16384")), NULL);
    expect("",
           TOPIC(""),
           PRODUCER(CONFIG("\"buffer.memory\":16384") ",\"record\":{\"size\":\"16385B\"}"),
           "every record is larger than buffer.memory (16384): all will fail");
}
END_TEST

START_TEST(names_that_collide)
{
    expect("", NAMED("a.b") "," NAMED("a_b"), "", "collides with that of topic \"a.b\"");
    expect("", NAMED("a.b") "," NAMED("a.b"), "", "there are two topics \"a.b\"");
    expect("", NAMED("a.b") "," NAMED("a_bc") "," NAMED("ab"), "", NULL);
    expect("",
           NAMED("a.b"),
           ",\"timeline\":[" CREATES("a_b") "]",
           "the answer will be INVALID_TOPIC_EXCEPTION");
    expect("",
           NAMED("a.b"),
           ",\"timeline\":[{\"at\":\"5s\",\"do\":\"delete.topic\",\"topic\":\"a.b\"}," CREATES(
               "a_b") "]",
           NULL);
}
END_TEST

#define SYSTEM "\"remote.log.storage.system.enable\":true"
#define TIERED "\"remote.storage.enable\":true"

START_TEST(what_cannot_be_tiered)
{
    expect("", TOPIC(TIERED), "", "needs the brokers' remote.log.storage.system.enable");
    expect(SYSTEM, TOPIC(TIERED), "", NULL);
    expect(SYSTEM, TOPIC(TIERED "," COMPACTED), "", "compacted topics cannot be tiered");
    expect(SYSTEM,
           TOPIC(TIERED ",\"local.retention.ms\":1001,\"retention.ms\":1000"),
           "",
           "local.retention.ms is more than retention.ms");
    expect(SYSTEM, TOPIC(TIERED ",\"local.retention.ms\":604800000"), "", NULL);
    expect(SYSTEM, TOPIC(TIERED ",\"local.retention.ms\":604800001"), "", "(INVALID_CONFIG)");
    expect(SYSTEM,
           TOPIC(TIERED ",\"local.retention.bytes\":-1,\"retention.bytes\":1000"),
           "",
           "local.retention.bytes is more than retention.bytes");
    expect(SYSTEM, TOPIC("\"local.retention.ms\":1001,\"retention.ms\":1000"), "", NULL);
}
END_TEST

#define AT(second, verb, config)                                                                   \
    "{\"at\":\"" second "s\",\"do\":\"" verb "\",\"topic\":\"t\",\"config\":{" config "}}"
#define SETS(config) ",\"timeline\":[" AT("9", "set.config", config) "]"

#define UNTIERED       "\"remote.storage.enable\":false"
#define OF_ALL(config) ",\"timeline\":[{\"at\":\"9s\",\"do\":\"set.config\"," OPTIONS(config) "}]"
#define OF_BROKER(config)                                                                          \
    ",\"timeline\":[{\"at\":\"9s\",\"do\":\"set.config\",\"broker\":1," OPTIONS(config) "}]"
#define OPTIONS(config) "\"config\":{" config "}"

/* By what stands in the file for the topic and its brokers, and by what the timeline did before. */
START_TEST(options_that_the_controller_will_refuse)
{
    const char *answer = "the answer will be INVALID_CONFIG";
    expect("", TOPIC(""), SETS(TIERED), "system.enable: the answer will be INVALID_CONFIG");
    expect(SYSTEM, TOPIC(""), SETS(TIERED), NULL);
    expect(SYSTEM, TOPIC(COMPACTED), SETS(TIERED), answer);
    expect(SYSTEM, TOPIC(TIERED), SETS("\"retention.ms\":9,\"local.retention.ms\":10"), answer);
    expect(SYSTEM,
           TOPIC(TIERED),
           ",\"timeline\":[" AT("5", "set.config", "\"local.retention.ms\":10") "," AT(
               "9", "set.config", "\"retention.ms\":9") "]",
           answer);
    expect("",
           NAMED("a"),
           ",\"timeline\":[" AT("5", "create.topic", TIERED) "," AT("9", "set.config", "") "]",
           answer);
    expect(SYSTEM, NAMED("a"), ",\"timeline\":[" AT("5", "create.topic", TIERED) "]", NULL);
    expect(SYSTEM,
           TOPIC(TIERED),
           SETS(UNTIERED),
           "remote.storage.enable=false needs remote.log.delete.on.disable");
    expect(SYSTEM, TOPIC(TIERED), SETS(UNTIERED ",\"remote.log.delete.on.disable\":true"), NULL);
    expect(SYSTEM,
           TOPIC(TIERED ",\"local.retention.ms\":9"),
           SETS("\"remote.log.copy.disable\":true"),
           "with remote.log.copy.disable local retention must be retention");
    expect(SYSTEM, TOPIC(TIERED), SETS("\"remote.log.copy.disable\":true"), NULL);
    expect("", TOPIC(""), SETS("\"max.compaction.lag.ms\":5"), NULL);
    expect("",
           TOPIC("\"min.compaction.lag.ms\":9"),
           SETS("\"max.compaction.lag.ms\":5"),
           "min.compaction.lag.ms is more than max.compaction.lag.ms: the answer will be");
    expect("",
           TOPIC("\"min.compaction.lag.ms\":9,\"max.compaction.lag.ms\":5"),
           "",
           "min.compaction.lag.ms is more than max.compaction.lag.ms: Kafka refuses it");
    expect(
        "},\"era\":{\"KRaft\":false", TOPIC(""), SETS("\"remote.log.copy.disable\":true"), answer);
    expect("},\"era\":{\"KRaft\":false",
           TOPIC("\"remote.log.copy.disable\":true"),
           "",
           "are not for ZooKeeper: Kafka refuses it");
    expect("", TOPIC(""), OF_BROKER("\"min.insync.replicas\":1"), answer);
    expect("", TOPIC(""), OF_ALL("\"min.insync.replicas\":1"), NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scenario_refused");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, records_without_keys_on_a_compacted_topic);
    tcase_add_test(tests, a_group_coordinator_without_the_classic_protocol);
    tcase_add_test(tests, options_of_brokers_that_do_not_go_together);
    tcase_add_test(tests, a_class_that_is_not_kafkas);
    tcase_add_test(tests, a_transaction_timeout_with_two_phase_commit);
    tcase_add_test(tests, a_transaction_timeout_above_that_of_the_brokers);
    tcase_add_test(tests, a_buffer_memory_without_room_for_a_batch);
    tcase_add_test(tests, names_that_collide);
    tcase_add_test(tests, what_cannot_be_tiered);
    tcase_add_test(tests, options_that_the_controller_will_refuse);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
