/* assignor.c - the table of assignors and what they share. See assignor.h. */
#include "models/group/assignors/assignor.h"
#include <string.h>

static const Assignor assignors[] = {
    {"range", "RangeAssignor", false, range_assign},
    {"roundrobin", "RoundRobinAssignor", false, roundrobin_assign},
    {"cooperative-sticky", "CooperativeStickyAssignor", true, cooperative_sticky_assign},
    {"sticky", "StickyAssignor", false, sticky_assign},
};
static const Assignor server_assignors[] = {
    {"uniform", "UniformAssignor", true, uniform_assign},
    {"range", "RangeAssignor", true, server_range_assign},
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

static const Assignor *find(const Assignor *table, size_t count, const char *name, size_t bytes)
{
    strip_package(&name, &bytes);
    for (size_t i = 0; i < count; i++) {
        if (text_is(name, bytes, table[i].name) || text_is(name, bytes, table[i].class_name)) {
            return &table[i];
        }
    }
    return NULL;
}

const Assignor *assignor_find(const char *name, size_t bytes)
{
    return find(assignors, G_N_ELEMENTS(assignors), name, bytes);
}

const Assignor *server_assignor_find(const char *name)
{
    return find(server_assignors, G_N_ELEMENTS(server_assignors), name, strlen(name));
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
    if (input->member_count > 0) {
        assignor->assign(input, result);
    }
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

uint64_t assignor_racks_of(const AssignorInput *input, int32_t topic, int32_t number)
{
    return input->racks_of == NULL
               ? 0
               : input->racks_of(input->owner, input->topics[topic].first_partition + number);
}
