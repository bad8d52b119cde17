/* test_metadata.c - the metadata log and images of it as of an offset. */
#include "models/protocol/metadata.h"
#include "tests/run_suite.h"
#include <check.h>

static MetadataLog *metadata;

static void set_up(void)
{
    metadata = metadata_log_new();
    metadata_add_topic(metadata, "orders", 4, false, NULL);
    metadata_add_topic(metadata, "payments", 2, false, NULL);
}

static void tear_down(void)
{
    metadata_log_free(metadata);
}

static int64_t create(int32_t partition, int32_t leader)
{
    PartitionRegistration registration = {.leader = leader};
    replica_list_add(&registration.replicas, leader);
    return metadata_append_partition(metadata, partition, &registration);
}

static int32_t leader_of(int32_t partition, int64_t offset)
{
    const PartitionRegistration *found = metadata_partition(metadata, partition, offset);
    return found != NULL ? found->leader : -2;
}

START_TEST(an_image_as_of_an_offset_never_changes)
{
    int64_t first = create(0, 1);
    int64_t second = create(0, 2);
    ck_assert_int_eq(leader_of(0, first), -2);
    ck_assert_int_eq(leader_of(0, first + 1), 1);
    ck_assert_int_eq(leader_of(0, second + 1), 2);
}
END_TEST

START_TEST(a_partition_exists_from_its_record_until_its_topic_is_removed)
{
    create(0, 1);
    create(1, 1);
    int64_t before = metadata_end_offset(metadata);
    ck_assert_int_eq(metadata_topic_partitions(metadata, 0, before), 2);
    ck_assert_int_eq(metadata_topic_partitions(metadata, 0, 1), 1);
    ck_assert_int_eq(metadata_topic_partitions(metadata, 1, before), 0);
    metadata_append_remove_topic(metadata, 0);
    int64_t after = metadata_end_offset(metadata);
    ck_assert_int_eq(metadata_topic_partitions(metadata, 0, after), 0);
    ck_assert_int_eq(metadata_topic_partitions(metadata, 0, before), 2);
    ck_assert_int_eq(leader_of(0, after), -2);
    create(0, 3);
    ck_assert_int_eq(leader_of(0, metadata_end_offset(metadata)), 3);
    ck_assert_int_eq(leader_of(1, metadata_end_offset(metadata)), -2);
}
END_TEST

START_TEST(the_newest_topic_is_the_last_that_was_created_not_one_that_changed)
{
    ck_assert_int_eq(metadata_newest_topic(metadata, 0), -1);
    const int64_t orders = create(0, 1);
    create(1, 1);
    const int64_t payments = create(4, 1);
    create(0, 2); /* another leader */
    create(2, 1); /* more partitions */
    ck_assert_int_eq(metadata_newest_topic(metadata, orders), -1);
    ck_assert_int_eq(metadata_newest_topic(metadata, payments), orders);
    ck_assert_int_eq(metadata_newest_topic(metadata, metadata_end_offset(metadata)), payments);
    metadata_append_remove_topic(metadata, 0);
    const int64_t again = create(0, 1);
    ck_assert_int_eq(metadata_newest_topic(metadata, metadata_end_offset(metadata)), again);
    metadata_truncate(metadata, again);
    ck_assert_int_eq(metadata_newest_topic(metadata, metadata_end_offset(metadata)), payments);
}
END_TEST

START_TEST(a_topic_changes_with_its_own_records_only)
{
    const int32_t orders = 0;
    const int32_t payments = 1;
    ck_assert_int_eq(metadata_topic(metadata, orders)->changed, -1);
    const int64_t made = create(0, 1);
    create(4, 1);
    metadata_append_no_op(metadata);
    ck_assert_int_eq(metadata_topic(metadata, orders)->changed, made);
    const int64_t moved = create(0, 2);
    ck_assert_int_eq(metadata_topic(metadata, orders)->changed, moved);
    const int64_t removed = metadata_append_remove_topic(metadata, payments);
    ck_assert_int_eq(metadata_topic(metadata, orders)->changed, moved);
    ck_assert_int_eq(metadata_topic(metadata, payments)->changed, removed);
}
END_TEST

START_TEST(an_unregistered_broker_is_unknown_and_may_register_again)
{
    const BrokerRegistration broker = {.id = 7, .incarnation_id = 1};
    int64_t first = metadata_append_broker(metadata, &broker, true);
    metadata_append_unregister_broker(metadata, 7);
    ck_assert_ptr_null(metadata_broker(metadata, 7, metadata_end_offset(metadata)));
    ck_assert_int_eq(metadata_broker(metadata, 7, first + 1)->epoch, first);
    int64_t again = metadata_append_broker(metadata, &broker, true);
    ck_assert_int_eq(metadata_broker(metadata, 7, again + 1)->epoch, again);
}
END_TEST

START_TEST(what_nobody_can_ask_for_is_forgotten_and_the_newest_stays)
{
    const BrokerRegistration broker = {.id = 7, .incarnation_id = 1};
    metadata_append_broker(metadata, &broker, true);
    for (int i = 0; i < 5000; i++) {
        create(i % 4, i);
        metadata_append_no_op(metadata);
    }
    int64_t end = metadata_end_offset(metadata);
    metadata_forget(metadata, end - 4);
    ck_assert_int_eq(metadata_start_offset(metadata), end - 4);
    ck_assert_int_eq(metadata_end_offset(metadata), end);
    for (int p = 0; p < 4; p++) {
        ck_assert_int_eq(leader_of(p, end), 4996 + p);
    }
    ck_assert_int_eq(leader_of(2, end - 4), 4994);
    ck_assert_int_eq(leader_of(1, end - 4), 4997);
    ck_assert_int_eq(metadata_record(metadata, end - 1)->offset, end - 1);
    ck_assert_ptr_nonnull(metadata_broker(metadata, 7, end));
    ck_assert_int_eq(metadata_append_no_op(metadata), end);
}
END_TEST

START_TEST(truncated_records_never_were)
{
    KafkaConfig *options = kafka_config_new(1u << KAFKA_SCOPE_TOPIC, NULL);
    ck_assert(kafka_config_set(options, "min.insync.replicas", "2"));
    const BrokerRegistration broker = {.id = 7, .incarnation_id = 1};
    create(0, 1);
    int64_t committed = metadata_end_offset(metadata);
    create(0, 2);
    create(1, 2);
    metadata_append_broker(metadata, &broker, true);
    metadata_append_topic_config(metadata, 0, options);
    metadata_append_remove_topic(metadata, 0);
    metadata_truncate(metadata, committed);
    ck_assert_int_eq(metadata_end_offset(metadata), committed);
    ck_assert_int_eq(leader_of(0, 1000), 1);
    ck_assert_int_eq(leader_of(1, 1000), -2);
    ck_assert_ptr_null(metadata_broker(metadata, 7, 1000));
    ck_assert_ptr_null(metadata_topic_config(metadata, 0, 1000));
    kafka_config_free(options);
}
END_TEST

START_TEST(a_topic_option_goes_over_what_was_in_force_before)
{
    KafkaConfig *first = kafka_config_new(1u << KAFKA_SCOPE_TOPIC, NULL);
    KafkaConfig *second = kafka_config_new(1u << KAFKA_SCOPE_TOPIC, NULL);
    ck_assert(kafka_config_set(first, "min.insync.replicas", "2"));
    ck_assert(kafka_config_set(first, "retention.ms", "1000"));
    ck_assert(kafka_config_set(second, "min.insync.replicas", "3"));
    int64_t one = metadata_append_topic_config(metadata, 0, first) + 1;
    int64_t two = metadata_append_topic_config(metadata, 0, second) + 1;
    const KafkaConfig *old = metadata_topic_config(metadata, 0, one);
    const KafkaConfig *now = metadata_topic_config(metadata, 0, two);
    ck_assert_int_eq(kafka_config_integer(old, "min.insync.replicas"), 2);
    ck_assert_int_eq(kafka_config_integer(now, "min.insync.replicas"), 3);
    ck_assert_int_eq(kafka_config_integer(now, "retention.ms"), 1000);
    kafka_config_free(first);
    kafka_config_free(second);
}
END_TEST

START_TEST(a_brokers_own_option_stays_over_a_later_default)
{
    KafkaConfig *own = kafka_config_new(KAFKA_SCOPES_NODE, NULL);
    KafkaConfig *fallback = kafka_config_new(KAFKA_SCOPES_NODE, NULL);
    ck_assert(kafka_config_set(own, "num.replica.fetchers", "4"));
    ck_assert(kafka_config_set(fallback, "num.replica.fetchers", "2"));
    ck_assert(kafka_config_set(fallback, "num.io.threads", "3"));
    int64_t before = metadata_append_broker_config(metadata, 1, own) + 1;
    int64_t after = metadata_append_broker_config(metadata, -1, fallback) + 1;
    const KafkaConfig *one = metadata_broker_config(metadata, 1, after);
    const KafkaConfig *other = metadata_broker_config(metadata, 2, after);
    ck_assert_int_eq(kafka_config_integer(one, "num.replica.fetchers"), 4);
    ck_assert_int_eq(kafka_config_integer(one, "num.io.threads"), 3);
    ck_assert_int_eq(kafka_config_integer(other, "num.replica.fetchers"), 2);
    ck_assert_ptr_null(metadata_broker_config(metadata, 2, before));
    ck_assert(!kafka_config_is_set(metadata_broker_config(metadata, 1, before), "num.io.threads"));
    kafka_config_free(own);
    kafka_config_free(fallback);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metadata");
    TCase *tcase = tcase_create("images");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, an_image_as_of_an_offset_never_changes);
    tcase_add_test(tcase, a_partition_exists_from_its_record_until_its_topic_is_removed);
    tcase_add_test(tcase, the_newest_topic_is_the_last_that_was_created_not_one_that_changed);
    tcase_add_test(tcase, a_topic_changes_with_its_own_records_only);
    tcase_add_test(tcase, an_unregistered_broker_is_unknown_and_may_register_again);
    tcase_add_test(tcase, what_nobody_can_ask_for_is_forgotten_and_the_newest_stays);
    tcase_add_test(tcase, truncated_records_never_were);
    tcase_add_test(tcase, a_topic_option_goes_over_what_was_in_force_before);
    tcase_add_test(tcase, a_brokers_own_option_stays_over_a_later_default);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
