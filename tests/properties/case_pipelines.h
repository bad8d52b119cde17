/* case_pipelines.h - see case_pipelines.c. */
#ifndef KAFKASIM_TESTS_PROPERTIES_CASE_PIPELINES_H
#define KAFKASIM_TESTS_PROPERTIES_CASE_PIPELINES_H
#include "models/world/cluster.h"
#include "tests/properties/case.h"

/* To a spec that has all else: how the members work, their producers, and who reads what they
 * make. */
void case_add_work(const Case *self, ClusterSpec *spec);
typedef struct WorkLeft {
    int64_t unread; /* records that nobody was to read */
    bool repeats;   /* records may have been worked off again */
} WorkLeft;

/* Has that reader seen what was made of each record but those, and exactly once, once only?
 * `why` says what it has seen. */
bool case_is_worked_off(
    const Case *self, const ClusterReport *report, WorkLeft left, char *why, size_t bytes);

#endif
