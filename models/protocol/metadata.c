/* metadata.c - the metadata log and images of it.
 *
 * A partition's history is a list of versions, newest first: an image as of some offset takes the
 * first version at or below it. Brokers are few steps behind the end, so the walk is short.
 * Mirrors: MetadataImage, PartitionRegistration, BrokerRegistration. */
#include "models/protocol/metadata.h"
#include <stdio.h>
#include <string.h>

typedef struct PartitionVersion {
    int64_t offset;
    struct PartitionVersion *older;
    PartitionRegistration registration;
} PartitionVersion;

typedef struct BrokerVersion {
    int64_t offset;
    struct BrokerVersion *older;
    BrokerRegistration registration;
} BrokerVersion;

struct MetadataLog {
    GArray *topics;        /* TopicInfo */
    GHashTable *by_name;   /* name -> index + 1, look-up only */
    GArray *topic_of;      /* partition index -> topic index */
    GPtrArray *partitions; /* PartitionVersion*, newest */
    GArray *broker_ids;    /* int32_t, ascending */
    GPtrArray *brokers;    /* BrokerVersion*, newest, beside broker_ids */
    GArray *records;       /* MetadataRecord */
    GPtrArray *names;      /* owned copies */
    uint32_t cause;
};

bool replica_list_has(const ReplicaList *list, int32_t id)
{
    for (int32_t i = 0; i < list->count; i++) {
        if (list->ids[i] == id) {
            return true;
        }
    }
    return false;
}

void replica_list_add(ReplicaList *list, int32_t id)
{
    if (list->count < REPLICAS_MAX && !replica_list_has(list, id)) {
        list->ids[list->count++] = id;
    }
}

void replica_list_remove(ReplicaList *list, int32_t id)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < list->count; i++) {
        if (list->ids[i] != id) {
            list->ids[kept++] = list->ids[i];
        }
    }
    list->count = kept;
}

bool replica_list_equal(const ReplicaList *a, const ReplicaList *b)
{
    return a->count == b->count &&
           memcmp(a->ids, b->ids, sizeof(a->ids[0]) * (size_t)a->count) == 0;
}

char *replica_list_text(const ReplicaList *list, char separator, char *text, size_t bytes)
{
    size_t used = 0;
    text[0] = '\0';
    for (int32_t i = 0; i < list->count && used + 13 < bytes; i++) {
        if (i > 0) {
            text[used++] = separator;
        }
        used += (size_t)snprintf(text + used, bytes - used, "%d", list->ids[i]);
    }
    return text;
}

MetadataLog *metadata_log_new(void)
{
    MetadataLog *self = g_new0(MetadataLog, 1);
    self->topics = g_array_new(FALSE, TRUE, sizeof(TopicInfo));
    self->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    self->topic_of = g_array_new(FALSE, FALSE, sizeof(int32_t));
    self->partitions = g_ptr_array_new();
    self->broker_ids = g_array_new(FALSE, FALSE, sizeof(int32_t));
    self->brokers = g_ptr_array_new();
    self->records = g_array_new(FALSE, FALSE, sizeof(MetadataRecord));
    self->names = g_ptr_array_new_with_free_func(g_free);
    return self;
}

static void free_partition_history(PartitionVersion *version)
{
    while (version != NULL) {
        PartitionVersion *older = version->older;
        g_free(version);
        version = older;
    }
}

static void free_broker_history(BrokerVersion *version)
{
    while (version != NULL) {
        BrokerVersion *older = version->older;
        g_free(version);
        version = older;
    }
}

void metadata_log_free(MetadataLog *self)
{
    if (self == NULL) {
        return;
    }
    for (guint i = 0; i < self->partitions->len; i++) {
        free_partition_history(self->partitions->pdata[i]);
    }
    for (guint i = 0; i < self->brokers->len; i++) {
        free_broker_history(self->brokers->pdata[i]);
    }
    g_array_free(self->topics, TRUE);
    g_hash_table_destroy(self->by_name);
    g_array_free(self->topic_of, TRUE);
    g_ptr_array_free(self->partitions, TRUE);
    g_array_free(self->broker_ids, TRUE);
    g_ptr_array_free(self->brokers, TRUE);
    g_array_free(self->records, TRUE);
    g_ptr_array_free(self->names, TRUE);
    g_free(self);
}

int32_t metadata_add_topic(MetadataLog *self,
                           const char *name,
                           int32_t partitions,
                           bool internal,
                           const KafkaConfig *config)
{
    char *copy = g_strdup(name);
    TopicInfo topic = {
        .name = copy,
        .index = (int32_t)self->topics->len,
        .first_partition = (int32_t)self->partitions->len,
        .partitions = partitions,
        .internal = internal,
        .config = config,
    };
    g_ptr_array_add(self->names, copy);
    g_array_append_val(self->topics, topic);
    g_hash_table_insert(self->by_name, copy, GINT_TO_POINTER(topic.index + 1));
    for (int32_t i = 0; i < partitions; i++) {
        g_array_append_val(self->topic_of, topic.index);
        g_ptr_array_add(self->partitions, NULL);
    }
    return topic.index;
}

int32_t metadata_topic_count(const MetadataLog *self)
{
    return (int32_t)self->topics->len;
}

const TopicInfo *metadata_topic(const MetadataLog *self, int32_t index)
{
    return &g_array_index(self->topics, TopicInfo, index);
}

const TopicInfo *metadata_find_topic(const MetadataLog *self, const char *name)
{
    int index = GPOINTER_TO_INT(g_hash_table_lookup(self->by_name, name));
    return index > 0 ? metadata_topic(self, index - 1) : NULL;
}

int32_t metadata_partition_count(const MetadataLog *self)
{
    return (int32_t)self->partitions->len;
}

const TopicInfo *metadata_topic_of(const MetadataLog *self, int32_t partition)
{
    return metadata_topic(self, g_array_index(self->topic_of, int32_t, partition));
}

char *metadata_partition_name(const MetadataLog *self, int32_t partition, char *text, size_t bytes)
{
    const TopicInfo *topic = metadata_topic_of(self, partition);
    (void)snprintf(text, bytes, "%s-%d", topic->name, partition - topic->first_partition);
    return text;
}

static int64_t append_record(MetadataLog *self, MetadataRecordKind kind, int32_t subject)
{
    MetadataRecord record = {
        .offset = (int64_t)self->records->len,
        .kind = kind,
        .subject = subject,
        .cause = self->cause,
    };
    g_array_append_val(self->records, record);
    return record.offset;
}

/* Where id stands, or where it would be inserted. */
static guint find_broker(const MetadataLog *self, int32_t id)
{
    guint at = 0;
    while (at < self->broker_ids->len && g_array_index(self->broker_ids, int32_t, at) < id) {
        at++;
    }
    return at;
}

int64_t
metadata_append_broker(MetadataLog *self, const BrokerRegistration *registration, bool fresh)
{
    guint at = find_broker(self, registration->id);
    if (at == self->broker_ids->len ||
        g_array_index(self->broker_ids, int32_t, at) != registration->id) {
        g_array_insert_val(self->broker_ids, at, registration->id);
        g_ptr_array_insert(self->brokers, (gint)at, NULL);
    }
    BrokerVersion *version = g_new0(BrokerVersion, 1);
    version->offset = append_record(
        self, fresh ? METADATA_REGISTER_BROKER : METADATA_BROKER_CHANGE, registration->id);
    version->registration = *registration;
    if (fresh) {
        version->registration.epoch = version->offset;
    }
    version->older = self->brokers->pdata[at];
    self->brokers->pdata[at] = version;
    return version->offset;
}

int64_t metadata_append_partition(MetadataLog *self,
                                  int32_t partition,
                                  const PartitionRegistration *registration)
{
    PartitionVersion *version = g_new0(PartitionVersion, 1);
    version->offset = append_record(self, METADATA_PARTITION, partition);
    version->registration = *registration;
    version->older = self->partitions->pdata[partition];
    self->partitions->pdata[partition] = version;
    return version->offset;
}

int64_t metadata_append_no_op(MetadataLog *self)
{
    return append_record(self, METADATA_NO_OP, -1);
}

void metadata_set_cause(MetadataLog *self, uint32_t cause)
{
    self->cause = cause;
}

int64_t metadata_end_offset(const MetadataLog *self)
{
    return (int64_t)self->records->len;
}

const MetadataRecord *metadata_record(const MetadataLog *self, int64_t offset)
{
    return &g_array_index(self->records, MetadataRecord, offset);
}

const PartitionRegistration *
metadata_partition(const MetadataLog *self, int32_t partition, int64_t offset)
{
    const PartitionVersion *version = self->partitions->pdata[partition];
    while (version != NULL && version->offset >= offset) {
        version = version->older;
    }
    return version != NULL ? &version->registration : NULL;
}

const BrokerRegistration *metadata_broker(const MetadataLog *self, int32_t id, int64_t offset)
{
    guint at = find_broker(self, id);
    if (at == self->broker_ids->len || g_array_index(self->broker_ids, int32_t, at) != id) {
        return NULL;
    }
    const BrokerVersion *version = self->brokers->pdata[at];
    while (version != NULL && version->offset >= offset) {
        version = version->older;
    }
    return version != NULL ? &version->registration : NULL;
}

int32_t metadata_broker_ids(const MetadataLog *self, const int32_t **ret_ids)
{
    *ret_ids = (const int32_t *)(const void *)self->broker_ids->data;
    return (int32_t)self->broker_ids->len;
}
