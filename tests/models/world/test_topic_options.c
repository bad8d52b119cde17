/* test_topic_options.c - whose options hold: of a topic that is created again those that it is
 * created with, of a broker that starts those of the metadata, however long ago they were set. */
#include "tests/models/support/whole_cluster.h"
#include "tests/run_suite.h"

static const char min_isr[] = "min.insync.replicas";

static FaultSpec *of_topic(ClusterSpec *spec, FaultVerb verb, SimTime at, const char *least)
{
    FaultSpec *fault = whole_fault(spec, verb, at, TARGET_NONE, SPEC_NONE);
    fault->topic = 0;
    fault->number = 1;
    fault->replication_factor = 3;
    if (least != NULL) {
        fault->config = kafka_config_new(1u << KAFKA_SCOPE_TOPIC, NULL);
        ck_assert(kafka_config_set(fault->config, min_isr, least));
    }
    return fault;
}

static ClusterSpec *with_topic(int32_t brokers, const char *least)
{
    ClusterSpec *spec = whole_spec(brokers, 1, 1, SIM_SEC(80));
    TopicSpec *topic = whole_topic(spec, "orders", 1, brokers);
    whole_assign(topic, brokers, (const int32_t[]){1, 2, 3});
    ck_assert(kafka_config_set(topic->config, min_isr, least));
    (void)whole_load(spec, 50, "all", SIM_SEC(70));
    return spec;
}

/* Nothing is acknowledged any more. */
static bool stalls(const WholeCluster *self)
{
    return self->report->total.acked < 2000;
}

/* Broker 2 is down as the option is set, and starts when the record is no longer handed out. */
START_TEST(a_broker_that_starts_knows_the_options_set_meanwhile)
{
    ClusterSpec *spec = with_topic(2, "1");
    whole_fault(spec, FAULT_STOP, SIM_SEC(10), TARGET_BROKER, 1);
    (void)of_topic(spec, FAULT_SET_CONFIG, SIM_SEC(15), "2");
    whole_fault(spec, FAULT_START, SIM_SEC(16), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_STOP, SIM_SEC(35), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    ck_assert_int_gt(whole_when(&test, SIM_SEC(35), "broker-2", "leads", "orders-0"), 0);
    ck_assert(stalls(&test));
    whole_end(&test);
}
END_TEST

typedef struct Creation {
    const char *declared;
    const char *created; /* NULL: with no options */
    bool stalls;         /* when one of three replicas is gone */
} Creation;
static const Creation creations[] = {
    {"1", "3", true},
    {"3", "1", false},
    {"3", NULL, false},
};

START_TEST(a_topic_created_again_has_the_options_it_is_created_with)
{
    const Creation *creation = &creations[_i];
    ClusterSpec *spec = with_topic(3, creation->declared);
    (void)of_topic(spec, FAULT_DELETE_TOPIC, SIM_SEC(10), NULL);
    (void)of_topic(spec, FAULT_CREATE_TOPIC, SIM_SEC(14), creation->created);
    whole_fault(spec, FAULT_CRASH, SIM_SEC(30), TARGET_BROKER, 2);
    WholeCluster test = whole_run(spec);
    ck_assert_int_eq(stalls(&test), creation->stalls);
    whole_end(&test);
}
END_TEST

/* What was set while the former topic was there went with it. */
START_TEST(options_set_for_a_former_topic_are_gone)
{
    ClusterSpec *spec = with_topic(3, "1");
    (void)of_topic(spec, FAULT_SET_CONFIG, SIM_SEC(5), "3");
    (void)of_topic(spec, FAULT_DELETE_TOPIC, SIM_SEC(10), NULL);
    (void)of_topic(spec, FAULT_CREATE_TOPIC, SIM_MS(10001), NULL);
    whole_fault(spec, FAULT_CRASH, SIM_SEC(30), TARGET_BROKER, 2);
    WholeCluster test = whole_run(spec);
    ck_assert(!stalls(&test));
    whole_end(&test);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("topic options");
    TCase *tests = tcase_create("in force");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, a_broker_that_starts_knows_the_options_set_meanwhile);
    tcase_add_loop_test(tests,
                        a_topic_created_again_has_the_options_it_is_created_with,
                        0,
                        (int)G_N_ELEMENTS(creations));
    tcase_add_test(tests, options_set_for_a_former_topic_are_gone);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
