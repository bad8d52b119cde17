/* check_producer_state.c - a log under producers: appends, markers, verification, high watermark,
 * expiry, truncation, as UnifiedLog with its ProducerStateManager did it, against models/log.
 *
 * The rule and the log are those of Partition.partition_append_as, called here one after the
 * other: the vectors move the high watermark by hand. */
#include "models/log/record_log.h"
#include "tests/vectors/vectors.h"
#include <string.h>

#define PRODUCERS 2
#define FIRST_ID  10

typedef struct Story {
    RecordLog log;
    ProducerStateOptions options;
    int64_t high_watermark;
    SimTime now;
    uint32_t guards[PRODUCERS]; /* of the last verification */
    GString *why;
} Story;

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static bool same_batches(const Story *self, const cJSON *wanted, const ProducerStateEntry *entry)
{
    g_autoptr(GString) expected = g_string_new(NULL);
    g_autoptr(GString) got = g_string_new(NULL);
    const cJSON *quad;
    cJSON_ArrayForEach(quad, wanted)
    {
        for (int i = 0; i < 4; i++) {
            g_string_append_printf(expected,
                                   "%" G_GINT64_FORMAT " ",
                                   (int64_t)cJSON_GetArrayItem(quad, i)->valuedouble);
        }
    }
    for (int i = 0; i < entry->batch_count; i++) {
        const BatchMetadata *batch = &entry->batches[i];
        g_string_append_printf(got,
                               "%d %d %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " ",
                               batch->first_sequence,
                               batch->last_sequence,
                               batch->base_offset,
                               batch_metadata_last_offset(batch));
    }
    return vector_same_text(self->why, "batches", expected->str, got->str);
}

static bool same_entry(const Story *self, const cJSON *wanted, int64_t producer_id)
{
    const ProducerStateEntry *entry =
        producer_entries_find(&self->log.producers.entries, producer_id);
    bool is_set = wanted != NULL && !cJSON_IsNull(wanted);
    if (!is_set || entry == NULL) {
        return vector_same_integer(self->why, "entry", is_set, entry != NULL);
    }
    return vector_same_integer(
               self->why, "epoch", vector_integer(wanted, "epoch", -1), entry->epoch) &&
           vector_same_integer(self->why,
                               "coordinatorEpoch",
                               vector_integer(wanted, "coordinatorEpoch", -1),
                               entry->coordinator_epoch) &&
           vector_same_integer(self->why,
                               "txnFirstOffset",
                               vector_integer(wanted, "txnFirstOffset", NO_OFFSET),
                               entry->txn_first_offset) &&
           vector_same_integer(self->why,
                               "lastTimestamp",
                               vector_integer(wanted, "lastTimestamp", -1),
                               entry->last_timestamp / SIM_MS(1)) &&
           same_batches(self, member(wanted, "batches"), entry);
}

static bool same_offsets(const Story *self, const cJSON *op)
{
    const RecordLog *log = &self->log;
    return vector_same_integer(
               self->why, "leo", vector_integer(op, "leo", -1), log->log_end_offset) &&
           vector_same_integer(self->why,
                               "lso",
                               vector_integer(op, "lso", -1),
                               record_log_last_stable_offset(log, self->high_watermark)) &&
           vector_same_integer(self->why,
                               "firstUnstable",
                               vector_integer(op, "firstUnstable", NO_OFFSET),
                               producer_state_first_unstable(&log->producers));
}

static const char *exception_of(KafkaError error)
{
    static const struct {
        KafkaError error;
        const char *name;
    } names[] = {
        {KAFKA_OUT_OF_ORDER_SEQUENCE_NUMBER, "OutOfOrderSequenceException"},
        {KAFKA_INVALID_PRODUCER_EPOCH, "InvalidProducerEpochException"},
        {KAFKA_INVALID_TXN_STATE, "InvalidTxnStateException"},
        {KAFKA_TRANSACTION_COORDINATOR_FENCED, "TransactionCoordinatorFencedException"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (names[i].error == error) {
            return names[i].name;
        }
    }
    return kafka_error_name(error);
}

static bool
append(Story *self, const cJSON *op, RecordBatch *batch, AppendOrigin origin, uint32_t guard)
{
    int64_t offset = -1;
    KafkaError error = KAFKA_NONE;
    ProducerVerdict verdict =
        producer_state_check(&self->log.producers, batch, origin, guard, &offset, &error);
    const char *result = verdict == PRODUCER_DUPLICATE ? "duplicate" : "appended";
    if (verdict == PRODUCER_REFUSED) {
        result = exception_of(error);
    } else if (verdict == PRODUCER_APPEND) {
        record_log_append_as_leader(&self->log, batch, 0);
        offset = batch->base_offset;
    }
    return vector_same_text(self->why, "result", vector_text(op, "result"), result) &&
           vector_same_integer(
               self->why, "firstOffset", vector_integer(op, "firstOffset", -1), offset) &&
           same_entry(self, member(op, "state"), batch->producer_id) && same_offsets(self, op);
}

static bool run_produce(Story *self, const cJSON *op)
{
    int64_t producer_id = vector_integer(op, "pid", -1);
    int32_t first = (int32_t)vector_integer(op, "firstSeq", 0);
    int32_t last = (int32_t)vector_integer(op, "lastSeq", 0);
    RecordBatch batch = {
        .producer_id = producer_id,
        .producer_epoch = (int16_t)vector_integer(op, "epoch", 0),
        .base_sequence = first,
        .count = (int32_t)(((uint32_t)last - (uint32_t)first) & INT32_MAX) + 1,
        .bytes = 100,
        .transactional = vector_boolean(op, "transactional"),
        .first_created = self->now,
        .last_created = self->now,
    };
    bool verified = strcmp(vector_text(op, "guard"), "verified") == 0;
    return append(self,
                  op,
                  &batch,
                  APPEND_CLIENT,
                  verified ? self->guards[producer_id - FIRST_ID] : NO_GUARD);
}

static bool run_marker(Story *self, const cJSON *op)
{
    RecordBatch batch = {
        .producer_id = vector_integer(op, "pid", -1),
        .producer_epoch = (int16_t)vector_integer(op, "epoch", 0),
        .coordinator_epoch = (int32_t)vector_integer(op, "coordinatorEpoch", 0),
        .count = 1,
        .bytes = 78,
        .transactional = true,
        .control = true,
        .aborts = strcmp(vector_text(op, "type"), "ABORT") == 0,
        .first_created = self->now,
        .last_created = self->now,
    };
    return append(self, op, &batch, APPEND_COORDINATOR, NO_GUARD);
}

static bool run_plain(Story *self, const cJSON *op)
{
    RecordBatch batch = {
        .producer_id = NO_PRODUCER_ID,
        .count = (int32_t)vector_integer(op, "count", 0),
        .bytes = 100,
        .first_created = self->now,
        .last_created = self->now,
    };
    record_log_append_as_leader(&self->log, &batch, 0);
    return same_offsets(self, op);
}

static bool run_verification(Story *self, const cJSON *op)
{
    int64_t producer_id = vector_integer(op, "pid", -1);
    KafkaError error;
    uint32_t guard = producer_state_start_verification(&self->log.producers,
                                                       producer_id,
                                                       (int32_t)vector_integer(op, "seq", 0),
                                                       (int16_t)vector_integer(op, "epoch", 0),
                                                       vector_boolean(op, "supportsEpochBump"),
                                                       self->now,
                                                       &error);
    self->guards[producer_id - FIRST_ID] = guard;
    return vector_same_text(self->why,
                            "verification",
                            vector_text(op, "result"),
                            error != KAFKA_NONE ? exception_of(error)
                            : guard != NO_GUARD ? "guard"
                                                : "sentinel (transaction ongoing)");
}

static bool run_truncation(Story *self, const cJSON *op)
{
    record_log_truncate(&self->log, vector_integer(op, "offset", -1));
    if (self->high_watermark >= self->log.log_end_offset) {
        self->high_watermark = self->log.log_end_offset;
        producer_state_on_high_watermark(&self->log.producers, self->high_watermark, 0);
    }
    const cJSON *state;
    cJSON_ArrayForEach(state, member(op, "states"))
    {
        if (!same_entry(self, state, g_ascii_strtoll(state->string, NULL, 10))) {
            return false;
        }
    }
    return same_offsets(self, op);
}

static bool run_high_watermark(Story *self, const cJSON *op)
{
    self->high_watermark = vector_integer(op, "hw", -1);
    producer_state_on_high_watermark(&self->log.producers, self->high_watermark, 0);
    return same_offsets(self, op);
}

static bool run_expiry(Story *self, const cJSON *op)
{
    g_autoptr(GString) expected = g_string_new(NULL);
    g_autoptr(GString) got = g_string_new(NULL);
    const cJSON *item;
    cJSON_ArrayForEach(item, member(op, "remaining"))
    {
        g_string_append_printf(expected, "%d ", (int)item->valuedouble);
    }
    producer_state_expire(&self->log.producers, self->now);
    for (int32_t i = 0; i < self->log.producers.entries.count; i++) {
        g_string_append_printf(got, "%d ", (int)self->log.producers.entries.items[i].producer_id);
    }
    return vector_same_text(self->why, "remaining", expected->str, got->str);
}

static bool run(Story *self, const cJSON *op)
{
    static const struct {
        const char *name;
        bool (*run)(Story *self, const cJSON *op);
    } operations[] = {
        {"produce", run_produce},
        {"marker", run_marker},
        {"plain", run_plain},
        {"startVerification", run_verification},
        {"truncateTo", run_truncation},
        {"hw", run_high_watermark},
        {"expire", run_expiry},
    };
    const char *name = vector_text(op, "op");
    /* A verification has no time of its own: it is that of the batch that follows. */
    bool is_verification = g_strcmp0(name, "startVerification") == 0 && op->next != NULL;
    self->now =
        vector_integer(is_verification ? op->next : op, "t", self->now / SIM_MS(1)) * SIM_MS(1);
    self->log.producers.seen_at = self->now;
    for (gsize i = 0; i < G_N_ELEMENTS(operations); i++) {
        if (g_strcmp0(operations[i].name, name) == 0) {
            return operations[i].run(self, op);
        }
    }
    g_string_append_printf(self->why, "unknown operation %s", name);
    return false;
}

static bool same_aborted(const Story *self, const cJSON *wanted)
{
    const TransactionIndex *index = producer_state_aborted(&self->log.producers);
    int32_t count =
        index != NULL ? transaction_index_collect(index, 0, self->log.log_end_offset, NULL) : 0;
    if (!vector_same_integer(self->why, "abortedTxns", cJSON_GetArraySize(wanted), count)) {
        return false;
    }
    g_autofree AbortedTxn *aborted = g_new0(AbortedTxn, (gsize)count + 1);
    if (count > 0) {
        transaction_index_collect(index, 0, self->log.log_end_offset, aborted);
    }
    int32_t i = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, wanted)
    {
        const AbortedTxn *got = &aborted[i++];
        if (!vector_same_integer(
                self->why, "aborted pid", vector_integer(item, "pid", -1), got->producer_id) ||
            !vector_same_integer(self->why,
                                 "aborted first",
                                 vector_integer(item, "firstOffset", -1),
                                 got->first_offset) ||
            !vector_same_integer(self->why,
                                 "aborted last",
                                 vector_integer(item, "lastOffset", -1),
                                 got->last_offset) ||
            !vector_same_integer(self->why,
                                 "aborted stable",
                                 vector_integer(item, "lastStableOffset", -1),
                                 got->last_stable_offset)) {
            return false;
        }
    }
    return true;
}

bool check_producer_state(const cJSON *vector, GString *why)
{
    Story story = {.why = why, .now = SIM_MS(1000000)};
    story.options = producer_state_options_default;
    story.options.expiration_ns = vector_integer(vector, "expirationMs", 0) * SIM_MS(1);
    story.options.verification = vector_boolean(vector, "verificationEnabled");
    record_log_init(&story.log);
    story.log.producers.options = &story.options;
    bool same = true;
    int number = 0;
    const cJSON *op;
    cJSON_ArrayForEach(op, member(vector, "ops"))
    {
        g_string_printf(why, "operation %d: ", number++);
        same = same && run(&story, op);
        if (!same) {
            break;
        }
    }
    if (same) {
        g_string_assign(why, "at the end: ");
        same = same_aborted(&story, member(vector, "abortedTxns"));
    }
    record_log_clear(&story.log);
    return same;
}
