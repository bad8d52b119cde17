/* control_state.h - the insides of Control, shared by its files only. */
#ifndef KAFKASIM_MODELS_CONTROLLER_CONTROL_STATE_H
#define KAFKASIM_MODELS_CONTROLLER_CONTROL_STATE_H
#include "models/controller/broker_heartbeats.h"
#include "models/controller/control.h"
#include "models/controller/partition_index.h"

/* What a topic's options say that decides elections; read once. */
typedef struct TopicSettings {
    bool known;
    bool unclean_election;
    int32_t min_isr;
} TopicSettings;

struct Control {
    ControlContext context;
    SimDuration session_timeout_ns;
    BrokerHeartbeats *heartbeats;
    PartitionIndex *index;
    TopicSettings *settings; /* by topic */
    int32_t setting_count;
    GArray *replays; /* MetadataRecord of brokers: known to the heartbeat manager after the batch */
};

bool control_has_era(const Control *self, EraSwitch era);
int64_t control_end_offset(const Control *self);
void control_step(const Control *self, const char *what, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- records (control.c) */
void control_append_partition(Control *self,
                              int32_t partition,
                              const PartitionRegistration *next,
                              const PartitionChangeRecord *change,
                              const char *why);
void control_append_broker(Control *self,
                           const BrokerRegistration *next,
                           bool fresh,
                           const char *why);
void control_append_unregister(Control *self, int32_t broker);
void control_append_remove_topic(Control *self, int32_t topic);
void control_append_options(Control *self,
                            MetadataRecordKind kind,
                            int32_t subject,
                            const KafkaConfig *options);
/* All that a topic which is being created has; NULL = none. */
void control_append_new_options(Control *self, int32_t topic, const KafkaConfig *options);
/* At the end of a batch: BrokerHeartbeatManager hears of its broker records. */
void control_replay_brokers(Control *self);
const TopicSettings *control_topic_settings(Control *self, int32_t topic);

/* ---- log directories (cluster_control.c) */
/* A broker's partitions in directories that failed; those known of are passed over. */
void control_take_offline(Control *self, int32_t broker, int32_t count, const int32_t *partitions);

/* ---- elections (replication_control.c) */
/* Who may lead the partition while a batch is made: -1 = nobody of that kind. */
typedef struct LeaderAcceptor {
    const Control *control;
    int32_t partition;
    int32_t removed; /* it is leaving, whatever its registration still says */
    int32_t added;   /* it may lead, whatever its registration still says */
    int32_t unclean; /* it lost its tail: neither leader nor ISR nor ELR */
} LeaderAcceptor;
LeaderAcceptor control_acceptor(const Control *self, int32_t partition);
/* Online or unclean, as the topic's options say. `acceptor` is borrowed while the change lives. */
PartitionChange control_begin_change(Control *self, int32_t partition, LeaderAcceptor *acceptor);
bool control_apply(Control *self,
                   int32_t partition,
                   const PartitionChange *change,
                   const char *why);
/* A new partition: its active replicas are in sync, the first of them leads; false: none is. */
bool control_start_partition(const Control *self,
                             const ReplicaList *replicas,
                             PartitionRegistration *ret);
/* generateLeaderAndIsrUpdates, for all partitions that `broker` is a member of. */
void control_leave_partitions(
    Control *self, int32_t broker, PartitionMembership membership, bool unclean, const char *why);
void control_leave_partition(Control *self, int32_t partition, int32_t broker, const char *why);
void control_elect_leaderless(Control *self, int32_t broker, const char *why);
KafkaError control_check_assignment(const Control *self, const ReplicaList *replicas);

#endif
