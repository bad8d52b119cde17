/* metadata_brokers.c - registrations of brokers as of an offset. Mirrors: ClusterImage. */
#include "models/protocol/metadata_state.h"

/* Where it is, or would be put. Ids mostly have no gaps, and are then found at once. */
static guint find_broker(const MetadataLog *self, int32_t id)
{
    guint low = 0;
    guint high = self->broker_ids->len;
    if (high > 0) {
        guint likely = (guint)id - (guint)g_array_index(self->broker_ids, int32_t, 0);
        if (likely < high && g_array_index(self->broker_ids, int32_t, likely) == id) {
            return likely;
        }
    }
    while (low < high) {
        guint middle = (low + high) / 2;
        if (g_array_index(self->broker_ids, int32_t, middle) < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool is_known(const MetadataLog *self, guint at, int32_t id)
{
    return at < self->broker_ids->len && g_array_index(self->broker_ids, int32_t, at) == id;
}

static BrokerVersion *push_version(MetadataLog *self, int32_t id, int64_t offset)
{
    guint at = find_broker(self, id);
    if (!is_known(self, at, id)) {
        g_array_insert_val(self->broker_ids, at, id);
        g_ptr_array_insert(self->brokers, (gint)at, NULL);
    }
    BrokerVersion *version = g_new0(BrokerVersion, 1);
    version->offset = offset;
    version->older = self->brokers->pdata[at];
    self->brokers->pdata[at] = version;
    return version;
}

int64_t
metadata_append_broker(MetadataLog *self, const BrokerRegistration *registration, bool fresh)
{
    MetadataRecordKind kind = fresh ? METADATA_REGISTER_BROKER : METADATA_BROKER_CHANGE;
    int64_t offset = metadata_append_record(self, kind, registration->id);
    BrokerVersion *version = push_version(self, registration->id, offset);
    version->registration = *registration;
    if (fresh) {
        version->registration.register_offset = offset;
        version->registration.epoch = registration->epoch > 0 ? registration->epoch : offset;
    }
    return offset;
}

int64_t metadata_append_unregister_broker(MetadataLog *self, int32_t broker)
{
    int64_t offset = metadata_append_record(self, METADATA_UNREGISTER_BROKER, broker);
    push_version(self, broker, offset)->removed = true;
    return offset;
}

const BrokerRegistration *metadata_broker(const MetadataLog *self, int32_t id, int64_t offset)
{
    guint at = find_broker(self, id);
    if (!is_known(self, at, id)) {
        return NULL;
    }
    const BrokerVersion *version = self->brokers->pdata[at];
    while (version != NULL && version->offset >= offset) {
        version = version->older;
    }
    return version != NULL && !version->removed ? &version->registration : NULL;
}

int32_t metadata_broker_ids(const MetadataLog *self, const int32_t **ret_ids)
{
    *ret_ids = (const int32_t *)(const void *)self->broker_ids->data;
    return (int32_t)self->broker_ids->len;
}

static void free_history(BrokerVersion *version)
{
    while (version != NULL) {
        BrokerVersion *older = version->older;
        g_free(version);
        version = older;
    }
}

void metadata_free_brokers(MetadataLog *self)
{
    for (guint i = 0; i < self->brokers->len; i++) {
        free_history(self->brokers->pdata[i]);
    }
    g_array_free(self->broker_ids, TRUE);
    g_ptr_array_free(self->brokers, TRUE);
}

void metadata_forget_broker(MetadataLog *self, int32_t id, int64_t offset)
{
    BrokerVersion *version = self->brokers->pdata[find_broker(self, id)];
    while (version != NULL && version->offset >= offset) {
        version = version->older;
    }
    if (version != NULL) {
        free_history(version->older);
        version->older = NULL;
    }
}

void metadata_undo_broker(MetadataLog *self, int32_t id, int64_t offset)
{
    guint at = find_broker(self, id);
    BrokerVersion *version = self->brokers->pdata[at];
    if (version != NULL && version->offset == offset) {
        self->brokers->pdata[at] = version->older;
        g_free(version);
    }
}
