/* page_chunks.c - see page_chunks.h. */
#include "sim/resource/page_chunks.h"

void page_chunks_init(PageChunks *self)
{
    *self = (PageChunks){.all = g_array_new(FALSE, TRUE, sizeof(PageChunk))};
}

void page_chunks_clear(PageChunks *self)
{
    g_array_free(self->all, TRUE);
}

PageChunk *page_chunks_at(const PageChunks *self, ChunkId id)
{
    return &g_array_index(self->all, PageChunk, id - 1);
}

static void chunk_link(PageChunks *self, ChunkId id)
{
    PageChunk *chunk = page_chunks_at(self, id);
    chunk->newer = 0;
    chunk->older = self->newest;
    if (self->newest != 0) {
        page_chunks_at(self, self->newest)->newer = id;
    } else {
        self->oldest = id;
    }
    self->newest = id;
}

static void chunk_unlink(PageChunks *self, ChunkId id)
{
    const PageChunk *chunk = page_chunks_at(self, id);
    if (chunk->newer != 0) {
        page_chunks_at(self, chunk->newer)->older = chunk->older;
    } else {
        self->newest = chunk->older;
    }
    if (chunk->older != 0) {
        page_chunks_at(self, chunk->older)->newer = chunk->newer;
    } else {
        self->oldest = chunk->newer;
    }
}

ChunkId page_chunks_new(PageChunks *self, uint32_t file, int64_t at)
{
    ChunkId id = self->free;
    if (id != 0) {
        self->free = page_chunks_at(self, id)->older;
    } else {
        g_array_set_size(self->all, self->all->len + 1);
        id = self->all->len;
    }
    *page_chunks_at(self, id) = (PageChunk){.file = file, .from = at, .to = at};
    chunk_link(self, id);
    return id;
}

void page_chunks_drop(PageChunks *self, ChunkId id)
{
    PageChunk *chunk = page_chunks_at(self, id);
    chunk_unlink(self, id);
    self->cached_bytes -= chunk->to - chunk->from;
    chunk->older = self->free;
    self->free = id;
}

void page_chunks_touch(PageChunks *self, ChunkId id)
{
    if (self->newest != id) {
        chunk_unlink(self, id);
        chunk_link(self, id);
    }
}

int64_t page_chunks_cover(PageChunks *self, ChunkId id, int64_t from, int64_t to, bool keeps)
{
    PageChunk *chunk = page_chunks_at(self, id);
    const int64_t overlap = MAX(MIN(to, chunk->to) - MAX(from, chunk->from), 0);
    const bool touches = from <= chunk->to && to >= chunk->from;
    if (!touches && keeps) {
        return 0;
    }
    self->cached_bytes -= chunk->to - chunk->from;
    chunk->from = touches ? MIN(from, chunk->from) : from;
    chunk->to = touches ? MAX(to, chunk->to) : to;
    self->cached_bytes += chunk->to - chunk->from;
    return overlap;
}

void page_chunks_cut(PageChunks *self, ChunkId id, int64_t at)
{
    PageChunk *chunk = page_chunks_at(self, id);
    self->cached_bytes -= chunk->to - chunk->from;
    chunk->to = MIN(chunk->to, at);
    chunk->from = MIN(chunk->from, chunk->to);
    self->cached_bytes += chunk->to - chunk->from;
}
