/* test_partition_index.c - which log directories a controller believes to be offline. */
#include "models/controller/partition_index.h"
#include "tests/run_suite.h"

static bool is_offline(const PartitionIndex *index, int32_t partition)
{
    return partition_index_has(index, 3, PARTITIONS_OFFLINE, partition);
}

START_TEST(a_failed_directory_is_remembered_for_the_process_that_has_it)
{
    PartitionIndex *index = partition_index_new(100);
    partition_index_set_offline(index, 3, 77, 64);
    partition_index_set_offline(index, 3, 77, 65);
    partition_index_clear(index); /* active again */
    partition_index_keep_offline(index, 3, 77);
    ck_assert(is_offline(index, 64) && is_offline(index, 65));
    partition_index_free(index);
}
END_TEST

START_TEST(a_process_that_another_controller_registered_begins_with_all_online)
{
    PartitionIndex *index = partition_index_new(100);
    partition_index_set_offline(index, 3, 77, 64);
    partition_index_keep_offline(index, 3, 78);
    ck_assert(!is_offline(index, 64));
    partition_index_set_offline(index, 3, 77, 64);
    partition_index_set_offline(index, 3, 78, 65); /* nobody told of the restart */
    ck_assert(!is_offline(index, 64) && is_offline(index, 65));
    partition_index_free(index);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("partition index");
    TCase *tcase = tcase_create("log directories");
    tcase_add_test(tcase, a_failed_directory_is_remembered_for_the_process_that_has_it);
    tcase_add_test(tcase, a_process_that_another_controller_registered_begins_with_all_online);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
