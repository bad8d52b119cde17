/* Groups of KIP-848 whose members subscribe by regular expression: when the coordinator matches it
 * with the topics, and when members hear of it. */
#include "tests/models/group/fake_host.h"
#include "tests/run_suite.h"

typedef struct Beat {
    const char *member;
    int32_t epoch;
    const char *regex; /* NULL: not said */
} Beat;

/* Who joins owns nothing and names no topic; later heartbeats say nothing of either. */
static void beat(Fake *self, const char *member, int32_t epoch, const char *regex)
{
    ConsumerGroupHeartbeatRequest *request =
        new_request(self,
                    KAFKA_MESSAGE_BYTES(ConsumerGroupHeartbeatRequest, items, 1),
                    KAFKA_CONSUMER_GROUP_HEARTBEAT,
                    member);
    request->group_id = GROUP;
    g_strlcpy(request->member_id, member, sizeof request->member_id);
    request->member_epoch = epoch;
    request->rebalance_timeout_ns = epoch == 0 ? SIM_SEC(300) : -1;
    request->topic_count = epoch == 0 ? 0 : -1;
    request->owned_count = epoch == 0 ? 0 : -1;
    request->subscribed_regex = regex;
    group_coordinator_handle(self->coordinator, &request->header);
}

static void create_topic(Fake *self)
{
    self->newest = self->newest + 100;
    self->topics++;
}

/* A's expression has been resolved, and A has heard of it at 5 s. */
static Fake *with_one_member(const char *regex)
{
    Fake *self = fake_new();
    beat(self, "A", 0, regex);
    run_to(self, SIM_SEC(5));
    beat(self, "A", 1, NULL);
    let_commit(self);
    return self;
}

START_TEST(the_first_member_has_its_partitions_with_its_second_heartbeat)
{
    Fake *self = with_one_member("t[1-9]");
    expect(self, "7 A NONE epoch 1: nothing\n5007 A NONE epoch 2: 10 11 12 13\n");
    fake_free(self);
}
END_TEST

START_TEST(a_second_member_with_the_same_expression_raises_the_epoch_at_once)
{
    Fake *self = with_one_member("t.*");
    g_string_truncate(self->lines, 0);
    beat(self, "B", 0, "t.*");
    let_commit(self);
    expect(self, "5107 B NONE epoch 3: nothing\n"); /* A has all, and is to give up half */
    beat(self, "A", 2, NULL);
    let_commit(self);
    expect(self, "5207 A NONE epoch 2: 0 1 10 11\n");
    fake_free(self);
}
END_TEST

START_TEST(a_new_topic_is_looked_at_by_a_heartbeat_and_given_out_with_the_next)
{
    Fake *self = with_one_member("t.*");
    g_string_truncate(self->lines, 0);
    create_topic(self);
    beat(self, "A", 2, NULL);
    run_to(self, SIM_SEC(8));
    beat(self, "A", 2, NULL); /* less than 10 s since it was resolved last */
    run_to(self, SIM_SEC(11));
    expect(self, "5100 A NONE epoch 2\n8000 A NONE epoch 2\n");
    beat(self, "A", 2, NULL); /* asks for it */
    run_to(self, SIM_SEC(16));
    beat(self, "A", 2, NULL);
    let_commit(self);
    expect(self, "11000 A NONE epoch 2\n16007 A NONE epoch 3: 0 1 2 3 10 11 12 13 20 21 22 23\n");
    fake_free(self);
}
END_TEST

START_TEST(a_new_topic_that_does_not_match_raises_no_epoch)
{
    Fake *self = with_one_member("t[01]");
    g_string_truncate(self->lines, 0);
    create_topic(self);
    run_to(self, SIM_SEC(11));
    beat(self, "A", 2, NULL);
    run_to(self, SIM_SEC(16));
    beat(self, "A", 2, NULL);
    let_commit(self);
    expect(self, "11000 A NONE epoch 2\n16000 A NONE epoch 2\n");
    fake_free(self);
}
END_TEST

START_TEST(a_topic_that_goes_is_missed_at_the_next_heartbeat)
{
    Fake *self = with_one_member("t.*");
    g_string_truncate(self->lines, 0);
    self->topics = 1;
    beat(self, "A", 2, NULL); /* no matter of expressions: nothing is matched again */
    let_commit(self);
    expect(self, "5107 A NONE epoch 2: 0 1 2 3\n");
    fake_free(self);
}
END_TEST

START_TEST(an_expression_that_re2j_does_not_know_is_refused)
{
    Fake *self = fake_new();
    beat(self, "A", 0, "t(0");
    let_commit(self);
    beat(self, "A", 0, "t0");
    let_commit(self);
    expect(self, "0 A INVALID_REGULAR_EXPRESSION\n7 A NONE epoch 1: nothing\n");
    beat(self, "A", 1, "(?=t)");
    let_commit(self);
    beat(self, "A", 1, NULL); /* the old one stays */
    let_commit(self);
    expect(self, "100 A INVALID_REGULAR_EXPRESSION\n207 A NONE epoch 2: 0 1 2 3\n");
    fake_free(self);
}
END_TEST

START_TEST(without_its_last_subscriber_an_expression_is_forgotten)
{
    Fake *self = with_one_member("t0");
    beat(self, "B", 0, "t1");
    let_commit(self);
    beat(self, "B", -1, NULL);
    run_to(self, SIM_SEC(20));
    g_string_truncate(self->lines, 0);
    beat(self, "A", 2, NULL); /* with two expressions, one resolved, it would ask again */
    run_to(self, SIM_SEC(25));
    beat(self, "B", 0, "t1"); /* new once more: 5 s after the last time would be too early */
    run_to(self, SIM_SEC(30));
    beat(self, "B", 3, NULL);
    let_commit(self);
    expect(self,
           "20007 A NONE epoch 3\n"
           "25007 B NONE epoch 3: nothing\n"
           "30007 B NONE epoch 4: 10 11 12 13\n");
    fake_free(self);
}
END_TEST

START_TEST(a_new_coordinator_knows_what_expressions_stand_for)
{
    Fake *self = with_one_member("t.*");
    g_string_truncate(self->lines, 0);
    move_coordinator(self);
    beat(self, "B", 0, "t.*");
    let_commit(self);
    beat(self, "A", 2, NULL);
    let_commit(self);
    expect(self, "5107 B NONE epoch 3: nothing\n5207 A NONE epoch 2: 0 1 10 11\n");
    fake_free(self);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("regex subscription");
    TCase *tcase = tcase_create("coordinator");
    tcase_add_test(tcase, the_first_member_has_its_partitions_with_its_second_heartbeat);
    tcase_add_test(tcase, a_second_member_with_the_same_expression_raises_the_epoch_at_once);
    tcase_add_test(tcase, a_new_topic_is_looked_at_by_a_heartbeat_and_given_out_with_the_next);
    tcase_add_test(tcase, a_new_topic_that_does_not_match_raises_no_epoch);
    tcase_add_test(tcase, a_topic_that_goes_is_missed_at_the_next_heartbeat);
    tcase_add_test(tcase, an_expression_that_re2j_does_not_know_is_refused);
    tcase_add_test(tcase, without_its_last_subscriber_an_expression_is_forgotten);
    tcase_add_test(tcase, a_new_coordinator_knows_what_expressions_stand_for);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
