/* share_partition.h - one topic partition as its leader hands it out to one share group: a passive
 * object.
 *
 * Records below the share-partition start offset (SPSO) are done with, those from the end offset on
 * have not been read yet; each one between is in a state:
 *
 *     available --acquired by a member, delivery count + 1--> acquired
 *     acquired --accept--> acknowledged;  acquired --reject--> archived
 *     acquired --release, lock time-out--> available; archived once the count is at its limit
 *     acquired --its member's session ends--> available, delivery count - 1
 *
 * Acknowledged and archived are final; the SPSO moves over them when the persister has them. What a
 * fetch brings is acquired in whole record batches; once in flight, a batch is acquired again as
 * far as it is available. Of what the log cleaner has removed, all that is available below the
 * first batch of a fetch is archived; the rest is acquired, and its member says that it is a gap. A
 * stand-in of several batches counts as one that begins with its first record.
 *
 * Mirrors: SharePartition, its InFlightBatch and InFlightState (KIP-932, as in 4.1; clients.md
 * §5.4). Left out: a persister that refuses, the fetch lock (reading takes no time here). */
#ifndef KAFKASIM_MODELS_GROUP_SHARE_SHARE_PARTITION_H
#define KAFKASIM_MODELS_GROUP_SHARE_SHARE_PARTITION_H
#include "models/protocol/kafka_error.h"
#include "models/protocol/message.h"
#include "models/protocol/record_batch.h"
#include <glib.h>

typedef enum ShareRecordState {
    SHARE_AVAILABLE = 0,
    SHARE_ACQUIRED = 1,
    SHARE_ACKNOWLEDGED = 2,
    SHARE_ARCHIVED = 4,
} ShareRecordState;
const char *share_record_state_name(ShareRecordState state); /* "Acquired" */

/* Offsets first..last of one in-flight batch that are alike. */
typedef struct ShareRun {
    int64_t first;
    int64_t last;
    int64_t batch; /* first offset of the in-flight batch */
    ShareRecordState state;
    int32_t delivery_count;
    SimTime lock_until;           /* while acquired */
    char member[MEMBER_ID_BYTES]; /* who has it, "" nobody */
} ShareRun;

typedef struct SharePartitionOptions {
    int32_t max_record_locks;     /* group.share.partition.max.record.locks */
    int32_t delivery_count_limit; /* group.share.delivery.count.limit */
    SimDuration lock_ns;          /* group.share.record.lock.duration.ms */
} SharePartitionOptions;

typedef struct ShareAcquired {
    int64_t first;
    int64_t last;
    int32_t delivery_count;
} ShareAcquired;

/* Records, for reports. */
typedef struct ShareCounts {
    int64_t acquired;
    int64_t redelivered; /* acquired with a delivery count above 1: a session that ends takes the
                            deliveries back of what it held */
    int64_t accepted;
    int64_t archived;  /* rejected, spent, aborted, deleted, or offsets without a record */
    int64_t rejected;  /* by the application */
    int64_t spent;     /* delivered as often as the limit allows, in vain */
    int64_t timed_out; /* locks */
    int64_t spent_at;  /* offset of the last such record */
} ShareCounts;

typedef struct SharePartition {
    const SharePartitionOptions *options;
    int64_t start_offset; /* SPSO */
    int64_t next_new;     /* first offset that was never acquired: the end offset + 1 */
    GArray *runs;         /* of ShareRun by offset, from the SPSO's batch on */
    ShareCounts counts;
} SharePartition;

SharePartition *share_partition_new(const SharePartitionOptions *options, int64_t start_offset);
void share_partition_free(SharePartition *self);

/* Where the next fetch reads: the first available record, else behind all. */
int64_t share_partition_next_fetch_offset(const SharePartition *self);
bool share_partition_can_acquire(const SharePartition *self);
/* Acquires what was read there, about `max_records` (whole batches). Appends ShareAcquired to
 * `into`; returns how many records. */
int64_t share_partition_acquire(SharePartition *self,
                                const char *member,
                                int64_t max_records,
                                const RecordBatch *batches,
                                int32_t count,
                                SimTime now,
                                GArray *into);
/* Of what was just acquired, records first..last are not to be delivered: they were aborted. */
void share_partition_archive(SharePartition *self, int64_t first, int64_t last);
/* One member acknowledges ranges: all of them or, with an error, none. */
KafkaError share_partition_acknowledge(SharePartition *self,
                                       const char *member,
                                       const ShareItem *items,
                                       int32_t count);
/* Its share session is over. True when something was released. */
bool share_partition_release(SharePartition *self, const char *member);
/* Locks that are due by now. True when there were any. */
bool share_partition_expire(SharePartition *self, SimTime now);
SimTime share_partition_next_expiry(const SharePartition *self); /* SIM_TIME_MAX none */
/* What has changed is persisted: the SPSO moves. */
void share_partition_settle(SharePartition *self);
/* Records below it are deleted: what nobody holds is archived. */
void share_partition_on_log_start(SharePartition *self, int64_t log_start_offset);
/* As another leader finds it in the persister: acquired records are available. */
SharePartition *share_partition_restore(const SharePartitionOptions *options,
                                        const SharePartition *persisted);
/* "5..9 Acquired by m1 x1, ..." for traces. */
char *share_partition_text(const SharePartition *self);

#endif
