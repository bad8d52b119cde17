/* A topic is deleted: what groups had committed of it goes, and a topic of the same name that is
 * created later begins anew. */
#include "tests/models/support/group_run.h"
#include "tests/run_suite.h"

static void administer(GroupRun *run, FaultVerb verb, SimTime at)
{
    FaultSpec *fault = whole_fault(run->spec, verb, at, TARGET_NONE, SPEC_NONE);
    fault->topic = 0;
    fault->number = 2;
    fault->replication_factor = 3;
}

/* "orders" with two partitions; the first topic is deleted at 36 s, created again at 40 s and then
 * gets 800 records until 50 s. The only member is away from 35 s to 52 s. */
static GroupRun deletion(uint64_t seed, const char *protocol)
{
    GroupRun run = run_new(seed, SIM_SEC(70), 2, 200, SIM_SEC(8), SIM_SEC(30));
    ProducerSpec *second = producer_spec_new("second", 0);
    second->rate_milli = 100 * 1000;
    second->choice = PARTITION_CYCLE;
    second->value_bytes = distribution_constant(100);
    second->start = SIM_SEC(42);
    second->stop = SIM_SEC(50);
    g_ptr_array_add(run.spec->producers, second);
    run_config(&run, "group.protocol", protocol);
    (void)run_member(&run, "A", 0);
    administer(&run, FAULT_DELETE_TOPIC, SIM_SEC(36));
    administer(&run, FAULT_CREATE_TOPIC, SIM_SEC(40));
    return run;
}

static void
assert_begins_anew(uint64_t seed, const char *protocol, SimTime away_from, SimTime away_until)
{
    GroupRun run = deletion(seed, protocol);
    if (away_from > 0) {
        run_fault(&run, FAULT_LEAVE, TARGET_MEMBER, 0, away_from);
        run_fault(&run, FAULT_JOIN, TARGET_MEMBER, 0, away_until);
    }
    run_go(&run);
    ck_assert_int_eq(run_report(&run)->consumed, 4400 + 800);
    ck_assert_int_eq(run_report(&run)->consumed_twice, 0);
    ck_assert_int_eq(run_report(&run)->skipped, 0);
    ck_assert_int_ge(
        whole_when(&run.whole, SIM_SEC(36), "broker-", "offsets deleted", "billing: 2"),
        SIM_SEC(36));
    ck_assert_int_eq(run_count(&run, "A", "truncation"), 0);
    run_end(&run);
}

START_TEST(a_topic_of_the_same_name_is_read_from_its_beginning)
{
    assert_begins_anew((uint64_t)_i, "classic", SIM_SEC(35), SIM_SEC(52));
    assert_begins_anew((uint64_t)_i, "consumer", SIM_SEC(35), SIM_SEC(52));
}
END_TEST

/* The coordinator refuses what is committed of a topic that is not there. Who leaves the old
 * partitions commits once more: a member of the new protocol at most once, a classic one again and
 * again, after 0.1 s at first and 1 s in the end, and succeeds when the name is there again. It
 * stands above what there is then. */
START_TEST(a_commit_for_a_topic_that_is_gone_is_refused)
{
    assert_begins_anew((uint64_t)_i, "consumer", 0, 0);
    GroupRun run = deletion((uint64_t)_i, "classic");
    run_go(&run);
    ck_assert_int_gt(run_count(&run, "A", "commit failed"), 5);
    ck_assert_int_eq(run_count(&run, "A", "truncation"), 2);
    ck_assert_int_eq(run_report(&run)->consumed + run_report(&run)->skipped, 4400 + 800);
    run_end(&run);
}
END_TEST

START_TEST(a_share_group_shares_the_new_topic_out_from_its_beginning)
{
    GroupRun run = deletion((uint64_t)_i, "classic");
    run.group->kind = GROUP_SHARES;
    ck_assert(kafka_config_set(run.spec->config, "share.auto.offset.reset", "earliest"));
    run_go(&run);
    ck_assert_int_eq(run_report(&run)->consumed, 4400 + 800);
    ck_assert_int_eq(run_report(&run)->consumed_twice, 0);
    run_end(&run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("deleted topics");
    TCase *tests = tcase_create("groups");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, a_topic_of_the_same_name_is_read_from_its_beginning, 1, 4);
    tcase_add_loop_test(tests, a_commit_for_a_topic_that_is_gone_is_refused, 1, 4);
    tcase_add_loop_test(tests, a_share_group_shares_the_new_topic_out_from_its_beginning, 1, 4);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
