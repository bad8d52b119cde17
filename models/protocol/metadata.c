/* metadata.c - the metadata log, its topics and their partitions.
 *
 * A topic is declared with room for every partition that it may ever get; a partition is there as
 * of an offset when a record below it made it and none removed its topic since.
 * Mirrors: MetadataImage, TopicsImage, PartitionRegistration. */
#include "models/protocol/metadata_state.h"
#include <stdio.h>

#define PARTITION_BLOCK 256

MetadataLog *metadata_log_new(void)
{
    MetadataLog *self = g_new0(MetadataLog, 1);
    self->topics = g_array_new(FALSE, TRUE, sizeof(TopicInfo));
    self->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    self->topic_of = g_array_new(FALSE, FALSE, sizeof(int32_t));
    self->partitions = g_ptr_array_new();
    self->creations = g_array_new(FALSE, FALSE, sizeof(int64_t));
    self->blocks = g_ptr_array_new_with_free_func(g_free);
    self->broker_ids = g_array_new(FALSE, FALSE, sizeof(int32_t));
    self->brokers = g_ptr_array_new();
    self->topic_configs = g_ptr_array_new();
    self->config_ids = g_array_new(FALSE, FALSE, sizeof(int32_t));
    self->broker_configs = g_ptr_array_new();
    self->configs = g_ptr_array_new();
    self->records = g_array_new(FALSE, FALSE, sizeof(MetadataRecord));
    self->names = g_ptr_array_new_with_free_func(g_free);
    return self;
}

void metadata_log_free(MetadataLog *self)
{
    if (self == NULL) {
        return;
    }
    metadata_free_brokers(self);
    metadata_free_configs(self);
    g_array_free(self->topics, TRUE);
    g_hash_table_destroy(self->by_name);
    g_array_free(self->topic_of, TRUE);
    g_ptr_array_free(self->partitions, TRUE);
    g_array_free(self->creations, TRUE);
    g_ptr_array_free(self->blocks, TRUE);
    g_array_free(self->records, TRUE);
    g_ptr_array_free(self->names, TRUE);
    g_free(self);
}

/* ---- topics */

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
        .changed = -1,
    };
    g_ptr_array_add(self->names, copy);
    g_array_append_val(self->topics, topic);
    g_ptr_array_add(self->topic_configs, NULL);
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

/* Partitions are created in ascending order and removed together, so the border can be searched
 * for by halves. */
int32_t metadata_topic_partitions(const MetadataLog *self, int32_t topic, int64_t offset)
{
    const TopicInfo *info = metadata_topic(self, topic);
    int32_t low = 0;
    int32_t high = info->partitions;
    while (low < high) {
        int32_t middle = (low + high) / 2;
        if (metadata_partition(self, info->first_partition + middle, offset) != NULL) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* ---- records */

int64_t metadata_append_record(MetadataLog *self, MetadataRecordKind kind, int32_t subject)
{
    MetadataRecord record = {
        .offset = metadata_end_offset(self),
        .kind = kind,
        .subject = subject,
        .cause = self->cause,
    };
    g_array_append_val(self->records, record);
    return record.offset;
}

int64_t metadata_append_no_op(MetadataLog *self)
{
    return metadata_append_record(self, METADATA_NO_OP, -1);
}

void metadata_set_cause(MetadataLog *self, uint32_t cause)
{
    self->cause = cause;
}

int64_t metadata_start_offset(const MetadataLog *self)
{
    return self->forgotten;
}

int64_t metadata_end_offset(const MetadataLog *self)
{
    return self->start_offset + (int64_t)self->records->len;
}

const MetadataRecord *metadata_record(const MetadataLog *self, int64_t offset)
{
    g_assert(offset >= self->forgotten);
    return &g_array_index(self->records, MetadataRecord, offset - self->start_offset);
}

/* ---- partitions */

static PartitionVersion *new_version(MetadataLog *self)
{
    if (self->spare == NULL) {
        PartitionVersion *block = g_new(PartitionVersion, PARTITION_BLOCK);
        g_ptr_array_add(self->blocks, block);
        for (int i = PARTITION_BLOCK - 1; i >= 0; i--) {
            block[i].older = self->spare;
            self->spare = &block[i];
        }
    }
    PartitionVersion *version = self->spare;
    self->spare = version->older;
    return version;
}

static void free_version(MetadataLog *self, PartitionVersion *version)
{
    version->older = self->spare;
    self->spare = version;
}

static PartitionVersion *push_version(MetadataLog *self, int32_t partition, int64_t offset)
{
    PartitionVersion *version = new_version(self);
    version->offset = offset;
    version->removed = false;
    version->older = self->partitions->pdata[partition];
    version->topic_id =
        version->older != NULL && !version->older->removed ? version->older->topic_id : offset;
    self->partitions->pdata[partition] = version;
    return version;
}

static void note_change(MetadataLog *self, int32_t topic, int64_t offset)
{
    g_array_index(self->topics, TopicInfo, topic).changed = offset;
}

int64_t metadata_append_partition(MetadataLog *self,
                                  int32_t partition,
                                  const PartitionRegistration *registration)
{
    int64_t offset = metadata_append_record(self, METADATA_PARTITION, partition);
    PartitionVersion *version = push_version(self, partition, offset);
    version->registration = *registration;
    note_change(self, metadata_topic_of(self, partition)->index, offset);
    if (version->topic_id == offset &&
        partition == metadata_topic_of(self, partition)->first_partition) {
        g_array_append_val(self->creations, offset);
    }
    return offset;
}

int64_t metadata_newest_topic(const MetadataLog *self, int64_t offset)
{
    guint low = 0;
    guint high = self->creations->len;
    while (low < high) {
        const guint middle = low + (high - low) / 2;
        if (g_array_index(self->creations, int64_t, middle) < offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low == 0 ? -1 : g_array_index(self->creations, int64_t, low - 1);
}

int64_t metadata_append_remove_topic(MetadataLog *self, int32_t topic)
{
    const TopicInfo *info = metadata_topic(self, topic);
    int32_t count = metadata_topic_partitions(self, topic, metadata_end_offset(self));
    int64_t offset = metadata_append_record(self, METADATA_REMOVE_TOPIC, topic);
    for (int32_t i = 0; i < count; i++) {
        push_version(self, info->first_partition + i, offset)->removed = true;
    }
    metadata_remove_topic_config(self, topic, offset);
    note_change(self, topic, offset);
    return offset;
}

static const PartitionVersion *
version_at(const MetadataLog *self, int32_t partition, int64_t offset)
{
    const PartitionVersion *version = self->partitions->pdata[partition];
    while (version != NULL && version->offset >= offset) {
        version = version->older;
    }
    return version;
}

int64_t metadata_topic_id(const MetadataLog *self, int32_t partition, int64_t offset)
{
    const PartitionVersion *version = version_at(self, partition, offset);
    return version != NULL && !version->removed ? version->topic_id : NO_TOPIC_ID;
}

const PartitionRegistration *
metadata_partition(const MetadataLog *self, int32_t partition, int64_t offset)
{
    const PartitionVersion *version = version_at(self, partition, offset);
    return version != NULL && !version->removed ? &version->registration : NULL;
}

const PartitionRegistration *
metadata_partition_or_oldest(const MetadataLog *self, int32_t partition, int64_t offset)
{
    const PartitionVersion *version = self->partitions->pdata[partition];
    while (version != NULL && version->offset >= offset && version->older != NULL) {
        version = version->older;
    }
    return version != NULL && !version->removed ? &version->registration : NULL;
}

static void forget_partition(MetadataLog *self, int32_t partition, int64_t offset)
{
    PartitionVersion *version = self->partitions->pdata[partition];
    while (version != NULL && version->offset >= offset) {
        version = version->older;
    }
    while (version != NULL && version->older != NULL) {
        PartitionVersion *older = version->older;
        version->older = older->older;
        free_version(self, older);
    }
}

static void undo_partition(MetadataLog *self, int32_t partition, int64_t offset)
{
    PartitionVersion *version = self->partitions->pdata[partition];
    if (version != NULL && version->offset == offset) {
        self->partitions->pdata[partition] = version->older;
        free_version(self, version);
    }
}

/* ---- both ends of the log */

static void forget_record(MetadataLog *self, const MetadataRecord *record, int64_t offset)
{
    switch (record->kind) {
    case METADATA_REGISTER_BROKER:
    case METADATA_BROKER_CHANGE:
    case METADATA_UNREGISTER_BROKER:
        metadata_forget_broker(self, record->subject, offset);
        break;
    case METADATA_PARTITION:
        forget_partition(self, record->subject, offset);
        break;
    case METADATA_REMOVE_TOPIC: {
        const TopicInfo *info = metadata_topic(self, record->subject);
        for (int32_t i = 0; i < info->partitions; i++) {
            forget_partition(self, info->first_partition + i, offset);
        }
        break;
    }
    case METADATA_TOPIC_CONFIG:
    case METADATA_BROKER_CONFIG:
        metadata_forget_config(self, record, offset);
        break;
    case METADATA_NO_OP:
        break;
    }
}

/* The array moves up only when half of it is forgotten, so that a record is moved once. */
void metadata_forget(MetadataLog *self, int64_t offset)
{
    int64_t end = MIN(offset, metadata_end_offset(self));
    while (self->forgotten < end) {
        forget_record(self, metadata_record(self, self->forgotten), end);
        self->forgotten++;
    }
    int64_t unused = self->forgotten - self->start_offset;
    if (unused > 1024 && unused > (int64_t)self->records->len / 2) {
        g_array_remove_range(self->records, 0, (guint)unused);
        self->start_offset = self->forgotten;
    }
}

static void undo_record(MetadataLog *self, const MetadataRecord *record)
{
    switch (record->kind) {
    case METADATA_REGISTER_BROKER:
    case METADATA_BROKER_CHANGE:
    case METADATA_UNREGISTER_BROKER:
        metadata_undo_broker(self, record->subject, record->offset);
        break;
    case METADATA_PARTITION:
        undo_partition(self, record->subject, record->offset);
        break;
    case METADATA_REMOVE_TOPIC: {
        const TopicInfo *info = metadata_topic(self, record->subject);
        for (int32_t i = 0; i < info->partitions; i++) {
            undo_partition(self, info->first_partition + i, record->offset);
        }
        metadata_undo_config(self, record);
        break;
    }
    case METADATA_TOPIC_CONFIG:
    case METADATA_BROKER_CONFIG:
        metadata_undo_config(self, record);
        break;
    case METADATA_NO_OP:
        break;
    }
}

void metadata_truncate(MetadataLog *self, int64_t offset)
{
    while (metadata_end_offset(self) > MAX(offset, self->forgotten)) {
        guint last = self->records->len - 1;
        undo_record(self, &g_array_index(self->records, MetadataRecord, last));
        g_array_set_size(self->records, last);
    }
    while (self->creations->len > 0 &&
           g_array_index(self->creations, int64_t, self->creations->len - 1) >=
               metadata_end_offset(self)) {
        g_array_set_size(self->creations, self->creations->len - 1);
    }
}
