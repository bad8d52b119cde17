/* results.c - all files of a run in one directory. */
#include "scenarios/runner/results/results.h"
#include "scenarios/runner/results/result_dir.h"

static void write_effective_scenario(const Run *run, GString *out)
{
    scenario_write(run->scenario, out);
}

static const struct {
    const char *name;
    void (*append)(const Run *run, GString *out);
} FILES[] = {
    {"latency.csv", results_latency_csv},
    {"events.jsonl", results_events_jsonl},
    {"leaders.csv", results_leaders_csv},
    {"assignments.csv", results_assignments_csv},
    {"controllers.csv", results_controllers_csv},
    {"faults.csv", results_faults_csv},
    {"scenario.json", write_effective_scenario},
    {"summary.json", results_summary_json},
};

#define ROWS_AT_ONCE 1024u

static void write_metrics(const Run *run, ResultDir *dir)
{
    uint32_t rows = series_rows(cluster_series(run->cluster));
    g_autoptr(GString) bytes = g_string_new(NULL);
    results_metrics_header(bytes);
    for (uint32_t first = 0; first < rows; first += ROWS_AT_ONCE) {
        results_metrics_rows(run, first, MIN(first + ROWS_AT_ONCE, rows), bytes);
        result_dir_append(dir, "metrics.csv", bytes);
        g_string_truncate(bytes, 0);
    }
    result_dir_append(dir, "metrics.csv", bytes);
}

bool results_write(const Run *run, const char *path, GError **error)
{
    ResultDir *dir = result_dir_begin(path, error);
    if (dir == NULL) {
        return false;
    }
    write_metrics(run, dir);
    for (size_t i = 0; i < G_N_ELEMENTS(FILES); i++) {
        g_autoptr(GString) bytes = g_string_new(NULL);
        FILES[i].append(run, bytes);
        result_dir_append(dir, FILES[i].name, bytes);
    }
    return result_dir_commit(dir, error);
}
