/* test_kafka_config.c - the option table against the list of facts in data/, and value sets. */
#include "models/protocol/kafka_config.h"
#include "tests/run_suite.h"
#include <check.h>
#include <glib.h>
#include <string.h>

#define FACTS KAFKASIM_SOURCE_DIR "/tests/models/protocol/data/kafka-options-4.1.tsv"

static KafkaScope scope_named(const char *name)
{
    for (unsigned scope = 0; scope < KAFKA_SCOPE_COUNT; scope++) {
        if (strcmp(kafka_scope_name((KafkaScope)scope), name) == 0) {
            return (KafkaScope)scope;
        }
    }
    ck_abort_msg("no scope %s", name);
    return KAFKA_SCOPE_COUNT;
}

static void check_text(const KafkaOption *option, const char *text, bool taken)
{
    ck_assert_msg(kafka_option_accepts(option, text, NULL, 0) == taken,
                  "%s=%s should be %s",
                  option->name,
                  text,
                  taken ? "taken" : "refused");
}

static void check_number(const KafkaOption *option, int64_t number, bool taken)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, number);
    check_text(option, text, taken);
}

/* "[0,...,900]", "[1,...]": nothing outside of it is taken. */
static void check_range(const KafkaOption *option, const char *valid)
{
    char *rest = NULL;
    check_number(option, g_ascii_strtoll(valid + 1, &rest, 10) - 1, false);
    if (g_str_has_prefix(rest, ",...,")) {
        check_number(option, g_ascii_strtoll(rest + 5, NULL, 10) + 1, false);
    }
}

/* "[read_committed, read_uncommitted]", "(case insensitive) [CONSUMER, CLASSIC]" */
static void check_words(const KafkaOption *option, const char *valid)
{
    const bool any_case = g_str_has_prefix(valid, "(case insensitive)");
    g_auto(GStrv) words = g_strsplit_set(strchr(valid, '[') + 1, ", ]", -1);
    for (size_t i = 0; words[i] != NULL; i++) {
        g_autofree char *lower = g_ascii_strdown(words[i], -1);
        g_autofree char *upper = g_ascii_strup(words[i], -1);
        if (words[i][0] != '\0' && strchr(words[i], ':') == NULL) {
            check_text(option, words[i], true);
            check_text(option, lower, any_case || strcmp(lower, words[i]) == 0);
            check_text(option, upper, any_case || strcmp(upper, words[i]) == 0);
        }
    }
    check_text(option, "bogus", false);
}

static void check_valid(const KafkaOption *option, const char *valid)
{
    const bool number = g_ascii_isdigit(valid[1]) || valid[1] == '-';
    if (strcmp(valid, "non-empty string") == 0) {
        check_text(option, "", false);
    } else if (valid[0] == '[' && number && option->type != KAFKA_TYPE_DOUBLE) {
        check_range(option, valid);
    } else if (strchr(valid, '[') != NULL && strchr(valid, ' ') != NULL &&
               option->type != KAFKA_TYPE_DOUBLE && !number) {
        check_words(option, valid);
    }
}

static void check_fact(const char *line)
{
    char **field = g_strsplit(line, "\t", -1);
    ck_assert_uint_eq(g_strv_length(field), 5);
    const KafkaOption *option = kafka_option_find(1u << scope_named(field[0]), field[1]);
    ck_assert_msg(option != NULL, "missing: %s", line);
    ck_assert_msg(strcmp(kafka_type_name(option->type), field[2]) == 0, "type of %s", line);
    const char *fallback = option->default_value != NULL ? option->default_value : "\\N";
    ck_assert_msg(strcmp(fallback, field[3]) == 0, "%s, but the table has %s", line, fallback);
    check_valid(option, field[4]);
    g_strfreev(field);
}

START_TEST(every_option_of_kafka_is_in_the_table_and_takes_what_kafka_takes)
{
    char *text = NULL;
    ck_assert(g_file_get_contents(FACTS, &text, NULL, NULL));
    char **lines = g_strsplit(g_strchomp(text), "\n", -1);
    size_t facts = 0;
    for (size_t i = 0; lines[i] != NULL; i++) {
        if (lines[i][0] != '#') {
            check_fact(lines[i]);
            facts++;
        }
    }
    ck_assert_uint_eq(facts, 677);
    ck_assert_uint_eq(kafka_option_count(), facts);
    g_strfreev(lines);
    g_free(text);
}
END_TEST

START_TEST(no_name_stands_twice_in_a_scope)
{
    for (size_t i = 0; i < kafka_option_count(); i++) {
        const KafkaOption *option = kafka_option_at(i);
        ck_assert_msg(kafka_option_find(1u << option->scope, option->name) == option,
                      "%s is there twice",
                      option->name);
    }
    ck_assert_ptr_null(kafka_option_at(kafka_option_count()));
}
END_TEST

/* -1 of node.id means "must be set": Kafka's own default is outside of its range. */
START_TEST(every_default_is_a_value_of_its_option)
{
    char expected[512];
    for (size_t i = 0; i < kafka_option_count(); i++) {
        const KafkaOption *option = kafka_option_at(i);
        if (option->default_value == NULL || option->default_value[0] == '\0' ||
            strcmp(option->name, "node.id") == 0) {
            continue;
        }
        ck_assert_msg(
            kafka_option_accepts(option, option->default_value, expected, sizeof expected),
            "%s: expected %s",
            option->name,
            expected);
    }
}
END_TEST

START_TEST(rows_are_complete_and_simulated_options_are_the_same_in_both_node_scopes)
{
    for (size_t i = 0; i < kafka_option_count(); i++) {
        const KafkaOption *option = kafka_option_at(i);
        ck_assert_msg(strlen(option->help) > 2, "%s has no help", option->name);
        ck_assert_ptr_nonnull(option->unit);
        ck_assert_int_le(option->minimum, option->maximum);
        ck_assert_msg(option->minimum < 0 || strstr(option->help, "-1 = ") == NULL,
                      "%s: its help tells of a value that is refused",
                      option->name);
        const KafkaOption *first = kafka_option_find(KAFKA_SCOPES_NODE, option->name);
        if (((1u << option->scope) & KAFKA_SCOPES_NODE) != 0 && first != option) {
            ck_assert_msg(first->simulated == option->simulated, "%s", option->name);
            ck_assert_msg(g_strcmp0(first->default_value, option->default_value) == 0,
                          "two defaults of %s",
                          option->name);
        }
    }
}
END_TEST

static const char replicas[] = "follower.replication.throttled.replicas";
static const char replica_list[] = "* or a list of PARTITION:BROKER separated by commas";
static const char selector[] = "one of org.apache.kafka.common.replica.RackAwareReplicaSelector, a "
                               "class of your own (package.Class)";
static const char share_assignors[] =
    "a list of simple, org.apache.kafka.coordinator.group.assignor.SimpleAssignor, a class of your "
    "own (package.Class)";

START_TEST(lists_of_replicas_are_taken)
{
    static const char *const texts[] = {"", "*", "0:1", " 0:1 , 12:3 ", "0:1,"};
    const KafkaOption *option = kafka_option_find(1u << KAFKA_SCOPE_TOPIC, replicas);
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        ck_assert(kafka_option_accepts(option, texts[i], NULL, 0));
    }
}
END_TEST

START_TEST(values_are_refused_with_what_was_expected)
{
    static const struct {
        KafkaScope scope;
        const char *name, *text, *expected;
    } rows[] = {
        {KAFKA_SCOPE_PRODUCER, "acks", "2", "one of all, -1, 0, 1"},
        {KAFKA_SCOPE_PRODUCER, "linger.ms", "-1", "an integer of at least 0"},
        {KAFKA_SCOPE_PRODUCER, "linger.ms", "5.5", "an integer of at least 0"},
        {KAFKA_SCOPE_PRODUCER, "linger.ms", "99999999999999999999", "an integer of at least 0"},
        {KAFKA_SCOPE_PRODUCER, "batch.size", "2147483648", "an integer in 0..2147483647"},
        {KAFKA_SCOPE_PRODUCER, "enable.idempotence", "yes", "true or false"},
        {KAFKA_SCOPE_TOPIC, "min.cleanable.dirty.ratio", "1.5", "a number in 0..1"},
        {KAFKA_SCOPE_TOPIC, "min.cleanable.dirty.ratio", "nan", "a number in 0..1"},
        {KAFKA_SCOPE_TOPIC, "cleanup.policy", "delete,gone", "a list of delete, compact"},
        {KAFKA_SCOPE_TOPIC, "compression.gzip.level", "0", "an integer in 1..9, or -1"},
        {KAFKA_SCOPE_CONSUMER, "group.instance.id", " ", "a string that is not empty"},
        {KAFKA_SCOPE_CONSUMER, "group.protocol", "new", "one of classic, consumer, in any case"},
        {KAFKA_SCOPE_BROKER, "replica.selector.class", "RackAwareReplicaSelector", selector},
        {KAFKA_SCOPE_BROKER, "replica.selector.class", "org.apache.kafka.Selector", selector},
        {KAFKA_SCOPE_GROUP, "group.share.assignors", "simple,foo", share_assignors},
        {KAFKA_SCOPE_TOPIC, replicas, "bogus", replica_list},
        {KAFKA_SCOPE_TOPIC, replicas, "0:1,2", replica_list},
        {KAFKA_SCOPE_TOPIC, replicas, "0:1,*", replica_list},
    };
    char expected[512];
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const KafkaOption *option = kafka_option_find(1u << rows[i].scope, rows[i].name);
        ck_assert(!kafka_option_accepts(option, rows[i].text, expected, sizeof expected));
        ck_assert_str_eq(expected, rows[i].expected);
    }
}
END_TEST

START_TEST(a_value_comes_from_itself_then_its_parent_then_the_default)
{
    KafkaConfig *cluster = kafka_config_new(KAFKA_SCOPES_NODE, NULL);
    KafkaConfig *broker = kafka_config_new(KAFKA_SCOPES_NODE, cluster);
    ck_assert_int_eq(kafka_config_integer(broker, "num.io.threads"), 8);
    ck_assert(!kafka_config_is_set(broker, "num.io.threads"));
    ck_assert(kafka_config_set(cluster, "num.io.threads", " 4 "));
    ck_assert_int_eq(kafka_config_integer(broker, "num.io.threads"), 4);
    ck_assert(kafka_config_set(broker, "num.io.threads", "2"));
    ck_assert_int_eq(kafka_config_integer(broker, "num.io.threads"), 2);
    ck_assert_int_eq(kafka_config_integer(cluster, "num.io.threads"), 4);
    ck_assert(!kafka_config_set(broker, "num.io.threads", "0"));
    ck_assert(!kafka_config_set(broker, "linger.ms", "5"));
    kafka_config_free(broker);
    kafka_config_free(cluster);
}
END_TEST

START_TEST(a_class_of_ones_own_is_taken_and_known_as_such)
{
    const KafkaOption *option = kafka_option_find(KAFKA_SCOPES_NODE, "group.consumer.assignors");
    ck_assert(kafka_option_accepts(option, "range,org.acme.Assignor", NULL, 0));
    ck_assert(kafka_option_is_own_class(option, "range,org.acme.Assignor"));
    ck_assert(!kafka_option_is_own_class(option, "range,uniform"));
    const KafkaOption *free_text = kafka_option_find(1u << KAFKA_SCOPE_CONSUMER, "client.id");
    ck_assert(!kafka_option_is_own_class(free_text, "org.acme.Client"));
}
END_TEST

START_TEST(words_in_any_case_are_kept_as_the_models_know_them)
{
    KafkaConfig *consumer = kafka_config_new(1u << KAFKA_SCOPE_CONSUMER, NULL);
    ck_assert(kafka_config_set(consumer, "group.protocol", "CONSUMER"));
    ck_assert_str_eq(kafka_config_text(consumer, "group.protocol"), "consumer");
    ck_assert(!kafka_config_set(consumer, "isolation.level", "READ_COMMITTED"));
    kafka_config_free(consumer);
}
END_TEST

START_TEST(values_are_kept_as_kafka_takes_them)
{
    KafkaConfig *producer = kafka_config_new(1u << KAFKA_SCOPE_PRODUCER, NULL);
    ck_assert(kafka_config_set(producer, "acks", "-1"));
    ck_assert_str_eq(kafka_config_text(producer, "acks"), "all");
    ck_assert(kafka_config_set(producer, "enable.idempotence", "TRUE"));
    ck_assert(kafka_config_boolean(producer, "enable.idempotence"));
    ck_assert_int_eq(kafka_config_ms(producer, "linger.ms"), SIM_MS(5));
    ck_assert(kafka_config_set(producer, "linger.ms", "9223372036854775807"));
    ck_assert_int_eq(kafka_config_ms(producer, "linger.ms"), SIM_TIME_MAX);
    ck_assert_ptr_null(kafka_config_text(producer, "partitioner.class"));
    ck_assert_int_eq(kafka_config_integer(producer, "retries"), 2147483647);
    kafka_config_free(producer);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kafka_config");
    TCase *tests = tcase_create("all");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, every_option_of_kafka_is_in_the_table_and_takes_what_kafka_takes);
    tcase_add_test(tests, no_name_stands_twice_in_a_scope);
    tcase_add_test(tests, every_default_is_a_value_of_its_option);
    tcase_add_test(tests, rows_are_complete_and_simulated_options_are_the_same_in_both_node_scopes);
    tcase_add_test(tests, lists_of_replicas_are_taken);
    tcase_add_test(tests, values_are_refused_with_what_was_expected);
    tcase_add_test(tests, a_value_comes_from_itself_then_its_parent_then_the_default);
    tcase_add_test(tests, a_class_of_ones_own_is_taken_and_known_as_such);
    tcase_add_test(tests, words_in_any_case_are_kept_as_the_models_know_them);
    tcase_add_test(tests, values_are_kept_as_kafka_takes_them);
    return run_suite(suite);
}
