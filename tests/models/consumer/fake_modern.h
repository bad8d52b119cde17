/* fake_modern.h - a part of fake_broker.h: what heartbeats of KIP-848 say. */
#ifndef KAFKASIM_TESTS_MODELS_CONSUMER_FAKE_MODERN_H
#define KAFKASIM_TESTS_MODELS_CONSUMER_FAKE_MODERN_H
#include "tests/models/consumer/fake_broker.h"

/* Its bit in FakeCluster.traced. */
#define FAKE_TRACE_BEATS (UINT32_C(1) << KAFKA_CONSUMER_GROUP_HEARTBEAT % 32)

/* "a beats 3 owns 0 1" */
static inline void fake_say_beat(FakeCluster *self, const ConsumerGroupHeartbeatRequest *request)
{
    GString *text = g_string_new("");
    for (int32_t i = 0; i < request->owned_count; i++) {
        const int32_t partition = request->items[MAX(0, request->topic_count) + i];
        g_string_append_printf(text, " %d", partition);
    }
    fake_say(self,
             KAFKA_CONSUMER_GROUP_HEARTBEAT,
             "%s beats %d%s%s%s",
             request->header.client_id,
             request->member_epoch,
             request->topic_count >= 0 ? " in full" : "",
             request->owned_count < 0    ? ""
             : request->owned_count == 0 ? ", owns nothing"
                                         : ", owns",
             text->str);
    g_string_free(text, TRUE);
}

static inline AssignorTopic fake_topic(void *owner, int32_t topic)
{
    const FakeCluster *self = owner;
    (void)topic;
    return (AssignorTopic){.name = "t", .first_partition = 0, .partitions = self->partitions};
}

static inline int64_t fake_metadata_offset(void *owner)
{
    return ((const FakeCluster *)owner)->partitions;
}

static inline ModernOptions fake_modern_options(void)
{
    static const char *const assignors[] = {"range", NULL};
    return (ModernOptions){.session_timeout_ns = SIM_SEC(45),
                           .heartbeat_interval_ns = SIM_SEC(5),
                           .max_size = 100,
                           .assignors = assignors};
}

#endif
