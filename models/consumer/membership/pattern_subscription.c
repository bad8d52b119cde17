/* pattern_subscription.c - which topics a consumer subscribes to, when it does so by a pattern.
 *
 * subscribe(java.util.regex.Pattern): the client asks for all topics of the cluster, and those that
 * match and exist are its subscription. A topic that comes is seen at the next refresh of metadata
 * (metadata.max.age.ms); a classic member then joins again, a member of the consumer protocol says
 * the names with its next heartbeat. Before it joins, a classic member asks for metadata once more
 * if no back-off forbids it, so that one new topic makes few rebalances.
 *
 * subscribe(SubscriptionPattern), consumer protocol only: the coordinator matches, the client knows
 * nothing but the topics that it is assigned partitions of.
 *
 * Which topics match is known from the scenario (GroupSpec.topics); here it is only a matter of
 * when they are seen. Mirrors: ConsumerCoordinator.updatePatternSubscription, poll;
 * ConsumerMetadata; ApplicationEventProcessor.updatePatternSubscription. Left out: while a join is
 * under way Kafka asks for metadata with every poll(), here it does so once. */
#include "models/consumer/consumer_state.h"
#include <string.h>

bool pattern_is_clients(const Consumer *self)
{
    const GroupSpec *spec = self->context.spec;
    return spec->pattern != NULL && (!self->modern.is_on || spec->is_pattern_clients);
}

bool pattern_is_coordinators(const Consumer *self)
{
    return self->context.spec->pattern != NULL && !pattern_is_clients(self);
}

void pattern_subscribe(Consumer *self)
{
    const int32_t count = self->context.topic_count;
    g_array_set_size(self->subscribed, 0);
    if (pattern_is_clients(self)) {
        client_metadata_follow(self->metadata, self->context.topic_indices, count);
    } else if (!pattern_is_coordinators(self) && count > 0) {
        g_array_append_vals(self->subscribed, self->context.topic_indices, (guint)count);
        for (int32_t t = 0; t < count; t++) {
            client_metadata_add_topic(self->metadata, self->context.topic_indices[t]);
        }
    }
}

static void log_subscribed(Consumer *self)
{
    g_autoptr(GString) text = g_string_new("");
    for (guint i = 0; i < self->subscribed->len; i++) {
        const int32_t topic = g_array_index(self->subscribed, int32_t, i);
        g_string_append_printf(text, " %s", metadata_topic(self->context.topics, topic)->name);
    }
    actor_log(&self->actor,
              "subscribed",
              "%s:%s",
              self->context.spec->pattern,
              text->len == 0 ? " no topic matches" : text->str);
}

void pattern_update(Consumer *self)
{
    const uint32_t version = client_metadata_version(self->metadata);
    if (!pattern_is_clients(self) || version == self->pattern_version) {
        return;
    }
    self->pattern_version = version;
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(int32_t));
    for (int32_t t = 0; t < self->context.topic_count; t++) {
        if (client_metadata_has_topic(self->metadata, self->context.topic_indices[t])) {
            g_array_append_val(found, self->context.topic_indices[t]);
        }
    }
    if (!consumer_same_numbers(found, self->subscribed)) {
        g_array_set_size(self->subscribed, 0);
        g_array_append_vals(self->subscribed, found->data, found->len);
        log_subscribed(self);
    }
}

bool pattern_is_fresh(Consumer *self)
{
    if (!pattern_is_clients(self)) {
        return true;
    }
    const uint32_t version = client_metadata_version(self->metadata);
    if (!self->is_pattern_asked) {
        self->is_pattern_asked = true;
        if (version == 0 || client_metadata_may_ask(self->metadata)) {
            client_metadata_request_update(self->metadata);
            self->pattern_awaited = version + 1;
        }
    }
    return version >= self->pattern_awaited;
}
