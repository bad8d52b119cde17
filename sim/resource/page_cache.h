/* page_cache.h - a host's memory between its processes and its disk.
 *
 *     append --> dirty (in memory only) --write-back or fsync--> clean (on disk too) --LRU-->
 * evicted
 *
 * A file is a run of bytes that grows at its end (a log). Reads near the tail find their pages
 * here; older ones miss and must come from the disk. Pages are kept by chunks of 1 MiB, the least
 * recently used clean chunk goes first. Dirty bytes are written back when they are 30 s old
 * (vm.dirty_expire_centisecs), looked for every 5 s (vm.dirty_writeback_centisecs), or when more
 * than a tenth of the memory is dirty (vm.dirty_background_ratio).
 *
 * A process's death loses nothing of this. A power cut loses each file's dirty end, and all that
 * was cached.
 *
 * Leaves out: readahead, writers that are slowed down at vm.dirty_ratio, memory that processes
 * take from the cache, write-back of parts of a file (a file is written as a whole, in order).
 * Mirrors: Linux mm/page-writeback.c and mm/filemap.c. */
#ifndef KAFKASIM_SIM_RESOURCE_PAGE_CACHE_H
#define KAFKASIM_SIM_RESOURCE_PAGE_CACHE_H
#include "sim/resource/disk.h"

typedef struct PageCache PageCache;
/* Names a file on the host; 0 is none. Deleted files' ids are used again. */
typedef uint32_t FileId;

#define PAGE_CACHE_CHUNK_BYTES ((int64_t)1 << 20)

/* capacity 0: as much as is asked for. */
PageCache *page_cache_new(Sim *sim, Disk *disk, int64_t capacity_bytes);
void page_cache_free(PageCache *self);

/* A new empty file, durable at once. */
FileId page_cache_create(PageCache *self);
void page_cache_delete(PageCache *self, FileId file);
/* Bytes at the end, dirty. */
void page_cache_append(PageCache *self, FileId file, int64_t bytes);
/* Cuts the end off; what is cut need not be written any more. */
void page_cache_truncate(PageCache *self, FileId file, int64_t length);
/* What lies before is never asked for again (retention): its memory is free. */
void page_cache_forget_before(PageCache *self, FileId file, int64_t offset);
int64_t page_cache_length(const PageCache *self, FileId file);

/* Reads [offset, offset + bytes) as far as the file goes; returns how many of them were not
 * cached and must be read from the disk (disk_read by the caller). They are cached from now on. */
int64_t page_cache_read(PageCache *self, FileId file, int64_t offset, int64_t bytes);

/* Writes what is dirty and flushes; then self's on_done(kind, data). What was appended before
 * this call is durable then. */
void page_cache_fsync(Actor *self, PageCache *cache, FileId file, uint16_t kind, void *data);

/* All of the file is on the disk now: its writer has waited for that itself (disk_write,
 * disk_fsync). */
void page_cache_settle(PageCache *self, FileId file);

/* Bytes from the file's start that a power cut would leave. */
int64_t page_cache_durable_bytes(const PageCache *self, FileId file);
/* Each file ends at its durable length now; nothing is cached. Write-back stops. */
void page_cache_power_cut(PageCache *self);

/* Appended and not yet on the disk, of all files. */
int64_t page_cache_dirty_bytes(const PageCache *self);
int64_t page_cache_capacity_bytes(const PageCache *self); /* 0: no limit */
int64_t page_cache_cached_bytes(const PageCache *self);
uint64_t page_cache_hit_bytes(const PageCache *self);
uint64_t page_cache_missed_bytes(const PageCache *self);

#endif
