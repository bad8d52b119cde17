/* modern_regex.h - subscriptions by regular expression in a group of the consumer protocol.
 *
 *     unknown --a member subscribes to it--> unresolved --the coordinator has matched it with all
 *     topics--> resolved --its last subscriber goes--> unknown
 *
 * The first subscriber is answered before anything is resolved, with nothing; what was found is
 * written as a record, raises the group epoch, and reaches members by their next heartbeats. All of
 * a group's expressions are resolved together: when one is new, when a topic was created since, or
 * after group.consumer.regex.refresh.interval.ms; at the earliest 10 s after the last time, and
 * only when a heartbeat comes. Internal topics count as any other.
 *
 * Mirrors: GroupMetadataManager.maybeUpdateRegularExpressions, refreshRegularExpressions,
 * handleRegularExpressionsResult, maybeDeleteResolvedRegularExpressions (4.1). Left out:
 * authorization; the time that matching takes on group.coordinator.background.threads. */
#ifndef KAFKASIM_MODELS_GROUP_MODERN_MODERN_REGEX_H
#define KAFKASIM_MODELS_GROUP_MODERN_MODERN_REGEX_H
#include "models/group/modern/modern_group.h"

/* What a heartbeat with `after` (NULL none) instead of `before` brings about. */
typedef struct RegexChange {
    bool is_invalid;  /* INVALID_REGULAR_EXPRESSION */
    const char *gone; /* nobody subscribes to it any more; or NULL */
    bool raises_epoch;
    bool refreshes; /* all expressions are to be resolved */
} RegexChange;

/* Before the member's new subscription is written, */
RegexChange modern_regex_plan(const ModernGroup *self, const char *before, const char *after);
/* and after. */
void modern_regex_carry_out(ModernGroup *self, const RegexChange *change);
/* A member has gone whose subscription this was. */
void modern_regex_forget(ModernGroup *self, const char *regex);
/* Matches what was asked for with all topics, and writes what it stands for. */
void modern_group_resolve(ModernGroup *self);

#endif
