/* assignor_vectors.c - see assignor_vectors.h. */
#include "tests/vectors/clients/assignor_vectors.h"
#include <string.h>

static int32_t topic_named(const AssignorCase *self, const char *name)
{
    for (int32_t t = 0; t < self->input.topic_count; t++) {
        if (strcmp(self->topics[t].name, name) == 0) {
            return t;
        }
    }
    return ASSIGNOR_NOBODY;
}

/* 22 characters of base64 for URLs, most significant first. */
static JavaUuid read_uuid(const char *text)
{
    g_autoptr(GString) padded = g_string_new(text);
    g_strdelimit(padded->str, "-", '+');
    g_strdelimit(padded->str, "_", '/');
    g_string_append(padded, "==");
    gsize bytes = 0;
    g_autofree guchar *raw = g_base64_decode(padded->str, &bytes);
    uint64_t halves[2] = {0, 0};
    for (gsize i = 0; i < 16 && i < bytes; i++) {
        halves[i / 8] = halves[i / 8] << 8 | raw[i];
    }
    return (JavaUuid){(int64_t)halves[0], (int64_t)halves[1]};
}

/* Without ids topics have those of the old vectors: 1, 2, 3 in order of the names. */
static void read_topics(AssignorCase *self, const cJSON *vector)
{
    const cJSON *listed = cJSON_GetObjectItemCaseSensitive(vector, "topics");
    const cJSON *ids = cJSON_GetObjectItemCaseSensitive(vector, "topicIds");
    self->topics = g_new0(AssignorTopic, (gsize)cJSON_GetArraySize(listed) + 1);
    self->input.topics = self->topics;
    int32_t first = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, listed)
    {
        AssignorTopic *topic = &self->topics[self->input.topic_count++];
        topic->name = item->string;
        topic->first_partition = first;
        topic->partitions = (int32_t)item->valuedouble;
        topic->id.low = self->input.topic_count;
        if (ids != NULL) {
            topic->id = read_uuid(vector_text(ids, item->string));
        }
        first += topic->partitions;
    }
}

static const int32_t *read_subscription(AssignorCase *self, const cJSON *listed, int32_t *ret_count)
{
    int32_t *topics = g_new0(int32_t, (gsize)cJSON_GetArraySize(listed) + 1);
    g_ptr_array_add(self->arrays, topics);
    int32_t count = 0;
    const cJSON *name;
    cJSON_ArrayForEach(name, listed)
    {
        const int32_t topic = topic_named(self, name->valuestring);
        if (topic != ASSIGNOR_NOBODY) {
            topics[count++] = topic;
        }
    }
    *ret_count = count;
    return topics;
}

/* {"t0": [1, 2]}: partition indices in the order of the vector. A topic may be gone. */
static GArray *read_partitions(const AssignorCase *self, const cJSON *listed)
{
    GArray *partitions = g_array_new(FALSE, FALSE, sizeof(int32_t));
    const cJSON *entry;
    cJSON_ArrayForEach(entry, listed)
    {
        const int32_t topic = topic_named(self, entry->string);
        const cJSON *number;
        cJSON_ArrayForEach(number, entry)
        {
            if (topic != ASSIGNOR_NOBODY) {
                const int32_t index =
                    self->topics[topic].first_partition + (int32_t)number->valuedouble;
                g_array_append_val(partitions, index);
            }
        }
    }
    return partitions;
}

static void read_member(AssignorCase *self,
                        const cJSON *entry,
                        const cJSON *common,
                        const char *owned,
                        const char *generation)
{
    AssignorMember *member = &self->members[self->input.member_count++];
    const cJSON *own = cJSON_GetObjectItemCaseSensitive(entry, "subscription");
    member->member_id = vector_text(entry, "id");
    member->group_instance_id = vector_text(entry, "instanceId");
    member->topics =
        read_subscription(self, cJSON_IsArray(own) ? own : common, &member->topic_count);
    GArray *held = read_partitions(self, cJSON_GetObjectItemCaseSensitive(entry, owned));
    member->owned_count = (int32_t)held->len;
    member->owned = (int32_t *)(void *)g_array_free(held, FALSE);
    g_ptr_array_add(self->arrays, (gpointer)(guintptr)member->owned);
    member->generation = (int32_t)vector_integer(entry, generation, -1);
    member->claimed_generation = member->generation;
}

void assignor_case_read(AssignorCase *self,
                        const cJSON *vector,
                        const char *owned,
                        const char *generation)
{
    *self = (AssignorCase){.arrays = g_ptr_array_new_with_free_func(g_free)};
    read_topics(self, vector);
    const cJSON *listed = cJSON_GetObjectItemCaseSensitive(vector, "members");
    const cJSON *common = cJSON_GetObjectItemCaseSensitive(vector, "subscription");
    self->members = g_new0(AssignorMember, (gsize)cJSON_GetArraySize(listed) + 1);
    self->input.members = self->members;
    const cJSON *entry;
    cJSON_ArrayForEach(entry, listed)
    {
        read_member(self, entry, common, owned, generation);
    }
}

void assignor_case_clear(AssignorCase *self)
{
    g_free(self->topics);
    g_free(self->members);
    g_ptr_array_free(self->arrays, TRUE);
}

static gint compare_partitions(gconstpointer a, gconstpointer b)
{
    const int32_t left = *(const int32_t *)a;
    const int32_t right = *(const int32_t *)b;
    return (left > right) - (left < right);
}

static char *partitions_text(const AssignorCase *self, const GArray *partitions)
{
    GString *text = g_string_new("{");
    for (guint i = 0; i < partitions->len; i++) {
        const int32_t index = g_array_index(partitions, int32_t, i);
        const int32_t topic = assignor_topic_of(&self->input, index);
        g_string_append_printf(text,
                               "%s%s-%d",
                               i > 0 ? " " : "",
                               topic < 0 ? "?" : self->topics[topic].name,
                               topic < 0 ? index : index - self->topics[topic].first_partition);
    }
    g_string_append_c(text, '}');
    return g_string_free(text, FALSE);
}

bool assignor_case_check(const AssignorCase *self,
                         const Assignor *assignor,
                         const cJSON *vector,
                         GString *why)
{
    const cJSON *wanted = cJSON_GetObjectItemCaseSensitive(vector, "assignment");
    AssignorResult *result = assignor_run(assignor, &self->input);
    bool same = true;
    for (int32_t m = 0; m < self->input.member_count && same; m++) {
        const char *id = self->members[m].member_id;
        g_autoptr(GArray) expected =
            read_partitions(self, cJSON_GetObjectItemCaseSensitive(wanted, id));
        g_array_sort(expected, compare_partitions);
        g_autofree char *left = partitions_text(self, expected);
        g_autofree char *right = partitions_text(self, result->partitions[m]);
        g_autofree char *what = g_strdup_printf("%s, %s", assignor->name, id);
        same = vector_same_text(why, what, left, right);
    }
    assignor_result_free(result);
    return same;
}

bool assignor_case_check_order(const AssignorCase *self, const cJSON *vector, GString *why)
{
    const cJSON *wanted = cJSON_GetObjectItemCaseSensitive(vector, "javaMemberOrder");
    g_autofree int32_t *order = g_new0(int32_t, (gsize)self->input.member_count + 1);
    assignor_sort_as_java(&self->input, order);
    for (int32_t i = 0; i < self->input.member_count; i++) {
        const cJSON *name = cJSON_GetArrayItem(wanted, i);
        if (!vector_same_text(why,
                              "Java's order of members",
                              cJSON_GetStringValue(name),
                              self->members[order[i]].member_id)) {
            return false;
        }
    }
    return true;
}
