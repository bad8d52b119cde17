/* produce.c - a broker appends what clients and coordinators send (server.md 2.2).
 *
 * Mirrors: KafkaApis.handleProduceRequest, ReplicaManager.appendRecords. */
#include "models/broker/broker_state.h"
#include "models/broker/transactions/broker_transactions.h"
#include "models/spec/compression.h"

/* KIP-951: the error names the leader this broker knows of. */
void produce_fill_leader(const Broker *self, ProducePartitionResponse *answer)
{
    answer->current_leader = NO_LEADER;
    bool names_leader = partition_host_has(&self->partition_host, ERA_KIP_951) &&
                        (answer->error == KAFKA_NOT_LEADER_OR_FOLLOWER ||
                         answer->error == KAFKA_FENCED_LEADER_EPOCH);
    if (!names_leader) {
        return;
    }
    const PartitionRegistration *known =
        metadata_partition(self->context.metadata, answer->partition, self->applied_offset);
    if (known != NULL) {
        answer->current_leader = known->leader;
        answer->current_leader_epoch = known->leader_epoch;
    }
}

/* ---- compression (LogValidator) */

/* The codec that the topic's log is kept in. */
static CompressionCodec target_codec(const Partition *partition, const RecordBatch *batch)
{
    const CompressionCodec codec = (CompressionCodec)partition->log.options->compression;
    return codec == CODEC_OF_PRODUCER ? batch->codec : codec;
}

static bool has_codecs(const Broker *self, const ProduceRequest *request)
{
    return (request->batch_count > 0 && request->batches[0].codec != CODEC_NONE) ||
           log_manager_recompresses(self->logs);
}

SimDuration produce_compression_work(Broker *self, const ProduceRequest *request)
{
    SimDuration work = 0;
    for (int32_t i = 0; has_codecs(self, request) && i < request->batch_count; i++) {
        const RecordBatch *batch = &request->batches[i];
        const Partition *partition = broker_partition(self, batch->partition);
        if (partition == NULL) {
            continue;
        }
        const CompressionCodec target = target_codec(partition, batch);
        const int64_t bytes = record_batch_plain_bytes(batch);
        work += profile_decompress_ns(self->context.profile, batch->codec, bytes);
        if (target != batch->codec) {
            work += profile_compress_ns(self->context.profile, target, bytes);
        }
    }
    return work;
}

KafkaError produce_absent_error(const Broker *self, TopicIdPartition partition)
{
    const KafkaError unknown = metadata_cache_find(self, partition, false);
    if (unknown != KAFKA_NONE) {
        return unknown;
    }
    /* The metadata know the new topic, the replica is still the former one's:
     * ReplicaManager.getPartitionOrException. */
    const Partition *hosted = broker_partition(self, partition.index);
    return hosted != NULL && hosted->role != PARTITION_NONE &&
                   hosted->topic_id != partition.topic_id
               ? KAFKA_UNKNOWN_TOPIC_ID
               : KAFKA_NOT_LEADER_OR_FOLLOWER;
}

static KafkaError append_one(Broker *self,
                             RecordBatch *batch,
                             const BatchVerification *verified,
                             int16_t acks,
                             ProducePartitionResponse *answer)
{
    Partition *partition = broker_partition(self, batch->partition);
    answer->partition = batch->partition;
    answer->base_offset = -1;
    if (!partition_is_of(partition, batch->topic_id)) {
        return produce_absent_error(self, (TopicIdPartition){batch->topic_id, batch->partition});
    }
    if (verified != NULL && verified->error != KAFKA_NONE) {
        return verified->error;
    }
    const CompressionCodec target = target_codec(partition, batch);
    if (target != batch->codec) {
        compression_change(batch, target);
    }
    return replica_manager_append_as(partition,
                                     batch,
                                     APPEND_CLIENT,
                                     verified != NULL ? verified->guard : NO_GUARD,
                                     acks,
                                     &answer->base_offset);
}

static void
tell_observer(const Broker *self, const RecordBatch *batch, const ProducePartitionResponse *answer)
{
    const Partition *partition = broker_partition(self, batch->partition);
    if (self->context.on_produced != NULL) {
        const ProducedBatch produced = {
            .ledger = batch->ledger,
            .broker = broker_id(self),
            .leader_epoch = partition != NULL ? partition->leader_epoch : -1,
            .base_offset = answer->base_offset,
            .error = answer->error,
        };
        self->context.on_produced(self->context.owner, &produced);
    }
}

static bool append_all(Broker *self,
                       ProduceRequest *request,
                       const BatchVerification *verified,
                       ProduceResponse *response)
{
    bool failed = false;
    for (int32_t i = 0; i < request->batch_count; i++) {
        ProducePartitionResponse *answer = &response->partitions[i];
        answer->error = append_one(self,
                                   &request->batches[i],
                                   verified != NULL ? &verified[i] : NULL,
                                   request->acks,
                                   answer);
        produce_fill_leader(self, answer);
        tell_observer(self, &request->batches[i], answer);
        failed = failed || answer->error != KAFKA_NONE;
    }
    return failed;
}

static void wait_for_replicas(Broker *self, ProduceRequest *request, ProduceResponse *response)
{
    struct DelayedProduce *operation = purgatory_add(self, &request->header, response);
    for (int32_t i = 0; i < request->batch_count; i++) {
        const ProducePartitionResponse *answer = &response->partitions[i];
        if (answer->error != KAFKA_NONE) {
            continue;
        }
        Partition *partition = broker_partition(self, answer->partition);
        int64_t required = answer->base_offset + request->batches[i].count;
        purgatory_wait(operation, partition, required, i);
    }
    for (int32_t i = 0; i < request->batch_count; i++) {
        if (response->partitions[i].error == KAFKA_NONE) {
            purgatory_on_high_watermark(broker_partition(self, response->partitions[i].partition));
        }
    }
    purgatory_start(operation);
}

void produce_handle(Broker *self, ProduceRequest *request)
{
    if (!broker_transactions_verifies(self, request)) {
        produce_verified(self, request, NULL);
    }
}

void produce_verified(Broker *self, ProduceRequest *request, const BatchVerification *verified)
{
    Sim *sim = self->context.sim;
    ProduceResponse *response =
        message_new(sim,
                    KAFKA_MESSAGE_BYTES(ProduceResponse, partitions, request->batch_count),
                    KAFKA_PRODUCE | KAFKA_RESPONSE);
    response->count = request->batch_count;
    bool failed = append_all(self, request, verified, response);
    if (request->acks == -1) {
        wait_for_replicas(self, request, response);
    } else if (request->acks == 1) {
        broker_respond(self, &request->header, &response->header);
    } else {
        ConnectionId connection = request->header.connection;
        message_free(sim, &response->header.base);
        broker_respond(self, &request->header, NULL);
        if (failed && request_path_connection(self, connection) != NULL) {
            request_path_drop(self, connection); /* how an acks=0 client learns of an error */
            network_close(&self->actor, connection);
        }
    }
}
