/* streams.h - the streams of arrivals that a workload consists of. */
#ifndef KAFKASIM_MODELS_PRODUCER_STREAMS_H
#define KAFKASIM_MODELS_PRODUCER_STREAMS_H
#include "models/producer/workload.h"

WorkloadMode streams_mode(const Workload *workload);
/* Sets the mode and makes its streams, for what is left of the limit; not started yet. */
void streams_make(Workload *workload);
void streams_free(Workload *workload);
void streams_start(Workload *workload, SimTime now);
void streams_change(Workload *workload, SimTime now);

/* Keeps at most `count` records in `now` and moves the others to `rest`. */
void streams_take_part(ArrivedRecords *now, ArrivedRecords *rest, int64_t count);
/* What is left of `now`, then `rest`, is pending again. */
void streams_put_back(ArrivedRecords *pending,
                      const ArrivedRecords *now,
                      const ArrivedRecords *rest);

#endif
