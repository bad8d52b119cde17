/* assign.c - kafkasim assign: who gets which partition, by the assignors that the runs use.
 *
 * Members are named as their member.id, so that "c10" comes before "c2". With --owned it also says
 * what stayed, what moved and, of cooperative-sticky, what is withheld until it is revoked and who
 * gets it in the next round. */
#include "scenarios/runner/assign/assign_case.h"
#include "scenarios/runner/commands/commands.h"
#include "scenarios/runner/json_writer.h"
#include <string.h>

#define WITHHELD (-2) /* another member shall have it once its owner has let go of it */

typedef struct AssignOutcome {
    const AssignCase *group;
    AssignorResult *result;
    int32_t *owner; /* of each partition; WITHHELD; ASSIGNOR_NOBODY: nobody subscribes */
    int32_t stayed;
    int32_t moved;
    int32_t fresh;    /* had no owner, has one */
    int32_t withheld; /* had an owner, has none in this round, will have one in the next */
    int32_t nobody;   /* nobody subscribes */
} AssignOutcome;

/* Only a cooperative assignor leaves out what somebody subscribes to. */
static void mark_what_is_left_out(AssignOutcome *self)
{
    const AssignCase *group = self->group;
    AssignorSubscribers subscribers;
    assignor_subscribers_init(&subscribers, &group->input, NULL);
    for (int32_t t = 0; t < group->input.topic_count; t++) {
        const AssignorTopic *topic = &group->input.topics[t];
        const bool has_subscriber = assignor_subscriber_count(&subscribers, t) > 0;
        const int32_t owner =
            group->assignor->cooperative && has_subscriber ? WITHHELD : ASSIGNOR_NOBODY;
        for (int32_t p = 0; p < topic->partitions; p++) {
            self->owner[topic->first_partition + p] = owner;
        }
    }
    assignor_subscribers_clear(&subscribers);
}

static void count_moves(AssignOutcome *self)
{
    const AssignCase *group = self->group;
    self->owner = g_new(int32_t, (gsize)group->partitions + 1);
    mark_what_is_left_out(self);
    for (int32_t m = 0; m < self->result->member_count; m++) {
        const GArray *given = self->result->partitions[m];
        for (guint i = 0; i < given->len; i++) {
            self->owner[g_array_index(given, int32_t, i)] = m;
        }
    }
    for (int32_t p = 0; p < group->partitions; p++) {
        const int32_t before = assign_case_owner(group, p);
        if (self->owner[p] == WITHHELD) {
            self->withheld++;
        } else if (self->owner[p] == ASSIGNOR_NOBODY) {
            self->nobody++;
        } else if (before == ASSIGNOR_NOBODY) {
            self->fresh++;
        } else if (before == self->owner[p]) {
            self->stayed++;
        } else {
            self->moved++;
        }
    }
}

/* "t0: 0 1 2   t1: 4" */
static void append_partitions(const AssignCase *group, const GArray *given, GString *out)
{
    int32_t last = ASSIGNOR_NOBODY;
    for (guint i = 0; i < given->len; i++) {
        const int32_t p = g_array_index(given, int32_t, i);
        const int32_t t = assignor_topic_of(&group->input, p);
        const AssignorTopic *topic = &group->input.topics[t];
        if (t != last) {
            g_string_append_printf(out, "%s%s:", last == ASSIGNOR_NOBODY ? "" : "   ", topic->name);
            last = t;
        }
        g_string_append_printf(out, " %d", p - topic->first_partition);
    }
}

static int widest(const AssignCase *group)
{
    size_t most = strlen("MEMBER");
    for (int32_t m = 0; m < group->input.member_count; m++) {
        most = MAX(most, strlen(group->input.members[m].member_id));
    }
    return (int)MIN(most, 60);
}

/* Spaces after the last word help nobody. */
static void trim(GString *out)
{
    while (out->len > 0 && out->str[out->len - 1] == ' ') {
        g_string_truncate(out, out->len - 1);
    }
}

/* Until its owner has let go of it. */
static void append_withheld(const AssignOutcome *self, GString *out)
{
    const char *before = "withheld until revoked: ";
    for (int32_t p = 0; p < self->group->partitions; p++) {
        const int32_t owner = assign_case_owner(self->group, p);
        if (self->owner[p] == WITHHELD && owner != ASSIGNOR_NOBODY) {
            g_autofree char *name = assign_case_name(self->group, p);
            const AssignorMember *member = &self->group->input.members[owner];
            g_string_append_printf(out, "%s%s (from %s)", before, name, member->member_id);
            before = ", ";
        }
    }
    g_string_append(out, self->withheld > 0 ? "\n" : "");
}

static void append_members(const AssignOutcome *self, GString *out)
{
    const AssignCase *group = self->group;
    const int width = widest(group);
    g_string_append_printf(out, "%-*s  COUNT  PARTITIONS\n", width, "MEMBER");
    for (int32_t m = 0; m < group->input.member_count; m++) {
        const GArray *given = self->result->partitions[m];
        g_string_append_printf(
            out, "%-*s  %5u  ", width, group->input.members[m].member_id, given->len);
        append_partitions(group, given, out);
        trim(out);
        g_string_append_c(out, '\n');
    }
}

static void append_sums(const AssignOutcome *self, GString *out)
{
    const AssignCase *group = self->group;
    if (self->nobody > 0) {
        g_string_append_printf(
            out, "%d of %d: nobody subscribes\n", self->nobody, group->partitions);
    }
    if (group->is_owned_named) {
        g_string_append_printf(out,
                               "of %d partitions %d stayed, %d moved, %d had no owner\n",
                               group->partitions,
                               self->stayed,
                               self->moved + self->withheld,
                               self->fresh);
    }
}

static void append_member_json(const AssignOutcome *self, int32_t m, JsonWriter *json)
{
    const AssignorMember *member = &self->group->input.members[m];
    json_begin_object(json, NULL);
    json_string(json, "member", member->member_id);
    json_string(json, "group_instance_id", member->group_instance_id);
    json_begin_array(json, "partitions");
    for (guint i = 0; i < self->result->partitions[m]->len; i++) {
        g_autofree char *name =
            assign_case_name(self->group, g_array_index(self->result->partitions[m], int32_t, i));
        json_string(json, NULL, name);
    }
    json_end_array(json);
    json_end_object(json);
}

static void append_members_json(const AssignOutcome *self, const char *key, JsonWriter *json)
{
    json_begin_array(json, key);
    for (int32_t m = 0; m < self->group->input.member_count; m++) {
        append_member_json(self, m, json);
    }
    json_end_array(json);
}

static void append_sums_json(const AssignOutcome *self, JsonWriter *json)
{
    json_integer(json, "stayed", self->stayed);
    json_integer(json, "moved", self->moved);
    json_integer(json, "withheld", self->withheld);
    json_integer(json, "without_owner_before", self->fresh);
}

/* Which partitions nobody gets, as nobody subscribes to their topics. */
static void append_nobodys_json(const AssignOutcome *self, JsonWriter *json)
{
    json_begin_array(json, "nobody_subscribes");
    for (int32_t p = 0; p < self->group->partitions; p++) {
        if (self->owner[p] == ASSIGNOR_NOBODY) {
            g_autofree char *name = assign_case_name(self->group, p);
            json_string(json, NULL, name);
        }
    }
    json_end_array(json);
}

static AssignOutcome assign(const AssignCase *group)
{
    AssignOutcome outcome = {.group = group,
                             .result = assignor_run(group->assignor, &group->input)};
    count_moves(&outcome);
    return outcome;
}

static void clear(AssignOutcome *self)
{
    assignor_result_free(self->result);
    g_free(self->owner);
}

/* What was withheld belongs to nobody once it is revoked: the members join again, and one gets it.
 */
static void append_json(AssignCase *group, GString *out)
{
    AssignOutcome first = assign(group);
    JsonWriter json;
    json_writer_init(&json, out);
    json_begin_object(&json, NULL);
    json_string(&json, "assignor", group->assignor->name);
    append_members_json(&first, "members", &json);
    append_sums_json(&first, &json);
    append_nobodys_json(&first, &json);
    if (first.withheld > 0) {
        assign_case_next_round(group, first.result);
        AssignOutcome second = assign(group);
        append_members_json(&second, "members_after_the_next_rebalance", &json);
        clear(&second);
    }
    json_end_object(&json);
    clear(&first);
}

static void append_text(AssignCase *group, GString *out)
{
    AssignOutcome first = assign(group);
    append_members(&first, out);
    append_withheld(&first, out);
    if (first.withheld > 0) {
        g_string_append_printf(out,
                               "\n%s again at once; after this second rebalance:\n",
                               first.withheld > 1 ? "Their owners let go and join"
                                                  : "Its owner lets go and joins");
        assign_case_next_round(group, first.result);
        AssignOutcome second = assign(group);
        append_members(&second, out);
        append_withheld(&second, out);
        clear(&second);
    }
    append_sums(&first, out);
    clear(&first);
}

ExitStatus command_assign(Options *options)
{
    AssignCase group;
    ExitStatus status = EXIT_STATUS_USAGE;
    if (assign_case_read(&group, options)) {
        g_autoptr(GString) out = g_string_new(NULL);
        if (options->json) {
            append_json(&group, out);
        } else {
            append_text(&group, out);
        }
        status = command_print(out->str);
    }
    assign_case_clear(&group);
    return status;
}
