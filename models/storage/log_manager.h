/* log_manager.h - the logs of one broker and what happens to them beside being written and read.
 *
 *   append -> page cache -> (30 s old, or too much is dirty) -> disk
 *   roll   -> fsync of what was closed, asynchronously -> recovery point
 *   every log.retention.check.interval.ms (first after log.initial.task.delay.ms): retention
 *
 * A process that dies loses nothing of this; a power cut loses of each log what is not on the disk
 * (log_manager_lose_power). After an unclean stop every segment from the recovery point on is read
 * again. A log directory that fails takes its replicas offline; the first one holds the metadata
 * log (not before KRaft), and a broker without it, or without any, halts (server.md 2.9).
 *
 * A log that is long gets its oldest batches merged (record_log.h): all but the last 2048 below
 * the high watermark.
 *
 * Leaves out: recovery-point and log-start checkpoints lag by up to 60 s in Kafka, here they are
 * always fresh; all directories of a broker are on its host's one disk; moving a replica between
 * directories; preallocation.
 *
 * Mirrors: LogManager, LogDirFailureChannel, UnifiedLog.flush, .deleteOldSegments. */
#ifndef KAFKASIM_MODELS_STORAGE_LOG_MANAGER_H
#define KAFKASIM_MODELS_STORAGE_LOG_MANAGER_H
#include "models/log/key_model.h"
#include "models/log/remote_log.h"
#include "models/protocol/metadata.h"
#include "models/spec/profile.h"
#include "models/storage/stored_log.h"

typedef struct LogManager LogManager;

/* What the manager needs of its broker; borrowed. */
typedef struct LogManagerHost {
    void *owner;
    Actor *actor;
    const KafkaConfig *config;
    const HardwareProfile *profile;
    const MetadataLog *metadata;
    int32_t log_dirs;     /* how many; 0: as log.dirs lists */
    bool no_metadata_log; /* ZooKeeper mode */
    uint16_t timer_kind;  /* timers of this kind go to log_manager_run(timer->owner) */
    uint16_t done_kind;   /* and work of this kind to log_manager_run(data) */
    int64_t (*high_watermark)(void *owner, const void *replica);
    /* The log is about to lose batches below new_start, or to merge them. */
    void (*before_forgetting)(void *owner, void *replica, int64_t new_start);
    void (*log_start_moved)(void *owner, void *replica);
    bool (*leads)(void *owner, const void *replica);
    RemoteStorage *remote; /* NULL: there is none */
    /* A remote read is over, or waited for too long. */
    void (*remote_read)(void *owner, void *data, bool in_time);
    /* How keys are drawn in a topic; false: not known. May be NULL, so may the next. */
    bool (*key_model)(void *owner, int32_t topic, KeyModel *ret_keys);
    /* Of a log whose batches are known one by one (keeps_all): drops those below `end` that later
     * ones below `end` supersede. Returns the bytes that went. */
    int64_t (*drop_superseded)(void *owner, void *replica, int64_t end);
    /* Of the same: what batches below `end` hold is kept elsewhere from now on, and they may be
     * merged. False: they may not. May be NULL. */
    bool (*settle)(void *owner, void *replica, int64_t end);
    /* What later records below `end` supersede is gone. May be NULL. */
    void (*cleaned)(void *owner, void *replica, int64_t end);
    /* A directory failed; its logs are offline from now on. */
    void (*dir_failed)(void *owner, int32_t dir);
    void (*halt)(void *owner, const char *why); /* the process ends at once */
} LogManagerHost;

LogManager *log_manager_new(const LogManagerHost *host);
void log_manager_free(LogManager *self);
/* The process is up: periodic tasks begin. */
void log_manager_start(LogManager *self);
/* The process died: its tasks are gone, its files are not. */
void log_manager_reset(LogManager *self);
/* A timer or finished work came back. */
void log_manager_run(StorageTask *task);

/* A replica's log takes its place in a directory and gets its options as of `offset`. */
StoredLog *
log_manager_add(LogManager *self, RecordLog *log, int32_t partition, void *replica, int64_t offset);
/* The replica is deleted: its files go after file.delete.delay.ms. */
void log_manager_remove(LogManager *self, StoredLog *stored);
/* The topic's options changed as of `offset` of the metadata. */
void log_manager_on_topic_config(LogManager *self, int32_t topic, int64_t offset);

/* ---- writing and reading */

/* So much is dirty that writers have to wait (vm.dirty_ratio). */
bool log_manager_is_throttled(const LogManager *self);
/* May be written to? KAFKA_STORAGE_ERROR when its directory is offline, or fails now because the
 * disk is full. */
KafkaError log_manager_check(StoredLog *stored);
/* Batches were appended to the log, so many bytes in all. */
void log_manager_appended(StoredLog *stored, int64_t bytes);
/* The log was truncated. (If nobody says so it is found at the next append.) */
void log_manager_truncated(StoredLog *stored);
/* Reads so many bytes from offset on; returns how many must come from the disk. */
int64_t log_manager_read(StoredLog *stored, int64_t offset, int64_t bytes);
/* The log start moved up on the leader, or by DeleteRecords. */
void log_manager_advance_start(StoredLog *stored, int64_t offset);
/* Appending so many records now would call for an fsync first (flush.messages): how many bytes
 * must be written for it; 0: none needed. */
int64_t log_manager_flush_due(const StoredLog *stored, int64_t records, int64_t bytes);
/* Does any topic here have flush.messages? */
bool log_manager_flushes(const LogManager *self);
/* Whether some topic here keeps batches in another codec than its producers'. */
bool log_manager_recompresses(const LogManager *self);
/* That fsync was waited for, and the batch appended. */
void log_manager_flushed(StoredLog *stored);

/* ---- tiered storage */

bool log_manager_is_tiered(const StoredLog *stored);
/* Where its segments on this disk begin; the log start unless it is tiered. */
int64_t log_manager_local_start(const StoredLog *stored);
/* Is the offset in the log, but below that? */
bool log_manager_is_remote(const StoredLog *stored, int64_t offset);
/* As remote_log_read; costs nothing by itself. */
int64_t
log_manager_read_remote(const StoredLog *stored, int64_t offset, int64_t limit, GArray *into);
/* The first offset that was created at or after `time`, here or there; -1 none. Takes no time. */
int64_t log_manager_offset_for_time(const StoredLog *stored, SimTime time);
/* A reader thread fetches so many bytes; remote_read(data) follows. */
void log_manager_fetch_remote(LogManager *self, int64_t bytes, void *data);
/* A follower begins anew behind what is remote, with the epochs of before. */
void log_manager_start_after_remote(StoredLog *stored, int64_t local_start, int64_t log_start);

/* ---- starts and stops */

/* How long the logs take to be loaded after an unclean stop. Recovery points stay where they are:
 * what was read again is not flushed by that, and a second crash has all of it read once more. */
SimDuration log_manager_recovery_time(const LogManager *self);
int64_t log_manager_bytes_to_recover(const LogManager *self);
/* Clean shutdown: flushes all, then runs `done`. */
void log_manager_close(LogManager *self, StorageTask done);
/* All logs are on the disk: each directory that is online gets its clean-shutdown file. */
void log_manager_write_clean_shutdown(LogManager *self, int64_t broker_epoch);
/* What those files say; -1 unless every directory is there and has one, all of one epoch. */
int64_t log_manager_clean_shutdown_epoch(const LogManager *self);
bool log_manager_was_closed(const StoredLog *stored); /* its directory has one */
/* The logs are loaded: whoever dies from here on did not stop cleanly. */
void log_manager_remove_clean_shutdown(LogManager *self);
/* The power of the host goes: logs end where the disk's copy does. Returns records lost. */
int64_t log_manager_lose_power(LogManager *self);

/* ---- directories */

int32_t log_manager_dir_count(const LogManager *self);
bool log_manager_dir_is_offline(const LogManager *self, int32_t dir);
/* Why a process cannot go on with what is online; NULL: it can. */
const char *log_manager_unusable(const LogManager *self);
/* No log is offline, and none is remote in part: who asks this need not ask each of them. */
bool log_manager_is_plain(const LogManager *self);
/* An I/O error: offline until the process starts again. */
void log_manager_fail_dir(LogManager *self, int32_t dir);
/* Its disk is dead: offline from now on, whether the process runs or not. */
void log_manager_break_dir(LogManager *self, int32_t dir);
/* A new, empty disk takes the place of a failed one: used from the next start on. */
void log_manager_replace_dir(LogManager *self, int32_t dir);
/* The metadata log is written to: an error when its directory is full. */
void log_manager_check_metadata(LogManager *self);
void log_manager_set_full(LogManager *self, int32_t dir, bool full);
/* The host's wall clock is so far ahead (negative: behind). */
void log_manager_set_clock(LogManager *self, SimDuration skew_ns);
/* Bytes of logs on the disk, those of deleted segments included until their files go. */
int64_t log_manager_bytes(const LogManager *self);

#endif
