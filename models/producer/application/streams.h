/* streams.h - the streams of arrivals that a workload consists of. */
#ifndef KAFKASIM_MODELS_PRODUCER_APPLICATION_STREAMS_H
#define KAFKASIM_MODELS_PRODUCER_APPLICATION_STREAMS_H
#include "models/producer/application/workload.h"

WorkloadMode streams_mode(const Workload *workload);
/* Sets the mode and makes its streams, for what is left of the limit; not started yet. */
void streams_make(Workload *workload);
/* What is due and not handed over, that which send() holds among it; and that, dealt to split
 * streams by their shares, as part of their limits. */
ArrivedRecords streams_take_due(Workload *workload, SimTime now);
void streams_deal(Workload *workload, const ArrivedRecords *due);
void streams_free(Workload *workload);
void streams_start(Workload *workload, SimTime now);
void streams_change(Workload *workload, SimTime now);

#endif
