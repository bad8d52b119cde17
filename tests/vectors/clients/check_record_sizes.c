/* check_record_sizes.c - DefaultRecord.sizeInBytes, the bounds of send(), whole batches. */
#include "models/producer/record_size.h"
#include "tests/vectors/vectors.h"
#include <string.h>

#define LOG_OVERHEAD_BYTES 12 /* of a batch: base offset and length */

/* cJSON keeps numbers as doubles. Of those that were drawn only Long.MAX_VALUE / 2 does not fit. */
static int64_t timestamp_delta(const cJSON *vector)
{
    double given = vector_double(vector, "timestampDelta", 0);
    return given >= 4611686018427387904.0 ? INT64_MAX / 2 : (int64_t)given;
}

static bool check_record(const cJSON *vector, GString *why)
{
    int64_t headers_bytes = 0;
    const cJSON *headers = cJSON_GetObjectItemCaseSensitive(vector, "headers");
    const cJSON *header;
    cJSON_ArrayForEach(header, headers)
    {
        headers_bytes += record_header_bytes(vector_integer(header, "keyUtf8Bytes", 0),
                                             vector_integer(header, "valueSize", -1));
    }
    const RecordShape shape = {
        .key_bytes = vector_integer(vector, "keySize", -1),
        .value_bytes = vector_integer(vector, "valueSize", -1),
        .headers_bytes = record_headers_bytes(cJSON_GetArraySize(headers), headers_bytes),
    };
    int64_t offset = vector_integer(vector, "offsetDelta", 0);
    int64_t timestamp = timestamp_delta(vector);
    return vector_same_integer(why,
                               "bodySize",
                               vector_integer(vector, "bodySize", -1),
                               record_body_bytes(&shape, offset, timestamp)) &&
           vector_same_integer(why,
                               "size",
                               vector_integer(vector, "size", -1),
                               record_bytes(&shape, offset, timestamp)) &&
           vector_same_integer(why,
                               "batchUpperBound",
                               vector_integer(vector, "batchUpperBound", -1),
                               record_upper_bound(&shape));
}

static int64_t item(const cJSON *list, int index)
{
    return (int64_t)cJSON_GetArrayItem(list, index)->valuedouble;
}

/* Records of different sizes, filled in one after the other as an append does. */
static bool check_batch(const cJSON *vector, GString *why)
{
    Stream chance;
    stream_init(&chance, 1, "none");
    BatchFill fill = batch_fill_new(INT64_MAX / 2, 0);
    int64_t latest = 0;
    const cJSON *record;
    cJSON_ArrayForEach(record, cJSON_GetObjectItemCaseSensitive(vector, "records"))
    {
        RecordSizes sizes;
        Distribution value = distribution_constant(item(record, 2));
        record_sizes_init(&sizes, item(record, 1), &value, &chance);
        (void)record_sizes_fill(&sizes, &fill, 1, item(record, 0) * SIM_MS(1), INT64_MAX);
        latest = item(record, 0) > latest ? item(record, 0) : latest;
    }
    int64_t base = vector_integer(vector, "baseTimestampMs", 0);
    return vector_same_integer(why, "size", vector_integer(vector, "size", -1), fill.bytes) &&
           vector_same_integer(
               why, "max timestamp", vector_integer(vector, "maxTimestampMs", -1), base + latest);
}

static bool check_constants(const cJSON *vector, GString *why)
{
    const RecordShape nothing = {-1, -1, NO_HEADERS_BYTES};
    const RecordShape marker = {4, 6, NO_HEADERS_BYTES}; /* version and type; and the epoch */
    int64_t least = record_upper_bound(&nothing) - RECORD_BATCH_OVERHEAD_BYTES;
    return vector_same_integer(why,
                               "batchOverhead",
                               vector_integer(vector, "batchOverhead", 0),
                               RECORD_BATCH_OVERHEAD_BYTES) &&
           vector_same_integer(
               why, "logOverhead", vector_integer(vector, "logOverhead", 0), LOG_OVERHEAD_BYTES) &&
           vector_same_integer(why,
                               "maxRecordOverhead",
                               vector_integer(vector, "maxRecordOverhead", 0),
                               least - 3) &&
           vector_same_integer(why,
                               "endTxnMarkerBatchSize",
                               vector_integer(vector, "endTxnMarkerBatchSize", 0),
                               RECORD_BATCH_OVERHEAD_BYTES + record_bytes(&marker, 0, 0));
}

bool check_record_sizes(const cJSON *vector, GString *why)
{
    const char *kind = vector_text(vector, "kind");
    if (strcmp(kind, "record") == 0) {
        return check_record(vector, why);
    }
    if (strcmp(kind, "batch") == 0) {
        return check_batch(vector, why);
    }
    if (strcmp(kind, "constants") == 0) {
        return check_constants(vector, why);
    }
    int32_t sequence = (int32_t)vector_integer(vector, "sequence", -1);
    int32_t got = strcmp(kind, "incrementSequence") == 0
                      ? record_batch_increment_sequence(
                            sequence, (int32_t)vector_integer(vector, "increment", 0))
                      : record_batch_decrement_sequence(
                            sequence, (int32_t)vector_integer(vector, "decrement", 0));
    return vector_same_integer(why, kind, vector_integer(vector, "result", -1), got);
}
