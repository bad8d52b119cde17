/* application.h - what a consumer's application does with its records: how long it takes, which
 * records are slow or cannot be processed at all, and when it commits. Plain data; see spec.h. */
#ifndef KAFKASIM_MODELS_SPEC_APPLICATION_H
#define KAFKASIM_MODELS_SPEC_APPLICATION_H
#include "sim/chance/distribution.h"
#include "sim/kernel/kernel.h"
#include <stdbool.h>

typedef enum CommitCall {
    COMMIT_BY_CLIENT, /* enable.auto.commit, or not at all */
    COMMIT_SYNC,      /* commitSync(): waits, and tries again */
    COMMIT_ASYNC,     /* commitAsync(): neither */
} CommitCall;

/* Which records of a partition: one at an offset, or each n-th (offsets n-1, 2n-1 ...). A record
 * handed out again is the same record again. */
typedef struct RecordPick {
    int64_t every;     /* 0: only the one at `offset` */
    int64_t offset;    /* -1: none */
    int32_t partition; /* of each topic; -1: all */
} RecordPick;

typedef enum PoisonEnd {
    POISON_SKIP,        /* passed over */
    POISON_DEAD_LETTER, /* sent to another topic first */
    POISON_REJECT,      /* of a share group: archived at once */
    POISON_STOP,        /* the exception ends the application, which closes its consumer */
} PoisonEnd;

typedef struct ApplicationSpec {
    CommitCall commit;
    int64_t commit_records;      /* each so many records; 0: not by number */
    SimDuration commit_interval; /* at most so often; 0: each poll */
    bool commit_before;          /* before the records are processed: at most once */
    bool commit_on_revoke;       /* commitSync() in onPartitionsRevoked */
    SimDuration sink_flush; /* a task of a Connect sink: offset.flush.interval.ms; 0: it is none */
    RecordPick slow;
    Distribution slow_time; /* in addition */
    RecordPick poison;
    int64_t retries;
    SimDuration retry_backoff;
    PoisonEnd poison_end;
    int32_t dead_letter_topic; /* index in the spec's topics; SPEC_NONE */
} ApplicationSpec;

#endif
