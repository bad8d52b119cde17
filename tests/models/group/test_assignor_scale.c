/* The assignors with 1,000 members and 10,000 partitions: valid, balanced, sticky. */
#include "models/group/assignors/assignor.h"
#include "tests/run_suite.h"
#include <check.h>
#include <string.h>

#define MEMBERS         1000
#define TOPICS          100
#define PARTITIONS_EACH 100
#define PARTITIONS      (TOPICS * PARTITIONS_EACH)

typedef struct Crowd {
    AssignorTopic topics[TOPICS];
    AssignorMember members[MEMBERS];
    int32_t subscribed[MEMBERS][TOPICS];
    char ids[MEMBERS][16];
    char names[TOPICS][8];
    int32_t owner[PARTITIONS];
    AssignorInput input;
} Crowd;

static bool wants(bool is_homogeneous, int m, int t)
{
    return is_homogeneous || (m * 7 + t * 13) % 3 != 0;
}

static Crowd *crowd_new(bool is_homogeneous)
{
    Crowd *self = g_new0(Crowd, 1);
    for (int t = 0; t < TOPICS; t++) {
        (void)g_snprintf(self->names[t], sizeof self->names[t], "t%02d", t);
        self->topics[t] = (AssignorTopic){
            self->names[t], t * PARTITIONS_EACH, PARTITIONS_EACH, {t * 7919, -t * 104729}};
    }
    for (int m = 0; m < MEMBERS; m++) {
        AssignorMember *member = &self->members[m];
        (void)g_snprintf(self->ids[m], sizeof self->ids[m], "m-%08x", (unsigned)m * 2654435761U);
        member->member_id = self->ids[m];
        member->generation = member->claimed_generation = -1;
        member->topics = self->subscribed[m];
        for (int t = 0; t < TOPICS; t++) {
            if (wants(is_homogeneous, m, t)) {
                self->subscribed[m][member->topic_count++] = t;
            }
        }
    }
    self->input = (AssignorInput){
        .topics = self->topics,
        .topic_count = TOPICS,
        .members = self->members,
        .member_count = MEMBERS,
    };
    return self;
}

/* Every partition has one owner, who subscribes to it. */
static void ck_assert_valid(Crowd *self, const AssignorResult *result, bool is_homogeneous)
{
    for (int p = 0; p < PARTITIONS; p++) {
        self->owner[p] = -1;
    }
    for (int m = 0; m < result->member_count; m++) {
        for (guint i = 0; i < result->partitions[m]->len; i++) {
            const int32_t p = g_array_index(result->partitions[m], int32_t, i);
            ck_assert_int_eq(self->owner[p], -1);
            ck_assert(wants(is_homogeneous, m, p / PARTITIONS_EACH));
            self->owner[p] = m;
        }
    }
    for (int p = 0; p < PARTITIONS; p++) {
        ck_assert_int_ne(self->owner[p], -1);
    }
}

static guint spread(const AssignorResult *result)
{
    guint least = G_MAXUINT;
    guint most = 0;
    for (int m = 0; m < result->member_count; m++) {
        least = MIN(least, result->partitions[m]->len);
        most = MAX(most, result->partitions[m]->len);
    }
    return most - least;
}

/* The last member leaves, the others report what they had: how many of theirs move. */
static int moved_after_leave(Crowd *self,
                             const Assignor *assignor,
                             const AssignorResult *before,
                             bool is_homogeneous)
{
    for (int m = 0; m < MEMBERS; m++) {
        self->members[m].owned = (const int32_t *)(const void *)before->partitions[m]->data;
        self->members[m].owned_count = (int32_t)before->partitions[m]->len;
        self->members[m].generation = self->members[m].claimed_generation = 1;
    }
    int32_t old_owner[PARTITIONS];
    memcpy(old_owner, self->owner, sizeof old_owner);
    self->input.member_count = MEMBERS - 1;
    AssignorResult *after = assignor_run(assignor, &self->input);
    ck_assert_valid(self, after, is_homogeneous);
    ck_assert_uint_le(spread(after), 1);
    int moved = 0;
    for (int p = 0; p < PARTITIONS; p++) {
        moved += old_owner[p] != MEMBERS - 1 && self->owner[p] != old_owner[p] ? 1 : 0;
    }
    assignor_result_free(after);
    return moved;
}

static void check(const Assignor *assignor, bool is_homogeneous, guint spread_max, bool is_sticky)
{
    Crowd *self = crowd_new(is_homogeneous);
    AssignorResult *result = assignor_run(assignor, &self->input);
    ck_assert_valid(self, result, is_homogeneous);
    ck_assert_uint_le(spread(result), spread_max);
    if (is_sticky) {
        ck_assert_int_eq(moved_after_leave(self, assignor, result, is_homogeneous), 0);
    }
    assignor_result_free(result);
    g_free(self);
}

START_TEST(a_thousand_members_share_ten_thousand_partitions)
{
    check(assignor_find("range", 5), true, TOPICS, false);
    check(assignor_find("roundrobin", 10), true, 0, false);
    check(assignor_find("sticky", 6), true, 0, true);
    check(assignor_find("cooperative-sticky", 18), true, 0, true);
    check(server_assignor_find("uniform"), true, 0, true);
    check(server_assignor_find("range"), true, TOPICS, false);
}
END_TEST

START_TEST(a_thousand_members_of_different_topics_share_them_too)
{
    check(assignor_find("range", 5), false, TOPICS, false);
    check(assignor_find("roundrobin", 10), false, TOPICS, false);
    check(assignor_find("sticky", 6), false, 1, true);
    check(assignor_find("cooperative-sticky", 18), false, 1, true);
    check(server_assignor_find("uniform"), false, 1, true);
    check(server_assignor_find("range"), false, TOPICS, false);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("assignor scale");
    TCase *tests = tcase_create("assignor scale");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_thousand_members_share_ten_thousand_partitions);
    tcase_add_test(tests, a_thousand_members_of_different_topics_share_them_too);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
