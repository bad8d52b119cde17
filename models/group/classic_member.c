/* classic_member.c - see classic_member.h. */
#include "models/group/classic_member.h"
#include <string.h>

void group_timer_init(GroupTimer *self,
                      uint16_t actor_kind,
                      GroupTimerKind kind,
                      struct ClassicGroup *group,
                      void *subject)
{
    timer_init(&self->timer, actor_kind, self);
    self->kind = kind;
    self->group = group;
    self->subject = subject;
}

static GArray *new_items(void)
{
    return g_array_new(FALSE, FALSE, sizeof(int32_t));
}

static void copy_items(GArray *to, const GArray *from)
{
    g_array_set_size(to, 0);
    if (from->len > 0) {
        g_array_append_vals(to, from->data, from->len);
    }
}

static guint item_count(const JoinGroupRequest *request)
{
    return (guint)request->topic_count + (guint)request->owned_count;
}

void classic_member_update(ClassicMember *self, const JoinGroupRequest *request)
{
    self->session_timeout_ns = request->session_timeout_ns;
    self->rebalance_timeout_ns = request->rebalance_timeout_ns;
    self->protocols = request->protocols;
    self->topic_count = request->topic_count;
    self->generation = request->generation;
    self->subscription_generation = request->subscription_generation;
    self->rack = request->rack;
    g_array_set_size(self->items, 0);
    g_array_append_vals(self->items, request->items, item_count(request));
}

static ClassicMember *member_alloc(const char *id)
{
    ClassicMember *self = g_new0(ClassicMember, 1);
    g_strlcpy(self->id, id, sizeof self->id);
    self->items = new_items();
    self->assignment = new_items();
    self->incoming = new_items();
    return self;
}

ClassicMember *classic_member_new(const char *id, const JoinGroupRequest *request)
{
    ClassicMember *self = member_alloc(id);
    self->instance_id = request->group_instance_id;
    classic_member_update(self, request);
    return self;
}

ClassicMember *classic_member_copy(const ClassicMember *self)
{
    ClassicMember *copy = member_alloc(self->id);
    copy->instance_id = self->instance_id;
    copy->session_timeout_ns = self->session_timeout_ns;
    copy->rebalance_timeout_ns = self->rebalance_timeout_ns;
    copy->protocols = self->protocols;
    copy->topic_count = self->topic_count;
    copy->generation = self->generation;
    copy->subscription_generation = self->subscription_generation;
    copy->rack = self->rack;
    copy_items(copy->items, self->items);
    copy_items(copy->assignment, self->assignment);
    return copy;
}

void classic_member_free(ClassicMember *self)
{
    if (self == NULL) {
        return;
    }
    g_array_free(self->items, TRUE);
    g_array_free(self->assignment, TRUE);
    g_array_free(self->incoming, TRUE);
    g_free(self);
}

static bool same_protocols(const char *const *a, const char *const *b)
{
    for (; *a != NULL && *b != NULL; a++, b++) {
        if (strcmp(*a, *b) != 0) {
            return false;
        }
    }
    return *a == *b;
}

bool classic_member_matches(const ClassicMember *self, const JoinGroupRequest *request)
{
    return same_protocols(self->protocols, request->protocols) &&
           self->generation == request->generation &&
           self->subscription_generation == request->subscription_generation &&
           g_strcmp0(self->rack, request->rack) == 0 && self->topic_count == request->topic_count &&
           self->items->len == item_count(request) &&
           (self->items->len == 0 ||
            memcmp(self->items->data, request->items, self->items->len * sizeof(int32_t)) == 0);
}

bool classic_member_supports(const ClassicMember *self, const char *protocol)
{
    for (const char *const *p = self->protocols; *p != NULL; p++) {
        if (strcmp(*p, protocol) == 0) {
            return true;
        }
    }
    return false;
}

bool classic_member_has_satisfied_heartbeat(const ClassicMember *self)
{
    return !self->is_new && (self->awaiting_join != NULL || self->awaiting_sync != NULL);
}
