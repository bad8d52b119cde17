/* metadata_state.h - the metadata log's insides, shared by metadata*.c only.
 *
 * Everything that changes has a history: a list of versions, newest first. An image as of some
 * offset takes the first version below it. Brokers are few steps behind the end, so the walk is
 * short; what nobody can ask for any more is freed (metadata_forget). */
#ifndef KAFKASIM_MODELS_PROTOCOL_METADATA_STATE_H
#define KAFKASIM_MODELS_PROTOCOL_METADATA_STATE_H
#include "models/protocol/metadata.h"

typedef struct PartitionVersion {
    int64_t offset;
    int64_t topic_id; /* the offset at which it was created with its topic */
    struct PartitionVersion *older;
    bool removed; /* with its topic */
    PartitionRegistration registration;
} PartitionVersion;

typedef struct BrokerVersion {
    int64_t offset;
    struct BrokerVersion *older;
    bool removed; /* unregistered */
    BrokerRegistration registration;
} BrokerVersion;

/* `own`: what was set for this very subject; `config`: with the default of all under it. */
typedef struct ConfigVersion {
    int64_t offset;
    struct ConfigVersion *older;
    const KafkaConfig *own;
    const KafkaConfig *config;
    bool is_bare; /* of a topic: what was declared for it does not hold */
} ConfigVersion;

struct MetadataLog {
    GArray *topics;            /* TopicInfo */
    GHashTable *by_name;       /* name -> index + 1, look-up only */
    GArray *topic_of;          /* partition index -> topic index */
    GPtrArray *partitions;     /* PartitionVersion*, newest */
    GArray *creations;         /* int64_t, ascending: records that created a topic */
    PartitionVersion *spare;   /* forgotten ones, for the next */
    GPtrArray *blocks;         /* of PartitionVersion, PARTITION_BLOCK each */
    GArray *broker_ids;        /* int32_t, ascending */
    GPtrArray *brokers;        /* BrokerVersion*, newest, beside broker_ids */
    GPtrArray *topic_configs;  /* ConfigVersion*, newest; by topic */
    GArray *config_ids;        /* int32_t, ascending; -1 = the default of all brokers */
    GPtrArray *broker_configs; /* ConfigVersion*, newest, beside config_ids */
    GPtrArray *configs;        /* KafkaConfig*, owned */
    GArray *records;           /* MetadataRecord, from start_offset on */
    int64_t start_offset;
    int64_t forgotten; /* histories hold nothing older than this needs */
    GPtrArray *names;  /* owned copies */
    uint32_t cause;
};

int64_t metadata_append_record(MetadataLog *self, MetadataRecordKind kind, int32_t subject);

/* metadata_brokers.c */
void metadata_free_brokers(MetadataLog *self);
void metadata_forget_broker(MetadataLog *self, int32_t id, int64_t offset);
void metadata_undo_broker(MetadataLog *self, int32_t id, int64_t offset);

/* metadata_configs.c */
void metadata_free_configs(MetadataLog *self);
void metadata_remove_topic_config(MetadataLog *self, int32_t topic, int64_t offset);
void metadata_forget_config(MetadataLog *self, const MetadataRecord *record, int64_t offset);
void metadata_undo_config(MetadataLog *self, const MetadataRecord *record);

#endif
