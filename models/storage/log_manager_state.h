/* log_manager_state.h - a LogManager's insides, shared by the files of this folder only. */
#ifndef KAFKASIM_MODELS_STORAGE_LOG_MANAGER_STATE_H
#define KAFKASIM_MODELS_STORAGE_LOG_MANAGER_STATE_H
#include "models/storage/log_manager.h"
#include "sim/resource/host.h"
#include "sim/resource/server.h"

typedef struct LogCleaner LogCleaner;

typedef struct LogDir {
    bool offline; /* for the running process */
    bool broken;  /* the disk is dead: offline at every start */
    bool full;    /* every write is an error */
    int32_t logs;
    int64_t clean_epoch; /* of its clean-shutdown file: the broker's epoch; -1: there is none */
} LogDir;

/* Files that wait for file.delete.delay.ms. */
typedef struct Doomed {
    SimTime due;
    int64_t bytes;
} Doomed;

/* A thread that copies one partition's segments to remote storage. */
typedef struct RemoteCopy {
    StoredLog *log; /* NULL: idle */
    int64_t base_offset;
    Timer timer;
    StorageTask task;
} RemoteCopy;

struct LogManager {
    LogManagerHost host;
    GPtrArray *logs;      /* StoredLog*, owned, in order of creation */
    GPtrArray *written;   /* StoredLog*, those that were ever appended to, in that order */
    GPtrArray *options;   /* LogOptions* by topic, owned */
    int32_t metadata_dir; /* of metadata.log.dir; -1 = none of these */
    GArray *dirs;         /* LogDir */
    GArray *doomed;       /* Doomed, ascending */
    int64_t log_bytes;    /* of all segments */
    int64_t doomed_bytes;
    bool running;
    bool recompresses;         /* some topic has a compression.type of its own */
    bool flushes;              /* some topic has flush.messages */
    bool tiers;                /* some topic has, or had, remote.storage.enable */
    bool any_offline;          /* a directory is */
    SimDuration clock_skew_ns; /* of the host's wall clock */
    SimDuration check_interval_ns;
    SimDuration initial_delay_ns;
    SimDuration flush_check_ns;
    int64_t recovery_threads;
    Timer retention;
    StorageTask retention_task;
    Timer deletion;
    StorageTask deletion_task;
    Timer flusher;
    StorageTask flusher_task;
    /* closing */
    guint closing_at;
    StorageTask close_task;
    StorageTask closed;
    Stream stream;
    LogCleaner *cleaner;
    /* tiered storage */
    SimDuration remote_interval_ns;
    SimDuration remote_wait_ns;
    int32_t copy_threads;
    RemoteCopy *copies;
    GPtrArray *copy_queue;   /* StoredLog* */
    GPtrArray *remote_reads; /* RemoteRead*, owned */
    Server remote_readers;
    Timer remote_task_timer;
    StorageTask remote_task;
    Stream remote_stream;
};

PageCache *log_manager_cache(const LogManager *self);
Disk *log_manager_disk(const LogManager *self);
/* Closed segments, or all up to the end, go to the disk; the recovery point follows. */
void log_manager_flush(StoredLog *stored, int64_t up_to);
/* Deletes the first `count` segments. */
void log_manager_delete_segments(StoredLog *stored, int32_t count, const char *why);
/* The log's size changed. */
void log_manager_count_bytes(StoredLog *stored);
/* So many bytes of files are to be removed after the topic's delay. */
void log_manager_doom(LogManager *self, const LogOptions *options, int64_t bytes);

/* topic_log_options.c */
LogOptions topic_log_options(const KafkaConfig *broker, const KafkaConfig *topic, bool internal);

/* log_dirs.c: after any change of who is offline */
void log_dirs_note_offline(LogManager *self);

/* log_flush.c */
void log_flush_init(LogManager *self);
/* log_retention.c */
void log_retention_init(LogManager *self);
/* Deletes what the log's retention gives up now. */
void log_retention_check(StoredLog *stored, SimTime now);

/* remote_log_manager.c */
void remote_log_manager_init(LogManager *self);
void remote_log_manager_start(LogManager *self);
void remote_log_manager_reset(LogManager *self);
void remote_log_manager_disable(LogManager *self, int32_t topic);
void remote_log_manager_free(LogManager *self);

/* log_cleaner.c */
LogCleaner *log_cleaner_new(LogManager *manager);
void log_cleaner_free(LogCleaner *self);
void log_cleaner_reset(LogCleaner *self);
/* A compacted log has new data. */
void log_cleaner_on_append(LogCleaner *self);

/* What the host takes the time to be: ages of records are judged by it, pauses are not. */
static inline SimTime log_manager_wall_clock(const LogManager *self)
{
    return sim_now(self->host.actor->sim) + self->clock_skew_ns;
}

#endif
