/* spans.h - rows of coloured boxes over time: who led a partition, what a member did.
 *
 * leaders.csv and assignments.csv hold changes; a span lasts from one change to the next. A row
 * keeps at most a few thousand spans: a flutter of spans thinner than a pixel is joined into one
 * that shows the worst of its states, so that an outage never disappears from the picture. */
#ifndef KAFKASIM_PLOTS_RESULTS_SPANS_H
#define KAFKASIM_PLOTS_RESULTS_SPANS_H
#include <glib.h>

/* Member states from harmless to worst; the words of assignments.csv map to them. */
typedef enum MemberState {
    MEMBER_CONSUMING,
    MEMBER_RUNNING,  /* a Connect worker: it reads nothing, its tasks do */
    MEMBER_KEEPING,  /* rebalancing, while it goes on with what it has: cooperative */
    MEMBER_IDLE,     /* a member without a partition */
    MEMBER_OTHER,    /* a word this version does not know; drawn, never hidden */
    MEMBER_RETRYING, /* its application tries the same record again and again */
    MEMBER_LEFT,
    MEMBER_STOPPED,   /* closed, or without poll(), and did not leave its group */
    MEMBER_RESTORING, /* Kafka Streams: a store is not there yet */
    MEMBER_JOINING,
    MEMBER_REBALANCING,
    MEMBER_FROZEN,
    MEMBER_DEAD,
    MEMBER_STATES,
} MemberState;

#define LEADER_NONE   (-1)
#define LEADER_FROZEN (-2) /* it leads, as the controller knows, but its process is stopped */

typedef struct Span {
    double from_ms, to_ms;
    int state;  /* broker id or LEADER_NONE, LEADER_FROZEN; MemberState */
    char *text; /* of a member: the partitions it has, or its tasks */
} Span;

typedef struct SpanRow {
    char *owner; /* topic or group */
    char *name;  /* orders-0, billing-1 */
    GArray *spans;
    guint changes;
    gboolean ended; /* the last span is not open */
} SpanRow;

typedef struct SpanRows SpanRows;
/* `worse` says which of two states a flutter shows; `thin_ms` is what counts as flutter. */
SpanRows *span_rows_new(gboolean (*worse)(int left, int right), double thin_ms);
void span_rows_free(SpanRows *self);
/* The row's state is `state` from now on. Rows come in the order of their first change. */
void span_rows_change(SpanRows *self,
                      const char *owner,
                      const char *name,
                      double time_ms,
                      int state,
                      const char *text);
/* The row has no state from now on, until its next change: a deleted partition. */
void span_rows_end(SpanRows *self, const char *owner, const char *name, double time_ms);
/* Ends what is open. */
void span_rows_finish(SpanRows *self, double end_ms);
guint span_rows_length(const SpanRows *self);
const SpanRow *span_rows_at(const SpanRows *self, guint index);
/* Up to `limit` rows that changed most, in their own order. */
GPtrArray *span_rows_pick(const SpanRows *self, guint limit);
/* Where none ever changed: up to `limit` rows, of each state one before others. */
GPtrArray *span_rows_pick_still(const SpanRows *self, guint limit);

gboolean leader_is_worse(int left, int right);
gboolean member_is_worse(int left, int right);
/* `has`: it has partitions or tasks. */
MemberState member_state_parse(const char *word, gboolean has);
const char *member_state_name(MemberState state);

#endif
