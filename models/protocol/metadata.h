/* metadata.h - what the cluster knows of itself: the committed metadata log and its images.
 *
 * The active controller appends records; brokers fetch them and apply them at their own pace. The
 * committed prefix never changes, so it is kept once, and a broker's image is an offset into it:
 * metadata_partition(log, p, offset) answers as of that offset. Who reads beyond what it has
 * applied cheats; brokers keep `applied` and pass nothing else.
 *
 * Partitions of all topics are numbered densely ("partition index") in order of creation.
 *
 * Mirrors: MetadataImage, PartitionRegistration, BrokerRegistration, __cluster_metadata. */
#ifndef KAFKASIM_MODELS_PROTOCOL_METADATA_H
#define KAFKASIM_MODELS_PROTOCOL_METADATA_H
#include "models/protocol/kafka_config.h"
#include "sim/kernel/kernel.h"
#include <glib.h>

#define NO_LEADER    (-1)
#define NO_TOPIC_ID  INT64_C(-1)
#define REPLICAS_MAX 16
/* Of a record in the metadata log, about. */
#define METADATA_RECORD_BYTES 90

/* Broker ids in order. */
typedef struct ReplicaList {
    int32_t count;
    int32_t ids[REPLICAS_MAX];
} ReplicaList;
bool replica_list_has(const ReplicaList *list, int32_t id);
void replica_list_add(ReplicaList *list, int32_t id);    /* at the end; once */
void replica_list_remove(ReplicaList *list, int32_t id); /* keeps the order */
bool replica_list_equal(const ReplicaList *a, const ReplicaList *b);
/* "1,2,3" into `text` (128 bytes are enough); returns text. */
char *replica_list_text(const ReplicaList *list, char separator, char *text, size_t bytes);

typedef enum LeaderRecoveryState { LEADER_RECOVERED, LEADER_RECOVERING } LeaderRecoveryState;

typedef struct PartitionRegistration {
    ReplicaList replicas;
    ReplicaList isr;
    ReplicaList elr;
    ReplicaList last_known_elr;
    ReplicaList adding;
    ReplicaList removing;
    int32_t leader;
    int32_t leader_epoch;
    int32_t partition_epoch;
    LeaderRecoveryState recovery;
} PartitionRegistration;

/* A partition of one topic, not of whatever topic has its name: names may be given again.
 * Mirrors: org.apache.kafka.common.TopicIdPartition. */
typedef struct TopicIdPartition {
    int64_t topic_id; /* metadata_topic_id */
    int32_t index;    /* partition index */
} TopicIdPartition;
static inline bool topic_id_partition_equal(TopicIdPartition a, TopicIdPartition b)
{
    return a.index == b.index && a.topic_id == b.topic_id;
}

typedef struct BrokerRegistration {
    int32_t id;
    int64_t epoch;           /* of its process: where the log ended when it registered */
    int64_t register_offset; /* of its register record; set by the log */
    uint64_t incarnation_id;
    const char *rack; /* borrowed */
    bool fenced;
    bool in_controlled_shutdown;
} BrokerRegistration;

typedef struct TopicInfo {
    const char *name; /* borrowed from the spec or made up ("__consumer_offsets") */
    int32_t index;
    int32_t first_partition; /* partition index of its partition 0 */
    int32_t partitions;      /* it can have; how many it has: metadata_topic_partitions */
    bool internal;
    const KafkaConfig *config; /* topic scope, as declared; now: metadata_topic_config */
    int64_t changed;           /* newest record of it or of one of its partitions; -1 */
} TopicInfo;

typedef enum MetadataRecordKind {
    METADATA_REGISTER_BROKER,
    METADATA_BROKER_CHANGE, /* fenced, unfenced, in controlled shutdown */
    METADATA_PARTITION,     /* created or changed */
    METADATA_REMOVE_TOPIC,
    METADATA_TOPIC_CONFIG,  /* subject: topic */
    METADATA_BROKER_CONFIG, /* subject: broker, or -1 = the default of all */
    METADATA_NO_OP,
    METADATA_UNREGISTER_BROKER, /* it is gone for good */
} MetadataRecordKind;

typedef struct MetadataRecord {
    int64_t offset;
    MetadataRecordKind kind;
    int32_t subject; /* broker id, partition index or topic index */
    uint32_t cause;  /* logged event that made it */
} MetadataRecord;

typedef struct MetadataLog MetadataLog;
MetadataLog *metadata_log_new(void);
void metadata_log_free(MetadataLog *self);

/* Topics are declared before their partitions are appended. Returns the topic's index. */
int32_t metadata_add_topic(MetadataLog *self,
                           const char *name,
                           int32_t partitions,
                           bool internal,
                           const KafkaConfig *config);
int32_t metadata_topic_count(const MetadataLog *self);
const TopicInfo *metadata_topic(const MetadataLog *self, int32_t index);
const TopicInfo *metadata_find_topic(const MetadataLog *self, const char *name);
int32_t metadata_partition_count(const MetadataLog *self); /* of all topics */
const TopicInfo *metadata_topic_of(const MetadataLog *self, int32_t partition);
/* "orders-3" into text; returns text. */
char *metadata_partition_name(const MetadataLog *self, int32_t partition, char *text, size_t bytes);

/* Appends one record; returns its offset. Appended by the active controller only. A fresh broker
 * without an epoch gets the offset of its record as such. */
int64_t
metadata_append_broker(MetadataLog *self, const BrokerRegistration *registration, bool fresh);
int64_t metadata_append_partition(MetadataLog *self,
                                  int32_t partition,
                                  const PartitionRegistration *registration);
int64_t metadata_append_no_op(MetadataLog *self);
int64_t metadata_append_unregister_broker(MetadataLog *self, int32_t broker);
/* Its partitions are gone; the topic may be created again. */
int64_t metadata_append_remove_topic(MetadataLog *self, int32_t topic);
/* `options` is borrowed: what is set in it goes over what was in force before. broker -1 = the
 * default of all brokers. */
int64_t metadata_append_topic_config(MetadataLog *self, int32_t topic, const KafkaConfig *options);
/* Of a topic that is created: it has these (borrowed; NULL = none), whatever was declared for it.
 */
int64_t
metadata_append_new_topic_config(MetadataLog *self, int32_t topic, const KafkaConfig *options);
int64_t
metadata_append_broker_config(MetadataLog *self, int32_t broker, const KafkaConfig *options);
void metadata_set_cause(MetadataLog *self, uint32_t cause); /* for records appended from now on */
int64_t metadata_end_offset(const MetadataLog *self);       /* of the next record */
/* Records below it are forgotten: who is behind takes the image (a snapshot) as of its offset. */
int64_t metadata_start_offset(const MetadataLog *self);
/* From the start offset on, below the end. */
const MetadataRecord *metadata_record(const MetadataLog *self, int64_t offset);

/* As of `offset`: the state after all records below it. NULL when not yet there. */
const PartitionRegistration *
metadata_partition(const MetadataLog *self, int32_t partition, int64_t offset);
/* The record that created it, which stands for its topic id: a topic that is created again under
 * its name has another one. NO_TOPIC_ID: not there. */
int64_t metadata_topic_id(const MetadataLog *self, int32_t partition, int64_t offset);
const BrokerRegistration *metadata_broker(const MetadataLog *self, int32_t id, int64_t offset);
/* Partitions that the topic has as of offset: 0 = it does not exist. */
int32_t metadata_topic_partitions(const MetadataLog *self, int32_t topic, int64_t offset);
/* The newest record below offset that created a topic; -1 none. */
int64_t metadata_newest_topic(const MetadataLog *self, int64_t offset);
/* The options in force as of offset. A broker's: what was set on the timeline, NULL = nothing; the
 * process's own configuration stands under it. */
const KafkaConfig *metadata_topic_config(const MetadataLog *self, int32_t topic, int64_t offset);
const KafkaConfig *metadata_broker_config(const MetadataLog *self, int32_t broker, int64_t offset);
/* Nobody asks for states as of an offset below this one any more: their memory is freed. */
void metadata_forget(MetadataLog *self, int64_t offset);
/* Uncommitted records from `offset` on never were: their leader was deposed. */
void metadata_truncate(MetadataLog *self, int64_t offset);
/* The same, or the oldest that is kept if this one is forgotten: for clients, whose knowledge may
 * be older than every broker's. */
const PartitionRegistration *
metadata_partition_or_oldest(const MetadataLog *self, int32_t partition, int64_t offset);
/* Brokers that were ever registered, ascending ids: how many; ids[i]. Ask metadata_broker. */
int32_t metadata_broker_ids(const MetadataLog *self, const int32_t **ret_ids);

#endif
