/* The replicas of a broker by partition index. */
#include "models/replica/partition_table.h"
#include "tests/run_suite.h"
#include <check.h>

START_TEST(an_empty_table_has_no_partition)
{
    PartitionTable table = {0};
    ck_assert_ptr_null(partition_table_find(&table, 0));
    ck_assert_ptr_null(partition_table_find(&table, 7));
    partition_table_clear(&table);
}
END_TEST

START_TEST(every_partition_is_found_by_its_index_and_no_other_is)
{
    const PartitionHost host = {.broker_id = 1};
    PartitionTable table = {0};
    Partition *partitions[1000];
    for (int32_t i = 0; i < 1000; i++) {
        partitions[i] = partition_new(&host, i * 64); /* they meet in the low bits */
        partition_table_add(&table, partitions[i]);
    }
    for (int32_t index = 0; index < 64 * 1000; index++) {
        Partition *expected = index % 64 == 0 ? partitions[index / 64] : NULL;
        ck_assert_ptr_eq(partition_table_find(&table, index), expected);
    }
    for (int32_t i = 0; i < 1000; i++) {
        partition_free(partitions[i]);
    }
    partition_table_clear(&table);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("partition table");
    TCase *tests = tcase_create("partition table");
    tcase_add_test(tests, an_empty_table_has_no_partition);
    tcase_add_test(tests, every_partition_is_found_by_its_index_and_no_other_is);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
