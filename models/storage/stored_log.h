/* stored_log.h - a replica's log as a file on its broker's disk.
 *
 * The RecordLog knows what stands in the log, this knows where it stands: in which log directory,
 * how far it is flushed, what the cleaner has done. One "file" of the host's page cache stands for
 * all segments of a log; a position in it is RecordLog's position. Cleaned segments shrink without
 * moving the positions of later ones.
 *
 * Mirrors: what UnifiedLog and LogManager keep of a log beside its segments. */
#ifndef KAFKASIM_MODELS_STORAGE_STORED_LOG_H
#define KAFKASIM_MODELS_STORAGE_STORED_LOG_H
#include "models/log/record_log.h"
#include "sim/resource/page_cache.h"

struct LogManager;

/* What the storage asks its actor to do later: timers and disk work carry one. */
typedef struct StorageTask {
    void (*run)(void *data);
    void *data;
} StorageTask;

typedef struct StoredLog {
    struct LogManager *manager;
    RecordLog *log;
    void *replica; /* the broker's own */
    int32_t partition;
    int32_t topic;
    int32_t dir;
    bool offline;        /* its directory failed */
    bool keeps_all;      /* batches carry content that is read back one by one: merged only
                          * when that is kept elsewhere */
    bool copying;        /* to remote storage, or waits for it */
    FileId file;         /* 0: nothing was ever written */
    int64_t file_start;  /* position below which the file is deleted */
    int64_t active_base; /* of the segment that took the last append */
    SimTime flushed_at;
    int64_t flushing_to; /* offset, while an fsync is under way; -1 none */
    bool flush_again;
    StorageTask flush_task;
    int64_t counted_bytes; /* of the log, in the manager's sum */
    int64_t cleaned_to;    /* the cleaner's checkpoint: first dirty offset; -1 never cleaned */
} StoredLog;

#endif
