/* member_marks.c - see member_marks.h. Who starts with the run, or with everybody, has no mark: nor
 * have the consumers of Connect's tasks, which come and go with each rebalance of the workers. */
#include "plots/marks/member_marks.h"

#include <math.h>
#include <string.h>

#define MOMENT_MS   1000.0
#define CLOSE_MS    31000.0 /* how long close() takes at most, by default */
#define EARLY_SHARE 0.025   /* of the run: they start with the others */
#define NAMES_LIMIT 3

typedef struct NewsWords {
    const char *one, *many;
} NewsWords;

static const NewsWords starts = {"starts", "start"};
static const NewsWords returns = {"starts again", "start again"};
static const NewsWords leaves = {"leaves", "leave"};
static const NewsWords stops = {"stops", "stop"};
static const NewsWords expires = {"leaves: it retries for too long",
                                  "leave: they retry for too long"};

typedef struct MemberNews {
    double time_ms;
    const SpanRow *member;
    const NewsWords *what;
    guint times; /* of this member; 0: told with its first */
    gboolean told;
} MemberNews;

/* "B starts" is about B-StreamThread-1 too, "group billing scales to 4" about all of billing. */
static gboolean is_about(const char *label, const SpanRow *member)
{
    const gsize instance = strcspn(member->name, "-");

    return g_str_has_prefix(label, member->name) || strstr(label, member->owner) != NULL ||
           (label[instance] == ' ' && strncmp(label, member->name, instance) == 0);
}

static gboolean is_near(double left_ms, double right_ms)
{
    return fabs(left_ms - right_ms) <= MOMENT_MS;
}

/* Does a line of the story say it, that long before at most? */
static gboolean
is_said(const RunData *run, const SpanRow *member, double time_ms, double earlier_ms)
{
    for (guint i = 0; i < run->faults->len; i++) {
        const RunFault *fault = &g_array_index(run->faults, RunFault, i);
        if (fault->from_ms <= time_ms && time_ms - fault->from_ms <= earlier_ms &&
            is_about(fault->label, member)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean reads_for_connector(const RunData *run, const SpanRow *member)
{
    const JsonTree *clusters = json_tree_get(run->scenario, "connect");

    for (guint i = 0; i < json_tree_length(clusters); i++) {
        const JsonTree *connectors = json_tree_get(json_tree_at(clusters, i), "connectors");
        for (guint k = 0; k < json_tree_length(connectors); k++) {
            const JsonTree *group = json_tree_get(json_tree_at(connectors, k), "group");
            if (strcmp(json_tree_text(group, ""), member->owner) == 0) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

static gboolean is_gone(int state)
{
    return state == MEMBER_LEFT || state == MEMBER_STOPPED || state == MEMBER_DEAD;
}

/* What this span begins with; NULL: nothing to tell. */
static const NewsWords *news_of(const RunData *run, const SpanRow *member, guint index)
{
    const Span *span = &g_array_index(member->spans, Span, index);
    const Span *before = index > 0 ? span - 1 : NULL;

    if (before == NULL) {
        return span->from_ms > EARLY_SHARE * run->end_ms && !is_gone(span->state) ? &starts : NULL;
    }
    if (span->state == MEMBER_LEFT && !is_gone(before->state)) {
        return before->state == MEMBER_RETRYING ? &expires : &leaves;
    }
    if (span->state == MEMBER_STOPPED && !is_gone(before->state)) {
        return &stops;
    }
    return is_gone(before->state) && !is_gone(span->state) ? &returns : NULL;
}

static MemberNews *find_first(GArray *all, const SpanRow *member, const NewsWords *what)
{
    for (guint i = 0; i < all->len; i++) {
        MemberNews *news = &g_array_index(all, MemberNews, i);
        if (news->member == member && news->what == what) {
            return news;
        }
    }
    return NULL;
}

static void gather_member(GArray *all, const RunData *run, const SpanRow *member)
{
    for (guint i = 0; i < member->spans->len; i++) {
        const double time_ms = g_array_index(member->spans, Span, i).from_ms;
        const NewsWords *what = news_of(run, member, i);
        MemberNews *first = what != NULL ? find_first(all, member, what) : NULL;
        const gboolean gone = what == &leaves || what == &stops || what == &expires;
        if (what == NULL || is_said(run, member, time_ms, gone ? CLOSE_MS : MOMENT_MS)) {
            continue;
        }
        if (first != NULL) {
            first->times++;
        } else {
            const MemberNews news = {time_ms, member, what, 1, FALSE};
            g_array_append_val(all, news);
        }
    }
}

static gboolean is_together(const MemberNews *first, const MemberNews *other)
{
    return !other->told && is_near(first->time_ms, other->time_ms) && first->what == other->what &&
           first->times == other->times;
}

/* "m2, m3 start", "5 members start again (2 times)" */
static char *label_of(GArray *all, MemberNews *first)
{
    GString *out = g_string_new(NULL);
    guint members = 0;

    for (guint i = 0; i < all->len; i++) {
        MemberNews *news = &g_array_index(all, MemberNews, i);
        if (is_together(first, news)) {
            news->told = TRUE;
            members++;
            g_string_append_printf(out, "%s%s", members > 1 ? ", " : "", news->member->name);
        }
    }
    if (members > NAMES_LIMIT) {
        g_string_printf(out, "%u members", members);
    }
    g_string_append_printf(out, " %s", members > 1 ? first->what->many : first->what->one);
    if (first->times > 1) {
        g_string_append_printf(out, " (%u times)", first->times);
    }
    return g_string_free(out, FALSE);
}

void member_marks_add(GArray *marks, const RunData *run)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(MemberNews));

    for (guint i = 0; i < span_rows_length(run->members); i++) {
        const SpanRow *member = span_rows_at(run->members, i);
        if (!reads_for_connector(run, member)) {
            gather_member(all, run, member);
        }
    }
    for (guint i = 0; i < all->len; i++) {
        MemberNews *news = &g_array_index(all, MemberNews, i);
        if (!news->told) {
            const Mark mark = {.kind = MARK_MEMBER,
                               .from_ms = news->time_ms,
                               .to_ms = news->time_ms,
                               .label = label_of(all, news)};
            g_array_append_val(marks, mark);
        }
    }
    g_array_unref(all);
}
