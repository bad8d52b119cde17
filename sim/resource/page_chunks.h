/* page_chunks.h - which stretches of which files are in memory, least recently used last. The
 * page cache's own.
 *
 * One chunk stands for up to 1 MiB of a file and holds one cached stretch of it. */
#ifndef KAFKASIM_SIM_RESOURCE_PAGE_CHUNKS_H
#define KAFKASIM_SIM_RESOURCE_PAGE_CHUNKS_H
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Index + 1 of a chunk; 0 none. */
typedef uint32_t ChunkId;

typedef struct PageChunk {
    uint32_t file;
    int64_t from; /* the cached stretch [from, to), offsets of the file */
    int64_t to;
    ChunkId newer;
    ChunkId older;
} PageChunk;

typedef struct PageChunks {
    GArray *all; /* PageChunk; free ones are linked through `older` */
    ChunkId newest;
    ChunkId oldest;
    ChunkId free;
    int64_t cached_bytes;
} PageChunks;

void page_chunks_init(PageChunks *self);
void page_chunks_clear(PageChunks *self);
/* Borrowed until the next page_chunks_new. */
PageChunk *page_chunks_at(const PageChunks *self, ChunkId id);
/* A new one, the most recently used, with nothing cached yet. */
ChunkId page_chunks_new(PageChunks *self, uint32_t file, int64_t at);
void page_chunks_drop(PageChunks *self, ChunkId id);
void page_chunks_touch(PageChunks *self, ChunkId id);
/* Caches [from, to) of this chunk. What touches neither end of the cached stretch replaces it,
 * unless `keeps` says that the old one must stay (it is dirty). Returns the bytes that were
 * cached before. */
int64_t page_chunks_cover(PageChunks *self, ChunkId id, int64_t from, int64_t to, bool keeps);
/* Nothing of [at, ...) is cached any more. */
void page_chunks_cut(PageChunks *self, ChunkId id, int64_t at);

#endif
