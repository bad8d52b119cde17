/* log_vectors.c - see the header. */
#include "tests/vectors/log_vectors.h"

static const BrokerRegistration *find_broker(void *owner, int32_t broker)
{
    (void)owner;
    (void)broker;
    return NULL;
}

static int64_t broker_epoch(void *owner)
{
    (void)owner;
    return 0;
}

static void ignore(void *owner, Partition *partition)
{
    (void)owner;
    (void)partition;
}

const PartitionHost *log_vector_host(void)
{
    static const PartitionHost host = {
        .replica_lag_ns = SIM_SEC(30),
        .find_broker = find_broker,
        .broker_epoch = broker_epoch,
        .submit = ignore,
        .high_watermark_moved = ignore,
    };
    return &host;
}

const cJSON *log_vector_member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

int64_t log_vector_at(const cJSON *array, int index)
{
    return (int64_t)cJSON_GetArrayItem(array, index)->valuedouble;
}

/* A v2 batch of records with one byte each. */
static RecordBatch batch_of(const cJSON *triple)
{
    int64_t base = log_vector_at(triple, 1);
    int32_t count = (int32_t)(log_vector_at(triple, 2) - base + 1);
    return (RecordBatch){
        .base_offset = base,
        .count = count,
        .bytes = RECORD_BATCH_OVERHEAD_BYTES + 8 * count,
        .leader_epoch = (int32_t)log_vector_at(triple, 0),
        .producer_id = NO_PRODUCER_ID,
    };
}

Partition *log_vector_partition(const cJSON *state)
{
    Partition *partition = partition_new(log_vector_host(), 0);
    RecordLog *log = &partition->log;
    const cJSON *batches = log_vector_member(state, "batches");
    if (cJSON_GetArraySize(batches) > 0) {
        record_log_truncate_fully(log, log_vector_at(cJSON_GetArrayItem(batches, 0), 1));
    } else {
        record_log_truncate_fully(log, vector_integer(state, "leo", 0));
    }
    const cJSON *item;
    cJSON_ArrayForEach(item, batches)
    {
        RecordBatch batch = batch_of(item);
        record_log_append_as_follower(log, &batch);
    }
    /* A leader may know epochs in which it wrote nothing. */
    leader_epochs_clear(&log->epochs);
    cJSON_ArrayForEach(item, log_vector_member(state, "epochs"))
    {
        leader_epochs_assign(&log->epochs, (int32_t)log_vector_at(item, 0), log_vector_at(item, 1));
    }
    log->log_start_offset = vector_integer(state, "logStart", 0);
    log->log_end_offset = vector_integer(state, "leo", 0);
    partition->high_watermark = vector_integer(state, "hw", 0);
    return partition;
}

static void print_epochs(GString *text, const LeaderEpochs *epochs)
{
    for (int32_t i = 0; i < epochs->count; i++) {
        g_string_append_printf(text,
                               "%d:%" G_GINT64_FORMAT " ",
                               epochs->entries[i].epoch,
                               epochs->entries[i].start_offset);
    }
}

static void print_batches(GString *text, const RecordLog *log)
{
    LogCursor cursor = record_log_seek(log, log->log_start_offset);
    for (const RecordBatch *batch; (batch = log_cursor_next(&cursor)) != NULL;) {
        g_string_append_printf(text,
                               "%d:%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT " ",
                               batch->leader_epoch,
                               batch->base_offset,
                               record_batch_last_offset(batch));
    }
}

/* Of batches those that can be read: a log forgets what lies below its start. */
static void print_expected(GString *text, const cJSON *array, int64_t log_start_offset)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        if (cJSON_GetArraySize(item) > 2 && log_vector_at(item, 2) < log_start_offset) {
            continue;
        }
        g_string_append_printf(
            text, "%d:%" G_GINT64_FORMAT, (int)log_vector_at(item, 0), log_vector_at(item, 1));
        if (cJSON_GetArraySize(item) > 2) {
            g_string_append_printf(text, "-%" G_GINT64_FORMAT, log_vector_at(item, 2));
        }
        g_string_append_c(text, ' ');
    }
}

bool log_vector_same(GString *why, const cJSON *expected, const Partition *partition)
{
    g_autoptr(GString) epochs = g_string_new(NULL);
    g_autoptr(GString) batches = g_string_new(NULL);
    g_autoptr(GString) wanted_epochs = g_string_new(NULL);
    g_autoptr(GString) wanted_batches = g_string_new(NULL);
    print_epochs(epochs, &partition->log.epochs);
    print_batches(batches, &partition->log);
    int64_t start = vector_integer(expected, "logStart", -1);
    print_expected(wanted_epochs, log_vector_member(expected, "epochs"), start);
    print_expected(wanted_batches, log_vector_member(expected, "batches"), start);
    return vector_same_text(why, "epochs", wanted_epochs->str, epochs->str) &&
           vector_same_text(why, "batches", wanted_batches->str, batches->str) &&
           vector_same_integer(why,
                               "logStart",
                               vector_integer(expected, "logStart", -1),
                               partition->log.log_start_offset) &&
           vector_same_integer(
               why, "leo", vector_integer(expected, "leo", -1), partition->log.log_end_offset) &&
           vector_same_integer(
               why, "hw", vector_integer(expected, "hw", -1), partition->high_watermark);
}
