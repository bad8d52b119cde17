/* assignor.c - the table of assignors and what they share. See assignor.h. */
#include "models/group/assignors/assignor.h"
#include <string.h>

static const Assignor assignors[] = {
    {"range", "RangeAssignor", false, range_assign},
    {"roundrobin", "RoundRobinAssignor", false, roundrobin_assign},
    {"cooperative-sticky", "CooperativeStickyAssignor", true, cooperative_sticky_assign},
    {"sticky", "StickyAssignor", false, sticky_assign},
};

static bool text_is(const char *name, size_t bytes, const char *wanted)
{
    return strlen(wanted) == bytes && memcmp(name, wanted, bytes) == 0;
}

/* Cuts "class org.apache.kafka.clients.consumer.RangeAssignor" down to "RangeAssignor". */
static void strip_package(const char **name, size_t *bytes)
{
    for (size_t i = *bytes; i > 0; i--) {
        if ((*name)[i - 1] == '.' || (*name)[i - 1] == ' ') {
            *name += i;
            *bytes -= i;
            return;
        }
    }
}

const Assignor *assignor_find(const char *name, size_t bytes)
{
    strip_package(&name, &bytes);
    for (size_t i = 0; i < G_N_ELEMENTS(assignors); i++) {
        if (text_is(name, bytes, assignors[i].name) ||
            text_is(name, bytes, assignors[i].class_name)) {
            return &assignors[i];
        }
    }
    return NULL;
}

static gint compare_partitions(gconstpointer a, gconstpointer b)
{
    const int32_t left = *(const int32_t *)a;
    const int32_t right = *(const int32_t *)b;
    return (left > right) - (left < right);
}

AssignorResult *assignor_run(const Assignor *assignor, const AssignorInput *input)
{
    AssignorResult *result = g_new0(AssignorResult, 1);
    result->member_count = input->member_count;
    result->partitions = g_new0(GArray *, (gsize)input->member_count + 1);
    for (int32_t m = 0; m < input->member_count; m++) {
        result->partitions[m] = g_array_new(FALSE, FALSE, sizeof(int32_t));
    }
    assignor->assign(input, result);
    for (int32_t m = 0; m < input->member_count; m++) {
        g_array_sort(result->partitions[m], compare_partitions);
    }
    return result;
}

void assignor_result_free(AssignorResult *result)
{
    if (result == NULL) {
        return;
    }
    for (int32_t m = 0; m < result->member_count; m++) {
        g_array_free(result->partitions[m], TRUE);
    }
    g_free(result->partitions);
    g_free(result);
}

/* UTF-8 bytes order like code points; Java compares UTF-16 units, which differs only beyond the
 * basic plane. */
static bool member_is_before(const AssignorMember *a, const AssignorMember *b)
{
    const bool a_is_static = a->group_instance_id != NULL;
    const bool b_is_static = b->group_instance_id != NULL;
    if (a_is_static != b_is_static) {
        return a_is_static;
    }
    if (a_is_static) {
        return strcmp(a->group_instance_id, b->group_instance_id) < 0;
    }
    return strcmp(a->member_id, b->member_id) < 0;
}

/* Binary insertion would gain nothing: a group is sorted once a rebalance. */
void assignor_sort_members(const AssignorInput *input, int32_t *ret_order)
{
    for (int32_t i = 0; i < input->member_count; i++) {
        int32_t at = i;
        while (at > 0 && member_is_before(&input->members[i], &input->members[ret_order[at - 1]])) {
            ret_order[at] = ret_order[at - 1];
            at--;
        }
        ret_order[at] = i;
    }
}

void assignor_sort_topics(const AssignorInput *input, int32_t *ret_order)
{
    for (int32_t i = 0; i < input->topic_count; i++) {
        int32_t at = i;
        while (at > 0 && strcmp(input->topics[i].name, input->topics[ret_order[at - 1]].name) < 0) {
            ret_order[at] = ret_order[at - 1];
            at--;
        }
        ret_order[at] = i;
    }
}

bool assignor_is_subscribed(const AssignorMember *member, int32_t topic)
{
    for (int32_t i = 0; i < member->topic_count; i++) {
        if (member->topics[i] == topic) {
            return true;
        }
    }
    return false;
}

void assignor_give(AssignorResult *result,
                   int32_t member,
                   const AssignorTopic *topic,
                   int32_t first,
                   int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        const int32_t partition = topic->first_partition + first + i;
        g_array_append_val(result->partitions[member], partition);
    }
}
