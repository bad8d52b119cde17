/* ledger_origins.c - of which record a worker's record was made, and how often each group has been
 * handed something made of it: duplicates of a pipeline are told by this, not by offsets.
 *
 * Kept for the whole run: eight to sixteen bytes a record that a worker writes. */
#include "models/ledger/ledger_state.h"

typedef struct SourceAccount {
    OffsetSet seen;
    OffsetSet again;
} SourceAccount;

static void clear_source(gpointer data)
{
    SourceAccount *self = data;
    offset_set_clear(&self->seen);
    offset_set_clear(&self->again);
}

void ledger_origins_init(Ledger *self)
{
    self->origins =
        g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, (GDestroyNotify)g_array_unref);
    self->sources = g_new0(GArray *, (gsize)MAX(1, self->group_count));
    for (int32_t i = 0; i < self->group_count; i++) {
        self->sources[i] = g_array_new(FALSE, TRUE, sizeof(SourceAccount));
        g_array_set_clear_func(self->sources[i], clear_source);
    }
}

void ledger_origins_free(Ledger *self)
{
    for (int32_t i = 0; i < self->group_count; i++) {
        g_array_free(self->sources[i], TRUE);
    }
    g_free(self->sources);
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
        SourceAccount *account = &g_array_index(sources, SourceAccount, place);
        int64_t fresh =
            offset_set_add(&account->seen, origin->offset, origin->offset + 1, &account->again);
        entry->sources += fresh;
        entry->sources_again += 1 - fresh;
    }
}
