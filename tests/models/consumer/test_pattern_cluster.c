/* test_pattern_cluster.c - groups that subscribe to orders-.* in whole clusters: orders-us is
 * created at 21 s. Who finds it, when, and what that costs the group. */
#include "tests/models/support/whole_cluster.h"
#include "tests/run_suite.h"

typedef struct Run {
    ClusterSpec *spec;
    GroupSpec *group;
    WholeCluster whole;
} Run;

enum { EU, PAYMENTS, US };

static void add_topic(Run *run, const char *name, bool later)
{
    TopicSpec *topic = topic_spec_new(name, 2, 3);
    topic->created_later = later;
    const int32_t index = (int32_t)run->spec->topics->len;
    g_ptr_array_add(run->spec->topics, topic);
    ProducerSpec *producer = producer_spec_new(name, index);
    producer->rate_milli = 20 * 1000;
    producer->choice = PARTITION_CYCLE;
    producer->value_bytes = distribution_constant(100);
    producer->start = later ? SIM_SEC(22) : 0;
    producer->stop = SIM_SEC(50);
    g_ptr_array_add(run->spec->producers, producer);
    if (strcmp(name, "payments") != 0) {
        g_array_append_val(run->group->topics, index);
    }
}

static void administer(Run *run, FaultVerb verb, SimTime at)
{
    FaultSpec *fault = fault_spec_new(verb, at);
    fault->topic = US;
    fault->number = 2;
    fault->replication_factor = 3;
    g_ptr_array_add(run->spec->faults, fault);
}

/* Three brokers, 20 records/s for each topic, members m1 and m2. */
static Run new_run(uint64_t seed, const char *protocol, bool by_client)
{
    Run run = {.spec = whole_spec(3, 1, seed, SIM_SEC(70)), .group = group_spec_new("audit")};
    add_topic(&run, "orders-eu", false);
    add_topic(&run, "payments", false);
    add_topic(&run, "orders-us", true);
    administer(&run, FAULT_CREATE_TOPIC, SIM_SEC(21));
    run.group->pattern = g_strdup("orders-.*");
    run.group->is_pattern_clients = by_client;
    ck_assert(kafka_config_set(run.group->config, "auto.offset.reset", "earliest"));
    ck_assert(kafka_config_set(run.group->config, "metadata.max.age.ms", "8000"));
    ck_assert(kafka_config_set(run.group->config, "group.protocol", protocol));
    for (int m = 0; m < 2; m++) {
        g_autofree char *name = g_strdup_printf("m%d", m + 1);
        MemberSpec *member = member_spec_new(name, run.group);
        member->start = SIM_MS(300) * m;
        g_ptr_array_add(run.group->members, member);
    }
    g_ptr_array_add(run.spec->groups, run.group);
    return run;
}

static void go(Run *run)
{
    run->whole = whole_run(run->spec);
}

static void end(Run *run)
{
    whole_end(&run->whole);
}

/* "second actor what: text" of these kinds of events. */
static void expect_trace(const Run *run, const char *kinds, const char *wanted)
{
    const EventLog *log = cluster_event_log(run->whole.cluster);
    g_autoptr(GString) lines = g_string_new("");
    for (uint32_t id = 1; id <= event_log_count(log); id++) {
        LoggedEvent event;
        g_autofree char *kind = NULL;
        if (event_log_get(log, id, &event)) {
            kind = g_strdup_printf("|%s|", event.what);
        }
        if (kind != NULL && strstr(kinds, kind) != NULL) {
            g_string_append_printf(lines,
                                   "%ld %s %s: %s\n",
                                   (long)(event.time / SIM_SEC(1)),
                                   event.actor,
                                   event.what,
                                   event.detail);
        }
    }
    ck_assert_str_eq(lines->str, wanted);
}

/* Everything written to orders-* was handed out, once. */
static void expect_all_once(const Run *run)
{
    const GroupReport *group = &cluster_report(run->whole.cluster)->groups[0];
    ck_assert_int_eq(group->consumed, 1000 + 560);
    ck_assert_int_eq(group->consumed_twice, 0);
    ck_assert_int_eq(group->skipped, 0);
    ck_assert_str_eq(group->state, "Stable");
    ck_assert_int_eq(checks_failures(cluster_checks(run->whole.cluster)), 0);
}

START_TEST(a_classic_client_sees_a_new_topic_at_its_metadata_refresh_and_all_join_again)
{
    Run run = new_run(1, "classic", false);
    go(&run);
    expect_trace(&run,
                 "|subscribed|join|assigned|",
                 "0 m1 subscribed: orders-.*: orders-eu\n"
                 "0 m1 join: audit: first join\n"
                 "0 m1 join: audit: need to re-join with the given member id\n"
                 "0 m2 subscribed: orders-.*: orders-eu\n"
                 "0 m2 join: audit: first join\n"
                 "0 m2 join: audit: need to re-join with the given member id\n"
                 "6 m1 assigned: generation 1: orders-eu-0\n"
                 "6 m2 assigned: generation 1: orders-eu-1\n"
                 "24 m1 subscribed: orders-.*: orders-eu orders-us\n"
                 "24 m1 join: audit: the subscription has changed\n"
                 "24 m2 subscribed: orders-.*: orders-eu orders-us\n"
                 "24 m2 join: audit: the subscription has changed\n"
                 "24 m2 assigned: generation 2: orders-eu-1 orders-us-1\n"
                 "24 m1 assigned: generation 2: orders-eu-0 orders-us-0\n");
    expect_all_once(&run);
    end(&run);
}
END_TEST

START_TEST(the_coordinator_matches_when_a_heartbeat_comes_and_tells_with_the_next)
{
    Run run = new_run(1, "consumer", false);
    go(&run);
    expect_trace(&run,
                 "|subscribed|regular expression|assigned|",
                 "0 broker-3 regular expression: audit: orders-.* = orders-eu\n"
                 "0 m2 assigned: epoch 3: orders-eu-1\n"
                 "5 m1 assigned: epoch 3: orders-eu-0\n"
                 "25 broker-3 regular expression: audit: orders-.* = orders-eu orders-us\n"
                 "25 m2 assigned: epoch 4: orders-eu-1 orders-us-1\n"
                 "30 m1 assigned: epoch 4: orders-eu-0 orders-us-0\n");
    expect_all_once(&run);
    end(&run);
}
END_TEST

START_TEST(a_client_of_the_consumer_protocol_may_match_and_says_names)
{
    Run run = new_run(1, "consumer", true);
    go(&run);
    expect_trace(&run,
                 "|subscribed|regular expression|assigned|",
                 "0 m1 subscribed: orders-.*: orders-eu\n"
                 "0 m1 assigned: epoch 1: orders-eu-0 orders-eu-1\n"
                 "0 m2 subscribed: orders-.*: orders-eu\n"
                 "5 m1 assigned: epoch 1: orders-eu-0\n"
                 "5 m2 assigned: epoch 2: orders-eu-1\n"
                 "24 m1 subscribed: orders-.*: orders-eu orders-us\n"
                 "24 m2 subscribed: orders-.*: orders-eu orders-us\n"
                 "25 m1 assigned: epoch 2: \n"
                 "25 m1 assigned: epoch 3: orders-us-0 orders-us-1\n"
                 "25 m2 assigned: epoch 4: orders-eu-0 orders-eu-1\n");
    expect_all_once(&run);
    end(&run);
}
END_TEST

START_TEST(a_topic_that_is_deleted_leaves_the_subscription)
{
    static const char *const protocols[] = {"classic", "consumer", "consumer"};
    Run run = new_run((uint64_t)_i, protocols[_i % 3], _i % 3 == 2);
    administer(&run, FAULT_DELETE_TOPIC, SIM_SEC(52));
    go(&run);
    const GroupReport *group = &cluster_report(run.whole.cluster)->groups[0];
    for (int32_t p = 0; p < group->partition_count; p++) {
        const bool is_eu = strcmp(group->partitions[p].topic, "orders-eu") == 0;
        ck_assert_msg((group->partitions[p].client_id != NULL) == is_eu,
                      "%s-%d",
                      group->partitions[p].topic,
                      group->partitions[p].partition);
    }
    ck_assert_int_eq(checks_failures(cluster_checks(run.whole.cluster)), 0);
    end(&run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pattern cluster");
    TCase *tcase = tcase_create("subscribe(Pattern)");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase,
                   a_classic_client_sees_a_new_topic_at_its_metadata_refresh_and_all_join_again);
    tcase_add_test(tcase, the_coordinator_matches_when_a_heartbeat_comes_and_tells_with_the_next);
    tcase_add_test(tcase, a_client_of_the_consumer_protocol_may_match_and_says_names);
    tcase_add_loop_test(tcase, a_topic_that_is_deleted_leaves_the_subscription, 0, 6);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
