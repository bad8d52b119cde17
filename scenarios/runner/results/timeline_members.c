/* timeline_members.c - what the members of groups did, in few lines: many who do the same at once
 * make one line, and what a line of the timeline says already is not said again. */
#include "scenarios/runner/results/timeline_lines.h"
#include "scenarios/runner/text.h"
#include <string.h>

/* More changes than this are not for reading line by line. */
#define CHANGES_MAX 1000
/* So many who do the same at once are named one by one. */
#define NAMED_MAX 8

/* Each store that is restored has lines of its own, and of records that are tried again there may
 * be too many. */
static bool is_told_elsewhere(const AssignmentChange *change)
{
    return strcmp(change->state, "restoring") == 0 || strcmp(change->state, "retrying") == 0;
}

/* That a task is restored by now changes no more than the words. */
static bool is_same_tasks(const AssignmentChange *earlier, const AssignmentChange *change)
{
    const bool restored = strcmp(earlier->state, "consuming") == 0 &&
                          strcmp(change->state, "consuming") == 0 &&
                          earlier->generation == change->generation;
    return restored || strcmp(earlier->tasks, change->tasks) == 0;
}

/* A member that joins twice (first without, then with its member id) says so once. */
static bool repeats_earlier(const AssignmentChange *changes, int32_t index)
{
    const AssignmentChange *change = &changes[index];
    if (is_told_elsewhere(change)) {
        return true;
    }
    for (int32_t i = index - 1; i >= 0; i--) {
        const AssignmentChange *earlier = &changes[i];
        if (!is_told_elsewhere(earlier) && strcmp(earlier->member, change->member) == 0 &&
            strcmp(earlier->group, change->group) == 0) {
            return strcmp(earlier->state, change->state) == 0 &&
                   strcmp(earlier->partitions, change->partitions) == 0 &&
                   is_same_tasks(earlier, change) && earlier->generation == change->generation;
        }
    }
    return false;
}

static void append_member(const AssignmentChange *change, GString *text)
{
    text_visible(text, change->member);
    g_string_append_printf(text, " %s", change->state);
    const char *what = change->tasks[0] != '\0' ? change->tasks : change->partitions;
    if (what[0] != '\0') {
        const bool keeps = strcmp(change->state, "rebalancing") == 0; /* cooperative */
        g_string_append(text, keeps ? ", goes on with " : " ");
        text_visible(text, what);
    }
    if (change->generation > 0) {
        g_string_append_printf(text, " (generation %d)", change->generation);
    }
}

/* "C3 crashes" says that it is dead, "C3 starts" that it joins. */
static bool is_said(const GPtrArray *of_members, const AssignmentChange *change)
{
    bool follows = strcmp(change->state, "dead") == 0 || strcmp(change->state, "joining") == 0;
    return follows && timeline_find(of_members, change->at, change->member) != NULL;
}

static bool is_alike(const AssignmentChange *first, const AssignmentChange *change)
{
    return change->generation == first->generation && strcmp(change->state, first->state) == 0 &&
           strcmp(change->group, first->group) == 0;
}

typedef struct Members {
    const AssignmentChange *changes;
    int32_t count;
    bool *told;
} Members;

/* How many did as `first` did, at once; with `tell`, they need no line of their own. */
static int count_alike(Members *self, int32_t first, bool tell)
{
    int count = 0;
    SimTime until = self->changes[first].at + TIMELINE_TOGETHER;
    for (int32_t i = first; i < self->count && self->changes[i].at <= until; i++) {
        if (!self->told[i] && is_alike(&self->changes[first], &self->changes[i])) {
            self->told[i] = tell;
            count++;
        }
    }
    return count;
}

static void append_many(const AssignmentChange *change, int count, GString *text)
{
    text_visible(text, change->group);
    g_string_append_printf(text, ": %d members %s", count, change->state);
    if (change->generation > 0) {
        g_string_append_printf(text, " (generation %d)", change->generation);
    }
}

void timeline_add_members(GPtrArray *lines,
                          const GPtrArray *of_members,
                          const ClusterReport *report)
{
    Members self = {report->assignment_changes,
                    MIN(report->assignment_change_count, CHANGES_MAX),
                    g_new0(bool, CHANGES_MAX)};
    for (int32_t i = 0; i < self.count; i++) {
        self.told[i] = repeats_earlier(self.changes, i) || is_said(of_members, &self.changes[i]);
    }
    for (int32_t i = 0; i < self.count; i++) {
        if (self.told[i]) {
            continue;
        }
        GString *text = g_string_new(NULL);
        int alike = count_alike(&self, i, false);
        if (alike > NAMED_MAX) {
            append_many(&self.changes[i], count_alike(&self, i, true), text);
        } else {
            append_member(&self.changes[i], text);
        }
        (void)timeline_add(lines, self.changes[i].at, 3, text);
    }
    g_free(self.told);
}
