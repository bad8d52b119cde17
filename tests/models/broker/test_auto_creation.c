/* test_auto_creation.c - auto.create.topics.enable: who asks for the metadata of a topic that is
 * not there has it created, as the brokers' defaults say (AutoTopicCreationManager).
 *
 * "orders" has 3 partitions of 3 replicas and min ISR 2; it is deleted at 20 s while a producer
 * sends 100 records a second until 40 s. */
#include "tests/models/support/group_run.h"
#include "tests/run_suite.h"

static ClusterSpec *spec_of_deletion(void)
{
    ClusterSpec *spec = whole_spec(3, 1, 1, SIM_SEC(60));
    ck_assert(kafka_config_set(spec->config, "auto.create.topics.enable", "true"));
    (void)whole_topic(spec, "orders", 3, 3);
    (void)whole_load(spec, 100, "all", SIM_SEC(40));
    FaultSpec *gone = whole_fault(spec, FAULT_DELETE_TOPIC, SIM_SEC(20), TARGET_NONE, SPEC_NONE);
    gone->topic = 0;
    return spec;
}

static int32_t partitions_of(const WholeCluster *test)
{
    int32_t count = 0;
    for (int32_t p = 0; p < test->report->partition_count; p++) {
        count += test->report->partitions[p].replica_count > 0 ? 1 : 0;
    }
    return count;
}

/* num.partitions and default.replication.factor are 1 unless somebody says more. */
START_TEST(a_deleted_topic_whose_producer_goes_on_comes_back_as_the_defaults_say)
{
    ClusterSpec *spec = spec_of_deletion();
    WholeCluster test = whole_run(spec);
    ck_assert_int_ge(whole_when(&test, SIM_SEC(20), "world", "admin", "auto-create orders: NONE"),
                     SIM_SEC(20));
    ck_assert_int_le(whole_when(&test, SIM_SEC(20), "world", "admin", "auto-create orders: NONE"),
                     SIM_SEC(21));
    ck_assert_int_eq(partitions_of(&test), 1);
    ck_assert_int_eq(test.report->partitions[0].replica_count, 1);
    ck_assert_int_gt(test.report->partitions[0].log_end_offset, 1800);
    ck_assert_int_eq(test.report->total.lost, 0);
    whole_end(&test);
}
END_TEST

/* Of a deleted partition's batches nothing is heard until delivery.timeout.ms; what is sent later
 * goes to the one that there is. Records acknowledged before are deleted, not lost. */
START_TEST(the_producer_goes_on_with_the_partition_that_there_is)
{
    ClusterSpec *spec = spec_of_deletion();
    whole_fault(spec, FAULT_CRASH, SIM_SEC(15), TARGET_BROKER, 2);
    whole_fault(spec, FAULT_START, SIM_SEC(25), TARGET_BROKER, 2);
    WholeCluster test = whole_run(spec);
    ck_assert_int_eq(test.report->total.lost, 0);
    ck_assert_int_ge(test.report->total.acked, 100 * 15 + 1500);
    whole_end(&test);
}
END_TEST

/* Its own options went with it: with min ISR 2 a single replica would take nothing. */
START_TEST(it_comes_back_without_the_options_it_had)
{
    ClusterSpec *spec = spec_of_deletion();
    WholeCluster test = whole_run(spec);
    const int64_t sent_after = 100 * (40 - 21);
    ck_assert_int_ge(test.report->partitions[0].high_watermark, sent_after);
    whole_end(&test);
}
END_TEST

START_TEST(the_brokers_defaults_decide)
{
    ClusterSpec *spec = spec_of_deletion();
    ck_assert(kafka_config_set(spec->config, "num.partitions", "5"));
    ck_assert(kafka_config_set(spec->config, "default.replication.factor", "2"));
    WholeCluster test = whole_run(spec);
    ck_assert_int_eq(partitions_of(&test), 5);
    ck_assert_int_eq(test.report->partitions[4].replica_count, 2);
    whole_end(&test);
}
END_TEST

START_TEST(where_brokers_may_not_it_stays_away)
{
    ClusterSpec *spec = spec_of_deletion();
    ck_assert(kafka_config_set(spec->config, "auto.create.topics.enable", "false"));
    WholeCluster test = whole_run(spec);
    ck_assert_int_eq(partitions_of(&test), 0);
    ck_assert_int_eq(whole_when(&test, 0, "world", "admin", "auto-create"), -1);
    whole_end(&test);
}
END_TEST

START_TEST(nobody_creates_what_nobody_asks_for)
{
    ClusterSpec *spec = spec_of_deletion();
    ((ProducerSpec *)spec->producers->pdata[0])->stop = SIM_SEC(10);
    WholeCluster test = whole_run(spec);
    ck_assert_int_eq(partitions_of(&test), 0);
    whole_end(&test);
}
END_TEST

/* More replicas are wanted than there are brokers: refused, and asked for again and again. */
START_TEST(what_the_controller_refuses_is_asked_for_again)
{
    ClusterSpec *spec = spec_of_deletion();
    ck_assert(kafka_config_set(spec->config, "default.replication.factor", "4"));
    WholeCluster test = whole_run(spec);
    const char *refused = "auto-create orders: INVALID_REPLICATION_FACTOR";
    const SimTime first = whole_when(&test, 0, "world", "admin", refused);
    ck_assert_int_ge(first, SIM_SEC(20));
    ck_assert_int_gt(whole_when(&test, first + 1, "world", "admin", refused), first);
    ck_assert_int_eq(partitions_of(&test), 0);
    whole_end(&test);
}
END_TEST

/* allow.auto.create.topics, true by default: a group that names the topic; one of a pattern asks
 * for all there are. */
static bool comes_back_for_a_group(const char *allows, const char *protocol)
{
    GroupRun run = run_new(1, SIM_SEC(60), 3, 100, SIM_SEC(5), SIM_SEC(10));
    (void)run_member(&run, "A", 0);
    run_config(&run, "group.protocol", protocol);
    ck_assert(kafka_config_set(run.spec->config, "auto.create.topics.enable", "true"));
    run_config(&run, "metadata.max.age.ms", "5000");
    run_config(&run, "allow.auto.create.topics", allows);
    FaultSpec *gone = whole_fault(run.spec, FAULT_DELETE_TOPIC, SIM_SEC(20), TARGET_NONE, -1);
    gone->topic = 0;
    run_go(&run);
    const bool is_back = run.whole.report->partitions[0].replica_count > 0;
    run_end(&run);
    return is_back;
}

START_TEST(a_consumer_that_names_it_has_it_created_unless_it_says_no)
{
    const char *protocol = _i == 0 ? "classic" : "consumer";
    ck_assert(comes_back_for_a_group("true", protocol));
    ck_assert(!comes_back_for_a_group("false", protocol));
}
END_TEST

/* A topic that is to be created later is there as soon as somebody asks for it. */
START_TEST(who_comes_too_early_has_the_topic_created)
{
    ClusterSpec *spec = whole_spec(3, 1, 1, SIM_SEC(40));
    ck_assert(kafka_config_set(spec->config, "auto.create.topics.enable", "true"));
    TopicSpec *topic = whole_topic(spec, "orders", 3, 3);
    topic->created_later = true;
    (void)whole_load(spec, 100, "all", SIM_SEC(20));
    FaultSpec *late = whole_fault(spec, FAULT_CREATE_TOPIC, SIM_SEC(10), TARGET_NONE, SPEC_NONE);
    late->topic = 0;
    late->number = 3;
    late->replication_factor = 3;
    WholeCluster test = whole_run(spec);
    ck_assert_int_lt(whole_when(&test, 0, "world", "admin", "auto-create orders: NONE"),
                     SIM_SEC(2));
    ck_assert_int_ge(whole_when(&test, 0, "world", "admin", "create.topic orders: TOPIC_ALREADY"),
                     SIM_SEC(10));
    ck_assert_int_eq(partitions_of(&test), 1);
    ck_assert_int_eq(test.report->total.acked, test.report->total.offered);
    whole_end(&test);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("auto creation");
    TCase *tests = tcase_create("deleted topics");
    tcase_add_test(tests, a_deleted_topic_whose_producer_goes_on_comes_back_as_the_defaults_say);
    tcase_add_test(tests, the_producer_goes_on_with_the_partition_that_there_is);
    tcase_add_test(tests, it_comes_back_without_the_options_it_had);
    tcase_add_test(tests, the_brokers_defaults_decide);
    tcase_add_test(tests, where_brokers_may_not_it_stays_away);
    tcase_add_test(tests, nobody_creates_what_nobody_asks_for);
    tcase_add_test(tests, what_the_controller_refuses_is_asked_for_again);
    tcase_add_loop_test(tests, a_consumer_that_names_it_has_it_created_unless_it_says_no, 0, 2);
    tcase_add_test(tests, who_comes_too_early_has_the_topic_created);
    tcase_set_timeout(tests, 120);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
