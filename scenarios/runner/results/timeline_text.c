/* timeline_text.c - what happened, in a few lines: faults, fencings, leaders, ISRs, members.
 *
 * Three ordered sources are merged: the scenario's timeline, the leader changes that the
 * controller made (those of one instant and reason as one line), the members' changes. */
#include "scenarios/runner/results/results.h"
#include "scenarios/runner/results/timeline_lines.h"
#include "scenarios/runner/results/told_events.h"
#include "scenarios/runner/text.h"
#include <string.h>

#define LINES_SHOWN  60
#define LINES_AT_END 30
/* Its questions are about moments, which are not to be hidden. */
#define LINES_OF_LESSON 150
/* For so few it is not worth to hide them. */
#define LINES_SPARED 10

static void free_line(void *data)
{
    TimelineLine *line = data;
    g_free(line->text);
    g_free(line->said);
    g_free(line);
}

TimelineLine *timeline_add(GPtrArray *lines, SimTime at, int order, GString *text)
{
    TimelineLine *line = g_new0(TimelineLine, 1);
    *line = (TimelineLine){
        .at = at, .order = order, .index = lines->len, .text = g_string_free(text, FALSE)};
    g_ptr_array_add(lines, line);
    return line;
}

TimelineLine *timeline_find(const GPtrArray *lines, SimTime at, const char *member)
{
    for (guint i = 0; i < lines->len; i++) {
        TimelineLine *line = lines->pdata[i];
        if (line->at == at && line->member != NULL && strcmp(line->member, member) == 0) {
            return line;
        }
    }
    return NULL;
}

static gint compare_lines(gconstpointer a, gconstpointer b)
{
    const TimelineLine *left = *(const TimelineLine *const *)a;
    const TimelineLine *right = *(const TimelineLine *const *)b;
    if (left->at != right->at) {
        return left->at < right->at ? -1 : 1;
    }
    if (left->order != right->order) {
        return left->order - right->order;
    }
    return left->index < right->index ? -1 : 1;
}

static void add_faults(GPtrArray *lines, GPtrArray *of_members, const Run *run)
{
    const ClusterSpec *spec = run->scenario->spec;
    for (guint i = 0; i < spec->faults->len; i++) {
        const FaultSpec *fault = spec->faults->pdata[i];
        bool ends_nothing = fault->undoes != NULL && results_fault_hits_nobody(run, fault);
        if (fault->at > cluster_now(run->cluster) || ends_nothing) {
            continue;
        }
        g_autofree char *label = results_hit_label(run, fault);
        GString *text = g_string_new(NULL);
        text_visible(text, label);
        if (!fault_verb_is_simulated(fault->verb)) {
            g_string_append(text, " (not simulated)");
        }
        TimelineLine *line = timeline_add(lines, fault->at, 0, text);
        if (fault->text != NULL && fault->verb != FAULT_NOTE) {
            line->said = g_strdup(fault->text);
        }
        if (fault->target == TARGET_MEMBER) {
            const GroupSpec *group = spec->groups->pdata[fault->index];
            const MemberSpec *member = group->members->pdata[fault->member];
            line->member = member->name;
            g_ptr_array_add(of_members, line);
        }
    }
}

/* What a member held when it was killed belongs to the line that tells of the kill. */
static bool add_to_crash(const GPtrArray *of_members, const LoggedEvent *event)
{
    if (strcmp(event->what, "unprocessed") != 0) {
        return false;
    }
    TimelineLine *line = timeline_find(of_members, event->time, event->actor);
    if (line == NULL) {
        return false;
    }
    char *longer = g_strdup_printf("%s with %s", line->text, event->detail);
    g_free(line->text);
    line->text = longer;
    return true;
}

/* Takes `who`; what it was told is kept. */
static bool is_told_again(GHashTable *told, char *who, const char *what)
{
    const char *before = g_hash_table_lookup(told, who);
    const bool again = before != NULL && strcmp(before, what) == 0;
    (void)g_hash_table_insert(told, who, g_strdup(what));
    return again;
}

/* Clients ask anew for a topic that brokers may not create, and a producer that cannot send one
 * record seldom can send the next: only the first answer of a kind, until another one comes. */
static bool is_refused_again(const LoggedEvent *event, GHashTable *refused)
{
    if (strcmp(event->what, "record refused") == 0) {
        return is_told_again(refused, g_strdup(event->actor), event->detail);
    }
    if (strcmp(event->what, "admin") != 0 || !g_str_has_prefix(event->detail, "auto-create ")) {
        return false;
    }
    const char *answer = strrchr(event->detail, ':');
    gsize length = answer != NULL ? (gsize)(answer - event->detail) : strlen(event->detail);
    const bool again = is_told_again(refused, g_strndup(event->detail, length), event->detail);
    return again && !g_str_has_suffix(event->detail, ": NONE");
}

/* A rolling restart starts a process by itself: no entry of the timeline says so. */
static bool tell_roll_start(const Run *run, const LoggedEvent *event, GString *out)
{
    const char *prefix = "broker-";
    if (strcmp(event->what, "process start") != 0 || !g_str_has_prefix(event->actor, prefix)) {
        return false;
    }
    const gint64 broker = g_ascii_strtoll(event->actor + strlen(prefix), NULL, 10);
    for (int32_t i = 0; i < run->report->restart_count; i++) {
        const RestartWindow *window = &run->report->restarts[i];
        if (window->broker == broker && window->from < event->time &&
            (window->to < 0 || event->time <= window->to)) {
            g_string_append_printf(out, "broker %d starts", window->broker);
            return true;
        }
    }
    return false;
}

static void add_told_events(GPtrArray *lines, const GPtrArray *of_members, const Run *run)
{
    const EventLog *log = cluster_event_log(run->cluster);
    g_autoptr(GHashTable) refused = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (uint32_t id = 1; id <= event_log_count(log); id++) {
        LoggedEvent event;
        if (!event_log_get(log, id, &event) || add_to_crash(of_members, &event) ||
            is_refused_again(&event, refused)) {
            continue;
        }
        GString *text = g_string_new(NULL);
        if (tell_roll_start(run, &event, text) || told_event_append(&event, text)) {
            (void)timeline_add(lines, event.time, 1, text);
        } else {
            g_string_free(text, TRUE);
        }
    }
}

/* How the leaders of partitions changed, each against the row before of the same partition; the
 * last change of each kind, which is told by name where it is the only one. */
typedef struct Change {
    int count;
    const LeaderChange *last;
} Change;

typedef struct Tally {
    Change moved;
    Change lost;
    Change frozen;
    Change dead; /* who is elected is: nobody knows it yet */
    Change shrunk;
    Change grown;
    int created;
    Change deleted;
} Tally;

typedef struct Known {
    int leader;
    size_t isr_size;
    bool is_deleted;
} Known;

static size_t isr_size(const char *isr)
{
    size_t size = isr[0] != '\0' ? 1 : 0;
    for (const char *at = isr; *at != '\0'; at++) {
        size += *at == ',' ? 1 : 0;
    }
    return size;
}

static void count_if(bool counts, Change *change, const LeaderChange *row)
{
    if (counts) {
        *change = (Change){change->count + 1, row};
    }
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
    *now = (Known){
        change->leader, isr_size(change->isr), strcmp(change->why, LEADERS_TOPIC_DELETED) == 0};
    const bool dead = now->leader < 0 && change->elected;
    count_if(dead, &tally->dead, change);
    if (now->is_deleted) {
        count_if(true, &tally->deleted, change);
    } else if (before == NULL || before->is_deleted) {
        tally->created++;
    } else if (before->leader != now->leader) {
        count_if(now->leader >= 0, &tally->moved, change);
        const bool lost = now->leader < 0 && !dead;
        const bool frozen = lost && strcmp(change->why, LEADERS_FROZEN) == 0;
        count_if(frozen, &tally->frozen, change);
        count_if(lost && !frozen, &tally->lost, change);
    }
    if (before != NULL && !before->is_deleted && !now->is_deleted) {
        count_if(now->isr_size < before->isr_size, &tally->shrunk, change);
        count_if(now->isr_size > before->isr_size, &tally->grown, change);
    }
    g_hash_table_replace(known, key, now);
}

static void append_comma(GString *text)
{
    g_string_append(text, text->len > 0 ? ", " : "");
}

static void append_count(GString *text, int count, const char *one, const char *many)
{
    if (count > 0) {
        append_comma(text);
        text_counted(text, count, one, many);
    }
}

/* True: the caller tells of the only one by name. Else they are counted here, if there are any. */
static bool append_unless_one(GString *text, const Change *change, const char *many)
{
    if (change->count != 1) {
        append_count(text, change->count, "", many);
        return false;
    }
    append_comma(text);
    return true;
}

static void append_partition(GString *text, const LeaderChange *change)
{
    text_partition(text, change->topic, change->partition);
}

/* "broker 3 leads orders-0", or how many have a new leader. */
static void append_moved(GString *text, const Change *moved)
{
    if (append_unless_one(text, moved, "partitions with a new leader")) {
        g_string_append_printf(text, "broker %d leads ", moved->last->leader);
        append_partition(text, moved->last);
    }
}

/* "orders-0 without a living leader" */
static void append_lost(GString *text, const Change *lost)
{
    if (append_unless_one(text, lost, "partitions without a living leader")) {
        append_partition(text, lost->last);
        g_string_append(text, " without a living leader");
    }
}

/* "the leader of orders-0 is frozen" */
static void append_frozen(GString *text, const Change *frozen)
{
    if (append_unless_one(text, frozen, "partitions whose leader is frozen")) {
        g_string_append(text, "the leader of ");
        append_partition(text, frozen->last);
        g_string_append(text, " is frozen");
    }
}

/* "who is elected to lead orders-0 is dead" */
static void append_dead(GString *text, const Change *dead)
{
    if (append_unless_one(text, dead, "partitions whose elected leader is dead")) {
        g_string_append(text, "who is elected to lead ");
        append_partition(text, dead->last);
        g_string_append(text, " is dead");
    }
}

/* "orders-0 deleted" */
static void append_deleted(GString *text, const Change *deleted)
{
    if (append_unless_one(text, deleted, "partitions deleted")) {
        append_partition(text, deleted->last);
        g_string_append(text, " deleted");
    }
}

/* "ISR of orders-0 shrunk to 3,1", or how many. */
static void append_isr(GString *text, const Change *change, const char *how)
{
    g_autofree char *many = g_strconcat("ISRs ", how, NULL);
    if (append_unless_one(text, change, many)) {
        g_string_append(text, "ISR of ");
        append_partition(text, change->last);
        const char *isr = change->last->isr;
        g_string_append_printf(text, " %s to %s", how, isr[0] != '\0' ? isr : "none");
    }
}

static void add_tally(GPtrArray *lines, SimTime at, const Tally *tally, const char *why)
{
    GString *text = g_string_new(NULL);
    append_count(text, tally->created, "partition created", "partitions created");
    append_deleted(text, &tally->deleted);
    append_moved(text, &tally->moved);
    append_lost(text, &tally->lost);
    append_frozen(text, &tally->frozen);
    append_dead(text, &tally->dead);
    append_isr(text, &tally->shrunk, "shrunk");
    append_isr(text, &tally->grown, "grown");
    if (text->len == 0) {
        g_string_free(text, TRUE);
        return;
    }
    const bool says_itself = strcmp(why, "created") == 0 || strcmp(why, "leader is down") == 0 ||
                             strcmp(why, LEADERS_FROZEN) == 0 ||
                             strcmp(why, LEADERS_TOPIC_DELETED) == 0;
    if (why[0] != '\0' && !says_itself) {
        g_string_append(text, " (");
        told_reason_append(why, text);
        g_string_append_c(text, ')');
    }
    (void)timeline_add(lines, at, 2, text);
}

static void add_leaders(GPtrArray *lines, const ClusterReport *report)
{
    g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    int32_t i = 0;
    while (i < report->leader_change_count) {
        const LeaderChange *first = &report->leader_changes[i];
        Tally tally = {0};
        for (; i < report->leader_change_count; i++) {
            const LeaderChange *change = &report->leader_changes[i];
            if (change->at - first->at > TIMELINE_TOGETHER ||
                strcmp(change->why, first->why) != 0) {
                break;
            }
            count_change(&tally, known, change);
        }
        add_tally(lines, first->at, &tally, first->why);
    }
}

/* Without one nothing of the metadata changes: nobody is fenced, no leader is elected. */
static void add_times_without_controller(GPtrArray *lines, const ClusterReport *report)
{
    for (int32_t i = 0; i < report->controller_change_count; i++) {
        const ControllerChange *change = &report->controller_changes[i];
        if (change->controller >= 0) {
            continue;
        }
        GString *text = g_string_new("no controller is active");
        if (i + 1 < report->controller_change_count) {
            g_string_append(text, " for ");
            text_duration(text, change[1].at - change->at);
        } else {
            g_string_append(text, " any more");
        }
        (void)timeline_add(lines, change->at, 2, text);
    }
}

static void append_line(GString *out, const TimelineLine *line)
{
    text_moment(out, line->at);
    g_string_append(out, line->text);
    if (line->said != NULL) {
        g_string_append(out, ": ");
        text_visible(out, line->said);
    }
    g_string_append_c(out, '\n');
}

void results_timeline_text(const Run *run, bool all, GString *out)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(free_line);
    g_autoptr(GPtrArray) of_members = g_ptr_array_new();
    add_faults(lines, of_members, run);
    add_told_events(lines, of_members, run);
    add_leaders(lines, run->report);
    add_times_without_controller(lines, run->report);
    timeline_add_members(lines, of_members, run->report);
    g_ptr_array_sort(lines, compare_lines);
    if (lines->len == 0) {
        return;
    }
    const guint most = run->scenario->lesson != NULL ? LINES_OF_LESSON : LINES_SHOWN;
    const guint hidden = all || lines->len <= most + LINES_SPARED ? 0 : lines->len - most;
    g_string_append(out, "\nWHAT HAPPENED\n");
    for (guint i = 0; i < lines->len; i++) {
        if (hidden > 0 && i == most - LINES_AT_END) {
            g_string_append_printf(
                out, "  ... %u more: --verbose shows all, events.jsonl has causes\n", hidden);
            i += hidden; /* the end of a story is not what may be left out */
        }
        append_line(out, lines->pdata[i]);
    }
}

/* When it is asked, what, and what one may answer. */
static void append_question(const Question *question, GString *out)
{
    g_string_append(out, "  Q, at ");
    text_duration(out, question->at);
    g_string_append(out, ": ");
    text_visible(out, question->question);
    g_string_append_c(out, '\n');
    for (guint c = 0; c < question->choices->len; c++) {
        g_string_append(out, "     - ");
        text_visible(out, question->choices->pdata[c]);
        g_string_append_c(out, '\n');
    }
}

static void append_answer(const Question *question, GString *out)
{
    g_string_append(out, "  A: ");
    text_visible(out, question->choices->pdata[question->answer]);
    g_string_append(out, question->because != NULL ? ". " : "\n");
    if (question->because != NULL) {
        text_visible(out, question->because);
        g_string_append_c(out, '\n');
    }
}

void results_questions_text(const Lesson *lesson, GString *out)
{
    g_string_append(out, "\nASK before the run (it prints the answers, unless --no-answers)\n");
    for (guint i = 0; i < lesson->questions->len; i++) {
        append_question(lesson->questions->pdata[i], out);
    }
}

void results_lesson_text(const Run *run, SummaryStyle style, GString *out)
{
    const Lesson *lesson = run->scenario->lesson;
    if (lesson == NULL) {
        return;
    }
    g_string_append(out, "\nLESSON: ");
    text_visible(out, lesson->title);
    g_string_append(out, lesson->as_run ? "\n" : " (not of all that --set changed)\n");
    if (lesson->text != NULL && !style.no_answers) {
        g_string_append(out, "  ");
        text_visible(out, lesson->text);
        g_string_append_c(out, '\n');
    }
    for (guint i = 0; i < lesson->questions->len; i++) {
        append_question(lesson->questions->pdata[i], out);
        if (!style.no_answers) {
            append_answer(lesson->questions->pdata[i], out);
        }
    }
}
