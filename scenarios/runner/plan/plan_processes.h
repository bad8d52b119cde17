/* plan_processes.h - the processes of a scenario, for check --plan. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_PLAN_PLAN_PROCESSES_H
#define KAFKASIM_SCENARIOS_RUNNER_PLAN_PLAN_PROCESSES_H
#include "models/spec/spec.h"
#include "scenarios/runner/json_writer.h"

void plan_hosts_text(const ClusterSpec *spec, GString *out);
void plan_hosts_json(const ClusterSpec *spec, JsonWriter *json);
void plan_clients_text(const ClusterSpec *spec, GString *out);
int64_t plan_count_clients(const ClusterSpec *spec);

#endif
