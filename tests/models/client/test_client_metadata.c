/* test_client_metadata.c - when a client asks for metadata, and what it believes of the answer. */
#include "tests/models/client/fixture.h"
#include "tests/run_suite.h"

static Fixture *with_topic_and(bool never_rebootstraps)
{
    Fixture *fixture = fixture_of(never_rebootstraps);
    fixture->asks = true;
    client_metadata_add_topic(fixture->metadata, 0);
    (void)client_metadata_maybe_send(fixture->metadata);
    return fixture;
}

static Fixture *with_topic(void)
{
    return with_topic_and(false);
}

static void ask(Fixture *fixture)
{
    client_metadata_request_update(fixture->metadata);
    (void)client_metadata_maybe_send(fixture->metadata);
}

START_TEST(the_first_answer_comes_over_a_bootstrap_connection)
{
    Fixture *fixture = with_topic();
    ck_assert(!client_metadata_has_topic(fixture->metadata, 0));
    ck_assert_int_eq(client_metadata_leader(fixture->metadata, 0), NO_LEADER);
    run(fixture, SIM_MS(6)); /* connect, ApiVersions, Metadata: a round trip each */
    ck_assert(client_metadata_has_topic(fixture->metadata, 0));
    ck_assert_int_eq(client_metadata_leader(fixture->metadata, 0), 1);
    ck_assert_int_eq(metadata_asked(fixture), 1);
    ck_assert(!network_client_can_send(fixture->client, 1)); /* the node has a connection to come */
    fixture_free(fixture);
}
END_TEST

START_TEST(only_one_request_is_under_way)
{
    Fixture *fixture = with_topic();
    run(fixture, SIM_MS(500));
    ask(fixture);
    run(fixture, SIM_MS(501));
    for (int i = 0; i < 10; i++) {
        ask(fixture);
    }
    run(fixture, SIM_MS(506));
    ck_assert_int_eq(metadata_asked(fixture), 2);
    fixture_free(fixture);
}
END_TEST

START_TEST(answers_that_change_nothing_are_asked_for_ever_more_rarely)
{
    Fixture *fixture = with_topic();
    run(fixture, SIM_MS(500));
    SimTime last = sim_now(fixture->sim);
    SimDuration gaps[7];
    for (int i = 0; i < 7; i++) {
        int32_t asked = metadata_asked(fixture);
        ask(fixture);
        while (metadata_asked(fixture) == asked) {
            run(fixture, sim_now(fixture->sim) + SIM_US(500));
        }
        gaps[i] = sim_now(fixture->sim) - last;
        last = sim_now(fixture->sim);
        run(fixture, last + SIM_MS(2)); /* the answer */
    }
    /* 100 ms after the first equivalent answer, doubling to 1 s, each within 20 % */
    for (int i = 2; i < 7; i++) {
        SimDuration expected =
            SIM_MS(100) << (i - 1) < SIM_MS(1000) ? SIM_MS(100) << (i - 1) : SIM_MS(1000);
        ck_assert_int_ge(gaps[i], expected * 8 / 10 - SIM_MS(1));
        ck_assert_int_le(gaps[i], expected * 12 / 10 + SIM_MS(5));
    }
    fixture_free(fixture);
}
END_TEST

START_TEST(a_leader_of_an_older_epoch_is_not_believed)
{
    Fixture *fixture = with_topic();
    fixture->leader_epoch = 5;
    run(fixture, SIM_MS(500));
    ck_assert_int_eq(client_metadata_leader_epoch(fixture->metadata, 0), 5);
    fixture->leader = 2;
    fixture->leader_epoch = 4;
    ask(fixture);
    run(fixture, SIM_SEC(1));
    ck_assert_int_eq(client_metadata_leader(fixture->metadata, 0), 1);
    fixture->leader_epoch = 6;
    ask(fixture);
    run(fixture, SIM_SEC(3));
    ck_assert_int_eq(client_metadata_leader(fixture->metadata, 0), 2);
    fixture_free(fixture);
}
END_TEST

START_TEST(without_a_leader_it_goes_on_asking)
{
    Fixture *fixture = with_topic();
    fixture->leader = NO_LEADER;
    fixture->leader_epoch = -1;
    run(fixture, SIM_SEC(1));
    ck_assert_int_ge(metadata_asked(fixture), 5); /* each 100 ms: such answers count as news */
    fixture->leader = 3;
    fixture->leader_epoch = 1;
    run(fixture, SIM_SEC(2));
    ck_assert_int_eq(client_metadata_leader(fixture->metadata, 0), 3);
    int32_t asked = metadata_asked(fixture);
    run(fixture, SIM_SEC(10));
    ck_assert_int_eq(metadata_asked(fixture), asked);
    fixture_free(fixture);
}
END_TEST

START_TEST(a_leader_named_in_an_error_is_believed_at_once_if_newer)
{
    Fixture *fixture = with_topic();
    fixture->leader_epoch = 3;
    run(fixture, SIM_MS(500));
    ck_assert(!client_metadata_set_leader(fixture->metadata, 0, 2, 3));
    ck_assert(client_metadata_set_leader(fixture->metadata, 0, 2, 4));
    ck_assert_int_eq(client_metadata_leader(fixture->metadata, 0), 2);
    ck_assert_int_eq(client_metadata_leader_epoch(fixture->metadata, 0), 4);
    fixture_free(fixture);
}
END_TEST

/* Metadata.updateLastSeenEpochIfNewer: a committed offset of a newer epoch than its leader's. */
START_TEST(of_a_newer_epoch_than_the_known_one_no_leader_is_known)
{
    Fixture *fixture = with_topic();
    fixture->leader_epoch = 3;
    run(fixture, SIM_MS(500));
    client_metadata_see_epoch(fixture->metadata, 0, 3);
    ck_assert_int_eq(client_metadata_leader(fixture->metadata, 0), 1);
    client_metadata_see_epoch(fixture->metadata, 0, 4);
    ck_assert_int_eq(client_metadata_leader(fixture->metadata, 0), NO_LEADER);
    ck_assert_int_eq(client_metadata_leader_epoch(fixture->metadata, 0), 4);
    ask(fixture); /* a broker that has not heard of it yet is not believed */
    run(fixture, SIM_SEC(1));
    ck_assert_int_eq(client_metadata_leader(fixture->metadata, 0), NO_LEADER);
    fixture->leader = 2;
    fixture->leader_epoch = 4;
    ask(fixture);
    run(fixture, SIM_SEC(3));
    ck_assert_int_eq(client_metadata_leader(fixture->metadata, 0), 2);
    fixture_free(fixture);
}
END_TEST

START_TEST(metadata_is_refreshed_every_five_minutes)
{
    Fixture *fixture = with_topic();
    run(fixture, SIM_SEC(299));
    ck_assert_int_eq(metadata_asked(fixture), 1);
    run(fixture, SIM_SEC(301));
    ck_assert_int_eq(metadata_asked(fixture), 2);
    fixture_free(fixture);
}
END_TEST

START_TEST(a_new_topic_is_asked_for_at_once_and_alone)
{
    Fixture *fixture = with_topic();
    run(fixture, SIM_MS(500));
    ask(fixture);
    run(fixture, SIM_MS(510)); /* fresh: any back-off would count from here */
    client_metadata_add_topic(fixture->metadata, 1);
    ck_assert(client_metadata_maybe_send(fixture->metadata));
    run(fixture, SIM_MS(520));
    ck_assert_int_eq(metadata_asked(fixture), 3);
    int32_t named = 0;
    for (int32_t id = 1; id <= 3; id++) {
        named = broker(fixture, id)->topics > named ? broker(fixture, id)->topics : named;
    }
    ck_assert_int_eq(named, 1);
    fixture_free(fixture);
}
END_TEST

START_TEST(a_broken_connection_asks_for_metadata_elsewhere)
{
    Fixture *fixture = with_topic();
    run(fixture, SIM_MS(500));
    for (int32_t id = 1; id <= 3; id++) {
        (void)network_client_ready(fixture->client, id);
    }
    run(fixture, SIM_MS(510));
    int32_t asked = metadata_asked(fixture);
    ck_assert(actor_kill(&broker(fixture, 1)->actor));
    run(fixture, SIM_SEC(1));
    ck_assert_int_gt(metadata_asked(fixture), asked);
    fixture_free(fixture);
}
END_TEST

START_TEST(with_no_usable_node_it_goes_back_to_bootstrap)
{
    Fixture *fixture = with_topic();
    run(fixture, SIM_MS(500));
    const int32_t only[] = {1};
    network_client_set_nodes(fixture->client, only, 1);
    ck_assert(actor_kill(&broker(fixture, 1)->actor));
    fixture->leader = 2;
    fixture->leader_epoch = 1;
    ask(fixture); /* refused; then its back-off leaves no node at all */
    run(fixture, SIM_SEC(2));
    ck_assert_int_eq(client_metadata_leader(fixture->metadata, 0), 2);
    fixture_free(fixture);
}
END_TEST

START_TEST(when_every_broker_was_dead_it_finds_them_again)
{
    Fixture *fixture = with_topic();
    run(fixture, SIM_MS(500));
    for (int32_t id = 1; id <= 3; id++) {
        ck_assert(actor_kill(&broker(fixture, id)->actor));
    }
    run(fixture, SIM_SEC(5));
    int32_t updates = fixture->updates;
    for (int32_t id = 1; id <= 3; id++) {
        ck_assert(actor_start(&broker(fixture, id)->actor));
    }
    run(fixture, SIM_SEC(8));
    ck_assert_int_gt(fixture->updates, updates);
    ck_assert_int_eq(client_metadata_leader(fixture->metadata, 0), 1);
    fixture_free(fixture);
}
END_TEST

/* Every request times out after 30 s and the next node is asked: some node can always be tried, so
 * that only the time without an answer says that something is wrong (KIP-1102). */
START_TEST(nobody_answers_for_long_and_it_begins_at_bootstrap_servers_again)
{
    Fixture *fixture = with_topic_and(_i == 1);
    run(fixture, SIM_SEC(1));
    for (int32_t b = 0; b < BROKERS; b++) {
        fixture->brokers[b].ignores = true;
    }
    ask(fixture);
    run(fixture, SIM_SEC(90));
    ck_assert(network_client_knows(fixture->client, 1));
    run(fixture, SIM_SEC(140)); /* 100 s after the first, when the next one has timed out */
    ck_assert_int_eq(network_client_knows(fixture->client, 1), _i == 1);
    ck_assert_int_eq(client_metadata_leader(fixture->metadata, 0), _i == 1 ? 1 : NO_LEADER);
    for (int32_t b = 0; b < BROKERS; b++) {
        fixture->brokers[b].ignores = false;
    }
    run(fixture, SIM_SEC(180));
    ck_assert(network_client_knows(fixture->client, 1));
    ck_assert_int_eq(client_metadata_leader(fixture->metadata, 0), 1);
    fixture_free(fixture);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client_metadata");
    TCase *tests = tcase_create("asking and believing");
    tcase_add_loop_test(
        tests, nobody_answers_for_long_and_it_begins_at_bootstrap_servers_again, 0, 2);
    tcase_add_test(tests, the_first_answer_comes_over_a_bootstrap_connection);
    tcase_add_test(tests, only_one_request_is_under_way);
    tcase_add_test(tests, answers_that_change_nothing_are_asked_for_ever_more_rarely);
    tcase_add_test(tests, a_leader_of_an_older_epoch_is_not_believed);
    tcase_add_test(tests, without_a_leader_it_goes_on_asking);
    tcase_add_test(tests, a_leader_named_in_an_error_is_believed_at_once_if_newer);
    tcase_add_test(tests, of_a_newer_epoch_than_the_known_one_no_leader_is_known);
    tcase_add_test(tests, metadata_is_refreshed_every_five_minutes);
    tcase_add_test(tests, a_new_topic_is_asked_for_at_once_and_alone);
    tcase_add_test(tests, a_broken_connection_asks_for_metadata_elsewhere);
    tcase_add_test(tests, with_no_usable_node_it_goes_back_to_bootstrap);
    tcase_add_test(tests, when_every_broker_was_dead_it_finds_them_again);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
