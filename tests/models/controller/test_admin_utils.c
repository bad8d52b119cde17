/* test_admin_utils.c - placement before KRaft: the examples that AdminUtils documents, and bounds.
 */
#include "models/controller/admin_utils.h"
#include "tests/run_suite.h"
#include <check.h>

static int32_t draw_nothing(void *user, int32_t bound)
{
    (void)user;
    ck_assert_msg(false, "a fixed start draws nothing, but asked below %d", bound);
    return 0;
}

/* Brokers 0.. of these racks ("" none); replicas as "0,1 1,2". */
static KafkaError
place(const char *racks, int32_t partitions, int32_t factor, int32_t first, char **ret)
{
    g_auto(GStrv) names = g_strsplit(racks, " ", -1);
    UsableBroker brokers[16];
    int32_t count = 0;
    for (; names[count] != NULL; count++) {
        brokers[count] =
            (UsableBroker){count, g_str_equal(names[count], "-") ? "" : names[count], false};
    }
    GArray *made = g_array_new(FALSE, FALSE, sizeof(ReplicaList));
    const AssignmentWish wish = {partitions, factor, 0, first};
    KafkaError error = admin_utils_assign(brokers, count, &wish, draw_nothing, NULL, made);
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < made->len; i++) {
        char one[128];
        replica_list_text(&g_array_index(made, ReplicaList, i), ',', one, sizeof(one));
        g_string_append_printf(text, "%s%s", i > 0 ? " " : "", one);
    }
    g_array_free(made, TRUE);
    *ret = g_string_free(text, FALSE);
    return error;
}

static void check(const char *racks, int32_t partitions, int32_t first, const char *expected)
{
    g_autofree char *placed = NULL;
    ck_assert_int_eq(place(racks, partitions, 3, first, &placed), KAFKA_NONE);
    ck_assert_str_eq(placed, expected);
}

START_TEST(followers_shift_with_every_round)
{
    check("- - - - -", 10, 0, "0,1,2 1,2,3 2,3,4 3,4,0 4,0,1 0,2,3 1,3,4 2,4,0 3,0,1 4,1,2");
}
END_TEST

START_TEST(replicas_go_to_each_rack_first)
{
    check("rack1 rack3 rack3 rack2 rack2 rack1", 7, 0, "0,3,1 3,1,5 1,5,4 5,4,2 4,2,0 2,0,3 0,4,2");
}
END_TEST

/* Partitions 5 and 6 of five brokers: the round is another, the shift has grown by one. */
START_TEST(a_topic_that_grows_goes_on_where_it_was)
{
    check("- - - - -", 2, 5, "0,2,3 1,3,4");
}
END_TEST

START_TEST(only_brokers_that_live_count)
{
    g_autofree char *nothing = NULL;
    g_autofree char *none = NULL;
    g_autofree char *half = NULL;
    ck_assert_int_eq(place("- -", 1, 3, 0, &nothing), KAFKA_INVALID_REPLICATION_FACTOR);
    ck_assert_int_eq(place("- - -", 0, 3, 0, &none), KAFKA_INVALID_PARTITIONS);
    ck_assert_int_eq(place("a - a", 1, 3, 0, &half), KAFKA_UNKNOWN_SERVER_ERROR);
    ck_assert_str_eq(nothing, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("placement with ZooKeeper");
    TCase *tests = tcase_create("placement");
    tcase_add_test(tests, followers_shift_with_every_round);
    tcase_add_test(tests, replicas_go_to_each_rack_first);
    tcase_add_test(tests, a_topic_that_grows_goes_on_where_it_was);
    tcase_add_test(tests, only_brokers_that_live_count);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
