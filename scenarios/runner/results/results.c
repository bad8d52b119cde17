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
    {"metrics.csv", results_metrics_csv},
    {"latency.csv", results_latency_csv},
    {"events.jsonl", results_events_jsonl},
    {"leaders.csv", results_leaders_csv},
    {"assignments.csv", results_assignments_csv},
    {"faults.csv", results_faults_csv},
    {"scenario.json", write_effective_scenario},
    {"summary.json", results_summary_json},
};

bool results_write(const Run *run, const char *path, GError **error)
{
    ResultDir *dir = result_dir_begin(path, error);
    if (dir == NULL) {
        return false;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(FILES); i++) {
        g_autoptr(GString) bytes = g_string_new(NULL);
        FILES[i].append(run, bytes);
        result_dir_write(dir, FILES[i].name, bytes);
    }
    return result_dir_commit(dir, error);
}
