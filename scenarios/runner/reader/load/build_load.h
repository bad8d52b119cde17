/* build_load.h - "load" and "outstanding" of a producer: how its records come. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_READER_LOAD_BUILD_LOAD_H
#define KAFKASIM_SCENARIOS_RUNNER_READER_LOAD_BUILD_LOAD_H
#include "scenarios/runner/reader/reader.h"

/* Sets rate, arrival, load, trace and outstanding. */
void build_load(Reader *reader, const Cursor *at, ProducerSpec *producer);
/* A trace as CSV: a line of column names, then a line for each moment. Its hash is written beside
 * it into the producer, so that the scenario's own hash depends on what the file holds. */
void build_trace(Reader *reader, const Cursor *producer, const Cursor *file, LoadTrace *trace);

#endif
