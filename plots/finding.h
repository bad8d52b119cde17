/* finding.h - a run in one sentence: the title of its picture, and the setting below it. */
#ifndef KAFKASIM_PLOTS_FINDING_H
#define KAFKASIM_PLOTS_FINDING_H
#include "plots/results/run_data.h"

/* "broker 1 crashes: 0 of 10,000 acknowledged records lost, longest wait without any ack 9.1 s
 * (at 20 s)" */
char *finding_title(const RunData *run);
/* "crash-leader · 3 brokers · orders: 6 partitions × 3 · acks=all · seed 42 · simulated time" */
char *finding_setting(const RunData *run);
/* Goals and broken properties: "2 of 3 goals met". NULL when there were none. */
char *finding_verdict(const RunData *run);

#endif
