/* The assignors: Kafka's own examples of them, racks, and Java's hash order. */
#include "models/group/assignors/assignor.h"
#include "models/group/assignors/java_hash.h"
#include "tests/run_suite.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

/* "t0:3 t1:3" and "c0;-;t0,t1 c1;z;t1": a case as text, so that tests read as the rules do. */
typedef struct Case {
    AssignorTopic topics[32];
    AssignorMember members[32];
    AssignorInput input;
    gchar **words[3]; /* kept for the borrowed names */
    GPtrArray *parts;
} Case;

static int32_t topic_of(const Case *self, const char *name)
{
    for (int32_t t = 0; t < self->input.topic_count; t++) {
        if (strcmp(self->topics[t].name, name) == 0) {
            return t;
        }
    }
    return -1;
}

static void add_topics(Case *self, const char *text)
{
    self->words[0] = g_strsplit(text, " ", -1);
    int32_t first = 0;
    for (gchar **word = self->words[0]; *word != NULL; word++) {
        char *colon = strchr(*word, ':');
        *colon = '\0';
        AssignorTopic *topic = &self->topics[self->input.topic_count++];
        topic->name = *word;
        topic->first_partition = first;
        topic->partitions = atoi(colon + 1);
        first += topic->partitions;
    }
}

/* "t0:0.1,t1:2" or "-". */
static void add_owned(Case *self, AssignorMember *member, const char *text)
{
    int32_t *owned = g_new0(int32_t, 200);
    gchar **names = g_strsplit(text, ",", -1);
    member->owned = owned;
    for (gchar **name = names; *name != NULL && strcmp(text, "-") != 0; name++) {
        gchar **halves = g_strsplit(*name, ":", 2);
        gchar **numbers = g_strsplit(halves[1], ".", -1);
        for (gchar **number = numbers; *number != NULL; number++) {
            const int32_t topic = topic_of(self, halves[0]);
            if (topic >= 0) { /* a topic may be gone */
                owned[member->owned_count++] = self->topics[topic].first_partition + atoi(*number);
            }
        }
        g_strfreev(numbers);
        g_strfreev(halves);
    }
    g_strfreev(names);
}

static void add_member(Case *self, const char *word)
{
    gchar **parts = g_strsplit(word, ";", 5);
    g_ptr_array_add(self->parts, parts);
    gchar **names = g_strsplit(parts[2], ",", -1);
    int32_t *topics = g_new0(int32_t, 33);
    AssignorMember *member = &self->members[self->input.member_count++];
    member->member_id = parts[0];
    member->group_instance_id = strcmp(parts[1], "-") == 0 ? NULL : parts[1];
    for (gchar **name = names; *name != NULL; name++) {
        if (topic_of(self, *name) >= 0) {
            topics[member->topic_count++] = topic_of(self, *name);
        }
    }
    member->topics = topics;
    member->generation = -1;
    member->claimed_generation = -1;
    if (parts[3] != NULL) {
        member->generation = atoi(parts[3]);
        member->claimed_generation = member->generation;
        add_owned(self, member, parts[4]);
    }
    g_strfreev(names);
}

static Case *case_new(const char *topics, const char *members)
{
    Case *self = g_new0(Case, 1);
    self->parts = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    self->input.topics = self->topics;
    self->input.members = self->members;
    add_topics(self, topics);
    self->words[1] = g_strsplit(members, " ", -1);
    for (gchar **word = self->words[1]; *word != NULL; word++) {
        add_member(self, *word);
    }
    return self;
}

static void case_free(Case *self)
{
    for (int32_t m = 0; m < self->input.member_count; m++) {
        g_free((gpointer)(guintptr)self->members[m].topics);
        g_free((gpointer)(guintptr)self->members[m].owned);
    }
    g_strfreev(self->words[0]);
    g_strfreev(self->words[1]);
    g_ptr_array_free(self->parts, TRUE);
    g_free(self);
}

static void append_topic(GString *text, const AssignorTopic *topic, const GArray *partitions)
{
    GString *part = g_string_new("");
    for (guint i = 0; i < partitions->len; i++) {
        const int32_t p = g_array_index(partitions, int32_t, i) - topic->first_partition;
        if (p >= 0 && p < topic->partitions) {
            g_string_append_printf(part, "%s%d", part->len == 0 ? "" : ".", p);
        }
    }
    if (part->len > 0) {
        const bool is_first = text->str[text->len - 1] == ';';
        g_string_append_printf(text, "%s%s:%s", is_first ? "" : ",", topic->name, part->str);
    }
    g_string_free(part, TRUE);
}

/* "server uniform" and "old uniform" are the coordinator's, as of 4.1 and before KAFKA-18688. */
static const Assignor *named(Case *self, const char *assignor)
{
    self->input.extra_goes_to_first = g_str_has_prefix(assignor, "old ");
    const char *space = strchr(assignor, ' ');
    return space != NULL ? server_assignor_find(space + 1)
                         : assignor_find(assignor, strlen(assignor));
}

/* "c0;t0:0.1,t1:0 c1;" members and topics in the order of the case. */
static char *assign(const char *assignor, const char *topics, const char *members)
{
    Case *self = case_new(topics, members);
    const Assignor *found = named(self, assignor);
    ck_assert_ptr_nonnull(found);
    AssignorResult *result = assignor_run(found, &self->input);
    GString *text = g_string_new("");
    for (int32_t m = 0; m < self->input.member_count; m++) {
        g_string_append_printf(text, "%s%s;", m == 0 ? "" : " ", self->members[m].member_id);
        for (int32_t t = 0; t < self->input.topic_count; t++) {
            append_topic(text, &self->topics[t], result->partitions[m]);
        }
    }
    assignor_result_free(result);
    case_free(self);
    return g_string_free(text, FALSE);
}

static void
expect(const char *assignor, const char *topics, const char *members, const char *wanted)
{
    char *got = assign(assignor, topics, members);
    ck_assert_str_eq(got, wanted);
    g_free(got);
}

START_TEST(range_gives_each_topic_in_blocks)
{
    expect("range", "t0:3 t1:3", "c0;-;t0,t1 c1;-;t0,t1", "c0;t0:0.1,t1:0.1 c1;t0:2,t1:2");
    expect("range", "t0:7", "c0;-;t0 c1;-;t0 c2;-;t0", "c0;t0:0.1.2 c1;t0:3.4 c2;t0:5.6");
}
END_TEST

START_TEST(range_gives_every_extra_partition_to_the_same_first_member)
{
    expect("range", "t0:1 t1:1 t2:1", "c0;-;t0,t1,t2 c1;-;t0,t1,t2", "c0;t0:0,t1:0,t2:0 c1;");
}
END_TEST

START_TEST(range_counts_only_the_subscribers_of_a_topic)
{
    expect("range",
           "t0:4 t1:6",
           "c0;-;t0 c1;-;t0,t1 c2;-;t1",
           "c0;t0:0.1 c1;t0:2.3,t1:0.1.2 c2;t1:3.4.5");
    expect("range",
           "t0:1 t1:2 t2:3",
           "c0;-;t0 c1;-;t0,t1 c2;-;t0,t1,t2",
           "c0;t0:0 c1;t1:0 c2;t1:1,t2:0.1.2");
}
END_TEST

START_TEST(static_members_come_first_and_c10_before_c2)
{
    expect("range", "t0:5", "c10;-;t0 c2;-;t0 c9;z;t0", "c10;t0:2.3 c2;t0:4 c9;t0:0.1");
    expect("roundrobin", "t0:5", "c10;-;t0 c2;-;t0 c9;z;t0", "c10;t0:1.4 c2;t0:2 c9;t0:0.3");
}
END_TEST

START_TEST(roundrobin_deals_on_from_topic_to_topic)
{
    expect("roundrobin", "t0:3 t1:3", "c0;-;t0,t1 c1;-;t0,t1", "c0;t0:0.2,t1:1 c1;t0:1,t1:0.2");
    expect("roundrobin", "t0:7", "c0;-;t0 c1;-;t0 c2;-;t0", "c0;t0:0.3.6 c1;t0:1.4 c2;t0:2.5");
    expect("roundrobin",
           "t0:4 t1:6",
           "c0;-;t0 c1;-;t0,t1 c2;-;t1",
           "c0;t0:0.2 c1;t0:1.3,t1:1.3.5 c2;t1:0.2.4");
}
END_TEST

START_TEST(sticky_keeps_the_lowest_numbers_and_moves_the_rest)
{
    expect("sticky", "t0:7", "c0;-;t0 c1;-;t0 c2;-;t0", "c0;t0:0.3.6 c1;t0:1.4 c2;t0:2.5");
    const char *members = "c0;-;t0;1;t0:0.1.2 c1;-;t0;1;t0:3.4.5 c2;-;t0;-1;-";
    expect("sticky", "t0:6", members, "c0;t0:0.1 c1;t0:3.4 c2;t0:2.5");
    expect("sticky", "t0:6", "c0;-;t0;1;t0:0.3 c2;-;t0;1;t0:2.5", "c0;t0:0.1.3 c2;t0:2.4.5");
    expect("sticky",
           "t0:7",
           "c0;-;t0;1;t0:0.1 c1;-;t0;1;t0:2.3.4 c2;-;t0;1;t0:5.6",
           "c0;t0:0.1 c1;t0:2.3.4 c2;t0:5.6");
}
END_TEST

START_TEST(cooperative_sticky_withholds_what_must_be_revoked_first)
{
    expect("cooperative-sticky",
           "t0:6",
           "c0;-;t0;1;t0:0.1.2 c1;-;t0;1;t0:3.4.5 c2;-;t0;-1;-",
           "c0;t0:0.1 c1;t0:3.4 c2;");
    expect("cooperative-sticky",
           "t0:6",
           "c0;-;t0;2;t0:0.1 c1;-;t0;2;t0:3.4 c2;-;t0;2;-",
           "c0;t0:0.1 c1;t0:3.4 c2;t0:2.5");
}
END_TEST

START_TEST(topics_without_metadata_are_ignored)
{
    expect("range", "t0:0 t1:2", "c0;-;t0,t1 c1;-;t0,t1", "c0;t1:0 c1;t1:1");
}
END_TEST

START_TEST(sticky_with_different_topics_evens_loads_out)
{
    expect("sticky",
           "t0:4 t1:6",
           "c0;-;t0 c1;-;t0,t1 c2;-;t1",
           "c0;t0:0.1.2 c1;t0:3,t1:2.4 c2;t1:0.1.3.5");
    /* c1 alone knows t1; what it must give up it gives to c0. */
    expect("sticky",
           "t0:4 t1:2",
           "c0;-;t0;1;- c1;-;t0,t1;1;t0:0.1.2.3,t1:0.1",
           "c0;t0:0.1.2 c1;t0:3,t1:0.1");
}
END_TEST

START_TEST(cooperative_sticky_with_different_topics_withholds_too)
{
    expect("cooperative-sticky",
           "t0:4 t1:2",
           "c0;-;t0;1;- c1;-;t0,t1;1;t0:0.1.2.3,t1:0.1",
           "c0; c1;t0:3,t1:0.1");
}
END_TEST

START_TEST(uniform_keeps_the_extra_partition_where_it_is)
{
    const char *kept = "c0;-;t0;1;t0:0.1 c1;-;t0;1;t0:2.3.4 c2;-;t0;1;t0:5.6";
    expect("server uniform", "t0:7", kept, "c0;t0:0.1 c1;t0:2.3.4 c2;t0:5.6");
    expect("server uniform",
           "t0:6",
           "c0;-;t0;1;t0:0.1.2 c1;-;t0;1;t0:3.4.5 c2;-;t0;1;-",
           "c0;t0:0.1 c1;t0:3.4 c2;t0:2.5");
    /* Before KAFKA-18688 the first member had to have it. */
    expect("old uniform", "t0:7", kept, "c0;t0:0.1.4 c1;t0:2.3 c2;t0:5.6");
}
END_TEST

START_TEST(uniform_with_different_topics_fills_the_least_loaded)
{
    expect("server uniform",
           "t0:4 t1:6",
           "c0;-;t0 c1;-;t0,t1 c2;-;t1",
           "c0;t0:0.1.2.3 c1;t1:0.2.4 c2;t1:1.3.5");
}
END_TEST

START_TEST(the_servers_range_is_the_clients_and_never_sticky)
{
    expect("server range",
           "t0:5",
           "c10;-;t0;1;t0:0.1.2.3.4 c2;-;t0;1;- c9;z;t0;1;-",
           "c10;t0:2.3 c2;t0:4 c9;t0:0.1");
}
END_TEST

/* Partition p has its replicas in rack p mod 3 only. */
static uint64_t one_rack_each(const void *owner, int32_t partition)
{
    (void)owner;
    return UINT64_C(1) << (partition % 3);
}

/* Members c0, c1, ... of one topic stand in racks 2, 1, 0, 2, ...: who gets what, in a row. */
static char *assign_in_racks(const char *assignor, int32_t partitions, int32_t members)
{
    static const char *const ids[] = {"c0", "c1", "c2", "c3", "c4", "c5"};
    const int32_t topics[] = {0};
    const AssignorTopic topic = {.name = "t", .partitions = partitions};
    AssignorMember group[6];
    for (int32_t m = 0; m < members; m++) {
        group[m] = (AssignorMember){.member_id = ids[m],
                                    .topics = topics,
                                    .topic_count = 1,
                                    .generation = -1,
                                    .rack = UINT64_C(1) << (2 - m % 3)};
    }
    const AssignorInput input = {
        .topics = &topic,
        .topic_count = 1,
        .members = group,
        .member_count = members,
        .racks_of = one_rack_each,
    };
    AssignorResult *result = assignor_run(assignor_find(assignor, strlen(assignor)), &input);
    GString *text = g_string_new("");
    for (int32_t m = 0; m < members; m++) {
        g_string_append(text, m > 0 ? " |" : "|");
        for (guint i = 0; i < result->partitions[m]->len; i++) {
            g_string_append_printf(text, "%d ", g_array_index(result->partitions[m], int32_t, i));
        }
    }
    assignor_result_free(result);
    return g_string_free(text, FALSE);
}

START_TEST(members_get_the_partitions_of_their_own_rack)
{
    char *range = assign_in_racks("range", 6, 3);
    ck_assert_str_eq(range, "|2 5  |1 4  |0 3 ");
    char *sticky = assign_in_racks("sticky", 6, 3);
    ck_assert_str_eq(sticky, "|2 5  |1 4  |0 3 ");
    g_free(sticky);
    g_free(range);
}
END_TEST

START_TEST(racks_never_cost_balance)
{
    /* Nobody stands in rack 0: what lies there is dealt out to who has room. */
    char *range = assign_in_racks("range", 6, 2);
    ck_assert_str_eq(range, "|0 2 5  |1 3 4 ");
    char *sticky = assign_in_racks("cooperative-sticky", 6, 2);
    ck_assert_str_eq(sticky, "|0 2 5  |1 3 4 ");
    g_free(sticky);
    g_free(range);
}
END_TEST

START_TEST(java_hash_chooses_the_coordinators_partition)
{
    ck_assert_int_eq(java_string_hash(""), 0);
    ck_assert_int_eq(java_string_hash("abc"), 96354);
    ck_assert_int_eq(java_hash_partition("abc", 50), 4);
    ck_assert_int_eq(java_hash_partition("foobar", 50), 13);
    ck_assert_int_eq(java_hash_partition("kafka", 50), 10);
    ck_assert_int_eq(java_hash_partition("order-1", 50), 10);
    ck_assert_int_eq(java_hash_partition("user-42", 50), 6);
    ck_assert_int_eq(java_hash_partition("key-0", 50), 12);
    ck_assert_int_eq(java_hash_partition("hello world", 50), 2);
    /* A text whose hash is Integer.MIN_VALUE: no absolute value, so 0. */
    ck_assert_int_eq(java_string_hash("polygenelubricants"), INT32_MIN);
    ck_assert_int_eq(java_hash_partition("polygenelubricants", 50), 0);
}
END_TEST

START_TEST(assignors_are_found_by_class_name)
{
    const char *text = "class org.apache.kafka.clients.consumer.RangeAssignor";
    ck_assert_ptr_eq(assignor_find(text, strlen(text)), assignor_find("range", 5));
    ck_assert_ptr_null(assignor_find("mine", 4));
    ck_assert_ptr_null(assignor_find("rang", 4));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("assignor");
    TCase *tests = tcase_create("assignor");
    tcase_add_test(tests, range_gives_each_topic_in_blocks);
    tcase_add_test(tests, range_gives_every_extra_partition_to_the_same_first_member);
    tcase_add_test(tests, range_counts_only_the_subscribers_of_a_topic);
    tcase_add_test(tests, static_members_come_first_and_c10_before_c2);
    tcase_add_test(tests, roundrobin_deals_on_from_topic_to_topic);
    tcase_add_test(tests, sticky_keeps_the_lowest_numbers_and_moves_the_rest);
    tcase_add_test(tests, cooperative_sticky_withholds_what_must_be_revoked_first);
    tcase_add_test(tests, topics_without_metadata_are_ignored);
    tcase_add_test(tests, sticky_with_different_topics_evens_loads_out);
    tcase_add_test(tests, cooperative_sticky_with_different_topics_withholds_too);
    tcase_add_test(tests, uniform_keeps_the_extra_partition_where_it_is);
    tcase_add_test(tests, uniform_with_different_topics_fills_the_least_loaded);
    tcase_add_test(tests, the_servers_range_is_the_clients_and_never_sticky);
    tcase_add_test(tests, members_get_the_partitions_of_their_own_rack);
    tcase_add_test(tests, racks_never_cost_balance);
    tcase_add_test(tests, java_hash_chooses_the_coordinators_partition);
    tcase_add_test(tests, assignors_are_found_by_class_name);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
