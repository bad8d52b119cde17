/* page_cache.c - files, what of them is dirty, and the flusher; see page_cache.h.
 *
 * Of each file: 0 <= durable <= submitted <= length. What lies past `submitted` is dirty and the
 * file stands in the list of dirty files, oldest first; what lies between durable and submitted
 * is on its way to the disk. The flusher writes one piece at a time, so that reads and fsyncs of
 * others come in between. */
#include "sim/resource/page_cache.h"
#include "sim/resource/page_chunks.h"

#define DIRTY_EXPIRE_NS     SIM_SEC(30)
#define WRITEBACK_PERIOD_NS SIM_SEC(5)
#define WRITEBACK_PIECE     ((int64_t)4 << 20)
#define BACKGROUND_SHARE    10 /* a tenth of the memory */
#define EVICTION_TRIES      64 /* dirty chunks met before eviction gives up for now */

typedef struct File {
    bool in_use;
    uint32_t epoch; /* of its writes: those of an earlier one no longer count */
    int64_t start;
    int64_t durable;
    int64_t submitted;
    int64_t length;
    int64_t flush_to; /* was dirty when it expired */
    SimTime dirty_since;
    FileId next_dirty;
    FileId previous_dirty;
    int64_t first_chunk; /* number of the first in `chunks` */
    GArray *chunks;      /* ChunkId */
} File;

struct PageCache {
    Sim *sim;
    Disk *disk;
    uint32_t target;
    int64_t capacity_bytes;
    GPtrArray *files; /* File*, owned, by id - 1 */
    GArray *free_ids;
    PageChunks chunks;
    FileId oldest_dirty;
    FileId newest_dirty;
    int64_t unsubmitted_bytes;
    int64_t dirty_bytes; /* appended and not durable, of all files */
    EventHandle tick;    /* of the flusher, while anything is dirty */
    bool is_flushing;
    uint64_t hit_bytes;
    uint64_t missed_bytes;
};

static File *file_at(const PageCache *self, FileId id)
{
    SIM_ASSERT(self->sim, id >= 1 && id <= self->files->len);
    File *file = g_ptr_array_index(self->files, id - 1);
    SIM_ASSERT(self->sim, file->in_use);
    return file;
}

/* The list of dirty files. */

static void dirty_remove(PageCache *self, FileId id)
{
    File *file = file_at(self, id);
    if (file->next_dirty != 0) {
        file_at(self, file->next_dirty)->previous_dirty = file->previous_dirty;
    } else {
        self->newest_dirty = file->previous_dirty;
    }
    if (file->previous_dirty != 0) {
        file_at(self, file->previous_dirty)->next_dirty = file->next_dirty;
    } else {
        self->oldest_dirty = file->next_dirty;
    }
}

static void dirty_add(PageCache *self, FileId id)
{
    File *file = file_at(self, id);
    file->dirty_since = sim_now(self->sim);
    file->next_dirty = 0;
    file->previous_dirty = self->newest_dirty;
    if (self->newest_dirty != 0) {
        file_at(self, self->newest_dirty)->next_dirty = id;
    } else {
        self->oldest_dirty = id;
    }
    self->newest_dirty = id;
}

static void file_set_durable(PageCache *self, File *file, int64_t durable)
{
    self->dirty_bytes -= durable - file->durable;
    file->durable = durable;
}

/* Sets both ends of what is dirty, and keeps list and sums right. */
static void file_set_dirty(PageCache *self, FileId id, int64_t submitted, int64_t length)
{
    File *file = file_at(self, id);
    const bool was_dirty = file->length > file->submitted;
    self->unsubmitted_bytes += (length - submitted) - (file->length - file->submitted);
    self->dirty_bytes += length - file->length;
    file->submitted = submitted;
    file->length = length;
    if (was_dirty && length == submitted) {
        dirty_remove(self, id);
    } else if (!was_dirty && length > submitted) {
        dirty_add(self, id);
    }
}

/* The flusher. */

static void flusher_step(PageCache *self);

static void write_finished(void *watcher, uint64_t argument, int64_t bytes)
{
    PageCache *self = watcher;
    const FileId id = (FileId)(argument >> 32);
    File *file = g_ptr_array_index(self->files, id - 1);
    if (file->epoch == (uint32_t)argument) {
        file_set_durable(self, file, file->durable + bytes);
    }
}

static void piece_finished(void *watcher, uint64_t argument, int64_t bytes)
{
    PageCache *self = watcher;
    write_finished(watcher, argument, bytes);
    self->is_flushing = false;
    flusher_step(self);
}

static void file_write(PageCache *self, FileId id, int64_t bytes, DiskWatcher finished)
{
    File *file = file_at(self, id);
    file_set_dirty(self, id, file->submitted + bytes, file->length);
    disk_submit(self->disk, DISK_WRITE, bytes, finished, self, (uint64_t)id << 32 | file->epoch);
}

static bool is_over_background(const PageCache *self)
{
    return self->capacity_bytes > 0 &&
           self->unsubmitted_bytes > self->capacity_bytes / BACKGROUND_SHARE;
}

static void flusher_step(PageCache *self)
{
    const FileId id = self->oldest_dirty;
    if (self->is_flushing || id == 0) {
        return;
    }
    File *file = file_at(self, id);
    const int64_t until = is_over_background(self) ? file->length : file->flush_to;
    if (until <= file->submitted) {
        return;
    }
    self->is_flushing = true;
    file_write(self, id, MIN(WRITEBACK_PIECE, until - file->submitted), piece_finished);
    if (file->length > file->submitted && file->submitted >= file->flush_to) {
        dirty_remove(self, id); /* what came later is young */
        dirty_add(self, id);
    }
}

static void flusher_arm(PageCache *self)
{
    if (self->tick == 0 && self->oldest_dirty != 0) {
        Kernel *kernel = self->sim->kernel;
        self->tick = kernel_schedule(
            kernel, kernel_now(kernel) + WRITEBACK_PERIOD_NS, self->target, 0, 0, NULL);
    }
}

static void flusher_on_tick(Kernel *kernel, void *cache, SimTime now, KernelEvent event)
{
    (void)event;
    (void)kernel;
    PageCache *self = cache;
    self->tick = 0;
    for (FileId id = self->oldest_dirty; id != 0; id = file_at(self, id)->next_dirty) {
        File *file = file_at(self, id);
        if (now - file->dirty_since < DIRTY_EXPIRE_NS) {
            break; /* the rest is younger */
        }
        file->flush_to = file->length;
    }
    flusher_step(self);
    flusher_arm(self);
}

/* Chunks. */

static ChunkId *chunk_slot(File *file, int64_t offset)
{
    const int64_t index = offset / PAGE_CACHE_CHUNK_BYTES - file->first_chunk;
    if (index >= file->chunks->len) {
        g_array_set_size(file->chunks, (guint)index + 1);
    }
    return &g_array_index(file->chunks, ChunkId, index);
}

static void chunk_release(PageCache *self, ChunkId *slot)
{
    if (*slot != 0) {
        page_chunks_drop(&self->chunks, *slot);
        *slot = 0;
    }
}

/* The least recently used clean chunks go until the rest fits. A dirty one is passed over once
 * more; the flusher is at it. */
static void evict(PageCache *self)
{
    PageChunks *chunks = &self->chunks;
    for (uint32_t tries = 0; self->capacity_bytes > 0 && tries < EVICTION_TRIES;) {
        if (chunks->cached_bytes <= self->capacity_bytes || chunks->oldest == chunks->newest) {
            return;
        }
        const ChunkId id = chunks->oldest;
        const PageChunk *chunk = page_chunks_at(chunks, id);
        File *file = file_at(self, chunk->file);
        if (chunk->to > file->durable) {
            page_chunks_touch(chunks, id);
            tries++;
        } else {
            chunk_release(self, chunk_slot(file, chunk->from));
        }
    }
}

/* Caches [from, to) of a file; returns how much of it was cached already. */
static int64_t cover(PageCache *self, FileId id, int64_t from, int64_t to)
{
    File *file = file_at(self, id);
    int64_t hit = 0;
    while (from < to) {
        const int64_t end = MIN(to, (from / PAGE_CACHE_CHUNK_BYTES + 1) * PAGE_CACHE_CHUNK_BYTES);
        ChunkId *slot = chunk_slot(file, from);
        if (*slot == 0) {
            *slot = page_chunks_new(&self->chunks, id, from);
        }
        const bool dirty = page_chunks_at(&self->chunks, *slot)->to > file->durable;
        hit += page_chunks_cover(&self->chunks, *slot, from, end, dirty);
        page_chunks_touch(&self->chunks, *slot);
        from = end;
    }
    evict(self);
    return hit;
}

static void release_from(PageCache *self, File *file, int64_t offset)
{
    const int64_t first = MAX(offset / PAGE_CACHE_CHUNK_BYTES - file->first_chunk, 0);
    for (int64_t i = first; i < file->chunks->len; i++) {
        ChunkId *slot = &g_array_index(file->chunks, ChunkId, i);
        if (*slot != 0) {
            page_chunks_cut(&self->chunks, *slot, offset);
        }
        if (*slot != 0 && (i + file->first_chunk) * PAGE_CACHE_CHUNK_BYTES >= offset) {
            chunk_release(self, slot);
        }
    }
}

static void release_before(PageCache *self, File *file, int64_t offset)
{
    const int64_t count =
        MIN(offset / PAGE_CACHE_CHUNK_BYTES - file->first_chunk, (int64_t)file->chunks->len);
    for (int64_t i = 0; i < count; i++) {
        chunk_release(self, &g_array_index(file->chunks, ChunkId, i));
    }
    if (count > 0) {
        g_array_remove_range(file->chunks, 0, (guint)count);
    }
    file->first_chunk = MAX(file->first_chunk, offset / PAGE_CACHE_CHUNK_BYTES);
}

/* The whole. */

static void file_free(gpointer data)
{
    File *file = data;
    g_array_free(file->chunks, TRUE);
    g_free(file);
}

PageCache *page_cache_new(Sim *sim, Disk *disk, int64_t capacity_bytes)
{
    PageCache *self = g_new0(PageCache, 1);
    self->sim = sim;
    self->disk = disk;
    self->capacity_bytes = capacity_bytes;
    self->files = g_ptr_array_new_with_free_func(file_free);
    self->free_ids = g_array_new(FALSE, FALSE, sizeof(FileId));
    self->target = kernel_add_target(sim->kernel, flusher_on_tick, self);
    page_chunks_init(&self->chunks);
    return self;
}

void page_cache_free(PageCache *self)
{
    if (self != NULL) {
        g_ptr_array_free(self->files, TRUE);
        g_array_free(self->free_ids, TRUE);
        page_chunks_clear(&self->chunks);
        g_free(self);
    }
}

static FileId file_id_take(PageCache *self)
{
    if (self->free_ids->len > 0) {
        const guint last = self->free_ids->len - 1;
        const FileId id = g_array_index(self->free_ids, FileId, last);
        g_array_set_size(self->free_ids, last);
        return id;
    }
    File *file = g_new0(File, 1);
    file->chunks = g_array_new(FALSE, TRUE, sizeof(ChunkId));
    g_ptr_array_add(self->files, file);
    return self->files->len;
}

FileId page_cache_create(PageCache *self)
{
    const FileId id = file_id_take(self);
    File *file = g_ptr_array_index(self->files, id - 1);
    *file = (File){.in_use = true, .epoch = file->epoch + 1, .chunks = file->chunks};
    return id;
}

/* Writes under way count no longer, nor does anything that is dirty. */
static void file_settle_at(PageCache *self, FileId id, int64_t length)
{
    File *file = file_at(self, id);
    file->epoch++;
    file_set_dirty(self, id, length, length);
    file_set_durable(self, file, length);
    file->flush_to = 0;
}

void page_cache_delete(PageCache *self, FileId id)
{
    File *file = file_at(self, id);
    release_from(self, file, 0);
    file_settle_at(self, id, file->length);
    g_array_set_size(file->chunks, 0);
    file->in_use = false;
    file->epoch++;
    g_array_append_val(self->free_ids, id);
}

void page_cache_append(PageCache *self, FileId id, int64_t bytes)
{
    File *file = file_at(self, id);
    const int64_t from = file->length;
    SIM_ASSERT(self->sim, bytes >= 0);
    file_set_dirty(self, id, file->submitted, from + bytes);
    (void)cover(self, id, from, from + bytes);
    flusher_arm(self);
    if (is_over_background(self)) {
        flusher_step(self);
    }
}

/* Writes under way may hold bytes that are cut and written anew: those that are not durable yet
 * are written again. */
void page_cache_truncate(PageCache *self, FileId id, int64_t length)
{
    File *file = file_at(self, id);
    if (length >= file->length) {
        return;
    }
    SIM_ASSERT(self->sim, length >= file->start);
    file->epoch++;
    file_set_durable(self, file, MIN(file->durable, length));
    file->flush_to = MIN(file->flush_to, length);
    file_set_dirty(self, id, file->durable, length);
    release_from(self, file, length);
    flusher_arm(self);
}

void page_cache_forget_before(PageCache *self, FileId id, int64_t offset)
{
    File *file = file_at(self, id);
    offset = MIN(offset, file->length);
    if (offset <= file->start) {
        return;
    }
    file->start = offset;
    if (offset > file->durable) {
        file->epoch++;
        file_set_durable(self, file, offset);
        file_set_dirty(self, id, offset, file->length);
    }
    release_before(self, file, offset);
    flusher_arm(self);
}

int64_t page_cache_length(const PageCache *self, FileId id)
{
    return file_at(self, id)->length;
}

int64_t page_cache_read(PageCache *self, FileId id, int64_t offset, int64_t bytes)
{
    const File *file = file_at(self, id);
    const int64_t from = MAX(offset, file->start);
    const int64_t to = MIN(offset + bytes, file->length);
    if (from >= to) {
        return 0;
    }
    const int64_t hit = cover(self, id, from, to);
    const int64_t missed = to - from - hit;
    self->hit_bytes += (uint64_t)hit;
    self->missed_bytes += (uint64_t)missed;
    return missed;
}

/* The disk serves in order: when it has flushed, what was written before is there. */
void page_cache_fsync(Actor *self, PageCache *cache, FileId id, uint16_t kind, void *data)
{
    const File *file = file_at(cache, id);
    if (file->length > file->submitted) {
        file_write(cache, id, file->length - file->submitted, write_finished);
    }
    disk_fsync(self, cache->disk, kind, data);
}

void page_cache_settle(PageCache *self, FileId id)
{
    file_settle_at(self, id, file_at(self, id)->length);
}

int64_t page_cache_durable_bytes(const PageCache *self, FileId id)
{
    return file_at(self, id)->durable;
}

void page_cache_power_cut(PageCache *self)
{
    for (guint i = 0; i < self->files->len; i++) {
        File *file = g_ptr_array_index(self->files, i);
        if (file->in_use) {
            release_from(self, file, 0);
            file_settle_at(self, i + 1, file->durable);
        }
    }
    self->is_flushing = false;
    (void)kernel_cancel(self->sim->kernel, self->tick);
    self->tick = 0;
}

int64_t page_cache_dirty_bytes(const PageCache *self)
{
    return self->dirty_bytes;
}

int64_t page_cache_capacity_bytes(const PageCache *self)
{
    return self->capacity_bytes;
}

int64_t page_cache_cached_bytes(const PageCache *self)
{
    return self->chunks.cached_bytes;
}

uint64_t page_cache_hit_bytes(const PageCache *self)
{
    return self->hit_bytes;
}

uint64_t page_cache_missed_bytes(const PageCache *self)
{
    return self->missed_bytes;
}
