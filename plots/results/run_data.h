/* run_data.h - what the pictures of one run need from its results directory.
 *
 * summary.json must be there and say format 1; metrics.csv, leaders.csv, assignments.csv and
 * faults.csv must be there with their columns, though they may hold no rows; scenario.json adds
 * the setting to the subtitle, controllers.csv a panel, events.jsonl the truncations, when they
 * are there. Sums and worst values
 * over brokers and producers are formed here, so that the panels only draw. */
#ifndef KAFKASIM_PLOTS_RESULTS_RUN_DATA_H
#define KAFKASIM_PLOTS_RESULTS_RUN_DATA_H
#include "plots/results/json_tree.h"
#include "plots/results/samples.h"
#include "plots/results/spans.h"

typedef enum RunMetric {
    RUN_ACKED_RECORDS,
    RUN_LATENCY_P50,
    RUN_LATENCY_P99,
    RUN_LATENCY_P999,
    RUN_CONSUMED_RECORDS,
    RUN_LAG,
    RUN_UNDER_REPLICATED,
    RUN_OFFLINE,
    RUN_ISR_MIN,
    RUN_MIN_INSYNC, /* 0: the topics differ */
    RUN_METRICS,
} RunMetric;

typedef struct RunColumn {
    RunMetric metric;
    char *where; /* the value of its first key: checkout, billing, 1, "" */
    Samples *samples;
} RunColumn;

typedef struct RunFault {
    double from_ms, to_ms; /* equal for an instant */
    char *label;
    gboolean by_chance; /* drawn from the seed; the label does not say it again */
} RunFault;

/* What faults cost the logs. */
typedef enum RunCostKind {
    RUN_LOSS,       /* records that no leader has any more: `losses` of summary.json */
    RUN_TRUNCATION, /* a follower cut its log: events.jsonl */
} RunCostKind;

typedef struct RunCost {
    RunCostKind kind;
    double time_ms;
    double until_ms; /* the last of them; NAN: all at once */
    double records;
    const char *what; /* they are: "acknowledged record", ... */
    char *by;         /* the reason of a loss; who truncates */
} RunCost;

typedef struct RunData {
    JsonTree *summary;
    JsonTree *scenario; /* or NULL */
    double end_ms;
    GPtrArray *columns; /* RunColumn*, in file order */
    SpanRows *leaders;  /* of user topics; of internal ones when there are no others */
    SpanRows *members;
    SpanRows *controllers; /* one row: who is the active controller */
    GArray *faults;        /* RunFault, by start */
    GArray *costs;         /* RunCost, losses first, each by time */
    guint stride;          /* grid points behind one drawn point */
} RunData;

/* A part of run_data_load. */
void run_data_load_costs(RunData *self, const char *dir);
RunData *run_data_load(const char *dir, GError **error);
void run_data_free(RunData *self);

/* Columns of one metric, borrowed, at most `limit`: those with the greatest values. */
GPtrArray *run_data_columns(const RunData *self, RunMetric metric, guint limit);
guint run_data_count(const RunData *self, RunMetric metric);
/* Is the fault only the end of an earlier one? "broker 2 starts" at the end of "broker 2 crashes".
 */
gboolean run_data_ends_another(const RunData *self, guint fault);
/* Were all faults drawn from the seed, and none written? */
gboolean run_data_all_by_chance(const RunData *self);
/* Once the tables are read: groups that read nothing and lag behind nothing, while others do (the
 * workers of a Connect cluster), have no curves. */
void run_data_drop_silent_groups(RunData *self);
double run_column_peak(const RunColumn *column);
/* The place of a column among those of its metric, in file order: its colour in every panel. */
guint run_data_place(const RunData *self, const RunColumn *column);
/* One column from all columns of a metric: sums of `last`, or the greatest of `greatest`. NULL
 * when there are none. */
Samples *run_data_sum(const RunData *self, RunMetric metric);
Samples *run_data_worst(const RunData *self, RunMetric metric);

#endif
