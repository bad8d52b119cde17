/* log_dirs.c - log directories that fail (JBOD, KIP-112, KIP-858; server.md 2.9).
 *
 *   online --I/O error--> offline --new disk, next start--> online
 *
 * One directory holds the metadata log as well (metadata.log.dir, else the first of log.dirs), if
 * there is such a log: not before KRaft. Each one that was online at a clean stop has a
 * clean-shutdown file until its logs are loaded again; a new disk has none.
 * Mirrors: LogManager.handleLogDirFailure, .readBrokerEpochFromCleanShutdownFiles,
 * LogDirFailureChannel, CleanShutdownFileHandler. */
#include "models/storage/log_manager_state.h"

int32_t log_manager_dir_count(const LogManager *self)
{
    return (int32_t)self->dirs->len;
}

bool log_manager_dir_is_offline(const LogManager *self, int32_t dir)
{
    return g_array_index(self->dirs, LogDir, dir).offline;
}

static int32_t online_dirs(const LogManager *self)
{
    int32_t count = 0;
    for (guint i = 0; i < self->dirs->len; i++) {
        count += !g_array_index(self->dirs, LogDir, i).offline;
    }
    return count;
}

void log_dirs_note_offline(LogManager *self)
{
    self->any_offline = online_dirs(self) < log_manager_dir_count(self);
}

bool log_manager_is_plain(const LogManager *self)
{
    return !self->any_offline && !self->tiers;
}

static void take_offline(LogManager *self, int32_t dir)
{
    g_array_index(self->dirs, LogDir, dir).offline = true;
    log_dirs_note_offline(self);
    for (guint i = 0; i < self->logs->len; i++) {
        StoredLog *stored = self->logs->pdata[i];
        stored->offline = stored->offline || stored->dir == dir;
    }
}

const char *log_manager_unusable(const LogManager *self)
{
    bool holds_metadata = !self->host.no_metadata_log && self->metadata_dir >= 0;
    if (holds_metadata && log_manager_dir_is_offline(self, self->metadata_dir)) {
        return "the directory of the metadata log is offline";
    }
    return online_dirs(self) == 0 ? "all log directories are offline" : NULL;
}

void log_manager_fail_dir(LogManager *self, int32_t dir)
{
    if (log_manager_dir_is_offline(self, dir)) {
        return;
    }
    take_offline(self, dir);
    actor_log(self->host.actor, "log directory offline", "directory %d", dir);
    const char *why = log_manager_unusable(self);
    if (why != NULL) {
        self->host.halt(self->host.owner, why);
    } else {
        self->host.dir_failed(self->host.owner, dir);
    }
}

void log_manager_break_dir(LogManager *self, int32_t dir)
{
    g_array_index(self->dirs, LogDir, dir).broken = true;
    if (self->running) {
        log_manager_fail_dir(self, dir);
    } else {
        take_offline(self, dir);
    }
}

void log_manager_replace_dir(LogManager *self, int32_t dir)
{
    LogDir *entry = &g_array_index(self->dirs, LogDir, dir);
    if (!entry->broken) {
        return;
    }
    entry->broken = false;
    entry->clean_epoch = -1;
    entry->offline = self->running && entry->offline;
    log_dirs_note_offline(self);
    for (guint i = 0; i < self->logs->len; i++) {
        StoredLog *stored = self->logs->pdata[i];
        if (stored->dir == dir) {
            stored->offline = entry->offline;
            record_log_truncate_fully(stored->log, 0);
            log_manager_truncated(stored);
        }
    }
}

void log_manager_set_full(LogManager *self, int32_t dir, bool full)
{
    g_array_index(self->dirs, LogDir, dir).full = full;
}

/* ---- the clean-shutdown files */

void log_manager_write_clean_shutdown(LogManager *self, int64_t broker_epoch)
{
    for (guint i = 0; i < self->dirs->len; i++) {
        LogDir *dir = &g_array_index(self->dirs, LogDir, i);
        dir->clean_epoch = dir->offline ? dir->clean_epoch : broker_epoch;
    }
}

/* One that is missing, or of another epoch, and the broker did not stop cleanly: its replicas lose
 * their eligibility, for what they held may be gone. */
int64_t log_manager_clean_shutdown_epoch(const LogManager *self)
{
    int64_t epoch = g_array_index(self->dirs, LogDir, 0).clean_epoch;
    for (guint i = 0; i < self->dirs->len; i++) {
        const LogDir *dir = &g_array_index(self->dirs, LogDir, i);
        if (dir->offline || dir->clean_epoch != epoch) {
            return -1;
        }
    }
    return epoch;
}

bool log_manager_was_closed(const StoredLog *stored)
{
    return g_array_index(stored->manager->dirs, LogDir, stored->dir).clean_epoch >= 0;
}

void log_manager_remove_clean_shutdown(LogManager *self)
{
    for (guint i = 0; i < self->dirs->len; i++) {
        LogDir *dir = &g_array_index(self->dirs, LogDir, i);
        dir->clean_epoch = dir->offline ? dir->clean_epoch : -1;
    }
}
