/* modern_regex.c - see modern_regex.h. */
#include "models/group/modern/modern_regex.h"
#include "models/group/modern/modern_leave.h"
#include "models/protocol/topic_pattern.h"
#include <string.h>

/* GroupMetadataManager.REGEX_BATCH_REFRESH_MIN_INTERVAL_MS */
#define REFRESH_INTERVAL_MIN SIM_SEC(10)

static bool is_valid(const char *regex)
{
    TopicPatternProblem problem;
    TopicPattern *pattern = topic_pattern_new(regex, &problem);
    topic_pattern_free(pattern);
    return pattern != NULL;
}

/* ---- When. */
static const SubscribedRegex *any_resolved(const ModernGroup *self)
{
    for (guint i = 0; i < self->regexes->len; i++) {
        const SubscribedRegex *known = &g_array_index(self->regexes, SubscribedRegex, i);
        if (known->topics != NULL) {
            return known;
        }
    }
    return NULL;
}

static int32_t count_resolved(const ModernGroup *self)
{
    int32_t count = 0;
    for (guint i = 0; i < self->regexes->len; i++) {
        count += g_array_index(self->regexes, SubscribedRegex, i).topics != NULL;
    }
    return count;
}

/* Expressions with a subscriber, once `before` has become `after`. */
static int32_t count_subscribed(const ModernGroup *self, const char *before, const char *after)
{
    int32_t count = after != NULL && modern_group_regex(self, after) == NULL;
    for (guint i = 0; i < self->regexes->len; i++) {
        const SubscribedRegex *known = &g_array_index(self->regexes, SubscribedRegex, i);
        const int32_t subscribers = known->subscribers - (g_strcmp0(known->regex, before) == 0) +
                                    (g_strcmp0(known->regex, after) == 0);
        count += subscribers > 0;
    }
    return count;
}

static bool is_outdated(const ModernGroup *self, int32_t subscribed)
{
    const ModernHost *host = self->host;
    const SubscribedRegex *last = any_resolved(self);
    const int64_t newest = MAX(host->newest_topic(host->owner), self->loaded_version);
    return subscribed != count_resolved(self) || (last != NULL && last->version < newest) ||
           (last != NULL &&
            host->now(host->owner) > last->time + self->options->regex_refresh_interval_ns);
}

static bool may_refresh(const ModernGroup *self)
{
    const SubscribedRegex *last = any_resolved(self);
    return !self->is_resolving &&
           (last == NULL || self->host->now(self->host->owner) > last->time + REFRESH_INTERVAL_MIN);
}

RegexChange modern_regex_plan(const ModernGroup *self, const char *before, const char *after)
{
    RegexChange change = {0};
    const SubscribedRegex *old = modern_group_regex(self, before);
    const SubscribedRegex *next = modern_group_regex(self, after);
    const bool is_changed = g_strcmp0(before, after) != 0;
    const bool is_new = is_changed && after != NULL && (next == NULL || next->subscribers == 0);
    if (is_changed && old != NULL && old->subscribers == 1) {
        change.gone = old->regex;
    }
    change.is_invalid = is_new && !is_valid(after);
    change.raises_epoch = is_changed && !is_new && next != NULL && next->topics != NULL;
    const int32_t subscribed = count_subscribed(self, before, after);
    if (subscribed > 0 && may_refresh(self)) {
        change.refreshes = is_new || is_outdated(self, subscribed);
    }
    return change;
}

/* ---- What then. */
static void ask(ModernGroup *self)
{
    for (guint i = 0; i < self->regexes->len; i++) {
        g_array_index(self->regexes, SubscribedRegex, i).is_asked = true;
    }
    self->is_resolving = true;
    self->host->resolve(self->host->owner, self);
}

static void bury(ModernGroup *self, const char *regex)
{
    ModernRecord *record = modern_record_tombstone(self->type, MODERN_RECORD_REGEX, NULL);
    record->regex = regex;
    modern_group_write(self, record);
}

void modern_regex_carry_out(ModernGroup *self, const RegexChange *change)
{
    if (change->gone != NULL) {
        bury(self, change->gone);
    }
    if (change->refreshes) {
        ask(self);
    }
}

void modern_regex_forget(ModernGroup *self, const char *regex)
{
    const SubscribedRegex *known = modern_group_regex(self, regex);
    if (known != NULL && known->subscribers == 0) {
        bury(self, known->regex);
    }
}

static PartitionSet *match(const ModernGroup *self, const char *regex)
{
    const ModernHost *host = self->host;
    TopicPatternProblem problem;
    TopicPattern *pattern = topic_pattern_new(regex, &problem);
    g_autoptr(GArray) topics = g_array_new(FALSE, FALSE, sizeof(int32_t));
    for (int32_t t = 0; pattern != NULL && t < host->topic_count(host->owner); t++) {
        const AssignorTopic topic = host->topic(host->owner, t);
        if (topic.partitions > 0 && topic_pattern_matches(pattern, topic.name)) {
            g_array_append_val(topics, t);
        }
    }
    topic_pattern_free(pattern);
    return partition_set_new((const int32_t *)(const void *)topics->data, (int32_t)topics->len);
}

static void say(const ModernGroup *self, const char *regex, const PartitionSet *topics)
{
    const ModernHost *host = self->host;
    g_autoptr(GString) text = g_string_new(self->id);
    g_string_append_printf(text, ": %s =", regex);
    for (int32_t i = 0; i < topics->count; i++) {
        g_string_append_printf(text, " %s", host->topic(host->owner, topics->items[i]).name);
    }
    host->say(
        host->owner, "regular expression", topics->count == 0 ? "no topic matches" : text->str);
}

/* True when it stands for other topics than before. */
static bool resolve(ModernGroup *self, const char *regex)
{
    const ModernHost *host = self->host;
    const SubscribedRegex *known = modern_group_regex(self, regex);
    g_autoptr(PartitionSet) topics = match(self, regex);
    const bool is_other =
        known->topics == NULL ? topics->count > 0 : !partition_set_equal(known->topics, topics);
    if (is_other && host->say != NULL) {
        say(self, regex, topics);
    }
    modern_group_write(
        self,
        modern_record_regex(regex, topics, host->version(host->owner) - 1, host->now(host->owner)));
    return is_other;
}

void modern_group_resolve(ModernGroup *self)
{
    bool is_other = false;
    self->is_resolving = false;
    for (guint i = 0; i < self->regexes->len; i++) {
        SubscribedRegex *known = &g_array_index(self->regexes, SubscribedRegex, i);
        if (known->is_asked && known->subscribers > 0) {
            known->is_asked = false;
            is_other |= resolve(self, known->regex);
        }
    }
    if (is_other || modern_group_hash_topics(self) != self->metadata_hash) {
        self->metadata_refresh = false;
        modern_group_raise_epoch(self);
    }
}
