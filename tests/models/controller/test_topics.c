/* test_topics.c - topics and partitions come and go, as administrators ask. */
#include "tests/models/controller/trace.h"
#include "tests/run_suite.h"

static Trace trace;
static Stream placement;

static void set_up(void)
{
    trace = trace_begin("1", false, true);
    metadata_add_topic(trace.metadata, "payments", 8, false, NULL);
    stream_init(&placement, 1, "placement");
    const ControlContext context = {.metadata = trace.metadata,
                                    .config = trace.config,
                                    .era = &trace.era,
                                    .placement = &placement};
    trace.control = control_new(&context);
    control_activate(trace.control, trace.now);
    for (int b = 1; b <= TRACE_BROKERS; b++) {
        ck_assert_int_eq(trace_start(&trace, b, true), KAFKA_NONE);
    }
}

static void tear_down(void)
{
    trace_end(&trace);
}

/* Replicas of each partition, as "1,2 2,3". */
static GPtrArray *assignment(const char *text)
{
    GPtrArray *made = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    g_auto(GStrv) partitions = g_strsplit(text, " ", -1);
    for (int i = 0; partitions[i] != NULL; i++) {
        const ReplicaList ids = trace_ids(partitions[i]);
        GArray *list = g_array_new(FALSE, FALSE, sizeof(int32_t));
        g_array_append_vals(list, ids.ids, (guint)ids.count);
        g_ptr_array_add(made, list);
    }
    return made;
}

static KafkaError ask(AdminVerb verb, int32_t number, int32_t factor, const char *replicas)
{
    g_autoptr(GPtrArray) made = replicas != NULL ? assignment(replicas) : NULL;
    const AdminRequest request = {.verb = verb,
                                  .topic = 1,
                                  .number = number,
                                  .replication_factor = factor,
                                  .assignment = made};
    return control_admin(trace.control, &request);
}

static int32_t partitions(void)
{
    return metadata_topic_partitions(trace.metadata, 1, metadata_end_offset(trace.metadata));
}

START_TEST(a_topic_is_made_grows_and_goes)
{
    ck_assert_int_eq(ask(ADMIN_DELETE_TOPIC, 0, 0, NULL), KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    ck_assert_int_eq(ask(ADMIN_CREATE_TOPIC, 2, -1, "1,2 2,3"), KAFKA_NONE);
    ck_assert_int_eq(ask(ADMIN_CREATE_TOPIC, 2, -1, "1,2 2,3"), KAFKA_TOPIC_ALREADY_EXISTS);
    ck_assert_int_eq(ask(ADMIN_CREATE_PARTITIONS, 2, 0, NULL), KAFKA_INVALID_PARTITIONS);
    ck_assert_int_eq(ask(ADMIN_CREATE_PARTITIONS, 4, 0, "3,4 4,5"), KAFKA_NONE);
    ck_assert_int_eq(partitions(), 4);
    ck_assert_int_eq(control_partition(trace.control, 4)->leader, 4);
    ck_assert_int_eq(ask(ADMIN_DELETE_TOPIC, 0, 0, NULL), KAFKA_NONE);
    ck_assert_int_eq(partitions(), 0);
    ck_assert_ptr_null(control_partition(trace.control, 1));
}
END_TEST

/* As metrics write '.' as '_', while both are there. */
START_TEST(a_name_that_collides_with_an_existing_topic_is_refused)
{
    const KafkaError both[] = {KAFKA_NONE, KAFKA_INVALID_TOPIC_EXCEPTION};
    metadata_add_topic(trace.metadata, "a.b_c", 1, false, NULL);
    const char *const names[] = {"a_b.c", "a.b.d", "a.b", "a.b.c.d", "aabac"};
    AdminRequest request = {.number = 1, .replication_factor = 1, .topic = 2};
    request.verb = ADMIN_CREATE_TOPIC;
    ck_assert_int_eq(control_admin(trace.control, &request), KAFKA_NONE);
    ck_assert_int_eq(control_admin(trace.control, &request), KAFKA_TOPIC_ALREADY_EXISTS);
    for (int i = 0; i < 5; i++) {
        metadata_add_topic(trace.metadata, names[i], 1, false, NULL);
        request.topic = 3 + i;
        ck_assert_int_eq(control_admin(trace.control, &request), both[i == 0]);
    }
    request = (AdminRequest){.verb = ADMIN_DELETE_TOPIC, .topic = 2};
    ck_assert_int_eq(control_admin(trace.control, &request), KAFKA_NONE);
    request = (AdminRequest){
        .verb = ADMIN_CREATE_TOPIC, .topic = 3, .number = 1, .replication_factor = 1};
    ck_assert_int_eq(control_admin(trace.control, &request), KAFKA_NONE);
}
END_TEST

static const char *option_now(void)
{
    const KafkaConfig *now =
        metadata_topic_config(trace.metadata, 0, metadata_end_offset(trace.metadata));
    return now != NULL && kafka_config_is_set(now, "min.insync.replicas")
               ? kafka_config_text(now, "min.insync.replicas")
               : NULL;
}

/* "orders" was declared with 1; the records stand before those of its partitions. */
START_TEST(a_topic_has_the_options_that_it_is_created_with)
{
    KafkaConfig *options = kafka_config_new(1u << KAFKA_SCOPE_TOPIC, NULL);
    ck_assert(kafka_config_set(options, "min.insync.replicas", "3"));
    AdminRequest request = {
        .verb = ADMIN_CREATE_TOPIC, .number = 1, .replication_factor = 3, .options = options};
    const AdminRequest gone = {.verb = ADMIN_DELETE_TOPIC};
    ck_assert_int_eq(control_admin(trace.control, &request), KAFKA_NONE);
    int64_t end = metadata_end_offset(trace.metadata);
    ck_assert_int_eq(metadata_record(trace.metadata, end - 2)->kind, METADATA_TOPIC_CONFIG);
    ck_assert_str_eq(option_now(), "3");
    ck_assert_int_eq(control_min_isr(trace.control, 0), 3);
    ck_assert_int_eq(control_admin(trace.control, &gone), KAFKA_NONE);
    request.options = NULL;
    ck_assert_int_eq(control_admin(trace.control, &request), KAFKA_NONE);
    ck_assert_ptr_null(option_now());
    ck_assert_int_eq(control_min_isr(trace.control, 0), 1);
    ck_assert_int_eq(control_admin(trace.control, &gone), KAFKA_NONE);
    metadata_truncate(trace.metadata, end); /* uncommitted: neither deletion ever was */
    ck_assert_str_eq(option_now(), "3");
    kafka_config_free(options);
}
END_TEST

/* The brokers' switch is off. */
START_TEST(a_topic_cannot_be_tiered_where_the_brokers_are_not)
{
    KafkaConfig *options = kafka_config_new(1u << KAFKA_SCOPE_TOPIC, NULL);
    ck_assert(kafka_config_set(options, "remote.storage.enable", "true"));
    AdminRequest request = {.verb = ADMIN_CREATE_TOPIC,
                            .topic = 1,
                            .number = 1,
                            .replication_factor = 1,
                            .options = options};
    ck_assert_int_eq(control_admin(trace.control, &request), KAFKA_INVALID_CONFIG);
    ck_assert_int_eq(ask(ADMIN_CREATE_TOPIC, 1, 1, NULL), KAFKA_NONE);
    request.verb = ADMIN_ALTER_TOPIC_CONFIG;
    ck_assert_int_eq(control_admin(trace.control, &request), KAFKA_INVALID_CONFIG);
    kafka_config_free(options);
}
END_TEST

/* One broker's own would make the ELR depend on who leads; the default of all does not. */
START_TEST(one_brokers_min_isr_is_refused_with_eligible_leader_replicas)
{
    KafkaConfig *options = kafka_config_new(1u << KAFKA_SCOPE_BROKER, NULL);
    ck_assert(kafka_config_set(options, "min.insync.replicas", "2"));
    AdminRequest request = {.verb = ADMIN_ALTER_BROKER_CONFIG, .broker = 2, .options = options};
    trace.era.on[ERA_KIP_966] = true;
    ck_assert_int_eq(control_admin(trace.control, &request), KAFKA_INVALID_CONFIG);
    request.broker = -1;
    ck_assert_int_eq(control_admin(trace.control, &request), KAFKA_NONE);
    request.broker = 2;
    trace.era.on[ERA_KIP_966] = false;
    ck_assert_int_eq(control_admin(trace.control, &request), KAFKA_NONE);
    kafka_config_free(options);
}
END_TEST

START_TEST(a_deleted_topic_moves_no_leader_when_a_broker_dies)
{
    ck_assert_int_eq(ask(ADMIN_CREATE_TOPIC, 1, -1, "1,2"), KAFKA_NONE);
    ck_assert_int_eq(ask(ADMIN_DELETE_TOPIC, 0, 0, NULL), KAFKA_NONE);
    int64_t end = metadata_end_offset(trace.metadata);
    trace_crash(&trace, 1);
    for (int64_t at = end; at < metadata_end_offset(trace.metadata); at++) {
        ck_assert_int_ne(metadata_record(trace.metadata, at)->kind, METADATA_PARTITION);
    }
    ck_assert_int_eq(ask(ADMIN_CREATE_TOPIC, 1, -1, "2,1"), KAFKA_NONE);
    ck_assert_int_eq(control_partition(trace.control, 1)->leader_epoch, 0);
    ck_assert_int_eq(control_partition(trace.control, 1)->isr.count, 1);
}
END_TEST

START_TEST(an_assignment_names_registered_brokers_once_and_as_many_for_each)
{
    ck_assert_int_eq(ask(ADMIN_CREATE_TOPIC, 1, -1, "1,9"), KAFKA_INVALID_REPLICA_ASSIGNMENT);
    ck_assert_int_eq(ask(ADMIN_CREATE_TOPIC, 1, -1, "1,2 3"), KAFKA_INVALID_REPLICA_ASSIGNMENT);
    trace_crash(&trace, 1);
    ck_assert_int_eq(ask(ADMIN_CREATE_TOPIC, 1, -1, "1"), KAFKA_INVALID_REPLICA_ASSIGNMENT);
    ck_assert_int_eq(ask(ADMIN_CREATE_TOPIC, 1, -1, "1,2"), KAFKA_NONE);
    ck_assert_int_eq(control_partition(trace.control, 1)->leader, 2);
    ck_assert_int_eq(ask(ADMIN_CREATE_PARTITIONS, 2, 0, "1,2 2,3"),
                     KAFKA_INVALID_REPLICA_ASSIGNMENT);
    ck_assert_int_eq(ask(ADMIN_CREATE_PARTITIONS, 2, 0, "3"), KAFKA_INVALID_REPLICA_ASSIGNMENT);
    ck_assert_int_eq(partitions(), 1);
}
END_TEST

START_TEST(more_replicas_than_brokers_cannot_be_placed)
{
    ck_assert_int_eq(ask(ADMIN_CREATE_TOPIC, 2, 7, NULL), KAFKA_INVALID_REPLICATION_FACTOR);
    ck_assert_int_eq(ask(ADMIN_CREATE_TOPIC, 2, 0, NULL), KAFKA_INVALID_REPLICATION_FACTOR);
    ck_assert_int_eq(ask(ADMIN_CREATE_TOPIC, 0, 1, NULL), KAFKA_INVALID_PARTITIONS);
    ck_assert_int_eq(partitions(), 0);
}
END_TEST

START_TEST(all_leaders_of_a_topic_are_elected_where_one_is_needed)
{
    ck_assert_int_eq(ask(ADMIN_CREATE_TOPIC, 2, -1, "1,2 3,2"), KAFKA_NONE);
    trace_crash(&trace, 1);
    ck_assert_int_eq(control_partition(trace.control, 1)->leader, 2);
    ck_assert_int_eq(trace_start(&trace, 1, true), KAFKA_NONE);
    const PartitionRegistration *now = control_partition(trace.control, 1);
    AlterPartitionEntry entry = {.partition = 1,
                                 .leader_epoch = now->leader_epoch,
                                 .partition_epoch = now->partition_epoch,
                                 .isr_count = 2,
                                 .isr = {{2, trace.epochs[2]}, {1, trace.epochs[1]}}};
    control_alter_partition(trace.control, 2, &entry);
    ck_assert_int_eq(entry.error, KAFKA_NONE);
    const AdminRequest request = {.verb = ADMIN_ELECT_LEADERS, .topic = 1, .partition = -1};
    ck_assert_int_eq(control_admin(trace.control, &request), KAFKA_NONE);
    ck_assert_int_eq(control_partition(trace.control, 1)->leader, 1);
    ck_assert_int_eq(control_partition(trace.control, 2)->leader_epoch, 0);
}
END_TEST

START_TEST(an_isr_member_with_a_stale_epoch_is_refused_unless_kip_903_is_off)
{
    for (int off = 0; off < 2; off++) {
        trace.era.on[ERA_KIP_903] = off == 0;
        AlterPartitionEntry entry = {.partition = 1, .isr_count = 2, .isr = {{1, -1}, {2, 1}}};
        if (off == 0) {
            ck_assert_int_eq(ask(ADMIN_CREATE_TOPIC, 1, -1, "1,2"), KAFKA_NONE);
        }
        control_alter_partition(trace.control, 1, &entry);
        ck_assert_int_eq(entry.error, off == 0 ? KAFKA_INELIGIBLE_REPLICA : KAFKA_NONE);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("topics");
    TCase *tcase = tcase_create("administrators");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_topic_is_made_grows_and_goes);
    tcase_add_test(tcase, a_topic_has_the_options_that_it_is_created_with);
    tcase_add_test(tcase, a_topic_cannot_be_tiered_where_the_brokers_are_not);
    tcase_add_test(tcase, one_brokers_min_isr_is_refused_with_eligible_leader_replicas);
    tcase_add_test(tcase, a_name_that_collides_with_an_existing_topic_is_refused);
    tcase_add_test(tcase, a_deleted_topic_moves_no_leader_when_a_broker_dies);
    tcase_add_test(tcase, an_assignment_names_registered_brokers_once_and_as_many_for_each);
    tcase_add_test(tcase, more_replicas_than_brokers_cannot_be_placed);
    tcase_add_test(tcase, all_leaders_of_a_topic_are_elected_where_one_is_needed);
    tcase_add_test(tcase, an_isr_member_with_a_stale_epoch_is_refused_unless_kip_903_is_off);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
