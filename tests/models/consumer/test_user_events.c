/* test_user_events.c - the classroom story: one topic, three partitions, two consumers, six
 * records by name; then a third consumer comes, and two go. */
#include "models/world/cluster.h"
#include "tests/run_suite.h"
#include <check.h>
#include <string.h>

static ClusterSpec *user_events(void)
{
    ClusterSpec *spec = cluster_spec_new();
    g_free(spec->name);
    spec->name = g_strdup("user-events");
    spec->duration = SIM_SEC(60);
    ck_assert(kafka_config_set(spec->config, "offsets.topic.replication.factor", "1"));
    g_ptr_array_add(spec->controllers, controller_spec_new(101, SPEC_NONE, spec));
    g_ptr_array_add(spec->brokers, broker_spec_new(1, SPEC_NONE, spec));
    g_ptr_array_add(spec->topics, topic_spec_new("user-events", 3, 1));
    ProducerSpec *producer = producer_spec_new("app", 0);
    producer->rate_milli = 1000;
    producer->records = 6;
    producer->start = SIM_SEC(10);
    producer->choice = PARTITION_CYCLE;
    producer->value_bytes = distribution_constant(100);
    producer->labels = g_ptr_array_new_with_free_func(g_free);
    for (int i = 1; i <= 6; i++) {
        g_ptr_array_add(producer->labels, g_strdup_printf("M%d", i));
    }
    g_ptr_array_add(spec->producers, producer);
    return spec;
}

static void add_member(GroupSpec *group, const char *name, SimTime start)
{
    MemberSpec *member = member_spec_new(name, group);
    member->start = start;
    g_ptr_array_add(group->members, member);
}

static void add_leave(ClusterSpec *spec, int32_t member, SimTime at)
{
    FaultSpec *fault = fault_spec_new(FAULT_LEAVE, at);
    fault->target = TARGET_MEMBER;
    fault->index = 0;
    fault->member = member;
    g_ptr_array_add(spec->faults, fault);
}

/* "C1 received M1 from user-events-0@0" and "C2 assigned generation 1: ...", in order. */
static char *story(const EventLog *log)
{
    GString *text = g_string_new("");
    for (uint32_t id = 1; id <= event_log_count(log); id++) {
        LoggedEvent event;
        if (event_log_get(log, id, &event) && event.actor[0] == 'C' &&
            (strcmp(event.what, "received") == 0 || strcmp(event.what, "assigned") == 0)) {
            g_string_append_printf(text, "%s %s %s\n", event.actor, event.what, event.detail);
        }
    }
    return g_string_free(text, FALSE);
}

/* Members of one rebalance are told in no fixed order: lines are looked for one by one. */
static void expect_line(const char *text, const char *line)
{
    ck_assert_msg(strstr(text, line) != NULL, "no line '%s' in\n%s", line, text);
}

START_TEST(six_records_go_to_the_consumers_of_their_partitions)
{
    ClusterSpec *spec = user_events();
    GroupSpec *group = group_spec_new("readers");
    const int32_t topic = 0;
    g_array_append_val(group->topics, topic);
    add_member(group, "C1", 0);
    add_member(group, "C2", 0);
    add_member(group, "C3", SIM_SEC(20));
    g_ptr_array_add(spec->groups, group);
    add_leave(spec, 2, SIM_SEC(30));
    add_leave(spec, 1, SIM_SEC(40));
    Cluster *cluster = cluster_new(spec);
    ck_assert_int_eq(cluster_run(cluster, spec->duration), KERNEL_UNTIL);
    char *text = story(cluster_event_log(cluster));
    expect_line(text, "C1 assigned generation 1: user-events-0 user-events-1\n");
    expect_line(text, "C2 assigned generation 1: user-events-2\n");
    expect_line(text,
                "C1 received M1 from user-events-0@0\n"
                "C1 received M2 from user-events-1@0\n"
                "C2 received M3 from user-events-2@0\n"
                "C1 received M4 from user-events-0@1\n"
                "C1 received M5 from user-events-1@1\n"
                "C2 received M6 from user-events-2@1\n");
    expect_line(text, "C1 assigned generation 2: user-events-0\n");
    expect_line(text, "C2 assigned generation 2: user-events-1\n");
    expect_line(text, "C3 assigned generation 2: user-events-2\n");
    expect_line(text, "C1 assigned generation 3: user-events-0 user-events-1\n");
    expect_line(text, "C1 assigned generation 4: user-events-0 user-events-1 user-events-2\n");
    ck_assert_int_eq(cluster_report(cluster)->groups[0].consumed, 6);
    g_free(text);
    cluster_free(cluster);
    cluster_spec_free(spec);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("user events");
    TCase *tests = tcase_create("lesson");
    tcase_add_test(tests, six_records_go_to_the_consumers_of_their_partitions);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
