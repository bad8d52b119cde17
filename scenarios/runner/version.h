/* version.h - which kafkasim this is. The commit never enters results, whose bytes depend on the
 * scenario and the seed alone. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_VERSION_H
#define KAFKASIM_SCENARIOS_RUNNER_VERSION_H

#define KAFKASIM_KAFKA_VERSION "4.1"

const char *version_number(void); /* "0.1.0" */
const char *
version_commit(void); /* "1a2b3c4d5e6f", with "+" when the tree had changes; "unknown" */

#endif
