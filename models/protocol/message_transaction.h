/* message_transaction.h - requests and responses of transactions; a part of message.h.
 * Transactional ids are borrowed from the clients' spec. */
#ifndef KAFKASIM_MODELS_PROTOCOL_MESSAGE_TRANSACTION_H
#define KAFKASIM_MODELS_PROTOCOL_MESSAGE_TRANSACTION_H
#include "models/protocol/message.h"

/* Without transactional_id: a fresh producer id. `continues`: the producer names the id and epoch
 * that it had, to go on after an error. */
typedef struct InitProducerIdRequest {
    RequestHeader header;
    const char *transactional_id; /* NULL: idempotence only */
    SimDuration transaction_timeout_ns;
    bool continues;
    int64_t producer_id;
    int16_t producer_epoch;
} InitProducerIdRequest;
typedef struct InitProducerIdResponse {
    ResponseHeader header;
    KafkaError error;
    int64_t producer_id;
    int16_t producer_epoch;
    int64_t source_offset; /* of the last transaction that committed, see EndTxnRequest */
} InitProducerIdResponse;

/* By a producer (transactions v1), or by a partition's leader: to ask (verify_only) or, for a
 * producer of transactions v2, to add. */
typedef struct AddPartitionsToTxnRequest {
    RequestHeader header;
    const char *transactional_id;
    int64_t producer_id;
    int16_t producer_epoch;
    bool verify_only;
    uint64_t token; /* the asking broker's */
    int32_t count;
    int32_t partitions[];
} AddPartitionsToTxnRequest;
typedef struct TxnPartitionResult {
    int32_t partition;
    KafkaError error;
} TxnPartitionResult;
typedef struct AddPartitionsToTxnResponse {
    ResponseHeader header;
    uint64_t token;
    int32_t count;
    TxnPartitionResult results[];
} AddPartitionsToTxnResponse;

/* The group's partition of __consumer_offsets becomes one of the transaction's (v1). */
typedef struct AddOffsetsToTxnRequest {
    RequestHeader header;
    const char *transactional_id;
    const char *group_id;
    int64_t producer_id;
    int16_t producer_epoch;
} AddOffsetsToTxnRequest;
typedef struct AddOffsetsToTxnResponse {
    ResponseHeader header;
    KafkaError error;
} AddOffsetsToTxnResponse;

typedef struct EndTxnRequest {
    RequestHeader header;
    const char *transactional_id;
    int64_t producer_id;
    int16_t producer_epoch;
    bool committed;
    bool bumps_epoch; /* transactions v2 */
    /* Of a Connect source: where its task begins after this. It stands for the record of
     * offset.storage.topic that is part of the transaction, and is kept with it. */
    int64_t source_offset;
} EndTxnRequest;
typedef struct EndTxnResponse {
    ResponseHeader header;
    KafkaError error;
    int64_t producer_id; /* v2: with which the next transaction begins */
    int16_t producer_epoch;
} EndTxnResponse;

/* One row for each transaction and partition. */
typedef struct TxnMarkerRow {
    int64_t producer_id;
    int32_t coordinator_epoch;
    int16_t producer_epoch;
    bool committed;
    int32_t partition;
    KafkaError error; /* in answers */
    uint32_t entry;   /* the coordinator's own: whose transaction it is */
} TxnMarkerRow;
typedef struct WriteTxnMarkersRequest {
    RequestHeader header;
    int32_t count;
    TxnMarkerRow rows[];
} WriteTxnMarkersRequest;
typedef struct WriteTxnMarkersResponse {
    ResponseHeader header;
    int32_t count;
    TxnMarkerRow rows[];
} WriteTxnMarkersResponse;

typedef struct TxnOffsetCommitRequest {
    RequestHeader header;
    const char *transactional_id;
    const char *group_id;
    int64_t producer_id;
    int16_t producer_epoch;
    bool bumps_epoch;      /* transactions v2: the coordinator adds the partition itself */
    int32_t generation_id; /* -1: not checked */
    char member_id[MEMBER_ID_BYTES];
    const char *group_instance_id;
    int32_t refused; /* the broker's own: as of OffsetCommitRequest */
    int32_t count;
    OffsetEntry offsets[];
} TxnOffsetCommitRequest;
typedef struct TxnOffsetCommitResponse {
    ResponseHeader header;
    KafkaError error; /* of the partitions, the one that says most: all are sent again or none */
} TxnOffsetCommitResponse;

#endif
