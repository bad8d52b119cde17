/* known_topics.c - see known_topics.h. */
#include "models/client/known_topics.h"
#include "models/protocol/metadata.h"

static void topic_free(gpointer data)
{
    KnownTopic *topic = data;
    if (topic != NULL) {
        g_array_free(topic->leaders, TRUE);
        g_free(topic);
    }
}

void known_topics_init(KnownTopics *self)
{
    *self = (KnownTopics){.topics = g_ptr_array_new_with_free_func(topic_free)};
}

void known_topics_clear(KnownTopics *self)
{
    known_topics_reset(self);
    g_ptr_array_free(self->topics, TRUE);
}

void known_topics_reset(KnownTopics *self)
{
    g_ptr_array_set_size(self->topics, 0);
    if (self->followed != NULL) {
        g_array_free(self->followed, TRUE);
        self->followed = NULL;
    }
}

void known_topic_grow(KnownTopic *self, int32_t partitions)
{
    const KnownPartition unknown = {NO_TOPIC_ID, NO_LEADER, NO_EPOCH, NO_EPOCH};
    for (; self->partitions < partitions; self->partitions++) {
        g_array_append_val(self->leaders, unknown);
    }
}

void known_topic_trim(KnownTopic *self, int32_t partitions)
{
    self->partitions = MIN(self->partitions, partitions);
    g_array_set_size(self->leaders, (guint)self->partitions);
}

bool known_topic_drop(KnownTopic *self)
{
    const bool was_known = self->partitions > 0;
    self->partitions = 0;
    g_array_set_size(self->leaders, 0);
    return was_known;
}

void known_topics_forget_leaders(KnownTopics *self)
{
    for (guint i = 0; i < self->topics->len; i++) {
        KnownTopic *topic = self->topics->pdata[i];
        if (topic != NULL) {
            (void)known_topic_drop(topic);
        }
    }
}

KnownTopic *known_topics_find(const KnownTopics *self, int32_t topic)
{
    return (guint)topic < self->topics->len ? self->topics->pdata[topic] : NULL;
}

KnownTopic *known_topics_make(KnownTopics *self, int32_t topic)
{
    if ((guint)topic >= self->topics->len) {
        g_ptr_array_set_size(self->topics, topic + 1);
    }
    KnownTopic *known = g_new0(KnownTopic, 1);
    known->wanted = true;
    known->fresh = true;
    known->leaders = g_array_new(FALSE, TRUE, sizeof(KnownPartition));
    self->topics->pdata[topic] = known;
    return known;
}

void known_topics_follow(KnownTopics *self, const int32_t *topics, int32_t count)
{
    if (self->followed == NULL) {
        self->followed = g_array_new(FALSE, FALSE, sizeof(int32_t));
    }
    g_array_set_size(self->followed, 0);
    if (count > 0) {
        g_array_append_vals(self->followed, topics, (guint)count);
    }
}

bool known_topics_is_followed(const KnownTopics *self, int32_t topic)
{
    for (guint i = 0; self->followed != NULL && i < self->followed->len; i++) {
        if (g_array_index(self->followed, int32_t, i) == topic) {
            return true;
        }
    }
    return false;
}
