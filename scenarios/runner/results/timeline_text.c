/* timeline_text.c - what happened, in a few lines: faults, fencings, leaders, ISRs, members.
 *
 * Three ordered sources are merged: the scenario's timeline, the leader changes that the
 * controller made (those of one instant and reason as one line), the members' changes. */
#include "scenarios/runner/results/results.h"
#include "scenarios/runner/results/told_events.h"
#include "scenarios/runner/text.h"
#include <string.h>

#define LINES_SHOWN  60
#define LINES_AT_END 30

typedef struct Line {
    SimTime at;
    int order; /* among lines of one instant: faults, leaders, members */
    guint index;
    char *text;
} Line;

static void free_line(void *data)
{
    Line *line = data;
    g_free(line->text);
    g_free(line);
}

static void add_line(GPtrArray *lines, SimTime at, int order, GString *text)
{
    Line *line = g_new0(Line, 1);
    *line = (Line){at, order, lines->len, g_string_free(text, FALSE)};
    g_ptr_array_add(lines, line);
}

static gint compare_lines(gconstpointer a, gconstpointer b)
{
    const Line *left = *(const Line *const *)a;
    const Line *right = *(const Line *const *)b;
    if (left->at != right->at) {
        return left->at < right->at ? -1 : 1;
    }
    if (left->order != right->order) {
        return left->order - right->order;
    }
    return left->index < right->index ? -1 : 1;
}

static void add_faults(GPtrArray *lines, const Run *run)
{
    const ClusterSpec *spec = run->scenario->spec;
    for (guint i = 0; i < spec->faults->len; i++) {
        const FaultSpec *fault = spec->faults->pdata[i];
        if (fault->at > cluster_now(run->cluster)) {
            continue;
        }
        g_autofree char *label = results_fault_label(spec, fault);
        GString *text = g_string_new(NULL);
        text_visible(text, label);
        if (!fault_verb_is_simulated(fault->verb)) {
            g_string_append(text, " (not simulated)");
        }
        if (fault->text != NULL && fault->verb != FAULT_NOTE) {
            g_string_append(text, ": ");
            text_visible(text, fault->text);
        }
        add_line(lines, fault->at, 0, text);
    }
}

static void add_told_events(GPtrArray *lines, const Run *run)
{
    const EventLog *log = cluster_event_log(run->cluster);
    for (uint32_t id = 1; id <= event_log_count(log); id++) {
        LoggedEvent event;
        GString *text = g_string_new(NULL);
        if (event_log_get(log, id, &event) && told_event_append(&event, text)) {
            add_line(lines, event.time, 1, text);
        } else {
            g_string_free(text, TRUE);
        }
    }
}

/* How the leader of one partition changed against the row before of the same partition. */
typedef struct Tally {
    int moved;
    int lost;
    int shrunk;
    int grown;
    int created;
} Tally;

typedef struct Known {
    int leader;
    size_t isr_size;
} Known;

static size_t isr_size(const char *isr)
{
    size_t size = isr[0] != '\0' ? 1 : 0;
    for (const char *at = isr; *at != '\0'; at++) {
        size += *at == ',' ? 1 : 0;
    }
    return size;
}

/* Internal topics are left out: leaders.csv has them. */
static void count_change(Tally *tally, GHashTable *known, const LeaderChange *change)
{
    if (g_str_has_prefix(change->topic, "__")) {
        return;
    }
    char *key = g_strdup_printf("%s-%d", change->topic, change->partition);
    const Known *before = g_hash_table_lookup(known, key);
    Known *now = g_new0(Known, 1);
    *now = (Known){change->leader, isr_size(change->isr)};
    if (before == NULL) {
        tally->created++;
    } else if (before->leader != now->leader) {
        tally->moved += now->leader >= 0 ? 1 : 0;
        tally->lost += now->leader < 0 ? 1 : 0;
    } else {
        tally->shrunk += now->isr_size < before->isr_size ? 1 : 0;
        tally->grown += now->isr_size > before->isr_size ? 1 : 0;
    }
    g_hash_table_replace(known, key, now);
}

static void append_count(GString *text, int count, const char *one, const char *many)
{
    if (count > 0) {
        g_string_append(text, text->len > 0 ? ", " : "");
        text_counted(text, count, one, many);
    }
}

static void add_tally(GPtrArray *lines, SimTime at, const Tally *tally, const char *why)
{
    GString *text = g_string_new(NULL);
    append_count(text, tally->created, "partition created", "partitions created");
    append_count(text, tally->moved, "partition with a new leader", "partitions with a new leader");
    append_count(text,
                 tally->lost,
                 "partition without a living leader",
                 "partitions without a living leader");
    append_count(text, tally->shrunk, "ISR shrunk", "ISRs shrunk");
    append_count(text, tally->grown, "ISR grown", "ISRs grown");
    if (text->len == 0) {
        g_string_free(text, TRUE);
        return;
    }
    if (why[0] != '\0' && strcmp(why, "created") != 0 && strcmp(why, "leader is down") != 0) {
        g_string_append(text, " (");
        told_reason_append(why, text);
        g_string_append_c(text, ')');
    }
    add_line(lines, at, 2, text);
}

/* Changes for one reason within this time of the first make one line. */
#define TOGETHER SIM_MS(100)

static void add_leaders(GPtrArray *lines, const ClusterReport *report)
{
    g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    int32_t i = 0;
    while (i < report->leader_change_count) {
        const LeaderChange *first = &report->leader_changes[i];
        Tally tally = {0};
        for (; i < report->leader_change_count; i++) {
            const LeaderChange *change = &report->leader_changes[i];
            if (change->at - first->at > TOGETHER || strcmp(change->why, first->why) != 0) {
                break;
            }
            count_change(&tally, known, change);
        }
        add_tally(lines, first->at, &tally, first->why);
    }
}

/* A member that joins twice (first without, then with its member id) says so once. */
static bool repeats_earlier(const AssignmentChange *changes, int32_t index)
{
    const AssignmentChange *change = &changes[index];
    for (int32_t i = index - 1; i >= 0; i--) {
        const AssignmentChange *earlier = &changes[i];
        if (strcmp(earlier->member, change->member) == 0 &&
            strcmp(earlier->group, change->group) == 0) {
            return strcmp(earlier->state, change->state) == 0 &&
                   strcmp(earlier->partitions, change->partitions) == 0 &&
                   earlier->generation == change->generation;
        }
    }
    return false;
}

static void append_member(const AssignmentChange *change, GString *text)
{
    text_visible(text, change->member);
    g_string_append_printf(text, " %s", change->state);
    if (change->partitions[0] != '\0') {
        g_string_append_c(text, ' ');
        text_visible(text, change->partitions);
    }
    if (change->generation > 0) {
        g_string_append_printf(text, " (generation %d)", change->generation);
    }
}

/* More changes than this are not for reading line by line. */
#define MEMBER_CHANGES_MAX 1000

static void add_members(GPtrArray *lines, const ClusterReport *report)
{
    for (int32_t i = 0; i < MIN(report->assignment_change_count, MEMBER_CHANGES_MAX); i++) {
        if (!repeats_earlier(report->assignment_changes, i)) {
            GString *text = g_string_new(NULL);
            append_member(&report->assignment_changes[i], text);
            add_line(lines, report->assignment_changes[i].at, 3, text);
        }
    }
}

static void append_line(GString *out, const Line *line)
{
    g_autoptr(GString) time = g_string_new(NULL);
    text_fixed(time, line->at / SIM_MS(1), 3);
    g_string_append_printf(out, "  %10s s  %s\n", time->str, line->text);
}

void results_timeline_text(const Run *run, bool all, GString *out)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(free_line);
    add_faults(lines, run);
    add_told_events(lines, run);
    add_leaders(lines, run->report);
    add_members(lines, run->report);
    g_ptr_array_sort(lines, compare_lines);
    if (lines->len == 0) {
        return;
    }
    guint hidden = all || lines->len <= LINES_SHOWN ? 0 : lines->len - LINES_SHOWN;
    g_string_append(out, "\nWHAT HAPPENED\n");
    for (guint i = 0; i < lines->len; i++) {
        if (hidden > 0 && i == LINES_SHOWN - LINES_AT_END) {
            g_string_append_printf(
                out, "  ... %u more: --verbose shows all, events.jsonl has causes\n", hidden);
            i += hidden; /* the end of a story is not what may be left out */
        }
        append_line(out, lines->pdata[i]);
    }
}

void results_lesson_text(const Run *run, GString *out)
{
    const Lesson *lesson = run->scenario->lesson;
    if (lesson == NULL) {
        return;
    }
    g_string_append(out, "\nLESSON: ");
    text_visible(out, lesson->title);
    g_string_append_c(out, '\n');
    if (lesson->text != NULL) {
        g_string_append(out, "  ");
        text_visible(out, lesson->text);
        g_string_append_c(out, '\n');
    }
    for (guint i = 0; i < lesson->questions->len; i++) {
        const Question *question = lesson->questions->pdata[i];
        g_string_append(out, "  Q: ");
        text_visible(out, question->question);
        g_string_append(out, "\n  A: ");
        text_visible(out, question->choices->pdata[question->answer]);
        g_string_append(out, question->because != NULL ? ". " : "\n");
        if (question->because != NULL) {
            text_visible(out, question->because);
            g_string_append_c(out, '\n');
        }
    }
}
