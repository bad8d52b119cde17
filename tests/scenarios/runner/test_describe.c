/* test_describe.c - what describe prints, compared with the layout of Kafka's tools byte by byte.
 */
#include "scenarios/runner/commands/describe_text.h"
#include "tests/run_suite.h"
#include <check.h>

static ReplicaList ids(int32_t count, int32_t a, int32_t b, int32_t c)
{
    ReplicaList list = {count, {a, b, c}};
    return list;
}

typedef struct Bench {
    PartitionRegistration registrations[3];
    PartitionView partitions[3];
    BrokerView brokers[3];
    TopicView topic;
    KafkaConfig *config;
    QuorumMemberView members[3];
    ClusterView view;
} Bench;

/* Partition 0 is whole, 1 has lost its leader and keeps an ELR, 2 is being moved. */
static void fill_partitions(Bench *bench)
{
    bench->registrations[0] =
        (PartitionRegistration){.replicas = ids(3, 1, 2, 3), .isr = ids(3, 1, 2, 3), .leader = 1};
    bench->registrations[1] = (PartitionRegistration){.replicas = ids(3, 2, 3, 1),
                                                      .elr = ids(1, 2, 0, 0),
                                                      .last_known_elr = ids(1, 3, 0, 0),
                                                      .leader = NO_LEADER};
    bench->registrations[2] = (PartitionRegistration){.replicas = ids(3, 3, 1, 2),
                                                      .isr = ids(2, 3, 1, 0),
                                                      .adding = ids(1, 2, 0, 0),
                                                      .removing = ids(1, 1, 0, 0),
                                                      .leader = 3};
    for (int32_t p = 0; p < 3; p++) {
        bench->partitions[p] = (PartitionView){p, &bench->registrations[p]};
    }
}

static void fill(Bench *bench)
{
    fill_partitions(bench);
    bench->config = kafka_config_new(1u << KAFKA_SCOPE_TOPIC, NULL);
    kafka_config_set(bench->config, "unclean.leader.election.enable", "true");
    kafka_config_set(bench->config, "min.insync.replicas", "2");
    kafka_config_set(bench->config, "max.message.bytes", "1048588"); /* the default */
    for (int32_t i = 0; i < 3; i++) {
        bench->brokers[i] = (BrokerView){i + 1, "host-a", "", "unfenced", "RUNNING", 10 + i, false};
    }
    bench->brokers[2] = (BrokerView){3, "host-long", "r1", "fenced", "dead", 1234, true};
    bench->topic = (TopicView){
        "orders", "AAAAAAAAAAAAAAAAAAAAAQ", false, bench->config, 2, bench->partitions, 3};
    bench->members[0] =
        (QuorumMemberView){101, "AAAAAAAAAAAAAAAAAAAAZQ", "c1", true, 120, -1, -1, NULL};
    bench->members[1] = (QuorumMemberView){
        102, "AAAAAAAAAAAAAAAAAAAAZg", "c2", true, 118, SIM_MS(900), SIM_MS(800), NULL};
    bench->members[2] = (QuorumMemberView){
        1, "AAAAAAAAAAAAAAAAAAAAAQ", "host-a", false, 120, SIM_MS(1000), SIM_MS(990), NULL};
    bench->view = (ClusterView){.cluster_id = "4L6g3nShT-eMCtK--X86sw",
                                .knows_elr = true,
                                .brokers = bench->brokers,
                                .broker_count = 3,
                                .topics = &bench->topic,
                                .topic_count = 1,
                                .leader = 101,
                                .leader_epoch = 4,
                                .high_watermark = 119,
                                .members = bench->members,
                                .member_count = 3};
}

static void expect_topics(Bench *bench, DescribeFilter filter, const char *expected)
{
    GString *out = g_string_new(NULL);
    describe_topics(&bench->view, &filter, out);
    ck_assert_str_eq(out->str, expected);
    g_string_free(out, TRUE);
}

#define LINE_0                                                                                     \
    "\tTopic: orders\tPartition: 0\tLeader: 1\tReplicas: 1,2,3\tIsr: 1,2,3\tElr: \tLastKnownElr: " \
    "\n"
#define LINE_1                                                                                     \
    "\tTopic: orders\tPartition: 1\tLeader: none\tReplicas: 2,3,1\tIsr: \tElr: 2\tLastKnownElr: "  \
    "3\n"
#define LINE_2                                                                                     \
    "\tTopic: orders\tPartition: 2\tLeader: 3\tReplicas: 3,1,2\tIsr: 3,1"                          \
    "\tAdding Replicas: 2\tRemoving Replicas: 1\tElr: \tLastKnownElr: \n"

START_TEST(topics_are_printed_as_kafka_topics_does)
{
    Bench bench;
    fill(&bench);
    expect_topics(&bench,
                  (DescribeFilter){0},
                  "Topic: orders\tTopicId: AAAAAAAAAAAAAAAAAAAAAQ\tPartitionCount: 3"
                  "\tReplicationFactor: 3"
                  "\tConfigs: max.message.bytes=1048588,min.insync.replicas=2,"
                  "unclean.leader.election.enable=true\n" LINE_0 LINE_1 LINE_2);
    expect_topics(&bench, (DescribeFilter){.topic = "payments"}, "");
    kafka_config_free(bench.config);
}
END_TEST

START_TEST(filters_choose_partitions_and_hide_the_topic_line)
{
    Bench bench;
    fill(&bench);
    /* What is being added does not count: 2 in sync of 2. */
    expect_topics(&bench, (DescribeFilter){.under_replicated = true}, LINE_1);
    expect_topics(&bench, (DescribeFilter){.under_min_isr = true}, LINE_1);
    expect_topics(&bench, (DescribeFilter){.at_min_isr = true}, LINE_2);
    /* Broker 3 leads partition 2, but is fenced. */
    expect_topics(&bench, (DescribeFilter){.unavailable = true}, LINE_1 LINE_2);
    kafka_config_free(bench.config);
}
END_TEST

START_TEST(before_kip_966_nobody_knows_of_elr)
{
    Bench bench;
    fill(&bench);
    bench.view.knows_elr = false;
    expect_topics(&bench,
                  (DescribeFilter){.under_replicated = true},
                  "\tTopic: orders\tPartition: 1\tLeader: none\tReplicas: 2,3,1\tIsr: "
                  "\tElr: N/A\tLastKnownElr: N/A\n");
    kafka_config_free(bench.config);
}
END_TEST

START_TEST(brokers_are_a_table_with_state_and_epoch)
{
    Bench bench;
    fill(&bench);
    GString *out = g_string_new(NULL);
    describe_brokers(&bench.view, out);
    ck_assert_str_eq(out->str,
                     "ID\tHOST     \tRACK\tSTATE   \tEPOCH\tPROCESS\t\n"
                     "1 \thost-a   \t-   \tunfenced\t10   \tRUNNING\t\n"
                     "2 \thost-a   \t-   \tunfenced\t11   \tRUNNING\t\n"
                     "3 \thost-long\tr1  \tfenced  \t1234 \tdead   \t\n");
    g_string_free(out, TRUE);
    kafka_config_free(bench.config);
}
END_TEST

/* Nobody knows who follows whom; each voter that lives knows its own log. */
START_TEST(without_a_leader_each_voter_speaks_for_itself)
{
    const QuorumMemberView members[] = {
        {.id = 101,
         .directory = "AAAAAAAAAAAAAAAAAAAAZQ",
         .host = "c1",
         .voter = true,
         .log_end_offset = 120,
         .state = "Prospective"},
        {.id = 102,
         .directory = "AAAAAAAAAAAAAAAAAAAAZg",
         .host = "c2",
         .voter = true,
         .log_end_offset = -1,
         .state = "dead"},
    };
    const ClusterView view = {.cluster_id = "4L6g3nShT-eMCtK--X86sw",
                              .leader = -1,
                              .leader_epoch = -1,
                              .high_watermark = 119,
                              .members = members,
                              .member_count = 2};
    g_autoptr(GString) out = g_string_new(NULL);
    describe_quorum_status(&view, out);
    ck_assert_ptr_nonnull(strstr(out->str, "MaxFollowerLag:         -1\n"));
    ck_assert_ptr_nonnull(strstr(out->str, "MaxFollowerLagTimeMs:   -1\n"));
    g_string_truncate(out, 0);
    describe_quorum_replication(&view, out);
    ck_assert_str_eq(out->str,
                     "NodeId\tDirectoryId           \tLogEndOffset\tLag\tLastFetchTimestamp\t"
                     "LastCaughtUpTimestamp\tStatus     \t\n"
                     "101   \tAAAAAAAAAAAAAAAAAAAAZQ\t120         \t-  \t-                 \t"
                     "-                    \tProspective\t\n"
                     "102   \tAAAAAAAAAAAAAAAAAAAAZg\t-           \t-  \t-                 \t"
                     "-                    \tdead       \t\n");
}
END_TEST

START_TEST(the_quorum_is_printed_as_kafka_metadata_quorum_does)
{
    Bench bench;
    fill(&bench);
    GString *out = g_string_new(NULL);
    describe_quorum_status(&bench.view, out);
    ck_assert_str_eq(
        out->str,
        "ClusterId:              4L6g3nShT-eMCtK--X86sw\n"
        "LeaderId:               101\n"
        "LeaderEpoch:            4\n"
        "HighWatermark:          119\n"
        "MaxFollowerLag:         2\n"
        "MaxFollowerLagTimeMs:   -1\n"
        "CurrentVoters:          "
        "[{\"id\": 101, \"directoryId\": \"AAAAAAAAAAAAAAAAAAAAZQ\", \"endpoints\": "
        "[\"CONTROLLER://c1:9093\"]}, "
        "{\"id\": 102, \"directoryId\": \"AAAAAAAAAAAAAAAAAAAAZg\", \"endpoints\": "
        "[\"CONTROLLER://c2:9093\"]}]\n"
        "CurrentObservers:       [{\"id\": 1, \"directoryId\": \"AAAAAAAAAAAAAAAAAAAAAQ\"}]\n");
    g_string_truncate(out, 0);
    describe_quorum_replication(&bench.view, out);
    ck_assert_str_eq(out->str,
                     "NodeId\tDirectoryId           \tLogEndOffset\tLag\tLastFetchTimestamp\t"
                     "LastCaughtUpTimestamp\tStatus  \t\n"
                     "101   \tAAAAAAAAAAAAAAAAAAAAZQ\t120         \t0  \t-1                \t"
                     "-1                   \tLeader  \t\n"
                     "102   \tAAAAAAAAAAAAAAAAAAAAZg\t118         \t2  \t900               \t"
                     "800                  \tFollower\t\n"
                     "1     \tAAAAAAAAAAAAAAAAAAAAAQ\t120         \t0  \t1000              \t"
                     "990                  \tObserver\t\n");
    g_string_free(out, TRUE);
    kafka_config_free(bench.config);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("describe");
    TCase *tests = tcase_create("all");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, topics_are_printed_as_kafka_topics_does);
    tcase_add_test(tests, filters_choose_partitions_and_hide_the_topic_line);
    tcase_add_test(tests, before_kip_966_nobody_knows_of_elr);
    tcase_add_test(tests, brokers_are_a_table_with_state_and_epoch);
    tcase_add_test(tests, the_quorum_is_printed_as_kafka_metadata_quorum_does);
    tcase_add_test(tests, without_a_leader_each_voter_speaks_for_itself);
    return run_suite(suite);
}
