/* results.h - the results of a run, format version 1: what each file holds is in the README.
 *
 * Every function appends one file's bytes; results_write puts all of them in a directory. The
 * bytes depend on the scenario and the seed alone: no clock, no host name, no path. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_RESULTS_RESULTS_H
#define KAFKASIM_SCENARIOS_RUNNER_RESULTS_RESULTS_H
#include "scenarios/runner/json_writer.h"
#include "scenarios/runner/run.h"

#define RESULTS_FORMAT 1

void results_summary_json(const Run *run, GString *out);
/* Long runs have many rows: the file is written a part at a time. */
void results_metrics_header(GString *out);
void results_metrics_rows(const Run *run, uint32_t first, uint32_t end, GString *out);
void results_latency_csv(const Run *run, GString *out);
void results_events_jsonl(const Run *run, GString *out);
void results_leaders_csv(const Run *run, GString *out);
void results_controllers_csv(const Run *run, GString *out);
void results_assignments_csv(const Run *run, GString *out);
void results_faults_csv(const Run *run, GString *out);

/* What a fault is called before a run: "broker 2 crashes". Caller frees. */
char *results_fault_label(const ClusterSpec *spec, const FaultSpec *fault);
/* And after it, when it is known whom a role hit: "broker 3 (led orders-0) resumes",
 * "crash hits nobody: orders-0 has no leader that serves". */
char *results_hit_label(const Run *run, const FaultSpec *fault);
/* Heals are part of their fault's band and have no row of their own; who hits nobody is no fault.
 */
bool results_fault_has_row(const Run *run, const FaultSpec *fault);
/* Nobody had the role that it names, or that its beginning named. */
bool results_fault_hits_nobody(const Run *run, const FaultSpec *fault);

/* A goal as summary.json and sweep.json hold it; `result` NULL = not measured here. */
void results_write_goal(JsonWriter *json, const Goal *goal, const GoalResult *result);

bool results_write(const Run *run, const char *path, GError **error);

/* The summary for a terminal. */
typedef struct SummaryStyle {
    bool colour;
    bool verbose;
    bool no_answers; /* of the lesson: neither they nor its text, which explains */
} SummaryStyle;
void results_summary_text(const Run *run, SummaryStyle style, GString *out);
/* Its parts. */
void results_producers_text(const Run *run, GString *out);
/* Long tables are cut off unless `all`. */
void results_groups_text(const Run *run, bool all, GString *out);
/* What became of the records, and of replicas that differ from their leader. */
void results_records_text(const Run *run, GString *out);
void results_moving_text(const Run *run, GString *out); /* reassignments that are not over */
void results_losses_text(const Run *run, GString *out);
void results_timeline_text(const Run *run, bool all, GString *out);
void results_goals_text(const Run *run, SummaryStyle style, bool only_missed, GString *out);
void results_invariants_text(const Run *run, GString *out);
void results_questions_text(const Lesson *lesson, GString *out); /* without the answers */
void results_lesson_text(const Run *run, SummaryStyle style, GString *out);

#endif
