/* ledger_origins.c - of which record a worker's record was made, and how often each group has been
 * handed something made of it: duplicates of a pipeline are told by this, not by offsets. A record
 * is its partition, offset and leader epoch: what was truncated and what came in its place are two.
 *
 * Kept for the whole run: eight to sixteen bytes a record that a worker writes. */
#include "models/ledger/ledger_state.h"

/* What was made of the records of one partition that one leader epoch wrote. */
typedef struct EpochAccount {
    int32_t leader_epoch;
    OffsetSet seen;
} EpochAccount;

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

static EpochAccount *epoch_account(GArray *epochs, int32_t leader_epoch)
{
    for (guint i = epochs->len; i-- > 0;) {
        EpochAccount *account = &g_array_index(epochs, EpochAccount, i);
        if (account->leader_epoch == leader_epoch) {
            return account;
        }
    }
    const EpochAccount fresh = {.leader_epoch = leader_epoch};
    g_array_append_val(epochs, fresh);
    return &g_array_index(epochs, EpochAccount, epochs->len - 1);
}

/* Is one of the two a record of which it is not known who wrote it? Then they are taken for one. */
static bool is_known_of_another(const GArray *epochs, const RecordOrigin *origin)
{
    for (guint i = 0; i < epochs->len; i++) {
        const EpochAccount *account = &g_array_index(epochs, EpochAccount, i);
        if (account->leader_epoch != origin->leader_epoch &&
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
    EpochAccount *account = epoch_account(*epochs, origin->leader_epoch);
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
