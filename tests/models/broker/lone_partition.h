/* lone_partition.h - one partition of broker 1 without a broker: a host whose metadata a test sets,
 * and whose ISR submissions it reads. */
#ifndef KAFKASIM_TESTS_MODELS_BROKER_LONE_PARTITION_H
#define KAFKASIM_TESTS_MODELS_BROKER_LONE_PARTITION_H
#include "models/replica/fetch_state.h"
#include <check.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

typedef struct LonePartition {
    PartitionHost host;
    Era era;
    BrokerRegistration brokers[8];
    Partition *partition;
    int submissions;
    SimTime now;
} LonePartition;

static inline const BrokerRegistration *lone_find(void *owner, int32_t broker)
{
    return &((LonePartition *)owner)->brokers[broker];
}

static inline int64_t lone_epoch(void *owner)
{
    (void)owner;
    return 1;
}

static inline void lone_submit(void *owner, Partition *partition)
{
    (void)partition;
    ((LonePartition *)owner)->submissions++;
}

static inline void lone_moved(void *owner, Partition *partition)
{
    (void)owner;
    (void)partition;
}

/* A log of `end` records, one a batch, of epoch 0. */
static inline void lone_init(LonePartition *self, int64_t end)
{
    *self = (LonePartition){.era = era_default(), .now = SIM_SEC(1000)};
    self->host = (PartitionHost){
        .owner = self,
        .broker_id = 1,
        .replica_lag_ns = SIM_SEC(30),
        .era = &self->era,
        .find_broker = lone_find,
        .broker_epoch = lone_epoch,
        .submit = lone_submit,
        .high_watermark_moved = lone_moved,
    };
    for (int32_t id = 0; id < 8; id++) {
        self->brokers[id] = (BrokerRegistration){.id = id, .epoch = id};
    }
    self->partition = partition_new(&self->host, 0);
    for (int64_t i = 0; i < end; i++) {
        RecordBatch batch = {.count = 1, .bytes = 70, .producer_id = NO_PRODUCER_ID};
        record_log_append_as_leader(&self->partition->log, &batch, 0);
    }
}

static inline void lone_clear(LonePartition *self)
{
    partition_free(self->partition);
}

static inline ReplicaList lone_list(int count, ...)
{
    ReplicaList made = {0};
    va_list ids;
    va_start(ids, count);
    for (int i = 0; i < count; i++) {
        replica_list_add(&made, va_arg(ids, int));
    }
    va_end(ids);
    return made;
}

/* Broker 1 leads brokers 1..count in this epoch. */
static inline void
lone_lead(LonePartition *self, int32_t count, ReplicaList isr, int32_t min_isr, int32_t epoch)
{
    PartitionRegistration registration = {
        .isr = isr, .leader = 1, .leader_epoch = epoch, .partition_epoch = epoch};
    for (int32_t id = 1; id <= count; id++) {
        replica_list_add(&registration.replicas, id);
    }
    self->partition->min_isr = min_isr;
    partition_make_leader(self->partition, &registration, self->now);
}

/* `broker` fetches from `offset`, `after` the last step. */
static inline KafkaError
lone_fetch(LonePartition *self, SimDuration after, int32_t broker, int64_t offset)
{
    self->now += after;
    return partition_update_follower(self->partition,
                                     partition_remote(self->partition, broker),
                                     self->brokers[broker].epoch,
                                     offset,
                                     self->now);
}

static inline KafkaError lone_append(LonePartition *self, int32_t count, int16_t acks)
{
    RecordBatch batch = {.count = count, .bytes = 70, .producer_id = NO_PRODUCER_ID};
    int64_t base = -1;
    bool appended;
    return partition_append(self->partition, &batch, acks, self->now, &base, &appended);
}

static inline IsrAnswer lone_answer(LonePartition *self, KafkaError error, ReplicaList isr)
{
    AlterPartitionEntry answer = {
        .error = error,
        .leader_epoch = self->partition->leader_epoch,
        .partition_epoch = self->partition->partition_epoch + 1,
        .isr_count = isr.count,
    };
    for (int32_t i = 0; i < isr.count; i++) {
        answer.isr[i].broker = isr.ids[i];
    }
    return partition_on_alter_answer(self->partition, &answer, self->now);
}

#define ASSERT_ISR(self, text)                                                                     \
    do {                                                                                           \
        char isr_[128];                                                                            \
        replica_list_text(&(self)->partition->isr, ',', isr_, sizeof(isr_));                       \
        ck_assert_str_eq(isr_, text);                                                              \
    } while (0)

#endif
