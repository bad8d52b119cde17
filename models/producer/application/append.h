/* append.h - the call of send(): a record, or many of one batch, into the accumulator. */
#ifndef KAFKASIM_MODELS_PRODUCER_APPLICATION_APPEND_H
#define KAFKASIM_MODELS_PRODUCER_APPLICATION_APPEND_H
#include "models/producer/application/workload.h"

/* Some of the stream's pending records: at most what one batch takes, or up to a sticky switch.
 * False when send() blocks on buffer.memory. */
bool workload_append(Workload *self, WorkloadStream *stream);
/* send() throws for the stream's next pending record, or what it returns does: `error`. */
void workload_refuse(Workload *self, WorkloadStream *stream, KafkaError error, const char *why);

#endif
