/* test_share_group.c - share groups under a coordinator: what members are answered. */
#include "tests/models/group/fake_host.h"
#include "tests/run_suite.h"

/* Who `says_topics` sends a full request: it joins, or its last one failed. */
static void beat(Fake *self, const char *member, int32_t epoch, bool says_topics)
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
    request->topic_count = says_topics ? 1 : -1;
    request->owned_count = -1;
    group_coordinator_handle(self->coordinator, &request->header);
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

int main(void)
{
    Suite *suite = suite_create("share groups");
    TCase *tests = tcase_create("coordinator");
    tcase_add_test(tests, the_assignment_is_said_once);
    tcase_add_test(tests, who_says_everything_again_is_told_the_assignment_again);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
