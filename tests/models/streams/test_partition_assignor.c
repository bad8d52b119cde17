/* test_partition_assignor.c - what the leader of a Streams group makes of subscriptions: threads,
 * tasks that change hands, warm-ups and who looks again. */
#include "models/streams/partition_assignor.h"
#include "tests/run_suite.h"
#include <check.h>
#include <string.h>

#define MEMBERS_MAX 8
#define TASKS_MAX   12

/* Sub-topology 0 reads A(6) and B(4), 1 a repartition topic(6) into a store: tasks 0 to 5 are 0_0
 * to 0_5, 6 to 11 are 1_0 to 1_5 (clients.md 7.1). */
typedef struct Round {
    ClusterSpec *spec;
    GroupSpec *app;
    MetadataLog *topics;
    Topology *topology;
    StreamsTasks options;
    int64_t ends[TASKS_MAX];
    StreamsMember members[MEMBERS_MAX];
    int32_t count;
} Round;

static void begin(Round *round)
{
    *round = (Round){.spec = cluster_spec_new(), .app = streams_spec_new("app")};
    g_ptr_array_add(round->spec->topics, topic_spec_new("A", 6, 1));
    g_ptr_array_add(round->spec->topics, topic_spec_new("B", 4, 1));
    const int32_t repartition = streams_spec_add_topic(round->spec, round->app, "key", 6, false);
    const int32_t changelog = streams_spec_add_topic(round->spec, round->app, "sum", 6, true);
    SubtopologySpec *first = streams_spec_add_subtopology(round->app);
    static const int32_t sources[] = {0, 1};
    g_array_append_vals(first->sources, sources, G_N_ELEMENTS(sources));
    first->sink = repartition;
    SubtopologySpec *second = streams_spec_add_subtopology(round->app);
    g_array_append_val(second->sources, repartition);
    second->changelog = changelog;
    round->topics = metadata_log_new();
    for (guint i = 0; i < round->spec->topics->len; i++) {
        const TopicSpec *topic = round->spec->topics->pdata[i];
        metadata_add_topic(round->topics, topic->name, topic->partitions, false, topic->config);
    }
    round->topology = topology_new(round->app->streams, round->topics);
    round->options = (StreamsTasks){.acceptable_recovery_lag = 10000, .max_warmup_replicas = 2};
}

static void end(Round *round)
{
    for (int32_t m = 0; m < round->count; m++) {
        streams_member_clear(&round->members[m]);
    }
    topology_free(round->topology);
    metadata_log_free(round->topics);
    group_spec_free(round->app);
    cluster_spec_free(round->spec);
}

static StreamsMember *add_member(Round *round, const char *id, int32_t process)
{
    StreamsMember *member = &round->members[round->count++];
    streams_member_init(member, id, process);
    return member;
}

static void own(Round *round, StreamsMember *member, int32_t task)
{
    const TopologyTask *of = topology_task(round->topology, task);
    for (int32_t s = of->first_source; s < of->first_source + of->source_count; s++) {
        g_array_append_val(member->owned, topology_source(round->topology, s)->partition);
    }
    if (of->changelog >= 0) {
        const TaskOffset runs = {task, STREAMS_LAG_RUNNING};
        g_array_append_val(member->offsets, runs);
    }
}

static void has(StreamsMember *member, int32_t task, int64_t offset)
{
    const TaskOffset known = {task, offset};
    g_array_append_val(member->offsets, known);
}

static void changelogs_end_at(Round *round, int64_t end)
{
    for (int32_t t = 6; t < TASKS_MAX; t++) {
        round->ends[t] = end;
    }
}

static void assign(Round *round)
{
    streams_partition_assign(
        round->topology, round->options, round->ends, round->members, round->count, 0);
}

/* "0_0 0_3; 1_1": active tasks, then standbys. */
static const char *told(const Round *round, const StreamsMember *member)
{
    static char text[512];
    g_autoptr(GString) all = g_string_new(NULL);
    char name[32];
    for (guint i = 0; i < member->active->len; i++) {
        topology_task_name(
            round->topology, g_array_index(member->active, int32_t, i), name, sizeof name);
        g_string_append_printf(all, "%s%s", i == 0 ? "" : " ", name);
    }
    for (guint i = 0; i < member->standby->len; i++) {
        topology_task_name(
            round->topology, g_array_index(member->standby, int32_t, i), name, sizeof name);
        g_string_append_printf(all, "%s%s", i == 0 ? "; " : " ", name);
    }
    g_strlcpy(text, all->str, sizeof text);
    return text;
}

START_TEST(a_sub_topology_has_as_many_tasks_as_its_largest_source_has_partitions)
{
    Round round;
    begin(&round);
    ck_assert_int_eq(topology_task_count(round.topology), 12);
    ck_assert_int_eq(topology_task(round.topology, 3)->source_count, 2);
    ck_assert_int_eq(topology_task(round.topology, 4)->source_count, 1); /* only A has it */
    ck_assert(!round.topology->stateful[5]);
    ck_assert(round.topology->stateful[6]);
    end(&round);
}
END_TEST

START_TEST(twelve_tasks_on_two_instances_of_four_threads)
{
    static const char *const ids[] = {"a1", "a2", "a3", "a4", "b1", "b2", "b3", "b4"};
    Round round;
    begin(&round);
    for (int32_t m = 0; m < 8; m++) {
        add_member(&round, ids[m], m < 4 ? 1 : 2);
    }
    assign(&round);
    int32_t tasks = 0;
    for (int32_t m = 0; m < 8; m++) {
        const guint load = round.members[m].active->len;
        ck_assert_msg(load == 1 || load == 2, "%s: %u", ids[m], load);
        tasks += (int32_t)load;
    }
    ck_assert_int_eq(tasks, 12);
    end(&round);
}
END_TEST

START_TEST(what_another_still_owns_comes_in_the_next_round)
{
    Round round;
    begin(&round);
    StreamsMember *old = add_member(&round, "old", 1);
    StreamsMember *fresh = add_member(&round, "fresh", 2);
    for (int32_t t = 0; t < 6; t++) {
        own(&round, old, t); /* all that have no store */
    }
    assign(&round);
    ck_assert_str_eq(told(&round, old), "0_0 0_2 0_4 1_0 1_2 1_4");
    ck_assert_str_eq(told(&round, fresh), "1_1 1_3 1_5");
    ck_assert(fresh->joins_again);
    ck_assert(!old->joins_again);
    end(&round);
}
END_TEST

/* The new one is too far behind: the old one goes on, two tasks warm up, and the leader's process
 * looks again. */
START_TEST(tasks_stay_where_their_state_is_until_it_is_elsewhere)
{
    Round round;
    begin(&round);
    StreamsMember *old = add_member(&round, "old", 1);
    StreamsMember *fresh = add_member(&round, "fresh", 2);
    changelogs_end_at(&round, 50000);
    for (int32_t t = 6; t < TASKS_MAX; t++) {
        own(&round, old, t);
    }
    assign(&round);
    ck_assert_str_eq(told(&round, old), "1_0 1_1 1_2 1_3 1_4 1_5");
    ck_assert_str_eq(told(&round, fresh), "0_0 0_1 0_2 0_3 0_4 0_5; 1_1 1_3");
    ck_assert(old->probes);
    ck_assert(!fresh->probes);
    end(&round);
}
END_TEST

START_TEST(a_warm_up_within_the_acceptable_lag_is_a_standby_until_the_owner_revokes)
{
    Round round;
    begin(&round);
    StreamsMember *old = add_member(&round, "old", 1);
    StreamsMember *warm = add_member(&round, "warm", 2);
    changelogs_end_at(&round, 50000);
    for (int32_t t = 6; t < TASKS_MAX; t++) {
        own(&round, old, t);
    }
    has(warm, 7, 49000);
    has(warm, 9, 39000); /* 11,000 behind */
    assign(&round);
    ck_assert_msg(strstr(told(&round, old), "1_1") == NULL, "%s", told(&round, old));
    ck_assert_msg(strstr(told(&round, warm), "; 1_1 1_3") != NULL, "%s", told(&round, warm));
    ck_assert(warm->joins_again);
    end(&round);
}
END_TEST

START_TEST(an_offset_beyond_the_changelogs_end_counts_for_nothing)
{
    Round round;
    begin(&round);
    round.options.acceptable_recovery_lag = 0;
    StreamsMember *broken = add_member(&round, "broken", 1);
    StreamsMember *fine = add_member(&round, "fine", 2);
    changelogs_end_at(&round, 1000);
    has(broken, 6, 1001);
    has(fine, 6, 900);
    assign(&round);
    ck_assert_msg(strstr(told(&round, fine), "1_0") != NULL, "%s", told(&round, fine));
    ck_assert_msg(strstr(told(&round, broken), "; 1_0") != NULL, "%s", told(&round, broken));
    end(&round);
}
END_TEST

START_TEST(a_thread_keeps_the_stores_that_it_had)
{
    Round round;
    begin(&round);
    StreamsMember *one = add_member(&round, "t1", 1);
    StreamsMember *two = add_member(&round, "t2", 1);
    changelogs_end_at(&round, 1000);
    for (int32_t t = 6; t < 9; t++) {
        own(&round, two, t);
        own(&round, one, t + 3);
    }
    assign(&round);
    ck_assert_msg(strstr(told(&round, one), "1_3 1_4 1_5") != NULL, "%s", told(&round, one));
    ck_assert_msg(strstr(told(&round, two), "1_0 1_1 1_2") != NULL, "%s", told(&round, two));
    ck_assert(!one->joins_again && !two->joins_again && !one->probes);
    end(&round);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("streams partition assignor");
    TCase *tests = tcase_create("rounds");
    tcase_add_test(tests, a_sub_topology_has_as_many_tasks_as_its_largest_source_has_partitions);
    tcase_add_test(tests, twelve_tasks_on_two_instances_of_four_threads);
    tcase_add_test(tests, what_another_still_owns_comes_in_the_next_round);
    tcase_add_test(tests, tasks_stay_where_their_state_is_until_it_is_elsewhere);
    tcase_add_test(tests, a_warm_up_within_the_acceptable_lag_is_a_standby_until_the_owner_revokes);
    tcase_add_test(tests, an_offset_beyond_the_changelogs_end_counts_for_nothing);
    tcase_add_test(tests, a_thread_keeps_the_stores_that_it_had);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
