/* ledger_batches.c - see ledger_batches.h. */
#include "models/ledger/ledger_batches.h"

#define CHUNK_BATCHES 1024u
#define LEFT_BEHIND   32u /* so few move out of their chunk */

typedef struct BatchChunk {
    uint32_t open;
    LedgerBatch entries[CHUNK_BATCHES];
} BatchChunk;

typedef struct LeftBehind {
    uint32_t id;
    LedgerBatch batch;
} LeftBehind;

void ledger_batches_init(LedgerBatches *self)
{
    self->chunks = g_ptr_array_new();
    self->spare = g_ptr_array_new_with_free_func(g_free);
    self->left_behind = g_array_new(FALSE, FALSE, sizeof(LeftBehind));
    self->count = 0;
    self->open = 0;
}

void ledger_batches_clear(LedgerBatches *self)
{
    for (guint i = 0; i < self->chunks->len; i++) {
        g_free(self->chunks->pdata[i]);
    }
    g_ptr_array_free(self->chunks, TRUE);
    g_ptr_array_free(self->spare, TRUE);
    g_array_free(self->left_behind, TRUE);
}

static BatchChunk *take_chunk(LedgerBatches *self)
{
    if (self->spare->len == 0) {
        return g_new0(BatchChunk, 1);
    }
    BatchChunk *chunk = g_ptr_array_steal_index_fast(self->spare, self->spare->len - 1);
    chunk->open = 0;
    return chunk;
}

uint32_t ledger_batches_add(LedgerBatches *self, const LedgerBatch *batch)
{
    uint32_t at = self->count % CHUNK_BATCHES;
    if (at == 0) {
        g_ptr_array_add(self->chunks, take_chunk(self));
    }
    BatchChunk *chunk = self->chunks->pdata[self->chunks->len - 1];
    chunk->entries[at] = *batch;
    chunk->open++;
    self->open++;
    return ++self->count;
}

/* Index of the first entry left behind whose id is >= id. */
static guint find_left_behind(const LedgerBatches *self, uint32_t id)
{
    guint low = 0;
    guint high = self->left_behind->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (g_array_index(self->left_behind, LeftBehind, middle).id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static LeftBehind *left_behind(const LedgerBatches *self, uint32_t id)
{
    guint at = find_left_behind(self, id);
    if (at == self->left_behind->len) {
        return NULL;
    }
    LeftBehind *found = &g_array_index(self->left_behind, LeftBehind, at);
    return found->id == id ? found : NULL;
}

LedgerBatch *ledger_batches_find(const LedgerBatches *self, uint32_t id)
{
    if (id == 0 || id > self->count) {
        return NULL;
    }
    BatchChunk *chunk = self->chunks->pdata[(id - 1) / CHUNK_BATCHES];
    if (chunk == NULL) {
        LeftBehind *entry = left_behind(self, id);
        return entry != NULL ? &entry->batch : NULL;
    }
    LedgerBatch *batch = &chunk->entries[(id - 1) % CHUNK_BATCHES];
    return batch->fate == FATE_FORGOTTEN ? NULL : batch;
}

/* The last chunk is being filled and stays. */
static void thin_out(LedgerBatches *self, uint32_t index)
{
    BatchChunk *chunk = self->chunks->pdata[index];
    if (chunk->open > LEFT_BEHIND || index + 1 == self->chunks->len) {
        return;
    }
    uint32_t first = index * CHUNK_BATCHES + 1;
    for (uint32_t i = 0; chunk->open > 0 && i < CHUNK_BATCHES; i++) {
        if (chunk->entries[i].fate != FATE_FORGOTTEN) {
            const LeftBehind entry = {first + i, chunk->entries[i]};
            g_array_insert_val(self->left_behind, find_left_behind(self, entry.id), entry);
            chunk->open--;
        }
    }
    self->chunks->pdata[index] = NULL;
    g_ptr_array_add(self->spare, chunk);
}

void ledger_batches_forget(LedgerBatches *self, uint32_t id)
{
    uint32_t index = (id - 1) / CHUNK_BATCHES;
    BatchChunk *chunk = self->chunks->pdata[index];
    self->open--;
    if (chunk == NULL) {
        g_array_remove_index(self->left_behind, find_left_behind(self, id));
        return;
    }
    chunk->entries[(id - 1) % CHUNK_BATCHES].fate = FATE_FORGOTTEN;
    chunk->open--;
    thin_out(self, index);
}

void ledger_batches_each(const LedgerBatches *self,
                         void (*visit)(void *user, uint32_t id, LedgerBatch *batch),
                         void *user)
{
    for (guint i = 0; i < self->left_behind->len; i++) {
        LeftBehind *entry = &g_array_index(self->left_behind, LeftBehind, i);
        visit(user, entry->id, &entry->batch);
    }
    for (guint i = 0; i < self->chunks->len; i++) {
        BatchChunk *chunk = self->chunks->pdata[i];
        uint32_t first = i * CHUNK_BATCHES;
        for (uint32_t k = 0; chunk != NULL && k < CHUNK_BATCHES && first + k < self->count; k++) {
            if (chunk->entries[k].fate != FATE_FORGOTTEN) {
                visit(user, first + k + 1, &chunk->entries[k]);
            }
        }
    }
}
