/* test_share_group.c - share groups under a coordinator: what members are answered. */
#include "models/group/modern/modern_group.h"
#include "tests/models/group/fake_host.h"
#include "tests/run_suite.h"

/* Who says a topic sends a full request: it joins, or its last one failed. */
static void beat_with(Fake *self, const char *member, int32_t epoch, int32_t topic)
{
    ConsumerGroupHeartbeatRequest *request =
        new_request(self,
                    KAFKA_MESSAGE_BYTES(ConsumerGroupHeartbeatRequest, items, 1),
                    KAFKA_SHARE_GROUP_HEARTBEAT,
                    member);
    request->group_id = GROUP;
    g_strlcpy(request->member_id, member, sizeof request->member_id);
    request->member_epoch = epoch;
    request->rebalance_timeout_ns = -1;
    request->topic_count = topic >= 0 ? 1 : -1;
    request->items[0] = MAX(0, topic);
    request->owned_count = -1;
    group_coordinator_handle(self->coordinator, &request->header);
}

static void beat_only(Fake *self, const char *member, int32_t epoch, bool says_topics)
{
    beat_with(self, member, epoch, says_topics ? 0 : -1);
}

static void beat(Fake *self, const char *member, int32_t epoch, bool says_topics)
{
    beat_only(self, member, epoch, says_topics);
    let_commit(self);
}

/* The share partitions are initialized after the first answer (KIP-932). */
static Fake *with_one_member(void)
{
    Fake *self = fake_new();
    beat(self, "A", 0, true);
    expect(self, "7 A NONE epoch 1: nothing\n");
    return self;
}

static void expect_state(const Fake *self, const char *state)
{
    GroupView view;
    ck_assert(group_coordinator_view(self->coordinator, GROUP, &view));
    ck_assert_str_eq(view.state, state);
}

/* Members have not heard of their partitions yet; then one has. */
START_TEST(a_group_with_members_is_stable)
{
    Fake *self = fake_new();
    beat(self, "A", 0, true);
    expect_state(self, "Stable");
    beat(self, "B", 0, true);
    expect_state(self, "Stable");
    beat(self, "A", 1, true);
    expect_state(self, "Stable");
    beat(self, "A", LEAVE_GROUP_MEMBER_EPOCH, false);
    beat(self, "B", LEAVE_GROUP_MEMBER_EPOCH, false);
    expect_state(self, "Empty");
    fake_free(self);
}
END_TEST

START_TEST(the_assignment_is_said_once)
{
    Fake *self = with_one_member();
    beat(self, "A", 1, false);
    beat(self, "A", 2, false);
    expect(self, "107 A NONE epoch 2: 0 1 2 3\n200 A NONE epoch 2\n");
    fake_free(self);
}
END_TEST

/* The write of the assignment is not committed in time: the coordinator has it, the member does
 * not. It says everything again, with the epoch that it knows. */
START_TEST(who_says_everything_again_is_told_the_assignment_again)
{
    Fake *self = with_one_member();
    self->refuse = KAFKA_REQUEST_TIMED_OUT;
    beat(self, "A", 1, false);
    self->refuse = KAFKA_NONE;
    beat(self, "A", 1, true);
    expect(self, "107 A COORDINATOR_NOT_AVAILABLE\n200 A NONE epoch 2: 0 1 2 3\n");
    beat(self, "A", 2, false);
    expect(self, "300 A NONE epoch 2\n");
    fake_free(self);
}
END_TEST

/* Its coordinator dies when the group is in the log and the persister has not answered yet. The
 * next one asks again after twice offsets.commit.timeout.ms. */
START_TEST(another_coordinator_asks_the_persister_again)
{
    Fake *self = fake_new();
    beat_only(self, "A", 0, true);
    run_to(self, SIM_MS(8)); /* committed at 7 ms */
    move_coordinator(self);
    for (int32_t i = 1; i <= 4; i++) {
        run_to(self, SIM_SEC(4) * i);
        beat_only(self, "A", 1, true);
    }
    run_to(self, SIM_SEC(17));
    expect(self,
           "7 A NONE epoch 1: nothing\n"
           "4000 A NONE epoch 1: nothing\n"
           "8000 A NONE epoch 1: nothing\n"
           "12007 A NONE epoch 1: nothing\n"
           "16007 A NONE epoch 2: 0 1 2 3\n");
    fake_free(self);
}
END_TEST

/* The persister has answered, and no heartbeat has come since. */
START_TEST(another_coordinator_assigns_what_is_initialized)
{
    Fake *self = with_one_member();
    move_coordinator(self);
    beat(self, "A", 1, true);
    expect(self, "107 A NONE epoch 2: 0 1 2 3\n");
    move_coordinator(self);
    beat(self, "A", 2, false);
    expect(self, "200 A NONE epoch 2\n");
    fake_free(self);
}
END_TEST

/* As brokers of 4.1.0 do: what is initialized, and assigned to nobody because nobody subscribes to
 * it any more, raises the group epoch with every heartbeat. */
START_TEST(a_topic_without_subscribers_raises_the_epoch_with_each_heartbeat)
{
    Fake *self = with_one_member();
    self->topics = 2;
    beat_with(self, "B", 0, 1);
    let_commit(self);
    beat(self, "A", 1, false);
    beat(self, "B", 2, false);
    beat(self, "A", 3, false);
    beat(self, "B", LEAVE_GROUP_MEMBER_EPOCH, false);
    g_string_truncate(self->lines, 0);
    for (int32_t epoch = 3; epoch <= 6; epoch++) {
        beat(self, "A", epoch == 3 ? 3 : epoch + 1, false);
    }
    expect(self,
           "607 A NONE epoch 5\n707 A NONE epoch 6\n807 A NONE epoch 7\n907 A NONE epoch 8\n");
    fake_free(self);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("share groups");
    TCase *tests = tcase_create("coordinator");
    tcase_add_test(tests, a_group_with_members_is_stable);
    tcase_add_test(tests, the_assignment_is_said_once);
    tcase_add_test(tests, another_coordinator_asks_the_persister_again);
    tcase_add_test(tests, another_coordinator_assigns_what_is_initialized);
    tcase_add_test(tests, a_topic_without_subscribers_raises_the_epoch_with_each_heartbeat);
    tcase_add_test(tests, who_says_everything_again_is_told_the_assignment_again);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
