/* case_pipelines.h - see case_pipelines.c. */
#ifndef KAFKASIM_TESTS_PROPERTIES_CASE_PIPELINES_H
#define KAFKASIM_TESTS_PROPERTIES_CASE_PIPELINES_H
#include "models/world/cluster.h"
#include "tests/properties/case.h"
#include <string.h>

/* To a spec that has all else: the workers' producers, and who reads what they make. */
void case_add_pipeline(const Case *self, ClusterSpec *spec);
/* Has the reader of the sink seen every source record once? `why` says what it has seen. */
bool case_is_exactly_once(const Case *self, const ClusterReport *report, char *why, size_t bytes);

#endif
