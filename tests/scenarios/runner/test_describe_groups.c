/* test_describe_groups.c - what describe prints of groups, compared with the layout of
 * kafka-consumer-groups.sh byte by byte. */
#include "scenarios/runner/describe/describe_groups.h"
#include "tests/run_suite.h"
#include "tests/scenarios/runner/story.h"
#include <check.h>

typedef struct Bench {
    GroupStateView view;
    GString *out;
    GString *complaints;
} Bench;

static Bench new_bench(void)
{
    static const int32_t indices[] = {0, 1};
    Bench bench = {
        .view = {.name = "billing",
                 .exists = true,
                 .has_coordinator = true,
                 .coordinator = 2,
                 .coordinator_host = "kafka-2",
                 .state = "Stable",
                 .assignor = "range",
                 .epoch = -1,
                 .target_epoch = -1,
                 .members = g_array_new(FALSE, FALSE, sizeof(GroupMemberView)),
                 .offsets = g_array_new(FALSE, FALSE, sizeof(GroupOffsetView)),
                 .owned = g_array_new(FALSE, FALSE, sizeof(OwnedPartitionView))},
        .out = g_string_new(NULL),
        .complaints = g_string_new(NULL),
    };
    const GroupMemberView member = {
        "billing-0-0001", NULL, "billing-0", "10.0.0.11", indices, 2, 0, NULL, -1, 2, 0, false};
    g_array_append_val(bench.view.members, member);
    const OwnedPartitionView owned[] = {{"orders", 0}, {"orders", 1}};
    g_array_append_vals(bench.view.owned, owned, 2);
    const GroupOffsetView offsets[] = {
        {"orders", 0, 120034, 120401, 0, 3}, {"orders", 1, -1, 7, 0, -1}, {"old", 0, 5, -1, -1, 0}};
    g_array_append_vals(bench.view.offsets, offsets, 3);
    return bench;
}

static void describe(Bench *bench, DescribeGroupsWhat what, bool verbose, const char *topic)
{
    describe_group(&bench->view, what, verbose, topic, bench->out, bench->complaints);
}

static void end(Bench *bench)
{
    g_array_free(bench->view.members, TRUE);
    g_array_free(bench->view.offsets, TRUE);
    g_array_free(bench->view.owned, TRUE);
    g_string_free(bench->out, TRUE);
    g_string_free(bench->complaints, TRUE);
}

START_TEST(offsets_are_printed_as_describe_alone_does)
{
    Bench bench = new_bench();
    describe(&bench, DESCRIBE_OFFSETS, false, NULL);
    ck_assert_str_eq(bench.out->str,
                     "\nGROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  "
                     "LAG             CONSUMER-ID     HOST            CLIENT-ID"
                     "\nbilling         orders          0          120034          120401          "
                     "367             billing-0-0001  /10.0.0.11      billing-0"
                     "\nbilling         orders          1          -               7               "
                     "-               billing-0-0001  /10.0.0.11      billing-0"
                     "\nbilling         old             0          5               -               "
                     "-               -               -               -\n");
    ck_assert_str_eq(bench.complaints->str, "");
    end(&bench);
}
END_TEST

START_TEST(offsets_of_one_topic)
{
    Bench bench = new_bench();
    describe(&bench, DESCRIBE_OFFSETS, false, "old");
    ck_assert_ptr_null(strstr(bench.out->str, "orders"));
    ck_assert_ptr_nonnull(strstr(bench.out->str, "old"));
    end(&bench);
}
END_TEST

START_TEST(members_have_their_partitions_when_verbose)
{
    Bench bench = new_bench();
    describe(&bench, DESCRIBE_MEMBERS, true, NULL);
    ck_assert_str_eq(
        bench.out->str,
        "\nGROUP           CONSUMER-ID     HOST            CLIENT-ID       #PARTITIONS     "
        "CURRENT-EPOCH   CURRENT-ASSIGNMENT   TARGET-EPOCH    TARGET-ASSIGNMENT"
        "\nbilling         billing-0-0001  /10.0.0.11      billing-0       2               "
        "-               orders:0,1           -               -\n");
    end(&bench);
}
END_TEST

/* On the way from epoch 6 to 7 it gives orders-1 up; another one of the classic protocol has none
 * yet. */
START_TEST(a_group_of_the_new_protocol_shows_epochs_and_targets)
{
    Bench bench = new_bench();
    const GroupMemberView other = {
        "old-1", NULL, "old", "10.0.0.12", NULL, 0, 3, NULL, 7, 3, 3, true};
    g_array_append_val(bench.view.members, other);
    const OwnedPartitionView targets[] = {
        {"orders", 0}, {"orders", 1}, {"orders", 10}, {"clicks", 2}};
    g_array_append_vals(bench.view.owned, targets, 4);
    GroupMemberView *member = &g_array_index(bench.view.members, GroupMemberView, 0);
    member->epoch = 6;
    member->target_count = 1;
    bench.view.epoch = 8;
    bench.view.target_epoch = 7;
    describe(&bench, DESCRIBE_MEMBERS, true, NULL);
    ck_assert_str_eq(
        bench.out->str,
        "\nGROUP           CONSUMER-ID     HOST            CLIENT-ID       #PARTITIONS     "
        "CURRENT-EPOCH   CURRENT-ASSIGNMENT   TARGET-EPOCH    TARGET-ASSIGNMENT    UPGRADED"
        "\nbilling         billing-0-0001  /10.0.0.11      billing-0       2               "
        "6               orders:0,1           7               orders:0             true"
        "\nbilling         old-1           /10.0.0.12      old             0               "
        "7               -                    7               clicks:2;orders:1,10 false\n");
    g_string_truncate(bench.out, 0);
    describe(&bench, DESCRIBE_STATES, true, NULL);
    ck_assert_str_eq(bench.out->str,
                     "\nGROUP           COORDINATOR (ID)          ASSIGNMENT-STRATEGY  "
                     "STATE                GROUP-EPOCH     TARGET-ASSIGNMENT-EPOCH   #MEMBERS"
                     "\nbilling         kafka-2:9092  (2)         range                "
                     "Stable               8               7                         2\n");
    end(&bench);
}
END_TEST

START_TEST(verbose_offsets_have_the_leader_epoch)
{
    Bench bench = new_bench();
    describe(&bench, DESCRIBE_OFFSETS, true, "orders");
    ck_assert_str_eq(bench.out->str,
                     "\nGROUP           TOPIC           PARTITION  LEADER-EPOCH    CURRENT-OFFSET  "
                     "LOG-END-OFFSET  LAG             CONSUMER-ID     HOST            CLIENT-ID"
                     "\nbilling         orders          0          3               120034          "
                     "120401          367             billing-0-0001  /10.0.0.11      billing-0"
                     "\nbilling         orders          1          -               -               "
                     "7               -               billing-0-0001  /10.0.0.11      billing-0\n");
    end(&bench);
}
END_TEST

START_TEST(a_share_group_shows_where_its_records_begin)
{
    Bench bench = new_bench();
    bench.view.is_shares = true;
    describe(&bench, DESCRIBE_OFFSETS, false, "orders");
    ck_assert_str_eq(bench.out->str,
                     "\nGROUP           TOPIC           PARTITION  START-OFFSET\n"
                     "billing         orders          0          120034\n"
                     "billing         orders          1          -\n");
    g_string_truncate(bench.out, 0);
    describe(&bench, DESCRIBE_OFFSETS, true, "old");
    ck_assert_str_eq(bench.out->str,
                     "\nGROUP           TOPIC           PARTITION  LEADER-EPOCH  START-OFFSET\n"
                     "billing         old             0          0             5\n");
    end(&bench);
}
END_TEST

START_TEST(members_of_a_share_group_show_their_epoch_and_what_they_read)
{
    Bench bench = new_bench();
    bench.view.is_shares = true;
    GroupMemberView *member = &g_array_index(bench.view.members, GroupMemberView, 0);
    member->epoch = 3;
    describe(&bench, DESCRIBE_MEMBERS, false, NULL);
    ck_assert_str_eq(bench.out->str,
                     "\nGROUP           CONSUMER-ID     HOST            CLIENT-ID       "
                     "#PARTITIONS  ASSIGNMENT"
                     "\nbilling         billing-0-0001  /10.0.0.11      billing-0       "
                     "2            orders:0,1\n");
    g_string_truncate(bench.out, 0);
    describe(&bench, DESCRIBE_MEMBERS, true, NULL);
    ck_assert_str_eq(bench.out->str,
                     "\nGROUP           CONSUMER-ID     HOST            CLIENT-ID       "
                     "#PARTITIONS  MEMBER-EPOCH  ASSIGNMENT"
                     "\nbilling         billing-0-0001  /10.0.0.11      billing-0       "
                     "2            3             orders:0,1\n");
    end(&bench);
}
END_TEST

START_TEST(the_state_of_a_share_group_names_no_assignor)
{
    Bench bench = new_bench();
    bench.view.is_shares = true;
    bench.view.epoch = 4;
    bench.view.target_epoch = 3;
    describe(&bench, DESCRIBE_STATES, true, NULL);
    ck_assert_str_eq(bench.out->str,
                     "\nGROUP           COORDINATOR (ID)          STATE           GROUP-EPOCH  "
                     "ASSIGNMENT-EPOCH  #MEMBERS"
                     "\nbilling         kafka-2:9092  (2)         Stable          4            "
                     "3                 1\n");
    end(&bench);
}
END_TEST

/* ConsumerGroupMemberMetadataValue has the client's name: the coordinator knows who it was until
 * the session ends, though the process that came after it has another id. */
START_TEST(a_member_that_has_died_is_known_by_its_client)
{
    Story story = story_run("'duration': '30s', 'cluster': {'brokers': 3, 'config': {"
                            "'offsets.topic.num.partitions': 1}}, 'topics': [{'name': 't'}], "
                            "'groups': [{'name': 'g', 'topics': ['t'], 'members': 1, 'config': {"
                            "'group.protocol': 'consumer'}}], 'timeline': [{'at': '20s', 'do': "
                            "'crash', 'member': 'g-0', 'restart.after': '2s'}]",
                            1);
    GroupStateView *view = group_state_view_new(story.cluster, 0);
    ck_assert_uint_eq(view->members->len, 2);
    for (guint i = 0; i < view->members->len; i++) {
        const GroupMemberView *member = &g_array_index(view->members, GroupMemberView, i);
        ck_assert_str_eq(member->client_id, "g-0");
        ck_assert_str_eq(member->host, "g-0");
    }
    group_state_view_free(view);
    story_end(&story);
}
END_TEST

START_TEST(static_members_show_their_instance)
{
    Bench bench = new_bench();
    g_array_index(bench.view.members, GroupMemberView, 0).instance_id = "instance-1";
    describe(&bench, DESCRIBE_MEMBERS, false, NULL);
    ck_assert_str_eq(
        bench.out->str,
        "\nGROUP           CONSUMER-ID     GROUP-INSTANCE-ID HOST            CLIENT-ID       "
        "#PARTITIONS"
        "\nbilling         billing-0-0001  instance-1        /10.0.0.11      billing-0       2\n");
    end(&bench);
}
END_TEST

START_TEST(the_state_does_not_widen_its_column)
{
    Bench bench = new_bench();
    bench.view.state = "PreparingRebalance";
    bench.view.assignor = "";
    describe(&bench, DESCRIBE_STATES, false, NULL);
    ck_assert_str_eq(bench.out->str,
                     "\nGROUP           COORDINATOR (ID)          ASSIGNMENT-STRATEGY  "
                     "STATE                "
                     "#MEMBERS"
                     "\nbilling         kafka-2:9092  (2)         -                    "
                     "PreparingRebalance   1\n");
    ck_assert_str_eq(bench.complaints->str, "Warning: Consumer group 'billing' is rebalancing.\n");
    end(&bench);
}
END_TEST

START_TEST(what_is_not_there_is_said)
{
    Bench bench = new_bench();
    bench.view.state = "Empty";
    describe(&bench, DESCRIBE_STATES, false, NULL);
    bench.view.exists = false;
    describe(&bench, DESCRIBE_OFFSETS, false, NULL);
    bench.view.has_coordinator = false;
    describe(&bench, DESCRIBE_OFFSETS, false, NULL);
    ck_assert_str_eq(bench.complaints->str,
                     "Consumer group 'billing' has no active members.\n"
                     "Error: Consumer group 'billing' does not exist.\n"
                     "Error: Executing consumer group command failed: the coordinator of group "
                     "'billing' is not available.\n");
    end(&bench);
}
END_TEST

START_TEST(what_is_not_known_is_null_in_json)
{
    Bench bench = new_bench();
    g_autoptr(GPtrArray) views = g_ptr_array_new();
    g_ptr_array_add(views, &bench.view);
    describe_groups_json(views, 0, bench.out);
    const char *unread = "\"current_offset\": null, \"log_end_offset\": 7, \"leader_epoch\": null";
    const char *leaderless = "\"current_offset\": 5, \"log_end_offset\": null, \"leader_epoch\": 0";
    g_auto(GStrv) lines = g_strsplit_set(bench.out->str, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        g_strstrip(*line);
    }
    g_autofree char *text = g_strjoinv(" ", lines);
    ck_assert_msg(strstr(text, unread) != NULL, "%s", text);
    ck_assert_msg(strstr(text, leaderless) != NULL, "%s", text);
    end(&bench);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("describe groups");
    TCase *tests = tcase_create("layout");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, offsets_are_printed_as_describe_alone_does);
    tcase_add_test(tests, what_is_not_known_is_null_in_json);
    tcase_add_test(tests, offsets_of_one_topic);
    tcase_add_test(tests, members_have_their_partitions_when_verbose);
    tcase_add_test(tests, a_group_of_the_new_protocol_shows_epochs_and_targets);
    tcase_add_test(tests, verbose_offsets_have_the_leader_epoch);
    tcase_add_test(tests, a_share_group_shows_where_its_records_begin);
    tcase_add_test(tests, members_of_a_share_group_show_their_epoch_and_what_they_read);
    tcase_add_test(tests, the_state_of_a_share_group_names_no_assignor);
    tcase_add_test(tests, a_member_that_has_died_is_known_by_its_client);
    tcase_add_test(tests, static_members_show_their_instance);
    tcase_add_test(tests, the_state_does_not_widen_its_column);
    tcase_add_test(tests, what_is_not_there_is_said);
    return run_suite(suite);
}
