/* test_ledger_unread.c - what of a partition no member of a group was handed: which of it were
 * records, and when it counts as skipped. */
#include "models/ledger/ledger.h"
#include "tests/run_suite.h"
#include <check.h>

static const TopicIdPartition partition_0 = {5, 0};

static void hand(Ledger *ledger, int32_t partition, int32_t epoch, int64_t first, int64_t last)
{
    const HandOut records = {{5, partition}, epoch, first, last, 0, 0};
    ledger_consumed(ledger, 0, &records, 1);
}

/* Markers at 20, before the jump, and 60, told after it. */
START_TEST(an_offset_without_a_record_is_not_skipped)
{
    Ledger *ledger = ledger_new(1, 1, 0);
    const LedgerGroup *group = ledger_group(ledger, 0);
    hand(ledger, 0, 0, 0, 9);
    ledger_holds_none(ledger, 0, partition_0, 20, 21);
    ledger_told(ledger, 0, partition_0, 50);
    ledger_position_moved(ledger, 0, 0, 100);
    ck_assert_int_eq(group->skipped, 89);
    ck_assert_int_eq(ledger_untold_from(ledger, 0, partition_0, false), 50);
    ledger_holds_none(ledger, 0, partition_0, 60, 61);
    ck_assert_int_eq(group->skipped, 88);
    ledger_free(ledger);
}
END_TEST

START_TEST(what_is_deleted_before_a_group_has_it_is_skipped)
{
    Ledger *ledger = ledger_new(1, 1, 0);
    const LedgerGroup *group = ledger_group(ledger, 0);
    hand(ledger, 0, 0, 0, 9);
    ledger_deleted(ledger, 0, partition_0, 5);
    ck_assert_int_eq(group->skipped, 0);
    ledger_deleted(ledger, 0, partition_0, 40);
    ck_assert_int_eq(group->skipped, 30);
    ledger_position_moved(ledger, 0, 0, 40);
    ck_assert_int_eq(group->skipped, 30);
    ledger_begin_anew(ledger, (TopicIdPartition){6, 0});
    hand(ledger, 0, 0, 10, 14); /* a member still had them */
    ck_assert_int_eq(group->skipped, 25);
    ledger_deleted(ledger, 0, partition_0, 60); /* of the former topic */
    ck_assert_int_eq(group->skipped, 25);
    ledger_free(ledger);
}
END_TEST

/* Its members have 10..19 and 40..49 of 10..59; 15 and 45 of them only after the deletion. */
START_TEST(a_share_group_misses_what_none_of_its_members_had)
{
    Ledger *ledger = ledger_new(1, 1, 0);
    const LedgerGroup *group = ledger_group(ledger, 0);
    ledger_set_shared(ledger, 0);
    hand(ledger, 0, 0, 10, 14);
    hand(ledger, 0, 0, 40, 44);
    ledger_holds_none(ledger, 0, partition_0, 30, 31);
    ledger_deleted(ledger, 0, partition_0, 60);
    ck_assert_int_eq(group->skipped, 50 - 10 - 1);
    hand(ledger, 0, 0, 15, 19);
    hand(ledger, 0, 0, 45, 49);
    ck_assert_int_eq(group->skipped, 50 - 20 - 1);
    ledger_free(ledger);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ledger of what nobody reads");
    TCase *tests = tcase_create("unread");
    tcase_add_test(tests, an_offset_without_a_record_is_not_skipped);
    tcase_add_test(tests, what_is_deleted_before_a_group_has_it_is_skipped);
    tcase_add_test(tests, a_share_group_misses_what_none_of_its_members_had);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
