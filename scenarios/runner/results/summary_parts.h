/* summary_parts.h - the larger parts of summary.json, and what text and JSON share. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_RESULTS_SUMMARY_PARTS_H
#define KAFKASIM_SCENARIOS_RUNNER_RESULTS_SUMMARY_PARTS_H
#include "scenarios/runner/json_writer.h"
#include "scenarios/runner/run.h"

void summary_write_fates(JsonWriter *json, const char *key, const Fates *fates);
void summary_write_producers(JsonWriter *json, const Run *run);
void summary_write_groups(JsonWriter *json, const Run *run);
void summary_write_partitions(JsonWriter *json, const Run *run);
void summary_write_goals(JsonWriter *json, const Run *run);
void summary_write_invariants(JsonWriter *json, const Run *run);
void summary_write_losses(JsonWriter *json, const Run *run); /* losses.c */
/* Every constant of the hardware profile with its value and where it comes from. */
void summary_write_model(JsonWriter *json, const ClusterSpec *spec);

/* What the reader and the models accepted and do not simulate, in words, each once. Strings are
 * borrowed; the array is the caller's. */
GPtrArray *summary_not_simulated(const Run *run);
/* The end of a fault's band, at most the end of the run. */
SimTime summary_fault_until(const ClusterSpec *spec, const FaultSpec *fault);
/* LEO - committed of one partition, as kafka-consumer-groups counts it: below 0 after the log lost
 * what is committed. Only where the leader tells its end. */
int64_t summary_lag(const GroupPartitionReport *partition);
/* Neither what is committed nor what is deleted; 0 where that lies beyond the end. Likewise. */
int64_t summary_left_to_read(const GroupPartitionReport *partition);

#endif
