/* ledger_origins.c - of which record a worker's record was made, and how often each group has been
 * handed something made of it: duplicates of a pipeline are told by this, not by offsets. A record
 * is its topic's id, partition, offset and leader epoch: what was truncated and what came in its
 * place are two, and so are those of a topic that was deleted and of the next of its name.
 *
 * Kept for the whole run: 24 bytes a record that a worker writes, and some a batch, for where it
 * stands in the log: a log soon merges its batches (log_manager.h), and then says no more which
 * they were. Of a merged batch that was compacted, the records that are left are taken for the last
 * of its offsets. */
#include "models/ledger/ledger_state.h"

/* What was made of the records of one topic's partition that one leader epoch wrote. */
typedef struct EpochAccount {
    int64_t topic_id;
    int32_t leader_epoch;
    OffsetSet seen;
} EpochAccount;

/* A batch with origins stands here, from this offset on. */
typedef struct PlacedBatch {
    int64_t base_offset;
    uint32_t batch;
} PlacedBatch;

/* Those of a partition that are settled, in order. */
typedef struct PlacedBatches {
    int64_t topic_id;
    GArray *batches; /* of PlacedBatch; NULL: none */
} PlacedBatches;

static void clear_placed(gpointer data)
{
    const PlacedBatches *placed = data;
    if (placed->batches != NULL) {
        g_array_unref(placed->batches);
    }
}

static PlacedBatches *placed_in(const Ledger *self, int32_t partition)
{
    if ((guint)partition >= self->placed->len) {
        g_array_set_size(self->placed, (guint)partition + 1);
    }
    return &g_array_index(self->placed, PlacedBatches, partition);
}

static void clear_epoch(gpointer data)
{
    offset_set_clear(&((EpochAccount *)data)->seen);
}

static void clear_source(gpointer data)
{
    GArray *const *epochs = data;
    if (*epochs != NULL) {
        g_array_unref(*epochs);
    }
}

void ledger_origins_init(Ledger *self)
{
    self->origins =
        g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, (GDestroyNotify)g_array_unref);
    self->placed = g_array_new(FALSE, TRUE, sizeof(PlacedBatches));
    g_array_set_clear_func(self->placed, clear_placed);
    self->sources = g_new0(GArray *, (gsize)MAX(1, self->group_count));
    for (int32_t i = 0; i < self->group_count; i++) {
        self->sources[i] = g_array_new(FALSE, TRUE, sizeof(GArray *));
        g_array_set_clear_func(self->sources[i], clear_source);
    }
}

void ledger_origins_free(Ledger *self)
{
    for (int32_t i = 0; i < self->group_count; i++) {
        g_array_free(self->sources[i], TRUE);
    }
    g_free(self->sources);
    g_array_unref(self->placed);
    g_hash_table_destroy(self->origins);
}

void ledger_set_origins(Ledger *self, uint32_t batch, GArray *origins)
{
    (void)g_hash_table_insert(self->origins, GUINT_TO_POINTER(batch), g_array_ref(origins));
}

bool ledger_origin(const Ledger *self, uint32_t batch, int64_t index, RecordOrigin *ret_origin)
{
    const GArray *origins = g_hash_table_lookup(self->origins, GUINT_TO_POINTER(batch));
    if (origins == NULL || index < 0 || index >= (int64_t)origins->len) {
        return false;
    }
    *ret_origin = g_array_index(origins, RecordOrigin, (guint)index);
    return true;
}

/* Partitions, and between them what comes from outside. */
static guint place_of(int32_t partition)
{
    return partition >= 0 ? 2 * (guint)partition : 2 * (guint)(-1 - partition) + 1;
}

static EpochAccount *epoch_account(GArray *epochs, const RecordOrigin *origin)
{
    for (guint i = epochs->len; i-- > 0;) {
        EpochAccount *account = &g_array_index(epochs, EpochAccount, i);
        if (account->topic_id == origin->topic_id &&
            account->leader_epoch == origin->leader_epoch) {
            return account;
        }
    }
    const EpochAccount fresh = {
        .topic_id = origin->topic_id,
        .leader_epoch = origin->leader_epoch,
    };
    g_array_append_val(epochs, fresh);
    return &g_array_index(epochs, EpochAccount, epochs->len - 1);
}

/* Is one of the two a record of which it is not known who wrote it? Then they are taken for one. */
static bool is_known_of_another(const GArray *epochs, const RecordOrigin *origin)
{
    for (guint i = 0; i < epochs->len; i++) {
        const EpochAccount *account = &g_array_index(epochs, EpochAccount, i);
        if (account->topic_id == origin->topic_id &&
            account->leader_epoch != origin->leader_epoch &&
            (account->leader_epoch < 0 || origin->leader_epoch < 0) &&
            offset_set_has(&account->seen, origin->offset)) {
            return true;
        }
    }
    return false;
}

/* Is it the first hand-out of something made of this record? */
static bool is_first_of(GArray **epochs, const RecordOrigin *origin)
{
    if (*epochs == NULL) {
        *epochs = g_array_new(FALSE, FALSE, sizeof(EpochAccount));
        g_array_set_clear_func(*epochs, clear_epoch);
    }
    EpochAccount *account = epoch_account(*epochs, origin);
    return offset_set_add(&account->seen, origin->offset, origin->offset + 1, NULL) > 0 &&
           !is_known_of_another(*epochs, origin);
}

void ledger_consumed_of(
    Ledger *self, int32_t group, uint32_t batch, int64_t first_index, int64_t last_index)
{
    const GArray *origins = g_hash_table_lookup(self->origins, GUINT_TO_POINTER(batch));
    LedgerGroup *entry = &self->groups[group];
    for (int64_t i = first_index; origins != NULL && i <= last_index; i++) {
        if (i >= (int64_t)origins->len) {
            return;
        }
        const RecordOrigin *origin = &g_array_index(origins, RecordOrigin, (guint)i);
        GArray *sources = self->sources[group];
        const guint place = place_of(origin->partition);
        if (place >= sources->len) {
            g_array_set_size(sources, place + 1);
        }
        const bool fresh = is_first_of(&g_array_index(sources, GArray *, place), origin);
        entry->sources += fresh ? 1 : 0;
        entry->sources_again += fresh ? 0 : 1;
    }
}

/* ---- where the batches stand */

/* The first of them that begins at `offset` or behind it. */
static guint find_placed(const GArray *batches, int64_t offset)
{
    guint low = 0;
    guint high = batches->len;
    while (low < high) {
        const guint middle = low + (high - low) / 2;
        if (g_array_index(batches, PlacedBatch, middle).base_offset < offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void ledger_place_origins(Ledger *self, TopicIdPartition partition, const RecordBatch *in_log)
{
    if (!g_hash_table_contains(self->origins, GUINT_TO_POINTER(in_log->ledger))) {
        return;
    }
    PlacedBatches *placed = placed_in(self, partition.index);
    if (placed->batches == NULL) {
        placed->batches = g_array_new(FALSE, FALSE, sizeof(PlacedBatch));
    } else if (placed->topic_id > partition.topic_id) {
        return; /* of a topic that was deleted, and another one has its name */
    } else if (placed->topic_id < partition.topic_id) {
        g_array_set_size(placed->batches, 0);
    }
    placed->topic_id = partition.topic_id;
    const PlacedBatch batch = {in_log->base_offset, in_log->ledger};
    g_array_append_val(placed->batches, batch);
}

void ledger_unplace_origins(Ledger *self, int32_t partition, int64_t end)
{
    const GArray *batches = placed_in(self, partition)->batches;
    if (batches != NULL) {
        g_array_set_size(placed_in(self, partition)->batches, find_placed(batches, end));
    }
}

/* NULL: of this topic nothing is known. */
static const GArray *placed_of(const Ledger *self, TopicIdPartition partition)
{
    const PlacedBatches *placed = placed_in(self, partition.index);
    return placed->topic_id == partition.topic_id ? placed->batches : NULL;
}

bool ledger_origin_at(const Ledger *self,
                      TopicIdPartition partition,
                      int64_t offset,
                      RecordOrigin *ret_origin)
{
    const GArray *batches = placed_of(self, partition);
    const guint next = batches != NULL ? find_placed(batches, offset + 1) : 0;
    if (next == 0) {
        return false;
    }
    const PlacedBatch *batch = &g_array_index(batches, PlacedBatch, next - 1);
    return ledger_origin(self, batch->batch, offset - batch->base_offset, ret_origin);
}

void ledger_consumed_at(
    Ledger *self, int32_t group, TopicIdPartition partition, int64_t first, int64_t last)
{
    const GArray *batches = placed_of(self, partition);
    guint i = batches != NULL ? find_placed(batches, first + 1) : 0;
    i -= i > 0 ? 1 : 0;
    for (; batches != NULL && i < batches->len; i++) {
        const PlacedBatch *batch = &g_array_index(batches, PlacedBatch, i);
        if (batch->base_offset > last) {
            return;
        }
        ledger_consumed_of(self,
                           group,
                           batch->batch,
                           MAX(0, first - batch->base_offset),
                           last - batch->base_offset);
    }
}
