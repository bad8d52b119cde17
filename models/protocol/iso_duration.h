/* iso_duration.h - durations as auto.offset.reset=by_duration:... has them: "PT5S", "P1DT2H".
 *
 * Mirrors: java.time.Duration.parse: [+-]P[nD][T[nH][nM][n[.f]S]], in any case, each number with a
 * sign of its own; at least one of them, and one behind a T. */
#ifndef KAFKASIM_MODELS_PROTOCOL_ISO_DURATION_H
#define KAFKASIM_MODELS_PROTOCOL_ISO_DURATION_H
#include "sim/kernel/kernel.h"

/* False: it is none, or longer than 100 years. */
bool iso_duration_parse(const char *text, SimDuration *ret_duration);

#endif
